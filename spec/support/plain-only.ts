/**
 * What `npm test -- --simd` leaves out, and why. All else runs a second time, with the vector kernels in the place
 * of the plain ones.
 */
export const PLAIN_ONLY: {
  readonly files: readonly { readonly path: RegExp; readonly why: string }[];
  /** Of each file, the first words of its tests that are left out, as they stand after `test(`. */
  readonly titles: Readonly<Record<string, readonly string[]>>;
} = {
  files: [
    { path: /^spec\/simd\//, why: "compares the vector kernels with the plain ones, which are not there" },
    { path: /^spec\/scripts\//, why: "about scripts and the text of lib, not about numbers" },
    { path: /^spec\/(?:docs|page)/, why: "about pages, which print what the plain kernels give" },
  ],
  // Sums in doubles, rounded once, and the same order of a sum here and there: what the plain kernels promise to the
  // bit, and sums in float32 of four lanes cannot keep.
  titles: {
    "spec/attention/hybrid-sparse-attention.readings.spec.ts": ['"a key counted twice has +ln 2 on its score, exactly'],
    "spec/graph/scores-at.spec.ts": [
      '"one dot product for each pair of the graph, in the graph\'s order"',
      '"the textbook\'s loop gives the same bits: every pattern, NaN in what is seen"',
    ],
    "spec/kernels/matmul.spec.ts": [
      '"by hand, also where float32 sums would fail"',
      '"by hand, also where float32 sums would fail"', // once for the product, once for the transposed one
    ],
    "spec/kernels/softmax-rows.spec.ts": ['"rounded once: no weight is further from the definition'],
  },
};
