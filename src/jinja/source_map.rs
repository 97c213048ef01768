use crate::source::Span;

/// Where rendered text came from: pointers from the compiled SQL back to the template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    ranges: Vec<MappedRange>,
}

/// A piece of rendered text and the piece of template it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedRange {
    /// First byte of the rendered piece.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// The template's text: the same text when `verbatim`, else the tag that produced it.
    pub span: Span,
    /// Whether the text was copied as it stands.
    pub verbatim: bool,
}

impl SourceMap {
    /// A map from ranges in ascending order without overlap.
    pub fn new(ranges: Vec<MappedRange>) -> Self {
        Self { ranges }
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[MappedRange] {
        &self.ranges
    }

    /// The place in the user's file of a byte of rendered text: exact within copied text, the whole
    /// tag within generated text, `None` where nothing is known.
    pub fn lookup(&self, offset: usize) -> Option<Span> {
        let index = self.ranges.partition_point(|range| range.end <= offset);
        let range = self.ranges.get(index).filter(|range| range.start <= offset)?;
        if !range.verbatim {
            return Some(range.span);
        }
        let start = range.span.start as usize + (offset - range.start);
        Some(Span::new(range.span.file, start, start + 1))
    }

    /// The same map for text that has `inserted` bytes put in at rendered offset `at` (CTEs of
    /// ephemeral models).
    #[must_use]
    pub fn with_insertion(mut self, at: usize, inserted: usize) -> Self {
        let mut moved = Vec::with_capacity(self.ranges.len() + 1);
        for range in self.ranges.drain(..) {
            if range.end <= at {
                moved.push(range);
            } else if range.start >= at {
                moved.push(MappedRange { start: range.start + inserted, end: range.end + inserted, ..range });
            } else {
                let head = at - range.start;
                let middle = range.span.start as usize + head;
                let (first, second) = if range.verbatim {
                    (
                        Span::new(range.span.file, range.span.start as usize, middle),
                        Span::new(range.span.file, middle, range.span.end as usize),
                    )
                } else {
                    (range.span, range.span)
                };
                moved.push(MappedRange { end: at, span: first, ..range.clone() });
                moved.push(MappedRange {
                    start: at + inserted,
                    end: range.end + inserted,
                    span: second,
                    verbatim: range.verbatim,
                });
            }
        }
        self.ranges = moved;
        self
    }
}
