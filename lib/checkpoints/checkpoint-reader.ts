import type { MultiHeadAttention } from "../attention/multi-head-attention.ts";
import type { Matrix } from "../matrix.ts";
import type { Tensor } from "./safetensors.ts";
import { asMatrix } from "./safetensors.ts";
import { listed } from "./tensor-items.ts";
import { checkInteger, matrix } from "../matrix.ts";
import { transpose } from "../kernels/transpose.ts";

/** The types of numbers that weights have. Integers in their place are quantised: they mean other numbers. */
const FLOATING: readonly string[] = ["F64", "F32", "F16", "BF16"];

/**
 * Takes the tensors of a checkpoint by their published names (公開された名前での読み込み), all of them or none.
 *
 * Each `take…` names one tensor and its shape. What is missing or misshapen is noted, and zeros stand in for
 * it, so that a loader can be written from top to bottom. `finish` then throws one error that lists
 * everything missing, misshapen or left over. A loader calls `finish` before it returns a model, so no
 * half-loaded model is ever returned.
 */
export class CheckpointReader {
  private readonly where: string;
  private readonly tensors: ReadonlyMap<string, Tensor>;
  private readonly taken: Set<string> = new Set();
  private readonly missing: string[] = [];
  private readonly problems: string[] = [];

  constructor(where: string, tensors: ReadonlyMap<string, Tensor>) {
    this.where = where;
    this.tensors = tensors;
  }

  /** Whether there is a tensor of this name. */
  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /**
   * A tensor of exactly this shape as a Matrix. Leading axes are folded: (a, b, c) becomes (a·b, c), a vector
   * one row.
   */
  take(name: string, shape: readonly number[]): Matrix {
    shape.forEach((size) => checkInteger(this.where, `the shape of ${name}`, size, 0));
    this.taken.add(name);
    const tensor = this.tensors.get(name);
    if (tensor === undefined) {
      this.missing.push(name);
      this.problems.push(`missing ${name} ${listed(shape)}`);
    } else if (!sameShape(tensor.shape, shape)) {
      this.problems.push(`${name} must be ${listed(shape)}; got ${listed(tensor.shape)}`);
    } else if (FLOATING.indexOf(tensor.dtype) < 0) {
      this.problems.push(`${name} must hold numbers of type ${FLOATING.join(", ")}; got ${tensor.dtype}`);
    } else return asMatrix(tensor);
    const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return matrix(rows, shape.length === 0 ? 1 : shape[shape.length - 1]!);
  }

  /** A linear map's weight, published as (d_out, d_in) for y = W x, in the form (d_in, d_out) for X W. */
  takeLinear(name: string, d_in: number, d_out: number): Matrix {
    return transpose(this.take(name, [d_out, d_in]));
  }

  /**
   * Leaves a tensor aside on purpose, if it is there. With `shape`, another shape is reported by `finish`.
   */
  ignore(name: string, shape?: readonly number[]): void {
    this.taken.add(name);
    const tensor = this.tensors.get(name);
    if (tensor === undefined || shape === undefined || sameShape(tensor.shape, shape)) return;
    this.problems.push(`${name} must be ${listed(shape)}; got ${listed(tensor.shape)}`);
  }

  /** Throws one RangeError that lists every tensor missing, misshapen or left over, if there is any. */
  finish(): void {
    const extra = Array.from(this.tensors.keys()).filter((name) => !this.taken.has(name));
    const unknown = extra.map((name) => `unknown ${name} ${listed(this.tensors.get(name)!.shape)}`);
    const all = this.problems.concat(unknown);
    if (all.length === 0) return;
    const rule = "the checkpoint must hold exactly this model's tensors";
    const list = all.concat(prefixAdvice(this.missing, extra)).join("\n  ");
    throw new RangeError(`${this.where}: ${rule}; got ${all.length} that do not fit:\n  ${list}`);
  }
}

/** A line on the prefix behind which most missing names stand among the unknown ones, if there is one. */
function prefixAdvice(missing: readonly string[], unknown: readonly string[]): string[] {
  const there = new Set(unknown);
  let [best, most] = ["", 0];
  for (const name of missing) {
    for (const longer of unknown) {
      const prefix = longer.slice(0, -name.length);
      if (prefix === "" || prefix === best || prefix + name !== longer) continue;
      const found = missing.filter((one) => there.has(prefix + one)).length;
      if (found > most) [best, most] = [prefix, found];
    }
    if (2 * most > missing.length) break;
  }
  if (2 * most <= missing.length) return [];
  const behind = unknown.filter((name) => name.slice(0, best.length) === best).length;
  const share = behind === unknown.length ? "all" : `${behind} of the ${unknown.length} unknown`;
  return [`${share} begin with ${best}: see checkpointPart`];
}

/**
 * Gathers the tensors of a checkpoint under their published names (公開された名前での書き出し).
 *
 * It is the reverse of `CheckpointReader`. Every tensor is F32.
 * Errors: RangeError if a name is put twice, or if the numbers do not fill the shape.
 */
export class CheckpointWriter {
  readonly tensors: Map<string, Tensor> = new Map();

  /** Puts a matrix under a published shape, whose product must be its size. */
  put(name: string, M: Matrix, shape: readonly number[]): void {
    const where = "CheckpointWriter.put";
    if (this.tensors.has(name)) {
      throw new RangeError(`${where}: name must be new; got ${name} twice`);
    }
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== M.data.length) {
      const rule = `of shape ${listed(shape)} must hold ${size} numbers`;
      throw new RangeError(`${where}: ${name} ${rule}; got ${M.data.length}`);
    }
    this.tensors.set(name, { dtype: "F32", shape, data: M.data });
  }

  /** Puts a linear map's weight (d_in, d_out) as it is published: (d_out, d_in). */
  putLinear(name: string, W: Matrix): void {
    this.put(name, transpose(W), [W.cols, W.rows]);
  }
}

/**
 * The tensors of one part of a checkpoint (チェックポイントの一部): those whose names begin with `prefix`, without it.
 *
 * The rest is left aside: `readLongformer(checkpointPart(tensors, "longformer."), config)` reads a file that
 * holds a task's head too.
 * Errors: RangeError if no name begins so; the message lists some of the names.
 */
export function checkpointPart(tensors: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> {
  const part = new Map<string, Tensor>();
  tensors.forEach((tensor, name) => {
    if (name.slice(0, prefix.length) === prefix) part.set(name.slice(prefix.length), tensor);
  });
  if (part.size > 0) return part;
  const names = Array.from(tensors.keys());
  const got = `${names.slice(0, 3).join(", ")}${names.length > 3 ? " …" : ""}`;
  throw new RangeError(`checkpointPart: some name must begin with "${prefix}"; got ${got}`);
}

/**
 * Throws unless an attention scales its scores by 1/√d_k and normalises them by softmax: the published code
 * does so, and no tensor could say otherwise.
 */
export function checkPublishedAttention(where: string, name: string, { scale, normalize }: MultiHeadAttention): void {
  if (scale === undefined && normalize === undefined) return;
  const got = scale === undefined ? "a normalize of its own" : `scale ${scale}`;
  throw new RangeError(`${where}: ${name} must have 1/√d_k and softmax to have published names; got ${got}`);
}

/**
 * Throws unless a setting that no tensor holds is the same in every part of a model (書き出せない設定の検査).
 *
 * A configuration says it once for all parts, or the published code fixes it: then `published` is its value.
 * Another value would be lost in writing.
 */
export function checkAlike<T>(where: string, name: string, values: readonly T[], published?: T): void {
  const first = published === undefined ? values[0] : published;
  // A function, such as an activation of one's own, has no published name.
  const odd = values.find((value) => value !== first || typeof value === "function");
  if (odd === undefined) return;
  if (typeof odd === "function") throw new RangeError(`${where}: ${name} must have a published name; got a function`);
  const rule = `must be ${String(first)} in every part to have published names`;
  throw new RangeError(`${where}: ${name} ${rule}; got ${String(odd)}`);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
