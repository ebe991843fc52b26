import type { EncoderDecoder } from "../../lib/models/encoder-decoder.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "./naive.ts";
import { naiveDecoderBlock, naiveEncoderBlock, naiveNorm, plus } from "./naive-blocks.ts";
import { naiveLinear } from "./naive.ts";
import { rowsOf } from "../support/values.ts";

/** The patches of an image, each pixel found by its coordinates. */
export function naivePatches(channels: readonly Matrix[], p: number): Rows {
  const { rows, cols } = channels[0]!;
  const out: Rows = [];
  for (let u = 0; u < rows; u += p) {
    for (let v = 0; v < cols; v += p) {
      const square = ({ data }: Matrix): number[] =>
        Array.from({ length: p * p }, (_, s) => data[(u + Math.floor(s / p)) * cols + v + (s % p)]!);
      out.push(channels.flatMap(square));
    }
  }
  return out;
}

/** The encoder–decoder of the study note (docs/cross-attention.md) in doubles. */
export function naiveEncoderDecoder(
  { embedding, positions, cls, encoder, decoder, norm, W_head, b_head }: EncoderDecoder,
  channels: readonly Matrix[],
  allow?: (i: number, j: number) => boolean,
): Rows {
  const patches = naivePatches(channels, embedding.patch);
  const E_0 = plus(naiveLinear(patches, rowsOf(embedding.W), rowsOf(embedding.b!)), rowsOf(positions));
  let E = E_0;
  for (const block of encoder.blocks) {
    E = "cross" in block ? naiveDecoderBlock(block, E, E_0) : naiveEncoderBlock(block, E);
  }
  const M = encoder.norm ? naiveNorm(encoder.norm, E) : E;
  let X = [...rowsOf(cls), ...E_0];
  for (const block of decoder) X = naiveDecoderBlock(block, X, M, allow);
  return naiveLinear(norm ? naiveNorm(norm, [X[0]!]) : [X[0]!], rowsOf(W_head), rowsOf(b_head!));
}
