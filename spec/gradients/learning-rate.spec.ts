import assert from "node:assert/strict";
import test from "node:test";
import { warmupCosine } from "../../lib/gradients/learning-rate.ts";

test("by hand: a straight line up, half a cosine down, the floor at the end and after", () => {
  const schedule = { peak: 0.8, warmup: 4, steps: 12, floor: 0.2 };
  const rate = (t: number): number => Number(warmupCosine(schedule, t).toFixed(12));
  assert.deepEqual([1, 2, 4].map(rate), [0.2, 0.4, 0.8]);
  assert.deepEqual([8, 12, 100].map(rate), [0.5, 0.2, 0.2]);
  assert.ok(rate(6) > 0.5 && rate(6) < 0.8, "on its way down");
});

test("without warm-up, with nothing but warm-up, and errors", () => {
  assert.ok(warmupCosine({ peak: 1, warmup: 0, steps: 1 }, 1) < 1e-12, "the one step is the last");
  assert.equal(warmupCosine({ peak: 1, warmup: 3, steps: 3 }, 3), 1);
  assert.throws(() => warmupCosine({ peak: 1, warmup: 4, steps: 3 }, 1), {
    message: "warmupCosine: warmup must be an integer in [0, 3]; got 4",
  });
  assert.throws(() => warmupCosine({ peak: 1, warmup: 0, steps: 3 }, 0), {
    message: "warmupCosine: t must be an integer ≥ 1; got 0",
  });
  assert.throws(() => warmupCosine({ peak: 1, warmup: 0, steps: 3, decay: 1 } as never, 1), {
    message: "warmupCosine: schedule must be a record { peak, warmup, steps, floor }; got decay",
  });
});
