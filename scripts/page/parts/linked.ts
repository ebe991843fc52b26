/** Equations beside the code that computes them: both are read from lib, and light up together by number. */
import type { Child, Mark } from "../mark.ts";
import type { Context, SourcePlace, Words } from "../scene.ts";
import type { Phrase } from "../state.ts";
import { html, math } from "../mark.ts";

const LINKED_WORDS = {
  code: { en: "the code that ran, checks left out:", ja: "いま動いたコード（検査は省略）：" },
  copy: { en: "Copy this file", ja: "このファイルを保存" },
  spec: { en: "Copy as spec", ja: "テストとして保存" },
} as const satisfies Words;

/** A token of an equation as a docstring writes it: a letter with its indices, a number, space, or a sign. */
const PIECE = new RegExp(
  [
    /([A-Za-zΑ-Ωα-ω]+['′]?)/u.source,
    /(?:_(\{[^}]*\}|\([^)]*\)|[A-Za-z0-9]+(?:,[a-z](?![A-Za-z]))?))?/u.source,
    /(?:\^(\{[^}]*\}|[A-Za-z0-9]+))?|(\d+(?:\.\d+)?)|\s+|(.)/u.source,
  ].join(""),
  "gu",
);

/** An equation in letters as MathML: `Q W_i^Q` gets its indices, `√` stays an operator. */
export function typeset(text: string): Mark {
  const parts: Mark[] = [];
  // whether a letter follows that stands below what is closed before it, as in ‖A‖_F
  let lowered = false;
  for (const [piece, name, below, above, number, sign] of text.matchAll(PIECE)) {
    if (name !== undefined && lowered) parts.push(math("msub", {}, parts.pop()!, lettered(name, below, above)));
    else if (name !== undefined) parts.push(lettered(name, below, above));
    else if (number !== undefined) parts.push(math("mn", {}, number));
    else if (piece !== undefined && /^\s+$/.test(piece)) parts.push(math("mspace", { width: "0.28em" }));
    else if (sign === "ᵀ" || sign === "²") {
      const base = parts.pop() ?? math("mi", {});
      parts.push(math("msup", {}, base, sign === "²" ? math("mn", {}, "2") : math("mo", {}, "⊤")));
    } else if (sign !== undefined && sign !== "_") parts.push(math("mo", { stretchy: "false" }, sign));
    lowered = sign === "_" && parts.length > 0;
  }
  return math("math", { display: "block" }, math("mrow", {}, ...parts));
}

/** A piece of an equation that is longer may not fit into its column. */
const LONG_PIECE = 24;

/**
 * The pieces between which an equation may break: after a comma or colon with room, before "=", "+" and words; a
 * long piece after any comma, before any sign and any word, but not within braces.
 */
function chunksOf(text: string): string[] {
  const words = "where|for|after|in|if|and|only";
  const loose = new RegExp(`(?<=[,:;]) {2,}|(?<=\\)) +(?== )| +(?== \\w{4,})| +(?=(?:${words}) )| +(?=\\+ )`);
  const tight = /(?:(?<=,) +(?!…)|(?<![=−/∪]) +(?=[=−/∪] |[a-z]{2,}(?![\w^])))(?![^{]*\})/;
  return text
    .split(loose)
    .flatMap((piece) => (piece.length > LONG_PIECE ? piece.split(tight) : [piece]));
}

function lettered(name: string, below: string | undefined, above: string | undefined): Mark {
  const kind = /^[qk]'?$|^[QKV]'?$|^v'?$/.test(name) ? name[0]!.toLowerCase() : undefined;
  const base = math(
    name.length > 1 && /^[A-Za-z]{2,}$/.test(name) ? "mtext" : "mi",
    { class: kind },
    name.replace("'", "′"),
  );
  const bare = (script: string): Mark => {
    const text = script.replace(/^[{(]|[})]$/g, "");
    return math(/^\d+$/.test(text) ? "mn" : text.length > 1 ? "mtext" : "mi", {}, text);
  };
  if (below !== undefined && above !== undefined) return math("msubsup", {}, base, bare(below), bare(above));
  if (below !== undefined) return math("msub", {}, base, bare(below));
  return above === undefined ? base : math("msup", {}, base, bare(above));
}

/** A line of code, its equation's number set apart. */
function codeLine(line: string, suffix: string): Mark {
  const found = /^(.*?)\s*\/\/ +((?:\(\w+\) *)+)(.*)$/.exec(line);
  if (found === null) return html("span", { class: "line" }, `${line}\n`);
  const [, code, numbers, shape] = found;
  const all = numbers!.match(/\w+/g)!.map((number) => number + suffix);
  const mark = html("em", {}, `  // ${numbers}${shape}`.trimEnd());
  return html("span", { class: "line", "data-eq": all.join(" "), tabindex: 0 }, code!, mark, "\n");
}

/** The panel of a scene: a list of equations and a block of code for each of its places. */
export function linkedPanel(
  context: Context,
  places: readonly SourcePlace[],
  notes: Readonly<Record<string, Phrase>>,
  spec: (() => string) | undefined,
): Mark {
  const { say, save } = context;
  const block = (place: SourcePlace, n: number): Mark => {
    const { equations, code } = context.shown(place);
    // the steps of a scene light up with its first place
    const suffix = n === 0 ? "" : `.${n}`;
    const item = ({ text, number }: { text: string; number: string }): Mark => {
      const note = n === 0 ? notes[number] : undefined;
      return html(
        "li",
        { tabindex: 0, "data-eq": number + suffix },
        html("div", { class: "terms" }, ...chunksOf(text).map(typeset)),
        html("span", { class: "number" }, `(${number})`),
        html("small", {}, note === undefined ? "" : say(note)),
      );
    };
    const file = place.path.replace(/^.*\//, "");
    const buttons: Child[] = [
      html(
        "button",
        {
          type: "button",
          class: "plain copy",
          onclick: () => save({ name: file, type: "text/plain", text: context.copy(place) }),
        },
        say(LINKED_WORDS.copy),
      ),
    ];
    if (n === 0 && spec !== undefined) {
      const name = `${context.id}.spec.ts`;
      buttons.push(
        html(
          "button",
          {
            type: "button",
            class: "plain spec",
            onclick: () => save({ name, type: "text/plain", text: spec() }),
          },
          say(LINKED_WORDS.spec),
        ),
      );
    }
    return html(
      "div",
      { class: "linked" },
      html("ol", { class: "equations" }, ...equations.map(item)),
      html(
        "div",
        {},
        html(
          "details",
          { class: "code", open: n === 0 },
          html("summary", {}, say(LINKED_WORDS.code), " ", html("code", {}, `${place.path} · ${place.name}`)),
          html(
            "pre",
            { tabindex: 0, "aria-label": place.path },
            html("code", {}, ...code.split("\n").map((line) => codeLine(line, suffix))),
          ),
        ),
        html("p", { class: "takes" }, ...buttons),
      ),
    );
  };
  return html("div", { class: "sources" }, ...places.map(block));
}
