import assert from "node:assert/strict";
import test from "node:test";
import { add, scale } from "../../lib/kernels/entrywise.ts";
import { assertClose, at, rowsOf } from "../support/values.ts";
import { golden } from "../support/golden.ts";
import { sinusoidalPositions, sinusoidalPositionsConcat } from "../../lib/layers/sinusoidal-positions.ts";

/** The paper's formula, feature pair by feature pair. */
function naiveInterleaved(T: number, D: number): number[][] {
  return Array.from({ length: T }, (_, p) => {
    const row: number[] = [];
    for (let i = 0; row.length < D; i++) {
      const angle = p / 10000 ** ((2 * i) / D);
      row.push(Math.sin(angle), Math.cos(angle));
    }
    return row.slice(0, D);
  });
}

/** Sines and cosines apart, as the other tradition writes them. */
function naiveConcat(T: number, D: number): number[][] {
  const step = Math.log(10000) / (D / 2 - 1);
  const angles = (p: number): number[] => Array.from({ length: D / 2 }, (_, i) => p * Math.exp(-step * i));
  return Array.from({ length: T }, (_, p) => [...angles(p).map(Math.sin), ...angles(p).map(Math.cos)]);
}

test("equal their formulas, odd widths and empty lengths included", () => {
  for (const [T, D] of [
    [0, 4],
    [1, 1],
    [1, 2],
    [2, 3],
    [7, 5],
    [50, 8],
    [13, 64],
  ] as const)
    assertClose(sinusoidalPositions(T, D), naiveInterleaved(T, D), 1e-7);
  for (const [T, D] of [
    [0, 4],
    [1, 4],
    [3, 6],
    [50, 10],
    [13, 64],
  ] as const)
    assertClose(sinusoidalPositionsConcat(T, D), naiveConcat(T, D), 1e-7);
});

test("by hand: D = 4 has the wavelengths 2π and 2π · 100", () => {
  // Position 0 is sin 0 = 0, cos 0 = 1 in turn.
  // 10000^(2/4) = 100, so that the second pair turns a hundred times as slowly.
  assert.deepEqual(rowsOf(sinusoidalPositions(1, 4)), [[0, 1, 0, 1]]);
  assertClose(
    sinusoidalPositions(3, 4),
    [0, 1, 2].map((p) => [Math.sin(p), Math.cos(p), Math.sin(p / 100), Math.cos(p / 100)]),
    1e-7,
  );
  // the other form: 10000^(1/(4/2 − 1)) = 10000
  assertClose(
    sinusoidalPositionsConcat(3, 4),
    [0, 1, 2].map((p) => [Math.sin(p), Math.sin(p / 10000), Math.cos(p), Math.cos(p / 10000)]),
    1e-7,
  );
});

test("PE[p + k] is a rotation of PE[p] that depends on k alone, so PE[p] · PE[p + k] does too", () => {
  const [T, D, k] = [40, 8, 7];
  const PE = sinusoidalPositions(T, D);
  for (let c = 0; c < D; c += 2) {
    const turn = k / 10000 ** (c / D);
    for (let p = 0; p + k < T; p++) {
      const [sin, cos] = [at(PE, p, c), at(PE, p, c + 1)];
      assert.ok(
        Math.abs(at(PE, p + k, c) - (sin * Math.cos(turn) + cos * Math.sin(turn))) < 3e-7,
        `sine ${c} of position ${p}`,
      );
      assert.ok(
        Math.abs(at(PE, p + k, c + 1) - (cos * Math.cos(turn) - sin * Math.sin(turn))) < 3e-7,
        `cosine ${c} of position ${p}`,
      );
    }
  }
  const product = (p: number, q: number): number =>
    rowsOf(PE)[p]!.reduce((sum, x, c) => sum + x * at(PE, q, c), 0);
  for (let p = 0; p + k < T; p++) {
    assert.ok(Math.abs(product(p, p + k) - product(0, k)) < 1e-6, `position ${p}`);
  }
  for (let p = 0; p < T; p++) assert.ok(Math.abs(product(p, p) - D / 2) < 1e-6, `length at position ${p}`);
});

test("the two forms are no reordering of each other: they turn at other speeds", () => {
  const [ours, theirs] = [sinusoidalPositions(5, 8), sinusoidalPositionsConcat(5, 8)].map((PE) =>
    rowsOf(PE)[4]!.toSorted((a, b) => a - b),
  );
  assert.ok(
    ours!.some((x, c) => Math.abs(x - theirs![c]!) > 0.01),
    "some value is not among the others",
  );
});

test("all positions of a sequence differ", () => {
  for (const PE of [sinusoidalPositions(200, 6), sinusoidalPositionsConcat(200, 6)]) {
    assert.equal(new Set(rowsOf(PE).map((row) => row.join())).size, 200);
  }
});

test("golden: interleaved, concatenated, and interleaved added to √d times the embedding", () => {
  golden("positional-encoding", "interleaved_T37_d8").assertSlice(sinusoidalPositions(37, 8), "out.pe");
  golden("positional-encoding", "concat_halves_T29_d10").assertSlice(
    sinusoidalPositionsConcat(29, 10),
    "out.pe",
  );
  const applied = golden("positional-encoding", "interleaved_applied_T19_d6");
  const PE = sinusoidalPositions(19, 6);
  applied.assertSlice(PE, "out.pe");
  for (const b of [0, 1]) {
    applied.assertSlice(add(scale(applied.slice("in.emb", b), Math.sqrt(6)), PE), "out.y", b);
  }
});

test("errors name the argument and what was got", () => {
  const raises = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  raises(() => sinusoidalPositions(-1, 4), "sinusoidalPositions: T must be an integer ≥ 0; got -1");
  raises(() => sinusoidalPositions(3, 0), "sinusoidalPositions: D must be an integer ≥ 1; got 0");
  raises(() => sinusoidalPositionsConcat(3, 5), "sinusoidalPositionsConcat: D must be even; got 5");
  raises(() => sinusoidalPositionsConcat(3, 2), "sinusoidalPositionsConcat: D must be an integer ≥ 4; got 2");
  raises(
    () => sinusoidalPositionsConcat(1.5, 4),
    "sinusoidalPositionsConcat: T must be an integer ≥ 0; got 1.5",
  );
  assert.throws(() => sinusoidalPositions("3" as never, 4), {
    name: "TypeError",
    message: 'sinusoidalPositions: T must be a number; got "3"',
  });
});
