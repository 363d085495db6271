use super::*;
use crate::flow::{FlowDetails, FlowKey, FlowSource};
use crate::{Evidence, ProofSource, Registration, Siren};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-11-26T09:00:00Z")
}

fn id<T: std::str::FromStr>(n: u32) -> T
where
    T::Err: std::fmt::Debug,
{
    format!("019a9a52-7c1e-7b7e-8f0e-{n:012x}").parse().unwrap()
}

fn flow() -> Flow {
    Flow {
        id: id(1),
        key: FlowKey { owner: "732829320".into(), seller: "732829320".into(), number: "F2026-17".into(), year: 2026 },
        dossier: Some(id(100)),
        kind: FlowKind::Invoice,
        direction: FlowDirection::Sale,
        platform: "PENNYLANE".into(),
        counterparty: "552100554".into(),
        counterparty_name: "Acheteur SA".into(),
        issued_on: Some("2026-11-20".parse().unwrap()),
        due_on: None,
        net_cents: Some(100_000),
        vat_cents: Some(20_000),
        gross_cents: Some(120_000),
        currency: "EUR".into(),
        details: FlowDetails::default(),
        handling: Handling::None,
    }
}

fn purchase() -> Flow {
    let mut flow = flow();
    flow.direction = FlowDirection::Purchase;
    flow.key.seller = "552100554".into();
    flow
}

fn event(code: u32, reasons: &[&str], time: &str, source: &str) -> StatusEvent {
    StatusEvent {
        code: Some(code),
        raw: code.to_string(),
        reasons: reasons.iter().map(|r| (*r).to_owned()).collect(),
        comment: String::new(),
        collected_cents: None,
        source: FlowSource::List,
        source_name: source.into(),
        at: at(time),
        received_at: now(),
    }
}

fn said(code: u32, reasons: &[&str], time: &str) -> StatusEvent {
    event(code, reasons, time, "Export A")
}

struct World {
    flow: Flow,
    events: Vec<StatusEvent>,
    stuck_at: Option<DateTime<Utc>>,
    vat_on_collection: Option<bool>,
    twins: Vec<Twin>,
    accounts: Vec<Account>,
    policy: Policy,
}

impl World {
    fn of(flow: Flow, events: Vec<StatusEvent>) -> Self {
        Self {
            flow,
            events,
            stuck_at: None,
            vat_on_collection: None,
            twins: Vec::new(),
            accounts: Vec::new(),
            policy: Policy::default(),
        }
    }

    fn found(&self) -> Vec<Finding> {
        let seen = Seen {
            flow: &self.flow,
            events: &self.events,
            current: self.events.len().checked_sub(1),
            stuck_at: self.stuck_at,
        };
        let around = Around {
            now: now(),
            policy: &self.policy,
            vat_on_collection: self.vat_on_collection,
            twins: &self.twins,
            accounts: &self.accounts,
        };
        of_flow(&seen, &around)
    }

    fn rules(&self) -> Vec<AnomalyRule> {
        self.found().into_iter().map(|f| f.rule).collect()
    }
}

const T: &str = "2026-11-21T10:00:00Z";
const LATER: &str = "2026-11-22T10:00:00Z";

#[test]
fn each_standing_status_has_its_rule_until_another_comes() {
    use AnomalyRule as R;
    for (code, reasons, rule) in [
        (213, &["REJ_SEMAN"][..], R::Rejected),
        (301, &["REJ_PER"], R::Rejected),
        (210, &["TX_TVA_ERR"], R::Refused),
        (207, &["PU_ERR"], R::Disputed),
        (208, &["JUSTIF_ABS"], R::Suspended),
        (221, &["ROUTAGE_ERR"], R::RoutingError),
        (200, &["NON_TRANSMISE"], R::NotTransmitted),
        (501, &["IRR_SYNTAX"], R::Unreadable),
    ] {
        let mut world = World::of(flow(), vec![said(code, reasons, T)]);
        let found = world.found();
        assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [rule], "{code}");
        assert_eq!(found[0].detail.reasons, reasons.iter().map(|r| (*r).to_owned()).collect::<Vec<_>>());
        assert_eq!((found[0].detail.exposure_cents, found[0].flow), (120_000, Some(world.flow.id)));
        world.flow.handling = Handling::Resolved;
        assert!(world.rules().is_empty(), "{code}: dealt with by the firm");
        world.flow.handling = Handling::None;
        world.events.push(said(220, &[], LATER));
        assert!(world.rules().is_empty(), "{code}: cancelled");
        world.events.pop();
        let off =
            crate::anomaly::RuleUse { on: false, ..crate::anomaly::RuleUse::standard(reference::anomaly_rule(rule)) };
        world.policy.rules.insert(rule, off);
        assert!(world.rules().is_empty(), "{code}: switched off");
    }
    assert!(World::of(flow(), vec![said(200, &[], T)]).rules().is_empty());
    assert!(World::of(flow(), vec![]).rules().is_empty());
}

#[test]
fn causes_gather_what_one_act_would_settle() {
    let cause =
        |flow: Flow, code, reason: &str| World::of(flow, vec![said(code, &[reason], T)]).found()[0].cause.clone();
    let other_dossier = |mut f: Flow| {
        f.id = id(2);
        f.dossier = Some(id(101));
        f
    };
    assert_eq!(cause(flow(), 213, "ADR_ERR"), format!("{}|ADR_ERR", id::<DossierId>(100)));
    assert_ne!(cause(flow(), 213, "ADR_ERR"), cause(other_dossier(flow()), 213, "ADR_ERR"));
    assert_eq!(cause(flow(), 213, "REJ_SEMAN"), cause(other_dossier(flow()), 213, "REJ_SEMAN"), "the tool's doing");
    assert_eq!(cause(flow(), 200, "NON_TRANSMISE"), cause(other_dossier(flow()), 200, "NON_TRANSMISE"), "one buyer");
    let mut nobody = flow();
    nobody.dossier = None;
    assert_eq!(cause(nobody, 213, "ADR_ERR"), "owner:732829320|ADR_ERR");
}

#[test]
fn a_flow_is_stuck_once_its_time_has_passed() {
    let mut world = World::of(flow(), vec![said(202, &[], T)]);
    world.stuck_at = Some(at("2026-11-22T10:00:00Z"));
    let found = world.found();
    assert_eq!(found[0].rule, AnomalyRule::Stuck);
    assert_eq!((found[0].detail.normal, found[0].cause.as_str()), (Some(24), "pennylane|202"));
    world.stuck_at = Some(now() + Duration::minutes(1));
    assert!(world.rules().is_empty(), "not yet");
    world.stuck_at = Some(at("2026-11-22T10:00:00Z"));
    world.events.push(said(205, &[], LATER));
    assert!(world.rules().is_empty(), "an approved invoice waits for its payment");
}

#[test]
fn nothing_mandatory_follows_an_end() {
    let world = |events| World::of(flow(), events).rules();
    assert_eq!(world(vec![said(213, &["ADR_ERR"], T), said(212, &[], LATER)]), [AnomalyRule::MandatoryAfterEnd]);
    assert_eq!(world(vec![said(213, &["ADR_ERR"], T), said(220, &[], LATER)]), []);
    assert_eq!(world(vec![said(213, &["ADR_ERR"], T), said(213, &["ADR_ERR"], LATER)]), [AnomalyRule::Rejected]);
    let mut back = said(212, &[], LATER);
    back.collected_cents = Some(-120_000);
    assert_eq!(world(vec![said(210, &["PU_ERR"], T), back]), [], "a collection taken back");
    assert_eq!(world(vec![said(212, &[], T), said(210, &["ADR_ERR"], LATER)]), [AnomalyRule::Refused]);
}

#[test]
fn two_sources_that_cannot_both_be_right_are_told_with_both() {
    let found = |events| World::of(flow(), events).found();
    let both = found(vec![event(213, &["ADR_ERR"], T, "Export A"), event(212, &[], LATER, "API B")]);
    assert_eq!(both.iter().map(|f| f.rule).collect::<Vec<_>>(), [AnomalyRule::SourcesDisagree]);
    let text = super::super::words::sentence(both[0].rule, &both[0].detail);
    assert!(
        text.fr.contains("Export A : Rejetée (213) le 21/11/2026 à 11:00 ; API B : Encaissée (212)"),
        "{}",
        text.fr
    );
    // The order of times does not matter to a rejection: what was delivered was not rejected.
    let before = found(vec![event(205, &[], T, "API B"), event(213, &["ADR_ERR"], LATER, "Export A")]);
    assert!(before.iter().any(|f| f.rule == AnomalyRule::SourcesDisagree));
    // A buyer may refuse what they had taken in charge.
    let refused = found(vec![event(204, &[], T, "API B"), event(210, &["PU_ERR"], LATER, "Export A")]);
    assert_eq!(refused.iter().map(|f| f.rule).collect::<Vec<_>>(), [AnomalyRule::Refused]);
    let agree = found(vec![event(213, &["ADR_ERR"], T, "Export A"), event(213, &["ADR_ERR"], T, "API B")]);
    assert_eq!(agree.iter().map(|f| f.rule).collect::<Vec<_>>(), [AnomalyRule::Rejected]);
}

#[test]
fn a_collection_is_missed_only_where_vat_is_due_on_it() {
    let mut world = World::of(flow(), vec![said(211, &[], "2026-11-20T10:00:00Z")]);
    assert!(world.rules().is_empty(), "not known");
    world.vat_on_collection = Some(true);
    assert_eq!(world.rules(), [AnomalyRule::CollectionMissing]);
    world.flow.direction = FlowDirection::Purchase;
    assert!(world.rules().is_empty(), "the seller's duty");
    world.flow.direction = FlowDirection::Sale;
    world.events = vec![said(211, &[], "2026-11-24T10:00:00Z")];
    assert!(world.rules().is_empty(), "still time");
    world.events = vec![said(212, &[], T), said(211, &[], "2026-11-20T10:00:00Z")];
    assert!(world.rules().is_empty(), "collected");
    let facts = |change: fn(&mut DossierFacts)| {
        let mut facts = DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai");
        change(&mut facts);
        vat_on_collection(&facts, "2026-11-26".parse().unwrap())
    };
    assert_eq!(facts(|_| {}), None);
    assert_eq!(facts(|f| f.activity.services = Some(true)), Some(true));
    assert_eq!(facts(|f| f.vat_on_debits = Some(true)), Some(false));
    assert_eq!(facts(|f| f.activity.services = Some(false)), Some(false));
    assert_eq!(
        facts(|f| {
            f.activity.services = Some(true);
            f.set_vat_regime(crate::VatRegime::Franchise, "2026-01-01".parse().unwrap());
        }),
        Some(false)
    );
}

#[test]
fn one_number_for_two_invoices_is_a_duplicate() {
    let twin = |change: fn(&mut Twin)| {
        let mut world = World::of(flow(), vec![]);
        let mut twin = Twin { flow: id(2), ..Twin::of(&world.flow) };
        change(&mut twin);
        world.twins = vec![twin];
        world.found()
    };
    assert!(twin(|_| {}).is_empty(), "the same invoice, seen by both sides");
    let other = twin(|t| t.gross_cents = Some(99_000));
    assert_eq!(other[0].rule, AnomalyRule::DuplicateNumber);
    assert_eq!(other[0].cause, "732829320/F2026-17/2026");
    assert_eq!(other[0].detail.value.as_deref(), Some("552100554, 1200,00 EUR"));
    assert_eq!(other[0].detail.expected.as_deref(), Some("552100554, 990,00 EUR"));
    assert_eq!(twin(|t| t.buyer = "404833048".into()).len(), 1);
    assert_eq!(twin(|t| t.kind = FlowKind::CreditNote).len(), 1);
    assert!(twin(|t| (t.gross_cents, t.buyer) = (None, String::new())).is_empty(), "not known to differ");
}

#[test]
fn a_client_without_dossier_is_told_with_what_is_wrong() {
    let of = |owner: &str| {
        let mut world = World::of(flow(), vec![]);
        world.flow.dossier = None;
        world.flow.key.owner = owner.into();
        let found = world.found();
        assert_eq!(found.iter().map(|f| f.rule).collect::<Vec<_>>(), [AnomalyRule::UnknownClient]);
        super::super::words::sentence(found[0].rule, &found[0].detail).fr
    };
    assert_eq!(of("732829320"), "F2026-17 : aucun dossier pour « 732829320 ».");
    assert!(of("732829321").contains("clé du SIREN fausse"));
    assert!(of("ACME").contains("ce n’est pas un SIREN"));
}

#[test]
fn a_french_vat_number_has_the_right_key() {
    let of = |number: &str| {
        let mut world = World::of(flow(), vec![]);
        world.flow.details.seller_vat = Some(number.into());
        world.found().pop().map(|f| (f.detail.value, f.detail.expected))
    };
    let right = Siren::parse("732829320").unwrap().vat_number();
    assert_eq!(of(&right), None);
    assert_eq!(of("fr 44 732 829 320"), None, "as people write it");
    assert_eq!(of("FR45732829320"), Some((Some("FR45732829320".into()), Some(right))));
    assert_eq!(of("FR4573282932"), Some((Some("FR4573282932".into()), None)));
    assert_eq!(of("FRK7399859412"), None, "a key of letters cannot be checked");
    assert_eq!(of("DE123456789"), None);
}

#[test]
fn an_account_that_changes_is_verified_before_paying() {
    const OLD: &str = "FR7630006000011234567890189";
    const NEW: &str = "FR1420041010050500013M02606";
    let known = |account: &str, verified| Account { account: account.into(), verified };
    let mut world = World::of(purchase(), vec![]);
    world.flow.details.account = Some("FR76 3000 6000 0112 3456 7890 189".into());
    world.accounts = vec![known(OLD, false)];
    assert!(world.rules().is_empty(), "the one that is known, however it is written");
    world.flow.details.account = Some(NEW.into());
    let found = world.found();
    assert_eq!(found[0].rule, AnomalyRule::BankDetails);
    assert_eq!(found[0].detail.value.as_deref(), Some("FR14 … 2606"));
    assert_eq!(found[0].detail.expected.as_deref(), Some("FR76 … 0189"));
    assert_eq!(found[0].cause, format!("552100554|{NEW}"));
    world.accounts.push(known(NEW, true));
    assert!(world.rules().is_empty(), "verified");
    let mut told = World::of(purchase(), vec![said(227, &[], T)]);
    assert_eq!(told.rules(), [AnomalyRule::BankDetails]);
    told.events.push(said(228, &[], LATER));
    assert!(told.rules().is_empty(), "the account is the seller's again");
    assert!(World::of(flow(), vec![said(225, &[], T)]).rules().is_empty(), "the client's own invoice");
}

#[test]
fn an_invoice_addressed_elsewhere_is_a_lost_address() {
    let mut world = World::of(purchase(), vec![]);
    world.flow.details.address = Some("732829320_COMPTA".into());
    assert!(world.rules().is_empty());
    world.flow.details.address = Some("552100554".into());
    let found = world.found();
    assert_eq!(
        (found[0].rule, found[0].cause.as_str()),
        (AnomalyRule::AddressLost, &*id::<DossierId>(100).to_string())
    );
}

fn facts() -> DossierFacts {
    DossierFacts::new(Siren::parse("732829320").unwrap(), "Essai")
}

fn dossier_rules(facts: &DossierFacts, channels: &[Channel]) -> Vec<AnomalyRule> {
    let policy = Policy::default();
    let firm = Firm { today: "2026-11-26".parse().unwrap(), policy: &policy, register: reference::platforms() };
    of_dossier(&Client { id: id(100), facts, channels }, &firm).into_iter().map(|f| f.rule).collect()
}

fn channel(platform: &str, direction: FlowDirection, last_on: &str) -> Channel {
    Channel { platform: platform.into(), direction, last_on: last_on.parse().unwrap() }
}

fn mandate(on: &str, expires_on: Option<&str>, against: bool) -> Evidence {
    Evidence {
        criterion: Criterion::Mandate,
        what: "Mandat".into(),
        source: ProofSource::Mandate,
        on: on.parse().unwrap(),
        expires_on: expires_on.map(|d| d.parse().unwrap()),
        by: None,
        against,
    }
}

#[test]
fn flows_on_a_platform_that_the_dossier_does_not_name() {
    let mut facts = facts();
    facts.proofs = vec![mandate("2026-01-01", None, false)];
    let on_x = [channel("Plateforme X", FlowDirection::Purchase, "2026-11-20")];
    assert!(dossier_rules(&facts, &on_x).is_empty(), "where nothing is declared nothing is contradicted");
    facts.reception_platform = Some("PENNYLANE".into());
    assert_eq!(dossier_rules(&facts, &on_x), [AnomalyRule::OtherPlatform]);
    assert!(dossier_rules(&facts, &[channel("Pennylane", FlowDirection::Purchase, "2026-11-20")]).is_empty());
    assert!(dossier_rules(&facts, &[channel("Plateforme X", FlowDirection::Sale, "2026-11-20")]).is_empty());
    assert!(
        dossier_rules(&facts, &[channel("Plateforme X", FlowDirection::Purchase, "2026-09-20")]).is_empty(),
        "long ago"
    );
    facts.registration =
        Some(Registration { state: RegistrationState::Live, on: "2026-11-21".parse().unwrap(), reason: None });
    assert!(dossier_rules(&facts, &on_x).is_empty(), "before the client moved");
}

#[test]
fn flows_without_a_mandate_in_force() {
    let channels = [channel("PENNYLANE", FlowDirection::Sale, "2026-11-20")];
    let mut f = facts();
    assert_eq!(dossier_rules(&f, &channels), [AnomalyRule::NoMandate]);
    assert!(dossier_rules(&f, &[]).is_empty(), "no flows, nothing to act on");
    f.proofs = vec![mandate("2026-01-01", None, false)];
    assert!(dossier_rules(&f, &channels).is_empty());
    for proofs in [
        vec![mandate("2026-01-01", Some("2026-11-25"), false)],
        vec![mandate("2026-12-01", None, false)],
        vec![mandate("2026-01-01", None, false), mandate("2026-11-01", None, true)],
    ] {
        f.proofs = proofs;
        assert_eq!(dossier_rules(&f, &channels), [AnomalyRule::NoMandate], "{:?}", f.proofs);
    }
}

#[test]
fn an_address_is_lost_only_where_there_was_one() {
    let mut f = facts();
    f.proofs = vec![mandate("2026-01-01", None, false)];
    f.directory_address = Some(crate::DirectoryAddress {
        state: DirectoryState::Absent,
        as_of: "2026-11-20".parse().unwrap(),
        source: "Annuaire".into(),
    });
    assert!(dossier_rules(&f, &[]).is_empty(), "never there");
    let receives = [channel("PENNYLANE", FlowDirection::Purchase, "2026-11-20")];
    assert_eq!(dossier_rules(&f, &receives), [AnomalyRule::AddressLost]);
    f.registration =
        Some(Registration { state: RegistrationState::Live, on: "2026-10-01".parse().unwrap(), reason: None });
    assert_eq!(dossier_rules(&f, &[]), [AnomalyRule::AddressLost]);
    if let Some(address) = &mut f.directory_address {
        address.state = DirectoryState::Active;
    }
    assert!(dossier_rules(&f, &receives).is_empty());
}

#[test]
fn a_period_near_its_limit_is_told_with_what_it_costs() {
    use crate::calendar::DueKind;
    let policy = Policy::default();
    let firm = |today: &str| Firm { today: today.parse().unwrap(), policy: &policy, register: reference::platforms() };
    let day = |s: &str| s.parse().unwrap();
    let due = Due {
        kind: DueKind::Sales,
        from: day("2026-11-11"),
        to: day("2026-11-20"),
        published_on: day("2026-11-30"),
        prudent_on: day("2026-11-30"),
        regime: None,
        voluntary: false,
        source: "",
        prudent_source: None,
        prepared: false,
    };
    let told = |today: &str, due: &Due| report_missing(id(100), due, &firm(today));
    assert!(told("2026-11-20", &due).is_none(), "the period is not over");
    assert!(told("2026-11-26", &due).is_none(), "four days to go");
    let finding = told("2026-11-27", &due).unwrap();
    assert_eq!(finding.detail.due_on, Some(day("2026-11-30")));
    assert!(finding.detail.exposure_cents > 0 && finding.fingerprint.ends_with("sales:2026-11-11"));
    assert!(told("2026-12-05", &due).is_some(), "past its limit it is still to be sent");
    assert_eq!(told("2026-11-27", &Due { voluntary: true, ..due }).unwrap().detail.exposure_cents, 0);
}

#[test]
fn a_connection_shows_in_each_dossier_that_it_holds_up() {
    let error = Text::new("jeton refusé", "token refused");
    let of = |dossier| connection_down("c1", "Lien X", "Plateforme X", Some(&error), now(), dossier);
    let (a, b, none) = (of(Some(id(100))), of(Some(id(101))), of(None));
    assert_eq!((a.cause.as_str(), &a.cause, &b.cause), ("c1", &none.cause, &a.cause));
    assert!(a.fingerprint != b.fingerprint && b.fingerprint != none.fingerprint);
    let spread = super::super::words::Spread { occurrences: 42, dossiers: 42 };
    let text = super::super::words::summary(a.rule, &a.detail, spread);
    assert_eq!(
        text.fr,
        "La connexion « Lien X » à Plateforme X ne fonctionne plus : jeton refusé ; 42 dossiers en dépendent."
    );
}
