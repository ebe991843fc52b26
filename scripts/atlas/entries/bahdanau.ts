import { readFileSync } from "node:fs";
import type { BahdanauDecoder } from "../../../lib/models/bahdanau-decoder.ts";
import type { Check } from "../entry.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import type { Translation } from "../../../lib/models/character-translator.ts";
import { CharacterTranslator } from "../../../lib/models/character-translator.ts";
import { FixedVectorDecoder } from "../../../lib/models/fixed-vector-decoder.ts";
import { MULTIPLY_ADDS, PAIRS, entry, shape } from "../entry.ts";
import { concatRows, gatherRows, sliceRows } from "../../../lib/kernels/rows.ts";
import { datesTranslator } from "../../../lib/checkpoints/dates-bahdanau.ts";
import { deviationOf, rowSums, same, worse } from "../checks.ts";
import { naiveBahdanau } from "../../../spec/oracle/naive-decoder.ts";
import { naiveBidirectional } from "../../../spec/oracle/naive-gru.ts";
import { readSafetensors } from "../../../lib/checkpoints/safetensors.ts";
import { rowsOf } from "../../../spec/support/values.ts";

/** Longer lines hold no date. */
const LONGEST = 64;

/** Of many lines so many are drawn, and so many redone slowly. */
const MOST_DRAWN = 24;
const MOST_REDONE = 4;

let loaded: CharacterTranslator<BahdanauDecoder> | undefined;

/** The trained model, read when it is first asked for. */
function translator(): CharacterTranslator<BahdanauDecoder> {
  loaded ??= datesTranslator(
    readSafetensors(readFileSync(new URL("../../data/dates-bahdanau.safetensors", import.meta.url))),
  );
  return loaded;
}

/** The rows of an embedding for some symbols. */
function embedded(E: Matrix, vocabulary: readonly string[], symbols: readonly string[]): Matrix {
  return gatherRows(
    E,
    symbols.map((symbol) => vocabulary.indexOf(symbol)),
  );
}

/** What went into the steps: the source's states, and the symbol written before each. */
function inputsOf({ source, target }: Translation): { X: Matrix; Y: Matrix } {
  const { E_source, E_target, sourceVocabulary, targetVocabulary, go } = translator();
  return {
    X: embedded(E_source, sourceVocabulary, source),
    Y: embedded(E_target, targetVocabulary, [go, ...target.slice(0, -1)]),
  };
}

/** The whole model once more in doubles, unit by unit. */
function equalsEquations(translations: readonly Translation[]): Check {
  const { encoder, decoder } = translator();
  let deviation = 0;
  for (const translation of translations) {
    const { X, Y } = inputsOf(translation);
    const expected = naiveBahdanau(
      decoder,
      naiveBidirectional(encoder.ahead, encoder.back, rowsOf(X)),
      rowsOf(Y),
    );
    const rows = expected.logits.map((_, i) => i);
    deviation = worse(
      deviation,
      worse(
        deviationOf(translation.logits, expected.logits, rows),
        deviationOf(translation.weights, expected.weights, rows),
      ),
    );
  }
  const limit = 1e-5; // every state goes into the next, through the encoder and through ten steps
  return {
    id: "naive",
    label: {
      en: "equals the model's equations in doubles, unit by unit (spec/oracle/naive-decoder.ts)",
      ja: "モデルの式を倍精度でユニットごとに計算した結果 (spec/oracle/naive-decoder.ts) と等しい",
    },
    pass: deviation <= limit,
    deviation,
    limit,
  };
}

/** Each step's weights are additive attention's, asked with the state before it. */
function asksBefore(translation: Translation): Check {
  const { encoder, decoder } = translator();
  const { X, Y } = inputsOf(translation);
  const H = encoder.forward(X);
  let state = decoder.begin(H);
  const weights = translation.target.map((_, i) => {
    const asked = decoder.attention.forward(state.s, H, H).weights;
    state = decoder.step(sliceRows(Y, i, i + 1), state).state;
    return asked;
  });
  return same(
    "before",
    {
      en: "each row is additive attention asked with the state before the step",
      ja: "どの行も、そのステップの前の状態で問いかけた加法注意に等しい",
    },
    translation.weights,
    concatRows(weights),
  );
}

export const bahdanau = entry({
  id: "bahdanau",
  name: { en: "Bahdanau's decoder on dates", ja: "Bahdanau のデコーダ（日付）" },
  about: {
    en:
      "Attention as it began, inside a recurrent network: before each character it writes, the decoder " +
      "looks back at the whole source and takes what it needs. This one has learned to write dates as " +
      "year-month-day.",
    ja: "注意機構の始まりの形です。RNN のデコーダは、1 文字書くたびに入力全体を見返し、必要なところを取り出します。ここでは日付を「年-月-日」に書き直すことを学習しています。",
  },
  document: "D-ATT",
  file: "lib/models/bahdanau-decoder.ts",
  of: ["BahdanauDecoder"],
  input: "lines",
  sample: ["平成29年11月22日", "the 30th of January 1982"],
  refuse(lines) {
    const long = lines.findIndex((line) => Array.from(line).length > LONGEST);
    if (long >= 0) {
      const count = Array.from(lines[long]!).length;
      return {
        en: `line ${long + 1} has ${count} characters; a date has at most ${LONGEST}`,
        ja: `${long + 1} 行目は ${count} 文字あります。日付は ${LONGEST} 文字までです`,
      };
    }
    const line = lines.findIndex((text) => translator().unknown(text).length > 0);
    if (line < 0) return undefined;
    const unknown = translator()
      .unknown(lines[line]!)
      .map((character) => `"${character}"`);
    return {
      en:
        `line ${line + 1}, ${JSON.stringify(lines[line])}: the model never learned ` +
        `${unknown.join(", ")}; it reads dates such as June 27, 2022, 27.06.2022, 2022/6/27, 2022年6月27日 ` +
        "and 令和4年6月27日",
      ja:
        `${line + 1} 行目「${lines[line]}」：${unknown.join("、")} はこのモデルが学習していない文字です。読めるのは ` +
        "2022年6月27日、令和4年6月27日、2022/6/27、27.06.2022、June 27, 2022 のような日付です",
    };
  },
  run({ text }) {
    const model = translator();
    const translations = text.words.map((line) => model.translate(line));
    const first = translations[0]!;
    const redone = translations.slice(0, MOST_REDONE);
    const { encoder, decoder } = model;
    const H = encoder.forward(inputsOf(first).X);
    const { W_a, U_a, v_a } = decoder.attention;
    const [n_q, n_k, n, units] = [first.target.length, first.source.length, W_a.rows, W_a.cols];
    const blind = new CharacterTranslator({ ...model, decoder: new FixedVectorDecoder(decoder) }).translate(
      text.words[0]!,
    );
    return {
      trained: {
        en: "trained on dates: scripts/data/dates-bahdanau.safetensors",
        ja: "日付で学習した重み：scripts/data/dates-bahdanau.safetensors",
      },
      answers: translations.map(({ text: answer }, t) => ({ given: text.words[t]!, answer })),
      shapes: [
        shape("H", "n_k, 2d", H),
        shape("W_a", "n, n'", W_a),
        shape("U_a", "2d, n'", U_a),
        shape("v_a", "n', 1", v_a),
        shape("A", "n_q, n_k", first.weights),
        shape("logits", "n_q, n_out", first.logits),
      ],
      maps: translations.slice(0, MOST_DRAWN).map(({ text: answer, weights, source, target }, t) => {
        const line = text.words[t]!;
        return {
          title: { en: `"${line}" → ${answer}`, ja: `「${line}」→ ${answer}` },
          weights,
          rows: target,
          cols: source,
        };
      }),
      checks: [
        rowSums(translations.map(({ weights }) => weights)),
        equalsEquations(redone),
        asksBefore(first),
      ],
      costs: [
        { label: PAIRS, formula: "n_q·n_k", value: n_q * n_k },
        {
          label: MULTIPLY_ADDS,
          formula: "n_k·2d·n' + n_q·(n·n' + n_k·n' + n_k·2d)",
          value: n_k * H.cols * units + n_q * (n * units + n_k * units + n_k * H.cols),
        },
      ],
      notes: [
        ...(translations.length > 1
          ? [{ en: "Shapes and cost are those of the first line.", ja: "形と計算量は 1 行目の値です。" }]
          : []),
        ...(translations.length > MOST_DRAWN
          ? [
              {
                en: `Maps of the first ${MOST_DRAWN} lines of ${translations.length}.`,
                ja: `地図は ${translations.length} 行のうち最初の ${MOST_DRAWN} 行です。`,
              },
            ]
          : []),
        {
          en:
            "With one fixed vector in place of every c_i, the bottleneck that attention was made for, " +
            `the same weights write ${blind.text} for the first line: what this decoder knows of the ` +
            "source comes through attention. (Trained so, it could do better.)",
          ja:
            `どの c_i も一つの固定長ベクトルに替えると（注意機構が取り除いたボトルネック）、同じ重みでも 1 行目は ${blind.text} になります。` +
            "このデコーダは入力のことを注意を通して知るのです(固定長のまま学習すれば、もう少しできるはずです)。",
        },
        {
          en:
            "It writes ten characters whatever it is given, so a form that it was not trained on comes " +
            "out wrong: of dates like 2022/06/27, with zeros, about half.",
          ja: "何を渡しても 10 文字を書くので、学習していない形は間違えます。たとえば 2022/06/27 のようにゼロを付けた日付は半分ほど外れます。",
        },
      ],
    };
  },
});
