//! A recorded world small enough to be crawled many times, a server for it, and the crawler as a process.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use mxcensus::observation::Facts;
use mxcensus::population::Population;
use mxcensus::replay::{Options, Server, serve};
use mxcensus::snapshot::{self, Snapshot};

/// What every part of a crash test needs: the snapshot that is replayed and where it is served.
pub struct Stage {
    pub folder: tempfile::TempDir,
    pub recorded: Snapshot,
    pub server: Server,
}

impl Stage {
    /// The first `members` of the recorded survey, or all of it.
    pub fn new(members: usize) -> Self {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let survey = Snapshot::open(&snapshot::find("recorded-fortune20/2023-10-04", &data).unwrap()).unwrap();
        let population = Population {
            members: survey.population.members.iter().take(members).cloned().collect(),
            ..survey.population.clone()
        };
        let needed = population.members.iter().flat_map(|m| survey.observation(m).questions());
        let facts = Facts::new(needed.filter_map(|(question, answer)| Some((question, answer?.clone()))));
        let folder = tempfile::tempdir().unwrap();
        let dir = snapshot::seal(&folder.path().join("recorded"), &population, &facts, (*survey.manifest).clone()).unwrap();
        let recorded = Snapshot::open(&dir).unwrap();
        let server = serve(recorded.facts.clone(), SocketAddr::from(([127, 0, 0, 1], 0)), Options::default()).unwrap();
        Self { folder, recorded, server }
    }

    /// A folder of its own for the results of one crawl.
    pub fn out(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The arguments of a crawl of the whole stage into a folder.
    pub fn arguments(&self, out: &Path, resume: bool) -> Vec<String> {
        let mut arguments: Vec<String> =
            ["crawl", "--quiet", "--qps", "0", "--timeout", "0.3", "--retries", "3", "--max-failures", "100"]
                .map(str::to_owned)
                .into();
        arguments.extend(["--resolver".into(), self.server.addr().to_string()]);
        arguments.extend(["--replay-of".into(), self.recorded.dir.display().to_string()]);
        arguments.extend(["--out".into(), out.display().to_string()]);
        arguments.extend(resume.then(|| "--resume".to_owned()));
        arguments
    }

    pub fn start(&self, out: &Path, resume: bool) -> Child {
        quiet(Command::new(env!("CARGO_BIN_EXE_mxcensus")).args(self.arguments(out, resume))).spawn().unwrap()
    }

    /// Where the journal of a crawl into a folder stands.
    pub fn journal(&self, out: &Path) -> PathBuf {
        out.join(&self.recorded.population.name).join("recorded.journal")
    }

    /// The files of the snapshot sealed in a folder that must be the same in every run.
    pub fn sealed(&self, out: &Path) -> Vec<(String, Vec<u8>)> {
        let [dir] = &sealed_folders(&out.join(&self.recorded.population.name))[..] else {
            panic!("one snapshot in {}", out.display());
        };
        assert_eq!(snapshot::verify(dir), []);
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        let answers = Snapshot::open(dir).unwrap().manifest.observations.file.clone();
        let read = |file: &str| (format!("{name}/{file}"), fs::read(dir.join(file)).unwrap());
        vec![read("population.csv"), read(&answers)]
    }
}

/// Folders that hold a sealed snapshot; an unfinished one begins with a dot.
fn sealed_folders(series: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(series).unwrap().map(|entry| entry.unwrap().path());
    let sealed = |path: &PathBuf| path.is_dir() && !path.file_name().unwrap().to_string_lossy().starts_with('.');
    entries.filter(sealed).collect()
}

/// Folders of snapshots that are being written, or were when their writer was killed.
pub fn drafts(series: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(series) else { return Vec::new() };
    let paths = entries.flatten().filter(|e| e.file_name().to_string_lossy().starts_with('.')).map(|e| e.path());
    paths.filter(|path| path.is_dir()).collect()
}

pub fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// Runs to the end and gives the exit code and what was said.
pub fn finish(command: &mut Command) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code(), [output.stderr, output.stdout].map(|said| String::from_utf8_lossy(&said).into_owned()).concat())
}

pub fn mxcensus(arguments: &[String]) -> (Option<i32>, String) {
    finish(Command::new(env!("CARGO_BIN_EXE_mxcensus")).args(arguments))
}
