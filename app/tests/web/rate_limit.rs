//! Rate limit of writes per client address.

use std::time::Instant;

use reqwest::Method;

use crate::feature::{FIELDS, FORM, TABLE};
use harness::{Backend, Response, Site};

const TWO_A_MINUTE: [&str; 2] = ["--rate-limit-writes=2", "--trusted-proxies=127.0.0.1"];

async fn write_from(site: &Site, forwarded: &[&str]) -> Response {
    let mut request = site.visitor().request(Method::POST, FORM).form(&FIELDS);
    for entry in forwarded {
        request = request.header("X-Forwarded-For", *entry);
    }
    site.visitor().send(request).await
}

async fn assert_writes(site: &Site, forwarded: &[&str], statuses: &[u16]) {
    for status in statuses {
        let response = write_from(site, forwarded).await;
        assert_eq!(response.status.as_u16(), *status, "{forwarded:?}");
    }
}

#[tokio::test]
async fn a_write_over_the_limit_gets_429() {
    let site = Site::start_with(Backend::Sqlite, &TWO_A_MINUTE).await;
    assert_writes(&site, &["203.0.113.7"], &[303, 303]).await;
    let rejected = write_from(&site, &["203.0.113.7"]).await;
    assert_eq!(rejected.status.as_u16(), 429);
    let seconds: u64 = rejected.header("retry-after").parse().expect("seconds");
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert!(rejected.body.contains(rejected.header("x-request-id")));
    assert_eq!(site.count(TABLE).await, 2);
    assert_writes(&site, &["203.0.113.8"], &[303]).await;
}

#[tokio::test]
async fn retry_after_is_long_enough() {
    let flags = ["--rate-limit-writes=1", "--trusted-proxies=*"];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    let started = Instant::now();
    assert_writes(&site, &["203.0.113.7"], &[303]).await;
    let rejected = write_from(&site, &["203.0.113.7"]).await;
    let wait: f64 = rejected.header("retry-after").parse().expect("seconds");
    let elapsed = started.elapsed().as_secs_f64();
    assert!(
        wait <= 60.0 && wait + elapsed >= 60.0,
        "{wait} s after {elapsed} s"
    );
}

#[tokio::test]
async fn reading_is_not_limited() {
    let site = Site::start_with(Backend::Sqlite, &TWO_A_MINUTE).await;
    assert_writes(&site, &["203.0.113.7"], &[303, 303, 429]).await;
    for _ in 0..10 {
        let request = site
            .visitor()
            .request(Method::GET, "/")
            .header("X-Forwarded-For", "203.0.113.7");
        assert_eq!(site.visitor().send(request).await.status.as_u16(), 200);
    }
    assert_writes(&site, &["203.0.113.7"], &[429]).await;
}

#[tokio::test]
async fn the_client_is_the_first_entry_from_the_right_that_is_not_a_trusted_proxy() {
    let trusted = "--trusted-proxies=127.0.0.1,10.0.0.0/8";
    let site = Site::start_with(Backend::Sqlite, &["--rate-limit-writes=2", trusted]).await;
    assert_writes(&site, &["203.0.113.1, 10.0.0.7"], &[303]).await;
    assert_writes(&site, &["198.51.100.9, 203.0.113.1, 10.0.0.8"], &[303]).await;
    assert_writes(&site, &["203.0.113.1", "10.0.0.7, 127.0.0.1"], &[429]).await;
    assert_writes(&site, &["203.0.113.2, 10.0.0.7"], &[303]).await;
}

#[tokio::test]
async fn the_last_forwarded_entry_is_the_client_with_or_without_a_port() {
    let site = Site::start_with(Backend::Sqlite, &TWO_A_MINUTE).await;
    assert_writes(&site, &["198.51.100.1, 203.0.113.7:50123"], &[303]).await;
    assert_writes(&site, &["198.51.100.2,203.0.113.7"], &[303]).await;
    // Entries that the client itself has sent come before that of the front end and are ignored.
    assert_writes(&site, &["198.51.100.3", "203.0.113.7:50124"], &[429]).await;
    assert_writes(&site, &["junk, , ::ffff:203.0.113.7"], &[429]).await;
    assert_writes(&site, &["203.0.113.7, 198.51.100.1"], &[303, 303, 429]).await;
}

#[tokio::test]
async fn an_ipv6_network_of_64_bits_counts_as_one_client() {
    let site = Site::start_with(Backend::Sqlite, &TWO_A_MINUTE).await;
    assert_writes(&site, &["2001:db8::1"], &[303]).await;
    assert_writes(&site, &["[2001:db8::2]:50123"], &[303]).await;
    assert_writes(&site, &["[2001:db8::ffff:ffff:ffff:ffff]"], &[429]).await;
    assert_writes(&site, &["2001:db8:0:1::1"], &[303]).await;
}

#[tokio::test]
async fn a_direct_client_is_not_limited() {
    for trusted in ["none", "192.0.2.0/24"] {
        let flags = [
            "--rate-limit-writes=1",
            &format!("--trusted-proxies={trusted}"),
        ];
        let site = Site::start_with(Backend::Sqlite, &flags).await;
        assert_writes(&site, &["203.0.113.7"], &[303, 303, 303]).await;
    }
    let site = Site::start_with(Backend::Sqlite, &TWO_A_MINUTE).await;
    assert_writes(&site, &[], &[303, 303, 303]).await;
}

#[tokio::test]
async fn the_limit_can_be_switched_off() {
    let flags = ["--rate-limit-writes=0", "--trusted-proxies=*"];
    let site = Site::start_with(Backend::Sqlite, &flags).await;
    assert_writes(&site, &["203.0.113.7"], &[303; 70]).await;
}
