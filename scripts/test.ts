/**
 * `npm test`: runs every spec, with a dot for each test and every failure in full.
 *
 *     npm test -- attention hard     the specs whose path holds one of the words
 *     npm test -- --quick            the heart: the specs of the matrix, kernels, graphs and mechanisms
 *     npm test -- --simd             once more with the vector kernels of lib/simd, but for what
 *                                    spec/support/plain-only.ts lists; "to the bit" means within 1e-6 of the
 *                                    largest number there
 *     npm test -- --verbose          the name of every test
 *
 * Node's own discovery does not find `*.spec.ts` everywhere and exits 0 when it finds nothing. Therefore the
 * specs are listed here, and the run fails when a file of `lib` has no spec, or when fewer tests ran than the
 * specs write down.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PLAIN_ONLY } from "../spec/support/plain-only.ts";
import { given } from "./given.ts";
import { swappedTree } from "./swap.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What `--quick` runs. */
const HEART = /^spec\/(?:matrix\.spec|kernels\/|graph\/|attention\/)/;

/** The files below a folder whose names end so, as paths from the root with forward slashes, sorted. */
function filesBelow(folder: string, ending: string): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) files.push(...filesBelow(path, ending));
    else if (entry.name.endsWith(ending)) files.push(path);
  }
  return files.sort();
}

const OPTIONS = {
  quick: { type: "boolean", default: false },
  simd: { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
} as const;

const { values: { quick, simd, verbose }, positionals: words } = given(OPTIONS, "words of a spec's path");
const specs = filesBelow("spec", ".spec.ts");
const chosen = specs
  .filter((path) => !quick || HEART.test(path))
  .filter((path) => !simd || PLAIN_ONLY.files.every((left) => !left.path.test(path)))
  .filter((path) => words.length === 0 || words.some((word) => path.includes(word)));
if (chosen.length === 0) {
  const none = quick ? "No spec of the heart" : "No spec";
  const all = `There are ${specs.length}, such as ${specs[0]}.`;
  console.error(`${none} has ${words.join(" or ")} in its path. ${all}`);
  process.exit(2);
}

const problems: string[] = [];
for (const file of filesBelow("lib", ".ts")) {
  const spec = file.replace(/^lib/, "spec").replace(/\.ts$/, ".spec.ts");
  if (!specs.includes(spec)) problems.push(`${file} has no spec: ${spec} is missing`);
}

/** Each `test(` at the start of a line is one test at least; those in a loop run several times. */
const written = chosen
  .map((path) => readFileSync(join(root, path), "utf8").match(/^\s*(?:await )?(?:test|it)\(/gm)?.length ?? 0)
  .reduce((sum, tests) => sum + tests, 0);

// Node from 22.18 on runs TypeScript itself; before that, tsx does.
const loader = process.features.typescript ? [] : ["--import", "tsx"];
const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
const tree = simd ? swappedTree() : root;
const tap = join(folder, "results.tap");
const reporters = [
  `--test-reporter=${verbose ? "spec" : "dot"}`,
  "--test-reporter-destination=stdout",
  "--test-reporter=tap",
  `--test-reporter-destination=${tap}`,
];

/**
 * The specs in two files that import them, half each: two processes in place of ninety, most of whose time
 * would be spent on starting.
 */
function halves(): string[] {
  return [0, 1].map((half) => {
    const urls = chosen.filter((_, n) => n % 2 === half).map((path) => pathToFileURL(join(tree, path)).href);
    const file = join(folder, `half-${half}.mjs`);
    // a spec that does not load is a test that fails; the others run all the same
    const lines = [
      'import test from "node:test";',
      `for (const spec of ${JSON.stringify(urls)}) {`,
      "  await import(spec).catch((error) => test(spec, () => { throw error; }));",
      "}",
    ];
    writeFileSync(file, lines.join("\n"));
    return file;
  });
}

const start = performance.now();
const files = quick ? halves() : chosen;
const { status, error } = spawnSync(process.execPath, [...loader, "--test", ...reporters, ...files], {
  cwd: tree,
  stdio: "inherit",
});
if (error) throw error;
const seconds = Math.round((performance.now() - start) / 1000);

const results = readFileSync(tap, "utf8");
rmSync(folder, { recursive: true });
if (simd) rmSync(tree, { recursive: true });
const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(results)?.[1] ?? 0);
if (count("tests") < written) {
  problems.push(`only ${count("tests")} tests ran, the specs write down ${written}`);
}
const left = simd ? chosen.flatMap((path) => PLAIN_ONLY.titles[path] ?? []).length : 0;
if (count("skipped") !== left || count("todo") > 0) {
  const rule = left === 0 ? "every test must run" : `${left} are listed as plain only`;
  problems.push(`${count("skipped")} skipped and ${count("todo")} to do: ${rule}`);
}
// the dots come without the runner's closing lines
if (!verbose) console.log(`\n${results.match(/^# (?:tests|pass|fail|cancelled) \d+$/gm)?.join("\n") ?? ""}`);
for (const problem of problems) console.error(`✖ ${problem}`);
const failed = status !== 0 || problems.length > 0;
const verdict = failed ? "not in order" : "all pass";
console.log(`${count("tests")} tests in ${chosen.length} files, ${seconds} s: ${verdict}`);
process.exitCode = failed ? 1 : 0;
