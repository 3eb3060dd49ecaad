//! Which ignored files keep a lane from being removed.
//!
//! Ignored files go into the trash with the lane and come back with it, so none is lost at once.
//! Those that nobody can build again are a refusal all the same: databases, settings and keys that
//! live only here. What lies in a folder that a build fills is not looked at.

/// Folders that builds and package managers fill, and fill again.
const BUILT: [&str; 22] = [
    "target",
    "node_modules",
    "build",
    "dist",
    "out",
    "__pycache__",
    ".venv",
    "venv",
    ".tox",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".gradle",
    ".next",
    ".nuxt",
    ".cache",
    ".parcel-cache",
    ".turbo",
    ".direnv",
    "coverage",
    "vendor",
    "bower_components",
];

/// Endings of databases, dumps, keys, and work in other forms.
const ENDINGS: [&str; 23] = [
    ".db",
    ".db3",
    ".sqlite",
    ".sqlite3",
    ".mdb",
    ".dump",
    ".sql",
    ".rdb",
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".kdbx",
    ".tfstate",
    ".tfvars",
    ".patch",
    ".diff",
    ".bundle",
    ".ipynb",
    ".env",
    ".bak",
];

/// Beginnings of settings and keys.
const BEGINNINGS: [&str; 6] =
    [".env", "id_rsa", "id_ed25519", "credentials", "secret", "local.settings"];

/// Whether a folder of this name holds only what a build makes.
pub(crate) fn is_built(folder: &str) -> bool {
    BUILT.contains(&folder)
}

/// Whether a file of this name may be something that nobody can build again.
pub(crate) fn is_precious(file: &str) -> bool {
    let name = file.to_ascii_lowercase();
    ENDINGS.iter().any(|end| name.ends_with(end))
        || BEGINNINGS.iter().any(|begin| name.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_settings_and_keys_are_precious() {
        for name in ["dev.db", "Data.SQLITE3", ".env", ".env.local", "id_rsa", "tls.key", "a.patch"]
        {
            assert!(is_precious(name), "{name}");
        }
        for name in ["a.o", "a.log", "a.pyc", "Makefile.in", "keyboard", ".DS_Store", "db"] {
            assert!(!is_precious(name), "{name}");
        }
        assert!(is_built("target") && is_built("node_modules") && !is_built("data"));
    }
}
