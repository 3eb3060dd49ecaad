//! "Worktree created": the lane of an issue is there, or one can be made; after the merge, it is gone.

use records::worktree_lane::Lane;
use records::{Condition, IssueNumber, Reason};

use super::answer::Finding;
use crate::lanes::Lanes;

/// What is known about the lanes.
pub(crate) struct LaneFacts<'a> {
    /// The issue.
    pub(crate) issue: IssueNumber,
    /// The lanes; the error says why nobody knows them.
    pub(crate) lanes: &'a Result<Lanes, String>,
    /// The base that a new lane would start from, such as `origin/main`.
    pub(crate) base: Option<&'a str>,
    /// The short name for the branch, from the document's name.
    pub(crate) slug: Option<&'a str>,
}

impl LaneFacts<'_> {
    fn known(&self, code: &str) -> Result<(Vec<&Lane>, bool), Finding> {
        match self.lanes {
            Ok(lanes) => Ok((lanes.of(self.issue), lanes.asked)),
            Err(why) => {
                let message = format!("the lanes are unknown: {why}");
                Err(unmet(code, Reason::new("lanes_unknown", message, "worktree-lane list")))
            }
        }
    }

    /// Whether there is one lane, whole, or none yet and a base to make it from.
    pub(crate) fn ready(&self) -> Finding {
        const CODE: &str = "lane_ready";
        let (lanes, asked) = match self.known(CODE) {
            Ok(known) => known,
            Err(finding) => return finding,
        };
        let issue = self.issue;
        match lanes.as_slice() {
            [] => self.can_be_made(CODE, asked),
            [lane] if lane.half_made => {
                let message =
                    format!("{} is being made, or the run that made it was killed", lane.path);
                let slug = lane.slug.as_deref().or(self.slug).unwrap_or("SLUG");
                let next = format!("worktree-lane add {issue} {slug}");
                unmet(CODE, Reason::new("lane_half_made", message, next))
            }
            [lane] if lane.missing => {
                let message = format!("git lists {}, and the folder is gone", lane.path);
                unmet(CODE, Reason::new("lane_missing", message, "worktree-lane list"))
            }
            [lane] => {
                let branch = lane.branch.as_deref().unwrap_or("no branch");
                let whose = if lane.lane.is_some() { "" } else { ", made by hand" };
                (Condition::met(CODE, format!("{} on {branch}{whose}", lane.path)), Vec::new())
            }
            several => {
                let paths: Vec<&str> = several.iter().map(|lane| lane.path.as_str()).collect();
                let message =
                    format!("issue {issue} has {} lanes: {}", paths.len(), paths.join(", "));
                unmet(CODE, Reason::new("lane_ambiguous", message, "worktree-lane list"))
            }
        }
    }

    fn can_be_made(&self, code: &str, asked: bool) -> Finding {
        let (issue, slug) = (self.issue, self.slug.unwrap_or("SLUG"));
        let Some(base) = self.base else {
            let message = "no branch main or master, here or on origin, to make a lane from";
            return unmet(code, Reason::without_step("lane_base_missing", message));
        };
        let how = if asked {
            format!("none yet: worktree-lane add {issue} {slug}")
        } else {
            format!(
                "none yet, and worktree-lane is not installed: git worktree add -b {issue}-{slug} DIR {base}"
            )
        };
        (Condition::met(code, how), Vec::new())
    }

    /// "Worktree removed".
    pub(crate) fn gone(&self) -> Finding {
        const CODE: &str = "lane_gone";
        let lanes = match self.known(CODE) {
            Ok((lanes, _)) => lanes,
            Err(finding) => return finding,
        };
        if lanes.is_empty() {
            return (Condition::met(CODE, "no worktree is the issue's"), Vec::new());
        }
        let there = |lane: &&Lane| {
            let next = match &lane.lane {
                Some(id) => format!("worktree-lane remove {id}"),
                None => "worktree-lane list".to_owned(),
            };
            Reason::new("lane_there", format!("{} is still there", lane.path), next)
        };
        let reasons: Vec<Reason> = lanes.iter().map(there).collect();
        let message: Vec<&str> = reasons.iter().map(|r| r.message.as_str()).collect();
        (Condition::unmet(CODE, message.join("; ")), reasons)
    }
}

/// A condition that one reason keeps from being met.
pub(super) fn unmet(code: &str, reason: Reason) -> Finding {
    (Condition::unmet(code, reason.message.clone()), vec![reason])
}
