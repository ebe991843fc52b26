import type { Rows } from "./naive.ts";

/**
 * A counter of multiply-adds: matrix products written out as three loops, on numbers that do not matter, each
 * step counted as it is taken. Specs run a whole model's products through it, so that formulas are held
 * against loops and not against other formulas.
 */
export class NaiveCounter {
  count = 0;

  /** An (n, m) matrix of no interest. */
  rows(n: number, m: number): Rows {
    return Array.from({ length: n }, () => new Array<number>(m).fill(0));
  }

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

  linear(X: Rows, d_out: number): Rows {
    return this.product(X, this.rows(X[0]?.length ?? 0, d_out));
  }

  /**
   * Multi-head attention from its definition: every head projects, scores and mixes by itself; then the joint
   * projection.
   */
  attention(X: Rows, M: Rows, heads: number): Rows {
    const d = X[0]!.length;
    const outputs = Array.from({ length: heads }, () => {
      const [Q, K, V] = [this.linear(X, d / heads), this.linear(M, d / heads), this.linear(M, d / heads)];
      const Kt = (K[0] ?? []).map((_, c) => K.map((row) => row[c]!));
      return this.product(this.product(Q, Kt), V);
    });
    return this.linear(
      X.map((_, i) => outputs.flatMap((O) => O[i]!)),
      d,
    );
  }

  feedForward(X: Rows, d_hidden: number): Rows {
    return this.linear(this.linear(X, d_hidden), X[0]!.length);
  }
}
