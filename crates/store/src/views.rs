//! Saved views of lists.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::{CabinetId, UserId, ViewId};

use crate::people::parsed;
use crate::schema::views;
use crate::time::to_db;
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone)]
pub struct View {
    pub id: ViewId,
    pub cabinet: CabinetId,
    pub user: UserId,
    /// Which list it is of.
    pub list: String,
    pub name: String,
    pub query: String,
    pub shared: bool,
}

type Cols = (String, String, String, String, String, String, bool);
type Columns = (views::id, views::cabinet_id, views::user_id, views::list, views::name, views::query, views::shared);
const COLUMNS: Columns =
    (views::id, views::cabinet_id, views::user_id, views::list, views::name, views::query, views::shared);

fn view_of((id, cabinet, user, list, name, query, shared): Cols) -> Result<View> {
    Ok(View { id: parsed(&id)?, cabinet: parsed(&cabinet)?, user: parsed(&user)?, list, name, query, shared })
}

/// One's own views and the shared ones of the cabinet.
pub fn list(conn: &mut Conn, scope: &Scope) -> Result<Vec<View>> {
    let rows: Vec<Cols> = views::table
        .filter(views::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(views::user_id.eq(scope.user().to_string()).or(views::shared.eq(true)))
        .order((views::created_at, views::id))
        .select(COLUMNS)
        .load(conn)?;
    rows.into_iter().map(view_of).collect()
}

/// One's own view, or a shared one of the cabinet.
pub fn find(conn: &mut Conn, scope: &Scope, id: ViewId) -> Result<View> {
    let row: Cols = views::table
        .filter(views::id.eq(id.to_string()))
        .filter(views::cabinet_id.eq(scope.cabinet().to_string()))
        .filter(views::user_id.eq(scope.user().to_string()).or(views::shared.eq(true)))
        .select(COLUMNS)
        .first(conn)?;
    view_of(row)
}

pub fn insert(conn: &mut Conn, view: &View, now: DateTime<Utc>) -> Result<()> {
    diesel::insert_into(views::table)
        .values((
            views::id.eq(view.id.to_string()),
            views::cabinet_id.eq(view.cabinet.to_string()),
            views::user_id.eq(view.user.to_string()),
            views::list.eq(&view.list),
            views::name.eq(&view.name),
            views::query.eq(&view.query),
            views::shared.eq(view.shared),
            views::created_at.eq(to_db(now)),
        ))
        .execute(conn)?;
    Ok(())
}

pub fn delete(conn: &mut Conn, view: &View) -> Result<()> {
    diesel::delete(
        views::table.filter(views::id.eq(view.id.to_string())).filter(views::cabinet_id.eq(view.cabinet.to_string())),
    )
    .execute(conn)?;
    Ok(())
}
