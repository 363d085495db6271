//! Proof of advice: exchanges are recorded once and cancelled in sight of all; the file holds together without us.

mod firm;

use std::io::Read;

use contract::*;
use diesel::connection::SimpleConnection;
use domain::{Access, Criterion, CriterionState, DossierId, ExchangeId, ProofSource, Role};
use firm::Firm;
use serde_json::json;
use service::{Call, advice, exchanges};
use sha2::{Digest, Sha256};

const SHA: &str = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";

fn dossier(firm: &Firm, name: &str, siren: &str) -> DossierId {
    let facts = serde_json::from_value(json!({ "siren": siren, "name": name })).unwrap();
    service::dossiers::create_dossier(&firm.call, Nothing {}, Nothing {}, NewDossier { facts }).unwrap().reply.id
}

fn exchange(on: &str, subject: &str, text: &str) -> NewExchange {
    NewExchange {
        kind: ExchangeKind::Told,
        channel: ExchangeChannel::Meeting,
        on: on.parse().unwrap(),
        subject: subject.to_owned(),
        text: text.to_owned(),
        attachment: None,
    }
}

fn record(call: &Call, id: DossierId, body: NewExchange) -> Exchange {
    exchanges::create_exchange(call, id, Nothing {}, body).unwrap().reply
}

fn cancel(call: &Call, id: ExchangeId, reason: &str) -> service::Result<Exchange> {
    exchanges::cancel_exchange(call, id, Nothing {}, ExchangeCancel { reason: reason.to_owned() }).map(|a| a.reply)
}

fn list(call: &Call, id: DossierId, limit: Option<u32>, after: Option<String>) -> ExchangePage {
    exchanges::list_exchanges(call, id, PageQuery { limit, after }, Nothing {}).unwrap().reply
}

fn join(firm: &Firm, email: &str, role: Role, access: Access) -> Call {
    let portfolio_ids = Vec::new();
    let body = NewInvitation { email: email.into(), role, access: Some(access), portfolio_ids, aliases: Vec::new() };
    let link =
        service::people::create_invitation(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply.link.unwrap();
    let body = InvitationAnswer {
        token: link.split_once('#').unwrap().1.to_owned(),
        name: format!("Personne {role}"),
        password: "quatre mots bien assez longs".into(),
    };
    let nobody = Call { actor: None, ..firm.call.clone() };
    let token = service::session::accept_invitation(&nobody, Nothing {}, Nothing {}, body).unwrap().reply.access_token;
    Call { actor: Some(service::session::authenticate(&firm.app, &token, firm.call.now).unwrap()), ..firm.call.clone() }
}

fn files(call: &Call, id: DossierId) -> (String, Vec<(String, Vec<u8>)>) {
    let file = advice::export_advice_file(call, id, Nothing {}, Nothing {}).unwrap().file.unwrap();
    assert_eq!(file.media_type, "application/zip");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file.bytes)).unwrap();
    let parts = (0..archive.len())
        .map(|n| {
            let mut part = archive.by_index(n).unwrap();
            let mut bytes = Vec::new();
            part.read_to_end(&mut bytes).unwrap();
            (part.name().unwrap().into_owned(), bytes)
        })
        .collect();
    (file.name, parts)
}

fn part<'a>(parts: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    &parts.iter().find(|(n, _)| n == name).unwrap_or_else(|| panic!("no {name}")).1
}

fn rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').has_headers(true).from_reader(text);
    reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
}

both_databases! {
    fn exchanges_are_recorded_once_and_cancelled_in_sight(firm) {
        let id = dossier(firm, "Boulangerie de l’Île SARL", "732829320");
        let first = record(&firm.call, id, exchange("2026-03-02", "Calendrier de la réforme", "Deux dates.\r\nUne question."));
        assert_eq!((first.text.as_str(), first.by_name.as_deref()), ("Deux dates.\nUne question.", Some("Claire Martin")));
        let attachment = Some(Attachment { name: "lettre.pdf".into(), sha256: SHA.into() });
        let second = record(&firm.call, id, NewExchange { attachment, ..exchange("2026-04-01", "Lettre de mission", "") });
        assert_eq!(second.attachment.as_ref().unwrap().sha256, SHA.to_lowercase());
        let third = record(&firm.call, id, exchange("2026-04-01", "Relance", ""));
        let page = list(&firm.call, id, Some(2), None);
        assert_eq!(page.data.iter().map(|e| e.id).collect::<Vec<_>>(), [third.id, second.id], "the latest day first");
        let rest = list(&firm.call, id, Some(2), page.next);
        assert_eq!((rest.data, rest.next), (vec![first.clone()], None));

        let cancelled = cancel(&firm.call, third.id, "Mauvais dossier").unwrap();
        assert_eq!(cancelled.cancelled.as_ref().unwrap().reason, "Mauvais dossier");
        assert_eq!(list(&firm.call, id, None, None).data[0], cancelled, "it stays and says so");
        assert_eq!(cancel(&firm.call, third.id, "Encore").unwrap_err().code, Code::Conflict);

        let actions: Vec<_> = service::journal::list_dossier_journal(&firm.call, id, PageQuery::default(), Nothing {})
            .unwrap().reply.data.into_iter().map(|e| e.action).collect();
        // Each of them changes what proves that the client is informed.
        let proved = ["dossier.update", "exchange.create"];
        let told = ["dossier.update", "exchange.cancel"].into_iter().chain([proved; 3].concat()).chain(["dossier.create"]);
        assert_eq!(actions, told.collect::<Vec<_>>());
        // Not even somebody with a database tool changes a row.
        let mut conn = firm.app.store.conn().unwrap();
        for statement in ["UPDATE exchanges SET body = 'x'", "DELETE FROM exchanges"] {
            let refused = conn.batch_execute(statement).unwrap_err();
            assert!(refused.to_string().contains("append-only"), "{refused}");
        }
        drop(conn);
        firm.assert_whole();
    }

    fn what_was_told_proves_that_the_client_is_informed(firm) {
        let id = dossier(firm, "Boulangerie du Port", "732829320");
        let call = &firm.call;
        let informed = || {
            let read = service::dossiers::read_dossier(call, id, Nothing {}, Nothing {}).unwrap().reply;
            let criterion =
                read.readiness.criteria.into_iter().find(|c| c.criterion == Criterion::ClientInformed).unwrap();
            (criterion.state, criterion.proof.map(|p| (p.what, p.on.to_string(), p.source)))
        };
        assert_eq!(informed(), (CriterionState::Missing, None));
        record(call, id, NewExchange { kind: ExchangeKind::Asked, ..exchange("2026-10-01", "Chiffres", "") });
        assert_eq!(informed(), (CriterionState::Missing, None), "to ask is not to inform");
        let first = record(call, id, exchange("2026-10-02", "La réforme", ""));
        let later = record(call, id, exchange("2026-11-03", "Choix d’une plateforme", ""));
        record(call, id, exchange("2026-10-20", "Rappel", ""));
        let proof = |what: &str, on: &str| (CriterionState::Met, Some((what.into(), on.into(), ProofSource::Exchange)));
        assert_eq!(informed(), proof("Choix d’une plateforme", "2026-11-03"));
        cancel(call, later.id, "Autre dossier").unwrap();
        assert_eq!(informed(), proof("Rappel", "2026-10-20"));
        cancel(call, first.id, "Doublon").unwrap();
        assert_eq!(informed(), proof("Rappel", "2026-10-20"));
        firm.assert_whole();
    }

    fn what_is_refused_says_where_and_what_is_expected(firm) {
        let id = dossier(firm, "Garage", "732829320");
        let refused = |body: NewExchange| {
            let error = exchanges::create_exchange(&firm.call, id, Nothing {}, body).unwrap_err();
            assert_eq!(error.code, Code::Invalid);
            error.fields.into_iter().map(|f| f.pointer).collect::<Vec<_>>()
        };
        assert_eq!(refused(exchange("2999-01-01", "Objet", "")), ["/on"]);
        assert_eq!(refused(exchange("1999-12-31", " ", &"a".repeat(10_001))), ["/subject", "/text", "/on"]);
        assert_eq!(refused(exchange("2026-01-01", "Objet", "a\u{0}b")), ["/text"]);
        let attachment = Some(Attachment { name: String::new(), sha256: "abc".into() });
        let body = NewExchange { attachment, ..exchange("2026-01-01", "Objet", "") };
        assert_eq!(refused(body), ["/attachment/name", "/attachment/sha256"]);
        assert!(list(&firm.call, id, None, None).data.is_empty());
        let told = record(&firm.call, id, exchange("2026-01-01", "Objet", ""));
        assert_eq!(cancel(&firm.call, told.id, "  ").unwrap_err().code, Code::Invalid);
    }

    fn an_exchange_of_somebody_else_is_cancelled_by_who_manages(firm) {
        let portfolio = firm.portfolio("Lille");
        let facts = json!({ "siren": "732829320", "name": "Garage", "portfolio_id": portfolio });
        let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
        let id = service::dossiers::create_dossier(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply.id;
        let staff = join(firm, "karim@essai.example", Role::Staff, Access::Granted);
        let told = record(&firm.call, id, exchange("2026-01-01", "Objet", ""));
        // Out of sight: neither read nor cancelled.
        let ask = exchanges::list_exchanges(&staff, id, PageQuery::default(), Nothing {});
        assert_eq!(ask.unwrap_err().code, Code::NotFound);
        assert_eq!(cancel(&staff, told.id, "Non").unwrap_err().code, Code::NotFound);
        let ask = advice::export_advice_file(&staff, id, Nothing {}, Nothing {});
        assert_eq!(ask.unwrap_err().code, Code::NotFound);
        let people = service::people::list_people(&firm.call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        let karim = people.iter().find(|p| p.email == "karim@essai.example").unwrap();
        let change = PersonChange { portfolio_ids: Some(vec![portfolio]), ..Default::default() };
        let by = Call { if_match: Some(karim.version), ..firm.call.clone() };
        service::people::update_person(&by, karim.id, Nothing {}, change).unwrap();
        let staff = {
            let body = Credentials { email: "karim@essai.example".into(), password: "quatre mots bien assez longs".into() };
            let nobody = Call { actor: None, ..firm.call.clone() };
            let token =
                service::session::create_session(&nobody, Nothing {}, Nothing {}, body).unwrap().reply.access_token;
            Call { actor: Some(service::session::authenticate(&firm.app, &token, firm.call.now).unwrap()), ..nobody }
        };
        assert_eq!(cancel(&staff, told.id, "Non").unwrap_err().code, Code::Forbidden);
        let own = record(&staff, id, exchange("2026-01-02", "Le mien", ""));
        assert!(cancel(&staff, own.id, "Saisi deux fois").unwrap().cancelled.is_some());
        let manager = join(firm, "anne@essai.example", Role::Manager, Access::All);
        let cancelled = cancel(&manager, told.id, "Double").unwrap().cancelled.unwrap();
        assert_eq!(cancelled.by_name.as_deref(), Some("Personne manager"));
    }

    fn the_file_holds_together_without_us(firm) {
        let name = "=cmd|'/c calc'!A1 <script>alert(1)</script>";
        let id = dossier(firm, name, "732829320");
        dossier(firm, "Un autre client", "552100554");
        let told = record(&firm.call, id, exchange("2026-03-02", "=1+1", "« Deux » dates & <b>gras</b>"));
        let wrong = record(&firm.call, id, exchange("2026-03-03", "Erreur", ""));
        cancel(&firm.call, wrong.id, "Mauvais dossier").unwrap();

        let file = advice::read_advice_file(&firm.call, id, Nothing {}, Nothing {}).unwrap().reply;
        assert_eq!((file.cabinet.as_str(), file.dossier.id), ("Cabinet Essai", id));
        assert_eq!(file.exchanges.iter().map(|e| e.exchange.id).collect::<Vec<_>>(), [told.id, wrong.id], "oldest first");
        assert_eq!(file.journal.len(), 7);
        let last = file.journal.last().unwrap();
        assert_eq!((file.chain.seq, &file.chain.hash), (last.entry.seq, &last.entry.hash));
        let row = file.journal.iter().find(|r| r.entry.seq == file.exchanges[0].seq).unwrap();
        assert_eq!(row.entry.hash, file.exchanges[0].hash);
        assert_eq!(row.entry.changes["text"][1], "« Deux » dates & <b>gras</b>");

        let (archive, parts) = files(&firm.call, id);
        assert_eq!(archive, format!("cabready-dossier-de-conseil-732829320-{}.zip", file.as_of));
        let names: Vec<_> = parts.iter().map(|(n, _)| n.as_str()).collect();
        assert_eq!(names, ["dossier-de-conseil.html", "echanges.csv", "journal.csv", "SHA256SUMS"]);
        let sums = std::str::from_utf8(part(&parts, "SHA256SUMS")).unwrap();
        assert_eq!(sums.lines().count(), 3);
        for line in sums.lines() {
            let (sum, name) = line.split_once("  ").unwrap();
            let digest: String = Sha256::digest(part(&parts, name)).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(sum, digest, "{name}");
        }

        let page = std::str::from_utf8(part(&parts, "dossier-de-conseil.html")).unwrap();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains("<b>gras"), "{page}");
        assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("src=") && !page.contains("url("));
        for said in ["Cabinet Essai", "732829320", &file.chain.hash, "Mauvais dossier", "Échange annulé", "@media print"] {
            assert!(page.contains(said), "{said}");
        }

        let exchanges = rows(part(&parts, "echanges.csv"));
        assert_eq!(exchanges.len(), 2);
        assert_eq!(exchanges[0][3], "'=1+1", "neutralised");
        assert_eq!((exchanges[1][11].as_str(), &exchanges[0][13]), ("Mauvais dossier", &file.exchanges[0].hash));

        // Each hash is computed again from the table alone.
        let journal = rows(part(&parts, "journal.csv"));
        assert_eq!(journal.len(), 7);
        for cells in &journal {
            let cell = |n: usize| cells[n].strip_prefix("'").unwrap_or(&cells[n]);
            let link = domain::journal::Link {
                previous: cell(12),
                cabinet_id: cell(11),
                seq: cell(0).parse().unwrap(),
                at: cell(1),
                actor: cell(3),
                action: cell(4),
                subject_kind: cell(5),
                subject_id: cell(6),
                subject_label: cell(7),
                changes: cell(8),
                request_id: cell(9),
                act_id: cell(10),
            };
            assert_eq!(domain::journal::hash(&link), cells[13]);
        }
    }

    fn an_import_taken_back_keeps_what_was_advised(firm) {
        let import = firm.take_in("clients.csv", "SIREN;Nom\n732829320;Garage\n552100554;Peugeot\n".as_bytes());
        let id = firm.all().into_iter().find(|r| r.name == "Garage").unwrap().id;
        record(&firm.call, id, exchange("2026-01-01", "Objet", ""));
        let undone = firm.undo(import.id).undo.unwrap();
        assert_eq!((undone.reversed, undone.kept), (1, 1));
        assert_eq!(list(&firm.call, id, None, None).data.len(), 1);
    }
}
