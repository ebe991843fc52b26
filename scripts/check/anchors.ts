/**
 * Links to headings: the part after "#" is a heading of the page that the link leads to. And links into
 * docs/index.html: `go` is the id of a scene, in the language of the page that has the link.
 */
import type { Check, Project } from "./project.ts";
import { dirname, join } from "node:path";
import { sectionsOf } from "./languages.ts";

/** A heading's anchor, as GitHub makes it: small letters, no signs, hyphens for spaces, a number when repeated. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const { title } of sectionsOf(text)) {
    const plain = title.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const anchor = plain.toLowerCase().replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "").replace(/ /g, "-");
    let repeated = anchor;
    for (let n = 1; anchors.has(repeated); n++) repeated = `${anchor}-${n}`;
    anchors.add(repeated);
  }
  return anchors;
}

/** Links to headings that are not there. */
export function anchorProblems(pages: Project["pages"]): string[] {
  const anchors = new Map(pages.map(({ file, text }) => [file, anchorsOf(text)]));
  return pages.flatMap(({ file, text }) =>
    [...text.matchAll(/\]\(([^)\s#:]*)#([^)\s]+)\)/g)].flatMap(([, path, anchor]) => {
      const target = path === "" ? file : join(dirname(file), path!);
      const there = anchors.get(target);
      if (there === undefined || there.has(decodeURIComponent(anchor!))) return [];
      return [`${file} links to ${target}#${anchor}, and there is no such heading`];
    }),
  );
}

/** The ids of the scenes, as their files give them. */
export function scenesOf(scripts: Project["scripts"]): Set<string> {
  const files = scripts.filter(({ file }) => file.startsWith("scripts/page/scenes/"));
  return new Set(files.flatMap(({ text }) => [...text.matchAll(/^ {2}id: "([\w-]+)",$/gm)].map(([, id]) => id!)));
}

/** Links into the page that lead to no scene, or into the other language. */
export function sceneProblems(pages: Project["pages"], scenes: ReadonlySet<string>): string[] {
  return pages.flatMap(({ file, text }) =>
    [...text.matchAll(/index\.html#([^)\s]*)/g)].flatMap(([link, fragment]) => {
      const state = new URLSearchParams(fragment);
      const id = state.get("go");
      const language = state.get("lang") ?? "en";
      return [
        ...(id === null || scenes.has(id) ? [] : [`${file}: ${link} leads to no scene`]),
        ...(language === (file.endsWith(".ja.md") ? "ja" : "en") ? [] : [`${file}: ${link} opens another language`]),
      ];
    }),
  );
}

export const anchors: Check = {
  name: "links to headings and scenes",
  run: ({ pages, scripts }) => ({
    problems: [...anchorProblems(pages), ...sceneProblems(pages, scenesOf(scripts))],
  }),
};
