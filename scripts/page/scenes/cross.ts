/** Scene: whose words are compared with whose. Two sentences, a rectangular map, and the swap. */
import type { Child } from "../mark.ts";
import type { CrossWrong } from "../models/cross.ts";
import type { Language } from "../state.ts";
import type { Words } from "../scene.ts";
import { MOST_LETTERS, TEXTS, cellField, flag, oneOf, scaleField, textField } from "../state.ts";
import { MOST_WORDS, piecesOf } from "../context.ts";
import { answerNames, bestOf, scalesHold, specHolds, tableHolds, unlike } from "../parts/compare.ts";
import { arithmeticOf, rowAt } from "../models/multi-head.ts";
import { cellOf, scene } from "../scene.ts";
import { choices, controls, tick, wrongOnPurpose } from "../parts/controls.ts";
import { crossModel, targetModel } from "../models/cross.ts";
import { embed } from "../../atlas/words.ts";
import { html } from "../mark.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { percentOf } from "../parts/numbers.ts";
import { specText } from "../parts/spec-text.ts";
import { stepsPanel } from "../parts/steps.ts";

export const CROSS_WORDS = {
  title: { en: "One sentence reads another", ja: "文が別の文を読む" },
  lead: {
    en:
      "Cross-attention: queries come from one sentence, keys and values from another, so the map has as " +
      "many rows as the first and as many columns as the second. Swap the two, and the question is asked " +
      "the other way round. A decoder also reads what it has written so far, strictly before the present " +
      "word.",
    ja:
      "クロスアテンションでは、クエリは一方の文から、キーとバリューはもう一方の文から来ます。地図の行数は" +
      "前者、列数は後者の語数です。入れ替えると、問いが逆向きになります。デコーダはさらに、自分がこれまで" +
      "に書いた語（今の語より前だけ）も読みます。",
  },
  memory: { en: "The other sentence, the memory", ja: "もう一つの文（メモリ）" },
  kind: { en: "attention", ja: "注意" },
  cross: { en: "source-target", ja: "ソース・ターゲット" },
  target: { en: "target-target", ja: "ターゲット・ターゲット" },
  swap: { en: "swap the two sentences", ja: "二つの文を入れ替える" },
  shape: { en: "{a} queries × {b} keys: {n} pairs", ja: "クエリ {a} × キー {b}: {n} 対" },
  first: {
    en: "The first word has nothing before it: its row is zeros, and so is its output.",
    ja: "最初の語の前には何もありません。行はゼロで、出力もゼロです。",
  },
  column: {
    en: "Read a column of the swapped map: it is not the row it was. Each row has its own sum of 1.",
    ja: "入れ替えた地図の列は、もとの行と同じではありません。行ごとに和が 1 になるからです。",
  },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  sides: { en: "queries from the memory", ja: "クエリをメモリから取る" },
  sidesThen: {
    en:
      "The output now has a row for each word of the memory, not of the sentence: the wrong length, if " +
      "the lengths differ, and no error if they do not.",
    ja:
      "出力の行数が、文ではなくメモリの語数になります。長さが違えば気づけますが、同じなら何のエラーも出ま" +
      "せん。",
  },
  trySwap: {
    en: "Swap, and compare a column with the row that it was",
    ja: "入れ替えて、列をもとの行と比べる",
  },
  tryTarget: {
    en: "Target-target: the triangle strictly below the diagonal",
    ja: "ターゲット・ターゲット：対角線より下の三角",
  },
  trySides: { en: "Queries from the wrong side", ja: "逆の側から取ったクエリ" },
  ask: {
    en:
      "With the sentences and the seed of the start: which two words look most at each other, each the " +
      "densest of the other’s row, before the swap and after it? Take the pair with the largest weights.",
    ja:
      "はじめの文とシードのまま、入れ替える前も後も互いの行で最も濃い二語はどれとどれですか。重みが最も大" +
      "きい組を選んでください。",
  },
  answer: {
    en:
      "old → 追った with 58%, and after the swap 追った → old with 58%. That they are so near is chance: each " +
      "is a share of another row. The other pair, afraid and が, has 33% and 27%.",
    ja:
      "追った → old が 58%、入れ替えると old → 追った が 58% です。近いのは偶然で、それぞれ別の行のなかの割" +
      "合です。もう一組の が と afraid は 27% と 33% です。",
  },
  eq1: { en: "queries from the sentence", ja: "クエリは文から" },
  eq2: { en: "keys and values from the memory", ja: "キーとバリューはメモリから" },
  eq3: { en: "the same attention as ever", ja: "注意そのものはいつもと同じ" },
} as const satisfies Words;

type CrossKind = "cross" | "target";

/** The words of the memory: the reader's own, or the sentence of the other language. */
function memoryOf(text: string, lang: Language): string[] {
  const said = text.trim() === "" ? TEXTS[lang === "en" ? "ja" : "en"] : text;
  const found = piecesOf({ text: said, cut: "word" }).slice(0, MOST_WORDS);
  return found.length === 0 ? ["…"] : found;
}

export const crossScene = scene({
  id: "cross",
  title: CROSS_WORDS.title,
  lead: CROSS_WORDS.lead,
  most: MOST_WORDS,
  fields: {
    memory: textField("", MOST_LETTERS),
    kind: oneOf<CrossKind>("cross", ["cross", "target"]),
    swap: flag(false),
    wrong: oneOf<CrossWrong>("right", ["right", "sides"]),
    scale: scaleField(),
    cell: cellField(),
  },
  sources: [
    { path: "lib/attention/cross-attention.ts", name: "CrossAttention" },
    { path: "lib/attention/target-target-attention.ts", name: "TargetTargetAttention" },
  ],
  notes: { "1": CROSS_WORDS.eq1, "2": CROSS_WORDS.eq2, "3": CROSS_WORDS.eq3 },
  tries: [
    { say: CROSS_WORDS.trySwap, settings: { swap: true, kind: "cross", wrong: "right" } },
    { say: CROSS_WORDS.tryTarget, settings: { kind: "target" } },
    { say: CROSS_WORDS.trySides, settings: { kind: "cross", wrong: "sides" } },
  ],
  question: { ask: CROSS_WORDS.ask, answer: CROSS_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, shared, lang, id } = context;
    const other = TEXTS[lang === "en" ? "ja" : "en"];
    const memory = memoryOf(settings.memory, lang);
    const M = embed(memory, context.X.cols, shared.seed);
    const own = { words: context.words, X: context.X };
    const their = { words: memory, X: M };
    const [asking, asked] = settings.swap ? [their, own] : [own, their];
    const causal = settings.kind === "target";
    const wrong = !causal && settings.wrong === "sides";
    const model = causal
      ? targetModel(asking.X, shared.seed)
      : crossModel(asking.X, asked.X, { seed: shared.seed, wrong: settings.wrong });
    const [rows, cols] = causal
      ? [asking.words, asking.words]
      : wrong
        ? [asked.words, asking.words]
        : [asking.words, asked.words];
    const { map } = model;
    const cell = cellOf(settings.cell, map);
    const [i, j] = cell;
    const weight = map.data[i * cols.length + j]!;
    const steps = arithmeticOf(model, cell, causal ? { sees: (key) => key < i } : {});
    const title = say(CROSS_WORDS[settings.kind]);
    const oninput = ({ value }: { value: string }): void => change({ memory: value, cell: undefined });
    return [
      html(
        "label",
        { class: "sentence", for: "cross-memory" },
        html("span", {}, say(CROSS_WORDS.memory)),
        html("textarea", {
          id: "cross-memory",
          rows: 1,
          maxlength: MOST_LETTERS,
          spellcheck: "false",
          value: settings.memory,
          placeholder: other,
          oninput,
        }),
      ),
      controls(
        choices<CrossKind>({
          id: "cross-kind",
          label: say(CROSS_WORDS.kind),
          value: settings.kind,
          among: [
            { value: "cross", say: say(CROSS_WORDS.cross) },
            { value: "target", say: say(CROSS_WORDS.target) },
          ],
          change: (kind) => change({ kind, cell: undefined }),
        }),
        tick("cross-swap", say(CROSS_WORDS.swap), settings.swap, (swap) => change({ swap, cell: [j, i] })),
      ),
      html(
        "div",
        { class: "stage" },
        mapFigure(context, {
          id: "cross-map",
          title,
          rows,
          cols,
          weights: map,
          cell,
          wrong,
          say: (a, b) => `${rows[a]} → ${cols[b]}, ${percentOf(map.data[a * cols.length + b]!)}`,
          ...(causal
            ? { kind: (a: number, b: number) => (b < a ? "" : "unseen"), alike: 1 / Math.max(1, i) }
            : {}),
          choose: (next) => change({ cell: next }),
          scale: settings.scale,
          rescale: (scale) => change({ scale }),
          take: id,
        }),
        html(
          "div",
          { class: "side" },
          html(
            "p",
            { class: "status", id: "cross-shape", role: "status" },
            say(CROSS_WORDS.shape, { a: rows.length, b: cols.length, n: rows.length * cols.length }),
          ),
          html("p", { class: "status" }, `${rows[i]} → ${cols[j]}: ${percentOf(weight)}`),
          html("p", { class: "note" }, say(causal ? CROSS_WORDS.first : CROSS_WORDS.column)),
        ),
      ),
      wrongOnPurpose<CrossWrong>({
        id: "cross-wrong",
        label: say(CROSS_WORDS.wrong),
        right: "right",
        rightSay: say(CROSS_WORDS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "sides",
            say: say(CROSS_WORDS.sides),
            then: say(CROSS_WORDS.sidesThen),
            pitfall: "W34",
            spec: "spec/field-bugs/foundation.spec.ts",
          },
        ],
        change: (next) => change({ wrong: next, cell: undefined }),
      }),
      stepsPanel(context, { steps, rows, cols, cell, weight, numbers: ["1 2", "3", "3"] }),
    ];
  },
  spec(settings, { X, words, shared, lang }): string {
    const memory = memoryOf(settings.memory, lang);
    const M = embed(memory, X.cols, shared.seed);
    const [asking, asked] = settings.swap ? [M, X] : [X, M];
    const target = settings.kind === "target";
    const { map } = target
      ? targetModel(asking, shared.seed)
      : crossModel(asking, asked, { seed: shared.seed, wrong: "right" });
    const i = Math.min(cellOf(settings.cell, map)[0], map.rows - 1);
    const d = X.cols;
    const widths = target ? `d_model: ${d}, d_k: ${d}` : `d_query: ${d}, d_memory: ${d}, d_k: ${d}`;
    const name = target ? "TargetTargetAttention" : "CrossAttention";
    return specText({
      about: `Row ${i + 1}: ${(settings.swap ? memory : words).join(" ")}`,
      name: `${target ? "target-target" : "source-target"}, seed ${shared.seed}`,
      uses: { [target ? "target-target-attention" : "cross-attention"]: name, matrix: "randomGenerator" },
      given: target
        ? [["Y", asking]]
        : [
            ["Y", asking],
            ["M", asked],
          ],
      code: [
        `const attention = ${name}.random({ ${widths} }, randomGenerator(${shared.seed}));`,
        `const { weights } = attention.forward(${target ? "Y" : "Y, M"});`,
      ],
      got: `weights.data.slice(${i * map.cols}, ${(i + 1) * map.cols})`,
      expected: rowAt(map, i),
    });
  },
  trial(hands, test, must, expected): void {
    const T = Number(expected["T"]);
    const of = (name: string): number[] => expected[`cross.${name}`] as number[];
    const map = (): number[] => hands.texts("#cross-map td[role] i").map(Number);
    const is = (name: string): void => {
      const off = unlike(map(), of(name));
      must(off === "", `${name}, ${off}`);
    };
    const names = (side: "tbody" | "thead"): string[] => hands.texts(`#cross-map ${side} th`);
    test("cross: the answer names the two words that in the oracle look most at each other", () => {
      is("first");
      const [rows, cols] = [names("tbody"), names("thead")];
      const n = cols.length;
      const mutual = rows.flatMap((_, i) => {
        const there = of("first").slice(i * n, (i + 1) * n);
        const j = bestOf(there);
        const back = of("back").slice(j * T, (j + 1) * T);
        return bestOf(back) === i ? [{ i, j, there: there[j]!, back: back[i]! }] : [];
      });
      const best = mutual.reduce((a, b) => (b.there + b.back > a.there + a.back ? b : a));
      answerNames(hands, must, "cross", [
        `${rows[best.i]} → ${cols[best.j]}`,
        `${cols[best.j]} → ${rows[best.i]}`,
        percentOf(best.there),
        percentOf(best.back),
      ]);
    });
    test("cross: what is to be tried is the oracle's", () => {
      hands.follow("#cross .further li:nth-child(1) a");
      is("back");
      hands.follow("#cross .further li:nth-child(3) a");
      is("first");
      must(hands.attribute("#cross-map", "class").includes("wrong"), "not marked as wrong");
      hands.follow("#cross .further li:nth-child(2) a");
      must(names("tbody").join() === names("thead").join(), "not one sentence");
      hands.click('#cross-kind [data-value="cross"]');
      hands.click('#cross-wrong [data-value="right"]');
      hands.click("#cross-swap");
      is("first");
    });
    test("cross: the map of one sentence over five words is the oracle's", () => {
      hands.slide("cross-memory", "one two three four five");
      is("map");
      must(names("thead").join(" ") === "one two three four five", names("thead").join(" "));
      const told = hands.text("#cross-shape").match(/\d+/g)!.join();
      must(told === [T, 5, 5 * T].join(), told);
    });
    test("cross: a cell, clicked or reached by keys, has the oracle's weight in line and panel", () => {
      hands.click('#cross-map td[data-value="1.2"]');
      hands.focus('#cross-map td[tabindex="0"]');
      hands.press("ArrowDown", "End");
      must(hands.focused() === "2.4", hands.focused());
      const w = percentOf(of("map")[14]!);
      must(hands.text("#cross-shape + .status").endsWith(w), `${hands.text("#cross-shape + .status")} for ${w}`);
      must(hands.text("#cross-why h3").includes(w), hands.text("#cross-why h3"));
      tableHolds(hands, must, "#cross .big", of("map"));
      specHolds(hands, must, "cross", of("map").slice(10, 15));
    });
    test("cross: the legend ends at the oracle's densest cell, of the row and of the map", () => {
      scalesHold(hands, must, "cross", [Math.max(...of("map").slice(10, 15)), Math.max(...of("map"))]);
    });
    test("cross: swapped it has five rows, the same cell turned, and is the oracle's", () => {
      hands.click("#cross-swap");
      is("swapped");
      must(names("tbody").join(" ") === "one two three four five", names("tbody").join(" "));
      must(hands.count('#cross-map td[data-value="4.2"][aria-selected="true"]') === 1, "another cell");
      hands.click("#cross-swap");
    });
    test("cross: target-target looks strictly before, and is the oracle's", () => {
      hands.click('#cross-kind [data-value="target"]');
      is("target");
      hands.click('#cross-kind [data-value="cross"]');
      is("map");
    });
    test("cross: queries from the memory make the oracle's swapped map, marked, and name their bug", () => {
      hands.click('#cross-wrong [data-value="sides"]');
      is("swapped");
      must(hands.attribute("#cross-map", "class").includes("wrong"), "not marked as wrong");
      must(hands.text("#cross .told").includes("W34"), hands.text("#cross .told"));
      hands.click('#cross-wrong [data-value="right"]');
      is("map");
    });
  },
});
