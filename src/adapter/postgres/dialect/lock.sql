-- A change of owner to the same owner does nothing but lock. Views go first, as readers of a view
    -- lock it before what it reads.
    for item in
      select distinct c.oid::regclass as name, pg_get_userbyid(c.relowner) as owner, c.oid = old_oid as is_last
      from pg_class c
      where c.oid = old_oid
         or c.oid in (
           select r.ev_class from pg_depend d join pg_rewrite r on r.oid = d.objid
           where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = old_oid)
      order by is_last, name
    loop
      begin
        execute format('alter table %s owner to %I', item.name, item.owner);
      exception when insufficient_privilege then
        null;
      end;
    end loop;
