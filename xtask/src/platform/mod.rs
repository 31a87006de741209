//! What differs between operating systems: process groups, signals, accounts.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use other::{Account, end_group, is_root, lead_group, write_private};
#[cfg(unix)]
pub(crate) use unix::{Account, end_group, is_root, lead_group, write_private};

/// How firmly a program is asked to end.
#[derive(Clone, Copy)]
pub(crate) enum Ending {
    Asked,
    Forced,
}
