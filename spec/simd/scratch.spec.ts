import assert from "node:assert/strict";
import test from "node:test";
import { LARGEST_OPERAND, fillRows, scratch, scratchMemory, takeRows } from "../../lib/simd/scratch.ts";

test("the memory holds as many numbers as asked for, and never shrinks", () => {
  assert.ok(scratch(10).length >= 10, "ten numbers");
  const bytes = scratchMemory.buffer.byteLength;
  assert.ok(scratch(bytes / 4 + 1).length > bytes / 4, "one number more than there were");
  assert.equal(scratchMemory.buffer.byteLength, bytes + 65536, "one page more");
  assert.equal(scratch(1).length, (bytes + 65536) / 4);
  assert.equal(LARGEST_OPERAND, 64 * 2 ** 20);
});

test("rows go in with padding between them and come out again, all columns or some", () => {
  const memory = scratch(100).fill(-1, 0, 100);
  const rows = Float32Array.of(1, 2, 3, 4, 5, 6);
  fillRows(memory, 2, rows, 3, 3);
  assert.deepEqual(Array.from(memory.subarray(0, 10)), [-1, -1, 1, 2, 3, 4, 5, 6, -1, -1]);
  fillRows(memory, 2, rows, 3, 4, 9);
  assert.deepEqual(Array.from(memory.subarray(2, 11)), [1, 2, 3, 9, 4, 5, 6, 9, -1]);
  fillRows(memory, 2, rows, 3, 2, 9, 1, 2);
  assert.deepEqual(Array.from(memory.subarray(2, 7)), [2, 9, 5, 9, 4]);
  const out = new Float32Array(8);
  takeRows(memory, 2, 2, 2, out, 1, 3, 1, 2);
  assert.deepEqual(Array.from(out), [0, 0, 2, 0, 0, 5, 0, 0]);
  fillRows(memory, 2, rows, 3, 4, 9);
  takeRows(memory, 2, 4, 2, out, 1, 3);
  assert.deepEqual(Array.from(out), [0, 1, 2, 3, 4, 5, 6, 0]);
});
