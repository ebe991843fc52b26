/** Scene: what it costs. All mechanisms in one table, sorted, at any length, and where lines cross. */
import type { Child, Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import type { CostName, CostSums, CostTerm, CostWrong } from "../models/costs.ts";
import type { Handler } from "../mark.ts";
import type { Phrase } from "../state.ts";
import { COST_NAMES, COST_WIDTH, ON_GRIDS, costOf, costSums, costTable, crossingOf } from "../models/costs.ts";
import { choices, controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { counted, percentOf, stepTo, widthOfWord } from "../parts/numbers.ts";
import { drawnPicture, picture, tableOf, takeAlong } from "../parts/figure.ts";
import { html, svg } from "../mark.ts";
import { oneOf, whole } from "../state.ts";
import { plot } from "../parts/plot.ts";
import { scene } from "../scene.ts";
import { specText } from "../parts/spec-text.ts";

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
      "Hatched: more than self-attention. Choose a number to see its sum. Whole models (encoder–decoder, " +
      "CrossViT) are sums of these rows and of their feed-forward layers.",
    ja:
      "斜線は自己注意より多い行です。数を選ぶと、その計算が下に出ます。モデル全体（エンコーダ・デコーダ、CrossViT）は、" +
      "これらの行と順伝播層の和です。",
  },
  sum: { en: "Why {n}?", ja: "なぜ {n}?" },
  count: { en: "Count the pairs", ja: "対を数える" },
  multiply: { en: "Multiply", ja: "掛ける" },
  multiplyNote: {
    en: "terms with P are scores and values; the others are projections",
    ja: "P のある項はスコアとバリュー、ほかは射影",
  },
  total: { en: "Add up", ja: "足す" },
  against: { en: "{x} of self-attention’s multiply-adds", ja: "自己注意の積和の {x}" },
  crossing: {
    en: "cheaper than self-attention, in multiply-adds, from T = ",
    ja: "積和が自己注意を下回る長さ：T = ",
  },
  never: { en: "never", ja: "なし" },
  curve: {
    en: "multiply-adds against T, both logarithmic; in a ring, from where self-attention is dearer",
    ja: "T に対する積和（両軸とも対数）。丸のところから自己注意のほうが高くなる",
  },
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
    ja: "1,024 語に半径 512：名ばかりの窓",
  },
  ask: {
    en:
      "Set T = 256. One row scores eight times the pairs of self-attention, and multiplies hardly more. " +
      "Find the cell that says how much.",
    ja:
      "T = 256 にしてください。自己注意の 8 倍の対を数えながら、積和はほとんど増えない行が一つあります。" +
      "その積和のマスを見つけてください。",
  },
  answer: {
    en:
      "Multi-head, multiply-adds: 12,582,912, against 11,534,336 of self-attention. Each head has 8 of the 64 " +
      "features, so eight maps cost as much as one; the 1,048,576 = T·d² between them are the projection W_O.",
    ja:
      "マルチヘッドの積和、12,582,912 です。自己注意は 11,534,336。一つのヘッドの特徴は 64 個のうち 8 個なので、" +
      "地図が八つでも費用は一つ分です。差の 1,048,576 = T·d² は射影 W_O の分です。",
  },
} as const satisfies Words;

export const COST_SAYS: Readonly<Record<CostName, Phrase>> = {
  dot: { en: "dot product, scaled or not; SA, sparsemax, streaming", ja: "内積（スケール化・SA・sparsemax・逐次も）" },
  gradient: { en: "gradient of scaled dot product", ja: "スケール化内積の勾配" },
  hard: { en: "hard, drawn", ja: "ハード（抽選も）" },
  bilinear: { en: "bilinear", ja: "双線形" },
  additive: { en: "additive, split", ja: "加法・分割形" },
  joined: { en: "additive, joined", ja: "加法・結合形" },
  self: { en: "self-attention", ja: "自己注意" },
  heads: { en: "multi-head", ja: "マルチヘッド" },
  cat: { en: "CAT(Q, K, V), without parameters", ja: "CAT(Q, K, V)（パラメータなし）" },
  causal: { en: "only the past", ja: "過去だけ" },
  bird: { en: "BigBird", ja: "BigBird" },
  hybrid: { en: "window and globals", ja: "窓とグローバル" },
  longformer: { en: "Longformer", ja: "Longformer" },
  window: { en: "window", ja: "窓" },
  phrases: { en: "phrase by phrase", ja: "句ごと" },
  axial: { en: "axial", ja: "軸方向" },
  factorised: { en: "factorised, in turn (PLUTO)", ja: "因子化・順番に (PLUTO)" },
  parallel: { en: "factorised, added", ja: "因子化・和" },
  inner: { en: "CAT, inside tiles (IPSA)", ja: "CAT のタイル内 (IPSA)" },
  between: { en: "CAT, between tiles (CPSA)", ja: "CAT のタイル間 (CPSA)" },
  mapsImage: { en: "map by map, all of the picture’s", ja: "マップごと・画像全体" },
  mapsPatch: { en: "map by map, a patch’s own", ja: "マップごと・パッチ内" },
  cross: { en: "cross-attention", ja: "クロスアテンション" },
  structured: { en: "structured self-attention", ja: "構造化自己注意" },
  token: { en: "[CLS] fusion (CrossViT)", ja: "[CLS] の融合 (CrossViT)" },
  bahdanau: { en: "a step of Bahdanau’s decoder", ja: "Bahdanau のデコーダの 1 歩" },
  luong: { en: "a step of Luong’s decoder", ja: "Luong のデコーダの 1 歩" },
};

/** What a letter of a formula counts. */
const LETTER_SAYS: Readonly<Record<string, Phrase>> = {
  T: { en: "places", ja: "位置" },
  d: { en: "features", ja: "特徴" },
  "n'": { en: "units", ja: "ユニット" },
  h: { en: "heads", ja: "ヘッド" },
  r: { en: "radius", ja: "半径" },
  G: { en: "globals", ja: "グローバル" },
  D: { en: "pairs in both", ja: "両方にある対" },
  b: { en: "words a block", ja: "ブロックの語" },
  u: { en: "random blocks", ja: "乱数のブロック" },
  c: { en: "words a phrase", ja: "句の語" },
  H: { en: "rows", ja: "行" },
  W: { en: "columns", ja: "列" },
  p: { en: "side of a tile", ja: "タイルの辺" },
  n: { en: "queries", ja: "クエリ" },
  m: { en: "rows of the map", ja: "地図の行" },
  N: { en: "patches", ja: "パッチ" },
  M: { en: "maps of each", ja: "それぞれのマップ" },
  s: { en: "side of a map", ja: "マップの辺" },
};

const COST_PARTS = ["pairs", "multiplyAdds"] as const;
type CostPart = (typeof COST_PARTS)[number];

const CROSSINGS: readonly CostName[] = [
  "window",
  "longformer",
  "bird",
  "axial",
  "factorised",
  "phrases",
  "structured",
];

/** The sum of terms that all have the same P, written out: "a + b − c". */
function written(terms: readonly CostTerm[], part: (term: CostTerm) => string): string {
  return terms.map((term) => `${term.sign === "" ? "" : `${term.sign} `}${part(term)}`).join(" ");
}

/** How a row comes about: its formula, the numbers put in, and each term to the total. */
function sumsPanel(
  { say }: Pick<Context, "say">,
  look: {
    name: CostName;
    shown: number;
    sums: CostSums;
    pairs: number;
    multiplyAdds: number;
    share: number;
    wrong: boolean;
  },
): Mark {
  const { sums, wrong } = look;
  const card = (number: string, title: string, note: string, ...lines: readonly Child[]): Mark =>
    html("li", { class: "step" }, html("h4", {}, html("b", {}, number), title), ...lines, html("p", {}, note));
  const sum = (...children: readonly Child[]): Mark => html("p", { class: "sum" }, ...children);
  const letters = sums.letters.map(([letter, n]) => `${say(LETTER_SAYS[letter]!)} ${letter} = ${counted(n)}`);
  const parts = sums.pairs.length > 1 ? [sum("= ", written(sums.pairs, ({ value }) => counted(value)))] : [];
  return html(
    "div",
    { class: `why${wrong ? " wrong" : ""}`, id: "cost-why" },
    html("h3", {}, say(COST_WORDS.sum, { n: counted(look.shown) }), html("span", {}, say(COST_SAYS[look.name]))),
    html(
      "ol",
      { class: "steps" },
      card(
        "1",
        say(COST_WORDS.count),
        letters.join(" · "),
        sum("P = ", written(sums.pairs, ({ formula }) => formula)),
        sum("= ", written(sums.pairs, ({ numbers }) => numbers)),
        ...parts,
        sum("= ", html("b", {}, counted(look.pairs))),
      ),
      card(
        "2",
        say(COST_WORDS.multiply),
        say(COST_WORDS.multiplyNote),
        ...sums.multiplyAdds.map(({ formula, numbers, value }) =>
          sum(formula, html("br", {}), "= ", numbers, html("br", {}), "= ", html("b", {}, counted(value))),
        ),
      ),
      card(
        "3",
        say(COST_WORDS.total),
        say(COST_WORDS.against, { x: percentOf(look.share) }),
        sum(written(sums.multiplyAdds, ({ value }) => counted(value))),
        sum("= ", html("b", {}, counted(look.multiplyAdds))),
        html("div", { class: "meter" }, html("i", { "--at": Math.min(1, look.share).toFixed(4) })),
      ),
    ),
  );
}

export const costScene = scene({
  id: "cost",
  title: COST_WORDS.title,
  lead: COST_WORDS.lead,
  most: 0,
  fields: {
    length: whole(6, 2, 8),
    radius: whole(6, 0, 9),
    globals: whole(16, 0, 64),
    sort: oneOf<CostPart>("pairs", COST_PARTS),
    row: oneOf<CostName>("window", COST_NAMES),
    part: oneOf<CostPart>("multiplyAdds", COST_PARTS),
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
    const at = table.findIndex(({ name }) => name === settings.row);
    const chosen = table[at]!;
    const value = (row: (typeof table)[number], part: CostPart): Mark => {
      const on = row === chosen && part === settings.part;
      return html(
        "td",
        {
          role: "gridcell",
          class: "n",
          tabindex: on ? 0 : -1,
          "data-value": `${row.name}.${part}`,
          "aria-selected": String(on),
          "aria-label": `${say(COST_SAYS[row.name])}, ${say(COST_WORDS[part])}, ${counted(row[part])}`,
        },
        counted(row[part]),
      );
    };
    const choose: Handler = ({ value: given }) => {
      const [name, part = settings.part] = given.split(".");
      if (COST_NAMES.includes(name as CostName)) change({ row: name as CostName, part: part as CostPart });
    };
    const move: Handler = ({ key, stop }) => {
      const to = stepTo(key, [at, COST_PARTS.indexOf(settings.part)], table.length, 2);
      if (to === undefined) return;
      stop();
      change({ row: table[to[0]]!.name, part: COST_PARTS[to[1]]! });
    };
    const line = (row: (typeof table)[number]): Mark => {
      const { name, pairs } = row;
      const own = row[sort];
      const extent = (Math.log(own) / Math.log(top)).toFixed(4);
      const kind = wrong !== "right" && ON_GRIDS.includes(name) ? "wrong" : own > dense ? "over" : "";
      return html(
        "tr",
        { "data-value": name, class: `${kind}${row === chosen ? " on" : ""}` },
        html("th", { scope: "row" }, say(COST_SAYS[name])),
        value(row, "pairs"),
        html("td", { class: "n share" }, pairs / (T * T) < 0.0005 ? "< 0.1%" : percentOf(pairs / (T * T))),
        value(row, "multiplyAdds"),
        html("td", { class: "extent", "aria-hidden": "true" }, html("i", { "--at": extent })),
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
      const from = crossingOf(name, "self", sizes);
      return html(
        "li",
        { "data-value": name },
        `${say(COST_SAYS[name])}: `,
        html("b", {}, from === undefined ? say(COST_WORDS.never) : counted(from)),
      );
    };
    const crossed = (["window", "axial"] as const).flatMap((name) => {
      const from = crossingOf(name, "self", sizes) ?? Infinity;
      const height = heightOf(Math.log10(costOf("self", from, sizes).multiplyAdds));
      return from >= lengths[0]! && from <= lengths[6]!
        ? [[(Math.log2(from) - 4) / 12, height] as const]
        : [];
    });
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
      crossings: crossed,
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
          {
            class: "costs",
            id: "cost-table",
            role: "grid",
            "aria-label": say(COST_WORDS.title),
            onclick: choose,
            onkeydown: move,
          },
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
      html("p", { class: "note" }, say(COST_WORDS.hatched)),
      takeAlong(context, id, () => ({ picture: tablePicture(), csv: csv() })),
      sumsPanel(context, {
        name: settings.row,
        shown: chosen[settings.part],
        sums: costSums(settings.row, T, sizes, counted),
        pairs: chosen.pairs,
        multiplyAdds: chosen.multiplyAdds,
        share: chosen.multiplyAdds / costOf("self", T, sizes).multiplyAdds,
        wrong: wrong !== "right" && ON_GRIDS.includes(settings.row),
      }),
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
  spec(settings): string {
    const [radius, T] = [2 ** settings.radius, 4 ** settings.length];
    const { globals } = settings;
    const sizes = { radius, globals };
    const [r, G] = [Math.min(radius, T - 1), Math.min(globals, T)];
    const names: readonly CostName[] = ["window", "hybrid", "longformer", "heads", "token"];
    const bird = T >= 11 * COST_WIDTH;
    const rows = [...names, ...(bird ? (["bird"] as const) : [])].map((name) => costOf(name, T, sizes));
    return specText({
      about: `What the library counts at ${T} places: ${rows.map(({ name }) => name).join(", ")}`,
      name: `T = ${T}, radius ${r}, ${G} globals: pairs and multiply-adds`,
      uses: {
        "models/big-bird-counts": "bigBirdPairs",
        "models/counts": "attentionCounts, linearCounts",
        "models/longformer-counts": "longformerPairs",
      },
      given: [],
      code: [
        `const [T, d] = [${T}, ${COST_WIDTH}];`,
        "const map = (n: number) => linearCounts({ n, d_in: d, d_out: d, bias: false }).multiplyAdds;",
        "const along = (pairs: number, before = 4 * map(T)) => [pairs, before + 2 * d * pairs];",
        `const window = longformerPairs(T, ${r});`,
        `const wide = longformerPairs(T, ${r}, Array.from({ length: ${G} }, (_, g) => g));`,
        `const own = ${G === 0 ? "0" : `2 * map(T) + map(${G})`};`,
        `const bird: number[] = ${bird ? "along(bigBirdPairs(T))" : "[]"};`,
        "const heads = [8 * T * T, attentionCounts({ n_q: T, d_model: d }).multiplyAdds];",
        "const token = along(T, 4 * map(1) + 2 * map(T));",
      ],
      got: "[along(window), along(wide), along(wide, 4 * map(T) + own), heads, token, bird].flat()",
      expected: rows.flatMap(({ pairs, multiplyAdds }) => [pairs, multiplyAdds]),
    });
  },
  trial(hands, test, must, expected) {
    const cell = (name: string, part: string = "pairs"): string =>
      hands.text(`#cost-table td[data-value="${name}.${part}"]`).replace(/,/g, "");
    const names = (): string[] => hands.texts("#cost-table tbody th");
    const rows = expected["cost.rows"] as Record<string, [number, number]>;
    test("cost: each row at 256 places is what Node counts, pair by pair and product by product", () => {
      hands.slide("cost-length", 4);
      hands.slide("cost-radius", 3);
      hands.slide("cost-globals", 5);
      must(names().length === Object.keys(rows).length, `${names().length} rows`);
      for (const [name, [pairs, multiplyAdds]] of Object.entries(rows)) {
        must(cell(name) === String(pairs), `${name}: ${cell(name)}, not ${pairs}`);
        const got = cell(name, "multiplyAdds");
        must(got === String(multiplyAdds), `${name}: ${got}, not ${multiplyAdds}`);
      }
    });
    test("cost: a chosen cell has its sum, numbers put in, and arrow keys lead along the table", () => {
      const last = (card: number): string =>
        hands.texts(`#cost-why .step:nth-child(${card}) b`).pop()!.replace(/,/g, "");
      for (const [name, [pairs, multiplyAdds]] of Object.entries(rows)) {
        hands.click(`#cost-table td[data-value="${name}.multiplyAdds"]`);
        must(last(1) === String(pairs) && last(3) === String(multiplyAdds), `${name}: ${last(1)}, ${last(3)}`);
        const terms = hands.texts("#cost-why .step:nth-child(2) .sum b").map((text) => Number(text.replace(/,/g, "")));
        must(terms.reduce((sum, x) => sum + x, 0) === multiplyAdds, `${name}: ${terms.join(" + ")}`);
        must(hands.text("#cost-why h3").replace(/,/g, "").includes(String(multiplyAdds)), name);
      }
      hands.click('#cost-table td[data-value="window.pairs"]');
      must(hands.text("#cost-why .sum:nth-of-type(2)") === "= 256·(2·8+1) − 8·(8+1)", hands.text("#cost-why .step"));
      hands.focus('#cost-table [tabindex="0"]');
      hands.press("PageUp");
      must(hands.focused() === `${hands.attribute("#cost-table tbody tr", "data-value")}.pairs`, hands.focused());
      hands.press("ArrowDown", "ArrowRight", "Home", "End");
      const second = hands.attribute("#cost-table tbody tr:nth-child(2)", "data-value");
      must(hands.focused() === `${second}.multiplyAdds`, hands.focused());
      must(hands.count('#cost-table [tabindex="0"]') === 1, "two tab stops");
    });
    test("cost: the answer names the cell that was to be found", () => {
      const told = hands.text("#cost details p").replace(/,/g, "");
      const [self, heads] = [rows["self"]!, rows["heads"]!];
      must(heads[0] === 8 * self[0] && cell("heads") === String(heads[0]), cell("heads"));
      for (const n of [heads[1], self[1], heads[1] - self[1]]) must(told.includes(String(n)), `${n} in ${told}`);
    });
    test("cost: H² + W² is 2T on a square grid, is marked, and names its bug", () => {
      hands.click('#cost-wrong [data-value="squares"]');
      must(cell("axial") === "512", cell("axial"));
      must(hands.count("#cost-table tr.wrong") === 3, `${hands.count("#cost-table tr.wrong")} rows marked`);
      must(/W30.*factorized\.spec/.test(hands.text("#cost .told")), hands.text("#cost .told"));
      hands.click('#cost-table tr[data-value="axial"] th');
      must(/H² \+ W²/.test(hands.text("#cost-why.wrong .sum")), hands.text("#cost-why .sum"));
      hands.click('#cost-wrong [data-value="right"]');
      must(cell("axial") === String(rows["axial"]![0]), cell("axial"));
    });
    test("cost: a text four times as long has sixteen times the dense pairs", () => {
      hands.slide("cost-length", 5);
      must(Number(cell("self")) === 16 * rows["self"]![0], cell("self"));
      hands.slide("cost-length", 4);
    });
    test("cost: sorted as Node sorts, by pairs and by multiply-adds", () => {
      for (const [n, part] of ["pairs", "multiplyAdds"].entries()) {
        hands.click(`#cost-sort [data-value="${part}"]`);
        const shown = hands.texts(`#cost-table td[data-value$=".${part}"]`).map((text) => text.replace(/,/g, ""));
        const wanted = Object.values(rows).map((both) => both[n]!).sort((a, b) => b - a);
        must(shown.join() === wanted.join(), `${part}: ${shown.join()}`);
      }
      hands.click('#cost-sort [data-value="pairs"]');
    });
    test("cost: from where a window of radius 16 is cheaper, as Node finds by trying each length", () => {
      const at = (): string => hands.text('#cost-crossings [data-value="window"] b').replace(/,/g, "");
      hands.slide("cost-radius", 4);
      must(at() === String(expected["cost.crossing"]), `${at()}, not ${String(expected["cost.crossing"])}`);
      hands.slide("cost-radius", 8);
      must(Number(at()) > (expected["cost.crossing"] as number), at());
      must(hands.count("#cost .plot circle") === 2, `${hands.count("#cost .plot circle")} crossings drawn`);
    });
    test("cost: the table is given as a file", () => {
      hands.click('#cost [data-take="CSV"]');
      must(hands.attribute("html", "data-saved").startsWith("cost.csv"), hands.attribute("html", "data-saved"));
    });
  },
});
