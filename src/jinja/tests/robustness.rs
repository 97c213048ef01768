//! Whatever a file holds, reading it ends well: with blocks, a template, or an error.

use proptest::prelude::*;

use super::super::blocks::split;
use super::super::prepare::prepare;
use super::{engine, try_render};
use crate::source::FileId;

/// Pieces that mean something to the splitter or to the rewriter, in any order.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: [&str; 48] = [
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "{%-",
        "-%}",
        "{{-",
        "-}}",
        "{%+",
        "macro m(a, b=[1])",
        "endmacro",
        "test t(model)",
        "endtest",
        "materialization x, adapter='postgres'",
        "endmaterialization",
        "snapshot s",
        "endsnapshot",
        "docs d",
        "enddocs",
        "raw",
        "endraw",
        "call(x) m()",
        "endcall",
        "set a =",
        "endset",
        "if",
        "else",
        "endif",
        "for x in",
        "endfor",
        "'",
        "\"",
        "\\",
        "[",
        "]",
        "{",
        "}",
        "(",
        ")",
        " % ",
        " + ",
        " - ",
        "'a' 'b'",
        "x.y",
        "é\u{1F600}",
        "\n",
    ];
    let piece = prop_oneof![8 => proptest::sample::select(PIECES.as_slice()).prop_map(str::to_owned), 1 => ".{0,4}"];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    // What fails is shown in full: there is no need to keep it beside the sources.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blocks_stand_within_the_text(text in prop_oneof![pieces(), any::<String>()]) {
        let (blocks, _) = split(FileId(0), &text);
        for block in blocks {
            let part = |span: crate::source::Span| text.get(span.start as usize..span.end as usize);
            prop_assert!(part(block.span).is_some());
            prop_assert!(part(block.body).is_some());
            prop_assert!(block.span.start <= block.body.start && block.body.end <= block.span.end);
        }
    }

    #[test]
    fn rewriting_keeps_lines_and_finds_its_way_back(text in prop_oneof![pieces(), any::<String>()]) {
        let prepared = prepare(&text);
        let lines = |text: &str| text.matches('\n').count();
        prop_assert_eq!(lines(&prepared.source), lines(&text));
        let mut last = 0;
        for offset in 0..=prepared.source.len() {
            let original = prepared.original(offset);
            prop_assert!(original <= text.len() && last <= original);
            last = original;
        }
    }
}

#[test]
fn rendering_never_panics() {
    let engine = engine(&[("shop", "{% macro m(a=1) %}{{ a }}{{ caller() if caller }}{% endmacro %}")]);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let ended = runner.run(&pieces(), |text| {
        // Either outcome is fine.
        drop(try_render(&engine, &text));
        Ok(())
    });
    ended.unwrap();
}
