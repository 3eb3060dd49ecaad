//! `docs/reference/`: the interface of each tool is its `--help`; the notes around it are written
//! by hand.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cli::{Exit, Failure};
use repo::Program;

/// The tools that have a page.
pub const TOOLS: [&str; 6] =
    ["gemini-retry", "view-audit", "consolidate", "lld-check", "worktree-lane", "merge-queue"];

const BEGIN: &str = "<!-- generated: make docs -->\n";
const END: &str = "<!-- end of generated -->\n";

/// Every reference page with its content, by path below `docs/`: the page as it is on disk, with
/// the part between the two marks made anew.
pub fn reference_pages(docs: &Path, bin: &Path) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut pages = BTreeMap::new();
    for tool in TOOLS {
        let path = Path::new("reference").join(format!("{tool}.md"));
        let page = page_text(docs, &path)?;
        pages.insert(path.clone(), splice(&path, &page, &interface(tool, bin)?)?);
    }
    let path = Path::new("reference").join("exit-codes.md");
    let page = page_text(docs, &path)?;
    pages.insert(path.clone(), splice(&path, &page, &exit_codes())?);
    Ok(pages)
}

fn page_text(docs: &Path, path: &Path) -> Result<String, Failure> {
    let file = docs.join(path);
    std::fs::read_to_string(&file).map_err(|e| {
        Failure::io("cannot read", &file, &e)
            .hint("write the page with its two marks first; see docs/reference")
    })
}

fn splice(path: &Path, page: &str, made: &str) -> Result<String, Failure> {
    let parts = page.split_once(BEGIN).and_then(|(head, rest)| {
        let (_, tail) = rest.split_once(END)?;
        Some((head, tail))
    });
    let Some((head, tail)) = parts else {
        let why = "the marks for the generated part are missing";
        return Err(Failure::damaged(path.display(), why));
    };
    Ok(format!("{head}{BEGIN}{made}{END}{tail}"))
}

/// The help of the tool and of each of its commands.
fn interface(tool: &str, bin: &Path) -> Result<String, Failure> {
    let main = help(tool, bin, &[])?;
    let mut text = String::new();
    _ = writeln!(text, "\n```text\n$ {tool} --help\n{main}```\n");
    for command in commands(&main) {
        let help = help(tool, bin, &[&command])?;
        _ = writeln!(
            text,
            "### {tool} {command}\n\n```text\n$ {tool} {command} --help\n{help}```\n"
        );
        for nested in commands(&help) {
            let help = self::help(tool, bin, &[&command, &nested])?;
            let name = format!("{tool} {command} {nested}");
            _ = writeln!(text, "#### {name}\n\n```text\n$ {name} --help\n{help}```\n");
        }
    }
    Ok(text)
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| line.starts_with("  "))
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(str::to_owned)
        .collect()
}

fn help(tool: &str, bin: &Path, command: &[&str]) -> Result<String, Failure> {
    // The page must not depend on the terminal or the variables of the user that makes it.
    let program = Program::new("env").args(["-i", "COLUMNS=100"]).arg(bin.join(tool));
    let ran = program.args(command).arg("--help").run()?;
    if !ran.ok() {
        let shown = format!("{tool} {} --help", command.join(" "));
        return Err(Failure::world(shown, String::from_utf8_lossy(&ran.stderr)));
    }
    let text = String::from_utf8_lossy(&ran.stdout).into_owned();
    // Trailing blanks would be changed by an editor.
    Ok(text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect())
}

fn exit_codes() -> String {
    let mut text = String::from("\n| code | meaning |\n|---|---|\n");
    for exit in Exit::ALL {
        _ = writeln!(text, "| {} | {} |", exit.code(), exit.meaning());
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_a_help_text() {
        let help = "Tool\n\nUsage: x\n\nCommands:\n  add     Makes\n  remove  Takes\n          away\n  \
                    help    Print\n\nOptions:\n  -h  Print help\n";
        assert_eq!(commands(help), ["add", "remove"]);
    }

    #[test]
    fn only_the_marked_part_changes() {
        let page = format!("a\n{BEGIN}old\n{END}b\n");
        let new = splice(Path::new("x.md"), &page, "new\n").unwrap();
        assert_eq!(new, format!("a\n{BEGIN}new\n{END}b\n"));
        assert!(splice(Path::new("x.md"), "no marks", "new\n").is_err());
    }
}
