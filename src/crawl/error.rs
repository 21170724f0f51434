//! Why a crawl could not begin or go on. A question that failed is never an error: it is data.

use std::path::PathBuf;

/// Why a crawl could not begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    #[error("no resolver to ask; name one with --resolver IP, or try `mxcensus demo`, which needs no network")]
    NoResolver,
    #[error(
        "the system's resolver configuration cannot be read: {reason}; name a resolver with --resolver IP, or try `mxcensus demo`, which needs no network"
    )]
    SystemConfiguration { reason: String },
    #[error("resolver {resolver} {problem}; name another with --resolver IP, or try `mxcensus demo`, which needs no network")]
    Preflight { resolver: String, problem: String },
    #[error("{path}: {problem}; --resolver-ca wants a PEM file of certificates", path = path.display())]
    Authorities { path: PathBuf, problem: String },
    #[error("{path}: no address of a root server in it; --root-hints wants a file like IANA's named.root", path = path.display())]
    RootHints { path: PathBuf },
    #[error(
        "no resolver has been fit to be asked for {seconds} seconds: {problem}; what was answered is kept, go on with --resume, perhaps with another --resolver"
    )]
    Outage { problem: String, seconds: u64 },
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("the answers cannot be written: {source}")]
    Output { source: std::io::Error },
    #[error("{path}: another mxcensus is writing this journal; wait for it to end", path = path.display())]
    Locked { path: PathBuf },
    #[error(
        "{path}: holds the answers of an unfinished crawl; go on with --resume, or delete it to start afresh",
        path = path.display()
    )]
    Unfinished { path: PathBuf },
    #[error("{path}: there is no journal to resume; leave out --resume to start a crawl", path = path.display())]
    NothingToResume { path: PathBuf },
    #[error("{path}: is the journal of another crawl ({what}); delete it or name another journal", path = path.display())]
    OtherCrawl { path: PathBuf, what: String },
    #[error("{path}: line {line}: {what}; the journal is not one of this program, or was changed", path = path.display())]
    Journal { path: PathBuf, line: u64, what: String },
    #[error(
        "the system allows this program {allowed} open files, a crawl with these resolvers needs up to {needed}; raise the limit (`ulimit -n {needed}`) or name fewer resolvers"
    )]
    Descriptors { needed: u64, allowed: u64 },
    #[error("cannot start the crawl: {0}")]
    Start(#[source] std::io::Error),
    /// The counters do not add up: a fault of this program, never of the data.
    #[error("the crawl's books do not balance ({0}); please report this, with the journal")]
    Unbalanced(String),
}
