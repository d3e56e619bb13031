import { el, seconds, svg, whenVisible } from './dom.js';

const gutter = 62;
const right = 10;
const phaseHeight = 20;
const windowHeight = 18;
const laneHeight = 50;
const smallLaneHeight = 26;
const axisHeight = 22;

/** Lanes of operations over phases and fault windows. A slanted line goes from a push to its acknowledgement. */
export function drawTimeline(timeline) {
  const whole = [0, timeline.spanMs];
  const load = loadOf(timeline);
  let range = whole;
  const canvas = el('div');
  const redraw = () => canvas.replaceChildren(drawn(timeline, range, canvas.clientWidth));
  const button = el('button', { type: 'button' }, 'Load only');
  button.addEventListener('click', () => {
    range = range === whole ? load : whole;
    button.textContent = range === whole ? 'Load only' : 'Whole trial';
    redraw();
  });
  whenVisible(canvas, redraw);
  return el('div.drawing', null, legend(timeline, load === null ? null : button), canvas);
}

/** From the beginning of the load to the end of healing, or null. */
function loadOf({ phases }) {
  const loading = phases.find(([name]) => name === 'loading');
  const healing = phases.find(([name]) => name === 'healing') ?? loading;
  return loading === undefined ? null : [loading[1], healing[2]];
}

/** Only what this trial has, so that nothing must be looked for. */
function legend({ operations, marks, states, leftOut }, button) {
  const acked = operations.filter(([, , , , end]) => end === 'acked').length;
  const missing = operations.filter(([, op, , , end]) => op === 'push' && end !== 'acked').length;
  const ack = [
    svg('line.ack', { x1: 1, y1: 2, x2: 11, y2: 10, stroke: 'var(--lane-0)' }),
    svg('circle.dot', { cx: 12, cy: 10, r: 2, fill: 'var(--lane-0)' }),
  ];
  const kinds = Object.keys(markNames).filter((kind) => marks.some(([, one]) => one === kind));
  const seen = ['connected', 'connecting', 'degraded', 'reconnecting', 'disconnected'].filter((state) =>
    states.some(([, one]) => one === state),
  );
  return el(
    'div.tools',
    null,
    sample(ack, `${acked} acknowledged by the relay`),
    missing > 0 && sample([cross(8, 6)], `${missing} ${missing === 1 ? 'push' : 'pushes'} without acknowledgement`),
    ...kinds.map((kind) => sample([shape(kind, 8, 6, 0, 12)], markNames[kind])),
    ...seen.map((state) => sample([svg('rect', { x: 1, y: 4, width: 14, height: 5, class: `state-${state}` })], state)),
    leftOut > 0 && el('span', null, `${leftOut} more not drawn`),
    button,
  );
}

function sample(shapes, text) {
  return el('span', null, svg('svg', { width: 16, height: 12, style: 'width: 16px' }, ...shapes), text);
}

function drawn(timeline, [fromMs, toMs], width) {
  const { lanes, phases, windows, states, operations, marks } = timeline;
  const used = lanes.filter((_, lane) => lane < lanes.length - 2 || marks.some(([one]) => one === lane));
  const tops = new Map();
  let y = phaseHeight + (windows.length > 0 ? windowHeight : 0) + 4;
  for (const name of used) {
    const lane = lanes.indexOf(name);
    const height = lane < lanes.length - 2 ? laneHeight : smallLaneHeight;
    tops.set(lane, { top: y, height });
    y += height;
  }
  const bottom = y;
  const room = Math.max(60, width - gutter - right);
  const x = (ms) => gutter + ((Math.min(Math.max(ms, fromMs), toMs) - fromMs) / Math.max(1, toMs - fromMs)) * room;
  const isSeen = (from, to = from) => to >= fromMs && from <= toMs;
  const place = { x, tops, bottom, isSeen };
  return svg(
    'svg',
    {
      height: bottom + axisHeight,
      viewBox: `0 0 ${width} ${bottom + axisHeight}`,
      role: 'img',
      'aria-label': 'Operations over time',
    },
    ...phaseStrip(phases, place),
    ...windows.filter((one) => isSeen(one.fromMs, one.toMs)).flatMap((one) => faultWindow(one, place)),
    ...used.flatMap((name) => laneRule(name, tops.get(lanes.indexOf(name)), width)),
    ...states.filter(([, , from, to]) => isSeen(from, to)).map((one) => stateBand(one, place)),
    ...operations.filter(([, , from, to]) => isSeen(from, to ?? from)).flatMap((one) => operation(one, place)),
    ...marks.filter(([lane, , at]) => isSeen(at) && tops.has(lane)).map((one) => markOf(one, place)),
    ...axis([fromMs, toMs], place, room),
  );
}

function tip(text) {
  return svg('title', null, text);
}

function phaseStrip(phases, { x, isSeen, bottom }) {
  return phases
    .filter(([, from, to]) => isSeen(from, to))
    .flatMap(([name, from, to], index) => {
      const width = x(to) - x(from);
      const label = width > name.length * 6.2 + 6 ? svg('text', { x: x(from) + 5, y: 14 }, name) : null;
      return [
        svg(
          `rect.phase${index % 2 === 1 ? '.odd' : ''}`,
          { x: x(from), y: 0, width, height: phaseHeight },
          tip(`${name}: ${seconds(to - from)}`),
        ),
        svg('line.rule', { x1: x(from), x2: x(from), y1: phaseHeight, y2: bottom, 'stroke-dasharray': '1 3' }),
        ...(label === null ? [] : [label]),
      ];
    });
}

function faultWindow({ name, parameters, lanes, fromMs, toMs, armed }, { x, tops, bottom }) {
  const width = Math.max(2, x(toMs) - x(fromMs));
  const text = `${name}${armed ? '' : ' (disarmed)'}: ${parameters}, ${seconds(fromMs)} to ${seconds(toMs)}`;
  const kind = `rect.window${armed ? '' : '.disarmed'}`;
  const bands =
    lanes.length === 0
      ? [{ top: phaseHeight, height: bottom - phaseHeight }]
      : lanes.flatMap((lane) => tops.get(lane) ?? []);
  return [
    ...bands.map(({ top, height }) =>
      svg(kind, { x: x(fromMs), y: top + 1, width, height: height - 2, rx: 2 }, tip(text)),
    ),
    svg('line', {
      x1: x(fromMs),
      x2: x(fromMs) + width,
      y1: phaseHeight + windowHeight,
      y2: phaseHeight + windowHeight,
      stroke: 'var(--fault)',
      'stroke-width': 2,
    }),
    svg(
      'text.window-name',
      { x: Math.min(x(fromMs), x(toMs)) + 1, y: phaseHeight + 13 },
      `${name}${armed ? '' : ' (disarmed)'}`,
      tip(text),
    ),
  ];
}

function laneRule(name, { top, height }, width) {
  return [
    svg('line.rule', { x1: 0, x2: width, y1: top, y2: top }),
    svg('text.lane', { x: 2, y: top + height / 2 + 4 }, name),
  ];
}

function stateBand([lane, state, from, to], { x, tops }) {
  const { top, height } = tops.get(lane);
  const width = Math.max(1, x(to) - x(from));
  return svg(
    'rect',
    { x: x(from), y: top + height - 6, width, height: 5, class: `state-${state}` },
    tip(`${state}, ${seconds(from)} to ${seconds(to)}`),
  );
}

function operation([lane, op, from, to, end, part], { x, tops }) {
  const { top, height } = tops.get(lane);
  const [high, low] = [top + 7, top + height - 12];
  const tone = `var(--lane-${lane % 5})`;
  const text = tip(
    `${op} (${part}) at ${seconds(from)}: ${end}${to === null ? '' : ` after ${(to - from).toFixed(1)} ms`}`,
  );
  if (op !== 'push') {
    const dot = svg(
      'circle',
      { cx: x(from), cy: high, r: 3, fill: 'none', stroke: end === 'ok' ? tone : 'var(--fail)', 'stroke-width': 1.6 },
      text,
    );
    return [dot];
  }
  if (end === 'acked') {
    return [
      svg('line.ack', { x1: x(from), y1: high, x2: x(to), y2: low, stroke: tone }, text),
      svg('circle.dot', { cx: x(to), cy: low, r: 1.8, fill: tone }),
    ];
  }
  const group = svg('g', null, cross(x(from), high + 5), text);
  return [group];
}

function cross(x, y) {
  return svg('path.bad', { d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` });
}

const markNames = {
  failure: 'handshake failed',
  refused: 'refused',
  recovered: 'recovered',
  cut: 'link cut',
  process: 'process stopped or started',
  tap: 'record changed on the way',
  world: 'tester or machine failed',
};

function markOf([lane, kind, at, text], { x, tops }) {
  const { top, height } = tops.get(lane);
  return svg('g', null, shape(kind, x(at), top + height / 2, top, height), tip(`${text}, at ${seconds(at)}`));
}

/** One mark at `x` and `y`; those that span their lane stand between `top` and `top + height`. */
function shape(kind, x, y, top, height) {
  switch (kind) {
    case 'received':
      return svg('line.received', { x1: x, x2: x, y1: top + height - 12, y2: top + height - 7, stroke: 'var(--text)' });
    case 'failure':
      return svg(
        'g',
        null,
        svg('circle.failure', { cx: x, cy: y, r: 6 }),
        svg('path.strike', { d: `M${x - 2.5} ${y - 2.5}l5 5m0 -5l-5 5` }),
      );
    case 'refused':
      return svg('rect.refused', { x: x - 4, y: y - 4, width: 8, height: 8 });
    case 'world':
      return svg('path.bad', { d: `M${x} ${y - 5}v6m0 2v2` });
    case 'cut':
      return svg('line.cut', { x1: x, x2: x, y1: top + 1, y2: top + Math.max(11, height - 7) });
    case 'process':
      return svg('path.process', { d: `M${x} ${y - 6}l6 11h-12z` });
    case 'tap':
    case 'recovered':
      return svg(`path.${kind}`, { d: `M${x} ${y - 5}l5 5l-5 5l-5 -5z` });
    default:
      return svg('circle.note', { cx: x, cy: y, r: 4 });
  }
}

function axis([fromMs, toMs], { x, bottom }, room) {
  const step = stepFor((toMs - fromMs) / Math.max(2, Math.floor(room / 90)));
  const parts = [svg('line.rule', { x1: gutter, x2: gutter + room, y1: bottom, y2: bottom })];
  for (let ms = Math.ceil(fromMs / step) * step; ms <= toMs; ms += step) {
    parts.push(svg('line.rule', { x1: x(ms), x2: x(ms), y1: bottom, y2: bottom + 4 }));
    parts.push(svg('text', { x: x(ms), y: bottom + 16, 'text-anchor': 'middle' }, `${+(ms / 1000).toFixed(3)} s`));
  }
  return parts;
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function stepFor(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least) ?? 10 * power;
}
