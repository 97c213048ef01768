// Writes records of runs for the nodes of a manifest, as if they had been built: the same for the same manifest.
//
//   make_history.mjs TARGET RUNS

import fs from "node:fs";
import path from "node:path";

const [target, count] = [process.argv[2], Number(process.argv[3])];
const manifest = JSON.parse(fs.readFileSync(path.join(target, "manifest.json"), "utf8"));
const nodes = Object.values(manifest.nodes).filter((node) => ["model", "seed", "snapshot", "test"].includes(node.resource_type));

let state = 7;
function random() {
  state = (state * 1103515245 + 12345) % 2147483648;
  return state / 2147483648;
}

const folder = path.join(target, "history");
fs.mkdirSync(folder, { recursive: true });
const monitors = nodes.filter((node) => node.resource_type === "test").slice(0, 6);
for (let run = 0; run < count; run += 1) {
  const at = new Date(Date.UTC(2026, 0, 1 + run, 6, 12)).toISOString();
  const results = {};
  const observed = {};
  let tests = 0;
  nodes.forEach((node, place) => {
    const size = 1000 + (place % 50) * 900;
    if (node.resource_type !== "test") {
      const rows = Math.round(size * (1 + run * 0.02 + random() * 0.05));
      results[node.unique_id] = { status: "success", seconds: 0.02 + random() * (place % 13) * 0.1, rows, message: `SELECT ${rows}`, contents: { rows, bytes: rows * 120 } };
      return;
    }
    const number = tests;
    tests += 1;
    // Some fail now, one of them for a while; some failed now and then.
    const fails = (number % 97 === 3 && run > count - 5) || (number % 151 === 8 && run === count - 1) || (number % 61 === 5 && run % 9 === 2);
    const status = !fails ? "pass" : number % 97 === 3 ? "fail" : "warn";
    const failures = fails ? 1 + (number % 40) : 0;
    results[node.unique_id] = { status, seconds: 0.01 + random() * 0.05, failures };
    if (fails) {
      results[node.unique_id].message = `Got ${failures} results, configured to fail if != 0`;
      results[node.unique_id].found = { columns: ["id", "customer", "amount"], rows: [["17", "a <b>bold</b> name", null], ["18", "Ümit & Söhne", "-3.50"]] };
    }
  });
  monitors.forEach((node, place) => {
    const unusual = place === 1 && run === count - 1;
    const value = (place % 2 ? 0.02 : 5000) * (1 + 0.1 * random()) * (unusual ? 4 : 1);
    const usual = run < 7 ? undefined : place % 2 ? [0.015, 0.026] : [4700, 5900];
    observed[node.unique_id] = { key: node.unique_id, at, values: [{ metric: place % 2 ? "null_rate" : "row_count", value, usual, unusual }] };
  });
  const id = `00000000-0000-4000-8000-${String(run).padStart(12, "0")}`;
  const name = `${at.replace(/[^0-9A-Za-z]/g, "")}-${id}`;
  fs.writeFileSync(path.join(folder, `${name}.json`), JSON.stringify({ invocation_id: id, at, command: "build", target: "dev", elapsed: 20 + random() * 15, results }));
  fs.writeFileSync(path.join(folder, `${name}.observed.json`), JSON.stringify({ target: "dev", observed }));
}
