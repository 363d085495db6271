//! How a text looks: on real dossiers side by side, and in one's own mail box.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use contract::{
    MailDossier, MailState, Nothing, NotificationKind, SampleReason, TemplateHollow, TemplatePreview, TemplatePreviews,
    TemplateSample, TemplateTest, TemplateTested,
};
use domain::relance::template::{Letter, Person, Wordings};
use domain::{Contact, DossierFacts, DossierId, Lang, TemplateId, Text};
use paper::FootLine;
use store::dossiers::Stored;
use store::mails::{By, Mail, TEMPLATE_TEST};
use store::templates::Odd;
use store::{Conn, Scope, dialect};

use super::check;
use super::write::{Gathered, Relance, UNSUBSCRIBE, Wanted};
use crate::anomalies::notify;
use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, App, Call, Error, Result, dossiers, ids, invalid, journal, post, suppressions};

/// Messages of one preview, the odd ones apart.
const MOST: usize = 20;
/// Dossiers of one contact in a preview.
const MOST_TOGETHER: i64 = 20;

/// Words given, or those of a template as it stands; without a fault.
fn texts(conn: &mut Conn, scope: &Scope, given: Option<Wordings>, id: Option<TemplateId>) -> Result<Wordings> {
    match (given, id) {
        (Some(texts), _) => {
            let mut check = Check::default();
            check::refuse(&mut check, "/texts", &texts);
            check.done()?;
            Ok(texts)
        }
        (None, Some(id)) => {
            let template = store::templates::find(conn, scope, id)?;
            Ok(store::templates::version_of(conn, scope, id, template.version)?.texts)
        }
        (None, None) => Err(invalid(
            "/texts",
            "required",
            "Ni textes ni texte enregistré : donnez « texts » ou « template_id ».",
            "Neither texts nor a saved text: give “texts” or “template_id”.",
        )),
    }
}

fn letter(texts: &Wordings, lang: Option<Lang>) -> Result<Letter> {
    texts.letter(lang.unwrap_or(Lang::Fr)).map_err(|faults| Error::internal(format!("{faults:?}")))
}

/// Who is written to about a dossier, an address or not.
fn contact(facts: &DossierFacts) -> Person {
    let found: Option<&Contact> = facts.addressee().or(facts.contacts.first());
    let of = |value: Option<&String>| value.cloned().filter(|v| !v.is_empty());
    Person {
        name: of(found.and_then(|c| c.name.as_ref())),
        email: of(found.and_then(|c| c.email.as_ref())).map(|email| email.to_lowercase()),
    }
}

/// The messages of a preview: each with the dossiers that it is about.
fn samples(conn: &mut Conn, scope: &Scope, body: &TemplatePreview) -> Result<Vec<(SampleReason, Vec<DossierId>)>> {
    let mut samples: Vec<_> = body.dossiers.iter().map(|id| (SampleReason::Chosen, vec![*id])).collect();
    if !body.odd {
        return Ok(samples);
    }
    let filter = dossiers::filter(&body.filter);
    for (reason, odd) in [
        (SampleReason::NoContact, Odd::NoContact),
        (SampleReason::NoContactName, Odd::NoContactName),
        (SampleReason::LongestName, Odd::LongestName),
        (SampleReason::NoPlatform, Odd::NoPlatform),
    ] {
        let found = store::templates::odd_one(conn, scope, &filter, odd)?;
        samples.extend(found.map(|id| (reason, vec![id])));
    }
    let together = store::templates::of_one_contact(conn, scope, &filter, MOST_TOGETHER)?;
    if together.len() > 1 {
        samples.push((SampleReason::SeveralDossiers, together));
    }
    Ok(samples)
}

/// The places of a message as somebody of the firm may see them: without the secret of the link.
fn without_secrets(app: &App, words: &str) -> String {
    post::shown_text(app, words).replace(UNSUBSCRIBE, &format!("{}/l/…", app.settings.public_url))
}

pub fn preview_template(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: TemplatePreview,
) -> Result<Answer<TemplatePreviews>> {
    if body.dossiers.len() > MOST {
        return Err(invalid(
            "/dossiers",
            "count",
            format!("{} dossiers choisis : {MOST} au plus.", body.dossiers.len()),
            format!("{} dossiers chosen: {MOST} at most.", body.dossiers.len()),
        ));
    }
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let letter = letter(&texts(&mut conn, scope, body.texts.clone(), body.template_id)?, body.lang)?;
    let samples = samples(&mut conn, scope, &body)?;
    let mut wanted: Vec<DossierId> = samples.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    wanted.sort();
    wanted.dedup();
    let found = store::dossiers::find_many(&mut conn, scope, &wanted)?;
    if found.len() < wanted.len() {
        return Err(Error::not_found());
    }
    let judge = call.judge(&mut conn)?;
    let gathered = Gathered::read(&mut conn, &judge, scope.cabinet(), &found)?;
    let found: HashMap<DossierId, Stored> = found.into_iter().map(|d| (d.id, d)).collect();
    let sample = |(reason, ids): (SampleReason, Vec<DossierId>)| {
        sample(&call.app, &letter, &gathered, &found, (reason, &ids), body.deadline)
    };
    Ok(Answer::new(TemplatePreviews { data: samples.into_iter().map(sample).collect::<Result<_>>()? }))
}

fn sample(
    app: &App,
    letter: &Letter,
    gathered: &Gathered,
    found: &HashMap<DossierId, Stored>,
    (reason, ids): (SampleReason, &[DossierId]),
    deadline: Option<NaiveDate>,
) -> Result<TemplateSample> {
    let about: Vec<&Stored> = ids.iter().filter_map(|id| found.get(id)).collect();
    let contact = about.first().map(|d| contact(&d.facts)).unwrap_or_default();
    let written = gathered.write(&Wanted { letter, contact: &contact, dossiers: ids, deadline, link: post::LINK })?;
    let (written, missing) = match written {
        Ok(written) => (Some(written), Vec::new()),
        Err(hollow) => (None, hollow),
    };
    let (subject, text, html) = match written {
        Some(Relance { subject, text, html, .. }) => {
            (Some(subject), Some(without_secrets(app, &text)), Some(without_secrets(app, &html)))
        }
        None => (None, None, None),
    };
    Ok(TemplateSample {
        reason,
        dossiers: about.iter().map(|d| MailDossier { id: d.id, name: d.facts.name.clone() }).collect(),
        to: contact.email,
        to_name: contact.name,
        lang: letter.lang,
        subject,
        text,
        html,
        missing: missing.into_iter().map(|h| TemplateHollow { variable: h.variable, text: h.text() }).collect(),
    })
}

/// What a message on trial says of itself.
fn on_trial(lang: Lang) -> (&'static str, FootLine) {
    let (mark, words) = match lang {
        Lang::Fr => ("[Essai]", "Message d’essai, envoyé à vous seul : ses liens ne mènent nulle part."),
        Lang::En => ("[Test]", "Test message, sent to you alone: its links lead nowhere."),
    };
    (mark, FootLine { words: words.to_owned(), address: None })
}

pub fn test_template(call: &Call, _: Nothing, _: Nothing, body: TemplateTest) -> Result<Answer<TemplateTested>> {
    let actor = call.actor()?;
    let scope = &actor.scope;
    let (id, subject, outgoing) = call.app.store.conn()?.write(|conn| -> Result<_> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let letter = letter(&texts(conn, scope, body.texts, body.template_id)?, body.lang)?;
        let dossier = store::dossiers::find(conn, scope, body.dossier_id)?;
        let to = std::slice::from_ref(&actor.email);
        if let Some(entry) = suppressions::held(conn, scope.cabinet(), to, true)?.into_values().next() {
            let why = suppressions::sentence(&entry);
            return Err(Error::conflict(why.fr, why.en));
        }
        let judge = call.app.judge(conn, scope.cabinet(), call.today())?;
        let gathered = Gathered::read(conn, &judge, scope.cabinet(), std::slice::from_ref(&dossier))?;
        let contact = contact(&dossier.facts);
        let nowhere = format!("{}/l/essai", call.app.settings.public_url);
        let wanted = Wanted {
            letter: &letter,
            contact: &contact,
            dossiers: &[dossier.id],
            deadline: body.deadline,
            link: &nowhere,
        };
        let (mark, foot) = on_trial(letter.lang);
        let relance = match gathered.write_with(&wanted, &[foot])? {
            Ok(relance) => relance,
            Err(hollow) => return Err(hollow_dossier(&dossier, &hollow)),
        };
        let subject = format!("{mark} {}", relance.subject);
        let id = ids::mail();
        let domain = call.app.settings.mail_from.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        store::mails::insert(
            conn,
            &Mail {
                id,
                cabinet: scope.cabinet(),
                purpose: TEMPLATE_TEST.to_owned(),
                state: MailState::Queued.to_string(),
                to_address: actor.email.clone(),
                to_name: actor.name.clone(),
                from_name: relance.from_name,
                reply_to: relance.reply_to.unwrap_or_default(),
                subject: subject.clone(),
                body: relance.text.replace(UNSUBSCRIBE, &nowhere),
                html: relance.html.replace(UNSUBSCRIBE, &nowhere),
                about: serde_json::to_string(&post::About::default())?,
                link: None,
                message_id: format!("<{id}@{domain}>"),
                by: By { user: Some(scope.user()), name: actor.name.clone() },
                attempts: 0,
                error: String::new(),
                receipt: String::new(),
                provider_id: String::new(),
                round: 0,
                dossiers: Vec::new(),
                next_at: Some(whole_micros(call.now)),
                created_at: whole_micros(call.now),
                sent_at: None,
            },
        )?;
        let changes = serde_json::json!({ "mail": [null, id] });
        let row = entry("template.test", "dossier", dossier.id, &dossier.facts.name, changes);
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &[row])?;
        Ok((id, subject, post::outgoing(&call.app, conn)?))
    })?;
    post::wake(&call.app);
    Ok(Answer::new(TemplateTested { mail_id: id, to: actor.email.clone(), subject, outgoing }))
}

/// Tells whoever tried a text that the message did not leave, or not at the first try: nobody waits for it in a list. `error` is
/// what is kept with the message. In a write transaction that holds the cabinet's lock, and that brings it there.
pub(crate) fn test_failed(conn: &mut Conn, mail: &Mail, state: &str, error: &str, now: DateTime<Utc>) -> Result<()> {
    let Some(user) = mail.by.user.filter(|_| mail.purpose == TEMPLATE_TEST) else { return Ok(()) };
    let state = MailState::try_from(state).map_err(Error::internal)?;
    let (fr, en) = match state {
        // Told once, not at each of its tries.
        MailState::Queued if mail.attempts == 1 && !error.is_empty() => (
            "Votre message d’essai n’est pas encore parti, un autre envoi sera tenté",
            "Your test message has not left yet, it will be tried again",
        ),
        MailState::Doubtful => {
            ("Votre message d’essai n’est peut-être pas arrivé", "Your test message may not have arrived")
        }
        MailState::Failed | MailState::Bounced | MailState::BouncedSoft | MailState::Blocked | MailState::Cancelled => {
            ("Votre message d’essai n’est pas arrivé", "Your test message did not arrive")
        }
        _ => return Ok(()),
    };
    // Why, where that is known.
    let why: Option<Text> = serde_json::from_str(error).ok();
    let text = match why {
        Some(why) => Text::new(format!("{fr} : {}", why.fr), format!("{en}: {}", why.en)),
        None => Text::new(format!("{fr}."), format!("{en}.")),
    };
    notify::tell(conn, mail.cabinet, NotificationKind::TestMail, vec![(user, text)], now)
}

/// The text cannot be written for this dossier.
fn hollow_dossier(dossier: &Stored, hollow: &[domain::relance::template::Hollow]) -> Error {
    let name = &dossier.facts.name;
    hollow.iter().fold(Error::new(contract::Code::Invalid), |error, hollow| {
        let text = hollow.text();
        error.and("/dossier_id", "empty_value", format!("{name} : {}", text.fr), format!("{name}: {}", text.en))
    })
}
