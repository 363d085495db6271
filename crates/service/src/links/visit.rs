//! A visit of the link: what its holder sees, is asked, and answers. Reading it changes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use contract::ProposalState;
use domain::question::{Awaited, questions};
use domain::reference::{PlatformRegister, mandate_kind};
use domain::{DossierFacts, DossierId, MandateEvent, MandateId, MandateState, Question, SignatureWay};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::dossiers::Stored;
use store::journal::Stamp;
use store::links::Link;
use store::mandates::Mandate;
use store::proposals::Proposal;
use store::signatures::Signature;
use store::{Conn, Scope, dialect};

use super::answers::{Field, Form, Refused, Typed};
use super::sign::Intent;
use super::{Firm, is_asked};
use crate::dossiers::{BY_HAND, Cause, Draft, changed, tidy, write};
use crate::mandates::Detail;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Call, Error, Result, collection_settings, ids, mandates, relances, secrets};

/// What is asked in a link and how far its holder is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Asks {
    pub questions: Vec<Asked>,
    /// What is to be signed once the code comes back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intents: Vec<Intent>,
    /// Where the code goes when the firm knows no address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_email: Option<String>,
    /// When codes were sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codes_at: Vec<DateTime<Utc>>,
    /// What happened, for the certificate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Happened>,
    /// What was signed here, so that the copy can be taken along.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<MandateId>,
    /// The form that was refused last, until something else is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    again: Option<Again>,
}

/// A form as it was sent and refused. Kept so that the refusal leads to a page of its own, which a browser reads again
/// without sending the form once more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    form: String,
    pub typed: Typed,
    pub refused: Vec<Refused>,
}

/// Of a refused form are kept so many fields, and of each so many characters: more than a right one ever holds.
const MOST_TYPED: (usize, usize) = (20, 500);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Asked {
    pub dossier: DossierId,
    pub question: Question,
    pub state: AskedState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AskedState {
    Open,
    Answered,
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Happened {
    pub at: DateTime<Utc>,
    pub what: String,
}

/// Events kept of one link.
const MOST_EVENTS: usize = 40;

impl Asks {
    pub fn of(link: &Link) -> Result<Self> {
        Ok(serde_json::from_str(&link.asks)?)
    }

    pub fn happened(&mut self, at: DateTime<Utc>, what: impl Into<String>) {
        if self.events.len() < MOST_EVENTS {
            self.events.push(Happened { at: whole_micros(at), what: what.into() });
        }
    }
}

/// What an address leads to.
#[derive(Debug)]
pub enum Opening {
    /// No such link: forged, or mistyped.
    Unknown,
    Closed(Closed, Box<Firm>),
    Open(Box<Visit>),
}

/// Why a link does not open any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    Expired,
    Revoked,
    /// All is done.
    Used,
}

/// A mandate that waits for the client.
#[derive(Debug, Clone)]
pub struct Awaiting {
    pub mandate: Mandate,
    pub label: String,
}

/// A document that no longer waits.
#[derive(Debug, Clone)]
pub struct Done {
    pub label: String,
    /// In words: signed, refused.
    pub how: &'static str,
    /// Its sealed copy can be had in this link.
    pub copy: Option<MandateId>,
}

/// A step of the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Question by its place.
    Question(usize),
    /// Documents of a dossier, by its place.
    Sign(usize),
    /// The one-time code.
    Code,
    Summary,
}

/// An open link, as its holder sees it.
#[derive(Debug)]
pub struct Visit {
    pub link: Link,
    pub firm: Firm,
    /// By name.
    pub dossiers: Vec<Stored>,
    pub awaiting: Vec<Awaiting>,
    pub(super) asks: Asks,
    pub(super) scope: Scope,
    waiting: Vec<Proposal>,
    /// Mandates that were signed, brought back or declined since the link was opened.
    settled: Vec<Mandate>,
    today: NaiveDate,
    register: Arc<PlatformRegister>,
    /// Name of the provider at which the firm has its clients sign.
    pub(super) provider: Option<String>,
    /// What was asked there for the mandates that wait, the newest of each.
    pub(super) signatures: HashMap<MandateId, Signature>,
}

/// Opens a link, and changes nothing.
pub fn open(call: &Call, token: &str) -> Result<Opening> {
    let attempt = call.app.shared.limits.link(call.client.address, &call.told)?;
    let mut conn = call.app.store.conn()?;
    let opening = conn.read(|conn| read(conn, call, token))?;
    if !matches!(opening, Opening::Unknown) {
        attempt.succeeded();
    }
    Ok(opening)
}

fn read(conn: &mut Conn, call: &Call, token: &str) -> Result<Opening> {
    let Some((link, scope)) = store::links::by_token(conn, &secrets::digest(token))? else {
        return Ok(Opening::Unknown);
    };
    let settings = collection_settings::of(conn, link.cabinet)?;
    let mut dossiers = store::dossiers::find_many(conn, &scope, &link.dossiers)?;
    dossiers.sort_by_cached_key(|d| (domain::fold(&d.facts.name), d.id));
    let firm = Firm::of(conn, link.cabinet, &settings, &dossiers)?;
    if link.revoked_at.is_some() || dossiers.is_empty() {
        return Ok(Opening::Closed(Closed::Revoked, Box::new(firm)));
    }
    if link.expires_at <= call.now {
        return Ok(Opening::Closed(Closed::Expired, Box::new(firm)));
    }
    let ids: Vec<DossierId> = dossiers.iter().map(|d| d.id).collect();
    let mut mandates = store::mandates::of_dossiers(conn, link.cabinet, &ids)?;
    let (mut awaiting, mut settled) = (Vec::new(), Vec::new());
    for id in &ids {
        let mut of = mandates.remove(id).unwrap_or_default();
        // By our own clock: a provider of signatures has another.
        let since = |m: &Mandate| {
            let settles = |event| {
                use MandateEvent as E;
                matches!(event, E::Sign | E::Upload | E::Decline | E::Refuse | E::Revoke | E::Expire)
            };
            m.steps.iter().any(|s| settles(s.event) && link.opened_at.is_some_and(|at| s.at >= at))
        };
        settled.extend(of.iter().filter(|m| !is_asked(m.state) && since(m)).cloned());
        of.retain(|m| is_asked(m.state));
        of.sort_by_key(|m| (m.kind, m.id));
        awaiting.extend(of.into_iter().map(|m| Awaiting { label: mandate_kind(m.kind).label.fr.clone(), mandate: m }));
    }
    if link.finished_at.is_some() && awaiting.is_empty() {
        return Ok(Opening::Closed(Closed::Used, Box::new(firm)));
    }
    let waiting = store::proposals::waiting(conn, link.cabinet, &ids)?;
    let register = call.app.register(conn)?;
    let asks = Asks::of(&link)?;
    let provider = call.app.signer().filter(|_| settings.signature == SignatureWay::Provider).map(|p| p.name());
    let waiting_for: Vec<MandateId> = awaiting.iter().map(|a| a.mandate.id).collect();
    let signatures = match provider {
        Some(_) => store::signatures::of_mandates(conn, link.cabinet, &waiting_for)?,
        None => HashMap::new(),
    };
    Ok(Opening::Open(Box::new(Visit {
        link,
        firm,
        dossiers,
        awaiting,
        asks,
        scope,
        waiting,
        settled,
        today: call.today(),
        register,
        provider,
        signatures,
    })))
}

/// What came of an answer.
#[derive(Debug)]
pub enum Answered {
    Kept,
    Refused(Vec<Refused>),
}

impl Visit {
    pub fn is_started(&self) -> bool {
        self.link.opened_at.is_some()
    }

    /// Questions and dossiers to sign: all that has a place in « 3 sur 7 ».
    pub fn steps(&self) -> Vec<Step> {
        let questions = (0..self.asks.questions.len()).map(Step::Question);
        let signs = (0..self.dossiers.len()).filter(|at| self.awaits(*at).next().is_some()).map(Step::Sign);
        questions.chain(signs).collect()
    }

    /// Questions that the press to begin lays down.
    pub fn questions_to_come(&self) -> usize {
        self.dossiers.iter().map(|d| self.asked_of(d).len()).sum()
    }

    fn asked_of(&self, dossier: &Stored) -> Vec<Question> {
        let awaited: Vec<Awaited> = self
            .awaiting
            .iter()
            .filter(|a| a.mandate.dossier == dossier.id)
            .map(|a| Awaited::new(a.mandate.kind, &a.mandate.terms))
            .collect();
        questions(&self.answered_facts(dossier), &awaited, self.today)
    }

    /// Documents of a dossier that were settled since the link was opened.
    pub fn settled(&self, at: usize) -> Vec<Done> {
        let id = self.dossiers.get(at).map(|d| d.id);
        let of = self.settled.iter().filter(|m| Some(m.dossier) == id);
        of.map(|m| {
            let how = match m.state {
                MandateState::Signed => "signé",
                MandateState::Accepted => "signé et accepté",
                MandateState::ToCheck => "déposé, le cabinet vérifie",
                MandateState::Refused => "refusé",
                _ => "terminé",
            };
            let copy = self.asks.sealed.contains(&m.id).then_some(m.id);
            Done { label: mandate_kind(m.kind).label.fr.clone(), how, copy }
        })
        .collect()
    }

    /// What comes after a step; the first that is to be done when nothing is told.
    pub fn after(&self, step: Option<Step>) -> Step {
        let steps = self.steps();
        let from = step.and_then(|s| steps.iter().position(|x| *x == s)).map_or(0, |at| at + 1);
        steps
            .get(from..)
            .unwrap_or_default()
            .iter()
            .copied()
            .find(|s| self.is_open(*s))
            .unwrap_or(if self.asks.intents.is_empty() { Step::Summary } else { Step::Code })
    }

    /// What stands before a step, done or not.
    pub fn before(&self, step: Step) -> Option<Step> {
        let steps = self.steps();
        match step {
            Step::Code | Step::Summary => steps.last().copied(),
            Step::Question(_) | Step::Sign(_) => {
                let at = steps.iter().position(|s| *s == step)?;
                at.checked_sub(1).map(|at| steps[at])
            }
        }
    }

    fn is_open(&self, step: Step) -> bool {
        match step {
            Step::Question(at) => self.asks.questions.get(at).is_some_and(|q| q.state == AskedState::Open),
            Step::Sign(at) => {
                let intended = self.intended();
                self.awaits(at).any(|a| !intended.contains(&a.mandate.id))
            }
            Step::Code | Step::Summary => true,
        }
    }

    /// Mandates of a dossier that wait, by its place.
    pub fn awaits(&self, at: usize) -> impl Iterator<Item = &Awaiting> {
        let id = self.dossiers.get(at).map(|d| d.id);
        self.awaiting.iter().filter(move |a| Some(a.mandate.dossier) == id)
    }

    pub(super) fn intended(&self) -> Vec<MandateId> {
        self.asks.intents.iter().flat_map(|i| i.mandates.iter().copied()).collect()
    }

    /// Whether all that waits of a dossier is ready to be signed.
    pub fn is_ready_to_sign(&self, at: usize) -> bool {
        let intended = self.intended();
        self.awaits(at).next().is_some() && self.awaits(at).all(|a| intended.contains(&a.mandate.id))
    }

    pub fn has_intents(&self) -> bool {
        !self.asks.intents.is_empty()
    }

    /// The dossier and the question at a place.
    pub fn question(&self, at: usize) -> Option<(&Stored, Question)> {
        let asked = self.asks.questions.get(at)?;
        let dossier = self.dossiers.iter().find(|d| d.id == asked.dossier)?;
        Some((dossier, asked.question))
    }

    pub fn question_state(&self, at: usize) -> AskedState {
        self.asks.questions.get(at).map_or(AskedState::Open, |q| q.state)
    }

    /// Facts of a dossier with what its client has answered meanwhile.
    pub fn answered_facts(&self, dossier: &Stored) -> DossierFacts {
        let mut facts = dossier.facts.clone();
        for proposal in self.waiting.iter().filter(|p| p.dossier == dossier.id) {
            let Ok(value) = serde_json::from_str::<Value>(&proposal.value) else { continue };
            let fields = std::iter::once((proposal.field.clone(), value)).collect();
            if let Ok(next) = changed(&facts, &contract::DossierChange { fields }, self.today) {
                facts = next;
            }
        }
        facts
    }

    /// Whether the client has said something of the identity that the firm has not looked at.
    pub fn is_corrected(&self, dossier: &Stored) -> bool {
        const IDENTITY: [&str; 6] = ["name", "legal_form", "sirets", "address", "postal_code", "city"];
        self.waiting.iter().any(|p| p.dossier == dossier.id && IDENTITY.contains(&p.field.as_str()))
    }

    /// The fields of a form, filled with what was typed, answered or known.
    pub fn fields(&self, form: Form, dossier: &Stored, typed: Option<&Typed>, refused: &[Refused]) -> Vec<Field> {
        let mut fields = form.fields(&self.answered_facts(dossier), self.today, &self.register);
        for field in &mut fields {
            if let Some(typed) = typed {
                field.value = typed.get(field.name).cloned().unwrap_or_default();
            }
            field.error = refused.iter().find(|r| r.field == field.name).map(|r| r.message.clone());
        }
        fields
    }

    /// A document of the link: to read before it is signed, and sealed once it was signed here.
    pub fn document(&self, call: &Call, mandate: MandateId) -> Result<(String, Vec<u8>)> {
        if self.asks.sealed.contains(&mandate) {
            let settled = self.settled.iter().find(|m| m.id == mandate).ok_or_else(Error::not_found)?;
            return super::sign::sealed(call, settled);
        }
        let found = self.awaiting.iter().find(|a| a.mandate.id == mandate).ok_or_else(Error::not_found)?;
        super::sign::original(call, &self.dossiers, &found.mandate)
    }

    fn stamp(&self, call: &Call) -> Stamp {
        Stamp { at: call.now, actor: None, request_id: call.request_id.clone() }
    }

    /// The name under which the client is told in the journal and the register.
    pub(super) fn by_name(&self) -> String {
        let link = &self.link;
        [&link.contact_name, &link.email].into_iter().find(|n| !n.is_empty()).cloned().unwrap_or("client".to_owned())
    }

    /// The press that begins: mandates are opened, and what is asked is laid down.
    pub fn start(&self, call: &Call) -> Result<()> {
        self.change(call, |conn, link, asks| {
            if link.opened_at.is_none() {
                link.opened_at = Some(whole_micros(call.now));
                asks.happened(call.now, "Lien ouvert et parcours commencé");
            }
            for dossier in &self.dossiers {
                for question in self.asked_of(dossier) {
                    if !asks.questions.iter().any(|q| q.dossier == dossier.id && q.question == question) {
                        asks.questions.push(Asked { dossier: dossier.id, question, state: AskedState::Open });
                    }
                }
            }
            let judge = call.app.judge(conn, link.cabinet, self.today)?;
            let mut wanted = Vec::new();
            for a in &self.awaiting {
                let mandate = store::mandates::of_cabinet(conn, link.cabinet, a.mandate.id)?;
                if is_asked(mandate.state) {
                    let detail = Detail { by_name: Some(self.by_name()), ..Detail::default() };
                    wanted.push((mandate, MandateEvent::Open, detail));
                }
            }
            mandates::steps(conn, &judge, link.cabinet, &self.stamp(call), wanted)?;
            Ok(())
        })
    }

    /// Changes the link, as it stands now, in one write transaction.
    pub(super) fn change<T>(
        &self,
        call: &Call,
        work: impl FnOnce(&mut Conn, &mut Link, &mut Asks) -> Result<T>,
    ) -> Result<T> {
        call.app.store.conn()?.write(|conn| -> Result<T> {
            dialect::lock_cabinet(conn, self.link.cabinet)?;
            let mut link = store::links::of_cabinet(conn, self.link.cabinet, self.link.id)?
                .filter(|l| l.revoked_at.is_none() && l.expires_at > call.now)
                .ok_or_else(Error::not_found)?;
            let mut asks = Asks::of(&link)?;
            // Whatever is sent now, what was refused before is answered.
            asks.again = None;
            let done = work(conn, &mut link, &mut asks)?;
            link.asks = serde_json::to_string(&asks)?;
            store::links::update(conn, &link)?;
            Ok(done)
        })
    }

    /// Keeps a form that was refused, by the place where it stands.
    pub fn refuse(&self, call: &Call, form: &str, typed: &Typed, refused: Vec<Refused>) -> Result<()> {
        let (fields, characters) = MOST_TYPED;
        let short = |text: &String| text.chars().take(characters).collect::<String>();
        let typed = typed.iter().take(fields).map(|(field, value)| (short(field), short(value))).collect();
        self.change(call, |_, _, asks| {
            asks.again = Some(Again { form: form.to_owned(), typed, refused });
            Ok(())
        })
    }

    /// The form of a place, if it is the one that was refused last.
    pub fn again(&self, form: &str) -> Option<&Again> {
        self.asks.again.as_ref().filter(|again| again.form == form)
    }

    /// Leaves a question out.
    pub fn skip(&self, call: &Call, at: usize) -> Result<()> {
        self.change(call, |_, _, asks| {
            let asked = asks.questions.get_mut(at).ok_or_else(Error::not_found)?;
            if asked.state == AskedState::Open {
                asked.state = AskedState::Skipped;
            }
            Ok(())
        })
    }

    /// Keeps an answer, as a proposal or at once, as the firm has it set.
    pub fn answer(&self, call: &Call, at: usize, typed: &Typed) -> Result<Answered> {
        let (dossier, question) = self.question(at).ok_or_else(Error::not_found)?;
        self.keep(call, Form::Asked(question), dossier, typed, Some(at))
    }

    /// Keeps what the client says is wrong on a document.
    pub fn correct(&self, call: &Call, dossier: usize, typed: &Typed) -> Result<Answered> {
        let dossier = self.dossiers.get(dossier).ok_or_else(Error::not_found)?;
        self.keep(call, Form::Correction, dossier, typed, None)
    }

    fn keep(
        &self,
        call: &Call,
        form: Form,
        dossier: &Stored,
        typed: &Typed,
        question: Option<usize>,
    ) -> Result<Answered> {
        // Against what the firm knows: an answer given before and taken back is no answer any more.
        let fields = match form.read(typed, &dossier.facts, self.today, &self.register)? {
            Ok(fields) => fields.unwrap_or_default(),
            Err(refused) => return Ok(Answered::Refused(refused)),
        };
        self.change(call, |conn, link, asks| {
            if let Some(at) = question {
                asks.questions.get_mut(at).ok_or_else(Error::not_found)?.state = AskedState::Answered;
            }
            self.write(conn, call, link, form, dossier, fields)
        })?;
        Ok(Answered::Kept)
    }

    fn write(
        &self,
        conn: &mut Conn,
        call: &Call,
        link: &Link,
        form: Form,
        dossier: &Stored,
        fields: Map<String, Value>,
    ) -> Result<()> {
        let now = whole_micros(call.now);
        // Whatever was answered to this before, nothing included, no longer stands.
        let of_form: Vec<String> = match form {
            Form::Asked(question) => question.fields().iter().map(|f| (*f).to_owned()).collect(),
            Form::Correction => fields.keys().cloned().collect(),
        };
        store::proposals::replace(conn, link.cabinet, dossier.id, &of_form, now)?;
        if fields.is_empty() {
            return Ok(());
        }
        let settings = collection_settings::of(conn, link.cabinet)?;
        let state = if settings.accept_answers { ProposalState::Accepted } else { ProposalState::Pending };
        let proposals: Vec<Proposal> = fields
            .iter()
            .map(|(field, value)| Proposal {
                id: ids::proposal(),
                dossier: dossier.id,
                link: Some(link.id),
                field: field.clone(),
                value: value.to_string(),
                state: state.to_string(),
                by_name: self.by_name(),
                at: now,
                decided_by: None,
                decided_at: settings.accept_answers.then_some(now),
            })
            .collect();
        store::proposals::insert(conn, link.cabinet, &proposals)?;
        relances::touch(conn, link.cabinet, &[dossier.id], call.now)?;
        let stamp = self.stamp(call);
        let mut changes: Map<String, Value> =
            fields.iter().map(|(field, value)| (field.clone(), json!([null, value]))).collect();
        changes.insert("by".to_owned(), json!([null, self.by_name()]));
        let row = entry("proposal.create", "dossier", dossier.id, &dossier.facts.name, Value::Object(changes));
        store::journal::append(conn, link.cabinet, &stamp, &[row])?;
        if !settings.accept_answers {
            return Ok(());
        }
        let before = store::dossiers::find(conn, &self.scope, dossier.id)?;
        let judge = call.app.judge(conn, link.cabinet, self.today)?;
        let change = contract::DossierChange { fields: fields.into_iter().collect() };
        let mut after = changed(&before.facts, &change, self.today)?;
        tidy(&mut after, self.today, &judge.register)?;
        let cause = Cause { updated: "dossier.answer", ..BY_HAND };
        let draft = Draft { before: Some(before), after: Some(after) };
        write(conn, link.cabinet, &stamp, &judge, cause, vec![draft])?;
        Ok(())
    }

    /// The client says no to the documents of a dossier.
    pub fn decline(&self, call: &Call, dossier: usize, reason: &str) -> Result<Answered> {
        let reason: String = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if reason.is_empty() || reason.chars().count() > 500 {
            let message = if reason.is_empty() {
                "Dites en quelques mots pourquoi : le cabinet pourra vous répondre.".to_owned()
            } else {
                format!("{} caractères : 500 au plus, raccourcissez.", reason.chars().count())
            };
            return Ok(Answered::Refused(vec![Refused { field: "reason".into(), message }]));
        }
        let wanted: Vec<MandateId> = self.awaits(dossier).map(|a| a.mandate.id).collect();
        if wanted.is_empty() {
            return Err(Error::not_found());
        }
        self.change(call, |conn, link, asks| {
            let judge = call.app.judge(conn, link.cabinet, self.today)?;
            let mut steps = Vec::new();
            for id in &wanted {
                let mandate = store::mandates::of_cabinet(conn, link.cabinet, *id)?;
                if is_asked(mandate.state) {
                    let detail =
                        Detail { by_name: Some(self.by_name()), text: Some(reason.clone()), ..Detail::default() };
                    steps.push((mandate, MandateEvent::Decline, detail));
                }
            }
            asks.intents.retain(|i| !i.mandates.iter().any(|m| wanted.contains(m)));
            mandates::steps(conn, &judge, link.cabinet, &self.stamp(call), steps)?;
            Ok(())
        })?;
        Ok(Answered::Kept)
    }

    /// Ends the visit. The link stays open for what still waits for a signature.
    pub fn finish(&self, call: &Call) -> Result<()> {
        self.change(call, |conn, link, asks| {
            if link.finished_at.is_none() {
                link.finished_at = Some(whole_micros(call.now));
                relances::touch(conn, link.cabinet, &link.dossiers, call.now)?;
                asks.happened(call.now, "Parcours terminé");
            }
            Ok(())
        })
    }
}
