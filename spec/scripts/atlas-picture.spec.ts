import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { drawPicture } from "../../scripts/atlas/picture.ts";
import { fromRows } from "../../lib/matrix.ts";
import { play, terminalColumns } from "../support/atlas-world.ts";
import { readSafetensors } from "../../lib/checkpoints/safetensors.ts";
import { writePnm } from "../../scripts/images/pnm.ts";

const title = { en: "a title too long for one line", ja: "題名" };

test("by hand: light rises evenly, weights up to the largest, each cell so many columns and lines", () => {
  const values = fromRows([
    [0, 0.5],
    [1, 0.1],
  ]);
  assert.deepEqual(drawPicture({ title, values, kind: "light", wide: 2, high: 1 }, "ja", false).lines, [
    "題名  ",
    "+----+",
    "|  ==|",
    "|@@..|",
    "+----+",
  ]);
  const { lines, head, level } = drawPicture(
    {
      title,
      values: fromRows([
        [0, 0.04],
        [0.01, 0.0001],
      ]),
      kind: "weights",
      wide: 1,
      high: 2,
    },
    "en",
    false,
  );
  assert.deepEqual([head, level], [2, 2]);
  assert.deepEqual(
    lines.map((line) => line.trim()),
    ["a title too long", "for one line", "+--+", "| @|", "| @|", "|=.|", "|=.|", "+--+"],
  ); // √(1/4)·7 = 3.5, up to 4 of 7
  assert.equal(new Set(lines.map(terminalColumns)).size, 1);
  const painted = drawPicture({ title, values, kind: "light", wide: 1, high: 1 }, "en", true).lines;
  assert.equal(new Set(painted.map(terminalColumns)).size, 1);
  assert.ok(
    painted.some((line) => line.includes("\x1b[48;5;")),
    "cells are painted",
  );
});

const { tensors } = readSafetensors(
  readFileSync(new URL("../../scripts/data/digits-samples.safetensors", import.meta.url)),
);
const pixels = tensors.get("images")!.data;
const labels = tensors.get("labels")!.data;

/**
 * A bundled digit as somebody's picture: `zoom` times as large, off the middle of a sheet, in ink of either
 * kind.
 */
function sheet(n: number, zoom: number, dark: boolean): Uint8Array {
  const [width, height] = [28 * zoom + 40, 28 * zoom + 12];
  const grey = Uint8Array.from({ length: width * height }, (_, at) => {
    const [y, x] = [Math.floor(Math.floor(at / width) / zoom), Math.floor((at % width) / zoom)];
    const ink = x < 28 && y < 28 ? pixels[784 * n + 28 * y + x]! : 0;
    return dark ? 250 - Math.round(ink * 0.9) : 10 + Math.round(ink * 0.9);
  });
  return writePnm({ width, height, channels: 1, pixels: grey });
}

test("the reader's own digit is read, dark on light as well as light on dark", async () => {
  const folder = mkdtempSync(join(tmpdir(), "digits-"));
  const path = join(folder, "digit.pgm");
  for (const [n, zoom, dark] of [
    [0, 4, true],
    [5, 3, false],
    [9, 5, true],
    [15, 2, true],
  ] as const) {
    writeFileSync(path, sheet(n, zoom, dark));
    const { status, out } = await play(["cross-vit", "--image", path]);
    assert.equal(status, 0);
    assert.ok(
      new RegExp(`${dark ? "dark on light" : "light on dark"}, read as\\s+${labels[n]} `).test(out),
      `a ${labels[n]}: ${/(light on|dark on)[^|]*?%/.exec(out)?.[0]}`,
    );
  }
  writeFileSync(path, "P5 9 9 255\n");
  const { status, err } = await play(["cross-vit", "--image", path]);
  assert.deepEqual([status, /9 × 9 pixels need 81 bytes/.test(err)], [2, true]);
  rmSync(folder, { recursive: true });
});

test("without a picture twenty digits with both looks; a picture in colour gives both patch grids; every " +
  "line fits; both languages", async () => {
  const all = await play(["cross-vit"]);
  assert.equal(all.status, 0);
  for (let n = 0; n < 20; n++) {
    assert.ok(all.out.includes(`a ${labels[n]}, read as ${labels[n]} (`), `digit ${n}`);
  }
  assert.ok(all.out.includes("20 of 20 are what their label says"), "all twenty are read right");
  const picture = new URL("../../scripts/data/picture.ppm", import.meta.url).pathname;
  for (const [lang, words] of [
    ["en", ["20 × 20 patches of 12 pixels", "14 × 14 patches of 16 pixels"]],
    ["ja", ["12 画素のパッチ 20 × 20", "16 画素のパッチ 14 × 14"]],
  ] as const) {
    const { status, out } = await play(["cross-vit", "--image", picture, "--lang", lang, "--width", "64"]);
    assert.equal(status, 0);
    for (const word of words) assert.ok(out.includes(word), word);
    for (const line of out.split("\n")) assert.ok(terminalColumns(line) <= 64, line);
  }
});
