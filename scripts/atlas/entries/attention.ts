import type { Normalize, Score } from "../../../lib/attention/attention.ts";
import { Attention, pairwise } from "../../../lib/attention/attention.ts";
import { MULTIPLY_ADDS, PAIRS, choice, entry, shape } from "../entry.ts";
import { argmaxRows } from "../../../lib/kernels/argmax-rows.ts";
import { backwards, equalsNaive, naive, naiveArgmax, naiveSparsemax, rowSums, same } from "../checks.ts";
import { concatColumns } from "../../../lib/kernels/columns.ts";
import { naiveSoftmax } from "../../../spec/oracle/naive.ts";
import { rowsOf } from "../../../spec/support/values.ts";
import { sliceRows } from "../../../lib/kernels/rows.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";
import { sparsemaxRows } from "../../../lib/kernels/sparsemax-rows.ts";

type Vector = ArrayLike<number>;

/** Σ_c of some numbers of q and k. */
function sumOfTerms(q: Vector, k: Vector, term: (a: number, b: number) => number): number {
  let total = 0;
  for (let c = 0; c < q.length; c++) total += term(q[c]!, k[c]!);
  return total;
}

const innerProduct = (q: Vector, k: Vector): number => sumOfTerms(q, k, (a, b) => a * b);

/** f for one query and one key. The √d keeps the scores of any width in one range. */
const F: Record<
  "distance" | "dot" | "scaled" | "cosine",
  { f: (q: Vector, k: Vector) => number; line: string }
> = {
  distance: {
    f: (q, k) => -sumOfTerms(q, k, (a, b) => (a - b) ** 2) / (2 * Math.sqrt(q.length)),
    line: "f(q, k) = −‖q − k‖² / (2√d)",
  },
  dot: { f: innerProduct, line: "f(q, k) = q · k" },
  scaled: { f: (q, k) => innerProduct(q, k) / Math.sqrt(q.length), line: "f(q, k) = q · k / √d" },
  cosine: {
    f: (q, k) => innerProduct(q, k) / Math.sqrt(innerProduct(q, q) * innerProduct(k, k)),
    line: "f(q, k) = q · k / (‖q‖ ‖k‖)",
  },
};

const NORMALIZE: Record<
  "softmax" | "sparsemax" | "argmax",
  { lib: Normalize; naive: (scores: number[]) => number[] }
> = {
  softmax: { lib: softmaxRows, naive: naiveSoftmax },
  sparsemax: { lib: sparsemaxRows, naive: naiveSparsemax },
  argmax: { lib: argmaxRows, naive: naiveArgmax },
};

export const attention = entry({
  id: "attention",
  name: { en: "Attention in its general form", ja: "注意機構の一般形" },
  about: {
    en:
      "A function f says how strongly one query attends to one key. Do that for all keys, make the " +
      "strengths of each query sum to 1, and average the values with them. Any f and any normaliser will " +
      "do.",
    ja: "関数 f が、一つのクエリから一つのキーへの注意の強さを決めます。それをすべてのキーについて計算し、クエリごとに合計 1 にそろえ、その重みでバリューを平均します。f も正規化も自由に選べます。",
  },
  document: "D-ATT",
  file: "lib/attention/attention.ts",
  of: ["Attention"],
  options: {
    score: choice({
      fallback: "distance",
      among: ["distance", "dot", "scaled", "cosine"],
      help: { en: "the function f", ja: "関数 f" },
    }),
    normalize: choice({
      fallback: "softmax",
      among: ["softmax", "sparsemax", "argmax"],
      help: { en: "what makes rows sum to 1", ja: "行の合計を 1 にする方法" },
    }),
  },
  run({ text, memory, options }) {
    const { f, line } = F[options.score];
    const normalize = NORMALIZE[options.normalize];
    const [Q, K, V] = [text.X, memory.X, memory.X];
    const d = K.cols;
    const score: Score = pairwise((q, k) => f(q.data, k.data));
    const mechanism = new Attention({ score, normalize: normalize.lib });
    const S = score(Q, K);
    const { output, weights } = mechanism.forward(Q, K, V);
    const expected = naive(rowsOf(Q), rowsOf(K), rowsOf(V), { score: f, normalize: normalize.naive });
    const half = Math.ceil(K.rows / 2);
    // one call of f a pair is slow, and these two hold for each query by itself
    const some = sliceRows(Q, 0, Math.min(Q.rows, 64));
    const joined = concatColumns([
      score(some, sliceRows(K, 0, half)),
      score(some, sliceRows(K, half, K.rows)),
    ]);
    const checks = [
      rowSums([weights]),
      equalsNaive([{ output, weights, naive: expected }], Q.rows),
      same(
        "count",
        {
          en: "F does not know how many keys there are: F(q, [K₁; K₂]) = [F(q, K₁), F(q, K₂)]",
          ja: "F はキーの個数を知らない：F(q, [K₁; K₂]) = [F(q, K₁), F(q, K₂)]",
        },
        joined,
        sliceRows(S, 0, some.rows),
      ),
    ];
    // With argmax, equal keys tie and the first one wins, so that only the others do not care about order.
    if (options.normalize !== "argmax") {
      checks.push(
        same(
          "order",
          {
            en: "the order of the memory does not matter to the output",
            ja: "メモリの並び順は出力に影響しない",
          },
          mechanism.forward(some, backwards(K), backwards(V)).output,
          sliceRows(output, 0, some.rows),
          1e-6,
        ),
      );
    }
    return {
      shapes: [
        shape("Q", "n_q, d_q", Q),
        shape("K", "n_k, d_k", K),
        shape("V", "n_k, d_v", V),
        shape("A", "n_q, n_k", weights),
        shape("output", "n_q, d_v", output),
      ],
      maps: [
        {
          title: { en: options.normalize, ja: options.normalize },
          weights,
          rows: text.words,
          cols: memory.words,
          scores: options.normalize === "softmax" ? S : undefined,
        },
      ],
      checks,
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: Q.rows * K.rows },
        { label: MULTIPLY_ADDS, formula: "n_q·n_k·(d_k + d_v)", value: Q.rows * K.rows * (d + V.cols) },
      ],
      notes: [
        {
          en:
            `Here ${line}, Normalize = ${options.normalize}; Q, K and V are all the words' vectors. ` +
            "Equal words have equal keys, so they share a query's attention equally.",
          ja:
            `ここでは ${line}、Normalize = ${options.normalize} です。Q、K、V はどれも語のベクトルです。` +
            "同じ語はキーも同じなので、注意を等しく分け合います。",
        },
      ],
    };
  },
});
