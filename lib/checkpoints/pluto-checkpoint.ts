import type { Tensor } from "./safetensors.ts";
import { CheckpointReader, CheckpointWriter } from "./checkpoint-reader.ts";
import { PlutoDecoder, PlutoDecoderLayer } from "../models/pluto-decoder.ts";
import { checkHeadCount, putTorchAttention, takeTorchAttention } from "./torch-attention.ts";
import { checkInteger } from "../matrix.ts";
import { putTorchFeedForward, putTorchLinear, putTorchNorm, takeTorchFeedForward } from "./torch-layers.ts";
import { takeTorchNorm } from "./torch-layers.ts";

/**
 * A decoder layer's sizes. PLUTO itself: d_model 128, 4 heads, and a feed-forward network of 4 · d_model
 * units.
 */
export interface PlutoLayerSizes {
  readonly d_model: number;
  readonly heads: number;
  readonly d_hidden: number;
}

/** A decoder's sizes: N_L longitudinal queries (12 in PLUTO), `depth` layers (4). */
export interface PlutoSizes extends PlutoLayerSizes {
  readonly N_L: number;
  readonly depth: number;
}

/**
 * A layer of PLUTO's decoder by its published names (PLUTO のデコーダ層の名前), which begin with `prefix`:
 * "decoder_blocks.0." or "".
 *
 *     r2r_attn.…    lateral, across reference lines          norm1     m2m_attn.…   longitudinal, along one    norm2
 *     cross_attn.…  the look at the scene                    norm3     ffn.0, ffn.3  the network, ReLU between  norm4
 *
 * The attentions' names are torch.nn.MultiheadAttention's: `takeTorchAttention`. Source: jchengai/pluto
 * `planning_decoder.py`, `DecoderLayer`.
 */
export function takePlutoLayer(
  reader: CheckpointReader,
  prefix: string,
  sizes: PlutoLayerSizes,
): PlutoDecoderLayer {
  checkHeadCount("takePlutoLayer", sizes.d_model, sizes.heads);
  const D = sizes.d_model;
  return new PlutoDecoderLayer({
    norm1: takeTorchNorm(reader, `${prefix}norm1`, D),
    lateral: takeTorchAttention(reader, `${prefix}r2r_attn.`, sizes),
    norm2: takeTorchNorm(reader, `${prefix}norm2`, D),
    longitudinal: takeTorchAttention(reader, `${prefix}m2m_attn.`, sizes),
    norm3: takeTorchNorm(reader, `${prefix}norm3`, D),
    cross: takeTorchAttention(reader, `${prefix}cross_attn.`, sizes),
    norm4: takeTorchNorm(reader, `${prefix}norm4`, D),
    feedForward: takeTorchFeedForward(reader, [`${prefix}ffn.0`, `${prefix}ffn.3`], sizes),
  });
}

/** The reverse of `takePlutoLayer`. */
export function putPlutoLayer(writer: CheckpointWriter, prefix: string, layer: PlutoDecoderLayer): void {
  const D = layer.feedForward.W_1.rows;
  putTorchAttention(writer, `${prefix}r2r_attn.`, layer.lateral);
  putTorchAttention(writer, `${prefix}m2m_attn.`, layer.longitudinal);
  putTorchAttention(writer, `${prefix}cross_attn.`, layer.cross);
  putTorchFeedForward(writer, [`${prefix}ffn.0`, `${prefix}ffn.3`], layer.feedForward);
  [layer.norm1, layer.norm2, layer.norm3, layer.norm4].forEach((norm, n) =>
    putTorchNorm(writer, `${prefix}norm${n + 1}`, norm, D),
  );
}

/**
 * PLUTO's planning decoder by its published names (公開された PLUTO のデコーダの読み込み).
 *
 *     q_proj.weight (D, 2D), q_proj.bias      W_0 and b_0, which fuse a lateral and a longitudinal query
 *     m_emb (1, 1, N_L, D), m_pos (1, N_L, D)   Q_lon and the positions
 *     decoder_blocks.l.…                      `takePlutoLayer`
 *
 * In a whole PLUTO they stand behind "planning_decoder.": read `checkpointPart(tensors,
 * "planning_decoder.")`, or what precedes that too. What encodes reference lines before these and reads plans
 * off after them (r_pos_emb, r_encoder, cat_x_proj, loc_head, yaw_head, vel_head, pi_head) is no part of this
 * decoder and left aside.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for unsound
 * sizes.
 */
export function readPlutoDecoder(tensors: ReadonlyMap<string, Tensor>, sizes: PlutoSizes): PlutoDecoder {
  const { d_model: D, N_L, depth } = sizes;
  checkHeadCount("readPlutoDecoder", D, sizes.heads);
  checkInteger("readPlutoDecoder", "N_L", N_L, 1);
  checkInteger("readPlutoDecoder", "depth", depth, 0);
  const reader = new CheckpointReader("readPlutoDecoder", tensors);
  tensors.forEach((_, name) => {
    if (/^(?:r_pos_emb|r_encoder|cat_x_proj|loc_head|yaw_head|vel_head|pi_head)\./.test(name)) {
      reader.ignore(name);
    }
  });
  const [W_0, b_0] = [reader.takeLinear("q_proj.weight", 2 * D, D), reader.take("q_proj.bias", [D])];
  const [Q_lon, positions] = [reader.take("m_emb", [1, 1, N_L, D]), reader.take("m_pos", [1, N_L, D])];
  const layers = Array.from({ length: depth }, (_, l) =>
    takePlutoLayer(reader, `decoder_blocks.${l}.`, sizes),
  );
  reader.finish();
  return new PlutoDecoder({ W_0, b_0, Q_lon, positions, layers });
}

/** The reverse of `readPlutoDecoder` (PLUTO のデコーダの書き出し). */
export function writePlutoDecoder({ W_0, b_0, Q_lon, positions, layers }: PlutoDecoder): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  putTorchLinear(writer, "q_proj", W_0, b_0);
  writer.put("m_emb", Q_lon, [1, 1, Q_lon.rows, Q_lon.cols]);
  writer.put("m_pos", positions, [1, positions.rows, positions.cols]);
  layers.forEach((layer, l) => putPlutoLayer(writer, `decoder_blocks.${l}.`, layer));
  return writer.tensors;
}
