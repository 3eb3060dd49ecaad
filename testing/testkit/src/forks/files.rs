//! What a commit holds, and the changes that are made to it.

use std::collections::{BTreeMap, BTreeSet};

use super::text;
use crate::Rng;

pub(super) const FILE: u32 = 0o100_644;
pub(super) const PROGRAM: u32 = 0o100_755;
pub(super) const LINK: u32 = 0o120_000;
pub(super) const GITLINK: u32 = 0o160_000;

/// What there is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) mode: u32,
    /// For a submodule, its commit's id.
    pub(super) content: Vec<u8>,
}

/// What a commit holds, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Files(BTreeMap<Vec<u8>, File>);

/// What has been done, for [`super::Fork::traits`].
pub(super) type Traits = BTreeSet<&'static str>;

const NAMES: [&str; 9] = ["a", "b", "c", "docs", "src", "lib", "a.b", "a0", "guide"];
const ENDS: [&str; 6] = [".txt", ".rs", ".md", ".bin", "", ""];
const ODD: [&[u8]; 10] = [
    "größe".as_bytes(),
    "gro\u{308}\u{df}e".as_bytes(),
    b"x y",
    b"tab\t\"quote\"",
    b"-dash",
    b"new\nline",
    b"back\\slash",
    b"trail ",
    b"*?[a]",
    b":(top)x",
];
const LOG: &[u8] = b"CHANGELOG.md";
const ATTRIBUTES: &[u8] = b".gitattributes";
const RULES: [&str; 16] = [
    "*.md merge=union",
    "*.md merge=union",
    "CHANGELOG.md merge=union",
    "CHANGELOG.md merge=union",
    "*.txt text eol=crlf",
    "*.txt text=auto",
    "*.rs -text",
    "*.bin binary",
    "*.bin -merge",
    "docs/** merge=binary",
    "*.rs merge=nobody-has-this",
    "*.rs merge",
    "* text=auto",
    "*.txt conflict-marker-size=3",
    "src/ merge=union",
    "*.rs ident",
];

impl Files {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Vec<u8>, &File)> {
        self.0.iter()
    }

    pub(super) fn get(&self, path: &[u8]) -> Option<&File> {
        self.0.get(path)
    }

    pub(super) fn take(&mut self, path: &[u8]) -> Option<File> {
        self.0.remove(path)
    }

    /// A file and a folder of one name cannot both be there.
    pub(super) fn put(&mut self, path: Vec<u8>, file: File) {
        let inside = |one: &[u8], other: &[u8]| {
            one.strip_prefix(other).is_some_and(|rest| rest.starts_with(b"/"))
        };
        self.0.retain(|other, _| !inside(other, &path) && !inside(&path, other));
        self.0.insert(path, file);
    }

    fn some_path(&self, dice: &mut Rng) -> Option<Vec<u8>> {
        (!self.0.is_empty()).then(|| self.0.keys().nth(dice.usize(..self.0.len())).cloned())?
    }

    /// Some folder, with its last slash.
    fn some_folder(&self, dice: &mut Rng) -> Option<Vec<u8>> {
        let folders: BTreeSet<&[u8]> = self
            .0
            .keys()
            .flat_map(|path| {
                let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
                slashes.filter_map(|(at, _)| path.get(..=at))
            })
            .collect();
        let at = (!folders.is_empty()).then(|| dice.usize(..folders.len()))?;
        folders.into_iter().nth(at).map(Into::into)
    }

    /// A path in a folder that is there, or anywhere.
    fn new_path(&self, dice: &mut Rng, traits: &mut Traits) -> Vec<u8> {
        let folder = self.some_folder(dice).filter(|_| dice.bool()).unwrap_or_else(|| {
            (0..dice.usize(..3))
                .flat_map(|_| [name(dice, traits), b"/".to_vec()].concat())
                .collect()
        });
        [folder, name(dice, traits), pick(dice, &ENDS).as_bytes().to_vec()].concat()
    }

    /// One change of any sort.
    pub(super) fn change(&mut self, dice: &mut Rng, traits: &mut Traits) {
        let Some(path) = self.some_path(dice) else { return self.add(dice, traits) };
        let Some(file) = self.0.get(&path).cloned() else { return };
        let text = file.mode == FILE || file.mode == PROGRAM;
        let sort = match dice.usize(..40) {
            0..=11 if text => {
                let content = if file.content.contains(&0) {
                    [file.content, vec![dice.u8(..)]].concat()
                } else {
                    text::edited(dice, &file.content)
                };
                self.put(path, File { content, ..file });
                "edit"
            }
            12..=15 => return self.add(dice, traits),
            16 | 17 => {
                drop(self.take(&path));
                "delete"
            }
            18..=21 => {
                drop(self.take(&path));
                let to = self.new_path(dice, traits);
                self.put(to, moved(dice, file));
                "rename"
            }
            22 | 23 => {
                let to = self.new_path(dice, traits);
                self.put(to, moved(dice, file));
                "copy"
            }
            24..=26 => return self.rename_folder(dice, traits),
            27 if text => {
                let mode = if file.mode == FILE { PROGRAM } else { FILE };
                self.put(path, File { mode, ..file });
                "mode"
            }
            28 if text => {
                self.put(path, File { content: text::other_end(&file.content), ..file });
                "no newline"
            }
            29 if text => {
                self.put(path, File { content: text::other_line_ends(&file.content), ..file });
                "crlf"
            }
            30 => {
                let content = self.some_path(dice).unwrap_or_default();
                let path = if dice.bool() { path } else { self.new_path(dice, traits) };
                self.put(path, File { mode: LINK, content: [b"to ", &*content].concat() });
                "symlink"
            }
            31 => {
                let path = if dice.bool() { path } else { self.new_path(dice, traits) };
                let mode = if dice.usize(..4) == 0 { PROGRAM } else { FILE };
                self.put(path, File { mode, content: text::binary(dice) });
                "binary"
            }
            32 => {
                let old: Option<Vec<u8>> = self.some_gitlink().filter(|_| dice.bool());
                let path = old.unwrap_or_else(|| self.new_path(dice, traits));
                let content = format!("{:040x}", dice.usize(1..5)).into_bytes();
                self.put(path, File { mode: GITLINK, content });
                "submodule"
            }
            33 => {
                let new = File { mode: FILE, content: text::new(dice, false) };
                if let Some(folder) = self.some_folder(dice).filter(|_| dice.bool()) {
                    self.put(folder.strip_suffix(b"/").unwrap_or(&folder).to_vec(), new);
                } else {
                    self.put([&*path, b"/", &name(dice, traits)].concat(), new);
                }
                "file and folder"
            }
            34 => {
                let other = self.some_path(dice).unwrap_or_else(|| path.clone());
                if let Some(second) = self.0.get(&other).cloned() {
                    self.put(path, second);
                    self.put(other, file);
                }
                "swap"
            }
            35 if text => {
                self.put(path, File { content: text::new(dice, false), ..file });
                "whole text replaced"
            }
            36 => {
                self.add_rule(dice);
                "attributes"
            }
            _ => {
                self.log(dice);
                "union"
            }
        };
        traits.insert(sort);
    }

    pub(super) fn add(&mut self, dice: &mut Rng, traits: &mut Traits) {
        let path = self.new_path(dice, traits);
        let crlf = dice.usize(..8) == 0;
        let mode = if dice.usize(..8) == 0 { PROGRAM } else { FILE };
        self.put(path, File { mode, content: text::new(dice, crlf) });
        traits.insert("add");
    }

    /// Another line of attributes, sometimes in a folder, sometimes in the place of those before.
    fn add_rule(&mut self, dice: &mut Rng) {
        let rule = pick(dice, &RULES);
        let folder = self.some_folder(dice).filter(|_| dice.usize(..3) == 0);
        let path = [folder.unwrap_or_default(), ATTRIBUTES.to_vec()].concat();
        let old = self.take(&path).filter(|_| dice.usize(..4) > 0);
        let old = old.map(|file| file.content).unwrap_or_default();
        let content = [&*old, rule.as_bytes(), b"\n"].concat();
        self.put(path, File { mode: FILE, content });
    }

    /// An entry more in the change log.
    pub(super) fn log(&mut self, dice: &mut Rng) {
        let old = self.get(LOG).map(|file| file.content.clone());
        let content = text::logged(dice, &old.unwrap_or_else(|| b"# Log\n".to_vec()));
        self.put(LOG.into(), File { mode: FILE, content });
    }

    /// Attributes that merge change logs by keeping both sides.
    pub(super) fn merge_logs_by_union(&mut self) {
        let content = b"CHANGELOG.md merge=union\n".to_vec();
        self.put(ATTRIBUTES.into(), File { mode: FILE, content });
    }

    /// A file more, or an edit in one.
    pub(super) fn small_change(&mut self, dice: &mut Rng, traits: &mut Traits) {
        let path = self.some_path(dice).filter(|path| path != LOG && path != ATTRIBUTES);
        let file = path.as_ref().and_then(|path| self.0.get(path)).cloned();
        match (path, file) {
            (Some(path), Some(file)) if file.mode == FILE && !file.content.contains(&0) => {
                let content = text::edited(dice, &file.content);
                self.put(path, File { content, ..file });
                traits.insert("edit");
            }
            _ => self.add(dice, traits),
        }
    }

    fn some_gitlink(&self) -> Option<Vec<u8>> {
        self.0.iter().find(|(_, file)| file.mode == GITLINK).map(|(path, _)| path.clone())
    }

    /// All of a folder, or all but some of it, moves elsewhere.
    fn rename_folder(&mut self, dice: &mut Rng, traits: &mut Traits) {
        let Some(folder) = self.some_folder(dice) else { return };
        let mut to = self.some_folder(dice).filter(|_| dice.usize(..4) == 0).unwrap_or_default();
        to.extend_from_slice(&[name(dice, traits), b"/".to_vec()].concat());
        let keep = dice.usize(..3) == 0;
        let inside: Vec<Vec<u8>> =
            self.0.keys().filter(|path| path.starts_with(&folder)).cloned().collect();
        for path in inside {
            if keep && dice.usize(..3) == 0 {
                continue;
            }
            if let (Some(rest), Some(file)) = (path.strip_prefix(&*folder), self.take(&path)) {
                self.put([&*to, rest].concat(), moved(dice, file));
            }
        }
        traits.insert("folder rename");
    }
}

/// What has been moved is often changed a little.
fn moved(dice: &mut Rng, file: File) -> File {
    let text = file.mode == FILE || file.mode == PROGRAM;
    if text && dice.usize(..3) == 0 && !file.content.contains(&0) {
        return File { content: text::edited(dice, &file.content), ..file };
    }
    file
}

fn name(dice: &mut Rng, traits: &mut Traits) -> Vec<u8> {
    if dice.usize(..12) > 0 {
        return pick(dice, &NAMES).as_bytes().to_vec();
    }
    traits.insert("odd name");
    // Elsewhere, file systems refuse bytes that are no text.
    if cfg!(target_os = "linux") && dice.usize(..8) == 0 {
        return b"no text \xff\xfe".to_vec();
    }
    ODD.get(dice.usize(..ODD.len())).copied().unwrap_or(b"odd").to_vec()
}

fn pick<'a>(dice: &mut Rng, among: &[&'a str]) -> &'a str {
    among.get(dice.usize(..among.len())).copied().unwrap_or_default()
}
