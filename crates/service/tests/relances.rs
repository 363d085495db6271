//! Relances: who joins a sequence, what leaves and when, what holds it back or ends it, and that the product always says why.

mod common;

use std::cell::Cell;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use common::{SignedIn, World, code, on_both};
use contract::*;
use domain::relance::outcome::{OutcomeCode, PauseReason, Stage};
use domain::relance::template::{Wording, Wordings};
use domain::relance::{RelanceChannel, RelancePurpose, SendingMode, SequenceState, Tone};
use domain::{
    Access, ActId, Criterion, DossierId, InCharge, MailId, MandateEvent, MandateId, MandateKind, PortfolioId,
    RelanceId, Role, SequenceId, SuppressionReason, TemplateId, Text, UserId,
};
use gateway::mail::{Kind, MailError, Mailer, Receipt, Session};
use serde_json::{Value, json};
use service::mandates::Detail;
use service::{
    App, Call, Client, Result, anomalies, dossiers, exchanges, links, mails, mandates, people, portfolios, post,
    relances, templates,
};
use store::journal::Stamp;

const NONE: Nothing = Nothing {};
/// Of all portfolios in sight.
const EVERY: RelanceScopeQuery = RelanceScopeQuery { portfolio_id: Several(Vec::new()) };

/// A peer that takes everything, unless it knows no such address.
#[derive(Default, Clone)]
struct Peer {
    took: Arc<Mutex<Vec<gateway::mail::Mail>>>,
    refuses: Arc<Mutex<Vec<String>>>,
}

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
        if self.refuses.lock().unwrap().contains(&mail.to.address) {
            return Err(MailError::Refused {
                why: Text::new("Adresse inconnue", "No such address"),
                permanent: true,
                recipient: true,
                code: Some(550),
                enhanced: None,
                text: "550 5.1.1 no such user".to_owned(),
            });
        }
        handing_over()?;
        self.took.lock().unwrap().push(mail.clone());
        Ok(Receipt { accepted_by: "relais.test".to_owned(), provider_id: "250 ok".to_owned() })
    }
}

/// A firm that is ready to write to its clients; the post has the clock of the test.
struct Firm<'a> {
    world: &'a World,
    who: SignedIn,
    app: App,
    peer: Peer,
    clock: Arc<Mutex<DateTime<Utc>>>,
    number: Cell<u32>,
}

fn siren(n: u32) -> String {
    let stem = format!("{:08}", 44_000_000 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn id_of(who: &SignedIn) -> UserId {
    who.token.me.user_id
}

const fn no_change() -> PersonChange {
    PersonChange { role: None, access: None, portfolio_ids: None, aliases: None, active: None }
}

/// What is refused, each with its place and its code.
fn refused<T>(answer: Result<T>) -> Vec<(String, String, String)> {
    let Err(error) = answer else { panic!("it is refused") };
    error.fields.iter().map(|f| (f.pointer.clone(), f.code.to_owned(), f.message.fr.clone())).collect()
}

/// A mail so many days after the start.
fn mail(days: i32) -> Value {
    json!({ "after": { "from": "start", "days": days }, "channel": "mail", "tone": "gentle", "approval": "automatic" })
}

fn with(mut step: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        step[key] = value.clone();
    }
    step
}

impl<'a> Firm<'a> {
    fn new(world: &'a World) -> Self {
        Self::of(world, "Cabinet Essai", "claire@essai.example")
    }

    fn of(world: &'a World, name: &str, email: &str) -> Self {
        let (peer, clock) = (Peer::default(), Arc::new(Mutex::new(world.now.get())));
        let told = clock.clone();
        let ports = service::Ports {
            mailer: Arc::new(peer.clone()),
            clock: Arc::new(move || *told.lock().unwrap()),
            ..common::ports()
        };
        let settings = service::settings::Settings {
            public_url: "https://essai.example".to_owned(),
            mail_is_read: true,
            ..(*world.app.settings).clone()
        };
        let app = App { ports, shared: Arc::default(), settings: Arc::new(settings), ..world.app.clone() };
        let firm = Self { world, who: world.sign_up(name, email), app, peer, clock, number: Cell::new(0) };
        let collecting = json!({ "sender_name": "", "reply_to": "reponses@essai.example", "link_days": 60,
            "accept_answers": false, "accept_signatures": false, "decider": "firm" });
        let body = serde_json::from_value(collecting).unwrap();
        service::collection_settings::update_collection_settings(&firm.on(0), NONE, NONE, body).unwrap();
        firm
    }

    /// A request of somebody with the rights of this moment: tokens live for minutes, and weeks pass here.
    fn by(&self, who: &SignedIn) -> Call {
        let me = &who.token.me;
        let mut conn = self.app.store.conn().unwrap();
        let person = store::notifications::recipients(&mut conn, me.cabinet_id, &[me.user_id])
            .unwrap()
            .remove(&me.user_id)
            .unwrap();
        let actor = store::Actor {
            scope: person.scope,
            session: me.session_id,
            name: person.name,
            email: person.email,
            lang: person.lang,
        };
        Call { actor: Some(actor), app: self.app.clone(), ..self.world.nobody() }
    }

    fn call(&self) -> Call {
        self.by(&self.who)
    }

    fn on(&self, version: i64) -> Call {
        Call { if_match: Some(version), ..self.call() }
    }

    fn set(&self, now: DateTime<Utc>) {
        self.world.now.set(now);
        *self.clock.lock().unwrap() = now;
    }

    fn tick(&self) {
        relances::tick(&self.app, self.world.now.get()).unwrap();
    }

    /// What is due is put into the outbox, and leaves.
    fn go(&self, now: &str) {
        self.set(at(now));
        self.tick();
        post::drain(&self.app).unwrap();
    }

    /// Address and subject of what left.
    fn took(&self) -> Vec<(String, String)> {
        self.peer.took.lock().unwrap().iter().map(|m| (m.to.address.clone(), m.subject.clone())).collect()
    }

    fn to(&self) -> Vec<String> {
        let mut to: Vec<String> = self.took().into_iter().map(|(to, _)| to).collect();
        to.sort();
        to
    }

    fn last(&self) -> gateway::mail::Mail {
        self.peer.took.lock().unwrap().last().expect("a mail has left").clone()
    }

    fn next_number(&self) -> u32 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    /// A client who has not chosen a platform.
    fn dossier(&self, email: &str) -> DossierId {
        self.dossier_with(email, json!({}))
    }

    fn dossier_with(&self, email: &str, more: Value) -> DossierId {
        let n = self.next_number();
        let mut facts = json!({
            "siren": siren(n), "name": format!("Client {n:03}"), "headcount": 3, "turnover_cents": 10_000_000,
            "balance_sheet_cents": 9_000_000, "vat_regimes": [{ "regime": "real_monthly", "from": null }],
            "activity": { "b2b": true, "b2c": false, "b2g": false, "international": false, "services": true },
            "address": "12 rue des Halles", "postal_code": "59800", "city": "Lille", "legal_form": "SARL",
        });
        if !email.is_empty() {
            facts["contacts"] = json!([{ "name": "Anne Petit", "email": email, "phone": "+33320000000" }]);
        }
        let body = NewDossier { facts: serde_json::from_value(with(facts, &more)).unwrap() };
        dossiers::create_dossier(&self.call(), NONE, NONE, body).unwrap().reply.id
    }

    fn change(&self, id: DossierId, fields: Value) {
        let version = dossiers::read_dossier(&self.call(), id, NONE, NONE).unwrap().reply.version;
        let change = DossierChange { fields: serde_json::from_value(fields).unwrap() };
        dossiers::update_dossier(&self.on(version), id, NONE, change).unwrap();
    }

    /// It has done what `choose_platform` asks.
    fn chooses(&self, id: DossierId) {
        self.change(id, json!({ "reception_platform": "Pennylane", "emission_platform": "Pennylane" }));
    }

    fn starter(&self, purpose: RelancePurpose, tone: Tone) -> TemplateId {
        let name = Some(format!("Texte {}", self.next_number()));
        let body = NewTemplate { name, source: TemplateSource::Starter { purpose, tone } };
        templates::create_template(&self.call(), NONE, NONE, body).unwrap().reply.row.id
    }

    fn words(&self, purpose: RelancePurpose, subject: &str, body: &str) -> TemplateId {
        let fr = Wording { subject: subject.to_owned(), body: body.to_owned() };
        let texts = Wordings { fr, en: None };
        let name = Some(format!("Texte {}", self.next_number()));
        let body = NewTemplate { name, source: TemplateSource::Words { purpose, tone: Tone::Firm, texts } };
        templates::create_template(&self.call(), NONE, NONE, body).unwrap().reply.row.id
    }

    /// Changes words of texts past the product.
    fn rewrite(&self, from: &str, to: &str) {
        use diesel::RunQueryDsl;
        let sql = format!("UPDATE template_versions SET words = REPLACE(words, '{from}', '{to}')");
        let mut conn = self.app.store.conn().unwrap();
        let query = diesel::sql_query(sql);
        match &mut *conn {
            store::Conn::Sqlite(c) => query.execute(c),
            store::Conn::Postgres(c) => query.execute(c),
        }
        .unwrap();
    }

    /// A portfolio of some people.
    fn portfolio(&self, people: &[UserId]) -> PortfolioId {
        let body = PortfolioInput { name: format!("Portefeuille {}", self.next_number()), people: people.to_vec() };
        service::portfolios::create_portfolio(&self.call(), NONE, NONE, body).unwrap().reply.id
    }

    /// A sequence as it may be written; steps without a text get one of the product.
    fn input(&self, purpose: RelancePurpose, steps: &[Value], more: Value) -> SequenceInput {
        let text = self.starter(purpose, Tone::Gentle);
        let steps: Vec<Value> = steps
            .iter()
            .map(|s| match s.get("template_id") {
                Some(_) => s.clone(),
                None => with(s.clone(), &json!({ "template_id": text })),
            })
            .collect();
        let name = format!("Séquence {}", self.next_number());
        let body = json!({ "name": name, "purpose": purpose, "steps": steps });
        serde_json::from_value(with(body, &more)).unwrap()
    }

    fn try_create(&self, body: SequenceInput) -> Result<SequencePlan> {
        relances::create_sequence(&self.call(), NONE, NONE, body).map(|a| a.reply)
    }

    fn draft(&self, purpose: RelancePurpose, steps: &[Value], more: Value) -> Sequence {
        self.try_create(self.input(purpose, steps, more)).unwrap().sequence.unwrap()
    }

    fn try_move(&self, id: SequenceId, state: SequenceState) -> Result<SequencePlan> {
        let version = self.read(id).version;
        let body = SequenceMove { state, preview: false };
        relances::move_sequence(&self.on(version), id, NONE, body).map(|a| a.reply)
    }

    fn active(&self, purpose: RelancePurpose, steps: &[Value], more: Value) -> Sequence {
        let id = self.draft(purpose, steps, more).id;
        self.try_move(id, SequenceState::Active).unwrap().sequence.unwrap()
    }

    /// Asks for a platform by mail.
    fn chase(&self, days: &[i32]) -> Sequence {
        let steps: Vec<Value> = days.iter().map(|d| mail(*d)).collect();
        self.active(RelancePurpose::ChoosePlatform, &steps, json!({}))
    }

    fn read(&self, id: SequenceId) -> Sequence {
        relances::read_sequence(&self.call(), id, EVERY, NONE).unwrap().reply
    }

    fn settings(&self) -> RelanceSettings {
        relances::read_relance_settings(&self.call(), NONE, NONE, NONE).unwrap().reply
    }

    fn try_rules(&self, change: impl FnOnce(&mut RelanceRules)) -> Result<RelanceSettings> {
        let RelanceSettings { version, mut rules, .. } = self.settings();
        change(&mut rules);
        relances::update_relance_settings(&self.on(version), NONE, NONE, rules).map(|a| a.reply)
    }

    fn rules(&self, change: impl FnOnce(&mut RelanceRules)) {
        self.try_rules(change).unwrap();
    }

    /// Messages leave to clients from now on.
    fn live(&self) {
        self.rules(|r| {
            r.seen_to = ChecklistKey::ALL.iter().copied().collect();
            r.mode = SendingMode::Live;
        });
    }

    fn of_dossier(&self, id: DossierId) -> DossierRelances {
        relances::read_dossier_relances(&self.call(), id, NONE, NONE).unwrap().reply
    }

    fn course(&self, id: DossierId) -> DossierCourse {
        self.of_dossier(id).courses.into_iter().next().expect("it is in a sequence")
    }

    fn codes(&self, id: DossierId) -> Vec<OutcomeCode> {
        self.course(id).steps.iter().map(|s| s.code).collect()
    }

    /// The sentence of a step, from 1.
    fn why(&self, id: DossierId, step: usize) -> String {
        self.course(id).steps[step - 1].why.fr.clone()
    }

    fn act(&self, act: RelanceAct, sequence: &Sequence, dossiers: &[DossierId]) -> RelanceActResult {
        let item = |id: &DossierId| RelanceRef { sequence_id: sequence.id, dossier_id: *id };
        let items = dossiers.iter().map(item).collect();
        let body = RelanceActInput { items, act, note: Some("Vu ensemble".to_owned()), preview: false };
        relances::act_on_relances(&self.call(), NONE, NONE, body).unwrap().reply
    }

    fn pause(&self, id: DossierId, to: Option<&str>) -> BulkResult {
        let to = to.map(|day| day.parse().unwrap());
        let pause = Some(NewPause { from: None, to, reason: PauseReason::Client, note: None });
        self.paused(PauseInput { ids: Some(vec![id]), filter: None, pause, preview: false })
    }

    fn paused(&self, body: PauseInput) -> BulkResult {
        relances::pause_relances(&self.call(), NONE, NONE, body).unwrap().reply
    }

    fn undo(&self, act: Option<ActId>) -> BulkResult {
        service::bulk::undo_act(&self.call(), act.expect("an act"), NONE, NONE).unwrap().reply
    }

    fn list(&self, query: RelanceQuery) -> RelancePage {
        relances::list_relances(&self.call(), NONE, query, NONE).unwrap().reply
    }

    fn board(&self, who: &SignedIn) -> RelanceBoard {
        relances::read_relance_board(&self.by(who), NONE, EVERY, NONE).unwrap().reply
    }

    fn board_of(&self, who: &SignedIn, portfolio: OrNone<PortfolioId>) -> RelanceBoard {
        let query = RelanceScopeQuery { portfolio_id: Several(vec![portfolio]) };
        relances::read_relance_board(&self.by(who), NONE, query, NONE).unwrap().reply
    }

    fn forecast(&self, days: u32) -> Forecast {
        let query = ForecastQuery { days: Some(days), ..ForecastQuery::default() };
        relances::forecast_relances(&self.call(), NONE, query, NONE).unwrap().reply
    }

    fn audience(&self, id: SequenceId, query: AudienceQuery) -> AudiencePage {
        relances::list_audience(&self.call(), id, query, NONE).unwrap().reply
    }

    fn effect(&self, id: SequenceId) -> SequenceEffect {
        relances::read_sequence_effect(&self.call(), id, NONE, NONE).unwrap().reply
    }

    /// Messages of sequences in the outbox, whatever became of them.
    fn mails(&self) -> Vec<Mail> {
        let query = MailQuery { purpose: Several(vec![MailPurpose::Relance]), ..MailQuery::default() };
        mails::list_mails(&self.call(), NONE, query, NONE).unwrap().reply.data
    }

    fn mail_of(&self, id: DossierId, step: usize) -> MailId {
        self.course(id).steps[step - 1].mail_id.expect("it has left by mail")
    }

    /// A mandate is asked of a client by mail.
    fn ask(&self, dossier: DossierId) -> MandateId {
        let body = MandatesInput {
            ids: Some(vec![dossier]),
            filter: None,
            kinds: vec![MandateKind::Delegation],
            starts_on: None,
            ends_on: None,
            send: true,
            preview: false,
        };
        let done = mandates::create_mandates(&self.call(), NONE, NONE, body).unwrap().reply;
        assert_eq!(done.changed, 1, "{done:?}");
        post::drain(&self.app).unwrap();
        let query = MandateListQuery::default();
        let page = mandates::list_mandates(&self.call(), NONE, query, NONE).unwrap().reply;
        page.data.iter().find(|m| m.dossier_id == dossier).expect("the mandate").id
    }

    /// What somebody was told of, the latest first.
    fn told(&self, who: &SignedIn) -> Vec<(NotificationKind, String)> {
        let found = anomalies::list_notifications(&self.by(who), NONE, NotificationQuery::default(), NONE);
        found.unwrap().reply.data.into_iter().map(|n| (n.kind, n.text.fr)).collect()
    }

    fn changes_person(&self, who: &SignedIn, change: PersonChange) {
        let all = people::list_people(&self.call(), NONE, NONE, NONE).unwrap().reply.data;
        let version = all.iter().find(|p| p.id == id_of(who)).expect("a person of the firm").version;
        people::update_person(&self.on(version), id_of(who), NONE, change).unwrap();
    }

    fn leaves(&self, who: &SignedIn) {
        self.changes_person(who, PersonChange { active: Some(false), ..no_change() });
    }

    /// Calls and letters that wait.
    fn tasks(&self) -> Vec<Relance> {
        self.list(RelanceQuery { tasks: Some(true), ..RelanceQuery::default() }).data
    }

    fn print(&self, ids: &[RelanceId]) -> Result<Vec<String>> {
        self.print_of(&self.call(), RelancePrint { ids: Some(ids.to_vec()), filter: None })
    }

    /// The pages of what is printed, as another program reads them.
    fn print_of(&self, call: &Call, body: RelancePrint) -> Result<Vec<String>> {
        let file = relances::print_relances(call, NONE, NONE, body)?.file.expect("a file");
        assert_eq!(file.media_type, "application/pdf");
        let read = lopdf::Document::load_mem(&file.bytes).unwrap();
        let page = |n: &u32| read.extract_text(&[*n]).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(read.get_pages().keys().map(page).collect())
    }

    fn happens(&self, id: MandateId, event: MandateEvent) {
        let call = self.call();
        let cabinet = call.scope().unwrap().cabinet();
        let detail = Detail { by_name: Some("Anne Petit".to_owned()), ..Detail::default() };
        let done: Result<()> = call.app.store.conn().unwrap().write(|conn| {
            store::dialect::lock_cabinet(conn, cabinet)?;
            let mandate = store::mandates::of_cabinet(conn, cabinet, id)?;
            let judge = call.judge(conn)?;
            let stamp = Stamp { at: call.now, actor: None, request_id: "test".to_owned() };
            mandates::step(conn, &judge, cabinet, &stamp, mandate, event, detail).map(drop)
        });
        done.unwrap();
    }
}

use OutcomeCode as C;
use RelancePurpose as P;

#[test]
fn a_sequence_is_written_read_before_it_runs_and_writes_to_those_who_are_late() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        let ready = firm.dossier("paul@exemple.fr");
        firm.chooses(ready);
        let unknown = firm.dossier("");
        let body = firm.input(P::ChoosePlatform, &[mail(0), mail(10)], json!({}));
        let dry = firm.try_create(SequenceInput { preview: true, ..body.clone() }).unwrap();
        assert_eq!((dry.audience, dry.joining, dry.unreachable, dry.touched), (2, 2, 1, 0));
        assert!(dry.sequence.is_none());
        // Told as if sending were switched on: what one wants to know before.
        assert_eq!(dry.forecast.iter().map(|d| d.mails).sum::<u64>(), 2, "{:?}", dry.estimate);
        assert_eq!((dry.forecast[0].mails, dry.forecast[0].held), (1, 1));
        assert!(dry.estimate.fr.starts_with("1 courriel"), "{}", dry.estimate.fr);
        let list = || relances::list_sequences(&firm.call(), NONE, EVERY, NONE).unwrap().reply.data;
        assert!(list().is_empty());
        let sequence = firm.try_create(body.clone()).unwrap().sequence.unwrap();
        assert_eq!(code(firm.try_create(body)), Code::Conflict, "a name stands once");
        assert_eq!((sequence.state, sequence.running), (SequenceState::Draft, 0));
        firm.tick();
        assert!(firm.of_dossier(anne).courses.is_empty(), "nobody is in a draft");
        let look = SequenceMove { state: SequenceState::Active, preview: true };
        let dry = relances::move_sequence(&firm.call(), sequence.id, NONE, look).unwrap().reply;
        assert_eq!((dry.joining, firm.read(sequence.id).state), (2, SequenceState::Draft));
        let kinds: Vec<TouchKind> = dry.examples.iter().map(|e| e.kind).collect();
        assert_eq!(kinds, [TouchKind::Joins, TouchKind::Joins]);
        let plan = firm.try_move(sequence.id, SequenceState::Active).unwrap();
        assert_eq!((plan.joining, plan.sequence.unwrap().running), (2, 2));
        // Nothing leaves before the firm says so.
        assert_eq!(firm.codes(anne), [C::HeldModeOff, C::Waits]);
        firm.go("2026-11-23T09:00:05Z");
        assert!(firm.took().is_empty());
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.to(), ["anne@exemple.fr"]);
        assert_eq!(firm.last().subject, "Facturation électronique : votre plateforme, en deux minutes");
        assert!(firm.last().text.contains("https://essai.example/l/lnk_"), "{}", firm.last().text);
        let course = firm.course(anne);
        assert_eq!(course.steps[0].why.fr, "Envoyée le\u{a0}23\u{a0}novembre à 10\u{a0}h\u{a0}01.");
        assert_eq!((course.steps[0].stage, course.steps[1].stage), (Stage::Over, Stage::Open));
        assert_eq!(course.steps[1].at, Some(at("2026-12-03T08:00:00Z")));
        assert_eq!(firm.why(anne, 2), "Partira le jeudi 3\u{a0}décembre vers 9\u{a0}h.");
        assert_eq!(firm.codes(unknown)[0], C::LeftOutNoAddress);
        assert_eq!(
            firm.of_dossier(unknown).address_problem.unwrap().fr,
            "Aucun contact n’a d’adresse : ajoutez-en une au dossier."
        );
        let out = &firm.of_dossier(ready).left_out;
        assert_eq!(out[0].why.fr, "Rien ne manque de ce qu’elle demande.");
        firm.go("2026-12-03T08:00:00Z");
        assert_eq!(firm.to(), ["anne@exemple.fr", "anne@exemple.fr"]);
        // All steps are over.
        let course = firm.course(anne);
        assert!(course.ended.unwrap().fr.contains("a séquence était terminée"));
        assert_eq!(firm.read(sequence.id).running, 0);
        let told: Vec<String> =
            world.texts("SELECT action AS text FROM journal WHERE subject_kind = 'sequence' ORDER BY seq");
        assert_eq!(told, ["sequence.create", "sequence.state"]);
    });
}

#[test]
fn what_a_sequence_cannot_be_is_refused_with_its_place() {
    on_both(|world| {
        let firm = Firm::new(world);
        let pointers = |body: SequenceInput| -> Vec<String> {
            firm.try_create(body).unwrap_err().fields.into_iter().map(|f| f.pointer).collect()
        };
        let good = firm.input(P::ChoosePlatform, &[mail(0)], json!({}));
        let but = |change: fn(&mut SequenceInput)| {
            let mut body = good.clone();
            change(&mut body);
            body
        };
        assert_eq!(pointers(but(|b| b.name = " ".to_owned())), ["/name"]);
        assert_eq!(pointers(but(|b| b.steps.clear())), ["/steps"]);
        assert_eq!(pointers(but(|b| b.steps[0].after.days = -1)), ["/steps/0/after/days"]);
        let late = but(|b| b.steps[0].after.from = domain::relance::Anchor::Deadline);
        assert_eq!(pointers(late), ["/steps/0/after/from"]);
        assert_eq!(pointers(but(|b| b.steps[0].variant_id = Some(b.steps[0].template_id))), ["/steps/0/variant_id"]);
        let fixed = |b: &mut SequenceInput| {
            b.deadline = Some(SequenceDeadline { source: domain::relance::DeadlineSource::Fixed, on: None });
        };
        assert_eq!(pointers(but(fixed)), ["/deadline/on"]);
        let mut unknown = good.clone();
        unknown.steps[0].id = Some(service::ids::step());
        assert_eq!(pointers(unknown), ["/steps/0/id"]);
        // A text that a sequence uses is not put away.
        let used = good.steps[0].template_id;
        firm.try_create(good).unwrap();
        let away = TemplateChange { archived: Some(true), ..TemplateChange::default() };
        assert_eq!(code(templates::update_template(&firm.on(1), used, NONE, away)), Code::Conflict);
        assert_eq!(code(firm.try_rules(|r| r.minimum_days = 0)), Code::Invalid);
        assert_eq!(code(firm.try_rules(|r| r.window.days.clear())), Code::Invalid);
        assert_eq!(code(firm.try_rules(|r| r.mode = SendingMode::Test)), Code::Invalid, "where to?");
        // Live only once everything was seen to.
        let open = firm.try_rules(|r| r.mode = SendingMode::Live).unwrap_err();
        assert_eq!(open.code, Code::Conflict);
        let settings = firm.settings();
        let done: Vec<ChecklistKey> = settings.checklist.iter().filter(|c| c.done).map(|c| c.key).collect();
        assert_eq!(done, [ChecklistKey::Outgoing, ChecklistKey::ReplyAddress, ChecklistKey::PublicAddress]);
        assert!(!settings.ready);
    });
}

#[test]
fn messages_leave_in_the_hours_and_on_the_days_of_each_client() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.set(at("2026-11-28T10:00:00Z"));
        firm.dossier("lille@exemple.fr");
        firm.dossier_with("reunion@exemple.re", json!({ "postal_code": "97400", "city": "Saint-Denis" }));
        firm.chase(&[0, 25]);
        firm.live();
        firm.go("2026-11-28T10:00:05Z");
        assert!(firm.took().is_empty(), "a Saturday");
        firm.go("2026-11-30T04:59:59Z");
        assert!(firm.took().is_empty());
        // Nine o'clock in Saint-Denis, six in Lille.
        firm.go("2026-11-30T05:00:00Z");
        assert_eq!(firm.to(), ["reunion@exemple.re"]);
        firm.go("2026-11-30T08:00:00Z");
        assert_eq!(firm.to(), ["lille@exemple.fr", "reunion@exemple.re"]);
        // Twenty-five days after the Saturday is a Wednesday; the second step is read for what it says.
        let of = |q: &str| {
            let query = RelanceQuery { q: Some(q.to_owned()), stage: Some(Stage::Open), ..RelanceQuery::default() };
            firm.list(query).data.remove(0).at.unwrap()
        };
        assert_eq!(of("Client 001"), at("2026-12-23T08:00:00Z"));
        // Closed on that day, the next is Christmas Eve; with that closed too, Christmas and a weekend come first.
        firm.rules(|r| r.window.closed = vec!["2026-12-23".parse().unwrap(), "2026-12-24".parse().unwrap()]);
        assert_eq!(of("Client 001"), at("2026-12-28T08:00:00Z"));
        firm.go("2026-12-24T10:00:00Z");
        firm.go("2026-12-25T10:00:00Z");
        assert_eq!(firm.took().len(), 2);
        firm.go("2026-12-28T08:00:00Z");
        assert_eq!(firm.took().len(), 4);
    });
}

#[test]
fn a_message_is_written_once_however_often_and_by_whomever_it_is_looked() {
    on_both(|world| {
        let firm = Firm::new(world);
        for n in 0..20 {
            firm.dossier(&format!("client{n}@exemple.fr"));
        }
        firm.chase(&[0, 8]);
        firm.live();
        firm.set(at("2026-11-23T09:05:00Z"));
        let other = App { ports: firm.app.ports.clone(), settings: firm.app.settings.clone(), ..world.restarted() };
        let now = world.now.get();
        let run = |app: &App| (0..3).for_each(|_| drop(relances::tick(app, now)));
        std::thread::scope(|scope| {
            for app in [&firm.app, &other, &firm.app, &other] {
                scope.spawn(move || run(app));
            }
        });
        firm.tick();
        assert_eq!(firm.mails().len(), 20);
        std::thread::scope(|scope| {
            for app in [&firm.app, &other] {
                scope.spawn(move || post::drain(app).unwrap());
            }
        });
        let mut to = firm.to();
        assert_eq!(to.len(), 20);
        to.dedup();
        assert_eq!(to.len(), 20, "nobody twice");
        firm.go("2026-11-23T10:00:00Z");
        assert_eq!(firm.took().len(), 20);
    });
}

#[test]
fn what_one_contact_is_written_about_is_one_mail() {
    on_both(|world| {
        let firm = Firm::new(world);
        let one = firm.dossier("anne@exemple.fr");
        let two = firm.dossier("Anne@Exemple.fr");
        let platform = firm.chase(&[0, 20]);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        // Two dossiers in one sequence: the text itself, about both.
        assert_eq!(firm.took().len(), 1);
        let left = firm.last();
        assert_eq!(left.subject, "Facturation électronique : votre plateforme, en deux minutes");
        assert!(left.text.contains("Client 001") && left.text.contains("Client 002"), "{}", left.text);
        assert_eq!(firm.mail_of(one, 1), firm.mail_of(two, 1));
        // Another sequence, whose step falls into the days after: it waits for its distance, and leaves with the others.
        firm.set(at("2026-12-10T09:00:00Z"));
        let mandate = firm.active(P::SignMandate, &[mail(0), mail(9)], json!({}));
        firm.go("2026-12-10T09:01:00Z");
        assert_eq!(firm.took().len(), 2);
        let left = firm.last();
        assert_eq!(left.subject, "Facturation électronique : 2 points à régler");
        for words in ["Client 001", "Client 002", "plateforme", "votre accord écrit"] {
            assert!(left.text.contains(words), "{words} in {}", left.text);
        }
        assert!(left.text.contains("https://essai.example/l/lnk_"));
        // The second step of the platform went three days before its time.
        let courses = firm.of_dossier(one).courses;
        let of = |s: &Sequence| courses.iter().find(|c| c.sequence_id == s.id).unwrap();
        assert_eq!(of(&platform).steps[1].code, C::Sent);
        assert_eq!(of(&mandate).steps[0].mail_id, of(&platform).steps[1].mail_id);
        assert_eq!(of(&mandate).steps[1].at, Some(at("2026-12-21T08:00:00Z")), "a Saturday moves on");
    });
}

#[test]
fn no_message_follows_another_too_soon_whoever_has_sent_it() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        firm.ask(anne);
        assert_eq!(firm.took().len(), 1);
        firm.chase(&[0]);
        firm.live();
        firm.go("2026-11-24T09:00:00Z");
        assert_eq!(firm.took().len(), 1);
        assert_eq!(firm.codes(anne), [C::HeldMinimumDays]);
        assert_eq!(
            firm.why(anne, 1),
            "Retenue\u{a0}: le contact a déjà reçu un message le\u{a0}23\u{a0}novembre (demande de mandat), pas d’autre avant \
             le\u{a0}30\u{a0}novembre\u{a0}; partira le lundi 30\u{a0}novembre vers 9\u{a0}h."
        );
        assert!(firm.of_dossier(anne).contacted.unwrap().fr.contains("23\u{a0}novembre"));
        firm.go("2026-11-30T07:59:59Z");
        assert_eq!(firm.took().len(), 1);
        firm.go("2026-11-30T08:00:00Z");
        assert_eq!(firm.took().len(), 2);
        // What a person told the client counts, too.
        let paul = firm.dossier("paul@exemple.fr");
        let exchange = json!({ "kind": "told", "channel": "call", "on": "2026-11-30", "subject": "Calendrier" });
        let body = serde_json::from_value(exchange).unwrap();
        service::exchanges::create_exchange(&firm.call(), paul, NONE, body).unwrap();
        firm.go("2026-11-30T09:00:00Z");
        assert_eq!(firm.codes(paul), [C::HeldMinimumDays]);
        firm.rules(|r| r.minimum_days = 1);
        firm.go("2026-12-01T08:00:00Z");
        assert_eq!(firm.took().len(), 3);
    });
}

#[test]
fn pauses_of_a_client_and_of_the_firm_and_people_who_are_away_hold_and_end_by_themselves() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Staff);
        let client = firm.dossier("client@exemple.fr");
        let in_charge = json!({ "assignee": InCharge { user_id: Some(id_of(&karim)), label: None },
            "portfolio_id": firm.portfolio(&[id_of(&karim)]) });
        let of_karim = firm.dossier_with("karim@exemple.fr", in_charge);
        let other = firm.dossier("autre@exemple.fr");
        firm.chase(&[0, 10]);
        let result = firm.pause(client, Some("2026-11-24"));
        assert_eq!(result.changed, 1);
        let again = firm.pause(client, Some("2026-11-24"));
        assert_eq!((again.changed, again.unchanged, again.act_id), (0, 1, None), "the same again changes nothing");
        firm.rules(|r| {
            r.absences = vec![Absence {
                user_id: id_of(&karim),
                from: "2026-11-20".parse().unwrap(),
                to: Some("2026-11-25".parse().unwrap()),
            }];
        });
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.to(), ["autre@exemple.fr"]);
        assert_eq!((firm.codes(client)[0], firm.codes(of_karim)[0]), (C::HeldClientPaused, C::HeldPersonAway));
        assert!(
            firm.why(client, 1).contains("le client est en pause jusqu’au 24\u{a0}novembre"),
            "{}",
            firm.why(client, 1)
        );
        assert_eq!(firm.of_dossier(client).pause.unwrap().by_name, "Claire Martin");
        firm.go("2026-11-25T08:00:00Z");
        assert_eq!(firm.to(), ["autre@exemple.fr", "client@exemple.fr"]);
        firm.go("2026-11-26T08:00:00Z");
        assert_eq!(firm.to(), ["autre@exemple.fr", "client@exemple.fr", "karim@exemple.fr"]);
        // The firm closes over the day of the next step, with a name for it.
        firm.rules(|r| {
            r.pauses = vec![domain::relance::FirmPause {
                from: "2026-12-01".parse().unwrap(),
                to: Some("2026-12-08".parse().unwrap()),
                reason: "Inventaire".to_owned(),
            }];
        });
        assert!(firm.why(other, 2).contains("Inventaire"), "{}", firm.why(other, 2));
        firm.go("2026-12-03T10:00:00Z");
        assert_eq!(firm.took().len(), 3);
        assert!(firm.board(&firm.who).problem.unwrap().fr.contains("Inventaire"));
        firm.go("2026-12-09T08:00:00Z");
        assert_eq!(firm.took().len(), 6);
        // Paused until somebody ends it.
        let late = firm.dossier("tard@exemple.fr");
        firm.pause(late, None);
        firm.go("2026-12-09T09:00:00Z");
        firm.go("2026-12-20T09:00:00Z");
        assert_eq!(firm.took().len(), 6);
        let body = PauseInput { ids: Some(vec![late]), filter: None, pause: None, preview: false };
        assert_eq!(firm.paused(body).changed, 1);
        firm.go("2026-12-21T08:00:00Z");
        assert_eq!(firm.took().len(), 7);
    });
}

#[test]
fn clients_are_paused_by_a_filter_with_a_look_before_and_the_way_back() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Staff);
        let lille = firm.portfolio(&[id_of(&karim)]);
        let of_lille = || json!({ "portfolio_id": lille });
        let [a, b] = ["a@exemple.fr", "b@exemple.fr"].map(|email| firm.dossier_with(email, of_lille()));
        let other = firm.dossier("c@exemple.fr");
        firm.chase(&[0]);
        firm.live();
        let late = || DossierQuery { missing: Several(vec![Criterion::ReceptionPlatform]), ..DossierQuery::default() };
        let rest = |to: Option<&str>, note: &str| {
            let (to, note) = (to.map(|day| day.parse().unwrap()), Some(note.to_owned()).filter(|n| !n.is_empty()));
            Some(NewPause { from: None, to, reason: PauseReason::InTouch, note })
        };
        let by_filter = |filter: DossierQuery, pause: Option<NewPause>, preview: bool| PauseInput {
            ids: None,
            filter: Some(filter),
            pause,
            preview,
        };
        let held = || [a, b, other].map(|id| firm.codes(id)[0] == C::HeldClientPaused);

        // Before: whom it would touch. Nothing is written.
        firm.pause(a, None);
        let look = firm.paused(by_filter(late(), rest(None, ""), true));
        assert_eq!((look.changed, look.unchanged, look.left_out, look.act_id), (3, 0, 0, None));
        assert_eq!(held(), [true, false, false]);

        // Done by who sees two of three: those are all that the filter means.
        let body = by_filter(late(), rest(Some("2026-12-31"), "Vus ensemble"), false);
        let done = relances::pause_relances(&firm.by(&karim), NONE, NONE, body.clone()).unwrap().reply;
        let mut touched: Vec<DossierId> = done.items.iter().map(|i| i.dossier_id).collect();
        touched.sort();
        assert_eq!((done.changed, done.left_out, touched), (2, 0, vec![a, b]));
        assert_eq!(held(), [true, true, false]);
        assert_eq!(firm.of_dossier(b).pause.unwrap().by_name, "Karim Benali");
        let again = firm.paused(body);
        assert_eq!((again.changed, again.unchanged), (1, 2), "two rest already");
        assert_eq!(held(), [true, true, true]);

        // Taken back: what was before stands again, with who made it; what was changed since stays.
        assert_eq!(firm.undo(again.act_id).changed, 1);
        assert_eq!(held(), [true, true, false]);
        firm.pause(b, Some("2026-12-24"));
        let back = firm.undo(done.act_id);
        let outcome = |id: DossierId| back.items.iter().find(|i| i.dossier_id == id).unwrap().outcome;
        assert_eq!((back.changed, back.left_out), (1, 1));
        assert_eq!((outcome(a), outcome(b)), (ItemOutcome::Changed, ItemOutcome::Kept));
        let before = firm.of_dossier(a).pause.unwrap();
        assert_eq!((before.by_name.as_str(), before.to, before.note), ("Claire Martin", None, None));
        assert_eq!(firm.of_dossier(b).pause.unwrap().to, Some("2026-12-24".parse().unwrap()));
        let act = done.act_id.unwrap();
        assert_eq!(code(service::bulk::undo_act(&firm.call(), act, NONE, NONE)), Code::Conflict);

        // Ended by a filter, and that taken back.
        let end = firm.paused(by_filter(late(), None, false));
        assert_eq!((end.changed, end.unchanged), (2, 1));
        assert_eq!(held(), [false, false, false]);
        assert_eq!(firm.undo(end.act_id).changed, 2);
        assert_eq!(held(), [true, true, false]);

        // Named twice it is once; out of sight it is told so and nothing else; neither way of naming, or both, is refused.
        let named = PauseInput { ids: Some(vec![a, a, other]), filter: None, pause: None, preview: true };
        let told = relances::pause_relances(&firm.by(&karim), NONE, NONE, named.clone()).unwrap().reply;
        let told: Vec<_> = told.items.into_iter().map(|i| (i.dossier_id, i.outcome, i.name.is_some())).collect();
        assert_eq!(told, [(a, ItemOutcome::Changed, true), (other, ItemOutcome::NotFound, false)]);
        for body in [
            PauseInput { ids: None, ..named.clone() },
            PauseInput { filter: Some(late()), ..named.clone() },
            PauseInput { pause: rest(Some("2020-01-01"), ""), ..named },
        ] {
            assert_eq!(code(relances::pause_relances(&firm.call(), NONE, NONE, body)), Code::Invalid);
        }
    });
}

#[test]
fn the_late_of_each_purpose_are_the_rows_of_the_list_that_it_opens() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Staff);
        let lille = firm.portfolio(&[id_of(&karim)]);
        let of_lille = || json!({ "portfolio_id": lille });
        firm.dossier("tout@exemple.fr");
        firm.dossier_with("", of_lille());
        // Lacks what one purpose asks for in part, and not the first of it.
        firm.dossier_with("emission@exemple.fr", json!({ "reception_platform": "Pennylane" }));
        firm.dossier_with("volume@exemple.fr", with(of_lille(), &json!({ "invoices_per_month": 12 })));
        firm.dossier_with("adresse@exemple.fr", with(of_lille(), &json!({ "address": null, "city": null })));
        let chosen = firm.dossier("choisi@exemple.fr");
        firm.chooses(chosen);

        let total = |who: &SignedIn, filter: DossierQuery| {
            let query = DossierListQuery { filter, facets: Some(true), ..DossierListQuery::default() };
            dossiers::list_dossiers(&firm.by(who), NONE, query, NONE).unwrap().read().unwrap().total.unwrap()
        };
        let boards = [
            (&firm.who, firm.board(&firm.who)),
            (&karim, firm.board(&karim)),
            (&firm.who, firm.board_of(&firm.who, OrNone::Is(lille))),
        ];
        for (who, board) in &boards {
            assert!(board.purposes.len() > 3, "{:?}", board.purposes);
            for purpose in &board.purposes {
                assert_eq!(total(who, purpose.filter.clone()), purpose.late, "{purpose:?}");
            }
        }
        let late = |board: &RelanceBoard, of: P| board.purposes.iter().find(|p| p.purpose == of).unwrap().late;
        let [all, mine, narrowed] = boards.map(|(_, board)| board);
        assert_eq!((late(&all, P::ChoosePlatform), late(&mine, P::ChoosePlatform)), (5, 3));
        assert!(late(&all, P::MissingIdentity) > late(&mine, P::MissingIdentity), "{:?}", all.purposes);
        assert_eq!(
            narrowed.purposes,
            mine.purposes
                .iter()
                .map(|p| LatePurpose {
                    filter: DossierQuery { portfolio_id: Several(vec![OrNone::Is(lille)]), ..p.filter.clone() },
                    ..p.clone()
                })
                .collect::<Vec<_>>()
        );
        // Its first criterion alone finds fewer.
        let first = DossierQuery { missing: Several(vec![Criterion::ReceptionPlatform]), ..DossierQuery::default() };
        assert_eq!(total(&firm.who, first), 4);
        // Where nothing is awaited nobody is late.
        let nobody = DossierQuery { late_for: Some(P::Training), ..DossierQuery::default() };
        assert_eq!(total(&firm.who, nobody), 0);
    });
}

#[test]
fn relances_are_narrowed_to_the_portfolio_that_is_looked_at() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Staff);
        let (lille, lyon) = (firm.portfolio(&[id_of(&karim)]), firm.portfolio(&[]));
        let here = firm.dossier_with("ici@exemple.fr", json!({ "portfolio_id": lille }));
        let there = firm.dossier_with("ailleurs@exemple.fr", json!({ "portfolio_id": lyon }));
        let silent = firm.dossier_with("", json!({ "portfolio_id": lyon }));
        let outside = firm.dossier("dehors@exemple.fr");
        let steps =
            [mail(0), with(mail(3), &json!({ "channel": "call" })), with(mail(8), &json!({ "approval": "manual" }))];
        let sequence = firm.active(P::ChoosePlatform, &steps, json!({}));
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.to(), ["ailleurs@exemple.fr", "dehors@exemple.fr", "ici@exemple.fr"]);
        firm.go("2026-11-26T09:01:00Z");

        // Who sees all and looks at one portfolio, and who sees one portfolio only, are told the same.
        let narrow = |of: OrNone<PortfolioId>| Several(vec![of]);
        let numbers = |board: &RelanceBoard| {
            let of = board.purposes.iter().find(|p| p.purpose == P::ChoosePlatform).unwrap();
            (of.late, of.chased, of.unreachable, board.tasks, board.sent)
        };
        let (all, mine) = (firm.board(&firm.who), firm.board(&karim));
        let at = |of| firm.board_of(&firm.who, of);
        assert_eq!(numbers(&all), (4, 4, 1, 4, 3));
        assert_eq!(numbers(&at(OrNone::Is(lille))), (1, 1, 0, 1, 1));
        assert_eq!(numbers(&at(OrNone::Is(lille))), numbers(&mine));
        assert_eq!(numbers(&at(OrNone::Is(lyon))), (2, 2, 1, 2, 1));
        assert_eq!(numbers(&at(OrNone::None)), (1, 1, 0, 1, 1));
        assert_eq!(numbers(&firm.board_of(&karim, OrNone::Is(lyon))), (0, 0, 0, 0, 0), "choosing shows no more");
        assert_eq!(at(OrNone::Is(lille)).week, mine.week);
        assert_ne!(all.week, mine.week);

        let rows = |who: &SignedIn, of| {
            let query = RelanceQuery { portfolio_id: narrow(of), facets: Some(true), ..RelanceQuery::default() };
            let page = relances::list_relances(&firm.by(who), NONE, query, NONE).unwrap().reply;
            assert_eq!(page.total, Some(page.data.len() as u64));
            let mut ids: Vec<DossierId> = page.data.iter().map(|r| r.dossier_id).collect();
            ids.dedup();
            ids.sort();
            ids.dedup();
            ids
        };
        assert_eq!(rows(&firm.who, OrNone::Is(lyon)), [there, silent]);
        assert_eq!(rows(&firm.who, OrNone::None), [outside]);
        assert!(rows(&karim, OrNone::Is(lyon)).is_empty());

        let steps = |who: &SignedIn, of: Several<OrNone<PortfolioId>>| {
            let query = ForecastQuery { days: Some(20), portfolio_id: of, ..ForecastQuery::default() };
            let days = relances::forecast_relances(&firm.by(who), NONE, query, NONE).unwrap().reply.days;
            days.iter().flat_map(|d| &d.steps).map(|s| s.count).sum::<u64>()
        };
        let everywhere = steps(&firm.who, Several::default());
        let parts = [OrNone::Is(lille), OrNone::Is(lyon), OrNone::None].map(|of| steps(&firm.who, narrow(of)));
        assert_eq!(parts.iter().sum::<u64>(), everywhere);
        assert!(parts.iter().all(|n| *n > 0 && *n < everywhere), "{parts:?}");
        assert_eq!(steps(&karim, narrow(OrNone::Is(lyon))), 0);

        let running = |who: &SignedIn, of: Several<OrNone<PortfolioId>>| {
            let query = || RelanceScopeQuery { portfolio_id: of.clone() };
            let list = relances::list_sequences(&firm.by(who), NONE, query(), NONE).unwrap().reply.data;
            let read = relances::read_sequence(&firm.by(who), sequence.id, query(), NONE).unwrap().reply;
            let query = AudienceQuery { portfolio_id: of.clone(), is_in: Some(true), ..AudienceQuery::default() };
            let audience = relances::list_audience(&firm.by(who), sequence.id, query, NONE).unwrap().reply.data;
            assert_eq!((list[0].running, read.running), (audience.len() as u64, audience.len() as u64));
            read.running
        };
        assert_eq!(running(&firm.who, Several::default()), 4);
        assert_eq!(running(&firm.who, narrow(OrNone::Is(lyon))), 2);
        assert_eq!(running(&karim, Several::default()), 1);
        assert_eq!(running(&karim, narrow(OrNone::Is(lyon))), 0);
        assert_eq!(rows(&karim, OrNone::Is(lille)), [here]);
    });
}

#[test]
fn no_more_messages_leave_in_an_hour_than_the_firm_wants() {
    on_both(|world| {
        let firm = Firm::new(world);
        let ids: Vec<DossierId> = (0..5).map(|n| firm.dossier(&format!("client{n}@exemple.fr"))).collect();
        firm.chase(&[0, 30]);
        assert_eq!(code(firm.try_rules(|r| r.hourly = Some(0))), Code::Invalid);
        firm.rules(|r| r.hourly = Some(2));
        firm.live();
        // Told before: by each step, and by its day.
        assert!(firm.why(ids[0], 1).ends_with(", au plus 2\u{a0}messages par heure."), "{}", firm.why(ids[0], 1));
        let days = firm.forecast(10).days;
        let day = days.iter().find(|d| d.mails > 0).unwrap();
        assert_eq!(day.mails, 5, "{day:?}");
        assert!(
            day.summary.fr.contains("5 courriels (au plus 2\u{a0}messages par heure, le dernier vers 12\u{a0}h)"),
            "{:?}",
            day.summary
        );

        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.took().len(), 2);
        let waits = || {
            let page =
                firm.list(RelanceQuery { outcome: Several(vec![C::HeldHourlyLimit]), ..RelanceQuery::default() });
            page.data.into_iter().map(|r| (r.dossier_id, r.at.unwrap(), r.why.fr)).collect::<Vec<_>>()
        };
        let first = waits();
        let at_of: Vec<DateTime<Utc>> = first.iter().map(|(_, at, _)| *at).collect();
        assert_eq!(at_of, ["2026-11-23T10:01:00Z", "2026-11-23T10:01:00Z", "2026-11-23T11:01:00Z"].map(at));
        let said =
            "Partira le lundi 23\u{a0}novembre entre 11\u{a0}h et 12\u{a0}h\u{a0}: au plus 2\u{a0}messages par heure.";
        assert_eq!(first[0].2, said);
        assert_eq!(firm.why(first[0].0, 1), said, "the dossier tells the same");
        assert!(firm.board(&firm.who).held.iter().any(|c| c.code == C::HeldHourlyLimit && c.count == 3));
        // What changes about a client that waits moves its time no more than the passing hours do.
        firm.change(first[2].0, json!({ "notes": "Rappelé" }));
        firm.go("2026-11-23T09:30:00Z");
        firm.go("2026-11-23T10:00:30Z");
        assert_eq!((firm.took().len(), waits()), (2, first.clone()));
        // Who is new waits behind those who were promised a time.
        let new = firm.dossier("nouveau@exemple.fr");
        firm.go("2026-11-23T10:01:00Z");
        assert_eq!(firm.took().len(), 4);
        let now: Vec<_> = waits().into_iter().map(|(id, at, _)| (id, at)).collect();
        assert_eq!(now, [(first[2].0, at("2026-11-23T11:01:00Z")), (new, at("2026-11-23T11:01:00Z"))]);
        firm.go("2026-11-23T11:01:00Z");
        let mut to = firm.to();
        to.dedup();
        assert_eq!((firm.took().len(), to.len()), (6, 6), "each once");

        // What could not be handed over for hours fills the hour in which it leaves at last.
        let more: Vec<DossierId> = (0..4).map(|n| firm.dossier(&format!("autre{n}@exemple.fr"))).collect();
        for now in ["2026-11-24T08:00:00Z", "2026-11-24T10:00:00Z", "2026-11-24T12:00:00Z"] {
            firm.set(at(now));
            firm.tick();
        }
        post::drain(&firm.app).unwrap();
        assert_eq!(firm.took().len(), 8);
        firm.go("2026-11-24T12:30:00Z");
        assert_eq!(firm.took().len(), 8);
        // The window closes over the rest, which leaves in the morning; without a limit it leaves at once.
        firm.rules(|r| r.hourly = Some(1));
        firm.go("2026-11-24T16:59:00Z");
        assert_eq!(firm.took().len(), 9);
        assert_eq!(waits().iter().map(|(_, at, _)| *at).collect::<Vec<_>>(), [at("2026-11-25T08:00:00Z")]);
        firm.go("2026-11-24T18:30:00Z");
        assert_eq!(firm.took().len(), 9);
        let last = firm.dossier("dernier@exemple.fr");
        firm.rules(|r| r.hourly = None);
        assert!(waits().is_empty());
        firm.go("2026-11-25T08:00:00Z");
        assert_eq!(firm.took().len(), 11);
        assert!(more.iter().chain([&last]).all(|id| firm.codes(*id)[0] == C::Sent));
    });
}

#[test]
fn an_address_that_is_not_written_to_is_left_out_and_said() {
    on_both(|world| {
        let firm = Firm::new(world);
        let gone = firm.dossier("gone@exemple.fr");
        let calm = firm.dossier("calme@exemple.fr");
        let body =
            NewSuppression { address: "calme@exemple.fr".to_owned(), note: "Préfère le téléphone".to_owned() };
        service::suppressions::create_suppression(&firm.call(), NONE, NONE, body).unwrap();
        firm.peer.refuses.lock().unwrap().push("gone@exemple.fr".to_owned());
        firm.chase(&[0, 8, 16]);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert!(firm.took().is_empty());
        assert_eq!(firm.codes(calm), [C::LeftOutByHand, C::LeftOutByHand, C::LeftOutByHand]);
        assert_eq!(
            firm.why(calm, 1),
            "Laissée de côté le\u{a0}23\u{a0}novembre à 10\u{a0}h\u{a0}01\u{a0}: le cabinet a bloqué cette adresse."
        );
        assert!(firm.of_dossier(calm).address_problem.unwrap().fr.contains("Préfère le téléphone"));
        // Refused by its server: what left says so, and nothing follows.
        assert!(firm.why(gone, 1).ends_with("Adresse refusée."), "{}", firm.why(gone, 1));
        assert_eq!(firm.codes(gone), [C::Sent, C::LeftOutBounced, C::LeftOutBounced]);
        let open = RelanceQuery { dossier_id: Some(gone), stage: Some(Stage::Open), ..RelanceQuery::default() };
        firm.tick();
        assert_eq!(firm.list(open.clone()).data[0].code, C::LeftOutBounced, "the list knows it at once");
        // Written to again: what comes goes on.
        let body = Reactivation { address: "calme@exemple.fr".to_owned(), reason: "Vu au téléphone".to_owned() };
        let lifted =
            service::suppressions::reactivate_suppression(&firm.call(), NONE, NONE, body).unwrap().reply.lifted;
        assert_eq!(lifted, [SuppressionReason::ByHand]);
        firm.go("2026-12-01T08:00:00Z");
        assert_eq!(firm.to(), ["calme@exemple.fr"]);
        // Blocked between the outbox and its sending.
        firm.set(at("2026-12-09T08:00:00Z"));
        firm.tick();
        let body = NewSuppression { address: "calme@exemple.fr".to_owned(), note: "Trop".to_owned() };
        service::suppressions::create_suppression(&firm.call(), NONE, NONE, body).unwrap();
        post::drain(&firm.app).unwrap();
        firm.go("2026-12-09T08:05:00Z");
        assert_eq!(firm.to(), ["calme@exemple.fr"]);
        assert_eq!(firm.codes(calm), [C::LeftOutByHand, C::Sent, C::LeftOutByHand]);
    });
}

#[test]
fn whoever_has_answered_or_done_it_hears_no_more() {
    on_both(|world| {
        let firm = Firm::new(world);
        let ids: Vec<DossierId> = ["hand", "link", "reply", "done", "silent", "left"]
            .iter()
            .map(|who| firm.dossier_with(&format!("{who}@exemple.fr"), json!({ "tags": ["suivi"] })))
            .collect();
        let [hand, link, reply, done, silent, left] = ids[..] else { panic!() };
        let mut tagged = firm.input(P::ChoosePlatform, &[mail(0), mail(8)], json!({}));
        tagged.filter.tag = Several(vec!["suivi".to_owned()]);
        let sequence = firm.try_create(tagged).unwrap().sequence.unwrap();
        firm.try_move(sequence.id, SequenceState::Active).unwrap();
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.took().len(), 6);
        firm.set(at("2026-11-24T09:00:00Z"));
        // Noted by a person; by the client's link; as a reply; done; no longer of the audience.
        assert_eq!(firm.act(RelanceAct::Answered, &sequence, &[hand]).changed, 1);
        let took = firm.peer.took.lock().unwrap().clone();
        let text = &took.iter().find(|m| m.to.address == "link@exemple.fr").unwrap().text;
        let token = text[text.find("lnk_").unwrap()..].split_whitespace().next().unwrap().to_owned();
        let client = Call { actor: None, client: Client::default(), ..firm.call() };
        let links::Opening::Open(visit) = links::open(&client, &token).unwrap() else { panic!("the link is open") };
        visit.start(&client).unwrap();
        visit.finish(&client).unwrap();
        let answer = AnswerInput { answered_on: None, how: domain::AnswerWay::Telephone, note: String::new() };
        let event = service::delivery::record_answer(&firm.call(), firm.mail_of(reply, 1), NONE, answer).unwrap().reply;
        firm.chooses(done);
        firm.change(left, json!({ "tags": [] }));
        firm.tick();
        assert_eq!(firm.course(hand).steps[1].code, C::StoppedAnswered);
        assert!(
            firm.why(hand, 2).starts_with("Ne partira pas\u{a0}: le client a répondu (noté par le cabinet)"),
            "{}",
            firm.why(hand, 2)
        );
        assert!(firm.why(link, 2).contains("le client a répondu (par son lien)"), "{}", firm.why(link, 2));
        assert_eq!(firm.course(reply).steps[1].code, C::StoppedAnswered);
        assert!(firm.why(reply, 1).ends_with("Le client a répondu."), "{}", firm.why(reply, 1));
        assert!(firm.why(done, 2).contains("c’est fait, plus rien ne manque"), "{}", firm.why(done, 2));
        assert!(firm.why(left, 2).contains("ne fait plus partie du public"), "{}", firm.why(left, 2));
        let ended = firm.read(sequence.id).ended;
        let of = |code| ended.iter().find(|c| c.code == code).map_or(0, |c| c.count);
        assert_eq!((of(C::StoppedAnswered), of(C::StoppedDone), of(C::StoppedNotEligible)), (3, 1, 1));
        // A reply that was noted in error: the sequence goes on.
        let undo = AnswerUndo { event_id: event.events[0].id };
        service::delivery::undo_answer(&firm.call(), firm.mail_of(reply, 1), NONE, undo).unwrap();
        assert_eq!(firm.codes(reply), [C::Sent, C::Planned]);
        firm.go("2026-12-01T08:00:00Z");
        let mut second: Vec<String> = firm.took().into_iter().skip(6).map(|(to, _)| to).collect();
        second.sort();
        assert_eq!(second, ["reply@exemple.fr", "silent@exemple.fr"]);
        // What was done is undone, and who had left is tagged again: they begin anew.
        firm.change(done, json!({ "reception_platform": null }));
        firm.change(left, json!({ "tags": ["suivi"] }));
        firm.go("2026-12-02T08:00:00Z");
        let mut third: Vec<String> = firm.took().into_iter().skip(8).map(|(to, _)| to).collect();
        third.sort();
        assert_eq!(third, ["done@exemple.fr", "left@exemple.fr"]);
        assert_eq!(firm.of_dossier(left).courses.len(), 2);
        // Who has answered does not: it is said why.
        let course = firm.course(hand);
        assert!(course.ended.unwrap().fr.starts_with("Le client a répondu"));
        assert!(firm.of_dossier(hand).left_out.is_empty(), "it is told once");
        assert_eq!(firm.codes(silent), [C::Sent, C::Sent]);
    });
}

#[test]
fn a_reply_that_comes_back_by_mail_ends_the_sequence() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        firm.chase(&[0, 8]);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        firm.set(at("2026-11-24T09:00:00Z"));
        let folder = tempfile::tempdir().unwrap();
        let written = &firm.mails()[0].message_id;
        let letter = format!(
            "From: Anne <anne@exemple.fr>\r\nTo: envois@cabinet.example\r\nSubject: Re: Facturation\r\n\
             Message-ID: <r1@exemple.fr>\r\nIn-Reply-To: {written}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
             Nous prenons Pennylane.\r\n"
        );
        std::fs::write(folder.path().join("reponse.eml"), letter).unwrap();
        let mut look = service::delivery::mailbox::Look::new(folder.path().to_owned());
        let stop = std::sync::atomic::AtomicBool::new(false);
        let heard: usize = (0..2).map(|_| look.once(&firm.app, std::time::Duration::ZERO, &stop)).sum();
        assert_eq!(heard, 1);
        firm.tick();
        assert!(firm.why(anne, 2).contains("le client a répondu (par e-mail)"), "{}", firm.why(anne, 2));
        firm.go("2026-12-01T08:00:00Z");
        assert_eq!(firm.took().len(), 1);
    });
}

#[test]
fn a_mandate_that_comes_back_signed_ends_what_asked_for_it() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        let id = firm.ask(anne);
        firm.set(at("2026-12-02T09:00:00Z"));
        firm.active(P::SignMandate, &[mail(0), mail(8)], json!({}));
        firm.live();
        firm.go("2026-12-02T09:01:00Z");
        assert_eq!(firm.took().len(), 2);
        firm.set(at("2026-12-03T09:00:00Z"));
        for event in [MandateEvent::Open, MandateEvent::Sign] {
            firm.happens(id, event);
        }
        firm.tick();
        // It waits for the firm to accept it; the client has done its part.
        assert!(firm.why(anne, 2).contains("le mandat est reçu"), "{}", firm.why(anne, 2));
        let listed = firm.list(RelanceQuery { stage: Some(Stage::Open), ..RelanceQuery::default() });
        assert!(listed.data.is_empty(), "nothing is open any more: {:?}", listed.data);
        firm.go("2026-12-10T08:00:00Z");
        assert_eq!(firm.took().len(), 2);
    });
}

#[test]
fn people_approve_pass_over_remove_and_do_what_waits_for_them() {
    on_both(|world| {
        let firm = Firm::new(world);
        let ids: Vec<DossierId> = (0..4).map(|n| firm.dossier(&format!("client{n}@exemple.fr"))).collect();
        let [a, b, c, d] = ids[..] else { panic!() };
        let asks = with(mail(0), &json!({ "approval": "manual" }));
        let call = with(mail(8), &json!({ "channel": "call" }));
        let sequence = firm.active(P::ChoosePlatform, &[asks, call, mail(16)], json!({}));
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert!(firm.took().is_empty(), "nobody has agreed");
        assert_eq!(firm.codes(a)[0], C::WaitsApproval);
        assert_eq!(firm.board(&firm.who).approvals, 4);
        let waiting = RelanceQuery { outcome: Several(vec![C::WaitsApproval]), ..RelanceQuery::default() };
        assert_eq!(firm.list(waiting.clone()).data.len(), 4);
        let item = RelanceRef { sequence_id: sequence.id, dossier_id: a };
        let look = RelanceActInput { items: vec![item], act: RelanceAct::Approve, note: None, preview: true };
        let told = relances::act_on_relances(&firm.call(), NONE, NONE, look).unwrap().reply;
        assert_eq!((told.changed, firm.codes(a)[0]), (1, C::WaitsApproval));
        assert_eq!(firm.act(RelanceAct::Approve, &sequence, &[a, b]).changed, 2);
        let again = firm.act(RelanceAct::Approve, &sequence, &[a]);
        assert_eq!((again.changed, again.items[0].outcome), (0, ItemOutcome::Unchanged));
        assert_eq!(firm.act(RelanceAct::Skip, &sequence, &[c]).changed, 1);
        assert_eq!(firm.act(RelanceAct::Remove, &sequence, &[d]).changed, 1);
        firm.go("2026-11-23T09:02:00Z");
        assert_eq!(firm.to(), ["client0@exemple.fr", "client1@exemple.fr"], "the consent holds at the gate, too");
        assert_eq!(firm.codes(c)[0], C::LeftOutPassed);
        assert!(firm.course(d).ended.unwrap().fr.contains("e dossier a été retiré"));
        assert_eq!(firm.codes(d)[0], C::StoppedRemoved);
        // Removed for good: it does not join again.
        firm.go("2026-11-24T09:00:00Z");
        assert_eq!(firm.of_dossier(d).courses.len(), 1);
        let none = firm.act(RelanceAct::Skip, &sequence, &[d]);
        assert_eq!(none.items[0].outcome, ItemOutcome::NotFound);
        // A call is a task until somebody has made it.
        firm.go("2026-12-01T08:00:00Z");
        assert_eq!(firm.took().len(), 2, "a call writes to nobody");
        assert_eq!(firm.board(&firm.who).tasks, 3);
        let step = firm.course(a).steps.remove(1);
        assert!(step.task && step.why.fr.starts_with("Appel confié au cabinet"), "{:?}", step.why);
        assert_eq!(firm.act(RelanceAct::Done, &sequence, &[a]).changed, 1);
        assert_eq!(firm.act(RelanceAct::Done, &sequence, &[a]).changed, 0);
        let step = firm.course(a).steps.remove(1);
        assert!(!step.task && step.why.fr.ends_with("Fait par Claire Martin."), "{:?}", step.why);
        assert_eq!(firm.board(&firm.who).tasks, 2);
        firm.go("2026-12-09T08:00:00Z");
        assert_eq!(firm.took().len(), 5);
        let told = world.texts("SELECT action AS text FROM journal WHERE action LIKE 'relance.%' ORDER BY seq");
        assert_eq!(told, ["relance.approve", "relance.approve", "relance.skip", "relance.remove", "relance.done"]);
    });
}

#[test]
fn who_does_not_answer_is_handed_to_a_person_and_nobody_gets_more_than_the_most() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Staff);
        let in_charge = json!({ "assignee": InCharge { user_id: Some(id_of(&karim)), label: None },
            "portfolio_id": firm.portfolio(&[id_of(&karim)]) });
        let silent = firm.dossier_with("anne@exemple.fr", in_charge);
        let more = json!({ "escalation": { "after": 2, "to": { "who": "assignee" } } });
        let sequence = firm.active(P::ChoosePlatform, &[mail(0), mail(8), mail(40)], more);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        firm.go("2026-12-01T08:00:00Z");
        assert_eq!(firm.took().len(), 2);
        assert!(
            firm.why(silent, 3).starts_with("Ne partira pas\u{a0}: sans réponse après 2\u{a0}messages"),
            "{}",
            firm.why(silent, 3)
        );
        assert!(firm.course(silent).ended.is_none(), "it has its days to answer");
        let told = || {
            let query = NotificationQuery::default();
            service::anomalies::list_notifications(&firm.by(&karim), NONE, query, NONE).unwrap().reply.data
        };
        assert!(told().is_empty());
        firm.go("2026-12-08T08:00:00Z");
        let told = told();
        assert_eq!(told.len(), 1);
        assert_eq!(
            (told[0].kind, told[0].text.fr.as_str()),
            (
                NotificationKind::Silent,
                format!("Un dossier vous est confié : sans réponse après 2 messages de « {} »", sequence.name).as_str()
            )
        );
        let handed = AudienceQuery { outcome: Several(vec![C::StoppedEscalated]), ..AudienceQuery::default() };
        assert_eq!(firm.audience(sequence.id, handed).data.len(), 1);
        firm.go("2027-01-05T09:00:00Z");
        assert_eq!(firm.took().len(), 2);

        let many = firm.dossier("paul@exemple.fr");
        firm.rules(|r| r.maximum = 1);
        firm.go("2027-01-05T09:01:00Z");
        assert_eq!(firm.took().len(), 3);
        assert!(firm.course(many).ended.unwrap().fr.contains("e maximum de 1\u{a0}message est atteint"));
    });
}

#[test]
fn an_edit_shows_whom_it_touches_and_changes_what_comes_alone() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        let sequence = firm.chase(&[0, 8]);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        let later = firm.dossier("paul@exemple.fr");
        firm.go("2026-11-24T09:00:00Z");
        assert_eq!(firm.took().len(), 2);
        let body = |sequence: &Sequence| {
            let steps: Vec<Value> = sequence.steps.iter().map(|s| json!(s.step)).collect();
            let body = json!({ "name": sequence.name, "purpose": sequence.purpose, "steps": steps });
            serde_json::from_value::<SequenceInput>(body).unwrap()
        };
        // The first step is over for both: to change it touches nobody.
        let mut first = body(&sequence);
        first.steps[0].after.days = 3;
        let dry = |body: &SequenceInput| {
            let body = SequenceInput { preview: true, ..body.clone() };
            relances::update_sequence(&firm.call(), sequence.id, NONE, body).unwrap().reply
        };
        assert_eq!(dry(&first).touched, 0);
        let mut second = body(&sequence);
        second.steps[1].after.days = 20;
        second.steps.push(SequenceStepInput { id: None, ..second.steps[1].clone() });
        second.steps[2].after.days = 30;
        let plan = dry(&second);
        assert_eq!((plan.touched, plan.joining, plan.leaving), (2, 0, 0));
        assert_eq!(firm.codes(anne).len(), 2, "only told");
        let update = |version: i64, body: SequenceInput| {
            relances::update_sequence(&firm.on(version), sequence.id, NONE, body).map(|a| a.reply)
        };
        assert_eq!(code(update(1, second.clone())), Code::VersionMismatch);
        let kept = update(2, second).unwrap().sequence.unwrap();
        assert_eq!((kept.version, kept.steps.len()), (3, 3));
        assert_eq!(firm.codes(anne), [C::Sent, C::Planned, C::Planned]);
        assert_eq!(firm.course(anne).steps[1].at, Some(at("2026-12-14T08:00:00Z")), "a Sunday moves on");
        firm.go("2026-12-01T09:00:00Z");
        assert_eq!(firm.took().len(), 2, "not on its old day");
        // Only some stay: the audience is another.
        let mut narrow = body(&kept);
        narrow.filter.q = Some("Client 001".to_owned());
        assert_eq!(dry(&narrow).leaving, 1);
        update(3, narrow).unwrap();
        firm.tick();
        assert!(firm.course(later).ended.unwrap().fr.contains("ne fait plus partie du public"));
        // Paused nothing leaves; then it goes on; archived it is over, history stays.
        firm.try_move(sequence.id, SequenceState::Paused).unwrap();
        firm.go("2026-12-14T09:00:00Z");
        assert_eq!(firm.took().len(), 2);
        assert_eq!(firm.codes(anne)[1], C::HeldSequenceNotActive);
        firm.try_move(sequence.id, SequenceState::Active).unwrap();
        firm.go("2026-12-14T09:01:00Z");
        assert_eq!(firm.took().len(), 3);
        let over = firm.try_move(sequence.id, SequenceState::Archived).unwrap();
        assert_eq!(over.leaving, 1);
        firm.go("2026-12-14T09:02:00Z");
        assert_eq!(firm.read(sequence.id).running, 0);
        let course = firm.course(anne);
        assert!(course.ended.unwrap().fr.contains("a séquence est archivée"));
        assert_eq!(course.steps[0].code, C::Sent);
        assert_eq!(code(firm.try_move(sequence.id, SequenceState::Active)), Code::Conflict);
        let again = body(&firm.read(sequence.id));
        assert_eq!(code(update(7, again)), Code::Conflict);
    });
}

#[test]
fn in_test_mode_everything_goes_to_the_firm_and_live_begins_anew() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        firm.chase(&[0, 8]);
        firm.rules(|r| {
            r.mode = SendingMode::Test;
            r.test_address = Some("essai@cabinet.example".to_owned());
        });
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(
            firm.took(),
            [(
                "essai@cabinet.example".to_owned(),
                "[Test : anne@exemple.fr] Facturation électronique : votre plateforme, en deux minutes".to_owned()
            )]
        );
        assert!(firm.why(anne, 1).ends_with("Envoi d’essai : le client n’a rien reçu."), "{}", firm.why(anne, 1));
        // The distance between two messages is kept as it would be.
        firm.active(P::SignMandate, &[mail(0)], json!({}));
        firm.go("2026-11-24T09:00:00Z");
        assert_eq!(firm.took().len(), 1);
        // In the outbox as a test when the firm goes live: it does not leave.
        firm.set(at("2026-12-01T08:00:00Z"));
        firm.tick();
        firm.live();
        post::drain(&firm.app).unwrap();
        assert_eq!(firm.took().len(), 1);
        firm.go("2026-12-01T08:01:00Z");
        assert_eq!(firm.took().len(), 2);
        assert_eq!(firm.took()[1].0, "anne@exemple.fr");
        let courses = firm.of_dossier(anne).courses;
        let steps: Vec<Vec<C>> = courses.iter().map(|c| c.steps.iter().map(|s| s.code).collect()).collect();
        assert!(steps.contains(&vec![C::Sent, C::Planned]) && steps.contains(&vec![C::Sent]), "{steps:?}");
        firm.go("2026-12-09T08:00:00Z");
        assert_eq!(firm.took().len(), 3);
        // Back to test mode with a message to the client in the outbox: it stays.
        firm.dossier("paul@exemple.fr");
        firm.tick();
        firm.rules(|r| r.mode = SendingMode::Test);
        post::drain(&firm.app).unwrap();
        assert_eq!(firm.took().len(), 3);
    });
}

#[test]
fn what_a_stopped_server_did_not_send_is_caught_up_or_shown_as_missed() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        let sequence = firm.chase(&[1, 9, 30]);
        firm.live();
        firm.go("2026-11-23T17:00:00Z");
        // Down from Monday night over the Tuesday, up on Wednesday: caught up.
        firm.go("2026-11-25T10:00:00Z");
        assert_eq!(firm.took().len(), 1);
        assert_eq!(firm.codes(anne), [C::Sent, C::Planned, C::Planned]);
        // Down over the second step and a week more: missed, said, and the third comes.
        firm.go("2026-12-01T17:00:00Z");
        firm.go("2026-12-14T10:00:00Z");
        assert_eq!(firm.took().len(), 1);
        assert_eq!(firm.codes(anne), [C::Sent, C::MissedNothingRan, C::Planned]);
        assert!(firm.why(anne, 2).contains("le serveur ne tournait pas"), "{}", firm.why(anne, 2));
        assert_eq!(firm.board(&firm.who).missed, 1);
        let missed = RelanceQuery { outcome: Several(vec![C::MissedNothingRan]), ..RelanceQuery::default() };
        assert_eq!(firm.list(missed).data[0].sequence_id, sequence.id);
        firm.go("2026-12-23T08:00:00Z");
        assert_eq!(firm.took().len(), 2);
    });
}

#[test]
fn a_message_that_waits_is_looked_at_again_when_it_leaves() {
    on_both(|world| {
        let firm = Firm::new(world);
        let answered = firm.dossier("answered@exemple.fr");
        let paused = firm.dossier("paused@exemple.fr");
        let evening = firm.dossier("evening@exemple.fr");
        let sequence = firm.chase(&[0, 8]);
        firm.live();
        firm.set(at("2026-11-23T16:59:00Z"));
        firm.tick();
        assert_eq!(firm.mails().len(), 3);
        // Between the outbox and the sending.
        firm.act(RelanceAct::Answered, &sequence, &[answered]);
        firm.pause(paused, Some("2026-11-25"));
        // The server of mail was busy until the evening.
        firm.set(at("2026-11-23T17:30:00Z"));
        post::drain(&firm.app).unwrap();
        assert!(firm.took().is_empty());
        let states: Vec<MailState> = firm.mails().iter().map(|m| m.state).collect();
        assert_eq!(states, [MailState::Cancelled; 3]);
        let why = |to: &str| firm.mails().iter().find(|m| m.to == to).unwrap().error.clone().unwrap().fr;
        assert!(why("answered@exemple.fr").contains("le client a répondu"), "{}", why("answered@exemple.fr"));
        assert!(why("paused@exemple.fr").contains("le client est en pause"), "{}", why("paused@exemple.fr"));
        // They have their turn again.
        assert_eq!(firm.codes(answered), [C::StoppedAnswered, C::StoppedAnswered]);
        assert_eq!(firm.codes(paused)[0], C::HeldClientPaused);
        assert_eq!(firm.codes(evening)[0], C::Planned);
        firm.go("2026-11-24T08:00:00Z");
        assert_eq!(firm.to(), ["evening@exemple.fr"]);
        firm.go("2026-11-26T08:00:00Z");
        assert_eq!(firm.to(), ["evening@exemple.fr", "paused@exemple.fr"]);
        // What was replaced does not leave a second time, whoever asks for it.
        world.sql("UPDATE mails SET state = 'queued', next_at = 0 WHERE state = 'cancelled'");
        post::drain(&firm.app).unwrap();
        assert_eq!(firm.took().len(), 2);
        firm.go("2026-11-27T08:00:00Z");
        assert_eq!(firm.took().len(), 2);
    });
}

#[test]
fn a_text_that_cannot_be_read_any_more_is_held_said_and_sent_once_it_is_mended() {
    on_both(|world| {
        let firm = Firm::new(world);
        let good = "Bonjour,\n\nvous utilisez {{ dossier.tool | default: \"un outil\" }}.";
        let text = firm.words(P::ChoosePlatform, "Votre outil", good);
        let anne = firm.dossier_with("anne@exemple.fr", json!({ "tool": "Sage 50" }));
        // One step alone: it must not be taken for the end.
        firm.active(P::ChoosePlatform, &[with(mail(0), &json!({ "template_id": text }))], json!({}));
        firm.live();
        // As if it had been saved when this was a variable.
        firm.rewrite("dossier.tool", "dossier.gone");
        firm.go("2026-11-23T09:01:00Z");
        assert!(firm.took().is_empty());
        assert_eq!(firm.codes(anne), [C::HeldTextUnreadable]);
        assert!(firm.course(anne).ended.is_none());
        assert!(firm.why(anne, 1).contains("le texte ne se lit plus"), "{}", firm.why(anne, 1));
        let held = RelanceQuery { outcome: Several(vec![C::HeldTextUnreadable]), ..RelanceQuery::default() };
        assert_eq!(firm.list(held).data.len(), 1);
        firm.go("2026-11-23T10:30:00Z");
        assert_eq!(firm.codes(anne), [C::HeldTextUnreadable], "tried again, and held again: {}", firm.why(anne, 1));
        firm.rewrite("dossier.gone", "dossier.tool");
        firm.go("2026-11-23T11:31:00Z");
        assert_eq!(firm.to(), ["anne@exemple.fr"]);
        assert!(firm.last().text.contains("Sage 50"));
        assert_eq!(firm.codes(anne), [C::Sent]);
        assert!(firm.course(anne).ended.unwrap().fr.contains("terminée"));
    });
}

#[test]
fn steps_count_from_deadlines_and_are_skipped_where_the_sequence_says_so() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        let dead = |days: i32| json!({ "after": { "from": "deadline", "days": days } });
        let steps = [
            with(mail(0), &dead(-60)),
            with(mail(0), &dead(-15)),
            with(
                mail(0),
                &json!({ "after": { "from": "deadline",
                "days": -5 }, "skip_when": ["contacted_by_hand"] }),
            ),
        ];
        let more = json!({ "deadline": { "source": "fixed", "on": "2026-12-24" } });
        firm.active(P::ChoosePlatform, &steps, more);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        // The first day was over when it joined.
        assert_eq!(firm.codes(anne), [C::LeftOutBeforeJoining, C::Planned, C::Planned]);
        let course = firm.course(anne);
        assert_eq!(course.deadline, Some("2026-12-24".parse().unwrap()));
        assert_eq!(course.steps[1].at, Some(at("2026-12-09T08:00:00Z")));
        assert!(course.steps[1].label.fr.contains("15"), "{:?}", course.steps[1].label);
        firm.go("2026-12-09T08:00:00Z");
        assert_eq!(firm.took().len(), 1);
        firm.set(at("2026-12-10T09:00:00Z"));
        let exchange = json!({ "kind": "told", "channel": "call", "on": "2026-12-10", "subject": "Plateforme" });
        let body = serde_json::from_value(exchange).unwrap();
        service::exchanges::create_exchange(&firm.call(), anne, NONE, body).unwrap();
        firm.go("2026-12-18T08:00:00Z");
        firm.go("2026-12-21T08:00:00Z");
        assert_eq!(firm.took().len(), 1);
        assert_eq!(firm.codes(anne)[2], C::SkippedContactedByHand);
    });
}

#[test]
fn steps_are_listed_by_pages_with_filters_and_counts() {
    on_both(|world| {
        let firm = Firm::new(world);
        let ids: Vec<DossierId> = (0..5).map(|n| firm.dossier(&format!("client{n}@exemple.fr"))).collect();
        let chase = firm.chase(&[0, 8]);
        let call = with(mail(2), &json!({ "channel": "call" }));
        let training = firm.active(P::Training, &[call], json!({}));
        firm.live();
        firm.pause(ids[4], None);
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.took().len(), 4);
        let (mut found, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = firm.list(RelanceQuery { limit: Some(4), after, facets: Some(true), ..RelanceQuery::default() });
            // Five open steps of each sequence, four that are over.
            assert_eq!(page.total, Some(14));
            found.extend(page.data.into_iter().map(|r| (r.sequence_id, r.dossier_id, r.stage, r.step)));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!((found.len(), pages), (14, 4));
        let mut once = found.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), 14);
        let count = |query: RelanceQuery| {
            let page = firm.list(RelanceQuery { facets: Some(true), ..query });
            assert_eq!(page.total, Some(page.data.len() as u64));
            assert!(page.data.iter().all(|r| !r.why.fr.is_empty() && !r.why.en.is_empty()));
            page.data.len()
        };
        let all = RelanceQuery::default;
        assert_eq!(count(RelanceQuery { stage: Some(Stage::Over), ..all() }), 4);
        assert_eq!(count(RelanceQuery { outcome: Several(vec![C::Sent]), ..all() }), 4);
        assert_eq!(count(RelanceQuery { outcome: Several(vec![C::HeldClientPaused]), ..all() }), 2);
        assert_eq!(count(RelanceQuery { channel: Several(vec![RelanceChannel::Call]), ..all() }), 5);
        assert_eq!(count(RelanceQuery { sequence_id: Several(vec![chase.id]), ..all() }), 9);
        assert_eq!(count(RelanceQuery { purpose: Several(vec![P::Training]), ..all() }), 5);
        assert_eq!(count(RelanceQuery { purpose: Several(vec![P::ThankYou]), facets: None, ..all() }), 0);
        assert_eq!(count(RelanceQuery { dossier_id: Some(ids[0]), ..all() }), 3);
        assert_eq!(count(RelanceQuery { q: Some("client 003".to_owned()), ..all() }), 3);
        let wrong = RelanceQuery { after: Some("x".to_owned()), ..all() };
        assert_eq!(code(relances::list_relances(&firm.call(), NONE, wrong, NONE)), Code::BadRequest);

        // The audience: who is in, who is not, and why; by pages.
        let ready = firm.dossier("pret@exemple.fr");
        firm.chooses(ready);
        firm.tick();
        let whole = firm.audience(chase.id, AudienceQuery::default());
        assert_eq!(whole.data.len(), 6);
        assert_eq!(whole.counts.iter().map(|c| c.count).sum::<u64>(), 6);
        let out = firm.audience(chase.id, AudienceQuery { is_in: Some(false), ..Default::default() });
        assert_eq!(out.data.iter().map(|r| r.dossier_id).collect::<Vec<_>>(), [ready]);
        assert_eq!(out.data[0].why.fr, "Rien ne manque de ce qu’elle demande.");
        let first = firm.audience(chase.id, AudienceQuery { limit: Some(4), ..Default::default() });
        let rest = firm.audience(chase.id, AudienceQuery { limit: Some(4), after: first.next, ..Default::default() });
        assert_eq!((first.data.len(), rest.data.len(), rest.next), (4, 2, None));
        let named = firm.audience(chase.id, AudienceQuery { q: Some("client 002".to_owned()), ..Default::default() });
        assert_eq!((named.data.len(), named.data[0].done, named.data[0].steps), (1, 1, 2));
        // What the machine will do, day by day; a call is no mail.
        let days = firm.forecast(10).days;
        assert_eq!(days.len(), 10);
        let of = |day: &str| days.iter().find(|d| d.day.to_string() == day).unwrap();
        assert_eq!((of("2026-11-25").mails, of("2026-11-25").calls), (0, 5));
        assert_eq!((of("2026-12-01").mails, of("2026-12-01").held), (4, 0));
        assert!(of("2026-12-01").summary.fr.contains("4 courriels"), "{}", of("2026-12-01").summary.fr);
        assert_eq!(days.iter().map(|d| d.mails).sum::<u64>(), 4);
        assert_eq!(days[0].reasons.iter().map(|r| r.code).collect::<Vec<_>>(), [C::HeldClientPaused]);
        let query = ForecastQuery { days: Some(93), ..ForecastQuery::default() };
        assert_eq!(code(relances::forecast_relances(&firm.call(), NONE, query, NONE)), Code::Invalid);
        let board = firm.board(&firm.who);
        let late = board.purposes.iter().find(|p| p.purpose == P::ChoosePlatform).unwrap();
        assert_eq!((late.late, late.chased, late.held, late.unreachable), (5, 5, 1, 0));
        assert_eq!((board.sent, board.week.len(), board.problem), (4, 7, None));
        assert_eq!(firm.read(training.id).running, 6);
    });
}

#[test]
fn what_came_of_a_sequence_is_told_as_it_was_seen() {
    on_both(|world| {
        let firm = Firm::new(world);
        let second = firm.starter(P::ChoosePlatform, Tone::Urgent);
        let ids: Vec<DossierId> = (0..24).map(|n| firm.dossier(&format!("client{n}@exemple.fr"))).collect();
        let waits = firm.dossier("tard@exemple.fr");
        firm.pause(waits, None);
        let body = [with(mail(0), &json!({ "variant_id": second }))];
        let sequence = firm.active(P::ChoosePlatform, &body, json!({}));
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.took().len(), 24);
        let effect = firm.effect(sequence.id);
        assert_eq!((effect.contacted, effect.not_contacted, effect.done, effect.answered), (24, 1, 0, 0));
        let trial = effect.steps[0].trial.clone().unwrap();
        assert_eq!(trial.chosen, None);
        assert_eq!(trial.texts.iter().map(|t| t.sent).sum::<u64>(), 0, "they have had no time to answer");
        // All have had the last message; what they do now is still told.
        firm.set(at("2026-11-25T09:01:00Z"));
        firm.chooses(ids[0]);
        let answer = AnswerInput { answered_on: None, how: domain::AnswerWay::Telephone, note: String::new() };
        service::delivery::record_answer(&firm.call(), firm.mail_of(ids[1], 1), NONE, answer).unwrap();
        firm.tick();
        let effect = firm.effect(sequence.id);
        assert_eq!((effect.contacted, effect.done, effect.answered), (24, 1, 1));
        assert_eq!((effect.steps[0].sent, effect.steps[0].done, effect.steps[0].answered), (24, 1, 1));
        assert_eq!(effect.median_days, Some(2.0));
        firm.set(at("2026-12-01T09:01:00Z"));
        let trial = firm.effect(sequence.id).steps[0].trial.clone().unwrap();
        assert_eq!(trial.texts.iter().map(|t| t.sent).sum::<u64>(), 24);
        assert_eq!(trial.texts.iter().map(|t| t.answered).sum::<u64>(), 2);
        assert!(trial.texts.iter().all(|t| t.sent > 0), "both were tried");
        // Each text said what it says.
        let first = |subject: &String| subject == "Facturation électronique : votre plateforme, en deux minutes";
        let (gentle, urgent): (Vec<String>, Vec<String>) = firm.took().into_iter().map(|(_, s)| s).partition(first);
        assert!(!gentle.is_empty() && !urgent.is_empty(), "{gentle:?} {urgent:?}");
    });
}

#[test]
fn tenants_never_meet_and_people_see_what_is_theirs() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Staff);
        let portfolio = |name: &str, people: &[UserId]| -> PortfolioId {
            let body = PortfolioInput { name: name.to_owned(), people: people.to_vec() };
            portfolios::create_portfolio(&firm.call(), NONE, NONE, body).unwrap().reply.id
        };
        let (lille, lyon) = (portfolio("Lille", &[id_of(&karim)]), portfolio("Lyon", &[]));
        let here = firm.dossier_with("ici@exemple.fr", json!({ "portfolio_id": lille }));
        let there = firm.dossier_with("ailleurs@exemple.fr", json!({ "portfolio_id": lyon }));
        let sequence = firm.chase(&[0, 8]);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        let by = || firm.by(&karim);
        let list = relances::list_relances(&by(), NONE, RelanceQuery::default(), NONE).unwrap().reply.data;
        assert!(!list.is_empty() && list.iter().all(|r| r.dossier_id == here));
        let audience = relances::list_audience(&by(), sequence.id, AudienceQuery::default(), NONE).unwrap().reply;
        assert_eq!(audience.data.iter().map(|r| r.dossier_id).collect::<Vec<_>>(), [here]);
        assert_eq!(audience.counts.iter().map(|c| c.count).sum::<u64>(), 1);
        let read = relances::read_sequence(&by(), sequence.id, EVERY, NONE).unwrap().reply;
        assert_eq!((read.running, firm.read(sequence.id).running), (1, 2));
        let (mine, all) = (firm.board(&karim), firm.board(&firm.who));
        assert_eq!((mine.sent, all.sent), (1, 2));
        let of =
            |b: &RelanceBoard| b.purposes.iter().find(|p| p.purpose == P::ChoosePlatform).map(|p| (p.late, p.chased));
        assert_eq!((of(&mine), of(&all)), (Some((1, 1)), Some((2, 2))));
        let query = ForecastQuery { days: Some(10), sequence_id: Some(sequence.id), ..ForecastQuery::default() };
        let days = relances::forecast_relances(&by(), NONE, query, NONE).unwrap().reply.days;
        assert_eq!(days.iter().map(|d| d.mails).sum::<u64>(), 1);
        let effect = relances::read_sequence_effect(&by(), sequence.id, NONE, NONE).unwrap().reply;
        assert_eq!(effect.contacted, 1);
        assert_eq!(code(relances::read_dossier_relances(&by(), there, NONE, NONE)), Code::NotFound);
        let items = vec![RelanceRef { sequence_id: sequence.id, dossier_id: there }];
        let body = RelanceActInput { items, act: RelanceAct::Remove, note: None, preview: false };
        let told = relances::act_on_relances(&by(), NONE, NONE, body.clone()).unwrap().reply;
        assert_eq!((told.changed, told.items[0].outcome, told.items[0].name.as_str()), (0, ItemOutcome::NotFound, ""));

        // Another firm, with the same client.
        let other = Firm::of(world, "Cabinet Autre", "autre@autre.example");
        other.set(at("2026-11-24T09:00:00Z"));
        let their = other.dossier("ici@exemple.fr");
        let theirs = other.chase(&[0]);
        other.live();
        other.go("2026-11-24T09:01:00Z");
        assert_eq!(other.to(), ["ici@exemple.fr"], "what one firm writes holds no other back");
        assert_eq!(firm.took().len(), 2);
        let id = sequence.id;
        assert_eq!(code(relances::read_sequence(&other.call(), id, EVERY, NONE)), Code::NotFound);
        assert_eq!(code(relances::list_audience(&other.call(), id, Default::default(), NONE)), Code::NotFound);
        assert_eq!(code(relances::read_sequence_effect(&other.call(), id, NONE, NONE)), Code::NotFound);
        let query = ForecastQuery { sequence_id: Some(id), ..ForecastQuery::default() };
        assert_eq!(code(relances::forecast_relances(&other.call(), NONE, query, NONE)), Code::NotFound);
        let archive = SequenceMove { state: SequenceState::Archived, preview: false };
        assert_eq!(code(relances::move_sequence(&other.on(2), id, NONE, archive)), Code::NotFound);
        assert_eq!(code(relances::read_dossier_relances(&other.call(), here, NONE, NONE)), Code::NotFound);
        let told = relances::act_on_relances(&other.call(), NONE, NONE, body).unwrap().reply;
        assert_eq!(told.items[0].outcome, ItemOutcome::NotFound);
        assert_eq!(other.pause(here, None).items[0].outcome, ItemOutcome::NotFound);
        let lists = relances::list_relances(&other.call(), NONE, RelanceQuery::default(), NONE).unwrap().reply.data;
        assert!(lists.iter().all(|r| r.dossier_id == their && r.sequence_id == theirs.id));
        // A text of another firm is no text of this one.
        let body = firm.input(P::ChoosePlatform, &[mail(0)], json!({}));
        assert_eq!(code(other.try_create(body)), Code::Invalid);
    });
}

#[test]
fn an_answer_noted_in_error_takes_back_what_it_ended_and_nothing_else() {
    on_both(|world| {
        let firm = Firm::new(world);
        let [hand, reply] = ["hand@exemple.fr", "reply@exemple.fr"].map(|address| firm.dossier(address));
        let sequence = firm.chase(&[0, 8]);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        firm.set(at("2026-11-24T09:00:00Z"));
        assert_eq!(firm.act(RelanceAct::Answered, &sequence, &[hand]).changed, 1);
        let events = [hand, reply].map(|id| {
            firm.set(at("2026-11-24T10:00:00Z"));
            let answer = AnswerInput { answered_on: None, how: domain::AnswerWay::Telephone, note: String::new() };
            service::delivery::record_answer(&firm.call(), firm.mail_of(id, 1), NONE, answer).unwrap().reply.events[0]
                .id
        });
        firm.tick();
        assert_eq!(firm.codes(hand), [C::Sent, C::StoppedAnswered]);
        assert_eq!(firm.codes(reply), [C::Sent, C::StoppedAnswered]);
        firm.set(at("2026-11-24T11:00:00Z"));
        for (id, event_id) in [hand, reply].into_iter().zip(events) {
            let undo = AnswerUndo { event_id };
            service::delivery::undo_answer(&firm.call(), firm.mail_of(id, 1), NONE, undo).unwrap();
        }
        // What a person noted of the client stands; what was told of the message alone does not.
        assert_eq!(firm.codes(hand), [C::Sent, C::StoppedAnswered]);
        assert!(firm.why(hand, 2).contains("noté par le cabinet"), "{}", firm.why(hand, 2));
        assert_eq!(firm.codes(reply), [C::Sent, C::Planned]);
        firm.go("2026-12-01T08:00:00Z");
        let second: Vec<String> = firm.took().into_iter().skip(2).map(|(to, _)| to).collect();
        assert_eq!(second, ["reply@exemple.fr"]);
    });
}

#[test]
fn a_cancelled_exchange_was_no_contact() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        firm.chase(&[0]);
        firm.live();
        let exchange = NewExchange {
            kind: ExchangeKind::Told,
            channel: ExchangeChannel::Call,
            on: "2026-11-23".parse().unwrap(),
            subject: "Appel".to_owned(),
            text: String::new(),
            attachment: None,
        };
        let noted = exchanges::create_exchange(&firm.call(), anne, NONE, exchange).unwrap().reply;
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.codes(anne), [C::HeldMinimumDays]);
        firm.set(at("2026-11-23T10:00:00Z"));
        let cancel = ExchangeCancel { reason: "Mauvais dossier".to_owned() };
        exchanges::cancel_exchange(&firm.call(), noted.id, NONE, cancel).unwrap();
        firm.go("2026-11-23T10:01:00Z");
        assert_eq!(firm.codes(anne), [C::Sent], "{}", firm.why(anne, 1));
        assert_eq!(firm.to(), ["anne@exemple.fr"]);
    });
}

#[test]
fn a_test_message_that_does_not_leave_is_told_to_who_sent_it() {
    on_both(|world| {
        let firm = Firm::new(world);
        let anne = firm.dossier("anne@exemple.fr");
        let text = firm.starter(P::ChoosePlatform, Tone::Gentle);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Manager);
        let test = TemplateTest { texts: None, template_id: Some(text), lang: None, dossier_id: anne, deadline: None };
        templates::test_template(&firm.call(), NONE, NONE, test.clone()).unwrap();
        post::drain(&firm.app).unwrap();
        assert_eq!(firm.to(), ["claire@essai.example"]);
        assert!(firm.told(&firm.who).is_empty(), "it has left");
        firm.peer.refuses.lock().unwrap().push("claire@essai.example".to_owned());
        templates::test_template(&firm.call(), NONE, NONE, test).unwrap();
        post::drain(&firm.app).unwrap();
        let told = firm.told(&firm.who);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, NotificationKind::TestMail);
        assert!(told[0].1.starts_with("Votre message d’essai n’est pas arrivé : Adresse inconnue"), "{}", told[0].1);
        assert!(firm.told(&karim).is_empty(), "nobody else is told");
    });
}

#[test]
fn a_sequence_goes_on_when_nobody_stands_behind_it_any_more() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Manager);
        let own = firm.portfolio(&[id_of(&karim)]);
        firm.changes_person(&karim, PersonChange { access: Some(Access::Granted), ..no_change() });
        let anne = firm.dossier_with("anne@exemple.fr", json!({ "portfolio_id": own }));
        let moved = firm.dossier_with("deplace@exemple.fr", json!({ "portfolio_id": own }));
        let outside = firm.dossier("ailleurs@exemple.fr");
        let written = firm.input(P::ChoosePlatform, &[mail(0), mail(8), mail(20)], json!({}));
        let made = relances::create_sequence(&firm.by(&karim), NONE, NONE, written).unwrap().reply.sequence.unwrap();
        let active = SequenceMove { state: SequenceState::Active, preview: false };
        let by_karim = Call { if_match: Some(made.version), ..firm.by(&karim) };
        relances::move_sequence(&by_karim, made.id, NONE, active).unwrap();
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert_eq!(firm.to(), ["anne@exemple.fr", "deplace@exemple.fr"], "who joins is in sight of its author");
        assert!(!firm.read(made.id).orphaned);
        // One goes out of sight of the author, and then the author leaves: the clients are as late as before.
        firm.change(moved, json!({ "portfolio_id": null }));
        firm.set(at("2026-11-24T09:00:00Z"));
        firm.leaves(&karim);
        let told = firm.told(&firm.who);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, NotificationKind::SequenceLeft);
        assert!(told[0].1.contains("continue, mais Karim Benali n’est plus du cabinet"), "{}", told[0].1);
        assert!(firm.read(made.id).orphaned);
        firm.tick();
        for id in [anne, moved] {
            assert_eq!(firm.codes(id), [C::Sent, C::Planned, C::Planned], "{}", firm.why(id, 2));
        }
        let late = firm.dossier_with("nouveau@exemple.fr", json!({ "portfolio_id": own }));
        firm.go("2026-12-01T08:00:00Z");
        assert_eq!(firm.took().len(), 5);
        assert_eq!(firm.codes(late)[0], C::Sent);
        assert!(firm.of_dossier(outside).courses.is_empty(), "nobody is written to whom the author did not see");
        // A partner takes it over: from then on the partner's sight says who joins.
        let version = firm.read(made.id).version;
        let look = SequenceTakeOver { preview: true };
        let plan = relances::take_over_sequence(&firm.on(version), made.id, NONE, look).unwrap().reply;
        assert_eq!((plan.joining, plan.leaving, plan.sequence), (1, 0, None));
        assert!(firm.read(made.id).orphaned, "it was a look");
        let take = SequenceTakeOver { preview: false };
        let plan = relances::take_over_sequence(&firm.on(version), made.id, NONE, take.clone()).unwrap().reply;
        let mine = plan.sequence.unwrap();
        assert_eq!((mine.orphaned, mine.by_name.as_str()), (false, "Claire Martin"));
        assert_eq!(code(relances::take_over_sequence(&firm.on(mine.version), made.id, NONE, take)), Code::Conflict);
        firm.go("2026-12-02T08:00:00Z");
        assert_eq!(firm.codes(outside)[0], C::Sent);
        assert_eq!(firm.codes(anne), [C::Sent, C::Sent, C::Planned]);
        // A filter that takes somebody no longer still lets him go.
        firm.chooses(anne);
        firm.tick();
        assert_eq!(firm.codes(anne)[2], C::StoppedDone);
    });
}

#[test]
fn a_dossier_is_handed_to_somebody_who_is_there() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Manager);
        firm.dossier("anne@exemple.fr");
        let more = json!({ "escalation": { "after": 1, "to": { "who": "person", "id": id_of(&karim) } } });
        let sequence = firm.active(P::ChoosePlatform, &[mail(0)], more);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        service::admin::set_active(&firm.app, "karim@essai.example", false).unwrap();
        assert!(firm.told(&firm.who).is_empty(), "the sequence is Claire’s");
        firm.go("2026-12-08T08:00:00Z");
        let told = firm.told(&firm.who);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, NotificationKind::Silent);
        assert!(told[0].1.contains(&sequence.name), "{}", told[0].1);
    });
}

#[test]
fn a_letter_is_printed_from_its_text_kept_as_it_was_posted_and_told_where_it_cannot_be() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = world.joined(&firm.who, "karim@essai.example", "Karim Benali", Role::Staff);
        let body = "Bonjour{{ contact.name | phrase: \" %\" | default: \"\" }},\n\nIl manque **un choix** pour \
                    {{ dossier.name }}, avec {{ dossier.tool | default: \"votre outil\" }}.\n\n\
                    {{ link | button: \"Choisir maintenant\" }}\n\nÀ bientôt.";
        let text = firm.words(P::ChoosePlatform, "Votre plateforme, {{ dossier.name }}", body);
        let letter = |days: i32| with(mail(days), &json!({ "channel": "letter", "template_id": text }));
        let in_charge =
            json!({ "assignee": InCharge { user_id: Some(id_of(&firm.who)), label: None }, "tool": "Sage 50" });
        let anne = firm.dossier_with("anne@exemple.fr", in_charge);
        let nowhere = firm.dossier_with("", json!({ "address": null, "city": null }));
        let sequence = firm.active(P::ChoosePlatform, &[letter(0), mail(20)], json!({}));
        let waiting = || RelancePrint { ids: None, filter: Some(RelanceQuery::default()) };
        assert_eq!(code(firm.print_of(&firm.call(), waiting())), Code::Conflict);
        firm.live();
        firm.go("2026-11-23T09:01:00Z");
        assert!(firm.took().is_empty());
        let tasks = firm.tasks();
        assert_eq!(tasks.len(), 2);
        assert!(tasks.iter().all(|t| t.task && t.id.is_some() && t.printed_at.is_none()), "{tasks:?}");
        let id_of_letter = |of: DossierId| tasks.iter().find(|t| t.dossier_id == of).and_then(|t| t.id).unwrap();
        let (letter, homeless) = (id_of_letter(anne), id_of_letter(nowhere));

        // All that wait: what cannot be posted is told on the first sheet.
        let pages = firm.print_of(&firm.call(), waiting()).unwrap();
        assert_eq!(pages.len(), 2);
        for said in ["1 lettre n’est pas imprimée", "Client 003", "il manque la voie ou le lieu-dit, la commune"] {
            assert!(pages[0].contains(said), "{said:?} is missing: {}", pages[0]);
        }
        let said = [
            "Cabinet Essai",
            "reponses@essai.example",
            "Client 002",
            "Anne Petit",
            "12 rue des Halles",
            "59800 LILLE",
            "23 novembre 2026",
            "Objet : Votre plateforme, Client 002",
            "Bonjour Anne Petit,",
            "Il manque un choix pour Client 002, avec Sage 50.",
            "Choisir maintenant",
            "essai.example/l/lnk_",
            "À bientôt.",
            "nos salutations distinguées",
            "Claire Martin",
        ];
        for said in said {
            assert!(pages[1].contains(said), "{said:?} is missing: {}", pages[1]);
        }
        assert!(!pages[1].contains("[[lien]]"));
        assert!(firm.why(anne, 1).ends_with("Imprimée le 23\u{a0}novembre."), "{}", firm.why(anne, 1));
        assert!(firm.course(anne).steps[0].printed_at.is_some() && firm.course(nowhere).steps[0].printed_at.is_none());
        let alone = refused(firm.print(&[homeless]));
        assert_eq!((alone[0].0.as_str(), alone[0].1.as_str()), ("/ids/0", "no_address"));
        assert!(alone[0].2.starts_with("Client 003 : L’adresse postale n’est pas complète"), "{}", alone[0].2);

        // While it waits it is written anew; once it was posted it stays as it was.
        firm.change(anne, json!({ "tool": "Cegid" }));
        firm.set(at("2026-11-24T09:00:00Z"));
        let again = firm.print(&[letter, letter]).unwrap();
        assert_eq!(again.len(), 1);
        assert!(again[0].contains("avec Cegid.") && again[0].contains("24 novembre 2026"), "{}", again[0]);
        assert_eq!(firm.act(RelanceAct::Done, &sequence, &[anne]).changed, 1);
        firm.change(anne, json!({ "tool": "EBP", "city": "Douai" }));
        firm.set(at("2026-11-25T09:00:00Z"));
        let posted = firm.print(&[letter]).unwrap();
        assert_eq!(posted, again);
        assert_eq!(firm.tasks().len(), 1);
        assert_eq!(refused(firm.print_of(&firm.call(), waiting()))[0].1, "no_address");

        // Once what is missing is there it is printed, too; where the text is not read any more it is told.
        firm.change(nowhere, json!({ "address": "Le Bourg", "city": "Prémery" }));
        firm.rewrite("dossier.tool", "dossier.gone");
        let unread = refused(firm.print(&[homeless]));
        assert_eq!(unread[0].1, "unreadable_text");
        firm.rewrite("dossier.gone", "dossier.tool");
        let page = firm.print(&[homeless]).unwrap().remove(0);
        assert!(page.contains("Le Bourg") && page.contains("PRÉMERY") && page.contains("avec votre outil."), "{page}");

        // What is no letter, what is not seen, what is not told.
        firm.go("2026-12-14T08:00:00Z");
        let sent = RelanceQuery {
            channel: Several(vec![RelanceChannel::Mail]),
            stage: Some(Stage::Over),
            ..Default::default()
        };
        let sent = firm.list(sent).data;
        assert_eq!(sent[0].code, C::Sent);
        assert_eq!(refused(firm.print(&[sent[0].id.unwrap()]))[0].1, "no_letter");
        let ids = |ids: Vec<RelanceId>| RelancePrint { ids: Some(ids), filter: None };
        assert_eq!(code(firm.print_of(&firm.by(&karim), ids(vec![letter]))), Code::NotFound);
        let other = Firm::of(world, "Cabinet Autre", "autre@autre.example");
        assert_eq!(code(other.print(&[letter])), Code::NotFound);
        assert_eq!(refused(firm.print(&[]))[0].1, "count");
        assert_eq!(refused(firm.print_of(&firm.call(), RelancePrint::default()))[0].1, "ids_or_filter");
    });
}

#[test]
fn a_letter_on_trial_says_so() {
    on_both(|world| {
        let firm = Firm::new(world);
        firm.dossier("anne@exemple.fr");
        firm.active(P::ChoosePlatform, &[with(mail(0), &json!({ "channel": "letter" }))], json!({}));
        firm.rules(|r| {
            r.test_address = Some("essai@essai.example".to_owned());
            r.mode = SendingMode::Test;
        });
        firm.go("2026-11-23T09:01:00Z");
        let id = firm.tasks()[0].id.unwrap();
        let page = firm.print(&[id]).unwrap().remove(0);
        assert!(page.contains("Objet : Essai, à ne pas envoyer :"), "{page}");
    });
}
