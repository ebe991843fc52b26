/**
 * The oracle: attention written down as slowly and plainly as it can be, on number[][] in doubles.
 *
 * It shares no code and no data type with `lib`, and must stay that way: what it says is what `lib` is held
 * against.
 */
export type Rows = number[][];

export interface NaiveOptions {
  /** f(q, k); the dot product unless given. */
  readonly score?: (q: number[], k: number[]) => number;
  /** What the scores are multiplied by; 1 unless given. */
  readonly scale?: number;
  readonly bias?: Rows;
  readonly allow?: (i: number, j: number) => boolean;
}

/**
 * o_i = Σ_j a_ij v_j with a_i = softmax over the allowed j of f(q_i, k_j) · scale + bias_ij; zeros where
 * nothing is allowed.
 */
export function naiveAttention(
  Q: Rows,
  K: Rows,
  V: Rows,
  options: NaiveOptions = {},
): { output: Rows; weights: Rows; largestScore: number } {
  const { score = dot, scale = 1, bias, allow = () => true } = options;
  const d_v = V.length === 0 ? 0 : V[0]!.length;
  let largestScore = 0;
  const weights = Q.map((q, i) => {
    const scores = K.map((k, j) =>
      allow(i, j) ? score(q, k) * scale + (bias ? bias[i]![j]! : 0) : -Infinity,
    );
    for (const s of scores) if (s !== -Infinity) largestScore = Math.max(largestScore, Math.abs(s));
    return naiveSoftmax(scores);
  });
  const output = weights.map((row) => {
    const o = new Array<number>(d_v).fill(0);
    row.forEach((a, j) => {
      if (a !== 0) for (let c = 0; c < d_v; c++) o[c] = o[c]! + a * V[j]![c]!;
    });
    return o;
  });
  return { output, weights, largestScore };
}

export function naiveSoftmax(scores: number[]): number[] {
  const max = Math.max(...scores);
  if (max === -Infinity) return scores.map(() => 0);
  const exps = scores.map((s) => Math.exp(s - max));
  const sum = exps.reduce((a, b) => a + b, 0);
  return exps.map((e) => e / sum);
}

export function dot(a: number[], b: number[]): number {
  return a.reduce((sum, x, c) => sum + x * b[c]!, 0);
}

/** A · B by the definition. */
export function naiveMatmul(A: Rows, B: Rows): Rows {
  return A.map((row) => (B[0] ?? []).map((_, j) => row.reduce((sum, x, k) => sum + x * B[k]![j]!, 0)));
}

export function naiveTranspose(A: Rows): Rows {
  return (A[0] ?? []).map((_, j) => A.map((row) => row[j]!));
}

/** X W + b for every row. */
export function naiveLinear(X: Rows, W: Rows, b?: Rows): Rows {
  return naiveMatmul(X, W).map((row) => row.map((x, c) => x + (b ? b[0]![c]! : 0)));
}
