import type { Matrix } from "../matrix.ts";
import { checkInteger, checkOptions, checkShapes } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { sliceRows } from "../kernels/rows.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * BERT's pooler (プーラー): one more layer on the first token's row, which stands for the whole text.
 *
 *     y = tanh(X[0,·] W + b)     (1)
 *
 *     X (T, D)   →   y (1, d_out)
 *     W (D, d_out)   b (1, d_out) or absent
 *     T ≥ 1 tokens of D features, d_out features of the text
 *
 * Errors: RangeError unless the shapes agree as above and X has a row.
 * Source: Devlin et al. 2019, "BERT", arXiv 1810.04805, in the released code; Longformer and BigBird keep it.
 */
export class TokenPooler {
  readonly W: Matrix;
  readonly b: Matrix | undefined;

  constructor(parts: { W: Matrix; b?: Matrix | undefined }) {
    checkOptions("TokenPooler", parts, ["W", "b"], "parts");
    const { W, b } = parts;
    checkShapes("TokenPooler", { W: [W, "D", "d_out"], "b?": [b, 1, "d_out"] });
    this.W = W;
    this.b = b;
  }

  /** y for the rows X of a text. */
  forward(X: Matrix): Matrix {
    const { T } = checkShapes("TokenPooler.forward", { X: [X, "T", this.W.rows] });
    checkInteger("TokenPooler.forward", "X.rows", T, 1);
    return tanh(linear(sliceRows(X, 0, 1), this.W, this.b)); //  (1) (1, d_out)
  }
}
