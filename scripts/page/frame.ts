/** What stands around the scenes: the head of the page, and the frame of each scene. */
import type { Child, Mark } from "./mark.ts";
import type { Context, Scene, Words } from "./scene.ts";
import type { Shared, Values } from "./state.ts";
import { choices, controls, slider } from "./parts/controls.ts";
import { html } from "./mark.ts";
import { linkedPanel } from "./parts/linked.ts";

export const PAGE_WORDS = {
  kicker: { en: "attention, by hand", ja: "手で解く注意機構" },
  title: { en: "Who looks at whom, and why", ja: "だれがだれを見るのか、なぜ見るのか" },
  lead: {
    en:
      "Every number on this page is computed here, as you look, by the project’s own code: plain " +
      "TypeScript without a single dependency, inlined into this one file. It runs from a double click " +
      "and uses no network. Type your own sentence, choose a cell, and follow its arithmetic to the last " +
      "digit.",
    ja:
      "このページの数はすべて、いまここで、プロジェクト自身のコードが計算しています。依存のない素の " +
      "TypeScript を一つのファイルに埋め込みました。ダブルクリックで開き、通信はしません。自分の文を入" +
      "れ、マスを選び、計算を最後の桁まで追ってください。",
  },
  honest: {
    en:
      "Unless a scene says that it is trained, a word’s vector is 16 numbers hashed from the word and the " +
      "projections are random. The maps show how a mechanism spreads attention, not what the sentence " +
      "means.",
    ja:
      "「学習済み」と書いた場面を除き、語のベクトルは語のハッシュから作った 16 個の数で、射影は乱数です。" +
      "地図が示すのは注意の配られ方であり、文の意味ではありません。",
  },
  sentence: { en: "Your sentence", ja: "あなたの文" },
  tooLong: {
    en: "The first {n} of {all} words are used.",
    ja: "{all} 語のうち、はじめの {n} 語を使います。",
  },
  cut: { en: "cut", ja: "区切り" },
  byWord: { en: "by word", ja: "語ごと" },
  byLetter: { en: "by character", ja: "一字ずつ" },
  seed: { en: "seed", ja: "シード" },
  language: { en: "日本語", ja: "English" },
  scenes: { en: "Scenes", ja: "場面" },
  tries: { en: "Try this", ja: "試してみる" },
  question: { en: "Find it", ja: "見つける" },
  answer: { en: "Answer", ja: "答え" },
} as const satisfies Words;

/** The head of the page: title, sentence, seed. */
export function topView(
  context: Context,
  scenes: readonly Scene[],
  count: { shown: number; all: number },
): readonly Child[] {
  const { say, shared, share } = context;
  const other = shared.lang === "en" ? "ja" : "en";
  const link = ({ id, title }: Scene, n: number): Mark =>
    html(
      "a",
      { href: `#${id}`, "data-go": id, "aria-label": `${n + 1} ${say(title)}`, title: say(title) },
      String(n + 1),
    );
  const box = {
    id: "text",
    rows: 2,
    maxlength: 400,
    spellcheck: "false",
    value: shared.text,
    oninput: ({ value }: { value: string }): void => share({ text: value }),
  };
  const cutting = choices<Shared["cut"]>({
    id: "cut",
    label: say(PAGE_WORDS.cut),
    value: shared.cut,
    among: [
      { value: "word", say: say(PAGE_WORDS.byWord) },
      { value: "letter", say: say(PAGE_WORDS.byLetter) },
    ],
    change: (cut) => share({ cut }),
  });
  const { shown, all } = count;
  return [
    html(
      "div",
      { class: "bar" },
      html("span", { class: "kicker" }, say(PAGE_WORDS.kicker)),
      html("nav", { "aria-label": say(PAGE_WORDS.scenes) }, ...scenes.map(link)),
      html(
        "button",
        { type: "button", id: "language", lang: other, onclick: () => share({ lang: other }) },
        say(PAGE_WORDS.language),
      ),
    ),
    html("h1", {}, say(PAGE_WORDS.title)),
    html("p", { class: "lead" }, say(PAGE_WORDS.lead)),
    html(
      "label",
      { class: "sentence", for: "text" },
      html("span", {}, say(PAGE_WORDS.sentence)),
      html("textarea", box),
    ),
    controls(
      cutting,
      slider({
        id: "seed",
        label: say(PAGE_WORDS.seed),
        min: 0,
        max: 40,
        value: shared.seed,
        change: (seed) => share({ seed }),
      }),
      html(
        "span",
        { class: "hint", role: "status" },
        shown < all ? say(PAGE_WORDS.tooLong, { n: shown, all }) : "",
      ),
    ),
    html("p", { class: "hint" }, say(PAGE_WORDS.honest)),
  ];
}

/** A scene in its frame: title, the scene itself, equations and code, what to try, what to find. */
export function sceneFrame(
  scene: Scene,
  number: number,
  settings: Values,
  context: Context,
): readonly Child[] {
  const { say } = context;
  const spec = scene.spec && ((): string => scene.spec!(settings as never, context));
  const trying = ({ say: phrase, settings: next, shared }: Scene["tries"][number]): Mark =>
    html("li", {}, html("a", { href: context.link(next, shared) }, say(phrase)));
  return [
    html(
      "header",
      {},
      html(
        "h2",
        { id: `${scene.id}-title` },
        html("b", {}, String(number)),
        html("span", {}, say(scene.title)),
      ),
      html("p", {}, say(scene.lead)),
    ),
    html("div", { class: "body" }, ...scene.view(settings as never, context)),
    linkedPanel(context, scene.sources, scene.notes ?? {}, spec),
    html(
      "aside",
      { class: "further" },
      html("div", {}, html("h3", {}, say(PAGE_WORDS.tries)), html("ul", {}, ...scene.tries.map(trying))),
      html(
        "div",
        {},
        html("h3", {}, say(PAGE_WORDS.question)),
        html("p", {}, say(scene.question.ask)),
        html(
          "details",
          {},
          html("summary", {}, say(PAGE_WORDS.answer)),
          html("p", {}, say(scene.question.answer)),
        ),
      ),
    ),
  ];
}
