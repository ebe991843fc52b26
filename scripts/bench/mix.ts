import type { BenchCase, BenchGroup } from "./bench.ts";
import { causal, maskScores } from "../../lib/kernels/mask-scores.ts";
import { mix, textbookMix } from "../../lib/kernels/mix.ts";
import { normal } from "./bench.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

export const mixGroup: BenchGroup = {
  name: "mix",
  about: "weights times values, every key seen and only the past",
  cases: () => [weighted("mix", false), weighted("mix, causal", true)],
};

function weighted(name: string, past: boolean): BenchCase {
  const n = 1024;
  const d = 64;
  const A = softmaxRows(maskScores(normal(n, n, 1), past ? { allow: causal() } : {}));
  const V = normal(n, d, 2);
  return {
    name,
    shape: `${n} × ${n} × ${d}`,
    multiplyAdds: past ? ((n * (n + 1)) / 2) * d : n * n * d,
    ours: () => [mix(A, V)],
    textbook: () => [textbookMix(A, V)],
  };
}
