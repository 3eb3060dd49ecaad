//! Drives the built tool on real logs, with real writers beside it.
//!
//! What may happen to a log, and where it is tried; `model` and `crash_tests` are in `src`:
//!
//! | event | test |
//! |---|---|
//! | a writer appends meanwhile: ours, one that opens for each line, one that keeps its file open | `concurrent`, `model::schedules`, `bench/kills.sh` |
//! | a kill at any step, and again while recovering | `crash_tests`, `model::schedules::killed_twice_…`, `killed`, `bench/kills.sh` |
//! | power failure, pages in any order, a device with another number | `crash_tests::power_fails_…`, `model::schedules::the_power_fails_…` |
//! | two runs at once | `concurrent::a_second_run_…`, `model::schedules::another_run_…` |
//! | a reader meanwhile | `concurrent`, `model::schedules::a_reader_…`, `view-audit`'s `snapshot` |
//! | the system refuses one step: a bad disk, a full one | `model::schedules::the_system_refuses_a_step` |
//! | a full disk, a limit on the size of files | `mounts::a_full_disk_…`, `failing::without_room_…` |
//! | a read-only folder or file system | `failing::a_read_only_log_…`, `mounts::a_file_system_…` |
//! | a file system without locks | `failing::without_locks_…` |
//! | symbolic link, folder, FIFO or socket that is called a shard; hard link; long or odd names | `odd_files` |
//! | a history behind a link; its mode, owner and inode | `folding::mode_inode_and_the_link_…` |
//! | somebody replaces the history meanwhile | `killed::an_interrupted_run_…` |
//! | equal entries; equal ids with other bytes | `folding::equal_entries_…` |
//! | CRLF, byte order mark, invalid UTF-8, surrogates, scalars, keys that stand twice, no time | `odd_lines` |
//! | NUL pages, conflict markers, torn lines in the history | `odd_lines::damage_in_the_history_…` |
//! | a torn last line; a writer after it | `odd_lines::an_unfinished_…`, `odd_lines::what_a_writer_appends_…` |
//! | a very long line | `large`, `odd_lines::a_line_of_many_megabytes_…` |
//! | clocks that disagree, other offsets, a stamp in the far future | `folding::instants_…`, `folding::one_far_future_…`, `odd_lines::a_history_that_is_out_of_order_…` |
//! | shards that nobody uses any more | `quiet`, `model::schedules::shards_that_were_folded_a_day_ago_…` |
//! | worktrees, hooks | `places`, `hooked` |
#![expect(clippy::unwrap_used, reason = "a failure here must stop the test")]

mod checking;
mod concurrent;
mod failing;
mod folding;
mod hooked;
mod killed;
mod large;
mod mounts;
mod odd_files;
mod odd_lines;
mod places;
mod project;
mod properties;
