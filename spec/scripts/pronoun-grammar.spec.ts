import assert from "node:assert/strict";
import test from "node:test";
import { NAME_COUNT, VOCABULARY, isPronoun, sentenceOf } from "../../scripts/train/pronoun-grammar.ts";
import { wordsFrom } from "../../scripts/train/pronoun-grammar.ts";
import { LONGEST } from "../../scripts/train/pronouns.ts";
import { randomGenerator } from "../../lib/matrix.ts";

test("sentences are made of the vocabulary, fit the model, and each pronoun means a name", () => {
  const random = randomGenerator(1);
  for (let e = 0; e < 2000; e++) {
    const { words, means } = sentenceOf(e % 2 === 0 ? "en" : "ja", random);
    assert.ok(words.length <= LONGEST, words.join(" "));
    for (const word of words) assert.ok(VOCABULARY.includes(word), word);
    assert.ok(means.length > 0, "somebody is meant");
    for (const { pronoun, name } of means) {
      assert.ok(isPronoun(words[pronoun]!), words[pronoun]!);
      assert.ok(VOCABULARY.indexOf(words[name]!) < NAME_COUNT, words[name]!);
    }
  }
});

test("word order and distance do not give the answer: the same words around other pronouns mean the " +
  "other person", () => {
  const random = randomGenerator(2);
  const nearer = { en: [0, 0], ja: [0, 0] };
  for (let e = 0; e < 4000; e++) {
    const language = e % 2 === 0 ? "en" : "ja";
    const { words, means } = sentenceOf(language, random);
    const names = words.flatMap((word, t) => (VOCABULARY.indexOf(word) < NAME_COUNT ? [t] : []));
    nearer[language][means[0]!.name === names[1] ? 0 : 1]!++;
  }
  for (const counts of Object.values(nearer)) {
    assert.ok(Math.min(...counts) / (counts[0]! + counts[1]!) > 0.2, `nearer and farther: ${counts}`);
  }
});

test("a written sentence is cut into the vocabulary's words, Japanese without spaces", () => {
  assert.deepEqual(wordsFrom("Tom thanked Mary because she was kind."), [
    "Tom",
    "thanked",
    "Mary",
    "because",
    "she",
    "was",
    "kind",
    ".",
  ]);
  assert.deepEqual(wordsFrom("花子は太郎に礼を言った。彼が相手を助けたからだ。"), [
    "花子",
    "は",
    "太郎",
    "に",
    "礼を言った",
    "。",
    "彼",
    "が",
    "相手を助けた",
    "から",
    "だ",
    "。",
  ]);
  assert.equal(wordsFrom("Tom thanked Zebedee because he was kind."), undefined);
  assert.deepEqual(wordsFrom(""), []);
});
