import assert from "node:assert/strict";
import test from "node:test";
import { distance } from "../../scripts/atlas/arguments.ts";
import { play } from "../support/atlas-world.ts";

test("wrong usage: status 2, nothing on standard output, and one line that helps", async () => {
  const cases: [string[], RegExp][] = [
    [["addtive"], /no mechanism "addtive"; did you mean additive\?/],
    [["multihead"], /did you mean multi-head\?/],
    [["qwertyuiop"], /npm start -- --help/],
    [["The cat saw"], /text goes into --text/],
    [["parameter"], /"parameter" could be parameter-free-self, parameter-free-cross/],
    [["hard", "additive"], /one mechanism at a time; got hard, additive/],
    [["--hed", "3"], /no option --hed; did you mean --head\?/],
    [["--colour"], /did you mean --color\?/],
    [["-x"], /no option -x; npm start -- --help/],
    [["additive", "--heads", "2"], /additive has no option --heads; it belongs to multi-head/],
    [["--text"], /--text needs a value/],
    [["--text", "--json"], /--text needs a value/],
    [["--json=yes"], /--json takes no value; got "yes"/],
    [["--seed", "1.5"], /--seed must be an integer from 0 to 4294967295; got "1.5"/],
    [["--seed=-1"], /--seed must be an integer/],
    [["--words", "0"], /--words must be an integer from 1/],
    [["--width", "10"], /--width must be an integer from 40/],
    [["--lang", "fr"], /--lang must be en or ja; got "fr"/],
    [["multi-head", "--heads", "x"], /--heads must be an integer from 1 to 16; got "x"/],
    [["--heads", "3"], /--heads must divide the 16 features/],
    [["--head", "5"], /--head must be from 1 to 4, the number of heads; got 5/],
    [["temperature", "--temperature", "1,0"], /--temperature must be up to 8 numbers > 0/],
    [["attention", "--score", "sum"], /--score must be one of distance, dot, scaled, cosine; got "sum"/],
    [["--text", "a", "--text", "b", "--text", "c"], /at most two texts; got 3/],
  ];
  for (const [args, message] of cases) {
    for (const lang of ["en", "ja"]) {
      const { status, out, err } = await play([
        ...args,
        ...(args.includes("--lang") ? [] : ["--lang", lang]),
      ]);
      assert.equal(status, 2, args.join(" "));
      assert.equal(out, "", args.join(" "));
      assert.equal(err.split("\n").length, 2, `${args.join(" ")}: one line, got ${err}`);
      if (lang === "en") assert.match(err, message, args.join(" "));
      else if (!args.includes("--lang")) assert.match(err, /[ぁ-ん]/, args.join(" "));
    }
  }
});

test("a text may start with a dash after an equals sign, and names may be shortened and in capitals", async () => {
  assert.equal((await play(["hard", "--text=--json is an option"])).status, 0);
  assert.match((await play(["MULTI", "--text", "a b"])).out, /Multi-head attention/);
});

test("what npm keeps for itself is told, not ignored", async () => {
  const under = (args: string[], env: Record<string, string>) =>
    play(args, { env: { npm_lifecycle_event: "start", ...env } });
  const lost = await under([], { npm_config_text: "true" });
  assert.equal(lost.status, 2);
  assert.match(
    lost.err,
    /npm took --text for itself; options come after two dashes: npm start -- --text/,
  );
  assert.match((await under(["ja"], {})).err, /npm took --lang/);
  assert.equal((await under(["hard", "--seed", "3"], { npm_config_seed: "3" })).status, 0);
});

test("options of a mechanism reach it: heads, temperatures, score and normaliser, rows", async () => {
  const run = async (...args: string[]) =>
    JSON.parse((await play([...args, "--json", "--text", "a b c"])).out).mechanisms[0].runs[0];
  assert.equal((await run("multi-head", "--heads", "8")).maps.length, 8);
  assert.deepEqual(
    (await run("temperature", "--temperature", "0.5,2")).maps.map(
      ({ title }: { title: { en: string } }) => title.en,
    ),
    ["τ = 0.5", "τ = 2"],
  );
  assert.equal((await run("structured-self-attention", "--rows", "2")).maps[0].rows.length, 2);
  assert.equal((await run("self-attention", "--features", "3")).shapes[1].numbers[1], 3);
  for (const score of ["distance", "dot", "scaled", "cosine"]) {
    for (const normalize of ["softmax", "sparsemax", "argmax"]) {
      assert.ok(
        (await run("attention", "--score", score, "--normalize", normalize)).checks.every(
          ({ pass }: { pass: boolean }) => pass,
        ),
        `${score} ${normalize}`,
      );
    }
  }
  const hot = (await run("attention", "--normalize", "argmax")).maps[0].weights;
  assert.deepEqual(hot, [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ]);
});

test("distance: a wrong, a missing, an extra letter, and two exchanged ones count 1 each", () => {
  for (const [a, b, far] of [
    ["hard", "hard", 0],
    ["hart", "hard", 1],
    ["had", "hard", 1],
    ["hardd", "hard", 1],
    ["hadr", "hard", 1],
    ["", "hard", 4],
    ["sparse", "hard", 4],
  ] as const) {
    assert.equal(distance(a, b), far, `${a} ${b}`);
  }
});
