/**
 * The code on the pages: every `ts` block that a `text` block follows is a program, and the `text` block what
 * it prints.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

export interface Snippet {
  readonly page: string;
  readonly line: number;
  readonly code: string;
  /** What it must print; undefined where no `text` block follows: then it must only run. */
  readonly prints: string | undefined;
}

/** The programs of a page, in order. */
export function snippetsOf(page: string, text: string): Snippet[] {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```\n(?:\n*```text\n([\s\S]*?)^```$)?/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split("\n").length,
    code: match[1]!,
    prints: match[2]?.trimEnd(),
  }));
}

/** The program with its relative imports pointing into the project, so that it can stand in any folder. */
export function standalone(root: string, { page, code }: Snippet): string {
  return code.replace(/(^import .* from )"(\.{1,2}\/[^"]+)";$/gm, (_, head: string, from: string) => {
    const target = join(root, dirname(page), from);
    if (!existsSync(target)) throw new Error(`${page} imports ${from}, which does not exist`);
    return `${head}"${pathToFileURL(target)}";`;
  });
}
