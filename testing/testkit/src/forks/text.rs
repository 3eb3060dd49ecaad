//! Texts like code: some lines are found nowhere else, many are found everywhere, so that there is more
//! than one way to say what has changed.

use crate::Rng;

const COMMON: [&str; 10] = [
    "",
    "}",
    "    }",
    "    return value;",
    "fn new() -> Self {",
    "    let value = read()?;",
    "    if value.is_empty() {",
    "#[test]",
    "// next",
    "    Ok(())",
];

fn line(dice: &mut Rng) -> Vec<u8> {
    if dice.usize(..5) < 2 {
        COMMON.get(dice.usize(..COMMON.len())).copied().unwrap_or_default().into()
    } else {
        format!("line {} {}", dice.usize(..400), "word ".repeat(dice.usize(..4))).into()
    }
}

fn ended(mut line: Vec<u8>, crlf: bool) -> Vec<u8> {
    line.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
    line
}

/// A new text, seldom empty.
pub(super) fn new(dice: &mut Rng, crlf: bool) -> Vec<u8> {
    let lines = if dice.usize(..20) == 0 { 0 } else { dice.usize(4..40) };
    (0..lines).flat_map(|_| ended(line(dice), crlf)).collect()
}

/// The text with one to three places changed.
pub(super) fn edited(dice: &mut Rng, text: &[u8]) -> Vec<u8> {
    let crlf = text.windows(2).any(|pair| pair == b"\r\n");
    let mut lines: Vec<Vec<u8>> =
        text.split_inclusive(|byte| *byte == b'\n').map(Into::into).collect();
    for _ in 0..dice.usize(1..=3) {
        let at = dice.usize(..=lines.len());
        let end = (at + dice.usize(1..=4)).min(lines.len());
        match dice.usize(..6) {
            0 | 1 => {
                let count = dice.usize(1..=3);
                let new: Vec<_> = (0..count).map(|_| ended(line(dice), crlf)).collect();
                drop(lines.splice(at..at, new));
            }
            2 => drop(lines.drain(at..end)),
            3 | 4 => {
                let new: Vec<_> = (at..end).map(|_| ended(line(dice), crlf)).collect();
                drop(lines.splice(at..end, new));
            }
            // A block is moved, or doubled.
            _ => {
                let block: Vec<_> = lines.get(at..end).unwrap_or_default().to_vec();
                if dice.bool() {
                    drop(lines.drain(at..end));
                }
                let to = dice.usize(..=lines.len());
                drop(lines.splice(to..to, block));
            }
        }
    }
    lines.concat()
}

/// The text with its last newline taken away or added.
pub(super) fn other_end(text: &[u8]) -> Vec<u8> {
    match text.strip_suffix(b"\n") {
        Some(rest) => rest.to_vec(),
        None => [text, b"\n"].concat(),
    }
}

/// The text with the other ends of lines.
pub(super) fn other_line_ends(text: &[u8]) -> Vec<u8> {
    let crlf = text.windows(2).any(|pair| pair == b"\r\n");
    let mut other = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(rest) if crlf => {
                other.extend_from_slice(rest.strip_suffix(b"\r").unwrap_or(rest));
                other.push(b'\n');
            }
            Some(rest) => other.extend([rest, b"\r\n"].concat()),
            None => other.extend_from_slice(line),
        }
    }
    other
}

/// Bytes that git takes for binary.
pub(super) fn binary(dice: &mut Rng) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..dice.usize(8..300)).map(|_| dice.u8(..)).collect();
    bytes.push(0);
    bytes
}

/// The change log, with a line more below its heading or at its end.
pub(super) fn logged(dice: &mut Rng, text: &[u8]) -> Vec<u8> {
    let entry = format!("- entry {}\n", dice.usize(..1000)).into_bytes();
    if text.is_empty() || dice.usize(..3) == 0 {
        return [text, &entry].concat();
    }
    let heading = text.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (head, rest) = text.split_at(heading);
    [head, &entry, rest].concat()
}
