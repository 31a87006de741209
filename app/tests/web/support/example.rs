//! What the general tests need of the example domain: some page, some form, some table.

/// Where a form is sent.
pub(crate) const FORM: &str = "/restaurants"; // domain: any form's target

/// The page with that form.
pub(crate) const FORM_PAGE: &str = "/restaurants/new"; // domain: any page with a form

/// The form filled in so that it is accepted, without its submission key.
pub(crate) const FIELDS: [(&str, &str); 3] = [
    ("restaurant_name", "Café Zoë"), // domain: any field
    ("street_address", "1 High Street"),
    ("description", "Cakes"),
];

/// Where an accepted form leads to, and the address of its row.
pub(crate) const ROW: &str = "/restaurants/1"; // domain: any row's page

/// An address that moved for good.
pub(crate) const MOVED: &str = "/create";

/// The table that the form fills.
pub(crate) const TABLE: &str = "restaurant"; // domain: any table
