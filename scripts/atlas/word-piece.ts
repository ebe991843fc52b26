/** WordPiece, the tokenizer of BERT and its kin: a vocabulary of words and of pieces that go on ("##"). */

/** A longer word is unknown as a whole, as in the published code. */
const LONGEST = 100;

/** What a vocabulary makes of a text. */
export interface WordPiece {
  /** The tokens' numbers, between [CLS] and [SEP]. */
  encode(text: string): number[];
  /** A token as it stands in the vocabulary. */
  word(token: number): string;
  /** How many tokens it has. */
  readonly size: number;
  /** Which of the tokens that every text needs it does not have. */
  readonly missing: readonly string[];
}

/** Reads a vocab.txt: a token a line. `lower`: whether case and accents are dropped first. */
export function wordPiece(vocabulary: string, lower: boolean): WordPiece {
  const words = vocabulary.replace(/^\uFEFF/, "").replace(/\r/g, "").replace(/\n+$/, "").split("\n");
  const tokens = new Map(words.map((word, token) => [word, token] as const));
  const special = (word: string): number[] => (tokens.has(word) ? [tokens.get(word)!] : []);
  const pieces = (word: string): number[] => {
    const letters = Array.from(word);
    if (letters.length > LONGEST) return special("[UNK]");
    const found: number[] = [];
    for (let begin = 0; begin < letters.length;) {
      let end = letters.length;
      const piece = (): string => (begin === 0 ? "" : "##") + letters.slice(begin, end).join("");
      while (end > begin && !tokens.has(piece())) end--;
      if (end === begin) return special("[UNK]");
      found.push(tokens.get(piece())!);
      begin = end;
    }
    return found;
  };
  return {
    encode: (text) => [...special("[CLS]"), ...basicWords(text, lower).flatMap(pieces), ...special("[SEP]")],
    word: (token) => words[token] ?? String(token),
    size: words.length,
    missing: ["[UNK]", "[CLS]", "[SEP]"].filter((word) => !tokens.has(word)),
  };
}

/** Words between spaces; each punctuation mark and each Chinese character is a word of its own. */
function basicWords(text: string, lower: boolean): string[] {
  const plain = lower ? text.toLowerCase().normalize("NFD").replace(/\p{Mn}/gu, "") : text.normalize("NFC");
  const apart = plain
    .replace(/[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2FA1F}]/gu, " $& ")
    .replace(/[!-/:-@[-`{-~]|\p{P}/gu, " $& ");
  return apart.split(/\s+/u).filter((word) => word !== "");
}
