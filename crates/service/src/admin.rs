//! People by the command line, for whoever operates the installation: a firm without sign-up, a lost password, the
//! last partner locked out. What it does stands in the journal of the cabinet like everything else, without an actor.

use chrono::{DateTime, Utc};
use contract::Code;
use domain::{Access, CabinetId, Lang, Role, UserId};
use serde_json::json;
use store::journal::Stamp;
use store::people::{Cabinet, Credentials, Person};
use store::{Conn, dialect, journal, people, sessions};

use crate::fields::{Check, normal_email};
use crate::people::{email_is_taken, entry, keep_a_partner, person_created};
use crate::session::whole_micros;
use crate::{App, Error, Result, ids, relances, secrets};

/// A line of the list of users.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    pub cabinet: String,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub access: Access,
    pub active: bool,
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// A user with the password to hand over, told this once.
#[derive(Clone)]
pub struct NewUser {
    pub id: UserId,
    pub cabinet: CabinetId,
    pub email: String,
    pub password: String,
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("id", &self.id).finish_non_exhaustive()
    }
}

fn stamp() -> Stamp {
    let at = whole_micros(DateTime::<Utc>::from(std::time::SystemTime::now()));
    Stamp { at, actor: None, request_id: "cli".to_owned() }
}

pub fn list_users(app: &App) -> Result<Vec<User>> {
    let all = people::all_people(&mut *app.store.conn()?)?;
    Ok(all
        .into_iter()
        .map(|(p, cabinet)| User {
            id: p.id,
            cabinet,
            email: p.email,
            name: p.name,
            access: p.role.access(p.access),
            role: p.role,
            active: p.active,
            last_seen_at: p.last_seen_at,
        })
        .collect())
}

pub fn list_cabinets(app: &App) -> Result<Vec<Cabinet>> {
    Ok(people::all_cabinets(&mut *app.store.conn()?)?)
}

/// Creates a cabinet without people; `create_user` then gives it a partner.
pub fn create_cabinet(app: &App, name: &str, demo: bool) -> Result<CabinetId> {
    let mut check = Check::default();
    let name = check.line("/name", name, 120);
    check.done()?;
    let stamp = stamp();
    let cabinet = Cabinet { id: ids::cabinet(), name, demo, version: 1, created_at: stamp.at };
    app.store.conn()?.write(|conn| -> Result<()> {
        people::insert_cabinet(conn, &cabinet)?;
        dialect::lock_cabinet(conn, cabinet.id)?;
        let row =
            entry("cabinet.create", "cabinet", cabinet.id, &cabinet.name, json!({ "name": [null, cabinet.name] }));
        journal::append(conn, cabinet.id, &stamp, &[row])?;
        Ok(())
    })?;
    Ok(cabinet.id)
}

/// Creates a person of a cabinet, named by its id or its name, with a password to hand over.
pub fn create_user(app: &App, cabinet: &str, email: &str, name: &str, role: Role) -> Result<NewUser> {
    let password = secrets::readable_password();
    let person = create_user_with_password(app, cabinet, email, name, role, &password)?;
    Ok(NewUser { id: person.id, cabinet: person.cabinet, email: person.email, password })
}

/// The same with a chosen password, which follows the rules of passwords.
pub fn create_user_with_password(
    app: &App,
    cabinet: &str,
    email: &str,
    name: &str,
    role: Role,
    password: &str,
) -> Result<Person> {
    let mut check = Check::default();
    let name = check.line("/name", name, 120);
    let email = check.email("/email", email);
    check.password("/password", password, &[&email, &name]);
    check.done()?;
    let cabinet = the_cabinet(&people::all_cabinets(&mut *app.store.conn()?)?, cabinet)?;
    let password_hash = secrets::hash_password(app, password)?;
    let stamp = stamp();
    app.store.conn()?.write(|conn| -> Result<Person> {
        dialect::lock_cabinet(conn, cabinet)?;
        let person = Person {
            id: ids::user(),
            cabinet,
            email,
            name,
            lang: Lang::Fr,
            role,
            access: role.access(Access::All),
            active: true,
            aliases: Vec::new(),
            version: 1,
            created_at: stamp.at,
            last_seen_at: None,
        };
        people::insert_person(conn, &person, &password_hash)
            .map_err(|e| if dialect::is_duplicate(&e) { email_is_taken() } else { e.into() })?;
        journal::append(conn, cabinet, &stamp, &[person_created(&person, &[])])?;
        Ok(person)
    })
}

fn the_cabinet(all: &[Cabinet], wanted: &str) -> Result<CabinetId> {
    let folded = domain::fold(wanted);
    let named: Vec<_> = all.iter().filter(|c| c.id.to_string() == wanted || domain::fold(&c.name) == folded).collect();
    match named.as_slice() {
        [one] => Ok(one.id),
        [] => {
            let known: Vec<_> = all.iter().take(10).map(|c| format!("{} ({})", c.name, c.id)).collect();
            Err(Error::say(
                Code::NotFound,
                format!("aucun cabinet « {wanted} » ; connus : {}", known.join(", ")),
                format!("no cabinet “{wanted}”; known: {}", known.join(", ")),
            ))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|c| c.id.to_string()).collect();
            Err(Error::conflict(
                format!("plusieurs cabinets s’appellent « {wanted} » : donnez l’identifiant, {}", ids.join(" ou ")),
                format!("several cabinets are called “{wanted}”: give the id, {}", ids.join(" or ")),
            ))
        }
    }
}

/// Gives a person a new password, told this once, and ends all sessions of the person.
pub fn reset_password(app: &App, email: &str) -> Result<String> {
    let password = secrets::readable_password();
    let password_hash = secrets::hash_password(app, &password)?;
    let stamp = stamp();
    app.store.conn()?.write(|conn| -> Result<()> {
        let person = locked_person(conn, email)?;
        people::set_password(conn, &person, &password_hash)?;
        let ended = sessions::end_all(conn, &person, None, stamp.at)?;
        let row = entry("person.password", "person", person.id, &person.name, json!({ "sessions": [ended, 0] }));
        journal::append(conn, person.cabinet, &stamp, &[row])?;
        Ok(())
    })?;
    Ok(password)
}

/// Lets a person in again, or shuts a person out and ends all sessions.
pub fn set_active(app: &App, email: &str, active: bool) -> Result<()> {
    change(app, email, |person| person.active = active)
}

pub fn set_role(app: &App, email: &str, role: Role) -> Result<()> {
    change(app, email, |person| {
        person.role = role;
        person.access = role.access(person.access);
    })
}

fn change(app: &App, email: &str, change: impl FnOnce(&mut Person)) -> Result<()> {
    let stamp = stamp();
    app.store.conn()?.write(|conn| {
        let before = locked_person(conn, email)?;
        let mut person = before.clone();
        change(&mut person);
        keep_a_partner(conn, &before, &person)?;
        let mut changes = serde_json::Map::new();
        for (field, old, new) in [
            ("role", json!(before.role), json!(person.role)),
            ("access", json!(before.access), json!(person.access)),
            ("active", json!(before.active), json!(person.active)),
        ] {
            if old != new {
                changes.insert(field.to_owned(), json!([old, new]));
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        if !person.active {
            let ended = sessions::end_all(conn, &person, None, stamp.at)?;
            changes.insert("sessions".to_owned(), json!([ended, 0]));
        }
        people::save_person(conn, &mut person)?;
        let row = entry("person.update", "person", person.id, &person.name, changes.into());
        journal::append(conn, person.cabinet, &stamp, &[row])?;
        relances::person_changed(conn, &before, &person, stamp.at)
    })
}

/// The person behind an e-mail, with the cabinet locked for a write.
fn locked_person(conn: &mut Conn, email: &str) -> Result<Person> {
    let email = normal_email(email);
    let find = |conn: &mut Conn| -> Result<Person> {
        let Credentials { person, .. } = people::credentials(conn, &email)?.ok_or_else(|| {
            Error::say(
                Code::NotFound,
                format!("personne n’a l’e-mail « {email} » ; `cabready user list` les montre tous"),
                format!("nobody has the e-mail “{email}”; `cabready user list` shows them all"),
            )
        })?;
        Ok(person)
    };
    let cabinet = find(conn)?.cabinet;
    dialect::lock_cabinet(conn, cabinet)?;
    find(conn)
}
