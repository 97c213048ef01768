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

// Runs stand in the page as numbers, five for each result; an object is made of them when it is looked at.

const STRIDE = 5;
const statuses = project.runs.statuses;
const details = new Map(project.runs.details.map(([run, place, detail]) => [`${run} ${place}`, detail]));
project.runs = project.runs.list;
for (const run of project.runs) {
  run.rowOf = new Int32Array(project.nodes.length).fill(-1);
  for (let row = 0; row < run.results.length; row += STRIDE) run.rowOf[run.results[row]] = row;
}

/** The result in a row of a run. */
function resultAt(number, row) {
  const run = project.runs[number];
  const [place, status, tenths, rows, failures] = run.results.slice(row, row + STRIDE);
  const numbers = { rows: rows < 0 ? undefined : rows, failures: failures < 0 ? undefined : failures };
  return { status: statuses[status], seconds: tenths / 10000, ...numbers, at: run.at, ...details.get(`${number} ${place}`) };
}

/** All results of a node, the oldest first. */
const history = {
  known: new Map(),
  has: (id) => project.runs.some((run) => run.rowOf[byId.get(id)?.place] >= 0),
  get(id) {
    if (!this.known.has(id)) {
      const place = byId.get(id)?.place;
      const results = project.runs.flatMap((run, number) => (run.rowOf[place] >= 0 ? [resultAt(number, run.rowOf[place])] : []));
      this.known.set(id, results.length ? results : undefined);
    }
    return this.known.get(id);
  },
};

/** A run's results, each with its node. */
function resultsOf(run) {
  const number = project.runs.indexOf(run);
  const results = [];
  for (let row = 0; row < run.results.length; row += STRIDE) results.push([project.nodes[run.results[row]], resultAt(number, row)]);
  return results;
}

/** How many results of a run have each status. */
function countsOf(run) {
  const counts = new Map();
  for (let row = 1; row < run.results.length; row += STRIDE) {
    const status = statuses[run.results[row]];
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return counts;
}

function lastResult(id) {
  const place = byId.get(id)?.place;
  for (let number = project.runs.length - 1; number >= 0; number -= 1) {
    const row = project.runs[number].rowOf[place];
    if (row >= 0) return resultAt(number, row);
  }
  return undefined;
}

function lastStatus(node) {
  for (let number = project.runs.length - 1; number >= 0; number -= 1) {
    const row = project.runs[number].rowOf[node.place];
    if (row >= 0) return statuses[project.runs[number].results[row + 1]];
  }
  return "";
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
