/** Scene: how it learns. The smallest head, trained as one looks; each gradient beside a difference of losses. */
import type { Child, Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import type { LearnMatrix, LearnWrong, SlopeByHand } from "../models/learn.ts";
import { LEARN_MATRICES, LEARN_STEPS, LEARN_WIDTH, LEARN_WORDS } from "../models/learn.ts";
import { arithmeticOf } from "../models/multi-head.ts";
import { cellField, oneOf, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { choices, controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { csvOf, drawnPicture, mapPicture, tableOf, takeAlong } from "../parts/figure.ts";
import { differenceAt, kindsOf, learnModel, learnSource, plainLoss, previousOf } from "../models/learn.ts";
import { slopeByHand } from "../models/learn.ts";
import { html } from "../mark.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { mapGrid } from "../parts/map.ts";
import { matrix } from "../../../lib/matrix.ts";
import { peakOf, percentOf, signed } from "../parts/numbers.ts";
import { plot } from "../parts/plot.ts";
import { specText } from "../parts/spec-text.ts";
import { stepsPanel } from "../parts/steps.ts";
import { vectorRow } from "../parts/bars.ts";

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
  every: { en: "every step alike", ja: "全歩で共通" },
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
    en: "cells: in percent of the largest",
    ja: "マスの数は、最大のものを 100 とした割合",
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
  hand: { en: "The same by hand", ja: "同じ値を手で求める" },
  handLine: {
    en: "“{q}” looks at “{k}”: the largest of its products, in doubles",
    ja: "「{q}」が「{k}」を見る、積の最も大きい道筋（倍精度）",
  },
  miss: { en: "Miss", ja: "外れ" },
  missNote: {
    en: "softmax of the answer of “{q}”, less 1 at the word before; over the {n} places that have one",
    ja: "「{q}」の答えの softmax から、一つ前の語のところで 1 を引き、その語がある位置の数 {n} で割る",
  },
  blame: { en: "Blame", ja: "さかのぼる" },
  blameNote: { en: "the miss times the value of “{k}”, added up", ja: "外れと「{k}」のバリューを掛けて、足す" },
  through: { en: "Through softmax", ja: "softmax を通す" },
  throughNote: {
    en: "the share, times what its blame lies above the row’s mean",
    ja: "割合に、行の平均との差を掛ける",
  },
  straight: {
    en: "W_V is not behind the softmax: the share of “{k}” times the miss",
    ja: "W_V は softmax の奥にはない。「{k}」の割合に外れを掛ける",
  },
  gather: { en: "Gather", ja: "集める" },
  gatherQ: { en: "dS times feature {c} of each key, over √{d}", ja: "dS に各キーの特徴 {c} を掛け、√{d} で割る" },
  gatherK: { en: "dS times feature {c} of each query, over √{d}", ja: "dS に各クエリの特徴 {c} を掛け、√{d} で割る" },
  gatherV: { en: "each query’s share times its miss at “{c}”", ja: "各クエリの割合に、「{c}」での外れを掛ける" },
  handOff: {
    en: "off by {d} from the gradient above",
    ja: "上の勾配との差は {d}",
  },
  ask: {
    en:
      "After all 200 steps one row of the map still looks anywhere. Find its densest cell. Why did no gradient " +
      "move it to the left?",
    ja: "200 歩の後も、定まらない行が地図に一つあります。その行で最も濃いマスを見つけてください。なぜ左に寄らなかったのでしょうか。",
  },
  answer: {
    en:
      "The first row, The → chased with 39% (sentence and seed as at first). No word comes before the first, so it " +
      "has no target and adds nothing to the loss: the row of place 1 in dW_Q is exactly 0 at every step. In dW_K " +
      "it is not, because others look at place 1.",
    ja:
      "最初の行で、「春の」→「に」の 22% です（はじめの文とシードのとき）。最初の語の前には語がないので、正解がなく、損失にも加わりません。" +
      "dW_Q の位置 1 の行は、どの歩でも厳密に 0 です。dW_K では 0 ではありません。ほかの位置が位置 1 を見るからです。",
  },
  eq1: { en: "queries, keys and values of words and places", ja: "語と位置のクエリ・キー・バリュー" },
  eq2: { en: "what is looked at is what is answered", ja: "見たものが、そのまま答え" },
} as const satisfies Words;

const learnPlay = { run: 0, on: false };

/** Steps on until the end; another call, or a move of the slider, ends it. */
function playLearning(from: number, change: (next: { step: number }) => void): void {
  learnPlay.on = true;
  const run = ++learnPlay.run; // the timer of an earlier run must not go on with this one
  const next = (at: number): void => {
    if (!learnPlay.on || run !== learnPlay.run) return;
    change({ step: at });
    if (at < LEARN_STEPS) setTimeout(() => next(at + 1), 45);
    else learnPlay.on = false;
  };
  next(from);
}

/** One entry of a gradient worked out: from what one query missed, back to the sum that the entry is. */
function handPanel(
  { say }: Pick<Context, "say">,
  look: {
    by: SlopeByHand;
    name: LearnMatrix;
    words: readonly string[];
    kinds: readonly string[];
    feature: string;
    found: number;
  },
): Mark {
  const { by, name, words, feature, found } = look;
  const { chances, miss, target, products, left, right, share, value } = by;
  const [q, k] = [words[by.pair[0]]!, words[by.pair[1]]!];
  const n = words.length - 1;
  const off = Math.abs(by.total - found);
  const five = (x: number): string => signed(x, 5);
  const sum = (...children: readonly Child[]): Mark => html("p", { class: "sum" }, ...children);
  const card = (number: string, title: string, note: string, ...body: readonly Child[]): Mark =>
    html("li", { class: "step" }, html("h4", {}, html("b", {}, number), title), ...body, html("p", {}, note));
  const missRow = vectorRow("o", "dO", miss, peakOf(miss), "dO");
  const missed = target === undefined ? "0" : `(${chances[target]!.toFixed(5)} − 1) / ${n} = ${five(miss[target]!)}`;
  const at = look.kinds.indexOf(feature);
  const straight = name === "W_V";
  const [a, m] = [share.toFixed(5), miss[at] ?? 0];
  const back = straight
    ? sum(`${a} · ${five(m)} = `, html("b", {}, five(share * m)))
    : sum(`${a} · (${five(by.blame)} − ${five(by.mean)}) = `, html("b", {}, five(by.score)));
  const note = { W_Q: LEARN_SAYS.gatherQ, W_K: LEARN_SAYS.gatherK, W_V: LEARN_SAYS.gatherV }[name];
  const terms = by.terms.map(([place, x]) => `${say(LEARN_SAYS.place, { t: place + 1 })}: ${five(x)}`);
  return html(
    "div",
    { class: "why", id: "learn-hand" },
    html("h3", {}, say(LEARN_SAYS.hand), html("span", {}, say(LEARN_SAYS.handLine, { q, k }))),
    html(
      "ol",
      { class: "steps" },
      card(
        "1",
        say(LEARN_SAYS.miss),
        say(LEARN_SAYS.missNote, { q, n }),
        vectorRow("p", "p", chances, peakOf(chances), "p"),
        missRow,
        sum(missed),
      ),
      card(
        "2",
        say(LEARN_SAYS.blame),
        say(LEARN_SAYS.blameNote, { k }),
        missRow,
        vectorRow("v", "v", value, peakOf(value), `v: ${k}`),
        sum("dA = ", html("b", {}, five(by.blame))),
      ),
      card("3", say(LEARN_SAYS.through), say(straight ? LEARN_SAYS.straight : LEARN_SAYS.throughNote, { k }), back),
      card(
        "4",
        say(LEARN_SAYS.gather),
        say(note, { c: feature, d: LEARN_WIDTH }),
        ...products.map((x, t) =>
          html("p", { class: "sum" }, `${words[t]}: ${five(left[t]!)} · ${five(right[t]!)} = ${five(x)}`),
        ),
        sum(terms.join(" + "), " = ", html("b", { id: "learn-by-hand" }, signed(by.total, 7))),
      ),
    ),
    html(
      "p",
      { class: "checked" },
      off > 1e-6 ? "✗ " : "✓ ",
      say(LEARN_SAYS.handOff, { d: off.toExponential(0) }),
    ),
  );
}

export const learnScene = scene({
  id: "learn",
  title: LEARN_SAYS.title,
  lead: LEARN_SAYS.lead,
  fields: {
    step: whole(0, 0, LEARN_STEPS),
    matrix: oneOf<LearnMatrix>("W_Q", LEARN_MATRICES),
    cell: cellField(),
    scale: scaleField("heads"),
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
    const by = slopeByHand(tokens, n, moment.head, settings.matrix, chosen);
    const lossPlot = plot({
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
    });
    const moveTo = (at: number): void => {
      learnPlay.on = false;
      change({ step: Math.min(LEARN_STEPS, at) });
    };
    const toggle = (): void => {
      if (learnPlay.on) learnPlay.on = false;
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
        mapFigure(context, {
          id: "learn-map",
          title: `${say(LEARN_SAYS.step)} ${step}`,
          rows: words,
          cols: words,
          weights: map,
          among: [map, matrix(1, 1, Float32Array.of(1))],
          amongSay: say(LEARN_SAYS.every),
          cell,
          label: say(LEARN_SAYS.title),
          say: (a, b) => `${words[a]} → ${words[b]}, ${percentOf(map.data[a * T + b]!)}`,
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
            { class: "count", id: "learn-previous" },
            html("small", {}, say(LEARN_SAYS.previous)),
            html("strong", {}, percentOf(previous)),
            html("span", {}, say(LEARN_SAYS.chance, { w: percentOf(1 / T) })),
            html("div", { class: "meter" }, html("i", { "--at": previous.toFixed(4) })),
          ),
          html("p", { class: "note" }, say(LEARN_SAYS.loss)),
          lossPlot,
          html(
            "p",
            { class: "note", id: "learn-loss", role: "status" },
            say(LEARN_SAYS.lossNow, { x: loss.toFixed(4), n, g: guess.toFixed(2) }),
          ),
          takeAlong(context, `${id}-loss`, () => ({
            picture: drawnPicture(
              say(LEARN_SAYS.title),
              [[{ kind: "plot", name: say(LEARN_SAYS.loss), mark: lossPlot }]],
              430,
            ),
            csv: tableOf([["step", "loss"], ...losses.map((x, at) => [at, x])]),
          })),
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
              look: (a, b) => (slopes.data[a * slopes.cols + b]! < -0.005 * largest ? "minus" : ""),
              label: say(LEARN_SAYS.gradients),
              say: (a, b) =>
                `${inputs[a]}, ${features[b]}, ${slopes.data[a * slopes.cols + b]!.toExponential(3)}`,
              choose: (next) => change({ weight: next }),
            }),
          ),
          html("p", { class: "note" }, say(LEARN_SAYS.percent)),
          takeAlong(context, `${id}-gradient`, () => ({
            picture: mapPicture({
              title: `d${settings.matrix} · ${say(LEARN_SAYS.step)} ${step}`,
              rows: inputs,
              cols: features,
              weights: relative,
              most: 1,
              axes: [say(LEARN_SAYS.row), say(LEARN_SAYS.column)],
            }),
            csv: csvOf({ rows: inputs, cols: features, weights: slopes }),
          })),
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
              a: high.toFixed(10),
              b: low.toFixed(10),
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
      handPanel(context, {
        by,
        name: settings.matrix,
        words,
        kinds,
        feature: features[chosen[1]]!,
        found: slopes.data[entry]!,
      }),
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
  spec(settings, { words: all, shared }): string {
    const words = all.slice(0, LEARN_WORDS);
    const { tokens, kinds } = kindsOf(words.map((word) => word.toLowerCase()));
    const { matrix: name, step } = settings;
    const { moment, gradient } = learnModel(tokens, kinds.length, shared.seed, step);
    const { W_Q, W_K, W_V } = moment.head;
    const { rows, cols, data } = gradient[name];
    const [r, c] = cellOf(settings.weight, matrix(rows, cols, data.map(Math.abs)));
    const entry = r * cols + c;
    const { low, high, slope, step: h } = differenceAt(tokens, kinds.length, moment.head, name, entry);
    const targets = previousOf(tokens).map(String).join(", ");
    const own = { W_Q: Array.from(W_Q.data), W_K: Array.from(W_K.data), W_V: Array.from(W_V.data) };
    return specText({
      about: `d${name}[${r}, ${c}] before step ${step}, over: ${words.join(" ")}`,
      name: "the gradient is the difference of two losses in doubles, and the loss is theirs",
      uses: {
        "gradients/cross-entropy-gradient": "crossEntropyGradient",
        "gradients/self-attention-gradient": "selfAttentionGradient",
        "self-attention": "SelfAttention",
      },
      given: [
        ["X", learnSource(tokens, kinds.length)],
        ["W_Q", W_Q],
        ["W_K", W_K],
        ["W_V", W_V],
      ],
      code: [
        `// the loss with ${name}.data[${entry}] less and more ${h}: ${low}, ${high}`,
        "const attention = new SelfAttention({ W_Q, W_K, W_V });",
        `const { loss, dX } = crossEntropyGradient(attention.forward(X).output, [${targets}]);`,
        "const { head } = selfAttentionGradient(attention, X, dX).parameters;",
      ],
      got: `[head.${name}.data[${entry}]!, loss]`,
      expected: [slope, plainLoss(tokens, kinds.length, own)],
    });
  },
  trial(hands, test, must, expected) {
    const maps = expected["learn.maps"] as Record<string, number[]>;
    const losses = expected["learn.losses"] as Record<string, number>;
    const shown = expected["learn.shown"] as Record<string, readonly [loss: number, previous: number]>;
    const slopes = expected["learn.slopes"] as Record<string, number>;
    const number = (text: string): number => Number(text.replace("−", "-"));
    const near = (got: number, wanted: number, off: number, what: string): void =>
      must(Math.abs(got - wanted) <= off, `${what}: ${got}, not ${wanted}`);
    const choose = (name: string): void => {
      const [matrix, at] = name.split(" ");
      hands.click(`#learn-matrix [data-value="${matrix}"]`);
      hands.click(`#learn-gradient td[data-value="${at}"]`);
    };
    const told = (): number => number(/[−\d.]+(?=$|[^−\d.]*$)/.exec(hands.text("#learn-because p"))![0]);
    const atStep = (step: string): void => {
      must(hands.attribute("#learn-step", "value") === step, `step ${hands.attribute("#learn-step", "value")}`);
      const wanted = maps[step]!;
      hands
        .texts("#learn-map td[role] i")
        .forEach((w, e) => near(Number(w), 100 * wanted[e]!, 0.51, `step ${step}, cell ${e}`));
      const [loss, previous] = shown[step]!;
      const text = hands.text("#learn-loss");
      near(Number(/\d+\.\d{4}/.exec(text)![0]), loss, 2e-4, `step ${step}, the sentence's loss`);
      near(parseFloat(hands.text("#learn-previous strong")), 100 * previous, 0.51, `step ${step}, the word before`);
      near(Number(hands.text("#learn .plot .name")), losses[step]!, 0.0051, `step ${step}, the curve's end`);
    };
    test("learn: at four steps map, loss, curve and share of the word before are the oracle's", () => {
      hands.slide("learn-step", 0);
      atStep("0");
      hands.click("#learn-one");
      atStep("1");
      hands.slide("learn-step", 12);
      atStep("12");
      hands.slide("learn-step", 200);
      atStep("200");
    });
    test("learn: the curve has a point for each step, as high as its loss", () => {
      const points = hands.attribute("#learn .plot polyline", "points").split(" ");
      must(points.length === 201, `${points.length} points`);
      const high = (point: string): number => Number(point.split(",")[1]);
      const top = Math.log(expected["learn.kinds"] as number) + 0.8;
      for (const [step, loss] of Object.entries(losses))
        near(high(points[Number(step)]!), 130 - (130 * Math.min(1, loss / top)), 0.1, `step ${step}`);
    });
    test("learn: play goes on by a step, and another press stops it", () => {
      hands.slide("learn-step", 11);
      hands.click("#learn-play");
      hands.click("#learn-play");
      atStep("12");
    });
    test("learn: full colour is 100% at every step, or the densest of the map", () => {
      must(hands.text("#learn .legend .most") === "100%", hands.text("#learn .legend .most"));
      hands.click('#learn-scale [data-value="map"]');
      near(parseFloat(hands.text("#learn .legend .most")), 100 * Math.max(...maps["12"]!), 0.51, "legend");
      hands.click('#learn-scale [data-value="heads"]');
      hands.click('#learn-map td[data-value="2.1"]');
      const share = Number(hands.attribute("#learn-why .checked", "data-share"));
      near(share, maps["12"]![2 * Math.sqrt(maps["12"]!.length) + 1]!, 1e-4, "panel");
    });
    test("learn: each gradient, its difference of losses and its sum by hand are Node's", () => {
      for (const [name, slope] of Object.entries(slopes)) {
        choose(name);
        near(told(), slope, 2e-6, name);
        must(Number(hands.attribute("#learn-because", "data-off")) < 1e-6, `${name}: off by a difference`);
        near(number(hands.text("#learn-by-hand")), slope, 2e-6, `${name} by hand`);
        must(hands.text("#learn-hand .checked").startsWith("✓"), hands.text("#learn-hand .checked"));
      }
    });
    test("learn: arrow keys lead along the weights, and the table of slopes is given as a file", () => {
      choose("W_K 4.2");
      hands.focus('#learn-gradient [tabindex="0"]');
      hands.press("ArrowRight", "ArrowDown");
      must(hands.focused() === "5.3", hands.focused());
      hands.click('#learn figure:has(#learn-gradient) [data-take="CSV"]');
      const saved = hands.attribute("html", "data-saved");
      must(saved.startsWith("learn-gradient.csv"), saved);
    });
    test("learn: the products of a sum by hand add up to it", () => {
      choose("W_K 4.2");
      const lines = hands.texts("#learn-hand .step:nth-child(4) .sum");
      const last = lines.pop()!;
      const sum = lines.reduce((total, line) => total + number(line.split(" = ")[1]!), 0);
      near(sum, number(/: (−?[\d.]+)/.exec(last)![1]!), 6e-5, last);
    });
    test("learn: the diagonal alone is what Node makes of it, disagrees with the losses, and names its bug", () => {
      hands.click('#learn-wrong [data-value="diagonal"]');
      choose("W_Q 4.2");
      near(told(), expected["learn.diagonal"] as number, 2e-6, "diagonal");
      must(Number(hands.attribute("#learn-because", "data-off")) > 1e-4, "it agrees");
      must(hands.text("#learn-hand .checked").startsWith("✗"), hands.text("#learn-hand .checked"));
      must(hands.count("#learn-gradient.wrong") === 1, "not hatched");
      must(/R5.*numerics\.spec/.test(hands.text("#learn .told")), hands.text("#learn .told"));
      choose("W_V 4.2");
      near(told(), slopes["W_V 4.2"]!, 2e-6, "W_V");
      hands.click('#learn-wrong [data-value="right"]');
      choose("W_Q 4.2");
      near(told(), slopes["W_Q 4.2"]!, 2e-6, "right again");
    });
    test("learn: the first row stays as it was left, and the answer names its densest cell", () => {
      hands.slide("learn-step", 200);
      const [from, to, share] = expected["learn.first"] as [string, string, number];
      const T = Math.sqrt(maps["200"]!.length);
      const row = hands.texts("#learn-map td[role] i").slice(0, T).map(Number);
      must(hands.texts("#learn-map thead th")[row.indexOf(Math.max(...row))] === to, row.join());
      const answer = hands.text("#learn details p");
      for (const part of [from, to, `${Math.round(100 * share)}%`]) must(answer.includes(part), `${part} in ${answer}`);
      hands.click('#learn-matrix [data-value="W_Q"]');
      const first = (expected["learn.kinds"] as number) + 1;
      const zero = hands.texts(`#learn-gradient tbody tr:nth-child(${first}) td[role] i`);
      must(zero.length === 6 && zero.every((text) => text === ""), zero.join());
    });
  },
});
