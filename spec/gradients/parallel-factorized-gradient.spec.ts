import assert from "node:assert/strict";
import test from "node:test";
import type { GridMasks } from "../../lib/attention/attend-along.ts";
import { assertGradient, differences, pairing } from "../support/differences.ts";
import { assertSameBits, normal, poison, rowsOf } from "../support/values.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveAlong } from "../oracle/naive-grid.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { parallelFactorizedGradient } from "../../lib/gradients/parallel-factorized-gradient.ts";

const inputsOf = (N_R: number, N_L: number) => {
  const cells = N_R * N_L;
  return {
    lateral: { Q: normal(cells, 3, 1), K: normal(cells, 3, 2), V: normal(cells, 2, 3) },
    longitudinal: { Q: normal(cells, 4, 4), K: normal(cells, 4, 5), V: normal(cells, 2, 6) },
    N_R,
    N_L,
  };
};

test("central differences of the oracle: one cell, one line, primes, masks, a line that does not " +
  "exist", () => {
  const masks: GridMasks = {
    valid: (i) => i !== 1,
    allowLateral: (i, k, _, j) => (i + k + j) % 3 !== 1,
    allowLongitudinal: (j, k) => k <= j,
  };
  for (const [N_R, N_L, options] of [
    [1, 1, {}],
    [1, 3, {}],
    [5, 1, {}],
    [3, 5, masks],
    [2, 3, {}],
  ] as const) {
    const inputs = inputsOf(N_R, N_L);
    const { lateral: a, longitudinal: b } = inputs;
    const dO = normal(N_R * N_L, 2, 7);
    const {
      valid = () => true,
      allowLateral = () => true,
      allowLongitudinal = () => true,
    }: GridMasks = options;
    const back = parallelFactorizedGradient(inputs, dO, options);
    const rows = { Qa: a.Q, Ka: a.K, Va: a.V, Qb: b.Q, Kb: b.K, Vb: b.V };
    const plain = Object.fromEntries(Object.entries(rows).map(([name, M]) => [name, rowsOf(M)]));
    const expected = differences(plain as Record<keyof typeof rows, number[][]>, (x) => {
      const part = (all: number[][], cells: number[]): number[][] => cells.map((cell) => all[cell]!);
      const lat = naiveAlong([N_R, N_L], 0, (cells, j) => {
        const allow = (i: number, k: number): boolean => valid(k) && allowLateral(i, k, 0, j);
        const [q, k, v] = [part(x.Qa, cells), part(x.Ka, cells), part(x.Va, cells)];
        return naiveAttention(q, k, v, { scale: 1 / Math.sqrt(3), allow }).output;
      });
      const lon = naiveAlong([N_R, N_L], 1, (cells, i) => {
        const allow = (j: number, k: number): boolean => allowLongitudinal(j, k, 0, i);
        const [q, k, v] = [part(x.Qb, cells), part(x.Kb, cells), part(x.Vb, cells)];
        return naiveAttention(q, k, v, { scale: 1 / Math.sqrt(4), allow }).output;
      });
      const O = lat.map((row, cell) =>
        row.map((y, c) => (valid(Math.floor(cell / N_L)) ? y + lon[cell]![c]! : 0)),
      );
      return pairing(O, rowsOf(dO));
    });
    for (const name of ["Q", "K", "V"] as const) {
      assertGradient(back.lateral[`d${name}`], expected[`${name}a`], `lateral d${name}, ${N_R} × ${N_L}`);
      assertGradient(
        back.longitudinal[`d${name}`],
        expected[`${name}b`],
        `longitudinal d${name}, ${N_R} × ${N_L}`,
      );
    }
  }
});

test("by hand: equal scores: each value gets the mean of the gradients of its line, once for each " +
  "axis", () => {
  const zero = { Q: matrix(4, 1), K: matrix(4, 1), V: normal(4, 1, 1) };
  const inputs = { lateral: zero, longitudinal: zero, N_R: 2, N_L: 2 };
  const { lateral, longitudinal } = parallelFactorizedGradient(inputs, matrix(4, 1, [8, 0, 2, 4]));
  assert.deepEqual(
    [rowsOf(lateral.dV), rowsOf(longitudinal.dV)],
    [
      [[5], [2], [5], [2]],
      [[4], [4], [3], [3]],
    ],
  );
});

test("a line that does not exist is never read and gets 0; errors say who, what and why", () => {
  const inputs = inputsOf(3, 2);
  const sick = (M: typeof inputs.lateral.Q) => poison(poison(M, 2, NaN), 3, NaN);
  const { lateral: a, longitudinal: b } = inputs;
  const poisoned = {
    ...inputs,
    lateral: { Q: sick(a.Q), K: sick(a.K), V: sick(a.V) },
    longitudinal: { Q: sick(b.Q), K: sick(b.K), V: sick(b.V) },
  };
  const dO = normal(6, 2, 7);
  const valid = (i: number): boolean => i !== 1;
  const clean = parallelFactorizedGradient(inputs, dO, { valid });
  const dirty = parallelFactorizedGradient(poisoned, sick(dO), { valid });
  for (const axis of ["lateral", "longitudinal"] as const) {
    for (const name of ["dQ", "dK", "dV"] as const) {
      assertSameBits(dirty[axis][name], clean[axis][name], `${axis} ${name}`);
      assert.ok(
        [2, 3].every((cell) => rowsOf(clean[axis][name])[cell]!.every((x) => x === 0)),
        `${axis} ${name}: 0`,
      );
    }
  }
  assert.throws(() => parallelFactorizedGradient(inputs, matrix(6, 3)), {
    message: "parallelFactorizedGradient: dO must be (6, 2); got (6, 3)",
  });
  assert.throws(() => parallelFactorizedGradient(inputs, dO, { mask: 1 } as never), {
    message: /^parallelFactorizedGradient: options must be a record .*; got mask$/,
  });
});
