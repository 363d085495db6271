//! Following what others do over HTTP: what comes, and that the line ends with its session and with the server.

use std::time::{Duration, Instant};

use contract::endpoint::op;
use contract::{AnomalyAct, AnomalyActInput, LiveQuery, NewDossier, Nothing};
use domain::{Access, Role};
use testkit::{Follow, both_databases, sample};

fn wait(line: &mut Follow, name: &str) -> serde_json::Value {
    loop {
        let (event, data) = line.event().unwrap_or_else(|| panic!("the line ended before {name}"));
        if event == name {
            return data;
        }
    }
}

both_databases!(a_line_tells_what_others_do_and_ends_with_its_session, |mut app| {
    let partner = app.sign_up("Cabinet");
    let manager = app.join(&partner, Role::Manager, Access::All, vec![]);
    let body = NewDossier { facts: sample::facts(1) };
    let dossier = app.call::<op::CreateDossier>(&partner.token, Nothing {}, Nothing {}, body).expect("a dossier");
    let id = sample::anomaly(&app, partner.cabinet_id, &[dossier.id]);

    let follow = |token: &str| {
        let ask = app.ask::<op::FollowLive>(Nothing {}, LiveQuery::default(), Nothing {});
        ask.token(token).open().unwrap_or_else(|r| panic!("{}", r.text()))
    };
    let mut line = follow(&manager.token);
    assert_eq!(line.content_type(), "text/event-stream");
    wait(&mut line, "hello");
    let act = AnomalyAct::Assign { user_id: Some(manager.user_id) };
    let body = AnomalyActInput { ids: Some(vec![id]), filter: None, act, versions: None, preview: false };
    let begin = Instant::now();
    app.call::<op::ActOnAnomalies>(&partner.token, Nothing {}, Nothing {}, body).expect("an act");
    let told = wait(&mut line, "anomaly");
    assert_eq!((told["id"].as_str(), told["version"].as_i64()), (Some(id.to_string().as_str()), Some(2)));
    assert_eq!(wait(&mut line, "notification")["unread"], 1);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());

    // Whoever loses the session loses the line, within seconds.
    let sessions = app.get::<op::ListSessions>(&manager).data;
    let begin = Instant::now();
    app.call::<op::DeleteSession>(&partner.token, sessions[0].id, Nothing {}, Nothing {}).expect("it is ended");
    while line.event().is_some() {}
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());

    // A server that stops waits for nobody who only listens.
    let mut other = follow(&partner.token);
    wait(&mut other, "hello");
    let begin = Instant::now();
    app.stop();
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    while other.event().is_some() {}
});

both_databases!(a_line_whose_reader_has_gone_stands_in_nobodys_way, |app| {
    let partner = app.sign_up("Cabinet");
    let follow = || {
        let ask = app.ask::<op::FollowLive>(Nothing {}, LiveQuery::default(), Nothing {});
        ask.token(&partner.token).open().map_err(|r| r.status)
    };
    let most: Vec<Follow> = (0..8).map(|_| follow().expect("a line")).collect();
    assert_eq!(follow().err(), Some(429), "more lines than a person may have");
    // As a page does that is reloaded.
    drop(most);
    let begin = Instant::now();
    let mut line = loop {
        match follow() {
            Ok(line) => break line,
            Err(status) => assert_eq!(status, 429),
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "the lines of nobody still count");
        std::thread::sleep(Duration::from_millis(100));
    };
    wait(&mut line, "hello");
});
