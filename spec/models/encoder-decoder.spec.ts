import assert from "node:assert/strict";
import test from "node:test";
import type { EncoderDecoderConfig } from "../../lib/models/encoder-decoder-counts.ts";
import type { Matrix } from "../../lib/matrix.ts";
import { EncoderDecoder } from "../../lib/models/encoder-decoder.ts";
import { assertClose, assertSameBits, normal, poison, tolerance } from "../support/values.ts";
import { causal } from "../../lib/kernels/mask-scores.ts";
import { matrix, randomGenerator } from "../../lib/matrix.ts";
import { naiveEncoderDecoder } from "../oracle/naive-encoder-decoder.ts";
import { parameters } from "../../lib/models/parameters.ts";

const SMALL: EncoderDecoderConfig = {
  reading: "standard",
  height: 4,
  width: 6,
  channels: 3,
  patch: 2,
  d_model: 8,
  heads: 2,
  d_hidden: 5,
  encoderBlocks: 2,
  decoderBlocks: 3,
  order: "pre",
  activation: "gelu",
  classes: 7,
};

const image = (seed: number): Matrix[] => [1, 2, 3].map((c) => normal(4, 6, seed + c));

/** A fresh model whose biases and norms are not trivial. */
function model(config: Partial<EncoderDecoderConfig> = {}): EncoderDecoder {
  const fresh = EncoderDecoder.random({ ...SMALL, ...config }, randomGenerator(1));
  let seed = 50;
  parameters(fresh).forEach((M, name) => {
    if (M.rows === 1) {
      M.data.set(normal(1, M.cols, seed++).data.map((x) => (name.includes("gamma") ? 1 : 0) + 0.3 * x));
    }
  });
  return fresh;
}

test("equals its equations in both readings and orders, causal or not", () => {
  for (const reading of ["standard", "literal"] as const) {
    for (const order of ["pre", "post"] as const) {
      for (const allow of [undefined, causal()]) {
        const net = model({ reading, order });
        const expected = naiveEncoderDecoder(net, image(20), allow && ((i, j) => allow(i, j, 0)));
        assertClose(
          net.forward(image(20), { allow }),
          expected,
          10 * tolerance(4),
          `${reading} ${order}`,
        );
      }
    }
  }
});

test("the [CLS] depends on every pixel; when causal, on the image through the memory alone", () => {
  const net = model();
  const spoilt = image(20).map((channel, c) => (c === 1 ? poison(channel, 3, NaN) : channel));
  assert.ok(net.forward(spoilt).data.every(Number.isNaN), "the last row reaches every logit");
  const seen: string[] = [];
  net.forward(image(20), {
    allow: causal(),
    onWeights: (name, weights) => {
      if (name.startsWith("decoder") && name.endsWith("self")) {
        weights.forEach((A) => seen.push(Array.from(A.data.subarray(0, A.cols)).join()));
      }
    },
  });
  assert.deepEqual(
    new Set(seen),
    new Set(["1,0,0,0,0,0,0"]),
    "the first row of every self-attention of the decoder",
  );
  const unseen = new EncoderDecoder({ ...net, decoder: net.decoder.slice(0, 0) });
  assertSameBits(
    unseen.forward(image(20)),
    unseen.forward(image(40)),
    "without decoder blocks the [CLS] never meets the image",
  );
});

test("two patches exchanged change the logits; without positions they do not", () => {
  const exchanged = image(20).map((channel) =>
    matrix(
      4,
      6,
      channel.data.map((_, e) => channel.data[e % 6 < 2 ? e + 2 : e % 6 < 4 ? e - 2 : e]!),
    ),
  );
  const net = model();
  assert.ok(
    Math.abs(net.forward(image(20)).data[0]! - net.forward(exchanged).data[0]!) > 1e-5,
    "with positions the logits change",
  );
  const placeless = new EncoderDecoder({ ...net, positions: matrix(6, 8) });
  assertClose(placeless.forward(exchanged), placeless.forward(image(20)), 1e-5);
});

test("`onWeights` is called with every attention by name and shape", () => {
  const names = (reading: "standard" | "literal"): string[] => {
    const called: string[] = [];
    model({ reading, encoderBlocks: 1, decoderBlocks: 1 }).forward(image(20), {
      onWeights: (name, weights) =>
        called.push(`${name} ${weights.length} × ${weights[0]!.rows} × ${weights[0]!.cols}`),
    });
    return called;
  };
  const decoder = ["decoder[0].self 2 × 7 × 7", "decoder[0].cross 2 × 7 × 6"];
  assert.deepEqual(names("standard"), ["encoder.blocks[0].self 2 × 6 × 6", ...decoder]);
  assert.deepEqual(names("literal"), [
    "encoder.blocks[0].self 2 × 6 × 6",
    "encoder.blocks[0].cross 2 × 6 × 6",
    ...decoder,
  ]);
});

test("errors say who, what and why", () => {
  const says = (run: () => unknown, message: string): void =>
    assert.throws(run, { name: "RangeError", message });
  says(
    () => model().forward(image(20).map(() => matrix(4, 4))),
    "EncoderDecoder.forward: image must have 4 × 6 pixels; got 4 × 4",
  );
  says(
    () => new EncoderDecoder({ ...model(), cls: matrix(1, 7) }),
    "EncoderDecoder: cls must be (1, 8); got (1, 7)",
  );
  says(
    () => new EncoderDecoder({ ...model(), W_head: matrix(9, 7) }),
    "EncoderDecoder: W_head must be (8, any); got (9, 7)",
  );
  says(
    () => EncoderDecoder.random({ ...SMALL, decoderBlocks: -1 }, Math.random),
    "EncoderDecoder: decoderBlocks must be an integer ≥ 0; got -1",
  );
});

test("a picture of another layout is refused, though as many patches fill it", () => {
  const message = "EncoderDecoder.forward: image must have 4 × 6 pixels; got 6 × 4";
  const turned = image(20).map(() => matrix(6, 4));
  assert.throws(() => model().forward(turned), { name: "RangeError", message });
  assert.throws(() => new EncoderDecoder({ ...model(), grid: [3, 3] }), { name: "RangeError", message: /positions/ });
});
