//! HTML pages.

use crate::people::Person;

const FRAME: &str = include_str!("frame.html");
const STYLE: &str = include_str!("style.css");

/// The people to choose from. The form posts to the address of the page, query included.
pub(crate) fn people(people: &[Person], is_admitted: impl Fn(&Person) -> bool) -> String {
    let choice = |person| choice(person, is_admitted(person));
    let choices: String = people.iter().map(choice).collect();
    let body = format!(
        "<h1>Who signs in?</h1>\
         <p>None of these people exist, and none of them has a password.</p>\
         <form method=\"post\"><ul>{choices}</ul>\
         <button class=\"deny\" name=\"deny\" value=\"1\">Deny: send “access_denied” back</button></form>"
    );
    frame("Sign in", &body)
}

/// An error page, for a request that must not be redirected to the app.
pub(crate) fn error(description: &str, correlation_id: &str, timestamp: &str) -> String {
    let body = format!(
        "<h1>Sign-in failed</h1>\
         <p class=\"error\">{}</p>\
         <dl><dt>Correlation Id</dt><dd>{correlation_id}</dd>\
         <dt>Timestamp</dt><dd>{timestamp}</dd></dl>",
        escape(description)
    );
    frame("Sign-in failed", &body)
}

/// The page after sign-out without a valid `post_logout_redirect_uri`.
pub(crate) fn signed_out() -> String {
    let body = "<h1>Signed out</h1>\
                <p>The request had no redirect address of the app.</p>";
    frame("Sign out", body)
}

/// A form that submits itself to the app: response mode `form_post`.
pub(crate) fn form_post(address: &str, parameters: &[(String, String)]) -> String {
    let input = |(name, value): &(String, String)| {
        let (name, value) = (escape(name), escape(value));
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    };
    let inputs: String = parameters.iter().map(input).collect();
    let body = format!(
        "<form method=\"post\" action=\"{}\">{inputs}<button>Continue</button></form>\
         <script>document.forms[0].submit()</script>",
        escape(address)
    );
    frame("Working…", &body)
}

fn choice(person: &Person, is_admitted: bool) -> String {
    let name = person.claims.get("name").and_then(|name| name.as_str());
    let (key, name) = (escape(&person.key), escape(name.unwrap_or(&person.key)));
    let (username, summary) = (escape(person.username()), escape(&person.summary));
    let note = if is_admitted {
        ""
    } else {
        "; of another tenant, will be refused"
    };
    format!(
        "<li><button name=\"person\" value=\"{key}\"><strong>{name}</strong>\
         <span>{username}</span><em>{summary}{note}</em></button></li>"
    )
}

fn frame(title: &str, body: &str) -> String {
    FRAME
        .replace("{title}", title)
        .replace("{style}", STYLE)
        .replace("{body}", body)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
