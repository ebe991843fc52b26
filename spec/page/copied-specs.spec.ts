import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { tmpdir } from "node:os";
import type { Scene } from "../../scripts/page/scene.ts";
import { SCENES } from "../../scripts/page/scenes.ts";
import { contextOf, givenOf } from "../../scripts/page/context.ts";
import { outsideWith } from "./outside.ts";
import { readState, type State, type Values } from "../../scripts/page/state.ts";
import { root } from "../../scripts/copy/join.ts";

/** The text that "copy as spec" gives in a state. */
function copied(scene: Scene, state: State): string {
  const context = contextOf(scene.id, state, givenOf(state.shared), SCENES, outsideWith());
  return scene.spec!(state.scenes[scene.id] as never, context);
}

/** The text with the package's own modules in place of its name, as package.json maps them. */
function pointed(text: string): string {
  return text.replace(/"attention-by-hand\/([\w/-]+)"/g, (_, module: string) => {
    const path = module === "matrix" || module.includes("/") ? `lib/${module}.ts` : `lib/attention/${module}.ts`;
    assert.equal(existsSync(join(root, path)), true, `${module} is no module of the package`);
    return JSON.stringify(pathToFileURL(join(root, path)).href);
  });
}

/** What a run of node:test says of the texts, together in one process. */
function run(texts: readonly string[]): { passed: number; failed: number; out: string } {
  const folder = mkdtempSync(join(tmpdir(), "attention-by-hand-specs-"));
  try {
    const names = texts.map((text, n) => {
      writeFileSync(join(folder, `${n}.ts`), pointed(text));
      return `import "./${n}.ts";`;
    });
    writeFileSync(join(folder, "all.ts"), `${names.join("\n")}\n`);
    const loader = pathToFileURL(join(root, "node_modules/tsx/dist/loader.mjs")).href;
    // a run of node:test within another would report to it, and not in text
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = ["--import", loader, "--test-reporter=tap", join(folder, "all.ts")];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
    const count = (kind: string): number => Number(new RegExp(`^# ${kind} (\\d+)$`, "m").exec(stdout)?.[1] ?? 0);
    return { passed: count("pass"), failed: count("fail"), out: stdout + stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Scenes that show the cell of a mechanism's map, and so must be copied as a spec. */
const COPIED =
  "one-query compare root-d order multi-head cross dates window few big-bird grid streaming cross-vit cost learn";

test("copy as spec: the text of every scene that has one runs, at first and after each of its tries", () => {
  const texts: string[] = [];
  const first = readState("", "en", SCENES);
  for (const scene of SCENES) {
    if (scene.spec === undefined) {
      assert.equal(COPIED.split(" ").includes(scene.id), false, `${scene.id} has no spec to copy`);
      continue;
    }
    const settings: readonly Values[] = [{}, ...scene.tries.map(({ settings: tried }) => tried)];
    for (const tried of settings) {
      const own = { ...first.scenes[scene.id], ...tried };
      texts.push(copied(scene, { ...first, scenes: { ...first.scenes, [scene.id]: own } }));
    }
  }
  const japanese = readState("", "ja", SCENES);
  for (const scene of SCENES) if (scene.spec !== undefined) texts.push(copied(scene, japanese));
  const { passed, out } = run(texts);
  assert.equal(passed, texts.length, out.slice(0, 3000));
});

test("copy as spec: each score with each normaliser, each mechanism of a grid, targets and positions", () => {
  const of = (id: string): Scene => SCENES.find((scene) => scene.id === id)!;
  const pairs = ["dot", "scaled", "bilinear", "additive"].flatMap((score) =>
    ["softmax", "sparsemax", "hard"].map((normalize) => `compare.score=${score}&compare.normalize=${normalize}`),
  );
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["compare", pairs],
    ["grid", ["grid.kind=factorised", "grid.kind=parallel", "grid.cell=7.0&grid.ink=1.2.63"]],
    ["cross", ["cross.kind=target", "cross.kind=target&cross.swap=1", "cross.wrong=sides&cross.memory=a%20*/%20b"]],
    ["few", ["few.edges=zero&few.repeated=twice", "few.kind=longformer&few.radius=2&few.globals=0.5"]],
    ["big-bird", ["big-bird.extra=2&big-bird.block=3&big-bird.globals=1.2&big-bird.random=3", "seed=26"]],
    ["streaming", ["streaming.step=0", "streaming.block=1&streaming.step=7&streaming.wrong=unshrunk"]],
    ["window", ["window.causal=1&window.dilation=2", "window.wrong=zeros&window.radius=0"]],
    ["order", ["order.positions=1&order.shuffle=3&order.cell=4.4"]],
    ["dates", ["dates.look=window&dates.radius=1", "dates.text=27Ω", "dates.text=Mon+27+June+2022&dates.cell=9.3"]],
    ["cross-vit", ["cross-vit.head=3&cross-vit.sample=16&cross-vit.erase=9", "cross-vit.sample=20"]],
    ["multi-head", ["multi-head.wrong=columns&multi-head.heads=8&multi-head.head=5"]],
  ];
  const texts = cases.flatMap(([id, fragments]) =>
    fragments.map((fragment) => copied(of(id), readState(fragment, "en", SCENES))),
  );
  const { passed, out } = run(texts);
  assert.equal(passed, texts.length, out.slice(0, 3000));
});

test("copy as spec: a wrong number in it is found", () => {
  const text = copied(SCENES.find(({ id }) => id === "window")!, readState("", "en", SCENES));
  const changed = text.replace(/const expected = \[/, "const expected = [0.5 + ");
  assert.notEqual(changed, text);
  assert.equal(run([changed]).passed, 0);
});

test("copy as spec: rounded numbers still tell a wrong implementation of the trained models", () => {
  const broken: readonly (readonly [string, string, string])[] = [
    ["dates", "additiveScores(P, R, v_a)", "additiveScores(P, matrix(R.rows, R.cols), v_a)"],
    ["dates", "additiveScores(P, R, v_a)", "matrix(1, R.rows, R.data.map(Math.tanh).slice(0, R.rows))"],
    ["cross-vit", "new ScaledDotProductAttention()", "new ScaledDotProductAttention({ scale: 1 / 16 })"],
    ["cross-vit", "forward(q, K, K)", "forward(q, matrix(17, 16, K.data.slice().reverse()), K)"],
  ];
  const texts = broken.map(([id, right, wrong]) => {
    const text = copied(SCENES.find((scene) => scene.id === id)!, readState("", "en", SCENES));
    assert.equal(text.includes(right), true, `${id} lacks ${right}`);
    return text.replace(right, wrong);
  });
  const { passed, failed, out } = run(texts);
  assert.deepEqual([passed, failed], [0, texts.length], out.slice(0, 3000));
});
