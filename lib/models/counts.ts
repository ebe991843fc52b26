import { checkInteger } from "../matrix.ts";

/**
 * How many queries and keys an attention has, as many keys as queries unless given, and how wide its sides
 * are: the memory as wide as the queries unless given.
 */
export interface AttentionSizes {
  readonly n_q: number;
  readonly n_k?: number | undefined;
  readonly d_model: number;
  readonly d_memory?: number | undefined;
}

/**
 * What a part of a model costs: how many numbers it learns, and how many multiply-adds one forward pass
 * takes.
 */
export interface Counts {
  readonly parameters: number;
  readonly multiplyAdds: number;
}

/**
 * Costs added up (合計). Multiply-adds are those of matrix products alone, as papers count them ("FLOPs" there
 * are often these): norms, softmax, activations, residuals and biases are left out. Nothing here makes a
 * matrix, however large the model.
 */
export function sumCounts(parts: readonly Counts[]): Counts {
  const total = (count: (part: Counts) => number): number =>
    parts.reduce((sum, part) => sum + count(part), 0);
  return { parameters: total((part) => part.parameters), multiplyAdds: total((part) => part.multiplyAdds) };
}

/** The cost of `times` parts alike, each with parameters of its own (同じ部品の繰り返し). */
export function repeatCounts(times: number, part: Counts): Counts {
  checkInteger("repeatCounts", "times", times, 0);
  return { parameters: times * part.parameters, multiplyAdds: times * part.multiplyAdds };
}

/** The cost of one part run `times` times (同じ重みの使い回し): it learns no more for it. */
export function sharedCounts(times: number, part: Counts): Counts {
  checkInteger("sharedCounts", "times", times, 0);
  return { parameters: part.parameters, multiplyAdds: times * part.multiplyAdds };
}

/** A linear map of n rows: d_in·d_out weights, d_out biases if it has them; n·d_in·d_out multiply-adds. */
export function linearCounts({
  n,
  d_in,
  d_out,
  bias = true,
}: {
  n: number;
  d_in: number;
  d_out: number;
  bias?: boolean | undefined;
}): Counts {
  return { parameters: d_in * d_out + (bias ? d_out : 0), multiplyAdds: n * d_in * d_out };
}

/** Layer norm: a factor and a shift for each of d features, no matrix product. */
export function normCounts(d: number): Counts {
  return { parameters: 2 * d, multiplyAdds: 0 };
}

/** A matrix that is added or joined as it is, positions or a [CLS], say: parameters only. */
export function tableCounts(rows: number, cols: number): Counts {
  return { parameters: rows * cols, multiplyAdds: 0 };
}

/** Feed-forward network of n positions: two linear maps. */
export function feedForwardCounts({
  n,
  d_model,
  d_hidden = 4 * d_model,
}: {
  n: number;
  d_model: number;
  d_hidden?: number | undefined;
}): Counts {
  return sumCounts([
    linearCounts({ n, d_in: d_model, d_out: d_hidden }),
    linearCounts({ n, d_in: d_hidden, d_out: d_model }),
  ]);
}

/**
 * Multi-head attention whose heads together are d_model wide, as they are unless widths are given: four
 * linear maps with biases, and 2·n_q·n_k·d_model multiply-adds for scores and mixture, however many heads.
 */
export function attentionCounts({ n_q, n_k = n_q, d_model, d_memory = d_model }: AttentionSizes): Counts {
  const pairs = { parameters: 0, multiplyAdds: 2 * n_q * n_k * d_model };
  const memory = linearCounts({ n: n_k, d_in: d_memory, d_out: d_model });
  const own = linearCounts({ n: n_q, d_in: d_model, d_out: d_model });
  return sumCounts([own, memory, memory, pairs, own]);
}

/** Encoder block: attention, feed-forward network and two norms. */
export function encoderBlockCounts({
  n,
  d_model,
  d_hidden,
}: {
  n: number;
  d_model: number;
  d_hidden?: number | undefined;
}): Counts {
  return sumCounts([
    normCounts(d_model),
    attentionCounts({ n_q: n, d_model }),
    normCounts(d_model),
    feedForwardCounts({ n, d_model, d_hidden }),
  ]);
}

/** Decoder block: an encoder block's, and a look at `n_memory` rows with its norm. */
export function decoderBlockCounts({
  n,
  n_memory,
  d_model,
  d_hidden,
}: {
  n: number;
  n_memory: number;
  d_model: number;
  d_hidden?: number | undefined;
}): Counts {
  return sumCounts([
    encoderBlockCounts({ n, d_model, d_hidden }),
    normCounts(d_model),
    attentionCounts({ n_q: n, n_k: n_memory, d_model }),
  ]);
}
