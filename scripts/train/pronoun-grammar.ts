/**
 * A small grammar of two languages for the task `pronouns`: who did what to whom, and why. Words stand here
 * in plain lists, so that people can read them, add their own, and write their own sentences from them.
 *
 * Word order and distance do not give the answer. "Tom called Mary because she was late" and "… because he
 * was late" have the same order; only the gender tells. "Mary thanked Anna because she was kind" means Anna,
 * "Mary apologised to Anna because she was late" means Mary: only the verb tells.
 */
import type { Random } from "../../lib/matrix.ts";
import { below } from "./tables.ts";

export type PronounLanguage = "en" | "ja";

/** A sentence as words, and whom each of its pronouns means: the place of a pronoun, the place of a name. */
export interface PronounSentence {
  readonly words: readonly string[];
  readonly means: readonly { readonly pronoun: number; readonly name: number }[];
}

const lists = (text: string): string[] => text.trim().split(/\s+/);

export const NAMES = {
  en: {
    female: lists("Mary Anna Emma Julia Sarah Laura Alice Clara Helen Lucy Nora Ruth"),
    male: lists("Tom John Peter David Paul Mark James Henry Frank Simon Oscar Hugo"),
  },
  ja: {
    female: lists("花子 優子 美咲 恵子 由美 幸子 真理 愛子 京子 直美 千夏 早紀"),
    male: lists("太郎 次郎 健太 一郎 大輔 翔太 誠 隆 浩 直樹 拓也 修"),
  },
} as const;

/** Verbs whose cause lies with the one who does it, with the other one, or with either. */
const VERBS = {
  en: {
    doer: ["apologised to", "confessed to", "lied to", "bored", "fascinated", "disappointed"],
    other: ["thanked", "praised", "scolded", "blamed", "admired", "envied", "congratulated", "consoled"],
    either: ["called", "visited", "met", "saw", "followed", "left", "waited for", "wrote to", "phoned"],
  },
  ja: {
    doer: ["に 謝った", "に 嘘をついた", "を 退屈させた", "を がっかりさせた"],
    other: ["に 礼を言った", "を 褒めた", "を 叱った", "を 責めた", "を 慰めた", "を 祝った"],
    either: ["に 電話した", "を 訪ねた", "に 会った", "を 待った", "に 手紙を書いた", "を 追いかけた"],
  },
} as const;

/** What somebody was or had done. "@" is where the other one stands, in English as a pronoun. */
const CAUSES = {
  en: lists(
    "was_late was_tired was_kind was_clever was_alone was_ill had_won had_failed had_left_early " +
      "had_helped_@ had_hurt_@ " +
      "had_forgotten_@ had_found_the_key had_lost_the_book knew_@ liked_@",
  ).map((cause) => cause.split("_")),
  ja: lists(
    "遅れた 疲れていた 親切だった 賢かった 一人だった 病気だった 勝った 失敗した 早く帰った 相手を助けた 相手を傷つけた 相手を忘れた 鍵を見つけた 本をなくした",
  ).map((cause) => [cause]),
} as const;

const FILLERS = {
  en: [
    "yesterday",
    "last week",
    "at the station",
    "in the garden",
    "after school",
    "on Monday",
    "in the evening",
  ],
  ja: ["昨日", "先週", "駅で", "庭で", "放課後に", "月曜日に", "夕方に"],
} as const;

const PRONOUNS = {
  en: { female: ["she", "her"], male: ["he", "him"] },
  ja: { female: ["彼女", "彼女"], male: ["彼", "彼"] },
} as const;

type Gender = "female" | "male";

const pick = <Item>(list: readonly Item[], random: Random): Item => list[below(list.length, random)] as Item;

/** The words of a phrase that is written with spaces. */
const words = (phrase: string): string[] => phrase.split(" ");

/** A sentence of the grammar. */
export function sentenceOf(language: PronounLanguage, random: Random): PronounSentence {
  const kind = pick(["other", "other", "other", "doer", "either"] as const, random);
  const verb = pick(VERBS[language][kind], random);
  // Where the verb does not say whose fault it is, only different genders do.
  const first: Gender = random() < 0.5 ? "female" : "male";
  const same = kind !== "either" && random() < 0.75;
  const second: Gender = same ? first : first === "female" ? "male" : "female";
  const doer = pick(NAMES[language][first], random);
  const names = NAMES[language][second].filter((name) => name !== doer);
  const other = pick(names, random);
  const guilty = kind === "doer" || (kind === "either" && random() < 0.5) ? "doer" : "other";
  const genders = { doer: first, other: second };
  const innocent = guilty === "doer" ? "other" : "doer";
  const cause = pick(CAUSES[language], random);
  const [subject] = PRONOUNS[language][genders[guilty]];
  const [, object] = PRONOUNS[language][genders[innocent]];

  const text: string[] = [];
  const place = { doer: -1, other: -1 };
  const say = (role: "doer" | "other", name: string): void => void (place[role] = text.push(name) - 1);
  const filler = (): void => void (random() < 0.4 && text.push(...words(pick(FILLERS[language], random))));
  if (language === "en") {
    say("doer", doer);
    text.push(...words(verb));
    say("other", other);
    filler();
    text.push("because");
  } else {
    const [particle, action] = words(verb) as [string, string];
    const doerFirst = random() < 0.8;
    for (const role of doerFirst ? (["doer", "other"] as const) : (["other", "doer"] as const)) {
      say(role, role === "doer" ? doer : other);
      text.push(role === "doer" ? "は" : particle);
      if (role === (doerFirst ? "doer" : "other")) filler();
    }
    text.push(action, "。");
  }
  const means: { pronoun: number; name: number }[] = [];
  means.push({ pronoun: text.push(subject) - 1, name: place[guilty] });
  if (language === "ja") text.push("が");
  for (const word of cause) {
    if (word === "@") means.push({ pronoun: text.push(object) - 1, name: place[innocent] });
    else text.push(word);
  }
  if (language === "en") text.push(".");
  else text.push("から", "だ", "。");
  return { words: text, means };
}

/** All words of both languages, names first, each once: a word's number is its place here. */
export const VOCABULARY: readonly string[] = [
  ...new Set([
    ...NAMES.en.female,
    ...NAMES.en.male,
    ...NAMES.ja.female,
    ...NAMES.ja.male,
    ...Object.values(PRONOUNS).flatMap(({ female, male }) => [...female, ...male]),
    ...Object.values(VERBS.en).flat().flatMap(words),
    ...Object.values(VERBS.ja).flat().flatMap(words),
    ...CAUSES.en.flat().filter((word) => word !== "@"),
    ...CAUSES.ja.flat().filter((word) => word !== "@"),
    ...FILLERS.en.flatMap(words),
    ...FILLERS.ja.flatMap(words),
    ...lists("because . は が から だ 。"),
  ]),
];

/** How many of the vocabulary's first words are names. */
export const NAME_COUNT: number =
  NAMES.en.female.length + NAMES.en.male.length + NAMES.ja.female.length + NAMES.ja.male.length;

const PRONOUN_WORDS = new Set<string>(
  Object.values(PRONOUNS).flatMap(({ female, male }) => [...female, ...male]),
);

export function isPronoun(word: string): boolean {
  return PRONOUN_WORDS.has(word);
}

/**
 * The words of a written sentence, or undefined where it has one that the vocabulary lacks. Japanese needs no
 * spaces: the longest word that fits is taken each time.
 */
export function wordsFrom(text: string): string[] | undefined {
  const known = [...VOCABULARY].sort((a, b) => b.length - a.length);
  const found: string[] = [];
  let rest = text.trim();
  while (rest !== "") {
    const word = known.find((candidate) => {
      if (!rest.startsWith(candidate)) return false;
      const next = rest.charAt(candidate.length);
      return !/[a-z]$/i.test(candidate) || !/[a-z]/i.test(next); // an English word ends where its letters end
    });
    if (word === undefined) return undefined;
    found.push(word);
    rest = rest.slice(word.length).trimStart();
  }
  return found;
}
