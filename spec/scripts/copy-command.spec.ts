import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import test from "node:test";
import { ENTRIES } from "../../scripts/atlas/entries.ts";
import { RENAMED, kebab, libraryDeclarations, nearest, placeNamed } from "../../scripts/copy/names.ts";
import { copy } from "../../scripts/copy.ts";
import { byName, copyOf, libraryFiles, readSource, root as library } from "../../scripts/copy/join.ts";

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
  const both = copyOf(["lib/kernels/mix.ts", "lib/kernels/entrywise.ts#scale"]);
  assert.equal(run("mix", "scale", "mix").text, both);
  assert.equal(run("lib/kernels/mix.ts", "lib/matrix.ts").text, run("mix", "matrix").text);
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
    copyOf(["lib/kernels/mix.ts", "lib/kernels/entrywise.ts#scale"]),
  );
});

test("a name that is also a folder here is a name; with ./ it is the folder", () => {
  const folder = fresh();
  const before = process.cwd();
  mkdirSync(join(folder, "scale"));
  try {
    process.chdir(folder);
    assert.equal(
      run("mix", "scale").text,
      copyOf(["lib/kernels/mix.ts", "lib/kernels/entrywise.ts#scale"]),
    );
    run("mix", "./scale");
    assert.deepEqual(readdirSync(join(folder, "scale")), ["mix.ts"]);
  } finally {
    process.chdir(before);
  }
});

test("--js: no types, the same comments, its own hash; a file named .js means it", () => {
  const folder = fresh();
  run("geluTanh", "softmax-rows", join(folder, "a.js"));
  run("gelu-tanh", "softmax-rows", folder, "--js", "--ext", "mjs");
  const text = readFileSync(join(folder, "a.js"), "utf8");
  assert.equal(readFileSync(join(folder, "gelu-tanh.mjs"), "utf8"), text);
  assert.equal(run("geluTanh", "softmax-rows", "--js").text, text);
  assert.match(text, /^export function softmaxRows\(S\) \{\n {2}checkMatrix/m);
  assert.ok(!/: Matrix|interface/.test(text.replace(/\/\*[\s\S]*?\*\//g, "")), "no type is left in");
  const comments = (code: string): string[] => code.match(/\/\*\*[\s\S]*?\*\/|\/\/ .*$/gm) ?? [];
  const all = comments(run("geluTanh", "softmax-rows").text);
  const kept = all.filter((comment) => comments(text).includes(comment));
  assert.ok(
    kept.length > 8 && kept.length > 0.8 * all.length,
    `${kept.length} of ${all.length} comments`,
  );
  assert.match(kept.join("\n"), /Softmax of each row/);
  assert.deepEqual(run("--check", join(folder, "a.js")).status, 0);
});

test("a wrong name suggests the nearest and writes nothing", () => {
  const folder = fresh();
  const all = `all ${libraryFiles().size} files and ${libraryDeclarations().size} declarations.`;
  const near = "Did you mean hybrid-sparse-attention?";
  const message = `There is no hybrid-sparse-atention to copy. ${near} npm run copy -- --list shows ${all}`;
  refuses(message, "hybrid-sparse-atention", folder);
  refuses(/There is no softmaxrows to copy\. Did you mean softmax-rows\?/, "mix", "softmaxrows");
  assert.deepEqual(readdirSync(folder), []);
  assert.equal(nearest("mixx", ["matmul", "mix", "max"]), "mix");
  assert.equal(nearest("mixx", ["matmul", "max"], ["mix", "mixAt"]), "mix");
  assert.equal(nearest("at", ["matmul", "max"], ["mixAt"]), "matmul", "a file's name comes first");
  const suggested = (name: string): string | undefined => /Did you mean ([\w-]+)/.exec(said(name))?.[1];
  for (const [wrong, right] of [
    ["hybrid", "hybrid-sparse-attention"],
    ["multihead", "multi-head-attention"],
    ["mix.js", "mix"],
    ["gelutan", "geluTanh"],
    ["reul", "relu"],
    ["gridreason", "gridReasons"],
    ["HybridWeigths", "HybridWeights"],
  ] as const) {
    assert.equal(suggested(wrong), right);
  }
});

test("names in kebab case", () => {
  for (const [name, expected] of [
    ["geluTanh", "gelu-tanh"],
    ["BigBirdAttention", "big-bird-attention"],
    ["CrossViT", "cross-vit"],
    ["crossViTPairs", "cross-vit-pairs"],
    ["GRUCell", "gru-cell"],
    ["TorchGRUName", "torch-gru-name"],
    ["ALONG_ROW", "along-row"],
    ["decodeUtf8", "decode-utf8"],
  ] as const) {
    assert.equal(kebab(name), expected);
  }
});

test("a declaration goes by its own name or in kebab case; a file's name comes before it", () => {
  const gelu = copyOf(["lib/kernels/activations.ts#geluTanh"]);
  assert.match(gelu, /^\/\/ geluTanh · copied from attention-by-hand /);
  for (const name of ["geluTanh", "gelu-tanh", "gelu_tanh", "geluTanh.ts"]) {
    assert.equal(run(name).text, gelu, name);
  }
  const file = "lib/attention/big-bird-attention.ts";
  assert.equal(run("big-bird-attention").text, copyOf([file]));
  assert.equal(run("BigBirdAttention").text, copyOf([`${file}#BigBirdAttention`]));
  assert.equal(run("mix").text, copyOf(["lib/kernels/mix.ts"]));
  assert.equal(placeNamed("lib/kernels/gelu-tanh"), undefined, "a path is a file's");

  const folder = fresh();
  run("geluTanh", folder);
  run("mix", "geluTanh", "ALONG_ROW", join(folder, "three.ts"));
  assert.deepEqual(readdirSync(folder), ["gelu-tanh.ts", "three.ts"]);
  assert.match(
    readFileSync(join(folder, "three.ts"), "utf8"),
    /^\/\/ mix geluTanh ALONG_ROW · copied /,
  );
  for (const [written, names] of [
    ["gelu-tanh.ts", "geluTanh"],
    ["three.ts", "mix geluTanh ALONG_ROW"],
  ] as const) {
    const checked = run("--check", join(folder, written));
    assert.equal(checked.status, 0);
    assert.ok(checked.text.includes(`: pristine, ${names} of version `), checked.text);
  }
});

test("every file and declaration can be named: no two files, no two values in kebab case, share one", () => {
  for (const [name, path] of libraryFiles()) assert.equal(placeNamed(name), path);
  const values = new Map<string, string>();
  for (const [name, place] of libraryDeclarations()) {
    assert.equal(placeNamed(name), libraryFiles().get(name) ?? place);
    const [path] = place.split("#");
    const { kind } = readSource(path!).declarations.find((declaration) => declaration.name === name)!;
    if (kind === "interface" || kind === "type") continue;
    const inKebab = kebab(name);
    assert.equal(values.get(inKebab), undefined, `${name} is another's name in kebab case`);
    values.set(inKebab, name);
    assert.equal(placeNamed(inKebab), libraryFiles().get(inKebab) ?? place, "a value before a type");
  }
  assert.throws(() => byName(["lib/a/same.ts", "lib/b/other.ts", "lib/b/same.ts"]), {
    message: "lib/a/same.ts and lib/b/same.ts share a name, and each must have its own",
  });
});

test("a name of version 0.1.0 is told the new one, and so is the check of an old copy", () => {
  refuses("There is no keep-rows to copy: since 0.2.0 it is called maskRows.", "keep-rows");
  refuses("There is no toMap to copy: since 0.2.0 it is called toDense.", "toMap");
  const folder = fresh();
  const file = join(folder, "old.ts");
  writeFileSync(file, run("multiply").text.replace("// multiply ·", "// hadamard ·"));
  refuses("There is no hadamard to copy: since 0.2.0 it is called multiply.", "--check", file);
  const changes = readFileSync(join(library, "CHANGELOG.md"), "utf8");
  const rows = changes.match(/^\| .*/gm)!.map((row) => row.split("|"));
  for (const [before, now] of RENAMED) {
    assert.equal(placeNamed(before), undefined, `${before} means something today`);
    assert.notEqual(placeNamed(now), undefined, `${now} means nothing`);
    const row = rows.find(([, old]) => kebab(old!).includes(`\`${before}\``));
    assert.ok(row?.[2]!.includes(`\`${now}\``), `CHANGELOG.md has no row ${before} → ${now}`);
  }
});

test("destinations and options that do not fit are refused by name", () => {
  const folder = fresh();
  refuses("What to copy? npm run copy -- --list shows all names, --help the options.");
  refuses(/There is no folder .*nowhere to write into\.$/, "mix", join(folder, "nowhere", "mix.ts"));
  refuses(/^There is no folder .*nowhere to write into\.$/, "mix", join(folder, "nowhere"));
  refuses(
    /^There is no folder .*nowhere\.d\/ to write into\.$/,
    "mix",
    `${join(folder, "nowhere.d")}/`,
  );
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
  refuses(
    "--ext is the ending of a file to be written: name a destination too.",
    "mix",
    "--ext",
    "mts",
  );
  refuses("--with-spec writes TypeScript: leave --js out.", "mix", folder, "--with-spec", "--js");
  assert.deepEqual(readdirSync(folder), []);
  assert.ok(!existsSync(join(folder, "nowhere")), "no folder is made");
});

test("as a command: paths count from where the person stands; what the disk refuses is one line", () => {
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

test("--list names every file, then the declarations with their files; --help names every option", () => {
  const lines = run("--list").text.trim().split("\n");
  const [files, declarations] = [libraryFiles(), libraryDeclarations()];
  assert.deepEqual(
    lines.slice(0, files.size).map((line) => line.split(/ +/)),
    [...files],
  );
  const own = [...declarations].filter(([name]) => !files.has(name));
  assert.deepEqual(
    lines.slice(files.size).map((line) => line.split(/ +/).join(" ")),
    own.map(([name, place]) => `${name} ${place.split("#")[0]}`),
  );
  assert.ok(
    lines.includes("big-bird-attention              lib/attention/big-bird-attention.ts"),
    "a file",
  );
  assert.ok(
    lines.includes("geluTanh                        lib/kernels/activations.ts"),
    "a declaration",
  );
  for (const option of ["--ext", "--js", "--with-spec", "--force", "--list", "--check"]) {
    assert.ok(run("--help").text.includes(option), option);
  }
});

test("every mechanism of the atlas can be copied under its name there", () => {
  for (const { id, file } of ENTRIES) {
    const place = placeNamed(id);
    const direct = place === `lib/attention/${id}.ts` || basename(place ?? "", ".ts") === id || place?.includes("#");
    assert.ok(direct === true || place === file, `${id}: ${place}`);
  }
  assert.equal(placeNamed("multi-head"), "lib/attention/multi-head-attention.ts");
  assert.equal(placeNamed("temperature"), "lib/attention/hard-attention.ts");
  assert.equal(placeNamed("../atlas"), undefined);
});
