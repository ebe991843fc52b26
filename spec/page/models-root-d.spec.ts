import assert from "node:assert/strict";
import { test } from "node:test";
import { DIVISORS, rootModel } from "../../scripts/page/models/root-d.ts";
import { dot, naiveAttention, type Rows } from "../oracle/naive.ts";
import { gaussian, randomGenerator } from "../../lib/matrix.ts";

/** The same draws as the model's, in the same order, rounded to float32. */
function draws(d: number, seed: number): { q: number[]; K: Rows; many: Rows; queries: Rows } {
  const normal = gaussian(randomGenerator(seed));
  const rows = (n: number): Rows =>
    Array.from({ length: n }, () => Array.from(Float32Array.from({ length: d }, normal)));
  const [q] = rows(1);
  return { q: q!, K: rows(10), many: rows(400), queries: rows(400) };
}

test("root-d: scores and shares of all three divisions are the oracle's at every width", () => {
  for (let power = 0; power <= 8; power++) {
    const d = 2 ** power;
    const model = rootModel(d, 9);
    const { q, K } = draws(d, 9);
    const factors = { none: 1, root: 1 / Math.sqrt(d), width: 1 / d };
    for (const name of DIVISORS) {
      const wanted = naiveAttention([q], K, K, { scale: factors[name] }).weights[0]!;
      const largest = Math.max(...model.raw.map(Math.abs));
      wanted.forEach((w, j) => {
        const score = dot(q, K[j]!) * factors[name];
        assert.ok(Math.abs(model.scores[name][j]! - score) < 1e-5 * (1 + largest), `d ${d} ${name} score ${j}`);
        const off = Math.abs(model.shares[name][j]! - w);
        assert.ok(off < 1e-6 + 2 ** -22 * largest, `d ${d} ${name} share ${j} is off by ${off}`);
      });
    }
  }
});

test("root-d: the spread is the standard deviation about 0 of 400 scores, near √d", () => {
  for (const d of [1, 4, 64, 256]) {
    const { many, queries } = draws(d, 9);
    const squares = queries.map((row, n) => dot(row, many[n]!) ** 2);
    const wanted = Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / 400);
    const { spread } = rootModel(d, 9);
    assert.ok(Math.abs(spread - wanted) < 1e-9 * (1 + wanted), `d ${d}: ${spread} for ${wanted}`);
    assert.ok(Math.abs(spread / Math.sqrt(d) - 1) < 0.2, `d ${d}: ${spread} is far from √d`);
  }
});

test("root-d: at d = 1 the three divisions are one, and at 256 the largest shares fall in their order", () => {
  const one = rootModel(1, 9).shares;
  assert.deepEqual([one.none, one.width], [one.root, one.root]);
  const { shares } = rootModel(256, 9);
  const [none, root, width] = DIVISORS.map((name) => Math.max(...shares[name]));
  assert.ok(none! > root! && root! > width! && width! > 0.1, `${none}, ${root}, ${width}`);
});
