/** Everything the atlas itself says, in both languages. {name} is filled in. */
import type { Phrase } from "./entry.ts";

export type Language = "en" | "ja";

export const STRINGS = {
  title: { en: "attention-by-hand: an atlas of attention", ja: "attention-by-hand: 注意機構の地図帳" },
  promise: {
    en:
      "{count} {count|mechanism|mechanisms}. Each map is computed right now by the code in lib/ and checked " +
      "against a slow, naive computation that shares no code with it.",
    ja: "{count} 種類の注意機構。どの地図もいま lib/ のコードで計算し、コードを共有しない素朴な計算と突き合わせています。",
  },
  wordCount: { en: "({count} {count|word|words})", ja: "（{count} 語）" },
  wordsUsed: {
    en: "(the first {used} of {count} words; more with --words)",
    ja: "（{count} 語のうち最初の {used} 語。--words で増やせます）",
  },
  untrained: {
    en: "Untrained: {features} hashed numbers a word (seed {seed}) show spread, not meaning.",
    ja: "未学習：語ごとの {features} 個の数はハッシュ（シード {seed}）で、意味を表しません。",
  },
  howToRead: {
    en: "Rows ask, columns are asked; {more} is more. 5e-8 ≤ 1e-6: deviation, limit.",
    ja: "行が問い、列が問われます。{more}ほど多く、5e-8 ≤ 1e-6 はずれと許容値です。",
  },
  howToReadLong: {
    en:
      "How to read a map: a row is a query, the word that asks; a column is a key, a word that is asked. " +
      "The denser the cell (with colour: the brighter), the more of its attention the row's word gives to the " +
      "column's word. Where a text asks itself, column 3 is the word of row 3. Beside a check, 5e-8 ≤ 1e-6 says " +
      "by how much the result is off at most, and how much is allowed.",
    ja:
      "地図の読み方：行はクエリ（問いかける語）、列はキー（問われる語）です。マスが濃い（色つきなら明るい）ほど、行の語は列の語に多くの注意を向けています。" +
      "自分自身に問うテキストでは、3 列目は 3 行目の語です。検算の横の 5e-8 ≤ 1e-6 は、最大のずれと許容値です。",
  },
  numbersFirst: {
    en: "Shapes and costs are those of the first text.",
    ja: "形と計算量は 1 つ目のテキストの値です。",
  },
  numbersOrder: {
    en: "Where two numbers stand side by side (a | b), the first belongs to the first text.",
    ja: "数が 2 つ並ぶところ（a | b）は、順に 1 つ目と 2 つ目のテキストの値です。",
  },
  axes: { en: "query ↓ / key →", ja: "クエリ ↓ / キー →" },
  document: { en: "  From the document on {title} ({name})  ", ja: "  文書「{title}」（{name}）より  " },
  shapes: { en: "shapes", ja: "形" },
  checks: { en: "checks", ja: "検算" },
  cost: { en: "cost", ja: "計算量" },
  code: { en: "code", ja: "コード" },
  options: { en: "options", ja: "設定" },
  legend: { en: "cells", ja: "マス" },
  denser: { en: "denser", ja: "濃い" },
  brighter: { en: "brighter", ja: "明るい" },
  nothing: { en: "blank 0", ja: "空白 0" },
  uniform: {
    en: "of a query's attention; all keys alike would be {values}",
    ja: "クエリの注意のうちの割合。一様なら {values}",
  },
  reasons: { en: "why", ja: "理由" },
  several: { en: "several in one block", ja: "一つのブロックに複数" },
  exactly: { en: "to the last bit", ja: "最後の 1 ビットまで" },
  failed: { en: "FAILED", ja: "不合格" },
  large: { en: "large: {command}", ja: "大きく見る：{command}" },
  note: { en: "note", ja: "注" },
  inPercent: { en: "{name}, in percent", ja: "{name}（パーセント）" },
  rowSum: { en: "sum", ja: "合計" },
  why: { en: "Why is the densest cell dense?", ja: "いちばん濃いマスはなぜ濃い?" },
  whyCell: {
    en: 'Query {i} "{query}" gives {weight} of its attention to key {j} "{key}". Their score s = {score} ' +
      'is the largest of the row, whose mean is {mean}. By softmax the weight is exp(s) / Σ_j ' +
        'exp(S[{i},j]) = 1 / Σ_j exp(S[{i},j] − s) = 1 / {sum} = {value}.',
    ja:
      "クエリ {i}「{query}」は注意の {weight} をキー {j}「{key}」に向けています。スコア s = {score} はこの行で最大です（行の平均は {mean}）。" +
      "ソフトマックスにより、重みは exp(s) / Σ_j exp(S[{i},j]) = 1 / Σ_j exp(S[{i},j] − s) = 1 / {sum} = {value} です。",
  },
  moreRows: { en: "… {count} more {count|row|rows}", ja: "… ほか {count} 行" },
  moreCols: { en: "… {count} more {count|column|columns}", ja: "… ほか {count} 列" },
  blocksOf: { en: "text {number}", ja: "テキスト {number}" },
  pairOf: { en: "{query} asks {memory}", ja: "{query} → {memory}" },
  firstSentence: { en: "first sentence", ja: "最初の文" },
  otherSentences: { en: "the other sentences", ja: "残りの文" },
  firstHalf: { en: "first half", ja: "前半" },
  secondHalf: { en: "second half", ja: "後半" },
  theText: { en: "the text", ja: "テキスト" },
  thePicture: { en: "the picture", ja: "画像" },
  howToReadPicture: {
    en: "Rows ask, columns are asked; 1,2 is row 1, column 2; {more} is more.",
    ja: "行が問い、列が問われます。1,2 は 1 行目の 2 番目、{more}ほど注意が多くなります。",
  },
  howToReadLines: {
    en: "Trained. Rows are written, columns are read: {more} was looked at more.",
    ja: "学習済みの重みです。行が書く文字、列が読む文字で、{more}ほどよく見ています。",
  },
  answers: { en: "output", ja: "出力" },
  layers: { en: "layers", ja: "層" },
  frontPromise: {
    en: "{count} mechanisms, computed by lib/ and checked against a naive computation.",
    ja: "{count} 種類の注意機構を lib/ のコードで計算し、素朴な計算と突き合わせます。",
  },
  frontUntrained: {
    en: "Untrained vectors and weights: the map shows how attention spreads, not what the text means.",
    ja: "未学習のベクトルと重みです。地図が示すのは注意の配られ方で、文の意味ではありません。",
  },
  oneRow: { en: 'row {i} "{query}" by softmax', ja: "{i} 行目「{query}」のソフトマックス" },
  howToGoOn: {
    en:
      'npm start -- NAME | all | --help | {name} --text "your own words"\n' +
      "npm start -- page opens {page} in the browser",
    ja:
      'npm start -- NAME | all | --help | {name} --text "自分の文"\n' +
      "npm start -- page でブラウザの {page} を開きます",
  },
  summary: { en: "All in one table", ja: "一覧表" },
  summaryHead: { en: "mechanism", ja: "機構" },
  allPassed: { en: "{passed} {passed|check|checks}, all passed.", ja: "検算 {passed} 件、すべて合格。" },
  someFailed: { en: "{failed} of {total} checks FAILED.", ja: "検算 {total} 件のうち {failed} 件が不合格。" },
  nextOne: { en: "one mechanism large, on your own words", ja: "一つの機構を大きく、自分の文で" },
  nextFile: { en: "a file, or anything piped in", ja: "ファイルや、パイプで渡したもの" },
  nextLanguage: { en: "the whole interface in Japanese", ja: "画面をすべて英語で" },
  nextHelp: { en: "every option and mechanism", ja: "すべてのオプションと機構" },
  couldNotRun: {
    en: "could not run on this text: {message}",
    ja: "このテキストでは動きませんでした：{message}",
  },
  runs: { en: "runs on this text", ja: "このテキストで動く" },
  usage: { en: "Usage", ja: "使い方" },
  usageLine: { en: "npm start -- [mechanism|all|page] [options]", ja: "npm start -- [機構|all|page] [オプション]" },
  usageAbout: {
    en:
      "Without a mechanism: one screen. With one: that one, large. all: every mechanism. page: the page in " +
      "the browser. Names may be shortened while they stay unique.",
    ja:
      "機構を書かなければ一画面、書けばその一つを大きく表示します。all ならすべての機構、page ならブラウザのページです。" +
      "名前は一意に決まる範囲で短くできます。",
  },
  mechanisms: { en: "Mechanisms, each with its own options", ja: "機構と、それぞれのオプション" },
  generalOptions: { en: "Options", ja: "オプション" },
  optionDefault: { en: "default {value}", ja: "既定値 {value}" },
  exits: {
    en: "Exit status: 0 when every check passed, 1 when one failed, 2 on wrong usage.",
    ja: "終了ステータス：検算がすべて合格なら 0、一つでも不合格なら 1、使い方の誤りは 2。",
  },
  helpText: {
    en:
      "the text to read; give it twice to set a second text beside the first. What a word is, Node's ICU " +
      "decides: versions differ",
    ja: "読むテキスト。2 回書くと 2 つ目のテキストが並びます。語の区切りは Node の ICU によるので、版により変わります",
  },
  helpFile: {
    en: "read a UTF-8 or UTF-16 file, - for standard input; text piped in is read anyway",
    ja: "UTF-8 か UTF-16 のファイルを読む。- は標準入力。パイプで渡したものはそのまま読みます",
  },
  helpWords: { en: "how many words of each text to use", ja: "各テキストで使う語の数" },
  helpSeed: { en: "other word vectors and parameters", ja: "語のベクトルとパラメータを変える" },
  helpLang: {
    en: "language of the interface; without it LC_ALL, LC_MESSAGES and LANG decide",
    ja: "画面の言語。なければ LC_ALL、LC_MESSAGES、LANG で決まります",
  },
  helpWidth: {
    en: "columns to fill; without it those of the terminal, else 80",
    ja: "使う桁数。なければ端末の幅、それもなければ 80",
  },
  helpColour: {
    en: "colour or none; without these NO_COLOR, FORCE_COLOR and the terminal decide",
    ja: "色をつける、つけない。なければ NO_COLOR、FORCE_COLOR、端末で決まります",
  },
  helpWeights: {
    en: "a real checkpoint: lists its attention layers and draws the maps of one (--layer, --head, --heads)",
    ja: "実際のチェックポイント。注意層を並べ、その一つの地図を描く（--layer、--head、--heads）",
  },
  helpJson: {
    en: "weights, checks, costs and shapes for a program; npm -s start -- --json prints nothing else",
    ja: "重み・検算・計算量・形をプログラム向けに出力。npm -s start -- --json なら余分な行が出ません",
  },
  helpSvg: {
    en: "the maps of one mechanism as a picture, light or dark as the reader's system is",
    ja: "機構一つの地図を絵にして保存。明るい画面にも暗い画面にも合う",
  },
  svgOfOne: {
    en: "--svg draws one mechanism: npm start -- NAME --svg FILE.svg",
    ja: "--svg が描く機構は一つです：npm start -- 名前 --svg ファイル.svg",
  },
  svgWritten: { en: "the picture is in {file}", ja: "絵を {file} に書きました" },
  helpList: { en: "the names of the mechanisms", ja: "機構の名前を並べる" },
  helpHelp: { en: "this page", ja: "この画面" },
  helpWideAmbiguous: {
    en: "for terminals that draw →, Σ, √ and their like two columns wide, as many do in East Asia",
    ja: "→・Σ・√ などを 2 桁で描く端末（東アジアの設定に多い）に合わせる",
  },
  helpUntrained: {
    en: "random weights and hashed words everywhere, also where trained weights would fit the text",
    ja: "学習済みの重みが使えるところでも、乱数の重みとハッシュの語ベクトルを使う",
  },
  leadsCausal: {
    en: '"{name}": causal attention, where a word sees itself and the words before it, is {command}',
    ja: "「{name}」：自分と前の語だけを見る因果的な注意は {command} です",
  },
  leadsBlocks: {
    en: '"{name}": its blocks are in lib/layers and docs/layers.md; the attention inside them is {command}',
    ja: "「{name}」：ブロックは lib/layers と docs/layers.ja.md にあります。中の注意は {command} です",
  },
  leadsModel: {
    en: '"{name}": a whole model runs from a checkpoint of its own: {command}',
    ja: "「{name}」：モデル全体は手もとのチェックポイントから動かせます：{command}",
  },
  leadsName: { en: '"{name}" is {command}', ja: "「{name}」は {command} です" },
  leadsFlash: {
    en: '"{name}": the same numbers in another order of computing; what it computes is {command}',
    ja: "「{name}」：計算の順序が違うだけで同じ数になります。何を計算するかは {command} です",
  },
  leadsShared: {
    en:
      '"{name}": multi-head attention whose heads share W_K and W_V (docs/multi-head.md); ' +
      "the mechanism is {command}",
    ja: "「{name}」：ヘッドが W_K と W_V を共有するマルチヘッドです（docs/multi-head.ja.md）。機構は {command} です",
  },
  leadsRotary: {
    en: '"{name}": Q and K are turned by their positions before the dot products of {command}',
    ja: "「{name}」：{command} の内積の前に、Q と K を位置に応じて回転させたものです",
  },
  tooManyCells: {
    en:
      "{words} words would make {cells} weights of one mechanism, more than {most} that fit here; " +
      "use --words {fitting} or fewer",
    ja: "{words} 語では一つの機構の重みが {cells} 個になり、上限の {most} 個を超えます。--words {fitting} 以下にしてください",
  },
  noPage: {
    en: "there is no {page} here; npm run page makes it",
    ja: "{page} がありません。npm run page で作れます",
  },
  pageIs: { en: "The page: {page}", ja: "ページ：{page}" },
  weightsSection: { en: "weights", ja: "重み" },
  didYouMean: { en: "did you mean {name}?", ja: "もしかして {name} ですか?" },
  seeHelp: { en: "npm start -- --help lists everything", ja: "npm start -- --help ですべて確認できます" },
  textGoes: { en: 'text goes into --text "…"', ja: 'テキストは --text "…" に書きます' },
  unknownMechanism: {
    en: 'there is no mechanism "{name}"; {hint}',
    ja: "「{name}」という機構はありません。{hint}",
  },
  ambiguous: { en: '"{name}" could be {names}', ja: "「{name}」には {names} が当てはまります" },
  unknownOption: {
    en: "there is no option {name}; {hint}",
    ja: "{name} というオプションはありません。{hint}",
  },
  optionElsewhere: {
    en: "{mechanism} has no option {name}; it belongs to {names}",
    ja: "{mechanism} に {name} というオプションはありません。{names} のオプションです",
  },
  needsValue: { en: "{name} needs a value: {name}={value}", ja: "{name} には値が必要です：{name}={value}" },
  noValue: { en: '{name} takes no value; got "{value}"', ja: "{name} に値は付きません（「{value}」でした）" },
  badOption: { en: "{name} {rule}", ja: "{name} には{rule}" },
  weightsAlone: {
    en: '--weights shows the model in its file: leave "{name}" out',
    ja: "--weights はファイルのモデルを表示します。「{name}」は書かないでください",
  },
  textUnread: {
    en: "{mechanism} reads no text: {name} would be lost{instead}",
    ja: "{mechanism} はテキストを読まないので、{name} は使われません{instead}",
  },
  cannotWrite: {
    en: '--svg cannot write "{file}": {why}',
    ja: "--svg は「{file}」に書けません：{why}",
  },
  oneMechanism: {
    en: 'one mechanism at a time; got {names}. Text goes into --text "…"',
    ja: '一度に見られる機構は一つです({names} でした)。テキストは --text "…" に書きます',
  },
  twoTexts: { en: "at most two texts; got {count}", ja: "テキストは 2 つまでです（{count} 個でした）" },
  noWords: {
    en: '{name} has no words; try --text "The cat saw the bird"',
    ja: '{name} に語がありません。例: --text "猫が鳥を見た"',
  },
  swallowed: {
    en: "npm took --{name} for itself; options come after two dashes: npm start -- --{name} …",
    ja: "--{name} は npm が受け取りました。オプションは -- の後に書きます：npm start -- --{name} …",
  },
  tooLong: {
    en: "the result is too long to print; use fewer --words or name one mechanism",
    ja: "結果が長すぎて出力できません。--words を減らすか、機構を一つ指定してください",
  },
} as const satisfies Record<string, Phrase>;

/** The documents' titles. */
export const DOCUMENTS: Readonly<Record<string, Phrase>> = {
  "D-ATT": { en: "attention", ja: "注意機構" },
  "D-MHA": { en: "multi-head attention", ja: "マルチヘッド・アテンション" },
  "D-CROSS": { en: "cross-attention, CrossViT, CAT", ja: "クロスアテンション、CrossViT、CAT" },
  "D-GLOBAL": { en: "global and hybrid sparse attention", ja: "グローバル注意と混合疎注意" },
  "D-FACT": { en: "factorised attention", ja: "分解された注意" },
};

/** A string in one language with its {places} filled in; {count|word|words} is the first for 1. */
export function say(
  key: keyof typeof STRINGS,
  lang: Language,
  places: Readonly<Record<string, string | number>> = {},
): string {
  return fill(STRINGS[key], lang, places);
}

export function fill(
  phrase: Phrase,
  lang: Language,
  places: Readonly<Record<string, string | number>> = {},
): string {
  return phrase[lang]
    .replace(/\{(\w+)\|([^|{}]*)\|([^|{}]*)\}/g, (whole, name: string, one: string, many: string) =>
      name in places ? (String(places[name]) === "1" ? one : many) : whole,
    )
    .replace(/\{(\w+)\}/g, (whole, name: string) => (name in places ? String(places[name]) : whole));
}

/** The same in both languages at once, for an error whose language is chosen later. */
export function both(
  key: keyof typeof STRINGS,
  places: Readonly<Record<string, string | number | Phrase>> = {},
): Phrase {
  const inOne = (lang: Language): string =>
    say(
      key,
      lang,
      Object.fromEntries(
        Object.entries(places).map(([name, place]) => [
          name,
          typeof place === "object" ? place[lang] : place,
        ]),
      ),
    );
  return { en: inOne("en"), ja: inOne("ja") };
}
