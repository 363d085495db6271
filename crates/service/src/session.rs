//! Signing up, in and out; sessions; the signed-in person; the invited person's side of an invitation.
//!
//! An access token lives for minutes and says only which session it belongs to. A refresh token lives in a cookie and
//! is good once: whoever presents an old one shows that somebody else holds it, too, and the session ends for both.

use chrono::{DateTime, Duration, Utc};
use contract::{
    Code, Credentials, InvitationAnswer, InvitationOffer, InvitationToken, Me, MeChange, NewCabinet, Nothing,
    PasswordChange, Pong, PortfolioRef, Session as SessionShape, SessionList, SessionToken,
};
use domain::{Access, CabinetId, Permission, Role, SessionId, UserId};
use serde_json::json;
use store::invitations::{Invitation, Offer};
use store::journal::{Entry, Stamp};
use store::people::{Cabinet, Person};
use store::sessions::Session;
use store::{Actor, Conn, dialect, invitations, journal, people, portfolios, sessions};

use crate::call::RefreshCookie;
use crate::fields::{Check, normal_email};
use crate::people::{email_is_taken, entry, person_created};
use crate::{Answer, App, Call, Error, Result, ids, secrets};

/// Live sessions that a person may have; a sign-in beyond ends the one that was used longest ago.
const MOST_SESSIONS: i64 = 100;
/// Ended and expired sessions are forgotten after this many days; the journal remembers them.
const FORGET_SESSIONS_DAYS: i64 = 30;
const LONGEST_USER_AGENT: usize = 300;

/// The person behind an access token, with the rights of this very moment: nothing but the token's signature and
/// expiry is taken from the token. On the way of every request.
pub fn authenticate(app: &App, bearer: &str, now: DateTime<Utc>) -> Result<Actor> {
    let claims = secrets::read_access_token(app, bearer, now)?;
    sessions::authenticate(&mut *app.store.conn()?, claims.sid, claims.sub, claims.cid, now)?
        .ok_or_else(|| Error::new(Code::SessionEnded))
}

/// Signs a cabinet up with its first partner.
pub fn create_cabinet(call: &Call, _: Nothing, _: Nothing, body: NewCabinet) -> Result<Answer<SessionToken>> {
    let app = &call.app;
    if !app.settings.sign_up_open {
        return Err(Error::say(
            Code::Forbidden,
            "Cette installation n’accepte pas d’inscription : demandez une invitation à votre cabinet, ou un compte à la personne qui l’exploite.",
            "This installation takes no sign-up: ask your firm for an invitation, or the person who operates it for an account.",
        ));
    }
    app.shared.limits.sign_up(call.client.address, &call.told)?;
    let mut check = Check::default();
    let cabinet_name = check.line("/cabinet_name", &body.cabinet_name, 120);
    let name = check.line("/name", &body.name, 120);
    let email = check.email("/email", &body.email);
    check.password("/password", &body.password, &[&email, &name, &cabinet_name]);
    check.done()?;
    if people::email_is_taken(&mut *app.store.conn()?, &email)? {
        return Err(email_is_taken());
    }
    let password_hash = secrets::hash_password(app, &body.password)?;
    let now = whole_micros(call.now);
    let cabinet = Cabinet { id: ids::cabinet(), name: cabinet_name, demo: false, version: 1, created_at: now };
    let person = Person {
        id: ids::user(),
        cabinet: cabinet.id,
        email,
        name,
        lang: body.lang.unwrap_or(call.lang),
        role: Role::Partner,
        access: Access::All,
        active: true,
        aliases: Vec::new(),
        version: 1,
        created_at: now,
        last_seen_at: Some(now),
    };
    let opened = app.store.conn()?.write(|conn| -> Result<Opened> {
        people::insert_cabinet(conn, &cabinet)?;
        dialect::lock_cabinet(conn, cabinet.id)?;
        people::insert_person(conn, &person, &password_hash).map_err(duplicate_email)?;
        let mut entries = vec![
            entry("cabinet.create", "cabinet", cabinet.id, &cabinet.name, json!({ "name": [null, cabinet.name] })),
            person_created(&person, &[]),
        ];
        let opened = open(conn, call, &person, &mut entries)?;
        journal::append(conn, cabinet.id, &stamp_of(call, person.id), &entries)?;
        Ok(opened)
    })?;
    signed_in(call, &opened)
}

/// Signs in.
pub fn create_session(call: &Call, _: Nothing, _: Nothing, body: Credentials) -> Result<Answer<SessionToken>> {
    let app = &call.app;
    let email = normal_email(&body.email);
    let attempt = app.shared.limits.sign_in(call.client.address, &email, &call.told)?;
    let found = people::credentials(&mut *app.store.conn()?, &email)?;
    // No connection is held while the password is hashed; an unknown e-mail costs the same work.
    let proved = secrets::verify_password(app, &body.password, found.as_ref().map(|f| f.password_hash.as_str()))?;
    let Some(found) = found.filter(|f| proved && f.person.active) else {
        return Err(Error::new(Code::BadCredentials));
    };
    let cabinet = found.person.cabinet;
    let opened = app.store.conn()?.write(|conn| -> Result<Opened> {
        dialect::lock_cabinet(conn, cabinet)?;
        // The password may have been changed, or the person deactivated, while it was being compared.
        let present = people::credentials(conn, &email)?
            .filter(|p| p.person.active && p.password_hash == found.password_hash)
            .ok_or_else(|| Error::new(Code::BadCredentials))?;
        let mut entries = Vec::new();
        let opened = open(conn, call, &present.person, &mut entries)?;
        journal::append(conn, cabinet, &stamp_of(call, present.person.id), &entries)?;
        Ok(opened)
    })?;
    attempt.succeeded();
    signed_in(call, &opened)
}

/// Gives a new access token and a new cookie for the cookie.
///
/// The rotation leaves no row in the journal: it changes nothing that a person did or may do, and would add one for
/// every ten minutes of everybody's work. Its abuse does leave one.
pub fn refresh_session(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<SessionToken>> {
    let app = &call.app;
    let ended = || Error::new(Code::SessionEnded);
    let token = call.client.refresh_token.as_deref().ok_or_else(ended)?;
    let (id, secret) = token.split_once('.').ok_or_else(ended)?;
    let id: SessionId = id.parse().map_err(|_| ended())?;
    let now = whole_micros(call.now);
    let mut conn = app.store.conn()?;
    let (session, person_name) = sessions::live(&mut conn, id, now)?.ok_or_else(ended)?;
    let next = secrets::secret();
    let rotated = secrets::digest(secret) == session.refresh_hash
        && conn.write(|conn| -> Result<bool> {
            let rotated = sessions::rotate(conn, &session, &secrets::digest(&next), now, expiry(app, now))?;
            if rotated {
                people::seen(conn, session.user, now)?;
            }
            Ok(rotated)
        })?;
    if !rotated {
        // An old token, or an invented one. The true holder and the other cannot be told apart: both must sign in.
        conn.write(|conn| -> Result<()> {
            dialect::lock_cabinet(conn, session.cabinet)?;
            if sessions::end(conn, &session, now)? {
                let stamp = Stamp { at: call.now, actor: None, request_id: call.request_id.clone() };
                let row =
                    entry("session.reuse", "session", session.id, &person_name, json!({ "ended": [false, true] }));
                journal::append(conn, session.cabinet, &stamp, &[row])?;
            }
            Ok(())
        })?;
        return Err(ended());
    }
    drop(conn);
    signed_in(call, &Opened { session: session.id, user: session.user, cabinet: session.cabinet, secret: next })
}

/// Signs out.
pub fn end_session(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let actor = call.actor()?;
    end_one(call, actor.session)?;
    Ok(Answer::none().cookie(RefreshCookie::Clear))
}

pub fn list_sessions(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<SessionList>> {
    let actor = call.actor()?;
    let data = sessions::own(&mut *call.app.store.conn()?, &actor.scope, call.now)?
        .into_iter()
        .map(|s| SessionShape {
            id: s.id,
            user_id: s.user,
            current: s.id == actor.session,
            user_agent: s.user_agent,
            address: s.address,
            created_at: s.created_at,
            last_seen_at: s.last_seen_at,
            expires_at: s.expires_at,
        })
        .collect();
    Ok(Answer::new(SessionList { data }))
}

/// Ends one's own session, or for those who manage people that of anybody in the cabinet.
pub fn delete_session(call: &Call, id: SessionId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    end_one(call, id)?;
    Ok(Answer::none())
}

fn end_one(call: &Call, id: SessionId) -> Result<()> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let session = sessions::of_cabinet(conn, scope, id, call.now)?;
        if session.user != scope.user() && !scope.allows(Permission::PeopleManage) {
            return Err(Error::not_found());
        }
        let person = people::person(conn, scope, session.user)?;
        if sessions::end(conn, &session, call.now)? {
            let row = entry("session.end", "session", session.id, &person.name, json!({ "ended": [false, true] }));
            journal::append(conn, scope.cabinet(), &crate::journal::stamp(call), &[row])?;
        }
        Ok(())
    })
}

pub fn read_me(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<Me>> {
    Ok(Answer::new(me(&mut *call.app.store.conn()?, call.actor()?)?))
}

pub fn update_me(call: &Call, _: Nothing, _: Nothing, body: MeChange) -> Result<Answer<Me>> {
    let actor = call.actor()?;
    let mut check = Check::default();
    let name = body.name.as_deref().map(|name| check.line("/name", name, 120));
    check.done()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, actor.scope.cabinet())?;
        let mut person = people::person(conn, &actor.scope, actor.scope.user())?;
        let mut changes = serde_json::Map::new();
        if let Some(name) = name.filter(|n| *n != person.name) {
            changes.insert("name".to_owned(), json!([person.name, name]));
            person.name = name;
        }
        if let Some(lang) = body.lang.filter(|l| *l != person.lang) {
            changes.insert("lang".to_owned(), json!([person.lang, lang]));
            person.lang = lang;
        }
        if !changes.is_empty() {
            people::save_person(conn, &mut person)?;
            let row = entry("person.update", "person", person.id, &person.name, changes.into());
            journal::append(conn, person.cabinet, &crate::journal::stamp(call), &[row])?;
        }
        let actor = Actor { name: person.name, lang: person.lang, ..actor.clone() };
        Ok(Answer::new(me(conn, &actor)?))
    })
}

/// Changes one's password and ends one's other sessions.
pub fn change_password(call: &Call, _: Nothing, _: Nothing, body: PasswordChange) -> Result<Answer<Nothing>> {
    let app = &call.app;
    let actor = call.actor()?;
    let attempt = app.shared.limits.password(&actor.email, &call.told)?;
    let (own, cabinet) = {
        let mut conn = app.store.conn()?;
        (people::own_credentials(&mut conn, &actor.scope)?, people::cabinet(&mut conn, &actor.scope)?)
    };
    if !secrets::verify_password(app, &body.current, Some(&own.password_hash))? {
        return Err(Error::new(Code::BadCredentials));
    }
    attempt.succeeded();
    let mut check = Check::default();
    check.password("/new", &body.new, &[&own.person.email, &own.person.name, &cabinet.name]);
    if body.new == body.current {
        check.refuse(
            "/new",
            "password_same",
            "C’est le mot de passe actuel : choisissez-en un autre.",
            "This is the present password: choose another one.",
        );
    }
    check.done()?;
    let password_hash = secrets::hash_password(app, &body.new)?;
    app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, cabinet.id)?;
        // Somebody who changed it in the meantime may have done so to lock this session out.
        if people::own_credentials(conn, &actor.scope)?.password_hash != own.password_hash {
            return Err(Error::new(Code::BadCredentials));
        }
        people::set_password(conn, &own.person, &password_hash)?;
        let ended = sessions::end_all(conn, &own.person, Some(actor.session), call.now)?;
        let row = entry(
            "person.password",
            "person",
            own.person.id,
            &own.person.name,
            json!({ "other_sessions": [ended, 0] }),
        );
        journal::append(conn, cabinet.id, &crate::journal::stamp(call), &[row])?;
        Ok(())
    })?;
    Ok(Answer::none())
}

/// What the holder of an invitation's link is shown.
pub fn find_invitation(call: &Call, _: Nothing, _: Nothing, body: InvitationToken) -> Result<Answer<InvitationOffer>> {
    let attempt = call.app.shared.limits.invitation(call.client.address, &call.told)?;
    let offer = invitations::by_token(&mut *call.app.store.conn()?, &secrets::digest(body.token.trim()))?
        .ok_or_else(no_such_invitation)?;
    attempt.succeeded();
    standing(&offer.invitation, call.now)?;
    Ok(Answer::new(InvitationOffer {
        cabinet_name: offer.cabinet_name,
        invited_by: offer.invited_by,
        email: offer.invitation.email,
        role: offer.invitation.role,
        expires_at: offer.invitation.expires_at,
    }))
}

/// Makes the invited person a person of the cabinet and signs in.
pub fn accept_invitation(call: &Call, _: Nothing, _: Nothing, body: InvitationAnswer) -> Result<Answer<SessionToken>> {
    let app = &call.app;
    let attempt = app.shared.limits.invitation(call.client.address, &call.told)?;
    let token_hash = secrets::digest(body.token.trim());
    let Offer { invitation, cabinet_name, .. } =
        invitations::by_token(&mut *app.store.conn()?, &token_hash)?.ok_or_else(no_such_invitation)?;
    attempt.succeeded();
    standing(&invitation, call.now).map_err(|e| already_accepted(&invitation).unwrap_or(e))?;
    let mut check = Check::default();
    let name = check.line("/name", &body.name, 120);
    check.password("/password", &body.password, &[&invitation.email, &name, &cabinet_name]);
    check.done()?;
    let password_hash = secrets::hash_password(app, &body.password)?;
    let now = whole_micros(call.now);
    let opened = app.store.conn()?.write(|conn| -> Result<Opened> {
        dialect::lock_cabinet(conn, invitation.cabinet)?;
        if !invitations::accept(conn, &invitation, now)? {
            let present = invitations::by_token(conn, &token_hash)?.ok_or_else(no_such_invitation)?.invitation;
            return Err(already_accepted(&present).unwrap_or_else(no_such_invitation));
        }
        let person = Person {
            id: ids::user(),
            cabinet: invitation.cabinet,
            email: invitation.email.clone(),
            name,
            lang: call.lang,
            role: invitation.role,
            access: invitation.role.access(invitation.access),
            active: true,
            aliases: invitation.aliases.clone(),
            version: 1,
            created_at: now,
            last_seen_at: Some(now),
        };
        people::insert_person(conn, &person, &password_hash).map_err(duplicate_email)?;
        people::grant(conn, &person, &invitation.portfolios)?;
        let granted = people::granted(conn, &person)?;
        let stamp = stamp_of(call, person.id);
        let mut entries = vec![
            entry(
                "invitation.accept",
                "invitation",
                invitation.id,
                &invitation.email,
                json!({ "state": ["open", "accepted"] }),
            ),
            person_created(&person, &granted),
        ];
        let opened = open(conn, call, &person, &mut entries)?;
        journal::append(conn, person.cabinet, &stamp, &entries)?;
        let judge = call.app.judge(conn, person.cabinet, call.today())?;
        crate::people::hand_over(conn, &stamp, &person, &person.aliases, &judge)?;
        Ok(opened)
    })?;
    signed_in(call, &opened)
}

/// Answers behind the full guard.
pub fn read_ping(_: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<Pong>> {
    Ok(Answer::new(Pong { ok: true }))
}

/// A session that was just opened or renewed, with the secret that its cookie gets.
struct Opened {
    session: SessionId,
    user: UserId,
    cabinet: CabinetId,
    secret: String,
}

/// Opens a session for a person who has proved who they are.
fn open(conn: &mut Conn, call: &Call, person: &Person, entries: &mut Vec<Entry>) -> Result<Opened> {
    let now = whole_micros(call.now);
    let secret = secrets::secret();
    let user_agent = call
        .client
        .user_agent
        .as_deref()
        .map(|agent| agent.chars().filter(|c| !c.is_control()).take(LONGEST_USER_AGENT).collect::<String>());
    let session = Session {
        id: ids::session(),
        cabinet: person.cabinet,
        user: person.id,
        refresh_hash: secrets::digest(&secret),
        user_agent,
        address: call.client.address.map(|a| a.to_canonical().to_string()),
        created_at: now,
        last_seen_at: now,
        expires_at: expiry(&call.app, now),
    };
    sessions::insert(conn, &session)?;
    people::seen(conn, person.id, now)?;
    entries.push(entry(
        "session.create",
        "session",
        session.id,
        &person.name,
        json!({ "user_agent": [null, session.user_agent] }),
    ));
    for surplus in sessions::trim(conn, person.id, MOST_SESSIONS, now - Duration::days(FORGET_SESSIONS_DAYS), now)? {
        entries.push(entry("session.end", "session", surplus, &person.name, json!({ "ended": [false, true] })));
    }
    Ok(Opened { session: session.id, user: person.id, cabinet: person.cabinet, secret })
}

/// The reply to whoever has just signed in.
fn signed_in(call: &Call, opened: &Opened) -> Result<Answer<SessionToken>> {
    let app = &call.app;
    let access_token = secrets::write_access_token(app, opened.session, opened.user, opened.cabinet, call.now)?;
    let mut conn = app.store.conn()?;
    let actor = sessions::authenticate(&mut conn, opened.session, opened.user, opened.cabinet, call.now)?
        .ok_or_else(|| Error::new(Code::SessionEnded))?;
    let reply = SessionToken {
        access_token,
        token_type: "Bearer".to_owned(),
        expires_in: u32::try_from(app.settings.access_token_life.as_secs()).unwrap_or(u32::MAX),
        me: me(&mut conn, &actor)?,
    };
    Ok(Answer::new(reply).cookie(RefreshCookie::Set {
        token: format!("{}.{}", opened.session, opened.secret),
        max_age_seconds: i64::try_from(app.settings.session_life.as_secs()).unwrap_or(i64::MAX),
    }))
}

fn me(conn: &mut Conn, actor: &Actor) -> Result<Me> {
    let scope = &actor.scope;
    let cabinet = people::cabinet(conn, scope)?;
    let portfolios =
        portfolios::list(conn, scope)?.into_iter().map(|p| PortfolioRef { id: p.id, name: p.name }).collect();
    Ok(Me {
        user_id: scope.user(),
        name: actor.name.clone(),
        email: actor.email.clone(),
        lang: actor.lang,
        role: scope.role(),
        access: scope.access(),
        permissions: Permission::ALL.iter().copied().filter(|p| scope.allows(*p)).collect(),
        cabinet_id: cabinet.id,
        cabinet_name: cabinet.name,
        portfolios,
        session_id: actor.session,
    })
}

/// Who has just become known is the one who acts.
fn stamp_of(call: &Call, user: UserId) -> Stamp {
    Stamp { actor: Some(user), ..crate::journal::stamp(call) }
}

fn expiry(app: &App, now: DateTime<Utc>) -> DateTime<Utc> {
    Duration::from_std(app.settings.session_life)
        .ok()
        .and_then(|life| now.checked_add_signed(life))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A time as both databases give it back.
pub(crate) fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    store::time::from_db(store::time::to_db(at))
}

fn duplicate_email(e: store::Error) -> Error {
    if dialect::is_duplicate(&e) { email_is_taken() } else { e.into() }
}

fn no_such_invitation() -> Error {
    Error::say(
        Code::NotFound,
        "Ce lien d’invitation n’existe pas : copiez-le en entier, ou demandez-en un nouveau à la personne qui vous invite.",
        "This invitation link does not exist: copy the whole of it, or ask the person who invites you for a new one.",
    )
}

/// Refuses an invitation that can no longer be accepted. Only the holder of its link learns why.
fn standing(invitation: &Invitation, now: DateTime<Utc>) -> Result<()> {
    let (fr, en) = match crate::people::state(invitation, now) {
        contract::InvitationState::Open => return Ok(()),
        contract::InvitationState::Accepted => {
            ("Cette invitation a déjà été acceptée : connectez-vous.", "This invitation was accepted already: sign in.")
        }
        contract::InvitationState::Revoked => (
            "Cette invitation a été retirée ou remplacée : demandez un nouveau lien à la personne qui vous invite.",
            "This invitation was withdrawn or replaced: ask the person who invites you for a new link.",
        ),
        contract::InvitationState::Expired => (
            "Cette invitation a expiré : demandez un nouveau lien à la personne qui vous invite.",
            "This invitation has expired: ask the person who invites you for a new link.",
        ),
    };
    Err(Error::say(Code::NotFound, fr, en))
}

fn already_accepted(invitation: &Invitation) -> Option<Error> {
    invitation.accepted_at.map(|_| {
        Error::conflict(
            "Cette invitation a déjà été acceptée : connectez-vous.",
            "This invitation was accepted already: sign in.",
        )
    })
}
