import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Matrix } from "../../lib/matrix.ts";
import type { Tensor } from "../../lib/checkpoints/safetensors.ts";
import { asMatrix, readSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { matrix } from "../../lib/matrix.ts";

/**
 * Golden cases that cannot apply, or rows of them, each with its reason: the one visible list of what is not
 * compared.
 * `spec/golden.spec.ts` fails when a file of `spec/golden` is neither used by a spec nor named here.
 */
export const NOT_COMPARED: Record<string, string> = {
  "softmax/all_masked_row_nan: row 1":
    "torch gives NaN where every score is −∞; here nothing is allowed there and the row is zeros, which " +
      "the spec asserts",
  "scaled-dot-product/bool_mask_fully_masked_rows: rows where out.row_ok is 0":
    "torch 1.13 gives NaN where no key is allowed; here such a row weighs nothing and gives zeros, which " +
      "the spec asserts (so do later torch and ONNX)",
  "multi-head-attention/fully_padded_batch_element: batch element 0":
    "every key is padding and torch gives NaN; here no key weighs anything and every row is the output " +
      "projection's bias, which the spec asserts",
  "bigbird/T24_b2_r3: out.full_attn rows of padded queries":
    "the notes call these rows an accident of the reference (its band is masked by query and key, the " +
      "rest by key alone); here they are zeros, which the spec asserts",
  "bigbird/T32_b4_r1: out.full_attn rows of padded queries":
    "the same rows, for the same reason, as in T24_b2_r3 above",
};

export interface GoldenCase {
  readonly metadata: Record<string, string>;
  /** The file's own `suggested_atol`: an absolute tolerance. */
  readonly atol: number;
  tensor(name: string): Tensor;
  /**
   * The last two axes at the given leading indices: `slice("in.q", 1, 2)` of a (B, H, T, d) tensor is its (T,
   * d) matrix. A vector is one row.
   */
  slice(name: string, ...leading: number[]): Matrix;
  /**
   * Throws unless `actual` has that slice's shape and every entry is within `atol` of it: absolutely, not
   * relative to the largest. NaN equals NaN.
   */
  assertSlice(actual: Matrix, name: string, ...leading: number[]): void;
}

/**
 * One case of `spec/golden`: expected values computed by other implementations (its notes say by which, and
 * by what conventions).
 */
export function golden(folder: string, name: string): GoldenCase {
  const bytes = readFileSync(new URL(`../golden/${folder}/${name}.safetensors`, import.meta.url));
  const { tensors, metadata } = readSafetensors(bytes);
  const tensor = (key: string): Tensor => {
    const found = tensors.get(key);
    if (found === undefined) {
      throw new Error(
        `golden ${folder}/${name} has no tensor ${key}: it holds ${[...tensors.keys()].join(", ")}`,
      );
    }
    return found;
  };
  const atol = Number(metadata["suggested_atol"]);
  return {
    metadata,
    atol,
    tensor,
    slice(key, ...leading) {
      const { shape } = tensor(key);
      if (leading.length !== Math.max(0, shape.length - 2)) {
        throw new Error(
          `golden ${folder}/${name}: ${key} of shape ${shape} needs ${shape.length - 2} leading indices`,
        );
      }
      if (!leading.every((index, axis) => index >= 0 && index < shape[axis]!)) {
        throw new Error(`golden ${folder}/${name}: ${key} of shape ${shape} has no [${leading}]`);
      }
      const M = asMatrix(tensor(key));
      const rows = shape.length < 2 ? 1 : shape[shape.length - 2]!;
      let block = 0;
      leading.forEach((index, axis) => (block = block * shape[axis]! + index));
      const cols = M.cols;
      return matrix(rows, cols, M.data.slice(block * rows * cols, (block + 1) * rows * cols));
    },
    assertSlice(actual, key, ...leading) {
      const where = `golden ${folder}/${name}: ${key}${leading.length ? `[${leading}]` : ""}`;
      const expected = this.slice(key, ...leading);
      assert.deepEqual([actual.rows, actual.cols], [expected.rows, expected.cols], `${where}: shape`);
      expected.data.forEach((x, e) => {
        const got = actual.data[e]!;
        const place = `[${Math.floor(e / expected.cols)}, ${e % expected.cols}]`;
        assert.ok(
          Object.is(got, x) || Math.abs(got - x) <= atol,
          `${where}${place}: got ${got}, expected ${x} ± ${atol}`,
        );
      });
    },
  };
}
