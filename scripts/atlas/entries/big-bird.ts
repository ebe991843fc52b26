import type { Option } from "../entry.ts";
import { BigBirdAttention } from "../../../lib/attention/big-bird-attention.ts";
import { REASON } from "../../../lib/graph/neighbours.ts";
import { blindness, checkGlobals, globalsOption, graphCosts, graphDrawing, hasPair } from "../graph.ts";
import { layers, naiveHead, radiusOption, randomOption } from "../graph.ts";
import { concatRows } from "../../../lib/kernels/rows.ts";
import { entry, integer, shape } from "../entry.ts";
import { equalsNaive, rowSums } from "../checks.ts";
import { restrict } from "../../../lib/graph/algebra.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { reasons, toDense } from "../../../lib/graph/maps.ts";
import { rowsOf } from "../../../spec/support/values.ts";

/** Block numbers from 0, "none", or "ends": the first and the last. */
const globalBlocks: Option<"ends" | readonly number[]> = {
  value: "0,3",
  help: {
    en: "global blocks, counted from 0, or none, or ends: the first and the last",
    ja: "グローバルなブロック。0 から数えた番号、none、または ends（最初と最後）",
  },
  fallback: "ends",
  parse: (text) => (text === "ends" ? "ends" : globalsOption.parse(text)),
};

export const bigBird = entry({
  id: "big-bird",
  name: { en: "BigBird's attention", ja: "BigBird の注意" },
  about: {
    en:
      "Words in blocks (here of one word, unless --block says more). Each block sees the blocks beside " +
      "it, the first and the last block, and a few blocks drawn at random, other ones in each head; the " +
      "first and the last block see all.",
    ja:
      "語をブロックに分けます（ここでは一語ずつ、--block で変えられます）。どのブロックも、両隣のブロック、最初と最後のブロック、ヘッドごとにランダムに引いたブロックを見ます。" +
      "最初と最後のブロックはすべてを見ます。",
  },
  document: "D-GLOBAL",
  file: "lib/attention/big-bird-attention.ts",
  of: ["bigBirdGraph", "BigBirdAttention"],
  options: {
    block: integer({
      fallback: 1,
      min: 1,
      max: 4096,
      help: {
        en: "words in a block, 64 in the published models; 1 is the token form",
        ja: "ブロックの語数。公開モデルでは 64、1 ならトークン単位",
      },
    }),
    radius: {
      ...radiusOption,
      fallback: 1,
      help: { en: "radius w of the window, in blocks", ja: "窓の半径 w（ブロック単位）" },
    },
    globals: globalBlocks,
    random: {
      ...randomOption,
      help: {
        en: "random blocks r for each block and head, by --seed",
        ja: "ブロックごと、ヘッドごとに引くブロックの数 r（--seed で決まる）",
      },
    },
    extra: integer({
      fallback: 0,
      min: 0,
      max: 64,
      help: {
        en: "ETC: so many extra global tokens in front",
        ja: "ETC: 先頭に加えるグローバルなトークンの数",
      },
    }),
  },
  run({ text, random, seed, embed, options: { block, radius, globals, random: r, extra } }) {
    const front = Array.from({ length: extra }, (_, e) => `[${e + 1}]`);
    const words = [...front, ...text.words];
    const X = extra === 0 ? text.X : concatRows([embed(front, text.X.cols), text.X]);
    const T = X.rows;
    const blocks = Math.ceil((T - extra) / block);
    if (globals !== "ends") checkGlobals(globals, blocks, { en: "blocks", ja: "ブロック" });
    const pattern = { block, radius, random: r, extra, globals: globals === "ends" ? undefined : globals };
    const mechanism = BigBirdAttention.random({ d_model: X.cols, heads: 2, pattern, seed }, random);
    const graphs = mechanism.graphs(T);
    const { output, weights } = mechanism.forward(X);
    const maps = weights.map(toDense);

    // The pattern once more, as a rule for one pair; what was drawn is data.
    const wide = globals === "ends" ? [0, blocks - 1] : globals;
    const blockOf = (t: number): number => Math.floor((t - extra) / block);
    const fixed = (i: number, j: number): boolean =>
      i < extra ||
      j < extra ||
      Math.abs(blockOf(i) - blockOf(j)) <= radius ||
      wide.includes(blockOf(i)) ||
      wide.includes(blockOf(j));
    const { heads, W_O } = mechanism.attention;
    const each = heads.map((head, m) => {
      const reason = reasons(graphs[m]!);
      const drawn = hasPair(restrict(graphs[m]!, (i, j) => reason[i * T + j] === REASON.random));
      return naiveHead(X, head, (i, j) => fixed(i, j) || drawn(i, j));
    });
    const joined = {
      ...each[0]!,
      output: naiveMatmul(
        each[0]!.output.map((row, s) => [...row, ...each[1]!.output[s]!]),
        rowsOf(W_O),
      ),
    };
    return {
      shapes: [
        shape("X", "T, d_model", X),
        shape("W^Q", "d_model, d_k", heads[0]!.W_Q),
        { name: "blocks", letters: "n_b, of tokens", numbers: [blocks, block] },
        {
          name: "A",
          letters: "pairs of head 1, of head 2",
          numbers: weights.map(({ values }) => values.length),
        },
        shape("output", "T, d_model", output),
      ],
      maps: weights.map((A, m) => graphDrawing({ en: `head ${m + 1}`, ja: `ヘッド ${m + 1}` }, A, words)),
      checks: [
        rowSums(maps),
        equalsNaive([{ output, naive: joined }, ...each.map((naive, m) => ({ weights: maps[m], naive }))], T),
        blindness(graphs, X, (Y) => mechanism.forward(Y).output),
        layers(graphs[0]!, (most) => (wide.length > 0 || extra > 0 ? most <= 2 : true)),
      ],
      costs: graphCosts(graphs, X.cols / 2, { formula: "4T·d_model²", value: 4 * T * X.cols ** 2 }),
      notes: [
        {
          en:
            "Here two heads, without the biases b. The layers are head 1's. The same --seed draws the " +
            "same blocks.",
          ja: "ここではヘッド二つ、バイアス b なしです。層の数はヘッド 1 のものです。同じ --seed なら同じブロックを引きます。",
        },
      ],
    };
  },
});
