import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { launch, play, terminalColumns } from "../support/atlas-world.ts";
import { rawLinesOf } from "../../scripts/atlas/text.ts";

test("one date: what it says, and the alignment of every character that it writes", async () => {
  const { status, out, err } = await play(["bahdanau", "--text", "平成29年11月22日"]);
  assert.deepEqual([status, err], [0, ""]);
  assert.match(out, /output {3}平成29年11月22日 → 2017-11-22/);
  const rows = [...out.matchAll(/^ +(\d+) ([\d-]) \|([ .:=+*#@-]{22})\| *$/gm)];
  assert.equal(
    rows.map(([, , character]) => character).join(""),
    "2017-11-22",
    "a row for every character",
  );
  assert.deepEqual(
    rows.map(([, number]) => number),
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"],
  );
  assert.match(out, /平成 2 9年 1 1月 2 2日/, "a column for every character of the source");
  assert.ok(rows[0]![3]!.startsWith("..@@"), `the first digit looks at 成: ${rows[0]![3]}`);
});

test("several lines, a file and a pipe are translated line by line; blank lines and line ends of any system " +
  "do not matter", async () => {
  const text = "\uFEFF平成29年11月22日\r\n\n  the 30th of January 1982  \n昭和64年1月7日\r";
  assert.deepEqual(rawLinesOf(text), ["平成29年11月22日", "the 30th of January 1982", "昭和64年1月7日"]);
  const folder = mkdtempSync(join(tmpdir(), "dates-"));
  writeFileSync(join(folder, "dates.txt"), text);
  const ways = [
    await play(["bahdanau", "--text", text]),
    await play(["bahdanau", "--file", join(folder, "dates.txt")]),
    await play(["bahdanau"], { pipe: () => text }),
  ];
  rmSync(folder, { recursive: true });
  for (const { status, out } of ways) {
    assert.equal(status, 0);
    for (const line of [
      "平成29年11月22日 → 2017-11-22",
      "the 30th of January 1982 → 1982-01-30",
      "昭和64年1月7日 → 1989-01-07",
    ])
      assert.ok(out.includes(line), line);
    assert.equal(out.match(/query ↓ \/ key →/g)!.length, 3, "a map for every line");
  }
  assert.equal(
    launch(["bahdanau", "--lang", "ja"], { input: "令和元年5月1日\n" }).out.includes(
      "令和元年5月1日 → 2019-05-01",
    ),
    true,
    "a real pipe",
  );
});

test("what the model never learned is named, with its line, before anything is printed; status 2", async () => {
  for (const [text, en, ja] of [
    [
      "1985/11/25\n大正5年６月1日",
      /^atlas: line 2, "大正5年６月1日": the model never learned "大", "正", "６"; it reads dates such as /,
      /^atlas: 2 行目「大正5年６月1日」："大"、"正"、"６" はこのモデルが学習していない文字です/,
    ],
    ["2017-11-22", /never learned "-"; it reads/, /"-" はこのモデルが学習していない文字です/],
    [
      "1".repeat(65),
      /^atlas: line 1 has 65 characters; a date has at most 64$/m,
      /^atlas: 1 行目は 65 文字あります。日付は 64 文字までです$/m,
    ],
  ] as const) {
    for (const [lang, pattern] of [
      ["en", en],
      ["ja", ja],
    ] as const) {
      const { status, out, err } = await play(["bahdanau", "--text", text, "--lang", lang]);
      assert.deepEqual([status, out], [2, ""]);
      assert.match(err, pattern);
      assert.equal(err.trimEnd().split("\n").length, 1, "one line");
    }
  }
});

test("other words than dates are not for it: without a text, and in the overview, it shows its own dates", async () => {
  const { status, out } = await play(["bahdanau"]);
  assert.equal(status, 0);
  assert.match(out, /平成29年11月22日 → 2017-11-22/);
  const told = JSON.parse((await play(["--json", "--text", "The cat saw the bird."])).out);
  const [run] = told.mechanisms.find(({ id }: { id: string }) => id === "bahdanau").runs;
  assert.deepEqual(run.answers, [
    { given: "平成29年11月22日", answer: "2017-11-22" },
    { given: "the 30th of January 1982", answer: "1982-01-30" },
  ]);
});

test("many lines: every answer, the first maps; every line fits, in both languages", async () => {
  const text = Array.from({ length: 30 }, (_, k) => `${k + 1} March ${1960 + k}`).join("\n");
  const { out, status } = await play(["bahdanau", "--text", text]);
  assert.equal(status, 0);
  for (let k = 0; k < 30; k++) {
    assert.ok(
      out.includes(`${k + 1} March ${1960 + k} → ${1960 + k}-03-${String(k + 1).padStart(2, "0")}`),
      `line ${k + 1}`,
    );
  }
  assert.equal(out.match(/query ↓ \/ key →/g)!.length, 24);
  assert.match(out, /Maps of the first 24 lines of 30\./);
  for (const lang of ["en", "ja"]) {
    for (const width of [40, 60, 80]) {
      const wide = await play([
        "bahdanau",
        "--lang",
        lang,
        "--width",
        `${width}`,
        "--text",
        "Wednesday, 30 Sep 2048\n平成元年1月8日\nthe 30th of September 2048",
      ]);
      for (const line of wide.out.split("\n")) {
        assert.ok(
          terminalColumns(line) <= width,
          `${lang} ${width}: ${terminalColumns(line)} columns: ${line}`,
        );
      }
    }
  }
});
