//! The program: the command line of the library, with another allocator.

use std::process::ExitCode;

/// The C library's allocator, above all that of musl, costs a third of the time of a page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    app::cli::main()
}
