//! Every table of the law in one form, for a page that shows them with their sources and for the API.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Confidence, Dated, EReportingScope, FineBasis, Limit, PlatformRegister, PlatformState, PlayStep, StatusObject,
    StatusPhase, Table, ToPortal,
};
use crate::calendar::ReportStream;
use crate::rules::CapWhen;
use crate::text::euros;
use crate::{Capability, ObligationGroup, Text, reference};

closed_enum! {
    /// A table of the reference data.
    pub enum TableCode {
        Waves = "waves",
        SizeThresholds = "size_thresholds",
        VatRegimes = "vat_regimes",
        RegimeChanges = "regime_changes",
        EReporting = "e_reporting",
        ReportBlocks = "e_reporting_blocks",
        Fines = "fines",
        Reliefs = "reliefs",
        Scope = "scope",
        Territories = "territories",
        Statuses = "statuses",
        Reasons = "reasons",
        Mandates = "mandates",
        TaxArticles = "tax_articles",
        Holidays = "holidays",
        HolidayPlaces = "holiday_places",
        AnomalyRules = "anomaly_rules",
        Criteria = "criteria",
        Caps = "caps",
        Platforms = "platforms",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Column {
    pub code: String,
    pub label: Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReferenceRow {
    /// One for each column, in both languages.
    pub cells: Vec<Text>,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub source: String,
    pub confidence: Confidence,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReferenceTable {
    pub code: TableCode,
    pub title: Text,
    pub version: String,
    /// State of knowledge.
    pub as_of: NaiveDate,
    /// What holds for the table as a whole.
    pub note: Option<Text>,
    pub columns: Vec<Column>,
    pub rows: Vec<ReferenceRow>,
}

fn same(value: impl ToString) -> Text {
    let value = value.to_string();
    Text::new(value.clone(), value)
}

fn nothing() -> Text {
    Text::new("", "")
}

fn yes(value: bool) -> Text {
    if value { Text::new("oui", "yes") } else { Text::new("non", "no") }
}

fn day(value: NaiveDate) -> Text {
    Text::new(value.format("%d/%m/%Y").to_string(), value.to_string())
}

fn list<T: ToString>(values: &[T]) -> Text {
    same(values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
}

fn joined(texts: impl Iterator<Item = Text>) -> Text {
    let (fr, en): (Vec<String>, Vec<String>) = texts.map(|t| (t.fr, t.en)).unzip();
    Text::new(fr.join(", "), en.join(", "))
}

/// The steps of a playbook, numbered.
fn steps(playbook: &[PlayStep]) -> Text {
    let told = |pick: fn(&Text) -> &str| {
        let lines = playbook.iter().enumerate().map(|(i, step)| format!("{}. {}", i + 1, pick(&step.text)));
        lines.collect::<Vec<_>>().join(" ")
    };
    Text::new(told(|t| &t.fr), told(|t| &t.en))
}

fn group(group: ObligationGroup) -> Text {
    match group {
        ObligationGroup::Reception => Text::new("Réception", "Reception"),
        ObligationGroup::Emission => Text::new("Émission", "Emission"),
        ObligationGroup::EReporting => same("E-reporting"),
    }
}

fn stream(stream: ReportStream) -> Text {
    match stream {
        ReportStream::Transactions => same("Transactions"),
        ReportStream::Payments => Text::new("Paiements", "Payments"),
    }
}

fn regime(regime: crate::VatRegime) -> Text {
    reference::regime(regime).label.clone()
}

/// « le 20 du mois suivant » for each part, the prudent reading beside it when it differs.
fn limits(limits: &[Limit], pick: fn(&Limit) -> (u32, u32)) -> Text {
    let mut fr = Vec::new();
    let mut en = Vec::new();
    for limit in limits {
        let (months, day) = pick(limit);
        let (month_fr, month_en) = match months {
            0 => ("du mois", "of the month".to_owned()),
            1 => ("du mois suivant", "of the next month".to_owned()),
            _ => ("du mois d’après", format!("of month +{months}")),
        };
        fr.push(if day >= 31 { format!("dernier jour {month_fr}") } else { format!("le {day} {month_fr}") });
        en.push(if day >= 31 { format!("last day {month_en}") } else { format!("{day} {month_en}") });
    }
    Text::new(fr.join(" ; "), en.join("; "))
}

fn periods(months: u32, cuts: &[u32]) -> Text {
    if cuts.is_empty() {
        return match months {
            1 => Text::new("mois", "month"),
            _ => Text::new(format!("{months} mois civils"), format!("{months} civil months")),
        };
    }
    let mut parts = Vec::new();
    let mut from = 1;
    for cut in cuts {
        parts.push((from.to_string(), cut.to_string()));
        from = cut + 1;
    }
    let word = |end: &str| {
        let told = parts.iter().map(|(a, b)| format!("{a}-{b}")).collect::<Vec<_>>().join(", ");
        format!("{told}, {from}-{end}")
    };
    Text::new(word("fin"), word("end"))
}

fn table<T: Dated>(
    code: TableCode,
    title: (&str, &str),
    (version, as_of, note): Head,
    columns: &[(&str, &str, &str)],
    rows: &[T],
    cells: impl Fn(&T) -> Vec<Text>,
) -> ReferenceTable {
    ReferenceTable {
        code,
        title: Text::new(title.0, title.1),
        version: version.to_owned(),
        as_of,
        note: note.cloned(),
        columns: columns
            .iter()
            .map(|(code, fr, en)| Column { code: (*code).to_owned(), label: Text::new(*fr, *en) })
            .collect(),
        rows: rows
            .iter()
            .map(|row| ReferenceRow {
                cells: cells(row),
                valid_from: row.valid_from(),
                valid_to: row.valid_to(),
                source: row.source().to_owned(),
                confidence: row.confidence(),
            })
            .collect(),
    }
}

/// Version, state of knowledge, note.
type Head = (&'static str, NaiveDate, Option<&'static Text>);

fn head<T>(table: &'static Table<T>) -> Head {
    (&table.version, table.as_of, table.note.as_ref())
}

/// Every table in one form. The register is an argument: a newer one may replace the one of the program.
pub fn tables(register: &PlatformRegister) -> Vec<ReferenceTable> {
    use TableCode as C;
    let optional = |cents: Option<i64>| cents.map_or_else(nothing, euros);
    let rhythms = reference::e_reporting();
    let readiness = reference::readiness();
    let rules = reference::anomaly_rules();
    let readiness_head = (readiness.version.as_str(), readiness.as_of, None);
    let code = ("code", "Code", "Code");
    let label = ("label", "Libellé", "Label");
    let mut all = vec![
        table(
            C::Waves,
            ("Vagues de la réforme", "Waves of the reform"),
            head(reference::wave_table()),
            &[("obligation", "Obligation", "Obligation"), label, ("starts_on", "Début", "Start")],
            &reference::wave_table().rows,
            |w| vec![group(w.obligation), w.label.clone(), day(w.starts_on)],
        ),
        table(
            C::SizeThresholds,
            ("Seuils de taille", "Size thresholds"),
            head(reference::size_table()),
            &[
                ("class", "Classe", "Class"),
                ("headcount", "Effectif inférieur à", "Headcount below"),
                ("turnover", "et chiffre d’affaires au plus", "and turnover at most"),
                ("balance_sheet", "ou bilan au plus", "or balance sheet at most"),
            ],
            &reference::size_table().rows,
            |t| {
                vec![
                    t.class.text(),
                    same(t.headcount_below),
                    euros(t.turnover_at_most_cents),
                    euros(t.balance_sheet_at_most_cents),
                ]
            },
        ),
        table(
            C::VatRegimes,
            ("Régimes de TVA", "VAT regimes"),
            head(reference::regime_table()),
            &[
                label,
                ("reception", "Réception", "Reception"),
                ("emission", "Émission", "Emission"),
                ("e_reporting", "E-reporting", "E-reporting"),
                ("charges_vat", "Facture la TVA", "Charges VAT"),
            ],
            &reference::regime_table().rows,
            |r| {
                vec![
                    r.label.clone(),
                    yes(r.reception),
                    yes(r.emission),
                    match r.e_reporting {
                        EReportingScope::Applies => yes(true),
                        EReportingScope::IfInternational => {
                            Text::new("achats à l’étranger seulement", "foreign purchases only")
                        }
                        EReportingScope::Never => yes(false),
                    },
                    yes(r.charges_vat),
                ]
            },
        ),
        table(
            C::RegimeChanges,
            ("Fins de régime", "Ends of regimes"),
            head(reference::regime_changes()),
            &[
                label,
                ("financial_years_from", "Exercices ouverts à compter du", "Financial years opening from"),
                ("turnover", "Chiffre d’affaires au plus", "Turnover at most"),
                ("tolerance", "Tolérance", "Tolerance"),
                ("becomes", "Devient", "Becomes"),
                ("above", "Au-delà", "Above"),
            ],
            &reference::regime_changes().rows,
            |c| {
                vec![
                    c.label.clone(),
                    day(c.financial_years_from),
                    euros(c.turnover_at_most_cents),
                    euros(c.tolerance_at_most_cents),
                    regime(c.becomes),
                    regime(c.above),
                ]
            },
        ),
        table(
            C::EReporting,
            ("Rythmes de l’e-reporting", "E-reporting rhythms"),
            (&rhythms.version, rhythms.as_of, Some(&rhythms.shift)),
            &[
                ("regime", "Régime", "Regime"),
                ("stream", "Flux", "Stream"),
                ("period", "Période", "Period"),
                ("published", "Limite publiée", "Published limit"),
                ("prudent", "Limite prudente", "Prudent limit"),
                ("prudent_source", "Source de la limite prudente", "Source of the prudent limit"),
                (
                    "administration",
                    "Transmission à l’administration, le lendemain à",
                    "To the administration, the next day at",
                ),
            ],
            &rhythms.rows,
            |r| {
                vec![
                    regime(r.regime),
                    stream(r.stream),
                    periods(r.months, &r.cuts),
                    limits(&r.limits, |l| (l.months_after, l.day)),
                    limits(&r.limits, |l| (l.prudent_months_after, l.prudent_day)),
                    r.prudent_source.as_deref().map_or_else(nothing, same),
                    same(&rhythms.administration_hour),
                ]
            },
        ),
        table(
            C::ReportBlocks,
            ("Blocs de l’e-reporting", "E-reporting blocks"),
            head(reference::report_blocks()),
            &[code, label, ("stream", "Flux", "Stream"), ("article", "Article", "Article")],
            &reference::report_blocks().rows,
            |b| vec![same(&b.code), b.label.clone(), stream(b.stream), same(&b.article)],
        ),
        table(
            C::Fines,
            ("Amendes et plafonds", "Fines and caps"),
            head(reference::fines()),
            &[
                label,
                ("article", "Article", "Article"),
                ("unit", "Montant", "Amount"),
                ("basis", "Par", "Per"),
                ("cap", "Plafond par année civile", "Cap per civil year"),
            ],
            &reference::fines().rows,
            |f| {
                vec![
                    f.label.clone(),
                    same(&f.article),
                    euros(f.unit_cents),
                    match f.basis {
                        FineBasis::Invoice => Text::new("facture", "invoice"),
                        FineBasis::Transmission => Text::new("transmission", "transmission"),
                        FineBasis::Notice => Text::new("période après mise en demeure", "period after formal notice"),
                        FineBasis::Mention => Text::new("mention", "mention"),
                    },
                    optional(f.cap_cents),
                ]
            },
        ),
        table(
            C::Reliefs,
            ("Atténuations, jamais déduites", "Reliefs, never deducted"),
            head(reference::reliefs()),
            &[label, ("articles", "Articles", "Articles")],
            &reference::reliefs().rows,
            |r| vec![r.label.clone(), same(&r.articles)],
        ),
        table(
            C::Scope,
            ("Champ de la réforme", "Scope of the reform"),
            head(reference::scope()),
            &[label, ("treatment", "Traitement", "Treatment")],
            &reference::scope().rows,
            |s| vec![s.label.clone(), s.treatment.clone()],
        ),
        table(
            C::Territories,
            ("Territoires", "Territories"),
            head(reference::territories()),
            &[label, ("domestic", "Traité comme la métropole", "Treated as the mainland")],
            &reference::territories().rows,
            |t| vec![t.label.clone(), yes(t.domestic)],
        ),
        table(
            C::Statuses,
            ("Statuts", "Statuses"),
            head(reference::statuses()),
            &[
                code,
                label,
                ("object", "Objet", "Object"),
                ("set_by", "Posé par", "Set by"),
                ("phase", "Phase", "Phase"),
                ("to_ppf", "Au portail public", "To the public portal"),
                ("reason", "Motif requis", "Reason required"),
                ("comment", "Commentaire requis", "Comment required"),
            ],
            &reference::statuses().rows,
            |s| {
                vec![
                    same(s.code),
                    s.label.clone(),
                    match s.object {
                        StatusObject::Invoice => Text::new("facture", "invoice"),
                        StatusObject::Flow => Text::new("flux", "flow"),
                        StatusObject::Flow1 => Text::new("données du flux 1", "flow 1 data"),
                        StatusObject::EReporting => same("e-reporting"),
                        StatusObject::DirectoryLine => Text::new("ligne d’annuaire", "directory line"),
                        StatusObject::StatusMessage => Text::new("message de statut", "status message"),
                    },
                    s.set_by.clone(),
                    match s.phase {
                        StatusPhase::Transmission => Text::new("transmission", "transmission"),
                        StatusPhase::Processing => Text::new("traitement", "processing"),
                        StatusPhase::Payment => Text::new("paiement", "payment"),
                        StatusPhase::Account => Text::new("compte à payer", "account to pay"),
                        StatusPhase::Portal => Text::new("portail public", "public portal"),
                    },
                    match s.to_ppf {
                        ToPortal::Mandatory => Text::new("obligatoire", "mandatory"),
                        ToPortal::IfVatOnCollection => {
                            Text::new("obligatoire si TVA à l’encaissement", "mandatory when VAT is due on collection")
                        }
                        ToPortal::No => yes(false),
                        ToPortal::FromPortal => Text::new("posé par lui", "set by it"),
                    },
                    yes(s.reason_required),
                    yes(s.comment_required),
                ]
            },
        ),
        table(
            C::Reasons,
            ("Motifs", "Reasons"),
            head(reference::reasons()),
            &[
                code,
                label,
                ("statuses", "Statuts", "Statuses"),
                ("public_sector", "Secteur public seulement", "Public sector only"),
                ("ppf", "Entre plateforme et portail public", "Between platform and public portal"),
            ],
            &reference::reasons().rows,
            |r| {
                vec![
                    same(&r.code),
                    r.label.clone().unwrap_or_else(nothing),
                    list(&r.statuses),
                    list(&r.public_sector),
                    list(&r.ppf),
                ]
            },
        ),
        table(
            C::Mandates,
            ("Mandats et accords", "Mandates and agreements"),
            head(reference::mandate_kinds()),
            &[
                label,
                ("signed_by", "Signé par", "Signed by"),
                ("content", "Contenu", "Content"),
                ("proves", "Prouve le critère « mandat »", "Proves the criterion “mandate”"),
            ],
            &reference::mandate_kinds().rows,
            |m| vec![m.label.clone(), m.signed_by.clone(), m.content.clone(), yes(m.proves)],
        ),
        table(
            C::TaxArticles,
            ("Articles", "Articles"),
            head(reference::tax_articles()),
            &[("subject", "Objet", "Subject"), ("cgi", "CGI", "CGI"), ("cibs", "CIBS", "CIBS")],
            &reference::tax_articles().rows,
            |a| vec![a.subject.clone(), same(&a.cgi), a.cibs.as_deref().map_or_else(nothing, same)],
        ),
        table(
            C::Holidays,
            ("Jours fériés", "Public holidays"),
            head(reference::holidays()),
            &[
                label,
                ("day", "Jour fixe", "Fixed day"),
                ("easter", "Jours après Pâques", "Days after Easter"),
                ("places", "Seulement", "Only in"),
            ],
            &reference::holidays().rows,
            |h| {
                vec![
                    h.label.clone(),
                    h.day.map_or_else(nothing, same),
                    h.days_after_easter.map_or_else(nothing, same),
                    joined(h.places.iter().map(|place| place.text())),
                ]
            },
        ),
        table(
            C::HolidayPlaces,
            ("Lieux des jours fériés", "Places of public holidays"),
            head(reference::holiday_places()),
            &[("place", "Lieu", "Place"), ("prefixes", "Codes postaux", "Postal codes")],
            &reference::holiday_places().rows,
            |row| vec![row.place.text(), joined(row.prefixes.iter().map(same))],
        ),
        table(
            C::AnomalyRules,
            ("Règles des anomalies", "Rules of anomalies"),
            head(rules),
            &[
                code,
                label,
                ("severity", "Gravité", "Severity"),
                ("why", "Pourquoi", "Why"),
                ("cause", "Regroupées par", "Grouped by"),
                ("deadline", "Délai (heures ouvrées)", "Deadline (working hours)"),
                ("limits", "Seuils", "Limits"),
                ("statuses", "Statuts", "Statuses"),
                ("playbook", "Que faire", "What to do"),
            ],
            &rules.rows,
            |r| {
                vec![
                    same(r.code),
                    r.title.clone(),
                    r.severity.text(),
                    r.why.clone(),
                    joined(r.cause.iter().map(|part| part.text())),
                    same(r.deadline_hours),
                    list(&r.limits.iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>()),
                    list(&r.statuses),
                    steps(&r.playbook),
                ]
            },
        ),
        table(
            C::Criteria,
            ("Critères de préparation", "Readiness criteria"),
            readiness_head,
            &[
                label,
                ("weight", "Poids", "Weight"),
                ("effort", "Effort", "Effort"),
                ("brought_by", "Apporté par", "Brought by"),
                ("evidence_days", "Validité de la preuve (jours)", "Validity of evidence (days)"),
            ],
            &readiness.criteria,
            |c| {
                vec![
                    c.label.clone(),
                    same(c.weight),
                    same(c.effort),
                    match c.brought_by {
                        Capability::Facts => Text::new("dossier", "dossier"),
                        Capability::Mandates => Text::new("mandats", "mandates"),
                        Capability::Flows => Text::new("flux", "flows"),
                        Capability::Anomalies => Text::new("anomalies", "anomalies"),
                    },
                    c.evidence_days.map_or_else(nothing, same),
                ]
            },
        ),
        table(
            C::Caps,
            ("Blocages et plafonds du score", "Blockers and caps of the score"),
            readiness_head,
            &[label, ("at_most", "Score au plus", "Score at most"), ("when", "Quand", "When")],
            &readiness.caps,
            |c| {
                vec![
                    c.label.clone(),
                    same(c.at_most),
                    match c.when {
                        CapWhen::Always => Text::new("toujours", "always"),
                        CapWhen::Due => Text::new("une fois l’obligation commencée", "once the obligation has begun"),
                    },
                ]
            },
        ),
    ];
    all.push(platforms(register));
    all
}

fn platforms(register: &PlatformRegister) -> ReferenceTable {
    let columns = [
        ("name", "Nom", "Name"),
        ("state", "État", "State"),
        ("registered_on", "Depuis", "Since"),
        ("place", "Lieu", "Place"),
    ];
    ReferenceTable {
        code: TableCode::Platforms,
        title: Text::new("Registre des plateformes agréées", "Register of platforms"),
        version: register.as_of.to_string(),
        as_of: register.as_of,
        note: None,
        columns: columns
            .iter()
            .map(|(code, fr, en)| Column { code: (*code).to_owned(), label: Text::new(*fr, *en) })
            .collect(),
        rows: register
            .rows
            .iter()
            .map(|p| ReferenceRow {
                cells: vec![
                    same(&p.name),
                    match p.state {
                        PlatformState::Registered => Text::new("immatriculée", "registered"),
                        PlatformState::Pending => Text::new("en attente", "pending"),
                    },
                    p.registered_on.map_or_else(nothing, day),
                    p.place.as_deref().map_or_else(nothing, same),
                ],
                valid_from: p.registered_on.unwrap_or(register.as_of),
                valid_to: None,
                source: register.source.clone(),
                confidence: register.confidence,
            })
            .collect(),
    }
}
