//! The client's link as a client has it: from the message to the signed document, and everything that must not open it.

mod visitor;

use contract::endpoint::op;
use contract::{
    Dossier, DossierChange, LinkList, MailState, MandateQuery, MandatesInput, NewDossier, NewLink, Nothing,
    ProposalQuery, ProposalState, ProposalsInput,
};
use domain::{DossierId, MandateId, MandateKind, MandateState};
use serde_json::json;
use testkit::{Message, Person, TestApp, both_databases, sample, sql};
use visitor::{follow, get, press, refusal};

fn dossier(app: &TestApp, person: &Person, number: u32, email: &str) -> Dossier {
    let mut facts = sample::facts(number);
    facts.contacts =
        serde_json::from_value(json!([{ "name": "Paul Durand", "email": email, "phone": "+33320000000" }])).unwrap();
    app.call::<op::CreateDossier>(&person.token, Nothing {}, Nothing {}, NewDossier { facts })
        .unwrap_or_else(|p| panic!("{p:?}"))
}

/// Makes mandates and sends them.
fn send(app: &TestApp, person: &Person, dossiers: &[DossierId], kinds: &[MandateKind]) {
    let body = MandatesInput {
        ids: Some(dossiers.to_vec()),
        filter: None,
        kinds: kinds.to_vec(),
        starts_on: None,
        ends_on: None,
        send: true,
        preview: false,
    };
    let done =
        app.call::<op::CreateMandates>(&person.token, Nothing {}, Nothing {}, body).unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(done.changed as usize, dossiers.len() * kinds.len(), "{done:?}");
}

/// State and id of each mandate, and where it was sent.
fn mandates(app: &TestApp, person: &Person) -> Vec<(MandateState, MandateId, Option<String>)> {
    let query = contract::MandateListQuery { filter: MandateQuery::default(), ..Default::default() };
    let page = app.call::<op::ListMandates>(&person.token, Nothing {}, query, Nothing {});
    let mut rows: Vec<_> =
        page.unwrap_or_else(|p| panic!("{p:?}")).data.into_iter().map(|m| (m.state, m.id, m.sent_to)).collect();
    rows.sort_by_key(|r| r.1);
    rows
}

#[track_caller]
fn wait_for_state(app: &TestApp, person: &Person, state: MandateState) {
    for _ in 0..500 {
        if mandates(app, person).iter().all(|m| m.0 == state) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("not all are {state}: {:?}", mandates(app, person));
}

fn links(app: &TestApp, person: &Person, id: DossierId) -> LinkList {
    app.call::<op::ListLinks>(&person.token, id, Nothing {}, Nothing {}).unwrap_or_else(|p| panic!("{p:?}"))
}

/// A cabinet with one dossier whose client has one document to sign, and the message that asks for it.
fn asked(app: &TestApp, number: u32) -> (Person, Dossier, Message) {
    let person = app.sign_up("Cabinet Léa");
    let dossier = dossier(app, &person, number, "paul@exemple.fr");
    let before = app.mails().len();
    send(app, &person, &[dossier.id], &[MandateKind::Delegation]);
    let mail = app.wait_for_mails(before + 1).swap_remove(before);
    wait_for_state(app, &person, MandateState::Sent);
    (person, dossier, mail)
}

/// A press that is refused: it leads to a page of its own, which says why and is read again as often as one likes.
#[track_caller]
fn refused(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> String {
    let to = follow(app, path, fields);
    refusal(app, &to)
}

/// Addresses on a page, of links and of forms.
fn addresses(page: &str) -> Vec<String> {
    ["href=\"", "action=\""]
        .iter()
        .flat_map(|mark| page.split(mark).skip(1).filter_map(|rest| rest.split('"').next()))
        .filter(|a| a.starts_with('/'))
        .map(str::to_owned)
        .collect()
}

/// Passes every question; answers where the first document is.
fn skip_questions(app: &TestApp, link: &str) -> String {
    let mut at = follow(app, &format!("{link}/commencer"), &[]);
    while at.contains("/question/") {
        at = follow(app, &at, &[("passer", "1")]);
    }
    at
}

both_databases!(one_message_for_everything_of_a_contact, |app| {
    let person = app.sign_up("Cabinet Léa");
    let ids: Vec<_> = [(1, "paul@exemple.fr"), (2, "Paul@Exemple.fr"), (3, "anne@exemple.fr")]
        .map(|(n, email)| dossier(&app, &person, n, email).id)
        .to_vec();
    send(&app, &person, &ids, &[MandateKind::Delegation, MandateKind::EngagementAddendum]);
    let mails = app.wait_for_mails(2);
    wait_for_state(&app, &person, MandateState::Sent);
    assert_eq!(app.mails().len(), 2, "one for each contact");
    let paul = mails.iter().find(|m| m.to == "paul@exemple.fr").expect("one for Paul");
    assert!(paul.subject.contains("4 documents à signer"), "{}", paul.subject);
    assert!(paul.text.contains("Société 1 SARL") && paul.text.contains("Société 2 SARL"), "{}", paul.text);
    assert!(!paul.text.contains("[["), "{}", paul.text);
    assert_eq!(mandates(&app, &person).iter().filter(|m| m.2.as_deref() == Some("paul@exemple.fr")).count(), 4);

    // The firm reads it without the secret.
    let page = app.get::<op::ListMails>(&person);
    assert_eq!((page.data.len(), page.outgoing.goes_out), (2, false));
    let row = page.data.iter().find(|m| m.to == "paul@exemple.fr").unwrap();
    assert_eq!((row.state, row.mandates.len(), row.dossiers.len()), (MailState::Sent, 4, 2));
    assert_eq!(row.message_id, format!("<{}>", paul.id));
    let read = app.call::<op::ReadMail>(&person.token, row.id, Nothing {}, Nothing {}).unwrap();
    assert!(read.text.contains("/l/…") && !read.text.contains("lnk_"), "{}", read.text);

    // Nobody else reads it.
    let other = app.sign_up("Autre cabinet");
    assert!(app.get::<op::ListMails>(&other).data.is_empty());
    assert_eq!(app.call::<op::ReadMail>(&other.token, row.id, Nothing {}, Nothing {}).unwrap_err().status, 404);
    let link = links(&app, &person, ids[0]).data.swap_remove(0);
    assert_eq!(app.call::<op::DeleteLink>(&other.token, link.id, Nothing {}, Nothing {}).unwrap_err().status, 404);
    assert_eq!(app.call::<op::ListLinks>(&other.token, ids[0], Nothing {}, Nothing {}).unwrap_err().status, 404);
});

both_databases!(who_opens_everything_changes_nothing, |app| {
    let (person, dossier, mail) = asked(&app, 1);
    let link = mail.link();
    let state = || {
        let links = links(&app, &person, dossier.id).data;
        let proposals = app.get::<op::ListProposals>(&person).data;
        format!("{:?} {links:?} {proposals:?} {}", mandates(&app, &person), app.mails().len())
    };
    let before = state();
    // All that the message and the first page name, and all that is known to be behind.
    let page = get(&app, &link);
    assert_eq!(page.status, 200, "{}", page.text());
    let mut all = addresses(&page.text());
    let known = [
        "commencer",
        "question/1",
        "signer/1",
        "refuser/1",
        "corriger/1",
        "papier/1",
        "code",
        "fin",
        "terminer",
        "merci",
    ];
    all.extend(known.iter().map(|p| format!("{link}/{p}")));
    for path in &all {
        for method in ["GET", "HEAD"] {
            let response = app.raw(method, path).send();
            assert!(response.status < 500, "{method} {path}: {}", response.status);
        }
    }
    assert_eq!(state(), before);

    // Once somebody has begun, the same.
    follow(&app, &format!("{link}/commencer"), &[]);
    let opened = state();
    assert_ne!(opened, before);
    assert!(opened.contains("Opened"), "{opened}");
    for path in &all {
        let response = get(&app, path);
        for next in addresses(&response.text()) {
            assert!(get(&app, &next).status < 500, "{next}");
        }
    }
    assert_eq!(state(), opened);
});

both_databases!(every_page_is_small_plain_and_private, |app| {
    let (_, _, mail) = asked(&app, 1);
    let link = mail.link();
    let css = get(&app, "/l/link.css");
    assert_eq!((css.status, css.header("content-type")), (200, Some("text/css; charset=utf-8")));
    let first = follow(&app, &format!("{link}/commencer"), &[]);
    let mut pages = vec![link.clone(), first.clone(), format!("{link}/fin"), format!("{link}/signer/1")];
    pages.extend((2..=7).map(|n| format!("{link}/question/{n}")));
    pages.extend(["papier/1", "corriger/1", "merci"].map(|p| format!("{link}/{p}")));
    for path in pages {
        let page = get(&app, &path);
        let text = page.text();
        assert_eq!(page.status, 200, "{path}: {text}");
        assert!(page.body.len() + css.body.len() <= 60_000, "{path}: {} bytes", page.body.len() + css.body.len());
        assert!(!text.contains("<script") && !text.contains("style="), "{path}: {text}");
        // No attribute that runs something.
        let runs = text.split(" on").skip(1).any(|rest| {
            rest.find(|c: char| !c.is_ascii_alphabetic()).is_some_and(|at| at > 0 && rest[at..].starts_with('='))
        });
        assert!(!runs, "{path}: {text}");
        assert!(text.contains("lang=\"fr\"") && text.contains("width=device-width"), "{path}");
        for (header, value) in [
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("x-robots-tag", "noindex, nofollow, noarchive"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(header), Some(value), "{path}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
});

both_databases!(every_page_says_who_answers_for_the_data, |app| {
    let (person, _, mail) = asked(&app, 1);
    let settings = app.get::<op::ReadCollectionSettings>(&person);
    let told = |contact: &str| {
        let page = get(&app, &mail.link()).text();
        assert!(page.contains("Cabinet Léa en est responsable") && page.contains("CNIL"), "{page}");
        assert!(page.contains(contact), "{contact}: {page}");
    };
    told("Pour les consulter");
    let change = |version: i64, fields: serde_json::Value| {
        let mut change = serde_json::to_value(&settings).unwrap();
        change.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        app.ask::<op::UpdateCollectionSettings>(Nothing {}, Nothing {}, serde_json::from_value(change).unwrap())
            .token(&person.token)
            .if_match(version)
            .reply()
            .unwrap()
            .version
    };
    let version = change(settings.version, json!({ "firm_address": "4 rue du Lac", "firm_city": "Lille" }));
    told("faire effacer\u{a0}: 4 rue du Lac, Lille.");
    change(version, json!({ "privacy_contact": "Mme Petit <donnees@lea.example>" }));
    told("faire effacer\u{a0}: Mme Petit &lt;donnees@lea.example&gt;.");
});

both_databases!(a_page_of_another_site_presses_nothing, |app| {
    let (person, _, mail) = asked(&app, 1);
    let begin = format!("{}/commencer", mail.link());
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://ailleurs.example")] {
        assert_eq!(app.raw("POST", &begin).header(name, value).send().status, 403, "{value}");
    }
    assert!(mandates(&app, &person).iter().all(|m| m.0 == MandateState::Sent));
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", "null"), ("origin", app.url().as_str())] {
        assert_eq!(app.raw("POST", &begin).header(name, value).send().status, 303, "{value}");
    }
});

both_databases!(answers_wait_for_the_firm_and_become_facts, |app| {
    let (person, dossier, mail) = asked(&app, 1);
    let link = mail.link();
    let mut at = follow(&app, &format!("{link}/commencer"), &[]);
    // Until the number of invoices is asked for.
    while !get(&app, &at).text().contains("invoices_per_month") {
        at = follow(&app, &at, &[("passer", "1")]);
    }
    let volume = at.clone();
    let text = refused(&app, &volume, &[("invoices_per_month", "beaucoup <b>")]);
    assert!(text.contains("value=\"beaucoup &lt;b&gt;\"") && text.contains("aria-invalid"), "{text}");
    // Under the address of the question itself stands the question, with nothing of what was refused.
    assert!(!get(&app, &volume).text().contains("beaucoup"));
    let empty = refused(&app, &volume, &[("invoices_per_month", " ")]);
    assert!(empty.contains("Passer"), "{empty}");
    assert!(app.get::<op::ListProposals>(&person).data.is_empty());

    follow(&app, &volume, &[("invoices_per_month", "12")]);
    // Whoever goes back to the refusal afterwards finds the question, and sends nothing.
    let back = get(&app, &format!("{volume}/revoir"));
    assert_eq!((back.status, back.header("location")), (303, Some(volume.as_str())));
    assert!(get(&app, &volume).text().contains("value=\"12\""), "what was answered stands there");
    follow(&app, &volume, &[("invoices_per_month", "1 200")]);
    let list = app.get::<op::ListProposals>(&person);
    assert_eq!(list.pending, 1);
    let states: Vec<_> = list.data.iter().map(|p| (p.proposed.clone(), p.state)).collect();
    assert_eq!(states, [(json!(1200), ProposalState::Pending), (json!(12), ProposalState::Replaced)]);
    assert_eq!((list.data[0].known.as_ref(), list.data[0].by.as_deref()), (None, Some("Paul Durand")));
    let read = || app.call::<op::ReadDossier>(&person.token, dossier.id, Nothing {}, Nothing {}).unwrap();
    assert_eq!(read().facts.invoices_per_month, None);

    // Another firm sees none of it, and decides none of it.
    let other = app.sign_up("Autre cabinet");
    assert!(app.get::<op::ListProposals>(&other).data.is_empty());
    let decide = |person: &Person, accept| {
        let body = ProposalsInput { ids: Some(vec![list.data[0].id]), accept };
        app.call::<op::DecideProposals>(&person.token, Nothing {}, Nothing {}, body).unwrap()
    };
    assert_eq!(decide(&other, true).changed, 0);
    let done = decide(&person, true);
    assert_eq!((done.changed, done.left_out), (1, 0));
    assert_eq!(read().facts.invoices_per_month, Some(1200));
    app.call::<op::UndoAct>(&person.token, done.act_id.expect("it can be taken back"), Nothing {}, Nothing {}).unwrap();
    assert_eq!(read().facts.invoices_per_month, None);
    assert_eq!(decide(&person, false).changed, 0, "decided already");
    let query = ProposalQuery { dossier_id: Some(dossier.id), ..Default::default() };
    let list = app.call::<op::ListProposals>(&person.token, Nothing {}, query, Nothing {}).unwrap();
    assert_eq!(list.data[0].state, ProposalState::Accepted);
});

both_databases!(answers_count_at_once_where_the_firm_says_so, |app| {
    let (person, dossier, mail) = asked(&app, 1);
    let settings = app.get::<op::ReadCollectionSettings>(&person);
    let mut change = serde_json::to_value(&settings).unwrap();
    change["accept_answers"] = json!(true);
    let change = serde_json::from_value(change).unwrap();
    app.ask::<op::UpdateCollectionSettings>(Nothing {}, Nothing {}, change)
        .token(&person.token)
        .if_match(settings.version)
        .reply()
        .unwrap();
    let mut at = follow(&app, &format!("{}/commencer", mail.link()), &[]);
    while !get(&app, &at).text().contains("name=\"vat_regime\"") {
        at = follow(&app, &at, &[("passer", "1")]);
    }
    follow(&app, &at, &[("vat_regime", "franchise")]);
    let read = app.call::<op::ReadDossier>(&person.token, dossier.id, Nothing {}, Nothing {}).unwrap();
    assert_eq!(read.facts.vat_regimes.len(), 1);
    assert_eq!(app.get::<op::ListProposals>(&person).data[0].state, ProposalState::Accepted);
});

/// From the first document to the code that was sent.
fn to_code(app: &TestApp, link: &str) -> (String, String) {
    let sign = skip_questions(app, link);
    assert!(sign.contains("/signer/1"), "{sign}");
    let page = get(app, &sign).text();
    let document = addresses(&page).into_iter().find(|a| a.contains("/document/")).expect("a document to read");
    let pdf = get(app, &document);
    assert!(pdf.body.starts_with(b"%PDF") && pdf.header("content-disposition").unwrap().starts_with("attachment"));
    // Nothing is signed without name, quality and the box.
    let page = refused(app, &sign, &[("name", "Paul Durand"), ("quality", "")]);
    assert!(page.contains("value=\"Paul Durand\"") && page.contains("agreed-error"));
    // The reasons stand beside their fields; the top of the page leads there.
    assert!(page.contains("href=\"#quality\"") && page.contains("id=\"quality\""), "{page}");
    assert_eq!(page.matches(" autofocus").count(), 1, "{page}");
    let code = follow(app, &sign, &[("name", "Paul Durand"), ("quality", "Gérant"), ("agreed", "yes")]);
    assert!(code.ends_with("/code"), "{code}");
    let before = app.mails().len();
    follow(app, &code, &[("envoyer", "1")]);
    let mail = app.wait_for_mails(before + 1).swap_remove(before);
    assert_eq!(mail.to, "paul@exemple.fr");
    (code, mail.code())
}

fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

both_databases!(a_signature_is_sealed_with_the_code_of_the_message, |app| {
    let (person, dossier, mail) = asked(&app, 1);
    let link = mail.link();
    // Of a client who is reached by the reform for certain, a mandate counts.
    let regime = json!([{ "regime": "real_monthly", "from": null }]);
    let body = DossierChange { fields: [("vat_regimes".to_owned(), regime)].into() };
    let dossier = app
        .ask::<op::UpdateDossier>(dossier.id, Nothing {}, body)
        .token(&person.token)
        .if_match(dossier.version)
        .reply()
        .unwrap();
    let (at, code) = to_code(&app, &link);
    let page = refused(&app, &at, &[("code", &wrong(&code))]);
    assert!(page.contains("4 essais"), "{page}");
    assert!(mandates(&app, &person).iter().all(|m| m.0 == MandateState::Opened));
    let end = follow(&app, &at, &[("code", &code)]);
    assert!(get(&app, &end).text().contains("signé"), "{}", get(&app, &end).text());
    assert!(mandates(&app, &person).iter().all(|m| m.0 == MandateState::Accepted));

    // The score has moved with it.
    let after = app.call::<op::ReadDossier>(&person.token, dossier.id, Nothing {}, Nothing {}).unwrap();
    assert!(after.readiness.score > dossier.readiness.score, "{} > {}", after.readiness.score, dossier.readiness.score);

    let id = mandates(&app, &person)[0].1;
    let mandate = app.call::<op::ReadMandate>(&person.token, id, Nothing {}, Nothing {}).unwrap();
    let certified = &mandate.documents[0];
    assert_eq!(certified.kind, contract::DocumentKind::Certified);
    let pdf = app.ask::<op::ReadDocument>(certified.id, Nothing {}, Nothing {}).token(&person.token).send();
    let part = paper::signed_part(&pdf.body).expect("a certificate that holds");
    assert_eq!(part.sha256, mandate.documents[1].sha256, "of the very document that was sent");

    // The same is to be had at the end of the link.
    let own = format!("{link}/document/{id}");
    assert!(addresses(&get(&app, &end).text()).contains(&own));
    assert_eq!(get(&app, &own).body, pdf.body);

    let copy = app.wait_for_mails(3).swap_remove(2);
    assert_eq!((copy.files.len(), copy.to.as_str()), (1, "paul@exemple.fr"));
    assert_eq!(copy.files[0].1, pdf.body);

    // The code is worth nothing any more, and once all is done neither is the link.
    assert_eq!(follow(&app, &at, &[("code", &code)]), end);
    let thanks = follow(&app, &format!("{link}/terminer"), &[]);
    assert_eq!(get(&app, &thanks).status, 200);
    let used = get(&app, &link);
    assert!(used.status == 410 && used.text().contains("Tout est fait"), "{}", used.text());
});

both_databases!(a_code_cannot_be_guessed, |app| {
    let (person, _, mail) = asked(&app, 1);
    let (at, code) = to_code(&app, &mail.link());
    for _ in 0..5 {
        refused(&app, &at, &[("code", &wrong(&code))]);
    }
    let late = refused(&app, &at, &[("code", &code)]);
    assert!(late.contains("demandez-en un autre"), "{late}");
    // A fresh one, twice; a fourth within the hour is refused.
    for n in 0..2 {
        follow(&app, &at, &[("envoyer", "1")]);
        app.wait_for_mails(n + 3);
    }
    let fourth = refused(&app, &at, &[("envoyer", "1")]);
    assert!(fourth.contains("3 codes"), "{fourth}");
    assert!(mandates(&app, &person).iter().all(|m| m.0 == MandateState::Opened));
    // The code before the last is dead; the last one signs.
    let mails = app.wait_for_mails(4);
    let codes: Vec<String> = mails[1..].iter().map(Message::code).collect();
    if codes[1] != codes[2] {
        refused(&app, &at, &[("code", &codes[1])]);
    }
    follow(&app, &at, &[("code", &codes[2])]);
    assert!(mandates(&app, &person).iter().all(|m| m.0 == MandateState::Accepted));
});

both_databases!(a_code_is_good_for_ten_minutes, |app| {
    let (_, _, mail) = asked(&app, 1);
    let (at, code) = to_code(&app, &mail.link());
    sql(app.database_url(), "UPDATE links SET code_expires_at = code_expires_at - 600000001");
    let late = refused(&app, &at, &[("code", &code)]);
    assert!(late.contains("demandez-en un autre"), "{late}");
});

both_databases!(a_link_that_does_not_open_says_why_and_whom_to_ask, |app| {
    let (person, dossier, mail) = asked(&app, 1);
    let link = mail.link();
    let forged = format!("{}0", &link[..link.len() - 1]);
    for path in [forged.as_str(), "/l/lnk_", "/l/x", "/l/lnk_0000/code"] {
        if path != link {
            let unknown = get(&app, path);
            assert!(
                unknown.status == 404 && unknown.text().contains("Ce lien n’existe pas"),
                "{path}: {}",
                unknown.text()
            );
        }
    }
    let document = format!("{link}/document/{}", mandates(&app, &person)[0].1);
    assert_eq!(get(&app, &document).status, 200);

    // Of another client, nothing.
    let (_, _, mail_of_other) = asked(&app, 2);
    let crossed = format!("{}/document/{}", mail_of_other.link(), mandates(&app, &person)[0].1);
    assert_eq!(get(&app, &crossed).status, 404);

    sql(app.database_url(), "UPDATE links SET expires_at = expires_at - 31536000000000");
    let expired = get(&app, &link);
    assert!(expired.status == 410 && expired.text().contains("plus valable"), "{}", expired.text());
    assert!(expired.text().contains("Cabinet Léa"));
    assert_eq!(press(&app, &format!("{link}/commencer"), &[]).status, 410);
    assert_eq!(get(&app, &document).status, 410);

    sql(app.database_url(), "UPDATE links SET expires_at = expires_at + 31536000000000");
    let id = links(&app, &person, dossier.id).data[0].id;
    app.call::<op::DeleteLink>(&person.token, id, Nothing {}, Nothing {}).unwrap();
    let revoked = get(&app, &link);
    assert!(revoked.status == 410 && revoked.text().contains("retiré"), "{}", revoked.text());
    assert_eq!(get(&app, &document).status, 410);
    assert!(mandates(&app, &person).iter().all(|m| m.0 == MandateState::Sent));
});

both_databases!(who_guesses_addresses_is_slowed_down, |app| {
    let statuses: Vec<u16> = (0..30).map(|n| get(&app, &format!("/l/lnk_{n:040x}")).status).collect();
    assert!(statuses[..20].iter().all(|s| *s == 404), "{statuses:?}");
    assert!(statuses[20..].contains(&429), "{statuses:?}");
});

both_databases!(a_client_declines_with_a_reason, |app| {
    let (person, _, mail) = asked(&app, 1);
    skip_questions(&app, &mail.link());
    let decline = format!("{}/refuser/1", mail.link());
    let page = refused(&app, &decline, &[("reason", " ")]);
    assert!(page.contains("<details open>") && page.contains("reason-error"), "{page}");
    follow(&app, &decline, &[("reason", "Je change de cabinet")]);
    let id = mandates(&app, &person)[0].1;
    let mandate = app.call::<op::ReadMandate>(&person.token, id, Nothing {}, Nothing {}).unwrap();
    assert_eq!(
        (mandate.row.state, mandate.row.reason.as_deref()),
        (MandateState::Refused, Some("Je change de cabinet"))
    );
});

both_databases!(a_sheet_signed_on_paper_is_looked_at, |app| {
    let (person, _, mail) = asked(&app, 1);
    skip_questions(&app, &mail.link());
    let id = mandates(&app, &person)[0].1;
    let upload = |name: &str, bytes: &[u8]| {
        let mut body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"mandate\"\r\n\r\n{id}\r\n--x\r\n\
             Content-Disposition: form-data; name=\"sheet\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--x--\r\n");
        app.raw("POST", &format!("{}/papier/1", mail.link())).body("multipart/form-data; boundary=x", body).send()
    };
    for (name, bytes) in [("mandat.pdf", b"<html><script>alert(1)</script></html>".as_slice()), ("mandat.pdf", b"")] {
        let page = refusal(&app, upload(name, bytes).header("location").unwrap());
        assert!(page.contains("sheet-error"), "{page}");
    }
    let large = vec![b' '; 21 * 1024 * 1024];
    let page = refusal(&app, upload("mandat.pdf", &large).header("location").unwrap());
    assert!(page.contains("dépasse 20 Mo") && page.contains("sheet-error"), "{page}");
    // What a sheet of paper never does: the reason stands beside the field, with what to do instead.
    let acting =
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>\n\
        endobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R \
        /MediaBox [0 0 595 842] >>\nendobj\ntrailer << /Size 4 /Root 1 0 R >>\n%%EOF\n";
    let text = refusal(&app, upload("mandat.pdf", acting).header("location").unwrap());
    assert!(
        text.contains("contient du JavaScript") && text.contains("imprimez-le") && text.contains("sheet-error"),
        "{text}"
    );
    assert_eq!(mandates(&app, &person)[0].0, MandateState::Opened);
    let document = get(&app, &format!("{}/document/{id}", mail.link()));
    let taken = upload("mandat signé.pdf", &document.body);
    assert_eq!(taken.status, 303, "{}", taken.text());
    assert_eq!(mandates(&app, &person)[0].0, MandateState::ToCheck);
});

both_databases!(a_link_made_by_hand_tells_its_address_once, |app| {
    let person = app.sign_up("Cabinet Léa");
    let of = |n, email| dossier(&app, &person, n, email).id;
    let (one, two) = (of(1, "paul@exemple.fr"), of(2, "anne@exemple.fr"));
    let make = |dossiers: Vec<DossierId>| {
        let body = NewLink { dossiers, expires_on: None };
        app.call::<op::CreateLink>(&person.token, Nothing {}, Nothing {}, body)
    };
    assert_eq!(make(vec![one, two]).unwrap_err().errors[0].code, "several_contacts");
    assert_eq!(make(vec![]).unwrap_err().status, 422);
    let made = make(vec![one]).unwrap();
    let address = made.address.expect("this once");
    let path = address.strip_prefix(&app.url()).expect("the address of the server");
    assert_eq!(get(&app, path).status, 200);
    assert_eq!(links(&app, &person, one).data[0].address, None);
    let other = app.sign_up("Autre");
    let body = NewLink { dossiers: vec![one], expires_on: None };
    assert_eq!(app.call::<op::CreateLink>(&other.token, Nothing {}, Nothing {}, body).unwrap_err().status, 404);
});

/// The text of the last page of a PDF, its spaces made equal.
fn last_page(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let last = *document.get_pages().keys().last().unwrap();
    document.extract_text(&[last]).unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
}

both_databases!(the_certificate_of_a_company_names_no_other_of_the_visit, |app| {
    let person = app.sign_up("Cabinet Léa");
    let ids: Vec<_> = (1..=2).map(|n| dossier(&app, &person, n, "paul@exemple.fr").id).collect();
    send(&app, &person, &ids, &[MandateKind::Delegation]);
    let link = app.wait_for_mails(1)[0].link();
    wait_for_state(&app, &person, MandateState::Sent);
    let mut at = skip_questions(&app, &link);
    for _ in 0..2 {
        assert!(at.contains("/signer/"), "{at}");
        at = follow(&app, &at, &[("name", "Paul Durand"), ("quality", "Gérant"), ("agreed", "yes")]);
    }
    follow(&app, &at, &[("envoyer", "1")]);
    let code = app.wait_for_mails(2)[1].code();
    follow(&app, &at, &[("code", &code)]);
    let names = ["Société 1 SARL", "Société 2 SARL"];
    for (_, id, _) in mandates(&app, &person) {
        let mandate = app.call::<op::ReadMandate>(&person.token, id, Nothing {}, Nothing {}).unwrap();
        let pdf =
            app.ask::<op::ReadDocument>(mandate.documents[0].id, Nothing {}, Nothing {}).token(&person.token).send();
        let page = last_page(&pdf.body);
        let own = &mandate.row.dossier_name;
        let other = names.into_iter().find(|name| name != own).unwrap();
        assert!(page.contains(&format!("Consentement donné pour {own}")), "{page}");
        assert!(page.contains("Code envoyé par e-mail") && page.contains("Code vérifié"), "{page}");
        assert!(!page.contains(other), "{other} is named: {page}");
    }
});
