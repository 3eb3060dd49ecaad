//! As many different people as there are roles to fill.

use std::collections::BTreeSet;

/// Those who offer to fill one role, in the order of preference; each by every name they have. Two
/// offers with a name in common are one person's.
pub(crate) type Offer = Vec<BTreeSet<String>>;

/// Which offer fills each role, such that nobody fills two and as many roles as possible are filled.
pub(crate) fn distinct(offers: &[Offer]) -> Vec<Option<usize>> {
    let persons = persons(offers);
    let mut filled = vec![None; offers.len()];
    for role in 0..offers.len() {
        fill(role, &persons, &mut filled, &mut BTreeSet::new());
    }
    filled
}

/// Fills a role, moving whoever stands in the way to another role that they offered to fill (an
/// augmenting path). Returns whether that was possible.
fn fill(
    role: usize,
    persons: &[Vec<usize>],
    filled: &mut [Option<usize>],
    tried: &mut BTreeSet<usize>,
) -> bool {
    for (at, person) in persons.get(role).into_iter().flatten().enumerate() {
        if !tried.insert(*person) {
            continue;
        }
        let in_the_way = (0..persons.len()).find(|other| {
            let by = filled.get(*other).copied().flatten();
            by.is_some_and(|by| persons.get(*other).and_then(|all| all.get(by)) == Some(person))
        });
        if in_the_way.is_none_or(|other| fill(other, persons, filled, tried)) {
            if let Some(slot) = filled.get_mut(role) {
                *slot = Some(at);
            }
            return true;
        }
    }
    false
}

/// A number for the person behind each offer.
fn persons(offers: &[Offer]) -> Vec<Vec<usize>> {
    let mut known: Vec<BTreeSet<String>> = Vec::new();
    for names in offers.iter().flatten() {
        let (same, mut others): (Vec<_>, Vec<_>) =
            known.into_iter().partition(|person| !person.is_disjoint(names));
        others.push(same.into_iter().flatten().chain(names.iter().cloned()).collect());
        known = others;
    }
    let number = |names: &BTreeSet<String>| known.iter().position(|p| !p.is_disjoint(names));
    offers.iter().map(|offer| offer.iter().filter_map(number).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn offers(roles: &[&[&str]]) -> Vec<Offer> {
        let names = |text: &&str| text.split('|').map(str::to_owned).collect();
        roles.iter().map(|role| role.iter().map(names).collect()).collect()
    }

    #[test]
    fn whoever_can_do_something_else_makes_way() {
        let two: &[&[&str]] = &[&["d", "x"], &["d"]];
        assert_eq!(distinct(&offers(two)), [Some(1), Some(0)]);
        let one: &[&[&str]] = &[&["d"], &["d"]];
        assert_eq!(distinct(&offers(one)), [Some(0), None]);
        let same: &[&[&str]] = &[&["d|dora"], &["dora|x"]];
        assert_eq!(distinct(&offers(same)), [Some(0), None]);
        let linked: &[&[&str]] = &[&["a"], &["b"], &["a|b"]];
        assert_eq!(distinct(&offers(linked)), [Some(0), None, None]);
        assert_eq!(distinct(&offers(&[&[], &["a"]])), [None, Some(0)]);
    }

    /// How many roles can be filled, by trying everything.
    fn most(roles: &[Vec<usize>], taken: &BTreeSet<usize>) -> usize {
        let Some((role, rest)) = roles.split_first() else { return 0 };
        let with = role.iter().filter(|person| !taken.contains(person)).map(|person| {
            let mut taken = taken.clone();
            taken.insert(*person);
            1 + most(rest, &taken)
        });
        with.chain([most(rest, taken)]).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn nobody_fills_two_roles_and_no_role_is_left_that_could_be_filled(
            roles in proptest::collection::vec(proptest::collection::vec(0_usize..5, 0..4), 0..6)
        ) {
            let offers: Vec<Offer> = roles
                .iter()
                .map(|role| role.iter().map(|person| BTreeSet::from([person.to_string()])).collect())
                .collect();
            let filled = distinct(&offers);
            let by: Vec<usize> =
                roles.iter().zip(&filled).filter_map(|(role, at)| at.map(|at| role[at])).collect();
            prop_assert_eq!(by.iter().collect::<BTreeSet<_>>().len(), by.len());
            prop_assert_eq!(by.len(), most(&roles, &BTreeSet::new()));
        }
    }
}
