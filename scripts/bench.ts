/**
 * `npm run bench`: every kernel against its textbook form, in one run.
 *
 *   npm run bench                    all groups
 *   npm run bench -- matmul mix      only these
 *   npm run bench -- peers [FOLDER [WORD …]]   the vector kernels, and the peers installed in FOLDER
 *
 * Exit status 1 when two results differ or a promise of a group is not kept, 2 on wrong usage.
 */
import type { BenchResult } from "./bench/bench.ts";
import { benchPeers } from "./bench/peers.ts";
import { groups } from "./bench/groups.ts";
import { runCase } from "./bench/bench.ts";

const names = groups.map((group) => group.name);
const asked = process.argv.slice(2);
const announced = new Set<string>();
const unknown = asked.find((name) => !names.includes(name));
if (asked.includes("--help") || asked.includes("-h")) {
  console.log(help());
} else if (asked[0] === "peers") {
  await benchPeers(asked[1], asked.slice(2));
} else if (unknown !== undefined) {
  console.error(
    `bench: there is no group ${JSON.stringify(unknown)}; choose among ${names.join(", ")}, or ask for ` +
      `--help`,
  );
  process.exitCode = 2;
} else {
  for (const problem of run()) {
    console.error(`bench: ${problem}`);
    process.exitCode = 1;
  }
}

/** Runs the groups asked for, prints what they measured, and returns what is wrong. */
function run(): string[] {
  const chosen = groups.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const results = chosen.flatMap(({ cases }) => cases().map((benchCase) => runCase(benchCase, progress)));
  const reports = chosen.flatMap(({ report }) => (report === undefined ? [] : [report(progress)]));
  progress("");
  console.log(
    `Node ${process.versions.node}, ${process.arch}; milliseconds of processor time, the median of ` +
      `several rounds`,
  );
  if (results.length > 0) console.log(`\n${table(results)}`);
  for (const { lines } of reports) console.log(`\n${lines.join("\n")}`);
  const wrong = results
    .filter(({ agrees }) => !agrees)
    .map(({ name, shape, deviation }) => `${name} ${shape} differs from its textbook form by ${deviation}`);
  return [...wrong, ...reports.flatMap(({ problems }) => problems)];
}

/**
 * One line that keeps changing, on a terminal; elsewhere a line for each piece of work, without its rounds.
 */
function progress(what: string): void {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001b[K${what}`);
    return;
  }
  const work = what.replace(/, round .*/, "");
  if (work !== "" && !announced.has(work)) console.error(`bench: ${work}`);
  announced.add(work);
}

/** Columns as wide as their widest cell; words to the left, numbers to the right. */
function table(results: readonly BenchResult[]): string {
  const rows = [
    ["kernel", "shape", "textbook", "ours", "ratio", "GFLOP/s"],
    ...results.map(({ name, shape, textbookMs, oursMs, ratio, gflops }) => {
      return [
        name,
        shape,
        textbookMs.toFixed(2),
        oursMs.toFixed(2),
        `${ratio.toFixed(2)} ×`,
        gflops?.toFixed(2) ?? "",
      ];
    }),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c < 2 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!)))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

function help(): string {
  const width = Math.max(...names.map((name) => name.length));
  return [
    "npm run bench [-- group …]: each kernel against its textbook form, in milliseconds of processor time",
    "",
    ...groups.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    `  ${"peers".padEnd(width)}  the vector kernels against the plain ones; then [FOLDER [WORD …]]: against the peers`,
    `  ${" ".repeat(width)}  installed there (@tensorflow/tfjs-backend-wasm with tfjs-core, onnxruntime-web)`,
    "",
    "ratio: how many times faster ours is. GFLOP/s: ours, two operations for each multiply-add that the " +
      "equation needs.",
  ].join("\n");
}
