//! Times as other programs write them, in one form that sorts as text.

use time::OffsetDateTime;
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

/// A time of RFC 3339 at any offset, in UTC and whole seconds: `2026-04-28T06:56:41Z`.
pub(super) fn utc(text: &str) -> Option<String> {
    seconds(OffsetDateTime::parse(text, &Rfc3339).ok()?)
}

/// Seconds since 1970.
pub(super) fn unix(seconds_since: i64) -> Option<String> {
    seconds(OffsetDateTime::from_unix_timestamp(seconds_since).ok()?)
}

fn seconds(moment: OffsetDateTime) -> Option<String> {
    let moment = moment.checked_to_offset(UtcOffset::UTC)?.replace_nanosecond(0).ok()?;
    moment.format(&Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_text() {
        assert_eq!(utc("2024-08-23T13:12:43-04:00").as_deref(), Some("2024-08-23T17:12:43Z"));
        assert_eq!(utc("2024-08-23T13:12:43.123456Z").as_deref(), Some("2024-08-23T13:12:43Z"));
        assert_eq!(utc("yesterday"), None);
        assert_eq!(unix(1_513_458_347).as_deref(), Some("2017-12-16T21:05:47Z"));
        assert_eq!(unix(i64::MAX), None);
    }
}
