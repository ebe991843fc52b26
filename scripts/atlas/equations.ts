/** The equations of a mechanism, read from the docstring of the code that computes them. */
import { declarationsOf } from "../check/declarations.ts";
import { readFileSync } from "node:fs";

/** Where the library is read from. */
const ROOT = new URL("../../", import.meta.url);

/** A docstring's line that ends in the number of its equation. */
const NUMBERED = / {2,}\((?:[A-Z]?\d+[a-z]?|[A-Z])\)$/;

/**
 * The equations of some declarations of one file; of several, each under its name. Throws for a name that is
 * not there.
 */
export function equationsOf(file: string, names: readonly string[]): string[] {
  const declarations = declarationsOf(readFileSync(new URL(file, ROOT), "utf8"));
  return names.flatMap((name) => {
    const declaration = declarations.find((one) => one.name === name);
    if (declaration === undefined) throw new Error(`${file} declares no ${name}`);
    const equations = equationsIn(declaration.doc);
    if (equations.length === 0) throw new Error(`${file}: the docstring of ${name} has no equation`);
    return names.length === 1 ? equations : [`${name}:`, ...equations.map((line) => `  ${line}`)];
  });
}

/**
 * The indented blocks of a docstring that hold a numbered equation; without numbers, the first block that is
 * no shape. Indentation within a block stays.
 */
export function equationsIn(doc: string): string[] {
  const blocks: string[][] = [[]];
  for (const line of doc.split("\n")) {
    const indented = /^\s*\* {5}(.*)$/.exec(line)?.[1];
    if (indented === undefined) blocks.push([]);
    else blocks[blocks.length - 1]!.push(indented.trimEnd());
  }
  const numbered = blocks.filter((block) => block.some((line) => NUMBERED.test(line)));
  const plain = blocks.filter((block) => block.length > 0 && !block.some((line) => line.includes("→")));
  return numbered.length > 0 ? numbered.flat() : (plain[0] ?? []);
}

/** The place of a declaration in its file: entries of one file come in this order. */
export function placeOf(file: string, name: string): number {
  return declarationsOf(readFileSync(new URL(file, ROOT), "utf8")).findIndex((one) => one.name === name);
}
