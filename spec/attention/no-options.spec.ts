import assert from "node:assert/strict";
import test from "node:test";
import { BigBirdGraphAttention } from "../../lib/attention/big-bird-graph-attention.ts";
import { ClassTokenAttention } from "../../lib/attention/class-token-attention.ts";
import { CrossPatchAttention } from "../../lib/attention/cross-patch-attention.ts";
import { FeatureMapAttention } from "../../lib/attention/feature-map-attention.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { InnerPatchAttention } from "../../lib/attention/inner-patch-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ParameterFreeCrossAttention } from "../../lib/attention/parameter-free-attention.ts";
import { ParameterFreeSelfAttention } from "../../lib/attention/parameter-free-attention.ts";
import { TargetTargetAttention } from "../../lib/attention/target-target-attention.ts";
import { allKeys } from "../../lib/graph/patterns.ts";
import { normal } from "../support/values.ts";
import { randomGenerator } from "../../lib/matrix.ts";

// A mechanism without options reads none: a mask behind its last argument would be lost.
const random = randomGenerator(1);
const X = normal(4, 4, 1);
const mha = MultiHeadAttention.random({ d_model: 4, heads: 1 }, random);
const wide = { W: normal(4, 4, 2) };
const classToken = new ClassTokenAttention({
  f: wide,
  readings: [{ norm: { eps: 1e-6 }, attention: mha }],
  g: wide,
});
const square = MultiHeadAttention.random({ d_model: 4, heads: 1 }, random);
const heads = [{ W_Q: X, W_K: X, W_V: X }];
const hybrid = new HybridSparseAttention({ heads, W_O: X, radius: 1 });
const CALLS: Record<string, [{ forward: (...args: never[]) => unknown }, unknown[]]> = {
  TargetTargetAttention: [TargetTargetAttention.random({ d_model: 4, d_k: 4 }, random), [X]],
  ParameterFreeSelfAttention: [new ParameterFreeSelfAttention(), [X]],
  ParameterFreeCrossAttention: [new ParameterFreeCrossAttention(), [X, X, X]],
  FeatureMapAttention: [new FeatureMapAttention({ P: 4, s: 2 }), [X]],
  ClassTokenAttention: [classToken, [X, X]],
  InnerPatchAttention: [new InnerPatchAttention({ p: 2, attention: mha }), [X, [2, 2]]],
  CrossPatchAttention: [new CrossPatchAttention({ p: 2, attention: square }), [X, [2, 2]]],
  BigBirdGraphAttention: [new BigBirdGraphAttention({ heads }), [X, allKeys(4, 4)]],
  HybridSparseAttention: [hybrid, [X, [0], 1]],
};

for (const [name, [mechanism, args]] of Object.entries(CALLS)) {
  test(`${name} refuses a mask behind its arguments`, () => {
    const forward = (...all: unknown[]): unknown => mechanism.forward(...(all as never[]));
    forward(...args);
    const most = `${args.length} argument${args.length === 1 ? "" : "s"}`;
    for (const mask of [{ allow: () => false }, () => false, undefined]) {
      assert.throws(() => forward(...args, mask), {
        name: "TypeError",
        message: `${name}.forward: there must be at most ${most}; got ${args.length + 1}`,
      });
    }
  });
}
