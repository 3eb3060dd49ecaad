//! A JSON object, written as today's tools or as the predecessor wrote it.

use crate::prose::{Piece, escaped};

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// No spaces, UTF-8 as it is.
    Compact,
    /// Spaces behind colons and commas, everything beyond ASCII escaped.
    Python,
}

/// One line that is being written, key after key. Keys and short texts are ASCII and may contain
/// escapes of their own.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    style: Style,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Begins an object at the end of `out`.
    pub(crate) fn begin(out: &'a mut Vec<u8>, style: Style) -> Self {
        out.push(b'{');
        Self { out, style, empty: true }
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    fn add(&mut self, json: &str) -> &mut Self {
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    fn key(&mut self, key: &str) -> &mut Self {
        let spaced = self.style == Style::Python;
        if !self.empty {
            self.add(if spaced { ", " } else { "," });
        }
        self.empty = false;
        self.add("\"").add(key).add(if spaced { "\": " } else { "\":" })
    }

    /// A value that is JSON already.
    pub(crate) fn json(&mut self, key: &str, json: &str) {
        self.key(key).add(json);
    }

    /// A text without anything to escape, or `null`.
    pub(crate) fn text(&mut self, key: &str, text: Option<&str>) {
        match text {
            Some(text) => self.key(key).add("\"").add(text).add("\""),
            None => self.key(key).add("null"),
        };
    }

    /// A whole number.
    pub(crate) fn number(&mut self, key: &str, number: u32) {
        self.key(key).add(&number.to_string());
    }

    /// A critique.
    pub(crate) fn prose(&mut self, key: &str, pieces: &[&Piece]) {
        self.key(key).add("\"");
        self.once(pieces);
        self.add("\"");
    }

    /// Texts of one piece each.
    pub(crate) fn findings(&mut self, key: &str, pieces: &[&Piece]) {
        self.key(key).add("[");
        for (index, piece) in pieces.iter().enumerate() {
            self.add(if index > 0 { ",\"" } else { "\"" });
            self.once(&[piece]);
            self.add("\"");
        }
        self.add("]");
    }

    /// The model's answer as a text of JSON.
    pub(crate) fn answer(&mut self, key: &str, verdict: &str, pieces: &[&Piece]) {
        let begin = escaped(&format!("{{\"verdict\":\"{verdict}\",\"critique\":\""));
        self.key(key).add("\"").add(&begin);
        for piece in pieces {
            let json = if self.style == Style::Python { &piece.twice_ascii } else { &piece.twice };
            self.out.extend_from_slice(json.as_bytes());
        }
        self.add(&escaped("\",\"tier_1_issues\":[]}")).add("\"");
    }

    /// The model's answer as an object, with keys that the entry has too.
    pub(crate) fn answer_object(&mut self, key: &str, verdict: &str, pieces: &[&Piece]) {
        self.key(key).add("{\"verdict\":\"").add(verdict).add("\",\"issue_id\":0,\"critique\":\"");
        self.once(pieces);
        self.add("\"}");
    }

    fn once(&mut self, pieces: &[&Piece]) {
        for piece in pieces {
            let json = if self.style == Style::Python { &piece.once_ascii } else { &piece.once };
            self.out.extend_from_slice(json.as_bytes());
        }
    }
}
