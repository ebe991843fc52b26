import type { Matrix, Random } from "../matrix.ts";
import { checkBoolean, checkChoice, checkInteger, checkOptions, checkShapes, matrix } from "../matrix.ts";
import { gelu, geluTanh, relu } from "../kernels/activations.ts";
import { linear } from "../kernels/linear.ts";
import { randomProjection } from "../attention/heads.ts";

/** The function between the two layers: the rectifier, the exact GELU, or GELU by a hyperbolic tangent. */
export type Activation = "relu" | "gelu" | "gelu-tanh";

/**
 * An activation of one's own: `swish`, `tanh`, or any function from H (n, d_hidden) to a matrix of its shape.
 */
export type OwnActivation = (H: Matrix) => Matrix;

/** The weights of a feed-forward network, and its activation: "relu" unless given. */
export interface FeedForwardParts {
  readonly W_1: Matrix;
  readonly b_1?: Matrix | undefined;
  readonly W_2: Matrix;
  readonly b_2?: Matrix | undefined;
  readonly activation?: Activation | OwnActivation | undefined;
}

/**
 * The widths of a fresh feed-forward network.
 * Defaults: d_hidden is 4 · d_model, there are biases, the activation is "relu".
 */
export interface FeedForwardWidths {
  readonly d_model: number;
  readonly d_hidden?: number | undefined;
  readonly bias?: boolean | undefined;
  readonly activation?: Activation | OwnActivation | undefined;
}

/**
 * Position-wise feed-forward network (位置ごとの順伝播ネットワーク, FFN): the same two layers at every position.
 *
 *     H = X W_1 + b_1                                               (1)
 *     "relu":       G = max(0, H)                                   (2)
 *     "gelu":       G = H/2 · (1 + erf(H / √2))                     (3)
 *     "gelu-tanh":  G = H/2 · (1 + tanh(√(2/π) (H + 0.044715 H³)))  (4)
 *     f, one's own: G = f(H)                                        (5)
 *     Y = G W_2 + b_2                                               (6)
 *
 *     X (n, d)   →   Y (n, d_out)
 *     W_1 (d, d_hidden)   b_1 (1, d_hidden) or absent   W_2 (d_hidden, d_out)   b_2 (1, d_out) or absent
 *     n positions, d and d_out features, d_hidden units, usually 4d
 *
 * `activation` chooses between (2), (3) and (4), or is the f of (5): `swish` and `tanh` are two. Positions do
 * not see each other here.
 * Cost: n·d_hidden·(d + d_out) multiply-adds, more than attention's until n is several times d.
 * Errors: RangeError unless the shapes agree as above, or for another activation.
 * Source: Vaswani et al. 2017 §3.3, Eq. 2, arXiv 1706.03762, with ReLU. GELU: Hendrycks and Gimpel 2016 §2,
 * arXiv 1606.08415.
 */
export class FeedForward {
  readonly W_1: Matrix;
  readonly b_1: Matrix | undefined;
  readonly W_2: Matrix;
  readonly b_2: Matrix | undefined;
  readonly activation: Activation | OwnActivation;

  constructor(parts: FeedForwardParts) {
    checkOptions("FeedForward", parts, ["W_1", "b_1", "W_2", "b_2", "activation"], "parts");
    const { W_1, b_1, W_2, b_2, activation = "relu" } = parts;
    checkShapes("FeedForward", {
      W_1: [W_1, "d", "d_hidden"],
      W_2: [W_2, "d_hidden", "d_out"],
      "b_1?": [b_1, 1, "d_hidden"],
      "b_2?": [b_2, 1, "d_out"],
    });
    if (typeof activation !== "function") {
      checkChoice("FeedForward", "activation", activation, ["relu", "gelu", "gelu-tanh"]);
    }
    this.W_1 = W_1;
    this.b_1 = b_1;
    this.W_2 = W_2;
    this.b_2 = b_2;
    this.activation = activation;
  }

  /** Fresh weights: W from U(±√(6 / (d_in + d_out))), biases 0. */
  static random(widths: FeedForwardWidths, random: Random): FeedForward {
    checkOptions("FeedForward.random", widths, ["d_model", "d_hidden", "bias", "activation"], "widths");
    const { d_model, bias = true, activation } = widths;
    checkBoolean("FeedForward.random", "bias", bias);
    checkInteger("FeedForward.random", "d_model", d_model, 1);
    const { d_hidden = 4 * d_model } = widths;
    checkInteger("FeedForward.random", "d_hidden", d_hidden, 1);
    const W_1 = randomProjection(d_model, d_hidden, random);
    const W_2 = randomProjection(d_hidden, d_model, random);
    if (!bias) return new FeedForward({ W_1, W_2, activation });
    return new FeedForward({ W_1, b_1: matrix(1, d_hidden), W_2, b_2: matrix(1, d_model), activation });
  }

  /** Y for X, row by row. */
  forward(X: Matrix): Matrix {
    checkShapes("FeedForward.forward", { X: [X, "n", this.W_1.rows] });
    const H = linear(X, this.W_1, this.b_1); //              (1) (n, d_hidden)
    return linear(this.activate(H), this.W_2, this.b_2); //  (6) (n, d_out)
  }

  private activate(H: Matrix): Matrix {
    if (this.activation === "relu") return relu(H); //           (2)
    if (this.activation === "gelu") return gelu(H); //           (3)
    if (this.activation === "gelu-tanh") return geluTanh(H); //  (4)
    const G = this.activation(H); //                             (5)
    checkShapes("FeedForward.forward", { "activation(H)": [G, H.rows, H.cols] });
    return G;
  }
}
