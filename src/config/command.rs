/// The subcommands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is documented by its help text")]
pub enum Command {
    Build,
    Run,
    Test,
    Seed,
    Snapshot,
    Compile,
    Show,
    List,
    Parse,
    SourceFreshness,
    DocsGenerate,
    DocsServe,
    Report,
    RunOperation,
    Retry,
    Clone,
    Maintain,
    History,
    Init,
    Debug,
    Deps,
    Clean,
}

impl Command {
    /// Every command, in the order of the help text.
    pub const ALL: [Self; 22] = [
        Self::Build,
        Self::Run,
        Self::Test,
        Self::Seed,
        Self::Snapshot,
        Self::Compile,
        Self::Show,
        Self::List,
        Self::Parse,
        Self::SourceFreshness,
        Self::DocsGenerate,
        Self::DocsServe,
        Self::Report,
        Self::RunOperation,
        Self::Retry,
        Self::Clone,
        Self::Maintain,
        Self::History,
        Self::Init,
        Self::Debug,
        Self::Deps,
        Self::Clean,
    ];

    /// The words that call it: `source freshness`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Run => "run",
            Self::Test => "test",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Compile => "compile",
            Self::Show => "show",
            Self::List => "list",
            Self::Parse => "parse",
            Self::SourceFreshness => "source freshness",
            Self::DocsGenerate => "docs generate",
            Self::DocsServe => "docs serve",
            Self::Report => "report",
            Self::RunOperation => "run-operation",
            Self::Retry => "retry",
            Self::Clone => "clone",
            Self::Maintain => "maintain",
            Self::History => "history",
            Self::Init => "init",
            Self::Debug => "debug",
            Self::Deps => "deps",
            Self::Clean => "clean",
        }
    }

    /// The last of these words, dbt's `flags.WHICH`: `freshness`.
    pub fn which(self) -> &'static str {
        self.name().rsplit(' ').next().unwrap_or_default()
    }

    /// Whether `retry` can run it again.
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::Build
                | Self::Compile
                | Self::Clone
                | Self::DocsGenerate
                | Self::Seed
                | Self::Snapshot
                | Self::Test
                | Self::Run
                | Self::RunOperation
        )
    }

    /// Whether it needs to know where the project is built.
    pub const fn needs_profile(self) -> bool {
        !matches!(self, Self::Clean | Self::Deps | Self::Init)
    }
}
