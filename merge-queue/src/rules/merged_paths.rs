//! Whether a merge changed what was reviewed, and nothing else.

use std::collections::BTreeMap;

use crate::rules::diff::{Change, path_text};

/// The paths at which the merge is not what was reviewed, sorted; none when it is.
///
/// `merged` is what the merge changes against the commit that it went onto, `reviewed` what the branch
/// changes against where it left the base. Both must change the same paths. Where nobody else has changed
/// a path, it must come out as it was reviewed to the last bit; otherwise git combined two contents.
pub(crate) fn odd_paths(merged: &[Change], reviewed: &[Change]) -> Vec<String> {
    let merged: BTreeMap<&[u8], &Change> = by_path(merged);
    let reviewed: BTreeMap<&[u8], &Change> = by_path(reviewed);
    let is_odd = |path: &[u8]| match (merged.get(path), reviewed.get(path)) {
        (Some(merged), Some(reviewed)) => merged.old == reviewed.old && merged.new != reviewed.new,
        _ => true,
    };
    let mut odd: Vec<&[u8]> = merged.keys().chain(reviewed.keys()).copied().collect();
    odd.retain(|path| is_odd(path));
    odd.sort_unstable();
    odd.dedup();
    odd.into_iter().map(path_text).collect()
}

fn by_path(changes: &[Change]) -> BTreeMap<&[u8], &Change> {
    changes.iter().map(|change| (change.path.as_slice(), change)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::diff::Side;

    fn change(path: &str, old: &str, new: &str) -> Change {
        let side = |id: &str| (!id.is_empty()).then(|| Side { mode: 0o100_644, id: id.to_owned() });
        Change { path: path.into(), old: side(old), new: side(new) }
    }

    #[test]
    fn a_merge_must_change_what_was_reviewed() {
        let reviewed = [change("a", "1", "2"), change("b", "", "3")];
        for (merged, odd) in [
            (vec![change("a", "1", "2"), change("b", "", "3")], vec![]),
            // Somebody else changed it too: git has combined the two.
            (vec![change("a", "4", "5"), change("b", "", "3")], vec![]),
            (vec![change("a", "1", "9"), change("b", "", "3")], vec!["a"]),
            (vec![change("a", "1", "2")], vec!["b"]),
            (vec![change("a", "1", "2"), change("b", "", "3"), change("c", "", "1")], vec!["c"]),
            (vec![change("a", "1", "2"), change("b", "", "")], vec!["b"]),
            (vec![], vec!["a", "b"]),
        ] {
            assert_eq!(odd_paths(&merged, &reviewed), odd, "{merged:?}");
        }
    }
}
