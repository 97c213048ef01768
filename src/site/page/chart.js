// Lines over time, as SVG.

const WIDTH = 640;
const HEIGHT = 150;
const EDGE = { left: 8, right: 8, top: 12, bottom: 8 };

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * A line over time with what was expected of it as a band. Points: `{at, value, usual, unusual}`, `at` an ISO
 * moment; `show` writes a value for people.
 */
function lineChart(title, points, show = compact) {
  const values = points.map((point) => point.value);
  const bounds = points.flatMap((point) => point.usual ?? []);
  const [low, high] = padded(Math.min(...values, ...bounds), Math.max(...values, ...bounds));
  const x = (index) => EDGE.left + (points.length < 2 ? 0.5 : index / (points.length - 1)) * (WIDTH - EDGE.left - EDGE.right);
  const y = (value) => HEIGHT - EDGE.bottom - ((value - low) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const line = points.map((point, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(point.value).toFixed(1)}`).join("");
  const cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT, x1: -9, x2: -9 });
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": summaryOf(title, points, show) },
    ...bands(points, x, y), svg("path", { class: "line", d: line }), cursor,
    ...points.flatMap((point, index) => point.unusual || points.length === 1 ? [mark(x(index), y(point.value), point.unusual)] : []));
  const readout = element("span", { class: "readout" });
  const read = (index) => {
    const point = points[index];
    const usual = point.usual ? ` (usual: ${show(point.usual[0])} to ${show(point.usual[1])})` : "";
    readout.textContent = `${moment(point.at)}: ${show(point.value)}${usual}`;
    readout.classList.toggle("is-bad", Boolean(point.unusual));
  };
  read(points.length - 1);
  picture.addEventListener("pointermove", (event) => {
    const box = picture.getBoundingClientRect();
    const part = ((event.clientX - box.left) / box.width * WIDTH - EDGE.left) / (WIDTH - EDGE.left - EDGE.right);
    const index = Math.max(0, Math.min(points.length - 1, Math.round(part * (points.length - 1))));
    cursor.setAttribute("x1", x(index));
    cursor.setAttribute("x2", x(index));
    read(index);
  });
  picture.addEventListener("pointerleave", () => { cursor.setAttribute("x1", -9); cursor.setAttribute("x2", -9); read(points.length - 1); });
  return element("figure", { class: "chart" },
    element("figcaption", {}, element("b", {}, title), readout),
    element("div", { class: "plot" }, picture, element("span", { class: "most" }, show(high)), element("span", { class: "least" }, show(low))),
    element("div", { class: "span" }, element("span", {}, moment(points[0].at)), element("span", {}, moment(points.at(-1).at))));
}

/** The band of what was usual, in as many pieces as it is known in. */
function bands(points, x, y) {
  const pieces = [];
  let piece = [];
  points.forEach((point, index) => {
    if (point.usual) piece.push(index);
    else if (piece.length) { pieces.push(piece); piece = []; }
  });
  if (piece.length) pieces.push(piece);
  return pieces.filter((indexes) => indexes.length > 1).map((indexes) => {
    const above = indexes.map((index) => `${x(index).toFixed(1)} ${y(points[index].usual[1]).toFixed(1)}`);
    const below = indexes.toReversed().map((index) => `${x(index).toFixed(1)} ${y(points[index].usual[0]).toFixed(1)}`);
    return svg("path", { class: "band", d: `M${[...above, ...below].join("L")}Z` });
  });
}

/** A point; one that is unusual has a shape of its own, not only a colour. Strokes keep their shape however wide the chart is. */
function mark(x, y, unusual) {
  return svg("path", { class: unusual ? "mark bad" : "mark", d: `M${x.toFixed(1)} ${y.toFixed(1)}h0` });
}

function padded(low, high) {
  if (!Number.isFinite(low)) return [0, 1];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

function summaryOf(title, points, show) {
  const unusual = points.filter((point) => point.unusual).length;
  return `${title}: ${plural(points.length, "value")}, now ${show(points.at(-1).value)}${unusual ? `, ${unusual} unusual` : ""}`;
}

/** A number in few digits. */
function compact(value) {
  if (Math.abs(value) >= 10000) return Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 }).format(value);
  return value.toLocaleString(undefined, { maximumFractionDigits: Math.abs(value) < 1 ? 4 : Math.abs(value) < 100 ? 2 : 0 });
}

function bytes(value) {
  const unit = Math.min(4, Math.max(0, Math.floor(Math.log2(value || 1) / 10)));
  return `${(value / 1024 ** unit).toLocaleString(undefined, { maximumFractionDigits: unit ? 1 : 0 })} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
}

function percent(value) {
  return `${(value * 100).toLocaleString(undefined, { maximumFractionDigits: 2 })} %`;
}

/** A line without words, for a row of a table. */
function sparkline(values) {
  if (values.length < 2) return "";
  const [low, high] = padded(Math.min(...values), Math.max(...values));
  const points = values.map((value, index) => `${(index / (values.length - 1) * 118 + 1).toFixed(1)},${(23 - (value - low) / (high - low) * 22).toFixed(1)}`);
  return svg("svg", { class: "sparkline", viewBox: "0 0 120 24", "aria-hidden": "true" }, svg("polyline", { points: points.join(" ") }));
}
