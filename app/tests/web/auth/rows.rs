//! What these tests read and change in the database by themselves.

use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement, TryGetable};

use super::harness::{Browser, SignInSite};

/// The column `value` of each row.
pub(crate) async fn values<T: TryGetable>(db: &DatabaseConnection, sql: &str) -> Vec<T> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect(sql);
    rows.iter()
        .map(|row| row.try_get("", "value").expect("a column named value"))
        .collect()
}

/// Moves every session into the past as if that much time had gone by.
pub(crate) async fn let_pass(site: &SignInSite, interval: &str) {
    let earlier = format!("- interval '{interval}'");
    site.execute(&format!(
        "UPDATE session SET expires_at = expires_at {earlier}, data = jsonb_set(data::jsonb, '{{user,signed_in_at}}',
         to_jsonb(to_char((data::jsonb->'user'->>'signed_in_at')::timestamp {earlier}, 'YYYY-MM-DD HH24:MI:SS.US')))::text"
    ))
    .await;
}

/// Another browser with the same cookies: somebody has copied them.
pub(crate) fn copy_of(site: &SignInSite, browser: &Browser) -> Browser {
    let copy = site.browser();
    for (name, value) in browser.cookies() {
        copy.plant(&name, &value);
    }
    copy
}

/// The session's cookie, over http.
pub(crate) fn session_of(browser: &Browser) -> String {
    let mut cookies = browser.cookies();
    cookies.remove("session").expect("a session")
}

/// A browser in which this person has signed in.
pub(crate) async fn browser_of(site: &SignInSite, person: &str) -> Browser {
    let browser = site.browser();
    let answer = browser.sign_in(person).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    browser
}
