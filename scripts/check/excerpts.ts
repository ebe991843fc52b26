/**
 * Excerpts on the pages: a block that begins with the name of a file, as in "ts lib/attention/attention.ts",
 * holds lines of that file. They are the same to the letter, in order and without a gap, but for the indentation
 * and for empty lines; a line "// …" stands for what is left out.
 */
import type { Check, Project, Source } from "./project.ts";

/** An excerpt: its page and line, the file that it is from, and its lines. */
export interface Excerpt {
  readonly page: string;
  readonly line: number;
  readonly file: string;
  readonly lines: readonly string[];
}

/** What stands for lines that are left out. */
const GAP = "// …";

/** The excerpts of a page, in order. */
export function excerptsOf({ file: page, text }: Source): Excerpt[] {
  return [...text.matchAll(/^```ts +(\S+)\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    line: text.slice(0, match.index).split("\n").length,
    file: match[1]!,
    lines: linesOf(match[2]!),
  }));
}

/** Lines that say something, without their indentation. */
function linesOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** What is wrong with an excerpt of this text: undefined if nothing is. */
function excerptProblem({ page, line, file, lines }: Excerpt, text: string | undefined): string | undefined {
  const place = `${page}:${line}`;
  if (text === undefined) return `${place} quotes ${file}, which does not exist`;
  if (lines.length === 0) return `${place} quotes nothing of ${file}`;
  const whole = linesOf(text);
  let from = 0;
  for (const part of partsOf(lines)) {
    const at = whole.findIndex((_, n) => n >= from && part.every((one, k) => whole[n + k] === one));
    if (at < 0) return `${place} quotes ${file}, which does not have this: ${missingOf(part, whole)}`;
    from = at + part.length;
  }
  return undefined;
}

/** The stretches between gaps. */
function partsOf(lines: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (line === GAP) parts.push([]);
    else parts[parts.length - 1]!.push(line);
  }
  return parts.filter((part) => part.length > 0);
}

/** The first line of a stretch that the file lacks, or that it has elsewhere. */
function missingOf(part: readonly string[], whole: readonly string[]): string {
  return part.find((line) => !whole.includes(line)) ?? `${part[0]!} (in another place or order)`;
}

/** The excerpts of all pages that their files do not have. */
export function excerptProblems(pages: Project["pages"], read: (file: string) => string | undefined): string[] {
  return pages
    .flatMap(excerptsOf)
    .flatMap((excerpt) => excerptProblem(excerpt, read(excerpt.file)) ?? []);
}

export const excerpts: Check = {
  name: "excerpts of code",
  run: ({ pages, exists, read }) => ({
    problems: excerptProblems(pages, (file) => (exists(file) ? read(file) : undefined)),
    figures: [`${pages.flatMap(excerptsOf).length} excerpts`],
  }),
};
