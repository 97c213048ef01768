//! What is made of the grammar itself: completion scripts for shells, manual pages.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};
use clap_complete::Shell;

use super::{Exit, usage};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

/// The two commands that print them.
pub(super) fn commands() -> [clap::Command; 2] {
    let shell = Arg::new("shell")
        .required(true)
        .value_name("SHELL")
        .value_parser(PossibleValuesParser::new(SHELLS))
        .help("The shell");
    let command =
        Arg::new("command").value_name("COMMAND").num_args(0..=2).help("Command to describe; none is the program");
    [
        clap::Command::new("completions")
            .about("Print a completion script for a shell")
            .after_help("Examples:\n  aquifer completions bash > /etc/bash_completion.d/aquifer\n  aquifer completions zsh > ~/.zfunc/_aquifer")
            .arg(shell),
        clap::Command::new("man")
            .about("Print a manual page")
            .after_help("Examples:\n  aquifer man > /usr/local/share/man/man1/aquifer.1\n  aquifer man source freshness | man -l -")
            .arg(command),
    ]
}

/// The text that one of the two commands prints; `None` for any other command.
pub(super) fn page(matches: &ArgMatches, program: clap::Command) -> Option<Exit> {
    match matches.subcommand()? {
        ("completions", inner) => Some(completions(inner.get_one::<String>("shell")?, program)),
        ("man", inner) => {
            let words: Vec<&str> =
                inner.get_many::<String>("command").into_iter().flatten().map(String::as_str).collect();
            Some(manual(&words, program))
        }
        _ => None,
    }
}

fn completions(shell: &str, mut program: clap::Command) -> Exit {
    let Ok(shell) = shell.parse::<Shell>() else { return usage(&format!("no completions for `{shell}`")) };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, "aquifer", &mut script);
    Exit { code: 0, text: String::from_utf8_lossy(&script).into_owned() }
}

fn manual(words: &[&str], mut program: clap::Command) -> Exit {
    program.build();
    let mut described = &program;
    for word in words {
        match described.find_subcommand(word) {
            Some(inner) => described = inner,
            None => return usage(&format!("there is no command `{}`", words.join(" "))),
        }
    }
    let name = std::iter::once("aquifer").chain(words.iter().copied()).collect::<Vec<_>>().join("-");
    let mut page = Vec::new();
    match clap_mangen::Man::new(described.clone().name(name)).render(&mut page) {
        Ok(()) => Exit { code: 0, text: String::from_utf8_lossy(&page).into_owned() },
        Err(error) => usage(&format!("the page cannot be written: {error}")),
    }
}
