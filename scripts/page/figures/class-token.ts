/** CrossViT's two branches over one trained digit: each [CLS] reads the other branch's patches, and carries. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { arrow, at, box, panelsFile, words } from "./panels.ts";
import { depths } from "../parts/map.ts";
import { digitGaze } from "./trained.ts";
import { DIGIT_SIZES } from "../models/digits.ts";
import { meanOf } from "../../../lib/kernels/entrywise.ts";
import { percentOf } from "../parts/numbers.ts";
import { phraseIn } from "../context.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: {
    en: "CrossViT: two branches, and the class token as messenger (trained)",
    ja: "CrossViT：二つのブランチと、情報を運ぶクラストークン（学習済み）",
  },
  branch: {
    en: "branch {b}: {n} patches of {p} × {p}, rows of {d}",
    ja: "ブランチ {b}：{p} × {p} のパッチ {n} 個、{d} 次元",
  },
  reads: {
    en: "[CLS] of {b}: {self} on itself, {rest} on the patches of {o}",
    ja: "{b} の [CLS]：自分に {self}、{o} のパッチに {rest}",
  },
  carries: { en: "next block", ja: "次のブロック" },
  note: {
    en: "The thicker the line, the more weight (mean of the heads). {a} and {c} weights in place of {n} × {m}.",
    ja: "線が太いほど重みが大きい（ヘッドの平均）。重みは {n} × {m} 組でなく、{a} 個と {c} 個。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const SIDE = 224;

/** The digit cut into its patches, with gaps, the patches deeper by their weights. */
function cutDigit(digit: Matrix, patch: number, weights: Float32Array): Mark {
  const n = 28 / patch;
  const gap = 0.35;
  const lines = Array.from({ length: n - 1 }, (_, k) => (k + 1) * patch).flatMap((place) => [
    svg("rect", { x: 0, y: place - gap / 2, width: 28, height: gap, class: "paper" }),
    svg("rect", { x: place - gap / 2, y: 0, width: gap, height: 28, class: "paper" }),
  ]);
  const most = weights.reduce((a, w) => Math.max(a, w), 0);
  const seen = Array.from(weights, (w, e) => {
    const [x, y] = [(e % n) * patch, Math.floor(e / n) * patch];
    const depth = (0.6 * (w / most)).toFixed(2);
    const look = { class: "gaze", "fill-opacity": depth, "stroke-opacity": 0 };
    return w < 0.01 ? null : svg("rect", { x, y, width: patch, height: patch, ...look });
  });
  return svg(
    "g",
    { transform: `scale(${SIDE / 28})` },
    svg("rect", { width: 28, height: 28, class: "plate" }),
    svg("g", { class: "ink" }, ...depths(digit, 1, 1.02)),
    ...seen,
    ...lines,
  );
}

export function classToken(lang: Language): string {
  const { digit, gaze } = digitGaze(4);
  const [s, l] = DIGIT_SIZES.branches;
  const patches = ({ patch }: { patch: number }): number => (28 / patch) ** 2;
  const [left, right, top] = [16, 720 - 16 - SIDE, 150];
  const tokens = { s: [left + SIDE / 2, 94], l: [right + SIDE / 2, 94] } as const;
  const rays = (row: Float32Array, from: readonly [number, number], to: number, side: number): Mark[] =>
    Array.from(row.subarray(1)).flatMap((w, e) => {
      const [x, y] = [to + (((e % side) + 0.5) * SIDE) / side, top + ((Math.floor(e / side) + 0.5) * SIDE) / side];
      const d = `M${from[0]} ${from[1]}L${x.toFixed(1)} ${y.toFixed(1)}`;
      const look = { d, class: "ray", "stroke-width": (0.8 + 11 * w).toFixed(1), "stroke-opacity": 0.75 };
      return w < 0.01 ? [] : [svg("path", look)];
    });
  const [small, large] = [meanOf(gaze.small).data, meanOf(gaze.large).data];
  const share = (row: Float32Array): { self: string; rest: string } => ({
    self: percentOf(row[0]!),
    rest: percentOf(1 - row[0]!),
  });
  const counts = { n: patches(s), m: patches(l), a: large.length, c: small.length };
  const branch = (b: "s" | "l"): string => {
    const sizes = b === "s" ? s : l;
    return phraseIn(lang, WORDS.branch, { b, n: patches(sizes), p: sizes.patch, d: sizes.d_model });
  };
  const carrier = (b: "s" | "l", aside: number, look: string): Mark[] => {
    const [x, y] = tokens[b];
    return [
      box(x - 48, y - 16, 96, 32, `[CLS] ${b}`, true),
      arrow([x, y + 16], [x, top - 1]),
      words(x + aside, y + 38, phraseIn(lang, WORDS.carries), look),
    ];
  };
  return panelsFile(720, 470, phraseIn(lang, WORDS.title), [
    words(left, 60, branch("s"), "soft"),
    words(right + SIDE, 60, branch("l"), "soft end"),
    at(left, top, cutDigit(digit, s.patch, large.subarray(1))),
    at(right, top, cutDigit(digit, l.patch, small.subarray(1))),
    ...rays(small, [tokens.s[0] + 48, tokens.s[1]], right, 4),
    ...rays(large, [tokens.l[0] - 48, tokens.l[1]], left, 7),
    ...carrier("s", -8, "soft end"),
    ...carrier("l", 8, "soft"),
    words(16, 404, phraseIn(lang, WORDS.reads, { b: "s", o: "l", ...share(small) }), "soft"),
    words(16, 426, phraseIn(lang, WORDS.reads, { b: "l", o: "s", ...share(large) }), "soft"),
    words(16, 448, phraseIn(lang, WORDS.note, counts), "soft"),
  ]);
}
