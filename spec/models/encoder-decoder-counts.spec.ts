import assert from "node:assert/strict";
import test from "node:test";
import type { EncoderDecoderConfig } from "../../lib/models/encoder-decoder-counts.ts";
import { EncoderDecoder } from "../../lib/models/encoder-decoder.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { documentEncoderDecoder, encoderDecoderCounts } from "../../lib/models/encoder-decoder-counts.ts";
import { patchCount } from "../../lib/models/encoder-decoder-counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

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

/** Every matrix product of a forward pass, as loops. */
function counted({
  reading,
  height,
  width,
  channels,
  patch,
  d_model: d,
  heads,
  d_hidden,
  encoderBlocks,
  decoderBlocks,
  classes,
}: EncoderDecoderConfig): number {
  const c = new NaiveCounter();
  const n = (height / patch) * (width / patch);
  const E = c.linear(c.rows(n, channels * patch * patch), d);
  for (let l = 0; l < encoderBlocks; l++) {
    c.attention(E, E, heads);
    if (reading === "literal") c.attention(E, E, heads);
    c.feedForward(E, d_hidden);
  }
  const X = c.rows(n + 1, d);
  for (let l = 0; l < decoderBlocks; l++) {
    c.attention(X, X, heads);
    c.attention(X, E, heads);
    c.feedForward(X, d_hidden);
  }
  c.linear(c.rows(1, d), classes);
  return c.count;
}

test("the study note's 12 + 12 blocks: 198,475,776 parameters, or 226,842,624 in the literal reading", () => {
  const standard = encoderDecoderCounts(documentEncoderDecoder("standard"));
  assert.equal(standard.encoder.parameters, 12 * 7087872);
  assert.equal(standard.decoder.parameters, 12 * 9451776);
  assert.equal(standard.blocks.parameters, 198475776);
  const literal = encoderDecoderCounts(documentEncoderDecoder("literal"));
  assert.equal(literal.blocks.parameters, 226842624);
  assert.equal(
    literal.total.parameters - literal.blocks.parameters,
    standard.total.parameters - standard.blocks.parameters,
  );
});

test("the sizes are the document's: 14 × 14 patches of 16 × 16, and the same encoder as ViT-B/16", () => {
  const config = documentEncoderDecoder("standard");
  assert.equal(patchCount(config), 196);
  // ViT-B/16 has 86,567,656 parameters: the same embedding, encoder, last norm and classifier, and 197
  // positions with the [CLS] beside them.
  const { total, decoder } = encoderDecoderCounts(config);
  assert.equal(total.parameters - decoder.parameters - 2 * 768 + 768, 86567656);
});

test("parameters equal those of a model made, multiply-adds those of counted loops", () => {
  for (const reading of ["standard", "literal"] as const) {
    for (const sizes of [
      {},
      { order: "post" as const, d_hidden: 11 },
      { encoderBlocks: 0, decoderBlocks: 1, heads: 4, height: 6, channels: 1 },
    ]) {
      const config = { ...SMALL, reading, ...sizes };
      assert.deepEqual(encoderDecoderCounts(config).total, {
        parameters: parameterCount(EncoderDecoder.random(config, randomGenerator(1))),
        multiplyAdds: counted(config),
      });
    }
  }
});

test("errors say who, what and why", () => {
  const says = (change: object, message: string): void =>
    assert.throws(
      () => encoderDecoderCounts({ ...SMALL, ...change }),
      { name: "RangeError", message },
    );
  says({ height: 5 }, "EncoderDecoder: height and width must be multiples of patch = 2; got 5 × 6");
  says({ d_model: 0 }, "EncoderDecoder: d_model must be an integer ≥ 1; got 0");
  says({ encoderBlocks: 1.5 }, "EncoderDecoder: encoderBlocks must be an integer ≥ 0; got 1.5");
  says({ reading: "both" }, 'EncoderDecoder: reading must be "standard" or "literal"; got both');
  says({ order: "none" }, 'EncoderDecoder: order must be "pre" or "post"; got none');
});
