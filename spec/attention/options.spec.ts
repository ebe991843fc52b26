import assert from "node:assert/strict";
import test from "node:test";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { BigBirdAttention } from "../../lib/attention/big-bird-attention.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { FactorizedAttention } from "../../lib/attention/factorized-attention.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { LocalMonotonicAttention, LocalPredictiveAttention } from "../../lib/models/luong-attention.ts";
import { LuongAttention } from "../../lib/models/luong-attention.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ParallelFactorizedAttention } from "../../lib/attention/parallel-factorized-attention.ts";
import { PlutoDecoderLayer } from "../../lib/models/pluto-decoder.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { SelfAttention } from "../../lib/attention/self-attention.ts";
import { allKeys } from "../../lib/graph/patterns.ts";
import { attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { matmulTransposed } from "../../lib/kernels/matmul.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { normal } from "../support/values.ts";

const X = normal(4, 4, 1);
const random = randomGenerator(1);
const widths = { d_model: 4, heads: 2 };
const axis = { Q: X, K: X, V: X };
const luong = {
  score: matmulTransposed,
  W_c: normal(8, 4, 2),
  D: 1,
  W_p: normal(4, 3, 3),
  v_p: normal(3, 1, 4),
};

/** Everything that is told by a record who may see whom: with the names that the record may hold. */
const TOLD: Record<string, { names: string; forward: (options?: never) => unknown }> = {
  dot: { names: "allow, bias", forward: (options) => new DotProductAttention().forward(X, X, X, options) },
  "scaled dot": {
    names: "allow, bias",
    forward: (options) => new ScaledDotProductAttention().forward(X, X, X, options),
  },
  self: {
    names: "allow, bias",
    forward: (options) => SelfAttention.random({ d_model: 4, d_k: 3 }, random).forward(X, options),
  },
  "multi-head": {
    names: "allow, bias",
    forward: (options) => MultiHeadAttention.random(widths, random).forward(X, X, X, options),
  },
  "along a graph": {
    names: "scale, bias",
    forward: (options) => attendNeighbours(X, X, X, allKeys(4, 4), options),
  },
  Longformer: {
    names: "globals, real, bias",
    forward: (options) => LongformerAttention.random({ ...widths, radius: 1 }, random).forward(X, options),
  },
  "Longformer's graph": {
    names: "globals, real, bias",
    forward: (options) => LongformerAttention.random({ ...widths, radius: 1 }, random).graph(4, options),
  },
  BigBird: {
    names: "real, bias",
    forward: (options) =>
      BigBirdAttention.random({ ...widths, pattern: { block: 2 } }, random).forward(X, options),
  },
  axial: {
    names: "allowInRow, allowInColumn",
    forward: (options) =>
      AxialAttention.random({ ...widths, combine: "sum" }, random).forward(
        X,
        { rows: 2, columns: 2 },
        options,
      ),
  },
  factorised: {
    names: "valid, allowLateral, allowLongitudinal, positions",
    forward: (options) => FactorizedAttention.random(widths, random).forward(X, X, options),
  },
  "factorised, added": {
    names: "valid, allowLateral, allowLongitudinal",
    forward: (options) =>
      new ParallelFactorizedAttention().forward(
        { lateral: axis, longitudinal: axis, N_R: 2, N_L: 2 },
        options,
      ),
  },
  PLUTO: {
    names: "valid, allowMemory, positions, onWeights",
    forward: (options) => PlutoDecoderLayer.random(widths, random).forward(X, X, { N_R: 2, N_L: 2 }, options),
  },
  encoder: {
    names: "allow, bias, onWeights",
    forward: (options) =>
      EncoderBlock.random({ ...widths, d_hidden: 3, activation: "relu", order: "pre" }, random).forward(
        X,
        options,
      ),
  },
  decoder: {
    names: "allow, allowMemory, onWeights",
    forward: (options) =>
      DecoderBlock.random({ ...widths, d_hidden: 3, activation: "relu", order: "post" }, random).forward(
        X,
        X,
        options,
      ),
  },
  "Luong, global": {
    names: "allow, bias, first",
    forward: (options) => new LuongAttention(luong).forward(X, X, options),
  },
  "Luong, local-m": {
    names: "allow, bias, first",
    forward: (options) => new LocalMonotonicAttention(luong).forward(X, X, options),
  },
  "Luong, local-p": {
    names: "allow, bias, first",
    forward: (options) => new LocalPredictiveAttention(luong).forward(X, X, options),
  },
};

test("a mask in the record's place, or under a name that nobody reads, is an error and is not lost", () => {
  for (const [what, { names, forward }] of Object.entries(TOLD)) {
    assert.doesNotThrow(() => forward(), what);
    assert.doesNotThrow(() => forward({} as never), what);
    const wrong: [unknown, string][] = [
      [causal(), "Function"],
      [[[true]], "Array"],
      [[true, false, true, true], "Array"],
      [{ mask: causal() }, "mask"],
      [matrix(4, 4), "rows"],
      [null, "null"],
      [5, "5"],
      ["causal", '"causal"'],
    ];
    for (const [options, got] of wrong) {
      assert.throws(
        () => forward(options as never),
        (error: Error) =>
          error instanceof TypeError &&
          error.message.endsWith(`: options must be a record { ${names} }; got ${got}`),
        `${what}, ${got}`,
      );
    }
  }
});

test("the note's readings come in a record, a bias for every head, globals for every sequence", () => {
  const given = { ...MultiHeadAttention.random(widths, random), radius: 1 };
  for (const [reading, got] of [
    ["LITERAL", '"LITERAL"'],
    [{ edge: "zero" }, "edge"],
    [matrix(1, 1), "rows"],
  ] as const) {
    assert.throws(() => new HybridSparseAttention({ ...given, reading: reading as never }), {
      name: "TypeError",
      message: `HybridSparseAttention: reading must be a record { edges, repeated, globalRows }; got ${got}`,
    });
  }
  for (const globals of [undefined, null]) {
    assert.throws(() => new HybridSparseAttention(given).forwardBatch([X], [globals as never]), {
      name: "TypeError",
      message: /sequence 0: globals must be an array/,
    });
  }
  const bias = [undefined, matrix(4, 4)] as never;
  assert.throws(() => MultiHeadAttention.random(widths, random).forward(X, X, X, { bias }), {
    name: "TypeError",
    message: "MultiHeadAttention.forward: bias[0] must be a Matrix { rows, cols, data }; got undefined",
  });
});
