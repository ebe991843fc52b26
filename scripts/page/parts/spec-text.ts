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
  /** Numbers written out with so many places behind the point, in place of all that float32 has. */
  readonly places?: number;
  /** How far a number may be off; 1e-6 unless said. */
  readonly within?: number;
}

/** Numbers that a reader of float32 reads back to the bit, or rounded to some places; whole ones as they are. */
function numbersText(data: ArrayLike<number>, places?: number): string {
  const rounded = (x: number): string => (places === undefined ? x.toPrecision(9) : x.toFixed(places));
  const text = (x: number): string => String(Number.isInteger(x) ? x : Number(rounded(x)));
  return `[${Array.from(data, text).join(", ")}]`;
}

/** The text of the spec. */
export function specText(look: SpecLook): string {
  const { about, name, uses, given, code, got, expected, places, within = 1e-6 } = look;
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
    ...(places === undefined ? [] : [`// rounded to ${places} places: results agree within ${within}`]),
    ...given.map(
      ([letter, M]) => `const ${letter} = matrix(${M.rows}, ${M.cols}, ${numbersText(M.data, places)});`,
    ),
    `const expected = ${numbersText(expected, places)};`,
    "",
    `test(${JSON.stringify(name)}, () => {`,
    ...code.map((line) => `  ${line}`),
    `  const got = ${got};`,
    "  assert.equal(got.length, expected.length);",
    "  expected.forEach((x, e) => {",
    `    assert.ok(Math.abs(got[e]! - x) < ${within}, \`number \${e}: \${got[e]}, expected \${x}\`);`,
    "  });",
    "});",
    "",
  ].join("\n");
}
