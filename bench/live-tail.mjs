// The log explorer while a thousand lines a second come in, in Chromium before a real server: what the
// page's main thread works, how long it stands still, what it holds in memory, and whether every line is
// shown or counted as left out.
// The interface is the one that was built last (`npm run build`). `--seconds N` (default 20), `--rate N`
// lines a second (default 1000), `--json`.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chromium } from "playwright-core";
import { startSeaworthy } from "./write-targets.mjs";

const CHROMIUM = "/usr/bin/chromium";
if (!existsSync(CHROMIUM)) {
  process.stderr.write("Chromium is not installed (apt-get install chromium)\n");
  process.exit(2);
}
const json = process.argv.includes("--json");
const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const SECONDS = option("--seconds", 20);
const RATE = option("--rate", 1000);
const TOKEN = "benchmark-token-0123456789abcdef";
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
/** Lines that the page keeps. */
const KEPT = 5000;

const folder = await mkdtemp(join(tmpdir(), "seaworthy-live-tail-"));
const { child, url } = await startSeaworthy(join(folder, "seaworthy"), { token: TOKEN });
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
});

async function post(path, body) {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}

let sent = 0;
const lineOf = (n) =>
  `level=${n % 50 === 0 ? "error" : "info"} msg="request done" n=${n} route=/products/${n % 40} status=200 duration=${n % 97}ms trace_id=${TRACE}`;

/** Sends lines in ten pushes a second. */
async function sendLines() {
  const began = performance.now();
  const every = RATE / 10;
  while (sent < RATE * SECONDS) {
    const now = BigInt(Date.now()) * 1_000_000n;
    const values = Array.from({ length: every }, (_, i) => [
      String(now + BigInt(i)),
      lineOf(sent + i),
    ]);
    sent += every;
    await post("/loki/api/v1/push", { streams: [{ stream: { app: "live" }, values }] });
    const due = began + (sent / RATE) * 1000;
    if (due > performance.now()) await delay(due - performance.now());
  }
}

/** Measures a page from now on; `end` answers main thread ms, the longest pause between frames and heap MiB. */
async function measure(page) {
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable");
  const read = async () => {
    const { metrics } = await client.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  await page.evaluate(() => {
    globalThis.pauses = [];
    globalThis.long = [];
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) globalThis.long.push(duration);
    }).observe({ entryTypes: ["longtask"] });
    let last = performance.now();
    const frame = (now) => {
      globalThis.pauses.push(now - last);
      last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  const before = await read();
  return async () => {
    const after = await read();
    const { pauses, long } = await page.evaluate(() => ({
      pauses: globalThis.pauses,
      long: globalThis.long,
    }));
    await client.send("HeapProfiler.collectGarbage");
    const { JSHeapUsedSize } = await read();
    pauses.sort((a, b) => a - b);
    return {
      work: (after.TaskDuration - before.TaskDuration) * 1000,
      pause: pauses.at(-1) ?? 0,
      p99: pauses[Math.floor(pauses.length * 0.99)] ?? 0,
      long: long.length,
      longest: Math.max(0, ...long),
      heap: JSHeapUsedSize / 1024 / 1024,
    };
  };
}

function print(name, unit, ours) {
  const nothing = { peer: null, peerName: null, limit: null, ratio: null };
  process.stdout.write(
    json
      ? `${JSON.stringify({ bench: "live-tail", case: name, unit, ours, ...nothing })}\n`
      : `${name.padEnd(48)} ${ours.toFixed(0).padStart(8)} ${unit}\n`,
  );
}

try {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(`${url}/sign-in#token=${TOKEN}`);
  const skip = page.getByRole("button", { name: /skip|later|not now/i });
  const overview = page.getByRole("link", { name: "Overview" }).first();
  await skip.or(overview).first().waitFor();
  if (await skip.isVisible()) await skip.click();
  await overview.waitFor();

  await page.goto(`${url}/explore/logs?q=${encodeURIComponent('{app="live"}')}&follow=`);
  await page.getByText("Following", { exact: true }).waitFor();
  const ended = await measure(page);
  await sendLines();
  // What was drawn last is the last line: nothing comes after it.
  await page
    .getByText(`n=${sent - 1} `)
    .first()
    .waitFor();
  const ours = await ended();
  const leftOut = sent <= KEPT ? 0 : await page.getByText(/lines left out$/).textContent();
  const counted = Number(String(leftOut).replaceAll(/\D/g, "")) + Math.min(sent, KEPT);
  if (!json)
    process.stdout.write(`load ${loadavg()[0].toFixed(1)}; ${RATE} lines/s for ${SECONDS} s\n`);
  print("follow: main thread for each second of lines", "ms", ours.work / SECONDS);
  print("follow: longest pause between frames", "ms", ours.pause);
  print("follow: 99th percentile between frames", "ms", ours.p99);
  print("follow: tasks of more than 50 ms", "tasks", ours.long);
  print("follow: heap at the end", "MiB", ours.heap);
  print("follow: lines neither shown nor counted", "lines", sent - counted);
} finally {
  await browser.close();
  child.kill("SIGTERM");
  await new Promise((resolve) => child.once("exit", resolve));
  await rm(folder, { recursive: true, force: true });
}
