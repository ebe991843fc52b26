import type { AttentionMap, Check, Phrase } from "../entry.ts";
import type { HybridReading } from "../../../lib/attention/hybrid-sparse-attention.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { NaiveHybrid } from "../../../spec/oracle/naive-hybrid.ts";
import { HybridSparseAttention } from "../../../lib/attention/hybrid-sparse-attention.ts";
import { MULTIPLY_ADDS, PAIRS, choice, entry, shape } from "../entry.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { SparseAttention } from "../../../lib/attention/sparse-attention.ts";
import { blindness, checkGlobals, globalsOption, layers, radiusOption } from "../graph.ts";
import { equalsNaive, rowSums, same, spread } from "../checks.ts";
import { fromRows } from "../../../lib/matrix.ts";
import { globalKeys, globalTokens, slidingWindow } from "../../../lib/graph/patterns.ts";
import { naiveHybrid } from "../../../spec/oracle/naive-hybrid.ts";
import { naiveLinear, naiveMatmul } from "../../../spec/oracle/naive.ts";
import { percent } from "../map.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { union } from "../../../lib/graph/algebra.ts";

const WHY_LIT: readonly { readonly glyph: string; readonly meaning: Phrase }[] = [
  { glyph: "l", meaning: { en: "window", ja: "窓" } },
  { glyph: "k", meaning: { en: "global key, a column", ja: "グローバルなキー（列）" } },
  { glyph: "q", meaning: { en: "global query, a row", ja: "グローバルなクエリ（行）" } },
  { glyph: "+", meaning: { en: "window and global", ja: "窓とグローバル" } },
];

/** A map with the reason for each lit cell, and the legend of the reasons that occur. */
function drawing(
  title: Phrase,
  weights: Matrix,
  words: readonly string[],
  radius: number,
  globals: readonly number[],
): AttentionMap {
  const reason = (i: number, j: number): string => {
    if (weights.data[i * weights.cols + j] === 0) return " ";
    const near = Math.abs(i - j) <= radius;
    if (globals.includes(j)) return near ? "+" : "k";
    return !near ? "q" : globals.includes(i) ? "+" : "l";
  };
  const found = new Set(words.flatMap((_, i) => words.map((_word, j) => reason(i, j))));
  return {
    title,
    weights,
    rows: words,
    cols: words,
    reason,
    legend: WHY_LIT.filter(({ glyph }) => found.has(glyph)),
  };
}

const totalOf = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);

/** The rows of LITERAL's map sum to 1 less what padding took, which the oracle knows for these queries. */
function sumsWithPadding(map: Matrix, taken: readonly number[], queries: readonly number[]): Check {
  const rows = rowsOf(map);
  const deviation = Math.max(0, ...taken.map((share, s) => Math.abs(totalOf(rows[queries[s]!]!) - (1 - share))));
  const most = Math.max(0, ...taken);
  const word = queries[taken.indexOf(most)]! + 1;
  const label: Phrase = {
    en: "LITERAL: every row sums to 1 less what the zeros beyond the ends take",
    ja: "LITERAL: どの行の合計も、1 から端の外のゼロの取り分を引いたもの",
  };
  const detail: Phrase =
    most === 0
      ? { en: "nothing", ja: "取り分なし" }
      : { en: `up to ${percent(most)}, word ${word}`, ja: `最大 ${percent(most)}、${word} 語目` };
  return { id: "padding", label, pass: deviation <= 1e-6, deviation, limit: 1e-6, detail };
}

export const hybridSparse = entry({
  id: "hybrid-sparse",
  name: { en: "Hybrid sparse attention", ja: "ハイブリッド疎結合アテンション" },
  about: {
    en:
      "Every word sees its window and a few global words, in one softmax; a global word sees all. The " +
      "study note's own steps differ at three places, which can be set one by one: the last map follows " +
      "them to the letter.",
    ja:
      "どの語も、自分の窓と少数のグローバルな語を、一つのソフトマックスで見ます。グローバルな語はすべてを見ます。" +
      "学習ノートの手順は三か所で違い、一つずつ切り替えられます。最後の地図はノートの手順どおりに計算したものです。",
  },
  document: "D-GLOBAL",
  file: "lib/attention/hybrid-sparse-attention.ts",
  of: ["HybridSparseAttention"],
  options: {
    radius: radiusOption,
    globals: globalsOption,
    edges: choice<"cut" | "zero">({
      fallback: "cut",
      among: ["cut", "zero"],
      help: {
        en: "the window at the ends: cut, or filled with zeros",
        ja: "端の窓。切り詰めるか、ゼロで埋めるか",
      },
    }),
    repeated: choice<"once" | "twice">({
      fallback: "once",
      among: ["once", "twice"],
      help: {
        en: "how often a global key inside the window counts",
        ja: "窓の中のグローバルなキーを数える回数",
      },
    }),
    rows: choice<"all" | "window">({
      fallback: "all",
      among: ["all", "window"],
      help: {
        en: "what a global query sees: all, or its window like others",
        ja: "グローバルなクエリが見るもの。すべてか、ほかと同じ窓か",
      },
    }),
  },
  run({ text: { X, words }, random, options: { radius, globals, edges, repeated, rows } }) {
    const [T, G] = [X.rows, globals.length];
    checkGlobals(globals, T, { en: "words", ja: "語" });
    const d_model = X.cols;
    const reading: Required<HybridReading> = { edges, repeated, globalRows: rows };
    const { heads, W_O } = MultiHeadAttention.random({ d_model, heads: 1 }, random);
    const mechanism = new HybridSparseAttention({ heads, W_O, radius, reading });
    const literal = new HybridSparseAttention({ heads, W_O, radius, reading: HybridSparseAttention.LITERAL });
    const [ours, letter] = [mechanism.forward(X, globals), literal.forward(X, globals)];
    const [maps, letterMaps] = [
      ours.weights.map((w) => mechanism.fullAttention(w)),
      letter.weights.map((w) => literal.fullAttention(w)),
    ];
    const all = rows === "all";
    const graph = union(slidingWindow(T, radius), all ? globalTokens(T, globals) : globalKeys(T, T, globals));

    // The definition of either reading, for some queries of a long text.
    const queries = spread(T);
    const naiveOf = (by: HybridReading) =>
      heads.map(({ W_Q, W_K, W_V }) => {
        const [q, k, v] = [W_Q, W_K, W_V].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
        return naiveHybrid(q!, k!, v!, radius, globals, by, queries);
      });
    const expect = (parts: readonly NaiveHybrid[]) => {
      const each = parts.map(({ output, map, largestScore }) => ({
        output,
        weights: map,
        largestScore,
        queries,
      }));
      return {
        each,
        whole: {
          ...each[0]!,
          output: naiveMatmul(
            queries.map((_, s) => each.flatMap(({ output }) => output[s]!)),
            rowsOf(W_O),
          ),
        },
      };
    };
    const [byChoice, byLetter] = [naiveOf(reading), naiveOf(HybridSparseAttention.LITERAL)];
    const [mine, letters] = [expect(byChoice), expect(byLetter)];
    const checked = equalsNaive(
      [
        { output: letter.output, naive: letters.whole },
        ...letterMaps.map((weights, m) => ({ weights, naive: letters.each[m]! })),
      ],
      T,
    );
    const alongGraph = (): Check => {
      const label = {
        en: "it is sparse attention along the graph window ∪ globals",
        ja: "窓 ∪ グローバルのグラフに沿った疎な注意に等しい",
      };
      return same(
        "graph",
        label,
        ours.output,
        new SparseAttention({ heads, W_O }).forward(X, X, X, graph).output,
        1e-6,
      );
    };

    // What the letter costs: what padding takes, and the weight on global words in the window, counted once
    // and twice.
    const taken = byLetter[0]!.spent.map((list) =>
      totalOf(list.filter(({ key }) => key === null).map(({ weight }) => weight)),
    );
    const onGlobals = (parts: readonly NaiveHybrid[], s: number): number =>
      totalOf(globals.filter((g) => Math.abs(g - queries[s]!) <= radius).map((g) => parts[0]!.map[s]![g]!));
    const [once, twice] = (["once", "twice"] as const).map((times) =>
      naiveOf({ edges: "cut", repeated: times, globalRows: "window" }),
    );
    const shares = queries
      .map((t, s) => ({ word: words[t]!, row: [taken[s]!, onGlobals(once!, s), onGlobals(twice!, s)] }))
      .filter(({ row }) => totalOf(row) > 0);
    const slots = radius < T ? T * (2 * radius + 1) - radius * (radius + 1) : T * T;
    const local =
      edges === "zero"
        ? { formula: "T(2r + 1)", value: T * (2 * radius + 1) }
        : { formula: radius < T ? "T(2r + 1) − r(r + 1)" : "T²", value: slots };
    const scored = {
      formula: `${local.formula} + ${all ? "2TG" : "TG"}`,
      value: local.value + (all ? 2 : 1) * T * G,
    };
    return {
      shapes: [
        shape("X", "T, d_model", X),
        shape("W_Q", "d_model, d_k", heads[0]!.W_Q),
        shape("w_local", "T, 2r + 1", ours.weights[0]!.w_local),
        shape("w_global", "T, G", ours.weights[0]!.w_global),
        shape("globalRows", all ? "G, T" : "0, T", ours.weights[0]!.globalRows),
        shape("output", "T, d_model", ours.output),
      ],
      maps: [
        drawing(
          { en: `${edges}, ${repeated}, ${rows}`, ja: `${edges}, ${repeated}, ${rows}` },
          maps[0]!,
          words,
          radius,
          globals,
        ),
        drawing({ en: "LITERAL", ja: "LITERAL" }, letterMaps[0]!, words, radius, globals),
      ],
      checks: [
        ...(edges === "cut" ? [rowSums(maps)] : []),
        sumsWithPadding(letterMaps[0]!, taken, queries),
        equalsNaive(
          [
            { output: ours.output, naive: mine.whole },
            ...maps.map((weights, m) => ({ weights, naive: mine.each[m]! })),
          ],
          T,
        ),
        {
          ...checked,
          id: "naive-literal",
          label: {
            en: "LITERAL equals the naive computation of the note's steps",
            ja: "LITERAL はノートの手順の素朴な計算と等しい",
          },
        },
        ...(edges === "cut" && repeated === "once" ? [alongGraph()] : []),
        blindness([graph], X, (Y) => mechanism.forward(Y, globals).output),
        layers(
          graph,
          (layersNeeded) =>
            !all ||
            (G > 0 ? layersNeeded <= 2 : radius === 0 || layersNeeded === Math.ceil((T - 1) / radius)),
        ),
      ],
      costs: [
        { label: PAIRS, formula: scored.formula, value: scored.value },
        {
          label: { en: "different pairs among them", ja: "そのうち異なる対" },
          formula: "|window ∪ globals|",
          value: graph.key.length,
        },
        { label: { en: "pairs of dense attention", ja: "密な注意の対" }, formula: "T²", value: T * T },
        {
          label: MULTIPLY_ADDS,
          formula: "4T·d_model² + 2d_k·pairs",
          value: 4 * T * d_model ** 2 + 2 * d_model * scored.value,
        },
      ],
      tables:
        shares.length === 0
          ? []
          : [
              {
                title: {
                  en: "what zeros would take, and the globals in the window, counted once and twice",
                  ja: "ゼロ埋めの取り分と、窓の中のグローバルな語の重み（一回と二回数えたとき）",
                },
                equation: "Σ w",
                rows: shares.map(({ word }) => word),
                cols: ["zeros", "once", "twice"],
                values: fromRows(shares.map(({ row }) => row)),
              },
            ],
      notes: [
        {
          en:
            "Here one head, without the biases b. LITERAL is zero, twice, window: zeros beyond the ends " +
            "score 0 and take weight.",
          ja: "ここではヘッド一つ、バイアス b なしです。LITERAL は zero, twice, window のことです。端の外のゼロはスコアが 0 なので、重みを取ります。",
        },
      ],
    };
  },
});
