/** The numbers of equations: the same in a docstring and at the ends of the lines that compute them. */
import type { Check } from "./project.ts";
import { declarationsOf } from "./declarations.ts";
import { widthOf } from "./text.ts";

/** "  (3)", "  (A1)" or "  (D)" at the end of a docstring's line. */
const STATED = / {2,}\(([A-Z]?\d+[a-z]?|[A-Z])\)$/gm;

/** "// (3)" or "// (1) (2)" behind a line of code; the shape of its result may follow. */
const COMPUTED = /\/\/ +((?:\((?:[A-Z]?\d+[a-z]?|[A-Z])\)(?: |$))+)/gm;

/** The last column at which such a comment may begin, counted from 1. */
const LAST_COLUMN = 90;

/** Equation numbers in a declaration's docstring and at the ends of its lines are the same set. */
export function equationProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  for (const { name, doc, body, line } of declarationsOf(text)) {
    const place = `${file}:${line} ${name}`;
    const stated = numbersIn(doc, STATED);
    const computed = numbersIn(body, COMPUTED);
    for (const number of stated) {
      if (computed.has(number)) continue;
      const rule = `stands in the docstring, but no line ends in // (${number})`;
      problems.push(`${place}: equation (${number}) ${rule}`);
    }
    for (const number of computed) {
      if (stated.has(number)) continue;
      problems.push(`${place}: a line ends in // (${number}), but the docstring has no equation (${number})`);
    }
  }
  return problems;
}

/** The comments with equation numbers begin at column 90 at most. */
export function columnProblems(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, n) => {
    const match = /^(.*\S.*?)\/\/ +\((?:[A-Z]?\d+[a-z]?|[A-Z])\)(?=\s|$)/.exec(line);
    const column = match === null ? 0 : widthOf(match[1]!) + 1;
    if (column <= LAST_COLUMN) return [];
    return [`${file}:${n + 1} the number of its equation begins at column ${column}: ${LAST_COLUMN} at most`];
  });
}

function numbersIn(text: string, pattern: RegExp): Set<string> {
  return new Set([...text.matchAll(pattern)].flatMap((match) => match[1]!.match(/\w+/g)!));
}

export const equations: Check = {
  name: "equations",
  run: ({ lib }) => ({
    problems: lib.flatMap(({ file, text }) => equationProblems(file, text)),
    figures: [`${lib.reduce((sum, { text }) => sum + equationsIn(text), 0)} numbered equations`],
  }),
};

export const equationColumns: Check = {
  name: "columns of equation numbers",
  run: ({ lib }) => ({ problems: lib.flatMap(({ file, text }) => columnProblems(file, text)) }),
};

function equationsIn(text: string): number {
  return declarationsOf(text).reduce((sum, { doc }) => sum + [...doc.matchAll(STATED)].length, 0);
}
