import type { BenchGroup } from "./bench.ts";
import { attentionGroup } from "./attention.ts";
import { crossViTGroup } from "./cross-vit.ts";
import { factorizedGroup } from "./factorized.ts";
import { matmulGroup } from "./matmul.ts";
import { mixGroup } from "./mix.ts";
import { softmaxGroup } from "./softmax.ts";
import { sparseGroup } from "./sparse.ts";

/** What `npm run bench` runs, in this order. A new group is a file beside this one and a line here. */
export const groups: readonly BenchGroup[] = [
  matmulGroup,
  softmaxGroup,
  mixGroup,
  attentionGroup,
  sparseGroup,
  factorizedGroup,
  crossViTGroup,
];
