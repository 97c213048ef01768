//! The command line: text typed by a person -> [`Arguments`].
//!
//! All options come from the table in [`crate::config::options`]; what they mean is decided in
//! [`crate::config::Settings::load`]. Options stand before or after the command's name, as in dbt.
//! The sole user of clap. It reads no environment variable and no file.

mod help;
mod pages;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches};

use crate::config::options::{Commands, OPTIONS, OptionKind, OptionSpec, Topic};
use crate::config::{Arguments, Command, Given};
use crate::system::Environment;

/// What the program ends with instead of running: a help text, the version, a mistyped command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code: 0 for what was asked for, 2 for a mistake.
    pub code: u8,
    /// For standard output if the code is 0, else for standard error.
    pub text: String,
}

/// Takes the command line apart.
///
/// # Errors
/// Help and version texts, and usage errors.
pub fn parse(environment: &Environment) -> Result<Arguments, Exit> {
    let matches = match program().try_get_matches_from(&environment.command_line) {
        Ok(matches) => matches,
        Err(error) => return Err(exit(&error, environment.stdout_is_terminal)),
    };
    if let Some(page) = pages::page(&matches, program()) {
        return Err(page);
    }
    let (command, inner) = chosen(&matches)?;
    let mut given = given(&matches, before_the_command())?;
    for (name, value) in self::given(inner, of_command(command))? {
        if given.insert(name, value).is_some() {
            // COMPAT: an option may stand on one side of the command only (dbt 1.11).
            return Err(usage(&format!("`--{name}` is given both before and after `{}`", command.name())));
        }
    }
    let operand = match command {
        Command::RunOperation => inner.get_one::<String>("macro").cloned(),
        Command::History => inner.get_one::<String>("relation").cloned(),
        Command::Init => inner.get_one::<String>("project_name").cloned(),
        _ => None,
    };
    Ok(Arguments { command, given, operand })
}

fn exit(error: &clap::Error, coloured: bool) -> Exit {
    let code = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => 0,
        _ => 2,
    };
    let text = error.render();
    let text = if coloured { text.ansi().to_string() } else { text.to_string() };
    Exit { code, text }
}

fn usage(message: &str) -> Exit {
    Exit { code: 2, text: format!("error: {message}\n\nFor more information, try '--help'.\n") }
}

/// The whole program's grammar.
fn program() -> clap::Command {
    let mut program = clap::Command::new("aquifer")
        .about(help::ABOUT)
        .override_usage("aquifer [OPTIONS] <COMMAND>")
        .version(help::version())
        .disable_version_flag(true)
        .arg(
            Arg::new("version")
                .long("version")
                .short('V')
                .short_alias('v')
                .action(ArgAction::Version)
                .help("Show the version"),
        )
        .after_help(help::EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .args(before_the_command().flat_map(arguments_of).map(|argument| argument.hide(true)));
    let mut groups: Vec<&str> = Vec::new();
    for command in Command::ALL {
        match command.name().split_once(' ') {
            None => program = program.subcommand(subcommand(command, command.name())),
            Some((group, _)) if groups.contains(&group) => {}
            Some((group, _)) => {
                groups.push(group);
                program = program.subcommand(group_of(group));
            }
        }
    }
    let program = program.subcommands(pages::commands());
    if cfg!(test) { program.term_width(100) } else { program.max_term_width(110) }
}

/// `source` and `docs`, whose commands are the second word.
fn group_of(group: &'static str) -> clap::Command {
    let members = Command::ALL.into_iter().filter_map(|command| {
        let name = command.name().strip_prefix(group)?.strip_prefix(' ')?;
        Some(subcommand(command, name))
    });
    clap::Command::new(group)
        .about(help::group(group))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(members)
}

fn subcommand(command: Command, name: &'static str) -> clap::Command {
    let texts = help::of(command);
    let built = clap::Command::new(name)
        .about(texts.about)
        .after_help(texts.examples)
        .args(of_command(command).flat_map(arguments_of));
    match command {
        Command::List => built.visible_alias("ls"),
        Command::SourceFreshness => built.alias("snapshot-freshness"),
        Command::RunOperation => {
            built.arg(Arg::new("macro").required(true).value_name("MACRO").help("Macro to call, `package.name` too"))
        }
        Command::History => {
            built.arg(Arg::new("relation").value_name("NAME").help("A node, or a relation as SQL names it"))
        }
        Command::Init => built.arg(Arg::new("project_name").value_name("NAME").help("Name of the new project")),
        _ => built,
    }
}

fn before_the_command() -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS.iter().filter(|option| matches!(option.commands, Commands::All))
}

fn of_command(command: Command) -> impl Iterator<Item = &'static OptionSpec> {
    OPTIONS.iter().filter(move |option| option.applies_to(command))
}

/// An option as clap knows it; a switch is two.
fn arguments_of(option: &'static OptionSpec) -> Vec<Arg> {
    let positive = Arg::new(option.name)
        .long(option.name)
        .visible_aliases(option.aliases.iter().copied())
        .short(option.short)
        .short_aliases(option.short_aliases.iter().copied())
        .help(option.help)
        .help_heading(option.topic.heading())
        .hide(option.topic == Topic::Hidden);
    match option.kind {
        OptionKind::Switch => switch(option, positive),
        OptionKind::Flag => vec![positive.action(ArgAction::SetTrue)],
        OptionKind::Text(name) => vec![one(positive, name)],
        OptionKind::Path => vec![one(positive, "PATH")],
        OptionKind::Mapping => vec![one(positive, "YAML")],
        OptionKind::Time => vec![one(positive, "TIME")],
        OptionKind::Window => vec![one(positive, "WINDOW")],
        OptionKind::Number => vec![one(positive, "N")],
        OptionKind::Choice(words) => {
            vec![one(positive, "WORD").value_parser(PossibleValuesParser::new(words)).ignore_case(true)]
        }
        OptionKind::Texts(name) => vec![several(positive, name)],
        OptionKind::Choices(_) => vec![several(positive, "TYPE")],
    }
}

/// `--x` and `--no-x`, of which the later one counts; the help shows the one that changes something.
fn switch(option: &'static OptionSpec, positive: Arg) -> Vec<Arg> {
    let is_on = option.default == Some("true");
    let hidden = option.topic == Topic::Hidden;
    let negative = Arg::new(negated(option))
        .long(negated(option))
        .action(ArgAction::SetTrue)
        .overrides_with(option.name)
        .help(format!(
            "Turn off: {}{}",
            option.help.chars().next().unwrap_or_default().to_lowercase(),
            option.help.get(1..).unwrap_or("")
        ))
        .help_heading(option.topic.heading())
        .hide(hidden || !is_on);
    vec![positive.action(ArgAction::SetTrue).overrides_with(negated(option)).hide(hidden || is_on), negative]
}

/// One value; the last one given counts. It may begin with a dash (`--limit -1`, SQL comments).
fn one(argument: Arg, value_name: &'static str) -> Arg {
    let name = argument.get_id().clone();
    argument.action(ArgAction::Set).overrides_with(name).value_name(value_name).allow_hyphen_values(true)
}

/// All words up to the next option, as often as given.
fn several(argument: Arg, value_name: &'static str) -> Arg {
    argument.action(ArgAction::Append).num_args(1..).value_name(value_name)
}

fn negated(option: &OptionSpec) -> String {
    format!("no-{}", option.name)
}

fn chosen(matches: &ArgMatches) -> Result<(Command, &ArgMatches), Exit> {
    let mut words = Vec::new();
    let mut inner = matches;
    while let Some((name, next)) = inner.subcommand() {
        words.push(name);
        inner = next;
    }
    let name = words.join(" ");
    match Command::ALL.into_iter().find(|command| command.name() == name) {
        Some(command) => Ok((command, inner)),
        None => Err(usage(&format!("there is no command `{name}`"))),
    }
}

/// What was typed at one level of the command line.
fn given(
    matches: &ArgMatches,
    options: impl Iterator<Item = &'static OptionSpec>,
) -> Result<BTreeMap<&'static str, Given>, Exit> {
    let mut given = BTreeMap::new();
    for option in options {
        let typed = |id: &str| matches.value_source(id) == Some(ValueSource::CommandLine);
        let value = match option.kind {
            OptionKind::Switch if typed(&negated(option)) => Given::Switch(false),
            OptionKind::Switch | OptionKind::Flag if typed(option.name) => Given::Switch(true),
            _ if !typed(option.name) => continue,
            _ => Given::Texts(matches.get_many::<String>(option.name).into_iter().flatten().cloned().collect()),
        };
        given.insert(option.name, value);
    }
    Ok(given)
}
