import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { concatRows, gatherRows, maskRows, repeatRows, replaceRows } from "../../lib/kernels/rows.ts";
import { scatterRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { gatherGlobal } from "../../lib/kernels/gather-global.ts";

test("one under the other, in order, of any heights", () => {
  assertSameBits(
    concatRows([
      fromRows([[1, 2]]),
      matrix(0, 2),
      fromRows([
        [3, 4],
        [5, 6],
      ]),
    ]),
    fromRows([
      [1, 2],
      [3, 4],
      [5, 6],
    ]),
  );
  const parts = [normal(2, 5, 1), normal(7, 5, 2)];
  assertSameBits(concatRows(parts), fromRows(parts.flatMap(rowsOf)));
  assertSameBits(concatRows([matrix(2, 0), matrix(3, 0)]), matrix(5, 0));
});

test("errors say who, what and why", () => {
  assert.throws(() => concatRows(matrix(1, 1) as never), {
    name: "TypeError",
    message: "concatRows: parts must be an array of matrices; got object",
  });
  assert.throws(() => concatRows([null as never]), {
    name: "TypeError",
    message: "concatRows: parts[0] must be a Matrix { rows, cols, data }; got null",
  });
  assert.throws(() => concatRows([]), {
    name: "RangeError",
    message: "concatRows: parts must hold at least 1 matrix; got 0",
  });
  assert.throws(() => concatRows([matrix(2, 3), matrix(3, 2)]), {
    name: "RangeError",
    message: "concatRows: parts[1] must be (any, 3); got (3, 2)",
  });
});

test("rows start to end − 1, as a view", () => {
  const A = normal(7, 5, 1);
  for (const [start, end] of [
    [0, 7],
    [0, 3],
    [3, 7],
    [2, 3],
    [4, 4],
  ] as const) {
    const B = sliceRows(A, start, end);
    assertSameBits(B, matrix(end - start, 5, rowsOf(A).slice(start, end).flat()));
    assert.equal(B.data.buffer, A.data.buffer);
  }
});

test("a view of a view counts from the view", () => {
  assertSameBits(sliceRows(sliceRows(fromRows([[1], [2], [3], [4]]), 1, 4), 1, 2), fromRows([[3]]));
});

test("errors say who, what and why", () => {
  assert.throws(() => sliceRows(matrix(3, 2), 0, 4), {
    name: "RangeError",
    message: "sliceRows: end must be an integer in [0, 3]; got 4",
  });
  assert.throws(() => sliceRows(matrix(3, 2), 2, 1), {
    name: "RangeError",
    message: "sliceRows: start must be an integer in [0, 1]; got 2",
  });
});

const E = fromRows([
  [1, 2, 3],
  [4, 5, 6],
  [7, NaN, 9],
  [-0, 0, Infinity],
]);

test("rows in the order asked for, as often as asked for", () => {
  const before = E.data.slice();
  assertSameBits(
    gatherRows(E, [1, 3, 1, 0]),
    fromRows([
      [4, 5, 6],
      [-0, 0, Infinity],
      [4, 5, 6],
      [1, 2, 3],
    ]),
  );
  assertSameBits(gatherRows(E, [2]), fromRows([[7, NaN, 9]]));
  assertSameBits(gatherRows(E, []), matrix(0, 3));
  assertSameBits(gatherRows(matrix(2, 0), [1, 1, 1]), matrix(3, 0));
  gatherRows(E, [0]).data.fill(9);
  assert.deepEqual(E.data, before, "a copy, not a view");
});

test("errors say who, what and why", () => {
  assert.throws(() => gatherRows(E, [0, 4]), {
    name: "RangeError",
    message: "gatherRows: places[1] must be an integer in [0, 3]; got 4",
  });
  assert.throws(() => gatherRows(E, [-1]), {
    name: "RangeError",
    message: "gatherRows: places[0] must be an integer in [0, 3]; got -1",
  });
  assert.throws(() => gatherRows(E, [0.5]), {
    name: "RangeError",
    message: "gatherRows: places[0] must be an integer in [0, 3]; got 0.5",
  });
  assert.throws(() => gatherRows(E, [, 1] as never), {
    name: "TypeError",
    message: "gatherRows: places[0] must be a number; got undefined",
  }); // a hole
  assert.throws(() => gatherRows(E, 1 as never), {
    name: "TypeError",
    message: "gatherRows: places must be an array of numbers; got 1",
  });
});

test("all rows, then all rows again", () => {
  const A = fromRows([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.deepEqual(
    repeatRows(A, 3),
    fromRows([
      [1, 2, 3],
      [4, 5, 6],
      [1, 2, 3],
      [4, 5, 6],
      [1, 2, 3],
      [4, 5, 6],
    ]),
  );
  assert.deepEqual(repeatRows(A, 1), A);
  assert.notEqual(repeatRows(A, 1).data, A.data);
  assert.deepEqual(repeatRows(A, 0), matrix(0, 3));
  assert.deepEqual(repeatRows(matrix(0, 3), 5), matrix(0, 3));
});

test("errors say who, what and why", () => {
  assert.throws(() => repeatRows(matrix(1, 1), 1.5), {
    name: "RangeError",
    message: "repeatRows: times must be an integer ≥ 0; got 1.5",
  });
  assert.throws(() => repeatRows(3 as never, 1), {
    name: "TypeError",
    message: "repeatRows: A must be a Matrix { rows, cols, data }; got 3",
  });
});

test("the rows named, in the order named; the others stay; a copy", () => {
  const X = fromRows([
    [1, 2],
    [3, 4],
    [5, 6],
    [7, 8],
  ]);
  assertSameBits(
    replaceRows(
      X,
      [3, 1],
      fromRows([
        [10, 20],
        [30, 40],
      ]),
    ),
    fromRows([
      [1, 2],
      [30, 40],
      [5, 6],
      [10, 20],
    ]),
  );
  assertSameBits(replaceRows(X, [], matrix(0, 2)), X);
  assert.notEqual(replaceRows(X, [], matrix(0, 2)).data, X.data);
  assertSameBits(
    X,
    fromRows([
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ]),
  );
  assertSameBits(replaceRows(matrix(0, 3), [], matrix(0, 3)), matrix(0, 3));
  assertSameBits(replaceRows(matrix(2, 0), [1], matrix(1, 0)), matrix(2, 0));
});

test("what was gathered goes back where it was, and a NaN that is replaced is gone", () => {
  const X = normal(7, 5, 1);
  assertSameBits(replaceRows(poison(poison(X, 2, NaN), 6, NaN), [6, 2], gatherGlobal(X, [6, 2])), X);
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(
    () => replaceRows(matrix(4, 2), [4], matrix(1, 2)),
    "replaceRows: places[0] must be an integer in [0, 3]; got 4",
  );
  assert.throws(() => replaceRows(matrix(4, 2), [, 1] as never, matrix(2, 2)), {
    name: "TypeError",
    message: "replaceRows: places[0] must be a number; got undefined",
  });
  raises(() => replaceRows(matrix(4, 2), [1], matrix(2, 2)), "replaceRows: R must be (1, 2); got (2, 2)");
  raises(() => replaceRows(matrix(4, 2), [1], matrix(1, 3)), "replaceRows: R must be (1, 2); got (1, 3)");
});

test("rows that are kept are the same bits, the others zero, also where they held NaN", () => {
  const A = fromRows([
    [1, -0],
    [NaN, 4],
    [5, Infinity],
    [-NaN, 8],
  ]);
  const before = A.data.slice();
  assertSameBits(
    maskRows(A, (i) => i % 2 === 0),
    fromRows([
      [1, -0],
      [0, 0],
      [5, Infinity],
      [0, 0],
    ]),
  );
  assertSameBits(
    maskRows(A, () => true),
    A,
  );
  assertSameBits(
    maskRows(A, () => false),
    matrix(4, 2),
  );
  assert.deepEqual(
    maskRows(matrix(0, 2), () => true),
    matrix(0, 2),
  );
  assert.deepEqual(A.data, before);
});

test("errors say who, what and why", () => {
  assert.throws(() => maskRows(matrix(1, 1), [true] as never), {
    name: "TypeError",
    message: "maskRows: keep must be a function (i) => boolean; got object",
  });
  assert.throws(() => maskRows(null as never, () => true), {
    name: "TypeError",
    message: "maskRows: A must be a Matrix { rows, cols, data }; got null",
  });
});

test("scatterRows: what gatherRows took, given back; places that occur twice add up", () => {
  const R = fromRows([[1, 2], [10, 20], [100, 200]]);
  assert.deepEqual(rowsOf(scatterRows(4, [2, 0, 2], R)), [[10, 20], [0, 0], [101, 202], [0, 0]]);
  assert.deepEqual(rowsOf(scatterRows(2, [], matrix(0, 3))), [[0, 0, 0], [0, 0, 0]]);
  const places = [3, 1, 4];
  assert.deepEqual(rowsOf(gatherRows(scatterRows(5, places, R), places)), rowsOf(R));
  assert.throws(() => scatterRows(2, [2], matrix(1, 1)), {
    message: "scatterRows: places[0] must be an integer in [0, 1]; got 2",
  });
  assert.throws(
    () => scatterRows(2, [0], matrix(2, 1)),
    { message: "scatterRows: R must be (1, any); got (2, 1)" },
  );
});
