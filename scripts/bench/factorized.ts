import type { BenchGroup } from "./bench.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { ParallelFactorizedAttention } from "../../lib/attention/parallel-factorized-attention.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { normal } from "./bench.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const [N_R, N_L, d] = [64, 64, 64];
const CELLS = N_R * N_L;

/** Different functions, so there is no textbook form to agree with: what is compared is the cost. */
export const factorizedGroup: BenchGroup = {
  name: "factorized",
  about: "both axes of a grid against dense attention over all its cells, with projections and without",
  cases: () => [],
  report,
};

function report(progress: (what: string) => void): { lines: string[]; problems: string[] } {
  const [Q, K, V] = [normal(CELLS, d, 1), normal(CELLS, d, 2), normal(CELLS, d, 3)];
  const axis = { Q, K, V };
  const heads = MultiHeadAttention.random({ d_model: d, heads: 1 }, randomGenerator(4));
  const axial = new AxialAttention({ alongColumns: heads, alongRows: heads, combine: "columns then rows" });
  const runs: Record<string, () => Matrix> = {
    "both axes": () =>
      new ParallelFactorizedAttention().forward({ lateral: axis, longitudinal: axis, N_R, N_L }).output,
    "both axes, projected": () => axial.forward(Q, { rows: N_R, columns: N_L }).output,
    dense: () => new ScaledDotProductAttention().forward(Q, K, V).output,
    "dense, projected": () => heads.forward(Q, Q, Q).output,
  };
  const times = new Map(Object.keys(runs).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= 7; round++) {
    for (const [name, run] of Object.entries(runs)) {
      if (name.startsWith("dense") && round > 3) continue; // a second each
      progress(`factorised attention, ${name}, round ${round}`);
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      if (round > 0) times.get(name)!.push((user + system) / 1000); // the first round is the compiler's
    }
  }
  const median = (name: string): number =>
    [...times.get(name)!].sort((a, b) => a - b)[times.get(name)!.length >> 1]!;
  const pairs = CELLS * (N_R + N_L);
  const [expected, projected] = [
    CELLS / (N_R + N_L),
    (4 * d * d + 2 * d * CELLS) / (8 * d * d + 2 * d * (N_R + N_L)),
  ];
  const ratio = median("dense") / median("both axes");
  const ms = (name: string): string => `${median(name).toFixed(0).padStart(5)} ms`;
  const lines = [
    `factorised attention, ${N_R} × ${N_L} cells, d = ${d}, one head; milliseconds of processor time`,
    `  both axes             ${pairs} pairs    ${ms("both axes")}`,
    `  dense                 ${CELLS * CELLS} pairs  ${ms("dense")}: ${ratio.toFixed(1)} × the time, ` +
      `N/(N_R + N_L) = ${expected} × the pairs`,
    `  both axes, projected                  ${ms("both axes, projected")}`,
    `  dense, projected                      ${ms("dense, projected")}: ` +
      `${(median("dense, projected") / median("both axes, projected")).toFixed(1)} × the time, ` +
        `${projected.toFixed(1)} × the multiply-adds`,
  ];
  return {
    lines,
    problems:
      ratio > expected / 2
        ? []
        : [`factorised attention saves less than half of the ${expected} × that its pairs promise`],
  };
}
