//! Where results go.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::report::escape::visible_lines;

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
        let (partial, file) = partial(path)?;
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

/// A new file beside the place of a result, and its name until it is whole; the folders above it are
/// made. A file or link that stands under that name is removed and never written through: somebody
/// else may have laid it there.
fn partial(path: &Path) -> Result<(PathBuf, fs::File), Failure> {
    if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| cannot_write(path, &error))?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let file = match fs::File::create_new(&partial) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_file(&partial).and_then(|()| fs::File::create_new(&partial))
        }
        created => created,
    };
    file.map(|file| (partial, file)).map_err(|error| cannot_write(path, &error))
}

/// Says something on standard error, line by line. Names of domains, files and companies come from
/// strangers: what would act in a terminal is written out.
pub fn say(text: &str) {
    // Where standard error is closed there is nobody to tell.
    _ = writeln!(io::stderr(), "{}", visible_lines(text));
}

/// A folder nobody else had before, for the journal of a crawl that leaves no snapshot. The caller
/// removes it.
pub fn scratch() -> io::Result<PathBuf> {
    let mut last = io::ErrorKind::AlreadyExists.into();
    for n in 0..100 {
        let folder = std::env::temp_dir().join(format!("mxcensus-{}-{n}", std::process::id()));
        // Not `create_dir_all`: a folder or link that somebody laid there is not taken.
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Writes a file, and the folders above it where they are missing. The file appears whole or not at all.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let (partial, mut file) = partial(path)?;
    file.write_all(bytes).and_then(|()| fs::rename(&partial, path)).map_err(|error| cannot_write(path, &error))
}
