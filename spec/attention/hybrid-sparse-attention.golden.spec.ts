import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { GoldenCase } from "../support/golden.ts";
import type { HybridReading, HybridWeights } from "../../lib/attention/hybrid-sparse-attention.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { HybridSparseAttention } from "../../lib/attention/hybrid-sparse-attention.ts";
import { assertRowSums, rowsOf } from "../support/values.ts";
import { fromRows } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { oneHead } from "../oracle/naive-hybrid.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** The class with a case's parameters: its linear weights are (out, in), ours (in, out). */
function hybridOf(c: GoldenCase, reading: HybridReading): HybridSparseAttention {
  const { num_heads, window_half, bias } = JSON.parse(c.metadata["config"]!) as {
    num_heads: number;
    window_half: number;
    bias: boolean;
  };
  const weight = (name: string): Matrix => transpose(c.slice(`w.${name}.weight`));
  const fused: AttentionHead = { W_Q: weight("q_proj"), W_K: weight("k_proj"), W_V: weight("v_proj") };
  const biases = bias
    ? { b_Q: c.slice("w.q_proj.bias"), b_K: c.slice("w.k_proj.bias"), b_V: c.slice("w.v_proj.bias") }
    : {};
  const b_O = bias ? c.slice("w.out_proj.bias") : undefined;
  return new HybridSparseAttention({
    heads: splitHeads({ ...fused, ...biases }, num_heads),
    W_O: weight("out_proj"),
    b_O,
    radius: window_half,
    reading,
  });
}

/** Which tokens of sequence b are global, as the case's boolean mask. */
function globalsOf(c: GoldenCase, b: number): boolean[] {
  const { shape, data } = c.tensor("in.global_mask");
  return Array.from(data.slice(b * shape[1]!, (b + 1) * shape[1]!), (x) => x === 1);
}

/**
 * The map as the source published it, with its slip: of row t it takes as many slots as there are keys in the
 * window, but always the first ones (at the left end those are padding), makes them and the globals sum to 1,
 * and lays them on the window's keys.
 */
function publishedMap({ w_local, w_global, globals }: HybridWeights): Matrix {
  const [T, radius] = [w_local.rows, (w_local.cols - 1) / 2];
  const local = rowsOf(w_local);
  const wide = rowsOf(w_global);
  return fromRows(
    local.map((slots, t) => {
      const first = Math.max(0, t - radius);
      const taken = slots.slice(0, Math.min(T, t + radius + 1) - first);
      const sum = [...taken, ...wide[t]!].reduce((a, b) => a + b, 0);
      const row = new Array<number>(T).fill(0);
      taken.forEach((w, s) => (row[first + s] = row[first + s]! + w / sum));
      globals.forEach((j, g) => (row[j] = row[j]! + wide[t]![g]! / sum));
      return row;
    }),
  );
}

/** The second variant's map: a global token's weight replaces what its slot had put there. */
function overwrittenMap({ w_local, w_global, globals }: HybridWeights): Matrix {
  const [T, radius] = [w_local.rows, (w_local.cols - 1) / 2];
  const wide = rowsOf(w_global);
  return fromRows(
    rowsOf(w_local).map((slots, t) => {
      const row = new Array<number>(T).fill(0);
      slots.forEach((w, m) => {
        if (t - radius + m >= 0 && t - radius + m < T) row[t - radius + m] = w;
      });
      globals.forEach((j, g) => (row[j] = wide[t]![g]!));
      return row;
    }),
  );
}

const published: [GoldenCase, boolean][] = [
  [golden("hybrid-sparse", "published_T13_w2"), true],
  [golden("hybrid-sparse", "published_local_only"), false],
  [golden("hybrid-sparse", "published_one_element_without_globals"), true],
];
for (const [c, hasGlobals] of published) {
  test(`golden ${c.metadata["case"]}: the document's computation is LITERAL; away from the ends its map ` +
    `is ours`, () => {
    const hybrid = hybridOf(c, HybridSparseAttention.LITERAL);
    const X = [0, 1].map((b) => c.slice("in.x", b));
    const results = hybrid.forwardBatch(
      X,
      X.map((_, b) => (hasGlobals ? globalsOf(c, b) : [])),
    );
    results.forEach(({ output, weights }, b) => {
      c.assertSlice(output, "out.y", b);
      weights.forEach((part, m) => {
        c.assertSlice(publishedMap(part), "out.full_attn_as_published", b, m);
        const [ours, theirs] = [
          rowsOf(hybrid.fullAttention(part)),
          rowsOf(c.slice("out.full_attn_as_published", b, m)),
        ];
        const same = ours.map((row, t) => row.every((w, j) => Math.abs(w - theirs[t]![j]!) <= c.atol));
        const inside = ours.map((_, t) => t >= hybrid.radius && t < ours.length - hybrid.radius);
        assert.deepEqual(
          same,
          inside,
          `rows whose weights are those of the output, sequence ${b}, head ${m}`,
        );
      });
    });
    // what the reading costs: the default differs from the published output
    const standard = hybridOf(c, {}).forward(X[0]!, hasGlobals ? globalsOf(c, 0) : []).output;
    assert.throws(() => c.assertSlice(standard, "out.y", 0));
  });
}

test("golden variant2: cut, twice, window; its map overwrites where ours adds, so that its rows sum to " +
  "less than 1", () => {
  const c = golden("hybrid-sparse", "variant2_T13_w2");
  const hybrid = hybridOf(c, { edges: "cut", repeated: "twice", globalRows: "window" });
  for (const b of [0, 1]) {
    const { output, weights } = hybrid.forward(c.slice("in.x", b), globalsOf(c, b));
    c.assertSlice(output, "out.y", b);
    weights.forEach((part, m) => {
      c.assertSlice(overwrittenMap(part), "out.full_attn_as_published", b, m);
      assertRowSums(hybrid.fullAttention(part));
      const lost = rowsOf(overwrittenMap(part)).map((row) => row.reduce((a, w) => a + w, 0) < 1 - 1e-5);
      const repeats = lost.map((_, t) => part.globals.some((j) => Math.abs(j - t) <= 2));
      assert.ok(
        repeats.includes(true) && lost.every((less, t) => !less || repeats[t]),
        `sequence ${b}, head ${m}`,
      );
      assert.ok(lost.some(Boolean), `sequence ${b}, head ${m}: some row loses weight`);
    });
  }
});

test("golden unions: each key once, global queries as the others; and global queries that see all, the " +
  "default", () => {
  const cases: [GoldenCase, HybridReading][] = [
    [golden("hybrid-sparse", "union_T13_w2_globals_as_local"), { globalRows: "window" }],
    [golden("hybrid-sparse", "union_T13_w2_globals_see_all"), {}],
  ];
  for (const [c, reading] of cases) {
    const hybrid = oneHead(2, reading);
    for (const b of [0, 1]) {
      for (const m of [0, 1, 2]) {
        const { output, weights } = hybrid.attend(
          c.slice("in.q", b, m),
          c.slice("in.k", b, m),
          c.slice("in.v", b, m),
          globalsOf(c, b),
        );
        c.assertSlice(output, "out.y", b, m);
        c.assertSlice(hybrid.fullAttention(weights), "out.full_attn", b, m);
        const lit = Array.from(hybrid.fullAttention(weights).data, (w) => w > 0);
        const { shape, data } = c.tensor("in.allowed");
        assert.deepEqual(
          lit,
          Array.from(data.slice(b * shape[1]! * shape[2]!, (b + 1) * shape[1]! * shape[2]!), (x) => x === 1),
        );
      }
    }
  }
});
