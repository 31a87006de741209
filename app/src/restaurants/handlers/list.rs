//! The list: all restaurants or those a search finds, in one of the orders, by pages.

use salvo::{Writer as _, handler};
use serde::{Deserialize, Serialize};

use super::{cut, notice};
use crate::extract::Query;
use crate::response::{Error, Page};
use crate::restaurants::cursor::{RestaurantCursor, Sort};
use crate::restaurants::repository::{self, ListRequest};
use crate::restaurants::views::{RestaurantEntry, RestaurantList, SortChoice};
use crate::state::AppState;

/// The query of the list.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(in crate::restaurants) struct ListQuery {
    #[serde(skip_serializing_if = "String::is_empty")]
    q: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    sort: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    after: String,
    #[serde(skip_serializing)]
    notice: String,
}

#[handler]
pub(in crate::restaurants) async fn list_restaurants(
    state: AppState,
    query: Query<ListQuery>,
) -> Result<Page<RestaurantList>, Error> {
    let query = query.0;
    let settings = &state.config.restaurants;
    let page_size = settings.list_page_size;
    let sort = Sort::of(&query.sort);
    let request = ListRequest {
        words: &query.q,
        sort,
        after: RestaurantCursor::parse(sort, &query.after),
        limit: page_size + 1,
        search_limit: settings.search_limit,
    };
    let listing = repository::list_restaurants(state.database.connection(), &request).await?;
    let (rows, last) = cut(listing.rows, page_size);
    let next = last.map(|last| last.cursor(sort)).or(listing.resume);
    Ok(Page::new(RestaurantList {
        searching: !query.q.trim().is_empty(),
        sort: sort.name(),
        sorts: Sort::ALL
            .map(|choice| sort_choice(&query, choice, sort))
            .into(),
        first: request.after.is_some().then(|| list_path(&query, sort, "")),
        next: next.map(|next| list_path(&query, sort, &next.to_string())),
        capped: listing.capped,
        restaurants: rows.into_iter().map(RestaurantEntry::from).collect(),
        notice: notice::text(&query.notice),
        query: query.q,
    }))
}

fn sort_choice(query: &ListQuery, choice: Sort, current: Sort) -> SortChoice {
    SortChoice {
        value: choice.name(),
        label: choice.label(),
        path: list_path(query, choice, ""),
        current: choice == current,
    }
}

/// The list with the same search, in this order, from this cursor on.
fn list_path(query: &ListQuery, sort: Sort, after: &str) -> String {
    let sort = if sort == Sort::Newest {
        ""
    } else {
        sort.name()
    };
    let query = ListQuery {
        q: query.q.clone(),
        sort: sort.to_owned(),
        after: after.to_owned(),
        notice: String::new(),
    };
    match serde_urlencoded::to_string(query) {
        Ok(query) if !query.is_empty() => format!("/?{query}"),
        _ => "/".to_owned(),
    }
}
