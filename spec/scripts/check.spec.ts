import assert from "node:assert/strict";
import test from "node:test";
import { declarationsOf, equationProblems, formProblems, importProblems } from "../../scripts/check/rules.ts";
import { lineCap } from "../../scripts/check/rules.ts";

const sound = `import type { Matrix } from "../matrix.ts";
import { mix } from "../kernels/mix.ts";

/**
 * Something (何か).
 *
 *   S = Q Kᵀ          (1)
 *   O = S V           (A2)
 *
 *   Q (n, d)   →   O (n, d)
 */
export class Something {
  forward(S: Matrix, V: Matrix): Matrix {
    const same = S; //       (1) (n_q, n_k)
    return mix(same, V); //  (A2)
  }
}

/** One line. */
export type Other = Matrix;
`;
const file = "lib/attention/something.ts";

/** The sound file with one thing changed; the change must really change it. */
function broken(from: string | RegExp, to: string): string {
  const text = sound.replace(from, to);
  assert.notEqual(text, sound);
  return text;
}

test("a file that keeps the rules has no complaints", () => {
  assert.deepEqual(equationProblems(file, sound), []);
  assert.deepEqual(importProblems(file, sound), []);
  assert.deepEqual(formProblems(file, sound), []);
});

test("declarations are found with their docstrings, to their column-0 end", () => {
  const [first, second] = declarationsOf(sound);
  assert.deepEqual(
    [first!.name, first!.kind, first!.exported, first!.line],
    ["Something", "class", true, 12],
  );
  assert.ok(
    first!.doc.startsWith("/**") && first!.doc.endsWith("*/") && first!.body.endsWith("\n}"),
    "docstring and body, whole",
  );
  assert.deepEqual([second!.name, second!.body], ["Other", "export type Other = Matrix;"]);
});

test("a declaration ends where it ends, not where the next one does", () => {
  const text =
    "const arrow = (a: number): number =>\n  a + 1;\n\nconst list = [\n  1; // no end\n];\n\ntype Either " +
      "=\n  | 1\n  | 2;\nfunction last(): void {\n}\n";
  assert.deepEqual(
    declarationsOf(text).map(({ name, body }) => [name, body.split("\n").length]),
    [
      ["arrow", 2],
      ["list", 3],
      ["Either", 3],
      ["last", 2],
    ],
  );
  assert.match(
    formProblems(file, "function open(\n): void {\n  }\n\nfunction next(): void {\n}\n")[0]!,
    /open does not end in a column-0 \}/,
  );
});

test("an equation without its line, and a line without its equation, are both named", () => {
  assert.match(
    equationProblems(file, broken("//       (1) (n_q, n_k)", "// scores"))[0]!,
    /Something: equation \(1\) stands in the docstring/,
  );
  assert.match(
    equationProblems(file, broken("          (1)", ""))[0]!,
    /Something: a line ends in \/\/ \(1\)/,
  );
  assert.match(equationProblems(file, broken("//  (A2)", "//  (A3)")).join("\n"), /\(A2\)[\s\S]*\(A3\)/);
  assert.match(
    equationProblems(file, broken("          (1)", "          (D)")).join("\n"),
    /\(D\)[\s\S]*\(1\)/,
  );
});

test("an equation of one declaration is not found in another", () => {
  const moved =
    sound.replace("    const same = S; //       (1) (n_q, n_k)\n", "    const same = S;\n") +
    "\nfunction elsewhere(): number {\n  return 1; // (1)\n}\n";
  assert.equal(equationProblems(file, moved).length, 2);
});

test("imports: one line, named, relative, with .ts, never upwards", () => {
  for (const line of [
    'import * as all from "../matrix.ts";',
    'import Matrix from "../matrix.ts";',
    'import { a } from "../matrix";',
    'import { a as b } from "../matrix.ts";',
    'import { readFileSync } from "node:fs";',
    'import "../matrix.ts";',
    'export { mix } from "../kernels/mix.ts";',
    "import {",
    'import { Block } from "../layers/block.ts";',
    'import { readSafetensors } from "../checkpoints/safetensors.ts";',
  ])
    assert.equal(importProblems(file, `${line}\n`).length, 1, line);
  assert.equal(
    importProblems("lib/kernels/mix.ts", 'import { Something } from "../attention/something.ts";\n').length,
    1,
  );
  assert.deepEqual(
    importProblems("lib/models/m.ts", 'import { Something } from "../attention/something.ts";\n'),
    [],
  );
});

test("the form that copying needs", () => {
  for (const [from, to] of [
    ["export class", "export default class"],
    ["const same = S;", "const same: any = S;"],
    ["const same = S;", "const same = S; Math.random();"],
    ["const same = S;", "const same = S.data[0];"],
    ["const same = S;", "const same = [S][0]!;"],
    ["const same = S;", "const same = 2 ** 3;"],
    ["const same = S;", "const same = S;  \n"],
    ["/** One line. */\n", ""],
    ["export type Other = Matrix;", "export let other = 1;"],
    ["export type Other = Matrix;", "export type Other = Matrix;\nregister();"],
    ["/** One line. */", "/** One line. */ // @ts-ignore"],
    ["export type Other = Matrix;", "export enum Other {\n}"],
  ] as const)
    assert.notDeepEqual(formProblems(file, broken(from, to)), [], to);
  assert.deepEqual(
    formProblems("lib/kernels/something.ts", broken("const same = S;", "const same = S.data[0]!;")),
    [],
  );
});

test("what a comment or docstring says is not code", () => {
  assert.deepEqual(
    formProblems(
      file,
      broken("Something (何か).", "Something (何か): no process.exit, no enum, S.data[0]!."),
    ),
    [],
  );
});

test("files have caps", () => {
  assert.deepEqual(
    [
      lineCap(file),
      lineCap("lib/kernels/mix.ts"),
      lineCap("lib/matrix.ts"),
      lineCap("spec/a.spec.ts"),
      lineCap("spec/oracle/naive.ts"),
    ],
    [120, 80, 200, 150, Infinity],
  );
});
