/** The strip below a map: four steps from two vectors to what one word takes from another. */
import type { Arithmetic } from "../models/multi-head.ts";
import type { Child, Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import { fan, shareList, vectorRow } from "./bars.ts";
import { html } from "../mark.ts";
import { peakOf, percentOf, signed } from "./numbers.ts";

const STEP_WORDS = {
  why: { en: "Why {w}?", ja: "なぜ {w}?" },
  whyLine: { en: "“{q}” is the query, “{k}” the key.", ja: "「{q}」がクエリ、「{k}」がキーです。" },
  hidden: {
    en: "“{q}” may not look at “{k}”: no score is computed.",
    ja: "「{q}」は「{k}」を見ません。スコアも計算しません。",
  },
  compare: { en: "Compare", ja: "くらべる" },
  compareNote: { en: "the query’s numbers times the key’s, added up", ja: "クエリとキーの数を掛けて、足す" },
  calm: { en: "Calm", ja: "しずめる" },
  calmNote: {
    en: "divided by {d}; the lines are all scores of the row, before and after",
    ja: "{d} で割る。線は行の全スコアの前と後",
  },
  share: { en: "Share out", ja: "わける" },
  shareNote: { en: "exp of each score over the sum of its row", ja: "exp を取り、行の合計で割る" },
  take: { en: "Take", ja: "うけとる" },
  takeNote: {
    en: "that share of the key’s value; o is the sum over all keys",
    ja: "その割合だけバリューを受け取る。全キーの和が o",
  },
  others: { en: "{n} others", ja: "ほか {n} 語" },
  checked: {
    en: "recomputed in this panel in doubles: off by {d} from the library’s float32 weight",
    ja: "この枠で倍精度で計算し直した値と、ライブラリの float32 の重みとの差は {d}",
  },
  wrong: {
    en: "the map above is wrong on purpose, and this panel is right: off by {d}",
    ja: "上の地図はわざと間違えてあり、この枠が正しい値です。差は {d}",
  },
} as const satisfies Words;

/** The panel for a cell. `map` is the library's weight, which the panel's own numbers are compared with. */
export function stepsPanel(
  context: Pick<Context, "say" | "id">,
  look: {
    steps: Arithmetic;
    rows: readonly string[];
    cols: readonly string[];
    cell: readonly [number, number];
    weight: number;
    wrong?: boolean;
    numbers: readonly [string, string, string];
  },
): Mark {
  const { say } = context;
  const { steps, rows, cols, cell, weight, wrong = false, numbers } = look;
  const [i, j] = cell;
  const [q, k] = [rows[i]!, cols[j]!];
  const share = steps.shares[j]!;
  const hidden = steps.scores[j] === -Infinity;
  const off = Math.abs(share - weight);
  const card = (
    number: string,
    equation: string,
    title: string,
    note: string,
    ...body: readonly Child[]
  ): Mark =>
    html(
      "li",
      { class: "step", "data-eq": equation },
      html("h4", {}, html("b", {}, number), title),
      ...body,
      html("p", {}, note),
    );
  const peak = peakOf(steps.q, steps.k);
  const values = peakOf(steps.v, steps.answer);
  const sum = steps.products
    .map((x, c) => (c === 0 ? signed(x) : `${x < 0 ? "−" : "+"} ${Math.abs(x).toFixed(2)}`))
    .join(" ");
  const compare = card(
    "1",
    numbers[0],
    say(STEP_WORDS.compare),
    say(STEP_WORDS.compareNote),
    vectorRow("q", "q", steps.q, peak, `q: ${q}`),
    vectorRow("k", "k", steps.k, peak, `k: ${k}`),
    vectorRow("p", "q·k", steps.products, peakOf(steps.products), "q·k"),
    html("p", { class: "sum" }, steps.q.length <= 4 ? sum : "Σ", " = ", html("b", {}, signed(steps.dot))),
  );
  const seen = steps.raw.map((_, key) => key).filter((key) => steps.raw[key] !== -Infinity);
  const only = (list: readonly number[]): number[] => seen.map((key) => list[key]!);
  const calm = card(
    "2",
    numbers[1],
    say(STEP_WORDS.calm),
    say(STEP_WORDS.calmNote, { d: steps.divisorText }),
    html(
      "div",
      { class: "division" },
      html("span", {}, signed(steps.dot)),
      html("i", {}, `÷ ${steps.divisorText}`),
      html("b", {}, signed(steps.dot / steps.divisor)),
    ),
    fan(
      only(steps.raw),
      only(steps.scores),
      seen.indexOf(j),
      say(STEP_WORDS.calmNote, { d: steps.divisorText }),
    ),
  );
  const exp = hidden
    ? "exp(−∞) = 0"
    : `exp(${signed(steps.scores[j]!)} − ${signed(steps.most)}) / ${steps.total.toFixed(2)} = ` +
      `${steps.powers[j]!.toFixed(3)} / ${steps.total.toFixed(2)}`;
  const divide = card(
    "3",
    numbers[2],
    say(STEP_WORDS.share),
    say(STEP_WORDS.shareNote),
    shareList(
      only(steps.shares.map((_, key) => key)).map((key) => cols[key]!),
      only(steps.shares),
      seen.indexOf(j),
      say(STEP_WORDS.others),
    ),
    html("p", { class: "sum" }, `${exp} = `, html("b", {}, percentOf(share))),
  );
  const take = card(
    "4",
    numbers[2],
    say(STEP_WORDS.take),
    say(STEP_WORDS.takeNote),
    vectorRow("v", "v", steps.v, values, `v: ${k}`),
    vectorRow("v", `${percentOf(share)} v`, steps.taken, values, `${q} ← ${k}`),
    vectorRow("o", "o", steps.answer, values, `o: ${q}`),
  );
  const line = say(hidden ? STEP_WORDS.hidden : STEP_WORDS.whyLine, { q, k });
  return html(
    "div",
    { class: "why", id: `${context.id}-why` },
    html("h3", {}, say(STEP_WORDS.why, { w: percentOf(share) }), html("span", {}, line)),
    html("ol", { class: "steps" }, compare, calm, divide, take),
    html(
      "p",
      { class: "checked", "data-off": off, "data-share": share },
      wrong ? "✗ " : "✓ ",
      say(wrong ? STEP_WORDS.wrong : STEP_WORDS.checked, { d: off.toExponential(0) }),
    ),
  );
}
