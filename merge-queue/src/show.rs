//! What people see instead of JSON.

use cli::{Page, Tone};
use records::merge_queue::{
    LandRun, Landing, Readiness, Refused, ReleaseEvidence, Reversion, Route, Validation,
};
use records::{
    EvidenceResult, EvidenceSource, QueueEvent, ReturnedFor, Reverted, ReviewStatus, TaskId,
    TaskState,
};

/// The tone of a task's state.
pub(crate) fn state_tone(state: TaskState) -> Tone {
    match state {
        TaskState::Done => Tone::Good,
        TaskState::InProgress => Tone::Warn,
        TaskState::Blocked => Tone::Bad,
        TaskState::Todo => Tone::Plain,
    }
}

/// An event in a few words.
pub(crate) fn gist(event: &QueueEvent) -> String {
    if let Some(run) = &event.evidence {
        let result = match run.result {
            EvidenceResult::Pass => "pass",
            EvidenceResult::Fail => "fail",
        };
        let source = match run.source {
            EvidenceSource::Ran => "",
            EvidenceSource::Declared => "declared ",
        };
        let reason = run.reason.as_ref().or(run.note.as_ref());
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        return format!("{source}{result}: {} at {}{reason}", run.command, short(&run.commit));
    }
    if let Some(handoff) = &event.handoff {
        let (owner, branch, commit) = (&handoff.owner, &handoff.branch, short(&handoff.commit));
        return format!("{owner} hands over {branch} at {commit}");
    }
    if let Some(review) = &event.review {
        let status = match review.status {
            ReviewStatus::Approved => "approves",
            ReviewStatus::ChangesRequested => "asks for changes in",
        };
        let (reviewer, role, commit) = (&review.reviewer, &review.role, short(&review.commit));
        let note = review.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        return format!("{reviewer} as {role} {status} {commit}{note}");
    }
    if let Some(landing) = &event.landed {
        let (from, base, to) = (short(&landing.commit), &landing.base, short(&landing.base_after));
        return format!("{from} into {base}, {}: {to}", landing.strategy);
    }
    if event.returned.is_none()
        && let Some(Reverted { landing, step, .. }) = &event.reverted
    {
        return format!("{} undone by {}", short(landing), short(&step.base_after));
    }
    if let Some(returned) = &event.returned {
        let commit = short(&returned.commit);
        let what = match returned.why {
            ReturnedFor::Conflict => format!("conflicts in {}", returned.paths.join(", ")),
            ReturnedFor::Paths => format!("differs in {}", returned.paths.join(", ")),
            ReturnedFor::Reverted => {
                let reason = returned.reason.as_ref().map(|reason| format!(": {reason}"));
                format!("is out of the base again{}", reason.unwrap_or_default())
            }
            ReturnedFor::VerifyFailed => {
                let reason = returned.reason.as_deref().unwrap_or("it failed");
                format!("{}: {reason}", returned.command.as_deref().unwrap_or("verify"))
            }
        };
        return format!("{commit} {what}");
    }
    if let Some(freeze) = &event.frozen {
        let until = freeze.until.map(|until| format!("until {}: ", cli::clock::local(until)));
        return format!("{}{}", until.unwrap_or_default(), freeze.reason);
    }
    standing_gist(event)
}

/// Who works on it, and what was said about it.
fn standing_gist(event: &QueueEvent) -> String {
    if let Some(first) = event.added.first() {
        return match event.added.len() {
            1 => first.title.clone(),
            count => format!("{} and {} more", first.title, count - 1),
        };
    }
    let why = |reason: &Option<String>| {
        reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default()
    };
    if let Some(claim) = &event.claim {
        let (owner, role, until) = (&claim.owner, &claim.role, cli::clock::local(claim.until));
        let from = claim.took_over.as_ref().map(|old| format!(", taken over from {}", old.owner));
        return format!("{owner} as {role} until {until}{}", from.unwrap_or_default());
    }
    if let Some(release) = &event.release {
        return format!("{} gives it up{}", release.owner, why(&release.reason));
    }
    if let Some(change) = &event.status {
        let reopened = if change.reopened { "opened again, " } else { "" };
        let commit = change.commit.as_ref().map(|commit| format!(" with {}", short(commit)));
        let commit = commit.unwrap_or_default();
        return format!("{reopened}{}{commit}{}", change.to.as_str(), why(&change.reason));
    }
    String::new()
}

/// One event.
pub(crate) fn event(event: &QueueEvent, page: &mut Page) {
    let failed = event.evidence.as_ref().is_some_and(|run| run.result == EvidenceResult::Fail);
    let tone = if failed { Tone::Bad } else { Tone::Good };
    let of = event.task.as_ref().map_or_else(|| "the queue".into(), ToString::to_string);
    page.line(tone, format_args!("event {}: {} for {of}", event.seq, event.kind));
    page.field("what", gist(event));
    if let Some(handoff) = &event.handoff {
        page.field("changed", handoff.changed_files.join(", "));
    }
}

/// Whether a command failed that wrote something.
pub(crate) fn is_red(event: &QueueEvent) -> bool {
    let run = event.evidence.as_ref().filter(|run| run.result == EvidenceResult::Fail);
    run.is_some_and(|run| !run.output_tail.is_empty())
        || event.returned.as_ref().is_some_and(|returned| !returned.output_tail.is_empty())
}

/// What a command that was run wrote last.
pub(crate) fn output_tail(event: &QueueEvent, page: &mut Page) {
    let of_run = event.evidence.iter().map(|run| &run.output_tail);
    let of_landing = event.returned.iter().map(|returned| &returned.output_tail);
    for line in of_run.chain(of_landing).flat_map(|tail| tail.lines()) {
        page.line(Tone::Dim, format_args!("  | {line}"));
    }
}

/// A refusal.
pub(crate) fn refused(refused: &Refused, page: &mut Page) {
    page.line(Tone::Bad, format_args!("{}: {} refused", refused.task, refused.command));
    page.reasons(&refused.reasons);
}

/// A route.
pub(crate) fn route(route: &Route, page: &mut Page) {
    let (task, head) = (&route.task, short(&route.head));
    page.line(
        Tone::Strong,
        format_args!("{task} at {head} changes {} files", route.changed_files.len()),
    );
    for role in &route.required {
        let globs = role.globs.join(", ");
        page.field(&role.role, format_args!("{globs}: {}", role.paths.join(", ")));
    }
    if route.required.is_empty() {
        page.line(Tone::Plain, "  no route matches: no review is required");
    }
    page.field("diff", &route.diff_digest);
}

/// A readiness.
pub(crate) fn readiness(readiness: &Readiness, page: &mut Page) {
    if readiness.ready {
        page.line(Tone::Good, format_args!("{} may land", readiness.task));
    } else {
        page.line(Tone::Bad, format_args!("{} may not land", readiness.task));
    }
    page.conditions(&readiness.conditions);
    page.reasons(&readiness.reasons);
}

/// A landing.
pub(crate) fn landing(landing: &Landing, page: &mut Page) {
    let (task, base) = (&landing.task, &landing.base);
    match (landing.landed, landing.already, landing.dry_run) {
        (true, true, _) => page.line(Tone::Good, format_args!("{task} is in {base} already")),
        (true, false, _) => page.line(Tone::Good, format_args!("{task} landed in {base}")),
        (false, _, true) if landing.reasons.is_empty() => {
            page.line(Tone::Good, format_args!("{task} would land in {base}"));
        }
        (false, ..) => page.line(Tone::Bad, format_args!("{task} did not land in {base}")),
    }
    if let (Some(before), Some(after)) = (&landing.base_before, &landing.base_after) {
        page.field("base", format_args!("{} -> {}", short(before), short(after)));
    }
    for worktree in &landing.moved_worktrees {
        page.field("moved", worktree);
    }
    if let Some(verified) = &landing.verified {
        let flaky = if verified.flaky { ", on the second try" } else { "" };
        page.field("verified", format_args!("{}{flaky}", verified.command));
    }
    for gone in &landing.retired {
        page.field("retired", gone);
    }
    if let Some(returned) = &landing.returned {
        if !returned.paths.is_empty() {
            page.field("sent back for", returned.paths.join(", "));
        }
        if !returned.against.is_empty() {
            let against: Vec<&str> = returned.against.iter().map(TaskId::as_str).collect();
            page.field("against", against.join(", "));
        }
        for line in returned.output_tail.lines() {
            page.line(Tone::Dim, format_args!("  | {line}"));
        }
    }
    page.reasons(&landing.reasons);
    page.reasons(&landing.pending);
}

/// A call of `land` that is at work.
pub(crate) fn land_run(run: &LandRun, page: &mut Page) {
    let tasks: Vec<&str> = run.tasks.iter().map(TaskId::as_str).collect();
    let tasks = if tasks.is_empty() { "the base".into() } else { tasks.join(", ") };
    let (step, since) = (run.step.as_str(), cli::clock::local(run.step_since));
    let waiting = match run.waiting {
        0 => String::new(),
        count => format!("; {count} more wait"),
    };
    page.wrapped(Tone::Warn, format_args!("landing: {step} {tasks} since {since}{waiting}"));
    page.blank();
}

/// The evidence for a release.
pub(crate) fn release(release: &ReleaseEvidence, page: &mut Page) {
    let (source, count) = (short(&release.source), release.tasks.len());
    let tone = if release.complete { Tone::Good } else { Tone::Bad };
    let state = if release.complete { "complete" } else { "not complete" };
    page.line(tone, format_args!("{source} of {}: {count} tasks, {state}", release.base));
    for task in &release.tasks {
        let title = task.title.as_deref().unwrap_or_default();
        page.line(Tone::Strong, format_args!("{} at {}  {title}", task.task, short(&task.commit)));
        page.conditions(&task.conditions);
        for risk in &task.risks {
            page.field("risk", risk);
        }
    }
    for commit in &release.unaccounted {
        page.field("without the queue", commit);
    }
    for step in &release.rollback {
        let command = step.command.as_deref().unwrap_or_default();
        page.field("to take back", format_args!("{}  {command}", step.what));
    }
    page.reasons(&release.reasons);
}

/// A validation.
pub(crate) fn validation(validation: &Validation, page: &mut Page) {
    for mistake in &validation.mistakes {
        let (file, line, column) = (&mistake.file, mistake.line, mistake.column);
        page.line(Tone::Bad, format_args!("{file}:{line}:{column}: {}", mistake.message));
    }
    let (tasks, roles, routes) = (validation.tasks, validation.roles, validation.routes);
    let counts =
        format!("{tasks} tasks, {roles} roles, {routes} routes, {} events", validation.events);
    let (tone, found) = match validation.mistakes.len() {
        0 => (Tone::Good, "no mistakes".to_owned()),
        1 => (Tone::Bad, "1 mistake".into()),
        count => (Tone::Bad, format!("{count} mistakes")),
    };
    page.line(tone, format_args!("{}: {counts}: {found}", validation.file));
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// What `revert` did.
pub(crate) fn reversion(reversion: &Reversion, page: &mut Page) {
    let tasks: Vec<&str> = reversion.tasks.iter().map(TaskId::as_str).collect();
    let tasks = if tasks.is_empty() { reversion.asked.clone() } else { tasks.join(", ") };
    let base = &reversion.base;
    match (reversion.reverted, reversion.reasons.is_empty()) {
        (true, _) => page.line(Tone::Good, format_args!("{tasks}: out of {base} again")),
        (false, true) => page.line(Tone::Good, format_args!("{tasks}: would go out of {base}")),
        (false, false) => page.line(Tone::Bad, format_args!("{tasks}: still in {base}")),
    }
    for (label, value) in [
        ("before", &reversion.base_before),
        ("after", &reversion.base_after),
        ("tree", &reversion.tree),
    ] {
        if let Some(value) = value {
            page.field(label, value);
        }
    }
    if let Some(verified) = &reversion.verified {
        page.field("verified", &verified.command);
    }
    for line in reversion.output_tail.lines() {
        page.line(Tone::Dim, format_args!("  | {line}"));
    }
    page.reasons(&reversion.pending);
    page.reasons(&reversion.reasons);
}
