//! The client's way to an outside provider of signatures, and back.

use std::fmt::Write;

use domain::{MandateId, SignatureState};
use service::html::escape;
use service::links::{self, Elsewhere, Opening, Step, Visit};
use service::{Call, Error, Result};

use super::html::{layout, text};
use super::pages::{Place, back as back_link, consent, of_dossier, ok, refuse_to_sign};
use super::{Page, Sent};

/// The press of each document that leads to the provider, within the form that says who signs.
pub(super) fn ways(place: &Place, visit: &Visit, at: usize, provider: &str) -> String {
    let mut out = String::new();
    for a in visit.awaits(at) {
        let word = if visit.elsewhere(a.mandate.id).is_some_and(|(state, _)| state.is_living()) {
            "Continuer chez"
        } else {
            "Signer chez"
        };
        let of = if visit.awaits(at).count() > 1 { format!("\u{a0}: {}", text(&a.label)) } else { String::new() };
        let _ = write!(
            out,
            "<div class=\"acts one\"><button formaction=\"{}\" name=\"mandate\" value=\"{}\">{word} {}{of}</button></div>",
            place.at(&format!("prestataire/{}", at + 1)),
            a.mandate.id,
            escape(provider),
        );
    }
    let _ = write!(
        out,
        "<p class=\"soft after\">Vous êtes conduit sur le site de {}, prestataire de signature du cabinet\u{a0}: il vérifie \
         que c’est bien vous, et vous ramène ici.</p>",
        escape(provider)
    );
    out
}

/// What is under way for a document, in words.
pub(super) fn under_way(visit: &Visit, mandate: MandateId) -> Option<String> {
    let (state, _) = visit.elsewhere(mandate)?;
    state.is_living().then(|| format!("en cours chez {}", visit.provider().unwrap_or_default()))
}

/// A press asks the provider and leads there; reading tells where each document stands.
pub(super) fn page(call: &Call, place: &Place, visit: &Visit, at: usize, sent: Option<&Sent>) -> Result<Page> {
    let Some(provider) = visit.provider() else { return Ok(Page::See(place.of(Step::Sign(at)))) };
    if visit.dossiers.get(at).is_none() {
        return Err(Error::not_found());
    }
    let Some(sent) = sent else {
        visit.look(call);
        return standing(place, visit, at, provider);
    };
    let Some(mandate) = sent.fields.get("mandate").and_then(|m| m.parse::<MandateId>().ok()) else {
        return Ok(Page::See(place.at(&format!("prestataire/{}", at + 1))));
    };
    // Signed in the meantime, as somebody finds who presses in an old window.
    if !visit.awaits(at).any(|a| a.mandate.id == mandate) {
        return Ok(Page::See(place.at(&format!("prestataire/{}", at + 1))));
    }
    let email = sent.fields.get("email").map(String::as_str);
    match visit.ask_provider(call, at, mandate, &consent(&sent.fields), email)? {
        Elsewhere::Go(url) => Ok(Page::Leave(leaving(visit, provider, &url))),
        Elsewhere::Later => Ok(Page::See(place.at(&format!("prestataire/{}", at + 1)))),
        Elsewhere::Refused(refused) => refuse_to_sign(call, place, visit, at, sent, refused),
    }
}

/// Leads to the provider: by itself, or by a press where a browser does not. A redirect would not do: a page allows its
/// forms to end nowhere but here.
fn leaving(visit: &Visit, provider: &str, url: &str) -> String {
    let (name, url) = (escape(provider), escape(url));
    let body = format!(
        "<h1>Vous allez signer chez {name}</h1><p>Le document vous y attend. Si la page ne s’ouvre pas d’elle-même, \
         continuez ici.</p><div class=\"acts one\"><a class=\"button\" href=\"{url}\" rel=\"noreferrer\">Continuer chez {name}</a></div>\
         <p class=\"soft after\">Une fois signé, vous revenez à ce lien. Vous pouvez aussi le rouvrir depuis le message du \
         cabinet.</p>"
    );
    let html = layout(&format!("Signer chez {provider}"), Some(&visit.firm), "", &body);
    html.replacen("<title>", &format!("<meta http-equiv=\"refresh\" content=\"0;url={url}\">\n<title>"), 1)
}

/// Where each document of a dossier stands.
fn standing(place: &Place, visit: &Visit, at: usize, provider: &str) -> Result<Page> {
    let (name, dossier) = (escape(provider), &visit.dossiers[at].facts.name);
    let mut body = format!("{}<h1>Votre signature chez {name}</h1>", of_dossier(visit, dossier));
    for done in visit.settled(at) {
        let _ = write!(body, "<p class=\"note good\">{}\u{a0}: {}.</p>", text(&done.label), done.how);
    }
    if visit.awaits(at).next().is_none() {
        let next = visit.after(None);
        let _ = write!(
            body,
            "<p>Rien d’autre n’attend votre signature pour cette entreprise.</p>\
             <div class=\"acts one\"><a class=\"button\" href=\"{}\">Continuer</a></div>",
            place.of(next)
        );
        return ok(layout("Votre signature", Some(&visit.firm), "", &body));
    }
    let mut waits = false;
    for a in visit.awaits(at) {
        let (words, press) = match visit.elsewhere(a.mandate.id) {
            None => ("Pas encore demandée.".to_owned(), "Signer chez"),
            Some((SignatureState::Asked, _)) => {
                waits = true;
                let words = format!(
                    "{provider} ne répond pas pour l’instant. Rien n’est perdu : la demande est notée et sera refaite \
                     d’elle-même. Réessayez dans un moment, ou signez par un code reçu par e-mail."
                );
                (words, "Réessayer chez")
            }
            Some((SignatureState::Open, _)) => {
                waits = true;
                let words = format!(
                    "{provider} n’a pas encore confirmé votre signature. Si vous venez de signer, cela prend quelques \
                     secondes."
                );
                (words, "Continuer chez")
            }
            Some((SignatureState::Signed, _)) => {
                ("Signé, le cabinet en est averti.".to_owned(), "Signer à nouveau chez")
            }
            Some((SignatureState::Declined, _)) => {
                (format!("Vous avez refusé de signer chez {provider}."), "Signer chez")
            }
            Some((SignatureState::Expired, _)) => {
                ("Le délai pour signer est passé : demandez à nouveau.".to_owned(), "Signer chez")
            }
            Some((SignatureState::Cancelled, _)) => ("La demande a été annulée.".to_owned(), "Signer chez"),
            Some((SignatureState::Failed, why)) => {
                let why = why.map(|why| format!(" {}", why.fr)).unwrap_or_default();
                (format!("La demande n’a pas abouti.{why} Réessayez, ou signez par un code."), "Réessayer chez")
            }
        };
        let _ = write!(
            body,
            "<div class=\"card\"><h2>{}</h2><p>{}</p><form method=\"post\" action=\"{}\">{}\
             <button name=\"mandate\" value=\"{}\">{press} {name}</button></form></div>",
            text(&a.label),
            text(&words),
            place.at(&format!("prestataire/{}", at + 1)),
            again(visit, at),
            a.mandate.id,
        );
    }
    let _ = write!(
        body,
        "<div class=\"acts\"><a class=\"button second\" href=\"{}\">Signer par un code</a>\
         <a class=\"button second\" href=\"{}\">Plus tard</a></div>{}",
        place.of(Step::Sign(at)),
        place.of(Step::Summary),
        back_link(place, visit, Step::Sign(at))
    );
    let html = layout("Votre signature", Some(&visit.firm), "", &body);
    if !waits {
        return ok(html);
    }
    // Looked at again while somebody waits; whoever reads it to the end is not disturbed for long.
    let refresh = "<meta http-equiv=\"refresh\" content=\"6\">\n<title>";
    ok(html.replacen("<title>", refresh, 1))
}

/// Who signs, as it was said before.
fn again(visit: &Visit, at: usize) -> String {
    let (name, quality) = visit.signatory(at);
    let signed_as = visit.signed_as(at).map_or("", |right| right.as_str());
    [("name", name.as_str()), ("quality", quality.as_str()), ("signed_as", signed_as)]
        .map(|(field, value)| format!("<input type=\"hidden\" name=\"{field}\" value=\"{}\">", escape(value)))
        .concat()
}

/// Back from the provider. The address opens nothing: a browser that kept the link goes on in it, any other one is told
/// where the signature stands and to open the message of the firm again.
pub(super) fn back(call: &Call, place: &Place) -> Result<Page> {
    if place.press {
        return Err(Error::not_found());
    }
    let Some((signature, token)) = service::signatures::returned(call, &place.rest)? else {
        return Err(Error::not_found());
    };
    if place.kept.as_ref() == Some(&token)
        && let Opening::Open(visit) = links::open(call, &token)?
    {
        let at = visit.dossiers.iter().position(|d| d.id == signature.dossier);
        let rest = at.map_or_else(|| "fin".to_owned(), |at| format!("prestataire/{}", at + 1));
        return Ok(Page::See(format!("/l/{token}/{rest}")));
    }
    let words = match signature.state {
        SignatureState::Asked | SignatureState::Open => {
            "Votre prestataire n’a pas encore confirmé la signature : cela prend quelques secondes, rechargez la page."
        }
        SignatureState::Signed => "Votre signature est enregistrée. Votre exemplaire vous est envoyé par e-mail.",
        SignatureState::Declined => "Vous avez refusé de signer. Le cabinet en est averti.",
        SignatureState::Expired => "Le délai pour signer est passé.",
        SignatureState::Cancelled => "Cette demande de signature a été annulée.",
        SignatureState::Failed => "La demande de signature n’a pas abouti.",
    };
    let body = format!(
        "<h1>Votre signature</h1><p>{}</p><p>Pour continuer, rouvrez le lien reçu du cabinet. Vous pouvez fermer cette \
         page.</p>",
        text(words)
    );
    ok(layout("Votre signature", None, "", &body))
}
