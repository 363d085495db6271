//! What holds dossiers back from being asked for a mandate: one tab for each reason, and what repairs it.

use std::collections::{BTreeMap, HashMap};

use contract::{
    BlockerCount, Eligibility, EligibilityListQuery, EligibilityPage, EligibilityQuery, EligibilityRow, Nothing,
};
use domain::mandate::{self, Beside, EligibilityBlocker, Held};
use domain::{DossierId, MandateKind, MandateState, Siren, Text};
use store::dossiers::Stored;
use store::eligibility::{Listed, Signs, Twin, Wanted};
use store::suppressions::Suppression;
use store::{Conn, Scope};

use crate::{Answer, Call, Result, cursor, dossiers, suppressions};

/// What is looked up once for many dossiers.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Addresses that are not written to, with what stands against them.
    refused: HashMap<String, Suppression>,
    twins: HashMap<DossierId, Twin>,
}

/// A dossier, as far as what holds it back is told in words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    id: DossierId,
    siren: Siren,
    email: Option<&'a str>,
}

impl<'a> From<&'a Stored> for Who<'a> {
    fn from(dossier: &'a Stored) -> Self {
        let email = dossier.facts.addressee().and_then(|c| c.email.as_deref());
        Self { id: dossier.id, siren: dossier.facts.siren, email }
    }
}

impl<'a> From<&'a Listed> for Who<'a> {
    fn from(dossier: &'a Listed) -> Self {
        let email = Some(dossier.email.as_str()).filter(|e| !e.is_empty());
        Self { id: dossier.id, siren: dossier.named.siren, email }
    }
}

impl Looked {
    /// For dossiers that are in sight of the scope.
    pub(crate) fn read(conn: &mut Conn, scope: &Scope, dossiers: &[Stored]) -> Result<Self> {
        let twins = store::eligibility::twins(conn, scope)?;
        Self::with(conn, scope, twins, dossiers.iter().map(Who::from))
    }

    fn with<'a>(
        conn: &mut Conn,
        scope: &Scope,
        twins: HashMap<DossierId, Twin>,
        dossiers: impl Iterator<Item = Who<'a>>,
    ) -> Result<Self> {
        let emails: Vec<String> = dossiers.filter_map(|d| d.email).map(str::to_owned).collect();
        Ok(Self { refused: suppressions::held(conn, scope.cabinet(), &emails, false)?, twins })
    }

    /// What stands against the address of a dossier.
    pub(crate) fn refusal<'a>(&self, who: impl Into<Who<'a>>) -> Option<&Suppression> {
        self.refused.get(&who.into().email?.to_lowercase())
    }

    pub(crate) fn blockers(&self, dossier: &Stored, kind: MandateKind) -> Vec<EligibilityBlocker> {
        let beside = Beside { twin: self.twins.contains_key(&dossier.id), refused: self.refusal(dossier).is_some() };
        mandate::blockers(&dossier.facts, &dossier.mark, kind, beside)
    }

    /// What stands against a dossier, and what repairs it.
    pub(crate) fn why<'a>(&self, dossier: impl Into<Who<'a>>, blocker: EligibilityBlocker) -> Text {
        let who = dossier.into();
        match blocker {
            EligibilityBlocker::OutOfReform => Text::new(
                "Aucune obligation de la réforme ne l’atteint : aucun mandat n’est à demander.",
                "No obligation of the reform reaches it: no mandate is to be asked for.",
            ),
            EligibilityBlocker::Identity => Text::new(
                format!("La clé du SIREN {} est fausse : vérifiez-le.", who.siren),
                format!("The check digit of SIREN {} is wrong: check it.", who.siren),
            ),
            EligibilityBlocker::NoSiret => {
                Text::new("Aucun SIRET : ajoutez celui du siège.", "No SIRET: add that of the head office.")
            }
            EligibilityBlocker::DuplicateSiret => self.duplicate(who),
            EligibilityBlocker::Foreign => Text::new(
                "Non établi en France : le mandat se règle avec son représentant.",
                "Not established in France: the mandate is settled with its representative.",
            ),
            EligibilityBlocker::NoContact => {
                Text::new("Aucun contact : ajoutez la personne qui signe.", "No contact: add the person who signs.")
            }
            EligibilityBlocker::NoEmail => Text::new(
                "Le contact n’a pas d’e-mail : ajoutez-le, ou passez par un courrier ou un appel.",
                "The contact has no e-mail: add it, or go by letter or telephone.",
            ),
            EligibilityBlocker::Bounced => {
                let why = self.refusal(who).map_or(Text::new("", ""), suppressions::sentence);
                let (fix_fr, fix_en) = match self.refusal(who) {
                    Some(entry) if !entry.reason.is_bounce() => {
                        ("Passez par un courrier ou un appel.", "Go by letter or telephone.")
                    }
                    _ => (
                        "Corrigez l’adresse, ou passez par un courrier ou un appel.",
                        "Correct the address, or go by letter or telephone.",
                    ),
                };
                Text::new(format!("{} {fix_fr}", why.fr), format!("{} {fix_en}", why.en))
            }
            EligibilityBlocker::NoSize => Text::new(
                "La taille n’est pas connue : ajoutez l’effectif et les chiffres du dernier exercice.",
                "The size is not known: add the headcount and the figures of the last financial year.",
            ),
            EligibilityBlocker::NoPersonInCharge => Text::new(
                "Personne n’est en charge : confiez le dossier.",
                "Nobody is in charge: hand the dossier over.",
            ),
            EligibilityBlocker::NoPlatform => {
                Text::new("Aucune plateforme de réception n’est choisie.", "No platform is chosen for reception.")
            }
        }
    }

    fn duplicate(&self, who: Who<'_>) -> Text {
        match self.twins.get(&who.id) {
            Some(Twin { siret, name: Some(name) }) => Text::new(
                format!("Le SIRET {siret} est aussi celui du dossier {name}."),
                format!("SIRET {siret} is also that of the dossier {name}."),
            ),
            Some(Twin { siret, name: None }) => Text::new(
                format!("Le SIRET {siret} est aussi celui d’un dossier hors de votre périmètre."),
                format!("SIRET {siret} is also that of a dossier outside your scope."),
            ),
            None => Text::new("Un de ses SIRET est en double.", "One of its SIRETs is a duplicate."),
        }
    }
}

/// A note by hand says that the client has given the firm its mandate: the delegation is not asked for again.
pub(crate) fn has_by_hand(dossier: &Stored, kind: MandateKind, today: chrono::NaiveDate) -> bool {
    Held::of(&dossier.facts, &dossier.mark, today).is_had_by_hand(kind)
}

/// States of a mandate that make another one of its kind needless.
fn open_states() -> Vec<MandateState> {
    MandateState::ALL.iter().copied().filter(|s| !s.is_over()).collect()
}

/// What makes a blocker hold a dossier back from a mandate of a kind.
fn signs(blockers: impl Iterator<Item = EligibilityBlocker>, kind: MandateKind, twins: &[DossierId]) -> Signs {
    let mut signs = Signs::default();
    for blocker in blockers {
        match blocker {
            EligibilityBlocker::Bounced => signs.refused = true,
            EligibilityBlocker::DuplicateSiret => signs.among = twins.to_vec(),
            other => signs.bits |= other.mask() & mandate::blocking(kind),
        }
    }
    signs
}

fn all() -> impl Iterator<Item = EligibilityBlocker> {
    EligibilityBlocker::ALL.iter().copied()
}

/// The dossiers that a query takes and that have no mandate of the kind.
fn wanted(query: &EligibilityQuery) -> Wanted {
    let kind = query.kind.unwrap_or(MandateKind::Delegation);
    Wanted {
        dossiers: dossiers::filter(&query.dossiers),
        kind,
        open: open_states(),
        noted: mandate::noted(kind),
        signs: Vec::new(),
    }
}

pub fn read_eligibility(call: &Call, _: Nothing, query: EligibilityQuery, _: Nothing) -> Result<Answer<Eligibility>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let wanted = wanted(&query);
    let mut counts: BTreeMap<EligibilityBlocker, u64> = BTreeMap::new();
    let (mut dossiers, mut eligible) = (0, 0);
    for group in store::eligibility::groups(&mut conn, scope, &wanted)? {
        let blockers = group.held.blockers(wanted.kind, Beside { twin: false, refused: group.refused });
        for blocker in &blockers {
            *counts.entry(*blocker).or_default() += group.count;
        }
        if !blockers.contains(&EligibilityBlocker::OutOfReform) {
            dossiers += group.count;
            eligible += if blockers.iter().any(|b| b.holds_mail()) { 0 } else { group.count };
        }
    }
    let twins: Vec<DossierId> = store::eligibility::twins(&mut conn, scope)?.into_keys().collect();
    if !twins.is_empty() {
        let among = signs(std::iter::once(EligibilityBlocker::DuplicateSiret), wanted.kind, &twins);
        let doubled = Wanted { signs: vec![(among, true)], ..wanted };
        counts.insert(EligibilityBlocker::DuplicateSiret, store::eligibility::count(&mut conn, scope, &doubled)?);
    }
    Ok(Answer::new(Eligibility { dossiers, eligible, blockers: counted(&counts) }))
}

/// Every tab, those without a dossier included.
pub(crate) fn counted(counts: &BTreeMap<EligibilityBlocker, u64>) -> Vec<BlockerCount> {
    let count = |b: &EligibilityBlocker| counts.get(b).copied().unwrap_or_default();
    EligibilityBlocker::ALL.iter().map(|b| BlockerCount { blocker: *b, label: b.text(), count: count(b) }).collect()
}

pub fn list_eligibility(
    call: &Call,
    _: Nothing,
    query: EligibilityListQuery,
    _: Nothing,
) -> Result<Answer<EligibilityPage>> {
    let scope = call.scope()?;
    let limit = cursor::limit(query.limit)?;
    let after = query.after.as_deref().map(cursor::read::<2>).transpose()?.map(|[name, id]| (name, id));
    let mut conn = call.app.store.conn()?;
    let mut wanted = wanted(&query.query);
    let kind = wanted.kind;
    let twins = store::eligibility::twins(&mut conn, scope)?;
    let doubled: Vec<DossierId> = twins.keys().copied().collect();
    match (query.blocker, query.eligible) {
        (Some(blocker), _) => wanted.signs.push((signs(std::iter::once(blocker), kind, &doubled), true)),
        // Whoever asks for nothing in particular sees what there is to repair.
        (None, None) => wanted.signs.push((signs(all(), kind, &doubled), true)),
        (None, Some(_)) => {}
    }
    if let Some(eligible) = query.eligible {
        wanted.signs.push((signs(all().filter(|b| b.holds_mail()), kind, &doubled), !eligible));
    }
    let total = store::eligibility::count(&mut conn, scope, &wanted)?;
    let mut rows = store::eligibility::list(&mut conn, scope, &wanted, after, limit + 1)?;
    let next = (rows.len() as i64 > limit).then(|| {
        rows.truncate(limit as usize);
        rows.last().map(|row| cursor::write(&[&row.name_sort, &row.id.to_string()]))
    });
    let looked = Looked::with(&mut conn, scope, twins, rows.iter().map(Who::from))?;
    let row = |row: Listed| {
        let beside = Beside { twin: looked.twins.contains_key(&row.id), refused: row.refused };
        let blockers = row.held.blockers(kind, beside);
        let why = query.blocker.or(blockers.first().copied()).map_or(Text::new("", ""), |b| looked.why(&row, b));
        let Listed { id, version, named, .. } = row;
        EligibilityRow { dossier_id: id, version, siren: named.siren, name: named.name, blockers, why }
    };
    Ok(Answer::new(EligibilityPage { data: rows.into_iter().map(row).collect(), next: next.flatten(), total }))
}
