//! The evaluation of all dossiers of a cabinet: whole, resumable, once.

mod firm;

use chrono::{Days, Utc};
use diesel::connection::SimpleConnection;
use domain::DossierFacts;
use domain::calendar::Settled;
use domain::mandate::Held;
use service::{Error, evaluations};

both_databases! {
    fn all_are_evaluated_once_and_a_stopped_run_goes_on(firm) {
        const DOSSIERS: usize = 1_100;
        service::demo::fill(&firm.app, DOSSIERS as u64, 3).unwrap();
        let mut conn = firm.app.store.conn().unwrap();
        let cabinets = store::references::cabinet_ids(&mut conn).unwrap();
        let count = |id| store::evaluations::after(&mut firm.app.store.conn().unwrap(), id, "").unwrap().len();
        let cabinet = *cabinets.iter().find(|id| count(**id) == DOSSIERS).unwrap();
        let later = service::time::paris_day(Utc::now()) + Days::new(400);

        // What another program found is found anew, all of it; what it did not know of is told of nobody until then.
        conn.batch_execute("UPDATE dossiers SET held = -1").unwrap();
        assert!(store::eligibility::all(&mut conn, cabinet).unwrap().values().all(|held| held.written() == -1));
        let other = store::evaluations::Progress { basis: "another program".into(), after_id: String::new(), done: true };
        conn.write(|conn| store::evaluations::set_progress(conn, cabinet, &other)).unwrap();
        let stopped = evaluations::run_by(&firm.app, cabinet, later, 1_000, &|done, total| {
            assert_eq!((done, total), (1_000, Some(1_100)));
            Err(Error::internal("stopped"))
        });
        assert!(stopped.is_err());
        assert_eq!(evaluations::run(&firm.app, cabinet, later, &|_, _| Ok(())).unwrap(), 100, "it goes on");
        assert_eq!(evaluations::run(&firm.app, cabinet, later, &|_, _| Ok(())).unwrap(), 0, "and is done");

        let judge = firm.app.judge(&mut conn, cabinet, later).unwrap();
        let ids = store::evaluations::after(&mut conn, cabinet, "").unwrap();
        let mut moved = 0;
        for found in store::evaluations::find(&mut conn, cabinet, &ids).unwrap() {
            let facts: DossierFacts = serde_json::from_str(&found.facts).unwrap();
            let assessment = judge.assess(&facts, &Settled::read(&found.settled).unwrap());
            assert_eq!(found.mark, assessment.mark());
            assert_eq!(found.findings.plan, assessment.plan.written());
            assert_eq!(found.findings.held, Held::of(&facts, &assessment.mark(), later).written());
            assert!(found.has_card);
            moved += usize::from(found.mark.exposure_cents > 0);
        }
        assert!(moved > 100, "fines run as time passes: {moved}");
        assert!(service::cockpit::verify_sums(&firm.app).unwrap().iter().all(|report| report.ok));

        // Another day is another basis, back as well.
        let today = service::time::paris_day(Utc::now());
        assert_eq!(evaluations::run(&firm.app, cabinet, today, &|_, _| Ok(())).unwrap(), DOSSIERS as u64);
        assert!(service::cockpit::verify_sums(&firm.app).unwrap().iter().all(|report| report.ok));
    }

    fn a_night_looks_at_what_it_can_have_changed_and_at_nothing_else(firm) {
        const DOSSIERS: u64 = 400;
        service::demo::fill(&firm.app, DOSSIERS, 5).unwrap();
        let mut conn = firm.app.store.conn().unwrap();
        let cabinets = store::references::cabinet_ids(&mut conn).unwrap();
        let cabinet = *cabinets.iter().find(|id| store::evaluations::count(&mut conn, **id).unwrap() == DOSSIERS).unwrap();
        let today = service::time::paris_day(Utc::now());
        evaluations::run(&firm.app, cabinet, today, &|_, _| Ok(())).unwrap();
        let mut looked = Vec::new();
        for days in [1, 2, 3, 30, 60, 100, 101, 200, 279, 280, 400, 800] {
            let day = today + Days::new(days);
            looked.push(evaluations::run(&firm.app, cabinet, day, &|_, _| Ok(())).unwrap());
            assert_eq!(evaluations::run(&firm.app, cabinet, day, &|_, _| Ok(())).unwrap(), 0);
            let judge = firm.app.judge(&mut conn, cabinet, day).unwrap();
            let ids = store::evaluations::after(&mut conn, cabinet, "").unwrap();
            for found in store::evaluations::find(&mut conn, cabinet, &ids).unwrap() {
                let facts: DossierFacts = serde_json::from_str(&found.facts).unwrap();
                let assessment = judge.assess(&facts, &Settled::read(&found.settled).unwrap());
                assert_eq!(found.mark, assessment.mark(), "{day}: {}", facts.name);
                assert_eq!(found.findings.plan, assessment.plan.written());
                assert_eq!(found.findings.held, Held::of(&facts, &assessment.mark(), day).written());
                assert_eq!(found.findings.verdict, assessment.evaluation.verdict.written());
            }
            assert!(service::cockpit::verify_sums(&firm.app).unwrap().iter().all(|report| report.ok));
        }
        assert!(looked[..3].iter().all(|n| *n < DOSSIERS / 2), "most of them rest: {looked:?}");
    }
}
