import assert from "node:assert/strict";
import test from "node:test";
import { multiplyPanel } from "../../lib/kernels/multiply-panel.ts";
import { dot } from "../naive.ts";
import { normal, rowsOf } from "../support.ts";

const UNTOUCHED = 7;

test("its three columns hold the products, and every other entry of out what it held", () => {
  for (const [n, K, m] of [[1, 1, 3], [2, 4, 5], [3, 7, 7], [4, 2, 8], [5, 3, 4], [7, 5, 6]] as const) {
    const A = normal(n, K, 1);
    const panel = normal(K, 3, 2);
    const columns = [0, 1, 2].map((c) => rowsOf(panel).map((row) => row[c]!));
    for (let j = 0; j < m; j++) {
      const out = new Float32Array(n * m).fill(UNTOUCHED);
      multiplyPanel(new Float64Array(A.data), n, K, new Float64Array(panel.data), out, m, j);
      const expected = rowsOf(A).flatMap((row) => Array.from({ length: m }, (_, t) => (t >= j && t < j + 3 ? dot(row, columns[t - j]!) : UNTOUCHED)));
      assert.deepEqual(out, Float32Array.from(expected), `(${n}, ${K}) times columns ${j} … of ${m}`);
    }
  }
});

test("columns that out has not are not read into it", () => {
  const out = new Float32Array(4).fill(UNTOUCHED);
  multiplyPanel(Float64Array.of(1, 2), 2, 1, Float64Array.of(10, NaN, NaN), out, 2, 1);
  assert.deepEqual(out, Float32Array.of(UNTOUCHED, 10, UNTOUCHED, 20));
});

test("no rows write nothing, nothing to sum over gives zeros", () => {
  const out = new Float32Array(6).fill(UNTOUCHED);
  multiplyPanel(new Float64Array(0), 0, 4, new Float64Array(12), out, 3, 0);
  assert.deepEqual(out, new Float32Array(6).fill(UNTOUCHED));
  multiplyPanel(new Float64Array(0), 2, 0, new Float64Array(0), out, 3, 0);
  assert.deepEqual(out, new Float32Array(6));
});
