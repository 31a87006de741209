//! Samples of the feature's pages, for `template_tests`.

use time::macros::date;

use super::forms::{FIELDS, NewTrail};
use super::trail::{self, Difficulty};
use super::views::{NewTrailView, TrailListView, TrailView};
use crate::form::{FormValues, FormView};
use crate::response::Pager;
use crate::response::samples::{HOSTILE, Sample, render_sample};

/// Every page, rendered.
pub(crate) fn samples() -> Vec<Sample> {
    let pages = [
        list_samples().iter().map(render_sample).collect::<Vec<_>>(),
        new_samples().iter().map(render_sample).collect(),
        show_samples().iter().map(render_sample).collect(),
    ];
    pages.concat()
}

fn trail() -> trail::Model {
    trail::Model {
        id: 7,
        name: HOSTILE.to_owned(),
        length_km: 12,
        difficulty: Difficulty::Hard,
        opened_on: date!(2024 - 05 - 01),
        notes: HOSTILE.to_owned(),
        submission_key: None,
    }
}

/// Empty, with rows, and a page after the last row.
fn list_samples() -> [TrailListView; 3] {
    let list = |trails: &[trail::Model], first: Option<&str>| TrailListView {
        trails: trails.iter().cloned().map(Into::into).collect(),
        pager: Pager {
            first: first.map(ToOwned::to_owned),
            previous: first.map(|_| "/?before=9".to_owned()),
            next: first.map(|_| "/?after=7".to_owned()),
        },
        canonical: "/".to_owned(),
    };
    [
        list(&[], None),
        list(&[trail()], Some("/")),
        list(&[], Some("/")),
    ]
}

fn new_samples() -> [NewTrailView; 2] {
    let typed = FormValues::from([("name", HOSTILE.repeat(10))]);
    let errors = NewTrail::parse(&typed).expect_err("a long name, four empty fields");
    let forms = [
        FormView::new(FIELDS),
        FormView::refused(FIELDS, &typed, &errors),
    ];
    forms.map(|form| NewTrailView { form })
}

fn show_samples() -> [TrailView; 2] {
    [false, true].map(|may_delete| TrailView {
        trail: trail().into(),
        may_delete,
    })
}
