/**
 * Checked prose: a number in a sentence or a table of an English page has a reason to be believed. (The Japanese
 * page has the same numbers, by another check.) The reasons, in order:
 *
 * - a program of the page has or prints it;
 * - it is a side of an equation between numbers that the check evaluates: "4 ln 2 = ln 16", "5 · 3 = 15";
 * - a comment on its line gives its formula: "the weights 4/5 and 1/5 <!-- = 4/(4 + 1); 1/(4 + 1) -->";
 * - a page, a spec or a file that its line links to has it;
 * - docs/sources.md lists it for this page, with the source and its section;
 * - it was measured: the paragraph or the table's neighbour names the command and the machine.
 *
 * A number is what has two digits or more. Not compared are places in sources (Table 12, § 3.2, years, arXiv),
 * versions, names such as W13 or ViT-B/16, and the settings of a symbol (d_k = 64), which are no claims.
 */
import type { Check, Project } from "./project.ts";
import { dirname, join } from "node:path";
import { sectionsOf } from "./languages.ts";

/** The pages that teach. */
const PAGES: readonly string[] = [
  "attention",
  "contracts",
  "costs",
  "cross-attention",
  "documents",
  "factorized",
  "global-and-sparse",
  "layers",
  "multi-head",
  "pitfalls",
  "reading-order",
  "recurrent",
  "window-conventions",
].map((name) => `docs/${name}.md`);

/** What is no claim: places in sources, names, versions, settings. Each match becomes spaces. */
const EXEMPT: readonly RegExp[] = [
  /```[\s\S]*?^```/gm,
  /`[^`\n]*`/g,
  /\]\([^)\s]+(?: "[^"]*")?\)/g,
  /https?:\/\/\S+/g,
  /\barXiv[: ]*\d{4}\.\d{4,5}/gi,
  /\b(?:19|20)\d\d\b(?!\s*(?:pairs|cells|of|days|dates))/g,
  /(?:Tables?|Sections?|Figure|Fig\.|Algorithm|Eq\.|§|pages?|lines?|version|#|W)\s*\d[\d.]*(?:[–-]\d+)?/g,
  /\bv?\d+\.\d+\.\d+\b|\b\d{4}\.\d{4,5}\b/g,
  /<!--[\s\S]*?-->/g,
  /\b\d:\d\d\b/g,
  /\b(?:opset|Bun|Deno|Node|Chromium)\s+(?:from )?\d[\d.]*(?:(?:, | and )\d[\d.]*)*/g,
  /[A-Za-z_][\w']*[-/]\d[\w./]*|\b[A-Za-z_]+\d[\w.]*/g,
  /(?:[\p{L}_′']+(?:\^\w+)?|\)|\])\s*[=≤≥<>→]\s*\(?(?:−?[\d.,]+(?:\s*[,…]\s*)?)+\)?/gu,
];

/** Numbers as text, commas and thin spaces in them gone. */
function numbersIn(text: string, digits = 2): { number: string; place: number }[] {
  const pattern = /(?<![\w.,])\d+(?:[,  ]\d{3})*(?:\.\d+)?(?:\/\d+)?/g;
  return [...text.matchAll(pattern)]
    .map((match) => ({ number: match[0].replace(/[,  ](?=\d{3})/g, ""), place: match.index }))
    .filter(({ number }) => number.replace(/\D/g, "").length >= digits);
}

/** A numeric expression as it is written on a page: 5 · 3, 4 ln 2, √(24 + 128), 2⁻¹, ½; undefined if it is none. */
export function valueOf(written: string): number | undefined {
  const halves = written
    .replace(/[⁻⁰¹²³⁴-⁹]+/g, (power) => `^(${power.normalize("NFKC")})`)
    .replace(/[½¼¾⅓⅔⅛⅜⅝⅞]/g, (part) => `(${part.normalize("NFKC").replace("⁄", "/")})`);
  const plain = halves
    .replace(/(\d)[,  ](?=\d{3}(?!\d))/g, "$1")
    .replace(/[·×]/g, "*")
    .replace(/÷/g, "/")
    .replace(/−/g, "-")
    .replace(/√\s*(\d+(?:\.\d+)?|\([^()]*\))/g, "sqrt($1)")
    .replace(/\bln\s*(\d+(?:\.\d+)?)/g, "log($1)")
    .replace(/\b(tanh|exp)\s+(-?\d+(?:\.\d+)?)/g, "$1($2)")
    .replace(/\be\^/g, "E^")
    .replace(/(\d|\))\s*(?=sqrt|log|exp|tanh|cos|E|\()/g, "$1*")
    .replace(/\^/g, "**")
    .trim();
  if (!/^(?:[\d.\s()+*/-]|sqrt|log|exp|tanh|cos|E)+$/.test(plain) || !/\d/.test(plain)) return undefined;
  try {
    const names = "sqrt, log, exp, tanh, cos, E";
    const { sqrt, log, exp, tanh, cos, E } = Math;
    const value: unknown = new Function(names, `return (${plain});`)(sqrt, log, exp, tanh, cos, E);
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is what is written: to the last of its digits. */
function isWritten(written: string, value: number): boolean {
  const digits = /\.(\d+)\s*$/.exec(written.trim())?.[1]!.length;
  const shown = valueOf(written);
  if (shown === undefined) return false;
  const tolerance = digits === undefined ? 1e-9 * Math.max(1, Math.abs(value)) : 0.5000001 * 10 ** -digits;
  return Math.abs(shown - value) <= tolerance;
}

const EQUALITY_PART = /(?:[.,](?=\d)|[\d½¼¾⅓⅔⅛⅜⅝⅞()·×÷√+\-−/^ ⁻⁰¹²³⁴-⁹]|ln|tanh|exp|e(?=\^))+/gu;

/** The equations between numbers of a text: each side, the place of each, and whether they hold. */
export function equationsOf(text: string): { sides: readonly string[]; place: number; end: number; holds: boolean }[] {
  const before = "(?<![\\p{L}\\])′'^_²½¼¾⅓⅔⅛⅜⅝⅞⁰¹²³⁴-⁹\\d.,/√(])(?<![\\])′'+·/²−-] )";
  const chain = new RegExp(`${before}${EQUALITY_PART.source}(?:[=≈]${EQUALITY_PART.source})+`, "gu");
  return [...text.matchAll(chain)].flatMap((match) => {
    const sides = match[0].split(/[=≈]/).map((side) => side.trim().replace(/[.,]+$/, ""));
    const values = sides.map(valueOf);
    if (values.some((value) => value === undefined)) return [];
    const same = (one: number, other: number): boolean => isWritten(sides[other]!, values[one]!);
    const holds = sides.slice(1).every((_, s) => same(s, s + 1) || same(s + 1, s));
    return [{ sides, place: match.index, end: match.index + match[0].length, holds }];
  });
}

/** What a page says in numbers without a reason, and what is wrong. */
export function numberProblems(file: string, text: string, sources: string, read: (path: string) => string): string[] {
  const shown = shownOn(text);
  const cited = new Set(
    sources
      .split("\n")
      .filter((row) => row.startsWith("|") && row.includes(`(${file.replace("docs/", "")}`))
      .flatMap((row) => numbersIn(row.split("|")[1]!).map(({ number }) => number)),
  );
  const problems: string[] = [];
  let plain = text;
  for (const { sides, place, end, holds } of equationsOf(blanked(text, EXEMPT.slice(0, 4), "x"))) {
    const line = text.slice(0, place).split("\n").length;
    if (!holds) problems.push(`${file}:${line} ${sides.join(" = ")} is wrong`);
    plain = plain.slice(0, place) + " ".repeat(end - place) + plain.slice(end);
  }
  const given = text.split("\n").map((line) => /<!-- = (.*?) -->/.exec(line)?.[1]!.split(/; ?/) ?? []);
  given.forEach((formulas, n) => {
    const written = numbersIn(blanked(text.split("\n")[n]!, [/<!--.*?-->/g]), 1).map(({ number }) => number);
    for (const formula of formulas) {
      const value = valueOf(formula);
      if (value !== undefined && written.some((number) => isWritten(number, value))) continue;
      problems.push(`${file}:${n + 1} no number of this line is ${formula}`);
    }
  });
  const measured = measuredLines(text);
  for (const { number, place } of numbersIn(blanked(plain, EXEMPT))) {
    const line = text.slice(0, place).split("\n").length;
    if (shown[line - 1]!.has(number) || cited.has(number) || measured.has(line)) continue;
    if (given[line - 1]!.some((formula) => isWritten(number, valueOf(formula) ?? NaN))) continue;
    if (linked(file, text.split("\n")[line - 1]!, read).has(number)) continue;
    problems.push(`${file}:${line} ${number} is printed by no program, and has no formula and no source`);
  }
  return problems;
}

/** For each line of a page, the numbers in the programs of its section (of "##", with its "###") and their outputs. */
function shownOn(text: string): ReadonlySet<string>[] {
  const parts = text.split(/^(?=## )/m);
  return parts.flatMap((part) => {
    const programs = [...part.matchAll(/^```[\s\S]*?^```/gm)].map(([block]) => block).join("\n");
    const whole = numbersIn(programs.replace(/(\d)_(?=\d)/g, "$1")).map(({ number }) => number);
    const shown = new Set([...whole, ...[...programs.matchAll(/\d+(?:\.\d+)?/g)].map(([number]) => number)]);
    const lines = part.split("\n").length - (part === parts[parts.length - 1] ? 0 : 1);
    return Array.from({ length: lines }, () => shown);
  });
}

/** The numbers of the files that a line links to. */
function linked(file: string, line: string, read: (path: string) => string): Set<string> {
  const targets = [...line.matchAll(/\]\(([^)\s#]+\.(?:md|ts))/g)].map((match) => join(dirname(file), match[1]!));
  const texts = targets.map((target) => read(target).replace(/(\d)_(?=\d)/g, "$1"));
  return new Set(texts.flatMap((text) => numbersIn(text)).map(({ number }) => number));
}

/** The text with all matches blank, at the same places. */
function blanked(text: string, patterns: readonly RegExp[], sign = " "): string {
  return patterns.reduce((left, pattern) => left.replace(pattern, (part) => part.replace(/[^\n]/g, sign)), text);
}

/** The lines of sections that say how their numbers were measured. */
function measuredLines(text: string): Set<number> {
  const lines = new Set<number>();
  for (const { text: body, line } of sectionsOf(text)) {
    body.split(/\n\n/).reduce((from, paragraph) => {
      const count = paragraph.split("\n").length;
      if (/measured|npm run bench/i.test(paragraph)) {
        for (let l = from; l < from + count; l++) lines.add(l);
      }
      return from + count + 1;
    }, line + 1);
  }
  return lines;
}

export const numbers: Check = {
  name: "numbers in prose",
  run: ({ pages, exists, read }: Project) => {
    const sources = exists("docs/sources.md") ? read("docs/sources.md") : "";
    const prose = pages.filter(({ file }) => !file.endsWith(".ja.md") && PAGES.includes(file));
    const problems = prose.flatMap(({ file, text }) => numberProblems(file, text, sources, read));
    const equations = prose.flatMap(({ text }) => equationsOf(text)).length;
    return { problems, figures: [`${equations} equations between numbers`] };
  },
};
