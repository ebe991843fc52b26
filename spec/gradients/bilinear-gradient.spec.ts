import assert from "node:assert/strict";
import test from "node:test";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { bilinearGradient } from "../../lib/gradients/bilinear-gradient.ts";
import { dot, naiveAttention, naiveMatmul } from "../oracle/naive.ts";
import { golden } from "../support/golden.ts";
import { matrix } from "../../lib/matrix.ts";

test("golden bilinear_5x7: PyTorch's autograd", () => {
  const g = golden("gradients", "bilinear_5x7");
  const attention = new BilinearAttention({ W_a: g.slice("w.W_a") });
  const [Q, K, V] = [g.slice("in.q"), g.slice("in.k"), g.slice("in.v")];
  const { dQ, dK, dV, parameters } = bilinearGradient(attention, { Q, K, V }, g.slice("in.dy"));
  g.assertSlice(dQ, "out.d_q");
  g.assertSlice(dK, "out.d_k");
  g.assertSlice(dV, "out.d_v");
  g.assertSlice(parameters.W_a, "out.d_W_a");
});

test("central differences of the oracle, over a grid of edges; a NaN behind a mask stays there", () => {
  const edges = [
    [1, 1, 1, 1, 1],
    [1, 5, 3, 2, 4],
    [5, 1, 2, 3, 1],
    [3, 7, 5, 4, 2],
  ] as const;
  for (const [n_q, n_k, d_q, d_k, d_v] of edges) {
    const attention = new BilinearAttention({ W_a: normal(d_q, d_k, 5) });
    const [Q, K, V, dO] = [
      normal(n_q, d_q, 1),
      normal(n_k, d_k, 2),
      normal(n_k, d_v, 3),
      normal(n_q, d_v, 4),
    ];
    const allow = (i: number, j: number): boolean => j === 0 || (i + j) % 2 === 0;
    const naive = ({ W_a }: BilinearAttention, q: number[][], k: number[][], v: number[][]): number =>
      pairing(
        naiveAttention(q, k, v, { score: (a, b) => dot(naiveMatmul([a], rowsOf(W_a))[0]!, b), allow }).output,
        rowsOf(dO),
      );
    const { dQ, dK, dV, parameters } = bilinearGradient(attention, { Q, K, V, allow }, dO);
    const expected = differences({ Q: rowsOf(Q), K: rowsOf(K), V: rowsOf(V) }, (x) =>
      naive(attention, x.Q, x.K, x.V),
    );
    const what = `${[n_q, n_k, d_q, d_k, d_v]}`;
    assertGradient(dQ, expected.Q, `dQ ${what}`);
    assertGradient(dK, expected.K, `dK ${what}`);
    assertGradient(dV, expected.V, `dV ${what}`);
    const { W_a } = attention;
    const [q, k, v] = [rowsOf(Q), rowsOf(K), rowsOf(V)];
    assertParameterGradients(parameters, { W_a }, (m) => naive(m as BilinearAttention, q, k, v), what);
  }
  const attention = new BilinearAttention({ W_a: normal(3, 2, 5) });
  const allow = (_: number, j: number): boolean => j !== 3;
  const inputs = { Q: normal(4, 3, 1), K: normal(5, 2, 2), V: normal(5, 2, 3), allow };
  const dirty = { ...inputs, K: poison(inputs.K, 3, NaN), V: poison(inputs.V, 3, NaN) };
  const [clean, sick] = [inputs, dirty].map((x) => bilinearGradient(attention, x, normal(4, 2, 4)));
  assertSameBits(sick!.parameters.W_a, clean!.parameters.W_a);
  assertSameBits(sick!.dK, clean!.dK);
  assert.throws(() => bilinearGradient(attention, inputs, matrix(4, 3)), {
    message: "bilinearGradient: dO must be (4, 2); got (4, 3)",
  });
});
