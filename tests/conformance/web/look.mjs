// Opens pages in a real browser and says what it saw: node look.mjs BROWSER TOOLS JOBS, with jobs as JSON on stdin.
// job:    {"name", "file", "width", "do": "index" | "bundle" | "large", "search"}
// answer: {"name", "errors", "requests", "overflow", "violations", "seen"}
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [browserPath, tools] = process.argv.slice(2);
const require = createRequire(`${tools}/package.json`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const jobs = JSON.parse(readFileSync(0, "utf8"));

const overflow = () => {
  const wide = document.documentElement.scrollWidth - innerWidth;
  const cut = [...document.querySelectorAll(".value, .reference, thead th, .title")]
    .filter((each) => each.offsetParent && each.scrollWidth > each.clientWidth + 1)
    .map((each) => each.textContent);
  return { wide, cut };
};

const audit = async (page) => {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
};

const acts = {
  async index(page, job) {
    const rows = () => page.locator("tbody tr:visible").count();
    const names = () => page.locator("tbody th b").allTextContents();
    const all = await rows();
    const before = await names();
    await page.fill("#search", job.search);
    const found = await rows();
    await page.fill("#search", "geen enkele klant heet zo");
    const none = await rows();
    await page.fill("#search", "");
    const sorted = page.locator("thead button").first();
    if (job.width > 720) await sorted.click(); // narrower, the heads are for screen readers alone
    const after = await names();
    const count = await page.textContent("#count");
    const pictures = await page.locator(".thumbs img").evaluateAll(async (images) => {
      for (const image of images) image.loading = "eager";
      await Promise.all(images.map((image) => image.decode().catch(() => null)));
      return images.filter((image) => !image.naturalWidth).length;
    });
    return { all, found, none, turned: before.join() === after.reverse().join(), count, pictures };
  },
  async bundle(page) {
    const tabs = await page.locator("[role=tab]").all();
    const shown = [];
    const cut = [];
    const violations = [];
    for (const tab of tabs) {
      await tab.click();
      shown.push(await page.locator("[role=tabpanel]:visible").getAttribute("id"));
      const here = await page.evaluate(overflow);
      cut.push(...here.cut, ...(here.wide > 0 ? [`${await tab.textContent()} is ${here.wide} too wide`] : []));
      violations.push(...(await audit(page)));
    }
    await tabs[0].focus();
    await page.keyboard.press("ArrowRight");
    const byKey = await page.locator("[role=tabpanel]:visible").getAttribute("id");
    await page.click("#phone");
    const narrow = await page.locator(".canvas:visible").evaluate((each) => each.clientWidth);
    const charts = await page.locator(".narrow:visible").count();
    return { tabs: tabs.length, shown, cut, violations, byKey, narrow, charts };
  },
  async large(page, job) {
    const start = performance.now();
    await page.fill("#search", job.search);
    const found = await page.locator("tbody tr:visible").count();
    return { rows: await page.locator("tbody tr").count(), found, milliseconds: performance.now() - start };
  },
};

const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
const answers = [];
for (const job of jobs) {
  const page = await browser.newPage({ viewport: { width: job.width, height: 800 } });
  const errors = [];
  const requests = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => /^(file|data):/.test(request.url()) || requests.push(request.url()));
  await page.goto(pathToFileURL(job.file).href);
  const first = await page.evaluate(overflow);
  const violations = job.do === "large" ? [] : await audit(page);
  const seen = await acts[job.do](page, job);
  const hostile = await page.evaluate(() => ({ pwned: globalThis.pwned ?? null, handlers: document.querySelectorAll("[onerror],[onload]").length }));
  answers.push({ name: job.name, errors, requests, overflow: first, violations, seen, hostile });
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(answers));
