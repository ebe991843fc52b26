import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { SelfAttentionWidths } from "./self-attention.ts";
import { SelfAttention } from "./self-attention.ts";
import { causal } from "../kernels/mask-scores.ts";

/**
 * Target-target attention (ターゲット・ターゲット注意): each output position looks only at the outputs before it.
 *
 *     A[i,j] > 0 only where j < i                                  (1)
 *     O = SelfAttention(Y) under (1)                               (2)
 *
 *     Y (n, d) target positions so far   →   output O (n, d_v), weights A (n, n), strictly lower triangular
 *
 * n positions, d and d_v features. The complement of source-target attention in a decoder.
 * Position 0 has nothing before it: its row is all zeros. Cost and errors as in `SelfAttention`.
 * Source: Xia et al. 2017, "Sequence Generation with Target Attention", arXiv 1708.09217, for what may see
 * what; its parametrisation could not be checked, so the projections and score of `SelfAttention` stand here.
 * D-ATT.
 */
export class TargetTargetAttention {
  readonly attention: SelfAttention;

  constructor(head: AttentionHead) {
    this.attention = new SelfAttention(head);
  }

  static random(widths: SelfAttentionWidths, random: Random): TargetTargetAttention {
    return new TargetTargetAttention(SelfAttention.random(widths, random).head);
  }

  forward(Y: Matrix): { output: Matrix; weights: Matrix } {
    const allow = causal(-1); //                                                 (1) strictly before
    return this.attention.forward(Y, { allow }); //                              (2) (n, d_v)
  }
}
