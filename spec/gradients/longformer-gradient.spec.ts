import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { LongformerOptions } from "../../lib/attention/longformer-attention.ts";
import type { Sees } from "../oracle/patterns.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { assertGradient, assertParameterGradients, differences, half } from "../support/differences.ts";
import { pairing } from "../support/differences.ts";
import { longformerGradient } from "../../lib/gradients/longformer-gradient.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { parameters } from "../../lib/models/parameters.ts";
import { sees } from "../oracle/patterns.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { sparseGradient } from "../../lib/gradients/sparse-gradient.ts";

const D = 4;

/** One set of projections with biases, d_k = 3 and d_v = 2. */
const setOf = (seed: number): AttentionHead => ({
  W_Q: half(D, 3, seed),
  W_K: half(D, 3, seed + 1),
  W_V: half(D, 2, seed + 2),
  b_Q: half(1, 3, seed + 3),
  b_K: half(1, 3, seed + 4),
  b_V: half(1, 2, seed + 5),
});

const attentionOf = (radius: number, causal: boolean): LongformerAttention =>
  new LongformerAttention({
    heads: [
      { local: setOf(10), global: setOf(20) },
      { local: setOf(30), global: setOf(40), dilation: 2 },
    ],
    W_O: half(4, 5, 50),
    b_O: half(1, 5, 51),
    radius,
    causal,
  });

/** Dense attention by predicate, once through each set; of each row the one of its set. */
function naiveLongformer(
  m: LongformerAttention,
  X: number[][],
  globals: number[],
  real: boolean[],
  bias?: readonly number[][][],
): number[][] {
  const heads = m.heads.map(({ local, global, dilation = 1 }, h) => {
    const near = sees.any(sees.window(m.radius, dilation), sees.globals(globals));
    const rule: Sees = (i, j) => real[i]! && real[j]! && near(i, j) && (!m.causal || j <= i);
    const [own, far] = [local, global].map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }) => {
      const [q, k] = [naiveLinear(X, rowsOf(W_Q), rowsOf(b_Q!)), naiveLinear(X, rowsOf(W_K), rowsOf(b_K!))];
      const v = naiveLinear(X, rowsOf(W_V), rowsOf(b_V!));
      const added = bias && { bias: bias[h]! };
      return naiveAttention(q, k, v, { scale: 1 / Math.sqrt(W_K.cols), allow: rule, ...added }).output;
    });
    return own!.map((row, i) => (globals.includes(i) ? far![i]! : row));
  });
  return naiveLinear(
    X.map((_, i) => heads.flatMap((O) => O[i]!)),
    rowsOf(m.W_O),
    rowsOf(m.b_O!),
  );
}

test("central differences of the oracle: any radius, globals, padding, causal, one head dilated", () => {
  const cases: readonly [number, number, boolean, number[], boolean[]][] = [
    [1, 0, false, [], [true]],
    [1, 2, false, [0], [true]],
    [5, 1, false, [2], [true, true, true, true, true]],
    [7, 1, true, [3, 0], [true, true, true, true, true, true, false]],
    [5, 9, false, [4], [true, false, true, true, true]],
  ];
  for (const [T, radius, causal, globals, real] of cases) {
    const attention = attentionOf(radius, causal);
    const [X, dY] = [normal(T, D, 1), normal(T, 5, 2)];
    const naive = (m: LongformerAttention, x: number[][]): number =>
      pairing(naiveLongformer(m, x, globals, real), rowsOf(dY));
    const back = longformerGradient(attention, X, dY, { globals, real });
    const what = `T ${T}, radius ${radius}, causal ${causal}`;
    assertGradient(back.dX, differences({ X: rowsOf(X) }, (x) => naive(attention, x.X)).X, `dX ${what}`);
    assertParameterGradients(back.parameters, attention, (m) => naive(m, rowsOf(X)), what);
  }
});

test("with one set of weights for both and no dilation it is the sparse gradient; the set's two parts " +
  "add up", () => {
  const [a, b] = [setOf(10), setOf(30)];
  const [W_O, b_O] = [half(4, 5, 50), half(1, 5, 51)];
  const heads = [a, b].map((head) => ({ local: head, global: head }));
  const long = new LongformerAttention({ heads, W_O, b_O, radius: 1 });
  const [X, dY] = [normal(7, D, 1), normal(7, 5, 2)];
  const one = longformerGradient(long, X, dY, { globals: [2, 5] });
  const graph = long.graph(7, { globals: [2, 5] });
  const sparse = sparseGradient(
    new SparseAttention({ heads: [a, b], W_O, b_O }),
    { Q: X, K: X, V: X, graph },
    dY,
  );
  assertClose(one.dX, add(add(sparse.dQ, sparse.dK), sparse.dV), 2e-6);
  one.parameters.heads.forEach(({ local, global }, m) => {
    const whole = parameters(sparse.parameters.heads[m]!);
    const far = parameters(global);
    parameters(local).forEach((M, name) => {
      const sum = rowsOf(M).map((row, i) => row.map((x, c) => x + rowsOf(far.get(name)!)[i]![c]!));
      assertClose(whole.get(name)!, sum, 2e-6, name);
    });
  });
});

test("without globals the global set gets zeros; padding is not read; errors say who, what and why", () => {
  const attention = attentionOf(1, false);
  const [X, dY] = [normal(7, D, 1), normal(7, 5, 2)];
  longformerGradient(attention, X, dY).parameters.heads.forEach(({ global }) =>
    parameters(global).forEach((M, name) => assertSameBits(M, matrix(M.rows, M.cols), name)),
  );
  const options: LongformerOptions = { globals: [0], real: [true, true, true, true, true, false, true] };
  const clean = longformerGradient(attention, X, poison(dY, 5, 0), options);
  const dirty = longformerGradient(attention, poison(X, 5, NaN), poison(dY, 5, 0), options);
  assertSameBits(dirty.dX, clean.dX);
  const found = parameters(dirty.parameters);
  parameters(clean.parameters).forEach((M, name) => assertSameBits(found.get(name)!, M, name));
  assert.deepEqual(rowsOf(clean.dX)[5], [0, 0, 0, 0]);
  assert.throws(() => longformerGradient(attention, X, matrix(7, 4)), {
    message: "longformerGradient: dY must be (7, 5); got (7, 4)",
  });
  assert.throws(() => longformerGradient(attention, matrix(7, 3), dY), {
    message: "longformerGradient: X must be (any, 4); got (7, 3)",
  });
  assert.throws(() => longformerGradient(attention, X, dY, { mask: 1 } as never), {
    message: "longformerGradient: options must be a record { globals, real, bias }; got mask",
  });
});

test("a bias: dX and dB against central differences, of local rows and of global ones", () => {
  const attention = attentionOf(1, false);
  const T = 6;
  const [X, dY] = [half(T, D, 60), half(T, 5, 61)];
  const [globals, real] = [[2], [true, true, true, true, true, false]];
  const tables = [0, 1].map((m) => rowsOf(half(T, T, 70 + m)));
  const bias = (i: number, j: number, head: number): number => tables[head]![i]![j]!;
  const { dX, dB } = longformerGradient(attention, X, dY, { globals, real, bias });
  const loss = (x: number[][], B: readonly number[][][]): number =>
    pairing(naiveLongformer(attention, x, globals, real, B), rowsOf(dY));
  assertGradient(dX, differences({ X: rowsOf(X) }, (x) => loss(x.X, tables)).X, "dX");
  const expected = differences({ 0: tables[0]!, 1: tables[1]! }, (B) => loss(rowsOf(X), [B[0]!, B[1]!]));
  dB.forEach((own, m) => {
    assertGradient(toDense(own), expected[m as 0 | 1]!, `dB of head ${m}`);
    assert.ok(toDense(own).data.subarray(2 * T, 3 * T).some((x) => x !== 0), "the global row among them");
  });
});
