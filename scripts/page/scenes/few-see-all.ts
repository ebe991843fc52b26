/** Scene: a few see all. Words made global, the document's class in its readings, and Longformer. */
import type { Child } from "../mark.ts";
import type { FewWrong } from "../models/few-see-all.ts";
import type { Words } from "../scene.ts";
import { MOST_WORDS } from "../context.ts";
import { arithmeticOf, rowAt } from "../models/multi-head.ts";
import { cellField, listOf, oneOf, scaleField, whole } from "../state.ts";
import { cellOf, scene } from "../scene.ts";
import { choices, controls, slider, tokens, wrongOnPurpose } from "../parts/controls.ts";
import { counted, percentOf } from "../parts/numbers.ts";
import { fewModel } from "../models/few-see-all.ts";
import { html } from "../mark.ts";
import { depthOf, mapHolds } from "../parts/compare.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { reasonNames } from "../../../lib/graph/neighbours.ts";
import { specText } from "../parts/spec-text.ts";
import { stepsPanel } from "../parts/steps.ts";

export const FEW_WORDS = {
  title: { en: "A few see all", ja: "少数がすべてを見る" },
  lead: {
    en:
      "A window alone carries a word one radius a layer. Make a few words global, and they see all and " +
      "are seen by all: any two words are two steps apart. Click words below. The note that this class " +
      "follows can be read in more than one way, and Longformer gives its global queries projections of " +
      "their own: see what each choice changes.",
    ja:
      "窓だけでは、情報は一層ごとに半径の分しか進みません。いくつかの語をグローバルにすると、その語はすべてを見て、すべてから見られ、どの二語も二歩でつながります。下の語を押してください。" +
      "もとの文書には読み方が一通りでない箇所があり、Longformer はグローバルなクエリに専用の射影を与え" +
      "ます。選ぶと何が変わるかを見てください。",
  },
  globals: { en: "Global words", ja: "グローバルな語" },
  radius: { en: "window radius", ja: "窓の半径" },
  kind: { en: "mechanism", ja: "機構" },
  hybrid: { en: "hybrid", ja: "ハイブリッド" },
  longformer: { en: "Longformer", ja: "Longformer" },
  repeated: { en: "a global word inside the window counts", ja: "窓の中のグローバルな語を数えるのは" },
  once: { en: "once", ja: "一度" },
  twice: { en: "twice", ja: "二度" },
  edges: { en: "beyond the ends are", ja: "両端の外には" },
  cut: { en: "no keys", ja: "キーがない" },
  zero: { en: "keys of zeros", ja: "ゼロのキー" },
  rows: { en: "a global query sees", ja: "グローバルなクエリが見るのは" },
  all: { en: "all keys", ja: "すべてのキー" },
  window: { en: "its window and the globals", ja: "窓とグローバルだけ" },
  readings: { en: "this reading and the first", ja: "この読み方と最初の読み方" },
  unread: {
    en: "These three readings are the hybrid’s; Longformer has none of them.",
    ja: "この三つの読み方はハイブリッドのもので、Longformer にはありません。",
  },
  pairs: { en: "pairs scored", ja: "計算した対" },
  ofAll: { en: "of {all} = T², {share}", ja: "T² = {all} のうち {share}" },
  local: { en: "inside the window", ja: "窓の中" },
  global: { en: "the query or the key is global", ja: "クエリかキーがグローバル" },
  both: { en: "both: inside the window, and global", ja: "両方：窓の中で、しかもグローバル" },
  unseen: { en: "not looked at: no score is computed", ja: "見ない。スコアも計算しない" },
  double: {
    en: "Counted twice, its score gains ln 2, and its power doubles: {a} becomes {b}.",
    ja: "二度数えると、スコアに ln 2 が加わり、exp は 2 倍です。{a} が {b} になります。",
  },
  stolen: {
    en: "Zeros beyond the ends hold {w} of this row.",
    ja: "両端の外のゼロが、この行の {w} を持っています。",
  },
  owned: {
    en:
      "“{q}” is global: its query, and the keys and values that it meets, come from projections of its " +
      "own.",
    ja: "「{q}」はグローバルなので、クエリも、相手のキーとバリューも、専用の射影から作ります。",
  },
  plain: {
    en: "In this cell this reading agrees with the first.",
    ja: "このマスの重みは、最初の読み方と同じです。",
  },
  changed: {
    en: "Here the reading changes the weight: {a} in the first reading, {b} in this one.",
    ja: "ここでは読み方で重みが変わります。最初の読み方では {a}、この読み方では {b} です。",
  },
  panel: {
    en: "The panel below works out the first reading: once, cut, all.",
    ja: "下の枠は、最初の読み方（一度・切る・すべて）の計算です。",
  },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  shared: { en: "one set of projections for Longformer", ja: "Longformer の射影を一組だけに" },
  sharedThen: {
    en:
      "Longformer’s global queries get the projections of the window: only the rows of global words change, so " +
      "a test on other rows passes.",
    ja:
      "Longformer のグローバルなクエリにも、窓と同じ射影を使います。変わるのはグローバルな語の行だけなので、ほかの行のテストは通ってしまいます。",
  },
  tryShared: {
    en: "Longformer with one set of projections: compare the row of the global word",
    ja: "射影を一組だけにした Longformer: グローバルな語の行をくらべる",
  },
  tryTwice: { en: "Counted twice: look at the two-coloured cells", ja: "二度数える：二色のマスを見る" },
  tryNarrow: {
    en: "Global queries that see no more than others: the rows vanish, the columns stay",
    ja: "グローバルなクエリも窓だけ：行が消え、列が残る",
  },
  tryOwn: {
    en: "Longformer: only the rows of global words change",
    ja: "Longformer: 変わるのはグローバルな語の行だけ",
  },
  ask: {
    en:
      "Count a global word twice. Which cells of its column grow, and which cells of the other columns " +
      "shrink?",
    ja:
      "グローバルな語を二度数えます。その列で濃くなるのはどのマスですか。ほかの列で薄くなるのはどのマスで" +
      "すか。",
  },
  answer: {
    en:
      "Those of the queries whose window holds the global word, and only they: the two-coloured cells of " +
      "its column, without its own row. Their rows still sum to 1, so all other cells of just those rows " +
      "shrink.",
    ja:
      "窓の中にそのグローバルな語を持つクエリのマスだけです。列の二色のマスから、その語自身の行を除いたも" +
      "のです。行の和は 1 のままなので、同じ行のほかのマスはすべて薄くなります。",
  },
} as const satisfies Words;

export const fewScene = scene({
  id: "few",
  title: FEW_WORDS.title,
  lead: FEW_WORDS.lead,
  most: MOST_WORDS,
  fields: {
    radius: whole(1, 0, 255),
    globals: listOf([3], 32),
    kind: oneOf("hybrid", ["hybrid", "longformer"]),
    repeated: oneOf("once", ["once", "twice"]),
    edges: oneOf("cut", ["cut", "zero"]),
    rows: oneOf("all", ["all", "window"]),
    scale: scaleField(),
    cell: cellField(),
    wrong: oneOf<FewWrong>("right", ["right", "shared"]),
  },
  sources: [
    { path: "lib/attention/hybrid-sparse-attention.ts", name: "HybridSparseAttention" },
    { path: "lib/attention/longformer-attention.ts", name: "LongformerAttention" },
  ],
  tries: [
    {
      say: FEW_WORDS.tryTwice,
      settings: { kind: "hybrid", repeated: "twice", edges: "cut", rows: "all", cell: [2, 3] },
    },
    {
      say: FEW_WORDS.tryNarrow,
      settings: { kind: "hybrid", repeated: "once", edges: "cut", rows: "window", cell: [3, 0] },
    },
    { say: FEW_WORDS.tryOwn, settings: { kind: "longformer", cell: [3, 0], wrong: "right" } },
    { say: FEW_WORDS.tryShared, settings: { kind: "longformer", cell: [3, 0], wrong: "shared" } },
  ],
  question: { ask: FEW_WORDS.ask, answer: FEW_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const T = words.length;
    const radius = Math.min(settings.radius, T - 1);
    const globals = settings.globals.filter((g, n) => g < T && settings.globals.indexOf(g) === n);
    const own = settings.kind === "longformer";
    const wrong = own && settings.wrong !== "right";
    const { repeated, edges } = settings;
    const model = fewModel(X, {
      radius,
      globals,
      own,
      repeated,
      edges,
      globalRows: settings.rows,
      seed: shared.seed,
      wrong: settings.wrong,
    });
    const { map, first, why, pairs, departs } = model;
    const cell = cellOf(settings.cell, map);
    const [i, j] = cell;
    const weight = map.data[i * T + j]!;
    const before = first.data[i * T + j]!;
    const kind = (a: number, b: number): "unseen" | "local" | "global" | "both" => {
      const names = reasonNames(why[a * T + b]!);
      if (names.length === 0) return "unseen";
      if (names.length > 1) return "both";
      return names[0] === "local" ? "local" : "global";
    };
    const rowSum = map.data.subarray(i * T, (i + 1) * T).reduce((sum, w) => sum + w, 0);
    const seen = why.subarray(i * T, (i + 1) * T).filter((bits) => bits !== 0).length;
    const moved = Math.abs(weight - before) > 1e-6;
    const asItIs = (): string => {
      if (own && !wrong && globals.includes(i)) return say(FEW_WORDS.owned, { q: words[i]! });
      if (moved && repeated === "twice" && kind(i, j) === "both") {
        return say(FEW_WORDS.double, { a: percentOf(before), b: percentOf(weight) });
      }
      return moved
        ? say(FEW_WORDS.changed, { a: percentOf(before), b: percentOf(weight) })
        : departs
          ? say(FEW_WORDS.plain)
          : "";
    };
    const seenAtFirst = (key: number): boolean => first.data[i * T + key]! > 0;
    const steps = arithmeticOf(model.projectedFor(i), cell, { sees: seenAtFirst });
    return [
      controls(
        slider({
          id: "few-radius",
          label: say(FEW_WORDS.radius),
          min: 0,
          max: Math.max(1, T - 1),
          value: radius,
          change: (value) => change({ radius: value }),
        }),
        choices({
          id: "few-kind",
          label: say(FEW_WORDS.kind),
          value: settings.kind,
          among: [
            { value: "hybrid", say: say(FEW_WORDS.hybrid) },
            { value: "longformer", say: say(FEW_WORDS.longformer) },
          ],
          change: (next) => change({ kind: next }),
        }),
      ),
      html("p", { class: "hint" }, say(FEW_WORDS.globals)),
      tokens({
        id: "few-globals",
        label: say(FEW_WORDS.globals),
        words,
        on: globals,
        change: (on) => change({ globals: on }),
      }),
      controls(
        choices({
          id: "few-repeated",
          label: say(FEW_WORDS.repeated),
          value: repeated,
          among: [
            { value: "once", say: say(FEW_WORDS.once) },
            { value: "twice", say: say(FEW_WORDS.twice) },
          ],
          change: (next) => change({ repeated: next }),
        }),
        choices({
          id: "few-edges",
          label: say(FEW_WORDS.edges),
          value: edges,
          among: [
            { value: "cut", say: say(FEW_WORDS.cut) },
            { value: "zero", say: say(FEW_WORDS.zero) },
          ],
          change: (next) => change({ edges: next }),
        }),
        choices({
          id: "few-rows",
          label: say(FEW_WORDS.rows),
          value: settings.rows,
          among: [
            { value: "all", say: say(FEW_WORDS.all) },
            { value: "window", say: say(FEW_WORDS.window) },
          ],
          change: (next) => change({ rows: next }),
        }),
      ),
      html("p", { class: "note" }, own ? say(FEW_WORDS.unread) : ""),
      html(
        "div",
        { class: "stage" },
        mapFigure(context, {
          id: "few-map",
          title: `${say(FEW_WORDS[settings.kind])}, r = ${radius}`,
          rows: words,
          cols: words,
          weights: map,
          cell,
          label: say(FEW_WORDS.title),
          say: (a, b) =>
            `${words[a]} → ${words[b]}, ${say(FEW_WORDS[kind(a, b)])}, ${percentOf(map.data[a * T + b]!)}`,
          kind,
          kinds: (["local", "global", "both", "unseen"] as const).map(
            (name) => [name, say(FEW_WORDS[name])] as const,
          ),
          alike: 1 / Math.max(1, seen),
          choose: (next) => change({ cell: next }),
          scale: settings.scale,
          rescale: (scale) => change({ scale }),
          ...(own ? {} : { among: [map, first], amongSay: say(FEW_WORDS.readings) }),
          take: id,
          wrong,
        }),
        html(
          "div",
          { class: "side" },
          html(
            "div",
            { class: "count", id: "few-pairs" },
            html("small", {}, say(FEW_WORDS.pairs)),
            html("strong", {}, counted(pairs)),
            html(
              "span",
              {},
              say(FEW_WORDS.ofAll, { all: counted(T * T), share: percentOf(pairs / (T * T)) }),
            ),
            html("div", { class: "meter" }, html("i", { "--at": (pairs / (T * T)).toFixed(4) })),
          ),
          html(
            "ul",
            { class: "keys" },
            ...(["local", "global", "both", "unseen"] as const).map((name) =>
              html(
                "li",
                {},
                html("i", { class: `swatch reason ${name}`, "--w": 0.7 }),
                html("span", {}, say(FEW_WORDS[name])),
              ),
            ),
          ),
          html(
            "div",
            { class: `because ${kind(i, j)}`, role: "status", id: "few-because" },
            html(
              "h3",
              {},
              `${words[i]} → ${words[j]}`,
              html("b", {}, kind(i, j) === "unseen" ? "—" : percentOf(weight)),
            ),
            html("p", {}, say(FEW_WORDS[kind(i, j)])),
            html("p", {}, asItIs()),
            html(
              "p",
              { class: "sum-of-row" },
              rowSum < 0.9999 && !own ? say(FEW_WORDS.stolen, { w: percentOf(1 - rowSum) }) : "",
            ),
          ),
        ),
      ),
      wrongOnPurpose<FewWrong>({
        id: "few-wrong",
        label: say(FEW_WORDS.wrong),
        right: "right",
        rightSay: say(FEW_WORDS.right),
        value: wrong ? settings.wrong : "right",
        mistakes: [
          {
            value: "shared",
            say: say(FEW_WORDS.shared),
            then: say(FEW_WORDS.sharedThen),
            pitfall: "W23",
            spec: "spec/field-bugs/sparse.spec.ts",
          },
        ],
        change: (next) => change(next === "right" ? { wrong: next } : { wrong: next, kind: "longformer" }),
      }),
      html("p", { class: "note" }, departs ? say(FEW_WORDS.panel) : ""),
      stepsPanel(context, {
        steps,
        rows: words,
        cols: words,
        cell,
        weight: before,
        numbers: own ? ["2", "3 5", "3 5"] : ["A2 B3", "A2 B3", "C2 C3"],
      }),
    ];
  },
  spec(settings, { X, words, shared }): string {
    const radius = Math.min(settings.radius, X.rows - 1);
    const globals = settings.globals.filter((g, n) => g < X.rows && settings.globals.indexOf(g) === n);
    const { repeated, edges, rows: globalRows, kind } = settings;
    const own = kind === "longformer";
    const { map } = fewModel(X, { radius, globals, own, repeated, edges, globalRows, seed: shared.seed });
    const [i] = cellOf(settings.cell, map);
    const [T, d] = [X.rows, X.cols];
    const head = (name: string): string =>
      `const ${name} = randomHead({ d_query: ${d}, d_k: ${d} }, random);`;
    const reading = JSON.stringify({ edges, repeated, globalRows });
    return specText({
      about: `Row ${i + 1}, over: ${words.join(" ")}`,
      name: `${kind}, radius ${radius}, globals ${globals.join(", ")}`,
      uses: {
        ...(own ? { "graph/maps": "toDense" } : {}),
        heads: "randomHead",
        ...(own
          ? { "longformer-attention": "LongformerAttention" }
          : { "hybrid-sparse-attention": "HybridSparseAttention", "kernels/linear": "linear" }),
        matrix: "identity, randomGenerator",
      },
      given: [["X", X]],
      code: [
        `const random = randomGenerator(${shared.seed});`,
        head("local"),
        ...(own
          ? [
              head("global"),
              `const layer = { heads: [{ local, global }], W_O: identity(${d}), radius: ${radius} };`,
              `const options = { globals: ${JSON.stringify(globals)} };`,
              "const { weights } = new LongformerAttention(layer).forward(X, options);",
              "const map = toDense(weights[0]!);",
            ]
          : [
              `const reading = ${reading} as const;`,
              `const layer = { heads: [local], W_O: identity(${d}), radius: ${radius}, reading };`,
              "const hybrid = new HybridSparseAttention(layer);",
              "const [Q, K, V] = [linear(X, local.W_Q), linear(X, local.W_K), linear(X, local.W_V)];",
              `const map = hybrid.fullAttention(hybrid.attend(Q, K, V, ${JSON.stringify(globals)}).weights);`,
            ]),
      ],
      got: `map.data.slice(${i * T}, ${(i + 1) * T})`,
      expected: rowAt(map, i),
    });
  },
  trial(hands, test, must, expected) {
    const agrees = (name: string): void => mapHolds(hands, must, "few-map", String(expected[`few.${name}`]), name);
    const press = (what: string, value: string): void => hands.click(`#few-${what} [data-value="${value}"]`);
    const T = Number(expected["T"]);
    const wantedAt = (name: string, e: number): number => Number(String(expected[`few.${name}`]).split(".")[e]) / 10;
    const counts = expected["few.pairs"] as readonly number[];
    const pairs = (): number => Number(hands.text("#few-pairs strong"));
    const shares = (): string[] => hands.texts("#few-because p")[1]!.match(/[\d.]+%/g) ?? [];
    test("few: the first reading is the oracle's union of window and globals, and so is its count", () => {
      agrees("once");
      must(pairs() === counts[0], `${pairs()} pairs, not ${counts[0]}`);
    });
    test("few: arrow keys read the row of the global word", () => {
      hands.click('#few-map td[data-value="3.1"]');
      hands.focus('#few-map [tabindex="0"]');
      hands.press("ArrowDown", "Home", "ArrowUp");
      const wanted = wantedAt("once", 3 * T);
      const share = Number.parseFloat(hands.text("#few-because h3 b"));
      must(hands.focused() === "3.0" && Math.abs(share - wanted) < 0.56, `${hands.focused()}: ${share} for ${wanted}`);
    });
    test("few: counted twice is ln 2 on the score, and the cells that grow are those of the answer", () => {
      press("repeated", "twice");
      agrees("twice");
      hands.click('#few-map td[data-value="2.3"]');
      must(hands.text("#few-because").includes("ln 2"), hands.text("#few-because"));
      const wanted = ["once", "twice"].map((name) => wantedAt(name, 2 * T + 3));
      const told = shares().map(Number.parseFloat);
      must(told.every((x, n) => Math.abs(x - wanted[n]!) < 0.56), `${told.join()} for ${wanted.join()}`);
      // the two-coloured cells of the global word's column, without its own row
      const rows = Array.from({ length: T }, (_, i) => i);
      const both = rows.filter((i) => i !== 3 && hands.count(`#few-map td.both[data-value="${i}.3"]`) === 1);
      const grow = String(expected["few.grow"]);
      must(both.map((i) => `${i}.3`).join() === grow, `${both.join()}: ${grow}`);
      press("repeated", "once");
    });
    test("few: global queries that see their window lose what is far, as the oracle's do", () => {
      press("rows", "window");
      agrees("narrow");
      must(pairs() === counts[1], `${pairs()} pairs, not ${counts[1]}`);
      press("rows", "all");
    });
    test("few: zeros beyond the ends take from the first row what the oracle gives them", () => {
      press("edges", "zero");
      agrees("zeros");
      hands.click('#few-map td[data-value="0.0"]');
      const told = Number.parseFloat(/[\d.]+%/.exec(hands.text("#few-because .sum-of-row"))?.[0] ?? "");
      const wanted = 100 * Number(expected["few.stolen"]);
      must(Math.abs(told - wanted) < 0.51, `${told}, not ${wanted}`);
      press("edges", "cut");
      must(hands.text("#few-because .sum-of-row") === "", "zeros are told of where none are");
    });
    test("few: Longformer's global row comes from its own projections", () => {
      press("kind", "longformer");
      agrees("own");
      hands.click('#few-map td[data-value="3.5"]');
      const wanted = wantedAt("own", 3 * T + 5);
      const panel = 100 * Number(hands.attribute("#few-why .checked", "data-share"));
      must(Math.abs(panel - wanted) < 0.051, `the panel has ${panel}, not ${wanted}`);
      press("kind", "hybrid");
    });
    test("few: one set of projections is the oracle's map without the second, and names its bug", () => {
      press("wrong", "shared");
      agrees("once");
      must(/W23.*sparse\.spec/.test(hands.text("#few .told")), hands.text("#few .told"));
      must(hands.count("#few-map td.wrong, #few-map.wrong") > 0, "the map is not hatched");
      press("wrong", "right");
      agrees("own");
      press("kind", "hybrid");
    });
    test("few: the scale by row measures by the row's densest, the others by their maps'", () => {
      const depth = (): number => depthOf(hands, "few-map", "1.1");
      const all = ["once", "twice"].map((name) => String(expected[`few.${name}`]).split(".").map(Number));
      const own = all[0]![T + 1]! / 1000;
      const scales = { row: Number(expected["few.row"]), map: Math.max(...all[0]!) / 1000 };
      for (const [scale, most] of Object.entries(scales)) {
        press("scale", scale);
        must(Math.abs(depth() - own / most) < 0.005, `${scale}: ${depth()}, not ${own / most}`);
      }
      press("repeated", "twice");
      press("scale", "heads");
      const twice = all[1]![T + 1]! / Math.max(...all.flat());
      must(Math.abs(depth() - twice) < 0.005, `both readings: ${depth()}, not ${twice}`);
      press("scale", "map");
      press("repeated", "once");
    });
    test("few: radius 2 and a second global word give the oracle's map", () => {
      hands.slide("few-radius", 2);
      press("globals", "5");
      agrees("wide");
      must(pairs() === counts[2], `${pairs()} pairs, not ${counts[2]}`);
      press("globals", "5");
    });
    test("few: no globals and radius 0 leave each word to itself", () => {
      hands.slide("few-radius", 0);
      press("globals", "3");
      must(pairs() === T, `${pairs()} pairs`);
    });
  },
});
