// SQL with Jinja, in colours.

const KEYWORDS = new Set(("select from where group by order having limit offset join left right full inner outer cross lateral on using "
  + "with recursive as distinct union all except intersect case when then else end and or not in is null like ilike between exists "
  + "insert into update set delete create replace table view values cast over partition rows range preceding following current row "
  + "unbounded interval true false asc desc nulls first last qualify window filter within any some merge matched if materialized").split(" "));

const TOKENS = new RegExp([
  "(?<jcomment>\\{#[\\s\\S]*?#\\})",
  "(?<jinja>\\{\\{[\\s\\S]*?\\}\\}|\\{%[\\s\\S]*?%\\})",
  "(?<comment>--[^\\n]*|/\\*[\\s\\S]*?\\*/)",
  "(?<string>'(?:[^']|'')*')",
  "(?<number>\\b\\d+(?:\\.\\d+)?\\b)",
  "(?<call>\\b[A-Za-z_][\\w]*(?=\\s*\\())",
  "(?<word>\\b[A-Za-z_][\\w]*\\b)",
].join("|"), "g");

/** Code as a `pre` with coloured tokens; `ref()` and `source()` become links. */
function highlighted(code, node) {
  const pre = element("pre", { class: "code", tabindex: "0" });
  let end = 0;
  for (const match of code.matchAll(TOKENS)) {
    pre.append(code.slice(end, match.index));
    pre.append(token(match, node));
    end = match.index + match[0].length;
  }
  pre.append(code.slice(end));
  return pre;
}

function token(match, node) {
  const [kind] = Object.entries(match.groups).find(([, text]) => text !== undefined);
  const text = match[0];
  const lower = text.toLowerCase();
  switch (kind) {
    case "jinja": return jinja(text, node);
    case "jcomment":
    case "comment": return element("span", { class: "t-comment" }, text);
    case "string": return element("span", { class: "t-string" }, text);
    case "number": return element("span", { class: "t-number" }, text);
    case "call": return element("span", { class: KEYWORDS.has(lower) ? "t-keyword" : "t-call" }, text);
    default: return KEYWORDS.has(lower) ? element("span", { class: "t-keyword" }, text) : text;
  }
}

/** A template tag, with a link where it names another node. */
function jinja(text, node) {
  const call = /\b(ref|source)\(([^)]*)\)/.exec(text);
  const span = element("span", { class: "t-jinja" });
  const target = call && named(call[1], [...call[2].matchAll(/'([^']*)'|"([^"]*)"/g)].map((found) => found[1] ?? found[2]), node);
  if (!target) {
    span.append(text);
    return span;
  }
  span.append(text.slice(0, call.index), element("a", { href: addressOf(target) }, call[0]), text.slice(call.index + call[0].length));
  return span;
}

function named(kind, words, node) {
  const parents = node.parents.map((id) => byId.get(id));
  const name = kind === "source" ? words.join(".") : words.at(-1);
  return parents.find((parent) => parent.name === name || parent.name.replace(/\.v\w+$/, "") === name);
}
