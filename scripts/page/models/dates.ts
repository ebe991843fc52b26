/** The trained translator of dates, and the same parts with one vector of fixed length in place of attention. */
import type { BahdanauDecoder } from "../../../lib/models/bahdanau-decoder.ts";
import type { DecoderState, DecoderStep, RecurrentDecoder } from "../../../lib/models/recurrent-decoder.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Translation } from "../../../lib/models/character-translator.ts";
import { CharacterTranslator } from "../../../lib/models/character-translator.ts";
import { FixedVectorDecoder } from "../../../lib/models/fixed-vector-decoder.ts";
import { LocalMonotonicAttention } from "../../../lib/models/luong-attention.ts";
import { concatColumns } from "../../../lib/kernels/columns.ts";
import { datesTranslator } from "../../../lib/checkpoints/dates-bahdanau.ts";
import { gatherRows } from "../../../lib/kernels/rows.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmul } from "../../../lib/kernels/matmul.ts";
import { matrix } from "../../../lib/matrix.ts";
import { readSafetensors } from "../../../lib/checkpoints/safetensors.ts";

export interface DateModels {
  readonly attending: CharacterTranslator<BahdanauDecoder>;
  readonly fixed: CharacterTranslator<FixedVectorDecoder>;
  /** The same parts, attending through Luong's window of some radius. */
  readonly within: (D: number) => CharacterTranslator<WindowDecoder>;
}

export interface DatesModel {
  /** Characters that the model never learned; then there is no translation. */
  readonly unknown: readonly string[];
  readonly attending: Translation | undefined;
  readonly within: Translation | undefined;
  readonly fixed: Translation | undefined;
}

/** Bahdanau's decoder whose scores pass Luong's window (local-m) before the softmax; not trained so. */
export class WindowDecoder implements RecurrentDecoder {
  readonly decoder: BahdanauDecoder;
  readonly D: number;

  constructor(decoder: BahdanauDecoder, D: number) {
    this.decoder = decoder;
    this.D = D;
  }

  begin(H: Matrix): DecoderState {
    return this.decoder.begin(H);
  }

  step(y: Matrix, { t, s, H, R }: DecoderState): DecoderStep {
    const { attention, cell, W_o, b_o } = this.decoder;
    // no attentional state is read here: W_c is a column of zeros
    const W_c = matrix(H.cols + s.cols, 1);
    const local = new LocalMonotonicAttention({ score: attention.score, W_c, D: this.D });
    const { context: c, weights } = local.forward(s, H, { first: t });
    const next = cell.forward(concatColumns([y, c]), s);
    const logits = linear(concatColumns([next, c]), W_o, b_o);
    return { state: { t: t + 1, s: next, H, R }, logits, weights };
  }
}

/** The two sides that meet in the scores of step i: the state before it, s W_a, and the source, H U_a. */
export function sidesOfStep(
  { attending }: DateModels,
  { source, target }: Pick<Translation, "source" | "target">,
  i: number,
  decoder: RecurrentDecoder,
): { P: Matrix; R: Matrix } {
  const { sourceVocabulary, targetVocabulary, E_source, E_target, encoder, go } = attending;
  const H = encoder.forward(gatherRows(E_source, source.map((symbol) => sourceVocabulary.indexOf(symbol))));
  let state = decoder.begin(H);
  for (const symbol of [go, ...target].slice(0, i)) {
    state = decoder.step(gatherRows(E_target, [targetVocabulary.indexOf(symbol)]), state).state;
  }
  return { P: matmul(state.s, attending.decoder.attention.W_a), R: state.R };
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

/** The translator from its file, with three decoders. */
export function dateModels(bytes: Uint8Array): DateModels {
  const attending = datesTranslator(readSafetensors(bytes));
  const { decoder, sourceVocabulary, targetVocabulary, E_source, E_target, encoder, go, length } = attending;
  const parts = { sourceVocabulary, targetVocabulary, E_source, E_target, encoder, go, length };
  return {
    attending,
    fixed: new CharacterTranslator({ ...parts, decoder: new FixedVectorDecoder(decoder) }),
    within: (D) => new CharacterTranslator({ ...parts, decoder: new WindowDecoder(decoder, D) }),
  };
}

/** What all three make of a text. */
export function datesModel({ attending, fixed, within }: DateModels, text: string, D: number): DatesModel {
  const unknown = attending.unknown(text);
  const readable = unknown.length === 0 && text !== "";
  return {
    unknown,
    attending: readable ? attending.translate(text) : undefined,
    within: readable ? within(D).translate(text) : undefined,
    fixed: readable ? fixed.translate(text) : undefined,
  };
}
