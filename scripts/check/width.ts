/** Lines that a reader takes in at a glance: their width, and one statement on each. */
import type { Check, Project, Source } from "./project.ts";
import { codeOf, widthOf } from "./text.ts";

/** What a line should not exceed, and what it must not. */
const SOFT = 110;
const HARD = 120;

/** What counts as wide in the figures. */
const WIDE = 100;

/** Where a table of like statements may stand on fewer lines than it has statements. */
const TABLES = /^lib\/(?:kernels|graph|simd)\//;

/** Lines wider than the hard limit. */
export function widthProblems(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, n) => {
    const width = widthOf(line);
    return width > HARD ? [`${file}:${n + 1} is ${width} columns wide: ${SOFT}, at most ${HARD}`] : [];
  });
}

/** Lines with several statements, tables of like statements in a kernel excepted. */
export function statementProblems(file: string, text: string): string[] {
  const lines = codeOf(text).split("\n");
  return lines.flatMap((line, n) => {
    const count = statementsOf(line).length;
    if (count < 2 || (TABLES.test(file) && inTable(lines, n))) return [];
    return [`${file}:${n + 1} holds ${count} statements: ${text.split("\n")[n]!.trim()}`];
  });
}

/** The statements of one line of code without comments and strings. */
export function statementsOf(line: string): string[] {
  let code = line.trim();
  // the three parts of a loop's head are one statement
  code = code.replace(/\bfor (?:await )?\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g, "for");
  // the fields of a type are no statements
  const fields = /\{(?:\s*(?:readonly )?(?:[\w$]+|\[[^\]{}]*\])\??: [^;{}]+;?)+\s*\}/g;
  for (let before = ""; before !== code; ) {
    before = code;
    code = code.replace(fields, "T");
  }
  const pieces = code.split(";").map((piece) => piece.replace(/^[\s})\],]+|[\s{]+$/g, ""));
  const statements = pieces.filter((piece) => piece !== "" && piece !== "else");
  return statements.flatMap(declaratorsOf);
}

/** `const a = 1, b = 2` are two. */
function declaratorsOf(statement: string): string[] {
  if (!/^(?:const|let|var) /.test(statement)) return [statement];
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (const char of statement.replace(/=>/g, "= ")) {
    if ("([{<".includes(char)) depth++;
    else if (")]}>".includes(char)) depth--;
    if (char === "," && depth <= 0) {
      parts.push(part);
      part = "";
    } else part += char;
  }
  return [...parts, part].every((one) => /^\s*(?:(?:const|let|var) )?[\w$]+(?:: [^=]+)?( = |$)/.test(one))
    ? [...parts, part]
    : [statement];
}

/** True if the statements of a line are alike, among each other or line by line with a neighbour. */
function inTable(lines: readonly string[], n: number): boolean {
  // alike are statements that assign to the same kind of place by the same operator
  const shape = (statement: string): string =>
    statement
      .replace(/^\s*(?:const|let) /, "")
      .replace(/\[[^\]]*\]/g, "[]")
      .replace(/([+\-*/]?=)[\s\S]*$/, "$1")
      .replace(/[\w$]+/g, "x")
      .replace(/\s+/g, "");
  const shapes = statementsOf(lines[n]!).map(shape);
  if (shapes.every((one) => one === shapes[0])) return true;
  return [lines[n - 1], lines[n + 1]].some(
    (other) => other !== undefined && statementsOf(other).map(shape).join(";") === shapes.join(";"),
  );
}

/** The figures of a folder: how wide its lines of code are, and how many hold several statements. */
export function figuresOf(name: string, files: readonly Source[]): string {
  let code = 0;
  let wide = 0;
  let soft = 0;
  let hard = 0;
  let several = 0;
  for (const { file, text } of files) {
    const lines = text.split("\n");
    codeOf(text)
      .split("\n")
      .forEach((bare, n) => {
        const width = widthOf(lines[n]!);
        if (width > HARD) hard++;
        if (width > SOFT) soft++;
        if (bare.trim() === "") return;
        code++;
        if (width > WIDE) wide++;
      });
    several += statementProblems(file, text).length;
  }
  const share = code === 0 ? 0 : (100 * wide) / code;
  return (
    `${name}: ${code} lines of code, ${share.toFixed(1)} % over ${WIDE} columns; ` +
    `${soft} lines over ${SOFT}, ${hard} over ${HARD}; ${several} with several statements`
  );
}

/** Files that grow long: a hint to look for two meanings in one, no more. */
export function longFiles(files: readonly Source[], most: number = 200): string[] {
  return files
    .map(({ file, text }) => ({ file, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > most)
    .map(({ file, lines }) => `${file} (${lines})`);
}

const everything = ({ lib, spec, scripts }: Project): Source[] => [...lib, ...spec, ...scripts];

export const width: Check = {
  name: "width",
  run: (project) => {
    const long = longFiles(project.lib);
    return {
      problems: everything(project).flatMap(({ file, text }) => widthProblems(file, text)),
      figures: [
        figuresOf("lib", project.lib),
        figuresOf("spec", project.spec),
        figuresOf("scripts", project.scripts),
        `${long.length} files of lib over 200 lines: ${long.join(", ")}`,
      ],
    };
  },
};

export const statements: Check = {
  name: "one statement a line",
  run: (project) => ({
    problems: everything(project).flatMap(({ file, text }) => statementProblems(file, text)),
  }),
};
