import type { Tensor } from "./safetensors.ts";
import { CheckpointReader, CheckpointWriter, checkAlike } from "./checkpoint-reader.ts";
import { PlutoDecoder, PlutoDecoderLayer } from "../models/pluto-decoder.ts";
import { checkHeadCount, putTorchAttention, takeTorchAttention } from "./torch-attention.ts";
import { checkDepth } from "../models/counts.ts";
import { checkInteger, checkOptions } from "../matrix.ts";
import { putTorchFeedForward, putTorchLinear, putTorchNorm, takeTorchFeedForward } from "./torch-layers.ts";
import { takeTorchNorm } from "./torch-layers.ts";

/** A decoder layer's sizes. In PLUTO itself d_model is 128, heads are 4, and d_hidden is 4 · d_model. */
export interface PlutoLayerSizes {
  readonly d_model: number;
  readonly heads: number;
  readonly d_hidden: number;
}

/** A decoder's sizes: N_L longitudinal queries (12 in PLUTO) and `depth` layers (4). */
export interface PlutoSizes extends PlutoLayerSizes {
  readonly N_L: number;
  readonly depth: number;
}

/** The names of a decoder's sizes. Those of one layer are among them, so a layer takes either record. */
const PLUTO_SIZES: readonly string[] = ["d_model", "heads", "d_hidden", "N_L", "depth"];

/**
 * A layer of PLUTO's decoder by its published names (PLUTO のデコーダ層の名前).
 *
 *     norm1.…    LN_1      r2r_attn.…          lateral attention, across reference lines
 *     norm2.…    LN_2      m2m_attn.…          longitudinal attention, along one line
 *     norm3.…    LN_3      cross_attn.…        attention to the scene
 *     norm4.…    LN_4      ffn.0.…, ffn.3.…    the feed-forward network, with ReLU
 *
 * `prefix` stands before every name: "decoder_blocks.0." or "". The attentions' names are those of
 * `takeTorchAttention`.
 * Source: jchengai/pluto, `planning_decoder.py`, `DecoderLayer`.
 */
export function takePlutoLayer(
  reader: CheckpointReader,
  prefix: string,
  sizes: PlutoLayerSizes,
): PlutoDecoderLayer {
  checkOptions("takePlutoLayer", sizes, PLUTO_SIZES, "sizes");
  const { d_model: D, heads, d_hidden } = sizes;
  checkHeadCount("takePlutoLayer", D, heads);
  const widths = { d_model: D, heads };
  return new PlutoDecoderLayer({
    norm1: takeTorchNorm(reader, `${prefix}norm1`, D),
    lateral: takeTorchAttention(reader, `${prefix}r2r_attn.`, widths),
    norm2: takeTorchNorm(reader, `${prefix}norm2`, D),
    longitudinal: takeTorchAttention(reader, `${prefix}m2m_attn.`, widths),
    norm3: takeTorchNorm(reader, `${prefix}norm3`, D),
    cross: takeTorchAttention(reader, `${prefix}cross_attn.`, widths),
    norm4: takeTorchNorm(reader, `${prefix}norm4`, D),
    feedForward: takeTorchFeedForward(reader, [`${prefix}ffn.0`, `${prefix}ffn.3`], { d_model: D, d_hidden }),
  });
}

/**
 * The reverse of `takePlutoLayer`.
 *
 * Errors: RangeError for another ε than 1e-5, another activation than ReLU, and attentions of different
 * numbers of heads: neither the names nor the sizes can say them.
 */
export function putPlutoLayer(writer: CheckpointWriter, prefix: string, layer: PlutoDecoderLayer): void {
  const where = "putPlutoLayer";
  const { lateral, longitudinal, cross } = layer;
  const norms = [layer.norm1, layer.norm2, layer.norm3, layer.norm4];
  const heads = [lateral, longitudinal, cross].map((attention) => attention.heads.length);
  checkAlike(
    where,
    `${prefix}eps`,
    norms.map(({ eps }) => eps),
    1e-5,
  );
  checkAlike(where, `${prefix}activation`, [layer.feedForward.activation], "relu");
  checkAlike(where, `${prefix}heads`, heads);
  const D = layer.feedForward.W_1.rows;
  putTorchAttention(writer, `${prefix}r2r_attn.`, lateral);
  putTorchAttention(writer, `${prefix}m2m_attn.`, longitudinal);
  putTorchAttention(writer, `${prefix}cross_attn.`, cross);
  putTorchFeedForward(writer, [`${prefix}ffn.0`, `${prefix}ffn.3`], layer.feedForward);
  norms.forEach((norm, n) => putTorchNorm(writer, `${prefix}norm${n + 1}`, norm, D));
}

/**
 * PLUTO's planning decoder by its published names (公開された PLUTO のデコーダの読み込み).
 *
 *     q_proj.weight (D, 2D), q_proj.bias (D)    W_0, transposed, and b_0: they fuse two queries into one
 *     m_emb (1, 1, N_L, D)                      Q_lon
 *     m_pos (1, N_L, D)                         the positions
 *     decoder_blocks.l.…                        `takePlutoLayer`
 *
 * In a whole PLUTO they stand behind "planning_decoder.", or a longer prefix that ends so: read
 * `checkpointPart(tensors, "planning_decoder.")`. The layers that encode reference lines before these, and
 * that read plans off after them (r_pos_emb, r_encoder, cat_x_proj, loc_head, yaw_head, vel_head, pi_head),
 * are no part of this decoder. They are left aside.
 * Errors: one RangeError that lists every tensor missing, misshapen or left over; RangeError for unsound
 * sizes.
 * Source: jchengai/pluto, `planning_decoder.py`, `PlanningDecoder`.
 */
export function readPlutoDecoder(tensors: ReadonlyMap<string, Tensor>, sizes: PlutoSizes): PlutoDecoder {
  checkOptions("readPlutoDecoder", sizes, PLUTO_SIZES, "sizes");
  const { d_model: D, heads, d_hidden, N_L, depth } = sizes;
  checkHeadCount("readPlutoDecoder", D, heads);
  checkInteger("readPlutoDecoder", "N_L", N_L, 1);
  checkDepth("readPlutoDecoder", "depth", depth, 0);
  const reader = new CheckpointReader("readPlutoDecoder", tensors);
  const around = /^(?:r_pos_emb|r_encoder|cat_x_proj|loc_head|yaw_head|vel_head|pi_head)\./;
  tensors.forEach((_, name) => {
    if (around.test(name)) reader.ignore(name);
  });
  const W_0 = reader.takeLinear("q_proj.weight", 2 * D, D);
  const b_0 = reader.take("q_proj.bias", [D]);
  const Q_lon = reader.take("m_emb", [1, 1, N_L, D]);
  const positions = reader.take("m_pos", [1, N_L, D]);
  const layerSizes = { d_model: D, heads, d_hidden };
  const layer = (l: number): PlutoDecoderLayer => takePlutoLayer(reader, `decoder_blocks.${l}.`, layerSizes);
  const layers = Array.from({ length: depth }, (_, l) => layer(l));
  reader.finish();
  return new PlutoDecoder({ W_0, b_0, Q_lon, positions, layers });
}

/** The reverse of `readPlutoDecoder` (PLUTO のデコーダの書き出し). */
export function writePlutoDecoder({ W_0, b_0, Q_lon, positions, layers }: PlutoDecoder): Map<string, Tensor> {
  const writer = new CheckpointWriter();
  const heads = layers.map(({ lateral }) => lateral.heads.length);
  checkAlike("writePlutoDecoder", "heads", heads);
  putTorchLinear(writer, "q_proj", W_0, b_0);
  writer.put("m_emb", Q_lon, [1, 1, Q_lon.rows, Q_lon.cols]);
  writer.put("m_pos", positions, [1, positions.rows, positions.cols]);
  layers.forEach((layer, l) => putPlutoLayer(writer, `decoder_blocks.${l}.`, layer));
  return writer.tensors;
}
