//! The forms of restaurants and reviews: their fields, and the values that may be stored.

use crate::current_user::CurrentUser;
use crate::form::{Choice, Field, FieldErrors, Fields, FormValues, Line, Text};
use crate::form_key;

const NAME: Field<Line> = Field {
    name: "restaurant_name",
    label: "Name",
    missing: "Enter a name",
    hint: "",
    kind: Line {
        max: 50,
        autocomplete: "off",
    },
};

const STREET_ADDRESS: Field<Line> = Field {
    name: "street_address",
    label: "Street address",
    missing: "Enter a street address",
    hint: "Street and town are enough.",
    kind: Line {
        max: 50,
        autocomplete: "off",
    },
};

const DESCRIPTION: Field<Text> = Field {
    name: "description",
    label: "Description",
    missing: "Enter a description",
    hint: "The food, the atmosphere, the prices.",
    kind: Text { max: 250, rows: 5 },
};

pub(super) const RESTAURANT_FIELDS: &Fields = &[&NAME, &STREET_ADDRESS, &DESCRIPTION];

const RATING: Field<Choice<i32>> = Field {
    name: "rating",
    label: "Your rating",
    missing: "Choose a rating from 1 to 5",
    hint: "From 1 star, poor, to 5 stars, excellent.",
    kind: Choice(&[
        (1, "1", "1 star, poor"),
        (2, "2", "2 stars, fair"),
        (3, "3", "3 stars, good"),
        (4, "4", "4 stars, very good"),
        (5, "5", "5 stars, excellent"),
    ]),
};

const USER_NAME: Field<Line> = Field {
    name: "user_name",
    label: "Your name",
    missing: "Enter your name",
    hint: "Shown with your review.",
    kind: Line {
        max: 50,
        autocomplete: "nickname",
    },
};

const REVIEW_TEXT: Field<Text> = Field {
    name: "review_text",
    label: "Your review",
    missing: "Enter your review",
    hint: "What did you eat, and would you go again?",
    kind: Text { max: 500, rows: 6 },
};

/// The fields of a review. The name of a signed-in reviewer is the account's.
pub(super) fn review_fields(asks_for_name: bool) -> &'static Fields {
    if asks_for_name {
        &[&RATING, &USER_NAME, &REVIEW_TEXT]
    } else {
        &[&RATING, &REVIEW_TEXT]
    }
}

/// A valid restaurant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewRestaurant {
    pub(super) name: String,
    pub(super) street_address: String,
    pub(super) description: String,
}

/// A valid review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewReview {
    pub(super) user_name: String,
    pub(super) rating: i32,
    pub(super) review_text: String,
    /// The account of a signed-in reviewer.
    pub(super) author_key: Option<String>,
}

impl NewRestaurant {
    /// # Errors
    /// A message for each bad field.
    pub(super) fn parse(form: &FormValues) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(&NAME, form);
        let street_address = errors.check(&STREET_ADDRESS, form);
        let description = errors.check(&DESCRIPTION, form);
        match (name, street_address, description) {
            (Some(name), Some(street_address), Some(description)) => Ok(Self {
                name,
                street_address,
                description,
            }),
            _ => Err(errors),
        }
    }

    /// The digest of a submission of this form; `None` without a key.
    pub(super) fn digest(&self, key: &str) -> Option<String> {
        form_key::digest(key, &[&self.name, &self.street_address, &self.description])
    }

    /// The values of a form for editing.
    pub(super) fn into_form(self) -> FormValues {
        FormValues::from([
            (NAME.name, self.name),
            (STREET_ADDRESS.name, self.street_address),
            (DESCRIPTION.name, self.description),
        ])
    }
}

impl NewReview {
    /// The values of a form for editing; no rating is chosen unless it is from 1 to 5.
    pub(super) fn into_form(self) -> FormValues {
        FormValues::from([
            (RATING.name, self.rating.to_string()),
            (REVIEW_TEXT.name, self.review_text),
        ])
    }

    /// # Errors
    /// A message for each bad field.
    pub(super) fn parse(
        form: &FormValues,
        author: Option<&CurrentUser>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let rating = errors.check(&RATING, form);
        let user_name = match author {
            Some(author) => Some(author.name.chars().take(USER_NAME.kind.max).collect()),
            None => errors.check(&USER_NAME, form),
        };
        let review_text = errors.check(&REVIEW_TEXT, form);
        match (rating, user_name, review_text) {
            (Some(rating), Some(user_name), Some(review_text)) => Ok(Self {
                user_name,
                rating,
                review_text,
                author_key: author.map(CurrentUser::key),
            }),
            _ => Err(errors),
        }
    }

    /// The digest of a submission of this form; `None` without a key.
    pub(super) fn digest(&self, restaurant: i32, key: &str) -> Option<String> {
        let values = [
            &restaurant.to_string(),
            self.author_key.as_deref().unwrap_or_default(),
            &self.user_name,
            &self.rating.to_string(),
            &self.review_text,
        ];
        form_key::digest(key, &values)
    }
}
