/** What stands around the scenes: the head of the page, and the frame of each scene. */
import type { Child, Mark } from "./mark.ts";
import type { Context, Scene, Words } from "./scene.ts";
import type { Given } from "./context.ts";
import type { Shared, Values } from "./state.ts";
import { MOST_LETTERS } from "./state.ts";
import { MOST_WORDS } from "./context.ts";
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
  sceneCut: {
    en: "This scene draws the first {n} of {all} words: it has no room for more.",
    ja: "この場面は {all} 語のうち、はじめの {n} 語だけを描きます。",
  },
  strip: { en: "Words: press between two to join them", ja: "語（間を押すとつながります）" },
  join: { en: "join “{a}” and “{b}”", ja: "「{a}」と「{b}」をつなぐ" },
  joinHint: {
    en: "Press between two words to join them into one, and again to part them.",
    ja: "語と語の間を押すと一語につながり、もう一度押すと離れます。",
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
  given: Given,
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
    maxlength: MOST_LETTERS,
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
  const [shown, all] = [given.words.length, given.all];
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
    wordStrip(context, given),
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

/** The pieces of the text with a button at each seam: one tab stop, arrow keys lead along it. */
function wordStrip({ say, shared, share }: Context, { pieces }: Given): Mark {
  const { joins } = shared;
  const joined = (n: number): boolean => joins.includes(n);
  const turned = (n: number): readonly number[] =>
    joined(n) ? joins.filter((at) => at !== n) : [...joins, n].sort((a, b) => a - b);
  const most = pieces.slice(0, MOST_WORDS);
  const seam = (n: number): Mark =>
    html("button", {
      type: "button",
      class: "seam",
      tabindex: n === 0 ? 0 : -1,
      "data-value": n,
      "aria-pressed": String(joined(n)),
      "aria-label": say(PAGE_WORDS.join, { a: pieces[n]!, b: pieces[n + 1]! }),
      onclick: () => share({ joins: turned(n) }),
    });
  const marks = most.flatMap((piece, n) => {
    const name = `piece${joined(n - 1) ? " on" : ""}${joined(n) && n + 1 < most.length ? " off" : ""}`;
    const word = html("span", { class: name }, piece);
    return n + 1 < most.length ? [word, seam(n)] : [word];
  });
  return html(
    "div",
    { class: "strip" },
    html(
      "div",
      { id: "words", role: "toolbar", "aria-label": say(PAGE_WORDS.strip), "data-roving": true },
      ...marks,
    ),
    html("p", { class: "hint" }, most.length > 1 ? say(PAGE_WORDS.joinHint) : ""),
  );
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
  const trying = ({ say: phrase, settings: next, shared }: Scene["tries"][number], n: number): Mark =>
    html("li", {}, html("a", { href: context.link(next, shared), "data-try": n }, say(phrase)));
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
    html(
      "p",
      { class: "hint cut" },
      scene.most !== 0 && context.words.length < context.all
        ? say(PAGE_WORDS.sceneCut, { n: context.words.length, all: context.all })
        : "",
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
