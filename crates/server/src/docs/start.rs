//! The first page, and the way from nothing to a first list.

use std::fmt::Write;

use contract::Tag;
use domain::Lang;
use serde_json::Value;

use super::html::{escape, inline, pick, shell};
use super::operations::{method_mark, operations_of};
use super::{Page, about};

pub fn index(lang: Lang, document: &Value) -> String {
    let mut out = format!(
        "<h1>{}</h1><p class=\"lead\">{}</p>",
        pick(lang, "L’API de CabReady", "The API of CabReady"),
        pick(
            lang,
            "Tout ce que fait l’écran, un programme peut le faire : l’écran n’a pas de porte à lui.",
            "Everything that the screen does a program can do: the screen has no door of its own."
        )
    );
    let facts: [(&str, &str, String); 6] = [
        ("Adresse", "Address", "<code>/api/v1</code>".to_owned()),
        (
            "Format",
            "Format",
            pick(
                lang,
                "JSON, champs en <code>snake_case</code>, instants RFC 3339 en UTC, dates <code>AAAA-MM-JJ</code>, montants en centimes",
                "JSON, fields in <code>snake_case</code>, instants RFC 3339 in UTC, dates <code>YYYY-MM-DD</code>, amounts in cents",
            )
            .to_owned(),
        ),
        (
            "Accès",
            "Access",
            pick(
                lang,
                "un jeton d’accès de dix minutes, renouvelé par un cookie",
                "an access token of ten minutes, renewed by a cookie",
            )
            .to_owned(),
        ),
        (
            "Listes",
            "Lists",
            pick(
                lang,
                "par pages, avec <code>limit</code> et <code>after</code>",
                "by pages, with <code>limit</code> and <code>after</code>",
            )
            .to_owned(),
        ),
        (
            "Erreurs",
            "Errors",
            format!(
                "<a href=\"{}\">{}</a>",
                Page::Problems.href(lang),
                pick(lang, "une seule forme, la RFC 9457", "one form, RFC 9457")
            ),
        ),
        (
            "Document",
            "Document",
            "<a href=\"/api/openapi.json\">openapi.json</a>, OpenAPI 3.1".to_owned(),
        ),
    ];
    out.push_str("<dl class=\"facts\">");
    for (fr, en, value) in facts {
        let _ = write!(out, "<div><dt>{}</dt><dd>{value}</dd></div>", pick(lang, fr, en));
    }
    let _ = write!(
        out,
        "</dl><p><a class=\"go\" href=\"{}\">{} →</a></p>",
        Page::Start.href(lang),
        Page::Start.title(lang)
    );
    for tag in Tag::ALL {
        let page = Page::Chapter(*tag);
        let _ = write!(
            out,
            "<section class=\"chapter\"><h2><a href=\"{}\">{}</a></h2><p>{}</p><ul class=\"list\">",
            page.href(lang),
            escape(page.title(lang)),
            escape(about(*tag, lang))
        );
        for operation in operations_of(document, *tag) {
            let _ = write!(
                out,
                "<li><a href=\"{}#{}\">{}<code>{}</code><span lang=\"en\">{}</span></a></li>",
                page.href(lang),
                escape(operation.id),
                method_mark(&operation.method),
                escape(operation.path.trim_start_matches(contract::endpoint::BASE)),
                escape(operation.summary)
            );
        }
        out.push_str("</ul></section>");
    }
    out
}

struct Step {
    id: &'static str,
    title: (&'static str, &'static str),
    text: (&'static str, &'static str),
    shell: (&'static str, &'static str),
}

const STEPS: &[Step] = &[
    Step {
        id: "sign-in",
        title: ("Se connecter", "Sign in"),
        text: (
            "`create_session` rend un jeton d’accès et pose un cookie. Le jeton vit dix minutes et ne se garde qu’en mémoire ; `refresh_session` en rend un nouveau contre le cookie, qui change à chaque fois. Sans compte, `create_cabinet` crée un cabinet et son premier associé.",
            "`create_session` answers an access token and sets a cookie. The token lives ten minutes and is kept in memory only; `refresh_session` gives a new one for the cookie, which changes each time. Without an account, `create_cabinet` makes a firm and its first partner.",
        ),
        shell: (
            "CABREADY=http://127.0.0.1:8080\nTOKEN=$(curl -s -c cookies.txt \"$CABREADY/api/v1/session\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"email\":\"claire.martin@exemple.fr\",\"password\":\"…\"}' | jq -r .access_token)\n\n# dix minutes plus tard\nTOKEN=$(curl -s -X POST -b cookies.txt -c cookies.txt \\\n  \"$CABREADY/api/v1/session/refresh\" | jq -r .access_token)",
            "CABREADY=http://127.0.0.1:8080\nTOKEN=$(curl -s -c cookies.txt \"$CABREADY/api/v1/session\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"email\":\"claire.martin@exemple.fr\",\"password\":\"…\"}' | jq -r .access_token)\n\n# ten minutes later\nTOKEN=$(curl -s -X POST -b cookies.txt -c cookies.txt \\\n  \"$CABREADY/api/v1/session/refresh\" | jq -r .access_token)",
        ),
    },
    Step {
        id: "lists",
        title: ("Lire une liste page par page", "Read a list page by page"),
        text: (
            "Une liste rend `data` et `next`. Redemandez-la avec `after` égal à ce `next` jusqu’à ce qu’il soit `null`. Le curseur ne se lit pas et ne vaut que pour le même tri et les mêmes filtres. Plusieurs valeurs d’un filtre se séparent par des virgules ; un paramètre inconnu est refusé.",
            "A list answers `data` and `next`. Ask again with `after` equal to that `next` until it is `null`. The cursor is opaque and holds for the same order and filters only. Several values of a filter are separated by commas; an unknown parameter is refused.",
        ),
        shell: (
            "curl -s \"$CABREADY/api/v1/dossiers?state=late,at_risk&sort=score&limit=200\" \\\n  -H \"Authorization: Bearer $TOKEN\"\n\n# la page suivante\ncurl -s \"$CABREADY/api/v1/dossiers?state=late,at_risk&sort=score&limit=200&after=$NEXT\" \\\n  -H \"Authorization: Bearer $TOKEN\"",
            "curl -s \"$CABREADY/api/v1/dossiers?state=late,at_risk&sort=score&limit=200\" \\\n  -H \"Authorization: Bearer $TOKEN\"\n\n# the next page\ncurl -s \"$CABREADY/api/v1/dossiers?state=late,at_risk&sort=score&limit=200&after=$NEXT\" \\\n  -H \"Authorization: Bearer $TOKEN\"",
        ),
    },
    Step {
        id: "versions",
        title: ("Modifier sans écraser", "Change without overwriting"),
        text: (
            "La lecture d’une ressource rend un `ETag`. Renvoyez-le dans `If-Match` avec la modification : si quelqu’un a écrit entre-temps, la réponse est 412 et rien n’est perdu. Sans `If-Match`, c’est 428. `If-None-Match` sur une lecture répond 304 quand rien n’a changé.",
            "Reading a resource answers an `ETag`. Send it in `If-Match` with the change: if somebody has written meanwhile, the answer is 412 and nothing is lost. Without `If-Match` it is 428. `If-None-Match` on a reading answers 304 when nothing has changed.",
        ),
        shell: (
            "curl -si \"$CABREADY/api/v1/dossiers/$ID\" -H \"Authorization: Bearer $TOKEN\" | grep -i etag\n\ncurl -s -X PATCH \"$CABREADY/api/v1/dossiers/$ID\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'If-Match: \"3\"' -H 'Content-Type: application/json' \\\n  -d '{\"reception_platform\":\"PENNYLANE\"}'",
            "curl -si \"$CABREADY/api/v1/dossiers/$ID\" -H \"Authorization: Bearer $TOKEN\" | grep -i etag\n\ncurl -s -X PATCH \"$CABREADY/api/v1/dossiers/$ID\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'If-Match: \"3\"' -H 'Content-Type: application/json' \\\n  -d '{\"reception_platform\":\"PENNYLANE\"}'",
        ),
    },
    Step {
        id: "idempotency",
        title: ("Créer une seule fois", "Create once"),
        text: (
            "Une coupure laisse un doute : la création a-t-elle eu lieu ? Avec une `Idempotency-Key`, répéter la même requête rend la première réponse, pendant 24 heures, même si le serveur a redémarré. La même clé avec une autre requête est refusée.",
            "A broken connection leaves a doubt: was it created? With an `Idempotency-Key`, repeating the same request answers the first reply again, for 24 hours, even if the server was restarted. The same key with another request is refused.",
        ),
        shell: (
            "curl -s \"$CABREADY/api/v1/portfolios\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H \"Idempotency-Key: $(uuidgen)\" -H 'Content-Type: application/json' \\\n  -d '{\"name\":\"Commerces de Lille\"}'",
            "curl -s \"$CABREADY/api/v1/portfolios\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H \"Idempotency-Key: $(uuidgen)\" -H 'Content-Type: application/json' \\\n  -d '{\"name\":\"Commerces de Lille\"}'",
        ),
    },
    Step {
        id: "import",
        title: ("Importer une liste de clients", "Import a client list"),
        text: (
            "Envoyez les octets du fichier. La réponse dit ce qui a été reconnu ; `check_import` fait un essai sans rien changer, `commit_import` applique en une transaction. Les deux répondent 202 avec une tâche à suivre par `read_job`. `undo_import` reprend le tout.",
            "Send the bytes of the file. The reply tells what was recognised; `check_import` makes a dry run, `commit_import` applies it in one transaction. Both answer 202 with a job to follow with `read_job`. `undo_import` takes it all back.",
        ),
        shell: (
            "curl -s \"$CABREADY/api/v1/imports?filename=clients.csv\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/octet-stream' --data-binary @clients.csv\n\ncurl -s -X POST \"$CABREADY/api/v1/imports/$ID/check\" -H \"Authorization: Bearer $TOKEN\"\ncurl -s -X POST \"$CABREADY/api/v1/imports/$ID/commit\" -H \"Authorization: Bearer $TOKEN\"\ncurl -s \"$CABREADY/api/v1/jobs/$JOB\" -H \"Authorization: Bearer $TOKEN\"",
            "curl -s \"$CABREADY/api/v1/imports?filename=clients.csv\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'Content-Type: application/octet-stream' --data-binary @clients.csv\n\ncurl -s -X POST \"$CABREADY/api/v1/imports/$ID/check\" -H \"Authorization: Bearer $TOKEN\"\ncurl -s -X POST \"$CABREADY/api/v1/imports/$ID/commit\" -H \"Authorization: Bearer $TOKEN\"\ncurl -s \"$CABREADY/api/v1/jobs/$JOB\" -H \"Authorization: Bearer $TOKEN\"",
        ),
    },
    Step {
        id: "errors",
        title: ("Comprendre un refus", "Understand a refusal"),
        text: (
            "Toute erreur est un `application/problem+json`. Décidez d’après `code` ; `errors` donne pour chaque champ l’endroit, un code stable et une phrase à montrer. Envoyez un `X-Request-Id` pour retrouver vos requêtes dans nos journaux : il revient dans chaque réponse.",
            "Every error is an `application/problem+json`. Decide by `code`; `errors` gives for each field the place, a stable code and a sentence to show. Send an `X-Request-Id` to find your requests in our logs: it comes back in every answer.",
        ),
        shell: (
            "curl -s \"$CABREADY/api/v1/dossiers?limit=beaucoup\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'X-Request-Id: ma-requete-1' -H 'Accept-Language: fr'",
            "curl -s \"$CABREADY/api/v1/dossiers?limit=many\" -H \"Authorization: Bearer $TOKEN\" \\\n  -H 'X-Request-Id: my-request-1' -H 'Accept-Language: en'",
        ),
    },
];

pub fn first_steps(lang: Lang) -> String {
    let mut out = format!(
        "<h1>{}</h1><p class=\"lead\">{}</p>",
        Page::Start.title(lang),
        pick(
            lang,
            "De rien à une première liste, puis ce qu’il faut savoir pour écrire sans rien casser.",
            "From nothing to a first list, then what it takes to write without breaking anything."
        )
    );
    for (number, step) in STEPS.iter().enumerate() {
        let _ = write!(
            out,
            "<section class=\"step\"><h2 id=\"{id}\"><a href=\"#{id}\"><span class=\"number\">{}</span>{}</a></h2><p>{}</p>{}</section>",
            number + 1,
            pick(lang, step.title.0, step.title.1),
            inline(lang, pick(lang, step.text.0, step.text.1)),
            shell(pick(lang, step.shell.0, step.shell.1)),
            id = step.id,
        );
    }
    let _ = write!(
        out,
        "<p><a class=\"go\" href=\"{}\">{} →</a></p>",
        Page::Problems.href(lang),
        pick(lang, "Tous les problèmes et quoi faire", "Every problem and what to do")
    );
    out
}
