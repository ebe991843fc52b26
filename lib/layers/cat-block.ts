import type { CrossPatchAttention } from "../attention/cross-patch-attention.ts";
import type { FeedForward } from "./feed-forward.ts";
import type { InnerPatchAttention } from "../attention/inner-patch-attention.ts";
import type { LayerNorm } from "./layer-norm.ts";
import type { Matrix } from "../matrix.ts";
import type { WeightsListener } from "./weights-listener.ts";
import { add } from "../kernels/entrywise.ts";
import { checkModules, checkOptions } from "../matrix.ts";
import { checkListener } from "./weights-listener.ts";

/** The parts of a CAT block, in the order of use. */
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
 *     X (H·W, C)   grid [H, W]   →   Z (H·W, C)
 *     H rows and W columns of pixels, C channels; LN layer norm, FFN feed-forward
 *
 * Attention is IPSA or CPSA. The feed-forward network mixes the channels of each pixel by itself.
 * Errors: RangeError as its parts, unless X and the parts agree in width and tiles fill the grid.
 * Source: Lin et al. 2021, "CAT: Cross Attention in Vision Transformer", arXiv 2106.05786; `CATBlock` of
 * linhezheng19/CAT's `src/cat.py`.
 */
export class CatBlock {
  readonly norm1: LayerNorm;
  readonly attention: InnerPatchAttention | CrossPatchAttention;
  readonly norm2: LayerNorm;
  readonly feedForward: FeedForward;

  constructor(parts: CatBlockParts) {
    checkOptions("CatBlock", parts, ["norm1", "attention", "norm2", "feedForward"], "parts");
    checkModules("CatBlock", parts, ["norm1", "attention", "norm2", "feedForward"]);
    const { norm1, attention, norm2, feedForward } = parts;
    this.norm1 = norm1;
    this.attention = attention;
    this.norm2 = norm2;
    this.feedForward = feedForward;
  }

  /**
   * Z for the map X of pixels. `onWeights` is called with "map[t]" and one matrix per head: of tile t for
   * IPSA, of channel t for CPSA.
   */
  forward(X: Matrix, grid: readonly number[], onWeights?: WeightsListener | undefined): Matrix {
    checkListener("CatBlock.forward", onWeights);
    const { output, weights } = this.attention.forward(this.norm1.forward(X), grid);
    if (onWeights !== undefined) weights.forEach((heads, t) => onWeights(`map[${t}]`, heads));
    const Y = add(X, output); //                                        (1) (H·W, C)
    return add(Y, this.feedForward.forward(this.norm2.forward(Y))); //  (2) (H·W, C)
  }
}
