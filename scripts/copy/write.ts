import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** What the person at the keyboard can put right: said in one line, without a stack. */
export class UsageError extends Error {}

/** A path as a person types it. */
export function shown(file: string): string {
  return relative(process.cwd(), file);
}

/** All files or none: each goes to a neighbour first, and only when every one is on disk they take their names. */
export function writeAll(files: ReadonlyMap<string, string | Uint8Array>, force: boolean): void {
  for (const file of files.keys()) if (!force && existsSync(file)) throw new UsageError(`${shown(file)} exists already. --force overwrites it.`);
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
