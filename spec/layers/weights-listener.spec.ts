import assert from "node:assert/strict";
import test from "node:test";
import { matrix } from "../../lib/matrix.ts";
import { withPrefix } from "../../lib/layers/weights-listener.ts";

test("a listener one level in hears longer names and the same maps; no listener stays none", () => {
  const heard: unknown[] = [];
  const maps = [matrix(2, 3)];
  const inner = withPrefix(
    withPrefix((name, weights) => heard.push(name, weights), "decoder"),
    "blocks[3]",
  );
  inner!("self", maps);
  assert.deepEqual(heard, ["decoder.blocks[3].self", maps]);
  assert.equal(heard[1], maps);
  assert.equal(withPrefix(undefined, "decoder"), undefined);
});
