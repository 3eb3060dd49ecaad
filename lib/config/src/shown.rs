//! `--show-config`: what holds and where it comes from.

use records::ConfigItem;
use serde::Serialize;
use serde_json::Value;

use crate::{Loaded, Section};

/// Every setting of the section as `tool` uses it, one item a key, with the file or `default` as
/// its source.
///
/// A key that the file leaves out cannot be told from one that repeats the default, so the source
/// names the file for all keys once the file has the section and their value differs from the
/// default.
pub fn shown<T: Section + Serialize>(tool: &str, loaded: &Loaded<T>) -> Vec<ConfigItem> {
    let value = |section: &T| serde_json::to_value(section).unwrap_or(Value::Null);
    let (now, default) = (value(&loaded.section), value(&T::default()));
    let Value::Object(settings) = now else { return Vec::new() };
    settings
        .into_iter()
        .map(|(key, value)| {
            let changed = default.get(&key) != Some(&value);
            let source = match &loaded.file {
                Some(file) if changed => file.display().to_string(),
                _ => "default".into(),
            };
            let key = format!("{}.{key}", T::NAME);
            ConfigItem { schema: format!("{tool}.config/1"), key, value, source }
        })
        .collect()
}
