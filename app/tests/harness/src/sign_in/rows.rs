//! Direct access to the database of a site with sign-in.

use app::current_user::CurrentUser;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, TryGetable};
use serde_json::Value;
use time::Duration;

use super::{Browser, SignInSite};

/// The column `value` of each row.
pub async fn values<T: TryGetable>(db: &DatabaseConnection, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect(sql);
    rows.iter()
        .map(|row| row.try_get("", "value").expect("a column named value"))
        .collect()
}

/// Moves every session into the past by this duration.
pub async fn age_sessions(site: &SignInSite, time: Duration) {
    let sessions = "SELECT id_hash || ' ' || data AS value FROM session";
    for row in values::<String>(&site.db, sessions).await {
        let (id_hash, data) = row.split_once(' ').expect("two columns");
        let mut data: Value = serde_json::from_str(data).expect("JSON");
        let user = &mut data["user"];
        let mut user: CurrentUser = serde_json::from_value(user.take()).expect("a user");
        user.signed_in_at -= time;
        data["user"] = serde_json::json!(user);
        let seconds = time.whole_seconds();
        site.execute(&format!(
            "UPDATE session SET data = '{data}', expires_at = expires_at - interval '{seconds} seconds'
             WHERE id_hash = '{id_hash}'"
        ))
        .await;
    }
}

/// Another browser with the same cookies.
pub fn copy_browser(site: &SignInSite, browser: &Browser) -> Browser {
    let copy = site.browser();
    for (name, value) in browser.cookies() {
        copy.set_cookie(&name, &value);
    }
    copy
}

/// The value of the session cookie of a site with http.
pub fn session_cookie_of(browser: &Browser) -> String {
    let mut cookies = browser.cookies();
    cookies.remove("session").expect("a session")
}

/// A browser with a session of this person.
pub async fn signed_in_browser(site: &SignInSite, person: &str) -> Browser {
    let browser = site.browser();
    let response = browser.sign_in(person).await;
    assert_eq!(response.status, 303, "{}", response.body);
    browser
}
