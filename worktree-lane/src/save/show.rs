//! Saves as people read them.

use cli::{Page, Tone};
use records::worktree_lane::{Save, Saved};

/// What a save did.
pub(super) fn save(save: &Save, page: &mut Page) {
    if !save.reasons.is_empty() {
        page.line(Tone::Bad, format_args!("lane {} was not saved", save.lane));
        page.reasons(&save.reasons);
        return;
    }
    match (&save.reference, save.repeated) {
        (Some(name), false) => page.line(Tone::Good, format_args!("saved as {name}")),
        (Some(name), true) => {
            page.line(Tone::Good, format_args!("nothing new: it is saved as {name}"));
        }
        (None, _) => {
            page.line(Tone::Plain, format_args!("lane {}: nothing to save", save.lane));
        }
    }
    if save.saved {
        let files = format_args!(
            "{} tracked with changes, {} untracked, {} ignored",
            save.tracked, save.untracked, save.ignored
        );
        page.field("files", files);
    }
    if let Some(file) = &save.file {
        page.field("file", file);
    }
    if let Some(look) = &save.look {
        page.field("look", look);
    }
    for command in &save.restore {
        page.field("restore", command);
    }
    for command in &save.use_file {
        page.field("use file", command);
    }
    for missed in &save.not_saved {
        page.line(Tone::Bad, format_args!("not saved: {} ({})", missed.path, missed.why));
    }
    for left in &save.left_out {
        page.line(Tone::Dim, format_args!("left out: {} ({})", left.path, left.why));
    }
}

/// One save of the list.
pub(super) fn saved(saved: &Saved, page: &mut Page) {
    page.line(Tone::Plain, &saved.reference);
    page.field("look", &saved.look);
    for command in &saved.restore {
        page.field("restore", command);
    }
}
