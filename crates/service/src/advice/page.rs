//! The printable page. It stands alone: no script, no picture, nothing that is fetched.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use contract::{AdviceEntry, AdviceExchange, AdviceFile, Exchange};
use serde_json::Value;

use super::words;
use crate::html::escape;
use crate::time::french;
use crate::{exchanges, time};

const STYLE: &str = "\
:root{color-scheme:light}\
body{font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;color:#14181f;background:#fff;\
max-width:60rem;margin:2rem auto;padding:0 1.25rem}\
h1{font-size:1.6rem;line-height:1.2;margin:0 0 .25rem}\
h2{font-size:1.1rem;margin:2rem 0 .5rem;border-bottom:1px solid #c9cfd8;padding-bottom:.25rem;break-after:avoid}\
p{margin:.4rem 0}\
.soft{color:#4b5563}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.75rem 0}\
dt{color:#4b5563}dd{margin:0}\
table{border-collapse:collapse;width:100%;font-size:.88rem}\
th,td{text-align:left;vertical-align:top;padding:.35rem .5rem;border-bottom:1px solid #dfe3e9}\
th{font-weight:600;border-bottom-color:#8a93a1}\
thead{display:table-header-group}tr{break-inside:avoid}\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
.text{white-space:pre-line;overflow-wrap:anywhere}\
article{border:1px solid #c9cfd8;border-radius:6px;padding:.75rem 1rem;margin:.75rem 0;break-inside:avoid}\
article h3{font-size:1rem;margin:0 0 .25rem;overflow-wrap:anywhere}\
article.cancelled h3,article.cancelled .text{text-decoration:line-through}\
code{font:.78rem/1.35 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}\
@page{size:A4;margin:16mm 14mm}\
@media print{body{margin:0;max-width:none;padding:0;font-size:10.5pt}article{border-color:#8a93a1}}";

fn clock(at: DateTime<Utc>) -> String {
    let (day, hour) = time::paris_clock(at);
    format!("{day} à {hour}")
}

pub fn page(file: &AdviceFile) -> String {
    let facts = &file.dossier.facts;
    let name = escape(&facts.name);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"fr\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Dossier de conseil – {name}</title><style>{STYLE}</style></head><body>\
         <header><p class=\"soft\">{}</p><h1>Dossier de conseil – {name}</h1>\
         <p class=\"soft\">Réforme de la facturation électronique. Établi le {}, heure de Paris.</p></header>",
        escape(&file.cabinet),
        clock(file.made_at),
    );
    identity(&mut out, file);
    situation(&mut out, file);
    told(&mut out, &file.exchanges);
    journal(&mut out, &file.journal);
    integrity(&mut out, file);
    out.push_str("</body></html>\n");
    out
}

fn identity(out: &mut String, file: &AdviceFile) {
    let facts = &file.dossier.facts;
    let place = [facts.address.as_deref(), facts.postal_code.as_deref(), facts.city.as_deref()];
    let place = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let rows = [
        ("SIREN", facts.siren.to_string()),
        ("N° de TVA", file.dossier.vat_number.clone()),
        ("Code dossier", facts.code.clone().unwrap_or_default()),
        ("Forme juridique", facts.legal_form.clone().unwrap_or_default()),
        ("Adresse", place),
        ("Responsable", facts.manager.label.clone().unwrap_or_default()),
        ("Collaborateur", facts.assignee.label.clone().unwrap_or_default()),
    ];
    out.push_str("<section><h2>Client</h2><dl>");
    for (title, value) in rows.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = write!(out, "<dt>{title}</dt><dd>{}</dd>", escape(&value));
    }
    out.push_str("</dl></section>");
}

fn situation(out: &mut String, file: &AdviceFile) {
    let (dossier, readiness) = (&file.dossier, &file.dossier.readiness);
    let _ = write!(
        out,
        "<section><h2>Situation au {}</h2><p>Préparation : <b>{} sur 100</b> – {}.</p>\
         <table><thead><tr><th>Obligation</th><th>Situation</th><th>À compter du</th><th>Pourquoi</th></tr></thead><tbody>",
        french(file.as_of),
        readiness.score,
        words::state(readiness.state),
    );
    for o in &dossier.obligations {
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{}</td><td>{}{}</td></tr>",
            words::obligation(o.kind),
            words::obligation_status(o.status),
            o.starts_on.map(french).unwrap_or_default(),
            escape(&o.reason.fr),
            if o.source.is_empty() {
                String::new()
            } else {
                format!("<br><span class=\"soft\">{}</span>", escape(&o.source))
            },
        );
    }
    out.push_str(
        "</tbody></table><h3>Critères de la préparation</h3><table><thead><tr><th>Critère</th><th>État</th>\
         <th class=\"n\">Points</th><th>Ce qui est connu</th></tr></thead><tbody>",
    );
    for c in &readiness.criteria {
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"n\">{} / {}</td><td>{}</td></tr>",
            words::criterion(c.criterion),
            words::criterion_state(c.state),
            c.points,
            c.weight,
            c.evidence.as_deref().map(escape).unwrap_or_default(),
        );
    }
    out.push_str("</tbody></table></section>");
}

fn told(out: &mut String, exchanges: &[AdviceExchange]) {
    out.push_str("<section><h2>Ce que le cabinet a dit, demandé et reçu</h2>");
    if exchanges.is_empty() {
        out.push_str("<p>Aucun échange enregistré.</p>");
    }
    for AdviceExchange { exchange, seq, hash } in exchanges {
        one(out, exchange, *seq, hash);
    }
    out.push_str("</section>");
}

fn one(out: &mut String, e: &Exchange, seq: i64, hash: &str) {
    let _ = write!(
        out,
        "<article{}><p class=\"soft\">{} – {} – {}</p><h3>{}</h3>",
        if e.cancelled.is_some() { " class=\"cancelled\"" } else { "" },
        french(e.on),
        words::kind(e.kind),
        words::channel(e.channel),
        escape(&e.subject),
    );
    if !e.text.is_empty() {
        let _ = write!(out, "<p class=\"text\">{}</p>", escape(&e.text));
    }
    if let Some(attachment) = &e.attachment {
        let _ = write!(
            out,
            "<p>Pièce : {}<br><span class=\"soft\">SHA-256 <code>{}</code></span></p>",
            escape(&attachment.name),
            escape(&attachment.sha256)
        );
    }
    if let Some(c) = &e.cancelled {
        let _ =
            write!(out, "<p><b>Annulé</b> le {}{} : {}</p>", clock(c.at), by(c.by_name.as_deref()), escape(&c.reason));
    }
    let _ = write!(
        out,
        "<p class=\"soft\">Saisi le {}{}. Journal n° {seq}, empreinte <code>{}</code></p></article>",
        clock(e.recorded_at),
        by(e.by_name.as_deref()),
        escape(hash)
    );
}

fn by(name: Option<&str>) -> String {
    name.map(|n| format!(" par {}", escape(n))).unwrap_or_default()
}

fn journal(out: &mut String, journal: &[AdviceEntry]) {
    out.push_str(
        "<section><h2>Journal du dossier</h2><table><thead><tr><th class=\"n\">N°</th><th>Date (Paris)</th><th>Qui</th>\
         <th>Quoi</th><th>Empreinte</th></tr></thead><tbody>",
    );
    for AdviceEntry { entry, .. } in journal {
        let what = match &entry.changes {
            Value::Object(fields) if entry.action == exchanges::CREATE => {
                fields["subject"][1].as_str().map(str::to_owned)
            }
            Value::Object(fields) if entry.action == exchanges::CANCEL => {
                fields["subject"][0].as_str().map(str::to_owned)
            }
            Value::Object(fields) if entry.action.starts_with("mandate.") => {
                let text = |field: &str| fields.get(field).and_then(|change| change[1].as_str()).map(str::to_owned);
                // The actor of a client is nobody: who it was stands in the row.
                let said = [text("number"), text("by").filter(|_| entry.actor.is_none()), text("detail")];
                Some(said.into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
            Value::Object(fields) if entry.action == "dossier.update" || entry.action == "dossier.undo" => {
                Some(fields.keys().map(|f| crate::undo::field_name(f).fr).collect::<Vec<_>>().join(", "))
            }
            _ => None,
        };
        let what = what.filter(|w| !w.is_empty()).map(|w| format!(" : {}", escape(&w))).unwrap_or_default();
        let _ = write!(
            out,
            "<tr><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td><td>{}{what}</td><td><code>{}</code></td></tr>",
            entry.seq,
            clock(entry.at),
            escape(entry.actor.as_deref().unwrap_or("CabReady")),
            escape(words::action(&entry.action)),
            escape(&entry.hash),
        );
    }
    out.push_str("</tbody></table></section>");
}

fn integrity(out: &mut String, file: &AdviceFile) {
    let _ = write!(
        out,
        "<section><h2>Intégrité</h2>\
         <p>Chaque ligne du journal du cabinet porte l’empreinte (SHA-256) d’elle-même et de la ligne précédente : une ligne \
         modifiée, retirée ou ajoutée après coup se voit. À l’établissement de ce dossier, la dernière ligne du journal était \
         la n° {}, d’empreinte :</p><p><code>{}</code></p>\
         <p>Le fichier journal.csv donne chaque ligne entière, avec l’empreinte de celle qui la précède. L’empreinte d’une ligne \
         est celle de ces champs, dans cet ordre, chacun précédé de sa longueur en octets (UTF-8) sur 8 octets, poids fort en \
         tête : previous_hash, cabinet_id, seq, at, actor_id, action, subject_kind, subject_id, subject, changes, request_id, \
         act_id. Une apostrophe devant =, +, - ou @ protège le tableur et n’en fait pas partie.</p>\
         <p>Les fichiers de cette archive se vérifient par la commande <code>sha256sum -c SHA256SUMS</code>.</p></section>",
        file.chain.seq,
        escape(&file.chain.hash),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_text() {
        assert_eq!(
            escape("<img src=x onerror='a()'> & \"b\""),
            "&lt;img src=x onerror=&#39;a()&#39;&gt; &amp; &quot;b&quot;"
        );
    }
}
