//! The words that many entries have in common, each combination once.

use std::collections::HashMap;

use audit_log::{Facts, Text};
use records::Outcome;

/// How many bytes all combinations may take. An entry that would exceed it is read itself each time.
const ROOM: usize = 1 << 20;

/// The combinations in the order in which they were first met.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    codes: HashMap<Vec<u8>, u32>,
    /// One behind the other.
    bytes: Vec<u8>,
    scratch: Vec<u8>,
}

impl Words {
    /// Those of an index; `None` when they are not what [`Words::bytes`] gives.
    pub(crate) fn read(bytes: Vec<u8>) -> Option<Self> {
        let mut codes = HashMap::new();
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (_, after) = split(rest)?;
            let one = rest.get(..rest.len() - after.len())?;
            codes.insert(one.to_vec(), u32::try_from(codes.len()).ok()?);
            rest = after;
        }
        Some(Self { codes, bytes, scratch: Vec::new() })
    }

    /// All of them.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of the combination that an entry has; `None` when there is no more room.
    pub(crate) fn code(&mut self, facts: &Facts<'_>) -> Option<u32> {
        self.scratch.clear();
        self.scratch.push(match facts.outcome {
            None => 0,
            Some(Outcome::Reviewed) => 1,
            Some(Outcome::Failed) => 2,
        });
        self.scratch.push(match facts.rotated {
            None => 0,
            Some(false) => 1,
            Some(true) => 2,
        });
        let Facts { verdict_word, node, credential, project, .. } = facts;
        let words = [verdict_word.as_ref(), node.as_ref(), facts.model(), credential.as_ref()];
        for word in words.into_iter().chain([project.as_ref()]) {
            let word = word.map(Text::as_bytes);
            let length = word.map_or(Ok(0), |word| u32::try_from(word.len() + 1)).ok()?;
            self.scratch.extend(length.to_le_bytes());
            self.scratch.extend(word.unwrap_or_default());
        }
        if let Some(code) = self.codes.get(&self.scratch) {
            return Some(*code);
        }
        if self.bytes.len() + self.scratch.len() > ROOM {
            return None;
        }
        let code = u32::try_from(self.codes.len()).ok()?;
        self.bytes.extend(&self.scratch);
        self.codes.insert(self.scratch.clone(), code);
        Some(code)
    }

    /// For each combination, by its number, the facts of an entry that has it and nothing else.
    pub(crate) fn facts(&self) -> Vec<Facts<'static>> {
        let mut rest = self.bytes.as_slice();
        let mut all = Vec::new();
        while let Some((facts, after)) = split(rest) {
            all.push(facts);
            rest = after;
        }
        all
    }
}

/// The first combination, and what is behind it.
fn split(bytes: &[u8]) -> Option<(Facts<'static>, &[u8])> {
    let (outcome, rest) = bytes.split_first()?;
    let (rotation, mut rest) = rest.split_first()?;
    let mut word = || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (word, after) = after.split_at_checked(length.saturating_sub(1))?;
        rest = after;
        let word = str::from_utf8(word).ok()?;
        Some((length > 0).then(|| Text::from(word.to_owned())))
    };
    let facts = Facts {
        verdict_word: word()?,
        node: word()?,
        model_asked: word()?,
        credential: word()?,
        project: word()?,
        outcome: match outcome {
            1 => Some(Outcome::Reviewed),
            2 => Some(Outcome::Failed),
            _ => None,
        },
        rotated: match rotation {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        },
        ..Facts::default()
    };
    Some((facts, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_facts() -> impl Strategy<Value = Facts<'static>> {
        let word = || proptest::option::of("[ab]{0,2}".prop_map(Text::from));
        let outcome =
            proptest::option::of(prop_oneof![Just(Outcome::Reviewed), Just(Outcome::Failed)]);
        (word(), word(), word(), word(), outcome, proptest::option::of(any::<bool>())).prop_map(
            |(verdict_word, node, model_asked, project, outcome, rotated)| Facts {
                verdict_word,
                node,
                model_asked,
                project,
                outcome,
                rotated,
                ..Facts::default()
            },
        )
    }

    proptest! {
        #[test]
        fn each_combination_has_one_number_and_reads_back(all in proptest::collection::vec(any_facts(), 0..30)) {
            let mut words = Words::default();
            let codes: Vec<u32> = all.iter().map(|facts| words.code(facts).unwrap()).collect();
            let mut again = Words::read(words.bytes().to_vec()).unwrap();
            let read = again.facts();
            for (facts, code) in all.iter().zip(codes) {
                prop_assert_eq!(&read[code as usize], facts);
                prop_assert_eq!(again.code(facts), Some(code));
            }
            prop_assert_eq!(again.bytes(), words.bytes());
        }
    }

    #[test]
    fn there_is_no_room_for_everything() {
        let mut words = Words::default();
        let facts = |n: usize| {
            let node = Some(Text::from(n.to_string().repeat(1000)));
            Facts { node, ..Facts::default() }
        };
        assert!((0..100_000).any(|n| words.code(&facts(n)).is_none()));
        assert!(words.bytes().len() <= ROOM);
        assert_eq!(words.code(&facts(0)), Some(0));
    }
}
