// Pages beside those of a node, and the tree.

/** The project's tree, by folder or by schema. */
function treeView(mode) {
  const root = new Map();
  for (const node of project.nodes) {
    if (node.type === "test" || node.type === "unit_test" || node.hidden) continue;
    const branch = pathIn(mode, node);
    if (!branch) continue;
    let level = root;
    for (const part of branch) {
      if (!level.has(part)) level.set(part, new Map());
      level = level.get(part);
    }
    level.set(node.name, node);
  }
  const choice = (name, label) => element("button", {
    class: mode === name ? "chosen" : "", "aria-pressed": String(mode === name), onclick: () => showTree(name),
  }, label);
  return [
    element("div", { class: "choices" }, choice("project", "Project"), choice("warehouse", "Warehouse")),
    branchView(root, true),
  ];
}

const FOLDERS = { source: "sources", exposure: "exposures", seed: "seeds", snapshot: "snapshots", metric: "metrics", analysis: "analyses", macro: "macros" };

function pathIn(mode, node) {
  if (mode === "warehouse") return node.relation && node.schema ? [node.schema] : null;
  const folder = FOLDERS[node.type] ?? `${node.type}s`;
  if (node.type === "source") return [folder, node.name.split(".")[0]];
  return [folder, ...(node.package === project.project.name ? [] : [node.package]), ...node.fqn.slice(1, -1).filter((part) => part !== "macros")];
}

function branchView(level, open) {
  const list = element("ul");
  const rank = ([name, child]) => (child instanceof Map ? (name === "macros" ? 1 : 0) : 2);
  const entries = [...level].sort((one, other) => rank(one) - rank(other) || one[0].localeCompare(other[0]));
  for (const [name, child] of entries) {
    if (!(child instanceof Map)) {
      list.append(element("li", {}, element("a", { href: addressOf(child), class: `to ${child.type}`, "data-id": child.id }, child.name)));
      continue;
    }
    list.append(folderView(name, child, open && level.size < 12));
  }
  return list;
}

/** A folder whose content is made when it is first opened: thousands of links cost time. */
function folderView(name, child, open) {
  const details = element("details", {}, element("summary", {}, name));
  const fill = () => details.childElementCount === 1 && details.append(branchView(child, false));
  details.addEventListener("toggle", fill);
  if (open) {
    details.open = true;
    fill();
  }
  return element("li", {}, details);
}

/** What the project is, and how it stands. */
function overviewView() {
  const counts = new Map();
  for (const node of project.nodes) counts.set(node.type, (counts.get(node.type) ?? 0) + 1);
  const cards = [...counts].filter(([kind]) => kind !== "macro").map(([kind, count]) =>
    element("li", { class: "card" }, element("b", {}, count.toLocaleString()), plural(count, kind.replace("_", " ")).replace(/^[\d.,\s]+/, "")));
  return [
    element("h1", {}, project.project.name),
    element("p", { class: "quiet" }, `${project.project.adapter} · generated ${moment(project.project.generated_at)}`),
    element("ul", { class: "cards" }, cards),
    ...lastRunView(),
    project.project.overview ? element("section", { class: "prose", html: project.project.overview }) : null,
  ];
}

function lastRunView() {
  const run = project.runs.at(-1);
  if (!run) return [element("p", { class: "quiet" }, "No run is recorded yet: after the next build its results stand here.")];
  const results = resultsOf(run);
  const counts = countsOf(run);
  const bad = ["error", "fail", "warn"];
  const wrong = results.filter(([, result]) => bad.includes(result.status));
  wrong.sort(([, one], [, other]) => bad.indexOf(one.status) - bad.indexOf(other.status));
  const slow = results.toSorted(([, one], [, other]) => other.seconds - one.seconds).slice(0, 8);
  const most = slow[0]?.[1].seconds || 1;
  return [
    element("h2", {}, "Last run"),
    element("p", {}, `${run.command}, ${moment(run.at)}, ${duration(run.elapsed)}: `,
      ...[...counts].flatMap(([status, count]) => [statusMark(`${status}`), ` ${count}  `])),
    wrong.length ? resultTable("Not as it should be", wrong.slice(0, 100)) : null,
    wrong.length > 100 ? element("p", { class: "quiet" }, `and ${wrong.length - 100} more, under Tests`) : null,
    element("h3", {}, "Slowest"),
    element("ul", { class: "bars" }, slow.map(([node, result]) => element("li", {}, linkTo(node),
      element("span", { class: "bar-of", style: `--part:${(result.seconds / most) * 100}%` }), element("span", { class: "number" }, duration(result.seconds))))),
  ];
}

function resultTable(title, results) {
  return element("section", {}, element("h3", {}, title), element("table", {},
    element("tbody", {}, results.map(([node, result]) => element("tr", {}, element("td", {}, statusMark(result.status)),
      element("td", {}, linkTo(node)), element("td", {}, result.message ?? ""))))));
}

/** All tests with their last result. */
function testsView() {
  const tests = project.nodes.filter((node) => node.test);
  const order = (node) => ["error", "fail", "warn", "skipped", "", "pass"].indexOf(lastStatus(node));
  tests.sort((one, other) => order(one) - order(other) || one.name.localeCompare(other.name));
  const body = element("tbody");
  const filter = element("input", { type: "search", placeholder: "Filter tests", "aria-label": "Filter tests", oninput: () => fill() });
  const fill = () => {
    const wanted = filter.value.toLowerCase();
    const shown = tests.filter((test) => `${test.name} ${lastStatus(test)} ${test.test.kind} ${test.test.column}`.toLowerCase().includes(wanted));
    body.replaceChildren(...shown.slice(0, 500).map(testRow));
    if (shown.length > 500) body.append(element("tr", {}, element("td", { colspan: "5", class: "quiet" }, `and ${shown.length - 500} more: filter to see them`)));
  };
  fill();
  return [element("h1", {}, "Tests"), element("p", {}, filter), tests.length
    ? element("table", {}, element("thead", {}, element("tr", {}, ["Last result", "Test", "Of", "Column", "Failures"].map((head) => element("th", { scope: "col" }, head)))), body)
    : element("p", { class: "quiet" }, "This project has no tests.")];
}

function testRow(test) {
  const result = lastResult(test.id);
  const of = byId.get(test.test.of || test.parents[0]);
  return element("tr", {}, element("td", {}, statusMark(result?.status)),
    element("td", {}, linkTo(test)), element("td", {}, of ? linkTo(of) : ""),
    element("td", {}, test.test.column), element("td", { class: "number" }, String(result?.failures ?? "")));
}

/** Sources with their freshness. */
function sourcesView() {
  const sources = project.nodes.filter((node) => node.type === "source");
  return [element("h1", {}, "Sources"), sources.length
    ? element("table", {}, element("thead", {}, element("tr", {}, ["Freshness", "Source", "Age of the newest row", "Read by"].map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, sources.map((source) => element("tr", {}, element("td", {}, statusMark(source.freshness)),
        element("td", {}, linkTo(source)), element("td", {}, source.age === undefined ? "" : duration(source.age)),
        element("td", {}, plural(source.children.filter((id) => IN_GRAPH.has(byId.get(id).type)).length, "node"))))))
    : element("p", { class: "quiet" }, "This project reads no sources.")];
}

/** The lineage of the whole project, or of what a selector names. */
function graphView(selector) {
  const box = element("input", {
    type: "search", value: selector, "aria-label": "Selector", class: "selector",
    placeholder: "tag:daily  +orders+  path:models/marts,config.materialized:table",
    onchange: (event) => { location.hash = event.target.value ? `#/graph/${encodeURIComponent(event.target.value)}` : "#/graph"; },
  });
  const note = element("p", { class: "quiet", role: "status" });
  let ids = new Set(graphNodes.map((node) => node.id));
  try {
    if (selector) ids = select(selector);
    note.textContent = ids.size ? `${plural(ids.size, "node")}. Drag to move, scroll to zoom, click to follow a lineage, double-click to open.` : "Nothing is selected.";
  } catch (error) {
    note.textContent = error.message;
    ids = new Set();
  }
  const kinds = new Set([...ids].map((id) => byId.get(id).type));
  const legend = element("ul", { class: "legend" }, [...kinds].map((kind) => element("li", {}, element("i", { class: `kind ${kind}` }), kind.replace("_", " "))));
  const graph = new Graph(ids, { focus: ids.size === 1 ? [...ids][0] : null, onOpen: (node) => { location.hash = addressOf(node); } });
  return { content: [element("div", { class: "tools" }, box, legend), note], graph };
}

/** What the keyboard does. */
function helpView() {
  const keys = [["/", "search"], ["g", "lineage of the project"], ["t", "tests"], ["o", "overview"], ["l", "lineage of the node that is open"],
    ["d", "dark or light"], ["?", "this help"], ["Esc", "close"], ["arrows", "in the graph: along the lineage; with Shift: move the picture"],
    ["+ − 0", "in the graph: zoom, fit"], ["Enter", "open what is chosen"]];
  return [element("h2", {}, "Keyboard"), element("dl", { class: "keys" }, keys.flatMap(([key, what]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, what)])),
    element("form", { method: "dialog" }, element("button", { autofocus: true }, "Close"))];
}
