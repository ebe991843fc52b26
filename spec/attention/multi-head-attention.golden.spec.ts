import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { GoldenCase } from "../support/golden.ts";
import type { MultiHeadOptions } from "../../lib/attention/multi-head-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { add, scale } from "../../lib/kernels/entrywise.ts";
import { at, rowsOf } from "../support/values.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * torch's parameters as ours: weights stored (out, in) are transposed, stacked ones cut into three first;
 * heads are runs of columns.
 */
function fusedOf(expected: GoldenCase, bias: boolean, separate: boolean): AttentionHead {
  const E = expected.tensor("w.out_proj.weight").shape[0]!;
  const stacked = (m: number) => transpose(sliceRows(expected.slice("w.in_proj_weight"), m * E, (m + 1) * E));
  const [W_Q, W_K, W_V] = separate
    ? ["q", "k", "v"].map((x) => transpose(expected.slice(`w.${x}_proj_weight`)))
    : [0, 1, 2].map(stacked);
  if (!bias) return { W_Q: W_Q!, W_K: W_K!, W_V: W_V! };
  const [b_Q, b_K, b_V] = [0, 1, 2].map((m) =>
    sliceColumns(expected.slice("w.in_proj_bias"), m * E, (m + 1) * E),
  );
  return { W_Q: W_Q!, W_K: W_K!, W_V: W_V!, b_Q, b_K, b_V };
}

function multiHeadOf(
  expected: GoldenCase,
  { heads, bias = true, separate = false }: { heads: number; bias?: boolean; separate?: boolean },
): MultiHeadAttention {
  const W_O = transpose(expected.slice("w.out_proj.weight"));
  return new MultiHeadAttention({
    heads: splitHeads(fusedOf(expected, bias, separate), heads),
    W_O,
    b_O: bias ? expected.slice("w.out_proj.bias") : undefined,
  });
}

/** Both batch elements: the output, and the weights of every head. */
function compare(
  expected: GoldenCase,
  multiHead: MultiHeadAttention,
  self: boolean,
  options: (b: number) => MultiHeadOptions = () => ({}),
): void {
  for (const b of [0, 1]) {
    const [Q, K, V] = (self ? ["in.query", "in.query", "in.query"] : ["in.query", "in.key", "in.value"]).map(
      (name) => expected.slice(name, b),
    );
    const { output, weights } = multiHead.forward(Q!, K!, V!, options(b));
    weights.forEach((A, m) => expected.assertSlice(A, "out.attn", b, m));
    expected.assertSlice(output, "out.y", b);
  }
}

/** key_padding_mask: true = ignore this key. One row for each batch element. */
function padding(expected: GoldenCase, b: number): MultiHeadOptions {
  const mask = expected.slice("in.key_padding_mask");
  return { allow: (_i, j) => at(mask, b, j) === 0 };
}

test("golden self: in_proj stacks W_Q, W_K, W_V by rows", () => {
  const expected = golden("multi-head-attention", "self");
  compare(expected, multiHeadOf(expected, { heads: 3 }), true);
});

test("golden self_causal_bool_mask: here true means may NOT attend", () => {
  const expected = golden("multi-head-attention", "self_causal_bool_mask");
  const mask = expected.slice("in.attn_mask");
  compare(expected, multiHeadOf(expected, { heads: 3 }), true, () => ({
    allow: (i, j) => at(mask, i, j) === 0,
  }));
});

test("golden self_average_kpm: keys to ignore, and weights averaged over the heads", () => {
  const expected = golden("multi-head-attention", "self_average_kpm");
  const multiHead = multiHeadOf(expected, { heads: 4 });
  for (const b of [0, 1]) {
    const X = expected.slice("in.query", b);
    const { output, weights } = multiHead.forward(X, X, X, padding(expected, b));
    expected.assertSlice(
      scale(
        weights.reduce((sum, A) => add(sum, A)),
        1 / 4,
      ),
      "out.attn_mean",
      b,
    );
    expected.assertSlice(output, "out.y", b);
  }
});

test("golden cross_no_bias", () => {
  const expected = golden("multi-head-attention", "cross_no_bias");
  compare(expected, multiHeadOf(expected, { heads: 2, bias: false }), false);
});

test("golden cross_kdim_vdim_kpm: keys of 10 features, values of 7, queries of 24, and keys to " +
  "ignore", () => {
  const expected = golden("multi-head-attention", "cross_kdim_vdim_kpm");
  compare(expected, multiHeadOf(expected, { heads: 3, separate: true }), false, (b) => padding(expected, b));
});

test("golden fully_padded_batch_element: element 1 agrees; where torch says NaN, no weights and the " +
  "output bias (see NOT_COMPARED)", () => {
  const expected = golden("multi-head-attention", "fully_padded_batch_element");
  const multiHead = multiHeadOf(expected, { heads: 2 });
  const forward = (b: number) =>
    multiHead.forward(
      expected.slice("in.query", b),
      expected.slice("in.key", b),
      expected.slice("in.value", b),
      padding(expected, b),
    );
  const sound = forward(1);
  sound.weights.forEach((A, m) => expected.assertSlice(A, "out.attn", 1, m));
  expected.assertSlice(sound.output, "out.y", 1);

  assert.ok(
    [...expected.slice("out.y", 0).data].every(Number.isNaN),
    "the case has NaN in element 0",
  );
  const empty = forward(0);
  empty.weights.forEach((A) => assert.deepEqual(A, matrix(7, 6)));
  rowsOf(empty.output).forEach((row) => assert.deepEqual(row, rowsOf(expected.slice("w.out_proj.bias"))[0]));
});

test("golden cross_bias_kv_zero_attn: one learned and one zero key and value are appended, by two more " +
  "features and no other code", () => {
  // Keys and values get features a and b: real rows are [x | 1 0], the learned one [0 | 0 1], the zero one
  // [0 | 0 0]. The projections' rows for a and b are the ordinary bias and the learned key (or value), so
  // that no bias is left over.
  const expected = golden("multi-head-attention", "cross_bias_kv_zero_attn");
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fusedOf(expected, true, false);
  const learned = (name: string) => matrix(1, 12, expected.slice(name, 0).data);
  const wide = {
    W_Q,
    b_Q,
    W_K: concatRows([W_K, b_K!, learned("w.bias_k")]),
    W_V: concatRows([W_V, b_V!, learned("w.bias_v")]),
  };
  const W_O = transpose(expected.slice("w.out_proj.weight"));
  const multiHead = new MultiHeadAttention({
    heads: splitHeads(wide, 3),
    W_O,
    b_O: expected.slice("w.out_proj.bias"),
  });
  for (const b of [0, 1]) {
    const [K, V] = ["in.key", "in.value"].map((name) => {
      const X = expected.slice(name, b);
      const n = X.rows;
      return fromFunction(n + 2, X.cols + 2, (j, c) =>
        j < n && c < X.cols ? at(X, j, c) : Number((j < n && c === X.cols) || (j === n && c === X.cols + 1)),
      );
    });
    const { output, weights } = multiHead.forward(expected.slice("in.query", b), K!, V!);
    weights.forEach((A, m) => expected.assertSlice(A, "out.attn", b, m));
    expected.assertSlice(output, "out.y", b);
  }
});
