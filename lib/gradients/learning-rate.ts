import { checkFinite, checkInteger, checkOptions } from "../matrix.ts";

/**
 * A learning rate that warms up and then decays: `peak` is reached after `warmup` of `steps` steps; it ends
 * at `floor`, 0 unless given.
 */
export interface WarmupCosine {
  readonly peak: number;
  readonly warmup: number;
  readonly steps: number;
  readonly floor?: number | undefined;
}

/**
 * The learning rate of step t (学習率の予熱とコサイン減衰).
 *
 *     η(t) = peak · t / warmup,  t ≤ warmup                                                  (1)
 *     η(t) = floor + (peak − floor) (1 + cos(π (t − warmup) / (steps − warmup))) / 2          (2)
 *
 *     t = 1, 2, … steps   →   η; beyond `steps` it stays at floor
 *
 * Steps are small at first, while AdamW's running means rest on few gradients, and smaller and smaller at the
 * end.
 * Errors: RangeError unless 0 ≤ warmup ≤ steps and peak is finite and > 0.
 * Source: Goyal et al. 2017 §2.2, arXiv 1706.02677 (1); Loshchilov and Hutter 2017, Eq. 5, arXiv 1608.03983
 * (2).
 */
export function warmupCosine(schedule: WarmupCosine, t: number): number {
  checkOptions("warmupCosine", schedule, ["peak", "warmup", "steps", "floor"], "schedule");
  const { peak, warmup, steps, floor = 0 } = schedule;
  checkFinite("warmupCosine", "peak", peak, 0);
  checkInteger("warmupCosine", "steps", steps, 1);
  checkInteger("warmupCosine", "warmup", warmup, 0, steps);
  checkFinite("warmupCosine", "floor", floor);
  checkInteger("warmupCosine", "t", t, 1);
  if (t <= warmup) return (peak * t) / warmup; //                                        (1)
  const gone = Math.min(1, (t - warmup) / Math.max(1, steps - warmup));
  return floor + ((peak - floor) * (1 + Math.cos(Math.PI * gone))) / 2; //               (2)
}
