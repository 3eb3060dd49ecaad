//! Cross-reference validation of the definitions: all mistakes at once, each with its place
//! (runbook v2, section 5, "queue definition/state/cross-reference validation").

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use records::merge_queue::Mistake;
use records::{IssueNumber, TaskId, check_ref_part};
use serde_saphyr::{Location, Spanned};

use crate::rules::definitions::{
    Definitions, Part, ReviewRoute, Role, Task, Written, WrittenRoute, WrittenTask,
};
use crate::rules::globs::Globs;
use crate::rules::policy::Policy;

/// Checks what is written in `file`, which names no other file.
#[cfg(test)]
pub(crate) fn check(file: &Path, written: Written) -> Definitions {
    check_all(file, written, Vec::new())
}

/// Checks what is written in `file` and in the files that it names. Nothing that is wrong is guessed at: it
/// is listed and left out.
pub(crate) fn check_all(file: &Path, written: Written, named: Vec<(String, Part)>) -> Definitions {
    let Written { base, strategy, files: _, roles, tasks, routes, policy } = written;
    let mut files = vec![file.display().to_string()];
    let mut parts = vec![Part { roles, tasks, routes, policy }];
    for (file, part) in named {
        files.push(file);
        parts.push(part);
    }
    let mut mistakes = Mistakes { files, part: 0, found: Vec::new() };
    let roles = all_roles(&parts, &mut mistakes);
    let tasks = all_tasks(&parts, &roles, &mut mistakes);
    cycles(&parts, &mut mistakes);
    mistakes.part = 0;
    if let Some(base) = base.as_ref().filter(|base| !is_branch(&base.value)) {
        let why = format!("'{}' is not the name of a branch", base.value);
        mistakes.add("bad_base", base.referenced, why);
    }
    let mut routes = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        mistakes.part = place;
        routes.extend(part.routes.iter().map(|route| checked_route(route, &roles, &mut mistakes)));
    }
    let (policy, lease, stalled_after) = the_policy(&parts, &mut mistakes);
    mistakes.found.sort_by_key(|(part, mistake)| (*part, mistake.line, mistake.column));
    Definitions {
        file: file.into(),
        sources: Vec::new(),
        base: base.map(|base| base.value),
        strategy,
        roles,
        tasks,
        routes,
        lease,
        policy,
        stalled_after,
        mistakes: mistakes.found.into_iter().map(|(_, mistake)| mistake).collect(),
    }
}

/// The policy of the one file that has it, or what holds without one; and its times.
fn the_policy(parts: &[Part], mistakes: &mut Mistakes) -> (Policy, Duration, Duration) {
    let mut written = parts
        .iter()
        .enumerate()
        .filter_map(|(place, part)| part.policy.as_ref().map(|policy| (place, policy)));
    let Some((place, policy)) = written.next() else {
        return (Policy::default(), LEASE, STALLED_AFTER);
    };
    for (again, policy) in written {
        mistakes.part = again;
        let why = format!("there is a policy in {} already", mistakes.file(place));
        mistakes.add("duplicate_policy", policy.referenced, why);
    }
    mistakes.part = place;
    let policy = &policy.value;
    if let Some(allowed) = policy.self_approval.as_ref().filter(|p| p.value) {
        let why = "nobody approves their own work: write false or leave the key out";
        mistakes.add("self_approval_allowed", allowed.referenced, why.into());
    }
    if let Some(verify) = &policy.verify
        && let Some(why) = no_command(&verify.value)
    {
        mistakes.add("bad_verify", verify.referenced, format!("the verify command {why}"));
    }
    let lease = time(policy.lease.as_ref(), LEASE, "bad_lease", mistakes);
    let stalled_after = policy.stalled_after.as_ref();
    let stalled_after = time(stalled_after, STALLED_AFTER, "bad_stalled_after", mistakes);
    (policy.clone(), lease, stalled_after)
}

/// How long a claim holds unless the file says otherwise.
const LEASE: Duration = Duration::from_hours(2);
/// How long an agent may be silent unless the file says otherwise.
const STALLED_AFTER: Duration = Duration::from_mins(30);

/// The length of time that is written, which must be some, or what holds without it.
fn time(
    written: Option<&Spanned<String>>,
    otherwise: Duration,
    code: &str,
    mistakes: &mut Mistakes,
) -> Duration {
    let Some(written) = written else { return otherwise };
    match cli::parse_duration(&written.value) {
        Ok(time) if !time.is_zero() => time,
        Ok(_) => {
            mistakes.add(code, written.referenced, format!("'{}' is no time", written.value));
            otherwise
        }
        Err(why) => {
            mistakes.add(code, written.referenced, why);
            otherwise
        }
    }
}

/// What is wrong, by the file that is being looked at.
struct Mistakes {
    files: Vec<String>,
    part: usize,
    found: Vec<(usize, Mistake)>,
}

impl Mistakes {
    fn add(&mut self, code: &str, at: Location, message: String) {
        let (file, code) = (self.file(self.part).to_owned(), code.into());
        let mistake = Mistake { code, file, line: at.line(), column: at.column(), message };
        self.found.push((self.part, mistake));
    }

    fn file(&self, part: usize) -> &str {
        self.files.get(part).map_or("", String::as_str)
    }

    /// A place for a sentence about the file that is being looked at.
    fn place(&self, (part, line): (usize, u64)) -> String {
        if part == self.part {
            format!("line {line}")
        } else {
            format!("{}:{line}", self.file(part))
        }
    }
}

fn all_roles(parts: &[Part], mistakes: &mut Mistakes) -> BTreeMap<String, Role> {
    let mut roles = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for (place, part) in parts.iter().enumerate() {
        mistakes.part = place;
        for (name, role) in &part.roles.0 {
            if let Err(why) = check_ref_part(&name.value) {
                mistakes.add("bad_role", name.referenced, why.to_string());
            }
            let at = (place, name.referenced.line());
            if let Some(first) = seen.get(&name.value) {
                let first = mistakes.place(*first);
                let why = format!("the role '{}' is defined already in {first}", name.value);
                mistakes.add("duplicate_role", name.referenced, why);
                continue;
            }
            seen.insert(name.value.clone(), at);
            roles.insert(name.value.clone(), role.clone());
        }
    }
    roles
}

fn all_tasks(parts: &[Part], roles: &BTreeMap<String, Role>, mistakes: &mut Mistakes) -> Vec<Task> {
    let written = parts.iter().flat_map(|part| &part.tasks);
    let ids: BTreeSet<&str> = written.map(|task| task.id.value.as_str()).collect();
    let mut seen = Seen::default();
    let mut tasks = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        mistakes.part = place;
        for task in &part.tasks {
            tasks.extend(checked(task, roles, &ids, &mut seen, mistakes));
        }
    }
    tasks
}

/// Where ids and issues were first used.
#[derive(Default)]
struct Seen {
    ids: BTreeMap<String, (usize, u64)>,
    issues: BTreeMap<u64, (usize, u64)>,
}

fn checked(
    task: &WrittenTask,
    roles: &BTreeMap<String, Role>,
    ids: &BTreeSet<&str>,
    seen: &mut Seen,
    mistakes: &mut Mistakes,
) -> Option<Task> {
    let id = task.id.value.parse::<TaskId>();
    if let Err(why) = &id {
        mistakes.add("bad_id", task.id.referenced, why.to_string());
    }
    let at = (mistakes.part, task.id.referenced.line());
    let first = seen.ids.insert(task.id.value.clone(), at);
    if let Some(first) = first {
        let first = mistakes.place(first);
        let why = format!("the id '{}' is used already in {first}", task.id.value);
        mistakes.add("duplicate_id", task.id.referenced, why);
    }
    let issue = task.issue.as_ref().and_then(|issue| checked_issue(issue, seen, mistakes));
    let role = task.role.as_ref().filter(|role| known(role, roles, mistakes));
    for dependency in task.depends_on.iter().filter(|d| !ids.contains(d.value.as_str())) {
        let why =
            format!("'{}' depends on '{}', which is no task", task.id.value, dependency.value);
        mistakes.add("unknown_dependency", dependency.referenced, why);
    }
    for check in &task.acceptance_checks {
        if let Some(why) = no_command(&check.value) {
            mistakes.add("bad_check", check.referenced, format!("an acceptance check {why}"));
        }
    }
    compile(&task.paths, mistakes);
    Some(Task {
        id: id.ok().filter(|_| first.is_none())?,
        issue,
        title: task.title.split_whitespace().collect::<Vec<_>>().join(" "),
        role: role.map(|role| role.value.clone()),
        priority: task.priority,
        sequence: task.sequence,
        depends_on: task.depends_on.iter().filter_map(|d| d.value.parse().ok()).collect(),
        acceptance_checks: task.acceptance_checks.iter().map(|c| c.value.clone()).collect(),
        paths: task.paths.iter().map(|path| path.value.clone()).collect(),
        notes: task.notes.clone(),
        added_by: None,
    })
}

fn checked_issue(
    issue: &Spanned<u64>,
    seen: &mut Seen,
    mistakes: &mut Mistakes,
) -> Option<IssueNumber> {
    let at = issue.referenced;
    let number = issue.value.to_string().parse::<IssueNumber>();
    if let Err(why) = &number {
        mistakes.add("bad_issue", at, why.to_string());
    }
    if let Some(first) = seen.issues.insert(issue.value, (mistakes.part, at.line())) {
        let first = mistakes.place(first);
        let why = format!("issue {} has a task already in {first}", issue.value);
        mistakes.add("duplicate_issue", at, why);
        return None;
    }
    number.ok()
}

fn known(role: &Spanned<String>, roles: &BTreeMap<String, Role>, mistakes: &mut Mistakes) -> bool {
    let known = roles.contains_key(&role.value);
    if !known {
        let names = roles.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let why = format!("'{}' is no role; the roles are: {names}", role.value);
        mistakes.add("unknown_role", role.referenced, why);
    }
    known
}

fn checked_route(
    route: &WrittenRoute,
    roles: &BTreeMap<String, Role>,
    mistakes: &mut Mistakes,
) -> ReviewRoute {
    let place = route.globs.first().or(route.roles.first()).map(|text| text.referenced);
    if route.globs.is_empty() || route.roles.is_empty() {
        let why = "a route needs at least one glob and one role";
        mistakes.add("empty_route", place.unwrap_or(Location::UNKNOWN), why.into());
    }
    for role in &route.roles {
        if known(role, roles, mistakes) && !roles.get(&role.value).is_some_and(|role| role.reviewer)
        {
            let why = format!("'{}' is no reviewer: give the role 'reviewer: true'", role.value);
            mistakes.add("no_reviewer", role.referenced, why);
        }
    }
    let roles = route.roles.iter().map(|role| role.value.clone()).collect();
    ReviewRoute { globs: compile(&route.globs, mistakes), roles }
}

fn compile(globs: &[Spanned<String>], mistakes: &mut Mistakes) -> Globs {
    let mut compiled = Globs::default();
    for glob in globs {
        if let Err(why) = compiled.add(&glob.value) {
            mistakes.add("bad_glob", glob.referenced, why);
        }
    }
    compiled
}

/// Why the text is no command that could be run.
pub(crate) fn no_command(text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        Some("is empty")
    } else if text.contains('\0') {
        Some("has a NUL character, which no command can be given")
    } else {
        None
    }
}

/// Whether git would take `name` for a branch (`git help check-ref-format`).
fn is_branch(name: &str) -> bool {
    let odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let part = |part: &str| {
        let lock = part.as_bytes().strip_suffix(b".lock").is_some();
        !(part.is_empty() || part.starts_with('.') || lock)
    };
    !name.starts_with('-')
        && !name.ends_with('.')
        && !name.contains(odd)
        && !name.contains("..")
        && !name.contains("@{")
        && name.split('/').all(part)
}

/// Reports every circle of dependencies once, at the entry that closes it.
fn cycles(parts: &[Part], mistakes: &mut Mistakes) {
    // What is left after tasks without open dependencies are taken away, again and again, is in a
    // circle or waits for one.
    let mut left: BTreeMap<&str, (usize, &WrittenTask)> = BTreeMap::new();
    for (place, part) in parts.iter().enumerate() {
        left.extend(part.tasks.iter().map(|task| (task.id.value.as_str(), (place, task))));
    }
    let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for (id, (_, task)) in &left {
        let ids = task.depends_on.iter().map(|d| d.value.as_str());
        for dependency in ids.filter(|d| left.contains_key(d)) {
            waiting.entry(dependency).or_default().push(id);
            *open.entry(id).or_default() += 1;
        }
    }
    let mut free: Vec<&str> = left.keys().filter(|id| !open.contains_key(*id)).copied().collect();
    while let Some(id) = free.pop() {
        left.remove(id);
        for waits in waiting.remove(id).unwrap_or_default() {
            if let Some(count) = open.get_mut(waits) {
                *count -= 1;
                free.extend((*count == 0).then_some(waits));
            }
        }
    }
    while let Some((_, start)) = left.first_key_value() {
        let mut path: Vec<(usize, &WrittenTask)> = vec![*start];
        let (part, closing) = loop {
            // Every task that is left has a dependency that is left.
            let Some((next, part, entry)) = path.last().and_then(|(part, task)| {
                let open = |d: &&Spanned<String>| left.contains_key(d.value.as_str());
                let entry = task.depends_on.iter().find(open)?;
                Some((*left.get(entry.value.as_str())?, *part, entry))
            }) else {
                return;
            };
            if let Some(at) = path.iter().position(|(_, t)| t.id.value == next.1.id.value) {
                path.drain(..at);
                break (part, entry);
            }
            path.push(next);
        };
        let mut names: Vec<&str> = path.iter().map(|(_, task)| task.id.value.as_str()).collect();
        left.retain(|id, _| !names.contains(id));
        names.push(closing.value.as_str());
        mistakes.part = part;
        let why = format!("tasks wait for each other: {}", names.join(" -> "));
        mistakes.add("dependency_cycle", closing.referenced, why);
        // Whoever only waited for this circle is no circle.
        while let Some(id) = left
            .iter()
            .find(|(_, (_, t))| !t.depends_on.iter().any(|d| left.contains_key(d.value.as_str())))
            .map(|(id, _)| *id)
        {
            left.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definitions(text: &str) -> Definitions {
        let file = Path::new("switchyard.yaml");
        let written = config::parse::<Written>(file, text).unwrap().unwrap();
        check(file, written)
    }

    fn mistakes(text: &str) -> Vec<(String, u64)> {
        definitions(text).mistakes.into_iter().map(|m| (m.code, m.line)).collect()
    }

    #[test]
    fn a_sound_file_has_no_mistakes() {
        let found = definitions(
            "queue:\n  base: origin/main\n  roles:\n    A: {}\n    D: {reviewer: true}\n    E:\n  tasks:\n    - {id: one, issue: 98, title: One, role: A, acceptance_checks: [make test]}\n    - {id: two, title: Two, depends_on: [one]}\n  routes:\n    - {globs: ['docs/**'], roles: [D]}\n",
        );
        assert_eq!(found.mistakes, []);
        assert_eq!(found.task("98").map(|t| t.id.as_str()), Some("one"));
        assert_eq!(found.task("#98").map(|t| t.id.as_str()), Some("one"));
        assert_eq!(found.task("two").map(|t| t.priority), Some(10));
        assert!(found.task("97").is_none() && found.task("On").is_none());
    }

    #[test]
    fn every_mistake_is_named_with_its_line() {
        let found = mistakes(
            "queue:\n  policy: {self_approval: true, lease: soon, stalled_after: 0s, verify: ' '}\n  roles:\n    A: {}\n    'a b': {}\n  tasks:\n    - id: one\n      issue: 7\n      title: One\n      role: B\n    - id: one\n      issue: 7\n      title: Again\n      depends_on: [none]\n    - id: 9x\n      issue: 0\n      title: Bad\n      acceptance_checks: ['', \"a\\0\"]\n      paths: ['/x']\n  routes:\n    - globs: ['a{']\n      roles: [A, Z]\n    - globs: []\n      roles: [A]\n",
        );
        let expected = [
            ("self_approval_allowed", 2),
            ("bad_lease", 2),
            ("bad_stalled_after", 2),
            ("bad_verify", 2),
            ("bad_role", 5),
            ("unknown_role", 10),
            ("duplicate_id", 11),
            ("duplicate_issue", 12),
            ("unknown_dependency", 14),
            ("bad_id", 15),
            ("bad_issue", 16),
            ("bad_check", 18),
            ("bad_check", 18),
            ("bad_glob", 19),
            ("bad_glob", 21),
            ("no_reviewer", 22),
            ("unknown_role", 22),
            ("empty_route", 24),
            ("no_reviewer", 24),
        ];
        let found: Vec<(&str, u64)> = found.iter().map(|(c, l)| (c.as_str(), *l)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_base_that_is_no_branch_is_a_mistake() {
        let found = |base: &str| mistakes(&format!("queue:\n  base: {base:?}\n  tasks: []\n"));
        for base in ["", "-f", "origin/", "/main", "a b", "a..b", "a~1", "a@{0}", ".a", "a.lock"] {
            assert_eq!(found(base), [("bad_base".to_owned(), 2)], "{base}");
        }
        for base in ["main", "origin/main", "up/stream/release-1.2", "größe", "a@b", "$x"] {
            assert_eq!(found(base), [], "{base}");
        }
    }

    #[test]
    fn a_circle_is_reported_once_and_who_waits_for_it_is_not() {
        let text = "queue:\n  tasks:\n    - {id: a, title: a, depends_on: [b]}\n    - {id: b, title: b, depends_on: [c]}\n    - {id: c, title: c, depends_on: [a]}\n    - {id: d, title: d, depends_on: [a]}\n    - {id: e, title: e, depends_on: [e]}\n";
        let found = definitions(text).mistakes;
        let messages: Vec<&str> = found.iter().map(|m| m.message.as_str()).collect();
        assert_eq!(
            messages,
            ["tasks wait for each other: a -> b -> c -> a", "tasks wait for each other: e -> e"]
        );
        assert_eq!(found.iter().map(|m| m.line).collect::<Vec<_>>(), [5, 7]);
    }
}
