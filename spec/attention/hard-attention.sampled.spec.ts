import assert from "node:assert/strict";
import test from "node:test";
import { Attention } from "../../lib/attention/attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { EDGES, refuses } from "../support/mechanism.ts";
import { HardAttention, SampledAttention } from "../../lib/attention/hard-attention.ts";
import { assertClose, assertSameBits, normal, poison, rowsOf, tolerance } from "../support/values.ts";
import { fromFunction, fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { scoreFunctions } from "../support/score-functions.ts";

const dotScore = new DotProductAttention().score;
const draw = (seed: number): SampledAttention =>
  new SampledAttention({ score: dotScore, random: randomGenerator(seed) });

/**
 * How far a mean of n draws within a range of 1 may be from its expectation, unless an event of probability
 * 1e-9 happened (Hoeffding 1963).
 */
const hoeffding = (n: number): number => Math.sqrt(Math.log(2 / 1e-9) / (2 * n));

/** The same query n times over: n independent draws in one call. */
const repeated = (q: readonly number[], n: number) => fromFunction(n, q.length, (_, c) => q[c]!);

const meanRow = (rows: number[][]): number[] =>
  rows[0]!.map((_, c) => rows.reduce((sum, row) => sum + row[c]!, 0) / rows.length);

test("every row takes one value whole, one that it may see, and reports soft attention's " +
  "probabilities", () => {
  for (const { d_q, d_k, attention } of scoreFunctions()) {
    for (const [n_q, n_k, d_v] of EDGES) {
      const [Q, K, V] = [normal(n_q, d_q, 1), normal(n_k, d_k, 2), normal(n_k, d_v, 3)];
      for (const allow of [undefined, (i: number, j: number) => j < i, () => false]) {
        const sampled = new SampledAttention({ score: attention.score, random: randomGenerator(4) });
        const { output, weights, probabilities } = sampled.forward(Q, K, V, { allow });
        assertSameBits(probabilities, attention.forward(Q, K, V, { allow }).weights);
        assert.deepEqual([output.rows, output.cols], [n_q, d_v]);
        rowsOf(weights).forEach((row, i) => {
          const taken = row.flatMap((a, j) => (a === 0 ? [] : [j]));
          const sees = row.some((_, j) => allow === undefined || allow(i, j));
          assert.equal(taken.length, sees ? 1 : 0);
          for (const j of taken) {
            assert.ok(
              row[j] === 1 && (allow === undefined || allow(i, j)),
              `query ${i} took key ${j} with weight ${row[j]}`,
            );
            assert.deepEqual(rowsOf(output)[i], rowsOf(V)[j]);
          }
          if (!sees) {
            assert.ok(
              rowsOf(output)[i]!.every((x) => x === 0),
              `query ${i} sees nothing: zeros`,
            );
          }
        });
      }
    }
  }
});

test("the mean of many draws is soft attention, weights and output", () => {
  // Each entry of the mean weight is a mean of n draws of 0 or 1, each entry of the mean output one of n
  // draws between two values of V.
  const n = 100_000;
  const [K, V] = [normal(7, 5, 2), normal(7, 3, 3)];
  const q = rowsOf(normal(1, 5, 1))[0]!;
  for (const allow of [undefined, (_: number, j: number) => j !== 2 && j !== 6]) {
    const soft = new Attention({ score: dotScore }).forward(fromRows([q]), K, V, { allow });
    const { weights, output } = draw(5).forward(repeated(q, n), K, V, { allow });
    assertClose(fromRows([meanRow(rowsOf(weights))]), soft.weights, hoeffding(n)); // 0.0104
    meanRow(rowsOf(output)).forEach((mean, c) => {
      const column = rowsOf(V).map((v) => v[c]!);
      const range = Math.max(...column) - Math.min(...column);
      assert.ok(
        Math.abs(mean - soft.output.data[c]!) <= range * hoeffding(n),
        `column ${c}: mean ${mean}, soft ${soft.output.data[c]}`,
      );
    });
  }
});

test("hard attention with Gumbel noise as its bias draws from the same probabilities", () => {
  // argmax_j (s_j + g_j) with g = −ln(−ln u) is a draw from softmax(s): the Gumbel-max trick.
  const n = 100_000;
  const [K, V] = [normal(7, 5, 2), normal(7, 3, 3)];
  const q = rowsOf(normal(1, 5, 1))[0]!;
  const random = randomGenerator(6);
  const bias = fromFunction(n, 7, () => -Math.log(-Math.log(random())));
  const { weights } = new HardAttention({ score: dotScore }).forward(repeated(q, n), K, V, { bias });
  const soft = new Attention({ score: dotScore }).forward(fromRows([q]), K, V);
  assertClose(fromRows([meanRow(rowsOf(weights))]), soft.weights, hoeffding(n));
});

test("seeded draws repeat; another seed draws otherwise; a second call goes on", () => {
  const [Q, K, V] = [normal(40, 5, 1), normal(11, 5, 2), normal(11, 3, 3)];
  const first = draw(7);
  const { weights } = first.forward(Q, K, V);
  assertSameBits(draw(7).forward(Q, K, V).weights, weights);
  assert.notDeepEqual(draw(8).forward(Q, K, V).weights.data, weights.data);
  assert.notDeepEqual(first.forward(Q, K, V).weights.data, weights.data);
});

test("random is asked once per query that may see something", () => {
  let asked = 0;
  const random = (): number => (asked++, 0.5);
  const sampled = new SampledAttention({ score: dotScore, random });
  sampled.forward(normal(7, 5, 1), normal(11, 5, 2), normal(11, 3, 3), { allow: (i) => i % 2 === 0 });
  assert.equal(asked, 4);
});

test("a key of weight 0 is never drawn, not even by the ends of [0, 1)", () => {
  const V = fromRows([[1], [2], [3], [4]]);
  for (const u of [0, 2 ** -53, 0.5, 1 - 2 ** -32, 1 - 2 ** -53]) {
    const sampled = new SampledAttention({ score: dotScore, random: () => u });
    const { output } = sampled.forward(fromRows([[1]]), fromRows([[0], [0], [0], [0]]), V, {
      allow: (_, j) => j === 1 || j === 2,
    });
    assert.equal(output.data[0], u < 0.5 ? 2 : 3);
    // Scores 0 and −200: the weight of keys 0 and 3 underflows to 0, exp(−200) ≈ 1e-87.
    const far = sampled.forward(fromRows([[1]]), fromRows([[-200], [0], [0], [-200]]), V);
    assert.equal(far.output.data[0], u < 0.5 ? 2 : 3);
  }
  const n = 20_000;
  const { weights } = draw(9).forward(repeated([1], n), fromRows([[1], [2], [-200]]), matrix(3, 1), {
    allow: (_, j) => j !== 0,
  });
  assert.deepEqual(meanRow(rowsOf(weights)), [0, 1, 0]);
});

test("is blind to what it may not see", () => {
  const [Q, K, V] = [normal(7, 5, 1), normal(11, 5, 2), normal(11, 3, 3)];
  const allow = (_: number, j: number): boolean => j !== 4;
  const hidden = draw(1).forward(Q, poison(K, 4, NaN), poison(V, 4, NaN), { allow });
  assertSameBits(hidden.output, draw(1).forward(Q, K, V, { allow }).output);
});

test("by hand: the draw walks along the weights", () => {
  // Scores ln 1, ln 3, ln 4: weights ⅛, ⅜, ½, whose running sums are 0.125, 0.5 and 1.
  const K = fromRows([[0], [Math.log(3)], [Math.log(4)]]);
  for (const [u, key] of [
    [0, 0],
    [0.124, 0],
    [0.126, 1],
    [0.499, 1],
    [0.501, 2],
    [0.999, 2],
  ] as const) {
    const { output, probabilities } = new SampledAttention({ score: dotScore, random: () => u }).forward(
      fromRows([[1]]),
      K,
      fromRows([[0], [1], [2]]),
    );
    assert.equal(output.data[0], key);
    assertClose(probabilities, [[0.125, 0.375, 0.5]], tolerance(2));
  }
});

test("errors say who, what and why", () => {
  const [Q, K, V] = [matrix(2, 3), matrix(5, 3), matrix(5, 4)];
  refuses(
    "TypeError",
    () => new SampledAttention({ score: dotScore, random: 7 as never }),
    "SampledAttention: random must be a function () => number; got number",
  );
  refuses(
    "TypeError",
    () => new SampledAttention({ score: null as never, random: () => 0 }),
    "SampledAttention: score must be a function (Q, K) => Matrix; got object",
  );
  refuses(
    "RangeError",
    () => draw(1).forward(Q, K, matrix(4, 4)),
    "SampledAttention.forward: V must be (5, any); got (4, 4)",
  );
  const wrong = new SampledAttention({ score: () => matrix(1, 1), random: () => 0 });
  refuses(
    "RangeError",
    () => wrong.forward(Q, K, V),
    "SampledAttention.forward: score(Q, K) must be (2, 5); got (1, 1)",
  );
});
