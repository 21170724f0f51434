//! The stream of a snapshot says all that the snapshot says about each member.

use mxcensus::classify::classify;
use mxcensus::snapshot::Snapshot;
use mxcensus::stream::{self, Observed, Reader};
use mxcensus::vendor::Ruleset;

fn recorded() -> Vec<Snapshot> {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    mxcensus::snapshot::list(&data).0.iter().map(|summary| Snapshot::open(&summary.dir).unwrap()).collect()
}

#[test]
fn a_streamed_member_is_classified_as_in_its_snapshot() {
    let rules = Ruleset::embedded();
    for snapshot in recorded() {
        // Every seventh member: the snapshots hold many of a kind.
        for member in snapshot.population.members.iter().step_by(7) {
            let whole = snapshot.observation(member);
            let mut line = Vec::new();
            stream::write(&Observed::of(&whole, &snapshot.population.cohorts), &mut line).unwrap();
            let read = Reader::new(&line[..]).next().unwrap().unwrap();
            assert_eq!(classify(&read.observation(), rules), classify(&whole, rules), "{}", member.domain);
        }
    }
}
