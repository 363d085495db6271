//! Messages, most of them to clients: written in the transaction that causes them, leased by one sender, ended. What was handed over
//! without a word on how it ended stays in doubt: it is never sent again by itself.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use domain::{CabinetId, CampaignId, DossierId, LinkId, MailId, UserId, fold};

use crate::dossiers::{all_in_sight, names_one_in_sight};
use crate::people::parsed;
use crate::schema::{cabinets, campaigns, mail_dossiers, mails, mandates, users};
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

#[derive(Debug, Clone)]
pub struct Mail {
    pub id: MailId,
    pub cabinet: CabinetId,
    pub purpose: String,
    pub state: String,
    pub to_address: String,
    pub to_name: String,
    pub from_name: String,
    pub reply_to: String,
    pub subject: String,
    /// With places for what is not kept.
    pub body: String,
    /// The same for programs that show more than text; empty for none.
    pub html: String,
    /// JSON.
    pub about: String,
    pub link: Option<LinkId>,
    pub message_id: String,
    pub by: By,
    pub attempts: i64,
    /// JSON; empty when nothing went wrong.
    pub error: String,
    pub receipt: String,
    /// What a provider calls it.
    pub provider_id: String,
    /// How many times a person has had it sent again.
    pub round: i64,
    pub dossiers: Vec<DossierId>,
    pub next_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub sent_at: Option<DateTime<Utc>>,
}

/// Who caused a message; nobody for a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct By {
    pub user: Option<UserId>,
    pub name: String,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = mails, treat_none_as_default_value = false)]
struct Row {
    id: String,
    cabinet_id: String,
    purpose: String,
    state: String,
    to_address: String,
    to_name: String,
    from_name: String,
    reply_to: String,
    subject: String,
    body: String,
    about: String,
    link_id: String,
    message_id: String,
    search: String,
    user_id: String,
    by_name: String,
    attempts: i64,
    error: String,
    receipt: String,
    leased_by: String,
    lease_until: Option<i64>,
    next_at: Option<i64>,
    created_at: i64,
    sent_at: Option<i64>,
    html: String,
    provider_id: String,
    round: i64,
}

fn whole(conn: &mut Conn, rows: Vec<Row>) -> Result<Vec<Mail>> {
    let ids: Vec<&String> = rows.iter().map(|r| &r.id).collect();
    let mut dossiers: HashMap<String, Vec<DossierId>> = HashMap::new();
    for chunk in ids.chunks(500) {
        let found: Vec<(String, String)> = mail_dossiers::table
            .filter(mail_dossiers::mail_id.eq_any(chunk.iter().copied()))
            .order(mail_dossiers::dossier_id)
            .select((mail_dossiers::mail_id, mail_dossiers::dossier_id))
            .load(conn)?;
        for (mail, dossier) in found {
            dossiers.entry(mail).or_default().push(parsed(&dossier)?);
        }
    }
    rows.into_iter()
        .map(|row| {
            Ok(Mail {
                dossiers: dossiers.remove(&row.id).unwrap_or_default(),
                id: parsed(&row.id)?,
                cabinet: parsed(&row.cabinet_id)?,
                purpose: row.purpose,
                state: row.state,
                to_address: row.to_address,
                to_name: row.to_name,
                from_name: row.from_name,
                reply_to: row.reply_to,
                subject: row.subject,
                body: row.body,
                html: row.html,
                about: row.about,
                link: row.link_id.parse().ok(),
                message_id: row.message_id,
                by: By { user: row.user_id.parse().ok(), name: row.by_name },
                attempts: row.attempts,
                error: row.error,
                receipt: row.receipt,
                provider_id: row.provider_id,
                round: row.round,
                next_at: row.next_at.map(from_db),
                created_at: from_db(row.created_at),
                sent_at: row.sent_at.map(from_db),
            })
        })
        .collect()
}

fn search(mail: &Mail) -> String {
    [&mail.to_address, &mail.to_name, &mail.subject].map(|t| fold(t)).join(" ")
}

/// Adds a message that waits to leave.
pub fn insert(conn: &mut Conn, mail: &Mail) -> Result<()> {
    diesel::insert_into(mails::table)
        .values(Row {
            id: mail.id.to_string(),
            cabinet_id: mail.cabinet.to_string(),
            purpose: mail.purpose.clone(),
            state: mail.state.clone(),
            to_address: mail.to_address.clone(),
            to_name: mail.to_name.clone(),
            from_name: mail.from_name.clone(),
            reply_to: mail.reply_to.clone(),
            subject: mail.subject.clone(),
            body: mail.body.clone(),
            about: mail.about.clone(),
            link_id: mail.link.map(|l| l.to_string()).unwrap_or_default(),
            message_id: mail.message_id.clone(),
            search: search(mail),
            user_id: mail.by.user.map(|u| u.to_string()).unwrap_or_default(),
            by_name: mail.by.name.clone(),
            attempts: mail.attempts,
            error: mail.error.clone(),
            receipt: mail.receipt.clone(),
            leased_by: String::new(),
            lease_until: None,
            next_at: mail.next_at.map(to_db),
            created_at: to_db(mail.created_at),
            sent_at: mail.sent_at.map(to_db),
            html: mail.html.clone(),
            provider_id: mail.provider_id.clone(),
            round: mail.round,
        })
        .execute(conn)?;
    for dossier in &mail.dossiers {
        diesel::insert_into(mail_dossiers::table)
            .values((
                mail_dossiers::mail_id.eq(mail.id.to_string()),
                mail_dossiers::dossier_id.eq(dossier.to_string()),
                mail_dossiers::cabinet_id.eq(mail.cabinet.to_string()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// How long a sender keeps a message without saying that it lives.
pub const LEASE_SECONDS: i64 = 15;

/// Whether a message is due, or one was left behind by a sender that is gone.
pub fn any_due(conn: &mut Conn, now: DateTime<Utc>) -> Result<bool> {
    let at = to_db(now);
    diesel::select(diesel::dsl::exists(
        mails::table
            .filter(mails::state.eq("queued"))
            .filter(mails::next_at.le(at))
            .filter(mails::lease_until.is_null().or(mails::lease_until.lt(at))),
    ))
    .get_result(conn)
}

/// Takes a message that is due, one that somebody waits for first. Inside a write transaction; on PostgreSQL the row is
/// locked, and a locked one is skipped.
pub fn lease(conn: &mut Conn, worker: &str, now: DateTime<Utc>) -> Result<Option<Mail>> {
    let at = to_db(now);
    macro_rules! due {
        ($codes:expr) => {
            mails::table
                .filter(mails::state.eq("queued"))
                .filter(mails::next_at.le(at))
                .filter(mails::lease_until.is_null().or(mails::lease_until.lt(at)))
                .filter(mails::purpose.eq("signature_code").eq($codes))
                .order((mails::next_at, mails::id))
                .limit(1)
                .select(Row::as_select())
        };
    }
    let mut found: Option<Row> = None;
    for codes in [true, false] {
        found = match conn {
            Conn::Sqlite(c) => due!(codes).get_result(c).optional()?,
            Conn::Postgres(c) => due!(codes).for_update().skip_locked().get_result(c).optional()?,
        };
        if found.is_some() {
            break;
        }
    }
    let Some(mut row) = found else { return Ok(None) };
    row.attempts += 1;
    diesel::update(mails::table.find(&row.id))
        .set((
            mails::attempts.eq(row.attempts),
            mails::leased_by.eq(worker),
            mails::lease_until.eq(Some(to_db(now + Duration::seconds(LEASE_SECONDS)))),
        ))
        .execute(conn)?;
    Ok(whole(conn, vec![row])?.pop())
}

/// Says that the sender of these messages lives.
pub fn renew(conn: &mut Conn, worker: &str, ids: &[MailId], now: DateTime<Utc>) -> Result<()> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    diesel::update(mails::table.filter(mails::id.eq_any(ids)).filter(mails::leased_by.eq(worker)))
        .set(mails::lease_until.eq(Some(to_db(now + Duration::seconds(LEASE_SECONDS)))))
        .execute(conn)?;
    Ok(())
}

/// Notes, for good, that the peer may have the message from now on. Nothing was noted when the lease is another's by now,
/// or when somebody has taken the message back.
pub fn handing_over(conn: &mut Conn, worker: &str, id: MailId, message_id: &str, now: DateTime<Utc>) -> Result<bool> {
    let noted = diesel::update(
        mails::table
            .filter(mails::id.eq(id.to_string()))
            .filter(mails::leased_by.eq(worker))
            .filter(mails::state.eq("queued")),
    )
    .set((
        mails::state.eq("sending"),
        mails::message_id.eq(message_id),
        mails::lease_until.eq(Some(to_db(now + Duration::seconds(LEASE_SECONDS)))),
    ))
    .execute(conn)?;
    Ok(noted == 1)
}

/// When messages of a purpose left since a moment; nothing for each that is on its way, or may have arrived since.
pub fn left_since(
    conn: &mut Conn,
    cabinet: CabinetId,
    purpose: &str,
    since: DateTime<Utc>,
) -> Result<Vec<Option<DateTime<Utc>>>> {
    let of = || mails::table.filter(mails::purpose.eq(purpose));
    let left: Vec<Option<i64>> = of()
        .filter(mails::cabinet_id.eq(cabinet.to_string()))
        .filter(mails::sent_at.gt(to_db(since)))
        .select(mails::sent_at)
        .load(conn)?;
    // By the index of the few that are in these states.
    let on_their_way: i64 = of()
        .filter(dialect::and_of("mails.cabinet_id", cabinet))
        .filter(mails::state.eq_any(["queued", "sending"]))
        .count()
        .get_result(conn)?;
    let doubtful: i64 = of()
        .filter(dialect::and_of("mails.cabinet_id", cabinet))
        .filter(mails::state.eq("doubtful"))
        .filter(mails::sent_at.is_null())
        .filter(mails::created_at.gt(to_db(since)))
        .count()
        .get_result(conn)?;
    let unknown = usize::try_from(on_their_way + doubtful).unwrap_or_default();
    Ok(left.into_iter().map(|at| at.map(from_db)).chain(std::iter::repeat_n(None, unknown)).collect())
}

/// How a try ended.
#[derive(Debug, Clone)]
pub struct End {
    pub state: &'static str,
    /// JSON; empty when nothing went wrong.
    pub error: String,
    pub receipt: String,
    /// What the provider calls it; empty where it did not say.
    pub provider_id: String,
    pub next_at: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
    /// The try counts. One that failed for the way itself does not.
    pub counts: bool,
}

/// Writes how a try ended, and gives the lease back. Nothing is written when the lease is another's by now.
pub fn end(conn: &mut Conn, worker: &str, id: MailId, end: &End) -> Result<bool> {
    let of_worker = mails::table.filter(mails::id.eq(id.to_string())).filter(mails::leased_by.eq(worker));
    let written = diesel::update(of_worker)
        .set((
            mails::state.eq(end.state),
            mails::error.eq(&end.error),
            mails::receipt.eq(&end.receipt),
            mails::provider_id.eq(&end.provider_id),
            mails::next_at.eq(end.next_at.map(to_db)),
            mails::sent_at.eq(end.sent_at.map(to_db)),
            mails::attempts.eq(mails::attempts - i64::from(!end.counts)),
            mails::leased_by.eq(""),
            mails::lease_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(written == 1)
}

/// What a sender that is gone left in the middle of being handed over: nobody knows whether it arrived.
pub fn left_behind(conn: &mut Conn, now: DateTime<Utc>) -> Result<Vec<Mail>> {
    let rows: Vec<Row> = mails::table
        .filter(mails::state.eq("sending"))
        .filter(mails::lease_until.is_null().or(mails::lease_until.lt(to_db(now))))
        .order(mails::id)
        .limit(500)
        .select(Row::as_select())
        .load(conn)?;
    whole(conn, rows)
}

/// Settles one that was left behind, unless somebody else has.
pub fn settle_left(
    conn: &mut Conn,
    id: MailId,
    state: &str,
    error: &str,
    next_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let left = mails::table
        .filter(mails::id.eq(id.to_string()))
        .filter(mails::state.eq("sending"))
        .filter(mails::lease_until.is_null().or(mails::lease_until.lt(to_db(now))));
    let written = diesel::update(left)
        .set((
            mails::state.eq(state),
            mails::error.eq(error),
            mails::next_at.eq(next_at.map(to_db)),
            mails::leased_by.eq(""),
            mails::lease_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(written == 1)
}

/// When the next message becomes due, that nobody sends already.
pub fn next_due(conn: &mut Conn) -> Result<Option<DateTime<Utc>>> {
    let at: Option<Option<i64>> = mails::table
        .filter(mails::state.eq("queued"))
        .filter(mails::lease_until.is_null())
        .order(mails::next_at)
        .select(mails::next_at)
        .first(conn)
        .optional()?;
    Ok(at.flatten().map(from_db))
}

type Backend = <Conn as diesel::Connection>::Backend;

/// Purposes of messages to people of the firm: what they were told of, or try, is theirs alone, and no message to a client.
pub const DIGEST: &str = "digest";
pub const TEMPLATE_TEST: &str = "template_test";

/// To a person of the firm.
pub fn is_own(purpose: &str) -> bool {
    [DIGEST, TEMPLATE_TEST].contains(&purpose)
}

fn in_sight<'a>(scope: &Scope) -> mails::BoxedQuery<'a, Backend> {
    seen(scope, mails::table.filter(mails::cabinet_id.eq(scope.cabinet().to_string())).into_boxed())
}

/// Of messages of the cabinet, those in sight.
fn seen<'a>(scope: &Scope, of_cabinet: mails::BoxedQuery<'a, Backend>) -> mails::BoxedQuery<'a, Backend> {
    let query = of_cabinet.filter(mails::purpose.ne_all([DIGEST, TEMPLATE_TEST]));
    if all_in_sight(scope) {
        return query;
    }
    const OF_ONE: &str = "mails.id IN (SELECT m.mail_id FROM mail_dossiers AS m WHERE m.dossier_id";
    query.filter(names_one_in_sight(scope, OF_ONE, ")"))
}

/// Filters of the list; the values of one filter are alternatives.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub states: Vec<String>,
    /// In one of [`PROBLEMS`], or in another state.
    pub problems: Option<bool>,
    pub purposes: Vec<String>,
    pub dossier: Option<DossierId>,
    pub words: Vec<String>,
}

fn filtered<'a>(scope: &Scope, filter: &Filter, with_states: bool) -> mails::BoxedQuery<'a, Backend> {
    let mut query = in_sight(scope);
    if with_states && !filter.states.is_empty() {
        query = query.filter(mails::state.eq_any(filter.states.clone()));
    }
    match filter.problems {
        Some(true) => query = query.filter(mails::state.eq_any(PROBLEMS.to_vec())),
        Some(false) => query = query.filter(mails::state.ne_all(PROBLEMS.to_vec())),
        None => {}
    }
    if !filter.purposes.is_empty() {
        query = query.filter(mails::purpose.eq_any(filter.purposes.clone()));
    }
    if let Some(dossier) = filter.dossier {
        let of = mail_dossiers::table
            .filter(mail_dossiers::dossier_id.eq(dossier.to_string()))
            .select(mail_dossiers::mail_id);
        query = query.filter(mails::id.eq_any(of));
    }
    for word in &filter.words {
        query = query.filter(mails::search.like(format!("%{word}%")));
    }
    query
}

/// Messages in sight, the newest first, after a place.
pub fn list(conn: &mut Conn, scope: &Scope, filter: &Filter, after: Option<String>, limit: i64) -> Result<Vec<Mail>> {
    let mut query = filtered(scope, filter, true);
    if let Some(after) = after {
        query = query.filter(mails::id.lt(after));
    }
    let rows: Vec<Row> = query.order(mails::id.desc()).limit(limit).select(Row::as_select()).load(conn)?;
    whole(conn, rows)
}

/// How many there are by state, whatever the filter of states says.
pub fn states(conn: &mut Conn, scope: &Scope, filter: &Filter) -> Result<Vec<(String, u64)>> {
    let states: Vec<String> = filtered(scope, filter, false).select(mails::state).load(conn)?;
    let mut counts: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    for state in states {
        *counts.entry(state).or_default() += 1;
    }
    Ok(counts.into_iter().collect())
}

pub fn find(conn: &mut Conn, scope: &Scope, id: MailId) -> Result<Mail> {
    let row: Row = in_sight(scope).filter(mails::id.eq(id.to_string())).select(Row::as_select()).first(conn)?;
    whole(conn, vec![row])?.pop().ok_or(crate::Error::NotFound)
}

pub fn find_many(conn: &mut Conn, scope: &Scope, ids: &[MailId]) -> Result<Vec<Mail>> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let ids: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        let of_cabinet = mails::table.filter(dialect::and_of("mails.cabinet_id", scope.cabinet())).into_boxed();
        let rows: Vec<Row> =
            seen(scope, of_cabinet).filter(mails::id.eq_any(ids)).select(Row::as_select()).load(conn)?;
        found.extend(whole(conn, rows)?);
    }
    Ok(found)
}

/// States of a message that did not reach its client, as far as is known.
pub const PROBLEMS: &[&str] = &["failed", "doubtful", "bounced", "bounced_soft", "blocked", "complained"];

/// Messages that wait (or are leaving), and those with a problem, of the dossiers in sight.
pub fn waiting_and_failed(conn: &mut Conn, scope: &Scope) -> Result<(u64, u64)> {
    let mut of = |states: &[&str]| -> Result<u64> {
        let n: i64 = in_sight(scope).filter(mails::state.eq_any(states.to_vec())).count().get_result(conn)?;
        Ok(u64::try_from(n).unwrap_or_default())
    };
    Ok((of(&["queued", "sending"])?, of(PROBLEMS)?))
}

/// A message of a cabinet, for what nobody of it asks: what was told of the message from outside.
pub fn of_cabinet(conn: &mut Conn, cabinet: CabinetId, id: MailId) -> Result<Mail> {
    let row: Row = mails::table
        .filter(mails::id.eq(id.to_string()))
        .filter(mails::cabinet_id.eq(cabinet.to_string()))
        .select(Row::as_select())
        .first(conn)?;
    whole(conn, vec![row])?.pop().ok_or(crate::Error::NotFound)
}

/// Whose a message is that something outside names, by our id or by that of the provider.
pub fn named(conn: &mut Conn, ours: Option<MailId>, of_provider: &str) -> Result<Option<(CabinetId, MailId)>> {
    let columns = (mails::cabinet_id, mails::id);
    let mut found: Option<(String, String)> = None;
    if let Some(id) = ours {
        found = mails::table.find(id.to_string()).select(columns).first(conn).optional()?;
    }
    if found.is_none() && !of_provider.is_empty() {
        found = mails::table
            .filter(mails::provider_id.eq(of_provider))
            .filter(mails::provider_id.ne(""))
            .select(columns)
            .first(conn)
            .optional()?;
    }
    found.map(|(cabinet, id)| Ok((parsed(&cabinet)?, parsed(&id)?))).transpose()
}

/// Writes what became of a message that has left, unless it is in another state by now. Needs the cabinet's lock.
pub fn settle(conn: &mut Conn, mail: &Mail, to: &str, error: &str, sent_at: Option<DateTime<Utc>>) -> Result<bool> {
    let there = mails::table.filter(mails::id.eq(mail.id.to_string())).filter(mails::state.eq(&mail.state));
    let values = (mails::state.eq(to), mails::error.eq(error), mails::sent_at.eq(sent_at.map(to_db)));
    Ok(diesel::update(there).set(values).execute(conn)? == 1)
}

/// State and time of leaving of the last messages to an address, the newest first.
pub fn last_to(
    conn: &mut Conn,
    cabinet: CabinetId,
    address: &str,
    limit: i64,
) -> Result<Vec<(String, Option<DateTime<Utc>>)>> {
    let rows: Vec<(String, Option<i64>)> = mails::table
        .filter(mails::cabinet_id.eq(cabinet.to_string()))
        .filter(mails::to_address.eq(address))
        .order(mails::id.desc())
        .limit(limit)
        .select((mails::state, mails::sent_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(state, at)| (state, at.map(from_db))).collect())
}

/// Puts a message by hand into another state, unless it has left that state meanwhile. Needs the cabinet's lock.
pub fn set_by_hand(conn: &mut Conn, mail: &Mail, from: &str) -> Result<bool> {
    let there = mails::table
        .filter(mails::cabinet_id.eq(mail.cabinet.to_string()))
        .filter(mails::id.eq(mail.id.to_string()))
        .filter(mails::state.eq(from));
    let written = diesel::update(there)
        .set((
            mails::state.eq(&mail.state),
            mails::to_address.eq(&mail.to_address),
            mails::to_name.eq(&mail.to_name),
            mails::about.eq(&mail.about),
            mails::search.eq(search(mail)),
            mails::attempts.eq(mail.attempts),
            mails::error.eq(&mail.error),
            mails::receipt.eq(&mail.receipt),
            mails::round.eq(mail.round),
            mails::next_at.eq(mail.next_at.map(to_db)),
            mails::sent_at.eq(mail.sent_at.map(to_db)),
            mails::leased_by.eq(""),
            mails::lease_until.eq(None::<i64>),
        ))
        .execute(conn)?;
    Ok(written == 1)
}

/// Messages that wait and carry a link, to be taken back with it.
pub fn waiting_of_link(conn: &mut Conn, cabinet: CabinetId, link: LinkId) -> Result<Vec<Mail>> {
    let rows: Vec<Row> = mails::table
        .filter(mails::cabinet_id.eq(cabinet.to_string()))
        .filter(mails::link_id.eq(link.to_string()))
        .filter(mails::state.eq("queued"))
        .select(Row::as_select())
        .load(conn)?;
    whole(conn, rows)
}

/// What the messages of a purpose are about that were written since a moment and are in none of these states; and when.
pub fn about_since(
    conn: &mut Conn,
    cabinet: CabinetId,
    purpose: &str,
    without: &[&str],
    since: DateTime<Utc>,
) -> Result<Vec<(String, DateTime<Utc>)>> {
    let rows: Vec<(String, i64)> = mails::table
        .filter(mails::cabinet_id.eq(cabinet.to_string()))
        .filter(mails::created_at.gt(to_db(since)))
        .filter(mails::purpose.eq(purpose))
        .filter(mails::state.ne_all(without.to_vec()))
        .select((mails::about, mails::created_at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(about, at)| (about, from_db(at))).collect())
}

/// Whether a mandate waits for its message.
pub fn any_to_dispatch(conn: &mut Conn) -> Result<bool> {
    diesel::select(diesel::dsl::exists(
        mandates::table.filter(mandates::state.eq("to_send")).filter(mandates::mail_id.eq("")),
    ))
    .get_result(conn)
}

/// The firm's words of these campaigns, those without any left out.
pub fn campaign_words(conn: &mut Conn, cabinet: CabinetId, ids: &[CampaignId]) -> Result<HashMap<CampaignId, String>> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, String)> = campaigns::table
        .filter(campaigns::cabinet_id.eq(cabinet.to_string()))
        .filter(campaigns::id.eq_any(ids))
        .filter(campaigns::message.ne(""))
        .select((campaigns::id, campaigns::message))
        .load(conn)?;
    rows.into_iter().map(|(id, words)| Ok((parsed(&id)?, words))).collect()
}

/// Name of a cabinet, as its clients know it.
pub fn cabinet_name(conn: &mut Conn, cabinet: CabinetId) -> Result<String> {
    cabinets::table.find(cabinet.to_string()).select(cabinets::name).first(conn)
}

/// Name and e-mail of people of a cabinet who can still sign in.
pub fn people(conn: &mut Conn, cabinet: CabinetId, ids: &[UserId]) -> Result<HashMap<UserId, (String, String)>> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows: Vec<(String, String, String)> = users::table
        .filter(users::cabinet_id.eq(cabinet.to_string()))
        .filter(users::id.eq_any(ids))
        .filter(users::active.eq(true))
        .select((users::id, users::name, users::email))
        .load(conn)?;
    rows.into_iter().map(|(id, name, email)| Ok((parsed(&id)?, (name, email)))).collect()
}
