//! What reviewers write: prose, lists, code and quoted JSON.

use testkit::{Rng, Words};

/// A sentence or a block of a critique, in each form in which it stands in a log.
#[derive(Debug)]
pub(crate) struct Piece {
    /// As the content of a JSON string.
    pub once: String,
    /// As the content of a JSON string within a JSON string.
    pub twice: String,
    /// `once`, with everything beyond ASCII escaped as Python does it.
    pub once_ascii: String,
    /// `twice`, likewise.
    pub twice_ascii: String,
}

impl Piece {
    fn of(plain: &str) -> Self {
        let once = escaped(plain);
        let twice = escaped(&once);
        Self { once_ascii: ascii(&once), twice_ascii: ascii(&twice), once, twice }
    }
}

/// How many pieces there are to choose from.
const PIECES: usize = 3_000;

/// The pieces that all critiques of a log are made of.
#[derive(Debug)]
pub(crate) struct Prose {
    pieces: Vec<Piece>,
}

impl Prose {
    /// As many pieces as a log needs to look varied, from `words`.
    pub(crate) fn new(words: &mut Words) -> Self {
        Self { pieces: (0..PIECES).map(|_| Piece::of(&text(words))).collect() }
    }

    /// Pieces of at least `bytes` bytes in all.
    pub(crate) fn about<'a>(&'a self, bytes: usize, rng: &mut Rng) -> Vec<&'a Piece> {
        let mut size = 0;
        let mut chosen = Vec::new();
        while size < bytes {
            let Some(piece) = self.pieces.get(rng.usize(..self.pieces.len())) else { break };
            size += piece.once.len();
            chosen.push(piece);
        }
        chosen
    }
}

fn text(words: &mut Words) -> String {
    let length = words.rng().usize(7..22);
    let sentence = words.sentence(length);
    let (a, b, c) = (words.word(), words.word(), words.word());
    match words.rng().u8(..100) {
        0..55 => format!("{sentence} "),
        55..65 => format!("The {a} → {b} path is not covered — {c} never sees it. {sentence} "),
        65..72 => format!("The text says \"{a} {b}\" where §3 says “{c}”. {sentence} "),
        72..82 => format!("\n- `{a}_{b}`: {sentence} "),
        82..88 => format!("\n\n## {a} and {b}\n\n{sentence} "),
        88..93 => format!(
            "\n\n```rust\nfn {a}({b}: &str) -> Result<{c}, Error> {{\n\tlet {b} = \"{a}\\n\";\n}}\n```\n\n"
        ),
        // What a search that does not parse takes for the keys of the entry.
        93..96 => {
            let issue = words.rng().u32(90..500);
            let verdict = *words.pick(&["APPROVED", "REVISE", "BLOCKED"]);
            format!(
                "\n\n```json\n{{\"issue_id\":{issue},\"verdict\":\"{verdict}\",\"node\":\"{a}\"}}\n```\n\n"
            )
        }
        96..98 => format!("On Windows the {a} is C:\\{b}\\{c}.json. {sentence} "),
        _ => format!("✅ {a}: done 🚀 naïve {b} – {sentence}\u{a0}"),
    }
}

/// `text` as the content of a JSON string.
pub(crate) fn escaped(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\t' => json.push_str("\\t"),
            c => json.push(c),
        }
    }
    json
}

fn ascii(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_ascii() {
            plain.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let digits = format!("{unit:04x}");
                plain.push_str("\\u");
                plain.push_str(&digits);
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_as_the_same_text() {
        let mut words = Words::seeded(7);
        for _ in 0..500 {
            let plain = text(&mut words);
            let piece = Piece::of(&plain);
            let read = |content: &str| -> String {
                serde_json::from_str(&format!("\"{content}\"")).unwrap()
            };
            assert_eq!(read(&piece.once), plain);
            assert_eq!(read(&read(&piece.twice)), plain);
            assert_eq!(read(&piece.once_ascii), plain);
            assert_eq!(read(&read(&piece.twice_ascii)), plain);
            assert!(piece.twice_ascii.is_ascii());
        }
    }
}
