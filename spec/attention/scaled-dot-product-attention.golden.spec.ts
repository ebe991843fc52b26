import assert from "node:assert/strict";
import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import type { ScoreOptions } from "../../lib/kernels/mask-scores.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { assertClose, at, rowsOf } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { golden } from "../support/golden.ts";

/**
 * Every (batch, head) slice of a case, its output and its weights; `options` may differ from batch to batch.
 */
function compare(
  expected: GoldenCase,
  options: (b: number) => ScoreOptions = () => ({}),
  scale?: number,
): void {
  const [B, H] = expected.tensor("in.q").shape as [number, number];
  const attention = new ScaledDotProductAttention({ scale });
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < H; h++) {
      const [Q, K, V] = ["in.q", "in.k", "in.v"].map((name) => expected.slice(name, b, h));
      const { output, weights } = attention.forward(Q!, K!, V!, options(b));
      expected.assertSlice(weights, "out.attn", b, h);
      expected.assertSlice(output, "out.y", b, h);
    }
  }
}

test("golden basic_cross: 2 × 3 slices of 13 queries, 37 keys, d_v ≠ d_k", () =>
  compare(golden("scaled-dot-product", "basic_cross")));

test("golden bool_mask: true = may attend, one mask for all heads", () => {
  const expected = golden("scaled-dot-product", "bool_mask");
  compare(expected, (b) => {
    const mask = expected.slice("in.mask", b, 0);
    return { allow: (i, j) => at(mask, i, j) === 1 };
  });
});

test("golden bool_mask_fully_masked_rows: rows with keys agree; where torch says NaN, zeros (see " +
  "NOT_COMPARED)", () => {
  const expected = golden("scaled-dot-product", "bool_mask_fully_masked_rows");
  let empty = 0;
  for (const b of [0, 1]) {
    const mask = expected.slice("in.mask", b, 0);
    const rowOk = expected.slice("out.row_ok", b);
    for (const h of [0, 1, 2]) {
      const [Q, K, V] = ["in.q", "in.k", "in.v"].map((name) => expected.slice(name, b, h));
      const { output, weights } = new ScaledDotProductAttention().forward(Q!, K!, V!, {
        allow: (i, j) => at(mask, i, j) === 1,
      });
      const [y, A] = [rowsOf(expected.slice("out.y", b, h)), rowsOf(expected.slice("out.attn", b, h))];
      for (let i = 0; i < Q!.rows; i++) {
        if (at(rowOk, h, i) === 1) continue;
        assert.ok(
          [...y[i]!, ...A[i]!].every(Number.isNaN),
          "the case marks a row that torch could compute",
        );
        assert.ok(
          rowsOf(mask)[i]!.every((may) => may === 0),
          `row ${i} of the mask is empty`,
        );
        [y[i], A[i]] = [y[i]!.map(() => 0), A[i]!.map(() => 0)];
        assert.deepEqual([rowsOf(output)[i], rowsOf(weights)[i]], [y[i], A[i]]);
        empty++;
      }
      const largest = Math.max(1, ...y.flat().map(Math.abs));
      assertClose(output, y, expected.atol / largest, `y[${b}, ${h}]`);
      assertClose(weights, A, expected.atol, `attn[${b}, ${h}]`);
    }
  }
  assert.ok(empty > 0, "the case has empty rows");
});

test("golden causal_square", () =>
  compare(golden("scaled-dot-product", "causal_square"), () => ({ allow: causal() })));

test("golden causal_tall_top_left: 11 queries, 6 keys, aligned at the top left", () => {
  compare(golden("scaled-dot-product", "causal_tall_top_left"), () => ({ allow: causal(0) }));
});

test("golden explicit_scale: 0.125 in the place of 1/√5", () =>
  compare(golden("scaled-dot-product", "explicit_scale"), undefined, 0.125));

test("golden float_mask: added to the scaled scores", () => {
  const expected = golden("scaled-dot-product", "float_mask");
  const bias = expected.slice("in.mask");
  assert.ok(
    bias.data.some((x) => x !== 0),
    "the mask says something",
  );
  compare(expected, () => ({ bias }));
});

test("golden huge_logits: scores of several thousand", () =>
  compare(golden("scaled-dot-product", "huge_logits")));

test("golden single_head_rank2: no leading axes", () => {
  const expected = golden("scaled-dot-product", "single_head_rank2");
  const { output, weights } = new ScaledDotProductAttention().forward(
    expected.slice("in.q"),
    expected.slice("in.k"),
    expected.slice("in.v"),
  );
  expected.assertSlice(weights, "out.attn");
  expected.assertSlice(output, "out.y");
});
