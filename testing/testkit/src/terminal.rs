//! A terminal: what a person sees, and types.

use std::fs::File;
use std::io::Read as _;
use std::process::{Child, Command};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::Tool;

/// A pseudo-terminal of 40 rows. As a file, [`Terminal::screen`] gives what programs print and takes what
/// a person types.
#[derive(Debug)]
pub struct Terminal {
    /// The side of the person.
    pub screen: File,
    tool_side: Option<File>,
}

impl Terminal {
    /// A terminal of so many columns.
    #[track_caller]
    pub fn of_columns(columns: u16) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let screen = openpt(flags).expect("open a terminal");
        grantpt(&screen).expect("grant a terminal");
        unlockpt(&screen).expect("unlock a terminal");
        let size = Winsize { ws_row: 40, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&screen, size).expect("set the size of a terminal");
        let name = ptsname(&screen, Vec::new()).expect("the name of a terminal");
        let name = name.to_str().expect("a name in ASCII");
        let tool_side = File::options().read(true).write(true).open(name);
        let tool_side = Some(tool_side.expect("open the side of the tool"));
        Self { screen: File::from(screen), tool_side }
    }

    /// What a program that [`Terminal::start`] starts gets as stdin, stdout or stderr.
    #[track_caller]
    pub fn for_tool(&self) -> File {
        let file = self.tool_side.as_ref().expect("no program was started on it before");
        file.try_clone().expect("another handle of the terminal")
    }

    /// Starts a program that was given the terminal, and keeps no handle that would hold it open.
    #[track_caller]
    #[expect(clippy::disallowed_methods, reason = "a terminal cannot be given to repo::Program")]
    pub fn start(&mut self, mut command: Command) -> Child {
        self.tool_side = None;
        command.spawn().expect("start a program on a terminal")
    }

    /// Everything until `needle` shows, or until the terminal is closed.
    pub fn read_until(&mut self, needle: &str) -> String {
        self.read_while(|seen| !seen.contains(needle))
    }

    /// Everything that a tool shows on stdout and stderr until it ends, its lines ended by `\n` alone.
    #[track_caller]
    pub fn run(mut self, tool: &Tool) -> String {
        let (mut command, home) = tool.command();
        command.stdout(self.for_tool()).stderr(self.for_tool());
        let mut child = self.start(command);
        let seen = self.read_while(|_| true);
        child.wait().expect("wait for a tool");
        drop(home);
        seen.replace("\r\n", "\n")
    }

    fn read_while(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        let mut seen = Vec::new();
        let mut buffer = [0; 1024];
        while wanted(&String::from_utf8_lossy(&seen)) {
            // It is an error, and not the end of a file, when the last program has gone.
            match self.screen.read(&mut buffer) {
                Ok(0) | Err(_) => break,
                Ok(read) => seen.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            }
        }
        String::from_utf8_lossy(&seen).into_owned()
    }
}
