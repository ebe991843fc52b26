import assert from "node:assert/strict";
import test from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { join } from "node:path";
import { readFileSync, readdirSync } from "node:fs";
import { NO_RECORD, RECORDS } from "./support/records.ts";

// Contract: a record of options, parts or sizes with a name that nobody reads is refused everywhere, and so is
// whatever else stands in a record's place. This spec walks all of lib: a new export is red until it has a row.
const lib = fileURLToPath(new URL("../lib/", import.meta.url));
const folders = ["kernels", "graph", "attention", "layers", "models", "gradients", "checkpoints", "simd"];
const files = ["matrix.ts"].concat(
  ...folders.map((folder) => readdirSync(join(lib, folder)).map((file) => `${folder}/${file}`)),
);

/** Every function that a file gives: "matrix", "Cat" for a constructor, "Cat.random", "Cat#forward". */
async function exportsOf(file: string): Promise<string[]> {
  const all = (await import(pathToFileURL(join(lib, file)).href)) as Record<string, unknown>;
  const text = readFileSync(join(lib, file), "utf8");
  return Object.keys(all).flatMap((name) => {
    const value = all[name];
    if (typeof value !== "function") return [];
    if (!Function.prototype.toString.call(value).startsWith("class ")) return [name];
    const statics = Object.getOwnPropertyNames(value).filter((key) => !["length", "name", "prototype"].includes(key));
    const called = statics.filter((key) => typeof (value as unknown as Record<string, unknown>)[key] === "function");
    const methods = Object.getOwnPropertyNames(value.prototype as object).filter((key) => key !== "constructor");
    const open = methods.filter((key) => !text.includes(`private ${key}(`));
    return [name, ...called.map((key) => `${name}.${key}`), ...open.map((key) => `${name}#${key}`)];
  });
}

test("every constructor, function and method of lib has a row, and every row is one of them", async () => {
  const all = (await Promise.all(files.filter((file) => file.endsWith(".ts")).map(exportsOf))).flat();
  const found = [...new Set(all)]; // simd has the kernels' names again
  const rows = [...Object.keys(RECORDS), ...NO_RECORD];
  assert.deepEqual(found.filter((name) => !rows.includes(name)), [], "without a row");
  assert.deepEqual(rows.filter((name) => !found.includes(name)), [], "rows of nothing");
  assert.equal(new Set(rows).size, rows.length, "each has one row");
});

/** What may stand in a record's place, and what the message then names. */
const OTHERS: readonly (readonly [unknown, string])[] = [
  [() => true, "Function"],
  [[], "Array"],
  [new Map(), "Map"],
  [3, "3"],
  ["text", '"text"'],
  [null, "null"],
];

for (const name of Object.keys(RECORDS)) {
  test(`${name} refuses a name that nobody reads, and what is no record`, () => {
    let seen: number;
    const run = RECORDS[name]!;
    const changed = (place: number, change: (record: object) => unknown): unknown => {
      seen = 0;
      return run((record) => (seen++ === place ? (change(record) as typeof record) : record));
    };

    changed(-1, (record) => record); // as it is, it runs
    const places = seen!;
    assert.ok(places > 0, "the row has a record");
    for (let place = 0; place < places; place++) {
      const refused = { name: "TypeError", message: /must be a record \{.*got vaild$/ };
      assert.throws(() => changed(place, (record) => ({ ...record, vaild: () => true })), refused, `record ${place}`);
      for (const [other, got] of OTHERS) {
        const where = `record ${place}, ${got} in its place`;
        assert.throws(() => changed(place, () => other), (error: Error) => {
          assert.ok(error instanceof TypeError && error.message.endsWith(`got ${got}`), `${where}: ${error.message}`);
          return true;
        });
      }
    }
  });
}
