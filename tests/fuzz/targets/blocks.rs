//! The block splitter on any text: its blocks stand within the text.

#![no_main]

use aquifer::jinja::blocks::split;
use aquifer::source::FileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (blocks, _) = split(FileId(0), text);
    for block in blocks {
        assert!(text.get(block.span.start as usize..block.span.end as usize).is_some());
        assert!(text.get(block.body.start as usize..block.body.end as usize).is_some());
    }
});
