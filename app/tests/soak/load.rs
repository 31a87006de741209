//! Clients that send nine reads for each write, each request to a random instance.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::Visitor;
use reqwest::Method;
use tokio::task::JoinSet;

use crate::FEATURE;

const CLIENTS: usize = 8;
const READS_FOR_A_WRITE: usize = 9;

/// Between two requests of a client.
const PAUSE: Duration = Duration::from_millis(40);

/// A client for each instance; an instance that is down keeps its last address.
#[derive(Clone, Default)]
pub(crate) struct Addresses(Arc<Mutex<Vec<Visitor>>>);

/// The results of the clients.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) reads: u64,
    /// Requests without a response, or with 503.
    pub(crate) unavailable: u64,
    pub(crate) writes: u64,
    /// Responses that no fault can cause.
    pub(crate) wrong: Vec<String>,
    pub(crate) slowest: Duration,
    /// The longest time for which a client got no correct response from any instance.
    pub(crate) outage: Duration,
    failing_since: Option<Instant>,
}

pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    clients: JoinSet<Tally>,
}

impl Addresses {
    pub(crate) fn set(&self, index: usize, url: &str) {
        let mut visitors = self.0.lock().expect("no panic while held");
        let visitor = Visitor::without_cookies(url);
        match visitors.get_mut(index) {
            Some(known) => *known = visitor,
            None => visitors.push(visitor),
        }
    }

    fn any(&self) -> Visitor {
        let visitors = self.0.lock().expect("no panic while held");
        visitors[rand::random_range(0..visitors.len())].clone()
    }
}

impl Load {
    pub(crate) fn start(addresses: &Addresses) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = |number| run(number, addresses.clone(), stop.clone());
        let clients = (0..CLIENTS).map(client).collect();
        Self { stop, clients }
    }

    /// Stops after the last write of each client.
    pub(crate) async fn stop(self) -> Tally {
        self.stop.store(true, Ordering::Relaxed);
        let tallies = self.clients.join_all().await.into_iter();
        tallies.fold(Tally::default(), |mut sum, tally| {
            sum.reads += tally.reads;
            sum.unavailable += tally.unavailable;
            sum.writes += tally.writes;
            sum.wrong.extend(tally.wrong);
            sum.slowest = sum.slowest.max(tally.slowest);
            sum.outage = sum.outage.max(tally.outage);
            sum
        })
    }
}

async fn run(number: usize, addresses: Addresses, stop: Arc<AtomicBool>) -> Tally {
    let mut tally = Tally::default();
    while !stop.load(Ordering::Relaxed) {
        for _ in 0..READS_FOR_A_WRITE {
            if tally.send(&addresses, "/", None).await == Some(200) {
                tally.reads += 1;
            }
        }
        let form = numbered_form(number, tally.writes);
        let action = FEATURE.form().action;
        while tally.send(&addresses, action, Some(&form)).await != Some(303) {}
        tally.writes += 1;
    }
    tally
}

impl Tally {
    /// Sends a request to a random instance, and returns the status if it is the expected one.
    async fn send(
        &mut self,
        addresses: &Addresses,
        path: &str,
        form: Option<&Form>,
    ) -> Option<u16> {
        tokio::time::sleep(PAUSE).await;
        let visitor = addresses.any();
        let (request, expected) = match form {
            None => (visitor.request(Method::GET, path), 200),
            Some(form) => (visitor.request(Method::POST, path).form(form), 303),
        };
        let started = Instant::now();
        let response = request.send().await;
        match response.map(|response| response.status().as_u16()) {
            Ok(status) if status == expected => {
                self.slowest = self.slowest.max(started.elapsed());
                let outage = self.failing_since.take().map(|since| since.elapsed());
                self.outage = self.outage.max(outage.unwrap_or_default());
                return Some(status);
            }
            Ok(503) | Err(_) => {
                self.unavailable += 1;
                self.failing_since.get_or_insert(started);
            }
            Ok(status) => self.wrong.push(format!("{path}: {status}")),
        }
        None
    }
}

type Form = Vec<(&'static str, String)>;

/// The form with a unique text and submission key.
fn numbered_form(client: usize, write: u64) -> Form {
    let text = format!("{client}-{write:08}");
    let key = format!("{:032x}", (u128::from(write) << 8) + client as u128);
    let fields = FEATURE.form().fields.iter().enumerate();
    let values = fields.map(|(index, field)| {
        let value = if index == 0 { &text } else { field.valid };
        (field.name, value.to_owned())
    });
    values.chain([("submission_key", key)]).collect()
}
