/** The two orders of a block, pre-norm as in ViT and post-norm as in BERT, with one token's numbers. */
import type { Language, Phrase } from "../state.ts";
import type { Mark } from "../mark.ts";
import type { Matrix } from "../../../lib/matrix.ts";
import { arrow, at, box, panelsFile, words } from "./panels.ts";
import { add } from "../../../lib/kernels/entrywise.ts";
import { EncoderBlock } from "../../../lib/layers/encoder-block.ts";
import { FeedForward } from "../../../lib/layers/feed-forward.ts";
import { fromRows, identity } from "../../../lib/matrix.ts";
import { LayerNorm } from "../../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { phraseIn } from "../context.ts";
import { signed } from "../parts/numbers.ts";

const WORDS = {
  title: { en: "One block in its two orders, with the numbers of token 0", ja: "ブロックの二つの順序と、トークン 0 の数" },
  pre: { en: "pre-norm: ViT, CrossViT, CAT", ja: "pre-norm：ViT、CrossViT、CAT" },
  post: { en: "post-norm: BERT, Longformer", ja: "post-norm：BERT、Longformer" },
} as const satisfies Readonly<Record<string, Phrase>>;

const NORM_1 = "LN_1";
const NORM_2 = "LN_2";
const LINE = 54;

/** One step of a block: its box, what its row 0 is behind it, and whether a residual begins or ends here. */
interface Step {
  readonly name: string;
  readonly value: Matrix;
  readonly residual?: "from" | "to";
}

/** Both orders, step by step, on the page's two tokens. */
function stepsOf(): { pre: Step[]; post: Step[]; check: readonly [Matrix, Matrix] } {
  const I = identity(2);
  const norm = LayerNorm.initial({ d_model: 2 });
  const attention = new MultiHeadAttention({ heads: [{ W_Q: I, W_K: I, W_V: I }], W_O: I });
  const feedForward = new FeedForward({ W_1: I, W_2: I, activation: "relu" });
  const attend = (Y: Matrix): Matrix => attention.forward(Y, Y, Y).output;
  const X = fromRows([
    [1, 3],
    [3, 1],
  ]);
  const [X_1] = [norm.forward(X)];
  const A = attend(X_1);
  const Y = add(X, A);
  const Y_1 = norm.forward(Y);
  const F = feedForward.forward(Y_1);
  const B = attend(X);
  const [S, P] = [add(X, B), norm.forward(add(X, B))];
  const G = feedForward.forward(P);
  const parts = { norm1: norm, attention, norm2: norm, feedForward };
  return {
    pre: [
      { name: "X", value: X, residual: "from" },
      { name: NORM_1, value: X_1 },
      { name: "MultiHead", value: A },
      { name: "+", value: Y, residual: "to" },
      { name: NORM_2, value: Y_1 },
      { name: "FFN", value: F },
      { name: "+", value: add(Y, F), residual: "to" },
    ],
    post: [
      { name: "X", value: X, residual: "from" },
      { name: "MultiHead", value: B },
      { name: "+", value: S, residual: "to" },
      { name: NORM_1, value: P, residual: "from" },
      { name: "FFN", value: G },
      { name: "+", value: add(P, G), residual: "to" },
      { name: NORM_2, value: norm.forward(add(P, G)) },
    ],
    check: [
      new EncoderBlock({ ...parts, order: "pre" }).forward(X),
      new EncoderBlock({ ...parts, order: "post" }).forward(X),
    ],
  };
}

/** A column of boxes from the top, with the residuals at its left. */
function column(steps: readonly Step[]): Mark[] {
  let from = 0;
  return steps.flatMap(({ name, value, residual }, n) => {
    const y = n * LINE;
    const numbers = `(${signed(value.data[0]!)}, ${signed(value.data[1]!)})`;
    const marks = [
      box(60, y, 112, 32, name, residual !== undefined && name !== NORM_1),
      words(182, y + 21, numbers, "mono"),
    ];
    if (n > 0) marks.push(arrow([116, y - LINE + 32], [116, y - 1]));
    if (residual === "to") {
      const start = from * LINE + (from === 0 ? 16 : 24);
      const lane = from === 0 ? 22 : 36;
      marks.push(arrow([59, start], [lane, start], [lane, y + 10], [59, y + 10]));
      from = n;
    }
    if (residual === "from") from = n;
    return marks;
  });
}

export function blockOrder(lang: Language): string {
  const { pre, post, check } = stepsOf();
  [pre, post].forEach((steps, n) => {
    const last = steps[steps.length - 1]!.value;
    if (String(last.data) !== String(check[n]!.data)) throw new Error("block-order: the block gives other numbers");
  });
  return panelsFile(680, 74 + 7 * LINE, phraseIn(lang, WORDS.title), [
    words(76, 62, phraseIn(lang, WORDS.pre)),
    at(16, 82, ...column(pre)),
    words(410, 62, phraseIn(lang, WORDS.post)),
    at(350, 82, ...column(post)),
  ]);
}
