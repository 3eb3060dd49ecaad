//! Running a command line the way a person or a script would.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetwinsize, tcsetwinsize};

use crate::{Outcome, World};

/// Where the output of a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// A terminal: the tools print tables, as a person sees them.
    Terminal,
    /// Pipes: the tools print JSON, as programs read it.
    Pipes,
}

/// Runs `line` with `sh` in the project of `world`.
pub fn run(world: &World, line: &str, ends: Ends) -> io::Result<Outcome> {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(world.project()).stdin(Stdio::null());
    world.environment(&mut command);
    match ends {
        Ends::Terminal => on_terminal(command),
        Ends::Pipes => on_pipes(command),
    }
}

fn on_pipes(mut command: Command) -> io::Result<Outcome> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[expect(clippy::disallowed_methods, reason = "plays a shell, not a tool")]
    let output = command.output()?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let seen = format!("{}{stdout}", String::from_utf8_lossy(&output.stderr));
    Ok(Outcome { code: output.status.code(), seen, stdout, ends: Ends::Pipes })
}

fn on_terminal(mut command: Command) -> io::Result<Outcome> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?;
    let name = name.to_str().map_err(io::Error::other)?.to_owned();
    let slave: OwnedFd = File::options().read(true).write(true).open(name)?.into();
    // As wide as the reader's, less the indentation of the output.
    let wide = tcgetwinsize(io::stdout()).map_or(100, |size| size.ws_col.saturating_sub(4));
    let size = Winsize { ws_row: 50, ws_col: wide, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(&slave, size)?;

    command.env("TERM", "xterm-256color").stdout(slave.try_clone()?).stderr(slave);
    #[expect(clippy::disallowed_methods, reason = "plays a shell, not a tool")]
    let mut child = command.spawn()?;
    // Only the children hold the terminal now, so reading ends when the last of them ends.
    drop(command);
    let mut seen = Vec::new();
    let mut screen = File::from(master);
    let mut buffer = [0; 4096];
    loop {
        match screen.read(&mut buffer) {
            // Linux says EIO when the last holder of a terminal is gone.
            Ok(0) | Err(_) => break,
            Ok(read) => seen.extend_from_slice(buffer.get(..read).unwrap_or_default()),
        }
    }
    let status = child.wait()?;
    let seen = String::from_utf8_lossy(&seen).replace("\r\n", "\n");
    let stdout = seen.clone();
    Ok(Outcome { code: status.code(), seen, stdout, ends: Ends::Terminal })
}
