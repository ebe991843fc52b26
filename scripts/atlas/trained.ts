/**
 * The small models that `npm run train` makes, for the entries whose text they know: pronouns and whom they
 * mean, sequences that repeat, words read backwards.
 */
import { readFileSync } from "node:fs";
import type { Context, Phrase, Text } from "./entry.ts";
import type { InductionParts, InductionResult } from "../train/induction.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { PronounParts, PronounResult } from "../train/pronouns.ts";
import type { ReverseParts, ReverseResult } from "../train/reverse.ts";
import { HALVES, TOKENS, forwardInduction, induction } from "../train/induction.ts";
import { LETTERS, WORD_LENGTHS, forwardReverse, reverse } from "../train/reverse.ts";
import { LONGEST, forwardPronouns, pronouns, tokensOf } from "../train/pronouns.ts";
import { VOCABULARY, isPronoun, wordsFrom } from "../train/pronoun-grammar.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { argmaxRows } from "../../lib/kernels/argmax-rows.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { gatherRows } from "../../lib/kernels/rows.ts";
import { loadModel } from "../train/store.ts";

const bytesOf = (name: string): Uint8Array =>
  readFileSync(new URL(`../data/${name}.safetensors`, import.meta.url));

/** What an entry shows of a model that has read its text. */
export interface Learned<Model, Result> {
  readonly model: Model;
  readonly result: Result;
  readonly words: readonly string[];
  readonly trained: Phrase;
  /** The text as the model's vocabulary cuts it, with the vectors that enter its first layer. */
  readonly read: { readonly text: Text; readonly memory: Text };
}

const NAME: Phrase = { en: "the text", ja: "テキスト" };

function readAs(words: readonly string[], X: Matrix): { text: Text; memory: Text } {
  const text = { name: NAME, words, X };
  return { text, memory: text };
}

/** The pronouns' model on a text of its grammar's words; undefined for any other. */
export function pronounsOn({
  text,
  untrained,
}: Pick<Context, "text" | "untrained">): (Learned<PronounParts, PronounResult> & Answers) | undefined {
  const words = untrained || text.raw === undefined ? undefined : wordsFrom(text.raw);
  const places = words?.flatMap((word, t) => (isPronoun(word) ? [t] : [])) ?? [];
  if (words === undefined || words.length > LONGEST || places.length === 0) return undefined;
  const model = loadModel(pronouns, bytesOf("pronouns"));
  const result = forwardPronouns(model, tokensOf(words));
  const best = argmaxRows(result.logits);
  const answers = places.map((t) => {
    const row = best.data.subarray(t * best.cols, (t + 1) * best.cols);
    return { given: words[t]!, answer: VOCABULARY[row.indexOf(1)]! };
  });
  const trained = {
    en: "trained to tell whom a pronoun means: scripts/data/pronouns.safetensors (npm run train -- pronouns)",
    ja: "代名詞がだれを指すかを学習した重み：scripts/data/pronouns.safetensors(npm run train -- pronouns)",
  };
  return { model, result, words, trained, read: readAs(words, result.X[0]), places, answers };
}

/** Whom each pronoun means, and where the pronouns stand. */
export interface Answers {
  readonly places: readonly number[];
  readonly answers: readonly { readonly given: string; readonly answer: string }[];
}

/** What the model of repeats reads when nobody gave a text. */
const REPEATED = "sun moon star sea wind sun moon star sea wind";

/** The model of repeats on words whose second half is the first again; undefined for any other text. */
export function inductionOn({
  text,
  given,
  untrained,
}: Pick<Context, "text" | "given" | "untrained">): Learned<InductionParts, InductionResult> | undefined {
  const words = given ? text.words : REPEATED.split(" ");
  const half = words.length / 2;
  const kinds = [...new Set(words)];
  const fits = half === kinds.length && half >= HALVES.least && half <= HALVES.most && half <= TOKENS;
  if (untrained || !fits || words.some((word, t) => word !== kinds[t % half])) return undefined;
  const model = loadModel(induction, bytesOf("induction"));
  const result = forwardInduction(
    model,
    words.map((word) => kinds.indexOf(word)),
  );
  const trained = {
    en: "trained on sequences that repeat: scripts/data/induction.safetensors (npm run train -- induction)",
    ja: "くり返す列で学習した重み：scripts/data/induction.safetensors(npm run train -- induction)",
  };
  return { model, result, words, trained, read: readAs(words, result.X) };
}

/** The word that is read backwards when nobody gave a text. */
const WORD = "attention";

/** The model that reads backwards on one word of small letters, with what its cross-attention is given. */
export function reverseOn({
  text,
  memory,
  given,
  untrained,
}: Pick<Context, "text" | "memory" | "given" | "untrained">):
  | (Learned<ReverseParts, ReverseResult> & { readonly query: Matrix })
  | undefined {
  const [word = "", ...more] = given ? text.words : [WORD];
  const fits = new RegExp(`^[${LETTERS}]{${WORD_LENGTHS.least},${WORD_LENGTHS.most}}$`).test(word);
  if (untrained || !fits || more.length > 0 || (given && memory.words.join() !== word)) return undefined;
  const letters = [...word];
  const model = loadModel(reverse, bytesOf("reverse"));
  const result = forwardReverse(
    model,
    letters.map((letter) => LETTERS.indexOf(letter)),
  );
  const { norm1, attention, norm2 } = model.decoder;
  const X = norm1.forward(result.X);
  const query = norm2.forward(add(result.X, attention.forward(X, X, X, { allow: causal() }).output));
  const best = argmaxRows(result.logits);
  const written = letters.map((_, t) => {
    const row = best.data.subarray(t * best.cols, (t + 1) * best.cols);
    return LETTERS[row.indexOf(1)] ?? "·";
  });
  const trained = {
    en: "trained to read words backwards: scripts/data/reverse.safetensors (npm run train -- reverse)",
    ja: "語を逆から読むことを学習した重み：scripts/data/reverse.safetensors(npm run train -- reverse)",
  };
  const read = {
    text: { name: { en: "what is written", ja: "書かれる文字" }, words: written, X: query },
    memory: { name: { en: "the word", ja: "入力の語" }, words: letters, X: result.M },
  };
  return { model, result, words: letters, trained, read, query };
}

/** Some rows of a map, with their words. */
export function rowsAt(M: Matrix, places: readonly number[]): Matrix {
  return gatherRows(M, [...places]);
}
