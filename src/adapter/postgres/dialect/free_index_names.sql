declare
  item record;
begin
  for item in
    select c.oid::regclass as name, 'aq_' || substr(md5(c.oid::text || c.relname), 1, 24) as new_name
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_constraint k on k.conindid = i.indexrelid
    where i.indrelid = to_regclass({old_name}) and k.conrelid = i.indrelid
  loop
    execute format('alter index %s rename to %I', item.name, item.new_name);
  end loop;
end
