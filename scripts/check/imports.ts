/** What may import what, and in which form. */
import type { Check } from "./project.ts";

/** What may import what: a file imports from its own floor or a lower one. */
const FLOORS: Record<string, number> = {
  matrix: 0,
  graph: 1,
  kernels: 1,
  attention: 2,
  layers: 3,
  models: 4,
  gradients: 5,
  checkpoints: 5,
  simd: 6,
};

/** Imports of a `lib` file: one line each, named, relative, with `.ts`, never upwards. */
export function importProblems(file: string, text: string): string[] {
  const problems: string[] = [];
  const floor = (path: string): number => FLOORS[path.split("/")[1]!.replace(/\.ts$/, "")] ?? Infinity;
  text.split("\n").forEach((line, n) => {
    if (!/^\s*import\b|^export .* from /.test(line)) return;
    const match = /^import (?:type )?\{ [\w$, ]+ \} from "(\.{1,2}\/[\w./-]+\.ts)";$/.exec(line);
    if (match === null || / as /.test(line)) {
      problems.push(
        `${file}:${n + 1} an import is one line of names from a relative path with .ts: ${line.trim()}`,
      );
      return;
    }
    const target = new URL(match[1]!, `file:///${file}`).pathname.slice(1);
    if (floor(target) > floor(file)) {
      problems.push(`${file}:${n + 1} imports ${target}, which is on a higher floor`);
    }
  });
  return problems;
}

export const imports: Check = {
  name: "imports",
  run: ({ lib }) => ({ problems: lib.flatMap(({ file, text }) => importProblems(file, text)) }),
};
