for item in select d.* from jsonb_to_recordset(dependents)
        as d(oid oid, depth int, kind text, name text, with_options text, definition text, populated bool, attachments jsonb)
      order by d.depth
    loop
      continue when exists (select from pg_class where oid = item.oid);
      begin
        execute format('create %s %s%s as %s%s',
          case item.kind when 'm' then 'materialized view' else 'view' end, item.name, item.with_options, item.definition,
          case when item.kind = 'm' and not item.populated then ' with no data' else '' end);
        for step in select jsonb_array_elements_text(item.attachments) loop
          begin
            execute step;
          exception when others then
            raise warning 'could not restore on %: %', item.name, sqlerrm;
          end;
        end loop;
      exception when others then
        raise warning 'view % does not fit the new columns and was dropped: %', item.name, sqlerrm;
      end;
    end loop;
