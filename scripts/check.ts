/**
 * `npm run check` after the type checks: the rules of the house over the whole tree. Prints every place that
 * breaks one, then the figures, and exits 1 if a rule is broken.
 */
import type { Check } from "./check/project.ts";
import { blocks, missing, persons } from "./check/docstrings.ts";
import { counts, pages, tables } from "./check/pages.ts";
import { equationColumns, equations } from "./check/equations.ts";
import { flow, legends, letters, matrices } from "./check/shapes.ts";
import { form } from "./check/form.ts";
import { imports } from "./check/imports.ts";
import { manifest } from "./check/manifest.ts";
import { readProject } from "./check/project.ts";
import { simd } from "./check/simd.ts";
import { statements, width } from "./check/width.ts";

const CHECKS: readonly Check[] = [form, imports, simd, equations, manifest, pages, counts, tables];

/** Rules that are printed and counted, but do not fail yet. */
const COMING: readonly Check[] = [
  width,
  statements,
  equationColumns,
  blocks,
  missing,
  persons,
  letters,
  flow,
  legends,
  matrices,
];

const project = readProject();
let broken = 0;
for (const check of [...CHECKS, ...COMING]) {
  const { problems, figures = [] } = check.run(project);
  const mark = problems.length === 0 ? "✓" : COMING.includes(check) ? "!" : "✖";
  if (mark === "✖") broken += problems.length;
  for (const problem of problems) console.error(`${mark} ${problem}`);
  console.log(`${mark} ${check.name}: ${problems.length === 0 ? "in order" : `${problems.length} problems`}`);
  for (const figure of figures) console.log(`    ${figure}`);
}
process.exitCode = broken === 0 ? 0 : 1;
