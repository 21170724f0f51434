//! What any program pays that reads the rows of two snapshots: every answer decompressed and cut into
//! fields by the `csv` crate, and nothing else done. The bound that `diff` is held against.
//!
//! ```sh
//! cargo run --release --example read_csv -- OLD NEW
//! ```

use std::fs::File;
use std::process::ExitCode;

fn rows(folder: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let file = File::open(format!("{folder}/observations.csv.zst"))?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(zstd::Decoder::new(file)?);
    let (mut row, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut row)? {
        rows += 1;
    }
    Ok(rows)
}

fn main() -> ExitCode {
    for folder in std::env::args().skip(1) {
        match rows(&folder) {
            Ok(rows) => println!("{rows} rows in {folder}"),
            Err(error) => {
                eprintln!("{folder}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
