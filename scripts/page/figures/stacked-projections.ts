/** One matrix of a published checkpoint, and the projections of each head that are cut from it. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { arrow, at, panelsFile, signed, words } from "./panels.ts";
import { matrix, randomGenerator } from "../../../lib/matrix.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { peakOf } from "../parts/numbers.ts";
import { phraseIn } from "../context.ts";
import { readTorchAttention, writeTorchAttention } from "../../../lib/checkpoints/torch-attention.ts";

const WORDS = {
  title: {
    en: "in_proj_weight (24, 8): cut and transposed into two heads",
    ja: "in_proj_weight (24, 8)：切り分け、転置して二つのヘッドへ",
  },
  file: { en: "in the file: (out, in)", ja: "ファイルの中：(out, in)" },
  here: { en: "here: (in, out), a record for each head", ja: "ここ：(in, out)、ヘッドごとのレコード" },
  head: { en: "head {m}", ja: "ヘッド {m}" },
  note: {
    en: "Squares are above 0, discs below: no number changes, each only moves.",
    ja: "四角は正、丸は負。数は変わらず、場所だけが変わる。",
  },
} as const satisfies Readonly<Record<string, Phrase>>;

const CELL = 13;

export function stackedProjections(lang: Language): string {
  const attention = MultiHeadAttention.random({ d_model: 8, heads: 2, bias: true }, randomGenerator(1));
  const tensors = new Map(writeTorchAttention(attention));
  const stacked = tensors.get("in_proj_weight")!;
  const whole = matrix(24, 8, Array.from(stacked.data as Float32Array));
  const { heads } = readTorchAttention(tensors, { d_model: 8, heads: 2 });
  const most = peakOf(whole.data);
  const kinds = ["Q", "K", "V"] as const;
  const of = (m: number, kind: (typeof kinds)[number]): Matrix => heads[m]![`W_${kind}`];
  const [left, top] = [62, 78];
  const bands = kinds.map((kind, k) => words(left - 10, top + (k * 8 + 4.5) * CELL, kind, "end"));
  const cut = kinds.flatMap((kind, k): Mark[] =>
    [0, 1].flatMap((m) => {
      const x = 330 + k * 112;
      const y = top + 22 + m * 158;
      return [at(x, y, signed(of(m, kind), CELL, most)), words(x, y - 6, `W_${kind} (8, 4)`, "soft")];
    }),
  );
  return panelsFile(700, top + 24 * CELL + 40, phraseIn(lang, WORDS.title), [
    words(left, top - 12, phraseIn(lang, WORDS.file), "soft"),
    ...bands,
    ...kinds.map((_, k) => at(left, top + k * (8 * CELL), signed(rowsOf(whole, 8 * k, 8 * k + 8), CELL, most))),
    arrow([left + 8 * CELL + 16, top + 12 * CELL], [310, top + 12 * CELL]),
    words(330, top - 12, phraseIn(lang, WORDS.here), "soft"),
    ...[0, 1].map((m) => words(316, top + 80 + m * 158, phraseIn(lang, WORDS.head, { m: m + 1 }), "soft end")),
    ...cut,
    words(left, top + 24 * CELL + 24, phraseIn(lang, WORDS.note), "soft"),
  ]);
}

function rowsOf({ cols, data }: Matrix, from: number, to: number): Matrix {
  return { rows: to - from, cols, data: data.subarray(from * cols, to * cols) };
}
