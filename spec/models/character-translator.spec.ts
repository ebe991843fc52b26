import assert from "node:assert/strict";
import test from "node:test";
import type { RecurrentDecoder } from "../../lib/models/recurrent-decoder.ts";
import { BahdanauDecoder } from "../../lib/models/bahdanau-decoder.ts";
import { BidirectionalGRU } from "../../lib/layers/gru.ts";
import { CharacterTranslator } from "../../lib/models/character-translator.ts";
import { FixedVectorDecoder } from "../../lib/models/fixed-vector-decoder.ts";
import { assertClose, assertRowSums, normal, rowsOf, tolerance } from "../support/values.ts";
import { attentionOf, partsOf } from "../support/recurrent-parts.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveBahdanau } from "../oracle/naive-decoder.ts";
import { naiveBidirectional } from "../oracle/naive-gru.ts";
import { refuses } from "../support/mechanism.ts";

const widths = { e: 2, d: 3, n: 5, units: 7, n_out: 4 } as const;
const attentive = new BahdanauDecoder({ ...partsOf(widths), attention: attentionOf(widths) });
const rest = {
  sourceVocabulary: ["a", "月", "𝄞", " ", "b"],
  targetVocabulary: ["0", "1", "ab", "-", "<go>"],
  E_source: normal(5, 2, 41),
  E_target: normal(5, 2, 42),
  encoder: BidirectionalGRU.random({ d_in: 2, d: 3 }, randomGenerator(1)),
  go: "<go>",
  length: 6,
};
const translator = new CharacterTranslator({ ...rest, decoder: attentive });

test("greedy: each symbol is the likeliest by the definition, and is what the next step reads", () => {
  for (const text of ["a", "ab 月a", "𝄞𝄞b", "月"]) {
    const { text: written, source, target, logits, weights } = translator.translate(text);
    assert.deepEqual(
      [source, target.join("")],
      [Array.from(text), written],
      "characters, not UTF-16 units",
    );
    const places = source.map((character) => rest.sourceVocabulary.indexOf(character));
    const X = places.map((place) => rowsOf(rest.E_source)[place]!);
    const H = naiveBidirectional(rest.encoder.ahead, rest.encoder.back, X);
    const inputs = ["<go>", ...target.slice(0, -1)].map(
      (symbol) => rowsOf(rest.E_target)[rest.targetVocabulary.indexOf(symbol)]!,
    );
    const expected = naiveBahdanau(attentive, H, inputs);
    assertClose(logits, expected.logits, 40 * tolerance(4), `${text}: logits`);
    assertClose(weights, expected.weights, 40 * tolerance(4), `${text}: weights`);
    assertRowSums(weights);
    assert.deepEqual(
      target,
      expected.logits.map((row) => rest.targetVocabulary[row.indexOf(Math.max(...row))]!),
      `${text}: symbols`,
    );
    assert.deepEqual(
      [logits.rows, logits.cols, weights.rows, weights.cols],
      [6, 4, 6, source.length],
      "shapes",
    );
  }
});

test("an empty text is a text: nothing to attend to, and still as many symbols", () => {
  const { target, weights } = translator.translate("");
  assert.deepEqual([target.length, weights.rows, weights.cols], [6, 6, 0]);
});

test("any decoder of that form will do: the bottleneck on the same parts", () => {
  const { target, weights } = new CharacterTranslator({
    ...rest,
    decoder: new FixedVectorDecoder(partsOf(widths)),
  }).translate("ab 月a");
  assert.deepEqual([target.length, weights.rows, weights.cols], [6, 6, 0], "it has no weights");
  const one = new CharacterTranslator({
    ...rest,
    decoder: new FixedVectorDecoder(partsOf(widths)),
  }).translate("月");
  assert.deepEqual(
    one.logits,
    translator.translate("月").logits,
    "with one character there is nothing to choose",
  );
});

test("of equal scores the first is taken", () => {
  const level: RecurrentDecoder = {
    begin: (H) => ({ t: 0, s: matrix(1, 1), H, R: H }),
    step: (_, state) => ({ state, logits: matrix(1, 4), weights: matrix(1, 1) }),
  };
  assert.equal(new CharacterTranslator({ ...rest, decoder: level }).translate("a").text, "000000");
});

test("characters outside the vocabulary are named, each once, and nothing is guessed", () => {
  assert.deepEqual(translator.unknown("xab x年"), ["x", "年"]);
  assert.deepEqual(translator.unknown("ab 月𝄞"), []);
  const message =
    'CharacterTranslator.translate: text must hold characters of the vocabulary only; got "x", "年"';
  refuses("RangeError", () => translator.translate("xab x年"), message);
  refuses(
    "RangeError",
    () => translator.translate("constructor"),
    /got "c", "o", "n", "s", "t", "r", "u"$/,
  );
});

test("errors say who, what and why", () => {
  const with_ = (parts: object): CharacterTranslator =>
    new CharacterTranslator({ ...rest, decoder: attentive, ...parts });
  refuses(
    "TypeError",
    () => translator.translate(7 as never),
    "CharacterTranslator.translate: text must be a string; got number",
  );
  refuses(
    "RangeError",
    () => with_({ E_source: matrix(4, 2) }),
    "CharacterTranslator: E_source must be (5, 2); got (4, 2)",
  );
  refuses(
    "RangeError",
    () => with_({ E_source: matrix(5, 3) }),
    "CharacterTranslator: E_source must be (5, 2); got (5, 3)",
  );
  refuses(
    "RangeError",
    () => with_({ E_target: matrix(4, 2) }),
    "CharacterTranslator: E_target must be (5, any); got (4, 2)",
  );
  refuses(
    "RangeError",
    () => with_({ go: "-" }),
    'CharacterTranslator: go must be the last word of the target vocabulary; got "-"',
  );
  refuses(
    "RangeError",
    () => with_({ length: 0 }),
    "CharacterTranslator: length must be an integer ≥ 1; got 0",
  );
  const short = with_({ targetVocabulary: ["0", "1", "<go>"], E_target: normal(3, 2, 1) });
  refuses(
    "RangeError",
    () => short.translate("a"),
    "CharacterTranslator.translate: logits must be (1, 2); got (1, 4)",
  );
});

test("weights that are not numbers are named by their step, not by a row that nobody asked for", () => {
  const broken = new CharacterTranslator({ ...rest, decoder: new BahdanauDecoder({ ...attentive, W_o: poisoned() }) });
  assert.throws(() => broken.translate(rest.sourceVocabulary[0]!), {
    name: "RangeError",
    message: "CharacterTranslator.translate: the logits of step 0 must be numbers; got NaN or ∞ among them",
  });
});

function poisoned(): typeof attentive.W_o {
  const { rows, cols } = attentive.W_o;
  return matrix(rows, cols, new Float32Array(rows * cols).fill(NaN));
}
