import assert from "node:assert/strict";
import test from "node:test";
import { assertClose, assertSameBits, at, normal, poison, rowsOf } from "../support/values.ts";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { globalTokens, keysWhere, slidingWindow } from "../../lib/graph/patterns.ts";
import { golden } from "../support/golden.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { neighboursGradient } from "../../lib/gradients/neighbours-gradient.ts";
import { scaledDotProductGradient } from "../../lib/gradients/scaled-dot-product-gradient.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { union } from "../../lib/graph/algebra.ts";

test("golden window_and_globals_T13_r2: PyTorch's autograd under window or global", () => {
  const g = golden("gradients", "window_and_globals_T13_r2");
  const graph = union(slidingWindow(13, 2), globalTokens(13, [4]));
  const inputs = { Q: g.slice("in.q"), K: g.slice("in.k"), V: g.slice("in.v"), graph };
  const { dQ, dK, dV } = neighboursGradient(inputs, g.slice("in.dy"));
  g.assertSlice(dQ, "out.d_q");
  g.assertSlice(dK, "out.d_k");
  g.assertSlice(dV, "out.d_v");
  const mask = g.slice("in.mask");
  assertSameBits(
    toDense({ graph, values: new Float32Array(graph.key.length).fill(1) }),
    mask,
    "the graph is the mask",
  );
});

test("central differences of the oracle and the dense gradient, over a grid of edges", () => {
  const rules = [
    (i: number, j: number) => (i + 2 * j) % 3 !== 1,
    () => true,
    (i: number) => i % 2 === 0,
    () => false,
  ];
  for (const [n_q, n_k, d_k, d_v] of [
    [1, 1, 1, 1],
    [5, 3, 2, 4],
    [3, 7, 5, 2],
  ] as const) {
    for (const allow of rules) {
      const graph = keysWhere(n_q, n_k, allow);
      const [Q, K, V, dO] = [
        normal(n_q, d_k, 1),
        normal(n_k, d_k, 2),
        normal(n_k, d_v, 3),
        normal(n_q, d_v, 4),
      ];
      const { dQ, dK, dV, dS } = neighboursGradient({ Q, K, V, graph }, dO);
      const expected = differences({ Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V) }, (x) =>
        pairing(naiveAttention(x.Q, x.K, x.V, { scale: 1 / Math.sqrt(d_k), allow }).output, rowsOf(dO)),
      );
      assertGradient(dQ, expected.Q, "dQ");
      assertGradient(dK, expected.K, "dK");
      assertGradient(dV, expected.V, "dV");
      const dense = scaledDotProductGradient({ Q, K, V, allow }, dO);
      assertClose(toDense({ graph, values: dS }), dense.dBias, 1e-6, "dS");
    }
  }
});

test("a key that no query sees gets zeros and is never read", () => {
  const graph = keysWhere(4, 5, (_, j) => j !== 2);
  const [Q, K, V, dO] = [normal(4, 3, 1), normal(5, 3, 2), normal(5, 2, 3), normal(4, 2, 4)];
  const clean = neighboursGradient({ Q, K, V, graph }, dO);
  const dirty = neighboursGradient({ Q, K: poison(K, 2, NaN), V: poison(V, 2, NaN), graph }, dO);
  for (const name of ["dQ", "dK", "dV"] as const) assertSameBits(dirty[name], clean[name], name);
  assert.deepEqual([at(clean.dK, 2, 0), at(clean.dV, 2, 1)], [0, 0]);
  assert.throws(() => neighboursGradient({ Q, K, V, graph }, matrix(4, 3)), {
    message: "neighboursGradient: dO must be (4, 2); got (4, 3)",
  });
  assert.throws(() => neighboursGradient({ Q, K, V, graph, allow: 1 } as never, dO), {
    message: "neighboursGradient: inputs must be a record { Q, K, V, graph, scale, bias }; got allow",
  });
});
