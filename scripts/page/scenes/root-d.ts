/** Scene: why √d. The fan of scores widens with d, the softmax collapses, and the division mends it. */
import type { Child, Mark } from "../mark.ts";
import type { Divisor } from "../models/root-d.ts";
import type { Words } from "../scene.ts";
import { DIVISORS, rootModel } from "../models/root-d.ts";
import { answerNames, bestOf, specHolds, tableHolds, unlike } from "../parts/compare.ts";
import { controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { csvOf, drawnPicture, picture, tableOf, takeAlong } from "../parts/figure.ts";
import { fan, shareList } from "../parts/bars.ts";
import { html, svg } from "../mark.ts";
import { oneOf, whole } from "../state.ts";
import { percentOf, signed } from "../parts/numbers.ts";
import { scene } from "../scene.ts";
import { specText } from "../parts/spec-text.ts";

export const ROOT_WORDS = {
  title: { en: "Why √d", ja: "なぜ √d で割るのか" },
  lead: {
    en:
      "A dot product of d numbers with mean 0 and variance 1 has variance d: the wider the vectors, the " +
      "wider the fan of scores, and exp of a wide fan leaves one key with everything. Dividing by √d " +
      "brings the variance back to 1 at every width.",
    ja:
      "平均 0、分散 1 の数を d 個掛けて足した内積は、分散が d になります。ベクトルが広いほどスコアの扇も" +
      "開き、その exp では一つのキーがすべてを取ります。√d で割れば、どの幅でも分散は 1 に戻ります。",
  },
  width: { en: "d, features of a key", ja: "d（キーの特徴数）" },
  none: { en: "not divided", ja: "割らない" },
  root: { en: "divided by √d", ja: "√d で割る" },
  byWidth: { en: "divided by d", ja: "d で割る" },
  fan: { en: "ten scores before and after the division", ja: "10 個のスコアの、割る前と後" },
  largest: { en: "the largest share {w}", ja: "最大の割合 {w}" },
  spread: {
    en: "Standard deviation of q · k over 400 pairs: {s}. √d = {r}.",
    ja: "400 対の q · k の標準偏差は {s}。√d = {r} です。",
  },
  key: { en: "key {n}", ja: "キー {n}" },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  rightSay: { en: "÷ √d", ja: "÷ √d" },
  noneThen: {
    en: "Without a division the softmax saturates as d grows: one share near 1, and gradients near 0.",
    ja:
      "割らないと、d が大きくなるにつれ softmax が飽和します。一つの割合が 1 に近づき、勾配は 0 に近づき" +
      "ます。",
  },
  widthThen: {
    en: "Divided by d the scores shrink as d grows: every key gets nearly the same.",
    ja: "d で割ると、d が大きくなるほどスコアが縮み、どのキーもほぼ同じになります。",
  },
  tryWide: {
    en: "d = 128, not divided: one key takes all",
    ja: "d = 128、割らない：一つのキーがすべてを取る",
  },
  tryFlat: { en: "d = 256, divided by d: all alike", ja: "d = 256、d で割る：どれも一様" },
  tryOne: { en: "d = 1: the three are the same", ja: "d = 1：三つとも同じ" },
  ask: {
    en: "With seed 9 and no division: at which d does a single key take the most, and which key is it?",
    ja: "シード 9 で割らないとき、一つのキーが最も多くを取るのは d がいくつのときで、どのキーですか。",
  },
  answer: {
    en:
      "At d = 16, key 9, with nearly 100%. The fan widens with d on average only: each d draws its ten keys " +
      "anew, and one of these lies far from the rest. Divided by √16 it keeps 71%.",
    ja:
      "d = 16 のキー 9 で、ほぼ 100% です。扇が d とともに開くのは平均の話で、d ごとに 10 個のキーを引き直" +
      "すため、たまたま一つが大きく離れました。√16 で割ると 71% です。",
  },
  eq1: { en: "scores: sums of d products", ja: "スコア：d 個の積の和" },
  eq2: { en: "variance d becomes variance 1", ja: "分散 d を 1 に戻す" },
  eq3: { en: "shares", ja: "割合" },
  eq4: { en: "the values, mixed", ja: "バリューの混合" },
} as const satisfies Words;

export const rootScene = scene({
  id: "root-d",
  title: ROOT_WORDS.title,
  lead: ROOT_WORDS.lead,
  most: 0,
  fields: { power: whole(6, 0, 8), by: oneOf<Divisor>("root", DIVISORS) },
  sources: [{ path: "lib/attention/scaled-dot-product-attention.ts", name: "ScaledDotProductAttention" }],
  notes: { "1": ROOT_WORDS.eq1, "2": ROOT_WORDS.eq2, "3": ROOT_WORDS.eq3, "4": ROOT_WORDS.eq4 },
  tries: [
    { say: ROOT_WORDS.tryWide, settings: { power: 7, by: "none" } },
    { say: ROOT_WORDS.tryFlat, settings: { power: 8, by: "width" } },
    { say: ROOT_WORDS.tryOne, settings: { power: 0, by: "root" } },
  ],
  question: { ask: ROOT_WORDS.ask, answer: ROOT_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, shared, id } = context;
    const d = 2 ** settings.power;
    const { raw, scores, shares, spread } = rootModel(d, shared.seed);
    const names = raw.map((_, n) => say(ROOT_WORDS.key, { n: n + 1 }));
    const best = raw.indexOf(Math.max(...raw));
    const nameOf = (name: Divisor): string => say(name === "width" ? ROOT_WORDS.byWidth : ROOT_WORDS[name]);
    const column = (name: Divisor): Mark =>
      html(
        "div",
        {
          class: `column${name === settings.by ? " on" : ""}`,
          "data-eq": name === "root" ? "2 3" : "3",
          id: `root-d-${name}`,
        },
        html("h3", {}, nameOf(name)),
        html("p", { class: "note" }, say(ROOT_WORDS.largest, { w: percentOf(Math.max(...shares[name])) })),
        shareList(names, shares[name], best, "{n}"),
      );
    const taken = (): { picture: Mark; csv: string } => {
      const bar = (name: Divisor, c: number): Mark[] => [
        svg("text", { x: 20 + 240 * c, y: 60, class: "soft" }, nameOf(name)),
        ...shares[name].map((w, j) =>
          svg("rect", {
            x: 20 + 240 * c,
            y: 72 + 16 * j,
            width: (200 * w + 1).toFixed(1),
            height: 12,
            rx: 2,
            class: "w",
          }),
        ),
      ];
      const title = `d = ${d}`;
      const marks = [svg("text", { x: 20, y: 30, class: "title" }, title), ...DIVISORS.flatMap(bar)];
      const data = Float32Array.from(DIVISORS.flatMap((name) => shares[name]));
      return {
        picture: picture(740, 280, title, marks),
        csv: csvOf({ rows: DIVISORS, cols: names, weights: { rows: 3, cols: names.length, data } }),
      };
    };
    const fanTaken = (): { picture: Mark; csv: string } => ({
      picture: drawnPicture(
        `d = ${d} · ${nameOf(settings.by)}`,
        [[{ kind: "calming", name: say(ROOT_WORDS.fan), mark: fan(raw, scores[settings.by], best, "") }]],
        260,
      ),
      csv: tableOf([
        ["", "q·k", nameOf(settings.by)],
        ...names.map((name, n) => [name, raw[n]!, scores[settings.by][n]!]),
      ]),
    });
    return [
      controls(
        slider({
          id: "root-d-power",
          label: say(ROOT_WORDS.width),
          min: 0,
          max: 8,
          value: settings.power,
          shown: String(d),
          change: (power) => change({ power }),
        }),
      ),
      html(
        "div",
        { class: "rooted" },
        html(
          "figure",
          { class: "fan", "data-eq": "1 2" },
          fan(raw, scores[settings.by], best, say(ROOT_WORDS.fan)),
          html("figcaption", {}, say(ROOT_WORDS.fan)),
          takeAlong(context, `${id}-fan`, fanTaken),
        ),
        ...DIVISORS.map(column),
      ),
      html(
        "p",
        { class: "status", id: "root-d-spread", role: "status" },
        say(ROOT_WORDS.spread, { s: signed(spread), r: signed(Math.sqrt(d)) }),
      ),
      takeAlong(context, id, taken),
      wrongOnPurpose<Divisor>({
        id: "root-d-wrong",
        label: say(ROOT_WORDS.wrong),
        right: "root",
        rightSay: say(ROOT_WORDS.rightSay),
        value: settings.by,
        mistakes: [
          {
            value: "none",
            say: say(ROOT_WORDS.none),
            then: say(ROOT_WORDS.noneThen),
            pitfall: "W8",
            spec: "spec/field-bugs/foundation.spec.ts",
          },
          {
            value: "width",
            say: say(ROOT_WORDS.byWidth),
            then: say(ROOT_WORDS.widthThen),
            pitfall: "W8",
            spec: "spec/field-bugs/foundation.spec.ts",
          },
        ],
        change: (by) => change({ by }),
      }),
    ];
  },
  spec({ power, by }, { shared }): string {
    const d = 2 ** power;
    const { shares } = rootModel(d, shared.seed);
    const factor: Readonly<Record<Divisor, string>> = {
      none: "1",
      root: `1 / Math.sqrt(${d})`,
      width: `1 / ${d}`,
    };
    return specText({
      about: `One query and ten keys of ${d} numbers, of mean 0 and variance 1`,
      name: `d = ${d}, ${by === "root" ? "divided by √d" : by === "width" ? "divided by d" : "not divided"}`,
      uses: {
        matrix: "fromFunction, gaussian, randomGenerator",
        "scaled-dot-product-attention": "ScaledDotProductAttention",
      },
      given: [],
      code: [
        `const normal = gaussian(randomGenerator(${shared.seed}));`,
        `const q = fromFunction(1, ${d}, normal);`,
        `const K = fromFunction(10, ${d}, normal);`,
        `const attention = new ScaledDotProductAttention({ scale: ${factor[by]} });`,
        "const { weights } = attention.forward(q, K, K);",
      ],
      got: "weights.data",
      expected: shares[by],
    });
  },
  trial(hands, test, must, expected): void {
    const wanted = expected["root-d.shares"] as readonly (readonly number[][])[];
    const list = (name: Divisor): string => `#root-d-${name} .shares small`;
    const is = (power: number): void =>
      DIVISORS.forEach((name, n) => {
        const got = hands.texts(list(name)).map(Number.parseFloat);
        const off = unlike(got, wanted[power]![n]!);
        must(off === "", `d = ${2 ** power}, ${name}: ${off}`);
        const most = hands.text(`#root-d-${name} .note`);
        must(most.includes(percentOf(Math.max(...wanted[power]![n]!))), `${name}: ${most}`);
      });
    test("root-d: at every d the shares of all three divisions and the spread are the oracle's", () => {
      for (let power = 8; power >= 0; power--) {
        hands.slide("root-d-power", power);
        is(power);
        const told = hands.text("#root-d-spread");
        const spread = signed((expected["root-d.spread"] as number[])[power]!);
        must(told.includes(spread) && told.includes(signed(Math.sqrt(2 ** power))), `${told} for ${spread}`);
      }
    });
    test("root-d: what is taken along are the oracle's shares and scores, each division in its turn", () => {
      hands.slide("root-d-power", 6);
      tableHolds(hands, must, "#root-d .body > .takes", wanted[6]!.flat());
      const raw = expected["root-d.raw"] as number[];
      [1, 8, 64].forEach((divisor, n) => {
        hands.click(`#root-d-wrong [data-value="${DIVISORS[n]}"]`);
        tableHolds(hands, must, "#root-d .fan", raw.flatMap((s) => [s, s / divisor]));
        must(hands.count(`#root-d-${DIVISORS[n]}.on`) === 1, `${DIVISORS[n]} is not marked`);
        const told = hands.text("#root-d .told");
        must(divisor === 8 ? told === "" : told.includes("W8"), told);
        specHolds(hands, must, "root-d", wanted[6]![n]!);
      });
      hands.click('#root-d-wrong [data-value="root"]');
    });
    test("root-d: each thing to try is what it says", () => {
      hands.follow("#root-d .further li:nth-child(1) a");
      is(7);
      must(Math.max(...wanted[7]![0]!) > 0.98, "no key takes all");
      hands.follow("#root-d .further li:nth-child(2) a");
      is(8);
      must(Math.max(...wanted[8]![2]!) < 0.12, "not alike");
      hands.follow("#root-d .further li:nth-child(3) a");
      is(0);
    });
    test("root-d: the answer names the d and the key that take the most of all in the oracle", () => {
      const most = wanted.map(([none]) => Math.max(...none!));
      const power = bestOf(most);
      answerNames(hands, must, "root-d", [`d = ${2 ** power}`, ` ${bestOf(wanted[power]![0]!) + 1}`]);
    });
  },
});
