//! `lld-check coverage`.

mod project;

use cli::{Exit, Failure, Out, Progress};
use rayon::ThreadPoolBuilder;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use repo::Place;

use super::stdin;
use crate::projects::{self, Project};
use crate::show;
use project::{Covered, Source, cover};

/// How many projects are read at once, and so how many `gh` run. Each waits for the network most of the
/// time; GitHub asks for no more than 100 requests at a time.
const AT_ONCE: usize = 16;

/// Shows where every open issue of the projects with these `names`, or of all, stands.
pub(super) fn run(
    place: &Place,
    out: &mut Out,
    names: &[String],
    from_stdin: bool,
) -> Result<Exit, Failure> {
    let projects = projects::chosen(place, names)?;
    if from_stdin && projects.len() != 1 {
        let all: Vec<&str> = projects.iter().map(|project| project.name.as_str()).collect();
        return Err(Failure::usage("coverage -", "the list on stdin is that of one project")
            .hint(format!("say which with --project: {}", all.join(", "))));
    }
    let source = if from_stdin { Source::Stdin(stdin()?) } else { Source::Gh };

    let several = projects.len() > 1;
    let progress = Progress::start(if several { "reading the projects" } else { "reading" });
    let covered =
        if several { all_at_once(&projects, &source)? } else { one_by_one(&projects, &source) };
    drop(progress);

    let mut failures = Vec::new();
    let mut shown = Vec::with_capacity(covered.len());
    for (project, covered) in projects.iter().zip(covered) {
        let about = if several { format!("{}: ", project.name) } else { String::new() };
        for note in covered.notes {
            out.note(&format!("{about}{note}"));
        }
        for standing in &covered.standings {
            if out.is_json() {
                out.print(standing, |_, _| {})?;
            }
        }
        failures.extend(covered.failure.map(|failure| (project, failure)));
        shown.push(covered.standings);
    }
    out.page(|page| {
        let here = place.worktree();
        if let ([project], [standings]) = (projects.as_slice(), shown.as_slice()) {
            // A list that nobody has is no list without issues.
            let known = failures.is_empty() || !standings.is_empty();
            if known {
                show::coverage::one(project, standings, here, page);
            }
        } else {
            let unknown =
                |project: &Project| failures.iter().any(|(of, _)| of.name == project.name);
            show::coverage::several(&projects, &shown, here, unknown, page);
        }
    })?;
    if several {
        let exit = failures.first().map_or(Exit::Yes, |(_, failure)| failure.exit());
        for (project, failure) in failures {
            failure.render(&project.name).lines().for_each(|line| out.note(line.trim()));
        }
        return Ok(exit);
    }
    failures.pop().map_or(Ok(Exit::Yes), |(_, failure)| Err(failure))
}

fn one_by_one(projects: &[Project], source: &Source) -> Vec<Covered> {
    projects.iter().map(|project| cover(project, source)).collect()
}

fn all_at_once(projects: &[Project], source: &Source) -> Result<Vec<Covered>, Failure> {
    let pool = ThreadPoolBuilder::new().num_threads(AT_ONCE.min(projects.len())).build();
    let pool = pool.map_err(|error| Failure::world("cannot start threads", error))?;
    Ok(pool.install(|| projects.par_iter().map(|project| cover(project, source)).collect()))
}
