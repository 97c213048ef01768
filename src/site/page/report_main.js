// The report's addresses and keys.

const content = document.getElementById("content");
document.querySelector(".brand").textContent = project.project.name;

function route() {
  const [view, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  const argument = decodeURIComponent(rest.join("/"));
  const views = { node: () => nodeView(argument), tests: testsView, tables: tablesView, runs: runsView, run: () => runView(argument) };
  content.replaceChildren(...(views[view] ?? overviewView)().flat().filter(Boolean));
  content.scrollTop = 0;
  const title = content.querySelector("h1")?.textContent;
  document.title = title && title !== project.project.name ? `${title} · ${project.project.name}` : `${project.project.name} · data report`;
  document.querySelectorAll("nav a").forEach((link) => link.toggleAttribute("aria-current", link.dataset.view === (views[view] ? view : "overview")));
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const go = (hash) => () => { location.hash = hash; };
  const actions = { o: go("#/"), t: go("#/tests"), m: go("#/tables"), r: go("#/runs"), d: switchTheme, "/": () => document.getElementById("filter")?.focus() };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

window.addEventListener("hashchange", route);
route();
document.documentElement.dataset.ready = String(Math.round(performance.now()));
