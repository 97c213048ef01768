-- Swaps that bring the same views back take turns, as each drops them and makes them anew.
    if exists (
      select from pg_depend
      where classid = 'pg_rewrite'::regclass and refclassid = 'pg_class'::regclass and refobjid = old_oid) then
      perform pg_advisory_xact_lock(hashtextextended('aquifer: views that come back', 0));
    end if;
    -- A change of owner to the same owner does nothing but lock. Views go first, as readers of a view
    -- lock it before what it reads.
    for item in
      select c.oid::regclass as name, pg_get_userbyid(c.relowner) as owner
      from (
        select r.ev_class as oid from pg_depend d join pg_rewrite r on r.oid = d.objid
        where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = old_oid
        union
        select old_oid
      ) as needed join pg_class c on c.oid = needed.oid
      order by c.oid = old_oid, c.oid
    loop
      begin
        execute format('alter table %s owner to %I', item.name, item.owner);
      exception when insufficient_privilege then
        null;
      end;
    end loop;
    has_dependents := exists (
      select from pg_depend
      where classid = 'pg_rewrite'::regclass and refclassid = 'pg_class'::regclass and refobjid = old_oid);
