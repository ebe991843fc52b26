import assert from "node:assert/strict";
import test from "node:test";
import * as plain from "../../lib/kernels/mix.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, normal, poison } from "../support/values.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";
import { mix } from "../../lib/simd/mix.ts";

test("the plain kernel within 1e-6 of the largest number, with NaN and ∞ behind weights of 0 and before others", () => {
  for (const [n, m, d] of [[1, 9, 5], [12, 31, 64], [33, 300, 17]] as const) {
    const A = fromFunction(n, m, (i, j) => (j > i + m / 2 ? 0 : 1 / (1 + i + j)));
    const V = normal(m, d, 2);
    assertNear(mix(A, V).data, plain.mix(A, V).data, `${n} × ${m} × ${d}`);
    for (const value of [NaN, Infinity]) {
      const sick = poison(V, m - 1, value);
      assertNear(mix(A, sick).data, plain.mix(A, sick).data, `${n} × ${m} × ${d}, ${value}`);
    }
  }
});

test("no weights give zeros, even over NaN; the error names what is wrong", () => {
  assertSameBits(mix(matrix(3, 2), poison(matrix(2, 5), 1, NaN)), matrix(3, 5));
  assertSameBits(mix(matrix(3, 0), matrix(0, 5)), matrix(3, 5));
  assert.throws(() => mix(matrix(2, 3), matrix(2, 3)), {
    name: "RangeError",
    message: "mix: V must be (3, any); got (2, 3)",
  });
});
