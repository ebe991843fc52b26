/**
 * Sources: every arXiv number of the READMEs, the pages and the docstrings is a row of docs/sources.md, and the
 * author and the year that stand before it are that row's.
 */
import type { Check, Project } from "./project.ts";

/** A row of the table of papers: first author, year, arXiv number. */
export interface Paper {
  readonly author: string;
  readonly year: string;
  readonly id: string;
}

/** "Chen, Fan and Panda 2021" or "Ho et al. 2019". */
const NAMED =
  /([A-Z][\p{L}-]+)(?: et al\.|(?:(?:, |、)[A-Z][\p{L}-]+)*(?: and |、)[A-Z][\p{L}-]+)? (\d{4})\b(?!\.)/gu;
const ID = /(?<![\d.])(\d{4}\.\d{4,5})(?![\d.]*\d)/g;

/** The papers of docs/sources.md. */
export function papersOf(text: string): Paper[] {
  const rows = text.matchAll(/^\| ([\p{L}-]+)[^|]*? (\d{4}) \|[^|]*\| \[arXiv (\d{4}\.\d{4,5})\]\(([^)]*)\)/gmu);
  return [...rows].map((match) => ({ author: match[1]!, year: match[2]!, id: match[3]! }));
}

/** An arXiv number, its line, and the author and the year before it, if they stand there. */
interface Citation extends Partial<Paper> {
  readonly id: string;
  readonly line: number;
}

/** The arXiv numbers of a text; of a page, those without the word too. */
export function citationsOf(source: string, prose = false): Citation[] {
  const blank = (block: string): string => block.replace(/[^\n]/g, " ");
  const text = prose ? source.replace(/^```[\s\S]*?^```/gm, blank) : source;
  const near = (place: number): string => text.slice(Math.max(0, place - 40), place);
  const ids = [...text.matchAll(ID)].filter(({ index }) => prose || /arxiv/i.test(near(index)));
  let from = 0;
  return ids.map((match) => {
    const before = text.slice(Math.max(from, match.index - 200), match.index).replace(/\n \* ?|\s+/g, " ");
    from = match.index + match[0].length;
    const names = [...before.matchAll(NAMED)];
    const [, author, year] = names[names.length - 1] ?? [];
    const line = text.slice(0, match.index).split("\n").length;
    return { id: match[1]!, line, ...(author === undefined ? {} : { author, year: year! }) };
  });
}

/** Numbers that no row has, and authors and years that are not its row's. */
export function citationProblems(file: string, text: string, papers: readonly Paper[]): string[] {
  return citationsOf(text, file.endsWith(".md")).flatMap(({ id, author, year, line }) => {
    const paper = papers.find((one) => one.id === id);
    if (paper === undefined) return [`${file}:${line} arXiv ${id} is not in docs/sources.md`];
    if (author === undefined || (author === paper.author && year === paper.year)) return [];
    return [`${file}:${line} arXiv ${id} is ${paper.author} ${paper.year}, not ${author} ${year}`];
  });
}

export const sources: Check = {
  name: "sources",
  run: ({ lib, pages, read }: Project) => {
    const papers = papersOf(read("docs/sources.md"));
    const japanese = papersOf(read("docs/sources.ja.md"));
    const texts = [...lib, ...pages.filter(({ file }) => !file.startsWith("docs/sources"))];
    const all = texts.flatMap(({ file, text }) => citationsOf(text, file.endsWith(".md")));
    const used = new Set(all.map(({ id }) => id));
    const unused = papers.filter(({ id }) => !used.has(id));
    const same = JSON.stringify(papers) === JSON.stringify(japanese);
    return {
      problems: [
        ...texts.flatMap(({ file, text }) => citationProblems(file, text, papers)),
        ...unused.map(({ id }) => `docs/sources.md: nobody cites arXiv ${id}`),
        ...(same ? [] : ["docs/sources.ja.md has other papers"]),
      ],
      figures: [`${papers.length} papers`],
    };
  },
};
