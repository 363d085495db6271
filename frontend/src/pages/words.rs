//! What the codes and facts of the domain are called on the screen. Every page says them the same way.

use contract::MailState;
use domain::calendar::{DueKind, DueState, Settlement};
use domain::reference::{CapCode, Territory, WaveCode};
use domain::{
    Criterion, DirectoryState, InCharge, MandateKind, MonthDay, ObligationGroup, ObligationKind, PlatformDecider,
    ReadinessState, RegistrationState, SizeClass, VatRegime, Weighting,
};
use serde_json::Value;

use crate::text::{format, t};
use crate::ui::Tone;

pub fn tone(state: ReadinessState) -> Tone {
    match state {
        ReadinessState::Ready => Tone::Ready,
        ReadinessState::OnTrack => Tone::OnTrack,
        ReadinessState::AtRisk => Tone::AtRisk,
        ReadinessState::Late => Tone::Late,
        ReadinessState::Unknown => Tone::Unknown,
    }
}

pub fn size(class: SizeClass) -> &'static str {
    let t = t();
    match class {
        SizeClass::Micro => t.size_micro(),
        SizeClass::Pme => t.size_pme(),
        SizeClass::Eti => t.size_eti(),
        SizeClass::Ge => t.size_ge(),
    }
}

/// For columns and chips.
pub fn size_short(class: SizeClass) -> &'static str {
    let t = t();
    match class {
        SizeClass::Micro => t.size_micro_short(),
        SizeClass::Pme => t.size_pme_short(),
        SizeClass::Eti => t.size_eti_short(),
        SizeClass::Ge => t.size_ge_short(),
    }
}

pub fn regime(regime: VatRegime) -> &'static str {
    let t = t();
    match regime {
        VatRegime::RealMonthly => t.regime_real_monthly(),
        VatRegime::RealQuarterly => t.regime_real_quarterly(),
        VatRegime::Simplified => t.regime_simplified(),
        VatRegime::SimplifiedAgricultural => t.regime_simplified_agricultural(),
        VatRegime::Franchise => t.regime_franchise(),
        VatRegime::Exempt => t.regime_exempt(),
        VatRegime::NotTaxable => t.regime_not_taxable(),
    }
}

pub fn criterion(criterion: Criterion) -> &'static str {
    let t = t();
    match criterion {
        Criterion::Identity => t.criterion_identity(),
        Criterion::Establishment => t.criterion_establishment(),
        Criterion::Size => t.criterion_size(),
        Criterion::VatRegime => t.criterion_vat_regime(),
        Criterion::ReceptionPlatform => t.criterion_reception_platform(),
        Criterion::Contact => t.criterion_contact(),
        Criterion::PersonInCharge => t.criterion_person_in_charge(),
        Criterion::Activity => t.criterion_activity(),
        Criterion::InvoiceVolume => t.criterion_invoice_volume(),
        Criterion::Emission => t.criterion_emission(),
        Criterion::Mandate => t.criterion_mandate(),
        Criterion::DirectoryAddress => t.criterion_directory_address(),
        Criterion::ToolMapped => t.criterion_tool_mapped(),
        Criterion::ReceptionProved => t.criterion_reception_proved(),
        Criterion::EmissionProved => t.criterion_emission_proved(),
        Criterion::EReportingConfigured => t.criterion_e_reporting_configured(),
        Criterion::FirstTransmission => t.criterion_first_transmission(),
        Criterion::ClientInformed => t.criterion_client_informed(),
        Criterion::NoCriticalAnomaly => t.criterion_no_critical_anomaly(),
    }
}

/// What a dossier without it suffers from.
pub fn cap(cap: CapCode) -> &'static str {
    let t = t();
    match cap {
        CapCode::Identity => t.cap_identity(),
        CapCode::Size => t.cap_size(),
        CapCode::VatRegime => t.cap_vat_regime(),
        CapCode::ReceptionLate => t.cap_reception_late(),
        CapCode::EmissionLate => t.cap_emission_late(),
        CapCode::Mandate => t.cap_mandate(),
        CapCode::CriticalAnomaly => t.cap_critical_anomaly(),
    }
}

pub fn weighting(weighting: Weighting) -> &'static str {
    match weighting {
        Weighting::Equal => t().rules_weighting_equal(),
        Weighting::Exposure => t().rules_weighting_exposure(),
    }
}

pub fn lacks(criterion: Criterion) -> &'static str {
    let t = t();
    match criterion {
        Criterion::Identity => t.lacks_identity(),
        Criterion::Establishment => t.lacks_establishment(),
        Criterion::Size => t.lacks_size(),
        Criterion::VatRegime => t.lacks_vat_regime(),
        Criterion::ReceptionPlatform => t.lacks_reception_platform(),
        Criterion::Contact => t.lacks_contact(),
        Criterion::PersonInCharge => t.lacks_person_in_charge(),
        Criterion::Activity => t.lacks_activity(),
        Criterion::InvoiceVolume => t.lacks_invoice_volume(),
        Criterion::Emission => t.lacks_emission(),
        Criterion::Mandate => t.lacks_mandate(),
        Criterion::DirectoryAddress => t.lacks_directory_address(),
        Criterion::ToolMapped => t.lacks_tool_mapped(),
        Criterion::ReceptionProved => t.lacks_reception_proved(),
        Criterion::EmissionProved => t.lacks_emission_proved(),
        Criterion::EReportingConfigured => t.lacks_e_reporting_configured(),
        Criterion::FirstTransmission => t.lacks_first_transmission(),
        Criterion::ClientInformed => t.lacks_client_informed(),
        Criterion::NoCriticalAnomaly => t.lacks_no_critical_anomaly(),
    }
}

/// The act that meets it.
pub fn next_act(criterion: Criterion) -> &'static str {
    let t = t();
    match criterion {
        Criterion::Identity => t.act_identity(),
        Criterion::Establishment => t.act_establishment(),
        Criterion::Size => t.act_size(),
        Criterion::VatRegime => t.act_vat_regime(),
        Criterion::ReceptionPlatform => t.act_reception_platform(),
        Criterion::Contact => t.act_contact(),
        Criterion::PersonInCharge => t.act_person_in_charge(),
        Criterion::Activity => t.act_activity(),
        Criterion::InvoiceVolume => t.act_invoice_volume(),
        Criterion::Emission => t.act_emission(),
        Criterion::Mandate => t.act_mandate(),
        Criterion::DirectoryAddress => t.act_directory_address(),
        Criterion::ToolMapped => t.act_tool_mapped(),
        Criterion::ReceptionProved => t.act_reception_proved(),
        Criterion::EmissionProved => t.act_emission_proved(),
        Criterion::EReportingConfigured => t.act_e_reporting_configured(),
        Criterion::FirstTransmission => t.act_first_transmission(),
        Criterion::ClientInformed => t.act_client_informed(),
        Criterion::NoCriticalAnomaly => t.act_no_critical_anomaly(),
    }
}

pub fn obligation(kind: ObligationGroup) -> &'static str {
    let t = t();
    match kind {
        ObligationGroup::Reception => t.obligation_reception(),
        ObligationGroup::Emission => t.obligation_emission(),
        ObligationGroup::EReporting => t.obligation_e_reporting(),
    }
}

pub fn wave(code: WaveCode) -> &'static str {
    let t = t();
    match code {
        WaveCode::Reception2026 => t.wave_reception_2026(),
        WaveCode::Emission2026 => t.wave_emission_2026(),
        WaveCode::Emission2027 => t.wave_emission_2027(),
        WaveCode::EReporting2026 => t.wave_e_reporting_2026(),
        WaveCode::EReporting2027 => t.wave_e_reporting_2027(),
        WaveCode::Acquisitions2027 => t.wave_acquisitions_2027(),
    }
}

pub fn territory(territory: Territory) -> &'static str {
    let t = t();
    match territory {
        Territory::Mainland => t.territory_mainland(),
        Territory::Guadeloupe => t.territory_guadeloupe(),
        Territory::Martinique => t.territory_martinique(),
        Territory::Reunion => t.territory_reunion(),
        Territory::Guyane => t.territory_guyane(),
        Territory::Mayotte => t.territory_mayotte(),
        Territory::Com => t.territory_com(),
        Territory::Taaf => t.territory_taaf(),
    }
}

pub fn directory(state: DirectoryState) -> &'static str {
    let t = t();
    match state {
        DirectoryState::Active => t.directory_active(),
        DirectoryState::Upcoming => t.directory_upcoming(),
        DirectoryState::NoPlatform => t.directory_no_platform(),
        DirectoryState::Disabled => t.directory_disabled(),
        DirectoryState::Absent => t.directory_absent(),
    }
}

pub fn mandate_kind(kind: MandateKind) -> &'static str {
    let t = t();
    match kind {
        MandateKind::EngagementLetter => t.kind_engagement_letter(),
        MandateKind::EngagementAddendum => t.kind_engagement_addendum(),
        MandateKind::Delegation => t.kind_delegation(),
        MandateKind::Designation => t.kind_designation(),
        MandateKind::Invoicing => t.kind_invoicing(),
        MandateKind::SelfBilling => t.kind_self_billing(),
        MandateKind::EReportingPower => t.kind_e_reporting_power(),
        MandateKind::PlatformRole => t.kind_platform_role(),
    }
}

/// Where a message to a client stands.
pub fn mail_state(state: MailState) -> (Tone, &'static str) {
    let t = t();
    match state {
        MailState::Queued => (Tone::Unknown, t.mails_queued()),
        MailState::Sending => (Tone::OnTrack, t.mails_sending()),
        MailState::Sent => (Tone::Ready, t.mails_sent()),
        MailState::Doubtful => (Tone::AtRisk, t.mails_doubtful()),
        MailState::Bounced => (Tone::Late, t.mails_bounced()),
        MailState::Failed => (Tone::Late, t.mails_failed()),
        MailState::Cancelled => (Tone::Unknown, t.mails_cancelled()),
        MailState::Delivered => (Tone::Ready, t.mails_delivered()),
        MailState::BouncedSoft => (Tone::AtRisk, t.mails_bounced_soft()),
        MailState::Blocked => (Tone::Late, t.mails_blocked()),
        MailState::Complained => (Tone::Late, t.mails_complained()),
        MailState::Answered => (Tone::Ready, t.mails_answered()),
    }
}

/// Who decides on the platform.
pub fn decider(decider: PlatformDecider) -> &'static str {
    match decider {
        PlatformDecider::Firm => t().decider_firm(),
        PlatformDecider::Client => t().decider_client(),
    }
}

/// Where the registration on the platform stands.
pub fn registration(state: RegistrationState) -> &'static str {
    let t = t();
    match state {
        RegistrationState::NotStarted => t.registration_not_started(),
        RegistrationState::Suggested => t.registration_suggested(),
        RegistrationState::Accepted => t.registration_accepted(),
        RegistrationState::Contract => t.registration_contract(),
        RegistrationState::IdentityCheck => t.registration_identity_check(),
        RegistrationState::Directory => t.registration_directory(),
        RegistrationState::Live => t.registration_live(),
        RegistrationState::Denied => t.registration_denied(),
    }
}

/// "dans 284 jours", "depuis 81 jours".
pub fn days(days: i64) -> String {
    match days {
        0 => t().today().to_owned(),
        1.. => t().days_to_go(days.unsigned_abs()),
        _ => t().days_since(days.unsigned_abs()),
    }
}

/// 31/12, or 31 Dec for whom 12/31 might be meant.
pub fn month_day(day: MonthDay) -> String {
    let text = day.to_string();
    match text.split_once('-') {
        Some((month, day)) => format!("{day}/{month}"),
        None => text,
    }
}

pub fn person(person: &InCharge) -> Option<String> {
    person.label.clone().filter(|label| !label.is_empty())
}

pub fn phone(number: &str) -> String {
    // +33612345678 → 06 12 34 56 78; foreign numbers stay as they are.
    match number.strip_prefix("+33") {
        Some(rest) if rest.len() == 9 && rest.bytes().all(|b| b.is_ascii_digit()) => {
            let digits = format!("0{rest}");
            (0..5).map(|i| &digits[i * 2..i * 2 + 2]).collect::<Vec<_>>().join("\u{a0}")
        }
        _ => number.to_owned(),
    }
}

/// A fact by its name in the contract; an unknown one is shown raw.
pub fn fact(field: &str) -> &str {
    let t = t();
    match field {
        "siren" => t.fact_siren(),
        "name" => t.fact_name(),
        "code" => t.fact_code(),
        "trade_name" => t.fact_trade_name(),
        "sirets" => t.fact_sirets(),
        "legal_form" => t.fact_legal_form(),
        "naf_code" => t.fact_naf_code(),
        "address" => t.fact_address(),
        "postal_code" => t.fact_postal_code(),
        "city" => t.fact_city(),
        "vat_regimes" | "vat_regime" => t.fact_vat_regimes(),
        "headcount" => t.fact_headcount(),
        "turnover_cents" => t.fact_turnover(),
        "balance_sheet_cents" => t.fact_balance_sheet(),
        "fiscal_year_end" => t.fact_fiscal_year_end(),
        "size_override" => t.fact_size_override(),
        "vat_group_member" => t.fact_vat_group_member(),
        "activity" => t.fact_activity(),
        "invoices_per_month" => t.fact_invoices_per_month(),
        "tool" => t.fact_tool(),
        "reception_platform" => t.fact_reception_platform(),
        "emission_platform" => t.fact_emission_platform(),
        "contacts" => t.fact_contacts(),
        "manager" => t.fact_manager(),
        "assignee" => t.fact_assignee(),
        "portfolio_id" => t.fact_portfolio(),
        "tags" => t.fact_tags(),
        "notes" => t.fact_notes(),
        "confidential" => t.fact_confidential(),
        "vat_group_siren" => t.fact_vat_group_siren(),
        "territory" => t.fact_territory(),
        "non_established" => t.fact_non_established(),
        "public_entity" => t.fact_public_entity(),
        "vat_on_debits" => t.fact_vat_on_debits(),
        "reports_as" => t.fact_reports_as(),
        "tool_platform" => t.fact_tool_platform(),
        "directory_address" => t.fact_directory_address(),
        "formal_notice_on" => t.fact_formal_notice_on(),
        "client_informed_on" => t.fact_client_informed_on(),
        "proofs" => t.fact_proofs(),
        "early_starts" => t.fact_early_starts(),
        "obligation_overrides" => t.fact_obligation_overrides(),
        "settlements" => t.field_settlements(),
        "platform_decided_by" => t.fact_platform_decided_by(),
        "registration" => t.fact_registration(),
        other => other,
    }
}

fn flag(value: &Value) -> &'static str {
    match value {
        Value::Bool(true) => t().yes(),
        Value::Bool(false) => t().no(),
        _ => t().unknown_value(),
    }
}

fn code<T: for<'a> TryFrom<&'a str>>(value: &Value) -> Option<T> {
    T::try_from(value.as_str()?).ok()
}

fn date(value: &Value) -> Option<String> {
    Some(format::date(t(), value.as_str()?.parse().ok()?))
}

/// The value of a fact as the journal and a conflict tell it. `portfolio` names a portfolio by its id.
pub fn value(field: &str, value: &Value, portfolio: &dyn Fn(&str) -> Option<String>) -> String {
    let said = match (field, value) {
        // A mark that was never set is not set.
        ("confidential", Value::Null) => t().no().to_owned(),
        (_, Value::Null) => String::new(),
        ("confidential" | "vat_group_member" | "non_established" | "public_entity" | "vat_on_debits", flagged) => {
            flag(flagged).to_owned()
        }
        ("territory", coded) => code::<Territory>(coded).map_or_else(|| raw(coded), |c| territory(c).to_owned()),
        ("formal_notice_on" | "client_informed_on", day) => date(day).unwrap_or_else(|| raw(day)),
        ("directory_address", Value::Object(map)) => {
            let state = map.get("state").and_then(code::<DirectoryState>).map(directory).unwrap_or_default();
            let source = map.get("source").and_then(Value::as_str).unwrap_or_default();
            t().directory_told(state, map.get("as_of").and_then(date).unwrap_or_default(), source)
        }
        ("platform_decided_by", coded) => {
            code::<PlatformDecider>(coded).map_or_else(|| raw(coded), |d| decider(d).to_owned())
        }
        ("registration", Value::Object(map)) => {
            let step = map.get("state").and_then(code::<RegistrationState>);
            let day = map.get("on").and_then(date).unwrap_or_default();
            let reason = map.get("reason").and_then(Value::as_str).unwrap_or_default();
            match step {
                Some(RegistrationState::Denied) => t().registration_denied_told(day, reason),
                Some(step) => t().registration_told(registration(step), day),
                None => String::new(),
            }
        }
        ("proofs", Value::Array(proofs)) => proofs
            .iter()
            .map(|proof| {
                let name = proof.get("criterion").and_then(code::<Criterion>).map(criterion).unwrap_or_default();
                let what = proof.get("what").and_then(Value::as_str).unwrap_or_default();
                let day = proof.get("on").and_then(date).unwrap_or_default();
                format!("{name} : {what} ({day})")
            })
            .collect::<Vec<_>>()
            .join(", "),
        ("turnover_cents" | "balance_sheet_cents", Value::Number(n)) => {
            format::money_round(t(), n.as_i64().unwrap_or_default())
        }
        (_, Value::Number(n)) => n.as_i64().map_or_else(|| n.to_string(), |n| format::number(t(), n)),
        ("portfolio_id", Value::String(id)) => portfolio(id).unwrap_or_else(|| id.clone()),
        ("siren", Value::String(digits)) => format::siren(digits),
        ("fiscal_year_end", Value::String(text)) => {
            MonthDay::try_from(text.clone()).map_or_else(|_| text.clone(), month_day)
        }
        ("vat_regime" | "reports_as", coded) => {
            code::<VatRegime>(coded).map_or_else(|| raw(coded), |r| regime(r).to_owned())
        }
        ("size_override", Value::Object(map)) => {
            let class = map.get("class").and_then(code::<SizeClass>).map(size).unwrap_or_default();
            let reason = map.get("reason").and_then(Value::as_str).unwrap_or_default();
            format!("{class} ({reason})")
        }
        ("manager" | "assignee", Value::Object(map)) => {
            map.get("label").and_then(Value::as_str).unwrap_or_default().to_owned()
        }
        ("activity", Value::Object(map)) => {
            let t = t();
            [
                ("b2b", t.fact_b2b()),
                ("b2c", t.fact_b2c()),
                ("b2g", t.fact_b2g()),
                ("international", t.fact_international()),
                ("sells_abroad", t.fact_sells_abroad()),
                ("buys_abroad", t.fact_buys_abroad()),
                ("services", t.fact_services()),
            ]
            .into_iter()
            .filter_map(|(key, label)| {
                let answer = map.get(key).filter(|v| !v.is_null())?;
                Some(format!("{label} : {}", flag(answer)))
            })
            .collect::<Vec<_>>()
            .join(", ")
        }
        ("vat_regimes", Value::Array(periods)) => periods
            .iter()
            .map(|period| {
                let name = period.get("regime").and_then(code::<VatRegime>).map(regime).unwrap_or_default();
                match period.get("from").and_then(date) {
                    Some(day) => format!("{name} {}", t().from_day(day)),
                    None => name.to_owned(),
                }
            })
            .collect::<Vec<_>>()
            .join(", "),
        ("early_starts", Value::Array(starts)) => starts
            .iter()
            .map(|start| {
                let name =
                    start.get("obligation").and_then(code::<ObligationGroup>).map(obligation).unwrap_or_default();
                format!("{name} {}", t().from_day(start.get("on").and_then(date).unwrap_or_default()))
            })
            .collect::<Vec<_>>()
            .join(", "),
        ("obligation_overrides", Value::Array(stated)) => stated
            .iter()
            .map(|stated| {
                let kind = stated.get("obligation").and_then(code::<ObligationKind>);
                let name = kind.map(|kind| crate::api::say(&kind.text())).unwrap_or_default();
                let applies = stated.get("applies").and_then(Value::as_bool).unwrap_or_default();
                let said = if applies { t().stated_applies() } else { t().stated_applies_not() };
                let from = stated.get("from").and_then(date).map(|day| format!(" {}", t().from_day(day)));
                let reason = stated.get("reason").and_then(Value::as_str).unwrap_or_default();
                format!("{name} : {said}{} ({reason})", from.unwrap_or_default())
            })
            .collect::<Vec<_>>()
            .join(", "),
        ("contacts", Value::Array(contacts)) => contacts
            .iter()
            .map(|contact| {
                let part = |key: &str| contact.get(key).and_then(Value::as_str).map(str::to_owned);
                [part("name"), part("email"), part("phone").map(|p| phone(&p))]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect::<Vec<_>>()
            .join(", "),
        ("settlements", Value::Array(records)) => records.iter().map(settled).collect::<Vec<_>>().join(" ; "),
        (_, Value::Array(items)) => items.iter().map(raw).collect::<Vec<_>>().join(", "),
        (_, other) => raw(other),
    };
    if said.is_empty() { "–".to_owned() } else { said }
}

/// How a period was declared, by its code.
pub fn settlement(how: &str) -> &str {
    match Settlement::try_from(how) {
        Ok(Settlement::Done) => t().due_done(),
        Ok(Settlement::NoOperation) => t().due_not_applicable(),
        Err(_) => how,
    }
}

/// A settled period as the journal tells it.
fn settled(record: &Value) -> String {
    let part = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or_default();
    let day = |key: &str| record.get(key).and_then(date).unwrap_or_default();
    let kind =
        DueKind::try_from(part("kind")).map_or_else(|_| part("kind").to_owned(), |kind| due_short(kind).to_owned());
    let evidence = [part("what"), part("source")].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>();
    let evidence =
        if evidence.is_empty() { String::new() } else { format!(" ({}, {})", evidence.join(", "), day("on")) };
    let period = t().due_period(day("from"), day("to"));
    format!("{kind} {period} : {}{evidence}", settlement(part("how")))
}

/// What falls due, in a word.
pub fn due_short(kind: DueKind) -> &'static str {
    let t = t();
    match kind {
        DueKind::Reception => t.due_reception(),
        DueKind::Emission => t.due_emission(),
        DueKind::Sales => t.due_sales(),
        DueKind::Acquisitions => t.due_acquisitions(),
        DueKind::Payments => t.due_payments(),
    }
}

/// The state of a deadline: its word and its tone.
pub fn due_state(state: DueState) -> (Tone, &'static str) {
    let t = t();
    match state {
        DueState::Missed => (Tone::Late, t.due_missed()),
        DueState::DueSoon => (Tone::AtRisk, t.due_soon()),
        DueState::Open => (Tone::OnTrack, t.due_open()),
        DueState::Done => (Tone::Ready, t.due_done()),
        DueState::NotApplicable => (Tone::Unknown, t.due_not_applicable()),
    }
}

fn raw(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(_) => flag(value).to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn say(field: &str, given: Value) -> String {
        value(field, &given, &|id| (id == "p1").then(|| "Lille".to_owned()))
    }

    #[test]
    fn facts_are_told_as_a_person_would() {
        assert_eq!(say("turnover_cents", json!(25_000_000)), "250\u{202f}000\u{a0}€");
        assert_eq!(say("portfolio_id", json!("p1")), "Lille");
        assert_eq!(say("portfolio_id", json!(null)), "–");
        assert_eq!(say("manager", json!({"user_id": null, "label": "Claire Martin"})), "Claire Martin");
        assert_eq!(
            say(
                "vat_regimes",
                json!([{"regime": "simplified", "from": null}, {"regime": "real_quarterly", "from": "2027-01-01"}])
            ),
            "Réel simplifié (CA12), Réel normal trimestriel à compter du 01/01/2027"
        );
        assert_eq!(
            say("activity", json!({"b2b": true, "b2c": null, "b2g": false, "international": null})),
            "Professionnels en France : Oui, Secteur public (Chorus Pro) : Non"
        );
        assert_eq!(
            say("contacts", json!([{"name": "Paul", "email": null, "phone": "+33612345678"}])),
            "Paul 06\u{a0}12\u{a0}34\u{a0}56\u{a0}78"
        );
        assert_eq!(say("tags", json!([])), "–");
        assert_eq!(
            say("early_starts", json!([{"obligation": "emission", "on": "2027-01-01"}])),
            "Émission des factures électroniques à compter du 01/01/2027"
        );
        assert_eq!(
            say("obligation_overrides", json!([{"obligation": "reception", "applies": false, "reason": "Rescrit"}])),
            "Réception des factures électroniques : Ne s’applique pas (Rescrit)"
        );
        assert_eq!(say("fiscal_year_end", json!("12-31")), "31/12");
        assert_eq!(say("platform_decided_by", json!("firm")), "Le cabinet, par délégation");
        assert_eq!(
            say("registration", json!({"state": "denied", "on": "2026-11-03", "reason": "Pièce illisible"})),
            "Refusée le 03/11/2026 : Pièce illisible"
        );
    }
}
