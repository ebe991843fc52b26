/**
 * `npm run copy`: prints or writes one self-contained file of a mechanism, or says whether a copy is still
 * what it was.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, posix, resolve } from "node:path";
import { parseArgs } from "node:util";
import { RENAMED, fileNameOf, kebab, libraryDeclarations, nearest } from "./copy/names.ts";
import { UsageError, shown, writeAll } from "./copy/write.ts";
import { copyOf, hashOf, libraryFiles, nameOf, root } from "./copy/join.ts";
import { headerOf, stateOf } from "./copy/state.ts";
import { placeNamed, simdPlaceNamed } from "./copy/names.ts";
import { specFor } from "./copy/spec.ts";
import { withoutTypes } from "./copy/strip.ts";
import { standing } from "./standing.ts";

const HELP = `npm run copy -- NAME [NAME …] [DEST]   one file that needs no other, printed or written to DEST
  --ext mts      the ending of a file written into a folder: ts (default), mts or cts; js or mjs with --js
  --js           types stripped: plain JavaScript
  --with-spec    the specs of a file of lib beside its copy, importing the copy (needs DEST)
  --simd         vector kernels in WebAssembly in the place of the plain loops: the same names, faster
  --force        overwrite what is there
  --list         every name that can be copied: files, then declarations with their files
  --check FILE   whether a copy is pristine, edited or behind, and what changed; status 1 unless pristine
  --help         this page
NAME is a file of lib without its ending (multi-head-attention, mix, safetensors), or an exported
declaration (geluTanh or gelu-tanh): then the copy holds that declaration and what it reaches. Of a file and
a declaration with one name, it is the file.
DEST is a folder that exists, or a file in one; it has a slash or a dot in it, or is there already:
./attention rather than attention, which is a NAME. Node runs .ts and .mts as they are, .cts only compiled.`;

/** A copy stripped of its types, under a header with the hash of what really stands below it. */
function stripped(copy: string): string {
  const { hash, body } = headerOf(copy)!;
  const [plain] = withoutTypes([body]);
  return `${copy.slice(0, copy.length - body.length).replace(hash, hashOf(plain!))}${plain}`;
}

/** The places that names mean, each once. Throws a UsageError at a name that means nothing. */
function placesOf(names: readonly string[], simd: boolean): string[] {
  const places = names.map((name) => {
    const place = simd ? simdPlaceNamed(name) : placeNamed(name);
    if (place === undefined) throw new UsageError(unknown(name));
    return place;
  });
  return [...new Set(places)];
}

/** What is said of a name that means nothing. */
function unknown(name: string): string {
  const bare = basename(name, extname(name));
  const renamed = RENAMED.get(kebab(bare));
  if (renamed !== undefined) return `There is no ${name} to copy: since 0.2.0 it is called ${renamed}.`;
  const mechanisms = [...libraryFiles("lib/attention").keys()];
  const [files, declarations] = [[...libraryFiles().keys()], [...libraryDeclarations().keys()]];
  const near = nearest(bare, mechanisms, files, declarations);
  const counts = `${files.length} files and ${declarations.length} declarations`;
  return `There is no ${name} to copy. Did you mean ${near}? npm run copy -- --list shows all ${counts}.`;
}

/** The lines of `--list`: every file by its name, and every declaration that has a name of its own. */
function list(): string[] {
  const files = [...libraryFiles()];
  const declarations = [...libraryDeclarations()]
    .filter(([name]) => !libraryFiles().has(name))
    .map(([name, place]) => [name, place.split("#")[0]!] as const);
  return [...files, ...declarations].map(([name, path]) => `${name.padEnd(31)} ${path}`);
}

function check(file: string): { lines: string[]; pristine: boolean } {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const found = headerOf(readFileSync(file, "utf8"));
  if (found === undefined) {
    const header = "// NAME · copied from attention-by-hand …";
    throw new UsageError(`${file} does not begin with the header of a copy: ${header}`);
  }
  const { names: words, version, hash, body } = found;
  const simd = words.includes("--simd");
  const names = words.filter((word) => word !== "--simd");
  const copy = copyOf(placesOf(names, simd), simd);
  const today = headerOf(/\.m?js$/.test(file) ? stripped(copy) : copy)!.body;
  const { edited, behind, changed } = stateOf(body, hash, today);
  const what = words.join(" ");
  if (!edited && !behind) {
    return { lines: [`${file}: pristine, ${what} of version ${version}`], pristine: true };
  }
  const states = [];
  if (edited) states.push("edited");
  if (behind) states.push(`behind (copied from version ${version})`);
  const lines = [`${file}: ${states.join(" and ")}. Against today's ${what}:`];
  lines.push(...changed.map((line) => `  ${line}`));
  if (!edited) {
    const typed = /^[\w./][\w./-]*$/.test(file) ? file : JSON.stringify(resolve(file));
    lines.push(`npm run copy -- ${what} ${typed} --force brings it up to date`);
  }
  return { lines, pristine: false };
}

const OPTIONS = {
  ext: { type: "string" },
  js: { type: "boolean", default: false },
  "with-spec": { type: "boolean", default: false },
  force: { type: "boolean", default: false },
  simd: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
  check: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

type Options = ReturnType<typeof parsed>["values"];

const parsed = (args: readonly string[]) =>
  parseArgs({ options: OPTIONS, allowPositionals: true, args: [...args] });

/**
 * Does what the arguments ask, prints through `write`, and returns the exit status. Throws a UsageError for
 * what cannot be done.
 */
export function copy(args: readonly string[], write: (text: string) => void): number {
  const { values, positionals } = parsed(args);
  const say = (...lines: string[]): number => (write(`${lines.join("\n")}\n`), 0);
  if (values.help) return say(HELP);
  if (values.list) return say(...list());
  if (values.check !== undefined) {
    if (positionals.length > 0) {
      const others = positionals.join(" ");
      throw new UsageError(`--check looks at one file: ${values.check}, and not at ${others}.`);
    }
    const { lines, pristine } = check(values.check);
    say(...lines);
    return pristine ? 0 : 1;
  }
  const last = positionals[positionals.length - 1];
  if (last === undefined) {
    throw new UsageError("What to copy? npm run copy -- --list shows all names, --help the options.");
  }
  const toFile = positionals.length > 1 && isDestination(last);
  const places = placesOf(toFile ? positionals.slice(0, -1) : positionals, values.simd);
  if (toFile) {
    const files = filesFor(places, last, values);
    writeAll(files, values.force);
    return say(...[...files.keys()].map(shown));
  }
  if (values["with-spec"]) {
    throw new UsageError("--with-spec writes more than one file: name a destination too.");
  }
  if (values.ext !== undefined) {
    throw new UsageError("--ext is the ending of a file to be written: name a destination too.");
  }
  const text = copyOf(places, values.simd);
  write(values.js ? stripped(text) : text);
  return 0;
}

/** Whether the last of several words is a place to write to: it looks like a path, or is there already. */
function isDestination(word: string): boolean {
  if (/[/\\]/.test(word)) return placeNamed(word) === undefined;
  if (word.includes(".")) return true;
  return placeNamed(word) === undefined && existsSync(word);
}

/** The file that a copy of `places` goes to, as the options have it. Throws a UsageError if it cannot be. */
function destination(
  places: readonly string[],
  dest: string,
  values: Options,
): { file: string; js: boolean } {
  const named = placeNamed(dest);
  if (!/[/\\]/.test(dest) && named !== undefined && !places.includes(named)) {
    const bare = basename(dest, ".ts");
    throw new UsageError(`${dest} may mean the file to write or another to copy: say ./${dest}, or ${bare}.`);
  }
  const folder = existsSync(dest) && statSync(dest).isDirectory();
  const ending = folder ? (values.ext ?? (values.js ? "js" : "ts")) : extname(dest).slice(1);
  const js = values.js || (!folder && /^m?js$/.test(ending)); // a file named .js is to be JavaScript
  if (!folder && values.ext !== undefined && values.ext !== ending) {
    throw new UsageError(`--ext ${values.ext} and the file name ${dest} do not agree.`);
  }
  if (!folder && (ending === "" || /[/\\]$/.test(dest))) {
    throw new UsageError(`There is no folder ${dest} to write into.`);
  }
  if (!(js ? /^m?js$/ : /^[mc]?ts$/).test(ending)) {
    const got = folder ? `--ext ${ending}` : dest;
    throw new UsageError(`A copy ends in .ts, .mts or .cts, and with --js in .js or .mjs; got ${got}.`);
  }
  const file = resolve(folder ? join(dest, `${fileNameOf(places[0]!)}.${ending}`) : dest);
  if (/\.d\.[cm]?ts$/.test(file)) {
    throw new UsageError(`${shown(file)} would be read as declarations without code: choose another name.`);
  }
  if (`${file}/`.startsWith(join(root, "lib/"))) {
    throw new UsageError(`${shown(file)} is in lib itself, where copies come from: choose another folder.`);
  }
  if (!existsSync(dirname(file))) {
    throw new UsageError(`There is no folder ${shown(dirname(file))} to write into.`);
  }
  return { file, js };
}

/** Everything to be written, by its path: the copy, and its specs if they are asked for. */
function filesFor(
  places: readonly string[],
  dest: string,
  values: Options,
): Map<string, string | Uint8Array> {
  const { file, js } = destination(places, dest, values);
  const text = copyOf(places, values.simd);
  const files = new Map<string, string | Uint8Array>([[file, js ? stripped(text) : text]]);
  if (!values["with-spec"]) return files;
  if (js) throw new UsageError("--with-spec writes TypeScript: leave --js out.");
  if (values.simd) throw new UsageError("--with-spec compares to the bit with the plain loops: leave --simd out.");
  for (const place of places) {
    const [path, declaration] = place.split("#");
    if (declaration !== undefined) {
      const whole = posix.basename(path!, ".ts");
      throw new UsageError(`--with-spec goes with a whole file: ${declaration} is in ${whole}.`);
    }
    const name = places.length === 1 ? basename(file, extname(file)) : nameOf(place);
    for (const [beside, content] of specFor(path!, basename(file), name)) {
      if (join(dirname(file), beside) === file) {
        throw new UsageError(`${shown(file)} is the name of its spec: choose another.`);
      }
      files.set(join(dirname(file), beside), content);
    }
  }
  return files;
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "copy.ts") {
  // `npm run copy -- mix | head`
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    // npm runs scripts in the project's folder; paths are meant from where the person stands
    const here = standing(process.env);
    if (here !== undefined) process.chdir(here);
    process.exitCode = copy(process.argv.slice(2), (text) => process.stdout.write(text));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const ofTheDisk = code !== "" && "syscall" in (error as Error);
    const usage = error instanceof UsageError || ofTheDisk || code.startsWith("ERR_PARSE_ARGS");
    if (!usage) throw error;
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
