//! `unattributed`: the next rules worth writing.

use crate::classify::{self, Common as Trait, Group};
use crate::report;

use super::args::{Common, CommonTrait, UnattributedArgs};
use super::failure::{Exit, Failure};
use super::{out, side};

pub fn unattributed(common: &Common, args: &UnattributedArgs) -> Result<Exit, Failure> {
    if args.stanzas && args.by != CommonTrait::Domain {
        return Err(Failure::usage("--stanzas needs --by domain: a rule matches names under a domain"));
    }
    let rules = side::rules(common)?;
    let rules = rules.get();
    let snapshot = side::open(common, &args.snapshot)?;
    let classified = snapshot.population.members.iter().map(|member| {
        let observation = snapshot.observation(member);
        let classification = classify::classify(&observation, rules);
        (observation, classification)
    });
    let by = match args.by {
        CommonTrait::Domain => Trait::Domain,
        CommonTrait::Operator => Trait::Operator,
        CommonTrait::Shape => Trait::Shape,
    };
    let found = classify::unattributed(classified, rules, by);
    let shown = &found.groups[..found.groups.len().min(args.top)];
    let text = if args.stanzas {
        shown.iter().map(stanza).collect::<Vec<_>>().join("\n")
    } else {
        let reviewed = if args.reviewed { &found.reviewed[..] } else { &[] };
        report::unattributed_table(shown, reviewed, found.measured).render(args.format.into())
    };
    out::emit(&text, None)?;
    if !common.quiet {
        let more = found.groups.len() - shown.len();
        if more > 0 {
            eprintln!("{more} more groups; --top N shows them");
        }
        if !args.reviewed && !found.reviewed.is_empty() {
            eprintln!("{} groups were looked at before and are left out; --reviewed shows them", found.reviewed.len());
        }
    }
    Ok(Exit::Done)
}

/// A vendor's file that lacks the names and the source. It loads as it is; `rules check` then asks for
/// what is missing.
fn stanza(group: &Group) -> String {
    let domain = &group.key;
    let id: String = domain.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let members = group.domains.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let (quoted, website) = (quote(domain), quote(&format!("https://{domain}")));
    let matches = group.exchanges.iter().take(2).map(|e| quote(e)).collect::<Vec<_>>().join(", ");
    let reject = quote(&format!("not{domain}"));
    format!(
        r#"# {id}.toml: {count} members ({members})
id = "{id}"
name = ""
website = {website}
domains = [{quoted}]

[[product]]
id = "mail"
name = ""
roles = ["gateway"]

[[product.rule]]
id = "{id}-mx"
signal = "mx-host"
pattern = {quoted}
certainty = "medium"
source = ""
matches = [{matches}]
rejects = [{reject}]
"#,
        count = group.members,
    )
}

/// A TOML string. Names hold printable ASCII alone; what else they hold is written `\DDD` (RFC 1035).
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::{Ruleset, lint};

    #[test]
    fn a_stanza_loads_and_lacks_only_what_a_person_must_say() {
        let set = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        let group = Group {
            key: "weird\"\\.example".to_owned(),
            members: classify::Weight::new(7, 2),
            domains: set(&["a.example", "b.example"]),
            exchanges: set(&["mx1.weird\"\\.example"]),
            operators: [].into(),
            shapes: set(&["mxN.*"]),
            hint: None,
        };
        let hostile = stanza(&group);
        assert!(toml::from_str::<toml::Table>(&hostile).is_ok(), "{hostile}");
        let plain = Group { key: "mail.example".to_owned(), exchanges: set(&["mx1.mail.example"]), ..group };
        let text = stanza(&plain);
        let rules = Ruleset::from_files([("mail-example.toml", text.as_str())]).unwrap();
        let missing: Vec<String> = lint(&rules).iter().map(|f| f.key.clone()).collect();
        assert!(!missing.is_empty() && missing.iter().all(|k| k.contains("name") || k.contains("source")), "{missing:?}");
    }
}
