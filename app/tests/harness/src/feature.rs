//! The description of a feature that drives the general tests.

use sea_orm::DatabaseConnection;

use crate::sign_in::values;

/// The forms, rows and routes of a feature.
///
/// The general tests submit the first form where they need to write something, and insert the rows by SQL where they need rows.
#[derive(Clone, Copy, Debug)]
pub struct Feature {
    pub forms: &'static [Form],
    /// The page of the row with id 1 that the first form inserts.
    pub row_page: &'static str,
    /// The code of the notice after the first form.
    pub added: &'static str,
    pub rows: &'static [Row],
    /// The routes and who may use them, in the format of `access.rs`.
    pub routes: &'static str,
    /// The routes of its API, in the same format; empty without one.
    pub api_routes: &'static str,
    /// Pages that show text of the first form, some of them by a search for the word `alert`.
    pub lists: &'static [&'static str],
    /// Pages that take a pagination cursor, with a query to which a parameter can be appended.
    pub paginated: &'static [&'static str],
    /// A path that redirects permanently.
    pub moved: Option<&'static str>,
}

/// A form that a visitor without a role may submit.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The page that contains the form, and where it is sent; `{id}` is the id of a row of the first form.
    pub page: &'static str,
    pub action: &'static str,
    /// The table that it inserts into.
    pub table: &'static str,
    pub fields: &'static [Field],
    /// How often the page to which it redirects contains a text that all text fields have.
    pub occurrences: usize,
}

/// A field of a form.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    /// The column of the form's table.
    pub column: &'static str,
    pub kind: Kind,
    /// A value that is accepted.
    pub valid: &'static str,
}

/// What a field takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One line of at most so many characters.
    Line(usize),
    /// Several lines of at most so many characters.
    Lines(usize),
    /// One of these values, chosen by radio buttons.
    Choice(&'static [&'static str]),
    /// A whole number from the first to the last.
    Number(i32, i32),
    /// A date from the first to the last.
    Date(&'static str, &'static str),
}

/// A row that the tests insert.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its table, which is also its placeholder in the routes, in braces.
    pub table: &'static str,
    /// Inserts it and returns its id as `value`. `{parent}` is the id of the row before, `{author}` the author's key.
    pub insert: &'static str,
}

impl Feature {
    /// The form that the general tests submit.
    pub const fn form(&self) -> &'static Form {
        &self.forms[0]
    }

    /// The valid values of every form, so that one body suits each of them.
    pub fn all_fields(&self) -> Vec<(&'static str, &'static str)> {
        self.forms.iter().flat_map(Form::valid).collect()
    }

    /// The valid values of every form as a JSON object; whole numbers are numbers.
    pub fn all_json(&self) -> serde_json::Value {
        let value = |text: &str| match text.parse::<i32>() {
            Ok(number) => number.into(),
            Err(_) => text.into(),
        };
        let fields = self.all_fields().into_iter();
        fields
            .map(|(name, text)| (name.to_owned(), value(text)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// Inserts one row of each table and returns their ids.
    pub async fn insert_rows(&self, db: &DatabaseConnection, author: &str) -> Vec<i64> {
        let mut ids: Vec<i64> = Vec::new();
        for row in self.rows {
            let parent = ids.last().map(i64::to_string).unwrap_or_default();
            let sql = row.insert.replace("{parent}", &parent);
            ids.extend(values::<i64>(db, &sql.replace("{author}", author)).await);
        }
        ids
    }
}

impl Form {
    /// Where it is sent for the row with this id.
    pub fn action(&self, id: &str) -> String {
        self.action.replace("{id}", id)
    }

    /// The form filled in so that it is accepted, without its submission key.
    pub fn valid(&self) -> Vec<(&'static str, &'static str)> {
        let fields = self.fields.iter();
        fields.map(|field| (field.name, field.valid)).collect()
    }

    /// The valid values as an array of the number of fields.
    pub const fn valid_array<const N: usize>(&self) -> [(&'static str, &'static str); N] {
        let mut values = [("", ""); N];
        let mut index = 0;
        while index < N {
            values[index] = (self.fields[index].name, self.fields[index].valid);
            index += 1;
        }
        values
    }

    /// The form with this text in every text field.
    pub fn with_text<'a>(&self, text: &'a str) -> Vec<(&'static str, &'a str)> {
        let fields = self.fields.iter().map(|field| {
            let is_text = field.limit().is_some();
            (field.name, if is_text { text } else { field.valid })
        });
        fields.collect()
    }

    /// The accepted form with another value of one field, or without that field.
    pub fn with<'a>(&self, name: &str, value: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
        let fields = self.fields.iter().map(|field| {
            let is_changed = field.name == name;
            (
                field.name,
                if is_changed { value } else { Some(field.valid) },
            )
        });
        fields
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// The text fields.
    pub fn text_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().filter(|field| field.limit().is_some())
    }
}

impl Field {
    /// The limit in characters of a text field.
    pub const fn limit(&self) -> Option<usize> {
        match self.kind {
            Kind::Line(limit) | Kind::Lines(limit) => Some(limit),
            Kind::Choice(_) | Kind::Number(..) | Kind::Date(..) => None,
        }
    }
}
