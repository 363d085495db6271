//! Messages of relances: what one contact is written about leaves as one mail, from the texts as they stand at that moment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use contract::MailPurpose;
use domain::relance::outcome::{Hold, Outcome};
use domain::relance::plan::StepDone;
use domain::relance::template::{Letter, Person};
use domain::relance::{RelanceStep, SendingMode};
use domain::{DossierId, Lang, RelanceStepId, TemplateId};
use store::Conn;
use store::dossiers::Stored;
use store::enrolments::{Enrolled, Next};
use store::mails::By;
use store::relances::Relance;

use super::desk::{Company, Desk};
use super::plans::record;
use crate::post::{About, Bears, LINK, Parcel, Written, insert};
use crate::templates::write::{Gathered, Section};
use crate::{App, Result, links, templates, time};

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

/// The messages of a moment, written, and the steps that cannot be: their text is not to be read, or a value that it wants is
/// empty.
#[derive(Default)]
pub(super) struct Outbox {
    messages: Vec<Message>,
    unwritten: HashMap<(usize, RelanceStepId), Hold>,
}

/// What one contact gets.
struct Message {
    address: String,
    name: String,
    of: Vec<Stored>,
    parts: Vec<Part>,
    written: templates::write::Relance,
}

impl Outbox {
    /// Writes the messages; nothing is kept yet.
    pub fn read(
        conn: &mut Conn,
        app: &App,
        desk: &Desk,
        company: &Company,
        mails: BTreeMap<u32, Vec<Part>>,
    ) -> Result<Self> {
        let mut outbox = Self::default();
        if mails.is_empty() {
            return Ok(outbox);
        }
        let wanted: BTreeSet<DossierId> = mails.values().flatten().map(|p| company.enrolled[p.place].dossier).collect();
        let wanted: Vec<DossierId> = wanted.into_iter().collect();
        let stored = store::dossiers::of_cabinet(conn, desk.cabinet, &wanted)?;
        let judge = app.judge(conn, desk.cabinet, time::paris_day(desk.now))?;
        let gathered = Gathered::read(conn, &judge, desk.cabinet, &stored)?;
        let by_id: HashMap<DossierId, Stored> = stored.into_iter().map(|d| (d.id, d)).collect();
        let letters = letters(conn, desk, mails.values().flatten().map(|p| p.template))?;
        for parts in mails.into_values() {
            let address = parts.first().and_then(|p| company.address(p.place)).map(str::to_owned);
            let (parts, unreadable): (Vec<Part>, Vec<Part>) =
                parts.into_iter().partition(|p| letters.contains_key(&p.template));
            outbox.hold(&unreadable, Hold::TextUnreadable);
            let (parts, hollow) = whole(&parts, company, &by_id, &letters, &gathered)?;
            outbox.hold(&hollow, Hold::TextIncomplete);
            if parts.is_empty() {
                continue;
            }
            let of: Vec<Stored> = distinct(&parts, company).iter().filter_map(|id| by_id.get(id).cloned()).collect();
            let contact = contact(&of);
            let written = gathered.write_all(&sections(&parts, company, &letters), &contact, LINK)?;
            match (address, written) {
                (Some(address), Ok(written)) => {
                    let name = contact.name.unwrap_or_default();
                    outbox.messages.push(Message { address, name, of, parts, written });
                }
                _ => outbox.hold(&parts, Hold::TextIncomplete),
            }
        }
        Ok(outbox)
    }

    fn hold(&mut self, parts: &[Part], reason: Hold) {
        self.unwritten.extend(parts.iter().map(|p| ((p.place, p.step.id), reason)));
    }

    /// Why a step could not be written; nothing where it was, or is no message.
    pub fn unwritten(&self, place: usize, step: RelanceStepId) -> Option<Hold> {
        self.unwritten.get(&(place, step)).copied()
    }

    /// Puts the messages into the outbox; answers the rows of their steps.
    pub fn write(self, conn: &mut Conn, app: &App, desk: &Desk, company: &Company) -> Result<Vec<Relance>> {
        let mut rows = Vec::new();
        for Message { address, name, of, parts, written } in self.messages {
            let link = links::for_contact(conn, app, desk.cabinet, &address, &name, &of, desk.now)?;
            let bears = |p: &Part| Bears { enrolment: company.enrolled[p.place].id, step: p.step.id, along: p.along };
            let about = About { relances: parts.iter().map(bears).collect(), ..About::default() };
            let test = desk.settings.kept.test_address.as_deref().filter(|_| desk.rules.mode == SendingMode::Test);
            let text = Written {
                from_name: written.from_name,
                reply_to: written.reply_to,
                subject: match test {
                    Some(_) => format!("[Test : {address}] {}", written.subject),
                    None => written.subject,
                },
                body: written.text,
                html: Some(written.html),
            };
            let parcel = Parcel {
                purpose: MailPurpose::Relance,
                about: &about,
                link: &link,
                to: (test.unwrap_or(&address), name.as_str()),
                dossiers: of.iter().map(|d| d.id).collect(),
                by: &By::default(),
            };
            let mail = insert(conn, app, parcel, text, desk.now)?;
            for part in &parts {
                rows.push(record(
                    desk,
                    &company.enrolled[part.place],
                    &part.step,
                    &part.over,
                    Some(mail),
                    part.template,
                )?);
            }
        }
        Ok(rows)
    }
}

/// The texts as they stand, in the language of clients.
pub(super) fn letters(
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
fn whole(
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
        let is_whole =
            !of.is_empty() && !section.is_empty() && gathered.write_all(&section, &contact(&of), LINK)?.is_ok();
        if is_whole { &mut good } else { &mut hollow }.push(part.clone());
    }
    Ok((good, hollow))
}

/// An enrolment whose open step waits for what the plan does not know, until it is looked at again.
pub(super) fn waiting(row: &Enrolled, step: RelanceStepId, wait: &Wait) -> Result<Enrolled> {
    let outcome = Outcome::Held { reason: wait.reason, leaves_at: wait.leaves_at };
    let next = Next {
        step: step.to_string(),
        code: outcome.code(),
        outcome: serde_json::to_string(&outcome)?,
        at: wait.leaves_at,
        look_at: Some(wait.look_at),
    };
    Ok(Enrolled { next, ..row.clone() })
}

/// Why a step that is due does not leave now, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    reason: Hold,
    leaves_at: Option<DateTime<Utc>>,
    look_at: DateTime<Utc>,
}

impl Wait {
    /// For its text, or a value that it lacks.
    pub fn for_text(desk: &Desk, reason: Hold) -> Self {
        Self { reason, leaves_at: None, look_at: desk.now + AGAIN }
    }

    /// For its hour.
    pub fn until(at: DateTime<Utc>, most: u32) -> Self {
        Self { reason: Hold::HourlyLimit { most }, leaves_at: Some(at), look_at: at }
    }
}
