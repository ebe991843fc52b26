import type { Rows } from "./naive.ts";
import type { Sees } from "./patterns.ts";

/**
 * A counter of multiply-adds: matrix products as three loops, on numbers that do not matter, each step
 * counted. Specs run all products of a model through it, so that formulas are compared with loops, not with
 * other formulas. Pairs of a query and a key, functions and comparisons have counters of their own.
 */
export class NaiveCounter {
  count = 0;
  pairs = 0;
  tanhs = 0;
  exponentials = 0;
  comparisons = 0;
  numbers = 0;

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

  /** tanh of every number. */
  tanh(A: Rows): Rows {
    return A.map((row) => {
      return row.map((x) => {
        this.tanhs++;
        return Math.tanh(x);
      });
    });
  }

  /** e to the power of every number. */
  exponential(A: Rows): Rows {
    return A.map((row) => {
      return row.map((x) => {
        this.exponentials++;
        return Math.exp(x);
      });
    });
  }

  /** The place of the largest number of each row. */
  largest(A: Rows): number[] {
    return A.map((row) => {
      let best = -1;
      for (let j = 0; j < row.length; j++) {
        this.comparisons++;
        if (best < 0 || row[j]! > row[best]!) best = j;
      }
      return best;
    });
  }

  /** Scores and mixture of the pairs that `sees` lets through: each one pair, q_i · k_j and A[i,j] v_j. */
  attend(Q: Rows, K: Rows, V: Rows, sees: Sees = () => true): Rows {
    return Q.map((q, i) => {
      const output = new Array<number>(V[0]?.length ?? 0).fill(0);
      for (let j = 0; j < K.length; j++) {
        if (!sees(i, j)) continue;
        this.pairs++;
        let score = 0;
        for (let c = 0; c < q.length; c++) {
          score += q[c]! * K[j]![c]!;
          this.count++;
        }
        for (let c = 0; c < output.length; c++) {
          output[c] = output[c]! + score * V[j]![c]!;
          this.count++;
        }
      }
      return output;
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
