//! Which model names mean the model that was asked for.

/// Names that the service has given up, with their successors. Explicit, because a silent
/// replacement is exactly what the check of the model is there to notice.
const ALIASES: [(&str, &str); 2] = [
    ("gemini-3-pro-preview", "gemini-3.1-pro-preview"),
    ("gemini-3-pro", "gemini-3.1-pro-preview"),
];
/// What the service has shut down, by the beginning of the name. An answer cannot be had, but the
/// service has the last word: some projects keep a model for longer.
const RETIRED: [&str; 5] =
    ["gemini-pro-vision", "gemini-1.0-", "gemini-1.5-", "gemini-2.0-flash", "gemini-2.0-pro"];
/// The end of a name that stands for the newest model of its family.
const NEWEST: &str = "-latest";
/// Families that never stand in for another one, whatever a pattern allows.
const SMALL: [&str; 3] = ["flash", "lite", "nano"];

/// The model to ask for, and what else may answer.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The name that is sent.
    pub(crate) model: String,
    /// The name that the user typed, when it is an old one.
    pub(crate) alias: Option<String>,
    /// Something that people should know about the name.
    pub(crate) warning: Option<String>,
    /// Further names that are accepted, with `*` and `?`.
    accept: Vec<String>,
    /// Whether an answer counts that does not say which model gave it.
    unverified: bool,
}

impl Wanted {
    /// Reads a model's name as typed, with or without `models/` before it.
    ///
    /// # Errors
    /// One sentence for a name that cannot be part of a URL.
    pub(crate) fn new(typed: &str, accept: Vec<String>) -> Result<Self, String> {
        let name = bare(typed);
        records::check_ref_part(name).map_err(|e| e.to_string())?;
        let successor = ALIASES.iter().find(|(old, _)| *old == name).map(|(_, new)| *new);
        let warning = match successor {
            Some(new) => Some(format!("{name} was shut down; {new} is asked in its place")),
            None if RETIRED.iter().any(|old| name.starts_with(old)) => {
                Some(format!("{name} is known to be shut down; choose another --model"))
            }
            None => None,
        };
        Ok(Self {
            warning,
            model: successor.unwrap_or(name).to_owned(),
            alias: successor.map(|_| name.to_owned()),
            accept,
            unverified: false,
        })
    }

    /// Another model, with the same leave for others to answer.
    ///
    /// # Errors
    /// As [`Wanted::new`].
    pub(crate) fn another(&self, typed: &str) -> Result<Self, String> {
        let wanted = Self::new(typed, self.accept.clone())?;
        Ok(Self { unverified: self.unverified, ..wanted })
    }

    /// The same, or an answer that does not say which model gave it.
    pub(crate) fn or_unverified(self) -> Self {
        Self { unverified: true, ..self }
    }

    /// Whether an answer counts that does not say which model gave it.
    pub(crate) fn takes_unverified(&self) -> bool {
        self.unverified
    }

    /// Whether an answer from `served` is an answer from the wanted model: the same name, a numbered
    /// or dated build of it, the one that a name with `-latest` stands for, or one that the user
    /// accepts.
    pub(crate) fn accepts(&self, served: &str) -> bool {
        let served = bare(served);
        if served == self.model || served.strip_prefix(&self.model).is_some_and(is_build) {
            return true;
        }
        if self.model.strip_suffix(NEWEST).is_some_and(|family| is_of_family(family, served)) {
            return true;
        }
        let (lower, own) = (served.to_ascii_lowercase(), self.model.to_ascii_lowercase());
        let smaller = SMALL.iter().any(|small| lower.contains(small) && !own.contains(small));
        !smaller && self.accept.iter().any(|pattern| cli::fits(bare(pattern), served))
    }
}

/// A name without the folder that some endpoints put before it.
fn bare(name: &str) -> &str {
    let name = name.trim();
    name.strip_prefix("publishers/google/models/")
        .or_else(|| name.strip_prefix("models/"))
        .unwrap_or(name)
}

/// `-001` or `-05-2026`.
fn is_build(rest: &str) -> bool {
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let Some(rest) = rest.strip_prefix('-') else { return false };
    let is_month = |part: &str| digits(part, 2) && ("01"..="12").contains(&part);
    digits(rest, 3) || rest.split_once('-').is_some_and(|(m, y)| is_month(m) && digits(y, 4))
}

/// Whether `served` is what `family` (`gemini-pro`, `gemini-2.5-flash`) names, in any version unless
/// the family itself has one, perhaps as a preview or a build.
fn is_of_family(family: &str, served: &str) -> bool {
    let is_version =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let rest = served.strip_prefix(family).or_else(|| {
        let (brand, kind) = family.split_once('-')?;
        let (version, rest) = served.strip_prefix(brand)?.strip_prefix('-')?.split_once('-')?;
        if is_version(version) { rest.strip_prefix(kind) } else { None }
    });
    let Some(rest) = rest else { return false };
    let rest = rest.strip_prefix("-preview").unwrap_or(rest);
    rest.is_empty() || is_build(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(model: &str, accept: &[&str]) -> Wanted {
        Wanted::new(model, accept.iter().map(|p| (*p).to_owned()).collect()).unwrap()
    }

    #[test]
    fn the_same_model_in_any_spelling_is_accepted() {
        let pro = wanted("models/gemini-3.1-pro-preview", &[]);
        for served in [
            "gemini-3.1-pro-preview",
            "models/gemini-3.1-pro-preview",
            "publishers/google/models/gemini-3.1-pro-preview-001",
            "gemini-3.1-pro-preview-05-2026",
        ] {
            assert!(pro.accepts(served), "{served}");
        }
        for served in [
            "",
            "gemini-3.1-pro",
            "gemini-3.1-pro-preview-lite",
            "gemini-3.1-pro-preview-customtools",
            "gemini-2.5-flash",
            "gemini-3.5-pro",
            "gemini-3-pro-preview",
            "xgemini-3.1-pro-preview",
            "Gemini-3.1-Pro-Preview",
            "gemini-3.1-pro-preview-01",
            "gemini-3.1-pro-preview-0001",
            "gemini-3.1-pro-preview-13-2026",
            "gemini-3.1-pro-preview-00-2026",
            "gemini-3.1-pro-preview-05-26",
            "gemini-3.1-pro-preview-001-001",
            "gemini-3.1-pro-preview-٠٠١",
            "tunedModels/gemini-3.1-pro-preview",
            "models/models/gemini-3.1-pro-preview",
        ] {
            assert!(!pro.accepts(served), "{served}");
        }
    }

    #[test]
    fn an_old_name_asks_for_its_successor() {
        let old = wanted("gemini-3-pro-preview", &[]);
        assert_eq!(old.model, "gemini-3.1-pro-preview");
        assert_eq!(old.alias.as_deref(), Some("gemini-3-pro-preview"));
        assert!(old.accepts("gemini-3.1-pro-preview"));
        assert!(old.warning.unwrap().contains("gemini-3.1-pro-preview is asked"));
        assert!(wanted("gemini-1.5-pro-002", &[]).warning.unwrap().contains("shut down"));
        for model in ["gemini-3.1-pro-preview", "gemini-2.5-pro", "gemini-pro-latest"] {
            assert_eq!(wanted(model, &[]).warning, None);
        }
    }

    #[test]
    fn the_newest_of_a_family_is_one_of_that_family() {
        let pro = wanted("gemini-pro-latest", &[]);
        for served in [
            "gemini-pro-latest",
            "gemini-3.1-pro",
            "models/gemini-3.1-pro-preview",
            "gemini-4-pro-001",
            "gemini-3.1-pro-preview-05-2026",
        ] {
            assert!(pro.accepts(served), "{served}");
        }
        for served in [
            "gemini-3.1-flash",
            "gemini-3.1-pro-lite",
            "gemini-x-pro",
            "gemini--pro",
            "gemini-3.1-pro-previewed",
            "gemini-3.1-pro-preview-flash",
            "gemma-3.1-pro",
            "3.1-pro",
        ] {
            assert!(!pro.accepts(served), "{served}");
        }
        let flash = wanted("gemini-2.5-flash-latest", &[]);
        assert!(flash.accepts("gemini-2.5-flash") && flash.accepts("gemini-2.5-flash-preview"));
        assert!(!flash.accepts("gemini-2.5-flash-lite") && !flash.accepts("gemini-3-flash"));
    }

    #[test]
    fn a_pattern_never_lets_a_small_model_stand_in() {
        let pro = wanted("gemini-3.1-pro-preview", &["gemini-*"]);
        assert!(pro.accepts("gemini-3.5-pro"));
        assert!(!pro.accepts("gemini-3.5-flash") && !pro.accepts("gemini-nano-pro"));
        assert!(!pro.accepts("gemini-3.5-Flash"));
        for served in ["gemini-3.5-pro-LITE", "models/gemini-flash", "gemini-3.1-pro-preview-nano"]
        {
            assert!(!pro.accepts(served), "{served}");
        }
        let tuned = wanted("gemini-3.1-pro-preview", &["tunedModels/*"]);
        assert!(tuned.accepts("tunedModels/mine") && !tuned.accepts("tunedModels/mine-flash"));
        assert!(wanted("gemini-3-flash", &["gemini-*-flash"]).accepts("gemini-3.5-flash"));
        assert!(wanted("gemini-3-Flash", &["gemini-*-flash"]).accepts("gemini-3.5-flash"));
    }

    #[test]
    fn a_name_that_would_change_the_url_is_refused() {
        for name in ["", "../x", "a/b", "tunedModels/a", "a?key=b", "a b", "a:c", "-x"] {
            assert!(Wanted::new(name, vec![]).is_err(), "{name}");
        }
    }
}
