//! x
#[derive(clap::Args)]
pub(crate) struct Arguments {}
pub(crate) fn run(
    _a: &Arguments,
    _s: &crate::process::Supervisor,
) -> anyhow::Result<std::process::ExitCode> {
    anyhow::bail!("x")
}
