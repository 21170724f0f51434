//! Text from lists and DNS, made safe for the place it is shown in.
//!
//! Names and records are written by strangers. In a terminal or a page they must not be able to
//! move the cursor, turn the reading direction, or become markup or a formula.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character acts instead of being seen: controls, bidirectional overrides, zero-width
/// characters, line separators, tags.
fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Characters that act, written out: `\u{1b}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Most texts are ASCII; without a way out of the loop, many bytes are looked at together.
    let printable = text.bytes().fold(true, |all, byte| all & (0x20..0x7f).contains(&byte));
    if printable || !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A text of several lines, each of them made [`visible`].
pub fn visible_lines(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| line.strip_suffix('\n').map_or_else(|| visible(line).into(), |l| format!("{}\n", visible(l))))
        .collect()
}

/// For a Markdown table cell or paragraph: no markup, no HTML, no cell border, one line.
pub fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// For LaTeX text: no command, no comment, no column or line end.
pub fn latex(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '<' => out.push_str("\\textless{}"),
            '>' => out.push_str("\\textgreater{}"),
            // Would open a quotation.
            '`' => out.push('\''),
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// For a CSV cell that a spreadsheet may open: text that would be taken for a formula gets an
/// apostrophe in front (OWASP, "CSV Injection"). Numbers never come this way.
pub fn spreadsheet(text: &str) -> Cow<'_, str> {
    let shown = visible(text);
    let first = text.chars().next();
    if matches!(first, Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')) {
        return Cow::Owned(format!("'{shown}"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_written_out() {
        assert_eq!(visible("plain Zürich 日本"), "plain Zürich 日本");
        assert_eq!(visible("a\u{1b}[31mb\u{202e}c\u{200b}\r\n"), "a\\u{1b}[31mb\\u{202e}c\\u{200b}\\u{d}\\u{a}");
        assert_eq!(visible("\u{9b}2J"), "\\u{9b}2J");
        assert_eq!(visible_lines("a\u{1b}\n\nb\r\nc"), "a\\u{1b}\n\nb\\u{d}\nc");
    }

    #[test]
    fn markup_stays_text() {
        assert_eq!(markdown("a|b <script> [x](y) *z*"), "a\\|b &lt;script&gt; \\[x\\](y) \\*z\\*");
    }

    #[test]
    fn formulas_stay_text() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(spreadsheet(formula).starts_with('\''), "{formula:?}");
        }
        assert_eq!(spreadsheet("3M"), "3M");
        assert_eq!(spreadsheet("a=b"), "a=b");
    }
}
