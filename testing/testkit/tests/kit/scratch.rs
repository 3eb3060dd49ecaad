//! Directories of tests.

use testkit::Scratch;

#[test]
fn it_is_gone_after_the_test() {
    let scratch = Scratch::new();
    let path = scratch.write("a/b/c.txt", "text");
    assert_eq!(
        (scratch.read("a/b/c.txt"), scratch.read_bytes("a/b/c.txt")),
        ("text".into(), b"text".into())
    );
    assert_eq!(path, scratch.path("a/b/c.txt"));
    let root = scratch.root().to_owned();
    assert_eq!(root, root.canonicalize().unwrap());
    drop(scratch);
    assert!(!root.exists());
}

#[test]
fn it_stays_when_the_test_fails() {
    let root = std::thread::spawn(|| {
        let scratch = Scratch::new();
        scratch.write("kept.txt", "for the reader");
        std::panic::panic_any(scratch.root().to_owned());
    });
    let payload = root.join().unwrap_err();
    let root = payload.downcast_ref::<std::path::PathBuf>().unwrap();
    assert_eq!(std::fs::read_to_string(root.join("kept.txt")).unwrap(), "for the reader");
    std::fs::remove_dir_all(root).unwrap();
}

#[test]
fn two_never_share() {
    assert_ne!(Scratch::new().root(), Scratch::new().root());
}
