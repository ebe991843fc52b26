import assert from "node:assert/strict";
import test from "node:test";
import { RECORDS } from "./support/records.ts";

// Contract: what stands under a known name and is of the wrong kind, or no size that anything can have, is refused
// in our own words, and nothing runs without an end. This spec walks every record of lib, name by name. What is
// accepted is another matter: true is a boolean, and a function may be a mask.
const shaped = (rows: number, cols: number, data: unknown): object => ({ rows, cols, data });
const VALUES: readonly unknown[] = [
  ...[NaN, -1, 0.5, Infinity, "2", null, 2n, true, [], {}, () => 1, [[1, 2], [3, 4]], Float64Array.of(1, 2)],
  shaped(2, 2, [1, 2, 3, 4]),
  shaped(NaN, 2, new Float32Array(4)),
  shaped(2, 2, new Float64Array(4)),
  shaped(2, 2, new Float32Array(3)),
];

/** Depths, of which something is made or counted one by one. */
const DEPTHS = ["depth", "stages", "readings", "encoderBlocks", "decoderBlocks"];

/** An error of ours begins with who speaks, and says a rule. */
function assertOurs(error: unknown, where: string): void {
  const ours = error instanceof TypeError || error instanceof RangeError;
  assert.ok(ours, `${where}: ${String(error)}`);
  assert.match(error.message, /^[\w.#]+(?:\([^)]*\))?: /, where);
  assert.doesNotMatch(error.message, /Invalid (?:typed )?array|Cannot mix|explicit conversions/, where);
}

for (const [name, run] of Object.entries(RECORDS)) {
  test(`${name} refuses values of another kind in its own words`, () => {
    const records: object[] = [];
    run((record) => (records.push(record), record));
    records.forEach((record, place) => {
      for (const key of Object.keys(record)) {
        const values = DEPTHS.includes(key) ? [...VALUES, 1e21, 2 ** 53, 1e9] : VALUES;
        for (const value of values) {
          let seen = 0;
          try {
            run((one) => (seen++ === place ? { ...one, [key]: value } : one));
          } catch (error) {
            assertOurs(error, `record ${place}, ${key} = ${typeof value} ${String(value)}`);
          }
        }
      }
    });
  });
}
