import type { Allow } from "../../lib/kernels/mask-scores.ts";
import type { BenchCase, BenchGroup } from "./bench.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { normal } from "./bench.ts";
import { textbookAttention } from "./textbook.ts";

export const attentionGroup: BenchGroup = {
  name: "attention",
  about: "scaled dot-product attention as a whole, every key seen and only the past",
  cases: () => [whole("attention", undefined), whole("attention, causal", causal())],
};

function whole(name: string, allow: Allow | undefined): BenchCase {
  const n = 1024;
  const d = 64;
  const Q = normal(n, d, 1);
  const K = normal(n, d, 2);
  const V = normal(n, d, 3);
  const attention = new ScaledDotProductAttention();
  const both = ({ output, weights }: { output: Matrix; weights: Matrix }) => [output, weights];
  return {
    name,
    shape: `n = ${n}, d = ${d}`,
    multiplyAdds: n * n * d + (allow === undefined ? n * n : (n * (n + 1)) / 2) * d,
    ours: () => both(attention.forward(Q, K, V, { allow })),
    textbook: () => both(textbookAttention(Q, K, V, allow)),
  };
}
