/** Scene: a translator at work. Own dates to ISO, character by character. Trained. */
import type { Child, Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import type { DateModels } from "../models/dates.ts";
import { DATE_FORMS, dateModels, datesModel, sidesOfStep } from "../models/dates.ts";
import { additiveScores } from "../../../lib/kernels/additive-scores.ts";
import { cellField, oneOf, scaleField, textField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { choices, controls, slider } from "../parts/controls.ts";
import { html, svg } from "../mark.ts";
import { kept } from "../models/kept.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { percentOf, widthOfWord } from "../parts/numbers.ts";
import { rowAt } from "../models/multi-head.ts";
import { specText } from "../parts/spec-text.ts";

export const DATE_WORDS = {
  title: { en: "A translator at work", ja: "翻訳器の仕事ぶり" },
  lead: {
    en:
      "Attention as it began, trained: before each character it writes, Bahdanau’s decoder looks back at " +
      "the whole date and takes what it needs. Type a date in any of these forms. Below it the same " +
      "trained parts read the date through one vector of fixed length, as decoders did before: they lose " +
      "it. With Luong’s window they see only places near the step, which is enough where both sides run in " +
      "the same order.",
    ja:
      "注意機構の始まりの形で、学習済みです。Bahdanau のデコーダは、1 文字書くたびに日付全体を見返し、必" +
      "要なところを取り出します。下のどの書き方でも入力できます。その下では、同じ部品が、以前のデコーダの" +
      "ように長さの決まった一つのベクトルだけから日付を読みます。そして見失います。Luong の窓では、書く位置の近くだけ" +
      "を見ます。両側の順序が同じなら、それで足ります。",
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
  within: {
    en: "the same parts, with Luong’s window of radius {D} (local-m), not trained for it",
    ja: "同じ部品を、Luong の半径 {D} の窓（local-m）で（この使い方では学習していない）",
  },
  look: { en: "it may look at", ja: "見てよい範囲" },
  all: { en: "the whole date", ja: "日付全体" },
  window: { en: "Luong’s window", ja: "Luong の窓" },
  radius: { en: "radius D", ja: "半径 D" },
  at: { en: "character", ja: "何文字目" },
  both: { en: "both maps", ja: "両方の地図" },
  inside: { en: "inside the window", ja: "窓の内側" },
  outside: { en: "outside the window", ja: "窓の外側" },
  sum: {
    en: "e = {e}, the row’s largest {m}: exp({e} − {m}) = {x}, over the row’s sum {z}: {w}",
    ja: "e = {e}、行の最大は {m}。exp({e} − {m}) = {x}、これを行の和 {z} で割ると {w}",
  },
  out: { en: "The window does not hold this character.", ja: "この文字は窓の外にあります。" },
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
  tryWindow: {
    en: "Luong’s window of radius 1: right where the order is the same",
    ja: "Luong の半径 1 の窓：順序が同じなら正しく書ける",
  },
  tryTurned: { en: "The same window over 27.06.2022", ja: "同じ窓で 27.06.2022 を読む" },
  tryOdd: { en: "A date that does not exist", ja: "存在しない日付" },
  ask: {
    en:
      "In “June 27, 2022”, from which character is the month “06” read? And from which radius D on does " +
      "Luong’s window read “27.06.2022” as the whole date is read?",
    ja:
      "「June 27, 2022」で、月の「06」はどの文字から読まれていますか。また「27.06.2022」では、半径 D がいくつから、" +
      "Luong の窓でも日付全体を見たときと同じに書けますか。",
  },
  answer: {
    en:
      "From the u: 86% for the 0, 94% for the 6. The state at u has read the date from both sides, so it knows " +
      "the J before it and the n behind it. From D = 8 on: the year stands last and is written first.",
    ja:
      "u の文字からです。0 で 86%、6 で 94%。u の状態は日付を両側から読んでいるので、前の J も後ろの n も知っています。" +
      "窓は D = 8 からです。最後にある年を、最初に書くからです。",
  },
  eq3: {
    en: "how well each character fits the state before the step",
    ja: "ステップ前の状態に各文字がどれだけ合うか",
  },
  eq4: { en: "shares", ja: "割合" },
  eq5: { en: "what is taken of the source", ja: "入力から受け取るもの" },
} as const satisfies Words;

function datesFrom(context: Context): DateModels {
  return kept("dates-model", [], () => dateModels(context.data("dates-model")));
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
  const above = target.map((one, n) => letter(one, ys[n]!, 28, `word big${n === i ? " q" : n > i ? " later" : ""}`, n));
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

/** The densest place of a row. */
function densestOf(row: ArrayLike<number>): number {
  const list = Array.from(row);
  return list.indexOf(Math.max(...list));
}

export const dateScene = scene({
  id: "dates",
  title: DATE_WORDS.title,
  lead: DATE_WORDS.lead,
  most: 0,
  fields: {
    text: textField(DATE_FORMS[0], 40),
    look: oneOf<"whole" | "window">("whole", ["whole", "window"]),
    radius: whole(2, 0, 40),
    scale: scaleField(),
    cell: cellField(),
  },
  sources: [
    { path: "lib/models/bahdanau-decoder.ts", name: "BahdanauDecoder", method: "step" },
    { path: "lib/attention/additive-attention.ts", name: "AdditiveAttention" },
    { path: "lib/models/luong-attention.ts", name: "LocalMonotonicAttention" },
    { path: "lib/models/fixed-vector-decoder.ts", name: "FixedVectorDecoder", method: "step" },
  ],
  notes: { "3": DATE_WORDS.eq3, "4": DATE_WORDS.eq4, "5": DATE_WORDS.eq5 },
  tries: [
    { say: DATE_WORDS.tryEra, settings: { text: "平成29年11月22日", look: "whole", cell: [3, 2] } },
    { say: DATE_WORDS.tryWords, settings: { text: "the 30th of January 1982", look: "whole", cell: [6, 12] } },
    { say: DATE_WORDS.tryOdd, settings: { text: "31 February 2022", look: "whole" } },
    { say: DATE_WORDS.tryWindow, settings: { text: "2022/6/27", look: "window", radius: 1 } },
    { say: DATE_WORDS.tryTurned, settings: { text: "27.06.2022", look: "window", radius: 1 } },
  ],
  question: { ask: DATE_WORDS.ask, answer: DATE_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, id } = context;
    const models = datesFrom(context);
    const { look, radius } = settings;
    const { unknown, attending, within, fixed } = kept("dates", [settings.text, radius], () =>
      datesModel(models, settings.text, radius),
    );
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
    if (attending === undefined || within === undefined || fixed === undefined) {
      const told =
        unknown.length === 0
          ? say(DATE_WORDS.empty)
          : say(DATE_WORDS.unknown, { c: unknown.map((c) => `“${c}”`).join(" ") });
      return [...head, html("p", { class: "status", id: "dates-unknown", role: "status" }, told)];
    }
    const shown = look === "window" ? within : attending;
    const { source, target, weights } = shown;
    const cell = cellOf(settings.cell, weights);
    const [i, j] = cell;
    const row = rowAt(weights, i);
    const inside = (a: number, b: number): boolean => look === "whole" || Math.abs(b - a) <= radius;
    const turnTo = (next: number): void => change({ cell: [next, densestOf(rowAt(weights, next))] });
    const decoder = models.attending.decoder;
    const { P, R } = kept("dates-sides", [settings.text, look, radius, i], () =>
      sidesOfStep(models, shown, i, look === "window" ? models.within(radius).decoder : decoder),
    );
    const scores = Array.from(additiveScores(P, R, decoder.attention.v_a).data);
    const most = Math.max(...scores.filter((_, b) => inside(i, b)));
    const total = scores.reduce((sum, e, b) => sum + (inside(i, b) ? Math.exp(e - most) : 0), 0);
    const share = Math.exp(scores[j]! - most);
    const sum = say(inside(i, j) ? DATE_WORDS.sum : DATE_WORDS.out, {
      e: scores[j]!.toFixed(3),
      m: most.toFixed(3),
      x: share.toFixed(4),
      z: total.toFixed(4),
      w: (share / total).toFixed(4),
    });
    const written = (name: string, text: string, told: string): readonly Mark[] => [
      html("dt", {}, told),
      html("dd", { id: name, class: text === attending.text ? "" : "lost" }, text),
    ];
    return [
      ...head,
      controls(
        choices<"whole" | "window">({
          id: "dates-look",
          label: say(DATE_WORDS.look),
          value: look,
          among: [
            { value: "whole", say: say(DATE_WORDS.all) },
            { value: "window", say: say(DATE_WORDS.window) },
          ],
          change: (next) => change({ look: next, cell: undefined }),
        }),
        slider({
          id: "dates-radius",
          label: say(DATE_WORDS.radius),
          min: 0,
          max: source.length - 1,
          value: Math.min(radius, source.length - 1),
          change: (value) => change({ radius: value }),
        }),
        slider({
          id: "dates-at",
          label: say(DATE_WORDS.at),
          min: 1,
          max: target.length,
          value: i + 1,
          change: (value) => turnTo(value - 1),
        }),
      ),
      html(
        "p",
        { class: "status", id: "dates-step", role: "status" },
        say(DATE_WORDS.step, { q: target[i]!, k: source[j]!, w: percentOf(row[j]!) }),
      ),
      html("p", { class: "hint" }, say(DATE_WORDS.choose)),
      html("div", { class: "scroll" }, ribbon(source, target, row, i, j, turnTo)),
      html("p", { class: "note", id: "dates-sum", "data-eq": "3 4" }, sum),
      html(
        "dl",
        { class: "written" },
        ...written("dates-written", attending.text, say(DATE_WORDS.written)),
        ...written("dates-within", within.text, say(DATE_WORDS.within, { D: radius })),
        ...written("dates-fixed", fixed.text, say(DATE_WORDS.fixed)),
      ),
      mapFigure(context, {
        id: "dates-map",
        title: `${source.join("")} → ${target.join("")}`,
        rows: target,
        cols: source,
        weights,
        cell,
        axes: [say(DATE_WORDS.query), say(DATE_WORDS.key)],
        label: say(DATE_WORDS.title),
        say: (a, b) => `${target[a]} ← ${source[b]}, ${percentOf(weights.data[a * source.length + b]!)}`,
        ...(look === "whole"
          ? {}
          : {
              kind: (a: number, b: number) => (inside(a, b) ? "local" : "unseen"),
              kinds: [
                ["local", say(DATE_WORDS.inside)],
                ["unseen", say(DATE_WORDS.outside)],
              ] as const,
            }),
        alike: 1 / Math.max(1, source.filter((_, b) => inside(i, b)).length),
        choose: (next) => change({ cell: next }),
        scale: settings.scale,
        rescale: (scale) => change({ scale }),
        among: [attending.weights, within.weights],
        amongSay: say(DATE_WORDS.both),
        take: id,
      }),
    ];
  },
  spec({ text, look, radius, cell }, context): string {
    const models = datesFrom(context);
    const { attending, within } = datesModel(models, text, radius);
    const local = look === "window";
    const shown = (local ? within : attending) ?? models.attending.translate(DATE_FORMS[0]);
    const [i] = cellOf(cell, shown.weights);
    const decoder = models.attending.decoder;
    const { P, R } = sidesOfStep(models, shown, i, local ? models.within(radius).decoder : decoder);
    const [read, wrote] = [shown.source.join(""), shown.target.join("")];
    return specText({
      about: `Bahdanau’s decoder reads ${read} and writes ${wrote}: what it looks at before character ${i + 1}`,
      name: `the shares of character ${i + 1} of ${wrote}${local ? `, within ${radius} of place ${i}` : ""}`,
      uses: {
        "kernels/additive-scores": "additiveScores",
        ...(local ? { "kernels/mask-scores": "maskScores" } : {}),
        "kernels/softmax-rows": "softmaxRows",
      },
      // s W_a of the state before the character, H U_a of the characters read, and v_a
      given: [["P", P], ["R", R], ["v_a", decoder.attention.v_a]],
      places: 4,
      within: 1e-3,
      code: [
        "const e = additiveScores(P, R, v_a);",
        local
          ? `const weights = softmaxRows(maskScores(e, { allow: (_, j) => Math.abs(j - ${i}) <= ${radius} }));`
          : "const weights = softmaxRows(e);",
      ],
      got: "Array.from(weights.data)",
      expected: rowAt(shown.weights, i),
    });
  },
  trial(hands, test, must, expected): void {
    const texts = (name: string): Record<string, string> => expected[name] as Record<string, string>;
    /** Compares the cells of a row or of the map with shares, in percent as they are printed. */
    const mustShow = (wanted: readonly number[], from: number): void => {
      const got = hands.texts("#dates-map td[role] i").slice(from, from + wanted.length);
      const bad = wanted.findIndex((w, e) => Math.abs(Number(got[e]) - 100 * w) > 0.52);
      must(got.length === wanted.length && bad < 0, `cell ${bad}: ${got[bad]} for ${100 * wanted[bad]!}`);
    };
    test("dates: each of the forms is written as the full-precision model and the oracle write it", () => {
      for (const [form, written] of Object.entries(texts("dates.written"))) {
        hands.slide("dates-text", form);
        const got = hands.text("#dates-written");
        must(got === written && got === texts("dates.oracle")[form], `${form}: ${got} for ${written}`);
      }
    });
    test("dates: each form by its button; one fixed vector loses it, as the oracle does", () => {
      for (const [form, lost] of Object.entries(texts("dates.fixed"))) {
        hands.click(`#dates-forms [data-value="${form}"]`);
        must(hands.attribute(`#dates-forms [data-value="${form}"]`, "aria-pressed") === "true", form);
        const [got, whole] = [hands.text("#dates-fixed"), hands.text("#dates-written")];
        must(got === lost && got !== whole, `${form}: ${got} for ${lost}`);
        must(hands.attribute("#dates-fixed", "class") === "lost", `${form} is not struck out`);
      }
    });
    test("dates: the map of the first form is the oracle's", () => {
      hands.click('#dates-forms [data-value="平成29年11月22日"]');
      mustShow(expected["dates.map"] as number[], 0);
    });
    test("dates: each character by the slider, the ribbon and an arrow key: its densest share, worked out", () => {
      const wanted = expected["dates.map"] as number[];
      const n = 11;
      const mustTell = (i: number): void => {
        const row = wanted.slice(i * n, (i + 1) * n);
        const [most, j] = [Math.max(...row), row.indexOf(Math.max(...row))];
        must(hands.count("#dates .ribbon .q") === 1, "no character is marked");
        row.forEach((w, key) => {
          const wide = Number(hands.attribute(`#dates .ribbon path:nth-of-type(${key + 1})`, "stroke-width"));
          must(Math.abs(wide - (w < 0.004 ? 0 : 0.6 + 11 * w)) < 0.02, `arc ${key}: ${wide} wide for ${w}`);
        });
        must(hands.count("#dates .ribbon .later") === 9 - i, `${hands.count("#dates .ribbon .later")} to come`);
        const told = hands.text("#dates-step");
        const share = Number.parseFloat(/([\d.]+)\s?%/.exec(told)![1]!);
        must(Math.abs(share - 100 * most) <= 0.51, `character ${i}: ${told} for ${100 * most}`);
        const numbers = hands.text("#dates-sum").match(/-?\d+\.\d{3,4}/g)!.map(Number);
        const [e, m, , , x, z, w] = numbers as [number, number, number, number, number, number, number];
        must(Math.abs(Math.exp(e - m) - x) < 1e-3 && Math.abs(x / z - w) < 1e-3, numbers.join(" "));
        must(Math.abs(w - most) < 1e-3, `${w} for ${most}`);
        must(hands.attribute(`#dates-map td[data-value="${i}.${j}"]`, "aria-selected") === "true", `${i}.${j}`);
      };
      for (let i = 0; i < 10; i++) {
        hands.slide("dates-at", i + 1);
        mustTell(i);
      }
      hands.click('#dates .ribbon [data-value="6"]');
      mustTell(6);
      hands.click('#dates-map td[data-value="3.2"]');
      hands.focus('#dates-map [tabindex="0"]');
      hands.press("ArrowRight");
      must(hands.focused() === "3.3", hands.focused());
      const least = Math.log(wanted[3 * n + 3]! / Math.max(...wanted.slice(3 * n, 4 * n)));
      const [e, m] = hands.text("#dates-sum").match(/-?\d+\.\d{3}/g)!.map(Number);
      must(Math.abs(e! - m! - least) < 0.02, `${e} − ${m} for ${least}`);
    });
    test("dates: with Luong's window the text, the map and what lies outside are the oracle's", () => {
      hands.slide("dates-text", "27.06.2022");
      hands.click('#dates-look [data-value="window"]');
      const turned = expected["dates.turned"] as string[];
      turned.forEach((written, D) => {
        hands.slide("dates-radius", D);
        must(hands.text("#dates-within") === written, `D ${D}: ${hands.text("#dates-within")} for ${written}`);
        must(hands.text("#dates .ribbon .big[data-value=\"0\"]") === written[0]!, "the ribbon shows another");
      });
      hands.slide("dates-radius", 2);
      mustShow(expected["dates.window"] as number[], 0);
      must(hands.count("#dates-map .unseen") === 100 - 44, `${hands.count("#dates-map .unseen")} outside`);
      hands.click('#dates-map td[data-value="0.9"]');
      must(!/\d/.test(hands.text("#dates-sum")), hands.text("#dates-sum"));
      hands.click('#dates-look [data-value="whole"]');
      must(hands.count("#dates-map .unseen") === 0, "still a window");
    });
    test("dates: the full colour is the row's, the map's or both maps' densest", () => {
      const dense = (name: string): number => 100 * Math.max(...(expected[name] as number[]));
      const most = (): number => 100 * Number(hands.attribute("#dates .legend", "data-most"));
      hands.click('#dates-forms [data-value="平成29年11月22日"]');
      must(Math.abs(most() - dense("dates.map")) < 0.1, `${most()} for ${dense("dates.map")}`);
      hands.click('#dates-map td[data-value="4.0"]');
      hands.click('#dates-scale [data-value="row"]');
      const row = 100 * Math.max(...(expected["dates.map"] as number[]).slice(44, 55));
      must(Math.abs(most() - row) < 0.1, `${most()} for ${row}`);
      hands.slide("dates-text", "27.06.2022");
      hands.click('#dates-look [data-value="window"]');
      hands.click('#dates-scale [data-value="heads"]');
      const both = Math.max(100 * (expected["dates.densest"] as number), dense("dates.window"));
      must(Math.abs(most() - both) < 0.1 && both > dense("dates.window") + 0.2, `${most()} for ${both}`);
      hands.click('#dates-scale [data-value="map"]');
      must(Math.abs(most() - dense("dates.window")) < 0.1, `${most()} for ${dense("dates.window")}`);
      hands.click('#dates-look [data-value="whole"]');
    });
    test("dates: the answer holds: the month is read from the u, and the window needs D = 8", () => {
      const month = expected["dates.month"] as number[];
      hands.slide("dates-text", "June 27, 2022");
      mustShow(month, 5 * 13);
      const answer = hands.text("#dates .further details p");
      const shares = [month[1]!, month[14]!].map((w) => `${Math.round(100 * w)}%`);
      must(shares.every((share) => answer.includes(share)), `${shares.join()}: ${answer}`);
      must(Math.max(...month.slice(0, 13)) === month[1] && Math.max(...month.slice(13)) === month[14], "not the u");
      const turned = expected["dates.turned"] as string[];
      const from = turned.findIndex((text, D) => turned.slice(D).every((one) => one === turned[9] && text === one));
      must(turned[9] === texts("dates.written")["27.06.2022"] && answer.includes(`D = ${from}`), `D = ${from}`);
    });
    test("dates: an unknown character is named, and breaks nothing", () => {
      hands.slide("dates-text", "27 Ω 2022");
      must(hands.text("#dates-unknown").includes("Ω"), hands.text("#dates-unknown"));
      hands.slide("dates-text", "27.06.2022");
      must(hands.text("#dates-written") === "2022-06-27", hands.text("#dates-written"));
    });
  },
});
