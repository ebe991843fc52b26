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
 * Blocks written down plainly in doubles: of lib's layers they take the weights, as numbers, and nothing
 * else.
 */
export const plus = (A: Rows, B: Rows): Rows => A.map((row, i) => row.map((x, c) => x + B[i]![c]!));

const numbers = (M: Matrix | undefined): Rows | undefined => M && rowsOf(M);

export const naiveNorm = ({ gamma, beta, eps }: LayerNorm, X: Rows): Rows =>
  naiveLayerNorm(X, eps, numbers(gamma), numbers(beta));

export function naiveFeedForward({ W_1, b_1, W_2, b_2, activation }: FeedForward, X: Rows): Rows {
  const H = naiveLinear(X, rowsOf(W_1), numbers(b_1));
  const G = activation === "relu" ? H.map((row) => row.map((x) => Math.max(0, x))) : naiveGelu(H);
  return naiveLinear(G, rowsOf(W_2), numbers(b_2));
}

type Sees = (i: number, j: number) => boolean;

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

export function naiveDecoderBlock(
  { norm1, attention, norm2, cross, norm3, feedForward, order }: DecoderBlock,
  X: Rows,
  M: Rows,
  allow?: Sees,
  allowMemory?: Sees,
): Rows {
  const attend = (Z: Rows): Rows => naiveMultiHead(Z, Z, Z, attention, allow).output;
  const look = (Z: Rows): Rows => naiveMultiHead(Z, M, M, cross, allowMemory).output;
  if (order === "pre") {
    const Y = plus(X, attend(naiveNorm(norm1, X)));
    const Z = plus(Y, look(naiveNorm(norm2, Y)));
    return plus(Z, naiveFeedForward(feedForward, naiveNorm(norm3, Z)));
  }
  const Y = naiveNorm(norm1, plus(X, attend(X)));
  const Z = naiveNorm(norm2, plus(Y, look(Y)));
  return naiveNorm(norm3, plus(Z, naiveFeedForward(feedForward, Z)));
}
