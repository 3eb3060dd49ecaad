//! The command line of `handoff`.

use clap::Args as ClapArgs;

use super::{TaskArg, not_blank};

/// `handoff`.
#[derive(Debug, ClapArgs)]
pub(crate) struct HandoffArgs {
    #[command(flatten)]
    pub(crate) task: TaskArg,
    /// Read the fields from stdin, as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Who implemented it
    #[arg(long, value_name = "O", value_parser = not_blank, required_unless_present = "json")]
    pub(crate) owner: Option<String>,
    /// The model that implemented it [default: the role's model]
    #[arg(long, value_name = "M", value_parser = not_blank)]
    pub(crate) model: Option<String>,
    /// The branch that holds the work [default: the lane's]
    #[arg(long, value_name = "B", value_parser = not_blank)]
    pub(crate) branch: Option<String>,
    /// The commit that is handed over [default: the tip of the branch]
    #[arg(long, value_name = "C", value_parser = not_blank)]
    pub(crate) commit: Option<String>,
    /// A command that was run; may be given several times
    #[arg(long = "command", value_name = "T")]
    pub(crate) commands: Vec<String>,
    /// The result of the command in the same place
    #[arg(long = "result", value_name = "T")]
    pub(crate) results: Vec<String>,
    /// A path that is said to be changed; may be given several times, and then they must be all
    #[arg(long = "changed-file", value_name = "PATH")]
    pub(crate) changed_files: Vec<String>,
    /// These paths as one text, apart by blanks, commas or lines; `...` stands for others
    #[arg(long = "changed-files", value_name = "T", conflicts_with = "changed_files")]
    pub(crate) changed_files_text: Option<String>,
    /// A known risk; may be given several times
    #[arg(long = "risk", value_name = "T")]
    pub(crate) risks: Vec<String>,
    /// What should happen next
    #[arg(long, value_name = "T")]
    pub(crate) next_step: Option<String>,
}
