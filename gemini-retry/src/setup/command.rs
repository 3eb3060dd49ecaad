//! The command line of another program that asks (`--command`): its words, and what is known of the
//! program.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use cli::Failure;

use crate::answer::ended::Dialect;
use crate::setup::credentials::Asker;

/// Lines that are known to work.
pub(crate) const KNOWN: &str = "--command 'gemini --model {model} --output-format json \
    --approval-mode plan --skip-trust', or --command 'agy --model {model}'";

/// A program that reads a prompt on stdin, with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    /// The file that is run.
    pub(crate) file: PathBuf,
    /// The program as it was typed, without folders.
    pub(crate) name: String,
    /// How it answers.
    pub(crate) dialect: Dialect,
    arguments: Vec<Word>,
    asker: Asker,
}

/// One argument: texts with the model's name between them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word(Vec<String>);

impl CommandLine {
    /// Splits `line` as a shell would; no shell is run. `path` is the value of `PATH`.
    ///
    /// # Errors
    /// Exit 2 for a line that is no command, and for a program that is not there.
    pub(crate) fn new(line: &str, path: Option<OsString>) -> Result<Self, Failure> {
        let refuse = |why: &str| Failure::usage("--command", why);
        let words = shlex::split(line).ok_or_else(|| refuse("a quote is not closed"))?;
        let Some((program, arguments)) = words.split_first() else {
            return Err(refuse("it is empty").hint(KNOWN));
        };
        if program.contains(['{', '}']) {
            return Err(refuse("the program itself cannot be a placeholder").hint(KNOWN));
        }
        let name = file_name(program).to_owned();
        let parsed: Result<Vec<Word>, String> = arguments.iter().map(|a| Word::new(a)).collect();
        let is_gemini = words.iter().any(|word| names_gemini(word));
        let dialect = if is_gemini && asks_for_json(arguments) {
            Dialect::GeminiJson
        } else {
            Dialect::Plain
        };
        Ok(Self {
            file: find(program, path)?,
            asker: match name.as_str() {
                _ if is_gemini => Asker::Gemini,
                "agy" => Asker::Agy,
                _ => Asker::Program,
            },
            name,
            dialect,
            arguments: parsed.map_err(|why| refuse(&why).hint(KNOWN))?,
        })
    }

    /// The arguments that ask `model`.
    pub(crate) fn arguments(&self, model: &str) -> impl Iterator<Item = String> {
        self.arguments.iter().map(move |word| word.0.join(model))
    }

    /// Which credentials it takes.
    pub(crate) fn asker(&self) -> Asker {
        self.asker
    }
}

impl Word {
    fn new(word: &str) -> Result<Self, String> {
        let (mut parts, mut text) = (Vec::new(), String::new());
        let mut rest = word.chars();
        while let Some(c) = rest.next() {
            match c {
                '{' | '}' if rest.as_str().starts_with(c) => {
                    rest.next();
                    text.push(c);
                }
                '{' => {
                    let Some(after) = rest.as_str().strip_prefix("model}") else {
                        let unknown = rest.as_str().split_inclusive('}').next().unwrap_or_default();
                        return Err(format!("{{{unknown} means nothing here; {{model}} does"));
                    };
                    parts.push(std::mem::take(&mut text));
                    rest = after.chars();
                }
                '}' => return Err("a } without its {; a brace itself is written twice".into()),
                other => text.push(other),
            }
        }
        parts.push(text);
        Ok(Self(parts))
    }
}

fn file_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// Whether this word is the client of that name, whoever starts it: `/usr/bin/gemini`, `gemini.js`,
/// `@google/gemini-cli@latest`.
fn names_gemini(word: &str) -> bool {
    word.split('/').any(|part| {
        let stem = part.split(['@', '.']).next().unwrap_or(part);
        stem == "gemini" || stem == "gemini-cli"
    })
}

fn asks_for_json(arguments: &[String]) -> bool {
    let flag = |word: &String| word == "--output-format" || word == "-o";
    arguments.windows(2).any(|pair| matches!(pair, [a, b] if flag(a) && b == "json"))
        || arguments.iter().any(|a| a == "--output-format=json" || a == "-o=json")
}

/// The program's file, by its whole path: it will be run in another folder.
fn find(program: &str, path: Option<OsString>) -> Result<PathBuf, Failure> {
    let refuse = |why: &str| {
        Failure::usage(format_args!("--command: {program}"), why)
            .hint(format!("install it or correct the line: {KNOWN}"))
    };
    if program.contains('/') {
        let file = std::path::absolute(program).map_err(|e| refuse(&e.to_string()))?;
        return if is_program(&file) { Ok(file) } else { Err(refuse("it is no program")) };
    }
    let path = path.unwrap_or_default();
    let files = std::env::split_paths(&path).filter(|dir| !dir.as_os_str().is_empty());
    let mut files = files.map(|dir| dir.join(OsStr::new(program)));
    let file = files.find(|file| is_program(file)).ok_or_else(|| refuse("not found on PATH"))?;
    std::path::absolute(file).map_err(|e| refuse(&e.to_string()))
}

fn is_program(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(text: &str) -> Result<CommandLine, Failure> {
        CommandLine::new(text, Some("/nowhere:/usr/bin:/bin".into()))
    }

    fn arguments(text: &str) -> Vec<String> {
        line(text).unwrap().arguments("gemini-x").collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        assert_eq!(
            arguments(r#"cat --model {model} "a b" 'c"d' e\ f ''"#),
            ["--model", "gemini-x", "a b", "c\"d", "e f", ""]
        );
        assert_eq!(arguments("sh $HOME `x` ; a*"), ["$HOME", "`x`", ";", "a*"]);
        assert_eq!(arguments("cat --m={model}/{model} {{x}}"), ["--m=gemini-x/gemini-x", "{x}"]);
    }

    #[test]
    fn what_is_no_command_is_refused() {
        for (text, why) in [
            ("", "it is empty"),
            ("   ", "it is empty"),
            ("cat 'x", "a quote is not closed"),
            ("cat {modle}", "{modle} means nothing here"),
            ("cat {}", "{} means nothing here"),
            ("cat {model", "{model means nothing here"),
            ("cat {model}{model", "{model means nothing here"),
            ("cat model}", "a } without its {"),
            ("{model} x", "cannot be a placeholder"),
            ("no-such-program-here", "not found on PATH"),
            ("/etc/passwd", "it is no program"),
            ("/usr/bin", "it is no program"),
        ] {
            let message = line(text).unwrap_err().render("t");
            assert!(message.contains(why), "{text}: {message}");
        }
    }

    #[test]
    fn the_gemini_client_is_known_whoever_starts_it() {
        let is_gemini = |text: &str| line(text).unwrap().asker() == Asker::Gemini;
        for text in
            ["sh /opt/gemini", "env gemini -x", "env npx @google/gemini-cli@0.3", "sh a/gemini.js"]
        {
            assert!(is_gemini(text), "{text}");
        }
        for text in ["cat --model gemini-3.1-pro-preview", "cat {model}", "cat my-gemini"] {
            assert!(!is_gemini(text), "{text}");
        }
    }

    #[test]
    fn json_is_expected_only_where_it_was_asked_for() {
        let dialect = |text: &str| line(text).unwrap().dialect;
        assert_eq!(dialect("env gemini --output-format json"), Dialect::GeminiJson);
        assert_eq!(dialect("env gemini --output-format=json"), Dialect::GeminiJson);
        assert_eq!(dialect("env gemini -o json"), Dialect::GeminiJson);
        assert_eq!(dialect("env gemini --output-format text json"), Dialect::Plain);
        // The answer of another program could pretend to be such an object.
        assert_eq!(dialect("cat --output-format json"), Dialect::Plain);
    }

    proptest! {
        #[test]
        fn no_argument_is_split_or_joined(words in prop::collection::vec("[^{}\\x00]{0,12}", 0..5)) {
            let text = format!("cat {}", repo::shell_words(&words));
            prop_assert_eq!(arguments(&text), words);
        }

        #[test]
        fn no_line_panics(text in "\\PC{0,40}|[a '\"\\\\{}model#]{0,30}") {
            drop(line(&text));
        }
    }
}
