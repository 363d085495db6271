//! Which page stands at which place, and what a press does there.

use std::collections::BTreeMap;
use std::fmt::Write;

use actix_web::http::StatusCode;
use contract::Code;
use domain::{Lang, MandateId};
use service::call::FileReply;
use service::html::escape;
use service::links::{
    self, Again, Answered, AskedState, Choice, Closed, Consent, Field, FieldKind, Firm, Form, Opening, Refused,
    Signing, Step, UploadedSheet, Visit,
};
use service::{Call, Error, Result, time};

use super::html::{error_of, field, fields, grouped, layout, text, to_review, write_to};
use super::provider;
use super::{Page, Sent};

/// Last part of the address of a refused form.
const AGAIN: &str = "revoir";

/// Where a visitor is, and whether a button was pressed.
#[derive(Debug)]
pub(super) struct Place {
    pub token: String,
    pub rest: String,
    pub press: bool,
    /// The link that the browser kept while its holder was at a provider.
    pub kept: Option<String>,
}

impl Place {
    pub(super) fn at(&self, rest: &str) -> String {
        // The token is one of ours by now: letters, digits and a line.
        if rest.is_empty() { format!("/l/{}", self.token) } else { format!("/l/{}/{rest}", self.token) }
    }

    /// The form of this place as it was refused. A page of its own, so that going back to it sends nothing once more.
    fn again(&self) -> String {
        self.at(&format!("{}/{AGAIN}", self.rest))
    }

    pub(super) fn of(&self, step: Step) -> String {
        match step {
            Step::Question(at) => self.at(&format!("question/{}", at + 1)),
            Step::Sign(at) => self.at(&format!("signer/{}", at + 1)),
            Step::Code => self.at("code"),
            Step::Summary => self.at("fin"),
        }
    }
}

pub(super) fn ok(html: String) -> Result<Page> {
    Ok(Page::Html(StatusCode::OK, html))
}

/// The page; the same one with the reasons beside the fields after what was typed was refused.
fn form_page(html: String, again: Option<&Again>) -> Result<Page> {
    ok(if again.is_some() { html.replacen("<title>", "<title>Erreur\u{a0}: ", 1) } else { html })
}

/// What was typed is wrong: the answer to the press leads to the page that tells it.
fn refuse(call: &Call, place: &Place, visit: &Visit, sent: &Sent, refused: Vec<Refused>) -> Result<Page> {
    visit.refuse(call, &place.rest, &sent.fields, refused)?;
    Ok(Page::See(place.again()))
}

pub(super) fn answer(call: &Call, place: &Place, sent: &Sent) -> Result<Page> {
    if place.token == "retour" {
        return provider::back(call, place);
    }
    let visit = match links::open(call, &place.token)? {
        Opening::Unknown => return Ok(Page::Html(StatusCode::NOT_FOUND, unknown())),
        Opening::Closed(Closed::Used, firm) if place.rest == "merci" => return ok(thanks(&firm)),
        Opening::Closed(why, firm) => return Ok(Page::Html(StatusCode::GONE, closed(why, &firm))),
        Opening::Open(visit) => visit,
    };
    let of_refused = place.rest.strip_suffix(AGAIN).and_then(|form| form.strip_suffix('/'));
    let (form, refused) = (of_refused.unwrap_or(&place.rest), of_refused.is_some());
    let mut parts = form.split('/').filter(|p| !p.is_empty());
    let (page, part) = (parts.next().unwrap_or_default(), parts.next());
    if parts.next().is_some() || (refused && place.press) {
        return Err(Error::not_found());
    }
    let number =
        || part.and_then(|p| p.parse::<usize>().ok()).and_then(|n| n.checked_sub(1)).ok_or_else(Error::not_found);
    // Nothing is answered or signed by who has not begun.
    if !visit.is_started() && !matches!(page, "" | "commencer" | "document") {
        return Ok(Page::See(place.at("")));
    }
    let again = visit.again(form).filter(|_| refused);
    if refused && again.is_none() {
        // Sent anew since: the page as it stands.
        let to = if page == "refuser" { place.of(Step::Sign(number()?)) } else { place.at(form) };
        return Ok(Page::See(to));
    }
    let with = if place.press { Given::Sent(sent) } else { again.map_or(Given::Nothing, Given::Again) };
    match (page, place.press) {
        ("", false) => ok(welcome(place, &visit)),
        ("commencer", true) => {
            visit.start(call)?;
            let Opening::Open(begun) = links::open(call, &place.token)? else { return Err(Error::not_found()) };
            Ok(Page::See(place.of(begun.after(None))))
        }
        ("question", _) => question(call, place, &visit, number()?, with),
        ("signer", _) => sign(call, place, &visit, number()?, with),
        ("refuser", _) => decline(call, place, &visit, number()?, with),
        ("corriger", _) => correct(call, place, &visit, number()?, with),
        ("papier", _) => on_paper(call, place, &visit, number()?, with),
        ("prestataire", press) => provider::page(call, place, &visit, number()?, press.then_some(sent)),
        ("code", _) => code(call, place, &visit, with),
        ("document", false) => {
            let id: MandateId = part.and_then(|p| p.parse().ok()).ok_or_else(Error::not_found)?;
            let (name, bytes) = visit.document(call, id)?;
            Ok(Page::File(FileReply { name, media_type: "application/pdf", bytes }))
        }
        ("fin", false) => ok(summary(place, &visit)),
        ("terminer", true) => {
            visit.finish(call)?;
            Ok(Page::See(place.at("merci")))
        }
        ("merci", false) => ok(thanks(&visit.firm)),
        // A press is undone by no reload: whoever reloads it comes to the page before.
        ("commencer" | "terminer", false) => Ok(Page::See(place.at(""))),
        _ => Err(Error::not_found()),
    }
}

/// What a form is shown with.
#[derive(Clone, Copy)]
enum Given<'a> {
    Nothing,
    /// It is sent now.
    Sent(&'a Sent),
    /// It was sent, and refused.
    Again(&'a Again),
}

impl<'a> Given<'a> {
    fn again(self) -> Option<&'a Again> {
        match self {
            Self::Again(again) => Some(again),
            Self::Nothing | Self::Sent(_) => None,
        }
    }
}

/// Why fields were refused.
fn reasons(again: Option<&Again>) -> &[Refused] {
    again.map(|a| a.refused.as_slice()).unwrap_or_default()
}

/// « 3 sur 7 ».
fn progress(visit: &Visit, step: Step) -> (String, String) {
    let steps = visit.steps();
    let Some(at) = steps.iter().position(|s| *s == step) else { return (String::new(), String::new()) };
    let (n, of) = (at + 1, steps.len());
    let words = format!("{n} sur {of}");
    (words.clone(), format!("<progress max=\"{of}\" value=\"{n}\" aria-label=\"Étape {words}\"></progress>"))
}

/// The dossier that a page is about, where there are several.
pub(super) fn of_dossier(visit: &Visit, name: &str) -> String {
    if visit.dossiers.len() > 1 { format!("<p class=\"of\">{}</p>", escape(name)) } else { String::new() }
}

pub(super) fn back(place: &Place, visit: &Visit, step: Step) -> String {
    let to = visit.before(step).map_or_else(|| place.at(""), |s| place.of(s));
    format!("<a class=\"back\" href=\"{to}\">← Retour</a>")
}

fn counted(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

fn welcome(place: &Place, visit: &Visit) -> String {
    let hello = match visit.link.contact_name.as_str() {
        "" => "Bonjour".to_owned(),
        name => format!("Bonjour {}", escape(name)),
    };
    let mut body = format!("<h1>{hello}</h1><p><strong>{}</strong> prépare ", escape(&visit.firm.name));
    match visit.dossiers.as_slice() {
        [one] => {
            let _ = write!(body, "<strong>{}</strong>", escape(&one.facts.name));
        }
        many => {
            let _ = write!(body, "vos {} entreprises", many.len());
        }
    }
    body.push_str(
        " à la facturation électronique, que la loi rend obligatoire entre entreprises. Le cabinet a besoin de vos réponses \
         et de votre accord pour agir en votre nom.</p>",
    );
    let open = visit.steps().iter().filter(|s| matches!(s, Step::Question(_))).count();
    let asked = if visit.is_started() { open } else { visit.questions_to_come() };
    body.push_str("<h2>Ce qui vous est demandé</h2><div class=\"card\"><ul class=\"plain\">");
    if asked > 0 {
        let _ = write!(body, "<li>{}</li>", counted(asked, "question courte", "questions courtes"));
    }
    for (at, dossier) in visit.dossiers.iter().enumerate() {
        let labels: Vec<String> = visit.awaits(at).map(|a| text(&a.label)).collect();
        if labels.is_empty() {
            if visit.dossiers.len() > 1 {
                let _ = write!(
                    body,
                    "<li>Rien à signer<br><span class=\"soft\">{}</span></li>",
                    escape(&dossier.facts.name)
                );
            }
        } else {
            let _ = write!(
                body,
                "<li>À lire et signer\u{a0}: {}<br><span class=\"soft\">{}</span></li>",
                labels.join(", "),
                escape(&dossier.facts.name)
            );
        }
    }
    if asked == 0 && visit.awaiting.is_empty() {
        body.push_str("<li>Rien ne vous est demandé pour l’instant.</li>");
    }
    body.push_str("</ul></div>");
    let button = if visit.is_started() { "Continuer" } else { "Commencer" };
    let _ = write!(
        body,
        "<form method=\"post\" action=\"{}\"><div class=\"acts one\"><button>{button}</button></div></form>\
         <p class=\"soft after\">Deux minutes suffisent. Vos réponses sont enregistrées à mesure, vous pouvez vous arrêter et \
         revenir. Ce lien est personnel et fonctionne jusqu’au {}.</p>",
        place.at("commencer"),
        time::french(time::paris_day(visit.link.expires_at))
    );
    layout("Votre accord", Some(&visit.firm), "", &body)
}

fn question(call: &Call, place: &Place, visit: &Visit, at: usize, given: Given<'_>) -> Result<Page> {
    let step = Step::Question(at);
    let (dossier, question) = visit.question(at).ok_or_else(Error::not_found)?;
    if let Given::Sent(sent) = given {
        if sent.fields.contains_key("passer") {
            visit.skip(call, at)?;
            return Ok(Page::See(place.of(visit.after(Some(step)))));
        }
        return match visit.answer(call, at, &sent.fields)? {
            Answered::Kept => Ok(Page::See(place.of(visit.after(Some(step))))),
            Answered::Refused(reasons) => refuse(call, place, visit, sent, reasons),
        };
    }
    let again = given.again();
    let form = Form::Asked(question);
    let fields = visit.fields(form, dossier, again.map(|a| &a.typed), reasons(again));
    let (aside, bar) = progress(visit, step);
    let mut body = format!(
        "{bar}{}<h1>{}</h1><p>{}</p><form method=\"post\" action=\"{}\" novalidate>",
        of_dossier(visit, &dossier.facts.name),
        text(&form.title()),
        text(form.why()),
        place.of(step)
    );
    write_fields(&mut body, &fields, reasons(again));
    let _ = write!(
        body,
        "<div class=\"acts\"><button>Enregistrer et continuer</button>\
         <button class=\"second\" name=\"passer\" value=\"1\">Passer</button></div></form>{}",
        back(place, visit, step)
    );
    form_page(layout(&form.title(), Some(&visit.firm), &aside, &body), again)
}

/// The fields of a form, and refusals that belong to none of them.
fn write_fields(body: &mut String, asked: &[Field], refused: &[Refused]) {
    if asked.len() > 1 {
        let wrong: Vec<_> = asked.iter().filter(|f| f.error.is_some()).map(|f| (f.name, f.label)).collect();
        body.push_str(&to_review(&wrong));
    }
    for of_none in refused.iter().filter(|r| !asked.iter().any(|f| f.name == r.field)) {
        let _ = write!(body, "<p class=\"note wrong\">{}</p>", text(&of_none.message));
    }
    body.push_str(&fields(asked));
}

fn typed(name: &'static str, label: &'static str, value: &str, refused: &[Refused]) -> Field {
    Field {
        name,
        label,
        hint: None,
        autocomplete: None,
        kind: FieldKind::Text,
        value: value.to_owned(),
        error: refused.iter().find(|r| r.field == name).map(|r| r.message.clone()),
    }
}

fn sign(call: &Call, place: &Place, visit: &Visit, at: usize, given: Given<'_>) -> Result<Page> {
    if visit.awaits(at).next().is_none() {
        return Ok(Page::See(place.of(visit.after(None))));
    }
    if let Given::Sent(sent) = given {
        return match visit.intend(call, at, &consent(&sent.fields))? {
            Answered::Refused(reasons) => refuse(call, place, visit, sent, reasons),
            Answered::Kept => {
                let Opening::Open(now) = links::open(call, &place.token)? else { return Err(Error::not_found()) };
                Ok(Page::See(place.of(now.after(Some(Step::Sign(at))))))
            }
        };
    }
    sign_page(place, visit, at, given.again(), false)
}

/// What the form of a signature says.
pub(super) fn consent(typed: &BTreeMap<String, String>) -> Consent {
    let of = |name: &str| typed.get(name).cloned().unwrap_or_default();
    Consent { name: of("name"), quality: of("quality"), signed_as: of("signed_as"), agreed: of("agreed") == "yes" }
}

/// The form of a signature was refused at another of its buttons: it is shown in its own place.
pub(super) fn refuse_to_sign(
    call: &Call,
    place: &Place,
    visit: &Visit,
    at: usize,
    sent: &Sent,
    refused: Vec<Refused>,
) -> Result<Page> {
    let form = format!("signer/{}", at + 1);
    visit.refuse(call, &form, &sent.fields, refused)?;
    Ok(Page::See(place.at(&format!("{form}/{AGAIN}"))))
}

/// The documents of a dossier, and the ways to answer.
fn sign_page(place: &Place, visit: &Visit, at: usize, again: Option<&Again>, declining: bool) -> Result<Page> {
    let step = Step::Sign(at);
    let refused = reasons(again);
    let typed_in = |name: &str| again.and_then(|a| a.typed.get(name)).cloned().unwrap_or_default();
    let dossier = visit.dossiers.get(at).ok_or_else(Error::not_found)?;
    let facts = &dossier.facts;
    let (aside, bar) = progress(visit, step);
    let count = visit.awaits(at).count();
    let title = if count == 1 { "Lire et signer le document" } else { "Lire et signer les documents" };
    let mut body = format!("{bar}{}<h1>{title}</h1>", of_dossier(visit, &facts.name));
    if visit.is_ready_to_sign(at) {
        body.push_str("<p class=\"note good\">Votre accord est noté. Il reste à donner le code reçu par e-mail.</p>");
    }
    let labelled: Vec<_> = refused
        .iter()
        .filter_map(|r| match r.field.as_ref() {
            "name" => Some(("name", "Prénom et nom")),
            "quality" => Some(("quality", "En qualité de")),
            "signed_as" => Some(("signed_as", "Votre pouvoir de signer")),
            "email" => Some(("email", "Votre adresse e-mail")),
            "agreed" => Some(("agreed", "Votre accord")),
            "reason" => Some(("reason", "La raison du refus")),
            _ => None,
        })
        .collect();
    body.push_str(&to_review(&labelled));
    body.push_str("<div class=\"card\"><ul class=\"plain rows\">");
    for a in visit.awaits(at) {
        let _ = write!(
            body,
            "<li><a href=\"{}\" download><span><b>{}</b><span class=\"soft\">PDF, n° {}</span></span>\
             <span aria-hidden=\"true\">↓</span></a></li>",
            place.at(&format!("document/{}", a.mandate.id)),
            text(&a.label),
            escape(&a.mandate.number)
        );
    }
    body.push_str("</ul></div><h2>Ces informations sont-elles exactes\u{a0}?</h2><div class=\"card\"><dl>");
    let town =
        [&facts.postal_code, &facts.city].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let address = [facts.address.clone().unwrap_or_default(), town].into_iter().filter(|a| !a.is_empty());
    let address = address.collect::<Vec<_>>().join(", ");
    let rows = [
        ("Entreprise", Some(facts.name.clone())),
        ("Forme", facts.legal_form.clone()),
        ("SIREN", Some(grouped(&facts.siren.to_string()))),
        ("SIRET", facts.sirets.first().map(|s| grouped(&s.to_string()))),
        ("Adresse", Some(address).filter(|a| !a.is_empty())),
    ];
    for (label, value) in rows {
        let _ = write!(body, "<dt>{label}</dt><dd>{}</dd>", escape(value.as_deref().unwrap_or("non renseigné")));
    }
    let _ = write!(
        body,
        "</dl><a class=\"button quiet\" href=\"{}\">Corriger</a></div>",
        place.at(&format!("corriger/{}", at + 1))
    );
    if visit.is_corrected(dossier) {
        body.push_str(
            "<p class=\"note\">Votre correction est transmise au cabinet, qui mettra le document à jour. Vous pouvez \
             attendre le nouveau document, ou signer celui-ci tel quel.</p>",
        );
    }
    let filled = match again.filter(|_| !declining) {
        Some(again) => consent(&again.typed),
        None => {
            let (name, quality) = visit.signatory(at);
            let signed_as = visit.signed_as(at).map_or("", |right| right.as_str()).to_owned();
            Consent { name, quality, signed_as, agreed: false }
        }
    };
    let (name, quality, agreed) = (&filled.name, &filled.quality, filled.agreed);
    let _ = write!(body, "<form method=\"post\" action=\"{}\" novalidate>", place.of(step));
    let asked = [
        Field { autocomplete: Some("name"), ..typed("name", "Prénom et nom de la personne qui signe", name, refused) },
        Field {
            hint: Some("Gérante, président, entrepreneur individuel…"),
            autocomplete: Some("organization-title"),
            ..typed("quality", "En qualité de", quality, refused)
        },
    ];
    let mut asked = Vec::from(asked);
    if visit.asks_right(at) {
        let choices = [
            ("legal_representative", "Représentant légal de l’entreprise"),
            ("delegate", "Délégataire, en vertu d’un mandat de l’entreprise"),
        ];
        let choices = choices.map(|(value, label)| Choice { value, label: label.to_owned() }).into();
        asked.push(Field {
            kind: FieldKind::Choice(choices),
            ..typed("signed_as", "Vous signez comme", &filled.signed_as, refused)
        });
    }
    if visit.provider().is_some() && visit.code_address().is_none() {
        let given = typed_in("email");
        asked.push(Field {
            kind: FieldKind::Email,
            autocomplete: Some("email"),
            ..typed("email", "Votre adresse e-mail", &given, refused)
        });
    }
    body.push_str(&fields(&asked));
    let agreed_refused = refused.iter().any(|r| r.field == "agreed");
    if let Some(name) = visit.provider() {
        body.push_str(&provider::ways(place, visit, at, name));
        let _ = write!(
            body,
            "<details{}><summary>Signer ici, par un code reçu par e-mail</summary>",
            if agreed_refused { " open" } else { "" }
        );
    }
    let alone = if asked.iter().any(|f| f.error.is_some()) { "" } else { " autofocus" };
    let error = refused.iter().find(|r| r.field == "agreed").map(|r| error_of("agreed", &r.message));
    let described = if error.is_some() {
        format!(" aria-describedby=\"agreed-error\" aria-invalid=\"true\"{alone}")
    } else {
        String::new()
    };
    let _ = write!(
        body,
        "<div class=\"field\"><label class=\"choice long\"><input type=\"checkbox\" id=\"agreed\" name=\"agreed\" value=\"yes\"{}{described}>\
         <span>{}</span></label>{}</div><div class=\"acts one\"><button>Je signe {}</button></div>\
         <p class=\"soft after\">Un code vous sera envoyé par e-mail pour confirmer. Rien n’est signé avant.</p>{}</form>",
        if agreed { " checked" } else { "" },
        text(&visit.consent(at)),
        error.unwrap_or_default(),
        if count == 1 { "ce document" } else { "ces documents" },
        if visit.provider().is_some() { "</details>" } else { "" },
    );
    let next = visit.after(Some(step));
    let _ = write!(
        body,
        "<div class=\"acts\"><a class=\"button second\" href=\"{}\">Signer sur papier</a>\
         <a class=\"button second\" href=\"{}\">Plus tard</a></div>",
        place.at(&format!("papier/{}", at + 1)),
        place.of(next)
    );
    let reason = refused.iter().find(|r| r.field == "reason").map(|r| error_of("reason", &r.message));
    let _ = write!(
        body,
        "<details{}><summary>Je ne souhaite pas signer</summary><form method=\"post\" action=\"{}\">\
         <div class=\"field\"><label for=\"reason\">Pourquoi\u{a0}?</label>\
         <textarea id=\"reason\" name=\"reason\" maxlength=\"500\"{}>{}</textarea>{}</div>\
         <button class=\"second\">Refuser de signer</button></form></details>{}",
        if declining { " open" } else { "" },
        place.at(&format!("refuser/{}", at + 1)),
        if reason.is_some() { " aria-describedby=\"reason-error\" aria-invalid=\"true\" autofocus" } else { "" },
        escape(&typed_in("reason")),
        reason.unwrap_or_default(),
        back(place, visit, step)
    );
    form_page(layout(title, Some(&visit.firm), &aside, &body), again)
}

fn decline(call: &Call, place: &Place, visit: &Visit, at: usize, given: Given<'_>) -> Result<Page> {
    let sent = match given {
        Given::Sent(sent) => sent,
        Given::Again(again) if visit.awaits(at).next().is_some() => {
            return sign_page(place, visit, at, Some(again), true);
        }
        // A press is undone by no reload: whoever reloads it comes to the page before.
        Given::Again(_) | Given::Nothing => return Ok(Page::See(place.at(""))),
    };
    let reason = sent.fields.get("reason").map(String::as_str).unwrap_or_default();
    match visit.decline(call, at, reason)? {
        Answered::Kept => {
            let Opening::Open(now) = links::open(call, &place.token)? else { return Ok(Page::See(place.at("merci"))) };
            Ok(Page::See(place.of(now.after(None))))
        }
        Answered::Refused(reasons) => refuse(call, place, visit, sent, reasons),
    }
}

fn correct(call: &Call, place: &Place, visit: &Visit, at: usize, given: Given<'_>) -> Result<Page> {
    let dossier = visit.dossiers.get(at).ok_or_else(Error::not_found)?;
    if let Given::Sent(sent) = given {
        return match visit.correct(call, at, &sent.fields)? {
            Answered::Kept => Ok(Page::See(place.of(Step::Sign(at)))),
            Answered::Refused(reasons) => refuse(call, place, visit, sent, reasons),
        };
    }
    let again = given.again();
    let form = Form::Correction;
    let mut body = format!(
        "{}<h1>{}</h1><p>{}</p><form method=\"post\" action=\"{}\" novalidate>",
        of_dossier(visit, &dossier.facts.name),
        text(&form.title()),
        text(form.why()),
        place.at(&format!("corriger/{}", at + 1))
    );
    let fields = visit.fields(form, dossier, again.map(|a| &a.typed), reasons(again));
    write_fields(&mut body, &fields, reasons(again));
    let _ = write!(
        body,
        "<div class=\"acts one\"><button>Envoyer la correction</button></div></form>\
         <a class=\"back\" href=\"{}\">← Retour</a>",
        place.of(Step::Sign(at))
    );
    form_page(layout(&form.title(), Some(&visit.firm), "", &body), again)
}

fn on_paper(call: &Call, place: &Place, visit: &Visit, at: usize, given: Given<'_>) -> Result<Page> {
    let dossier = visit.dossiers.get(at).ok_or_else(Error::not_found)?;
    let mandate = |fields: &links::Typed| fields.get("mandate").and_then(|m| m.parse::<MandateId>().ok());
    if let Given::Sent(sent) = given {
        let mandate = mandate(&sent.fields).ok_or_else(Error::not_found)?;
        let (name, bytes) = sent.file.clone().unwrap_or_default();
        let sheet = UploadedSheet { mandate, name, bytes, too_large: sent.too_large };
        return match visit.upload(call, &sheet)? {
            Answered::Kept => {
                let Opening::Open(now) = links::open(call, &place.token)? else {
                    return Ok(Page::See(place.at("merci")));
                };
                let more = now.awaits(at).next().is_some();
                Ok(Page::See(if more { place.at(&format!("papier/{}", at + 1)) } else { place.of(now.after(None)) }))
            }
            Answered::Refused(reasons) => refuse(call, place, visit, sent, reasons),
        };
    }
    let again = given.again();
    let of = again.and_then(|a| mandate(&a.typed));
    if visit.awaits(at).next().is_none() {
        return Ok(Page::See(place.of(visit.after(None))));
    }
    let mut body = format!(
        "{}<h1>Signer sur papier</h1><p>Téléchargez le document, imprimez-le, signez-le, puis déposez ici la page \
         photographiée ou numérisée\u{a0}: PDF, PNG, JPEG ou HEIC, 20 Mo au plus. Le cabinet la vérifie.</p>",
        of_dossier(visit, &dossier.facts.name)
    );
    for done in visit.settled(at) {
        let _ = write!(body, "<p class=\"note good\">{}\u{a0}: {}.</p>", text(&done.label), done.how);
    }
    for a in visit.awaits(at) {
        let id = a.mandate.id;
        let error =
            reasons(again).iter().filter(|_| of == Some(id)).map(|r| error_of("sheet", &r.message)).collect::<String>();
        let described =
            if error.is_empty() { "" } else { " aria-describedby=\"sheet-error\" aria-invalid=\"true\" autofocus" };
        let _ = write!(
            body,
            "<div class=\"card\"><h2>{}</h2><p><a class=\"button second\" href=\"{}\" download>Télécharger le PDF</a></p>\
             <form method=\"post\" action=\"{}\" enctype=\"multipart/form-data\">\
             <input type=\"hidden\" name=\"mandate\" value=\"{id}\"><div class=\"field\">\
             <label for=\"sheet-{id}\">Document signé</label><input type=\"file\" id=\"sheet-{id}\" name=\"sheet\" \
             accept=\".pdf,.png,.jpg,.jpeg,.heic,application/pdf,image/*\"{described}>{error}</div>\
             <button>Déposer</button></form></div>",
            text(&a.label),
            place.at(&format!("document/{id}")),
            place.at(&format!("papier/{}", at + 1)),
        );
    }
    let _ = write!(body, "<a class=\"back\" href=\"{}\">← Retour</a>", place.of(Step::Sign(at)));
    form_page(layout("Signer sur papier", Some(&visit.firm), "", &body), again)
}

fn code(call: &Call, place: &Place, visit: &Visit, given: Given<'_>) -> Result<Page> {
    if !visit.has_intents() {
        return Ok(Page::See(place.of(visit.after(None))));
    }
    if let Given::Sent(sent) = given {
        if sent.fields.contains_key("envoyer") {
            return match visit.send_code(call, sent.fields.get("email").map(String::as_str))? {
                Answered::Kept => Ok(Page::See(place.at("code"))),
                Answered::Refused(reasons) => refuse(call, place, visit, sent, reasons),
            };
        }
        let value = sent.fields.get("code").map(String::as_str).unwrap_or_default();
        return match visit.sign(call, value)? {
            Signing::Signed => Ok(Page::See(place.at("fin"))),
            Signing::Refused(message) => {
                // The reason is enough: a code is not kept.
                let nothing = Sent::default();
                refuse(call, place, visit, &nothing, vec![Refused { field: "code".into(), message }])
            }
        };
    }
    let again = given.again();
    let reason = |field: &str| reasons(again).iter().find(|r| r.field == field).map(|r| r.message.clone());
    let (message, address_error) = (reason("code"), reason("email"));
    let given = again.and_then(|a| a.typed.get("email")).cloned().unwrap_or_default();
    let mut body = format!("<h1>Confirmer la signature</h1>{}", about_to_sign(visit));
    let waits = visit.code_waits(call.now);
    if waits {
        let _ = write!(
            body,
            "<p>Un code à 6 chiffres a été envoyé à <strong>{}</strong>. Il est valable dix minutes. Rien reçu\u{a0}? \
             Regardez dans les courriers indésirables.</p>\
             <form method=\"post\" action=\"{}\" class=\"code\" novalidate><div class=\"field\">\
             <label for=\"code\">Code reçu</label><input type=\"text\" id=\"code\" name=\"code\" inputmode=\"numeric\" \
             autocomplete=\"one-time-code\" maxlength=\"7\"{}>{}</div>\
             <div class=\"acts one\"><button>Signer</button></div></form>",
            escape(&masked(visit.code_address().unwrap_or_default())),
            place.at("code"),
            if message.is_some() { " aria-describedby=\"code-error\" aria-invalid=\"true\" autofocus" } else { "" },
            message.as_deref().map(|m| error_of("code", m)).unwrap_or_default(),
        );
    } else if let Some(why) = &message {
        let _ = write!(body, "<p class=\"note wrong\">{}</p>", text(why));
    }
    let known = visit.code_address().is_some();
    let _ = write!(body, "<form method=\"post\" action=\"{}\" novalidate>", place.at("code"));
    if !waits {
        match visit.code_address() {
            Some(address) => {
                let _ = write!(
                    body,
                    "<p>Pour confirmer que c’est bien vous, un code est envoyé à <strong>{}</strong>.</p>",
                    escape(&masked(address))
                );
            }
            None => body.push_str("<p>Pour confirmer que c’est bien vous, un code vous est envoyé par e-mail.</p>"),
        }
    }
    if known {
        if let Some(error) = &address_error {
            let _ = write!(body, "<p class=\"note wrong\">{}</p>", text(error));
        }
    } else {
        let address = Field {
            name: "email",
            label: "Votre adresse e-mail",
            hint: None,
            autocomplete: Some("email"),
            kind: FieldKind::Email,
            value: given,
            error: address_error.clone(),
        };
        body.push_str(&field(&address, address_error.is_some()));
    }
    let (label, class) = if waits { ("Renvoyer un code", "quiet") } else { ("Recevoir mon code", "first") };
    let _ = write!(
        body,
        "<div class=\"acts one\"><button class=\"{class}\" name=\"envoyer\" value=\"1\">{label}</button></div></form>{}",
        back(place, visit, Step::Code)
    );
    form_page(layout("Confirmer la signature", Some(&visit.firm), "", &body), again)
}

/// What the code will sign: dossier by dossier, and in whose name.
fn about_to_sign(visit: &Visit) -> String {
    let mut rows = String::new();
    for (at, dossier) in visit.dossiers.iter().enumerate().filter(|(at, _)| visit.is_ready_to_sign(*at)) {
        let labels: Vec<String> = visit.awaits(at).map(|a| text(&a.label)).collect();
        let (name, quality) = visit.signatory(at);
        let _ = write!(
            rows,
            "<li>{}<br><span class=\"soft\">{}, par {}, {}</span></li>",
            labels.join(", "),
            escape(&dossier.facts.name),
            escape(&name),
            escape(&quality)
        );
    }
    if rows.is_empty() {
        return rows;
    }
    format!("<p>Vous allez signer\u{a0}:</p><div class=\"card\"><ul class=\"plain\">{rows}</ul></div>")
}

/// `c•••@exemple.fr`: enough to know one's own address again.
fn masked(email: &str) -> String {
    match email.split_once('@') {
        Some((local, domain)) => format!("{}•••@{domain}", local.chars().next().map(String::from).unwrap_or_default()),
        None => "•••".to_owned(),
    }
}

fn summary(place: &Place, visit: &Visit) -> String {
    let mut body = String::from("<h1>Récapitulatif</h1>");
    if (0..visit.dossiers.len()).flat_map(|at| visit.settled(at)).any(|done| done.how.starts_with("signé")) {
        body.push_str(
            "<p class=\"note good\">Votre signature est enregistrée. Votre exemplaire vous est envoyé par e-mail.</p>",
        );
    }
    for (at, dossier) in visit.dossiers.iter().enumerate() {
        let _ = write!(body, "<h2>{}</h2><div class=\"card\"><ul class=\"plain rows\">", escape(&dossier.facts.name));
        for step in visit.steps() {
            let Step::Question(n) = step else { continue };
            let Some((of, question)) = visit.question(n).filter(|(d, _)| d.id == dossier.id) else { continue };
            let (state, again) = match visit.question_state(n) {
                AskedState::Answered => ("répondu", "Modifier"),
                AskedState::Skipped => ("passé", "Répondre"),
                AskedState::Open => ("à répondre", "Répondre"),
            };
            let _ = write!(
                body,
                "<li><a href=\"{}\"><span><b>{}</b><span class=\"soft\">{state}</span></span>\
                 <span class=\"go\">{again}<span class=\"unseen\"> {}</span></span></a></li>",
                place.of(step),
                text(&question.text().fr),
                escape(&of.facts.name)
            );
        }
        if visit.awaits(at).next().is_some() {
            let at_hand = if visit.is_ready_to_sign(at) { "reste à confirmer par le code" } else { "à signer" };
            let to = if visit.is_ready_to_sign(at) { Step::Code } else { Step::Sign(at) };
            for a in visit.awaits(at) {
                let under_way = provider::under_way(visit, a.mandate.id);
                let to = if under_way.is_some() { place.at(&format!("prestataire/{}", at + 1)) } else { place.of(to) };
                let _ = write!(
                    body,
                    "<li><a href=\"{to}\"><span><b>{}</b><span class=\"soft\">{}</span></span>\
                     <span class=\"go\">Continuer</span></a></li>",
                    text(&a.label),
                    escape(under_way.as_deref().unwrap_or(at_hand)),
                );
            }
        }
        for done in visit.settled(at) {
            let (label, how) = (text(&done.label), done.how);
            let _ = match done.copy {
                Some(id) => write!(
                    body,
                    "<li><a href=\"{}\" download><span><b>{label}</b><span class=\"soft\">{how}, PDF avec son certificat</span>\
                     </span><span class=\"go\">Télécharger</span></a></li>",
                    place.at(&format!("document/{id}"))
                ),
                None => write!(body, "<li><b>{label}</b><span class=\"soft\">{how}</span></li>"),
            };
        }
        body.push_str("</ul></div>");
    }
    let left = visit.awaiting.len();
    if left > 0 {
        let _ = write!(
            body,
            "<p class=\"note\">{} encore votre signature. Ce lien reste ouvert jusqu’au {}.</p>",
            if left == 1 { "Un document attend".to_owned() } else { format!("{left} documents attendent") },
            time::french(time::paris_day(visit.link.expires_at))
        );
    }
    // What waits comes before the end.
    let unsigned =
        (0..visit.dossiers.len()).find(|at| visit.awaits(*at).next().is_some() && !visit.is_ready_to_sign(*at));
    let sign = unsigned.map(Step::Sign).or(visit.has_intents().then_some(Step::Code));
    let (sign, end) = match sign {
        Some(step) => (
            format!(
                "<div class=\"acts one\"><a class=\"button\" href=\"{}\">Signer maintenant</a></div>",
                place.of(step)
            ),
            "<div class=\"acts one after\"><button class=\"second\">Terminer sans signer</button></div>",
        ),
        None => (String::new(), "<div class=\"acts one\"><button>Terminer</button></div>"),
    };
    let _ = write!(
        body,
        "{sign}<form method=\"post\" action=\"{}\">{end}</form>{}",
        place.at("terminer"),
        back(place, visit, Step::Summary)
    );
    layout("Récapitulatif", Some(&visit.firm), "", &body)
}

fn thanks(firm: &Firm) -> String {
    let body = format!(
        "<h1>Merci</h1><p>{} a reçu vos réponses. Si vous avez signé en ligne, votre exemplaire vous est envoyé par e-mail.</p>\
         <p>Vous pouvez fermer cette page.</p>",
        escape(&firm.name)
    );
    layout("Merci", Some(firm), "", &body)
}

fn closed(why: Closed, firm: &Firm) -> String {
    let (title, words) = match why {
        Closed::Expired => (
            "Ce lien n’est plus valable",
            "Sa date limite est passée. Demandez-en un nouveau au cabinet : vos réponses déjà données sont conservées.",
        ),
        Closed::Revoked => (
            "Ce lien a été retiré",
            "Le cabinet l’a retiré, souvent parce qu’un autre le remplace. Cherchez un message plus récent, ou demandez-lui.",
        ),
        Closed::Used => (
            "Tout est fait",
            "Ce qui vous était demandé est traité. Ce lien ne sert plus ; pour changer une réponse, écrivez au cabinet.",
        ),
    };
    let body = format!("<h1>{}</h1><p>{}</p>{}", text(title), text(words), write_to(firm));
    layout(title, Some(firm), "", &body)
}

fn unknown() -> String {
    let body = "<h1>Ce lien n’existe pas</h1><p>Il est peut-être incomplet\u{a0}: ouvrez-le depuis le message du cabinet, ou \
                copiez-le en entier. Sinon, demandez un nouveau lien à votre cabinet d’expertise comptable.</p>";
    layout("Lien inconnu", None, "", body)
}

/// What went wrong, with the number by which it is found again.
pub(super) fn failure(error: &Error, request_id: &str, begin: Option<&str>) -> String {
    let title = error.code.title();
    let words = error.detail.clone().unwrap_or_else(|| error.code.explanation());
    let (title, words) = if error.code == Code::NotFound {
        ("Cette page n’existe pas", "Revenez au début du lien pour retrouver ce qui vous est demandé.")
    } else {
        (title.get(Lang::Fr), words.get(Lang::Fr))
    };
    let mut body = format!("<h1>{}</h1><p>{}</p>", text(title), text(words));
    if let Some(seconds) = error.retry_after {
        let _ = write!(body, "<p>Réessayez dans {}.</p>", counted(seconds as usize, "seconde", "secondes"));
    }
    if let Some(address) = begin {
        let _ = write!(
            body,
            "<div class=\"acts one\"><a class=\"button\" href=\"{}\">Revenir au début</a></div>",
            escape(address)
        );
    }
    let _ = write!(body, "<p class=\"soft after\">Référence\u{a0}: {}</p>", escape(request_id));
    layout(title, None, "", &body)
}
