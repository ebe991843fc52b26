/** Outputs lie in the convex hull of the values: random queries, and one of them with its weights. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { ScaledDotProductAttention } from "../../../lib/attention/scaled-dot-product-attention.ts";
import { dot, line, sheet, text, wrapped } from "./drawing.ts";
import { fromFunction, fromRows, gaussian, randomGenerator } from "../../../lib/matrix.ts";
import { phraseIn } from "../context.ts";
import { svg } from "../mark.ts";

const WORDS = {
  title: { en: "The convex hull of the values", ja: "バリューの凸包" },
  values: { en: "v_0 … v_4: the values", ja: "v_0 … v_4：バリュー" },
  outputs: { en: "outputs of 300 queries", ja: "300 個の乱数のクエリの出力" },
  one: { en: "one output and its weights", ja: "一つの出力と、その重み" },
  hull: {
    en: "Weights are positive and sum to 1, so no output leaves the shape that a rubber band around the values has.",
    ja: "重みは正で和が 1 なので、どの出力も、バリューに輪ゴムをかけた形の外には出ません。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const V = fromRows([[0.6, 1.2], [4.6, 0.4], [5.4, 3.2], [2.6, 4.4], [2.6, 2]]);

/** Whether all values lie at one side of the line from value a to value b. */
function isEdge(a: number, b: number): boolean {
  const [x, y] = [V.data[2 * a]!, V.data[2 * a + 1]!];
  const [dx, dy] = [V.data[2 * b]! - x, V.data[2 * b + 1]! - y];
  return a !== b && Array.from({ length: V.rows }, (_, j) => j).every(
    (j) => dx * (V.data[2 * j + 1]! - y) - dy * (V.data[2 * j]! - x) >= 0,
  );
}

/** The corners of the hull, one after the other. */
function hullOf(): number[] {
  const all = Array.from({ length: V.rows }, (_, j) => j);
  const corners = [all.find((a) => all.some((b) => isEdge(a, b)))!];
  for (;;) {
    const next = all.find((b) => isEdge(corners[corners.length - 1]!, b))!;
    if (next === corners[0]) return corners;
    corners.push(next);
  }
}

export function hull(lang: Language): string {
  const say = (phrase: Phrase): string => phraseIn(lang, phrase);
  const normal = gaussian(randomGenerator(5));
  const Q = fromFunction(300, 3, () => 1.6 * normal());
  const K = fromFunction(V.rows, 3, normal);
  const { output, weights } = new ScaledDotProductAttention().forward(Q, K, V);
  const place = (M: Matrix, i: number): readonly [number, number] => [
    40 + 68 * M.data[2 * i]!,
    386 - 68 * M.data[2 * i + 1]!,
  ];
  const corners = hullOf().map((j) => place(V, j));
  const shape = corners.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const one = 6;
  const share = (j: number): number => weights.data[one * V.rows + j]!;
  const marks: Mark[] = [
    svg("polygon", { points: shape, class: "box" }),
    line([...corners, corners[0]!], "v dash"),
    ...Array.from({ length: Q.rows }, (_, i) => dot(...place(output, i), 2.4, "k")),
  ];
  for (let j = 0; j < V.rows; j++) {
    const drawn = line([place(output, one), place(V, j)], "q");
    const style = `stroke-width: ${(1 + 12 * share(j)).toFixed(1)}; opacity: 0.7`;
    marks.push({ ...drawn, attributes: { ...drawn.attributes, style } });
  }
  const outside = [[-14, 22], [8, 24], [14, 4], [0, -16], [-86, 6]] as const;
  for (let j = 0; j < V.rows; j++) {
    const [x, y] = place(V, j);
    const [right, down] = outside[j]!;
    marks.push(dot(x, y, 7, "v"), text(x + right, y + down, `v_${j}  ${share(j).toFixed(2)}`, "mono v"));
  }
  marks.push(dot(...place(output, one), 6, "q"));
  const keys = [["v", WORDS.values, 7], ["k", WORDS.outputs, 3], ["q", WORDS.one, 6]] as const;
  keys.forEach(([kind, words, r], n) => {
    marks.push(dot(512, 96 + 26 * n, r, kind), text(528, 100 + 26 * n, say(words), "soft"));
  });
  marks.push(...wrapped(506, 190, say(WORDS.hull), 16));
  return sheet(720, 410, say(WORDS.title), marks);
}
