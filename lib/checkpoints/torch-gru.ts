import type { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { GRUCell } from "../layers/gru.ts";

/**
 * Which of a checkpoint's cells: where its names begin and end, and its widths: d_in features of an input, d
 * of a state.
 */
export interface TorchGRUName {
  readonly prefix: string;
  readonly suffix?: string | undefined;
  readonly d_in: number;
  readonly d: number;
}

/**
 * A GRU's weights under PyTorch's names (torch の GRU の名前): weight_ih, weight_hh, bias_ih and bias_hh, the
 * gates in the same order as here.
 *
 * `prefix` is the module's path with its dot ("decoder."); `suffix` is "" for `GRUCell`, "_l0" and
 * "_l0_reverse" for the two directions of `GRU`'s first layer. PyTorch holds (3d, d_in) and (3d, d), so both
 * are transposed.
 */
export function takeGRUCell(
  reader: CheckpointReader,
  { prefix, suffix = "", d_in, d }: TorchGRUName,
): GRUCell {
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
