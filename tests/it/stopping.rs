//! Runs that do not come to their end: by a signal that asks to stop, or killed.

use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::support::{Project, Warehouse};

fn start(project: &Project, command_line: &str) -> Child {
    let mut command = project.command(&command_line.split_whitespace().collect::<Vec<_>>());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the executable starts")
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

/// Waits until a query gives this one value.
fn wait_for(project: &Project, sql: &str, value: &str) {
    while project.rows(sql) != [[value]] {}
}

const RUNNING: &str = "select count(*) as n from pg_stat_activity where datname = current_database() \
                       and state = 'active' and query like '%sleep%' and pid <> pg_backend_pid()";

/// What runs is cancelled in the server, what waits is skipped, hooks do not run any more, and the
/// results say so.
fn a_signal_stops_a_run(signal: &str) {
    let slow = "{{ config(materialized='table') }} select 1 as id from {{ ref('quick') }} where pg_sleep(3600) is null";
    let project = Project::new(Warehouse::postgres())
        .file("project.yml", "name: shop\nprofile: test\non-run-end: [\"create table main.hook_ran (id int)\"]\n")
        .file("models/quick.sql", "select 1 as id")
        .file("models/slow_1.sql", slow)
        .file("models/slow_2.sql", slow)
        .file("models/slow_3.sql", slow)
        .file("models/after.sql", "select * from {{ ref('slow_1') }}");
    let running = start(&project, "run --threads 2");
    wait_for(&project, RUNNING, "2");
    send(signal, &running);
    let ended = running.wait_with_output().unwrap();
    let output = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{output}");
    assert!(output.contains("Interrupted: cancelling what is running"), "{output}");
    assert_eq!(project.rows(RUNNING), [["0"]]);
    let statuses = project.statuses();
    assert_eq!(statuses.iter().filter(|status| status.ends_with(": error")).count(), 2, "{statuses:?}");
    assert!(statuses.contains(&"quick: success".to_owned()) && statuses.contains(&"after: skipped".to_owned()));
    assert_eq!(project.rows("select to_regclass('main.hook_ran')::text as hook"), [["NULL"]]);
}

#[test]
fn ctrl_c_stops_a_run() {
    a_signal_stops_a_run("INT");
}

#[test]
fn sigterm_stops_a_run() {
    a_signal_stops_a_run("TERM");
}

const NUMBERS: &str = "select a.d + 10 * b.d + 100 * c.d + 1000 * e.d as id \
                       from {{ ref('digits') }} as a cross join {{ ref('digits') }} as b \
                       cross join {{ ref('digits') }} as c cross join {{ ref('digits') }} as e \
                       where a.d + 10 * b.d + 100 * c.d + 1000 * e.d < {{ var('size') }}";

/// Rows of a table, of an incremental model, and as another table counts them.
const SIZES: &str = "select (select count(*) from main.numbers) as a, (select count(*) from main.grown) as b, \
                     (select n from main.counted) as c";

on_every_warehouse! {
    /// A run killed at any moment leaves every relation whole, with the old or the new rows, and the
    /// next run needs no repair. `tests/compat/kill_at_random.py` does the same to the root project.
    fn a_killed_run_leaves_nothing_half_written(warehouse: Warehouse) {
        let project = Project::new(warehouse)
            .file("seeds/digits.csv", "d\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n")
            .file("models/numbers.sql", &format!("{{{{ config(materialized='table') }}}} {NUMBERS}"))
            .file("models/seen.sql", "select id from {{ ref('numbers') }}")
            .file(
                "models/grown.sql",
                "{{ config(materialized='incremental') }} select id from {{ ref('seen') }} \
                 {% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}",
            )
            .file(
                "models/counted.sql",
                "{{ config(materialized='table') }} select count(*) as n from {{ ref('grown') }}",
            );
        let build = |size: u32| format!("build --vars {{\"size\":{size}}}");
        project.run(&build(1000)).succeeds();
        let begun = Instant::now();
        project.run(&build(1000)).succeeds();
        let lasts = begun.elapsed();
        for number in 1..=5_u32 {
            let (old, new) = (number * 1000, number * 1000 + 1000);
            let mut running = start(&project, &build(new));
            std::thread::sleep(lasts * (number * 2 - 1) / 10);
            running.kill().unwrap();
            running.wait().unwrap();
            if project.warehouse.is_postgres() {
                // The server notices that its client is gone when it next writes to it.
                wait_for(
                    &project,
                    "select count(*) as n from pg_stat_activity \
                     where datname = current_database() and pid <> pg_backend_pid()",
                    "0",
                );
                let own = "select count(*) as n from pg_class where relname like '%\\_\\_aq\\_%'";
                assert_eq!(project.rows(own), [["0"]]);
            }
            for size in project.rows(SIZES).concat() {
                assert!(size == old.to_string() || size == new.to_string(), "{size} rows after kill {number}");
            }
            project.run(&build(new)).succeeds();
            let new = new.to_string();
            assert_eq!(project.rows(SIZES), [[new.as_str(), &new, &new]]);
        }
    }
}
