//! Clients who cannot be written to: by letter, or by telephone.

use std::collections::BTreeMap;

use contract::{MandateListQuery, Nothing, Unreachable, UnreachablePage};
use domain::mandate::EligibilityBlocker;
use domain::{DossierFacts, DossierId, MandateId, MandateState, Text};
use store::mandates::Wanted;

use super::register::wanted;
use crate::eligibility::Looked;
use crate::{Answer, Call, Result, cursor};

/// States in which the client is still to be reached.
const TO_REACH: [MandateState; 4] =
    [MandateState::Draft, MandateState::ToSend, MandateState::Sent, MandateState::Opened];

pub fn list_unreachable(
    call: &Call,
    _: Nothing,
    query: MandateListQuery,
    _: Nothing,
) -> Result<Answer<UnreachablePage>> {
    let limit = usize::try_from(cursor::limit(query.limit)?).unwrap_or_default();
    let after = query.after.as_deref().map(cursor::read::<2>).transpose()?;
    let scope = call.scope()?;
    let asked = wanted(call, &query.filter);
    let states = TO_REACH.iter().copied().filter(|s| asked.states.is_empty() || asked.states.contains(s)).collect();
    let wanted = Wanted { states, unreachable: Some(true), ..asked };
    let mut conn = call.app.store.conn()?;
    let mut clients: BTreeMap<(String, DossierId), Vec<MandateId>> = BTreeMap::new();
    // A filter on states in which nobody is to be reached takes nobody.
    if !wanted.states.is_empty() {
        for (name, dossier, mandate) in store::mandates::taken_dossiers(&mut conn, scope, &wanted)? {
            clients.entry((name, dossier)).or_default().push(mandate);
        }
    }
    let total = clients.len() as u64;
    let mut page: Vec<_> = clients.into_iter().collect();
    if let Some([name, id]) = after {
        let id: DossierId = id.parse().map_err(|_| cursor::wrong())?;
        page.retain(|((n, d), _)| (n, d) > (&name, &id));
    }
    let next = (page.len() > limit)
        .then(|| page.get(limit - 1).map(|((name, id), _)| cursor::write(&[name, &id.to_string()])))
        .flatten();
    page.truncate(limit);
    let ids: Vec<DossierId> = page.iter().map(|((_, id), _)| *id).collect();
    let found = store::dossiers::find_many(&mut conn, scope, &ids)?;
    let looked = Looked::read(&mut conn, scope, &found)?;
    let firm = store::mails::cabinet_name(&mut conn, scope.cabinet())?;
    let caller = &call.actor()?.name;
    let data = page
        .into_iter()
        .filter_map(|((_, id), mut mandates)| {
            let dossier = found.iter().find(|d| d.id == id)?;
            let facts = &dossier.facts;
            let blocker = match (facts.contacts.is_empty(), facts.addressee()) {
                (true, _) => EligibilityBlocker::NoContact,
                (false, None) => EligibilityBlocker::NoEmail,
                (false, Some(_)) => EligibilityBlocker::Bounced,
            };
            mandates.sort_unstable();
            Some(Unreachable {
                dossier_id: id,
                name: facts.name.clone(),
                siren: facts.siren,
                email: facts.addressee().and_then(|c| c.email.clone()),
                why: looked.why(dossier, blocker),
                phone: facts.contacts.iter().find_map(|c| c.phone.clone()),
                has_address: facts.address.is_some() && facts.city.is_some(),
                mandates,
                script: script(facts, &firm, caller, looked.refusal(dossier).is_some_and(|r| r.reason.is_bounce())),
            })
        })
        .collect();
    Ok(Answer::new(UnreachablePage { data, next, total }))
}

/// What to say on the telephone, sentence by sentence.
fn script(facts: &DossierFacts, firm: &str, caller: &str, bounced: bool) -> Vec<Text> {
    let contact = facts.contacts.iter().find_map(|c| c.name.as_deref());
    let (whom_fr, whom_en) = contact.map_or(("le dirigeant", "the head of the company"), |name| (name, name));
    let mut lines = vec![
        Text::new(
            format!("Bonjour, {caller}, du cabinet {firm}. Puis-je parler à {whom_fr} ?"),
            format!("Hello, this is {caller} of {firm}. May I speak to {whom_en}?"),
        ),
        Text::new(
            format!(
                "Je vous appelle au sujet de la facturation électronique de {} : pour agir en votre nom, il nous faut votre \
                 accord écrit.",
                facts.name
            ),
            format!(
                "I am calling about the e-invoicing of {}: to act in your name we need your written agreement.",
                facts.name
            ),
        ),
    ];
    if bounced {
        lines.push(Text::new(
            "L’adresse e-mail que nous avons est refusée. Quelle est la bonne ?",
            "The e-mail address that we have is refused. Which is the right one?",
        ));
    } else {
        lines.push(Text::new(
            "À quelle adresse e-mail puis-je vous envoyer le lien ? Vous répondez en deux minutes, sans compte.",
            "To which e-mail address may I send you the link? You answer in two minutes, without an account.",
        ));
    }
    lines.push(Text::new(
        "Sinon, je vous envoie le document par courrier : vous le signez et nous le renvoyez, ou scannez le code imprimé.",
        "Otherwise I send you the document by letter: sign it and send it back, or scan the printed code.",
    ));
    lines
}
