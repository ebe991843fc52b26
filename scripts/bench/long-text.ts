/**
 * One streaming attention over 65,536 tokens, along a window of radius 64 or over the past: its time and its
 * memory, which a second thread reads every other millisecond, above what the process holds before.
 */
import { StreamingAttention } from "../../lib/attention/streaming-attention.ts";
import { Worker } from "node:worker_threads";
import { normal } from "./bench.ts";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { slidingWindow } from "../../lib/graph/patterns.ts";

const T = 65536;
const [Q, K, V] = [normal(T, 64, 1), normal(T, 64, 2), normal(T, 64, 3)];
const seen = process.argv[2] === "window" ? { graph: slidingWindow(T, 64) } : { causal: 0 };
const small = { ...(seen.graph ? { graph: slidingWindow(512, 64) } : seen) };
const attention = new StreamingAttention();
const few = normal(512, 64, 1);
for (let warm = 0; warm < 20; warm++) attention.forward(few, few, few, small);

const WATCH = `
const { workerData, parentPort } = require("node:worker_threads");
const look = () => { workerData[0] = Math.max(workerData[0], process.memoryUsage.rss()); };
setInterval(look, 2);
parentPort.postMessage("ready");`;
const most = new Float64Array(new SharedArrayBuffer(8));
const watch = new Worker(WATCH, { eval: true, workerData: most });
await once(watch, "message");
for (let time = 0; time < 3; time++) {
  globalThis.gc?.();
  await pause(100); // what was collected is given back beside the run
}
const before = process.memoryUsage.rss();
most[0] = before;
const cpu = process.cpuUsage();
const { output } = attention.forward(Q, K, V, seen);
const { user, system } = process.cpuUsage(cpu);
await watch.terminate();
const above = (Math.max(most[0], process.memoryUsage.rss()) - before - 4 * output.data.length) / 1e6;
console.log(`${((user + system) / 1e6).toFixed(2)} s, ${above.toFixed(1)} MB`);
