//! Messages, lists, snapshots and rule files.

use hickory_proto::op::Message;
use mxcensus::dns::{Answer, Name, Outcome, Question, Type, plain, wire};
use mxcensus::observation::{self, Facts};
use mxcensus::population::{self, About};
use mxcensus::snapshot::{Manifest, observations};
use mxcensus::vendor::Ruleset;

/// Facts in the canonical form, which reads back strictly to the same facts.
pub fn survives(facts: &Facts) {
    let mut csv = Vec::new();
    observations::write(facts, &mut csv).unwrap();
    let read: Result<Vec<_>, _> = observations::Reader::strict(&csv[..]).collect();
    let read = read.unwrap_or_else(|e| panic!("what was written does not read: {e}"));
    assert_eq!(Facts::new(read), *facts);
}

/// Where the question section of a message ends that asks one name and one class, without pointers.
fn question_end(message: &[u8]) -> Option<usize> {
    let mut at = 12;
    loop {
        match usize::from(*message.get(at)?) {
            0 => break,
            length @ 1..64 => at += 1 + length,
            _ => return None,
        }
    }
    message.get(at + 3..at + 5).filter(|class| *class == [0, 1])?;
    Some(at + 5)
}

/// A reply of any bytes: what is kept of it is about the question and survives a snapshot.
pub fn reply(data: &[u8]) {
    let Ok(message) = Message::from_vec(data) else { return };
    let asked = message.queries.first().and_then(|q| Some((wire::name(q.name()).ok()?, u16::from(q.query_type()))));
    let (qname, code) = asked.unwrap_or((Name::root(), 15));
    let question = Question::new(qname, Type::from_code(code));
    let answer = wire::answer(&question, &message);
    if let Some(plain) = question_end(data).and_then(|end| plain::answer(&question, data, end)) {
        assert_eq!(plain, answer, "the short way reads the same");
    }
    let mut at = question.qname.clone();
    for record in answer.records() {
        assert_eq!(record.owner, at, "every record is about the question or its alias");
        if record.rtype == Type::Cname && question.qtype != Type::Cname {
            at = Name::parse(&record.rdata).unwrap();
        } else {
            assert_eq!(record.rtype, question.qtype);
        }
    }
    assert_eq!(
        answer.outcome == Outcome::Answered,
        answer.rdata(question.qtype).next().is_some() && answer.outcome.is_definitive() && answer.outcome != Outcome::Nxdomain
    );
    for record in answer.records() {
        if let Some(sent) = wire::wire_record(record, 60) {
            assert_eq!(wire::record(&sent).as_ref(), Some(record));
        } else {
            panic!("{record:?} cannot be replayed");
        }
    }
    survives(&Facts::new([(question, answer)]));
}

/// A list of any bytes: every row is a member or rejected with its line, and the members are
/// written as a list that reads back without a single repair.
pub fn population(data: &[u8]) {
    let Ok(loaded) = population::parse(data, "fuzzed-2025", About::default()) else { return };
    let lines = data.split(|b| *b == b'\n' || *b == b'\r').count() as u64;
    assert!(loaded.rejected.iter().all(|r| r.line >= 1 && r.line <= lines + 1), "{:?}", loaded.rejected);
    assert!(loaded.rejected.iter().all(|r| r.text.len() <= 600));
    let about = About { unit: Some(loaded.population.unit), ..About::default() };
    let again = population::parse(&loaded.population.to_csv()[..], "fuzzed-2025", about).unwrap();
    assert_eq!(again.rejected, []);
    assert!(again.repairs.is_empty(), "{:?}", again.repairs);
    assert_eq!(again.population, loaded.population);
    population::check(&loaded);
}

/// Observations of any bytes: what reads strictly writes back to the same bytes, and what reads
/// leniently is merged the same in any order and survives a snapshot.
pub fn observations(data: &[u8]) {
    let strict: Result<Vec<(Question, Answer)>, _> = observations::Reader::strict(data).collect();
    if let Ok(answers) = strict {
        let facts = Facts::new(answers.iter().cloned());
        assert_eq!(facts.len(), answers.len(), "each question stands once");
        survives(&facts);
    }
    let lenient: Vec<(Question, Answer)> = observations::Reader::lenient(data).map_while(Result::ok).collect();
    let (facts, conflicts) = observation::merge(lenient.iter().cloned());
    let (turned, again) = observation::merge(lenient.into_iter().rev());
    assert_eq!((&facts, conflicts), (&turned, again), "the order of arrival does not matter");
    survives(&facts);
}

/// A manifest of any text: what reads is written and reads again as the same.
pub fn manifest(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(manifest) = Manifest::parse(text) else { return };
    let written = manifest.to_toml().unwrap_or_else(|e| panic!("what was read cannot be written: {e}"));
    assert_eq!(Manifest::parse(&written).ok().as_ref(), Some(&manifest));
    _ = manifest.provenance();
    _ = manifest.day();
}

/// A vendor file of any text: rules or errors that say where, never neither.
pub fn vendor(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Ruleset::from_files([("fuzzed.toml", text)]) {
        Ok(rules) => {
            assert_eq!(Ruleset::from_files([("fuzzed.toml", text)]).unwrap().digest, rules.digest);
            let name = Name::parse("mx1.fuzzed.example").unwrap();
            for rule in rules.rules.iter() {
                _ = rules.match_name(rule.signal, &name);
                _ = rules.customer_of(rule, name.bare());
            }
            _ = rules.match_token(b"fuzzed=1").count();
        }
        Err(errors) => {
            assert!(!errors.is_empty());
            assert!(errors.iter().all(|e| e.to_string().contains("fuzzed.toml:")), "{errors:?}");
        }
    }
}
