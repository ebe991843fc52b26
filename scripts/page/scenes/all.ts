/** The view behind the scenes: every mechanism of the atlas over one's own text, each checked as one looks. */
import type { Child, Mark } from "../mark.ts";
import type { PageRun } from "../models/all.ts";
import type { Words } from "../scene.ts";
import { cellField, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { choices } from "../parts/controls.ts";
import { heldOf, kindOfGlyph } from "../models/all.ts";
import { html } from "../mark.ts";
import { largest, thumbnail } from "../parts/map.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { percentOf } from "../parts/numbers.ts";

export const ALL_WORDS = {
  title: { en: "All at once, each checked", ja: "すべてを並べて、一つずつ検算" },
  lead: {
    en:
      "All {n} mechanisms that the terminal has (npm start), over your own words, at this seed. Each is computed " +
      "by the library in float32 and again by the oracle, attention written down as slowly and plainly as it can " +
      "be, in doubles; the other checks are what must hold of it by itself. They run here and now. Weights are " +
      "random, but for the translator of dates and CrossViT’s digits, which are trained. The three small trained " +
      "models (pronouns, repeats, reading backwards) are in the terminal only.",
    ja:
      "端末（npm start）にある {n} 個の機構すべてを、あなたの文の上で、このシードで動かしています。どれもライブラリが float32 で計算し、オラクル" +
      "（できるだけ遅く素直に書いた注意）が倍精度でもう一度計算します。ほかの検算は、その機構だけで成り立つはずのことです。すべて、いまここで実行しています。" +
      "重みは乱数ですが、日付の翻訳と CrossViT の数字だけは学習済みです。小さな学習済みモデル三つ" +
      "（代名詞、くり返し、逆読み）は端末だけにあります。",
  },
  intro: {
    en: "Your words through every mechanism of the library, and beside each the slow oracle, run here and now.",
    ja: "あなたの語を、ライブラリのすべての機構に通します。遅いオラクルも、いまここで並べて動かします。",
  },
  choose: { en: "Choose a mechanism to see it large", ja: "機構を選ぶと大きく出ます" },
  good: { en: "{n} of {all} checks hold, of {m} mechanisms", ja: "{m} 個の機構の検算 {all} 件のうち {n} 件が成立" },
  which: { en: "map", ja: "地図" },
  checks: { en: "Its checks, run just now", ja: "いま実行した検算" },
  off: { en: "off by {d}, allowed {l}", ja: "差 {d}、許容 {l}" },
  exact: { en: "to the last bit", ja: "最後のビットまで一致" },
  own: {
    en: "It reads a picture or lines of its own, not your words.",
    ja: "あなたの語ではなく、付属の画像か行を読んでいます。",
  },
  tryLong: { en: "The sentence by characters", ja: "文を一字ずつ" },
  tryBird: { en: "BigBird’s map", ja: "BigBird の地図" },
  tryGradient: { en: "The gradient of attention", ja: "注意の勾配" },
  ask: {
    en:
      "Write a sentence in which a word stands twice, and choose parameter-free self-attention. One row of its " +
      "first map has two shares that are equal to the bit. Which cells are they, and what parts them in the " +
      "second map?",
    ja:
      "同じ語が二度出る文を書き、パラメータなしの自己注意を選んでください。一つ目の地図の行に、ビットまで等しい割合が二つあります。" +
      "どのマスで、二つ目の地図では何がそれを分けますか。",
  },
  answer: {
    en:
      "The cells of the repeated word (The and the in the sentence at first): one word has one vector, so no " +
      "query can tell its places apart. In the second map positions were added to the words.",
    ja: "くり返された語の二つのマスです。同じ語は同じベクトルなので、どのクエリにも場所の区別がつきません。二つ目の地図では、語に位置が加わっています。",
  },
} as const satisfies Words;

export const allScene = scene({
  id: "all",
  title: ALL_WORDS.title,
  lead: ALL_WORDS.intro,
  most: 16,
  fields: { shown: whole(14, 0, 32), map: whole(0, 0, 4), cell: cellField(), scale: scaleField() },
  sources: [{ path: "lib/attention/attention.ts", name: "Attention" }],
  tries: [
    { say: ALL_WORDS.tryLong, settings: { cell: undefined }, shared: { cut: "letter" } },
    { say: ALL_WORDS.tryBird, settings: { shown: 29, map: 0 } },
    { say: ALL_WORDS.tryGradient, settings: { shown: 17, map: 1 } },
  ],
  question: { ask: ALL_WORDS.ask, answer: ALL_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const runs = context.atlas(words, X, shared.seed);
    const at = Math.min(settings.shown, runs.length - 1);
    const run = runs[at]!;
    const which = Math.min(settings.map, run.maps.length - 1);
    const map = run.maps[which]!;
    const { rows, cols, weights } = map;
    const kind = kindOfGlyph(map);
    const { held, all } = heldOf(runs);
    const tile = (one: PageRun, n: number): Mark => {
      const own = heldOf([one]);
      const first = one.maps[0]!.weights;
      return html(
        "button",
        {
          type: "button",
          class: "pick",
          "data-value": n,
          "data-id": one.id,
          "aria-pressed": String(n === at),
          onclick: () => change({ shown: n, map: 0, cell: undefined }),
        },
        thumbnail(first, largest(first)),
        html("span", {}, say(one.name)),
        html("small", {}, `${own.held === own.all ? "✓" : "✗"} ${own.held}/${own.all}`),
      );
    };
    const check = ({ id: name, label, pass, deviation, limit }: PageRun["checks"][number]): Mark =>
      html(
        "li",
        { "data-value": name },
        html("b", {}, pass ? "✓ " : "✗ "),
        html("span", {}, say(label)),
        html(
          "small",
          {},
          deviation === undefined || limit === undefined
            ? ""
            : deviation === 0
              ? say(ALL_WORDS.exact)
              : say(ALL_WORDS.off, { d: deviation.toExponential(0), l: limit.toExponential(0) }),
        ),
      );
    return [
      html("p", { class: "hint" }, say(ALL_WORDS.lead, { n: runs.length })),
      html(
        "p",
        { class: "status", id: "all-good", role: "status", "data-held": held, "data-all": all },
        say(ALL_WORDS.good, { n: held, all, m: runs.length }),
      ),
      html("p", { class: "hint" }, say(ALL_WORDS.choose)),
      html("div", { class: "tiles", role: "group", "aria-label": say(ALL_WORDS.choose) }, ...runs.map(tile)),
      choices({
        id: "all-which",
        label: say(ALL_WORDS.which),
        value: String(which),
        among: run.maps.map(({ title }, n) => ({ value: String(n), say: say(title) })),
        change: (value) => change({ map: Number(value), cell: undefined }),
      }),
      html(
        "div",
        { class: "stage" },
        mapFigure(context, {
          id: "all-map",
          title: say(run.name),
          rows,
          cols,
          weights,
          cell: cellOf(settings.cell, weights),
          label: `${say(run.name)}, ${say(map.title)}`,
          say: (i, j) => `${rows[i]} → ${cols[j]}, ${percentOf(weights.data[i * cols.length + j]!)}`,
          ...(kind === undefined ? {} : { kind }),
          choose: (next) => change({ cell: next }),
          scale: settings.scale,
          rescale: (scale) => change({ scale }),
          take: id,
        }),
        html(
          "div",
          { class: "side" },
          html("h3", {}, say(run.name)),
          html("p", { class: "note" }, html("code", {}, run.file)),
          html("p", { class: "note" }, run.own ? say(ALL_WORDS.own) : ""),
          html("h4", {}, say(ALL_WORDS.checks)),
          html("ul", { class: "held", id: "all-checks" }, ...run.checks.map(check)),
        ),
      ),
    ];
  },
  trial(hands, test, must, expected): void {
    const number = (name: string): number => Number(hands.attribute("#all-good", name));
    test("all: every mechanism of the atlas is there, in its order, and as many checks run as in Node", () => {
      const wanted = expected["all.checks"] as Record<string, number>;
      const ids = Object.keys(wanted);
      must(hands.count("#all .tiles .pick") === ids.length, `${hands.count("#all .tiles .pick")} mechanisms`);
      ids.forEach((id, n) => {
        must(hands.attribute(`#all .pick[data-value="${n}"]`, "data-id") === id, `${n} is not ${id}`);
        const told = hands.text(`#all .pick[data-value="${n}"] small`);
        must(told === `✓ ${wanted[id]}/${wanted[id]}`, `${id}: ${told}, not ${wanted[id]}`);
      });
    });
    test("all: every check holds at other seeds, run here", () => {
      for (let seed = 0; seed < 3; seed++) {
        hands.slide("seed", seed);
        must(number("data-held") === number("data-all") && number("data-all") > 100, hands.text("#all-good"));
      }
      hands.slide("seed", 9);
    });
    test("all: chosen large, maps of the atlas are those that Node's oracle computes", () => {
      for (const [id, wanted] of Object.entries(expected["all.maps"] as Record<string, number[]>)) {
        hands.click(`#all .pick[data-id="${id}"]`);
        const got = hands.texts("#all-map td[role] i").map(Number);
        const bad = got.findIndex((x, e) => Math.abs(x - 100 * wanted[e]!) > 0.51);
        must(got.length === wanted.length && bad < 0, `${id}: cell ${bad} of ${got.length}`);
      }
    });
    test("all: each mechanism has as many maps as in Node, each as dense, and all its checks are told", () => {
      const checks = expected["all.checks"] as Record<string, number>;
      for (const [id, densest] of Object.entries(expected["all.densest"] as Record<string, number[]>)) {
        hands.click(`#all .pick[data-id="${id}"]`);
        must(hands.count("#all-which button") === densest.length, `${id}: ${hands.count("#all-which button")} maps`);
        must(hands.count("#all-checks li") === checks[id], `${id}: ${hands.count("#all-checks li")} checks`);
        densest.forEach((w, n) => {
          hands.click(`#all-which [data-value="${n}"]`);
          const most = Number(hands.attribute("#all .legend", "data-most"));
          must(Math.abs(most - w) < 0.005, `${id}, map ${n}: ${most}, not ${w}`);
        });
      }
    });
    test("all: each map of a mechanism can be chosen, and its checks are named", () => {
      hands.click('#all .pick[data-id="gradient"]');
      must(hands.count("#all-which button") === 3, `${hands.count("#all-which button")} maps`);
      const before = hands.texts("#all-map td[role] i").join();
      hands.click('#all-which [data-value="2"]');
      must(hands.texts("#all-map td[role] i").join() !== before, "the same map");
      must(hands.count('#all-checks [data-value="differences"]') === 1, "no check of differences");
      hands.click('#all-map td[data-value="1.0"]');
      must(hands.attribute('#all-map td[data-value="1.0"]', "aria-selected") === "true", "not chosen");
    });
    test("all: one word at two places has one share at both, Node's, until positions are added", () => {
      hands.slide("text", "aa bb aa cc");
      hands.click('#all .pick[data-id="parameter-free-self"]');
      const row = (): string[] => hands.texts("#all-map td[role] i").slice(0, 4);
      const wanted = (expected["all.twice"] as number[]).map((w) => String(Math.round(100 * w)));
      must(row().join() === wanted.join() && wanted[0] === wanted[2], `${row().join()}, not ${wanted.join()}`);
      hands.click('#all-which [data-value="1"]');
      must(row()[0] !== row()[2], `with positions ${row().join()}`);
    });
    test("all: the map is given as a file of its own", () => {
      hands.click('#all [data-take="CSV"]');
      must(hands.attribute("html", "data-saved").startsWith("all.csv"), hands.attribute("html", "data-saved"));
    });
  },
});
