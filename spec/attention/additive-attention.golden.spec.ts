import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { assertSameBits } from "../support/values.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

// Linear weights of the files are (out, in), ours (in, out), hence the transposes; allennlp's multiply from
// the right like ours.

/** allennlp: W (d_q, d_q), U (d_k, d_q), v (d_q, 1); one query for each of the two batch elements. */
const allennlp = ({ slice }: GoldenCase): AdditiveAttention =>
  new AdditiveAttention({ W_a: slice("w._w_matrix"), U_a: slice("w._u_matrix"), v_a: slice("w._v_vector") });

/** d2l: W_q (n', d_q), W_k (n', d_k), w_v (1, n'). */
const d2l = ({ slice }: GoldenCase): AdditiveAttention =>
  new AdditiveAttention({
    W_a: transpose(slice("w.W_q.weight")),
    U_a: transpose(slice("w.W_k.weight")),
    v_a: transpose(slice("w.w_v.weight")),
  });

test("additive: allennlp, one query a batch element", () => {
  const file = golden("additive", "allennlp_single_query");
  const results = [0, 1].map((b) => {
    const [q, K] = [sliceRows(file.slice("in.vector"), b, b + 1), file.slice("in.matrix", b)];
    return { scores: allennlp(file).score(q, K), weights: allennlp(file).forward(q, K, K).weights };
  });
  file.assertSlice(concatRows(results.map(({ scores }) => scores)), "out.score");
  file.assertSlice(concatRows(results.map(({ weights }) => weights)), "out.attn");
});

test("additive: allennlp's mask (true = keep); an element without any key gives zeros there too", () => {
  const file = golden("additive", "allennlp_fully_masked_gives_zero");
  const keep = file.slice("in.mask").data;
  const results = [0, 1].map((b) => {
    const [q, K] = [sliceRows(file.slice("in.vector"), b, b + 1), file.slice("in.matrix", b)];
    const forward = allennlp(file).forward(q, K, K, { allow: (_, j) => keep[9 * b + j] === 1 });
    return { ...forward, scores: allennlp(file).score(q, K) };
  });
  file.assertSlice(concatRows(results.map(({ scores }) => scores)), "out.score");
  file.assertSlice(concatRows(results.map(({ weights }) => weights)), "out.attn");
  assertSameBits(results[1]!.output, matrix(1, 6));
});

test("additive: d2l, many queries, three widths", () => {
  const file = golden("additive", "d2l_multi_query");
  for (const b of [0, 1]) {
    const { output, weights } = d2l(file).forward(
      file.slice("in.queries", b),
      file.slice("in.keys", b),
      file.slice("in.values", b),
    );
    file.assertSlice(output, "out.y", b);
    file.assertSlice(weights, "out.attn", b);
  }
});

test("additive: d2l's valid_lens, keys from there on are hidden", () => {
  const file = golden("additive", "d2l_valid_lens");
  const lengths = file.slice("in.valid_lens").data;
  for (const b of [0, 1]) {
    const [Q, K, V] = [file.slice("in.queries", b), file.slice("in.keys", b), file.slice("in.values", b)];
    const { output, weights } = d2l(file).forward(Q, K, V, { allow: (_, j) => j < lengths[b]! });
    file.assertSlice(output, "out.y", b);
    file.assertSlice(weights, "out.attn", b);
  }
});

test("additive: OpenNMT's mlp biases the query only: a query feature that is always 1, or b_a of the " +
  "concat form", () => {
  const file = golden("additive", "onmt_mlp");
  const weight = (name: string) => transpose(file.slice(`w.${name}.weight`));
  const [W, U, v_a, b] = [
    weight("linear_query"),
    weight("linear_context"),
    weight("v"),
    file.slice("w.linear_query.bias"),
  ];
  const split = new AdditiveAttention({ W_a: concatRows([W, b]), U_a: U, v_a });
  const ffn = new ConcatAttention({ W_a: concatRows([W, U]), v_a, b_a: b });
  for (const e of [0, 1]) {
    const [Q, H] = [file.slice("in.query", e), file.slice("in.memory", e)];
    const Q_1 = concatColumns([Q, fromFunction(Q.rows, 1, () => 1)]);
    file.assertSlice(split.score(Q_1, H), "out.score_unmasked", e);
    file.assertSlice(ffn.score(Q, H), "out.score_unmasked", e);
    for (const { output, weights } of [split.forward(Q_1, H, H), ffn.forward(Q, H, H)]) {
      file.assertSlice(weights, "out.attn", e);
      file.assertSlice(output, "out.context", e);
      // The read-out of that library: linear_out([context; query]), with a bias and without tanh.
      file.assertSlice(
        linear(concatColumns([output, Q]), weight("linear_out"), file.slice("w.linear_out.bias")),
        "out.attn_h",
        e,
      );
    }
  }
});
