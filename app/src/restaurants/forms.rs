//! What visitors send: a form as it was typed, and the value it stands for when nothing is wrong with it.

use serde::{Deserialize, Serialize};

use crate::current_user::CurrentUser;
use crate::extract::FieldErrors;

/// In characters.
const USER_NAME_LIMIT: usize = 50;

/// `POST /restaurants`, as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct RestaurantForm {
    pub restaurant_name: String,
    pub street_address: String,
    pub description: String,
    pub submission_key: String,
}

/// A restaurant that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRestaurant {
    pub name: String,
    pub street_address: String,
    pub description: String,
}

impl RestaurantForm {
    /// # Errors
    /// A message for each field that is missing, too long or not text.
    pub fn parse(&self) -> Result<NewRestaurant, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.check(
            "restaurant_name",
            parse_line("The name", &self.restaurant_name, 50),
        );
        let street_address = errors.check(
            "street_address",
            parse_line("The street address", &self.street_address, 50),
        );
        let description = errors.check(
            "description",
            parse_text("The description", &self.description, 250),
        );
        match (name, street_address, description) {
            (Some(name), Some(street_address), Some(description)) => Ok(NewRestaurant {
                name,
                street_address,
                description,
            }),
            _ => Err(errors),
        }
    }
}

/// `POST /restaurants/{id}/reviews`, as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ReviewForm {
    pub user_name: String,
    pub rating: String,
    pub review_text: String,
    pub submission_key: String,
}

/// A review that may be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReview {
    pub user_name: String,
    /// 1 to 5.
    pub rating: i32,
    pub review_text: String,
    /// The account that writes it, where one does.
    pub author_key: Option<String>,
}

impl ReviewForm {
    /// The review under the account's name, or under the name that was typed where nobody has signed in.
    ///
    /// # Errors
    /// A message for each field that is missing, too long, not text or no rating.
    pub fn parse(&self, author: Option<&CurrentUser>) -> Result<NewReview, FieldErrors> {
        let mut errors = FieldErrors::default();
        let user_name = match author {
            Some(author) => Some(author.name.chars().take(USER_NAME_LIMIT).collect()),
            None => errors.check(
                "user_name",
                parse_line("Your name", &self.user_name, USER_NAME_LIMIT),
            ),
        };
        let rating = errors.check("rating", parse_rating(&self.rating));
        let review_text = errors.check(
            "review_text",
            parse_text("The review", &self.review_text, 500),
        );
        match (user_name, rating, review_text) {
            (Some(user_name), Some(rating), Some(review_text)) => Ok(NewReview {
                user_name,
                rating,
                review_text,
                author_key: author.map(CurrentUser::key),
            }),
            _ => Err(errors),
        }
    }
}

/// One line of text of 1 to `limit` characters, without the blanks around it.
fn parse_line(what: &str, typed: &str, limit: usize) -> Result<String, String> {
    let text = parse_text(what, typed, limit)?;
    if text.contains(char::is_control) {
        return Err(format!("{what} must be one line of text."));
    }
    Ok(text)
}

/// Text of 1 to `limit` characters (Unicode scalar values; a line break counts as one), without the
/// blanks around it.
fn parse_text(what: &str, typed: &str, limit: usize) -> Result<String, String> {
    // HTML sends a line break as two characters.
    let text = typed.replace("\r\n", "\n");
    let text = text.trim();
    if is_blank(text) {
        return Err(format!("{what} is missing."));
    }
    if text.contains(is_unprintable) {
        return Err(format!("{what} contains a character that is not text."));
    }
    let length = text.chars().count();
    if length > limit {
        return Err(format!(
            "{what} has {length} characters; at most {limit} are possible."
        ));
    }
    Ok(text.to_owned())
}

/// Whether a text shows nothing: white space, fillers, zero-width characters, marks that act on others.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_whitespace()
            || matches!(character,
                '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
    })
}

fn is_unprintable(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\r' | '\t')
}

/// `1` to `5`, nothing else.
fn parse_rating(typed: &str) -> Result<i32, String> {
    match typed {
        "" => Err("Please choose a rating.".to_owned()),
        "1" | "2" | "3" | "4" | "5" => typed.parse().map_err(|_| unknown_rating()),
        _ => Err(unknown_rating()),
    }
}

fn unknown_rating() -> String {
    "The rating must be a whole number from 1 to 5.".to_owned()
}
