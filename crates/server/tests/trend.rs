//! The sums of the day are kept by a server that starts, once.

use std::time::{Duration, Instant};

use contract::endpoint::op;
use contract::{NewDossier, Nothing};
use testkit::{both_databases, sample, service, store};

both_databases!(a_start_keeps_the_sums_of_the_day, |mut app| {
    let partner = app.sign_up("Cabinet A");
    for number in 0..3 {
        let body = NewDossier { facts: sample::facts(number) };
        app.call::<op::CreateDossier>(&partner.token, Nothing {}, Nothing {}, body).unwrap_or_else(|p| panic!("{p:?}"));
    }
    app.restart();
    let deadline = Instant::now() + Duration::from_secs(30);
    let today = loop {
        let today = service::time::paris_day(chrono::Utc::now());
        let mut conn = app.app().store.conn().expect("a connection");
        if store::daily::is_kept(&mut conn, partner.cabinet_id, today).expect("a look at the day") {
            break today;
        }
        assert!(Instant::now() < deadline, "nobody kept the day");
        std::thread::sleep(Duration::from_millis(20));
    };
    let trend = app.get::<op::ReadTrend>(&partner);
    assert_eq!(trend.points.last().map(|p| (p.on, p.dossiers)), Some((today, 3)));
    let file = |name: &str| app.raw("GET", name).token(&partner.token).send();
    let bad = file("/api/v1/cockpit/burn-up").problem();
    assert_eq!(bad.errors[0].pointer, "?obligation", "{bad:?}");
    let bad = file("/api/v1/cockpit/moves?direction=sideways").problem();
    assert_eq!(bad.errors[0].pointer, "?direction", "{bad:?}");
    let id = app.get::<op::ListDossiers>(&partner).data[0].id;
    let zip = file(&format!("/api/v1/dossiers/{id}/advice-file.zip"));
    assert_eq!((zip.status, zip.header("content-type")), (200, Some("application/zip")));
    assert!(zip.header("content-disposition").is_some_and(|d| d.contains("cabready-dossier-de-conseil-")));
});
