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
    { path: /^spec\/docs/, why: "about pages, which print what the plain kernels give" },
  ],
  // Sums in doubles, rounded once: the promise of the plain kernels, which sums in float32 cannot keep.
  titles: {},
};
