// What the page shows: the embedded data, with indexes over it.

const project = JSON.parse(document.getElementById("project").textContent);

/** Nodes that have a place in the lineage graph. */
const IN_GRAPH = new Set(["model", "seed", "snapshot", "source", "exposure", "metric", "semantic_model", "saved_query", "analysis", "function"]);

const byId = new Map(project.nodes.map((node) => [node.id, node]));
project.nodes.forEach((node, place) => {
  node.place = place;
  node.children = [];
  node.tests = [];
  node.parents = node.parents.filter((id) => byId.has(id));
});
for (const node of project.nodes) {
  for (const id of node.parents) byId.get(id).children.push(node.id);
  if (!node.test) continue;
  const tested = node.test.of ? [node.test.of] : node.parents;
  for (const id of tested) byId.get(id)?.tests.push(node);
}

/** The last result of each node, and all of them by id, the oldest first. */
const history = new Map();
for (const run of project.runs) {
  for (const [id, result] of Object.entries(run.results)) {
    if (!history.has(id)) history.set(id, []);
    history.get(id).push({ ...result, at: run.at });
  }
}

function lastResult(id) {
  return history.get(id)?.at(-1);
}

function lastStatus(node) {
  return lastResult(node.id)?.status ?? "";
}

/** The worst of several statuses. */
function worst(statuses) {
  const order = ["error", "fail", "runtime error", "warn", "skipped", "pass", "success"];
  return order.find((status) => statuses.includes(status)) ?? "";
}

const graphNodes = project.nodes.filter((node) => IN_GRAPH.has(node.type) && !node.hidden);

let codeOfAll = null;
/** Raw and compiled code; read at the first need, since it is most of the page's weight. */
function codeOf(node) {
  codeOfAll ??= JSON.parse(document.getElementById("code").textContent);
  return codeOfAll[node.place] ?? ["", ""];
}

/** The layer a node belongs to: the first folder of its kind. */
function layerOf(node) {
  if (node.type !== "model") return node.type;
  return node.fqn.length > 2 ? node.fqn[1] : "model";
}

function addressOf(node) {
  return `#/node/${encodeURIComponent(node.id)}`;
}

function linkTo(node, label = node.name) {
  return element("a", { href: addressOf(node), class: `to ${node.type}` }, label);
}
