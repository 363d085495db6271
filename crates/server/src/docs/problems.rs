//! Every problem with what to do about it.

use std::fmt::Write;

use contract::{Code, Problem};
use domain::Lang;
use serde_json::json;

use super::Page;
use super::html::{escape, inline, json as shown, pick};

/// What the caller does next.
fn fix(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::BadRequest => (
            "Corrigez le paramètre ou l’en-tête que nomme `errors[].pointer` (`?limit`, `If-Match`). Un paramètre inconnu est refusé : un filtre mal écrit rendrait sinon toute la liste.",
            "Correct the parameter or header that `errors[].pointer` names (`?limit`, `If-Match`). An unknown parameter is refused: a filter with a typing error would otherwise answer the whole list.",
        ),
        Code::MalformedBody => (
            "Comparez le corps avec l’exemple de l’opération, à l’endroit que donne `errors[].pointer`.",
            "Compare the body with the example of the operation, at the place that `errors[].pointer` gives.",
        ),
        Code::Unauthenticated => (
            "Renouvelez le jeton avec `refresh_session`, puis répétez la requête une fois. Un jeton d’accès vit dix minutes.",
            "Renew the token with `refresh_session`, then repeat the request once. An access token lives ten minutes.",
        ),
        Code::BadCredentials => (
            "Vérifiez l’adresse et le mot de passe. Après plusieurs échecs, les essais sont ralentis.",
            "Check the address and the password. After several failures attempts are slowed down.",
        ),
        Code::SessionEnded => (
            "Ouvrez une nouvelle session avec `create_session`. N’employez jamais deux fois le même cookie : la présentation d’un ancien ferme la session.",
            "Open a new session with `create_session`. Never use the same cookie twice: presenting an old one ends the session.",
        ),
        Code::Forbidden => (
            "Demandez à un associé du cabinet d’étendre votre rôle ou votre accès. Le changement vaut dès la requête suivante, sans nouvelle connexion.",
            "Ask a partner of the firm to widen your role or access. The change works on the next request, without signing in again.",
        ),
        Code::NotFound => (
            "Vérifiez l’identifiant. Une ressource d’un autre cabinet, ou hors de votre périmètre, répond comme si elle n’existait pas.",
            "Check the id. A resource of another firm, or outside your scope, answers as if it did not exist.",
        ),
        Code::MethodNotAllowed => {
            ("Employez une des méthodes de l’en-tête `Allow`.", "Use one of the methods of the `Allow` header.")
        }
        Code::Conflict => (
            "Lisez `detail`, relisez la ressource, puis décidez. Répéter la même requête n’aide pas.",
            "Read `detail`, read the resource again, then decide. Repeating the same request does not help.",
        ),
        Code::VersionMismatch => (
            "Relisez la ressource, reportez votre changement sur sa version actuelle, renvoyez-le avec le nouvel `ETag`.",
            "Read the resource again, apply your change to its present version, send it with the new `ETag`.",
        ),
        Code::PayloadTooLarge => (
            "Un corps JSON a 1 Mo au plus ; une liste de clients la taille que dit `detail`. Découpez l’envoi.",
            "A JSON body has 1 MB at most, a client list the size that `detail` tells. Send it in parts.",
        ),
        Code::UnsupportedMediaType => (
            "Avec curl, ajoutez `-H 'Content-Type: application/json'`. Un fichier est envoyé tel quel, sans formulaire ni compression.",
            "With curl, add `-H 'Content-Type: application/json'`. A file is sent as it is, without a form or compression.",
        ),
        Code::Invalid => (
            "Chaque entrée de `errors` donne le champ, un code stable et la forme attendue : montrez le message près du champ.",
            "Each entry of `errors` gives the field, a stable code and the form expected: show the message beside the field.",
        ),
        Code::FileRefused => (
            "Suivez `detail` : le plus souvent, réexportez la liste en CSV ou en XLSX.",
            "Follow `detail`: most often, export the list again as CSV or XLSX.",
        ),
        Code::IdempotencyMismatch => (
            "Faites une nouvelle clé pour chaque nouvelle requête ; gardez la même pour répéter la même.",
            "Make a new key for each new request; keep the same one to repeat the same request.",
        ),
        Code::VersionRequired => (
            "Ajoutez `If-Match` avec l’`ETag` de la dernière lecture.",
            "Add `If-Match` with the `ETag` of the last reading.",
        ),
        Code::TooManyRequests => (
            "Attendez `Retry-After` secondes. Espacez les requêtes, lisez les listes par pages de 200.",
            "Wait `Retry-After` seconds. Space the requests out, read lists in pages of 200.",
        ),
        Code::Internal => (
            "Répétez une fois, avec la même `Idempotency-Key` s’il y en a une. Si cela dure, transmettez `request_id`.",
            "Repeat once, with the same `Idempotency-Key` if there is one. If it lasts, hand `request_id` on.",
        ),
        Code::Unavailable => ("Répétez après `Retry-After` secondes.", "Repeat after `Retry-After` seconds."),
    }
}

pub fn all(lang: Lang) -> String {
    let mut out = format!(
        "<h1>{}</h1><p class=\"lead\">{}</p><p>{}</p>",
        Page::Problems.title(lang),
        pick(
            lang,
            "Toute erreur de l’API a la même forme, celle de la RFC 9457, et un code stable expliqué ici.",
            "Every error of the API has the same form, that of RFC 9457, and a stable code explained here."
        ),
        inline(
            lang,
            pick(
                lang,
                "Décidez d’après `code`, jamais d’après `title` ou `detail`, qui sont écrits pour des personnes, dans la langue de `Accept-Language`. `request_id` retrouve la requête dans les journaux du serveur.",
                "Decide by `code`, never by `title` or `detail`, which are written for people, in the language of `Accept-Language`. `request_id` finds the request in the logs of the server."
            )
        ),
    );
    let code = Code::Invalid;
    out.push_str(&shown(&json!({
        "type": Problem::documentation(code),
        "title": code.title().get(lang),
        "status": code.status(),
        "detail": code.explanation().get(lang),
        "instance": "/api/v1/dossiers",
        "code": code,
        "request_id": "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11",
        "errors": [{
            "pointer": "/siren",
            "code": "siren_form",
            "message": pick(
                lang,
                "« 12345 » : neuf chiffres attendus, par exemple 732829320.",
                "« 12345 »: nine digits expected, such as 732829320."
            ),
        }],
    })));
    for code in Code::ALL {
        let (fr, en) = fix(*code);
        let other = match lang {
            Lang::Fr => Lang::En,
            Lang::En => Lang::Fr,
        };
        let _ = write!(
            out,
            "<section class=\"problem\"><h2 id=\"{code}\"><a href=\"#{code}\">{}</a></h2>\
             <p class=\"address\"><span class=\"status\">{}</span> <code>{code}</code> \
             <span class=\"soft\" lang=\"{other}\">{}</span></p><p>{}</p><p class=\"fix\"><b>{}</b> {}</p></section>",
            escape(code.title().get(lang)),
            code.status(),
            escape(code.title().get(other)),
            inline(lang, code.explanation().get(lang)),
            pick(lang, "Que faire :", "What to do:"),
            inline(lang, pick(lang, fr, en)),
        );
    }
    out
}
