/** What a scene shows as a spec: a few lines of TypeScript that node:test runs against the library. */
import type { Matrix } from "../../../lib/matrix.ts";

export interface SpecLook {
  /** What is attended to, in a comment. */
  readonly about: string;
  readonly name: string;
  /** The names that are imported from each module of the package; "matrix" comes by itself. */
  readonly uses: Readonly<Record<string, string>>;
  /** Matrices whose numbers are written out. */
  readonly given: readonly (readonly [string, Matrix])[];
  /** The lines that compute. */
  readonly code: readonly string[];
  /** What they have computed: an expression for a list of numbers. */
  readonly got: string;
  readonly expected: ArrayLike<number>;
}

/** Numbers that a reader of float32 reads back to the bit; whole ones as they are. */
function numbersText(data: ArrayLike<number>): string {
  const text = (x: number): string => String(Number.isInteger(x) ? x : Number(x.toPrecision(9)));
  return `[${Array.from(data, text).join(", ")}]`;
}

/** The text of the spec. */
export function specText({ about, name, uses, given, code, got, expected }: SpecLook): string {
  const modules: Record<string, string> = { ...uses };
  if (given.length > 0) {
    const names = (modules["matrix"] ?? "").split(", ").filter((one) => one !== "");
    modules["matrix"] = [...names, "matrix"].sort().join(", ");
  }
  const from = ([module, names]: readonly [string, string]): string =>
    ["import { ", names, ' } from "attention-by-hand/', module, '";'].join("");
  return [
    `/** ${about.replace(/\*\//g, "* /")} */`,
    'import assert from "node:assert/strict";',
    'import { test } from "node:test";',
    ...Object.entries(modules).map(from),
    "",
    ...given.map(([letter, M]) => `const ${letter} = matrix(${M.rows}, ${M.cols}, ${numbersText(M.data)});`),
    `const expected = ${numbersText(expected)};`,
    "",
    `test(${JSON.stringify(name)}, () => {`,
    ...code.map((line) => `  ${line}`),
    `  const got = ${got};`,
    "  assert.equal(got.length, expected.length);",
    "  expected.forEach((x, e) => {",
    "    assert.ok(Math.abs(got[e]! - x) < 1e-6, `number ${e}: ${got[e]}, expected ${x}`);",
    "  });",
    "});",
    "",
  ].join("\n");
}
