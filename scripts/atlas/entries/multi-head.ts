import type { Matrix } from "../../../lib/matrix.ts";
import type { Option } from "../entry.ts";
import { FEATURES } from "../text.ts";
import { MULTIPLY_ADDS, PAIRS, entry, flag, integer, shape } from "../entry.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { causal as past, maskScores } from "../../../lib/kernels/mask-scores.ts";
import { concatColumns } from "../../../lib/kernels/columns.ts";
import { equalsNaive, naive, rowSums, same } from "../checks.ts";
import { fromFunction } from "../../../lib/matrix.ts";
import { fuseHeads, splitHeads } from "../../../lib/attention/heads.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { mix } from "../../../lib/kernels/mix.ts";
import { naiveMatmul } from "../../../spec/oracle/naive.ts";
import { inductionOn, pronounsOn, rowsAt } from "../trained.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { sliceRows } from "../../../lib/kernels/rows.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";

/** Heads where no weights say how many. */
const HEADS = 4;

const headsOption: Option<number | "auto"> = {
  ...integer({
    fallback: HEADS,
    min: 1,
    max: 16,
    help: {
      en: `heads h: 1, 2, 4, 8 or 16, of random weights; auto: as the trained weights have them, else ${HEADS}`,
      ja: `ヘッドの数 h: 1, 2, 4, 8, 16 のどれか（重みは乱数）。auto は学習済みの重みのとおり、なければ ${HEADS}`,
    },
  }),
  fallback: "auto",
};

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
    heads: headsOption,
    head: integer({
      fallback: 1,
      min: 1,
      max: 16,
      help: { en: "the head whose four steps are printed", ja: "四つの手順を数値で示すヘッド" },
    }),
    causal: flag({
      en: "a word sees itself and the words before it only, as in GPT",
      ja: "GPT のように、各語は自分と前の語だけを見る",
    }),
  },
  conflict({ heads: asked, head }) {
    const heads = asked === "auto" ? HEADS : asked;
    if (FEATURES % heads !== 0) {
      return {
        en: `--heads must divide the ${FEATURES} features of a word; got ${heads}`,
        ja: `--heads は語の特徴の数 ${FEATURES} を割り切る数にします（${heads} でした）`,
      };
    }
    return head <= heads
      ? undefined
      : {
          en: `--head must be from 1 to ${heads}, the number of heads; got ${head}`,
          ja: `--head は 1 からヘッドの数 ${heads} までです（${head} でした）`,
        };
  },
  run(context) {
    const { options, random } = context;
    const { head: shown, causal } = options;
    const own = options.heads === "auto" && shown === 1;
    const meant = own && !causal ? pronounsOn(context) : undefined;
    const again = own && causal ? inductionOn(context) : undefined;
    const learned = meant ?? again;
    const { text, memory } = learned?.read ?? context;
    const { Z, X: [X_0] = [] } = meant?.result ?? {};
    const [Q, K, V] = [Z, Z, X_0].map((X) => X ?? again?.result.X_1 ?? text.X) as [Matrix, Matrix, Matrix];
    const d_model = Q.cols;
    const h = learned ? 1 : options.heads === "auto" ? HEADS : options.heads;
    const mechanism =
      meant?.model.look ?? again?.model.second ?? MultiHeadAttention.random({ d_model, heads: h }, random);
    const { heads, W_O, b_O } = mechanism;
    const allow = causal ? past() : undefined;
    const { output, weights } = mechanism.forward(Q, K, V, { allow });
    const d_k = d_model / h;
    const n = Q.rows;
    const seen = causal ? (n * (n + 1)) / 2 : n * K.rows;
    const by = (X: typeof Q, W: typeof Q): number[][] => naiveMatmul(rowsOf(X), rowsOf(W));
    const each = heads.map(({ W_Q, W_K, W_V }) =>
      naive(by(Q, W_Q), by(K, W_K), by(V, W_V), {
        scale: 1 / Math.sqrt(d_k),
        ...(allow && { allow: (i, j) => j <= i }),
      }),
    );
    const joined = each[0]!.output.map((_, s) => each.flatMap((head) => head.output[s]!));
    const plus = b_O === undefined ? undefined : rowsOf(b_O)[0]!;
    const whole = {
      ...each[0]!,
      output: naiveMatmul(joined, rowsOf(W_O)).map((row) => row.map((x, c) => x + (plus?.[c] ?? 0))),
    };

    // The four steps of every head by the kernels; one of them is printed.
    const steps = heads.map(({ W_Q, W_K, W_V }) => {
      const S = matmulTransposed(linear(Q, W_Q), linear(K, W_K));
      const all = scale(S, 1 / Math.sqrt(d_k));
      const scaled = allow === undefined ? all : maskScores(all, { allow });
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
    const fused = new MultiHeadAttention({ heads: splitHeads(fuseHeads(heads), h), W_O, b_O });
    const last = n - 1;
    const spoilt = fromFunction(n, d_model, (i, c) => (i === last ? NaN : Q.data[i * d_model + c]!));
    return {
      ...(learned && { trained: learned.trained, read: learned.read }),
      ...(meant && { answers: meant.answers }),
      shapes: [
        shape("Q", "n_q, d_model", Q),
        shape("K", "n_k, d_model", K),
        shape("V", "n_k, d_model", V),
        { name: "W_i^Q, W_i^K, W_i^V", letters: "d_model, d_k", numbers: [d_model, d_k] },
        shape("W^O", "h·d_v, d_model", W_O),
        { name: "A", letters: "h, n_q, n_k", numbers: [h, Q.rows, K.rows] },
        shape("output", "n_q, d_model", output),
      ],
      maps: [
        ...(meant === undefined
          ? []
          : [
              {
                title: { en: "the pronouns: whom each means", ja: "代名詞：それぞれだれを指すか" },
                weights: rowsAt(weights[0]!, meant.places),
                rows: meant.places.map((t) => meant.words[t]!),
                cols: memory.words,
                scores: rowsAt(steps[0]!.scaled, meant.places),
                row: 0,
              },
            ]),
        ...weights.map((map, m) => ({
          title:
            again === undefined
              ? { en: `head ${m + 1} of ${h}`, ja: `ヘッド ${m + 1} / ${h}` }
              : { en: "what followed last time", ja: "前回その次に来た語" },
          weights: map,
          rows: text.words,
          cols: memory.words,
          scores: steps[m]!.scaled,
        })),
      ],
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
          linear(concatColumns(steps.map((step) => step.O)), W_O, b_O),
          output,
        ),
        ...(allow === undefined
          ? []
          : [
              same(
                "blind",
                {
                  en: "the last word may be NaN: no earlier output changes",
                  ja: "最後の語が NaN でも、前の語の出力は変わらない",
                },
                sliceRows(mechanism.forward(spoilt, spoilt, spoilt, { allow }).output, 0, last),
                sliceRows(output, 0, last),
              ),
            ]),
        same(
          "fused",
          {
            en: "heads fused into wide matrices and split again give the same",
            ja: "ヘッドを一つの広い行列にまとめて分け直しても同じ",
          },
          fused.forward(Q, K, V, { allow }).output,
          output,
        ),
      ],
      costs: [
        { label: PAIRS, formula: causal ? "h·n_q·(n_q + 1)/2" : "h·n_q·n_k", value: h * seen },
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
        ...(meant === undefined
          ? []
          : [
              {
                en:
                  "This is the last attention of a trained encoder, with one head. Only the rows of pronouns " +
                  "were ever asked for, so only they mean something. Try your own sentence of its words " +
                  "(scripts/train/pronoun-grammar.ts); --untrained shows four random heads.",
                ja:
                  "学習済みエンコーダの最後の注意で、ヘッドは一つです。学習で問われたのは代名詞の行だけなので、意味があるのもその行だけです。" +
                  "scripts/train/pronoun-grammar.ts の語で自分の文を試せます。--untrained なら乱数の 4 ヘッドです。",
              },
            ]),
        ...(again === undefined
          ? []
          : [
              {
                en:
                  "The second layer of a trained model, an induction head: in the second half each word looks " +
                  "at what followed it the first time, and so foresees the next.",
                ja:
                  "学習済みモデルの第 2 層で、インダクションヘッドと呼ばれます。後半の各語は、前半で自分の次に来た語を見て、次の語を予測します。",
              },
            ]),
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
