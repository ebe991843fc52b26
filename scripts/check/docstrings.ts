/** The form of docstrings: blocks that an editor shows as blocks, plain verbs, and none missing. */
import type { Check } from "./project.ts";
import { declarationsOf, membersOf } from "./declarations.ts";

const DOCSTRING = /^[ \t]*\/\*\*[\s\S]*?\*\//gm;

/** What only persons do. The left side is looked for, the right side is what to write. */
const PERSONS: readonly (readonly [RegExp, string])[] = [
  [/\bhears?\b/i, "is called with, reads"],
  [/\b(?:is|are) handed\b/i, "gets, is called with"],
  [/\basks?\b(?! for| whether)/i, "is a query of, needs"],
  [/\bstands? again\b/i, "is repeated"],
  [/\b(?:is|are) blind\b/i, "does not depend on"],
  [/\bknows?\b/i, "depends on, holds"],
  [/\bwants?\b/i, "needs, takes"],
  [/\bnobody\b/i, "say what the code does"],
];

/** Equations and shapes are indented by five spaces, with an empty line before and after them. */
export function blockProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  for (const match of text.matchAll(DOCSTRING)) {
    const first = text.slice(0, match.index).split("\n").length;
    const lines = match[0].split("\n").map((line) => line.replace(/^\s*(?:\/\*\*|\*\/|\*)/, "").trimEnd());
    const isBlock = (n: number): boolean => /^ {5}/.test(lines[n] ?? "");
    lines.forEach((line, n) => {
      const place = `${file}:${first + n}`;
      if (/^ {2,4}\S/.test(line)) {
        problems.push(`${place} is indented by ${line.search(/\S/)} spaces: a block has 5, text has 1`);
      }
      if (/^ \S.* {2,}\((?:[A-Z]?\d+[a-z]?|[A-Z])\)$/.test(line) || /^ \S.*\) {2,}→ /.test(line)) {
        problems.push(`${place} is an equation or a shape: it is indented by 5 spaces`);
      }
      if (!isBlock(n)) return;
      if (!isBlock(n - 1) && lines[n - 1] !== "") {
        problems.push(`${place} needs an empty line before the block`);
      }
      const last = n + 2 >= lines.length;
      if (!isBlock(n + 1) && lines[n + 1] !== "" && !last) {
        problems.push(`${place} needs an empty line after the block`);
      }
    });
  }
  return problems;
}

/** Every `forward` and every `random` of an exported class has a docstring of its own. */
export function missingProblems(file: string, text: string): string[] {
  return declarationsOf(text)
    .filter(({ kind, exported }) => kind === "class" && exported)
    .flatMap((declaration) =>
      membersOf(declaration)
        .filter(({ name, doc }) => (name === "forward" || name === "random") && doc === "")
        .map(({ name, line }) => `${file}:${line} ${declaration.name}.${name} has no docstring`),
    );
}

/** Nothing in a docstring hears, asks or knows. */
export function personProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  for (const match of text.matchAll(DOCSTRING)) {
    const first = text.slice(0, match.index).split("\n").length;
    match[0].split("\n").forEach((line, n) => {
      for (const [pattern, instead] of PERSONS) {
        const found = pattern.exec(line.replace(/"[^"]*"/g, ""));
        if (found === null) continue;
        problems.push(`${file}:${first + n} "${found[0]}" is what a person does: ${instead}`);
      }
    });
  }
  return problems;
}

export const blocks: Check = {
  name: "blocks of docstrings",
  run: ({ lib }) => ({ problems: lib.flatMap(({ file, text }) => blockProblems(file, text)) }),
};

export const missing: Check = {
  name: "docstrings of forward and random",
  run: ({ lib }) => ({ problems: lib.flatMap(({ file, text }) => missingProblems(file, text)) }),
};

export const persons: Check = {
  name: "plain verbs",
  run: ({ lib }) => ({ problems: lib.flatMap(({ file, text }) => personProblems(file, text)) }),
};
