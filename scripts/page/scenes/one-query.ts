/**
 * Scene: one query. A query in the plane, the shares of five keys, and an output within the hull of the
 * values.
 */
import type { Child, Handler, Mark } from "../mark.ts";
import type { QueryWrong } from "../models/query-plane.ts";
import type { Words } from "../scene.ts";
import { answerNames, specHolds, tableHolds, unlike } from "../parts/compare.ts";
import { controls, slider, tokens, wrongOnPurpose } from "../parts/controls.ts";
import { csvOf, drawnPicture, picture, tableOf, takeAlong } from "../parts/figure.ts";
import { html, svg } from "../mark.ts";
import { listOf, oneOf, whole } from "../state.ts";
import { percentOf, signed, widthOfWord } from "../parts/numbers.ts";
import { queryModel } from "../models/query-plane.ts";
import { scene } from "../scene.ts";
import { shareList } from "../parts/bars.ts";
import { specText } from "../parts/spec-text.ts";

export const QUERY_WORDS = {
  title: { en: "One query", ja: "一つのクエリ" },
  lead: {
    en:
      "All of attention in two numbers a vector. Drag q: each key’s share grows with q · k, the shares " +
      "sum to 1, and the output slides inside the hull of the values, since it is an average of them.",
    ja:
      "注意のすべてを、ベクトルの数が二つの平面で。q をドラッグすると、q · k が大きいキーほど割合が増えま" +
      "す。割合の和は 1 で、出力はバリューの平均なので、バリューを囲む形の外へは出ません。",
  },
  plane: { en: "keys and the query: drag q", ja: "キーとクエリ（q をドラッグ）" },
  values: { en: "values and the output", ja: "バリューと出力" },
  qx: { en: "q, across", ja: "q の横" },
  qy: { en: "q, up", ja: "q の縦" },
  hide: { en: "Choose words to hide their keys", ja: "隠すキーの語を選ぶ" },
  shares: { en: "shares", ja: "割合" },
  sum: { en: "They sum to {w}. The output is ({x}, {y}).", ja: "和は {w}。出力は ({x}, {y}) です。" },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  after: { en: "mask after the softmax", ja: "softmax のあとに隠す" },
  afterThen: {
    en:
      "The hidden keys have taken their part already: the shares no longer sum to 1, and the output is " +
      "pulled towards zero. Hide a word to see it.",
    ja:
      "隠したキーが先に割合を取ってしまい、和が 1 になりません。出力はゼロの方へ引かれます。語を一つ隠す" +
      "と見えます。",
  },
  tryFar: { en: "A long q: one key takes nearly all", ja: "長い q: 一つのキーがほとんどを取る" },
  tryZero: { en: "q at zero: all keys alike", ja: "q がゼロ：どのキーも一様" },
  tryAfter: { en: "Two hidden keys, masked too late", ja: "二つのキーを、遅すぎるマスクで隠す" },
  ask: {
    en:
      "With the sentence and the seed of the start: which key never gets the largest share, wherever q " +
      "stands?",
    ja: "はじめの文とシードのまま、q をどこに置いても割合が最大にならないキーはどれですか。",
  },
  answer: {
    en:
      "“that”. It stands inside the polygon of the other keys, and in every direction of q a corner of that " +
      "polygon lies farther out, so its q · k is larger.",
    ja:
      "「春の」と「に」です。ほかのキーが囲む多角形の内側にあり、q がどの向きでも、その角のどれかのほうが " +
      "q · k が大きくなります。",
  },
  eq1: { en: "how alike query and key are", ja: "クエリとキーの似かた" },
  eq2: { en: "shares that sum to 1", ja: "和が 1 の割合" },
  eq3: { en: "an average of the values", ja: "バリューの平均" },
} as const satisfies Words;

const REACH = 3.2;

/** A point of the plane on paper, where up is less. */
function onPaper(x: number, y: number): { cx: string; cy: string } {
  return { cx: x.toFixed(3), cy: (-y).toFixed(3) };
}

/** The height of a label. */
const LABEL = 0.3;

/**
 * Where the labels of points begin, on paper: to the right and above, or where they cover the fewest of the
 * labels and points before them.
 */
function labelPlaces(
  points: readonly (readonly [string, readonly [number, number]])[],
): (readonly [number, number])[] {
  const boxes: (readonly [number, number, number, number])[] = points.map(([, [x, y]]) => [
    x - 0.08,
    -y - 0.08,
    x + 0.08,
    -y + 0.08,
  ]);
  return points.map(([word, [x, y]]) => {
    const wide = 0.28 * widthOfWord(word);
    const corners = [
      [x + 0.14, -y - 0.12],
      [x + 0.14, -y + 0.3],
      [x - 0.14 - wide, -y - 0.12],
      [x - 0.14 - wide, -y + 0.3],
      [x - wide / 2, -y - 0.26],
      [x - wide / 2, -y + 0.42],
    ] as const;
    const covered = ([a, b]: readonly [number, number]): number => {
      const out = a + wide > REACH || a < -REACH || b > REACH || b - LABEL < -REACH ? 1 : 0;
      const over = boxes.filter(([l, t, r, u]) => l < a + wide && a < r && t < b && b - LABEL < u).length;
      return over + out;
    };
    const best = corners.reduce((one, other) => (covered(other) < covered(one) ? other : one));
    boxes.push([best[0], best[1] - LABEL, best[0] + wide, best[1]]);
    return best;
  });
}

export const queryScene = scene({
  id: "one-query",
  title: QUERY_WORDS.title,
  lead: QUERY_WORDS.lead,
  most: 0,
  fields: {
    x: whole(120, -300, 300),
    y: whole(80, -300, 300),
    hidden: listOf([], 5),
    wrong: oneOf<QueryWrong>("right", ["right", "after"]),
  },
  sources: [{ path: "lib/attention/dot-product-attention.ts", name: "DotProductAttention" }],
  notes: { "1": QUERY_WORDS.eq1, "2": QUERY_WORDS.eq2, "3": QUERY_WORDS.eq3 },
  tries: [
    { say: QUERY_WORDS.tryFar, settings: { x: 300, y: -300, hidden: [] } },
    { say: QUERY_WORDS.tryZero, settings: { x: 0, y: 0, hidden: [] } },
    { say: QUERY_WORDS.tryAfter, settings: { hidden: [0, 2], wrong: "after" } },
  ],
  question: { ask: QUERY_WORDS.ask, answer: QUERY_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, shared, id } = context;
    const q = [settings.x / 100, settings.y / 100] as const;
    const { hidden, wrong } = settings;
    const model = queryModel(context.words, { q, hidden, seed: shared.seed, wrong });
    const { words, keys, values, scores, shares, output, hull } = model;
    const place = (M: typeof keys, j: number): readonly [number, number] => [
      M.data[2 * j]!,
      M.data[2 * j + 1]!,
    ];
    // values are drawn as wide as their plane is
    const wide = (0.72 * REACH) / Math.max(...Array.from(values.data, Math.abs));
    const onPlane = ([x, y]: readonly [number, number]): readonly [number, number] => [wide * x, wide * y];
    const valueAt = (j: number): readonly [number, number] => onPlane(place(values, j));
    const drawn = onPlane(output);
    const best = shares.indexOf(Math.max(...shares));
    const drag: Handler = ({ x, y, down, stop }) => {
      if (!down) return;
      stop();
      const at = (share: number): number =>
        Math.max(-300, Math.min(300, Math.round(100 * REACH * (2 * share - 1))));
      change({ x: at(x), y: -at(y) || 0 });
    };
    const cross = [
      svg("line", { x1: -REACH, x2: REACH, y1: 0, y2: 0, class: "cross" }),
      svg("line", { y1: -REACH, y2: REACH, x1: 0, x2: 0, class: "cross" }),
    ];
    const named = (word: string, [x, y]: readonly [number, number], name: string): Mark =>
      svg("text", { x: x.toFixed(2), y: y.toFixed(2), class: `label ${name}` }, word);
    const keyPlaces = labelPlaces([
      ["q", q],
      ...words.map((word, j) => [word, place(keys, j)] as const),
    ]);
    const valuePlaces = labelPlaces([
      ["o", drawn],
      ...words.map((word, j) => [word, valueAt(j)] as const),
    ]);
    const gone = (j: number): string => (hidden.includes(j) ? " gone" : "");
    const keyMarks = words.flatMap((word, j) => [
      svg("line", {
        x1: 0,
        y1: 0,
        x2: keys.data[2 * j]!.toFixed(3),
        y2: (-keys.data[2 * j + 1]!).toFixed(3),
        class: `ray k${gone(j)}`,
        "stroke-width": (0.02 + 0.16 * shares[j]!).toFixed(3),
      }),
      svg("circle", {
        ...onPaper(...place(keys, j)),
        r: (0.06 + 0.14 * shares[j]!).toFixed(3),
        class: `dot k${gone(j)}`,
      }),
      named(word, keyPlaces[j + 1]!, `k${gone(j)}`),
    ]);
    const valueMarks = words.flatMap((word, j) => [
      svg("line", {
        x1: drawn[0].toFixed(3),
        y1: (-drawn[1]).toFixed(3),
        x2: valueAt(j)[0].toFixed(3),
        y2: (-valueAt(j)[1]).toFixed(3),
        class: `ray v${gone(j)}`,
        "stroke-width": (0.16 * shares[j]!).toFixed(3),
      }),
      svg("circle", {
        ...onPaper(...valueAt(j)),
        r: (0.06 + 0.14 * shares[j]!).toFixed(3),
        class: `dot v${gone(j)}`,
      }),
      named(word, valuePlaces[j + 1]!, `v${gone(j)}`),
    ]);
    const corners = hull.map((j) => `${valueAt(j)[0].toFixed(3)},${(-valueAt(j)[1]).toFixed(3)}`);
    const view = `${-REACH} ${-REACH} ${2 * REACH} ${2 * REACH}`;
    const keyLabel =
      `${say(QUERY_WORDS.plane)}: q = (${signed(q[0])}, ${signed(q[1])}), ${words[best]} ` +
      `${percentOf(shares[best]!)}`;
    const valueLabel = `${say(QUERY_WORDS.values)}: (${signed(output[0])}, ${signed(output[1])})`;
    const keyPlane = svg(
      "svg",
      {
        viewBox: view,
        class: "plane drag",
        role: "img",
        "aria-label": keyLabel,
        onpointerdown: drag,
        onpointermove: drag,
      },
      ...cross,
      ...keyMarks,
      svg("line", { x1: 0, y1: 0, x2: q[0], y2: -q[1], class: "ray q", "stroke-width": 0.05 }),
      svg("circle", { ...onPaper(q[0], q[1]), r: 0.16, class: "dot q" }),
      named("q", keyPlaces[0]!, "q"),
    );
    const valuePlane = svg(
      "svg",
      { viewBox: view, class: "plane", role: "img", "aria-label": valueLabel },
      svg("polygon", { points: corners.join(" "), class: "hull" }),
      ...cross,
      ...valueMarks,
      svg("circle", { ...onPaper(...drawn), r: 0.14, class: "dot o" }),
      named("o", valuePlaces[0]!, "o"),
    );
    const sum = shares.reduce((a, x) => a + x, 0);
    const taken = (): { picture: Mark; csv: string } => {
      const line = (word: string, j: number): Mark[] => [
        svg("text", { x: 150, y: 64 + 26 * j, class: "end" }, word),
        svg("rect", {
          x: 160,
          y: 51 + 26 * j,
          width: (220 * shares[j]!).toFixed(1),
          height: 16,
          rx: 3,
          class: "w",
        }),
        svg(
          "text",
          { x: (168 + 220 * shares[j]!).toFixed(1), y: 64 + 26 * j, class: "soft" },
          percentOf(shares[j]!),
        ),
      ];
      const title = svg("text", { x: 16, y: 28, class: "title" }, `q = (${signed(q[0])}, ${signed(q[1])})`);
      const weights = { rows: 1, cols: words.length, data: Float32Array.from(shares) };
      return {
        picture: picture(440, 64 + 26 * words.length, say(QUERY_WORDS.title), [
          title,
          ...words.flatMap(line),
        ]),
        csv: csvOf({ rows: ["q"], cols: words, weights }),
      };
    };
    const planes = (): { picture: Mark; csv: string } => ({
      picture: drawnPicture(
        say(QUERY_WORDS.title),
        [
          [
            { kind: "plane", name: keyLabel, mark: keyPlane },
            { kind: "plane", name: valueLabel, mark: valuePlane },
          ],
        ],
        360,
      ),
      csv: tableOf([
        ["", "k_1", "k_2", "v_1", "v_2", "q·k", "share"],
        ...words.map((word, j) => [word, ...place(keys, j), ...place(values, j), scores[j]!, shares[j]!]),
      ]),
    });
    return [
      controls(
        slider({
          id: "one-query-x",
          label: say(QUERY_WORDS.qx),
          min: -300,
          max: 300,
          value: settings.x,
          shown: signed(q[0]),
          change: (x) => change({ x }),
        }),
        slider({
          id: "one-query-y",
          label: say(QUERY_WORDS.qy),
          min: -300,
          max: 300,
          value: settings.y,
          shown: signed(q[1]),
          change: (y) => change({ y }),
        }),
      ),
      html("p", { class: "hint" }, say(QUERY_WORDS.hide)),
      tokens({
        id: "one-query-hidden",
        label: say(QUERY_WORDS.hide),
        words,
        on: hidden,
        change: (on) => change({ hidden: on }),
      }),
      html(
        "div",
        { class: "planes" },
        html("figure", { "data-eq": "1" }, keyPlane, html("figcaption", {}, say(QUERY_WORDS.plane))),
        html(
          "div",
          { class: "middle", "data-eq": "2" },
          html("h3", {}, say(QUERY_WORDS.shares)),
          shareList(words, shares, best, "{n}"),
          html("p", { class: "sum mono" }, scores.map((s, j) => `${words[j]}: ${signed(s)}`).join(" · ")),
          html(
            "p",
            { class: "status", id: "one-query-sum", role: "status" },
            say(QUERY_WORDS.sum, { w: percentOf(sum), x: signed(output[0]), y: signed(output[1]) }),
          ),
          takeAlong(context, id, taken),
        ),
        html(
          "figure",
          { "data-eq": "3" },
          valuePlane,
          html("figcaption", {}, say(QUERY_WORDS.values)),
          takeAlong(context, `${id}-planes`, planes),
        ),
      ),
      wrongOnPurpose<QueryWrong>({
        id: "one-query-wrong",
        label: say(QUERY_WORDS.wrong),
        right: "right",
        rightSay: say(QUERY_WORDS.right),
        value: wrong,
        mistakes: [
          {
            value: "after",
            say: say(QUERY_WORDS.after),
            then: say(QUERY_WORDS.afterThen),
            pitfall: "W4",
            spec: "spec/field-bugs/foundation.spec.ts",
          },
        ],
        change: (next) => change({ wrong: next }),
      }),
    ];
  },
  spec(settings, { words, shared }): string {
    const q = [settings.x / 100, settings.y / 100] as const;
    const { hidden } = settings;
    const model = queryModel(words, { q, hidden, seed: shared.seed, wrong: "right" });
    return specText({
      about: `One query over: ${model.words.join(" ")}`,
      name: `q = (${q.join(", ")})${hidden.length > 0 ? `, keys ${hidden.join(", ")} hidden` : ""}`,
      uses: { "dot-product-attention": "DotProductAttention" },
      given: [
        ["Q", { rows: 1, cols: 2, data: Float32Array.from(q) }],
        ["K", model.keys],
        ["V", model.values],
      ],
      code: [
        `const allow = (_: number, j: number): boolean => !${JSON.stringify(hidden)}.some((key) => key === j);`,
        "const { output, weights } = new DotProductAttention().forward(Q, K, V, { allow });",
      ],
      got: "[...weights.data, ...output.data]",
      expected: [...model.shares, ...model.output],
    });
  },
  trial(hands, test, must, expected): void {
    type At = Readonly<Record<string, number[]>> & { readonly tries: readonly number[][] };
    const at = expected["one-query.at"] as unknown as At;
    const shares = (): number[] => hands.texts("#one-query .shares small").map(Number.parseFloat);
    const is = (wanted: readonly number[]): void => {
      const off = unlike(shares(), wanted.slice(0, -2));
      must(off === "", off);
      const [x, y] = wanted.slice(-2).map((number) => signed(number));
      const told = hands.text("#one-query-sum");
      must(told.includes(`(${x}, ${y})`), `${told} for (${x}, ${y})`);
      must(told.includes(percentOf(wanted.slice(0, -2).reduce((sum, w) => sum + w))), told);
    };
    test("one-query: shares, scores, output and hull at q = (1.2, 0.8) are the oracle's", () => {
      is(at["first"]!);
      const scores = (expected["one-query.points"] as number[]).slice(-5).map((s) => signed(s));
      const shown = hands.text("#one-query .middle .sum").split(" · ").map((part) => part.split(": ")[1]);
      must(shown.join() === scores.join(), `${shown.join()} for ${scores.join()}`);
      const corners = hands.attribute("#one-query .hull", "points").split(" ");
      const wanted = expected["one-query.hull"] as number[];
      must(corners.length === wanted.length, `${corners.length} corners for ${wanted.length}`);
    });
    test("one-query: what is taken along are the oracle's keys, values, scores and shares", () => {
      const points = expected["one-query.points"] as number[];
      tableHolds(hands, must, "#one-query .middle", at["first"]!.slice(0, 5));
      const lines = [0, 1, 2, 3, 4].flatMap((j) => [
        ...points.slice(2 * j, 2 * j + 2),
        ...points.slice(10 + 2 * j, 12 + 2 * j),
        points[20 + j]!,
        at["first"]![j]!,
      ]);
      tableHolds(hands, must, "#one-query .middle + figure", lines);
      specHolds(hands, must, "one-query", at["first"]!);
    });
    test("one-query: each slider moves q to the oracle's shares; at zero all keys are alike", () => {
      hands.slide("one-query-x", 0);
      hands.slide("one-query-y", 0);
      is(at["zero"]!);
      hands.slide("one-query-x", -150);
      hands.slide("one-query-y", 210);
      is(at["slid"]!);
    });
    test("one-query: a drag moves q, across and up", () => {
      // an engine may round where a pointer is to whole pixels, of which one is 0.02
      const is160 = (id: string, wanted: readonly number[]): void => {
        const told = hands.text(`#one-query output[for="${id}"]`);
        must(Math.abs(Number(told) - 1.6) <= 0.021, `${id} at ${told}`);
        const off = unlike(shares(), wanted.slice(0, -2), 2);
        must(off === "", off);
      };
      hands.point("#one-query .drag", "pointerdown", 0.75, 0.5);
      is160("one-query-x", at["right"]!);
      hands.point("#one-query .drag", "pointermove", 0.5, 0.25);
      is160("one-query-y", at["up"]!);
      hands.slide("one-query-x", 0);
      hands.slide("one-query-y", 160);
      is(at["up"]!);
    });
    test("one-query: a hidden key gets nothing, and masked too late the sum falls by what it had", () => {
      hands.click('#one-query-hidden [data-value="0"]');
      is(at["hidden"]!);
      hands.click('#one-query-wrong [data-value="after"]');
      is(at["late"]!);
      must(hands.text("#one-query .told").includes("W4"), hands.text("#one-query .told"));
      hands.click('#one-query-wrong [data-value="right"]');
      is(at["hidden"]!);
      hands.click('#one-query-hidden [data-value="0"]');
      is(at["up"]!);
    });
    test("one-query: each thing to try gives the oracle's shares", () => {
      hands.slide("one-query-x", 120);
      hands.slide("one-query-y", 80);
      for (const n of [2, 1, 0]) {
        hands.follow(`#one-query .further li:nth-child(${n + 1}) a`);
        if (n === 1) hands.click('#one-query-wrong [data-value="right"]');
        is(at.tries[n]!);
      }
    });
    test("one-query: the answer names the keys that Node finds inside the hull of the keys", () => {
      const inner = expected["one-query.inner"] as string[];
      must(inner.length > 0, "none");
      answerNames(hands, must, "one-query", inner);
    });
  },
});
