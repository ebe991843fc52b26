import assert from "node:assert/strict";
import test from "node:test";
import { assertSameBits, rowsOf } from "../support/values.ts";
import { fromRows } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { unfoldWindow } from "../../lib/kernels/unfold-window.ts";

/**
 * `out.windows` is (B, H, T, 2r + 1, d) and zero outside the sequence: our "zero" form to the bit; "cut"
 * leaves just those rows out.
 */
for (const c of [golden("unfold", "w2_T13"), golden("unfold", "window_longer_than_sequence")]) {
  test(`golden ${c.metadata["case"]}: the document's unfold_kv to the bit`, () => {
    const { window_half: radius } = JSON.parse(c.metadata["config"]!) as { window_half: number };
    const [B, H, T] = c.tensor("in.x").shape;
    for (let b = 0; b < B!; b++) {
      for (let m = 0; m < H!; m++) {
        const X = c.slice("in.x", b, m);
        const [zero, cut] = [unfoldWindow(X, radius, { edges: "zero" }), unfoldWindow(X, radius)];
        assert.deepEqual([zero.length, cut.length], [T, T]);
        zero.forEach((window, t) => {
          assertSameBits(window, c.slice("out.windows", b, m, t), `[${b}, ${m}, ${t}]`);
          const inside = rowsOf(window).filter((_, slot) => t - radius + slot >= 0 && t - radius + slot < T!);
          assertSameBits(cut[t]!, fromRows(inside), `cut [${b}, ${m}, ${t}]`);
        });
      }
    }
  });
}
