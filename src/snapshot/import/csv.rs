//! The columns of `observations.csv`, rows in any order.

use std::path::Path;

use super::{ImportError, Sink, open};
use crate::snapshot::observations::Reader;

pub(super) fn read(input: &Path, sink: &mut Sink) -> Result<(), ImportError> {
    let mut rows = Reader::lenient(open(input)?);
    while let Some(answer) = rows.next() {
        let line = rows.line();
        let (question, answer) =
            answer.map_err(|e| ImportError::Line { path: input.to_owned(), line: e.line, reason: e.reason })?;
        sink.row(line);
        sink.fact(question, answer, None);
    }
    Ok(())
}
