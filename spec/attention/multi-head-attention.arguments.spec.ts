import assert from "node:assert/strict";
import test from "node:test";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose, assertSameBits, copyOf, normal } from "../support/values.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";

test("by hand: one head looks for the same word, one for the other, and W_O adds what they find", () => {
  // X = [[1, 0], [0, 1]]; d_k = 1, so √d_k = 1.
  // Head 1: Q = K = feature 0 times √(ln 3); S = [[ln 3, 0], [0, 0]]; A = [[3/4, 1/4], [1/2, 1/2]];
  //   V = feature 0 times 8 = [8, 0]: head_1 = [6, 4].
  // Head 2: Q = feature 0 times ln 3, K = feature 1; S = [[0, ln 3], [0, 0]]; A = [[1/4, 3/4], [1/2, 1/2]];
  //   V = feature 1 times 4 = [0, 4]: head_2 = [3, 2].
  // W_O = [[1, 0, 1], [0, 1, 1]], b_O = [0, 0, 10]: rows [6, 3, 6 + 3 + 10] and [4, 2, 4 + 2 + 10].
  const X = fromRows([
    [1, 0],
    [0, 1],
  ]);
  const column = (top: number, bottom: number) => fromRows([[top], [bottom]]);
  const root = Math.sqrt(Math.log(3));
  const multiHead = new MultiHeadAttention({
    heads: [
      { W_Q: column(root, 0), W_K: column(root, 0), W_V: column(8, 0) },
      { W_Q: column(Math.log(3), 0), W_K: column(0, 1), W_V: column(0, 4) },
    ],
    W_O: fromRows([
      [1, 0, 1],
      [0, 1, 1],
    ]),
    b_O: fromRows([[0, 0, 10]]),
  });
  const { output, weights } = multiHead.forward(X, X, X);
  assertClose(
    weights[0]!,
    [
      [0.75, 0.25],
      [0.5, 0.5],
    ],
    1e-6,
  );
  assertClose(
    weights[1]!,
    [
      [0.25, 0.75],
      [0.5, 0.5],
    ],
    1e-6,
  );
  assertClose(
    output,
    [
      [6, 3, 19],
      [4, 2, 16],
    ],
    1e-6,
  );
});

test("b_K moves no weight: it adds one number to a whole row of scores, and softmax does not feel it", () => {
  const head = (m: number) => ({
    W_Q: normal(3, 6, m),
    W_K: normal(4, 6, m + 2),
    W_V: normal(5, 7, m + 4),
    b_Q: normal(1, 6, m + 6),
    b_K: normal(1, 6, m + 8),
  });
  const [heads, W_O] = [[head(1), head(2)], normal(14, 9, 20)];
  const without = heads.map((some) => ({ ...some, b_K: undefined }));
  const [all, fewer] = [heads, without].map((some) =>
    new MultiHeadAttention({ heads: some, W_O }).forward(
      normal(2, 3, 21),
      normal(8, 4, 22),
      normal(8, 5, 23),
    ),
  );
  all!.weights.forEach((A, m) => assertClose(A, fewer!.weights[m]!, 2e-6));
  assertClose(all!.output, fewer!.output, 2e-6);
});

test("fresh ones: given widths, d_model for the rest, zero biases, one seed gives one result", () => {
  const shapes = (M: MultiHeadAttention): unknown => [
    M.heads.map(({ W_Q, W_K, W_V }) => [W_Q, W_K, W_V].map((W) => [W.rows, W.cols])),
    [M.W_O.rows, M.W_O.cols],
  ];
  assert.deepEqual(shapes(MultiHeadAttention.random({ d_model: 6, heads: 2 }, randomGenerator(1))), [
    [
      [
        [6, 3],
        [6, 3],
        [6, 3],
      ],
      [
        [6, 3],
        [6, 3],
        [6, 3],
      ],
    ],
    [6, 6],
  ]);
  const all = {
    d_model: 5,
    heads: 2,
    d_query: 3,
    d_key: 4,
    d_value: 6,
    d_k: 7,
    d_v: 8,
    d_out: 9,
    bias: true,
  };
  const fresh = MultiHeadAttention.random(all, randomGenerator(1));
  assert.deepEqual(shapes(fresh), [
    [
      [
        [3, 7],
        [4, 7],
        [6, 8],
      ],
      [
        [3, 7],
        [4, 7],
        [6, 8],
      ],
    ],
    [16, 9],
  ]);
  assertSameBits(fresh.b_O!, matrix(1, 9));
  assertSameBits(fresh.heads[1]!.b_V!, matrix(1, 8));
  assertSameBits(MultiHeadAttention.random(all, randomGenerator(1)).W_O, fresh.W_O);
  assert.notDeepEqual(fresh.heads[0], fresh.heads[1]);
  assert.equal(
    MultiHeadAttention.random({ d_model: 5, heads: 2, d_k: 3 }, randomGenerator(1)).b_O,
    undefined,
  );
});

test("inputs and parameters are left as they were", () => {
  const multiHead = MultiHeadAttention.random({ d_model: 6, heads: 2, bias: true }, randomGenerator(1));
  const all = [
    normal(3, 6, 1),
    normal(5, 6, 2),
    normal(5, 6, 3),
    multiHead.W_O,
    multiHead.b_O!,
    ...multiHead.heads.flatMap(({ W_Q, W_K, W_V }) => [W_Q, W_K, W_V]),
  ];
  const before = all.map(copyOf);
  multiHead.forward(all[0]!, all[1]!, all[2]!, { allow: (i, j) => i !== j }).output.data.fill(NaN);
  all.forEach((M, e) => assertSameBits(M, before[e]!));
});

test("errors name the argument and what was got", () => {
  const head = { W_Q: matrix(3, 2), W_K: matrix(4, 2), W_V: matrix(5, 6) };
  const multiHead = new MultiHeadAttention({ heads: [head, head], W_O: matrix(12, 7) });
  const [Q, K, V] = [normal(2, 3, 1), normal(9, 4, 2), normal(9, 5, 3)];
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string | RegExp): void =>
    assert.throws(run, { name, message });
  const narrow = { ...head, W_V: matrix(5, 4) };
  raises(
    () => new MultiHeadAttention({ heads: [], W_O: matrix(1, 1) }),
    "RangeError",
    "MultiHeadAttention: heads must hold at least 1 head; got 0",
  );
  raises(
    () => new MultiHeadAttention({ heads: [head, head], W_O: matrix(6, 7) }),
    "RangeError",
    "MultiHeadAttention: W_O must be (12, any); got (6, 7)",
  );
  raises(
    () => new MultiHeadAttention({ heads: [head], W_O: matrix(6, 7), b_O: matrix(1, 6) }),
    "RangeError",
    "MultiHeadAttention: b_O must be (1, 7); got (1, 6)",
  );
  raises(
    () => new MultiHeadAttention({ heads: [head, narrow], W_O: matrix(10, 7) }),
    "RangeError",
    "MultiHeadAttention: heads[1].W_V must be (5, 6); got (5, 4)",
  );
  raises(
    () => multiHead.forward(normal(2, 4, 1), K, V),
    "RangeError",
    "MultiHeadAttention.forward: Q must be (any, 3); got (2, 4)",
  );
  raises(
    () => multiHead.forward(Q, normal(9, 3, 1), V),
    "RangeError",
    "MultiHeadAttention.forward: K must be (any, 4); got (9, 3)",
  );
  raises(
    () => multiHead.forward(Q, K, normal(8, 5, 1)),
    "RangeError",
    "MultiHeadAttention.forward: V must be (9, 5); got (8, 5)",
  );
  raises(
    () => multiHead.forward(Q, K, normal(9, 4, 1)),
    "RangeError",
    "MultiHeadAttention.forward: V must be (9, 5); got (9, 4)",
  );
  raises(
    () => multiHead.forward(Q, null as never, V),
    "TypeError",
    "MultiHeadAttention.forward: K must be a Matrix { rows, cols, data }; got null",
  );
  raises(
    () => multiHead.forward(Q, K, V, { allow: [[true]] as never }),
    "TypeError",
    /^MultiHeadAttention\.forward: allow must be a function \(i, j, head\) => boolean; got object$/,
  );
  raises(
    () => multiHead.forward(Q, K, V, { bias: [normal(2, 9, 1)] }),
    "RangeError",
    "MultiHeadAttention.forward: bias.length must be an integer in [2, 2]; got 1",
  );
  raises(
    () => multiHead.forward(Q, K, V, { bias: [normal(2, 9, 1), normal(9, 2, 1)] }),
    "RangeError",
    "MultiHeadAttention.forward: bias[1] must be (2, 9); got (9, 2)",
  );
  raises(
    () => MultiHeadAttention.random({ d_model: 8, heads: 3 }, Math.random),
    "RangeError",
    /random: d_model must be a multiple of heads = 3 unless d_k is given; got 8$/,
  );
  raises(
    () => MultiHeadAttention.random({ d_model: 8, heads: 0 }, Math.random),
    "RangeError",
    "MultiHeadAttention.random: heads must be an integer ≥ 1; got 0",
  );
  raises(
    () => MultiHeadAttention.random({ d_model: 8, heads: 3, d_k: 2.5 }, Math.random),
    "RangeError",
    "randomHead: d_k must be an integer ≥ 1; got 2.5",
  );
});
