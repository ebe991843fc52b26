import test from "node:test";
import type { GoldenCase } from "../support/golden.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { assertClose } from "../support/values.ts";
import { golden } from "../support/golden.ts";
import { matrix } from "../../lib/matrix.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * The published SelfAttention: no biases but the output's, keys and values stacked in `to_kv`, keys first.
 */
function published(g: GoldenCase, prefix: string, heads: number): MultiHeadAttention {
  const W_KV = transpose(g.slice(`w.${prefix}to_kv.weight`)); // stored as (out, in)
  const [W_K, W_V] = [sliceColumns(W_KV, 0, W_KV.cols / 2), sliceColumns(W_KV, W_KV.cols / 2, W_KV.cols)];
  const W_Q = transpose(g.slice(`w.${prefix}to_q.weight`));
  return new MultiHeadAttention({
    heads: splitHeads({ W_Q, W_K, W_V }, heads),
    W_O: transpose(g.slice(`w.${prefix}to_out.weight`)),
    b_O: g.slice(`w.${prefix}to_out.bias`),
  });
}

test("one axis: lucidrains/axial-attention's SelfAttention on a sequence", () => {
  const g = golden("factorized-axial", "one_axis_self");
  for (const b of [0, 1]) {
    const X = g.slice("in.x", b);
    assertClose(
      published(g, "", 2).forward(X, X, X).output,
      g.slice("out.y", b),
      1e-6,
      `element ${b}`,
    );
    // The same as a grid of one row, of which only the rows' pass is left when each column is a single cell.
    const alone = new AxialAttention({
      alongColumns: published(g, "", 2),
      alongRows: published(g, "", 2),
      combine: "sum",
    });
    const { weights } = alone.forward(X, { rows: 1, columns: 9 });
    weights.rows[0]!.forEach((A, m) => assertClose(A, published(g, "", 2).forward(X, X, X).weights[m]!, 0));
  }
});

for (const { name, read, combine, heads, H, W, d } of [
  {
    name: "4 × 6, one axis after the other",
    read: () => golden("factorized-axial", "sequential_4x6"),
    combine: "columns then rows",
    heads: 2,
    H: 4,
    W: 6,
    d: 10,
  },
  {
    name: "5 × 7, the axes summed",
    read: () => golden("factorized-axial", "sum_5x7"),
    combine: "sum",
    heads: 3,
    H: 5,
    W: 7,
    d: 12,
  },
] as const) {
  test(`lucidrains/axial-attention on ${name}: its first axis runs down the columns`, () => {
    const g = read();
    const attention = new AxialAttention({
      alongColumns: published(g, "axial_attentions.0.fn.", heads),
      alongRows: published(g, "axial_attentions.1.fn.", heads),
      combine,
    });
    const stack = (key: string, b: number) =>
      matrix(H * W, d, Array.from({ length: H }, (_, h) => [...g.slice(key, b, h).data]).flat());
    for (const b of [0, 1]) {
      assertClose(
        attention.forward(stack("in.x", b), { rows: H, columns: W }).output,
        stack("out.y", b),
        1e-6,
        `element ${b}`,
      );
    }
  });
}
