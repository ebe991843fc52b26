import assert from "node:assert/strict";
import test from "node:test";
import { assertGradient, assertParameterGradients, differences, pairing } from "../support/differences.ts";
import { headGradient } from "../../lib/gradients/head-gradient.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { normal, rowsOf } from "../support/values.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { randomHead } from "../../lib/attention/heads.ts";
import type { AttentionHead } from "../../lib/attention/heads.ts";

test("central differences of the oracle, with biases and without", () => {
  for (const bias of [true, false]) {
    const head = randomHead({ d_query: 2, d_key: 3, d_value: 4, d_k: 5, d_v: 6, bias }, randomGenerator(1));
    const sources = { Q: normal(3, 2, 1), K: normal(4, 3, 2), V: normal(4, 4, 3) };
    const projected = { dQ: normal(3, 5, 4), dK: normal(4, 5, 5), dV: normal(4, 6, 6) };
    const naive = (h: AttentionHead, Q: number[][], K: number[][], V: number[][]): number =>
      pairing(naiveLinear(Q, rowsOf(h.W_Q), h.b_Q && rowsOf(h.b_Q)), rowsOf(projected.dQ)) +
      pairing(naiveLinear(K, rowsOf(h.W_K), h.b_K && rowsOf(h.b_K)), rowsOf(projected.dK)) +
      pairing(naiveLinear(V, rowsOf(h.W_V), h.b_V && rowsOf(h.b_V)), rowsOf(projected.dV));
    const { dQ, dK, dV, parameters } = headGradient(head, sources, projected);
    const [Q, K, V] = [sources.Q, sources.K, sources.V].map(rowsOf);
    const expected = differences({ Q: Q!, K: K!, V: V! }, (x) => naive(head, x.Q, x.K, x.V));
    assertGradient(dQ, expected.Q, "dQ");
    assertGradient(dK, expected.K, "dK");
    assertGradient(dV, expected.V, "dV");
    assertParameterGradients(parameters, head, (h) => naive(h, Q!, K!, V!), `bias ${bias}`);
    assert.throws(() => headGradient(head, sources, { ...projected, dQ: normal(3, 4, 1) }), {
      message: "headGradient: dQ' must be (3, 5); got (3, 4)",
    });
  }
});
