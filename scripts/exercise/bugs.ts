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
    id: "W4",
    path: "lib/kernels/mask-scores.ts",
    right: "!allow(i, j, head)) out[e] = -Infinity;",
    wrong: "!allow(i, j, head)) out[e] = 1e-9;",
  },
  {
    id: "W8",
    path: "lib/attention/scaled-dot-product-attention.ts",
    right: "1 / Math.sqrt(d_k)",
    wrong: "1 / d_k",
  },
  {
    id: "W15",
    path: "lib/graph/patterns.ts",
    right: "Math.min(i + radius * dilation, keys - 1)",
    wrong: "Math.min(i + (radius - 1) * dilation, keys - 1)",
  },
  {
    id: "W35",
    path: "lib/attention/class-token-attention.ts",
    right: "sliceRows(own, 1, own.rows)])",
    wrong: "sliceRows(own, 0, own.rows - 1)])",
  },
  {
    id: "W50",
    path: "lib/kernels/argmax-rows.ts",
    right: "if (x > max || x !== x) {",
    wrong: "if (x >= max || x !== x) {",
  },
];
