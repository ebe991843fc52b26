/**
 * `npm run check` after the type checks: the rules of the house over the whole tree. Prints every place that
 * breaks one, then the figures, and exits 1 if a rule is broken.
 */
import type { Check } from "./check/project.ts";
import { anchors } from "./check/anchors.ts";
import { blocks, missing, persons } from "./check/docstrings.ts";
import { counts, pages, tables } from "./check/pages.ts";
import { equationColumns, equations } from "./check/equations.ts";
import { flow, legends, letters, matrices } from "./check/shapes.ts";
import { excerpts } from "./check/excerpts.ts";
import { figuresOnPages } from "./check/figures.ts";
import { form } from "./check/form.ts";
import { formulas } from "./check/formulas.ts";
import { given } from "./given.ts";
import { imports } from "./check/imports.ts";
import { japanese } from "./check/japanese.ts";
import { languages } from "./check/languages.ts";
import { manifest } from "./check/manifest.ts";
import { numbers } from "./check/numbers.ts";
import { pageIsMade } from "./check/page.ts";
import { readProject } from "./check/project.ts";
import { simd } from "./check/simd.ts";
import { sources } from "./check/sources.ts";
import { statements, width } from "./check/width.ts";
import { terms } from "./check/terms.ts";

const CHECKS: readonly Check[] = [
  form,
  imports,
  simd,
  width,
  statements,
  equations,
  equationColumns,
  blocks,
  missing,
  persons,
  letters,
  flow,
  legends,
  matrices,
  manifest,
  pages,
  counts,
  tables,
  pageIsMade,
  anchors,
  excerpts,
  formulas,
  figuresOnPages,
  languages,
  japanese,
  terms,
  numbers,
  sources,
];

given({});
const project = readProject();
let broken = 0;
for (const { name, run } of CHECKS) {
  const { problems, figures = [] } = run(project);
  broken += problems.length;
  for (const problem of problems) console.error(`✖ ${problem}`);
  console.log(problems.length === 0 ? `✓ ${name}` : `✖ ${name}: ${problems.length} problems`);
  for (const figure of figures) console.log(`    ${figure}`);
}
process.exitCode = broken === 0 ? 0 : 1;
