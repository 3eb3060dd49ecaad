//! Bringing the index up to date with the journal.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use audit_log::{FileState, boot};
use records::QueueEvent;
use rusqlite::{Connection, TransactionBehavior};

use super::covered::{self, Span};
use super::header::{End, Header};
use super::packed::{self, Done, FULL, QUEUE, Row, Sort, piece_of, store};
use super::tables::{self, Found};
use super::{Index, Trouble, file};
use crate::rules::account::Account;

/// See [`Index::sync`]. `journal` and `path` are the two files.
pub(super) fn sync(journal: &Path, path: &Path) -> Result<Option<Index>, Trouble> {
    let source = match File::open(journal) {
        Ok(source) => Some(source),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(_) => return Err(Trouble::Journal),
    };
    if source.is_none() && file::inode(path).is_none() {
        return Ok(None);
    }
    let form = packed::form()?;
    let db = file::open(path)?;
    db.execute_batch("BEGIN")?;
    let known = known(&db, path)?;
    db.execute_batch("COMMIT")?;
    let state = source.as_ref().map(File::metadata).transpose()?.as_ref().map(FileState::of);
    let sound = match known {
        Some(header) if header.form == form && header.boot == boot() => {
            covered::is_same(&header, source.as_ref(), state.as_ref())?.then_some(header)
        }
        _ => None,
    };
    let header = sound.clone().unwrap_or_else(|| Header::empty(form));
    let mut index = Index { db, header, journal: source, journal_path: journal.into(), torn: None };
    if let Some(state) = &state
        && index.header.seal == Some(super::header::Seal::of(state))
        && sound.is_some()
    {
        return Ok(Some(index));
    }
    index.catch_up(sound.is_none(), state.as_ref())?;
    Ok(Some(index))
}

/// The header of the index that is in the file, if it is one of ours.
fn known(db: &Connection, path: &Path) -> Result<Option<Header>, Trouble> {
    match tables::look(db)? {
        Found::Ours => {}
        Found::Nothing | Found::OtherForm => return Ok(None),
        Found::Foreign => return Err(Trouble::damaged("it is no index of a queue")),
    }
    file::is_whole(db, path)?;
    match packed::get::<Header>(db, Sort::Header, 0) {
        // Another build packs otherwise, so that its header does not read as ours.
        Err(Trouble::Damaged(_)) if packed::is_whole(db)? => Ok(None),
        header => header.map(Some),
    }
}

impl Index {
    /// Reads what the journal has behind the indexed part; `anew` makes the whole index.
    fn catch_up(&mut self, anew: bool, state: Option<&FileState>) -> Result<(), Trouble> {
        let from = self.header.end;
        let Some(journal) = &self.journal else { return self.start(anew) };
        let mut later = Vec::new();
        if !anew {
            let read = covered::read(&self.journal_path, journal, from, |span, event| {
                later.push((span, event.clone()));
                Ok(())
            })?;
            let mut header = self.header.clone();
            header.blocks = covered::extend(journal, &header.blocks, from.offset, read.end.offset)?;
            self.torn = read.torn;
            header.remarks.extend(read.remarks);
            header.end = read.end;
            header.seal = state.and_then(|state| covered::seal(journal, state));
            if later.is_empty() {
                // The answer is the same when this fails.
                if header.seal.is_some() {
                    drop(self.write(header, |_| Ok(())));
                }
                return Ok(());
            }
            return self.add(header, false, |batch| {
                later.iter().try_for_each(|(span, event)| batch.take_in(*span, event))
            });
        }
        let (path, source) = (self.journal_path.clone(), journal.try_clone()?);
        let mut torn = None;
        let header = Header::empty(self.header.form);
        self.add(header, true, |batch| {
            let read = covered::read(&path, &source, End::default(), |span, event| {
                batch.take_in(span, event)
            })?;
            torn = read.torn;
            batch.header.blocks = covered::sums(&source, 0, read.end.offset)?;
            batch.header.remarks = read.remarks;
            batch.header.end = read.end;
            batch.header.seal = state.and_then(|state| covered::seal(&source, state));
            Ok(())
        })?;
        self.torn = torn;
        Ok(())
    }

    /// There is no journal: an index of nothing.
    fn start(&mut self, anew: bool) -> Result<(), Trouble> {
        if anew { self.add(Header::empty(self.header.form), true, |_| Ok(())) } else { Ok(()) }
    }

    /// Adds what `fill` puts into a batch, in one transaction.
    fn add(
        &mut self,
        header: Header,
        anew: bool,
        fill: impl FnOnce(&mut Batch<'_>) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let before = (!anew).then(|| self.header.clone());
        let new = transaction(&mut self.db, before.as_ref(), |db| {
            if anew {
                tables::make(db)?;
            }
            let mut batch = Batch { db, header, anew, touched: HashMap::new() };
            fill(&mut batch)?;
            let header = batch.finish()?;
            if anew {
                tables::finish(db)?;
            }
            Ok(header)
        })?;
        self.header = new;
        Ok(())
    }

    /// Changes something in one transaction, and the header to `header`, unless somebody else has written
    /// since the index was read.
    pub(super) fn write(
        &mut self,
        header: Header,
        change: impl FnOnce(&Connection) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let before = self.header.clone();
        self.header = transaction(&mut self.db, Some(&before), |db| {
            change(db)?;
            Ok(header)
        })?;
        Ok(())
    }
}

/// Runs `change` in a transaction and stores the header that it gives. With `before`, the header must still
/// be that.
fn transaction(
    db: &mut Connection,
    before: Option<&Header>,
    change: impl FnOnce(&Connection) -> Result<Header, Trouble>,
) -> Result<Header, Trouble> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let Some(before) = before
        && packed::get::<Header>(&transaction, Sort::Header, 0)? != *before
    {
        return Err(Trouble::Busy);
    }
    let header = change(&transaction)?;
    store(&transaction, Sort::Header, 0, &header)?;
    transaction.commit()?;
    Ok(header)
}

/// Events that are being added.
struct Batch<'a> {
    db: &'a Connection,
    header: Header,
    /// Whether the index is made anew, so that nothing is there yet.
    anew: bool,
    touched: HashMap<String, (Row, Account)>,
}

impl Batch<'_> {
    /// Takes the next event in.
    fn take_in(&mut self, span: Span, event: &QueueEvent) -> Result<(), Trouble> {
        tables::add_event(self.db, event, span)?;
        let key = event.task.as_ref().map_or(QUEUE, |task| task.as_str());
        if !self.touched.contains_key(key) {
            let there = if self.anew { None } else { self.find(key)? };
            let row = there.unwrap_or_else(|| Row::of(key));
            let account = if row.events == 0 { Account::default() } else { row.account()? };
            self.touched.insert(key.into(), (row, account));
        }
        if let Some((row, account)) = self.touched.get_mut(key) {
            account.take_in(event);
            row.events += 1;
            row.sum = row.sum.wrapping_add(span.sum);
            row.done = Done::Unasked;
        }
        if event.kind == "added" {
            let (count, sum) = self.header.added;
            self.header.added = (count + 1, sum.wrapping_add(span.sum));
        }
        if let Some(landed) = &event.landed {
            match event.kind.as_str() {
                "landing" => self.header.open.push((event.seq, landed.base_after.clone())),
                "landed" => self.header.open.retain(|(_, after)| *after != landed.base_after),
                _ => {}
            }
        }
        Ok(())
    }

    fn find(&self, key: &str) -> Result<Option<Row>, Trouble> {
        let piece = piece_of(key, self.header.spread);
        let rows: Vec<Row> = packed::get(self.db, Sort::Accounts, piece)?;
        Ok(rows.into_iter().find(|row| row.key == key))
    }

    /// Stores the accounts, and gives the header.
    fn finish(mut self) -> Result<Header, Trouble> {
        let mut pieces: HashMap<u64, Vec<Row>> = HashMap::new();
        let mut all = Vec::new();
        for (_, (mut row, account)) in std::mem::take(&mut self.touched) {
            self.header.accounts += u64::from(self.anew || self.find(&row.key)?.is_none());
            row.set(account)?;
            tables::set_standing(self.db, &row)?;
            all.push(row);
        }
        let mut spread = self.header.spread;
        while self.header.accounts > spread * FULL {
            spread *= 2;
        }
        let again = self.anew || spread != self.header.spread;
        if again {
            let old = if self.anew { 0 } else { self.header.spread };
            for number in 0..old {
                let there: Vec<Row> = packed::get(self.db, Sort::Accounts, number)?;
                let fresh: std::collections::HashSet<&str> =
                    all.iter().map(|row: &Row| row.key.as_str()).collect();
                let there: Vec<Row> =
                    there.into_iter().filter(|row| !fresh.contains(row.key.as_str())).collect();
                for row in there {
                    pieces.entry(piece_of(&row.key, spread)).or_default().push(row);
                }
            }
            self.header.spread = spread;
            for number in 0..spread {
                pieces.entry(number).or_default();
            }
        }
        for row in all {
            let number = piece_of(&row.key, spread);
            let piece = match pieces.entry(number) {
                std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(packed::get(self.db, Sort::Accounts, number)?)
                }
            };
            match piece.iter_mut().find(|there| there.key == row.key) {
                Some(there) => *there = row,
                None => piece.push(row),
            }
        }
        for (number, mut rows) in pieces {
            rows.sort_by(|one, other| one.key.cmp(&other.key));
            store(self.db, Sort::Accounts, number, &rows)?;
        }
        Ok(self.header)
    }
}
