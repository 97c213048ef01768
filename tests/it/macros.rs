//! What macros can do: the constructs that packages are made of.

use crate::support::{Project, Warehouse};

/// Recursion through `return`, dispatch chains, call blocks with arguments, namespaces, lists that grow,
/// columns and rows of the warehouse, the graph, `results`: see the project.
#[test]
fn the_constructs_of_packages() {
    let project = Project::fixture(Warehouse::postgres(), "constructs");
    project.run("deps").succeeds();
    let built = project.run("build");
    built.succeeds().says("noted 8 results, 0 failed").says("PASS=9 WARN=0 ERROR=0");
    let columns =
        "select column_name from information_schema.columns where table_name = 'v_wide' order by ordinal_position";
    assert_eq!(project.rows(columns), [["card_amount"], ["gift_card_amount"]]);
    assert_eq!(project.rows("select card_amount, gift_card_amount from built.v_wide"), [["40", "20"]]);
    assert_eq!(
        project.rows("select c1_method, c2_amount, c3_tax from built.generated where c2_amount = 10"),
        [["card", "10", "1"]]
    );
}
