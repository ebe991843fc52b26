import { lstatSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** What the person at the keyboard can put right: said in one line, without a stack. */
export class UsageError extends Error {}

/** A path as a person types it. */
export function shown(file: string): string {
  return relative(process.cwd(), file);
}

/**
 * Where the content of a file goes: the file itself, or what a link at its place leads to. Undefined if just
 * this content is there already.
 */
function placeOf(file: string, content: string | Uint8Array, force: boolean): string | undefined {
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found === undefined) return file;
  const place = found.isSymbolicLink() && force ? realpathSync(file) : file;
  if (lstatSync(place).isDirectory()) throw new UsageError(`${shown(file)} is a folder.`);
  if (found.isFile() && readFileSync(file).equals(Buffer.from(content))) return undefined;
  if (!force) throw new UsageError(`${shown(file)} exists already. --force overwrites it.`);
  return place;
}

/**
 * All files or none: each goes to a neighbour first, and only when every one is on disk they take their
 * names.
 */
export function writeAll(files: ReadonlyMap<string, string | Uint8Array>, force: boolean): void {
  const wanted = [...files].map(([file, content]) => [placeOf(file, content, force), content] as const);
  const waiting: [string, string][] = [];
  try {
    for (const [place, content] of wanted) {
      if (place === undefined) continue;
      const temporary = join(dirname(place), `.${basename(place)}.${process.pid}.part`);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(temporary, "", { flag: "wx" });
      waiting.push([temporary, place]);
      writeFileSync(temporary, content);
    }
    for (const [temporary, place] of waiting) renameSync(temporary, place);
  } finally {
    for (const [temporary] of waiting) rmSync(temporary, { force: true });
  }
}
