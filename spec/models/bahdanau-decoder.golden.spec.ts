import test from "node:test";
import type { Matrix } from "../../lib/matrix.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { BahdanauDecoder } from "../../lib/models/bahdanau-decoder.ts";
import { GRUCell } from "../../lib/layers/gru.ts";
import { concatColumns } from "../../lib/kernels/columns.ts";
import { concatRows, sliceRows } from "../../lib/kernels/rows.ts";
import { fromFunction, matrix } from "../../lib/matrix.ts";
import { golden } from "../support/golden.ts";
import { matmul } from "../../lib/kernels/matmul.ts";
import { transpose } from "../../lib/kernels/transpose.ts";

/**
 * A decoder around the attention of a file, which has no GRU: the update gates are shut (z = 1), so that the
 * state stays to the bit, and the file's query is the state. The read-out is W_o, b_o on [s ‖ c]. An
 * annotation has two halves; an odd one gets a column of zeros, which changes nothing.
 */
function decoderOf(W_a: Matrix, U: Matrix, v_a: Matrix, W_o?: Matrix, b_o?: Matrix): BahdanauDecoder {
  const [n, U_a] = [W_a.rows, U.rows % 2 === 0 ? U : concatRows([U, matrix(1, U.cols)])];
  const cell = new GRUCell({
    W_i: matrix(1 + U_a.rows, 3 * n),
    W_h: matrix(n, 3 * n),
    b_i: fromFunction(1, 3 * n, (_, g) => (g >= n && g < 2 * n ? 1e6 : 0)),
    b_h: matrix(1, 3 * n),
  });
  const readout = W_o ?? matrix(n + U_a.rows, 1);
  return new BahdanauDecoder({
    W_s: matrix(U_a.rows / 2, n),
    b_s: matrix(1, n),
    attention: new AdditiveAttention({ W_a, U_a, v_a }),
    cell,
    W_o: readout,
    b_o: b_o ?? matrix(1, readout.cols),
  });
}

/** Every row of Q as the state of one step. */
function look(decoder: BahdanauDecoder, Q: Matrix, K: Matrix): { weights: Matrix; logits: Matrix } {
  const H = K.cols % 2 === 0 ? K : concatColumns([K, matrix(K.rows, 1)]);
  const R = matmul(H, decoder.attention.U_a);
  const steps = Array.from({ length: Q.rows }, (_, i) =>
    decoder.step(matrix(1, 1), { t: i, s: sliceRows(Q, i, i + 1), H, R }),
  );
  return {
    weights: concatRows(steps.map(({ weights }) => weights)),
    logits: concatRows(steps.map(({ logits }) => logits)),
  };
}

test("additive: OpenNMT's mlp is a whole step: weights, context and read-out", () => {
  const file = golden("additive", "onmt_mlp");
  const weight = (name: string): Matrix => transpose(file.slice(`w.${name}.weight`));
  const [W_q, U_a, v_a, out] = [
    weight("linear_query"),
    weight("linear_context"),
    weight("v"),
    weight("linear_out"),
  ];
  // its bias on the query: a feature of the state that is always 1
  const W_a = concatRows([W_q, file.slice("w.linear_query.bias")]);
  const [ofContext, ofQuery] = [sliceRows(out, 0, 8), sliceRows(out, 8, 16)];
  const read = decoderOf(
    W_a,
    U_a,
    v_a,
    concatRows([ofQuery, matrix(1, 8), ofContext]),
    file.slice("w.linear_out.bias"),
  );
  const context = decoderOf(
    W_a,
    U_a,
    v_a,
    concatRows([matrix(9, 8), fromFunction(8, 8, (i, j) => (i === j ? 1 : 0))]),
  );
  for (const b of [0, 1]) {
    const [Q, H] = [file.slice("in.query", b), file.slice("in.memory", b)];
    const states = concatColumns([Q, fromFunction(Q.rows, 1, () => 1)]);
    const { weights, logits } = look(read, states, H);
    file.assertSlice(weights, "out.attn", b);
    file.assertSlice(logits, "out.attn_h", b); // linear, as this library has it for mlp: our (7)
    file.assertSlice(look(context, states, H).logits, "out.context", b);
  }
});

test("additive: allennlp's weights; a mask is a shorter source, an empty one has no weights", () => {
  for (const file of [
    golden("additive", "allennlp_single_query"),
    golden("additive", "allennlp_fully_masked_gives_zero"),
  ]) {
    const decoder = decoderOf(
      file.slice("w._w_matrix"),
      file.slice("w._u_matrix"),
      file.slice("w._v_vector"),
    );
    const masked = file.metadata["case"] === "allennlp_fully_masked_gives_zero";
    const rows = [0, 1].map((b) => {
      const K = file.slice("in.matrix", b);
      const keep = masked
        ? Array.from(file.slice("in.mask").data.subarray(9 * b, 9 * b + 9))
        : new Array<number>(K.rows).fill(1);
      const kept = keep.flatMap((one, j) => (one === 1 ? [sliceRows(K, j, j + 1)] : []));
      const { weights } = look(
        decoder,
        sliceRows(file.slice("in.vector"), b, b + 1),
        concatRows([matrix(0, K.cols), ...kept]),
      );
      let taken = 0;
      return matrix(
        1,
        K.rows,
        keep.map((one) => (one === 1 ? weights.data[taken++]! : 0)),
      );
    });
    file.assertSlice(concatRows(rows), "out.attn");
  }
});

test("additive: d2l's weights, a step for every query, sources of their own lengths", () => {
  for (const file of [golden("additive", "d2l_multi_query"), golden("additive", "d2l_valid_lens")]) {
    const decoder = decoderOf(
      transpose(file.slice("w.W_q.weight")),
      transpose(file.slice("w.W_k.weight")),
      transpose(file.slice("w.w_v.weight")),
    );
    for (const b of [0, 1]) {
      const K = file.slice("in.keys", b);
      const length =
        file.metadata["case"] === "d2l_valid_lens" ? file.slice("in.valid_lens").data[b]! : K.rows;
      const Q = file.slice("in.queries", b);
      const { weights } = look(decoder, Q, sliceRows(K, 0, length));
      file.assertSlice(concatColumns([weights, matrix(Q.rows, K.rows - length)]), "out.attn", b);
    }
  }
});
