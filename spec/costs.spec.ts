/**
 * Every cost formula of a docstring of lib and of the table of docs/costs.md, evaluated as it is written and
 * compared with naive loops that count, on random sizes.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { join } from "node:path";
import { readFileSync, readdirSync } from "node:fs";
import type { Rows } from "./oracle/naive.ts";
import type { Sees } from "./oracle/patterns.ts";
import { NaiveCounter } from "./oracle/naive-counter.ts";
import { evaluate } from "./support/formula.ts";
import { randomGenerator } from "../lib/matrix.ts";
import { sees } from "./oracle/patterns.ts";

type Sizes = Readonly<Record<string, number>>;
type Unit = "multiply-adds" | "pairs" | "tanh" | "exponentials" | "comparisons" | "numbers";

/** One formula: whose it is, its text, what it counts, sizes for its letters, and loops that count. */
interface Cost {
  readonly of: string;
  readonly says: string;
  readonly unit?: Unit;
  /** The formula is for one pair. */
  readonly each?: boolean;
  /** Letters of whole numbers from 0 on; from 1 on with a plus: "n d+". */
  readonly letters: string;
  /** Letters that follow from others. */
  readonly also?: (s: Sizes) => Sizes;
  readonly run: (c: NaiveCounter, s: Record<string, number>) => void;
}

const attend = (c: NaiveCounter, n_q: number, n_k: number, d_k: number, d_v: number): Rows =>
  c.attend(c.rows(n_q, d_k), c.rows(n_k, d_k), c.rows(n_k, d_v));
const block = (c: NaiveCounter, n: number, D: number, d_hidden: number): void => {
  c.attention(c.rows(n, D), c.rows(n, D), 1);
  c.feedForward(c.rows(n, D), d_hidden);
};
const self = (c: NaiveCounter, n: number, d: number, d_k: number, d_v: number): void => {
  for (const width of [d_k, d_k, d_v]) c.linear(c.rows(n, d), width);
  attend(c, n, n, d_k, d_v);
};
/** The two axes of a grid: every line of every axis attends to itself. */
const axes = (c: NaiveCounter, rows: number, cols: number, d: number): void => {
  for (let j = 0; j < cols; j++) attend(c, rows, rows, d, d);
  for (let i = 0; i < rows; i++) attend(c, cols, cols, d, d);
};
const within = (T: number, ...places: number[]): number[] => places.filter((g) => g < T);

const COSTS: readonly Cost[] = [
  {
    of: "ScaledDotProductAttention",
    says: "n_q·n_k·(d_k + d_v)",
    letters: "n_q n_k d_k d_v",
    run: (c, s) => void attend(c, s.n_q!, s.n_k!, s.d_k!, s.d_v!),
  },
  {
    of: "DotProductAttention",
    says: "n_q·n_k·(d + d_v)",
    letters: "n_q n_k d d_v",
    run: (c, s) => void attend(c, s.n_q!, s.n_k!, s.d!, s.d_v!),
  },
  {
    of: "BilinearAttention",
    says: "n_q·d_q·d_k + n_q·n_k·(d_k + d_v)",
    letters: "n_q n_k d_q d_k d_v",
    run: (c, s) => {
      c.linear(c.rows(s.n_q!, s.d_q!), s.d_k!);
      attend(c, s.n_q!, s.n_k!, s.d_k!, s.d_v!);
    },
  },
  ...(["multiply-adds", "tanh"] as const).map((unit): Cost => {
    return {
      of: "AdditiveAttention",
      says: unit === "tanh" ? "n_q·n_k·n'" : "n_q·d_q·n' + n_k·d_k·n' + n_q·n_k·(n' + d_v)",
      unit,
      letters: "n_q n_k d_q d_k d_v n'",
      run: (c, s) => {
        c.linear(c.rows(s.n_q!, s.d_q!), s["n'"]!);
        c.linear(c.rows(s.n_k!, s.d_k!), s["n'"]!);
        c.linear(c.tanh(c.rows(s.n_q! * s.n_k!, s["n'"]!)), 1);
        c.linear(c.rows(s.n_q!, s.n_k!), s.d_v!);
      },
    };
  }),
  ...(["multiply-adds", "tanh"] as const).map((unit): Cost => {
    return {
      of: "ConcatAttention",
      says: unit === "tanh" ? "n_q·n_k·n'" : "n_q·n_k·((d_q + d_k + 1)·n' + d_v)",
      unit,
      letters: "n_q n_k d_q+ d_k d_v n'",
      run: (c, s) => {
        c.linear(c.tanh(c.linear(c.rows(s.n_q! * s.n_k!, s.d_q! + s.d_k!), s["n'"]!)), 1);
        c.linear(c.rows(s.n_q!, s.n_k!), s.d_v!);
      },
    };
  }),
  {
    of: "Attention",
    says: "n_q·n_k·d_v",
    letters: "n_q n_k d_v",
    run: (c, s) => void c.product(c.rows(s.n_q!, s.n_k!), c.rows(s.n_k!, s.d_v!)),
  },
  ...["HardAttention", "SampledAttention"].map((of): Cost => {
    return {
      of,
      says: "n_q·d_v",
      letters: "n_q d_v n_k+",
      run: (c, s) => {
        for (let i = 0; i < s.n_q!; i++) c.product(c.rows(1, 1), c.rows(1, s.d_v!)); // one value a query
      },
    };
  }),
  ...["HardAttention", "argmaxRows"].map((of): Cost => {
    const says = of === "HardAttention" ? "n_q·n_k" : "n·m";
    return {
      of,
      says,
      unit: "comparisons",
      letters: says.replace("·", " "),
      run: (c, s) => {
        const [rows, cols] = says.split("·").map((letter) => s[letter]!);
        c.largest(c.rows(rows!, cols!));
      },
    };
  }),
  ...["SampledAttention", "softmaxAt"].map((of): Cost => {
    return {
      of,
      says: "n_q·n_k",
      unit: "exponentials",
      letters: "n_q n_k",
      run: (c, s) => void c.exponential(c.rows(s.n_q!, s.n_k!)),
    };
  }),
  ...(["multiply-adds", "tanh"] as const).map((unit): Cost => {
    return {
      of: "StructuredSelfAttention",
      says: unit === "tanh" ? "n·d_a" : "n·(2u·d_a + d_a·r + 2u·r) + r²·n",
      unit,
      letters: "n u+ d_a+ r",
      run: (c, s) => {
        c.linear(c.tanh(c.linear(c.rows(s.n!, 2 * s.u!), s.d_a!)), s.r!);
        const A = c.rows(s.r!, s.n!);
        c.linear(A, 2 * s.u!);
        c.linear(A, s.r!); // A Aᵀ
      },
    };
  }),
  {
    of: "project",
    says: "n_q·d_query·d_k + n_k·(d_key·d_k + d_value·d_v)",
    letters: "n_q n_k d_query d_key d_value d_k d_v",
    run: (c, s) => {
      c.linear(c.rows(s.n_q!, s.d_query!), s.d_k!);
      c.linear(c.rows(s.n_k!, s.d_key!), s.d_k!);
      c.linear(c.rows(s.n_k!, s.d_value!), s.d_v!);
    },
  },
  {
    of: "projectSelf",
    says: "n·d·(2·d_k + d_v)",
    letters: "n d d_k d_v",
    run: (c, s) => [s.d_k!, s.d_k!, s.d_v!].forEach((width) => c.linear(c.rows(s.n!, s.d!), width)),
  },
  {
    of: "SelfAttention",
    says: "n·d·(2·d_k + d_v) + n²·(d_k + d_v)",
    letters: "n d d_k d_v",
    run: (c, s) => self(c, s.n!, s.d!, s.d_k!, s.d_v!),
  },
  {
    of: "CrossAttention",
    says: "n_q·d_x·d_k + n_k·d_m·(d_k + d_v) + n_q·n_k·(d_k + d_v)",
    letters: "n_q n_k d_x d_m d_k d_v",
    run: (c, s) => {
      c.linear(c.rows(s.n_q!, s.d_x!), s.d_k!);
      for (const width of [s.d_k!, s.d_v!]) c.linear(c.rows(s.n_k!, s.d_m!), width);
      attend(c, s.n_q!, s.n_k!, s.d_k!, s.d_v!);
    },
  },
  {
    of: "MultiHeadAttention",
    says:
      "n_q·d_query·h·d_k + n_k·(d_key·h·d_k + d_value·h·d_v) + h·n_q·n_k·(d_k + d_v) + " +
      "n_q·h·d_v·d_out",
    letters: "n_q n_k d_query d_key d_value d_k d_v d_out h",
    run: (c, s) => {
      for (let head = 0; head < s.h!; head++) {
        c.linear(c.rows(s.n_q!, s.d_query!), s.d_k!);
        c.linear(c.rows(s.n_k!, s.d_key!), s.d_k!);
        c.linear(c.rows(s.n_k!, s.d_value!), s.d_v!);
        attend(c, s.n_q!, s.n_k!, s.d_k!, s.d_v!);
      }
      c.linear(c.rows(s.n_q!, s.h! * s.d_v!), s.d_out!);
    },
  },
  {
    of: "ParameterFreeSelfAttention",
    says: "2·n²·d_x",
    letters: "n d_x",
    run: (c, s) => void attend(c, s.n!, s.n!, s.d_x!, s.d_x!),
  },
  {
    of: "ParameterFreeCrossAttention",
    says: "2·n_q²·d_k + 2·n_k²·d_k + 2·n_k²·d_v + n_q·n_k·(d_k + d_v)",
    letters: "n_q n_k d_k d_v",
    run: (c, s) => {
      attend(c, s.n_q!, s.n_q!, s.d_k!, s.d_k!);
      attend(c, s.n_k!, s.n_k!, s.d_k!, s.d_k!);
      attend(c, s.n_k!, s.n_k!, s.d_v!, s.d_v!);
      attend(c, s.n_q!, s.n_k!, s.d_k!, s.d_v!);
    },
  },
  ...["attendNeighbours", "BigBirdAttention", "StreamingAttention"].map((of): Cost => {
    return {
      of,
      says: "d_k + d_v",
      each: true,
      letters: "n d_k d_v r",
      run: (c, s) =>
        void c.attend(c.rows(s.n!, s.d_k!), c.rows(s.n!, s.d_k!), c.rows(s.n!, s.d_v!), sees.window(s.r!)),
    };
  }),
  {
    of: "SparseAttention",
    says: "h·(d_k + d_v)",
    each: true,
    letters: "n d_k d_v r h",
    run: (c, s) => {
      const Q = c.rows(s.n!, s.d_k!);
      for (let head = 0; head < s.h!; head++) c.attend(Q, Q, c.rows(s.n!, s.d_v!), sees.window(s.r!));
      c.pairs /= s.h! || 1; // pairs of the graph, which all heads share
    },
  },
  {
    of: "BigBirdGraphAttention",
    says: "heads·(m + d)",
    each: true,
    letters: "n d m r heads",
    run: (c, s) => {
      const Q = c.rows(s.n!, s.m!);
      for (let head = 0; head < s.heads!; head++) c.attend(Q, Q, c.rows(s.n!, s.d!), sees.window(s.r!));
      c.pairs /= s.heads! || 1;
    },
  },
  {
    of: "HybridSparseAttention",
    says: "(T(2r + 1) − r(r + 1) + 2·T·G)·(d_k + d_v)",
    letters: "r t G d_k d_v",
    also: ({ r, t, G }) => ({ T: Math.max(r! + t!, G!) }),
    run: (c, s) => {
      const [Q, V] = [c.rows(s.T!, s.d_k!), c.rows(s.T!, s.d_v!)];
      c.attend(Q, Q, V, sees.window(s.r!));
      attend(c, s.T!, s.G!, s.d_k!, s.d_v!);
      attend(c, s.G!, s.T!, s.d_k!, s.d_v!);
    },
  },
  {
    of: "HybridSparseAttention",
    says: "T²(2r + 1 + 2·G)",
    letters: "r T G",
    run: (c, s) => {
      for (let t = 0; t < s.T!; t++) c.product(c.rows(1, 2 * s.r! + 1), c.rows(2 * s.r! + 1, s.T!));
      c.product(c.rows(s.T!, s.G!), c.rows(s.G!, s.T!));
      c.product(c.rows(s.G!, s.T!), c.rows(s.T!, s.T!));
    },
  },
  {
    of: "LongformerAttention",
    says: "(5T + G)·d_model·d",
    letters: "T G d_model d",
    run: (c, s) => {
      for (let set = 0; set < 5; set++) c.linear(c.rows(s.T!, s.d_model!), s.d!);
      c.linear(c.rows(s.G!, s.d_model!), s.d!);
    },
  },
  {
    of: "LongformerAttention",
    says: "3T·d_model·d",
    letters: "T d_model d",
    run: (c, s) => {
      for (let set = 0; set < 3; set++) c.linear(c.rows(s.T!, s.d_model!), s.d!);
    },
  },
  {
    of: "LongformerAttention",
    says: "2d",
    each: true,
    letters: "T d r",
    run: (c, s) => {
      const Q = c.rows(s.T!, s.d!);
      c.attend(Q, Q, Q, sees.any(sees.window(s.r!), sees.globals(within(s.T!, 0, 3))));
    },
  },
  {
    of: "attendAlong",
    says: "cells · n_a",
    unit: "pairs",
    letters: "n_a lines",
    also: ({ n_a, lines }) => ({ cells: n_a! * lines! }),
    run: (c, s) => {
      for (let line = 0; line < s.lines!; line++) attend(c, s.n_a!, s.n_a!, 1, 1);
    },
  },
  {
    of: "attendAlong",
    says: "cells²",
    unit: "pairs",
    letters: "cells",
    run: (c, s) => void attend(c, s.cells!, s.cells!, 1, 1),
  },
  {
    of: "AxialAttention",
    says: "H·W·(H + W)",
    unit: "pairs",
    letters: "H W",
    run: (c, s) => axes(c, s.H!, s.W!, 1),
  },
  {
    of: "AxialAttention",
    says: "(H·W)²",
    unit: "pairs",
    letters: "H W",
    run: (c, s) => void attend(c, s.H! * s.W!, s.H! * s.W!, 1, 1),
  },
  ...[
    ["FactorizedAttention", "N_R²·N_L + N_R·N_L²"],
    ["FactorizedAttention", "N_R·N_L·(N_R + N_L)"],
    ["ParallelFactorizedAttention", "N_R²·N_L + N_R·N_L²"],
  ].map(([of, says]): Cost => {
    return {
      of: of!,
      says: says!,
      unit: "pairs",
      letters: "N_R N_L",
      run: (c, s) => axes(c, s.N_R!, s.N_L!, 1),
    };
  }),
  ...["FactorizedAttention", "ParallelFactorizedAttention"].map((of): Cost => {
    return {
      of,
      says: "(N_R·N_L)²",
      unit: "pairs",
      letters: "N_R N_L",
      run: (c, s) => void attend(c, s.N_R! * s.N_L!, s.N_R! * s.N_L!, 1, 1),
    };
  }),
  ...["d_lat", "d_lon"].map((d): Cost => {
    return {
      of: "ParallelFactorizedAttention",
      says: `${d} + d_v`,
      each: true,
      letters: `N_R N_L ${d} d_v`,
      run: (c, s) => {
        for (let j = 0; j < s.N_L!; j++) attend(c, s.N_R!, s.N_R!, s[d]!, s.d_v!);
      },
    };
  }),
  {
    of: "gridMaps",
    says: "(n·m)²·n",
    letters: "n m",
    run: (c, s) => {
      const cells = s.n! * s.m!;
      for (let cell = 0; cell < cells; cell++) c.product(c.rows(1, s.n!), c.rows(s.n!, cells)); // R C by the zeros of C
    },
  },
  {
    of: "gridMaps",
    says: "(n·m)²·m",
    letters: "n m",
    run: (c, s) => {
      const cells = s.n! * s.m!;
      for (let cell = 0; cell < cells; cell++) c.product(c.rows(1, s.m!), c.rows(s.m!, cells));
    },
  },
  {
    of: "InnerPatchAttention",
    says: "4·HW·C² + 2p²·HW·C",
    letters: "p tiles C",
    also: ({ p, tiles }) => ({ HW: tiles! * p! * p! }),
    run: (c, s) => {
      for (let tile = 0; tile < s.tiles!; tile++) {
        self(c, s.p! ** 2, s.C!, s.C!, s.C!);
        c.linear(c.rows(s.p! ** 2, s.C!), s.C!);
      }
    },
  },
  {
    of: "InnerPatchAttention",
    says: "2(HW)²·C",
    letters: "HW C",
    run: (c, s) => void attend(c, s.HW!, s.HW!, s.C!, s.C!),
  },
  {
    of: "CrossPatchAttention",
    says: "4p²·HW·C + 2(HW/p)²·C",
    letters: "p+ tiles C",
    also: ({ p, tiles }) => ({ HW: tiles! * p! * p! }),
    run: (c, s) => {
      for (let channel = 0; channel < s.C!; channel++) {
        self(c, s.tiles!, s.p! ** 2, s.p! ** 2, s.p! ** 2);
        c.linear(c.rows(s.tiles!, s.p! ** 2), s.p! ** 2);
      }
    },
  },
  {
    of: "FeatureMapAttention",
    says: "N·M·s²",
    unit: "pairs",
    letters: "N M s",
    run: (c, s) => {
      for (let map = 0; map < s.N! * s.M!; map++) attend(c, s.s!, s.s!, s.s!, s.s!);
    },
  },
  ...(["4·N·M²", "4·(N·M)²"] as const).map((says): Cost => {
    return {
      of: "FeatureMapAttention",
      says,
      unit: "pairs",
      letters: "N M",
      run: (c, s) => {
        const [groups, maps] = says === "4·N·M²" ? [s.N!, s.M!] : [1, s.N! * s.M!];
        for (let time = 0; time < groups; time++) {
          for (let part = 0; part < 4; part++) attend(c, maps, maps, 1, 1); // SA of Q, K and V, and one between them
        }
      },
    };
  }),
  {
    of: "ClassTokenAttention",
    says: "2de + 2e² + 2(1 + m)e² + 2(1 + m)e",
    letters: "d e m",
    run: (c, s) => {
      c.linear(c.rows(1, s.d!), s.e!); // f
      c.linear(c.rows(1, s.e!), s.e!); // the query
      for (const _ of ["key", "value"]) c.linear(c.rows(1 + s.m!, s.e!), s.e!);
      attend(c, 1, 1 + s.m!, s.e!, s.e!);
      c.linear(c.rows(1, s.e!), s.e!); // W_O
      c.linear(c.rows(1, s.e!), s.d!); // g
    },
  },
  {
    of: "ClassTokenAttention",
    says: "2e²",
    each: true,
    letters: "e m",
    run: (c, s) => {
      for (const _ of ["key", "value"]) c.linear(c.rows(s.m!, s.e!), s.e!);
      c.pairs = s.m!; // one query
    },
  },
  {
    of: "FactorizedAttention",
    says: "4D²",
    each: true,
    letters: "cells D",
    run: (c, s) => {
      four(c, s.cells!, s.D!);
      c.pairs = s.cells!;
    },
  },
  {
    of: "matmul",
    says: "n·K·m",
    letters: "n K m",
    run: (c, s) => void c.product(c.rows(s.n!, s.K!), c.rows(s.K!, s.m!)),
  },
  {
    of: "linear",
    says: "n·d_in·d_out",
    letters: "n d_in d_out",
    run: (c, s) => void c.linear(c.rows(s.n!, s.d_in!), s.d_out!),
  },
  {
    of: "linearGradient",
    says: "2·n·d_in·d_out",
    letters: "n d_in d_out",
    run: (c, s) => {
      c.product(c.rows(s.d_in!, s.n!), c.rows(s.n!, s.d_out!)); // Xᵀ dY
      c.product(c.rows(s.n!, s.d_out!), c.rows(s.d_out!, s.d_in!)); // dY Wᵀ
    },
  },
  ...["n_q·n_k·(3·d_k + 2·d_v + 1)", "n_q·n_k·(d_k + d_v)"].map((says): Cost => {
    return {
      of: "scaledDotProductGradient",
      says,
      letters: "n_q n_k d_k d_v",
      run: (c, s) => {
        const [n_q, n_k, d_k, d_v] = [s.n_q!, s.n_k!, s.d_k!, s.d_v!];
        if (!says.includes("3")) return void attend(c, n_q, n_k, d_k, d_v);
        c.product(c.rows(n_q, d_k), c.rows(d_k, n_k)); // S again
        c.product(c.rows(n_q, d_v), c.rows(d_v, n_k)); // dA = dO Vᵀ
        c.product(c.rows(n_k, n_q), c.rows(n_q, d_v)); // dV = Aᵀ dO
        for (let i = 0; i < n_q; i++) c.product(c.rows(1, n_k), c.rows(n_k, 1)); // A · dA of a row
        c.product(c.rows(n_q, n_k), c.rows(n_k, d_k)); // dQ
        c.product(c.rows(n_k, n_q), c.rows(n_q, d_k)); // dK
      },
    };
  }),
  {
    of: "scaledDotProductGradient",
    says: "n_q·n_k",
    unit: "exponentials",
    letters: "n_q n_k",
    run: (c, s) => void c.exponential(c.rows(s.n_q!, s.n_k!)),
  },
  {
    of: "dotProductGradient",
    says: "n_q·n_k·(3·d + 2·d_v)",
    letters: "n_q n_k d d_v",
    run: (c, s) => {
      c.product(c.rows(s.n_q!, s.d!), c.rows(s.d!, s.n_k!));
      c.product(c.rows(s.n_q!, s.d_v!), c.rows(s.d_v!, s.n_k!));
      c.product(c.rows(s.n_k!, s.n_q!), c.rows(s.n_q!, s.d_v!));
      c.product(c.rows(s.n_q!, s.n_k!), c.rows(s.n_k!, s.d!));
      c.product(c.rows(s.n_k!, s.n_q!), c.rows(s.n_q!, s.d!));
    },
  },
  ...["neighboursGradient", "hybridHeadGradient"].map((of): Cost => {
    return {
      of,
      says: "3·d_k + 2·d_v",
      each: true,
      letters: "n d_k d_v r",
      run: (c, s) => {
        const [Q, V, near] = [c.rows(s.n!, s.d_k!), c.rows(s.n!, s.d_v!), sees.window(s.r!)];
        c.attend(Q, Q, V, near); // the scores again; dV takes as much as the mixture
        c.attend(V, V, Q, near); // dA and dQ
        c.attend(Q, Q, c.rows(s.n!, 0), near); // dK takes as much as the scores
        c.pairs /= 3;
      },
    };
  }),
  {
    of: "additiveGradient",
    says: "n_q·n_k·n'",
    unit: "tanh",
    letters: "n_q n_k n'",
    run: (c, s) => void c.tanh(c.rows(s.n_q! * s.n_k!, s["n'"]!)),
  },
  {
    of: "softmaxRowsGradient",
    says: "n·m",
    unit: "exponentials",
    letters: "n m",
    run: (c, s) => void c.exponential(c.rows(s.n!, s.m!)),
  },
  {
    of: "softmaxRowsGradient",
    says: "3·n·m",
    letters: "n m",
    run: (c, s) => {
      for (let i = 0; i < s.n!; i++) {
        c.product(c.rows(1, s.m!), c.rows(s.m!, 1)); // the sum of A · dA
        c.product(c.rows(s.m!, 1), c.rows(1, 1)); // the weights, e^s times 1/sum
        c.product(c.rows(s.m!, 1), c.rows(1, 1)); // A · (dA − the sum)
      }
    },
  },
  {
    of: "additiveScores",
    says: "n·m·d",
    unit: "tanh",
    letters: "n m d",
    run: (c, s) => void c.tanh(c.rows(s.n! * s.m!, s.d!)),
  },
  {
    of: "softmaxRows",
    says: "n·m",
    unit: "exponentials",
    letters: "n m",
    run: (c, s) => void c.exponential(c.rows(s.n!, s.m!)),
  },
  {
    of: "windowScores",
    says: "(T(2r + 1) − r(r + 1))·d",
    letters: "r t d",
    also: ({ r, t }) => ({ T: r! + t! }),
    run: (c, s) => void c.attend(c.rows(s.T!, s.d!), c.rows(s.T!, s.d!), c.rows(s.T!, 0), sees.window(s.r!)),
  },
  {
    of: "pairRows",
    says: "n_q·n_k·(d_q + d_k)",
    unit: "numbers",
    letters: "n_q n_k d_q d_k",
    run: (c, s) => {
      c.numbers = c.rows(s.n_q! * s.n_k!, s.d_q! + s.d_k!).reduce((all, row) => all + row.length, 0);
    },
  },
  {
    of: "resizeBicubic",
    says: "4(H·W' + H'·W')",
    letters: "H W' H'",
    run: (c, s) => {
      for (let cell = 0; cell < s.H! * s["W'"]!; cell++) c.product(c.rows(1, 4), c.rows(4, 1)); // along the rows
      for (let cell = 0; cell < s["H'"]! * s["W'"]!; cell++) c.product(c.rows(1, 4), c.rows(4, 1));
    },
  },
  {
    of: "FeedForward",
    says: "n·d_hidden·(d + d_out)",
    letters: "n d+ d_hidden d_out",
    run: (c, s) => void c.linear(c.linear(c.rows(s.n!, s.d!), s.d_hidden!), s.d_out!),
  },
  {
    of: "EncoderBlock",
    says: "4nD² + 2n²D + 2nD·d_hidden",
    letters: "n D+ d_hidden",
    run: (c, s) => s.n! > 0 && block(c, s.n!, s.D!, s.d_hidden!),
  },
  {
    of: "DecoderBlock",
    says: "6nD² + 2mD·D_m + 2n²D + 2nmD + 2nD·d_hidden",
    letters: "n+ m+ D+ D_m+ d_hidden",
    run: (c, s) => {
      block(c, s.n!, s.D!, s.d_hidden!);
      c.attention(c.rows(s.n!, s.D!), c.rows(s.m!, s.D_m!), 1);
    },
  },
  {
    of: "GRUCell",
    says: "B·3d·(d_in + d)",
    letters: "B d d_in",
    run: (c, s) => {
      for (const d of [s.d_in!, s.d!]) c.linear(c.rows(s.B!, d), 3 * s.d!);
    },
  },
  {
    of: "PatchEmbedding",
    says: "n·C·p²·d",
    letters: "n C p d",
    run: (c, s) => void c.linear(c.rows(s.n!, s.C! * s.p! ** 2), s.d!),
  },
  {
    of: "BahdanauDecoder",
    says: "n_k·2d·n'",
    letters: "n_k d n'",
    run: (c, s) => void c.linear(c.rows(s.n_k!, 2 * s.d!), s["n'"]!),
  },
  {
    of: "BahdanauDecoder",
    says: "n·n' + n_k·(n' + 2d)",
    letters: "n n_k d n'",
    run: (c, s) => {
      c.linear(c.rows(1, s.n!), s["n'"]!);
      c.linear(c.rows(s.n_k!, s["n'"]!), 1);
      c.linear(c.rows(1, s.n_k!), 2 * s.d!);
    },
  },
  ...["Bert", "Gpt2"].map((of): Cost => {
    const words = of === "Gpt2" ? " + TD·vocabulary" : "";
    return {
      of,
      says: `L(4TD² + 2T²D + 2TD·d_hidden)${words}`,
      letters: "L T+ D+ d_hidden vocabulary",
      run: (c, s) => {
        for (let layer = 0; layer < s.L!; layer++) block(c, s.T!, s.D!, s.d_hidden!);
        if (words !== "") c.linear(c.rows(s.T!, s.D!), s.vocabulary!);
      },
    };
  }),
  {
    of: "ViT",
    says: "n·C·p²·D + L(4(t+n)D² + 2(t+n)²D + 2(t+n)D·d_hidden) + D·classes",
    letters: "n C p D+ L d_hidden classes t+",
    run: (c, s) => {
      c.linear(c.rows(s.n!, s.C! * s.p! ** 2), s.D!);
      for (let layer = 0; layer < s.L!; layer++) block(c, s.t! + s.n!, s.D!, s.d_hidden!);
      c.linear(c.rows(1, s.D!), s.classes!);
    },
  },
  {
    of: "PlutoDecoderLayer",
    says: "N_R·N_L·(N_R + N_L + T)",
    unit: "pairs",
    letters: "N_R N_L T",
    run: (c, s) => {
      axes(c, s.N_R!, s.N_L!, 1);
      attend(c, s.N_R! * s.N_L!, s.T!, 1, 1);
    },
  },
  {
    of: "PlutoDecoderLayer",
    says: "2D",
    each: true,
    letters: "n m D",
    run: (c, s) => void attend(c, s.n!, s.m!, s.D!, s.D!),
  },
];

/**
 * One row of the table of docs/costs.md: what its cells for pairs and multiply-adds begin with, or hold, with the
 * letters of its legend. P is the number of pairs that the loops counted.
 */
interface TableRow {
  readonly row: string;
  readonly pairs?: string;
  readonly multiplyAdds?: readonly string[];
  readonly tanh?: string;
  readonly letters: string;
  readonly also?: (s: Sizes) => Sizes;
  readonly run: (c: NaiveCounter, s: Record<string, number>) => void;
}

/** Query, key, value and output: four maps of T rows. */
const four = (c: NaiveCounter, T: number, d: number): void => {
  for (let map = 0; map < 4; map++) c.linear(c.rows(T, d), d);
};
const along = (c: NaiveCounter, T: number, d: number, rule: Sees): void => {
  four(c, T, d);
  c.attend(c.rows(T, d), c.rows(T, d), c.rows(T, d), rule);
};
/** BigBird's blocks: three near ones, the first, the last, and r others that the row does not see yet. */
const bigBird = (b: number, blocks: number, r: number): Sees => {
  const near = Array.from({ length: blocks }, (_, block) => {
    const seen = new Set([block - 1, block, block + 1, 0, blocks - 1].filter((k) => k >= 0 && k < blocks));
    for (let k = 0, left = r; k < blocks && left > 0; k++) {
      if (seen.has(k)) continue;
      seen.add(k);
      left--;
    }
    return seen;
  });
  return (i, j) => {
    const block = Math.floor(i / b);
    return block === 0 || block === blocks - 1 || near[block]!.has(Math.floor(j / b));
  };
};

const TABLE: readonly TableRow[] = [
  {
    row: "dot, scaled dot",
    pairs: "n_q·n_k",
    multiplyAdds: ["2dP"],
    letters: "n_q n_k d",
    run: (c, s) => void attend(c, s.n_q!, s.n_k!, s.d!, s.d!),
  },
  {
    row: "hard, drawn",
    pairs: "n_q·n_k",
    multiplyAdds: ["dP + n_q·d"],
    letters: "n_q n_k d",
    run: (c, s) => {
      attend(c, s.n_q!, s.n_k!, s.d!, 0);
      for (let i = 0; i < s.n_q!; i++) c.product(c.rows(1, 1), c.rows(1, s.d!));
    },
  },
  {
    row: "bilinear",
    pairs: "n_q·n_k",
    multiplyAdds: ["n_q·d² + 2dP"],
    letters: "n_q n_k d",
    run: (c, s) => {
      c.linear(c.rows(s.n_q!, s.d!), s.d!);
      attend(c, s.n_q!, s.n_k!, s.d!, s.d!);
    },
  },
  {
    row: "additive, split",
    pairs: "n_q·n_k",
    multiplyAdds: ["(n_q + n_k)·d·n' + (n' + d)P"],
    tanh: "n'P",
    letters: "n_q n_k d n'",
    run: (c, s) => {
      for (const n of [s.n_q!, s.n_k!]) c.linear(c.rows(n, s.d!), s["n'"]!);
      c.tanh(c.rows(s.n_q! * s.n_k!, s["n'"]!));
      attend(c, s.n_q!, s.n_k!, s["n'"]!, s.d!);
    },
  },
  {
    row: "additive, joined",
    pairs: "n_q·n_k",
    multiplyAdds: ["((2d + 1)·n' + d)P"],
    tanh: "n'P",
    letters: "n_q n_k d+ n'",
    run: (c, s) => {
      c.tanh(c.linear(c.rows(s.n_q! * s.n_k!, 2 * s.d!), s["n'"]!));
      attend(c, s.n_q!, s.n_k!, s["n'"]!, s.d!);
    },
  },
  {
    row: "structured self",
    pairs: "r·n",
    multiplyAdds: ["n·(d·n' + n'·r + d·r) + r²·n"],
    tanh: "n·n'",
    letters: "n d+ n'+ r",
    run: (c, s) => {
      c.linear(c.tanh(c.linear(c.rows(s.n!, s.d!), s["n'"]!)), s.r!);
      c.linear(c.rows(s.r!, s.n!), s.r!);
      attend(c, s.r!, s.n!, 0, s.d!);
    },
  },
  {
    row: "self",
    pairs: "T²",
    multiplyAdds: ["3T·d² + 2dP"],
    letters: "T d",
    run: (c, s) => self(c, s.T!, s.d!, s.d!, s.d!),
  },
  {
    row: "cross",
    pairs: "n_q·n_k",
    multiplyAdds: ["n_q·d² + 2n_k·d² + 2dP"],
    letters: "n_q n_k d",
    run: (c, s) => {
      for (const n of [s.n_q!, s.n_k!, s.n_k!]) c.linear(c.rows(n, s.d!), s.d!);
      attend(c, s.n_q!, s.n_k!, s.d!, s.d!);
    },
  },
  {
    row: "multi-head, d_model = h·d_k",
    multiplyAdds: ["4T·d_model² + 2T²·d_model"],
    letters: "T h+ d_k",
    also: ({ h, d_k }) => ({ d_model: h! * d_k! }),
    run: (c, s) => {
      four(c, s.T!, s.d_model!);
      for (let head = 0; head < s.h!; head++) attend(c, s.T!, s.T!, s.d_k!, s.d_k!);
    },
  },
  {
    row: "multi-head, d_model = h·d_k",
    pairs: "h·n_q·n_k",
    letters: "h n_q n_k",
    run: (c, s) => {
      for (let head = 0; head < s.h!; head++) attend(c, s.n_q!, s.n_k!, 1, 1);
    },
  },
  {
    row: "SA",
    pairs: "T²",
    multiplyAdds: ["2dP"],
    letters: "T d",
    run: (c, s) => void attend(c, s.T!, s.T!, s.d!, s.d!),
  },
  {
    row: "CAT(Q, K, V)",
    pairs: "4T²",
    multiplyAdds: ["2dP"],
    letters: "T d",
    run: (c, s) => {
      for (let part = 0; part < 4; part++) attend(c, s.T!, s.T!, s.d!, s.d!);
    },
  },
  {
    row: "along a graph",
    multiplyAdds: ["4T·d² + 2dP"],
    letters: "T d r",
    run: (c, s) => along(c, s.T!, s.d!, sees.window(s.r!)),
  },
  {
    row: "– window",
    pairs: "T(2r + 1) − r(r + 1)",
    letters: "r t",
    also: ({ r, t }) => ({ T: r! + t! }),
    run: (c, s) => along(c, s.T!, 1, sees.window(s.r!)),
  },
  {
    row: "– only the past",
    pairs: "T(T + 1)/2",
    letters: "T",
    run: (c, s) => along(c, s.T!, 1, sees.past()),
  },
  {
    row: "– phrases of b",
    pairs: "T·b",
    letters: "b+ phrases",
    also: ({ b, phrases }) => ({ T: b! * phrases! }),
    run: (c, s) => along(c, s.T!, 1, sees.sameBlock(s.b!)),
  },
  {
    row: "Longformer",
    multiplyAdds: ["4T·d² + (2T + G)·d² + 2dP"],
    letters: "T d r G",
    run: (c, s) => {
      for (const n of [s.T!, s.T!, s.G!]) c.linear(c.rows(n, s.d!), s.d!);
      along(c, s.T!, s.d!, sees.window(s.r!));
    },
  },
  {
    row: "BigBird, blocks of b, first and last global, r random",
    pairs: "2bT + 2b²(4 + r) + (T/b − 4)·b²(5 + r)",
    multiplyAdds: ["4T·d² + 2dP"],
    letters: "b+ more r d",
    also: ({ b, more, r }) => ({ T: b! * (5 + r! + more!) }),
    run: (c, s) => along(c, s.T!, s.d!, bigBird(s.b!, s.T! / s.b!, s.r!)),
  },
  {
    row: "factorised, in turn",
    pairs: "N_R·N_L·(N_R + N_L)",
    multiplyAdds: ["2T·d² for Q_0, 8T·d² + 2dP", "2T·d²", "8T·d² + 2dP"],
    letters: "N_R N_L d+",
    also: ({ N_R, N_L }) => ({ T: N_R! * N_L! }),
    run: (c, s) => {
      c.linear(c.rows(s.T!, 2 * s.d!), s.d!); // Q_0
      for (const _ of ["columns", "rows"]) four(c, s.T!, s.d!);
      axes(c, s.N_R!, s.N_L!, s.d!);
    },
  },
  {
    row: "factorised, added",
    multiplyAdds: ["2dP"],
    letters: "N_R N_L d",
    run: (c, s) => axes(c, s.N_R!, s.N_L!, s.d!),
  },
  {
    row: "axial",
    pairs: "H·W·(H + W)",
    multiplyAdds: ["8T·d² + 2dP"],
    letters: "H W d",
    also: ({ H, W }) => ({ T: H! * W! }),
    run: (c, s) => {
      for (const _ of ["columns", "rows"]) four(c, s.T!, s.d!);
      axes(c, s.H!, s.W!, s.d!);
    },
  },
  {
    row: "[CLS] fusion, d = e",
    pairs: "1 + m",
    multiplyAdds: ["4d² + 2(1 + m)·d² + 2dP"],
    letters: "m d",
    run: (c, s) => {
      four(c, 1, s.d!); // f, the query, W_O and g
      for (const _ of ["key", "value"]) c.linear(c.rows(1 + s.m!, s.d!), s.d!);
      attend(c, 1, 1 + s.m!, s.d!, s.d!);
    },
  },
  {
    row: "IPSA, tiles of p × p",
    pairs: "HW·p²",
    multiplyAdds: ["4·HW·C² + 2CP"],
    letters: "p tiles C",
    also: ({ p, tiles }) => ({ HW: tiles! * p! * p! }),
    run: (c, s) => {
      for (let tile = 0; tile < s.tiles!; tile++) along(c, s.p! ** 2, s.C!, () => true);
    },
  },
  {
    row: "CPSA",
    pairs: "C·(HW/p²)²",
    multiplyAdds: ["4p²·HW·C + 2p²P"],
    letters: "p+ tiles C",
    also: ({ p, tiles }) => ({ HW: tiles! * p! * p! }),
    run: (c, s) => {
      for (let channel = 0; channel < s.C!; channel++) along(c, s.tiles!, s.p! ** 2, () => true);
    },
  },
  {
    row: "D-CROSS's maps, N patches of M maps s × s",
    pairs: "N·M·s²",
    letters: "N M s",
    run: (c, s) => {
      for (let map = 0; map < s.N! * s.M!; map++) attend(c, s.s!, s.s!, s.s!, s.s!);
    },
  },
  {
    row: "a step of Bahdanau's decoder, n the state's width",
    pairs: "n_k",
    multiplyAdds: ["n·n' + (n' + d)P; once n_k·d·n'", "n·n' + (n' + d)P", "n_k·d·n'"],
    letters: "n n_k d+ n'",
    run: (c, s) => {
      c.linear(c.rows(1, s.n!), s["n'"]!);
      attend(c, 1, s.n_k!, s["n'"]!, s.d!);
      c.linear(c.rows(s.n_k!, s.d!), s["n'"]!);
    },
  },
  {
    row: "a step of Luong's, dot",
    pairs: "n_k",
    multiplyAdds: ["2dP, and 2d·d", "2dP", "2d·d"],
    letters: "n_k d+",
    run: (c, s) => {
      attend(c, 1, s.n_k!, s.d!, s.d!);
      c.linear(c.rows(1, 2 * s.d!), s.d!);
    },
  },
];

/** Parts of costs with letters that no entry above evaluates: whose, the words, and why. */
const WITHOUT_COUNT: readonly (readonly [string, string, string])[] = [
  ["CrossPatchAttention", "p² times less", "the ratio of two formulas that are counted"],
  ["FeatureMapAttention", "Neither is N·M", "what the cost is not"],
  ["softmaxRows", "(1024²)", "the size of a measurement"],
  ["StreamingAttention", "about half of n_q·n_k", "about: whole blocks are read"],
  ["MultiHeadAttention", "as long as h·d_k and h·d_v stay", "two sizes, no formula"],
  ["layerNormGradient", "12·n·d", "about: a norm's products are no multiply-adds of matrices"],
  ["alongGradient", "cells · n_a", "counted at `attendAlong`"],
  ["keysWhere", "n·m calls", "calls of a predicate; 2³⁶ is the bound of an array"],
];

const random = randomGenerator(8);
const draw = (from: number): number => from + Math.floor(random() * 6);
const flat = (text: string): string => text.replace(/\n\s*\*/g, " ").replace(/\s+/g, " ");

/** Each top-level declaration of lib with a docstring that names a cost: its file, name and the cost. */
const declared = readdirSync("lib", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) => {
    const text = readFileSync(join("lib", file), "utf8");
    const pattern = /^\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport (?:abstract )?(?:class|function|const) (\w+)/gm;
    return [...text.matchAll(pattern)].flatMap(([, docstring, name]) => {
      const cost = /\bCost\b.*?(?= Errors:| Source:|$)/.exec(flat(docstring!))?.[0];
      return cost === undefined ? [] : [{ file, name: name!, cost }];
    });
  });

/** Whether a cell begins with the text, and the text ends where a formula ends. */
const startsWith = (cell: string, text: string): boolean =>
  cell.startsWith(text) && /^(?:$|,|;|:| for | inside| once )/.test(cell.slice(text.length));

const sizesOf = ({ letters, also }: { letters: string; also?: ((s: Sizes) => Sizes) | undefined }): Sizes => {
  const drawn = Object.fromEntries(
    letters.split(" ").map((letter) => {
      return [letter.replace("+", ""), draw(letter.endsWith("+") ? 1 : 0)];
    }),
  );
  return also === undefined ? drawn : { ...drawn, ...also(drawn) };
};

const counted = (c: NaiveCounter, unit: Unit = "multiply-adds"): number => {
  return {
    "multiply-adds": c.count,
    pairs: c.pairs,
    tanh: c.tanhs,
    exponentials: c.exponentials,
    comparisons: c.comparisons,
    numbers: c.numbers,
  }[unit];
};

for (const cost of COSTS) {
  test(`${cost.of}: ${cost.says} ${cost.unit ?? "multiply-adds"}, counted on random sizes`, () => {
    const docstrings = declared.filter(({ name }) => name === cost.of);
    assert.ok(
      docstrings.length > 0 && docstrings.some((each) => each.cost.includes(cost.says)),
      `the cost of ${cost.of} does not say ${cost.says}, but: ${docstrings.map((each) => each.cost).join(" | ")}`,
    );
    let total = 0;
    for (let time = 0; time < 20; time++) {
      const sizes = sizesOf(cost);
      const counter = new NaiveCounter();
      cost.run(counter, { ...sizes });
      const value = evaluate(cost.says, sizes) * (cost.each === true ? counter.pairs : 1);
      assert.equal(value, counted(counter, cost.unit), `${cost.says} at ${JSON.stringify(sizes)}`);
      total += value;
    }
    assert.ok(total > 0, "every draw was empty");
  });
}

test("no formula of a cost is left out", () => {
  const left: string[] = [];
  for (const { file, name, cost } of declared) {
    let rest = cost;
    for (const { says } of COSTS.filter(({ of }) => of === name).sort((a, b) => b.says.length - a.says.length)) {
      rest = rest.split(says).join("");
    }
    for (const [, words] of WITHOUT_COUNT.filter(([of]) => of === name)) rest = rest.split(words).join("");
    if (file.startsWith("simd")) continue; // the same formulas as their textbook forms
    if (/\w[·²]|[·²]\w/.test(rest)) left.push(`lib/${file}, ${name}: ${rest}`);
  }
  assert.deepEqual(left, [], "formulas that nobody counts");
});

/** The cells of the rows of the table, by the mechanism in the first. */
const cells = new Map(
  readFileSync("docs/costs.md", "utf8")
    .split("\n## ")[1]!
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map(([, row, pairs, multiplyAdds]) => [row!, { pairs: pairs!, multiplyAdds: multiplyAdds! }]),
);

for (const { row, pairs, multiplyAdds = [], tanh, run, ...sizing } of TABLE) {
  test(`docs/costs.md, ${row}: ${[pairs ?? [], multiplyAdds[0] ?? []].flat().join(" and ")}`, () => {
    const cell = cells.get(row);
    assert.ok(cell !== undefined, `the table has no row ${row}`);
    // The first text stands in the cell; when it has two formulas, both follow and are added.
    const formulas = multiplyAdds.length > 1 ? multiplyAdds.slice(1) : multiplyAdds;
    if (pairs !== undefined) assert.ok(startsWith(cell.pairs, pairs), `${cell.pairs} does not begin with ${pairs}`);
    if (multiplyAdds.length > 0) {
      assert.ok(startsWith(cell.multiplyAdds, multiplyAdds[0]!), `${cell.multiplyAdds}: not ${multiplyAdds[0]}`);
    }
    if (tanh !== undefined) assert.ok(cell.multiplyAdds.endsWith(`${tanh} tanh`), `${cell.multiplyAdds}: not ${tanh}`);
    let total = 0;
    for (let time = 0; time < 20; time++) {
      const counter = new NaiveCounter();
      const sizes = sizesOf(sizing);
      run(counter, { ...sizes });
      const letters = { ...sizes, P: counter.pairs };
      const at = `at ${JSON.stringify(sizes)}`;
      if (pairs !== undefined) assert.equal(evaluate(pairs, letters), counter.pairs, `${pairs} ${at}`);
      if (formulas.length > 0) {
        const sum = formulas.reduce((all, formula) => all + evaluate(formula, letters), 0);
        assert.equal(sum, counter.count, `${multiplyAdds[0]} ${at}`);
      }
      if (tanh !== undefined) assert.equal(evaluate(tanh, letters), counter.tanhs, `${tanh} ${at}`);
      total += counter.count;
    }
    assert.ok(total > 0, "every draw was empty");
  });
}

test("docs/costs.md: every row of the table with a formula of letters is counted", () => {
  for (const [row, { pairs, multiplyAdds }] of cells) {
    if (["mechanism", "---", "– window ∪ globals"].includes(row)) continue; // words; "less what overlaps"
    assert.ok(TABLE.some((each) => each.row === row), `${row}: ${pairs}, ${multiplyAdds} has no count`);
  }
});

test("the evaluator: letters side by side, the longer of two, powers, and what it refuses", () => {
  assert.equal(evaluate("4nD² + 2n²D", { n: 3, D: 5 }), 4 * 3 * 25 + 2 * 9 * 5);
  assert.equal(evaluate("2mD·D_m", { m: 2, D: 3, D_m: 7 }), 2 * 2 * 3 * 7);
  assert.equal(evaluate("2(HW/p)²·C − 1", { HW: 8, p: 2, C: 3 }), 2 * 16 * 3 - 1);
  assert.throws(() => evaluate("n·q", { n: 1 }), /has no size for "q"/);
  assert.throws(() => evaluate("(n", { n: 1 }), /lacks a "\)"/);
});
