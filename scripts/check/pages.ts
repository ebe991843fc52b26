/** The pages: each in both languages, every link to something that exists, tables and counts of today. */
import type { Check, Project } from "./project.ts";
import { PAGE, kernelsPage } from "../kernels-readme.ts";
import { README, table, withTable } from "../table.ts";
import { dirname, join } from "node:path";
import { filesBelow } from "./project.ts";

/** Pages without a counterpart in the other language, and links to nothing. */
export function linkProblems({ pages, exists }: Pick<Project, "pages" | "exists">): string[] {
  return pages.flatMap(({ file, text }) => {
    const japanese = file.endsWith(".ja.md");
    const other = japanese ? file.replace(/\.ja\.md$/, ".md") : file.replace(/\.md$/, ".ja.md");
    const links = text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g);
    const targets = [...links].map((match) => match[1]!);
    return [
      ...(exists(other) ? [] : [`${file} has no counterpart ${other}`]),
      ...targets
        .filter((target) => !exists(join(dirname(file), target)))
        .map((target) => `${file} links to ${target}, which does not exist`),
    ];
  });
}

/** The counts that pages state in numbers, and how they are written. */
export function countProblems(pages: Project["pages"], counts: Readonly<Record<string, number>>): string[] {
  const stated: readonly (readonly [string, RegExp])[] = [
    ["mechanisms", /\b(\d+) mechanisms\b/g],
    ["mechanisms", /(\d+) ?(?:の|種類の|個の)機構/g],
    ["pitfalls", /^\| \[docs\/pitfalls\.md\]\(docs\/pitfalls\.md\) \|[^|]*?(\d+)/gm],
    ["pitfalls", /^\| \[docs\/pitfalls\.ja\.md\]\(docs\/pitfalls\.ja\.md\) \|[^|]*?(\d+)/gm],
    ["spec files", /\b(\d+) (?:spec files|specs)\b/g],
    ["spec files", /(\d+) ?(?:個の)?スペック/g],
  ];
  const readmes = pages.filter(({ file }) => /^README(?:\.ja)?\.md$/.test(file));
  return readmes.flatMap(({ file, text }) =>
    stated.flatMap(([what, pattern]) =>
      [...text.matchAll(pattern)]
        .filter(([, number]) => Number(number) !== counts[what])
        .map(([, number]) => `${file} says ${number} ${what}; there are ${counts[what]}`),
    ),
  );
}

/** What there is to count. */
function countsOf({ read, spec }: Project): Record<string, number> {
  return {
    mechanisms: filesBelow("scripts/atlas/entries", ".ts").length,
    pitfalls: [...read("docs/pitfalls.md").matchAll(/^### [WRE]\d+ · /gm)].length,
    "spec files": spec.filter(({ file }) => file.endsWith(".spec.ts")).length,
  };
}

export const pages: Check = {
  name: "pages",
  run: (project) => ({
    problems: linkProblems(project),
    figures: [`${project.pages.length} pages`],
  }),
};

export const counts: Check = {
  name: "counts of the READMEs",
  run: (project) => {
    const today = countsOf(project);
    return {
      problems: countProblems(project.pages, today),
      figures: [Object.entries(today).map(([what, count]) => `${count} ${what}`).join(", ")],
    };
  },
};

export const tables: Check = {
  name: "tables of mechanisms and kernels",
  run: ({ lib, read, exists }) => {
    const problems = [...table("en").problems];
    if (!exists(PAGE) || read(PAGE) !== kernelsPage(lib)) problems.push(`${PAGE} is out of date: npm run table`);
    for (const language of ["en", "ja"] as const) {
      const readme = read(README[language]);
      if (withTable(readme, language) === readme) continue;
      problems.push(`${README[language]}: its table of mechanisms is out of date: npm run table`);
    }
    return { problems };
  },
};
