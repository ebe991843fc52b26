import assert from "node:assert/strict";
import test from "node:test";
import type { FedVector } from "../../lib/models/recurrent-decoder.ts";
import { assertClose, normal, rowsOf, tolerance } from "../support/values.ts";
import { checkRecurrentParts, checkSymbol, firstState } from "../../lib/models/recurrent-decoder.ts";
import { matrix } from "../../lib/matrix.ts";
import { naiveStart } from "../oracle/naive-decoder.ts";
import { partsOf } from "../support/recurrent-parts.ts";
import { refuses } from "../support/mechanism.ts";

const parts = partsOf({ e: 2, d: 3, n: 5, units: 1, n_out: 4 });
const context = (width: number): FedVector => ({ name: "context", width, readOut: 5 + width });

test("parts that fit pass; the first that does not is named", () => {
  checkRecurrentParts("D", parts, context(6));
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, W_s: matrix(3, 4) }, context(6)),
    "D: W_s must be (any, 5); got (3, 4)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, b_s: matrix(5, 1) }, context(6)),
    "D: b_s must be (1, 5); got (5, 1)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, W_o: matrix(6, 4) }, context(6)),
    "D: W_o must be (11, any); got (6, 4)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, b_o: matrix(1, 5) }, context(6)),
    "D: b_o must be (1, 4); got (1, 5)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, W_o: matrix(14, 4) }, context(9)),
    "D: cell must read the context's 9 features and more; got 8",
  );
  checkRecurrentParts("D", { ...parts, W_o: matrix(13, 4) }, context(8));
});

test("a fed vector that is read out alone sets the rows of W_o, and is named in errors", () => {
  const fed = (width: number): FedVector => ({ name: "attentional state", width, readOut: width });
  checkRecurrentParts("D", { ...parts, W_o: matrix(7, 4) }, fed(7));
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", parts, fed(7)),
    "D: W_o must be (7, any); got (11, 4)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, W_o: matrix(9, 4) }, fed(9)),
    "D: cell must read the attentional state's 9 features and more; got 8",
  );
});

test("the first state is that of the definition, also for an empty source", () => {
  for (const n_k of [0, 1, 7]) {
    const H = normal(n_k, 6, 31);
    assertClose(
      firstState("D", parts, H),
      [naiveStart(parts, rowsOf(H))],
      tolerance(4),
      `n_k ${n_k}`,
    );
  }
  refuses(
    "RangeError",
    () => firstState("D", parts, matrix(2, 5)),
    "D: H must be (any, 6); got (2, 5)",
  );
});

test("a symbol is one row that fills what the fed vector leaves of the cell's input", () => {
  assert.doesNotThrow(() => checkSymbol("D", parts, matrix(1, 2), 6));
  refuses(
    "RangeError",
    () => checkSymbol("D", parts, matrix(1, 2), 5),
    "D: y must be (1, 3); got (1, 2)",
  );
  refuses(
    "RangeError",
    () => checkSymbol("D", parts, matrix(2, 2), 6),
    "D: y must be (1, 2); got (2, 2)",
  );
});
