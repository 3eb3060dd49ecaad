//! The subcommands, one file each.

mod add;
mod claim;
mod evidence;
mod export;
pub(crate) mod freeze;
mod git_check;
mod handoff;
mod init;
mod log;
mod look;
pub(crate) mod merge_ready;
mod next;
mod promote;
mod prune_stale;
mod ready;
mod recover;
mod review;
mod route_review;
mod set_status;
mod status;
mod under_lock;
mod validate;

use cli::{Exit, Failure, Out};
use records::Reason;
use records::merge_queue::Refused;

use crate::args::{Args, Command};
use crate::desk::Desk;
use crate::rules::definitions::Task;
use crate::{land, show};

/// Runs what was asked for.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let desk = Desk::open(&args.repo, args.actor)?;
    if args.show_config {
        return show_config(&desk, out);
    }
    let answer = match args.command {
        Some(Command::Validate) => validate::run(&desk, out),
        Some(Command::Status) => status::run(&desk, out),
        Some(Command::Ready(args)) => ready::run(&desk, &args, out),
        Some(Command::Next(args)) => next::run(&desk, &args, out),
        Some(Command::GitCheck) => git_check::run(&desk, out),
        Some(Command::PruneStale(args)) => prune_stale::run(&desk, &args, out),
        Some(Command::Log(args)) => log::run(&desk, &args, out),
        Some(Command::Recover(args)) => recover::run(&desk, &args, out),
        Some(Command::Add(args)) => add::add(&desk, args, out),
        Some(Command::Import(args)) => add::import(&desk, &args, out),
        Some(Command::Export) => export::run(&desk, out),
        Some(Command::Claim(args)) => claim::claim(&desk, &args, out),
        Some(Command::Renew(args)) => claim::renew(&desk, &args, out),
        Some(Command::Release(args)) => claim::release(&desk, &args, out),
        Some(Command::SetStatus(args)) => set_status::run(&desk, args, out),
        Some(Command::Evidence(args)) => evidence::run(&desk, &args, out),
        Some(Command::Handoff(args)) => handoff::run(&desk, args, out),
        Some(Command::RouteReview(args)) => route_review::run(&desk, &args, out),
        Some(Command::Review(args)) => review::run(&desk, args, out),
        Some(Command::MergeReady(args)) => merge_ready::run(&desk, &args, out),
        Some(Command::Revert(args)) => land::revert::run(&desk, &args, out),
        Some(Command::Freeze(args)) => freeze::freeze(&desk, args, out),
        Some(Command::Init(args)) => init::run(&desk, &args, out),
        Some(Command::Thaw) => freeze::thaw(&desk, out),
        Some(Command::Promote(args)) => promote::run(&desk, &args, out),
        Some(Command::Land(args)) => land::run(&desk, &args, out),
        None => Err(Failure::usage("what to do", "no command was given")
            .hint("merge-queue --help lists the commands")),
    };
    desk.keep_index();
    answer
}

fn show_config(desk: &Desk, out: &mut Out) -> Result<Exit, Failure> {
    cli::print_settings(&desk.written()?.settings(out.tool()), out)
}

/// Prints why `command` recorded nothing.
fn refuse(
    task: &Task,
    command: &str,
    reasons: Vec<Reason>,
    out: &mut Out,
) -> Result<Exit, Failure> {
    let refused = Refused { task: task.id.to_string(), command: command.into(), reasons };
    out.print(&refused, show::refused)?;
    Ok(Exit::No)
}
