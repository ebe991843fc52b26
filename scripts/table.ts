/**
 * `npm run table`: writes the table of mechanisms into both READMEs. `npm run check` fails when a table is
 * not what this would write.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { given } from "./given.ts";
import { copyOf, libraryFiles, root } from "./copy/join.ts";

export interface Row {
  readonly en: string;
  readonly ja: string;
  readonly equation: string;
  readonly paper: string;
}

/** Papers by their number in arXiv, or by DOI. */
const PAPERS: Record<string, string> = {
  "1409.0473": "Bahdanau et al. 2014",
  "1508.04025": "Luong et al. 2015",
  "1502.03044": "Xu et al. 2015",
  "1703.03130": "Lin et al. 2017",
  "1706.03762": "Vaswani et al. 2017",
  "10.1007/978-3-319-71249-9_49": "Xia et al. 2017",
  "1805.02867": "Milakov and Gimelshein 2018",
  "1912.12180": "Ho et al. 2019",
  "2004.05150": "Beltagy et al. 2020",
  "2007.14062": "Zaheer et al. 2020",
  "2103.14899": "Chen et al. 2021",
  "2106.05786": "Lin et al. 2021",
  "2205.14135": "Dao et al. 2022",
  "2404.14327": "Cheng et al. 2024",
};

/** A row for each file of `lib/attention`, in the order in which to read them. A file's name is its key. */
export const ROWS: Record<string, Row> = {
  attention: {
    en: "General attention",
    ja: "注意機構",
    equation: "Normalize(F(q, K))·V",
    paper: "D-ATT",
  },
  "scaled-dot-product-attention": {
    en: "Scaled dot-product attention",
    ja: "スケール化内積注意",
    equation: "softmax(Q Kᵀ/√d_k) V",
    paper: "1706.03762",
  },
  "dot-product-attention": {
    en: "Dot-product attention",
    ja: "内積注意",
    equation: "softmax(Q Kᵀ) V",
    paper: "1508.04025",
  },
  "bilinear-attention": {
    en: "Bilinear attention",
    ja: "双線形注意",
    equation: "softmax(Q W_a Kᵀ) V",
    paper: "1508.04025",
  },
  "additive-attention": {
    en: "Additive attention",
    ja: "加法注意",
    equation: "v_aᵀ tanh(q W_a + k U_a)",
    paper: "1409.0473",
  },
  "concat-attention": {
    en: "Additive attention, FFN of concat",
    ja: "加法注意（連結形）",
    equation: "v_aᵀ tanh([q ‖ k] W_a)",
    paper: "1508.04025",
  },
  "hard-attention": {
    en: "Hard attention",
    ja: "ハード注意機構",
    equation: "v_{argmax_j F(q, k_j)}",
    paper: "1502.03044",
  },
  "self-attention": {
    en: "Self-attention",
    ja: "自己注意",
    equation: "Q, K, V from one source",
    paper: "1706.03762",
  },
  "cross-attention": {
    en: "Cross-attention",
    ja: "クロスアテンション",
    equation: "Q from one, K and V from another",
    paper: "1706.03762",
  },
  "target-target-attention": {
    en: "Target-target attention",
    ja: "ターゲット・ターゲット注意",
    equation: "self-attention with j < i",
    paper: "10.1007/978-3-319-71249-9_49",
  },
  "structured-self-attention": {
    en: "Structured self-attention",
    ja: "構造化自己注意",
    equation: "softmax((tanh(H W_s1) W_s2)ᵀ) H",
    paper: "1703.03130",
  },
  heads: {
    en: "Heads, split and fused",
    ja: "ヘッド",
    equation: "[W_1 ‖ … ‖ W_h]",
    paper: "1706.03762",
  },
  "multi-head-attention": {
    en: "Multi-head attention",
    ja: "マルチヘッド・アテンション",
    equation: "Concat(head_1, …, head_h) W^O",
    paper: "1706.03762",
  },
  "streaming-attention": {
    en: "Streaming attention, without a map",
    ja: "ストリーミング・アテンション",
    equation: "O' = O exp(m − m') + exp(S − m') V_b",
    paper: "1805.02867",
  },
  "streaming-multi-head-attention": {
    en: "Streaming multi-head attention",
    ja: "マップを作らないマルチヘッド・アテンション",
    equation: "Concat(head_1, …, head_h) W^O, block by block",
    paper: "2205.14135",
  },
  "parameter-free-attention": {
    en: "Parameter-free SA and CAT",
    ja: "パラメータなし注意",
    equation: "softmax(X Xᵀ/√d_x) X",
    paper: "D-CROSS",
  },
  "hybrid-sparse-attention": {
    en: "Hybrid sparse attention",
    ja: "ハイブリッド疎結合アテンション",
    equation: "softmax([S_local ‖ S_global])",
    paper: "D-GLOBAL",
  },
  "sparse-attention": {
    en: "Sparse attention along a graph",
    ja: "グラフに沿った疎な注意",
    equation: "softmax over N(i) of q_i · k_j/√d_k",
    paper: "2007.14062",
  },
  "longformer-attention": {
    en: "Longformer's attention",
    ja: "Longformer の注意",
    equation: "N(i) = window ∪ globals, two projection sets",
    paper: "2004.05150",
  },
  "big-bird-attention": {
    en: "BigBird's attention",
    ja: "BigBird の注意",
    equation: "N(i) = window ∪ globals ∪ random blocks",
    paper: "2007.14062",
  },
  "big-bird-graph-attention": {
    en: "BigBird's equation",
    ja: "BigBird の式",
    equation: "x_i + Σ_h softmax(Q_h(x_i) K_h(X_N(i))ᵀ) V_h(X_N(i))",
    paper: "2007.14062",
  },
  "attend-along": {
    en: "Attention along one axis",
    ja: "一軸に沿った注意",
    equation: "O_ℓ = Attention(Q_ℓ, K_ℓ, V_ℓ)",
    paper: "1912.12180",
  },
  "factorized-attention": {
    en: "Factorised attention, axis after axis",
    ja: "因子化注意（軸を順に）",
    equation: "MultiHead_lon(MultiHead_lat([Q_lat ‖ Q_lon] W_0))",
    paper: "2404.14327",
  },
  "parallel-factorized-attention": {
    en: "Factorised attention, axes added",
    ja: "因子化注意（両軸の和）",
    equation: "O_lat + O_lon",
    paper: "D-FACT",
  },
  "axial-attention": {
    en: "Axial attention",
    ja: "軸方向の注意",
    equation: "R(C(X)), C(R(X)) or C(X) + R(X)",
    paper: "1912.12180",
  },
  "grid-maps": {
    en: "The composed map of two axes",
    ja: "二軸を合成した注意マップ",
    equation: "R C, C R or C + R",
    paper: "D-FACT",
  },
  "class-token-attention": {
    en: "Class-token attention, CrossViT's fusion",
    ja: "クラストークンによる融合",
    equation: "x_cls + MultiHead(u_cls, u, u)",
    paper: "2103.14899",
  },
  "inner-patch-attention": {
    en: "CAT's attention inside patches, IPSA",
    ja: "パッチ内自己注意",
    equation: "MultiHead(T_t, T_t, T_t), tile by tile",
    paper: "2106.05786",
  },
  "cross-patch-attention": {
    en: "CAT's attention across patches, CPSA",
    ja: "パッチ間自己注意",
    equation: "MultiHead(Z_c, Z_c, Z_c), channel by channel",
    paper: "2106.05786",
  },
  "feature-map-attention": {
    en: "D-CROSS's own CAT, map by map",
    ja: "学習ノートの記述どおりの CAT",
    equation: "CAT(Z, Z, Z), rows of Z = SA(F_m)",
    paper: "D-CROSS",
  },
};

const HEADS = {
  en: "| mechanism | equation | file | copied: lines · size | source |\n| --- | --- | --- | ---: | --- |",
  ja: "| 機構 | 数式 | ファイル | 写したときの行数・大きさ | 出典 |\n| --- | --- | --- | ---: | --- |",
};

/** How much text a copy of a file is, header and all: `396 · 14 kB`. */
function sizeOf(path: string): string {
  const copy = copyOf([path]);
  return `${copy.split("\n").length - 1} · ${Math.round(Buffer.byteLength(copy) / 1000)} kB`;
}

/** Where a mechanism comes from: a paper with its address, or one of the documents. */
function sourceOf(paper: string): string {
  const name = PAPERS[paper];
  if (name === undefined) return paper;
  return `[${name}](https://${paper.startsWith("10.") ? "doi.org" : "arxiv.org/abs"}/${paper})`;
}

/** The rows as Markdown; problems are files without a row and rows without a file. */
export function table(language: "en" | "ja"): { text: string; problems: string[] } {
  const files = libraryFiles("lib/attention");
  const problems = [...files]
    .filter(([name]) => ROWS[name] === undefined)
    .map(([, path]) => `scripts/table.ts has no row for ${path}`);
  const lines: string[] = [];
  for (const [name, { en, ja, equation, paper }] of Object.entries(ROWS)) {
    const path = files.get(name);
    if (path === undefined) {
      problems.push(`scripts/table.ts has a row for ${name}, which is not in lib/attention`);
      continue;
    }
    const title = language === "en" ? `${en} ${ja}` : `${ja} ${en}`;
    const cells = [title, `\`${equation}\``, `[${basename(path)}](${path})`, sizeOf(path), sourceOf(paper)];
    lines.push(`| ${cells.join(" | ")} |`);
  }
  return { text: `${HEADS[language]}\n${lines.join("\n")}`, problems };
}

const MARKS = /(<!-- table of mechanisms: .*? -->\n)[\s\S]*?(<!-- end of table -->)/;

/** A README with today's table in it. */
export function withTable(readme: string, language: "en" | "ja"): string {
  if (!MARKS.test(readme)) throw new Error("a README has lost the marks around its table of mechanisms");
  return readme.replace(
    MARKS,
    (_, before: string, after: string) => `${before}${table(language).text}\n${after}`,
  );
}

export const README: Record<"en" | "ja", string> = { en: "README.md", ja: "README.ja.md" };

if (process.argv[1] !== undefined && basename(process.argv[1]) === "table.ts") {
  given({});
  for (const language of ["en", "ja"] as const) {
    const file = join(root, README[language]);
    writeFileSync(file, withTable(readFileSync(file, "utf8"), language));
  }
}
