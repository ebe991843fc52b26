/** Scene: several readers. Own words, all heads on one scale, and the arithmetic of one cell. */
import type { ArcsLook } from "../parts/arcs.ts";
import type { Child, Mark } from "../mark.ts";
import type { Drawing } from "../parts/figure.ts";
import type { HeadsWrong } from "../models/multi-head.ts";
import type { Words } from "../scene.ts";
import { MOST_WORDS } from "../context.ts";
import { answerNames, bestOf, scalesHold, specHolds, tableHolds, unlike } from "../parts/compare.ts";
import { arcs, arcsPicture, stretchOf } from "../parts/arcs.ts";
import { arithmeticOf, headsModel, rowAt } from "../models/multi-head.ts";
import { cellField, oneOf, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { drawnPicture, tableOf, takeAlong } from "../parts/figure.ts";
import { html } from "../mark.ts";
import { largest, thumbnail } from "../parts/map.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { percentOf, signed } from "../parts/numbers.ts";
import { project } from "../../../lib/attention/heads.ts";
import { specText } from "../parts/spec-text.ts";
import { stepsPanel } from "../parts/steps.ts";

export const HEADS_WORDS = {
  title: { en: "Several readers", ja: "何人かで読む" },
  lead: {
    en:
      "Multi-head attention: each head has its own projections, so each compares the same words in its " +
      "own way. Their answers are laid side by side and mixed once more by Wᴼ.",
    ja:
      "マルチヘッド・アテンション。ヘッドごとに射影が違うので、同じ語をそれぞれの見方で比べます。答えを横" +
      "に並べ、最後に Wᴼ でもう一度混ぜます。",
  },
  heads: { en: "heads", ja: "ヘッド数" },
  head: { en: "head {m}", ja: "ヘッド {m}" },
  allHeads: { en: "All heads, one scale", ja: "全ヘッド（同じ目盛り）" },
  allOf: { en: "all heads", ja: "全ヘッド" },
  note: {
    en:
      "Along a row: where does this word look? Down a column: which words look at this one? No head sees " +
      "the others; only Wᴼ joins them. The bar below each head is the length of what it adds to the " +
      "output of “{q}”.",
    ja:
      "行に沿って読めば、その語がどこを見ているか。列を下に読めば、どの語がその語を見ているか。ヘッドどう" +
      "しは互いを見ず、Wᴼ だけが合わせます。ヘッドの下の棒は、「{q}」の出力にそのヘッドが加える分の長さで" +
      "す。",
  },
  output: {
    en: "Wᴼ makes of them the output of “{q}”, a vector of length {n}.",
    ja: "Wᴼ がそれらを合わせた「{q}」の出力は、長さ {n} のベクトルです。",
  },
  outputOff: {
    en: "The output of “{q}” has length {n}, and lies {d} away from the right one.",
    ja: "「{q}」の出力は長さ {n} で、正しい出力から {d} 離れています。",
  },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  columns: { en: "softmax down the columns", ja: "列方向の softmax" },
  columnsThen: {
    en: "Rows no longer sum to 1, and columns do. The shape is right, and training even works.",
    ja: "行の和が 1 でなくなり、列の和が 1 になります。形は正しく、学習まで進んでしまいます。",
  },
  scale: { en: "divide by d", ja: "d で割る" },
  scaleThen: {
    en: "The scores are calmed twice: every row comes near to “all alike”.",
    ja: "スコアが二重にしずめられ、どの行も一様に近づきます。",
  },
  merge: { en: "heads merged by reshape", ja: "reshape でヘッドを結合" },
  mergeThen: {
    en:
      "The maps stay right; the output mixes other words’ answers. The map alone does not show it: the " +
      "shape is right too.",
    ja: "地図は正しいまま、出力に別の語の答えが混ざります。地図だけでは見えず、形も正しいままです。",
  },
  tryEight: {
    en: "Eight heads of two features: narrow readers, sharper disagreements",
    ja: "幅 2 のヘッドを 8 個に：狭い読み手ほど意見が分かれる",
  },
  tryColumns: {
    en: "Softmax over the wrong axis, and read a row’s sum",
    ja: "softmax の軸を間違えて、行の和を読む",
  },
  tryOne: { en: "One head: the same words, a single opinion", ja: "ヘッド 1 個：同じ語に、意見は一つ" },
  ask: {
    en: "With four heads and the sentence and seed of the start: which cell is the densest of all four first rows?",
    ja:
      "はじめの文とシードでヘッドが 4 個のとき、4 枚の地図の 1 行目のなかで最も濃いマスは、どのヘッドのど" +
      "のキーですか。",
  },
  answer: {
    en:
      "Head 3: The → cat, 31%. With the colours of “all heads” the small maps can be compared; in the map " +
      "of that head Page Up leads to the first row.",
    ja:
      "ヘッド 3 の「春の → が」で、69% です。色の基準を「全ヘッド」にすると小さな地図どうしを比べられ、その" +
      "ヘッドの地図で Page Up を押すと 1 行目に移れます。",
  },
  eq1: { en: "each head’s own view of the words", ja: "ヘッドごとの語の見え方" },
  eq2: {
    en: "the more a key resembles the query, the more it weighs",
    ja: "クエリに似たキーほど、重みが大きい",
  },
  eq3: { en: "heads side by side, mixed once", ja: "ヘッドを並べて一度混ぜる" },
} as const satisfies Words;

const HEAD_COUNTS = [1, 2, 4, 8];

export const headsScene = scene({
  id: "multi-head",
  title: HEADS_WORDS.title,
  lead: HEADS_WORDS.lead,
  most: MOST_WORDS,
  fields: {
    heads: whole(4, 1, 8),
    head: whole(0, 0, 7),
    scale: scaleField("heads"),
    wrong: oneOf<HeadsWrong>("right", ["right", "columns", "scale", "merge"]),
    cell: cellField(),
  },
  sources: [{ path: "lib/attention/multi-head-attention.ts", name: "MultiHeadAttention" }],
  notes: { "1": HEADS_WORDS.eq1, "2": HEADS_WORDS.eq2, "3": HEADS_WORDS.eq3 },
  tries: [
    { say: HEADS_WORDS.tryEight, settings: { heads: 8, head: 0, cell: undefined } },
    { say: HEADS_WORDS.tryColumns, settings: { wrong: "columns" } },
    { say: HEADS_WORDS.tryOne, settings: { heads: 1, head: 0, cell: undefined } },
  ],
  question: { ask: HEADS_WORDS.ask, answer: HEADS_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const h = HEAD_COUNTS.includes(settings.heads) ? settings.heads : 4;
    const m = Math.min(settings.head, h - 1);
    const { attention, weights, parts, output, off } = headsModel(X, {
      heads: h,
      seed: shared.seed,
      wrong: settings.wrong,
    });
    const map = weights[m]!;
    const cell = cellOf(settings.cell, map);
    const [i, j] = cell;
    const densest = Math.max(...weights.map(largest));
    const named = (n: number): string => say(HEADS_WORDS.head, { m: n + 1 });
    const projectedTo = project("page", attention.heads[m]!, { Q: X, K: X, V: X });
    const steps = arithmeticOf(projectedTo, cell);
    const weight = map.data[i * words.length + j]!;
    const longest = Math.max(...parts.map((list) => list[i]!));
    const pick = (small: (typeof weights)[number], n: number): Mark =>
      html(
        "button",
        {
          type: "button",
          role: "radio",
          "aria-checked": String(n === m),
          class: "pick",
          "data-value": n,
          onclick: () => change({ head: n, cell }),
        },
        thumbnail(small, densest),
        html("span", { class: "meter" }, html("i", { "--at": (parts[n]![i]! / (longest || 1)).toFixed(4) })),
        html("span", {}, named(n)),
      );
    const arcsLook: ArcsLook = {
      words,
      rows: weights.map((one) => rowAt(one, i)),
      shown: m,
      query: i,
      key: j,
      label: `${words[i]} → ${words[j]}, ${percentOf(weight)}`,
      choose: (query) => change({ cell: [query, j] }),
    };
    const arcsTaken = (): { picture: Mark; csv: string } => {
      const { picture: mark, width } = arcsPicture(stretchOf(arcsLook));
      return {
        picture: drawnPicture(named(m), [[{ kind: "arcs", name: arcsLook.label, mark }]], width),
        csv: tableOf([["", ...words], ...weights.map((one, n) => [named(n), ...Array.from(rowAt(one, i))])]),
      };
    };
    const smallTaken = (): { picture: Mark; csv: string } => {
      const drawings = weights.map(
        (one, n): Drawing => ({ kind: "thumb", name: named(n), mark: thumbnail(one, densest) }),
      );
      const rows = [drawings.slice(0, 4), drawings.slice(4)].filter((row) => row.length > 0);
      return {
        picture: drawnPicture(say(HEADS_WORDS.allHeads), rows, 160),
        csv: tableOf([
          ["", "", ...words],
          ...weights.flatMap((one, n) => words.map((word, t) => [named(n), word, ...Array.from(rowAt(one, t))])),
        ]),
      };
    };
    return [
      controls(
        slider({
          id: "heads",
          label: say(HEADS_WORDS.heads),
          min: 0,
          max: 3,
          value: HEAD_COUNTS.indexOf(h),
          shown: String(h),
          change: (at) => change({ heads: HEAD_COUNTS[at]!, head: 0 }),
        }),
      ),
      arcs(context, arcsLook),
      takeAlong(context, `${id}-arcs`, arcsTaken),
      html(
        "div",
        { class: "stage" },
        mapFigure(context, {
          id: "multi-head-map",
          title: named(m),
          label: `${say(HEADS_WORDS.title)}, ${named(m)}`,
          rows: words,
          cols: words,
          weights: map,
          cell,
          wrong: settings.wrong === "columns" || settings.wrong === "scale",
          say: (a, b) => `${words[a]} → ${words[b]}, ${percentOf(map.data[a * words.length + b]!)}`,
          choose: (next) => change({ cell: next }),
          scale: settings.scale,
          rescale: (scale) => change({ scale }),
          among: weights,
          amongSay: say(HEADS_WORDS.allOf),
          take: id,
        }),
        html(
          "div",
          { class: "side" },
          html("h3", {}, say(HEADS_WORDS.allHeads)),
          html(
            "div",
            { class: "thumbs", role: "radiogroup", "aria-label": say(HEADS_WORDS.allHeads) },
            ...weights.map(pick),
          ),
          takeAlong(context, `${id}-all`, smallTaken),
          html("p", { class: "note" }, say(HEADS_WORDS.note, { q: words[i]! })),
          html(
            "p",
            { class: "note", id: "multi-head-output" },
            say(settings.wrong === "right" ? HEADS_WORDS.output : HEADS_WORDS.outputOff, {
              q: words[i]!,
              n: signed(Math.hypot(...rowAt(output, i))),
              d: signed(off[i]!),
            }),
          ),
          html(
            "p",
            { class: "status", role: "status" },
            `${words[i]} → ${words[j]}, ${named(m)}: ${percentOf(weight)}`,
          ),
        ),
      ),
      wrongOnPurpose<HeadsWrong>({
        id: "multi-head-wrong",
        label: say(HEADS_WORDS.wrong),
        right: "right",
        rightSay: say(HEADS_WORDS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "columns",
            say: say(HEADS_WORDS.columns),
            then: say(HEADS_WORDS.columnsThen),
            pitfall: "W1",
            spec: "spec/field-bugs/foundation.spec.ts",
          },
          {
            value: "scale",
            say: say(HEADS_WORDS.scale),
            then: say(HEADS_WORDS.scaleThen),
            pitfall: "W8",
            spec: "spec/field-bugs/foundation.spec.ts",
          },
          {
            value: "merge",
            say: say(HEADS_WORDS.merge),
            then: say(HEADS_WORDS.mergeThen),
            pitfall: "W7",
            spec: "spec/field-bugs/foundation.spec.ts",
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
        wrong: settings.wrong === "columns" || settings.wrong === "scale",
        numbers: ["1 2", "2", "2 3"],
      }),
    ];
  },
  spec({ heads, head, cell }, { X, shared, words }): string {
    const h = HEAD_COUNTS.includes(heads) ? heads : 4;
    const { weights } = headsModel(X, { heads: h, seed: shared.seed, wrong: "right" });
    const [i] = cellOf(cell, weights[Math.min(head, h - 1)]!);
    const T = X.rows;
    const widths = `{ d_model: ${X.cols}, heads: ${h} }`;
    return specText({
      about: `Multi-head attention, row ${i + 1} of each head, over: ${words.join(" ")}`,
      name: `${h} heads, seed ${shared.seed}`,
      uses: { matrix: "randomGenerator", "multi-head-attention": "MultiHeadAttention" },
      given: [["X", X]],
      code: [
        `const attention = MultiHeadAttention.random(${widths}, randomGenerator(${shared.seed}));`,
        "const { weights } = attention.forward(X, X, X);",
      ],
      got: `weights.flatMap(({ data }) => [...data.slice(${i * T}, ${(i + 1) * T})])`,
      expected: weights.flatMap((map) => Array.from(rowAt(map, i))),
    });
  },
  trial(hands, test, must, expected): void {
    const T = Number(expected["T"]);
    const maps = expected["multi-head.maps"] as number[][];
    const map = (): number[] => hands.texts("#multi-head-map td[role] i").map(Number);
    const is = (wanted: readonly number[]): void => {
      const off = unlike(map(), wanted);
      must(off === "", off);
    };
    const choose = (m: number): void => hands.click(`#multi-head .pick[data-value="${m}"]`);
    test("multi-head: the map of each head is the oracle's, and so is what it adds to the output", () => {
      const parts = expected["multi-head.parts"] as number[][];
      hands.click('#multi-head-map td[data-value="2.1"]');
      for (const m of [3, 2, 1, 0]) {
        choose(m);
        is(maps[m]!);
        const style = hands.attribute(`#multi-head .pick[data-value="${m}"] .meter i`, "style");
        const at = Number(/--at: ?([\d.]+)/.exec(style)![1]);
        const wanted = parts[m]![2]! / Math.max(...parts.map((list) => list[2]!));
        must(Math.abs(at - wanted) < 2e-3, `head ${m + 1} adds ${at} for ${wanted}`);
      }
      const length = signed((expected["multi-head.output"] as number[])[2]!);
      must(hands.text("#multi-head-output").includes(length), `${hands.text("#multi-head-output")} for ${length}`);
    });
    test("multi-head: one, two and eight heads show the oracle's maps, one picture each", () => {
      for (const [at, wanted] of Object.entries(expected["multi-head.others"] as Record<string, number[]>)) {
        hands.slide("heads", Number(at));
        const h = HEAD_COUNTS[Number(at)]!;
        must(hands.count("#multi-head .pick") === h, `${hands.count("#multi-head .pick")} for ${h}`);
        choose(h - 1);
        must(hands.attribute(`#multi-head .pick[data-value="${h - 1}"]`, "aria-checked") === "true", "not chosen");
        is(wanted);
        if (h === 8) for (let m = 0; m < 7; m++) choose(m);
      }
      hands.slide("heads", 2);
    });
    test("multi-head: arrow keys move the chosen cell, whose panel has the oracle's score and share", () => {
      hands.focus('#multi-head-map td[tabindex="0"]');
      hands.press("PageUp", "Home", "ArrowDown", "ArrowDown", "ArrowRight");
      must(hands.focused() === "2.1", `focus at ${hands.focused()}`);
      const wanted = (expected["multi-head.cell"] as number) * 100;
      const got = Number.parseFloat(hands.text("#multi-head-why h3").replace(/[^\d.]*/, ""));
      must(Math.abs(got - wanted) < 0.51, `${got} for ${wanted}`);
      const score = expected["multi-head.score"] as number;
      must(hands.text("#multi-head-why .step:nth-child(1) .sum b") === signed(score), signed(score));
      must(hands.text("#multi-head-why .division b") === signed(score / 2), signed(score / 2));
    });
    test("multi-head: a word of the sentence, pressed, asks: its arcs are as thick as the oracle's row", () => {
      hands.click('#multi-head .arcs text[data-value="5"]');
      must(hands.attribute("#multi-head-map tbody tr:nth-child(6)", "class") === "on", "the row is not chosen");
      for (let j = 0; j < T; j++) {
        const w = maps[0]![5 * T + j]!;
        const thick = Number(hands.attribute(`#multi-head .arcs path:nth-child(${3 * T + j + 1})`, "stroke-width"));
        must(w <= 0.005 ? thick <= 0.68 : Math.abs(thick - 0.6 - 15 * w) < 0.01, `arc ${j}: ${thick} for ${w}`);
      }
      tableHolds(hands, must, "#multi-head .arcs + .takes", maps.flatMap((one) => one.slice(5 * T, 6 * T)));
    });
    test("multi-head: the legend ends at the oracle's densest cell of the row, the map, all heads", () => {
      const one = maps[0]!;
      const row = Math.max(...one.slice(5 * T, 6 * T));
      scalesHold(hands, must, "multi-head", [row, Math.max(...one), Math.max(...maps.flat())]);
    });
    test("multi-head: all heads are taken along, and the spec expects the oracle's rows", () => {
      tableHolds(hands, must, "#multi-head .thumbs + .takes", maps.flat(), 2);
      specHolds(hands, must, "multi-head", maps.flatMap((one) => one.slice(5 * T, 6 * T)));
    });
    test("multi-head: each thing that is wrong shows the oracle's wrong map or output, and names its bug", () => {
      const wrongs = { columns: ["W1", "multi-head.columns"], scale: ["W8", "multi-head.scale"], merge: ["W7", ""] };
      for (const [name, [bug, wanted]] of Object.entries(wrongs)) {
        hands.click(`#multi-head-wrong [data-value="${name}"]`);
        is(wanted === "" ? maps[0]! : (expected[wanted!] as number[]));
        must(hands.text("#multi-head .told").includes(`${bug} `), hands.text("#multi-head .told"));
      }
      const off = signed((expected["multi-head.merged"] as number[])[5]!);
      must(hands.text("#multi-head-output").includes(off), `${hands.text("#multi-head-output")} for ${off}`);
      hands.click('#multi-head-wrong [data-value="right"]');
      must(hands.text("#multi-head .told") === "", "still says so");
    });
    test("multi-head: what is to be tried shows the oracle's maps", () => {
      hands.follow("#multi-head .further li:nth-child(2) a");
      is(expected["multi-head.columns"] as number[]);
      hands.click('#multi-head-wrong [data-value="right"]');
      hands.follow("#multi-head .further li:nth-child(3) a");
      is((expected["multi-head.others"] as Record<string, number[]>)["0"]!);
      hands.follow("#multi-head .further li:nth-child(1) a");
      must(hands.count("#multi-head .pick") === 8, `${hands.count("#multi-head .pick")}`);
    });
    test("multi-head: the answer names the densest cell of the first rows in the oracle", () => {
      const rows = maps.map((one) => one.slice(0, T));
      const m = bestOf(rows.map((row) => Math.max(...row)));
      const words = hands.texts("#multi-head-map tbody th");
      const [key, share] = [words[bestOf(rows[m]!)], percentOf(Math.max(...rows[m]!))];
      answerNames(hands, must, "multi-head", [` ${m + 1}`, `${words[0]} → ${key}`, share]);
    });
  },
});
