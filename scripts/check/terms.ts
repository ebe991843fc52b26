/**
 * The words of the glossary: where a section of an English page has one of its terms three times or more, the same
 * section in Japanese has the glossary's word for it; and no Japanese page has another word for a term.
 */
import type { Check, Project } from "./project.ts";
import { sectionsOf } from "./languages.ts";

/** A row of the glossary. */
export interface Term {
  readonly english: readonly string[];
  readonly japanese: readonly string[];
}

/** Words that are in use elsewhere, and the glossary's. */
const RIVALS: readonly (readonly [string, string])[] = [
  ["クエリー", "クエリ"],
  ["ソフトマクス", "ソフトマックス"],
  ["多頭", "マルチヘッド"],
  ["自己アテンション", "自己注意"],
  ["セルフアテンション", "自己注意"],
  ["交差注意", "クロスアテンション"],
  ["相互注意", "クロスアテンション"],
  ["クロス注意", "クロスアテンション"],
  ["因子分解", "因子化"],
  ["因数化", "因子化"],
  ["分割注意", "因子化注意"],
  ["軸注意", "軸方向の注意"],
  ["残差結合", "残差接続"],
  ["層正規化", "レイヤー正規化"],
  ["レイヤ正規化", "レイヤー正規化"],
  ["フィードフォワード", "順伝播ネットワーク"],
  ["埋込", "埋め込み"],
  ["パッディング", "パディング"],
  ["大域トークン", "グローバルトークン"],
  ["広域トークン", "グローバルトークン"],
  ["スコアー", "スコア"],
  ["デコーダー", "デコーダ"],
  ["エンコーダー", "エンコーダ"],
  ["パラメーター", "パラメータ"],
  ["トランスフォーマー", "Transformer"],
];

/** The terms of the glossary's tables of words. */
export function termsOf(glossary: string): Term[] {
  const words = glossary.split("\n## Words\n")[1]?.split("\n## ")[0] ?? "";
  return [...words.matchAll(/^\| ([^|]+) \| ([^|]+) \| .*\|$/gm)]
    .filter(([, english]) => english !== "English" && english !== "---")
    .map(([, english, japanese]) => ({
      english: english!.split(/[,;] /).map((word) => word.replace(/\*|Luong's |Bahdanau's/g, "").trim()),
      japanese: japanese!.split(/[、（）]/).map(stem),
    }))
    .map(({ english, japanese }) => ({
      english: english.filter((word) => word !== "" && word !== "general" && word !== "concat"), // words of daily use
      japanese: japanese.filter((word) => word !== ""),
    }));
}

/** A word without its ending: 因子化 of 因子化注意, 因果 of 因果的. */
function stem(word: string): string {
  return word.replace(/(?<=.)(?:の注意|注意|的|ベクトル)$/, "");
}

/** What one page says in other words than the glossary. */
export function termProblems(file: string, english: string, japanese: string, terms: readonly Term[]): string[] {
  const theirs = sectionsOf(japanese);
  const missing = sectionsOf(english).flatMap(({ title, line, text }, s) => {
    const one = prose(`${title}\n${text}`);
    const other = prose(`${theirs[s]?.title}\n${theirs[s]?.text}`).toLowerCase();
    return terms.flatMap((term) => {
      const count = term.english.reduce((sum, word) => sum + timesOf(word, one), 0);
      if (count < 3 || term.japanese.some((word) => other.includes(word.toLowerCase()))) return [];
      const place = `${file}:${line} "${title}"`;
      return [`${place} has ${term.english[0]} ${count} times, the Japanese never ${term.japanese[0]}`];
    });
  });
  const rivals = RIVALS.flatMap(([rival, word]) => {
    const at = japanese.indexOf(rival);
    if (at < 0) return [];
    const line = japanese.slice(0, at).split("\n").length;
    return [`${file.replace(/\.md$/, ".ja.md")}:${line} has ${rival}; the glossary has ${word}`];
  });
  return [...missing, ...rivals];
}

/** Text without programs, code, links and notes. */
function prose(text: string): string {
  return text
    .replace(/^```[\s\S]*?^```$/gm, "")
    .replace(/<!--.*?-->/g, "")
    .replace(/\]\([^)]*\)/g, "]")
    .replace(/`[^`]*`/g, "");
}

/** How often a text has a word, in the singular or the plural. */
function timesOf(word: string, text: string): number {
  const plain = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const forms = plain.endsWith("y") ? `${plain.slice(0, -1)}(?:y|ies)` : `${plain}(?:s|es)?`;
  return [...text.matchAll(new RegExp(`(?<![\\w-])${forms}(?![\\w-])`, "gi"))].length;
}

export const terms: Check = {
  name: "words of the glossary",
  run: ({ pages, read }: Project) => {
    const glossary = termsOf(read("docs/glossary.md"));
    const problems = pages
      .filter(({ file }) => !file.endsWith(".ja.md") && !/glossary|sources/.test(file))
      .flatMap(({ file, text }) => {
        const other = pages.find((page) => page.file === file.replace(/\.md$/, ".ja.md"));
        return other === undefined ? [] : termProblems(file, text, other.text, glossary);
      });
    return { problems, figures: [`${glossary.length} terms`] };
  },
};
