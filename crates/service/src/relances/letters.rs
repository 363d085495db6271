//! Letters of relances for the printer: written when they are printed, from their text and with the values of that moment, and
//! kept, so that what was posted can be printed again word for word.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use contract::{Nothing, RelancePrint, RelanceQuery};
use domain::relance::RelanceChannel;
use domain::relance::outcome::{Hold, OutcomeCode};
use domain::relance::template::{Letter as Wording, Marked, Person, Variable};
use domain::{DossierFacts, DossierId, LinkId, RelanceId, TemplateId, Text};
use paper::{Firm, Letter, Recipient, Signatory};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::dossiers::Stored;
use store::relances::Relance;
use store::{Conn, Scope, dialect};

use super::course::{is_task, sentence};
use super::desk::{Desk, deadline_in};
use super::{list, outbox};
use crate::mandates::{CLOSING, Press, recipient};
use crate::people::entry;
use crate::post::LINK;
use crate::session::whole_micros;
use crate::templates::write::{Gathered, Sheet, Wanted};
use crate::{Answer, Call, Error, FileReply, Result, invalid, journal, links};

/// Letters of one file.
const MOST: usize = 500;

/// A letter as it was printed last. The client's link is told by its id: its secret is never kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    on: NaiveDate,
    object: String,
    body: Marked,
    reach: Vec<String>,
    to: Recipient,
    /// Name and quality.
    signatory: (Option<String>, Option<String>),
    #[serde(default)]
    link: Option<LinkId>,
}

/// Why a letter cannot be printed, and what is to be done about it.
struct Gap {
    id: RelanceId,
    /// Of the dossier.
    name: String,
    code: &'static str,
    why: Text,
}

impl Gap {
    fn of(row: &Relance, dossier: &Stored, code: &'static str, why: Text) -> Self {
        Self { id: row.id, name: dossier.facts.name.clone(), code, why }
    }
}

pub fn print_relances(call: &Call, _: Nothing, _: Nothing, body: RelancePrint) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let (letters, gaps) = conn.write(|conn| -> Result<_> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let rows = asked(conn, call, &body)?;
        written(conn, call, rows)
    })?;
    if letters.is_empty() {
        return Err(all_gaps(&body, gaps));
    }
    let name = if letters.len() == 1 { "lettre" } else { "lettres" };
    let name = format!("cabready-{name}-{}.pdf", call.today());
    let gaps: Vec<paper::Gap> = gaps.into_iter().map(|gap| paper::Gap { name: gap.name, why: gap.why.fr }).collect();
    let bytes = paper::letters_and_gaps(&letters, &gaps).map_err(Error::internal)?;
    Ok(Answer::file(FileReply { name, media_type: "application/pdf", bytes }))
}

/// The letters that are asked for, in their order.
fn asked(conn: &mut Conn, call: &Call, body: &RelancePrint) -> Result<Vec<Relance>> {
    let scope = call.scope()?;
    match (&body.ids, &body.filter) {
        (Some(ids), None) => named(conn, scope, ids),
        (None, Some(filter)) => waiting(conn, call, filter),
        _ => Err(invalid(
            "/ids",
            "ids_or_filter",
            "Donnez soit « ids », soit « filter ».",
            "Give either “ids” or “filter”.",
        )),
    }
}

fn named(conn: &mut Conn, scope: &Scope, ids: &[RelanceId]) -> Result<Vec<Relance>> {
    if ids.is_empty() || ids.len() > MOST {
        return Err(invalid(
            "/ids",
            "count",
            format!("{} lettres choisies : de 1 à {MOST} s’impriment à la fois.", ids.len()),
            format!("{} letters chosen: 1 to {MOST} are printed at once.", ids.len()),
        ));
    }
    let mut found: HashMap<RelanceId, Relance> =
        store::relances::find_many(conn, scope, ids)?.into_iter().map(|r| (r.id, r)).collect();
    let mut rows = Vec::with_capacity(ids.len());
    let mut seen = BTreeSet::new();
    for (n, id) in ids.iter().enumerate().filter(|(_, id)| seen.insert(**id)) {
        let row = found.remove(id).ok_or_else(Error::not_found)?;
        if row.channel != RelanceChannel::Letter || row.code != OutcomeCode::Sent {
            return Err(invalid(
                format!("/ids/{n}"),
                "no_letter",
                "Cette étape n’est pas une lettre à imprimer : choisissez parmi les appels et lettres à faire.",
                "This step is no letter to print: choose among the calls and letters to do.",
            ));
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Those that wait and that a filter takes, the oldest first.
fn waiting(conn: &mut Conn, call: &Call, filter: &RelanceQuery) -> Result<Vec<Relance>> {
    let scope = call.scope()?;
    let desk = Desk::read(conn, scope.cabinet(), whole_micros(call.now))?;
    let of = list::sequences(&desk, filter);
    let is_other = !filter.channel.is_empty() && !filter.channel.0.contains(&RelanceChannel::Letter);
    let mut rows = match is_other || of.as_ref().is_some_and(Vec::is_empty) {
        true => Vec::new(),
        false => {
            let taken = list::over_wanted(filter, of);
            let wanted = store::relances::Wanted { tasks: true, channels: vec![RelanceChannel::Letter], ..taken };
            store::relances::page(conn, scope, &wanted, None, MOST as i64 + 1)?
        }
    };
    if rows.is_empty() {
        return Err(Error::conflict(
            "Aucune lettre n’attend d’être imprimée : changez de filtre, ou choisissez une lettre déjà postée.",
            "No letter waits to be printed: change the filter, or choose a letter that was posted.",
        ));
    }
    if rows.len() > MOST {
        return Err(invalid(
            "/filter",
            "count",
            format!("Plus de {MOST} lettres attendent : resserrez le filtre, {MOST} s’impriment à la fois."),
            format!("More than {MOST} letters wait: narrow the filter, {MOST} are printed at once."),
        ));
    }
    rows.reverse();
    Ok(rows)
}

/// What letters are written from.
struct Desktop<'a> {
    desk: &'a Desk,
    firm: &'a Firm,
    gathered: Gathered,
    wordings: HashMap<TemplateId, Wording>,
    facts: HashMap<DossierId, store::relance_facts::Facts>,
}

/// Writes the letters and keeps them; those that cannot be, and why.
fn written(conn: &mut Conn, call: &Call, rows: Vec<Relance>) -> Result<(Vec<Letter>, Vec<Gap>)> {
    let scope = call.scope()?;
    let (cabinet, now) = (scope.cabinet(), whole_micros(call.now));
    let desk = Desk::read(conn, cabinet, now)?;
    let press = Press::of(conn, cabinet)?;
    let ids: BTreeSet<DossierId> = rows.iter().map(|r| r.dossier).collect();
    let ids: Vec<DossierId> = ids.into_iter().collect();
    let stored = store::dossiers::find_many(conn, scope, &ids)?;
    let judge = call.judge(conn)?;
    let gathered = Gathered::read(conn, &judge, cabinet, &stored)?;
    let desktop = Desktop {
        desk: &desk,
        firm: press.firm(),
        gathered,
        wordings: outbox::letters(conn, &desk, rows.iter().filter_map(|r| r.template))?,
        facts: store::relance_facts::of(conn, cabinet, Some(&ids))?.into_iter().map(|f| (f.id, f)).collect(),
    };
    let stored: HashMap<DossierId, Stored> = stored.into_iter().map(|d| (d.id, d)).collect();
    let posted: Vec<RelanceId> = rows.iter().filter(|r| !is_task(r)).map(|r| r.id).collect();
    let before = store::relances::letters(conn, cabinet, &posted)?;
    let (mut letters, mut gaps, mut entries) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let dossier = stored.get(&row.dossier).ok_or_else(Error::not_found)?;
        let kept = match before.get(&row.id) {
            Some(kept) => serde_json::from_str(kept)?,
            None => match desktop.write(&row, dossier)? {
                Ok((kept, linked)) => {
                    let link = match linked {
                        true => Some(links::for_letter(conn, &call.app, cabinet, dossier, call.now)?.id),
                        false => None,
                    };
                    let kept = Kept { link, ..kept };
                    store::relances::printed(conn, cabinet, row.id, &serde_json::to_string(&kept)?, now)?;
                    let changes = json!({ "object": [null, kept.object] });
                    entries.push(entry("relance.print", "dossier", row.dossier, &dossier.facts.name, changes));
                    kept
                }
                Err(gap) => {
                    gaps.push(gap);
                    continue;
                }
            },
        };
        let url = kept.link.map(|id| links::address(&call.app, conn, id)).transpose()?;
        letters.push(kept.letter(press.firm(), url, call));
    }
    store::journal::append(conn, cabinet, &journal::stamp(call), &entries)?;
    Ok((letters, gaps))
}

impl Desktop<'_> {
    /// A letter without its link, and whether it has one.
    fn write(&self, row: &Relance, dossier: &Stored) -> Result<std::result::Result<(Kept, bool), Gap>> {
        if let Some(why) = no_address(&dossier.facts) {
            return Ok(Err(Gap::of(row, dossier, "no_address", why)));
        }
        let ready = self.desk.sequence(row.sequence)?;
        let Some(wording) = row.template.and_then(|id| self.wordings.get(&id)) else {
            let why = sentence(&self.desk.teller(ready, None).hold(Hold::TextUnreadable));
            return Ok(Err(Gap::of(row, dossier, "unreadable_text", why)));
        };
        let of = ready.written.deadline.as_ref();
        let deadline = match (of, self.facts.get(&row.dossier)) {
            (Some(of), Some(facts)) => deadline_in(of, facts, self.desk.today)?,
            _ => None,
        };
        let contact = contact(&dossier.facts);
        let dossiers = [row.dossier];
        let wanted = Wanted { letter: wording, contact: &contact, dossiers: &dossiers, deadline, link: LINK };
        let sheet = match self.gathered.sheet(&wanted)? {
            Ok(sheet) => sheet,
            Err(hollow) => {
                let all: Vec<Text> = hollow.iter().map(|h| h.text()).collect();
                let said = |of: fn(&Text) -> &str| all.iter().map(of).collect::<Vec<_>>().join(" ");
                let why = Text::new(said(|t| &t.fr), said(|t| &t.en));
                return Ok(Err(Gap::of(row, dossier, "empty_value", why)));
            }
        };
        let linked = wording.body.variables().contains(&Variable::Link);
        Ok(Ok((self.kept(row, sheet, &dossier.facts), linked)))
    }

    fn kept(&self, row: &Relance, sheet: Sheet, facts: &DossierFacts) -> Kept {
        let Sheet { object, body, person, reach } = sheet;
        let Signatory { name, quality } = self.signatory(person);
        Kept {
            on: self.desk.today,
            object: if row.test { format!("Essai, à ne pas envoyer : {object}") } else { object },
            body,
            reach,
            to: recipient(facts),
            signatory: (name, quality),
            link: None,
        }
    }

    /// The person in charge, for the firm; who signs for the firm where there is none.
    fn signatory(&self, person: Option<String>) -> Signatory {
        let of_firm = &self.firm.signatory;
        match person {
            Some(name) if of_firm.name.as_ref() != Some(&name) => {
                Signatory { name: Some(name), quality: Some(self.firm.name.clone()) }
            }
            _ => of_firm.clone(),
        }
    }
}

impl Kept {
    fn letter(self, firm: &Firm, url: Option<String>, call: &Call) -> Letter {
        let Self { on, object, mut body, reach, to, signatory: (name, quality), .. } = self;
        if let Some(url) = &url {
            for value in &mut body.values {
                *value = value.replace(LINK, url);
            }
        }
        Letter {
            firm: firm.clone(),
            reach,
            recipient: to,
            place: None,
            on,
            object,
            body,
            link: url.map(links::on_paper),
            closing: CLOSING.to_owned(),
            signatory: Signatory { name, quality },
            reference: None,
            enclosed: Vec::new(),
            printed_at: call.now,
        }
    }
}

/// Who is greeted: the contact who is written to, else one with a name.
fn contact(facts: &DossierFacts) -> Person {
    let found = facts.addressee().filter(|c| c.name.is_some());
    let found = found.or_else(|| facts.contacts.iter().find(|c| c.name.is_some())).or(facts.addressee());
    found.map_or_else(Person::default, |c| Person { name: c.name.clone(), email: c.email.clone() })
}

/// What a letter needs to arrive and this dossier lacks.
fn no_address(facts: &DossierFacts) -> Option<Text> {
    let is_there = |value: &Option<String>| value.as_ref().is_some_and(|v| !v.trim().is_empty());
    let parts = [
        (&facts.address, ("la voie ou le lieu-dit", "the street")),
        (&facts.postal_code, ("le code postal", "the postal code")),
        (&facts.city, ("la commune", "the town")),
    ];
    let lacking: Vec<(&str, &str)> = parts.iter().filter(|(v, _)| !is_there(v)).map(|(_, words)| *words).collect();
    if lacking.is_empty() {
        return None;
    }
    let fr = lacking.iter().map(|(fr, _)| *fr).collect::<Vec<_>>().join(", ");
    let en = lacking.iter().map(|(_, en)| *en).collect::<Vec<_>>().join(", ");
    Some(Text::new(
        format!("L’adresse postale n’est pas complète, il manque {fr} : complétez le dossier."),
        format!("The postal address is not complete, it lacks {en}: complete the dossier."),
    ))
}

/// Nothing can be printed: each letter with its reason.
fn all_gaps(body: &RelancePrint, gaps: Vec<Gap>) -> Error {
    let place = |id: RelanceId| match &body.ids {
        Some(ids) => format!("/ids/{}", ids.iter().position(|i| *i == id).unwrap_or_default()),
        None => "/filter".to_owned(),
    };
    gaps.into_iter().fold(Error::new(contract::Code::Invalid), |error, Gap { id, name, code, why }| {
        error.and(place(id), code, format!("{name} : {}", why.fr), format!("{name}: {}", why.en))
    })
}
