import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { TargetTargetAttention } from "../../../lib/attention/target-target-attention.ts";
import { causal, maskScores } from "../../../lib/kernels/mask-scores.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fromFunction } from "../../../lib/matrix.ts";
import { inductionOn } from "../trained.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { randomHead } from "../../../lib/attention/heads.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { sliceRows } from "../../../lib/kernels/rows.ts";

export const targetTarget = entry({
  id: "target-target",
  name: { en: "Target-target attention", ja: "ターゲット・ターゲット注意" },
  about: {
    en:
      "While a sentence is being written, each word looks only at the words before it. The first has " +
      "nothing to look at: its row is empty, not uniform.",
    ja: "文を書いている途中で、各語はそれより前の語だけを見ます。最初の語には見るものがないので、その行は一様ではなく空です。",
  },
  document: "D-ATT",
  file: "lib/attention/target-target-attention.ts",
  of: ["TargetTargetAttention"],
  run(context) {
    const learned = inductionOn(context);
    const { X: Y, words } = learned?.read.text ?? context.text;
    const head = learned?.model.first.heads[0] ?? randomHead({ d_query: Y.cols, d_k: 8 }, context.random);
    const d_k = head.W_Q.cols;
    const mechanism = new TargetTargetAttention(head);
    const { output, weights } = mechanism.forward(Y);
    const by = (W: typeof head.W_Q): number[][] => naiveMatmul(rowsOf(Y), rowsOf(W));
    const expected = naive(by(head.W_Q), by(head.W_K), by(head.W_V), {
      scale: 1 / Math.sqrt(d_k),
      allow: (i, j) => j < i,
    });
    const scores = scale(matmulTransposed(linear(Y, head.W_Q), linear(Y, head.W_K)), 1 / Math.sqrt(d_k));
    const last = Y.rows - 1;
    const spoiled = fromFunction(Y.rows, Y.cols, (i, c) => (i === last ? NaN : Y.data[i * Y.cols + c]!));
    return {
      ...(learned && { trained: learned.trained, read: learned.read }),
      shapes: [
        shape("Y", "n, d", Y),
        shape("W_Q", "d, d_k", head.W_Q),
        shape("A", "n, n", weights),
        shape("output", "n, d_v", output),
      ],
      maps: [
        {
          title: { en: "weights A", ja: "重み A" },
          weights,
          rows: words,
          cols: words,
          scores: maskScores(scores, { allow: causal(-1) }),
        },
      ],
      checks: [
        rowSums([weights], (i) => i === 0),
        equalsNaive([{ output, weights, naive: expected }], Y.rows),
        {
          id: "triangle",
          label: {
            en: "strictly lower triangular: exactly 0 on and above the diagonal",
            ja: "狭義の下三角：対角線とその上はちょうど 0",
          },
          pass: rowsOf(weights).every((row, i) => row.every((w, j) => j < i || w === 0)),
        },
        same(
          "blind",
          {
            en: "the last word may be NaN: no earlier output changes",
            ja: "最後の語が NaN でも、前の語の出力は変わらない",
          },
          sliceRows(mechanism.forward(spoiled).output, 0, last),
          sliceRows(output, 0, last),
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n²", value: Y.rows ** 2 },
        {
          label: MULTIPLY_ADDS,
          formula: "n·d·(2·d_k + d_v) + n²·(d_k + d_v)",
          value: Y.rows * Y.cols * 3 * d_k + Y.rows ** 2 * 2 * d_k,
        },
      ],
      notes: [
        {
          en: "Of the n² pairs, n·(n − 1)/2 may be seen. Projections as in self-attention, d_k = d_v.",
          ja: "n² 個の対のうち、見てよいのは n·(n − 1)/2 個です。射影は自己注意と同じで、d_k = d_v です。",
        },
        ...(learned === undefined
          ? []
          : [
              {
                en: "The first layer of a trained model: each word has learned to look at the one before it.",
                ja: "学習済みモデルの第 1 層です。各語は一つ前の語を見ることを学びました。",
              },
            ]),
      ],
    };
  },
});
