/**
 * What the sparse mechanisms have in common to ask, to show and to check: a graph of words, and why each pair
 * is in it.
 */
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { AttentionMap, Check, Cost, Option, Phrase } from "./entry.ts";
import type { GraphWeights, Neighbours, Reason } from "../../lib/graph/neighbours.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Naive } from "./checks.ts";
import { MULTIPLY_ADDS, PAIRS, UsageError, integer } from "./entry.ts";
import { hops, reasons, toDense } from "../../lib/graph/maps.ts";
import { naive, spread } from "./checks.ts";
import { naiveLinear } from "../../spec/oracle/naive.ts";
import { poison, rowsOf } from "../../spec/support/values.ts";
import { reasonNames } from "../../lib/graph/neighbours.ts";

export const radiusOption = integer({
  fallback: 2,
  min: 0,
  max: 4096,
  help: { en: "radius r of the window: r words to each side", ja: "窓の半径 r。左右に r 語ずつ" },
});
export const dilationOption = integer({
  fallback: 1,
  min: 1,
  max: 4096,
  help: { en: "dilation δ: the window's words lie δ apart", ja: "膨張 δ。窓の語を δ おきに取る" },
});
export const randomOption = integer({
  fallback: 1,
  min: 0,
  max: 4096,
  help: {
    en: "random keys r for each query, by --seed",
    ja: "クエリごとに引くランダムなキーの数 r（--seed で決まる）",
  },
});

/** Word numbers from 0, separated by commas, or "none". */
export const globalsOption: Option<readonly number[]> = {
  value: "0,8",
  help: { en: "global words, counted from 0, or none", ja: "グローバルな語。0 から数えた番号、または none" },
  fallback: [0],
  parse: (text) => {
    if (text === "none") return [];
    const numbers = text.split(",").map((part) => (/^\s*\d{1,6}\s*$/.test(part) ? Number(part) : NaN));
    if (numbers.every(Number.isInteger) && new Set(numbers).size === numbers.length) return numbers;
    throw new UsageError({
      en: `must be none, or different numbers from 0 separated by commas; got "${text}"`,
      ja: `none か、0 以上の異なる整数をコンマ区切りで書きます("${text}" でした)`,
    });
  },
};

/** Throws unless every global is one of the n that there are. */
export function checkGlobals(globals: readonly number[], n: number, things: Phrase): void {
  const beyond = globals.find((g) => g >= n);
  if (beyond === undefined) return;
  throw new UsageError({
    en: `--globals must name ${things.en} from 0 to ${n - 1}: this text has ${n}; got ${beyond}`,
    ja: `--globals に書けるのは 0 から ${n - 1} までの${things.ja}です。この文には ${n} 個あります（${beyond} でした）`,
  });
}

const REASONS: Readonly<Record<Reason, { readonly glyph: string; readonly meaning: Phrase }>> = {
  local: { glyph: "l", meaning: { en: "window", ja: "窓" } },
  global: { glyph: "g", meaning: { en: "global", ja: "グローバル" } },
  random: { glyph: "r", meaning: { en: "random", ja: "ランダム" } },
  strided: { glyph: "s", meaning: { en: "strided", ja: "一定間隔" } },
  block: { glyph: "b", meaning: { en: "own block", ja: "同じブロック" } },
  row: { glyph: "-", meaning: { en: "own row", ja: "同じ行" } },
  column: { glyph: "|", meaning: { en: "own column", ja: "同じ列" } },
  other: { glyph: "o", meaning: { en: "own rule", ja: "独自の規則" } },
};
const BOTH = "+";

/** The full map of one head, with a glyph for each reason and the legend of those that occur. */
export function graphDrawing(title: Phrase, weights: GraphWeights, words: readonly string[]): AttentionMap {
  const bits = reasons(weights.graph);
  const found = [...new Set(weights.graph.reason)].sort((a, b) => a - b).map(reasonNames);
  const glyphs = new Map(
    found.filter((names) => names.length === 1).map(([name]) => [name!, REASONS[name!]]),
  );
  const several = found.filter((names) => names.length > 1);
  const joined = (language: "en" | "ja"): string =>
    several
      .map((names) =>
        names.map((name) => REASONS[name].meaning[language]).join(language === "en" ? " and " : "と"),
      )
      .join(language === "en" ? ", or " : "、または");
  return {
    title,
    weights: toDense(weights),
    rows: words,
    cols: words,
    reason: (i, j) => {
      const names = reasonNames(bits[i * words.length + j]!);
      return names.length === 0 ? " " : names.length > 1 ? BOTH : REASONS[names[0]!].glyph;
    },
    legend: [
      ...glyphs.values(),
      ...(several.length === 0 ? [] : [{ glyph: BOTH, meaning: { en: joined("en"), ja: joined("ja") } }]),
    ],
  };
}

/** The oracle on one head's projections, everything hidden that `sees` does not allow. */
export function naiveHead(
  X: Matrix,
  { W_Q, W_K, W_V }: AttentionHead,
  sees: (i: number, j: number) => boolean,
  V: Matrix = X,
): Naive {
  const [q, k] = [W_Q, W_K].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  const v = naiveLinear(rowsOf(V), rowsOf(W_V));
  return naive(q!, k!, v, { scale: 1 / Math.sqrt(W_Q.cols), allow: sees });
}

/** Whether the graph has a pair, by looking. */
export function hasPair(graph: Neighbours): (i: number, j: number) => boolean {
  const bits = reasons(graph);
  return (i, j) => bits[i * graph.keys + j] !== 0;
}

/** A NaN in the word that the fewest see changes just the outputs of the queries that see it in some head. */
export function blindness(graphs: readonly Neighbours[], X: Matrix, forward: (X: Matrix) => Matrix): Check {
  const times = new Array<number>(X.rows).fill(0);
  for (const { key } of graphs) for (const j of key) times[j]!++;
  const word = times.indexOf(Math.min(...times));
  const [before, after] = [rowsOf(forward(X)), rowsOf(forward(poison(X, word, NaN)))];
  const seers = graphs.map(hasPair);
  const changed = after.map((row, i) => row.some((x, c) => !Object.is(x, before[i]![c]!)));
  const pass = changed.every((hit, i) => hit === seers.some((sees) => sees(i, word)));
  const count = changed.filter(Boolean).length;
  const label: Phrase = {
    en: "a NaN in one word reaches just the queries that see it, no other by one bit",
    ja: "一つの語を NaN にすると、それを見るクエリだけが変わり、ほかは 1 ビットも変わらない",
  };
  return {
    id: "blind",
    label,
    pass,
    detail: {
      en: `word ${word + 1}: ${count} of ${X.rows}`,
      ja: `${word + 1} 語目：${X.rows} のうち ${count}`,
    },
  };
}

/** How many layers until every word has heard every other; `expected` says whether that is right. */
export function layers(graph: Neighbours, expected: (most: number) => boolean): Check {
  const steps = spread(graph.queries).flatMap((i) => Array.from(hops(graph, i)));
  const never = steps.includes(-1);
  const most = never ? Infinity : steps.reduce((a, b) => Math.max(a, b), 0);
  const label: Phrase = {
    en: "layers until every word has heard every other",
    ja: "どの語にもすべての語が届くまでの層の数",
  };
  return {
    id: "layers",
    label,
    pass: expected(most),
    detail: never ? { en: "never", ja: "届かない" } : { en: `${most}`, ja: `${most} 層` },
  };
}

/**
 * Pairs of all heads, their multiply-adds with `each` for a token's projections, and the pairs of dense
 * attention.
 */
export function graphCosts(
  graphs: readonly Neighbours[],
  d: number,
  projections: { readonly formula: string; readonly value: number },
): Cost[] {
  const pairs = graphs.reduce((sum, graph) => sum + graph.key.length, 0);
  const n = graphs[0]!.queries;
  return [
    { label: PAIRS, formula: "Σ_m Σ_i |N_m(i)|", value: pairs },
    {
      label: MULTIPLY_ADDS,
      formula: `${projections.formula} + 2d·pairs`,
      value: projections.value + 2 * d * pairs,
    },
    {
      label: { en: "pairs of dense attention", ja: "密な注意の対" },
      formula: "h·T²",
      value: graphs.length * n * n,
    },
  ];
}
