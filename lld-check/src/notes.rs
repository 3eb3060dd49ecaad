//! Remarks for stderr, which are no part of an answer.

use std::cell::RefCell;

use cli::Out;

/// Takes remarks.
pub(crate) trait Notes {
    /// Takes one.
    fn add(&self, remark: &str);
}

impl Notes for Out {
    fn add(&self, remark: &str) {
        self.note(remark);
    }
}

/// Remarks that wait until it is their turn: of several projects that are read at once, each tells its
/// own together, in the order of the projects.
#[derive(Debug, Default)]
pub(crate) struct Kept(RefCell<Vec<String>>);

impl Kept {
    /// All of them.
    pub(crate) fn into_all(self) -> Vec<String> {
        self.0.into_inner()
    }
}

impl Notes for Kept {
    fn add(&self, remark: &str) {
        self.0.borrow_mut().push(remark.into());
    }
}
