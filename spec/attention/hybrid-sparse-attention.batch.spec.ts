import assert from "node:assert/strict";
import test from "node:test";
import type { HybridWeights } from "../../lib/attention/hybrid-sparse-attention.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { READINGS, oneHead } from "../oracle/naive-hybrid.ts";
import { assertSameBits, copyOf, normal, poison, rowsOf } from "../support/values.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";

const parameters = MultiHeadAttention.random(
  { d_model: 6, heads: 2, d_k: 4, d_v: 3, d_out: 5, bias: true },
  randomGenerator(1),
);
const batch: [Matrix, number[] | boolean[]][] = [
  [normal(13, 6, 2), [7, 0, 4]],
  [normal(13, 6, 3), []],
  [normal(13, 6, 4), Array.from({ length: 13 }, (_, t) => t % 6 === 5)],
  [normal(7, 6, 5), [0, 1, 2, 3, 4, 5, 6]],
  [normal(1, 6, 6), [0]],
];

function assertSameResult(
  actual: { output: Matrix; weights: HybridWeights[] },
  expected: { output: Matrix; weights: HybridWeights[] },
  message: string,
): void {
  assertSameBits(actual.output, expected.output, `${message}: output`);
  actual.weights.forEach((part, m) => {
    for (const name of ["w_local", "w_global", "globalRows"] as const) {
      assertSameBits(part[name], expected.weights[m]![name], `${message}: ${name} of head ${m}`);
    }
    assert.deepEqual(part.globals, expected.weights[m]!.globals);
  });
}

test("forwardBatch is forward on each sequence, to the bit, in every reading: unequal lengths, unequal " +
  "globals, none and all", () => {
  for (const reading of READINGS) {
    const hybrid = new HybridSparseAttention({ ...parameters, radius: 2, reading });
    const together = hybrid.forwardBatch(
      batch.map(([X]) => X),
      batch.map(([, globals]) => globals),
    );
    assert.equal(together.length, batch.length);
    batch.forEach(([X, globals], b) =>
      assertSameResult(together[b]!, hybrid.forward(X, globals), `${Object.values(reading)}, sequence ${b}`),
    );
  }
  assert.deepEqual(new HybridSparseAttention({ ...parameters, radius: 2 }).forwardBatch([], []), []);
});

test("a NaN in one sequence does not reach another, even as its global token", () => {
  const hybrid = new HybridSparseAttention({ ...parameters, radius: 2 });
  const clean = hybrid.forwardBatch(
    batch.map(([X]) => X),
    batch.map(([, globals]) => globals),
  );
  const sick = hybrid.forwardBatch(
    batch.map(([X], b) => (b === 0 ? poison(X, 7, NaN) : X)),
    batch.map(([, globals]) => globals),
  );
  assert.ok(sick[0]!.output.data.every(Number.isNaN), "token 7 is global: its own sequence is lost");
  for (const b of [1, 2, 3, 4]) assertSameResult(sick[b]!, clean[b]!, `sequence ${b}`);
});

test("room for more global tokens changes no bit, and is dropped from the weights", () => {
  const [Q, K, V] = [normal(7, 3, 1), normal(7, 3, 2), normal(7, 5, 3)];
  for (const maxG of [2, 3, 50]) {
    const { output, weights } = oneHead(1).attend(Q, K, V, [5, 2], maxG);
    const alone = oneHead(1).attend(Q, K, V, [5, 2]);
    assertSameResult(
      { output, weights: [weights] },
      { output: alone.output, weights: [alone.weights] },
      `maxG ${maxG}`,
    );
  }
  assert.ok(
    oneHead(0)
      .attend(Q, poison(K, 3, NaN), V, [], 4)
      .output.data.slice(0, 5)
      .every(Number.isFinite),
    "no globals: padding has no score at all",
  );
});

test("nothing given is changed", () => {
  const reading = { ...HybridSparseAttention.LITERAL };
  const hybrid = new HybridSparseAttention({ ...parameters, radius: 2, reading });
  const globals = [[4, 1], [0]];
  const all = [
    normal(7, 6, 1),
    normal(5, 6, 2),
    parameters.W_O,
    parameters.b_O!,
    ...parameters.heads.flatMap(({ W_Q, W_K, W_V }) => [W_Q, W_K, W_V]),
  ];
  const before = all.map(copyOf);
  const [first] = hybrid.forwardBatch(all.slice(0, 2), globals);
  first!.output.data.fill(NaN);
  const map = hybrid.fullAttention(first!.weights[0]!);
  map.data.fill(NaN);
  assert.ok(
    first!.weights[0]!.w_local.data.every((w) => !Number.isNaN(w)),
    "writing into the map leaves its parts alone",
  );
  all.forEach((M, e) => assertSameBits(M, before[e]!));
  assert.deepEqual([globals, reading], [[[4, 1], [0]], HybridSparseAttention.LITERAL]);
});

test("errors name the argument and what was got", () => {
  const I = identity(3);
  const head = { W_Q: I, W_K: I, W_V: matrix(3, 2) };
  const make = (change: object): HybridSparseAttention =>
    new HybridSparseAttention({ heads: [head, head], W_O: matrix(4, 5), radius: 1, ...change });
  const raises = (run: () => unknown, name: "RangeError" | "TypeError", message: string): void =>
    assert.throws(run, { name, message });
  raises(
    () => make({ heads: [] }),
    "RangeError",
    "HybridSparseAttention: heads must hold at least 1 head; got 0",
  );
  raises(
    () => make({ W_O: matrix(3, 5) }),
    "RangeError",
    "HybridSparseAttention: W_O must be (4, any); got (3, 5)",
  );
  raises(
    () => make({ b_O: matrix(1, 4) }),
    "RangeError",
    "HybridSparseAttention: b_O must be (1, 5); got (1, 4)",
  );
  raises(
    () => make({ radius: 1.5 }),
    "RangeError",
    "HybridSparseAttention: radius must be an integer ≥ 0; got 1.5",
  );
  raises(
    () => make({ reading: { edges: "wrap" } }),
    "RangeError",
    'HybridSparseAttention: reading.edges must be "cut" or "zero"; got wrap',
  );
  raises(
    () => make({ reading: { repeated: 2 } }),
    "RangeError",
    'HybridSparseAttention: reading.repeated must be "once" or "twice"; got 2',
  );
  raises(
    () => make({ reading: { globalRows: "none" } }),
    "RangeError",
    'HybridSparseAttention: reading.globalRows must be "all" or "window"; got none',
  );
  const [Q, K, V] = [normal(7, 3, 1), normal(7, 3, 2), normal(7, 2, 3)];
  raises(
    () => make({}).attend(normal(6, 3, 1), K, V),
    "RangeError",
    "HybridSparseAttention.attend: Q must be (7, 3); got (6, 3)",
  );
  raises(
    () => make({}).attend(Q, K, normal(6, 2, 1)),
    "RangeError",
    "HybridSparseAttention.attend: V must be (7, any); got (6, 2)",
  );
  raises(
    () => make({}).attend(matrix(7, 0), matrix(7, 0), V),
    "RangeError",
    "HybridSparseAttention.attend: K.cols must be an integer ≥ 1; got 0",
  );
  raises(
    () => make({}).attend(Q, null as never, V),
    "TypeError",
    "HybridSparseAttention.attend: K must be a Matrix { rows, cols, data }; got null",
  );
  raises(
    () => make({}).attend(Q, K, V, [7]),
    "RangeError",
    "HybridSparseAttention.attend: globals[0] must be an integer in [0, 6]; got 7",
  );
  raises(
    () => make({}).attend(Q, K, V, [3, 3]),
    "RangeError",
    "HybridSparseAttention.attend: globals must name each token once; got 3 twice",
  );
  raises(
    () => make({}).attend(Q, K, V, [true]),
    "RangeError",
    "HybridSparseAttention.attend: globals as a mask must hold 7 booleans, one for each row; got 1",
  );
  raises(
    () => make({}).attend(Q, K, V, [3, 1], 1),
    "RangeError",
    "HybridSparseAttention.attend: maxG must be an integer ≥ 2; got 1",
  );
  raises(
    () => make({}).forward(normal(7, 4, 1)),
    "RangeError",
    "HybridSparseAttention.forward: X must be (any, 3); got (7, 4)",
  );
  const narrow = { ...head, W_V: matrix(2, 2) };
  raises(
    () => make({ heads: [narrow, narrow] }).forward(Q),
    "RangeError",
    "HybridSparseAttention.forward: X must be (any, 2); got (7, 3)",
  );
  raises(
    () => make({}).forwardBatch([Q, Q], [[1]]),
    "RangeError",
    "HybridSparseAttention.forwardBatch: globals.length must be an integer in [2, 2]; got 1",
  );
  raises(
    () => make({}).forwardBatch([Q], [[9]]),
    "RangeError",
    "HybridSparseAttention.forwardBatch, sequence 0: globals[0] must be an integer in [0, 6]; got 9",
  );
  assert.deepEqual(rowsOf(make({}).forward(fromRows([[1, 2, 3]]), [0]).output), [[0, 0, 0, 0, 0]]);
});
