//! Writing a relance: what its text can tell is read at once for many dossiers, then each message is written from it without
//! the database.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::question::Awaited;
use domain::relance::template::{Form, Hollow, Known, Letter, Marked, Occasion, Person, Sender, Template};
use domain::{CabinetId, DossierId, Lang, UserId};
use paper::{FootLine, Frame};
use store::Conn;
use store::dossiers::Stored;

use crate::judge::Judge;
use crate::links::is_asked;
use crate::{Error, Result, collection_settings, time};

/// Where the address by which a reader stops these messages goes, filled when the message is handed over.
pub const UNSUBSCRIBE: &str = "[[desabonnement]]";

/// What texts can tell of dossiers of one cabinet.
#[derive(Debug, Clone)]
pub struct Gathered {
    name: String,
    /// Name under which messages leave.
    sender_name: String,
    reply_to: Option<String>,
    phone: Option<String>,
    today: NaiveDate,
    known: HashMap<DossierId, Known>,
}

impl Gathered {
    /// Reads it as it stands on the day of the judge.
    pub fn read(conn: &mut Conn, judge: &Judge, cabinet: CabinetId, dossiers: &[Stored]) -> Result<Self> {
        let settings = collection_settings::of(conn, cabinet)?;
        let name = store::mails::cabinet_name(conn, cabinet)?;
        let ids: Vec<DossierId> = dossiers.iter().map(|d| d.id).collect();
        let mut mandates = store::mandates::of_dossiers(conn, cabinet, &ids)?;
        let mut in_charge: Vec<UserId> =
            dossiers.iter().flat_map(|d| [d.facts.assignee.user_id, d.facts.manager.user_id]).flatten().collect();
        in_charge.sort();
        in_charge.dedup();
        let people = store::mails::people(conn, cabinet, &in_charge)?;
        let mut known = HashMap::with_capacity(dossiers.len());
        for dossier in dossiers {
            let facts = &dossier.facts;
            let mut asked = mandates.remove(&dossier.id).unwrap_or_default();
            asked.retain(|m| is_asked(m.state));
            let awaited: Vec<Awaited> = asked.iter().map(|m| Awaited::new(m.kind, &m.terms)).collect();
            let assessment = judge.assess(facts, &dossier.settled);
            let person = [facts.assignee.user_id, facts.manager.user_id].into_iter().flatten();
            let person = person.filter_map(|id| people.get(&id)).next();
            known.insert(
                dossier.id,
                Known {
                    person: person.map(|(name, email)| Person { name: said(name), email: said(email) }),
                    mandates_sent_on: asked.iter().filter_map(|m| m.sent_at).min().map(time::paris_day),
                    ..Known::of(facts, &assessment, &dossier.settled, &awaited, judge.today)
                },
            );
        }
        let sender_name = if settings.sender_name.is_empty() { name.clone() } else { settings.sender_name };
        let reply_to = settings.reply_to;
        Ok(Self { name, sender_name, reply_to, phone: settings.firm_phone, today: judge.today, known })
    }
}

fn said(word: &str) -> Option<String> {
    Some(word.to_owned()).filter(|w| !w.is_empty())
}

/// One message to write.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub letter: &'a Letter,
    pub contact: &'a Person,
    /// Dossiers of the contact, of those that were gathered.
    pub dossiers: &'a [DossierId],
    pub deadline: Option<NaiveDate>,
    /// The client's link; [`crate::post::LINK`] while the message waits.
    pub link: &'a str,
}

/// A text of a message over several needs, with the dossiers of the contact that it is about.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    pub letter: &'a Letter,
    pub dossiers: Vec<DossierId>,
    pub deadline: Option<NaiveDate>,
}

/// A message as it goes into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relance {
    pub from_name: String,
    pub reply_to: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A text as a letter bears it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    pub object: String,
    pub body: Marked,
    /// In charge of the first dossier that has somebody.
    pub person: Option<String>,
    /// Where the firm can be reached.
    pub reach: Vec<String>,
}

/// A message, or the values that its text wants and that are empty: it must not leave then.
pub type Outcome = std::result::Result<Relance, Vec<Hollow>>;

impl Gathered {
    /// Writes a message. A dossier that was not gathered is an error: nothing is left out unseen.
    pub fn write(&self, wanted: &Wanted<'_>) -> Result<Outcome> {
        self.write_with(wanted, &[])
    }

    /// Writes a letter.
    pub fn sheet(&self, wanted: &Wanted<'_>) -> Result<std::result::Result<Sheet, Vec<Hollow>>> {
        let dossiers = self.dossiers(wanted.dossiers)?;
        let cabinet = self.sender(&dossiers);
        let written = wanted.letter.write(&occasion(wanted, &cabinet, &dossiers, self.today));
        Ok(written.map(|(object, body)| Sheet {
            object,
            body,
            person: dossiers.iter().find_map(|d| d.person.as_ref()?.name.clone()),
            reach: [cabinet.phone, cabinet.reply_to].into_iter().flatten().collect(),
        }))
    }

    /// Writes all that a contact is written about as one message: a single text as it is, several each under its subject.
    pub fn write_all(&self, sections: &[Section<'_>], contact: &Person, link: &str) -> Result<Outcome> {
        match sections {
            [] => Err(Error::internal("a message without a text")),
            [one] => {
                let Section { letter, dossiers, deadline } = one;
                self.write(&Wanted { letter, contact, dossiers, deadline: *deadline, link })
            }
            several => self.write_several(several, contact, link),
        }
    }

    fn write_several(&self, sections: &[Section<'_>], contact: &Person, link: &str) -> Result<Outcome> {
        let lang = sections[0].letter.lang;
        let mut all: Vec<DossierId> = sections.iter().flat_map(|s| s.dossiers.iter().copied()).collect();
        all.sort();
        all.dedup();
        let of_all = self.dossiers(&all)?;
        let cabinet = self.sender(&of_all);
        let (mut parts, mut hollow) = (Vec::new(), Vec::new());
        for section in sections {
            let dossiers = self.dossiers(&section.dossiers)?;
            let occasion = Occasion {
                contact,
                cabinet: &cabinet,
                dossiers: &dossiers,
                deadline: section.deadline,
                link,
                today: self.today,
            };
            match section.letter.write(&occasion) {
                Ok(part) => parts.push(part),
                Err(empty) => hollow.extend(empty),
            }
        }
        if !hollow.is_empty() {
            return Ok(Err(hollow));
        }
        let n = parts.len();
        let name = contact.name.as_deref().filter(|name| !name.is_empty());
        let (subject, hello, intro) = match lang {
            Lang::Fr => (
                format!("Facturation électronique : {n} points à régler"),
                name.map_or_else(|| "Bonjour,".to_owned(), |name| format!("Bonjour {name},")),
                format!("Nous vous écrivons en une seule fois au sujet de {n} points."),
            ),
            Lang::En => (
                format!("E-invoicing: {n} points to settle"),
                name.map_or_else(|| "Hello,".to_owned(), |name| format!("Hello {name},")),
                format!("We write to you once about {n} points."),
            ),
        };
        let body = Marked::together(&format!("{hello} {intro}"), parts);
        let occasion =
            Occasion { contact, cabinet: &cabinet, dossiers: &of_all, deadline: None, link, today: self.today };
        self.framed(&occasion, lang, (subject, body), &[]).map(Ok)
    }

    fn dossiers(&self, ids: &[DossierId]) -> Result<Vec<&Known>> {
        let find = |id: &DossierId| self.known.get(id).ok_or_else(|| Error::internal("a dossier was not gathered"));
        ids.iter().map(find).collect()
    }

    fn sender(&self, dossiers: &[&Known]) -> Sender {
        let own = || dossiers.iter().find_map(|d| d.person.as_ref()?.email.clone());
        Sender { name: self.name.clone(), reply_to: self.reply_to.clone().or_else(own), phone: self.phone.clone() }
    }

    /// The same as [`Gathered::write`] with more lines at its foot.
    pub(super) fn write_with(&self, wanted: &Wanted<'_>, more: &[FootLine]) -> Result<Outcome> {
        let dossiers = self.dossiers(wanted.dossiers)?;
        let cabinet = self.sender(&dossiers);
        let occasion = occasion(wanted, &cabinet, &dossiers, self.today);
        match wanted.letter.write(&occasion) {
            Ok(written) => self.framed(&occasion, wanted.letter.lang, written, more).map(Ok),
            Err(hollow) => Ok(Err(hollow)),
        }
    }

    fn framed(
        &self,
        occasion: &Occasion<'_>,
        lang: Lang,
        (subject, body): (String, Marked),
        more: &[FootLine],
    ) -> Result<Relance> {
        let cabinet = occasion.cabinet;
        let mut foot = more.to_vec();
        foot.extend(foot_of(occasion, lang)?);
        let signature: Vec<String> = [Some(&cabinet.name), cabinet.reply_to.as_ref(), cabinet.phone.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect();
        let frame = Frame { lang, title: &subject, link: occasion.link, signature: &signature, foot: &foot };
        let message = paper::message(&body, &frame);
        Ok(Relance {
            from_name: self.sender_name.clone(),
            reply_to: cabinet.reply_to.clone(),
            subject,
            text: message.text,
            html: message.html,
        })
    }
}

fn occasion<'a>(wanted: &Wanted<'a>, cabinet: &'a Sender, dossiers: &'a [&'a Known], today: NaiveDate) -> Occasion<'a> {
    let Wanted { contact, deadline, link, .. } = *wanted;
    Occasion { contact, cabinet, dossiers, deadline, link, today }
}

/// Why one gets the message, and how one stops it.
fn foot_of(occasion: &Occasion<'_>, lang: Lang) -> Result<[FootLine; 2]> {
    let (why, stop) = match lang {
        Lang::Fr => (
            "{{ cabinet.name }} vous écrit au sujet de la facturation électronique de {{ dossier.name }}.",
            "Ne plus recevoir ces messages",
        ),
        Lang::En => (
            "{{ cabinet.name }} writes to you about the e-invoicing of {{ dossier.name }}.",
            "Stop receiving these messages",
        ),
    };
    let why = Template::parse(why, Form::Subject).map_err(|faults| Error::internal(format!("{faults:?}")))?;
    // Both values stand in every message, so that nothing is told rather than half of it.
    let words = why.line(occasion, lang).unwrap_or_default();
    Ok([FootLine { words, address: None }, FootLine { words: stop.to_owned(), address: Some(UNSUBSCRIBE.to_owned()) }])
}
