//! The system calls of a run that change something, and a run that is killed at one of them.
//!
//! `strace` kills a process as it enters its n-th call of a name, so what a call would have done is not
//! done. The tool's own calls are met by running it under `strace`. Its git children are met by a
//! `git` that comes first on `PATH`: it counts, and runs the one that is meant under `strace`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::ran::Ran;
use crate::scratch::Scratch;
use crate::tool::Tool;

/// Calls that may change something. Those that only may are told apart by their arguments.
const CALLS: &str = "openat,creat,write,pwrite64,writev,ftruncate,fsync,fdatasync,flock,rename,renameat,\
    renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,\
    copy_file_range,utimensat";

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// The tool alone; a git that it has started lives on.
    Tool,
    /// The n-th git that it starts; the tool lives on and sees that.
    Git(usize),
    /// That git, and the tool before it can do anything about it.
    Both(usize),
}

/// One kill.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kill {
    /// Who.
    pub whom: Whom,
    call: String,
    nth: usize,
}

/// Kills runs of one tool.
#[derive(Debug)]
pub struct Killer {
    dir: Scratch,
    tool: String,
}

/// What is set for a run of the tool besides its arguments: where it runs, and its home.
pub type Place<'a> = &'a dyn Fn(Tool) -> Tool;

impl Killer {
    /// Of the tool of that name. `None`, and the reason on stderr, where there is no `strace` or it may not
    /// be used.
    #[track_caller]
    pub fn new(tool: &str) -> Option<Self> {
        let probe = Tool::program("sh").args(["-c", "strace -qq -o /dev/null true"]).run();
        if probe.exit_code() != Some(0) {
            // Past the capture of the test harness: a run without it is no proof.
            let why = "left out, because there is no strace here";
            let mut stderr = std::io::stderr();
            std::io::Write::write_fmt(
                &mut stderr,
                format_args!("{why}: {}\n", probe.err().trim_end()),
            )
            .expect("say why on stderr");
            return None;
        }
        let dir = Scratch::new();
        let found = Tool::program("sh").args(["-c", "command -v git"]).run();
        let git = found.code(0).out().trim_end().to_owned();
        let script = format!(
            "printf x >> \"$KILL_DIR/count\"\n\
             n=$(wc -c < \"$KILL_DIR/count\")\n\
             case $KILL_GIT in\n\
             all) exec strace -f -qq -y -e trace={CALLS} -o \"$KILL_DIR/git.$n\" '{git}' \"$@\" ;;\n\
             $n) ;;\n\
             *) exec '{git}' \"$@\" ;;\n\
             esac\n\
             strace -f -qq -o /dev/null -e trace=$KILL_CALL -e inject=$KILL_CALL:signal=KILL:when=$KILL_NTH \
             '{git}' \"$@\"\n\
             status=$?\n\
             [ $status -eq 137 ] || exit $status\n\
             [ -z \"$KILL_BOTH\" ] || kill -KILL $PPID\n\
             kill -KILL $$"
        );
        dir.program("bin/git", &script);
        Some(Self { dir, tool: tool.into() })
    }

    /// The tool, with what is to go in front of it. Whatever it starts holds a lock for as long as it lives:
    /// [`Killer::wait_for_orphans`].
    fn tool(&self, front: &[&str], args: &[String], place: Place<'_>) -> Tool {
        fs::remove_file(self.dir.path("count")).ok();
        let program = Tool::program("flock").arg(self.dir.path("alive")).args(front);
        let program = program.arg(Tool::binary(&self.tool)).args(args);
        place(program.env("KILL_DIR", self.dir.root()).path_first(self.dir.path("bin")))
    }

    /// Waits until nothing lives any more that a killed run has started.
    #[track_caller]
    pub fn wait_for_orphans(&self) {
        Tool::program("flock").arg(self.dir.path("alive")).arg("true").run().code(0);
    }

    /// Every kill of a run with `args`, in the order of the calls. The run is made, and must end with
    /// `code`.
    #[track_caller]
    pub fn all(&self, args: &[String], place: Place<'_>, code: i32) -> Vec<Kill> {
        let own = self.dir.path("own");
        let trace = format!("trace={CALLS}");
        let front = ["strace", "-qq", "-y", "-e", &trace, "-o", own.to_str().expect("UTF-8")];
        self.tool(&front, args, place).env("KILL_GIT", "all").run().code(code);
        let mut kills: Vec<Kill> = calls(&own, false)
            .into_iter()
            .map(|(call, nth)| Kill { whom: Whom::Tool, call, nth })
            .collect();
        for git in (1..).take_while(|git| self.traced(*git).exists()) {
            for (call, nth) in calls(&self.traced(git), true) {
                for whom in [Whom::Git(git), Whom::Both(git)] {
                    kills.push(Kill { whom, call: call.clone(), nth });
                }
            }
            fs::remove_file(self.traced(git)).expect("remove a trace");
        }
        kills
    }

    fn traced(&self, git: usize) -> PathBuf {
        self.dir.path(format!("git.{git}"))
    }

    /// A run that is killed so.
    #[track_caller]
    pub fn kill(&self, args: &[String], place: Place<'_>, kill: &Kill) -> Ran {
        let inject = format!("inject={}:signal=KILL:when={}", kill.call, kill.nth);
        let trace = format!("trace={}", kill.call);
        let strace = ["strace", "-qq", "-e", trace.as_str(), "-e", &inject, "-o", "/dev/null"];
        let (front, git, both) = match kill.whom {
            Whom::Tool => (&strace[..], 0, ""),
            Whom::Git(git) => (&[][..], git, ""),
            Whom::Both(git) => (&[][..], git, "yes"),
        };
        let program = self.tool(front, args, place).env("KILL_GIT", git.to_string());
        let program = program.env("KILL_CALL", &kill.call).env("KILL_NTH", kill.nth.to_string());
        program.env("KILL_BOTH", both).run()
    }
}

/// What a scratch directory held, to come back to.
#[derive(Debug)]
pub struct Before(Scratch);

impl Before {
    /// As it is now.
    #[track_caller]
    pub fn of(scratch: &Scratch) -> Self {
        let before = Self(Scratch::new());
        copy(scratch.root(), before.0.root());
        before
    }

    /// Makes it so again.
    #[track_caller]
    pub fn again(&self, scratch: &Scratch) {
        copy(self.0.root(), scratch.root());
    }
}

#[track_caller]
fn copy(from: &Path, to: &Path) {
    let clear = "find \"$1\" -mindepth 1 -maxdepth 1 -exec rm -rf -- {} + && cp -a -- . \"$1\"";
    Tool::program("sh").args(["-c", clear, "sh"]).arg(to).dir(from).run().code(0);
}

/// The calls of a trace that change a file: their names, and which call of that name it is. Of
/// several processes each counts for itself.
fn calls(trace: &Path, processes: bool) -> Vec<(String, usize)> {
    let text = fs::read(trace).expect("read a trace");
    let (mut counts, mut seen, mut found) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
    for line in String::from_utf8_lossy(&text).lines() {
        let (process, line) = match line.split_once(' ') {
            Some((process, rest)) if processes => (process, rest.trim_start()),
            _ => ("", line),
        };
        let Some((call, rest)) = line.split_once('(') else { continue };
        if call.contains(' ') || call.starts_with('<') {
            continue;
        }
        let count: &mut usize = counts.entry((process.to_owned(), call.to_owned())).or_default();
        *count += 1;
        if changes(call, rest) && seen.insert((call.to_owned(), *count)) {
            found.push((call.to_owned(), *count));
        }
    }
    found
}

/// Whether a call with these arguments and this result changes a file, or is the first after a change.
fn changes(call: &str, rest: &str) -> bool {
    match call {
        "openat" => ["O_CREAT", "O_TRUNC"].iter().any(|flag| rest.contains(flag)),
        "write" | "pwrite64" | "writev" => {
            let file = rest.split_once('<').map_or("", |(_, file)| file);
            file.starts_with('/') && !file.starts_with("/dev/") || rest.starts_with("1<")
        }
        _ => true,
    }
}
