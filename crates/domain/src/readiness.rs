//! The explained score of a dossier: weighted criteria, those that apply, against the obligations of the reform.
//!
//! The hundred points of a dossier are shared out over the criteria that apply, by weight (largest remainder); a
//! criterion wins its share, half of it, or nothing. So the points shown add up to the score, and a blocker that caps
//! it is a line of its own.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::dossier::DirectoryState;
use crate::obligation::{self, KINDS, Obligation, ObligationKind, ObligationStatus, Ruling};
use crate::reference::{self, CapCode, CriterionRow, PlatformRegister, PlatformState};
use crate::regime::{self, RegimeSpan};
use crate::rules::{CapWhen, ScoreRules};
use crate::verdict::{Standing, Unknown, Verdict};
use crate::{DossierFacts, Evidence, ObligationGroup, ProofSource, Proofs, Size, Text, VatRegime};

closed_enum! {
    /// What readiness is made of. Weights, efforts and bits stand in `reference/readiness.json`.
    pub enum Criterion {
        /// Name and a SIREN whose check digit holds.
        Identity = "identity",
        /// A SIRET is known.
        Establishment = "establishment",
        /// The size decides the waves: known, or bounded enough.
        Size = "size",
        VatRegime = "vat_regime",
        /// Platform chosen for reception, and in the register.
        ReceptionPlatform = "reception_platform",
        /// A contact with an e-mail or a telephone.
        Contact = "contact",
        /// A person of the cabinet is in charge.
        PersonInCharge = "person_in_charge",
        /// B2B, B2C, B2G, international answered.
        Activity = "activity",
        InvoiceVolume = "invoice_volume",
        /// Platform chosen for emission, once its date is known.
        Emission = "emission",
        /// A mandate in force.
        Mandate = "mandate",
        /// What the directory says, recently.
        DirectoryAddress = "directory_address",
        /// The client's tool goes through a platform of the register.
        ToolMapped = "tool_mapped",
        /// A real invoice was received.
        ReceptionProved = "reception_proved",
        /// A real invoice was issued.
        EmissionProved = "emission_proved",
        EReportingConfigured = "e_reporting_configured",
        /// The administration accepted a first transmission.
        FirstTransmission = "first_transmission",
        /// The firm told the client what the reform asks of it.
        ClientInformed = "client_informed",
        NoCriticalAnomaly = "no_critical_anomaly",
    }
}

/// How many criteria there are.
pub const CRITERIA: usize = Criterion::ALL.len();

closed_enum! {
    pub enum CriterionState {
        Met = "met",
        /// Counts half: expired evidence, or something that is only announced.
        Half = "half",
        Missing = "missing",
        NotApplicable = "not_applicable",
    }
}

closed_enum! {
    /// Why a criterion is not simply met.
    pub enum CriterionReason {
        /// Nothing is known.
        Unknown = "unknown",
        /// The law ended the declared regime; the turnover decides which follows.
        RegimeEnded = "regime_ended",
        CheckDigit = "check_digit",
        NotInRegister = "not_in_register",
        /// In the register, not registered yet.
        PlatformPending = "platform_pending",
        /// A tool is known, the platform that it goes through is not.
        NotMapped = "not_mapped",
        NoPlatformInDirectory = "no_platform_in_directory",
        /// The directory announces it for later.
        Upcoming = "upcoming",
        Expired = "expired",
        NotProved = "not_proved",
        /// Something speaks against it.
        Against = "against",
        OutOfReform = "out_of_reform",
        NoObligation = "no_obligation",
        /// Asked nearer to its obligation.
        TooEarly = "too_early",
        /// No capability brings it yet, and nothing was recorded.
        NotBrought = "not_brought",
    }
}

impl CriterionReason {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Unknown => ("Rien n’est connu.", "Nothing is known."),
            Self::RegimeEnded => (
                "Le régime déclaré a pris fin : le chiffre d’affaires décide du suivant.",
                "The declared regime has ended: the turnover decides which one follows.",
            ),
            Self::CheckDigit => ("La clé du SIREN est fausse.", "The check digit of the SIREN is wrong."),
            Self::NotInRegister => {
                ("Ce nom n’est pas au registre des plateformes.", "This name is not in the register of platforms.")
            }
            Self::PlatformPending => (
                "Plateforme en attente d’immatriculation : compte pour moitié.",
                "Platform awaiting registration: counts half.",
            ),
            Self::NotMapped => ("L’outil est connu, pas sa plateforme.", "The tool is known, its platform is not."),
            Self::NoPlatformInDirectory => {
                ("L’annuaire ne donne aucune plateforme active.", "The directory gives no active platform.")
            }
            Self::Upcoming => (
                "Annoncé par l’annuaire, pas encore actif : compte pour moitié.",
                "Announced by the directory, not active yet: counts half.",
            ),
            Self::Expired => ("Preuve expirée : compte pour moitié.", "Expired evidence: counts half."),
            Self::NotProved => ("Aucune preuve.", "No evidence."),
            Self::Against => ("Un fait s’y oppose.", "A fact speaks against it."),
            Self::OutOfReform => ("Hors du champ de la réforme.", "Out of scope of the reform."),
            Self::NoObligation => ("Aucune obligation ne le demande.", "No obligation asks for it."),
            Self::TooEarly => ("Demandé à l’approche de l’obligation.", "Asked nearer to the obligation."),
            Self::NotBrought => ("Rien ne l’apporte encore.", "Nothing brings it yet."),
        };
        Text::new(fr, en)
    }
}

closed_enum! {
    /// State of a dossier, worst first.
    pub enum ReadinessState {
        /// An obligation has started and what it needs is missing.
        Late = "late",
        /// What decides the obligations is not known.
        Unknown = "unknown",
        /// An obligation is near and unprepared, or the score is low.
        AtRisk = "at_risk",
        /// Every started obligation is served; gaps remain.
        OnTrack = "on_track",
        /// Every criterion that applies is met.
        Ready = "ready",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionResult {
    pub criterion: Criterion,
    pub state: CriterionState,
    /// Why it is not simply met.
    pub why: Option<CriterionReason>,
    pub said: Option<Text>,
    /// What it is worth of the hundred points of this dossier.
    pub weight: u32,
    /// Points won out of `weight`.
    pub points: u32,
    /// The fact that meets it, as the firm wrote it.
    pub evidence: Option<String>,
    /// The dated proof that decided, for or against.
    pub proof: Option<Evidence>,
}

/// A blocker: it holds the score down until its criterion is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScoreCap {
    pub cap: CapCode,
    pub criterion: Criterion,
    pub at_most: u32,
    pub label: Text,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Readiness {
    /// 0 to 100: the points won, less what a blocker takes.
    pub score: u32,
    pub state: ReadinessState,
    pub criteria: Vec<CriterionResult>,
    /// Points won before any blocker: the sum of the criteria.
    pub won: u32,
    /// What the lowest cap takes away: `score = won - capped`.
    pub capped: u32,
    /// Blockers that hold, the lowest first.
    pub caps: Vec<ScoreCap>,
    /// Criteria with points to win, best points per effort first.
    pub next_acts: Vec<Criterion>,
    /// Obligations that have started and lack what they need.
    pub late_for: Vec<ObligationGroup>,
    /// Next obligation to come that is not prepared.
    pub next_due: Option<NaiveDate>,
    pub table_version: String,
    /// Version of the firm's rules; 0 for those of the product.
    pub rules_version: u32,
}

impl Criterion {
    pub fn row(self) -> &'static CriterionRow {
        let rows = &reference::readiness().criteria;
        // A test holds that rows stand in the order of the criteria.
        &rows[(self as usize).min(rows.len() - 1)]
    }

    pub fn mask(self) -> i64 {
        1 << self.row().bit
    }

    /// The criteria of a stored mask.
    pub fn of_mask(mask: i64) -> impl Iterator<Item = Criterion> {
        Self::ALL.iter().copied().filter(move |c| mask & c.mask() != 0)
    }
}

/// What a dossier is judged against.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub today: NaiveDate,
    pub rules: &'a ScoreRules,
    pub register: &'a PlatformRegister,
}

impl Context<'static> {
    /// The rules and the register that come with the program.
    pub fn standard(today: NaiveDate) -> Self {
        Self { today, rules: ScoreRules::standard(), register: reference::platforms() }
    }
}

/// A criterion as judged, before any words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub criterion: Criterion,
    pub state: CriterionState,
    pub why: Option<CriterionReason>,
    /// Worth of the hundred points, and points won.
    pub worth: u32,
    pub points: u32,
    /// Place of the proof that decided.
    pub proof: Option<u32>,
}

/// Everything that follows from the facts and proofs of a dossier on a day. Lean: words and copies of evidence are made
/// only when asked, by [`Evaluation::obligations`] and [`Evaluation::readiness`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    pub on: NaiveDate,
    /// The regime that applies, the law's own changes included.
    pub regime: Option<VatRegime>,
    pub size: Size,
    pub rulings: [Ruling; KINDS],
    pub criteria: [Judged; CRITERIA],
    /// What of this no rule decides.
    pub verdict: Verdict,
    pub score: u32,
    /// Points won before any blocker.
    pub won: u32,
    /// The blocker that takes points, the lowest.
    pub cap: Option<CapCode>,
    pub state: ReadinessState,
    pub next_due: Option<NaiveDate>,
    /// Criterion with most points to win per effort.
    pub next_act: Option<Criterion>,
}

/// What an obligation needs before it starts.
pub const fn needs(group: ObligationGroup) -> Criterion {
    match group {
        ObligationGroup::Reception => Criterion::ReceptionPlatform,
        ObligationGroup::Emission | ObligationGroup::EReporting => Criterion::Emission,
    }
}

/// Shares the hundred points out by weight: whole shares first, then the largest remainders, the earlier criterion
/// first among equals. Weights of zero get nothing.
fn shares(weights: &[u32; CRITERIA]) -> [u32; CRITERIA] {
    let total: u32 = weights.iter().sum();
    let mut shares = [0; CRITERIA];
    if total == 0 {
        return shares;
    }
    let mut order: [usize; CRITERIA] = std::array::from_fn(|i| i);
    for (share, weight) in shares.iter_mut().zip(weights) {
        *share = weight * 100 / total;
    }
    let left = 100 - shares.iter().sum::<u32>();
    order.sort_unstable_by_key(|i| (std::cmp::Reverse(weights[*i] * 100 % total), *i));
    for i in order.into_iter().take(left as usize) {
        shares[i] += 1;
    }
    shares
}

/// What states are worth under rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub worth: [u32; CRITERIA],
    pub points: [u32; CRITERIA],
    pub won: u32,
    pub cap: Option<CapCode>,
    pub score: u32,
}

/// Which obligations have begun by law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Begun {
    pub reception: bool,
    /// Emission or any e-reporting.
    pub emission: bool,
}

impl Begun {
    const fn for_criterion(self, criterion: Criterion) -> bool {
        match criterion {
            Criterion::ReceptionPlatform | Criterion::ReceptionProved | Criterion::DirectoryAddress => self.reception,
            _ => self.emission,
        }
    }
}

/// Adds states up: the whole arithmetic of the score.
pub fn tally(states: &[CriterionState; CRITERIA], begun: Begun, rules: &ScoreRules) -> Tally {
    let table = reference::readiness();
    let mut weights = [0; CRITERIA];
    for row in &table.criteria {
        if states[row.code as usize] != CriterionState::NotApplicable {
            weights[row.code as usize] = rules.weight(row);
        }
    }
    let worth = shares(&weights);
    let points: [u32; CRITERIA] = std::array::from_fn(|i| match states[i] {
        CriterionState::Met => worth[i],
        CriterionState::Half => worth[i] / 2,
        CriterionState::Missing | CriterionState::NotApplicable => 0,
    });
    let won = points.iter().sum();
    let lowest = held_caps(states, begun).map(|row| (rules.at_most(row), row.code)).min();
    let cap = lowest.filter(|(at_most, _)| *at_most < won);
    Tally { worth, points, won, cap: cap.map(|c| c.1), score: cap.map_or(won, |c| c.0) }
}

fn held_caps(states: &[CriterionState; CRITERIA], begun: Begun) -> impl Iterator<Item = &'static reference::CapRow> {
    reference::readiness().caps.iter().filter(move |row| {
        states[row.criterion as usize] == CriterionState::Missing
            && (row.when == CapWhen::Always || begun.for_criterion(row.criterion))
    })
}

type Finding = (CriterionState, Option<CriterionReason>, Option<u32>);

const MET: Finding = (CriterionState::Met, None, None);

const fn missing(why: CriterionReason) -> Finding {
    (CriterionState::Missing, Some(why), None)
}

const fn half(why: CriterionReason) -> Finding {
    (CriterionState::Half, Some(why), None)
}

const fn off(why: CriterionReason) -> Finding {
    (CriterionState::NotApplicable, Some(why), None)
}

fn met_if(met: bool) -> Finding {
    if met { MET } else { missing(CriterionReason::Unknown) }
}

pub fn evaluate(facts: &DossierFacts, proofs: &Proofs<'_>, ctx: &Context<'_>) -> Evaluation {
    let today = ctx.today;
    let size = facts.size(today);
    let span = regime::on(facts, today);
    let rulings = obligation::determine_under(facts, span.map(|s| s.regime.unwrap_or(s.declared)), &size, today);
    let begun = Begun {
        reception: rulings.iter().any(|r| r.kind == ObligationKind::Reception && r.is_due(today)),
        emission: rulings.iter().any(|r| r.kind != ObligationKind::Reception && r.is_due(today)),
    };
    let judge = Judge { facts, proofs, ctx, size: &size, span, rulings: &rulings };
    let findings: [Finding; CRITERIA] = std::array::from_fn(|i| judge.judge(Criterion::ALL[i].row()));
    let states = findings.map(|f| f.0);
    let is_missing = |criterion: Criterion| states[criterion as usize] == CriterionState::Missing;
    let open = || rulings.iter().filter(|r| r.status == ObligationStatus::Undetermined).map(|r| r.legal_on);
    let verdict = Verdict {
        states,
        begun,
        late: rulings.iter().any(|r| r.is_due(today) && is_missing(needs(r.kind.group()))),
        next_due: rulings
            .iter()
            .filter(|r| r.status == ObligationStatus::Applies && !r.is_due(today) && is_missing(needs(r.kind.group())))
            .filter_map(|r| r.legal_on.or(r.starts_on))
            .min(),
        unknown: match open().min() {
            None => Unknown::Nothing,
            // The least: one without a day comes first.
            Some(None) => Unknown::Now,
            Some(Some(day)) => Unknown::On(day),
        },
    };
    let tally = verdict.tally(ctx.rules);
    let standing = verdict.standing_by(&tally, ctx.rules, today);
    let criteria: [Judged; CRITERIA] = std::array::from_fn(|i| Judged {
        criterion: Criterion::ALL[i],
        state: findings[i].0,
        why: findings[i].1,
        worth: tally.worth[i],
        points: tally.points[i],
        proof: findings[i].2,
    });
    Evaluation {
        on: today,
        regime: span.and_then(|s| s.regime),
        size,
        rulings,
        criteria,
        verdict,
        score: standing.score,
        won: tally.won,
        cap: tally.cap,
        state: standing.state,
        next_due: verdict.next_due,
        next_act: standing.next_act,
    }
}

impl Evaluation {
    /// What the rules make of it.
    pub fn standing(&self) -> Standing {
        Standing { state: self.state, score: self.score, next_act: self.next_act }
    }

    /// Missing criteria as bits, the form in which they are stored and filtered.
    pub fn missing_mask(&self) -> i64 {
        self.verdict.mask(CriterionState::Missing)
    }

    /// Criteria that count half, as bits.
    pub fn half_mask(&self) -> i64 {
        self.verdict.mask(CriterionState::Half)
    }

    pub fn judged(&self, criterion: Criterion) -> &Judged {
        &self.criteria[criterion as usize]
    }

    pub fn ruling(&self, kind: ObligationKind) -> &Ruling {
        &self.rulings[kind as usize]
    }

    /// Obligations that have started by law and lack what they need.
    pub fn late_for(&self) -> Vec<ObligationGroup> {
        let is_late = |group: &ObligationGroup| {
            self.judged(needs(*group)).state == CriterionState::Missing
                && self.rulings.iter().any(|r| r.kind.group() == *group && r.is_due(self.on))
        };
        ObligationGroup::ALL.iter().copied().filter(is_late).collect()
    }

    /// The obligations, worded.
    pub fn obligations(&self, facts: &DossierFacts) -> Vec<Obligation> {
        self.rulings.iter().map(|r| r.told(facts)).collect()
    }

    /// The score, explained; from the same facts, proofs and context as the evaluation.
    pub fn readiness(&self, facts: &DossierFacts, proofs: &Proofs<'_>, ctx: &Context<'_>) -> Readiness {
        let Verdict { states, begun, .. } = &self.verdict;
        let mut caps: Vec<ScoreCap> = held_caps(states, *begun)
            .map(|row| ScoreCap {
                cap: row.code,
                criterion: row.criterion,
                at_most: ctx.rules.at_most(row),
                label: row.label.clone(),
            })
            .collect();
        caps.sort_by_key(|c| (c.at_most, c.cap));
        Readiness {
            score: self.score,
            state: self.state,
            criteria: self
                .criteria
                .iter()
                .map(|c| CriterionResult {
                    criterion: c.criterion,
                    state: c.state,
                    why: c.why,
                    said: c.why.map(CriterionReason::text),
                    weight: c.worth,
                    points: c.points,
                    evidence: matches!(c.state, CriterionState::Met | CriterionState::Half)
                        .then(|| self.evidence(c, facts, proofs))
                        .flatten()
                        .map(Cow::into_owned),
                    proof: proof_of(c, facts, proofs),
                })
                .collect(),
            won: self.won,
            capped: self.won - self.score,
            caps,
            next_acts: self.verdict.next_acts(&self.verdict.tally(ctx.rules)),
            late_for: self.late_for(),
            next_due: self.next_due,
            table_version: reference::readiness().version.clone(),
            rules_version: ctx.rules.version,
        }
    }

    /// The fact that meets a criterion, as the firm wrote it.
    fn evidence<'a>(&self, c: &Judged, facts: &'a DossierFacts, proofs: &Proofs<'a>) -> Option<Cow<'a, str>> {
        if let Some(evidence) = c.proof.and_then(|i| proofs.evidence.get(i as usize)) {
            return Some(Cow::Borrowed(&evidence.what));
        }
        let platform = |name: &'a Option<String>| match facts.public_entity {
            Some(true) => Some(Cow::Borrowed(CHORUS_PRO)),
            Some(false) | None => name.as_deref().map(Cow::Borrowed),
        };
        match c.criterion {
            Criterion::Identity => Some(Cow::Owned(format!("{} · {}", facts.siren, facts.name))),
            Criterion::Establishment => facts.sirets.first().map(|s| Cow::Owned(s.to_string())),
            Criterion::Size => Some(Cow::Borrowed(self.size.class.map_or("at_most_pme", |class| class.as_str()))),
            Criterion::VatRegime => self.regime.map(|r| Cow::Borrowed(r.as_str())),
            Criterion::ReceptionPlatform => platform(&facts.reception_platform),
            Criterion::Emission => platform(&facts.emission_platform),
            Criterion::Contact => facts
                .contacts
                .iter()
                .find(|c| c.is_reachable())
                .and_then(|c| c.email.as_deref().or(c.phone.as_deref()))
                .map(Cow::Borrowed),
            Criterion::PersonInCharge => {
                Some(Cow::Borrowed(facts.assignee.label.as_deref().or(facts.manager.label.as_deref()).unwrap_or("")))
            }
            Criterion::Activity => Some(Cow::Borrowed("")),
            Criterion::InvoiceVolume => facts.invoices_per_month.map(|n| Cow::Owned(n.to_string())),
            Criterion::ToolMapped => facts.tool_platform.as_deref().or(facts.tool.as_deref()).map(Cow::Borrowed),
            Criterion::DirectoryAddress => facts.directory_address.as_ref().map(|d| Cow::Borrowed(d.state.as_str())),
            Criterion::ClientInformed => facts.client_informed_on.map(|d| Cow::Owned(d.to_string())),
            Criterion::NoCriticalAnomaly => Some(Cow::Borrowed("")),
            Criterion::Mandate
            | Criterion::ReceptionProved
            | Criterion::EmissionProved
            | Criterion::EReportingConfigured
            | Criterion::FirstTransmission => None,
        }
    }
}

/// The platform of every public entity.
const CHORUS_PRO: &str = "Chorus Pro";

/// The dated proof behind a criterion, with the day on which it expires.
fn proof_of(c: &Judged, facts: &DossierFacts, proofs: &Proofs<'_>) -> Option<Evidence> {
    let row = c.criterion.row();
    let dated = |what: String, source: ProofSource, on: NaiveDate| Evidence {
        criterion: c.criterion,
        what,
        source,
        on,
        expires_on: expiry(row, on, None),
        by: None,
        against: false,
    };
    match c.proof {
        Some(i) => proofs
            .evidence
            .get(i as usize)
            .map(|e| Evidence { expires_on: expiry(row, e.on, e.expires_on), ..e.clone() }),
        None => match c.criterion {
            Criterion::DirectoryAddress => {
                facts.directory_address.as_ref().map(|d| dated(d.source.clone(), ProofSource::Directory, d.as_of))
            }
            Criterion::ClientInformed => facts.client_informed_on.map(|on| dated(String::new(), ProofSource::Hand, on)),
            _ => None,
        },
    }
}

/// The last day on which a proof counts whole.
pub(crate) fn expiry(row: &CriterionRow, on: NaiveDate, said: Option<NaiveDate>) -> Option<NaiveDate> {
    let by_table = || on.checked_add_days(Days::new(u64::try_from(row.evidence_days?).ok()?));
    said.or_else(by_table)
}

struct Judge<'a> {
    facts: &'a DossierFacts,
    proofs: &'a Proofs<'a>,
    ctx: &'a Context<'a>,
    size: &'a Size,
    span: Option<RegimeSpan>,
    rulings: &'a [Ruling; KINDS],
}

impl Judge<'_> {
    fn applies(&self, group: ObligationGroup) -> bool {
        self.rulings.iter().any(|r| r.kind.group() == group && r.status == ObligationStatus::Applies)
    }

    /// The first day of a group of obligations.
    fn starts_on(&self, group: ObligationGroup) -> Option<NaiveDate> {
        self.rulings.iter().filter(|r| r.kind.group() == group).filter_map(|r| r.starts_on).min()
    }

    fn platform(&self, name: Option<&str>) -> Finding {
        if self.facts.public_entity == Some(true) {
            return MET;
        }
        let Some(name) = name else { return missing(CriterionReason::Unknown) };
        match self.ctx.register.find(name).map(|p| p.state) {
            Some(PlatformState::Registered) => MET,
            Some(PlatformState::Pending) => half(CriterionReason::PlatformPending),
            None => missing(CriterionReason::NotInRegister),
        }
    }

    fn aged(&self, row: &CriterionRow, on: NaiveDate) -> Finding {
        match expiry(row, on, None) {
            Some(last) if last < self.ctx.today => half(CriterionReason::Expired),
            _ => MET,
        }
    }

    /// Judges by recorded proofs: the best one that nothing later speaks against.
    fn proved(&self, row: &CriterionRow) -> Option<Finding> {
        let today = self.ctx.today;
        let all = || {
            let known = self.proofs.evidence.iter().enumerate();
            known.filter(move |(_, e)| e.criterion == row.code && e.on <= today && !e.is_ended(today))
        };
        let against =
            all().filter(|(_, e)| e.against && e.expires_on.is_none_or(|d| today <= d)).max_by_key(|(_, e)| e.on);
        let best = all()
            .filter(|(_, e)| !e.against && against.is_none_or(|(_, a)| a.on < e.on))
            .map(|(i, e)| (expiry(row, e.on, e.expires_on).is_none_or(|d| today <= d), e.on, i))
            // Of two that say the same of the same day the first one given is shown; the verdict is the same.
            .max_by_key(|(valid, on, i)| (*valid, *on, std::cmp::Reverse(*i)));
        let place = |i: usize| u32::try_from(i).ok();
        match (best, against) {
            (Some((true, _, i)), _) => Some((CriterionState::Met, None, place(i))),
            (Some((false, _, i)), _) => Some((CriterionState::Half, Some(CriterionReason::Expired), place(i))),
            (None, Some((i, _))) => Some((CriterionState::Missing, Some(CriterionReason::Against), place(i))),
            (None, None) => None,
        }
    }

    /// By proofs alone: missing only once somebody would have brought them.
    fn proved_or_missing(&self, row: &CriterionRow) -> Finding {
        self.proved(row).unwrap_or(if self.proofs.active.has(row.brought_by) {
            missing(CriterionReason::NotProved)
        } else {
            off(CriterionReason::NotBrought)
        })
    }

    /// The better of what the facts say and what is proved.
    fn better(&self, row: &CriterionRow, by_facts: Finding) -> Finding {
        match self.proved(row) {
            Some(proved) if proved.1 == Some(CriterionReason::Against) || proved.0 < by_facts.0 => proved,
            _ => by_facts,
        }
    }

    fn judge(&self, row: &CriterionRow) -> Finding {
        use CriterionReason as Why;
        let facts = self.facts;
        let reception = self.applies(ObligationGroup::Reception);
        let sends = self.applies(ObligationGroup::Emission) || self.applies(ObligationGroup::EReporting);
        let out_of_reform = self.span.is_some_and(|s| !reference::regime(s.declared).reception) && !reception;
        if let Some(lead) = row.lead_days {
            let group = match row.code {
                Criterion::EmissionProved => ObligationGroup::Emission,
                _ => ObligationGroup::EReporting,
            };
            match self.starts_on(group) {
                None => return off(Why::NoObligation),
                Some(day) if (day - self.ctx.today).num_days() > lead => return off(Why::TooEarly),
                Some(_) => {}
            }
        }
        match row.code {
            Criterion::Identity if facts.name.trim().is_empty() => missing(Why::Unknown),
            Criterion::Identity if !facts.siren.is_checked() => missing(Why::CheckDigit),
            Criterion::Identity => MET,
            Criterion::Establishment => met_if(!facts.sirets.is_empty()),
            // A non-taxable person has no wave, so neither size nor what follows from it is asked.
            Criterion::Size | Criterion::Activity | Criterion::InvoiceVolume | Criterion::ClientInformed
                if out_of_reform =>
            {
                off(Why::OutOfReform)
            }
            Criterion::Size => met_if(self.size.class.is_some() || self.size.at_most_pme == Some(true)),
            Criterion::VatRegime => match self.span {
                None => missing(Why::Unknown),
                Some(RegimeSpan { regime: None, .. }) => missing(Why::RegimeEnded),
                Some(_) => MET,
            },
            Criterion::ReceptionPlatform => match self.rulings[ObligationKind::Reception as usize].status {
                ObligationStatus::NotApplicable => off(Why::NoObligation),
                ObligationStatus::Applies | ObligationStatus::Undetermined => {
                    self.platform(facts.reception_platform.as_deref())
                }
            },
            Criterion::Contact => met_if(facts.contacts.iter().any(|c| c.is_reachable())),
            Criterion::PersonInCharge => met_if(facts.assignee.user_id.is_some() || facts.manager.user_id.is_some()),
            Criterion::Activity => met_if(facts.activity.is_answered()),
            Criterion::InvoiceVolume => met_if(facts.invoices_per_month.is_some()),
            Criterion::Emission | Criterion::ToolMapped if !sends => off(Why::NoObligation),
            Criterion::Emission => self.platform(facts.emission_platform.as_deref()),
            Criterion::ToolMapped => match (facts.tool_platform.as_deref(), facts.tool.as_deref()) {
                (Some(platform), _) => self.platform(Some(platform)),
                (None, None) => missing(Why::Unknown),
                (None, Some(tool)) => match self.platform(Some(tool)) {
                    (_, Some(Why::NotInRegister), _) => missing(Why::NotMapped),
                    known => known,
                },
            },
            Criterion::DirectoryAddress if !reception || facts.public_entity == Some(true) => off(Why::NoObligation),
            Criterion::DirectoryAddress => {
                let by_facts = match &facts.directory_address {
                    None => missing(Why::Unknown),
                    Some(d) => match d.state {
                        DirectoryState::Active => self.aged(row, d.as_of),
                        DirectoryState::Upcoming => half(Why::Upcoming),
                        DirectoryState::NoPlatform | DirectoryState::Disabled | DirectoryState::Absent => {
                            missing(Why::NoPlatformInDirectory)
                        }
                    },
                };
                self.better(row, by_facts)
            }
            Criterion::ClientInformed => {
                let by_facts = match facts.client_informed_on {
                    Some(on) if on <= self.ctx.today => self.aged(row, on),
                    Some(_) | None => missing(Why::Unknown),
                };
                self.better(row, by_facts)
            }
            Criterion::ReceptionProved if !reception => off(Why::NoObligation),
            Criterion::Mandate if !reception && !sends => off(Why::NoObligation),
            Criterion::Mandate
            | Criterion::ReceptionProved
            | Criterion::EmissionProved
            | Criterion::EReportingConfigured
            | Criterion::FirstTransmission => self.proved_or_missing(row),
            // Met by the absence of anything against it, once somebody looks.
            Criterion::NoCriticalAnomaly => match self.proved(row) {
                Some(verdict) => verdict,
                None if self.proofs.active.has(row.brought_by) => MET,
                None => off(Why::NotBrought),
            },
        }
    }
}

#[cfg(test)]
#[path = "readiness_facts.rs"]
pub(crate) mod facts_of_every_kind;

#[cfg(test)]
#[path = "readiness_tests.rs"]
mod tests;
