//! The counters of a restaurant equal a recount of its reviews, whatever happens.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use tokio::task::JoinSet;

use super::pages::{add_named, miscounted, review_counts};
use harness::{LONG, Process, Site, Store, TestDatabase, Visitor, eventually, on_both_databases};

const CLIENTS: usize = 8;

on_both_databases! {
    async fn reviews_written_through_two_sites_at_once_are_all_counted(site: Site) {
        add_named(&site, &["One", "Two"]).await;
        let other = Process::serve_ready(&settings(&site.database)).await;
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let visitor = if client % 2 == 0 { site.visitor() } else { other.visitor() };
            clients.spawn(async move {
                for number in 0..25 {
                    let restaurant = 1 + number % 2;
                    let text = format!("client {client} review {number}");
                    let status = send_review(&visitor, restaurant, number % 5 + 1, &text).await;
                    assert_eq!(status, Some(StatusCode::SEE_OTHER), "{text}");
                }
            });
        }
        while let Some(client) = clients.join_next().await {
            client.expect("every review is taken");
        }
        assert_eq!(site.count("review").await, 200);
        assert_eq!(review_counts(&site).await.iter().sum::<i64>(), 200);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
    }

    async fn after_one_of_two_sites_is_killed_each_acknowledged_review_is_there_once(site: Site) {
        add_named(&site, &["One"]).await;
        let mut killed = Process::serve_ready(&settings(&site.database)).await;
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let visitor = if client % 2 == 0 { site.visitor() } else { killed.visitor() };
            clients.spawn(write_until_refused(visitor, client));
        }
        eventually("some reviews", LONG, async || {
            (site.count("review").await >= 40).then_some(())
        }).await;
        killed.signal("KILL");
        killed.exit(LONG).await;
        let mut acknowledged = BTreeSet::new();
        while let Some(texts) = clients.join_next().await {
            acknowledged.extend(texts.expect("no panic"));
        }
        let restarted = Process::serve_ready(&settings(&site.database)).await;
        assert!(restarted.visitor().get("/restaurants/1").await.status.is_success());

        let stored = site.texts("SELECT review_text AS value FROM review").await;
        let distinct: BTreeSet<String> = stored.iter().cloned().collect();
        assert_eq!(distinct.len(), stored.len());
        assert!(acknowledged.is_subset(&distinct));
        assert!(acknowledged.len() < 60 * CLIENTS, "the site was killed too late");
        // At most one review of each client was on its way, committed or not.
        assert!(stored.len() - acknowledged.len() <= CLIENTS);
        assert_eq!(miscounted(&site).await, Vec::<i64>::new());
        site.stop().await;
    }

    async fn a_review_of_a_restaurant_deleted_meanwhile_is_404_and_leaves_nothing(site: Site) {
        add_named(&site, &["Gone"]).await;
        site.execute(delete_meanwhile(site.store)).await;
        let form = [("user_name", "Noor"), ("rating", "4"), ("review_text", "Too late")];
        let answer = site.visitor().post("/restaurants/1/reviews", &form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.body);
        assert_eq!(site.count("review").await, 0);
        assert_eq!(review_counts(&site).await, [0]);
    }
}

fn settings(database: &TestDatabase) -> [(&'static str, &str); 1] {
    [("DATABASE_URL", &database.url)]
}

/// The answer's status; none when the connection broke.
async fn send_review(
    visitor: &Visitor,
    restaurant: usize,
    rating: usize,
    text: &str,
) -> Option<StatusCode> {
    let path = format!("/restaurants/{restaurant}/reviews");
    let rating = rating.to_string();
    let form = [
        ("user_name", "Noor"),
        ("rating", rating.as_str()),
        ("review_text", text),
    ];
    let answer = visitor
        .request(Method::POST, &path)
        .form(&form)
        .send()
        .await;
    answer.ok().map(|answer| answer.status())
}

/// Up to 60 reviews, fewer where the site goes away; the texts of those that were acknowledged.
async fn write_until_refused(visitor: Visitor, client: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0..60 {
        let text = format!("client {client} review {number}");
        match send_review(&visitor, 1, number % 5 + 1, &text).await {
            Some(StatusCode::SEE_OTHER) => acknowledged.push(text),
            Some(status) => panic!("{text}: {status}"),
            None => break,
        }
    }
    acknowledged
}

/// The restaurant goes between the moment it was found and the moment its review is written.
fn delete_meanwhile(store: Store) -> &'static str {
    match store {
        Store::Sqlite => {
            "CREATE TRIGGER meanwhile BEFORE INSERT ON review BEGIN
                DELETE FROM restaurant WHERE id = new.restaurant;
            END"
        }
        Store::Postgres => {
            "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                DELETE FROM restaurant WHERE id = new.restaurant;
                RETURN new;
            END $$;
            CREATE TRIGGER meanwhile BEFORE INSERT ON review
                FOR EACH ROW EXECUTE FUNCTION meanwhile()"
        }
    }
}
