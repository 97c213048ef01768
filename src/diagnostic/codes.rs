//! Every diagnostic code, in one table.
//!
//! The doc comment of a code is its page: `docs/errors/<slug>.md` is written from it, and a test
//! holds the two equal. Each page says what happened, why it is an error, an example, and the fix.

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $name:ident = $slug:literal, )+) => {
        /// A stable name for one kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $( $(#[doc = $doc])+ $name, )+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Code] = &[ $(Code::$name,)+ ];

            /// The slug users see, such as `unknown-ref`.
            pub const fn slug(self) -> &'static str {
                match self { $(Code::$name => $slug,)+ }
            }

            /// Its doc comment as written, each line with the blank that follows `///`.
            const fn doc(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc, "\n"),+),)+ }
            }
        }
    };
}

codes! {
    /// A `ref()` names a model, seed or snapshot that does not exist.
    ///
    /// # Why
    ///
    /// The order of the build follows from the references, so a name that leads nowhere leaves no order, and
    /// the SQL would read a table that nobody builds. A unit test that names a model, and a `fixture` that
    /// names a file, are held to the same rule.
    ///
    /// # Example
    ///
    /// ```sql
    /// select * from {{ ref('stg_order') }}   -- the model is called stg_orders
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name; the closest one that exists is proposed. A model of another package is
    /// `ref('package', 'name')`; a table that is not built by this project is declared under `sources:` and
    /// read with `source()`.
    UnknownRef = "unknown-ref",
    /// A `ref()` is reached only while the node runs.
    ///
    /// # Why
    ///
    /// The order of the build follows from the references found while parsing, where `execute` is false and no
    /// query gives rows. A reference that stands behind `{% if execute %}`, `{% if is_incremental() %}` or in a
    /// loop over a query's rows is not found then, so that the node may run before what it reads.
    ///
    /// # Example
    ///
    /// ```sql
    /// {% if execute %}select * from {{ ref('orders') }}{% endif %}
    /// ```
    ///
    /// # Fix
    ///
    /// Name it where parsing comes by, in a comment at the top:
    ///
    /// ```sql
    /// -- depends_on: {{ ref('orders') }}
    /// ```
    UndeclaredRef = "undeclared-ref",
    /// A `source()` names a source table that no YAML file declares.
    ///
    /// # Why
    ///
    /// Sources are tables that others fill. Declaring them says where they stand, and makes them show in the
    /// graph, in the documentation and in `source freshness`.
    ///
    /// # Example
    ///
    /// ```sql
    /// select * from {{ source('shop', 'order') }}   -- declared: source `shop`, table `orders`
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name, or declare the table:
    ///
    /// ```yaml
    /// sources:
    ///   - name: shop
    ///     tables:
    ///       - name: orders
    /// ```
    UnknownSource = "unknown-source",
    /// Models refer to each other in a circle.
    ///
    /// # Why
    ///
    /// Each model of a circle would have to be built before the others, so there is no order to build them in.
    /// The circle is shown with the line of each reference.
    ///
    /// # Example
    ///
    /// ```sql
    /// -- models/a.sql
    /// select * from {{ ref('b') }}
    /// -- models/b.sql
    /// select * from {{ ref('a') }}
    /// ```
    ///
    /// # Fix
    ///
    /// Take one of the references out. Often the part that both need belongs into a third model which both
    /// read. A model that reads its own earlier rows is incremental and reads `{{ this }}`.
    Cycle = "cycle",
    /// Two resources have the same name.
    ///
    /// # Why
    ///
    /// `ref('orders')` has to mean one thing. Models, seeds and snapshots of a package share one space of names,
    /// whatever folder they stand in. The rule holds likewise for sources, tests, docs blocks, macros of one
    /// package, and for two YAML entries that describe the same thing.
    ///
    /// # Example
    ///
    /// ```text
    /// models/staging/orders.sql
    /// models/marts/orders.sql
    /// ```
    ///
    /// # Fix
    ///
    /// Rename one of the two. If both relations must be called the same in the warehouse, give the model another
    /// name and the relation its name with `alias`. One that is not needed can be turned off with
    /// `enabled: false`.
    DuplicateName = "duplicate-name",
    /// Two resources would be built into the same relation.
    ///
    /// # Why
    ///
    /// The one built last would overwrite the other, and which one that is would change from run to run.
    ///
    /// # Example
    ///
    /// ```sql
    /// -- models/a.sql
    /// {{ config(alias='orders') }} select 1 as id
    /// -- models/b.sql
    /// {{ config(alias='orders') }} select 2 as id
    /// ```
    ///
    /// # Fix
    ///
    /// Give one of them another `alias` or `schema`. With macros of your own (`generate_alias_name`,
    /// `generate_schema_name`), check that they tell the two apart.
    DuplicateRelation = "duplicate-relation",
    /// A node refers to a disabled resource.
    ///
    /// # Why
    ///
    /// A disabled resource is not built, so what refers to it would read a table that is absent or out of date.
    ///
    /// # Example
    ///
    /// ```sql
    /// -- models/a.sql
    /// {{ config(enabled=false) }} select 1 as id
    /// -- models/b.sql
    /// select * from {{ ref('a') }}
    /// ```
    ///
    /// # Fix
    ///
    /// Enable the resource, or disable what refers to it too. `enabled` may be set in the file itself, in a YAML
    /// file, or for a folder in the project file.
    DisabledRef = "disabled-ref",
    /// A node refers to a private or protected model it may not use.
    ///
    /// # Why
    ///
    /// `access: private` keeps a model to its group, `access: protected` to its package where the package says
    /// `restrict-access: true`: whoever owns the model may then change it without asking.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   - name: draft_totals
    ///     config: {group: finance, access: private}
    ///   - name: report          # refers to draft_totals, is in no group
    /// ```
    ///
    /// # Fix
    ///
    /// Refer to a public model instead, put the model that refers into the same group, or ask the owner to widen
    /// the access.
    AccessDenied = "access-denied",
    /// A YAML file cannot be read as YAML.
    ///
    /// # Why
    ///
    /// Nothing in such a file can be relied on. Most often the indentation is off, a quote or bracket is not
    /// closed, or a value that begins with `{{` is not in quotes.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   - name: orders
    ///    description: one blank too few
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the file at the place that is shown; the parser may notice a line or two after the mistake. Use
    /// blanks and no tabs, and put values with `{`, `[`, `:` or `#` in them in quotes.
    InvalidYaml = "invalid-yaml",
    /// A YAML file has a key that the engine does not know at that place.
    ///
    /// # Why
    ///
    /// The key has no effect, which is rarely what was meant: it is misspelt, or it stands one level too high or
    /// too low. It is a warning, so that projects written for other versions still run.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   - name: orders
    ///     descripton: what people bought
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the spelling or the indentation. Keys of your own belong under `meta`. `--warn-error` turns the
    /// warning into an error.
    UnknownKey = "unknown-key",
    /// A setting has a value of the wrong type or outside its range.
    ///
    /// # Why
    ///
    /// Guessing what was meant would build something nobody asked for.
    ///
    /// # Example
    ///
    /// ```sql
    /// {{ config(materialized='table', enabled='sometimes') }}
    /// ```
    ///
    /// # Fix
    ///
    /// Give the setting a value of the kind that the message names. In YAML, `true` and `3` are a truth value
    /// and a number, `"true"` and `"3"` are texts.
    InvalidValue = "invalid-value",
    /// A required key is missing.
    ///
    /// # Why
    ///
    /// Without it the entry has no meaning: a model in a YAML file has no `name`, a snapshot no `unique_key`, an
    /// exposure no `owner`, or a template asks for a config with `config.require` that is not set.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   - description: which model is this?
    /// ```
    ///
    /// # Fix
    ///
    /// Add the key at the place that is shown.
    MissingKey = "missing-key",
    /// A spelling that still works and will not for ever.
    ///
    /// # Why
    ///
    /// It is a warning and changes nothing about the build. The message says what has replaced it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// name: shop
    /// source-paths: [models]    # since dbt 1.0: model-paths
    /// ```
    ///
    /// # Fix
    ///
    /// Write the newer spelling.
    Deprecated = "deprecated",
    /// A properties file describes something that does not exist.
    ///
    /// # Why
    ///
    /// Descriptions, tests and configs of such an entry are lost without a trace, most often after a model was
    /// renamed or moved. It is a warning.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   - name: order      # the file is models/orders.sql
    ///     columns:
    ///       - {name: id, data_tests: [unique]}
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name, or remove the entry. A seed is described under `seeds:`, a snapshot under `snapshots:`.
    UnusedPatch = "unused-patch",
    /// A path of configuration in the project file applies to nothing.
    ///
    /// # Why
    ///
    /// The names below `models:` are the project, then folders, then the model. A path that leads to no resource
    /// is a misspelling or a left-over. It is a warning.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   shop:
    ///     stagin:            # the folder is models/staging
    ///       +materialized: view
    /// ```
    ///
    /// # Fix
    ///
    /// Check the names of project and folders, or remove the path. Config keys carry a `+`, names do not.
    UnusedConfig = "unused-config",
    /// A template is not valid Jinja.
    ///
    /// # Why
    ///
    /// The file cannot be read any further than the place that is shown.
    ///
    /// # Example
    ///
    /// ```sql
    /// select * from {{ ref('orders') }
    /// ```
    ///
    /// # Fix
    ///
    /// Close what is open: `{{` with `}}`, `{%` with `%}`, `{% if %}` with `{% endif %}`, `{% for %}` with
    /// `{% endfor %}`. Text that must not be read as Jinja goes between `{% raw %}` and `{% endraw %}`.
    JinjaSyntax = "jinja-syntax",
    /// A template uses a variable or macro that does not exist.
    ///
    /// # Why
    ///
    /// Jinja would print nothing in its place, and the SQL would be another than what is written. A name that is
    /// called, or asked for an attribute, is an error of the node when it is compiled, and what depends on the
    /// node is skipped. In branches that are not taken it may stand: packages for several warehouses have many.
    ///
    /// What is found while the project is read is a warning, in the root project's own nodes alone: so is a name
    /// that is only printed, as in `{{ amount }}`, which dbt lets pass (`--warn-error` makes both errors). In a
    /// macro that a node calls while it is read, it is an error, since nobody can tell what the node refers to.
    ///
    /// # Example
    ///
    /// ```sql
    /// select {{ cents_to_euro('amount') }} from {{ ref('orders') }}   -- the macro is cents_to_euros
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name; the closest one that exists is proposed. A macro of a package is called with the
    /// package's name before it: `{{ dbt_utils.star(...) }}`. Project variables are read with `var('name')`. A
    /// column name that stands between `{{ }}` wants quotes.
    UndefinedName = "undefined-name",
    /// A template failed while it was rendered.
    ///
    /// # Why
    ///
    /// The template is valid, but one of its steps could not be carried out: a value has no such attribute, a
    /// function got arguments it does not take, an import is not possible.
    ///
    /// # Example
    ///
    /// ```sql
    /// select {{ 1 / 0 }} as nothing
    /// ```
    ///
    /// # Fix
    ///
    /// The message and the marked place say which step failed. `{{ log(value, info=true) }}` shows what a
    /// variable holds. Remember that a template is first read without a warehouse: code that uses rows of a query
    /// belongs into `{% if execute %}`.
    JinjaError = "jinja-error",
    /// The user's own `exceptions.raise_compiler_error`.
    ///
    /// # Why
    ///
    /// A macro of the project or of a package refuses to go on; the message is its own.
    /// `exceptions.warn` gives the same as a warning.
    ///
    /// # Example
    ///
    /// ```sql
    /// {% if target.name == 'prod' %}
    ///   {{ exceptions.raise_compiler_error('this model is not for production') }}
    /// {% endif %}
    /// ```
    ///
    /// # Fix
    ///
    /// Do what the message asks for; the marked line is where it was raised.
    RaisedByUser = "raised-by-user",
    /// `var()` names a variable that has no value.
    ///
    /// # Why
    ///
    /// A variable gets its value from `--vars`, else from `vars:` in the project file, else from the default in
    /// the call. Here none of them gives one.
    ///
    /// # Example
    ///
    /// ```sql
    /// select * from {{ ref('orders') }} where day >= '{{ var("start_day") }}'
    /// ```
    ///
    /// # Fix
    ///
    /// Give the variable a value: `--vars '{start_day: 2026-01-01}'`, or `vars: {start_day: 2026-01-01}` in the
    /// project file, or a default: `var("start_day", "2026-01-01")`.
    UndefinedVar = "undefined-var",
    /// `env_var()` names an environment variable that is not set.
    ///
    /// # Why
    ///
    /// Settings that are not the same everywhere, passwords above all, come from the environment.
    ///
    /// # Example
    ///
    /// ```yaml
    /// password: "{{ env_var('PGPASSWORD') }}"
    /// ```
    ///
    /// # Fix
    ///
    /// Set the variable before the command runs (`export PGPASSWORD=...`), or give a default:
    /// `env_var('PGPASSWORD', '')`.
    UndefinedEnvVar = "undefined-env-var",
    /// `doc()` names a docs block that does not exist.
    ///
    /// # Why
    ///
    /// The description would be empty.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   - name: orders
    ///     description: "{{ doc('order') }}"    # the block is called orders
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name, or write the block in a Markdown file under the model paths:
    /// `{% docs orders %} ... {% enddocs %}`.
    UnknownDoc = "unknown-doc",
    /// A data test names a generic test that does not exist.
    ///
    /// # Why
    ///
    /// Built in are `unique`, `not_null`, `accepted_values` and `relationships`. Others are `{% test %}` blocks
    /// of the project or of a package.
    ///
    /// # Example
    ///
    /// ```yaml
    /// columns:
    ///   - name: id
    ///     data_tests: [not_nul]
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name; write the test as a `{% test name(model, column_name) %}` block in the test paths or
    /// macro paths; or name its package: `dbt_utils.equal_rowcount`.
    UnknownTest = "unknown-test",
    /// A config names a materialization that does not exist.
    ///
    /// # Why
    ///
    /// Built in are `view`, `table`, `incremental`, `ephemeral` and `materialized_view` where the warehouse has
    /// it. Others are `{% materialization %}` blocks of the project or of a package.
    ///
    /// # Example
    ///
    /// ```sql
    /// {{ config(materialized='tabel') }}
    /// select 1 as id
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name. A materialization of a package is found only when the package is installed, and only
    /// for the adapter it is written for.
    UnknownMaterialization = "unknown-materialization",
    /// Something of the dbt language that this version does not support.
    ///
    /// # Why
    ///
    /// `docs/compatibility.md` says what is matched, what differs and what is left out.
    ///
    /// # Example
    ///
    /// ```text
    /// models/forecast.py     a model in Python
    /// ```
    ///
    /// # Fix
    ///
    /// The help of the message names another way where there is one. Where the rest of the project should be
    /// built all the same, leave the resource out with `--exclude` or `enabled: false`.
    Unsupported = "unsupported",
    /// No project file was found.
    ///
    /// # Why
    ///
    /// A project is the folder with `project.yml` (or `dbt_project.yml`). It is looked for in the working folder
    /// and in those above it, or where `--project-dir` says.
    ///
    /// # Example
    ///
    /// ```text
    /// $ cd /tmp && aquifer build
    /// ```
    ///
    /// # Fix
    ///
    /// Change into the project's folder, give `--project-dir`, or begin a project with `aquifer init my_project`.
    NoProject = "no-project",
    /// The profile named by the project is not in `profiles.yml`.
    ///
    /// # Why
    ///
    /// A profile says how to reach the warehouse. The project file names it under `profile:`, `--profile`
    /// names another.
    ///
    /// # Example
    ///
    /// ```yaml
    /// # project.yml
    /// profile: shop
    /// # profiles.yml
    /// store:
    ///   target: dev
    ///   outputs: {dev: {type: postgres, host: localhost, user: me, dbname: shop, schema: dev}}
    /// ```
    ///
    /// # Fix
    ///
    /// Make the two names the same. `aquifer debug` says which `profiles.yml` is used: that of `--profiles-dir`,
    /// else the one in the working folder, else `~/.dbt/profiles.yml`. Without any, the embedded lakehouse is
    /// used.
    MissingProfile = "missing-profile",
    /// The target is not among the profile's outputs.
    ///
    /// # Why
    ///
    /// A profile may have several outputs, for instance `dev` and `prod`. `--target` or the profile's `target`
    /// chooses one.
    ///
    /// # Example
    ///
    /// ```text
    /// $ aquifer build --target production      # the output is called prod
    /// ```
    ///
    /// # Fix
    ///
    /// Use one of the names that are listed, or add the output to `profiles.yml`.
    MissingTarget = "missing-target",
    /// The command line is not understood.
    ///
    /// # Why
    ///
    /// A command, flag or value is misspelt or missing.
    ///
    /// # Example
    ///
    /// ```text
    /// $ aquifer build --vars 'start_day 2026-01-01'
    /// ```
    ///
    /// # Fix
    ///
    /// `aquifer --help` lists the commands, `aquifer build --help` the flags of one. `--vars` and `--args` take
    /// YAML: `'{start_day: 2026-01-01}'`.
    Usage = "usage",
    /// A selector method, operator or name that does not exist.
    ///
    /// # Why
    ///
    /// A selection that is not understood must not quietly become another one.
    ///
    /// # Example
    ///
    /// ```text
    /// $ aquifer build --select tags:nightly     # the method is called tag
    /// ```
    ///
    /// # Fix
    ///
    /// Methods are `tag:`, `path:`, `source:`, `config.<key>:`, `resource_type:` and others; names alone select
    /// nodes. A `+` before or after takes what stands up or down the graph, a blank is a union, a comma an
    /// intersection.
    InvalidSelector = "invalid-selector",
    /// The selection matches no node.
    ///
    /// # Why
    ///
    /// Nothing is built. It is a warning, because a selection such as `state:modified` may well be empty.
    ///
    /// # Example
    ///
    /// ```text
    /// $ aquifer build --select order      # the model is called orders
    /// ```
    ///
    /// # Fix
    ///
    /// `aquifer ls --select ...` shows what a selection takes. Names of models are written without `.sql`.
    EmptySelection = "empty-selection",
    /// The warehouse cannot be reached.
    ///
    /// # Why
    ///
    /// Nobody answers at the address, or the server turns the login away. The server's own words are shown.
    ///
    /// # Example
    ///
    /// ```yaml
    /// outputs:
    ///   dev: {type: postgres, host: localhost, port: 5433, user: me, dbname: shop, schema: dev}
    /// ```
    ///
    /// # Fix
    ///
    /// `aquifer debug` shows the values that are used and tries the connection. Check host and port, that the
    /// server runs, the name of user and database, and that the password reaches `profiles.yml`.
    ConnectionFailed = "connection-failed",
    /// The warehouse refused a statement.
    ///
    /// # Why
    ///
    /// The message is the warehouse's own. Where it says at which character it stopped, that place is traced back
    /// through Jinja to your file: the marked text is where that piece of SQL comes from.
    ///
    /// # Example
    ///
    /// ```sql
    /// select custmer_id from {{ ref('orders') }}    -- the column is customer_id
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the SQL. What was sent stands in `target/run/`, and before it was wrapped for the warehouse in
    /// `target/compiled/`; `aquifer compile --select model` renders it without running it, and
    /// `aquifer show --inline "select ..."` tries a query.
    SqlError = "sql-error",
    /// The statement was cancelled.
    ///
    /// # Why
    ///
    /// Ctrl-C, SIGTERM, `--fail-fast` after another node's failure, or an administrator of the warehouse stopped
    /// it. What it had begun was rolled back: the relation is as it was before.
    ///
    /// # Example
    ///
    /// ```text
    /// $ aquifer build
    /// ^C
    /// ```
    ///
    /// # Fix
    ///
    /// Run the command again; `aquifer retry` takes only what failed or was not reached. If nobody asked for it,
    /// look for a statement timeout of the server.
    Cancelled = "cancelled",
    /// A relation of another kind stands where the model should be built.
    ///
    /// # Why
    ///
    /// A snapshot keeps history that cannot be made again, so it never replaces what it finds; and a relation
    /// that lacks the snapshot's own columns is not a snapshot.
    ///
    /// # Example
    ///
    /// ```text
    /// a table `main.history` was made by hand; the project has a snapshot `history`
    /// ```
    ///
    /// # Fix
    ///
    /// Drop or rename the relation if nobody needs it, or give the snapshot another `alias` or `schema`.
    RelationConflict = "relation-conflict",
    /// The model's columns differ from those of the existing table.
    ///
    /// # Why
    ///
    /// An incremental model adds rows to a table that stands. With `on_schema_change: fail` a difference in
    /// columns stops the run before a row is written.
    ///
    /// # Example
    ///
    /// ```sql
    /// {{ config(materialized='incremental', on_schema_change='fail') }}
    /// select 1 as id, 'new' as a_new_column
    /// ```
    ///
    /// # Fix
    ///
    /// Build the table anew with `--full-refresh`, or let the model follow: `on_schema_change:
    /// append_new_columns` or `sync_all_columns`.
    SchemaChanged = "schema-changed",
    /// The model's columns differ from its contract.
    ///
    /// # Why
    ///
    /// With `contract: {enforced: true}` the columns listed in YAML are a promise to those who read the model. It
    /// is checked before anything is built.
    ///
    /// # Example
    ///
    /// ```yaml
    /// models:
    ///   - name: orders
    ///     config: {contract: {enforced: true}}
    ///     columns:
    ///       - {name: id, data_type: int}      # the model gives a text
    /// ```
    ///
    /// # Fix
    ///
    /// Change the SQL so that names and types are those of the contract (`cast(id as int)`), or change the
    /// contract together with those who rely on it.
    ContractBroken = "contract-broken",
    /// A data test found rows it should not find.
    ///
    /// # Why
    ///
    /// Some of the rows are shown. In a `build`, what depends on the tested model is not built, unless the test
    /// has `severity: warn`.
    ///
    /// # Example
    ///
    /// ```yaml
    /// columns:
    ///   - name: id
    ///     data_tests: [unique]     # two rows have the same id
    /// ```
    ///
    /// # Fix
    ///
    /// Look at the rows: the compiled query in `target/compiled/` gives them all, and `--store-failures` keeps
    /// them in a table. Then correct the data, the model, or the expectation (`where`, `error_if`, `severity`).
    TestFailed = "test-failed",
    /// A unit test's rows differ from the expected rows.
    ///
    /// # Why
    ///
    /// The model's SQL was run on the given rows. Rows with `-` were expected and are missing, rows with `+` came
    /// out instead.
    ///
    /// # Example
    ///
    /// ```yaml
    /// unit_tests:
    ///   - name: adds_up
    ///     model: totals
    ///     given: [{input: ref('orders'), rows: [{amount: 2}, {amount: 3}]}]
    ///     expect: {rows: [{total: 6}]}
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the model or the expectation. Inputs that are not given must be given as empty rows if they
    /// should count as empty.
    UnitTestFailed = "unit-test-failed",
    /// Source data is older than its freshness rule allows.
    ///
    /// # Why
    ///
    /// `source freshness` compares the newest `loaded_at_field` with the clock. Beyond `warn_after` it warns,
    /// beyond `error_after` it fails.
    ///
    /// # Example
    ///
    /// ```yaml
    /// sources:
    ///   - name: shop
    ///     config:
    ///       freshness: {error_after: {count: 1, period: day}}
    ///       loaded_at_field: loaded_at
    ///     tables: [{name: orders}]
    /// ```
    ///
    /// # Fix
    ///
    /// See why the load is late. If the rule is too strict, widen it; `freshness: null` takes a table out.
    SourceStale = "source-stale",
    /// A seed's CSV file cannot be read.
    ///
    /// # Why
    ///
    /// Every line must have as many fields as the first one, which names the columns.
    ///
    /// # Example
    ///
    /// ```csv
    /// id,name
    /// 1,ada
    /// 2,bob,too much
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the line that is named. A field with a comma, a quote or a line break goes in quotes, and a quote
    /// within it is doubled. Another delimiter is set with the config `delimiter`.
    InvalidSeed = "invalid-seed",
    /// A file or folder cannot be read or written.
    ///
    /// # Why
    ///
    /// The operating system's own words are shown.
    ///
    /// # Example
    ///
    /// ```text
    /// a model whose file is not UTF-8, a target folder without permission to write, a full disk
    /// ```
    ///
    /// # Fix
    ///
    /// Check that the path exists, that its permissions are right, and that text files are UTF-8.
    Io = "io",
    /// An installed package is missing or of another version than required.
    ///
    /// # Why
    ///
    /// `packages.yml` (or `dependencies.yml`) names a package that does not stand in `dbt_packages/`. Its macros
    /// and models would be missing from the project.
    ///
    /// # Example
    ///
    /// ```yaml
    /// packages:
    ///   - package: dbt-labs/dbt_utils
    ///     version: 1.3.0
    /// ```
    ///
    /// # Fix
    ///
    /// Install the packages with `aquifer deps`, or remove the entry.
    PackageMissing = "package-missing",
    /// The package registry knows no such package or version.
    ///
    /// # Why
    ///
    /// A hub package is named `namespace/name`, and only what the registry lists can be installed from it.
    ///
    /// # Example
    ///
    /// ```yaml
    /// packages:
    ///   - package: dbt-labs/dbt_util      # the package is called dbt_utils
    ///     version: 1.3.0
    /// ```
    ///
    /// # Fix
    ///
    /// Correct the name: the closest one that the registry has is proposed. When a version that the lock file
    /// names is gone, run `aquifer deps --upgrade`.
    UnknownPackage = "unknown-package",
    /// A package cannot be fetched, or what was fetched cannot be used.
    ///
    /// # Why
    ///
    /// `deps` fetches packages from a registry, from git or from the address of an archive. The server could not
    /// be reached, refused, or gave something that is no package: a broken archive, one with files that lead out
    /// of its folder, or one without a project file. Nothing of it was installed.
    ///
    /// # Example
    ///
    /// ```yaml
    /// packages:
    ///   - tarball: https://example.org/no_such_file.tar.gz
    ///     name: own
    /// ```
    ///
    /// # Fix
    ///
    /// Check the address, the network and the proxy (`HTTPS_PROXY`), and for git that `git clone` of the same
    /// address works in a shell. What is installed already keeps working without a network.
    DownloadFailed = "download-failed",
    /// An alert could not be sent; the run itself is not affected.
    ///
    /// # Why
    ///
    /// `alerts` of the project file or of the profile's output, or `AQUIFER_ALERT_WEBHOOK`, names an address that
    /// is told of failures. It could not be reached, or its server refused the message. The whole address is not
    /// shown, since whoever knows it can write there.
    ///
    /// # Example
    ///
    /// ```yaml
    /// alerts:
    ///   webhook: https://hooks.example.org/services/moved-away
    /// ```
    ///
    /// # Fix
    ///
    /// Send something to the address by hand: `curl -d '{"text": "hello"}' -H 'Content-Type: application/json'
    /// "$AQUIFER_ALERT_WEBHOOK"`. A status of 403 or 404 means that the address is no longer valid; no connection,
    /// that a proxy (`HTTPS_PROXY`) is needed.
    AlertNotSent = "alert-not-sent",
    /// Packages ask for another package in ways that cannot be had at once.
    ///
    /// # Why
    ///
    /// Each package is installed once. The version has to be one that the project and all its packages take, and
    /// it has to come from one place.
    ///
    /// # Example
    ///
    /// ```yaml
    /// packages:
    ///   - package: acme/orders            # itself asks for acme/utils at >=2.0.0
    ///     version: 1.0.0
    ///   - package: acme/utils
    ///     version: ["<2.0.0"]
    /// ```
    ///
    /// # Fix
    ///
    /// Widen a range, or take another version of the package that asks for it: the message names who asks for
    /// what. A git package is asked for at one revision, and a package from one source only.
    PackageConflict = "package-conflict",
    /// A package's archive is not the one that its publisher described.
    ///
    /// # Why
    ///
    /// The registry says which SHA-1 the archive of a version has, and the one that was fetched has another. Forges
    /// that pack archives on demand change them at times without a change of what is in them, so this is a warning.
    ///
    /// # Example
    ///
    /// ```text
    /// its SHA-1 is 82155de6c2d7348ea3ae384c70c5d931f3b73af2, the registry says cce22bbc43c516d1c40d859bc59257e76a921f77
    /// ```
    ///
    /// # Fix
    ///
    /// Compare what stands in `dbt_packages/` with the package's repository before you trust it.
    PackageChanged = "package-changed",
    /// A git package names no fixed revision.
    ///
    /// # Why
    ///
    /// A branch moves: the next `aquifer deps --upgrade` may bring other code. The lock file keeps the commit until
    /// then.
    ///
    /// # Example
    ///
    /// ```yaml
    /// packages:
    ///   - git: https://example.org/acme/utils.git
    ///     revision: main
    /// ```
    ///
    /// # Fix
    ///
    /// Name a tag or a commit under `revision:`. `warn-unpinned: false` silences the warning.
    UnpinnedPackage = "unpinned-package",
    /// An artifact of an earlier run cannot be read.
    ///
    /// # Why
    ///
    /// `state:`, `--defer`, `result:`, `source_status:` and `retry` compare with `manifest.json`,
    /// `run_results.json` or `sources.json` of an earlier run. The file is absent, is not JSON, or was written by
    /// a version with another layout.
    ///
    /// # Example
    ///
    /// ```text
    /// $ aquifer build --select state:modified --state empty_folder
    /// ```
    ///
    /// # Fix
    ///
    /// Check the folder that `--state` names. Write the artifacts anew where they come from: `aquifer parse` is
    /// enough for `manifest.json`.
    InvalidArtifact = "invalid-artifact",
    /// The engine broke one of its own rules; please report it.
    ///
    /// # Why
    ///
    /// It is a fault of the engine and not of the project.
    ///
    /// # Example
    ///
    /// ```text
    /// a worker thread ended without a result
    /// ```
    ///
    /// # Fix
    ///
    /// Report it with the message, `logs/dbt.log` and, if you can, the model. Until it is mended, leaving the
    /// node out with `--exclude` lets the others be built.
    Internal = "internal",
}

impl Code {
    /// The code of a slug, as in `aquifer explain unknown-ref`.
    pub fn find(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.slug() == slug)
    }

    /// Name of dbt's event for warnings with this code; most codes are never warnings.
    pub const fn event(self) -> &'static str {
        match self {
            Self::EmptySelection => "NoNodesForSelectionCriteria",
            Self::UnusedPatch => "NoNodeForYamlKey",
            Self::UnusedConfig => "UnusedResourceConfigPath",
            Self::UnknownKey => "CustomKeyInObjectDeprecation",
            Self::Deprecated => "InternalDeprecation",
            Self::UnpinnedPackage => "DepsUnpinned",
            Self::UnknownRef | Self::UnknownSource | Self::DisabledRef => "NodeNotFoundOrDisabled",
            Self::RaisedByUser => "JinjaLogWarning",
            Self::TestFailed => "LogTestResult",
            Self::SourceStale => "LogFreshnessResult",
            _ => "Note",
        }
    }

    /// dbt's name for this kind of error, which opens the message of a node that could not be
    /// carried out; verdicts have none.
    ///
    /// # Source
    /// The exception classes of dbt 1.11.
    pub const fn class(self) -> Option<&'static str> {
        Some(match self {
            Self::TestFailed | Self::UnitTestFailed | Self::SourceStale => return None,
            Self::SqlError => "Database Error",
            Self::ConnectionFailed | Self::Cancelled | Self::Io | Self::InvalidSeed => "Runtime Error",
            Self::Internal => "Internal Error",
            Self::InvalidYaml | Self::UnknownKey => "Parsing Error",
            _ => "Compilation Error",
        })
    }

    /// The code's page in Markdown: its slug as the title, then its doc comment.
    pub fn page(self) -> String {
        let mut page = format!("# {}\n\n", self.slug());
        let mut in_code = false;
        for line in self.doc().lines() {
            let line = line.strip_prefix(' ').unwrap_or(line);
            in_code ^= line.starts_with("```");
            // Sections of a doc comment are `#`; on the page they stand below its title.
            if !in_code && line.starts_with('#') {
                page.push('#');
            }
            page.push_str(line);
            page.push('\n');
        }
        page
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.slug())
    }
}
