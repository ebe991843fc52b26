/** Find the bug: a file with one line as people wrote it in the field, by the number of docs/pitfalls.md. */
export interface Bug {
  readonly id: string;
  readonly path: string;
  /** What is right, as it stands in the file once, and what stands there instead. */
  readonly right: string;
  readonly wrong: string;
}

export const BUGS: readonly Bug[] = [
  {
    id: "W1",
    path: "lib/attention/structured-self-attention.ts",
    right: "softmaxRows(maskScores(S, options));",
    wrong: "transpose(softmaxRows(transpose(maskScores(S, options))));",
  },
  {
    id: "W2",
    path: "lib/kernels/mask-scores.ts",
    right: "if (!allow(i, j, head))",
    wrong: "if (allow(i, j, head))",
  },
  {
    id: "W3",
    path: "lib/kernels/softmax-rows.ts",
    right: "if (max === -Infinity) continue;",
    wrong: "if (max === -Infinity) max = 0;",
  },
  {
    id: "W4",
    path: "lib/kernels/mask-scores.ts",
    right: "out[e] = -Infinity;",
    wrong: "out[e] = 1e-9;",
  },
  {
    id: "W5",
    path: "lib/kernels/mask-scores.ts",
    right: "out[e] = -Infinity;",
    wrong: "out[e] = out[e]! - Infinity;",
  },
  {
    id: "W6",
    path: "lib/kernels/unfold-window.ts",
    right: 'const { edges = "cut" } = options;',
    wrong: 'const { edges = "zero" } = options;',
  },
  {
    id: "W7",
    path: "lib/attention/multi-head-attention.ts",
    right: "const joined = concatColumns(heads.map(({ output }) => output));",
    wrong:
      "const joined = matrix(Q.rows, this.W_O.rows, " +
      "heads.reduce<number[]>((all, { output }) => all.concat(Array.from(output.data)), []));",
  },
  {
    id: "W8",
    path: "lib/attention/scaled-dot-product-attention.ts",
    right: "1 / Math.sqrt(d_k)",
    wrong: "1 / d_k",
  },
  {
    id: "W9",
    path: "lib/attention/heads.ts",
    right: "return sliceColumns(M, m * width, (m + 1) * width);",
    wrong: "return fromFunction(M.rows, width, (i, c) => M.data[i * M.cols + c * heads + m]!);",
  },
  {
    id: "W10",
    path: "lib/attention/multi-head-attention.ts",
    right: "randomProjection(h * d_v, d_out, random)",
    wrong: "randomProjection(d_model, d_out, random)",
  },
  {
    id: "W13",
    path: "lib/kernels/additive-scores.ts",
    right: "v.data[c]! * Math.tanh(P.data[i * d + c]! + R.data[j * d + c]!)",
    wrong: "v.data[c]! * (P.data[i * d + c]! + R.data[j * d + c]!)",
  },
  {
    id: "W15",
    path: "lib/graph/patterns.ts",
    right: "Math.min(i + radius * dilation, keys - 1)",
    wrong: "Math.min(i + (radius - 1) * dilation, keys - 1)",
  },
  {
    id: "W16",
    path: "lib/graph/patterns.ts",
    right: "const [first, last] = [firstOf(i), lastOf(i)];",
    wrong: "const [first, last] = [i - (i % (2 * radius + 1)), Math.min(keys - 1, i + radius)];",
  },
  {
    id: "W19",
    path: "lib/kernels/gather-global.ts",
    right: "if (given !== false) indices.add(t);",
    wrong: "indices.add(mask ? Number(given) : t);",
  },
  {
    id: "W20",
    path: "lib/graph/patterns.ts",
    right: "if (rows.has(i)) for",
    wrong: "if (rows.size > 0) for",
  },
  {
    id: "W22",
    path: "lib/graph/algebra.ts",
    right: "if (right <= left) f++;",
    wrong: "if (right < left) f++;",
  },
  {
    id: "W23",
    path: "lib/attention/longformer-attention.ts",
    right: "project(where, global, { Q: X_globals, K: X, V: X })",
    wrong: "project(where, local, { Q: X_globals, K: X, V: X })",
  },
  {
    id: "W24",
    path: "lib/graph/patterns.ts",
    right: "j <= last; j += dilation) add(j);",
    wrong: "j <= last; j++) add(j);",
  },
  {
    id: "W25",
    path: "lib/graph/patterns.ts",
    right: 'checkInteger("randomKeys", "count", count, 0);',
    wrong: 'checkInteger("randomKeys", "count", count, 1);',
  },
  {
    id: "W28",
    path: "lib/kernels/grid.ts",
    right: "const step = product(axis + 1, grid.length);",
    wrong: "const step = 1;",
  },
  {
    id: "W29",
    path: "lib/attention/grid-maps.ts",
    right: 'if (combine === "columns then rows") return mix(R, C);',
    wrong: 'if (combine === "columns then rows") return mix(C, R);',
  },
  {
    id: "W31",
    path: "lib/attention/axial-attention.ts",
    right: "const rows = R(columns.output);",
    wrong: "const rows = R(X);",
  },
  {
    id: "W34",
    path: "lib/attention/cross-attention.ts",
    right: "Q: query, //",
    wrong: "Q: memory, //",
  },
  {
    id: "W35",
    path: "lib/attention/class-token-attention.ts",
    right: "sliceRows(own, 1, own.rows)])",
    wrong: "sliceRows(own, 0, own.rows - 1)])",
  },
  {
    id: "W36",
    path: "lib/kernels/tiles.ts",
    right: "visit(Math.floor(i / p) * (W! / p) + v, i % p, i * W! + v * p);",
    wrong: "visit(Math.floor((i * W! + v * p) / (p * p)), ((i * W!) / p + v) % p, i * W! + v * p);",
  },
  {
    id: "W37",
    path: "lib/attention/multi-head-attention.ts",
    right: "allow && ((i, j) => allow(i, j, m))",
    wrong: "allow && ((i, j) => allow(j, i, m))",
  },
  {
    id: "W49",
    path: "lib/attention/bilinear-attention.ts",
    right: "matmulTransposed(matmul(Q, W_a), K)",
    wrong: "matmulTransposed(Q, matmul(K, W_a))",
  },
  {
    id: "W50",
    path: "lib/kernels/argmax-rows.ts",
    right: "if (x > max || x !== x) {",
    wrong: "if (x >= max || x !== x) {",
  },
  {
    id: "R1",
    path: "lib/kernels/online-softmax.ts",
    right: "l[i] = state.l.data[i]! * shrink[i]! + sum;",
    wrong: "l[i] = state.l.data[i]! + sum;",
  },
  {
    id: "R2",
    path: "lib/kernels/online-softmax.ts",
    right: "shrink[i] = expBelowZero(old - max);",
    wrong: "shrink[i] = expBelowZero(max - old);",
  },
  {
    id: "R3",
    path: "lib/kernels/online-softmax.ts",
    right: "m[i] = max;",
    wrong: "m[i] = max === -Infinity ? 0 : max;",
  },
  {
    id: "R4",
    path: "lib/kernels/softmax-rows.ts",
    right: "expBelowZero(s[start + j]! - max)",
    wrong: "expBelowZero(s[start + j]!)",
  },
  {
    id: "R5",
    path: "lib/kernels/gradient-rows.ts",
    right: "data[j] = a * (dA.data[j]! - mean);",
    wrong: "data[j] = a * (1 - a) * dA.data[j]!;",
  },
  {
    id: "E9",
    path: "lib/matrix.ts",
    right: 'const value = typeof item === "bigint" ? Number(item) : item;',
    wrong: "const value = item as number;",
  },
  {
    id: "E10",
    path: "lib/models/cat-counts.ts",
    right: "if (pixels % (patch * side) === 0) continue;",
    wrong: "if (pixels % patch === 0) continue;",
  },
  {
    id: "E12",
    path: "lib/kernels/activations.ts",
    right: "x === -Infinity ? 0 : (x / 2) * (1 + erf(x * Math.SQRT1_2))",
    wrong: "(x / 2) * (1 + erf(x * Math.SQRT1_2))",
  },
  {
    id: "E16",
    path: "lib/checkpoints/longformer-checkpoint.ts",
    right: "if (dilation === 1) return;",
    wrong: "if (dilation >= 1) return;",
  },
];
