import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { copy, nearest } from "../../scripts/copy.ts";
import { copyOf, libraryFiles, root as library } from "../../scripts/copy/join.ts";

const root = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
test.after(() => rmSync(root, { recursive: true }));

/** A new empty folder. */
const fresh = (): string => mkdtempSync(join(root, "f-"));

/** What a command prints, with its exit status. */
function run(...args: string[]): { status: number; text: string } {
  let text = "";
  const status = copy(args, (more) => void (text += more));
  return { status, text };
}

/** The message with which a command is refused. */
function said(...args: string[]): string {
  try {
    return run(...args).text;
  } catch (error) {
    return (error as Error).message;
  }
}

const refuses = (message: string | RegExp, ...args: string[]): void =>
  assert.throws(() => run(...args), { message });

test("a name prints its copy; a path is a name too; several give one file", () => {
  assert.deepEqual(run("mix"), { status: 0, text: copyOf(["lib/kernels/mix.ts"]) });
  assert.equal(run("lib/kernels/mix.ts").text, run("mix").text);
  assert.equal(run("mix", "scale", "mix").text, copyOf(["lib/kernels/mix.ts", "lib/kernels/entrywise.ts"]));
  assert.equal(run("lib/kernels/mix.ts", "lib/kernels/entrywise.ts").text, run("mix", "scale").text);
  refuses(/^There is no elsewhere\/mix to copy\. Did you mean mix\?/, "elsewhere/mix");
});

test("a destination is a folder or a file", () => {
  const folder = fresh();
  assert.match(run("mix", folder).text, /mix\.ts\n$/);
  run("mix", folder, "--ext", "mts");
  run("mix", "scale", join(folder, "both.ts"));
  assert.deepEqual(readdirSync(folder).sort(), ["both.ts", "mix.mts", "mix.ts"]);
  assert.equal(readFileSync(join(folder, "mix.ts"), "utf8"), copyOf(["lib/kernels/mix.ts"]));
  assert.equal(
    readFileSync(join(folder, "both.ts"), "utf8"),
    copyOf(["lib/kernels/mix.ts", "lib/kernels/entrywise.ts"]),
  );
});

test("a name that is also a folder here is a name; with ./ it is the folder", () => {
  const folder = fresh();
  const before = process.cwd();
  mkdirSync(join(folder, "scale"));
  try {
    process.chdir(folder);
    assert.equal(run("mix", "scale").text, copyOf(["lib/kernels/mix.ts", "lib/kernels/entrywise.ts"]));
    run("mix", "./scale");
    assert.deepEqual(readdirSync(join(folder, "scale")), ["mix.ts"]);
  } finally {
    process.chdir(before);
  }
});

test("--js: no types, the same comments, its own hash; a file named .js means it", () => {
  const folder = fresh();
  run("relu", "softmax-rows", join(folder, "a.js"));
  run("relu", "softmax-rows", folder, "--js", "--ext", "mjs");
  const text = readFileSync(join(folder, "a.js"), "utf8");
  assert.equal(readFileSync(join(folder, "relu.mjs"), "utf8"), text);
  assert.equal(run("relu", "softmax-rows", "--js").text, text);
  assert.match(text, /^export function softmaxRows\(S\) \{\n {2}checkMatrix/m);
  assert.ok(!/: Matrix|interface/.test(text.replace(/\/\*[\s\S]*?\*\//g, "")), "no type is left in");
  const comments = (code: string): string[] => code.match(/\/\*\*[\s\S]*?\*\/|\/\/ .*$/gm) ?? [];
  const kept = comments(run("relu", "softmax-rows").text).filter((comment) =>
    comments(text).includes(comment),
  );
  assert.ok(
    kept.length >= 10 && kept.some((comment) => comment.includes("Softmax of each row")),
    `${kept.length} comments are kept`,
  );
  assert.deepEqual(run("--check", join(folder, "a.js")).status, 0);
});

test("a wrong name suggests the nearest and writes nothing", () => {
  const folder = fresh();
  refuses(
    `There is no hybrid-sparse-atention to copy. Did you mean hybrid-sparse-attention? npm run copy -- ` +
      `--list shows all ${libraryFiles().size}.`,
    "hybrid-sparse-atention",
    folder,
  );
  refuses(/There is no softmaxrows to copy\. Did you mean softmax-rows\?/, "mix", "softmaxrows");
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(nearest("mixx", ["matmul", "mix", "max"]), "mix");
  assert.deepEqual(
    ["hybrid", "multihead", "mix.js", ""].map((name) => /Did you mean ([\w-]+)/.exec(said(name))?.[1]),
    ["hybrid-sparse-attention", "multi-head-attention", "mix", "add"],
  );
});

test("destinations and options that do not fit are refused by name", () => {
  const folder = fresh();
  refuses("Which file of lib? npm run copy -- --list shows all, --help the options.");
  refuses(/There is no folder .*nowhere to write into\.$/, "mix", join(folder, "nowhere", "mix.ts"));
  refuses(/^There is no folder .*nowhere to write into\.$/, "mix", join(folder, "nowhere"));
  refuses(/^There is no folder .*nowhere\.d\/ to write into\.$/, "mix", `${join(folder, "nowhere.d")}/`);
  refuses(/kernels\/mine\.ts is in lib itself/, "mix", join(library, "lib/kernels/mine.ts"));
  refuses(
    "scale.ts may mean the file to write or another to copy: say ./scale.ts, or scale.",
    "mix",
    "scale.ts",
  );
  refuses(/mix\.d\.ts would be read as declarations/, "mix", join(folder, "mix.d.ts"));
  refuses(
    /mix\.spec\.ts is the name of its spec/,
    "mix",
    "scale",
    join(folder, "mix.spec.ts"),
    "--with-spec",
  );
  refuses(
    "A copy ends in .ts, .mts or .cts, and with --js in .js or .mjs; got --ext rs.",
    "mix",
    folder,
    "--ext",
    "rs",
  );
  refuses(/and with --js in \.js or \.mjs; got .*mix\.cjs\.$/, "mix", join(folder, "mix.cjs"));
  refuses(/and with --js in \.js or \.mjs; got .*mix\.ts\.$/, "mix", join(folder, "mix.ts"), "--js");
  refuses(
    /--ext mts and the file name .*mix\.ts do not agree\.$/,
    "mix",
    join(folder, "mix.ts"),
    "--ext",
    "mts",
  );
  refuses("--with-spec writes more than one file: name a destination too.", "mix", "--with-spec");
  refuses("--ext is the ending of a file to be written: name a destination too.", "mix", "--ext", "mts");
  refuses("--with-spec writes TypeScript: leave --js out.", "mix", folder, "--with-spec", "--js");
  assert.deepEqual(readdirSync(folder), []);
  assert.ok(!existsSync(join(folder, "nowhere")), "no folder is made");
});

test("as a command: paths are meant from where the person stands, and what the disk refuses is said in " +
  "one line", () => {
  const folder = fresh();
  const loader = process.features.typescript ? [] : ["--import", "tsx"];
  const npm = (...args: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [...loader, join(library, "scripts/copy.ts"), ...args], {
      encoding: "utf8",
      cwd: library,
      env: { ...process.env, INIT_CWD: folder },
    });
  assert.deepEqual([npm("scale", "./").stdout, readdirSync(folder)], ["scale.ts\n", ["scale.ts"]]);
  const { status, stderr } = npm("--check", ".");
  assert.deepEqual(
    [status, stderr.trim().split("\n")],
    [2, ["EISDIR: illegal operation on a directory, read"]],
  );
  assert.deepEqual(
    [npm("mix", "scale.ts").status, npm("mix", "mix", "scale.ts").status, readdirSync(folder)],
    [2, 2, ["scale.ts"]],
  );
});

test("--list names every file, --help every option", () => {
  assert.equal(run("--list").text.trim().split("\n").length, libraryFiles().size);
  assert.match(run("--list").text, /^big-bird-attention {14}lib\/attention\/big-bird-attention\.ts$/m);
  for (const option of ["--ext", "--js", "--with-spec", "--force", "--list", "--check"]) {
    assert.ok(run("--help").text.includes(option), option);
  }
});
