import assert from "node:assert/strict";
import test from "node:test";
import type { KeyBlock, OnlineState } from "../../lib/kernels/online-softmax.ts";
import type { Matrix } from "../../lib/matrix.ts";
import * as plain from "../../lib/kernels/online-softmax.ts";
import { assertNear } from "../support/near.ts";
import { assertSameBits, assertSameRows, normal, poison } from "../support/values.ts";
import { keyBlocks } from "../../lib/graph/key-blocks.ts";
import { keysWhere } from "../../lib/graph/patterns.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { onlineOutput, onlineSoftmax } from "../../lib/simd/online-softmax.ts";

type Step = typeof onlineSoftmax;

/** The state after some blocks. */
function after(step: Step, Q: Matrix, K: Matrix, V: Matrix, blocks: readonly KeyBlock[]): OnlineState {
  const start = plain.onlineStart(Q.rows, V.cols);
  return blocks.reduce((state, block) => step(state, Q, K, V, block), start);
}

test("the plain kernel within 2e-6 of the largest value, block by block, with hidden cells of every kind", () => {
  const random = randomGenerator(3);
  for (let trial = 0; trial < 60; trial++) {
    const size = (most: number): number => Math.floor(random() * most);
    const [n, n_k, d, d_v] = [size(20), size(90), size(20), size(20)];
    const [Q, K, V] = [normal(n, d, trial), normal(n_k, d, trial + 1), normal(n_k, d_v, trial + 2)];
    const graph = keysWhere(n, n_k, (i, j) => (i * 7 + j * j + trial) % 5 < 3 && i !== 3);
    for (const seen of [{}, { causal: 2 }, { graph }]) {
      const blocks = keyBlocks(seen, n_k, 0, n, 16);
      const [fast, slow] = [after(onlineSoftmax, Q, K, V, blocks), after(plain.onlineSoftmax, Q, K, V, blocks)];
      const title = `${n} × ${n_k}, d ${d}, d_v ${d_v}`;
      const output = plain.onlineOutput(slow).data;
      assertNear(plain.onlineOutput(fast).data, output, title, undefined, 2e-6);
      assertNear(fast.m.data, slow.m.data, `${title}: m`, undefined, 2e-6);
      assertNear(fast.l.data, slow.l.data, `${title}: l`, undefined, 2e-6);
    }
  }
});

test("hidden NaN and ∞ change no bit; seen ones show in their row alone; a row that sees nothing stays empty", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(9, 4, 2), normal(9, 5, 3)];
  const block: KeyBlock = { stretches: [[0, 2], [4, 7]], hidden: [[0, 1, 3], [2, 0, 5]] };
  const clean = after(onlineSoftmax, Q, K, V, [block]);
  for (const value of [NaN, Infinity, -Infinity]) {
    for (const j of [1, 4]) {
      const sick = after(onlineSoftmax, Q, K, poison(V, j, value), [block]);
      assertSameRows(sick.O, clean.O, [0, 2], `value ${j}`);
      assert.ok(sick.O.data.subarray(5, 10).every((x) => !Number.isFinite(x)), `query 1 sees value ${j}`);
      const key = after(onlineSoftmax, Q, poison(K, j, value), V, [block]);
      assertSameRows(key.O, clean.O, [0, 2], `key ${j}`);
    }
  }
  assert.deepEqual([clean.m.data[2], clean.l.data[2]], [-Infinity, 0]);
  assertSameBits(matrix(1, 5, clean.O.data.slice(10)), matrix(1, 5), "zeros");
});

test("a block without keys leaves the state as it is; the plain kernel's errors", () => {
  const state = plain.onlineStart(3, 5);
  const [Q, K, V] = [matrix(3, 4), matrix(6, 4), matrix(6, 5)];
  assert.deepEqual(onlineSoftmax(state, Q, K, V, { stretches: [], hidden: [] }), state);
  assert.throws(() => onlineSoftmax(state, Q, K, V, { stretches: [[0, 7]], hidden: [] }), {
    name: "RangeError",
    message: "onlineSoftmax: a stretch's end must be an integer in [0, 6]; got 7",
  });
});

test("the output has the bits of the plain kernel: rows of sum 0 are zeros, a NaN stays in its row", () => {
  for (const [n, d_v] of [[0, 3], [3, 0], [1, 1], [5, 7], [9, 64]] as const) {
    const O = normal(n, d_v, n + d_v);
    const l = matrix(n, 1, normal(n, 1, 3).data.map((x, i) => (i === 1 ? 0 : i === 2 ? NaN : Math.abs(x))));
    const state = { m: matrix(n, 1), l, O };
    assertSameBits(onlineOutput(state), plain.onlineOutput(state), `${n} × ${d_v}`);
  }
  assert.throws(() => onlineOutput({ m: matrix(2, 1), l: matrix(3, 1), O: matrix(2, 4) }), { name: "RangeError" });
});
