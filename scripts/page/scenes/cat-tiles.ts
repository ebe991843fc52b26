/** The part of "two cuts of a picture" that cuts into tiles: CAT's attention inside them and across them. */
import type { CatChannel } from "../models/cat-tiles.ts";
import type { Context, Words } from "../scene.ts";
import type { Handler, Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { CAT_CHANNELS, CAT_SIDE, CAT_TILE, catModel, catWeights, pixelOf } from "../models/cat-tiles.ts";
import { choices } from "../parts/controls.ts";
import { depths } from "../parts/map.ts";
import { drawnPicture, tableOf, takeAlong } from "../parts/figure.ts";
import { html, svg } from "../mark.ts";
import { kept } from "../models/kept.ts";
import { counted, percentOf, stepTo } from "../parts/numbers.ts";

export const CAT_WORDS = {
  title: { en: "CAT: inside the tiles, and across them", ja: "CAT：タイルの内側と、タイルの間" },
  lead: {
    en:
      "CAT cuts once, into the sixteen large patches, and attends twice. Inside (IPSA), a pixel sees the 49 " +
      "of its own tile, over all channels. Across (CPSA), within one channel, a tile sees all tiles. Choose a " +
      "pixel. These weights are drawn from the seed, not trained.",
    ja:
      "CAT は 16 個の大きなパッチに一度だけ切り、注意を二度使います。内側（IPSA）では、画素が自分のタイルの 49 画素を、" +
      "全チャンネルで見ます。間（CPSA）では、一つのチャンネルの中で、タイルがすべてのタイルを見ます。画素を選んでください。" +
      "この重みはシードから引いたもので、学習していません。",
  },
  channel: { en: "channel", ja: "チャンネル" },
  grey: { en: "grey", ja: "濃さ" },
  across: { en: "change to the right", ja: "右への変化" },
  down: { en: "change downwards", ja: "下への変化" },
  inside: {
    en: "inside: what the pixel sees of its tile, and nothing around it",
    ja: "内側：画素が自分のタイルに見るもの（周りは見えない）",
  },
  between: { en: "across: what its tile sees of all tiles", ja: "間：そのタイルが全タイルに見るもの" },
  choose: {
    en: "{name}; press a pixel to choose it, arrow keys move it",
    ja: "{name}（画素を押して選ぶ、矢印キーで動かす）",
  },
  told: {
    en:
      "Pixel ({i}, {j}) of tile {t} takes most, {w}, from pixel ({a}, {b}). In the channel “{c}” tile {t} " +
      "takes most, {v}, from tile {u}.",
    ja:
      "タイル {t} の画素 ({i}, {j}) が最も多く受け取るのは画素 ({a}, {b}) からで、{w} です。チャンネル「{c}」では、タイル {t} が" +
      "タイル {u} から最も多く、{v} を受け取ります。",
  },
  pairs: {
    en: "pairs: {n} inside and {m} across, where all pixels with all would be {all}",
    ja: "対の数：内側 {n}、間 {m}。全画素どうしなら {all}",
  },
} as const satisfies Words;

/** The densest place of a row, and its share. */
function densestShare(row: Float32Array): { at: number; w: number } {
  const w = row.reduce((a, x) => Math.max(a, x), 0);
  return { at: row.indexOf(w), w };
}

/** Squares over a drawing, deeper where more is taken from. */
function catPanes(
  shares: Float32Array,
  cornerOf: (n: number) => readonly [x: number, y: number],
  side: number,
): Mark[] {
  const { w: most } = densestShare(shares);
  return Array.from(shares, (w, n) => {
    const [x, y] = cornerOf(n);
    const at = w / most;
    const box = { x: x + 0.04 * side, y: y + 0.04 * side, width: 0.92 * side, height: 0.92 * side };
    return svg("rect", {
      ...box,
      class: "gaze",
      "fill-opacity": (0.78 * at).toFixed(3),
      "stroke-opacity": (0.1 + 0.9 * at).toFixed(3),
    });
  });
}

/** The whole part, over the drawing of the scene. */
export function catView(
  context: Pick<Context, "say" | "save" | "shared">,
  { digit, key }: { readonly digit: Matrix; readonly key: readonly unknown[] },
  settings: { readonly pixel: number; readonly channel: CatChannel },
  change: (next: { pixel?: number; channel?: CatChannel }) => void,
): Mark {
  const { say, shared } = context;
  const { pixel, channel } = settings;
  const weights = kept("cat", [...key, shared.seed], () => catWeights(digit, shared.seed));
  const { tile, inside, across } = catModel(weights, pixel, channel);
  const [p, tiles] = [CAT_TILE, CAT_SIDE / CAT_TILE];
  const place = (at: number): readonly [x: number, y: number] => [at % CAT_SIDE, Math.floor(at / CAT_SIDE)];
  const corner = (t: number): readonly [x: number, y: number] => [(t % tiles) * p, Math.floor(t / tiles) * p];
  const [[x, y], [left, top]] = [place(pixel), corner(tile)];
  /** Chooses the pixel under the pointer, where a picture shows `wide` pixels from column `a` and row `b` on. */
  const pointed =
    (a: number, b: number, wide: number): Handler =>
    (touch) => {
      const within = (at: number): number => Math.min(CAT_SIDE - 1, Math.max(0, Math.floor(at)));
      change({ pixel: within(b + wide * touch.y) * CAT_SIDE + within(a + wide * touch.x) });
    };
  const onkeydown: Handler = ({ key, stop }) => {
    const to = stepTo(key, [y, x], CAT_SIDE, CAT_SIDE);
    if (to === undefined) return;
    stop();
    change({ pixel: to[0] * CAT_SIDE + to[1] });
  };
  const drawn = (
    id: string,
    name: string,
    equations: string,
    [a, b, wide]: readonly [number, number, number],
    panes: readonly Mark[],
  ): Mark =>
    html(
      "figure",
      { class: "gazes", "data-eq": equations },
      svg(
        "svg",
        {
          id,
          viewBox: `${a} ${b} ${wide} ${wide}`,
          role: "application",
          tabindex: 0,
          "aria-label": say(CAT_WORDS.choose, { name }),
          onpointerdown: pointed(a, b, wide),
          onkeydown,
        },
        svg("rect", { x: a, y: b, width: wide, height: wide, class: "plate" }),
        svg("g", { class: "ink", opacity: 0.6 }, ...depths(digit, 1, 1.02)),
        ...panes,
        svg("rect", { x: left, y: top, width: p, height: p, class: "own-tile" }),
        svg("rect", { x, y, width: 1, height: 1, class: "own-pixel" }),
      ),
      html("figcaption", {}, name),
    );
  const names = [say(CAT_WORDS.inside), say(CAT_WORDS.between)] as const;
  const insidePanes = catPanes(inside, (n) => place(pixelOf(tile, n)), 1);
  const figures = [
    // the tile with three pixels of its neighbours around it
    drawn("cross-vit-inside", names[0], "2.2 3.2", [left - 3, top - 3, p + 6], insidePanes),
    drawn("cross-vit-across", names[1], "1.3 2.3", [0, 0, CAT_SIDE], catPanes(across, corner, p)),
  ];
  const [one, other] = [densestShare(inside), densestShare(across)];
  const [b, a] = place(pixelOf(tile, one.at));
  const taken = (): { picture: Mark; csv: string } => ({
    picture: drawnPicture(
      say(CAT_WORDS.title),
      [figures.map((figure, n) => ({ kind: "gazes", name: names[n]!, mark: figure.children[0] as Mark }))],
      280,
    ),
    csv: tableOf([
      ["", "row", "column", "share"],
      ...Array.from(inside, (w, n): (string | number)[] => {
        const [column, row] = place(pixelOf(tile, n));
        return ["pixel", row + 1, column + 1, w];
      }),
      ...Array.from(across, (w, t): (string | number)[] => [
        "tile",
        Math.floor(t / tiles) + 1,
        (t % tiles) + 1,
        w,
      ]),
    ]),
  });
  const pixels = CAT_SIDE * CAT_SIDE;
  return html(
    "div",
    { class: "cat" },
    html("h3", {}, say(CAT_WORDS.title)),
    html("p", {}, say(CAT_WORDS.lead)),
    choices<CatChannel>({
      id: "cross-vit-channel",
      label: say(CAT_WORDS.channel),
      value: channel,
      among: CAT_CHANNELS.map((value) => ({ value, say: say(CAT_WORDS[value]) })),
      change: (next) => change({ channel: next }),
    }),
    html("div", { class: "pair" }, ...figures),
    html(
      "p",
      { class: "status", id: "cross-vit-tile", role: "status" },
      say(CAT_WORDS.told, {
        i: y + 1,
        j: x + 1,
        t: tile + 1,
        a: a + 1,
        b: b + 1,
        w: percentOf(one.w),
        c: say(CAT_WORDS[channel]),
        u: other.at + 1,
        v: percentOf(other.w),
      }),
    ),
    html(
      "p",
      { class: "note", id: "cross-vit-pairs" },
      say(CAT_WORDS.pairs, {
        n: counted(pixels * p * p),
        m: counted(CAT_CHANNELS.length * tiles ** 4),
        all: counted(pixels * pixels),
      }),
    ),
    takeAlong(context, "cross-vit-tiles", taken),
  );
}
