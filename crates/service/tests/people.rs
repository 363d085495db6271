//! People, sessions, rights, invitations, portfolios, views and idempotency, on both databases.

mod common;

use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use chrono::Duration;
use common::{PASSWORD, SignedIn, World, code, on_both, signed_in};
use contract::endpoint::op;
use contract::{
    CabinetChange, Code, Endpoint, InvitationAnswer, InvitationState, InvitationToken, MeChange, NewCabinet,
    NewDossier, NewInvitation, NewView, Nothing, PasswordChange, PersonChange, PortfolioInput, SessionToken, ViewOf,
    ViewQuery,
};
use domain::{Access, DossierFacts, InCharge, Lang, Permission, PortfolioId, Role, Siren, UserId};
use serde_json::json;
use service::call::RefreshCookie;
use service::{Answer, Call, Client, admin, idempotency, people, portfolios, session, views};

const NONE: Nothing = Nothing {};

fn refresh(world: &World, cookie: &str) -> service::Result<Answer<SessionToken>> {
    let call = world.nobody();
    let call = Call { client: Client { refresh_token: Some(cookie.to_owned()), ..call.client.clone() }, ..call };
    session::refresh_session(&call, NONE, NONE, NONE)
}

fn authenticate(world: &World, who: &SignedIn) -> service::Result<store::Actor> {
    session::authenticate(&world.app, &who.token.access_token, world.now.get())
}

fn portfolio(world: &World, who: &SignedIn, name: &str, people: &[UserId]) -> PortfolioId {
    let body = PortfolioInput { name: name.to_owned(), people: people.to_vec() };
    portfolios::create_portfolio(&world.by(who), NONE, NONE, body).unwrap().reply.id
}

/// A dossier with people in charge by imported name.
fn dossier(world: &World, who: &SignedIn, siren: &str, change: impl FnOnce(&mut DossierFacts)) -> domain::DossierId {
    let mut facts = DossierFacts::new(Siren::parse(siren).unwrap(), format!("Client {siren}"));
    change(&mut facts);
    service::dossiers::create_dossier(&world.by(who), NONE, NONE, NewDossier { facts }).unwrap().reply.id
}

fn label(name: &str) -> InCharge {
    InCharge { user_id: None, label: Some(name.to_owned()) }
}

fn invitation(email: &str, role: Role) -> NewInvitation {
    NewInvitation { email: email.to_owned(), role, access: None, portfolio_ids: Vec::new(), aliases: Vec::new() }
}

fn person(world: &World, who: &SignedIn, id: UserId) -> contract::Person {
    let list = people::list_people(&world.by(who), NONE, NONE, NONE).unwrap().reply;
    list.data.into_iter().find(|p| p.id == id).unwrap()
}

#[test]
fn sign_up_creates_a_cabinet_and_its_partner_and_signs_in() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet Martin", " Claire.Martin@Exemple.fr ");
        let me = &claire.token.me;
        assert_eq!((me.email.as_str(), me.role, me.access), ("claire.martin@exemple.fr", Role::Partner, Access::All));
        assert_eq!(me.cabinet_name, "Cabinet Martin");
        assert_eq!(me.permissions, Permission::ALL);
        assert_eq!(claire.token.expires_in, 600);
        let read = session::read_me(&world.by(&claire), NONE, NONE, NONE).unwrap().reply;
        assert_eq!(&read, me);
        assert_eq!(world.actions(&claire), ["cabinet.create", "person.create", "session.create"]);
        // Nothing secret is in the journal.
        let told = format!("{:?}", world.journal(&claire));
        let secret = claire.cookie.split_once('.').unwrap().1;
        for hidden in ["argon2", PASSWORD, secret, &service::secrets::digest(secret)] {
            assert!(!told.contains(hidden));
        }
    });
}

#[test]
fn an_email_is_one_person_over_all_cabinets() {
    on_both(|world| {
        let first = world.sign_up("Cabinet A", "claire@exemple.fr");
        let body = NewCabinet {
            cabinet_name: "Cabinet B".into(),
            name: "Une autre".into(),
            email: "CLAIRE@exemple.fr".into(),
            password: PASSWORD.into(),
            lang: None,
        };
        assert_eq!(code(session::create_cabinet(&world.nobody(), NONE, NONE, body)), Code::Conflict);
        assert_eq!(admin::list_cabinets(&world.app).unwrap().len(), 1, "nothing is left of the refused one");
        assert_eq!(
            code(people::create_invitation(
                &world.by(&first),
                NONE,
                NONE,
                invitation("claire@exemple.fr", Role::Staff)
            )),
            Code::Conflict
        );
    });
}

#[test]
fn a_sign_up_is_refused_field_by_field() {
    on_both(|world| {
        let body = NewCabinet {
            cabinet_name: " ".into(),
            name: "Claire".into(),
            email: "claire".into(),
            password: "trop court".into(),
            lang: None,
        };
        let error = session::create_cabinet(&world.nobody(), NONE, NONE, body).unwrap_err();
        assert_eq!(error.code, Code::Invalid);
        let pointers: Vec<_> = error.fields.iter().map(|f| f.pointer.as_str()).collect();
        assert_eq!(pointers, ["/cabinet_name", "/email", "/password"]);
        assert!(admin::list_cabinets(&world.app).unwrap().is_empty());
    });
}

#[test]
fn a_wrong_password_an_unknown_email_and_a_closed_account_look_and_cost_the_same() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let karim = world.joined(&claire, "karim@exemple.fr", "Karim Benali", Role::Staff);
        admin::set_active(&world.app, "karim@exemple.fr", false).unwrap();
        let compared = || world.app.shared.secrets.verifications();
        for (email, password) in [
            ("claire@exemple.fr", "un tout autre mot de passe"),
            ("personne@exemple.fr", PASSWORD),
            ("karim@exemple.fr", PASSWORD),
            ("pas un e-mail", ""),
        ] {
            let before = compared();
            let error = world.try_sign_in(email, password).unwrap_err();
            assert_eq!(compared(), before + 1, "{email}: one comparison, whoever it is");
            assert_eq!((error.code, error.detail.is_none(), error.fields.len()), (Code::BadCredentials, true, 0));
        }
        assert_eq!(code(authenticate(world, &karim)), Code::SessionEnded);
        world.sign_in(" CLAIRE@exemple.fr");
    });
}

#[test]
fn guessing_is_limited_per_email_and_per_address_and_success_is_free() {
    on_both(|world| {
        world.sign_up("Cabinet A", "claire@exemple.fr");
        for _ in 0..20 {
            world.sign_in("claire@exemple.fr");
        }
        for _ in 0..5 {
            assert_eq!(code(world.try_sign_in("claire@exemple.fr", "faux")), Code::BadCredentials);
        }
        let compared = world.app.shared.secrets.verifications();
        let refused = world.try_sign_in("claire@exemple.fr", PASSWORD).unwrap_err();
        assert_eq!(refused.code, Code::TooManyRequests);
        assert!((1..=12).contains(&refused.retry_after.unwrap()));
        assert_eq!(world.app.shared.secrets.verifications(), compared, "a refused attempt costs nothing");

        let from = |address: &str, email: &str| {
            let call = world.nobody();
            let client = Client { address: address.parse::<IpAddr>().ok(), ..call.client.clone() };
            let body = contract::Credentials { email: email.into(), password: "faux".into() };
            code(session::create_session(&Call { client, ..call }, NONE, NONE, body))
        };
        for n in 0..10 {
            assert_eq!(from("192.0.2.1", &format!("inconnu{n}@exemple.fr")), Code::BadCredentials);
        }
        assert_eq!(from("192.0.2.1", "un-autre@exemple.fr"), Code::TooManyRequests);
        assert_eq!(from("192.0.2.2", "un-autre@exemple.fr"), Code::BadCredentials);
    });
}

#[test]
fn a_refresh_token_is_good_once_and_an_old_one_ends_the_session() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let other = world.sign_in("claire@exemple.fr");
        let second = signed_in(refresh(world, &claire.cookie).unwrap());
        assert_ne!(second.cookie, claire.cookie);
        assert_eq!(second.token.me.session_id, claire.token.me.session_id);
        let third = signed_in(refresh(world, &second.cookie).unwrap());
        authenticate(world, &third).unwrap();
        assert_eq!(code(refresh(world, &second.cookie)), Code::SessionEnded);
        // The one who held the good token is out, too; the other device is not.
        assert_eq!(code(refresh(world, &third.cookie)), Code::SessionEnded);
        assert_eq!(code(authenticate(world, &third)), Code::SessionEnded);
        authenticate(world, &other).unwrap();
        assert_eq!(world.actions(&other).iter().filter(|a| *a == "session.reuse").count(), 1);
    });
}

#[test]
fn an_invented_secret_ends_the_session_and_nonsense_ends_nothing() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        for nonsense in ["", ".", "abc", "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11.00", "é.é"] {
            assert_eq!(code(refresh(world, nonsense)), Code::SessionEnded, "{nonsense}");
        }
        assert_eq!(code(session::refresh_session(&world.nobody(), NONE, NONE, NONE)), Code::SessionEnded);
        authenticate(world, &claire).unwrap();
        assert_eq!(code(refresh(world, &format!("{}.00", claire.token.me.session_id))), Code::SessionEnded);
        assert_eq!(code(authenticate(world, &claire)), Code::SessionEnded);
    });
}

#[test]
fn two_refreshes_at_once_have_one_winner_at_most() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let call = world.nobody();
        let call = Call { client: Client { refresh_token: Some(claire.cookie.clone()), ..Client::default() }, ..call };
        let won = AtomicU32::new(0);
        std::thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    if session::refresh_session(&call, NONE, NONE, NONE).is_ok() {
                        won.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(won.load(Ordering::SeqCst) <= 1);
        assert_eq!(code(authenticate(world, &claire)), Code::SessionEnded, "three old tokens were presented");
    });
}

#[test]
fn tokens_expire_and_use_keeps_a_session_alive() {
    on_both(|world| {
        let mut claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        world.pass(Duration::seconds(599));
        authenticate(world, &claire).unwrap();
        world.pass(Duration::seconds(1));
        assert_eq!(code(authenticate(world, &claire)), Code::Unauthenticated);
        for _ in 0..3 {
            world.pass(Duration::days(29));
            claire = signed_in(refresh(world, &claire.cookie).unwrap());
        }
        let list = session::list_sessions(&world.by(&claire), NONE, NONE, NONE).unwrap().reply.data;
        assert_eq!(list[0].last_seen_at, world.now.get());
        assert_eq!(person(world, &claire, claire.token.me.user_id).last_seen_at, Some(world.now.get()));
        world.pass(Duration::days(30));
        assert_eq!(code(refresh(world, &claire.cookie)), Code::SessionEnded);
    });
}

#[test]
fn a_forged_token_is_refused() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let me = &claire.token.me;
        let exp = world.now.get().timestamp() + 600;
        let claims = json!({ "iss": "cabready", "aud": "cabready-api", "sid": me.session_id, "sub": me.user_id,
            "cid": me.cabinet_id, "iat": exp - 600, "exp": exp });
        let key = jsonwebtoken::EncodingKey::from_secret(b"another key");
        let forged = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key).unwrap();
        // {"alg":"none"} and the genuine claims, without a signature.
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", claire.token.access_token.split('.').nth(1).unwrap());
        let [header, body, signature] = claire.token.access_token.split('.').collect::<Vec<_>>().try_into().unwrap();
        let reversed: String = signature.chars().rev().collect();
        for token in
            [forged, unsigned, format!("{header}.{body}.{reversed}"), format!("{header}.{body}"), String::new()]
        {
            assert_eq!(code(session::authenticate(&world.app, &token, world.now.get())), Code::Unauthenticated);
        }
        // The key is kept: another process over the same database knows the token.
        session::authenticate(&world.restarted(), &claire.token.access_token, world.now.get()).unwrap();
    });
}

#[test]
fn sessions_are_listed_and_ended_by_their_owner_or_a_partner() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let karim = world.joined(&claire, "karim@exemple.fr", "Karim Benali", Role::Staff);
        let second = world.sign_in("karim@exemple.fr");
        let list = session::list_sessions(&world.by(&karim), NONE, NONE, NONE).unwrap().reply.data;
        assert_eq!(list.len(), 2);
        assert_eq!(list.iter().filter(|s| s.current).count(), 1);
        assert!(list.iter().all(|s| s.user_id == karim.token.me.user_id));
        assert_eq!(list[0].user_agent.as_deref(), Some("Mozilla/5.0 Firefox/144.0"));

        let claires = claire.token.me.session_id;
        assert_eq!(code(session::delete_session(&world.by(&karim), claires, NONE, NONE)), Code::NotFound);
        session::delete_session(&world.by(&karim), second.token.me.session_id, NONE, NONE).unwrap();
        assert_eq!(code(authenticate(world, &second)), Code::SessionEnded);
        session::delete_session(&world.by(&claire), karim.token.me.session_id, NONE, NONE).unwrap();
        assert_eq!(code(authenticate(world, &karim)), Code::SessionEnded);
        assert_eq!(
            code(session::delete_session(&world.by(&claire), karim.token.me.session_id, NONE, NONE)),
            Code::NotFound
        );

        let answer = session::end_session(&world.by(&claire), NONE, NONE, NONE).unwrap();
        assert!(matches!(answer.cookie, Some(RefreshCookie::Clear)));
        assert_eq!(code(authenticate(world, &claire)), Code::SessionEnded);
        assert_eq!(code(refresh(world, &claire.cookie)), Code::SessionEnded);
        let again = world.sign_in("claire@exemple.fr");
        assert_eq!(world.actions(&again).iter().filter(|a| *a == "session.end").count(), 3);
    });
}

#[test]
fn the_number_of_live_sessions_of_a_person_is_bounded() {
    let world = World::sqlite();
    let first = world.sign_up("Cabinet A", "claire@exemple.fr");
    let mut last = first.clone();
    for _ in 0..100 {
        world.pass(Duration::seconds(1));
        last = world.sign_in("claire@exemple.fr");
    }
    assert_eq!(code(authenticate(&world, &first)), Code::SessionEnded);
    assert_eq!(session::list_sessions(&world.by(&last), NONE, NONE, NONE).unwrap().reply.data.len(), 100);
}

#[test]
fn one_changes_ones_name_and_language() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let body = MeChange { name: Some(" Claire Martin-Roux ".into()), lang: Some(Lang::En) };
        let me = session::update_me(&world.by(&claire), NONE, NONE, body.clone()).unwrap().reply;
        assert_eq!((me.name.as_str(), me.lang), ("Claire Martin-Roux", Lang::En));
        assert_eq!(session::read_me(&world.by(&claire), NONE, NONE, NONE).unwrap().reply, me);
        let rows = world.journal(&claire);
        assert_eq!(
            rows.last().unwrap(),
            &(
                "person.update".to_owned(),
                json!({ "name": ["Claire Martin", "Claire Martin-Roux"], "lang": ["fr", "en"] })
            )
        );
        session::update_me(&world.by(&claire), NONE, NONE, body).unwrap();
        assert_eq!(world.journal(&claire).len(), rows.len(), "no change, no row");
        let empty = MeChange { name: Some(String::new()), lang: None };
        assert_eq!(code(session::update_me(&world.by(&claire), NONE, NONE, empty)), Code::Invalid);
    });
}

#[test]
fn a_new_password_ends_the_other_sessions() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let elsewhere = world.sign_in("claire@exemple.fr");
        let change = |current: &str, new: &str| {
            let body = PasswordChange { current: current.into(), new: new.into() };
            session::change_password(&world.by(&claire), NONE, NONE, body)
        };
        let new = "cinq autres mots bien à moi";
        assert_eq!(code(change("faux", new)), Code::BadCredentials);
        assert_eq!(code(change(PASSWORD, "court")), Code::Invalid);
        assert_eq!(code(change(PASSWORD, PASSWORD)), Code::Invalid);
        authenticate(world, &elsewhere).unwrap();
        change(PASSWORD, new).unwrap();
        authenticate(world, &claire).unwrap();
        assert_eq!(code(authenticate(world, &elsewhere)), Code::SessionEnded);
        assert_eq!(code(world.try_sign_in("claire@exemple.fr", PASSWORD)), Code::BadCredentials);
        world.try_sign_in("claire@exemple.fr", new).unwrap();
        assert!(!format!("{:?}", world.journal(&claire)).contains("argon2"));
        for _ in 0..10 {
            let _ = change("faux", new);
        }
        assert_eq!(code(change(new, "encore six mots tout neufs")), Code::TooManyRequests);
    });
}

#[test]
fn a_change_of_rights_works_on_the_next_request() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let karim = world.joined(&claire, "karim@exemple.fr", "Karim Benali", Role::Staff);
        let id = karim.token.me.user_id;
        let lille = portfolio(world, &claire, "Commerces de Lille", &[]);
        let scope = |who: &SignedIn| authenticate(world, who).unwrap().scope;
        assert_eq!(
            (scope(&karim).role(), scope(&karim).access(), scope(&karim).portfolios().len()),
            (Role::Staff, Access::Granted, 0)
        );

        let update = |version: i64, body: PersonChange| {
            people::update_person(&world.by_on(&claire, version), id, NONE, body).map(|a| (a.etag.unwrap(), a.reply))
        };
        let (version, shown) =
            update(1, PersonChange { portfolio_ids: Some(vec![lille, lille]), ..Default::default() }).unwrap();
        assert_eq!((version, shown.portfolio_ids), (2, vec![lille]));
        assert_eq!(scope(&karim).portfolios(), [lille]);
        let (version, shown) =
            update(version, PersonChange { role: Some(Role::Manager), ..Default::default() }).unwrap();
        assert_eq!(shown.access, Access::Granted, "more rights, not more sight, unless told");
        assert!(!scope(&karim).allows(Permission::ImportRun));
        let (version, _) = update(version, PersonChange { access: Some(Access::All), ..Default::default() }).unwrap();
        assert!(scope(&karim).allows(Permission::ImportRun));
        let (version, shown) = update(version, PersonChange { role: Some(Role::Staff), ..Default::default() }).unwrap();
        assert_eq!(shown.access, Access::Granted, "staff never see the whole firm");
        assert_eq!(code(update(version - 1, PersonChange::default())), Code::VersionMismatch);
        assert_eq!(
            code(people::update_person(&world.by(&claire), id, NONE, PersonChange::default())),
            Code::VersionRequired
        );
        let unknown = PortfolioId::from_uuid(uuid::Uuid::now_v7());
        let error = update(version, PersonChange { portfolio_ids: Some(vec![lille, unknown]), ..Default::default() })
            .unwrap_err();
        assert_eq!((error.code, error.fields[0].pointer.as_str()), (Code::Invalid, "/portfolio_ids/1"));

        let (same, _) = update(version, PersonChange::default()).unwrap();
        assert_eq!(same, version, "no change, no version");
        let (version, shown) = update(version, PersonChange { active: Some(false), ..Default::default() }).unwrap();
        assert!(!shown.active);
        assert_eq!(code(authenticate(world, &karim)), Code::SessionEnded);
        assert_eq!(code(refresh(world, &karim.cookie)), Code::SessionEnded);
        assert_eq!(code(world.try_sign_in("karim@exemple.fr", PASSWORD)), Code::BadCredentials);
        assert_eq!(
            world.journal(&claire).last().unwrap(),
            &("person.update".to_owned(), json!({ "active": [true, false], "sessions": [1, 0] }))
        );
        update(version, PersonChange { active: Some(true), ..Default::default() }).unwrap();
        assert_eq!(code(authenticate(world, &karim)), Code::SessionEnded, "what was ended stays ended");
        world.sign_in("karim@exemple.fr");
    });
}

#[test]
fn a_cabinet_keeps_a_partner_and_nobody_changes_their_own_rights() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let id = claire.token.me.user_id;
        let own = |body: PersonChange| people::update_person(&world.by_on(&claire, 1), id, NONE, body);
        assert_eq!(code(own(PersonChange { role: Some(Role::Viewer), ..Default::default() })), Code::Conflict);
        assert_eq!(code(own(PersonChange { active: Some(false), ..Default::default() })), Code::Conflict);
        assert_eq!(code(admin::set_role(&world.app, "claire@exemple.fr", Role::Manager)), Code::Conflict);
        assert_eq!(code(admin::set_active(&world.app, "claire@exemple.fr", false)), Code::Conflict);

        let paul = world.joined(&claire, "paul@exemple.fr", "Paul Roux", Role::Partner);
        assert_eq!(code(own(PersonChange { role: Some(Role::Viewer), ..Default::default() })), Code::Conflict);
        let demoted = PersonChange { role: Some(Role::Manager), ..Default::default() };
        people::update_person(&world.by_on(&paul, 1), id, NONE, demoted).unwrap();
        assert_eq!(authenticate(world, &claire).unwrap().scope.role(), Role::Manager);
        assert_eq!(code(admin::set_active(&world.app, "paul@exemple.fr", false)), Code::Conflict);
        // An inactive partner does not count.
        admin::set_role(&world.app, "claire@exemple.fr", Role::Partner).unwrap();
        admin::set_active(&world.app, "claire@exemple.fr", false).unwrap();
        assert_eq!(code(admin::set_role(&world.app, "paul@exemple.fr", Role::Staff)), Code::Conflict);
    });
}

#[test]
fn another_cabinet_does_not_exist() {
    on_both(|world| {
        let a = world.sign_up("Cabinet A", "a@exemple.fr");
        let b = world.sign_up("Cabinet B", "b@exemple.fr");
        let theirs = portfolio(world, &b, "Le leur", &[]);
        let invited = people::create_invitation(&world.by(&b), NONE, NONE, invitation("c@exemple.fr", Role::Staff))
            .unwrap()
            .reply;
        let view = NewView { list: ViewOf::Dossiers, name: "La leur".into(), query: "state=late".into(), shared: true };
        let view = views::create_view(&world.by(&b), NONE, NONE, view).unwrap().reply;
        let before = world.journal(&b).len();

        let them = b.token.me.user_id;
        assert_eq!(
            code(people::update_person(&world.by_on(&a, 1), them, NONE, PersonChange::default())),
            Code::NotFound
        );
        let body = PortfolioInput { name: "Pris".into(), people: vec![] };
        assert_eq!(code(portfolios::update_portfolio(&world.by_on(&a, 1), theirs, NONE, body)), Code::NotFound);
        assert_eq!(code(portfolios::delete_portfolio(&world.by(&a), theirs, NONE, NONE)), Code::NotFound);
        assert_eq!(code(people::delete_invitation(&world.by(&a), invited.id, NONE, NONE)), Code::NotFound);
        assert_eq!(code(views::delete_view(&world.by(&a), view.id, NONE, NONE)), Code::NotFound);
        assert_eq!(code(session::delete_session(&world.by(&a), b.token.me.session_id, NONE, NONE)), Code::NotFound);
        let body = PortfolioInput { name: "Le mien".into(), people: vec![them] };
        assert_eq!(code(portfolios::create_portfolio(&world.by(&a), NONE, NONE, body)), Code::Invalid);
        let body = NewInvitation { portfolio_ids: vec![theirs], ..invitation("d@exemple.fr", Role::Staff) };
        assert_eq!(code(people::create_invitation(&world.by(&a), NONE, NONE, body)), Code::Invalid);

        assert!(portfolios::list_portfolios(&world.by(&a), NONE, NONE, NONE).unwrap().reply.data.is_empty());
        assert!(views::list_views(&world.by(&a), NONE, ViewQuery::default(), NONE).unwrap().reply.data.is_empty());
        assert!(people::list_invitations(&world.by(&a), NONE, NONE, NONE).unwrap().reply.data.is_empty());
        assert_eq!(people::list_people(&world.by(&a), NONE, NONE, NONE).unwrap().reply.data.len(), 1);
        assert_eq!(world.journal(&b).len(), before, "nothing was written over there");

        // The claims name a session; the row says whose it is.
        let mixed = service::secrets::write_access_token(
            &world.app,
            b.token.me.session_id,
            b.token.me.user_id,
            a.token.me.cabinet_id,
            world.now.get(),
        )
        .unwrap();
        assert_eq!(code(session::authenticate(&world.app, &mixed, world.now.get())), Code::SessionEnded);
    });
}

#[test]
fn a_cabinet_is_renamed_with_its_version() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let read = people::read_cabinet(&world.by(&claire), NONE, NONE, NONE).unwrap();
        assert_eq!((read.etag, read.reply.demo, read.reply.created_at), (Some(1), false, world.now.get()));
        let rename =
            |call: &Call, name: &str| people::update_cabinet(call, NONE, NONE, CabinetChange { name: name.into() });
        assert_eq!(code(rename(&world.by(&claire), "Cabinet B")), Code::VersionRequired);
        let answer = rename(&world.by_on(&claire, 1), "Cabinet B").unwrap();
        assert_eq!((answer.etag, answer.reply.name.as_str()), (Some(2), "Cabinet B"));
        assert_eq!(code(rename(&world.by_on(&claire, 1), "Cabinet C")), Code::VersionMismatch);
        assert_eq!(
            world.journal(&claire).last().unwrap(),
            &("cabinet.update".to_owned(), json!({ "name": ["Cabinet A", "Cabinet B"] }))
        );
    });
}

#[test]
fn an_invitation_lives_once() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let lille = portfolio(world, &claire, "Lille", &[]);
        let gone = portfolio(world, &claire, "Éphémère", &[]);
        let body = NewInvitation {
            access: Some(Access::All),
            portfolio_ids: vec![gone, lille],
            ..invitation(" Karim@Exemple.fr", Role::Staff)
        };
        let made = people::create_invitation(&world.by(&claire), NONE, NONE, body).unwrap().reply;
        assert_eq!(
            (made.email.as_str(), made.access, made.state),
            ("karim@exemple.fr", Access::Granted, InvitationState::Open)
        );
        let link = made.link.clone().unwrap();
        let token = link.strip_prefix("/invitation#").unwrap();
        assert!(token.starts_with("inv_") && token.len() == 68);
        let listed = people::list_invitations(&world.by(&claire), NONE, NONE, NONE).unwrap().reply.data;
        assert_eq!((listed.len(), listed[0].link.as_deref()), (1, None), "the link is told once");
        assert!(!format!("{:?}", world.journal(&claire)).contains(&token[4..]));

        let find = |token: &str| {
            session::find_invitation(&world.nobody(), NONE, NONE, InvitationToken { token: token.into() })
        };
        let offer = find(token).unwrap().reply;
        assert_eq!(
            (offer.cabinet_name.as_str(), offer.invited_by.as_str(), offer.role),
            ("Cabinet A", "Claire Martin", Role::Staff)
        );
        assert_eq!(offer.expires_at, world.now.get() + Duration::days(7));
        assert_eq!(code(find("inv_00")), Code::NotFound);
        portfolios::delete_portfolio(&world.by(&claire), gone, NONE, NONE).unwrap();

        let accept = |token: &str, password: &str| {
            let body = InvitationAnswer { token: token.into(), name: "Karim Benali".into(), password: password.into() };
            session::accept_invitation(&world.nobody(), NONE, NONE, body)
        };
        assert_eq!(code(accept(token, "karim@exemple.fr")), Code::Invalid);
        let karim = signed_in(accept(token, PASSWORD).unwrap());
        let me = &karim.token.me;
        assert_eq!((me.role, me.access, me.cabinet_id), (Role::Staff, Access::Granted, claire.token.me.cabinet_id));
        assert_eq!(me.portfolios.iter().map(|p| p.id).collect::<Vec<_>>(), [lille]);
        assert_eq!(code(accept(token, PASSWORD)), Code::Conflict);
        assert_eq!(code(find(token)), Code::NotFound);
        let listed = people::list_invitations(&world.by(&claire), NONE, NONE, NONE).unwrap().reply.data;
        assert_eq!(listed[0].state, InvitationState::Accepted);
        assert_eq!(code(people::delete_invitation(&world.by(&claire), made.id, NONE, NONE)), Code::Conflict);
        assert_eq!(
            world.actions(&claire)[5..],
            ["invitation.create", "portfolio.delete", "invitation.accept", "person.create", "session.create"]
        );
    });
}

#[test]
fn an_invitation_is_replaced_revoked_or_expires() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let invite = || {
            let made =
                people::create_invitation(&world.by(&claire), NONE, NONE, invitation("karim@exemple.fr", Role::Viewer))
                    .unwrap()
                    .reply;
            (made.id, made.link.unwrap()["/invitation#".len()..].to_owned())
        };
        let find = |token: &str| {
            session::find_invitation(&world.nobody(), NONE, NONE, InvitationToken { token: token.into() })
        };
        let accept = |token: &str| {
            let body = InvitationAnswer { token: token.into(), name: "Karim".into(), password: PASSWORD.into() };
            session::accept_invitation(&world.nobody(), NONE, NONE, body)
        };
        let (first, first_token) = invite();
        let (second, second_token) = invite();
        assert_ne!(first, second);
        assert_eq!(code(find(&first_token)), Code::NotFound);
        assert_eq!(code(accept(&first_token)), Code::NotFound);
        assert_eq!(code(people::delete_invitation(&world.by(&claire), first, NONE, NONE)), Code::Conflict);
        find(&second_token).unwrap();
        people::delete_invitation(&world.by(&claire), second, NONE, NONE).unwrap();
        assert_eq!(code(accept(&second_token)), Code::NotFound);
        let (_, third_token) = invite();
        let stays = world.sign_in("claire@exemple.fr");
        world.pass(Duration::days(7));
        assert_eq!(code(accept(&third_token)), Code::NotFound);
        let stays = signed_in(refresh(world, &stays.cookie).unwrap());
        let states: Vec<_> = people::list_invitations(&world.by(&stays), NONE, NONE, NONE)
            .unwrap()
            .reply
            .data
            .iter()
            .map(|i| i.state)
            .collect();
        assert_eq!(states.iter().filter(|s| **s == InvitationState::Revoked).count(), 2);
        assert_eq!(states.iter().filter(|s| **s == InvitationState::Expired).count(), 1);
        assert_eq!(admin::list_users(&world.app).unwrap().len(), 1);
    });
}

#[test]
fn an_invited_address_that_signed_up_meanwhile_is_refused() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let made =
            people::create_invitation(&world.by(&claire), NONE, NONE, invitation("karim@exemple.fr", Role::Staff))
                .unwrap()
                .reply;
        world.sign_up("Cabinet B", "karim@exemple.fr");
        let token = made.link.unwrap()["/invitation#".len()..].to_owned();
        let body = InvitationAnswer { token, name: "Karim".into(), password: PASSWORD.into() };
        assert_eq!(code(session::accept_invitation(&world.nobody(), NONE, NONE, body)), Code::Conflict);
        let listed = people::list_invitations(&world.by(&claire), NONE, NONE, NONE).unwrap().reply.data;
        assert_eq!(listed[0].state, InvitationState::Open, "the refused acceptance left nothing");
    });
}

#[test]
fn aliases_hand_dossiers_over() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        dossier(world, &claire, "732829320", |f| {
            f.manager = label("collab-06");
            f.assignee = label("Collab-06");
        });
        dossier(world, &claire, "552100554", |f| f.assignee = label("COLLAB 06"));
        dossier(world, &claire, "542051180", |f| f.manager = label("J. Petit"));
        let list = |who: &SignedIn| people::list_people(&world.by(who), NONE, NONE, NONE).unwrap().reply;
        let unknown = |who: &SignedIn| list(who).unknown.into_iter().map(|u| (u.label, u.dossiers)).collect::<Vec<_>>();
        assert_eq!(unknown(&claire), [("COLLAB 06".to_owned(), 2), ("J. Petit".to_owned(), 1)]);

        let body = NewInvitation { aliases: vec!["collab-06".into()], ..invitation("karim@exemple.fr", Role::Staff) };
        let link = people::create_invitation(&world.by(&claire), NONE, NONE, body).unwrap().reply.link.unwrap();
        let karim = world.accept(&link, "Karim Benali");
        let id = karim.token.me.user_id;
        assert_eq!(person(world, &claire, id).dossiers, 2, "a dossier with one person in both duties counts once");
        assert_eq!(unknown(&claire), [("J. Petit".to_owned(), 1)]);
        assert_eq!(unknown(&karim), [], "only who manages people is told names without a person");
        assert_eq!(person(world, &karim, id).dossiers, 0, "none of them is in a portfolio of his");

        let version = person(world, &claire, id).version;
        let body = PersonChange { aliases: Some(vec!["collab-06".into(), "j petit".into()]), ..Default::default() };
        let shown = people::update_person(&world.by_on(&claire, version), id, NONE, body).unwrap().reply;
        assert_eq!((shown.dossiers, shown.aliases.len()), (3, 2));
        assert_eq!(unknown(&claire), []);
        assert_eq!(world.actions(&claire).iter().filter(|a| *a == "dossier.hand_over").count(), 3);

        // A name answers to one person only.
        let body = NewInvitation { aliases: vec!["J. PETIT".into()], ..invitation("julie@exemple.fr", Role::Staff) };
        assert_eq!(code(people::create_invitation(&world.by(&claire), NONE, NONE, body)), Code::Conflict);
        let body = PersonChange { aliases: Some(vec!["Karim Benali".into()]), ..Default::default() };
        assert_eq!(
            code(people::update_person(&world.by_on(&claire, 1), claire.token.me.user_id, NONE, body)),
            Code::Conflict
        );
    });
}

#[test]
fn portfolios_are_named_once_given_and_deleted_empty() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let karim = world.joined(&claire, "karim@exemple.fr", "Karim Benali", Role::Staff);
        let paul = world.joined(&claire, "paul@exemple.fr", "Paul Roux", Role::Manager);
        admin::set_role(&world.app, "paul@exemple.fr", Role::Manager).unwrap();
        let all = PersonChange { access: Some(Access::All), ..Default::default() };
        people::update_person(&world.by_on(&claire, 1), paul.token.me.user_id, NONE, all).unwrap();
        let lille = portfolio(world, &claire, "Commerces de Lille", &[karim.token.me.user_id]);
        portfolio(world, &claire, "Artisans", &[]);
        let body = PortfolioInput { name: "commerces  de LILLE".into(), people: vec![] };
        assert_eq!(code(portfolios::create_portfolio(&world.by(&claire), NONE, NONE, body)), Code::Conflict);

        dossier(world, &claire, "732829320", |f| f.portfolio_id = Some(lille));
        let hidden = dossier(world, &claire, "552100554", |f| {
            f.portfolio_id = Some(lille);
            f.confidential = true;
        });
        let list = |who: &SignedIn| {
            let data = portfolios::list_portfolios(&world.by(who), NONE, NONE, NONE).unwrap().reply.data;
            data.into_iter().map(|p| (p.name, p.dossiers)).collect::<Vec<_>>()
        };
        assert_eq!(list(&claire), [("Artisans".to_owned(), 0), ("Commerces de Lille".to_owned(), 2)]);
        assert_eq!(list(&paul), [("Artisans".to_owned(), 0), ("Commerces de Lille".to_owned(), 1)]);
        assert_eq!(list(&karim), [("Commerces de Lille".to_owned(), 1)]);
        let me = session::read_me(&world.by(&karim), NONE, NONE, NONE).unwrap().reply;
        assert_eq!(me.portfolios.len(), 1);

        let update = |version: i64, name: &str, people: &[UserId]| {
            let body = PortfolioInput { name: name.into(), people: people.to_vec() };
            portfolios::update_portfolio(&world.by_on(&claire, version), lille, NONE, body)
        };
        assert_eq!(code(update(1, "artisans", &[])), Code::Conflict);
        let answer = update(1, "Commerces de Lille", &[]).unwrap();
        assert_eq!((answer.etag, answer.reply.people.len(), answer.reply.dossiers), (Some(2), 0, 2));
        assert_eq!(list(&karim), [], "taken away, out of sight on the next request");
        assert_eq!(code(update(1, "Lille", &[])), Code::VersionMismatch);
        let answer = update(2, "COMMERCES de Lille", &[karim.token.me.user_id]).unwrap();
        assert_eq!((answer.etag, answer.reply.name.as_str()), (Some(3), "COMMERCES de Lille"));

        assert_eq!(code(portfolios::delete_portfolio(&world.by(&paul), lille, NONE, NONE)), Code::Conflict);
        for id in service::dossiers::list_dossiers(&world.by(&claire), NONE, Default::default(), NONE)
            .unwrap()
            .read()
            .unwrap()
            .data
        {
            let dossier = service::dossiers::read_dossier(&world.by(&claire), id.id, NONE, NONE).unwrap();
            service::dossiers::delete_dossier(&world.by_on(&claire, dossier.etag.unwrap()), id.id, NONE, NONE).unwrap();
        }
        assert_eq!(code(service::dossiers::read_dossier(&world.by(&claire), hidden, NONE, NONE)), Code::NotFound);
        portfolios::delete_portfolio(&world.by(&paul), lille, NONE, NONE).unwrap();
        assert_eq!(authenticate(world, &karim).unwrap().scope.portfolios(), []);
        assert_eq!(code(portfolios::delete_portfolio(&world.by(&claire), lille, NONE, NONE)), Code::NotFound);
    });
}

#[test]
fn views_are_ones_own_or_shared() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let karim = world.joined(&claire, "karim@exemple.fr", "Karim Benali", Role::Staff);
        let create = |who: &SignedIn, name: &str, query: &str, shared: bool| {
            let body = NewView { list: ViewOf::Dossiers, name: name.into(), query: query.into(), shared };
            views::create_view(&world.by(who), NONE, NONE, body).map(|a| a.reply)
        };
        let own = create(&karim, "Les miens", "?assignee=me&sort=name", false).unwrap();
        assert_eq!((own.query.as_str(), own.mine), ("assignee=me&sort=name", true));
        let shared = create(&claire, "En retard", "state=late", true).unwrap();
        assert_eq!(code(create(&karim, "les MIENS", "", false)), Code::Conflict);
        assert_eq!(code(create(&karim, "Autre", "state=late<script>", false)), Code::Invalid);
        assert_eq!(code(create(&karim, "Autre", &"a".repeat(2_001), false)), Code::Invalid);
        let names = |who: &SignedIn| {
            let data = views::list_views(&world.by(who), NONE, ViewQuery::default(), NONE).unwrap().reply.data;
            data.into_iter().map(|v| (v.name, v.mine)).collect::<Vec<_>>()
        };
        assert_eq!(names(&karim), [("En retard".to_owned(), false), ("Les miens".to_owned(), true)]);
        assert_eq!(names(&claire), [("En retard".to_owned(), true)]);
        assert_eq!(code(views::delete_view(&world.by(&karim), shared.id, NONE, NONE)), Code::Forbidden);
        assert_eq!(code(views::delete_view(&world.by(&claire), own.id, NONE, NONE)), Code::NotFound);
        let his = create(&karim, "À tous", "", true).unwrap();
        views::delete_view(&world.by(&claire), his.id, NONE, NONE).unwrap();
        views::delete_view(&world.by(&karim), own.id, NONE, NONE).unwrap();
        assert_eq!(names(&karim), [("En retard".to_owned(), false)]);
        assert_eq!(world.actions(&claire).iter().filter(|a| a.starts_with("view.")).count(), 5);
    });
}

#[test]
fn a_repeated_creation_happens_once() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let runs = AtomicU32::new(0);
        let create = |call: &Call, key: &str, name: &str| {
            let body = PortfolioInput { name: name.into(), people: vec![] };
            let hash = service::secrets::digest(&serde_json::to_string(&body).unwrap());
            idempotency::run(call, &op::CreatePortfolio::META, key, &hash, || {
                runs.fetch_add(1, Ordering::SeqCst);
                portfolios::create_portfolio(call, NONE, NONE, body)
            })
        };
        let first = create(&world.by(&claire), "k1", "Lille").unwrap();
        let again = create(&world.by(&claire), "k1", "Lille").unwrap();
        assert_eq!((again.reply, again.etag), (first.reply, first.etag));
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert_eq!(code(create(&world.by(&claire), "k1", "Roubaix")), Code::IdempotencyMismatch);
        // Over a restart.
        let call = Call { app: world.restarted(), ..world.by(&claire) };
        create(&call, "k1", "Lille").unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        // A refusal is not kept: corrected circumstances, same key.
        assert_eq!(code(create(&world.by(&claire), "k2", "LILLE")), Code::Conflict);
        assert_eq!(code(create(&world.by(&claire), "k2", "LILLE")), Code::Conflict);
        assert_eq!(runs.load(Ordering::SeqCst), 3);
        // Keys are a person's own, and forgotten after a day.
        let paul = world.joined(&claire, "paul@exemple.fr", "Paul", Role::Partner);
        create(&world.by(&paul), "k1", "Tourcoing").unwrap();
        world.pass(Duration::hours(25));
        let claire = signed_in(refresh(world, &claire.cookie).unwrap());
        create(&world.by(&claire), "k1", "Roubaix").unwrap();
        for bad in ["", "à", "a b", &"k".repeat(256)] {
            assert_eq!(code(create(&world.by(&claire), bad, "X")), Code::BadRequest);
        }
    });
}

#[test]
fn of_two_same_creations_at_once_one_works() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let call = world.by(&claire);
        let runs = AtomicU32::new(0);
        let create = || {
            idempotency::run(&call, &op::CreatePortfolio::META, "k", "h", || {
                runs.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(std::time::Duration::from_millis(50));
                let body = PortfolioInput { name: "Lille".into(), people: vec![] };
                portfolios::create_portfolio(&call, NONE, NONE, body)
            })
        };
        let outcomes: Vec<_> = std::thread::scope(|s| {
            let threads: Vec<_> = (0..4).map(|_| s.spawn(create)).collect();
            threads.into_iter().map(|t| t.join().unwrap().map(|a| a.reply).map_err(|e| e.code)).collect()
        });
        assert_eq!(runs.load(Ordering::SeqCst), 1);
        assert!(outcomes.iter().any(Result::is_ok));
        assert!(outcomes.iter().all(|o| o.is_ok() || *o == Err(Code::Conflict)), "{outcomes:?}");
        create().unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_reservation_of_a_dead_process_is_taken_over() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let dead = world.by(&claire);
        let claim = |call: &Call| {
            store::idempotency::claim(
                &mut world.app.store.conn().unwrap(),
                call.scope().unwrap(),
                "k",
                "create_view:h",
                call.now,
                Duration::hours(24),
                Duration::seconds(60),
            )
            .unwrap()
        };
        assert_eq!(claim(&dead), store::idempotency::Claim::Taken);
        let create = || {
            let call = world.by(&claire);
            idempotency::run(&call, &op::CreateView::META, "k", "h", || {
                views::create_view(
                    &call,
                    NONE,
                    NONE,
                    NewView { list: ViewOf::Dossiers, name: "V".into(), query: String::new(), shared: false },
                )
            })
        };
        let running = create().unwrap_err();
        assert_eq!((running.code, running.retry_after), (Code::Conflict, Some(1)));
        world.pass(Duration::seconds(61));
        let made = create().unwrap().reply;
        assert_eq!(create().unwrap().reply, made);
    });
}

#[test]
fn the_command_line_manages_people_and_leaves_its_mark() {
    on_both(|world| {
        admin::create_cabinet(&world.app, "Cabinet Dupont", false).unwrap();
        let made =
            admin::create_user(&world.app, "cabinet DUPONT", "Jean@Dupont.fr", "Jean Dupont", Role::Partner).unwrap();
        assert!(!format!("{made:?}").contains(&made.password));
        let jean = signed_in(world.try_sign_in("jean@dupont.fr", &made.password).unwrap());
        assert_eq!(jean.token.me.access, Access::All);
        assert_eq!(
            code(admin::create_user(&world.app, "Cabinet Durand", "x@dupont.fr", "X", Role::Staff)),
            Code::NotFound
        );
        let id = made.cabinet.to_string();
        assert_eq!(code(admin::create_user(&world.app, &id, "jean@dupont.fr", "X", Role::Staff)), Code::Conflict);
        admin::create_user(&world.app, &id, "marie@dupont.fr", "Marie", Role::Partner).unwrap();
        let users = admin::list_users(&world.app).unwrap();
        assert_eq!(users.iter().map(|u| u.email.as_str()).collect::<Vec<_>>(), ["jean@dupont.fr", "marie@dupont.fr"]);

        // Its clock is the real one; the sessions of this test lie in the time of the test.
        world.now.set(chrono::DateTime::from(std::time::SystemTime::now()));
        let jean = signed_in(world.try_sign_in("jean@dupont.fr", &made.password).unwrap());
        let password = admin::reset_password(&world.app, " JEAN@dupont.fr").unwrap();
        assert_eq!(code(authenticate(world, &jean)), Code::SessionEnded);
        assert_eq!(code(world.try_sign_in("jean@dupont.fr", &made.password)), Code::BadCredentials);
        let jean = signed_in(world.try_sign_in("jean@dupont.fr", &password).unwrap());
        assert_eq!(code(admin::reset_password(&world.app, "personne@dupont.fr")), Code::NotFound);
        let told = format!("{:?}", world.journal(&jean));
        assert!(!told.contains(&password) && !told.contains(&made.password));
        assert!(world.actions(&jean).contains(&"person.password".to_owned()));
    });
}

#[test]
fn a_closed_installation_takes_no_sign_up() {
    let mut world = World::sqlite();
    let settings = service::settings::Settings { sign_up_open: false, ..common::settings() };
    world.app.settings = std::sync::Arc::new(settings);
    let body = NewCabinet {
        cabinet_name: "Cabinet A".into(),
        name: "Claire".into(),
        email: "claire@exemple.fr".into(),
        password: PASSWORD.into(),
        lang: None,
    };
    assert_eq!(code(session::create_cabinet(&world.nobody(), NONE, NONE, body)), Code::Forbidden);
}
