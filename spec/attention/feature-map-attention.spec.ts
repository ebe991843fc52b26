import assert from "node:assert/strict";
import test from "node:test";
import type { MapScope } from "../../lib/attention/feature-map-attention.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { Rows } from "../oracle/naive.ts";
import { FeatureMapAttention, featureMapPairs } from "../../lib/attention/feature-map-attention.ts";
import { assertClose, assertRowSums, assertSameBits, at, copyOf, normal, rowsOf } from "../support/values.ts";
import { tolerance } from "../support/values.ts";
import { fromRows, matrix } from "../../lib/matrix.ts";
import { naiveAttention } from "../oracle/naive.ts";

const SA = (X: Rows): Rows => naiveAttention(X, X, X, { scale: 1 / Math.sqrt(X[0]!.length) }).output;
const CAT = (Z: Rows): Rows =>
  naiveAttention(SA(Z), SA(Z), SA(Z), { scale: 1 / Math.sqrt(Z[0]!.length) }).output;

/**
 * By the coordinates of maps: the map in row u and column v of the whole image lies in patch (⌊u·s/P⌋,
 * ⌊v·s/P⌋).
 */
function naive(image: Rows, P: number, s: number, scope: MapScope): Rows {
  const [H, W] = [image.length, image[0]!.length];
  const groups = new Map<string, { u: number; v: number; row: number[] }[]>();
  for (let u = 0; u < H / s; u++) {
    for (let v = 0; v < W / s; v++) {
      const map = SA(Array.from({ length: s }, (_, y) => image[u * s + y]!.slice(v * s, (v + 1) * s)));
      const group = scope === "image" ? "all" : `${Math.floor((u * s) / P)} ${Math.floor((v * s) / P)}`;
      groups.set(group, [...(groups.get(group) ?? []), { u, v, row: map.flat() }]);
    }
  }
  const out = image.map((row) => row.slice());
  groups.forEach((maps) =>
    CAT(maps.map(({ row }) => row)).forEach((row, m) =>
      row.forEach((x, e) => (out[maps[m]!.u * s + Math.floor(e / s)]![maps[m]!.v * s + (e % s)] = x)),
    ),
  );
  return out;
}

test("equals SA inside each map and CAT between them, within patches and over the image", () => {
  for (const [H, W, P, s] of [
    [4, 8, 4, 2],
    [6, 6, 6, 3],
    [3, 9, 3, 1],
    [32, 16, 16, 4],
    [2, 2, 2, 2],
  ] as const) {
    for (const scope of ["patch", "image"] as const) {
      const image = normal(H, W, 1);
      assertClose(
        new FeatureMapAttention({ P, s, scope }).forward(image).output,
        naive(rowsOf(image), P, s, scope),
        3 * tolerance(8),
        `${H} × ${W} ${scope}`,
      );
    }
  }
});

test("D-CROSS's sizes: a patch of 16 × 16 is 16 maps of 4 × 4, and pairs are counted as they are " +
  "scored", () => {
  for (const [H, W] of [
    [16, 16],
    [32, 16],
    [32, 48],
  ] as const) {
    const N = (H * W) / 256;
    for (const scope of ["patch", "image"] as const) {
      const { inner, between } = new FeatureMapAttention({ scope }).forward(normal(H, W, 1));
      assert.deepEqual([inner.length, between.length], [N * 16, scope === "patch" ? N : 1]);
      [...inner, ...between].forEach((A) => assertRowSums(A));
      const pairs = (maps: Matrix[]): number => maps.reduce((sum, A) => sum + A.data.length, 0);
      // Between maps CAT scores four times: SA(Q), SA(K), SA(V), and the attention that it shows.
      assert.deepEqual(featureMapPairs({ N, M: 16, s: 4, scope }), {
        inner: pairs(inner),
        between: 4 * pairs(between),
      });
    }
  }
});

test("twice as many patches: twice the pairs if no patch sees another, four times between maps if they " +
  "do", () => {
  const between = (N: number, M: number, scope: MapScope): number =>
    featureMapPairs({ N, M, s: 4, scope }).between;
  assert.equal(between(392, 16, "patch"), 2 * between(196, 16, "patch"));
  assert.equal(between(392, 16, "image"), 4 * between(196, 16, "image"));
  assert.equal(
    between(196, 32, "patch"),
    4 * between(196, 16, "patch"),
    "and the number of maps counts twice in either",
  );
});

test("blindness: with scope patch, nothing of one patch reaches another; with scope image everything " +
  "reaches everything", () => {
  const image = normal(4, 8, 1);
  const spoilt = copyOf(image);
  spoilt.data[5] = NaN; // row 0, column 5: the right patch
  const [clean, patch, whole] = [
    new FeatureMapAttention({ P: 4, s: 2 }).forward(image).output,
    new FeatureMapAttention({ P: 4, s: 2 }).forward(spoilt).output,
    new FeatureMapAttention({ P: 4, s: 2, scope: "image" }).forward(spoilt).output,
  ];
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 8; j++) {
      assert.ok(
        j < 4 ? Object.is(at(patch, i, j), at(clean, i, j)) : Number.isNaN(at(patch, i, j)),
        `at ${i}, ${j}: ${at(patch, i, j)}`,
      );
    }
  }
  assert.ok(whole.data.every(Number.isNaN), "with scope image every pixel sees it");
});

test("by hand: one map is SA of it; a constant patch stays as it is", () => {
  // SA of (0, 0; 2, 2), d_x = 2: row 0 scores 0, 0 → (1, 1); row 1 scores 0, 8/√2 → weight w = 1 / (1 +
  // e^(−4√2)), (2w, 2w). One map: CAT changes nothing more.
  const w = 1 / (1 + Math.exp(-4 * Math.SQRT2));
  assertClose(
    new FeatureMapAttention({ P: 2, s: 2 }).forward(
      fromRows([
        [0, 0],
        [2, 2],
      ]),
    ).output,
    [
      [1, 1],
      [2 * w, 2 * w],
    ],
    1e-6,
  );
  const constant = matrix(16, 16, new Float32Array(256).fill(3));
  assertSameBits(new FeatureMapAttention().forward(constant).output, constant);
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => new FeatureMapAttention({ P: 16, s: 5 }),
    "FeatureMapAttention: P must be a multiple of s = 5; got 16",
  );
  says(
    () => new FeatureMapAttention({ scope: "all" as never }),
    'FeatureMapAttention: scope must be "patch" or "image"; got all',
  );
  says(
    () => new FeatureMapAttention().forward(matrix(16, 20)),
    "cutTiles: grid[1] must be a multiple of p = 16; got 20",
  );
  says(
    () => featureMapPairs({ N: -1, M: 16, s: 4, scope: "patch" }),
    "featureMapPairs: N must be an integer ≥ 0; got -1",
  );
});
