/**
 * Scene: self-attention does not see order. The sentence shuffled, the same outputs; with positions, others.
 */
import type { Child, Mark } from "../mark.ts";
import type { Words } from "../scene.ts";
import { MOST_WORDS } from "../context.ts";
import { cellField, flag, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { controls, slider, tick } from "../parts/controls.ts";
import { html } from "../mark.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { orderModel } from "../models/shuffle.ts";
import { percentOf } from "../parts/numbers.ts";
import { rowAt } from "../models/multi-head.ts";
import { specText } from "../parts/spec-text.ts";

export const ORDER_WORDS = {
  title: { en: "Order does not count, unless it is added", ja: "順序は、足さなければ数に入らない" },
  lead: {
    en:
      "Self-attention compares words by what they are, not where they stand. Shuffle the sentence: the " +
      "map is shuffled the same way, and each word’s output stays the same to the last bit. Add positions " +
      "to the vectors, and it does not.",
    ja:
      "自己注意は、語がどこにあるかではなく何であるかで比べます。文をまぜると、地図も同じようにまざり、そ" +
      "れぞれの語の出力は最後のビットまで変わりません。ベクトルに位置を足すと、変わります。",
  },
  shuffle: { en: "shuffle", ja: "まぜ方" },
  positions: { en: "add sinusoidal positions", ja: "正弦波の位置を足す" },
  before: { en: "the sentence", ja: "もとの文" },
  after: { en: "shuffled", ja: "まぜた文" },
  both: { en: "both maps", ja: "両方の地図" },
  learned: { en: "three learned rows", ja: "学習された 3 行" },
  same: {
    en: "The same to the last bit for {n} of {all} words",
    ja: "{all} 語のうち {n} 語は、最後のビットまで同じ",
  },
  moved: { en: "largest difference of a word’s output: {d}", ja: "語の出力の差の最大：{d}" },
  pair: { en: "{q} → {k}: {a} before, {b} after", ja: "{q} → {k}: 前は {a}、後は {b}" },
  rows: {
    en: "Structured self-attention: three learned rows over the sentence; nothing is compared with anything",
    ja: "構造化自己注意：学習された 3 行。語どうしはくらべません",
  },
  row: { en: "row {n}", ja: "行 {n}" },
  tryShuffle: { en: "Another order, no positions", ja: "別の順序、位置なし" },
  tryPositions: {
    en: "The same order, positions added: find a word whose output moved most",
    ja: "同じ順序で位置を足し、出力が最も動いた語を探す",
  },
  tryPlain: { en: "Not shuffled: both maps are one", ja: "まぜない：二つの地図は同じ" },
  ask: {
    en: "“The” and “the” are one word here. What do their rows look like without positions, and with them?",
    ja: "同じ語を二度含む文では、位置のないとき、その二つの行はどう見えますか。位置を足すとどうですか。",
  },
  answer: {
    en:
      "Without positions the rows are the same, cell by cell: nothing tells the two apart. With positions " +
      "they differ, since their vectors do.",
    ja:
      "位置がなければ、二つの行はマスごとに同じです。区別するものがありません。位置を足すとベクトルが違う" +
      "ので、行も違ってきます。",
  },
  eq1: { en: "queries, keys, values from the same words", ja: "クエリもキーもバリューも同じ語から" },
  eq2: { en: "no place appears anywhere", ja: "位置はどこにも現れない" },
} as const satisfies Words;

export const orderScene = scene({
  id: "order",
  title: ORDER_WORDS.title,
  lead: ORDER_WORDS.lead,
  most: MOST_WORDS,
  fields: {
    shuffle: whole(1, 0, 40),
    positions: flag(false),
    scale: scaleField("heads"),
    row: whole(0, 0, 2),
    cell: cellField(),
  },
  sources: [
    { path: "lib/attention/self-attention.ts", name: "SelfAttention" },
    { path: "lib/attention/structured-self-attention.ts", name: "StructuredSelfAttention" },
  ],
  notes: { "1": ORDER_WORDS.eq1, "2": ORDER_WORDS.eq2 },
  tries: [
    { say: ORDER_WORDS.tryShuffle, settings: { shuffle: 7, positions: false } },
    { say: ORDER_WORDS.tryPositions, settings: { shuffle: 7, positions: true } },
    { say: ORDER_WORDS.tryPlain, settings: { shuffle: 0, positions: false } },
  ],
  question: { ask: ORDER_WORDS.ask, answer: ORDER_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const T = words.length;
    const { order, map, shuffled, moved, rows } = orderModel(X, { ...settings, seed: shared.seed });
    const mixed = order.map((t) => words[t]!);
    const cell = cellOf(settings.cell, map);
    const [i, j] = cell;
    const there = [order.indexOf(i), order.indexOf(j)] as const;
    const same = moved.filter((off) => off === 0).length;
    const figure = (name: "before" | "after"): Mark => {
      const [list, weights, at] = name === "before" ? [words, map, cell] : [mixed, shuffled, there];
      return mapFigure(context, {
        id: `order-${name}`,
        title: say(ORDER_WORDS[name]),
        rows: list,
        cols: list,
        weights,
        cell: at,
        say: (a, b) => `${list[a]} → ${list[b]}, ${percentOf(weights.data[a * T + b]!)}`,
        choose: ([a, b]) => change({ cell: name === "before" ? [a, b] : [order[a]!, order[b]!] }),
        scale: settings.scale,
        among: [map, shuffled],
        amongSay: say(ORDER_WORDS.both),
        rescale: (scale) => change({ scale }),
        take: `${id}-${name}`,
      });
    };
    const learned = Array.from({ length: rows.rows }, (_, n) => say(ORDER_WORDS.row, { n: n + 1 }));
    const outputs = mixed.map((word, t) =>
      html(
        "li",
        { class: moved[t] === 0 ? "same" : "moved" },
        html("span", {}, word),
        html("small", {}, moved[t] === 0 ? "=" : moved[t]!.toExponential(0)),
      ),
    );
    return [
      controls(
        slider({
          id: "order-shuffle",
          label: say(ORDER_WORDS.shuffle),
          min: 0,
          max: 40,
          value: settings.shuffle,
          change: (shuffle) => change({ shuffle }),
        }),
        tick("order-positions", say(ORDER_WORDS.positions), settings.positions, (positions) =>
          change({ positions }),
        ),
      ),
      html("div", { class: "stage even" }, figure("before"), figure("after")),
      html(
        "p",
        { class: "status", id: "order-same", role: "status" },
        `${say(ORDER_WORDS.same, { n: same, all: T })} · ` +
          `${say(ORDER_WORDS.moved, { d: same === T ? "0" : Math.max(...moved).toExponential(1) })}`,
      ),
      html("ol", { class: "outputs" }, ...outputs),
      html(
        "p",
        { class: "note", role: "status" },
        say(ORDER_WORDS.pair, {
          q: words[i]!,
          k: words[j]!,
          a: percentOf(map.data[i * T + j]!),
          b: percentOf(shuffled.data[there[0] * T + there[1]]!),
        }),
      ),
      html("h3", { class: "second" }, say(ORDER_WORDS.rows)),
      html(
        "div",
        { class: "flat" },
        mapFigure(context, {
          id: "order-rows",
          title: say(ORDER_WORDS.learned),
          rows: learned,
          cols: words,
          weights: rows,
          cell: [Math.min(settings.row, learned.length - 1), Math.min(j, T - 1)],
          label: say(ORDER_WORDS.rows),
          say: (a, b) => `${learned[a]} → ${words[b]}, ${percentOf(rows.data[a * T + b]!)}`,
          choose: ([a, b]) => change({ row: a, cell: [i, b] }),
          scale: settings.scale === "row" ? "row" : "map",
          take: `${id}-rows`,
        }),
      ),
    ];
  },
  spec({ shuffle, positions, cell }, { X, words, shared }): string {
    const model = orderModel(X, { shuffle, positions, seed: shared.seed });
    const [i] = cellOf(cell, model.map);
    const [T, d] = [X.rows, X.cols];
    const at = model.order.indexOf(i);
    const placed = positions ? ["const placed = (M: Matrix) => add(M, sinusoidalPositions(M.rows, M.cols));"] : [];
    const [before, after] = positions ? ["placed(X)", "placed(Y)"] : ["X", "Y"];
    return specText({
      about: `Self-attention over: ${words.join(" ")}`,
      name: `shuffled by ${shuffle}${positions ? ", with positions" : ""}`,
      uses: {
        ...(positions
          ? { "kernels/entrywise": "add", "layers/sinusoidal-positions": "sinusoidalPositions" }
          : {}),
        "kernels/rows": "gatherRows",
        matrix: positions ? "randomGenerator, type Matrix" : "randomGenerator",
        "self-attention": "SelfAttention",
      },
      given: [["X", X]],
      code: [
        ...placed,
        `const attention = SelfAttention.random({ d_model: ${d}, d_k: ${d} }, randomGenerator(${shared.seed}));`,
        `const order = ${JSON.stringify(model.order)};`,
        "const Y = gatherRows(X, order);",
        `const [before, after] = [attention.forward(${before}), attention.forward(${after})];`,
        ...(positions ? [] : ["assert.deepEqual(after.output.data, gatherRows(before.output, order).data);"]),
        `const shuffled = after.weights.data.slice(${at * T}, ${(at + 1) * T});`,
      ],
      got: `[...before.weights.data.slice(${i * T}, ${(i + 1) * T}), ...shuffled]`,
      expected: [...rowAt(model.map, i), ...rowAt(model.shuffled, at)],
    });
  },
  trial(hands, test, must, expected): void {
    const T = Number(expected["T"]);
    const read = (name: string): number[] => hands.texts(`#order-${name} td[role] i`).map(Number);
    test("order: the map of the sentence is the oracle's", () => {
      const wanted = expected["order.map"] as number[];
      const bad = read("before").findIndex((x, e) => Math.abs(x - 100 * wanted[e]!) > 0.51);
      must(bad < 0 && read("before").length === wanted.length, `cell ${bad}`);
    });
    test("order: without positions every output is the same to the bit at ten shuffles", () => {
      for (let n = 1; n <= 10; n++) {
        hands.slide("order-shuffle", n);
        must(
          hands.count("#order .outputs .same") === T,
          `shuffle ${n}: ${hands.count("#order .outputs .same")} of ${T}`,
        );
        const sorted = (list: number[]): string => [...list].sort((a, b) => a - b).join();
        must(sorted(read("before")) === sorted(read("after")), "other weights");
      }
    });
    test("order: with positions outputs move", () => {
      hands.click("#order-positions");
      must(hands.count("#order .outputs .moved") > T / 2, `${hands.count("#order .outputs .moved")}`);
      hands.click("#order-positions");
    });
    test("order: a cell chosen in one map is chosen in the other", () => {
      hands.click('#order-before td[data-value="2.1"]');
      const chosen = hands.attribute('#order-after td[aria-selected="true"]', "aria-label").split(",")[0];
      must(hands.attribute('#order-before td[data-value="2.1"]', "aria-label").startsWith(chosen!), chosen!);
    });
  },
});
