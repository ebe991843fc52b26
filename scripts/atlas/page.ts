/** What a person reads: the overview, one mechanism large, help and list. Every line fits the width. */
import type { Check, Entry, Phrase, Table } from "./entry.ts";
import type { Language } from "./strings.ts";
import type { Reading, Report, Run } from "./run.ts";
import { GENERAL } from "./arguments.ts";
import { blockNote, drawMap, legend, percent, roomFor, SEVERAL, summarise, topOf } from "./map.ts";
import { MULTIPLY_ADDS, PAIRS } from "./entry.ts";
import { costsOf } from "./run.ts";
import { DOCUMENTS, say } from "./strings.ts";
import { drawPicture } from "./picture.ts";
import { FEATURES, labelOf } from "./text.ts";
import { beside, columns, cut, labelled, pad, padLeft, wrap } from "./width.ts";

export interface Style {
  readonly lang: Language;
  readonly width: number;
  readonly colour: boolean;
}

/** Rows and columns of a map before it is summarised by blocks. */
const MOST_CELLS = { small: 24, large: 64 };

const paint = (style: Style, code: string, text: string): string => (style.colour && text !== "" ? `\x1b[${code}m${text}\x1b[0m` : text);
const bold = (style: Style, text: string): string => paint(style, "1", text);
const dim = (style: Style, text: string): string => paint(style, "2", text);

const indented = (lines: readonly string[], by: number = 2): string[] => lines.map((line) => (line === "" ? "" : " ".repeat(by) + line));

/** 1234567 → "1,234,567" */
export function grouped(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A small number in few characters: 5.96e-8, 1e-6, 0.031, 0. */
export function short(x: number): string {
  if (x === 0 || Number.isNaN(x)) return String(x);
  const text = Math.abs(x) < 1e-3 ? x.toExponential(1) : String(Number(x.toPrecision(2)));
  return text.replace(/\.0e/, "e");
}

/** Both names, the interface's language first. */
function nameOf(entry: Entry, lang: Language): string {
  const { en, ja } = entry.name;
  return lang === "ja" ? `${ja} / ${en}` : `${en} / ${ja}`;
}

/** Chunks in lines, broken only between chunks. */
function flow(chunks: readonly string[], width: number, gap: string = "   "): string[] {
  const lines: string[] = [];
  for (const chunk of chunks) {
    const last = lines[lines.length - 1];
    if (last !== undefined && columns(last + gap + chunk) <= width) lines[lines.length - 1] = last + gap + chunk;
    else lines.push(...wrap(chunk, width));
  }
  return lines;
}

/** Columns for a section's name. */
const GUTTER = 9;

/** A section whose first line carries its name. */
function section(style: Style, name: string, lines: readonly string[]): string[] {
  return lines.map((line, l) => (l === 0 ? bold(style, pad(name, GUTTER)) : " ".repeat(GUTTER)) + line);
}

const room = (style: Style): number => style.width - 2 - GUTTER;

/** How to read the maps of a mechanism that reads no words. */
const OTHER_INPUTS = { picture: "howToReadPicture", lines: "howToReadLines" } as const;

/** The beginning, before any mechanism. `input`: that of the only one. */
export function introduction(style: Style, readings: readonly Reading[], seed: number, count: number, input: Entry["input"]): string[] {
  const { lang, width } = style;
  const lines = [bold(style, say("title", lang)), ""];
  if (count > 1) lines.push(...indented(wrap(say("promise", lang, { count }), width - 2)), "");
  if (input === "picture" || input === "lines") {
    return [...lines, ...indented(wrap(say(OTHER_INPUTS[input], lang), width - 2)), "", ...indented(wrap(say("howChecked", lang), width - 2))];
  }
  readings.forEach((reading) => lines.push(...indented(textLines(style, reading))));
  lines.push("");
  lines.push(...indented(wrap(say("untrained", lang, { features: FEATURES, seed }), width - 2)), "");
  lines.push(...indented(wrap(say("howToRead", lang), width - 2)));
  const more = [say("howChecked", lang), ...(readings.length < 2 ? [] : [say(count > 1 ? "numbersFirst" : "numbersOrder", lang)])];
  lines.push("", ...indented(wrap(more.join(lang === "ja" ? "" : " "), width - 2)));
  return lines;
}

/** A text's words, up to three lines of them, and how many there are. */
function textLines(style: Style, { name, words, total }: Reading): string[] {
  const count = total > words.length ? say("wordsUsed", style.lang, { used: grouped(words.length), count: grouped(total) }) : say("wordCount", style.lang, { count: grouped(total) });
  const label = `${name[style.lang]}  `;
  const all = wrap(words.slice(0, 200).map((word) => cut(labelOf(word), 24)).join(" "), Math.max(8, style.width - 5 - columns(label)));
  const lines = all.length > 3 ? [...all.slice(0, 2), `${all[2]} ..`] : all;
  const listed = lines.map((line, l) => (l === 0 ? bold(style, label) : " ".repeat(columns(label))) + line);
  const last = listed[listed.length - 1] ?? label;
  if (columns(last) + 2 + columns(count) <= style.width - 2) return [...listed.slice(0, -1), `${last}  ${dim(style, count)}`];
  return [...listed, ...wrap(count, style.width - 2 - columns(label)).map((line) => " ".repeat(columns(label)) + dim(style, line))];
}

export function chapter(style: Style, document: string): string[] {
  return [paint(style, "1;7", wrap(say("document", style.lang, { name: document, title: DOCUMENTS[document]?.[style.lang] ?? document }), style.width)[0]!)];
}

/** One mechanism: compact in the overview, or large. */
export function page(style: Style, { entry, runs, checks }: Report, number: number, large: boolean): string[] {
  const { lang, width } = style;
  const several = runs.length > 1;
  const counted = large ? runs : runs.slice(0, 1); // the overview gives the numbers of the first text
  const lines = [...heading(style, `${number}  ${nameOf(entry, lang)}`), "", ...indented(wrap(entry.about[lang], width - 2)), ""];
  lines.push(...equations(style, entry.equation), "");

  const shapes = (runs[0]?.result.shapes ?? []).map(({ name, letters }, s) => {
    const values = counted.map(({ result }) => `(${result.shapes[s]?.numbers.map(grouped).join(", ") ?? ""})`);
    return `${name} (${letters}) = ${[...new Set(values)].join(" | ")}`;
  });
  lines.push(...indented(section(style, say("shapes", lang), flow(shapes, room(style)))), "");
  const answers = runs.flatMap(({ result }) => result.answers ?? []).map(({ given, answer }) => `${cut(given, room(style) - columns(answer) - 4)} → ${bold(style, answer)}`);
  if (answers.length > 0) lines.push(...indented(section(style, say("answers", lang), answers)), "");
  lines.push(...indented(maps(style, runs, large, several)));
  for (const { result } of runs) {
    for (const group of (result.drawings ?? []).slice(0, large ? undefined : 2)) lines.push(...indented(beside(group.map((one) => drawPicture(one, lang, style.colour)), width - 2)), "");
  }

  lines.push(...indented(section(style, say("checks", lang), checks.flatMap((check) => checkLines(style, check)))));
  const costs = costsOf(counted).map(({ cost, values }) => `${cost.label[lang]} ${[...new Set(values.map(grouped))].join(" | ")} = ${cost.formula}`);
  lines.push(...indented(section(style, say("cost", lang), costs.flatMap((cost) => wrap(cost, room(style))))));
  const notes = new Map<string, string>();
  for (const { result } of runs) for (const note of result.notes ?? []) notes.set(note.en, note[lang]);
  lines.push(...indented(section(style, say("note", lang), [...notes.values()].flatMap((note) => wrap(note, room(style))))));
  const code = large ? [entry.file] : [entry.file, say("large", lang, { command: `npm start -- ${entry.id}` })];
  lines.push(...indented(section(style, say("code", lang), flow(code, room(style)))));
  if (large) {
    lines.push(...indented(section(style, say("options", lang), definitions({ ...style, width: room(style) + 2 }, optionLines(entry, lang)))));
  }

  const shown = large ? runs : runs.slice(0, 1);
  for (const run of shown) {
    for (const table of run.result.tables ?? []) if (large || table.detail !== true) lines.push("", ...indented(drawTable(style, table, large ? 24 : 4, several ? run.name : undefined)));
  }
  if (large) for (const run of runs) lines.push(...indented(numbersOf(style, run, several)));
  return lines;
}

function heading(style: Style, text: string): string[] {
  const [first = "", ...rest] = wrap(text, style.width - 6);
  const line = `== ${first} `;
  return [bold(style, line + "=".repeat(Math.max(0, style.width - columns(line)))), ...rest.map((more) => bold(style, `   ${more}`))];
}

/** The equations, their numbers in one column: the numbers that end the lines of code that compute them. A long line breaks between equations. */
function equations(style: Style, lines: readonly string[]): string[] {
  const apart = lines.map((line) => {
    const [, equation = line, number = ""] = /^(.*?)\s+(\(\w+\))$/.exec(line) ?? [];
    return { equation, number };
  });
  const most = style.width - 4 - 2 - Math.max(0, ...apart.map(({ number }) => number.length));
  const broken = apart.map(({ equation, number }) => {
    const parts = columns(equation) <= most ? [equation] : equation.split(/(?<=,)  /).flatMap((part) => wrap(part, most));
    return { parts, number };
  });
  const widest = Math.max(...broken.flatMap(({ parts }) => parts.map(columns)));
  return broken.flatMap(({ parts, number }) =>
    parts.map((part, p) => {
      const numbered = p === parts.length - 1 && number !== "";
      return `    ${paint(style, "36", numbered ? pad(part, widest) : part)}${numbered ? `  ${dim(style, number)}` : ""}`;
    }),
  );
}

function maps(style: Style, runs: readonly Run[], large: boolean, several: boolean): string[] {
  const { lang, colour } = style;
  const width = style.width - 2;
  const most = MOST_CELLS[large ? "large" : "small"];
  const all = runs.flatMap(({ name, text, memory, result }) => result.maps.map((map) => ({ map, title: several || text !== memory ? `${name[lang]}: ${map.title[lang]}` : map.title[lang] })));
  if (all.length === 0) return [];
  const summaries = all.map(({ map }) => summarise(map, { rows: most, cols: Math.min(most, roomFor(map, width, large)) }));
  const top = topOf(summaries);
  const drawing = { top, colour, large, width, bold: (text: string): string => bold(style, text) };
  const lines = beside(all.map(({ title }, m) => drawMap(summaries[m]!, title, say("axes", lang), drawing)), width);
  lines.push("");
  const uniform = [...new Set(all.map(({ map }, m) => percent(map.weights.cols === 0 ? 0 : summaries[m]!.block.cols / map.weights.cols)))];
  const ramp = flow(legend(top, colour, say("nothing", lang)), room(style), "  ");
  lines.push(...section(style, say("legend", lang), [...ramp, ...wrap(say("uniform", lang, { values: uniform.join(" | ") }), room(style))]));
  const legends = new Map<string, string>();
  for (const { map } of all) for (const { glyph, meaning } of map.legend ?? []) legends.set(glyph, meaning[lang]);
  const blocked = summaries.filter(({ block }) => block.rows > 1 || block.cols > 1);
  if (legends.size > 0 && blocked.length > 0) legends.set(SEVERAL, say("several", lang));
  lines.push(...section(style, say("reasons", lang), flow([...legends].map(([glyph, meaning]) => `${glyph} ${meaning}`), room(style))));
  const notes = new Set(blocked.map((summary) => blockNote(summary)![lang]));
  for (const note of notes) lines.push(...section(style, say("note", lang), wrap(note, room(style))));
  return [...lines, ""];
}

function checkLines(style: Style, { label, pass, deviation, limit, detail }: Check): string[] {
  const { lang } = style;
  const measured = deviation === undefined || limit === undefined ? "" : limit === 0 && deviation === 0 ? say("exactly", lang) : `${short(deviation)} ${deviation <= limit ? "≤" : ">"} ${short(limit)}`;
  const remark = [detail?.[lang] ?? "", measured].filter((part) => part !== "").join("; ");
  const mark = pass ? paint(style, "32", "✓") : paint(style, "1;31", `✗ ${say("failed", lang)}`);
  const lines = labelled(`${mark} `, label[lang], room(style));
  if (remark === "") return lines;
  const last = lines[lines.length - 1]!;
  if (columns(last) + 2 + columns(remark) <= room(style)) return [...lines.slice(0, -1), `${last}  ${dim(style, remark)}`];
  return [...lines, ...wrap(remark, room(style) - 2).map((line) => `  ${dim(style, line)}`)];
}

/** A matrix as numbers, as many rows and columns as fit. */
export function drawTable(style: Style, table: Table, mostRows: number, name: Phrase | undefined): string[] {
  const { lang } = style;
  const { values } = table;
  const finite = Array.from(values.data.subarray(0, Math.min(values.rows, mostRows) * values.cols)).filter(Number.isFinite);
  const whole = finite.every(Number.isInteger);
  const share = finite.every((x) => x >= 0 && x <= 1.0000001);
  const format = (x: number): string => (Number.isFinite(x) ? x.toFixed(share ? 3 : whole ? 0 : 2) : x === -Infinity ? "-inf" : String(x));
  const labels = table.rows.map((word) => cut(labelOf(word), 10));
  const gutter = 3 + Math.max(0, ...labels.slice(0, mostRows).map(columns));
  const cell = 1 + finite.reduce((widest, x) => Math.max(widest, format(x).length), 5);
  const shownCols = Math.max(1, Math.min(values.cols, Math.floor((style.width - 2 - gutter) / cell)));
  const shownRows = Math.min(values.rows, mostRows);
  const title = `${name === undefined ? "" : `${name[lang]}: `}${table.title[lang]}   ${table.equation}`;
  const lines = wrap(title, style.width - 2).map((line) => bold(style, line));
  lines.push(" ".repeat(gutter) + table.cols.slice(0, shownCols).map((word) => padLeft(cut(labelOf(word), cell - 1), cell)).join(""));
  for (let i = 0; i < shownRows; i++) {
    let line = `${padLeft(String(i + 1), 2)} ${pad(labels[i]!, gutter - 3)}`;
    for (let j = 0; j < shownCols; j++) line += padLeft(format(values.data[i * values.cols + j]!), cell);
    lines.push(line);
  }
  const more = [values.rows > shownRows ? say("moreRows", lang, { count: values.rows - shownRows }) : "", values.cols > shownCols ? say("moreCols", lang, { count: values.cols - shownCols }) : ""];
  const rest = more.filter((part) => part !== "").join("  ");
  return rest === "" ? lines : [...lines, ...wrap(rest, style.width - 2 - gutter).map((line) => " ".repeat(gutter) + dim(style, line))];
}

/** The first map once more in percent, if it fits, and why its densest cell is dense. */
function numbersOf(style: Style, run: Run, several: boolean): string[] {
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
  const row = Array.from(map.scores.data.subarray(i * weights.cols, (i + 1) * weights.cols)).filter((s) => s > -Infinity);
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

/** The end of the overview, which is what a terminal shows first: every mechanism in one line, and where to go next. */
export function closing(style: Style, reports: readonly Report[]): string[] {
  const { lang, width } = style;
  const lines = [...heading(style, say("summary", lang)), ""];
  const rows = reports.map(({ entry, runs, checks }, r) => {
    const passed = checks.filter(({ pass }) => pass).length;
    const count = (label: Phrase): string => {
      const cost = runs[0]?.result.costs.find((one) => one.label.en === label.en);
      return cost === undefined ? "" : grouped(cost.value);
    };
    return [`${padLeft(String(r + 1), 2)} ${entry.id}`, `${passed === checks.length ? "✓" : "✗"} ${passed}/${checks.length}`, count(PAIRS), count(MULTIPLY_ADDS)];
  });
  const head = [`   ${say("summaryHead", lang)}`, say("checks", lang), PAIRS[lang], MULTIPLY_ADDS[lang]];
  const widths = head.map((cell, c) => Math.max(columns(cell), ...rows.map((row) => columns(row[c]!))));
  while (widths.length > 2 && widths.reduce((sum, w) => sum + w + 2, 0) > width) widths.pop(); // the last column goes when there is no room
  for (const row of [head, ...rows]) {
    const line = widths.map((wide, c) => (c === 0 ? pad(row[c]!, wide) : padLeft(row[c]!, wide))).join("  ");
    lines.push(...indented([cut(line, width - 2)]));
  }
  lines.push("", ...indented(verdict(style, reports)), "");
  const command = lang === "ja" ? "npm start -- --lang en" : "npm start -- --lang ja";
  const sentence = lang === "ja" ? "すもももももももものうち" : "Time flies like an arrow";
  const next: [string, string][] = [
    [`npm start -- multi-head --text "${sentence}"`, say("nextOne", lang)],
    ["npm start -- --file notes.txt", say("nextFile", lang)],
    [command, say("nextLanguage", lang)],
    ["npm start -- --help", say("nextHelp", lang)],
  ];
  lines.push(...indented(definitions(style, next)));
  return lines;
}

/** One line that says whether everything held. */
export function verdict(style: Style, reports: readonly Report[]): string[] {
  const all = reports.flatMap(({ checks }) => checks);
  const failed = all.filter(({ pass }) => !pass).length;
  const said = failed === 0 ? say("allPassed", style.lang, { passed: all.length }) : say("someFailed", style.lang, { failed, total: all.length });
  return wrap(said, style.width - 2).map((line) => paint(style, failed === 0 ? "1;32" : "1;31", line));
}

/** Terms in one column and what they mean in another; below each other when that would be too narrow. */
function definitions(style: Style, pairs: readonly (readonly [string, string])[]): string[] {
  const widest = Math.max(0, ...pairs.map(([term]) => columns(term)));
  const left = style.width - 2 - widest - 2;
  return pairs.flatMap(([term, meaning]) => {
    if (left >= 24) return labelled(`${bold(style, pad(term, widest))}  `, meaning, style.width - 2);
    return [...wrap(term, style.width - 2).map((line) => bold(style, line)), ...indented(wrap(meaning, style.width - 6), 4)];
  });
}

export function list(style: Style, entries: readonly Entry[]): string[] {
  return definitions({ ...style, width: style.width + 2 }, entries.map((entry) => [entry.id, nameOf(entry, style.lang)] as const));
}

/** How to call the atlas: its options, and every mechanism with its own. */
export function help(style: Style, entries: readonly Entry[]): string[] {
  const { lang } = style;
  const general = Object.entries(GENERAL)
    .filter(([name]) => name !== "no-color")
    .map(([name, { value, help: key, fallback }]) => {
      const meaning = say(key, lang) + (fallback === undefined ? "" : ` (${say("optionDefault", lang, { value: fallback })})`);
      return [name === "color" ? "--color --no-color" : `--${name}${value === "" ? "" : ` ${value}`}`, meaning] as const;
    });
  return [
    bold(style, say("title", lang)),
    "",
    ...labelled(`${say("usage", lang)}: `, say("usageLine", lang), style.width),
    ...indented(wrap(say("usageAbout", lang), style.width - 2)),
    "",
    bold(style, say("generalOptions", lang)),
    ...indented(definitions(style, general)),
    "",
    bold(style, say("mechanisms", lang)),
    ...entries.flatMap((entry) => [
      ...labelled(`  ${bold(style, entry.id)}  `, nameOf(entry, lang), style.width),
      ...indented(definitions({ ...style, width: style.width - 4 }, optionLines(entry, lang)), 6),
    ]),
    "",
    ...wrap(say("exits", lang), style.width),
  ];
}

/** An entry's own options, and what each is for. */
function optionLines(entry: Entry, lang: Language): [string, string][] {
  return Object.entries(entry.options ?? {}).map(([name, { value, help: about, fallback }]) => [`--${name} ${value}`, `${about[lang]} (${say("optionDefault", lang, { value: String(fallback) })})`]);
}
