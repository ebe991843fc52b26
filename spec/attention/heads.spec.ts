import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { assertSameBits, at, normal, rowsOf } from "../support/values.ts";
import { checkHead, checkHeads, fuseHeads, randomHead, randomProjection } from "../../lib/attention/heads.ts";
import { splitHeads, zeroBias } from "../../lib/attention/heads.ts";
import { fromFunction, matrix, randomGenerator } from "../../lib/matrix.ts";

const names = ["W_Q", "W_K", "W_V", "b_Q", "b_K", "b_V"] as const;

/** h heads of d_query 5, d_key 7, d_value 4, d_k 3, d_v 2, all different. */
function someHeads(h: number, bias: boolean): AttentionHead[] {
  return Array.from({ length: h }, (_, m) => ({
    W_Q: normal(5, 3, 10 * m + 1),
    W_K: normal(7, 3, 10 * m + 2),
    W_V: normal(4, 2, 10 * m + 3),
    ...(bias && {
      b_Q: normal(1, 3, 10 * m + 4),
      b_K: normal(1, 3, 10 * m + 5),
      b_V: normal(1, 2, 10 * m + 6),
    }),
  }));
}

function assertSameHead(actual: AttentionHead, expected: AttentionHead, message: string): void {
  for (const name of names) {
    assert.equal(actual[name] === undefined, expected[name] === undefined, `${message}: ${name} present`);
    if (expected[name] !== undefined) assertSameBits(actual[name]!, expected[name], `${message}: ${name}`);
  }
}

test("fuse and split undo each other to the bit", () => {
  for (const h of [1, 2, 3, 7]) {
    for (const bias of [false, true]) {
      const heads = someHeads(h, bias);
      const fused = fuseHeads(heads);
      const shapes = [fused.W_Q, fused.W_K, fused.W_V].map((M) => [M.rows, M.cols]);
      assert.deepEqual(shapes, [
        [5, 3 * h],
        [7, 3 * h],
        [4, 2 * h],
      ]);
      splitHeads(fused, h).forEach((head, m) => assertSameHead(head, heads[m]!, `head ${m} of ${h}`));
      assertSameHead(fuseHeads(splitHeads(fused, h)), fused, `${h} heads fused again`);
    }
  }
});

test("head m owns the columns m·d_k … (m+1)·d_k − 1 and m·d_v … (m+1)·d_v − 1", () => {
  const column = (rows: number, cols: number): Matrix => fromFunction(rows, cols, (_, c) => c);
  const heads = splitHeads(
    {
      W_Q: column(2, 6),
      W_K: column(3, 6),
      W_V: column(4, 9),
      b_Q: column(1, 6),
      b_K: column(1, 6),
      b_V: column(1, 9),
    },
    3,
  );
  assert.deepEqual(
    heads.map(({ W_Q }) => rowsOf(W_Q)[1]),
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  );
  assert.deepEqual(
    heads.map(({ W_K }) => rowsOf(W_K)[2]),
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
  );
  assert.deepEqual(
    heads.map(({ W_V }) => rowsOf(W_V)[3]),
    [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
    ],
  );
  assert.deepEqual(
    heads.map(({ b_Q }) => rowsOf(b_Q!)),
    [[[0, 1]], [[2, 3]], [[4, 5]]],
  );
  assert.deepEqual(
    heads.map(({ b_K }) => rowsOf(b_K!)),
    [[[0, 1]], [[2, 3]], [[4, 5]]],
  );
  assert.deepEqual(
    heads.map(({ b_V }) => rowsOf(b_V!)),
    [[[0, 1, 2]], [[3, 4, 5]], [[6, 7, 8]]],
  );
});

test("splitting copies: writing into a head leaves the fused matrices alone", () => {
  const fused = fuseHeads(someHeads(2, false));
  const before = at(fused.W_Q, 0, 0);
  splitHeads(fused, 2)[0]!.W_Q.data.fill(99);
  assert.equal(at(fused.W_Q, 0, 0), before);
});

test("a bias may be given for some of the projections", () => {
  const [head] = splitHeads({ ...fuseHeads(someHeads(2, false)), b_V: normal(1, 4, 9) }, 2);
  assert.deepEqual(
    names.map((name) => head![name] !== undefined),
    [true, true, true, false, false, true],
  );
});

test("fresh projections: within Glorot's bound, filling it, repeatable; biases are zero or absent", () => {
  const [d_in, d_out] = [40, 56];
  const bound = Math.sqrt(6 / (d_in + d_out)); // 0.25
  const W = randomProjection(d_in, d_out, randomGenerator(1));
  assert.deepEqual([W.rows, W.cols], [d_in, d_out]);
  const [low, high] = [Math.min(...W.data), Math.max(...W.data)];
  assert.ok(low >= -bound && low < -0.99 * bound && high <= bound && high > 0.99 * bound, `${low} … ${high}`);
  const variance = W.data.reduce((sum, w) => sum + w * w, 0) / W.data.length;
  assert.ok(
    Math.abs(variance / (2 / (d_in + d_out)) - 1) < 0.05,
    `variance ${variance}, Glorot's 2 / (d_in + d_out) = ${2 / (d_in + d_out)}`,
  );
  assertSameBits(randomProjection(d_in, d_out, randomGenerator(1)), W);

  const plain = randomHead({ d_query: 5, d_k: 3 }, randomGenerator(2));
  assert.deepEqual(
    [plain.W_Q, plain.W_K, plain.W_V].map((M) => [M.rows, M.cols]),
    [
      [5, 3],
      [5, 3],
      [5, 3],
    ],
  );
  assert.equal(plain.b_Q ?? plain.b_K ?? plain.b_V, undefined);
  assert.notDeepEqual(plain.W_Q, plain.W_K);
  const wide = randomHead(
    { d_query: 5, d_key: 7, d_value: 4, d_k: 3, d_v: 2, bias: true },
    randomGenerator(2),
  );
  assert.deepEqual(
    [wide.W_Q, wide.W_K, wide.W_V].map((M) => [M.rows, M.cols]),
    [
      [5, 3],
      [7, 3],
      [4, 2],
    ],
  );
  assertSameBits(wide.b_Q!, matrix(1, 3));
  assertSameBits(wide.b_K!, matrix(1, 3));
  assertSameBits(wide.b_V!, matrix(1, 2));
});

test("errors name the matrix and what was got", () => {
  const fused = fuseHeads(someHeads(2, true));
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string | RegExp): void =>
    assert.throws(run, { name, message });
  raises(
    () => splitHeads(fused, 4),
    "RangeError",
    "splitHeads: fused.W_Q must have a multiple of heads = 4 columns; got 6",
  );
  raises(
    () => splitHeads({ ...fused, W_V: matrix(4, 5), b_V: undefined }, 2),
    "RangeError",
    "splitHeads: fused.W_V must have a multiple of heads = 2 columns; got 5",
  );
  raises(() => splitHeads(fused, 0), "RangeError", "splitHeads: heads must be an integer ≥ 1; got 0");
  raises(
    () => splitHeads({ ...fused, W_K: matrix(7, 8) }, 2),
    "RangeError",
    "splitHeads: fused.W_K must be (any, 6); got (7, 8)",
  );
  raises(
    () => splitHeads({ ...fused, b_Q: matrix(2, 6) }, 2),
    "RangeError",
    "splitHeads: fused.b_Q must be (1, 6); got (2, 6)",
  );
  raises(
    () => splitHeads(undefined as never, 2),
    "TypeError",
    "splitHeads: fused must be a record { W_Q, W_K, W_V }; got undefined",
  );

  const [first, second] = someHeads(2, true);
  const holed = [first, first];
  delete holed[1];
  raises(
    () => fuseHeads(holed as never),
    "TypeError",
    "fuseHeads: heads[1] must be a record { W_Q, W_K, W_V }; got undefined",
  );
  raises(() => zeroBias(1.5), "RangeError", "zeroBias: d must be an integer ≥ 0; got 1.5");
  raises(() => fuseHeads([]), "RangeError", "fuseHeads: heads must hold at least 1 head; got 0");
  raises(
    () => fuseHeads(first as never),
    "TypeError",
    "fuseHeads: heads must be an array of records { W_Q, W_K, W_V }; got object",
  );
  raises(
    () => fuseHeads([first!, { ...second!, b_K: undefined }]),
    "RangeError",
    "fuseHeads: b_K must be in every head or in none; got it in 1 of 2",
  );
  raises(
    () => fuseHeads([first!, { ...second!, W_V: matrix(4, 3), b_V: undefined }]),
    "RangeError",
    "fuseHeads: heads[1].W_V must be (4, 2); got (4, 3)",
  );

  raises(
    () => checkHead("f", "head", { ...first!, b_K: matrix(1, 2) }),
    "RangeError",
    "f: head.b_K must be (1, 3); got (1, 2)",
  );
  raises(
    () => checkHead("f", "head", { ...first!, b_V: matrix(1, 3) }),
    "RangeError",
    "f: head.b_V must be (1, 2); got (1, 3)",
  );
  raises(
    () => checkHeads("f", [first!, { ...second!, W_Q: matrix(6, 3) }]),
    "RangeError",
    "f: heads[1].W_Q must be (5, 3); got (6, 3)",
  );
  raises(
    () => checkHeads("f", [first!, { ...second!, W_K: matrix(6, 3) }]),
    "RangeError",
    "f: heads[1].W_K must be (7, 3); got (6, 3)",
  );
  raises(
    () => randomProjection(0, 3, Math.random),
    "RangeError",
    "randomProjection: d_in must be an integer ≥ 1; got 0",
  );
  raises(
    () => randomProjection(3, 1.5, Math.random),
    "RangeError",
    "randomProjection: d_out must be an integer ≥ 1; got 1.5",
  );
  for (const name of ["d_query", "d_key", "d_value", "d_k", "d_v"]) {
    raises(
      () => randomHead({ d_query: 2, d_k: 3, [name]: NaN }, Math.random),
      "RangeError",
      `randomHead: ${name} must be an integer ≥ 1; got NaN`,
    );
  }
});
