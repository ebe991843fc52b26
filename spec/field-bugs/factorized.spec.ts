import assert from "node:assert/strict";
import test from "node:test";
import type { Rows } from "../oracle/naive.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { attendAlong } from "../../lib/attention/attend-along.ts";
import { dot, naiveAttention, naiveMatmul } from "../oracle/naive.ts";
import { identity } from "../../lib/matrix.ts";
import { normal, poison, rowsOf } from "../support/values.ts";

/**
 * Bugs found in the field around rows and columns: each as people wrote it, shown to fail, and ours beside
 * it.
 */
const [H, W, d] = [4, 6, 3];
const cells = Array.from({ length: H * W }, (_, cell) => cell);
const self = (y: Rows): Rows => naiveAttention(y, y, y, { scale: 1 / Math.sqrt(d) }).output;
const column = (w: number): number[] => cells.filter((cell) => cell % W === w);
const row = (h: number): number[] => cells.filter((cell) => Math.floor(cell / W) === h);
const largest = (A: Rows, B: Rows): number =>
  Math.max(...A.flatMap((line, i) => line.map((x, c) => Math.abs(x - B[i]![c]!))));
const bare = (): MultiHeadAttention =>
  new MultiHeadAttention({
    heads: [{ W_Q: identity(d), W_K: identity(d), W_V: identity(d) }],
    W_O: identity(d),
  });
const axial = (combine: "columns then rows" | "rows then columns" | "sum"): AxialAttention =>
  new AxialAttention({ alongColumns: bare(), alongRows: bare(), combine });

/** Attention within each of these sets of cells, in doubles. */
const within = (lines: number[][], X: Rows): Rows => {
  const out: Rows = [];
  for (const line of lines) self(line.map((cell) => X[cell]!)).forEach((o, t) => (out[line[t]!] = o));
  return out;
};

/**
 * "Column" attention as W28 has it: (H, W) read as (W, H) by reshape, attention along the last axis, reshape
 * back. No transpose.
 */
const reshaped = (X: Rows, height: number, width: number): Rows =>
  within(
    Array.from({ length: width }, (_, w) => Array.from({ length: height }, (_, h) => w * height + h)),
    X,
  );

test("W28 column attention by reshape without a transpose: the right shape, read along the rows", () => {
  const X = normal(H * W, d, 1);
  const changed = (attend: (Y: Rows) => Rows): number[] => {
    const [before, after] = [attend(rowsOf(X)), attend(rowsOf(poison(X, 2 * W + 1, 7)))];
    return cells.filter((cell) => after[cell]!.some((x, c) => x !== before[cell]![c]!));
  };
  assert.deepEqual(
    changed((Y) => reshaped(Y, H, W)),
    [12, 13, 14, 15],
    "four cells that stand side by side in row 2",
  );
  const ours = (Y: Rows): Rows => {
    const Z = { ...X, data: Float32Array.from(Y.flat()) };
    return rowsOf(
      attendAlong(new ScaledDotProductAttention(), { Q: Z, K: Z, V: Z, grid: [H, W], axis: 0 }).output,
    );
  };
  assert.deepEqual(changed(ours), column(1));
  // On a square image the bug is attention along the rows once more, to the last digit: no shape can show it.
  const square = rowsOf(normal(25, d, 2));
  assert.deepEqual(
    reshaped(square, 5, 5),
    within(
      [0, 1, 2, 3, 4].map((h) => [0, 1, 2, 3, 4].map((w) => 5 * h + w)),
      square,
    ),
  );
});

test("W29 one combined map: the mean misses most cells, the other order is another model", () => {
  const X = normal(H * W, d, 3);
  const attention = axial("columns then rows");
  const { output, weights } = attention.forward(X, { rows: H, columns: W });
  const { rows, columns, composed } = attention.maps(weights, { rows: H, columns: W });
  const error = (map: Rows): number => largest(naiveMatmul(map, rowsOf(X)), rowsOf(output));
  const mean = rowsOf(rows).map((line, q) => line.map((a, k) => (a + rowsOf(columns)[q]![k]!) / 2));
  const wrongOrder = naiveMatmul(rowsOf(columns), rowsOf(rows));
  for (const map of [mean, wrongOrder, rowsOf(composed)]) {
    for (const line of map) {
      assert.ok(Math.abs(line.reduce((a, b) => a + b, 0) - 1) < 1e-6, "all three look like maps");
    }
  }
  assert.ok(error(mean) > 0.1 && error(wrongOrder) > 0.1, "but two are not the model's");
  assert.ok(error(rowsOf(composed)) < 1e-6, "and one is");
  assert.deepEqual(
    [mean, rowsOf(composed)].map((map) => map.flat().filter((a) => a > 0).length),
    [H * W * (H + W - 1), (H * W) ** 2],
  );
});

test("W30 the cost as H² + W², as H·W, or without d: it is H·W·(H + W) pairs of 2d multiply-adds", () => {
  const [height, width, features] = [6, 8, 5];
  const counted = { pairs: 0, multiplyAdds: 0 };
  const X = rowsOf(normal(height * width, features, 4));
  const lines = [
    ...Array.from({ length: height }, (_, h) => X.slice(h * width, (h + 1) * width)),
    ...Array.from({ length: width }, (_, w) => X.filter((_, cell) => cell % width === w)),
  ];
  for (const y of lines) {
    const { weights } = naiveAttention(y, y, y, {
      score: (q, k) => (counted.pairs++, (counted.multiplyAdds += q.length), dot(q, k)),
    });
    for (const a of weights.flat()) if (a !== 0) counted.multiplyAdds += features;
  }
  assert.deepEqual(
    counted,
    { pairs: height * width * (height + width), multiplyAdds: 2 * features * 672 },
  );
  assert.deepEqual([counted.pairs, (height * width) ** 2], [672, 2304]);
  for (const formula of [height ** 2 + width ** 2, height * width]) {
    assert.ok(formula < counted.pairs / 6, `${formula} is far from ${counted.pairs}`);
  }
  const ours = { pairs: 0 };
  const allow = (): boolean => ++ours.pairs > 0;
  const attention = AxialAttention.random({ d_model: features, heads: 1, combine: "sum" }, () => 0.3);
  attention.forward(
    normal(height * width, features, 4),
    { rows: height, columns: width },
    { allowInRow: allow, allowInColumn: allow },
  );
  assert.equal(ours.pairs, counted.pairs);
});

test("W31 sum, one after the other, or one softmax over both: three models that go by the same name", () => {
  const X = normal(H * W, d, 5);
  const run = (combine: "columns then rows" | "rows then columns" | "sum"): Rows =>
    rowsOf(axial(combine).forward(X, { rows: H, columns: W }).output);
  const cross = (cell: number): number[] => [...new Set([...row(Math.floor(cell / W)), ...column(cell % W)])];
  const joint = cells.map(
    (q) =>
      naiveAttention(
        [rowsOf(X)[q]!],
        cross(q).map((k) => rowsOf(X)[k]!),
        cross(q).map((k) => rowsOf(X)[k]!),
        { scale: 1 / Math.sqrt(d) },
      ).output[0]!,
  );
  const variants = [
    run("columns then rows"),
    run("rows then columns"),
    run("sum"),
    run("sum").map((o) => o.map((x) => x / 2)),
    joint,
  ];
  variants.forEach((A, a) =>
    variants
      .slice(a + 1)
      .forEach((B) =>
        assert.ok(largest(A, B) > 0.1, "no two agree, not even with the sum halved or the order turned"),
      ),
  );
  const reached = (combine: "columns then rows" | "sum"): number[] => {
    const spoilt = rowsOf(axial(combine).forward(poison(X, 2 * W + 1, NaN), { rows: H, columns: W }).output);
    return cells.filter((cell) => Number.isNaN(spoilt[cell]![0]!));
  };
  assert.deepEqual(reached("columns then rows"), cells);
  assert.deepEqual(
    reached("sum"),
    cross(2 * W + 1).sort((a, b) => a - b),
  );
});

test("R6 PLUTO's batch: masks tiled over tokens that are batch-major reach the wrong scene", () => {
  // Tokens are (scene, place, line): sequence b·N_L + j is column j of scene b. `mask.repeat(N_L, 1)` gives
  // it the mask of scene (b·N_L + j) mod 2; repeat-interleave would give it that of scene b. Line 3 exists in
  // scene 1 only; in scene 0 it holds rubbish.
  const [N_R, N_L] = [4, 3];
  const valid = [(i: number) => i !== 3, () => true];
  const scenes = [0, 1].map((b) =>
    rowsOf(normal(N_R * N_L, d, 6 + b)).map((x, cell) =>
      valid[b]!(Math.floor(cell / N_L)) ? x : x.map(() => 1e3),
    ),
  );
  const lateral = (mask: (b: number, j: number) => (i: number) => boolean): number[][] =>
    scenes.map((X, b) => {
      const worst = Array.from({ length: N_L }, (_, j) => {
        const line = Array.from({ length: N_R }, (_, i) => X[i * N_L + j]!);
        const seen = naiveAttention(line, line, line, { allow: (_, k) => mask(b, j)(k) }).output;
        return Math.max(...seen.slice(0, 3).flat());
      });
      return worst;
    });
  const tiled = lateral((b, j) => valid[(b * N_L + j) % 2]!);
  const interleaved = lateral((b) => valid[b]!);
  assert.deepEqual(
    tiled[0]!.map((x) => x > 900),
    [false, true, false],
    "column 1 of scene 0 sees the rubbish, which scene 1's mask allows",
  );
  assert.ok(
    interleaved[0]!.every((x) => x < 10),
    "each mask with its scene",
  );
  // Ours has no batch axis to mix up: a scene is a call, with its own predicate.
  scenes.forEach((X, b) => {
    const Y = { rows: N_R * N_L, cols: d, data: Float32Array.from(X.flat()) };
    const ours = attendAlong(new ScaledDotProductAttention({ scale: 1 }), {
      Q: Y,
      K: Y,
      V: Y,
      grid: [N_R, N_L],
      axis: 0,
      allow: (_, k) => valid[b]!(k),
    });
    for (let j = 0; j < N_L; j++) {
      const seen = [0, 1, 2].flatMap((i) => rowsOf(ours.output)[i * N_L + j]!);
      assert.ok(Math.abs(Math.max(...seen) - interleaved[b]![j]!) < 1e-5, `scene ${b}, column ${j}`);
    }
  });
});

test("W51 one softmax over the whole grid where each line should have its own: rows of weights sum to less", () => {
  const X = rowsOf(normal(H * W, d, 4));
  const scores = X.map((q) => X.map((k) => dot(q, k) / Math.sqrt(d)));
  const inRow = (i: number, j: number): boolean => row(Math.floor(i / W)).includes(j);
  const share = (i: number, weights: number[]): number =>
    weights.reduce((sum, a, j) => sum + (inRow(i, j) ? a : 0), 0);
  const softmaxOf = (values: number[]): number[] => {
    const exps = values.map((s) => Math.exp(s));
    return exps.map((e) => e / exps.reduce((a, b) => a + b, 0));
  };
  const buggy = scores.map((line, i) => share(i, softmaxOf(line)));
  const outside = buggy.every((sum) => sum < 0.9999) && buggy.some((sum) => sum < 0.6);
  assert.ok(outside, "buggy: a part of each cell's weight lies outside its row");
  const { rows } = axial("sum").maps(
    axial("sum").forward(normal(H * W, d, 4), { rows: H, columns: W }).weights,
    { rows: H, columns: W },
  );
  rowsOf(rows).forEach((line, i) => {
    assert.ok(Math.abs(share(i, line) - 1) < 1e-6, `ours: cell ${i}`);
    assert.ok(line.every((a, j) => a === 0 || inRow(i, j)), `ours: cell ${i} stays in its row`);
  });
});
