import type { Matrix, Random } from "../matrix.ts";
import { checkBoolean, checkInteger, checkMatrix, checkOptions } from "../matrix.ts";
import { checkShapes, fromFunction, kindOf, matrix, uniform } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";
import { linear } from "../kernels/linear.ts";

/**
 * The projections of one head (ヘッド), held as (in, out) so that the code reads X W. Each bias may be absent.
 *
 *     W_Q (d_query, d_k)   W_K (d_key, d_k)   W_V (d_value, d_v)
 *     b_Q (1, d_k)   b_K (1, d_k)   b_V (1, d_v)
 */
export interface AttentionHead {
  readonly W_Q: Matrix;
  readonly W_K: Matrix;
  readonly W_V: Matrix;
  readonly b_Q?: Matrix | undefined;
  readonly b_K?: Matrix | undefined;
  readonly b_V?: Matrix | undefined;
}

/**
 * The widths of a fresh head: d_query, d_key and d_value of the sources, d_k and d_v of their projections.
 * Defaults: d_key and d_value are d_query; d_v is d_k; no bias.
 */
export interface HeadWidths {
  readonly d_query: number;
  readonly d_key?: number | undefined;
  readonly d_value?: number | undefined;
  readonly d_k: number;
  readonly d_v?: number | undefined;
  readonly bias?: boolean | undefined;
}

/**
 * The parameters of h heads and of the map that joins them. b_O may be absent.
 *
 *     heads: h records   W_O (h·d_v, d_out)   b_O (1, d_out)
 */
export interface JoinedHeads {
  readonly heads: readonly AttentionHead[];
  readonly W_O: Matrix;
  readonly b_O?: Matrix | undefined;
}

/** The queries, keys and values of one head, or the sources that they are projected from. */
export interface QueriesKeysValues {
  readonly Q: Matrix;
  readonly K: Matrix;
  readonly V: Matrix;
}

/**
 * The three projections of a head (射影), each with its bias where there is one.
 *
 *     Q' = Q W_Q + b_Q,  K' = K W_K + b_K,  V' = V W_V + b_V
 *
 *     Q (n_q, d_query)   K (n_k, d_key)   V (n_k, d_value)   →   Q' (n_q, d_k), K' (n_k, d_k), V' (n_k, d_v)
 *     n_q queries, n_k keys and values; each d is a number of features
 *
 * `where` is the caller's name, which begins each error message.
 * Cost: n_q·d_query·d_k + n_k·(d_key·d_k + d_value·d_v) multiply-adds.
 * Errors: RangeError unless the sources fit the head and there are as many values as keys.
 */
export function project(
  where: string,
  head: AttentionHead,
  sources: QueriesKeysValues,
): QueriesKeysValues {
  checkOptions(where, sources, ["Q", "K", "V"], "sources");
  const { Q, K, V } = sources;
  checkSources(where, head, { Q, K, V });
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = head;
  return { Q: linear(Q, W_Q, b_Q), K: linear(K, W_K, b_K), V: linear(V, W_V, b_V) };
}

/**
 * The three projections of one source X (自己注意の射影), which gives the queries, the keys and the values.
 *
 *     Q = X W_Q + b_Q,  K = X W_K + b_K,  V = X W_V + b_V
 *
 *     X (n, d)   →   Q (n, d_k), K (n, d_k), V (n, d_v)
 *     n positions of d features, as many as each of W_Q, W_K and W_V has rows
 *
 * Cost: n·d·(2·d_k + d_v) multiply-adds. Errors: RangeError unless X fits all three matrices.
 */
export function projectSelf(where: string, head: AttentionHead, X: Matrix): QueriesKeysValues {
  for (const { rows } of [head.W_Q, head.W_K, head.W_V]) checkShapes(where, { X: [X, "n", rows] });
  return project(where, head, { Q: X, K: X, V: X });
}

/** Throws unless Q (n_q, d_query), K (n_k, d_key) and V (n_k, d_value) fit the head. Returns n_q and n_k. */
export function checkSources(
  where: string,
  { W_Q, W_K, W_V }: AttentionHead,
  { Q, K, V }: QueriesKeysValues,
): { n_q: number; n_k: number } {
  return checkShapes(where, { Q: [Q, "n_q", W_Q.rows], K: [K, "n_k", W_K.rows], V: [V, "n_k", W_V.rows] });
}

/**
 * A fresh projection (射影行列の初期化).
 *
 *     W[i,j] ~ U(−a, a),  a = √(6 / (d_in + d_out))
 *
 *     d_in features before and d_out features after it   →   W (d_in, d_out)
 *
 * Errors: RangeError unless both widths are integers ≥ 1.
 * Source: Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
 * networks", Eq. 16.
 */
export function randomProjection(d_in: number, d_out: number, random: Random): Matrix {
  checkInteger("randomProjection", "d_in", d_in, 1);
  checkInteger("randomProjection", "d_out", d_out, 1);
  return fromFunction(d_in, d_out, uniform(Math.sqrt(6 / (d_in + d_out)), random));
}

/**
 * A fresh head (ヘッドの初期化): projections from `randomProjection`; with `bias`, biases of zeros, else no biases.
 *
 * Errors: RangeError unless every width is an integer ≥ 1.
 */
export function randomHead(widths: HeadWidths, random: Random): AttentionHead {
  checkOptions("randomHead", widths, ["d_query", "d_key", "d_value", "d_k", "d_v", "bias"], "widths");
  const { d_query, d_key = d_query, d_value = d_query, d_k, d_v = d_k, bias = false } = widths;
  checkBoolean("randomHead", "bias", bias);
  checkInteger("randomHead", "d_query", d_query, 1);
  checkInteger("randomHead", "d_key", d_key, 1);
  checkInteger("randomHead", "d_value", d_value, 1);
  checkInteger("randomHead", "d_k", d_k, 1);
  checkInteger("randomHead", "d_v", d_v, 1);
  const W_Q = randomProjection(d_query, d_k, random);
  const W_K = randomProjection(d_key, d_k, random);
  const W_V = randomProjection(d_value, d_v, random);
  if (!bias) return { W_Q, W_K, W_V };
  return { W_Q, W_K, W_V, b_Q: matrix(1, d_k), b_K: matrix(1, d_k), b_V: matrix(1, d_v) };
}

/**
 * The heads of a fused record, in which all heads stand side by side (ヘッドへの分割).
 *
 *     W_Q (d_query, h·d_k)   W_K (d_key, h·d_k)   W_V (d_value, h·d_v)   →   h records as in `AttentionHead`
 *
 * Head m = 0 … h − 1 takes columns m·d_k … (m + 1)·d_k − 1 of W_Q, of W_K and of their biases, and columns
 * m·d_v … (m + 1)·d_v − 1 of W_V and of its bias. `fuseHeads` undoes it.
 * Errors: RangeError if the columns cannot be shared out evenly.
 */
export function splitHeads(fused: AttentionHead, heads: number): AttentionHead[] {
  checkInteger("splitHeads", "heads", heads, 1);
  checkHead("splitHeads", "fused", fused);
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fused;
  for (const [name, W] of [["W_Q", W_Q], ["W_V", W_V]] as const) {
    if (W.cols % heads === 0) continue;
    const rule = `must have a multiple of heads = ${heads} columns`;
    throw new RangeError(`splitHeads: fused.${name} ${rule}; got ${W.cols}`);
  }
  const part = (M: Matrix, m: number): Matrix => {
    const width = M.cols / heads;
    return sliceColumns(M, m * width, (m + 1) * width);
  };
  return Array.from({ length: heads }, (_, m) => ({
    W_Q: part(W_Q, m),
    W_K: part(W_K, m),
    W_V: part(W_V, m),
    b_Q: b_Q && part(b_Q, m),
    b_K: b_K && part(b_K, m),
    b_V: b_V && part(b_V, m),
  }));
}

/**
 * The fused record of some heads (ヘッドの融合): their matrices side by side, as most checkpoints store them.
 *
 *     h records as in `AttentionHead`   →   W_Q (d_query, h·d_k), W_K (d_key, h·d_k), W_V (d_value, h·d_v)
 *
 * `splitHeads` undoes it.
 * Errors: RangeError if there is no head, if the heads differ in shape, or if only some have a bias.
 */
export function fuseHeads(heads: readonly AttentionHead[]): AttentionHead {
  checkHeads("fuseHeads", heads);
  const weights = (name: "W_Q" | "W_K" | "W_V"): Matrix => concatColumns(heads.map((head) => head[name]));
  const biases = (name: "b_Q" | "b_K" | "b_V"): Matrix | undefined => {
    const parts = heads.map((head) => head[name]).filter((b): b is Matrix => b !== undefined);
    if (parts.length === 0) return undefined;
    if (parts.length === heads.length) return concatColumns(parts);
    throw new RangeError(
      `fuseHeads: ${name} must be in every head or in none; got it in ${parts.length} of ${heads.length}`,
    );
  };
  return {
    W_Q: weights("W_Q"),
    W_K: weights("W_K"),
    W_V: weights("W_V"),
    b_Q: biases("b_Q"),
    b_K: biases("b_K"),
    b_V: biases("b_V"),
  };
}

/**
 * The heads of a published q‖k‖v, one matrix with three projections side by side (積み重ねた射影の分割).
 *
 *     W (d_in, (h + 2·k)·d_k)   b (1, (h + 2·k)·d_k) or absent   →   h heads with W_Q, W_K, W_V (d_in, d_k)
 *     h = `heads`, k = `keyHeads`; d_in features of the source, d_k of a query, of a key and of a value
 *
 * The columns are those of h heads of q, then of k heads of k, then of k heads of v. By default k is h. With
 * fewer, h / k heads in a row share one W_K and one W_V (grouped-query attention).
 * Errors: RangeError unless h is a multiple of k, h + 2·k divides the number of columns, and b has as many.
 */
export function splitStacked(
  W: Matrix,
  b: Matrix | undefined,
  heads: number,
  keyHeads: number = heads,
): AttentionHead[] {
  const where = "splitStacked";
  checkInteger(where, "heads", heads, 1);
  checkInteger(where, "keyHeads", keyHeads, 1);
  if (heads % keyHeads !== 0) {
    throw new RangeError(`${where}: heads must be a multiple of keyHeads = ${keyHeads}; got ${heads}`);
  }
  const slots = heads + 2 * keyHeads;
  checkShapes(where, { W: [W, "d_in", "(h + 2·k)·d_k"], "b?": [b, 1, "(h + 2·k)·d_k"] });
  if (W.cols % slots !== 0) {
    const rule = `must have a multiple of heads + 2 · keyHeads = ${slots} columns`;
    throw new RangeError(`${where}: W ${rule}; got ${W.cols}`);
  }
  const d_k = W.cols / slots;
  const part = (M: Matrix, slot: number): Matrix => sliceColumns(M, slot * d_k, (slot + 1) * d_k);
  const split: AttentionHead[] = [];
  for (let g = 0; g < keyHeads; g++) {
    const k = heads + g;
    const v = k + keyHeads;
    const shared = { W_K: part(W, k), W_V: part(W, v), b_K: b && part(b, k), b_V: b && part(b, v) };
    const end = ((g + 1) * heads) / keyHeads;
    for (let q = split.length; q < end; q++) split.push({ W_Q: part(W, q), b_Q: b && part(b, q), ...shared });
  }
  return split;
}

/**
 * Throws unless the shapes of one head agree: W_Q and W_K have the same number of columns, and each bias is
 * one row as wide as its matrix. With `like`, the three matrices must also have the shapes of that head's.
 */
export function checkHead(where: string, name: string, head: AttentionHead, like?: AttentionHead): void {
  if (typeof head !== "object" || head === null) {
    throw new TypeError(`${where}: ${name} must be a record { W_Q, W_K, W_V }; got ${kindOf(head)}`);
  }
  checkOptions(where, head, ["W_Q", "W_K", "W_V", "b_Q", "b_K", "b_V"], name);
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = head;
  checkMatrix(where, `${name}.W_Q`, W_Q, like?.W_Q);
  checkMatrix(where, `${name}.W_K`, W_K, { rows: like?.W_K.rows, cols: W_Q.cols });
  checkMatrix(where, `${name}.W_V`, W_V, like?.W_V);
  for (const [letter, b, W] of [["Q", b_Q, W_Q], ["K", b_K, W_K], ["V", b_V, W_V]] as const) {
    if (b !== undefined) checkMatrix(where, `${name}.b_${letter}`, b, { rows: 1, cols: W.cols });
  }
}

/** Throws unless there is at least one head, each head is sound, and all have the shapes of the first. */
export function checkHeads(where: string, heads: readonly AttentionHead[]): void {
  if (!Array.isArray(heads)) {
    throw new TypeError(`${where}: heads must be an array of records { W_Q, W_K, W_V }; got ${kindOf(heads)}`);
  }
  if (heads.length === 0) throw new RangeError(`${where}: heads must hold at least 1 head; got 0`);
  // Array.from turns a hole into undefined, which checkHead refuses; forEach alone would skip it.
  Array.from(heads).forEach((head: AttentionHead, m: number) => {
    checkHead(where, `heads[${m}]`, head, m === 0 ? undefined : heads[0]);
  });
}

/** Throws unless the heads are alike, W_O (h·d_v, d_out) takes all of them, and b_O (1, d_out) fits W_O. */
export function checkOutput(where: string, { heads, W_O, b_O }: JoinedHeads): void {
  checkHeads(where, heads);
  const width = heads.reduce((sum, { W_V }) => sum + W_V.cols, 0);
  checkShapes(where, { W_O: [W_O, width, "d_out"], "b_O?": [b_O, 1, "d_out"] });
}
