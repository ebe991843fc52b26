import assert from "node:assert/strict";
import test from "node:test";
import { BidirectionalGRU, GRUCell, gruStates, lastStates } from "../../lib/layers/gru.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveBidirectional, naiveGru } from "../oracle/naive-gru.ts";
import { refuses } from "../support/mechanism.ts";
import { sliceRows } from "../../lib/kernels/rows.ts";

const SIZES = [
  [1, 1, 1],
  [1, 5, 3],
  [3, 2, 5],
  [7, 3, 2],
] as const;

/** Weights of normal size, so that gates open and close. */
const cellOf = (d_in: number, d: number, seed: number): GRUCell =>
  new GRUCell({
    W_i: normal(d_in, 3 * d, seed),
    W_h: normal(d, 3 * d, seed + 1),
    b_i: normal(1, 3 * d, seed + 2),
    b_h: normal(1, 3 * d, seed + 3),
  });

test("a step equals its equations in doubles, for several sequences side by side", () => {
  for (const [B, d_in, d] of SIZES) {
    const cell = cellOf(d_in, d, 1);
    const [x, h] = [normal(B, d_in, 5), normal(B, d, 6)];
    const before = [x.data.slice(), h.data.slice()];
    assertClose(
      cell.forward(x, h),
      rowsOf(x).map((row, b) => naiveGru(cell, row, rowsOf(h)[b]!)),
      4 * tolerance(4),
      `${B} ${d_in} ${d}`,
    );
    assert.deepEqual([x.data, h.data], before, "inputs are left alone");
  }
  assertSameBits(cellOf(3, 2, 1).forward(matrix(0, 3), matrix(0, 2)), matrix(0, 2), "no sequence");
});

test("by hand: gates of one half", () => {
  // All weights are 0 but W_h's for n, 2, and the bias of n from the input, 0.5 − 1: r = z = σ(0) = ½.
  // With h = 1: n = tanh(−0.5 + ½ · 2 · 1) = tanh(0.5) = 0.46212,
  // h' = ½ · 0.46212 + ½ · 1 = 0.73106.
  // With r inside the product it would be the same. With a bias b_h of 1 it is not:
  // n = tanh(−0.5 + ½ · (2 + 1)) = tanh(1) = 0.76159, h' = 0.88080.
  const cell = (b: number): GRUCell =>
    new GRUCell({
      W_i: matrix(1, 3),
      W_h: fromRows([[0, 0, 2]]),
      b_i: fromRows([[0, 0, -0.5]]),
      b_h: fromRows([[0, 0, b]]),
    });
  assertClose(cell(0).forward(fromRows([[9]]), fromRows([[1]])), [[0.73106]], 5e-6);
  assertClose(cell(1).forward(fromRows([[9]]), fromRows([[1]])), [[0.8808]], 5e-6);
});

test("an update gate that is shut keeps the state to the bit; an open one drops it", () => {
  const cell = (b: number): GRUCell =>
    new GRUCell({
      W_i: normal(3, 6, 1),
      W_h: matrix(2, 6),
      b_i: fromRows([[0, 0, b, b, 0, 0]]),
      b_h: matrix(1, 6),
    });
  const [x, h] = [normal(5, 3, 2), normal(5, 2, 3)];
  assertSameBits(cell(1e6).forward(x, h), h, "z = 1");
  assertSameBits(
    cell(-1e6).forward(x, h),
    cell(-1e6).forward(x, normal(5, 2, 4)),
    "z = 0, and W_h = 0",
  );
});

test("along a sequence, either way and both; the states that have read everything", () => {
  for (const [n, d_in, d] of [...SIZES, [0, 2, 3]] as const) {
    const gru = new BidirectionalGRU({ ahead: cellOf(d_in, d, 1), back: cellOf(d_in, d, 11) });
    const X = normal(n, d_in, 5);
    const H = gru.forward(X);
    assert.deepEqual([H.rows, H.cols], [n, 2 * d], "shape");
    if (n > 0) {
      assertClose(
        H,
        naiveBidirectional(gru.ahead, gru.back, rowsOf(X)),
        10 * tolerance(4),
        `${n} ${d_in} ${d}`,
      );
    }
    const { ahead, back } = lastStates(H);
    assertSameBits(
      ahead,
      n === 0 ? matrix(1, d) : sliceRows(gruStates(gru.ahead, X), n - 1, n),
      "ahead",
    );
    assertSameBits(
      back,
      n === 0 ? matrix(1, d) : sliceRows(gruStates(gru.back, X, true), 0, 1),
      "back",
    );
  }
});

test("a state depends on the inputs its direction has passed, and on nothing else", () => {
  const cell = cellOf(3, 2, 1);
  const X = normal(7, 3, 5);
  const [ahead, back] = [gruStates(cell, X), gruStates(cell, X, true)];
  const spoilt = poison(X, 4, NaN);
  assertSameRows(gruStates(cell, spoilt), ahead, [0, 1, 2, 3], "ahead");
  assertSameRows(gruStates(cell, spoilt, true), back, [5, 6], "back");
  for (const t of [4, 5, 6]) {
    assert.ok(rowsOf(gruStates(cell, spoilt))[t]!.every(Number.isNaN), `the NaN reaches state ${t}`);
  }
});

test("random: U(±1/√d), repeatable, every weight its own draw", () => {
  const { W_i, W_h, b_i, b_h } = GRUCell.random({ d_in: 20, d: 16 }, randomGenerator(1));
  assert.deepEqual(
    [W_i, W_h, b_i, b_h].map(({ rows, cols }) => [rows, cols]),
    [
      [20, 48],
      [16, 48],
      [1, 48],
      [1, 48],
    ],
  );
  const values = [W_i, W_h, b_i, b_h].flatMap(({ data }) => [...data]);
  assert.equal(
    values.every((x) => Math.abs(x) <= 0.25),
    true,
    "within ±1/√16",
  );
  assert.equal(
    values.some((x) => x > 0.245) && values.some((x) => x < -0.245),
    true,
    "and up to there",
  );
  assert.equal(new Set(values).size > 1810, true, "independent");
  assertSameBits(GRUCell.random({ d_in: 20, d: 16 }, randomGenerator(1)).W_h, W_h);
  const two = BidirectionalGRU.random({ d_in: 2, d: 3 }, randomGenerator(1));
  assert.notDeepEqual(two.ahead.W_h.data, two.back.W_h.data, "each direction its own");
});

test("errors say who, what and why", () => {
  const parts = { W_i: matrix(4, 6), W_h: matrix(2, 6), b_i: matrix(1, 6), b_h: matrix(1, 6) };
  refuses(
    "RangeError",
    () => new GRUCell({ ...parts, W_h: matrix(3, 6) }),
    "GRUCell: W_h must be (any, 9); got (3, 6)",
  );
  refuses(
    "RangeError",
    () => new GRUCell({ ...parts, W_i: matrix(4, 9) }),
    "GRUCell: W_i must be (any, 6); got (4, 9)",
  );
  refuses(
    "RangeError",
    () => new GRUCell({ ...parts, b_i: matrix(1, 2) }),
    "GRUCell: b_i must be (1, 6); got (1, 2)",
  );
  refuses(
    "RangeError",
    () => new GRUCell({ ...parts, b_h: matrix(6, 1) }),
    "GRUCell: b_h must be (1, 6); got (6, 1)",
  );
  refuses(
    "RangeError",
    () => new GRUCell(parts).forward(matrix(1, 2), matrix(1, 2)),
    "GRUCell.forward: x must be (any, 4); got (1, 2)",
  );
  refuses(
    "RangeError",
    () => new GRUCell(parts).forward(matrix(3, 4), matrix(1, 2)),
    "GRUCell.forward: h must be (3, 2); got (1, 2)",
  );
  refuses(
    "RangeError",
    () => gruStates(new GRUCell(parts), matrix(3, 2)),
    "gruStates: X must be (any, 4); got (3, 2)",
  );
  refuses(
    "RangeError",
    () => new BidirectionalGRU({ ahead: cellOf(4, 2, 1), back: cellOf(4, 3, 1) }),
    "BidirectionalGRU: back.W_i must be (4, 6); got (4, 9)",
  );
  refuses(
    "RangeError",
    () => lastStates(matrix(2, 3)),
    "lastStates: H must have an even number of columns, half for each direction; got 3",
  );
  refuses(
    "RangeError",
    () => GRUCell.random({ d_in: 0, d: 2 }, Math.random),
    "GRUCell.random: d_in must be an integer ≥ 1; got 0",
  );
});

test("the smallest cell has one feature in and one of state", () => {
  const cell = GRUCell.random({ d_in: 1, d: 1 }, randomGenerator(2));
  assert.deepEqual([cell.W_h.rows, cell.W_h.cols, cell.W_i.rows], [1, 3, 1]);
  assert.equal(cell.forward(matrix(1, 1), matrix(1, 1)).data.length, 1);
});
