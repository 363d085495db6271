//! What holds dossiers back from being asked for a mandate, read from what is kept beside their facts
//! (`domain::mandate::Held`). A dossier of which that was never written is not told before it is evaluated again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};
use domain::mandate::Held;
use domain::{DossierId, MandateKind, MandateState, Siret};

use crate::deadlines::Named;
use crate::dossiers::{Backend, Condition, Filter, all_conditions, all_of, filtered, whole_card};
use crate::kept::{Kept, one_of_texts};
use crate::people::parsed;
use crate::schema::dossiers;
use crate::{Conn, Result, Scope, dialect};

/// What may be true of a dossier: one of these is enough.
#[derive(Debug, Clone, Default)]
pub struct Signs {
    /// Bits of `Held`.
    pub bits: i64,
    /// The server of its addressee has refused the address.
    pub refused: bool,
    /// It is one of these.
    pub among: Vec<DossierId>,
}

/// Dossiers that have no mandate of a kind.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub dossiers: Filter,
    pub kind: MandateKind,
    /// States of a mandate that make another one of its kind needless.
    pub open: Vec<MandateState>,
    /// Bits of `Held` with which a dossier needs none.
    pub noted: i64,
    /// What must be true of them, or must not.
    pub signs: Vec<(Signs, bool)>,
}

const REFUSED: &str = "(dossiers.email <> '' AND EXISTS (SELECT 1 FROM suppressions \
                       WHERE suppressions.cabinet_id = dossiers.cabinet_id \
                       AND suppressions.address = dossiers.email))";

impl Signs {
    fn condition(self, is: bool) -> Kept {
        let mut condition = Kept::new(if is { "(" } else { "NOT (" }).sql("(dossiers.held & ").number(self.bits);
        condition = condition.sql(") <> 0");
        if self.refused {
            condition = condition.sql(" OR ").sql(REFUSED);
        }
        if !self.among.is_empty() {
            condition = condition.sql(" OR ");
            condition = condition.then(one_of_texts("dossiers.id", self.among.iter().map(ToString::to_string)));
        }
        condition.sql(")")
    }
}

impl Wanted {
    fn conditions(&self, scope: &Scope) -> Vec<Condition> {
        let cabinet = scope.cabinet().to_string();
        // Found once, in an index alone.
        let mut have = Kept::new("dossiers.id NOT IN (SELECT m.dossier_id FROM mandates AS m WHERE m.cabinet_id = ");
        have = have.text(cabinet).sql(" AND m.kind = ").text(self.kind.as_str()).sql(" AND ");
        have = have.then(one_of_texts("m.state", self.open.iter().map(ToString::to_string))).sql(")");
        let judged = Kept::new("dossiers.held >= 0 AND (dossiers.held & ").number(self.noted).sql(") = 0");
        let mut conditions = all_conditions(scope, &self.dossiers, None);
        conditions.push(Box::new(judged));
        conditions.push(Box::new(have));
        for (signs, is) in &self.signs {
            conditions.push(Box::new(signs.clone().condition(*is)));
        }
        conditions
    }
}

/// Dossiers that are held back alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    pub held: Held,
    pub refused: bool,
    pub count: u64,
}

/// The refused addresses are found once, and not for each dossier.
struct Grouped {
    cabinet: String,
    conditions: Vec<Condition>,
}

impl QueryFragment<Backend> for Grouped {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(
            "SELECT dossiers.held, dossiers.email IN (SELECT r.address FROM suppressions AS r WHERE r.cabinet_id = ",
        );
        out.push_bind_param::<Text, _>(&self.cabinet)?;
        out.push_sql("), COUNT(*) FROM dossiers WHERE ");
        for (i, condition) in self.conditions.iter().enumerate() {
            if i > 0 {
                out.push_sql(" AND ");
            }
            condition.walk_ast(out.reborrow())?;
        }
        out.push_sql(" GROUP BY 1, 2");
        Ok(())
    }
}

impl QueryId for Grouped {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Grouped {
    type SqlType = (BigInt, Bool, BigInt);
}

impl RunQueryDsl<Conn> for Grouped {}

/// The dossiers, counted by what holds them back.
pub fn groups(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<Vec<Group>> {
    let rows: Vec<(i64, bool, i64)> =
        Grouped { cabinet: scope.cabinet().to_string(), conditions: wanted.conditions(scope) }.load(conn)?;
    let group = |(held, refused, count): (i64, bool, i64)| Group {
        held: Held::read(held),
        refused,
        count: u64::try_from(count).unwrap_or_default(),
    };
    Ok(rows.into_iter().map(group).collect())
}

pub fn count(conn: &mut Conn, scope: &Scope, wanted: &Wanted) -> Result<u64> {
    let count: i64 = all_of(wanted.conditions(scope)).count().get_result(conn)?;
    Ok(u64::try_from(count).unwrap_or_default())
}

/// A dossier of a tab.
#[derive(Debug, Clone)]
pub struct Listed {
    pub id: DossierId,
    pub version: i64,
    pub named: Named,
    /// The name as it is sorted.
    pub name_sort: String,
    pub held: Held,
    pub refused: bool,
    /// Where its client is written to; empty when nowhere.
    pub email: String,
}

fn read_card(conn: &mut Conn, id: &str, card: String) -> Result<Named> {
    let card = whole_card(conn, id, card)?;
    serde_json::from_str(&card)
        .map_err(|_| crate::Error::DeserializationError(format!("dossier {id}: card cannot be read").into()))
}

/// A page by name, from behind a name and an id on.
pub fn list(
    conn: &mut Conn,
    scope: &Scope,
    wanted: &Wanted,
    after: Option<(String, String)>,
    limit: i64,
) -> Result<Vec<Listed>> {
    let mut conditions = wanted.conditions(scope);
    if let Some((name, id)) = after {
        // The first comparison is what the index seeks by.
        let further = dossiers::name_sort.gt(name.clone()).or(dossiers::id.gt(id));
        conditions.push(Box::new(dossiers::name_sort.ge(name).and(further)));
    }
    type Row = (String, i64, String, String, i64, bool, String);
    let rows: Vec<Row> = all_of(conditions)
        .order((dossiers::name_sort, dossiers::id))
        .limit(limit)
        .select((
            dossiers::id,
            dossiers::version,
            dossiers::card,
            dossiers::name_sort,
            dossiers::held,
            sql::<Bool>(REFUSED),
            dossiers::email,
        ))
        .load(conn)?;
    rows.into_iter()
        .map(|(id, version, card, name_sort, held, refused, email)| {
            let named = read_card(conn, &id, card)?;
            Ok(Listed { id: parsed(&id)?, version, named, name_sort, held: Held::read(held), refused, email })
        })
        .collect()
}

/// A SIRET that a dossier shares with another one of the cabinet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub siret: Siret,
    /// The other one's name; nothing when it is out of sight.
    pub name: Option<String>,
}

fn split(sirets: &str) -> impl Iterator<Item = Siret> {
    sirets.split('|').filter_map(|s| Siret::parse(s).ok())
}

/// The dossiers of a scope's cabinet that share a SIRET with another one, in sight or not.
pub fn twins(conn: &mut Conn, scope: &Scope) -> Result<HashMap<DossierId, Twin>> {
    let strange: Kept = Kept::new("dossiers.held >= 0 AND (dossiers.held & ").number(Held::STRANGE_SIRET).sql(") <> 0");
    let rows: Vec<(String, String, String)> = dossiers::table
        .filter(dossiers::cabinet_id.eq(scope.cabinet().to_string()))
        // Its index is the one that holds what is asked.
        .filter(dossiers::name_sort.ge(""))
        .filter(strange)
        .select((dossiers::id, dossiers::siren, dossiers::sirets))
        .load(conn)?;
    let mut owners: BTreeMap<Siret, BTreeSet<DossierId>> = BTreeMap::new();
    for (id, siren, sirets) in &rows {
        let id: DossierId = parsed(id)?;
        for siret in split(sirets).filter(|s| s.siren().as_str() != siren) {
            owners.entry(siret).or_default().insert(id);
        }
    }
    if owners.is_empty() {
        return Ok(HashMap::new());
    }
    let sirens: Vec<String> = owners.keys().map(|s| s.siren().to_string()).collect();
    let query: Kept<(Text, Text)> =
        dialect::look_up(conn, "d.id, d.sirets", "dossiers", scope.cabinet(), "siren", &sirens);
    let of_sirens: Vec<(String, String)> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    for (id, sirets) in of_sirens {
        let id: DossierId = parsed(&id)?;
        for siret in split(&sirets) {
            if let Some(of) = owners.get_mut(&siret) {
                of.insert(id);
            }
        }
    }
    owners.retain(|_, of| of.len() > 1);
    let names = names(conn, scope, &owners.values().flatten().copied().collect())?;
    let mut twins = HashMap::new();
    for (siret, of) in &owners {
        for id in of {
            // One in sight can be told by name.
            let others = || of.iter().filter(|other| *other != id);
            let name = others().find_map(|other| names.get(other)).cloned();
            twins.entry(*id).or_insert(Twin { siret: *siret, name });
        }
    }
    Ok(twins)
}

/// Names of those in sight.
fn names(conn: &mut Conn, scope: &Scope, ids: &BTreeSet<DossierId>) -> Result<HashMap<DossierId, String>> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut names = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows: Vec<(String, String)> = filtered(scope, &Filter::default(), None)
            .filter(one_of_texts("dossiers.id", chunk.iter().cloned()))
            .select((dossiers::id, dossiers::card))
            .load(conn)?;
        for (id, card) in rows {
            let named = read_card(conn, &id, card)?;
            names.insert(parsed(&id)?, named.name);
        }
    }
    Ok(names)
}

/// What is kept of every dossier of a cabinet, for the check that it equals what its facts tell.
pub fn all(conn: &mut Conn, cabinet: domain::CabinetId) -> Result<HashMap<DossierId, Held>> {
    let rows: Vec<(String, i64)> = dossiers::table
        .filter(dossiers::cabinet_id.eq(cabinet.to_string()))
        .select((dossiers::id, dossiers::held))
        .load(conn)?;
    rows.into_iter().map(|(id, held)| Ok((parsed(&id)?, Held::read(held)))).collect()
}
