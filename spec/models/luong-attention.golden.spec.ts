import assert from "node:assert/strict";
import test from "node:test";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { DotProductAttention } from "../../lib/attention/dot-product-attention.ts";
import { LocalMonotonicAttention, LuongAttention } from "../../lib/models/luong-attention.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { golden } from "../support/golden.ts";
import { matrix } from "../../lib/matrix.ts";
import { sparsemaxRows } from "../../lib/kernels/sparsemax-rows.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

// The files store W_c as (out, in) with the context first, as in the paper. allennlp's and `concat` end at
// the weights: any W_c will do there.

test("luong, OpenNMT: dot, sparsemax, general with source lengths, up to the attentional state", () => {
  const files = [
    golden("luong", "onmt_dot"),
    golden("luong", "onmt_dot_sparsemax"),
    golden("luong", "onmt_general_src_len"),
  ];
  for (const [f, file] of files.entries()) {
    const W_c = transpose(file.slice("w.linear_out.weight"));
    const score =
      f === 2
        ? new BilinearAttention({ W_a: transpose(file.slice("w.linear_in.weight")) }).score
        : new DotProductAttention().score;
    const attention = new LuongAttention({ score, W_c, normalize: f === 1 ? sparsemaxRows : undefined });
    for (const b of [0, 1]) {
      const [h, H] = [file.slice("in.query", b), file.slice("in.memory", b)];
      const length = f === 2 ? file.slice("in.src_len").data[b]! : H.rows;
      const { output, context, weights } = attention.forward(h, H, { allow: (_, s) => s < length });
      file.assertSlice(output, "out.attn_h", b);
      file.assertSlice(context, "out.context", b);
      file.assertSlice(weights, "out.attn", b);
      // Step by step through a window that holds the whole source: the same.
      const windowed = new LocalMonotonicAttention({
        score,
        W_c,
        D: h.rows + H.rows,
        normalize: f === 1 ? sparsemaxRows : undefined,
      });
      const steps = Array.from(
        { length: h.rows },
        (_, t) =>
          windowed.forward(sliceRows(h, t, t + 1), H, { first: t, allow: (_t, s) => s < length }).output,
      );
      file.assertSlice(concatRows(steps), "out.attn_h", b);
    }
  }
});

test("luong, IBM: dot with a bias in the read-out", () => {
  const file = golden("luong", "ibm_dot");
  const attention = new LuongAttention({
    score: new DotProductAttention().score,
    W_c: transpose(file.slice("w.linear_out.weight")),
    b_c: file.slice("w.linear_out.bias"),
  });
  for (const b of [0, 1]) {
    const { output, weights } = attention.forward(file.slice("in.output", b), file.slice("in.context", b));
    file.assertSlice(output, "out.y", b);
    file.assertSlice(weights, "out.attn", b);
  }
});

test("luong, one query a sentence: allennlp's dot and bilinear, and concat", () => {
  const files = [
    golden("luong", "allennlp_dot"),
    golden("luong", "allennlp_bilinear"),
    golden("luong", "concat"),
  ];
  for (const [f, file] of files.entries()) {
    const [queries, memory] = f === 2 ? ["in.hidden", "in.encoder_outputs"] : ["in.vector", "in.matrix"];
    const score = [
      () => new DotProductAttention().score,
      // its one number b does not change a softmax
      () => new BilinearAttention({ W_a: file.slice("w._weight_matrix") }).score,
      () =>
        new ConcatAttention({
          W_a: transpose(file.slice("w.attn.weight")),
          b_a: file.slice("w.attn.bias"),
          v_a: transpose(file.slice("w.v.weight")),
        }).score,
    ][f]!();
    const h = file.slice(queries!);
    const weights = [0, 1].map((b) => {
      const H = file.slice(memory!, b);
      return new LuongAttention({ score, W_c: matrix(H.cols + h.cols, 1) }).forward(sliceRows(h, b, b + 1), H)
        .weights;
    });
    assert.equal(weights.length, 2);
    file.assertSlice(concatRows(weights), "out.attn");
  }
});
