import test from "node:test";
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { GoldenCase } from "../support/golden.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { LongformerAttention } from "../../lib/attention/longformer-attention.ts";
import { at } from "../support/values.ts";
import { attendNeighbours } from "../../lib/attention/sparse-attention.ts";
import { fromFunction, identity } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { scoresAt } from "../../lib/graph/scores-at.ts";
import { slidingWindow } from "../../lib/graph/patterns.ts";
import { splitHeads } from "../../lib/attention/heads.ts";
import { toDense } from "../../lib/graph/maps.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/** The published parameters as ours: weights stored (out, in) are transposed. */
function projections(expected: GoldenCase, suffix: "" | "_global"): AttentionHead {
  const [W_Q, W_K, W_V] = ["query", "key", "value"].map((name) =>
    transpose(expected.slice(`w.${name}${suffix}.weight`)),
  );
  const [b_Q, b_K, b_V] = ["query", "key", "value"].map((name) => expected.slice(`w.${name}${suffix}.bias`));
  return { W_Q: W_Q!, W_K: W_K!, W_V: W_V!, b_Q, b_K, b_V };
}

/** Row b of a mask of 0 and 1 as booleans. */
function flags(mask: Matrix, b: number): boolean[] {
  return Array.from({ length: mask.cols }, (_, t) => at(mask, b, t) === 1);
}

/**
 * y (before any output projection), the full maps, and the published form of the weights: global slots beside
 * the band.
 */
function compare(expected: GoldenCase): void {
  const { num_heads: h, one_sided_window: radius } = JSON.parse(expected.metadata["config"]!) as {
    num_heads: number;
    one_sided_window: number;
  };
  const locals = splitHeads(projections(expected, ""), h);
  const heads = splitHeads(projections(expected, "_global"), h).map((global, m) => ({
    local: locals[m]!,
    global,
  }));
  const D = expected.slice("w.query.bias").cols;
  const longformer = new LongformerAttention({ heads, W_O: identity(D), radius });
  for (const b of [0, 1]) {
    const globals = flags(expected.slice("in.global_mask"), b);
    const real = flags(expected.slice("in.key_padding_mask"), b).map((padding) => !padding);
    const { output, weights } = longformer.forward(expected.slice("in.hidden_states", b), { globals, real });
    expected.assertSlice(output, "out.y", b);
    const maps = weights.map(toDense);
    maps.forEach((A, m) => expected.assertSlice(A, "out.full_attn", b, m));
    const T = output.rows;
    const places = globals.flatMap((global, t) => (global ? [t] : []));
    const slots = expected.slice("out.probs_band", b, 0).cols - (2 * radius + 1);
    for (let i = 0; i < T; i++) {
      const band = fromFunction(h, slots + 2 * radius + 1, (m, s) => {
        const j = s < slots ? places[s] : i - radius + s - slots;
        if (globals[i] || j === undefined || j < 0 || j >= T || (s >= slots && globals[j])) return 0;
        return at(maps[m]!, i, j);
      });
      expected.assertSlice(band, "out.probs_band", b, i);
    }
    if (slots === 0) continue;
    // A slot that this batch element has no global token for is, there, a softmax over nothing: uniform, and
    // thrown away afterwards.
    const rowOf = (A: Matrix, g: number, j: number): number =>
      places[g] === undefined ? 1 / T : at(A, places[g], j);
    maps.forEach((A, m) =>
      expected.assertSlice(
        fromFunction(slots, T, (g, j) => rowOf(A, g, j)),
        "out.probs_global",
        b,
        m,
      ),
    );
  }
}

test("golden globals_T24_w3: two and one global tokens", () => {
  compare(golden("longformer", "globals_T24_w3"));
});

test("golden globals_padding_T13in16_w2: sequences of 13 and 10 in 16", () => {
  compare(golden("longformer", "globals_padding_T13in16_w2"));
});

test("golden no_global_T16_w2: the window alone", () => {
  compare(golden("longformer", "no_global_T16_w2"));
});

test("golden sliding_chunks_T16_w2: scores of the band, not scaled, its weights, and what they mix", () => {
  const expected = golden("longformer", "sliding_chunks_T16_w2");
  const graph = slidingWindow(16, 2);
  for (const b of [0, 1]) {
    const heads = [0, 1, 2].map((m) => {
      const [Q, K, V] = ["in.q", "in.k", "in.v"].map((name) =>
        fromFunction(16, 5, (t, c) => at(expected.slice(name, b, t), m, c)),
      );
      const { output, weights } = attendNeighbours(Q!, K!, V!, graph, { scale: 1 });
      return { output, A: toDense(weights), S: toDense({ graph, values: scoresAt(Q!, K!, graph) }) };
    });
    for (let i = 0; i < 16; i++) {
      const band = (M: "A" | "S", outside: number) =>
        fromFunction(3, 5, (m, o) =>
          i - 2 + o < 0 || i - 2 + o > 15 ? outside : at(heads[m]![M], i, i - 2 + o),
        );
      expected.assertSlice(band("S", -Infinity), "out.band_scores", b, i);
      expected.assertSlice(band("A", 0), "out.band_probs", b, i);
      expected.assertSlice(
        fromFunction(3, 5, (m, c) => at(heads[m]!.output, i, c)),
        "out.context",
        b,
        i,
      );
    }
  }
});
