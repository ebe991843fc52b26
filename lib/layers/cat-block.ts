import type { CrossPatchAttention } from "../attention/cross-patch-attention.ts";
import type { FeedForward } from "./feed-forward.ts";
import type { InnerPatchAttention } from "../attention/inner-patch-attention.ts";
import type { LayerNorm } from "./layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import type { WeightsListener } from "./weights-listener.ts";
import { add } from "../kernels/entrywise.ts";

/** The parts of a CAT block. */
export interface CatBlockParts {
  readonly norm1: LayerNorm;
  readonly attention: InnerPatchAttention | CrossPatchAttention;
  readonly norm2: LayerNorm;
  readonly feedForward: FeedForward;
}

/**
 * CAT block (CAT ブロック): a pre-norm block on a map of pixels, with attention inside its tiles or between them.
 *
 *     Y = X + Attention(LN_1(X))          (1)
 *     Z = Y + FFN(LN_2(Y))                (2)
 *
 *     X (H·W, C)   grid [H, W]   →   Z (H·W, C);   Attention is IPSA or CPSA; FFN sees each pixel alone, and mixes its channels
 *
 * `onWeights` hears "map[t]", the heads' weights: of tile t for IPSA, of channel t for CPSA.
 * Source: Lin et al. 2021, "CAT: Cross Attention in Vision Transformer", arXiv 2106.05786; `CATBlock` of
 * linhezheng19/CAT's `src/cat.py`.
 */
export class CatBlock {
  readonly norm1: LayerNorm;
  readonly attention: InnerPatchAttention | CrossPatchAttention;
  readonly norm2: LayerNorm;
  readonly feedForward: FeedForward;

  constructor({ norm1, attention, norm2, feedForward }: CatBlockParts) {
    this.norm1 = norm1;
    this.attention = attention;
    this.norm2 = norm2;
    this.feedForward = feedForward;
  }

  forward(X: Matrix, grid: readonly number[], onWeights?: WeightsListener | undefined): Matrix {
    const { output, weights } = this.attention.forward(this.norm1.forward(X), grid);
    if (onWeights !== undefined) weights.forEach((heads, t) => onWeights(`map[${t}]`, heads));
    const Y = add(X, output); //                                             (1) (H·W, C)
    return add(Y, this.feedForward.forward(this.norm2.forward(Y))); //       (2) (H·W, C)
  }
}
