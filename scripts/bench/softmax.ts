import type { BenchGroup } from "./bench.ts";
import { normal } from "./bench.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";
import { textbookSoftmax } from "./textbook.ts";

export const softmaxGroup: BenchGroup = {
  name: "softmax",
  about: "softmax of each row",
  cases: () => {
    const n = 1024;
    const S = normal(n, n, 1);
    return [
      {
        name: "softmaxRows",
        shape: `${n} × ${n}`,
        ours: () => [softmaxRows(S)],
        textbook: () => [textbookSoftmax(S)],
      },
    ];
  },
};
