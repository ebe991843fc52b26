import type { Allow, ScoreOptions } from "../kernels/mask-scores.ts";
import type { Matrix } from "../matrix.ts";
import type { Normalize, Score } from "../attention/attention.ts";
import { Attention } from "../attention/attention.ts";
import { checkInteger, checkMatrix, checkOptions, fromFunction } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { gaussianWindow, withinWindow } from "../kernels/gaussian-window.ts";
import { multiply, scale } from "../kernels/entrywise.ts";
import { linear } from "../kernels/linear.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { sigmoid, tanh } from "../kernels/activations.ts";

/**
 * What Luong's attention learns beside its score: W_c (2·d, d_out), the context's rows first, and b_c, which
 * the paper leaves out.
 */
export interface LuongParts {
  readonly score: Score;
  readonly W_c: Matrix;
  readonly b_c?: Matrix | undefined;
  /** softmaxRows unless given. */
  readonly normalize?: Normalize | undefined;
}

/**
 * Scores may be hidden or biased; `first` is the number of the step in row 0, counted from 0: row i is step
 * first + i.
 */
export interface LuongOptions extends ScoreOptions {
  readonly first?: number | undefined;
}

/**
 * The attentional state h̃, the context it was made from, and the weights; p (n_q, 1), the windows' centres,
 * where there are windows.
 */
export interface LuongResult {
  readonly output: Matrix;
  readonly context: Matrix;
  readonly weights: Matrix;
  readonly p?: Matrix | undefined;
}

/** What a step of Luong's decoder needs: any of the three below. */
export interface LuongStepAttention {
  forward(h: Matrix, H: Matrix, options?: LuongOptions): LuongResult;
}

/**
 * Luong's attention over the whole source (Luong の注意), with the attentional state that goes on from there.
 *
 *     a_t  = softmax(score(h_t, h̄_s) for all s)                  (1)
 *     c_t  = Σ_s a_t(s) h̄_s                                      (2)
 *     h̃_t  = tanh([c_t ‖ h_t] W_c + b_c)                         (3)
 *
 *     h (n_q, d_h), row t the decoder's current state h_t   H (n_k, d), row s is h̄_s   →   h̃ (n_q, d_out), context (n_q, d), weights (n_q, n_k)
 *     W_c (d + d_h, d_out), the context's rows first; b_c (1, d_out) or none, as in the paper
 *
 * `score` is `DotProductAttention`'s (the paper's dot), `BilinearAttention`'s (general) or
 * `ConcatAttention`'s (concat), with no 1/√d. The paper calls this "global": all positions of the source.
 * D-GLOBAL's global tokens are something else. No position, or none allowed: c = 0. Errors: RangeError unless
 * the shapes agree as above.
 * Source: Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation" §3.1, Eq.
 * 5; arXiv 1508.04025.
 */
export class LuongAttention implements LuongStepAttention {
  readonly attention: Attention;
  readonly W_c: Matrix;
  readonly b_c: Matrix | undefined;

  constructor({ score, W_c, b_c, normalize }: LuongParts) {
    checkAttentionalState("LuongAttention", W_c, b_c);
    this.attention = new Attention({ score, normalize });
    this.W_c = W_c;
    this.b_c = b_c;
  }

  forward(h: Matrix, H: Matrix, options: LuongOptions = {}): LuongResult {
    checkOptions("LuongAttention.forward", options, ["allow", "bias", "first"]);
    const { allow, bias } = options;
    const { output, weights } = this.attention.forward(h, H, H, { allow, bias }); //  (1) (n_q, n_k)
    const c = output; //                                                                        (2) (n_q, d)
    const state = tanh(linear(concatColumns([c, h]), this.W_c, this.b_c)); //         (3) (n_q, d_out)
    return { output: state, context: c, weights };
  }
}

/**
 * Luong's local attention, monotonic (局所注意 local-m): a window that moves on one position with every step.
 *
 *     p_t  = t                                                    (1)
 *     a_t  = softmax(score(h_t, h̄_s) for s with |s − p_t| ≤ D)    (2)
 *     c_t  = Σ_s a_t(s) h̄_s                                       (3)
 *     h̃_t  = tanh([c_t ‖ h_t] W_c + b_c)                          (4)
 *
 *     as `LuongAttention`; D the radius, so that a window has 2D + 1 positions, cut at the ends; t and s are counted from 0
 *
 * Good where source and target run side by side. A window beyond the end of the source holds nothing: c = 0.
 * All scores are computed and those outside thrown away: this shows the equation, not its saving.
 * Source: Luong et al. 2015 §3.2, local-m.
 */
export class LocalMonotonicAttention implements LuongStepAttention {
  readonly attention: Attention;
  readonly W_c: Matrix;
  readonly b_c: Matrix | undefined;
  readonly D: number;

  constructor({ score, W_c, b_c, normalize, D }: LuongParts & { D: number }) {
    checkAttentionalState("LocalMonotonicAttention", W_c, b_c);
    checkInteger("LocalMonotonicAttention", "D", D, 0);
    this.attention = new Attention({ score, normalize });
    this.W_c = W_c;
    this.b_c = b_c;
    this.D = D;
  }

  forward(h: Matrix, H: Matrix, options: LuongOptions = {}): LuongResult {
    checkOptions("LocalMonotonicAttention.forward", options, ["allow", "bias", "first"]);
    const { allow, bias, first = 0 } = options;
    checkInteger("LocalMonotonicAttention.forward", "first", first, 0);
    const p = fromFunction(h.rows, 1, (i) => first + i); //                                     (1) (n_q, 1)
    const near = allowNear(p, this.D, allow);
    const { output, weights } = this.attention.forward(h, H, H, { allow: near, bias }); // (2) rows sum to 1
    const c = output; //                                                                        (3) (n_q, d)
    const state = tanh(linear(concatColumns([c, h]), this.W_c, this.b_c)); //         (4) (n_q, d_out)
    return { output: state, context: c, weights, p };
  }
}

/**
 * Luong's local attention, predictive (局所注意 local-p): each step says where to look, and looks less the
 * farther from there.
 *
 *     p_t  = S · σ(tanh(h_t W_p) v_p)                             (1)
 *     b_t  = softmax(score(h_t, h̄_s) for s with |s − p_t| ≤ D)    (2)
 *     a_t(s) = b_t(s) · exp(−(s − p_t)² / (2σ²)),  σ = D/2        (3)
 *     c_t  = Σ_s a_t(s) h̄_s                                       (4)
 *     h̃_t  = tanh([c_t ‖ h_t] W_c + b_c)                          (5)
 *
 *     as `LuongAttention`; S = n_k positions, counted from 0; W_p (d_h, n')   v_p (n', 1); p_t any number in [0, S]; D ≥ 1
 *
 * (3) comes after the softmax and is not normalised again: a row sums to less than 1, unless all of it lies
 * on p_t. So it can be learned where to look: p_t has a gradient, which the border of a window has not.
 * Source: Luong et al. 2015 §3.2, local-p, Eq. 9 and 10.
 */
export class LocalPredictiveAttention implements LuongStepAttention {
  readonly attention: Attention;
  readonly W_c: Matrix;
  readonly b_c: Matrix | undefined;
  readonly D: number;
  readonly W_p: Matrix;
  readonly v_p: Matrix;

  constructor({
    score,
    W_c,
    b_c,
    normalize,
    D,
    W_p,
    v_p,
  }: LuongParts & { D: number; W_p: Matrix; v_p: Matrix }) {
    checkAttentionalState("LocalPredictiveAttention", W_c, b_c);
    checkInteger("LocalPredictiveAttention", "D", D, 1);
    checkMatrix("LocalPredictiveAttention", "W_p", W_p);
    checkMatrix("LocalPredictiveAttention", "v_p", v_p, { rows: W_p.cols, cols: 1 });
    this.attention = new Attention({ score, normalize });
    this.W_c = W_c;
    this.b_c = b_c;
    this.D = D;
    this.W_p = W_p;
    this.v_p = v_p;
  }

  forward(h: Matrix, H: Matrix, options: LuongOptions = {}): LuongResult {
    checkOptions("LocalPredictiveAttention.forward", options, ["allow", "bias", "first"]);
    const { allow, bias } = options;
    checkMatrix("LocalPredictiveAttention.forward", "h", h, { cols: this.W_p.rows });
    const p = scale(sigmoid(matmul(tanh(matmul(h, this.W_p)), this.v_p)), H.rows); //           (1) (n_q, 1)
    const near = allowNear(p, this.D, allow);
    const { weights: b } = this.attention.forward(h, H, H, { allow: near, bias }); // (2) rows sum to 1
    const weights = multiply(b, gaussianWindow(p, H.rows, this.D / 2)); //            (3) and no longer
    const c = mix(weights, H); //                                                               (4) (n_q, d)
    const state = tanh(linear(concatColumns([c, h]), this.W_c, this.b_c)); //         (5) (n_q, d_out)
    return { output: state, context: c, weights, p };
  }
}

/** Inside the window and allowed (窓の内側で許された位置). */
function allowNear(p: Matrix, D: number, allow: Allow | undefined): Allow {
  const near = withinWindow(p, D);
  return (i, j, head) => near(i, j) && (allow === undefined || allow(i, j, head));
}

function checkAttentionalState(where: string, W_c: Matrix, b_c: Matrix | undefined): void {
  checkMatrix(where, "W_c", W_c);
  if (b_c !== undefined) checkMatrix(where, "b_c", b_c, { rows: 1, cols: W_c.cols });
}
