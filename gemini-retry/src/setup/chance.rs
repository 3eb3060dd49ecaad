//! Numbers that no two processes share. `fastrand` on its own starts from the clock, and processes
//! that start together have been seen to draw alike: the same names, and waits that end together.

use uuid::Uuid;

/// Lets this thread draw numbers that no other thread and process draws.
pub(crate) fn stir() {
    fastrand::seed(Uuid::new_v4().as_u64_pair().1);
}

/// A number that nobody else has.
pub(crate) fn unique() -> u32 {
    Uuid::new_v4().as_fields().0
}
