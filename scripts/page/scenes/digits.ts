/** Scene: two cuts of a picture. A digit of one's own, and where both class tokens look. Trained. */
import type { Child, Handler, Mark, Photo } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import type { CrossViT } from "../../../lib/models/cross-vit.ts";
import type { Gaze } from "../models/digits.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { CAT_CHANNELS } from "../models/cat-tiles.ts";
import { LIFTED, digitFrom, digitModel, fusionSides, gazeOf, sampleOf, withoutPatch } from "../models/digits.ts";
import { photoDigit, photoText, samplesIn } from "../models/digits.ts";
import { choices, controls } from "../parts/controls.ts";
import { catView } from "./cat-tiles.ts";
import { drawnPicture, tableOf, takeAlong } from "../parts/figure.ts";
import { depths } from "../parts/map.ts";
import { html, svg } from "../mark.ts";
import { flag, listOf, oneOf, textField, whole } from "../state.ts";
import { matrix } from "../../../lib/matrix.ts";
import { kept } from "../models/kept.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { meanOf, scale } from "../../../lib/kernels/entrywise.ts";
import { percentOf } from "../parts/numbers.ts";
import { scene } from "../scene.ts";
import { specText } from "../parts/spec-text.ts";

export const DIGIT_WORDS = {
  title: { en: "Two cuts of a picture", ja: "画像の二通りの切り方" },
  lead: {
    en:
      "CrossViT, trained: one branch cuts your digit into 49 small patches, the other into 16 large ones. " +
      "After a few blocks the [CLS] token of each branch reads the other branch’s patches. Draw, and see " +
      "where they look. CAT, below, cuts once and attends inside its patches and across them.",
    ja:
      "学習済みの CrossViT です。一方のブランチは数字を 49 個の小さなパッチに、もう一方は 16 個の大きなパッチに" +
      "切ります。いくつかのブロックのあと、それぞれの [CLS] が相手のブランチのパッチを読みます。描いて、どこを" +
      "見るか確かめてください。下の CAT は一度だけ切り、パッチの内側と間の両方で注意を使います。",
  },
  draw: {
    en: "Draw a digit here; by keyboard, arrow keys move the pen, the space bar puts it down and lifts it",
    ja: "ここに数字を描く（キーボードなら矢印キーでペンを動かし、スペースキーで下ろす・上げる）",
  },
  pen: { en: "pen at {x}, {y}, {how}", ja: "ペンは {x}, {y}、{how}" },
  penDown: { en: "down: arrow keys draw", ja: "下りている（矢印キーで描く）" },
  penUp: { en: "lifted", ja: "上がっている" },
  photo: {
    en: "or give a photo of one: choose a file, drop it here or paste it; it stays on this page",
    ja: "または数字の写真：ファイルを選ぶ、ここに置く、貼り付ける（この頁から外へは送りません）",
  },
  kind: {
    en: "This is no picture that is read here: PNG, JPEG, WebP, GIF, BMP or AVIF.",
    ja: "読める画像ではありません。PNG・JPEG・WebP・GIF・BMP・AVIF を読みます。",
  },
  broken: { en: "This file says it is a picture, but none could be read.", ja: "画像のはずですが、読めませんでした。" },
  blank: { en: "There is no ink on this picture.", ja: "この画像には字がありません。" },
  read: {
    en: "Your photo, cut to its ink, light on dark, 28 × 28 in 16 greys as the model’s digits are.",
    ja: "写真から字の部分を切り出し、暗い地に明るい字、28 × 28、16 階調にしました。",
  },
  clear: { en: "Clear", ja: "消す" },
  orTake: { en: "or take one that it has never seen", ja: "または、学習に使っていない数字" },
  sample: { en: "sample {n}, a {d}", ja: "見本 {n}、数字の {d}" },
  small: { en: "the small branch’s [CLS] over 16 large patches", ja: "小パッチのブランチの [CLS] → 大パッチ 16 個" },
  large: { en: "the large branch’s [CLS] over 49 small patches", ja: "大パッチのブランチの [CLS] → 小パッチ 49 個" },
  self: { en: "on itself {w}, {which}", ja: "自分自身に {w}、{which}" },
  meanOfHeads: { en: "the mean of its {n} heads", ja: "{n} 個のヘッドの平均" },
  oneHead: { en: "head {m} of its {n}", ja: "{n} 個のうちヘッド {m}" },
  gazes: { en: "Where both [CLS] look", ja: "二つの [CLS] が見る場所" },
  meanSum: { en: "patch {n}: ({list}) / {h} = {w}", ja: "パッチ {n}：({list}) / {h} = {w}" },
  headSum: {
    en: "patch {n}: q·k / √16 = {s}, the largest of all {m}: exp({s} − {m}) = {x}, over the sum {z}: {w}",
    ja: "パッチ {n}：q·k / √16 = {s}、全体の最大は {m}。exp({s} − {m}) = {x}、これを和 {z} で割ると {w}",
  },
  reads: { en: "It reads", ja: "読み取り結果" },
  nothing: { en: "nothing drawn yet", ja: "まだ何も描かれていません" },
  heads: { en: "head", ja: "ヘッド" },
  mean: { en: "mean", ja: "平均" },
  erase: {
    en: "Choose a patch to erase it from the digit; choose it again to put it back.",
    ja: "パッチを選ぶと数字から消え、もう一度選ぶと戻ります。",
  },
  erased: {
    en: "Without the patch: {a} → {b}, the chance of {d} goes from {p} to {r}.",
    ja: "そのパッチを消すと {a} → {b}。{d} の確率は {p} から {r} へ。",
  },
  patch: { en: "patch {n}, {w}", ja: "パッチ {n}、{w}" },
  rounded: {
    en: "The weights are stored in half precision here; the test on full precision is in the spec.",
    ja: "ここでは重みを半精度で持っています。単精度での検査はテストにあります。",
  },
  chances: { en: "chance of each digit", ja: "各数字の確率" },
  try7: { en: "A seven, and where its bar is", ja: "7 の横棒を見る" },
  try8: { en: "An eight without its middle", ja: "真ん中を消した 8" },
  tryBorder: {
    en: "CAT: at the border of a tile the neighbour is out of sight",
    ja: "CAT：タイルの境目では、隣の画素が見えない",
  },
  ask: {
    en: "Take the first 8. Which single large patch, erased, changes the reading? Is it the one looked at most?",
    ja: "一つ目の 8 で、消すと読みが変わる大きなパッチはどれですか。最もよく見られているパッチですか。",
  },
  answer: {
    en:
      "Patch 10 alone (third row, second column): the 8 becomes a 9. [CLS] looks most at its neighbour, patch " +
      "11, and without that one the 8 stays an 8. Attention is not importance.",
    ja:
      "パッチ 10（3 行目の 2 列目）だけで、8 が 9 になります。[CLS] が最もよく見るのは隣のパッチ 11 ですが、そちらを消しても 8 のままです。" +
      "注意は重要度ではありません。",
  },
  eq1: { en: "each branch reads its own patches", ja: "ブランチごとに自分のパッチを読む" },
  eq2: { en: "each [CLS] reads the other branch", ja: "[CLS] が相手のブランチを読む" },
} as const satisfies Words;

function modelFrom(context: Context): CrossViT {
  return kept("digits-model", [], () => digitModel(context.data("digits-model")));
}

/** The digit with a grid of patches over it: deeper where [CLS] looks, the densest labelled. */
export function gazeMarks(digit: Matrix, row: Float32Array): Mark[] {
  const side = Math.sqrt(row.length - 1);
  const p = 28 / side;
  const shares = row.subarray(1);
  const most = shares.reduce((a, w) => Math.max(a, w), 0);
  const best = shares.indexOf(most);
  const patches = Array.from(shares, (w, e) =>
    svg("rect", {
      x: (e % side) * p + 0.25,
      y: Math.floor(e / side) * p + 0.25,
      width: p - 0.5,
      height: p - 0.5,
      rx: 0.6,
      class: "gaze",
      "fill-opacity": (0.66 * (w / most)).toFixed(3),
      "stroke-opacity": (0.15 + 0.85 * (w / most)).toFixed(3),
    }),
  );
  const at = { x: ((best % side) + 0.5) * p, y: (Math.floor(best / side) + 0.5) * p + 0.7 };
  return [
    svg("rect", { width: 28, height: 28, class: "plate" }),
    svg("g", { class: "ink" }, ...depths(digit, 1, 1.02)),
    ...patches,
    svg("text", { ...at, class: "peak" }, percentOf(most)),
  ];
}

/** How the densest share of the small branch's gaze comes about: a mean of its heads, or one head's softmax. */
function gazeSum(
  { say }: Pick<Context, "say">,
  model: CrossViT,
  digit: Matrix,
  maps: readonly Matrix[],
  head: number,
): string {
  const row = head === 0 ? meanOf(maps).data : maps[head - 1]!.data;
  const n = row.indexOf(row.subarray(1).reduce((a, w) => Math.max(a, w), 0), 1);
  const w = row[n]!.toFixed(4);
  if (head === 0) {
    const list = maps.map(({ data }) => data[n]!.toFixed(4)).join(" + ");
    return say(DIGIT_WORDS.meanSum, { n, list, h: maps.length, w });
  }
  const { q, K } = fusionSides(model, digit, head - 1);
  const scores = Array.from(scale(matmulTransposed(q, K), 1 / Math.sqrt(K.cols)).data);
  const most = Math.max(...scores);
  return say(DIGIT_WORDS.headSum, {
    n,
    s: scores[n]!.toFixed(3),
    m: most.toFixed(3),
    x: Math.exp(scores[n]! - most).toFixed(4),
    z: scores.reduce((total, s) => total + Math.exp(s - most), 0).toFixed(4),
    w,
  });
}

/** What is drawn, given or taken, and the same without the erased patch. */
function digitsIn(
  settings: { strokes: readonly number[]; photo: string; sample: number; erase: number },
  samples: Uint8Array,
): { drawn: Matrix | undefined; digit: Matrix | undefined } {
  const { strokes, photo, sample, erase } = settings;
  const given = photoDigit(photo) ?? (sample < 20 ? sampleOf(samples, sample) : undefined);
  const drawn = strokes.length > 0 ? digitFrom(strokes) : given;
  return { drawn, digit: drawn !== undefined && erase < 16 ? withoutPatch(drawn, 7, erase) : drawn };
}

/** Nothing drawn, taken or given. */
const CLEARED = { strokes: [], photo: "", told: "none", sample: 20, erase: 16, down: false } as const;

/** How far an arrow key moves the pen, in hundredths. */
const PEN_STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-6, 0],
  ArrowRight: [6, 0],
  ArrowUp: [0, -6],
  ArrowDown: [0, 6],
};

export const digitScene = scene({
  id: "cross-vit",
  title: DIGIT_WORDS.title,
  lead: DIGIT_WORDS.lead,
  most: 0,
  fields: {
    sample: whole(5, 0, 20),
    strokes: listOf([], 600),
    photo: textField("", 784),
    told: oneOf<"none" | "kind" | "broken" | "blank">("none", ["none", "kind", "broken", "blank"]),
    pen: whole(5050, 0, 9999),
    down: flag(false),
    head: whole(0, 0, 4),
    erase: whole(16, 0, 16),
    pixel: whole(489, 0, 783),
    channel: oneOf("grey", CAT_CHANNELS),
  },
  sources: [
    { path: "lib/models/cross-vit.ts", name: "crossViTStage" },
    { path: "lib/attention/class-token-attention.ts", name: "ClassTokenAttention" },
    { path: "lib/attention/inner-patch-attention.ts", name: "InnerPatchAttention" },
    { path: "lib/attention/cross-patch-attention.ts", name: "CrossPatchAttention" },
  ],
  notes: { "1": DIGIT_WORDS.eq1, "2": DIGIT_WORDS.eq2 },
  tries: [
    { say: DIGIT_WORDS.try7, settings: { sample: 14, strokes: [], photo: "", erase: 16 } },
    { say: DIGIT_WORDS.try8, settings: { sample: 16, strokes: [], photo: "", erase: 5 } },
    { say: DIGIT_WORDS.tryBorder, settings: { sample: 5, strokes: [], photo: "", erase: 16, pixel: 574 } },
  ],
  question: { ask: DIGIT_WORDS.ask, answer: DIGIT_WORDS.answer },
  view(settings, context): readonly Child[] {
    const { say, change, id } = context;
    const samples = samplesIn(context.data("digits-samples"));
    const model = modelFrom(context);
    const { strokes, erase } = settings;
    const lookAt = (look: Matrix | undefined): { digit: Matrix | undefined; gaze: Gaze | undefined } => ({
      digit: look,
      gaze: look && gazeOf(model, look),
    });
    const drawnKey = [strokes, settings.photo, settings.sample];
    const digitKey = [...drawnKey, erase];
    const whole = kept("digit-whole", drawnKey, () => lookAt(digitsIn(settings, samples).drawn));
    const { digit, gaze } =
      erase < 16 ? kept("digit", digitKey, () => lookAt(digitsIn(settings, samples).digit)) : whole;
    const before = whole.gaze;
    const best = (chances: Float32Array): number =>
      chances.indexOf(chances.reduce((a, x) => Math.max(a, x), 0));
    const place = (x: number, y: number): number =>
      100 * Math.min(99, Math.max(0, Math.floor(100 * y))) + Math.min(99, Math.max(0, Math.floor(100 * x)));
    const pointed =
      (down: boolean): Handler =>
      (touch) => {
        if (!touch.down) return;
        const lifted = down && strokes.length > 0 ? [...strokes, LIFTED] : strokes;
        const next = place(touch.x, touch.y);
        if (lifted[lifted.length - 1] !== next && lifted.length < 600)
          change({ ...CLEARED, strokes: [...lifted, next] });
      };
    /** The pen by keyboard: a step in a direction, down or up. */
    const keyed: Handler = ({ key, stop }) => {
      const to = PEN_STEPS[key];
      if (to === undefined && key !== " ") return;
      stop();
      if (to === undefined) {
        const lifted = strokes.length > 0 && !settings.down ? [...strokes, LIFTED] : strokes;
        const put = settings.down ? {} : { ...CLEARED, strokes: [...lifted, settings.pen] };
        change({ ...put, pen: settings.pen, down: !settings.down });
        return;
      }
      const [x, y] = [settings.pen % 100, Math.floor(settings.pen / 100)];
      const pen = place((x + to[0]) / 100, (y + to[1]) / 100);
      change({ ...(settings.down ? { ...CLEARED, strokes: [...strokes, pen], down: true } : {}), pen });
    };
    const photographed: Handler = ({ photo }) => {
      if (photo === undefined) return;
      if ("refused" in photo) {
        change({ told: photo.refused });
        return;
      }
      const text = photoText(photo.width, photo.height, photo.greys);
      change(text === "" ? { told: "blank" } : { ...CLEARED, photo: text });
    };
    const line = strokes.map((point, n) => {
      if (point === LIFTED) return "";
      const move = n === 0 || strokes[n - 1] === LIFTED;
      const [x, y] = [0.28 * ((point % 100) + 0.5), 0.28 * (Math.floor(point / 100) + 0.5)];
      return `${move ? "M" : "L"}${x.toFixed(2)} ${y.toFixed(2)}${move ? "h0.01" : ""}`;
    });
    const pad = svg(
      "svg",
      {
        viewBox: "0 0 28 28",
        class: "pad",
        role: "application",
        tabindex: 0,
        "aria-label": say(DIGIT_WORDS.draw),
        onkeydown: keyed,
        onpointerdown: pointed(true),
        onpointermove: pointed(false),
      },
      svg("rect", { width: 28, height: 28, class: "plate" }),
      svg(
        "g",
        { class: "ink" },
        ...(strokes.length === 0 && digit !== undefined ? depths(digit, 1, 1.02) : []),
      ),
      svg("path", { d: line.join(""), class: "pen" }),
      svg("circle", {
        cx: 0.28 * ((settings.pen % 100) + 0.5),
        cy: 0.28 * (Math.floor(settings.pen / 100) + 0.5),
        r: 1.2,
        class: settings.down ? "nib down" : "nib",
      }),
    );
    const thumbs = kept("digit-samples", [], () =>
      Array.from({ length: 20 }, (_, n) =>
        svg("svg", { viewBox: "0 0 28 28", "aria-hidden": "true" }, ...depths(sampleOf(samples, n), 1, 1.02)),
      ),
    );
    const sampleButton = (n: number): Mark =>
      html(
        "button",
        {
          type: "button",
          class: "sample",
          "data-value": n,
          "aria-label": say(DIGIT_WORDS.sample, { n: n + 1, d: Math.floor(n / 2) }),
          "aria-pressed": String(strokes.length === 0 && settings.photo === "" && n === settings.sample),
          onclick: () => change({ ...CLEARED, sample: n }),
        },
        thumbs[n]!,
      );
    /** A branch may have fewer heads than the other: the last one stands for those that it lacks. */
    const headIn = (maps: readonly Matrix[]): number => Math.min(settings.head, maps.length);
    const rowOf = (maps: readonly Matrix[]): Float32Array =>
      (settings.head === 0 ? meanOf(maps) : maps[headIn(maps) - 1]!).data;
    const which = (maps: readonly Matrix[]): string =>
      say(settings.head === 0 ? DIGIT_WORDS.meanOfHeads : DIGIT_WORDS.oneHead, { n: maps.length, m: headIn(maps) });
    const gazes = (name: "small" | "large"): Mark => {
      const row = gaze && rowOf(gaze[name]);
      const label = say(DIGIT_WORDS[name]);
      const itself =
        gaze === undefined ? "" : say(DIGIT_WORDS.self, { w: percentOf(row![0]!), which: which(gaze[name]) });
      const marks =
        digit === undefined || row === undefined
          ? [svg("rect", { width: 28, height: 28, class: "plate" })]
          : gazeMarks(digit, row);
      const chosen =
        name === "small" && erase < 16
          ? [
              svg("rect", {
                x: (erase % 4) * 7,
                y: Math.floor(erase / 4) * 7,
                width: 7,
                height: 7,
                class: "erased",
              }),
            ]
          : [];
      return html(
        "figure",
        { class: "gazes", id: `cross-vit-${name}` },
        svg("svg", { viewBox: "0 0 28 28", role: "img", "aria-label": label }, ...marks, ...chosen),
        html(
          "figcaption",
          {},
          label,
          html("small", {}, itself),
        ),
      );
    };
    const patchButton = (n: number): Mark => {
      const w = gaze === undefined ? 0 : rowOf(gaze.small)[n + 1]!;
      return html("button", {
        type: "button",
        "data-value": n,
        "aria-pressed": String(n === erase),
        "aria-label": say(DIGIT_WORDS.patch, { n: n + 1, w: percentOf(w) }),
        onclick: () => change({ erase: n === erase ? 16 : n }),
      });
    };
    const read = gaze === undefined ? undefined : best(gaze.chances);
    const was = before === undefined ? undefined : best(before.chances);
    const told =
      erase < 16 && gaze !== undefined && was !== undefined
        ? say(DIGIT_WORDS.erased, {
            a: was,
            b: read!,
            d: was,
            p: percentOf(before!.chances[was]!),
            r: percentOf(gaze.chances[was]!),
          })
        : say(DIGIT_WORDS.erase);
    const taken = (): { picture: Mark; csv: string } => {
      const two = (["small", "large"] as const).map((name) => {
        const row = gaze === undefined ? new Float32Array(name === "small" ? 17 : 50) : rowOf(gaze[name]);
        const marks = digit === undefined ? [] : gazeMarks(digit, row);
        const mark = svg("svg", { viewBox: "0 0 28 28" }, ...marks);
        return { row, name, drawing: { kind: "gazes", name: say(DIGIT_WORDS[name]), mark } as const };
      });
      return {
        picture: drawnPicture(say(DIGIT_WORDS.gazes), [two.map(({ drawing }) => drawing)], 336),
        csv: tableOf([
          ["branch", "patch", "share"],
          ...two.flatMap(({ row, name }) => Array.from(row, (w, n) => [name, n === 0 ? "[CLS]" : n, w])),
        ]),
      };
    };
    const sum =
      gaze === undefined || digit === undefined ? "" : gazeSum(context, model, digit, gaze.small, settings.head);
    const bar = (x: number, c: number): Mark =>
      html(
        "li",
        { class: c === read ? "on" : "" },
        html("span", {}, String(c)),
        html("i", { "--at": x.toFixed(4) }),
        html("small", {}, percentOf(x)),
      );
    return [
      controls(
        choices({
          id: "cross-vit-head",
          label: say(DIGIT_WORDS.heads),
          value: String(settings.head),
          among: [
            { value: "0", say: say(DIGIT_WORDS.mean) },
            ...["1", "2", "3", "4"].map((value) => ({ value, say: value })),
          ],
          change: (value) => change({ head: Number(value) }),
        }),
      ),
      html(
        "div",
        { class: "desk" },
        html(
          "div",
          { class: "own", "data-photo": "", onphoto: photographed },
          html("p", { class: "hint" }, say(DIGIT_WORDS.draw)),
          pad,
          html(
            "button",
            {
              type: "button",
              class: "plain",
              id: "cross-vit-clear",
              onclick: () => change(CLEARED),
            },
            say(DIGIT_WORDS.clear),
          ),
          html(
            "p",
            { class: "hint", id: "cross-vit-pen", role: "status" },
            say(DIGIT_WORDS.pen, {
              x: settings.pen % 100,
              y: Math.floor(settings.pen / 100),
              how: say(settings.down ? DIGIT_WORDS.penDown : DIGIT_WORDS.penUp),
            }),
          ),
          html(
            "label",
            { class: "photo" },
            html("span", { class: "hint" }, say(DIGIT_WORDS.photo)),
            html("input", { type: "file", id: "cross-vit-photo", accept: "image/*" }),
          ),
          html(
            "p",
            { class: "hint", id: "cross-vit-told", role: "status" },
            settings.told !== "none"
              ? say(DIGIT_WORDS[settings.told])
              : photoDigit(settings.photo) !== undefined && strokes.length === 0
                ? say(DIGIT_WORDS.read)
                : "",
          ),
          html("p", { class: "hint" }, say(DIGIT_WORDS.orTake)),
          html(
            "div",
            { class: "samples", role: "group", "aria-label": say(DIGIT_WORDS.orTake) },
            ...Array.from({ length: 20 }, (_, n) => sampleButton(n)),
          ),
        ),
        html(
          "div",
          { class: "seen" },
          html(
            "div",
            { class: "pair" },
            html(
              "div",
              { class: "erasable" },
              gazes("small"),
              html(
                "div",
                { class: "patches", role: "group", "aria-label": say(DIGIT_WORDS.erase) },
                ...Array.from({ length: 16 }, (_, n) => patchButton(n)),
              ),
            ),
            gazes("large"),
          ),
          html("p", { class: "hint", id: "cross-vit-erased", role: "status" }, told),
          html("p", { class: "note", id: "cross-vit-sum", "data-eq": "4.1" }, sum),
          html(
            "div",
            { class: "verdict", role: "status" },
            html("p", {}, say(DIGIT_WORDS.reads)),
            html("strong", { id: "cross-vit-verdict" }, read === undefined ? "—" : String(read)),
            html(
              "ol",
              { class: "chances", "aria-label": say(DIGIT_WORDS.chances) },
              ...Array.from(gaze?.chances ?? new Float32Array(10), bar),
            ),
          ),
          takeAlong(context, id, taken),
          html("p", { class: "note" }, say(DIGIT_WORDS.rounded)),
        ),
      ),
      catView(context, { digit: digit ?? matrix(28, 28), key: digitKey }, settings, change),
    ];
  },
  spec(settings, context): string {
    const { digit } = digitsIn(settings, samplesIn(context.data("digits-samples")));
    const head = Math.max(1, settings.head);
    const shown = digit ?? matrix(28, 28);
    const model = modelFrom(context);
    const { q, K } = fusionSides(model, shown, head - 1);
    return specText({
      about: "CrossViT, trained, over one digit: the small branch’s [CLS] over itself and 16 large patches",
      name: `head ${head}: the shares of [CLS]`,
      uses: { "scaled-dot-product-attention": "ScaledDotProductAttention" },
      // the query and the keys of equation (4) of ClassTokenAttention
      given: [["q", q], ["K", K]],
      places: 4,
      within: 1e-3,
      code: ["const { weights } = new ScaledDotProductAttention().forward(q, K, K);"],
      got: "Array.from(weights.data)",
      expected: gazeOf(model, shown).small[head - 1]!.data,
    });
  },
  trial(hands, test, must, expected): void {
    const near = (got: number, wanted: number, off: number, what: string): void =>
      must(Math.abs(got - wanted) <= off, `${what}: ${got} for ${wanted}`);
    const chances = (): number[] => hands.texts("#cross-vit .chances small").map((text) => Number.parseFloat(text));
    const mustChance = (wanted: readonly number[], what: string): void => {
      chances().forEach((x, c) => near(x, 100 * wanted[c]!, 0.51, `${what}: chance of ${c}`));
      const read = wanted.indexOf(Math.max(...wanted));
      must(hands.text("#cross-vit-verdict") === String(read), `${what}: ${hands.text("#cross-vit-verdict")}`);
      must(hands.text("#cross-vit .chances .on span") === String(read), `${what}: another bar is marked`);
    };
    /** Compares every pane of a picture, as deep as it is drawn, with shares. */
    const mustGaze = (figure: string, wanted: readonly number[], depth: number): void => {
      const most = Math.max(...wanted);
      must(hands.count(`${figure} .gaze`) === wanted.length, `${figure}: ${hands.count(`${figure} .gaze`)} panes`);
      wanted.forEach((w, n) => {
        const pane = `${figure} .gaze:nth-child(${n + 3} of rect, g)`;
        near(Number(hands.attribute(pane, "fill-opacity")), (depth * w) / most, 0.004, `${figure} pane ${n + 1}`);
      });
    };
    test("cross-vit: each sample is read as the oracle reads it, and the chances are the oracle's", () => {
      const wanted = expected["cross-vit.reads"] as number[];
      for (let n = 0; n < 20; n++) {
        hands.click(`#cross-vit .sample[data-value="${n}"]`);
        const got = hands.text("#cross-vit-verdict");
        must(got === String(wanted[n]), `sample ${n}: ${got} for ${wanted[n]}`);
        must(hands.attribute(`#cross-vit .sample[data-value="${n}"]`, "aria-pressed") === "true", `${n}`);
      }
      hands.click('#cross-vit .sample[data-value="5"]');
      mustChance(expected["cross-vit.chances"] as number[], "sample 5");
    });
    test("cross-vit: each head's gaze of both branches, pane by pane, is the oracle's, and so is their mean", () => {
      const gazes = expected["cross-vit.gazes"] as number[][][];
      for (const head of [0, 1, 2, 3, 4]) {
        hands.click(`#cross-vit-head [data-value="${head}"]`);
        (["small", "large"] as const).forEach((name, b) => {
          const heads = gazes[b]!;
          const row = heads[0]!.map((_, n) =>
            head === 0
              ? heads.reduce((sum, one) => sum + one[n]!, 0) / heads.length
              : heads[Math.min(head, heads.length) - 1]![n]!,
          );
          mustGaze(`#cross-vit-${name}`, row.slice(1), 0.66);
          const peak = Number.parseFloat(hands.text(`#cross-vit-${name} .peak`));
          near(peak, 100 * Math.max(...row.slice(1)), 0.51, `${name}, head ${head}: peak`);
          const own = Number.parseFloat(/[\d.]+(?=%)/.exec(hands.text(`#cross-vit-${name} small`))![0]);
          near(own, 100 * row[0]!, 0.51, `${name}, head ${head}: itself`);
          if (b === 1) return;
          const numbers = hands.text("#cross-vit-sum").match(/-?\d+\.\d{3,4}/g)!.map(Number);
          const w = numbers[numbers.length - 1]!;
          near(w, Math.max(...row.slice(1)), 2e-4, `head ${head}: share worked out`);
          if (head === 0) near(numbers.slice(0, 4).reduce((sum, x) => sum + x) / 4, w, 2e-4, "mean of four");
          else {
            const [s, m, , , x, z] = numbers as [number, number, number, number, number, number];
            near(Math.exp(s - m), x, 1e-3, "exp");
            near(x / z, w, 2e-4, "over the sum");
          }
        });
      }
      hands.click('#cross-vit-head [data-value="0"]');
    });
    test("cross-vit: an erased patch is marked, and put back; each patch says its share", () => {
      hands.click('#cross-vit .sample[data-value="16"]');
      const heads = expected["cross-vit.eight"] as number[][];
      for (let n = 0; n < 16; n++) {
        const label = hands.attribute(`#cross-vit .patches [data-value="${n}"]`, "aria-label");
        const mean = heads.reduce((sum, row) => sum + row[n + 1]!, 0) / heads.length;
        near(Number.parseFloat(/[\d.]+(?=%)/.exec(label)![0]), 100 * mean, 0.51, label);
      }
      hands.click('#cross-vit .patches [data-value="5"]');
      must(hands.count("#cross-vit .erased") === 1, "not marked");
      hands.click('#cross-vit .patches [data-value="5"]');
      must(hands.count("#cross-vit .erased") === 0, "still marked");
    });
    test("cross-vit: what each erased patch of the first 8 does is the oracle's; the answer names the one", () => {
      const erased = expected["cross-vit.erased"] as [number, number][];
      const found: number[] = [];
      erased.forEach(([verdict, chance], n) => {
        hands.click(`#cross-vit .patches [data-value="${n}"]`);
        must(hands.text("#cross-vit-verdict") === String(verdict), `${n}: ${hands.text("#cross-vit-verdict")}`);
        const told = hands.text("#cross-vit-erased").match(/[\d.]+(?=%)/g)!.map(Number);
        near(told[1]!, 100 * chance, 0.51, `patch ${n + 1}: chance of 8`);
        if (verdict !== 8) found.push(n + 1);
        hands.click(`#cross-vit .patches [data-value="${n}"]`);
      });
      const heads = expected["cross-vit.eight"] as number[][];
      const mean = heads[0]!.map((_, n) => heads.reduce((sum, row) => sum + row[n]!, 0)).slice(1);
      const answer = hands.text("#cross-vit .further details p");
      const numbers = (answer.match(/\d+/g) ?? []).map(Number);
      must(found.length === 1 && numbers.includes(found[0]!), `${found.join()}: ${answer}`);
      must(numbers.includes(mean.indexOf(Math.max(...mean)) + 1), answer);
    });
    test("cross-vit: a drawn stroke is read as 1", () => {
      hands.click("#cross-vit-clear");
      must(hands.text("#cross-vit-verdict") === "—", hands.text("#cross-vit-verdict"));
      must(hands.count("#cross-vit .gazes .peak") === 0, "a gaze at nothing");
      hands.point("#cross-vit .pad", "pointerdown", 0.52, 0.2);
      for (let y = 0.25; y <= 0.8; y += 0.05) hands.point("#cross-vit .pad", "pointermove", 0.5, y);
      hands.point("#cross-vit .pad", "pointerup", 0.5, 0.8);
      must(hands.text("#cross-vit-verdict") === "1", hands.text("#cross-vit-verdict"));
    });
    test("cross-vit: a stroke drawn by arrow keys is read as the oracle reads it, a 1", () => {
      hands.click("#cross-vit-clear");
      hands.focus("#cross-vit .pad");
      hands.press(..."ArrowUp ".repeat(6).trim().split(" "));
      must(hands.text("#cross-vit-verdict") === "—", "a lifted pen has drawn");
      hands.press(" ", ..."ArrowDown ".repeat(11).trim().split(" "), " ");
      must(hands.text("#cross-vit-verdict") === "1", hands.text("#cross-vit-verdict"));
      mustChance(expected["cross-vit.keyed"] as number[], "keyed");
      hands.press("ArrowRight");
      must(/^[^]*56, 80/.test(hands.text("#cross-vit-pen")), hands.text("#cross-vit-pen"));
    });
    test("cross-vit: a photo is read as the oracle reads it, dark on light, and what is none gets a sentence", () => {
      const { width, greys, chances: wanted } = expected["cross-vit.photo"] as {
        width: number;
        greys: string;
        chances: number[];
      };
      const give = (photo: Photo): void => hands.give("#cross-vit [data-photo]", photo);
      const lit = (greys.match(/../g) ?? []).map((hex) => Number.parseInt(hex, 16) / 255);
      give({ width, height: lit.length / width, greys: Float32Array.from(lit) });
      mustChance(wanted, "photo");
      const said = new Set([hands.text("#cross-vit-told")]);
      give({ refused: "kind" });
      said.add(hands.text("#cross-vit-told"));
      give({ refused: "broken" });
      said.add(hands.text("#cross-vit-told"));
      give({ width: 40, height: 40, greys: new Float32Array(1600).fill(1) });
      said.add(hands.text("#cross-vit-told"));
      must(said.size === 4 && !said.has(""), [...said].join("|"));
      mustChance(wanted, "the last photo has gone");
      hands.click('#cross-vit .sample[data-value="5"]');
    });
    test("cross-vit: the table taken along holds both gazes, the oracle's", () => {
      hands.click('#cross-vit .seen [data-take="CSV"]');
      const lines = hands.taken()!.text.trim().split("\n").slice(1);
      const gazes = expected["cross-vit.gazes"] as number[][][];
      const wanted = gazes.flatMap((heads) =>
        heads[0]!.map((_, n) => heads.reduce((sum, one) => sum + one[n]!, 0) / heads.length),
      );
      must(lines.length === wanted.length, `${lines.length} lines`);
      lines.forEach((line, n) => near(Number(line.split(",")[2]), wanted[n]!, 1e-4, line));
      hands.click('#cross-vit .seen [data-take="SVG"]');
      const peaks = hands.taken()!.text.match(/class="peak"/g) ?? [];
      must(peaks.length === 2 && hands.taken()!.name === "cross-vit.svg", `${peaks.length} peaks`);
    });
    test("cross-vit: CAT: what a pixel sees of its tile, chosen by pointer and by keys, is the oracle's", () => {
      const inside = expected["cross-vit.inside"] as Record<string, number[]>;
      const mustSee = (pixel: number): void => {
        const wanted = inside[pixel]!;
        mustGaze("#cross-vit-inside", wanted, 0.78);
        const [i, j] = [Math.floor(pixel / 28), pixel % 28];
        const most = wanted.indexOf(Math.max(...wanted));
        const told = hands.text("#cross-vit-tile");
        const [a, b] = [7 * Math.floor(i / 7) + Math.floor(most / 7) + 1, 7 * Math.floor(j / 7) + (most % 7) + 1];
        must(told.includes(`(${i + 1}, ${j + 1})`) && told.includes(`(${a}, ${b})`), told);
        near(Number.parseFloat(/[\d.]+(?=%)/.exec(told)![0]), 100 * wanted[most]!, 0.51, told);
      };
      mustSee(489);
      hands.focus("#cross-vit-inside");
      hands.press("ArrowLeft");
      mustSee(488);
      // the picture shows columns 5 to 17 and rows 12 to 24: the tile, and three pixels around it
      hands.point("#cross-vit-inside", "pointerdown", 10.5 / 13, 9.5 / 13);
      mustSee(574);
      hands.point("#cross-vit-across", "pointerdown", 3.5 / 28, 1.5 / 28);
      mustSee(31);
    });
    test("cross-vit: CAT: what its tile sees of all tiles, channel by channel, is the oracle's", () => {
      const across = expected["cross-vit.across"] as Record<string, number[][]>;
      for (const channel of CAT_CHANNELS) {
        hands.click(`#cross-vit-channel [data-value="${channel}"]`);
        mustGaze("#cross-vit-across", across[channel]![0]!, 0.78);
      }
      hands.click('#cross-vit-channel [data-value="down"]');
      hands.focus("#cross-vit-across");
      hands.press("PageDown", "End");
      const row = across["down"]![15]!;
      mustGaze("#cross-vit-across", row, 0.78);
      const told = hands.text("#cross-vit-tile").match(/[\d.]+(?=%)/g)!.map(Number);
      near(told[1]!, 100 * Math.max(...row), 0.51, "densest tile");
      hands.click('#cross-vit .cat [data-take="CSV"]');
      const tiles = hands.taken()!.text.trim().split("\n").slice(-16);
      tiles.forEach((line, t) => near(Number(line.split(",")[3]), row[t]!, 1e-4, line));
      hands.click('#cross-vit .sample[data-value="16"]');
      hands.click('#cross-vit-channel [data-value="grey"]');
      hands.point("#cross-vit-across", "pointerdown", 8.5 / 28, 15.5 / 28);
      mustGaze("#cross-vit-across", expected["cross-vit.other"] as number[], 0.78);
      must(hands.text("#cross-vit-pairs").replace(/,/g, "").includes(String(784 * 49)), hands.text("#cross-vit-pairs"));
    });
  },
});
