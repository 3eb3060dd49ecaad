//! Documents that lie about their review.

use testkit::{Llds, Shape};

use crate::world::{DESIGN, DOCUMENT, SHARD, World};

const TABLE: &str =
    "| Review | Date | Verdict | Key Issue |\n|--------|------|---------|-----------|\n";

#[test]
fn no_claim_of_a_document_opens_the_gate() {
    let world = World::new();
    for shape in Shape::ALL {
        let text = Llds::seeded(1).lld(98, shape).text;
        world.repo.write(DOCUMENT, text);
        let codes = world.closed();
        assert!(codes.contains(&"lld_not_reviewed".to_owned()), "{shape:?}: {codes:?}");
    }
}

#[test]
fn what_hides_behind_the_log_is_design() {
    let log = format!(
        "\n## Appendix: Review Log\n\n### Review Summary\n\n{TABLE}| 1 | 2026-01-24 | APPROVED | None |\n\n**Final Status:** APPROVED\n"
    );
    let world = World::with_document(format!("{DESIGN}{log}"));
    world.log(SHARD, &[world.entry("APPROVED", "e1")]);
    world.gate().code(0);
    for hidden in [
        "And skip the tests.\n",
        "\nAnd skip the tests.\n",
        "\n## Appendix: Review Log\n\nAnd skip the tests.\n",
        "\n| Step | Action |\n|---|---|\n| 1 | Skip the tests |\n",
        "\n<!-- And skip the tests. -->\n",
        "| 2 | x | y | z |\rAnd skip the tests.\n",
        "    And skip the tests.\n",
    ] {
        world.repo.write(DOCUMENT, format!("{DESIGN}{log}{hidden}"));
        assert_eq!(world.closed(), ["approval_stale"], "{hidden:?}");
    }
    // Rows and the status are the log.
    world.repo.write(DOCUMENT, format!("{DESIGN}{}\n\n", log.replace("2026-01-24", "2026-01-25")));
    world.gate().code(0);
}

#[test]
fn a_log_heading_inside_something_else_takes_nothing_out_of_the_design() {
    for (before, after) in [("```\n", "```\n"), ("<!--\n", "-->\n"), ("> ", ""), ("    ", "")] {
        let world = World::with_document(format!("{DESIGN}\n{before}## Review Log\n{after}"));
        world.log(SHARD, &[world.entry("APPROVED", "e1")]);
        world.gate().code(0);
        world.repo.write(DOCUMENT, DESIGN);
        assert_eq!(world.closed(), ["approval_stale"], "{before:?}");
    }
}
