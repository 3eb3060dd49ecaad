//! The newline scan.

use testkit::{Scratch, Tool};

#[test]
fn newlines_are_counted_over_all_pieces() {
    let scratch = Scratch::new();
    // Longer than two pieces of 1 MiB, with a newline on either side of each border.
    let mut text = vec![b'x'; (2 << 20) + 10];
    for at in [0, (1 << 20) - 1, 1 << 20, (2 << 20) - 1, 2 << 20, (2 << 20) + 8] {
        text[at] = b'\n';
    }
    let file = scratch.write("text", &text);
    let ran = Tool::new("newline-scan").arg(&file).run();
    ran.code(0).stdout_is("6\n");
    Tool::new("newline-scan").arg(scratch.path("nothing")).run().code(74);
}
