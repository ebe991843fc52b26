/** Scene: whose words are compared with whose. Two sentences, a rectangular map, and the swap. */
import type { Child } from "../mark.ts";
import type { CrossWrong } from "../models/cross.ts";
import type { Language } from "../state.ts";
import type { Words } from "../scene.ts";
import { MOST_LETTERS, TEXTS, cellField, flag, oneOf, scaleField, textField } from "../state.ts";
import { MOST_WORDS, piecesOf } from "../context.ts";
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
      "に書いた語(今の語より前だけ)も読みます。",
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
      "How many rows and columns does the map have after the swap, and which of the two decides the " +
      "length of the output?",
    ja: "入れ替えたあとの地図は何行何列で、出力の長さを決めるのはどちらですか。",
  },
  answer: {
    en:
      "Rows and columns change places. The query side decides: the output has one row for each query, " +
      "however long the memory is.",
    ja:
      "行数と列数が入れ替わります。決めるのはクエリの側です。メモリがどれだけ長くても、出力はクエリごとに " +
      "1 行です。",
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
    const map = (): number[] => hands.texts("#cross-map td[role] i").map(Number);
    const is = (name: string): void => {
      const wanted = expected[name] as number[];
      const bad = map().findIndex((x, e) => Math.abs(x - 100 * wanted[e]!) > 0.51);
      must(map().length === wanted.length && bad < 0, `cell ${bad}: ${map()[bad]} for ${wanted[bad]}`);
    };
    test("cross: the map of one sentence over five words is the oracle's", () => {
      hands.slide("cross-memory", "one two three four five");
      is("cross.map");
      must(/ 5\D/.test(hands.text("#cross-shape")), hands.text("#cross-shape"));
    });
    test("cross: swapped it has five rows, and is the oracle's", () => {
      hands.click("#cross-swap");
      is("cross.swapped");
      must(hands.count("#cross-map tbody tr") === 5, `${hands.count("#cross-map tbody tr")}`);
      hands.click("#cross-swap");
    });
    test("cross: target-target looks strictly before, and is the oracle's", () => {
      hands.click('#cross-kind [data-value="target"]');
      is("cross.target");
      hands.click('#cross-kind [data-value="cross"]');
    });
    test("cross: queries from the memory name their bug", () => {
      hands.click('#cross-wrong [data-value="sides"]');
      must(hands.text("#cross .told").includes("W34"), hands.text("#cross .told"));
      hands.click('#cross-wrong [data-value="right"]');
    });
  },
});
