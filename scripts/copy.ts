/** `npm run copy`: prints or writes one self-contained file of a mechanism, or says whether a copy is still what it was. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { declarationsOf } from "./check/rules.ts";
import { copyOf, hashOf, libraryFiles, root } from "./copy/join.ts";
import { specFor } from "./copy/spec.ts";

const HELP = `npm run copy -- NAME [NAME …] [DEST]     one file that needs no other: printed, or written to DEST (a file or a folder)
  --ext mts      the ending of a file written into a folder: ts (default), mts or cts
  --js           types stripped: plain JavaScript
  --with-spec    the mechanism's spec beside it, importing the copy (needs DEST)
  --force        overwrite what is there
  --list         every name that can be copied
  --check FILE   whether a copy is pristine, edited, or behind, and what changed; exit status 1 unless pristine
  --help         this page
NAME is a file of lib without its ending: multi-head-attention, mix, safetensors.`;

class UsageError extends Error {}

/** The name nearest to a wrong one, by edit distance. */
export function nearest(wrong: string, names: readonly string[]): string {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
      row = next;
    }
    return row[b.length]!;
  };
  return [...names].sort((a, b) => distance(wrong, a) - distance(wrong, b))[0]!;
}

/** TypeScript to JavaScript by the compiler itself: types go, comments stay. */
export function withoutTypes(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-"));
  try {
    writeFileSync(join(folder, "copy.ts"), text);
    writeFileSync(join(folder, "tsconfig.json"), '{ "compilerOptions": { "target": "es2022", "module": "esnext", "types": [], "noCheck": true, "removeComments": false }, "files": ["copy.ts"] }');
    const { status, stdout } = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
    if (status !== 0) throw new Error(`The compiler could not strip the types:\n${stdout}`);
    return readFileSync(join(folder, "copy.js"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The copy as it is written to disk: stripped if asked, with the hash of what really stands below the header. */
function copyText(paths: readonly string[], js: boolean): string {
  const text = copyOf(paths);
  if (!js) return text;
  const [header, body] = split(text);
  const stripped = withoutTypes(body);
  return [header.replace(/sha256 \w+/, `sha256 ${hashOf(stripped)}`), stripped].join("\n\n");
}

function split(text: string): [string, string] {
  const end = text.indexOf("\n\n");
  return [text.slice(0, end), text.slice(end + 2)];
}

function pathsOf(names: readonly string[]): string[] {
  const files = libraryFiles();
  return names.map((name) => {
    const path = files.get(name.replace(/^.*\//, "").replace(/\.ts$/, ""));
    if (path === undefined) throw new UsageError(`There is no ${name} to copy. Did you mean ${nearest(name, [...files.keys()])}? npm run copy -- --list shows all ${files.size}.`);
    return path;
  });
}

/** All files or none: each goes to a neighbour first, and only when every one is on disk they take their names. */
function writeAll(files: ReadonlyMap<string, string | Uint8Array>, force: boolean): void {
  for (const file of files.keys()) if (!force && existsSync(file)) throw new UsageError(`${relative(process.cwd(), file)} exists already. --force overwrites it.`);
  const waiting: [string, string][] = [];
  try {
    for (const [file, content] of files) {
      const temporary = join(dirname(file), `.${basename(file)}.${process.pid}.part`);
      mkdirSync(dirname(file), { recursive: true });
      waiting.push([temporary, file]);
      writeFileSync(temporary, content);
    }
    for (const [temporary, file] of waiting) renameSync(temporary, file);
  } finally {
    for (const [temporary] of waiting) rmSync(temporary, { force: true });
  }
}

/** Says what became of a copy. Returns whether it is pristine. */
function check(file: string): boolean {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const text = readFileSync(file, "utf8").replace(/\r\n/g, "\n");
  const header = /^\/\/ (.+) · copied from attention-by-hand (\S+) · sha256 (\w+)\n/.exec(text);
  if (header === null) throw new UsageError(`${file} does not begin with the header of a copy: // NAME · copied from attention-by-hand …`);
  const [, names, copied, hash] = header;
  const [, body] = split(text);
  const [, today] = split(copyText(pathsOf(names!.split(" ")), /\.[cm]?js$/.test(file)));
  const edited = hashOf(body) !== hash;
  const behind = hashOf(today) !== hash;
  if (!edited && !behind) {
    console.log(`${file}: pristine, ${names} of version ${copied}`);
    return true;
  }
  const before = new Map(declarationsOf(body).map((declaration) => [declaration.name, declaration.doc + declaration.body.replace(/^export /, "")]));
  const now = new Map(declarationsOf(today).map((declaration) => [declaration.name, declaration.doc + declaration.body.replace(/^export /, "")]));
  const changed = [
    ...[...before].filter(([name, code]) => now.has(name) && now.get(name) !== code).map(([name]) => `  ${name} differs`),
    ...[...now.keys()].filter((name) => !before.has(name)).map((name) => `  ${name} is not in the copy`),
    ...[...before.keys()].filter((name) => !now.has(name)).map((name) => `  ${name} is only in the copy`),
  ];
  console.log(`${file}: ${edited ? "edited" : ""}${edited && behind ? " and " : ""}${behind ? `behind (copied from version ${copied})` : ""}. Against today's ${names}:`);
  console.log(changed.length > 0 ? changed.join("\n") : "  only text outside the declarations differs");
  return false;
}

function main(): void {
  const options = { ext: { type: "string" }, js: { type: "boolean" }, "with-spec": { type: "boolean" }, force: { type: "boolean" }, list: { type: "boolean" }, check: { type: "string" }, help: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ options, allowPositionals: true, args: process.argv.slice(2) });
  if (values.help) return console.log(HELP);
  if (values.list) return console.log([...libraryFiles()].map(([name, path]) => `${name.padEnd(32)}${path}`).join("\n"));
  if (values.check !== undefined) {
    if (!check(values.check)) process.exitCode = 1;
    return;
  }
  if (positionals.length === 0) throw new UsageError("Which file of lib? npm run copy -- --list shows all, --help the options.");
  const last = positionals[positionals.length - 1]!;
  const isDestination = positionals.length > 1 && !libraryFiles().has(last) && (/[/\\.]/.test(last) || existsSync(last));
  const names = isDestination ? positionals.slice(0, -1) : positionals;
  const paths = pathsOf(names);
  const text = copyText(paths, values.js === true);
  const ending = values.js ? (values.ext ?? "js") : (values.ext ?? "ts");
  if (!/^[cm]?[jt]s$/.test(ending)) throw new UsageError(`--ext must be ts, mts or cts (js, mjs or cjs with --js); got ${ending}`);
  if (!isDestination) {
    if (values["with-spec"]) throw new UsageError("--with-spec writes two files: name a destination too.");
    process.stdout.write(text);
    return;
  }
  const folder = existsSync(last) && statSync(last).isDirectory();
  const file = resolve(folder ? join(last, `${basename(paths[0]!, ".ts")}.${ending}`) : last);
  if (!existsSync(dirname(file))) throw new UsageError(`There is no folder ${relative(process.cwd(), dirname(file))} to write into.`);
  const files = new Map<string, string | Uint8Array>([[file, text]]);
  if (values["with-spec"]) {
    if (values.js) throw new UsageError("--with-spec writes TypeScript: leave --js out.");
    for (const path of paths) for (const [name, content] of specFor(path, basename(file))) files.set(join(dirname(file), name), content);
  }
  writeAll(files, values.force === true);
  for (const written of files.keys()) console.log(relative(process.cwd(), written));
}

try {
  main();
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));
  if (!usage) throw error;
  console.error((error as Error).message);
  process.exitCode = 2;
}
