import type { OnlineState } from "../../../lib/kernels/online-softmax.ts";
import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { StreamingAttention } from "../../../lib/attention/streaming-attention.ts";
import { concatColumns } from "../../../lib/kernels/columns.ts";
import { concatRows } from "../../../lib/kernels/rows.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fromFunction } from "../../../lib/matrix.ts";
import { keyBlocks } from "../../../lib/graph/key-blocks.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { onlineOutput, onlineSoftmax, onlineStart } from "../../../lib/kernels/online-softmax.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";

export const streaming = entry({
  id: "streaming",
  name: { en: "Streaming attention", ja: "ストリーミング・アテンション" },
  about: {
    en:
      "The same output as scaled dot-product attention, without its map: the keys come block by block, and " +
      "each query keeps the greatest score so far, the sum of its exponentials and the output that belongs " +
      "to them. Where the greatest score grows, what was summed before shrinks. The map below is put " +
      "together from single rows, for the picture alone.",
    ja:
      "スケール化内積注意と同じ出力を、注意マップを作らずに求めます。キーはブロックごとに届き、各クエリは" +
      "それまでの最大のスコア、指数の和、それに対応する出力だけを持ち続けます。最大のスコアが大きくなると、" +
      "それまでの和は縮みます。下のマップは、図のために一行ずつ求めて並べたものです。",
  },
  document: "D-MHA",
  file: "lib/attention/streaming-attention.ts",
  of: ["StreamingAttention"],
  options: {
    block: integer({
      fallback: 3,
      min: 1,
      max: 256,
      help: { en: "keys in a block of the steps shown", ja: "表示する各ステップのブロックに入るキーの数" },
    }),
  },
  run({ text, memory, options: { block } }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const attention = new StreamingAttention();
    const { output } = attention.forward(Q, K, V);
    const weights = concatRows(text.words.map((_, i) => attention.weightsOf(i, Q, K)));
    const scaled = scale(Q, 1 / Math.sqrt(K.cols));
    const scores = matmulTransposed(scaled, K);
    const states: OnlineState[] = [];
    for (const keys of keyBlocks({}, K.rows, 0, Q.rows, block)) {
      const before = states[states.length - 1] ?? onlineStart(Q.rows, V.cols);
      states.push(onlineSoftmax(before, scaled, K, V, keys));
    }
    const last = states[states.length - 1]!;
    const rows = rowsOf(scores);
    const greatest = fromFunction(Q.rows, 1, (i) => Math.max(...rows[i]!));
    const sums = fromFunction(Q.rows, 1, (i) =>
      rows[i]!.reduce((sum, s) => sum + Math.exp(s - Math.max(...rows[i]!)), 0),
    );
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V), { scale: 1 / Math.sqrt(K.cols) });
    const steps = states.map((_, b) => `${Math.min(K.rows, (b + 1) * block)}`);
    return {
      shapes: [
        shape("Q", "n_q, d_k", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        { title: { en: "weights A", ja: "重み A" }, weights, rows: text.words, cols: memory.words, scores },
      ],
      tables: [
        {
          title: { en: "the greatest score after so many keys, m", ja: "これだけのキーを読んだ後の最大のスコア m" },
          equation: "m' = max(m, max_j S[·,j])",
          rows: text.words,
          cols: steps,
          values: concatColumns(states.map(({ m }) => m)),
        },
        {
          title: { en: "the sum of the exponentials after so many keys, l", ja: "これだけのキーを読んだ後の指数の和 l" },
          equation: "l' = l · exp(m − m') + Σ_j P[·,j]",
          rows: text.words,
          cols: steps,
          values: concatColumns(states.map(({ l }) => l)),
        },
      ],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], Q.rows),
        same(
          "blocks",
          { en: "the same output in blocks of any size", ja: "ブロックの大きさによらず同じ出力になる" },
          output,
          onlineOutput(last),
          2e-6,
        ),
        same(
          "maximum",
          { en: "the last m is the greatest score of all", ja: "最後の m は全体で最大のスコアに等しい" },
          last.m,
          greatest,
          2e-6,
        ),
        same(
          "sum",
          { en: "the last l is Σ_j exp(S − m) of all keys", ja: "最後の l は全キーの Σ_j exp(S − m) に等しい" },
          last.l,
          sums,
          2e-6,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        { label: MULTIPLY_ADDS, formula: "n_q·n_k·(d_k + d_v)", value: Q.rows * K.rows * (K.cols + V.cols) },
      ],
    };
  },
});
