/** What a reader operates. */
import type { Child, Mark } from "../mark.ts";
import { html } from "../mark.ts";

export interface SliderLook {
  readonly id: string;
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  readonly shown?: string;
  readonly change: (value: number) => void;
}

/** A slider with its name before it and its value behind it. */
export function slider({ id, label, min, max, value, shown = String(value), change }: SliderLook): Mark {
  const oninput = ({ value: given }: { value: string }): void => change(Number(given));
  const range = { type: "range", id, min, max, step: 1, value, "aria-valuetext": shown, oninput };
  return html(
    "label",
    { class: "slider", for: id },
    html("span", {}, label),
    html("input", range),
    html("output", { for: id }, shown),
  );
}

/** A few choices side by side, of which one is taken. */
export function choices<T extends string>(look: {
  readonly id: string;
  readonly label: string;
  readonly value: T;
  readonly among: readonly { readonly value: T; readonly say: string }[];
  readonly change: (value: T) => void;
}): Mark {
  const button = ({ value, say }: { value: T; say: string }): Mark =>
    html(
      "button",
      {
        type: "button",
        "data-value": value,
        "aria-pressed": String(value === look.value),
        onclick: () => look.change(value),
      },
      say,
    );
  return html(
    "div",
    { id: look.id, class: "choices", role: "group", "aria-label": look.label },
    html("span", {}, look.label),
    ...look.among.map(button),
  );
}

/** A box to tick. */
export function tick(id: string, label: string, value: boolean, change: (value: boolean) => void): Mark {
  const box = html("input", { type: "checkbox", id, checked: value, onchange: () => change(!value) });
  return html("label", { class: "tick", for: id }, box, html("span", {}, label));
}

/** Words as buttons, of which any may be pressed. */
export function tokens(look: {
  readonly id: string;
  readonly label: string;
  readonly words: readonly string[];
  readonly on: readonly number[];
  readonly change: (on: readonly number[]) => void;
}): Mark {
  const { on, words } = look;
  const turned = (t: number): readonly number[] =>
    on.includes(t) ? on.filter((g) => g !== t) : [...on, t].sort((a, b) => a - b);
  const button = (word: string, t: number): Mark =>
    html(
      "button",
      {
        type: "button",
        class: "token",
        "data-value": t,
        "aria-pressed": String(on.includes(t)),
        onclick: () => look.change(turned(t)),
      },
      word,
    );
  return html(
    "div",
    { id: look.id, class: "tokens", role: "group", "aria-label": look.label },
    ...words.map(button),
  );
}

/** The controls of a scene in one place. */
export function controls(...children: readonly Child[]): Mark {
  return html("div", { class: "controls" }, ...children);
}

/** A change that is wrong on purpose: what it is, and where the field met it. */
export interface Mistake<T extends string> {
  readonly value: T;
  readonly say: string;
  /** What goes wrong, once it is on. */
  readonly then: string;
  /** Its number in docs/pitfalls.md, and the spec that holds it. */
  readonly pitfall: string;
  readonly spec: string;
}

/** Switches that swap one function of the page's model, never of lib; one at a time. */
export function wrongOnPurpose<T extends string>(look: {
  readonly id: string;
  readonly label: string;
  readonly right: T;
  readonly rightSay: string;
  readonly value: T;
  readonly mistakes: readonly Mistake<T>[];
  readonly change: (value: T) => void;
}): Mark {
  const on = look.mistakes.find(({ value }) => value === look.value);
  const among = [{ value: look.right, say: look.rightSay }, ...look.mistakes];
  const told = on === undefined ? [] : [on.then, " ", html("code", {}, `${on.pitfall} · ${on.spec}`)];
  return html(
    "div",
    { class: `mistakes${on === undefined ? "" : " on"}` },
    choices({ id: look.id, label: look.label, value: look.value, among, change: look.change }),
    html("p", { class: "told", role: "status" }, ...told),
  );
}
