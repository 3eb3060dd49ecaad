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
    let item = |key: String, value: Value, changed: bool| {
        let source = match &loaded.file {
            Some(file) if changed => file.display().to_string(),
            _ => "default".into(),
        };
        ConfigItem { schema: format!("{tool}.config/1"), key, value, source }
    };
    match now {
        Value::Object(settings) => settings
            .into_iter()
            .map(|(key, value)| {
                let changed = default.get(&key) != Some(&value);
                item(format!("{}.{key}", T::NAME), value, changed)
            })
            .collect(),
        // A section that is a list is one setting.
        value => {
            let changed = value != default;
            vec![item(T::NAME.into(), value, changed)]
        }
    }
}
