// Making elements.

/** An element: attributes by name, `on…` as listeners, children as nodes or text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "html") made.innerHTML = value; // Only ever what was rendered from Markdown, without HTML of its own.
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** A number of seconds, for people. */
function duration(seconds) {
  if (seconds < 0.0995) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  const minutes = seconds / 60;
  if (minutes < 60) return `${minutes.toFixed(1)} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}

/** A moment, in the reader's own time. */
function moment(text) {
  const date = new Date(text);
  return Number.isNaN(date.valueOf()) ? text : date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** `1 model`, `2 models`. */
function plural(count, word) {
  const many = word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`;
  return `${count.toLocaleString()} ${count === 1 ? word : many}`;
}

/** A status as a dot with words. */
function statusMark(status) {
  const kind = { success: "good", pass: "good", warn: "doubt", fail: "bad", error: "bad", "runtime error": "bad", skipped: "none" };
  return element("span", { class: `status ${kind[status] || "none"}` }, status || "not run");
}
