import type { Allow, ScoreOptions } from "../kernels/mask-scores.ts";
import type { Matrix } from "../matrix.ts";
import type { Normalize, Score } from "../attention/attention.ts";
import { Attention } from "../attention/attention.ts";
import { checkFunction, checkInteger, checkOptions, checkShapes, fromFunction } from "../matrix.ts";
import { concatColumns } from "../kernels/columns.ts";
import { gaussianWindow, withinWindow } from "../kernels/gaussian-window.ts";
import { linear } from "../kernels/linear.ts";
import { matmul } from "../kernels/matmul.ts";
import { mix } from "../kernels/mix.ts";
import { multiply, scale } from "../kernels/entrywise.ts";
import { sigmoid, tanh } from "../kernels/activations.ts";

/**
 * The parameters of Luong's attention: W_c (d + d_h, d_out), the context's rows first, and b_c (1, d_out),
 * which the paper leaves out. `normalize` is `softmaxRows` unless given.
 */
export interface LuongParts {
  readonly score: Score;
  readonly W_c: Matrix;
  readonly b_c?: Matrix | undefined;
  readonly normalize?: Normalize | undefined;
}

/** The parameters of local-m: D is the radius of the window. */
export interface LocalMonotonicParts extends LuongParts {
  readonly D: number;
}

/** The parameters of local-p: W_p (d_h, n') and v_p (n', 1) predict the centre of the window. */
export interface LocalPredictiveParts extends LocalMonotonicParts {
  readonly W_p: Matrix;
  readonly v_p: Matrix;
}

/**
 * A mask and a bias of the scores, and `first`, the number of the step in row 0: row i is step first + i,
 * from 0.
 */
export interface LuongOptions extends ScoreOptions {
  readonly first?: number | undefined;
}

/**
 * The attentional state h̃ (n_q, d_out), the context (n_q, d) that it was made from, and the weights (n_q,
 * n_k). p (n_q, 1): the centres of the windows, where there are windows.
 */
export interface LuongResult {
  readonly output: Matrix;
  readonly context: Matrix;
  readonly weights: Matrix;
  readonly p?: Matrix | undefined;
}

/** The attention of a step of Luong's decoder: any of the three below. */
export interface LuongStepAttention {
  /** The attentional states for the decoder's states h (n_q, d_h) and the source H (n_k, d). */
  forward(h: Matrix, H: Matrix, options?: LuongOptions): LuongResult;
}

/** The names of all three kinds: one record makes any of them, and each takes what it needs. */
const LUONG_PARTS: readonly string[] = ["score", "W_c", "b_c", "normalize", "D", "W_p", "v_p"];

/**
 * Luong's attention over the whole source (Luong の注意), and the attentional state that it leads to.
 *
 *     a_t  = softmax(score(h_t, h̄_s) for all s)                  (1)
 *     c_t  = Σ_s a_t(s) h̄_s                                      (2)
 *     h̃_t  = tanh([c_t ‖ h_t] W_c + b_c)                         (3)
 *
 *     h (n_q, d_h)   H (n_k, d)   →   h̃ (n_q, d_out), context (n_q, d), weights (n_q, n_k)
 *     W_c (d + d_h, d_out)   b_c (1, d_out) or absent
 *     row t of h is the decoder's current state h_t, of d_h features; row s of H is h̄_s, of d features
 *
 * `score` is `DotProductAttention`'s (the paper's dot), `BilinearAttention`'s (general) or
 * `ConcatAttention`'s (concat), without 1/√d. The paper calls this attention "global": it covers all
 * positions of the source. Longformer's global tokens are something else. No position, or none allowed:
 * c = 0.
 * Errors: RangeError unless the shapes agree as above.
 * Source: Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation" §3.1, Eq.
 * 5; arXiv 1508.04025.
 */
export class LuongAttention implements LuongStepAttention {
  readonly attention: Attention;
  readonly W_c: Matrix;
  readonly b_c: Matrix | undefined;

  constructor(parts: LuongParts) {
    checkOptions("LuongAttention", parts, LUONG_PARTS, "parts");
    const { score, W_c, b_c, normalize } = parts;
    checkShapes("LuongAttention", { W_c: [W_c, "d + d_h", "d_out"], "b_c?": [b_c, 1, "d_out"] });
    this.attention = new Attention({ score, normalize });
    this.W_c = W_c;
    this.b_c = b_c;
  }

  /** h̃ for the states h and the source H. `first` is not used: every step sees the whole source. */
  forward(h: Matrix, H: Matrix, options: LuongOptions = {}): LuongResult {
    checkOptions("LuongAttention.forward", options, ["allow", "bias", "first"]);
    const { allow, bias } = options;
    const seen = this.attention.forward(h, H, H, { allow, bias }); //           (1) (n_q, n_k)
    const c = seen.output; //                                                   (2) (n_q, d)
    const output = tanh(linear(concatColumns([c, h]), this.W_c, this.b_c)); //  (3) (n_q, d_out)
    return { output, context: c, weights: seen.weights };
  }
}

/**
 * Luong's local attention, monotonic (局所注意 local-m): a window that moves on by one position with every step.
 *
 *     p_t  = t                                                    (1)
 *     a_t  = softmax(score(h_t, h̄_s) for s with |s − p_t| ≤ D)    (2)
 *     c_t  = Σ_s a_t(s) h̄_s                                       (3)
 *     h̃_t  = tanh([c_t ‖ h_t] W_c + b_c)                          (4)
 *
 *     h (n_q, d_h)   H (n_k, d)   →   h̃ (n_q, d_out), context (n_q, d), weights (n_q, n_k), p (n_q, 1)
 *     W_c (d + d_h, d_out)   b_c (1, d_out) or absent
 *     as `LuongAttention`; D the radius of the window; steps t and positions s are counted from 0
 *
 * A window has 2D + 1 positions and is cut at the ends. It suits a source and a target that run side by side.
 * A window beyond the end of the source holds nothing: c = 0.
 * Cost: as `LuongAttention`: all scores are computed and those outside are dropped, which shows the equation
 * and saves nothing.
 * Errors: as `LuongAttention`, and RangeError unless D is an integer ≥ 0.
 * Source: Luong et al. 2015 §3.2, local-m; arXiv 1508.04025.
 */
export class LocalMonotonicAttention implements LuongStepAttention {
  readonly attention: Attention;
  readonly W_c: Matrix;
  readonly b_c: Matrix | undefined;
  readonly D: number;

  constructor(parts: LocalMonotonicParts) {
    const where = "LocalMonotonicAttention";
    checkOptions(where, parts, LUONG_PARTS, "parts");
    const { score, W_c, b_c, normalize, D } = parts;
    checkShapes(where, { W_c: [W_c, "d + d_h", "d_out"], "b_c?": [b_c, 1, "d_out"] });
    checkInteger(where, "D", D, 0);
    this.attention = new Attention({ score, normalize });
    this.W_c = W_c;
    this.b_c = b_c;
    this.D = D;
  }

  /** h̃ for the states h, of steps `first` and after, and the source H. */
  forward(h: Matrix, H: Matrix, options: LuongOptions = {}): LuongResult {
    checkOptions("LocalMonotonicAttention.forward", options, ["allow", "bias", "first"]);
    const { bias, first = 0 } = options;
    checkShapes("LocalMonotonicAttention.forward", { h: [h, "n_q", "d_h"], H: [H, "n_k", "d"] });
    checkInteger("LocalMonotonicAttention.forward", "first", first, 0);

    const p = fromFunction(h.rows, 1, (i) => first + i); //                     (1) (n_q, 1)
    const allow = allowNear(p, this.D, options.allow);
    const seen = this.attention.forward(h, H, H, { allow, bias }); //           (2) rows sum to 1
    const c = seen.output; //                                                   (3) (n_q, d)
    const output = tanh(linear(concatColumns([c, h]), this.W_c, this.b_c)); //  (4) (n_q, d_out)
    return { output, context: c, weights: seen.weights, p };
  }
}

/**
 * Luong's local attention, predictive (局所注意 local-p): each step predicts the centre of its window, and
 * weights fall with the distance from it.
 *
 *     p_t  = S · σ(tanh(h_t W_p) v_p)                             (1)
 *     b_t  = softmax(score(h_t, h̄_s) for s with |s − p_t| ≤ D)    (2)
 *     a_t(s) = b_t(s) · exp(−(s − p_t)² / (2σ²)),  σ = D/2        (3)
 *     c_t  = Σ_s a_t(s) h̄_s                                       (4)
 *     h̃_t  = tanh([c_t ‖ h_t] W_c + b_c)                          (5)
 *
 *     h (n_q, d_h)   H (n_k, d)   →   h̃ (n_q, d_out), context (n_q, d), weights (n_q, n_k), p (n_q, 1)
 *     W_c (d + d_h, d_out)   b_c (1, d_out) or absent   W_p (d_h, n')   v_p (n', 1)
 *     as `LuongAttention`; S = n_k positions s, counted from 0; p_t any number in [0, S]; D the radius of the
 *     window, n' units; the σ of (1) is the logistic function
 *
 * (3) follows the softmax and is not normalised again: a row sums to less than 1, unless all of it lies on
 * p_t. The centre can be learned: p_t has a gradient through (3), while the border of a window has none.
 * Errors: as `LuongAttention`, and RangeError unless D is an integer ≥ 1.
 * Source: Luong et al. 2015 §3.2, local-p, Eq. 9 and 10; arXiv 1508.04025.
 */
export class LocalPredictiveAttention implements LuongStepAttention {
  readonly attention: Attention;
  readonly W_c: Matrix;
  readonly b_c: Matrix | undefined;
  readonly D: number;
  readonly W_p: Matrix;
  readonly v_p: Matrix;

  constructor(parts: LocalPredictiveParts) {
    const where = "LocalPredictiveAttention";
    checkOptions(where, parts, LUONG_PARTS, "parts");
    const { score, W_c, b_c, normalize, D, W_p, v_p } = parts;
    checkShapes(where, { W_c: [W_c, "d + d_h", "d_out"], "b_c?": [b_c, 1, "d_out"] });
    checkInteger(where, "D", D, 1);
    checkShapes(where, { W_p: [W_p, "d_h", "n'"], v_p: [v_p, "n'", 1] });
    this.attention = new Attention({ score, normalize });
    this.W_c = W_c;
    this.b_c = b_c;
    this.D = D;
    this.W_p = W_p;
    this.v_p = v_p;
  }

  /** h̃ for the states h and the source H. `first` is not used: the centres are predicted. */
  forward(h: Matrix, H: Matrix, options: LuongOptions = {}): LuongResult {
    checkOptions("LocalPredictiveAttention.forward", options, ["allow", "bias", "first"]);
    checkShapes("LocalPredictiveAttention.forward", { h: [h, "n_q", this.W_p.rows], H: [H, "n_k", "d"] });
    const { bias } = options;

    const p = scale(sigmoid(matmul(tanh(matmul(h, this.W_p)), this.v_p)), H.rows); //  (1) (n_q, 1)
    const allow = allowNear(p, this.D, options.allow);
    const { weights: b } = this.attention.forward(h, H, H, { allow, bias }); //        (2) rows sum to 1
    const weights = multiply(b, gaussianWindow(p, H.rows, this.D / 2)); //             (3) rows sum to less
    const c = mix(weights, H); //                                                      (4) (n_q, d)
    const output = tanh(linear(concatColumns([c, h]), this.W_c, this.b_c)); //         (5) (n_q, d_out)
    return { output, context: c, weights, p };
  }
}

/** Whether a position is inside the window and allowed (窓の内側で許された位置). */
function allowNear(p: Matrix, D: number, allow: Allow | undefined): Allow {
  if (allow !== undefined) checkFunction("LuongAttention.forward", "allow", allow, "(i, j, head) => boolean");
  const near = withinWindow(p, D);
  return (i, j, head) => near(i, j) && (allow === undefined || allow(i, j, head));
}
