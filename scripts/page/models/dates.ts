/** The trained translator of dates, and the same parts with one vector of fixed length in place of attention. */
import type { BahdanauDecoder } from "../../../lib/models/bahdanau-decoder.ts";
import type { Translation } from "../../../lib/models/character-translator.ts";
import { CharacterTranslator } from "../../../lib/models/character-translator.ts";
import { FixedVectorDecoder } from "../../../lib/models/fixed-vector-decoder.ts";
import { datesTranslator } from "../../../lib/checkpoints/dates-bahdanau.ts";
import { readSafetensors } from "../../../lib/checkpoints/safetensors.ts";

export interface DateModels {
  readonly attending: CharacterTranslator<BahdanauDecoder>;
  readonly fixed: CharacterTranslator<FixedVectorDecoder>;
}

export interface DatesModel {
  /** Characters that the model never learned; then there is no translation. */
  readonly unknown: readonly string[];
  readonly attending: Translation | undefined;
  readonly fixed: Translation | undefined;
}

/** The forms that the model has learned, each with a date of its own. */
export const DATE_FORMS = [
  "平成29年11月22日",
  "2022年6月27日",
  "令和4年6月27日",
  "June 27, 2022",
  "Jun 27, 2022",
  "27 June 2022",
  "Mon 27 June 2022",
  "Monday, 27 Jun 2022",
  "the 30th of January 1982",
  "2022/6/27",
  "27.06.2022",
] as const;

/** The translator from its file, twice. */
export function dateModels(bytes: Uint8Array): DateModels {
  const attending = datesTranslator(readSafetensors(bytes));
  const { decoder, sourceVocabulary, targetVocabulary, E_source, E_target, encoder, go, length } = attending;
  const parts = { sourceVocabulary, targetVocabulary, E_source, E_target, encoder, go, length };
  return {
    attending,
    fixed: new CharacterTranslator({ ...parts, decoder: new FixedVectorDecoder(decoder) }),
  };
}

/** What both make of a text. */
export function datesModel({ attending, fixed }: DateModels, text: string): DatesModel {
  const unknown = attending.unknown(text);
  const readable = unknown.length === 0 && text !== "";
  return {
    unknown,
    attending: readable ? attending.translate(text) : undefined,
    fixed: readable ? fixed.translate(text) : undefined,
  };
}
