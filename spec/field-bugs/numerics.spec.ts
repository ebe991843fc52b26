import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { OnlineState } from "../../lib/kernels/online-softmax.ts";
import type { Rows } from "../oracle/naive.ts";
import { assertClose, normal, rowsOf } from "../support/values.ts";
import { fromRows } from "../../lib/matrix.ts";
import { dot, naiveSoftmax } from "../oracle/naive.ts";
import { onlineOutput, onlineSoftmax, onlineStart } from "../../lib/kernels/online-softmax.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { softmaxRowsGradient } from "../../lib/gradients/softmax-rows-gradient.ts";

/**
 * Bugs of softmax itself, all but the first reported in public: over blocks of keys, with large scores, and
 * backwards. Each as people wrote it, shown to fail, and ours beside it.
 */

/** What one query carries. */
interface Carried {
  readonly m: number;
  readonly l: number;
  readonly O: number;
}

/** One query's attention over blocks of (score, value), by a rule for one step. */
function overBlocks(step: (before: Carried, scores: number[], values: number[]) => Carried, blocks: Rows[]): number {
  let state: Carried = { m: -Infinity, l: 0, O: 0 };
  for (const block of blocks) state = step(state, block.map(([s]) => s!), block.map(([, v]) => v!));
  return state.O / state.l;
}

/** The step with a shrinking factor and a running maximum of one's own. */
const stepBy =
  (shrinkBy: (m: number, max: number) => number, maximum: (m: number, scores: number[]) => number) =>
  ({ m, l, O }: Carried, scores: number[], values: number[]): Carried => {
    const max = maximum(m, scores);
    const shrink = m === -Infinity ? 0 : shrinkBy(m, max);
    const P = scores.map((s) => Math.fround(Math.exp(s - max))); // as a GPU holds it
    const sum = P.reduce((a, b) => a + b, 0);
    return { m: max, l: l * shrink + sum, O: O * shrink + P.reduce((o, p, j) => o + p * values[j]!, 0) };
  };
const running = (m: number, scores: number[]): number => Math.max(m, ...scores);

/** Ours on the same: one query whose scores are the keys. */
function ours(blocks: Rows[], hidden: number[] = []): number {
  const keys = blocks.flat();
  const [Q, K, V] = [fromRows([[1]]), fromRows(keys.map(([s]) => [s!])), fromRows(keys.map(([, v]) => [v!]))];
  let first = 0;
  const end = blocks.reduce((state: OnlineState, block, b) => {
    const stretch = [first, (first += block.length)] as const;
    const cells = hidden.includes(b) ? [[0, 0, block.length] as const] : [];
    return onlineSoftmax(state, Q, K, V, { stretches: [stretch], hidden: cells });
  }, onlineStart(1, 1));
  return onlineOutput(end).data[0]!;
}

test("R1 the old sum is not shrunk when the maximum grows: the first block weighs too much, 6 in place of 5", () => {
  const blocks = [[[0, 8]], [[Math.log(3), 4]]]; // weights 1/4 and 3/4: 8/4 + 4 · 3/4 = 5
  const forgets = stepBy(() => 1, running);
  const shrinks = stepBy((m, max) => Math.exp(m - max), running);
  assert.deepEqual([overBlocks(forgets, blocks), overBlocks(shrinks, blocks).toFixed(6)], [6, "5.000000"]);
  assert.ok(Math.abs(ours(blocks) - 5) < 1e-6, "ours");
  const sorted = [...blocks].reverse(); // the greatest score first: nothing shrinks
  assert.equal(overBlocks(forgets, sorted).toFixed(6), "5.000000", "where the greatest comes first the bug hides");
});

test("R2 shrunk by exp(m′ − m): the sign the wrong way round makes old sums grow, 7 in place of 5", () => {
  const blocks = [[[0, 8]], [[Math.log(3), 4]]];
  const grows = stepBy((m, max) => Math.exp(max - m), running);
  assert.equal(overBlocks(grows, blocks).toFixed(6), "7.000000");
  assert.ok(Math.abs(ours(blocks) - 5) < 1e-6, "ours");
});

test("R3 a maximum of 0 for a block that is hidden whole: scores far below 0 vanish with it", () => {
  const blocks = [[[0, 100]], [[-200, 8], [-200 + Math.log(3), 4]]]; // block 0 is hidden
  const seen = [[[-Infinity, 0]], blocks[1]!];
  const zeroed = stepBy(
    (m, max) => Math.exp(m - max),
    (m, scores) => {
      const max = running(m, scores);
      return max === -Infinity ? 0 : max;
    },
  );
  assert.ok(Number.isNaN(overBlocks(zeroed, seen)), "buggy: every exponential rounds to 0, and 0/0 is left");
  assert.ok(Math.abs(ours(blocks, [0]) - 5) < 1e-4, "ours");
  assert.equal(ours(blocks.slice(0, 1), [0]), 0, "and where nothing is seen at all, zeros");
});

test("R4 softmax without subtracting the maximum: a score of 89 is infinite in float32, and NaN comes out", () => {
  const naive = (row: number[]): number[] => {
    const exps = row.map((s) => Math.fround(Math.exp(s)));
    return exps.map((e) => e / exps.reduce((a, b) => a + b, 0));
  };
  const row = [89, 88, 0];
  assert.ok(naive(row).some(Number.isNaN), "buggy");
  const small = naiveSoftmax([3, 2, 0]);
  assert.ok(naive([3, 2, 0]).every((a, j) => Math.abs(a - small[j]!) < 1e-6), "small scores hide it");
  assertClose(softmaxRows(fromRows([row])), [naiveSoftmax(row)], 1e-6);
  assertClose(softmaxRows(fromRows([[1000, 2000]])), [[0, 1]], 1e-6);
});

test("R5 softmax backwards by its diagonal alone, a (1 − a) dA: no difference quotient agrees", () => {
  const [S, dA] = [normal(3, 5, 1), normal(3, 5, 2)];
  const diagonal = (A: Rows): Rows => A.map((row, i) => row.map((a, j) => a * (1 - a) * rowsOf(dA)[i]![j]!));
  const loss = (M: Matrix): number =>
    rowsOf(M).reduce((sum, row, i) => sum + dot(naiveSoftmax(row), rowsOf(dA)[i]!), 0);
  const moved = (e: number, by: number): number =>
    loss({ ...S, data: S.data.map((x, n) => (n === e ? x + by : x)) });
  const h = 2 ** -8;
  const quotient = rowsOf(S).map((row, i) =>
    row.map((_, j) => (moved(i * 5 + j, h) - moved(i * 5 + j, -h)) / (2 * h)),
  );
  const off = (G: Rows): number =>
    Math.max(...G.flatMap((row, i) => row.map((x, j) => Math.abs(x - quotient[i]![j]!))));
  assert.ok(off(diagonal(rowsOf(softmaxRows(S)))) > 0.1, "buggy");
  assert.ok(off(rowsOf(softmaxRowsGradient(S, dA))) < 1e-4, "ours");
  const sums = (G: Rows): number[] => G.map((row) => row.reduce((a, b) => a + b, 0));
  assert.ok(sums(rowsOf(softmaxRowsGradient(S, dA))).every((sum) => Math.abs(sum) < 1e-6), "a row of dS sums to 0");
});
