//! Words of platforms that no table knows, and what people read them as.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use domain::{CabinetId, FlowId};
use serde_json::{Value, json};

use crate::kept::Kept;
use crate::people::parsed;
use crate::schema::flow_words;
use crate::time::{from_db, to_db};
use crate::{Conn, Result, Scope, dialect};

/// What became of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordState {
    Unread,
    Read(u32),
    /// It is no status.
    Aside,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub platform: String,
    pub word: String,
    pub state: WordState,
    pub events: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
    pub by_name: String,
    pub read_at: Option<DateTime<Utc>>,
}

/// How often a word came, and when first and last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    pub events: i64,
    pub first_at: DateTime<Utc>,
    pub last_at: DateTime<Utc>,
}

type Row = (String, String, String, i64, i64, i64, i64, String, Option<i64>);

fn word((platform, word, state, status, events, first, last, by_name, read): Row) -> Word {
    let state = match (state.as_str(), u32::try_from(status)) {
        ("read", Ok(code)) => WordState::Read(code),
        ("aside", _) => WordState::Aside,
        _ => WordState::Unread,
    };
    Word {
        platform,
        word,
        state,
        events,
        first_at: from_db(first),
        last_at: from_db(last),
        by_name,
        read_at: read.map(from_db),
    }
}

macro_rules! columns {
    () => {
        (
            flow_words::platform,
            flow_words::word,
            flow_words::state,
            flow_words::status,
            flow_words::events,
            flow_words::first_at,
            flow_words::last_at,
            flow_words::by_name,
            flow_words::read_at,
        )
    };
}

/// Every word of a cabinet, those that came most first.
pub fn words(conn: &mut Conn, scope: &Scope) -> Result<Vec<Word>> {
    let rows: Vec<Row> = flow_words::table
        .filter(flow_words::cabinet_id.eq(scope.cabinet().to_string()))
        .order((flow_words::events.desc(), flow_words::platform, flow_words::word))
        .select(columns!())
        .load(conn)?;
    Ok(rows.into_iter().map(word).collect())
}

/// Words of platforms.
pub fn words_of(conn: &mut Conn, cabinet: CabinetId, platforms: &[String]) -> Result<Vec<Word>> {
    let rows: Vec<Row> = flow_words::table
        .filter(flow_words::cabinet_id.eq(cabinet.to_string()))
        .filter(flow_words::platform.eq_any(platforms))
        .select(columns!())
        .load(conn)?;
    Ok(rows.into_iter().map(word).collect())
}

/// Counts what words came; a word that is new waits for somebody. Needs the cabinet's lock.
pub fn count_words<'a>(
    conn: &mut Conn,
    cabinet: CabinetId,
    said: impl IntoIterator<Item = (&'a (String, String), &'a Said)>,
) -> Result<()> {
    let rows: Vec<Value> = said
        .into_iter()
        .map(|((platform, word), s)| json!([platform, word, s.events, to_db(s.first_at), to_db(s.last_at)]))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = format!(
        "INSERT INTO flow_words (cabinet_id, platform, word, state, status, events, first_at, last_at, by_name) \
         SELECT $1, row.value ->> 0, row.value ->> 1, 'unread', 0, CAST(row.value ->> 2 AS BIGINT), \
         CAST(row.value ->> 3 AS BIGINT), CAST(row.value ->> 4 AS BIGINT), '' FROM {} WHERE TRUE \
         ON CONFLICT (cabinet_id, platform, word) DO UPDATE SET events = flow_words.events + excluded.events, \
         first_at = CASE WHEN excluded.first_at < flow_words.first_at THEN excluded.first_at ELSE flow_words.first_at END, \
         last_at = CASE WHEN excluded.last_at > flow_words.last_at THEN excluded.last_at ELSE flow_words.last_at END",
        dialect::each_of(conn, "$2")
    );
    let query = diesel::sql_query(sql).bind::<Text, _>(cabinet.to_string()).bind::<Text, _>(json!(rows).to_string());
    match conn {
        Conn::Sqlite(c) => query.execute(c),
        Conn::Postgres(c) => query.execute(c),
    }?;
    Ok(())
}

/// Says what a word is read as; tells whether the word is known. Needs the cabinet's lock.
pub fn set_word(
    conn: &mut Conn,
    cabinet: CabinetId,
    (platform, word): (&str, &str),
    code: Option<u32>,
    by_name: &str,
    now: DateTime<Utc>,
) -> Result<bool> {
    let target = flow_words::table
        .filter(flow_words::cabinet_id.eq(cabinet.to_string()))
        .filter(flow_words::platform.eq(platform))
        .filter(flow_words::word.eq(word));
    let rows = diesel::update(target)
        .set((
            flow_words::state.eq(if code.is_some() { "read" } else { "aside" }),
            flow_words::status.eq(code.map_or(0, i64::from)),
            flow_words::by_name.eq(by_name),
            flow_words::read_at.eq(to_db(now)),
        ))
        .execute(conn)?;
    Ok(rows == 1)
}

/// Flows of a cabinet whose history has one of the words, from a platform; in the order of their ids after one.
pub fn flows_of_word(
    conn: &mut Conn,
    cabinet: CabinetId,
    platform: &str,
    words: &[String],
    after: &str,
    limit: i64,
) -> Result<Vec<FlowId>> {
    let mut query: Kept<Text> = Kept::new(
        "SELECT DISTINCT e.flow_id FROM flow_events AS e JOIN flows AS f ON f.id = e.flow_id \
         WHERE e.status = 0 AND f.cabinet_id = ",
    )
    .text(cabinet.to_string())
    .sql(" AND f.platform = ")
    .text(platform)
    .sql(" AND e.flow_id > ")
    .text(after)
    .sql(" AND e.raw IN (''");
    for word in words {
        query = query.sql(", ").text(word.clone());
    }
    let query = query.sql(") ORDER BY e.flow_id LIMIT ").number(limit).fresh();
    let ids: Vec<String> = match conn {
        Conn::Sqlite(c) => query.load(c),
        Conn::Postgres(c) => query.load(c),
    }?;
    ids.iter().map(|id| parsed(id)).collect()
}

/// How many flows that are.
pub fn count_flows_of_word(conn: &mut Conn, cabinet: CabinetId, platform: &str, words: &[String]) -> Result<i64> {
    let mut query: Kept<BigInt> = Kept::new(
        "SELECT COUNT(DISTINCT e.flow_id) FROM flow_events AS e JOIN flows AS f ON f.id = e.flow_id \
         WHERE e.status = 0 AND f.cabinet_id = ",
    )
    .text(cabinet.to_string())
    .sql(" AND f.platform = ")
    .text(platform)
    .sql(" AND e.raw IN (''");
    for word in words {
        query = query.sql(", ").text(word.clone());
    }
    let query = query.sql(")").fresh();
    match conn {
        Conn::Sqlite(c) => query.get_result(c),
        Conn::Postgres(c) => query.get_result(c),
    }
}
