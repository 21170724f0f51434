//! Who is who: members of two lists matched by id, then one to one by the asked domain.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::iter::Peekable;

use crate::classify::Classification;

/// One member of the two lists together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Match<'m> {
    /// In both lists.
    Panel { old: &'m Classification, new: &'m Classification },
    /// In the old list only.
    Left(&'m Classification),
    /// In the new list only.
    Entered(&'m Classification),
}

/// Matches two lists and calls `visit` once for each member of either.
///
/// Lists sorted by domain in canonical order (as snapshots are) are merged as they come, and only
/// members without a partner of the same id and domain are held; for lists in any other order the
/// result is the same and the memory that of both lists. Ids are unique within a list.
pub fn match_members<C: Borrow<Classification>>(
    old: impl IntoIterator<Item = C>,
    new: impl IntoIterator<Item = C>,
    mut visit: impl FnMut(Match<'_>),
) {
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    let (mut held_old, mut held_new) = (Vec::new(), Vec::new());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => canonical(&a.borrow().domain, &b.borrow().domain),
        };
        match order {
            Ordering::Less => hold(&mut old, &mut held_old),
            Ordering::Greater => hold(&mut new, &mut held_new),
            Ordering::Equal => {
                let (Some(a), Some(b)) = (old.next(), new.next()) else { break };
                if a.borrow().id == b.borrow().id {
                    visit(Match::Panel { old: a.borrow(), new: b.borrow() });
                } else {
                    held_old.push(a);
                    held_new.push(b);
                }
            }
        }
    }
    // In this order: a partner of the same id goes before one of the same domain only.
    let keys: [MatchKey; 3] =
        [|m| (m.id.clone(), m.domain.clone()), |m| (m.id.clone(), "".into()), |m| ("".into(), m.domain.clone())];
    for key in keys {
        (held_old, held_new) = pair(held_old, held_new, key, &mut visit);
    }
    held_old.iter().for_each(|m| visit(Match::Left(m.borrow())));
    held_new.iter().for_each(|m| visit(Match::Entered(m.borrow())));
}

/// What members have in common to be the same one; empty where it does not matter.
type MatchKey = fn(&Classification) -> (Box<str>, Box<str>);

fn hold<C>(from: &mut Peekable<impl Iterator<Item = C>>, held: &mut Vec<C>) {
    held.extend(from.next());
}

/// Pairs members of equal keys one to one, and gives back those without a partner.
fn pair<C: Borrow<Classification>>(
    mut old: Vec<C>,
    mut new: Vec<C>,
    key: MatchKey,
    visit: &mut impl FnMut(Match<'_>),
) -> (Vec<C>, Vec<C>) {
    // Id and domain after the key, so that the same lists in another order pair the same members.
    for side in [&mut old, &mut new] {
        side.sort_by_cached_key(|m| (key(m.borrow()), m.borrow().id.clone(), m.borrow().domain.clone()));
    }
    let (mut old, mut new) = (old.into_iter().peekable(), new.into_iter().peekable());
    let (mut rest_old, mut rest_new) = (Vec::new(), Vec::new());
    while let (Some(a), Some(b)) = (old.peek(), new.peek()) {
        match key(a.borrow()).cmp(&key(b.borrow())) {
            Ordering::Less => hold(&mut old, &mut rest_old),
            Ordering::Greater => hold(&mut new, &mut rest_new),
            Ordering::Equal => {
                if let (Some(a), Some(b)) = (old.next(), new.next()) {
                    visit(Match::Panel { old: a.borrow(), new: b.borrow() });
                }
            }
        }
    }
    rest_old.extend(old);
    rest_new.extend(new);
    (rest_old, rest_new)
}

/// Canonical order of two domains in presentation format (RFC 4034 section 6.1): by labels from the
/// right. Labels with escapes may sort otherwise than their bytes do, which costs memory only.
pub(super) fn canonical(a: &str, b: &str) -> Ordering {
    a.rsplit('.').cmp(b.rsplit('.'))
}
