import assert from "node:assert/strict";
import test from "node:test";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveSoftmax } from "../oracle/naive.ts";
import { negativeLogShares } from "../../lib/kernels/cross-entropy-rows.ts";
import { normal, rowsOf } from "../support/values.ts";

test("−log of the softmax's share, by the definition; rows without a target give 0", () => {
  const X = normal(4, 5, 1);
  const got = negativeLogShares(X, [0, 4, undefined, 2]);
  rowsOf(X).forEach((row, t) => {
    const target = [0, 4, undefined, 2][t];
    const expected = target === undefined ? 0 : -Math.log(naiveSoftmax(row)[target]!);
    assert.ok(Math.abs(got[t]! - expected) < 1e-12, `row ${t}`);
  });
});

test("huge logits do not overflow; a class of −∞ costs ∞; errors", () => {
  assert.deepEqual(negativeLogShares(fromRows([[3e38, -3e38]]), [0]), [0]);
  assert.deepEqual(negativeLogShares(fromRows([[0, -Infinity]]), [1]), [Infinity]);
  assert.throws(() => negativeLogShares(matrix(1, 2), [2]), {
    message: "negativeLogShares: targets[0] must be an integer in [0, 1]; got 2",
  });
});
