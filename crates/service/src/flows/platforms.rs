//! Platforms side by side: what each carries of the dossiers in sight, and how long it takes.

use std::collections::BTreeMap;

use contract::{Nothing, PlatformFlows, PlatformFlowsList, PlatformStep};
use domain::flow::quantile_hours;
use domain::fold;

use crate::{Answer, Call, Result, days};

const REJECTED: i64 = 213;
const REFUSED: i64 = 210;
/// Fewer flows than this tell no median.
const LEAST: i64 = 5;

fn hours(hours: f64) -> f64 {
    (hours * 10.0).round() / 10.0
}

pub fn list_platform_flows(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<PlatformFlowsList>> {
    let (scope, today) = (call.scope()?, call.today());
    let mut conn = call.app.store.conn()?;
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    let volumes = store::flows::volumes(&mut conn, scope)?;
    let ago = |n| days::earlier(today, n);
    let recent = store::flows::last_issued(&mut conn, scope, [ago(30), ago(60), ago(90)])?;
    let stuck = store::flows::stuck_by_platform(&mut conn, scope, call.now)?;
    let anomalies = store::flows::open_anomalies(&mut conn, scope)?;
    // How long a platform takes is its own doing: the flows of all dossiers tell it.
    let mut steps: BTreeMap<String, Vec<PlatformStep>> = BTreeMap::new();
    for ((platform, from, to), counts) in store::flows::steps(&mut conn, scope.cabinet(), None)? {
        let all: i64 = counts.values().sum();
        let (Some(median), Some(p95)) = (quantile_hours(&counts, 0.5), quantile_hours(&counts, 0.95)) else { continue };
        if all >= LEAST {
            let step = PlatformStep { from, to, count: count(all), median_hours: hours(median), p95_hours: hours(p95) };
            steps.entry(platform).or_default().push(step);
        }
    }
    let mut data: Vec<PlatformFlows> = volumes
        .into_iter()
        .map(|(platform, volume)| {
            let of = |take: &dyn Fn(i64, i64) -> bool| {
                let own = recent.iter().filter(|(name, age, code, _)| *name == platform && take(*age, *code));
                count(own.map(|(.., n)| n).sum())
            };
            PlatformFlows {
                dossiers: count(volume.clients),
                flows: count(volume.flows),
                last_30_days: of(&|age, _| age == 0),
                before_30_days: of(&|age, _| age == 1),
                rejected: of(&|_, code| code == REJECTED),
                refused: of(&|_, code| code == REFUSED),
                last_90_days: of(&|_, _| true),
                stuck: count(stuck.get(&platform).copied().unwrap_or_default()),
                anomalies: count(anomalies.get(&platform).copied().unwrap_or_default()),
                steps: steps.remove(&platform).unwrap_or_default(),
                last_status_at: volume.last_at,
                connection: None,
                platform,
            }
        })
        .collect();
    let mut health = crate::connections::health_by_platform(&mut conn, scope)?;
    for own in &mut data {
        own.connection = health.remove(&fold(&own.platform));
    }
    data.sort_by(|a, b| (b.flows, &a.platform).cmp(&(a.flows, &b.platform)));
    Ok(Answer::new(PlatformFlowsList { data }))
}
