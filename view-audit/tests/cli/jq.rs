//! jq, to compare with: as a library always, and as a program where there is one.

use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;
use testkit::{Scratch, Tool};

/// What the jq program `code` makes of `input`; the library and the program must agree.
#[track_caller]
#[expect(clippy::print_stderr, reason = "the output of a test says what it was compared with")]
pub(crate) fn jq(code: &str, input: &Value) -> Value {
    let text = input.to_string();
    let by_library = library(code, &text);
    if std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|dir| dir.join("jq").is_file())
    {
        let scratch = Scratch::new();
        let file = scratch.write("program.jq", code);
        let ran = Tool::program("jq").arg("-c").arg("-f").arg(file).stdin(text).run();
        let by_program: Value = serde_json::from_str(ran.code(0).out()).unwrap();
        assert!(alike(&by_library, &by_program), "{by_library}\n{by_program}");
        eprintln!("compared with jaq and with jq");
    } else {
        eprintln!("compared with jaq; there is no jq on the PATH");
    }
    by_library
}

#[track_caller]
fn library(code: &str, text: &str) -> Value {
    let input = read::parse_single(text.as_bytes()).unwrap();
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code, path: () });
    let modules = modules.map_err(|errors| format!("{errors:?}\n{code}")).unwrap();
    let filter = Compiler::default().with_funs(funs).compile(modules);
    let filter = filter.map_err(|errors| format!("{errors:?}\n{code}")).unwrap();
    let ctx = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let mut out = filter.id.run((ctx, input)).map(unwrap_valr);
    let value = out.next().unwrap().map_err(|error| format!("{error}\n{code}")).unwrap();
    assert!(out.next().is_none(), "one value");
    serde_json::from_str(&value.to_string()).unwrap()
}

/// Whether they are the same, numbers as far as their rounding allows.
pub(crate) fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= 1e-9 * one.abs().max(1.0)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| alike(one, other)))
        }
        _ => one == other,
    }
}
