import assert from "node:assert/strict";
import test from "node:test";
import type { AttentionMap } from "../../scripts/atlas/entry.ts";
import { RAMP, drawMap, legend, levelOf, percent, summarise, topOf } from "../../scripts/atlas/map.ts";
import { at, normal } from "../support/values.ts";
import { beside, columns, cut, pad, wrap } from "../../scripts/atlas/width.ts";
import { fromFunction, fromRows } from "../../lib/matrix.ts";
import { play, terminalColumns } from "../support/atlas-world.ts";
import { softmaxRows } from "../../lib/kernels/softmax-rows.ts";

const title = { en: "A", ja: "A" };
const map = (
  weights: AttentionMap["weights"],
  rows: readonly string[],
  cols: readonly string[],
  reason?: AttentionMap["reason"],
): AttentionMap => ({ title, weights, rows, cols, reason });
const AWKWARD = [
  "plain",
  "日本語",
  "ｶﾅ",
  "ＡＢＣ",
  "e\u0301té",
  "한국어",
  "😀😀",
  "👨‍👩‍👧",
  "🇯🇵",
  "❤️",
  "👍🏽",
  "1️⃣",
  "supercalifragilisticexpialidocious",
  "ก็",
  "נְקֻדּוֹת",
  "−∞",
  "a\u200db",
];

test("columns: full-width 2, half-width 1, combining marks and joiners 0, emoji 2, colour 0", () => {
  for (const [text, width] of [
    ["", 0],
    ["abc", 3],
    ["日本語", 6],
    ["ｶﾅ", 2],
    ["ＡＢ", 4],
    ["e\u0301", 1],
    ["한", 2],
    ["😀", 2],
    ["。、「", 6],
    ["→Σ√·", 4],
    ["\x1b[48;5;17;38;5;67m..\x1b[0m", 2],
    ["a\u200db", 2],
    ["々ー〆", 6],
    ["𠮷", 2],
  ] as const) {
    assert.equal(columns(text), width, JSON.stringify(text));
    assert.equal(terminalColumns(text), width, `the spec's own count of ${JSON.stringify(text)}`);
  }
  for (const word of AWKWARD.filter((word) => !/[\u{1F1E6}-\u{1F1FF}]/u.test(word))) {
    assert.equal(columns(word), terminalColumns(word), word);
  }
});

test("cut, pad and wrap count columns: nothing is wider than asked, and nothing is lost in wrapping", () => {
  for (const word of [...AWKWARD, AWKWARD.join(" "), AWKWARD.join("")]) {
    for (const width of [4, 7, 12, 40]) {
      assert.ok(columns(cut(word, width)) <= width, `${word} ${width}`);
      assert.equal(columns(pad(cut(word, width), width)), width, `${word} ${width}`);
      for (const line of wrap(word, width)) assert.ok(columns(line) <= width, `${word} ${width}: ${line}`);
    }
  }
  assert.deepEqual(
    [cut("abcdef", 6), cut("abcdefg", 6), cut("日本語", 6), cut("日本語の", 6), cut("日本語の", 5)],
    ["abcdef", "abcd..", "日本語", "日本..", "日.."],
  );
  const prose = "Attention is a weighted mean. 注意機構は重みつき平均です。次の文に続きます。";
  assert.equal(wrap(prose, 20).join("").replace(/ /g, ""), prose.replace(/ /g, ""));
  for (const line of wrap(prose, 20)) assert.ok(!/^[、。]/.test(line), "no line starts with a full stop");
});

test("a map is a grid: every line equally wide, bars under each other, two columns a cell, whatever the " +
  "words", () => {
  for (const large of [true, false]) {
    for (const colour of [true, false]) {
      for (const [m, n] of [
        [17, 17],
        [17, 3],
        [2, 17],
        [1, 1],
      ] as const) {
        const weights = softmaxRows(normal(m, n, 3));
        const drawn = map(weights, AWKWARD.slice(0, m), AWKWARD.slice(0, n));
        const summary = summarise(drawn, { rows: 64, cols: 64 });
        const { lines, head, level } = drawMap(summary, "title", "query ↓ / key →", {
          top: topOf([summary]),
          colour,
          large,
          width: 100,
          bold: (text) => text,
        });
        const widths = new Set(lines.map(columns));
        assert.equal(widths.size, 1, `${m} × ${n}: ${[...widths]}`);
        const rows = lines.slice(level);
        assert.equal(rows.length, m);
        assert.ok(level > head, `${m} × ${n}: rows from line ${level}, headings from ${head}`);
        const bars = new Set(
          rows.map(
            (line) =>
              `${terminalColumns(line.slice(0, line.indexOf("|")))} ` +
                `${terminalColumns(line.slice(0, line.lastIndexOf("|")))}`,
          ),
        );
        assert.equal(bars.size, 1, `${m} × ${n}: bars at ${[...bars].join(", ")}`);
        const [left, right] = [...bars][0]!.split(" ").map(Number) as [number, number];
        assert.equal(right - left, 2 * n + 1);
        for (const line of lines.slice(head, level)) {
          assert.ok(terminalColumns(line.trimEnd()) <= right, "headings end with the grid");
        }
        if (large) assert.equal(rows[0]!.replace(/\x1b\[[0-9;]*m/g, "").match(/\|(.*)\|/)![1]!.length, 2 * n);
      }
    }
  }
});

test("headings: words written downwards stand on their columns, numbers keep 9 and 10 apart", () => {
  const words = ["cat", "猫", "supercalifragilistic", "of", "a", "b", "c", "d", "e", "f"];
  const summary = summarise(map(softmaxRows(normal(2, 10, 1)), ["x", "y"], words), { rows: 9, cols: 20 });
  const { lines, level } = drawMap(summary, "t", "q", {
    top: 1,
    colour: false,
    large: true,
    width: 80,
    bold: (text) => text,
  });
  const left = lines[level]!.indexOf("|") + 1;
  const down = (column: number): string =>
    lines
      .slice(2, level - 2)
      .map((line) => [...line.slice(left)])
      .map((line) => line[column])
      .join("")
      .trim();
  assert.equal(down(1), "cat");
  assert.ok(lines[level - 3]!.slice(left).startsWith(" t猫"), "cat and 猫 end on the same line");
  const third = lines
    .slice(2, level - 2)
    .map((line) => [...line.replace("猫", "  ").slice(left)][5])
    .join("");
  assert.equal(third, "supercal:");
  assert.deepEqual(
    lines.slice(level - 2, level).map((line) => line.slice(left).trimEnd()),
    ["                   1", " 1 2 3 4 5 6 7 8 9 0"],
  );
});

test("levels: exactly 0 is blank and nothing else is; the legend's percentages are where the glyphs change", () => {
  const top = 0.63;
  assert.equal(levelOf(0, top), 0);
  assert.equal(levelOf(1e-30, top), 1);
  assert.equal(levelOf(top, top), 7);
  const parts = legend(top, false, "blank 0");
  assert.deepEqual(
    parts.map((part) => part.replace(/[≤ ]*[\d.]+%/, "")),
    ["blank 0", "..", "::", "--", "==", "**", "##", "@@"],
  );
  for (let level = 1; level <= 7; level++) {
    const end = (level / 7) ** 2 * top;
    assert.equal(parts[level]!.replace("≤", ""), `${RAMP[level]}${RAMP[level]} ${percent(end)}`);
    assert.equal(levelOf(end * 0.999, top), level);
    if (level < 7) assert.equal(levelOf(end * 1.001, top), level + 1);
  }
  assert.deepEqual([0, 1, 0.0914, 0.12345, 0.00123, 0.0996].map(percent), [
    "0%",
    "100%",
    "9.1%",
    "12%",
    "0.12%",
    "10%",
  ]);
  const uniform = summarise(
    map(
      fromFunction(5, 11, () => 1 / 11),
      ["a", "b", "c", "d", "e"],
      [..."abcdefghijk"],
    ),
    { rows: 9, cols: 20 },
  );
  assert.equal(
    levelOf(1 / 11, topOf([uniform])),
    4,
    "uniform attention looks neither empty nor full",
  );
  assert.equal(
    drawMap({ ...uniform, weights: fromRows([[NaN]]), rows: ["a"], cols: ["b"] }, "t", "q", {
      top: 1,
      colour: false,
      large: false,
      width: 80,
      bold: (t) => t,
    })
      .lines.at(-1)!
      .match(/\|(.*)\|/)![1],
    "??",
  );
});

test("blocks: the mean over queries of the sum over keys; rows still sum to 1; reasons are joined", () => {
  // Blocks of 2 × 2 of a 3 × 4 map: rows (0.1 + 0.2 + 0.5 + 0.2) / 2 = 0.5 and (0.3 + 0.4 + 0.1 + 0.2) / 2 =
  // 0.5; the last block has one row.
  const A = fromRows([
    [0.1, 0.2, 0.3, 0.4],
    [0.5, 0.2, 0.1, 0.2],
    [1, 0, 0, 0],
  ]);
  const reason = (i: number, j: number): string => (i === 2 && j > 0 ? " " : i === 0 && j === 1 ? "g" : "l");
  const small = summarise(map(A, ["a", "b", "c"], ["w", "x", "y", "z"], reason), { rows: 2, cols: 2 });
  assert.deepEqual(
    Array.from(small.weights.data, (w) => Number(w.toFixed(6))),
    [0.5, 0.5, 1, 0],
  );
  assert.deepEqual(
    [small.reason!(0, 0), small.reason!(0, 1), small.reason!(1, 0), small.reason!(1, 1)],
    ["*", "l", "l", " "],
  );
  assert.deepEqual(
    [small.block, small.rows, small.cols],
    [{ rows: 2, cols: 2 }, ["1-2 a..", "3-3 c.."], ["1-2 w..", "3-4 y.."]],
  );
  const words = Array.from({ length: 101 }, (_, t) => `w${t}`);
  const big = softmaxRows(normal(101, 101, 9));
  for (const most of [64, 30, 7, 1]) {
    const { weights, block } = summarise(map(big, words, words), { rows: 64, cols: most });
    assert.ok(
      weights.cols <= most && weights.rows <= 64,
      `${weights.rows} × ${weights.cols}, at most 64 × ${most}`,
    );
    assert.equal(block.rows, block.cols, "a text against itself keeps square blocks");
    for (let I = 0; I < weights.rows; I++) {
      assert.ok(
        Math.abs(
          Array.from({ length: weights.cols }, (_, J) => at(weights, I, J)).reduce((a, b) => a + b) - 1,
        ) < 1e-5,
        `row ${I} of ${weights.rows} sums to 1`,
      );
    }
  }
});

test("a long text is summarised, and the page says what a cell stands for", async () => {
  const text = Array.from({ length: 300 }, (_, t) => `word${t % 50}`).join(" ");
  for (const width of ["60", "80", "160"]) {
    const { status, out } = await play(["dot-product", "--text", text, "--width", width]);
    assert.equal(status, 0);
    assert.match(out, /the first 256\s+of 300 words/);
    const [, block] = /A cell stands for a block of (\d+) queries × \1 keys/.exec(out.replace(/\s+/g, " "))!;
    const grid = out.match(/\|[ .:=+*#@-]+\|/g)!;
    assert.equal(grid.length, Math.ceil(256 / Number(block)));
    assert.equal(new Set(grid.map((line) => line.length)).size, 1);
    assert.ok(
      out.split("\n").every((line) => terminalColumns(line) <= Number(width)),
      `no line is wider than ${width}`,
    );
  }
  assert.ok(
    !(await play(["dot-product", "--text", "short and sweet"])).out.includes("A cell stands for"),
    "a short text is not summarised",
  );
});

test("blocks of lines stand beside each other as far as they fit, their grids level", () => {
  const block = (name: string, blanks: number): { lines: string[]; head: number; level: number } => ({
    lines: [name, ...Array.from({ length: blanks }, () => "h"), "|1|", "|2|"],
    head: 1,
    level: 1 + blanks,
  });
  assert.deepEqual(beside([block("a", 2), block("bb", 0)], 20, 2), [
    "a    bb ",
    "h       ",
    "h       ",
    "|1|  |1|",
    "|2|  |2|",
  ]);
  assert.deepEqual(beside([block("a", 0), block("b", 0)], 7, 2), [
    "a  ",
    "|1|",
    "|2|",
    "",
    "b  ",
    "|1|",
    "|2|",
  ]);
});
