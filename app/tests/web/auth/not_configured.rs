//! Pages and routes without sign-in configured.

use harness::{Site, on_both_databases};

use crate::feature::{FEATURE, FORM_PAGE, ROW};

/// Texts that would mention sign-in, in lower case.
const TRACES: [&str; 9] = [
    "sign in",
    "sign-in",
    "signed in",
    "sign out",
    "log in",
    "login",
    "azure",
    "microsoft",
    "/auth/",
];

/// The pages of the site that the home page links to.
async fn pages(site: &Site) -> Vec<String> {
    let visitor = site.visitor();
    let mut pages = vec![
        "/".to_owned(),
        "/?q=x".to_owned(),
        "/no/such/page".to_owned(),
    ];
    let mut next = 0;
    while let Some(path) = pages.get(next).cloned() {
        let body = visitor.get(&path).await.body;
        for link in body.split("href=\"/").skip(1) {
            let path = format!("/{}", link.split('"').next().unwrap_or_default());
            if !path.starts_with("/static/") && !pages.contains(&path) {
                pages.push(path);
            }
        }
        next += 1;
    }
    pages
}

on_both_databases! {
    async fn no_page_mentions_sign_in(site: Site) {
        FEATURE.insert_rows(&site.db, "nobody").await;
        let visitor = site.visitor();
        let pages = pages(&site).await;
        for page in [FORM_PAGE, ROW] {
            assert!(pages.iter().any(|path| path == page), "{page} is not in {pages:?}");
        }
        for path in pages {
            let page = visitor.get(&path).await;
            let text = page.body.to_lowercase();
            let trace = TRACES.iter().find(|trace| text.contains(**trace));
            assert_eq!(trace, None, "{path}: {text}");
            assert!(!page.headers.contains_key("set-cookie"), "{path}");
        }
    }

    async fn the_sign_in_routes_say_that_it_is_not_configured(site: Site) {
        let visitor = site.visitor();
        for path in ["/auth/login", "/auth/callback?code=a&state=b", "/auth/logout", "/auth/profile", "/protected", "/roleProtected"] {
            let page = visitor.get(path).await;
            assert_eq!(page.status, 501, "{path}");
            assert!(page.body.contains("<h1>Azure authentication not configured</h1>"), "{path}");
            assert!(page.body.contains("AZURE_CLIENT_ID"), "{path}");
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
        }
        assert_eq!(visitor.post("/auth/logout", &[]).await.status, 501);
        assert_eq!(visitor.get("/unprotected").await.status, 200);
    }
}
