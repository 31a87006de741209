//! The feature that the general tests are run with.

pub(crate) use crate::FEATURE;

/// Where its first form is sent.
pub(crate) const FORM: &str = FEATURE.form().action;

/// The page with that form.
pub(crate) const FORM_PAGE: &str = FEATURE.form().page;

/// The form filled in so that it is accepted, without its submission key.
pub(crate) const FIELDS: [(&str, &str); FEATURE.form().fields.len()] = FEATURE.form().valid_array();

/// The page of the row that the first form inserts, to which the form redirects.
pub(crate) const ROW: &str = FEATURE.row_page;

/// The table that the form inserts into.
pub(crate) const TABLE: &str = FEATURE.form().table;

/// A path that redirects permanently; without one, another page.
pub(crate) const MOVED: &str = match FEATURE.moved {
    Some(path) => path,
    None => FORM_PAGE,
};
