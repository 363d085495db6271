//! Saved views of the lists: dossiers, flows, the queue.

use contract::{NewView, Nothing, View as ViewShape, ViewList, ViewOf, ViewQuery};
use domain::{Permission, ViewId, fold};
use serde_json::json;
use store::views::{self, View};
use store::{Scope, dialect, journal};

use crate::fields::Check;
use crate::people::entry;
use crate::{Answer, Call, Error, Result, ids};

const MOST_VIEWS: usize = 100;
const LONGEST_QUERY: usize = 2_000;

/// One's own views and the shared ones, by name; those of the dossiers unless other lists are named.
pub fn list_views(call: &Call, _: Nothing, query: ViewQuery, _: Nothing) -> Result<Answer<ViewList>> {
    let scope = call.scope()?;
    let lists = if query.list.is_empty() { vec![ViewOf::Dossiers] } else { query.list.0 };
    let mut data = Vec::new();
    for view in views::list(&mut *call.app.store.conn()?, scope)? {
        let view = shape(view, scope)?;
        if lists.contains(&view.list) {
            data.push(view);
        }
    }
    data.sort_by_cached_key(|v| (fold(&v.name), v.id));
    Ok(Answer::new(ViewList { data }))
}

pub fn create_view(call: &Call, _: Nothing, _: Nothing, body: NewView) -> Result<Answer<ViewShape>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let name = check.line("/name", &body.name, 80);
    let query = body.query.trim().trim_start_matches('?').to_owned();
    if query.len() > LONGEST_QUERY {
        check.refuse(
            "/query",
            "too_long",
            format!("{} caractères : {LONGEST_QUERY} au plus.", query.len()),
            format!("{} characters: {LONGEST_QUERY} at most.", query.len()),
        );
    }
    if let Some(bad) = query.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '"' | '#' | '<' | '>' | '\\' | '`'))
    {
        check.refuse(
            "/query",
            "query_form",
            format!("{bad:?} n’a pas sa place dans une adresse : la forme attendue est state=late&sort=name, encodée."),
            format!("{bad:?} has no place in an address: the expected form is state=late&sort=name, encoded."),
        );
    }
    check.done()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let own: Vec<_> = views::list(conn, scope)?.into_iter().filter(|v| v.user == scope.user()).collect();
        let of_list = |v: &&View| v.list == body.list.as_str();
        if own.iter().filter(of_list).any(|v| fold(&v.name) == fold(&name)) {
            return Err(Error::conflict(
                format!("Vous avez déjà une vue « {name} » : choisissez un autre nom ou supprimez-la d’abord."),
                format!("You have a view “{name}” already: choose another name or delete it first."),
            ));
        }
        if own.len() >= MOST_VIEWS {
            return Err(Error::conflict(
                format!("Vous avez déjà {MOST_VIEWS} vues : supprimez-en une d’abord."),
                format!("You have {MOST_VIEWS} views already: delete one first."),
            ));
        }
        let view = View {
            id: ids::view(),
            cabinet: scope.cabinet(),
            user: scope.user(),
            list: body.list.to_string(),
            name,
            query,
            shared: body.shared,
        };
        views::insert(conn, &view, call.now)?;
        let changes = json!({ "list": [null, view.list], "name": [null, view.name], "query": [null, view.query], "shared": [null, view.shared] });
        let row = entry("view.create", "view", view.id, &view.name, changes);
        journal::append(conn, view.cabinet, &crate::journal::stamp(call), &[row])?;
        Ok(Answer::new(shape(view, scope)?))
    })
}

/// Deletes one's own view; those who manage the cabinet may delete any shared one.
pub fn delete_view(call: &Call, id: ViewId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let view = views::find(conn, scope, id)?;
        if view.user != scope.user() && !scope.allows(Permission::CabinetManage) {
            // Everybody sees a shared view, so its existence is no secret.
            return Err(Error::say(
                contract::Code::Forbidden,
                "Cette vue partagée appartient à une autre personne : elle ou un associé peut la supprimer.",
                "This shared view belongs to somebody else: that person or a partner can delete it.",
            ));
        }
        views::delete(conn, &view)?;
        let changes = json!({ "list": [view.list, null], "name": [view.name, null], "query": [view.query, null], "shared": [view.shared, null] });
        let row = entry("view.delete", "view", id, &view.name, changes);
        journal::append(conn, view.cabinet, &crate::journal::stamp(call), &[row])?;
        Ok(Answer::none())
    })
}

fn shape(view: View, scope: &Scope) -> Result<ViewShape> {
    Ok(ViewShape {
        id: view.id,
        list: view.list.parse().map_err(Error::internal)?,
        name: view.name,
        query: view.query,
        shared: view.shared,
        mine: view.user == scope.user(),
    })
}
