/**
 * `npm run package`: packs the npm package, installs it into an empty project without a network, and uses it
 * there. The entry and every subpath are imported and, where this Node can, required; one computation is
 * compared with lib to the bit; consumers are type-checked, as ES modules and as CommonJS.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MultiHeadAttention } from "../lib/attention/multi-head-attention.ts";
import { compiler } from "./copy/strip.ts";
import { fromFunction, gaussian, randomGenerator } from "../lib/matrix.ts";
import { given } from "./given.ts";
import { libraryFiles, readSource, root } from "./copy/join.ts";

given({});
const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
const problems: string[] = [];

function run(what: string, command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    shell: command === "npm" && process.platform === "win32",
  });
  if (status !== 0) problems.push(`${what}: ${stdout}${stderr}`.trim());
  return stdout;
}

/** `lib/attention/heads.ts` → `attention-by-hand/heads`, `lib/matrix.ts` → `attention-by-hand/matrix`. */
const subpath = (path: string): string =>
  `attention-by-hand/${path.replace(/^lib\/(?:attention\/)?|\.ts$/g, "")}`;

/** What a file exports that is still there when its types are gone. */
const valuesOf = (path: string): string[] =>
  readSource(path)
    .declarations.filter(({ exported, kind }) => exported && kind !== "interface" && kind !== "type")
    .map(({ name }) => name);

const library = [...libraryFiles().values(), ...libraryFiles("lib/simd").values()];

/** The entry and every subpath, each with the values that it must export. */
const paths: readonly (readonly [string, string[]])[] = [
  ["attention-by-hand", ["lib/matrix.ts", ...libraryFiles("lib/attention").values()].flatMap(valuesOf)],
  ...library.map((path) => [subpath(path), valuesOf(path)] as const),
  ...[...libraryFiles()]
    .filter(([name]) => !libraryFiles("lib/simd").has(name))
    .map(([name, path]) => [`attention-by-hand/simd/${name}`, valuesOf(path)] as const),
];

/** Loads every path by the code `load`, looks for its values, and prints the bits of one computation. */
const program = (load: string): string => `
const modules = {};
for (const [path, names] of ${JSON.stringify(paths)}) {
  modules[path] = ${load};
  for (const name of names) if (!(name in modules[path])) throw new Error(path + " has no " + name);
}
const { MultiHeadAttention, fromFunction, gaussian, randomGenerator } = modules["attention-by-hand"];
if (MultiHeadAttention !== modules["attention-by-hand/multi-head-attention"].MultiHeadAttention) {
  throw new Error("the entry has classes of its own");
}
const random = randomGenerator(7);
const X = fromFunction(11, 8, gaussian(random));
const { output } = MultiHeadAttention.random({ d_model: 8, heads: 2, bias: true }, random).forward(X, X, X);
console.log(Buffer.from(output.data.buffer).toString("hex"));
const fast = modules["attention-by-hand/simd/multi-head-attention"].MultiHeadAttention;
const outputOf = (kind) => kind.random({ d_model: 8, heads: 2 }, randomGenerator(8)).forward(X, X, X).output.data;
const [near, exact] = [outputOf(fast), outputOf(MultiHeadAttention)];
if (near.some((x, e) => !(Math.abs(x - exact[e]) < 1e-5))) throw new Error("simd: other results");
if (near.every((x, e) => x === exact[e])) throw new Error("simd: the plain kernels ran");
`;

const consumer = `import type { Matrix } from "attention-by-hand/matrix";
import { MultiHeadAttention, ScaledDotProductAttention, randomGenerator } from "attention-by-hand";
import { MultiHeadAttention as fast } from "attention-by-hand/simd/multi-head-attention";
import { MultiHeadAttention as same } from "attention-by-hand/multi-head-attention";
import { causal } from "attention-by-hand/kernels/mask-scores";
import { matrix } from "attention-by-hand/matrix";
import { mix } from "attention-by-hand/kernels/mix";
import { slidingWindow } from "attention-by-hand/graph/patterns";

const X: Matrix = matrix(2, 4);
export const attend: same = fast.random({ d_model: 4, heads: 2 }, randomGenerator(1));
const attention: same = MultiHeadAttention.random({ d_model: 4, heads: 2 }, randomGenerator(1));
const { output, weights } = attention.forward(X, X, X, { allow: causal() });
export const mixed: Matrix = mix(weights[0]!, output);
export const pairs: Int32Array = slidingWindow(4, 1).key;
new ScaledDotProductAttention().forward(X, X, X);
// @ts-expect-error: a number is no matrix
mix(1, output);
`;

/** How consumers compile: the module kind, and the ending that makes their file an ES module or CommonJS. */
const CONSUMERS = [
  { ending: "mts", options: { module: "nodenext" } },
  { ending: "mts", options: { module: "node16" } },
  { ending: "mts", options: { module: "esnext", moduleResolution: "bundler" } },
  { ending: "cts", options: { module: "nodenext" } },
  { ending: "cts", options: { module: "node16" } },
  { ending: "cts", options: { module: "node16", esModuleInterop: true, skipLibCheck: false } },
];

function expected(): string {
  const random = randomGenerator(7);
  const X = fromFunction(11, 8, gaussian(random));
  const { output } = MultiHeadAttention.random({ d_model: 8, heads: 2, bias: true }, random).forward(X, X, X);
  return Buffer.from(output.data.buffer).toString("hex");
}

try {
  run("npm pack", "npm", ["pack", "--pack-destination", folder, "--silent"], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"));
  if (tarball === undefined) throw new Error(problems.join("\n"));
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true }');
  run(
    "npm install",
    "npm",
    ["install", "--offline", "--no-audit", "--no-fund", "--silent", join(folder, tarball)],
    project,
  );
  const installed = readdirSync(join(project, "node_modules")).filter((name) => !name.startsWith("."));
  if (installed.join() !== "attention-by-hand") problems.push(`the package brings ${installed.join(", ")}`);
  writeFileSync(join(project, "import.mjs"), program("await import(path)"));
  writeFileSync(join(project, "require.cjs"), program("require(path)"));
  const required = "require_module" in process.features; // Node 20.19, 22.12 and newer
  for (const file of ["import.mjs", ...(required ? ["require.cjs"] : [])]) {
    if (run(file, process.execPath, [file], project).trim() !== expected()) {
      problems.push(`${file}: the result is not lib's to the bit`);
    }
  }
  for (const { ending, options } of CONSUMERS) {
    const compilerOptions = { strict: true, noEmit: true, target: "es2022", types: [], ...options };
    const file = `consumer.${ending}`;
    writeFileSync(join(project, file), consumer);
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [file] }));
    run(`${file} with ${JSON.stringify(options)}`, process.execPath, [compiler, "-p", project], project);
  }
  if (existsSync(join(project, "node_modules/attention-by-hand/docs/index.html"))) {
    problems.push("the package holds docs/index.html, which is a page of the web");
  }
  for (const problem of problems) console.error(`✖ ${problem}`);
  const verdict = problems.length === 0 ? "all in order" : `${problems.length} problems`;
  const how = `imported${required ? " and required" : ""} on Node ${process.versions.node}`;
  console.log(`${tarball}: the entry and ${paths.length - 1} subpaths ${how}: ${verdict}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
