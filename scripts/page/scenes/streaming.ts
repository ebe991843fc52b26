/** Scene: no map at all. Blocks of keys pass by; a running maximum, sum and output stay. */
import type { Child, Mark } from "../mark.ts";
import type { StreamSum, StreamWrong } from "../models/streaming.ts";
import type { Words } from "../scene.ts";
import { bars } from "../parts/bars.ts";
import { cellField, oneOf, scaleField, whole } from "../state.ts";
import { controls, slider, wrongOnPurpose } from "../parts/controls.ts";
import { counted, peakOf, signed } from "../parts/numbers.ts";
import { html } from "../mark.ts";
import { depthOf, mapHolds } from "../parts/compare.ts";
import { mapFigure } from "../parts/map-figure.ts";
import { rowAt } from "../models/multi-head.ts";
import { scene } from "../scene.ts";
import { specText } from "../parts/spec-text.ts";
import { stepping } from "../parts/stepping.ts";
import { liveliest, streamModel, streamPast, streamSum } from "../models/streaming.ts";

export const STREAM_WORDS = {
  title: { en: "No map at all", ja: "地図を作らない" },
  lead: {
    en:
      "The map of T² weights is never needed as a whole. Keys pass by in blocks, and each query carries " +
      "along three things: the greatest score m so far, the sum l of exponentials, and the output O. When " +
      "a greater score comes, what was summed before shrinks by exp(m − m′), as if it had been known from " +
      "the start.",
    ja:
      "T² 個の重みの地図を、一度に持つ必要はありません。キーはブロックごとに通り過ぎ、各クエリは三つだけ" +
      "を持ち歩きます。これまでの最大スコア m、exp の和 l、出力 O です。より大きいスコアが来ると、それま" +
      "での和は exp(m − m′) 倍に縮みます。初めから最大を知っていたかのように。",
  },
  block: { en: "keys a block", ja: "ブロックのキー数" },
  step: { en: "blocks passed", ja: "通り過ぎたブロック" },
  present100: {
    en: "numbers: exp(S − m′) in percent of exp 0 = 1, the greatest score so far",
    ja: "数字は exp(S − m′)。これまでの最大のスコアが exp 0 = 1 = 100% です",
  },
  past: { en: "Block by block for “{q}”", ja: "「{q}」のブロックごとの値" },
  keys: { en: "keys", ja: "キー" },
  gone: { en: "passed by: no number of it is kept", ja: "通り過ぎた：どの数も残っていない" },
  present: { en: "the present block: scores", ja: "いまのブロック：スコア" },
  ahead: { en: "not yet read", ja: "まだ読んでいない" },
  carried: { en: "what “{q}” carries", ja: "「{q}」が持ち歩くもの" },
  m: { en: "m, greatest score", ja: "m 最大のスコア" },
  l: { en: "l, sum of exponentials", ja: "l exp の和" },
  shrink: {
    en: "the last block shrank the sum before by {x}",
    ja: "直前のブロックで、それまでの和が {x} 倍に縮んだ",
  },
  out: { en: "O / l, the output so far", ja: "O / l ここまでの出力" },
  nothing: { en: "nothing read yet: m = −∞, l = 0", ja: "まだ何も読んでいない：m = −∞、l = 0" },
  memory: {
    en:
      "at once: {a} scores of one block, in place of {b} of the map; for 4,096 words and blocks of 256 " +
      "queries and keys 65,536 in place of 16,777,216",
    ja:
      "一度に持つのは 1 ブロックの {a} 個。地図なら {b} 個です。4,096 語で 256 × 256 のブロックなら、16," +
      "777,216 個が 65,536 個になります",
  },
  sums: { en: "The last step in numbers", ja: "直前の一歩を数で" },
  off: {
    en: "after the last block, off by {d} from attention with the whole map",
    ja: "最後のブロックのあと、地図を作る注意との差は {d}",
  },
  cell: { en: "{q} · {k}: {s}", ja: "{q} · {k}: {s}" },
  wrong: { en: "Wrong on purpose", ja: "わざと間違える" },
  right: { en: "right", ja: "正しい" },
  unshrunk: { en: "forget to shrink", ja: "縮めるのを忘れる" },
  unshrunkThen: {
    en: "Sums of different maxima are added as they are: the earlier blocks weigh too much.",
    ja: "異なる最大値で作った和をそのまま足します。先に来たブロックが重くなりすぎます。",
  },
  tryOne: { en: "Blocks of one key: every key is a step", ja: "1 個ずつのブロック：キーごとに一歩" },
  tryWhole: { en: "One block of all keys: ordinary softmax", ja: "全部で 1 ブロック：ふつうの softmax" },
  tryWrong: { en: "Forget to shrink, and read the difference", ja: "縮めるのを忘れて、差を読む" },
  ask: {
    en:
      "Take blocks of one key and let them pass one by one. At which cell of a query’s row does its sum shrink " +
      "for the last time?",
    ja: "キーを 1 個ずつ通してください。あるクエリの行で、和が最後に縮むのはどのマスですか。",
  },
  answer: {
    en:
      "At the cell of its greatest score, the densest of the row in a map of all keys. No greater one comes " +
      "after it, so m stays and exp(m − m′) = exp 0 = 1. The order of the keys decides how often a sum shrinks; " +
      "the result does not depend on it.",
    ja:
      "スコアが最大のマス、つまり地図を作れば行の中で最も濃くなるマスです。そのあとに、より大きいスコアは来ません。" +
      "m が変わらないので exp(m − m′) = exp 0 = 1 です。何回縮むかはキーの順序で変わりますが、結果は変わりません。",
  },
  eq1: { en: "scores of one block", ja: "1 ブロックのスコア" },
  eq2: { en: "the greatest so far", ja: "これまでの最大" },
  eq3: { en: "exponentials against it", ja: "それを引いた exp" },
  eq4: { en: "the sum, shrunk and added to", ja: "和を縮めて足す" },
  eq5: { en: "the output, likewise", ja: "出力も同じように" },
} as const satisfies Words;

/** The last step in numbers, equation by equation; before the first there is none. */
function streamLines(sum: StreamSum | undefined, wrong: StreamWrong): readonly (readonly [string, string])[] {
  if (sum === undefined) return ["2", "3", "4", "4"].map((number) => [number, ""] as const);
  const { before, scores, m, powers, shrink, l } = sum;
  const most = (x: number): string => (x === -Infinity ? "−∞" : signed(x));
  const total = powers.reduce((all, p) => all + p, 0);
  const kept = wrong === "right" ? `${signed(before.l, 3)} · ${shrink.toFixed(3)}` : signed(before.l, 3);
  const then = wrong === "right" ? l : before.l + total;
  return [
    ["2", `m′ = max(${[most(before.m), ...scores.map((s) => signed(s))].join(", ")}) = ${signed(m)}`],
    ["3", `P = exp(S − m′) = ${powers.map((p) => p.toFixed(3)).join(", ")}`],
    ["4", `exp(m − m′) = exp(${most(before.m)} − ${m < 0 ? `(${signed(m)})` : signed(m)}) = ${shrink.toFixed(3)}`],
    ["4", `l′ = ${kept} + ${total.toFixed(3)} = ${signed(then, 3)}`],
  ];
}

export const streamScene = scene({
  id: "streaming",
  title: STREAM_WORDS.title,
  lead: STREAM_WORDS.lead,
  fields: {
    block: whole(3, 1, 32),
    step: whole(3, 0, 32),
    wrong: oneOf<StreamWrong>("right", ["right", "unshrunk"]),
    scale: scaleField(),
    cell: cellField(),
  },
  sources: [
    { path: "lib/kernels/online-softmax.ts", name: "onlineSoftmax" },
    { path: "lib/attention/streaming-attention.ts", name: "StreamingAttention" },
  ],
  notes: {
    "1": STREAM_WORDS.eq1,
    "2": STREAM_WORDS.eq2,
    "3": STREAM_WORDS.eq3,
    "4": STREAM_WORDS.eq4,
    "5": STREAM_WORDS.eq5,
  },
  tries: [
    { say: STREAM_WORDS.tryOne, settings: { block: 1, step: 4, wrong: "right" } },
    { say: STREAM_WORDS.tryWhole, settings: { block: 32, step: 32, wrong: "right" } },
    { say: STREAM_WORDS.tryWrong, settings: { block: 2, step: 32, wrong: "unshrunk" } },
  ],
  question: { ask: STREAM_WORDS.ask, answer: STREAM_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, words, X, shared, id } = context;
    const T = words.length;
    const block = Math.min(settings.block, T);
    const model = streamModel(X, {
      block,
      seed: shared.seed,
      wrong: settings.wrong,
    });
    const { scores, states, edges, off } = model;
    const blocks = states.length - 1;
    const step = Math.min(settings.step, blocks);
    const [first, end] = step === 0 ? [0, 0] : [edges[step - 1]!, edges[step]!];
    const greatest = (row: number): number => {
      const read = scores.data.subarray(row * T + first, row * T + end);
      return read.length === 0 ? 0 : first + read.indexOf(Math.max(...read));
    };
    const liveRow = liveliest(scores);
    const [i, j] =
      settings.cell === undefined
        ? [liveRow, greatest(liveRow)]
        : [Math.min(settings.cell[0], T - 1), Math.min(settings.cell[1], T - 1)];
    const kind = (b: number): "gone" | "present" | "ahead" =>
      b < first ? "gone" : b < end ? "present" : "ahead";
    const powers = {
      rows: T,
      cols: T,
      data: Float32Array.from(scores.data, (s, e) =>
        kind(e % T) === "present" ? Math.exp(s - states[step]!.m.data[Math.floor(e / T)]!) : 0,
      ),
    };
    const state = states[step]!;
    const [m, l] = [state.m.data[i]!, state.l.data[i]!];
    const sum = step === 0 ? undefined : streamSum(model, step, i);
    const O = Array.from(rowAt(state.O, i), (x) => (l === 0 ? 0 : x / l));
    const last = Array.from(rowAt(states[blocks]!.O, i), (x) => x / states[blocks]!.l.data[i]!);
    const look = (b: number): string => ({ gone: "passed", present: "", ahead: "unseen" })[kind(b)];
    const told = say(STREAM_WORDS[kind(j)]);
    const past = streamPast(model, i, step);
    const line = (number: string, name: string, told: readonly string[]): Mark =>
      html(
        "tr",
        { "data-eq": number },
        html("th", { scope: "row" }, name),
        ...told.map((text, n) => html("td", { class: n + 1 === step ? "on" : "" }, text)),
      );
    const pastOf = (value: (one: (typeof past)[number]) => string): string[] =>
      Array.from({ length: blocks }, (_, n) => (n < step ? value(past[n]!) : ""));
    const stretch = (n: number): string =>
      edges[n + 1]! - edges[n]! === 1 ? String(edges[n]! + 1) : `${edges[n]! + 1}–${edges[n + 1]!}`;
    const row = (name: string, value: string, number: string): Mark =>
      html("div", { class: "carry", "data-eq": number }, html("span", {}, name), html("b", {}, value));
    const sumLines = streamLines(sum, settings.wrong).map(([number, text]) =>
      html("p", { "data-eq": number }, text),
    );
    return [
      controls(
        slider({
          id: "streaming-block",
          label: say(STREAM_WORDS.block),
          min: 1,
          max: T,
          value: block,
          change: (value) => change({ block: value }),
        }),
      ),
      stepping(context, {
        id: "streaming",
        name: "step",
        label: say(STREAM_WORDS.step),
        value: step,
        most: blocks,
        shown: `${step}/${blocks}`,
        change: (to) => change({ step: to }),
      }),
      html(
        "div",
        { class: "stage" },
        mapFigure(context, {
          id: "streaming-map",
          title: `exp(S − m′), ${step} / ${blocks}`,
          rows: words,
          cols: words,
          weights: powers,
          cell: [i, j],
          label: say(STREAM_WORDS.title),
          say: (a, b) => `${words[a]} → ${words[b]}, ${say(STREAM_WORDS[kind(b)])}`,
          kind: (_, b) => look(b),
          kinds: (["gone", "present", "ahead"] as const).map(
            (name, n) => [["passed", "", "unseen"][n]!, say(STREAM_WORDS[name])] as const,
          ),
          alike: 1,
          choose: (next) => change({ cell: next }),
          scale: settings.scale,
          rescale: (scale) => change({ scale }),
          note: say(STREAM_WORDS.present100),
          take: id,
          wrong: settings.wrong !== "right",
        }),
        html(
          "div",
          { class: "side" },
          html("h3", {}, say(STREAM_WORDS.carried, { q: words[i]! })),
          row(say(STREAM_WORDS.m), m === -Infinity ? "−∞" : signed(m), "2"),
          row(say(STREAM_WORDS.l), signed(l, 3), "4"),
          html(
            "p",
            { class: "note", id: "streaming-shrink" },
            sum === undefined
              ? say(STREAM_WORDS.nothing)
              : say(STREAM_WORDS.shrink, { x: sum!.shrink.toFixed(3) }),
          ),
          html(
            "div",
            { class: "sums", id: "streaming-sums", role: "group", "aria-label": say(STREAM_WORDS.sums) },
            ...sumLines,
          ),
          html(
            "div",
            { "data-eq": "5" },
            html("p", { class: "note" }, say(STREAM_WORDS.out)),
            bars({ values: O, max: peakOf(O, last), kind: "o", label: say(STREAM_WORDS.out) }),
          ),
          html(
            "p",
            { class: "status", role: "status" },
            kind(j) === "present"
              ? say(STREAM_WORDS.cell, { q: words[i]!, k: words[j]!, s: signed(scores.data[i * T + j]!) })
              : `${words[i]} → ${words[j]}: ${told}`,
          ),
          html(
            "p",
            { class: "note" },
            say(STREAM_WORDS.memory, { a: counted(T * block), b: counted(T * T) }),
          ),
          html(
            "p",
            { class: "checked", id: "streaming-off", "data-off": off },
            off < 1e-4 ? "✓ " : "✗ ",
            say(STREAM_WORDS.off, { d: off.toExponential(0) }),
          ),
        ),
      ),
      html("h3", { class: "apart" }, say(STREAM_WORDS.past, { q: words[i]! })),
      html(
        "div",
        { class: "scroll" },
        html(
          "table",
          { class: "past", id: "streaming-past", "aria-label": say(STREAM_WORDS.past, { q: words[i]! }) },
          line("1", say(STREAM_WORDS.keys), Array.from({ length: blocks }, (_, n) => stretch(n))),
          line("2", "m′", pastOf((one) => signed(one.m))),
          line("4", "exp(m − m′)", pastOf((one) => one.shrink.toFixed(3))),
          line("4", "l′", pastOf((one) => signed(one.l, 3))),
        ),
      ),
      wrongOnPurpose<StreamWrong>({
        id: "streaming-wrong",
        label: say(STREAM_WORDS.wrong),
        right: "right",
        rightSay: say(STREAM_WORDS.right),
        value: settings.wrong,
        mistakes: [
          {
            value: "unshrunk",
            say: say(STREAM_WORDS.unshrunk),
            then: say(STREAM_WORDS.unshrunkThen),
            pitfall: "R1",
            spec: "spec/field-bugs/numerics.spec.ts",
          },
        ],
        change: (wrong) => change({ wrong }),
      }),
    ];
  },
  spec(settings, { X, words, shared }): string {
    const [T, d] = [X.rows, X.cols];
    const right = { block: Math.min(settings.block, T), seed: shared.seed, wrong: "right" } as const;
    const { scores, states, edges } = streamModel(X, right);
    const step = Math.min(settings.step, states.length - 1);
    const { l, O } = states[step]!;
    const i = Math.min(settings.cell?.[0] ?? liveliest(scores), T - 1);
    const passed = edges.slice(0, step).map((first, n) => [first, edges[n + 1]!]);
    return specText({
      about: `What row ${i + 1} carries, over: ${words.join(" ")}`,
      name: `the sum and the output after ${step} blocks, and the whole map's in the end`,
      uses: {
        heads: "randomHead",
        "kernels/entrywise": "scale",
        "kernels/linear": "linear",
        "kernels/online-softmax": "onlineSoftmax, onlineStart",
        matrix: "randomGenerator",
        "scaled-dot-product-attention": "ScaledDotProductAttention",
        "streaming-attention": "StreamingAttention",
      },
      given: [["X", X]],
      code: [
        `const { W_Q, W_K, W_V } = randomHead({ d_query: ${d}, d_k: ${d} }, randomGenerator(${shared.seed}));`,
        "const [Q, K, V] = [linear(X, W_Q), linear(X, W_K), linear(X, W_V)];",
        `let state = onlineStart(${T}, ${d});`,
        `const passed: [number, number][] = ${JSON.stringify(passed)};`,
        "for (const block of passed) {",
        `  state = onlineSoftmax(state, scale(Q, 1 / Math.sqrt(${d})), K, V, { stretches: [block], hidden: [] });`,
        "}",
        "const whole = new ScaledDotProductAttention().forward(Q, K, V).output.data;",
        "new StreamingAttention().forward(Q, K, V).output.data.forEach((x, e) => {",
        "  assert.ok(Math.abs(x - whole[e]!) < 1e-5, `number ${e}: ${x}, of the whole map ${whole[e]}`);",
        "});",
      ],
      got: `[state.l.data[${i}]!, ...state.O.data.slice(${i * d}, ${(i + 1) * d})]`,
      expected: [l.data[i]!, ...rowAt(O, i)],
    });
  },
  trial(hands, test, must, expected): void {
    const choose = (cell: string): void => hands.click(`#streaming-map td[data-value="${cell}"]`);
    const slide = (what: string, value: number): void => hands.slide(`streaming-${what}`, value);
    const number = (text: string): number => Number(text.replace("−", "-"));
    const cells = (row: number): string[] => hands.texts(`#streaming-past tr:nth-child(${row}) td`);
    test("streaming: at first a sum shrinks, as told, and the block's map is the oracle's", () => {
      mapHolds(hands, must, "streaming-map", String(expected["streaming.powers"]));
      const told = Number(/0\.\d+/.exec(hands.text("#streaming-shrink"))?.[0] ?? 1);
      must(told >= Number(expected["streaming.shrinks"]) - 5e-4 && told < 0.9, hands.text("#streaming-shrink"));
      const third = hands.texts("#streaming-map tbody tr:first-child td");
      must(third.slice(0, 6).join("") + third.slice(9).join("") === "", "numbers of other blocks");
      must(hands.count("#streaming-map tr:first-child td.passed") === 6, "six keys have not passed");
    });
    test("streaming: block by block the past of the fourth word is the oracle's, and the rest is not known", () => {
      choose("3.7");
      const past = expected["streaming.past"] as readonly (readonly [number, number, number])[];
      for (let step = 0; step <= past.length; step++) {
        slide("step", step);
        const [m, shrink, l] = [2, 3, 4].map(cells) as [string[], string[], string[]];
        past.forEach((wanted, n) => {
          const got = [m[n]!, l[n]!, shrink[n]!];
          const right = got.every((x, c) => Math.abs(number(x) - wanted[c]!) < (c === 0 ? 0.006 : 6e-4));
          must(n < step ? right : got.join("") === "", `step ${step}, block ${n}: ${got.join()} for ${wanted.join()}`);
        });
      }
      const wanted = expected["streaming.output"] as number[];
      const most = Math.max(...wanted.map(Math.abs));
      wanted.forEach((x, c) => {
        const bar = `#streaming [data-eq="5"] rect:nth-of-type(${c + 1})`;
        const high = Number(hands.attribute(bar, "height")) / 28;
        const signed = hands.attribute(bar, "class").includes("minus") ? -high : high;
        must(Math.abs(signed - x / most) < 0.04, `bar ${c}: ${signed}, not ${x / most}`);
      });
    });
    test("streaming: arrow keys lead to a query and its key, read or not", () => {
      slide("step", 2);
      choose("2.4");
      hands.focus('#streaming-map [tabindex="0"]');
      hands.press("ArrowDown");
      const told = number(/[−-]?[\d.]+$/.exec(hands.text("#streaming .status"))?.[0] ?? "");
      const wanted = Number(expected["streaming.score"]);
      must(hands.focused() === "3.4" && Math.abs(told - wanted) < 0.006, `${hands.focused()}: ${told} for ${wanted}`);
      hands.press("Home");
      must(!/\d$/.test(hands.text("#streaming .status")), hands.text("#streaming .status"));
    });
    test("streaming: one on, one back and play move by a block", () => {
      slide("step", 1);
      hands.click("#streaming-more");
      const [m, l] = hands.texts("#streaming .carry b").map(number);
      const wanted = expected["streaming.carried"] as readonly [number, number];
      must(Math.abs(m! - wanted[0]) < 0.006 && Math.abs(l! - wanted[1]) < 6e-4, `${m}, ${l}`);
      hands.click("#streaming-less");
      must(hands.attribute("#streaming-step", "value") === "1", hands.attribute("#streaming-step", "value"));
      hands.click("#streaming-play");
      must(hands.attribute("#streaming-step", "value") === "0", hands.attribute("#streaming-step", "value"));
      hands.click("#streaming-less");
    });
    test("streaming: by row the greatest power of a row has the full colour, by map exp 0 alone", () => {
      slide("step", 3);
      const thousandths = String(expected["streaming.powers"]).split(".").map(Number);
      const T = Number(expected["T"]);
      for (const scale of ["row", "map"]) {
        hands.click(`#streaming-scale [data-value="${scale}"]`);
        for (let e = 6; e < thousandths.length; e += T) {
          const row = thousandths.slice(e, e + 3);
          const most = scale === "row" ? Math.max(...row) : Math.max(...thousandths);
          const i = (e - 6) / T;
          const depth = depthOf(hands, "streaming-map", `${i}.6`);
          must(Math.abs(depth - row[0]! / most) < 1.5 / most, `${scale}, row ${i}: ${depth} for ${row[0]} of ${most}`);
        }
      }
    });
    test("streaming: the sums of every query and step, as printed, end in what it carries", () => {
      const T = Number(expected["T"]);
      const m = expected["streaming.most"] as number[];
      for (let i = 0; i < T; i++) {
        choose(`${i}.0`);
        for (let step = 1; step <= 4; step++) {
          slide("step", step);
          const lines = hands.texts("#streaming-sums p").map((line) => line.replace(/−/g, "-"));
          const carried = hands.texts("#streaming .carry b").map((text) => text.replace("−", "-"));
          must(lines[0]!.endsWith(`= ${carried[0]}`), `${i}, ${step}: ${lines[0]}, carried ${carried[0]}`);
          const [kept, shrink, total, sum] = (lines[3]!.match(/-?[\d.]+/g) ?? []).map(Number);
          must(Math.abs(kept! * shrink! + total! - sum!) < 0.005, `${i}, ${step}: ${lines[3]}`);
          must(Math.abs(sum! - Number(carried[1])) < 0.0015, `${i}, ${step}: ${sum}, carried ${carried[1]}`);
        }
        const most = Number(hands.texts("#streaming .carry b")[0]!.replace("−", "-"));
        must(Math.abs(most - m[i]!) < 0.006, `${i}: ${most}, not ${m[i]}`);
      }
      slide("step", 0);
      must(hands.texts("#streaming-sums p").join("") === "", "sums before the first block");
    });
    test("streaming: key by key, the sum shrinks for the last time at the greatest score of the row", () => {
      slide("block", 1);
      const at = expected["streaming.greatest"] as number[];
      for (const i of [0, 3, 6]) {
        choose(`${i}.0`);
        let last = 0;
        for (let step = 1; step <= Number(expected["T"]); step++) {
          slide("step", step);
          if (!hands.texts("#streaming-sums p")[2]!.endsWith("= 1.000")) last = step - 1;
        }
        must(last === at[i], `row ${i}: ${last}, not ${at[i]}`);
      }
    });
    test("streaming: for every size of block the result is that of the whole map", () => {
      for (let block = 1; block <= Number(expected["T"]); block++) {
        slide("block", block);
        must(
          Number(hands.attribute("#streaming-off", "data-off")) < 2e-6,
          `block ${block}: ${hands.text("#streaming-off")}`,
        );
      }
    });
    test("streaming: forgetting to shrink shows", () => {
      slide("block", 2);
      hands.click('#streaming-wrong [data-value="unshrunk"]');
      const off = Number(hands.attribute("#streaming-off", "data-off"));
      const wanted = Number(expected["streaming.unshrunk"]);
      must(Math.abs(off / wanted - 1) < 1e-3, `${off}, not ${wanted}`);
      must(/R1.*numerics\.spec/.test(hands.text("#streaming .told")), hands.text("#streaming .told"));
      must(hands.count("#streaming-map.wrong") === 1, "the map is not hatched");
      hands.click('#streaming-wrong [data-value="right"]');
    });
  },
});
