import assert from "node:assert/strict";
import test from "node:test";
import { additiveScoresGradient } from "../../lib/kernels/additive-scores-gradient.ts";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";

test("central differences of Σ v tanh(P + R), over a grid of edges", () => {
  for (const [n, m, d] of [[1, 1, 1], [2, 3, 4], [5, 2, 3]] as const) {
    const [P, R, v, dS] = [normal(n, d, 1), normal(m, d, 2), normal(d, 1, 3), normal(n, m, 4)];
    const { dP, dR, dv } = additiveScoresGradient(P, R, v, dS);
    const expected = differences({ P: rowsOf(P), R: rowsOf(R), v: rowsOf(v) }, (x) => {
      const score = (p: number[], r: number[]): number =>
        x.v.reduce((sum, [w], c) => sum + w! * Math.tanh(p[c]! + r[c]!), 0);
      return pairing(x.P.map((p) => x.R.map((r) => score(p, r))), rowsOf(dS));
    });
    assertGradient(dP, expected.P, `dP ${[n, m, d]}`);
    assertGradient(dR, expected.R, `dR ${[n, m, d]}`);
    assertGradient(dv, expected.v, `dv ${[n, m, d]}`);
  }
});

test("a pair whose gradient is 0 is not read; shapes are checked", () => {
  const [P, R, v] = [normal(3, 2, 1), normal(4, 2, 2), normal(2, 1, 3)];
  const dS = fromFunction(3, 4, (_, j) => (j === 1 ? 0 : 1));
  const [clean, dirty] = [R, poison(R, 1, NaN)].map((keys) => additiveScoresGradient(P, keys, v, dS));
  assertSameBits(dirty!.dP, clean!.dP);
  assert.deepEqual(rowsOf(dirty!.dR)[1], [0, 0]);
  assert.throws(() => additiveScoresGradient(P, R, v, matrix(3, 3)), {
    message: "additiveScoresGradient: dS must be (3, 4); got (3, 3)",
  });
});
