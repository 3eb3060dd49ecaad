//! The test support itself: what the tests of all crates rely on.
#![expect(clippy::unwrap_used, reason = "tests")]

mod crash;
mod forks;
mod llds;
mod logs;
mod ran;
mod repo;
mod running;
mod scratch;
mod tool;

/// The message of the panic that `act` ends with.
fn panic_of<T>(act: impl FnOnce() -> T) -> String {
    let act = std::panic::AssertUnwindSafe(act);
    let Err(payload) = std::panic::catch_unwind(act) else { return "no panic".to_owned() };
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap()
}
