/**
 * Figures and the shape of the pages that teach: a figure is there in the language of its page, with a text for
 * those who do not see it, and a page about a mechanism has all of its parts.
 */
import type { Check, Source } from "./project.ts";
import { excerptsOf } from "./excerpts.ts";

/** The pages that have every part: figure, formula, lines of code, cost and four exercises. */
export const SHAPED: readonly string[] = [
  "attention",
  "cross-attention",
  "factorized",
  "global-and-sparse",
  "layers",
  "learning",
  "multi-head",
  "recurrent",
];

/** The fewest exercises of a page. */
const EXERCISES = 4;

const IMAGE = /!\[((?:[^[\]]|\[[^[\]]*\])*)\]\(([^)\s]+\.svg)\)/g;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Figures in the other language, and figures without a text in their page's own. */
export function figureProblems({ file, text }: Source): string[] {
  const japanese = file.endsWith(".ja.md");
  return [...text.matchAll(IMAGE)].flatMap(([, alternative, path]) => {
    const place = `${file}: ${path}`;
    const problems: string[] = [];
    if (path!.endsWith(".ja.svg") !== japanese) problems.push(`${place} is the figure of the other language`);
    if (alternative!.length < 12) problems.push(`${place} needs a text for those who do not see it`);
    if (KANA.test(alternative!) !== japanese) problems.push(`${place} has a text in the other language`);
    return problems;
  });
}

/** Exercises without an answer, and answers without an exercise. */
export function answerProblems({ file, text }: Source): string[] {
  const parts = /^## (?:Exercises|練習)\n([\s\S]*?)<details>\n([\s\S]*?)(?:^```|<\/details>)/m.exec(text);
  if (parts === null) return [];
  const [asked, answered] = parts.slice(1).map((part) => [...part.matchAll(/^\d+\. /gm)].length);
  return asked === answered ? [] : [`${file} has ${asked} exercises and ${answered} answers`];
}

/** The parts that a page about a mechanism lacks. */
export function shapeProblems(page: Source): string[] {
  const { file, text } = page;
  const exercises = /^## (?:Exercises|練習)\n([\s\S]*?)<details>/m.exec(text)?.[1] ?? "";
  const parts: readonly (readonly [string, boolean])[] = [
    ["figure", [...text.matchAll(IMAGE)].length > 0],
    ["formula", /^```math$/m.test(text)],
    ["lines of code from lib", excerptsOf(page).length > 0],
    ["cost", /multiply-adds|積和/.test(text)],
    ["worked example, by hand", /[Bb]y hand|検算|手計算|手で計算|¾/.test(text)],
    [`exercises, at least ${EXERCISES}`, [...exercises.matchAll(/^\d+\. /gm)].length >= EXERCISES],
  ];
  return parts.filter(([, there]) => !there).map(([part]) => `${file} has no ${part}`);
}

export const figuresOnPages: Check = {
  name: "figures and the shape of pages",
  run: ({ pages }) => {
    const shaped = pages.filter(({ file }) => SHAPED.includes(file.replace(/^docs\/|(?:\.ja)?\.md$/g, "")));
    const images = pages.reduce((sum, { text }) => sum + [...text.matchAll(IMAGE)].length, 0);
    return {
      problems: [...pages.flatMap(figureProblems), ...pages.flatMap(answerProblems), ...shaped.flatMap(shapeProblems)],
      figures: [`${images} figures on pages`],
    };
  },
};
