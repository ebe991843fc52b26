import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { SCRIPT, launch, play } from "../support/atlas-world.ts";
import { assertSameBits } from "../support/values.ts";
import { labelOf, sentencesOf } from "../../scripts/atlas/text.ts";
import { clean, embed, wordsOf } from "../../scripts/atlas/words.ts";
import { pairOf, read } from "../../scripts/atlas/run.ts";

const name = { en: "text", ja: "テキスト" };

test("words: by dictionary in Japanese, without punctuation, emoji kept; marks where there is nothing else", () => {
  assert.deepEqual(wordsOf("The cat, saw: don't 3.14!"), ["The", "cat", "saw", "don't", "3.14"]);
  assert.deepEqual(wordsOf("猫が鳥を見た。"), ["猫", "が", "鳥", "を", "見", "た"]);
  assert.deepEqual(wordsOf("hi 👨‍👩‍👧 ok\r\n\tnext"), ["hi", "👨‍👩‍👧", "ok", "next"]);
  assert.deepEqual(wordsOf("?! …"), ["?", "!", "…"]);
  assert.deepEqual(wordsOf(" \n\u0000\t "), []);
  assert.deepEqual(
    sentencesOf("One two. Three? 四。").map((words) => words.length),
    [2, 1, 1],
  );
});

test("nothing in a text can command the terminal", () => {
  const hostile = [
    "a\x1b[31mred\x1b[0m",
    "b\x1b]0;title\x07c",
    "d\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\",
    "\x9b31me",
    "f\x1bPdevice\x1b\\g",
    "h\x00\x07\x08\x7f\x85i",
    "j\u202Ek\u2066l",
    "m\ud800n",
    "o\ue000p",
    "\x1b",
  ];
  for (const text of hostile) {
    const cleaned = clean(text);
    assert.ok(
      !/(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/u.test(cleaned),
      JSON.stringify(cleaned),
    );
    assert.ok(!/31m|title|http|device/.test(cleaned), JSON.stringify(cleaned));
  }
  assert.equal(clean("a\x1b[31mred"), "ared");
  assert.deepEqual(["👨‍👩‍👧", "🇯🇵", "❤️", "👍🏽", "1️⃣", "e\u0301", "猫"].map(labelOf), [
    "👨",
    "JP",
    "❤",
    "👍",
    "1",
    "e\u0301",
    "猫",
  ]);
});

test("hostile text, names and options leave no control character in any output", async () => {
  const evil = "a\x1b[31mb\x07 c\x9b2Jd \u202Eevil\u202C \x1b]0;t\x07 x\x00y\r\nz";
  const harmless = (out: string): void =>
    assert.ok(
      !/(?!\n)[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/.test(out),
      JSON.stringify(out.slice(0, 300)),
    );
  for (const args of [
    ["--text", evil],
    ["multi-head", "--text", evil],
    ["--json", "--text", evil],
    ["--file", `/no${evil.replace(/\x00/g, "")}`],
    [evil],
    [`--${evil}`],
    ["--lang", evil],
    ["--seed", evil],
    ["temperature", `--temperature=${evil}`],
    ["additive", evil],
  ]) {
    const { out, err } = await play(args);
    harmless(out);
    harmless(err);
  }
});

test("vectors: one word, one vector, whatever its case or width; another seed, another vector; Gaussian", () => {
  const [a, b] = [embed(["The", "cat", "ＴＨＥ"], 16, 1), embed(["the", "cat", "the"], 16, 1)];
  assertSameBits(a, b);
  assert.notDeepEqual(embed(["the"], 16, 2).data, embed(["the"], 16, 1).data);
  const many = embed(
    Array.from({ length: 2000 }, (_, t) => `w${t}`),
    16,
    3,
  ).data;
  const mean = many.reduce((sum, x) => sum + x, 0) / many.length;
  const variance = many.reduce((sum, x) => sum + x * x, 0) / many.length;
  assert.ok(
    Math.abs(mean) < 0.02 && Math.abs(variance - 1) < 0.03,
    `mean ${mean}, variance ${variance}`,
  );
});

test("a pair: two texts, or the first sentence and the others, or two halves, or one word twice", () => {
  const words = (...texts: string[]): (readonly string[])[] =>
    pairOf(texts.map((text) => read(name, text, 100))).map((side) => side.words);
  assert.deepEqual(words("a b", "c"), [["a", "b"], ["c"]]);
  assert.deepEqual(words("One two. Three. Four five."), [
    ["One", "two"],
    ["Three", "Four", "five"],
  ]);
  assert.deepEqual(words("a b c"), [["a", "b"], ["c"]]);
  assert.deepEqual(words("one"), [["one"], ["one"]]);
  const cut = read(name, "One two. Three four. Five.", 3);
  assert.deepEqual(
    [cut.words, cut.total, cut.sentences],
    [["One", "two", "Three"], 5, [["One", "two"], ["Three"]]],
  );
});

test("five thousand words and a megabyte are read in time that grows with their length", async () => {
  const long = read(name, "word and word. ".repeat(70000), 256);
  assert.deepEqual([long.total, long.words.length], [210000, 256]);
  const { status, out } = await play([
    "hard",
    "--text",
    "five thousand words make a text. ".repeat(834),
    "--words",
    "128",
  ]);
  assert.equal(status, 0);
  assert.match(out, /the first 128\s+of 5,004 words/);
});

test("files: each that cannot be read gets one line; of a good one the byte order mark is dropped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "atlas-"));
  const file = (called: string, bytes: string | Uint8Array): string => {
    writeFileSync(join(folder, called), bytes);
    return join(folder, called);
  };
  const cases: [string, RegExp][] = [
    [join(folder, "none.txt"), /there is no file ".*none\.txt"/],
    [folder, /is a folder; --file wants a text file/],
    [file("binary", Uint8Array.of(80, 75, 3, 4, 0, 0, 9)), /not UTF-8 text but a binary file or UTF-16/],
    [file("sjis.txt", Uint8Array.of(0x93, 0xfa, 0x96, 0x7b)), /is not UTF-8 text; convert it first/],
    [file("empty.txt", ""), /the text has no words/],
    [file("blank.txt", " \n\n"), /the text has no words/],
  ];
  for (const [path, message] of cases) {
    const { status, out, err } = await play(["hard", "--file", path]);
    assert.deepEqual([status, out, err.split("\n").length], [2, "", 2], path);
    assert.match(err, message);
  }
  assert.match(
    (await play(["hard", "--file", file("good.txt", "\uFEFFcat\nbird\n")])).out,
    /1 cat +\|@@ {2}\|/,
  );
  assert.match(
    (await play(["cross-attention", "--file", file("a.txt", "left"), "--text", "right side"])).out,
    /text 1 asks text 2/,
  );
  rmSync(folder, { recursive: true });
});

test("standard input: piped text is read, an empty or absent pipe gives the bundled texts, - reads it", async () => {
  assert.match((await play(["hard"], { pipe: () => "sun moon" })).out, /the text {2}sun moon/);
  assert.match(
    (await play(["hard", "--file", "-"], { pipe: () => "sun moon" })).out,
    /the text {2}sun moon/,
  );
  assert.match(
    (await play(["hard", "--text", "own words"], { pipe: () => "sun moon" })).out,
    /own words/,
  );
  assert.match((await play(["hard"])).out, /Mary thanked Anna/);
  assert.equal((await play(["hard", "--file", "-"])).status, 2);
  const piped = launch(["hard", "--lang", "ja"], { input: "太陽と月" });
  assert.equal(piped.status, 0);
  assert.match(piped.out, /太陽 と 月/);
  assert.match(launch(["hard"], { input: "" }).out, /Mary thanked Anna/);
  assert.equal(launch(["hard"], { input: Uint8Array.of(0x41, 0x00, 0x42, 0x00) }).status, 2);
});

test("a reader that leaves early is no error", async () => {
  const child = spawn(
    process.execPath,
    [...SCRIPT, "--json", "--words", "300", "--text", "many words again ".repeat(100)],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint += chunk));
  child.stdout.once("data", () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.on("close", resolve));
  assert.deepEqual([status, complaint], [0, ""]);
});
