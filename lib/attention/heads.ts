import type { Matrix, Random } from "../matrix.ts";
import { checkInteger, checkMatrix } from "../matrix.ts";
import { concatColumns, sliceColumns } from "../kernels/columns.ts";

/** The projections of one head (ヘッド): W_Q (d_query, d_k), W_K (d_key, d_k), W_V (d_value, d_v), biases (1, d_k), (1, d_k), (1, d_v) or absent. */
export interface AttentionHead {
  readonly W_Q: Matrix; readonly W_K: Matrix; readonly W_V: Matrix;
  readonly b_Q?: Matrix | undefined; readonly b_K?: Matrix | undefined; readonly b_V?: Matrix | undefined;
}

/** The widths of a head to be made. d_key and d_value, the widths of the sources of keys and values, are d_query unless given; d_v is d_k. */
export interface HeadWidths {
  readonly d_query: number; readonly d_key?: number | undefined; readonly d_value?: number | undefined;
  readonly d_k: number; readonly d_v?: number | undefined; readonly bias?: boolean | undefined;
}

/** A fresh (d_in, d_out) projection from U(±√(6 / (d_in + d_out))). Source: Glorot and Bengio 2010, Eq. 16. */
export function randomProjection(d_in: number, d_out: number, random: Random): Matrix {
  checkInteger("randomProjection", "d_in", d_in, 1);
  checkInteger("randomProjection", "d_out", d_out, 1);
  if (typeof random !== "function") throw new TypeError(`randomProjection: random must be a function () => number in [0, 1); got ${typeof random}`);
  const limit = Math.sqrt(6 / (d_in + d_out));
  return { rows: d_in, cols: d_out, data: Float32Array.from({ length: d_in * d_out }, () => limit * (2 * random() - 1)) };
}

/** A fresh bias: a row of d zeros. */
export function zeroBias(d: number): Matrix {
  checkInteger("zeroBias", "d", d, 0);
  return { rows: 1, cols: d, data: new Float32Array(d) };
}

/** A fresh head: projections from `randomProjection`, biases zero, or absent unless `bias`. Errors: RangeError unless every width is an integer ≥ 1. */
export function randomHead({ d_query, d_key = d_query, d_value = d_query, d_k, d_v = d_k, bias = false }: HeadWidths, random: Random): AttentionHead {
  const widths = [["d_query", d_query], ["d_key", d_key], ["d_value", d_value], ["d_k", d_k], ["d_v", d_v]] as const;
  for (const [name, width] of widths) checkInteger("randomHead", name, width, 1);
  const W_Q = randomProjection(d_query, d_k, random);
  const W_K = randomProjection(d_key, d_k, random);
  const W_V = randomProjection(d_value, d_v, random);
  return bias ? { W_Q, W_K, W_V, b_Q: zeroBias(d_k), b_K: zeroBias(d_k), b_V: zeroBias(d_v) } : { W_Q, W_K, W_V };
}

/**
 * The heads of a fused record, one with all heads side by side (ヘッドへの分割): head m takes columns m·d_k … (m + 1)·d_k − 1 of W_Q, W_K and their
 * biases, m·d_v … (m + 1)·d_v − 1 of W_V and its.
 *
 * Errors: RangeError if the columns cannot be shared out evenly.
 */
export function splitHeads(fused: AttentionHead, heads: number): AttentionHead[] {
  checkInteger("splitHeads", "heads", heads, 1);
  checkHead("splitHeads", "fused", fused);
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = fused;
  for (const [name, M] of [["W_Q", W_Q], ["W_V", W_V]] as const) {
    if (M.cols % heads !== 0) throw new RangeError(`splitHeads: fused.${name} must have a multiple of heads = ${heads} columns; got ${M.cols}`);
  }
  const part = (M: Matrix, m: number): Matrix => sliceColumns(M, (m * M.cols) / heads, ((m + 1) * M.cols) / heads);
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
 * The fused record of some heads (ヘッドの融合): their matrices side by side, as most checkpoints store them. `splitHeads` undoes it.
 *
 * Errors: RangeError if there is no head, if the heads differ in shape, or if only some have a bias.
 */
export function fuseHeads(heads: readonly AttentionHead[]): AttentionHead {
  checkHeads("fuseHeads", heads);
  const weights = (name: "W_Q" | "W_K" | "W_V"): Matrix => concatColumns(heads.map((head) => head[name]));
  const biases = (name: "b_Q" | "b_K" | "b_V"): Matrix | undefined => {
    const parts = heads.map((head) => head[name]).filter((b): b is Matrix => b !== undefined);
    if (parts.length === 0) return undefined;
    if (parts.length === heads.length) return concatColumns(parts);
    throw new RangeError(`fuseHeads: ${name} must be in every head or in none; got it in ${parts.length} of ${heads.length}`);
  };
  return { W_Q: weights("W_Q"), W_K: weights("W_K"), W_V: weights("W_V"), b_Q: biases("b_Q"), b_K: biases("b_K"), b_V: biases("b_V") };
}

/** Throws unless the shapes within one head agree, W_Q and W_K of one width d_k, every bias one row of its matrix's width, and are those of `like`. */
export function checkHead(where: string, name: string, head: AttentionHead, like?: AttentionHead | undefined): void {
  if (typeof head !== "object" || head === null) throw new TypeError(`${where}: ${name} must be a record { W_Q, W_K, W_V }; got ${head}`);
  const { W_Q, W_K, W_V, b_Q, b_K, b_V } = head;
  checkMatrix(where, `${name}.W_Q`, W_Q, like?.W_Q);
  checkMatrix(where, `${name}.W_K`, W_K, { rows: like?.W_K.rows, cols: W_Q.cols });
  checkMatrix(where, `${name}.W_V`, W_V, like?.W_V);
  for (const [letter, b, W] of [["Q", b_Q, W_Q], ["K", b_K, W_K], ["V", b_V, W_V]] as const) {
    if (b !== undefined) checkMatrix(where, `${name}.b_${letter}`, b, { rows: 1, cols: W.cols });
  }
}

/** Throws unless there is at least one head, each sound in itself and shaped like the first. */
export function checkHeads(where: string, heads: readonly AttentionHead[]): void {
  if (!Array.isArray(heads)) throw new TypeError(`${where}: heads must be an array of records { W_Q, W_K, W_V }; got ${typeof heads}`);
  if (heads.length === 0) throw new RangeError(`${where}: heads must hold at least 1 head; got 0`);
  Array.from(heads).forEach((head: AttentionHead, m: number) => checkHead(where, `heads[${m}]`, head, m === 0 ? undefined : heads[0]));
}
