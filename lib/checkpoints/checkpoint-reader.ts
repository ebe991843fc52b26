import type { Matrix } from "../matrix.ts";
import type { Tensor } from "./safetensors.ts";
import { asMatrix } from "./safetensors.ts";
import { listed } from "./tensor-items.ts";
import { matrix } from "../matrix.ts";
import { transpose } from "../kernels/transpose.ts";

/**
 * Takes the tensors of a checkpoint by their published names (公開された名前での読み込み), all of them or none.
 *
 * Each `take…` names one tensor and the shape that it must have. What is missing or misshapen is noted, and
 * zeros stand in for it, so that a loader can be written straight down; `finish` then throws one error that
 * lists everything missing, misshapen or left over. A loader calls `finish` before it returns a model:
 * nothing half-loaded leaves it.
 */
export class CheckpointReader {
  private readonly where: string;
  private readonly tensors: ReadonlyMap<string, Tensor>;
  private readonly taken: Set<string> = new Set();
  private readonly problems: string[] = [];

  constructor(where: string, tensors: ReadonlyMap<string, Tensor>) {
    this.where = where;
    this.tensors = tensors;
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /**
   * A tensor of exactly this shape as a Matrix, leading axes folded: (a, b, c) becomes (a·b, c), a vector one
   * row.
   */
  take(name: string, shape: readonly number[]): Matrix {
    this.taken.add(name);
    const tensor = this.tensors.get(name);
    if (tensor === undefined) this.problems.push(`missing ${name} ${listed(shape)}`);
    else if (tensor.shape.length === shape.length && tensor.shape.every((size, axis) => size === shape[axis])) {
      return asMatrix(tensor);
    } else this.problems.push(`${name} must be ${listed(shape)}; got ${listed(tensor.shape)}`);
    const cols = shape.length === 0 ? 1 : shape[shape.length - 1]!;
    return matrix(
      shape.slice(0, -1).reduce((product, size) => product * size, 1),
      cols,
    );
  }

  /** A linear map's weight, published as (d_out, d_in) for y = W x, as we hold it: (d_in, d_out) for X W. */
  takeLinear(name: string, d_in: number, d_out: number): Matrix {
    return transpose(this.take(name, [d_out, d_in]));
  }

  /** Names of tensors that are there and deliberately not used. */
  ignore(name: string): void {
    this.taken.add(name);
  }

  /**
   * Throws one RangeError listing every tensor that is missing, misshapen or left over; returns quietly when
   * there is none.
   */
  finish(): void {
    const extra = Array.from(this.tensors.keys()).filter((name) => !this.taken.has(name));
    const all = this.problems.concat(
      extra.map((name) => `unknown ${name} ${listed(this.tensors.get(name)!.shape)}`),
    );
    if (all.length === 0) return;
    throw new RangeError(
      `${this.where}: the checkpoint must hold exactly this model's tensors; got ${all.length} that do ` +
        `not fit:\n  ${all.join("\n  ")}`,
    );
  }
}

/**
 * Gathers the tensors of a checkpoint under their published names (公開された名前での書き出し), the reverse of
 * `CheckpointReader`.
 *
 * Every tensor is F32. Errors: RangeError if a name is put twice or the numbers do not fill the shape.
 */
export class CheckpointWriter {
  readonly tensors: Map<string, Tensor> = new Map();

  /** A matrix under a published shape, whose product must be its size. */
  put(name: string, M: Matrix, shape: readonly number[]): void {
    if (this.tensors.has(name)) {
      throw new RangeError(`CheckpointWriter.put: name must be new; got ${name} twice`);
    }
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== M.data.length) {
      throw new RangeError(
        `CheckpointWriter.put: ${name} of shape ${listed(shape)} must hold ${size} numbers; got ` +
          `${M.data.length}`,
      );
    }
    this.tensors.set(name, { dtype: "F32", shape, data: M.data });
  }

  /** A linear map's weight (d_in, d_out) as it is published: (d_out, d_in). */
  putLinear(name: string, W: Matrix): void {
    this.put(name, transpose(W), [W.cols, W.rows]);
  }
}

/**
 * The tensors of one part of a checkpoint (チェックポイントの一部), those whose names begin with `prefix`, without it.
 *
 * Taking a part is a decision to leave the rest aside: `readLongformer(checkpointPart(tensors,
 * "longformer."), config)` for a file that holds a task's head too. Errors: RangeError if no name begins so,
 * which lists some of those that there are.
 */
export function checkpointPart(tensors: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> {
  const part = new Map<string, Tensor>();
  tensors.forEach((tensor, name) => {
    if (name.slice(0, prefix.length) === prefix) part.set(name.slice(prefix.length), tensor);
  });
  if (part.size > 0) return part;
  const names = Array.from(tensors.keys());
  throw new RangeError(
    `checkpointPart: some name must begin with "${prefix}"; got ` +
      `${names.slice(0, 3).join(", ")}${names.length > 3 ? " …" : ""}`,
  );
}
