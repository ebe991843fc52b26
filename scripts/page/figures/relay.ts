/** The relay in two hops: what token 7 holds reaches token 1 through a hub, and not through a window. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Neighbours } from "../../../lib/graph/neighbours.ts";
import { attendNeighbours } from "../../../lib/attention/sparse-attention.ts";
import { dot, line, rect, sheet, shown, text } from "./drawing.ts";
import { fromFunction, matrix } from "../../../lib/matrix.ts";
import { globalTokens, slidingWindow } from "../../../lib/graph/patterns.ts";
import { phraseIn } from "../context.ts";
import { union } from "../../../lib/graph/algebra.ts";

const WORDS = {
  title: { en: "A relay in two hops: token 7 holds 90", ja: "2 層で届く中継：トークン 7 が 90 を持つ" },
  window: { en: "a window of radius 1 alone", ja: "半径 1 の窓だけ" },
  hub: { en: "and token 4 global: the hub", ja: "さらにトークン 4 をグローバル（ハブ）に" },
  input: { en: "input", ja: "入力" },
  layer: { en: "layer {n}", ja: "{n} 層目" },
  reached: { en: "filled: something of token 7 has arrived", ja: "色つき：トークン 7 の情報が届いた" },
  route: { en: "the way from 7 to 1", ja: "7 から 1 への道" },
} as const satisfies Readonly<Record<string, Phrase>>;

const n = 9;

/** One panel: three rows of tokens, the pairs between them, the values in them. */
function panel(lang: Language, y: number, name: Phrase, graph: Neighbours, route: readonly number[]): Mark[] {
  const equal = matrix(n, 1);
  const X = fromFunction(n, 1, (t) => (t === 7 ? 90 : 0));
  const first = attendNeighbours(equal, equal, X, graph).output;
  const second = attendNeighbours(equal, equal, first, graph).output;
  const place = (layer: number, t: number): readonly [number, number] => [116 + 66 * t, y + 40 + 66 * layer];
  const marks: Mark[] = [text(16, y + 4, phraseIn(lang, name), "part")];
  for (const layer of [0, 1]) {
    for (let i = 0; i < n; i++) {
      for (let e = graph.start[i]!; e < graph.start[i + 1]!; e++) {
        marks.push(line([place(layer, graph.key[e]!), place(layer + 1, i)], "axis"));
      }
    }
  }
  if (route.length > 0) {
    const style = "stroke-width: 4";
    const way = line(route.map((t, layer) => place(layer, t)), "global");
    marks.push({ ...way, attributes: { ...way.attributes, style } });
  }
  [X, first, second].forEach((values, layer) => {
    const label = layer === 0 ? phraseIn(lang, WORDS.input) : phraseIn(lang, WORDS.layer, { n: layer });
    marks.push(text(74, place(layer, 0)[1] + 4, label, "soft end"));
    for (let t = 0; t < n; t++) {
      const [cx, cy] = place(layer, t);
      const value = values.data[t]!;
      marks.push(rect(cx - 23, cy - 12, 46, 24, "box"));
      if (value > 0) marks.push(rect(cx - 23, cy - 12, 46, 24, "bar soft"));
      marks.push(text(cx, cy + 5, value === 0 ? "0" : shown(value, 1), "mono mid"));
    }
  });
  for (let t = 0; t < n; t++) marks.push(text(place(0, t)[0], y + 22, String(t), "soft mid k"));
  return marks;
}

export function relay(lang: Language): string {
  const window = slidingWindow(n, 1);
  return sheet(720, 512, phraseIn(lang, WORDS.title), [
    ...panel(lang, 62, WORDS.window, window, []),
    ...panel(lang, 278, WORDS.hub, union(window, globalTokens(n, [4])), [7, 4, 1]),
    rect(16, 484, 18, 14, "bar soft"),
    text(42, 496, phraseIn(lang, WORDS.reached), "soft"),
    { ...line([[380, 491], [404, 491]], "global") },
    dot(404, 491, 3, "global"),
    text(414, 496, phraseIn(lang, WORDS.route), "soft"),
  ]);
}
