//! Writes the corpora that fuzzing starts from: every shape of a reply that is known, and its text
//! as an answer to a prompt. Run it in `gemini-retry/fuzz`.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::Value;

fn main() -> io::Result<()> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let fixtures = here.join("../../testing/gemini-stub/fixtures/errors.json");
    let fixtures: Value = serde_json::from_slice(&fs::read(fixtures)?)?;
    let (bodies, verdicts) = (here.join("corpus/body"), here.join("corpus/verdict"));
    fs::create_dir_all(&bodies)?;
    fs::create_dir_all(&verdicts)?;
    for (name, fixture) in fixtures.as_object().into_iter().flatten() {
        let http = fixture["status"].as_u64().and_then(|n| u16::try_from(n).ok()).unwrap_or(200);
        let body = match &fixture["body"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let [high, low] = (http - 100).to_be_bytes();
        let mut reply = vec![high, low, 0];
        reply.extend(body.bytes());
        fs::write(bodies.join(name), reply)?;
        let parts =
            fixture["body"].pointer("/candidates/0/content/parts").and_then(Value::as_array);
        for (index, text) in
            parts.into_iter().flatten().filter_map(|p| p["text"].as_str()).enumerate()
        {
            let prompt = "Review this.";
            let mut input = vec![0, u8::try_from(prompt.len()).unwrap_or_default()];
            input.extend(prompt.bytes().chain(text.bytes()));
            fs::write(verdicts.join(format!("{name}-{index}")), input)?;
        }
    }
    Ok(())
}
