/**
 * `npm run copies`: copies every file of `lib`, compiles all copies under every configuration, and runs each
 * spec on its copy.
 * `npm run copies -- hybrid sparse` runs the specs of the files whose path holds one of the words; all are
 * compiled, because they lie in one project.
 * `npm run copies -- --all` does as much for the copies with `--simd` that differ from the plain ones; without it
 * they are compiled under a few of the configurations, and the specs of a few run.
 *
 * A spec on a copy is the spec itself with one import redirected: that of the file it is about. The same spec
 * runs on the file in `lib` too, in the same process, and everything that the two give back, errors included,
 * is compared to the bit. A copy with `--simd` is compared with a tree in which `lib/simd` has taken the places
 * of the plain kernels, as in `npm test -- --simd`. Every copy without its types is loaded on this Node as it is.
 */
import { gzipSync } from "node:zlib";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import type { Compared } from "./copy/record.ts";
import type { Configuration } from "./copy/configurations.ts";
import { CONFIGURATIONS } from "./copy/configurations.ts";
import { compiler, withoutTypes } from "./copy/strip.ts";
import { copyOf, joined, libraryFiles, readSource, root } from "./copy/join.ts";
import { given } from "./given.ts";
import { simdPlaceNamed } from "./copy/names.ts";
import { specsOf } from "./copy/spec.ts";
import { swappedTree } from "./swap.ts";

/** Copies of one form: their texts by name, the files that they are copies of, and the tree of these files. */
interface Form {
  readonly id: "plain" | "simd";
  readonly texts: ReadonlyMap<string, string>;
  readonly files: readonly (readonly [name: string, path: string])[];
  readonly tree: string;
  readonly configurations: readonly Configuration[];
  /** Whose specs run. */
  readonly chosen: readonly (readonly [name: string, path: string])[];
}

/** Without `--all`, what of the copies with `--simd` is tried. */
const SAMPLE: { readonly configurations: readonly string[]; readonly names: readonly string[] } = {
  configurations: ["C2", "C4", "C6", "C10"],
  names: ["matmul", "softmax-rows", "multi-head-attention", "hybrid-sparse-attention"],
};

const { values: { all }, positionals: words } = given(
  { all: { type: "boolean", default: false } },
  "words of a copy's path",
);
const holds = (path: string): boolean => words.length === 0 || words.some((word) => path.includes(word));
// not below node_modules, where Node refuses to strip types
const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
const start = performance.now();
const problems: string[] = [];

function progress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
}

/** The settings that `tsc --init` writes with this compiler: JSON with comments and trailing commas. */
function initial(place: string): Record<string, unknown> {
  spawnSync(process.execPath, [compiler, "--init"], { cwd: place });
  const text = readFileSync(join(place, "tsconfig.json"), "utf8");
  const plain = text
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/("[^"]*")|\/\/.*$/gm, "$1")
    .replace(/,(\s*[}\]])/g, "$1");
  return (JSON.parse(plain) as { compilerOptions: Record<string, unknown> }).compilerOptions;
}

/** All copies of a form in one project under one configuration. */
function compile(configuration: Configuration, form: Form): void {
  const { id, about, options, ext = "ts", package: type = "module", init } = configuration;
  const place = join(folder, form.id, id);
  mkdirSync(place, { recursive: true });
  for (const [name, text] of form.texts) writeFileSync(join(place, `${name}.${ext}`), text);
  writeFileSync(join(place, "package.json"), JSON.stringify({ type }));
  const emit = options["declaration"] ? { emitDeclarationOnly: true, outDir: "out" } : { noEmit: true };
  const compilerOptions = { ...(init ? initial(place) : {}), ...options, ...emit };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, include: [`*.${ext}`] }));
  const args = [compiler, "-p", place];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: place });
  if (status !== 0) problems.push(`${form.id}, ${id} (${about}):\n${stdout.trim()}`);
}

/** A file's text for another place: imports of `path` go to `instead`, all others to where they stand in `tree`. */
function moved(tree: string, file: string, path: string, instead: string): string {
  const to = (target: string): string => (target === path ? instead : pathToFileURL(join(tree, target)).href);
  return readFileSync(join(tree, file), "utf8")
    .replace(
      /(^import .* from )"(\.{1,2}\/.*)";$/gm,
      (_, head: string, from: string) => `${head}"${to(posix.join(posix.dirname(file), from))}";`,
    )
    .replace(/\bimport\.meta\.url\b/g, `"${pathToFileURL(join(tree, file)).href}"`);
}

/** What a file exports that is still there when its types are gone. */
function valuesOf(path: string): string[] {
  return readSource(path)
    .declarations.filter(({ exported, kind }) => exported && kind !== "interface" && kind !== "type")
    .map(({ name }) => name);
}

/**
 * Writes both sides of one file's specs: the module, a recorder around it, and the specs that import the
 * recorder. Returns the specs.
 */
function bothSides({ id, tree }: Form, path: string, copy: string): string[] {
  const name = basename(path, ".ts");
  const values = valuesOf(path).join(", ");
  const specs = specsOf(path);
  if (specs.length === 0) problems.push(`${path} has no spec that imports it`);
  const record = pathToFileURL(join(root, "scripts/copy/record.ts")).href;
  return (["lib", "copy"] as const).flatMap((side) => {
    const place = join(folder, id, "run", side, name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "module.ts"), side === "copy" ? copy : moved(tree, path, "", ""));
    const recorder = [
      'import * as module from "./module.ts";',
      `import { recorded, traceOf } from "${record}";`,
      `const { ${values} } = recorded(module, traceOf("${path}", "${side}"));`,
      `export { ${values} };`,
    ];
    writeFileSync(join(place, "recorded.js"), recorder.join("\n"));
    return specs.map((spec) => {
      writeFileSync(join(place, basename(spec)), moved(tree, spec, path, "./recorded.js"));
      return `./${side}/${name}/${basename(spec)}`;
    });
  });
}

/**
 * Runs the specs of the chosen files on both sides in one process. Returns how many tests ran, and how many
 * results were compared.
 */
function run(form: Form): { tests: number; results: number } {
  const place = join(folder, form.id, "run");
  mkdirSync(place);
  const specs = form.chosen.flatMap(([name, path]) => bothSides(form, path, form.texts.get(name)!));
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  writeFileSync(join(place, "all.ts"), specs.map((spec) => `import "${spec}";\n`).join(""));
  const loader = process.features.typescript ? [] : ["--import", "tsx"];
  const traces = join(place, "traces.json");
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...loader, "--test-reporter=tap", join(place, "all.ts")],
    { encoding: "utf8", cwd: root, maxBuffer: 2 ** 28, env: { ...process.env, TRACES: traces } },
  );
  const count = (what: string): number =>
    Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(stdout)?.[1] ?? 0);
  const [tests, passed] = [count("tests") - count("skipped"), count("pass")];
  if (tests === 0) {
    problems.push(`no spec ran on the ${form.id} copies:\n${stderr.trim()}`);
    return { tests: 0, results: 0 };
  }
  if (passed < tests) {
    const lines = stdout.split("\n").filter((line) => /^\s*(?:not ok \d|error:|location:)/.test(line));
    problems.push(`${tests - passed} tests fail:\n${lines.join("\n")}`);
  }
  const compared = JSON.parse(readFileSync(traces, "utf8")) as Compared[];
  for (const { path, results, difference } of compared) {
    if (difference !== null) {
      problems.push(`${path} and its copy differ:\n  lib:  ${difference[0]}\n  copy: ${difference[1]}`);
    }
    if (results === 0 && valuesOf(path).length > 0) problems.push(`no spec of ${path} calls what it exports`);
  }
  return { tests, results: compared.reduce((sum, { results }) => sum + results, 0) };
}

/** Strips every copy and loads it as plain JavaScript on this Node, without a loader. */
function load({ id, texts, files }: Form): void {
  const place = join(folder, id, "js");
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  withoutTypes([...texts.values()]).forEach((text, n) =>
    writeFileSync(join(place, `${files[n]![0]}.js`), text),
  );
  const expected = files.map(([name, path]) => [name, valuesOf(path).sort().join()]);
  const program = `for (const [name, names] of ${JSON.stringify(expected)}) {
    const got = Object.keys(await import("./" + name + ".js")).sort().join();
    if (got !== names) console.log(name + ".js exports " + got + ", not " + names);
  }`;
  writeFileSync(join(place, "load.mjs"), program);
  const args = [join(place, "load.mjs")];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0 || stdout !== "") problems.push(`${id}, as plain JavaScript: ${stdout}${stderr}`);
}

/** Compiles, loads and runs the copies of one form, and says in a line how many they were. */
function tryForm(form: Form): void {
  for (const configuration of form.configurations) {
    progress(`${form.id}: ${configuration.id} ${configuration.about}`);
    compile(configuration, form);
  }
  load(form);
  progress("");
  const settings = `${form.configurations.length} configurations, and as JavaScript`;
  console.log(`${form.id}: ${form.texts.size} copies × ${settings}`);
  if (form.chosen.length === 0) return;
  progress(`${form.id}: specs on lib and on the copies`);
  const { tests, results } = run(form);
  progress("");
  console.log(`  ${tests} tests on lib and copies, ${results} results the same to the bit`);
}

/** The plain copies. */
function plainForm(): Form {
  const files = [...libraryFiles()];
  const texts = new Map(files.map(([name, path]) => [name, copyOf([path])]));
  const chosen = files.filter(([, path]) => holds(path));
  return { id: "plain", texts, files, tree: root, configurations: CONFIGURATIONS, chosen };
}

/** The copies with `--simd` that differ from the plain ones, against the files of `tree`. */
function simdForm(tree: string): Form {
  const files = [...libraryFiles().keys()]
    .map((name) => [name, simdPlaceNamed(name)!] as const)
    .filter(([, path]) => path.startsWith("lib/simd/") || joined([path]) !== joined([path], true));
  const texts = new Map(files.map(([name, path]) => [name, copyOf([path], true)]));
  const sampled = <T>(list: readonly T[], of: (item: T) => string, sample: readonly string[]): readonly T[] =>
    all ? list : list.filter((item) => sample.includes(of(item)));
  const configurations = sampled(CONFIGURATIONS, ({ id }) => id, SAMPLE.configurations);
  const chosen = sampled(files, ([name]) => name, SAMPLE.names).filter(([, path]) => holds(path));
  return { id: "simd", texts, files, tree, configurations, chosen };
}

/** How long a copy is, and how long when it is packed. */
function sizeOf(text: string): string {
  const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
  return `${kilobytes(Buffer.byteLength(text))}, ${kilobytes(gzipSync(text).length)} gzipped`;
}

const tree = swappedTree();
try {
  const [plain, simd] = [plainForm(), simdForm(tree)];
  for (const form of [plain, simd]) tryForm(form);
  for (const name of SAMPLE.names) {
    console.log(`${name}: plain ${sizeOf(plain.texts.get(name)!)}; --simd ${sizeOf(simd.texts.get(name)!)}`);
  }
  for (const problem of problems) console.error(`✖ ${problem}`);
  const verdict = problems.length === 0 ? "all pass" : `${problems.length} problems`;
  console.log(`${verdict}; ${Math.round((performance.now() - start) / 1000)} s`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  for (const place of [folder, tree]) rmSync(place, { recursive: true, force: true });
}
