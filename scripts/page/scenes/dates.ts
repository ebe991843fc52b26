/** Scene: a translator at work. Own dates to ISO, character by character. Trained. */
import type { Child, Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import type { DateModels } from "../models/dates.ts";
import { DATE_FORMS, dateModels, datesModel } from "../models/dates.ts";
import { cellField, textField } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { csvOf, mapPicture, takeAlong } from "../parts/figure.ts";
import { html, svg } from "../mark.ts";
import { largest, mapGrid } from "../parts/map.ts";
import { percentOf, widthOfWord } from "../parts/numbers.ts";
import { rowAt } from "../models/multi-head.ts";

export const DATE_WORDS = {
  title: { en: "A translator at work", ja: "翻訳器の仕事ぶり" },
  lead: {
    en:
      "Attention as it began, trained: before each character it writes, Bahdanau’s decoder looks back at " +
      "the whole date and takes what it needs. Type a date in any of these forms. Below it the same " +
      "trained parts read the date through one vector of fixed length, as decoders did before: they lose " +
      "it.",
    ja:
      "注意機構の始まりの形で、学習済みです。Bahdanau のデコーダは、1 文字書くたびに日付全体を見返し、必" +
      "要なところを取り出します。下のどの書き方でも入力できます。その下では、同じ部品が、以前のデコーダの" +
      "ように長さの決まった一つのベクトルだけから日付を読みます。そして見失います。",
  },
  date: { en: "Your date", ja: "あなたの日付" },
  forms: { en: "or one of these forms", ja: "または次の書き方" },
  unknown: { en: "The model never learned {c}.", ja: "{c} は、このモデルが学習していない文字です。" },
  empty: { en: "Type a date.", ja: "日付を入れてください。" },
  written: { en: "written with attention", ja: "注意を使って書いた日付" },
  fixed: {
    en: "the same parts with one fixed vector, not trained for it",
    ja: "同じ部品を固定長ベクトルで（この使い方では学習していない）",
  },
  query: { en: "written ↓", ja: "書いた文字 ↓" },
  key: { en: "read →", ja: "読んだ文字 →" },
  step: {
    en: "To write “{q}”, {w} of the attention lies on “{k}”.",
    ja: "「{q}」を書くとき、注意の {w} が「{k}」にあります。",
  },
  choose: {
    en: "Choose a written character to see what it was read from",
    ja: "書いた文字を選ぶと、どこから読んだかが見えます",
  },
  tryEra: { en: "An era year: 平成29年 becomes 2017", ja: "元号の年：平成29年 が 2017 に" },
  tryWords: { en: "A month in words", ja: "月の名前を英語で" },
  tryOdd: { en: "A date that does not exist", ja: "存在しない日付" },
  ask: {
    en: "In “June 27, 2022”, from which characters is the month “06” read?",
    ja: "「June 27, 2022」で、月の「06」はどの文字から読まれていますか。",
  },
  answer: {
    en:
      "Choose the 0 and the 6 behind the first hyphen: the weight lies on the letters of June that tell " +
      "it from January and July.",
    ja:
      "最初のハイフンのあとの 0 と 6 を選びます。重みは、June を January や July と区別する文字にありま" +
      "す。",
  },
  eq3: {
    en: "how well each character fits the state before the step",
    ja: "ステップ前の状態に各文字がどれだけ合うか",
  },
  eq4: { en: "shares", ja: "割合" },
  eq5: { en: "what is taken of the source", ja: "入力から受け取るもの" },
} as const satisfies Words;

const dateModelsKnown = new Map<string, DateModels>();

function datesFrom(context: Context): DateModels {
  const known = dateModelsKnown.get("dates") ?? dateModels(context.data("dates-model"));
  dateModelsKnown.set("dates", known);
  return known;
}

/** Two lines of characters, and from one character above the arcs to what it was read from. */
function ribbon(
  source: readonly string[],
  target: readonly string[],
  row: ArrayLike<number>,
  i: number,
  j: number,
  choose: (i: number) => void,
): Mark {
  const placed = (list: readonly string[], room: number): number[] => {
    const wide = list.map((one) => Math.max(0.42, widthOfWord(one)) * 26 + 6);
    const total = wide.reduce((a, x) => a + x, 0);
    let at = (room - total) / 2;
    return wide.map((w) => {
      at += w;
      return at - w / 2;
    });
  };
  const roomOf = (list: readonly string[]): number =>
    list.reduce((a, one) => a + Math.max(0.42, widthOfWord(one)) * 26 + 6, 0);
  const room = Math.max(roomOf(source), roomOf(target), 320) + 12;
  const [xs, ys] = [placed(source, room), placed(target, room)];
  const arc = (key: number): Mark => {
    const d =
      `M ${ys[i]!.toFixed(1)} 36 C ${ys[i]!.toFixed(1)} 78, ${xs[key]!.toFixed(1)} 66, ` +
      `${xs[key]!.toFixed(1)} 108`;
    const w = row[key]!;
    return svg("path", {
      d,
      class: `arc${key === j ? " on" : ""}`,
      "stroke-width": w < 0.004 ? 0 : (0.6 + 11 * w).toFixed(2),
    });
  };
  const letter = (one: string, x: number, y: number, name: string, at: number): Mark =>
    svg("text", { x: x.toFixed(1), y, class: name, "data-value": at }, one === " " ? "␣" : one);
  const above = target.map((one, n) => letter(one, ys[n]!, 28, `word big${n === i ? " q" : ""}`, n));
  const below = source.map((one, n) => letter(one, xs[n]!, 132, `word big${n === j ? " k" : ""}`, -1));
  const onclick = ({ value }: { value: string }): void =>
    void (value !== "" && Number(value) >= 0 && choose(Number(value)));
  const label = `${target[i]} ← ${source[j]}, ${percentOf(row[j]!)}`;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${room.toFixed(0)} 146`,
      class: "ribbon",
      "--wide": room.toFixed(0),
      role: "img",
      "aria-label": label,
      onclick,
    },
    ...source.map((_, key) => arc(key)),
    ...above,
    ...below,
  );
}

export const dateScene = scene({
  id: "dates",
  title: DATE_WORDS.title,
  lead: DATE_WORDS.lead,
  most: 0,
  fields: { text: textField(DATE_FORMS[0], 40), cell: cellField() },
  sources: [
    { path: "lib/models/bahdanau-decoder.ts", name: "BahdanauDecoder", method: "step" },
    { path: "lib/attention/additive-attention.ts", name: "AdditiveAttention" },
    { path: "lib/models/fixed-vector-decoder.ts", name: "FixedVectorDecoder", method: "step" },
  ],
  notes: { "3": DATE_WORDS.eq3, "4": DATE_WORDS.eq4, "5": DATE_WORDS.eq5 },
  tries: [
    { say: DATE_WORDS.tryEra, settings: { text: "平成29年11月22日", cell: [3, 2] } },
    { say: DATE_WORDS.tryWords, settings: { text: "the 30th of January 1982", cell: [6, 12] } },
    { say: DATE_WORDS.tryOdd, settings: { text: "31 February 2022" } },
  ],
  question: { ask: DATE_WORDS.ask, answer: DATE_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, id } = context;
    const models = datesFrom(context);
    const { unknown, attending, fixed } = datesModel(models, settings.text);
    const oninput = ({ value }: { value: string }): void => change({ text: value, cell: undefined });
    const form = (text: string): Mark =>
      html(
        "button",
        {
          type: "button",
          class: "token",
          "data-value": text,
          "aria-pressed": String(text === settings.text),
          onclick: () => change({ text, cell: undefined }),
        },
        text,
      );
    const head = [
      html(
        "label",
        { class: "sentence", for: "dates-text" },
        html("span", {}, say(DATE_WORDS.date)),
        html("input", {
          id: "dates-text",
          type: "text",
          class: "line-text",
          maxlength: 40,
          spellcheck: "false",
          value: settings.text,
          oninput,
        }),
      ),
      html("p", { class: "hint" }, say(DATE_WORDS.forms)),
      html(
        "div",
        { class: "tokens forms", id: "dates-forms", role: "group", "aria-label": say(DATE_WORDS.forms) },
        ...DATE_FORMS.map(form),
      ),
    ];
    if (attending === undefined || fixed === undefined) {
      const told =
        unknown.length === 0
          ? say(DATE_WORDS.empty)
          : say(DATE_WORDS.unknown, { c: unknown.map((c) => `“${c}”`).join(" ") });
      return [...head, html("p", { class: "status", id: "dates-unknown", role: "status" }, told)];
    }
    const { source, target, weights } = attending;
    const cell = cellOf(settings.cell, weights);
    const [i, j] = cell;
    const row = rowAt(weights, i);
    const axes = [say(DATE_WORDS.query), say(DATE_WORDS.key)] as const;
    const taken = (): { picture: Mark; csv: string } => ({
      picture: mapPicture({
        title: `${source.join("")} → ${target.join("")}`,
        rows: target,
        cols: source,
        weights,
        most: largest(weights),
        axes,
      }),
      csv: csvOf({ rows: target, cols: source, weights }),
    });
    return [
      ...head,
      html(
        "p",
        { class: "status", id: "dates-step", role: "status" },
        say(DATE_WORDS.step, { q: target[i]!, k: source[j]!, w: percentOf(row[j]!) }),
      ),
      html("p", { class: "hint" }, say(DATE_WORDS.choose)),
      html(
        "div",
        { class: "scroll" },
        ribbon(source, target, row, i, j, (next) =>
          change({ cell: [next, row.indexOf(Math.max(...rowAt(weights, next)))] }),
        ),
      ),
      html(
        "dl",
        { class: "written" },
        html("dt", {}, say(DATE_WORDS.written)),
        html("dd", { id: "dates-written" }, attending.text),
        html("dt", {}, say(DATE_WORDS.fixed)),
        html("dd", { id: "dates-fixed", class: fixed.text === attending.text ? "" : "lost" }, fixed.text),
      ),
      html(
        "figure",
        { class: "big" },
        html("figcaption", {}, html("span", { class: "q" }, axes[0]), html("span", { class: "k" }, axes[1])),
        html(
          "div",
          { class: "scroll" },
          mapGrid({
            id: "dates-map",
            rows: target,
            cols: source,
            weights,
            most: largest(weights),
            cell,
            label: say(DATE_WORDS.title),
            say: (a, b) => `${target[a]} ← ${source[b]}, ${percentOf(weights.data[a * source.length + b]!)}`,
            choose: (next) => change({ cell: next }),
          }),
        ),
        takeAlong(context, id, taken),
      ),
    ];
  },
  trial(hands, test, must, expected): void {
    test("dates: each of the forms is written as the full-precision model writes it in Node", () => {
      const wanted = expected["dates.written"] as Record<string, string>;
      for (const [form, written] of Object.entries(wanted)) {
        hands.slide("dates-text", form);
        must(
          hands.text("#dates-written") === written,
          `${form}: ${hands.text("#dates-written")} for ${written}`,
        );
      }
    });
    test("dates: the map of the first form is the oracle's, to two parts in a hundred", () => {
      hands.click('#dates-forms [data-value="平成29年11月22日"]');
      const wanted = expected["dates.map"] as number[];
      const got = hands.texts("#dates-map td[role] i").map(Number);
      const bad = got.findIndex((x, e) => Math.abs(x - 100 * wanted[e]!) > 2);
      must(got.length === wanted.length && bad < 0, `cell ${bad}: ${got[bad]} for ${100 * wanted[bad]!}`);
    });
    test("dates: one fixed vector loses the date", () => {
      must(hands.text("#dates-fixed") !== hands.text("#dates-written"), hands.text("#dates-fixed"));
    });
    test("dates: an unknown character is named, and breaks nothing", () => {
      hands.slide("dates-text", "27 Ω 2022");
      must(hands.text("#dates-unknown").includes("Ω"), hands.text("#dates-unknown"));
      hands.slide("dates-text", "27.06.2022");
      must(hands.text("#dates-written") === "2022-06-27", hands.text("#dates-written"));
    });
  },
});
