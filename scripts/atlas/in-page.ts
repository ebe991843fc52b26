/**
 * Every mechanism of the atlas on some words, for the page: the records of the terminal, run by the same entries.
 * What a page lacks the build puts into their place: files, the three small trained models, the docstrings.
 */
import type { Entry, Phrase, Text } from "./entry.ts";
import type { Matrix } from "../../lib/matrix.ts";
import type { PageRun } from "../page/models/all.ts";
import { additive } from "./entries/additive.ts";
import { attention } from "./entries/attention.ts";
import { axial } from "./entries/axial.ts";
import { bahdanau } from "./entries/bahdanau.ts";
import { bigBird } from "./entries/big-bird.ts";
import { bilinear } from "./entries/bilinear.ts";
import { cat } from "./entries/cat.ts";
import { classToken } from "./entries/class-token.ts";
import { concat } from "./entries/concat.ts";
import { crossAttention } from "./entries/cross-attention.ts";
import { crossViT } from "./entries/cross-vit.ts";
import { dotProduct } from "./entries/dot-product.ts";
import { embed, hash } from "./words.ts";
import { encoderDecoder } from "./entries/encoder-decoder.ts";
import { factorized } from "./entries/factorized.ts";
import { factorizedParallel } from "./entries/factorized-parallel.ts";
import { featureMap } from "./entries/feature-map.ts";
import { gradient } from "./entries/gradient.ts";
import { hard } from "./entries/hard.ts";
import { hybridSparse } from "./entries/hybrid-sparse.ts";
import { longformer } from "./entries/longformer.ts";
import { luong } from "./entries/luong.ts";
import { multiHead } from "./entries/multi-head.ts";
import { parameterFreeCross } from "./entries/parameter-free-cross.ts";
import { parameterFreeSelf } from "./entries/parameter-free-self.ts";
import { randomGenerator } from "../../lib/matrix.ts";
import { sampled } from "./entries/sampled.ts";
import { scaledDotProduct } from "./entries/scaled-dot-product.ts";
import { selfAttention } from "./entries/self-attention.ts";
import { sparse } from "./entries/sparse.ts";
import { sparsemax } from "./entries/sparsemax.ts";
import { streaming } from "./entries/streaming.ts";
import { structuredSelfAttention } from "./entries/structured-self-attention.ts";
import { targetTarget } from "./entries/target-target.ts";
import { temperature } from "./entries/temperature.ts";

/** In the order of entries.json; a spec compares. */
export function pageEntries(): readonly Entry[] {
  return [
    attention,
    dotProduct,
    bilinear,
    additive,
    concat,
    hard,
    sampled,
    temperature,
    selfAttention,
    targetTarget,
    structuredSelfAttention,
    sparsemax,
    bahdanau,
    luong,
    scaledDotProduct,
    multiHead,
    streaming,
    gradient,
    crossAttention,
    parameterFreeSelf,
    parameterFreeCross,
    classToken,
    featureMap,
    cat,
    encoderDecoder,
    crossViT,
    hybridSparse,
    sparse,
    longformer,
    bigBird,
    factorized,
    factorizedParallel,
    axial,
  ];
}

/** Left out: the page has the trained digits in half precision, which cannot give the logits of full ones. */
const FULL_PRECISION = "logits";

const YOURS: Phrase = { en: "your words", ja: "あなたの語" };

/** One mechanism on some words: as the terminal runs it, but for weights that a page has not. */
function runInPage(entry: Entry, words: readonly string[], X: Matrix, seed: number): PageRun {
  const half = Math.ceil(words.length / 2);
  const textOf = (some: readonly string[]): Text => ({
    name: YOURS,
    words: some,
    X: embed(some, X.cols, seed),
  });
  const halves = [words.slice(0, half), words.slice(half)].filter((line) => line.length > 0);
  const whole: Text = { name: YOURS, words, X, lines: halves };
  const sample = textOf(entry.sample ?? []);
  const none = textOf([]);
  const inputs: Readonly<Record<NonNullable<Entry["input"]>, readonly [Text, Text]>> = {
    text: [whole, whole],
    pair: halves.length > 1 ? [textOf(halves[0]!), textOf(halves[1]!)] : [whole, whole],
    picture: [none, none],
    lines: [sample, sample],
  };
  const [text, memory] = inputs[entry.input ?? "text"];
  const fallbacks = Object.entries(entry.options ?? {}).map(([name, { fallback }]) => [name, fallback] as const);
  const { maps, checks, trained, drawings = [] } = entry.run({
    text,
    memory,
    seed,
    options: Object.fromEntries(fallbacks),
    given: true,
    untrained: true,
    random: randomGenerator(hash(`${seed} ${entry.id}`)),
    embed: (some, features) => embed(some, features, seed),
  });
  const own = entry.input === "picture" || entry.input === "lines";
  const drawn = drawings.flat().filter(({ kind }) => kind === "weights");
  return {
    id: entry.id,
    name: entry.name,
    file: entry.file,
    own,
    trained: trained !== undefined,
    maps: maps.length > 0 ? maps : drawn.map(({ title, values }) => ({ ...numbered(values), title, weights: values })),
    checks: checks.filter(({ id }) => id !== FULL_PRECISION),
  };
}

/** Weights that lie on a picture have places for names. */
function numbered({ rows, cols }: Matrix): { rows: string[]; cols: string[] } {
  const names = (n: number): string[] => Array.from({ length: n }, (_, at) => String(at + 1));
  return { rows: names(rows), cols: names(cols) };
}

const runs = new Map<string, PageRun>();

/** Every mechanism on some words. What reads no words is run once for a seed, the trained digits once. */
export function atlasInPage(words: readonly string[], X: Matrix, seed: number): readonly PageRun[] {
  return pageEntries().map((entry) => {
    const own = entry.input === "picture" || entry.input === "lines";
    const key = [entry.id, entry === crossViT ? "" : seed, ...(own ? [] : words)].join("\n");
    const run = runs.get(key) ?? runInPage(entry, words, X, seed);
    if (runs.size > 400) runs.clear();
    runs.set(key, run);
    return run;
  });
}
