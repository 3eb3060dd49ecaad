//! Which model names mean the model that was asked for.

/// Names that the service has given up, with their successors. Explicit, because a silent
/// replacement is exactly what the check of the model is there to notice.
const ALIASES: [(&str, &str); 2] = [
    ("gemini-3-pro-preview", "gemini-3.1-pro-preview"),
    ("gemini-3-pro", "gemini-3.1-pro-preview"),
];
/// Families that never stand in for another one, whatever a pattern allows.
const SMALL: [&str; 3] = ["flash", "lite", "nano"];

/// The model to ask for, and what else may answer.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The name that is sent.
    pub(crate) model: String,
    /// The name that the user typed, when it is an old one.
    pub(crate) alias: Option<String>,
    /// Further names that are accepted, with `*` and `?`.
    accept: Vec<String>,
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
        Ok(Self {
            model: successor.unwrap_or(name).to_owned(),
            alias: successor.map(|_| name.to_owned()),
            accept,
        })
    }

    /// Whether an answer from `served` is an answer from the wanted model: the same name, a numbered
    /// or dated build of it, or one that the user accepts.
    pub(crate) fn accepts(&self, served: &str) -> bool {
        let served = bare(served);
        if served == self.model || served.strip_prefix(&self.model).is_some_and(is_build) {
            return true;
        }
        let lower = served.to_ascii_lowercase();
        let smaller = SMALL.iter().any(|s| lower.contains(s) && !self.model.contains(s));
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
    digits(rest, 3) || rest.split_once('-').is_some_and(|(m, y)| digits(m, 2) && digits(y, 4))
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
    }

    #[test]
    fn a_pattern_never_lets_a_small_model_stand_in() {
        let pro = wanted("gemini-3.1-pro-preview", &["gemini-*"]);
        assert!(pro.accepts("gemini-3.5-pro"));
        assert!(!pro.accepts("gemini-3.5-flash") && !pro.accepts("gemini-nano-pro"));
        assert!(!pro.accepts("gemini-3.5-Flash"));
        assert!(wanted("gemini-3-flash", &["gemini-*-flash"]).accepts("gemini-3.5-flash"));
    }

    #[test]
    fn a_name_that_would_change_the_url_is_refused() {
        for name in ["", "../x", "a/b", "a?key=b", "a b", "a:c", "-x"] {
            assert!(Wanted::new(name, vec![]).is_err(), "{name}");
        }
    }
}
