//! Who may do what: every operation × every kind of caller. An operation without a row fails, so that a new one cannot
//! arrive without somebody having decided.

use std::collections::BTreeMap;

use contract::endpoint::op;
use contract::{Dossier, Nothing, Payload, PersonChange};
use domain::{Access, DossierId, PortfolioId, Role};
use serde_json::{Value, json};
use testkit::{Person, Response, TestApp, both_databases, sample};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Nobody,
    /// A partner of another firm, asking for what belongs to this one.
    Other,
    Viewer,
    Staff,
    /// A manager who sees the given portfolios only.
    ManagerGranted,
    ManagerAll,
    Partner,
}

const CALLERS: [Caller; 7] = [
    Caller::Nobody,
    Caller::Other,
    Caller::Viewer,
    Caller::Staff,
    Caller::ManagerGranted,
    Caller::ManagerAll,
    Caller::Partner,
];

/// Expected status for each caller, in the order of `CALLERS`. A success is told with its own number.
#[rustfmt::skip]
const TABLE: &[(&str, [u16; 7])] = &[
    //                       nobody other viewer staff granted all  partner
    ("create_cabinet",        [201, 201, 201, 201, 201, 201, 201]),
    ("create_session",        [201, 201, 201, 201, 201, 201, 201]),
    ("refresh_session",       [401, 200, 200, 200, 200, 200, 200]),
    ("end_session",           [401, 204, 204, 204, 204, 204, 204]),
    ("list_sessions",         [401, 200, 200, 200, 200, 200, 200]),
    ("delete_session",        [401, 404, 204, 204, 204, 204, 204]),
    ("read_me",               [401, 200, 200, 200, 200, 200, 200]),
    ("update_me",             [401, 200, 200, 200, 200, 200, 200]),
    ("change_password",       [401, 204, 204, 204, 204, 204, 204]),
    ("find_invitation",       [200, 200, 200, 200, 200, 200, 200]),
    ("accept_invitation",     [201, 201, 201, 201, 201, 201, 201]),
    ("read_cabinet",          [401, 200, 200, 200, 200, 200, 200]),
    ("update_cabinet",        [401, 200, 403, 403, 403, 403, 200]),
    ("list_people",           [401, 200, 200, 200, 200, 200, 200]),
    ("update_person",         [401, 404, 403, 403, 403, 403, 200]),
    ("list_invitations",      [401, 200, 403, 403, 403, 403, 200]),
    ("create_invitation",     [401, 201, 403, 403, 403, 403, 201]),
    ("delete_invitation",     [401, 404, 403, 403, 403, 403, 204]),
    ("list_portfolios",       [401, 200, 200, 200, 200, 200, 200]),
    ("create_portfolio",      [401, 201, 403, 403, 403, 201, 201]),
    ("update_portfolio",      [401, 404, 403, 403, 403, 200, 200]),
    ("delete_portfolio",      [401, 404, 403, 403, 403, 204, 204]),
    ("read_cockpit",          [401, 200, 200, 200, 200, 200, 200]),
    ("read_trend",            [401, 200, 200, 200, 200, 200, 200]),
    ("list_moves",            [401, 200, 200, 200, 200, 200, 200]),
    ("read_burn_up",          [401, 200, 200, 200, 200, 200, 200]),
    ("read_readiness_rules",  [401, 200, 200, 200, 200, 200, 200]),
    ("update_readiness_rules", [401, 200, 403, 403, 403, 403, 200]),
    ("list_readiness_rules_versions", [401, 200, 200, 200, 200, 200, 200]),
    ("preview_readiness_rules", [401, 200, 403, 403, 403, 403, 200]),
    ("list_dossiers",         [401, 200, 200, 200, 200, 200, 200]),
    ("create_dossier",        [401, 201, 403, 403, 201, 201, 201]),
    ("export_dossiers",       [401, 200, 200, 200, 200, 200, 200]),
    ("bulk_dossiers",         [401, 200, 403, 200, 200, 200, 200]),
    // What is another firm's is left out, as what does not exist.
    ("suppose_dossiers",      [401, 200, 200, 200, 200, 200, 200]),
    ("read_dossier",          [401, 404, 200, 200, 200, 200, 200]),
    ("update_dossier",        [401, 404, 403, 200, 200, 200, 200]),
    ("delete_dossier",        [401, 404, 403, 403, 204, 204, 204]),
    ("list_exchanges",        [401, 404, 200, 200, 200, 200, 200]),
    ("create_exchange",       [401, 404, 403, 201, 201, 201, 201]),
    ("cancel_exchange",       [401, 404, 403, 200, 200, 200, 200]),
    ("read_advice_file",      [401, 404, 200, 200, 200, 200, 200]),
    ("export_advice_file",    [401, 404, 200, 200, 200, 200, 200]),
    ("undo_act",              [401, 404, 403, 200, 200, 200, 200]),
    ("list_deadlines",        [401, 200, 200, 200, 200, 200, 200]),
    ("read_deadline_days",    [401, 200, 200, 200, 200, 200, 200]),
    ("export_deadlines",      [401, 200, 200, 200, 200, 200, 200]),
    // What is out of sight is told item by item.
    ("settle_deadlines",      [401, 200, 403, 200, 200, 200, 200]),
    ("reopen_deadlines",      [401, 200, 403, 200, 200, 200, 200]),
    ("read_dossier_calendar", [401, 404, 200, 200, 200, 200, 200]),
    ("list_calendar_feeds",   [401, 200, 200, 200, 200, 200, 200]),
    ("create_calendar_feed",  [401, 201, 201, 201, 201, 201, 201]),
    // One's own only.
    ("delete_calendar_feed",  [401, 404, 204, 204, 204, 204, 204]),
    // The address is the proof.
    ("read_calendar_feed",    [200, 200, 200, 200, 200, 200, 200]),
    ("read_mandate_board",    [401, 200, 200, 200, 200, 200, 200]),
    ("list_mandates",         [401, 200, 200, 200, 200, 200, 200]),
    ("export_mandates",       [401, 200, 200, 200, 200, 200, 200]),
    ("print_mandates",        [401, 404, 403, 200, 200, 200, 200]),
    ("list_unreachable",      [401, 200, 200, 200, 200, 200, 200]),
    ("create_mandate",        [401, 404, 403, 201, 201, 201, 201]),
    // What is out of sight is told item by item.
    ("create_mandates",       [401, 200, 403, 200, 200, 200, 200]),
    // An id that names nothing in sight refuses the whole.
    ("act_on_mandates",       [401, 422, 403, 200, 200, 200, 200]),
    ("read_mandate",          [401, 404, 200, 200, 200, 200, 200]),
    ("update_mandate",        [401, 404, 403, 200, 200, 200, 200]),
    ("upload_mandate",        [401, 404, 403, 200, 200, 200, 200]),
    ("read_mandate_document", [401, 404, 200, 200, 200, 200, 200]),
    ("read_document",         [401, 404, 200, 200, 200, 200, 200]),
    ("list_campaigns",        [401, 200, 200, 200, 200, 200, 200]),
    ("create_campaign",       [401, 200, 403, 403, 200, 200, 200]),
    ("update_campaign",       [401, 404, 403, 403, 200, 200, 200]),
    ("read_eligibility",      [401, 200, 200, 200, 200, 200, 200]),
    ("list_eligibility",      [401, 200, 200, 200, 200, 200, 200]),
    ("read_collection_settings", [401, 200, 200, 200, 200, 200, 200]),
    ("update_collection_settings", [401, 200, 403, 403, 403, 403, 200]),
    ("list_template_starters", [401, 200, 200, 200, 200, 200, 200]),
    ("read_template_vocabulary", [401, 200, 200, 200, 200, 200, 200]),
    ("list_templates",        [401, 200, 200, 200, 200, 200, 200]),
    ("create_template",       [401, 201, 403, 403, 201, 201, 201]),
    ("check_template",        [401, 200, 200, 200, 200, 200, 200]),
    ("preview_template",      [401, 404, 200, 200, 200, 200, 200]),
    ("test_template",         [401, 404, 403, 403, 201, 201, 201]),
    ("read_template",         [401, 404, 200, 200, 200, 200, 200]),
    ("update_template",       [401, 404, 403, 403, 200, 200, 200]),
    ("list_template_versions", [401, 404, 200, 200, 200, 200, 200]),
    ("compare_template_versions", [401, 404, 200, 200, 200, 200, 200]),
    ("restore_template",      [401, 404, 403, 403, 200, 200, 200]),
    ("read_relance_board",    [401, 200, 200, 200, 200, 200, 200]),
    ("list_relances",         [401, 200, 200, 200, 200, 200, 200]),
    // What is another firm's is told as not found, item by item.
    ("act_on_relances",       [401, 200, 403, 200, 200, 200, 200]),
    // No letter waits; whose one sees is tried beside the use case.
    ("print_relances",        [401, 409, 403, 409, 409, 409, 409]),
    ("forecast_relances",     [401, 200, 200, 200, 200, 200, 200]),
    ("pause_relances",        [401, 200, 403, 200, 200, 200, 200]),
    ("read_relance_settings", [401, 200, 200, 200, 200, 200, 200]),
    ("update_relance_settings", [401, 200, 403, 403, 403, 403, 200]),
    ("read_dossier_relances", [401, 404, 200, 200, 200, 200, 200]),
    ("list_sequences",        [401, 200, 200, 200, 200, 200, 200]),
    // A text of another firm is no text of this one.
    ("create_sequence",       [401, 422, 403, 403, 200, 200, 200]),
    ("read_sequence",         [401, 404, 200, 200, 200, 200, 200]),
    ("update_sequence",       [401, 404, 403, 403, 200, 200, 200]),
    ("move_sequence",         [401, 404, 403, 403, 200, 200, 200]),
    ("take_over_sequence",    [401, 404, 403, 403, 200, 200, 409]),
    ("list_audience",         [401, 404, 200, 200, 200, 200, 200]),
    ("read_sequence_effect",  [401, 404, 200, 200, 200, 200, 200]),
    ("list_connections",      [401, 200, 403, 403, 403, 200, 200]),
    ("create_connection",     [401, 201, 403, 403, 403, 403, 201]),
    ("read_connection",       [401, 404, 403, 403, 403, 200, 200]),
    ("update_connection",     [401, 404, 403, 403, 403, 403, 200]),
    ("delete_connection",     [401, 404, 403, 403, 403, 403, 204]),
    ("try_connection",        [401, 404, 403, 403, 403, 403, 200]),
    ("sync_connection",       [401, 404, 403, 403, 403, 200, 200]),
    ("list_connection_calls", [401, 404, 403, 403, 403, 200, 200]),
    // The signature is the proof; without a webhook there is nothing here.
    ("receive_webhook",       [404, 404, 404, 404, 404, 404, 404]),
    // No connection has a directory: who may ask is told so.
    ("lookup_directory",      [401, 404, 403, 409, 409, 409, 409]),
    ("list_flows",            [401, 200, 200, 200, 200, 200, 200]),
    ("count_flows",           [401, 200, 200, 200, 200, 200, 200]),
    ("export_flows",          [401, 200, 200, 200, 200, 200, 200]),
    ("list_platform_flows",   [401, 200, 200, 200, 200, 200, 200]),
    // What is out of sight is told item by item.
    ("handle_flows",          [401, 200, 403, 200, 200, 200, 200]),
    ("list_words",            [401, 200, 200, 200, 200, 200, 200]),
    // A word that never came is refused; another firm has none of this one.
    ("set_word",              [401, 422, 403, 403, 403, 200, 200]),
    ("read_flow",             [401, 404, 200, 200, 200, 200, 200]),
    ("search_dossiers",       [401, 200, 200, 200, 200, 200, 200]),
    ("list_views",            [401, 200, 200, 200, 200, 200, 200]),
    ("create_view",           [401, 201, 201, 201, 201, 201, 201]),
    ("delete_view",           [401, 404, 204, 204, 204, 204, 204]),
    // Where the server knows no provider there is nothing to tell it; one that is known proves itself (tests/link.rs).
    ("receive_signature_event", [404, 404, 404, 404, 404, 404, 404]),
    ("list_links",            [401, 404, 200, 200, 200, 200, 200]),
    ("create_link",           [401, 404, 403, 201, 201, 201, 201]),
    ("delete_link",           [401, 404, 403, 204, 204, 204, 204]),
    ("list_proposals",        [401, 200, 200, 200, 200, 200, 200]),
    // What is out of sight is told item by item.
    ("decide_proposals",      [401, 200, 403, 200, 200, 200, 200]),
    ("list_mails",            [401, 200, 200, 200, 200, 200, 200]),
    ("read_mail",             [401, 404, 200, 200, 200, 200, 200]),
    ("act_on_mails",          [401, 200, 403, 200, 200, 200, 200]),
    ("record_answer",         [401, 404, 403, 200, 200, 200, 200]),
    // The message has no such answer.
    ("undo_answer",           [401, 404, 403, 422, 422, 422, 422]),
    ("list_suppressions",     [401, 200, 200, 200, 200, 200, 200]),
    // Another firm may name any address of its own.
    ("create_suppression",    [401, 201, 403, 201, 201, 201, 201]),
    ("export_suppressions",   [401, 200, 200, 200, 200, 200, 200]),
    ("reactivate_suppression", [401, 404, 403, 200, 200, 200, 200]),
    // Where the server knows no secret of a provider there is nothing to tell it (tests/delivery.rs).
    ("receive_mail_event",    [404, 404, 404, 404, 404, 404, 404]),
    ("list_anomalies",        [401, 200, 200, 200, 200, 200, 200]),
    ("read_anomaly_board",    [401, 200, 200, 200, 200, 200, 200]),
    ("export_anomalies",      [401, 200, 200, 200, 200, 200, 200]),
    // What is out of sight is told item by item.
    ("act_on_anomalies",      [401, 200, 403, 200, 200, 200, 200]),
    ("take_next_anomaly",     [401, 200, 403, 200, 200, 200, 200]),
    // A person of another firm is nobody.
    ("hand_over",             [401, 422, 403, 403, 200, 200, 200]),
    ("read_anomaly_settings", [401, 200, 200, 200, 200, 200, 200]),
    ("update_anomaly_settings", [401, 200, 403, 403, 403, 403, 200]),
    ("read_anomaly",          [401, 404, 200, 200, 200, 200, 200]),
    ("list_occurrences",      [401, 404, 200, 200, 200, 200, 200]),
    ("split_anomaly",         [401, 404, 403, 201, 201, 201, 201]),
    ("join_anomalies",        [401, 404, 403, 200, 200, 200, 200]),
    ("set_anomaly_step",      [401, 404, 403, 200, 200, 200, 200]),
    ("create_comment",        [401, 404, 403, 201, 201, 201, 201]),
    // One's own only.
    ("update_comment",        [401, 404, 403, 200, 200, 200, 200]),
    ("follow_live",           [401, 200, 200, 200, 200, 200, 200]),
    ("list_notifications",    [401, 200, 200, 200, 200, 200, 200]),
    ("read_notifications",    [401, 204, 204, 204, 204, 204, 204]),
    ("read_notification_settings", [401, 200, 200, 200, 200, 200, 200]),
    ("update_notification_settings", [401, 200, 200, 200, 200, 200, 200]),
    ("create_statuses",       [401, 200, 403, 403, 403, 200, 200]),
    ("upload_flow_file",      [401, 200, 403, 403, 403, 200, 200]),
    ("list_flow_profiles",    [401, 200, 200, 200, 200, 200, 200]),
    ("delete_flow_profile",   [401, 404, 403, 403, 403, 204, 204]),
    ("list_imports",          [401, 200, 403, 403, 403, 200, 200]),
    ("create_import",         [401, 201, 403, 403, 403, 201, 201]),
    ("read_import",           [401, 404, 403, 403, 403, 200, 200]),
    ("update_import",         [401, 404, 403, 403, 403, 200, 200]),
    ("delete_import",         [401, 404, 403, 403, 403, 204, 204]),
    ("check_import",          [401, 404, 403, 403, 403, 202, 202]),
    ("list_import_rows",      [401, 404, 403, 403, 403, 200, 200]),
    ("export_import_rejects", [401, 404, 403, 403, 403, 200, 200]),
    ("commit_import",         [401, 404, 403, 403, 403, 202, 202]),
    ("undo_import",           [401, 404, 403, 403, 403, 202, 202]),
    ("list_jobs",             [401, 200, 403, 403, 403, 200, 200]),
    ("read_job",              [401, 404, 403, 403, 403, 200, 200]),
    // The job has ended: who may cancel is told so.
    ("cancel_job",            [401, 404, 403, 403, 403, 409, 409]),
    ("list_journal",          [401, 200, 403, 403, 403, 200, 200]),
    ("export_journal",        [401, 200, 403, 403, 403, 200, 200]),
    ("list_dossier_journal",  [401, 404, 200, 200, 200, 200, 200]),
    ("read_reference",        [401, 200, 200, 200, 200, 200, 200]),
    ("list_reference_tables", [401, 200, 200, 200, 200, 200, 200]),
    ("read_ping",             [401, 200, 200, 200, 200, 200, 200]),
];

const PASSWORD: &str = "cinq autres mots bien assez longs";

struct World<'a> {
    app: &'a TestApp,
    people: BTreeMap<Caller, Person>,
    portfolio: PortfolioId,
    outside: DossierId,
    /// Counts what was made, so that nothing is made twice.
    made: u32,
}

/// A request that is right in every way but, perhaps, for who sends it.
#[derive(Default)]
struct Request {
    id: String,
    query: &'static str,
    body: Value,
    version: Option<i64>,
    token: Option<String>,
    refresh_token: Option<String>,
    /// The body, where it is no list of clients.
    file: Option<Vec<u8>>,
}

impl<'a> World<'a> {
    fn new(app: &'a TestApp) -> Self {
        let partner = app.sign_up("Cabinet Un");
        let input = |name: &str| contract::PortfolioInput { name: name.to_owned(), people: Vec::new() };
        let portfolio = |name: &str| {
            let made = app.call::<op::CreatePortfolio>(&partner.token, Nothing {}, Nothing {}, input(name));
            made.unwrap_or_else(|p| panic!("{p:?}")).id
        };
        let (given, kept) = (portfolio("Confié"), portfolio("Gardé"));
        let mut facts = sample::facts(1);
        facts.portfolio_id = Some(kept);
        let outside = app
            .call::<op::CreateDossier>(&partner.token, Nothing {}, Nothing {}, contract::NewDossier { facts })
            .unwrap_or_else(|p| panic!("{p:?}"))
            .id;
        let people = BTreeMap::from([
            (Caller::Other, app.sign_up("Cabinet Deux")),
            (Caller::Viewer, app.join(&partner, Role::Viewer, Access::Granted, vec![given])),
            (Caller::Staff, app.join(&partner, Role::Staff, Access::Granted, vec![given])),
            (Caller::ManagerGranted, app.join(&partner, Role::Manager, Access::Granted, vec![given])),
            (Caller::ManagerAll, app.join(&partner, Role::Manager, Access::All, vec![])),
            (Caller::Partner, partner),
        ]);
        Self { app, people, portfolio: given, outside, made: 100 }
    }

    fn partner(&self) -> &Person {
        &self.people[&Caller::Partner]
    }

    fn number(&mut self) -> u32 {
        self.made += 1;
        self.made
    }

    /// A dossier of this firm that everybody of it sees.
    fn dossier(&mut self) -> Dossier {
        let mut facts = sample::facts(self.number());
        facts.portfolio_id = Some(self.portfolio);
        self.app
            .call::<op::CreateDossier>(&self.partner().token, Nothing {}, Nothing {}, contract::NewDossier { facts })
            .unwrap_or_else(|p| panic!("{p:?}"))
    }

    /// An anomaly of this firm that everybody of it sees.
    fn anomaly(&mut self) -> domain::AnomalyId {
        let dossier = self.dossier().id;
        sample::anomaly(self.app, self.partner().cabinet_id, &[dossier])
    }

    /// A flow of this firm that everybody of it sees, at a status that a platform calls so.
    fn flow(&mut self, status: &str) -> String {
        let siren = self.dossier().facts.siren.to_string();
        let number = format!("F-{}", self.number());
        let body = json!({ "platform": "Plateforme X", "statuses": [{ "client": siren, "number": number,
            "issued_on": "2026-11-02", "direction": "sale", "status": status, "at": "2026-11-02T09:00:00Z" }] });
        let body = serde_json::from_value(body).expect("statuses");
        let taken = self.app.call::<op::CreateStatuses>(&self.partner().token, Nothing {}, Nothing {}, body);
        let taken = taken.unwrap_or_else(|p| panic!("{p:?}"));
        taken.items[0].flow_id.expect("it was taken").to_string()
    }

    /// A draft of this firm that everybody of it sees.
    fn mandate(&mut self) -> contract::Mandate {
        let body = json!({ "dossier_id": self.dossier().id, "kind": "delegation" });
        let body = serde_json::from_value(body).expect("a mandate");
        self.app
            .call::<op::CreateMandate>(&self.partner().token, Nothing {}, Nothing {}, body)
            .unwrap_or_else(|p| panic!("{p:?}"))
    }

    /// Its document, to be sent back as if it were signed.
    fn sheet(&self, mandate: &contract::Mandate) -> Vec<u8> {
        let path = format!("/api/v1/mandates/{}/document", mandate.row.id);
        let response = self.app.raw("GET", &path).token(&self.partner().token).send();
        assert_eq!(response.status, 200, "{}", response.text());
        let policy = response.header("content-security-policy").expect("a file is to be saved, not run");
        assert!(policy.starts_with("sandbox"), "{policy}");
        assert!(response.header("content-disposition").is_some_and(|d| d.starts_with("attachment")));
        response.body
    }

    fn invitation(&mut self) -> contract::Invitation {
        let email = format!("invite{}@exemple.fr", self.number());
        let body = contract::NewInvitation {
            email,
            role: Role::Viewer,
            access: None,
            portfolio_ids: Vec::new(),
            aliases: Vec::new(),
        };
        self.app
            .call::<op::CreateInvitation>(&self.partner().token, Nothing {}, Nothing {}, body)
            .unwrap_or_else(|p| panic!("{p:?}"))
    }

    /// A message to a client of this firm.
    fn mail(&mut self) -> String {
        let contact = json!([{ "name": "Paul Durand", "email": format!("paul{}@exemple.fr", self.number()) }]);
        let mut facts = sample::facts(self.number());
        facts.portfolio_id = Some(self.portfolio);
        facts.contacts = serde_json::from_value(contact).expect("a contact");
        let token = self.partner().token.clone();
        let made = self.app.call::<op::CreateDossier>(&token, Nothing {}, Nothing {}, contract::NewDossier { facts });
        let id = made.unwrap_or_else(|p| panic!("{p:?}")).id;
        let body = json!({ "ids": [id], "kinds": ["delegation"], "send": true });
        let body = serde_json::from_value(body).expect("mandates");
        let sent = self.app.call::<op::CreateMandates>(&token, Nothing {}, Nothing {}, body);
        assert_eq!(sent.unwrap_or_else(|p| panic!("{p:?}")).changed, 1);
        let query = contract::MailQuery { dossier_id: Some(id), ..Default::default() };
        for _ in 0..1_000 {
            let page = self.app.call::<op::ListMails>(&token, Nothing {}, query.clone(), Nothing {});
            if let Some(mail) = page.unwrap_or_else(|p| panic!("{p:?}")).data.first() {
                return mail.id.to_string();
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("no message was made");
    }

    /// A text from one of the product, under a name of its own.
    fn template_input(&mut self) -> Value {
        json!({ "name": format!("Texte {}", self.number()),
            "source": { "from": "starter", "purpose": "choose_platform", "tone": "gentle" } })
    }

    /// A sequence with one step, under a name of its own.
    fn sequence_input(&mut self) -> Value {
        let body = serde_json::from_value(self.template_input()).expect("a text");
        let token = self.partner().token.clone();
        let made = self.app.call::<op::CreateTemplate>(&token, Nothing {}, Nothing {}, body);
        let text = made.unwrap_or_else(|p| panic!("{p:?}")).row.id;
        json!({ "name": format!("Séquence {}", self.number()), "purpose": "choose_platform",
            "steps": [{ "after": { "from": "start", "days": 0 }, "channel": "mail", "tone": "gentle",
                "template_id": text, "approval": "manual" }] })
    }

    /// One of this firm that nobody is in.
    fn sequence(&mut self) -> contract::Sequence {
        let body = serde_json::from_value(self.sequence_input()).expect("a sequence");
        let token = self.partner().token.clone();
        let made = self.app.call::<op::CreateSequence>(&token, Nothing {}, Nothing {}, body);
        made.unwrap_or_else(|p| panic!("{p:?}")).sequence.expect("it was kept")
    }

    /// One that has left.
    fn sent_mail(&mut self) -> String {
        let id = self.mail();
        let token = self.partner().token.clone();
        for _ in 0..1_000 {
            let of = id.parse().expect("an id");
            let read = self.app.call::<op::ReadMail>(&token, of, Nothing {}, Nothing {});
            if read.unwrap_or_else(|p| panic!("{p:?}")).mail.sent_at.is_some() {
                return id;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the message has not left");
    }

    /// Of a client whom everybody of this firm sees.
    fn address(&mut self) -> String {
        let id = self.mail();
        let token = self.partner().token.clone();
        let read = self.app.call::<op::ReadMail>(&token, id.parse().expect("an id"), Nothing {}, Nothing {});
        read.unwrap_or_else(|p| panic!("{p:?}")).mail.to
    }

    /// A platform that is not there: nothing answers under a name of the test.
    fn connection_input(&mut self) -> Value {
        let number = self.number();
        json!({ "name": format!("Plateforme {number}"), "platform": "Plateforme X", "service": "1.3",
            "flow_url": "https://plateforme.invalid/flow-service", "token_url": "https://plateforme.invalid/token",
            "client_id": "cabinet", "client_secret": "s3cr3t", "paused": false })
    }

    fn secret(invitation: &contract::Invitation) -> String {
        let link = invitation.link.as_deref().expect("a new invitation tells its link");
        link.split_once('#').map_or(link, |(_, secret)| secret).to_owned()
    }

    /// An import of this firm, taken as far as the operation needs it.
    fn import(&mut self, upto: &str) -> (contract::Import, Option<domain::JobId>) {
        let token = self.partner().token.clone();
        let first = self.number();
        let mut list = sample::csv([first]);
        list.extend_from_slice("12345;Refusée SARL;X;\r\n".as_bytes());
        let import = self.app.upload(&token, "clients.csv", list).unwrap_or_else(|p| panic!("{p:?}"));
        if upto == "draft" {
            return (import, None);
        }
        let checked = self.app.call::<op::CheckImport>(&token, import.id, Nothing {}, Nothing {});
        let mut job = self.app.wait(&token, checked.unwrap_or_else(|p| panic!("{p:?}")).id);
        if upto == "committed" {
            let committed = self.app.call::<op::CommitImport>(&token, import.id, Nothing {}, Nothing {});
            job = self.app.wait(&token, committed.unwrap_or_else(|p| panic!("{p:?}")).id);
        }
        assert_eq!(job.state, contract::JobState::Done, "{job:?}");
        (import, Some(job.id))
    }

    /// How the export of a platform is read: what an import of one leaves.
    fn profile(&mut self) -> String {
        let token = self.partner().token.clone();
        let platform = format!("Plateforme {}", self.number());
        let list = "SIREN client;N° facture;Sens;Date facture;Statut\n732829320;F1;Vente;02/11/2026;Approuvée\n";
        let query = contract::ImportUploadQuery {
            filename: "flux.csv".to_owned(),
            platform: Some(platform.clone()),
            ..Default::default()
        };
        let import = self.app.ask::<op::CreateImport>(Nothing {}, query, Nothing {}).token(&token);
        let import = import.bytes(list.as_bytes().to_vec()).reply().unwrap_or_else(|p| panic!("{p:?}"));
        let checked = self.app.call::<op::CheckImport>(&token, import.id, Nothing {}, Nothing {});
        self.app.wait(&token, checked.unwrap_or_else(|p| panic!("{p:?}")).id);
        let committed = self.app.call::<op::CommitImport>(&token, import.id, Nothing {}, Nothing {});
        self.app.wait(&token, committed.unwrap_or_else(|p| panic!("{p:?}")).id);
        let profiles = self.app.get::<op::ListFlowProfiles>(self.partner()).data;
        profiles.into_iter().find(|p| p.platform == platform).expect("the profile").id.to_string()
    }

    /// Signs the caller in once more, so that the session can be spent.
    fn spare_session(&self, caller: Caller) -> Option<(String, String, domain::SessionId)> {
        let person = self.people.get(&caller)?;
        let response = self.app.sign_in(&person.email, &person.password);
        assert_eq!(response.status, 201, "{}", response.text());
        let session: contract::SessionToken = serde_json::from_slice(&response.body).expect("a session");
        let refresh_token = response.refresh_token().expect("the cookie");
        Some((session.access_token, refresh_token, session.me.session_id))
    }

    /// Of this firm, or the caller's own where that is what the operation is about.
    fn in_this_firm(&self, caller: Caller) -> bool {
        !matches!(caller, Caller::Nobody | Caller::Other)
    }

    fn request(&mut self, id: &str, caller: Caller) -> Request {
        let mut request = Request { token: self.people.get(&caller).map(|p| p.token.clone()), ..Request::default() };
        match id {
            "create_cabinet" => {
                let number = self.number();
                request.body = json!({ "cabinet_name": "Cabinet Trois", "name": "Anne Petit",
                    "email": format!("anne{number}@exemple.fr"), "password": PASSWORD });
            }
            "create_session" => {
                let person = self.people.get(&caller).unwrap_or(self.partner());
                request.body = json!({ "email": person.email, "password": person.password });
            }
            "refresh_session" => request.refresh_token = self.spare_session(caller).map(|s| s.1),
            "end_session" => request.token = self.spare_session(caller).map(|s| s.0),
            "delete_session" => {
                let whose = if self.in_this_firm(caller) { caller } else { Caller::Partner };
                request.id = self.spare_session(whose).map(|s| s.2.to_string()).unwrap_or_default();
            }
            "update_me" => request.body = json!({ "name": "Nouveau Nom" }),
            "change_password" => {
                let person = self.people.get_mut(&caller);
                let current = person.as_ref().map_or(PASSWORD, |p| p.password.as_str()).to_owned();
                request.body = json!({ "current": current, "new": PASSWORD });
                if let Some(person) = person {
                    person.password = PASSWORD.to_owned();
                }
            }
            "find_invitation" => {
                let invitation = self.invitation();
                request.body = json!({ "token": Self::secret(&invitation) });
            }
            "accept_invitation" => {
                let invitation = self.invitation();
                request.body =
                    json!({ "token": Self::secret(&invitation), "name": "Paul Durand", "password": PASSWORD });
            }
            "update_cabinet" => {
                let reader = self.people.get(&caller).unwrap_or(self.partner());
                request.version = Some(self.app.get::<op::ReadCabinet>(reader).version);
                request.body = json!({ "name": "Cabinet Renommé" });
            }
            "update_person" => {
                let person = self.app.join(self.partner(), Role::Viewer, Access::Granted, vec![]);
                let people = self.app.get::<op::ListPeople>(self.partner()).data;
                let found = people.into_iter().find(|p| p.id == person.user_id).expect("the new person");
                request.id = found.id.to_string();
                request.version = Some(found.version);
                let change = PersonChange { aliases: Some(vec!["collab-99".to_owned()]), ..Default::default() };
                request.body = serde_json::to_value(change).expect("a change");
            }
            "create_invitation" => {
                let number = self.number();
                request.body = json!({ "email": format!("nouveau{number}@exemple.fr"), "role": "viewer" });
            }
            "delete_invitation" => request.id = self.invitation().id.to_string(),
            "create_portfolio" => request.body = json!({ "name": format!("Portefeuille {}", self.number()) }),
            "update_portfolio" | "delete_portfolio" => {
                let name = format!("Portefeuille {}", self.number());
                let input = contract::PortfolioInput { name: name.clone(), people: Vec::new() };
                let made = self.app.call::<op::CreatePortfolio>(&self.partner().token, Nothing {}, Nothing {}, input);
                let portfolio = made.unwrap_or_else(|p| panic!("{p:?}"));
                request.id = portfolio.id.to_string();
                request.version = Some(portfolio.version);
                request.body = json!({ "name": format!("{name} bis") });
            }
            "create_dossier" => {
                let mut facts = sample::facts(self.number());
                facts.portfolio_id = self.in_this_firm(caller).then_some(self.portfolio);
                request.body = serde_json::to_value(facts).expect("facts");
            }
            "bulk_dossiers" => {
                request.body = json!({ "ids": [self.dossier().id],
                    "act": { "kind": "tag", "add": ["suivi"], "remove": [] } });
            }
            "update_readiness_rules" | "preview_readiness_rules" => {
                let reader = self.people.get(&caller).unwrap_or(self.partner());
                let present = self.app.get::<op::ReadReadinessRules>(reader);
                request.version = Some(present.version);
                let mut rules = present.rules;
                rules.at_risk_days = i64::from(self.number());
                request.body = json!({ "rules": rules, "note": "Essai" });
            }
            "suppose_dossiers" => {
                request.body = json!({ "ids": [self.dossier().id], "facts": { "reception_platform": "ABBY" } });
            }
            "create_exchange" => {
                request.id = self.dossier().id.to_string();
                request.body = exchange();
            }
            "cancel_exchange" => {
                // One's own; somebody else's asks for the right to manage dossiers.
                let acts = self.in_this_firm(caller) && caller != Caller::Viewer;
                let token = self.people[&if acts { caller } else { Caller::Partner }].token.clone();
                let body = serde_json::from_value(exchange()).expect("an exchange");
                let made = self.app.call::<op::CreateExchange>(&token, self.dossier().id, Nothing {}, body);
                request.id = made.unwrap_or_else(|p| panic!("{p:?}")).id.to_string();
                request.body = json!({ "reason": "Saisi sur le mauvais dossier" });
            }
            "read_burn_up" => request.query = "?obligation=reception",
            "read_dossier"
            | "read_dossier_calendar"
            | "list_dossier_journal"
            | "list_exchanges"
            | "read_advice_file"
            | "export_advice_file" => {
                request.id = self.dossier().id.to_string();
            }
            "update_dossier" | "delete_dossier" => {
                let dossier = self.dossier();
                request.id = dossier.id.to_string();
                request.version = Some(dossier.version);
                request.body = json!({ "headcount": 12 });
            }
            "undo_act" => {
                // One's own act; of somebody else's, only who may manage dossiers knows.
                let acts = self.in_this_firm(caller) && caller != Caller::Viewer;
                let actor = self.people[&if acts { caller } else { Caller::Partner }].clone();
                let body = json!({ "ids": [self.dossier().id],
                    "act": { "kind": "tag", "add": ["suivi"], "remove": [] } });
                let body = serde_json::from_value(body).expect("an act");
                let done = self.app.call::<op::BulkDossiers>(&actor.token, Nothing {}, Nothing {}, body);
                let done = done.unwrap_or_else(|p| panic!("{p:?}"));
                request.id = done.act_id.expect("it changed something").to_string();
            }
            "settle_deadlines" => {
                request.body = json!({ "items": [{ "dossier_id": self.dossier().id, "key": "sales:2026-11-01" }],
                    "how": "no_operation" });
            }
            "reopen_deadlines" => {
                request.body = json!({ "items": [{ "dossier_id": self.dossier().id, "key": "sales:2026-11-01" }] });
            }
            "create_calendar_feed" => request.body = json!({ "name": "Mes échéances" }),
            "delete_calendar_feed" | "read_calendar_feed" => {
                let owner = if self.in_this_firm(caller) { caller } else { Caller::Partner };
                let body = serde_json::from_value(json!({ "name": "Mes échéances" })).expect("a feed");
                let token = self.people[&owner].token.clone();
                let made = self.app.call::<op::CreateCalendarFeed>(&token, Nothing {}, Nothing {}, body);
                let made = made.unwrap_or_else(|p| panic!("{p:?}"));
                request.id = match id {
                    "delete_calendar_feed" => made.id.to_string(),
                    _ => {
                        let address = made.address.expect("a new feed tells its address");
                        let secret = address.strip_prefix("/api/v1/calendar/").and_then(|s| s.strip_suffix(".ics"));
                        secret.expect("an address").to_owned()
                    }
                };
            }
            "create_mandate" => {
                request.body = json!({ "dossier_id": self.dossier().id, "kind": "delegation" });
            }
            "create_mandates" => {
                request.body = json!({ "ids": [self.dossier().id], "kinds": ["delegation"] });
            }
            "print_mandates" => request.body = json!({ "ids": [self.mandate().row.id] }),
            "act_on_mandates" => {
                request.body = json!({ "ids": [self.mandate().row.id], "act": "sent_by_letter" });
            }
            "read_mandate" | "read_mandate_document" => request.id = self.mandate().row.id.to_string(),
            "update_mandate" => {
                let mandate = self.mandate();
                request.id = mandate.row.id.to_string();
                request.version = Some(mandate.row.version);
                request.body = json!({ "terms": { "signatory": "Claire Martin" } });
            }
            "upload_mandate" => {
                let mandate = self.mandate();
                request.file = Some(self.sheet(&mandate));
                request.id = mandate.row.id.to_string();
                request.query = "?filename=mandat.pdf";
            }
            "read_document" => {
                let mandate = self.mandate();
                let query = contract::MandateUploadQuery { filename: "mandat.pdf".to_owned(), signed_on: None };
                let uploaded = self
                    .app
                    .ask::<op::UploadMandate>(mandate.row.id, query, Nothing {})
                    .token(&self.partner().token)
                    .bytes(self.sheet(&mandate))
                    .reply()
                    .unwrap_or_else(|p| panic!("{p:?}"));
                request.id = uploaded.documents[0].id.to_string();
            }
            "create_campaign" => {
                request.body = json!({ "name": format!("Collecte {}", self.number()), "kinds": ["delegation"],
                    "filter": { "q": "introuvable" } });
            }
            "update_campaign" => {
                let body = json!({ "name": format!("Collecte {}", self.number()), "kinds": ["delegation"],
                    "filter": { "q": "introuvable" } });
                let body = serde_json::from_value(body).expect("a campaign");
                let token = &self.partner().token;
                let made = self.app.call::<op::CreateCampaign>(token, Nothing {}, Nothing {}, body);
                let campaign = made.unwrap_or_else(|p| panic!("{p:?}")).campaign.expect("it was started");
                request.id = campaign.id.to_string();
                request.version = Some(campaign.version);
                request.body = json!({ "state": "ended" });
            }
            "create_template" => request.body = self.template_input(),
            "check_template" => {
                request.body = json!({ "texts": { "fr": { "subject": "Bonjour", "body": "{{ dossier.name }}" } } });
            }
            "preview_template" | "test_template" => {
                let dossier = self.dossier().id;
                let texts = json!({ "fr": { "subject": "Bonjour", "body": "{{ dossier.name }}" } });
                request.body = match id {
                    "preview_template" => json!({ "texts": texts, "dossiers": [dossier], "odd": true }),
                    _ => json!({ "texts": texts, "dossier_id": dossier }),
                };
            }
            "read_template"
            | "update_template"
            | "list_template_versions"
            | "compare_template_versions"
            | "restore_template" => {
                let body = serde_json::from_value(self.template_input()).expect("a text");
                let token = self.partner().token.clone();
                let made = self.app.call::<op::CreateTemplate>(&token, Nothing {}, Nothing {}, body);
                let template = made.unwrap_or_else(|p| panic!("{p:?}"));
                request.id = template.row.id.to_string();
                request.version = Some(template.row.version);
                match id {
                    "update_template" => request.body = json!({ "tone": "urgent", "note": "Essai" }),
                    "restore_template" => request.body = json!({ "version": 1 }),
                    "compare_template_versions" => request.query = "?from=1&to=1",
                    _ => {}
                }
            }
            "create_sequence" => request.body = self.sequence_input(),
            "read_sequence"
            | "update_sequence"
            | "move_sequence"
            | "take_over_sequence"
            | "list_audience"
            | "read_sequence_effect" => {
                let sequence = self.sequence();
                request.id = sequence.id.to_string();
                request.version = Some(sequence.version);
                match id {
                    "update_sequence" => request.body = self.sequence_input(),
                    "move_sequence" => request.body = json!({ "state": "archived" }),
                    // The partner has written it: there is nothing to take over.
                    "take_over_sequence" => request.body = json!({}),
                    _ => {}
                }
            }
            "read_dossier_relances" => request.id = self.dossier().id.to_string(),
            "act_on_relances" => {
                let (sequence, dossier) = (self.sequence().id, self.dossier().id);
                let item = json!({ "sequence_id": sequence, "dossier_id": dossier });
                request.body = json!({ "items": [item], "act": "remove" });
            }
            "print_relances" => request.body = json!({ "filter": {} }),
            "pause_relances" => {
                request.body = json!({ "ids": [self.dossier().id], "pause": { "reason": "client" } });
            }
            "update_relance_settings" => {
                let reader = self.people.get(&caller).unwrap_or(self.partner());
                let settings = self.app.get::<op::ReadRelanceSettings>(reader);
                request.version = Some(settings.version);
                request.body = json!(settings.rules);
                request.body["minimum_days"] = json!(1 + self.number() % 60);
            }
            "update_collection_settings" => {
                let reader = self.people.get(&caller).unwrap_or(self.partner());
                request.version = Some(self.app.get::<op::ReadCollectionSettings>(reader).version);
                request.body = json!({ "sender_name": "", "link_days": 30 + self.number() % 300, "accept_answers": false,
                    "accept_signatures": false, "decider": "firm" });
            }
            "create_connection" => request.body = self.connection_input(),
            "read_connection"
            | "update_connection"
            | "delete_connection"
            | "try_connection"
            | "sync_connection"
            | "list_connection_calls"
            | "receive_webhook" => {
                let body = serde_json::from_value(self.connection_input()).expect("a connection");
                let token = self.partner().token.clone();
                let made = self.app.call::<op::CreateConnection>(&token, Nothing {}, Nothing {}, body);
                let connection = made.unwrap_or_else(|p| panic!("{p:?}"));
                request.id = connection.id.to_string();
                request.version = Some(connection.version);
                request.body = self.connection_input();
                if id == "sync_connection" {
                    request.body = Value::Null;
                }
            }
            "lookup_directory" => request.id = self.dossier().id.to_string(),
            "handle_flows" => {
                request.body = json!({ "ids": [self.flow("Rejetée")], "handling": "in_progress" });
            }
            "read_flow" => request.id = self.flow("Rejetée"),
            "set_word" => {
                self.flow("Traitement PA");
                request.body = json!({ "platform": "Plateforme X", "word": "Traitement PA", "code": 202 });
            }
            "search_dossiers" => request.query = "?q=soci",
            "create_view" => {
                request.body = json!({ "name": format!("Vue {}", self.number()), "query": "state=late" });
            }
            "delete_view" => {
                let owner = if self.in_this_firm(caller) { caller } else { Caller::Partner };
                let body = contract::NewView {
                    list: contract::ViewOf::Dossiers,
                    name: format!("Vue {}", self.number()),
                    query: "state=late".to_owned(),
                    shared: false,
                };
                let token = self.people[&owner].token.clone();
                let made = self.app.call::<op::CreateView>(&token, Nothing {}, Nothing {}, body);
                request.id = made.unwrap_or_else(|p| panic!("{p:?}")).id.to_string();
            }
            "list_links" => request.id = self.dossier().id.to_string(),
            "create_link" => request.body = json!({ "dossiers": [self.dossier().id] }),
            "delete_link" => {
                let body = contract::NewLink { dossiers: vec![self.dossier().id], expires_on: None };
                let made = self.app.call::<op::CreateLink>(&self.partner().token, Nothing {}, Nothing {}, body);
                request.id = made.unwrap_or_else(|p| panic!("{p:?}")).id.to_string();
            }
            "decide_proposals" => {
                request.body = json!({ "ids": ["019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11"], "accept": true });
            }
            "read_mail" => request.id = self.mail(),
            "record_answer" => {
                request.id = self.sent_mail();
                request.body = json!({ "how": "telephone", "note": "Rappelle demain." });
            }
            "undo_answer" => {
                request.id = self.sent_mail();
                request.body = json!({ "event_id": "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11" });
            }
            "create_suppression" => {
                let address = self.address();
                request.body = json!({ "address": address, "note": "Préfère le téléphone" });
            }
            "reactivate_suppression" => {
                let address = self.address();
                let body = contract::NewSuppression { address: address.clone(), note: "Essai".to_owned() };
                let token = self.partner().token.clone();
                let made = self.app.call::<op::CreateSuppression>(&token, Nothing {}, Nothing {}, body);
                made.unwrap_or_else(|p| panic!("{p:?}"));
                request.body = json!({ "address": address, "reason": "Le client le veut de nouveau." });
            }
            "act_on_mails" => request.body = json!({ "ids": [self.mail()], "act": "retry" }),
            "act_on_anomalies" => {
                request.body = json!({ "ids": [self.anomaly()], "act": { "do": "start" } });
            }
            "hand_over" => request.body = json!({ "from": self.partner().user_id, "preview": true }),
            "read_anomaly" | "list_occurrences" => request.id = self.anomaly().to_string(),
            "split_anomaly" => {
                let dossiers = [self.dossier().id, self.dossier().id];
                let id = sample::anomaly(self.app, self.partner().cabinet_id, &dossiers);
                let token = &self.partner().token;
                let shows =
                    self.app.call::<op::ListOccurrences>(token, id, contract::OccurrenceQuery::default(), Nothing {});
                let shows = shows.unwrap_or_else(|p| panic!("{p:?}")).data;
                request.id = id.to_string();
                request.body = json!({ "fingerprints": [shows[0].fingerprint] });
            }
            "join_anomalies" => {
                request.id = self.anomaly().to_string();
                request.body = json!({ "ids": [self.anomaly()] });
            }
            "update_anomaly_settings" => {
                let reader = self.people.get(&caller).unwrap_or(self.partner());
                request.version = Some(self.app.get::<op::ReadAnomalySettings>(reader).version);
                request.body = json!({ "warn_percent": 50 + self.number() % 40 });
            }
            "set_anomaly_step" => {
                let id = self.anomaly();
                let token = &self.partner().token;
                let read = self.app.call::<op::ReadAnomaly>(token, id, Nothing {}, Nothing {});
                let read = read.unwrap_or_else(|p| panic!("{p:?}"));
                request.id = id.to_string();
                request.version = Some(read.row.version);
                request.body = json!({ "key": read.playbook[0].key, "done": true });
            }
            "create_comment" => {
                request.id = self.anomaly().to_string();
                request.body = json!({ "body": "Le client rappelle demain." });
            }
            "update_comment" => {
                let id = self.anomaly();
                let writes = self.in_this_firm(caller) && caller != Caller::Viewer;
                let owner = if writes { caller } else { Caller::Partner };
                let token = self.people[&owner].token.clone();
                let body = contract::CommentInput { body: "Le client rappelle demain.".to_owned() };
                let made = self.app.call::<op::CreateComment>(&token, id, Nothing {}, body);
                request.id = made.unwrap_or_else(|p| panic!("{p:?}")).id.to_string();
                request.body = json!({ "body": "Le client a rappelé." });
            }
            "update_notification_settings" => request.body = json!({ "choices": [], "digest": "hourly" }),
            "read_notifications" => request.body = json!({}),
            "create_import" => request.query = "?filename=clients.csv",
            "create_statuses" => {
                request.body = json!({ "platform": "Plateforme X", "statuses": [{ "client": "732829320", "number": "F1",
                    "direction": "sale", "issued_on": "2026-11-02", "status": "205", "at": "2026-11-03T10:00:00Z" }] });
            }
            "upload_flow_file" => {
                request.query = "?filename=message.xml";
                request.file = Some(b"<Bordereau/>".to_vec());
            }
            "delete_flow_profile" => request.id = self.profile(),
            "read_import" | "delete_import" | "check_import" | "update_import" => {
                let (import, _) = self.import("draft");
                request.id = import.id.to_string();
                request.version = Some(import.version);
                request.body = json!({ "header_row": 1 });
            }
            "list_import_rows" | "export_import_rejects" | "commit_import" => {
                request.id = self.import("checked").0.id.to_string();
            }
            "undo_import" => request.id = self.import("committed").0.id.to_string(),
            "read_job" | "cancel_job" => {
                let job = self.import("checked").1.expect("the dry run was a job");
                request.id = job.to_string();
            }
            "list_sessions"
            | "read_me"
            | "read_cabinet"
            | "list_people"
            | "list_invitations"
            | "list_portfolios"
            | "read_cockpit"
            | "read_trend"
            | "list_moves"
            | "read_readiness_rules"
            | "list_readiness_rules_versions"
            | "list_dossiers"
            | "export_dossiers"
            | "list_deadlines"
            | "read_deadline_days"
            | "export_deadlines"
            | "list_calendar_feeds"
            | "read_mandate_board"
            | "list_mandates"
            | "export_mandates"
            | "list_unreachable"
            | "list_flows"
            | "count_flows"
            | "export_flows"
            | "list_platform_flows"
            | "list_words"
            | "list_flow_profiles"
            | "list_campaigns"
            | "list_template_starters"
            | "read_template_vocabulary"
            | "list_templates"
            | "read_relance_board"
            | "list_relances"
            | "forecast_relances"
            | "read_relance_settings"
            | "list_sequences"
            | "read_eligibility"
            | "list_eligibility"
            | "read_collection_settings"
            | "receive_signature_event"
            | "list_views"
            | "list_anomalies"
            | "read_anomaly_board"
            | "read_anomaly_settings"
            | "export_anomalies"
            | "take_next_anomaly"
            | "follow_live"
            | "list_notifications"
            | "read_notification_settings"
            | "list_connections"
            | "list_proposals"
            | "list_mails"
            | "list_suppressions"
            | "export_suppressions"
            | "receive_mail_event"
            | "list_imports"
            | "list_jobs"
            | "list_journal"
            | "export_journal"
            | "read_reference"
            | "list_reference_tables"
            | "read_ping" => {}
            other => panic!("no request is known for {other}: add one here and its row to TABLE"),
        }
        request
    }

    fn send(&self, meta: &contract::EndpointMeta, request: &Request) -> Response {
        let path = format!("{}{}", meta.full_path().replace("{id}", &request.id), request.query);
        let mut raw = self.app.raw(meta.method.as_str(), &path).header("accept-language", "en");
        if let Some(token) = &request.token {
            raw = raw.token(token);
        }
        if let Some(token) = &request.refresh_token {
            raw = raw.cookie(token);
        }
        if let Some(version) = request.version {
            raw = raw.header("if-match", &format!("\"{version}\""));
        }
        match meta.body {
            Payload::Json => raw = raw.json(&request.body),
            Payload::File => {
                let bytes = request.file.clone().unwrap_or_else(|| sample::csv([7]));
                raw = raw.body("application/octet-stream", bytes);
            }
            Payload::Raw => raw = raw.body("application/json", "{}"),
            Payload::None | Payload::Stream => {}
        }
        if meta.reply == Payload::Stream {
            // What goes on is not read to its end.
            return match raw.open() {
                Ok(_) => Response::of_status(meta.status),
                Err(refused) => refused,
            };
        }
        raw.send()
    }
}

fn exchange() -> Value {
    json!({ "kind": "told", "channel": "call", "on": "2026-01-05", "subject": "Calendrier de la réforme" })
}

#[test]
fn every_operation_has_a_row() {
    let mut rows: Vec<_> = TABLE.iter().map(|(id, _)| *id).collect();
    let mut operations: Vec<_> = op::ALL.iter().map(|meta| meta.id).collect();
    rows.sort_unstable();
    operations.sort_unstable();
    assert_eq!(rows, operations, "TABLE has one row for each operation of the contract");
}

both_databases!(every_operation_answers_each_caller_as_decided, |app| {
    let mut world = World::new(&app);
    let mut wrong = Vec::new();
    for meta in op::ALL {
        let Some((_, row)) = TABLE.iter().find(|(id, _)| *id == meta.id) else {
            wrong.push(format!("{} has no row", meta.id));
            continue;
        };
        for (caller, expected) in CALLERS.into_iter().zip(row) {
            let request = world.request(meta.id, caller);
            let response = world.send(meta, &request);
            if response.status != *expected {
                wrong.push(format!(
                    "{} by {caller:?}: {} instead of {expected}: {}",
                    meta.id,
                    response.status,
                    response.text()
                ));
            } else if response.status >= 400 {
                response.problem();
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
});

both_databases!(a_dossier_out_of_scope_answers_as_if_it_did_not_exist, |app| {
    let world = World::new(&app);
    let missing = DossierId::from_uuid("019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".parse().expect("a UUID"));
    for caller in [Caller::Other, Caller::Viewer, Caller::Staff, Caller::ManagerGranted] {
        let read = |id| {
            let token = &world.people[&caller].token;
            app.call::<op::ReadDossier>(token, id, Nothing {}, Nothing {}).expect_err("out of scope")
        };
        let (hidden, gone) = (read(world.outside), read(missing));
        assert_eq!((hidden.status, &hidden.title, &hidden.detail), (404, &gone.title, &gone.detail), "{caller:?}");
    }
});

both_databases!(a_change_of_rights_works_on_the_next_request, |app| {
    let partner = app.sign_up("Cabinet");
    let manager = app.join(&partner, Role::Manager, Access::All, vec![]);
    let journal = || app.call::<op::ListJournal>(&manager.token, Nothing {}, journal_query(), Nothing {});
    journal().expect("a manager who sees all reads the journal");
    let people = app.get::<op::ListPeople>(&partner).data;
    let found = people.iter().find(|p| p.id == manager.user_id).expect("the manager");
    let change = |change: PersonChange, version| {
        app.ask::<op::UpdatePerson>(manager.user_id, Nothing {}, change)
            .token(&partner.token)
            .if_match(version)
            .reply()
            .unwrap_or_else(|p| panic!("{p:?}"))
    };
    let lowered = change(PersonChange { role: Some(Role::Staff), ..Default::default() }, found.version);
    assert_eq!(journal().expect_err("staff do not").status, 403);
    change(PersonChange { active: Some(false), ..Default::default() }, lowered.version);
    assert_eq!(journal().expect_err("kept out").status, 401);
});

fn journal_query() -> contract::JournalQuery {
    serde_json::from_value(json!({})).expect("every filter is optional")
}
