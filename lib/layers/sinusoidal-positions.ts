import type { Matrix } from "../matrix.ts";
import { checkInteger, fromFunction } from "../matrix.ts";

/**
 * Sinusoidal positions (正弦波の位置エンコーディング), sines and cosines interleaved as in the paper.
 *
 *     PE[p, 2i]     = sin(p / 10000^(2i / D))      (1)
 *     PE[p, 2i + 1] = cos(p / 10000^(2i / D))      (2)
 *
 *     →   PE (T, D)
 *     T positions p from 0, D features c = 2i or 2i + 1
 *
 * Row p is added to the embedding at position p. PE[p + k] is PE[p] with every pair (2i, 2i + 1) rotated by
 * an angle that depends on k alone. An odd D ends in a sine.
 * Errors: RangeError unless T is an integer ≥ 0 and D one ≥ 1.
 * Source: Vaswani et al. 2017 §3.5, arXiv 1706.03762. Study note, docs/cross-attention.md, "position
 * encoding".
 */
export function sinusoidalPositions(T: number, D: number): Matrix {
  checkInteger("sinusoidalPositions", "T", T, 0);
  checkInteger("sinusoidalPositions", "D", D, 1);
  return fromFunction(T, D, (p, c) => {
    const even = c % 2 === 0;
    const angle = p / tenThousandTo((even ? c : c - 1) / D);
    if (even) return Math.sin(angle); //  (1)
    return Math.cos(angle); //            (2)
  });
}

/**
 * Sinusoidal positions, all sines first and then all cosines (前半が正弦、後半が余弦).
 *
 *     PE[p, i]         = sin(p / 10000^(i / (D/2 − 1)))     (1)
 *     PE[p, D/2 + i]   = cos(p / 10000^(i / (D/2 − 1)))     (2)
 *
 *     →   PE (T, D)
 *     T positions p from 0, D features, i = 0 … D/2 − 1
 *
 * The frequencies are other ones than the paper's, so this is not a reordering of `sinusoidalPositions`.
 * Errors: RangeError unless D is even and at least 4 (D = 2 would divide by zero).
 * Source: the form of tensor2tensor and fairseq, OpenNMT-py's `SinusoidalConcat`.
 */
export function sinusoidalPositionsConcat(T: number, D: number): Matrix {
  checkInteger("sinusoidalPositionsConcat", "T", T, 0);
  checkInteger("sinusoidalPositionsConcat", "D", D, 4);
  if (D % 2 !== 0) throw new RangeError(`sinusoidalPositionsConcat: D must be even; got ${D}`);
  const half = D / 2;
  return fromFunction(T, D, (p, c) => {
    const i = c % half;
    const angle = p / tenThousandTo(i / (half - 1));
    if (c < half) return Math.sin(angle); //  (1)
    return Math.cos(angle); //                (2)
  });
}

/** 10000^x as exp(x · ln 10000): Math.pow gives other bits on other versions of Node, exp and log do not. */
function tenThousandTo(x: number): number {
  return Math.exp(x * Math.log(10000));
}
