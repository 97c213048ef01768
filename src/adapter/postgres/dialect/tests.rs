//! What is sent, as text.

use indexmap::IndexMap;
use insta::assert_snapshot;

use super::*;
use crate::relation::{
    AlterColumns, Column, ConflictPolicy, GrantChange, IndexSpec, MergeSpec, Relation, RelationKind, SchemaRef,
    ShapedColumn, TableOptions, TableShape,
};

fn orders() -> Relation {
    Relation::new("db", "shop", "orders")
}

fn render(op: &RelationOp) -> String {
    let script = PostgresDialect::default().render(op);
    if let (Some(query), Some(range)) = (op.query(), &script.query) {
        assert_eq!(script.sql.get(range.clone()), Some(query), "the query's place");
    }
    script.sql
}

/// The blocks that look for themselves are snapshots of their own; elsewhere their first line will do.
fn render_short(op: &RelationOp) -> String {
    let mut text = String::new();
    let mut rest = render(op);
    while let Some(at) = rest.find("do $aq$") {
        let end = rest.rfind("$aq$;").unwrap_or(rest.len());
        text.push_str(&rest[..at]);
        text.push_str("do ...");
        rest = rest[end + "$aq$".len()..].to_owned();
    }
    text + &rest
}

fn table(existing: Option<RelationKind>, shape: TableShape, options: TableOptions) -> RelationOp {
    RelationOp::ReplaceTable { target: orders(), existing, query: "select 1 as id -- one".to_owned(), shape, options }
}

fn names(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|column| (*column).to_owned()).collect()
}

#[test]
fn a_new_table() {
    let options = TableOptions {
        indexes: vec![IndexSpec {
            columns: names(&["id", "lower(note)"]),
            unique: true,
            method: Some("btree".to_owned()),
        }],
        unlogged: true,
        ..TableOptions::default()
    };
    assert_snapshot!(render(&table(None, TableShape::default(), options)), @r#"
create unlogged table "db"."shop"."orders" as (
select 1 as id -- one
);
create unique index "87dd123df671eeec963f3a677c0a18bf" on "db"."shop"."orders" using btree (id, lower(note));
"#);
}

#[test]
fn a_table_in_the_place_of_another() {
    let op = table(Some(RelationKind::Table), TableShape::default(), TableOptions::default());
    assert_snapshot!(render_short(&op), @r#"
create table "db"."shop"."orders__aq_tmp" as (
select 1 as id -- one
);
do ...;
"#);
    let (text, mark) = (render(&op), regex::Regex::new(r"\{[a-z_]+\}").expect("a pattern"));
    assert!(!mark.is_match(&text), "a mark is left: {:?}", mark.find(&text));
    assert!(text.contains("to_regclass('\"db\".\"shop\".\"orders\"')") && text.contains("create or replace view %s%s"));
}

#[test]
fn a_table_with_a_contract() {
    let id =
        ShapedColumn { name: "\"id\"".to_owned(), data_type: "integer".to_owned(), constraints: names(&["not null"]) };
    let note = ShapedColumn { name: "note".to_owned(), data_type: "text".to_owned(), constraints: Vec::new() };
    let shape = TableShape { columns: Some(vec![id, note]), constraints: names(&["primary key (id)"]) };
    assert_snapshot!(render_short(&table(Some(RelationKind::View), shape, TableOptions::default())), @r#"
create table "db"."shop"."orders__aq_tmp" (
  "id" integer not null,
  note text,
  primary key (id)
);
insert into "db"."shop"."orders__aq_tmp" ("id", note) (
select "id", note from (
select 1 as id -- one
) as model_subq
);
do ...;
"#);
}

#[test]
fn views() {
    let view = |existing| RelationOp::ReplaceView { target: orders(), existing, query: "select 1 as id".to_owned() };
    assert_snapshot!(render(&view(Some(RelationKind::View))), @r#"
create or replace view "db"."shop"."orders" as (
select 1 as id
);
"#);
    assert_snapshot!(render_short(&view(Some(RelationKind::Table))), @r#"
create view "db"."shop"."orders__aq_tmp" as (
select 1 as id
);
do ...;
"#);
    let clone = RelationOp::Clone { target: orders(), existing: None, source: Relation::new("db", "prod", "orders") };
    assert_snapshot!(render(&clone), @r#"
create or replace view "db"."shop"."orders" as (
select * from "db"."prod"."orders"
);
"#);
    assert_snapshot!(render(&RelationOp::Refresh(orders())), @r#"
refresh materialized view "db"."shop"."orders";
"#);
}

#[test]
fn rows_into_a_table() {
    let (target, columns, query) = (orders(), names(&["id", "Note"]), "select * from new".to_owned());
    let append = RelationOp::Append { target: target.clone(), columns: columns.clone(), query: query.clone() };
    assert_snapshot!(render(&append), @r#"
insert into "db"."shop"."orders" ("id", "Note") (
select "id", "Note" from (
select * from new
) as model_subq
);
"#);
    let delete_insert = RelationOp::DeleteInsert {
        target: target.clone(),
        columns: columns.clone(),
        unique_key: names(&["id", "day"]),
        predicates: names(&["DBT_INTERNAL_DEST.day > '2024-01-01'"]),
        query: query.clone(),
    };
    assert_snapshot!(render(&delete_insert), @r#"
create temporary table "orders__aq_src" on commit drop as (
select * from new
);
delete from "db"."shop"."orders" as DBT_INTERNAL_DEST
where (id, day) in (
select distinct id, day from "orders__aq_src" as DBT_INTERNAL_SOURCE
)
and DBT_INTERNAL_DEST.day > '2024-01-01';
insert into "db"."shop"."orders" ("id", "Note") (
select "id", "Note" from "orders__aq_src"
);
drop table "orders__aq_src";
"#);
    let replace_where =
        RelationOp::ReplaceWhere { target, columns, predicate: "day >= '2024-01-01'".to_owned(), query };
    assert_snapshot!(render(&replace_where), @r#"
create temporary table "orders__aq_src" on commit drop as (
select * from new
);
delete from "db"."shop"."orders"
where day >= '2024-01-01'
;
insert into "db"."shop"."orders" ("id", "Note") (
select "id", "Note" from "orders__aq_src"
);
drop table "orders__aq_src";
"#);
}

#[test]
fn merges() {
    let merge = MergeSpec {
        target: orders(),
        columns: names(&["id", "note"]),
        unique_key: names(&["id"]),
        source_key: None,
        update_columns: Some(names(&["note"])),
        predicates: names(&["DBT_INTERNAL_DEST.id > 0"]),
        query: "select * from new".to_owned(),
        conflict: ConflictPolicy::Fail,
    };
    assert_snapshot!(render(&RelationOp::Merge(merge.clone())), @r#"
merge into "db"."shop"."orders" as DBT_INTERNAL_DEST
using (
select * from new
) as DBT_INTERNAL_SOURCE
on (DBT_INTERNAL_DEST.id > 0) and (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
when matched then update set "note" = DBT_INTERNAL_SOURCE."note"
when not matched then insert ("id", "note")
values (DBT_INTERNAL_SOURCE."id", DBT_INTERNAL_SOURCE."note");
"#);
    assert_snapshot!(render(&RelationOp::Merge(MergeSpec { unique_key: Vec::new(), ..merge.clone() })), @r#"
merge into "db"."shop"."orders" as DBT_INTERNAL_DEST
using (
select * from new
) as DBT_INTERNAL_SOURCE
on (DBT_INTERNAL_DEST.id > 0) and (FALSE)
when not matched then insert ("id", "note")
values (DBT_INTERNAL_SOURCE."id", DBT_INTERNAL_SOURCE."note");
"#);
    assert_snapshot!(merge::merge(&merge, 14).sql(), @r#"
create temporary table "orders__aq_src" on commit drop as (
select * from new
);
do $aq$
begin
  if exists (
    select from "db"."shop"."orders" as DBT_INTERNAL_DEST
    join "orders__aq_src" as DBT_INTERNAL_SOURCE on (DBT_INTERNAL_DEST.id > 0) and (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
    group by DBT_INTERNAL_DEST.tableoid, DBT_INTERNAL_DEST.ctid
    having count(*) > 1
  ) then
    raise exception 'MERGE command cannot affect row a second time' using
      errcode = 'cardinality_violation',
      hint = 'Ensure that not more than one source row matches any one target row.';
  end if;
end
$aq$;
with updated as (
update "db"."shop"."orders" as DBT_INTERNAL_DEST
set "note" = DBT_INTERNAL_SOURCE."note"
from "orders__aq_src" as DBT_INTERNAL_SOURCE
where (DBT_INTERNAL_DEST.id > 0) and (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
)
insert into "db"."shop"."orders" ("id", "note")
select DBT_INTERNAL_SOURCE."id", DBT_INTERNAL_SOURCE."note" from "orders__aq_src" as DBT_INTERNAL_SOURCE
where not exists (select from "db"."shop"."orders" as DBT_INTERNAL_DEST where (DBT_INTERNAL_DEST.id > 0) and (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id));
drop table "orders__aq_src";
"#);
}

#[test]
fn alterations() {
    let change = AlterColumns {
        relation: orders(),
        add: vec![Column::new("new", "varchar(3)")],
        drop: names(&["old"]),
        retype: vec![Column::new("id", "bigint")],
    };
    assert_snapshot!(render(&RelationOp::AlterColumns(change.clone())), @r#"
alter table "db"."shop"."orders"
  drop column "old",
  alter column "id" type bigint using "id"::bigint,
  add column "new" varchar(3);
"#);
    let none = AlterColumns { add: Vec::new(), drop: Vec::new(), retype: Vec::new(), ..change };
    assert_snapshot!(render(&RelationOp::AlterColumns(none)), @"");
}

#[test]
fn schemas_and_relations_come_and_go() {
    let schema = SchemaRef { database: "db".to_owned(), schema: "it's".to_owned() };
    assert_snapshot!(render(&RelationOp::CreateSchema(schema.clone())), @r#"
do $aq$
begin
  if not exists (select from pg_namespace where nspname = 'it''s') then
    create schema if not exists "it's";
  end if;
exception when unique_violation or duplicate_schema then
  null; -- Another session was quicker.
end
$aq$;
"#);
    assert_snapshot!(render(&RelationOp::DropSchema(schema)), @r#"
drop schema if exists "it's" cascade;
"#);
    assert_snapshot!(render(&RelationOp::Truncate(orders())), @r#"
truncate table "db"."shop"."orders";
"#);
    let drop = |relation, cascade| render(&RelationOp::Drop { relation, cascade });
    assert_snapshot!(drop(orders().with_kind(RelationKind::MaterializedView), true), @r#"
drop materialized view if exists "db"."shop"."orders" cascade;
"#);
    assert_snapshot!(drop(orders(), false), @r#"
do $aq$
declare
  named oid := to_regclass('"db"."shop"."orders"');
begin
  if named is not null then
    execute format('drop %s %s',
      (select case relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end
       from pg_class where oid = named),
      named::regclass);
  end if;
end
$aq$;
"#);
    let to = Relation::new("db", "archive", "orders 2024");
    assert_snapshot!(render(&RelationOp::Rename { from: orders(), to }), @r#"
alter table "db"."shop"."orders" set schema "archive";
alter table "db"."archive"."orders" rename to "orders 2024";
"#);
    let temporary = RelationOp::CreateTemporaryTable { target: orders(), query: "select 1".to_owned() };
    assert_snapshot!(render(&temporary), @r#"
create temporary table "orders" as (
select 1
);
"#);
}

#[test]
fn privileges_and_comments() {
    let roles = |privilege: &str, roles: &[&str]| IndexMap::from([(privilege.to_owned(), names(roles))]);
    let change =
        GrantChange { relation: orders(), grant: roles("select", &["a", "\"B\""]), revoke: roles("insert", &["c"]) };
    assert_snapshot!(render(&RelationOp::Grant(change)), @r#"
revoke insert on "db"."shop"."orders" from "c";
grant select on "db"."shop"."orders" to a, "B";
"#);
    let columns = IndexMap::from([("id".to_owned(), "it's".to_owned())]);
    let comment = RelationOp::Comment { relation: orders(), description: Some("all".to_owned()), columns };
    assert_snapshot!(render(&comment), @r#"
do $aq$
declare
  named oid := '"db"."shop"."orders"'::regclass;
  wanted text := 'all';
  wanted_columns json := '{"id":"it''s"}';
  item record;
begin
  for item in
    select case when k.objsubid = 0
        then format('comment on %s %s is %L',
          case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end,
          c.oid::regclass, k.description)
        else format('comment on column %s.%I is %L', c.oid::regclass, k.column_name, k.description) end as statement
    from pg_class c
    cross join lateral (
      select 0 as objsubid, null::name as column_name, wanted as description where wanted is not null
      union all
      select a.attnum, a.attname, w.value
      from json_each_text(wanted_columns) w join pg_attribute a on a.attrelid = c.oid and a.attname = w.key
      where a.attnum > 0 and not a.attisdropped
    ) k
    left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = k.objsubid
    where c.oid = named and coalesce(d.description, '') is distinct from k.description
  loop
    execute item.statement;
  end loop;
end
$aq$;
"#);
}
