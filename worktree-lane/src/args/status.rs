use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// Only these: lanes by id, branch or role, other worktrees by branch
    #[arg(value_name = "LANE")]
    pub(crate) lanes: Vec<String>,

    /// Every project of the section `projects` in switchyard.yaml
    ///
    /// A project that cannot be read is told on stderr and does not hide the others; the exit code
    /// is then 74.
    #[arg(long, conflicts_with = "lanes")]
    pub(crate) all_projects: bool,
}
