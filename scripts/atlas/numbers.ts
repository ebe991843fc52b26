/** Weights and steps as numbers, for a reader who wants to redo them. */
import type { Phrase, Table } from "./entry.ts";
import type { Run } from "./run.ts";
import type { Style } from "./style.ts";
import { bold, dim } from "./style.ts";
import { columns, cut, pad, padLeft, wrap } from "./width.ts";
import { labelOf } from "./text.ts";
import { percent } from "./map.ts";
import { say } from "./strings.ts";

/** A matrix as numbers, as many rows and columns as fit. */
export function drawTable(style: Style, table: Table, mostRows: number, name: Phrase | undefined): string[] {
  const { lang } = style;
  const { values } = table;
  const finite = Array.from(values.data.subarray(0, Math.min(values.rows, mostRows) * values.cols)).filter(
    Number.isFinite,
  );
  const whole = finite.every(Number.isInteger);
  const share = finite.every((x) => x >= 0 && x <= 1.0000001);
  const format = (x: number): string =>
    Number.isFinite(x) ? x.toFixed(share ? 3 : whole ? 0 : 2) : x === -Infinity ? "-inf" : String(x);
  const labels = table.rows.map((word) => cut(labelOf(word), 10));
  const gutter = 3 + Math.max(0, ...labels.slice(0, mostRows).map(columns));
  const cell = 1 + finite.reduce((widest, x) => Math.max(widest, format(x).length), 5);
  const shownCols = Math.max(1, Math.min(values.cols, Math.floor((style.width - 2 - gutter) / cell)));
  const shownRows = Math.min(values.rows, mostRows);
  const title = `${name === undefined ? "" : `${name[lang]}: `}${table.title[lang]}   ${table.equation}`;
  const lines = wrap(title, style.width - 2).map((line) => bold(style, line));
  lines.push(
    " ".repeat(gutter) +
      table.cols
        .slice(0, shownCols)
        .map((word) => padLeft(cut(labelOf(word), cell - 1), cell))
        .join(""),
  );
  for (let i = 0; i < shownRows; i++) {
    let line = `${padLeft(String(i + 1), 2)} ${pad(labels[i]!, gutter - 3)}`;
    for (let j = 0; j < shownCols; j++) line += padLeft(format(values.data[i * values.cols + j]!), cell);
    lines.push(line);
  }
  const [moreRows, moreCols] = [values.rows - shownRows, values.cols - shownCols];
  const rest = [
    moreRows > 0 ? say("moreRows", lang, { count: moreRows }) : "",
    moreCols > 0 ? say("moreCols", lang, { count: moreCols }) : "",
  ]
    .join("  ")
    .trim();
  return rest === ""
    ? lines
    : [
        ...lines,
        ...wrap(rest, style.width - 2 - gutter).map((line) => " ".repeat(gutter) + dim(style, line)),
      ];
}

/** The first map once more in percent, if it fits, and why its densest cell is dense. */
export function numbersOf(style: Style, run: Run, several: boolean): string[] {
  const { lang } = style;
  const map = run.result.maps[0];
  if (map === undefined) return [];
  const lines: string[] = [];
  const { weights, rows, cols } = map;
  const labels = rows.map((word) => cut(labelOf(word), 14));
  const gutter = 3 + Math.max(0, ...labels.map(columns));
  if (weights.rows <= 24 && gutter + 4 * weights.cols + 8 <= style.width - 2) {
    const name = several ? `${run.name[lang]}: ${map.title[lang]}` : map.title[lang];
    lines.push("", bold(style, cut(say("inPercent", lang, { name }), style.width - 2)));
    let head = " ".repeat(gutter);
    for (let j = 0; j < weights.cols; j++) head += padLeft(String(j + 1), 4);
    lines.push(`${head}  ${say("rowSum", lang)}`);
    for (let i = 0; i < weights.rows; i++) {
      let line = `${padLeft(String(i + 1), 2)} ${pad(labels[i]!, gutter - 3)}`;
      let sum = 0;
      for (let j = 0; j < weights.cols; j++) {
        const w = weights.data[i * weights.cols + j]!;
        sum += w;
        line += padLeft(w === 0 ? "." : (w * 100).toFixed(0), 4);
      }
      lines.push(`${line}  ${padLeft((sum * 100).toFixed(0), columns(say("rowSum", lang)))}`);
    }
  }
  if (map.scores === undefined) return lines;
  let best = -1;
  weights.data.forEach((w, e) => {
    if (w > 0 && (best < 0 || w > weights.data[best]!)) best = e;
  });
  if (best < 0) return lines;
  const i = Math.floor(best / weights.cols);
  const j = best % weights.cols;
  const row = Array.from(map.scores.data.subarray(i * weights.cols, (i + 1) * weights.cols)).filter(
    (s) => s > -Infinity,
  );
  const score = map.scores.data[best]!;
  const sum = row.reduce((total, s) => total + Math.exp(s - score), 0);
  const said = say("whyCell", lang, {
    i: i + 1,
    query: cut(labelOf(rows[i]!), 20),
    j: j + 1,
    key: cut(labelOf(cols[j]!), 20),
    weight: percent(weights.data[best]!),
    score: score.toFixed(2),
    mean: (row.reduce((total, s) => total + s, 0) / row.length).toFixed(2),
    sum: sum.toFixed(3),
    value: (1 / sum).toFixed(3),
  });
  return [...lines, "", bold(style, say("why", lang)), ...wrap(said, style.width - 2)];
}
