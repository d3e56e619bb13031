import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf, ScenarioError } from '../../support/errors.ts';
import { didYouMean } from './did-you-mean.ts';

export type Path = readonly (string | number)[];

/** One YAML file with the positions of its values; collects every problem before it complains. */
export class YamlFile {
  readonly #name: string;
  readonly #text: readonly string[];
  readonly #document: Document;
  #value: unknown;
  readonly #lines: LineCounter;
  readonly #problems: string[] = [];

  /** `name` is the file as the user would type it; `text` its content. */
  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text.split('\n');
    this.#lines = new LineCounter();
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const error of this.#document.errors) {
      const { line, col } = this.#lines.linePos(error.pos[0]);
      this.#problems.push(`${name}:${line}:${col}: expected YAML, got ${error.message}`);
    }
    this.throwIfWrong();
    try {
      this.#value = this.#document.toJS();
    } catch (error) {
      // What shows only once aliases are followed: one without its anchor, or so many that nothing sensible is meant.
      throw new ScenarioError(`${name}: expected YAML, got ${messageOf(error)}`);
    }
  }

  static read(name: string, path: string): YamlFile {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      throw new ScenarioError(`${name}: expected a readable file, got ${messageOf(error)}`);
    }
    return new YamlFile(name, text);
  }

  get value(): unknown {
    return this.#value;
  }

  /** Checks the part at `path` against a schema; null, with every problem noted, when it does not fit. */
  check<T>(schema: z.ZodType<T>, path: Path = [], value: unknown = this.at(path)): T | null {
    const result = schema.safeParse(value, { reportInput: true });
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.#noteIssue(issue, path);
    return null;
  }

  at(path: Path): unknown {
    let value = this.value;
    for (const key of path) value = (value as Record<string | number, unknown> | undefined)?.[key];
    return value;
  }

  note(path: Path, expected: string, got: unknown): void {
    this.#problems.push(`${this.#name}:${this.lineOf(path)} ${textOf(path)}: expected ${expected}, got ${quote(got)}`);
  }

  /** Notes a name outside a closed set, with the nearest one that is in it. */
  noteUnknown(path: Path, what: string, got: string, known: readonly string[]): void {
    this.note(path, `${what}: ${known.map((name) => JSON.stringify(name)).join(', ')}${didYouMean(got, known)}`, got);
  }

  throwIfWrong(): void {
    // A variant that stands for several has each of its problems as often.
    if (this.#problems.length > 0) throw new ScenarioError([...new Set(this.#problems)]);
  }

  /** The line of the value at `path`, or of the nearest part of it that exists. */
  lineOf(path: Path): number {
    for (let length = path.length; length >= 0; length -= 1) {
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return this.#lines.linePos(node.range[0]).line;
    }
    return 1;
  }

  /** The comments of the entry at `path`: on the lines above it and, after them, inside it. What is for editors is none. */
  commentsOf(path: Path): string[] {
    const node = this.#document.getIn(path, true);
    const last = isNode(node) && node.range ? this.#lines.linePos(node.range[1]).line : 0;
    const inside: string[] = [];
    for (let line = this.lineOf(path); line < last; line += 1) inside.push(...this.#commentAt(line));
    return [...this.commentAbove(path), ...inside];
  }

  /** The comments above the fields of the part at `path`. */
  commentsAboveFields(path: Path): string[] {
    return Object.keys(this.at(path) ?? {}).flatMap((name) => this.commentAbove([...path, name]));
  }

  /** The comment on the lines above the value at `path`, or above its name, line by line. */
  commentAbove(path: Path): string[] {
    let line = this.#lineOfName(path) - 1;
    const place = path.at(-1);
    // Of entries on one line the comment belongs to the first.
    if (typeof place === 'number' && place > 0 && this.lineOf([...path.slice(0, -1), place - 1]) > line) return [];
    const comment: string[] = [];
    for (let words = this.#commentAt(line); words.length > 0; words = this.#commentAt(line)) {
      comment.unshift(...words);
      line -= 1;
    }
    return comment;
  }

  #commentAt(line: number): string[] {
    const [, words] = /^\s*# ?(.*)$/.exec(this.#text[line - 1] ?? '') ?? [];
    return words === undefined || words.startsWith('yaml-language-server:') ? [] : [words.trim()];
  }

  /** A value may begin some lines below its name. */
  #lineOfName(path: Path): number {
    const parent = this.#document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
    if (isNode(pair?.key) && pair.key.range) return this.#lines.linePos(pair.key.range[0]).line;
    return this.lineOf(path);
  }

  #noteIssue(issue: z.core.$ZodIssue, base: Path): void {
    const path = [...base, ...(issue.path as (string | number)[])];
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.note([...path, key], 'no such field', key);
      return;
    }
    if (issue.code === 'invalid_union') {
      // The branch that came furthest explains most.
      const branches = issue.errors.filter((branch) => branch.length > 0);
      const expected = [...new Set(branches.flatMap((branch) => branch.map(expectedBy)))].join(' or ');
      this.note(path, expected, issue.input);
      return;
    }
    this.note(path, expectedBy(issue), issue.input);
  }
}

function expectedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      // A type's own message is better than its name.
      return issue.message.startsWith('Invalid input') ? issue.expected : issue.message;
    case 'invalid_value': {
      const allowed = issue.values.map((value) => JSON.stringify(value)).join(', ');
      if (issue.values.length === 1) return allowed;
      const hint = typeof issue.input === 'string' ? didYouMean(issue.input, issue.values.map(String)) : '';
      return `one of ${allowed}${hint}`;
    }
    case 'too_small':
      return `${issue.origin} ${issue.inclusive === false ? 'above' : 'of at least'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.origin} ${issue.inclusive === false ? 'below' : 'of at most'} ${issue.maximum}`;
    default:
      return issue.message;
  }
}

function textOf(path: Path): string {
  const text = path.reduce<string>(
    (joined, key) => (typeof key === 'number' ? `${joined}[${key}]` : joined === '' ? key : `${joined}.${key}`),
    '',
  );
  return text === '' ? '(whole file)' : text;
}

function quote(value: unknown): string {
  const text = JSON.stringify(value);
  return text === undefined ? 'nothing' : text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
