import type { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import type { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import type { FeedForward } from "../../lib/layers/feed-forward.ts";
import type { LayerNorm } from "../../lib/layers/layer-norm.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "./naive.ts";
import { naiveGelu, naiveLayerNorm } from "./naive-layers.ts";
import { naiveLinear } from "./naive.ts";
import { naiveMultiHead } from "./naive-grid.ts";
import { rowsOf } from "../support/values.ts";

/**
 * The sum of two matrices. The blocks of this file take from lib's layers the weights, as numbers, and
 * nothing else.
 */
export const plus = (A: Rows, B: Rows): Rows => A.map((row, i) => row.map((x, c) => x + B[i]![c]!));

const numbers = (M: Matrix | undefined): Rows | undefined => M && rowsOf(M);

/** Layer norm with a layer's γ, β and ε. */
export const naiveNorm = ({ gamma, beta, eps }: LayerNorm, X: Rows): Rows =>
  naiveLayerNorm(X, eps, numbers(gamma), numbers(beta));

/** Two layers with the rectifier or the exact GELU between them. */
export function naiveFeedForward({ W_1, b_1, W_2, b_2, activation }: FeedForward, X: Rows): Rows {
  const H = naiveLinear(X, rowsOf(W_1), numbers(b_1));
  const G = activation === "relu" ? H.map((row) => row.map((x) => Math.max(0, x))) : naiveGelu(H);
  return naiveLinear(G, rowsOf(W_2), numbers(b_2));
}

/** Whether position i may attend to position j. */
type Sees = (i: number, j: number) => boolean;

/** An encoder block, both orders of its norms. */
export function naiveEncoderBlock(
  { norm1, attention, norm2, feedForward, order }: EncoderBlock,
  X: Rows,
  allow?: Sees,
): Rows {
  const attend = (Z: Rows): Rows => naiveMultiHead(Z, Z, Z, attention, allow).output;
  if (order === "pre") {
    const Y = plus(X, attend(naiveNorm(norm1, X)));
    return plus(Y, naiveFeedForward(feedForward, naiveNorm(norm2, Y)));
  }
  const Y = naiveNorm(norm1, plus(X, attend(X)));
  return naiveNorm(norm2, plus(Y, naiveFeedForward(feedForward, Y)));
}

/** A decoder block, both orders of its norms, with memory M. */
export function naiveDecoderBlock(
  { norm1, attention, norm2, cross, norm3, feedForward, order }: DecoderBlock,
  X: Rows,
  M: Rows,
  allow?: Sees,
  allowMemory?: Sees,
): Rows {
  const attend = (Z: Rows): Rows => naiveMultiHead(Z, Z, Z, attention, allow).output;
  const read = (Z: Rows): Rows => naiveMultiHead(Z, M, M, cross, allowMemory).output;
  if (order === "pre") {
    const Y = plus(X, attend(naiveNorm(norm1, X)));
    const Z = plus(Y, read(naiveNorm(norm2, Y)));
    return plus(Z, naiveFeedForward(feedForward, naiveNorm(norm3, Z)));
  }
  const Y = naiveNorm(norm1, plus(X, attend(X)));
  const Z = naiveNorm(norm2, plus(Y, read(Y)));
  return naiveNorm(norm3, plus(Z, naiveFeedForward(feedForward, Z)));
}
