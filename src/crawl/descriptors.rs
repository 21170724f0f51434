//! Open files: how many a crawl needs, and whether the system grants them. Running out of them in the
//! middle would look like a network that fails.

use super::CrawlError;
use super::transport::DESCRIPTORS;

/// What the program holds open beside its sockets: standard streams, runtime, journal, lists.
const OWN: u64 = 32;

/// Makes sure that so many resolvers can be asked: raises the soft limit where it is too low.
///
/// # Errors
/// Where the hard limit is too low.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn reserve(resolvers: usize) -> Result<(), CrawlError> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    let needed = needed(resolvers);
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return Ok(()) };
    if soft >= needed {
        return Ok(());
    }
    let granted = needed.min(hard);
    let raised = setrlimit(Resource::RLIMIT_NOFILE, granted, hard).is_ok();
    let allowed = if raised { granted } else { soft };
    if allowed < needed { Err(CrawlError::Descriptors { needed, allowed }) } else { Ok(()) }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn reserve(_: usize) -> Result<(), CrawlError> {
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn needed(resolvers: usize) -> u64 {
    // Twice, because the preflight has sockets of its own.
    OWN + 2 * (DESCRIPTORS * resolvers) as u64
}
