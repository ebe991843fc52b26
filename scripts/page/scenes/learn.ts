/** Scene: how it learns. The smallest head, trained as one looks; each gradient beside a difference of losses. */
import type { Child, Mark } from "../mark.ts";
import type { LearnMatrix, LearnWrong } from "../models/learn.ts";
import type { Words } from "../scene.ts";
import { LEARN_MATRICES, LEARN_STEPS, LEARN_WORDS } from "../models/learn.ts";
import { arithmeticOf } from "../models/multi-head.ts";
import { cellField, oneOf, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { choices, controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { csvOf, mapPicture, takeAlong } from "../parts/figure.ts";
import { differenceAt, kindsOf, learnModel, learnSource } from "../models/learn.ts";
import { html } from "../mark.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { mapGrid } from "../parts/map.ts";
import { percentOf, signed } from "../parts/numbers.ts";
import { plot } from "../parts/plot.ts";
import { stepsPanel } from "../parts/steps.ts";

export const LEARN_SAYS = {
  title: { en: "How it learns", ja: "学習のしくみ" },
  lead: {
    en:
      "One head, and one task: at each place, name the word before it. At first its weights are random " +
      "and it looks anywhere. Each step takes the words in a new order, measures the loss, follows the " +
      "gradient back through softmax and projections, and moves every weight a little. Play the 200 " +
      "steps, or drag through them: the shares gather one place to the left.",
    ja:
      "ヘッド一つに、課題も一つ。どの位置でも、一つ前の語を答えることです。はじめは重みが乱数なので、どこを見るかも定まりません。一歩ごとに語を並べ直し、損失を測り、勾配を softmax " +
      "と射影の奥までさかのぼり、すべての重みを少しだけ動かします。200 歩を再生するか、つまみでたどって" +
      "ください。割合が一つ左に集まっていきます。",
  },
  step: { en: "step", ja: "歩" },
  play: { en: "play or stop", ja: "再生・停止" },
  one: { en: "one step on", ja: "一歩進む" },
  query: { en: "query ↓", ja: "クエリ ↓" },
  key: { en: "key →", ja: "キー →" },
  previous: { en: "mean share of the word before", ja: "一つ前の語の割合の平均" },
  chance: { en: "looking everywhere alike would give {w}", ja: "一様に見れば {w}" },
  loss: { en: "loss of each step", ja: "各歩の損失" },
  lossNow: {
    en: "the loss over your sentence is {x}; a blind guess among {n} words has ln {n} = {g}",
    ja: "あなたの文での損失は {x}。{n} 語からの当てずっぽうなら ln {n} = {g}",
  },
  guess: { en: "guess", ja: "勘" },
  cutOff: { en: "The first {n} words take part.", ja: "はじめの {n} 語を使います。" },
  gradients: {
    en: "The gradient of the loss by each weight, at this step",
    ja: "この時点での、損失の各重みによる勾配",
  },
  matrix: { en: "matrix", ja: "行列" },
  percent: {
    en: "cells: its size in percent of the largest; the sign stands with the chosen one",
    ja: "マスの数は、最大のものを 100 とした大きさ。符号は選んだマスの説明に示します",
  },
  word: { en: "word {w}", ja: "語 {w}" },
  place: { en: "place {t}", ja: "位置 {t}" },
  row: { en: "input ↓", ja: "入力 ↓" },
  column: { en: "feature →", ja: "特徴 →" },
  entry: { en: "d{m}[{r}, {c}]", ja: "d{m}[{r}, {c}]" },
  library: { en: "by lib/gradients, in float32: {g}", ja: "lib/gradients による値（float32）：{g}" },
  difference: {
    en: "by two losses in doubles: ({a} − {b}) / {h} = {s}",
    ja: "二つの損失から（倍精度）：({a} − {b}) / {h} = {s}",
  },
  off: { en: "they differ by {d}", ja: "差は {d}" },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  diagonal: { en: "softmax backwards by its diagonal", ja: "softmax の逆伝播を対角だけに" },
  diagonalThen: {
    en:
      "dS = a(1 − a)·dA leaves out what the other keys of the row lose. dW_V stays right, dW_Q and dW_K do not, " +
      "and no difference of losses agrees. The training above keeps the right one.",
    ja:
      "dS = a(1 − a)·dA では、同じ行のほかのキーが失う分が抜けます。dW_V は正しいままですが、dW_Q と dW_K は損失の差と合いません。上の学習には正しい勾配を使っています。",
  },
  tryDiagonal: {
    en: "Softmax backwards by its diagonal: the difference of losses disagrees",
    ja: "対角だけの逆伝播：損失の差と合わない",
  },
  tryEnd: { en: "All 200 steps: one place to the left, everywhere", ja: "200 歩の後：どの行も一つ左を見る" },
  tryMiddle: { en: "Step 40: some rows have found it, others not", ja: "40 歩目：見つけた行と、まだの行" },
  tryValues: {
    en: "The gradient of the values before the first step",
    ja: "最初の一歩の前の、バリューの勾配",
  },
  ask: {
    en: "One place’s row of dW_Q is exactly 0 at every step. Which one, and why?",
    ja: "dW_Q の位置の行のうち、どの歩でも厳密に 0 のものが一つあります。どれで、なぜですか。",
  },
  answer: {
    en:
      "The row of place 1, and with it that of a word that stands nowhere else. No word comes before the " +
      "first, so it has no target and adds nothing to the loss; its query may look where it likes, and no " +
      "gradient comes back. In dW_K the same row is not 0, because others look at place 1.",
    ja:
      "位置 1 の行です。そこにしかない語の行も、一緒に 0 になります。最初の語の前には語がないので、正解がなく、損失にも加わりません。そのクエリがどこを見ても、勾配は返りません。dW_K の同じ行は " +
      "0 ではありません。ほかの位置が位置 1 を見るからです。",
  },
  eq1: { en: "queries, keys and values of words and places", ja: "語と位置のクエリ・キー・バリュー" },
  eq2: { en: "what is looked at is what is answered", ja: "見たものが、そのまま答え" },
} as const satisfies Words;

const learnPlay = { run: 0 };

/** Steps on until the end; another call, or a move of the slider, ends it. */
function playLearning(from: number, change: (next: { step: number }) => void): void {
  learnPlay.run++;
  const { run } = learnPlay;
  const next = (at: number): void => {
    if (run !== learnPlay.run) return;
    change({ step: at });
    if (at < LEARN_STEPS) setTimeout(() => next(at + 1), 45);
    else learnPlay.run = 0;
  };
  next(from);
}

export const learnScene = scene({
  id: "learn",
  title: LEARN_SAYS.title,
  lead: LEARN_SAYS.lead,
  fields: {
    step: whole(0, 0, LEARN_STEPS),
    matrix: oneOf<LearnMatrix>("W_Q", LEARN_MATRICES),
    cell: cellField(),
    weight: cellField(),
    wrong: oneOf<LearnWrong>("right", ["right", "diagonal"]),
  },
  sources: [
    { path: "lib/attention/self-attention.ts", name: "SelfAttention" },
    { path: "lib/gradients/self-attention-gradient.ts", name: "selfAttentionGradient" },
    { path: "lib/gradients/scaled-dot-product-gradient.ts", name: "scaledDotProductGradient" },
    { path: "lib/gradients/cross-entropy-gradient.ts", name: "crossEntropyGradient" },
    { path: "lib/gradients/adamw.ts", name: "AdamW", method: "step" },
  ],
  notes: { "1": LEARN_SAYS.eq1, "2": LEARN_SAYS.eq2 },
  tries: [
    { say: LEARN_SAYS.tryEnd, settings: { step: LEARN_STEPS } },
    { say: LEARN_SAYS.tryMiddle, settings: { step: 40 } },
    { say: LEARN_SAYS.tryValues, settings: { step: 0, matrix: "W_V" } },
    { say: LEARN_SAYS.tryDiagonal, settings: { step: 12, matrix: "W_Q", wrong: "diagonal" } },
  ],
  question: { ask: LEARN_SAYS.ask, answer: LEARN_SAYS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, shared, id } = context;
    const words = context.words.slice(0, LEARN_WORDS);
    const T = words.length;
    const { tokens, kinds } = kindsOf(words.map((word) => word.toLowerCase()));
    const n = kinds.length;
    const { step } = settings;
    const { moment, losses, map, loss, gradient, previous } = learnModel(tokens, n, shared.seed, step, settings.wrong);
    const { W_Q, W_K, W_V } = moment.head;
    const source = learnSource(tokens, n);
    const cell = cellOf(settings.cell, map);
    const [i, j] = cell;
    const weight = map.data[i * T + j]!;
    const slopes = gradient[settings.matrix];
    const sizes = slopes.data.map((g) => Math.abs(g));
    const largest = sizes.reduce((most, g) => Math.max(most, g), 0);
    const relative = { rows: slopes.rows, cols: slopes.cols, data: sizes.map((g) => g / (largest || 1)) };
    const chosen = cellOf(settings.weight, relative);
    const entry = chosen[0] * slopes.cols + chosen[1];
    const { low, high, slope, step: h } = differenceAt(tokens, n, moment.head, settings.matrix, entry);
    const disagrees = Math.abs(slopes.data[entry]! - slope) > 1e-5;
    const inputs = [
      ...kinds.map((w) => say(LEARN_SAYS.word, { w })),
      ...words.map((_, t) => say(LEARN_SAYS.place, { t: t + 1 })),
    ];
    const features = Array.from({ length: slopes.cols }, (_, c) =>
      settings.matrix === "W_V" ? kinds[c]! : String(c + 1),
    );
    const guess = Math.log(n);
    const top = guess + 0.8;
    const placed = { m: settings.matrix, r: inputs[chosen[0]]!, c: features[chosen[1]]! };
    const picture = (): { picture: Mark; csv: string } => ({
      picture: mapPicture({
        title: `${say(LEARN_SAYS.title)} · ${say(LEARN_SAYS.step)} ${step}`,
        rows: words,
        cols: words,
        weights: map,
        most: 1,
        axes: [say(LEARN_SAYS.query), say(LEARN_SAYS.key)],
      }),
      csv: csvOf({ rows: words, cols: words, weights: map }),
    });
    const moveTo = (at: number): void => {
      learnPlay.run = 0;
      change({ step: Math.min(LEARN_STEPS, at) });
    };
    const toggle = (): void => {
      if (learnPlay.run !== 0) learnPlay.run = 0;
      else playLearning(step === LEARN_STEPS ? 0 : step + 1, change);
    };
    return [
      controls(
        slider({
          id: "learn-step",
          label: say(LEARN_SAYS.step),
          min: 0,
          max: LEARN_STEPS,
          value: step,
          change: moveTo,
        }),
        html("button", { type: "button", id: "learn-play", onclick: toggle }, say(LEARN_SAYS.play)),
        html(
          "button",
          { type: "button", id: "learn-one", onclick: () => moveTo(step + 1) },
          say(LEARN_SAYS.one),
        ),
        html(
          "span",
          { class: "hint", role: "status" },
          context.words.length > T ? say(LEARN_SAYS.cutOff, { n: T }) : "",
        ),
      ),
      html(
        "div",
        { class: "stage" },
        html(
          "figure",
          { class: "big" },
          html(
            "figcaption",
            {},
            html("span", { class: "q" }, say(LEARN_SAYS.query)),
            html("span", { class: "k" }, say(LEARN_SAYS.key)),
          ),
          html(
            "div",
            { class: "scroll" },
            mapGrid({
              id: "learn-map",
              rows: words,
              cols: words,
              weights: map,
              most: 1,
              cell,
              label: say(LEARN_SAYS.title),
              say: (a, b) => `${words[a]} → ${words[b]}, ${percentOf(map.data[a * T + b]!)}`,
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
            { class: "count", id: "learn-previous" },
            html("small", {}, say(LEARN_SAYS.previous)),
            html("strong", {}, percentOf(previous)),
            html("span", {}, say(LEARN_SAYS.chance, { w: percentOf(1 / T) })),
            html("div", { class: "meter" }, html("i", { "--at": previous.toFixed(4) })),
          ),
          html("p", { class: "note" }, say(LEARN_SAYS.loss)),
          plot({
            lines: [
              {
                kind: "one",
                name: losses[step]!.toFixed(2),
                heights: losses.map((x) => Math.min(1, x / top)),
              },
            ],
            label: say(LEARN_SAYS.loss),
            from: "0",
            to: String(LEARN_STEPS),
            reach: step / LEARN_STEPS,
            ticks: [
              [guess / top, say(LEARN_SAYS.guess)],
              [0, "0"],
            ],
          }),
          html(
            "p",
            { class: "note", id: "learn-loss", role: "status" },
            say(LEARN_SAYS.lossNow, { x: loss.toFixed(4), n, g: guess.toFixed(2) }),
          ),
        ),
      ),
      html("h3", { class: "apart" }, say(LEARN_SAYS.gradients)),
      controls(
        choices<LearnMatrix>({
          id: "learn-matrix",
          label: say(LEARN_SAYS.matrix),
          value: settings.matrix,
          among: LEARN_MATRICES.map((value) => ({ value, say: `d${value}` })),
          change: (matrix) => change({ matrix }),
        }),
      ),
      html(
        "div",
        { class: "stage" },
        html(
          "figure",
          { class: "big", "data-eq": "3" },
          html(
            "figcaption",
            {},
            html("span", { class: "q" }, say(LEARN_SAYS.row)),
            html("span", { class: "k" }, say(LEARN_SAYS.column)),
          ),
          html(
            "div",
            { class: "scroll low" },
            mapGrid({
              id: "learn-gradient",
              rows: inputs,
              cols: features,
              weights: relative,
              most: 1,
              cell: chosen,
              wrong: settings.wrong !== "right" && settings.matrix !== "W_V",
              label: say(LEARN_SAYS.gradients),
              say: (a, b) =>
                `${inputs[a]}, ${features[b]}, ${slopes.data[a * slopes.cols + b]!.toExponential(3)}`,
              choose: (next) => change({ weight: next }),
            }),
          ),
          html("p", { class: "note" }, say(LEARN_SAYS.percent)),
        ),
        html(
          "div",
          {
            class: "because",
            role: "status",
            id: "learn-because",
            "data-off": Math.abs(slopes.data[entry]! - slope),
          },
          html("h3", {}, say(LEARN_SAYS.entry, placed)),
          html("p", {}, say(LEARN_SAYS.library, { g: signed(slopes.data[entry]!, 7) })),
          html(
            "p",
            {},
            say(LEARN_SAYS.difference, {
              a: high.toFixed(8),
              b: low.toFixed(8),
              h: 2 * h,
              s: signed(slope, 7),
            }),
          ),
          html(
            "p",
            { class: "checked" },
            disagrees ? "✗ " : "✓ ",
            say(LEARN_SAYS.off, { d: Math.abs(slopes.data[entry]! - slope).toExponential(0) }),
          ),
        ),
      ),
      wrongOnPurpose<LearnWrong>({
        id: "learn-wrong",
        label: say(LEARN_SAYS.wrong),
        right: "right",
        rightSay: say(LEARN_SAYS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "diagonal",
            say: say(LEARN_SAYS.diagonal),
            then: say(LEARN_SAYS.diagonalThen),
            pitfall: "R5",
            spec: "spec/field-bugs/numerics.spec.ts",
          },
        ],
        change: (wrong) => change({ wrong }),
      }),
      stepsPanel(context, {
        steps: arithmeticOf({ Q: linear(source, W_Q), K: linear(source, W_K), V: linear(source, W_V) }, cell),
        rows: words,
        cols: words,
        cell,
        weight,
        numbers: ["2", "2", "2"],
      }),
    ];
  },
  trial(hands, test, must, expected) {
    const share = (): number => parseFloat(hands.text("#learn-previous strong"));
    test("learn: before the first step the map and the loss are the oracle's", () => {
      hands.slide("learn-step", 0);
      const wanted = expected["learn.map"] as number[];
      hands
        .texts("#learn-map td[role] i")
        .forEach((w, e) =>
          must(Math.abs(Number(w) - 100 * wanted[e]!) <= 0.51, `${e}: ${w}, not ${100 * wanted[e]!}`),
        );
      const loss = (expected["learn.loss"] as number).toFixed(4);
      must(hands.text("#learn-loss").includes(loss), `${hands.text("#learn-loss")} lacks ${loss}`);
    });
    test("learn: one step moves the map, all of them gather it one place to the left", () => {
      const before = hands.texts("#learn-map td[role] i").join();
      hands.click("#learn-one");
      must(hands.attribute("#learn-step", "value") === "1", hands.attribute("#learn-step", "value"));
      hands.click("#learn-play");
      must(hands.attribute("#learn-step", "value") === "2", hands.attribute("#learn-step", "value"));
      hands.slide("learn-step", 200);
      must(hands.texts("#learn-map td[role] i").join() !== before, "nothing moved");
      must(share() > 80, `${share()} %`);
    });
    test("learn: each gradient shown agrees with the difference of losses", () => {
      hands.slide("learn-step", 12);
      for (const name of ["W_Q", "W_K", "W_V"]) {
        hands.click(`#learn-matrix [data-value="${name}"]`);
        for (const at of ["1.1", "4.2", "7.3"]) {
          hands.click(`#learn-gradient td[data-value="${at}"]`);
          const off = Number(hands.attribute("#learn-because", "data-off"));
          must(off < 1e-5, `${name} ${at}: off by ${off}`);
        }
      }
    });
    test("learn: the diagonal alone disagrees with the difference of losses, and names its bug", () => {
      hands.click('#learn-wrong [data-value="diagonal"]');
      const off = (name: string): number => {
        hands.click(`#learn-matrix [data-value="${name}"]`);
        hands.click('#learn-gradient td[data-value="4.2"]');
        return Number(hands.attribute("#learn-because", "data-off"));
      };
      must(off("W_Q") > 1e-4 && off("W_K") > 1e-4 && off("W_V") < 1e-5, `${off("W_Q")}, ${off("W_K")}`);
      must(/R5.*numerics\.spec/.test(hands.text("#learn .told")), hands.text("#learn .told"));
      hands.click('#learn-wrong [data-value="right"]');
      must(off("W_Q") < 1e-5, `${off("W_Q")}`);
    });
    test("learn: the row of the first place in dW_Q is zero", () => {
      hands.click('#learn-matrix [data-value="W_Q"]');
      const kinds = expected["learn.kinds"] as number;
      const row = hands.texts(`#learn-gradient tbody tr:nth-child(${kinds + 1}) td[role] i`);
      must(row.length === 6 && row.every((text) => text === ""), row.join());
    });
  },
});
