/**
 * `npm run copies`: copies every file of `lib`, compiles all copies under every configuration, and runs each
 * spec on its copy.
 * `npm run copies -- hybrid sparse` runs the specs of the files whose path holds one of the words; all are
 * compiled, because they lie in one project.
 *
 * A spec on a copy is the spec itself with one import redirected: that of the file it is about. The same spec
 * runs on the file in `lib` too, in the same process, and everything that the two give back, errors included,
 * is compared to the bit. Every copy without its types is loaded on this Node as it is.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import type { Compared } from "./copy/record.ts";
import type { Configuration } from "./copy/configurations.ts";
import { CONFIGURATIONS } from "./copy/configurations.ts";
import { compiler, withoutTypes } from "./copy/strip.ts";
import { copyOf, libraryFiles, readSource, root } from "./copy/join.ts";
import { specsOf } from "./copy/spec.ts";

const files = [...libraryFiles()];
const words = process.argv.slice(2);
const holds = (path: string): boolean => words.length === 0 || words.some((word) => path.includes(word));
const chosen = files.filter(([, path]) => holds(path));
// not below node_modules, where Node refuses to strip types
const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
const start = performance.now();
const problems: string[] = [];

function progress(done: number, what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done}/${CONFIGURATIONS.length + 1} ${what}`);
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

/** All copies in one project under one configuration. */
function compile(configuration: Configuration, copies: ReadonlyMap<string, string>): void {
  const { id, about, options, ext = "ts", package: type = "module", init } = configuration;
  const place = join(folder, id);
  mkdirSync(place);
  for (const [name, text] of copies) writeFileSync(join(place, `${name}.${ext}`), text);
  writeFileSync(join(place, "package.json"), JSON.stringify({ type }));
  const emit = options["declaration"] ? { emitDeclarationOnly: true, outDir: "out" } : { noEmit: true };
  const compilerOptions = { ...(init ? initial(place) : {}), ...options, ...emit };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, include: [`*.${ext}`] }));
  const args = [compiler, "-p", place];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: place });
  if (status !== 0) problems.push(`${id} (${about}):\n${stdout.trim()}`);
}

/** A file's text for another place: imports of `path` go to `instead`, all others to where they stand. */
function moved(file: string, path: string, instead: string): string {
  const to = (target: string): string => (target === path ? instead : pathToFileURL(join(root, target)).href);
  return readFileSync(join(root, file), "utf8")
    .replace(
      /(^import .* from )"(\.{1,2}\/.*)";$/gm,
      (_, head: string, from: string) => `${head}"${to(posix.join(posix.dirname(file), from))}";`,
    )
    .replace(/\bimport\.meta\.url\b/g, `"${pathToFileURL(join(root, file)).href}"`);
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
function bothSides(path: string, copy: string): string[] {
  const name = basename(path, ".ts");
  const values = valuesOf(path).join(", ");
  const specs = specsOf(path);
  if (specs.length === 0) problems.push(`${path} has no spec that imports it`);
  const record = pathToFileURL(join(root, "scripts/copy/record.ts")).href;
  return (["lib", "copy"] as const).flatMap((side) => {
    const place = join(folder, "run", side, name);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, "module.ts"), side === "copy" ? copy : moved(path, "", ""));
    const recorder = [
      'import * as module from "./module.ts";',
      `import { recorded, traceOf } from "${record}";`,
      `const { ${values} } = recorded(module, traceOf("${path}", "${side}"));`,
      `export { ${values} };`,
    ];
    writeFileSync(join(place, "recorded.js"), recorder.join("\n"));
    return specs.map((spec) => {
      writeFileSync(join(place, basename(spec)), moved(spec, path, "./recorded.js"));
      return `./${side}/${name}/${basename(spec)}`;
    });
  });
}

/**
 * Runs the specs of the chosen files on both sides in one process. Returns how many tests ran, and how many
 * results were compared.
 */
function run(copies: ReadonlyMap<string, string>): { tests: number; results: number } {
  const place = join(folder, "run");
  mkdirSync(place);
  const specs = chosen.flatMap(([name, path]) => bothSides(path, copies.get(name)!));
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
  const [tests, passed] = [count("tests"), count("pass")];
  if (tests === 0) {
    problems.push(`no spec ran on the copies:\n${stderr.trim()}`);
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
function load(copies: ReadonlyMap<string, string>): void {
  const place = join(folder, "js");
  mkdirSync(place);
  writeFileSync(join(place, "package.json"), '{ "type": "module" }');
  withoutTypes([...copies.values()]).forEach((text, n) =>
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
  if (status !== 0 || stdout !== "") problems.push(`as plain JavaScript: ${stdout}${stderr}`);
}

try {
  const copies = new Map(files.map(([name, path]) => [name, copyOf([path])]));
  CONFIGURATIONS.forEach((configuration, n) => {
    progress(n, `${configuration.id} ${configuration.about}`);
    compile(configuration, copies);
  });
  load(copies);
  progress(CONFIGURATIONS.length, "specs on lib and on the copies");
  const { tests, results } = run(copies);
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  for (const problem of problems) console.error(`✖ ${problem}`);
  const verdict = problems.length === 0 ? "all pass" : `${problems.length} problems`;
  const seconds = Math.round((performance.now() - start) / 1000);
  const settings = `${CONFIGURATIONS.length} configurations, and as JavaScript`;
  console.log(`${files.length} copies × ${settings}: ${verdict}`);
  console.log(`${tests} tests on lib and copies, ${results} results the same to the bit; ${seconds} s`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
