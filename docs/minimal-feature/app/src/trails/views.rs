//! Views of the feature: what each template shows.

use serde::Serialize;

use super::trail;
use crate::form::FormView;
use crate::response::{Pager, View};

/// `GET /`.
#[derive(Serialize)]
pub(super) struct TrailListView {
    pub(super) trails: Vec<TrailEntry>,
    pub(super) pager: Pager,
    #[serde(skip)]
    pub(super) canonical: String,
}

/// `GET /trails/new`.
#[derive(Serialize)]
pub(super) struct NewTrailView {
    pub(super) form: FormView,
}

/// `GET /trails/{id}`.
#[derive(Serialize)]
pub(super) struct TrailView {
    pub(super) trail: TrailEntry,
    pub(super) may_delete: bool,
}

/// A trail on a page.
#[derive(Serialize)]
pub(super) struct TrailEntry {
    path: String,
    name: String,
    length_km: i32,
    difficulty: &'static str,
    opened_on: String,
    notes: String,
}

impl From<trail::Model> for TrailEntry {
    fn from(row: trail::Model) -> Self {
        Self {
            path: trail::path(row.id),
            name: row.name,
            length_km: row.length_km,
            difficulty: row.difficulty.label(),
            opened_on: row.opened_on.to_string(),
            notes: row.notes,
        }
    }
}

impl View for TrailListView {
    const TEMPLATE: &'static str = "trails/list.html";

    fn title(&self) -> String {
        match self.pager.first {
            Some(_) => "Trails, continued".to_owned(),
            None => "Trails".to_owned(),
        }
    }

    fn canonical_path(&self) -> Option<String> {
        Some(self.canonical.clone())
    }
}

impl View for NewTrailView {
    const TEMPLATE: &'static str = "trails/new.html";

    fn title(&self) -> String {
        "Add a trail".to_owned()
    }
}

impl View for TrailView {
    const TEMPLATE: &'static str = "trails/show.html";

    fn title(&self) -> String {
        self.trail.name.clone()
    }

    fn canonical_path(&self) -> Option<String> {
        Some(self.trail.path.clone())
    }
}
