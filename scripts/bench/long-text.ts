/**
 * One streaming attention over 65,536 tokens, along a window of radius 64 or over the past: its time and its
 * memory.
 */
import { StreamingAttention } from "../../lib/attention/streaming-attention.ts";
import { normal } from "./bench.ts";
import { slidingWindow } from "../../lib/graph/patterns.ts";

const T = 65536;
const [Q, K, V] = [normal(T, 64, 1), normal(T, 64, 2), normal(T, 64, 3)];
const seen = process.argv[2] === "window" ? { graph: slidingWindow(T, 64) } : { causal: 0 };
const small = { ...(seen.graph ? { graph: slidingWindow(512, 64) } : seen) };
const attention = new StreamingAttention();
const few = normal(512, 64, 1);
for (let warm = 0; warm < 20; warm++) attention.forward(few, few, few, small);

const output = (T * 64 * 4) / 1e6;
const before = process.memoryUsage.rss();
let most = before;
const cpu = process.cpuUsage();
attention.forward(Q, K, V, seen);
most = Math.max(most, process.resourceUsage().maxRSS * 1024);
const { user, system } = process.cpuUsage(cpu);
console.log(`${((user + system) / 1e6).toFixed(2)} s, ${((most - before) / 1e6 - output).toFixed(1)} MB`);
