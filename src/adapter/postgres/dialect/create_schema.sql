begin
  if not exists (select from pg_namespace where nspname = {literal}) then
    create schema if not exists {name};
  end if;
exception when unique_violation or duplicate_schema then
  null; -- Another session was quicker.
end
