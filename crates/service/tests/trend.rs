//! How readiness moves: the sums of each day, what moved since a day, the burn-up of an obligation.

mod firm;

use chrono::{DateTime, Days, NaiveDate, Utc};
use contract::*;
use domain::pace::PaceVerdict;
use domain::{Access, Criterion, DossierId, ObligationGroup, PortfolioId, Role};
use firm::Firm;
use serde_json::json;
use service::{Call, trend};

/// Noon of a day; the firm is asked then.
fn noon(day: &str) -> DateTime<Utc> {
    format!("{day}T11:00:00Z").parse().unwrap()
}

fn day(day: &str) -> NaiveDate {
    day.parse().unwrap()
}

fn siren(n: u32) -> String {
    let stem = format!("{:08}", 12_345_600 + n);
    (0..10).map(|d| format!("{stem}{d}")).find(|s| domain::Siren::parse(s).is_ok_and(|s| s.is_checked())).unwrap()
}

fn at(firm: &Firm, day: &str) -> Call {
    Call { now: noon(day), ..firm.call.clone() }
}

fn create(call: &Call, n: u32, portfolio: Option<PortfolioId>) -> DossierId {
    let facts = serde_json::from_value(json!({
        "siren": siren(n),
        "name": format!("Client {n}"),
        "portfolio_id": portfolio,
        "headcount": 4,
        "turnover_cents": 30_000_000,
        "balance_sheet_cents": 10_000_000,
        "vat_regimes": [{ "regime": "real_monthly", "from": null }],
    }))
    .unwrap();
    service::dossiers::create_dossier(call, Nothing {}, Nothing {}, NewDossier { facts }).unwrap().reply.id
}

fn change(call: &Call, id: DossierId, field: &str, value: serde_json::Value) {
    let version = service::dossiers::read_dossier(call, id, Nothing {}, Nothing {}).unwrap().reply.version;
    let body = DossierChange { fields: [(field.to_owned(), value)].into() };
    let call = Call { if_match: Some(version), ..call.clone() };
    service::dossiers::update_dossier(&call, id, Nothing {}, body).unwrap();
}

fn points(call: &Call, query: TrendQuery) -> Vec<TrendPoint> {
    trend::read_trend(call, Nothing {}, query, Nothing {}).unwrap().reply.points
}

fn of(portfolio: Option<PortfolioId>) -> TrendQuery {
    let id = portfolio.map_or_else(|| "none".to_owned(), |p| p.to_string());
    TrendQuery { portfolio_id: Some(id), ..Default::default() }
}

fn moves(call: &Call, query: MoveQuery) -> MovePage {
    trend::list_moves(call, Nothing {}, query, Nothing {}).unwrap().reply
}

fn since(from: &str) -> MoveQuery {
    MoveQuery { since: Some(day(from)), facets: Some(true), ..Default::default() }
}

/// Another person of the firm, who is asked for at a moment.
fn join(firm: &Firm, email: &str, role: Role, portfolios: Vec<PortfolioId>, now: DateTime<Utc>) -> Call {
    let body = NewInvitation {
        email: email.to_owned(),
        role,
        access: Some(Access::Granted),
        portfolio_ids: portfolios,
        aliases: Vec::new(),
    };
    let link =
        service::people::create_invitation(&firm.call, Nothing {}, Nothing {}, body).unwrap().reply.link.unwrap();
    let body = InvitationAnswer {
        token: link.split_once('#').unwrap().1.to_owned(),
        name: format!("Personne {role}"),
        password: "quatre mots bien assez longs".into(),
    };
    let nobody = Call { actor: None, ..firm.call.clone() };
    let token = service::session::accept_invitation(&nobody, Nothing {}, Nothing {}, body).unwrap().reply.access_token;
    let actor = service::session::authenticate(&firm.app, &token, firm.call.now).unwrap();
    Call { actor: Some(actor), now, ..firm.call.clone() }
}

fn pointer<T: std::fmt::Debug>(result: service::Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code, Code::BadRequest, "{error}");
    error.fields[0].pointer.clone()
}

both_databases! {
    fn each_day_is_kept_once_and_a_missed_one_is_missing(firm) {
        let lille = firm.portfolio("Lille");
        let first = at(firm, "2027-01-04");
        let (a, _) = (create(&first, 1, Some(lille)), create(&first, 2, None));
        trend::keep_day(&firm.app, day("2027-01-04")).unwrap();
        // What happens later that day is not in its point, whether or not the server starts again.
        create(&first, 3, Some(lille));
        trend::keep_day(&firm.app, day("2027-01-04")).unwrap();
        change(&at(firm, "2027-01-05"), a, "portfolio_id", json!(null));
        // Nobody was there on the 5th.
        trend::keep_day(&firm.app, day("2027-01-06")).unwrap();
        change(&at(firm, "2027-01-07"), a, "reception_platform", json!("Tiime"));

        let now = at(firm, "2027-01-07");
        let all = points(&now, TrendQuery::default());
        let told: Vec<_> = all.iter().map(|p| (p.on.to_string(), p.dossiers)).collect();
        let expected = [("2027-01-04", 2), ("2027-01-06", 3), ("2027-01-07", 3)];
        assert_eq!(told, expected.map(|(on, n)| (on.to_owned(), n)));
        assert_eq!(all[2].score, Some(firm.cockpit().score.unwrap()), "today is as the cockpit tells it");
        assert!(all[2].score > all[1].score);
        let states = all[2].states;
        assert_eq!(states.ready + states.on_track + states.at_risk + states.late + states.unknown, 3);

        let counts = |query| points(&now, query).iter().map(|p| p.dossiers).collect::<Vec<_>>();
        assert_eq!(counts(of(Some(lille))), [1, 1, 1]);
        assert_eq!(counts(of(None)), [1, 2, 2]);
        let narrowed = TrendQuery { from: Some(day("2027-01-05")), to: Some(day("2027-01-06")), ..Default::default() };
        assert_eq!(counts(narrowed), [3]);

        let asked = |from, to| TrendQuery { from: Some(day(from)), to: Some(day(to)), ..Default::default() };
        let ask = |query| trend::read_trend(&now, Nothing {}, query, Nothing {});
        assert_eq!(pointer(ask(asked("2027-01-07", "2027-01-06"))), "?from");
        assert_eq!(pointer(ask(asked("2020-01-07", "2027-01-06"))), "?from");
        let other = TrendQuery { portfolio_id: Some("019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11".into()), ..Default::default() };
        assert_eq!(ask(other).unwrap_err().code, Code::NotFound);
    }

    fn people_see_the_trend_and_the_moves_of_their_portfolios(firm) {
        let (lille, arras) = (firm.portfolio("Lille"), firm.portfolio("Arras"));
        let first = at(firm, "2027-01-04");
        let ids = [(1, lille), (2, lille), (3, arras)].map(|(n, p)| create(&first, n, Some(p)));
        change(&first, ids[1], "confidential", json!(true));
        trend::keep_day(&firm.app, day("2027-01-04")).unwrap();
        let now = noon("2027-01-05");
        for id in ids {
            change(&Call { now, ..firm.call.clone() }, id, "reception_platform", json!("Tiime"));
        }
        let staff = join(firm, "karim@essai.example", Role::Staff, vec![lille], now);
        let counts = |call: &Call| points(call, TrendQuery::default()).iter().map(|p| p.dossiers).collect::<Vec<_>>();
        assert_eq!(counts(&staff), [1, 1], "one of its two, the other is confidential");
        assert_eq!(counts(&Call { now, ..firm.call.clone() }), [3, 3]);
        let ask = trend::read_trend(&staff, Nothing {}, of(Some(arras)), Nothing {});
        assert_eq!(ask.unwrap_err().code, Code::NotFound);
        let query = BurnUpQuery {
            obligation: ObligationGroup::Reception,
            portfolio_id: Some(arras.to_string()),
            from: None,
            to: None,
        };
        let ask = trend::read_burn_up(&staff, Nothing {}, query, Nothing {});
        assert_eq!(ask.unwrap_err().code, Code::NotFound);
        let seen = moves(&staff, since("2027-01-05"));
        assert_eq!(seen.data.iter().map(|m| m.dossier_id).collect::<Vec<_>>(), [ids[0]]);
        assert_eq!(seen.totals.unwrap().up, 1);
        assert_eq!(moves(&Call { now, ..firm.call.clone() }, since("2027-01-05")).data.len(), 3);
    }

    fn what_moved_is_told_with_its_criteria(firm) {
        let lille = firm.portfolio("Lille");
        let first = at(firm, "2027-01-04");
        let [a, b, c, d] = [1, 2, 3, 4].map(|n| create(&first, n, (n < 3).then_some(lille)));
        change(&first, b, "contacts", json!([{ "email": "a@exemple.fr" }]));
        change(&first, c, "reception_platform", json!("Tiime"));
        let second = at(firm, "2027-01-06");
        assert!(moves(&second, since("2027-01-05")).data.is_empty(), "what came is no move");

        change(&second, a, "reception_platform", json!("Tiime"));
        change(&second, b, "contacts", json!([]));
        change(&second, c, "notes", json!("Rien qui compte"));
        change(&second, d, "reception_platform", json!("Tiime"));
        // Several changes of a day and of days after are one move, from the first state to the last.
        change(&second, a, "contacts", json!([{ "email": "b@exemple.fr" }]));
        let third = at(firm, "2027-01-08");
        change(&third, d, "reception_platform", json!(null));

        let page = moves(&third, since("2027-01-05"));
        let told: Vec<_> = page.data.iter().map(|m| (m.dossier_id, m.direction)).collect();
        assert_eq!(told, [(a, MoveDirection::Up), (b, MoveDirection::Down)]);
        let up = &page.data[0];
        assert_eq!(up.gained, [Criterion::ReceptionPlatform, Criterion::Contact]);
        assert!(up.lost.is_empty() && up.score > up.score_before);
        assert_eq!(page.data[1].lost, [Criterion::Contact]);
        let row = firm.all().into_iter().find(|r| r.id == a).unwrap();
        assert_eq!((up.score, up.state), (row.score, row.state));
        let totals = page.totals.unwrap();
        assert_eq!((totals.up, totals.down, totals.level), (1, 1, 0));
        let tally = totals.criteria.iter().find(|t| t.criterion == Criterion::Contact).unwrap();
        assert_eq!((tally.gained, tally.lost), (1, 1));
        let sum = |s: StateCounts| s.ready + s.on_track + s.at_risk + s.late + s.unknown;
        assert_eq!(sum(totals.entered), sum(totals.left));
        assert_eq!(sum(totals.entered), page.data.iter().filter(|m| m.state != m.state_before).count() as u64);

        // As of the 8th, only d has moved, and back.
        let page = moves(&third, since("2027-01-07"));
        assert_eq!(page.data.iter().map(|m| (m.dossier_id, m.direction)).collect::<Vec<_>>(), [(d, MoveDirection::Down)]);
        // Filters are those of the list; pages follow each other.
        let down = MoveQuery { direction: Some(MoveDirection::Down), ..since("2027-01-05") };
        assert_eq!(moves(&third, down).data.iter().map(|m| m.dossier_id).collect::<Vec<_>>(), [b]);
        let filter = DossierQuery { portfolio_id: Several(vec![OrNone::None]), ..Default::default() };
        assert!(moves(&third, MoveQuery { filter, ..since("2027-01-05") }).data.is_empty());
        let one = moves(&third, MoveQuery { limit: Some(1), ..since("2027-01-05") });
        assert_eq!(one.data.len(), 1);
        let two = moves(&third, MoveQuery { limit: Some(1), after: one.next, ..since("2027-01-05") });
        assert_eq!((two.data[0].dossier_id, two.next), (b, None));
        let wrong = MoveQuery { after: Some("00".into()), ..since("2027-01-05") };
        assert!(trend::list_moves(&third, Nothing {}, wrong, Nothing {}).is_err());
        assert_eq!(pointer(trend::list_moves(&third, Nothing {}, since("2020-01-05"), Nothing {})), "?since");

        // Who is gone has no move.
        let version = firm.all().into_iter().find(|r| r.id == a).unwrap().version;
        let call = Call { if_match: Some(version), ..third.clone() };
        service::dossiers::delete_dossier(&call, a, Nothing {}, Nothing {}).unwrap();
        assert_eq!(moves(&third, since("2027-01-05")).data.len(), 1);
        firm.assert_whole();
    }

    fn a_change_of_rules_is_one_event_and_no_move_of_each_dossier(firm) {
        let (lille, arras) = (firm.portfolio("Lille"), firm.portfolio("Arras"));
        let first = at(firm, "2027-01-04");
        let ids = [(1, lille), (2, lille), (3, arras)].map(|(n, p)| create(&first, n, Some(p)));
        // One moves under the old rules, one only under the new.
        let second = at(firm, "2027-01-06");
        change(&second, ids[0], "reception_platform", json!("Tiime"));
        let before = firm.cockpit();
        let mut rules = service::rules::read_readiness_rules(&second, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.rules;
        for weight in &mut rules.weights {
            weight.weight = if weight.criterion == Criterion::ReceptionPlatform { 90 } else { 5 };
        }
        let body = RulesChange { rules, note: "La plateforme d’abord".into() };
        let call = Call { if_match: Some(0), ..second.clone() };
        service::rules::update_readiness_rules(&call, Nothing {}, Nothing {}, body).unwrap();
        let cabinet = firm.call.scope().unwrap().cabinet();
        service::evaluations::run(&firm.app, cabinet, day("2027-01-06"), &|_, _| Ok(())).unwrap();
        firm.assert_whole();
        let after = firm.cockpit();
        assert_ne!(before.score, after.score);

        let third = at(firm, "2027-01-07");
        let page = moves(&third, since("2027-01-05"));
        let [event] = &page.rules[..] else { panic!("{:?}", page.rules) };
        assert_eq!((event.version_before, event.version, event.on), (0, 1, day("2027-01-06")));
        assert_eq!(event.note, "La plateforme d’abord");
        assert_eq!((event.score_before, event.score), (before.score, after.score));
        assert_eq!((event.states_before, event.states), (before.states, after.states));
        // Who moved across the change is told with the rules before it; who did not move is not listed.
        let [moved] = &page.data[..] else { panic!("{:?}", page.data) };
        assert_eq!((moved.dossier_id, moved.rules_before), (ids[0], Some(0)));
        change(&third, ids[1], "reception_platform", json!("Tiime"));
        let page = moves(&third, since("2027-01-05"));
        let told: Vec<_> = page.data.iter().map(|m| (m.dossier_id, m.rules_before)).collect();
        assert!(told.contains(&(ids[0], Some(0))) && told.contains(&(ids[1], None)), "{told:?}");
        assert!(moves(&third, since("2027-01-07")).rules.is_empty(), "the change is older");
        // Others read the event over what they see.
        let staff = join(firm, "karim@essai.example", Role::Staff, vec![arras], third.now);
        let seen = &moves(&staff, since("2027-01-05")).rules[0];
        let states = seen.states;
        assert_eq!(states.ready + states.on_track + states.at_risk + states.late + states.unknown, 1);
    }

    fn rules_and_a_day_that_change_together_are_told_apart(firm) {
        let first = at(firm, "2027-03-04");
        let id = create(&first, 1, None);
        change(&first, id, "reception_platform", json!("Tiime"));
        change(&first, id, "activity", json!({ "b2b": true, "b2c": false, "international": false }));
        let mut rules = service::rules::read_readiness_rules(&first, Nothing {}, Nothing {}, Nothing {}).unwrap().reply.rules;
        rules.at_risk_below = 0;
        let save = |version: i64, rules: &RuleSet, note: &str| {
            let call = Call { if_match: Some(version), ..first.clone() };
            let body = RulesChange { rules: rules.clone(), note: note.into() };
            service::rules::update_readiness_rules(&call, Nothing {}, Nothing {}, body).unwrap();
        };
        let cabinet = firm.call.scope().unwrap().cabinet();
        let run = |on: &str| service::evaluations::run(&firm.app, cabinet, day(on), &|_, _| Ok(())).unwrap();
        save(0, &rules, "Seules les échéances comptent");
        run("2027-03-04");
        let state = || firm.all()[0].state;
        assert_eq!(state(), domain::ReadinessState::OnTrack, "emission is 181 days away");
        // The day passes under the old rules, then the new ones come.
        rules.weights[0].weight = 60;
        save(1, &rules, "L’identité d’abord");
        run("2027-03-05");
        assert_eq!(state(), domain::ReadinessState::AtRisk);
        let page = moves(&at(firm, "2027-03-05"), since("2027-03-05"));
        let [moved] = &page.data[..] else { panic!("{:?}", page.data) };
        assert_eq!((moved.state_before, moved.state, moved.rules_before),
            (domain::ReadinessState::OnTrack, domain::ReadinessState::AtRisk, Some(1)));
        let [event] = &page.rules[..] else { panic!("{:?}", page.rules) };
        assert_eq!((event.version, event.states_before, event.states), (2, event.states, event.states));
        firm.assert_whole();
    }

    fn time_alone_moves_and_old_moves_are_forgotten(firm) {
        let first = at(firm, "2026-03-02");
        let a = create(&first, 1, None);
        let cabinet = firm.call.scope().unwrap().cabinet();
        let due = day("2026-09-01");
        service::evaluations::run(&firm.app, cabinet, due, &|_, _| Ok(())).unwrap();
        let then = at(firm, "2026-09-03");
        let page = moves(&then, since("2026-08-27"));
        assert_eq!(page.data.len(), 1);
        let moved = &page.data[0];
        assert_eq!((moved.dossier_id, moved.state), (a, domain::ReadinessState::Late), "{moved:?}");
        assert_eq!(page.totals.unwrap().entered.late, 1);
        trend::keep_day(&firm.app, due + Days::new(400)).unwrap();
        assert_eq!(moves(&then, since("2026-08-27")).data.len(), 1);
        trend::keep_day(&firm.app, due + Days::new(401)).unwrap();
        assert!(moves(&then, since("2026-08-27")).data.is_empty());
    }

    fn the_burn_up_tells_when_everything_is_prepared(firm) {
        let first = at(firm, "2027-01-04");
        let ids: Vec<_> = (1..=10).map(|n| create(&first, n, None)).collect();
        for (week, on) in ["2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25"].into_iter().enumerate() {
            trend::keep_day(&firm.app, day(on)).unwrap();
            change(&at(firm, on), ids[week], "reception_platform", json!("Tiime"));
        }
        let now = at(firm, "2027-02-01");
        let ask = |obligation, from: Option<&str>| {
            let query = BurnUpQuery { obligation, portfolio_id: None, from: from.map(day), to: None };
            trend::read_burn_up(&now, Nothing {}, query, Nothing {}).unwrap().reply
        };
        let burn_up = ask(ObligationGroup::Reception, None);
        let told: Vec<_> = burn_up.points.iter().map(|p| (p.reached, p.prepared)).collect();
        assert_eq!(told, [(10, 0), (10, 1), (10, 2), (10, 3), (10, 4)]);
        assert_eq!(burn_up.waves.len(), 1);
        assert_eq!((burn_up.waves[0].reached, burn_up.waves[0].prepared), (10, 4));
        assert_eq!(burn_up.due_on, day("2026-09-01"));
        let p = &burn_up.projection;
        assert_eq!((p.remaining, p.weeks, p.per_week), (6, 4, 1.0));
        assert_eq!(p.expected_on, Some(day("2027-02-01") + Days::new(42)));
        assert_eq!(p.verdict, PaceVerdict::NotAtThisPace, "the day is past");
        // The projection does not depend on the days shown.
        let short = ask(ObligationGroup::Reception, Some("2027-01-30"));
        assert_eq!((short.points.len(), &short.projection), (1, p));

        let emission = ask(ObligationGroup::Emission, None);
        assert_eq!(emission.due_on, day("2027-09-01"), "the wave of small firms");
        assert_eq!(emission.points.last().map(|p| (p.reached, p.prepared)), Some((10, 0)));
        assert_eq!(emission.projection.verdict, PaceVerdict::NotAtThisPace);
        assert_eq!(emission.projection.expected_on, None);
    }
}
