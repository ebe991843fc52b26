/** `npm run exercise`: a file with its equations taken out, to be written again and judged by its own specs. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { basename, dirname, join, posix, resolve } from "node:path";
import { tmpdir } from "node:os";
import { UsageError, shown, writeAll } from "./copy/write.ts";
import { BUGS, type Bug } from "./exercise/bugs.ts";
import { answersOf, exerciseOf, withAnswers } from "./exercise/blanks.ts";
import { kebab, nearest } from "./copy/names.ts";
import { copyOf, libraryFiles, root } from "./copy/join.ts";
import { headerOf } from "./copy/state.ts";
import { specFor, specsOf } from "./copy/spec.ts";

const HELP = `npm run exercise -- NAME [FOLDER]   writes NAME with its numbered equations taken out, and its specs,
                                    into FOLDER (exercises/NAME if none is named)
npm run exercise -- --check FILE    runs the specs on what you wrote, and names the equations not yet right
npm run exercise -- --bug ID [FOLDER]   writes a file with one wrong line, by the number of docs/pitfalls.md:
${idsInLines("                                    ")}
npm run exercise -- --list          every file that is an exercise, with the number of its equations
NAME is a file of lib without its ending: scaled-dot-product-attention.`;

/** The numbers of the bugs, a line for each letter and at most fifteen of them. */
function idsInLines(indent: string): string {
  const lines: string[][] = [];
  for (const { id } of BUGS) {
    const last = lines[lines.length - 1];
    if (last === undefined || last.length === 15 || last[0]![0] !== id[0]) lines.push([id]);
    else last.push(id);
  }
  return lines.map((ids) => indent + ids.join(" ")).join("\n");
}

/** The files that are exercises: numbered equations that can be taken out, and a spec to judge them. */
export function exercises(): Map<string, string> {
  const files = [...libraryFiles()].filter(([, path]) => {
    const folder = join(root, posix.dirname(path.replace(/^lib/, "spec")));
    const numbered = / {2,}\(([A-Z]?\d+[a-z]?|[A-Z])\)$/m.test(readFileSync(join(root, path), "utf8"));
    return numbered && existsSync(folder) && specsOf(path).length > 0;
  });
  return new Map(files.filter(([, path]) => exerciseOf(path).blanks.length > 0));
}

/** The file that a name means. Throws a UsageError if it is no exercise. */
function pathOf(name: string): string {
  const path = libraryFiles().get(kebab(name));
  if (path !== undefined && exerciseOf(path).blanks.length > 0) return path;
  throw new UsageError(`There is no exercise ${name}. Did you mean ${nearest(name, [...exercises().keys()])}?`);
}

/** The first line of an exercise. */
const header = (name: string): string =>
  `// Exercise: ${name}. Write each todo(…) anew, and keep the number at the end of its line. Then:`;

/** Writes an exercise, and says what there is to do. */
function write(name: string, folder: string): string[] {
  const path = pathOf(name);
  const { blanked, blanks } = exerciseOf(path);
  const file = join(folder, `${kebab(name)}.ts`);
  const how = `// npm run exercise -- --check ${shown(file)}`;
  const text = `${header(kebab(name))}\n${how}\n\n${blanked.join("\n")}`;
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, string | Uint8Array>([[file, text]]);
  for (const [beside, content] of specFor(path, `${kebab(name)}.ts`)) files.set(join(folder, beside), content);
  writeAll(files, false);
  return [`${shown(file)}: ${blanks.length} equations to write: ${blanks.map(({ label }) => label).join(", ")}`];
}

/** The copy of a file with one wrong line in it. */
export function buggy({ path, right, wrong }: Bug): string {
  const text = headerOf(copyOf([path]))!.body;
  if (text.split(right).length !== 2) throw new Error(`${path} does not have "${right}" once`);
  return text.replace(right, () => wrong);
}

/** Writes a file in which one line is wrong, and its specs. */
function writeBug(id: string, folder: string): string[] {
  const bug = BUGS.find((one) => one.id === id);
  if (bug === undefined) throw new UsageError(`There is no bug ${id}: ${BUGS.map((one) => one.id).join(", ")}.`);
  const name = posix.basename(bug.path, ".ts");
  const file = join(folder, `${name}.ts`);
  const first = `// Exercise: ${name}, in which one line is wrong. Find it, and put it right. Then:`;
  const text = `${first}\n// npm run exercise -- --check ${shown(file)}\n\n${buggy(bug)}`;
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, string | Uint8Array>([[file, text]]);
  for (const [beside, content] of specFor(bug.path, `${name}.ts`)) files.set(join(folder, beside), content);
  writeAll(files, false);
  return [`${shown(file)}: one line is wrong (${id} of docs/pitfalls.md)`];
}

/** Whether the specs of a file pass on a text. */
export function passes(path: string, name: string, text: string): boolean {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-exercise-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, `${name}.ts`), text);
    const specs = [...specFor(path, `${name}.ts`)];
    for (const [beside, content] of specs) {
      mkdirSync(dirname(join(folder, beside)), { recursive: true });
      writeFileSync(join(folder, beside), content);
    }
    const files = specs.map(([beside]) => join(folder, beside)).filter((file) => file.endsWith(".spec.ts"));
    const { NODE_TEST_CONTEXT: _, ...env } = process.env; // else the inner run would report to an outer one
    const run = spawnSync(process.execPath, ["--import", "tsx", "--test", ...files], { cwd: root, env });
    return run.status === 0;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Judges each equation by itself, in the place of ours, and then the whole. */
export function judge(path: string, text: string): { lines: string[]; right: boolean } {
  const exercise = exerciseOf(path);
  const name = posix.basename(path, ".ts");
  const body = text.split("\n").slice(text.startsWith("// Exercise: ") ? 3 : 0).join("\n");
  if (!/\btodo\("/.test(body) && passes(path, name, body)) {
    return { lines: [`${name}: all ${exercise.blanks.length} equations are right`], right: true };
  }
  const lines: string[] = [];
  for (const [n, answer] of answersOf(exercise, body).entries()) {
    const { label, line } = exercise.blanks[n]!;
    const equation = `equation ${label}`;
    if (answer === undefined) lines.push(`${equation}: no line ends in its number any more`);
    else if (answer.some((one) => one.includes('todo("'))) lines.push(`${equation} is not written yet`);
    else if (answer.join("\n") === exercise.solution[line]) continue;
    else if (!passes(path, name, withAnswers(exercise, new Map([[n, answer]])))) {
      lines.push(`${equation} is not yet right: ${answer[answer.length - 1]!.trim()}`);
    }
  }
  const none = "each equation is right by itself, and together they are not: was another line changed?";
  return { lines: lines.length > 0 ? lines : [none], right: false };
}

/** Does what the arguments ask, prints through `say`, and returns the exit status. */
export function exercise(args: readonly string[], say: (line: string) => void): number {
  const [first, second, third] = args;
  if (first === undefined || first === "--help") {
    say(HELP);
    return first === undefined ? 1 : 0;
  }
  if (first === "--list") {
    for (const [name, path] of exercises()) say(`${name.padEnd(34)}${exerciseOf(path).blanks.length}`);
    return 0;
  }
  if (first === "--bug") {
    writeBug(second ?? "", resolve(third ?? join("exercises", second ?? ""))).forEach(say);
    return 0;
  }
  if (first === "--check") {
    if (second === undefined) throw new UsageError("Which file is to be checked?");
    if (!existsSync(second)) throw new UsageError(`There is no file ${second} to check.`);
    const text = readFileSync(second, "utf8");
    const wrong = /^\/\/ Exercise: ([\w-]+), in which one line is wrong/.exec(text)?.[1];
    if (wrong !== undefined) {
      const found = passes(libraryFiles().get(wrong)!, wrong, text);
      say(found ? `${wrong}: its specs pass, the line is right` : `${wrong}: its specs fail, a line is still wrong`);
      return found ? 0 : 1;
    }
    const name = /^\/\/ Exercise: ([\w-]+)\./.exec(text)?.[1];
    if (name === undefined) throw new UsageError(`${second} does not begin with the first line of an exercise.`);
    const { lines, right } = judge(pathOf(name), text);
    lines.forEach(say);
    return right ? 0 : 1;
  }
  write(first, resolve(second ?? join("exercises", kebab(first)))).forEach(say);
  return 0;
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === "exercise.ts") {
  try {
    process.exitCode = exercise(process.argv.slice(2), (line) => console.log(line));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
