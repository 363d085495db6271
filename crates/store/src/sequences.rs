//! Sequences of relances: who is written to, when and how.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::relance::{RelancePurpose, SequenceState};
use domain::{Access, CabinetId, Permission, Role, SequenceId, UserId};

use crate::campaigns::rights_of;
use crate::people::parsed;
use crate::schema::{enrolments, sequences};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    pub id: SequenceId,
    pub cabinet: CabinetId,
    pub version: i64,
    pub name: String,
    pub purpose: RelancePurpose,
    pub state: SequenceState,
    /// The filter of its audience, as JSON.
    pub filter: String,
    /// Start, deadline, steps and escalation, as JSON.
    pub course: String,
    /// Who stands behind it.
    pub user: UserId,
    pub by_name: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = sequences, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    version: i64,
    name: String,
    purpose: String,
    state: String,
    filter: String,
    course: String,
    user_id: String,
    by_name: String,
    created_at: i64,
    updated_at: i64,
}

impl Row {
    fn of(s: &Sequence) -> Self {
        Self {
            id: s.id.to_string(),
            cabinet_id: s.cabinet.to_string(),
            version: s.version,
            name: s.name.clone(),
            purpose: s.purpose.to_string(),
            state: s.state.to_string(),
            filter: s.filter.clone(),
            course: s.course.clone(),
            user_id: s.user.to_string(),
            by_name: s.by_name.clone(),
            created_at: to_db(s.created_at),
            updated_at: to_db(s.updated_at),
        }
    }

    fn sequence(self) -> Result<Sequence> {
        Ok(Sequence {
            id: parsed(&self.id)?,
            cabinet: parsed(&self.cabinet_id)?,
            version: self.version,
            name: self.name,
            purpose: parsed(&self.purpose)?,
            state: parsed(&self.state)?,
            filter: self.filter,
            course: self.course,
            user: parsed(&self.user_id)?,
            by_name: self.by_name,
            created_at: from_db(self.created_at),
            updated_at: from_db(self.updated_at),
        })
    }
}

/// For whom a sequence speaks.
#[derive(Debug, Clone)]
pub struct Behind {
    /// What the person who stands behind it sees, or saw at last: that is where dossiers join from.
    pub person: Scope,
    /// The firm, which lets nobody go because a person of it sees less.
    pub firm: Scope,
    /// The person is of the firm and may write sequences.
    pub present: bool,
}

pub fn behind(conn: &mut Conn, cabinet: CabinetId, user: UserId) -> Result<Behind> {
    let firm = Scope::of_firm(cabinet);
    Ok(match rights_of(conn, cabinet, user)? {
        Some((person, active)) => {
            let present = active && person.allows(Permission::DossierManage);
            Behind { person, firm, present }
        }
        // Somebody of whom nothing is known sees nothing.
        None => Behind {
            person: Scope::new(cabinet, user, Role::Viewer, Access::Granted, Vec::new()),
            firm,
            present: false,
        },
    })
}

/// Needs the cabinet's lock.
pub fn insert(conn: &mut Conn, new: &Sequence) -> Result<()> {
    diesel::insert_into(sequences::table).values(Row::of(new)).execute(conn)?;
    Ok(())
}

/// Writes a sequence over itself. Needs the cabinet's lock.
pub fn update(conn: &mut Conn, sequence: &Sequence) -> Result<()> {
    let row = Row::of(sequence);
    let target = sequences::table.find(&row.id).filter(sequences::cabinet_id.eq(&row.cabinet_id));
    diesel::update(target).set(&row).execute(conn)?;
    Ok(())
}

pub fn find(conn: &mut Conn, scope: &Scope, id: SequenceId) -> Result<Sequence> {
    of_cabinet(conn, scope.cabinet(), id)
}

/// A sequence of a cabinet, for the work that nobody asks for.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, id: SequenceId) -> Result<Sequence> {
    let row: Row = sequences::table
        .find(id.to_string())
        .filter(sequences::cabinet_id.eq(cabinet.to_string()))
        .select(Row::as_select())
        .first(conn)?;
    row.sequence()
}

/// All of a cabinet, newest first.
pub fn all(conn: &mut Conn, cabinet: CabinetId) -> Result<Vec<Sequence>> {
    let rows: Vec<Row> = sequences::table
        .filter(sequences::cabinet_id.eq(cabinet.to_string()))
        .order(sequences::id.desc())
        .select(Row::as_select())
        .load(conn)?;
    rows.into_iter().map(Row::sequence).collect()
}

/// Cabinets for which there is something to do: those with a sequence that is neither a draft nor over, and those in which
/// somebody is still to leave one.
pub fn cabinets(conn: &mut Conn) -> Result<BTreeSet<CabinetId>> {
    let mut ids: Vec<String> = sequences::table
        .filter(sequences::state.eq_any([SequenceState::Active.as_str(), SequenceState::Paused.as_str()]))
        .select(sequences::cabinet_id)
        .distinct()
        .load(conn)?;
    let leaving: Vec<String> = enrolments::table
        .filter(enrolments::ended_at.is_null())
        .filter(enrolments::look_at.is_not_null())
        .select(enrolments::cabinet_id)
        .distinct()
        .load(conn)?;
    ids.extend(leaving);
    ids.iter().map(|id| parsed(id)).collect()
}
