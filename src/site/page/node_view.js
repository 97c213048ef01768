// The page of one node.

function nodeView(node) {
  const result = lastResult(node.id);
  return [
    element("p", { class: "crumbs" }, node.fqn.slice(0, -1).join(" / ")),
    element("h1", {}, element("i", { class: `kind ${node.type}` }), node.name),
    element("p", { class: "badges" }, [node.type.replace("_", " "), node.materialized, ...(node.tags ?? []).map((tag) => `#${tag}`)]
      .filter(Boolean).map((text) => element("span", { class: "badge" }, text)), result ? statusMark(result.status) : null),
    node.description ? element("section", { class: "prose", html: node.description }) : element("p", { class: "quiet" }, "Nobody has described it yet."),
    factsView(node, result),
    columnsView(node),
    testsOf(node),
    historyView(node),
    neighboursView(node),
    codeView(node),
  ];
}

function factsView(node, result) {
  const facts = [["relation", node.relation], ["file", node.path], ["package", node.package], ...(node.facts ?? [])];
  if (result) facts.push(["last run", `${moment(result.at)}, ${duration(result.seconds)}${result.rows >= 0 ? `, ${plural(result.rows, "row")}` : ""}`]);
  if (result?.message) facts.push(["it said", result.message]);
  if (node.test) facts.push(["test", node.test.kind], ["severity", node.test.severity]);
  if (node.freshness) facts.push(["freshness", node.freshness], ["age of the newest row", duration(node.age ?? 0)]);
  return element("dl", { class: "facts" }, facts.filter(([, value]) => value).flatMap(([label, value]) => [element("dt", {}, label), element("dd", {}, value)]));
}

function columnsView(node) {
  const columns = node.columns ?? [];
  if (!columns.length) return null;
  const testsByColumn = new Map();
  for (const test of node.tests) {
    const name = test.test.column.toLowerCase();
    if (name) testsByColumn.set(name, [...(testsByColumn.get(name) ?? []), test]);
  }
  const rows = columns.map((column) => element("tr", { id: `column-${column.name}` },
    element("td", { class: "name" }, column.name), element("td", { class: "quiet" }, column.type ?? ""),
    element("td", { class: "prose", html: column.description ?? "" }),
    element("td", {}, (testsByColumn.get(column.name.toLowerCase()) ?? []).map((test) =>
      element("a", { href: addressOf(test), class: "test-of", title: test.name }, statusDot(lastStatus(test)), test.test.kind)))));
  return element("section", {}, element("h2", {}, node.type === "macro" ? "Arguments" : "Columns"), element("table", { class: "columns" },
    element("thead", {}, element("tr", {}, ["Name", "Type", "Description", "Tests"].map((head) => element("th", { scope: "col" }, head)))), element("tbody", {}, rows)));
}

function statusDot(status) {
  const mark = statusMark(status);
  mark.setAttribute("title", status || "not run");
  mark.textContent = "";
  mark.append(element("span", { class: "sr" }, `${status || "not run"}: `));
  return mark;
}

/** Tests of the node as a whole: those of a column stand beside it. */
function testsOf(node) {
  const columns = new Set((node.columns ?? []).map((column) => column.name.toLowerCase()));
  const tests = node.tests.filter((test) => !columns.has(test.test.column.toLowerCase()));
  if (!tests.length) return null;
  return element("section", {}, element("h2", {}, "Tests"), element("table", {}, element("tbody", {}, tests.map((test) => element("tr", {},
    element("td", {}, statusMark(lastStatus(test))), element("td", {}, linkTo(test)), element("td", { class: "quiet" }, lastResult(test.id)?.message ?? ""))))));
}

/** Run times as bars, the newest at the right. */
function historyView(node) {
  const runs = (history.get(node.id) ?? []).slice(-40);
  if (runs.length < 2) return null;
  const most = Math.max(...runs.map((run) => run.seconds)) || 1;
  const bars = runs.map((run) => element("li", {
    class: `status-${run.status.replace(" ", "-")}`, style: `--part:${Math.max(4, (run.seconds / most) * 100)}%`,
    title: `${moment(run.at)}: ${run.status}, ${duration(run.seconds)}${run.rows >= 0 ? `, ${plural(run.rows, "row")}` : ""}${run.failures ? `, ${plural(run.failures, "failure")}` : ""}`,
  }));
  return element("section", {}, element("h2", {}, `Last ${runs.length} runs`), element("ol", { class: "spark", "aria-label": "Run times" }, bars));
}

function neighboursView(node) {
  const shown = (ids) => ids.map((id) => byId.get(id)).filter((other) => !other.test);
  const parents = shown(node.parents);
  const children = shown(node.children);
  const list = (title, nodes) => element("div", {}, element("h3", {}, title), nodes.length
    ? element("ul", { class: "links" }, nodes.map((other) => element("li", {}, linkTo(other)))) : element("p", { class: "quiet" }, "none"));
  if (!parents.length && !children.length) return null;
  return element("section", {}, element("h2", {}, "Lineage"),
    element("div", { class: "pair" }, list("Built on", parents), list("Used by", children)),
    IN_GRAPH.has(node.type) ? element("div", { class: "lineage", "data-lineage": node.id }) : null,
    IN_GRAPH.has(node.type) ? element("p", {}, element("a", { href: `#/graph/${encodeURIComponent(`+${node.name}+`)}` }, "Whole lineage")) : null);
}

/** The neighbourhood of a node, small. */
function neighbourhood(node) {
  const ids = new Set([node.id, ...reach(new Set([node.id]), "parents", 2), ...reach(new Set([node.id]), "children", 2)]);
  return new Graph(ids, { focus: node.id, onOpen: (other) => { location.hash = addressOf(other); } });
}

function codeView(node) {
  const [raw, compiled] = codeOf(node);
  if (!raw && !compiled) return null;
  const panel = element("div", { id: "code-panel", role: "tabpanel" });
  const kinds = [["source", "Source", raw], ["compiled", "Compiled", compiled]].filter(([, , text]) => text);
  const tabs = kinds.map(([kind, label]) => element("button", { role: "tab", "aria-controls": "code-panel", onclick: () => show(kind) }, label));
  const show = (wanted) => {
    kinds.forEach(([kind, , text], index) => {
      const chosen = kind === wanted;
      tabs[index].setAttribute("aria-selected", String(chosen));
      if (chosen) panel.replaceChildren(element("button", { class: "copy", onclick: (event) => copy(event.target, text) }, "Copy"), highlighted(text, node));
    });
  };
  show(kinds[0][0]);
  return element("section", {}, element("h2", {}, "Code"), element("div", { role: "tablist", class: "choices" }, tabs), panel);
}

async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it and copy by hand";
  }
}
