import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/kernels/activations.ts";
import { assertNear } from "../support/near.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { gelu } from "../../lib/simd/gelu.ts";

test("within 1e-6 of |x| from −13 to 13, and of the value itself down to x = −1", () => {
  const A = fromFunction(3, 20001, (i, j) => -13 + (26 * (j + i / 3)) / 20001);
  const [B, expected] = [gelu(A), plain.gelu(A)];
  A.data.forEach((x, e) => {
    const limit = 1e-6 * Math.abs(x > -1 ? expected.data[e]! : x) + 1e-38;
    const deviation = Math.abs(B.data[e]! - expected.data[e]!);
    assert.ok(deviation <= limit, `x = ${x}: got ${B.data[e]}, expected ${expected.data[e]} ± ${limit}`);
  });
  assertNear(B.data, expected.data, "against the largest");
});

test("0 at 0, ∞ at ∞, a NaN stays; no entries give none", () => {
  const A = fromRows([[0, 1e30, Infinity, NaN, -Infinity]]);
  assert.deepEqual(Array.from(gelu(A).data), Array.from(plain.gelu(A).data));
  assert.deepEqual(gelu(matrix(0, 5)), matrix(0, 5));
  assert.throws(() => gelu(null as never), {
    name: "TypeError",
    message: "gelu: A must be a Matrix { rows, cols, data }; got null",
  });
});
