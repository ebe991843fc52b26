/** Steps that are walked by a slider, by buttons, or that play by themselves. */
import type { Mark } from "../mark.ts";
import type { Context, Words } from "../scene.ts";
import { html } from "../mark.ts";
import { slider } from "./controls.ts";

const STEPPING_WORDS = {
  less: { en: "one back", ja: "一つ戻る" },
  more: { en: "one on", ja: "一つ進む" },
  play: { en: "play", ja: "再生" },
} as const satisfies Words;

/** The play that runs; any other step, or another play, ends it. */
const playing = { run: 0 };

/** A slider from 0 to `most` with buttons beside it; a play begins at 0 and ends at `last`. */
export function stepping(
  { say }: Pick<Context, "say">,
  look: {
    readonly id: string;
    readonly name: string;
    readonly label: string;
    readonly value: number;
    readonly most: number;
    readonly last?: number;
    readonly shown?: string;
    readonly change: (value: number) => void;
  },
): Mark {
  const { id, name, value, most, last = most, change } = look;
  const to = (next: number): void => {
    playing.run++;
    change(Math.min(most, Math.max(0, next)));
  };
  const play = (): void => {
    const run = ++playing.run;
    const next = (at: number): void => {
      if (run !== playing.run) return;
      change(at);
      if (at < last) setTimeout(() => next(at + 1), 900);
    };
    next(0);
  };
  const button = (which: keyof typeof STEPPING_WORDS, onclick: () => void): Mark =>
    html("button", { type: "button", id: `${id}-${which}`, class: which, onclick }, say(STEPPING_WORDS[which]));
  const shown = look.shown === undefined ? {} : { shown: look.shown };
  return html(
    "div",
    { class: "controls", role: "group", "aria-label": look.label },
    slider({ id: `${id}-${name}`, label: look.label, min: 0, max: most, value, change: to, ...shown }),
    html(
      "div",
      { class: "choices" },
      button("less", () => to(value - 1)),
      button("more", () => to(value + 1)),
      button("play", play),
    ),
  );
}
