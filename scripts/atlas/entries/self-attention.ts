import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { SelfAttention } from "../../../lib/attention/self-attention.ts";
import { backwards, equalsNaive, naive, rowSums, same } from "../checks.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";

export const selfAttention = entry({
  id: "self-attention",
  name: { en: "Self-attention", ja: "自己注意" },
  about: {
    en:
      "Queries, keys and values all come from the same words, each through its own projection. So the " +
      "map need not be symmetric, and a word need not look at itself most.",
    ja: "クエリ、キー、バリューをすべて同じ語から、それぞれの射影で作ります。ですから地図は対称とは限らず、語が自分をいちばん見るとも限りません。",
  },
  document: "D-ATT",
  file: "lib/attention/self-attention.ts",
  of: ["SelfAttention"],
  options: {
    features: integer({
      fallback: 8,
      min: 1,
      max: 512,
      help: { en: "width d_k = d_v of the projections", ja: "射影の幅 d_k = d_v" },
    }),
  },
  run({ text, random, options: { features: d_k } }) {
    const { X, words } = text;
    const mechanism = SelfAttention.random({ d_model: X.cols, d_k }, random);
    const { W_Q, W_K, W_V } = mechanism.head;
    const { output, weights } = mechanism.forward(X);
    const by = (W: typeof W_Q): number[][] => naiveMatmul(rowsOf(X), rowsOf(W));
    const expected = naive(by(W_Q), by(W_K), by(W_V), { scale: 1 / Math.sqrt(d_k) });
    const S = scale(matmulTransposed(linear(X, W_Q), linear(X, W_K)), 1 / Math.sqrt(d_k));
    return {
      shapes: [
        shape("X", "n, d", X),
        shape("W_Q", "d, d_k", W_Q),
        shape("W_K", "d, d_k", W_K),
        shape("W_V", "d, d_v", W_V),
        shape("A", "n, n", weights),
        shape("output", "n, d_v", output),
      ],
      maps: [{ title: { en: "weights A", ja: "重み A" }, weights, rows: words, cols: words, scores: S }],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], X.rows),
        same(
          "order",
          {
            en: "reversed words give the reversed output: no sense of order",
            ja: "語を逆順にすると出力も逆順: 順序を知らない",
          },
          backwards(mechanism.forward(backwards(X)).output),
          output,
          1e-6,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "n²", value: X.rows ** 2 },
        {
          label: MULTIPLY_ADDS,
          formula: "n·d·(2·d_k + d_v) + n²·(d_k + d_v)",
          value: X.rows * X.cols * 3 * d_k + X.rows ** 2 * 2 * d_k,
        },
      ],
      notes: [{ en: "Here without the biases b.", ja: "ここではバイアス b を使いません。" }],
    };
  },
});
