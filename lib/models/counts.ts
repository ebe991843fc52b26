import { checkBoolean, checkFinite, checkInteger, checkList, checkOptions } from "../matrix.ts";

/** The numbers that a part of a model learns, and the multiply-adds of one forward pass. */
export interface Counts {
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/** The sizes of a linear map of n rows. It has biases unless `bias` is false. */
export interface LinearSizes {
  readonly n: number;
  readonly d_in: number;
  readonly d_out: number;
  readonly bias?: boolean | undefined;
}

/**
 * The sizes of an attention: n_q queries and n_k keys of d_model features, the memory of d_memory.
 * Defaults: n_k is n_q; d_memory is d_model.
 */
export interface AttentionSizes {
  readonly n_q: number;
  readonly n_k?: number | undefined;
  readonly d_model: number;
  readonly d_memory?: number | undefined;
}

/** The sizes of a feed-forward network or of a block of n positions. d_hidden is 4 · d_model unless given. */
export interface BlockSizes {
  readonly n: number;
  readonly d_model: number;
  readonly d_hidden?: number | undefined;
}

/** The sizes of a decoder block: n positions that attend to `n_memory` rows. */
export interface DecoderBlockSizes extends BlockSizes {
  readonly n_memory: number;
}

/**
 * Costs added up (合計).
 *
 * Multiply-adds are those of matrix products alone, as papers count them ("FLOPs" there are often these):
 * norms, softmax, activations, residuals and biases are left out. No matrix is made here, however large the
 * model.
 */
export function sumCounts(parts: readonly Counts[]): Counts {
  checkList("sumCounts", "parts", parts, "records { parameters, multiplyAdds }");
  parts.forEach((part, p) => checkCounts("sumCounts", `parts[${p}]`, part));
  const total = (count: (part: Counts) => number): number =>
    parts.reduce((sum, part) => sum + count(part), 0);
  return { parameters: total((part) => part.parameters), multiplyAdds: total((part) => part.multiplyAdds) };
}

/** More blocks than any model has: what counts them one by one would not end. */
const MOST_BLOCKS = 100000;

/** Throws unless a number of blocks, stages or layers is an integer in [min, 100000]. */
export function checkDepth(where: string, name: string, depth: number, min: number): void {
  checkInteger(where, name, depth, min);
  if (depth <= MOST_BLOCKS) return;
  throw new RangeError(`${where}: ${name} must be at most ${MOST_BLOCKS}; got ${depth}`);
}

/** Throws unless a cost is two numbers. */
function checkCounts(where: string, name: string, part: Counts): void {
  checkOptions(where, part, ["parameters", "multiplyAdds"], name);
  checkFinite(where, `${name}.parameters`, part.parameters);
  checkFinite(where, `${name}.multiplyAdds`, part.multiplyAdds);
}

/** The cost of `times` equal parts, each with parameters of its own (同じ部品の繰り返し). */
export function repeatCounts(times: number, part: Counts): Counts {
  checkInteger("repeatCounts", "times", times, 0);
  checkCounts("repeatCounts", "part", part);
  return { parameters: times * part.parameters, multiplyAdds: times * part.multiplyAdds };
}

/** The cost of one part that is run `times` times (同じ重みの使い回し): its parameters count once. */
export function sharedCounts(times: number, part: Counts): Counts {
  checkInteger("sharedCounts", "times", times, 0);
  checkCounts("sharedCounts", "part", part);
  return { parameters: part.parameters, multiplyAdds: times * part.multiplyAdds };
}

/** A linear map: d_in·d_out weights, d_out biases if it has them; n·d_in·d_out multiply-adds. */
export function linearCounts(sizes: LinearSizes): Counts {
  checkOptions("linearCounts", sizes, ["n", "d_in", "d_out", "bias"], "sizes");
  const { n, d_in, d_out, bias = true } = sizes;
  checkInteger("linearCounts", "n", n, 0);
  checkInteger("linearCounts", "d_in", d_in, 1);
  checkInteger("linearCounts", "d_out", d_out, 1);
  checkBoolean("linearCounts", "bias", bias);
  return { parameters: d_in * d_out + (bias ? d_out : 0), multiplyAdds: n * d_in * d_out };
}

/** Layer norm: a factor and a shift for each of d features, no matrix product. */
export function normCounts(d: number): Counts {
  checkInteger("normCounts", "d", d, 1);
  return { parameters: 2 * d, multiplyAdds: 0 };
}

/** A matrix that is added or joined as it is, positions or a [CLS] for example: parameters only. */
export function tableCounts(rows: number, cols: number): Counts {
  checkInteger("tableCounts", "rows", rows, 0);
  checkInteger("tableCounts", "cols", cols, 1);
  return { parameters: rows * cols, multiplyAdds: 0 };
}

/** Feed-forward network of n positions: two linear maps. */
export function feedForwardCounts(sizes: BlockSizes): Counts {
  checkOptions("feedForwardCounts", sizes, ["n", "d_model", "d_hidden"], "sizes");
  const { n, d_model } = sizes;
  checkInteger("feedForwardCounts", "n", n, 0);
  checkInteger("feedForwardCounts", "d_model", d_model, 1);
  const { d_hidden = 4 * d_model } = sizes;
  checkInteger("feedForwardCounts", "d_hidden", d_hidden, 1);
  const first = linearCounts({ n, d_in: d_model, d_out: d_hidden });
  const second = linearCounts({ n, d_in: d_hidden, d_out: d_model });
  return sumCounts([first, second]);
}

/**
 * Multi-head attention whose heads together are d_model wide: four linear maps with biases, and
 * 2·n_q·n_k·d_model multiply-adds for scores and mixture, whatever the number of heads.
 */
export function attentionCounts(sizes: AttentionSizes): Counts {
  checkOptions("attentionCounts", sizes, ["n_q", "n_k", "d_model", "d_memory"], "sizes");
  const { n_q, n_k = n_q, d_model, d_memory = d_model } = sizes;
  checkInteger("attentionCounts", "n_q", n_q, 0);
  checkInteger("attentionCounts", "n_k", n_k, 0);
  checkInteger("attentionCounts", "d_model", d_model, 1);
  checkInteger("attentionCounts", "d_memory", d_memory, 1);
  const own = linearCounts({ n: n_q, d_in: d_model, d_out: d_model });
  const memory = linearCounts({ n: n_k, d_in: d_memory, d_out: d_model });
  const pairs = { parameters: 0, multiplyAdds: 2 * n_q * n_k * d_model };
  return sumCounts([own, memory, memory, pairs, own]);
}

/** Encoder block: attention, feed-forward network and two norms. */
export function encoderBlockCounts(sizes: BlockSizes): Counts {
  checkOptions("encoderBlockCounts", sizes, ["n", "d_model", "d_hidden"], "sizes");
  const { n, d_model, d_hidden } = sizes;
  const norm = normCounts(d_model);
  const attention = attentionCounts({ n_q: n, d_model });
  const feedForward = feedForwardCounts({ n, d_model, d_hidden });
  return sumCounts([norm, attention, norm, feedForward]);
}

/** Decoder block: an encoder block, and cross-attention to `n_memory` rows with its norm. */
export function decoderBlockCounts(sizes: DecoderBlockSizes): Counts {
  checkOptions("decoderBlockCounts", sizes, ["n", "n_memory", "d_model", "d_hidden"], "sizes");
  const { n, n_memory, d_model, d_hidden } = sizes;
  const block = encoderBlockCounts({ n, d_model, d_hidden });
  const cross = attentionCounts({ n_q: n, n_k: n_memory, d_model });
  return sumCounts([block, normCounts(d_model), cross]);
}
