//! Which duties of the reform reach a dossier, from when, and why.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::reference::{self, EReportingScope, ScopeCase, Wave, WaveCode, WaveMember};
use crate::{DossierFacts, EarlyStart, Size, SizeClass, SizeInput, Text, VatRegime, regime};

closed_enum! {
    /// The duties of the reform as its waves start them.
    pub enum ObligationGroup { Reception = "reception", Emission = "emission", EReporting = "e_reporting" }
}

closed_enum! {
    /// A duty of the reform.
    pub enum ObligationKind {
        Reception = "reception",
        Emission = "emission",
        /// Sales to foreign businesses (10.1).
        SalesInternational = "sales_international",
        /// Sales to consumers and non-taxable persons (10.3).
        SalesB2c = "sales_b2c",
        /// Purchases from abroad (10.1).
        Acquisitions = "acquisitions",
        /// Payments of the sales abroad (10.2).
        PaymentsInternational = "payments_international",
        /// Payments of the sales to consumers (10.4).
        PaymentsB2c = "payments_b2c",
    }
}

/// How many kinds there are.
pub const KINDS: usize = ObligationKind::ALL.len();

impl ObligationKind {
    pub const fn group(self) -> ObligationGroup {
        match self {
            Self::Reception => ObligationGroup::Reception,
            Self::Emission => ObligationGroup::Emission,
            Self::SalesInternational
            | Self::SalesB2c
            | Self::Acquisitions
            | Self::PaymentsInternational
            | Self::PaymentsB2c => ObligationGroup::EReporting,
        }
    }

    /// Block of flow 10.
    pub const fn block(self) -> Option<&'static str> {
        match self {
            Self::Reception | Self::Emission => None,
            Self::SalesInternational | Self::Acquisitions => Some("10.1"),
            Self::SalesB2c => Some("10.3"),
            Self::PaymentsInternational => Some("10.2"),
            Self::PaymentsB2c => Some("10.4"),
        }
    }

    const fn place(self) -> usize {
        self as usize
    }

    /// What the duty is called.
    pub fn text(self) -> Text {
        let (fr, en) = self.duty();
        Text::new(fr, en)
    }

    const fn duty(self) -> (&'static str, &'static str) {
        match self {
            Self::Reception => ("Réception des factures électroniques", "Reception of e-invoices"),
            Self::Emission => ("Émission des factures électroniques", "Emission of e-invoices"),
            Self::SalesInternational => {
                ("Déclaration des ventes à l’international", "Reporting of international sales")
            }
            Self::SalesB2c => ("Déclaration des ventes aux particuliers", "Reporting of sales to consumers"),
            Self::Acquisitions => ("Déclaration des achats à l’étranger", "Reporting of foreign purchases"),
            Self::PaymentsInternational => {
                ("Déclaration des paiements internationaux", "Reporting of international payments")
            }
            Self::PaymentsB2c => ("Déclaration des paiements des particuliers", "Reporting of consumers’ payments"),
        }
    }
}

closed_enum! {
    pub enum ObligationStatus {
        /// Applies from `starts_on`.
        Applies = "applies",
        NotApplicable = "not_applicable",
        /// Not determinable yet: something is missing.
        Undetermined = "undetermined",
    }
}

closed_enum! {
    /// Facts whose absence leaves an obligation or a calendar undetermined.
    pub enum MissingFact {
        VatRegime = "vat_regime",
        Headcount = "headcount",
        Turnover = "turnover",
        BalanceSheet = "balance_sheet",
        International = "international",
        B2c = "b2c",
        /// Whether it sells services.
        Services = "services",
        VatOnDebits = "vat_on_debits",
        /// The rhythm that the firm chooses where no text gives one.
        ReportsAs = "reports_as",
    }
}

impl MissingFact {
    pub fn text(self) -> (&'static str, &'static str) {
        match self {
            Self::VatRegime => ("le régime de TVA", "the VAT regime"),
            Self::Headcount => ("l’effectif", "the headcount"),
            Self::Turnover => ("le chiffre d’affaires", "the turnover"),
            Self::BalanceSheet => ("le total du bilan", "the balance sheet total"),
            Self::International => ("les ventes et achats à l’étranger", "sales and purchases abroad"),
            Self::B2c => ("les ventes à des particuliers", "sales to consumers"),
            Self::Services => ("biens ou services", "goods or services"),
            Self::VatOnDebits => ("l’option pour la TVA sur les débits", "the option for VAT on debits"),
            Self::ReportsAs => ("le rythme de déclaration choisi", "the chosen reporting rhythm"),
        }
    }
}

closed_enum! {
    /// Why an obligation is as it is; one sentence is worded from it.
    pub enum ObligationReason {
        EverySize = "every_size",
        Micro = "micro",
        Pme = "pme",
        AtMostPme = "at_most_pme",
        Eti = "eti",
        Ge = "ge",
        VatGroupMember = "vat_group_member",
        NonEstablishedBuyer = "non_established_buyer",
        PublicEntity = "public_entity",
        Voluntary = "voluntary",
        Override = "override",
        RegimeOutOfScope = "regime_out_of_scope",
        RegimeWithoutEmission = "regime_without_emission",
        RegimeWithoutReporting = "regime_without_reporting",
        OutsideVatTerritory = "outside_vat_territory",
        NonEstablished = "non_established",
        NoBusinessCustomer = "no_business_customer",
        NoConsumer = "no_consumer",
        NoForeignSale = "no_foreign_sale",
        NoForeignPurchase = "no_foreign_purchase",
        GoodsOnly = "goods_only",
        VatOnDebits = "vat_on_debits",
        RegimeUnknown = "regime_unknown",
        SizeUnknown = "size_unknown",
        AnswerMissing = "answer_missing",
    }
}

/// What the law says of one obligation of a dossier on a day; words are made by [`Ruling::told`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    pub kind: ObligationKind,
    pub status: ObligationStatus,
    /// First day, a voluntary one included; nothing unless it applies.
    pub starts_on: Option<NaiveDate>,
    /// First day by law. For an undetermined obligation: the day from which it would apply.
    pub legal_on: Option<NaiveDate>,
    pub wave: Option<WaveCode>,
    pub missing: Vec<MissingFact>,
    pub reason: ObligationReason,
    pub regime: Option<VatRegime>,
    pub source: &'static str,
}

/// An obligation as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Obligation {
    pub kind: ObligationKind,
    pub group: ObligationGroup,
    /// Block of flow 10 for e-reporting.
    pub block: Option<String>,
    pub status: ObligationStatus,
    /// First day, a voluntary one included; nothing unless it applies.
    pub starts_on: Option<NaiveDate>,
    /// First day by law; while undetermined, the day from which it would apply.
    pub legal_on: Option<NaiveDate>,
    pub wave: Option<WaveCode>,
    pub missing: Vec<MissingFact>,
    pub reason_code: ObligationReason,
    /// One sentence: why it applies, does not, or cannot be told.
    pub reason: Text,
    pub source: String,
}

impl Obligation {
    pub fn is_due(&self, today: NaiveDate) -> bool {
        self.status == ObligationStatus::Applies && self.starts_on.is_some_and(|d| d <= today)
    }
}

impl Ruling {
    /// Bound by law on a day; a voluntary start binds nobody.
    pub fn is_due(&self, today: NaiveDate) -> bool {
        self.status == ObligationStatus::Applies && self.legal_on.is_some_and(|d| d <= today)
    }

    pub fn has_started(&self, today: NaiveDate) -> bool {
        self.status == ObligationStatus::Applies && self.starts_on.is_some_and(|d| d <= today)
    }

    pub fn is_voluntary(&self) -> bool {
        self.reason == ObligationReason::Voluntary
    }

    /// The obligation with its sentence; `facts` are those that it was determined from.
    pub fn told(&self, facts: &DossierFacts) -> Obligation {
        Obligation {
            kind: self.kind,
            group: self.kind.group(),
            block: self.kind.block().map(str::to_owned),
            status: self.status,
            starts_on: self.starts_on,
            legal_on: self.legal_on,
            wave: self.wave,
            missing: self.missing.clone(),
            reason_code: self.reason,
            reason: self.sentence(facts),
            source: self.source.to_owned(),
        }
    }

    fn sentence(&self, facts: &DossierFacts) -> Text {
        use ObligationReason as R;
        let (duty_fr, duty_en) = self.kind.duty();
        let from = |who_fr: &str, who_en: &str| match self.starts_on {
            Some(day) => Text::new(
                format!("{who_fr} : à compter du {}.", day.format("%d/%m/%Y")),
                format!("{who_en}: from {day}."),
            ),
            None => Text::new(format!("{who_fr}."), format!("{who_en}.")),
        };
        let label = self.regime.map(|r| &reference::regime(r).label);
        let (label_fr, label_en) = label.map_or(("", ""), |l| (l.fr.as_str(), l.en.as_str()));
        match self.reason {
            R::EverySize => Text::new("Toutes les tailles sont tenues.", "Every size is bound."),
            R::Micro => from("Micro-entreprise", "Micro company"),
            R::Pme => from("PME", "Small or medium company"),
            R::AtMostPme => from("Micro-entreprise ou PME", "Micro, small or medium company"),
            R::Eti => from("ETI", "Mid-size company"),
            R::Ge => from("Grande entreprise", "Large company"),
            R::VatGroupMember => from(
                "Membre d’un assujetti unique, quelle que soit sa taille",
                "Member of a VAT group, whatever its size",
            ),
            R::NonEstablishedBuyer => {
                from("Acheteur non établi en France, toutes tailles", "Buyer not established in France, every size")
            }
            R::PublicEntity => Text::new(
                "Entité publique : Chorus Pro reste sa plateforme, il n’y a rien à choisir.",
                "Public entity: Chorus Pro stays its platform, there is nothing to choose.",
            ),
            R::Voluntary => {
                let mut text = from("Départ volontaire", "Voluntary start");
                match self.legal_on {
                    Some(day) => {
                        text.fr.push_str(&format!(" La loi n’y oblige qu’à compter du {}.", day.format("%d/%m/%Y")));
                        text.en.push_str(&format!(" The law asks for it only from {day}."));
                    }
                    None => {
                        text.fr.push_str(" La date légale dépend d’une taille encore inconnue.");
                        text.en.push_str(" The legal day depends on a size that is not known yet.");
                    }
                }
                text
            }
            R::Override => {
                let said = facts.obligation_overrides.iter().find(|o| o.obligation == self.kind);
                let why = said.map(|o| o.reason.trim()).unwrap_or_default();
                let (fr, en) = match (self.status, self.starts_on) {
                    (ObligationStatus::Applies, Some(day)) => {
                        (format!("s’applique à compter du {}", day.format("%d/%m/%Y")), format!("applies from {day}"))
                    }
                    (ObligationStatus::Applies, None) => ("s’applique".to_owned(), "applies".to_owned()),
                    (ObligationStatus::NotApplicable | ObligationStatus::Undetermined, _) => {
                        ("ne s’applique pas".to_owned(), "does not apply".to_owned())
                    }
                };
                Text::new(
                    format!("{duty_fr} : {fr}, selon le cabinet ({why})."),
                    format!("{duty_en}: {en}, as stated by the firm ({why})."),
                )
            }
            R::RegimeOutOfScope => Text::new(
                format!("{label_fr} : hors du champ de la réforme."),
                format!("{label_en}: outside the reform."),
            ),
            R::RegimeWithoutEmission => Text::new(
                format!("{label_fr} : pas de facture électronique à émettre."),
                format!("{label_en}: no e-invoice to issue."),
            ),
            R::RegimeWithoutReporting => {
                Text::new(format!("{label_fr} : rien à déclarer ici."), format!("{label_en}: nothing to report here."))
            }
            R::OutsideVatTerritory => {
                let place = facts.territory.map(|t| &reference::territory(t).label);
                Text::new(
                    format!("{} : la TVA ne s’y applique pas, hors du champ.", place.map_or("", |p| &p.fr)),
                    format!("{}: VAT does not apply there, out of scope.", place.map_or("", |p| &p.en)),
                )
            }
            R::NonEstablished => Text::new(
                "Entreprise non établie en France : pas de facture électronique.",
                "Company not established in France: no e-invoicing.",
            ),
            R::NoBusinessCustomer => Text::new(
                "Aucun client professionnel ni public : rien à émettre, l’e-reporting s’applique.",
                "No business or public customer: nothing to issue, e-reporting applies.",
            ),
            R::NoConsumer => Text::new("Aucune vente à des particuliers.", "No sale to consumers."),
            R::NoForeignSale => Text::new("Aucune vente à l’étranger.", "No sale abroad."),
            R::NoForeignPurchase => Text::new("Aucun achat à l’étranger.", "No purchase abroad."),
            R::GoodsOnly => Text::new(
                "Ventes de biens seulement : pas de données de paiement, sauf acomptes.",
                "Goods only: no payment data, deposits apart.",
            ),
            R::VatOnDebits => Text::new(
                "Option pour la TVA sur les débits : pas de données de paiement, sauf acomptes.",
                "Option for VAT on debits: no payment data, deposits apart.",
            ),
            R::RegimeUnknown => Text::new("Le régime de TVA n’est pas connu.", "The VAT regime is not known."),
            R::SizeUnknown => Text::new(
                "La taille de l’entreprise n’est pas encore déterminable.",
                "The size of the company is not determinable yet.",
            ),
            R::AnswerMissing => {
                let list = |pick: fn((&'static str, &'static str)) -> &'static str, and: &str| {
                    self.missing.iter().map(|m| pick(m.text())).collect::<Vec<_>>().join(and)
                };
                Text::new(
                    format!("{duty_fr} : pas encore déterminable, il manque {}.", list(|t| t.0, " et ")),
                    format!("{duty_en}: not determinable yet, missing {}.", list(|t| t.1, " and ")),
                )
            }
        }
    }
}

/// Every obligation of a dossier, in the order of their kinds.
pub fn determine(facts: &DossierFacts, size: &Size, today: NaiveDate) -> [Ruling; KINDS] {
    let regime = regime::on(facts, today).map(|span| span.regime.unwrap_or(span.declared));
    determine_under(facts, regime, size, today)
}

/// The same under a given regime, as a calendar over changes of regime needs it.
pub fn determine_under(
    facts: &DossierFacts,
    regime: Option<VatRegime>,
    size: &Size,
    today: NaiveDate,
) -> [Ruling; KINDS] {
    let case = Case { facts, regime, size, today };
    let mut all: [Ruling; KINDS] = std::array::from_fn(|i| case.rule(ObligationKind::ALL[i]));
    // What is paid for is reported: payments follow the sales that they settle.
    for (payments, sales) in [
        (ObligationKind::PaymentsInternational, ObligationKind::SalesInternational),
        (ObligationKind::PaymentsB2c, ObligationKind::SalesB2c),
    ] {
        all[payments.place()] = case.payments(payments, &all[sales.place()]);
    }
    for ruling in &mut all {
        case.early(ruling);
        case.overridden(ruling);
    }
    all
}

/// The legal day that a voluntary start does not come before: nothing would follow from it. Nothing while it brings some
/// duty of its group forward, or could once more is known.
pub fn late_start(facts: &DossierFacts, start: &EarlyStart, today: NaiveDate) -> Option<NaiveDate> {
    let bare = DossierFacts { early_starts: Vec::new(), ..facts.clone() };
    let of_group = determine(&bare, &bare.size(today), today);
    let opens = reference::wave_table().on(today).map(|w| w.starts_on).min();
    let day = opens.map_or(start.on, |opens| start.on.max(opens));
    let mut latest = None;
    for ruling in of_group.iter().filter(|r| r.kind.group() == start.obligation) {
        match (ruling.status, ruling.legal_on) {
            (ObligationStatus::NotApplicable, _) => {}
            (ObligationStatus::Applies | ObligationStatus::Undetermined, Some(legal)) if legal <= day => {
                latest = latest.max(Some(legal));
            }
            (ObligationStatus::Applies | ObligationStatus::Undetermined, _) => return None,
        }
    }
    latest
}

struct Case<'a> {
    facts: &'a DossierFacts,
    regime: Option<VatRegime>,
    size: &'a Size,
    today: NaiveDate,
}

impl Case<'_> {
    fn ruling(
        &self,
        kind: ObligationKind,
        status: ObligationStatus,
        reason: ObligationReason,
        source: &'static str,
    ) -> Ruling {
        Ruling {
            kind,
            status,
            starts_on: None,
            legal_on: None,
            wave: None,
            missing: Vec::new(),
            reason,
            regime: self.regime,
            source,
        }
    }

    fn none(&self, kind: ObligationKind, reason: ObligationReason, source: &'static str) -> Ruling {
        self.ruling(kind, ObligationStatus::NotApplicable, reason, source)
    }

    fn by_scope(&self, kind: ObligationKind, reason: ObligationReason, case: ScopeCase) -> Ruling {
        self.none(kind, reason, &reference::scope_case(case).source)
    }

    /// It depends on an answer: what would apply, and from when, once given.
    fn unless(&self, kind: ObligationKind, missing: MissingFact) -> Ruling {
        let would = self.by_wave(kind);
        if would.status != ObligationStatus::Applies {
            return would;
        }
        Ruling {
            status: ObligationStatus::Undetermined,
            starts_on: None,
            wave: None,
            missing: vec![missing],
            reason: ObligationReason::AnswerMissing,
            ..would
        }
    }

    fn rule(&self, kind: ObligationKind) -> Ruling {
        use ObligationKind as K;
        use ObligationReason as R;
        let facts = self.facts;
        if facts.public_entity == Some(true) && kind == K::Reception {
            let source = reference::scope_case(ScopeCase::PublicEntity).source.as_str();
            return Ruling { reason: R::PublicEntity, source, ..self.by_wave(kind) };
        }
        if facts.territory.is_some_and(|t| !reference::territory(t).domestic) {
            return self.by_scope(kind, R::OutsideVatTerritory, ScopeCase::OutsideVatTerritory);
        }
        if facts.non_established == Some(true) && matches!(kind, K::Reception | K::Emission) {
            return self.by_scope(kind, R::NonEstablished, ScopeCase::NonEstablished);
        }
        let Some(regime) = self.regime else {
            return Ruling {
                missing: vec![MissingFact::VatRegime],
                ..self.ruling(kind, ObligationStatus::Undetermined, R::RegimeUnknown, "")
            };
        };
        let row = reference::regime(regime);
        let source = row.source.as_str();
        if !row.reception {
            return self.none(kind, R::RegimeOutOfScope, source);
        }
        let only_purchases = row.e_reporting == EReportingScope::IfInternational;
        let answer = |answer: Option<bool>, no: R, missing: MissingFact| match answer {
            Some(true) => self.by_wave(kind),
            Some(false) => self.none(kind, no, source),
            None => self.unless(kind, missing),
        };
        match kind {
            K::Reception => self.by_wave(kind),
            K::Emission if !row.emission => self.none(kind, R::RegimeWithoutEmission, source),
            K::Emission if facts.activity.b2b == Some(false) && facts.activity.b2g != Some(true) => {
                self.none(kind, R::NoBusinessCustomer, source)
            }
            K::Emission => self.by_wave(kind),
            _ if row.e_reporting == EReportingScope::Never => self.none(kind, R::RegimeWithoutReporting, source),
            K::Acquisitions => answer(facts.activity.buys_abroad(), R::NoForeignPurchase, MissingFact::International),
            _ if only_purchases => self.none(kind, R::RegimeWithoutReporting, source),
            K::SalesInternational | K::PaymentsInternational => {
                answer(facts.activity.sells_abroad(), R::NoForeignSale, MissingFact::International)
            }
            K::SalesB2c | K::PaymentsB2c => answer(facts.activity.b2c, R::NoConsumer, MissingFact::B2c),
        }
    }

    /// Payments of sales whose own ruling is known.
    fn payments(&self, kind: ObligationKind, sales: &Ruling) -> Ruling {
        use ObligationReason as R;
        let facts = self.facts;
        // Whatever leaves the sales open, or out, leaves their payments so.
        if sales.status != ObligationStatus::Applies && sales.reason != R::AnswerMissing {
            return Ruling { kind, ..sales.clone() };
        }
        if facts.activity.services == Some(false) {
            return self.by_scope(kind, R::GoodsOnly, ScopeCase::Payments);
        }
        let charges_vat = self.regime.is_none_or(|r| reference::regime(r).charges_vat);
        if charges_vat && facts.vat_on_debits == Some(true) {
            return self.by_scope(kind, R::VatOnDebits, ScopeCase::Payments);
        }
        let mut missing = sales.missing.clone();
        if facts.activity.services.is_none() {
            missing.push(MissingFact::Services);
        }
        if charges_vat && facts.vat_on_debits.is_none() {
            missing.push(MissingFact::VatOnDebits);
        }
        if missing.is_empty() {
            return Ruling { kind, ..sales.clone() };
        }
        Ruling {
            kind,
            status: ObligationStatus::Undetermined,
            starts_on: None,
            wave: None,
            missing,
            reason: R::AnswerMissing,
            source: &reference::scope_case(ScopeCase::Payments).source,
            ..sales.clone()
        }
    }

    fn is_member(&self, kind: ObligationKind, who: WaveMember) -> Option<bool> {
        let foreign_buyer = kind == ObligationKind::Acquisitions && self.facts.non_established == Some(true);
        let is = |class: SizeClass| match self.size.class {
            Some(known) => Some(known == class),
            // Micro and PME share their waves, so "at most PME" settles both.
            None => match (self.size.at_most_pme, class) {
                (Some(at_most), SizeClass::Micro | SizeClass::Pme) => Some(at_most),
                // Above PME, ETI and GE share theirs.
                (Some(at_most), SizeClass::Eti | SizeClass::Ge) => Some(!at_most),
                (None, _) => None,
            },
        };
        match who {
            WaveMember::NonEstablished => Some(foreign_buyer),
            _ if foreign_buyer => Some(false),
            WaveMember::Everyone => Some(true),
            WaveMember::Micro => is(SizeClass::Micro),
            WaveMember::Pme => is(SizeClass::Pme),
            WaveMember::Eti => is(SizeClass::Eti),
            WaveMember::Ge => is(SizeClass::Ge),
            // Membership is rare and known to the firm: no answer counts as no.
            WaveMember::VatGroupMember => Some(self.facts.vat_group_member == Some(true)),
        }
    }

    fn reached(&self, kind: ObligationKind, wave: &Wave) -> Option<bool> {
        let mut reached = Some(false);
        for who in &wave.who {
            match self.is_member(kind, *who) {
                Some(true) => return Some(true),
                None => reached = None,
                Some(false) => {}
            }
        }
        reached
    }

    fn by_wave(&self, kind: ObligationKind) -> Ruling {
        let mut first: Option<&'static Wave> = None;
        let mut unknown_before: Option<NaiveDate> = None;
        for wave in reference::wave_table().on(self.today).filter(|w| w.obligation == kind.group()) {
            match self.reached(kind, wave) {
                Some(true) if first.is_none_or(|f| wave.starts_on < f.starts_on) => first = Some(wave),
                None => unknown_before = Some(unknown_before.map_or(wave.starts_on, |d| d.min(wave.starts_on))),
                Some(_) => {}
            }
        }
        match first.filter(|wave| unknown_before.is_none_or(|d| wave.starts_on <= d)) {
            Some(wave) => Ruling {
                starts_on: Some(wave.starts_on),
                legal_on: Some(wave.starts_on),
                wave: Some(wave.code),
                ..self.ruling(kind, ObligationStatus::Applies, self.who(wave), &wave.source)
            },
            None => Ruling {
                missing: self
                    .size
                    .missing
                    .iter()
                    .map(|m| match m {
                        SizeInput::Headcount => MissingFact::Headcount,
                        SizeInput::Turnover => MissingFact::Turnover,
                        SizeInput::BalanceSheet => MissingFact::BalanceSheet,
                    })
                    .collect(),
                ..self.ruling(kind, ObligationStatus::Undetermined, ObligationReason::SizeUnknown, "")
            },
        }
    }

    fn who(&self, wave: &Wave) -> ObligationReason {
        use ObligationReason as R;
        if wave.who.contains(&WaveMember::Everyone) {
            R::EverySize
        } else if wave.who.contains(&WaveMember::NonEstablished) {
            R::NonEstablishedBuyer
        } else if self.facts.vat_group_member == Some(true) && wave.who.contains(&WaveMember::VatGroupMember) {
            R::VatGroupMember
        } else {
            match self.size.class {
                Some(SizeClass::Micro) => R::Micro,
                Some(SizeClass::Pme) => R::Pme,
                Some(SizeClass::Eti) => R::Eti,
                Some(SizeClass::Ge) => R::Ge,
                None => R::AtMostPme,
            }
        }
    }

    /// A voluntary start before the legal day; never before the reform itself.
    fn early(&self, ruling: &mut Ruling) {
        let wanted = self.facts.early_starts.iter().find(|e| e.obligation == ruling.kind.group());
        let applies = ruling.status == ObligationStatus::Applies;
        let size_unknown = ruling.reason == ObligationReason::SizeUnknown;
        let Some(wanted) = wanted.filter(|_| applies || size_unknown) else { return };
        let opens = reference::wave_table().on(self.today).map(|w| w.starts_on).min();
        let day = opens.map_or(wanted.on, |opens| wanted.on.max(opens));
        if ruling.legal_on.is_some_and(|legal| legal <= day) {
            return;
        }
        ruling.status = ObligationStatus::Applies;
        ruling.starts_on = Some(day);
        ruling.reason = ObligationReason::Voluntary;
        ruling.source = &reference::scope_case(ScopeCase::Voluntary).source;
        ruling.missing.clear();
    }

    fn overridden(&self, ruling: &mut Ruling) {
        let Some(said) = self.facts.obligation_overrides.iter().find(|o| o.obligation == ruling.kind) else { return };
        if said.applies {
            let waves = || reference::wave_table().on(self.today).filter(|w| w.obligation == ruling.kind.group());
            // Without a day of its own it starts as computed, else with the last wave, which reaches everybody.
            let day = said.from.or(ruling.starts_on).or_else(|| waves().map(|w| w.starts_on).max());
            ruling.wave = ruling.wave.or_else(|| {
                waves().filter(|w| day.is_some_and(|d| w.starts_on <= d)).max_by_key(|w| w.starts_on).map(|w| w.code)
            });
            ruling.status = ObligationStatus::Applies;
            ruling.starts_on = day;
            ruling.legal_on = day;
        } else {
            ruling.status = ObligationStatus::NotApplicable;
            ruling.starts_on = None;
            ruling.legal_on = None;
            ruling.wave = None;
        }
        ruling.missing.clear();
        ruling.reason = ObligationReason::Override;
        ruling.source = "";
    }
}

#[cfg(test)]
#[path = "obligation_tests.rs"]
mod tests;
