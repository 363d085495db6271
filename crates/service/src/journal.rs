//! Reading the journal; writing it is part of every write.

use contract::{FileFormat, JournalEntry, JournalPage, JournalQuery, Nothing, PageQuery};
use domain::{DossierId, JournalId};
use store::journal::{Filter, NamedRow, Stamp};

use crate::call::FileReply;
use crate::{Answer, App, Call, Error, Result, cursor, time};

/// Who writes, when, in which request.
pub fn stamp(call: &Call) -> Stamp {
    Stamp { at: call.now, actor: call.actor.as_ref().map(|a| a.scope.user()), request_id: call.request_id.clone() }
}

pub(crate) fn entry((row, actor): NamedRow) -> Result<JournalEntry> {
    Ok(JournalEntry {
        id: row.id.parse::<JournalId>().map_err(Error::internal)?,
        seq: row.seq,
        at: store::time::from_db(row.at),
        actor_id: row.actor_id.parse().ok(),
        actor,
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        subject: row.subject_label,
        changes: serde_json::from_str(&row.changes)?,
        request_id: row.request_id,
        act_id: (!row.act_id.is_empty()).then_some(row.act_id),
        hash: row.hash,
    })
}

fn filter(query: &JournalQuery) -> Result<Filter> {
    Ok(Filter {
        actor: query.actor_id,
        action: query.action.clone().filter(|a| !a.is_empty()),
        subject_id: query.subject_id.clone(),
        act_id: query.act_id.clone(),
        from: query.from.map(time::paris_midnight),
        before: query.to.and_then(|d| d.succ_opt()).map(time::paris_midnight),
        before_seq: query.after.as_deref().map(cursor::read_number).transpose()?,
    })
}

fn page(call: &Call, filter: &Filter, limit: Option<u32>) -> Result<JournalPage> {
    let limit = cursor::limit(limit)?;
    let mut rows = store::journal::list(&mut *call.app.store.conn()?, call.scope()?, filter, limit + 1)?;
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|(row, _)| cursor::write_number(row.seq))
    });
    Ok(JournalPage { data: rows.into_iter().map(entry).collect::<Result<_>>()?, next: next.flatten() })
}

pub fn list_journal(call: &Call, _: Nothing, query: JournalQuery, _: Nothing) -> Result<Answer<JournalPage>> {
    Ok(Answer::new(page(call, &filter(&query)?, query.limit)?))
}

pub fn list_dossier_journal(call: &Call, id: DossierId, query: PageQuery, _: Nothing) -> Result<Answer<JournalPage>> {
    // Whoever sees the dossier sees its history; nobody else learns that it exists.
    store::dossiers::find(&mut *call.app.store.conn()?, call.scope()?, id)?;
    let filter = Filter {
        subject_id: Some(id.to_string()),
        before_seq: query.after.as_deref().map(cursor::read_number).transpose()?,
        ..Default::default()
    };
    Ok(Answer::new(page(call, &filter, query.limit)?))
}

pub fn export_journal(call: &Call, _: Nothing, query: JournalQuery, _: Nothing) -> Result<Answer<Nothing>> {
    let mut filter = filter(&query)?;
    let mut sheet = crate::export::Sheet::new(
        "journal",
        &[
            "seq",
            "at",
            "actor",
            "action",
            "subject_kind",
            "subject_id",
            "subject",
            "changes",
            "request_id",
            "act_id",
            "hash",
        ],
    );
    let mut conn = call.app.store.conn()?;
    loop {
        let rows = store::journal::list(&mut conn, call.scope()?, &filter, 1_000)?;
        filter.before_seq = rows.last().map(|(row, _)| row.seq);
        let last = rows.len() < 1_000;
        for (row, actor) in rows {
            let at = store::time::from_db(row.at).to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
            sheet.row([
                row.seq.to_string(),
                at,
                actor.unwrap_or_default(),
                row.action,
                row.subject_kind,
                row.subject_id,
                row.subject_label,
                row.changes,
                row.request_id,
                row.act_id,
                row.hash,
            ]);
        }
        if last {
            break;
        }
    }
    let FileReply { name, media_type, bytes } = sheet.file(FileFormat::Csv, call.today())?;
    Ok(Answer::file(FileReply { name, media_type, bytes }))
}

/// Reads every chain of the installation again.
pub fn verify(app: &App) -> Result<Vec<store::journal::ChainReport>> {
    Ok(store::journal::verify(&mut *app.store.conn()?)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use domain::journal::ACTIONS;

    /// Texts in the sources of this crate that are written as actions are.
    fn written(folder: &Path, found: &mut BTreeSet<String>) {
        let kinds: BTreeSet<&str> = ACTIONS.iter().filter_map(|code| Some(code.split_once('.')?.0)).collect();
        let word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let is_action = |text: &&str| text.split_once('.').is_some_and(|(kind, act)| kinds.contains(kind) && word(act));
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                written(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.extend(text.split('"').filter(is_action).map(str::to_owned));
            }
        }
    }

    #[test]
    fn every_action_that_is_written_is_known_and_no_other() {
        let mut found = BTreeSet::new();
        written(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
        let known: BTreeSet<String> = ACTIONS.iter().map(ToString::to_string).collect();
        assert_eq!(
            found.difference(&known).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "not in the list, so without words"
        );
        assert_eq!(known.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "never written");
        assert_eq!(known.len(), ACTIONS.len(), "named once each");
    }
}
