//! What a request asks for, by method and path.

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Generate(String),
    Models,
    Model(String),
    Unknown,
}

impl Route {
    pub(crate) fn of(method: &str, path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/v1beta/models") else { return Self::Unknown };
        let model = rest.strip_prefix('/').unwrap_or_default();
        match (method, model.strip_suffix(":generateContent")) {
            ("POST", Some(model)) if is_model_name(model) => Self::Generate(model.to_owned()),
            ("GET", None) if rest.is_empty() => Self::Models,
            ("GET", None) if is_model_name(model) => Self::Model(model.to_owned()),
            _ => Self::Unknown,
        }
    }
}

fn is_model_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}
