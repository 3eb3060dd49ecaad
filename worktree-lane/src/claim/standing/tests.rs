//! Random claims, renewals, releases, deaths and clocks, beside a model that is simpler than the rule.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Step {
    /// Owner, lease in seconds, and the process if one is named.
    Claim(u8, u64, Option<u32>),
    Renew(u8, u64),
    Release(u8),
    /// The clock goes on, or is set back.
    Clock(i64),
    Die(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..3_u8, 1..500_u64, prop::option::of(0..4_u32))
            .prop_map(|(o, t, p)| Step::Claim(o, t, p)),
        (0..3_u8, 1..500_u64).prop_map(|(owner, ttl)| Step::Renew(owner, ttl)),
        (0..3_u8).prop_map(Step::Release),
        (-200..400_i64).prop_map(Step::Clock),
        (0..4_u32).prop_map(Step::Die),
    ]
}

fn stamp(seconds: i64) -> Stamp {
    Stamp::new(jiff::Timestamp::from_second(1_800_000_000 + seconds).unwrap())
}

fn process(pid: u32) -> ProcessMark {
    ProcessMark { pid, started: 1, boot: "b".into(), space: None, machine: None }
}

proptest! {
    #[test]
    fn one_owner_at_a_time_and_none_loses_what_is_his(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let mut claim: Option<LaneClaim> = None;
        let mut dead = BTreeSet::new();
        let mut now = 0;
        for step in steps {
            // The model: whose the lane is.
            let holder = claim.clone().filter(|claim| {
                stamp(now) < claim.until
                    && claim.process.as_ref().is_none_or(|p| !dead.contains(&p.pid))
            });
            let state = standing(claim.as_ref(), stamp(now), |p| dead.contains(&p.pid));
            prop_assert_eq!(state.held(), holder.as_ref());
            match step {
                Step::Clock(by) => now += by,
                Step::Die(pid) => drop(dead.insert(pid)),
                Step::Claim(owner, ttl, pid) => {
                    let pid = pid.filter(|pid| !dead.contains(pid));
                    let owner = owner.to_string();
                    let ttl = Duration::from_secs(ttl);
                    let wanted = Wanted { owner: owner.clone(), ttl, process: pid.map(process) };
                    match (claiming(&state, &wanted, stamp(now)), holder) {
                        (Claiming::New(new), None) => {
                            prop_assert_eq!(&new.owner, &owner);
                            prop_assert_eq!((new.since, new.until), (stamp(now), later(stamp(now), ttl)));
                            claim = Some(new);
                        }
                        (Claiming::Prolonged(new), Some(held)) => {
                            prop_assert_eq!((&new.owner, new.since), (&owner, held.since));
                            prop_assert_eq!(&held.owner, &owner);
                            prop_assert_eq!(new.until, held.until.max(later(stamp(now), ttl)));
                            prop_assert!(held.process.is_none() || new.process == held.process);
                            claim = Some(new);
                        }
                        (Claiming::Refused, Some(held)) => prop_assert!(
                            held.owner != owner || held.process != pid.map(process)
                        ),
                        (other, holder) => prop_assert!(false, "{other:?} while {holder:?}"),
                    }
                }
                Step::Renew(owner, ttl) => {
                    if let Some(held) = holder.filter(|held| held.owner == owner.to_string()) {
                        let new = prolonged(&held, Duration::from_secs(ttl), stamp(now));
                        prop_assert!(new.until >= held.until);
                        prop_assert_eq!((new.since, &new.process), (held.since, &held.process));
                        claim = Some(new);
                    }
                }
                Step::Release(owner) => {
                    if holder.is_some_and(|held| held.owner == owner.to_string()) {
                        claim = None;
                    }
                }
            }
        }
    }
}

#[test]
fn a_lease_that_lies_too_far_ahead_is_put_right_by_its_owner_alone() {
    let week = i64::try_from(LONGEST.as_secs()).unwrap();
    let held = LaneClaim { owner: "a".into(), since: stamp(0), until: stamp(week), process: None };
    // The clock was set back by a day.
    let now = stamp(-86_400);
    assert!(standing(Some(&held), now, |_| false).held().is_some());
    let renewed = prolonged(&held, Duration::from_hours(1), now);
    assert_eq!(renewed.until, stamp(-86_400 + 3600));
}
