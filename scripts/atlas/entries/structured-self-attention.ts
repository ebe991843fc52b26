import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { StructuredSelfAttention } from "../../../lib/attention/structured-self-attention.ts";
import { equalsNaive, naive, rowSums } from "../checks.ts";
import { matmul } from "../../../lib/kernels/matmul.ts";
import { naiveMatmul, naiveTranspose } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { tanh } from "../../../lib/kernels/activations.ts";
import { transpose } from "../../../lib/kernels/transpose.ts";

export const structuredSelfAttention = entry({
  id: "structured-self-attention",
  name: { en: "Structured self-attention", ja: "構造化自己注意" },
  about: {
    en:
      "Not words ask here but a few learned rows, so that a sentence of any length becomes a matrix of " +
      "fixed size. A penalty keeps the rows from all looking at the same words.",
    ja: "問いかけるのは語ではなく、学習した数本の行です。どんな長さの文も決まった大きさの行列になります。行どうしが同じ語ばかり見ないように罰則をかけます。",
  },
  document: "D-ATT",
  file: "lib/attention/structured-self-attention.ts",
  of: ["StructuredSelfAttention"],
  options: {
    rows: integer({ fallback: 4, min: 1, max: 32, help: { en: "learned rows r", ja: "学習する行の数 r" } }),
  },
  run({ text, random, options: { rows: r } }) {
    const H = text.X;
    const d_a = 8;
    const mechanism = StructuredSelfAttention.random({ d_hidden: H.cols, d_a, r }, random);
    const { output, weights, penalty } = mechanism.forward(H);
    const { W_s1, W_s2 } = mechanism;
    const hidden = naiveMatmul(rowsOf(H), rowsOf(W_s1)).map((row) => row.map(Math.tanh));
    const expected = naive(naiveTranspose(rowsOf(W_s2)), hidden, rowsOf(H));
    const overlap = naiveMatmul(expected.weights, naiveTranspose(expected.weights));
    const P = overlap
      .flatMap((row, a) => row.map((x, b) => (x - (a === b ? 1 : 0)) ** 2))
      .reduce((a, b) => a + b, 0);
    const scores = transpose(matmul(tanh(matmul(H, W_s1)), W_s2));
    return {
      shapes: [
        shape("H", "n, 2u", H),
        shape("W_s1", "2u, d_a", W_s1),
        shape("W_s2", "d_a, r", W_s2),
        shape("A", "r, n", weights),
        shape("M", "r, 2u", output),
      ],
      maps: [
        {
          title: { en: "weights A", ja: "重み A" },
          weights,
          rows: Array.from({ length: r }, (_, i) => `r = ${i + 1}`),
          cols: text.words,
          scores,
        },
      ],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], r),
        {
          id: "penalty",
          label: { en: "the penalty P equals the naive one", ja: "罰則 P が素朴な計算と等しい" },
          pass: Math.abs(penalty - P) <= 1e-5 * Math.max(1, P),
          deviation: Math.abs(penalty - P) / Math.max(1, P),
          limit: 1e-5,
          detail: { en: `P = ${penalty.toFixed(3)}`, ja: `P = ${penalty.toFixed(3)}` },
        },
      ],
      costs: [
        { label: PAIRS, formula: "r·n", value: r * H.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n·(2u·d_a + d_a·r + 2u·r)",
          value: H.rows * (H.cols * d_a + d_a * r + H.cols * r),
        },
      ],
    };
  },
});
