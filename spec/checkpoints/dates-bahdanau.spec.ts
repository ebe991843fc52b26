import assert from "node:assert/strict";
import test from "node:test";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { assertClose, assertSameBits, rowsOf, tolerance } from "../support/values.ts";
import { datesCheckpoint, datesTranslator } from "../../lib/checkpoints/dates-bahdanau.ts";
import { datesFile } from "../support/dates.ts";
import { naiveBahdanau } from "../oracle/naive-decoder.ts";
import { naiveBidirectional } from "../oracle/naive-gru.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { readSafetensors, writeSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { refuses } from "../support/mechanism.ts";

const file = datesFile();
const translator = datesTranslator(file);

test("every example in the metadata, exactly", () => {
  const examples = JSON.parse(file.metadata["examples"]!) as [string, string][];
  assert.equal(examples.length, 12);
  for (const [source, expected] of examples) {
    assert.equal(translator.translate(source).text, expected, source);
  }
});

test("the era names and their first years", () => {
  const dates = {
    平成29年11月22日: "2017-11-22",
    昭和64年1月7日: "1989-01-07",
    平成元年1月8日: "1989-01-08",
    平成31年4月30日: "2019-04-30",
    令和元年5月1日: "2019-05-01",
    令和7年1月31日: "2025-01-31",
  };
  for (const [source, expected] of Object.entries(dates)) {
    assert.equal(translator.translate(source).text, expected, source);
  }
});

test("the whole model equals its equations in doubles on the file's own tensors", () => {
  // No loader of ours: the layouts are undone here by hand, (out, in) by a transpose, so that a wrong one
  // cannot hide.
  const turned = (name: string): number[][] => {
    const { shape, data } = file.tensors.get(name)!;
    return Array.from({ length: shape[1]! }, (_, i) =>
      Array.from({ length: shape[0]! }, (_row, o) => data[o * shape[1]! + i]!),
    );
  };
  const { encoder, decoder } = translator;
  assert.deepEqual(rowsOf(encoder.ahead.W_i), turned("encoder.weight_ih_l0"), "ahead");
  assert.deepEqual(rowsOf(encoder.back.W_h), turned("encoder.weight_hh_l0_reverse"), "back");
  assert.deepEqual(rowsOf(decoder.attention.U_a), turned("U_a.weight"), "U_a");
  assert.deepEqual(rowsOf(decoder.cell.W_i), turned("decoder.weight_ih"), "cell");
  assert.deepEqual(rowsOf(decoder.W_o), turned("readout.weight"), "read-out");
  for (const text of ["平成29年11月22日", "the 30th of January 1982"]) {
    const { source, target, logits, weights } = translator.translate(text);
    const embedded = (
      M: typeof translator.E_source,
      vocabulary: readonly string[],
      symbols: readonly string[],
    ): number[][] => symbols.map((symbol) => rowsOf(M)[vocabulary.indexOf(symbol)]!);
    const H = naiveBidirectional(
      encoder.ahead,
      encoder.back,
      embedded(translator.E_source, translator.sourceVocabulary, source),
    );
    const expected = naiveBahdanau(
      decoder,
      H,
      embedded(translator.E_target, translator.targetVocabulary, ["<go>", ...target.slice(0, -1)]),
    );
    assertClose(logits, expected.logits, 40 * tolerance(16), `${text}: logits`);
    assertClose(weights, expected.weights, 40 * tolerance(16), `${text}: weights`);
  }
});

test("written under the same names and read back: the same tensors, the same result to the bit", () => {
  const bytes = writeSafetensors(datesCheckpoint(translator), file.metadata);
  const again = readSafetensors(bytes);
  assert.deepEqual([...again.tensors.keys()].sort(), [...file.tensors.keys()].sort());
  for (const [name, tensor] of file.tensors) assert.deepEqual(again.tensors.get(name), tensor, name);
  const [before, after] = [translator, datesTranslator(again)].map((model) =>
    model.translate("令和元年5月1日"),
  );
  assertSameBits(after!.logits, before!.logits, "logits");
  assertSameBits(after!.weights, before!.weights, "weights");
  const numbers = [...file.tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
  assert.equal(parameterCount(translator), numbers, "every number of the file is a parameter, once");
});

test("a character that it never learned is named", () => {
  refuses(
    "RangeError",
    () => translator.translate("2017-11-22"),
    'CharacterTranslator.translate: text must hold characters of the vocabulary only; got "-"',
  );
  assert.deepEqual(translator.unknown("大正5年６月"), ["大", "正", "６"]);
});

test("a checkpoint that does not fit is refused with the full list", () => {
  const tensors = new Map<string, Tensor>(file.tensors);
  tensors.delete("initial.bias");
  tensors.set("U_a.bias", file.tensors.get("encoder.bias_ih_l0")!);
  tensors.set("v_a.weight", { dtype: "F32", shape: [32, 1], data: new Float32Array(32) });
  const expected =
    "datesTranslator: the checkpoint must hold exactly this model's tensors; got 3 that do not fit:\n  " +
      "missing initial.bias [64]\n  v_a.weight must be [1, 32]; got [32, 1]\n  unknown U_a.bias [96]";
  refuses("RangeError", () => datesTranslator({ ...file, tensors }), expected);
  refuses(
    "RangeError",
    () => datesTranslator({ ...file, tensors: new Map() }),
    /got 21 that do not fit/,
  );
  const says = (
    change: Record<string, string>,
    message: string | RegExp,
    kind: "RangeError" = "RangeError",
  ): void =>
    refuses(
      kind,
      () => datesTranslator({ ...file, metadata: { ...file.metadata, ...change } }),
      message,
    );
  says(
    { source_vocabulary: '["a", "a"]' },
    'datesTranslator: metadata source_vocabulary must be a list of different words; got ["a", "a"]',
  );
  says(
    { target_vocabulary: "7" },
    "datesTranslator: metadata target_vocabulary must be a list of different words; got 7",
  );
  says(
    { sizes: '{"embedding": 16}' },
    'datesTranslator: metadata sizes must give encoder_per_direction as an integer ≥ 1; got ' +
      '{"embedding": 16}',
  );
  refuses(
    "RangeError",
    () => datesTranslator({ ...file, metadata: {} }),
    "datesTranslator: metadata must hold source_vocabulary; got none",
  );
  assert.throws(() => datesTranslator({ ...file, metadata: { ...file.metadata, sizes: "{" } }), {
    name: "SyntaxError",
    message: "datesTranslator: metadata sizes must be JSON; got {",
  });
});
