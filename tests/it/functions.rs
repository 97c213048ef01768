//! User-defined functions.

use crate::support::{Project, Warehouse};

const PROPERTIES: &str = "\
functions:
  - name: doubled
    config: {volatility: deterministic}
    arguments: [{name: price, data_type: float}]
    returns: {data_type: float}
";

fn project() -> Project {
    Project::new(Warehouse::postgres())
        .file("functions/doubled.sql", "select price * 2")
        .file("functions/doubled.yml", PROPERTIES)
}

/// `build` makes a function ahead of the models that call it.
#[test]
fn models_call_functions() {
    let project = project().file("models/prices.sql", "select {{ function('doubled') }}(21) as price");
    project.run("build").succeeds();
    assert_eq!(project.statuses(), ["doubled: success", "prices: success"]);
    assert_eq!(project.rows("select price from main.prices"), [["42.0"]]);
    assert_eq!(project.rows("select provolatile::text from pg_proc where proname = 'doubled'"), [["i"]]);
    project.write("functions/doubled.sql", "select price * 2 + 1");
    project.run("build").succeeds();
    assert_eq!(project.rows("select price from main.prices"), [["43.0"]]);
    let manifest = project.artifact("manifest.json");
    let function = &manifest["functions"]["function.shop.doubled"];
    assert_eq!(function["arguments"][0]["data_type"], "float");
    assert_eq!(manifest["nodes"]["model.shop.prices"]["depends_on"]["nodes"][0], "function.shop.doubled");
}

/// What cannot be made says so, and so does a call of what does not exist.
#[test]
fn what_is_not_there_is_told() {
    let project = project().file("functions/sums.py", "def sums(x):\n  return x\n");
    project.run("build --select sums").exits_with(1).says("No macro named 'scalar_function_python' found");
    project.remove("functions/sums.py");
    project.write("models/prices.sql", "select {{ function('double') }}(21) as price");
    project.run("build").exits_with(2).says("function `double`").says("did you mean `doubled`?");
}
