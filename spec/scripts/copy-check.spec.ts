import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { copy } from "../../scripts/copy.ts";
import { copyOf, hashOf, version } from "../../scripts/copy/join.ts";
import { headerOf, stateOf } from "../../scripts/copy/state.ts";

const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
test.after(() => rmSync(folder, { recursive: true }));

const original = copyOf(["lib/kernels/entrywise.ts#scale"]);

/** What `--check` says of a file with this text, and its exit status. */
function check(text: string, name: string = "scale.ts"): { status: number; said: string[] } {
  const file = join(folder, name);
  writeFileSync(file, text);
  let said = "";
  const status = copy(["--check", file], (more) => void (said += more));
  return { status, said: said.replaceAll(file, "FILE").trimEnd().split("\n") };
}

/** The text with one thing changed; it must really change. */
function changed(from: string, to: string, text: string = original): string {
  const result = text.replace(from, to);
  assert.notEqual(result, text);
  return result;
}

/** What a copy of an older version would be: another body under a header with that body's own hash. */
function older(from: string, to: string): string {
  const { hash, body } = headerOf(original)!;
  const before = changed(from, to, body);
  return (
    original
      .slice(0, original.length - body.length)
      .replace(hash, hashOf(before))
      .replace(` ${version} `, " 0.0.1 ") + before
  );
}

test("pristine: as it was copied, also with CRLF or a byte order mark, also under another name", () => {
  const expected = { status: 0, said: [`FILE: pristine, scale of version ${version}`] };
  assert.deepEqual(check(original), expected);
  assert.deepEqual(check(original.replaceAll("\n", "\r\n")), expected);
  assert.deepEqual(check(`\uFEFF${original}`), expected);
  assert.deepEqual(check(original, "my-own.mts"), expected);
});

test("edited: says in which declaration, by a letter of code, of a docstring, or of the text between", () => {
  assert.deepEqual(check(changed("* factor;", "* factor * 2;")), {
    status: 1,
    said: ["FILE: edited. Against today's scale:", "  scale differs"],
  });
  assert.deepEqual(check(changed("Every entry times", "Each entry times")), {
    status: 1,
    said: ["FILE: edited. Against today's scale:", "  scale differs"],
  });
  assert.deepEqual(check(`${original}\nfunction mine(): void {\n}\n`).said.slice(1), [
    "  mine is only in the copy",
  ]);
  assert.deepEqual(check(`${original}// mine\n`).said.slice(1), [
    "  only text outside the declarations differs",
  ]);
});

test("edited: also above the body, in the header's lines or between them, and in its hash", () => {
  const { hash } = headerOf(original)!;
  const said = (text: string): string[] => check(text).said;
  const text = ["FILE: edited. Against today's scale:", "  only text outside the declarations differs"];
  for (const licence of ["", "// SPDX-License-Identifier: MIT\n"]) {
    assert.deepEqual(said(changed("// SPDX-License-Identifier: MIT-0\n", licence)), text);
  }
  assert.deepEqual(said(changed("\n\n", "\n/* eslint-disable */\n\n")), text);
  assert.deepEqual(said(changed("\n\n", "\n\n\n")), text);
  assert.deepEqual(said(changed("// Contract:", "export const mine = 1;\n// Contract:")), [
    text[0],
    "  mine is only in the copy",
  ]);
  assert.deepEqual(said(changed("\nfunction kindOf", "\nexport function kindOf")), [
    text[0],
    "  kindOf differs",
  ]);
  const other = hash.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
  assert.deepEqual(said(changed(hash, other)), [text[0], "  only the hash in its header differs"]);
});

test("behind: an older body under its own hash; what changed since, and the command that mends it", () => {
  assert.deepEqual(check(older("* factor;", "* (1 / factor);")), {
    status: 1,
    said: [
      "FILE: behind (copied from version 0.0.1). Against today's scale:",
      "  scale differs",
      "npm run copy -- scale FILE --force brings it up to date",
    ],
  });
  assert.ok(
    check(older("function kindOf(", "function tell(")).said.includes("  kindOf is not in the copy"),
    "what came since is named",
  );
  assert.ok(
    check(older("function kindOf(", "function tell(")).said.includes("  tell is only in the copy"),
    "what went since is named",
  );
});

test("edited and behind: both are said, and no command that would throw the edit away", () => {
  const { status, said } = check(changed("TypeError", "RangeError", older("* factor;", "* (1 / factor);")));
  assert.equal(status, 1);
  assert.equal(
    said[0],
    "FILE: edited and behind (copied from version 0.0.1). Against today's scale:",
  );
  assert.ok(!said.some((line) => line.includes("--force")), said.join("\n"));
});

test("a file name that a shell would take apart stands in quotes", () => {
  assert.match(
    check(older("* factor;", "* (1 / factor);"), "my scale.ts").said[2]!,
    /^npm run copy -- scale "FILE" --force /,
  );
});

test("the command that a copy behind is given does bring it up to date", () => {
  const file = join(folder, "back.ts");
  writeFileSync(file, older("* factor;", "* (1 / factor);"));
  copy(["scale", file, "--force"], () => undefined);
  assert.equal(readFileSync(file, "utf8"), original);
});

test("a file that is no copy, that is not there, or whose mechanism is gone", () => {
  assert.throws(() => check("export const a = 1;\n"), {
    message: /does not begin with the header of a copy/,
  });
  assert.deepEqual(
    check(original.split("\n").slice(0, 3).join("\n")).said[1],
    "  scale is not in the copy",
  );
  assert.throws(() => check(changed("// scale ·", "// scale  ·")), {
    message: /does not begin with the header/,
  });
  assert.throws(() => copy(["--check", folder], () => undefined), { code: "EISDIR" });
  assert.throws(() => copy(["--check", "a.ts", "b.ts", "c.ts"], () => undefined), {
    message: "--check looks at one file: a.ts, and not at b.ts c.ts.",
  });
  assert.throws(() => copy(["--check", join(folder, "none.ts")], () => undefined), {
    message: /^There is no file .*none\.ts\.$/,
  });
  assert.throws(() => check(changed("// scale ·", "// scaling ·")), {
    message: /There is no scaling to copy\. Did you mean scale\?/,
  });
});

test("the state is about bodies and hashes alone", () => {
  const [a, b] = ["function f(): void {\n}\n", "function f(): number {\n}\n"];
  assert.deepEqual(stateOf(a, hashOf(a), a), { edited: false, behind: false, changed: [] });
  assert.deepEqual(stateOf(b, hashOf(a), a), { edited: true, behind: false, changed: ["f differs"] });
  assert.deepEqual(stateOf(a, hashOf(a), b), { edited: false, behind: true, changed: ["f differs"] });
});
