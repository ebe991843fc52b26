import type { RecurrentParts } from "../../lib/models/recurrent-decoder.ts";
import { AdditiveAttention } from "../../lib/attention/additive-attention.ts";
import { GRUCell } from "../../lib/layers/gru.ts";
import { normal } from "./values.ts";

/**
 * Widths of a small decoder: e of a symbol, d of each direction of the source, n of the state, units of the
 * attention, n_out symbols.
 */
export interface Widths {
  readonly e: number;
  readonly d: number;
  readonly n: number;
  readonly units: number;
  readonly n_out: number;
}

/** Parts of normal size, all drawn apart. */
export function partsOf({ e, d, n, n_out }: Widths, seed: number = 1): RecurrentParts {
  const cell = new GRUCell({
    W_i: normal(e + 2 * d, 3 * n, seed),
    W_h: normal(n, 3 * n, seed + 1),
    b_i: normal(1, 3 * n, seed + 2),
    b_h: normal(1, 3 * n, seed + 3),
  });
  return {
    W_s: normal(d, n, seed + 4),
    b_s: normal(1, n, seed + 5),
    cell,
    W_o: normal(n + 2 * d, n_out, seed + 6),
    b_o: normal(1, n_out, seed + 7),
  };
}

export function attentionOf({ d, n, units }: Widths, seed: number = 21): AdditiveAttention {
  return new AdditiveAttention({
    W_a: normal(n, units, seed),
    U_a: normal(2 * d, units, seed + 1),
    v_a: normal(units, 1, seed + 2),
  });
}
