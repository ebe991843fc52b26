import { CrossAttention } from "../../../lib/attention/cross-attention.ts";
import { MULTIPLY_ADDS, PAIRS, entry, integer, shape } from "../entry.ts";
import { backwards, equalsNaive, naive, rowSums, same } from "../checks.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { naiveLinear } from "../../../spec/oracle/naive.ts";
import { reverseOn } from "../trained.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";

export const crossAttention = entry({
  id: "cross-attention",
  name: { en: "Cross-attention", ja: "クロスアテンション" },
  about: {
    en:
      "One text asks, another is the memory that answers: as a decoder reads its encoder. The output is " +
      "as long as the query; the memory may be of any length.",
    ja: "一方のテキストが問いかけ、もう一方がメモリとして答えます。デコーダがエンコーダを読む形です。出力の長さはクエリと同じで、メモリは何語でもかまいません。",
  },
  document: "D-CROSS",
  file: "lib/attention/cross-attention.ts",
  of: ["CrossAttention"],
  input: "pair",
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
  },
  run(context) {
    const { random, options } = context;
    const { features } = options;
    const learned = features === "auto" ? reverseOn(context) : undefined;
    const { text, memory } = learned?.read ?? context;
    const [X, M] = [text.X, memory.X];
    const [head] = learned?.model.decoder.cross.heads ?? [];
    const random_k = features === "auto" ? 8 : features;
    const mechanism =
      head === undefined
        ? CrossAttention.random({ d_query: X.cols, d_memory: M.cols, d_k: random_k }, random)
        : new CrossAttention(head);
    const { W_Q, W_K, W_V, b_Q, b_K, b_V } = mechanism.head;
    const d_k = W_Q.cols;
    const { output, weights } = mechanism.forward(X, M);
    const by = (of: typeof X, W: typeof X, b: typeof b_Q): number[][] =>
      naiveLinear(rowsOf(of), rowsOf(W), b && rowsOf(b));
    const expected = naive(by(X, W_Q, b_Q), by(M, W_K, b_K), by(M, W_V, b_V), { scale: 1 / Math.sqrt(d_k) });
    const scores = scale(matmulTransposed(linear(X, W_Q, b_Q), linear(M, W_K, b_K)), 1 / Math.sqrt(d_k));
    const swapped = mechanism.forward(M, X).weights;
    return {
      ...(learned && {
        trained: learned.trained,
        read: learned.read,
        answers: [{ given: memory.words.join(""), answer: text.words.join("") }],
      }),
      shapes: [
        shape("X", "n_q, d_x", X),
        shape("M", "n_k, d_m", M),
        shape("W_Q", "d_x, d_k", W_Q),
        shape("W_K", "d_m, d_k", W_K),
        shape("W_V", "d_m, d_v", W_V),
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        { title: { en: "weights A", ja: "重み A" }, weights, rows: text.words, cols: memory.words, scores },
      ],
      checks: [
        rowSums([weights]),
        equalsNaive([{ output, weights, naive: expected }], X.rows),
        same(
          "order",
          {
            en: "the order of the memory does not matter to the output",
            ja: "メモリの並び順は出力に影響しない",
          },
          mechanism.forward(X, backwards(M)).output,
          output,
          learned === undefined ? 1e-6 : 1e-5,
        ),
        {
          id: "sides",
          label: {
            en: "the query side sets the length; swapped sides swap the axes",
            ja: "長さを決めるのはクエリ側。入れ替えると軸も入れ替わる",
          },
          pass:
            output.rows === X.rows &&
            weights.cols === M.rows &&
            swapped.rows === M.rows &&
            swapped.cols === X.rows,
          detail: {
            en: `${weights.rows} × ${weights.cols}, swapped ${swapped.rows} × ${swapped.cols}`,
            ja: `${weights.rows} × ${weights.cols}、入れ替えて ${swapped.rows} × ${swapped.cols}`,
          },
        },
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: X.rows * M.rows },
        {
          label: MULTIPLY_ADDS,
          formula: "n_q·d_x·d_k + n_k·d_m·(d_k + d_v) + n_q·n_k·(d_k + d_v)",
          value: X.rows * X.cols * d_k + M.rows * M.cols * 2 * d_k + X.rows * M.rows * 2 * d_k,
        },
      ],
      notes: [
        learned !== undefined
          ? {
              en:
                "The cross-attention of a trained decoder that writes a word from its end, one letter a row. " +
                "Another word: --text hello.",
              ja:
                "語を末尾から 1 行に 1 文字ずつ書く、学習済みデコーダのクロスアテンションです。" +
                "ほかの語は --text hello のように試せます。",
            }
          : {
          en:
            "Here without the biases b. Untrained vectors know no translation: the map shows the " +
            "mechanism, not which words correspond.",
          ja: "ここではバイアス b を使いません。未学習のベクトルは訳語を知らないので、対応する語どうしが濃くなるわけではありません。",
        },
      ],
    };
  },
});
