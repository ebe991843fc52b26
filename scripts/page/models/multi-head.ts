/** Multi-head attention as the page shows it: all maps, and the arithmetic of one cell. */
import type { Matrix } from "../../../lib/matrix.ts";
import { MultiHeadAttention } from "../../../lib/attention/multi-head-attention.ts";
import { add } from "../../../lib/kernels/entrywise.ts";
import { linear } from "../../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../../lib/kernels/matmul.ts";
import { mix } from "../../../lib/kernels/mix.ts";
import { concatColumns } from "../../../lib/kernels/columns.ts";
import { randomGenerator } from "../../../lib/matrix.ts";
import { scale } from "../../../lib/kernels/entrywise.ts";
import { sliceRows } from "../../../lib/kernels/rows.ts";
import { softmaxRows } from "../../../lib/kernels/softmax-rows.ts";
import { transpose } from "../../../lib/kernels/transpose.ts";

/** What can be wrong on purpose: softmax down the columns, scores divided by d_k, heads merged by rows. */
export type HeadsWrong = "right" | "columns" | "scale" | "merge";

export interface HeadsModel {
  readonly attention: MultiHeadAttention;
  readonly weights: readonly Matrix[];
  readonly output: Matrix;
  /** For each head the length of what it adds to each word's output: ‖head_m(i) W_m^O‖. */
  readonly parts: readonly (readonly number[])[];
  /** How far each word's output lies from the right one. */
  readonly off: readonly number[];
}

/** The maps of fresh heads over X, right or wrong on purpose. */
export function headsModel(
  X: Matrix,
  settings: { heads: number; seed: number; wrong: HeadsWrong },
): HeadsModel {
  const { heads: h, seed, wrong } = settings;
  const attention = MultiHeadAttention.random({ d_model: X.cols, heads: h }, randomGenerator(seed));
  const right = attention.forward(X, X, X);
  const weights =
    wrong === "columns" || wrong === "scale" ? wrongWeights(X, attention, wrong) : right.weights;
  const answers = attention.heads.map(({ W_V }, m) => mix(weights[m]!, linear(X, W_V)));
  const own = (m: number): Matrix => {
    const d_v = answers[m]!.cols;
    return linear(answers[m]!, sliceRows(attention.W_O, m * d_v, (m + 1) * d_v));
  };
  const added = answers.map((_, m) => own(m));
  const output = wrong === "merge" ? linear(mergedByRows(answers), attention.W_O) : added.reduce(add);
  const shown = wrong === "right" ? right.output : output;
  return {
    attention,
    weights,
    output: shown,
    parts: added.map((part) => lengths(part)),
    off: lengths(add(shown, scale(right.output, -1))),
  };
}

function wrongWeights(X: Matrix, { heads }: MultiHeadAttention, wrong: "columns" | "scale"): Matrix[] {
  return heads.map(({ W_Q, W_K }) => {
    const S = matmulTransposed(linear(X, W_Q), linear(X, W_K));
    if (wrong === "scale") return softmaxRows(scale(S, 1 / W_Q.cols));
    return transpose(softmaxRows(transpose(scale(S, 1 / Math.sqrt(W_Q.cols)))));
  });
}

/** Heads under one another, read on as if they stood side by side: what reshape does without a transpose. */
function mergedByRows(answers: readonly Matrix[]): Matrix {
  const rows = answers[0]!.rows;
  const cols = concatColumns(answers).cols;
  const data = new Float32Array(rows * cols);
  answers.forEach((answer, m) => data.set(answer.data, m * answer.data.length));
  return { rows, cols, data };
}

/** The length of each row. */
function lengths(M: Matrix): number[] {
  return Array.from({ length: M.rows }, (_, i) => Math.hypot(...rowAt(M, i)));
}

/** A row of a matrix, without a copy. */
export function rowAt(M: Matrix, i: number): Float32Array {
  return M.data.subarray(i * M.cols, (i + 1) * M.cols);
}

/** The way from two vectors to what one word takes from another, each number in doubles. */
export interface Arithmetic {
  readonly q: ArrayLike<number>;
  readonly k: ArrayLike<number>;
  readonly v: ArrayLike<number>;
  readonly products: readonly number[];
  readonly dot: number;
  /** What the scores are divided by, and how it is written. */
  readonly divisor: number;
  readonly divisorText: string;
  /** The scores of the row before and after the division; −∞ where the query may not look. */
  readonly raw: readonly number[];
  readonly scores: readonly number[];
  readonly most: number;
  readonly powers: readonly number[];
  readonly total: number;
  readonly shares: readonly number[];
  readonly answer: readonly number[];
  readonly taken: readonly number[];
}

/** The arithmetic of query i and key j. `sees` says which keys the query may look at. */
export function arithmeticOf(
  { Q, K, V }: { Q: Matrix; K: Matrix; V: Matrix },
  [i, j]: readonly [number, number],
  options: { divide?: "root" | "width"; sees?: (key: number) => boolean } = {},
): Arithmetic {
  const { divide = "root", sees = () => true } = options;
  const [q, k, v] = [rowAt(Q, i), rowAt(K, j), rowAt(V, j)];
  const d = q.length;
  const dotOf = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
    let sum = 0;
    for (let c = 0; c < a.length; c++) sum += a[c]! * b[c]!;
    return sum;
  };
  const divisor = divide === "root" ? Math.sqrt(d) : d;
  const keys = Array.from({ length: K.rows }, (_, key) => key);
  const raw = keys.map((key) => (sees(key) ? dotOf(q, rowAt(K, key)) : -Infinity));
  const scores = raw.map((s) => s / divisor);
  const most = Math.max(...scores);
  const powers = scores.map((s) => (s === -Infinity ? 0 : Math.exp(s - most)));
  const total = powers.reduce((sum, x) => sum + x, 0);
  const shares = powers.map((p) => (total === 0 ? 0 : p / total));
  const answer = Array.from(v, (_, c) =>
    keys.reduce((sum, key) => sum + shares[key]! * rowAt(V, key)[c]!, 0),
  );
  return {
    q,
    k,
    v,
    products: Array.from(q, (x, c) => x * k[c]!),
    dot: dotOf(q, k),
    divisor,
    divisorText: divide === "root" ? `√${d}` : String(d),
    raw,
    scores,
    most,
    powers,
    total,
    shares,
    answer,
    taken: Array.from(v, (x) => shares[j]! * x),
  };
}
