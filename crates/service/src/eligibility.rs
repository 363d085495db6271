//! What holds dossiers back from being asked for a mandate: one tab for each reason, and what repairs it.

use std::collections::{BTreeMap, HashMap, HashSet};

use contract::{
    BlockerCount, Eligibility, EligibilityListQuery, EligibilityPage, EligibilityQuery, EligibilityRow, Nothing,
};
use domain::mandate::{Beside, EligibilityBlocker, blockers, is_reached};
use domain::{CabinetId, Criterion, DossierId, MandateKind, MandateState, ProofSource, Siren, Siret, Text, fold};
use store::dossiers::Stored;
use store::mandates::Wanted;
use store::{Conn, Scope};

use crate::{Answer, Call, Result, cursor, dossiers};

/// What is looked up once for many dossiers.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Refused addresses, with what the server said.
    refused: HashMap<String, String>,
    /// Dossiers by SIRET, where a SIRET is not of the dossier's own SIREN: the others cannot be twins, for a SIREN is
    /// taken once.
    twins: HashMap<Siret, Vec<(DossierId, String)>>,
}

impl Looked {
    pub(crate) fn read(conn: &mut Conn, cabinet: CabinetId, dossiers: &[Stored]) -> Result<Self> {
        let emails: Vec<String> =
            dossiers.iter().filter_map(|d| d.facts.addressee().and_then(|c| c.email.clone())).collect();
        let foreign: HashSet<Siret> = dossiers
            .iter()
            .flat_map(|d| d.facts.sirets.iter().copied().filter(|s| s.siren() != d.facts.siren))
            .collect();
        let mut twins: HashMap<Siret, Vec<(DossierId, String)>> = HashMap::new();
        if !foreign.is_empty() {
            let sirens: Vec<Siren> = foreign.iter().map(|s| s.siren()).collect();
            let owners = store::dossiers::of_sirens(conn, cabinet, &sirens)?;
            let mut seen = HashSet::new();
            for d in dossiers.iter().chain(&owners).filter(|d| seen.insert(d.id)) {
                for siret in d.facts.sirets.iter().filter(|s| foreign.contains(*s)) {
                    twins.entry(*siret).or_default().push((d.id, d.facts.name.clone()));
                }
            }
        }
        Ok(Self { refused: store::refused::among(conn, cabinet, &emails)?, twins })
    }

    /// Another dossier that has a SIRET of this one.
    fn twin(&self, dossier: &Stored) -> Option<(Siret, &str)> {
        dossier.facts.sirets.iter().find_map(|siret| {
            let (_, name) = self.twins.get(siret)?.iter().find(|(id, _)| *id != dossier.id)?;
            Some((*siret, name.as_str()))
        })
    }

    fn refusal(&self, dossier: &Stored) -> Option<&str> {
        let email = dossier.facts.addressee()?.email.as_deref()?.to_lowercase();
        self.refused.get(&email).map(String::as_str)
    }

    pub(crate) fn blockers(&self, dossier: &Stored, kind: MandateKind) -> Vec<EligibilityBlocker> {
        let beside = Beside { twin: self.twin(dossier).is_some(), refused: self.refusal(dossier).is_some() };
        blockers(&dossier.facts, &dossier.mark, kind, beside)
    }

    /// What stands against a dossier, and what repairs it.
    pub(crate) fn why(&self, dossier: &Stored, blocker: EligibilityBlocker) -> Text {
        let facts = &dossier.facts;
        match blocker {
            EligibilityBlocker::OutOfReform => Text::new(
                "Aucune obligation de la réforme ne l’atteint : aucun mandat n’est à demander.",
                "No obligation of the reform reaches it: no mandate is to be asked for.",
            ),
            EligibilityBlocker::Identity => Text::new(
                format!("La clé du SIREN {} est fausse : vérifiez-le.", facts.siren),
                format!("The check digit of SIREN {} is wrong: check it.", facts.siren),
            ),
            EligibilityBlocker::NoSiret => {
                Text::new("Aucun SIRET : ajoutez celui du siège.", "No SIRET: add that of the head office.")
            }
            EligibilityBlocker::DuplicateSiret => {
                let (siret, name) = self.twin(dossier).map_or((String::new(), ""), |(s, name)| (s.to_string(), name));
                Text::new(
                    format!("Le SIRET {siret} est aussi celui du dossier {name}."),
                    format!("SIRET {siret} is also that of the dossier {name}."),
                )
            }
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
                let email = facts.addressee().and_then(|c| c.email.as_deref()).unwrap_or_default();
                let said = self.refusal(dossier).unwrap_or_default();
                Text::new(
                    format!(
                        "{email} a été refusé : {said}. Corrigez l’adresse, ou passez par un courrier ou un appel."
                    ),
                    format!("{email} was refused: {said}. Correct the address, or go by letter or telephone."),
                )
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
}

/// A note by hand says that the client has given the firm its mandate: the delegation is not asked for again.
pub(crate) fn has_by_hand(dossier: &Stored, kind: MandateKind, today: chrono::NaiveDate) -> bool {
    kind == MandateKind::Delegation
        && dossier.mark.missing & Criterion::Mandate.mask() == 0
        && dossier.facts.proofs.iter().any(|p| {
            p.criterion == Criterion::Mandate
                && p.source != ProofSource::Mandate
                && !p.against
                && p.on <= today
                && p.expires_on.is_none_or(|last| today <= last)
        })
}

/// States of a mandate that make another one of its kind needless.
pub(crate) fn open_states() -> Vec<MandateState> {
    MandateState::ALL.iter().copied().filter(|s| !s.is_over()).collect()
}

/// A dossier without mandate of the kind.
struct Without {
    name_sort: String,
    id: DossierId,
    row: EligibilityRow,
    reached: bool,
}

/// The dossiers in sight that a query takes and that have no mandate of the kind, by name.
fn without(call: &Call, query: &EligibilityQuery, tab: Option<EligibilityBlocker>) -> Result<Vec<Without>> {
    let scope = call.scope()?;
    let today = call.today();
    let kind = query.kind.unwrap_or(MandateKind::Delegation);
    let mut conn = call.app.store.conn()?;
    let mut found = Vec::new();
    each_without(&mut conn, scope, query, kind, &mut |looked, dossier| {
        if has_by_hand(&dossier, kind, today) {
            return;
        }
        let blockers = looked.blockers(&dossier, kind);
        if tab.is_some_and(|tab| !blockers.contains(&tab)) {
            return;
        }
        let why = tab.or(blockers.first().copied()).map_or(Text::new("", ""), |b| looked.why(&dossier, b));
        let row = EligibilityRow {
            dossier_id: dossier.id,
            version: dossier.version,
            siren: dossier.facts.siren,
            blockers,
            why,
            name: dossier.facts.name,
        };
        found.push(Without { name_sort: fold(&row.name), id: dossier.id, reached: is_reached(&dossier.mark), row });
    })?;
    found.sort_unstable_by(|a, b| (&a.name_sort, a.id).cmp(&(&b.name_sort, b.id)));
    Ok(found)
}

/// Tells every dossier that the query takes and that has no open mandate of the kind, some in memory at a time.
fn each_without(
    conn: &mut Conn,
    scope: &Scope,
    query: &EligibilityQuery,
    kind: MandateKind,
    told: &mut dyn FnMut(&Looked, Stored),
) -> Result<()> {
    let filter = dossiers::filter(&query.dossiers);
    let wanted = Wanted { dossiers: filter.clone(), kinds: vec![kind], states: open_states(), ..Wanted::default() };
    let have: HashSet<DossierId> =
        store::mandates::taken_dossiers(conn, scope, &wanted)?.into_iter().map(|(_, dossier, _)| dossier).collect();
    let ids: Vec<DossierId> =
        store::dossiers::ids(conn, scope, &filter)?.into_iter().filter(|id| !have.contains(id)).collect();
    for chunk in ids.chunks(1_000) {
        let found = store::dossiers::find_many(conn, scope, chunk)?;
        let looked = Looked::read(conn, scope.cabinet(), &found)?;
        found.into_iter().for_each(|dossier| told(&looked, dossier));
    }
    Ok(())
}

pub fn read_eligibility(call: &Call, _: Nothing, query: EligibilityQuery, _: Nothing) -> Result<Answer<Eligibility>> {
    let mut counts: BTreeMap<EligibilityBlocker, u64> = BTreeMap::new();
    let (mut dossiers, mut eligible) = (0, 0);
    for one in without(call, &query, None)? {
        for blocker in &one.row.blockers {
            *counts.entry(*blocker).or_default() += 1;
        }
        if one.reached {
            dossiers += 1;
            eligible += u64::from(!one.row.blockers.iter().any(|b| b.holds_mail()));
        }
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
    let limit = usize::try_from(cursor::limit(query.limit)?).unwrap_or_default();
    let after = query.after.as_deref().map(cursor::read::<2>).transpose()?;
    let mut rows = without(call, &query.query, query.blocker)?;
    rows.retain(|w| !w.row.blockers.is_empty());
    let total = rows.len() as u64;
    if let Some([name, id]) = after {
        rows.retain(|w| (&w.name_sort, w.id.to_string()) > (&name, id.clone()));
    }
    let next = (rows.len() > limit)
        .then(|| rows.get(limit - 1).map(|w| cursor::write(&[&w.name_sort, &w.id.to_string()])))
        .flatten();
    rows.truncate(limit);
    Ok(Answer::new(EligibilityPage { data: rows.into_iter().map(|w| w.row).collect(), next, total }))
}
