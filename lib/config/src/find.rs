//! Where the configuration file is.

use std::path::{Path, PathBuf};

/// The file's name.
pub const FILE_NAME: &str = "switchyard.yaml";

/// The nearest `switchyard.yaml` in `start` or a folder above it, up to and including `root`.
///
/// `root` is the top of the checkout: a file further up belongs to something else.
pub fn find(start: &Path, root: &Path) -> Option<PathBuf> {
    let inside = start.ancestors().take_while(|dir| dir.starts_with(root));
    inside.map(|dir| dir.join(FILE_NAME)).find(|file| file.symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_counts_and_none_above_the_root() {
        let scratch = testkit::Scratch::new();
        let root = scratch.path("project");
        let deep = root.join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        scratch.write("switchyard.yaml", "");
        assert_eq!(find(&deep, &root), None);
        scratch.write("project/switchyard.yaml", "");
        assert_eq!(find(&deep, &root), Some(root.join(FILE_NAME)));
        scratch.write("project/a/switchyard.yaml", "");
        assert_eq!(find(&deep, &root), Some(root.join("a").join(FILE_NAME)));
    }
}
