// The report's pages.

const WRONG = ["error", "fail", "runtime error", "partial success", "warn"];
const NAMES = { age_seconds: "age of the newest row" };
const METRICS = { null_rate: percent, zero_rate: percent, empty_rate: percent, age_seconds: duration };

const isTest = (node) => Boolean(node.test);
const tests = project.nodes.filter((node) => isTest(node) && history.has(node.id));
const tables = project.nodes.filter((node) => !isTest(node) && history.has(node.id));

/** What a test measured, by metric: points in order of time, each bucket once. */
function measurements(id) {
  const metrics = new Map();
  project.observed.forEach((run) => {
    const observed = run[id];
    for (const value of observed?.values ?? []) {
      const plain = NAMES[value.metric] ?? value.metric.replaceAll("_", " ");
      const name = value.bucket ? `${plain} per bucket` : plain;
      if (!metrics.has(name)) metrics.set(name, { show: METRICS[value.metric] ?? compact, points: new Map() });
      const at = value.bucket ?? observed.at;
      metrics.get(name).points.set(at, { ...value, at });
    }
  });
  const ordered = (points) => [...points.values()].sort((one, other) => one.at.localeCompare(other.at));
  return [...metrics].map(([name, { show, points }]) => ({ name, show, points: ordered(points) }));
}

const monitors = tests.map((test) => ({ test, metrics: measurements(test.id) })).filter(({ metrics }) => metrics.length);

function chartsOf(id) {
  return measurements(id).map(({ name, show, points }) => lineChart(name, points, show));
}

/** The last results of a node as dots, the newest at the right. */
function dots(id, most = 30) {
  const results = (history.get(id) ?? []).slice(-most);
  const list = element("ol", { class: "dots", "aria-label": `last ${plural(results.length, "result")}` });
  for (const result of results) list.append(element("li", { class: `status-${result.status.replace(" ", "-")}`, title: `${moment(result.at)}: ${result.status}${result.failures ? `, ${plural(result.failures, "failure")}` : ""}` }));
  return list;
}

/** Since when a node has not been as it should be. */
function wrongSince(id) {
  const results = history.get(id);
  let first = results.length;
  while (first > 0 && WRONG.includes(results[first - 1].status)) first -= 1;
  return results.slice(first);
}

function overviewView() {
  if (!project.runs.length) return [element("h1", {}, project.project.name), element("p", { class: "quiet" }, "No run is recorded yet: after the next build its results stand here.")];
  const now = (node) => lastStatus(node);
  const wrong = [...tests, ...tables].filter((node) => WRONG.includes(now(node)));
  const rank = (node) => WRONG.indexOf(now(node));
  const age = (node) => wrongSince(node.id).length;
  wrong.sort((one, other) => rank(one) - rank(other) || age(one) - age(other) || one.name.localeCompare(other.name));
  const passing = tests.filter((test) => now(test) === "pass").length;
  const unusual = monitors.filter(({ metrics }) => metrics.some(({ points }) => points.at(-1).unusual));
  const last = project.runs.at(-1);
  const warned = wrong.filter((node) => now(node) === "warn").length;
  const failing = wrong.length - warned;
  const health = failing ? "bad" : warned ? "doubt" : "good";
  return [
    element("h1", {}, project.project.name),
    element("p", { class: "quiet" }, `${project.project.adapter}${last.target ? ` · ${last.target}` : ""} · last run ${moment(last.at)} (${last.command}, ${duration(last.elapsed)})`),
    element("ul", { class: "cards" },
      card(tests.length ? percent(passing / tests.length).replace(/[.,]\d+/, "") : "–", "of tests pass", health),
      card(failing, "failing", failing ? "bad" : ""),
      card(warned, plural(warned, "warning").replace(/^\S+ /, ""), warned ? "doubt" : ""),
      card(unusual.length, `of ${plural(monitors.length, "monitor")} unusual`, unusual.length ? "bad" : ""),
      card(tables.length, "tables and views"), card(project.runs.length, "runs")),
    runStrip(),
    element("h2", {}, "Needs attention"),
    wrong.length ? element("div", { class: "stack" }, wrong.slice(0, 50).map(problemView)) : element("p", { class: "all-well" }, "Everything is as it should be."),
    wrong.length > 50 ? element("p", { class: "quiet" }, `and ${wrong.length - 50} more, under Tests and Tables`) : null,
    monitors.length ? element("h2", {}, "Monitors") : null,
    element("div", { class: "grid" }, monitors.toSorted((one, other) => unusual.includes(other) - unusual.includes(one)).slice(0, 40).map(monitorView)),
  ];
}

function card(number, label, kind = "") {
  return element("li", { class: `card ${kind}` }, element("b", {}, typeof number === "number" ? number.toLocaleString() : number), label);
}

/** Every run as a bar: its height is its time, its colour what became of it. */
function runStrip() {
  const most = Math.max(...project.runs.map((run) => run.elapsed)) || 1;
  const bars = project.runs.map((run, place) => {
    const worst = worstOf(run);
    return element("li", {}, element("a", {
      href: `#/run/${place}`, class: `status-${worst.replace(" ", "-")}`, style: `--part:${Math.max(6, (run.elapsed / most) * 100)}%`,
      title: `${moment(run.at)}: ${run.command}, ${duration(run.elapsed)}, ${worst || "nothing run"}`, "aria-label": `${run.command} of ${moment(run.at)}: ${worst}`,
    }));
  });
  return element("section", {}, element("h2", {}, `Last ${plural(project.runs.length, "run")}`), element("ol", { class: "spark runs" }, bars));
}

function worstOf(run) {
  return worst([...countsOf(run).keys()]);
}

function problemView(node) {
  const result = lastResult(node.id);
  const since = wrongSince(node.id);
  const of = node.test ? byId.get(node.test.of || node.parents[0]) : null;
  return element("article", { class: `problem ${result.status.replace(" ", "-")}` },
    element("header", {}, statusMark(result.status), element("h3", {}, linkTo(node)),
      element("span", { class: "quiet" }, [of ? `of ${of.name}${node.test.column ? `.${node.test.column}` : ""}` : node.type, node.path].filter(Boolean).join(" · ")), dots(node.id)),
    result.message ? element("p", {}, result.message) : null,
    foundView(result),
    element("p", { class: "quiet" }, since.length > 1 ? `For ${since.length} runs, since ${moment(since[0].at)}.` : `New in the run of ${moment(result.at)}.`));
}

/** Some of the rows that a test found. */
function foundView(result) {
  const found = result.found;
  if (!found?.rows.length) return null;
  const cell = (text) => element("td", {}, text === null ? element("span", { class: "quiet" }, "null") : text);
  const more = result.failures > found.rows.length ? element("p", { class: "quiet" }, `${found.rows.length} of ${plural(result.failures, "row")}`) : null;
  return element("div", { class: "found" }, element("table", {}, element("thead", {}, element("tr", {}, found.columns.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, found.rows.map((row) => element("tr", {}, row.map(cell))))), more);
}

function monitorView({ test, metrics }) {
  const of = byId.get(test.test.of || test.parents[0]);
  return element("article", { class: "monitor" }, element("header", {}, statusMark(lastStatus(test)), linkTo(test),
    element("span", { class: "quiet" }, `${test.test.kind.replaceAll("_", " ")}${of ? ` of ${of.name}${test.test.column ? `.${test.test.column}` : ""}` : ""}`)),
    ...metrics.map(({ name, show, points }) => lineChart(name, points, show)));
}

const NUMBERS = new Set(["Failures", "Rows", "Size", "Time"]);

/** The head of a column, over numbers at their side. */
function headOf(head) {
  return element("th", { scope: "col", class: NUMBERS.has(head) ? "number" : null }, head);
}

/** A table of nodes with a box that filters it. */
function filtered(nodes, heads, rowOf, label) {
  const body = element("tbody");
  const box = element("input", { type: "search", id: "filter", placeholder: `Filter ${label}`, "aria-label": `Filter ${label}`, oninput: () => fill() });
  const fill = () => {
    const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const textOf = (node) => `${node.name} ${lastStatus(node)} ${node.type} ${node.test ? `${node.test.kind} ${node.test.column} ${byId.get(node.test.of)?.name ?? ""}` : node.materialized} ${(node.tags ?? []).join(" ")}`.toLowerCase();
    const shown = nodes.filter((node) => wanted.every((word) => textOf(node).includes(word)));
    body.replaceChildren(...shown.slice(0, 400).map(rowOf));
    if (shown.length > 400) body.append(element("tr", {}, element("td", { colspan: String(heads.length), class: "quiet" }, `and ${shown.length - 400} more: filter to see them`)));
    if (!shown.length) body.append(element("tr", {}, element("td", { colspan: String(heads.length), class: "quiet" }, "Nothing matches.")));
  };
  fill();
  return [element("p", {}, box), element("table", { class: "rows" }, element("thead", {}, element("tr", {}, heads.map(headOf))), body)];
}

function testsView() {
  const order = (test) => { const at = [...WRONG, "skipped"].indexOf(lastStatus(test)); return at < 0 ? 99 : at; };
  const sorted = tests.toSorted((one, other) => order(one) - order(other) || one.name.localeCompare(other.name));
  const row = (test) => {
    const of = byId.get(test.test.of || test.parents[0]);
    const result = lastResult(test.id);
    return element("tr", {}, element("td", {}, statusMark(result.status)), element("td", {}, linkTo(test)), element("td", {}, of ? linkTo(of) : ""),
      element("td", {}, test.test.column), element("td", { class: "number" }, String(result.failures ?? "")), element("td", {}, dots(test.id)));
  };
  return [element("h1", {}, "Tests"), ...filtered(sorted, ["Now", "Test", "Of", "Column", "Failures", "Last runs"], row, "tests")];
}

function tablesView() {
  const timeOf = (node) => lastResult(node.id).seconds;
  const sorted = tables.toSorted((one, other) => timeOf(other) - timeOf(one));
  const row = (node) => {
    const results = history.get(node.id).slice(-30);
    const last = results.at(-1);
    const counts = results.map((result) => result.rows).filter((count) => count >= 0);
    return element("tr", {}, element("td", {}, statusMark(last.status)), element("td", {}, linkTo(node)),
      element("td", { class: "number" }, counts.length ? compact(counts.at(-1)) : ""), element("td", {}, sparkline(counts)),
      element("td", { class: "number" }, last.contents?.bytes >= 0 ? bytes(last.contents.bytes) : ""),
      element("td", { class: "number" }, last.age === undefined ? duration(last.seconds) : `${duration(last.age)} old`),
      element("td", {}, sparkline(results.map((result) => result.age ?? result.seconds))));
  };
  return [element("h1", {}, "Tables"), ...filtered(sorted, ["Now", "Name", "Rows", "", "Size", "Time", "Last runs"], row, "tables")];
}

function runsView() {
  const row = (run, place) => element("tr", {}, element("td", {}, statusMark(worstOf(run))), element("td", {}, element("a", { href: `#/run/${place}` }, moment(run.at))),
    element("td", {}, run.command), element("td", {}, run.target ?? ""), element("td", { class: "number" }, duration(run.elapsed)), element("td", {}, countsInWords(run)));
  return [element("h1", {}, "Runs"), element("table", { class: "rows" }, element("thead", {}, element("tr", {}, ["", "Began", "Command", "Target", "Time", "Results"].map(headOf))),
    element("tbody", {}, project.runs.map(row).toReversed()))];
}

function countsInWords(run) {
  return [...countsOf(run)].map(([status, count]) => `${count} ${status}`).join(", ");
}

function runView(place) {
  const run = project.runs[Number(place)];
  if (!run) return [element("h1", {}, "Not here"), element("p", {}, "This report has no such run.")];
  const results = resultsOf(run);
  const order = ([, result]) => { const at = WRONG.indexOf(result.status); return at < 0 ? 99 : at; };
  results.sort((one, other) => order(one) - order(other) || other[1].seconds - one[1].seconds);
  return [element("p", { class: "crumbs" }, element("a", { href: "#/runs" }, "Runs")), element("h1", {}, `${run.command}, ${moment(run.at)}`),
    element("p", { class: "quiet" }, `${duration(run.elapsed)} · ${countsInWords(run)} · ${run.invocation_id}`),
    element("table", { class: "rows" }, element("thead", {}, element("tr", {}, ["", "Node", "Time", "Rows", "It said"].map(headOf))),
      element("tbody", {}, results.slice(0, 500).map(([node, result]) => element("tr", {}, element("td", {}, statusMark(result.status)), element("td", {}, linkTo(node)),
        element("td", { class: "number" }, duration(result.seconds)), element("td", { class: "number" }, result.rows >= 0 && !node.test ? compact(result.rows) : ""), element("td", {}, result.message ?? "")))))];
}

function nodeView(id) {
  const node = byId.get(id);
  if (!node || !history.has(id)) return [element("h1", {}, "Not here"), element("p", {}, `This report has nothing of ${id}.`)];
  const result = lastResult(id);
  const of = node.test ? byId.get(node.test.of || node.parents[0]) : null;
  return [
    element("p", { class: "crumbs" }, element("a", { href: node.test ? "#/tests" : "#/tables" }, node.test ? "Tests" : "Tables"), of ? " / " : "", of ? linkTo(of) : ""),
    element("h1", {}, element("i", { class: `kind ${node.type}` }), node.name),
    element("p", { class: "badges" }, statusMark(result.status), [node.test?.kind ?? node.type, node.test?.column, node.test ? node.test.severity : node.materialized].filter(Boolean).map((text) => element("span", { class: "badge" }, text))),
    element("p", { class: "quiet" }, [node.path, node.relation].filter(Boolean).join(" · ")),
    element("section", {}, element("h2", {}, "Last runs"), dots(id, 60)),
    ...(node.test ? testParts(node) : tableParts(node)),
  ];
}

function testParts(node) {
  const charts = chartsOf(node.id);
  const columns = project.observed.map((run) => run[node.id]?.columns).filter(Boolean).at(-1);
  const failed = history.get(node.id).filter((result) => WRONG.includes(result.status)).toReversed().slice(0, 20);
  return [
    charts.length ? element("section", {}, element("h2", {}, "Measured"), ...charts) : null,
    columns ? element("section", {}, element("h2", {}, "Columns"), element("p", {}, columns.map(([name, type]) => `${name} ${type}`).join(", "))) : null,
    element("section", {}, element("h2", {}, "What it found"), failed.length ? failed.map((result) => element("article", { class: `problem ${result.status.replace(" ", "-")}` },
      element("header", {}, statusMark(result.status), element("h3", {}, moment(result.at)), element("span", { class: "quiet" }, result.failures ? plural(result.failures, "row") : "")),
      result.message ? element("p", {}, result.message) : null, foundView(result))) : element("p", { class: "quiet" }, "Nothing, in all these runs.")),
  ];
}

function tableParts(node) {
  const results = history.get(node.id);
  const series = (pick) => results.map((result) => ({ at: result.at, value: pick(result) })).filter((point) => Number.isFinite(point.value));
  const charts = [["Rows", (result) => result.rows, compact], ["Size", (result) => result.contents?.bytes, bytes], ["Age of the newest row", (result) => result.age, duration], ["Time", (result) => result.seconds, duration]];
  const columns = new Set(results.flatMap((result) => (result.contents?.columns ?? []).map((column) => column.name)));
  const of = (result, name) => result.contents?.columns?.find((column) => column.name === name);
  for (const name of columns) {
    charts.push([`${name}: nulls`, (result) => { const column = of(result, name); return column && result.contents.rows ? column.nulls / result.contents.rows : undefined; }, percent]);
    charts.push([`${name}: different values`, (result) => of(result, name)?.distinct, compact]);
  }
  const drawn = charts.map(([title, pick, show]) => [title, series(pick), show]).filter(([, points]) => points.length > 1);
  const own = tests.filter((test) => test.test.of === node.id || (!test.test.of && test.parents.includes(node.id)));
  return [
    drawn.length ? element("section", {}, element("h2", {}, "Trends"), element("div", { class: "grid" }, drawn.map((parts) => lineChart(...parts)))) : null,
    own.length ? element("section", {}, element("h2", {}, "Tests"), element("table", { class: "rows" }, element("tbody", {}, own.map((test) => element("tr", {},
      element("td", {}, statusMark(lastStatus(test))), element("td", {}, linkTo(test)), element("td", {}, test.test.column), element("td", {}, dots(test.id))))))) : null,
  ];
}
