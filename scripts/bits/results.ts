/**
 * Some hundred results of kernels and classes as one hash each, for `npm run bits`. It becomes one file by the
 * same join as every copy: with the plain kernels, and with those of `lib/simd` in their place.
 */
import type { Matrix, Random } from "../../lib/matrix.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { BigBirdAttention } from "../../lib/attention/big-bird-attention.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { StreamingAttention } from "../../lib/attention/streaming-attention.ts";
import { StreamingMultiHeadAttention } from "../../lib/attention/streaming-multi-head-attention.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { fromFunction, matrix, randomGenerator, uniform } from "../../lib/matrix.ts";
import { gelu } from "../../lib/kernels/activations.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { layerNormRows } from "../../lib/kernels/layer-norm-rows.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { maskScores } from "../../lib/kernels/mask-scores.ts";
import { matmul, matmulTransposed } from "../../lib/kernels/matmul.ts";
import { mix } from "../../lib/kernels/mix.ts";
import { mixAt } from "../../lib/graph/mix-at.ts";
import { scoresAt } from "../../lib/graph/scores-at.ts";
import { softmaxPairs } from "../../lib/graph/softmax-at.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";
import { union } from "../../lib/graph/algebra.ts";
import { windowMix, windowScores } from "../../lib/kernels/windows.ts";

/**
 * How many results there were, and the hashes of those of kernels, of classes, and of GELU: plain, it needs the
 * engine's `Math.exp`, and far below 0 the last bits of that show.
 */
export interface Bits {
  readonly results: number;
  readonly kernels: string;
  readonly classes: string;
  readonly gelu: string;
}

/** A hash of the bits of numbers that come one list after the other: FNV-1a, every NaN as one value. */
class Hash {
  state: number = 0x811c9dc5;
  count: number = 0;

  add(numbers: Float32Array): void {
    this.count++;
    const words = new Uint32Array(Float32Array.from(numbers).buffer);
    numbers.forEach((x, e) => {
      this.state = Math.imul(this.state ^ (Number.isNaN(x) ? 0x7fc00000 : words[e]!), 16777619);
    });
  }

  get text(): string {
    return (this.state >>> 0).toString(16);
  }
}

/** Numbers in [−limit, limit): uniform, because a normal draw takes a logarithm and a cosine of the engine. */
function drawn(random: Random, rows: number, cols: number, limit: number = 2): Matrix {
  return fromFunction(rows, cols, uniform(limit, random));
}

/** A copy with a value in one row: NaN or ∞ where a mask hides it, or where it does not. */
function spoiled(M: Matrix, row: number, value: number): Matrix {
  const data = M.data.slice();
  data.fill(value, row * M.cols, (row + 1) * M.cols);
  return matrix(M.rows, M.cols, data);
}

/** All kernels that `lib/simd` has, and those built on them, on shapes of every remainder. */
function hashKernels(hash: Hash): void {
  const random = randomGenerator(1);
  for (let t = 0; t < 40; t++) {
    const [n, k, m, r] = [1 + ((t * 3) % 67), 1 + ((t * 7) % 71), 1 + ((t * 11) % 73), t % 6];
    const [X, W, Q, K, V] = [
      drawn(random, n, k),
      drawn(random, k, m),
      drawn(random, n, k),
      drawn(random, n, k),
      drawn(random, n, m),
    ];
    const hidden = t % 3 === 0 ? spoiled(V, n - 1, t % 2 === 0 ? NaN : Infinity) : V;
    const S = matmulTransposed(Q, K);
    const A = softmaxRows(maskScores(S, { allow: causal(t % 4 === 0 ? -1 : 0) }));
    const graph = union(slidingWindow(n, r), globalTokens(n, [0]));
    const along = scoresAt(Q, K, graph);
    const weights = softmaxPairs(along, graph);
    const local = windowScores(Q, unfoldWindow(K, r), r);
    for (const result of [
      matmul(X, W),
      S,
      linear(X, W, drawn(random, 1, m)),
      softmaxRows(drawn(random, n, m, 30)),
      softmaxRows(spoiled(S, n - 1, NaN)),
      A,
      mix(A, hidden),
      mix(softmaxRows(S), V),
      local,
      windowMix(softmaxRows(local), unfoldWindow(V, r), m),
      layerNormRows(X, 1e-5, drawn(random, 1, k), drawn(random, 1, k)),
      mixAt(weights, hidden, graph),
    ]) {
      hash.add(result.data);
    }
    hash.add(along);
    hash.add(weights);
  }
}

/** GELU, to both sides of 0. */
function hashGelu(hash: Hash): void {
  const random = randomGenerator(3);
  for (let n = 1; n <= 40; n++) hash.add(gelu(drawn(random, n, 29, 6)).data);
}

/** One call of each class that lies above a kernel of `lib/simd`, on several lengths. */
function hashClasses(hash: Hash): void {
  const random = randomGenerator(2);
  const widths = { d_model: 24, heads: 3 };
  const multiHead = MultiHeadAttention.random({ ...widths, bias: true }, random);
  const streamingHeads = StreamingMultiHeadAttention.random(widths, random);
  const sparse = SparseAttention.random(widths, random);
  const pattern = { block: 4, random: 1 };
  const bigBird = BigBirdAttention.random({ ...widths, pattern, seed: 3 }, random);
  const longformer = LongformerAttention.random({ ...widths, radius: 3 }, random);
  const block = EncoderBlock.random({ ...widths, activation: "relu", order: "pre" }, random);
  const additive = AdditiveAttention.random({ d_q: 24, d_k: 24, units: 7 }, random);
  for (const T of [1, 2, 7, 16, 33, 70, 130]) {
    const [X, Q, K] = [drawn(random, T, 24), drawn(random, T, 24), drawn(random, T, 24)];
    const V = drawn(random, T, 19);
    const masked = { allow: causal() };
    const graph = union(slidingWindow(T, 2), globalTokens(T, [T - 1]));
    const hybrid = new HybridSparseAttention({ ...multiHead, radius: 3 });
    const streaming = new StreamingAttention();
    for (const { output } of [
      multiHead.forward(X, X, X),
      multiHead.forward(X, X, X, masked),
      new ScaledDotProductAttention().forward(Q, K, V),
      new ScaledDotProductAttention().forward(Q, K, spoiled(V, T - 1, NaN), masked),
      streaming.forward(Q, K, V),
      streaming.forward(Q, K, spoiled(V, T - 1, NaN), { causal: 0 }),
      streaming.forward(Q, K, V, { graph }),
      streamingHeads.forward(X, X, X, { causal: 0 }),
      sparse.forward(X, X, X, graph),
      bigBird.forward(X),
      longformer.forward(X, { globals: [0] }),
      hybrid.forward(X, [0]),
      additive.forward(Q, K, V),
      { output: block.forward(X, masked) },
    ]) {
      hash.add(output.data);
    }
  }
}

/** The hashes. */
export function bitsOf(): Bits {
  const [kernels, classes, own] = [new Hash(), new Hash(), new Hash()];
  hashKernels(kernels);
  hashClasses(classes);
  hashGelu(own);
  const results = kernels.count + classes.count + own.count;
  return { results, kernels: kernels.text, classes: classes.text, gelu: own.text };
}
