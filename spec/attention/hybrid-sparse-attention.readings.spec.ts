import assert from "node:assert/strict";
import test from "node:test";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { READINGS, naiveHybrid, oneHead } from "../oracle/naive-hybrid.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { fromFunction, fromRows, matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";

const upTo = (n: number): number[] => Array.from({ length: n }, (_, t) => t);
const sum = (row: readonly number[]): number => row.reduce((a, b) => a + b, 0);

test("all eight readings equal their definition, part by part, over lengths, radii and globals", () => {
  for (const reading of READINGS) {
    for (const T of [1, 2, 7, 13]) {
      for (const radius of [0, 1, 3, 20]) {
        for (const globals of [[], [0], [T - 1, 0], upTo(T)].map((list) => [...new Set(list)])) {
          const [Q, K, V] = [normal(T, 3, 1), normal(T, 3, 2), normal(T, 5, 3)];
          const where = `${Object.values(reading)}, T ${T}, radius ${radius}, globals ${globals}`;
          const expected = naiveHybrid(rowsOf(Q), rowsOf(K), rowsOf(V), radius, globals, reading);
          const limit = tolerance(expected.largestScore);
          const hybrid = oneHead(radius, reading);
          const { output, weights } = hybrid.attend(Q, K, V, globals);
          assertClose(output, expected.output, limit, `output, ${where}`);
          assertClose(hybrid.fullAttention(weights), expected.map, limit, `map, ${where}`);
          assert.equal(weights.globalRows.rows, reading.globalRows === "all" ? globals.length : 0);
          const [local, wide, rows] = [
            rowsOf(weights.w_local),
            rowsOf(weights.w_global),
            rowsOf(weights.globalRows),
          ];
          expected.spent.forEach((spent, t) => {
            const of = (part: string): number =>
              sum(spent.filter((one) => one.part === part).map((one) => one.weight));
            const got = {
              local: sum(local[t]!),
              global: sum(wide[t]!),
              row: globals.includes(t) ? sum(rows[globals.indexOf(t)] ?? []) : 0,
            };
            for (const part of ["local", "global", "row"] as const) {
              assert.ok(
                Math.abs(got[part] - of(part)) <= 2 * limit,
                `${part} of query ${t}, ${where}: ${got[part]}, expected ${of(part)}`,
              );
            }
          });
        }
      }
    }
  }
});

test("in each reading a NaN key and value reach the rows whose softmax they stand in, and no other by " +
  "one bit", () => {
  const [Q, K, V] = [normal(11, 3, 1), normal(11, 3, 2), normal(11, 5, 3)];
  const globals = [8, 2];
  for (const reading of READINGS) {
    const clean = oneHead(1, reading).attend(Q, K, V, globals).output;
    const { spent } = naiveHybrid(rowsOf(Q), rowsOf(K), rowsOf(V), 1, globals, reading);
    for (const j of upTo(11)) {
      const sick = oneHead(1, reading).attend(Q, poison(K, j, NaN), poison(V, j, NaN), globals).output;
      const sees = (t: number): boolean => spent[t]!.some(({ key }) => key === j);
      assertSameRows(
        sick,
        clean,
        upTo(11).filter((t) => !sees(t)),
        `${Object.values(reading)}, key ${j}`,
      );
      assert.ok(
        upTo(11)
          .filter(sees)
          .every((t) => rowsOf(sick)[t]!.every(Number.isNaN)),
        `${Object.values(reading)}, key ${j} shows`,
      );
    }
  }
});

test("a key counted twice has +ln 2 on its score, exactly: dense attention with that bias gives the " +
  "same", () => {
  const [T, radius, globals] = [11, 2, [4, 9]];
  const [Q, K, V] = [normal(T, 3, 1), normal(T, 3, 2), normal(T, 5, 3)];
  const near = (i: number, j: number): boolean => Math.abs(i - j) <= radius;
  const bias = upTo(T).map((i) => upTo(T).map((j) => (near(i, j) && globals.includes(j) ? Math.LN2 : 0)));
  const expected = naiveAttention(rowsOf(Q), rowsOf(K), rowsOf(V), {
    scale: 1 / Math.sqrt(3),
    bias,
    allow: (i, j) => near(i, j) || globals.includes(j),
  });
  const twice = oneHead(radius, { repeated: "twice", globalRows: "window" });
  const { output, weights } = twice.attend(Q, K, V, globals);
  assertClose(output, expected.output, tolerance(expected.largestScore));
  assertClose(twice.fullAttention(weights), expected.weights, tolerance(expected.largestScore));
  const [local, wide] = [rowsOf(weights.w_local), rowsOf(weights.w_global)];
  for (const [g, j] of globals.entries()) {
    for (const t of upTo(T).filter((i) => near(i, j))) {
      assert.equal(
        local[t]![j - t + radius],
        wide[t]![g],
        "the same score, the same weight, in both lists",
      );
    }
  }
  // by hand: three keys of equal score in the window of query 1, key 1 global. Once: 1/3 each. Twice: four
  // entries of 1/4, so key 1 has 2/4
  const even = (repeated: "once" | "twice"): number[] => {
    const hybrid = oneHead(1, { repeated, globalRows: "window" });
    return rowsOf(
      hybrid.fullAttention(hybrid.attend(matrix(3, 1), matrix(3, 1), matrix(3, 1), [1]).weights),
    )[1]!;
  };
  assertClose(
    fromRows([even("once"), even("twice")]),
    [
      [1 / 3, 1 / 3, 1 / 3],
      [1 / 4, 1 / 2, 1 / 4],
    ],
    1e-6,
  );
});

test("zero padding takes its share at the ends: the row sums of the map fall by just that, and nowhere " +
  "else", () => {
  const [T, radius] = [13, 3];
  const [Q, K, V] = [normal(T, 3, 1), normal(T, 3, 2), normal(T, 5, 3)];
  for (const globals of [[], [6]]) {
    const reading = { edges: "zero", repeated: "once", globalRows: "window" } as const;
    const zero = oneHead(radius, reading);
    const rows = rowsOf(zero.fullAttention(zero.attend(Q, K, V, globals).weights)).map(sum);
    const { spent } = naiveHybrid(rowsOf(Q), rowsOf(K), rowsOf(V), radius, globals, reading);
    const stolen = spent.map((list) => sum(list.filter((one) => one.key === null).map((one) => one.weight)));
    rows.forEach((total, t) =>
      assert.ok(Math.abs(total - (1 - stolen[t]!)) < 1e-6, `row ${t}: ${total}, stolen ${stolen[t]}`),
    );
    assert.deepEqual(
      stolen.map((share) => share > 0),
      upTo(T).map((t) => t < radius || t >= T - radius),
    );
    assertRowSums(oneHead(radius).fullAttention(oneHead(radius).attend(Q, K, V, globals).weights));
  }
  // By hand: radius 2, true scores −3. Row 0 has three keys and two zeros, which take
  // 2 / (2 + 3 e^−3) = 0.930; row 1 has one zero: 1 / (1 + 4 e^−3) = 0.834.
  const zero = oneHead(2, { edges: "zero" });
  const map = rowsOf(
    zero.fullAttention(
      zero.attend(
        fromFunction(5, 1, () => 1),
        fromFunction(5, 1, () => -3),
        matrix(5, 1),
      ).weights,
    ),
  ).map(sum);
  [0.07, 0.166, 1, 0.166, 0.07].forEach((left, t) =>
    assert.ok(Math.abs(map[t]! - left) < 0.001, `row ${t}: ${map[t]}`),
  );
});

test("LITERAL is zero, twice, window: where nothing overlaps, nothing is cut and nobody is global it is " +
  "the default", () => {
  assert.deepEqual(
    HybridSparseAttention.LITERAL,
    { edges: "zero", repeated: "twice", globalRows: "window" },
  );
  assert.deepEqual(oneHead(1).reading, { edges: "cut", repeated: "once", globalRows: "all" });
  const [Q, K, V] = [normal(17, 3, 1), normal(17, 3, 2), normal(17, 5, 3)];
  const [literal, standard] = [
    oneHead(2, HybridSparseAttention.LITERAL).attend(Q, K, V, [8]).output,
    oneHead(2).attend(Q, K, V, [8]).output,
  ];
  const inside = upTo(17).filter((t) => t >= 2 && t < 15);
  // only these see the global token once, and through the list of globals alone
  const alike = inside.filter((t) => Math.abs(t - 8) > 2);
  const [a, b] = [rowsOf(literal), rowsOf(standard)];
  assertClose(
    fromRows(alike.map((t) => a[t]!)),
    alike.map((t) => b[t]!),
    1e-6,
  );
  for (const t of upTo(17).filter((i) => !alike.includes(i))) {
    assert.ok(
      a[t]!.some((x, c) => Math.abs(x - b[t]![c]!) > 1e-4),
      `row ${t} should differ`,
    );
  }
  const [ends, all] = [
    oneHead(2, { edges: "zero" }).attend(Q, K, V, [8]).output,
    oneHead(2, { globalRows: "window" }).attend(Q, K, V, [8]).output,
  ];
  assertSameRows(ends, standard, inside, "edges change the ends alone");
  assertSameRows(
    all,
    standard,
    upTo(17).filter((t) => t !== 8),
    "globalRows changes global tokens alone",
  );
  assert.notDeepEqual(rowsOf(all)[8], b[8]);
  assertSameBits(
    oneHead(2, { repeated: "twice" }).attend(Q, K, V, []).output,
    oneHead(2).attend(Q, K, V, []).output,
    "without globals nothing repeats",
  );
});

test("as many cells are lit as the formula has pairs: T(2r + 1) − r(r + 1) for a window, and 2·T·G less " +
  "what overlaps", () => {
  const lit = (T: number, radius: number, globals: number[]): number => {
    const hybrid = oneHead(radius);
    return hybrid
      .fullAttention(hybrid.attend(normal(T, 2, 1), normal(T, 2, 2), matrix(T, 1), globals).weights)
      .data.filter((w) => w > 0).length;
  };
  assert.equal(lit(41, 5, []), 41 * 11 - 5 * 6);
  // globals 10 and 30, far from the ends and each other: 2·2·41 cells of columns and rows; 4 are in both, and
  // each hub's window of 11 holds 11 of its column and 11 of its row, its own cell in both
  assert.equal(lit(41, 5, [10, 30]), 41 * 11 - 5 * 6 + (2 * 2 * 41 - 4) - 2 * (11 + 11 - 1));
  assert.equal(lit(19, 20, [3]), 19 * 19);
});
