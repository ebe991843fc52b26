/**
 * A text laid out on a grid, and what the mechanisms of rows and columns have in common to show and to check.
 */
import type { AttentionMap, Check, Cost, Option, Phrase, Table, Text } from "./entry.ts";
import type { GridMaps } from "../../lib/attention/grid-maps.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Naive } from "./checks.ts";
import type { Rows } from "../../spec/oracle/naive.ts";
import { ALONG_COLUMN, ALONG_ROW } from "../../lib/kernels/grid.ts";
import { MULTIPLY_ADDS, PAIRS, UsageError } from "./entry.ts";
import { copyOf, rowsOf } from "../../spec/support/values.ts";
import { fromFunction } from "../../lib/matrix.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";
import { worse } from "./checks.ts";

/** Cells that a map can still be made of: its square is its size. */
const MOST_CELLS = 1024;

/**
 * A text line by line: cell (i, j) is word j of line i. Shorter lines leave cells without a word, which
 * nobody sees.
 */
export interface Layout {
  readonly N_R: number;
  readonly N_L: number;
  /** A label for every cell. */
  readonly words: readonly string[];
  readonly exists: (i: number, j: number) => boolean;
  readonly notes: readonly Phrase[];
}

export type Grid = "text" | readonly [number, number];

export const gridOption: Option<Grid> = {
  value: "6x12",
  help: {
    en:
      "lines x places, filled with the words over and over; text: a line for each sentence, or for each " +
      "clause of a single one",
    ja: "行数x列数。語をくり返して埋めます。text なら一文を一行に、文が一つなら読点で区切って一行に",
  },
  fallback: "text",
  parse: (text) => {
    if (text === "text") return "text";
    const [, lines, places] = /^(\d{1,4})[xX×](\d{1,4})$/.exec(text.trim())?.map(Number) ?? [];
    if (lines! >= 1 && places! >= 1 && lines! * places! <= MOST_CELLS) return [lines!, places!];
    throw new UsageError({
      en: `must be text, or lines x places like 6x12 of at most ${MOST_CELLS} cells; got "${text}"`,
      ja: `text か、6x12 のような行数x列数を書きます。マスは ${MOST_CELLS} 個までです("${text}" でした)`,
    });
  },
};

/**
 * The text's own lines, as many as give a map of bearable size; or `grid`, filled with its words over and
 * over.
 */
export function layOut({ words, lines = [words] }: Text, grid: Grid): Layout {
  if (grid !== "text") {
    const [N_R, N_L] = grid;
    return {
      N_R,
      N_L,
      words: Array.from({ length: N_R * N_L }, (_, cell) => words[cell % words.length]!),
      exists: () => true,
      notes: [],
    };
  }
  const kept: (readonly string[])[] = [];
  let longest = 0;
  for (const line of lines) {
    const cut = line.slice(0, 64);
    longest = Math.max(longest, cut.length);
    if ((kept.length + 1) * longest > MOST_CELLS) break;
    kept.push(cut);
  }
  const N_L = Math.max(...kept.map((line) => line.length));
  const left =
    lines.reduce((sum, line) => sum + line.length, 0) - kept.reduce((sum, line) => sum + line.length, 0);
  return {
    N_R: kept.length,
    N_L,
    words: kept.flatMap((line) => Array.from({ length: N_L }, (_, j) => line[j] ?? "·")),
    exists: (i, j) => j < kept[i]!.length,
    notes:
      left === 0
        ? []
        : [
            {
              en:
                `${left} ${left === 1 ? "word is" : "words are"} left out: ` +
                `the grid shows at most ${MOST_CELLS} cells.`,
              ja: `${left} 語は省きました。格子に示すのは ${MOST_CELLS} マスまでです。`,
            },
          ],
  };
}

const LEGEND: readonly { readonly glyph: string; readonly meaning: Phrase }[] = [
  { glyph: "-", meaning: { en: "along the row, the same line", ja: "行に沿って（同じ行）" } },
  { glyph: "|", meaning: { en: "along the column, the same place", ja: "列に沿って（同じ位置）" } },
  { glyph: "+", meaning: { en: "both", ja: "両方" } },
];

const GLYPHS: Record<number, string> = {
  0: " ",
  [ALONG_ROW]: "-",
  [ALONG_COLUMN]: "|",
  [ALONG_ROW | ALONG_COLUMN]: "+",
};

/** Both axes' maps and the composed one, with its reasons. */
export function gridDrawings(
  { columns, rows, composed, reason }: GridMaps,
  { words }: Layout,
  titles: { columns: Phrase; rows: Phrase; composed: Phrase },
): AttentionMap[] {
  const glyph = (i: number, j: number): string =>
    GLYPHS[reason[i * words.length + j]! & (ALONG_ROW | ALONG_COLUMN)]!;
  const named = { rows: words, cols: words };
  return [
    { title: titles.composed, weights: composed, reason: glyph, legend: LEGEND, ...named },
    { title: titles.columns, weights: columns, ...named },
    { title: titles.rows, weights: rows, ...named },
  ];
}

/** The oracle's rows for every cell, in the form in which checks take them. */
export function everyCell(output: Rows, largestScore: number): Naive {
  return { output, weights: [], largestScore, queries: output.map((_, cell) => cell) };
}

/** What one cell sees, laid out on the grid itself: its row of the composed map. */
export function seenBy(maps: GridMaps, { N_R, N_L, words, exists }: Layout): Table {
  const i = N_R >> 1;
  const j = [...Array(N_L).keys()].filter((place) => exists(i, place)).length >> 1;
  const query = i * N_L + j;
  const row = rowsOf(sliceRows(maps.composed, query, query + 1))[0]!;
  return {
    title: {
      en: `what word ${j + 1} of line ${i + 1}, "${words[query]}", sees of the grid`,
      ja: `${i + 1} 行目の ${j + 1} 語目「${words[query]}」が格子に見るもの`,
    },
    equation: `M[(${i + 1}, ${j + 1}), ·]`,
    rows: Array.from({ length: N_R }, (_, line) => words[line * N_L]!),
    cols: Array.from({ length: N_L }, (_, place) => `${place + 1}`),
    values: fromFunction(N_R, N_L, (line, place) => row[line * N_L + place]!),
  };
}

/** Rows of the composed map sum to `total` where there is a word, else to 0. */
export function composedSums({ composed }: GridMaps, { N_L, exists }: Layout, total: 1 | 2): Check {
  const limit = 2e-6;
  const deviation = rowsOf(composed).reduce(
    (most, row, cell) =>
      worse(
        most,
        Math.abs(row.reduce((a, b) => a + b, 0) - (exists(Math.floor(cell / N_L), cell % N_L) ? total : 0)),
      ),
    0,
  );
  const label: Phrase =
    total === 1
      ? {
          en: "rows of the composed map sum to 1 (0 without a word)",
          ja: "合成した地図の行は合計 1（語のないマスは 0）",
        }
      : {
          en: "rows of the composed map sum to 2: two softmaxes are added",
          ja: "合成した地図の行は合計 2: 二つのソフトマックスの和",
        };
  return { id: "composed-sums", label, pass: deviation <= limit, deviation, limit };
}

/** A NaN in one cell of the input changes exactly the cells whose row of the composed map gives it weight. */
export function reach(
  { composed }: GridMaps,
  layout: Layout,
  X: Matrix,
  forward: (X: Matrix) => Matrix,
  everything: boolean,
): Check {
  const cells = layout.words.length;
  const from = Array.from({ length: cells }, (_, cell) => cell).filter((cell) =>
    layout.exists(Math.floor(cell / layout.N_L), cell % layout.N_L),
  )[0]!;
  const spoilt = copyOf(X);
  spoilt.data.fill(NaN, from * X.cols, (from + 1) * X.cols);
  const before = rowsOf(forward(X));
  const after = rowsOf(forward(spoilt));
  const expected = rowsOf(composed).map((row) => row[from] !== 0);
  const reached = after.map((row, cell) => row.some((x, c) => !Object.is(x, before[cell]![c]!)));
  const count = reached.filter(Boolean).length;
  const label: Phrase = everything
    ? {
        en: "a value put into one cell reaches its column, then every row of that column",
        ja: "一つのマスに置いた値は列に届き、次にその列のすべての行に届く",
      }
    : {
        en: "a value put into one cell reaches its row and its column, and nothing else",
        ja: "一つのマスに置いた値は、その行と列だけに届く",
      };
  return {
    id: "reach",
    label,
    pass: reached.every((hit, cell) => hit === expected[cell]),
    detail: { en: `${count} of ${cells} cells`, ja: `${cells} マスのうち ${count}` },
  };
}

/**
 * Pairs of both axes, multiply-adds with `each` for a cell's projections, and the pairs of dense attention
 * over the same cells.
 */
export function gridCosts(
  { N_R, N_L }: Layout,
  letters: { rows: string; columns: string },
  each: { formula: string; value: number },
  D: number,
): Cost[] {
  const { rows: R, columns: C } = letters;
  const pairs = N_R * N_R * N_L + N_R * N_L * N_L;
  return [
    { label: PAIRS, formula: `${R}²·${C} + ${R}·${C}²`, value: pairs },
    {
      label: MULTIPLY_ADDS,
      formula: `${each.formula === "" ? "" : `${R}·${C}·${each.formula} + `}2D·(${R}²·${C} + ${R}·${C}²)`,
      value: N_R * N_L * each.value + 2 * D * pairs,
    },
    {
      label: { en: "pairs of dense attention", ja: "密な注意の対" },
      formula: `(${R}·${C})²`,
      value: (N_R * N_L) ** 2,
    },
  ];
}
