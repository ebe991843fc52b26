/** Two sentences that differ in the verb alone, and the name that the trained model's pronoun looks at. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import { arcsPicture } from "../parts/arcs.ts";
import { at, panelsFile, words } from "./panels.ts";
import { forwardPronouns, pronouns, tokensOf } from "../../train/pronouns.ts";
import { percentOf } from "../parts/numbers.ts";
import { phraseIn } from "../context.ts";
import { trained } from "./trained.ts";

const WORDS = {
  title: {
    en: "Whom a pronoun means: only the verb differs (trained)",
    ja: "代名詞は誰を指すか：違うのは動詞だけ（学習済み）",
  },
  share: { en: "{q} → {k}: {w}", ja: "{q} → {k}：{w}" },
} as const satisfies Readonly<Record<string, Phrase>>;

const SENTENCES = {
  en: [
    "Mary thanked Anna because she was late .",
    "Mary apologised to Anna because she was late .",
  ],
  ja: ["花子 は 優子 に 礼を言った 。 彼女 が 遅れた から だ 。", "花子 は 優子 に 謝った 。 彼女 が 遅れた から だ 。"],
} as const;

const PRONOUN = { en: "she", ja: "彼女" } as const;

export function pronounArcs(lang: Language): string {
  const model = trained(pronouns);
  let [y, width] = [50, 0];
  const marks: Mark[] = [];
  for (const sentence of SENTENCES[lang]) {
    const list = sentence.split(" ");
    const map = forwardPronouns(model, tokensOf(list)).maps[2]![0]!;
    const query = list.indexOf(PRONOUN[lang]);
    const row = map.data.subarray(query * list.length, (query + 1) * list.length);
    const key = row.indexOf(Math.max(...row));
    const label = phraseIn(lang, WORDS.share, { q: list[query]!, k: list[key]!, w: percentOf(row[key]!) });
    const drawn = arcsPicture({ words: list, rows: [row], shown: 0, query, key, label });
    marks.push(at(16, y, ...drawn.picture.children), words(20, y + drawn.height + 16, label, "soft"));
    y += drawn.height + 40;
    width = Math.max(width, drawn.width);
  }
  return panelsFile(Math.max(520, width + 32), y, phraseIn(lang, WORDS.title), marks);
}
