//! Gets one trustworthy review out of Gemini: rotates credentials, backs off, verifies the model
//! and the verdict (runbook 0801, "Submit for Gemini Review").

mod answer;
mod batch;
mod call;
mod logs;
#[cfg(test)]
mod played;
mod policy;
mod run;
mod setup;
mod state;
mod verbs;

fn main() -> std::process::ExitCode {
    let code = cli::run("gemini-retry", run::run);
    call::interrupt::exit_code().unwrap_or(code)
}
