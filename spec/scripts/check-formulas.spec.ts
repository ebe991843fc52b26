import assert from "node:assert/strict";
import test from "node:test";
import { equationsOf, formulaProblems, formulasOf, plainOf, signsOf } from "../../scripts/check/formulas.ts";
import { readProject } from "../../scripts/check/project.ts";

test("LaTeX as plain text: fractions, roots, indices in either order, Greek", () => {
  for (const [latex, plain] of [
    [String.raw`\mathrm{softmax}\!\left(\frac{Q K^\top}{\sqrt{d_k}}\right) V`, "softmax(Q Kᵀ / √d_k) V"],
    [String.raw`x' = \left[\, f(x^l_{cls}) \,\|\, x^s_{patch} \,\right]`, "x' = [f(x_cls^l) ‖ x_patch^s]"],
    [String.raw`\frac{X_{ic} - \mu_i}{\sqrt{\sigma_i^2 + \varepsilon}}`, "(X[i,c] − μ_i) / √(σ²_i + ε)"],
  ] as const) {
    assert.equal(signsOf(plainOf(latex)), signsOf(plain), plainOf(latex));
  }
});

test("the formulas of the pages, each changed in each of its signs, are found", () => {
  const { pages, lib } = readProject();
  const here = formulaProblems(pages, lib);
  assert.deepEqual(here, []);
  const known = new Set(equationsOf(lib).map(signsOf));
  const all = pages.filter(({ file }) => !file.endsWith(".ja.md")).flatMap(formulasOf);
  const own = all.filter(({ plain }) => known.has(signsOf(plain)));
  assert.ok(own.length > 20, `${own.length} formulas are a docstring's to the letter`);
  for (const { page, plain } of own) {
    const text = `\`\`\`math\n${plain.replace(/=/, "= √")}\n\`\`\`\n`;
    const problems = formulaProblems([{ file: page, text }], lib).filter((problem) => problem.startsWith("docs/"));
    assert.equal(problems.length, 1, `${plain} with another sign is found`);
  }
});
