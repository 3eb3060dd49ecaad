//! "Issue exists in GitHub": in the remembered list, and open.

use records::{Condition, IssueNumber, Reason};

use crate::issues::{IssueList, LIST_COMMAND};

/// Whether the issue is known and open.
pub(crate) fn known(issue: IssueNumber, list: Option<&IssueList>) -> (Condition, Option<Reason>) {
    let refresh = format!("{LIST_COMMAND} | lld-check coverage -");
    let no = |code: &str, message: String, next: Option<String>| {
        let condition = Condition::unmet("issue_known", message.clone());
        (condition, Some(Reason { code: code.into(), message, next }))
    };
    let Some(list) = list else {
        let message = "no list of issues is remembered for this repository".to_owned();
        return no("issue_list_missing", message, Some(refresh));
    };
    match list.get(issue) {
        None => {
            let message = format!(
                "issue {issue} is not among the {} issues of the remembered list; it may be new, or closed",
                list.issues.len()
            );
            no("issue_unknown", message, Some(refresh))
        }
        Some(found) if !found.is_open() => {
            no("issue_closed", format!("issue {issue} is closed in the remembered list"), None)
        }
        Some(found) => {
            let detail = format!("#{issue} \"{}\" is open in the remembered list", found.title);
            (Condition::met("issue_known", detail), None)
        }
    }
}
