/** A sentence with arcs from one word to all that it looks at. */
import type { Context, Words } from "../scene.ts";
import type { Mark } from "../mark.ts";
import { html, svg } from "../mark.ts";
import { isCJK, widthOfWord } from "./numbers.ts";

export interface ArcsLook {
  readonly words: readonly string[];
  /** The row of each head; the shown one is drawn full, the others faint behind it. */
  readonly rows: readonly ArrayLike<number>[];
  readonly shown: number;
  readonly query: number;
  readonly key: number;
  readonly label: string;
  readonly choose?: (query: number) => void;
}

const LETTER = 21;

/** The picture alone: arcs as thick as their weights. */
export function arcsPicture(look: ArcsLook): { picture: Mark; width: number; height: number } {
  const { words, rows, shown, query, key, label } = look;
  const gap = words.some(isCJK) ? 9 : 13;
  const wide = words.map((word) => widthOfWord(word) * LETTER + 2);
  const middle: number[] = [];
  let at = 4;
  for (const w of wide) {
    middle.push(at + w / 2);
    at += w + gap;
  }
  const reach = Math.max(...middle.map((x) => Math.abs(x - middle[query]!)));
  const high = Math.min(150, 26 + 0.34 * reach);
  const floor = high + 6;
  const path = (j: number): string => {
    const [a, b] = [middle[query]!, middle[j]!];
    const numbers =
      j === query
        ? [a - 6, floor, a - 20, floor - 34, a + 20, floor - 34, a + 6, floor]
        : bent(a, b, floor, Math.min(high, 20 + 0.34 * Math.abs(b - a)) * 1.32);
    const [x, y, ...rest] = numbers.map((x) => x.toFixed(1));
    return `M ${x} ${y} C ${rest.join(" ")}`;
  };
  const arc = (j: number, w: number, name: string, thick: number): Mark =>
    svg("path", {
      d: path(j),
      class: `arc ${name}`,
      "stroke-width": w <= 0.004 ? 0 : (0.6 + thick * w).toFixed(2),
    });
  const faint = rows.flatMap((row, m) =>
    m === shown ? [] : words.map((_, j) => arc(j, row[j]!, "faint", 9)),
  );
  const full = words.map((_, j) => arc(j, rows[shown]![j]!, j === key ? "on" : "", 15));
  const text = (word: string, t: number): Mark =>
    svg(
      "text",
      {
        x: middle[t]!.toFixed(1),
        y: (floor + LETTER + 3).toFixed(1),
        class: `word${t === query ? " q" : ""}${t === key ? " k" : ""}`,
        "data-value": t,
      },
      word,
    );
  const [width, height] = [at - gap + 4, floor + LETTER + 12];
  const attributes = {
    viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`,
    role: "img",
    "aria-label": label,
  };
  const { choose } = look;
  const onclick =
    choose && (({ value }: { value: string }): void => void (value !== "" && choose(Number(value))));
  const picture = svg(
    "svg",
    { ...attributes, "--wide": width.toFixed(0), onclick },
    ...faint,
    ...full,
    ...words.map(text),
  );
  return { picture, width, height };
}

function bent(a: number, b: number, floor: number, lift: number): number[] {
  return [a, floor, a + (b - a) * 0.12, floor - lift, b - (b - a) * 0.12, floor - lift, b, floor];
}

/** So many words stand in one line; of a longer sentence those around the query. */
const ARC_WORDS = 32;

const ARC_TEXT = {
  part: {
    en: "words {a} to {b} of {n}, those around the query; the map below has all",
    ja: "{n} 語のうち、クエリのまわりの {a}〜{b} 語目です。全部は下の地図にあります。",
  },
} as const satisfies Words;

/** Where the stretch of a sentence begins that stands in one line. */
function startOf({ words, query }: ArcsLook): number {
  const n = words.length;
  return n <= ARC_WORDS ? 0 : Math.max(0, Math.min(n - ARC_WORDS, query - ARC_WORDS / 2));
}

/** The words around the query, as many as stand in one line. */
export function stretchOf(look: ArcsLook): ArcsLook {
  const { words, rows, query, key, choose } = look;
  const from = startOf(look);
  const to = from + ARC_WORDS;
  return {
    ...look,
    words: words.slice(from, to),
    rows: rows.map((row) => Array.from(row).slice(from, to)),
    query: query - from,
    key: key - from,
    ...(choose === undefined ? {} : { choose: (at: number) => choose(at + from) }),
  };
}

/** The picture in a box that scrolls sideways where it must. */
export function arcs(context: Pick<Context, "say">, look: ArcsLook): Mark {
  const n = look.words.length;
  const from = startOf(look);
  return html(
    "div",
    { class: "scroll arcs" },
    arcsPicture(stretchOf(look)).picture,
    html(
      "p",
      { class: "note" },
      n <= ARC_WORDS ? "" : context.say(ARC_TEXT.part, { a: from + 1, b: Math.min(n, from + ARC_WORDS), n }),
    ),
  );
}
