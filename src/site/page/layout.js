// Where nodes stand in a lineage graph: one column for each step from the sources, rows ordered so that
// few edges cross.

const COLUMN = 260;
const ROW = 34;
const SWEEPS = 8;
/** Rows of a column; one with more is drawn as several beside each other, so that a large graph is no thread. */
const TALLEST = 80;

/** Positions by id, and the drawing's size, for some nodes and the edges among them. */
function layout(ids) {
  const parents = within(ids, "parents");
  const children = within(ids, "children");
  const rank = ranks(ids, parents, children);
  const columns = [];
  for (const id of ids) (columns[rank.get(id)] ??= []).push(id);
  for (let index = 0; index < columns.length; index += 1) columns[index] ??= [];
  for (const column of columns) column.sort((one, other) => groupKey(one).localeCompare(groupKey(other)));
  const row = new Map();
  columns.forEach((column) => column.forEach((id, place) => row.set(id, place - column.length / 2)));
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const down = sweep % 2 === 0;
    const order = down ? columns.slice(1) : columns.slice(0, -1).reverse();
    for (const column of order) settle(column, row, down ? parents : children);
  }
  return { place: placed(columns, row), parents };
}

function placed(columns, row) {
  const place = new Map();
  let x = 0;
  for (const column of columns) {
    const parts = Math.max(1, Math.ceil(column.length / TALLEST));
    const rows = Math.ceil(column.length / parts);
    column.forEach((id, index) => {
      const y = parts === 1 ? row.get(id) : (index % rows) - rows / 2;
      place.set(id, { x: x + Math.floor(index / rows) * COLUMN, y: y * ROW });
    });
    x += parts * COLUMN;
  }
  return place;
}

function groupKey(id) {
  const node = byId.get(id);
  return `${layerOf(node)}/${node.path}/${node.name}`;
}

function within(ids, direction) {
  const found = new Map();
  for (const id of ids) found.set(id, byId.get(id)[direction].filter((other) => ids.has(other)));
  return found;
}

/** Each node's column: one more than its furthest parent's; sources stand beside their first reader. */
function ranks(ids, parents, children) {
  const waiting = new Map();
  const rank = new Map();
  let ready = [];
  for (const id of ids) {
    const count = new Set(parents.get(id)).size;
    waiting.set(id, count);
    if (!count) ready.push(id);
  }
  while (ready.length) {
    const next = [];
    for (const id of ready) {
      rank.set(id, Math.max(-1, ...parents.get(id).map((parent) => rank.get(parent) ?? -1)) + 1);
      for (const child of new Set(children.get(id))) {
        waiting.set(child, waiting.get(child) - 1);
        if (!waiting.get(child)) next.push(child);
      }
    }
    ready = next;
  }
  for (const id of ids) {
    if (!rank.has(id)) rank.set(id, 0);
    const below = children.get(id);
    if (!parents.get(id).length && below.length) {
      rank.set(id, Math.max(0, Math.min(...below.map((child) => rank.get(child) ?? 1)) - 1));
    }
  }
  return rank;
}

/** Orders a column by the middle of its neighbours, then spreads it so that none overlap. */
function settle(column, row, neighbours) {
  const wanted = new Map();
  for (const id of column) {
    const near = neighbours.get(id);
    const mean = near.length ? near.reduce((sum, other) => sum + row.get(other), 0) / near.length : row.get(id);
    wanted.set(id, mean);
  }
  column.sort((one, other) => wanted.get(one) - wanted.get(other));
  let last = -Infinity;
  const rows = column.map((id) => (last = Math.max(wanted.get(id), last + 1)));
  const shift = column.reduce((sum, id, index) => sum + wanted.get(id) - rows[index], 0) / (column.length || 1);
  column.forEach((id, index) => row.set(id, rows[index] + shift));
}
