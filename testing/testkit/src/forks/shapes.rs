//! The shapes of histories: how a base and its branches came to be.

use super::files::{File, Files, Traits};
use super::stream::Stream;
use crate::Rng;

/// A fork by the marks of its commits.
pub(super) struct Made {
    pub(super) base: usize,
    pub(super) heads: Vec<usize>,
    pub(super) traits: Traits,
}

/// A commit, and what is in it.
#[derive(Clone)]
struct Tip {
    mark: usize,
    files: Files,
}

/// What a fork is made with.
struct Maker<'a> {
    dice: &'a mut Rng,
    stream: &'a mut Stream,
    traits: Traits,
}

pub(super) fn fork(dice: &mut Rng, stream: &mut Stream) -> Made {
    let shape = dice.usize(..24);
    let mut maker = Maker { dice, stream, traits: Traits::new() };
    let root = maker.root();
    // What it takes to begin is no change.
    maker.traits.retain(|sort| *sort == "odd name");
    let (base, heads) = match shape {
        0..=8 => maker.plain(&root),
        9 | 10 => maker.base_taken_in(&root),
        11..=13 => maker.criss_cross(&root),
        14 => maker.unrelated(&root),
        15 => maker.joined_roots(&root),
        16 => maker.up_to_date(&root),
        17 => maker.same_change(&root),
        18 => maker.same_target(&root),
        19..=22 => maker.queue(&root),
        _ => maker.both_add(&root),
    };
    if heads.len() > 1 {
        maker.traits.insert("several heads");
    }
    let heads = heads.into_iter().map(|tip| tip.mark).collect();
    Made { base: base.mark, heads, traits: maker.traits }
}

impl Maker<'_> {
    fn root(&mut self) -> Tip {
        let mut files = Files::default();
        for _ in 0..self.dice.usize(6..18) {
            files.add(self.dice, &mut self.traits);
        }
        for _ in 0..self.dice.usize(..12) {
            files.change(self.dice, &mut self.traits);
        }
        self.commit(files, &[])
    }

    fn commit(&mut self, files: Files, parents: &[&Tip]) -> Tip {
        let parents: Vec<usize> = parents.iter().map(|tip| tip.mark).collect();
        Tip { mark: self.stream.commit(&files, &parents), files }
    }

    /// So many commits on `from`.
    fn work(&mut self, from: &Tip, commits: usize) -> Tip {
        let mut tip = from.clone();
        for _ in 0..commits {
            let mut files = tip.files.clone();
            for _ in 0..self.dice.usize(1..=3) {
                files.change(self.dice, &mut self.traits);
            }
            tip = self.commit(files, &[&tip]);
        }
        tip
    }

    fn some_work(&mut self, from: &Tip) -> Tip {
        let commits = self.dice.usize(1..=3);
        self.work(from, commits)
    }

    fn plain(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let commits = self.dice.usize(..=3);
        let base = self.work(root, commits);
        let count = if self.dice.bool() { 1 } else { self.dice.usize(2..=8) };
        let mut heads: Vec<Tip> = Vec::new();
        for _ in 0..count {
            // Some go on where another one ends.
            let from = heads.last().filter(|_| self.dice.usize(..8) == 0).unwrap_or(root).clone();
            let commits = if count > 4 { 1 } else { self.dice.usize(1..=3) };
            heads.push(self.work(&from, commits));
        }
        (base, heads)
    }

    /// Many small branches, as a queue has them: most touch other files, and half of the time all add to
    /// the change log.
    fn queue(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let mut files = root.files.clone();
        let log = self.dice.bool();
        if log {
            files.log(self.dice);
            files.merge_logs_by_union();
            self.traits.extend(["attributes", "union"]);
        }
        let root = self.commit(files, &[root]);
        let commits = self.dice.usize(..=2);
        let base = self.work(&root, commits);
        let heads = (0..self.dice.usize(5..=14)).map(|_| {
            let mut files = root.files.clone();
            for _ in 0..self.dice.usize(1..=2) {
                files.small_change(self.dice, &mut self.traits);
            }
            if log {
                files.log(self.dice);
            }
            self.commit(files, &[&root])
        });
        (base, heads.collect())
    }

    fn base_taken_in(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let (base, head) = (self.some_work(root), self.some_work(root));
        let head = self.merge(&head, &base, root);
        self.traits.insert("base taken in");
        (self.some_work(&base), vec![self.some_work(&head), self.some_work(root)])
    }

    fn criss_cross(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let (mut base, mut head) = (self.some_work(root), self.some_work(root));
        for _ in 0..self.dice.usize(1..=2) {
            let (one, other) = (base.clone(), head.clone());
            base = self.merge(&one, &other, root);
            head = self.merge(&other, &one, root);
            (base, head) = (self.some_work(&base), self.some_work(&head));
        }
        self.traits.insert("criss-cross");
        (base, vec![head])
    }

    fn unrelated(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let other = self.root();
        self.traits.insert("unrelated");
        (self.some_work(root), vec![self.some_work(&other)])
    }

    /// The branch holds the base's root and another one.
    fn joined_roots(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let other = self.root();
        let base = self.some_work(root);
        let head = self.some_work(&other);
        let head = self.merge(&head, root, root);
        self.traits.insert("joined roots");
        (base, vec![self.some_work(&head)])
    }

    fn up_to_date(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let next = self.some_work(root);
        self.traits.insert("up to date");
        // Something that is in already, the base itself, and something ahead of it.
        let ahead = self.some_work(&next);
        (next.clone(), vec![root.clone(), next, ahead])
    }

    fn same_change(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let once = self.some_work(root);
        let again = self.commit(once.files.clone(), &[root]);
        self.traits.insert("same change");
        (self.some_work(&once), vec![self.some_work(&again)])
    }

    /// Both sides move something to one name; often it is the same thing.
    fn same_target(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let paths: Vec<Vec<u8>> = root.files.iter().map(|(path, _)| path.clone()).collect();
        let first = paths.get(self.dice.usize(..paths.len())).cloned().unwrap_or_default();
        let second = paths.get(self.dice.usize(..paths.len())).cloned().unwrap_or_default();
        let to = b"renamed/to/this".to_vec();
        let sides = [first.clone(), if self.dice.bool() { first } else { second }].map(|path| {
            let mut files = root.files.clone();
            if let Some(file) = files.take(&path) {
                files.put(to.clone(), file);
            }
            self.commit(files, &[root])
        });
        let [base, head] = sides;
        self.traits.insert("renamed to the same name");
        (self.some_work(&base), vec![self.some_work(&head)])
    }

    /// Both sides add something at one path: the same, or not, or with another mode.
    fn both_add(&mut self, root: &Tip) -> (Tip, Vec<Tip>) {
        let mut added = Files::default();
        added.add(self.dice, &mut self.traits);
        let Some((path, file)) = added.iter().next().map(|(p, f)| (p.clone(), f.clone())) else {
            return self.plain(root);
        };
        let changed = match self.dice.usize(..4) {
            0 => file.clone(),
            1 => {
                File { mode: 0o100_644 + 0o111 * u32::from(file.mode == 0o100_644), ..file.clone() }
            }
            2 => File { content: super::text::edited(self.dice, &file.content), ..file.clone() },
            _ => File { mode: super::files::LINK, content: b"elsewhere".into() },
        };
        let [base, head] = [file, changed].map(|file| {
            let mut files = root.files.clone();
            files.put(path.clone(), file);
            self.commit(files, &[root])
        });
        self.traits.insert("both add");
        let commits = self.dice.usize(..2);
        (base, vec![self.work(&head, commits)])
    }

    /// A merge: what one side changed since `root` is taken, and anything where both did.
    fn merge(&mut self, one: &Tip, other: &Tip, root: &Tip) -> Tip {
        let mut files = Files::default();
        let mut paths: Vec<&Vec<u8>> =
            one.files.iter().chain(other.files.iter()).map(|(p, _)| p).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let sides = [&one.files, &other.files, &root.files].map(|files| files.get(path));
            let [ours, theirs, old] = sides;
            let ours_is_taken = if ours == theirs || theirs == old {
                true
            } else if ours == old {
                false
            } else {
                self.dice.bool()
            };
            if let Some(file) = if ours_is_taken { ours } else { theirs } {
                files.put(path.clone(), file.clone());
            }
        }
        self.commit(files, &[one, other])
    }
}
