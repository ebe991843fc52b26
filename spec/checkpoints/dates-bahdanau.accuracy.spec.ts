import assert from "node:assert/strict";
import test from "node:test";
import { CharacterTranslator } from "../../lib/models/character-translator.ts";
import { FORMS, anyDay, datesFile, eraYear } from "../support/dates.ts";
import { FixedVectorDecoder } from "../../lib/models/fixed-vector-decoder.ts";
import { datesTranslator } from "../../lib/checkpoints/dates-bahdanau.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const translator = datesTranslator(datesFile());
const random = randomGenerator(20171122);
const forms = Object.keys(FORMS);

/** 200 fresh dates in each of the ten forms. */
const fresh = Array.from({ length: 2000 }, (_, k) => {
  const day = anyDay(random);
  return { form: forms[k % 10]!, iso: day.iso, ...FORMS[forms[k % 10]!]!(day) };
});

test("at least 98 % of 2,000 fresh dates of the same forms are exactly right, and the first digit's " +
  "largest weight lies in the year", () => {
  const wrong: string[] = [];
  const outside: string[] = [];
  for (const { form, text, iso, year } of fresh) {
    const { text: written, source, weights } = translator.translate(text);
    if (written !== iso) wrong.push(`${text} → ${written}`);
    const first = weights.data.subarray(0, source.length);
    const at = first.indexOf(Math.max(...first));
    const begin = text.indexOf(year);
    if (at < begin || at >= begin + year.length) outside.push(`${form}: ${text}, ${source[at]}`);
  }
  assert.ok(wrong.length <= 40, `${wrong.length} wrong: ${wrong.slice(0, 5).join("; ")}`); // measured: none
  assert.deepEqual(outside, [], "in the year for all 2,000");
});

test("the dates are what they should be: every form, every era, first years among them", () => {
  assert.equal(new Set(fresh.map(({ form }) => form)).size, 10, "ten forms");
  for (const era of ["昭和", "平成", "令和", "元年"]) {
    assert.equal(
      fresh.some(({ text }) => text.includes(era)),
      true,
      era,
    );
  }
  assert.deepEqual(
    [
      eraYear(1989, 1, 7),
      eraYear(1989, 1, 8),
      eraYear(2019, 4, 30),
      eraYear(2019, 5, 1),
      eraYear(2017, 11, 22),
    ],
    ["昭和64年", "平成元年", "平成31年", "令和元年", "平成29年"],
  );
  const all = new Set(fresh.flatMap(({ text }) => [...text]));
  const never = translator.sourceVocabulary.filter(
    (character) => character.length === 1 && !all.has(character),
  );
  assert.deepEqual(never, [], "together they use every character that the model knows");
});

test("the same weights behind the bottleneck: nothing comes out, so what the decoder knows of the source " +
  "comes through attention", () => {
  // Not what a decoder could do that was trained so: it shows where this one gets its digits from.
  const blind = new CharacterTranslator({
    ...translator,
    decoder: new FixedVectorDecoder(translator.decoder),
  });
  const right = fresh.slice(0, 200).filter(({ text, iso }) => blind.translate(text).text === iso).length;
  assert.ok(right <= 2, `${right} of 200 right`);
});
