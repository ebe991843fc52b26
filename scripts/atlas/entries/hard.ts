import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { HardAttention } from "../../../lib/attention/hard-attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { equalsNaive, naive, naiveArgmax, oneHot, repeats } from "../checks.ts";
import { rowsOf } from "../../../spec/support/values.ts";

export const hard = entry({
  id: "hard",
  name: { en: "Hard attention", ja: "ハード注意機構" },
  about: {
    en:
      "Each query takes one value whole: that of its best key. A choice instead of a mixture; equal " +
      "scores go to the first key.",
    ja: "各クエリは、いちばん合うキーのバリューを丸ごと一つ受け取ります。混ぜるのではなく選ぶ注意です。同点なら先にあるキーを選びます。",
  },
  document: "D-ATT",
  file: "lib/attention/hard-attention.ts",
  of: ["HardAttention"],
  run({ text, memory }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const mechanism = new HardAttention({ score: (q, k) => new DotProductAttention().score(q, k) });
    const { output, weights } = mechanism.forward(Q, K, V);
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V), { normalize: naiveArgmax });
    const later = new Set(repeats(memory.words).map(([, j]) => j));
    const chosen = rowsOf(weights).map((row) => row.indexOf(1));
    return {
      shapes: [
        shape("Q", "n_q, d_q", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [{ title: { en: "argmax", ja: "argmax" }, weights, rows: text.words, cols: memory.words }],
      checks: [
        oneHot(weights),
        equalsNaive([{ output, weights, naive: expected }], Q.rows),
        {
          id: "ties",
          label: {
            en: "a tie goes to the first key: no chosen word stands earlier too",
            ja: "同点は先のキーへ：選ばれた語はそれより前に出てこない",
          },
          pass: chosen.every((j) => !later.has(j)),
          detail: { en: `${later.size} repeated keys`, ja: `くり返されるキー ${later.size} 個` },
        },
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·n_k·d_k + n_q·d_v",
          value: Q.rows * K.rows * K.cols + Q.rows * V.cols,
        },
      ],
      notes: [
        {
          en:
            "Here F is the dot product: n_q·n_k·d_k of the multiply-adds. One value a query costs only " +
            "n_q·d_v more.",
          ja: "ここでは F は内積で、積和演算のうち n_q·n_k·d_k です。バリューはクエリごとに一つなので n_q·d_v だけ増えます。",
        },
      ],
    };
  },
});
