/**
 * The same for a program: weights, checks, costs and shapes. −∞, NaN and ∞ have no number in JSON and become
 * null.
 */
import type { Matrix } from "../../lib/matrix.ts";
import type { Reading, Report } from "./run.ts";
import { FEATURES } from "./text.ts";

/** Nine digits tell every float32 apart. */
const digits = (x: number): number | null => (Number.isFinite(x) ? Number(x.toPrecision(9)) : null);

/** A matrix row by row: the text of a large one is never held as a whole. */
function* rows(M: Matrix): Generator<string> {
  for (let i = 0; i < M.rows; i++) {
    const row = Array.from(M.data.subarray(i * M.cols, (i + 1) * M.cols), digits);
    yield `${i === 0 ? "[" : ","}${JSON.stringify(row)}`;
  }
  yield M.rows === 0 ? "[]" : "]";
}

/** A text's name, its words used, and how many there were. */
type ReadText = Pick<Reading, "name" | "words" | "total">;

/** The texts that a mechanism read: lines or a picture have none of the words that the others read. */
export function readBy({ entry, runs }: Report, readings: readonly Reading[]): ReadText[] {
  if (entry.input === "picture") return [];
  if (entry.input !== "lines" && !runs.some(({ own }) => own)) return [...readings];
  return runs.map(({ name, text: { words } }) => ({ name, words, total: words.length }));
}

/** What comes before the mechanisms; the object stays open. */
export function jsonHead(readings: readonly ReadText[], seed: number): string {
  const texts = readings.map(({ name, words, total }) => ({ name, words, total }));
  const head = JSON.stringify({ atlas: 1, seed, features: FEATURES, texts });
  return `${head.slice(0, -1)},"mechanisms":[`;
}

/** Whether every map of a mechanism is of weights that have learned something. */
function isTrained({ runs }: Report): boolean {
  return runs.every(({ result }) => result.trained !== undefined);
}

/** One mechanism, part by part. */
export function* jsonOf(told: Report, readings: readonly Reading[]): Generator<string> {
  const { entry, runs } = told;
  const { id, name, about, document, file, equation, listing } = entry;
  const head = JSON.stringify({
    id,
    name,
    about,
    document,
    file,
    equation,
    ...(listing && { listing }),
    trained: isTrained(told),
    texts: readBy(told, readings).map(({ name: title, words, total }) => ({ name: title, words, total })),
    passed: runs.every(({ result }) => result.checks.every(({ pass }) => pass)),
  });
  yield `${head.slice(0, -1)},"runs":[`;
  for (const [r, run] of runs.entries()) {
    const { result } = run;
    const start = JSON.stringify({
      name: run.name,
      ...(result.trained && { weights: result.trained }),
      queries: run.text.words,
      keys: run.memory.words,
      shapes: result.shapes,
    });
    yield `${r === 0 ? "" : ","}${start.slice(0, -1)},"maps":[`;
    for (const [m, map] of result.maps.entries()) {
      const { title, weights, rows: rowLabels, cols: colLabels, scores, reason, legend } = map;
      const labels = JSON.stringify({
        title,
        rows: rowLabels,
        cols: colLabels,
        ...(reason && {
          reason: rowLabels.map((_, i) => colLabels.map((_, j) => reason(i, j)).join("")),
          legend,
        }),
      });
      yield `${m === 0 ? "" : ","}${labels.slice(0, -1)},"weights":`;
      yield* rows(weights);
      if (scores) {
        yield ',"scores":';
        yield* rows(scores);
      }
      yield "}";
    }
    const rest = JSON.stringify({
      checks: result.checks.map((check) => ({
        ...check,
        ...(check.deviation !== undefined && { deviation: digits(check.deviation) }),
      })),
      costs: result.costs,
      notes: result.notes ?? [],
      ...(result.answers && { answers: result.answers }),
    });
    yield `],${rest.slice(1, -1)},"tables":[`;
    for (const [t, table] of (result.tables ?? []).entries()) {
      const { title, rows: rowLabels, cols } = table;
      const labels = JSON.stringify({ title, equation: table.equation, rows: rowLabels, cols });
      yield `${t === 0 ? "" : ","}${labels.slice(0, -1)},"values":`;
      yield* rows(table.values);
      yield "}";
    }
    yield "]";
    if (result.drawings) {
      const drawn = result.drawings.map((group) =>
        group.map(({ title, kind, values }) => ({
          title,
          kind,
          values: JSON.parse([...rows(values)].join("")) as unknown,
        })),
      );
      yield `,"drawings":${JSON.stringify(drawn)}`;
    }
    yield "}";
  }
  yield "]}";
}

export function jsonTail(passed: boolean, reports: readonly Report[]): string {
  return `],"trained":${reports.every(isTrained)},"passed":${passed}}\n`;
}
