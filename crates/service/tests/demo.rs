//! The demonstration firm: its past ends at what stands, and convinces at first look.

mod firm;

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Days, Utc};
use contract::*;
use domain::ObligationGroup;
use domain::pace::PaceVerdict;
use firm::Firm;
use service::{Call, trend};

const DOSSIERS: u64 = 80;

/// A partner of the demonstration firm, beside the firm of the test.
fn enter(firm: &Firm) -> Call {
    let sign_in = service::demo::fill(&firm.app, DOSSIERS, 1).unwrap();
    let body = Credentials { email: sign_in.email, password: sign_in.password };
    let call = Call { actor: None, now: Utc::now(), ..firm.call.clone() };
    let token = service::session::create_session(&call, Nothing {}, Nothing {}, body).unwrap().reply.access_token;
    Call { actor: Some(service::session::authenticate(&firm.app, &token, call.now).unwrap()), ..call }
}

both_databases! {
    fn the_past_of_the_demonstration_firm_ends_at_what_stands(firm) {
        let call = enter(firm);
        let today = call.today();
        let cabinet = call.scope().unwrap().cabinet();

        // Every day since the first, and today began as everything stands.
        let points = trend::read_trend(&call, Nothing {}, TrendQuery::default(), Nothing {}).unwrap().reply.points;
        assert!(points.len() >= 70, "{} days", points.len());
        assert!(points.windows(2).all(|p| p[0].on + Days::new(1) == p[1].on));
        assert!(points.iter().all(|p| p.dossiers == DOSSIERS));
        let (first, last) = (points.first().unwrap(), points.last().unwrap());
        assert_eq!(last.on, today);
        assert!(last.score > first.score, "{:?} {:?}", first.score, last.score);
        let mut conn = firm.app.store.conn().unwrap();
        let kept = store::daily::in_scope(&mut conn, call.scope().unwrap(), None, today, today).unwrap();
        let mut stored = domain::Sums::default();
        store::sums::stored(&mut conn, cabinet).unwrap().values().for_each(|s| stored.add(s));
        assert_eq!(kept[&today].clone().normal(), stored.normal());

        // What the sums say is what the dossiers say.
        let mut counted = domain::Sums::default();
        store::dossiers::marks(&mut conn, cabinet).unwrap().iter().for_each(|(_, _, mark)| counted.enter(mark));
        assert_eq!(kept[&today].clone().normal(), counted.normal());
        drop(conn);

        let query = MoveQuery { since: Some(first.on), facets: Some(true), ..MoveQuery::default() };
        let totals = trend::list_moves(&call, Nothing {}, query, Nothing {}).unwrap().reply.totals.unwrap();
        assert!(totals.up > totals.down && totals.down > 0, "{totals:?}");

        let query = BurnUpQuery { obligation: ObligationGroup::Emission, portfolio_id: None, from: None, to: None };
        let projection = trend::read_burn_up(&call, Nothing {}, query, Nothing {}).unwrap().reply.projection;
        assert_ne!(projection.verdict, PaceVerdict::TooEarly);
        assert_eq!(projection.weeks, 8);

        assert!(service::journal::verify(&firm.app).unwrap().iter().all(|chain| chain.damaged.is_none()));

        let mut exchanges = 0;
        for dossier in all(&call) {
            let page = service::exchanges::list_exchanges(&call, dossier, PageQuery::default(), Nothing {}).unwrap().reply;
            assert!(page.data.iter().all(|e| e.on <= today && e.recorded_at <= call.now));
            exchanges += page.data.len();
            // The proof of advice finds each exchange in the journal.
            service::advice::read_advice_file(&call, dossier, Nothing {}, Nothing {}).unwrap();
        }
        assert!(exchanges >= 10, "{exchanges}");
    }

    fn the_demonstration_firm_collects_mandates(firm) {
        let call = enter(firm);
        let list = MandateListQuery { facets: Some(true), limit: Some(200), ..Default::default() };
        let page = service::mandates::list_mandates(&call, Nothing {}, list, Nothing {}).unwrap().reply;
        let states = page.facets.unwrap().mandate;
        assert!(states.len() >= 6, "{states:?}");
        let count = |state| states.iter().find(|c| c.state == state).map_or(0, |c| c.count);
        assert_eq!(count(domain::MandateState::ToSend), 0, "no message of hers is to leave");
        assert!(count(domain::MandateState::Accepted) * 2 > page.total.unwrap(), "{states:?}");
        for row in &page.data {
            let mandate = service::mandates::read_mandate(&call, row.id, Nothing {}, Nothing {}).unwrap().reply;
            // Each state follows from its steps, and none lies in the future.
            let mut state = domain::MandateState::Draft;
            for step in &mandate.steps {
                state = state.transition(step.event).unwrap();
                assert!(step.at <= call.now && step.state == state, "{mandate:?}");
            }
            assert_eq!(state, row.state);
        }
        // The evidence of each dossier is that of its mandates.
        let mut conn = firm.app.store.conn().unwrap();
        let scope = call.scope().unwrap();
        for stored in store::dossiers::find_many(&mut conn, scope, &all(&call)).unwrap() {
            let brought = stored.facts.proofs.iter().any(|p| p.source == domain::ProofSource::Mandate && !p.against);
            let proving = page.data.iter().any(|m| {
                let proves = domain::reference::mandate_kind(m.kind).proves;
                proves && m.dossier_id == stored.id && m.state == domain::MandateState::Accepted
            });
            assert_eq!(brought, proving, "{}", stored.facts.name);
        }
        drop(conn);
        let campaigns = service::campaigns::list_campaigns(&call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.data;
        assert!(campaigns.len() == 1 && campaigns[0].asked > 0, "{campaigns:?}");
        assert_eq!(service::campaigns::tick(&firm.app, call.now).unwrap(), 0, "everybody who can be asked was");
        let board = service::mandates::read_mandate_board(&call, Nothing {}, BoardQuery::default(), Nothing {}).unwrap().reply;
        assert!(board.days.last().unwrap().in_force > board.days[10].in_force);
        assert!(board.to_decide > 0 && board.rates.len() >= 4, "{board:?}");
    }

    fn the_demonstration_firm_has_a_sequence_that_waits_to_be_let_go(firm) {
        let call = enter(firm);
        let sequences = service::relances::list_sequences(&call, Nothing {}, Default::default(), Nothing {}).unwrap().reply.data;
        let active = sequences.iter().find(|s| s.state == domain::relance::SequenceState::Active).unwrap();
        assert!(active.running > 0 && active.steps.iter().all(|s| !s.template_name.is_empty()));
        // Nothing of hers leaves by itself, and each step says why.
        service::relances::tick(&firm.app, call.now).unwrap();
        let query = RelanceQuery::default();
        let steps = service::relances::list_relances(&call, Nothing {}, query, Nothing {}).unwrap().reply.data;
        assert!(!steps.is_empty());
        for step in steps {
            assert_eq!(step.code, domain::relance::outcome::OutcomeCode::HeldModeOff, "{}", step.why.fr);
        }
    }

    fn what_relances_read_of_few_dossiers_is_what_they_read_of_all(firm) {
        let call = enter(firm);
        let (scope, cabinet, ids) = (call.scope().unwrap(), call.scope().unwrap().cabinet(), all(&call));
        let mut conn = firm.app.store.conn().unwrap();
        let conn = &mut *conn;
        let visits = |conn: &mut store::Conn, only: Option<&[domain::DossierId]>| {
            store::relance_facts::visits(conn, cabinet, only, chrono::DateTime::UNIX_EPOCH).unwrap()
        };
        let of_all = visits(conn, None);
        assert!(of_all.values().any(|v| v.exchanged_at.is_some()) && of_all.values().any(|v| v.signed), "{of_all:?}");
        let of_few: HashMap<_, _> = ids.chunks(7).flat_map(|few| visits(conn, Some(few))).collect();
        assert_eq!(of_few, of_all);

        let filter = store::dossiers::Filter { missing: vec![domain::Criterion::ReceptionPlatform], ..Default::default() };
        let of_all = store::relance_facts::taken(conn, scope, &filter, None).unwrap();
        assert!(!of_all.is_empty() && of_all.len() < ids.len(), "{} of {}", of_all.len(), ids.len());
        let few = ids.chunks(7).flat_map(|few| store::relance_facts::taken(conn, scope, &filter, Some(few)).unwrap());
        assert_eq!(few.collect::<HashSet<_>>(), of_all);

        // Counted by an index, and row by row.
        let narrow = scope.narrowed(&ids);
        assert!(scope.sees_everything() && !narrow.sees_everything());
        let missing = |conn: &mut store::Conn, scope| store::relance_facts::missing(conn, scope, &Default::default()).unwrap();
        assert_eq!(missing(conn, scope), missing(conn, &narrow));
        let mut counts = |scope: &store::Scope| -> BTreeMap<_, BTreeMap<_, i64>> {
            let counts = store::enrolments::counts(conn, scope, &Default::default(), true).unwrap().into_iter();
            counts.map(|(id, of)| (id, of.into_iter().collect())).collect()
        };
        let of_all = counts(scope);
        assert!(of_all.values().flat_map(|of| of.values()).sum::<i64>() > 10, "{of_all:?}");
        assert_eq!(counts(&narrow), of_all);
    }

    fn pages_of_open_steps_are_the_whole_list_in_its_order(firm) {
        let call = enter(firm);
        let settings = service::relances::read_relance_settings(&call, Nothing {}, Nothing {}, Nothing {}).unwrap().reply;
        let rules = RelanceRules {
            mode: domain::relance::SendingMode::Test,
            test_address: Some("essai@cabinet.exemple".to_owned()),
            ..settings.rules
        };
        let change = Call { if_match: Some(settings.version), ..call.clone() };
        service::relances::update_relance_settings(&change, Nothing {}, Nothing {}, rules).unwrap();
        // Some of which nobody knows when they leave.
        let pause = NewPause { from: None, to: None, reason: domain::relance::outcome::PauseReason::Client, note: None };
        let ids = Some(all(&call).into_iter().step_by(3).collect());
        let body = PauseInput { ids, filter: None, pause: Some(pause), preview: false };
        service::relances::pause_relances(&call, Nothing {}, Nothing {}, body).unwrap();
        let page = |limit, after| {
            let query = RelanceQuery { limit: Some(limit), after, facets: Some(true), ..RelanceQuery::default() };
            service::relances::list_relances(&call, Nothing {}, query, Nothing {}).unwrap().reply
        };
        let whole = page(200, None);
        assert!(whole.next.is_none() && whole.total == Some(whole.data.len() as u64), "{:?}", whole.total);
        let (timed, timeless): (Vec<_>, Vec<_>) = whole.data.iter().partition(|step| step.at.is_some());
        assert!(timed.len() > 7 && !timeless.is_empty(), "{} and {}", timed.len(), timeless.len());
        assert!(timed.is_sorted_by_key(|step| step.at) && whole.data[timed.len()].at.is_none());
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let next = page(3, after);
            found.extend(next.data);
            after = next.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, whole.data);
    }
}

fn all(call: &Call) -> Vec<domain::DossierId> {
    let query = DossierListQuery { limit: Some(200), ..Default::default() };
    let page = service::dossiers::list_dossiers(call, Nothing {}, query, Nothing {}).unwrap().read().unwrap();
    page.data.into_iter().map(|row| row.id).collect()
}
