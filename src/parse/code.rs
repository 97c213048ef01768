//! Resources with code of their own: models, seeds, snapshot blocks, singular tests, analyses,
//! fixtures, docs blocks.

use std::sync::Arc;

use super::files::{FileKind, ReadFile};
use crate::diagnostic::{Code as DiagnosticCode, Diagnostic, Diagnostics};
use crate::jinja::blocks::{BlockKind, split};
use crate::jinja::render_docs;
use crate::project::parsed::{Code, CodeKind, Fixture, Parsed};
use crate::resource::{DocsBlock, UniqueId, UnitTestRows};
use crate::source::Span;

/// The resource of a file that is one: a model, seed, singular test or analysis.
pub(super) fn whole_file(file: &ReadFile, kind: CodeKind) -> Code {
    let text = file.text.trim();
    let start = file.text.len() - file.text.trim_start().len();
    Code {
        kind,
        name: stem(file).to_owned(),
        place: file.place.clone(),
        span: Span::new(file.place.file, start, start + text.len()),
        text: if text.len() == file.text.len() { file.text.clone() } else { Arc::from(text) },
        checksum: file.checksum.clone(),
    }
}

/// COMPAT: an empty file is not a resource (dbt 1.11).
pub(super) fn is_empty(file: &ReadFile) -> bool {
    file.kind != FileKind::Seed && file.text.trim().is_empty()
}

/// The snapshots of a file.
pub(super) fn snapshots(file: &ReadFile, parsed: &mut Parsed, diagnostics: &mut Diagnostics) {
    let (blocks, problems) = split(file.place.file, &file.text);
    diagnostics.extend(problems);
    for block in blocks.into_iter().filter(|block| block.kind == BlockKind::Snapshot) {
        let body = slice(file, block.body);
        parsed.code.push(Code {
            kind: CodeKind::Snapshot,
            name: block.name,
            place: file.place.clone(),
            span: block.body,
            text: Arc::from(body),
            checksum: file.checksum.clone(),
        });
    }
}

/// The docs blocks of a file.
pub(super) fn docs(file: &ReadFile, parsed: &mut Parsed, diagnostics: &mut Diagnostics) {
    if !file.text.contains("{%") {
        return;
    }
    let (blocks, problems) = split(file.place.file, &file.text);
    diagnostics.extend(problems);
    for block in blocks.into_iter().filter(|block| block.kind == BlockKind::Docs) {
        let docs = DocsBlock {
            unique_id: UniqueId::new(format!("doc.{}.{}", file.place.package, block.name)),
            contents: render_docs(slice(file, block.body)).trim().to_owned(),
            name: block.name,
            package: file.place.package.to_string(),
            path: file.place.path.clone(),
            original_file_path: file.place.original.clone(),
        };
        parsed.docs.push((docs, block.span));
    }
}

/// A fixture's rows.
pub(super) fn fixture(file: &ReadFile) -> Fixture {
    let text = file.text.trim().to_owned();
    let is_csv = file.place.path.ends_with(".csv");
    let rows = if is_csv { UnitTestRows::Csv(text) } else { UnitTestRows::Sql(text) };
    Fixture { name: stem(file).to_owned(), package: file.place.package.clone(), rows }
}

/// Python models are out of scope, and say so.
pub(super) fn python_model(file: &ReadFile) -> Diagnostic {
    Diagnostic::error(
        DiagnosticCode::Unsupported,
        format!("model `{}` is written in Python, which is not supported", stem(file)),
    )
    .at(Span::new(file.place.file, 0, file.text.lines().next().map_or(0, str::len)), "")
    .help("write it in SQL, or take the file out of the model folder")
}

/// A file's name without folder and extension.
fn stem(file: &ReadFile) -> &str {
    let name = file.place.path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn slice(file: &ReadFile, span: Span) -> &str {
    file.text.get(span.start as usize..span.end as usize).unwrap_or_default()
}
