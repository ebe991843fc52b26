/**
 * `npm run page:check`: the page in a browser. Chromium opens docs/index.html with `#selftest` and with the
 * numbers that the oracle gives, in both languages, light, dark and narrow; its own `--dump-dom` gives the
 * results. Without a Chromium it says so and exits 0; with `--must` it exits 1. `--look=NAME` takes the looks
 * whose names begin so; `--mutations` breaks the page in many ways, each of which the self-test must find;
 * `--mutations=NAME` in those whose names begin so.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { expectedOf } from "../spec/page/expected.ts";
import { MUTATIONS } from "./page/mutations.ts";
import { page } from "./page/build.ts";
import { root } from "./copy/join.ts";
import type { Language } from "./page/state.ts";

const NAMES = [
  process.env["CHROMIUM"],
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
  "microsoft-edge",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];
const QUIET = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--hide-scrollbars",
  "--allow-file-access-from-files",
  "--virtual-time-budget=60000",
];

/** Fewer tests than these cannot be the whole self-test. */
const FLOOR = 40;

/** The page at an address, and how it is looked at. */
interface Look {
  readonly name: string;
  readonly lang: Language;
  readonly flags: readonly string[];
  /** The width of a frame around the page: a window of its own cannot be this narrow. */
  readonly frame?: number;
}

const LOOKS: readonly Look[] = [
  { name: "light, English", lang: "en", flags: ["--window-size=1280,900"] },
  { name: "light, Japanese", lang: "ja", flags: ["--window-size=1280,900"] },
  {
    name: "dark, English",
    lang: "en",
    flags: ["--window-size=1280,900", "--blink-settings=preferredColorScheme=0"],
  },
  {
    name: "forced colours and little motion, English",
    lang: "en",
    flags: ["--window-size=1280,900", "--force-high-contrast", "--force-prefers-reduced-motion"],
  },
  { name: "narrow, Japanese", lang: "ja", flags: ["--window-size=800,800"], frame: 320 },
];

/** The document as it stands after the self-test, in a profile of its own. */
function domOf(browser: string, { flags, lang, frame }: Look, file: string, more: string = ""): string {
  const profile = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  const fragment = `#selftest${more}&lang=${lang}&expect=${encodeURIComponent(JSON.stringify(expectedOf(lang)))}`;
  const address = `${pathToFileURL(file).href}${fragment}`;
  try {
    let open = address;
    if (frame !== undefined) {
      const around = join(profile, "frame.html");
      const copied = `<iframe id="f" width="${frame}" height="760" src="${address.replace(/&/g, "&amp;")}"></iframe>
<script>onload = () => setInterval(() => {
  const tap = document.getElementById("f").contentDocument.getElementById("tap");
  if (tap && !document.getElementById("tap")) document.body.append(document.importNode(tap, true));
}, 50);</script>`;
      writeFileSync(around, `<!doctype html><body>${copied}`);
      open = pathToFileURL(around).href;
    }
    const args = [...QUIET, ...flags, `--user-data-dir=${join(profile, "profile")}`, "--dump-dom", open];
    const { stdout, status, error } = spawnSync(browser, args, {
      encoding: "utf8",
      timeout: 600_000,
      maxBuffer: 1 << 27,
    });
    if (status !== 0) throw new Error(`${browser} ended with ${status ?? error?.message}`);
    return stdout;
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
}

/** The TAP that a document holds. */
export function tapIn(dom: string): { planned: number; good: number; bad: string[]; notes: string[] } {
  const tap = /<pre id="tap">([^]*?)<\/pre>/.exec(dom)?.[1] ?? "";
  const text = tap.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
  return {
    planned: Number(/^1\.\.(\d+)$/m.exec(text)?.[1] ?? 0),
    good: text.match(/^ok /gm)?.length ?? 0,
    bad: text.match(/^not ok .*$/gm) ?? [],
    notes: text.match(/^# .*$/gm) ?? [],
  };
}

/** Looks at the page in each way; gives the number of looks that failed. */
function tryPage(browser: string, file: string, looks: readonly Look[]): number {
  let failed = 0;
  for (const look of looks) {
    const begun = performance.now();
    const { planned, good, bad, notes } = tapIn(domOf(browser, look, file));
    const pass = planned >= FLOOR && good === planned;
    if (!pass) failed++;
    console.log(
      `${pass ? "✔" : "✖"} ${look.name}: ${good} of ${planned} tests, ${Math.round(performance.now() - begun)} ms`,
    );
    for (const line of planned === 0 ? ["the page never finished its self-test"] : [...bad, ...notes])
      console.log(`  ${line}`);
  }
  return failed;
}

/**
 * Breaks the page on purpose, once for each mutation, and looks at each until a test falls: one must.
 * Gives the number of those that did not.
 */
function tryMutations(browser: string, named: string): number {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-mutations-"));
  let survived = 0;
  try {
    for (const mutation of MUTATIONS.filter(({ name }) => name.startsWith(named))) {
      const file = join(folder, "index.html");
      writeFileSync(file, page(mutation));
      const look = LOOKS.find(({ lang }) => lang === (mutation.lang ?? "en"))!;
      const { planned, good, bad } = tapIn(domOf(browser, look, file, "&first"));
      const red = planned === 0 || good < planned;
      if (!red) survived++;
      const result = red ? `test ${planned} fell` : "all passed";
      console.log(`${red ? "✔" : "✖"} ${mutation.name}: ${result}`);
      for (const line of planned === 0 ? ["the page never finished its self-test"] : bad.slice(0, 3))
        console.log(`  ${line.slice(0, 160)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return survived;
}

const OPTIONS = ["--must", "--look=NAME", "--mutations", "--mutations=NAME", "FILE.html"];
const READ = /^--must$|^--look=|^--mutations(=|$)|\.html$/;

/** Ends the script: what is asked for is not there. */
function nothing(what: string): never {
  console.error(`${what}: there are ${OPTIONS.join(", ")}.`);
  process.exit(2);
}

const unread = process.argv.slice(2).find((argument) => !READ.test(argument));
if (unread !== undefined) nothing(`Unknown option '${unread}'`);
const browser = NAMES.find((name) => name !== undefined && spawnSync(name, ["--version"]).status === 0);
const must = process.argv.includes("--must");
const file = process.argv.find((argument) => argument.endsWith(".html")) ?? join(root, "docs/index.html");
const named = process.argv.find((argument) => argument.startsWith("--look="))?.slice(7) ?? "";
const mutating = process.argv
  .find((argument) => argument.startsWith("--mutations"))
  ?.replace(/^--mutations=?/, "");
const looks = LOOKS.filter(({ name }) => name.startsWith(named));
if (looks.length === 0) nothing(`No look begins with '${named}'`);
if (mutating !== undefined && !MUTATIONS.some(({ name }) => name.startsWith(mutating))) {
  nothing(`No mutation begins with '${mutating}'`);
}
if (browser === undefined) {
  console.error(`${must ? "✖" : "·"} the page was not tried: no Chromium found (set CHROMIUM=path)`);
  process.exitCode = must ? 1 : 0;
} else if (mutating !== undefined) process.exitCode = tryMutations(browser, mutating) === 0 ? 0 : 1;
else process.exitCode = tryPage(browser, file, looks) === 0 ? 0 : 1;
