/**
 * Scene: self-attention does not see order. The sentence shuffled, the same outputs; with positions, others.
 */
import type { Child, Mark } from "../mark.ts";
import type { Words } from "../scene.ts";
import { MOST_WORDS } from "../context.ts";
import { answerNames, bestOf, scalesHold, specHolds, tableHolds, unlike } from "../parts/compare.ts";
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
    en: "With the sentence and the seed of the start: which cell of the left map do positions move most?",
    ja: "はじめの文とシードのまま位置を足すと、左の地図で最も変わるマスはどれですか。",
  },
  answer: {
    en:
      "cat → old: from 46% to 6.9%. The words are the same; their vectors now hold their places too. And " +
      "“The” and “the”, whose rows were equal cell by cell, can be told apart.",
    ja:
      "小さな → 追った。14% から 81% になります。語は同じでも、ベクトルに位置が加わったからです。同じ語が二度出る" +
      "文なら、マスごとに等しかった二つの行も区別されます。",
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
    const [map, placed] = [expected["order.map"] as number[], expected["order.placed"] as number[]];
    const read = (name: string): number[] => hands.texts(`#order-${name} td[role] i`).map(Number);
    const names = (name: string): string[] => hands.texts(`#order-${name} tbody th`);
    const is = (name: string, wanted: readonly number[]): void => {
      const off = unlike(read(name), wanted);
      must(off === "", `${name}, ${off}`);
    };
    /** The oracle's map in the order in which the words of the second map stand. */
    const turned = (): number[] => {
      const order = names("after").map((word) => names("before").indexOf(word));
      return order.flatMap((i) => order.map((j) => map[i * T + j]!));
    };
    test("order: the map of the sentence is the oracle's, and so are three learned rows", () => {
      is("before", map);
      is("rows", expected["order.rows"] as number[]);
    });
    test("order: at ten shuffles the map is the oracle's in another order, and every output the same", () => {
      const seen = new Set<string>();
      for (let n = 1; n <= 10; n++) {
        hands.slide("order-shuffle", n);
        must(hands.count("#order .outputs .same") === T, `shuffle ${n}: ${hands.text("#order-same")}`);
        is("after", turned());
        seen.add(names("after").join(" "));
      }
      must(seen.size === 10, `${seen.size} orders`);
    });
    test("order: with positions both maps are the oracle's others, and so is the largest move of an output", () => {
      hands.slide("order-shuffle", 1);
      const order = expected["order.order"] as number[];
      must(names("after").join() === order.map((t) => names("before")[t]).join(), names("after").join());
      hands.click("#order-positions");
      is("before", placed);
      is("after", expected["order.after"] as number[]);
      const told = hands.text("#order-same");
      const moved = (expected["order.moved"] as number).toExponential(1);
      must(told.includes(moved) && hands.count("#order .outputs .moved") > T / 2, `${told} for ${moved}`);
    });
    test("order: the answer names the cell that positions move most in the oracle", () => {
      const at = bestOf(map.map((w, e) => Math.abs(w - placed[e]!)));
      const [q, k] = [Math.floor(at / T), at % T].map((t) => names("before")[t]);
      answerNames(hands, must, "order", [`${q} → ${k}`, percentOf(map[at]!), percentOf(placed[at]!)]);
      hands.click("#order-positions");
      is("before", map);
    });
    test("order: a cell chosen in one map, by click or keys, is chosen in the other: the oracle's weight", () => {
      hands.click('#order-before td[data-value="2.1"]');
      const there = hands.attribute('#order-after td[aria-selected="true"]', "aria-label");
      const here = hands.attribute('#order-before td[data-value="2.1"]', "aria-label");
      must(here === there && here.endsWith(percentOf(map[2 * T + 1]!)), `${here} and ${there}`);
      hands.click('#order-after td[data-value="0.3"]');
      const [i, j] = [0, 3].map((t) => names("before").indexOf(names("after")[t]!));
      must(hands.count(`#order-before td[data-value="${i}.${j}"][aria-selected="true"]`) === 1, "not chosen");
      hands.focus('#order-after td[tabindex="0"]');
      hands.press("ArrowDown");
      must(hands.focused() === "1.3", hands.focused());
      hands.click('#order-rows td[data-value="2.4"]');
      const row = hands.attribute('#order-rows td[aria-selected="true"]', "aria-label");
      must(row.endsWith(percentOf((expected["order.rows"] as number[])[2 * T + 4]!)), row);
      hands.focus('#order-rows td[tabindex="0"]');
      hands.press("ArrowLeft");
      must(hands.focused() === "2.3", hands.focused());
    });
    test("order: both scales are measured by the oracle", () => {
      hands.click('#order-before td[data-value="2.1"]');
      const [row, all] = [Math.max(...map.slice(2 * T, 3 * T)), Math.max(...map)];
      for (const name of ["order-before", "order-after"]) scalesHold(hands, must, name, [row, all, all]);
    });
    test("order: what is to be tried, and what is taken along, are the oracle's", () => {
      hands.follow("#order .further li:nth-child(1) a");
      is("after", turned());
      specHolds(hands, must, "order", map.slice(2 * T, 3 * T));
      hands.follow("#order .further li:nth-child(2) a");
      is("before", placed);
      hands.follow("#order .further li:nth-child(3) a");
      is("after", map);
      tableHolds(hands, must, "#order figure:nth-child(2)", map);
    });
  },
});
