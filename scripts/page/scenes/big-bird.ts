/** Scene: chance. BigBird's pattern, a reason and a weight for each cell, and what layers reach. */
import type { BirdWrong } from "../models/sparse.ts";
import type { Child, Mark } from "../mark.ts";
import type { Words } from "../scene.ts";
import { REASON } from "../../../lib/graph/neighbours.ts";
import { arithmeticOf } from "../models/multi-head.ts";
import { birdModel, birdPairs, extraNames } from "../models/sparse.ts";
import { cellField, listOf, oneOf, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { controls, slider, tokens, wrongOnPurpose } from "../parts/controls.ts";
import { counted, percentOf } from "../parts/numbers.ts";
import { csvOf, mapPicture, takeAlong } from "../parts/figure.ts";
import { curves } from "../parts/curves.ts";
import { html, svg } from "../mark.ts";
import { largest, mapGrid } from "../parts/map.ts";
import { stepsPanel } from "../parts/steps.ts";

export const BIRD_WORDS = {
  title: { en: "Chance", ja: "偶然の役目" },
  lead: {
    en:
      "BigBird keeps a line of pairs out of the square: a window of neighbours, a few words that see all " +
      "words and are seen by all, and a handful of random keys. Every lit cell says why it is lit.",
    ja:
      "BigBird は、平方の対のうち直線ぶんだけを残します。近所の窓、すべてを見てすべてに見られる少数の語、" +
      "そしてランダムなキーです。どのマスにも、見えている理由があります。",
  },
  radius: { en: "window radius", ja: "窓の半径" },
  random: { en: "random keys", ja: "ランダムなキー" },
  block: { en: "words a block", ja: "ブロックの語数" },
  extra: { en: "extra tokens (ETC)", ja: "追加のトークン (ETC)" },
  becauseExtra: {
    en: "“{w}” is an extra token, no word of the text: it sees all and is seen by all",
    ja: "「{w}」は文にない追加のトークン。すべてを見て、すべてから見られる",
  },
  tryExtra: {
    en: "ETC: two extra tokens in place of global words",
    ja: "ETC: グローバルな語の代わりに、追加のトークンを 2 個",
  },
  hops: { en: "What layers reach", ja: "層を重ねて届く語" },
  hopsSay: {
    en: "Through layer {l}, “{w}” depends on {n} of {all} words. Each row is a layer; a line is a pair just used.",
    ja: "{l} 層で「{w}」は {all} 語のうち {n} 語に依存します。一段が一層、線は今の層で使った対です。",
  },
  hopsStart: {
    en: "Before the first layer “{w}” depends on itself alone.",
    ja: "最初の層の前、「{w}」は自分だけに依存します。",
  },
  hopsAll: { en: "Nothing more can be reached.", ja: "これ以上は増えません。" },
  layer: { en: "layer", ja: "層" },
  play: { en: "play", ja: "再生" },
  less: { en: "one layer back", ja: "一層戻る" },
  more: { en: "one layer on", ja: "一層進む" },
  never: { en: "never", ja: "届かない" },
  makeGlobal: { en: "Choose the global words", ja: "グローバルにする語を選ぶ" },
  query: { en: "query ↓", ja: "クエリ ↓" },
  key: { en: "key →", ja: "キー →" },
  local: { en: "window", ja: "窓" },
  global: { en: "global", ja: "グローバル" },
  randomKey: { en: "random", ja: "ランダム" },
  both: { en: "window and global, counted once", ja: "窓とグローバル（数えるのは一度）" },
  unseen: { en: "not looked at: no score is computed", ja: "見ない。スコアも計算しない" },
  pairs: { en: "pairs scored", ja: "計算した対" },
  ofAll: { en: "of {all} = T², {share}", ja: "T² = {all} のうち {share}" },
  this: { en: "this", ja: "この形" },
  wide: {
    en: "the same pattern over 4,096 words: {n} pairs instead of {all}, {times} times fewer",
    ja: "同じ形を 4,096 語に広げると、{all} 対が {n} 対に。{times} 分の 1 です",
  },
  reach: {
    en: "From “{w}”: one layer reaches {a} words, two layers {b}, three {c} of {n}",
    ja: "「{w}」から届く語：1 層で {a}、2 層で {b}、3 層で {c}（全 {n} 語）",
  },
  becauseLocal: { en: "{d} apart, within the window of {r}", ja: "距離 {d}、窓の半径 {r} の中" },
  becauseBlock: { en: "in neighbouring blocks, at most {r} apart", ja: "距離 {r} 以内の隣り合うブロック" },
  becauseKey: { en: "“{k}” is global: every word sees it", ja: "「{k}」はグローバル。すべての語から見える" },
  becauseQuery: { en: "“{q}” is global: it sees every word", ja: "「{q}」はグローバル。すべての語を見る" },
  becauseRandom: {
    en: "drawn at random for “{q}” by seed {s}",
    ja: "シード {s} が「{q}」のために引いた乱数",
  },
  becauseNot: {
    en: "{d} apart, neither is global, not drawn: this pair does not exist",
    ja: "距離 {d}、どちらもグローバルでなく、乱数でも引かれていない。この対は存在しない",
  },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  twice: { en: "count twice", ja: "二度数える" },
  twiceThen: {
    en: "A key that is in the window and global counts for both: ln 2 more on its score, so it weighs twice.",
    ja: "窓にもグローバルにもあるキーを両方で数えます。スコアに ln 2 が足され、重みが 2 倍になります。",
  },
  tryNone: {
    en: "Radius 0, no globals, one random key: how far do three layers reach?",
    ja: "半径 0、グローバルなし、ランダム 1 個：3 層でどこまで届くか",
  },
  tryBlocks: { en: "Blocks of two words: the same pattern, coarser", ja: "2 語ずつのブロック：同じ形を粗く" },
  tryTwice: {
    en: "Count the shared keys twice, and compare a row",
    ja: "共有のキーを二度数えて、行を比べる",
  },
  ask: {
    en: "Which reason is the only one that a row of the map can gain when the seed changes?",
    ja: "シードを変えたとき、地図の行に新しく現れうる理由はどれですか。",
  },
  answer: {
    en:
      "Random alone (green circles). Window and globals depend on places only; the seed moves the " +
      "circles, and the weights of all cells, since it also draws the projections.",
    ja:
      "ランダム（緑の丸）だけです。窓とグローバルは位置だけで決まります。シードは丸の位置と、射影も引くた" +
      "め、すべてのマスの重みを変えます。",
  },
  eq1: { en: "each head draws its own random blocks", ja: "ヘッドごとに乱数のブロックを引く" },
  eq2: { en: "attention along the graph, heads joined", ja: "グラフに沿った注意、ヘッドの結合" },
} as const satisfies Words;

/** The kind of a cell by its reasons. */
export function kindOfBits(bits: number): string {
  const [local, global] = [(bits & REASON.local) !== 0, (bits & REASON.global) !== 0];
  if (local && global) return "both";
  if (global) return "global";
  if (local) return "local";
  return (bits & REASON.random) !== 0 ? "random" : "unseen";
}

const KINDS = ["local", "global", "both", "random", "unseen"] as const;

const hopsPlay = { run: 0 };

/** So many layers can be looked at; a word that is not reached by then is far. */
const MOST_LAYERS = 6;

/** Shows one layer more again and again, up to the last that reaches a word; another call ends it. */
function playHops(last: number, change: (next: { layers: number }) => void): void {
  hopsPlay.run++;
  const { run } = hopsPlay;
  const next = (at: number): void => {
    if (run !== hopsPlay.run) return;
    change({ layers: at });
    if (at < last) setTimeout(() => next(at + 1), 900);
  };
  next(0);
}

/** Each word a column, each layer a row: what a word depends on after each, with the pairs that brought it. */
function hopsPicture(steps: readonly number[], via: readonly number[], shown: number, label: string): Mark {
  const n = steps.length;
  const last = Math.min(MOST_LAYERS, Math.max(1, ...steps));
  const layers = Math.min(last, shown);
  const at = (j: number, layer: number): [number, number] => [20 * j + 10, 30 * layer + 10];
  const marks: Mark[] = [];
  const lines: Mark[] = [];
  for (let layer = 0; layer <= layers; layer++) {
    steps.forEach((step, j) => {
      const reached = step >= 0 && step <= layer;
      const [x, y] = at(j, layer);
      if (step === layer && layer > 0) {
        const [a, b] = at(via[j]!, layer - 1);
        lines.push(svg("line", { x1: a, y1: b, x2: x, y2: y, class: "hop", "data-hop": layer }));
      } else if (reached && layer > 0) {
        lines.push(svg("line", { x1: x, y1: y - 30, x2: x, y2: y, class: "stay" }));
      }
      const kind = !reached ? "far" : step === layer ? "new" : "old";
      marks.push(svg("circle", { cx: x, cy: y, r: reached ? 6 : 2, class: kind }));
    });
  }
  return svg(
    "svg",
    { viewBox: `0 0 ${20 * n} ${30 * last + 20}`, class: "hops", role: "img", "aria-label": label },
    ...lines,
    ...marks,
  );
}

export const birdScene = scene({
  id: "big-bird",
  title: BIRD_WORDS.title,
  lead: BIRD_WORDS.lead,
  fields: {
    radius: whole(1, 0, 6),
    random: whole(1, 0, 4),
    block: whole(1, 1, 4),
    globals: listOf([0]),
    extra: whole(0, 0, 3),
    layers: whole(1, 0, MOST_LAYERS),
    wrong: oneOf<BirdWrong>("right", ["right", "twice"]),
    cell: cellField(),
  },
  sources: [
    { path: "lib/attention/big-bird-attention.ts", name: "BigBirdAttention" },
    { path: "lib/attention/big-bird-attention.ts", name: "bigBirdGraph" },
  ],
  notes: { "1": BIRD_WORDS.eq1, "2": BIRD_WORDS.eq2 },
  tries: [
    {
      say: BIRD_WORDS.tryNone,
      settings: { radius: 0, random: 1, block: 1, globals: [], extra: 0, layers: 3, wrong: "right" },
    },
    { say: BIRD_WORDS.tryBlocks, settings: { block: 2, wrong: "right" } },
    { say: BIRD_WORDS.tryTwice, settings: { wrong: "twice", cell: [1, 0], extra: 0 } },
    { say: BIRD_WORDS.tryExtra, settings: { extra: 2, globals: [], block: 1, wrong: "right" } },
  ],
  question: { ask: BIRD_WORDS.ask, answer: BIRD_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, X, shared, id } = context;
    const { radius, random, block, extra } = settings;
    const own = context.words;
    const words = [...extraNames(extra), ...own];
    const T = words.length;
    const globals = settings.globals.filter((g) => g < own.length);
    const model = birdModel(X, { ...settings, globals, seed: shared.seed });
    const { map, why, pairs } = model;
    const cell = cellOf(settings.cell, map);
    const [i, j] = cell;
    const bits = why[i * T + j]!;
    const weight = map.data[i * T + j]!;
    const most = largest(map);
    const inGlobal = (t: number): boolean =>
      globals.some((g) => t >= extra && Math.floor(g / block) === Math.floor((t - extra) / block));
    const because: string[] = [];
    const far = Math.abs(i - j);
    if (bits & REASON.local) {
      because.push(
        block === 1
          ? say(BIRD_WORDS.becauseLocal, { d: far, r: radius })
          : say(BIRD_WORDS.becauseBlock, { r: radius }),
      );
    }
    if (bits & REASON.global && inGlobal(j)) because.push(say(BIRD_WORDS.becauseKey, { k: words[j]! }));
    if (bits & REASON.global && inGlobal(i)) because.push(say(BIRD_WORDS.becauseQuery, { q: words[i]! }));
    for (const t of i === j ? [i] : [i, j]) {
      if (t < extra) because.push(say(BIRD_WORDS.becauseExtra, { w: words[t]! }));
    }
    if (bits & REASON.random) because.push(say(BIRD_WORDS.becauseRandom, { q: words[i]!, s: shared.seed }));
    if (bits === 0) because.push(say(BIRD_WORDS.becauseNot, { d: far }));
    const meanings = {
      local: say(BIRD_WORDS.local),
      global: say(BIRD_WORDS.global),
      both: say(BIRD_WORDS.both),
      random: say(BIRD_WORDS.randomKey),
      unseen: say(BIRD_WORDS.unseen),
    };
    const kind = (a: number, b: number): string => kindOfBits(why[a * T + b]!);
    const sizes = Array.from({ length: 9 }, (_, n) => 4 + 8 * n);
    const wide = birdPairs(4096, radius, random, globals.length, extra);
    const [one, two, three] = model.reach(i);
    const { steps: hop, via } = model.hopsFrom(i);
    const last = Math.min(MOST_LAYERS, Math.max(...hop));
    const { layers } = settings;
    const known = hop.filter((step) => step >= 0 && step <= layers).length;
    const reachTold =
      layers === 0
        ? say(BIRD_WORDS.hopsStart, { w: words[i]! })
        : say(BIRD_WORDS.hopsSay, { l: layers, w: words[i]!, n: known, all: T });
    const toLayer = (to: number): void => {
      hopsPlay.run++;
      change({ layers: Math.min(MOST_LAYERS, Math.max(0, to)) });
    };
    const stepper = (name: string, label: string, onclick: () => void): Mark =>
      html("button", { type: "button", id: `big-bird-${name}`, onclick }, label);
    const picture = (): { picture: Mark; csv: string } => ({
      picture: mapPicture({
        title: "BigBird",
        rows: words,
        cols: words,
        weights: map,
        most,
        kind,
        axes: [say(BIRD_WORDS.query), say(BIRD_WORDS.key)],
        legend: KINDS.map((name) => [name, meanings[name]] as const),
      }),
      csv: csvOf({ rows: words, cols: words, weights: map }),
    });
    const swatch = (name: (typeof KINDS)[number]): Mark =>
      html("li", {}, html("i", { class: `swatch reason ${name}`, "--w": 0.7 }), meanings[name]);
    const steps = arithmeticOf(model, cell, { sees: (key) => why[i * T + key] !== 0 });
    return [
      controls(
        slider({
          id: "big-bird-radius",
          label: say(BIRD_WORDS.radius),
          min: 0,
          max: 6,
          value: radius,
          change: (value) => change({ radius: value }),
        }),
        slider({
          id: "big-bird-random",
          label: say(BIRD_WORDS.random),
          min: 0,
          max: 4,
          value: random,
          change: (value) => change({ random: value }),
        }),
        slider({
          id: "big-bird-block",
          label: say(BIRD_WORDS.block),
          min: 1,
          max: 4,
          value: block,
          change: (value) => change({ block: value }),
        }),
        slider({
          id: "big-bird-extra",
          label: say(BIRD_WORDS.extra),
          min: 0,
          max: 3,
          value: extra,
          change: (value) => change({ extra: value }),
        }),
      ),
      html("p", { class: "hint" }, say(BIRD_WORDS.makeGlobal)),
      tokens({
        id: "big-bird-globals",
        label: say(BIRD_WORDS.makeGlobal),
        words: own,
        on: globals,
        change: (on) => change({ globals: on }),
      }),
      html(
        "div",
        { class: "stage" },
        html(
          "figure",
          { class: "big" },
          html(
            "figcaption",
            {},
            html("span", { class: "q" }, say(BIRD_WORDS.query)),
            html("span", { class: "k" }, say(BIRD_WORDS.key)),
          ),
          html(
            "div",
            { class: "scroll" },
            mapGrid({
              id: "big-bird-map",
              rows: words,
              cols: words,
              weights: map,
              most,
              cell,
              wrong: settings.wrong !== "right",
              label: say(BIRD_WORDS.title),
              say: (a, b) => {
                const name = kind(a, b) as (typeof KINDS)[number];
                return (
                  `${words[a]} → ${words[b]}, ` +
                  `${meanings[name]}${name === "unseen" ? "" : `, ${percentOf(map.data[a * T + b]!)}`}`
                );
              },
              look: (a, b) => `reason ${kind(a, b)}`,
              choose: (next) => change({ cell: next }),
            }),
          ),
          takeAlong(context, id, picture),
        ),
        html(
          "div",
          { class: "side" },
          html(
            "div",
            { class: "count", id: "big-bird-pairs" },
            html("small", {}, say(BIRD_WORDS.pairs)),
            html("strong", {}, counted(pairs)),
            html(
              "span",
              {},
              say(BIRD_WORDS.ofAll, { all: counted(T * T), share: percentOf(pairs / (T * T)) }),
            ),
            html("div", { class: "meter" }, html("i", { "--at": (pairs / (T * T)).toFixed(4) })),
          ),
          curves({
            sizes,
            dense: sizes.map((n) => n * n),
            sparse: sizes.map((n) => birdPairs(n, radius, random, globals.length, extra)),
            now: T,
            nowPairs: pairs,
            labels: ["T²", say(BIRD_WORDS.this), "T"],
          }),
          html(
            "p",
            { class: "note" },
            say(BIRD_WORDS.wide, {
              n: counted(wide),
              all: counted(4096 ** 2),
              times: counted(Math.round(4096 ** 2 / wide)),
            }),
          ),
          html("ul", { class: "keys" }, ...KINDS.map(swatch)),
          html(
            "div",
            { class: `because ${kindOfBits(bits)}`, role: "status" },
            html("h3", {}, `${words[i]} → ${words[j]}`, html("b", {}, bits === 0 ? "—" : percentOf(weight))),
            html("p", {}, because.join(" · ")),
          ),
          html(
            "p",
            { class: "note reach" },
            say(BIRD_WORDS.reach, { w: words[i]!, a: one!, b: two!, c: three!, n: T }),
          ),
        ),
      ),
      html("h3", { class: "apart" }, say(BIRD_WORDS.hops)),
      html(
        "div",
        { class: "controls", role: "group", "aria-label": say(BIRD_WORDS.hops) },
        slider({
          id: "big-bird-layers",
          label: say(BIRD_WORDS.layer),
          min: 0,
          max: MOST_LAYERS,
          value: layers,
          change: toLayer,
        }),
        stepper("less", say(BIRD_WORDS.less), () => toLayer(layers - 1)),
        stepper("more", say(BIRD_WORDS.more), () => toLayer(layers + 1)),
        stepper("play", say(BIRD_WORDS.play), () => playHops(last, change)),
      ),
      html(
        "p",
        { class: "note", id: "big-bird-reached", role: "status" },
        reachTold,
        " ",
        layers >= last ? say(BIRD_WORDS.hopsAll) : "",
      ),
      html(
        "div",
        { class: "scroll" },
        html(
          "div",
          { class: "hopping", "--n": T },
          hopsPicture(hop, via, layers, reachTold),
          html(
            "ol",
            {},
            ...words.map((word, t) =>
              html(
                "li",
                { class: hop[t]! >= 0 && hop[t]! <= layers ? "on" : "", "data-hop": hop[t]! },
                html("span", {}, word),
                html("small", {}, hop[t]! < 0 ? say(BIRD_WORDS.never) : String(hop[t]!)),
              ),
            ),
          ),
        ),
      ),
      wrongOnPurpose<BirdWrong>({
        id: "big-bird-wrong",
        label: say(BIRD_WORDS.wrong),
        right: "right",
        rightSay: say(BIRD_WORDS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "twice",
            say: say(BIRD_WORDS.twice),
            then: say(BIRD_WORDS.twiceThen),
            pitfall: "W22",
            spec: "spec/field-bugs/window.spec.ts",
          },
        ],
        change: (wrong) => change({ wrong }),
      }),
      stepsPanel(context, {
        steps,
        rows: words,
        cols: words,
        cell,
        weight,
        wrong: settings.wrong !== "right",
        numbers: ["2", "2", "2"],
      }),
    ];
  },
  trial(hands, test, must, expected): void {
    const off = (): void => {
      for (const t of hands.texts("#big-bird-globals .token").keys()) {
        const button = `#big-bird-globals [data-value="${t}"]`;
        if (hands.attribute(button, "aria-pressed") === "true") hands.click(button);
      }
    };
    test("big-bird: radius 0, no globals, no random keys: T pairs", () => {
      hands.slide("big-bird-radius", 0);
      hands.slide("big-bird-random", 0);
      off();
      must(
        hands.text("#big-bird-pairs strong") === String(expected["T"]),
        hands.text("#big-bird-pairs strong"),
      );
    });
    test("big-bird: with one global and radius 1 the map is the oracle's", () => {
      hands.click('#big-bird-globals [data-value="3"]');
      hands.slide("big-bird-radius", 1);
      const wanted = expected["big-bird.map"] as number[];
      const got = hands.texts("#big-bird-map td[role] i").map(Number);
      const bad = got.findIndex((x, e) => Math.abs(x - 100 * wanted[e]!) > 0.51);
      must(got.length === wanted.length && bad < 0, `cell ${bad}: ${got[bad]} for ${wanted[bad]}`);
      must(
        hands.text("#big-bird-pairs strong") === String(expected["big-bird.pairs"]),
        hands.text("#big-bird-pairs strong"),
      );
    });
    test("big-bird: each random key adds one pair to a row that has room", () => {
      hands.slide("big-bird-radius", 0);
      off();
      hands.slide("big-bird-random", 2);
      must(
        hands.count("#big-bird-map td.random") === 2 * Number(expected["T"]),
        `${hands.count("#big-bird-map td.random")}`,
      );
    });
    test("big-bird: blocks of two make the window of pairs", () => {
      hands.slide("big-bird-random", 0);
      hands.slide("big-bird-block", 2);
      const T = Number(expected["T"]);
      must(
        hands.text("#big-bird-pairs strong") === String(2 * T - (T % 2)),
        hands.text("#big-bird-pairs strong"),
      );
      hands.slide("big-bird-block", 1);
    });
    test("big-bird: layer by layer a word depends on those that the oracle's graph reaches", () => {
      hands.slide("big-bird-radius", 1);
      hands.click('#big-bird-map td[data-value="0.0"]');
      const wanted = expected["big-bird.hops"] as number[];
      hands.slide("big-bird-layers", 0);
      wanted.forEach((words, layers) => {
        const lit = hands.count("#big-bird .hopping li.on");
        must(lit === words, `${layers}: ${lit}`);
        if (layers > 0) {
          const lines = hands.count(`#big-bird .hops [data-hop="${layers}"]`);
          must(lines === words - wanted[layers - 1]!, `layer ${layers}: ${lines} lines`);
        }
        hands.click("#big-bird-more");
      });
      hands.click("#big-bird-less");
      hands.click("#big-bird-play");
      must(hands.attribute("#big-bird-layers", "value") === "0", hands.attribute("#big-bird-layers", "value"));
      hands.click("#big-bird-more");
      hands.slide("big-bird-radius", 0);
    });
    test("big-bird: one extra token sees all and is seen by all, and is no word", () => {
      const T = Number(expected["T"]);
      hands.slide("big-bird-extra", 1);
      must(hands.text("#big-bird-pairs strong") === String(3 * T + 1), hands.text("#big-bird-pairs strong"));
      must(hands.count("#big-bird-map td.global") === 2 * T + 1, `${hands.count("#big-bird-map td.global")} cells`);
      must(hands.count("#big-bird-globals .token") === T, "the extra token is offered as a word");
      hands.slide("big-bird-extra", 0);
    });
    test("big-bird: an unseen cell says why", () => {
      hands.click('#big-bird-map td[data-value="0.5"]');
      must(
        hands.attribute("#big-bird .because", "class").includes("unseen"),
        hands.attribute("#big-bird .because", "class"),
      );
    });
    test("big-bird: counted twice names its bug", () => {
      hands.click('#big-bird-wrong [data-value="twice"]');
      must(hands.text("#big-bird .told").includes("W22"), hands.text("#big-bird .told"));
      hands.click('#big-bird-wrong [data-value="right"]');
    });
  },
});
