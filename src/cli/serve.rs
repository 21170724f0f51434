//! `serve`: a snapshot as an authoritative DNS server.

use crate::replay;

use super::args::{Common, ServeArgs};
use super::failure::{Exit, Failure};
use super::side;

pub fn serve(common: &Common, args: &ServeArgs) -> Result<Exit, Failure> {
    let snapshot = side::open(common, &args.snapshot)?;
    let (name, questions) = (snapshot.population.name.clone(), snapshot.facts.len());
    let server = replay::serve(snapshot.facts, args.bind, replay::Options::default())?;
    if !common.quiet {
        eprintln!(
            "serving {questions} recorded answers of {name} on {}, UDP and TCP; what was not recorded is refused; Ctrl-C ends",
            server.addr()
        );
    }
    // The address alone on standard output, so that scripts can read which port was chosen.
    super::out::emit(&format!("{}\n", server.addr()), None)?;
    server.wait();
    Ok(Exit::Done)
}
