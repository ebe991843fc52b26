import test from "node:test";
import { BilinearAttention } from "../../lib/attention/bilinear-attention.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertClose, tolerance } from "../support/values.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { tanh } from "../../lib/kernels/activations.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

// allennlp adds one number b to every score: a constant `bias`, which softmax does not notice.

test("luong: allennlp's bilinear, qᵀ W k + b, one query a batch element", () => {
  const file = golden("luong", "allennlp_bilinear");
  const attention = new BilinearAttention({ W_a: file.slice("w._weight_matrix") });
  const b_a = fromFunction(1, 13, () => file.slice("w._bias").data[0]!);
  const results = [0, 1].map((b) => {
    const [q, K] = [sliceRows(file.slice("in.vector"), b, b + 1), file.slice("in.matrix", b)];
    const { weights } = attention.forward(q, K, K, { bias: b_a });
    assertClose(attention.forward(q, K, K).weights, weights, tolerance(10), "without b");
    return { scores: add(attention.score(q, K), b_a), weights };
  });
  file.assertSlice(concatRows(results.map(({ scores }) => scores)), "out.score");
  file.assertSlice(concatRows(results.map(({ weights }) => weights)), "out.attn");
});

test("luong: allennlp's bilinear matrix of scores, many queries", () => {
  const file = golden("luong", "allennlp_bilinear_matrix");
  const attention = new BilinearAttention({ W_a: file.slice("w._weight_matrix") });
  const b_a = fromFunction(1, 37, () => file.slice("w._bias").data[0]!);
  for (const b of [0, 1]) {
    file.assertSlice(add(attention.score(file.slice("in.q", b), file.slice("in.k", b)), b_a), "out.score", b);
  }
});

test("luong: OpenNMT's general, (W_in q) · h, with source lengths and its read-out", () => {
  const file = golden("luong", "onmt_general_src_len");
  // W_in is (out, in): qᵀ W_inᵀ h
  const attention = new BilinearAttention({ W_a: transpose(file.slice("w.linear_in.weight")) });
  const lengths = file.slice("in.src_len").data;
  for (const b of [0, 1]) {
    const [Q, H] = [file.slice("in.query", b), file.slice("in.memory", b)];
    const { output, weights } = attention.forward(Q, H, H, { allow: (_, j) => j < lengths[b]! });
    file.assertSlice(attention.score(Q, H), "out.score_unmasked", b);
    file.assertSlice(weights, "out.attn", b);
    file.assertSlice(output, "out.context", b);
    const W_c = transpose(file.slice("w.linear_out.weight"));
    file.assertSlice(tanh(matmul(concatColumns([output, Q]), W_c)), "out.attn_h", b);
  }
});
