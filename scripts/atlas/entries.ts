/**
 * Every mechanism of the atlas, in the order of the documents. A new one is a file in `entries/` and a line
 * here.
 */
import type { Entry } from "./entry.ts";
import { additive } from "./entries/additive.ts";
import { attention } from "./entries/attention.ts";
import { axial } from "./entries/axial.ts";
import { bahdanau } from "./entries/bahdanau.ts";
import { bigBird } from "./entries/big-bird.ts";
import { bilinear } from "./entries/bilinear.ts";
import { cat } from "./entries/cat.ts";
import { classToken } from "./entries/class-token.ts";
import { concat } from "./entries/concat.ts";
import { crossAttention } from "./entries/cross-attention.ts";
import { crossViT } from "./entries/cross-vit.ts";
import { dotProduct } from "./entries/dot-product.ts";
import { encoderDecoder } from "./entries/encoder-decoder.ts";
import { factorized } from "./entries/factorized.ts";
import { factorizedParallel } from "./entries/factorized-parallel.ts";
import { featureMap } from "./entries/feature-map.ts";
import { hard } from "./entries/hard.ts";
import { hybridSparse } from "./entries/hybrid-sparse.ts";
import { longformer } from "./entries/longformer.ts";
import { luong } from "./entries/luong.ts";
import { multiHead } from "./entries/multi-head.ts";
import { parameterFreeCross } from "./entries/parameter-free-cross.ts";
import { parameterFreeSelf } from "./entries/parameter-free-self.ts";
import { sampled } from "./entries/sampled.ts";
import { scaledDotProduct } from "./entries/scaled-dot-product.ts";
import { selfAttention } from "./entries/self-attention.ts";
import { sparse } from "./entries/sparse.ts";
import { sparsemax } from "./entries/sparsemax.ts";
import { structuredSelfAttention } from "./entries/structured-self-attention.ts";
import { targetTarget } from "./entries/target-target.ts";
import { temperature } from "./entries/temperature.ts";

export const ENTRIES: readonly Entry[] = [
  attention,
  additive,
  concat,
  dotProduct,
  bilinear,
  hard,
  sampled,
  temperature,
  sparsemax,
  selfAttention,
  targetTarget,
  structuredSelfAttention,
  bahdanau,
  luong,
  scaledDotProduct,
  multiHead,
  crossAttention,
  parameterFreeSelf,
  parameterFreeCross,
  classToken,
  crossViT,
  encoderDecoder,
  cat,
  featureMap,
  hybridSparse,
  sparse,
  longformer,
  bigBird,
  factorized,
  factorizedParallel,
  axial,
];
