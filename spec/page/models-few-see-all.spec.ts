import assert from "node:assert/strict";
import { test } from "node:test";
import { randomHead } from "../../lib/attention/heads.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { embed } from "../../scripts/atlas/words.ts";
import { fewModel, type FewSettings } from "../../scripts/page/models/few-see-all.ts";
import { naiveAttention, naiveLinear } from "../oracle/naive.ts";
import { naiveMap, rowsOf } from "./expected.ts";

const T = 7;
const X = embed(["a", "small", "cat", "saw", "one", "big", "dog"], 16, 3);
const FIRST: FewSettings = {
  radius: 1,
  globals: [3],
  own: false,
  edges: "cut",
  repeated: "once",
  globalRows: "all",
  seed: 6,
};

function drawn(): ReturnType<typeof randomHead>[] {
  const random = randomGenerator(6);
  return [randomHead({ d_query: 16, d_k: 16 }, random), randomHead({ d_query: 16, d_k: 16 }, random)];
}

function near(map: Float32Array, wanted: readonly number[][], what: string): void {
  wanted
    .flat()
    .forEach((w, e) =>
      assert.ok(
        Math.abs(w - map[e]!) < 1e-5,
        `${what}, cell ${Math.floor(e / T)}, ${e % T}: ${map[e]}, not ${w}`,
      ),
    );
}

test("a few see all: the first reading is dense attention under the union of window and globals", () => {
  const model = fewModel(X, FIRST);
  const sees = (i: number, j: number): boolean => Math.abs(i - j) <= 1 || i === 3 || j === 3;
  near(model.map.data, naiveMap(X, drawn()[0]!, sees).weights, "once");
  assert.equal(model.pairs, model.map.data.filter((w) => w > 0).length);
  assert.equal(model.departs, false);
});

test("a few see all: global rows read narrowly see no more than others", () => {
  const model = fewModel(X, { ...FIRST, globals: [0], globalRows: "window" });
  near(model.map.data, naiveMap(X, drawn()[0]!, (i, j) => Math.abs(i - j) <= 1 || j === 0).weights, "window");
  assert.equal(model.why[5], 0);
});

test("a few see all: counted twice is ln 2 on the score; zeros beyond the ends take weight", () => {
  const [Q, K] = [drawn()[0]!.W_Q, drawn()[0]!.W_K].map((W) => naiveLinear(rowsOf(X), rowsOf(W)));
  const bias = (twice: (i: number, j: number) => boolean): number[][] =>
    Q!.map((_, i) => K!.map((_, j) => (twice(i, j) ? Math.LN2 : 0)));
  const allow = (i: number, j: number): boolean => Math.abs(i - j) <= 1 || i === 3 || j === 3;
  const wanted = naiveAttention(Q!, K!, K!, {
    scale: 0.25,
    allow,
    bias: bias((i, j) => i !== 3 && j === 3 && Math.abs(i - j) <= 1),
  });
  near(fewModel(X, { ...FIRST, repeated: "twice" }).map.data, wanted.weights, "twice");
  const zeros = fewModel(X, { ...FIRST, edges: "zero" });
  const sumOfRow = (i: number): number =>
    zeros.map.data.subarray(T * i, T * i + T).reduce((a, w) => a + w, 0);
  assert.ok(sumOfRow(0) < 0.99, `first row ${sumOfRow(0)}`);
  assert.ok(Math.abs(sumOfRow(2) - 1) < 1e-6, `an inner row ${sumOfRow(2)}`);
});

test("a few see all: Longformer's global queries use their own projections, the others do not", () => {
  const [local, global] = drawn();
  const sees = (i: number, j: number): boolean => Math.abs(i - j) <= 1 || i === 3 || j === 3;
  const [plain, primed] = [naiveMap(X, local!, sees).weights, naiveMap(X, global!, sees).weights];
  near(
    fewModel(X, { ...FIRST, own: true }).map.data,
    plain.map((row, i) => (i === 3 ? primed[3]! : row)),
    "own",
  );
});

test("a few see all: a global beyond the text is left out", () => {
  assert.deepEqual(fewModel(X, { ...FIRST, globals: [3, 31] }).map, fewModel(X, FIRST).map);
});
