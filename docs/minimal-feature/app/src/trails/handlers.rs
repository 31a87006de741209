//! Handlers of the feature: one function for each route.

use salvo::{Writer as _, handler};
use serde::Deserialize;

use super::forms::{FIELDS, NewTrail};
use super::notices::{TRAIL_ADDED, TRAIL_DELETED};
use super::views::{NewTrailView, TrailListView, TrailView};
use super::{repository, trail};
use crate::current_user::CurrentUser;
use crate::extract::{Form, Id, Query, Reader, Visitor};
use crate::form::{FormValues, FormView};
use crate::pagination::Position;
use crate::response::{Confirmation, Error, FormOutcome, Page, Pager};
use crate::state::AppState;

/// The query of the list.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageQuery {
    after: String,
    before: String,
}

#[handler]
pub(super) async fn list_trails(
    state: AppState,
    reader: Reader,
    query: Query<PageQuery>,
) -> Result<Page<TrailListView>, Error> {
    let position = &Position::parse(None, &query.0.after, &query.0.before);
    let page_size = state.config.feature.list_page_size;
    let read = |db| async move { repository::list_trails(&db, position, page_size).await };
    let page = reader.read(read).await?;
    Ok(Page::new(TrailListView {
        pager: Pager::new(&page, address),
        canonical: address(&page.position()),
        trails: page.rows.into_iter().map(Into::into).collect(),
    }))
}

/// The address of a page of the list.
fn address(position: &Position) -> String {
    match position {
        Position::First => "/".to_owned(),
        Position::After(cursor) => format!("/?after={cursor}"),
        Position::Before(cursor) => format!("/?before={cursor}"),
    }
}

#[handler]
pub(super) async fn new_trail() -> Page<NewTrailView> {
    Page::new(NewTrailView {
        form: FormView::new(FIELDS),
    })
}

#[handler]
pub(super) async fn create_trail(
    state: AppState,
    form: Form<FormValues>,
) -> Result<FormOutcome<NewTrailView>, Error> {
    let form = form.0;
    match NewTrail::parse(&form) {
        Ok(new) => {
            let db = state.database.connection();
            let id = repository::insert_trail(db, new, form.submission_key()).await?;
            Ok(FormOutcome::Saved(trail::path(id), TRAIL_ADDED))
        }
        Err(errors) => Ok(FormOutcome::Invalid(NewTrailView {
            form: FormView::refused(FIELDS, &form, &errors),
        })),
    }
}

#[handler]
pub(super) async fn show_trail(
    reader: Reader,
    visitor: Visitor,
    id: Id,
) -> Result<Page<TrailView>, Error> {
    let read = |db| async move { repository::get_trail(&db, id.0).await };
    let trail = reader.read(read).await?;
    Ok(Page::new(TrailView {
        trail: trail.into(),
        may_delete: visitor.user().is_some_and(CurrentUser::is_admin),
    }))
}

/// `GET` of the address that deletes: asks first.
#[handler]
pub(super) async fn confirm_deletion(state: AppState, id: Id) -> Result<Page<Confirmation>, Error> {
    let trail = repository::get_trail(state.database.connection(), id.0).await?;
    let path = trail::path(id.0);
    Ok(Page::new(Confirmation {
        question: "Delete this trail?",
        facts: vec![("Name", trail.name)],
        consequence: "This cannot be undone.",
        action: format!("{path}/delete"),
        button: "Delete trail",
        cancel: path,
    }))
}

#[handler]
pub(super) async fn delete_trail(
    state: AppState,
    id: Id,
) -> Result<FormOutcome<Confirmation>, Error> {
    repository::delete_trail(state.database.connection(), id.0).await?;
    Ok(FormOutcome::Saved("/".to_owned(), TRAIL_DELETED))
}
