//! The rules: from what is known of a flow, a dossier or a connection to what is wrong with it. One small function each;
//! what it looks for stands in `reference/anomaly_rules.json`. Nothing here remembers: the same facts give the same
//! findings, whenever they are looked at.

use chrono::{DateTime, Duration, NaiveDate, Utc};

use super::words::{both, status_name};
use super::{AnomalyDetail, AnomalyRule, Finding, Policy};
use crate::calendar::{Due, ReportStream};
use crate::flow::{self, Clash, Flow, FlowDirection, FlowField, FlowKind, Handling, Otherwise, StatusEvent};
use crate::obligation::ObligationGroup;
use crate::reference::{self, AnomalyRuleRow, CausePart, FineCode, HolidayPlace, PlatformRegister};
use crate::{
    Criterion, DirectoryState, DossierFacts, DossierId, FlowId, RegistrationState, Siren, Text, fold, platform,
};

/// A flow as rules look at it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub flow: &'a Flow,
    /// Its history, oldest first by the source's time.
    pub events: &'a [StatusEvent],
    /// Place of the current status.
    pub current: Option<usize>,
    /// When it should have moved on.
    pub stuck_at: Option<DateTime<Utc>>,
}

/// What is known around a flow.
#[derive(Debug, Clone, Copy)]
pub struct Around<'a> {
    pub now: DateTime<Utc>,
    pub policy: &'a Policy,
    /// The client's VAT is due on collection; nothing while it is not known, or there is no dossier.
    pub vat_on_collection: Option<bool>,
    /// Other flows of the same seller, number and year.
    pub twins: &'a [Twin],
    /// Accounts of its seller, in the order in which they were first seen.
    pub accounts: &'a [Account],
}

/// What tells one invoice from another that bears its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub flow: FlowId,
    pub kind: FlowKind,
    pub buyer: String,
    pub gross_cents: Option<i64>,
    pub currency: String,
}

/// An account to which a seller had itself paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub account: String,
    /// Somebody has verified it.
    pub verified: bool,
}

impl<'a> Seen<'a> {
    fn status(&self) -> Option<&'a StatusEvent> {
        self.events.get(self.current?)
    }

    fn code(&self) -> Option<u32> {
        self.status()?.code
    }

    /// The firm has dealt with it.
    fn is_handled(&self) -> bool {
        matches!(self.flow.handling, Handling::Resolved | Handling::Ignored)
    }
}

impl Twin {
    pub fn of(flow: &Flow) -> Self {
        Self {
            flow: flow.id,
            kind: flow.kind,
            buyer: buyer(flow).to_owned(),
            gross_cents: flow.gross_cents,
            currency: flow.currency.clone(),
        }
    }

    /// Cannot be the same invoice.
    pub fn differs(&self, other: &Self) -> bool {
        let buyers = !self.buyer.is_empty() && !other.buyer.is_empty() && self.buyer != other.buyer;
        let amounts = self.currency == other.currency
            && self.gross_cents.zip(other.gross_cents).is_some_and(|(a, b)| a.abs_diff(b) > 1);
        buyers || amounts || self.kind != other.kind
    }

    fn text(&self) -> String {
        let amount = self.gross_cents.map(|cents| euros(cents, &self.currency));
        let parts: Vec<String> =
            [Some(self.buyer.clone()).filter(|b| !b.is_empty()), amount].into_iter().flatten().collect();
        if parts.is_empty() { "?".to_owned() } else { parts.join(", ") }
    }
}

/// The buyer of an invoice, as far as it is known.
fn buyer(flow: &Flow) -> &str {
    match flow.direction {
        FlowDirection::Sale => &flow.counterparty,
        FlowDirection::Purchase => &flow.key.owner,
    }
}

fn euros(cents: i64, currency: &str) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let currency = if currency.is_empty() { "EUR" } else { currency };
    format!("{sign}{},{:02} {currency}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}

/// The amount of a flow in euros: what is held up.
fn held_up(flow: &Flow) -> i64 {
    let in_euros = flow.currency.is_empty() || flow.currency == "EUR";
    let cents = flow.gross_cents.or(flow.net_cents).unwrap_or_default();
    if in_euros { cents.saturating_abs() } else { 0 }
}

/// Everything that is wrong with a flow.
pub fn of_flow(seen: &Seen<'_>, around: &Around<'_>) -> Vec<Finding> {
    let rules: [fn(&Seen<'_>, &Around<'_>) -> Option<Finding>; 15] = [
        rejected,
        refused,
        disputed,
        suspended,
        routing_error,
        not_transmitted,
        unreadable,
        stuck,
        mandatory_after_end,
        collection_missing,
        duplicate_number,
        unknown_client,
        vat_key,
        bank_details,
        sources_disagree,
    ];
    let found = rules.iter().filter_map(|rule| rule(seen, around)).chain(address_elsewhere(seen));
    found.filter(|finding| around.policy.is_on(finding.rule)).collect()
}

/// Builds the finding of a flow.
fn found(rule: AnomalyRule, seen: &Seen<'_>, detail: AnomalyDetail) -> Finding {
    let flow = seen.flow;
    let row = reference::anomaly_rule(rule);
    let detail = AnomalyDetail {
        platform: detail.platform.or_else(|| named(&flow.platform)),
        number: detail.number.or_else(|| named(&flow.key.number)),
        exposure_cents: if detail.exposure_cents == 0 { held_up(flow) } else { detail.exposure_cents },
        ..detail
    };
    Finding {
        rule,
        cause: cause(row, seen, &detail),
        flow: Some(flow.id),
        dossier: flow.dossier,
        fingerprint: format!("{rule}:{}", flow.id),
        detail,
    }
}

fn named(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|t| !t.is_empty())
}

/// The cause of a flow's finding, by what its rule says that causes are made of.
fn cause(row: &AnomalyRuleRow, seen: &Seen<'_>, detail: &AnomalyDetail) -> String {
    let flow = seen.flow;
    let reason = detail.reasons.first().map_or("", String::as_str);
    if row.platform_reasons.iter().any(|r| r == reason) {
        return format!("platform:{}|{reason}", fold(&flow.platform));
    }
    let parts: Vec<String> = row
        .cause
        .iter()
        .map(|part| match part {
            CausePart::Dossier => flow.dossier.map_or_else(|| format!("owner:{}", flow.key.owner), |id| id.to_string()),
            CausePart::Owner => flow.key.owner.clone(),
            CausePart::Platform => fold(&flow.platform),
            CausePart::Status => detail.status.map(|s| s.to_string()).unwrap_or_default(),
            CausePart::Reason => reason.to_owned(),
            CausePart::Counterparty if flow.counterparty.is_empty() => fold(&flow.counterparty_name),
            CausePart::Counterparty => flow.counterparty.clone(),
            CausePart::Seller if flow.key.seller.is_empty() => fold(&flow.counterparty_name),
            CausePart::Seller => flow.key.seller.clone(),
            CausePart::Account => latest_account(flow).unwrap_or_default(),
            CausePart::Number => format!("{}/{}/{}", flow.key.seller, flow.key.number, flow.key.year),
            CausePart::Value => detail.value.clone().unwrap_or_default(),
            CausePart::Flow | CausePart::Period | CausePart::Connection => flow.id.to_string(),
        })
        .collect();
    parts.join("|")
}

/// The current status is one that the rule looks for.
fn standing(rule: AnomalyRule, seen: &Seen<'_>) -> Option<Finding> {
    let row = reference::anomaly_rule(rule);
    let status = seen.status()?;
    let code = status.code.filter(|code| row.statuses.contains(code))?;
    let reason_fits = row.reasons.is_empty() || row.reasons.iter().any(|r| status.reasons.contains(r));
    if seen.is_handled() || !reason_fits {
        return None;
    }
    let detail = AnomalyDetail {
        status: Some(code),
        reasons: status.reasons.clone(),
        since: Some(status.at),
        ..AnomalyDetail::default()
    };
    Some(found(rule, seen, detail))
}

fn rejected(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    standing(AnomalyRule::Rejected, seen)
}

fn refused(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    standing(AnomalyRule::Refused, seen)
}

fn disputed(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    standing(AnomalyRule::Disputed, seen)
}

fn suspended(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    standing(AnomalyRule::Suspended, seen)
}

/// With the other party as its value: the address that was wrong is theirs.
fn about_the_other_party(rule: AnomalyRule, seen: &Seen<'_>) -> Option<Finding> {
    let mut finding = standing(rule, seen)?;
    finding.detail.value = named(&seen.flow.counterparty_name).or_else(|| named(&seen.flow.counterparty));
    Some(finding)
}

fn routing_error(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    about_the_other_party(AnomalyRule::RoutingError, seen)
}

fn not_transmitted(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    about_the_other_party(AnomalyRule::NotTransmitted, seen)
}

fn unreadable(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    standing(AnomalyRule::Unreadable, seen)
}

fn stuck(seen: &Seen<'_>, around: &Around<'_>) -> Option<Finding> {
    let (status, until) = (seen.status()?, seen.stuck_at?);
    let code = status.code.filter(|code| Policy::passing_statuses().any(|s| s == *code))?;
    if until > around.now || seen.is_handled() {
        return None;
    }
    let detail = AnomalyDetail {
        status: Some(code),
        since: Some(status.at),
        normal: Some((until - status.at).num_hours()),
        ..AnomalyDetail::default()
    };
    Some(found(AnomalyRule::Stuck, seen, detail))
}

/// Two statuses that contradict each other: the one that ends the invoice, and the other. An amount taken back is no
/// collection.
fn clashing<'a>(seen: &Seen<'a>, clash: Clash) -> Option<(&'a StatusEvent, &'a StatusEvent)> {
    let takes_back = |e: &StatusEvent| e.collected_cents.is_some_and(|cents| cents < 0);
    if seen.is_handled() {
        return None;
    }
    let of_kind = flow::contradictions(seen.events).into_iter().filter(|c| c.clash == clash);
    let pairs = of_kind.filter_map(|c| Some((seen.events.get(c.end)?, seen.events.get(c.other)?)));
    pairs.filter(|(_, other)| !takes_back(other)).min_by_key(|(end, other)| (end.at, other.at))
}

fn mandatory_after_end(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    let (end, later) = clashing(seen, Clash::MandatoryAfterEnd)?;
    let detail = AnomalyDetail {
        status: later.code,
        expected: end.code.map(|code| both(&status_name(code))),
        since: Some(later.at),
        ..AnomalyDetail::default()
    };
    Some(found(AnomalyRule::MandatoryAfterEnd, seen, detail))
}

fn sources_disagree(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    let (end, other) = clashing(seen, Clash::SourcesDisagree)?;
    let detail = AnomalyDetail {
        status: end.code,
        sources: vec![told(end), told(other)],
        since: Some(end.at.max(other.at)),
        ..AnomalyDetail::default()
    };
    Some(found(AnomalyRule::SourcesDisagree, seen, detail))
}

/// What a source says, and when.
fn told(event: &StatusEvent) -> String {
    let local = HolidayPlace::Metropole.local(event.at);
    let status = event.code.map_or_else(|| Text::new(event.raw.clone(), event.raw.clone()), status_name);
    both(&Text::new(
        format!("{} : {} le {}", event.source_name, status.fr, local.format("%d/%m/%Y à %H:%M")),
        format!("{}: {} on {}", event.source_name, status.en, local.format("%Y-%m-%d %H:%M")),
    ))
}

fn collection_missing(seen: &Seen<'_>, around: &Around<'_>) -> Option<Finding> {
    const RULE: AnomalyRule = AnomalyRule::CollectionMissing;
    const COLLECTED: u32 = 212;
    let paid = seen.status()?;
    let code = seen.code().filter(|code| reference::anomaly_rule(RULE).statuses.contains(code))?;
    let due = paid.at + Duration::days(around.policy.limit(RULE, "days"));
    let waits = seen.flow.direction == FlowDirection::Sale
        && around.vat_on_collection == Some(true)
        && due <= around.now
        && !seen.is_handled()
        && !seen.events.iter().any(|e| e.code == Some(COLLECTED));
    let detail = AnomalyDetail { status: Some(code), since: Some(paid.at), ..AnomalyDetail::default() };
    waits.then(|| found(RULE, seen, detail))
}

fn duplicate_number(seen: &Seen<'_>, around: &Around<'_>) -> Option<Finding> {
    let this = Twin::of(seen.flow);
    if seen.flow.kind == FlowKind::Transmission || seen.is_handled() {
        return None;
    }
    // What one file said of the number, another does not say.
    let otherwise: Vec<&Otherwise> =
        seen.flow.details.otherwise.iter().filter(|o| o.field != FlowField::Account).collect();
    if let Some(first) = otherwise.first() {
        let values: Vec<&str> = otherwise.iter().map(|o| o.value.as_str()).collect();
        let value = format!("{} ({})", values.join(", "), first.source);
        let detail = AnomalyDetail { value: Some(value), expected: Some(this.text()), ..AnomalyDetail::default() };
        return Some(found(AnomalyRule::DuplicateNumber, seen, detail));
    }
    let invoices = around.twins.iter().filter(|t| t.kind != FlowKind::Transmission && t.flow != this.flow);
    let other = invoices.filter(|t| this.differs(t)).min_by_key(|t| t.flow)?;
    let detail = AnomalyDetail { value: Some(this.text()), expected: Some(other.text()), ..AnomalyDetail::default() };
    Some(found(AnomalyRule::DuplicateNumber, seen, detail))
}

fn unknown_client(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    if seen.flow.dossier.is_some() {
        return None;
    }
    let owner = &seen.flow.key.owner;
    let why = match Siren::parse(owner) {
        Err(_) => Some(Text::new("ce n’est pas un SIREN", "not a SIREN")),
        Ok(siren) if !siren.is_checked() => Some(Text::new("clé du SIREN fausse", "wrong check digit of the SIREN")),
        Ok(_) => None,
    };
    let detail =
        AnomalyDetail { value: Some(owner.clone()), expected: why.map(|text| both(&text)), ..AnomalyDetail::default() };
    Some(found(AnomalyRule::UnknownClient, seen, detail))
}

/// Without spaces and points, in capitals.
pub fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// A French VAT number whose key is wrong, with the right one where it can be told. Keys with letters cannot be checked.
fn wrong_key(number: &str) -> Option<(String, Option<String>)> {
    let number = compact(number);
    let rest = number.strip_prefix("FR")?;
    let Some((key, siren)) = rest.split_at_checked(2).filter(|(_, siren)| siren.len() == 9) else {
        return Some((number, None));
    };
    if !key.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    match Siren::parse(siren) {
        Err(_) => Some((number, None)),
        Ok(siren) => (siren.vat_number() != number).then(|| (number.clone(), Some(siren.vat_number()))),
    }
}

fn vat_key(seen: &Seen<'_>, _: &Around<'_>) -> Option<Finding> {
    let details = &seen.flow.details;
    let (value, expected) =
        [&details.seller_vat, &details.buyer_vat].into_iter().flatten().find_map(|n| wrong_key(n))?;
    if seen.is_handled() {
        return None;
    }
    Some(found(AnomalyRule::VatKey, seen, AnomalyDetail { value: Some(value), expected, ..AnomalyDetail::default() }))
}

/// An account as it is shown: the middle stays hidden.
pub fn hidden(account: &str) -> String {
    let account = compact(account);
    let (n, shown) = (account.len(), 4);
    if n <= 2 * shown {
        return account;
    }
    format!("{} … {}", &account[..shown], &account[n - shown..])
}

/// The account to pay, as the latest source tells it.
pub fn latest_account(flow: &Flow) -> Option<String> {
    let later = flow.details.otherwise.iter().rev().find(|o| o.field == FlowField::Account).map(|o| &o.value);
    later.or(flow.details.account.as_ref()).map(|a| compact(a)).filter(|a| !a.is_empty())
}

/// The client pays: a purchase whose account is announced to change, or is another than the seller's first one.
fn bank_details(seen: &Seen<'_>, around: &Around<'_>) -> Option<Finding> {
    const RULE: AnomalyRule = AnomalyRule::BankDetails;
    const BACK: u32 = 228;
    if seen.flow.direction != FlowDirection::Purchase || seen.is_handled() {
        return None;
    }
    let account = latest_account(seen.flow);
    let verified = |a: &str| around.accounts.iter().any(|known| known.verified && compact(&known.account) == a);
    if account.as_deref().is_some_and(verified) {
        return None;
    }
    let announces =
        |e: &&StatusEvent| e.code.is_some_and(|code| reference::anomaly_rule(RULE).statuses.contains(&code));
    let announced = seen.events.iter().rev().find(announces);
    let taken_back = announced.is_some_and(|a| seen.events.iter().any(|e| e.code == Some(BACK) && e.at >= a.at));
    let announced = announced.filter(|_| !taken_back);
    let first = around.accounts.first().map(|known| compact(&known.account));
    let first = first.or_else(|| seen.flow.details.account.as_deref().map(compact));
    let other = account.as_ref().zip(first.as_ref()).is_some_and(|(a, first)| a != first);
    if announced.is_none() && !other {
        return None;
    }
    let detail = AnomalyDetail {
        status: announced.and_then(|e| e.code),
        value: account.as_deref().map(hidden),
        expected: first.filter(|f| Some(f) != account.as_ref()).as_deref().map(hidden),
        since: announced.map(|e| e.at),
        ..AnomalyDetail::default()
    };
    Some(found(RULE, seen, detail))
}

/// A purchase addressed to an address that is not the client's.
fn address_elsewhere(seen: &Seen<'_>) -> Option<Finding> {
    let flow = seen.flow;
    let address = flow.details.address.as_deref().filter(|a| !a.is_empty())?;
    let root: String = address.chars().take_while(char::is_ascii_digit).collect();
    let elsewhere = flow.direction == FlowDirection::Purchase
        && flow.dossier.is_some()
        && root.len() == 9
        && root != flow.key.owner
        && !seen.is_handled();
    let value = both(&Text::new(
        format!("une facture lui est adressée à {address}"),
        format!("an invoice for them is addressed to {address}"),
    ));
    elsewhere.then(|| {
        found(AnomalyRule::AddressLost, seen, AnomalyDetail { value: Some(value), ..AnomalyDetail::default() })
    })
}

/// Whether VAT is due on collection: services without the option for debits, by who charges VAT at all.
pub fn vat_on_collection(facts: &DossierFacts, today: NaiveDate) -> Option<bool> {
    let charges = facts.vat_regime_on(today).map(|regime| reference::regime(regime).charges_vat);
    match (charges, facts.vat_on_debits, facts.activity.services) {
        (Some(false), ..) | (_, Some(true), _) | (_, _, Some(false)) => Some(false),
        (_, Some(false), _) | (_, None, Some(true)) => Some(true),
        (_, None, None) => None,
    }
}

/// Flows of a dossier on a platform, one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    pub platform: String,
    pub direction: FlowDirection,
    /// Day of issue of the latest.
    pub last_on: NaiveDate,
}

/// A dossier as rules look at it.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
    pub id: DossierId,
    pub facts: &'a DossierFacts,
    pub channels: &'a [Channel],
}

/// What is known around a dossier.
#[derive(Debug, Clone, Copy)]
pub struct Firm<'a> {
    pub today: NaiveDate,
    pub policy: &'a Policy,
    pub register: &'a PlatformRegister,
}

/// What is wrong with a dossier by its facts and the flows it has.
pub fn of_dossier(client: &Client<'_>, firm: &Firm<'_>) -> Vec<Finding> {
    let mut all = other_platforms(client, firm);
    all.extend(no_mandate(client, firm));
    all.extend(address_lost(client));
    all.retain(|finding| firm.policy.is_on(finding.rule));
    all
}

fn about(rule: AnomalyRule, dossier: DossierId, part: Option<&str>, detail: AnomalyDetail) -> Finding {
    let part = part.map(|part| format!(":{part}")).unwrap_or_default();
    Finding {
        rule,
        cause: format!("{dossier}{part}"),
        flow: None,
        dossier: Some(dossier),
        fingerprint: format!("{rule}:{dossier}{part}"),
        detail,
    }
}

/// The latest flows count: those of another time may have gone by another platform.
fn recent<'a>(client: &Client<'a>, firm: &Firm<'_>, rule: AnomalyRule) -> impl Iterator<Item = &'a Channel> {
    let since = firm.today - Duration::days(firm.policy.limit(rule, "days"));
    let registered = client.facts.registration.as_ref().filter(|r| r.state == RegistrationState::Live).map(|r| r.on);
    let since = registered.map_or(since, |on| on.max(since));
    client.channels.iter().filter(move |c| c.last_on >= since)
}

fn other_platforms(client: &Client<'_>, firm: &Firm<'_>) -> Vec<Finding> {
    const RULE: AnomalyRule = AnomalyRule::OtherPlatform;
    let facts = client.facts;
    let name = |given: &str| fold(&platform::canonical_name(given, firm.register));
    let mut found: Vec<Finding> = Vec::new();
    for channel in recent(client, firm, RULE).filter(|c| !c.platform.is_empty()) {
        let declared: Vec<&str> = match channel.direction {
            FlowDirection::Purchase => vec![facts.reception_platform.as_deref()],
            FlowDirection::Sale => vec![facts.emission_platform.as_deref(), facts.tool_platform.as_deref()],
        }
        .into_iter()
        .flatten()
        .collect();
        let key = name(&channel.platform);
        // Where nothing is declared nothing is contradicted.
        if declared.is_empty() || declared.iter().any(|d| name(d) == key) {
            continue;
        }
        let expected = Some(declared.join(", "));
        let detail = AnomalyDetail { platform: Some(channel.platform.clone()), expected, ..AnomalyDetail::default() };
        let finding = about(RULE, client.id, Some(&key), detail);
        if !found.iter().any(|f| f.fingerprint == finding.fingerprint) {
            found.push(finding);
        }
    }
    found
}

/// A mandate is in force where the facts hold evidence of one that counts today, by the register or by hand.
fn has_mandate(facts: &DossierFacts, today: NaiveDate) -> bool {
    let of_mandates = || facts.proofs.iter().filter(|p| p.criterion == Criterion::Mandate && p.on <= today);
    let against = of_mandates().filter(|p| p.against).map(|p| p.on).max();
    of_mandates().any(|p| {
        !p.against && p.expires_on.is_none_or(|last| today <= last) && against.is_none_or(|ended| ended < p.on)
    })
}

fn no_mandate(client: &Client<'_>, firm: &Firm<'_>) -> Option<Finding> {
    const RULE: AnomalyRule = AnomalyRule::NoMandate;
    let follows = recent(client, firm, RULE).next().is_some();
    (follows && !has_mandate(client.facts, firm.today)).then(|| about(RULE, client.id, None, AnomalyDetail::default()))
}

/// Lost is only what was there: the client was live on a platform, or has received.
fn address_lost(client: &Client<'_>) -> Option<Finding> {
    let address = client.facts.directory_address.as_ref()?;
    let gone = match address.state {
        DirectoryState::NoPlatform => Text::new("connu, sans plateforme", "known, without a platform"),
        DirectoryState::Disabled => Text::new("adresse désactivée", "address disabled"),
        DirectoryState::Absent => Text::new("absent de l’annuaire", "not in the directory"),
        DirectoryState::Active | DirectoryState::Upcoming => return None,
    };
    let live = client.facts.registration.as_ref().is_some_and(|r| r.state == RegistrationState::Live);
    let receives = client.channels.iter().any(|c| c.direction == FlowDirection::Purchase);
    let detail = AnomalyDetail {
        value: Some(both(&gone)),
        due_on: Some(address.as_of),
        sources: vec![address.source.clone()],
        ..AnomalyDetail::default()
    };
    (live || receives).then(|| about(AnomalyRule::AddressLost, client.id, None, detail))
}

/// A period of e-reporting whose limit is near, or has passed, without anything accepted.
pub fn report_missing(dossier: DossierId, due: &Due, firm: &Firm<'_>) -> Option<Finding> {
    const RULE: AnomalyRule = AnomalyRule::ReportMissing;
    let near = due.kind.group() == ObligationGroup::EReporting
        && due.to < firm.today
        && (due.prudent_on - firm.today).num_days() <= firm.policy.limit(RULE, "days");
    if !near || !firm.policy.is_on(RULE) {
        return None;
    }
    let fine = match due.kind.stream() {
        Some(ReportStream::Payments) => FineCode::Payments,
        Some(ReportStream::Transactions) | None => FineCode::Transactions,
    };
    // A voluntary start costs nothing.
    let fine = reference::fine(fine, firm.today).filter(|_| !due.voluntary).map_or(0, |fine| fine.unit_cents);
    let detail = AnomalyDetail {
        value: Some(both(&due.title())),
        due_on: Some(due.prudent_on),
        exposure_cents: fine,
        ..AnomalyDetail::default()
    };
    Some(about(RULE, dossier, Some(&due.key().to_string()), detail))
}

/// A connection that does not work, where it shows.
pub fn connection_down(
    connection: &str,
    name: &str,
    platform: &str,
    error: Option<&Text>,
    since: DateTime<Utc>,
    dossier: Option<DossierId>,
) -> Finding {
    let rule = AnomalyRule::ConnectionDown;
    let place = dossier.map_or_else(|| "-".to_owned(), |id| id.to_string());
    Finding {
        rule,
        cause: connection.to_owned(),
        flow: None,
        dossier,
        fingerprint: format!("{rule}:{connection}:{place}"),
        detail: AnomalyDetail {
            platform: named(platform),
            value: Some(name.to_owned()),
            expected: error.map(both),
            since: Some(since),
            ..AnomalyDetail::default()
        },
    }
}

/// A deposit that a platform refused at its technical check (acknowledgement `Error`): no business status follows from it,
/// and nothing was recorded. `file` is the platform's own id, `codes` are its reasons.
pub fn deposit_refused(
    connection: &str,
    platform: &str,
    (file, name): (&str, &str),
    codes: &[String],
    at: DateTime<Utc>,
    dossier: Option<DossierId>,
) -> Finding {
    let rule = AnomalyRule::Unreadable;
    let reason = codes.first().map_or("", String::as_str);
    Finding {
        rule,
        // As causes of its rule are made of: the same defect of the same platform.
        cause: format!("{}|{reason}", fold(platform)),
        flow: None,
        dossier,
        fingerprint: deposit_fingerprint(connection, file),
        detail: AnomalyDetail {
            platform: named(platform),
            number: named(name),
            reasons: codes.to_vec(),
            since: Some(at),
            ..AnomalyDetail::default()
        },
    }
}

/// Where a refused deposit shows.
pub fn deposit_fingerprint(connection: &str, file: &str) -> String {
    format!("{}:{connection}:{file}", AnomalyRule::Unreadable)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
