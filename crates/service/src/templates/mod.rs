//! Texts of relances: the firm's own, each save a version; what is wrong with them, how they look, and the one function that
//! writes a message from them ([`Gathered::write`]).

mod check;
mod diff;
mod preview;
pub(crate) mod write;

use contract::{
    NewTemplate, Nothing, Template as TemplateShape, TemplateChange, TemplateFilter, TemplateList, TemplateListQuery,
    TemplateRestore, TemplateRow, TemplateSource, TemplateStarter, TemplateStarterList, TemplateVariable,
    TemplateVariableGroup, TemplateVersion, TemplateVersionPage, TemplateVersionQuery, TemplateVocabulary,
};
use domain::relance::template::{FilterKind, Variable, VariableGroup, Wording, Wordings};
use domain::relance::{RelancePurpose, Tone};
use domain::{Lang, TemplateId, fold};
use paper::Starter;
use serde_json::{Map, Value, json};
use store::templates::{Template, Version};
use store::{Actor, Conn, Scope, dialect};

pub use check::check_template;
pub use diff::compare_template_versions;
pub(crate) use preview::test_failed;
pub use preview::{preview_template, test_template};
pub use write::{Gathered, Outcome, Relance, UNSUBSCRIBE, Wanted};

use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, cursor, ids, invalid, journal, relances};

/// Texts of a firm, those put away included.
const MOST: usize = 500;
const LONGEST_NOTE: usize = 500;

fn starters() -> Result<&'static [Starter]> {
    paper::starters().map_err(Error::internal)
}

fn wordings(starter: &Starter) -> Wordings {
    let of =
        |lang: Lang| Wording { subject: starter.subject.get(lang).to_owned(), body: starter.body.get(lang).to_owned() };
    Wordings { fr: of(Lang::Fr), en: Some(of(Lang::En)) }
}

pub fn list_template_starters(_: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<TemplateStarterList>> {
    let data = starters()?.iter().map(|s| TemplateStarter {
        purpose: s.purpose,
        tone: s.tone,
        version: s.version.clone(),
        date: s.date,
        name: s.name.clone(),
        texts: wordings(s),
    });
    Ok(Answer::new(TemplateStarterList { data: data.collect() }))
}

pub fn read_template_vocabulary(_: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<TemplateVocabulary>> {
    let variable = |v: &Variable| TemplateVariable {
        variable: *v,
        kind: v.kind(),
        label: v.label(),
        example: v.example(),
        empty: v.empty(),
        filters: FilterKind::ALL.iter().copied().filter(|f| f.takes().contains(&v.kind())).collect(),
    };
    let groups = VariableGroup::ALL.iter().map(|group| TemplateVariableGroup {
        group: *group,
        label: group.text(),
        variables: Variable::ALL.iter().filter(|v| v.group() == *group).map(variable).collect(),
    });
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let filters = FilterKind::ALL.iter().map(|filter| {
        let (least, most) = filter.arguments();
        TemplateFilter {
            filter: *filter,
            label: filter.label(),
            example: filter.example(),
            takes: filter.takes().to_vec(),
            least: count(least),
            most: count(most),
        }
    });
    Ok(Answer::new(TemplateVocabulary { groups: groups.collect(), filters: filters.collect() }))
}

fn shown(template: Template) -> TemplateRow {
    TemplateRow {
        id: template.id,
        version: template.version,
        name: template.name,
        purpose: template.purpose,
        tone: template.tone,
        archived: template.archived,
        origin: Some(template.origin).filter(|o| !o.is_empty()),
        created_at: template.created_at,
        updated_at: template.updated_at,
    }
}

pub fn list_templates(call: &Call, _: Nothing, query: TemplateListQuery, _: Nothing) -> Result<Answer<TemplateList>> {
    let scope = call.scope()?;
    let mut found = store::templates::list(&mut *call.app.store.conn()?, scope)?;
    found.retain(|t| {
        (query.purpose.is_empty() || query.purpose.0.contains(&t.purpose))
            && (query.tone.is_empty() || query.tone.0.contains(&t.tone))
            && query.archived.is_none_or(|archived| archived == t.archived)
    });
    found.sort_by_cached_key(|t| (t.purpose, t.tone, fold(&t.name), t.id));
    Ok(Answer::new(TemplateList { data: found.into_iter().map(shown).collect() }))
}

fn whole(template: Template, texts: Wordings) -> Answer<TemplateShape> {
    let version = template.version;
    Answer::new(TemplateShape { row: shown(template), texts }).etag(version)
}

pub fn read_template(call: &Call, id: TemplateId, _: Nothing, _: Nothing) -> Result<Answer<TemplateShape>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let template = store::templates::find(&mut conn, scope, id)?;
    let texts = store::templates::version_of(&mut conn, scope, id, template.version)?.texts;
    Ok(whole(template, texts))
}

/// A text as it is kept: line breaks of one kind, no blanks around it, no English without a word.
fn tidied(texts: &Wordings) -> Wordings {
    let tidy = |wording: &Wording| Wording {
        subject: wording.subject.trim().to_owned(),
        body: wording.body.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned(),
    };
    Wordings { fr: tidy(&texts.fr), en: texts.english().map(tidy) }
}

/// Refuses a name that another text in use has.
fn is_free(conn: &mut Conn, scope: &Scope, name: &str, own: TemplateId) -> Result<()> {
    let taken = |t: &Template| t.id != own && !t.archived && fold(&t.name) == fold(name);
    if store::templates::list(conn, scope)?.iter().any(taken) {
        return Err(Error::conflict(
            format!("Un texte s’appelle déjà « {name} » : donnez un autre nom."),
            format!("A text is called “{name}” already: give another name."),
        ));
    }
    Ok(())
}

/// A text as it is saved now, by whom and why.
fn saved(template: &Template, texts: Wordings, actor: &Actor, note: String) -> Version {
    Version {
        version: template.version,
        name: template.name.clone(),
        purpose: template.purpose,
        tone: template.tone,
        texts,
        note,
        user: Some(actor.scope.user()),
        by_name: actor.name.clone(),
        at: template.updated_at,
    }
}

/// What a new text begins as.
struct Beginning {
    name: String,
    purpose: RelancePurpose,
    tone: Tone,
    texts: Wordings,
    origin: String,
}

fn beginning(conn: &mut Conn, call: &Call, source: TemplateSource) -> Result<Beginning> {
    let scope = call.scope()?;
    match source {
        TemplateSource::Starter { purpose, tone } => {
            let found = starters()?.iter().find(|s| s.purpose == purpose && s.tone == tone);
            let starter = found.ok_or_else(|| Error::internal("a purpose without its text"))?;
            Ok(Beginning {
                name: starter.name.get(call.lang).to_owned(),
                purpose,
                tone,
                texts: wordings(starter),
                origin: format!("{purpose}.{tone} {}", starter.version),
            })
        }
        TemplateSource::Template { id } => {
            let other = store::templates::find(conn, scope, id)?;
            let texts = store::templates::version_of(conn, scope, id, other.version)?.texts;
            let (purpose, tone, origin) = (other.purpose, other.tone, other.origin);
            Ok(Beginning { name: other.name, purpose, tone, texts, origin })
        }
        TemplateSource::Words { purpose, tone, texts } => {
            let texts = tidied(&texts);
            let mut check = Check::default();
            check::refuse(&mut check, "/source/texts", &texts);
            check.done()?;
            let name = format!("{}, {}", purpose.text().get(call.lang), tone.text().get(call.lang).to_lowercase());
            Ok(Beginning { name, purpose, tone, texts, origin: String::new() })
        }
    }
}

pub fn create_template(call: &Call, _: Nothing, _: Nothing, body: NewTemplate) -> Result<Answer<TemplateShape>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let mut check = Check::default();
    let name = body.name.as_deref().map(|name| check.line("/name", name, 120));
    check.done()?;
    let now = whole_micros(call.now);
    let (template, texts) = call.app.store.conn()?.write(|conn| -> Result<(Template, Wordings)> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let from = beginning(conn, call, body.source)?;
        let template = Template {
            id: ids::template(),
            cabinet: scope.cabinet(),
            version: 1,
            name: name.unwrap_or(from.name),
            purpose: from.purpose,
            tone: from.tone,
            archived: false,
            origin: from.origin,
            created_at: now,
            updated_at: now,
        };
        is_free(conn, scope, &template.name, template.id)?;
        if store::templates::list(conn, scope)?.len() >= MOST {
            return Err(Error::conflict(
                format!("{MOST} textes au plus : reprenez l’un de ceux qui existent."),
                format!("{MOST} texts at most: take up one of those that exist."),
            ));
        }
        let first = saved(&template, from.texts.clone(), actor, String::new());
        store::templates::insert(conn, &template, &first)?;
        let changes = json!({
            "name": [null, template.name], "purpose": [null, template.purpose], "tone": [null, template.tone],
        });
        let row = entry("template.create", "template", template.id, &template.name, changes);
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[row])?;
        Ok((template, from.texts))
    })?;
    Ok(whole(template, texts))
}

fn note(check: &mut Check, note: &str) -> String {
    if note.trim().is_empty() { String::new() } else { check.line("/note", note, LONGEST_NOTE) }
}

/// Writes a change with its version and its row of the journal, if it is one. In a write transaction that holds the
/// cabinet's lock.
fn save(
    conn: &mut Conn,
    call: &Call,
    (before, texts_before): (Template, Wordings),
    (mut after, texts): (Template, Wordings),
    note: String,
) -> Result<(Template, Wordings)> {
    let actor = call.actor()?;
    let mut changes = Map::new();
    if before.name != after.name {
        changes.insert("name".to_owned(), json!([before.name, after.name]));
    }
    if before.purpose != after.purpose {
        changes.insert("purpose".to_owned(), json!([before.purpose, after.purpose]));
    }
    if before.tone != after.tone {
        changes.insert("tone".to_owned(), json!([before.tone, after.tone]));
    }
    if before.archived != after.archived {
        changes.insert("archived".to_owned(), json!([before.archived, after.archived]));
    }
    // The words stand in the versions; the journal tells which.
    if texts_before != texts {
        changes.insert("texts".to_owned(), json!([before.version, before.version + 1]));
    }
    if changes.is_empty() {
        return Ok((before, texts_before));
    }
    if !note.is_empty() {
        changes.insert("note".to_owned(), json!([null, note]));
    }
    if after.archived
        && !before.archived
        && let Some(name) = relances::uses(conn, after.cabinet, after.id)?
    {
        return Err(Error::conflict(
            format!("La séquence « {name} » utilise ce texte : donnez-lui-en un autre, ou archivez-la."),
            format!("The sequence “{name}” uses this text: give it another one, or archive it."),
        ));
    }
    if !after.archived {
        is_free(conn, &actor.scope, &after.name, after.id)?;
    }
    after.version += 1;
    after.updated_at = whole_micros(call.now);
    let version = saved(&after, texts.clone(), actor, note);
    store::templates::update(conn, &after, &version)?;
    let row = entry("template.update", "template", after.id, &after.name, Value::Object(changes));
    store::journal::append(conn, actor.scope.cabinet(), &journal::stamp(call), &[row])?;
    Ok((after, texts))
}

pub fn update_template(call: &Call, id: TemplateId, _: Nothing, body: TemplateChange) -> Result<Answer<TemplateShape>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let name = body.name.as_deref().map(|name| check.line("/name", name, 120));
    let note = note(&mut check, &body.note);
    let texts = body.texts.as_ref().map(tidied);
    if let Some(texts) = &texts {
        check::refuse(&mut check, "/texts", texts);
    }
    check.done()?;
    let (template, texts) = call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = store::templates::find(conn, scope, id)?;
        call.check_version(before.version)?;
        let present = store::templates::version_of(conn, scope, id, before.version)?.texts;
        let after = Template {
            name: name.unwrap_or_else(|| before.name.clone()),
            purpose: body.purpose.unwrap_or(before.purpose),
            tone: body.tone.unwrap_or(before.tone),
            archived: body.archived.unwrap_or(before.archived),
            ..before.clone()
        };
        let texts = texts.unwrap_or_else(|| present.clone());
        save(conn, call, (before, present), (after, texts), note)
    })?;
    Ok(whole(template, texts))
}

pub fn restore_template(
    call: &Call,
    id: TemplateId,
    _: Nothing,
    body: TemplateRestore,
) -> Result<Answer<TemplateShape>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let note = note(&mut check, &body.note);
    check.done()?;
    let (template, texts) = call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = store::templates::find(conn, scope, id)?;
        call.check_version(before.version)?;
        let present = store::templates::version_of(conn, scope, id, before.version)?.texts;
        let old = match store::templates::version_of(conn, scope, id, body.version) {
            Err(store::Error::NotFound) => {
                return Err(invalid(
                    "/version",
                    "unknown",
                    format!("{} : ce texte a les versions 1 à {}.", body.version, before.version),
                    format!("{}: this text has the versions 1 to {}.", body.version, before.version),
                ));
            }
            found => found?,
        };
        // What a later program no longer knows cannot be taken up as it was.
        let mut check = Check::default();
        check::refuse(&mut check, "/version", &old.texts);
        check.done()?;
        let after = Template { name: old.name, purpose: old.purpose, tone: old.tone, ..before.clone() };
        save(conn, call, (before, present), (after, old.texts), note)
    })?;
    Ok(whole(template, texts))
}

pub fn list_template_versions(
    call: &Call,
    id: TemplateId,
    query: TemplateVersionQuery,
    _: Nothing,
) -> Result<Answer<TemplateVersionPage>> {
    let limit = cursor::limit(query.limit)?;
    let before = query.after.as_deref().map(cursor::read_number).transpose()?;
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    store::templates::find(&mut conn, scope, id)?;
    let mut found = store::templates::versions_of(&mut conn, scope, id, before, limit + 1)?;
    let next = (found.len() as i64 > limit).then(|| {
        found.truncate(limit as usize);
        found.last().map(|v| cursor::write_number(v.version))
    });
    let data = found.into_iter().map(|v| TemplateVersion {
        version: v.version,
        name: v.name,
        purpose: v.purpose,
        tone: v.tone,
        texts: v.texts,
        note: v.note,
        by_name: v.by_name,
        at: v.at,
    });
    Ok(Answer::new(TemplateVersionPage { data: data.collect(), next: next.flatten() }))
}
