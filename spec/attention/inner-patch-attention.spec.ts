import assert from "node:assert/strict";
import test from "node:test";
import { InnerPatchAttention } from "../../lib/attention/inner-patch-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, at, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveInner } from "../oracle/naive-tiles.ts";

const attention = (C: number, heads: number): MultiHeadAttention =>
  MultiHeadAttention.random({ d_model: C, heads, bias: true }, randomGenerator(C));
const tableOf = (p: number, heads: number): ReturnType<typeof normal> => normal((2 * p - 1) ** 2, heads, 9);

test("equals attention among all pixels with the other tiles hidden, with a table and without", () => {
  for (const [H, W, p, C, heads] of [
    [4, 6, 2, 4, 2],
    [6, 3, 3, 6, 3],
    [1, 3, 1, 2, 1],
    [5, 5, 5, 2, 2],
  ] as const) {
    for (const table of [undefined, tableOf(p, heads)]) {
      const X = normal(H * W, C, 1);
      const expected = naiveInner(rowsOf(X), [H, W], p, attention(C, heads), table && rowsOf(table));
      const { output, weights } = new InnerPatchAttention({
        p,
        attention: attention(C, heads),
        table,
      }).forward(X, [H, W]);
      assertClose(output, expected.output, 3 * tolerance(4), `${H} × ${W}`);
      assert.equal(weights.length, (H * W) / (p * p));
      weights.flat().forEach((A) => assertRowSums(A));
      const last = weights[weights.length - 1]!; // its last pixel is the map's last pixel
      last.forEach((A, h) =>
        assert.ok(
          Math.abs(at(A, p * p - 1, p * p - 1) - expected.weights[h]![H * W - 1]![H * W - 1]!) < 1e-6,
          `${H} × ${W}, last tile, head ${h}`,
        ),
      );
    }
  }
});

test("blindness: a pixel is seen by its own tile and by no other", () => {
  const [X, ipsa] = [
    normal(24, 4, 1),
    new InnerPatchAttention({ p: 2, attention: attention(4, 2), table: tableOf(2, 2) }),
  ];
  const clean = ipsa.forward(X, [4, 6]).output;
  // row 9 is pixel (1, 3), in the tile of rows 2, 3, 8, 9
  const spoilt = ipsa.forward(poison(X, 9, NaN), [4, 6]).output;
  const others = [...Array(24).keys()].filter((row) => ![2, 3, 8, 9].includes(row));
  assertSameRows(spoilt, clean, others);
  for (const row of [2, 3, 8, 9]) {
    assert.ok(Number.isNaN(at(spoilt, row, 0)), `pixel ${row} sees its own tile`);
  }
});

test("tiles are alike: exchanging two of them exchanges their outputs", () => {
  const X = normal(8, 4, 1); // 2 × 4: tile rows 0, 1, 4, 5 and 2, 3, 6, 7
  const exchanged = matrix(
    8,
    4,
    X.data.map((_, e) => X.data[(((e >> 2) ^ 2) << 2) | (e & 3)]!),
  );
  const ipsa = new InnerPatchAttention({ p: 2, attention: attention(4, 2), table: tableOf(2, 2) });
  const [out, other] = [ipsa.forward(X, [2, 4]).output, ipsa.forward(exchanged, [2, 4]).output];
  assertSameBits(
    matrix(
      8,
      4,
      other.data.map((_, e) => other.data[(((e >> 2) ^ 2) << 2) | (e & 3)]!),
    ),
    out,
  );
});

test("cost: a map twice as high has twice as many pairs", () => {
  const pairs = (H: number): number =>
    new InnerPatchAttention({ p: 2, attention: attention(2, 1) })
      .forward(normal(H * 4, 2, 1), [H, 4])
      .weights.flat()
      .reduce((sum, A) => sum + A.data.length, 0);
  assert.deepEqual([pairs(2), pairs(4), pairs(8)], [32, 64, 128]);
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => new InnerPatchAttention({ p: 0, attention: attention(4, 2) }),
    "InnerPatchAttention: p must be an integer ≥ 1; got 0",
  );
  says(
    () => new InnerPatchAttention({ p: 2, attention: attention(4, 2), table: matrix(9, 3) }),
    "InnerPatchAttention: table must be (9, 2); got (9, 3)",
  );
  says(
    () => new InnerPatchAttention({ p: 2, attention: attention(4, 2) }).forward(matrix(6, 4), [2, 3]),
    "cutTiles: grid[1] must be a multiple of p = 2; got 3",
  );
});
