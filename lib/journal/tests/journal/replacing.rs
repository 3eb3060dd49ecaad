//! Replacing and creating files as a whole.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use journal::Error;
use tempfile::tempdir;

fn names(dir: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(dir).unwrap().map(name).collect();
    names.sort();
    names
}

#[test]
fn replaces_the_content_and_keeps_mode_and_owner() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("board.md");
    let file = File::create(&path).unwrap();
    // Only root can give the file away; another user checks that the owner does not change.
    if let Err(error) = chown(&path, Some(4321), Some(4321)) {
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
    file.set_permissions(Permissions::from_mode(0o2750)).unwrap();
    let old = fs::metadata(&path).unwrap();
    journal::replace(&path, |out| out.write_all(b"new\n")).unwrap();
    let new = fs::metadata(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new\n");
    assert_eq!((new.uid(), new.gid(), new.mode()), (old.uid(), old.gid(), old.mode()));
    assert_ne!(new.ino(), old.ino());
    assert_eq!(names(dir.path()), ["board.md"]);
}

#[test]
fn a_new_file_has_the_mode_of_any_new_file() {
    let dir = tempdir().unwrap();
    let [plain, replaced, created] = ["plain", "replaced", "created"].map(|n| dir.path().join(n));
    File::create(&plain).unwrap();
    journal::replace(&replaced, |out| out.write_all(b"x")).unwrap();
    journal::create_new(&created, b"x").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode();
    assert_eq!([mode(&replaced), mode(&created)], [mode(&plain); 2]);
}

#[test]
fn a_link_is_kept_and_its_target_replaced() {
    let dir = tempdir().unwrap();
    fs::create_dir(dir.path().join("sub")).unwrap();
    let (link, middle) = (dir.path().join("link"), dir.path().join("sub/middle"));
    symlink("sub/middle", &link).unwrap();
    symlink("../target", &middle).unwrap();
    for text in ["created through the link", "replaced through the link"] {
        journal::replace(&link, |out| out.write_all(text.as_bytes())).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::symlink_metadata(&middle).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(dir.path().join("target")).unwrap(), text);
    }
    assert_eq!(names(dir.path()), ["link", "sub", "target"]);
    assert_eq!(names(&dir.path().join("sub")), ["middle"]);
}

#[test]
fn links_that_go_round_are_refused() {
    let dir = tempdir().unwrap();
    let (one, other) = (dir.path().join("one"), dir.path().join("other"));
    symlink("other", &one).unwrap();
    symlink("one", &other).unwrap();
    let error = journal::replace(&one, |_| Ok(())).unwrap_err();
    assert!(matches!(error, Error::NotRegular { .. }), "{error}");
}

#[test]
fn a_failure_leaves_the_old_file_and_nothing_else() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state.json");
    journal::create_new(&path, b"old").unwrap();
    let error = journal::replace(&path, |out| {
        out.write_all(&vec![b'x'; 100_000])?;
        Err(io::Error::other("the renderer gave up"))
    })
    .unwrap_err();
    let expected = format!("cannot write the new {}: the renderer gave up", path.display());
    assert_eq!(error.to_string(), expected);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(dir.path()), ["state.json"]);
    let under_file = path.join("state.json");
    assert!(journal::replace(&under_file, |_| Ok(())).is_err());
    assert!(journal::create_new(&under_file, b"x").is_err());
}

#[test]
fn a_relative_name_has_a_directory_too() {
    // The working directory of a test is the package, where nothing must be left behind.
    let name = Path::new("journal-test-relative.tmp");
    journal::create_new(name, b"1").unwrap();
    let replaced = journal::replace(name, |out| out.write_all(b"2"));
    let appended = journal::append_line(name, b"3");
    let content = fs::read(name);
    fs::remove_file(name).unwrap();
    replaced.unwrap();
    appended.unwrap();
    assert_eq!(content.unwrap(), b"2\n3\n");
}

#[test]
fn readers_see_the_old_file_or_the_new_one() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("state");
    let version = |n: u8| vec![n; 50_000 + usize::from(n) * 1000];
    journal::create_new(&path, &version(0)).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let seen = fs::read(&path).unwrap();
                assert_eq!(seen, version(seen[0]));
                assert!(seen[0] >= last);
                last = seen[0];
            }
        });
        for n in 1..=100 {
            journal::replace(&path, |out| out.write_all(&version(n))).unwrap();
        }
        done.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
}

#[test]
fn one_of_many_creates_the_file() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("claim");
    let results: Vec<_> = thread::scope(|scope| {
        let create = |n: u8| {
            let path = &path;
            scope.spawn(move || journal::create_new(path, &[n; 10_000]).map(|()| n))
        };
        let threads: Vec<_> = (0..8).map(create).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let won: Vec<u8> = results.iter().filter_map(|result| result.as_ref().ok().copied()).collect();
    assert_eq!(won.len(), 1);
    assert_eq!(fs::read(&path).unwrap(), [won[0]; 10_000]);
    for error in results.into_iter().filter_map(Result::err) {
        assert_eq!(error.to_string(), format!("{} exists already", path.display()));
    }
    assert_eq!(names(dir.path()), ["claim"]);
}

#[test]
fn a_link_to_nowhere_is_in_the_way_of_creating() {
    let dir = tempdir().unwrap();
    let link = dir.path().join("link");
    symlink("nowhere", &link).unwrap();
    assert!(matches!(journal::create_new(&link, b"x").unwrap_err(), Error::Exists { .. }));
    assert_eq!(names(dir.path()), ["link"]);
}

#[test]
fn directories_are_created_down_to_the_last() {
    let dir = tempdir().unwrap();
    let deep = dir.path().join("a/b/c");
    journal::create_dirs(&deep).unwrap();
    journal::create_dirs(&deep).unwrap();
    assert!(deep.is_dir());
    let file = deep.join("file");
    File::create(&file).unwrap();
    for path in [file.clone(), file.join("d")] {
        let error = journal::create_dirs(path).unwrap_err();
        assert!(error.to_string().starts_with("cannot create the directory"), "{error}");
    }
}
