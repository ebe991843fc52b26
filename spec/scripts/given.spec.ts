import assert from "node:assert/strict";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { root } from "../../scripts/copy/join.ts";

/** What a script says to an option, and its exit status. */
function said(script: string, ...words: string[]): { status: number | null; line: string } {
  const args = ["--import", "tsx", join(root, "scripts", `${script}.ts`), ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  assert.equal(stdout, "", `${script} begins to work`);
  return { status, line: stderr.trim() };
}

const NOTHING = "nothing is to be given here";

test("an option that nobody reads is one line and status 2, in every script that had no word for it", () => {
  const scripts = {
    "check": NOTHING,
    "check-package": NOTHING,
    "copies": "there are --all, words of a copy's path",
    "dist": NOTHING,
    "kernels-readme": NOTHING,
    "page": NOTHING,
    "page-check": "there are --must, --look=NAME, --mutations, --mutations=NAME, FILE.html",
    "table": NOTHING,
    "test": "there are --quick, --simd, --verbose, words of a spec's path",
  };
  for (const [script, all] of Object.entries(scripts)) {
    assert.deepEqual(said(script, "--bogus"), { status: 2, line: `Unknown option '--bogus': ${all}.` }, script);
  }
  assert.deepEqual(said("table", "word"), { status: 2, line: `Unexpected argument 'word': ${NOTHING}.` });
});

test("page:check tries nothing only when it is asked for something that is not there, and says so", () => {
  for (const [option, what] of [["--look=foo", "No look"], ["--mutations=foo", "No mutation"]] as const) {
    const { status, line } = said("page-check", option);
    assert.deepEqual([status, line.split(":")[0]], [2, `${what} begins with 'foo'`]);
  }
});
