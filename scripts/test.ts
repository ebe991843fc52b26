/**
 * `npm test`: runs every spec. `npm test -- attention hard` runs those whose path holds one of the words.
 *
 * Node's own discovery does not find `*.spec.ts` everywhere and exits 0 when it finds nothing, so the specs
 * are listed here, and the run fails when a file of `lib` has no spec, or when fewer tests ran than the specs
 * write down.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

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

const specs = filesBelow("spec", ".spec.ts");
const words = process.argv.slice(2);
const chosen = words.length === 0 ? specs : specs.filter((path) => words.some((word) => path.includes(word)));
if (chosen.length === 0) {
  console.error(
    `No spec has ${words.join(" or ")} in its path. There are ${specs.length}, for example ` +
      `${specs[0] ?? "none"}.`,
  );
  process.exit(2);
}

const problems: string[] = [];
for (const file of filesBelow("lib", ".ts")) {
  const spec = file.replace(/^lib/, "spec").replace(/\.ts$/, ".spec.ts");
  if (!specs.includes(spec)) problems.push(`${file} has no spec: ${spec} is missing`);
}

/** Each `test(` at the start of a line is one test at least; those in a loop run several times. */
const written = chosen.reduce(
  (sum, path) =>
    sum + (readFileSync(join(root, path), "utf8").match(/^\s*(?:await )?(?:test|it)\(/gm)?.length ?? 0),
  0,
);

// Node from 22.18 on runs TypeScript itself; before that, tsx does.
const loader = process.features.typescript ? [] : ["--import", "tsx"];
const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
const tap = join(folder, "results.tap");
const reporters = [
  "--test-reporter=spec",
  "--test-reporter-destination=stdout",
  "--test-reporter=tap",
  `--test-reporter-destination=${tap}`,
];
const { status, error } = spawnSync(process.execPath, [...loader, "--test", ...reporters, ...chosen], {
  cwd: root,
  stdio: "inherit",
});
if (error) throw error;

const results = readFileSync(tap, "utf8");
rmSync(folder, { recursive: true });
const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(results)?.[1] ?? 0);
if (count("tests") < written) {
  problems.push(`only ${count("tests")} tests ran, the specs write down ${written}`);
}
if (count("skipped") + count("todo") > 0) {
  problems.push(`${count("skipped")} skipped and ${count("todo")} to do: every test must run`);
}
for (const problem of problems) console.error(`✖ ${problem}`);
process.exitCode = status !== 0 || problems.length > 0 ? 1 : 0;
