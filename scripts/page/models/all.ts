/** Many mechanisms over the same words, each beside the oracle: attention written down slowly, in doubles. */
import type { Matrix } from "../../../lib/matrix.ts";
import type { NaiveOptions, Rows } from "../../../spec/oracle/naive.ts";
import { AdditiveAttention } from "../../../lib/attention/additive-attention.ts";
import { Attention } from "../../../lib/attention/attention.ts";
import { BilinearAttention } from "../../../lib/attention/bilinear-attention.ts";
import { ConcatAttention } from "../../../lib/attention/concat-attention.ts";
import { CrossAttention } from "../../../lib/attention/cross-attention.ts";
import { DotProductAttention } from "../../../lib/attention/dot-product-attention.ts";
import { HardAttention } from "../../../lib/attention/hard-attention.ts";
import { LongformerAttention } from "../../../lib/attention/longformer-attention.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { SelfAttention } from "../../../lib/attention/self-attention.ts";
import { StreamingAttention } from "../../../lib/attention/streaming-attention.ts";
import { StructuredSelfAttention } from "../../../lib/attention/structured-self-attention.ts";
import { TargetTargetAttention } from "../../../lib/attention/target-target-attention.ts";
import { attendNeighbours } from "../../../lib/attention/sparse-attention.ts";
import { birdModel } from "./sparse.ts";
import { dot, naiveAttention, naiveMatmul } from "../../../spec/oracle/naive.ts";
import { naiveSoftmax, naiveTranspose } from "../../../spec/oracle/naive.ts";
import { fixedKeys, slidingWindow, stridedKeys } from "../../../lib/graph/patterns.ts";
import { fromRows, randomGenerator } from "../../../lib/matrix.ts";
import { gatherRows } from "../../../lib/kernels/rows.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { softmaxAt } from "../../../lib/attention/hard-attention.ts";
import { toDense } from "../../../lib/graph/maps.ts";

/** A mechanism after its run. */
export interface Ran {
  /** The name of its class or function, and its file. */
  readonly name: string;
  readonly file: string;
  readonly map: Matrix;
  /** The largest difference of a weight from the oracle's. */
  readonly off: number;
}

/** Nothing computed in float32 may be further from the doubles than this. */
export const NEAR_ENOUGH = 2e-5;

function plain({ rows, cols, data }: Matrix): Rows {
  return Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));
}

function farFrom(map: Matrix, wanted: Rows): number {
  return wanted.flat().reduce((most, w, e) => Math.max(most, Math.abs(w - map.data[e]!)), 0);
}

/** The oracle's map of projected words. */
function slowly(Q: Matrix, K: Matrix, options: NaiveOptions = {}): Rows {
  const [q, k] = [plain(Q), plain(K)];
  return naiveAttention(q, k, k, { scale: 1 / Math.sqrt(Q.cols), ...options }).weights;
}

/** Every mechanism of the list over X, with parameters that the seed draws. */
export function allModel(X: Matrix, seed: number): Ran[] {
  const d = X.cols;
  const T = X.rows;
  const words = plain(X);
  const fresh = (): (() => number) => randomGenerator(seed);
  const backwards = gatherRows(
    X,
    Array.from({ length: T }, (_, t) => T - 1 - t),
  );
  const all: Ran[] = [];
  const add = (name: string, file: string, map: Matrix, wanted: Rows): void =>
    void all.push({ name, file: `lib/attention/${file}.ts`, map, off: farFrom(map, wanted) });
  const byScore = (score: (q: number[], k: number[]) => number): Rows =>
    naiveAttention(words, words, words, { score }).weights;
  const tanhOf = (a: number[], b: number[], v: number[]): number =>
    a.reduce((sum, x, c) => sum + Math.tanh(x + b[c]!) * v[c]!, 0);
  const times = (x: number[], W: Matrix): number[] => naiveMatmul([x], plain(W))[0]!;

  const additive = AdditiveAttention.random({ d_q: d, d_k: d, units: d }, fresh());
  const v = plain(additive.v_a).flat();
  add(
    "AdditiveAttention",
    "additive-attention",
    additive.forward(X, X, X).weights,
    byScore((q, k) => tanhOf(times(q, additive.W_a), times(k, additive.U_a), v)),
  );
  const concat = ConcatAttention.random({ d_q: d, d_k: d, units: d }, fresh());
  const zeros = Array.from({ length: d }, () => 0);
  add(
    "ConcatAttention",
    "concat-attention",
    concat.forward(X, X, X).weights,
    byScore((q, k) => tanhOf(times([...q, ...k], concat.W_a), zeros, plain(concat.v_a).flat())),
  );
  const bilinear = BilinearAttention.random({ d_q: d, d_k: d }, fresh());
  add(
    "BilinearAttention",
    "bilinear-attention",
    bilinear.forward(X, X, X).weights,
    byScore((q, k) => dot(times(q, bilinear.W_a), k)),
  );
  const product = new DotProductAttention();
  add("DotProductAttention", "dot-product-attention", product.forward(X, X, X).weights, byScore(dot));
  add(
    "ScaledDotProductAttention",
    "scaled-dot-product-attention",
    new ScaledDotProductAttention().forward(X, X, X).weights,
    slowly(X, X),
  );
  const scores = words.map((q) => words.map((k) => dot(q, k)));
  const first = scores.map((row) => row.map((_, j) => (j === row.indexOf(Math.max(...row)) ? 1 : 0)));
  add(
    "HardAttention",
    "hard-attention",
    new HardAttention({ score: product.score }).forward(X, X, X).weights,
    first,
  );
  const cool = new Attention({ score: product.score, normalize: softmaxAt(4) });
  add(
    "softmaxAt(4)",
    "hard-attention",
    cool.forward(X, X, X).weights,
    naiveAttention(words, words, words, { scale: 1 / 4 }).weights,
  );
  const self = SelfAttention.random({ d_model: d, d_k: d }, fresh());
  const side = ({ W_Q, W_K }: { W_Q: Matrix; W_K: Matrix }, of: Matrix = X): [Matrix, Matrix] => [
    linear(X, W_Q),
    linear(of, W_K),
  ];
  add("SelfAttention", "self-attention", self.forward(X).weights, slowly(...side(self.head)));
  const heads = MultiHeadAttention.random({ d_model: d, heads: 4 }, fresh());
  add(
    "MultiHeadAttention",
    "multi-head-attention",
    heads.forward(X, X, X).weights[0]!,
    slowly(...side(heads.heads[0]!)),
  );
  const cross = CrossAttention.random({ d_query: d, d_memory: d, d_k: d }, fresh());
  add(
    "CrossAttention",
    "cross-attention",
    cross.forward(X, backwards).weights,
    slowly(...side(cross.head, backwards)),
  );
  const target = TargetTargetAttention.random({ d_model: d, d_k: d }, fresh());
  add(
    "TargetTargetAttention",
    "target-target-attention",
    target.forward(X).weights,
    slowly(...side(target.attention.head), { allow: (i, j) => j < i }),
  );
  const structured = StructuredSelfAttention.random({ d_hidden: d, d_a: d, r: 3 }, fresh());
  const hidden = naiveMatmul(words, plain(structured.W_s1)).map((row) => row.map(Math.tanh));
  const learned = naiveTranspose(naiveMatmul(hidden, plain(structured.W_s2))).map(naiveSoftmax);
  add("StructuredSelfAttention", "structured-self-attention", structured.forward(X).weights, learned);
  const along = {
    slidingWindow: slidingWindow(T, 2),
    stridedKeys: stridedKeys(T, 3),
    fixedKeys: fixedKeys(T, 3),
  };
  const rules: Readonly<Record<keyof typeof along, (i: number, j: number) => boolean>> = {
    slidingWindow: (i, j) => Math.abs(i - j) <= 2,
    stridedKeys: (i, j) => (i - j) % 3 === 0,
    fixedKeys: (_, j) => j % 3 === 2,
  };
  for (const name of ["slidingWindow", "stridedKeys", "fixedKeys"] as const) {
    const map = toDense(attendNeighbours(X, X, X, along[name]).weights);
    add(name, "sparse-attention", map, slowly(X, X, { allow: rules[name] }));
  }
  const longformer = LongformerAttention.random({ d_model: d, heads: 1, radius: 1 }, fresh());
  const seen = (i: number, j: number): boolean => Math.abs(i - j) <= 1 || i === 0 || j === 0;
  const long = toDense(longformer.forward(X, { globals: [0] }).weights[0]!);
  add(
    "LongformerAttention",
    "longformer-attention",
    long,
    slowly(...side(longformer.heads[0]!.local), { allow: seen }),
  );
  const bird = birdModel(X, { radius: 1, random: 1, block: 1, globals: [0], seed, wrong: "right" });
  add(
    "BigBirdAttention",
    "big-bird-attention",
    bird.map,
    slowly(bird.Q, bird.K, { allow: (i, j) => bird.why[i * T + j] !== 0 }),
  );
  const streaming = new StreamingAttention();
  const rows = words.map((_, i) => streaming.weightsOf(i, X, X).data);
  add("StreamingAttention", "streaming-attention", fromRows(rows), slowly(X, X));
  return all;
}
