import assert from "node:assert/strict";
import test from "node:test";
import type { Allow } from "../../lib/kernels/mask-scores.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { concatRows } from "../../lib/kernels/rows.ts";
import { fromRows, identity } from "../../lib/matrix.ts";

/**
 * y_i = Σ_m x_{i − r + m} W_m + b with zeros beyond the ends: a convolution of width 2r + 1 along the
 * sequence, by its definition.
 */
function naiveConvolution(X: Rows, kernel: Rows[], b: Rows): Rows {
  const radius = (kernel.length - 1) / 2;
  return X.map((_, i) =>
    b[0]!.map((start, c) => {
      let y = start;
      kernel.forEach((W, m) => {
        const x = X[i - radius + m]; // undefined beyond the ends
        if (x !== undefined) x.forEach((value, feature) => (y += value * W[feature]![c]!));
      });
      return y;
    }),
  );
}

/**
 * Multi-head attention that is a convolution: head m sees the key j = i − r + m alone, W_V = I passes it on,
 * W_O is the stacked kernel.
 */
function convolutionAsAttention(
  kernel: Matrix[],
  b: Matrix,
): { multiHead: MultiHeadAttention; allow: Allow } {
  const d = kernel[0]!.rows;
  const radius = (kernel.length - 1) / 2;
  // any W_Q and W_K: one key weighs 1
  const heads = kernel.map((_, m) => ({ W_Q: normal(d, 2, m), W_K: normal(d, 2, 50 + m), W_V: identity(d) }));
  return {
    multiHead: new MultiHeadAttention({ heads, W_O: concatRows(kernel), b_O: b }),
    allow: (i, j, m) => j === i - radius + m,
  };
}

test("attention can do what a convolution does: the CNN is the special case where content plays no " +
  "part", () => {
  for (const radius of [0, 1, 2, 3]) {
    for (const [d, d_out] of [
      [1, 1],
      [3, 5],
      [4, 4],
      [5, 2],
    ] as const) {
      const kernel = Array.from({ length: 2 * radius + 1 }, (_, m) => normal(d, d_out, 100 + m));
      const b = normal(1, d_out, 200);
      const { multiHead, allow } = convolutionAsAttention(kernel, b);
      for (const n of [0, 1, 2, 3, 7, 13]) {
        const X = normal(n, d, 300 + n); // shorter than the kernel, too: both read zeros beyond the ends
        const { output } = multiHead.forward(X, X, X, { allow });
        assertClose(
          output,
          naiveConvolution(rowsOf(X), kernel.map(rowsOf), rowsOf(b)),
          1e-6,
          `radius ${radius}, d ${d}, d_out ${d_out}, n ${n}`,
        );
      }
    }
  }
});

test("it sees no further than the kernel is wide", () => {
  const { multiHead, allow } = convolutionAsAttention(
    [1, 2, 3].map((seed) => normal(4, 3, seed)),
    normal(1, 3, 4),
  );
  const X = normal(9, 4, 5);
  const clean = multiHead.forward(X, X, X, { allow }).output;
  const dirty = poison(X, 4, NaN);
  const { output } = multiHead.forward(dirty, dirty, dirty, { allow });
  assertSameRows(output, clean, [0, 1, 2, 6, 7, 8]);
  for (const i of [3, 4, 5]) assert.ok(rowsOf(output)[i]!.every(Number.isNaN), `row ${i} sees the poison`);
});

test("by hand: a difference kernel [−1, 0, 1] over 1, 4, 9, 16", () => {
  const { multiHead, allow } = convolutionAsAttention(
    [[[-1]], [[0]], [[1]]].map((W) => fromRows(W)),
    fromRows([[0]]),
  );
  const X = fromRows([[1], [4], [9], [16]]);
  // 4 − 0, 9 − 1, 16 − 4, 0 − 9
  assert.deepEqual(rowsOf(multiHead.forward(X, X, X, { allow }).output), [[4], [8], [12], [-9]]);
});

test("attention can do more: let content speak, and no fixed kernel gives the same", () => {
  const { multiHead } = convolutionAsAttention(
    [1, 2, 3].map((seed) => normal(4, 3, seed)),
    normal(1, 3, 4),
  );
  const X = normal(5, 4, 6);
  // a convolution without bias is linear: twice the input, twice the output; attention that weighs by content
  // is not
  const plain = new MultiHeadAttention({ heads: multiHead.heads, W_O: multiHead.W_O });
  const [once, twice] = [X, fromRows(rowsOf(X).map((row) => row.map((x) => 2 * x)))].map((M) =>
    rowsOf(plain.forward(M, M, M).output),
  );
  assert.ok(
    Math.max(...twice!.flatMap((row, i) => row.map((y, c) => Math.abs(y - 2 * once![i]![c]!)))) > 0.1,
    "it is not linear",
  );
});
