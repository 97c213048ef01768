// Node selection, in dbt's words: `tag:daily,+orders+ path:models/marts`.

/** Ids of the graph's nodes that a text selects. Throws an Error that says what is wrong. */
function select(text) {
  const chosen = new Set();
  for (const part of text.trim().split(/\s+/).filter(Boolean)) {
    const sets = part.split(",").filter(Boolean).map(selectOne);
    const [first, ...others] = sets;
    for (const id of first ?? []) if (others.every((other) => other.has(id))) chosen.add(id);
  }
  return chosen;
}

function selectOne(text) {
  const shape = /^(@)?((?:\d*)\+)?(.+?)(\+(?:\d*))?$/.exec(text);
  const [, at, before, core, after] = shape ?? [];
  if (!core || (at && before)) throw new Error(`"${text}" is no selector`);
  const found = new Set(graphNodes.filter(matcher(core)).map((node) => node.id));
  const all = new Set(found);
  if (before) reach(found, "parents", depthOf(before)).forEach((id) => all.add(id));
  if (after) reach(found, "children", depthOf(after)).forEach((id) => all.add(id));
  if (at) {
    const below = reach(found, "children", Infinity);
    reach(new Set([...found, ...below]), "parents", Infinity).forEach((id) => all.add(id));
    below.forEach((id) => all.add(id));
  }
  return all;
}

function depthOf(sign) {
  const digits = sign.replace("+", "");
  return digits ? Number(digits) : Infinity;
}

/** What can be reached from some nodes within a number of steps. */
function reach(start, direction, depth) {
  const seen = new Set();
  let edge = [...start];
  for (let step = 0; step < depth && edge.length; step += 1) {
    const next = [];
    for (const id of edge) {
      for (const other of byId.get(id)?.[direction] ?? []) {
        if (!seen.has(other) && !start.has(other) && IN_GRAPH.has(byId.get(other).type)) {
          seen.add(other);
          next.push(other);
        }
      }
    }
    edge = next;
  }
  return seen;
}

function matcher(core) {
  const colon = core.indexOf(":");
  const method = colon > 0 ? core.slice(0, colon) : core.includes("/") ? "path" : "fqn";
  const value = colon > 0 ? core.slice(colon + 1) : core;
  const like = glob(value);
  if (method.startsWith("config.")) {
    const key = method.slice("config.".length);
    return (node) => like(String(node[key] ?? ""));
  }
  switch (method) {
    case "tag": return (node) => (node.tags ?? []).some(like);
    case "package": return (node) => like(node.package);
    case "resource_type": return (node) => like(node.type);
    case "source": return (node) => node.type === "source" && (like(node.name) || like(node.name.split(".")[0]));
    case "exposure": return (node) => node.type === "exposure" && like(node.name);
    case "metric": return (node) => node.type === "metric" && like(node.name);
    case "group":
    case "access": return (node) => (node.facts ?? []).some(([label, fact]) => label === method && like(fact));
    case "layer": return (node) => like(layerOf(node));
    case "schema": return (node) => like(node.schema ?? "");
    case "path": return (node) => node.path === value || node.path.startsWith(`${value.replace(/\/$/, "")}/`) || like(node.path);
    case "file": return (node) => like(node.path.split("/").at(-1));
    case "result": return (node) => lastStatus(node) === value || node.tests.some((test) => lastStatus(test) === value);
    case "fqn": return (node) => like(node.name) || like(node.fqn.join(".")) || inFolder(node, value);
    default: throw new Error(`there is no method "${method}:" here`);
  }
}

function inFolder(node, value) {
  const parts = value.split(".");
  const starts = (fqn) => parts.length <= fqn.length && parts.every((part, index) => glob(part)(fqn[index]));
  return starts(node.fqn) || starts(node.fqn.slice(1));
}

/** Whether a text is like a pattern with `*` and `?`. */
function glob(pattern) {
  if (!/[*?]/.test(pattern)) return (text) => text === pattern;
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll("?", ".");
  const expression = new RegExp(`^${escaped}$`);
  return (text) => expression.test(text);
}
