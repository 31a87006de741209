//! Views of the feature: what each template shows.

use serde::Serialize;

use super::trail;
use crate::form::FormView;
use crate::response::View;

/// `GET /`.
#[derive(Serialize)]
pub(super) struct TrailListView {
    pub(super) trails: Vec<TrailEntry>,
    pub(super) first: Option<String>,
    pub(super) next: Option<String>,
    #[serde(skip)]
    pub(super) notice: Option<&'static str>,
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
    #[serde(skip)]
    pub(super) notice: Option<&'static str>,
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
        "Trails".to_owned()
    }

    fn notice(&self) -> Option<&'static str> {
        self.notice
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

    fn notice(&self) -> Option<&'static str> {
        self.notice
    }
}
