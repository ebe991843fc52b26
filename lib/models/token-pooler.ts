import type { Matrix } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { linear } from "../kernels/linear.ts";
import { sliceRows } from "../kernels/rows.ts";
import { tanh } from "../kernels/activations.ts";

/**
 * BERT's pooler (プーラー): the first token's row, which stands for the whole text, through one more layer.
 *
 *     y = tanh(X[0,·] W + b)     (1)
 *
 *     X (T, D)   →   y (1, d_out);   T ≥ 1 tokens of D features; W (D, d_out), b (1, d_out) or absent
 *
 * Errors: RangeError unless X has a row and W's width.
 * Source: Devlin et al. 2019, "BERT", arXiv 1810.04805, in the released code; Longformer and BigBird keep it.
 */
export class TokenPooler {
  readonly W: Matrix;
  readonly b: Matrix | undefined;

  constructor({ W, b }: { W: Matrix; b?: Matrix | undefined }) {
    checkMatrix("TokenPooler", "W", W);
    if (b !== undefined) checkMatrix("TokenPooler", "b", b, { rows: 1, cols: W.cols });
    this.W = W;
    this.b = b;
  }

  forward(X: Matrix): Matrix {
    checkMatrix("TokenPooler.forward", "X", X, { cols: this.W.rows });
    checkInteger("TokenPooler.forward", "X.rows", X.rows, 1);
    return tanh(linear(sliceRows(X, 0, 1), this.W, this.b)); // (1) (1, d_out)
  }
}
