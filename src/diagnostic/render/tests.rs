use insta::assert_snapshot;

use super::{Style, concise, full, json};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, SourceSet, Span};

const ORDERS: &str =
    "{{ config(materialized='table') }}\nselect id, amount\nfrom {{ ref('stg_order') }}\nwhere amount > 0\n";

fn one_file(path: &str, text: &str) -> (SourceSet, FileId) {
    let sources = SourceSet::new();
    let file = sources.add(format!("/shop/{path}"), path, text);
    (sources, file)
}

/// The span of the first `needle` in the file.
fn span(sources: &SourceSet, file: FileId, needle: &str) -> Span {
    let start = sources.text(file).find(needle).expect("the needle is in the text");
    Span::new(file, start, start + needle.len())
}

fn unknown_ref() -> (SourceSet, Diagnostic) {
    let (sources, file) = one_file("models/marts/orders.sql", ORDERS);
    let diagnostic = Diagnostic::error(Code::UnknownRef, "model `orders` refers to `stg_order`, which does not exist")
        .at(span(&sources, file, "stg_order"), "no model, seed or snapshot has this name")
        .help("did you mean `stg_orders` (models/staging/stg_orders.sql)?");
    (sources, diagnostic)
}

#[test]
fn one_label_with_help() {
    let (sources, diagnostic) = unknown_ref();
    assert_snapshot!(full(&diagnostic, &sources, Style::PLAIN), @"
    error[unknown-ref]: model `orders` refers to `stg_order`, which does not exist
      --> models/marts/orders.sql:3:14
       |
     3 | from {{ ref('stg_order') }}
       |              ^^^^^^^^^ no model, seed or snapshot has this name
       = help: did you mean `stg_orders` (models/staging/stg_orders.sql)?
    ");
}

#[test]
fn concise_is_one_line() {
    let (sources, diagnostic) = unknown_ref();
    assert_snapshot!(concise(&diagnostic, &sources), @"models/marts/orders.sql:3:14: error[unknown-ref]: model `orders` refers to `stg_order`, which does not exist");
    let placeless = Diagnostic::warning(Code::EmptySelection, "the selection\nmatches no node");
    assert_snapshot!(concise(&placeless, &sources), @"warning[empty-selection]: the selection matches no node");
}

#[test]
fn json_has_every_field() {
    let (sources, diagnostic) = unknown_ref();
    assert_snapshot!(json(&diagnostic, &sources), @r#"{"code":"unknown-ref","severity":"error","message":"model `orders` refers to `stg_order`, which does not exist","primary":{"path":"models/marts/orders.sql","start":{"line":3,"column":14,"offset":66},"end":{"line":3,"column":23,"offset":75},"text":"no model, seed or snapshot has this name"},"secondary":[],"notes":[],"help":["did you mean `stg_orders` (models/staging/stg_orders.sql)?"],"cause":null}"#);
}

#[test]
fn colour_repeats_what_the_text_says() {
    let (sources, diagnostic) = unknown_ref();
    let colored = full(&diagnostic, &sources, Style::COLORED);
    assert_snapshot!(colored.replace('\u{1b}', "<ESC>"), @"
    <ESC>[1m<ESC>[31merror[unknown-ref]<ESC>[0m<ESC>[1m: model `orders` refers to `stg_order`, which does not exist<ESC>[0m
      <ESC>[1m<ESC>[34m--><ESC>[0m models/marts/orders.sql:3:14
       <ESC>[1m<ESC>[34m|<ESC>[0m
    <ESC>[1m<ESC>[34m 3 |<ESC>[0m from {{ ref('stg_order') }}
       <ESC>[1m<ESC>[34m|<ESC>[0m              <ESC>[1m<ESC>[31m^^^^^^^^^<ESC>[0m <ESC>[1m<ESC>[31mno model, seed or snapshot has this name<ESC>[0m
       <ESC>[1m<ESC>[34m=<ESC>[0m <ESC>[1mhelp:<ESC>[0m did you mean `stg_orders` (models/staging/stg_orders.sql)?
    ");
    let mut stripped = String::new();
    let mut parts = colored.split('\u{1b}');
    stripped.push_str(parts.next().unwrap_or_default());
    for part in parts {
        stripped.push_str(part.split_once('m').unwrap_or_default().1);
    }
    assert_eq!(stripped, full(&diagnostic, &sources, Style::PLAIN));
}

#[test]
fn several_labels_on_one_line_hang_below_each_other() {
    let (sources, file) = one_file("models/a.sql", "select a.id, b.id from a join b using (id)\n");
    let diagnostic = Diagnostic::error(Code::SqlError, "column name `id` is ambiguous")
        .at(span(&sources, file, "b.id"), "and this one")
        .and_at(span(&sources, file, "a.id"), "this column")
        .and_at(span(&sources, file, "using (id)"), "the join key is `id` already");
    assert_snapshot!(full(&diagnostic, &sources, Style::PLAIN), @"
    error[sql-error]: column name `id` is ambiguous
      --> models/a.sql:1:14
       |
     1 | select a.id, b.id from a join b using (id)
       |        ----  ^^^^               ---------- the join key is `id` already
       |        |     |
       |        |     and this one
       |        this column
    ");
}

#[test]
fn overlapping_labels_keep_the_primary_mark_whole() {
    let (sources, file) = one_file("models/a.sql", "select {{ ref('x') }}\n");
    let diagnostic = Diagnostic::error(Code::UnknownRef, "no `x`")
        .at(span(&sources, file, "'x'"), "unknown")
        .and_at(span(&sources, file, "{{ ref('x') }}"), "in this call");
    assert_snapshot!(full(&diagnostic, &sources, Style::PLAIN), @"
    error[unknown-ref]: no `x`
      --> models/a.sql:1:15
       |
     1 | select {{ ref('x') }}
       |        -------^^^----
       |        |      |
       |        |      unknown
       |        in this call
    ");
}

#[test]
fn a_label_over_many_lines_is_a_bracket() {
    let text =
        "with a as (\n  select 1 as x\n),\nb as (\n  select 2 as x\n),\nc as (\n  select 3 as x\n)\nselect * from a\n";
    let (sources, file) = one_file("models/long.sql", text);
    let whole =
        Diagnostic::error(Code::SqlError, "the statement is too long").at(Span::new(file, 0, 88), "all of this");
    assert_snapshot!(full(&whole, &sources, Style::PLAIN), @"
    error[sql-error]: the statement is too long
       --> models/long.sql:1:1
        |
      1 | / with a as (
      2 | |   select 1 as x
      3 | | ),
    ...   |
      8 | |   select 3 as x
      9 | | )
     10 | | select * from a
        | |______^ all of this
    ");
    let inner = Diagnostic::error(Code::SqlError, "wrong")
        .at(Span::new(file, 10, 28), "this block")
        .and_at(span(&sources, file, "select * from a"), "used here");
    assert_snapshot!(full(&inner, &sources, Style::PLAIN), @"
    error[sql-error]: wrong
       --> models/long.sql:1:11
        |
      1 |   with a as (
        |  ___________^
      2 | |   select 1 as x
        | |_______________^ this block
    ...
     10 |   select * from a
        |   --------------- used here
    ");
}

#[test]
fn two_brackets_stand_side_by_side() {
    let (sources, file) = one_file("models/two.sql", "a\nb\nc\nd\n");
    let diagnostic = Diagnostic::warning(Code::DuplicateName, "two blocks overlap")
        .at(Span::new(file, 0, 5), "the first")
        .and_at(Span::new(file, 2, 7), "the second");
    assert_snapshot!(full(&diagnostic, &sources, Style::PLAIN), @"
    warning[duplicate-name]: two blocks overlap
      --> models/two.sql:1:1
       |
     1 | /   a
     2 | | / b
     3 | | | c
       | |___^ the first
     4 |   | d
       |   |_- the second
    ");
}

#[test]
fn labels_in_other_files_follow() {
    let (sources, file) = one_file("models/orders.sql", "select 1\n");
    let other = sources.add(
        "/shop/models/_models.yml",
        "models/_models.yml",
        "version: 2\n\n\n\n\n\n\n\n\nmodels:\n  - name: orders\n  - name: orders\n",
    );
    let text = sources.text(other);
    let second = text.rfind("orders").unwrap();
    let diagnostic = Diagnostic::error(Code::DuplicateName, "two models are named `orders`")
        .at(Span::new(file, 0, 8), "the model")
        .and_at(span(&sources, other, "orders"), "described here")
        .and_at(Span::new(other, second, second + 6), "and here")
        .caused_by("first line\nsecond line")
        .note("a note\nover two lines")
        .help("remove one of them");
    assert_snapshot!(full(&diagnostic, &sources, Style::PLAIN), @"
    error[duplicate-name]: two models are named `orders`
       --> models/orders.sql:1:1
        |
      1 | select 1
        | ^^^^^^^^ the model
       ::: models/_models.yml:11:11
        |
     11 |   - name: orders
        |           ------ described here
     12 |   - name: orders
        |           ------ and here
        = cause: first line
                 second line
        = note: a note
                over two lines
        = help: remove one of them
    ");
}

#[test]
fn tabs_and_wide_characters_keep_marks_in_place() {
    let (sources, file) = one_file("models/w.sql", "\tselect '日本' as 名前, wrong\n");
    let diagnostic = Diagnostic::error(Code::SqlError, "column `wrong` does not exist")
        .at(span(&sources, file, "wrong"), "here")
        .and_at(span(&sources, file, "名前"), "not this");
    assert_snapshot!(full(&diagnostic, &sources, Style::PLAIN), @"
    error[sql-error]: column `wrong` does not exist
      --> models/w.sql:1:21
       |
     1 |     select '日本' as 名前, wrong
       |                      ----  ^^^^^ here
       |                      |
       |                      not this
    ");
}

#[test]
fn a_long_line_is_cut_around_its_labels() {
    let line = format!("select {} wrong {}\n", "aaaaaaaaa,".repeat(30), "bbbbbbbbb,".repeat(30));
    let (sources, file) = one_file("models/l.sql", &line);
    let diagnostic = Diagnostic::error(Code::SqlError, "no").at(span(&sources, file, "wrong"), "here");
    assert_snapshot!(full(&diagnostic, &sources, Style { colored: false, width: 60 }), @"
    error[sql-error]: no
      --> models/l.sql:1:309
       |
     1 | ...aaaa,aaaaaaaaa, wrong bbbbbbbbb,bbbbbbbbb,bbbbbbb...
       |                    ^^^^^ here
    ");
}

#[test]
fn places_that_are_empty_or_out_of_range_do_no_harm() {
    let (sources, file) = one_file("a.yml", "x: 1\n");
    let end = Diagnostic::error(Code::InvalidYaml, "ends too soon").at(Span::new(file, 5, 5), "here");
    assert_snapshot!(full(&end, &sources, Style::PLAIN), @"
    error[invalid-yaml]: ends too soon
      --> a.yml:2:1
       |
     2 |
       | ^ here
    ");
    let far = Diagnostic::error(Code::InvalidYaml, "far").at(Span::new(file, 400, 300), "");
    assert_snapshot!(full(&far, &sources, Style::PLAIN), @"
    error[invalid-yaml]: far
      --> a.yml:2:1
       |
     2 |
       | ^
    ");
    let gone = Diagnostic::error(Code::Io, "gone").at(Span::new(FileId(9), 0, 1), "").help("look elsewhere");
    assert_snapshot!(full(&gone, &sources, Style::PLAIN), @"
    error[io]: gone
       = help: look elsewhere
    ");
    let empty = sources.add("/shop/e.sql", "e.sql", "");
    let nothing = Diagnostic::warning(Code::JinjaSyntax, "nothing in it").at(Span::new(empty, 0, 0), "here");
    assert_snapshot!(full(&nothing, &sources, Style::PLAIN), @"
    warning[jinja-syntax]: nothing in it
      --> e.sql:1:1
    ");
}
