//! What the labels of the source mean in the words of this project.

use std::error::Error;

use crate::table::Row;

/// Names of filters in the source, and the vendor that runs the exchanges so labelled.
const GATEWAYS: [(&str, &str); 29] = [
    ("barracuda", "barracuda"),
    ("cisco-ironport", "cisco"),
    ("cloudflare-email", "cloudflare"),
    ("comendo", "vipre"),
    ("d-fence", "d-fence"),
    // One organisation's own name for its filter, at its own provider: no product.
    ("edelkey", "other"),
    ("fortimail", "fortinet"),
    ("heimdal", "heimdal"),
    ("hornetsecurity", "hornetsecurity"),
    ("ippnet", "other"),
    // The exchanges are *.jellyfish.systems, Namecheap's shared hosting.
    ("jellyfish", "namecheap"),
    ("mailanyone", "vipre"),
    ("mailchannels", "mailchannels"),
    ("mailcontrol", "forcepoint"),
    ("mailspamprotection", "siteground"),
    ("messagelabs", "broadcom"),
    ("mimecast", "mimecast"),
    // mxthunder.com and mxthunder.net are SpamHero's exchanges.
    ("mxthunder", "spamhero"),
    ("proofpoint", "proofpoint"),
    ("secmail", "secmail"),
    ("sophos", "sophos"),
    ("spamexperts", "n-able"),
    ("spamhero", "spamhero"),
    ("staysecure", "vipre"),
    ("topsec", "topsec"),
    ("trendmicro", "trend-micro"),
    // Vade belongs to Hornetsecurity, and its rules stand there.
    ("vadesecure", "hornetsecurity"),
    ("", ""),
    ("unknown", "unknown"),
];

/// Names of mailbox hosts in the source.
const HOSTS: [(&str, &str); 8] = [
    ("aws", "amazon"),
    ("google", "google"),
    ("independent", "other"),
    ("local-isp", "other"),
    ("microsoft", "microsoft"),
    ("telia", "telia"),
    ("unknown", "unknown"),
    ("zoho", "zoho"),
];

/// The label for the role `gateway`. Where the source names no filter, its reason says whose the
/// exchange is: the mailbox host's own, the domain's own, or that of a provider without a name.
pub fn gateway(row: &Row) -> Result<&'static str, Box<dyn Error>> {
    let named = find(&GATEWAYS, row.get("gateway_label"))?;
    if !named.is_empty() {
        return Ok(named);
    }
    let reason = row.get("reason");
    let direct = reason.contains(" matches ") || reason.contains("resolves to");
    Ok(match row.get("provider_label") {
        "unknown" => "unknown",
        host if direct => find(&HOSTS, host)?,
        _ if ["self-hosted", "local gateway", "Local ISP"].iter().any(|w| reason.contains(w)) => "other",
        _ => "unknown",
    })
}

/// The label for the role `mailbox`.
pub fn mailbox(row: &Row) -> Result<&'static str, Box<dyn Error>> {
    find(&HOSTS, row.get("provider_label"))
}

/// The source's reason without the lists of hosts, which are in the recording.
pub fn note(row: &Row) -> String {
    let mut note = String::new();
    let mut depth = 0;
    for c in row.get("reason").chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = i32::max(depth - 1, 0),
            _ if depth == 0 => note.push(c),
            _ => {}
        }
    }
    let isp = row.get("isp");
    let words = note.split_whitespace().collect::<Vec<_>>().join(" ");
    if isp.is_empty() { words } else { format!("{words}; network of {isp}") }
}

fn find(table: &'static [(&'static str, &'static str)], word: &str) -> Result<&'static str, Box<dyn Error>> {
    let found = table.iter().find(|(from, _)| *from == word);
    Ok(found.ok_or_else(|| format!("a label that this converter does not know: {word:?}"))?.1)
}
