/**
 * `--weights FILE`: the attention layers of a real checkpoint as a mechanism of the atlas, made when the file
 * is known.
 */
import type { AttentionHead } from "../../lib/attention/heads.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { CheckpointLayer, UnreadLayer } from "./checkpoint-layers.ts";
import type { Entry, Option, Phrase } from "./entry.ts";
import { MULTIPLY_ADDS, PAIRS, UsageError, choice, entry, shape } from "./entry.ts";
import { ScaledDotProductAttention } from "../../lib/attention/scaled-dot-product-attention.ts";
import { attentionLayers, fits, headsOf } from "./checkpoint-layers.ts";
import { causal as past, maskScores } from "../../lib/kernels/mask-scores.ts";
import { columns, pad } from "./width.ts";
import { embeddingRows, openCheckpoint } from "./checkpoint.ts";
import { equalsNaive, naive, rowSums } from "./checks.ts";
import { linear } from "../../lib/kernels/linear.ts";
import { matmulTransposed } from "../../lib/kernels/matmul.ts";
import { naiveLinear } from "../../spec/oracle/naive.ts";
import { rowsOf } from "../../spec/support/values.ts";
import { scale } from "../../lib/kernels/entrywise.ts";
import { wholeModel } from "./whole-model.ts";
import { sliceColumns } from "../../lib/kernels/columns.ts";

/** So many heads are drawn unless one is asked for. */
const MOST_HEADS = 4;

/**
 * The entry of one checkpoint. Errors: UsageError if the file cannot be read, or holds no attention that is
 * recognised.
 */
export function checkpointEntry(path: string, args: readonly string[] = []): Entry {
  const checkpoint = openCheckpoint(path);
  const whole = wholeModel(checkpoint, path, args);
  if (whole !== undefined && "entry" in whole) return whole.entry;
  const { layers, unread } = attentionLayers(checkpoint);
  const file = checkpoint.name;
  const count = checkpoint.tensors.size;
  const tensors = `${count} tensor${count === 1 ? "" : "s"}`;
  const [first] = layers;
  if (first === undefined) {
    const names =
      "in_proj_weight, {q,k,v}_proj, {query,key,value}, qkv, c_attn, {wq,wk,wv}, to_q and to_kv …";
    const why = unreadPhrase(unread);
    throw new UsageError({
      en:
        `${JSON.stringify(file)} holds ${tensors}, but no attention that is recognised` +
        (why === undefined ? ` by its names: ${names}` : `: ${why.en}`) +
        (whole === undefined ? "" : `; ${whole.why.en}`),
      ja:
        `${JSON.stringify(file)} には ${count} 個のテンソルがありますが、見分けられる注意はありません` +
        (why === undefined ? `(${names})` : `: ${why.ja}`) +
        (whole === undefined ? "" : `。${whole.why.ja}`),
    });
  }
  const many = layers.length > 1 ? "layers are" : "layer is";
  const more = unreadPhrase(unread);
  return entry({
    id: "weights",
    name: { en: `Attention in ${file}`, ja: `${file} の注意` },
    about: {
      en:
        `${layers.length} attention ${many} recognised among ${tensors} by names and shapes; beside each ` +
        `stand the name that told it, its width and its heads. The maps are those of one, alone: its ` +
        `queries and keys straight from the words' vectors.` +
        (more === undefined ? "" : ` Not read: ${more.en}.`) +
        (whole === undefined ? "" : ` This is ${whole.why.en}.`),
      ja:
        `${count} 個のテンソルから、名前と形で ${layers.length} 個の注意層を見分けました（横は見分けた名前、幅、ヘッドの数）。地図はそのうちの一つだけを取り出したもので、` +
        `クエリとキーは語のベクトルから直接作ります。` +
        (more === undefined ? "" : `読まなかったもの: ${more.ja}。`) +
        (whole === undefined ? "" : `${whole.why.ja}。`),
    },
    listing: layers.map((layer) => lineOf(layers, checkpoint, layer)),
    vectors: vectorsPhrase(checkpoint),
    document: "D-MHA",
    file: "lib/attention/scaled-dot-product-attention.ts",
    equation: ["Q_m = X W_m^Q + b_m^Q,  K_m = X W_m^K + b_m^K  (1)", "A_m = softmax(Q_m K_mᵀ / √d_k)  (2)"],
    options: {
      layer: layerOption(layers, first),
      heads: headsOption,
      head: headOption,
      causal: choice({
        fallback: "auto",
        among: ["auto", "yes", "no"],
        help: {
          en:
            "whether a word sees itself and the words before it only; auto: where the name says so " +
            "(c_attn)",
          ja: "自分と前の語だけを見るか。auto は名前でそう分かる層(c_attn)だけ",
        },
      }),
    },
    conflict({ layer, heads, head }) {
      const h = heads === "auto" ? headsOf(layer, checkpoint) : heads;
      if (!fits(layer, h)) {
        const features =
          layer.keys === layer.queries ? String(layer.queries) : `${layer.queries} / ${layer.keys}`;
        return {
          en: `--heads must share out the ${features} features of ${layer.name} evenly; got ${h}`,
          ja: `--heads は ${layer.name} の特徴 ${features} 個を等分する数にします（${h} でした）`,
        };
      }
      return head === "all" || head <= h
        ? undefined
        : {
            en: `--head must be from 1 to ${h}, the number of heads; got ${head}`,
            ja: `--head は 1 からヘッドの数 ${h} までです（${head} でした）`,
          };
    },
    run({ text, embed, options: { layer, heads, head, causal } }) {
      const h = heads === "auto" ? headsOf(layer, checkpoint) : heads;
      const allow = causal === "yes" || (causal === "auto" && layer.causal) ? past() : undefined;
      const own = [layer.d_query, layer.d_key, layer.d_value].map((d) =>
        embeddingRows(checkpoint, text.words, d),
      );
      const usable = own.every((X) => X !== undefined);
      const [X, Y, Z] = [layer.d_query, layer.d_key, layer.d_value].map((d, m) =>
        usable ? own[m]! : embed(text.words, d),
      );
      const wide = layer.load();
      const drawn =
        head === "all" ? Array.from({ length: Math.min(h, MOST_HEADS) }, (_, m) => m) : [head - 1];
      const each = drawn.map((m) => headAt(wide, m, h));
      const scaled = new ScaledDotProductAttention();
      const parts = each.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }) => {
        const [Q, K, V] = [linear(X!, W_Q, b_Q), linear(Y!, W_K, b_K), linear(Z!, W_V, b_V)];
        const S = scale(matmulTransposed(Q, K), 1 / Math.sqrt(Q.cols));
        return {
          Q,
          K,
          scores: allow === undefined ? S : maskScores(S, { allow }),
          ...scaled.forward(Q, K, V, { allow }),
        };
      });
      const redone = each.map(({ W_Q, W_K, W_V, b_Q, b_K, b_V }) => {
        const by = (M: typeof X, W: typeof W_Q, b: typeof b_Q): number[][] =>
          naiveLinear(rowsOf(M!), rowsOf(W), b && rowsOf(b));
        return naive(by(X, W_Q, b_Q), by(Y, W_K, b_K), by(Z, W_V, b_V), {
          scale: 1 / Math.sqrt(W_Q.cols),
          ...(allow && { allow: (i, j) => allow(i, j, 0) }),
        });
      });
      const n = text.words.length;
      const d_k = layer.queries / h;
      const seen = allow === undefined ? n * n : (n * (n + 1)) / 2;
      return {
        trained: { en: `those of ${file}`, ja: `${file} のもの` },
        shapes: [
          shape("X", "n, d_query", X!),
          ...(layer.d_key === layer.d_query ? [] : [shape("X'", "n, d_key", Y!)]),
          { name: "W^Q", letters: "d_query, h·d_k", numbers: [layer.d_query, layer.queries] },
          {
            name: "W^K",
            letters: layer.keys === layer.queries ? "d_key, h·d_k" : "d_key, fewer heads · d_k",
            numbers: [layer.d_key, layer.keys],
          },
          { name: "A", letters: "h, n, n", numbers: [h, n, n] },
        ],
        maps: parts.map(({ weights, scores }, p) => {
          const title = {
            en: `${layer.name}, head ${drawn[p]! + 1} of ${h}`,
            ja: `${layer.name}、ヘッド ${drawn[p]! + 1} / ${h}`,
          };
          return { title, weights, rows: text.words, cols: text.words, scores };
        }),
        checks: [
          rowSums(parts.map(({ weights }) => weights)),
          equalsNaive(
            parts.map(({ output, weights }, p) => ({ output, weights, naive: redone[p]! })),
            n,
          ),
        ],
        costs: [
          { label: PAIRS, formula: allow === undefined ? "h·n²" : "h·n(n + 1)/2", value: h * seen },
          {
            label: MULTIPLY_ADDS,
            formula:
              "n·d_query·h·d_k + n·d_key·h_k·d_k + " +
              `${allow === undefined ? "h·n²·d_k" : "h·n(n + 1)/2·d_k"}`,
            value: n * layer.d_query * layer.queries + n * layer.d_key * layer.keys + h * seen * d_k,
          },
        ],
        notes: notesOf(layer, {
          h,
          told: heads !== "auto",
          drawn: drawn.length,
          all: head === "all",
          usable,
        }),
      };
    },
  });
}

/**
 * Head m of h out of matrices that hold them side by side. Fewer heads of keys and values serve several heads
 * of queries each.
 */
function headAt(wide: AttentionHead, m: number, h: number): AttentionHead {
  const d_k = wide.W_Q.cols / h;
  const k = Math.floor((m * (wide.W_K.cols / d_k)) / h);
  const own = <M extends typeof wide.b_Q>(M: M, at: number): M =>
    M === undefined ? M : (sliceColumns(M, at * d_k, (at + 1) * d_k) as M);
  return {
    W_Q: own(wide.W_Q, m),
    W_K: own(wide.W_K, k),
    W_V: own(wide.W_V, k),
    b_Q: own(wide.b_Q, m),
    b_K: own(wide.b_K, k),
    b_V: own(wide.b_V, k),
  };
}

/** What is named like attention and not read, with the reason of the first. */
function unreadPhrase([first, ...more]: readonly UnreadLayer[]): Phrase | undefined {
  if (first === undefined) return undefined;
  const { name, because } = first;
  return {
    en: `${name}, because ${because.en}${more.length === 0 ? "" : ` (and ${more.length} more)`}`,
    ja: `${name}(${because.ja})${more.length === 0 ? "" : ` ほか ${more.length} 個`}`,
  };
}

/** One line of the list: the name, the form it was told by, and widths. */
function lineOf(layers: readonly CheckpointLayer[], checkpoint: Checkpoint, layer: CheckpointLayer): Phrase {
  const form = ({ form: end }: CheckpointLayer): string => end.replace(/(?:_global)?[._]weight$/, "");
  const widest = (text: (layer: CheckpointLayer) => string): number =>
    layers.reduce((most, one) => Math.max(most, columns(text(one))), 0);
  const label = `${pad(
    layer.name,
    widest(({ name }) => name),
  )}  ${pad(form(layer), widest(form))}`;
  const width = layer.d_key === layer.d_query ? String(layer.d_query) : `${layer.d_query}/${layer.d_key}`;
  const h = headsOf(layer, checkpoint);
  return { en: `${label}  ${width}, ${h} head${h === 1 ? "" : "s"}`, ja: `${label}  ${width}, ヘッド ${h}` };
}

function vectorsPhrase({ metadata }: Checkpoint): Phrase {
  const named = "vocabulary" in metadata || "vocab" in metadata;
  const known = {
    en: named
      ? "A text whose words are all in its vocabulary has the vectors of its embedding; for any other"
      : "It says no vocabulary, so its embedding cannot be used:",
    ja: named
      ? "語がすべて語彙にあるテキストには、その埋め込みのベクトルを使います。そうでなければ"
      : "語彙が書かれていないので埋め込みは使えず、",
  };
  return {
    en:
      `The projections are the checkpoint's own. ${known.en} a word's vector is hashed from the word and the ` +
      "seed, as wide as the layer wants it, each number drawn from N(0, 1).",
    ja:
      `射影はチェックポイントのものです。${known.ja}` +
      "語のベクトルは語とシードのハッシュから N(0, 1) で作ります(幅は層に合わせます)。",
  };
}

function notesOf(
  layer: CheckpointLayer,
  { h, told, drawn, all, usable }: { h: number; told: boolean; drawn: number; all: boolean; usable: boolean },
): Phrase[] {
  return [
    usable
      ? {
          en: "The words' vectors are rows of the checkpoint's own embedding.",
          ja: "語のベクトルはチェックポイント自身の埋め込みの行です。",
        }
      : {
          en:
            "The words' vectors are hashed, not learned: the maps show what this layer does to them, not " +
            "what a text means to the model.",
          ja: "語のベクトルは学習したものではなくハッシュです。地図が示すのはこの層の働きであって、モデルにとっての文の意味ではありません。",
        },
    {
      en:
        "Nothing that stands before the layer in its model is applied: layers, norms, positions (rotary " +
        "or relative ones too).",
      ja: "モデルの中でこの層より前にあるもの（層、正規化、回転や相対を含む位置）は適用していません。",
    },
    ...(told
      ? []
      : [
          {
            en: `The number of heads, ${h}, is in no tensor; --heads changes it.`,
            ja: `ヘッドの数 ${h} はテンソルには書かれていません。--heads で変えられます。`,
          },
        ]),
    ...(all && drawn < h
      ? [
          {
            en: `Heads 1 to ${drawn} of ${h}; --head N draws another.`,
            ja: `${h} 個のうちヘッド 1 から ${drawn} までです。--head N でほかのヘッドを描きます。`,
          },
        ]
      : []),
    ...(layer.keys < layer.queries
      ? [
          {
            en: "Several heads of queries share one of keys and values.",
            ja: "いくつかのクエリのヘッドが、キーとバリューのヘッドを一つ共有しています。",
          },
        ]
      : []),
  ];
}

/** A layer by its number in the list, its name, or a part of it that no other has. */
function layerOption(layers: readonly CheckpointLayer[], first: CheckpointLayer): Option<CheckpointLayer> {
  const named = (layer: CheckpointLayer): CheckpointLayer =>
    Object.assign(Object.create({ toString: () => layer.name }) as object, layer);
  const parse = (text: string): CheckpointLayer => {
    const [exact] = layers.filter(({ name }) => name === text);
    const numbered = /^\d+$/.test(text) ? layers[Number(text) - 1] : undefined;
    const containing = layers.filter(({ name }) => name.includes(text));
    const layer = exact ?? numbered ?? (containing.length === 1 ? containing[0] : undefined);
    if (layer !== undefined) return named(layer);
    const some = (containing.length > 1 ? containing : layers)
      .slice(0, 6)
      .map(({ name }) => name)
      .join(", ");
    const more = (containing.length > 1 ? containing : layers).length > 6 ? ", …" : "";
    if (containing.length > 1) {
      throw new UsageError({
        en: `must name one layer; "${text}" could be ${some}${more}`,
        ja: `層を一つだけ指定します。「${text}」には ${some}${more} が当てはまります`,
      });
    }
    throw new UsageError({
      en: `must be a layer's name or its number from 1 to ${layers.length}: ${some}${more}; got "${text}"`,
      ja: `層の名前か 1 から ${layers.length} までの番号を指定します：${some}${more}（「${text}」でした）`,
    });
  };
  return {
    value: "NAME",
    help: {
      en: "the layer to draw: its name, a part that no other has, or its number in the list",
      ja: "描く層。名前か、ほかにない名前の一部か、一覧の番号",
    },
    fallback: named(first),
    parse,
  };
}

function counted<F extends string>(word: F, help: Phrase): Option<number | F> {
  const parse = (text: string): number | F => {
    if (text === word) return word;
    if (/^\d{1,4}$/.test(text) && Number(text) > 0) return Number(text);
    throw new UsageError({
      en: `must be ${word} or an integer ≥ 1; got "${text}"`,
      ja: `${word} か 1 以上の整数を指定します（「${text}」でした）`,
    });
  };
  return { value: `N|${word}`, help, fallback: word, parse };
}

const headsOption = counted("auto", {
  en:
    "how many heads the layer has; auto: as config.json beside the file or its metadata say, else heads " +
    "of 64 features, or so",
  ja: "層のヘッドの数。auto なら隣の config.json やメタデータの値、なければ 1 ヘッド 64 特徴を目安にする",
});
export const headOption = counted("all", {
  en: `the head to draw; all: the first ${MOST_HEADS}`,
  ja: `描くヘッド。all なら最初の ${MOST_HEADS} 個`,
});
