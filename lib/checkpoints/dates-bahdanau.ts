import type { Safetensors, Tensor } from "./safetensors.ts";
import { AdditiveAttention } from "../attention/additive-attention.ts";
import { BahdanauDecoder } from "../models/bahdanau-decoder.ts";
import { BidirectionalGRU } from "../layers/gru.ts";
import { CharacterTranslator } from "../models/character-translator.ts";
import { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { putGRUCell, takeGRUCell } from "./torch-gru.ts";

/**
 * The translator of dates from its file (日付の翻訳器の読み込み): Bahdanau's model that writes 平成29年11月22日 as
 * 2017-11-22.
 *
 *     source_embedding.weight, target_embedding.weight                 the rows of both vocabularies
 *     encoder.{weight,bias}_{ih,hh}_l0 and …_l0_reverse                the bidirectional GRU
 *     initial.{weight,bias}                                            W_s, b_s
 *     W_a.weight, U_a.weight, v_a.weight                               the additive attention
 *     decoder.{weight,bias}_{ih,hh}                                    the decoder's cell
 *     readout.{weight,bias}                                            W_o, b_o
 *
 * Vocabularies and sizes stand in the file's metadata as JSON. The output is always ten symbols long: a date.
 * Errors: RangeError with every tensor that is missing, misshapen or unknown; RangeError or
 * SyntaxError for metadata without them.
 */
export function datesTranslator({ tensors, metadata }: Safetensors): CharacterTranslator<BahdanauDecoder> {
  const sourceVocabulary = vocabularyIn(metadata, "source_vocabulary");
  const targetVocabulary = vocabularyIn(metadata, "target_vocabulary");
  const [e, d] = [sizeIn(metadata, "embedding"), sizeIn(metadata, "encoder_per_direction")];
  const [n, units] = [sizeIn(metadata, "decoder"), sizeIn(metadata, "attention")];
  const n_out = targetVocabulary.length - 1;
  const reader = new CheckpointReader("datesTranslator", tensors);
  const E_source = reader.take("source_embedding.weight", [sourceVocabulary.length, e]);
  const E_target = reader.take("target_embedding.weight", [targetVocabulary.length, e]);
  const ahead = takeGRUCell(reader, { prefix: "encoder.", suffix: "_l0", d_in: e, d });
  const back = takeGRUCell(reader, { prefix: "encoder.", suffix: "_l0_reverse", d_in: e, d });
  const [W_s, b_s] = [reader.takeLinear("initial.weight", d, n), reader.take("initial.bias", [n])];
  const [W_a, U_a] = [
    reader.takeLinear("W_a.weight", n, units),
    reader.takeLinear("U_a.weight", 2 * d, units),
  ];
  const v_a = reader.takeLinear("v_a.weight", units, 1);
  const cell = takeGRUCell(reader, { prefix: "decoder.", d_in: e + 2 * d, d: n });
  const [W_o, b_o] = [
    reader.takeLinear("readout.weight", n + 2 * d, n_out),
    reader.take("readout.bias", [n_out]),
  ];
  reader.finish();
  const decoder = new BahdanauDecoder({
    W_s,
    b_s,
    attention: new AdditiveAttention({ W_a, U_a, v_a }),
    cell,
    W_o,
    b_o,
  });
  const encoder = new BidirectionalGRU({ ahead, back });
  return new CharacterTranslator({
    sourceVocabulary,
    targetVocabulary,
    E_source,
    E_target,
    encoder,
    decoder,
    go: "<go>",
    length: 10,
  });
}

/**
 * The reverse of `datesTranslator` (日付の翻訳器の書き出し): the tensors under the same names, in the order of the file.
 */
export function datesCheckpoint({
  E_source,
  E_target,
  encoder,
  decoder,
}: CharacterTranslator<BahdanauDecoder>): Map<string, Tensor> {
  const { W_s, b_s, attention, cell, W_o, b_o } = decoder;
  const writer = new CheckpointWriter();
  writer.put("source_embedding.weight", E_source, [E_source.rows, E_source.cols]);
  writer.put("target_embedding.weight", E_target, [E_target.rows, E_target.cols]);
  putGRUCell(writer, encoder.ahead, "encoder.", "_l0");
  putGRUCell(writer, encoder.back, "encoder.", "_l0_reverse");
  writer.putLinear("initial.weight", W_s);
  writer.put("initial.bias", b_s, [b_s.cols]);
  writer.putLinear("W_a.weight", attention.W_a);
  writer.putLinear("U_a.weight", attention.U_a);
  writer.putLinear("v_a.weight", attention.v_a);
  putGRUCell(writer, cell, "decoder.");
  writer.putLinear("readout.weight", W_o);
  writer.put("readout.bias", b_o, [b_o.cols]);
  return writer.tensors;
}

/** A vocabulary in the metadata: a list of words, no two the same. */
function vocabularyIn(metadata: Readonly<Record<string, string>>, key: string): string[] {
  const value = fromMetadata(metadata, key);
  if (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((word) => typeof word === "string") &&
    new Set(value).size === value.length
  ) {
    return value as string[];
  }
  throw new RangeError(
    `datesTranslator: metadata ${key} must be a list of different words; got ${metadata[key]}`,
  );
}

/** One of the sizes in the metadata. */
function sizeIn(metadata: Readonly<Record<string, string>>, name: string): number {
  const sizes = fromMetadata(metadata, "sizes");
  const value =
    typeof sizes === "object" && sizes !== null ? (sizes as Record<string, unknown>)[name] : undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw new RangeError(
    `datesTranslator: metadata sizes must give ${name} as an integer ≥ 1; got ${metadata["sizes"]}`,
  );
}

function fromMetadata(metadata: Readonly<Record<string, string>>, key: string): unknown {
  const text = metadata[key];
  if (text === undefined) {
    throw new RangeError(
      `datesTranslator: metadata must hold ${key}; got ${Object.keys(metadata).join(", ") || "none"}`,
    );
  }
  try {
    return JSON.parse(text);
  } catch (_error) {
    throw new SyntaxError(`datesTranslator: metadata ${key} must be JSON; got ${text}`);
  }
}
