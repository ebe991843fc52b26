import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, at, copyOf } from "../support/values.ts";
import { normal, rowsOf } from "../support/values.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

const I = Infinity;
/** A step of float32 just below 1: weights that are rounded once are nearer than this. */
const ONE_ROUNDING = 2 ** -24;

test("the definition, row by row, over sizes and spreads of scores", () => {
  for (const [n, m] of [
    [1, 1],
    [1, 7],
    [7, 1],
    [5, 3],
    [3, 11],
  ] as const) {
    for (const spread of [0, 0.01, 1, 30, 1000]) {
      const S = fromFunction(n, m, (i, j) => spread * at(normal(n, m, 1), i, j));
      const before = S.data.slice();
      const A = softmaxRows(S);
      assertClose(A, rowsOf(S).map(naiveSoftmax), ONE_ROUNDING, `(${n}, ${m}), spread ${spread}`);
      assertRowSums(A);
      assert.deepEqual(S.data, before, "the scores are not written to");
    }
  }
});

test("rounded once: no weight is further from the definition than half a step of float32", () => {
  const S = fromFunction(5, 40, (i, j) => 10 * at(normal(5, 40, 2), i, j));
  const A = softmaxRows(S);
  rowsOf(S)
    .map(naiveSoftmax)
    .forEach((row, i) =>
      row.forEach((x, j) => {
        assert.ok(
          Math.abs(at(A, i, j) - x) <= 2 ** -24 * x * (1 + 1e-7),
          `[${i}, ${j}]: ${at(A, i, j)}, expected ${x}`,
        );
      }),
    );
});

test("rows sum to 1, columns do not (W1)", () => {
  const A = softmaxRows(normal(3, 5, 1));
  assertRowSums(A);
  assert.throws(() => assertRowSums(transpose(A)));
});

test("no rows, no columns", () => {
  assertSameBits(softmaxRows(matrix(0, 3)), matrix(0, 3));
  assertSameBits(softmaxRows(matrix(3, 0)), matrix(3, 0));
});

test("−∞ weighs exactly 0, and leaves the others the softmax of themselves", () => {
  assertSameBits(softmaxRows(fromRows([[-I, 2, -I, 2, -I]])), fromRows([[0, 0.5, 0, 0.5, 0]]));
  const S = normal(1, 4, 1);
  const [a, b, c, d] = softmaxRows(S).data;
  assertSameBits(
    softmaxRows(fromRows([[-I, S.data[0]!, S.data[1]!, -I, S.data[2]!, S.data[3]!]])),
    fromRows([[0, a!, b!, 0, c!, d!]]),
  );
});

test("a row of −∞ alone is zeros, never uniform and never NaN (W3)", () => {
  assertSameBits(
    softmaxRows(
      fromRows([
        [-I, -I, -I],
        [0, 0, -I],
        [-I, -I, -I],
      ]),
    ),
    fromRows([
      [0, 0, 0],
      [0.5, 0.5, 0],
      [0, 0, 0],
    ]),
  );
  assertSameBits(softmaxRows(fromRows([[-I]])), fromRows([[0]]));
});

test("a NaN or +∞, wherever it stands and whatever stands beside it, makes its own row NaN and no " +
  "other", () => {
  for (const bad of [NaN, I]) {
    for (const others of [
      [1, 2, 3],
      [-I, -I, -I],
      [3e38, -3e38, 0],
      [-I, 1, -I],
    ]) {
      for (let j = 0; j < 3; j++) {
        const S = fromRows([[1, 2, 3], others, [3, 2, 1]]);
        S.data[3 + j] = bad;
        const A = softmaxRows(S);
        assertSameRows(
          A,
          fromRows([
            [1, 2, 3],
            [NaN, NaN, NaN],
            [3, 2, 1],
          ]),
          [1],
          `${bad} at ${j} among ${others.join(", ")}`,
        );
        assertSameRows(
          A,
          softmaxRows(
            fromRows([
              [1, 2, 3],
              [0, 0, 0],
              [3, 2, 1],
            ]),
          ),
          [0, 2],
          `beside ${bad}`,
        );
      }
    }
  }
});

test("the largest float32 numbers do not overflow, equal ones share", () => {
  const huge = 3.4028234663852886e38;
  const S = fromRows([
    [huge, -huge, 0],
    [huge, huge, -I],
    [-huge, -huge, -I],
    [1000, 999, -1000],
    [1e-45, 0, -1e-45],
  ]);
  const e = 1 / (1 + Math.exp(-1));
  assertClose(
    softmaxRows(S),
    [
      [1, 0, 0],
      [0.5, 0.5, 0],
      [0.5, 0.5, 0],
      [e, 1 - e, 0],
      [1 / 3, 1 / 3, 1 / 3],
    ],
    ONE_ROUNDING,
  );
});

test("by hand: scores ln 1, ln 2, ln 5 weigh 1/8, 2/8, 5/8; adding the same to all changes nothing", () => {
  assertClose(
    softmaxRows(fromRows([[Math.log(1), Math.log(2), Math.log(5)]])),
    [[1 / 8, 2 / 8, 5 / 8]],
    1e-7,
  );
  assertSameBits(softmaxRows(fromRows([[1, 2, 4]])), softmaxRows(fromRows([[101, 102, 104]])));
});

test("errors say who, what and why", () => {
  assert.throws(() => softmaxRows([1, 2] as never), {
    name: "TypeError",
    message: "softmaxRows: S must be a Matrix { rows, cols, data }, which fromRows makes of rows; got Array",
  });
});

test("golden: extreme rows, whose numbers reach the end of float32", () => {
  const file = golden("softmax", "extreme_rows_n7");
  const A = softmaxRows(file.slice("in.x"));
  file.assertSlice(A, "out.y");
  // Its logarithms, where a weight is large enough to have one in float32.
  const logs = file.slice("out.logy");
  A.data.forEach((a, e) =>
    assert.ok(
      a < 1e-30 || Math.abs(Math.log(a) - logs.data[e]!) <= file.atol,
      `log of entry ${e}: ${Math.log(a)}, expected ${logs.data[e]}`,
    ),
  );
});

test("golden: softmax over the middle of three axes is softmax of each slice's transpose", () => {
  const file = golden("softmax", "axis1_rank3");
  for (let b = 0; b < 3; b++) {
    file.assertSlice(transpose(softmaxRows(transpose(file.slice("in.x", b)))), "out.y", b);
  }
});

test("golden: a row of −∞ alone, which torch makes NaN, is zeros", () => {
  const file = golden("softmax", "all_masked_row_nan");
  const A = softmaxRows(file.slice("in.x"));
  assertSameRows(A, matrix(3, 5), [1]);
  // The row is in NOT_COMPARED: with torch's NaN in its place the rest is compared.
  const asTorch = copyOf(A);
  asTorch.data.fill(NaN, 5, 10);
  file.assertSlice(asTorch, "out.y");
});
