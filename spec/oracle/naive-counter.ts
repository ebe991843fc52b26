import type { Rows } from "./naive.ts";

/**
 * A counter of multiply-adds: matrix products as three loops, on numbers that do not matter, each step
 * counted. Specs run all products of a model through it, so that formulas are compared with loops, not with
 * other formulas.
 */
export class NaiveCounter {
  count = 0;

  /** An (n, m) matrix of zeros. */
  rows(n: number, m: number): Rows {
    return Array.from({ length: n }, () => new Array<number>(m).fill(0));
  }

  /** A B, each multiply-add counted. */
  product(A: Rows, B: Rows): Rows {
    return A.map((row) => {
      const out: number[] = [];
      for (let j = 0; j < (B[0]?.length ?? 0); j++) {
        let sum = 0;
        for (let k = 0; k < B.length; k++) {
          sum += row[k]! * B[k]![j]!;
          this.count++;
        }
        out.push(sum);
      }
      return out;
    });
  }

  /** X through a linear map of d_out columns. */
  linear(X: Rows, d_out: number): Rows {
    return this.product(X, this.rows(X[0]?.length ?? 0, d_out));
  }

  /** Multi-head attention by its definition: projections, scores and mixture of each head, then W_O. */
  attention(X: Rows, M: Rows, heads: number): Rows {
    const d = X[0]!.length;
    const outputs = Array.from({ length: heads }, () => {
      const [Q, K, V] = [this.linear(X, d / heads), this.linear(M, d / heads), this.linear(M, d / heads)];
      const Kt = (K[0] ?? []).map((_, c) => K.map((row) => row[c]!));
      return this.product(this.product(Q, Kt), V);
    });
    const joined = X.map((_, i) => outputs.flatMap((O) => O[i]!));
    return this.linear(joined, d);
  }

  /** Two linear maps. */
  feedForward(X: Rows, d_hidden: number): Rows {
    return this.linear(this.linear(X, d_hidden), X[0]!.length);
  }
}
