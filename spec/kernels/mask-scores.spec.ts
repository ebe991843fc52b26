import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, normal } from "../support/values.ts";
import { causal, maskScores } from "../../lib/kernels/mask-scores.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";

const N = -Infinity;

test("−∞ wherever it is not allowed, the score elsewhere", () => {
  const S = fromRows([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assertSameBits(
    maskScores(S, { allow: (i, j) => i !== 0 || j !== 2 }),
    fromRows([
      [1, 2, N],
      [4, 5, 6],
    ]),
  );
  assertSameBits(
    maskScores(S, { allow: () => false }),
    fromRows([
      [N, N, N],
      [N, N, N],
    ]),
  );
  assertSameBits(
    S,
    fromRows([
      [1, 2, 3],
      [4, 5, 6],
    ]),
    "the input",
  );
});

test("a bias is added; what is hidden is −∞ whatever stood there", () => {
  const bias = fromRows([
    [10, NaN],
    [30, Infinity],
  ]);
  assertSameBits(
    maskScores(
      fromRows([
        [1, 2],
        [NaN, 4],
      ]),
      { bias, allow: (i, j) => i === j && i === 0 },
    ),
    fromRows([
      [11, N],
      [N, N],
    ]),
  );
  assertSameBits(
    maskScores(fromRows([[1, 2]]), { bias: fromRows([[0.5, N]]) }),
    fromRows([[1.5, N]]),
  );
});

test("without options the scores themselves", () => {
  const S = normal(2, 3, 1);
  assert.equal(maskScores(S, {}), S);
  assert.equal(maskScores(S), S);
  assert.equal(maskScores(S, { allow: undefined, bias: undefined }), S);
});

test("allow is asked once a cell, in row-major order, with the head", () => {
  const asked: number[][] = [];
  maskScores(matrix(2, 3), { allow: (...cell) => asked.push(cell) > 0 }, 5);
  assert.deepEqual(asked, [
    [0, 0, 5],
    [0, 1, 5],
    [0, 2, 5],
    [1, 0, 5],
    [1, 1, 5],
    [1, 2, 5],
  ]);
});

test("causal: offset 0 is top-left, −1 strictly before, n_k − n_q lines up the ends", () => {
  const seen = (offset: number | undefined, n_q: number, n_k: number): string[] =>
    Array.from({ length: n_q }, (_, i) =>
      Array.from({ length: n_k }, (_, j) => (causal(offset)(i, j, 0) ? "x" : ".")).join(""),
    );
  assert.deepEqual(seen(undefined, 3, 4), ["x...", "xx..", "xxx."]);
  assert.deepEqual(seen(-1, 3, 3), ["...", "x..", "xx."]);
  assert.deepEqual(seen(4 - 2, 2, 4), ["xxx.", "xxxx"]);
});

test("errors say who, what and why", () => {
  assert.throws(() => maskScores(matrix(2, 3), { bias: matrix(3, 2) }), {
    name: "RangeError",
    message: "maskScores: bias must be (2, 3); got (3, 2)",
  });
  assert.throws(() => maskScores(matrix(2, 3), { allow: [true] as never }), {
    name: "TypeError",
    message: "maskScores: allow must be a function (i, j, head) => boolean; got object",
  });
  assert.throws(() => causal("1" as never), {
    name: "TypeError",
    message: "causal: offset must be a number; got string",
  });
  assert.throws(() => causal(0.5), {
    name: "RangeError",
    message: "causal: offset must be an integer; got 0.5",
  });
});
