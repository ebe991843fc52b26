/**
 * `npm run copy`: prints or writes one self-contained file of a mechanism, or says whether a copy is still
 * what it was.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, posix, resolve } from "node:path";
import { parseArgs } from "node:util";
import { UsageError, shown, writeAll } from "./copy/write.ts";
import { copyOf, hashOf, libraryFiles, root } from "./copy/join.ts";
import { headerOf, stateOf } from "./copy/state.ts";
import { specFor } from "./copy/spec.ts";
import { withoutTypes } from "./copy/strip.ts";

const HELP = `npm run copy -- NAME [NAME …] [DEST]     one file that needs no other: printed, or written to DEST
  --ext mts      the ending of a file written into a folder: ts (default), mts or cts; js or mjs with --js
  --js           types stripped: plain JavaScript
  --with-spec    the mechanism's specs beside it, importing the copy (needs DEST)
  --force        overwrite what is there
  --list         every name that can be copied
  --check FILE   whether a copy is pristine, edited, or behind, and what changed; exit status 1 unless pristine
  --help         this page
NAME is a file of lib without its ending: multi-head-attention, mix, safetensors. DEST is a folder that exists, or a file in one; it has a
slash or a dot in it, or is there already: ./attention rather than attention, which is a NAME. Node runs .ts and .mts as they are, .cts only compiled.`;

/** The name nearest to a wrong one: by edit distance, among those that hold its letters if there are any. */
export function nearest(wrong: string, names: readonly string[]): string {
  const letters = (name: string): string => name.replace(/\W|_/g, "").toLowerCase();
  const holding = names.filter((name) => wrong !== "" && letters(name).includes(letters(wrong)));
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, j) => j);
    for (let i = 1; i <= a.length; i++) {
      const next = [i];
      for (let j = 1; j <= b.length; j++) {
        next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
      }
      row = next;
    }
    return row[b.length]!;
  };
  return (holding.length > 0 ? holding : [...names]).sort(
    (a, b) => distance(wrong, a) - distance(wrong, b) || a.length - b.length,
  )[0]!;
}

/** A copy stripped of its types, under a header with the hash of what really stands below it. */
function stripped(copy: string): string {
  const { hash, body } = headerOf(copy)!;
  const [plain] = withoutTypes([body]);
  return `${copy.slice(0, copy.length - body.length).replace(hash, hashOf(plain!))}${plain}`;
}

/** The file of `lib` that a name means, or a path, from here or from the project's folder. */
function fileNamed(name: string): string | undefined {
  const path = libraryFiles().get(basename(name, ".ts"));
  return path === undefined ||
    !/[/\\]/.test(name) ||
    [name, `${name}.ts`].some(
      (file) => resolve(file) === join(root, path) || resolve(root, file) === join(root, path),
    )
    ? path
    : undefined;
}

function pathsOf(names: readonly string[]): string[] {
  const files = libraryFiles();
  const paths = names.map((name) => {
    const path = fileNamed(name);
    if (path === undefined) {
      throw new UsageError(
        `There is no ${name} to copy. Did you mean ` +
          `${nearest(basename(name, extname(name)), [...files.keys()])}? npm run copy -- --list shows ` +
            `all ${files.size}.`,
      );
    }
    return path;
  });
  return [...new Set(paths)];
}

function check(file: string): { lines: string[]; pristine: boolean } {
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  const found = headerOf(readFileSync(file, "utf8"));
  if (found === undefined) {
    throw new UsageError(
      `${file} does not begin with the header of a copy: // NAME · copied from attention-by-hand …`,
    );
  }
  const { names, version, hash, body } = found;
  const copy = copyOf(pathsOf(names));
  const { edited, behind, changed } = stateOf(
    body,
    hash,
    headerOf(/\.m?js$/.test(file) ? stripped(copy) : copy)!.body,
  );
  const what = names.join(" ");
  if (!edited && !behind) {
    return { lines: [`${file}: pristine, ${what} of version ${version}`], pristine: true };
  }
  const state = [
    ...(edited ? ["edited"] : []),
    ...(behind ? [`behind (copied from version ${version})`] : []),
  ].join(" and ");
  const cure = edited
    ? []
    : [
        `npm run copy -- ${what} ${/^[\w./][\w./-]*$/.test(file) ? file : JSON.stringify(resolve(file))} ` +
          `--force brings it up to date`,
      ];
  return {
    lines: [`${file}: ${state}. Against today's ${what}:`, ...changed.map((line) => `  ${line}`), ...cure],
    pristine: false,
  };
}

const OPTIONS = {
  ext: { type: "string" },
  js: { type: "boolean", default: false },
  "with-spec": { type: "boolean", default: false },
  force: { type: "boolean", default: false },
  list: { type: "boolean", default: false },
  check: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

/**
 * Does what the arguments ask, prints through `write`, and returns the exit status. Throws a UsageError for
 * what cannot be done.
 */
export function copy(args: readonly string[], write: (text: string) => void): number {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true, args: [...args] });
  const say = (...lines: string[]): number => (write(`${lines.join("\n")}\n`), 0);
  if (values.help) return say(HELP);
  if (values.list) return say(...[...libraryFiles()].map(([name, path]) => `${name.padEnd(32)}${path}`));
  if (values.check !== undefined) {
    if (positionals.length > 0) {
      throw new UsageError(
        `--check looks at one file: ${values.check}, and not at ${positionals.join(" ")}.`,
      );
    }
    const { lines, pristine } = check(values.check);
    say(...lines);
    return pristine ? 0 : 1;
  }
  const last = positionals[positionals.length - 1];
  if (last === undefined) {
    throw new UsageError("Which file of lib? npm run copy -- --list shows all, --help the options.");
  }
  const named = fileNamed(last),
    path = /[/\\]/.test(last);
  const toFile =
    positionals.length > 1 &&
    (path ? named === undefined : !libraryFiles().has(last) && (last.includes(".") || existsSync(last)));
  const paths = pathsOf(toFile ? positionals.slice(0, -1) : positionals);
  if (!toFile) {
    if (values["with-spec"]) {
      throw new UsageError("--with-spec writes more than one file: name a destination too.");
    }
    if (values.ext !== undefined) {
      throw new UsageError("--ext is the ending of a file to be written: name a destination too.");
    }
    write(values.js ? stripped(copyOf(paths)) : copyOf(paths));
    return 0;
  }

  const ambiguous = !path && named !== undefined && !paths.includes(named);
  if (ambiguous) {
    throw new UsageError(
      `${last} may mean the file to write or another to copy: say ./${last}, or ${basename(last, ".ts")}.`,
    );
  }
  const folder = existsSync(last) && statSync(last).isDirectory();
  const ending = folder ? (values.ext ?? (values.js ? "js" : "ts")) : extname(last).slice(1);
  const js = values.js || (!folder && /^m?js$/.test(ending)); // a file named .js wants JavaScript
  if (!folder && values.ext !== undefined && values.ext !== ending) {
    throw new UsageError(`--ext ${values.ext} and the file name ${last} do not agree.`);
  }
  if (!folder && (ending === "" || /[/\\]$/.test(last))) {
    throw new UsageError(`There is no folder ${last} to write into.`);
  }
  if (!(js ? /^m?js$/ : /^[mc]?ts$/).test(ending)) {
    throw new UsageError(
      `A copy ends in .ts, .mts or .cts, and with --js in .js or .mjs; got ` +
        `${folder ? `--ext ${ending}` : last}.`,
    );
  }
  const file = resolve(folder ? join(last, `${posix.basename(paths[0]!, ".ts")}.${ending}`) : last);
  if (/\.d\.[cm]?ts$/.test(file)) {
    throw new UsageError(`${shown(file)} would be read as declarations without code: choose another name.`);
  }
  if (`${file}/`.startsWith(join(root, "lib/"))) {
    throw new UsageError(`${shown(file)} is in lib itself, where copies come from: choose another folder.`);
  }
  if (!existsSync(dirname(file))) {
    throw new UsageError(`There is no folder ${shown(dirname(file))} to write into.`);
  }
  const files = new Map<string, string | Uint8Array>([[file, js ? stripped(copyOf(paths)) : copyOf(paths)]]);
  if (values["with-spec"]) {
    if (js) throw new UsageError("--with-spec writes TypeScript: leave --js out.");
    for (const path of paths) {
      const name = paths.length === 1 ? basename(file, `.${ending}`) : posix.basename(path, ".ts");
      for (const [beside, content] of specFor(path, basename(file), name)) {
        if (join(dirname(file), beside) === file) {
          throw new UsageError(`${shown(file)} is the name of its spec: choose another.`);
        }
        files.set(join(dirname(file), beside), content);
      }
    }
  }
  writeAll(files, values.force);
  return say(...[...files.keys()].map(shown));
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "copy.ts") {
  // `npm run copy -- mix | head`
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    // npm runs scripts in the project's folder; paths are meant from where the person stands
    if (process.env["INIT_CWD"] !== undefined) process.chdir(process.env["INIT_CWD"]);
    process.exitCode = copy(process.argv.slice(2), (text) => process.stdout.write(text));
  } catch (error) {
    const usage =
      error instanceof UsageError ||
      (error instanceof Error &&
        "code" in error &&
        ("syscall" in error || String(error.code).startsWith("ERR_PARSE_ARGS")));
    if (!usage) throw error;
    console.error((error as Error).message);
    process.exitCode = 2;
  }
}
