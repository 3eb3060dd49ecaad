//! Words as a person types them into a shell.

/// `words` as one line that a POSIX shell splits into the same words.
pub fn shell_words<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    let quoted = words.into_iter().map(|word| {
        let word = word.as_ref();
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_-./=:,+@%^".contains(&b);
        if !word.is_empty() && word.bytes().all(plain) {
            word.to_owned()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
