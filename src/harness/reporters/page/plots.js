import { colour, el } from './dom.js';

/* global uPlot */

/** Latency of each acknowledged push over the time it was made, a series for each node, over the fault windows. */
export function drawLatency(box, { operations, lanes, windows, spanMs }, width) {
  const pushes = operations
    .filter(([, op, , , end]) => op === 'push' && end === 'acked')
    .toSorted(([, , one], [, , other]) => one - other);
  const used = [...new Set(pushes.map(([lane]) => lane))].toSorted((one, other) => one - other);
  const data = [
    pushes.map(([, , from]) => from / 1000),
    ...used.map((lane) => pushes.map(([one, , from, to]) => (one === lane ? to - from : null))),
  ];
  const values = pushes.map(([, , from, to]) => to - from).filter((ms) => ms > 0);
  // Stalls are hundreds of times longer than what is usual: only a logarithmic axis shows both.
  const isWide = Math.max(...values) > 30 * Math.min(...values);
  const series = used.map((lane) => ({
    label: lanes[lane],
    stroke: colour(`lane-${lane % 5}`),
    paths: () => null,
    points: { show: true, size: 5, fill: colour(`lane-${lane % 5}`), width: 0 },
    value: (_plot, ms) => (ms === null ? '–' : `${ms.toFixed(1)} ms`),
  }));
  plot(box, {
    width: width - 18,
    height: 220,
    data,
    series,
    spanMs,
    windows,
    y: isWide
      ? {
          scale: { distr: 3 },
          text: msText,
          filter: (_plot, ticks) => ticks.map((tick) => (isPowerOfTen(tick) ? tick : null)),
        }
      : { scale: { range: (_plot, _low, high) => [0, high * 1.1] }, text: msText, filter: all },
  });
}

const all = (_plot, ticks) => ticks;
const isPowerOfTen = (tick) => Math.abs(Math.log10(tick) % 1) < 1e-6;

/** `20 ms`, `1.5 s`; a logarithmic axis leaves ticks without a text. */
function msText(tick) {
  if (tick === null) return '';
  return tick < 1000 ? `${tick} ms` : `${tick / 1000} s`;
}

/** A small plot for each curve. */
export function drawCurves(box, curves, spanMs, windows) {
  box.replaceChildren(
    ...curves.map(({ name, unit }) =>
      el('div.drawing', null, el('h5', null, unit === '' ? name : `${name} (${unit})`)),
    ),
  );
  curves.forEach(({ name, unit, points }, index) => {
    const inside = el('div');
    const frame = box.children[index];
    frame.append(inside);
    const value = (_plot, number) => (number === null ? '–' : `${+number.toFixed(2)} ${unit}`);
    plot(inside, {
      width: frame.clientWidth - 18,
      height: 120,
      data: [points.map(([at]) => at / 1000), points.map(([, found]) => found)],
      series: [
        { label: name, stroke: colour('lane-2'), width: 1.5, points: { show: points.length < 40, size: 4 }, value },
      ],
      spanMs,
      windows,
      y: {
        scale: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.15)] },
        text: (tick) => `${tick} ${unit}`,
        filter: all,
      },
    });
  });
}

function plot(box, { width, height, data, series, spanMs, windows, y }) {
  const axis = {
    stroke: colour('muted'),
    grid: { stroke: colour('faint'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: '11px system-ui',
  };
  const shade = (drawing) => {
    const { ctx, bbox } = drawing;
    ctx.save();
    ctx.fillStyle = colour('fault');
    ctx.globalAlpha = 0.1;
    for (const { fromMs, toMs, armed } of windows) {
      if (!armed) continue;
      const left = drawing.valToPos(fromMs / 1000, 'x', true);
      ctx.fillRect(left, bbox.top, Math.max(1, drawing.valToPos(toMs / 1000, 'x', true) - left), bbox.height);
    }
    ctx.restore();
  };
  const options = {
    width,
    height,
    scales: { x: { time: false, range: [0, Math.max(0.001, spanMs / 1000)] }, y: y.scale },
    series: [{ label: 'at', value: (_plot, at) => (at === null ? '–' : `${at.toFixed(3)} s`) }, ...series],
    axes: [
      { ...axis, size: 30, values: (_plot, ticks) => ticks.map((tick) => `${tick} s`) },
      { ...axis, size: 64, grid: { ...axis.grid, filter: y.filter }, values: (_plot, ticks) => ticks.map(y.text) },
    ],
    cursor: { drag: { x: true, y: false } },
    hooks: { drawClear: [shade] },
  };
  box.replaceChildren();
  new uPlot(options, data, box);
}
