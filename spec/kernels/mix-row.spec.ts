import assert from "node:assert/strict";
import test from "node:test";
import { mixRow } from "../../lib/kernels/mix-row.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal } from "../support.ts";

/** The definition: what is there, and in doubles to it, one after the other, the rows that have a weight; rounded once. */
function defined(before: Float32Array, weights: Float32Array, v: Float32Array, d: number): number[] {
  return Array.from(before, (there, c) => Array.from(weights).reduce((sum, w, j) => (w === 0 ? sum : sum + w * v[j * d + c]!), there));
}

test("what is there plus the weighted sum, to the bit: every remainder of eight columns, from any place, and nothing else is touched", () => {
  for (const n of [0, 1, 2, 5]) {
    for (const d of [0, 1, 2, 7, 8, 9, 17]) {
      for (const [o, start] of [[0, 0], [d, 3], [2 * d, 1]] as const) {
        const [a, v] = [normal(1, 11, n + 1).data, normal(n, d, d + 1).data];
        if (n > 1) a[start + 1] = 0;
        const out = normal(4, d, 3).data;
        const before = [out.slice(), a.slice(), v.slice()] as const;
        const expected = out.slice();
        expected.set(defined(before[0].subarray(o, o + d), a.subarray(start, start + n), v, d), o);
        mixRow(out, o, d, a, start, n, v, new Int32Array(n));
        assertSameBits(matrix(4, d, out), matrix(4, d, expected), `${n} weights from ${start} on, ${d} columns from ${o} on`);
        assert.deepEqual([a, v], before.slice(1), "nothing else is written to");
      }
    }
  }
});

test("by hand: 1 + 2·10 + 3·30, and a row of weight 0 is not read", () => {
  const out = Float32Array.of(1);
  mixRow(out, 0, 1, Float32Array.of(2, 0, 3), 0, 3, Float32Array.of(10, NaN, 30), new Int32Array(3));
  assert.deepEqual(out, Float32Array.of(111));
  // −0 is no weight either, NaN is one, whatever it meets
  const sick = new Float32Array(2);
  mixRow(sick, 0, 1, Float32Array.of(-0), 0, 1, Float32Array.of(Infinity), new Int32Array(1));
  mixRow(sick, 1, 1, Float32Array.of(NaN), 0, 1, Float32Array.of(0), new Int32Array(1));
  assertSameBits(matrix(1, 2, sick), fromRows([[0, NaN]]));
});
