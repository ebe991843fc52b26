import { readFileSync } from "node:fs";
import type { Random } from "../../lib/matrix.ts";
import type { Safetensors } from "../../lib/checkpoints/safetensors.ts";
import { readSafetensors } from "../../lib/checkpoints/safetensors.ts";

/** The trained translator's file. */
export function datesFile(): Safetensors {
  return readSafetensors(
    readFileSync(new URL("../../scripts/data/dates-bahdanau.safetensors", import.meta.url)),
  );
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

interface Day {
  readonly y: number;
  readonly m: number;
  readonly d: number;
  readonly iso: string;
  readonly month: string;
  readonly weekday: string;
}

const two = (n: number): string => String(n).padStart(2, "0");
const ordinal = (d: number): string =>
  d + (d > 10 && d < 14 ? "th" : (["th", "st", "nd", "rd"][d % 10] ?? "th"));

/**
 * The Japanese year: 令和 from 1 May 2019, 平成 from 8 January 1989, before that 昭和; an era's first year is 元年.
 */
export function eraYear(y: number, m: number, d: number): string {
  const date = 10000 * y + 100 * m + d;
  const [era, first] =
    date >= 20190501
      ? (["令和", 2019] as const)
      : date >= 19890108
        ? (["平成", 1989] as const)
        : (["昭和", 1926] as const);
  return `${era}${y === first ? "元" : y - first + 1}年`;
}

/**
 * The ten forms. Seven stand among the examples in the file's metadata. The eras and the points follow from
 * its vocabulary, which has 昭和, 平成, 令和, 元 and "."; the short month without a weekday is the tenth that the
 * model reads without a mistake.
 */
export const FORMS: Record<string, (day: Day) => { text: string; year: string }> = {
  "June 27, 2022": ({ y, d, month }) => ({ text: `${month} ${d}, ${y}`, year: `${y}` }),
  "Jun 27, 2022": ({ y, d, month }) => ({ text: `${month.slice(0, 3)} ${d}, ${y}`, year: `${y}` }),
  "27 June 2022": ({ y, d, month }) => ({ text: `${d} ${month} ${y}`, year: `${y}` }),
  "Mon 27 June 2022": ({ y, d, month, weekday }) => ({
    text: `${weekday.slice(0, 3)} ${d} ${month} ${y}`,
    year: `${y}`,
  }),
  "Monday, 27 Jun 2022": ({ y, d, month, weekday }) => ({
    text: `${weekday}, ${d} ${month.slice(0, 3)} ${y}`,
    year: `${y}`,
  }),
  "the 27th of June 2022": ({ y, d, month }) => ({
    text: `the ${ordinal(d)} of ${month} ${y}`,
    year: `${y}`,
  }),
  "2022/6/27": ({ y, m, d }) => ({ text: `${y}/${m}/${d}`, year: `${y}` }),
  "27.06.2022": ({ y, m, d }) => ({ text: `${two(d)}.${two(m)}.${y}`, year: `${y}` }),
  "2022年6月27日": ({ y, m, d }) => ({ text: `${y}年${m}月${d}日`, year: `${y}年` }),
  令和4年6月27日: ({ y, m, d }) => ({ text: `${eraYear(y, m, d)}${m}月${d}日`, year: eraYear(y, m, d) }),
};

/** Any day from 1950 to 2049. */
export function anyDay(random: Random): Day {
  const date = new Date(Date.UTC(1950, 0, 1) + Math.floor(random() * 36525) * 86400000);
  const [y, m, d] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
  return {
    y,
    m,
    d,
    iso: `${y}-${two(m)}-${two(d)}`,
    month: MONTHS[m - 1]!,
    weekday: DAYS[date.getUTCDay()]!,
  };
}
