//! Samples of the feature's pages, for `template_tests`.

use time::macros::datetime;

use super::addresses::DetailsQuery;
use super::forms::{NewRestaurant, NewReview, RESTAURANT_FIELDS, review_fields};
use super::pages::{
    BackLink, EditRestaurantView, EditReviewView, NewRestaurantView, RestaurantListView,
    RestaurantView, SortLink,
};
use super::restaurant::{ListedRestaurant, RatedRestaurant, Sort};
use super::review;
use super::views::{RestaurantDetails, ReviewEntry};
use crate::form::{FormValues, FormView};
use crate::response::Pager;
use crate::response::samples::{HOSTILE, Sample, render_sample, sample_user};

/// Every page, rendered.
pub(crate) fn samples() -> Vec<Sample> {
    let pages = [
        list_samples().iter().map(render_sample).collect::<Vec<_>>(),
        new_samples().iter().map(render_sample).collect(),
        edit_samples().iter().map(render_sample).collect(),
        vec![render_sample(&edit_review_sample())],
        restaurant_samples().iter().map(render_sample).collect(),
    ];
    pages.concat()
}

fn listed(sum: i32, count: i32) -> ListedRestaurant {
    ListedRestaurant {
        id: 7,
        name: HOSTILE.to_owned(),
        street_address: HOSTILE.to_owned(),
        description: HOSTILE.to_owned(),
        review_count: count,
        rating_sum: sum,
        key: None,
    }
}

fn restaurant(sum: i32, count: i32) -> RatedRestaurant {
    RatedRestaurant {
        id: 7,
        name: HOSTILE.to_owned(),
        street_address: HOSTILE.to_owned(),
        description: HOSTILE.to_owned(),
        review_count: count,
        rating_sum: sum,
        rating_counts: [0, 0, 0, count, 0],
    }
}

fn review(id: i32, rating: i32) -> review::Model {
    review::Model {
        id,
        restaurant: 7,
        user_name: HOSTILE.to_owned(),
        rating,
        review_text: HOSTILE.to_owned(),
        review_date: datetime!(2024-05-01 10:00),
        author_key: None,
        submission_key: None,
    }
}

/// Empty, with rows, a search without matches, a capped search, and a page after the last row.
fn list_samples() -> Vec<RestaurantListView> {
    let list = |query: &str, rows: Vec<ListedRestaurant>| RestaurantListView {
        restaurants: rows.into_iter().map(Into::into).collect(),
        searching: !query.is_empty(),
        query: query.to_owned(),
        sort: Sort::Rating.name(),
        is_default_sort: query.is_empty(),
        sort_links: vec![sort_link()],
        link_suffix: String::new(),
        pager: Pager::default(),
        matches: None,
        capped: None,
        canonical: query.is_empty().then(|| "/".to_owned()),
    };
    let rows = vec![listed(13, 3), listed(0, 0)];
    vec![
        list("", Vec::new()),
        list("", rows.clone()),
        list(HOSTILE, Vec::new()),
        RestaurantListView {
            matches: Some("More than 1,000 restaurants match".to_owned()),
            capped: Some("1,000".to_owned()),
            pager: later_pager(),
            ..list(HOSTILE, rows)
        },
        RestaurantListView {
            pager: Pager {
                first: Some("/".to_owned()),
                ..Pager::default()
            },
            ..list("", Vec::new())
        },
        RestaurantListView {
            pager: Pager {
                next: Some("/?after=7".to_owned()),
                ..Pager::default()
            },
            ..list(HOSTILE, Vec::new())
        },
    ]
}

fn sort_link() -> SortLink {
    SortLink {
        label: "Top rated",
        path: "/?sort=rating".to_owned(),
        current: true,
    }
}

fn later_pager() -> Pager {
    Pager {
        first: Some("/".to_owned()),
        previous: Some("/?before=9".to_owned()),
        next: Some("/?after=7".to_owned()),
    }
}

fn new_samples() -> [NewRestaurantView; 2] {
    let typed = FormValues::from([("description", HOSTILE.repeat(10))]);
    let errors = NewRestaurant::parse(&typed).expect_err("two empty fields, a long one");
    let forms = [
        FormView::new(RESTAURANT_FIELDS),
        FormView::refused(RESTAURANT_FIELDS, &typed, &errors),
    ];
    forms.map(|form| NewRestaurantView { form })
}

/// As opened, and after another administrator has saved.
fn edit_samples() -> [EditRestaurantView; 2] {
    [None, Some(restaurant(0, 0).into())].map(|stored| EditRestaurantView {
        path: "/restaurants/7".to_owned(),
        version: "version".to_owned(),
        form: FormView::filled(RESTAURANT_FIELDS, &hostile_form()),
        stored,
    })
}

fn hostile_form() -> FormValues {
    let restaurant = NewRestaurant {
        name: HOSTILE.to_owned(),
        street_address: HOSTILE.to_owned(),
        description: HOSTILE.to_owned(),
    };
    restaurant.into_form()
}

fn edit_review_sample() -> EditReviewView {
    let values = FormValues::from([("review_text", HOSTILE.to_owned())]);
    EditReviewView {
        action: "/reviews/9/edit".to_owned(),
        cancel: "/restaurants/7#review-9".to_owned(),
        restaurant: HOSTILE.to_owned(),
        form: FormView::filled(review_fields(false), &values),
    }
}

/// Without reviews, a later page, with a refused form, and for an administrator who has written a review.
fn restaurant_samples() -> Vec<RestaurantView> {
    let admin = sample_user();
    let page = |form, user| RestaurantView {
        restaurant: RestaurantDetails::new(&restaurant(13, 3), &DetailsQuery::default()),
        reviews: vec![
            ReviewEntry::new(review(9, 0), user),
            ReviewEntry::new(review(10, 4), user),
        ],
        reviews_title: "Reviews (3)".to_owned(),
        all_reviews: None,
        pager: Pager::default(),
        back: BackLink {
            path: "/".to_owned(),
            label: "All restaurants",
        },
        form,
        own_review: user.map(|_| ReviewEntry::new(review(9, 4), user)),
        may_edit: user.is_some(),
        may_write: true,
        canonical: Some("/restaurants/7".to_owned()),
    };
    let typed = FormValues::from([("rating", "4".to_owned()), ("user_name", HOSTILE.repeat(9))]);
    let errors = NewReview::parse(&typed, None).expect_err("a long name, no text");
    let refused = FormView::refused(review_fields(true), &typed, &errors);
    vec![
        RestaurantView {
            restaurant: RestaurantDetails::new(&restaurant(0, 0), &DetailsQuery::default()),
            reviews: Vec::new(),
            may_write: false,
            ..page(FormView::new(review_fields(true)), None)
        },
        RestaurantView {
            pager: later_pager(),
            all_reviews: Some("/restaurants/7".to_owned()),
            ..page(FormView::new(review_fields(true)), None)
        },
        page(refused, None),
        page(FormView::new(review_fields(false)), Some(&admin)),
    ]
}

#[test]
fn a_refused_form_keeps_what_was_typed_and_links_each_message_to_its_field() {
    let [_, refused] = new_samples();
    let (_, html) = render_sample(&refused);
    for part in [
        "<title>Error: Add a restaurant",
        "<a href=\"#street_address\">Enter a street address</a>",
        "aria-describedby=\"street_address-hint street_address-error\" aria-invalid=\"true\"",
        "Description must be 250 characters or fewer",
    ] {
        assert!(html.contains(part), "{part}: {html}");
    }
}
