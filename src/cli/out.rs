//! Where results go.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// Writes a result to a file, or to standard output where none is named (or `-`).
pub fn emit(text: &str, out: Option<&Path>) -> Result<(), Failure> {
    match out.filter(|path| *path != Path::new("-")) {
        Some(path) => write(path, text.as_bytes()),
        None => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(text.as_bytes())?;
            Ok(stdout.flush()?)
        }
    }
}

/// A result that is written as it comes: to standard output where no file is named (or `-`).
pub struct Stream {
    output: BufWriter<Box<dyn Write + Send>>,
    /// The file being written, and its name once it is whole.
    file: Option<(PathBuf, PathBuf)>,
}

impl Stream {
    pub fn open(out: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = out.filter(|path| *path != Path::new("-")) else {
            return Ok(Self { output: BufWriter::new(Box::new(io::stdout())), file: None });
        };
        let partial = partial(path)?;
        let file = fs::File::create(&partial).map_err(|error| cannot_write(path, &error))?;
        Ok(Self { output: BufWriter::new(Box::new(file)), file: Some((partial, path.to_owned())) })
    }

    /// The file appears whole or not at all.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.output.flush()?;
        match &self.file {
            Some((partial, path)) => fs::rename(partial, path).map_err(|error| cannot_write(path, &error)),
            None => Ok(()),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot write {}: {error}", path.display()))
}

/// The name a file has until it is whole; the folders above it are made.
fn partial(path: &Path) -> Result<PathBuf, Failure> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| cannot_write(path, &error))?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    Ok(partial.into())
}

/// Writes a file, and the folders above it where they are missing. The file appears whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let partial = partial(path)?;
    fs::write(&partial, bytes).and_then(|()| fs::rename(&partial, path)).map_err(|error| cannot_write(path, &error))
}
