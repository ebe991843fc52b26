/**
 * `npm run copies`: copies every file of `lib`, compiles all the copies under every configuration, and runs each spec on its copy.
 *
 * A spec on a copy is the spec itself with one import redirected: that of the file it is about.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Configuration, CONFIGURATIONS } from "./copy/configurations.ts";
import { copyOf, libraryFiles, root } from "./copy/join.ts";

const files = [...libraryFiles()];
const folder = mkdtempSync(join(root, "node_modules/.copies-")); // inside the project, so that specs still find their tools
const tsc = join(root, "node_modules/typescript/bin/tsc");
const problems: string[] = [];

function progress(done: number, all: number, what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${done}/${all} ${what}`);
}

/** The settings that `tsc --init` writes with this compiler: JSON with comments and trailing commas. */
function initial(place: string): Record<string, unknown> {
  spawnSync(process.execPath, [tsc, "--init"], { cwd: place });
  const text = readFileSync(join(place, "tsconfig.json"), "utf8");
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "").replace(/("[^"]*")|\/\/.*$/gm, "$1").replace(/,(\s*[}\]])/g, "$1");
  return (JSON.parse(plain) as { compilerOptions: Record<string, unknown> }).compilerOptions;
}

function compile({ id, about, options, ext = "ts", package: type = "module", init }: Configuration): void {
  const place = join(folder, id);
  mkdirSync(place);
  for (const [name, path] of files) writeFileSync(join(place, `${name}.${ext}`), copyOf([path]));
  writeFileSync(join(place, "package.json"), JSON.stringify({ type }));
  const compilerOptions = { ...(init ? initial(place) : {}), ...options, ...(options["declaration"] ? { emitDeclarationOnly: true, outDir: "out" } : { noEmit: true }) };
  writeFileSync(join(place, "tsconfig.json"), JSON.stringify({ compilerOptions, include: [`*.${ext}`] }));
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", place], { encoding: "utf8", cwd: place });
  if (status !== 0) problems.push(`${id} (${about}):\n${stdout.trim()}`);
}

/** The spec of a file, with its own import redirected to the copy and all others to where they stand. */
function redirected(path: string, spec: string): string {
  const text = readFileSync(join(root, spec), "utf8");
  const copy = join(folder, "run", `${basename(path, ".ts")}.ts`);
  return text
    .replace(/(^import .* from )"(\.{1,2}\/.*)";$/gm, (_, head: string, from: string) => {
      const target = join(root, dirname(spec), from);
      return `${head}"${pathToFileURL(target === join(root, path) ? copy : target)}";`;
    })
    .replace(/new URL\("(\.{1,2}\/[^"]*)", import\.meta\.url\)/g, (_, from: string) => `new URL("${from}", "${pathToFileURL(join(root, spec))}")`);
}

try {
  CONFIGURATIONS.forEach((configuration, n) => {
    progress(n, CONFIGURATIONS.length + 1, `${configuration.id} ${configuration.about}`);
    compile(configuration);
  });
  progress(CONFIGURATIONS.length, CONFIGURATIONS.length + 1, "specs on the copies");
  const run = join(folder, "run");
  mkdirSync(run);
  const specs: string[] = [];
  for (const [name, path] of files) {
    writeFileSync(join(run, `${name}.ts`), copyOf([path]));
    for (const ending of [".spec.ts", ".golden.spec.ts"]) {
      const spec = path.replace(/^lib/, "spec").replace(/\.ts$/, ending);
      if (!existsSync(join(root, spec))) continue;
      const text = redirected(path, spec);
      if (!text.includes(`/run/${name}.ts"`)) problems.push(`${spec} does not import ${path}`);
      specs.push(join(run, `${name}${ending}`));
      writeFileSync(specs[specs.length - 1]!, text);
    }
  }
  writeFileSync(join(run, "package.json"), '{ "type": "module" }');
  const loader = process.features.typescript ? [] : ["--import", "tsx"];
  const { status, stdout } = spawnSync(process.execPath, [...loader, "--test", "--test-reporter=tap", ...specs], { encoding: "utf8", cwd: root, maxBuffer: 2 ** 28 });
  const ran = Number(/^# tests (\d+)$/m.exec(stdout)?.[1] ?? 0);
  if (status !== 0) problems.push(`specs on copies:\n${stdout.split("\n").filter((line) => /^\s*not ok|error:/.test(line)).join("\n")}`);
  if (ran < specs.length) problems.push(`only ${ran} tests ran on the copies, of ${specs.length} specs`);
  progress(1, 1, "\r\x1b[K");
  for (const problem of problems) console.error(`✖ ${problem}`);
  console.log(`${files.length} copies × ${CONFIGURATIONS.length} configurations, ${ran} tests on the copies: ${problems.length === 0 ? "all pass" : `${problems.length} problems`}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
