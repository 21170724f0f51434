//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::crawl::{Concurrency, ResolverSpec};
use crate::plan::Depth;
use crate::population::Shard;
use crate::report::table;
use crate::share::Grouping;
use crate::snapshot::import;
use crate::vendor::Role;

#[derive(Debug, Parser)]
#[command(
    name = "mxcensus",
    version,
    about = "Who guards the world's mail, and who is winning? Crawls the DNS of a list of domains, keeps what it answered, and shows which vendors gain and lose.",
    after_help = "Examples:\n  mxcensus demo                                 the whole job offline, on recorded data\n  mxcensus run --resolver 192.0.2.53            crawl the Fortune 500 now and compare with the last crawl\n  mxcensus share SNAPSHOT --role mailbox        who hosts the mailboxes\n  mxcensus diff OLD NEW --format csv            who gained, who lost, and why\n  mxcensus explain example.com --snapshot S     why a domain counts as it does\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 done but incomplete (see --max-failures).",
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Common {
    /// Folder with populations/, snapshots/ and vendors/ [default: ./data, else the one shipped with the source]
    #[arg(long, global = true, env = "MXCENSUS_DATA", value_name = "DIR", help_heading = "General")]
    pub data: Option<PathBuf>,
    /// Vendor rules of your own, a folder of TOML files [default: the rules compiled in]
    #[arg(long, global = true, value_name = "DIR", help_heading = "General")]
    pub rules: Option<PathBuf>,
    /// Say less on standard error
    #[arg(short, long, global = true, help_heading = "General")]
    pub quiet: bool,
    /// Say more on standard error
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "General")]
    pub verbose: u8,
    /// No colours (as NO_COLOR in the environment)
    #[arg(long, global = true, help_heading = "General")]
    pub no_color: bool,
    /// How a crawl shows what it does, on standard error
    #[arg(long, global = true, value_enum, default_value_t, help_heading = "General")]
    pub progress: ProgressArg,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ProgressArg {
    /// A bar on a terminal, a line every ten seconds elsewhere
    #[default]
    Auto,
    /// A line every ten seconds
    Plain,
    /// A JSON object on a line every second, and one at the end
    Json,
    None,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// The whole job offline: replays recorded snapshots on loopback, crawls them, reports into output/demo/
    Demo(DemoArgs),
    /// Crawl now, seal, classify, compare with the last snapshot of the series, report
    Run(RunArgs),
    /// Crawl and seal; prints the snapshot's path
    Crawl(CrawlArgs),
    /// One row a member, role and verdict
    Classify(ClassifyArgs),
    /// Market share of one snapshot
    Share(ShareArgs),
    /// Two snapshots compared: who gained, who lost, who switched, and why the totals moved
    Diff(DiffArgs),
    /// Shares over several snapshots of one series
    Trend(TrendArgs),
    /// Flip rate of two crawls of the same week: the error bar of a yearly diff
    Noise(NoiseArgs),
    /// The gateway headline under other methods side by side, or beside published shares
    Sensitivity(SensitivityArgs),
    /// Charts of a snapshot, or of two compared, as SVG and PNG, light and dark, with their CSV
    Chart(ChartArgs),
    /// A report of a snapshot, or of two compared
    Report(ReportArgs),
    /// The publication folder: charts, tables, data dictionary, methods, citation, checksums
    Bundle(BundleArgs),
    /// Why a domain counts as it does: every attribution with its records and rules
    Explain(ExplainArgs),
    /// Exchanges that no rule knows: the next rules worth writing
    Unattributed(UnattributedArgs),
    /// Verdicts held against labels: confusion matrix, precision, recall, disagreements
    Validate(ValidateArgs),
    /// The vendor knowledge base
    Rules(RulesArgs),
    /// Domain lists
    Population(PopulationArgs),
    /// Sealed snapshots: list, show, verify, import
    Snapshot(SnapshotArgs),
    /// Replay a snapshot as an authoritative DNS server, for tests, demos and teaching
    Serve(ServeArgs),
    /// The file of flags that are the same every time, mxcensus.toml
    Config(ConfigArgs),
    /// Completions for a shell, on standard output
    Completions(CompletionsArgs),
    /// Manual pages
    Man(ManArgs),
}

#[derive(Debug, Args)]
#[command(
    after_help = "A file mxcensus.toml holds long flags without their hyphens, for every command or under the name of one:\n\n  data = \"/srv/mxcensus\"\n  [crawl]\n  resolver = [\"192.0.2.53\", \"192.0.2.54\"]\n  qps = 50\n\nIt is read from the current folder, else from mxcensus/ in the user's configuration folder; MXCENSUS_CONFIG names another, or none where it is empty. What is typed wins."
)]
pub struct ConfigArgs {
    #[command(subcommand)]
    pub command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every flag with its value and where it comes from; itself a valid file
    Show,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus completions bash >~/.local/share/bash-completion/completions/mxcensus\n  mxcensus completions zsh >~/.zfunc/_mxcensus\n  mxcensus completions fish >~/.config/fish/completions/mxcensus.fish"
)]
pub struct CompletionsArgs {
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mxcensus man --out ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Folder for one page a command [default: the page of the program, on standard output]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Table,
    Csv,
    Json,
    Markdown,
}

impl From<Format> for table::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Csv => Self::Csv,
            Format::Json => Self::Json,
            Format::Markdown => Self::Markdown,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    Gateway,
    Mailbox,
    Sender,
    Dmarc,
    Overlay,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Gateway => Self::Gateway,
            RoleArg::Mailbox => Self::Mailbox,
            RoleArg::Sender => Self::Sender,
            RoleArg::Dmarc => Self::Dmarc,
            RoleArg::Overlay => Self::Overlay,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ByArg {
    #[default]
    Vendor,
    Product,
    Owner,
    Customer,
}

impl From<ByArg> for Grouping {
    fn from(by: ByArg) -> Self {
        match by {
            ByArg::Vendor => Self::Vendor,
            ByArg::Product => Self::Product,
            ByArg::Owner => Self::Owner,
            ByArg::Customer => Self::Customer,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DepthArg {
    /// MX and TXT of the domain; its address where it has no MX
    Mx,
    /// And DMARC, SPF tree, DKIM and autodiscover targets, exchange addresses ...
    #[default]
    Standard,
    /// And every known DKIM selector, PTR and origin AS of every exchange
    Deep,
    /// The questions that the replayed snapshot holds (with --replay-of)
    Recorded,
}

impl From<DepthArg> for Depth {
    fn from(depth: DepthArg) -> Self {
        match depth {
            DepthArg::Mx => Self::Mx,
            DepthArg::Standard => Self::Standard,
            DepthArg::Deep => Self::Deep,
            DepthArg::Recorded => Self::Recorded,
        }
    }
}

#[derive(Debug, Args)]
pub struct Asking {
    /// Whom to ask, repeatable: IP[:port], system, tls://IP[:port]#name, https://name/path, quic://IP[:port]#name,
    /// or recursive: authoritative servers from the root down
    #[arg(long = "resolver", value_name = "RESOLVER", default_value = "system", help_heading = "Crawl")]
    pub resolvers: Vec<ResolverSpec>,
    /// PEM file of the authorities that must have signed the certificates of tls, https and quic resolvers
    /// [default: the public ones]
    #[arg(long, value_name = "FILE", help_heading = "Crawl")]
    pub resolver_ca: Option<PathBuf>,
    /// Root servers that --resolver recursive begins with, a file like IANA's named.root [default: those of the Internet]
    #[arg(long, value_name = "FILE", help_heading = "Crawl")]
    pub root_hints: Option<PathBuf>,
    /// Which questions to ask
    #[arg(long, value_enum, default_value_t, help_heading = "Crawl")]
    pub depth: DepthArg,
    /// Questions in flight at once, or auto; the default is safe for a public resolver
    #[arg(long, value_name = "N", help_heading = "Crawl")]
    pub concurrency: Option<Concurrency>,
    /// Questions a second over all resolvers; 0 is no limit, for servers of your own; with recursive each may be
    /// several, to different servers [default: 100 for each resolver]
    #[arg(long, value_name = "N", help_heading = "Crawl")]
    pub qps: Option<u32>,
    /// Seconds the first attempt waits for a reply
    #[arg(long, value_name = "SECONDS", help_heading = "Crawl")]
    pub timeout: Option<f64>,
    /// Attempts after the first
    #[arg(long, value_name = "N", help_heading = "Crawl")]
    pub retries: Option<u32>,
    /// Seconds after which no question of a domain is asked again; what is open then is a timeout [default: 120]
    #[arg(long, value_name = "SECONDS", help_heading = "Crawl")]
    pub domain_budget: Option<f64>,
    /// Seconds to wait for a resolver where none can be asked, before the crawl ends and keeps its journal;
    /// 0 records what fails as what it is [default: 300]
    #[arg(long, value_name = "SECONDS", help_heading = "Crawl")]
    pub outage: Option<f64>,
    /// Go on with an interrupted crawl
    #[arg(long, help_heading = "Crawl")]
    pub resume: bool,
    /// Ask a second resolver before an MX is believed to be gone, or an answer to differ from the baseline
    /// [the second --resolver where none is named]
    #[arg(long, value_name = "RESOLVER", num_args = 0..=1, require_equals = true, help_heading = "Crawl")]
    pub confirm: Option<Option<ResolverSpec>>,
    /// Members that may stay unreachable, in percent, before the exit code is 3
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0, help_heading = "Crawl")]
    pub max_failures: f64,
    /// The resolver replays this snapshot: take its population, question kinds and dates
    #[arg(long, value_name = "SNAPSHOT", help_heading = "Crawl")]
    pub replay_of: Option<String>,
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the report goes
    #[arg(long, value_name = "DIR", default_value = "output/demo")]
    pub out: PathBuf,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus run                                   the newest Fortune 500 list through the system's resolver\n  mxcensus run --population my-list.csv --resolver 192.0.2.53 --qps 50\n  mxcensus run --resume                          go on after Ctrl-C\n\nThe baseline is the newest snapshot of the same series that is at least 300 days older, else the newest earlier one."
)]
pub struct RunArgs {
    /// A list: a CSV file, or the name of one in data/populations [default: the newest Fortune 500 list]
    #[arg(long, value_name = "FILE|NAME")]
    pub population: Option<String>,
    /// The snapshot to compare with
    #[arg(long, value_name = "SNAPSHOT")]
    pub baseline: Option<String>,
    /// Where the report goes [default: output/<population>-<date>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub asking: Asking,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus crawl --population fortune500-2025 --depth mx\n  mxcensus serve S --bind 127.0.0.1:5300 &\n  mxcensus crawl --replay-of S --resolver 127.0.0.1:5300 --out /tmp/snapshots\n  mxcensus crawl --population list.csv --shard 0/4    one of four machines; put together with: snapshot merge\n  mxcensus crawl - <domains.txt | mxcensus classify - >attributions.csv"
)]
pub struct CrawlArgs {
    /// `-`: domains from standard input, observations as JSON lines to standard output; nothing is sealed
    #[arg(value_name = "-", value_parser = ["-"])]
    pub stream: Option<String>,
    /// Only part I of N parts of the list, counted from 0; a domain's part depends on its registered domain alone
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// With `-`: domains asked about at once, the measure of the memory used
    #[arg(long, value_name = "N", default_value_t = 5000)]
    pub batch: usize,
    /// A list: a CSV file, or the name of one in data/populations [default: the newest Fortune 500 list]
    #[arg(long, value_name = "FILE|NAME")]
    pub population: Option<String>,
    /// Folder of snapshots [default: snapshots/ in the data folder; shards/ in it with --shard]; with `-` a file
    #[arg(long, value_name = "DIR|FILE")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub asking: Asking,
}

/// How tables are cut and shown.
#[derive(Debug, Args)]
pub struct Tables {
    /// What the table is about
    #[arg(long, value_enum, default_value = "gateway", help_heading = "Table")]
    pub role: RoleArg,
    /// What the named rows are
    #[arg(long, value_enum, default_value_t, help_heading = "Table")]
    pub by: ByArg,
    /// Rows to name; the others are taken together
    #[arg(long, value_name = "N", help_heading = "Table")]
    pub top: Option<usize>,
    /// One table for each value of a cohort column, or for one value; `rank` gives rank bands
    #[arg(long, value_name = "COLUMN[=VALUE]", help_heading = "Table")]
    pub cohort: Option<String>,
    /// Withhold the figures of named rows with fewer members
    #[arg(long, value_name = "N", help_heading = "Table")]
    pub min_n: Option<u32>,
    /// Whose a brand is, with --by owner
    #[arg(long, value_enum, default_value_t, help_heading = "Table")]
    pub ownership: OwnershipArg,
    #[arg(long, value_enum, default_value_t, help_heading = "Table")]
    pub format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE", help_heading = "Table")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus classify SNAPSHOT --role gateway\n  mxcensus crawl - <domains.txt | mxcensus classify - --format json    row by row, in constant memory"
)]
pub struct ClassifyArgs {
    /// A snapshot, or `-` for observations as JSON lines from standard input
    pub snapshot: String,
    /// Only part I of N parts of the members, counted from 0
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// With `-`: leave the CSV header out, for one partition of many
    #[arg(long)]
    pub no_header: bool,
    #[arg(long, value_enum, default_value = "csv")]
    pub format: Format,
    /// Only this role [default: all five]
    #[arg(long, value_enum)]
    pub role: Option<RoleArg>,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OwnershipArg {
    /// Today's owner
    #[default]
    Current,
    /// The owner on the day of the (newer) snapshot
    AsOfSnapshot,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mxcensus share data/snapshots/recorded-fortune20-2023-10-04/* --role gateway --top 10")]
pub struct ShareArgs {
    pub snapshot: String,
    /// Add 95 % Wilson intervals, for lists that are samples
    #[arg(long)]
    pub wilson: bool,
    #[command(flatten)]
    pub tables: Tables,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DiffTableArg {
    /// The summary in sentences, the change per vendor, and the movers
    #[default]
    All,
    /// The change per vendor
    Changes,
    /// Who moved from whom to whom
    Transitions,
    /// The members that moved, with the records of both sides
    Switchers,
    /// The change over members of both lists that were measured on both sides
    Panel,
    /// The change in sentences that cannot be misread
    Summary,
    /// Who won from whom
    WinLoss,
    /// Brands that changed hands between the two dates: annotations, not growth
    Owners,
    /// What the rules moved, with --old-rules: all four cells of old and new data, old and new rules
    Drift,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mxcensus diff OLD NEW --role gateway --table switchers --format csv --out movers.csv\n\nBoth sides are classified with the same rules, on the question kinds that both hold (--plan own overrides)."
)]
pub struct DiffArgs {
    pub old: String,
    pub new: String,
    /// Which table
    #[arg(long, value_enum, default_value_t, help_heading = "Table")]
    pub table: DiffTableArg,
    /// The rules of an earlier publication, a folder of TOML files, for --table drift
    #[arg(long, value_name = "DIR")]
    pub old_rules: Option<PathBuf>,
    /// Question kinds: those both sides hold, or each side its own
    #[arg(long, value_enum, default_value_t)]
    pub plan: PlanArg,
    #[command(flatten)]
    pub tables: Tables,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PlanArg {
    #[default]
    Shared,
    Own,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TrendTableArg {
    /// One row a vendor, one column a snapshot
    #[default]
    Wide,
    /// One row a vendor and snapshot, for programs
    Long,
    /// Why each step, and first to last, moved
    Steps,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mxcensus trend recorded-municipalities/2026-04-05 recorded-municipalities/2026-04-15 recorded-municipalities/2026-05-03\n\nAll snapshots are classified with the same rules, on the question kinds that all hold."
)]
pub struct TrendArgs {
    #[arg(required = true, num_args = 2..)]
    pub snapshots: Vec<String>,
    #[arg(long, value_enum, default_value_t, help_heading = "Table")]
    pub table: TrendTableArg,
    /// Also draw the lines: SVG and PNG, light and dark, with their CSV, into this folder
    #[arg(long, value_name = "DIR")]
    pub charts: Option<PathBuf>,
    #[command(flatten)]
    pub tables: Tables,
}

#[derive(Debug, Args)]
pub struct NoiseArgs {
    pub first: String,
    pub second: String,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SensitivityTableArg {
    /// One row a vendor, one column a method
    #[default]
    Wide,
    /// One row a method and vendor, for programs
    Long,
    /// Shares that others have published, with a warning where they do not compare
    Published,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mxcensus sensitivity recorded-municipalities/2026-05-03 --top 10")]
pub struct SensitivityArgs {
    pub snapshot: String,
    #[arg(long, value_enum, default_value_t)]
    pub table: SensitivityTableArg,
    /// Vendors to show in the wide table, the largest by the reference method
    #[arg(long, value_name = "N", default_value_t = 15)]
    pub top: usize,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus chart NEW OLD --out charts\n  mxcensus chart NEW OLD --only flow-gateway --out charts"
)]
pub struct ChartArgs {
    #[command(flatten)]
    pub of: ReportArgs,
    /// Only this chart, repeatable: the file name without its ending
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ReportArgs {
    pub snapshot: String,
    /// The earlier snapshot to compare with
    pub old: Option<String>,
    /// Folder to write into [default: output/<population>-<date>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Vendors to name; the others are taken together
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub top: usize,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus bundle NEW OLD --out publication\n  mxcensus bundle SNAPSHOT --aggregate-only --author 'Ann Example'\n\nBuilding it twice gives the same bytes. A folder that holds anything but an earlier bundle is refused."
)]
pub struct BundleArgs {
    pub snapshot: String,
    /// The earlier snapshot to compare with
    pub old: Option<String>,
    /// Folder to write [default: output/<population>-<date>-bundle]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Vendors to name in charts and printed tables; the others are taken together
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub top: usize,
    /// Leave out every row, name and record of a single member
    #[arg(long)]
    pub aggregate_only: bool,
    /// Who publishes it, repeatable [default: the authors of the program]
    #[arg(long, value_name = "NAME")]
    pub author: Vec<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus explain walmart.com --snapshot S\n  mxcensus explain chase.com --snapshot S --why-not cisco\n  mxcensus explain example.com --live --resolver 192.0.2.53"
)]
pub struct ExplainArgs {
    /// The asked domain, or a member's id
    pub domain: String,
    #[arg(long, value_name = "SNAPSHOT", conflicts_with = "live", required_unless_present = "live")]
    pub snapshot: Option<String>,
    /// Ask the DNS now
    #[arg(long)]
    pub live: bool,
    /// Why this vendor was not named
    #[arg(long, value_name = "VENDOR")]
    pub why_not: Option<String>,
    #[command(flatten)]
    pub asking: Asking,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus unattributed SNAPSHOT\n  mxcensus unattributed SNAPSHOT --by shape           appliances under their owners' names\n  mxcensus unattributed SNAPSHOT --top 5 --stanzas    rules to finish and to put into a --rules folder"
)]
pub struct UnattributedArgs {
    pub snapshot: String,
    /// What the exchanges of a group have in common
    #[arg(long, value_enum, default_value_t)]
    pub by: CommonTrait,
    /// Also the groups that were looked at before ([[reviewed]] of the rules)
    #[arg(long)]
    pub reviewed: bool,
    /// Groups to show
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub top: usize,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write a ready-to-paste rule for each group instead of the table
    #[arg(long)]
    pub stanzas: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum CommonTrait {
    /// The registrable domain they stand under
    #[default]
    Domain,
    /// The origin AS of their addresses
    Operator,
    /// How their names are built
    Shape,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ValidateTable {
    #[default]
    Scores,
    Confusion,
    Disagreements,
}

#[derive(Debug, Args)]
#[command(
    after_help = "A truth file is a CSV with the columns domain, role, label and, if you like, note. A label is a vendor id\n(mxcensus rules list), self-hosted, no-mail, other (none of the vendors that the labels name) or unknown.\n\nExample:\n  mxcensus validate SNAPSHOT --truth labels.csv --table disagreements --format csv\n  mxcensus validate SNAPSHOT --draw 200 --seed 7 --out sheet.csv"
)]
pub struct ValidateArgs {
    pub snapshot: String,
    #[arg(long, value_name = "FILE", required_unless_present = "draw")]
    pub truth: Option<PathBuf>,
    /// Rulings on disagreements (domain, role, label, verdict, right, reason): gives the figures as
    /// judged beside the raw ones
    #[arg(long, value_name = "FILE", requires = "truth")]
    pub adjudication: Option<PathBuf>,
    /// Write a blind sheet of N domains for labelling by hand, drawn from every pair of verdicts
    #[arg(long, value_name = "N", conflicts_with = "truth")]
    pub draw: Option<usize>,
    /// Seed of the draw
    #[arg(long, value_name = "S", default_value_t = 1, requires = "draw")]
    pub seed: u64,
    #[arg(long, value_enum, default_value_t)]
    pub table: ValidateTable,
    /// Only this role [default: gateway and mailbox]
    #[arg(long, value_enum)]
    pub role: Option<RoleArg>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    pub command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Vendors with their roles and number of rules
    List {
        #[arg(long, value_enum)]
        role: Option<RoleArg>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Lint the rules: schema, examples, overlaps, false positives
    Check,
    /// One vendor or one rule, in full
    Show { id: String },
    /// What another ruleset would do to a snapshot: which domains move, by how many points
    Impact {
        /// The other rules, a folder of TOML files
        rules: PathBuf,
        snapshot: String,
        #[arg(long, value_enum, default_value = "gateway")]
        role: RoleArg,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Debug, Args)]
pub struct PopulationArgs {
    #[command(subcommand)]
    pub command: PopulationCommand,
}

#[derive(Debug, Subcommand)]
pub enum PopulationCommand {
    /// Lint a list: rejected rows, repairs, duplicates, free-mail domains
    Check { list: String },
}

#[derive(Debug, Args)]
pub struct SnapshotArgs {
    #[command(subcommand)]
    pub command: SnapshotCommand,
}

#[derive(Debug, Subcommand)]
pub enum SnapshotCommand {
    /// The snapshots in the data folder
    List {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// The manifest in words, and the counts by outcome
    Show { snapshot: String },
    /// Check every file against its checksum
    Verify { snapshots: Vec<String> },
    /// Convert what others recorded into a sealed snapshot
    Import(ImportArgs),
    /// Write what a snapshot holds and says for other programs: CSV, JSON lines, Parquet, zdns
    Export(ExportArgs),
    /// Put the shards of one crawl together: the same bytes as one crawl of the whole list
    Merge(MergeArgs),
}

/// What is exported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExportTable {
    /// What the DNS answered
    #[default]
    Observations,
    /// The list
    Members,
    /// One row a member, role and verdict
    Attributions,
    /// Shares of all roles
    Shares,
    /// Changes of all roles since the older snapshot
    Diff,
    /// Every table in a file of its own, in the folder --out
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    #[default]
    Csv,
    /// JSON lines; of observations one whole member a line, as `crawl -` writes them
    Jsonl,
    /// Typed columns, with the digests of the snapshot and the rules in the file's metadata
    #[cfg(feature = "parquet")]
    Parquet,
    /// JSON lines of answers as zdns 2 writes them
    Zdns,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mxcensus snapshot export SNAPSHOT --format jsonl | mxcensus classify -\n  mxcensus snapshot export NEW OLD --format parquet --table all --out tables/"
)]
pub struct ExportArgs {
    pub snapshot: String,
    /// The older snapshot, for the table diff
    pub old: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: ExportFormat,
    #[arg(long, value_enum, default_value_t)]
    pub table: ExportTable,
    /// Only part I of N parts of the members, counted from 0
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// File to write [default: standard output]; with --table all a folder
    #[arg(long, value_name = "FILE|DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mxcensus snapshot merge data/snapshots/shards/list/* --population list.csv")]
pub struct MergeArgs {
    /// All shards of the crawl, in any order
    #[arg(required = true)]
    pub shards: Vec<PathBuf>,
    /// The list that was crawled: it gives the order of the members [default: shard by shard]
    #[arg(long, value_name = "FILE|NAME")]
    pub population: Option<String>,
    /// Folder of snapshots [default: snapshots/ in the data folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mxcensus snapshot import be.ndjson nl.ndjson --format mxmap --population towns.csv --date 2026-05-03 \\\n    --source 'mxmap-it/mxmap.it' --licence 'CC BY-SA 4.0' --out data/snapshots"
)]
pub struct ImportArgs {
    /// Files, plain or .zst; `-` is standard input
    #[arg(required = true)]
    pub inputs: Vec<PathBuf>,
    /// Who wrote it: csv (our columns), mxmap, zdns, massdns (-o J, S or F), dnsx (-json), dig (also zone files)
    #[arg(long, value_name = "FORMAT")]
    pub format: import::Format,
    #[arg(long, value_name = "FILE|NAME")]
    pub population: String,
    /// Day the data stands for, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    pub date: String,
    /// Who recorded the data, and where it can be found
    #[arg(long, value_name = "TEXT")]
    pub source: String,
    #[arg(long, value_name = "TEXT")]
    pub licence: Option<String>,
    /// A sentence that every caption must carry, repeatable
    #[arg(long, value_name = "TEXT")]
    pub note: Vec<String>,
    /// Inputs of the time before: rows that they hold unchanged count as not asked again, repeatable
    #[arg(long, value_name = "FILE")]
    pub previous: Vec<PathBuf>,
    /// Question kinds the source holds, where the format does not say, repeatable
    #[arg(long, value_name = "KIND")]
    pub kind: Vec<crate::plan::Kind>,
    /// Question kinds whose answers are only part of the records, repeatable
    #[arg(long, value_name = "KIND")]
    pub partial: Vec<crate::plan::Kind>,
    /// Parts of records that were filled in, such as mx-preference, repeatable
    #[arg(long, value_name = "WORD")]
    pub reconstructed: Vec<String>,
    /// Folder of snapshots [default: snapshots/ in the data folder]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mxcensus serve data/snapshots/recorded-fortune20-2023-10-04/* --bind 127.0.0.1:5300\n  dig @127.0.0.1 -p 5300 walmart.com MX"
)]
pub struct ServeArgs {
    pub snapshot: String,
    /// Address to listen on, over UDP and TCP; port 0 picks a free one
    #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:5300")]
    pub bind: SocketAddr,
}
