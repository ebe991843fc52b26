import assert from "node:assert/strict";
import test from "node:test";
import type { Check } from "../../scripts/atlas/entry.ts";
import { backwards, deviationOf, equalsNaive, naive, naiveArgmax } from "../../scripts/atlas/checks.ts";
import { naiveSparsemax, oneHot, repeats, rowSums, same, spread } from "../../scripts/atlas/checks.ts";
import { entry } from "../../scripts/atlas/entry.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";
import { normal, rowsOf } from "../support/values.ts";
import { read, report } from "../../scripts/atlas/run.ts";

const label = { en: "holds", ja: "成り立つ" };

test("a check that fails on one text fails for all, wherever it stands, and the worst deviation is told", () => {
  const outcome = (checks: Partial<Check>[]): Check => {
    const one = entry({
      id: "one",
      name: label,
      about: label,
      document: "D-ATT",
      file: "lib/attention/attention.ts",
      equation: [],
      run: ({ text }) => ({
        shapes: [],
        maps: [],
        costs: [],
        checks: [{ id: "c", label, pass: true, ...checks[Number(text.words[0])]! }],
      }),
    });
    const readings = checks.map((_, t) => read(label, `${t}`, 9));
    const merged = report(one, readings, 1, {}).checks;
    assert.equal(merged.length, 1);
    return merged[0]!;
  };
  const [good, better, bad, lost] = [
    { deviation: 3e-7, limit: 1e-6 },
    { deviation: 1e-9, limit: 1e-6 },
    { pass: false, deviation: 2e-6, limit: 1e-6 },
    { pass: false, deviation: NaN, limit: 1e-6 },
  ];
  for (const [checks, expected] of [
    [[good, better], good],
    [[better, good], good],
    [[good, bad], bad],
    [[bad, good], bad],
    [[lost, good], lost],
    [[good, lost], lost],
  ] as const) {
    const { pass, deviation, limit } = outcome([...checks]);
    assert.deepEqual({ pass, deviation, limit }, { pass: true, ...expected });
  }
  assert.deepEqual(outcome([{ detail: { en: "a", ja: "甲" } }, { detail: { en: "b", ja: "甲" } }]).detail, {
    en: "a | b",
    ja: "甲",
  });
});

test("a NaN is the largest deviation: it passes no check", () => {
  const broken = fromRows([
    [1, 0],
    [NaN, 0.5],
  ]);
  const sound = fromRows([
    [1, 0],
    [0.5, 0.5],
  ]);
  assert.ok(Number.isNaN(deviationOf(broken, rowsOf(sound), [0, 1])), "the deviation is NaN");
  assert.equal(rowSums([broken]).pass, false);
  assert.equal(rowSums([sound]).pass, true);
  assert.equal(same("s", label, broken, sound, 1).pass, false);
  const expected = naive(rowsOf(sound), rowsOf(sound), rowsOf(sound));
  assert.equal(
    equalsNaive(
      [
        { weights: broken, naive: expected },
        { weights: fromRows(expected.weights), naive: expected },
      ],
      2,
    ).pass,
    false,
  );
  assert.equal(
    equalsNaive(
      [
        { weights: fromRows(expected.weights), naive: expected },
        { output: broken, naive: expected },
      ],
      2,
    ).pass,
    false,
  );
});

test("row sums: 0 only where nothing is seen; one-hot rows; equality to the last bit and of shapes", () => {
  const A = fromRows([
    [0, 0],
    [0.25, 0.75],
  ]);
  assert.equal(rowSums([A]).pass, false);
  assert.equal(rowSums([A], (i) => i === 0).pass, true);
  assert.equal(rowSums([A], (i) => i === 1).pass, false);
  assert.equal(rowSums([matrix(3, 0)]).pass, true);
  assert.deepEqual(
    [
      [
        [0, 1],
        [1, 0],
      ],
      [
        [0, 1],
        [1, 1],
      ],
      [
        [0, 0],
        [1, 0],
      ],
      [
        [0.5, 0.5],
        [1, 0],
      ],
    ].map((rows) => oneHot(fromRows(rows)).pass),
    [true, false, false, false],
  );
  assert.equal(
    same(
      "s",
      label,
      A,
      fromRows([
        [0, 0],
        [0.25, 0.7500001],
      ]),
    ).pass,
    false,
  );
  assert.equal(same("s", label, matrix(2, 2), matrix(2, 3), 1).pass, false);
  assert.deepEqual(rowsOf(backwards(fromRows([[1], [2], [3]]))), [[3], [2], [1]]);
});

test("the naive computation of a long text: the same rows, spread from the first to the last, masks with " +
  "them", () => {
  assert.deepEqual(
    [spread(3), spread(64).length, spread(1000).length, spread(1000)[0], spread(1000)[63]],
    [[0, 1, 2], 64, 64, 0, 999],
  );
  assert.equal(new Set(spread(65)).size, 64);
  const [Q, K, V] = [normal(200, 3, 1), normal(7, 3, 2), normal(7, 2, 3)].map(rowsOf) as [
    number[][],
    number[][],
    number[][],
  ];
  const allow = (i: number, j: number): boolean => (i + j) % 3 > 0;
  const whole = naiveAttention(Q, K, V, { allow });
  const some = naive(Q, K, V, { allow });
  some.queries.forEach((i, s) =>
    assert.deepEqual([some.weights[s], some.output[s]], [whole.weights[i], whole.output[i]]),
  );
});

test("argmax takes the first of equals; sparsemax by bisection agrees with a case by hand", () => {
  assert.deepEqual(naiveArgmax([1, 3, 3, 2]), [0, 1, 0, 0]);
  // (1, 0.8, 0.1): 1 + 0.8 − 2τ = 1 gives τ = 0.4, which 0.1 stays below: weights 0.6, 0.4, 0.
  assert.deepEqual(
    naiveSparsemax([1, 0.8, 0.1]).map((w) => Number(w.toFixed(9))),
    [0.6, 0.4, 0],
  );
  assert.deepEqual(
    naiveSparsemax([2, 2]).map((w) => Number(w.toFixed(9))),
    [0.5, 0.5],
  );
});

test("repeated words are found whatever their case and width", () => {
  assert.deepEqual(repeats(["The", "cat", "the", "ＴＨＥ", "猫"]), [
    [0, 2],
    [0, 3],
  ]);
});
