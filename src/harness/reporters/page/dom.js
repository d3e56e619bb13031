/**
 * An element with attributes and children. Text becomes text nodes, so that nothing a run recorded is ever markup.
 *
 * @param {string} tag  such as `div.panel.head`
 * @param {Record<string, unknown> | null} [attributes]
 * @param {...(Node | string | number | null | false | undefined)} children
 */
export function el(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  return filled(document.createElement(name), classes, attributes, children);
}

/** The same for SVG. */
export function svg(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  return filled(document.createElementNS('http://www.w3.org/2000/svg', name), classes, attributes, children);
}

function filled(element, classes, attributes, children) {
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(key, String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false)
      element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

const letters = { pass: 'P', fail: 'F', inert: 'I', error: 'E', 'not-run': 'N' };

/** A verdict as a coloured letter; with `href` it leads somewhere. */
export function cell(verdict, attributes) {
  const tag = attributes?.href === undefined ? 'span' : 'a';
  return el(`${tag}.cell.verdict-${verdict}`, attributes, letters[verdict]);
}

export function badge(verdict, text = verdict) {
  return el(`span.badge.verdict-${verdict}`, null, text);
}

/** A table; each row is a list of cells, or `{ class, cells }`. A cell in a list is `[class, ...content]`. */
export function table(className, head, rows) {
  const data = (content) =>
    Array.isArray(content) ? el('td', { class: content[0] }, ...content.slice(1)) : el('td', null, content);
  return el(
    'div.scroll',
    null,
    el(
      'table',
      { class: className },
      el('thead', null, el('tr', null, ...head.map((title) => el('th', null, title)))),
      el('tbody', null, ...rows.map((row) => el('tr', { class: row.class }, ...(row.cells ?? row).map(data)))),
    ),
  );
}

/** Calls `draw` when the element first comes near the visible part of the page, and again when its width changes. */
export function whenVisible(element, draw) {
  let width = 0;
  const resized = new ResizeObserver(() => {
    if (Math.abs(element.clientWidth - width) < 2 || element.clientWidth === 0) return;
    width = element.clientWidth;
    draw(width);
  });
  const seen = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      resized.observe(element);
    },
    { rootMargin: '600px' },
  );
  seen.observe(element);
}

/** A colour of the page as it stands now, light or dark, for what is drawn on a canvas. */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/** `1.25 s`, for axes and tips. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
