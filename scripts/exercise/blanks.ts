/** An exercise: a file of `lib` in one piece, the right sides of its numbered equations taken out. */
import { copyOf, readSource } from "../copy/join.ts";
import { declarationsOf } from "../check/declarations.ts";
import { headerOf } from "../copy/state.ts";

/** A line that the reader writes. */
export interface Blank {
  /** The equation's number, with the name of the declaration where several have one: "(1)", "project (1)". */
  readonly label: string;
  /** Its place among the lines of the file. */
  readonly line: number;
}

export interface Exercise {
  readonly solution: readonly string[];
  readonly blanked: readonly string[];
  readonly blanks: readonly Blank[];
}

/** What stands in the place of an equation until it is written. */
const TODO = `
/** Stands where an equation is missing. */
function todo(equation: string): never {
  throw new Error(\`Equation \${equation} is not written yet.\`);
}`;

/** "code; // (1) (2)": the code, and the numbers behind it. */
const NUMBERED = /^(.*\S)(\s*\/\/ +)((?:\((?:[A-Z]?\d+[a-z]?|[A-Z])\) ?)+)(.*)$/;

/** The part of a line that stays, and its end: of `return …;`, `const S = …;`, `S.data[e] = …;`, `output: …,`. */
const KEPT: readonly RegExp[] = [
  /^(\s*(?:if \(.*\) )?return )(.*)(;)$/,
  /^(\s*(?:const|let) [^=]+ = )(.*)(;)$/,
  /^(\s*(?:if \(.*\) |for \(.*\) )?[\w.!$]+(?:\[[^=]*\]!?)? (?:[-+*/]?=) )(.*)(;)$/,
  /^(\s*(?:return )?\{? ?\w+: )(.*)(,)$/,
  /^(\s*)([\w.]+\(.*\))(;)$/,
];

/** A numbered line with its right side taken out; undefined if it is not one whole statement or property. */
function withoutEquation(line: string, label: string): string | undefined {
  const [, code, , numbers, rest] = NUMBERED.exec(line) ?? [];
  if (code === undefined) return undefined;
  for (const pattern of KEPT) {
    const [, before, right, end] = pattern.exec(code) ?? [];
    if (right === undefined || !balanced(right)) continue;
    return `${before}todo("${label}")${end} // ${numbers}${rest}`.trimEnd();
  }
  return undefined;
}

/** Whether every bracket of a piece of code is closed in it. */
function balanced(code: string): boolean {
  let depth = 0;
  for (const char of code) {
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char) && --depth < 0) return false;
  }
  return depth === 0;
}

/** The exercise of a file of `lib`. */
export function exerciseOf(path: string): Exercise {
  const solution = `${headerOf(copyOf([path]))!.body.trimEnd()}\n${TODO}\n`.split("\n");
  const names = new Set(readSource(path).declarations.map(({ name }) => name));
  const declared = declarationsOf(solution.join("\n")).filter(({ name }) => names.has(name));
  const blanked = [...solution];
  const blanks: Blank[] = [];
  const several = declared.filter(({ body }) => body.split("\n").some((line) => NUMBERED.test(line))).length > 1;
  for (const { name, body } of declared) {
    const lines = body.split("\n");
    const next = lines[1];
    const begins = (line: string, n: number): boolean =>
      line === lines[0] && (next === undefined || solution[n + 1] === next);
    const first = solution.findIndex(begins);
    lines.forEach((line, n) => {
      const numbers = NUMBERED.exec(line)?.[3]!.trim();
      const label = several ? `${name} ${numbers}` : `${numbers}`;
      const blank = withoutEquation(line, label);
      if (blank === undefined) return;
      blanked[first + n] = blank;
      blanks.push({ label, line: first + n });
    });
  }
  return { solution, blanked, blanks };
}

/**
 * What the reader wrote for each blank: the lines between the line that stood before it and the line that ends in
 * its number. Undefined where that line is gone.
 */
export function answersOf({ blanked, blanks }: Exercise, text: string): (readonly string[] | undefined)[] {
  const lines = text.split("\n");
  const comment = (line: string): string => line.slice(line.lastIndexOf("// ")).replace(/\s+/g, " ").trim();
  let from = 0;
  return blanks.map(({ line }) => {
    const ends = (one: string): boolean => one.includes("// ") && comment(one) === comment(blanked[line]!);
    const end = lines.findIndex((one, n) => n >= from && ends(one));
    if (end < 0) return undefined;
    const afterBlank = blanks.some((blank) => blank.line === line - 1);
    const start = afterBlank ? from : Math.max(from, lines.lastIndexOf(blanked[line - 1]!, end - 1) + 1);
    from = end + 1;
    return lines.slice(start, end + 1);
  });
}

/** The solution with one answer, or with several, in the place of its own lines. */
export function withAnswers(
  { solution, blanks }: Exercise,
  answers: ReadonlyMap<number, readonly string[]>,
): string {
  const lines: string[][] = solution.map((line) => [line]);
  for (const [n, answer] of answers) lines[blanks[n]!.line] = [...answer];
  return lines.flat().join("\n");
}
