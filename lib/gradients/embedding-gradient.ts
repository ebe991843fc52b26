import type { Matrix } from "../matrix.ts";
import { checkShapes, numbersOf } from "../matrix.ts";
import { scatterRows } from "../kernels/rows.ts";

/**
 * A table of embeddings, backwards (埋め込みの逆伝播): each row of the table gets what its tokens received.
 *
 *     dE[w,·] = Σ_{t : tokens[t] = w} dY[t,·]                           (1)
 *
 *     E (vocabulary, d)   tokens: n places in the table   dY (n, d)   →   dE (vocabulary, d)
 *
 * A token that occurs twice adds up; a word that does not occur gets zeros.
 * Errors: RangeError unless dY has a row of E's width for each token, and each token is a row of E.
 */
export function embeddingGradient(E: Matrix, tokens: ArrayLike<number | bigint>, dY: Matrix): Matrix {
  const n = numbersOf("embeddingGradient", "tokens", tokens).length;
  checkShapes("embeddingGradient", { E: [E, "vocabulary", "d"], dY: [dY, n, "d"] });
  return scatterRows(E.rows, tokens, dY); //        (1) (vocabulary, d)
}
