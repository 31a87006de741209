//! Handlers of the feature: one function for each route.

use salvo::{Writer as _, handler};
use serde::Deserialize;

use super::forms::{FIELDS, NewTrail};
use super::views::{NewTrailView, TrailListView, TrailView};
use super::{repository, trail};
use crate::current_user::CurrentUser;
use crate::extract::{Form, Id, Query, Reader, Visitor};
use crate::form::{FormValues, FormView};
use crate::pagination::Cursor;
use crate::response::{Error, FormOutcome, Page};
use crate::state::AppState;

/// Messages about what has been done, by their name in the query parameter `notice`.
const NOTICES: [(&str, &str); 2] = [
    (TRAIL_ADDED, "The trail has been added."),
    (TRAIL_DELETED, "The trail has been deleted."),
];
const TRAIL_ADDED: &str = "trail-added";
const TRAIL_DELETED: &str = "trail-deleted";

fn notice(name: &str) -> Option<&'static str> {
    let notice = NOTICES.iter().find(|(known, _)| *known == name);
    notice.map(|(_, text)| *text)
}

/// The query of the list and of a trail's page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PageQuery {
    after: String,
    notice: String,
}

#[handler]
pub(super) async fn list_trails(
    state: AppState,
    reader: Reader,
    query: Query<PageQuery>,
) -> Result<Page<TrailListView>, Error> {
    let after = &Cursor::parse(None, &query.0.after);
    let page_size = state.config.feature.list_page_size;
    let read = |db| async move { repository::list_trails(&db, after.as_ref(), page_size).await };
    let (trails, next) = reader.read(read).await?;
    Ok(Page::new(TrailListView {
        trails: trails.into_iter().map(Into::into).collect(),
        first: after.as_ref().map(|_| "/".to_owned()),
        next: next.map(|next| format!("/?after={next}")),
        notice: notice(&query.0.notice),
    }))
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
            let path = trail::path(id);
            Ok(FormOutcome::Saved(format!("{path}?notice={TRAIL_ADDED}")))
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
    query: Query<PageQuery>,
) -> Result<Page<TrailView>, Error> {
    let read = |db| async move { repository::get_trail(&db, id.0).await };
    let trail = reader.read(read).await?;
    Ok(Page::new(TrailView {
        trail: trail.into(),
        may_delete: visitor.user().is_some_and(CurrentUser::is_admin),
        notice: notice(&query.0.notice),
    }))
}

#[handler]
pub(super) async fn delete_trail(
    state: AppState,
    id: Id,
) -> Result<FormOutcome<NewTrailView>, Error> {
    repository::delete_trail(state.database.connection(), id.0).await?;
    Ok(FormOutcome::Saved(format!("/?notice={TRAIL_DELETED}")))
}
