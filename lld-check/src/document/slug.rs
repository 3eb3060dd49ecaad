//! The short name of a document, made from its title.

/// Longer ones are cut at a word; file names stay readable in a listing.
const LONGEST: usize = 60;

/// Lower-case ASCII words joined with dashes; `None` when the title holds no ASCII letter or digit.
pub(crate) fn from_title(title: &str) -> Option<String> {
    let lower = title.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let mut slug = String::new();
    for word in words {
        if slug.is_empty() {
            slug.extend(word.chars().take(LONGEST));
        } else if slug.len() + 1 + word.len() <= LONGEST {
            slug.push('-');
            slug.push_str(word);
        } else {
            break;
        }
    }
    (!slug.is_empty()).then_some(slug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn titles_become_names() {
        assert_eq!(from_title("Schema backend CRUD").as_deref(), Some("schema-backend-crud"));
        assert_eq!(from_title("  [API] v2: don't  break! ").as_deref(), Some("api-v2-don-t-break"));
        for empty in ["", "  ", "漢字", "…!?", "---"] {
            assert_eq!(from_title(empty), None, "{empty}");
        }
    }

    proptest! {
        #[test]
        fn a_slug_is_always_safe_in_a_path(title in "\\PC{0,120}") {
            if let Some(slug) = from_title(&title) {
                prop_assert!(records::check_ref_part(&slug).is_ok(), "{}", slug);
                prop_assert!(slug.len() <= LONGEST && !slug.ends_with('-'), "{}", slug);
            }
        }
    }
}
