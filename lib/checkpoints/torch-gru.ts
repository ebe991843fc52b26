import type { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { GRUCell } from "../layers/gru.ts";
import { checkInteger, checkOptions } from "../matrix.ts";

/**
 * Which cell of a checkpoint is meant: where its names begin and end, and its widths, d_in features of an
 * input and d of a state.
 */
export interface TorchGRUName {
  readonly prefix: string;
  readonly suffix?: string | undefined;
  readonly d_in: number;
  readonly d: number;
}

/**
 * A GRU's weights by PyTorch's names (torch の GRU の名前).
 *
 *     weight_ih (3d, d_in), bias_ih (3d)    W_i, transposed, and b_i
 *     weight_hh (3d, d), bias_hh (3d)       W_h, transposed, and b_h
 *
 * The gates stand in the same order as here. `prefix` is the module's path with its dot ("decoder.").
 * `suffix` is "" for torch's GRUCell, "_l0" and "_l0_reverse" for the two directions of the first layer of
 * its GRU.
 * Source: torch.nn.GRU and torch.nn.GRUCell, PyTorch 2.
 */
export function takeGRUCell(reader: CheckpointReader, name: TorchGRUName): GRUCell {
  checkOptions("takeGRUCell", name, ["prefix", "suffix", "d_in", "d"], "name");
  const { prefix, suffix = "", d_in, d } = name;
  checkInteger("takeGRUCell", "d", d, 1);
  return new GRUCell({
    W_i: reader.takeLinear(`${prefix}weight_ih${suffix}`, d_in, 3 * d),
    W_h: reader.takeLinear(`${prefix}weight_hh${suffix}`, d, 3 * d),
    b_i: reader.take(`${prefix}bias_ih${suffix}`, [3 * d]),
    b_h: reader.take(`${prefix}bias_hh${suffix}`, [3 * d]),
  });
}

/** The reverse of `takeGRUCell` (torch の名前での書き出し), in PyTorch's order. */
export function putGRUCell(
  writer: CheckpointWriter,
  cell: GRUCell,
  prefix: string,
  suffix: string = "",
): void {
  writer.putLinear(`${prefix}weight_ih${suffix}`, cell.W_i);
  writer.putLinear(`${prefix}weight_hh${suffix}`, cell.W_h);
  writer.put(`${prefix}bias_ih${suffix}`, cell.b_i, [cell.b_i.cols]);
  writer.put(`${prefix}bias_hh${suffix}`, cell.b_h, [cell.b_h.cols]);
}
