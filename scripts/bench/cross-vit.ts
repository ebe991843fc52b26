import type { BenchGroup } from "./bench.ts";
import { CrossViT } from "../../lib/models/cross-vit.ts";
import { crossViTConfig, crossViTCounts } from "../../lib/models/cross-vit-counts.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { normal } from "./bench.ts";
import { randomGenerator } from "../../lib/matrix.ts";

export const crossViTGroup: BenchGroup = {
  name: "cross-vit",
  about:
    "CrossViT-Ti on an image of 240 × 240, in shares of the speed of this project's own matrix product, " +
    "and its memory",
  cases: () => [],
  report,
};

const SIDE = 512;
const ROUNDS = 7;

/**
 * Model, product, model, product …, in processor time: how many multiply-adds a second each takes, by the
 * median of the rounds.
 */
function report(progress: (what: string) => void): { lines: string[]; problems: string[] } {
  const before = process.resourceUsage().maxRSS / 1024;
  const config = crossViTConfig("Ti");
  const { multiplyAdds } = crossViTCounts(config).total;
  const model = CrossViT.random(config, randomGenerator(1));
  const image = [1, 2, 3].map((seed) => normal(240, 240, seed));
  const [A, B] = [normal(SIDE, SIDE, 4), normal(SIDE, SIDE, 5)];
  const times: { model: number[]; product: number[] } = { model: [], product: [] };
  const timed = (into: number[], run: () => unknown): void => {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    into.push((user + system) / 1e6);
  };
  const repeats = Math.ceil(multiplyAdds / SIDE ** 3 / 2);
  const product = (): void => {
    for (let r = 0; r < repeats; r++) matmul(A, B);
  };
  model.forward(image); // the compiler's share
  product();
  for (let round = 1; round <= ROUNDS; round++) {
    progress(`cross-vit, round ${round}`);
    timed(times.model, () => model.forward(image));
    timed(times.product, product);
  }
  const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[all.length >> 1]!;
  const speed = multiplyAdds / median(times.model) / 1e9;
  const own = (repeats * SIDE ** 3) / median(times.product) / 1e9;
  const peak = process.resourceUsage().maxRSS / 1024;
  const problems: string[] = [];
  if (speed / own < 0.6) problems.push("CrossViT-Ti runs at less than 60 % of the matrix product's speed");
  if (peak >= 400 && before < 300) problems.push("CrossViT-Ti takes 400 MB or more");
  const shown =
    before < 300
      ? `${peak.toFixed(0)} MB`
      : `not measured after other groups, which took ${before.toFixed(0)} MB: npm run bench -- cross-vit`;
  return {
    lines: [
      `CrossViT-Ti, one image of 240 × 240: ${(multiplyAdds / 1e9).toFixed(3)} G multiply-adds, softmax, ` +
        `norms and GELU beside them`,
      `  ${median(times.model).toFixed(2)} s of processor time, ${speed.toFixed(2)} G multiply-adds a ` +
        `second: ${((100 * speed) / own).toFixed(0)} % of the ${own.toFixed(2)} G of a ${SIDE} × ${SIDE} ` +
          `× ${SIDE} product (promised: at least 60)`,
      `  memory at its largest: ${shown} (promised: less than 400)`,
    ],
    problems,
  };
}
