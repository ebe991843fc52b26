import test from "node:test";
import { checkRecurrentParts } from "../../lib/models/recurrent-decoder.ts";
import { matrix } from "../../lib/matrix.ts";
import { partsOf } from "../support/recurrent-parts.ts";
import { refuses } from "../support/mechanism.ts";

test("parts that fit pass; the first that does not is named", () => {
  const parts = partsOf({ e: 2, d: 3, n: 5, units: 1, n_out: 4 });
  checkRecurrentParts("D", parts, 6);
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, W_s: matrix(3, 4) }, 6),
    "D: W_s must be (any, 5); got (3, 4)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, b_s: matrix(5, 1) }, 6),
    "D: b_s must be (1, 5); got (5, 1)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, W_o: matrix(6, 4) }, 6),
    "D: W_o must be (11, any); got (6, 4)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, b_o: matrix(1, 5) }, 6),
    "D: b_o must be (1, 4); got (1, 5)",
  );
  refuses(
    "RangeError",
    () => checkRecurrentParts("D", { ...parts, W_o: matrix(14, 4) }, 9),
    "D: cell must read the context's 9 features and more; got 8",
  );
  checkRecurrentParts("D", { ...parts, W_o: matrix(13, 4) }, 8);
});
