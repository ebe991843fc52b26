/**
 * The Japanese of the pages: です・ます throughout, full-width marks between Japanese words, and no 変圧器 for
 * Transformer.
 *
 * A sentence that ends in a plain verb or in だ is a problem; one that ends in a noun is none (体言止め), nor is a
 * heading, a cell of a table or a lead in bold type. Code, links and formulas do not count.
 */
import type { Check, Source } from "./project.ts";

const JAPANESE = "[\\u3040-\\u30ff\\u3400-\\u9fff々ー]";
const POLITE = /(?:です|ます|でした|ました|ません|でしょう|ましょう|ください|ですね|ますね|か)$/;
/** Brackets around Japanese, and a mark behind it; "(n_q, d_k)" is a shape and stays as it is. */
const HALF = new RegExp(
  `\\([^()]*${JAPANESE}[^()]*\\)|\\([^()（）]*）|（[^()（）]*\\)|${JAPANESE}[,.;:!?](?=\\s|$|${JAPANESE})`,
);

/** What one Japanese page says in another style. */
export function japaneseProblems({ file, text }: Source): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, (block) => block.replace(/[^\n]/g, ""));
  return prose.split("\n").flatMap((line, n) => {
    if (line.startsWith("    ") || line.startsWith("<")) return [];
    const plain = line
      .replace(/<!--.*?-->/g, "")
      .replace(/\]\([^)]*\)/g, "]")
      .replace(/\$[^$]*\$|`[^`]*`/g, "x");
    const place = `${file}:${n + 1}`;
    const half = HALF.exec(plain);
    const spoken = plain.replace(/\*\*[^*]*\*\*/g, "").replace(/（[^（）]*）/g, "");
    const sentences = /^[|#!]/.test(line) ? [] : spoken.split("。").slice(0, -1);
    const blunt = sentences.map((sentence) => sentence.replace(/[」）)\]*_\s]+$/, "")).filter(isBlunt);
    return [
      ...(plain.includes("変圧器") ? [`${place} has 変圧器; write Transformer`] : []),
      ...(half === null ? [] : [`${place} has a half-width mark beside Japanese: ${around(plain, half.index)}`]),
      ...blunt.map((sentence) => `${place} does not end in です or ます: …${sentence.slice(-20)}。`),
    ];
  });
}

/** Whether a sentence ends in a plain verb, an adjective or だ. */
function isBlunt(sentence: string): boolean {
  return /(?:[うくぐすぬぶむるたい]|[持待立保]つ|(?<!あい)だ)$/.test(sentence) && !POLITE.test(sentence);
}

/** The words around a place. */
function around(text: string, place: number): string {
  return text.slice(Math.max(0, place - 10), place + 12);
}

export const japanese: Check = {
  name: "Japanese",
  run: ({ pages }) => {
    const ours = pages.filter(({ file }) => file.endsWith(".ja.md"));
    return { problems: ours.flatMap(japaneseProblems), figures: [`${ours.length} pages`] };
  },
};
