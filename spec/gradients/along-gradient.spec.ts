import assert from "node:assert/strict";
import test from "node:test";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { additiveGradient } from "../../lib/gradients/additive-gradient.ts";
import { alongGradient } from "../../lib/gradients/along-gradient.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { gridLine } from "../../lib/kernels/grid.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAlong } from "../oracle/naive-grid.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { scaledDotProductGradient } from "../../lib/gradients/scaled-dot-product-gradient.ts";

test("central differences of the oracle: two axes and three, masks by line, d_k ≠ d_v", () => {
  for (const [grid, axis] of [
    [[1, 1], 0],
    [[3, 5], 0],
    [[3, 5], 1],
    [[2, 3, 2], 1],
    [[4, 1], 1],
  ] as const) {
    const cells = grid.reduce<number>((all, n) => all * n, 1);
    const [Q, K, V, dO] = [
      normal(cells, 3, 1),
      normal(cells, 3, 2),
      normal(cells, 2, 3),
      normal(cells, 2, 4),
    ];
    const allow = (i: number, j: number, _: number, line: number): boolean => (i + 2 * j + line) % 3 !== 1;
    const back = alongGradient(scaledDotProductGradient, { Q, K, V, grid, axis, allow }, dO);
    const expected = differences({ Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V) }, (x) => {
      const O = naiveAlong(grid, axis, (line, number) => {
        const [q, k, v] = [x.Q, x.K, x.V].map((rows) => line.map((cell) => rows[cell]!));
        const options = { scale: 1 / Math.sqrt(3), allow: (i: number, j: number) => allow(i, j, 0, number) };
        return naiveAttention(q!, k!, v!, options).output;
      });
      return pairing(O, rowsOf(dO));
    });
    assertGradient(back.dQ, expected.Q, `dQ of ${grid} along ${axis}`);
    assertGradient(back.dK, expected.K, `dK of ${grid} along ${axis}`);
    assertGradient(back.dV, expected.V, `dV of ${grid} along ${axis}`);
  }
});

test("any attention: each line gets its own gradient, and hands on what else it gives", () => {
  const attention = new AdditiveAttention({
    W_a: normal(3, 2, 5),
    U_a: normal(4, 2, 6),
    v_a: normal(2, 1, 7),
  });
  const [Q, K, V, dO] = [normal(6, 3, 1), normal(6, 4, 2), normal(6, 2, 3), normal(6, 2, 4)];
  const pass = { Q, K, V, grid: [3, 2], axis: 0 };
  const { dK, lines } = alongGradient((inputs, d) => additiveGradient(attention, inputs, d), pass, dO);
  const line = (M: typeof Q) => gridLine(M, [3, 2], 0, 1);
  const alone = additiveGradient(attention, { Q: line(Q), K: line(K), V: line(V) }, line(dO));
  assertClose(line(dK), alone.dK, 0);
  assert.equal(lines.length, 2);
  assertSameBits(lines[1]!.parameters.W_a, alone.parameters.W_a);
});

test("a line is not read by others; a grid without cells gives one line of none", () => {
  const [Q, K, V, dO] = [normal(6, 3, 1), normal(6, 3, 2), normal(6, 2, 3), normal(6, 2, 4)];
  const pass = { Q, K, V, grid: [2, 3], axis: 1 };
  const clean = alongGradient(scaledDotProductGradient, pass, dO);
  const dirty = alongGradient(scaledDotProductGradient, { ...pass, K: poison(K, 4, NaN) }, dO);
  assert.deepEqual(rowsOf(dirty.dQ).slice(0, 3), rowsOf(clean.dQ).slice(0, 3));
  const none = { Q: matrix(0, 3), K: matrix(0, 3), V: matrix(0, 2), grid: [0, 3], axis: 1 };
  const empty = alongGradient(scaledDotProductGradient, none, matrix(0, 2));
  assertSameBits(empty.dV, matrix(0, 2));
  assert.equal(empty.lines.length, 1);
});

test("errors say who, what and why", () => {
  const pass = { Q: matrix(6, 3), K: matrix(6, 3), V: matrix(6, 2), grid: [2, 3], axis: 1 };
  assert.throws(() => alongGradient(scaledDotProductGradient, pass, matrix(5, 2)), {
    message: "alongGradient: dO must be (6, any); got (5, 2)",
  });
  assert.throws(() => alongGradient(scaledDotProductGradient, { ...pass, allow: 1 as never }, matrix(6, 2)), {
    message: "alongGradient: allow must be a function (i, j, head, line) => boolean; got number",
  });
});
