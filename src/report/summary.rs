//! The written summary of a diff: as text, Markdown, and JSON.

use crate::diff::Summary;
use crate::report::escape;

/// Sentences for a terminal or a mail.
pub fn text(summary: &Summary) -> String {
    let mut out = String::new();
    for finding in &summary.findings {
        out.push_str(&format!("{}\n  {}.\n", escape::visible(&finding.headline), escape::visible(&finding.switching)));
        for remark in &finding.remarks {
            out.push_str(&format!("  {}\n", escape::visible(remark)));
        }
    }
    if summary.findings.is_empty() {
        out.push_str("Nothing changed.\n");
    }
    if !summary.caveats.is_empty() {
        out.push('\n');
    }
    for caveat in &summary.caveats {
        out.push_str(&format!("{}\n", escape::visible(caveat)));
    }
    out
}

/// The same as a list with the headlines in bold.
pub fn markdown(summary: &Summary) -> String {
    let mut out = String::new();
    for finding in &summary.findings {
        out.push_str(&format!("- **{}**\n", escape::markdown(&finding.headline)));
        out.push_str(&format!("  {}.\n", escape::markdown(&finding.switching)));
        for remark in &finding.remarks {
            out.push_str(&format!("  {}\n", escape::markdown(remark)));
        }
    }
    if summary.findings.is_empty() {
        out.push_str("Nothing changed.\n");
    }
    for caveat in &summary.caveats {
        out.push_str(&format!("\n{}\n", escape::markdown(caveat)));
    }
    out
}

/// The same as an object.
///
/// # Errors
/// Never in practice: the summary is made of strings.
pub fn json(summary: &Summary) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(summary)? + "\n")
}
