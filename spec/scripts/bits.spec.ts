import assert from "node:assert/strict";
import test from "node:test";
import { join } from "node:path";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Bits } from "../../scripts/bits/results.ts";
import { bitsFrom, programs } from "../../scripts/bits.ts";
import { bitsOf } from "../../scripts/bits/results.ts";

// Contract: the program that is sent to other engines is one file that needs nothing, and it computes what lib does.
test("both programs run alone: the plain one gives lib's bits, the other one those of lib/simd", () => {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    const [plain, simd] = programs().map((text, n) => {
      const file = join(folder, `${n}.mjs`);
      writeFileSync(file, text);
      return bitsFrom(process.execPath, file, folder) as Bits;
    });
    assert.deepEqual(plain, bitsOf());
    assert.ok(plain!.results >= 500, "some hundred results");
    assert.equal(simd!.results, plain!.results);
    assert.notEqual(simd!.kernels, plain!.kernels, "float32 sums are other bits");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a command that prints no hash is said to", () => {
  assert.match(String(bitsFrom("no-such-engine", "/nowhere.mjs", tmpdir())), /ENOENT/);
  assert.match(String(bitsFrom(process.execPath, "/nowhere.mjs", tmpdir())), /no hash/);
});
