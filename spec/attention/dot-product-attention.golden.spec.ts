import assert from "node:assert/strict";
import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { Attention } from "../../lib/attention/attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { golden } from "../support/golden.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";
import { tanh } from "../../lib/kernels/activations.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * Luong's attentional state tanh([context ‖ query] W_c + b), the context first; the files store W_c as (out,
 * in).
 */
function attentional(file: GoldenCase, context: Matrix, query: Matrix, b?: Matrix): Matrix {
  return tanh(linear(concatColumns([context, query]), transpose(file.slice("w.linear_out.weight")), b));
}

test("luong: allennlp's dot, one query a batch element, no scale", () => {
  const file = golden("luong", "allennlp_dot");
  const attention = new DotProductAttention();
  const results = [0, 1].map((b) => {
    const [q, K] = [sliceRows(file.slice("in.vector"), b, b + 1), file.slice("in.matrix", b)];
    return { scores: attention.score(q, K), weights: attention.forward(q, K, K).weights };
  });
  file.assertSlice(concatRows(results.map(({ scores }) => scores)), "out.score");
  file.assertSlice(concatRows(results.map(({ weights }) => weights)), "out.attn");
});

test("luong: IBM's dot, with its read-out", () => {
  const file = golden("luong", "ibm_dot");
  for (const b of [0, 1]) {
    const [Q, H] = [file.slice("in.output", b), file.slice("in.context", b)];
    const { output, weights } = new DotProductAttention().forward(Q, H, H);
    file.assertSlice(weights, "out.attn", b);
    file.assertSlice(attentional(file, output, Q, file.slice("w.linear_out.bias")), "out.y", b);
  }
});

test("luong: OpenNMT's dot, with its read-out", () => {
  const file = golden("luong", "onmt_dot");
  for (const b of [0, 1]) {
    const [Q, H] = [file.slice("in.query", b), file.slice("in.memory", b)];
    const attention = new DotProductAttention();
    const { output, weights } = attention.forward(Q, H, H);
    file.assertSlice(attention.score(Q, H), "out.score_unmasked", b);
    file.assertSlice(weights, "out.attn", b);
    file.assertSlice(output, "out.context", b);
    file.assertSlice(attentional(file, output, Q), "out.attn_h", b);
  }
});

test("luong: OpenNMT's dot with sparsemax: the same zeros", () => {
  const file = golden("luong", "onmt_dot_sparsemax");
  const attention = new Attention({ score: new DotProductAttention().score, normalize: sparsemaxRows });
  for (const b of [0, 1]) {
    const [Q, H] = [file.slice("in.query", b), file.slice("in.memory", b)];
    const { output, weights } = attention.forward(Q, H, H);
    file.assertSlice(attention.score(Q, H), "out.score_unmasked", b);
    file.assertSlice(weights, "out.attn", b);
    assert.deepEqual(
      [...weights.data].map((a) => a === 0),
      [...file.slice("out.attn", b).data].map((a) => a === 0),
    );
    file.assertSlice(output, "out.context", b);
    file.assertSlice(attentional(file, output, Q), "out.attn_h", b);
  }
});
