//! `crawl -` and `classify -`: filters that any engine can run on partitions of a list. Memory is that
//! of one batch of domains, or of one observation, however long the stream.

use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;

use crate::crawl::{Cancel, Progress, Settings, crawl};
use crate::observation::{Limits, Observation};
use crate::plan::{Depth, Plan};
use crate::population::{self, Population};
use crate::report::table::{Format as TableFormat, csv_header, csv_row, json_row};
use crate::report::tables::{ATTRIBUTIONS, attribution_rows};
use crate::share::{Labels, Ownership};
use crate::stream::{self, Observed, Reader};
use crate::vendor::Role;

use super::args::{ClassifyArgs, Common, CrawlArgs};
use super::failure::{Exit, Failure};
use super::progress::Display;
use super::{job, listing, out, side};

/// Domains from standard input, observations to standard output.
pub fn crawl_stream(common: &Common, args: &CrawlArgs) -> Result<Exit, Failure> {
    if args.population.is_some() || args.asking.resume {
        return Err(Failure::usage("crawl - reads its list from standard input: leave --population and --resume out"));
    }
    let rules = side::rules(common)?;
    let (plan, limits) = match &args.asking.replay_of {
        Some(what) => {
            let manifest = side::open(common, what)?.manifest;
            (Plan::of(manifest.plan.kinds.clone(), manifest.plan.labels.clone()), manifest.limits.clone())
        }
        None => {
            let depth: Depth = args.asking.depth.into();
            if depth == Depth::Recorded {
                return Err(Failure::usage("--depth recorded takes the question kinds of a snapshot: name it with --replay-of"));
            }
            (Plan::new(depth, rules.get().labels.clone()), Limits::default())
        }
    };
    let mut settings = job::settings(&args.asking)?;
    let mut batches = Batches::new(io::stdin().lock(), args.batch);
    let mut output = out::Stream::open(args.out.as_deref())?;
    let folder = Scratch::new()?;
    let (mut asked, mut unreachable) = (0_usize, 0_usize);
    while let Some(batch) = batches.next(common)? {
        let batch = args.shard.map_or(batch.clone(), |shard| batch.shard(shard));
        if batch.members.is_empty() {
            continue;
        }
        let facts = ask(common, &batch, &plan, &settings, &folder.journal)?;
        // The resolvers have shown what they are.
        settings.preflight = false;
        for member in &batch.members {
            let observation = Observation { member, facts: &facts, plan: &plan, limits: &limits };
            unreachable += usize::from(is_unreachable(&observation));
            stream::write(&Observed::of(&observation, &batch.cohorts), &mut output)?;
        }
        output.flush()?;
        asked += batch.members.len();
    }
    output.finish()?;
    let percent = if asked == 0 { 0.0 } else { unreachable as f64 * 100.0 / asked as f64 };
    Ok(if percent > args.asking.max_failures { Exit::Incomplete } else { Exit::Done })
}

/// Whether the question for the exchanges got no definitive answer. Which vendor it would have been
/// is not this filter's business.
fn is_unreachable(observation: &Observation) -> bool {
    let asked = observation.member.asked();
    let answer = observation.answer(crate::plan::Kind::Mx, asked, crate::dns::Type::Mx);
    answer.is_none_or(|answer| !answer.outcome.is_definitive())
}

fn ask(
    common: &Common,
    batch: &Population,
    plan: &Plan,
    settings: &Settings,
    journal: &Path,
) -> Result<crate::observation::Facts, Failure> {
    let progress = Arc::new(Progress::default());
    let cancel = Cancel::new();
    cancel.on_interrupt()?;
    let display = Display::start(common, &progress);
    let crawled = crawl(batch, plan, settings, journal, false, &progress, &cancel);
    drop(display);
    std::fs::remove_file(journal).ok();
    let crawled = crawled?;
    if crawled.interrupted {
        return Err(Failure::new("interrupted: the domains of this batch were not written; begin again after the last line"));
    }
    for warning in crawled.warnings.iter().filter(|_| !common.quiet) {
        eprintln!("warning: {warning}");
    }
    Ok(crawled.facts)
}

/// A folder for the journal of a batch, removed at the end.
struct Scratch {
    folder: std::path::PathBuf,
    journal: std::path::PathBuf,
}

impl Scratch {
    fn new() -> Result<Self, Failure> {
        let folder = super::out::scratch()?;
        Ok(Self { journal: folder.join("journal"), folder })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

/// A list cut into batches of lines. The header, if there is one, belongs to each.
struct Batches<R> {
    input: R,
    size: usize,
    header: Option<String>,
    /// Lines before the batch.
    line: u64,
}

/// No row of a list is longer.
const MAX_LINE: u64 = 1 << 20;

impl<R: BufRead> Batches<R> {
    fn new(input: R, size: usize) -> Self {
        Self { input, size: size.max(1), header: None, line: 0 }
    }

    fn next(&mut self, common: &Common) -> Result<Option<Population>, Failure> {
        let mut text = self.header.clone().unwrap_or_default();
        // The lines of the population module count from its first, which may be the repeated header.
        let offset = self.line - u64::from(self.header.is_some());
        let mut rows = 0;
        while rows < self.size {
            let mut line = Vec::new();
            let read = io::Read::take(&mut self.input, MAX_LINE).read_until(b'\n', &mut line)?;
            if read == 0 {
                break;
            }
            if read as u64 == MAX_LINE {
                return Err(Failure::new(format!("standard input, line {}: longer than {MAX_LINE} bytes", self.line + 1)));
            }
            self.line += 1;
            let line = String::from_utf8_lossy(&line);
            if self.line == 1 && is_header(&line) {
                self.header = Some(line.clone().into_owned());
            }
            text.push_str(&line);
            rows += 1;
        }
        if rows == 0 {
            return Ok(None);
        }
        let mut loaded = population::parse(text.as_bytes(), "stream", population::About::default())?;
        loaded.rejected.iter_mut().for_each(|rejected| rejected.line += offset);
        listing::warn(common, &loaded);
        Ok(Some(loaded.population))
    }
}

/// Whether a first line names columns (see `population`).
fn is_header(line: &str) -> bool {
    line.trim_start_matches('\u{feff}').split(',').any(|f| f.trim().trim_matches('"').eq_ignore_ascii_case("domain"))
}

/// Observations from standard input, attributions to standard output.
pub fn classify_stream(common: &Common, args: &ClassifyArgs) -> Result<Exit, Failure> {
    let rules = side::rules(common)?;
    let rules = rules.get();
    let labels = Labels::new(&rules.vendors, &Ownership::Current);
    let roles: Vec<Role> = args.role.map_or(Role::ALL.to_vec(), |role| vec![role.into()]);
    let mut output = out::Stream::open(args.out.as_deref())?;
    let json = match TableFormat::from(args.format) {
        TableFormat::Csv => false,
        TableFormat::Json => true,
        TableFormat::Table | TableFormat::Markdown => {
            return Err(Failure::usage("classify - writes row by row: --format csv, or json for JSON lines"));
        }
    };
    if !json && !args.no_header {
        output.write_all(csv_header(&ATTRIBUTIONS).as_bytes())?;
    }
    for observed in Reader::new(BufReader::new(io::stdin().lock())) {
        let observed = observed?;
        if args.shard.is_some_and(|shard| !shard.holds(&observed.member)) {
            continue;
        }
        let member = crate::classify::classify(&observed.observation(), rules);
        for row in attribution_rows(&member, &roles, &labels) {
            let line = if json { json_row(&ATTRIBUTIONS, &row) + "\n" } else { csv_row(&row) };
            output.write_all(line.as_bytes())?;
        }
    }
    output.finish()?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common() -> Common {
        Common {
            data: None,
            rules: None,
            quiet: true,
            verbose: 0,
            no_color: true,
            progress: super::super::args::ProgressArg::None,
        }
    }

    fn batches(text: &str, size: usize) -> Vec<Vec<String>> {
        let mut batches = Batches::new(text.as_bytes(), size);
        let mut all = Vec::new();
        while let Some(batch) = batches.next(&common()).unwrap() {
            all.push(batch.members.iter().map(|m| format!("{}:{}", m.id, m.asked().bare())).collect());
        }
        all
    }

    #[test]
    fn a_list_is_cut_and_its_header_kept() {
        assert_eq!(
            batches("a.example\nb.example\nc.example", 2),
            [vec!["a.example:a.example", "b.example:b.example"], vec!["c.example:c.example"]]
        );
        let csv = "\u{feff}id,domain\n1,a.example\n2,b.example\n3,c.example\n";
        assert_eq!(batches(csv, 2), [vec!["1:a.example"], vec!["2:b.example", "3:c.example"]]);
        assert_eq!(batches("1,a.example\n2,b.example\n", 1).len(), 2);
        assert!(batches("", 5).is_empty());
    }
}
