//! The answers that were seen in the wild: errors `E01` to `E39` and successes `S01` to `S17`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

static FIXTURES: LazyLock<BTreeMap<String, Fixture>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of the binary, and a test reads it")]
    serde_json::from_str(include_str!("../fixtures/errors.json")).expect("fixtures/errors.json")
});

/// One answer with its status, headers and body.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The HTTP status.
    pub status: u16,
    /// Headers besides the ones that frame the body.
    pub headers: BTreeMap<String, String>,
    /// A JSON value, or a string that is sent as it is. `{{KEY}}` in it stands for the key that the
    /// request carried.
    pub body: Value,
}

/// All fixtures by their full name, such as `E01_quota_day`.
pub fn fixtures() -> &'static BTreeMap<String, Fixture> {
    &FIXTURES
}

/// The fixture with that full name (`E01_quota_day`) or id (`E01`), together with its full name.
pub fn fixture(name: &str) -> Option<(&'static str, &'static Fixture)> {
    let is_named = |full: &str| full == name || full.split('_').next() == Some(name);
    FIXTURES.iter().find(|(full, _)| is_named(full)).map(|(full, found)| (full.as_str(), found))
}
