/** The view behind the scenes: many mechanisms at once over one's own text, each checked as one looks. */
import type { Child, Mark } from "../mark.ts";
import type { Ran } from "../models/all.ts";
import type { Words } from "../scene.ts";
import { NEAR_ENOUGH, allModel } from "../models/all.ts";
import { cellField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { csvOf, mapPicture, takeAlong } from "../parts/figure.ts";
import { html } from "../mark.ts";
import { largest, mapGrid, thumbnail } from "../parts/map.ts";
import { percentOf } from "../parts/numbers.ts";

export const ALL_WORDS = {
  title: { en: "Many at once, each checked", ja: "いくつも並べて、一つずつ検算" },
  lead: {
    en:
      "{n} mechanisms of the library over your own words, at this seed. Each map is computed once by the " +
      "library in float32 and once by the oracle, attention written down as slowly and plainly as it can " +
      "be, in doubles; the number is the largest difference of a weight. The models and the factorised " +
      "mechanisms are in the scenes above; the terminal has all: npm start -- all.",
    ja:
      "ライブラリの機構 {n} 個を、あなたの文の上で、このシードで動かしています。地図はどれも、ライブラリ" +
      "が float32 で一度、オラクル(できるだけ遅く素直に書いた注意)が倍精度で一度計算します。数は重みの差" +
      "の最大です。モデルと因子分解の機構は上の場面に、すべては端末にあります: npm start -- all。",
  },
  intro: {
    en:
      "Your words through many mechanisms of the library, and beside each the slow oracle, run here and " +
      "now.",
    ja: "あなたの語を、ライブラリのたくさんの機構に通します。遅いオラクルも、いまここで並べて動かします。",
  },
  choose: { en: "Choose a map to see it large", ja: "選ぶと大きく出ます" },
  good: { en: "{n} of {all} agree to within {d}", ja: "{all} 個のうち {n} 個が {d} 以内で一致" },
  query: { en: "query ↓", ja: "クエリ ↓" },
  key: { en: "key →", ja: "キー →" },
  row: { en: "row {n}", ja: "行 {n}" },
  tryLong: { en: "The sentence by characters", ja: "文を一字ずつ" },
  tryBird: { en: "BigBird’s map", ja: "BigBird の地図" },
  ask: {
    en: "Two of the maps are the same, cell by cell, although one of them was never made as a map. Which?",
    ja: "二つの地図はマスごとに同じですが、一方は地図としては作られていません。どれとどれですか。",
  },
  answer: {
    en:
      "ScaledDotProductAttention and StreamingAttention: the same equation, with the keys all at once or " +
      "block by block; the second gives rows only when it is asked for them.",
    ja:
      "ScaledDotProductAttention と StreamingAttention です。同じ式を、キーをまとめて、またはブロックごと" +
      "に計算します。後者は、求められた行だけを出します。",
  },
} as const satisfies Words;

export const allScene = scene({
  id: "all",
  title: ALL_WORDS.title,
  lead: ALL_WORDS.intro,
  fields: { shown: whole(8, 0, 17), cell: cellField() },
  sources: [{ path: "lib/attention/attention.ts", name: "Attention" }],
  tries: [
    { say: ALL_WORDS.tryLong, settings: { cell: undefined }, shared: { cut: "letter" } },
    { say: ALL_WORDS.tryBird, settings: { shown: 16 } },
  ],
  question: { ask: ALL_WORDS.ask, answer: ALL_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const all = allModel(X, shared.seed);
    const at = Math.min(settings.shown, all.length - 1);
    const { map, name, file } = all[at]!;
    const rows =
      map.rows === words.length
        ? words
        : Array.from({ length: map.rows }, (_, n) => say(ALL_WORDS.row, { n: n + 1 }));
    const cols = name === "CrossAttention" ? [...words].reverse() : words;
    const cell = cellOf(settings.cell, map);
    const most = largest(map);
    const good = all.filter(({ off }) => off <= NEAR_ENOUGH).length;
    const axes = [say(ALL_WORDS.query), say(ALL_WORDS.key)] as const;
    const tile = (one: Ran, n: number): Mark =>
      html(
        "button",
        {
          type: "button",
          class: "pick",
          "data-value": n,
          "aria-pressed": String(n === at),
          "data-off": one.off,
          onclick: () => change({ shown: n }),
        },
        thumbnail(one.map, largest(one.map)),
        html("span", {}, one.name),
        html("small", {}, `${one.off <= NEAR_ENOUGH ? "✓" : "✗"} ${one.off.toExponential(0)}`),
      );
    const taken = (): { picture: Mark; csv: string } => ({
      picture: mapPicture({ title: name, rows, cols, weights: map, most, axes }),
      csv: csvOf({ rows, cols, weights: map }),
    });
    return [
      html("p", { class: "hint" }, say(ALL_WORDS.lead, { n: all.length })),
      html(
        "p",
        { class: "status", id: "all-good", role: "status" },
        say(ALL_WORDS.good, { n: good, all: all.length, d: NEAR_ENOUGH.toExponential(0) }),
      ),
      html("p", { class: "hint" }, say(ALL_WORDS.choose)),
      html("div", { class: "tiles", role: "group", "aria-label": say(ALL_WORDS.choose) }, ...all.map(tile)),
      html(
        "figure",
        { class: "big" },
        html(
          "figcaption",
          {},
          html("b", {}, name),
          html("span", {}, file),
          html("span", { class: "q" }, axes[0]),
          html("span", { class: "k" }, axes[1]),
        ),
        html(
          "div",
          { class: "scroll" },
          mapGrid({
            id: "all-map",
            rows,
            cols,
            weights: map,
            most,
            cell,
            label: name,
            say: (a, b) => `${rows[a]} → ${cols[b]}, ${percentOf(map.data[a * cols.length + b]!)}`,
            look: (a, b) => (map.data[a * cols.length + b] === 0 ? "reason unseen" : ""),
            choose: (next) => change({ cell: next }),
          }),
        ),
        takeAlong(context, id, taken),
      ),
    ];
  },
  trial(hands, test, must, expected): void {
    test("all: every mechanism agrees with the oracle at five seeds, run here", () => {
      for (let seed = 0; seed < 5; seed++) {
        hands.slide("seed", seed);
        must(hands.count("#all .tiles .pick") === 18, `${hands.count("#all .tiles .pick")}`);
        must(!hands.texts("#all .tiles small").join().includes("✗"), hands.texts("#all .tiles small").join());
      }
      hands.slide("seed", 9);
    });
    test("all: chosen large, self-attention is the map that Node computes", () => {
      hands.click('#all .pick[data-value="7"]');
      const wanted = expected["order.map"] as number[];
      const got = hands.texts("#all-map td[role] i").map(Number);
      const bad = got.findIndex((x, e) => Math.abs(x - 100 * wanted[e]!) > 0.51);
      must(got.length === wanted.length && bad < 0, `cell ${bad}`);
    });
  },
});
