import { durationMs } from '../../support/duration.ts';
import { durationText, sizeText } from '../reporters/wording.ts';

/** ` { from: node-a, every: 300 ms, bytes: 16 KiB }`, a bare value as it is, nothing for none. */
export function parametersText(written: unknown): string {
  return written === undefined || written === null ? '' : ` ${valueText(written)}`;
}

/** `20 ms`, `57 s`, `5 min`: without parts that say nothing. */
export function timeText(ms: number): string {
  return durationText(ms)
    .replace('.0 s', ' s')
    .replace(/ 00 (s|min)$/, '');
}

/** More entries than these of a list are told by its ends and their number. */
const listedMax = 6;

function valueText(value: unknown, name = ''): string {
  if (typeof value === 'number') return numberText(value, name);
  if (typeof value === 'string') return stringText(value);
  if (Array.isArray(value)) return `[${listed(value.map((one) => valueText(one, name))).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const pairs = Object.entries(value).map(([key, one]) => `${key.replace(/Ms$/, '')}: ${valueText(one, key)}`);
  return `{ ${pairs.join(', ')} }`;
}

/** What a number counts is said by its name. */
function numberText(value: number, name: string): string {
  if (name.endsWith('Ms')) return timeText(value);
  return /bytes$|-records-from$/i.test(name) ? sizeText(value) : String(value);
}

/** A duration, size or rate as files write it, with a space before its unit. */
function stringText(text: string): string {
  const ms = durationMs(text);
  if (ms !== null) return timeText(ms);
  return text.replace(/^(\d+)(B|KiB|MiB|KB\/s|MB\/s)$/, '$1 $2');
}

function listed(texts: readonly string[]): readonly string[] {
  if (texts.length <= listedMax) return texts;
  return [texts[0]!, texts[1]!, `… ${texts.length} in all …`, texts.at(-1)!];
}
