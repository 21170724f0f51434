//! Parquet: the one door to its library.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::rows::{Field, Kind, Metadata};
use crate::report::table::Cell;

/// Large enough that a scan is not all seeking, small enough that engines find work for every core.
const ROWS_A_GROUP: usize = 128 << 10;
const LEVEL: i32 = 6;

/// Rows gathered by column until a row group is full.
pub(super) struct Columnar<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    columns: Vec<Values>,
    rows: usize,
}

enum Values {
    Text(Vec<Option<String>>),
    Integer(Vec<Option<i64>>),
    Number(Vec<Option<f64>>),
}

impl<W: Write + Send> Columnar<W> {
    pub(super) fn new(fields: Vec<Field>, metadata: &Metadata, output: W) -> io::Result<Self> {
        let schema = schema(&fields).map_err(io_error)?;
        let pairs = metadata.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(LEVEL).map_err(io_error)?))
            .set_created_by(concat!("mxcensus version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(pairs))
            .build();
        let writer = SerializedFileWriter::new(output, Arc::new(schema), Arc::new(properties)).map_err(io_error)?;
        let columns = fields.iter().map(|field| Values::new(field.kind)).collect();
        Ok(Self { writer, columns, rows: 0 })
    }

    pub(super) fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        if cells.len() != self.columns.len() {
            let reason = format!("a row of {} cells in a table of {} columns", cells.len(), self.columns.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        for (values, cell) in self.columns.iter_mut().zip(cells) {
            values.push(cell);
        }
        self.rows += 1;
        if self.rows == ROWS_A_GROUP { self.write_group().map_err(io_error) } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.rows > 0 {
            self.write_group().map_err(io_error)?;
        }
        let mut output = self.writer.into_inner().map_err(io_error)?;
        output.flush()
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        let mut group = self.writer.next_row_group()?;
        for values in &mut self.columns {
            match values {
                Values::Text(values) => {
                    let bytes = values.drain(..).map(|text| text.map(|text| ByteArray::from(text.into_bytes()))).collect();
                    write_column::<ByteArrayType, W>(&mut group, bytes)?;
                }
                Values::Integer(values) => write_column::<Int64Type, W>(&mut group, std::mem::take(values))?,
                Values::Number(values) => write_column::<DoubleType, W>(&mut group, std::mem::take(values))?,
            }
        }
        self.rows = 0;
        group.close().map(|_| ())
    }
}

/// Every column may be null; a definition level of 1 says that a value is there.
fn write_column<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: Vec<Option<T::T>>,
) -> Result<(), ParquetError> {
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(&values, Some(&levels), None)?;
        column.close()?;
    }
    Ok(())
}

fn schema(fields: &[Field]) -> Result<Type, ParquetError> {
    let field = |field: &Field| {
        let (physical, logical) = match field.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Integer => (Physical::INT64, None),
            Kind::Number => (Physical::DOUBLE, None),
        };
        let builder = Type::primitive_type_builder(&field.column.name, physical);
        builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build().map(Arc::new)
    };
    let fields = fields.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("mxcensus").with_fields(fields).build()
}

impl Values {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Number => Self::Number(Vec::new()),
        }
    }

    /// The value as programs read it: numbers have the digits of the CSV.
    fn push(&mut self, cell: &Cell) {
        let text = cell.for_programs();
        let text = (!text.is_empty()).then_some(text);
        match self {
            Self::Text(values) => values.push(text),
            Self::Integer(values) => values.push(text.and_then(|text| text.parse().ok())),
            Self::Number(values) => values.push(text.and_then(|text| text.parse().ok())),
        }
    }
}

fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(other) => io::Error::other(other),
        },
        other => io::Error::other(other),
    }
}
