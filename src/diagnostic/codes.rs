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
    UnknownRef = "unknown-ref",
    /// A `source()` names a source table that no YAML file declares.
    UnknownSource = "unknown-source",
    /// Models refer to each other in a circle.
    Cycle = "cycle",
    /// Two resources have the same name.
    DuplicateName = "duplicate-name",
    /// Two resources would be built into the same relation.
    DuplicateRelation = "duplicate-relation",
    /// A node refers to a disabled resource.
    DisabledRef = "disabled-ref",
    /// A node refers to a private or protected model it may not use.
    AccessDenied = "access-denied",
    /// A YAML file cannot be read as YAML.
    InvalidYaml = "invalid-yaml",
    /// A YAML file has a key that the engine does not know at that place.
    UnknownKey = "unknown-key",
    /// A setting has a value of the wrong type or outside its range.
    InvalidValue = "invalid-value",
    /// A required key is missing.
    MissingKey = "missing-key",
    /// A spelling that still works and will not for ever.
    Deprecated = "deprecated",
    /// A properties file describes something that does not exist.
    UnusedPatch = "unused-patch",
    /// A path of configuration in the project file applies to nothing.
    UnusedConfig = "unused-config",
    /// A template is not valid Jinja.
    JinjaSyntax = "jinja-syntax",
    /// A template uses a variable or macro that does not exist.
    UndefinedName = "undefined-name",
    /// A template failed while it was rendered.
    JinjaError = "jinja-error",
    /// The user's own `exceptions.raise_compiler_error`.
    RaisedByUser = "raised-by-user",
    /// `var()` names a variable that has no value.
    UndefinedVar = "undefined-var",
    /// `env_var()` names an environment variable that is not set.
    UndefinedEnvVar = "undefined-env-var",
    /// `doc()` names a docs block that does not exist.
    UnknownDoc = "unknown-doc",
    /// A data test names a generic test that does not exist.
    UnknownTest = "unknown-test",
    /// A config names a materialization that does not exist.
    UnknownMaterialization = "unknown-materialization",
    /// Something of the dbt language that this version does not support.
    Unsupported = "unsupported",
    /// No project file was found.
    NoProject = "no-project",
    /// The profile named by the project is not in `profiles.yml`.
    MissingProfile = "missing-profile",
    /// The target is not among the profile's outputs.
    MissingTarget = "missing-target",
    /// The command line is not understood.
    Usage = "usage",
    /// A selector method, operator or name that does not exist.
    InvalidSelector = "invalid-selector",
    /// The selection matches no node.
    EmptySelection = "empty-selection",
    /// The warehouse cannot be reached.
    ConnectionFailed = "connection-failed",
    /// The warehouse refused a statement.
    SqlError = "sql-error",
    /// The statement was cancelled.
    Cancelled = "cancelled",
    /// A relation of another kind stands where the model should be built.
    RelationConflict = "relation-conflict",
    /// The model's columns differ from those of the existing table.
    SchemaChanged = "schema-changed",
    /// The model's columns differ from its contract.
    ContractBroken = "contract-broken",
    /// A data test found rows it should not find.
    TestFailed = "test-failed",
    /// A unit test's rows differ from the expected rows.
    UnitTestFailed = "unit-test-failed",
    /// Source data is older than its freshness rule allows.
    SourceStale = "source-stale",
    /// A seed's CSV file cannot be read.
    InvalidSeed = "invalid-seed",
    /// A file or folder cannot be read or written.
    Io = "io",
    /// An installed package is missing or of another version than required.
    PackageMissing = "package-missing",
    /// An artifact of an earlier run cannot be read.
    InvalidArtifact = "invalid-artifact",
    /// The engine broke one of its own rules; please report it.
    Internal = "internal",
}

impl Code {
    /// The code of a slug, as in `aquifer explain unknown-ref`.
    pub fn find(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.slug() == slug)
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
