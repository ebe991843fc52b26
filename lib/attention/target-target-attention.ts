import type { AttentionHead } from "./heads.ts";
import type { Matrix, Random } from "../matrix.ts";
import type { SelfAttentionWidths } from "./self-attention.ts";
import { SelfAttention } from "./self-attention.ts";
import { causal } from "../kernels/mask-scores.ts";
import { checkNoOptions } from "../matrix.ts";

/**
 * Target-target attention (ターゲット・ターゲット注意): each output position attends only to the outputs before it.
 *
 *     A[i,j] > 0 only where j < i                                  (1)
 *     O = SelfAttention(Y) under (1)                               (2)
 *
 *     Y (n, d)   →   output O (n, d_v), weights A (n, n), strictly lower triangular
 *     n target positions i so far; d features of a position, d_v of a value
 *
 * In a decoder it complements source-target attention. Position 0 has nothing before it, so its row is zeros.
 * Cost and errors are those of `SelfAttention`.
 * Source: Xia et al. 2017, "Sequence Generation with Target Attention", ECML PKDD 2017,
 * doi 10.1007/978-3-319-71249-9_49, for what may see what. We could not check its parameters, so the
 * projections and the score are those of `SelfAttention`.
 * Study note, docs/attention.md.
 */
export class TargetTargetAttention {
  readonly attention: SelfAttention;

  constructor(head: AttentionHead) {
    this.attention = new SelfAttention(head);
  }

  /** Fresh projections, as in `SelfAttention.random`. */
  static random(widths: SelfAttentionWidths, random: Random): TargetTargetAttention {
    return new TargetTargetAttention(SelfAttention.random(widths, random).head);
  }

  /** Equations (1) and (2). */
  forward(Y: Matrix): { output: Matrix; weights: Matrix } {
    checkNoOptions("TargetTargetAttention.forward", arguments.length, 1);
    const allow = causal(-1); //                         (1) strictly before
    return this.attention.forward(Y, { allow }); //      (2) (n, d_v)
  }
}
