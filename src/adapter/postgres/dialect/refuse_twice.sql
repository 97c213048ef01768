begin
  if exists (
    select from {target} as DBT_INTERNAL_DEST
    join {source} as DBT_INTERNAL_SOURCE on {condition}
    group by DBT_INTERNAL_DEST.tableoid, DBT_INTERNAL_DEST.ctid
    having count(*) > 1
  ) then
    raise exception 'MERGE command cannot affect row a second time' using
      errcode = 'cardinality_violation',
      hint = 'Ensure that not more than one source row matches any one target row.';
  end if;
end
