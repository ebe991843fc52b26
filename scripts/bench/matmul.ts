import type { BenchCase, BenchGroup } from "./bench.ts";
import { matmul, matmulTransposed, textbookMatmul } from "../../lib/kernels/matmul.ts";
import { normal } from "./bench.ts";
import { textbookMatmulTransposed } from "./textbook.ts";

export const matmulGroup: BenchGroup = {
  name: "matmul",
  about: "matrix products A·B and A·Bᵀ",
  cases: () => [product(512, 512, 512), productTransposed(512, 512, 512), productTransposed(1024, 64, 1024)],
};

function product(n: number, K: number, m: number): BenchCase {
  const A = normal(n, K, 1);
  const B = normal(K, m, 2);
  return {
    name: "matmul",
    shape: `${n} × ${K} × ${m}`,
    multiplyAdds: n * K * m,
    ours: () => [matmul(A, B)],
    textbook: () => [textbookMatmul(A, B)],
  };
}

function productTransposed(n: number, K: number, m: number): BenchCase {
  const A = normal(n, K, 1);
  const B = normal(m, K, 2);
  return {
    name: "matmulTransposed",
    shape: `${n} × ${K} × ${m}`,
    multiplyAdds: n * K * m,
    ours: () => [matmulTransposed(A, B)],
    textbook: () => [textbookMatmulTransposed(A, B)],
  };
}
