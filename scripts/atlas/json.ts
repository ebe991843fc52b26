/**
 * The same for a program: weights, checks, costs and shapes. −∞, NaN and ∞ have no number in JSON and become
 * null.
 */
import type { Matrix } from "../../lib/matrix.ts";
import type { Reading, Report } from "./run.ts";
import { FEATURES } from "./text.ts";

/** Nine digits tell every float32 apart. */
const digits = (x: number): number | null => (Number.isFinite(x) ? Number(x.toPrecision(9)) : null);

function rows(M: Matrix): (number | null)[][] {
  return Array.from({ length: M.rows }, (_, i) =>
    Array.from(M.data.subarray(i * M.cols, (i + 1) * M.cols), digits),
  );
}

/** What comes before the mechanisms; the object stays open. */
export function jsonHead(readings: readonly Reading[], seed: number): string {
  const texts = readings.map(({ name, words, total }) => ({ name, words, total }));
  const head = JSON.stringify({ atlas: 1, seed, features: FEATURES, trained: false, texts });
  return `${head.slice(0, -1)},"mechanisms":[`;
}

export function jsonOf({ entry, runs }: Report): string {
  const { id, name, about, document, file, equation, listing } = entry;
  return JSON.stringify({
    id,
    name,
    about,
    document,
    file,
    equation,
    ...(listing && { listing }),
    passed: runs.every(({ result }) => result.checks.every(({ pass }) => pass)),
    runs: runs.map((run) => ({
      name: run.name,
      queries: run.text.words,
      keys: run.memory.words,
      shapes: run.result.shapes,
      maps: run.result.maps.map(
        ({ title, weights, rows: rowLabels, cols: colLabels, scores, reason, legend }) => ({
          title,
          rows: rowLabels,
          cols: colLabels,
          weights: rows(weights),
          ...(scores && { scores: rows(scores) }),
          ...(reason && {
            reason: rowLabels.map((_, i) => colLabels.map((_, j) => reason(i, j)).join("")),
            legend,
          }),
        }),
      ),
      checks: run.result.checks.map((check) => ({
        ...check,
        ...(check.deviation !== undefined && { deviation: digits(check.deviation) }),
      })),
      costs: run.result.costs,
      tables: (run.result.tables ?? []).map((table) => ({
        title: table.title,
        equation: table.equation,
        rows: table.rows,
        cols: table.cols,
        values: rows(table.values),
      })),
      notes: run.result.notes ?? [],
      ...(run.result.answers && { answers: run.result.answers }),
      ...(run.result.drawings && {
        drawings: run.result.drawings.map((group) =>
          group.map(({ title, kind, values }) => ({ title, kind, values: rows(values) })),
        ),
      }),
    })),
  });
}

export function jsonTail(passed: boolean): string {
  return `],"passed":${passed}}\n`;
}
