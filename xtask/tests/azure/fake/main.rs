//! A fake of `az`, `azd` and `curl`: it rejects what the parser of `az` rejects, and keeps a small tenant in a file.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool speaks on standard output"
)]

mod parser;
mod tenant;

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use serde_json::{Value, json};

/// The folder with `tenant.json`, and `calls` once something was called.
const FOLDER: &str = "FAKE_AZURE_FOLDER";

/// What a call comes to: an answer, or an exit code with a message.
type Outcome = Result<Value, (u8, String)>;

fn main() -> ExitCode {
    let folder = folder();
    let program = env::args_os().next().unwrap_or_default();
    let program = Path::new(&program).file_stem().unwrap_or_default();
    let program = program.to_string_lossy().into_owned();
    let arguments: Vec<String> = env::args().skip(1).collect();
    let mut input = String::new();
    if arguments.iter().any(|argument| argument == "@-") {
        std::io::stdin()
            .read_to_string(&mut input)
            .unwrap_or_default();
    }
    log(&folder, &program, &arguments);
    let file = folder.join("tenant.json");
    let mut tenant: Value = fs::read(&file)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
        .unwrap_or_default();
    let before = tenant.clone();
    let outcome = match program.as_str() {
        "azd" => tenant::azd(&mut tenant, &arguments),
        "az" => parser::parse(&arguments, &input).and_then(|call| tenant::az(&mut tenant, &call)),
        _ => tenant::curl(&tenant),
    };
    let reads = ["show", "list", "get", "get-values"];
    let changes = !arguments.iter().any(|word| reads.contains(&word.as_str()));
    let broken_off = if changes {
        break_off(&mut tenant, before)
    } else {
        None
    };
    let outcome = broken_off.map_or(outcome, Err);
    fs::write(file, format!("{tenant:#}")).ok();
    match outcome {
        Ok(Value::Null) => ExitCode::SUCCESS,
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        // Text instead of JSON.
        Err((0, message)) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err((code, message)) => {
            eprintln!("ERROR: {message}");
            ExitCode::from(code)
        }
    }
}

/// Where a test asks for it, one of the changes fails, with or without its effect.
fn break_off(tenant: &mut Value, before: Value) -> Option<(u8, String)> {
    let left = tenant["break_off"]["changes_left"].as_u64()?;
    if *tenant == before {
        return None;
    }
    if left > 0 {
        tenant["break_off"]["changes_left"] = json!(left - 1);
        return None;
    }
    if tenant["break_off"]["takes_effect"] == false {
        *tenant = before;
    }
    tenant["break_off"] = Value::Null;
    let message = "(ServiceUnavailable) The service is temporarily unavailable.";
    Some((1, message.to_owned()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests pass the folder to the fake in this way"
)]
fn folder() -> PathBuf {
    env::var_os(FOLDER).unwrap_or_default().into()
}

/// One line of JSON for each call.
fn log(folder: &Path, program: &str, arguments: &[String]) {
    let call = json!({ "program": program, "arguments": arguments });
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.join("calls"));
    if let Ok(mut file) = file {
        writeln!(file, "{call}").ok();
    }
}
