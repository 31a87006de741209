//! The form of a trail: its fields, and the values that may be stored.

use time::Date;
use time::macros::date;

use super::trail::Difficulty;
use crate::form::{Choice, Day, Field, FieldErrors, Fields, FormValues, Integer, Line, Text};

const NAME: Field<Line> = Field {
    name: "name",
    label: "Name",
    missing: "Enter a name",
    hint: "",
    kind: Line {
        max: 60,
        autocomplete: "off",
    },
};

const LENGTH: Field<Integer> = Field {
    name: "length_km",
    label: "Length in kilometres",
    missing: "Enter the length",
    hint: "",
    kind: Integer { min: 1, max: 500 },
};

const DIFFICULTY: Field<Choice<Difficulty>> = Field {
    name: "difficulty",
    label: "Difficulty",
    missing: "Choose a difficulty",
    hint: "",
    kind: Choice(&[
        (Difficulty::Easy, "easy", "Easy"),
        (Difficulty::Moderate, "moderate", "Moderate"),
        (Difficulty::Hard, "hard", "Hard"),
    ]),
};

const OPENED_ON: Field<Day> = Field {
    name: "opened_on",
    label: "Opening date",
    missing: "Enter the date on which the trail was opened",
    hint: "",
    kind: Day {
        min: date!(1800 - 01 - 01),
        max: date!(2100 - 12 - 31),
    },
};

const NOTES: Field<Text> = Field {
    name: "notes",
    label: "Notes",
    missing: "Enter notes",
    hint: "Waymarks, water, where to park.",
    kind: Text { max: 400, rows: 5 },
};

pub(super) const FIELDS: &Fields = &[&NAME, &LENGTH, &DIFFICULTY, &OPENED_ON, &NOTES];

/// A valid trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewTrail {
    pub(super) name: String,
    pub(super) length_km: i32,
    pub(super) difficulty: Difficulty,
    pub(super) opened_on: Date,
    pub(super) notes: String,
}

impl NewTrail {
    /// # Errors
    /// A message for each bad field.
    pub(super) fn parse(form: &FormValues) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(&NAME, form);
        let length_km = errors.check(&LENGTH, form);
        let difficulty = errors.check(&DIFFICULTY, form);
        let opened_on = errors.check(&OPENED_ON, form);
        let notes = errors.check(&NOTES, form);
        match (name, length_km, difficulty, opened_on, notes) {
            (Some(name), Some(length_km), Some(difficulty), Some(opened_on), Some(notes)) => {
                Ok(Self {
                    name,
                    length_km,
                    difficulty,
                    opened_on,
                    notes,
                })
            }
            _ => Err(errors),
        }
    }
}
