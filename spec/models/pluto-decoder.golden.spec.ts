import assert from "node:assert/strict";
import test from "node:test";
import type { Allow } from "../../lib/kernels/mask-scores.ts";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { PlutoDecoderLayer } from "../../lib/models/pluto-decoder.ts";
import { add } from "../../lib/kernels/entrywise.ts";
import { assertClose } from "../support/values.ts";
import { attendAlong } from "../../lib/attention/attend-along.ts";
import { concatRows, maskRows, repeatRows } from "../../lib/kernels/rows.ts";
import { golden } from "../support/golden.ts";
import { gridLine } from "../../lib/kernels/grid.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * PyTorch's MultiheadAttention: queries, keys and values stacked in one (3D, D) weight, stored as (out, in).
 */
function attentionOf(g: GoldenCase, name: string, heads: number): MultiHeadAttention {
  const thirds = (M: Matrix): Matrix[] =>
    [0, 1, 2].map((third) => sliceColumns(M, (third * M.cols) / 3, ((third + 1) * M.cols) / 3));
  const [W_Q, W_K, W_V] = thirds(transpose(g.slice(`w.${name}.in_proj_weight`)));
  const [b_Q, b_K, b_V] = thirds(g.slice(`w.${name}.in_proj_bias`));
  const fused = { W_Q: W_Q!, W_K: W_K!, W_V: W_V!, b_Q, b_K, b_V };
  return new MultiHeadAttention({
    heads: splitHeads(fused, heads),
    W_O: transpose(g.slice(`w.${name}.out_proj.weight`)),
    b_O: g.slice(`w.${name}.out_proj.bias`),
  });
}

const normOf = (g: GoldenCase, n: number): LayerNorm =>
  new LayerNorm({ gamma: g.slice(`w.norm${n}.weight`), beta: g.slice(`w.norm${n}.bias`) });

function layerOf(g: GoldenCase, heads: number): PlutoDecoderLayer {
  const [W_1, W_2] = [transpose(g.slice("w.ffn.0.weight")), transpose(g.slice("w.ffn.3.weight"))];
  const feedForward = new FeedForward({
    W_1,
    b_1: g.slice("w.ffn.0.bias"),
    W_2,
    b_2: g.slice("w.ffn.3.bias"),
    activation: "relu",
  });
  const [lateral, longitudinal, cross] = [
    attentionOf(g, "r2r_attn", heads),
    attentionOf(g, "m2m_attn", heads),
    attentionOf(g, "cross_attn", heads),
  ];
  return new PlutoDecoderLayer({
    norm1: normOf(g, 1),
    lateral,
    norm2: normOf(g, 2),
    longitudinal,
    norm3: normOf(g, 3),
    cross,
    norm4: normOf(g, 4),
    feedForward,
  });
}

interface Scene {
  readonly X: Matrix;
  readonly expected: Matrix;
  readonly memory: Matrix;
  readonly valid: (i: number) => boolean;
  readonly allowMemory: Allow;
}

/** The batch as scenes, each with its own masks: stored as 1 = ignore. */
function scenesOf(g: GoldenCase, batch: number, N_R: number, T: number): Scene[] {
  return Array.from({ length: batch }, (_, b) => {
    const invalid = Array.from(g.tensor("in.tgt_key_padding_mask").data).slice(b * N_R, (b + 1) * N_R);
    const hidden = Array.from(g.tensor("in.memory_key_padding_mask").data).slice(b * T, (b + 1) * T);
    const grid = (name: string): Matrix =>
      concatRows(Array.from({ length: N_R }, (_, i) => g.slice(name, b, i)));
    return {
      X: grid("in.tgt"),
      expected: grid("out.y"),
      memory: g.slice("in.memory", b),
      valid: (i) => invalid[i] === 0,
      allowMemory: (_cell, t) => hidden[t] === 0,
    };
  });
}

for (const { read, batch, heads, N_R, N_L, T } of [
  { read: () => golden("factorized-pluto", "B1_R5_M3"), batch: 1, heads: 3, N_R: 5, N_L: 3, T: 13 },
  { read: () => golden("factorized-pluto", "B2_same_row_mask"), batch: 2, heads: 2, N_R: 4, N_L: 6, T: 9 },
]) {
  test(`the published decoder layer, ${batch} × ${N_R} × ${N_L}, scene by scene`, () => {
    const g = read();
    const scenes = scenesOf(g, batch, N_R, T);
    assert.ok(
      scenes.some(({ valid }) => Array.from({ length: N_R }, (_, i) => valid(i)).includes(false)),
      "some line is invalid",
    );
    scenes.forEach(({ X, memory, valid, allowMemory, expected }, b) => {
      const Y = layerOf(g, heads).forward(
        X,
        memory,
        { N_R, N_L },
        { valid, allowMemory, positions: g.slice("in.m_pos", 0) },
      );
      assertClose(Y, expected, 1e-6, `scene ${b}`);
    });
  });

  test(`its lateral, longitudinal and cross attentions by themselves, ${batch} × ${N_R} × ${N_L}`, () => {
    // r2r is (B·M, R, D): what lateral attention adds, column after column; m2m holds the valid lines only,
    // one scene after the other.
    const g = read();
    const grid = [N_R, N_L];
    let line = 0;
    scenesOf(g, batch, N_R, T).forEach(({ X, memory, valid, allowMemory }, b) => {
      const { norm1, lateral, norm2, longitudinal, norm3, cross } = layerOf(g, heads);
      const Y = norm1.forward(X);
      const beside = attendAlong(lateral, {
        Q: Y,
        K: Y,
        V: Y,
        grid,
        axis: 0,
        allow: (_i, k) => valid(k),
      }).output;
      for (let j = 0; j < N_L; j++) {
        assertClose(
          gridLine(beside, grid, 0, j),
          g.slice("out.r2r", b * N_L + j),
          1e-6,
          `column ${j}`,
        );
      }
      const X_1 = add(X, beside);
      const Z = norm2.forward(X_1);
      const placed = add(Z, repeatRows(g.slice("in.m_pos", 0), N_R));
      const ahead = attendAlong(longitudinal, { Q: placed, K: placed, V: Z, grid, axis: 1 }).output;
      for (let i = 0; i < N_R; i++) {
        if (valid(i)) assertClose(gridLine(ahead, grid, 1, i), g.slice("out.m2m", line++), 1e-6, `line ${i}`);
      }
      const X_2 = maskRows(add(X_1, ahead), (cell) => valid(Math.floor(cell / N_L)));
      assertClose(
        cross.forward(norm3.forward(X_2), memory, memory, { allow: allowMemory }).output,
        g.slice("out.cross", b),
        1e-6,
        "cross",
      );
    });
    assert.equal(line, g.tensor("out.m2m").shape[0]);
  });
}
