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
 *     source_embedding.weight, target_embedding.weight    the rows of both vocabularies
 *     encoder.weight_ih_l0 …, encoder.weight_ih_l0_reverse …    the bidirectional GRU: `takeGRUCell`
 *     initial.weight, initial.bias                        W_s, transposed, and b_s
 *     W_a.weight, U_a.weight, v_a.weight                  the additive attention, transposed
 *     decoder.weight_ih …                                 the decoder's cell: `takeGRUCell`
 *     readout.weight, readout.bias                        W_o, transposed, and b_o
 *
 * Vocabularies and sizes stand in the file's metadata as JSON. The output is always ten symbols long: a date.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError or SyntaxError
 * for metadata without vocabularies and sizes.
 */
export function datesTranslator({ tensors, metadata }: Safetensors): CharacterTranslator<BahdanauDecoder> {
  const sourceVocabulary = vocabularyIn(metadata, "source_vocabulary");
  const targetVocabulary = vocabularyIn(metadata, "target_vocabulary");
  const e = sizeIn(metadata, "embedding");
  const d = sizeIn(metadata, "encoder_per_direction");
  const n = sizeIn(metadata, "decoder");
  const units = sizeIn(metadata, "attention");
  const n_out = targetVocabulary.length - 1;
  const reader = new CheckpointReader("datesTranslator", tensors);
  const E_source = reader.take("source_embedding.weight", [sourceVocabulary.length, e]);
  const E_target = reader.take("target_embedding.weight", [targetVocabulary.length, e]);
  const ahead = takeGRUCell(reader, { prefix: "encoder.", suffix: "_l0", d_in: e, d });
  const back = takeGRUCell(reader, { prefix: "encoder.", suffix: "_l0_reverse", d_in: e, d });
  const W_s = reader.takeLinear("initial.weight", d, n);
  const b_s = reader.take("initial.bias", [n]);
  const W_a = reader.takeLinear("W_a.weight", n, units);
  const U_a = reader.takeLinear("U_a.weight", 2 * d, units);
  const v_a = reader.takeLinear("v_a.weight", units, 1);
  const cell = takeGRUCell(reader, { prefix: "decoder.", d_in: e + 2 * d, d: n });
  const W_o = reader.takeLinear("readout.weight", n + 2 * d, n_out);
  const b_o = reader.take("readout.bias", [n_out]);
  reader.finish();
  const attention = new AdditiveAttention({ W_a, U_a, v_a });
  const decoder = new BahdanauDecoder({ W_s, b_s, attention, cell, W_o, b_o });
  const encoder = new BidirectionalGRU({ ahead, back });
  const tables = { sourceVocabulary, targetVocabulary, E_source, E_target };
  return new CharacterTranslator({ ...tables, encoder, decoder, go: "<go>", length: 10 });
}

/** The reverse of `datesTranslator` (日付の翻訳器の書き出し): tensors under the same names, in the order of the file. */
export function datesCheckpoint(translator: CharacterTranslator<BahdanauDecoder>): Map<string, Tensor> {
  const { E_source, E_target, encoder, decoder } = translator;
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
  const words = fromMetadata(metadata, key);
  const isList = Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === "string");
  if (isList && new Set(words).size === words.length) return words as string[];
  const rule = "must be a list of different words";
  throw new RangeError(`datesTranslator: metadata ${key} ${rule}; got ${metadata[key]}`);
}

/** One of the sizes in the metadata. */
function sizeIn(metadata: Readonly<Record<string, string>>, name: string): number {
  const sizes = fromMetadata(metadata, "sizes");
  const isRecord = typeof sizes === "object" && sizes !== null;
  const size = isRecord ? (sizes as Record<string, unknown>)[name] : undefined;
  if (typeof size === "number" && Number.isInteger(size) && size > 0) return size;
  const rule = `must give ${name} as an integer ≥ 1`;
  throw new RangeError(`datesTranslator: metadata sizes ${rule}; got ${metadata["sizes"]}`);
}

/** What the metadata holds as JSON under a key. */
function fromMetadata(metadata: Readonly<Record<string, string>>, key: string): unknown {
  const text = metadata[key];
  if (text === undefined) {
    const keys = Object.keys(metadata).join(", ") || "none";
    throw new RangeError(`datesTranslator: metadata must hold ${key}; got ${keys}`);
  }
  try {
    return JSON.parse(text);
  } catch (_error) {
    throw new SyntaxError(`datesTranslator: metadata ${key} must be JSON; got ${text}`);
  }
}
