//! The cockpit, from stored sums, and the check of these sums against the dossiers.

use std::collections::BTreeMap;

use contract::{
    Blocker, Cockpit, CockpitQuery, DossierQuery, Nothing, OrNone, PortfolioProgress, Several, StateCounts,
    WaveProgress,
};
use domain::reference::{self, WaveCode};
use domain::{Access, CabinetId, Criterion, Mark, PortfolioId, ReadinessState, Sums, Weighting};
use store::{Conn, Scope};

use crate::{Answer, App, Call, Error, Result};

pub(crate) fn states(sums: &Sums) -> StateCounts {
    StateCounts {
        ready: sums.state(ReadinessState::Ready),
        on_track: sums.state(ReadinessState::OnTrack),
        at_risk: sums.state(ReadinessState::AtRisk),
        late: sums.state(ReadinessState::Late),
        unknown: sums.state(ReadinessState::Unknown),
    }
}

/// Sums in sight by portfolio: the stored ones, and the confidential dossiers that the person has in charge.
fn in_sight(conn: &mut Conn, scope: &Scope) -> Result<BTreeMap<Option<PortfolioId>, Sums>> {
    let mut by_portfolio: BTreeMap<Option<PortfolioId>, Sums> = BTreeMap::new();
    for ((portfolio, _), sums) in store::sums::in_scope(conn, scope)? {
        by_portfolio.entry(portfolio).or_default().add(&sums);
    }
    for dossier in store::dossiers::own_confidential(conn, scope)? {
        by_portfolio.entry(dossier.facts.portfolio_id).or_default().enter(&dossier.mark);
    }
    Ok(by_portfolio)
}

/// The portfolio that a query narrows to: `Some(None)` means the dossiers outside any. One that is out of sight is not
/// found, whoever asks.
pub(crate) fn chosen(conn: &mut Conn, scope: &Scope, wanted: Option<&str>) -> Result<Option<Option<PortfolioId>>> {
    match wanted {
        None => Ok(None),
        Some("none") => Ok(Some(None)),
        Some(id) => {
            let id: PortfolioId = id.parse().map_err(|_| Error::not_found())?;
            if !scope.sees_portfolio(Some(id)) || !store::references::portfolio_exists(conn, scope, id)? {
                return Err(Error::not_found());
            }
            Ok(Some(Some(id)))
        }
    }
}

pub fn read_cockpit(call: &Call, _: Nothing, query: CockpitQuery, _: Nothing) -> Result<Answer<Cockpit>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    let (judge, done) = call.app.standing(&mut conn, scope.cabinet(), call.today())?;
    let weighting = judge.rules.weighting;
    let portfolios = store::references::portfolios_with_people(&mut conn, scope)?;
    let mut sums = in_sight(&mut conn, scope)?;

    let chosen = chosen(&mut conn, scope, query.portfolio_id.as_deref())?;
    if let Some(wanted) = chosen {
        sums.retain(|of, _| *of == wanted);
    }

    let mut total = Sums::default();
    for s in sums.values() {
        total.add(s);
    }
    let today = call.today();
    let waves: Vec<WaveProgress> = reference::wave_table()
        .on(today)
        .map(|w| {
            let (dossiers, unready) = total.wave(w.code);
            WaveProgress {
                wave: w.code,
                obligation: w.obligation,
                label: w.label.clone(),
                starts_on: w.starts_on,
                days: (w.starts_on - today).num_days(),
                dossiers,
                unready,
            }
        })
        .collect();
    let next_deadline = waves
        .iter()
        .filter(|w| w.days > 0 && w.dossiers > 0)
        .min_by_key(|w| (w.days, WaveCode::ALL.iter().position(|c| *c == w.wave)))
        .cloned();
    let table = reference::readiness();
    let mut blockers: Vec<Blocker> = table
        .criteria
        .iter()
        .map(|row| {
            let dossiers = total.missing(row.code);
            Blocker { criterion: row.code, dossiers, points: dossiers * u64::from(judge.rules.weight(row)) }
        })
        .filter(|b| b.dossiers > 0)
        .collect();
    blockers.sort_by_key(|b| (std::cmp::Reverse(b.points), Criterion::ALL.iter().position(|c| *c == b.criterion)));

    let mut rows: Vec<PortfolioProgress> = portfolios
        .iter()
        .filter(|(id, _)| chosen.is_none() || sums.contains_key(&Some(**id)))
        .map(|(id, (name, people))| {
            let sums = sums.get(&Some(*id)).cloned().unwrap_or_default();
            progress(Some(*id), Some(name.clone()), &sums, weighting, people.clone())
        })
        .collect();
    rows.sort_by_key(|r| r.name.as_deref().map(domain::fold));
    if let Some(outside) = sums.get(&None).filter(|s| s.dossiers > 0) {
        rows.push(progress(None, None, outside, weighting, Vec::new()));
    }

    let mine = match chosen {
        None => store::dossiers::not_ready_in_charge(&mut conn, scope, scope.user())?,
        Some(portfolio) => {
            let not_ready = ReadinessState::ALL.iter().copied().filter(|state| *state != ReadinessState::Ready);
            let query = DossierQuery {
                state: Several(not_ready.collect()),
                person_id: Several(vec![OrNone::Is(scope.user())]),
                portfolio_id: Several(vec![portfolio.map_or(OrNone::None, OrNone::Is)]),
                ..DossierQuery::default()
            };
            store::dossiers::count(&mut conn, scope, &crate::dossiers::filter(&query))?
        }
    };
    Ok(Answer::new(Cockpit {
        as_of: today,
        dossiers: u64::try_from(total.dossiers).unwrap_or_default(),
        score: total.mean(weighting),
        weighting,
        recomputing: judge.is_ahead_of(&done),
        states: states(&total),
        exposure_cents: total.exposure_cents,
        critical: total.missing(Criterion::NoCriticalAnomaly),
        blockers,
        waves,
        next_deadline,
        portfolios: rows,
        mine_not_ready: u64::try_from(mine).unwrap_or_default(),
        partial: scope.access() != Access::All,
    }))
}

fn progress(
    portfolio_id: Option<PortfolioId>,
    name: Option<String>,
    sums: &Sums,
    weighting: Weighting,
    people: Vec<domain::UserId>,
) -> PortfolioProgress {
    PortfolioProgress {
        portfolio_id,
        name,
        dossiers: u64::try_from(sums.dossiers).unwrap_or_default(),
        score: sums.mean(weighting),
        states: states(sums),
        exposure_cents: sums.exposure_cents,
        critical: sums.missing(Criterion::NoCriticalAnomaly),
        people,
    }
}

/// The sums of a cabinet made anew from its dossiers.
pub fn computed(conn: &mut Conn, cabinet: CabinetId) -> Result<BTreeMap<store::sums::Key, Sums>> {
    let mut sums: BTreeMap<store::sums::Key, Sums> = BTreeMap::new();
    let marks: Vec<(Option<PortfolioId>, bool, Mark)> = store::dossiers::marks(conn, cabinet)?;
    for (portfolio, confidential, mark) in marks {
        sums.entry((portfolio, confidential)).or_default().enter(&mark);
    }
    Ok(sums.into_iter().map(|(k, s)| (k, s.normal())).collect())
}

/// A cabinet whose stored sums differ from its dossiers.
#[derive(Debug, Clone)]
pub struct SumsReport {
    pub cabinet_id: CabinetId,
    pub ok: bool,
}

/// Holds the stored sums of every cabinet against the same sums made anew.
pub fn verify_sums(app: &App) -> Result<Vec<SumsReport>> {
    let mut conn = app.store.conn()?;
    store::references::cabinet_ids(&mut conn)?
        .into_iter()
        .map(|cabinet_id| {
            let ok = conn.read(|conn| -> Result<bool> {
                Ok(store::sums::stored(conn, cabinet_id)? == computed(conn, cabinet_id)?)
            })?;
            Ok(SumsReport { cabinet_id, ok })
        })
        .collect()
}
