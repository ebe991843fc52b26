/** Two trained layers on a sequence that repeats: the token before, and what followed the last time. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { at, heat, panelsFile, words } from "./panels.ts";
import { forwardInduction, induction } from "../../train/induction.ts";
import { phraseIn } from "../context.ts";
import { trained } from "./trained.ts";

const WORDS = {
  title: {
    en: "Two layers find what followed a token the last time (trained)",
    ja: "前回そのトークンの次に来たものを、二つの層で見つける（学習済み）",
  },
  first: { en: "layer 1: the token before", ja: "第 1 層：一つ前のトークン" },
  second: { en: "layer 2: what followed the last time", ja: "第 2 層：前回の次に来たもの" },
  note: {
    en: "Rows are queries, columns keys, none later than its query. The second half repeats the first.",
    ja: "行はクエリ、列はキー。クエリは自分とそれより前だけを見る。後半は前半の繰り返し。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const CELL = 21;

export function inductionHeads(lang: Language): string {
  const names = Array.from("KADMFRKADMFR");
  const tokens = names.map((name) => name.charCodeAt(0) - 65);
  const { first, second } = forwardInduction(trained(induction), tokens);
  const panel = (p: number, name: Phrase, map: Matrix): Mark =>
    at(
      44 + p * (tokens.length * CELL + 60),
      96,
      words(0, -36, phraseIn(lang, name)),
      ...names.map((letter, j) => words(j * CELL + CELL / 2 - 1, -8, letter, "soft middle axis-k")),
      ...names.map((letter, i) => words(-10, i * CELL + 15, letter, "soft end axis-q")),
      heat(map, CELL, 1),
    );
  return panelsFile(700, 96 + tokens.length * CELL + 36, phraseIn(lang, WORDS.title), [
    panel(0, WORDS.first, first[0]!),
    panel(1, WORDS.second, second[0]!),
    words(16, 96 + tokens.length * CELL + 24, phraseIn(lang, WORDS.note), "soft"),
  ]);
}
