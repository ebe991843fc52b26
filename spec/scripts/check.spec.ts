import assert from "node:assert/strict";
import test from "node:test";
import { blockProblems, missingProblems, personProblems } from "../../scripts/check/docstrings.ts";
import { codeOf, widthOf } from "../../scripts/check/text.ts";
import { columnProblems, equationProblems } from "../../scripts/check/equations.ts";
import { countProblems, linkProblems } from "../../scripts/check/pages.ts";
import { declarationsOf, membersOf } from "../../scripts/check/declarations.ts";
import { formProblems, nameProblems } from "../../scripts/check/form.ts";
import { importProblems } from "../../scripts/check/imports.ts";
import { kernelsPage } from "../../scripts/kernels-readme.ts";
import { manifestProblems } from "../../scripts/check/manifest.ts";
import { readProject } from "../../scripts/check/project.ts";
import { statementProblems, statementsOf, widthProblems } from "../../scripts/check/width.ts";

const sound = `import type { Matrix } from "../matrix.ts";
import { mix } from "../kernels/mix.ts";

/**
 * Something (何か).
 *
 *     S = Q Kᵀ          (1)
 *     O = S V           (A2)
 *
 *     Q (n, d)   →   O (n, d)
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
  assert.match(
    equationProblems(file, broken("//  (A2)", "//  (A3)")).join("\n"),
    /\(A2\)[\s\S]*\(A3\)/,
  );
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

test("two files of lib do not declare one name", () => {
  const text = "function helper(): void {\n}\n";
  const twice = ["lib/a.ts", "lib/b.ts"].map((path) => ({ file: path, text }));
  assert.match(nameProblems(twice).join("\n"), /^lib\/b\.ts: helper is declared in lib\/a\.ts too/);
  assert.deepEqual(nameProblems(twice.slice(1)), []);
});

test("the code alone: comments and the insides of strings become spaces, at the same places", () => {
  const cases: readonly (readonly [string, string])[] = [
    ['f("a; b"); // c; d', 'f("    ");        '],
    ["/* a; */ b;", "         b;"],
    ["`a ${f(`;`)} ;` + c", "`             ` + c"],
    ["x = /;[/]'/g.test(y)", "x = /      /.test(y)"],
    ["a / b / c", "a / b / c"],
    ["'\\'' + \"\\\"\"", "'  ' + \"  \""],
  ];
  for (const [text] of cases) assert.equal(codeOf(text).length, text.length, text);
  for (const [text, code] of cases.filter(([one]) => !one.includes("/g"))) assert.equal(codeOf(text), code);
  assert.equal(codeOf(cases[3]![0]).includes(";"), false);
});

test("lines are at most 120 characters wide, whatever the number of bytes", () => {
  const wide = "字".repeat(120);
  assert.deepEqual([widthOf(wide), widthOf("é"), widthOf("😀")], [120, 1, 1]);
  assert.deepEqual(widthProblems(file, `// ok\n${wide}\n`), []);
  assert.match(widthProblems(file, `// ok\n${wide}字\n`)[0]!, /something\.ts:2 is 121 columns wide/);
});

test("one statement a line", () => {
  for (const line of [
    "for (let i = 0, e = 0; i < f(n); i++) {",
    "forward(Q: Matrix): { output: Matrix; weights: Matrix } {",
    "const f = (x: number): number => { return x; };",
    "if (a) return b;",
    "const { a, b } = c, d;".replace(", d", ""),
    "const fused = { allow: allow ?? ((): boolean => true), bias: 1 };",
    "type Both = { readonly a: number; readonly b?: { c: string; d: string } };",
  ])
    assert.equal(statementsOf(codeOf(line)).length, 1, line);
  for (const line of ["a(); b();", "if (a) { b(); c(); }", "const a = 1, b = 2;", "case 1: a(); break;"]) {
    assert.ok(statementsOf(codeOf(line)).length > 1, line);
    assert.equal(statementProblems(file, `${line}\n`).length, 1, line);
  }
});

test("a kernel may hold a table of like statements, and nobody else", () => {
  const table = "    s0 += a * B[k]!; s1 += a * B[k + 1]!;\n    s0 += b * B[k]!; s1 += b * B[k + 1]!;\n";
  assert.deepEqual(statementProblems("lib/kernels/matmul.ts", table), []);
  assert.equal(statementProblems("lib/attention/something.ts", table).length, 2);
  assert.equal(statementProblems("lib/kernels/matmul.ts", "    s0 += a; f(s0);\n").length, 1);
});

test("the number of an equation begins at column 90 at most", () => {
  const at = (column: number): string => `${"x;".padEnd(column - 1)}// (C3) (n, d)\n`;
  assert.deepEqual(columnProblems(file, at(90)), []);
  assert.match(columnProblems(file, at(91))[0]!, /begins at column 91/);
  assert.deepEqual(columnProblems(file, `${"字".repeat(87)}; // (1)\n`), []);
});

test("equations and shapes are blocks of docstrings: five spaces, an empty line before and after", () => {
  assert.deepEqual(blockProblems(file, sound), []);
  for (const [from, to, complaint] of [
    [" *     S = Q", " *   S = Q", /indented by 3 spaces/],
    [" *     O = S V  ", " * O = S V  ", /is an equation or a shape/],
    [" *     Q (n, d)", " * Q (n, d)", /is an equation or a shape/],
    ["(何か).\n *\n", "(何か).\n", /needs an empty line before/],
    [" *     Q (n, d)", " * and\n *     Q (n, d)", /needs an empty line before/],
    ["O (n, d)\n */", "O (n, d)\n * after\n */", /needs an empty line after/],
  ] as const)
    assert.match(blockProblems(file, broken(from, to)).join("\n"), complaint, to);
});

test("every forward and every random has a docstring", () => {
  assert.match(missingProblems(file, sound).join("\n"), /:\d+ Something\.forward has no docstring/);
  assert.deepEqual(missingProblems(file, broken("  forward", "  /** O and A. */\n  forward")), []);
  assert.deepEqual(missingProblems(file, broken("export class", "class")), []);
});

test("members are found with their docstrings, a head over several lines too", () => {
  const head = "  /** O. */\n  forward(\n    S: Matrix,\n    V: Matrix,\n  )";
  const text = broken("  forward(S: Matrix, V: Matrix)", head);
  const [member] = membersOf(declarationsOf(text)[0]!);
  assert.deepEqual([member!.name, member!.doc], ["forward", "  /** O. */"]);
  assert.ok(member!.body.endsWith("mix(same, V); //  (A2)\n  }"), member!.body);
});

test("nothing in a docstring does what only a person does", () => {
  for (const words of ["hears", "is handed", "asks", "stands again", "is blind", "knows"]) {
    const text = broken("Something (何か).", `Something that ${words} it.`);
    assert.match(
      personProblems(file, text).join("\n"),
      new RegExp(`"${words}" is what a person does`),
    );
  }
  assert.deepEqual(personProblems(file, sound), []);
});

test("links lead somewhere, and each page has its counterpart", () => {
  const pages = [{ file: "docs/a.md", text: "[b](b.md) [c](../lib/c.ts#L1) [d](https://d.example)" }];
  const exist = (...paths: string[]) => ({ pages, exists: (path: string): boolean => paths.includes(path) });
  assert.deepEqual(linkProblems(exist("docs/a.ja.md", "docs/b.md", "lib/c.ts")), []);
  assert.deepEqual(linkProblems(exist("docs/b.md")), [
    "docs/a.md has no counterpart docs/a.ja.md",
    "docs/a.md links to ../lib/c.ts, which does not exist",
  ]);
});

test("the READMEs' counts are those of today", () => {
  const readme = (file: string, text: string) => [{ file, text }];
  const counts = { mechanisms: 31, pitfalls: 51, "spec files": 7 };
  assert.deepEqual(countProblems(readme("README.md", "shows 31 mechanisms at work"), counts), []);
  assert.deepEqual(countProblems(readme("README.md", "shows 30 mechanisms at work"), counts), [
    "README.md says 30 mechanisms; there are 31",
  ]);
  assert.equal(countProblems(readme("README.ja.md", "32 の機構を順に見せます"), counts).length, 1);
  const row = "| [docs/pitfalls.md](docs/pitfalls.md) | 52 things people trip over |";
  assert.equal(countProblems(readme("README.md", row), counts).length, 1);
});

test("the package has no dependencies, three tools, and no addresses", () => {
  const tools = { "@types/node": "1", tsx: "1", typescript: "1" };
  const manifest = (more: object): string => JSON.stringify({ devDependencies: tools, ...more });
  assert.deepEqual(manifestProblems(manifest({}), "{}"), []);
  assert.match(manifestProblems(manifest({ dependencies: {} }), "{}")[0]!, /has dependencies/);
  assert.match(manifestProblems(manifest({ devDependencies: { tsx: "1" } }), "{}")[0]!, /has tsx/);
  assert.match(manifestProblems(manifest({}), '{"resolved":"…"}')[0]!, /addresses/);
});

test("the page of the kernels: name, Japanese term, the equation of the result, who uses it", () => {
  const lines = ["Norm (正規化).", "", "    μ = Σ |X|   (1)", "    Y[i] = X[i] − μ   (2)", "", "    X (n)   →   Y (n, d)"];
  const doc = `/**\n${lines.map((line) => ` * ${line}\n`.replace(/ +\n/, "\n")).join("")} */\n`;
  const kernel = `${doc}export function norm(X: Matrix): Matrix {\n}\nexport function checkX(): void {\n}\n`;
  const user = 'import { norm } from "../kernels/norm.ts";\n';
  const page = kernelsPage([
    { file: "lib/kernels/norm.ts", text: kernel },
    { file: "lib/models/b.ts", text: user },
    { file: "lib/attention/a.ts", text: user },
  ]);
  const users = "[a](../attention/a.ts), [b](../models/b.ts)";
  assert.ok(page.endsWith(`| [norm](norm.ts) | 正規化 | \`Y[i] = X[i] − μ\` | ${users} |\n`), page);
});

test("in all of lib: a change of one equation number is red", () => {
  let changed = 0;
  for (const { file: path, text } of readProject().lib) {
    for (const { doc, body } of declarationsOf(text)) {
      for (const match of doc.matchAll(/ {2,}\(([A-Z]?\d+[a-z]?|[A-Z])\)$/gm)) {
        const other = `${doc.slice(0, match.index)}  (77)${doc.slice(match.index + match[0].length)}`;
        assert.notDeepEqual(
          equationProblems(path, `${other}\n${body}\n`),
          [],
          `${path}: ${match[0]}`,
        );
        changed++;
      }
    }
  }
  assert.ok(changed > 200, `${changed} equations`);
});
