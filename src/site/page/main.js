// Addresses, keys, the theme: what ties the page together.

const content = document.getElementById("content");
const tree = document.getElementById("tree");
const query = document.getElementById("query");
const found = document.getElementById("found");
const help = document.getElementById("help");
let graphs = [];
let opened = null;

document.querySelector(".brand").textContent = project.project.name;

function showTree(mode) {
  tree.replaceChildren(...treeView(mode));
  markTree();
}

/** Draws what the address names. */
function route() {
  graphs.forEach((graph) => graph.detach());
  graphs = [];
  opened = null;
  const [view, ...rest] = address().split("/");
  const argument = decodeURIComponent(rest.join("/"));
  const draw = { node: () => openNode(argument), graph: () => openGraph(argument), tests: () => fill(testsView()), sources: () => fill(sourcesView()) }[view];
  (draw ?? (() => fill(overviewView())))();
  document.body.dataset.view = view || "overview";
  document.querySelectorAll("nav a").forEach((link) => link.toggleAttribute("aria-current", link.dataset.view === view));
  closeTree();
  markTree();
}

/** The address's words; those of dbt's own site are understood too. */
function address() {
  const hash = location.hash.replace(/^#/, "");
  const old = /^!\/(?:model|source|seed|snapshot|test|exposure|macro|analysis)\/([^?]+)/.exec(hash);
  return old ? `node/${encodeURIComponent(old[1])}` : hash.replace(/^\//, "");
}

function fill(parts) {
  content.replaceChildren(...parts.filter(Boolean));
  content.scrollTop = 0;
  const title = content.querySelector("h1")?.textContent;
  document.title = title && title !== project.project.name ? `${title} · ${project.project.name}` : project.project.name;
}

function openNode(id) {
  const node = byId.get(id);
  if (!node) {
    fill([element("h1", {}, "Not here"), element("p", {}, `This project has no node ${id}.`)]);
    return;
  }
  opened = node;
  fill(nodeView(node));
  const place = content.querySelector("[data-lineage]");
  if (place) show(neighbourhood(node), place);
}

function openGraph(selector) {
  const { content: parts, graph } = graphView(selector);
  fill([element("h1", { class: "sr" }, "Lineage"), ...parts]);
  show(graph, content);
}

function show(graph, place) {
  graph.attach(place);
  graphs.push(graph);
}

function markTree() {
  tree.querySelectorAll("[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
  if (!opened) return;
  const link = tree.querySelector(`[data-id="${CSS.escape(opened.id)}"]`);
  link?.setAttribute("aria-current", "page");
  link?.scrollIntoView({ block: "nearest" });
}

// Search.

let choice = 0;
function showFound() {
  const results = search(query.value);
  choice = 0;
  found.hidden = !query.value;
  query.setAttribute("aria-expanded", String(!found.hidden));
  found.replaceChildren(...(results.length ? results.map(({ node, where }, index) => element("li", {
    role: "option", id: `found-${index}`, "aria-selected": String(index === 0), onmousedown: (event) => { event.preventDefault(); go(node); },
  }, element("i", { class: `kind ${node.type}` }), element("b", {}, node.name), element("span", { class: "quiet" }, where || node.type)))
    : [element("li", { class: "quiet" }, "Nothing is called that.")]));
  found.results = results;
}

function choose(step) {
  const options = [...found.querySelectorAll("[role=option]")];
  if (!options.length) return;
  options[choice].setAttribute("aria-selected", "false");
  choice = (choice + step + options.length) % options.length;
  options[choice].setAttribute("aria-selected", "true");
  options[choice].scrollIntoView({ block: "nearest" });
  query.setAttribute("aria-activedescendant", options[choice].id);
}

function go(node) {
  query.value = "";
  found.hidden = true;
  query.blur();
  location.hash = addressOf(node);
  content.focus();
}

query.addEventListener("input", showFound);
query.addEventListener("blur", () => { found.hidden = true; });
query.addEventListener("focus", () => query.value && showFound());
query.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(1);
  else if (event.key === "ArrowUp") choose(-1);
  else if (event.key === "Enter" && found.results?.[choice]) go(found.results[choice].node);
  else if (event.key === "Escape") { query.value = ""; query.blur(); } else return;
  event.preventDefault();
});

themeListeners.push(() => graphs.forEach((graph) => graph.draw()));

// The tree on narrow windows.

const menu = document.getElementById("menu");
function closeTree() {
  document.body.classList.remove("tree-open");
  menu.setAttribute("aria-expanded", "false");
}
menu.addEventListener("click", () => menu.setAttribute("aria-expanded", String(document.body.classList.toggle("tree-open"))));

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const actions = {
    "/": () => query.focus(),
    g: () => { location.hash = "#/graph"; },
    t: () => { location.hash = "#/tests"; },
    o: () => { location.hash = "#/"; },
    l: () => { if (opened) location.hash = `#/graph/${encodeURIComponent(`+${opened.name}+`)}`; },
    d: switchTheme,
    "?": () => { help.replaceChildren(...helpView()); help.showModal(); },
    Escape: closeTree,
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

window.addEventListener("hashchange", route);
showTree("project");
route();
document.documentElement.dataset.ready = String(Math.round(performance.now()));
