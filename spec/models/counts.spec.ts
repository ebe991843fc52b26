import assert from "node:assert/strict";
import test from "node:test";
import type { Counts } from "../../lib/models/counts.ts";
import { DecoderBlock } from "../../lib/layers/decoder-block.ts";
import { EncoderBlock } from "../../lib/layers/encoder-block.ts";
import { FeedForward } from "../../lib/layers/feed-forward.ts";
import { LayerNorm } from "../../lib/layers/layer-norm.ts";
import { MultiHeadAttention } from "../../lib/attention/multi-head-attention.ts";
import { NaiveCounter } from "../oracle/naive-counter.ts";
import { attentionCounts, decoderBlockCounts, encoderBlockCounts } from "../../lib/models/counts.ts";
import { feedForwardCounts, linearCounts, normCounts, repeatCounts } from "../../lib/models/counts.ts";
import { sumCounts, tableCounts } from "../../lib/models/counts.ts";
import { parameterCount } from "../../lib/models/parameters.ts";
import { randomGenerator } from "../../lib/matrix.ts";

const random = randomGenerator(1);
const steps = (run: (counter: NaiveCounter) => void): number => {
  const counter = new NaiveCounter();
  run(counter);
  return counter.count;
};
const agrees = (counts: Counts, model: object, run: (counter: NaiveCounter) => void): void =>
  assert.deepEqual(counts, { parameters: parameterCount(model), multiplyAdds: steps(run) });

test("formulas agree with models of that shape and with counted loops", () => {
  for (const [n, m, d, heads, d_hidden] of [
    [1, 1, 2, 1, 3],
    [5, 7, 6, 3, 11],
    [3, 2, 8, 2, 5],
    [2, 9, 4, 4, 1],
  ] as const) {
    agrees(
      feedForwardCounts({ n, d_model: d, d_hidden }),
      FeedForward.random({ d_model: d, d_hidden }, random),
      (c) => c.feedForward(c.rows(n, d), d_hidden),
    );
    agrees(
      attentionCounts({ n_q: n, d_model: d }),
      MultiHeadAttention.random({ d_model: d, heads, bias: true }, random),
      (c) => c.attention(c.rows(n, d), c.rows(n, d), heads),
    );
    const cross = MultiHeadAttention.random({ d_model: d, heads, d_key: 9, d_value: 9, bias: true }, random);
    agrees(attentionCounts({ n_q: n, n_k: m, d_model: d, d_memory: 9 }), cross, (c) =>
      c.attention(c.rows(n, d), c.rows(m, 9), heads),
    );
    const encode = (c: NaiveCounter): void =>
      void c.feedForward(c.attention(c.rows(n, d), c.rows(n, d), heads), d_hidden);
    agrees(
      encoderBlockCounts({ n, d_model: d, d_hidden }),
      EncoderBlock.random({ d_model: d, heads, d_hidden, order: "pre" }, random),
      encode,
    );
    agrees(
      decoderBlockCounts({ n, n_memory: m, d_model: d, d_hidden }),
      DecoderBlock.random({ d_model: d, heads, d_hidden, order: "pre" }, random),
      (c) => {
        encode(c);
        c.attention(c.rows(n, d), c.rows(m, d), heads);
      },
    );
  }
  agrees(normCounts(7), LayerNorm.initial({ d_model: 7 }), () => {});
});

test("the note's blocks, D = 768: 7,087,872 with self-attention, 9,451,776 with cross-attention", () => {
  assert.equal(encoderBlockCounts({ n: 196, d_model: 768 }).parameters, 7087872);
  assert.equal(decoderBlockCounts({ n: 197, n_memory: 196, d_model: 768 }).parameters, 9451776);
});

test("by hand: 2 rows through 3 × 5 with a bias, a table, three times, and the sum", () => {
  const line = linearCounts({ n: 2, d_in: 3, d_out: 5 });
  assert.deepEqual(line, { parameters: 3 * 5 + 5, multiplyAdds: 2 * 3 * 5 });
  assert.deepEqual(linearCounts({ n: 2, d_in: 3, d_out: 5, bias: false }), {
    parameters: 15,
    multiplyAdds: 30,
  });
  assert.deepEqual(tableCounts(4, 6), { parameters: 24, multiplyAdds: 0 });
  assert.deepEqual(sumCounts([repeatCounts(3, line), tableCounts(4, 6)]), {
    parameters: 84,
    multiplyAdds: 90,
  });
  assert.deepEqual(sumCounts([]), { parameters: 0, multiplyAdds: 0 });
  assert.throws(() => repeatCounts(1.5, line), {
    name: "RangeError",
    message: "repeatCounts: times must be an integer ≥ 0; got 1.5",
  });
});
