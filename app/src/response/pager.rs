//! The links between the pages of a list.

use serde::Serialize;

use crate::pagination::{ListPage, Position};

/// Links to other pages of a list: the component `pager` in `components.html` shows them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pager {
    /// On a later page only.
    pub first: Option<String>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// The links beside this page; `address` gives the address of a position in the list.
    pub fn new<T>(page: &ListPage<T>, address: impl Fn(&Position) -> String) -> Self {
        let after = |cursor| address(&Position::After(cursor));
        let before = |cursor| address(&Position::Before(cursor));
        Self {
            first: (!page.is_first()).then(|| address(&Position::First)),
            previous: page.previous.clone().map(before),
            next: page.next.clone().map(after),
        }
    }
}
