import test from "node:test";
import { ConcatAttention } from "../../lib/attention/concat-attention.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { golden } from "../support/golden.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

test("luong: concat, v · tanh(W [query; key] + b), the query first, one query a batch element", () => {
  const file = golden("luong", "concat");
  const [W_a, b_a, v_a] = [
    transpose(file.slice("w.attn.weight")),
    file.slice("w.attn.bias"),
    transpose(file.slice("w.v.weight")),
  ];
  const attention = new ConcatAttention({ W_a, b_a, v_a });
  const weights = [0, 1].map((b) => {
    const [q, K] = [sliceRows(file.slice("in.hidden"), b, b + 1), file.slice("in.encoder_outputs", b)];
    return attention.forward(q, K, K).weights;
  });
  file.assertSlice(concatRows(weights), "out.attn");
});
