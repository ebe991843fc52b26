import { MULTIPLY_ADDS, PAIRS, entry, flag, integer, shape } from "../entry.ts";
import { SelfAttention } from "../../../lib/attention/self-attention.ts";
import { backwards, equalsNaive, naive, rowSums, same } from "../checks.ts";
import { causal as past, maskScores } from "../../../lib/kernels/mask-scores.ts";
import { fromFunction } from "../../../lib/matrix.ts";
import { inductionOn, pronounsOn } from "../trained.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { naiveLinear } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { sliceRows } from "../../../lib/kernels/rows.ts";

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
    features: {
      ...integer({
        fallback: 8,
        min: 1,
        max: 512,
        help: {
          en: "width d_k = d_v of random projections; auto: that of the trained ones, else 8",
          ja: "乱数の射影の幅 d_k = d_v。auto は学習済みの重みの幅、なければ 8",
        },
      }),
      fallback: "auto" as number | "auto",
    },
    causal: flag({
      en: "a word sees itself and the words before it only, as in GPT",
      ja: "GPT のように、各語は自分と前の語だけを見る",
    }),
  },
  run(context) {
    const { random, options } = context;
    const { causal, features } = options;
    const own = features === "auto";
    const meant = own && !causal ? pronounsOn(context) : undefined;
    const again = own && causal ? inductionOn(context) : undefined;
    const learned = meant ?? again;
    const { words } = learned?.read.text ?? context.text;
    const X = meant?.model.blocks[0].norm1.forward(meant.result.X[0]) ?? again?.result.X ?? context.text.X;
    const head = (meant?.model.blocks[0].attention ?? again?.model.first)?.heads[0];
    const random_k = features === "auto" ? 8 : features;
    const mechanism =
      head === undefined
        ? SelfAttention.random({ d_model: X.cols, d_k: random_k }, random)
        : new SelfAttention(head);
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = mechanism.head;
    const d_k = W_Q.cols;
    const allow = causal ? past() : undefined;
    const { output, weights } = mechanism.forward(X, { allow });
    const by = (W: typeof W_Q, b: typeof b_Q): number[][] =>
      naiveLinear(rowsOf(X), rowsOf(W), b && rowsOf(b));
    const expected = naive(by(W_Q, b_Q), by(W_K, b_K), by(W_V, b_V), {
      scale: 1 / Math.sqrt(d_k),
      ...(allow && { allow: (i, j) => j <= i }),
    });
    const all = scale(matmulTransposed(linear(X, W_Q, b_Q), linear(X, W_K, b_K)), 1 / Math.sqrt(d_k));
    const S = allow === undefined ? all : maskScores(all, { allow });
    const n = X.rows;
    const last = n - 1;
    const spoilt = fromFunction(n, X.cols, (i, c) => (i === last ? NaN : X.data[i * X.cols + c]!));
    const title = meant
      ? { en: "weights A, block 1 of 2", ja: "重み A、ブロック 1 / 2" }
      : again
        ? { en: "weights A: each word looks at the one before", ja: "重み A: 各語が一つ前の語を見る" }
        : { en: "weights A", ja: "重み A" };
    return {
      ...(learned && { trained: learned.trained, read: learned.read }),
      shapes: [
        shape("X", "n, d", X),
        shape("W_Q", "d, d_k", W_Q),
        shape("W_K", "d, d_k", W_K),
        shape("W_V", "d, d_v", W_V),
        shape("A", "n, n", weights),
        shape("output", "n, d_v", output),
      ],
      maps: [{ title, weights, rows: words, cols: words, scores: S }],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], X.rows),
        allow === undefined
          ? same(
              "order",
              {
                en: "reversed words give the reversed output: no sense of order",
                ja: "語を逆順にすると出力も逆順：順序を知らない",
              },
              backwards(mechanism.forward(backwards(X)).output),
              output,
              learned === undefined ? 1e-6 : 1e-5,
            )
          : same(
              "blind",
              {
                en: "the last word may be NaN: no earlier output changes",
                ja: "最後の語が NaN でも、前の語の出力は変わらない",
              },
              sliceRows(mechanism.forward(spoilt, { allow }).output, 0, last),
              sliceRows(output, 0, last),
            ),
      ],
      costs: [
        { label: PAIRS, formula: causal ? "n·(n + 1)/2" : "n²", value: causal ? (n * (n + 1)) / 2 : n ** 2 },
        {
          label: MULTIPLY_ADDS,
          formula: "n·d·(2·d_k + d_v) + n²·(d_k + d_v)",
          value: X.rows * X.cols * 3 * d_k + X.rows ** 2 * 2 * d_k,
        },
      ],
      notes: [
        ...(learned === undefined
          ? [{ en: "Here without the biases b.", ja: "ここではバイアス b を使いません。" }]
          : []),
        ...(meant === undefined
          ? []
          : [
              {
                en:
                  "The first of two trained blocks: most words read the verb, which says on whose side the " +
                  "cause lies; whom the pronouns mean shows in npm start -- multi-head.",
                ja:
                  "学習済みの二つのブロックの一つ目で、どの語がどの語を読んで文の型を知るかが見えます。" +
                  "代名詞がだれを指すかは npm start -- multi-head に現れます。",
              },
            ]),
      ],
    };
  },
});
