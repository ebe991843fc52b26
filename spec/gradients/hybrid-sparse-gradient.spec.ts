import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { READINGS, naiveHybrid, oneHead } from "../oracle/naive-hybrid.ts";
import { SparseAttention } from "../../lib/attention/sparse-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertClose, normal, rowsOf } from "../support/values.ts";
import { assertGradient, assertParameterGradients, differences, half } from "../support/differences.ts";
import { pairing } from "../support/differences.ts";
import { globalTokens, slidingWindow } from "../../lib/graph/patterns.ts";
import { golden } from "../support/golden.ts";
import { hybridHeadGradient, hybridSparseGradient } from "../../lib/gradients/hybrid-sparse-gradient.ts";
import { identity, matrix } from "../../lib/matrix.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { scaledDotProductGradient } from "../../lib/gradients/scaled-dot-product-gradient.ts";
import { sees } from "../oracle/patterns.ts";
import { sparseGradient } from "../../lib/gradients/sparse-gradient.ts";
import { union } from "../../lib/graph/algebra.ts";

/**
 * T, radius, globals, d_k, d_v: one token, radius 0 and beyond the ends, globals at the ends and side by
 * side.
 */
const GRID: readonly (readonly [number, number, readonly number[], number, number])[] = [
  [1, 0, [], 1, 1],
  [1, 2, [0], 2, 3],
  [5, 0, [3], 3, 2],
  [7, 1, [6, 0], 2, 3],
  [5, 9, [2, 3], 3, 1],
];

test("central differences of the oracle, for all eight readings of the document", () => {
  for (const reading of READINGS) {
    for (const [T, radius, globals, d_k, d_v] of GRID) {
      const [Q, K, V, dO] = [normal(T, d_k, 1), normal(T, d_k, 2), normal(T, d_v, 3), normal(T, d_v, 4)];
      const back = hybridHeadGradient(oneHead(radius, reading), { Q, K, V }, dO, globals);
      const expected = differences({ Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V) }, (x) =>
        pairing(naiveHybrid(x.Q, x.K, x.V, radius, globals, reading).output, rowsOf(dO)),
      );
      const what = `${JSON.stringify(reading)}, T ${T}, radius ${radius}, globals ${globals}`;
      assertGradient(back.dQ, expected.Q, `dQ ${what}`);
      assertGradient(back.dK, expected.K, `dK ${what}`);
      assertGradient(back.dV, expected.V, `dV ${what}`);
    }
  }
});

test("the default reading equals the dense gradient under the mask, and PyTorch's", () => {
  for (const [T, radius, globals, d_k, d_v] of [...GRID, [23, 3, [0, 11, 12], 4, 5]] as typeof GRID) {
    const [Q, K, V, dO] = [normal(T, d_k, 1), normal(T, d_k, 2), normal(T, d_v, 3), normal(T, d_v, 4)];
    const allow = sees.any(sees.window(radius), sees.globals(globals));
    const dense = scaledDotProductGradient({ Q, K, V, allow }, dO);
    const back = hybridHeadGradient(oneHead(radius), { Q, K, V }, dO, globals);
    for (const name of ["dQ", "dK", "dV"] as const) {
      assertClose(back[name], dense[name], 2e-6, `${name}, T ${T}`);
    }
  }
  const g = golden("gradients", "window_and_globals_T13_r2");
  const own = { Q: g.slice("in.q"), K: g.slice("in.k"), V: g.slice("in.v") };
  const { dQ, dK, dV } = hybridHeadGradient(oneHead(2), own, g.slice("in.dy"), [4]);
  g.assertSlice(dQ, "out.d_q");
  g.assertSlice(dK, "out.d_k");
  g.assertSlice(dV, "out.d_v");
});

test("all heads: central differences of the oracle, and the sparse gradient along the union", () => {
  const parts = {
    heads: [10, 20].map((seed) => ({
      W_Q: half(4, 3, seed),
      W_K: half(4, 3, seed + 1),
      W_V: half(4, 2, seed + 2),
      b_Q: half(1, 3, seed + 3),
      b_K: half(1, 3, seed + 4),
      b_V: half(1, 2, seed + 5),
    })),
    W_O: half(4, 5, 30),
    b_O: half(1, 5, 31),
  };
  for (const reading of [{}, HybridSparseAttention.LITERAL]) {
    const attention = new HybridSparseAttention({ ...parts, radius: 1, reading });
    const [X, dY] = [normal(7, 4, 1), normal(7, 5, 2)];
    const naive = (m: HybridSparseAttention, x: number[][]): number => {
      const heads = m.heads.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }) => {
        const through = (W: Matrix, b: Matrix | undefined): number[][] =>
          naiveLinear(x, rowsOf(W), rowsOf(b!));
        return naiveHybrid(through(W_Q, b_Q), through(W_K, b_K), through(W_V, b_V), 1, [2], reading).output;
      });
      const J = x.map((_, t) => heads.flatMap((O) => O[t]!));
      return pairing(naiveLinear(J, rowsOf(m.W_O), rowsOf(m.b_O!)), rowsOf(dY));
    };
    const back = hybridSparseGradient(attention, X, dY, [2]);
    assertGradient(back.dX, differences({ X: rowsOf(X) }, (x) => naive(attention, x.X)).X, "dX");
    assertParameterGradients(back.parameters, attention, (m) => naive(m, rowsOf(X)), "weights");
    if (reading === HybridSparseAttention.LITERAL) continue;
    const graph = union(slidingWindow(7, 1), globalTokens(7, [2]));
    const along = sparseGradient(new SparseAttention(parts), { Q: X, K: X, V: X, graph }, dY);
    assertClose(back.dX, add(add(along.dQ, along.dK), along.dV), 2e-6);
  }
});

test("by hand: one query of the loss; what it does not see gets exactly 0", () => {
  const dO = matrix(7, 2);
  dO.data[0] = 1;
  const [Q, K, V] = [normal(7, 2, 1), normal(7, 2, 2), normal(7, 2, 3)];
  const { dQ, dK, dV } = hybridHeadGradient(oneHead(1), { Q, K, V }, dO, [4]);
  for (const t of [2, 3, 5, 6]) {
    assert.deepEqual(
      [rowsOf(dK)[t], rowsOf(dV)[t]],
      [
        [0, 0],
        [0, 0],
      ],
      `key ${t}`,
    );
  }
  for (const t of [1, 2, 3, 4, 5, 6]) assert.deepEqual(rowsOf(dQ)[t], [0, 0], `query ${t}`);
  const even = hybridHeadGradient(
    oneHead(1),
    { Q: matrix(7, 2), K: matrix(7, 2), V: identity(7) },
    identity(7),
    [4],
  );
  // No scores: query 0 sees keys 0, 1 and 4 a third each, query 4 all seven; key 1 is also seen by 1 and 2.
  const third = Math.fround(1 / 3);
  const [quarter, seventh] = [0.25, Math.fround(1 / 7)];
  assert.deepEqual(rowsOf(even.dV)[1], [third, quarter, quarter, 0, seventh, 0, 0]);
});

test("errors say who, what and why", () => {
  const [Q, V] = [normal(5, 2, 1), normal(5, 3, 2)];
  assert.throws(() => hybridHeadGradient(oneHead(1), { Q, K: Q, V }, matrix(5, 2)), {
    message: "hybridHeadGradient: dO must be (5, 3); got (5, 2)",
  });
  assert.throws(() => hybridSparseGradient(oneHead(1), matrix(5, 1), matrix(4, 1)), {
    message: "hybridSparseGradient: dY must be (5, 1); got (4, 1)",
  });
  assert.throws(() => hybridSparseGradient(oneHead(1), matrix(5, 1), matrix(5, 1), [5]), {
    message: "HybridSparseAttention.attend: globals[0] must be an integer in [0, 4]; got 5",
  });
});
