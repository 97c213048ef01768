//! Diagnostics as text, for people ([`full`]), for `grep` and editors ([`concise`]) and for programs
//! ([`json`]).
//!
//! Renderers are pure: they read the [`SourceSet`](crate::source::SourceSet) and never a terminal.
//! Colour only repeats what marks, words and places say already.

mod canvas;
mod concise;
mod full;
mod json;
mod snippet;
mod source_line;
#[cfg(test)]
mod tests;

use anstyle::{AnsiColor, Color, Effects};

use super::Severity;

pub use concise::concise;
pub use full::full;
pub use json::json;

/// How a diagnostic is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are used.
    pub colored: bool,
    /// Columns a source line may take, its number included; longer ones are cut around the label.
    pub width: usize,
}

impl Style {
    /// No colours, 120 columns.
    pub const PLAIN: Self = Self { colored: false, width: 120 };

    /// ANSI colours, 120 columns.
    pub const COLORED: Self = Self { colored: true, width: 120 };
}

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Tone {
    /// The user's own text.
    #[default]
    Plain,
    /// The message.
    Strong,
    /// Gutter, arrows, marks of secondary labels.
    Frame,
    /// The code and the marks of the primary label.
    Severity(Severity),
}

impl Tone {
    fn style(self) -> anstyle::Style {
        let bold = anstyle::Style::new().effects(Effects::BOLD);
        let foreground = |color: AnsiColor| bold.fg_color(Some(Color::Ansi(color)));
        match self {
            Self::Plain => anstyle::Style::new(),
            Self::Strong => bold,
            Self::Frame => foreground(AnsiColor::Blue),
            Self::Severity(Severity::Error) => foreground(AnsiColor::Red),
            Self::Severity(Severity::Warning) => foreground(AnsiColor::Yellow),
            Self::Severity(Severity::Note) => foreground(AnsiColor::Cyan),
        }
    }

    /// Appends `text` in this tone.
    fn write(self, out: &mut String, text: &str, colored: bool) {
        if !colored || self == Self::Plain || text.is_empty() {
            out.push_str(text);
            return;
        }
        let style = self.style();
        out.push_str(&format!("{style}{text}{style:#}"));
    }
}

const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
