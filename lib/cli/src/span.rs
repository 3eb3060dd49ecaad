//! Lengths of time as people type and read them.

use std::time::Duration;

use jiff::{SignedDuration, Span, SpanRelativeTo};

/// Reads `90s`, `15m`, `1h30m`, `500ms`, `7d`; a day has 24 hours. For clap's `value_parser`.
///
/// # Errors
/// One sentence, for a text that is no length of time, or a negative one.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let why = || format!("'{text}' is not a length of time such as 90s, 15m or 1h30m");
    let span: Span = text.trim().parse().map_err(|_| why())?;
    let length: SignedDuration =
        span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| why())?;
    Duration::try_from(length).map_err(|_| why())
}

/// `1h 30m`, `2m 5s`, `1.5s`, `20ms`: two figures at most.
pub fn show_duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 => format!("{}ms", time.as_millis()),
        1..10 => format!("{:.1}s", time.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}m", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read() {
        for (text, ms) in [
            ("90s", 90_000),
            ("15m", 900_000),
            ("1h30m", 5_400_000),
            ("0s", 0),
            ("7d", 604_800_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "15", "-5s", "soon", "99999999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_of_time_show() {
        for (ms, text) in [(20, "20ms"), (1500, "1.5s"), (125_000, "2m 5s"), (5_400_000, "1h 30m")]
        {
            assert_eq!(show_duration(Duration::from_millis(ms)), text);
        }
    }
}
