import assert from "node:assert/strict";
import test from "node:test";
import type { AxialOptions } from "../../lib/attention/axial-attention.ts";
import type { CombineAxes } from "../../lib/attention/grid-maps.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { attendAlong } from "../../lib/attention/attend-along.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAlong, naiveMultiHead } from "../oracle/naive-grid.ts";
import { naiveMatmul } from "../oracle/naive.ts";

const COMBINATIONS: readonly CombineAxes[] = ["columns then rows", "rows then columns", "sum"];
const axial = (combine: CombineAxes, d_model: number = 4, heads: number = 2): AxialAttention =>
  AxialAttention.random({ combine, d_model, heads, bias: true }, randomGenerator(7));

/** One head that neither projects nor scales: the composed map is then exact. */
const bare = (d: number): MultiHeadAttention =>
  new MultiHeadAttention({
    heads: [{ W_Q: identity(d), W_K: identity(d), W_V: identity(d) }],
    W_O: identity(d),
  });

test("equals a dense attention in each column and in each row, in the stated order, with masks", () => {
  const masks: AxialOptions = {
    allowInColumn: (i, j, head, line) => (i + 2 * j + head + line) % 3 !== 0,
    allowInRow: (i, j) => j <= i,
  };
  for (const [H, W] of [
    [1, 1],
    [1, 5],
    [7, 1],
    [3, 5],
    [5, 2],
  ] as const) {
    for (const options of [{} as AxialOptions, masks]) {
      for (const combine of COMBINATIONS) {
        const attention = axial(combine);
        const X = normal(H * W, 4, 1);
        const pass = (axis: number, Y: number[][]): number[][] =>
          naiveAlong([H, W], axis, (line, number) => {
            const y = line.map((row) => Y[row]!);
            const allow = axis === 0 ? options.allowInColumn : options.allowInRow;
            return naiveMultiHead(
              y,
              y,
              y,
              axis === 0 ? attention.alongColumns : attention.alongRows,
              (i, j, head) => allow === undefined || allow(i, j, head, number),
            ).output;
          });
        const [C, R] = [pass(0, rowsOf(X)), pass(1, rowsOf(X))];
        const expected =
          combine === "sum"
            ? C.map((row, cell) => row.map((x, c) => x + R[cell]![c]!))
            : combine === "columns then rows"
              ? pass(1, C)
              : pass(0, R);
        const { output, weights } = attention.forward(X, { rows: H, columns: W }, options);
        assertClose(output, expected, tolerance(4), `${combine} of ${H} × ${W}`);
        assert.deepEqual([weights.columns.length, weights.rows.length], [W, H]);
        for (const A of weights.columns.flat()) assert.deepEqual([A.rows, A.cols], [H, H]);
        for (const A of weights.rows.flat()) assert.deepEqual([A.rows, A.cols], [W, W]);
      }
    }
  }
});

test("a value in one pixel reaches its cross when summed, its column or row in one step, everything in " +
  "two", () => {
  const [H, W] = [4, 5];
  const cells = Array.from({ length: H * W }, (_, cell) => cell);
  const pixel = 2 * W + 1;
  const cross = cells.filter((cell) => Math.floor(cell / W) === 2 || cell % W === 1);
  const X = normal(H * W, 4, 1);
  for (const combine of COMBINATIONS) {
    const attention = axial(combine);
    const clean = attention.forward(X, { rows: H, columns: W }).output;
    const spoilt = attention.forward(poison(X, pixel, NaN), { rows: H, columns: W }).output;
    const reached = combine === "sum" ? cross : cells;
    assertSameRows(
      spoilt,
      clean,
      cells.filter((cell) => !reached.includes(cell)),
      combine,
    );
    for (const cell of reached) {
      assert.ok(
        rowsOf(spoilt)[cell]!.every(Number.isNaN),
        `${combine}: cell ${cell} should be reached`,
      );
    }
  }
});

test("the composed map applied to X is the output, where neither pass projects; rows sum to 1 or 2", () => {
  const [H, W, d] = [3, 5, 4];
  const X = normal(H * W, d, 2);
  for (const combine of COMBINATIONS) {
    const attention = new AxialAttention({ alongColumns: bare(d), alongRows: bare(d), combine });
    const { output, weights } = attention.forward(X, { rows: H, columns: W });
    const { composed, reason } = attention.maps(weights, { rows: H, columns: W });
    assertClose(output, naiveMatmul(rowsOf(composed), rowsOf(X)), tolerance(8), combine);
    for (const row of rowsOf(composed)) {
      assert.ok(
        Math.abs(row.reduce((a, b) => a + b, 0) - (combine === "sum" ? 2 : 1)) < 1e-6,
        `rows of ${combine}`,
      );
    }
    assert.equal(
      reason.filter((bits) => bits !== 0).length,
      combine === "sum" ? H * W * (H + W - 1) : (H * W) ** 2,
    );
  }
});

test("one row or one column: along its own axis of 1 a pixel sees itself, and the pass is V W_V W_O", () => {
  const X = normal(5, 4, 3);
  const { output } = new AxialAttention({
    alongColumns: bare(4),
    alongRows: bare(4),
    combine: "sum",
  }).forward(X, { rows: 5, columns: 1 });
  const self = bare(4).forward(X, X, X).output;
  assertClose(
    output,
    rowsOf(self).map((row, i) => row.map((x, c) => x + rowsOf(X)[i]![c]!)),
    tolerance(),
  );
});

test("turning the image turns rows into columns", () => {
  const [H, W] = [3, 5];
  const X = normal(H * W, 4, 4);
  const turned = fromRows(
    Array.from({ length: H * W }, (_, cell) => rowsOf(X)[(cell % H) * W + Math.floor(cell / H)]!),
  );
  const { alongColumns, alongRows } = axial("sum");
  const one = new AxialAttention({ alongColumns, alongRows, combine: "columns then rows" }).forward(X, {
    rows: H,
    columns: W,
  }).output;
  const other = new AxialAttention({
    alongColumns: alongRows,
    alongRows: alongColumns,
    combine: "rows then columns",
  }).forward(turned, { rows: W, columns: H }).output;
  assertSameBits(
    fromRows(rowsOf(one).map((_, cell) => rowsOf(other)[(cell % W) * H + Math.floor(cell / W)]!)),
    one,
  );
});

test("by hand: 2 × 2 with equal scores is the mean of means, and more axes are more passes", () => {
  // All queries zero: every weight ½. Column means of (1, 2; 3, 6): 2 and 4; then every cell is 3. Summed:
  // column mean + row mean.
  const zero = (d: number): MultiHeadAttention =>
    new MultiHeadAttention({
      heads: [{ W_Q: matrix(d, 1), W_K: matrix(d, 1), W_V: identity(d) }],
      W_O: identity(d),
    });
  const X = fromRows([[1], [2], [3], [6]]);
  const run = (combine: CombineAxes): number[] => [
    ...new AxialAttention({ alongColumns: zero(1), alongRows: zero(1), combine }).forward(X, {
      rows: 2,
      columns: 2,
    }).output.data,
  ];
  assert.deepEqual(
    [run("columns then rows"), run("rows then columns"), run("sum")],
    [
      [3, 3, 3, 3],
      [3, 3, 3, 3],
      [3.5, 5.5, 6.5, 8.5],
    ],
  );
  // 2 × 2 × 2, the numbers 0 … 7: three passes of means make the mean of all, 3.5.
  const cube = [0, 1, 2].reduce(
    (Y, axis) => attendAlong(zero(1), { Q: Y, K: Y, V: Y, grid: [2, 2, 2], axis }).output,
    fromRows([[0], [1], [2], [3], [4], [5], [6], [7]]),
  );
  assert.deepEqual([...cube.data], Array(8).fill(3.5));
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => axial("both" as never),
    'AxialAttention: combine must be "columns then rows", "rows then columns" or "sum"; got both',
  );
  says(
    () => axial("sum").forward(matrix(15, 4), { rows: 4, columns: 4 }),
    "AxialAttention.forward: X must be (16, any); got (15, 4)",
  );
  says(
    () => axial("sum").forward(matrix(15, 3), { rows: 3, columns: 5 }),
    "MultiHeadAttention.forward: Q must be (any, 4); got (3, 3)",
  );
});
