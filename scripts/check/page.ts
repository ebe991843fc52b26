/** The page as it stands in docs is the page that the sources make. */
import type { Check } from "./project.ts";
import { figures } from "../page/svg.ts";
import { WIDEST } from "../page/figures/figure.ts";
import { BUDGET, page } from "../page/build.ts";

/** Addresses that a page may hold without asking for them: names of the W3C. */
const NAMES = /https?:\/\/www\.w3\.org\/[\w/]+/g;

/** What is wrong with a page that should be the one given. */
export function pageProblems(stands: string, made: string): string[] {
  const problems: string[] = [];
  if (stands !== made) problems.push("docs/index.html is not what its sources make: run `npm run page`");
  const bytes = Buffer.byteLength(made);
  if (bytes > BUDGET) problems.push(`docs/index.html has ${bytes} bytes, at most ${BUDGET}`);
  const outside = scriptsOf(made)
    .replace(NAMES, "")
    .match(/\b(?:XMLHttpRequest|WebSocket|EventSource|importScripts|sendBeacon|window\.fetch)\b/g);
  for (const found of outside ?? []) problems.push(`docs/index.html asks the network: ${found}`);
  return problems;
}

/** The code of a page, without its data. */
export function scriptsOf(text: string): string {
  return [...text.matchAll(/<script>([^]*?)<\/script>/g)].map(([, code]) => code!).join("\n");
}

/** What is wrong with a figure: it is no wider than GitHub shows it. */
export function figureProblems(name: string, picture: string): string[] {
  const width = Number(/ width="(\d+)"/.exec(picture)?.[1]);
  return width <= WIDEST ? [] : [`docs/figures/${name} is ${width} wide, at most ${WIDEST}`];
}

export const pageIsMade: Check = {
  name: "page",
  run: (project) => {
    const made = page();
    const stands = project.exists("docs/index.html") ? project.read("docs/index.html") : "";
    const all = [...figures()];
    const drawn = all.filter(([name, picture]) => {
      const path = `docs/figures/${name}`;
      return !project.exists(path) || project.read(path) !== picture;
    });
    const old = drawn.map(
      ([name]) => `docs/figures/${name} is not what its sources make: run \`npm run page\``,
    );
    const wide = all.flatMap(([name, picture]) => figureProblems(name, picture));
    return {
      problems: [...pageProblems(stands, made), ...old, ...wide],
      figures: [`docs/index.html: ${Buffer.byteLength(made)} bytes`],
    };
  },
};
