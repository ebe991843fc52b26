/** What a person reads about a mechanism: compact in the overview, or large. Every line fits the width. */
import type { Check } from "./entry.ts";
import type { Reading, Report, Run } from "./run.ts";
import type { Style } from "./style.ts";
import { DOCUMENTS, say } from "./strings.ts";
import { FEATURES, labelOf } from "./text.ts";
import { SEVERAL, blockNote, drawMap, legend, percent, roomFor, summarise, topOf } from "./map.ts";
import { beside, columns, cut, labelled, pad, padLeft, wrap } from "./width.ts";
import { bold, definitions, dim, flow, grouped, heading, indented, nameOf, paint, room } from "./style.ts";
import { section, short } from "./style.ts";
import { costsOf } from "./run.ts";
import { drawPicture } from "./picture.ts";
import { drawTable, numbersOf } from "./numbers.ts";
import { optionLines } from "./guide.ts";

/** Rows and columns of a map before it is summarised by blocks. */
const MOST_CELLS = { small: 24, large: 64 };

/** How to read the maps of a mechanism that reads no words. */
const OTHER_INPUTS = { picture: "howToReadPicture", lines: "howToReadLines" } as const;

/** The beginning, before any mechanism. `first`: what the first one told; the only one, if count is 1. */
export function introduction(
  style: Style,
  readings: readonly Reading[],
  seed: number,
  count: number,
  first: Report,
): string[] {
  const { lang, width } = style;
  const only = count === 1 ? first.entry : undefined;
  const input = only?.input;
  const more = say(style.colour ? "brighter" : "denser", lang);
  const own = count === 1 && first.runs.some((one) => one.own);
  const lines = [bold(style, say("title", lang)), ""];
  if (count > 1) lines.push(...indented(wrap(say("promise", lang, { count }), width - 2)), "");
  if (input === "picture" || input === "lines") {
    return [...lines, ...indented(wrap(say(OTHER_INPUTS[input], lang, { more }), width - 2))];
  }
  const listed = own
    ? first.runs.map(({ memory: { name, words } }) => ({ name, words, total: words.length }))
    : readings;
  listed.forEach((reading) => lines.push(...indented(textLines(style, reading))));
  const learned = count === 1 && first.runs.every(({ result }) => result.trained !== undefined);
  const vectors = only?.vectors?.[lang] ?? say("untrained", lang, { features: FEATURES, seed });
  const said = [
    ...(!learned || only?.vectors !== undefined ? [vectors] : []),
    say("howToRead", lang, { more }),
    ...(readings.length < 2 ? [] : [say(count > 1 ? "numbersFirst" : "numbersOrder", lang)]),
  ];
  return [...lines, ...indented(said.flatMap((line) => wrap(line, width - 2)))];
}

/** A text's words, up to three lines of them, and how many there are. */
function textLines(style: Style, reading: Pick<Reading, "name" | "words" | "total">): string[] {
  const { name, words, total } = reading;
  const count = say(total > words.length ? "wordsUsed" : "wordCount", style.lang, {
    used: grouped(words.length),
    count: grouped(total),
  });
  const label = `${name[style.lang]}  `;
  const all = wrap(
    words
      .slice(0, 200)
      .map((word) => cut(labelOf(word), 24))
      .join(" "),
    Math.max(8, style.width - 5 - columns(label)),
  );
  const lines = all.length > 3 ? [...all.slice(0, 2), `${all[2]} ..`] : all;
  const listed = lines.map((line, l) => (l === 0 ? bold(style, label) : " ".repeat(columns(label))) + line);
  const last = listed[listed.length - 1] ?? label;
  if (columns(last) + 2 + columns(count) <= style.width - 2) {
    return [...listed.slice(0, -1), `${last}  ${dim(style, count)}`];
  }
  return [
    ...listed,
    ...wrap(count, style.width - 2 - columns(label)).map(
      (line) => " ".repeat(columns(label)) + dim(style, line),
    ),
  ];
}

export function chapter(style: Style, document: string): string[] {
  return [
    paint(
      style,
      "1;7",
      wrap(
        say("document", style.lang, { name: document, title: DOCUMENTS[document]?.[style.lang] ?? document }),
        style.width,
      )[0]!,
    ),
  ];
}

/** One mechanism: compact in the overview, or large. */
export function page(
  style: Style,
  { entry, runs, checks }: Report,
  number: number,
  large: boolean,
): string[] {
  const { lang, width } = style;
  const several = runs.length > 1;
  const counted = large ? runs : runs.slice(0, 1); // the overview gives the numbers of the first text
  const lines = [
    ...heading(style, `${number}  ${nameOf(entry, lang)}`),
    "",
    ...indented(wrap(entry.about[lang], width - 2)),
    "",
  ];
  if (entry.listing !== undefined) {
    const digits = String(entry.listing.length).length;
    const numbered = entry.listing.flatMap((line, l) =>
      labelled(`${padLeft(String(l + 1), digits)}  `, line[lang], room(style)),
    );
    lines.push(...indented(section(style, say("layers", lang), numbered)), "");
  }
  lines.push(...equations(style, entry.equation), "");

  const shapes = (runs[0]?.result.shapes ?? []).map(({ name, letters }, s) => {
    const values = counted.map(
      ({ result }) => `(${result.shapes[s]?.numbers.map(grouped).join(", ") ?? ""})`,
    );
    return `${name} (${letters}) = ${[...new Set(values)].join(" | ")}`;
  });
  lines.push(...indented(section(style, say("shapes", lang), flow(shapes, room(style)))), "");
  const learned = runs.flatMap(({ result: { trained } }) => (trained ? [trained[lang]] : []));
  for (const weights of new Set(learned)) {
    lines.push(...indented(section(style, say("weightsSection", lang), wrap(weights, room(style)))), "");
  }
  const answers = runs
    .flatMap(({ result }) => result.answers ?? [])
    .map(({ given, answer }) => `${cut(given, room(style) - columns(answer) - 4)} → ${bold(style, answer)}`);
  if (answers.length > 0) lines.push(...indented(section(style, say("answers", lang), answers)), "");
  const drawn = indented(maps(style, runs, large, several));
  if (entry.input !== "picture") lines.push(...drawn);
  for (const { result } of runs) {
    for (const group of (result.drawings ?? []).slice(0, large ? undefined : 2)) {
      lines.push(
        ...indented(
          beside(
            group.map((one) => drawPicture(one, lang, style.colour)),
            width - 2,
          ),
        ),
        "",
      );
    }
  }
  if (entry.input === "picture") lines.push(...drawn);

  lines.push(
    ...indented(
      section(
        style,
        say("checks", lang),
        checks.flatMap((check) => checkLines(style, check)),
      ),
    ),
  );
  const costs = costsOf(counted).map(
    ({ cost, values }) =>
      `${cost.label[lang]} ${[...new Set(values.map(grouped))].join(" | ")} = ${cost.formula}`,
  );
  lines.push(
    ...indented(
      section(
        style,
        say("cost", lang),
        costs.flatMap((cost) => wrap(cost, room(style))),
      ),
    ),
  );
  const notes = new Map<string, string>();
  for (const { result } of runs) for (const note of result.notes ?? []) notes.set(note.en, note[lang]);
  lines.push(
    ...indented(
      section(
        style,
        say("note", lang),
        [...notes.values()].flatMap((note) => wrap(note, room(style))),
      ),
    ),
  );
  const code = large
    ? [entry.file]
    : [entry.file, say("large", lang, { command: `npm start -- ${entry.id}` })];
  lines.push(...indented(section(style, say("code", lang), flow(code, room(style)))));
  if (large) {
    lines.push(
      ...indented(
        section(
          style,
          say("options", lang),
          definitions({ ...style, width: room(style) + 2 }, optionLines(entry, lang)),
        ),
      ),
    );
  }

  const shown = large ? runs : runs.slice(0, 1);
  for (const run of shown) {
    const tables = (run.result.tables ?? []).filter(({ detail }) => large || detail !== true);
    for (const table of tables) {
      lines.push("", ...indented(drawTable(style, table, large ? 24 : 4, several ? run.name : undefined)));
    }
  }
  if (large) for (const run of runs) lines.push(...indented(numbersOf(style, run, several)));
  return lines;
}

/**
 * The equations, their numbers in one column: the numbers that end the lines of code that compute them. A
 * long line breaks between equations.
 */
function equations(style: Style, lines: readonly string[]): string[] {
  const apart = lines.map((line) => {
    const [, equation = line, number = ""] = /^(.*?)\s+(\(\w+\))$/.exec(line) ?? [];
    return { equation, number };
  });
  const most = style.width - 4 - 2 - Math.max(0, ...apart.map(({ number }) => number.length));
  const broken = apart.map(({ equation, number }) => {
    const parts =
      columns(equation) <= most ? [equation] : equation.split(/(?<=,)  /).flatMap((part) => wrap(part, most));
    return { parts, number };
  });
  const widest = Math.max(...broken.flatMap(({ parts }) => parts.map(columns)));
  return broken.flatMap(({ parts, number }) =>
    parts.map((part, p) => {
      const numbered = p === parts.length - 1 && number !== "";
      const text = paint(style, "36", numbered ? pad(part, widest) : part);
      return `    ${text}${numbered ? `  ${dim(style, number)}` : ""}`;
    }),
  );
}

function maps(style: Style, runs: readonly Run[], large: boolean, several: boolean): string[] {
  const { lang, colour } = style;
  const width = style.width - 2;
  const most = MOST_CELLS[large ? "large" : "small"];
  const all = runs.flatMap(({ name, text, memory, result }) => {
    const whose = several || text !== memory ? `${name[lang]}: ` : "";
    return result.maps.map((map) => ({ map, title: whose + map.title[lang] }));
  });
  if (all.length === 0) return [];
  const summaries = all.map(({ map }) =>
    summarise(map, { rows: most, cols: Math.min(most, roomFor(map, width, large)) }),
  );
  const top = topOf(summaries);
  const drawing = { top, colour, large, width, bold: (text: string): string => bold(style, text) };
  const lines = beside(
    all.map(({ title }, m) => drawMap(summaries[m]!, title, say("axes", lang), drawing)),
    width,
  );
  lines.push("");
  const uniform = [
    ...new Set(
      all.map(({ map }, m) =>
        percent(map.weights.cols === 0 ? 0 : summaries[m]!.block.cols / map.weights.cols),
      ),
    ),
  ];
  const ramp = flow(legend(top, colour, say("nothing", lang)), room(style), "  ");
  lines.push(
    ...section(style, say("legend", lang), [
      ...ramp,
      ...wrap(say("uniform", lang, { values: uniform.join(" | ") }), room(style)),
    ]),
  );
  const legends = new Map<string, string>();
  for (const { map } of all) {
    for (const { glyph, meaning } of map.legend ?? []) legends.set(glyph, meaning[lang]);
  }
  const blocked = summaries.filter(({ block }) => block.rows > 1 || block.cols > 1);
  if (legends.size > 0 && blocked.length > 0) legends.set(SEVERAL, say("several", lang));
  lines.push(
    ...section(
      style,
      say("reasons", lang),
      flow(
        [...legends].map(([glyph, meaning]) => `${glyph} ${meaning}`),
        room(style),
      ),
    ),
  );
  const notes = new Set(blocked.map((summary) => blockNote(summary)![lang]));
  for (const note of notes) lines.push(...section(style, say("note", lang), wrap(note, room(style))));
  return [...lines, ""];
}

function checkLines(style: Style, { label, pass, deviation, limit, detail }: Check): string[] {
  const { lang } = style;
  const compare = (by: number, allowed: number): string =>
    by === 0 && allowed === 0
      ? say("exactly", lang)
      : `${short(by)} ${by <= allowed ? "≤" : ">"} ${short(allowed)}`;
  const measured = deviation === undefined || limit === undefined ? "" : compare(deviation, limit);
  const remark = [detail?.[lang] ?? "", measured].filter((part) => part !== "").join("; ");
  const mark = pass ? paint(style, "32", "✓") : paint(style, "1;31", `✗ ${say("failed", lang)}`);
  const lines = labelled(`${mark} `, label[lang], room(style));
  if (remark === "") return lines;
  const last = lines[lines.length - 1]!;
  if (columns(last) + 2 + columns(remark) <= room(style)) {
    return [...lines.slice(0, -1), `${last}  ${dim(style, remark)}`];
  }
  return [...lines, ...wrap(remark, room(style) - 2).map((line) => `  ${dim(style, line)}`)];
}
