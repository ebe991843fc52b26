import test from "node:test";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { assertClose } from "../support/values.ts";
import { golden } from "../support/golden.ts";

test("PyTorch's layer_norm over the last of three axes: biased variance", () => {
  const g = golden("layernorm", "last_dim_7");
  const norm = new LayerNorm({ gamma: g.slice("in.weight"), beta: g.slice("in.bias"), eps: 1e-5 });
  for (const b of [0, 1]) assertClose(norm.forward(g.slice("in.x", b)), g.slice("out.y", b), 1e-6);
});

test("a variance far below ε: ε is added to the variance, inside the root", () => {
  const g = golden("layernorm", "tiny_variance_no_affine");
  assertClose(
    new LayerNorm({ eps: 1e-5 }).forward(g.slice("in.x")),
    g.slice("out.y"),
    Math.min(g.atol, 1e-7),
  );
});

test("constant rows give the bias: 1e-6 here, where float32 sums need the file's own 0.1", () => {
  const g = golden("layernorm", "constant_rows");
  const norm = new LayerNorm({ gamma: g.slice("in.weight"), beta: g.slice("in.bias"), eps: 1e-5 });
  assertClose(norm.forward(g.slice("in.x")), g.slice("out.y"), 1e-6);
});
