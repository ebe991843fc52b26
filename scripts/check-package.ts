/**
 * `npm run package`: packs the npm package, installs it into an empty project without a network, and uses it
 * there: every subpath imported and, where this Node can, required; one computation compared with lib to the
 * bit; a consumer type-checked under two module resolutions.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MultiHeadAttention } from "../lib/attention/multi-head-attention.ts";
import { compiler } from "./copy/strip.ts";
import { fromFunction, gaussian, randomGenerator } from "../lib/matrix.ts";
import { libraryFiles, readSource, root } from "./copy/join.ts";

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

/**
 * `lib/attention/mix.ts` → `attention-by-hand/mix`, `lib/kernels/mix.ts` → `attention-by-hand/kernels/mix`.
 */
const subpath = (path: string): string =>
  `attention-by-hand/${path.replace(/^lib\/(?:attention\/)?|\.ts$/g, "")}`;

/** Every subpath with what it must export; `load` is what turns a subpath into a module. */
const program = (load: string): string => `
const expected = ${JSON.stringify(
  [...libraryFiles().values()].map((path) => [
    subpath(path),
    readSource(path)
      .declarations.filter(({ exported, kind }) => exported && !/interface|type/.test(kind))
      .map(({ name }) => name),
  ]),
)};
const modules = {};
for (const [path, names] of expected) {
  modules[path] = ${load};
  for (const name of names) if (!(name in modules[path])) throw new Error(path + " has no " + name);
}
const { MultiHeadAttention } = modules["attention-by-hand/multi-head-attention"];
const { fromFunction, gaussian, randomGenerator } = modules["attention-by-hand/matrix"];
const random = randomGenerator(7);
const X = fromFunction(11, 8, gaussian(random));
const { output } = MultiHeadAttention.random({ d_model: 8, heads: 2, bias: true }, random).forward(X, X, X);
console.log(Buffer.from(output.data.buffer).toString("hex"));
`;

const consumer = `import type { Matrix } from "attention-by-hand/matrix";
import { matrix, randomGenerator } from "attention-by-hand/matrix";
import { MultiHeadAttention } from "attention-by-hand/multi-head-attention";
import { mix } from "attention-by-hand/kernels/mix";

const X: Matrix = matrix(2, 4);
const { output, weights } = MultiHeadAttention.random({ d_model: 4, heads: 2 }, randomGenerator(1)).forward(X, X, X, { allow: (i, j) => j <= i });
export const mixed: Matrix = mix(weights[0]!, output);
// @ts-expect-error: a number is no matrix
mix(1, output);
`;

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
  for (const options of [{ module: "nodenext" }, { module: "esnext", moduleResolution: "bundler" }]) {
    writeFileSync(join(project, "consumer.mts"), consumer);
    writeFileSync(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { strict: true, noEmit: true, target: "es2022", types: [], ...options },
        files: ["consumer.mts"],
      }),
    );
    run(`a consumer with ${JSON.stringify(options)}`, process.execPath, [compiler, "-p", project], project);
  }
  for (const problem of problems) console.error(`✖ ${problem}`);
  console.log(
    `${tarball}: ${libraryFiles().size} subpaths imported${required ? " and required" : ""} on Node ` +
      `${process.versions.node}: ${problems.length === 0 ? "all in order" : `${problems.length} problems`}`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
