/** Scene: too many pairs. A window over the sentence, and what its ends do. */
import type { Child } from "../mark.ts";
import type { WindowWrong } from "../models/sparse.ts";
import type { Words } from "../scene.ts";
import { MOST_WORDS } from "../context.ts";
import { answerNames, bestOf, scalesHold, specHolds, tableHolds, unlike } from "../parts/compare.ts";
import { arithmeticOf, rowAt } from "../models/multi-head.ts";
import { cellField, flag, oneOf, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { controls, slider, tick, wrongOnPurpose } from "../parts/controls.ts";
import { counted, percentOf } from "../parts/numbers.ts";
import { curves } from "../parts/curves.ts";
import { drawnPicture, tableOf, takeAlong } from "../parts/figure.ts";
import { html } from "../mark.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { specText } from "../parts/spec-text.ts";
import { stepsPanel } from "../parts/steps.ts";
import { windowGraph, windowModel } from "../models/sparse.ts";

export const WINDOW_WORDS = {
  title: { en: "Too many pairs", ja: "対が多すぎる" },
  lead: {
    en:
      "T words make T² pairs. A window keeps those within a radius r: 2r + 1 keys for each query, cut at " +
      "the ends of the sentence. Move the radius from 0 to the whole sentence, and watch the count.",
    ja:
      "語が T 個なら対は T² 個です。窓は半径 r の内側だけを残します。クエリごとに 2r + 1 個のキーで、文の" +
      "両端では切り詰めます。半径を 0 から文全体まで動かし、数の変わり方を見てください。",
  },
  radius: { en: "window radius", ja: "窓の半径" },
  dilation: { en: "dilation", ja: "間隔" },
  causal: { en: "only the past", ja: "過去だけ" },
  pairs: { en: "pairs scored", ja: "計算した対" },
  ofAll: { en: "of {all} = T², {share}", ja: "T² = {all} のうち {share}" },
  formula: {
    en: "T(2r + 1) − r(r + 1) = {n}: T words, less what the ends cut off",
    ja: "T(2r + 1) − r(r + 1) = {n}：両端で切れた分を引く",
  },
  formulaNot: {
    en: "With this dilation, direction or mistake the formula of the plain window does not count.",
    ja: "この間隔・向き・間違いでは、素の窓の式は当てはまりません。",
  },
  this: { en: "window", ja: "窓" },
  inside: { en: "inside the window", ja: "窓の中" },
  outside: { en: "not looked at: no score is computed", ja: "見ない。スコアも計算しない" },
  stolen: {
    en: "Zeros beyond the ends take {w} of the row of “{q}”.",
    ja: "両端の外のゼロが、「{q}」の行から {w} を奪っています。",
  },
  cut: {
    en: "The window of “{q}” holds {n} of {all} keys: it is cut, not padded.",
    ja: "「{q}」の窓には {all} 個のうち {n} 個のキーがあります。端は埋めずに切ります。",
  },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  zeros: { en: "pad with zeros", ja: "ゼロで埋める" },
  zerosThen: {
    en: "A score of 0 is not nothing: exp 0 = 1 takes its share, and rows at the ends no longer sum to 1.",
    ja: "スコア 0 は「無し」ではありません。exp 0 = 1 が割合を奪い、端の行の和が 1 を下回ります。",
  },
  blocks: { en: "blocks for a window", ja: "窓の代わりにブロック" },
  blocksThen: {
    en: "Neighbours on two sides of a block’s edge no longer see each other.",
    ja: "ブロックの境目をはさんだ隣どうしが、互いに見えません。",
  },
  short: { en: "one key short", ja: "キーが一つ足りない" },
  shortThen: {
    en: "The last key of each window is missing: does the window include its end?",
    ja: "各窓の最後のキーが欠けています。窓は端を含むのでしょうか。",
  },
  tryWhole: {
    en: "The radius as long as the sentence: every pair again",
    ja: "半径を文の長さまで：またすべての対",
  },
  tryDilated: {
    en: "Radius 1, dilation 3: far words for the same number of pairs",
    ja: "半径 1、間隔 3：同じ対の数で遠くの語へ",
  },
  tryZeros: { en: "Zeros at the ends, and the first row", ja: "端をゼロで埋めて、1 行目を見る" },
  ask: {
    en:
      "With the sentence and the seed of the start: which cell is the densest at radius 2, and which when " +
      "the window holds the whole sentence?",
    ja: "はじめの文とシードのまま、半径 2 で最も濃いマスと、窓が文全体に届いたときに最も濃いマスはどれですか。",
  },
  answer: {
    en:
      "At radius 2 that → the with 92%; over all pairs dog → old with 82%. The two stand four words apart: " +
      "until radius 4 their score is not even computed, and others share what it would take.",
    ja:
      "半径 2 では「追った → 犬」の 79%、全体では「が → 夜」の 63% です。この二語は 4 語離れているので、半" +
      "径 4 になるまでスコアも計算されず、その分をほかの語が分け合います。",
  },
  eq1: { en: "scores only for the pairs of the graph", ja: "グラフにある対だけのスコア" },
  eq2: { en: "calmed by the width of a key", ja: "キーの幅でしずめる" },
  eq3: { en: "shares among the keys that are seen", ja: "見えるキーのなかでの割合" },
  eq4: { en: "their values, mixed", ja: "バリューの混合" },
} as const satisfies Words;

export const windowScene = scene({
  id: "window",
  title: WINDOW_WORDS.title,
  lead: WINDOW_WORDS.lead,
  most: MOST_WORDS,
  fields: {
    radius: whole(2, 0, 255),
    dilation: whole(1, 1, 4),
    causal: flag(false),
    wrong: oneOf<WindowWrong>("right", ["right", "zeros", "blocks", "short"]),
    scale: scaleField(),
    cell: cellField(),
  },
  sources: [{ path: "lib/attention/sparse-attention.ts", name: "attendNeighbours" }],
  notes: { "1": WINDOW_WORDS.eq1, "2": WINDOW_WORDS.eq2, "3": WINDOW_WORDS.eq3, "4": WINDOW_WORDS.eq4 },
  tries: [
    { say: WINDOW_WORDS.tryWhole, settings: { radius: 255, dilation: 1, wrong: "right" } },
    { say: WINDOW_WORDS.tryDilated, settings: { radius: 1, dilation: 3, wrong: "right" } },
    { say: WINDOW_WORDS.tryZeros, settings: { radius: 3, dilation: 1, wrong: "zeros", cell: [0, 0] } },
  ],
  question: { ask: WINDOW_WORDS.ask, answer: WINDOW_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const T = words.length;
    const radius = Math.min(settings.radius, T - 1);
    const now = { ...settings, radius };
    const model = windowModel(X, { ...now, seed: shared.seed });
    const { map, graph, why, pairs, stolen } = model;
    const cell = cellOf(settings.cell, map);
    const [i, j] = cell;
    const weight = map.data[i * T + j]!;
    const plain = settings.dilation === 1 && !settings.causal && settings.wrong === "right";
    const sizes = Array.from({ length: 9 }, (_, n) => (T <= 68 ? 4 + 8 * n : 4 + 32 * n));
    const pairsOf = (n: number): number => windowGraph(n, now).key.length;
    const keys = graph.start[i + 1]! - graph.start[i]!;
    const side = settings.causal ? radius + 1 : 2 * radius + 1;
    const kind = (a: number, b: number): string => (why[a * T + b] === 0 ? "unseen" : "local");
    const state = (a: number, b: number): string =>
      say(why[a * T + b] === 0 ? WINDOW_WORDS.outside : WINDOW_WORDS.inside);
    const steps = arithmeticOf(model, cell, { sees: (key) => why[i * T + key] !== 0 });
    const curve = curves({
      sizes,
      dense: sizes.map((n) => n * n),
      sparse: sizes.map(pairsOf),
      now: T,
      nowPairs: pairs,
      labels: ["T²", say(WINDOW_WORDS.this), "T"],
    });
    return [
      controls(
        slider({
          id: "window-radius",
          label: say(WINDOW_WORDS.radius),
          min: 0,
          max: T - 1,
          value: radius,
          change: (value) => change({ radius: value }),
        }),
        slider({
          id: "window-dilation",
          label: say(WINDOW_WORDS.dilation),
          min: 1,
          max: 4,
          value: settings.dilation,
          change: (value) => change({ dilation: value }),
        }),
        tick("window-causal", say(WINDOW_WORDS.causal), settings.causal, (causal) => change({ causal })),
      ),
      html(
        "div",
        { class: "stage" },
        mapFigure(context, {
          id: "window-map",
          title: `r = ${radius}`,
          rows: words,
          cols: words,
          weights: map,
          cell,
          wrong: settings.wrong !== "right",
          label: say(WINDOW_WORDS.title),
          say: (a, b) =>
            `${words[a]} → ${words[b]}, ` +
            `${state(a, b)}${why[a * T + b] === 0 ? "" : `, ${percentOf(map.data[a * T + b]!)}`}`,
          kind,
          kinds: [
            ["local", say(WINDOW_WORDS.inside)],
            ["unseen", say(WINDOW_WORDS.outside)],
          ],
          alike: 1 / Math.max(1, keys),
          choose: (next) => change({ cell: next }),
          scale: settings.scale,
          rescale: (scale) => change({ scale }),
          take: id,
        }),
        html(
          "div",
          { class: "side" },
          html(
            "div",
            { class: "count", id: "window-pairs" },
            html("small", {}, say(WINDOW_WORDS.pairs)),
            html("strong", {}, counted(pairs)),
            html(
              "span",
              {},
              say(WINDOW_WORDS.ofAll, { all: counted(T * T), share: percentOf(pairs / (T * T)) }),
            ),
            html("div", { class: "meter" }, html("i", { "--at": (pairs / (T * T)).toFixed(4) })),
          ),
          html(
            "p",
            { class: "note" },
            plain
              ? say(WINDOW_WORDS.formula, { n: counted(T * (2 * radius + 1) - radius * (radius + 1)) })
              : say(WINDOW_WORDS.formulaNot),
          ),
          curve,
          takeAlong(context, `${id}-curve`, () => ({
            picture: drawnPicture(
              `${say(WINDOW_WORDS.title)} · r = ${radius}`,
              [[{ kind: "curves", name: say(WINDOW_WORDS.pairs), mark: curve }]],
              380,
            ),
            csv: tableOf([["T", "T²", "pairs"], ...sizes.map((n) => [n, n * n, pairsOf(n)])]),
          })),
          html(
            "div",
            { class: `because ${kind(i, j)}`, role: "status" },
            html(
              "h3",
              {},
              `${words[i]} → ${words[j]}`,
              html("b", {}, why[i * T + j] === 0 ? "—" : percentOf(weight)),
            ),
            html("p", {}, state(i, j)),
            html(
              "p",
              {},
              stolen[i]! > 0
                ? say(WINDOW_WORDS.stolen, { q: words[i]!, w: percentOf(stolen[i]!) })
                : say(WINDOW_WORDS.cut, { q: words[i]!, n: keys, all: side }),
            ),
          ),
        ),
      ),
      wrongOnPurpose<WindowWrong>({
        id: "window-wrong",
        label: say(WINDOW_WORDS.wrong),
        right: "right",
        rightSay: say(WINDOW_WORDS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "zeros",
            say: say(WINDOW_WORDS.zeros),
            then: say(WINDOW_WORDS.zerosThen),
            pitfall: "W6",
            spec: "spec/field-bugs/window.spec.ts",
          },
          {
            value: "blocks",
            say: say(WINDOW_WORDS.blocks),
            then: say(WINDOW_WORDS.blocksThen),
            pitfall: "W16",
            spec: "spec/graph/patterns.spec.ts",
          },
          {
            value: "short",
            say: say(WINDOW_WORDS.short),
            then: say(WINDOW_WORDS.shortThen),
            pitfall: "W15",
            spec: "spec/field-bugs/sparse.spec.ts",
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
        wrong: settings.wrong === "zeros",
        numbers: ["1", "2", "3 4"],
      }),
    ];
  },
  spec(settings, { X, words, shared }): string {
    const radius = Math.min(settings.radius, X.rows - 1);
    const { dilation, causal, cell } = settings;
    const right = { radius, dilation, causal, wrong: "right", seed: shared.seed } as const;
    const { map, pairs } = windowModel(X, right);
    const [i] = cellOf(cell, map);
    const T = X.rows;
    const widths = `{ d_query: ${X.cols}, d_k: ${X.cols} }`;
    const graph = `slidingWindow(${T}, ${radius}, { dilation: ${dilation} })`;
    return specText({
      about: `Row ${i + 1} of a window, over: ${words.join(" ")}`,
      name: `radius ${radius}, dilation ${dilation}${causal ? ", only the past" : ""}: ${pairs} pairs`,
      uses: {
        ...(causal ? { "graph/algebra": "restrict" } : {}),
        "graph/maps": "toDense",
        "graph/patterns": "slidingWindow",
        heads: "randomHead",
        "kernels/linear": "linear",
        matrix: "randomGenerator",
        "sparse-attention": "attendNeighbours",
      },
      given: [["X", X]],
      code: [
        `const { W_Q, W_K, W_V } = randomHead(${widths}, randomGenerator(${shared.seed}));`,
        `const graph = ${causal ? `restrict(${graph}, (i, j) => j <= i)` : graph};`,
        `assert.equal(graph.key.length, ${pairs});`,
        "const { weights } = attendNeighbours(linear(X, W_Q), linear(X, W_K), linear(X, W_V), graph);",
      ],
      got: `toDense(weights).data.slice(${i * T}, ${(i + 1) * T})`,
      expected: rowAt(map, i),
    });
  },
  trial(hands, test, must, expected): void {
    const T = Number(expected["T"]);
    const maps = expected["window.maps"] as Readonly<Record<string, number[]>>;
    const counts = expected["window.counts"] as Readonly<Record<string, number>>;
    const map = (): number[] => hands.texts("#window-map td[role] i").map(Number);
    const is = (name: string): void => {
      const off = unlike(map(), name === "zeros" ? (expected["window.zeros"] as number[]) : maps[name]!);
      must(off === "", `${name}, ${off}`);
      const shown = hands.text("#window-pairs strong");
      must(name === "zeros" || shown === String(counts[name]), `${name}: ${shown} pairs for ${counts[name]}`);
    };
    test("window: the count at each radius, its share and its formula are the oracle's", () => {
      const wanted = expected["window.pairs"] as number[];
      wanted.forEach((pairs, radius) => {
        hands.slide("window-radius", radius);
        const shown = hands.text("#window-pairs strong");
        must(shown === String(pairs), `radius ${radius}: ${shown} for ${pairs}`);
        must(hands.text("#window-pairs span").includes(percentOf(pairs / T ** 2)), hands.text("#window-pairs span"));
        const told = hands.text("#window-pairs + .note");
        must(new RegExp(` = ${pairs}[:：]`).test(told), told);
      });
      hands.slide("window-radius", 2);
    });
    test("window: map and curve at radius 2 are the oracle's, shown and taken along", () => {
      is("plain");
      tableHolds(hands, must, "#window .big", maps["plain"]!);
      const curve = expected["window.curve"] as number[];
      tableHolds(hands, must, "#window .side", curve.flatMap((pairs, n) => [(4 + 8 * n) ** 2, pairs]));
    });
    test("window: only the past, and every second word, are the oracle's maps", () => {
      hands.click("#window-causal");
      is("past");
      hands.click("#window-causal");
      hands.slide("window-dilation", 2);
      is("dilated");
      must(!hands.text("#window-pairs + .note").includes("="), hands.text("#window-pairs + .note"));
      hands.slide("window-dilation", 1);
      is("plain");
    });
    test("window: each thing that is wrong shows the oracle's wrong map, marked, and names its bug", () => {
      for (const [name, bug] of [["zeros", "W6"], ["blocks", "W16"], ["short", "W15"]] as const) {
        hands.click(`#window-wrong [data-value="${name}"]`);
        is(name);
        must(hands.text("#window .told").includes(`${bug} `), hands.text("#window .told"));
        must(hands.attribute("#window-map", "class").includes("wrong"), "not marked as wrong");
      }
      hands.click('#window-wrong [data-value="right"]');
      is("plain");
    });
    test("window: zeros at the ends steal from the first row what the oracle says", () => {
      hands.click('#window-wrong [data-value="zeros"]');
      hands.click('#window-map td[data-value="0.0"]');
      const row = (expected["window.zeros"] as number[]).slice(0, T);
      const stolen = percentOf(1 - row.reduce((sum, w) => sum + w));
      must(hands.text("#window .because").includes(stolen), `${hands.text("#window .because")} for ${stolen}`);
      hands.click('#window-wrong [data-value="right"]');
    });
    test("window: a cell is chosen by click and by keys; one outside says that it is not looked at", () => {
      hands.click('#window-map td[data-value="0.6"]');
      const outside = hands.attribute("#window .because", "class");
      must(outside.includes("unseen") && hands.text("#window .because b") === "—", outside);
      hands.focus('#window-map td[tabindex="0"]');
      hands.press("Home", "ArrowRight", "ArrowDown");
      must(hands.focused() === "1.1", hands.focused());
      const w = percentOf(maps["plain"]![T + 1]!);
      must(hands.text("#window .because b") === w, `${hands.text("#window .because b")} for ${w}`);
      must(hands.text("#window-why h3").includes(w), hands.text("#window-why h3"));
      must(hands.text("#window .because p + p").includes("4"), hands.text("#window .because p + p"));
      specHolds(hands, must, "window", maps["plain"]!.slice(T, 2 * T));
    });
    test("window: the legend ends at the oracle's densest cell, of the row and of the map", () => {
      const row = Math.max(...maps["plain"]!.slice(T, 2 * T));
      scalesHold(hands, must, "window", [row, Math.max(...maps["plain"]!)]);
    });
    test("window: the answer names the oracle's densest cell at radius 2, and of all pairs", () => {
      const words = hands.texts("#window-map tbody th");
      for (const one of [maps["plain"]!, expected["order.map"] as number[]]) {
        const at = bestOf(one);
        const cell = `${words[Math.floor(at / T)]} → ${words[at % T]}`;
        answerNames(hands, must, "window", [cell, percentOf(one[at]!)]);
      }
    });
    test("window: what is to be tried is the oracle's: every pair, far words, zeros", () => {
      hands.follow("#window .further li:nth-child(1) a");
      const off = unlike(map(), expected["order.map"] as number[]);
      must(off === "" && hands.text("#window-pairs strong") === String(T * T), off);
      hands.follow("#window .further li:nth-child(2) a");
      const lit = map().flatMap((w, e) => (w > 0 ? [Math.abs((e % T) - Math.floor(e / T))] : []));
      must(lit.every((far) => far === 0 || far === 3), lit.join());
      hands.follow("#window .further li:nth-child(3) a");
      must(hands.text("#window .told").includes("W6"), hands.text("#window .told"));
    });
  },
});
