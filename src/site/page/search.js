// Search: over names, columns, tags and descriptions.

const searched = project.nodes.filter((node) => node.type !== "test").map((node) => ({
  node,
  name: node.name.toLowerCase(),
  columns: (node.columns ?? []).map((column) => column.name.toLowerCase()),
  tags: (node.tags ?? []).map((tag) => tag.toLowerCase()),
  path: node.path.toLowerCase(),
  text: plainText(node.description).toLowerCase(),
}));

function plainText(html) {
  return (html ?? "").replace(/<[^>]*>/g, " ").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** The best matches of a text, the best first; every word must be found. */
function search(text, most = 20) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const scored = [];
  for (const entry of searched) {
    let score = 0;
    let where = "";
    for (const word of words) {
      const [points, place] = scoreOf(entry, word);
      if (!points) { score = 0; break; }
      score += points;
      where ||= place;
    }
    if (score) scored.push({ node: entry.node, score: score + weightOf(entry.node), where });
  }
  scored.sort((one, other) => other.score - one.score || one.node.name.localeCompare(other.node.name));
  return scored.slice(0, most);
}

function scoreOf(entry, word) {
  if (entry.name === word) return [100, ""];
  if (entry.name.startsWith(word)) return [80, ""];
  if (entry.name.split(/[_.]/).includes(word)) return [70, ""];
  if (entry.name.includes(word)) return [60, ""];
  const column = entry.columns.find((name) => name.includes(word));
  if (column) return [column === word ? 50 : 40, `column ${column}`];
  const tag = entry.tags.find((name) => name.includes(word));
  if (tag) return [35, `tag ${tag}`];
  if (entry.path.includes(word)) return [20, entry.node.path];
  const at = entry.text.indexOf(word);
  if (at >= 0) return [10, `…${entry.text.slice(Math.max(0, at - 30), at + 50).trim()}…`];
  return [0, ""];
}

function weightOf(node) {
  return { model: 5, source: 4, seed: 3, snapshot: 3, exposure: 2 }[node.type] ?? 0;
}
