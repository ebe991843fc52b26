import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { LongformerHead, LongformerOptions } from "../../lib/attention/longformer-attention.ts";
import type { Rows } from "../oracle/naive.ts";
import type { Sees } from "../oracle/patterns.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { assertClose, assertSameBits, assertSameRows, normal, poison, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { below, sees, upTo } from "../oracle/patterns.ts";
import { fromRows, identity, matrix, randomGenerator } from "../../lib/matrix.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { randomHead } from "../../lib/attention/heads.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { union } from "../../lib/graph/algebra.ts";

/** A head with biases that are not zero, and two sets that differ. */
function headOf(seed: number, dilation?: number): LongformerHead {
  const fresh = (s: number): AttentionHead => {
    const head = randomHead({ d_query: 6, d_k: 3, d_v: 4, bias: true }, randomGenerator(s));
    [head.b_Q!, head.b_K!, head.b_V!].forEach((b, e) => b.data.set(normal(1, b.cols, s + 10 * e).data));
    return head;
  };
  return { local: fresh(seed), global: fresh(seed + 100), dilation };
}

/**
 * The definition: global queries through the global set, all others through the local one, each over what the
 * predicate lets it see.
 */
function naiveLongformer(
  X: Rows,
  { local, global }: LongformerHead,
  globals: readonly number[],
  rule: Sees,
): { output: Rows; weights: Rows; largestScore: number } {
  const run = ({ W_Q, W_K, W_V, b_Q, b_K, b_V }: AttentionHead) => {
    const [q, k, v] = [
      [W_Q, b_Q!],
      [W_K, b_K!],
      [W_V, b_V!],
    ].map(([W, b]) => naiveLinear(X, rowsOf(W!), rowsOf(b!)));
    return naiveAttention(q!, k!, v!, { scale: 1 / Math.sqrt(3), allow: rule });
  };
  const [near, far] = [run(local), run(global)];
  const choose = (a: Rows, b: Rows): Rows => a.map((row, i) => (globals.includes(i) ? b[i]! : row));
  return {
    output: choose(near.output, far.output),
    weights: choose(near.weights, far.weights),
    largestScore: Math.max(near.largestScore, far.largestScore),
  };
}

test("equals the definition: lengths, radii, globals, dilations by head, padding and causality", () => {
  const heads = [headOf(1), headOf(2, 3)];
  for (const T of [1, 2, 7, 13]) {
    const X = normal(T, 6, T);
    for (const radius of [0, 1, 4, 20]) {
      for (const globals of [[], below(T, [5, 0]), upTo(T)]) {
        for (const real of [undefined, upTo(T).map((t) => t < T - 2 || T < 3), upTo(T).map(() => false)]) {
          for (const causal of [false, true]) {
            const longformer = new LongformerAttention({ heads, W_O: identity(8), radius, causal });
            const { output, weights } = longformer.forward(X, { globals, real });
            heads.forEach((head, m) => {
              const hybrid = sees.any(sees.window(radius, head.dilation), sees.globals(globals));
              const rule: Sees = (i, j) =>
                hybrid(i, j) && (real === undefined || (real[i]! && real[j]!)) && (!causal || j <= i);
              const expected = naiveLongformer(rowsOf(X), head, globals, rule);
              const limit = tolerance(expected.largestScore);
              assertClose(
                toDense(weights[m]!),
                expected.weights,
                limit,
                `T ${T}, r ${radius}, globals ${globals}, causal ${causal}: weights of head ${m}`,
              );
              assertClose(
                fromRows(rowsOf(output).map((row) => row.slice(4 * m, 4 * m + 4))),
                expected.output,
                limit,
                `T ${T}, r ${radius}: head ${m}`,
              );
            });
          }
        }
      }
    }
  }
});

test("when the two sets coincide it is sparse attention along window ∪ globals, and a fresh one starts " +
  "that way", () => {
  const longformer = LongformerAttention.random(
    { d_model: 6, heads: 2, radius: 2, bias: true },
    randomGenerator(3),
  );
  const sparse = new SparseAttention({
    heads: longformer.heads.map(({ local }) => local),
    W_O: longformer.W_O,
    b_O: longformer.b_O,
  });
  const X = normal(13, 6, 1);
  const graph = union(slidingWindow(13, 2), globalTokens(13, [4, 11]));
  const [a, b] = [longformer.forward(X, { globals: [11, 4] }), sparse.forward(X, X, X, graph)];
  assertClose(a.output, b.output, tolerance(3));
  a.weights.forEach((A, m) => assert.deepEqual([A.graph, A.values], [graph, b.weights[m]!.values]));
  assert.notEqual(
    longformer.heads[0]!.global.W_Q.data,
    longformer.heads[0]!.local.W_Q.data,
    "a copy, not the same numbers in memory",
  );
});

test("globals by index or by the boolean mask, and without them the global set is not read", () => {
  const longformer = new LongformerAttention({ heads: [headOf(1)], W_O: identity(4), radius: 1 });
  const X = normal(5, 6, 1);
  assertSameBits(
    longformer.forward(X, { globals: [3] }).output,
    longformer.forward(X, { globals: [false, false, false, true, false] }).output,
  );
  const nothing = { ...headOf(1).global, W_Q: matrix(6, 3, new Float32Array(18).fill(NaN)) };
  const blind = new LongformerAttention({
    heads: [{ ...headOf(1), global: nothing }],
    W_O: identity(4),
    radius: 1,
  });
  assertSameBits(blind.forward(X).output, longformer.forward(X).output);
});

test("which set is used where: a NaN in one shows in just the rows that use it", () => {
  const head = headOf(1);
  const X = normal(7, 6, 1);
  const clean = new LongformerAttention({ heads: [head], W_O: identity(4), radius: 1 }).forward(X, {
    globals: [2],
  }).output;
  const spoil = (set: "local" | "global", name: "W_Q" | "W_K" | "W_V") => {
    const W = head[set][name];
    const spoilt = {
      ...head,
      [set]: {
        ...head[set],
        [name]: matrix(
          W.rows,
          W.cols,
          W.data.map(() => NaN),
        ),
      },
    };
    return new LongformerAttention({ heads: [spoilt], W_O: identity(4), radius: 1 }).forward(X, {
      globals: [2],
    }).output;
  };
  for (const name of ["W_Q", "W_K", "W_V"] as const) {
    assertSameRows(spoil("local", name), clean, [2], `global row, local ${name}`);
    assertSameRows(spoil("global", name), clean, [0, 1, 3, 4, 5, 6], `local rows, global ${name}`);
    assert.ok(rowsOf(spoil("global", name))[2]!.every(Number.isNaN), `global row, global ${name}`);
  }
});

test("blind: padding and far tokens may be NaN, a global one is seen by all", () => {
  const longformer = new LongformerAttention({ heads: [headOf(1), headOf(2)], W_O: identity(8), radius: 1 });
  const X = normal(9, 6, 1);
  const options: LongformerOptions = { globals: [4], real: upTo(9).map((t) => t < 7) };
  const clean = longformer.forward(X, options).output;
  assertSameRows(
    longformer.forward(poison(poison(X, 7, NaN), 8, Infinity), options).output,
    clean,
    upTo(9),
    "padding",
  );
  assertSameRows(
    longformer.forward(poison(X, 0, NaN), options).output,
    clean,
    [2, 3, 5, 6],
    "token 0 is seen by 0, 1 and the global 4",
  );
  const spoilt = rowsOf(longformer.forward(poison(X, 4, NaN), options).output).slice(0, 7);
  assert.ok(
    spoilt.every((row) => row.every(Number.isNaN)),
    "all see the global token 4",
  );
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const head = headOf(1);
  const make = (heads: LongformerHead[], d: number, radius: number) =>
    new LongformerAttention({ heads, W_O: identity(d), radius });
  const longformer = make([head], 4, 1);
  raises(() => make([], 4, 1), "LongformerAttention: heads must hold at least 1 head; got 0");
  raises(() => make([head], 4, 1.5), "LongformerAttention: radius must be an integer ≥ 0; got 1.5");
  raises(() => make([head], 3, 1), "LongformerAttention: W_O must be (4, any); got (3, 3)");
  raises(
    () => make([headOf(1, 0)], 4, 1),
    "LongformerAttention: heads[0].dilation must be an integer ≥ 1; got 0",
  );
  const wide = { ...head, global: { ...head.global, W_V: matrix(6, 5), b_V: matrix(1, 5) } };
  raises(
    () => make([head, wide], 8, 1),
    "LongformerAttention: heads[1].global.W_V must be (6, 4); got (6, 5)",
  );
  raises(
    () => longformer.forward(normal(5, 7, 1)),
    "LongformerAttention.forward: X must be (any, 6); got (5, 7)",
  );
  raises(
    () => longformer.forward(normal(5, 6, 1), { globals: [5] }),
    "LongformerAttention.forward: globals[0] must be an integer in [0, 4]; got 5",
  );
  raises(
    () => longformer.forward(normal(5, 6, 1), { real: [true] }),
    "LongformerAttention.graph: real.length must be an integer in [5, 5]; got 1",
  );
});
