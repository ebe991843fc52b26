import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import type { PlutoOptions } from "../../lib/models/pluto-decoder.ts";
import type { Rows } from "../oracle/naive.ts";
import { PlutoDecoder, PlutoDecoderLayer } from "../../lib/models/pluto-decoder.ts";
import { assertClose, assertRowSums, assertSameBits, assertSameRows, at, normal } from "../support/values.ts";
import { poison, rowsOf, tolerance } from "../support/values.ts";
import { fromRows, matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveAlong, naiveMultiHead } from "../oracle/naive-grid.ts";
import { naiveLinear } from "../oracle/naive.ts";
import { parameterCount } from "../../lib/models/parameters.ts";

const fresh = (): PlutoDecoderLayer => PlutoDecoderLayer.random({ d_model: 4, heads: 2 }, randomGenerator(3));
const plus = (A: Rows, B: Rows): Rows => A.map((row, i) => row.map((x, c) => x + B[i]![c]!));

/** Mean 0, variance 1: with γ = 1 and β = 0, as fresh layers have them. */
const norm = (X: Rows): Rows =>
  X.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((a, x) => a + (x - mean) ** 2, 0) / row.length;
    return row.map((x) => (x - mean) / Math.sqrt(variance + 1e-5));
  });

function naiveLayer(
  layer: PlutoDecoderLayer,
  X: Rows,
  memory: Rows,
  [N_R, N_L]: readonly number[],
  options: PlutoOptions,
): Rows {
  const { valid = () => true, allowMemory = () => true, positions } = options;
  const line = (cell: number): number => Math.floor(cell / N_L!);
  const Y = norm(X);
  const X_1 = plus(
    X,
    naiveAlong([N_R!, N_L!], 0, (cells) => {
      const y = cells.map((cell) => Y[cell]!);
      return naiveMultiHead(y, y, y, layer.lateral, (_, k) => valid(k)).output;
    }),
  );
  const Z = norm(X_1);
  const X_2 = plus(
    X_1,
    naiveAlong([N_R!, N_L!], 1, (cells) => {
      const z = cells.map((cell) => Z[cell]!);
      const placed = z.map((row, j) => row.map((x, c) => x + (positions ? at(positions, j, c) : 0)));
      return naiveMultiHead(placed, placed, z, layer.longitudinal).output;
    }),
  ).map((row, cell) => (valid(line(cell)) ? row : row.map(() => 0)));
  const X_3 = plus(X_2, naiveMultiHead(norm(X_2), memory, memory, layer.cross, allowMemory).output);
  const { W_1, b_1, W_2, b_2 } = layer.feedForward;
  const H = naiveLinear(norm(X_3), rowsOf(W_1), rowsOf(b_1!)).map((row) => row.map((x) => Math.max(0, x)));
  return plus(X_3, naiveLinear(H, rowsOf(W_2), rowsOf(b_2!)));
}

test("a layer equals its five equations in doubles, with masks, positions and invalid lines", () => {
  for (const [N_R, N_L, T] of [
    [1, 1, 1],
    [3, 5, 7],
    [5, 2, 1],
    [1, 6, 3],
  ] as const) {
    const [X, memory] = [normal(N_R * N_L, 4, 1), normal(T, 4, 2)];
    for (const options of [
      {},
      {
        valid: (i) => i !== 1,
        allowMemory: (cell, t, head) => t !== 2 && (cell + head) % 3 !== t,
        positions: normal(N_L, 4, 3),
      },
      { valid: () => false },
    ] as PlutoOptions[]) {
      const expected = naiveLayer(fresh(), rowsOf(X), rowsOf(memory), [N_R, N_L], options);
      assertClose(
        fresh().forward(X, memory, { N_R, N_L }, options),
        expected,
        tolerance(4),
        `${N_R} × ${N_L}`,
      );
    }
  }
});

test("an invalid line and hidden memory reach no valid line, whatever they hold", () => {
  const [N_R, N_L] = [4, 3];
  const [X, memory] = [normal(12, 4, 1), normal(5, 4, 2)];
  const options: PlutoOptions = {
    valid: (i) => i !== 2,
    allowMemory: (_cell, t) => t !== 4,
    positions: normal(3, 4, 3),
  };
  const clean = fresh().forward(X, memory, { N_R, N_L }, options);
  const spoilt = [6, 7, 8].reduce((P, cell) => poison(P, cell, NaN), X);
  assertSameBits(
    fresh().forward(spoilt, poison(memory, 4, NaN), { N_R, N_L }, options),
    clean,
    "not even itself: it is zeroed before the scene is seen",
  );
  assert.ok(clean.data.every(Number.isFinite), "all finite");
});

test("in one layer a value reaches everything; without valid neighbours only its own line", () => {
  const [N_R, N_L] = [4, 3];
  const [X, memory] = [normal(12, 4, 1), normal(5, 4, 2)];
  const spoil = (options: PlutoOptions): Matrix =>
    fresh().forward(poison(X, 4, NaN), memory, { N_R, N_L }, options);
  assert.ok(spoil({}).data.every(Number.isNaN), "it reaches every cell");
  // No line attends to line 1 laterally, and line 1 is set to zero: nothing is left of the NaN.
  assertSameBits(
    spoil({ valid: (i) => i !== 1 }),
    fresh().forward(X, memory, { N_R, N_L }, { valid: (i) => i !== 1 }),
  );
  const alone = fresh().forward(X, memory, { N_R, N_L }, { valid: (i) => i === 1 });
  assertSameRows(
    alone,
    fresh().forward(
      [0, 1, 2].reduce((P, cell) => poison(P, cell, 9), X),
      memory,
      { N_R, N_L },
      { valid: (i) => i === 1 },
    ),
    [3, 4, 5],
  );
});

test("the decoder fuses its queries once and goes through its layers, each scene with its own mask", () => {
  const decoder = new PlutoDecoder({
    ...PlutoDecoder.random({ d_model: 4, heads: 2, N_L: 5, depth: 3 }, randomGenerator(8)),
    b_0: normal(1, 4, 9),
  });
  const scenes = [1, 2, 3].map((seed) => ({
    Q_lat: normal(seed + 1, 4, seed),
    memory: normal(3 * seed, 4, 10 + seed),
    valid: (i: number) => i !== seed - 1,
    allowMemory: (_cell: number, t: number) => t !== seed,
  }));
  const outputs = scenes.map(({ Q_lat, memory, valid, allowMemory }) =>
    decoder.forward(Q_lat, memory, { valid, allowMemory }),
  );
  scenes.forEach(({ Q_lat, memory, valid, allowMemory }, s) => {
    const fused = rowsOf(Q_lat).flatMap((lat) => rowsOf(decoder.Q_lon).map((lon) => [...lat, ...lon]));
    const Q_0 = naiveLinear(fused, rowsOf(decoder.W_0), rowsOf(decoder.b_0!));
    const expected = decoder.layers.reduce(
      (X, layer) =>
        naiveLayer(layer, X, rowsOf(memory), [Q_lat.rows, 5], {
          valid,
          allowMemory,
          positions: decoder.positions,
        }),
      Q_0,
    );
    assertClose(outputs[s]!, expected, tolerance(4), `scene ${s}`);
  });
});

test("`onWeights` is called with every map of every layer, and the output does not depend on it", () => {
  const decoder = PlutoDecoder.random({ d_model: 4, heads: 2, N_L: 2, depth: 2 }, randomGenerator(8));
  const [Q_lat, memory] = [normal(3, 4, 1), normal(7, 4, 2)];
  const called = new Map<string, readonly Matrix[]>();
  const output = decoder.forward(Q_lat, memory, { onWeights: (name, weights) => called.set(name, weights) });
  assertSameBits(output, decoder.forward(Q_lat, memory));
  const one = ["lateral[0]", "lateral[1]", "longitudinal[0]", "longitudinal[1]", "longitudinal[2]", "cross"];
  assert.deepEqual(
    [...called.keys()],
    ["layers[0].", "layers[1]."].flatMap((layer) => one.map((name) => layer + name)),
  );
  const shapes = one.map((name) => called.get(`layers[1].${name}`)!.map((A) => [A.rows, A.cols]));
  assert.deepEqual(
    shapes,
    [
      [3, 3],
      [3, 3],
      [2, 2],
      [2, 2],
      [2, 2],
      [6, 7],
    ].map((shape) => [shape, shape]),
  );
  for (const A of [...called.values()].flat()) assertRowSums(A);
  decoder.forward(Q_lat, memory, {
    valid: (i) => i !== 1,
    onWeights: (name, weights) => called.set(name, weights),
  });
  for (const A of called.get("layers[0].longitudinal[1]")!) {
    assertSameBits(A, matrix(2, 2), "a line that does not exist has no weights");
  }
  for (const A of called.get("layers[0].lateral[1]")!) {
    assert.deepEqual(
      rowsOf(A).map((row) => row[1]),
      [0, 0, 0],
    );
  }
});

test("random: PLUTO's sizes and initial values, repeatable; no lines, or no layers, also do", () => {
  const decoder = PlutoDecoder.random({ d_model: 128, heads: 4, N_L: 12, depth: 1 }, randomGenerator(1));
  const learned = [...decoder.Q_lon.data, ...decoder.positions.data];
  const deviation = Math.sqrt(learned.reduce((sum, x) => sum + x * x, 0) / learned.length);
  // 3,072 draws: standard error 0.01/√6144 = 0.00013
  assert.ok(Math.abs(deviation - 0.01) < 0.0005, String(deviation));
  assert.deepEqual(
    [decoder.layers[0]!.feedForward.W_1.cols, decoder.layers[0]!.feedForward.activation],
    [512, "relu"],
  );
  assert.ok(
    decoder.layers[0]!.lateral.heads.every((head) => head.b_Q!.data.every((b) => b === 0)),
    "biases start at zero",
  );
  // A layer: three attentions of 4D² + 4D, 8D² + 5D of feed-forward, four norms of 2D: 330,880.
  // Four of them, W_0 and b_0 (2D² + D), Q_lon and P (2·12·D).
  assert.equal(
    parameterCount(PlutoDecoder.random({ d_model: 128, heads: 4, N_L: 12, depth: 4 }, randomGenerator(1))),
    4 * 330880 + 32896 + 3072,
  );
  assertSameBits(
    PlutoDecoder.random({ d_model: 128, heads: 4, N_L: 12, depth: 1 }, randomGenerator(1)).layers[0]!.cross
      .W_O,
    decoder.layers[0]!.cross.W_O,
  );
  assert.deepEqual(decoder.forward(matrix(0, 128), normal(3, 128, 1)), matrix(0, 128));
  const none = new PlutoDecoder({
    W_0: fromRows([[1], [1]]),
    Q_lon: fromRows([[10], [20]]),
    positions: matrix(2, 1),
    layers: [],
  });
  assert.deepEqual([...none.forward(fromRows([[1], [2]]), matrix(0, 1)).data], [11, 21, 12, 22]);
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  const [X, memory, size] = [matrix(6, 4), matrix(3, 4), { N_R: 2, N_L: 3 }];
  says(
    () => fresh().forward(X, memory, { N_R: 3, N_L: 3 }),
    "PlutoDecoderLayer.forward: X must be (9, any); got (6, 4)",
  );
  says(
    () => fresh().forward(X, memory, size, { positions: matrix(2, 4) }),
    "PlutoDecoderLayer.forward: positions must be (3, 4); got (2, 4)",
  );
  says(
    () => fresh().forward(X, matrix(3, 5), size),
    "MultiHeadAttention.forward: K must be (any, 4); got (3, 5)",
  );
  const wrong = (options: object, message: string): void =>
    assert.throws(() => fresh().forward(X, memory, size, options), { name: "TypeError", message });
  wrong(
    { valid: true },
    "PlutoDecoderLayer.forward: valid must be a function, true for what counts; got boolean",
  );
  wrong(
    { allowMemory: [1] },
    "MultiHeadAttention.forward: allow must be a function (i, j, head) => boolean; got object",
  );
  const decoder = PlutoDecoder.random({ d_model: 4, heads: 2, N_L: 3, depth: 1 }, randomGenerator(8));
  says(
    () => decoder.forward(matrix(2, 3), memory),
    "PlutoDecoder.forward: Q_lat must be (any, 4); got (2, 3)",
  );
  says(
    () => new PlutoDecoder({ ...decoder, positions: matrix(2, 4) }),
    "PlutoDecoder: positions must be (3, 4); got (2, 4)",
  );
  says(
    () => PlutoDecoder.random({ d_model: 4, heads: 2, N_L: 3, depth: -1 }, Math.random),
    "PlutoDecoder.random: depth must be an integer ≥ 0; got -1",
  );
});
