/**
 * Two languages, one text: a page and its Japanese counterpart have the same headings, programs, numbers,
 * links and tables, section by section, and as many paragraphs, one more or less.
 *
 * Programs have the same imports, names, numbers and operators, strings, comments and padding aside, since what
 * is printed in another order needs another line; what they print has the same numbers.
 * A number is what is written in digits: ten or more, a fraction or a decimal. A single digit may be a word in
 * one of the languages ("two", 二つ) and is not compared.
 */
import type { Check, Project } from "./project.ts";
import { codeOf } from "./text.ts";

/** A part of a page: from one heading to the next. */
interface Section {
  readonly title: string;
  readonly level: number;
  readonly line: number;
  readonly text: string;
}

/** What both languages of a section must have alike: each kind with its items, in a form that can be compared. */
interface Contents {
  readonly headings: readonly string[];
  readonly programs: readonly string[];
  readonly outputs: readonly string[];
  readonly formulas: readonly string[];
  readonly numbers: readonly string[];
  readonly code: readonly string[];
  readonly links: readonly string[];
  readonly tables: readonly string[];
  readonly paragraphs: number;
}

/** What is compared item by item. */
const KINDS = ["programs", "outputs", "formulas", "numbers", "code", "links", "tables"] as const;

/** Words for large numbers in both languages. */
const UNITS: Readonly<Record<string, number>> = { 万: 1e4, 億: 1e8 };
const LARGE = /(\d+(?:\.\d+)?) ?(万|億)/g;

const FENCE = /^```(\w*)(?: [^\n]*)?\n([\s\S]*?)^```$/gm;

/** The sections of a page, in order; "#" inside a program is no heading. */
export function sectionsOf(text: string): Section[] {
  const sections: { title: string; level: number; line: number; lines: string[] }[] = [];
  let fenced = false;
  text.split("\n").forEach((line, n) => {
    if (line.startsWith("```")) fenced = !fenced;
    const heading = fenced ? null : /^(#+) (.*)$/.exec(line);
    if (heading !== null) sections.push({ title: heading[2]!, level: heading[1]!.length, line: n + 1, lines: [] });
    else if (sections.length > 0) sections[sections.length - 1]!.lines.push(line);
  });
  return sections.map(({ lines, ...section }) => ({ ...section, text: `${lines.join("\n")}\n` }));
}

/** What one section has. */
export function contentsOf({ text, level }: Pick<Section, "text" | "level">): Contents {
  const fences = [...text.matchAll(FENCE)].map(([, kind, body]) => ({ kind: kind!, body: body! }));
  const of = (kinds: readonly string[]): string[] =>
    fences.filter(({ kind }) => kinds.includes(kind)).map(({ body }) => body);
  const prose = text.replace(FENCE, "");
  const plain = prose.replace(/<!--[\s\S]*?-->/g, "");
  const paragraphs = prose.split(/\n\s*\n/).filter((part) => part.trim() !== "" && !/^\s*[|<]/.test(part));
  return {
    headings: [`level ${level}`],
    programs: of(["ts", "js", "sh", "bash"]).map(programOf),
    outputs: of(["text"]).map((body) => numbersOf(body).sort().join(" ")),
    formulas: of(["math"]),
    numbers: numbersOf(withoutLinks(plain).replace(/`[^`]*`/g, " ")).sort(),
    code: [...new Set([...withoutLinks(plain).matchAll(/`([^`]+)`/g)].map((match) => wordless(match[1]!)))].sort(),
    links: [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => targetOf(match[1]!)).sort(),
    tables: tablesOf(plain),
    paragraphs: paragraphs.length,
  };
}

/** The imports of a program, then its names, numbers and operators in alphabetical order. */
export function programOf(body: string): string {
  const imports = [...body.matchAll(/^import .*$/gm)].map(([line]) => line);
  const bare = body
    .replace(/^import .*$/gm, "")
    .replace(/(?:^|\s)(?:\/\/|#) .*$/gm, "")
    .replace(/\.pad(?:Start|End)\([^()]*\)/g, "");
  const filled = [...bare.matchAll(/\$\{([^}]*)\}/g)].map((match) => match[1]!).join(" ");
  const signs = `${codeOf(bare)} ${codeOf(filled)}`.match(/[A-Za-z_$][\w$]*|\d[\w.]*|[-*/%<>=!&|?]+/g) ?? [];
  return [...imports, ...signs.sort()].join(" ");
}

/** Numbers in digits, as both languages write them: "4,096", "1/7", "0.25", "64×64". */
function numbersOf(text: string): string[] {
  const half = text.normalize("NFKC").replace(/[⁄∕]/g, "/").replace(/(\d)[, ](?=\d{3}(?!\d))/g, "$1");
  const times = (_: string, count: string, unit: string): string =>
    String(Math.round(Number(count) * UNITS[unit]!));
  const whole = half.replace(LARGE, times);
  const all = [...whole.matchAll(/\d+(?:\.\d+)?(?:\/\d+)?/g)].map(([number]) => number);
  return all.filter((number) => number.length > 1);
}

/** The texts of links stay, their targets go. */
function withoutLinks(text: string): string {
  return text.replace(/\]\([^)\s]+\)/g, "]").replace(/https?:\/\/\S+/g, "");
}

/** Inline code without Japanese words and without what stands in quotation marks, which a page may translate. */
function wordless(code: string): string {
  return code.replace(/"[^"]*"|[\u3040-\u30ff\u3400-\u9fff]+/g, "…").replace(/--lang \w+/, "").trim();
}

/** The target of a link: the language of a page, and the words of a heading, do not count. */
function targetOf(link: string): string {
  const [path, place] = link.split("#");
  const code = /\.(?:ts|json|py)$/.test(path!);
  return path!.replace(/\.ja(?=\.(?:md|svg)$)/, "") + (place === undefined ? "" : code ? `#${place}` : "#");
}

/** Each table as "columns × rows". */
function tablesOf(text: string): string[] {
  const tables: string[][] = [];
  let before = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("|")) {
      if (!before.startsWith("|")) tables.push([]);
      tables[tables.length - 1]!.push(line);
    }
    before = line;
  }
  const columns = (line: string): number => line.replace(/\\\||`[^`]*`/g, "").split("|").length - 2;
  return tables.map((rows) => `${rows.map(columns).join(" ")}`);
}

/** What the two languages of a page do not have alike. */
export function pairProblems(file: string, english: string, japanese: string): string[] {
  const [ours, theirs] = [sectionsOf(english), sectionsOf(japanese)];
  const outline = (sections: readonly Section[]): string => sections.map(({ level }) => level).join(" ");
  if (outline(ours) !== outline(theirs)) {
    const at = ours.findIndex(({ level }, s) => level !== theirs[s]?.level);
    const place = at < 0 ? ours.length : at;
    return [`${file}: headings differ from "${ours[place]?.title}" / "${theirs[place]?.title}" on`];
  }
  return ours.flatMap((section, s) => {
    const place = `${file}:${section.line} "${section.title}" (.ja.md:${theirs[s]!.line})`;
    const [one, other] = [contentsOf(section), contentsOf(theirs[s]!)];
    const differ = KINDS.flatMap((kind) => {
      const [missing, extra] = [without(one[kind], other[kind]), without(other[kind], one[kind])];
      if (missing.length + extra.length === 0) return [];
      const show = (items: readonly string[]): string => items.join(" · ").replace(/\n/g, "⏎").slice(0, 300) || "–";
      return [`${place}: ${kind} differ: only in English: ${show(missing)}; only in Japanese: ${show(extra)}`];
    });
    const far = Math.abs(one.paragraphs - other.paragraphs) > 1;
    const count = `${one.paragraphs} paragraphs in English, ${other.paragraphs} in Japanese`;
    return far ? [...differ, `${place}: ${count}`] : differ;
  });
}

/** The items of a list that another does not have, as often as they are there. */
function without(items: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return items.filter((item) => {
    const at = left.indexOf(item);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Every pair of pages. */
export function languageProblems(pages: Project["pages"]): string[] {
  return pages
    .filter(({ file }) => !file.endsWith(".ja.md"))
    .flatMap(({ file, text }) => {
      const other = pages.find((page) => page.file === file.replace(/\.md$/, ".ja.md"));
      return other === undefined ? [] : pairProblems(file, text, other.text);
    });
}

export const languages: Check = {
  name: "two languages, one text",
  run: ({ pages }) => ({ problems: languageProblems(pages) }),
};
