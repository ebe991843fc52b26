/**
 * Draws an attention map in characters: two columns a cell, blocks when it is too large, headings that never
 * break the grid.
 */
import type { AttentionMap, Phrase } from "./entry.ts";
import type { Block } from "./width.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { characters, columns, cut, pad, padLeft, wrap } from "./width.ts";
import { fromFunction } from "../../lib/matrix.ts";
import { labelOf } from "./text.ts";

/** From no ink to full ink: lightness by characters, so that colour adds nothing but comfort. */
export const RAMP = " .:-=*#@";

/**
 * The same levels as 256-colour backgrounds, dark blue through grey to pale yellow: rising in lightness also
 * for the colour-blind.
 */
export const BACKGROUND = [232, 17, 19, 25, 67, 109, 186, 228];
export const INK = [240, 67, 110, 153, 231, 16, 16, 16];

/** A map whose cells may stand for blocks of queries and keys. */
export interface Summary {
  readonly weights: Matrix;
  readonly rows: readonly string[];
  readonly cols: readonly string[];
  readonly block: { readonly rows: number; readonly cols: number };
  readonly reason: ((i: number, j: number) => string) | undefined;
  readonly square: boolean;
}

/** What stands for several reasons in one block. */
export const SEVERAL = "*";

/**
 * The map itself, or blocks of it: a cell is then the share of attention that the block's queries give, on
 * average, to all the block's keys together: the mean over its rows of the sum over its columns. So every row
 * still sums to 1.
 */
export function summarise(map: AttentionMap, most: { rows: number; cols: number }): Summary {
  const { rows: m, cols: n, data } = map.weights;
  const square = m === n && map.rows.every((word, i) => word === map.cols[i]);
  let high = Math.max(1, Math.ceil(m / most.rows));
  let wide = Math.max(1, Math.ceil(n / most.cols));
  if (square) high = wide = Math.max(high, wide);
  const base = { block: { rows: high, cols: wide }, square };
  if (high === 1 && wide === 1) {
    return { ...base, weights: map.weights, rows: map.rows, cols: map.cols, reason: map.reason };
  }
  const weights = fromFunction(Math.ceil(m / high), Math.ceil(n / wide), (I, J) => {
    let sum = 0;
    const end = Math.min(m, (I + 1) * high);
    for (let i = I * high; i < end; i++) {
      for (let j = J * wide; j < Math.min(n, (J + 1) * wide); j++) sum += data[i * n + j]!;
    }
    return sum / (end - I * high);
  });
  const reasonOfBlock = (I: number, J: number): string => {
    const found = new Set<string>();
    for (let i = I * high; i < Math.min(m, (I + 1) * high); i++) {
      for (let j = J * wide; j < Math.min(n, (J + 1) * wide); j++) found.add(map.reason!(i, j));
    }
    found.delete(" ");
    return found.size === 0 ? " " : found.size === 1 ? [...found][0]! : SEVERAL;
  };
  return {
    ...base,
    weights,
    rows: blocks(map.rows, high),
    cols: blocks(map.cols, wide),
    reason: map.reason && reasonOfBlock,
  };
}

function blocks(words: readonly string[], size: number): string[] {
  if (size === 1) return [...words];
  return Array.from({ length: Math.ceil(words.length / size) }, (_, b) => {
    const last = Math.min(words.length, (b + 1) * size);
    return `${b * size + 1}-${last} ${words[b * size]}..`;
  });
}

/**
 * The weight that gets full ink: the largest, but at least four times a uniform one, so that uniform
 * attention looks neither empty nor full.
 */
export function topOf(summaries: readonly Summary[]): number {
  let top = 0;
  for (const { weights } of summaries) {
    for (const w of weights.data) if (w > top) top = w;
    if (weights.cols > 0) top = Math.max(top, Math.min(1, 4 / weights.cols));
  }
  return top;
}

/** Levels above nothing. */
const LEVELS = RAMP.length - 1;

/**
 * 0 for exactly nothing, else 1 … 7. Levels end at (1/7)², (2/7)², … of the top: closer together where most
 * weights of a softmax are.
 */
export function levelOf(weight: number, top: number): number {
  if (!(weight > 0)) return 0;
  return Math.min(LEVELS, Math.max(1, Math.ceil(Math.sqrt(weight / top) * LEVELS - 1e-6)));
}

/** The largest weight of a level. */
function endOf(level: number, top: number): number {
  return (level / LEVELS) ** 2 * top;
}

/** A cell's two columns. A weight that is not a number shows as "??". */
function cell(weight: number, top: number, glyph: string | undefined, colour: boolean): string {
  const level = levelOf(weight, top);
  const ink = RAMP[level]!;
  const text = Number.isNaN(weight) ? "??" : colour ? ` ${glyph ?? " "}` : ink + (glyph ?? ink);
  return colour ? `\x1b[48;5;${BACKGROUND[level]};38;5;${INK[level]}m${text}\x1b[0m` : text;
}

/** A weight as a percentage of a query's attention, two digits that count. */
export function percent(weight: number): string {
  const p = weight * 100;
  if (p === 0) return "0%";
  return `${p >= 9.95 ? p.toFixed(0) : p >= 0.995 ? p.toFixed(1) : p.toPrecision(2)}%`;
}

/** The ramp of these maps with the percentages at which it changes, and a uniform weight for comparison. */
export function legend(top: number, colour: boolean, nothing: string): string[] {
  const ends = Array.from({ length: LEVELS }, (_, l) => endOf(l + 1, top));
  const parts = ends.map(
    (end, l) => `${cell(end, top, undefined, colour)} ${l === 0 ? "≤" : ""}${percent(end)}`,
  );
  return [nothing, ...parts];
}

/** The gutter of a map before its frame: row numbers and labels. */
const MOST_LABEL = { small: 9, large: 18 };

/** How many cells fit beside the labels. */
export function roomFor(map: AttentionMap, width: number, large: boolean): number {
  return Math.max(1, Math.floor((width - gutterOf(map.rows, large) - 2) / 2));
}

function gutterOf(rows: readonly string[], large: boolean): number {
  const widest = rows.slice(0, 64).reduce((max, word) => Math.max(max, columns(labelOf(word))), 0);
  // A block's label starts with its range, "17-24 ", so a long text gets the full gutter.
  return (
    3 +
    (rows.length > 64
      ? MOST_LABEL[large ? "large" : "small"]
      : Math.min(widest, MOST_LABEL[large ? "large" : "small"])) +
    1
  );
}

/**
 * How a map is drawn: the weight that gets full ink, in colour, large, within how many columns, and what
 * makes its title bold.
 */
export interface Drawing {
  readonly top: number;
  readonly colour: boolean;
  readonly large: boolean;
  readonly width: number;
  readonly bold: (text: string) => string;
}

/**
 * One map: title and axes, headings, rows, every line equally wide. The rows stand level with those of the
 * map beside it.
 */
export function drawMap(summary: Summary, title: string, axes: string, style: Drawing): Block {
  const { weights, rows, cols, reason, block, square } = summary;
  const most = MOST_LABEL[style.large ? "large" : "small"];
  const labels = rows.map((word) => cut(labelOf(word), most));
  const gutter = 3 + Math.max(0, ...labels.map(columns)) + 1;
  const spell = block.cols === 1 && (style.large || !square);
  const headings = [...(spell ? vertical(cols) : []), ...numbers(weights.cols)];
  const lines = headings.map((line) => `${" ".repeat(gutter)} ${line} `);
  for (let i = 0; i < weights.rows; i++) {
    let line = "";
    for (let j = 0; j < weights.cols; j++) {
      line += cell(weights.data[i * weights.cols + j]!, style.top, reason?.(i, j), style.colour);
    }
    lines.push(`${padLeft(String(i + 1), 2)} ${pad(labels[i]!, gutter - 3)}|${line}|`);
  }
  const grid = gutter + 2 + 2 * weights.cols;
  const above = [...wrap(title, Math.max(grid, Math.min(style.width, 34))).map(style.bold), axes];
  const all = [...above, ...lines];
  const widest = Math.max(...all.map(columns));
  return {
    lines: all.map((line) => pad(line, widest)),
    head: above.length,
    level: above.length + headings.length,
  };
}

/** Column numbers written downwards, so that 9 and 10 stay apart. */
function numbers(n: number): string[] {
  const digits = String(n).length;
  return Array.from({ length: digits }, (_, d) => {
    let line = "";
    for (let j = 1; j <= n; j++) line += ` ${padLeft(String(j), digits)[d]}`;
    return line;
  });
}

/** At most so many characters of a word stand above its column; ":" goes on. */
const MOST_HIGH = 9;

/**
 * Words written downwards, one character a line, standing on their columns: a full-width character is exactly
 * as wide as a cell.
 */
function vertical(words: readonly string[]): string[] {
  const spelled = words.map((word) => {
    const letters = characters(labelOf(word), MOST_HIGH + 1);
    return letters.length <= MOST_HIGH ? letters : [...letters.slice(0, MOST_HIGH - 1), ":"];
  });
  const height = Math.max(0, ...spelled.map((letters) => letters.length));
  return Array.from({ length: height }, (_, l) =>
    spelled
      .map((letters) => {
        const letter = letters[l - (height - letters.length)] ?? " ";
        const width = columns(letter);
        return width > 2 ? padLeft(String.fromCodePoint(letter.codePointAt(0)!), 2) : padLeft(letter, 2);
      })
      .join(""),
  );
}

/** What a cell stands for when the map is summarised. */
export function blockNote(summary: Summary): Phrase | undefined {
  const { rows, cols } = summary.block;
  if (rows === 1 && cols === 1) return undefined;
  return {
    en:
      `A cell stands for a block of ${rows} queries × ${cols} keys (fewer at the end): the sum over its ` +
      "keys, averaged over its queries. Rows still sum to 1, to less where a query sees nothing.",
    ja:
      `1 マスはクエリ ${rows} 個 × キー ${cols} 個のブロック（端は少なめ）です。キーについて合計し、クエリについて平均した値なので、行の合計は 1 ` +
      "のままです(何も見えないクエリがあれば減ります)。",
  };
}
