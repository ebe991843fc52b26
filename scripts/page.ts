/** `npm run page`: writes docs/index.html and the figures beside it. */
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { figures } from "./page/svg.ts";
import { given } from "./given.ts";
import { page } from "./page/build.ts";
import { root } from "./copy/join.ts";

given({});
const begun = performance.now();
const text = page();
writeFileSync(join(root, "docs/index.html"), text);
const bytes = Buffer.byteLength(text);
const took = Math.round(performance.now() - begun);
console.log(`docs/index.html: ${bytes} bytes, ${gzipSync(text).length} gzipped, ${took} ms`);
mkdirSync(join(root, "docs/figures"), { recursive: true });
for (const [name, picture] of figures()) writeFileSync(join(root, "docs/figures", name), picture);
console.log(`docs/figures: ${[...figures().keys()].join(", ")}`);
