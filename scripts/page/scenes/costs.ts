/** Scene: what it costs. All mechanisms in one table, sorted, at any length, and where lines cross. */
import type { Child, Mark } from "../mark.ts";
import type { CostName, CostWrong } from "../models/costs.ts";
import type { Phrase } from "../state.ts";
import type { Words } from "../scene.ts";
import { COST_WIDTH, costOf, costTable, crossingOf } from "../models/costs.ts";
import { choices, controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { counted, percentOf, widthOfWord } from "../parts/numbers.ts";
import { drawnPicture, picture, tableOf, takeAlong } from "../parts/figure.ts";
import { html, svg } from "../mark.ts";
import { oneOf, whole } from "../state.ts";
import { plot } from "../parts/plot.ts";
import { scene } from "../scene.ts";

export const COST_WORDS = {
  title: { en: "What it costs", ja: "いくらかかるか" },
  lead: {
    en:
      "Every pair of a query and a key costs d multiply-adds for its score and d for its value; " +
      "projections come on top. Lengthen the text fourfold: rows that follow T² grow sixteenfold, the " +
      "linear ones fourfold. Short texts are another matter: there the projections are most of the cost, " +
      "and a sparse pattern saves nothing.",
    ja:
      "クエリとキーの対一つごとに、スコアに d 回、バリューに d 回の積和がかかり、そのほかに射影があります。文を 4 倍に伸ばすと、T² に従う行は 16 倍、線形の行は 4 " +
      "倍になります。短い文では話が別で、費用の大半は射影なので、疎にしても得をしません。",
  },
  length: { en: "length T", ja: "長さ T" },
  radius: { en: "window radius", ja: "窓の半径" },
  globals: { en: "global words", ja: "グローバルな語" },
  sort: { en: "sorted by", ja: "並べる基準" },
  pairs: { en: "pairs", ja: "対" },
  multiplyAdds: { en: "multiply-adds", ja: "積和" },
  mechanism: { en: "mechanism", ja: "機構" },
  share: { en: "of T²", ja: "T² 比" },
  bar: { en: "logarithmic", ja: "対数" },
  hatched: {
    en:
      "Hatched: more than self-attention. d = {d} features, eight heads in multi-head, 64 queries in " +
      "cross-attention, eight rows in structured self-attention, phrases of 16, BigBird in blocks of 64; " +
      "grids are square.",
    ja:
      "斜線は自己注意より多い行。特徴 d = {d}、マルチヘッドは 8 ヘッド、クロスアテンションは 64 クエリ、構造化自己注意は 8 行、句は 16 語、BigBird は 64 " +
      "語のブロック、格子は正方形です。",
  },
  crossing: {
    en: "cheaper than self-attention, in multiply-adds, from T = ",
    ja: "積和が自己注意を下回る長さ：T = ",
  },
  never: { en: "never", ja: "なし" },
  curve: { en: "multiply-adds against T, both logarithmic", ja: "T に対する積和（両軸とも対数）" },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  squares: { en: "the grid’s cost as H² + W²", ja: "格子の費用を H² + W² とする" },
  squaresThen: {
    en:
      "One line of H and one of W are counted, not the H·W cells that have H + W keys each: axial and factorised " +
      "attention seem linear in T.",
    ja:
      "H と W の線を一本ずつ数えただけです。実際は H·W 個のマスがそれぞれ H + W 個のキーを持ちます。軸方向と因子化が T の一次に見えてしまいます。",
  },
  trySquares: { en: "The grid’s cost as H² + W²: too good to be true", ja: "H² + W² とすると、話がうますぎる" },
  tryShort: {
    en: "64 words: the window costs more than looking at everything",
    ja: "64 語：窓のほうが全部を見るより高い",
  },
  tryLong: { en: "65,536 words, sorted by multiply-adds", ja: "65,536 語を、積和の順に" },
  tryWide: {
    en: "A radius of 512 at 1,024 words: a window in name only",
    ja: "1,024 語に半径 512: 名ばかりの窓",
  },
  ask: {
    en: "At T = 4,096, sort by pairs and then by multiply-adds. Which row climbs to the top, and why?",
    ja: "T = 4,096 で、対の順と積和の順をくらべてください。いちばん上に上がる行はどれで、なぜですか。",
  },
  answer: {
    en:
      "Additive attention in its joined form. It has T² pairs like the others, but puts [q ‖ k] through " +
      "its layer for each pair: (2d + 1)·n' multiply-adds in place of d. The split form projects each " +
      "word once, and so costs about as much as a dot product.",
    ja:
      "加法注意の結合形です。対の数はほかと同じ T² ですが、対ごとに [q ‖ k] を層に通すので、d 回で済むところが (2d + 1)·n' " +
      "回になります。分割形は語ごとに一度だけ射影するので、内積とほぼ同じ費用で済みます。",
  },
} as const satisfies Words;

export const COST_SAYS: Readonly<Record<CostName, Phrase>> = {
  dot: { en: "dot product, scaled or not", ja: "内積（スケール化も）" },
  hard: { en: "hard, drawn", ja: "ハード（抽選も）" },
  bilinear: { en: "bilinear", ja: "双線形" },
  additive: { en: "additive, split", ja: "加法・分割形" },
  joined: { en: "additive, joined", ja: "加法・結合形" },
  self: { en: "self-attention", ja: "自己注意" },
  heads: { en: "multi-head", ja: "マルチヘッド" },
  cat: { en: "CAT(Q, K, V), without parameters", ja: "CAT(Q, K, V)（パラメータなし）" },
  causal: { en: "only the past", ja: "過去だけ" },
  bird: { en: "BigBird", ja: "BigBird" },
  longformer: { en: "Longformer", ja: "Longformer" },
  window: { en: "window", ja: "窓" },
  phrases: { en: "phrase by phrase", ja: "句ごと" },
  axial: { en: "axial", ja: "軸方向" },
  factorised: { en: "factorised, in turn (PLUTO)", ja: "因子化・順番に (PLUTO)" },
  parallel: { en: "factorised, added", ja: "因子化・和" },
  cross: { en: "cross-attention", ja: "クロスアテンション" },
  structured: { en: "structured self-attention", ja: "構造化自己注意" },
  token: { en: "[CLS] fusion (CrossViT)", ja: "[CLS] の融合 (CrossViT)" },
};

const ON_GRIDS: readonly CostName[] = ["axial", "factorised", "parallel"];

const CROSSINGS: readonly CostName[] = [
  "window",
  "longformer",
  "bird",
  "axial",
  "factorised",
  "phrases",
  "structured",
];

export const costScene = scene({
  id: "cost",
  title: COST_WORDS.title,
  lead: COST_WORDS.lead,
  most: 0,
  fields: {
    length: whole(6, 2, 8),
    radius: whole(6, 0, 9),
    globals: whole(16, 0, 64),
    sort: oneOf<"pairs" | "multiplyAdds">("pairs", ["pairs", "multiplyAdds"]),
    wrong: oneOf<CostWrong>("right", ["right", "squares"]),
  },
  sources: [
    { path: "lib/attention/scaled-dot-product-attention.ts", name: "ScaledDotProductAttention" },
    { path: "lib/attention/sparse-attention.ts", name: "attendNeighbours" },
    { path: "lib/attention/attend-along.ts", name: "attendAlong" },
    { path: "lib/attention/feature-map-attention.ts", name: "featureMapPairs" },
  ],
  tries: [
    { say: COST_WORDS.tryShort, settings: { length: 3, radius: 6, sort: "multiplyAdds" } },
    { say: COST_WORDS.tryLong, settings: { length: 8, radius: 6, sort: "multiplyAdds" } },
    { say: COST_WORDS.tryWide, settings: { length: 5, radius: 9, sort: "pairs" } },
    { say: COST_WORDS.trySquares, settings: { length: 8, wrong: "squares" } },
  ],
  question: { ask: COST_WORDS.ask, answer: COST_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, id } = context;
    const { sort, globals, wrong } = settings;
    const radius = 2 ** settings.radius;
    const T = 4 ** settings.length;
    const sizes = { power: 2 * settings.length, radius, globals, wrong };
    const table = costTable(sizes, sort);
    const dense = costOf("self", T, sizes)[sort];
    const top = table[0]![sort];
    const line = ({ name, pairs, multiplyAdds }: (typeof table)[number]): Mark => {
      const own = sort === "pairs" ? pairs : multiplyAdds;
      return html(
        "tr",
        {
          "data-value": name,
          class: wrong !== "right" && ON_GRIDS.includes(name) ? "wrong" : own > dense ? "over" : "",
        },
        html("th", { scope: "row" }, say(COST_SAYS[name])),
        html("td", { class: "n" }, counted(pairs)),
        html("td", { class: "n share" }, pairs / (T * T) < 0.0005 ? "< 0.1%" : percentOf(pairs / (T * T))),
        html("td", { class: "n" }, counted(multiplyAdds)),
        html("td", { class: "extent" }, html("i", { "--at": (Math.log(own) / Math.log(top)).toFixed(4) })),
      );
    };
    const head = (text: string, name: string): Mark => html("th", { scope: "col", class: name }, text);
    const csv = (): string => {
      const rows = table.map(({ name, pairs, multiplyAdds }) =>
        [`"${say(COST_SAYS[name])}"`, pairs, multiplyAdds].join(","),
      );
      return `${["mechanism,pairs,multiply-adds", ...rows].join("\n")}\n`;
    };
    const lengths = Array.from({ length: 7 }, (_, n) => 4 ** (n + 2));
    const all = (["self", "window", "axial"] as const).flatMap((name) =>
      lengths.map((n) => costOf(name, n, sizes).multiplyAdds),
    );
    const [lowest, highest] = [Math.log10(Math.min(...all)), Math.log10(Math.max(...all))];
    const heightOf = (power: number): number => (power - lowest) / (highest - lowest);
    const curve = (name: CostName): number[] =>
      lengths.map((n) => heightOf(Math.log10(costOf(name, n, sizes).multiplyAdds)));
    const powers = [6, 8, 10, 12].filter((power) => power > lowest && power < highest);
    const crossing = (name: CostName): Mark => {
      const at = crossingOf(name, "self", sizes);
      return html(
        "li",
        { "data-value": name },
        `${say(COST_SAYS[name])}: `,
        html("b", {}, at === undefined ? say(COST_WORDS.never) : counted(at)),
      );
    };
    const curvePlot = plot({
      lines: [
        { kind: "two", name: say(COST_SAYS.self), heights: curve("self") },
        { kind: "one", name: say(COST_SAYS.window), heights: curve("window") },
        { kind: "three", name: say(COST_SAYS.axial), heights: curve("axial") },
      ],
      label: say(COST_WORDS.curve),
      from: `T = ${lengths[0]}`,
      to: `T = ${counted(lengths[6]!)}`,
      ticks: powers.map(
        (power) =>
          [heightOf(power), `10${[..."⁰¹²³⁴⁵⁶⁷⁸⁹"][power] ?? `¹${[..."⁰¹²³"][power - 10]}`}`] as const,
      ),
      now: (settings.length - 2) / 6,
    });
    const tablePicture = (): Mark => {
      const names = table.map(({ name }) => say(COST_SAYS[name]));
      const left = 32 + 14 * Math.max(...names.map(widthOfWord));
      const title = `${say(COST_WORDS.title)} · T = ${counted(T)}`;
      const marks = table.flatMap((entry, n) => {
        const y = 76 + 26 * n;
        const long = (260 * Math.log(entry[sort])) / Math.log(top);
        return [
          svg("text", { x: left - 8, y, class: "end" }, names[n]!),
          svg("text", { x: left + 110, y, class: "end" }, counted(entry.pairs)),
          svg("text", { x: left + 250, y, class: "end" }, counted(entry.multiplyAdds)),
          svg("rect", { x: left + 266, y: y - 12, width: long.toFixed(1), height: 14, rx: 3, class: "w" }),
        ];
      });
      return picture(left + 544, 76 + 26 * table.length, title, [
        svg("text", { x: 16, y: 28, class: "title" }, title),
        svg("text", { x: left + 110, y: 52, class: "soft end" }, say(COST_WORDS.pairs)),
        svg("text", { x: left + 250, y: 52, class: "soft end" }, say(COST_WORDS.multiplyAdds)),
        ...marks,
      ]);
    };
    return [
      controls(
        slider({
          id: "cost-length",
          label: say(COST_WORDS.length),
          min: 2,
          max: 8,
          value: settings.length,
          shown: counted(T),
          change: (length) => change({ length }),
        }),
        slider({
          id: "cost-radius",
          label: say(COST_WORDS.radius),
          min: 0,
          max: 9,
          value: settings.radius,
          shown: String(radius),
          change: (value) => change({ radius: value }),
        }),
        slider({
          id: "cost-globals",
          label: say(COST_WORDS.globals),
          min: 0,
          max: 64,
          value: globals,
          change: (value) => change({ globals: value }),
        }),
        choices({
          id: "cost-sort",
          label: say(COST_WORDS.sort),
          value: sort,
          among: [
            { value: "pairs", say: say(COST_WORDS.pairs) },
            { value: "multiplyAdds", say: say(COST_WORDS.multiplyAdds) },
          ],
          change: (next) => change({ sort: next }),
        }),
      ),
      html(
        "div",
        { class: "scroll" },
        html(
          "table",
          { class: "costs", id: "cost-table", "aria-label": say(COST_WORDS.title) },
          html(
            "thead",
            {},
            html(
              "tr",
              {},
              head(say(COST_WORDS.mechanism), ""),
              head(say(COST_WORDS.pairs), "n"),
              head(say(COST_WORDS.share), "n share"),
              head(say(COST_WORDS.multiplyAdds), "n"),
              head(say(COST_WORDS.bar), "extent"),
            ),
          ),
          html("tbody", {}, ...table.map(line)),
        ),
      ),
      html("p", { class: "note" }, say(COST_WORDS.hatched, { d: COST_WIDTH })),
      takeAlong(context, id, () => ({ picture: tablePicture(), csv: csv() })),
      html(
        "div",
        { class: "stage" },
        html(
          "div",
          {},
          html("p", { class: "note" }, say(COST_WORDS.curve)),
          curvePlot,
          takeAlong(context, `${id}-curves`, () => ({
            picture: drawnPicture(
              say(COST_WORDS.title),
              [[{ kind: "plot", name: say(COST_WORDS.curve), mark: curvePlot }]],
              430,
            ),
            csv: tableOf([
              ["T", "self", "window", "axial"],
              ...lengths.map((n) => [
                n,
                ...(["self", "window", "axial"] as const).map((name) => costOf(name, n, sizes).multiplyAdds),
              ]),
            ]),
          })),
        ),
        html(
          "div",
          { id: "cost-crossings" },
          html("p", { class: "note" }, say(COST_WORDS.crossing)),
          html("ul", {}, ...CROSSINGS.map(crossing)),
        ),
      ),
      wrongOnPurpose<CostWrong>({
        id: "cost-wrong",
        label: say(COST_WORDS.wrong),
        right: "right",
        rightSay: say(COST_WORDS.right),
        value: wrong,
        mistakes: [
          {
            value: "squares",
            say: say(COST_WORDS.squares),
            then: say(COST_WORDS.squaresThen),
            pitfall: "W30",
            spec: "spec/field-bugs/factorized.spec.ts",
          },
        ],
        change: (next) => change({ wrong: next }),
      }),
    ];
  },
  trial(hands, test, must, expected) {
    const row = (name: string): string => hands.text(`#cost-table tr[data-value="${name}"] td:nth-child(2)`);
    const names = (): string[] => hands.texts("#cost-table tbody th");
    test("cost: the pairs at 256 places are those counted one by one", () => {
      hands.slide("cost-length", 4);
      hands.slide("cost-radius", 3);
      hands.slide("cost-globals", 5);
      for (const [name, pairs] of Object.entries(expected["cost.pairs"] as Record<string, number>)) {
        must(row(name).replace(/,/g, "") === String(pairs), `${name}: ${row(name)}, not ${pairs}`);
      }
    });
    test("cost: H² + W² is 2T on a square grid, is marked, and names its bug", () => {
      hands.click('#cost-wrong [data-value="squares"]');
      must(row("axial").replace(/,/g, "") === "512", row("axial"));
      must(hands.count("#cost-table tr.wrong") === 3, `${hands.count("#cost-table tr.wrong")} rows marked`);
      must(/W30.*factorized\.spec/.test(hands.text("#cost .told")), hands.text("#cost .told"));
      hands.click('#cost-wrong [data-value="right"]');
    });
    test("cost: a text four times as long has sixteen times the dense pairs", () => {
      const before = Number(row("self").replace(/,/g, ""));
      hands.slide("cost-length", 5);
      must(Number(row("self").replace(/,/g, "")) === 16 * before, row("self"));
    });
    test("cost: sorted by multiply-adds, the joined form is the dearest", () => {
      hands.slide("cost-length", 6);
      const first = names()[0];
      hands.click('#cost-sort [data-value="multiplyAdds"]');
      must(
        names()[0] !== first && hands.attribute("#cost-table tbody tr", "data-value") === "joined",
        names()[0]!,
      );
    });
    test("cost: a wider window crosses later", () => {
      const at = (): number =>
        Number(hands.text('#cost-crossings [data-value="window"] b').replace(/,/g, ""));
      hands.slide("cost-radius", 4);
      const narrow = at();
      hands.slide("cost-radius", 8);
      must(at() > narrow, `${narrow}, then ${at()}`);
    });
    test("cost: the table is given as a file", () => {
      hands.click('#cost [data-take="CSV"]');
    });
  },
});
