//! Messages of relances: what one contact is written about leaves as one mail, from the texts as they stand at that moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Duration, NaiveDate};
use contract::MailPurpose;
use domain::relance::outcome::{Hold, Outcome};
use domain::relance::plan::StepDone;
use domain::relance::template::{Letter, Person};
use domain::relance::{RelanceStep, SendingMode};
use domain::{DossierId, Lang, TemplateId};
use store::Conn;
use store::dossiers::Stored;
use store::enrolments::{Enrolled, Next};
use store::mails::By;
use store::relances::Relance;

use super::desk::{Company, Desk};
use super::plans::{push, record};
use crate::post::{About, Bears, LINK, Parcel, Written, insert};
use crate::templates::write::{Gathered, Section};
use crate::{App, Result, links, post, time};

/// A step in a message.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Place of the member.
    pub place: usize,
    pub step: RelanceStep,
    pub template: TemplateId,
    pub over: StepDone,
    pub along: bool,
}

/// After so long a message that lacked a value is written again.
const AGAIN: Duration = Duration::hours(1);

/// Puts the messages of some contacts into the outbox, and notes their steps as done. Answers the enrolments whose step could
/// not be written: they stay where they are.
pub(super) fn write(
    conn: &mut Conn,
    app: &App,
    desk: &Desk,
    company: &mut Company,
    mails: BTreeMap<u32, Vec<Part>>,
    rows: &mut Vec<Relance>,
) -> Result<Vec<Enrolled>> {
    if mails.is_empty() {
        return Ok(Vec::new());
    }
    let wanted: BTreeSet<DossierId> = mails.values().flatten().map(|p| company.enrolled[p.place].dossier).collect();
    let wanted: Vec<DossierId> = wanted.into_iter().collect();
    let stored = store::dossiers::of_cabinet(conn, desk.cabinet, &wanted)?;
    let judge = app.judge(conn, desk.cabinet, time::paris_day(desk.now))?;
    let gathered = Gathered::read(conn, &judge, desk.cabinet, &stored)?;
    let by_id: HashMap<DossierId, Stored> = stored.into_iter().map(|d| (d.id, d)).collect();
    let letters = letters(conn, desk, mails.values().flatten().map(|p| p.template))?;
    let mut held = Vec::new();
    for parts in mails.into_values() {
        let Some(address) = parts.first().and_then(|p| company.address(p.place)).map(str::to_owned) else { continue };
        let (parts, hollow) = readable(&parts, company, &by_id, &letters, &gathered)?;
        for part in hollow {
            held.push(waiting(desk, &company.enrolled[part.place], &part)?);
        }
        if parts.is_empty() {
            continue;
        }
        let dossiers: Vec<DossierId> = distinct(&parts, company);
        let of: Vec<Stored> = dossiers.iter().filter_map(|id| by_id.get(id).cloned()).collect();
        let name = contact(&of).name.unwrap_or_default();
        let link = links::for_contact(conn, app, desk.cabinet, &address, &name, &of, desk.now)?;
        let sections = sections(&parts, company, &letters);
        let Ok(message) = gathered.write_all(&sections, &contact(&of), LINK)? else { continue };
        let about = About {
            relances: parts
                .iter()
                .map(|p| Bears { enrolment: company.enrolled[p.place].id, step: p.step.id, along: p.along })
                .collect(),
            ..About::default()
        };
        let test = desk.settings.kept.test_address.as_deref().filter(|_| desk.rules.mode == SendingMode::Test);
        let written = Written {
            from_name: message.from_name,
            reply_to: message.reply_to,
            subject: match test {
                Some(_) => format!("[Test : {address}] {}", message.subject),
                None => message.subject,
            },
            body: message.text,
            html: Some(message.html),
        };
        let to = (test.unwrap_or(&address), name.as_str());
        let by = By::default();
        let parcel = Parcel { purpose: MailPurpose::Relance, about: &about, link: &link, to, dossiers, by: &by };
        let mail = insert(conn, app, parcel, written, desk.now)?;
        for part in &parts {
            rows.push(record(desk, &company.enrolled[part.place], &part.step, &part.over, Some(mail), part.template)?);
            push(&mut company.enrolled[part.place], &part.over)?;
        }
    }
    post::wake(app);
    Ok(held)
}

/// The texts as they stand, in the language of clients.
fn letters(
    conn: &mut Conn,
    desk: &Desk,
    ids: impl Iterator<Item = TemplateId>,
) -> Result<HashMap<TemplateId, Letter>> {
    let ids: BTreeSet<TemplateId> = ids.collect();
    let ids: Vec<TemplateId> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for (id, (_, texts)) in store::templates::texts_of(conn, desk.cabinet, &ids)? {
        let (lang, wording) = texts.of(Lang::Fr);
        // A text with faults cannot be saved; one that a later vocabulary no longer reads waits, and says so.
        if let Ok(letter) = Letter::parse(&wording.subject, &wording.body, lang) {
            found.insert(id, letter);
        }
    }
    Ok(found)
}

/// Who is written to: the name that the first dossier has for the address.
fn contact(dossiers: &[Stored]) -> Person {
    let person = dossiers.iter().find_map(|d| d.facts.addressee().filter(|c| c.name.is_some()));
    let person = person.or_else(|| dossiers.iter().find_map(|d| d.facts.addressee()));
    person.map_or_else(Person::default, |c| Person { name: c.name.clone(), email: c.email.clone() })
}

fn distinct(parts: &[Part], company: &Company) -> Vec<DossierId> {
    let ids: BTreeSet<DossierId> = parts.iter().map(|p| company.enrolled[p.place].dossier).collect();
    ids.into_iter().collect()
}

/// One section for each text, over the dossiers that it is about.
fn sections<'a>(parts: &[Part], company: &Company, letters: &'a HashMap<TemplateId, Letter>) -> Vec<Section<'a>> {
    let mut sections: Vec<(TemplateId, Section<'a>)> = Vec::new();
    for part in parts {
        let Some(letter) = letters.get(&part.template) else { continue };
        let dossier = company.enrolled[part.place].dossier;
        let deadline: Option<NaiveDate> = company.facts[part.place].deadline;
        match sections.iter_mut().find(|(id, _)| *id == part.template) {
            Some((_, section)) => {
                if !section.dossiers.contains(&dossier) {
                    section.dossiers.push(dossier);
                }
                // The earliest counts for all.
                section.deadline = [section.deadline, deadline].into_iter().flatten().min();
            }
            None => sections.push((part.template, Section { letter, dossiers: vec![dossier], deadline })),
        }
    }
    sections.into_iter().map(|(_, section)| section).collect()
}

/// Those of the parts whose text can be written, and those in which a value is empty.
fn readable(
    parts: &[Part],
    company: &Company,
    by_id: &HashMap<DossierId, Stored>,
    letters: &HashMap<TemplateId, Letter>,
    gathered: &Gathered,
) -> Result<(Vec<Part>, Vec<Part>)> {
    let (mut good, mut hollow) = (Vec::new(), Vec::new());
    for part in parts {
        let own = std::slice::from_ref(part);
        let of: Vec<Stored> = distinct(own, company).iter().filter_map(|id| by_id.get(id).cloned()).collect();
        let section = sections(own, company, letters);
        let whole = !of.is_empty() && !section.is_empty() && gathered.write_all(&section, &contact(&of), LINK)?.is_ok();
        if whole { &mut good } else { &mut hollow }.push(part.clone());
    }
    Ok((good, hollow))
}

fn waiting(desk: &Desk, row: &Enrolled, part: &Part) -> Result<Enrolled> {
    let outcome = Outcome::Held { reason: Hold::TextIncomplete, leaves_at: None };
    let next = Next {
        step: part.step.id.to_string(),
        code: outcome.code(),
        outcome: serde_json::to_string(&outcome)?,
        at: None,
        look_at: Some(desk.now + AGAIN),
    };
    Ok(Enrolled { next, ..row.clone() })
}
