// Drives the pages as a reader would and measures them.
//
//   check.mjs CHROMIUM PROJECTS OUTPUT SIZE...

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, projects, output, ...sizes] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--enable-precise-memory-info"],
});
const figures = {};

/** A page of a project, opened from its file, that may ask nobody for anything and make no mistake. */
async function open(file, hash = "", options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.problems.push(message.text()));
  page.on("request", (request) => /^https?:/.test(request.url()) && page.problems.push(`asked for ${request.url()}`));
  await page.goto(pathToFileURL(file).href + hash);
  await page.waitForSelector("html[data-ready]", { state: "attached" });
  return page;
}

async function done(page) {
  assert.deepEqual(page.problems, [], "the page makes no mistake and asks nobody");
  await page.context().close();
}

const picture = (page, name) => page.screenshot({ path: path.join(output, `${name}.png`) });
const megabytes = (page) => page.evaluate(() => Math.round(performance.memory.usedJSHeapSize / 1e5) / 10);
const title = (page) => page.locator("h1").innerText();

/** Nothing of the page is wider than its window. */
async function fits(page) {
  const too = await page.evaluate(() => [document.documentElement, document.getElementById("content")]
    .filter((part) => part.scrollWidth > part.clientWidth)
    .map((part) => `${part.id || "page"}: ${part.scrollWidth} in ${part.clientWidth}`));
  assert.deepEqual(too, [], "nothing scrolls sideways");
}

/** Time of one frame while the graph is dragged: the median and the longest, in milliseconds. */
async function dragged(page) {
  const box = await page.locator("canvas").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const measured = page.evaluate(() => new Promise((resolve) => {
    const times = [];
    let last = performance.now();
    const frame = () => {
      const now = performance.now();
      times.push(now - last);
      last = now;
      if (times.length < 40) requestAnimationFrame(frame);
      else resolve(times.slice(2).sort((one, other) => one - other));
    };
    requestAnimationFrame(frame);
  }));
  for (let step = 1; step <= 40; step += 1) await page.mouse.move(x + step * 5, y + step * 2);
  await page.mouse.up();
  const times = await measured;
  return { median: Math.round(times[Math.floor(times.length / 2)]), longest: Math.round(times.at(-1)) };
}

async function checkSite(size) {
  const file = path.join(projects, size, "target", "index.html");
  const page = await open(file);
  const ready = Number(await page.evaluate(() => document.documentElement.dataset.ready));
  figures[size] = { page_megabytes: Math.round(fs.statSync(file).size / 1e5) / 10, ready_ms: ready, memory_megabytes: await megabytes(page) };
  await picture(page, `site-${size}-overview`);

  // Search, by the keyboard alone, and open a model.
  const model = await page.evaluate(() => JSON.parse(document.getElementById("project").textContent).nodes.filter((node) => node.type === "model").at(-1).name);
  await page.keyboard.press("/");
  const began = Date.now();
  await page.keyboard.type(model);
  await page.waitForSelector("#found [role=option]");
  figures[size].search_ms_a_key = Math.round((Date.now() - began) / model.length);
  assert.equal(await page.locator("#found [role=option] b").first().innerText(), model);
  await picture(page, `site-${size}-search`);
  await page.keyboard.press("Enter");
  await page.waitForFunction((name) => document.querySelector("h1").textContent === name, model);
  assert.match(page.url(), new RegExp(`#/node/.*${model}$`));
  assert.ok(await page.locator(".code").innerText().then((text) => text.includes("select")), "its code is shown");
  assert.ok(await page.locator(".spark li").count() > 1, "its runs are shown");
  await picture(page, `site-${size}-model`);

  // The graph: the model's own lineage, moved along with the keyboard, then that of all.
  await page.keyboard.press("l");
  await page.waitForSelector("body[data-view=graph] canvas");
  await page.locator("canvas").focus();
  await page.keyboard.press("ArrowLeft");
  const reached = await page.locator(".graph [role=status]").innerText();
  assert.ok(reached.length > 0, "what the keyboard reached is said");
  await picture(page, `site-${size}-lineage`);
  await page.keyboard.press("Enter");
  await page.waitForSelector("body[data-view=node]");
  const drawn = Date.now();
  await page.keyboard.press("g");
  await page.waitForSelector("body[data-view=graph] canvas");
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  figures[size].graph_ms = Date.now() - drawn;
  figures[size].graph_frame_ms = await dragged(page);
  figures[size].memory_with_graph_megabytes = await megabytes(page);
  await picture(page, `site-${size}-graph`);
  await page.fill("input.selector", "tag:staging");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash === "#/graph/tag%3Astaging");
  await page.keyboard.press("Escape");
  await done(page);

  // A deep link, dbt's too, and the theme that the reader's system wants.
  const dark = await open(file, `#!/model/model.bench.${model}`, { colorScheme: "dark" });
  assert.equal(await title(dark), model);
  assert.equal(await dark.evaluate(() => document.documentElement.dataset.theme), "dark");
  await picture(dark, `site-${size}-dark`);
  await dark.keyboard.press("d");
  assert.equal(await dark.evaluate(() => document.documentElement.dataset.theme), "light");
  await dark.keyboard.press("t");
  await dark.waitForFunction(() => document.querySelector("h1").textContent === "Tests");
  await picture(dark, `site-${size}-tests`);
  await done(dark);

  // A wide window.
  const wide = await open(file, `#/node/model.bench.${model}`, { viewport: { width: 1700, height: 900 } });
  await fits(wide);
  for (const key of ["g", "t", "m"]) {
    await wide.keyboard.press(key);
    await wide.waitForTimeout(200);
    await fits(wide);
  }
  await done(wide);

  // A narrow window.
  const narrow = await open(file, `#/node/model.bench.${model}`, { viewport: { width: 390, height: 800 } });
  await fits(narrow);
  await picture(narrow, `site-${size}-narrow`);
  await narrow.click("#menu");
  assert.ok(await narrow.locator("#tree").isVisible(), "the tree opens");
  await picture(narrow, `site-${size}-narrow-tree`);
  await done(narrow);
}

async function checkReport(size) {
  const file = path.join(projects, size, "target", "report.html");
  const page = await open(file);
  figures[size].report = { page_megabytes: Math.round(fs.statSync(file).size / 1e5) / 10, ready_ms: Number(await page.evaluate(() => document.documentElement.dataset.ready)), memory_megabytes: await megabytes(page) };
  assert.ok(await page.locator(".problem").count() > 0, "what is wrong is shown");
  assert.ok(await page.locator(".problem .found td").first().isVisible(), "with some of the rows");
  assert.ok(await page.locator(".monitor .band").count() > 0, "with what was usual");
  await picture(page, `report-${size}-overview`);
  await page.locator(".monitor").first().scrollIntoViewIfNeeded();
  await picture(page, `report-${size}-monitors`);
  await page.locator(".problem h3 a").first().click();
  await page.waitForFunction(() => location.hash.startsWith("#/node/"));
  assert.ok((await page.locator(".problem").count()) >= 1, "what the test found, run by run");
  await picture(page, `report-${size}-test`);
  await page.keyboard.press("t");
  await page.waitForFunction(() => document.querySelector("h1").textContent === "Tests");
  await page.keyboard.press("/");
  await page.keyboard.type("unique fail");
  for (const status of await page.locator("table.rows tbody .status").allInnerTexts()) assert.equal(status, "fail");
  await picture(page, `report-${size}-tests`);
  await page.locator("h1").click();
  await page.keyboard.press("m");
  await page.waitForFunction(() => document.querySelector("h1").textContent === "Tables");
  await picture(page, `report-${size}-tables`);
  await page.locator("table.rows tbody a").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector(".chart");
  await page.locator(".plot svg").first().hover();
  await picture(page, `report-${size}-table`);
  await page.keyboard.press("r");
  await page.waitForFunction(() => document.querySelector("h1").textContent === "Runs");
  await picture(page, `report-${size}-runs`);
  const address = page.url().replace(/#.*/, "");
  await done(page);

  const dark = await open(file, "#/run/0", { colorScheme: "dark" });
  assert.match(await title(dark), /^build, /);
  await dark.goto(`${address}#/`);
  await dark.reload();
  await picture(dark, `report-${size}-dark`);
  await done(dark);
  const narrow = await open(file, "", { viewport: { width: 390, height: 800 } });
  await fits(narrow);
  await picture(narrow, `report-${size}-narrow`);
  await done(narrow);
}

for (const size of sizes) {
  await checkSite(size);
  await checkReport(size);
}
await browser.close();
fs.writeFileSync(path.join(output, "figures.json"), `${JSON.stringify(figures, null, 2)}\n`);
console.log(JSON.stringify(figures, null, 2));
console.log(`all well; pictures in ${output}`);
