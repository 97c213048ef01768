//! The documentation site and the data report: HTML pages that need nothing but themselves, made from
//! artifacts, whoever wrote them, and from the records of runs.
//!
//! [`Artifacts`] -> [`SiteData`] -> [`page`]; [`Artifacts`] -> [`ReportData`] -> [`report_page`]. The page's own code is under `page/`: it draws what
//! [`SiteData`] holds and never reads an artifact. Nothing here knows of the project in memory, so
//! the artifacts of dbt give the same site.

mod data;
mod entry;
mod markdown;
mod report;
mod runs;
mod serve;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::history::RunRecord;

pub use data::SiteData;
pub use report::ReportData;
pub use serve::{Address, serve};

/// What a site is made from. Only the manifest is needed.
#[derive(Debug, Default)]
pub struct Artifacts {
    /// manifest.json
    pub manifest: Value,
    /// catalog.json
    pub catalog: Value,
    /// The runs to show, the oldest first.
    pub runs: Vec<RunRecord>,
    /// sources.json
    pub sources: Value,
}

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");

/// The page's code, each file once, in the order in which they use each other.
const SCRIPTS: [&str; 11] = [
    include_str!("page/element.js"),
    include_str!("page/project.js"),
    include_str!("page/selector.js"),
    include_str!("page/highlight.js"),
    include_str!("page/search.js"),
    include_str!("page/layout.js"),
    include_str!("page/graph.js"),
    include_str!("page/views.js"),
    include_str!("page/node_view.js"),
    include_str!("page/theme.js"),
    include_str!("page/main.js"),
];

const REPORT: &str = include_str!("page/report.html");

/// The report's code, likewise.
const REPORT_SCRIPTS: [&str; 6] = [
    include_str!("page/element.js"),
    include_str!("page/project.js"),
    include_str!("page/theme.js"),
    include_str!("page/chart.js"),
    include_str!("page/report_views.js"),
    include_str!("page/report_main.js"),
];

/// The whole site as one HTML document.
pub fn page(data: &SiteData) -> String {
    let parts = [
        ("<!--title-->", escape(&data.project.name)),
        ("/*style*/", STYLE.to_owned()),
        ("/*project*/", in_script(&serde_json::to_string(&data).unwrap_or_default())),
        ("/*code*/", in_script(&serde_json::to_string(&data.code).unwrap_or_default())),
        ("/*script*/", script(&SCRIPTS)),
    ];
    filled(PAGE, &parts)
}

/// The data report as one HTML document.
pub fn report_page(data: &ReportData) -> String {
    let parts = [
        ("<!--title-->", escape(&data.project.name)),
        ("/*style*/", STYLE.to_owned()),
        ("/*project*/", in_script(&serde_json::to_string(&data).unwrap_or_default())),
        ("/*script*/", script(&REPORT_SCRIPTS)),
    ];
    filled(REPORT, &parts)
}

fn script(files: &[&str]) -> String {
    format!("\"use strict\";\n(() => {{\n{}\n}})();", files.join("\n"))
}

/// A page with each mark replaced, in order of their places.
fn filled(page: &str, parts: &[(&str, String)]) -> String {
    let mut rest = page;
    let mut html = String::with_capacity(page.len() + parts.iter().map(|(_, text)| text.len()).sum::<usize>());
    for (mark, text) in parts {
        let Some((before, after)) = rest.split_once(mark) else { continue };
        html.push_str(before);
        html.push_str(text);
        rest = after;
    }
    html.push_str(rest);
    html
}

/// JSON that may stand within a script element: no text in it can end the element.
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
