/** The atlas's edges to people: paths, pipes, encodings, long words, directions, sizes, names. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { spawn, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { ENTRIES } from "../../scripts/atlas/entries.ts";
import { GENERAL, languageOf } from "../../scripts/atlas/arguments.ts";
import { SCRIPT, launch, play, terminalColumns } from "../support/atlas-world.ts";
import { GLOSSES, GLOSS_COLUMNS } from "../../scripts/atlas/glosses.ts";
import { countAmbiguous, columns, leftToRight } from "../../scripts/atlas/width.ts";
import { decode } from "../../scripts/atlas/text.ts";
import { deflateSync } from "node:zlib";
import { crc32, readPng } from "../../scripts/images/png.ts";
import { digitOf } from "../../scripts/images/fit.ts";
import { greyPlane, inkPlane } from "../../scripts/images/picture.ts";
import { decodePicture } from "../../scripts/images/read.ts";
import { listing } from "../../scripts/atlas/listed.ts";
import { readFileSync } from "node:fs";
import { wordsOf } from "../../scripts/atlas/words.ts";
import { writeSafetensors } from "../../lib/checkpoints/safetensors.ts";

/** A PNG of 8 bits a value. */
function png(width: number, height: number, colour: number, rows: readonly number[][]): Uint8Array {
  const word = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  const chunk = (type: string, data: ArrayLike<number>): number[] => {
    const named = [...Buffer.from(type, "latin1"), ...Array.from(data)];
    return [...word(data.length), ...named, ...word(crc32(Uint8Array.from(named)))];
  };
  const packed = deflateSync(Uint8Array.from(rows.flatMap((row) => [0, ...row])));
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10],
    ...chunk("IHDR", [...word(width), ...word(height), 8, colour, 0, 0, 0]),
    ...chunk("IDAT", packed),
    ...chunk("IEND", []),
  ]);
}

/** A ring of some ink (grey, alpha) on some ground, 40 × 40. */
const ring = (ink: readonly number[], ground: readonly number[]): number[][] =>
  Array.from({ length: 40 }, (_, y) =>
    Array.from({ length: 40 }, (_, x) => {
      const r = Math.hypot((x - 19.5) * 1.3, y - 19.5);
      return r > 11 && r < 15 ? ink : ground;
    }).flat(),
  );

test("--svg writes the maps of one mechanism where the person stands, in the language asked for", async () => {
  const apart = mkdtempSync(join(tmpdir(), "atlas-"));
  const told = await play(["big-bird", "--svg", "bird.svg", "--lang", "ja"], { env: { INIT_CWD: apart } });
  assert.equal(told.status, 0, told.err);
  const text = readFileSync(join(apart, "bird.svg"), "utf8");
  assert.match(text, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*prefers-color-scheme: dark[^]*クエリ/);
  assert.equal((await play(["--svg", "all.svg"], { env: { INIT_CWD: apart } })).status, 2);
});

test("every option that takes a path means it from where the person stands, also under npm", async () => {
  const home = mkdtempSync(join(tmpdir(), "atlas-"));
  const apart = join(home, "apart");
  mkdirSync(apart);
  const q = { dtype: "F32", shape: [8, 8], data: new Float32Array(64).fill(0.1) } as const;
  const samples: Record<string, [Uint8Array | string, string[]]> = {
    file: ["my own words", ["hard"]],
    weights: [writeSafetensors(new Map(["q", "k", "v"].map((name) => [`a.${name}_proj.weight`, q]))), []],
    image: [png(40, 40, 0, ring([255], [0])), ["cross-vit"]],
  };
  const all = new Set<string>();
  for (const options of [GENERAL, ...ENTRIES.map((entry) => entry.options ?? {})]) {
    type Given = { value: string; path?: boolean | undefined };
    for (const [name, { value, path }] of Object.entries<Given>(options)) {
      assert.equal(path === true, /FILE|\.\w{3}/.test(value), `--${name} ${value}`);
      if (path === true && name !== "svg") all.add(name); // what is written has a test of its own
    }
  }
  assert.deepEqual([...all].sort(), Object.keys(samples).sort(), "an option without a case here");
  for (const [name, [content, mechanism]] of Object.entries(samples)) {
    writeFileSync(join(apart, "sample"), content);
    for (const option of [[`--${name}`, "sample"], [`--${name}=sample`], [`--${name}`, "../apart/sample"]]) {
      const args = [...mechanism, ...option];
      const found = await play(args, { env: { INIT_CWD: apart } });
      assert.deepEqual([found.status, found.err], [0, ""], args.join(" "));
      assert.equal((await play(args)).status, 2, `${args.join(" ")} from elsewhere`);
    }
    // The project's own file of that name is not read.
    const project = await play([...mechanism, `--${name}`, "README.md"], { env: { INIT_CWD: apart } });
    assert.equal(project.status, 2, `--${name} README.md`);
    assert.equal((await play([...mechanism, `--${name}`, join(apart, "sample")])).status, 0, "absolute");
  }
  const npm = launch(["hard", "--file", "sample"], { env: { INIT_CWD: apart } });
  assert.equal(npm.status, 2, "the last sample is a picture: binary");
  rmSync(home, { recursive: true });
});

test("npm --prefix from another folder reads that folder's file", () => {
  const apart = mkdtempSync(join(tmpdir(), "atlas-"));
  writeFileSync(join(apart, "README.md"), "my own words");
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const command = ["--prefix", root, "-s", "start", "--", "hard", "--lang", "en", "--file", "README.md"];
  const { status, stdout } = spawnSync("npm", command, { cwd: apart, encoding: "utf8" });
  assert.equal(status, 0);
  assert.match(stdout, /the text {2}my own words/);
  rmSync(apart, { recursive: true });
});

test("an open pipe without a byte is not waited for", async () => {
  for (const args of [["hard"], ["--list"], ["hard", "--json"], ["hard", "--text", "a b"]]) {
    const child = spawn(process.execPath, [...SCRIPT, ...args], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, LC_ALL: "C", npm_lifecycle_event: "" },
    });
    let out = "";
    child.stdout!.on("data", (part) => (out += part));
    const ended = await Promise.race([
      new Promise((resolve) => child.on("close", resolve)),
      new Promise((resolve) => setTimeout(resolve, 20000, "hangs").unref()),
    ]);
    child.kill();
    assert.equal(ended, 0, args.join(" "));
    assert.ok(out.length > 0, args.join(" "));
  }
});

test("--file - waits for what comes late; what comes at once is read to its end", async () => {
  const told = async (args: string[], parts: readonly [number, string][]): Promise<string> => {
    const child = spawn(process.execPath, [...SCRIPT, ...args], { stdio: ["pipe", "pipe", "ignore"] });
    let out = "";
    child.stdout!.on("data", (part) => (out += part));
    for (const [after, text] of parts) {
      await new Promise((resolve) => setTimeout(resolve, after));
      child.stdin!.write(text);
    }
    child.stdin!.end();
    await new Promise((resolve) => child.on("close", resolve));
    return out;
  };
  assert.match(await told(["hard", "--file", "-"], [[1500, "sun "], [300, "moon"]]), /sun moon/);
  assert.match(await told(["hard"], [[0, "sun "], [1500, "moon"]]), /sun moon/);
});

test("UTF-16 by its mark, both ways round; UTF-32 is named; without a mark zero bytes are told", () => {
  const text = "猫が窓辺で眠る cat";
  const little = Buffer.from(`\uFEFF${text}`, "utf16le");
  const big = Buffer.from(little).swap16();
  assert.equal(decode(little, "x"), text);
  assert.equal(decode(big, "x"), text);
  assert.throws(() => decode(Uint8Array.of(0xff, 0xfe, 0, 0, 65, 0, 0, 0), "x"), /UTF-32/);
  assert.throws(() => decode(little.subarray(2), "x"), /zero bytes|not UTF-8/);
  assert.throws(() => decode(Uint8Array.of(0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00), "x"), /no sound UTF-16/);
});

test("no word is cut, wherever a part of the text ends", () => {
  assert.deepEqual(wordsOf("ACGT".repeat(900)), ["ACGT".repeat(900)]);
  assert.equal(wordsOf("a".repeat(100_000)).length, 1);
  const long = ["can't", "3.14", "naïve", "été", "👨‍👩‍👧", "x_y", "1,000.5"];
  for (const word of long) {
    for (let before = 960; before < 1010; before++) {
      const words = wordsOf(`${"b".repeat(before)} ${word} end`);
      assert.deepEqual(words.slice(1), [word, "end"], `${word} after ${before}`);
    }
  }
  const japanese = "私は昨日東京の図書館で面白い本を借りました";
  const one = wordsOf(japanese);
  assert.deepEqual(wordsOf(`${japanese}。`.repeat(200)), Array.from({ length: 200 }, () => one).flat());
});

test("behind right-to-left words stands a mark: what lies between them keeps its order", async () => {
  const strong = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFE\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;
  const texts = ["שלום the עולם cat مرحبا sat", "۱۲۳ ١٢٣ ab", "ܫܠܡܐ ދިވެހި ߒߞߏ 𞤀𞤁"];
  for (const text of texts) {
    for (const entry of ["multi-head", "cross-attention", "axial", "additive"]) {
      for (const more of [[], ["--color"]]) {
        const { out, status } = await play([entry, "--text", text, ...more]);
        assert.equal(status, 0, `${entry} ${text}`);
        for (const line of out.replace(/\x1b\[[0-9;]*m/g, "").split("\n")) {
          if (!strong.test(line)) continue;
          assert.ok(line.startsWith("\u200E"), `the line's own direction: ${line}`);
          const letters = [...line];
          letters.forEach((letter, at) => {
            const next = letters.slice(at + 1).find((other) => !/\p{M}/u.test(other)) ?? "";
            const ends = strong.test(letter) && !strong.test(next);
            assert.ok(!ends || next === "\u200E", `no mark behind ${letter}: ${line}`);
          });
          assert.ok(terminalColumns(line) <= 80, line);
        }
      }
    }
  }
  assert.equal(leftToRight("plain → 猫"), "plain → 猫");
});

test("ambiguous characters count as two columns where that is said", async () => {
  try {
    countAmbiguous(true);
    assert.deepEqual(["→", "Σ", "√", "α", "①", "a", "猫", "ｱ"].map(columns), [2, 2, 2, 2, 2, 1, 2, 1]);
    const { out } = await play(["multi-head", "--wide-ambiguous", "--width", "80", "--lang", "ja"]);
    for (const line of out.split("\n")) {
      const wide = [...line].filter((c) => columns(c) === 2 && terminalColumns(c) === 1).length;
      assert.ok(terminalColumns(line) + wide <= 80, line);
    }
  } finally {
    countAmbiguous(false);
  }
  assert.equal(columns("→"), 1);
});

test("too many weights are told in one line before anything is written", async () => {
  const text = "word ".repeat(5000);
  for (const entry of ENTRIES.filter(({ input }) => input === undefined || input === "text")) {
    const { status, out, err } = await play([entry.id, "--json", "--words", "5000", "--text", text]);
    assert.deepEqual([status, out, err.split("\n").length], [2, "", 2], entry.id);
    assert.match(err, /use --words \d+ or fewer/, entry.id);
  }
  const whole = await play(["--json", "--words", "5000", "--text", text]);
  assert.deepEqual([whole.status, whole.out], [2, ""]);
});

test("--json says of each mechanism what it read and whether its weights have learned", async () => {
  const told = async (...args: string[]) => JSON.parse((await play([...args, "--json"])).out);
  const dates = await told("bahdanau");
  assert.equal(dates.trained, true);
  assert.deepEqual(dates.texts[0].words, ENTRIES.find(({ id }) => id === "bahdanau")!.sample);
  const digits = await told("cross-vit");
  assert.deepEqual([digits.trained, digits.texts], [true, []]);
  assert.equal((await told("cross-vit", "--model", "untrained")).trained, false);
  assert.equal((await told("hard")).trained, false);
  const all = await told();
  for (const { id, trained, texts, runs } of all.mechanisms) {
    assert.equal(typeof trained, "boolean", id);
    assert.equal(trained, runs.every(({ weights }: { weights?: object }) => weights !== undefined), id);
    for (const { words, total } of texts) assert.ok(words.length > 0 && total >= words.length, id);
    assert.equal(texts.length === 0, ENTRIES.find((entry) => entry.id === id)!.input === "picture", id);
  }
});

test("a digit is read whatever its ink and ground; where there is no ink there is no answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "atlas-"));
  const inks: [string, number, number[], number[]][] = [
    ["light on dark", 0, [255], [0]],
    ["dark on light", 0, [0], [255]],
    ["white on nothing", 4, [255, 255], [255, 0]],
    ["white on nothing, black within", 4, [255, 255], [0, 0]],
    ["black on nothing", 4, [0, 255], [0, 0]],
    ["grey on nothing", 4, [128, 255], [0, 0]],
    ["light grey on nothing", 4, [200, 128], [255, 0]],
    ["colour on nothing", 6, [255, 255, 0, 255], [0, 0, 0, 0]],
  ];
  for (const [name, colour, ink, ground] of inks) {
    const file = join(folder, "digit.png");
    writeFileSync(file, png(40, 40, colour, ring(ink, ground)));
    const { out, status } = await play(["cross-vit", "--model", "digits", "--image", file]);
    assert.equal(status, 0, name);
    assert.match(out, /read as 0 /, name);
  }
  const empty: [number, number[]][] = [
    [0, [0]],
    [0, [255]],
    [4, [255, 0]],
    [4, [0, 0]],
    [6, [9, 9, 9, 255]],
  ];
  for (const [colour, ground] of empty) {
    const bytes = png(40, 40, colour, ring(ground, ground));
    const file = join(folder, "empty.png");
    writeFileSync(file, bytes);
    const { out, err, status } = await play(["cross-vit", "--image", file]);
    assert.deepEqual([status, out], [2, ""], String(ground));
    assert.match(err, /no ink/);
    assert.equal(digitOf(inkPlane(readPng(bytes))).ink, "none");
  }
  const plain = readPng(png(40, 40, 0, ring([9], [200])));
  assert.deepEqual(inkPlane(plain), greyPlane(plain));
  rmSync(folder, { recursive: true });
});

test("pictures of other kinds are named, and the way round is told", () => {
  const start = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
  for (const [name, bytes] of [
    ["JPEG", start("\xff\xd8\xff\xe0")],
    ["GIF", start("GIF89a")],
    ["WebP", start("RIFF....WEBP")],
    ["BMP", start("BM......")],
    ["TIFF", start("II*\0....")],
    ["HEIC or AVIF", start("\0\0\0\x18ftypheic")],
    ["SVG", start("<svg xmlns=")],
  ] as const) {
    assert.throws(() => decodePicture(bytes), new RegExp(`this is ${name}; .*save it as PNG`), name);
  }
});

test("one of anything is in the singular", async () => {
  const { out } = await play(["all", "--text", "one"]);
  assert.match(out, /\(1 word\)/);
  assert.doesNotMatch(out, /\b1 (?:words|tensors|mechanisms|checks|rows|columns|layers|heads)\b/);
  assert.match((await play(["hard", "--text", "a b"])).out, /\(2 words\)/);
});

test("the names that people try first lead somewhere", async () => {
  const names = ["gpt", "causal", "transformer", "attn", "flash", "gqa", "mqa", "rope", "bert", "vit", "sdpa"];
  for (const name of [...names, "flash-attention", "GPT"]) {
    for (const lang of ["en", "ja"]) {
      const { status, out, err } = await play([name, "--lang", lang]);
      assert.deepEqual([status, out, err.split("\n").length], [2, "", 2], name);
      const command = /npm start -- ((?:[\w-]+ ?)*(?:--causal)?)/.exec(err)?.[1]?.trim();
      assert.ok(command, `${name}: ${err}`);
      if (!command.startsWith("--weights")) assert.equal((await play(command.split(" "))).status, 0, command);
    }
  }
});

test("entries.json lists the entries as they are; --list, --help and typos load none of them", async () => {
  const file = readFileSync(new URL("../../scripts/atlas/entries.json", import.meta.url), "utf8");
  assert.equal(file, listing(), "tsx scripts/atlas/listed.ts writes it");
  const none = { load: () => assert.fail("loads a mechanism") };
  for (const args of [["--list"], ["--help"], ["addtive"], ["multi-head", "--help"], ["--hed"], ["gpt"]]) {
    await play(args, none);
  }
  assert.equal(languageOf([], {}), "en");
});

test("npm start fits one screen of 40 lines and 80 columns, in both languages", async () => {
  for (const lang of ["en", "ja"]) {
    const { out, status } = await play(["--lang", lang]);
    const lines = out.trimEnd().split("\n");
    assert.equal(status, 0, lang);
    assert.ok(lines.length <= 40, `${lang}: ${lines.length} lines`);
    for (const line of lines) assert.ok(terminalColumns(line) <= 80, line);
    for (const { id } of ENTRIES) assert.ok(out.includes(id), `${lang}: ${id}`);
    assert.match(out, lang === "en" ? /\d+ checks, all passed/ : /検算 \d+ 件/);
    assert.match(out, /docs\/index\.html/);
    if (lang === "en") assert.doesNotMatch(out, /[\u3041-\u30FF\u3400-\u9FFF]/);
  }
});

test("trained weights where the text fits, said so, and every check passes; --untrained has none", async () => {
  const fitting: string[][] = [
    ["multi-head"],
    ["multi-head", "--lang", "ja"],
    ["multi-head", "--text", "Tom blamed Peter because he had lost the book."],
    ["multi-head", "--causal"],
    ["multi-head", "--causal", "--text", "a b c d e f a b c d e f"],
    ["self-attention"],
    ["self-attention", "--causal"],
    ["cross-attention"],
    ["cross-attention", "--text", "hello"],
    ["target-target"],
    ["sparse"],
  ];
  for (const args of fitting) {
    const told = JSON.parse((await play([...args, "--json"])).out);
    assert.deepEqual([told.passed, told.trained], [true, true], args.join(" "));
    assert.match((await play(args)).out, /scripts\/data\/\w+\.safetensors/, args.join(" "));
    const plain = JSON.parse((await play([...args, "--json", "--untrained"])).out);
    assert.deepEqual([plain.passed, plain.trained], [true, false], args.join(" "));
  }
  for (const entry of ["multi-head", "self-attention", "cross-attention", "target-target", "sparse"]) {
    const told = JSON.parse((await play([entry, "--json", "--text", "Stones dream of blue whales"])).out);
    assert.deepEqual([told.passed, told.trained], [true, false], entry);
  }
});

test("the trained maps mean what their titles say", async () => {
  const run = async (...args: string[]) => {
    return JSON.parse((await play([...args, "--json"])).out).mechanisms[0].runs[0];
  };
  const meant = await run("multi-head");
  assert.deepEqual(meant.answers, [
    { given: "she", answer: "Anna" },
    { given: "her", answer: "Mary" },
  ]);
  const [she, her] = meant.maps[0].weights;
  assert.ok(she[meant.keys.indexOf("Anna")] > 0.8, `she looks at Anna: ${she}`);
  assert.ok(her[meant.keys.indexOf("Mary")] > 0.8, `her looks at Mary: ${her}`);
  const japanese = await run("multi-head", "--lang", "ja");
  assert.deepEqual(japanese.answers, [{ given: "彼女", answer: "優子" }]);
  const backwards = await run("cross-attention");
  assert.deepEqual(backwards.answers, [{ given: "attention", answer: "noitnetta" }]);
  backwards.maps[0].weights.forEach((row: number[], i: number) => {
    assert.equal(row.indexOf(Math.max(...row)), 8 - i, `row ${i}`);
  });
  const again = await run("multi-head", "--causal");
  for (let i = 5; i < 9; i++) assert.ok(again.maps[0].weights[i][i - 4] > 0.8, `row ${i}: what followed`);
  const before = await run("target-target");
  for (let i = 1; i < 5; i++) assert.ok(before.maps[0].weights[i][i - 1] > 0.6, `row ${i} looks one back`);
});

test("what stands before a page is three lines at most", async () => {
  for (const lang of ["en", "ja"]) {
    for (const { id } of ENTRIES) {
      const { out } = await play([id, "--lang", lang]);
      const [title, blank, ...lines] = out.split("\n");
      assert.ok(title !== "" && blank === "", id);
      const until = lines.indexOf("");
      assert.ok(until >= 1 && until <= 3, `${id} ${lang}: ${lines.slice(0, until).join("\n")}`);
      assert.match(lines[until + 1]!, /^== /, id);
    }
  }
});

test("names of JavaScript's own are names like any other", async () => {
  for (const name of ["constructor", "__proto__", "hasOwnProperty", "toString", "valueOf"]) {
    const { status, err } = await play([name, "--lang", "en"]);
    assert.equal(status, 2, name);
    assert.match(err, /there is no mechanism/, name);
    assert.equal((await play([`--${name}`, "x", "--lang", "en"])).status, 2, `--${name}`);
  }
});

test("what cannot be written, read or named is one line and exit 2, and nothing given is lost", async () => {
  const folder = mkdtempSync(join(tmpdir(), "atlas-"));
  const q = { dtype: "F32", shape: [8, 8], data: new Float32Array(64).fill(0.1) } as const;
  const file = join(folder, "a.safetensors");
  writeFileSync(file, writeSafetensors(new Map(["q", "k", "v"].map((name) => [`a.${name}_proj.weight`, q]))));
  const cases: [string[], RegExp][] = [
    [["multi-head", "--svg", ""], /--svg cannot write "": there is no such folder/],
    [["multi-head", "--svg", join(folder, "none", "a.svg")], /--svg cannot write ".*": there is no such folder/],
    [["multi-head", "--svg", folder], /--svg cannot write ".*": it is a folder/],
    [["--weights", ""], /--weights must name a file; got ""/],
    [["--weights="], /--weights must name a file; got ""/],
    [["multi-head", "--weights", file], /--weights shows the model in its file: leave "multi-head" out/],
    [["cat", "--text", "a b"], /cat reads no text: --text would be lost; --image FILE/],
    [["feature-map", "--file", "a.txt"], /feature-map reads no text: --file would be lost; --image FILE/],
  ];
  for (const [args, message] of cases) {
    const { status, out, err } = await play([...args, "--lang", "en"]);
    assert.deepEqual([status, err.trim().split("\n").length], [2, 1], `${args.join(" ")}: ${err}`);
    assert.match(err, message);
    assert.equal(out, "", `nothing before the error: ${args.join(" ")}`);
  }
  rmSync(folder, { recursive: true });
});

test("a program started elsewhere by an npm script reads its own folder, not where npm was called", () => {
  const [apart, called] = [mkdtempSync(join(tmpdir(), "atlas-")), mkdtempSync(join(tmpdir(), "atlas-"))];
  writeFileSync(join(apart, "a.txt"), "my own words");
  writeFileSync(join(called, "a.txt"), "other words entirely");
  const loaded = SCRIPT.map((part) => (part === "tsx" ? import.meta.resolve("tsx") : part));
  const { stdout } = spawnSync(process.execPath, [...loaded, "hard", "--lang", "en", "--file", "a.txt"], {
    ...{ cwd: apart, encoding: "utf8" },
    env: { ...process.env, INIT_CWD: called, npm_lifecycle_event: "test", NO_COLOR: "1" },
  });
  assert.match(stdout, /my own words/);
  for (const folder of [apart, called]) rmSync(folder, { recursive: true });
});

test("a digit in blue or red ink on paper is a digit; a picture of several colours is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "atlas-"));
  const file = join(folder, "a.png");
  const white = [255, 255, 255];
  for (const [ink, ground] of [[[20, 40, 200], white], [[230, 30, 30], white], [[255, 255, 0], [0, 0, 90]]] as const) {
    writeFileSync(file, png(40, 40, 2, ring(ink, ground)));
    const { out } = await play(["cross-vit", "--image", file, "--lang", "en"]);
    assert.match(out, /read as 0/, ink.join(","));
  }
  const two = ring([20, 40, 200], white).map((row, y) => (y < 20 ? row : ring([220, 30, 20], white)[y]!));
  writeFileSync(file, png(40, 40, 2, two));
  assert.doesNotMatch((await play(["cross-vit", "--image", file, "--lang", "en"])).out, /read as/);
  rmSync(folder, { recursive: true });
});

test("the one screen holds every mechanism with what it is, in 40 lines, and cuts none of it", async () => {
  for (const lang of ["en", "ja"] as const) {
    for (const { id } of ENTRIES) {
      const gloss = GLOSSES[id]?.[lang] ?? "";
      assert.ok(gloss !== "" && columns(gloss) <= GLOSS_COLUMNS, `${id}: "${gloss}"`);
    }
    for (const width of [80, 100, 120]) {
      const { status, out } = await play(["--lang", lang, "--width", String(width)]);
      const lines = out.trimEnd().split("\n");
      assert.ok(status === 0 && lines.length <= 40, `${lang} ${width}: ${lines.length} lines`);
      for (const line of lines) assert.ok(terminalColumns(leftToRight(line)) <= width, `${width}: ${line}`);
      for (const { id } of ENTRIES) {
        const listed = lines.some((line) => line.includes(` ${id} `) && line.includes(GLOSSES[id]![lang]));
        assert.ok(listed, `${lang} ${width}: ${id}`);
      }
    }
  }
});

test("a pipe that nobody writes into is one line and exit 2", { skip: process.platform === "win32" }, () => {
  const folder = mkdtempSync(join(tmpdir(), "atlas-"));
  const pipe = join(folder, "pipe");
  if (spawnSync("mkfifo", [pipe]).status !== 0) return;
  const weights = launch(["--weights", pipe, "--lang", "en"]);
  assert.deepEqual([weights.status, weights.out], [2, ""]);
  assert.match(weights.err, /it is neither a file nor a folder/);
  assert.match(launch(["cat", "--image", pipe, "--lang", "en"]).err, /it is not a file/);
  rmSync(folder, { recursive: true });
});
