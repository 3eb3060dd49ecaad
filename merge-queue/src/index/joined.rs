//! The tasks that were added, as they were checked against the definitions: kept, because very many can be
//! added.

use records::merge_queue::Mistake;

use super::header::Kept;
use super::packed::{self, Sort, store, unpack};
use super::{Index, Trouble, tables};
use crate::rules::definitions::{Definitions, Task};

/// How many tasks a piece has.
const PIECE: usize = 256;

/// What came out when the tasks that were added were joined to the definitions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Joined {
    /// Those that are sound.
    pub(crate) tasks: Vec<Task>,
    /// What is wrong with others.
    pub(crate) mistakes: Vec<Mistake>,
}

/// See [`Index::joined`].
pub(super) fn kept(index: &Index, digest: &str) -> Result<Option<Joined>, Trouble> {
    let of_these = |kept: &&Kept| kept.digest == digest && kept.added == index.header.added;
    let Some(kept) = index.header.joined.as_ref().filter(of_these) else { return Ok(None) };
    let mut tasks = Vec::new();
    packed::each(&index.db, Sort::Tasks, kept.pieces, |_, bytes| {
        tasks.extend(unpack::<Vec<Task>>(bytes)?);
        Ok(())
    })?;
    Ok(Some(Joined { tasks, mistakes: kept.mistakes.clone() }))
}

/// See [`Index::keep_joined`].
pub(super) fn keep(
    index: &mut Index,
    digest: &str,
    joined: &Joined,
    definitions: &Definitions,
) -> Result<(), Trouble> {
    let mut header = index.header.clone();
    let pieces = joined.tasks.len().div_ceil(PIECE) as u64;
    header.joined = Some(Kept {
        digest: digest.into(),
        added: header.added,
        pieces,
        mistakes: joined.mistakes.clone(),
    });
    index.write(header, |db| {
        for (piece, number) in joined.tasks.chunks(PIECE).zip(0..) {
            store(db, Sort::Tasks, number, &piece.to_vec())?;
        }
        tables::set_definitions(db, &definitions.tasks, &definitions.mistakes)
    })
}
