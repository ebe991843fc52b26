import assert from "node:assert/strict";
import test from "node:test";
import { matrix } from "../../lib/matrix.ts";
import { withPrefix } from "../../lib/layers/weights-listener.ts";

test("one level in, a listener is called with longer names and the same maps; none stays none", () => {
  const called: unknown[] = [];
  const maps = [matrix(2, 3)];
  const inner = withPrefix(
    withPrefix((name, weights) => called.push(name, weights), "decoder"),
    "blocks[3]",
  );
  inner!("self", maps);
  assert.deepEqual(called, ["decoder.blocks[3].self", maps]);
  assert.equal(called[1], maps);
  assert.equal(withPrefix(undefined, "decoder"), undefined);
});
