import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { copy } from "../../scripts/copy.ts";
import { copyOf } from "../../scripts/copy/join.ts";
import { writeAll } from "../../scripts/copy/write.ts";

const root = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
test.after(() => rmSync(root, { recursive: true }));

/** A new empty folder. */
const fresh = (): string => mkdtempSync(join(root, "f-"));
const run = (...args: string[]): number => copy(args, () => undefined);
const refuses = (message: RegExp, ...args: string[]): void => assert.throws(() => run(...args), { message });

test("what is there stays there without --force, and nothing else is written either", () => {
  const folder = fresh();
  writeFileSync(join(folder, "mix.golden.spec.ts"), "mine");
  writeFileSync(join(folder, "linear.ts"), "mine");
  refuses(/linear\.ts exists already\. --force overwrites it\.$/, "linear", folder, "--with-spec");
  assert.deepEqual(readdirSync(folder).sort(), ["linear.ts", "mix.golden.spec.ts"]);
  run("linear", folder, "--force");
  assert.equal(readFileSync(join(folder, "linear.ts"), "utf8"), copyOf(["lib/kernels/linear.ts"]));
});

test("what is there already, letter by letter, may stay: two copies can share their specs' data", () => {
  const folder = fresh();
  run("pair-rows", folder);
  assert.equal(run("pair-rows", folder, "--with-spec"), 0);
  writeFileSync(join(folder, "pair-rows.spec.ts"), "mine");
  refuses(/pair-rows\.spec\.ts exists already/, "pair-rows", folder, "--with-spec");
});

test("a link is there even if it leads nowhere; --force writes where it leads, never over a folder", () => {
  const folder = fresh();
  symlinkSync(join(folder, "nowhere.ts"), join(folder, "lost.ts"));
  refuses(/lost\.ts exists already/, "mix", join(folder, "lost.ts"));
  writeFileSync(join(folder, "target.ts"), "mine");
  symlinkSync(join(folder, "target.ts"), join(folder, "link.ts"));
  run("mix", join(folder, "link.ts"), "--force");
  assert.equal(readFileSync(join(folder, "target.ts"), "utf8"), copyOf(["lib/kernels/mix.ts"]));
  mkdirSync(join(folder, "linear.spec.ts"));
  writeFileSync(join(folder, "linear.ts"), "mine");
  refuses(/linear\.spec\.ts is a folder\.$/, "linear", folder, "--with-spec", "--force");
  assert.equal(readFileSync(join(folder, "linear.ts"), "utf8"), "mine");
});

test("when one file cannot be written, none is, and no trace is left", () => {
  const folder = fresh();
  writeFileSync(join(folder, "wall"), "a file where a folder should be");
  for (const bad of [join(folder, "wall", "b.ts"), join(folder, `${"b".repeat(250)}.ts`)]) {
    // the second is too long for its neighbour's name alone
    const files = new Map([
      [join(folder, "a.ts"), "a"],
      [bad, "b"],
    ]);
    assert.throws(() => writeAll(files, false));
    assert.deepEqual(readdirSync(folder), ["wall"]);
  }
});
