use super::name::dollar_quote;

const LOCK: &str = include_str!("lock.sql");
const CAPTURE: &str = include_str!("capture.sql");
const REBUILD: &str = include_str!("rebuild.sql");

/// A `do` block from a template: `{name}` marks are filled in, the shared fragments too.
pub(super) fn block(template: &str, marks: &[(&str, &str)]) -> String {
    let fragments = [("{lock}", LOCK.trim_end()), ("{capture}", CAPTURE.trim_end()), ("{rebuild}", REBUILD.trim_end())];
    let all: Vec<(&str, &str)> = fragments.iter().chain(marks).copied().collect();
    format!("do {}", dollar_quote(&format!("\n{}\n", fill(template.trim_end(), &all))))
}

/// Fills marks in one pass from left to right: what is put in is not looked at again, so names may
/// hold anything.
fn fill(template: &str, marks: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let (text, consumed) =
            marks.iter().find(|(mark, _)| from.starts_with(mark)).map_or(("{", 1), |(mark, text)| (*text, mark.len()));
        filled.push_str(text);
        rest = from.get(consumed..).unwrap_or_default();
    }
    filled.push_str(rest);
    filled
}
