//! The rules of `merge-queue`, its own files: what is measured here is what lands.

#[expect(dead_code, reason = "nobody else moves the base here")]
#[path = "../../../merge-queue/src/rules/batch/session.rs"]
pub(crate) mod session;
#[path = "../../../merge-queue/src/rules/batch/trial.rs"]
pub(crate) mod trial;
