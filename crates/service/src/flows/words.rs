//! *À rapprocher*: words of platforms that no table knows, and what people read them as.

use chrono::NaiveDate;
use contract::{JobKind, Nothing, ReadWord, UnreadWord, WordCode, WordInput, WordList, WordResult};
use domain::flow::near_codes;
use domain::reference::Dated;
use domain::{CabinetId, FlowId, fold, reference};
use serde_json::json;
use store::flows::{Word, WordState};
use store::journal::{Entry, Stamp};
use store::{Conn, dialect};

use super::Writing;
use super::take::read_words;
use crate::jobs::Work;
use crate::{Answer, Call, Error, Result, invalid, journal, time};

/// Flows that are read anew at once; more are a job.
const AT_ONCE: i64 = 1_000;
/// Flows of one transaction of the job.
const BATCH: i64 = 1_000;

/// What a word may be read as: the statuses of the law that are in force.
fn codes(today: NaiveDate) -> Vec<WordCode> {
    let rows = reference::statuses().rows.iter().filter(|row| row.in_force(today));
    rows.map(|row| WordCode { code: row.code, label: row.label.clone() }).collect()
}

pub fn list_words(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<WordList>> {
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let mut list = WordList { unread: Vec::new(), read: Vec::new(), codes: codes(time::paris_day(call.now)) };
    for word in store::flows::words(&mut *call.app.store.conn()?, call.scope()?)? {
        let code = match word.state {
            WordState::Unread => {
                list.unread.push(UnreadWord {
                    near: near_codes(&word.word),
                    platform: word.platform,
                    word: word.word,
                    events: count(word.events),
                    first_at: word.first_at,
                    last_at: word.last_at,
                });
                continue;
            }
            WordState::Read(code) => Some(code),
            WordState::Aside => None,
        };
        let at = word.read_at.unwrap_or(word.last_at);
        list.read.push(ReadWord { platform: word.platform, word: word.word, code, by: word.by_name, at });
    }
    Ok(Answer::new(list))
}

/// The words of a platform that are spelled alike, which are read together.
fn alike(conn: &mut Conn, cabinet: CabinetId, platform: &str, word: &str) -> Result<Vec<Word>> {
    let folded = fold(word);
    let words = store::flows::words_of(conn, cabinet, &[platform.to_owned()])?;
    let words: Vec<Word> = words.into_iter().filter(|w| w.word == word || fold(&w.word) == folded).collect();
    if words.is_empty() {
        return Err(invalid(
            "/word",
            "unknown_word",
            format!(
                "« {word} » n’est pas un statut reçu de « {platform} » ; prenez-le dans la liste des mots à rapprocher."
            ),
            format!("“{word}” is no status that came from “{platform}”; take it from the list of words."),
        ));
    }
    Ok(words)
}

fn check(body: &WordInput) -> Result<()> {
    match body.code {
        Some(code) if reference::status(code).is_none() => Err(invalid(
            "/code",
            "unknown_status",
            format!("{code} : un code de la table des statuts est attendu (200 à 228, 300, 301, 500, 501)."),
            format!("{code}: a code of the table of statuses is expected (200 to 228, 300, 301, 500, 501)."),
        )),
        _ => Ok(()),
    }
}

pub fn set_word(call: &Call, _: Nothing, _: Nothing, body: WordInput) -> Result<Answer<WordResult>> {
    check(&body)?;
    let scope = call.scope()?;
    let cabinet = scope.cabinet();
    let mut conn = call.app.store.conn()?;
    let stamp = journal::stamp(call);
    if body.preview {
        // Nothing is written, so nobody is kept waiting.
        let words = spelled(alike(&mut conn, cabinet, &body.platform, &body.word)?);
        let judge = call.judge(&mut conn)?;
        let mut w = Writing { conn: &mut conn, cabinet, stamp: &stamp, judge: &judge };
        let flows = read_all(&mut w, &body, &words, &call.actor()?.name, true)?;
        return Ok(Answer::new(WordResult { flows, job_id: None }));
    }
    let by = &call.actor()?.name;
    let result = conn.write(|conn| -> Result<WordResult> {
        dialect::lock_cabinet(conn, cabinet)?;
        let known = alike(conn, cabinet, &body.platform, &body.word)?;
        let before = known.first().map(|w| code_of(w.state));
        for word in &known {
            store::flows::set_word(conn, cabinet, (&word.platform, &word.word), body.code, by, call.now)?;
        }
        let words = spelled(known);
        let flows = store::flows::count_flows_of_word(conn, cabinet, &body.platform, &words)?;
        let entry = Entry {
            action: "flow.word",
            subject_kind: "word",
            subject_id: format!("{} | {}", body.platform, body.word),
            subject_label: body.word.clone(),
            changes: json!({ "platform": [null, body.platform], "status": [before.flatten(), body.code], "flows": [null, flows] }),
            act_id: None,
        };
        store::journal::append(conn, cabinet, &stamp, &[entry])?;
        if flows > AT_ONCE {
            let subject = subject(&body.platform, &body.word);
            let kind = JobKind::FlowWord.as_str();
            let row = store::jobs::enqueue(conn, scope, kind, &subject, &call.request_id, call.now)?;
            let job = row.id.parse().map_err(Error::internal)?;
            return Ok(WordResult { flows: u64::try_from(flows).unwrap_or_default(), job_id: Some(job) });
        }
        let judge = call.judge(conn)?;
        let mut w = Writing { conn, cabinet, stamp: &stamp, judge: &judge };
        let flows = read_all(&mut w, &body, &words, by, false)?;
        Ok(WordResult { flows, job_id: None })
    })?;
    if result.job_id.is_some() {
        call.app.shared.progress.wake();
    }
    Ok(Answer::new(result))
}

const fn code_of(state: WordState) -> Option<u32> {
    match state {
        WordState::Read(code) => Some(code),
        WordState::Unread | WordState::Aside => None,
    }
}

fn spelled(words: Vec<Word>) -> Vec<String> {
    words.into_iter().map(|w| w.word).collect()
}

fn read_all(w: &mut Writing<'_>, body: &WordInput, words: &[String], by: &str, preview: bool) -> Result<u64> {
    let (mut moved, mut after) = (0, String::new());
    loop {
        let ids = store::flows::flows_of_word(w.conn, w.cabinet, &body.platform, words, &after, BATCH)?;
        let Some(last) = ids.last() else { return Ok(moved) };
        after = last.to_string();
        moved += read_words(w, &ids, words, body.code, by, preview)?;
    }
}

/// What a job is about: platform and word.
fn subject(platform: &str, word: &str) -> String {
    format!("{platform}\u{1f}{word}")
}

/// Reads a word in every flow that has it, batch by batch, so that others write between two. What is read already is left
/// as it is: a job that was stopped begins again and doubles nothing.
pub(crate) fn run(work: &Work<'_>) -> Result<()> {
    let cabinet = work.scope.cabinet();
    let (platform, word) = work.row.subject_id.split_once('\u{1f}').ok_or_else(Error::not_found)?;
    let mut conn = work.app.store.conn()?;
    let known = alike(&mut conn, cabinet, platform, word)?;
    let total = store::flows::count_flows_of_word(&mut conn, cabinet, platform, &spelled(known))?;
    let total = u64::try_from(total).ok();
    let (mut done, mut after) = (0, String::new());
    loop {
        work.running.step(done, total)?;
        let now = chrono::Utc::now();
        let read = conn.write(|conn| -> Result<Vec<FlowId>> {
            dialect::lock_cabinet(conn, cabinet)?;
            // As it is read now: somebody may have said otherwise since.
            let known = alike(conn, cabinet, platform, word)?;
            let Some(first) = known.iter().find(|w| w.state != WordState::Unread).cloned() else {
                return Ok(Vec::new());
            };
            let words = spelled(known);
            let ids = store::flows::flows_of_word(conn, cabinet, platform, &words, &after, BATCH)?;
            if ids.is_empty() {
                work.finish(conn, now)?;
                return Ok(ids);
            }
            let judge = work.app.judge(conn, cabinet, time::paris_day(now))?;
            let stamp = Stamp { at: now, actor: Some(work.scope.user()), request_id: work.row.request_id.clone() };
            let mut w = Writing { conn, cabinet, stamp: &stamp, judge: &judge };
            read_words(&mut w, &ids, &words, code_of(first.state), &first.by_name, false)?;
            Ok(ids)
        })?;
        let Some(last) = read.last() else { return Ok(()) };
        after = last.to_string();
        done += read.len() as u64;
    }
}
