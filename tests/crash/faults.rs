//! Full disks, folders that cannot be written, two crawls at once, torn journals, flipped bits.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use mxcensus::snapshot;

use super::stage::{Stage, finish, mxcensus};

/// A crawl that was stopped by a kill once its journal held so many bytes.
fn stopped(stage: &Stage, out: &Path, bytes: u64) {
    let mut arguments = stage.arguments(out, false);
    let at = arguments.iter().position(|a| a == "--qps").unwrap();
    arguments[at + 1] = "200".into();
    let mut child = super::stage::quiet(Command::new(env!("CARGO_BIN_EXE_mxcensus")).args(arguments)).spawn().unwrap();
    while fs::metadata(stage.journal(out)).map_or(0, |m| m.len()) < bytes {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it could be stopped");
        sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn whole(stage: &Stage) -> Vec<(String, Vec<u8>)> {
    let out = stage.out("whole");
    assert_eq!(mxcensus(&stage.arguments(&out, false)).0, Some(0));
    stage.sealed(&out)
}

/// A file cannot grow beyond a limit, as on a full disk; then there is room again.
#[test]
fn no_room() {
    let stage = Stage::new(60);
    let whole = whole(&stage);
    for blocks in [0, 1, 8, 24, 40] {
        let out = stage.out(&format!("full{blocks}"));
        // Of 512 octets in most shells, 1024 in some. Beyond it a write fails instead of killing.
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let (code, error) =
            finish(Command::new("sh").args(["-c", &script, env!("CARGO_BIN_EXE_mxcensus")]).args(stage.arguments(&out, false)));
        assert_eq!(code, Some(1), "{blocks} blocks: {error}");
        assert!(error.contains("too large") && error.contains(out.to_str().unwrap()), "{error}");
        assert!(!error.contains("panicked"), "{error}");
        let (code, error) = mxcensus(&stage.arguments(&out, stage.journal(&out).exists()));
        assert_eq!(code, Some(0), "{blocks} blocks: {error}");
        assert!(stage.sealed(&out) == whole);
    }
}

#[test]
fn a_folder_that_cannot_be_written() {
    let stage = Stage::new(5);
    let file = stage.out("file");
    fs::write(&file, "in the way").unwrap();
    let (code, error) = mxcensus(&stage.arguments(&file, false));
    assert_eq!(code, Some(1));
    assert!(error.contains(file.to_str().unwrap()) && !error.contains("panicked"), "{error}");
    assert_eq!(fs::read(&file).unwrap(), b"in the way");
    // Not even root writes here.
    let (code, error) = mxcensus(&stage.arguments(Path::new("/proc/mxcensus"), false));
    assert_eq!(code, Some(1));
    assert!(error.contains("/proc/mxcensus") && !error.contains("panicked"), "{error}");
}

#[test]
fn two_crawls_on_one_journal() {
    let stage = Stage::new(60);
    let out = stage.out("shared");
    let mut slow = stage.arguments(&out, false);
    let at = slow.iter().position(|a| a == "--qps").unwrap();
    slow[at + 1] = "100".into();
    let mut first = super::stage::quiet(Command::new(env!("CARGO_BIN_EXE_mxcensus")).args(slow)).spawn().unwrap();
    while fs::metadata(stage.journal(&out)).map_or(0, |m| m.len()) < 3000 {
        sleep(Duration::from_millis(5));
    }
    for resume in [false, true] {
        let (code, error) = mxcensus(&stage.arguments(&out, resume));
        assert_eq!(code, Some(1));
        assert!(error.contains("another mxcensus is writing this journal"), "{error}");
        assert!(!error.contains("delete"), "no advice that would harm the other: {error}");
    }
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(mxcensus(&stage.arguments(&out, true)).0, Some(0), "the lock ends with its holder");
}

/// What a crash left of a journal, cut at any place: the torn record is asked again, and it is said.
#[test]
fn a_torn_journal() {
    let stage = Stage::new(40);
    let whole = whole(&stage);
    let out = stage.out("torn");
    stopped(&stage, &out, 8000);
    let journal = fs::read(stage.journal(&out)).unwrap();
    let header = journal.iter().position(|b| *b == b'\n').unwrap() + 1;
    let last = journal[..journal.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    for cut in [0, 1, header / 2, header - 1, header, header + 5, last - 1, last + 1, journal.len() - 1] {
        let out = stage.out(&format!("cut{cut}"));
        fs::create_dir_all(stage.journal(&out).parent().unwrap()).unwrap();
        fs::write(stage.journal(&out), &journal[..cut]).unwrap();
        let mut arguments = stage.arguments(&out, true);
        arguments.retain(|a| a != "--quiet");
        let (code, error) = mxcensus(&arguments);
        assert_eq!(code, Some(0), "cut at {cut}: {error}");
        let torn = cut > 0 && journal[cut - 1] != b'\n';
        assert_eq!(error.contains("damaged"), torn && cut > header, "cut at {cut}: {error}");
        assert!(stage.sealed(&out) == whole, "cut at {cut}");
    }
}

/// A record that was changed in the middle is dropped, asked again, and counted.
#[test]
fn a_damaged_journal() {
    let stage = Stage::new(40);
    let whole = whole(&stage);
    let out = stage.out("damaged");
    stopped(&stage, &out, 8000);
    let path = stage.journal(&out);
    let size = fs::metadata(&path).unwrap().len();
    let mut file = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    for at in [size / 3, size / 2, size - 20] {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(b"\xff").unwrap();
    }
    let mut arguments = stage.arguments(&out, true);
    arguments.retain(|a| a != "--quiet");
    let (code, error) = mxcensus(&arguments);
    assert_eq!(code, Some(0), "{error}");
    assert!(error.contains("damaged records"), "{error}");
    assert!(stage.sealed(&out) == whole);
}

/// One flipped bit, wherever it is: `snapshot verify` finds it and names the file, and nothing reads
/// the snapshot as if it were whole.
#[test]
fn flipped_bits() {
    let stage = Stage::new(8);
    let dir = &stage.recorded.dir;
    let names: Vec<String> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names.len(), 4);
    let step = if std::env::var_os("MXCENSUS_KILLS").is_some() { 1 } else { 97 };
    let mut flipped = 0;
    for name in &names {
        let path = dir.join(name);
        let whole = fs::read(&path).unwrap();
        for bit in (0..whole.len() * 8).step_by(step) {
            let mut bent = whole.clone();
            bent[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &bent).unwrap();
            let problems = snapshot::verify(dir);
            assert!(problems.iter().any(|p| p.file == *name || p.what.contains(&**name)), "bit {bit} of {name}: {problems:?}");
            assert!(snapshot::Snapshot::open(dir).is_err(), "bit {bit} of {name}");
            flipped += 1;
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(snapshot::verify(dir), []);
    println!("{flipped} bits flipped in {} files, each found and named", names.len());
    // The command says it too.
    let path = dir.join("observations.csv");
    let mut bent = fs::read(&path).unwrap();
    bent[100] ^= 1;
    fs::write(&path, bent).unwrap();
    let (code, error) = mxcensus(&["snapshot".into(), "verify".into(), dir.display().to_string()]);
    assert_eq!(code, Some(1));
    assert!(error.contains("observations.csv"), "{error}");
}
