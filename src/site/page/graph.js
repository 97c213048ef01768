// The lineage graph: a canvas that draws only what can be seen.

const BOX = { width: 200, height: 24 };
/** Edges that can be drawn many times a second. */
const MANY = 1500;

/** A lineage graph of some nodes. `onOpen` is called with a node that was double-clicked or entered. */
class Graph {
  constructor(ids, { focus = null, onOpen, onFocus = () => {} }) {
    this.ids = ids;
    this.focus = focus;
    this.onOpen = onOpen;
    this.onFocus = onFocus;
    this.hover = null;
    this.scale = 1;
    this.offset = { x: 0, y: 0 };
    this.canvas = element("canvas", {
      tabindex: "0", role: "application",
      "aria-label": "Lineage graph. Arrow keys move along the lineage, Enter opens a node, plus and minus zoom, 0 fits.",
    });
    this.said = element("p", { class: "sr", role: "status" });
    this.element = element("div", { class: "graph" }, this.canvas, this.said);
    this.arrange();
    this.listen();
  }

  arrange() {
    const { place, parents } = layout(this.ids);
    this.boxes = [...this.ids].map((id) => ({ id, node: byId.get(id), ...place.get(id) }));
    this.boxOf = new Map(this.boxes.map((box) => [box.id, box]));
    this.edges = [];
    for (const box of this.boxes) {
      for (const parent of new Set(parents.get(box.id))) this.edges.push({ from: this.boxOf.get(parent), to: box });
    }
    this.byColumn = new Map();
    for (const box of this.boxes) {
      if (!this.byColumn.has(box.x)) this.byColumn.set(box.x, []);
      this.byColumn.get(box.x).push(box);
    }
    for (const column of this.byColumn.values()) column.sort((one, other) => one.y - other.y);
    this.markLineage();
  }

  /** Which nodes are above and below the one in focus. */
  markLineage() {
    const id = this.hover ?? this.focus;
    this.lit = null;
    if (!id || !this.boxOf.has(id)) return;
    this.lit = new Set([id]);
    for (const direction of ["parents", "children"]) {
      for (const other of reach(new Set([id]), direction, Infinity)) this.lit.add(other);
    }
  }

  attach(parent) {
    parent.append(this.element);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.element);
    this.resize();
    this.fit();
  }

  detach() {
    this.observer?.disconnect();
    this.element.remove();
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.size = { width: this.element.clientWidth || 600, height: this.element.clientHeight || 400 };
    this.canvas.width = this.size.width * ratio;
    this.canvas.height = this.size.height * ratio;
    this.ratio = ratio;
    this.draw();
  }

  /** Shows everything, or the node in focus where everything would be too small to read. */
  fit() {
    if (!this.boxes.length) return;
    const xs = this.boxes.map((box) => box.x);
    const ys = this.boxes.map((box) => box.y);
    const least = { x: xs.reduce((a, b) => Math.min(a, b)), y: ys.reduce((a, b) => Math.min(a, b)) };
    const most = { x: xs.reduce((a, b) => Math.max(a, b)) + BOX.width, y: ys.reduce((a, b) => Math.max(a, b)) + BOX.height };
    const scale = Math.min(this.size.width / (most.x - least.x + 60), this.size.height / (most.y - least.y + 60), 1.2);
    const focused = this.focus && this.boxOf.get(this.focus);
    if (focused && scale < 0.5) {
      this.scale = 0.8;
      this.centre(focused);
      return;
    }
    this.scale = Math.max(scale, 0.02);
    this.offset = {
      x: this.size.width / 2 - ((least.x + most.x) / 2) * this.scale,
      y: this.size.height / 2 - ((least.y + most.y) / 2) * this.scale,
    };
    this.draw();
  }

  /** Moves the picture as little as is needed to see a node and some of what is around it. */
  reveal(box) {
    const room = (size, length) => Math.min(size / 3, length * this.scale * 2);
    const moved = (offset, start, length, size) => {
      const [from, to] = [offset + start * this.scale, offset + (start + length) * this.scale];
      if (from < room(size, length)) return offset + room(size, length) - from;
      return to > size - room(size, length) ? offset + size - room(size, length) - to : offset;
    };
    this.offset = {
      x: moved(this.offset.x, box.x, BOX.width, this.size.width),
      y: moved(this.offset.y, box.y, BOX.height, this.size.height),
    };
    this.draw();
  }

  centre(box) {
    this.offset = {
      x: this.size.width / 2 - (box.x + BOX.width / 2) * this.scale,
      y: this.size.height / 2 - (box.y + BOX.height / 2) * this.scale,
    };
    this.draw();
  }

  /** Draws at the next frame, once however often it is asked. */
  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.paint();
    });
  }

  /** Draws while the picture moves: with many edges, these come when it stands still again. */
  drawMoving() {
    clearTimeout(this.settling);
    this.moving = true;
    this.settling = setTimeout(() => {
      this.moving = false;
      this.draw();
    }, 150);
    this.draw();
  }

  paint() {
    const context = this.canvas.getContext("2d");
    const style = getComputedStyle(document.documentElement);
    const known = new Map();
    const colour = (name) => {
      if (!known.has(name)) known.set(name, style.getPropertyValue(name).trim());
      return known.get(name);
    };
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.size.width, this.size.height);
    context.translate(this.offset.x, this.offset.y);
    context.scale(this.scale, this.scale);
    this.view = {
      left: -this.offset.x / this.scale, top: -this.offset.y / this.scale,
      right: (this.size.width - this.offset.x) / this.scale, bottom: (this.size.height - this.offset.y) / this.scale,
    };
    this.paintEdges(context, colour);
    this.paintBoxes(context, colour);
  }

  paintEdges(context, colour) {
    const isLit = (edge) => this.lit && this.lit.has(edge.from.id) && this.lit.has(edge.to.id);
    const visible = this.edges.filter((edge) => this.sees(edge));
    const passes = this.lit
      ? [[colour("--edge-dim"), 1, visible.filter((edge) => !isLit(edge))], [colour("--accent"), 2, visible.filter(isLit)]]
      : [[colour("--edge"), 1, visible]];
    if (this.moving && visible.length > MANY) passes.shift();
    const straight = this.scale < 0.25;
    for (const [stroke, width, edges] of passes) {
      context.strokeStyle = stroke;
      context.lineWidth = width / Math.max(this.scale, 0.3);
      context.beginPath();
      for (const { from, to } of edges) {
        const [x1, y1, x2, y2] = [from.x + BOX.width, from.y + BOX.height / 2, to.x, to.y + BOX.height / 2];
        context.moveTo(x1, y1);
        if (straight) context.lineTo(x2, y2);
        else context.bezierCurveTo(x1 + 40, y1, x2 - 40, y2, x2, y2);
      }
      context.stroke();
    }
  }

  paintBoxes(context, colour) {
    const ink = colour("--ink");
    const card = colour("--card");
    context.font = "12px system-ui, sans-serif";
    context.textBaseline = "middle";
    for (const box of this.boxes) {
      if (box.x > this.view.right || box.x + BOX.width < this.view.left || box.y > this.view.bottom || box.y + BOX.height < this.view.top) continue;
      const kind = box.node.color || colour(`--kind-${box.node.type}`) || colour("--kind-model");
      context.globalAlpha = this.lit && !this.lit.has(box.id) ? 0.25 : 1;
      if (this.scale < 0.3) {
        context.fillStyle = kind;
        context.fillRect(box.x, box.y, BOX.width, BOX.height);
        continue;
      }
      this.paintBox(context, box, { kind, ink, card, accent: colour("--accent"), bad: colour("--bad") });
    }
    context.globalAlpha = 1;
  }

  paintBox(context, box, { kind, ink, card, accent, bad }) {
    context.fillStyle = card;
    context.strokeStyle = box.id === this.focus ? accent : kind;
    context.lineWidth = box.id === this.focus ? 3 : 1;
    context.beginPath();
    context.roundRect(box.x, box.y, BOX.width, BOX.height, 5);
    context.fill();
    context.stroke();
    context.fillStyle = kind;
    context.fillRect(box.x, box.y + 3, 5, BOX.height - 6);
    context.fillStyle = ink;
    context.fillText(this.label(context, box), box.x + 12, box.y + BOX.height / 2 + 1);
    if (["fail", "error"].includes(worst([lastStatus(box.node), ...box.node.tests.map(lastStatus)]))) {
      context.fillStyle = bad;
      context.beginPath();
      context.arc(box.x + BOX.width - 9, box.y + BOX.height / 2, 4, 0, 7);
      context.fill();
    }
  }

  /** The name, cut in the middle where it is too long. */
  label(context, box) {
    if (box.label) return box.label;
    let name = box.node.name;
    const room = BOX.width - 28;
    if (context.measureText(name).width > room) {
      let keep = name.length;
      while (keep > 4 && context.measureText(`${name.slice(0, keep)}…`).width > room) keep -= 1;
      const tail = Math.floor(keep / 3);
      name = `${name.slice(0, keep - tail)}…${name.slice(-tail)}`;
    }
    box.label = name;
    return name;
  }

  sees({ from, to }) {
    const { left, right, top, bottom } = this.view;
    return to.x >= left && from.x <= right
      && Math.max(from.y, to.y) >= top && Math.min(from.y, to.y) <= bottom;
  }

  /** The box under a point of the canvas. */
  at(x, y) {
    const px = (x - this.offset.x) / this.scale;
    const py = (y - this.offset.y) / this.scale;
    const column = this.byColumn.get(Math.floor(px / COLUMN) * COLUMN);
    return column?.find((box) => px >= box.x && px <= box.x + BOX.width && py >= box.y && py <= box.y + BOX.height);
  }

  zoom(factor, x = this.size.width / 2, y = this.size.height / 2) {
    const scale = Math.min(Math.max(this.scale * factor, 0.02), 3);
    const real = scale / this.scale;
    this.offset = { x: x - (x - this.offset.x) * real, y: y - (y - this.offset.y) * real };
    this.scale = scale;
    this.drawMoving();
  }

  setFocus(id) {
    this.focus = id;
    this.markLineage();
    this.onFocus(id);
    const box = id && this.boxOf.get(id);
    if (box) {
      const { node } = box;
      this.said.textContent = `${node.type} ${node.name}, ${plural(node.parents.length, "parent")}`;
    }
    this.draw();
  }

  listen() {
    const { canvas } = this;
    let drag = null;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      drag = { x: event.clientX, y: event.clientY, moved: false };
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!drag) {
        this.hoverAt(event.offsetX, event.offsetY);
        return;
      }
      const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!drag.moved && Math.hypot(dx, dy) < 4) return;
      this.offset = { x: this.offset.x + dx, y: this.offset.y + dy };
      drag = { x: event.clientX, y: event.clientY, moved: true };
      this.drawMoving();
    });
    canvas.addEventListener("pointerup", (event) => {
      const wasClick = drag && !drag.moved;
      drag = null;
      if (wasClick) this.setFocus(this.at(event.offsetX, event.offsetY)?.id ?? null);
    });
    canvas.addEventListener("dblclick", (event) => {
      const box = this.at(event.offsetX, event.offsetY);
      if (box) this.onOpen(box.node);
    });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
    }, { passive: false });
    canvas.addEventListener("pointerleave", () => this.hoverAt(-1e9, -1e9));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  hoverAt(x, y) {
    const id = this.at(x, y)?.id ?? null;
    if (id === this.hover) return;
    this.hover = id;
    this.canvas.style.cursor = id ? "pointer" : "grab";
    this.canvas.title = id ? `${byId.get(id).name} (${byId.get(id).type})` : "";
    this.markLineage();
    this.draw();
  }

  key(event) {
    const handled = {
      "+": () => this.zoom(1.25), "=": () => this.zoom(1.25), "-": () => this.zoom(0.8), 0: () => this.fit(),
      Enter: () => this.focus && this.onOpen(byId.get(this.focus)),
      ArrowLeft: () => this.step(event, -1, 0), ArrowRight: () => this.step(event, 1, 0),
      ArrowUp: () => this.step(event, 0, -1), ArrowDown: () => this.step(event, 0, 1),
    }[event.key];
    if (!handled || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    handled();
  }

  /** Moves the focus: left and right along the lineage, up and down within a column; with Shift, the picture. */
  step(event, dx, dy) {
    if (event.shiftKey) {
      this.offset = { x: this.offset.x - dx * 80, y: this.offset.y - dy * 80 };
      this.draw();
      return;
    }
    const box = this.boxOf.get(this.focus) ?? null;
    const next = box ? this.neighbour(box, dx, dy) : this.boxes[0];
    if (!next) return;
    this.setFocus(next.id);
    this.reveal(next);
  }

  neighbour(box, dx, dy) {
    if (dy) {
      const column = this.byColumn.get(box.x);
      return column[column.indexOf(box) + dy];
    }
    const others = this.edges.filter((edge) => (dx < 0 ? edge.to : edge.from) === box).map((edge) => (dx < 0 ? edge.from : edge.to));
    others.sort((one, other) => Math.abs(one.y - box.y) - Math.abs(other.y - box.y));
    return others[0];
  }
}
