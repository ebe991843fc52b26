/** `npm run page`: writes docs/index.html. */
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { page } from "./page/build.ts";
import { root } from "./copy/join.ts";

const begun = performance.now();
const text = page();
writeFileSync(join(root, "docs/index.html"), text);
const bytes = Buffer.byteLength(text);
const took = Math.round(performance.now() - begun);
console.log(`docs/index.html: ${bytes} bytes, ${gzipSync(text).length} gzipped, ${took} ms`);
