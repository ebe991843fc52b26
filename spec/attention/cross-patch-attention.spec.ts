import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { CrossPatchAttention } from "../../lib/attention/cross-patch-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add, scale } from "../../lib/kernels/entrywise.ts";
import { assertClose, assertSameBits, at, copyOf, normal, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { naiveCross } from "../oracle/naive-tiles.ts";

const attention = (p: number, heads: number = 1): MultiHeadAttention =>
  MultiHeadAttention.random({ d_model: p * p, heads, bias: true }, randomGenerator(p));
const cpsa = (p: number, heads?: number): CrossPatchAttention =>
  new CrossPatchAttention({ p, attention: attention(p, heads) });

test("equals attention between tiles, channel by channel, over a grid of sizes", () => {
  for (const [H, W, p, C, heads] of [
    [4, 6, 2, 3, 1],
    [6, 3, 3, 2, 1],
    [1, 5, 1, 2, 1],
    [5, 5, 5, 3, 1],
    [4, 2, 2, 5, 4],
  ] as const) {
    const X = normal(H * W, C, 1);
    const expected = naiveCross(rowsOf(X), [H, W], p, attention(p, heads));
    const { output, weights } = cpsa(p, heads).forward(X, [H, W]);
    assertClose(output, expected.output, 3 * tolerance(4), `${H} × ${W}`);
    assert.deepEqual([weights.length, weights[0]!.length], [C, heads]);
    weights.forEach((maps, c) =>
      maps.forEach((A, h) => assertClose(A, expected.weights[c]![h]!, tolerance(4), `channel ${c}`)),
    );
  }
});

test("blindness: channels do not meet, tiles do", () => {
  const X = normal(24, 3, 1);
  const spoilt = copyOf(X);
  spoilt.data[9 * 3 + 1] = NaN; // one pixel of channel 1
  const [clean, out] = [cpsa(2).forward(X, [4, 6]).output, cpsa(2).forward(spoilt, [4, 6]).output];
  for (let row = 0; row < 24; row++) {
    for (const c of [0, 2]) {
      assert.ok(
        Object.is(at(out, row, c), at(clean, row, c)),
        `row ${row}: channel ${c} does not see it`,
      );
    }
    assert.ok(Number.isNaN(at(out, row, 1)), "every pixel of that channel sees it");
  }
});

test("by hand: two tiles of one pixel, identity weights", () => {
  // Tokens 0 and ln 3 of one feature: scores 0, 0 and 0, (ln 3)²; with query ln 3, 1 : 3^(ln 3) for the other
  // and itself.
  const one = identity(1);
  const plain = new CrossPatchAttention({
    p: 1,
    attention: new MultiHeadAttention({ heads: [{ W_Q: one, W_K: one, W_V: one }], W_O: one }),
  });
  const power = 3 ** Math.log(3);
  assertClose(
    plain.forward(fromRows([[0], [Math.log(3)]]), [1, 2]).output,
    [[Math.log(3) / 2], [(power / (1 + power)) * Math.log(3)]],
    1e-6,
  );
});

test("one tile: one key of weight 1, so the output is linear in the input, as in CAT's last stage", () => {
  const layer = cpsa(3);
  const X = normal(9, 2, 1);
  const { output, weights } = layer.forward(X, [3, 3]);
  assert.deepEqual(
    weights.map(([A]) => rowsOf(A!)),
    [[[1]], [[1]]],
  );
  const {
    heads: [{ W_V, b_V }],
    W_O,
    b_O,
  } = layer.attention as MultiHeadAttention & { heads: [MultiHeadAttention["heads"][0]] };
  const channel = (M: Matrix, c: number): Matrix =>
    matrix(
      1,
      9,
      rowsOf(M).map((row) => row[c]!),
    );
  for (const c of [0, 1]) {
    assertClose(channel(output, c), linear(linear(channel(X, c), W_V, b_V), W_O, b_O), 1e-6);
  }
  const Y = normal(9, 2, 2);
  const at0 = layer.forward(matrix(9, 2), [3, 3]).output;
  const sum = add(add(output, layer.forward(Y, [3, 3]).output), scale(at0, -1));
  assertClose(layer.forward(add(X, Y), [3, 3]).output, sum, 2e-6, "f(X + Y) = f(X) + f(Y) − f(0)");
  const many = [
    cpsa(1).forward(add(X, Y), [3, 3]).output,
    cpsa(1).forward(X, [3, 3]).output,
    cpsa(1).forward(Y, [3, 3]).output,
  ];
  assert.ok(
    many[0]!.data.some((x, e) => Math.abs(x - many[1]!.data[e]! - many[2]!.data[e]!) > 0.05),
    "with nine tiles it is not",
  );
});

test("cost: a map of twice the area has four times the pairs", () => {
  const pairs = (H: number): number =>
    cpsa(2)
      .forward(normal(H * 4, 3, 1), [H, 4])
      .weights.flat()
      .reduce((sum, A) => sum + A.data.length, 0);
  assert.deepEqual([pairs(2), pairs(4), pairs(8)], [3 * 4, 3 * 16, 3 * 64]);
});

test("equal channels come out equal: all share one attention", () => {
  const one = normal(24, 1, 1);
  const both = cpsa(2).forward(
    matrix(
      24,
      2,
      rowsOf(one).flatMap(([x]) => [x!, x!]),
    ),
    [4, 6],
  ).output;
  const [left, right] = [0, 1].map((c) =>
    matrix(
      24,
      1,
      rowsOf(both).map((row) => row[c]!),
    ),
  );
  assertSameBits(left!, right!);
  assertSameBits(left!, cpsa(2).forward(one, [4, 6]).output);
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => new CrossPatchAttention({ p: 3, attention: attention(2) }),
    "CrossPatchAttention: attention.heads[0].W_Q must be (9, any); got (4, 4)",
  );
  says(() => cpsa(2).forward(matrix(10, 1), [2, 5]), "cutTiles: grid[1] must be a multiple of p = 2; got 5");
});
