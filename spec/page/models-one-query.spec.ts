import assert from "node:assert/strict";
import { test } from "node:test";
import { PLANE_KEYS, PLANE_VALUES, hullAround, oneQueryModel, sideOf, type Point } from "../../scripts/page/models/one-query.ts";
import { naiveAttention } from "../oracle/naive.ts";

const QUERIES: Point[] = [];
for (let x = -30; x <= 30; x += 6) for (let y = -30; y <= 30; y += 5) QUERIES.push([x / 10, y / 10]);

test("one query: shares and output are the oracle's", () => {
  for (const query of QUERIES) {
    const { map, output } = oneQueryModel(query);
    const naive = naiveAttention([[...query]], PLANE_KEYS.map((k) => [...k]), PLANE_VALUES.map((v) => [...v]), { scale: 1 / Math.sqrt(2) });
    naive.weights[0]!.forEach((w, j) => assert.ok(Math.abs(w - map.data[j]!) < 1e-6, `share ${j} at ${query}`));
    naive.output[0]!.forEach((o, c) => assert.ok(Math.abs(o - output[c]!) < 2e-6, `output ${c} at ${query}`));
  }
});

test("one query: the output never leaves the hull of the values, and the shares sum to 1", () => {
  for (const query of QUERIES) {
    const { hull, output, sum } = oneQueryModel(query);
    assert.ok(Math.abs(sum - 1) < 1e-6, `sum ${sum} at ${query}`);
    hull.forEach((n, c) => {
      const side = sideOf(PLANE_VALUES[n]!, PLANE_VALUES[hull[(c + 1) % hull.length]!]!, output);
      assert.ok(side > -1e-5, `outside of edge ${c} at ${query}: ${side}`);
    });
  }
});

test("one query: every value is a corner, the fifth key is none and never has the largest share", () => {
  assert.equal(hullAround(PLANE_VALUES).length, 5);
  assert.deepEqual(hullAround(PLANE_KEYS).sort(), [0, 1, 2, 3]);
  for (const query of QUERIES) {
    if (query[0] === 0 && query[1] === 0) continue;
    const { map } = oneQueryModel(query);
    assert.ok(map.data[4]! < Math.max(...map.data), `the fifth leads at ${query}`);
  }
});

test("hullAround: inner points and points on an edge are no corners", () => {
  const square: Point[] = [[0, 0], [2, 0], [2, 2], [0, 2], [1, 1], [1, 0]];
  assert.deepEqual(hullAround(square), [0, 1, 2, 3]);
});
