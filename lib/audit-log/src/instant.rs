//! The instant that a text states.

use jiff::Timestamp;

/// Days before each month of a year that is no leap year.
const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// How long each month is in every year.
const LONG: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The instant of an RFC 3339 time in any offset, to its full precision; white space around it does
/// not matter.
pub fn instant(text: &[u8]) -> Option<Timestamp> {
    plain(text).or_else(|| str::from_utf8(text).ok()?.trim().parse().ok())
}

/// As [`instant`], for the form that entries have: UTC, in the years from 1970. `None` says nothing.
fn plain(text: &[u8]) -> Option<Timestamp> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', rest @ ..] = text else { return None };
    let [h1, h2, b':', n1, n2, b':', s1, s2, rest @ ..] = rest else { return None };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let (month, day) = (number(&[*m1, *m2])?, number(&[*d1, *d2])?);
    let (hour, minute) = (number(&[*h1, *h2])?, number(&[*n1, *n2])?);
    let second = number(&[*s1, *s2])?;
    let fraction = rest.strip_suffix(b"Z").or_else(|| rest.strip_suffix(b"+00:00"))?;
    let nanosecond = match fraction {
        [] => 0,
        [b'.', digits @ ..] if (1..=9).contains(&digits.len()) => {
            (digits.len()..9).try_fold(number(digits)?, |value, _| value.checked_mul(10))?
        }
        _ => return None,
    };
    let month_index = usize::try_from(month.checked_sub(1)?).ok()?;
    // Leap days and leap seconds are for those who know the calendar.
    let is_day = (1..=*LONG.get(month_index)?).contains(&day);
    if year < 1970 || !is_day || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let leap = |year: i64| year / 4 - year / 100 + year / 400;
    let before = BEFORE.get(month_index)?;
    // A leap day counts from March on.
    let leap_days = leap(if month > 2 { year } else { year - 1 }) - leap(1969);
    let days = (year - 1970) * 365 + leap_days + before + day - 1;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Timestamp::new(seconds, i32::try_from(nanosecond).ok()?).ok()
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_entries_hold_is_read_without_the_calendar() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-01-24T18:30:45.123Z",
            "2024-03-01T00:00:00.123456+00:00",
            "2100-12-28T23:59:59.999999999Z",
        ] {
            assert_eq!(plain(text.as_bytes()), text.parse().ok(), "{text}");
            assert!(plain(text.as_bytes()).is_some(), "{text}");
        }
    }

    proptest! {
        /// Whatever the text is, the short way says nothing else than the long one.
        #[test]
        fn both_ways_agree(
            date in (0..10_000_i64, 0..14_u8, 0..33_u8),
            time in (0..26_u8, 0..62_u8, 0..62_u8),
            rest in r"(\.[0-9]{0,10})?(Z|z|\+00:00|-00:00|\+02:30|)",
            cut in 0..80_usize,
            byte in proptest::option::weighted(0.2, any::<u8>()),
        ) {
            let (year, month, day) = date;
            let (hour, minute, second) = time;
            let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{rest}");
            let mut text = text.into_bytes();
            if let Some((at, byte)) = text.get_mut(cut).zip(byte) {
                *at = byte;
            }
            let long = str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
            prop_assert_eq!(instant(&text), long);
        }
    }
}
