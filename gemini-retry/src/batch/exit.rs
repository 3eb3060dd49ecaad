//! With which code a batch ends: one number for many ends.

use std::collections::BTreeSet;

use cli::Exit;

/// The codes that the failed requests would have had each by itself.
///
/// 0 without a failure. When all failed alike, their code: it says who can help. Of a batch that
/// failed for the network here and a used-up quota there the whole is 75, because asking again
/// helps either. Any other mixture is 1.
pub(crate) fn of(failures: &BTreeSet<u8>) -> Exit {
    let shared = |exit: &Exit| failures.iter().all(|code| *code == exit.code());
    let passing = |code: &u8| [Exit::World.code(), Exit::Later.code()].contains(code);
    if let Some(exit) = Exit::ALL.into_iter().find(shared) {
        exit
    } else if failures.iter().all(passing) {
        Exit::Later
    } else {
        Exit::No
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_for_many_ends() {
        for (failures, code) in [
            (&[][..], 0),
            (&[75], 75),
            (&[2], 2),
            (&[65], 65),
            (&[74], 74),
            (&[74, 75], 75),
            (&[1, 75], 1),
            (&[2, 74], 1),
            (&[2, 65], 1),
            (&[1, 2, 65, 74, 75], 1),
        ] {
            assert_eq!(of(&failures.iter().copied().collect()).code(), code, "{failures:?}");
        }
    }
}
