import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { allFinite, panelProduct } from "../../lib/simd/product.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, assertSameRows, copyOf, normal, poison } from "../support/values.ts";
import { fromFunction, matrix, randomGenerator } from "../../lib/matrix.ts";
import { matmul, matmulTransposed } from "../../lib/kernels/matmul.ts";
import { scratch } from "../../lib/simd/scratch.ts";
import { textbookMix } from "../../lib/kernels/mix.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** The largest Σ_k |A[i,k] B[k,j]|, at least 1: what the error of a sum is measured by. */
function sizeOf(A: Matrix, B: Matrix): number {
  const positive = (M: Matrix): Matrix => matrix(M.rows, M.cols, M.data.map(Math.abs));
  return matmul(positive(A), positive(B)).data.reduce((max, x) => Math.max(max, x), 1);
}

test("every remainder of 4 rows, 8 columns, and 4 in the sum; few rows and many; inputs stay as they were", () => {
  const random = randomGenerator(7);
  for (let trial = 0; trial < 200; trial++) {
    const [n, K, m] = [0, 0, 0].map(() => Math.floor(random() * 40)) as [number, number, number];
    const [A, B] = [normal(n, K, trial), normal(K, m, trial + 1)];
    const before = [copyOf(A), copyOf(B)];
    const expected = matmul(A, B);
    const scale = sizeOf(A, B);
    assertNear(panelProduct(A, B).data, expected.data, `${n} × ${K} × ${m}`, scale);
    assertNear(panelProduct(A, transpose(B), { transposed: true }).data, expected.data, "transposed", scale);
    assertNear(panelProduct(A, B, { hidden: true }).data, expected.data, "hidden", scale);
    assertSameBits(A, before[0]!);
    assertSameBits(B, before[1]!);
  }
});

test("long sums: 1e-6 of the largest at K = 4000", () => {
  const [A, B] = [normal(5, 4000, 1), normal(4000, 9, 2)];
  const scale = matmul(A, B).data.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  assertNear(panelProduct(A, B).data, matmul(A, B).data, "product", scale);
  assertNear(panelProduct(A, transpose(B), { transposed: true }).data, matmul(A, B).data, "transposed", scale);
});

test("B over 64 MiB goes panel by panel, and the memory stays below 80 MiB", () => {
  const K = 1100000;
  const B = fromFunction(K, 17, (k, j) => ((k * 7 + j) % 5) - 2);
  const A = fromFunction(2, K, (i, k) => ((k * 3 + i) % 7) - 3);
  assertNear(panelProduct(A, B).data, matmul(A, B).data, "product", 5e6);
  assert.ok(4 * scratch(1).length < 80 * 2 ** 20, `the memory has ${4 * scratch(1).length} bytes`);
});

test("a weight of 0 hides NaN and ∞ without changing a bit of the rest; any other weight shows them", () => {
  for (const [n, m] of [[5, 13], [19, 300]] as const) {
    const A = fromFunction(n, m, (i, j) => ((i + j) % 3 === 0 ? 0 : (i - j) / 7));
    const V = normal(m, 11, 3);
    const clean = panelProduct(A, V, { hidden: true });
    for (const value of [NaN, Infinity, -Infinity]) {
      const sick = poison(V, 4, value);
      const got = panelProduct(A, sick, { hidden: true });
      const blind = Array.from({ length: n }, (_, i) => i).filter((i) => (i + 4) % 3 === 0);
      assertSameRows(got, clean, blind, `${n} rows, ${value}`);
      assertNear(got.data, textbookMix(A, sick).data, `${n} rows, ${value}`, 1000);
    }
  }
});

test("a NaN stays in its row of A and in its column of B", () => {
  const [A, B] = [normal(13, 9, 1), normal(9, 21, 2)];
  const clean = panelProduct(A, B);
  const [badA, badB] = [copyOf(A), copyOf(B)];
  badA.data[3 * 9 + 8] = NaN;
  badB.data[2 * 21 + 20] = NaN;
  panelProduct(badA, badB).data.forEach((x, e) => {
    const hit = Math.floor(e / 21) === 3 || e % 21 === 20;
    assert.ok(Object.is(x, hit ? NaN : clean.data[e]), `entry ${e} is ${x}`);
  });
  assertNear(matmulTransposed(A, transpose(B)).data, clean.data, "the plain kernel", sizeOf(A, B));
});

test("whether numbers are finite, whatever their number", () => {
  for (const count of [0, 1, 4, 7, 1000]) {
    for (const value of [NaN, Infinity, -Infinity]) {
      const memory = scratch(2000);
      memory.fill(1.5, 3, 3 + count);
      memory.fill(NaN, 3 + count, 20 + count);
      assert.equal(allFinite(memory, 3, count), true, `${count} numbers`);
      if (count > 0) memory[3 + count - 1] = value;
      if (count > 0) assert.equal(allFinite(memory, 3, count), false, `${value} last of ${count}`);
    }
  }
});
