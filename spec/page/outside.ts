/** What stands around a view where there is no browser. */
import type { Outside } from "../../scripts/page/context.ts";
import { atlasInPage } from "../../scripts/atlas/in-page.ts";
import { pageData, shownAtPlace } from "../../scripts/page/build.ts";

const data = pageData();

/** The page's own sources, data and atlas; what a reader changes or takes along goes nowhere, but for `own`. */
export function outsideWith(own: Partial<Outside> = {}): Outside {
  return {
    change: () => {},
    share: () => {},
    save: () => {},
    shown: shownAtPlace,
    copy: () => "",
    data: (name) => data.get(name)!,
    atlas: atlasInPage,
    ...own,
  };
}
