//! A fake of `az`, `azd` and `curl`: it rejects what the parser of `az` rejects, and keeps a small tenant in a file.
#![expect(
    clippy::print_stdout,
    reason = "a command-line tool prints its results"
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

/// The outcome of a call: its output, or an exit code with a message.
type Outcome = Result<Value, (u8, String)>;

fn main() -> ExitCode {
    let folder = folder();
    let program = env::args_os().next().unwrap_or_default();
    let program = Path::new(&program).file_stem().unwrap_or_default();
    let program = program.to_string_lossy().into_owned();
    let arguments: Vec<String> = env::args().skip(1).collect();
    log(&folder, &program, &arguments);
    let file = folder.join("tenant.json");
    let tenant = fs::read(&file).unwrap_or_default();
    let mut tenant: Value = serde_json::from_slice(&tenant).unwrap_or_default();
    let outcome = call(&mut tenant, &program, &arguments);
    fs::write(file, format!("{tenant:#}")).ok();
    match outcome {
        Ok(Value::Null) => ExitCode::SUCCESS,
        Ok(response) => {
            println!("{response}");
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

fn call(tenant: &mut Value, program: &str, arguments: &[String]) -> Outcome {
    let mut input = String::new();
    if arguments.iter().any(|argument| argument == "@-") {
        std::io::stdin()
            .read_to_string(&mut input)
            .unwrap_or_default();
    }
    let before = tenant.clone();
    let outcome = match program {
        "azd" => tenant::azd(tenant, arguments),
        "az" => parser::parse(arguments, &input).and_then(|call| tenant::az(tenant, &call)),
        _ => tenant::curl(tenant),
    };
    let reads = ["show", "list", "get", "get-values"];
    if arguments.iter().any(|word| reads.contains(&word.as_str())) {
        return outcome;
    }
    interrupt(tenant, before).map_or(outcome, Err)
}

/// If the test has requested it, one of the changes fails, with or without its effect.
fn interrupt(tenant: &mut Value, before: Value) -> Option<(u8, String)> {
    let left = tenant["interruption"]["changes_left"].as_u64()?;
    if *tenant == before {
        return None;
    }
    if left > 0 {
        tenant["interruption"]["changes_left"] = json!(left - 1);
        return None;
    }
    if tenant["interruption"]["takes_effect"] == false {
        *tenant = before;
    }
    tenant["interruption"] = Value::Null;
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
