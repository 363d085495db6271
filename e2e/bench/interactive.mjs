// Milliseconds from navigation to a usable list of dossiers, each run in a browser context that has never been here.
// Started by `cargo xtask bench`; writes {"list": […], "floor": […]} on its output.
import { chromium } from "@playwright/test";

const url = process.env.CABREADY_BENCH_URL;
const runs = Number(process.env.CABREADY_BENCH_RUNS ?? 6);
const browser = await chromium.launch({
  executablePath: process.env.CABREADY_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
const list = [];
const floor = [];
try {
  for (let run = 0; run < runs; run += 1) {
    const context = await browser.newContext();
    // The cookie of a person who signed in earlier; nothing else of the client is there.
    const reply = await context.request.post(`${url}/api/v1/session`, {
      data: { email: process.env.CABREADY_BENCH_EMAIL, password: process.env.CABREADY_BENCH_PASSWORD },
    });
    if (!reply.ok()) throw new Error(`sign-in: ${reply.status()}`);
    const page = await context.newPage();
    await page.goto(`${url}/dossiers`, { waitUntil: "commit" });
    await page.waitForFunction(() => document.querySelectorAll("table tbody tr[data-row], table tbody tr").length >= 20);
    // Usable: the main thread answers again after the rows are there.
    const time = await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0))));
    list.push(time);
    await page.goto(`${url}/healthz`);
    floor.push(await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd));
    await context.close();
  }
} finally {
  await browser.close();
}
console.log(JSON.stringify({ list, floor }));
