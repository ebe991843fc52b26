import assert from "node:assert/strict";
import test from "node:test";
import type { KeyBlock, OnlineState } from "../../lib/kernels/online-softmax.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { checkOnline, onlineOutput, onlineSoftmax, onlineStart } from "../../lib/kernels/online-softmax.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";

/** The output after some blocks, one after the other. */
function after(Q: Matrix, K: Matrix, V: Matrix, blocks: readonly KeyBlock[]): OnlineState {
  return blocks.reduce((state, block) => onlineSoftmax(state, Q, K, V, block), onlineStart(Q.rows, V.cols));
}

/** Blocks of `size` keys, in which nothing is hidden. */
function cut(n_k: number, size: number): KeyBlock[] {
  return Array.from({ length: Math.ceil(n_k / size) }, (_, b) => ({
    stretches: [[b * size, Math.min(n_k, (b + 1) * size)] as const],
    hidden: [],
  }));
}

const whole = { scale: 1 };

test("by hand: two keys with scores 0 and ln 3, one block each, in both orders", () => {
  // Weights 1/4 and 3/4, so 1/4 · 8 + 3/4 · 4 = 5. After the first key m = 0, l = 1; the second raises m to ln 3,
  // where the first weighs 1/3: l = 4/3, O = 8/3 + 4 = 20/3.
  const [Q, K, V] = [fromRows([[1]]), fromRows([[0], [Math.log(3)]]), fromRows([[8], [4]])];
  const first = after(Q, K, V, [{ stretches: [[0, 1]], hidden: [] }]);
  assert.deepEqual([first.m.data[0], first.l.data[0], first.O.data[0]], [0, 1, 8]);
  const both = after(Q, K, V, cut(2, 1));
  assertClose(both.m, [[Math.log(3)]], 1e-6);
  assertClose(both.l, [[4 / 3]], 1e-6);
  assertClose(both.O, [[20 / 3]], 1e-6);
  assertClose(onlineOutput(both), [[5]], 1e-6);
  const other = after(Q, K, V, [...cut(2, 1)].reverse());
  assertClose(other.l, [[4 / 3]], 1e-6);
  assertClose(onlineOutput(other), [[5]], 1e-6);
});

test("any cut into blocks gives the dense attention of the oracle", () => {
  const [Q, K, V] = [normal(7, 5, 1), normal(23, 5, 2), normal(23, 4, 3)];
  const dense = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), whole);
  for (const size of [1, 2, 5, 22, 23]) {
    const state = after(Q, K, V, cut(23, size));
    assertClose(
      onlineOutput(state),
      dense.output,
      tolerance(dense.largestScore),
      `blocks of ${size}`,
    );
  }
  const split: KeyBlock = { stretches: [[0, 3], [10, 23]], hidden: [] };
  const rest: KeyBlock = { stretches: [[3, 10]], hidden: [] };
  assertClose(
    onlineOutput(after(Q, K, V, [split, rest])),
    dense.output,
    tolerance(dense.largestScore),
    "stretches",
  );
});

test("scores far apart, where exp of a score alone would be 0 or ∞", () => {
  const [Q, K] = [fromRows([[1]]), fromRows([[-5000], [800], [801], [-1000]])];
  const V = fromRows([[1], [2], [3], [4]]);
  const share = 1 / (1 + Math.exp(-1));
  assertClose(onlineOutput(after(Q, K, V, cut(4, 1))), [[3 * share + 2 * (1 - share)]], 1e-6);
});

test("hidden cells, keys outside the block, and their values are not seen, by one bit; what is seen shows", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(9, 4, 2), normal(9, 5, 3)];
  const block: KeyBlock = { stretches: [[0, 2], [4, 7]], hidden: [[0, 1, 3], [2, 0, 5]] };
  const clean = after(Q, K, V, [block]);
  for (const value of [NaN, Infinity]) {
    // Key 1 is column 1, key 4 is column 2: hidden from query 0 and from query 2. Key 8 is in no stretch.
    for (const j of [1, 4]) {
      const state = after(Q, poison(K, j, value), poison(V, j, value), [block]);
      assertSameRows(state.O, clean.O, [0, 2], `key ${j}`);
      assert.ok(rowsOf(state.O)[1]!.every(Number.isNaN), `query 1 sees key ${j}`);
    }
    assertSameBits(
      after(Q, poison(K, 8, value), poison(V, 8, value), [block]).O,
      clean.O,
      "no stretch",
    );
  }
  assert.deepEqual([clean.m.data[2], clean.l.data[2]], [-Infinity, 0], "query 2 sees nothing");
  assertSameRows(onlineOutput(clean), matrix(3, 5), [2], "zeros");
  const later = onlineSoftmax(clean, Q, K, V, { stretches: [[7, 9]], hidden: [] });
  const dense = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
    ...whole,
    allow: (i, j) => j >= 7 || (i === 1 && (j < 2 || j > 3)) || (i === 0 && [0, 5, 6].includes(j)),
  });
  assertClose(onlineOutput(later), dense.output, tolerance(dense.largestScore), "and the next block");
});

test("a NaN or +∞ score makes its own row NaN, now or later, and no other", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(6, 4, 2), normal(6, 5, 3)];
  const clean = onlineOutput(after(Q, K, V, cut(6, 2)));
  for (const value of [NaN, Infinity]) {
    const output = onlineOutput(after(poison(Q, 1, value), K, V, cut(6, 2)));
    assertSameRows(output, clean, [0, 2]);
    assert.ok(rowsOf(output)[1]!.every(Number.isNaN), `${value}`);
  }
});

test("nothing given is written to; no queries, no keys, no width", () => {
  const [Q, K, V] = [normal(3, 4, 1), normal(6, 4, 2), normal(6, 5, 3)];
  const start = after(Q, K, V, cut(3, 3));
  const before = [start.m, start.l, start.O, Q, K, V].map((M) => M.data.slice());
  onlineSoftmax(start, Q, K, V, { stretches: [[3, 6]], hidden: [[0, 0, 1]] });
  assert.deepEqual([start.m, start.l, start.O, Q, K, V].map((M) => M.data), before);
  assertSameBits(
    onlineOutput(after(Q, K, V, [{ stretches: [], hidden: [] }])),
    matrix(3, 5),
    "no keys",
  );
  assertSameBits(onlineOutput(after(matrix(0, 4), K, V, cut(6, 4))), matrix(0, 5));
  assertSameBits(onlineOutput(after(Q, K, matrix(6, 0), cut(6, 4))), matrix(3, 0));
});

test("errors name the argument and what was got", () => {
  const [Q, K, V] = [matrix(3, 4), matrix(6, 4), matrix(6, 5)];
  const state = onlineStart(3, 5);
  const raises = (run: () => unknown, message: string): void => assert.throws(run, { name: "RangeError", message });
  const step = (stretches: KeyBlock["stretches"], hidden: KeyBlock["hidden"]) => () =>
    onlineSoftmax(state, Q, K, V, { stretches, hidden });
  raises(step([[0, 7]], []), "onlineSoftmax: a stretch's end must be an integer in [0, 6]; got 7");
  raises(step([[3, 2]], []), "onlineSoftmax: a stretch's first key must be an integer in [0, 2]; got 3");
  raises(step([[0, 2]], [[3, 0, 1]]), "onlineSoftmax: a hidden cell's query must be an integer in [0, 2]; got 3");
  raises(step([[0, 2]], [[0, 0, 3]]), "onlineSoftmax: a hidden cell's end must be an integer in [0, 2]; got 3");
  raises(
    () => onlineSoftmax(onlineStart(2, 5), Q, K, V, { stretches: [], hidden: [] }),
    "onlineSoftmax: m must be (3, 1); got (2, 1)",
  );
  raises(
    () => onlineSoftmax(state, Q, matrix(6, 3), V, { stretches: [], hidden: [] }),
    "onlineSoftmax: K must be (any, 4); got (6, 3)",
  );
  raises(() => onlineStart(-1, 2), "onlineStart: n must be an integer ≥ 0; got -1");
  raises(() => onlineOutput({ ...state, l: matrix(2, 1) }), "onlineOutput: l must be (3, 1); got (2, 1)");
  assert.equal(checkOnline("here", state, Q, K, V, { stretches: [[0, 2], [3, 6]], hidden: [] }), 5);
});
