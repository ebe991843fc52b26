/** What figures that are no single map are drawn with: a sheet, text, lines, bars, small maps, tables of numbers. */
import type { Child, Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { figureStyle, picture, pictureCell } from "../parts/figure.ts";
import { markup, svg } from "../mark.ts";
import { isCJK, widthOfWord } from "../parts/numbers.ts";

/** What a figure's style has beside that of a map. */
const STYLE = [
  "svg { --v: #8a5a00; --line: #cfc9ba; }",
  ".line { fill: none; stroke: var(--soft); stroke-width: 1.5; }",
  ".axis { fill: none; stroke: var(--line); stroke-width: 1; }",
  ".dash { stroke-dasharray: 4 3; }",
  ".q.line { stroke: var(--q); } .k.line { stroke: var(--k); } .v.line { stroke: var(--v); }",
  ".w.line { fill: none; stroke: var(--heat); } .ink.line { stroke: var(--ink); }",
  ".local.line { fill: none; stroke: var(--local); } .global.line { fill: none; stroke: var(--global); }",
  ".random.line { fill: none; stroke: var(--random); }",
  "text.q, .dot.q, .bar.q { fill: var(--q); } text.k, .dot.k, .bar.k { fill: var(--k); }",
  "text.v, .dot.v, .bar.v { fill: var(--v); } .dot.w, .bar.w { fill: var(--heat); }",
  ".bar.global { fill: var(--global); } .bar.soft { fill: var(--line); } .box { fill: var(--bed); }",
  ".part { font-weight: 600; } .mid { text-anchor: middle; }",
  ".mono { font: 13px ui-monospace, Menlo, Consolas, monospace; } .small { font-size: 11px; }",
  "@media (prefers-color-scheme: dark) { svg { --v: #e6bd5f; --line: #474b5c; } }",
].join("\n");

/** Marks on a sheet, with the title above them, as the text of a file. */
export function sheet(width: number, height: number, title: string, marks: readonly Child[]): string {
  const head = svg("text", { x: 16, y: 28, class: "title" }, title);
  const drawn = markup(picture(width, height, title, [head, ...marks]));
  return `${drawn.replace("</title>", `</title><style>${figureStyle()}\n${STYLE}</style>`)}\n`;
}

/** A line of text: "mid" and "end" among its classes move it. */
export function text(x: number, y: number, words: string, kind: string = ""): Mark {
  return svg("text", { x: at(x), y: at(y), class: kind }, words);
}

/** Text in lines of at most so many letters' widths, broken between words, or between Japanese letters. */
export function wrapped(x: number, y: number, words: string, em: number, kind: string = "soft"): Mark[] {
  const pieces = words.match(/[^\s\u3040-\u30ff\u3400-\u9fff、。（）：]+\s*|.[、。）：]*/gu) ?? [];
  const lines: string[] = [""];
  for (const piece of pieces) {
    const last = lines[lines.length - 1]!;
    if (last !== "" && widthOfWord((last + piece).trimEnd()) > em) lines.push(piece);
    else lines[lines.length - 1] = last + piece;
  }
  return lines.map((line, n) => text(x, y + 18 * n, line.trim(), kind));
}

/** A line through points. */
export function line(points: readonly (readonly [number, number])[], kind: string = ""): Mark {
  const d = points.map(([x, y], n) => `${n === 0 ? "M" : "L"}${at(x)} ${at(y)}`).join("");
  return svg("path", { d, class: `line ${kind}`.trim() });
}

/** A line with a head at its end. */
export function arrow(from: readonly [number, number], to: readonly [number, number], kind: string = ""): Mark[] {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const back = (turn: number): readonly [number, number] => [
    to[0] - 8 * Math.cos(angle + turn),
    to[1] - 8 * Math.sin(angle + turn),
  ];
  return [line([from, to], kind), line([back(0.42), to, back(-0.42)], kind)];
}

/** A filled circle. */
export function dot(x: number, y: number, r: number, kind: string = ""): Mark {
  return svg("circle", { cx: at(x), cy: at(y), r, class: `dot ${kind}`.trim() });
}

/** A filled rectangle: "bar w", or "box". */
export function rect(x: number, y: number, width: number, height: number, kind: string): Mark {
  return svg("rect", { x: at(x), y: at(y), width: at(width), height: at(height), rx: 3, class: kind });
}

/** A map without a title of its own. */
export interface SmallMap {
  readonly x: number;
  readonly y: number;
  /** The distance between cells. */
  readonly cell: number;
  readonly weights: Matrix;
  readonly most?: number;
  readonly kind?: (i: number, j: number) => string;
  /** Words at the left of rows and above columns; they may be absent. */
  readonly rows?: readonly string[];
  readonly cols?: readonly string[];
  /** Whether the words above columns run upwards. */
  readonly turned?: boolean;
}

/** A map, at a place: cells differ by hue and shape for their reason. */
export function smallMap(look: SmallMap): Mark[] {
  const { x, y, cell, weights, most, kind = () => "", rows = [], cols = [], turned = false } = look;
  const full = most ?? weights.data.reduce((a, b) => Math.max(a, b), 0);
  const marks: Mark[] = [];
  rows.forEach((word, i) => marks.push(text(x - 6, y + i * cell + cell / 2 + 4, word, "soft end")));
  cols.forEach((word, j) => {
    const middle = x + j * cell + cell / 2 - 1;
    marks.push(turned ? upwards(middle, y - 6, word) : text(middle, y - 6, word, "soft mid"));
  });
  for (let i = 0; i < weights.rows; i++) {
    for (let j = 0; j < weights.cols; j++) {
      const w = weights.data[i * weights.cols + j]!;
      marks.push(...pictureCell(w, full, kind(i, j), x + j * cell, y + i * cell, cell - (cell > 14 ? 2 : 1)));
    }
  }
  return marks;
}

/** A word that runs upwards, or a Japanese one whose letters stand below one another. */
export function upwards(x: number, y: number, word: string): Mark {
  if (isCJK(word)) {
    return svg("text", { x: at(x), y: at(y - 12 * word.length), class: "soft", "writing-mode": "vertical-rl" }, word);
  }
  return svg("text", { transform: `translate(${at(x + 4)} ${at(y)}) rotate(-90)`, class: "soft" }, word);
}

/** What kinds of cells mean, one below the other. */
export function legend(x: number, y: number, lines: readonly (readonly [string, string])[]): Mark[] {
  return lines.flatMap(([kind, meaning], n) => [
    ...pictureCell(1, 1, kind, x, y + 24 * n - 12, 16),
    text(x + 26, y + 24 * n, meaning, "soft"),
  ]);
}

/** A matrix of numbers between brackets, its name above it. */
export interface NumberTable {
  readonly x: number;
  readonly y: number;
  readonly name: string;
  readonly matrix: Matrix;
  readonly digits: number;
  readonly kind?: string;
  /** The width of a column, and the distance of rows. */
  readonly wide?: number;
  readonly high?: number;
}

/** How wide and high a table of numbers is. */
function sizeOfTable({ matrix, wide = 44, high = 24 }: NumberTable): readonly [number, number] {
  return [matrix.cols * wide + 12, matrix.rows * high + 8];
}

/** Numbers in rows and columns between brackets. */
export function numberTable(look: NumberTable): Mark[] {
  const { x, y, name, matrix, digits, kind = "", wide = 44, high = 24 } = look;
  const [width, height] = sizeOfTable(look);
  const side = (from: number, turn: number): Mark =>
    line([[from + turn, y], [from, y], [from, y + height], [from + turn, y + height]]);
  const marks: Mark[] = [text(x + width / 2, y - 10, name, `part mid ${kind}`), side(x, 5), side(x + width, -5)];
  for (let i = 0; i < matrix.rows; i++) {
    for (let j = 0; j < matrix.cols; j++) {
      const number = shown(matrix.data[i * matrix.cols + j]!, digits);
      const place = [x + 6 + (j + 0.5) * wide, y + 4 + (i + 0.5) * high + 5] as const;
      marks.push(text(...place, number, `mono mid ${kind}`));
    }
  }
  return marks;
}

/** A number with a true minus. */
export function shown(value: number, digits: number): string {
  return value.toFixed(digits).replace("-", "−");
}

/** A place in a picture, to a tenth. */
function at(place: number): number {
  return Math.round(10 * place) / 10;
}
