/**
 * `npm run bits`: whether all engines compute the same bits. One hash over some hundred results of the plain
 * kernels and of the classes above them, and one of the same with the vector kernels of `lib/simd`.
 *
 *     npm run bits                                                this Node alone
 *     npm run bits -- bun chromium "npx -y -p node@24 node"       these, too: commands that run a JavaScript file
 *
 * A browser's command has chrom or edge in its name; it opens a page in a file, without a server. Exits with status
 * 1 unless the hashes are the same everywhere. One is exempt, that of the plain GELU: where 1 + erf(x) cancels, the
 * last bit of the engine's `Math.exp` shows.
 */
import type { Bits } from "./bits/results.ts";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { joined } from "./copy/join.ts";
import { withoutTypes } from "./copy/strip.ts";

const HEADLESS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--virtual-time-budget=60000"];
const FORMS = ["plain", "simd"] as const;

/** The programs as JavaScript that needs no other file, the plain one first. Each prints its hashes. */
export function programs(): string[] {
  const print = `
{
  const text = "bits " + JSON.stringify(bitsOf());
  if (typeof document === "object") document.body.textContent = text;
  else console.log(text);
}
`;
  const texts = FORMS.map((form) => joined(["scripts/bits/results.ts"], form === "simd"));
  return withoutTypes(texts).map((text) => text + print);
}

/** What the program at `file`, alone or in the page beside it, prints when a command runs it. */
export function bitsFrom(command: string, file: string, folder: string): Bits | string {
  const [program, ...given] = command.split(" ");
  const browser = /chrom|edge/i.test(basename(program!));
  const page = [...HEADLESS, `--user-data-dir=${join(folder, "profile")}`, "--dump-dom"];
  const own = browser ? [...page, pathToFileURL(file.replace(/js$/, "html")).href] : [file];
  const { stdout, stderr, error } = spawnSync(program!, [...given, ...own], { encoding: "utf8", timeout: 300_000 });
  const found = /bits (\{.*\})/.exec(stdout ?? "")?.[1];
  if (found === undefined) return error?.message ?? `no hash: ${stderr.trim().split("\n").slice(-3).join(" ")}`;
  return JSON.parse(found) as Bits;
}

/** Runs the programs by each command, and prints a line for each. Returns whether all gave the same. */
function compareAll(commands: readonly string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    const files = programs().map((text, n) => {
      const file = join(folder, `${FORMS[n]!}.js`);
      writeFileSync(file, text);
      writeFileSync(file.replace(/js$/, "html"), `<!doctype html><body><script type="module">${text}</script>`);
      return file;
    });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const width = Math.max(...commands.map((command) => command.length));
    const lines = commands.map((command) => {
      const cells = files.map((file, n) => {
        const bits = bitsFrom(command, file, folder);
        if (typeof bits === "string") return `${FORMS[n]!} ${bits}`;
        const { kernels, classes, gelu, results } = bits;
        return `${FORMS[n]!} kernels ${kernels}, classes ${classes}, gelu ${gelu}, ${results} results`;
      });
      console.log(`${command.padEnd(width)}  ${cells.join("; ")}`);
      return cells.map((cell, n) => (FORMS[n] === "plain" ? cell.replace(/gelu \w+/, "") : cell)).join();
    });
    return !lines[0]!.includes("no hash") && lines.every((line) => line === lines[0]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "bits.ts") {
  const same = compareAll([process.execPath, ...process.argv.slice(2)]);
  console.log(same ? "the same bits everywhere" : "✖ the bits differ");
  process.exitCode = same ? 0 : 1;
}
