/** What stands around the pages: the table at the end, the list of names, and help. */
import type { Listed, Phrase } from "./entry.ts";
import type { Language } from "./strings.ts";
import type { Report } from "./run.ts";
import type { Style } from "./style.ts";
import { GENERAL } from "./arguments.ts";
import { MULTIPLY_ADDS, PAIRS } from "./entry.ts";
import { bold, definitions, grouped, heading, indented, nameOf, paint } from "./style.ts";
import { columns, cut, labelled, pad, padLeft, wrap } from "./width.ts";
import { say } from "./strings.ts";

/**
 * The end of the overview, which is what a terminal shows first: every mechanism in one line, and where to go
 * next.
 */
export function closing(style: Style, reports: readonly Report[]): string[] {
  const { lang, width } = style;
  const lines = [...heading(style, say("summary", lang)), ""];
  const rows = reports.map(({ entry, runs, checks }, r) => {
    const passed = checks.filter(({ pass }) => pass).length;
    const count = (label: Phrase): string => {
      const cost = runs[0]?.result.costs.find((one) => one.label.en === label.en);
      return cost === undefined ? "" : grouped(cost.value);
    };
    const mark = passed === checks.length ? "✓" : "✗";
    return [
      `${padLeft(String(r + 1), 2)} ${entry.id}`,
      `${mark} ${passed}/${checks.length}`,
      count(PAIRS),
      count(MULTIPLY_ADDS),
    ];
  });
  const head = [`   ${say("summaryHead", lang)}`, say("checks", lang), PAIRS[lang], MULTIPLY_ADDS[lang]];
  const widths = head.map((cell, c) => Math.max(columns(cell), ...rows.map((row) => columns(row[c]!))));
  // the last column goes when there is no room
  while (widths.length > 2 && widths.reduce((sum, w) => sum + w + 2, 0) > width) widths.pop();
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
  const said =
    failed === 0
      ? say("allPassed", style.lang, { passed: all.length })
      : say("someFailed", style.lang, { failed, total: all.length });
  return wrap(said, style.width - 2).map((line) => paint(style, failed === 0 ? "1;32" : "1;31", line));
}

export function list(style: Style, entries: readonly Listed[]): string[] {
  return definitions(
    { ...style, width: style.width + 2 },
    entries.map((entry) => [entry.id, nameOf(entry, style.lang)] as const),
  );
}

/** How to call the atlas: its options, and every mechanism with its own. */
export function help(style: Style, entries: readonly Listed[]): string[] {
  const { lang } = style;
  const general = Object.entries(GENERAL)
    .filter(([name]) => name !== "no-color")
    .map(([name, { value, help: key, fallback }]) => {
      const meaning =
        say(key, lang) +
        (fallback === undefined ? "" : ` (${say("optionDefault", lang, { value: fallback })})`);
      return [
        name === "color" ? "--color --no-color" : `--${name}${value === "" ? "" : ` ${value}`}`,
        meaning,
      ] as const;
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
    ...wrap(say("howToReadLong", lang), style.width),
    "",
    ...wrap(say("exits", lang), style.width),
  ];
}

/** An entry's own options, and what each is for. */
export function optionLines(entry: Listed, lang: Language): [string, string][] {
  return Object.entries(entry.options ?? {}).map(([name, { value, help: about, fallback }]) => [
    value === "" ? `--${name}` : `--${name} ${value}`,
    about[lang] + (value === "" ? "" : ` (${say("optionDefault", lang, { value: String(fallback) })})`),
  ]);
}
