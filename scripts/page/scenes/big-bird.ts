/** Scene: chance. BigBird's pattern, a reason and a weight for each cell, and what layers reach. */
import type { BirdWrong } from "../models/sparse.ts";
import type { Child, Mark } from "../mark.ts";
import type { Words } from "../scene.ts";
import { MOST_WORDS } from "../context.ts";
import { REASON } from "../../../lib/graph/neighbours.ts";
import { arithmeticOf, rowAt } from "../models/multi-head.ts";
import { birdGiven, birdModel, birdPairs, extraNames } from "../models/sparse.ts";
import { cellField, listOf, oneOf, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { controls, slider, tokens, wrongOnPurpose } from "../parts/controls.ts";
import { counted, percentOf } from "../parts/numbers.ts";
import { curves } from "../parts/curves.ts";
import { html, svg } from "../mark.ts";
import { depthOf, mapHolds } from "../parts/compare.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { specText } from "../parts/spec-text.ts";
import { stepping } from "../parts/stepping.ts";
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
    ja: "ETC：グローバルな語の代わりに、追加のトークンを 2 個",
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
  dice: { en: "roll the dice: another seed than {s}", ja: "サイコロを振る：シード {s} を変える" },
  readings: { en: "counted once, too", ja: "一度数えた地図も" },
  never: { en: "never", ja: "届かない" },
  makeGlobal: { en: "Choose the global words", ja: "グローバルにする語を選ぶ" },
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
    en:
      "Take the first sentence with seed 9 and the first settings. Of all cells that are there by chance alone, " +
      "which carries the most weight? Where does its weight go when the random keys are set to 0?",
    ja:
      "最初の文、シード 9、最初の設定のままで考えます。偶然だけで見えているマスのうち、重みが最も大きいのはどれですか。" +
      "ランダムなキーを 0 にすると、その重みはどこへ行きますか。",
  },
  answer: {
    en:
      "“never” → “chased”, 69%: the fullest green circle. The two stand two words apart, outside the window. Without " +
      "the random key the cell is gone, and the row still sums to 1: the window and the global word share the 69%.",
    ja:
      "「追った」→「犬」の 73% です。緑の丸のうち最も濃いマスで、二語離れているので窓の外です。" +
      "ランダムなキーがなければこのマスはなく、行の和は 1 のままなので、窓とグローバルな語がその 73% を分け合います。",
  },
  eq1: { en: "each head draws its own random blocks", ja: "ヘッドごとに乱数のブロックを引く" },
  eq2: { en: "attention along the graph, heads joined", ja: "グラフに沿った注意、ヘッドの結合" },
} as const satisfies Words;

const KINDS = ["local", "global", "both", "random", "unseen"] as const;

/** The kind of a cell by its reasons. */
export function kindOfBits(bits: number): (typeof KINDS)[number] {
  const [local, global] = [(bits & REASON.local) !== 0, (bits & REASON.global) !== 0];
  if (local && global) return "both";
  if (global) return "global";
  if (local) return "local";
  return (bits & REASON.random) !== 0 ? "random" : "unseen";
}

/** So many layers can be looked at; a word that is not reached by then is far. */
const MOST_LAYERS = 6;

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
  most: MOST_WORDS,
  fields: {
    radius: whole(1, 0, 6),
    random: whole(1, 0, 4),
    block: whole(1, 1, 4),
    globals: listOf([0]),
    extra: whole(0, 0, 3),
    layers: whole(1, 0, MOST_LAYERS),
    wrong: oneOf<BirdWrong>("right", ["right", "twice"]),
    scale: scaleField(),
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
    const { say, change, share, X, shared, id } = context;
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
    const seen = why.subarray(i * T, (i + 1) * T).filter((one) => one !== 0).length;
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
    const kind = (a: number, b: number): (typeof KINDS)[number] => kindOfBits(why[a * T + b]!);
    const sizes = Array.from({ length: 9 }, (_, n) => 4 + Math.max(8, Math.ceil(T / 8)) * n);
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
        html(
          "button",
          { type: "button", id: "big-bird-dice", onclick: () => share({ seed: (shared.seed + 17) % 41 }) },
          say(BIRD_WORDS.dice, { s: shared.seed }),
        ),
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
        mapFigure(context, {
          id: "big-bird-map",
          title: "BigBird",
          rows: words,
          cols: words,
          weights: map,
          cell,
          label: say(BIRD_WORDS.title),
          say: (a, b) => {
            const name = kind(a, b);
            const w = name === "unseen" ? "" : `, ${percentOf(map.data[a * T + b]!)}`;
            return `${words[a]} → ${words[b]}, ${meanings[name]}${w}`;
          },
          kind,
          kinds: KINDS.map((name) => [name, meanings[name]] as const),
          alike: 1 / Math.max(1, seen),
          choose: (next) => change({ cell: next }),
          scale: settings.scale,
          rescale: (scale) => change({ scale }),
          among: [map, model.once],
          amongSay: say(BIRD_WORDS.readings),
          take: id,
          wrong: settings.wrong !== "right",
        }),
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
            { class: "note", id: "big-bird-wide" },
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
      stepping(context, {
        id: "big-bird",
        name: "layers",
        label: say(BIRD_WORDS.layer),
        value: layers,
        most: MOST_LAYERS,
        last,
        change: (to) => change({ layers: to }),
      }),
      html(
        "p",
        { class: "note", id: "big-bird-reached", role: "status" },
        reachTold,
        " ",
        layers >= Math.max(...hop) ? say(BIRD_WORDS.hopsAll) : "",
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
  spec(settings, { X: words, words: own, shared }): string {
    const { seed } = shared;
    const { X, pattern } = birdGiven(words, { ...settings, seed });
    const { map, pairs } = birdModel(words, { ...settings, seed, wrong: "right" });
    const [i] = cellOf(settings.cell, map);
    return specText({
      about: `Row ${i + 1} of BigBird, over: ${[...extraNames(settings.extra), ...own].join(" ")}`,
      name: `radius ${pattern.radius}, ${pattern.random} random, seed ${seed}: ${pairs} pairs`,
      uses: {
        "big-bird-attention": "BigBirdAttention",
        "graph/maps": "toDense",
        matrix: "randomGenerator",
      },
      given: [["X", X]],
      code: [
        `const pattern = ${JSON.stringify(pattern)};`,
        `const widths = { d_model: ${X.cols}, heads: 1, pattern, seed: ${seed} };`,
        `const { weights } = BigBirdAttention.random(widths, randomGenerator(${seed})).forward(X);`,
        `assert.equal(weights[0]!.graph.key.length, ${pairs});`,
      ],
      got: `toDense(weights[0]!).data.slice(${i * X.rows}, ${(i + 1) * X.rows})`,
      expected: rowAt(map, i),
    });
  },
  trial(hands, test, must, expected): void {
    const choose = (cell: string): void => hands.click(`#big-bird-map td[data-value="${cell}"]`);
    const slide = (what: string, value: number): void => hands.slide(`big-bird-${what}`, value);
    const maps = expected["big-bird.maps"] as Readonly<Record<string, readonly [string, string, number]>>;
    const set = (radius: number, random: number, block: number, extra: number): void => {
      slide("radius", radius);
      slide("random", random);
      slide("block", block);
      slide("extra", extra);
    };
    const turn = (word: number): void => hands.click(`#big-bird-globals [data-value="${word}"]`);
    const pairs = (): string => hands.text("#big-bird-pairs strong");
    const holds = (name: string): void => {
      const [map, kinds, count] = maps[name]!;
      mapHolds(hands, must, "big-bird-map", map, name);
      must(pairs() === String(count), `${name}: ${pairs()} pairs for ${count}`);
      const side = Math.sqrt(kinds.length);
      for (let e = 0; e < kinds.length; e++) {
        const kind = KINDS.find((one) => one[0] === kinds[e])!;
        const at = `${Math.floor(e / side)}.${e % side}`;
        const right = hands.count(`#big-bird-map td.${kind}[data-value="${at}"]`) === 1;
        must(right, `${name}: cell ${at} is not ${kind}`);
      }
    };
    test("big-bird: the first map is the oracle's, each cell by its weight and its reason", () => {
      holds("first");
      const kinds = maps["first"]![1];
      const T = Number(expected["T"]);
      for (const at of ["b", "g", "l", "r", "u"].map((kind) => kinds.indexOf(kind))) {
        choose(`${Math.floor(at / T)}.${at % T}`);
        const kind = KINDS.find((name) => name[0] === kinds[at])!;
        must(hands.attribute("#big-bird .because", "class") === `because ${kind}`, `cell ${at} is not ${kind}`);
        const share = kind === "unseen" ? 0 : Number.parseFloat(hands.text("#big-bird .because h3 b"));
        const panel = 100 * Number(hands.attribute("#big-bird-why .checked", "data-share"));
        const wanted = Number(maps["first"]![0].split(".")[at]) / 10;
        must(Math.abs(share - wanted) < 0.56, `cell ${at}: ${share}, not ${wanted}`);
        must(Math.abs(panel - wanted) < 0.051, `cell ${at}: the panel has ${panel}, not ${wanted}`);
      }
    });
    test("big-bird: arrow keys read cell by cell, and keep the focus", () => {
      choose("1.3");
      hands.focus('#big-bird-map [tabindex="0"]');
      hands.press("ArrowRight", "ArrowDown", "ArrowLeft");
      const [map, kinds] = maps["first"]!;
      const at = 2 * Number(expected["T"]) + 3;
      const label = hands.attribute('#big-bird-map td[data-value="2.3"]', "aria-label");
      const share = Number(/([\d.]+)%$/.exec(label)?.[1] ?? 0);
      must(hands.focused() === "2.3" && kinds[at] !== "u", `focus at ${hands.focused()}`);
      must(Math.abs(share - Number(map.split(".")[at]) / 10) < 0.56, label);
    });
    test("big-bird: the answer to the question is the cell that the oracle finds", () => {
      const [i, j, share] = expected["big-bird.chance"] as readonly [number, number, number];
      const [row, col] = [hands.texts("#big-bird-map tbody th")[i!], hands.texts("#big-bird-map thead th")[j!]];
      const answer = hands.text("#big-bird .further details p").replace(/[“”「」 ]/g, "");
      must(answer.startsWith(`${row}→${col}`) && answer.includes(`${share}%`), `${row}→${col} ${share}%: ${answer}`);
    });
    test("big-bird: over 4,096 words the pairs are the oracle's count", () => {
      const wide = String(expected["big-bird.wide"]);
      must(hands.text("#big-bird-wide").replace(/,/g, "").includes(wide), hands.text("#big-bird-wide"));
    });
    test("big-bird: the scale by row and by map measures by the oracle's densest", () => {
      const depth = (j: number): number => depthOf(hands, "big-bird-map", `2.${j}`);
      hands.click('#big-bird-scale [data-value="row"]');
      const wanted = expected["big-bird.row"] as number[];
      wanted.forEach((w, j) => must(Math.abs(depth(j) - w) < 1e-3, `key ${j}: ${depth(j)} of the row, not ${w}`));
      const of = (name: string): number => Math.max(...maps[name]![0].split(".").map(Number));
      const two = Number(maps["first"]![0].split(".")[2 * wanted.length + 1]);
      for (const [scale, most] of [["map", of("first")], ["heads", of("first")]] as const) {
        hands.click(`#big-bird-scale [data-value="${scale}"]`);
        must(Math.abs(depth(1) - two / most) < 0.002, `${scale}: ${depth(1)}, not ${two / most}`);
      }
      hands.click('#big-bird-scale [data-value="map"]');
    });
    test("big-bird: counted twice is ln 2 on the shared scores, and names its bug", () => {
      hands.click('#big-bird-wrong [data-value="twice"]');
      holds("twice");
      must(/W22.*window\.spec/.test(hands.text("#big-bird .told")), hands.text("#big-bird .told"));
      must(hands.count("#big-bird-map.wrong") === 1, "the map is not hatched");
      hands.click('#big-bird-wrong [data-value="right"]');
      must(hands.count("#big-bird-map.wrong") === 0, "the map stays hatched");
    });
    test("big-bird: the dice draw other keys and other projections, those of their seed", () => {
      hands.click("#big-bird-dice");
      holds("dice");
      must(hands.attribute("#seed", "value") === "26", `seed ${hands.attribute("#seed", "value")}`);
      hands.slide("seed", 9);
      holds("first");
    });
    test("big-bird: one, two and three layers reach as many words as the oracle's graph", () => {
      choose("5.5");
      const told = (hands.text("#big-bird .reach").match(/\d+/g) ?? []).map(Number);
      const reach = told.length === 4 ? told.slice(0, 3) : [told[1], told[3], told[5]];
      const wanted = expected["big-bird.reach"] as number[];
      must(reach.join() === wanted.join(), `${reach.join()}, not ${wanted.join()}`);
      wanted.forEach((words, n) => {
        slide("layers", n + 1);
        const lit = hands.count("#big-bird .hopping li.on");
        must(lit === words, `${lit} words after layer ${n + 1}, not ${words}`);
      });
    });
    test("big-bird: a global word lights its row and its column", () => {
      turn(0);
      turn(3);
      set(1, 0, 1, 0);
      holds("global");
    });
    test("big-bird: blocks of two are windows, globals and random keys of blocks", () => {
      set(1, 1, 2, 0);
      holds("blocks");
      turn(3);
    });
    test("big-bird: two random keys a row, and nothing else", () => {
      set(0, 2, 1, 0);
      holds("random");
    });
    test("big-bird: one extra token sees all and is seen by all, and is no word", () => {
      set(0, 0, 1, 1);
      holds("extra");
      const T = Number(expected["T"]);
      must(hands.count("#big-bird-globals .token") === T, "the extra token is offered as a word");
      slide("extra", 0);
      must(pairs() === String(T), `${pairs()} pairs at radius 0`);
    });
    test("big-bird: layer by layer a word depends on those that the oracle's graph reaches", () => {
      slide("radius", 1);
      choose("0.0");
      const wanted = expected["big-bird.hops"] as number[];
      // the window alone goes one word a layer, so the last word is still to come
      slide("layers", MOST_LAYERS);
      must(!/\.\s*\S+ more|増えません/.test(hands.text("#big-bird-reached")), hands.text("#big-bird-reached"));
      slide("layers", 0);
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
      must(hands.count("#big-bird .hopping li.on") === wanted[3], "one back");
      hands.click("#big-bird-play");
      must(hands.attribute("#big-bird-layers", "value") === "0", hands.attribute("#big-bird-layers", "value"));
      hands.click("#big-bird-more");
    });
  },
});
