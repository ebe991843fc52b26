/**
 * A second tree of the project, in which `lib/simd` has taken the places of the plain kernels, for
 * `npm test -- --simd`. There, too, the helpers that compare to the bit compare within 1e-6 of the largest number.
 */
import { cpSync, mkdtempSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { tmpdir } from "node:os";
import { PLAIN_ONLY } from "../spec/support/plain-only.ts";
import { substituted } from "./copy/simd.ts";
import { root } from "./copy/join.ts";

/** The folders that hold code; all others are looked up where they are. */
const CODE = ["lib", "spec", "scripts"];

/** What stands in for the comparisons to the bit. */
const NEAR: ReadonlyMap<string, string> = new Map([
  ["assertSameBits", "spec/support/near.ts"],
  ["assertSameRows", "spec/support/near.ts"],
]);

/** Makes the tree in a fresh folder and returns its path. */
export function swappedTree(): string {
  const tree = mkdtempSync(join(tmpdir(), "attention-by-hand-simd-"));
  for (const name of readdirSync(root)) {
    if (CODE.includes(name)) cpSync(join(root, name), join(tree, name), { recursive: true });
    else if (name !== ".git") symlinkSync(join(root, name), join(tree, name));
  }
  for (const file of CODE.flatMap((folder) => below(join(tree, folder)))) {
    if (!file.endsWith(".ts")) continue;
    const path = relative(tree, file).split(sep).join("/");
    writeFileSync(file, swapped(path, readFileSync(file, "utf8")));
  }
  return tree;
}

/** The text of a file in the second tree. Throws if a title that is plain only is not to be found. */
export function swapped(path: string, text: string): string {
  const near = substituted(path, substituted(path, text), NEAR, "spec/");
  return (PLAIN_ONLY.titles[path] ?? []).reduce((changed, title) => {
    const at = changed.indexOf(`test(${title}`);
    if (at < 0) throw new Error(`${path} has no test ${title}, which is to be plain only`);
    return `${changed.slice(0, at)}test.skip(${changed.slice(at + "test(".length)}`;
  }, near);
}

function below(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? below(path) : [path];
  });
}
