/** Scene: how to compare. One query, four score functions by three normalisers, and a temperature. */
import type { Child, Mark } from "../mark.ts";
import type { CompareWrong, NormalizeName, ScoreName } from "../models/twelve.ts";
import type { Words } from "../scene.ts";
import { MOST_WORDS } from "../context.ts";
import { NORMALIZE_NAMES, SCORE_NAMES, compareModel } from "../models/twelve.ts";
import { cellField, oneOf, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { drawnPicture, tableOf, takeAlong } from "../parts/figure.ts";
import { html, svg } from "../mark.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { percentOf, signed } from "../parts/numbers.ts";
import { rowAt } from "../models/multi-head.ts";
import { scalesHold, specHolds, tableHolds, unlike } from "../parts/compare.ts";
import { specText } from "../parts/spec-text.ts";

export const COMPARE_WORDS = {
  title: { en: "How to compare", ja: "くらべ方" },
  lead: {
    en:
      "A score function F says how well a key fits a query; Normalize turns scores into shares. Any F " +
      "goes with any Normalize: here are four by three for one query. Cool the temperature towards 0, and " +
      "softmax becomes the hard choice before your eyes.",
    ja:
      "スコア関数 F はキーがクエリにどれだけ合うかを、Normalize はスコアを割合にする方法を決めます。どの " +
      "F もどの Normalize と組めます。一つのクエリについて 4 × 3 通りを並べました。温度を 0 に近づける" +
      "と、softmax が目の前で一択になります。",
  },
  temperature: { en: "temperature", ja: "温度" },
  dot: { en: "dot product", ja: "内積" },
  scaled: { en: "scaled dot product", ja: "スケール化内積" },
  bilinear: { en: "bilinear", ja: "双線形" },
  additive: { en: "additive", ja: "加法" },
  softmax: { en: "softmax", ja: "softmax" },
  sparsemax: { en: "sparsemax", ja: "sparsemax" },
  hard: { en: "hard (argmax)", ja: "ハード（argmax）" },
  twelve: { en: "all twelve", ja: "12 枚すべて" },
  choose: { en: "Choose a pair to see its whole map", ja: "組を選ぶと地図全体が出ます" },
  zeros: { en: "{n} of {all} keys get exactly 0", ja: "{all} 個のうち {n} 個のキーがちょうど 0" },
  cell: { en: "{q} → {k}: score {s}, weight {w}", ja: "{q} → {k}: スコア {s}、重み {w}" },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  weightless: { en: "additive without weights", ja: "重みのない加法" },
  weightlessThen: {
    en: "Σ tanh(q + k) is another function: without W_a, U_a and v_a nothing says what resembles what.",
    ja: "Σ tanh(q + k) は別の関数です。W_a・U_a・v_a がなければ、何が何に似るかを決めるものがありません。",
  },
  tryCold: { en: "Temperature 0.05: softmax is nearly argmax", ja: "温度 0.05：softmax はほぼ argmax" },
  tryHot: {
    en: "Temperature 8: softmax is nearly uniform, and sparsemax keeps more keys",
    ja: "温度 8：softmax はほぼ一様、sparsemax も多くのキーを残す",
  },
  tryAdditive: { en: "The additive map, sparsemax", ja: "加法スコアの sparsemax" },
  ask: {
    en:
      "By dot products nearly every word’s hard choice is itself. By the additive score, with the sentence " +
      "and the seed of the start: who still chooses itself, and which temperature changes that?",
    ja:
      "内積のハードな選択では、ほとんどの語が自分を選びます。はじめの文とシードの加法スコアで、まだ自分を" +
      "選ぶ語はどれですか。温度で変わりますか。",
  },
  answer: {
    en:
      "Only was → was. W_a and U_a turn query and key in their own ways, so a word need not resemble " +
      "itself. No temperature changes it: all scores are divided by one number, and the largest stays so.",
    ja:
      "春の → 春の と が → が だけです。W_a と U_a がクエリとキーを別々に回すので、語が自分に似るとは限りま" +
      "せん。温度では変わりません。すべてのスコアを同じ数で割っても、最大のものは最大のままです。",
  },
  eq1: { en: "any score function", ja: "任意のスコア関数" },
  eq2: { en: "any normaliser", ja: "任意の正規化" },
  eq3: { en: "the values, mixed", ja: "バリューの混合" },
} as const satisfies Words;

/** Temperatures of the slider: 25 of them from 0.05 to 8, each as many times the one before. */
function temperatureAt(step: number): number {
  return Math.round(100 * 0.05 * 160 ** (step / 24)) / 100;
}

/** Up to so many words the label of a small picture has them all, beyond that the densest. */
const LABELLED = 16;

/** The places of the n densest of a row, in the order of the sentence. */
function densest(row: ArrayLike<number>, n: number): number[] {
  const places = Array.from(row, (_, key) => key);
  const chosen = places.sort((a, b) => row[b]! - row[a]! || a - b).slice(0, n);
  return chosen.sort((a, b) => a - b);
}

/** The shares of one row as bars that fill their place. */
function upright(row: ArrayLike<number>, on: number): Mark {
  const bar = (w: number, j: number): Mark =>
    svg("rect", {
      x: j + 0.1,
      y: (1 - w).toFixed(4),
      width: 0.8,
      height: Math.max(w, 0.015).toFixed(4),
      class: j === on ? "h on" : "h",
    });
  const view = {
    viewBox: `0 0 ${row.length} 1`,
    preserveAspectRatio: "none",
    class: "upright",
    "aria-hidden": "true",
  };
  return svg("svg", view, ...Array.from(row, bar));
}

export const compareScene = scene({
  id: "compare",
  title: COMPARE_WORDS.title,
  lead: COMPARE_WORDS.lead,
  most: MOST_WORDS,
  fields: {
    heat: whole(18, 0, 24),
    score: oneOf<ScoreName>("scaled", SCORE_NAMES),
    normalize: oneOf<NormalizeName>("softmax", NORMALIZE_NAMES),
    wrong: oneOf<CompareWrong>("right", ["right", "weightless"]),
    scale: scaleField(),
    cell: cellField(),
  },
  sources: [
    { path: "lib/attention/attention.ts", name: "Attention" },
    { path: "lib/attention/additive-attention.ts", name: "AdditiveAttention" },
    { path: "lib/attention/bilinear-attention.ts", name: "BilinearAttention" },
  ],
  notes: { "1": COMPARE_WORDS.eq1, "2": COMPARE_WORDS.eq2, "3": COMPARE_WORDS.eq3 },
  tries: [
    { say: COMPARE_WORDS.tryCold, settings: { heat: 0 } },
    { say: COMPARE_WORDS.tryHot, settings: { heat: 24 } },
    { say: COMPARE_WORDS.tryAdditive, settings: { score: "additive", normalize: "sparsemax" } },
  ],
  question: { ask: COMPARE_WORDS.ask, answer: COMPARE_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const T = words.length;
    const temperature = temperatureAt(settings.heat);
    const { maps, scores } = compareModel(X, { temperature, seed: shared.seed, wrong: settings.wrong });
    const map = maps[`${settings.score} ${settings.normalize}`]!;
    const middle = Math.floor(T / 2);
    const row = { rows: 1, cols: T, data: rowAt(map, middle) };
    const cell =
      settings.cell === undefined
        ? ([middle, cellOf(undefined, row)[1]] as const)
        : cellOf(settings.cell, map);
    const [i, j] = cell;
    const weight = map.data[i * T + j]!;
    const nameOf = (name: ScoreName | NormalizeName): string => say(COMPARE_WORDS[name]);
    const small = (f: ScoreName, n: NormalizeName): Mark => {
      const row = rowAt(maps[`${f} ${n}`]!, i);
      const on = f === settings.score && n === settings.normalize;
      const label =
        `${nameOf(f)}, ${nameOf(n)}: ` +
        densest(row, T <= LABELLED ? T : 5)
          .map((key) => `${words[key]} ${percentOf(row[key]!)}`)
          .join(", ");
      return html(
        "td",
        {},
        html(
          "button",
          {
            type: "button",
            class: "pick",
            "aria-pressed": String(on),
            "aria-label": label,
            "data-value": `${f} ${n}`,
            onclick: () => change({ score: f, normalize: n, cell }),
          },
          upright(row, j),
        ),
      );
    };
    const table = html(
      "table",
      { class: "twelve", "aria-label": say(COMPARE_WORDS.choose) },
      html(
        "thead",
        {},
        html(
          "tr",
          {},
          html("td", {}),
          ...NORMALIZE_NAMES.map((n) => html("th", { scope: "col", "data-eq": "2" }, nameOf(n))),
        ),
      ),
      html(
        "tbody",
        {},
        ...SCORE_NAMES.map((f) =>
          html(
            "tr",
            {},
            html("th", { scope: "row", "data-eq": "1" }, nameOf(f)),
            ...NORMALIZE_NAMES.map((n) => small(f, n)),
          ),
        ),
      ),
    );
    const twelve = (): { picture: Mark; csv: string } => ({
      picture: drawnPicture(
        `${say(COMPARE_WORDS.title)} · ${words[i]}`,
        SCORE_NAMES.map((f) =>
          NORMALIZE_NAMES.map((n) => ({
            kind: "upright",
            name: `${nameOf(f)} · ${nameOf(n)}`,
            mark: upright(rowAt(maps[`${f} ${n}`]!, i), j),
          })),
        ),
        200,
        60,
      ),
      csv: tableOf([
        ["", ...words],
        ...Object.entries(maps).map(([name, one]) => [name, ...Array.from(rowAt(one, i))]),
      ]),
    });
    const zeros = Array.from(rowAt(map, i)).filter((w) => w === 0).length;
    const title = `${nameOf(settings.score)} · ${nameOf(settings.normalize)}`;
    return [
      controls(
        slider({
          id: "compare-heat",
          label: say(COMPARE_WORDS.temperature),
          min: 0,
          max: 24,
          value: settings.heat,
          shown: String(temperature),
          change: (heat) => change({ heat }),
        }),
      ),
      html(
        "div",
        { class: "stage even" },
        html(
          "div",
          {},
          html("p", { class: "hint" }, say(COMPARE_WORDS.choose)),
          html("div", { class: "scroll" }, table),
          takeAlong(context, `${id}-twelve`, twelve),
        ),
        html(
          "div",
          {},
          mapFigure(context, {
            id: "compare-map",
            title,
            rows: words,
            cols: words,
            weights: map,
            cell,
            wrong: settings.wrong === "weightless" && settings.score === "additive",
            say: (a, b) => `${words[a]} → ${words[b]}, ${percentOf(map.data[a * T + b]!)}`,
            choose: (next) => change({ cell: next }),
            scale: settings.scale,
            rescale: (scale) => change({ scale }),
            among: Object.values(maps),
            amongSay: say(COMPARE_WORDS.twelve),
            take: id,
          }),
          html(
            "p",
            { class: "status", id: "compare-cell", role: "status" },
            say(COMPARE_WORDS.cell, {
              q: words[i]!,
              k: words[j]!,
              s: signed(scores[settings.score].data[i * T + j]!),
              w: percentOf(weight),
            }),
          ),
          html("p", { class: "note", id: "compare-zeros" }, say(COMPARE_WORDS.zeros, { n: zeros, all: T })),
        ),
      ),
      wrongOnPurpose<CompareWrong>({
        id: "compare-wrong",
        label: say(COMPARE_WORDS.wrong),
        right: "right",
        rightSay: say(COMPARE_WORDS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "weightless",
            say: say(COMPARE_WORDS.weightless),
            then: say(COMPARE_WORDS.weightlessThen),
            pitfall: "W13",
            spec: "spec/field-bugs/scores.spec.ts",
          },
        ],
        change: (wrong) => change({ wrong }),
      }),
    ];
  },
  spec({ heat, score, normalize, cell }, { X, words, shared }): string {
    const temperature = temperatureAt(heat);
    const { maps } = compareModel(X, { temperature, seed: shared.seed, wrong: "right" });
    const map = maps[`${score} ${normalize}`]!;
    const i = cell === undefined ? Math.floor(X.rows / 2) : Math.min(cell[0], X.rows - 1);
    const d = X.cols;
    const calm = `divideByTemperature(S, ${temperature})`;
    const bilinear = `const bilinear = BilinearAttention.random({ d_q: ${d}, d_k: ${d} }, random);`;
    const additive = [
      `const [W_a, U_a] = [randomProjection(${d}, ${d}, random), randomProjection(${d}, ${d}, random)];`,
      `const additive = new AdditiveAttention({ W_a, U_a, v_a: randomProjection(${d}, 1, random) });`,
    ];
    const scores: Readonly<Record<ScoreName, string>> = {
      dot: "new DotProductAttention().score",
      scaled: "new ScaledDotProductAttention().score",
      bilinear: "bilinear.score",
      additive: "additive.score",
    };
    const normalizers: Readonly<Record<NormalizeName, string>> = {
      softmax: `(S: Matrix) => softmaxRows(${calm})`,
      sparsemax: `(S: Matrix) => sparsemaxRows(${calm})`,
      hard: "(S: Matrix) => argmaxRows(S)",
    };
    return specText({
      about: `Row ${i + 1} of ${X.rows}, over: ${words.join(" ")}`,
      name: `${score}, ${normalize}, temperature ${temperature}`,
      uses: {
        attention: "Attention",
        ...(score === "dot" ? { "dot-product-attention": "DotProductAttention" } : {}),
        ...(score === "scaled" ? { "scaled-dot-product-attention": "ScaledDotProductAttention" } : {}),
        ...(score === "bilinear" || score === "additive" ? { "bilinear-attention": "BilinearAttention" } : {}),
        ...(score === "additive" ? { "additive-attention": "AdditiveAttention", heads: "randomProjection" } : {}),
        ...(normalize === "hard"
          ? { "kernels/argmax-rows": "argmaxRows" }
          : {
              [`kernels/${normalize}-rows`]: `${normalize}Rows`,
              "kernels/temperature-rows": "divideByTemperature",
            }),
        matrix: score === "bilinear" || score === "additive" ? "randomGenerator, type Matrix" : "type Matrix",
      },
      given: [["X", X]],
      code: [
        ...(score === "bilinear" || score === "additive"
          ? [`const random = randomGenerator(${shared.seed});`, bilinear]
          : []),
        ...(score === "additive" ? additive : []),
        `const attention = new Attention({ score: ${scores[score]}, normalize: ${normalizers[normalize]} });`,
        "const { weights } = attention.forward(X, X, X);",
      ],
      got: `weights.data.slice(${i * X.rows}, ${(i + 1) * X.rows})`,
      expected: rowAt(map, i),
    });
  },
  trial(hands, test, must, expected): void {
    const maps = expected["compare.maps"] as Readonly<Record<string, number[]>>;
    const T = Number(expected["T"]);
    const map = (): number[] => hands.texts("#compare-map td[role] i").map(Number);
    const is = (wanted: readonly number[]): void => {
      const off = unlike(map(), wanted);
      must(off === "", off);
    };
    const pick = (name: string): void => hands.click(`#compare .pick[data-value="${name}"]`);
    for (const name of Object.keys(maps)) {
      test(`compare: ${name} is the oracle's map, and its picture the oracle's row`, () => {
        pick(name);
        is(maps[name]!);
        const i = Math.floor(T / 2);
        const row = maps[name]!.slice(i * T, (i + 1) * T);
        const said = hands.attribute(`#compare .pick[data-value="${name}"]`, "aria-label").split(": ")[1]!;
        const shares = said.split(", ").map((part) => Number.parseFloat(part.split(" ").pop()!));
        must(unlike(shares, row) === "", `${said}: ${unlike(shares, row)}`);
        const zeros = row.filter((w) => w === 0).length;
        const told = hands.text("#compare-zeros").match(/\d+/g)!.map(Number);
        must(name.endsWith("softmax") || told.includes(zeros), `${told.join()} for ${zeros} zeros`);
      });
    }
    test("compare: a cell chosen by a click tells the oracle's score and weight, by keys another", () => {
      pick("bilinear softmax");
      hands.click('#compare-map td[data-value="2.1"]');
      const told = hands.text("#compare-cell");
      must(told.includes(signed(expected["compare.score"] as number)), told);
      must(told.includes(percentOf(maps["bilinear softmax"]![2 * T + 1]!)), told);
      pick("scaled softmax");
      hands.focus('#compare-map td[tabindex="0"]');
      hands.press("PageUp", "Home", "ArrowDown");
      must(hands.focused() === "1.0", hands.focused());
    });
    test("compare: the colours are measured by the oracle's densest cell of row, map and all twelve", () => {
      const one = maps["scaled softmax"]!;
      scalesHold(hands, must, "compare", [Math.max(...one.slice(T, 2 * T)), Math.max(...one), 1]);
      hands.click('#compare-scale [data-value="map"]');
    });
    test("compare: all twelve rows are taken along as the oracle's", () => {
      const wanted = Object.values(maps).flatMap((one) => one.slice(T, 2 * T));
      tableHolds(hands, must, "#compare .scroll + .takes", wanted);
      specHolds(hands, must, "compare", maps["scaled softmax"]!.slice(T, 2 * T));
    });
    test("compare: cold and hot are the oracle's, by the slider and as things to try", () => {
      hands.slide("compare-heat", 0);
      is(expected["compare.cold"] as number[]);
      hands.slide("compare-heat", 24);
      is(expected["compare.hot"] as number[]);
      hands.follow("#compare .further li:nth-child(1) a");
      is(expected["compare.cold"] as number[]);
      hands.follow("#compare .further li:nth-child(2) a");
      is(expected["compare.hot"] as number[]);
      hands.slide("compare-heat", 18);
      hands.follow("#compare .further li:nth-child(3) a");
      is(maps["additive sparsemax"]!);
    });
    test("compare: additive without weights is the oracle's Σ tanh(q + k), and names its bug", () => {
      pick("additive softmax");
      hands.click('#compare-wrong [data-value="weightless"]');
      is(expected["compare.weightless"] as number[]);
      must(hands.text("#compare .told").includes("W13"), hands.text("#compare .told"));
      hands.click('#compare-wrong [data-value="right"]');
      is(maps["additive softmax"]!);
    });
    test("compare: the answer names the words that in the oracle choose themselves by the additive score", () => {
      const hard = maps["additive hard"]!;
      const own = hands.texts("#compare-map tbody th").filter((_, i) => hard[i * T + i] === 1);
      const answer = hands.text("#compare .further details p");
      const named = own.filter((word) => answer.includes(`${word} → ${word}`));
      const said = answer.split(" → ").length - 1;
      must(own.length > 0 && named.length === own.length && said === own.length, `${answer}: ${own.join()}`);
    });
  },
});
