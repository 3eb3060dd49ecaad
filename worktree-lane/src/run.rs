//! From the arguments to the command.

use cli::{Exit, Failure, Out};

use crate::actor::actor;
use crate::args::{Args, Command, Trash};
use crate::here::Here;
use crate::settings;
use crate::{
    add, by_hand, claim, exec, list, path, preflight, prune, recover, remove, repair, reuse, save,
    status, sync, trash,
};

/// Runs the tool.
pub(crate) fn run(args: Args, out: &mut Out) -> Result<Exit, Failure> {
    let here = Here::find(&args.repo)?;
    let actor = actor(args.actor.as_deref());
    if args.show_config {
        return show_config(&here, out);
    }
    let Some(command) = args.command else {
        return Err(Failure::usage("what to do", "no command was given")
            .hint("worktree-lane --help lists the commands"));
    };
    match command {
        Command::List(list) => list::run(&here, list.all, out),
        Command::Status(asked) => status::run(&here, &asked, out),
        Command::Path(path) => path::run(&here, &path.lane, out),
        Command::Preflight(asked) => preflight::run(&here, &asked, out),
        Command::Trash(Trash::List) => trash::list::run(&here, out),
        Command::Add(add) => {
            recover::unfinished(&here, &actor, out)?;
            add::run(&here, &actor, &add, out)
        }
        Command::Claim(asked) => claim::claim(&here, &actor, &asked, out),
        Command::Renew(asked) => claim::renew(&here, &actor, &asked, out),
        Command::Release(asked) => claim::release(&here, &actor, &asked, out),
        Command::Exec(asked) => exec::run(&here, &asked, out),
        Command::Lock(asked) => by_hand::lock(&here, &actor, &asked, out),
        Command::Unlock(asked) => by_hand::unlock(&here, &actor, &asked, out),
        Command::Remove(remove) => {
            recover::unfinished(&here, &actor, out)?;
            remove::run(&here, &actor, &remove.lanes, out)
        }
        Command::Save(asked) => {
            recover::unfinished(&here, &actor, out)?;
            save::run(&here, &actor, &asked, out)
        }
        Command::Reuse(asked) => {
            recover::unfinished(&here, &actor, out)?;
            reuse::run(&here, &actor, &asked, out)
        }
        Command::Sync(asked) => {
            recover::unfinished(&here, &actor, out)?;
            sync::run(&here, &actor, &asked, out)
        }
        Command::Prune(asked) => {
            if asked.apply {
                recover::unfinished(&here, &actor, out)?;
            }
            prune::run(&here, &actor, asked.apply, out)
        }
        Command::Repair(asked) => repair::run(&here, &actor, &asked, out),
        Command::Trash(Trash::Empty(asked)) => {
            if !asked.dry_run {
                recover::unfinished(&here, &actor, out)?;
            }
            trash::empty::run(&here, &actor, &asked, out)
        }
        Command::Trash(Trash::Restore { name }) => {
            recover::unfinished(&here, &actor, out)?;
            trash::restore::run(&here, &actor, &name, out)
        }
    }
}

fn show_config(here: &Here, out: &mut Out) -> Result<Exit, Failure> {
    cli::print_settings(&config::shown(out.tool(), &settings::load(here)?), out)
}
