//! Texts of relances: how the firm makes them its own, what is refused, how they look, and what becomes of a test.

mod common;

use std::sync::{Arc, Mutex};

use common::{SignedIn, World, on_both};
use contract::{
    Code, NewDossier, NewTemplate, Nothing, PieceChange, SampleReason, Template, TemplateChange, TemplateCheck,
    TemplateDiffQuery, TemplateField, TemplateListQuery, TemplatePreview, TemplateRestore, TemplateSource,
    TemplateTest, TemplateVersionQuery,
};
use domain::relance::template::{FaultCode, Person, Variable, Wording, Wordings};
use domain::relance::{RelancePurpose, Tone};
use domain::{DossierId, Lang, TemplateId, Text};
use gateway::mail::{Kind, MailError, Mailer, Receipt, Session};
use serde_json::{Value, json};
use service::templates::{self, Gathered, Wanted};
use service::{App, Call, Error, Result, mails, post};

/// A peer that takes everything.
#[derive(Default, Clone)]
struct Peer(Arc<Mutex<Vec<gateway::mail::Mail>>>);

impl Mailer for Peer {
    fn kind(&self) -> Kind {
        Kind::Smtp
    }

    fn describe(&self) -> Text {
        Text::new("relais.test:25", "relais.test:25")
    }

    fn open(&self) -> std::result::Result<Box<dyn Session>, MailError> {
        Ok(Box::new(self.clone()))
    }
}

impl Session for Peer {
    fn send(
        &mut self,
        mail: &gateway::mail::Mail,
        handing_over: &mut dyn FnMut() -> std::result::Result<(), MailError>,
    ) -> std::result::Result<Receipt, MailError> {
        handing_over()?;
        self.0.lock().unwrap().push(mail.clone());
        Ok(Receipt { accepted_by: "relais.test".to_owned(), provider_id: "250 ok".to_owned() })
    }
}

struct Firm<'a> {
    world: &'a World,
    who: SignedIn,
    app: App,
    peer: Peer,
}

fn siren(n: u32) -> String {
    let stem = format!("{:08}", 43_000_000 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

fn french(subject: &str, body: &str) -> Wordings {
    Wordings { fr: Wording { subject: subject.to_owned(), body: body.to_owned() }, en: None }
}

fn words(texts: Wordings) -> TemplateSource {
    TemplateSource::Words { purpose: RelancePurpose::Training, tone: Tone::Firm, texts }
}

impl<'a> Firm<'a> {
    fn new(world: &'a World) -> Self {
        let peer = Peer::default();
        let ports = service::Ports { mailer: Arc::new(peer.clone()), ..common::ports() };
        let app = App { ports, shared: Arc::default(), ..world.app.clone() };
        Self { world, who: world.sign_up("Cabinet Essai", "claire@essai.example"), app, peer }
    }

    fn call(&self) -> Call {
        Call { app: self.app.clone(), ..self.world.by(&self.who) }
    }

    fn on(&self, version: i64) -> Call {
        Call { if_match: Some(version), ..self.call() }
    }

    fn dossier(&self, n: u32, name: &str, more: Value) -> DossierId {
        let mut facts = json!({ "siren": siren(n), "name": name });
        for (key, value) in more.as_object().unwrap() {
            facts[key] = value.clone();
        }
        let body = NewDossier { facts: serde_json::from_value(facts).unwrap() };
        service::dossiers::create_dossier(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply.id
    }

    fn create(&self, name: Option<&str>, source: TemplateSource) -> Result<Template> {
        let body = NewTemplate { name: name.map(str::to_owned), source };
        templates::create_template(&self.call(), Nothing {}, Nothing {}, body).map(|a| a.reply)
    }

    fn update(&self, id: TemplateId, version: i64, body: TemplateChange) -> Result<Template> {
        templates::update_template(&self.on(version), id, Nothing {}, body).map(|a| a.reply)
    }

    fn preview(&self, body: TemplatePreview) -> Vec<contract::TemplateSample> {
        templates::preview_template(&self.call(), Nothing {}, Nothing {}, body).unwrap().reply.data
    }

    fn journal(&self) -> Vec<String> {
        self.world.texts("SELECT action AS text FROM journal WHERE subject_kind = 'template' ORDER BY seq")
    }
}

fn starter(purpose: RelancePurpose, tone: Tone) -> TemplateSource {
    TemplateSource::Starter { purpose, tone }
}

fn pointers(error: &Error) -> Vec<(&str, &str)> {
    error.fields.iter().map(|f| (f.pointer.as_str(), f.code)).collect()
}

#[test]
fn a_text_of_the_product_becomes_the_firms_own() {
    on_both(|world| {
        let firm = Firm::new(world);
        let starters =
            templates::list_template_starters(&firm.call(), Nothing {}, Nothing {}, Nothing {}).unwrap().reply;
        assert_eq!(starters.data.len(), 21);
        let made = firm.create(None, starter(RelancePurpose::SignMandate, Tone::Firm)).unwrap();
        assert_eq!(made.row.name, "Signature du mandat, ferme");
        assert_eq!(made.row.origin.as_deref(), Some("sign_mandate.firm 1.0"));
        let of =
            starters.data.iter().find(|s| s.purpose == RelancePurpose::SignMandate && s.tone == Tone::Firm).unwrap();
        assert_eq!(made.texts, of.texts);
        // A name is another text's only once that one is put away.
        let taken = firm.create(None, starter(RelancePurpose::SignMandate, Tone::Firm)).unwrap_err();
        assert_eq!(taken.code, Code::Conflict);
        let copy = firm.create(Some("Copie"), TemplateSource::Template { id: made.row.id }).unwrap();
        assert_eq!((copy.texts.clone(), copy.row.tone), (made.texts.clone(), Tone::Firm));
        let away = TemplateChange { archived: Some(true), ..TemplateChange::default() };
        assert!(firm.update(made.row.id, 1, away).unwrap().row.archived);
        let again = firm.create(None, starter(RelancePurpose::SignMandate, Tone::Firm)).unwrap();
        let back = TemplateChange { archived: Some(false), ..TemplateChange::default() };
        assert_eq!(firm.update(made.row.id, 2, back).unwrap_err().code, Code::Conflict);
        let list = |query: TemplateListQuery| -> Vec<TemplateId> {
            let reply = templates::list_templates(&firm.call(), Nothing {}, query, Nothing {}).unwrap().reply;
            reply.data.into_iter().map(|t| t.id).collect()
        };
        assert_eq!(list(TemplateListQuery::default()).len(), 3);
        let used = TemplateListQuery { archived: Some(false), ..TemplateListQuery::default() };
        assert_eq!(list(used), [copy.row.id, again.row.id]);
        let others = TemplateListQuery { tone: contract::Several(vec![Tone::Gentle]), ..TemplateListQuery::default() };
        assert_eq!(list(others), []);
        assert_eq!(firm.journal(), ["template.create", "template.create", "template.update", "template.create"]);
    });
}

#[test]
fn each_save_is_a_version_that_can_be_compared_and_restored() {
    on_both(|world| {
        let firm = Firm::new(world);
        let made = firm.create(Some("Formation"), words(french("Venez", "Bonjour,\n\nvenez à la formation."))).unwrap();
        let id = made.row.id;
        let change = TemplateChange {
            texts: Some(french("Venez", "Bonjour,\r\n\r\nvenez vite à la formation.  ")),
            note: "Plus pressant".to_owned(),
            ..TemplateChange::default()
        };
        let second = firm.update(id, 1, change.clone()).unwrap();
        assert_eq!(second.row.version, 2);
        assert_eq!(second.texts.fr.body, "Bonjour,\n\nvenez vite à la formation.");
        // The same again is no version; an older one is refused.
        assert_eq!(firm.update(id, 2, change.clone()).unwrap().row.version, 2);
        assert_eq!(firm.update(id, 1, change).unwrap_err().code, Code::VersionMismatch);
        let third = TemplateChange { tone: Some(Tone::Gentle), ..TemplateChange::default() };
        assert_eq!(firm.update(id, 2, third).unwrap().row.version, 3);

        let query = TemplateDiffQuery { from: 1, to: 3 };
        let diff = templates::compare_template_versions(&firm.call(), id, query, Nothing {}).unwrap().reply;
        let fields: Vec<TemplateField> = diff.fields.iter().map(|f| f.field).collect();
        assert_eq!(fields, [TemplateField::Tone, TemplateField::FrBody]);
        let added: String =
            diff.fields[1].pieces.iter().filter(|p| p.change == PieceChange::Added).map(|p| p.text.as_str()).collect();
        assert_eq!(added.trim(), "vite");
        let query = TemplateDiffQuery { from: 1, to: 9 };
        let unknown = templates::compare_template_versions(&firm.call(), id, query, Nothing {}).unwrap_err();
        assert_eq!(unknown.code, Code::NotFound);

        let restore = |version, present| {
            let body = TemplateRestore { version, note: "Elle était plus claire".to_owned() };
            templates::restore_template(&firm.on(present), id, Nothing {}, body).map(|a| a.reply)
        };
        assert_eq!(pointers(&restore(9, 3).unwrap_err()), [("/version", "unknown")]);
        let restored = restore(1, 3).unwrap();
        assert_eq!((restored.row.version, restored.row.tone, &restored.texts), (4, Tone::Firm, &made.texts));
        let query = TemplateVersionQuery { limit: Some(3), after: None };
        let page = templates::list_template_versions(&firm.call(), id, query, Nothing {}).unwrap().reply;
        assert_eq!(page.data.iter().map(|v| v.version).collect::<Vec<_>>(), [4, 3, 2]);
        assert_eq!(page.data[2].note, "Plus pressant");
        assert!(page.data.iter().all(|v| !v.by_name.is_empty()));
        let query = TemplateVersionQuery { limit: Some(3), after: page.next };
        let rest = templates::list_template_versions(&firm.call(), id, query, Nothing {}).unwrap().reply;
        assert_eq!(rest.data.iter().map(|v| v.version).collect::<Vec<_>>(), [1]);
        assert!(rest.next.is_none());
    });
}

#[test]
fn a_text_with_a_fault_is_told_and_refused() {
    on_both(|world| {
        let firm = Firm::new(world);
        let mut texts =
            french("Objet {{ dossier.nom }}", "Bonjour {{ contact.name }},\n\n<b>vite</b> ![x](https://exemple.fr/x)");
        texts.en = Some(Wording { subject: String::new(), body: "Hello {{ today | upper }}".to_owned() });
        let checked =
            templates::check_template(&firm.call(), Nothing {}, Nothing {}, TemplateCheck { texts: texts.clone() });
        let checked = checked.unwrap().reply;
        let found: Vec<_> =
            checked.faults.iter().map(|f| (f.field, f.fault.code, f.fault.word.as_str(), f.fault.line)).collect();
        assert_eq!(
            found,
            [
                (TemplateField::FrSubject, FaultCode::UnknownVariable, "dossier.nom", 1),
                (TemplateField::FrBody, FaultCode::CanBeEmpty, "contact.name", 1),
                (TemplateField::FrBody, FaultCode::RawHtml, "<b>", 3),
                (TemplateField::FrBody, FaultCode::RawHtml, "</b>", 3),
                (TemplateField::FrBody, FaultCode::Image, "![x](https://exemple.fr/x)", 3),
                (TemplateField::EnSubject, FaultCode::EmptyText, "", 1),
                (TemplateField::EnBody, FaultCode::FilterKind, "upper", 1),
            ]
        );
        assert!(!checked.good);
        assert_eq!(checked.faults[0].fault.nearest.as_deref(), Some("dossier.name"));
        let refused = firm.create(None, words(texts.clone())).unwrap_err();
        assert_eq!(pointers(&refused)[0], ("/source/texts/fr/subject", "unknown_variable"));
        assert_eq!(refused.fields.len(), 7);
        let made = firm.create(None, words(french("Objet", "Texte"))).unwrap();
        let change = TemplateChange { texts: Some(texts), ..TemplateChange::default() };
        assert_eq!(firm.update(made.row.id, 1, change).unwrap_err().code, Code::Invalid);
        let change = TemplateChange { name: Some(" ".to_owned()), ..TemplateChange::default() };
        assert_eq!(pointers(&firm.update(made.row.id, 1, change).unwrap_err()), [("/name", "required")]);
        let good = TemplateCheck { texts: french("{{ dossier.name }}", "{{ today }} {{ dossier.name }}") };
        let checked = templates::check_template(&firm.call(), Nothing {}, Nothing {}, good).unwrap().reply;
        assert!(checked.good);
        let mut blank = french("Objet", "Texte");
        blank.en = Some(Wording { subject: " ".to_owned(), body: String::new() });
        let kept = firm.create(Some("Sans anglais"), words(blank)).unwrap();
        assert_eq!(kept.texts.en, None);
        assert_eq!(checked.variables, [Variable::DossierName, Variable::Today]);
    });
}

/// A firm with dossiers of every kind.
fn clients(firm: &Firm<'_>) -> [DossierId; 5] {
    let contact = |name: Value, email: &str| json!([{ "name": name, "email": email }]);
    let platform = "PENNYLANE";
    [
        firm.dossier(
            1,
            "Boulangerie *Essai*",
            json!({ "contacts": contact(json!("Claire Martin"), "claire@exemple.fr"),
            "reception_platform": platform, "city": "Lille", "headcount": 3, "turnover_cents": 10_000_000 }),
        ),
        firm.dossier(2, "Sans contact SARL", json!({ "reception_platform": platform })),
        firm.dossier(
            3,
            "Sans nom SARL",
            json!({ "contacts": contact(Value::Null, "accueil@exemple.fr"),
            "reception_platform": platform }),
        ),
        firm.dossier(
            4,
            &"Une très longue raison sociale ".repeat(4),
            json!({ "contacts": contact(json!("Paul Durand"), "paul@exemple.fr"),
            "reception_platform": platform }),
        ),
        firm.dossier(
            5,
            "Sans plateforme SAS",
            json!({ "contacts": contact(json!("Claire Martin"), "claire@exemple.fr") }),
        ),
    ]
}

#[test]
fn a_text_is_previewed_on_real_dossiers_and_on_the_odd_ones() {
    on_both(|world| {
        let firm = Firm::new(world);
        let [plain, nobody, nameless, long, bare] = clients(&firm);
        let body = "Bonjour{{ contact.name | phrase: \" %\" | default: \"\" }},\n\npour **{{ dossier.name }}**.\n\n\
            {{ link | button: \"Répondre\" }}\n\n{{ dossier.city | default: \"Ville inconnue\" }}";
        let preview = TemplatePreview {
            texts: Some(french("Objet {{ dossier.name }}", body)),
            dossiers: vec![plain],
            odd: true,
            ..TemplatePreview::default()
        };
        let samples = firm.preview(preview.clone());
        let found: Vec<_> =
            samples.iter().map(|s| (s.reason, s.dossiers.iter().map(|d| d.id).collect::<Vec<_>>())).collect();
        assert_eq!(
            found,
            [
                (SampleReason::Chosen, vec![plain]),
                (SampleReason::NoContact, vec![nobody]),
                (SampleReason::NoContactName, vec![nameless]),
                (SampleReason::LongestName, vec![long]),
                (SampleReason::NoPlatform, vec![bare]),
                (SampleReason::SeveralDossiers, vec![plain, bare]),
            ]
        );
        let text = |n: usize| samples[n].text.as_deref().unwrap();
        assert!(
            text(0).starts_with("Bonjour Claire Martin,\n\npour Boulangerie *Essai*.\n\nRépondre\u{a0}:\n"),
            "{}",
            text(0)
        );
        assert!(text(1).starts_with("Bonjour,") && samples[1].to.is_none());
        assert!(text(5).contains("Boulangerie *Essai* et Sans plateforme SAS"));
        let html = samples[0].html.as_deref().unwrap();
        assert!(html.contains("<strong>Boulangerie *Essai*</strong>") && html.contains("Cabinet Essai"));
        for sample in &samples {
            for words in [sample.text.as_deref().unwrap(), sample.html.as_deref().unwrap()] {
                assert!(!words.contains("[[") && words.contains("/l/…"), "{words}");
            }
        }
        // What is chosen is in sight; what is empty is named.
        let other = TemplatePreview {
            dossiers: vec![service::ids::dossier()],
            texts: preview.texts.clone(),
            ..TemplatePreview::default()
        };
        let gone = templates::preview_template(&firm.call(), Nothing {}, Nothing {}, other).unwrap_err();
        assert_eq!(gone.code, Code::NotFound);
        let nothing = templates::preview_template(&firm.call(), Nothing {}, Nothing {}, TemplatePreview::default());
        assert_eq!(pointers(&nothing.unwrap_err()), [("/texts", "required")]);
        let english = firm.create(None, starter(RelancePurpose::ChoosePlatform, Tone::Urgent)).unwrap();
        let preview = TemplatePreview {
            template_id: Some(english.row.id),
            lang: Some(Lang::En),
            dossiers: vec![bare],
            ..TemplatePreview::default()
        };
        let sample = &firm.preview(preview)[0];
        assert_eq!(sample.lang, Lang::En);
        assert!(sample.subject.as_deref().unwrap().starts_with("Urgent: no platform"));
        assert!(sample.text.as_deref().unwrap().contains("a duty from 1\u{a0}September\u{a0}2026"));
    });
}

#[test]
fn a_test_goes_to_oneself_and_to_nobody_else() {
    on_both(|world| {
        let firm = Firm::new(world);
        let [plain, ..] = clients(&firm);
        let body = TemplateTest {
            texts: Some(french("Objet {{ dossier.name }}", "Bonjour\n\n{{ link | button: \"Répondre\" }}")),
            template_id: None,
            lang: None,
            dossier_id: plain,
            deadline: None,
        };
        let sent = templates::test_template(&firm.call(), Nothing {}, Nothing {}, body.clone()).unwrap().reply;
        assert_eq!(
            (sent.to.as_str(), sent.subject.as_str()),
            ("claire@essai.example", "[Essai] Objet Boulangerie *Essai*")
        );
        post::drain(&firm.app).unwrap();
        let took = firm.peer.0.lock().unwrap().clone();
        assert_eq!(took.len(), 1);
        assert_eq!(
            (took[0].to.address.as_str(), took[0].subject.as_str()),
            ("claire@essai.example", sent.subject.as_str())
        );
        assert!(took[0].text.contains("Message d’essai") && !took[0].text.contains("[["), "{}", took[0].text);
        // It is no message to a client.
        let query = contract::MailQuery { facets: Some(true), ..contract::MailQuery::default() };
        let page = mails::list_mails(&firm.call(), Nothing {}, query, Nothing {}).unwrap().reply;
        assert_eq!((page.data.len(), page.total), (0, Some(0)));
        let hidden = mails::read_mail(&firm.call(), sent.mail_id, Nothing {}, Nothing {}).unwrap_err();
        assert_eq!(hidden.code, Code::NotFound);
        assert_eq!(world.texts("SELECT action AS text FROM journal WHERE action = 'template.test'").len(), 1);
        // An address that was refused takes none.
        let cabinet = firm.call().scope().unwrap().cabinet();
        let mut conn = firm.app.store.conn().unwrap();
        store::refused::keep(&mut conn, cabinet, "claire@essai.example", "550 inconnu", world.now.get()).unwrap();
        drop(conn);
        let refused = templates::test_template(&firm.call(), Nothing {}, Nothing {}, body).unwrap_err();
        assert_eq!(refused.code, Code::Conflict);
    });
}

#[test]
fn another_firm_has_none_of_it() {
    on_both(|world| {
        let firm = Firm::new(world);
        let made = firm.create(None, starter(RelancePurpose::ThankYou, Tone::Gentle)).unwrap();
        let other = world.sign_up("Cabinet Deux", "paul@deux.example");
        let call = Call { if_match: Some(1), ..world.by(&other) };
        let id = made.row.id;
        let codes = [
            templates::read_template(&call, id, Nothing {}, Nothing {}).unwrap_err().code,
            templates::update_template(&call, id, Nothing {}, TemplateChange::default()).unwrap_err().code,
            templates::list_template_versions(&call, id, TemplateVersionQuery::default(), Nothing {}).unwrap_err().code,
            templates::compare_template_versions(&call, id, TemplateDiffQuery { from: 1, to: 1 }, Nothing {})
                .unwrap_err()
                .code,
        ];
        assert_eq!(codes, [Code::NotFound; 4]);
        let body = NewTemplate { name: None, source: TemplateSource::Template { id } };
        assert_eq!(templates::create_template(&call, Nothing {}, Nothing {}, body).unwrap_err().code, Code::NotFound);
        let list =
            templates::list_templates(&call, Nothing {}, TemplateListQuery::default(), Nothing {}).unwrap().reply;
        assert_eq!(list.data, []);
        let cabinet = call.scope().unwrap().cabinet();
        assert!(store::templates::texts_of(&mut firm.app.store.conn().unwrap(), cabinet, &[id]).unwrap().is_empty());
    });
}

/// What the sender of relances does: gather once, write each message from it.
#[test]
fn messages_are_written_from_what_was_gathered_at_once() {
    on_both(|world| {
        let firm = Firm::new(world);
        let [plain, nobody, nameless, long, bare] = clients(&firm);
        let call = firm.call();
        let cabinet = call.scope().unwrap().cabinet();
        let made = firm.create(None, starter(RelancePurpose::MissingIdentity, Tone::Gentle)).unwrap();
        let mut conn = firm.app.store.conn().unwrap();
        let (version, texts) =
            store::templates::texts_of(&mut conn, cabinet, &[made.row.id]).unwrap().remove(&made.row.id).unwrap();
        assert_eq!((version, &texts), (1, &made.texts));
        let letter = texts.letter(Lang::Fr).unwrap();
        let all = store::dossiers::of_cabinet(&mut conn, cabinet, &[plain, nobody, nameless, long, bare]).unwrap();
        let judge = firm.app.judge(&mut conn, cabinet, call.today()).unwrap();
        let gathered = Gathered::read(&mut conn, &judge, cabinet, &all).unwrap();
        drop(conn);
        let contact = Person { name: Some("Claire Martin".to_owned()), email: Some("claire@exemple.fr".to_owned()) };
        let wanted =
            Wanted { letter: &letter, contact: &contact, dossiers: &[plain, bare], deadline: None, link: "[[lien]]" };
        let message = gathered.write(&wanted).unwrap().unwrap();
        assert!(message.subject.contains("Boulangerie *Essai* et Sans plateforme SAS"));
        for part in ["- vos clients", "- votre TVA", "[[lien]]", "[[desabonnement]]", "Cabinet Essai"] {
            assert!(
                message.text.contains(part) && message.html.contains(part.trim_start_matches("- ")),
                "{part}: {}",
                message.text
            );
        }
        // A dossier that was not gathered is never left out in silence.
        let unknown = [plain, service::ids::dossier()];
        assert_eq!(gathered.write(&Wanted { dossiers: &unknown, ..wanted }).unwrap_err().code, Code::Internal);
        // A value that is empty after all keeps the message from leaving.
        let hollow = french("Objet", "{{ link }}").letter(Lang::Fr).unwrap();
        let missing = gathered.write(&Wanted { letter: &hollow, link: "", ..wanted }).unwrap().unwrap_err();
        assert_eq!(missing.iter().map(|h| h.variable).collect::<Vec<_>>(), [Variable::Link]);
    });
}
