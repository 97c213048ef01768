if has_dependents then
    with recursive dependent(oid, depth) as (
      select r.ev_class, 1
      from pg_depend d join pg_rewrite r on r.oid = d.objid
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = old_oid
        and r.ev_class <> old_oid
      union
      select r.ev_class, above.depth + 1
      from dependent above
      join pg_depend d on d.refobjid = above.oid
      join pg_rewrite r on r.oid = d.objid
      where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and r.ev_class <> above.oid
    ),
    placed as (select oid, min(depth) = 1 as direct, max(depth) as depth from dependent group by oid)
    select jsonb_agg(jsonb_build_object(
        'oid', c.oid::bigint, 'direct', placed.direct, 'depth', placed.depth, 'kind', c.relkind, 'name', c.oid::regclass::text,
        'with_options', coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', ''),
        'definition', rtrim(pg_get_viewdef(c.oid), ';'),
        'populated', c.relispopulated,
        'attachments', array(
          select format('alter table %s owner to %I', c.oid::regclass, pg_get_userbyid(c.relowner))
            where pg_get_userbyid(c.relowner) <> current_user
          union all
          select pg_get_indexdef(i.indexrelid) from pg_index i where i.indrelid = c.oid
          union all
          select case when s.objsubid = 0
              then format('comment on %s %s is %L', case c.relkind when 'm' then 'materialized view' else 'view' end, c.oid::regclass, s.description)
              else format('comment on column %s.%I is %L', c.oid::regclass, a.attname, s.description) end
            from pg_description s
            left join pg_attribute a on a.attrelid = c.oid and a.attnum = s.objsubid
            where s.classoid = 'pg_class'::regclass and s.objoid = c.oid
          union all
          select format('grant %s on %s to %s%s', p.privilege_type, c.oid::regclass,
              case p.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(p.grantee)) end,
              case when p.is_grantable then ' with grant option' else '' end)
            from aclexplode(c.relacl) p where p.grantee <> c.relowner)))
      into dependents
      from placed join pg_class c on c.oid = placed.oid
      where c.relkind in ('v', 'm');
    end if;
