import { FEATURES } from "../text.ts";
import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { concatColumns } from "../../../lib/kernels/columns.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fuseHeads, splitHeads } from "../../../lib/attention/heads.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { mix } from "../../../lib/kernels/mix.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";

export const multiHead = entry({
  id: "multi-head",
  name: { en: "Multi-head attention", ja: "マルチヘッド・アテンション" },
  about: {
    en:
      "Several attentions side by side, each on its own projection of the words, so that each can look " +
      "for something else. Their outputs are joined and projected once more.",
    ja: "いくつもの注意を並べます。それぞれが語を別々に射影するので、別々のものを探せます。出力をつなぎ、もう一度射影します。",
  },
  document: "D-MHA",
  file: "lib/attention/multi-head-attention.ts",
  of: ["MultiHeadAttention"],
  options: {
    heads: integer({
      fallback: 4,
      min: 1,
      max: 16,
      help: { en: "heads h: 1, 2, 4, 8 or 16", ja: "ヘッドの数 h: 1, 2, 4, 8, 16 のどれか" },
    }),
    head: integer({
      fallback: 1,
      min: 1,
      max: 16,
      help: { en: "the head whose four steps are printed", ja: "四つの手順を数値で示すヘッド" },
    }),
  },
  conflict({ heads, head }) {
    if (FEATURES % heads !== 0) {
      return {
        en: `--heads must divide the ${FEATURES} features of a word; got ${heads}`,
        ja: `--heads は語の特徴の数 ${FEATURES} を割り切る数にします(${heads} でした)`,
      };
    }
    return head <= heads
      ? undefined
      : {
          en: `--head must be from 1 to ${heads}, the number of heads; got ${head}`,
          ja: `--head は 1 からヘッドの数 ${heads} までです(${head} でした)`,
        };
  },
  run({ text, memory, random, options: { heads: h, head: shown } }) {
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const d_model = Q.cols;
    const mechanism = MultiHeadAttention.random({ d_model, heads: h }, random);
    const { heads, W_O } = mechanism;
    const { output, weights } = mechanism.forward(Q, K, V);
    const d_k = d_model / h;
    const by = (X: typeof Q, W: typeof Q): number[][] => naiveMatmul(rowsOf(X), rowsOf(W));
    const each = heads.map(({ W_Q, W_K, W_V }) =>
      naive(by(Q, W_Q), by(K, W_K), by(V, W_V), { scale: 1 / Math.sqrt(d_k) }),
    );
    const joined = each[0]!.output.map((_, s) => each.flatMap((head) => head.output[s]!));
    const whole = { ...each[0]!, output: naiveMatmul(joined, rowsOf(W_O)) };

    // The four steps of every head by the kernels; one of them is printed.
    const steps = heads.map(({ W_Q, W_K, W_V }) => {
      const S = matmulTransposed(linear(Q, W_Q), linear(K, W_K));
      const scaled = scale(S, 1 / Math.sqrt(d_k));
      const A = softmaxRows(scaled);
      return {
        q: linear(Q, W_Q),
        k: linear(K, W_K),
        v: linear(V, W_V),
        S,
        scaled,
        A,
        O: mix(A, linear(V, W_V)),
      };
    });
    const { q, k, v, S, scaled, A, O } = steps[shown - 1]!;
    const features = Array.from({ length: O.cols }, (_, c) => String(c + 1));
    const fused = new MultiHeadAttention({ heads: splitHeads(fuseHeads(heads), h), W_O });
    return {
      shapes: [
        shape("Q", "n_q, d_model", Q),
        shape("K", "n_k, d_model", K),
        shape("V", "n_k, d_model", V),
        { name: "W_i^Q, W_i^K, W_i^V", letters: "d_model, d_k", numbers: [d_model, d_k] },
        shape("W^O", "h·d_v, d_model", W_O),
        { name: "A", letters: "h, n_q, n_k", numbers: [h, Q.rows, K.rows] },
        shape("output", "n_q, d_model", output),
      ],
      maps: weights.map((map, m) => ({
        title: { en: `head ${m + 1} of ${h}`, ja: `ヘッド ${m + 1} / ${h}` },
        weights: map,
        rows: text.words,
        cols: memory.words,
        scores: steps[m]!.scaled,
      })),
      checks: [
        rowSums(weights),
        equalsNaive(
          [{ output, naive: whole }, ...each.map((head, m) => ({ weights: weights[m]!, naive: head }))],
          Q.rows,
        ),
        same(
          "steps",
          {
            en: "the four steps printed below are what the class computes",
            ja: "下の四つの手順はクラスの計算と同じ",
          },
          linear(concatColumns(steps.map((step) => step.O)), W_O),
          output,
        ),
        same(
          "fused",
          {
            en: "heads fused into wide matrices and split again give the same",
            ja: "ヘッドを一つの広い行列にまとめて分け直しても同じ",
          },
          fused.forward(Q, K, V).output,
          output,
        ),
      ],
      costs: [
        { label: PAIRS, formula: "h·n_q·n_k", value: h * Q.rows * K.rows },
        {
          label: MULTIPLY_ADDS,
          formula:
            "n_q·d_model·h·d_k + n_k·d_model·h·(d_k + d_v) + h·n_q·n_k·(d_k + d_v) + n_q·h·d_v·d_model",
          value:
            Q.rows * d_model * d_model +
            K.rows * d_model * 2 * d_model +
            Q.rows * K.rows * 2 * d_model +
            Q.rows * d_model * d_model,
        },
      ],
      tables: [
        {
          title: { en: `head ${shown}, its queries`, ja: `ヘッド ${shown} のクエリ` },
          equation: "Q_i = Q W_i^Q",
          rows: text.words,
          cols: features,
          values: q,
          detail: true,
        },
        {
          title: { en: `head ${shown}, its keys`, ja: `ヘッド ${shown} のキー` },
          equation: "K_i = K W_i^K",
          rows: memory.words,
          cols: features,
          values: k,
          detail: true,
        },
        {
          title: { en: `head ${shown}, its values`, ja: `ヘッド ${shown} のバリュー` },
          equation: "V_i = V W_i^V",
          rows: memory.words,
          cols: features,
          values: v,
          detail: true,
        },
        {
          title: { en: `head ${shown}, step 1: dot products`, ja: `ヘッド ${shown}、手順 1: 内積` },
          equation: "S = Q_i K_iᵀ",
          rows: text.words,
          cols: memory.words,
          values: S,
        },
        {
          title: {
            en: `head ${shown}, step 2: divide by √d_k = √${d_k}`,
            ja: `ヘッド ${shown}、手順 2: √d_k = √${d_k} で割る`,
          },
          equation: "S' = S / √d_k",
          rows: text.words,
          cols: memory.words,
          values: scaled,
        },
        {
          title: {
            en: `head ${shown}, step 3: softmax of each row`,
            ja: `ヘッド ${shown}、手順 3: 行ごとのソフトマックス`,
          },
          equation: "A = softmax(S')",
          rows: text.words,
          cols: memory.words,
          values: A,
        },
        {
          title: {
            en: `head ${shown}, step 4: mix the values`,
            ja: `ヘッド ${shown}、手順 4: バリューを混ぜる`,
          },
          equation: "head_i = A V_i",
          rows: text.words,
          cols: features,
          values: O,
        },
      ],
      notes: [
        {
          en:
            "Here without the biases b. The number of heads changes no cost but the pairs: d_k = d_v = " +
            "d_model / h.",
          ja: "ここではバイアス b を使いません。d_k = d_v = d_model / h なので、ヘッドの数を変えても増えるのは対の数だけです。",
        },
      ],
    };
  },
});
