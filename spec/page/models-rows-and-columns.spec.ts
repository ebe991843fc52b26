import assert from "node:assert/strict";
import { test } from "node:test";
import { DRAWINGS, GRID_KINDS, GRID_SIDE } from "../../scripts/page/models/rows-and-columns.ts";
import { gridFeatures, gridModel, lineMeans } from "../../scripts/page/models/rows-and-columns.ts";
import { gridPath, pictureOfRow } from "../../scripts/page/models/rows-and-columns.ts";
import { AxialAttention } from "../../lib/attention/axial-attention.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { naiveMap, rowsOf } from "./expected.ts";
import { fromRows } from "../../lib/matrix.ts";

const BASE = { ink: DRAWINGS.ring, combine: "columns then rows", wrong: "right", seed: 4 } as const;
const CELLS = GRID_SIDE * GRID_SIDE;

test("rows and columns: the column pass is the oracle's attention down each column", () => {
  const { columns } = gridModel({ ...BASE, kind: "axial" });
  const { alongColumns } = AxialAttention.random(
    { d_model: 8, heads: 1, combine: "sum" },
    randomGenerator(4),
  );
  const X = rowsOf(gridFeatures(BASE.ink));
  for (const j of [0, 3, 7]) {
    const lines = Array.from({ length: GRID_SIDE }, (_, i) => X[i * GRID_SIDE + j]!);
    const { weights } = naiveMap(fromRows(lines), alongColumns.heads[0]!);
    weights.forEach((row, i) =>
      row.forEach((w, t) => {
        const off = Math.abs(w - columns.data[(i * GRID_SIDE + j) * CELLS + t * GRID_SIDE + j]!);
        assert.ok(off < 1e-5, `column ${j}, ${i} → ${t}: ${off}`);
      }),
    );
  }
});

test(
  "rows and columns: a pass stays in its line; in turn all is reached and sums to 1, added only the " +
    "cross and 2",
  () => {
    for (const kind of GRID_KINDS) {
      for (const combine of ["columns then rows", "rows then columns", "sum"] as const) {
        const { rows, columns, composed } = gridModel({ ...BASE, kind, combine });
        const added = kind === "parallel" || (kind === "axial" && combine === "sum");
        for (const cell of [0, 19, 63]) {
          const [i, j] = [Math.floor(cell / GRID_SIDE), cell % GRID_SIDE];
          pictureOfRow(rows, cell).data.forEach((w, e) =>
            assert.ok(Math.floor(e / GRID_SIDE) === i || w === 0, `row pass left its row at ${e}`),
          );
          pictureOfRow(columns, cell).data.forEach((w, e) =>
            assert.ok(e % GRID_SIDE === j || w === 0, `column pass left its column at ${e}`),
          );
          const seen = pictureOfRow(composed, cell).data;
          assert.ok(
            Math.abs(seen.reduce((a, w) => a + w, 0) - (added ? 2 : 1)) < 1e-5,
            `${kind}, ${combine}: sum`,
          );
          const path = gridPath({ rows, columns, composed }, { kind, combine }, cell);
          const made = added ? path.first + path.second : path.first * path.second;
          assert.equal(path.share, Math.max(...seen), `${kind}, ${combine}: not the densest`);
          assert.ok(Math.abs(made - path.share) < 1e-6, `${kind}, ${combine}: ${made}, not ${path.share}`);
          assert.equal(
            seen.filter((w) => w > 0).length,
            added ? 2 * GRID_SIDE - 1 : CELLS,
            `${kind}, ${combine}`,
          );
        }
      }
    }
  },
);

test(
  "rows and columns: without its transpose the column pass stays in the row, and most cells stay " + "dark",
  () => {
    const { columns, composed } = gridModel({ ...BASE, kind: "axial", wrong: "transpose" });
    pictureOfRow(columns, 19).data.forEach((w, e) =>
      assert.ok(Math.floor(e / GRID_SIDE) === 2 || w === 0, `cell ${e}`),
    );
    assert.equal(pictureOfRow(composed, 19).data.filter((w) => w > 0).length, GRID_SIDE);
  },
);

test("rows and columns: means of lines by hand", () => {
  const X = gridFeatures([0, 1, 8]);
  const [down, across] = lineMeans(X);
  assert.ok(Math.abs(down.data[0]! - (2 * 2 - 0.5 * 6) / 8) < 1e-6, `row 0: ${down.data[0]}`);
  assert.ok(Math.abs(across.data[8]! - (2 - 0.5 * 7) / 8) < 1e-6, `column 1: ${across.data[8]}`);
});
