import assert from "node:assert/strict";
import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { matrix } from "../../lib/matrix.ts";
import { normal } from "../support/values.ts";
import { splitStacked } from "../../lib/attention/heads.ts";

/** Blocks of d_k = 2 columns each: one matrix (3, 2) and one bias (1, 2) for each head of q, k and v. */
const blocks = (count: number, seed: number): { W: Matrix; b: Matrix }[] =>
  Array.from({ length: count }, (_, m) => ({ W: normal(3, 2, seed + m), b: normal(1, 2, 50 + seed + m) }));

test("a stacked q‖k‖v is cut into its heads, whatever the numbers of heads of queries and of keys", () => {
  for (const [h, k] of [[1, 1], [2, 2], [4, 4], [4, 2], [6, 2], [3, 1], [5, 5]] as const) {
    const [q, keys, values] = [blocks(h, 1), blocks(k, 20), blocks(k, 30)];
    const all = [...q, ...keys, ...values];
    const [W, b] = [concatColumns(all.map((part) => part.W)), concatColumns(all.map((part) => part.b))];
    for (const bias of [b, undefined]) {
      const heads = h === k ? splitStacked(W, bias, h) : splitStacked(W, bias, h, k);
      assert.equal(heads.length, h, "as many heads as queries have");
      heads.forEach((head, m) => {
        const g = Math.floor(m / (h / k));
        const given = { W_Q: q[m]!.W, W_K: keys[g]!.W, W_V: values[g]!.W };
        const biases = { b_Q: q[m]!.b, b_K: keys[g]!.b, b_V: values[g]!.b };
        const none = { b_Q: undefined, b_K: undefined, b_V: undefined };
        assert.deepEqual(
          head,
          { ...given, ...(bias ? biases : none) },
          `head ${m} of ${h} over ${k}`,
        );
      });
      assert.equal(new Set(heads.map(({ W_K }) => W_K)).size, k, "heads of one group share one W_K");
    }
  }
});

test("messages of splitStacked", () => {
  const rule = "W must have a multiple of heads + 2 · keyHeads = 6 columns";
  const refused: [Matrix, Matrix | undefined, number, number | undefined, string][] = [
    [matrix(2, 8), undefined, 2, undefined, `${rule}; got 8`],
    [matrix(2, 7), undefined, 4, 1, `${rule}; got 7`],
    [matrix(2, 6), undefined, 4, 3, "heads must be a multiple of keyHeads = 3; got 4"],
    [matrix(2, 6), undefined, 0, undefined, "heads must be an integer ≥ 1; got 0"],
    [matrix(2, 6), undefined, 2, 0, "keyHeads must be an integer ≥ 1; got 0"],
    [matrix(2, 6), matrix(1, 5), 2, undefined, "b must be (1, 6); got (1, 5)"],
    [matrix(2, 6), matrix(2, 6), 2, undefined, "b must be (1, 6); got (2, 6)"],
  ];
  for (const [W, b, heads, keyHeads, message] of refused) {
    assert.throws(() => splitStacked(W, b, heads, keyHeads), {
      name: "RangeError",
      message: `splitStacked: ${message}`,
    });
  }
});
