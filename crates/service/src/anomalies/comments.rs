//! Comments: what people say to each other about an anomaly. Whoever sees a part of it may. What was said before an edit
//! stays, and neither the journal nor a log repeats a word of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use contract::{Code, Comment as CommentShape, CommentInput, Nothing, NotificationKind};
use domain::anomaly::AnomalyEvent;
use domain::{AnomalyId, CommentId, UserId};
use serde_json::json;
use store::anomalies::{Anomaly, Step};
use store::comments::{Comment, Edit};
use store::journal::Entry;
use store::{Conn, Scope, dialect};

use super::notify::{News, To, notify_all};
use super::{board, live, title};
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, ids, invalid, journal};

const LONGEST: usize = 4_000;
const MOST_MENTIONS: usize = 20;
const MOST_EDITS: usize = 50;

/// A text as it may be kept.
fn checked(body: &str) -> Result<String> {
    let body = body.trim().replace("\r\n", "\n");
    let length = body.chars().count();
    if body.is_empty() {
        return Err(invalid("/body", "required", "Vide : écrivez quelques mots.", "Empty: write a few words."));
    }
    if length > LONGEST {
        return Err(invalid(
            "/body",
            "too_long",
            format!("{length} caractères : {LONGEST} au plus."),
            format!("{length} characters: {LONGEST} at most."),
        ));
    }
    if body.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(invalid(
            "/body",
            "control_character",
            "Contient un caractère invisible : du texte est attendu.",
            "Contains an invisible character: text is expected.",
        ));
    }
    Ok(body)
}

/// A text in pieces: words as they are, and mentions `@[Claire Martin](id)`.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Words(&'a str),
    Mention(UserId),
}

fn pieces(body: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut done, mut from) = (0, 0);
    while let Some(start) = body[from..].find("@[").map(|n| from + n) {
        from = start + 2;
        let Some(mention) = mention(&body[start..]) else { continue };
        if done < start {
            pieces.push(Piece::Words(&body[done..start]));
        }
        pieces.push(Piece::Mention(mention.0));
        done = start + mention.1;
        from = done;
    }
    if done < body.len() {
        pieces.push(Piece::Words(&body[done..]));
    }
    pieces
}

/// The person whom a text that begins with `@[` mentions, and the length of the mention.
fn mention(text: &str) -> Option<(UserId, usize)> {
    let name_end = text.find("](")?;
    if text[2..name_end].contains(['[', ']', '\n']) {
        return None;
    }
    let rest = &text[name_end + 2..];
    let end = rest.find(')')?;
    Some((rest[..end].parse().ok()?, name_end + 2 + end + 1))
}

/// Writes each mention with the name that the person has, and tells who is mentioned. People who do not see the anomaly
/// are refused: they could not read what is said to them.
fn mentions(conn: &mut Conn, scope: &Scope, anomaly: AnomalyId, body: &str) -> Result<(String, BTreeSet<UserId>)> {
    let pieces = pieces(body);
    let people: BTreeSet<UserId> =
        pieces.iter().filter_map(|p| if let Piece::Mention(id) = p { Some(*id) } else { None }).collect();
    if people.len() > MOST_MENTIONS {
        return Err(invalid(
            "/body",
            "too_many_mentions",
            format!("{} personnes mentionnées : {MOST_MENTIONS} au plus.", people.len()),
            format!("{} people mentioned: {MOST_MENTIONS} at most.", people.len()),
        ));
    }
    let wanted: Vec<UserId> = people.iter().copied().collect();
    let recipients = store::notifications::recipients(conn, scope.cabinet(), &wanted)?;
    let mut names: HashMap<UserId, String> = HashMap::new();
    for id in wanted {
        let Some(person) = recipients.get(&id) else {
            return Err(invalid(
                "/body",
                "unknown_person",
                "Une personne mentionnée n’est pas, ou plus, du cabinet : choisissez-la dans la liste.",
                "A person who is mentioned is not, or no longer, of the firm: choose them from the list.",
            ));
        };
        if store::anomalies::seen(conn, &person.scope, &[anomaly])?.is_empty() {
            return Err(invalid(
                "/body",
                "cannot_see",
                format!("{} ne voit pas cette anomalie : donnez-lui le portefeuille d’abord.", person.name),
                format!("{} does not see this anomaly: give them the portfolio first.", person.name),
            ));
        }
        names.insert(id, person.name.replace(['[', ']'], ""));
    }
    let body = pieces
        .iter()
        .map(|piece| match piece {
            Piece::Words(words) => (*words).to_owned(),
            Piece::Mention(id) => format!("@[{}]({id})", names.get(id).map_or("", String::as_str)),
        })
        .collect();
    Ok((body, people))
}

fn entry(action: &'static str, anomaly: &Anomaly, change: serde_json::Value) -> Entry {
    Entry {
        action,
        subject_kind: "anomaly",
        subject_id: anomaly.id.to_string(),
        subject_label: title(anomaly).fr,
        changes: json!({ "comment": change }),
        act_id: None,
    }
}

pub fn create_comment(call: &Call, id: AnomalyId, _: Nothing, body: CommentInput) -> Result<Answer<CommentShape>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let text = checked(&body.body)?;
    let comment = call.app.store.conn()?.write(|conn| -> Result<Comment> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let anomaly = store::anomalies::find(conn, scope, id)?;
        let (body, mentioned) = mentions(conn, scope, id, &text)?;
        let at = whole_micros(call.now);
        let comment = Comment {
            id: ids::comment(),
            cabinet: scope.cabinet(),
            anomaly: id,
            user: scope.user(),
            by_name: actor.name.clone(),
            body,
            edits: Vec::new(),
            at,
        };
        store::comments::insert(conn, &comment)?;
        store::comments::counted(conn, scope.cabinet(), id, at)?;
        said(call, conn, &anomaly, &comment, "new")?;
        store::journal::append(
            conn,
            scope.cabinet(),
            &journal::stamp(call),
            &[entry("anomaly.comment", &anomaly, json!([null, comment.id]))],
        )?;
        // Who speaks wants to hear the answer, and so does who is spoken to.
        let mut follow: Vec<UserId> = mentioned.iter().copied().collect();
        follow.push(scope.user());
        let followed = store::anomalies::watchers_of(conn, id)?;
        tell(call, conn, &anomaly, &mentioned, &followed)?;
        store::anomalies::watch(conn, id, &follow, true)?;
        Ok(comment)
    })?;
    Ok(Answer::new(board::comment(comment, scope)))
}

/// Adds to the history that something was said, and lets others see it.
fn said(call: &Call, conn: &mut Conn, anomaly: &Anomaly, comment: &Comment, what: &str) -> Result<()> {
    let step = Step {
        anomaly: anomaly.id,
        event: AnomalyEvent::Comment,
        by: Some((comment.user, comment.by_name.clone())),
        data: json!({ "comment": comment.id, "what": what }),
        note: None,
        at: whole_micros(call.now),
    };
    store::anomalies::add_steps(conn, &[step])?;
    live::changed(conn, comment.cabinet, [anomaly])
}

/// Tells those who are mentioned, and the others who follow the anomaly.
fn tell(
    call: &Call,
    conn: &mut Conn,
    anomaly: &Anomaly,
    mentioned: &BTreeSet<UserId>,
    followed: &[UserId],
) -> Result<()> {
    let actor = call.actor()?;
    let by = Some((actor.scope.user(), actor.name.as_str()));
    let spoken: Vec<UserId> = mentioned.iter().copied().collect();
    let others: Vec<UserId> =
        followed.iter().copied().chain(anomaly.assignee).filter(|id| !mentioned.contains(id)).collect();
    let news = [
        News { kind: NotificationKind::Mentioned, anomaly, by, to: To::People(&spoken) },
        News { kind: NotificationKind::Commented, anomaly, by, to: To::People(&others) },
    ];
    notify_all(conn, anomaly.cabinet, &news, call.now)
}

pub fn update_comment(call: &Call, id: CommentId, _: Nothing, body: CommentInput) -> Result<Answer<CommentShape>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let text = checked(&body.body)?;
    let comment = call.app.store.conn()?.write(|conn| -> Result<Comment> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut comment = store::comments::find(conn, scope, id)?;
        if comment.user != scope.user() {
            return Err(Error::say(
                Code::Forbidden,
                format!("Ce commentaire est de {} : répondez-y plutôt.", comment.by_name),
                format!("This comment is by {}: answer it instead.", comment.by_name),
            ));
        }
        let anomaly = store::anomalies::find(conn, scope, comment.anomaly)?;
        let (body, mentioned) = mentions(conn, scope, comment.anomaly, &text)?;
        if body == comment.body {
            return Ok(comment);
        }
        if comment.edits.len() >= MOST_EDITS {
            return Err(Error::conflict(
                format!("Modifié {MOST_EDITS} fois déjà : écrivez un nouveau commentaire."),
                format!("Edited {MOST_EDITS} times already: write a new comment."),
            ));
        }
        let before: BTreeMap<UserId, ()> = pieces(&comment.body)
            .into_iter()
            .filter_map(|p| if let Piece::Mention(id) = p { Some((id, ())) } else { None })
            .collect();
        let new: BTreeSet<UserId> = mentioned.into_iter().filter(|id| !before.contains_key(id)).collect();
        comment.edits.push(Edit { body: std::mem::replace(&mut comment.body, body), at: whole_micros(call.now) });
        store::comments::update(conn, &comment)?;
        said(call, conn, &anomaly, &comment, "edit")?;
        store::journal::append(
            conn,
            scope.cabinet(),
            &journal::stamp(call),
            &[entry("anomaly.edit_comment", &anomaly, json!([comment.id, comment.id]))],
        )?;
        let spoken: Vec<UserId> = new.iter().copied().collect();
        let by = Some((scope.user(), actor.name.as_str()));
        let news = [News { kind: NotificationKind::Mentioned, anomaly: &anomaly, by, to: To::People(&spoken) }];
        notify_all(conn, scope.cabinet(), &news, call.now)?;
        store::anomalies::watch(conn, anomaly.id, &spoken, true)?;
        Ok(comment)
    })?;
    Ok(Answer::new(board::comment(comment, scope)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_what_is_written_as_one() {
        let id = ids::user();
        let text = format!("Voir @[Claire Martin]({id}), merci");
        assert_eq!(pieces(&text), [Piece::Words("Voir "), Piece::Mention(id), Piece::Words(", merci")]);
        assert_eq!(pieces(&format!("@[A]({id})@[B]({id})")), [Piece::Mention(id), Piece::Mention(id)]);
        for plain in ["a@[b", "@[x](no)", "@[x] (y)", "@[a[b]](c)", "@[é\u{301}](", "@["] {
            assert_eq!(pieces(plain), [Piece::Words(plain)], "{plain}");
        }
        assert!(checked("  \n ").is_err() && checked("a\u{7}").is_err() && checked(&"x".repeat(4_001)).is_err());
        assert_eq!(checked(" a\r\nb ").unwrap(), "a\nb");
    }
}
