//! The cabinet, its people and the invitations that it sends.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use chrono::{DateTime, Utc};
use contract::{
    Cabinet as CabinetShape, CabinetChange, Invitation as InvitationShape, InvitationList, InvitationState,
    NewInvitation, Nothing, Person as PersonShape, PersonChange, PersonList, UnknownPerson,
};
use domain::{Access, InvitationId, Permission, PortfolioId, Role, UserId, fold};
use serde_json::{Value, json};
use store::invitations::Invitation;
use store::journal::{Entry, Stamp};
use store::people::{Cabinet, Charge, Person};
use store::{Conn, dialect, invitations, journal, people, sessions};

use crate::fields::Check;
use crate::judge::Judge;
use crate::session::whole_micros;
use crate::{Answer, Call, Error, Result, ids, secrets};

/// Invitations that a list tells, the latest ones.
const MOST_INVITATIONS: i64 = 500;

/// Where the invited person's page is; the secret stands behind `#`, which browsers do not send to servers.
const INVITATION_PAGE: &str = "/invitation#";

/// A row for the journal.
pub(crate) fn entry(
    action: &'static str,
    subject_kind: &'static str,
    subject_id: impl Display,
    subject_label: &str,
    changes: Value,
) -> Entry {
    Entry {
        action,
        subject_kind,
        subject_id: subject_id.to_string(),
        subject_label: subject_label.to_owned(),
        changes,
        act_id: None,
    }
}

pub(crate) fn person_created(person: &Person, granted: &[PortfolioId]) -> Entry {
    let changes = json!({
        "name": [null, person.name],
        "email": [null, person.email],
        "role": [null, person.role],
        "access": [null, person.access],
        "portfolio_ids": [[], granted],
        "aliases": [[], person.aliases],
    });
    entry("person.create", "person", person.id, &person.name, changes)
}

/// Says no more than a sign-in would show to the owner of the address.
pub(crate) fn email_is_taken() -> Error {
    Error::conflict(
        "Cet e-mail a déjà un compte : connectez-vous, ou utilisez une autre adresse.",
        "This e-mail has an account already: sign in, or use another address.",
    )
}

pub fn read_cabinet(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<CabinetShape>> {
    Ok(cabinet_answer(people::cabinet(&mut *call.app.store.conn()?, call.scope()?)?))
}

pub fn update_cabinet(call: &Call, _: Nothing, _: Nothing, body: CabinetChange) -> Result<Answer<CabinetShape>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let name = check.line("/name", &body.name, 120);
    check.done()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let before = people::cabinet(conn, scope)?;
        call.check_version(before.version)?;
        if before.name == name {
            return Ok(cabinet_answer(before));
        }
        let after = people::rename_cabinet(conn, scope, &name)?;
        let row =
            entry("cabinet.update", "cabinet", after.id, &after.name, json!({ "name": [before.name, after.name] }));
        journal::append(conn, after.id, &crate::journal::stamp(call), &[row])?;
        Ok(cabinet_answer(after))
    })
}

fn cabinet_answer(cabinet: Cabinet) -> Answer<CabinetShape> {
    let version = cabinet.version;
    Answer::new(CabinetShape {
        id: cabinet.id,
        name: cabinet.name,
        version,
        created_at: cabinet.created_at,
        demo: cabinet.demo,
    })
    .etag(version)
}

/// The people, with the dossiers in sight that each has in charge; for those who manage people also the imported names
/// that nobody answers to.
pub fn list_people(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<PersonList>> {
    let scope = call.scope()?;
    let (people, grants, charges) = call.app.store.conn()?.read(|conn| -> Result<_> {
        Ok((people::people(conn, scope)?, people::grants(conn, scope)?, people::charges(conn, scope)?))
    })?;
    let mut portfolios: HashMap<UserId, Vec<PortfolioId>> = HashMap::new();
    for (user, portfolio) in grants.into_iter().filter(|(_, p)| scope.sees_portfolio(Some(*p))) {
        portfolios.entry(user).or_default().push(portfolio);
    }
    let mut counts: HashMap<UserId, u64> = HashMap::new();
    for charge in &charges {
        for user in charge.manager.into_iter().chain(charge.assignee.filter(|a| Some(*a) != charge.manager)) {
            *counts.entry(user).or_default() += charge.dossiers;
        }
    }
    let data = people
        .into_iter()
        .map(|p| {
            let (granted, dossiers) = (portfolios.remove(&p.id).unwrap_or_default(), counts.get(&p.id).copied());
            person_shape(p, granted, dossiers.unwrap_or_default())
        })
        .collect();
    let unknown = if scope.allows(Permission::PeopleManage) { unknown_names(&charges) } else { Vec::new() };
    Ok(Answer::new(PersonList { data, unknown }))
}

/// Imported names without a person, the most frequent first. Spellings that differ by case or accents are one name.
fn unknown_names(charges: &[Charge]) -> Vec<UnknownPerson> {
    let mut names: BTreeMap<String, UnknownPerson> = BTreeMap::new();
    for charge in charges {
        let (manager, assignee) = (fold(&charge.manager_label), fold(&charge.assignee_label));
        let twice = manager == assignee;
        for (key, label) in [(manager, &charge.manager_label), (assignee, &charge.assignee_label)]
            .into_iter()
            .take(if twice { 1 } else { 2 })
            .filter(|(key, _)| !key.is_empty())
        {
            let name = names.entry(key).or_insert_with(|| UnknownPerson { label: label.clone(), dossiers: 0 });
            // The spelling does not depend on the order of the rows.
            if *label < name.label {
                name.label.clone_from(label);
            }
            name.dossiers += charge.dossiers;
        }
    }
    let mut names: Vec<_> = names.into_values().collect();
    names.sort_by(|a, b| b.dossiers.cmp(&a.dossiers).then_with(|| a.label.cmp(&b.label)));
    names
}

fn person_shape(p: Person, portfolio_ids: Vec<PortfolioId>, dossiers: u64) -> PersonShape {
    PersonShape {
        id: p.id,
        name: p.name,
        email: p.email,
        access: p.role.access(p.access),
        role: p.role,
        portfolio_ids,
        aliases: p.aliases,
        active: p.active,
        dossiers,
        last_seen_at: p.last_seen_at,
        version: p.version,
    }
}

/// Changes a person's rights, aliases and activity.
pub fn update_person(call: &Call, id: UserId, _: Nothing, body: PersonChange) -> Result<Answer<PersonShape>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let aliases = body.aliases.as_deref().map(|aliases| check.aliases("/aliases", aliases));
    check.done()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut person = people::person(conn, scope, id)?;
        call.check_version(person.version)?;
        let before = person.clone();
        let granted_before = people::granted(conn, &person)?;
        let mut changes = serde_json::Map::new();

        person.role = body.role.unwrap_or(before.role);
        person.access = person.role.access(body.access.unwrap_or(before.access));
        person.active = body.active.unwrap_or(before.active);
        if id == scope.user() && (person.role != before.role || person.active != before.active) {
            return Err(Error::conflict(
                "On ne change ni son propre rôle ni sa propre activité : demandez à un autre associé.",
                "Nobody changes their own role or activity: ask another partner.",
            ));
        }
        keep_a_partner(conn, &before, &person)?;
        for (field, old, new) in [
            ("role", json!(before.role), json!(person.role)),
            ("access", json!(before.access), json!(person.access)),
            ("active", json!(before.active), json!(person.active)),
        ] {
            if old != new {
                changes.insert(field.to_owned(), json!([old, new]));
            }
        }

        let mut granted = granted_before.clone();
        if let Some(wanted) = body.portfolio_ids {
            granted = checked_portfolios(conn, &person, wanted)?;
            if granted != granted_before {
                people::grant(conn, &person, &granted)?;
                changes.insert("portfolio_ids".to_owned(), json!([granted_before, granted]));
            }
        }

        let mut adopted = Vec::new();
        if let Some(aliases) = aliases {
            let known: Vec<String> = before.aliases.iter().map(|a| fold(a)).collect();
            adopted = aliases.iter().filter(|a| !known.contains(&fold(a))).cloned().collect();
            refuse_names_of_others(&people::others(conn, &person)?, &adopted)?;
            if aliases != before.aliases {
                changes.insert("aliases".to_owned(), json!([before.aliases, aliases]));
                person.aliases = aliases;
            }
        }

        if !changes.is_empty() {
            if before.active && !person.active {
                let ended = sessions::end_all(conn, &person, None, call.now)?;
                changes.insert("sessions".to_owned(), json!([ended, 0]));
            }
            people::save_person(conn, &mut person)?;
            let stamp = crate::journal::stamp(call);
            let row = entry("person.update", "person", person.id, &person.name, changes.into());
            journal::append(conn, person.cabinet, &stamp, &[row])?;
            let judge = call.judge(conn)?;
            hand_over(conn, &stamp, &person, &adopted, &judge)?;
            crate::relances::person_changed(conn, &before, &person, call.now)?;
        }
        let dossiers = people::dossiers_of(conn, scope, id)?;
        let version = person.version;
        Ok(Answer::new(person_shape(person, granted, dossiers)).etag(version))
    })
}

/// Refuses a change that would leave a cabinet without an active partner: nobody could undo it.
pub(crate) fn keep_a_partner(conn: &mut Conn, before: &Person, after: &Person) -> Result<()> {
    let partner = |p: &Person| p.active && p.role == Role::Partner;
    if partner(before) && !partner(after) && !people::others(conn, before)?.iter().any(partner) {
        return Err(Error::conflict(
            "C’est le dernier associé actif du cabinet : nommez d’abord un autre associé.",
            "This is the last active partner of the firm: make somebody else a partner first.",
        ));
    }
    Ok(())
}

/// The wanted portfolios, each once, in order; refuses those that the cabinet does not have.
fn checked_portfolios(conn: &mut Conn, cabinet_of: &Person, wanted: Vec<PortfolioId>) -> Result<Vec<PortfolioId>> {
    let existing = people::existing_portfolios(conn, cabinet_of, &wanted)?;
    let mut check = Check::default();
    for (n, id) in wanted.iter().enumerate().filter(|(_, id)| !existing.contains(id)) {
        check.refuse(
            format!("/portfolio_ids/{n}"),
            "portfolio_unknown",
            format!("« {id} » n’est pas un portefeuille du cabinet : prenez les identifiants de list_portfolios."),
            format!("“{id}” is not a portfolio of the firm: take the ids from list_portfolios."),
        );
    }
    check.done()?;
    Ok(existing)
}

/// An imported name answers to one person only, or a list could not tell whose a dossier is.
fn refuse_names_of_others(others: &[Person], aliases: &[String]) -> Result<()> {
    for alias in aliases {
        let folded = fold(alias);
        if let Some(other) =
            others.iter().find(|o| fold(&o.name) == folded || o.aliases.iter().any(|a| fold(a) == folded))
        {
            return Err(Error::conflict(
                format!("« {alias} » désigne déjà {} : retirez-lui d’abord ce nom.", other.name),
                format!("“{alias}” already stands for {}: take the name from that person first.", other.name),
            ));
        }
    }
    Ok(())
}

/// Hands the dossiers whose imported person in charge bears one of these names over to the person.
pub(crate) fn hand_over(
    conn: &mut Conn,
    stamp: &Stamp,
    person: &Person,
    aliases: &[String],
    judge: &Judge,
) -> Result<u64> {
    crate::dossiers::adopt_aliases(conn, stamp, person.cabinet, person.id, &person.name, aliases, judge)
}

pub fn list_invitations(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<InvitationList>> {
    let data = invitations::list(&mut *call.app.store.conn()?, call.scope()?, MOST_INVITATIONS)?
        .into_iter()
        .map(|i| invitation_shape(i, call.now, None))
        .collect();
    Ok(Answer::new(InvitationList { data }))
}

/// Invites a person by a link, which is told this once. An open invitation for the same e-mail is replaced: its link
/// was lost, or its rights were wrong.
pub fn create_invitation(call: &Call, _: Nothing, _: Nothing, body: NewInvitation) -> Result<Answer<InvitationShape>> {
    let scope = call.scope()?;
    let mut check = Check::default();
    let email = check.email("/email", &body.email);
    let aliases = check.aliases("/aliases", &body.aliases);
    check.done()?;
    let now = whole_micros(call.now);
    let life = chrono::Duration::from_std(call.app.settings.invitation_life).map_err(Error::internal)?;
    let secret = format!("inv_{}", secrets::secret());
    let invitation = call.app.store.conn()?.write(|conn| -> Result<Invitation> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        if people::email_is_taken(conn, &email)? {
            return Err(Error::conflict(
                "Cet e-mail a déjà un compte : une personne appartient à un seul cabinet. Utilisez une autre adresse.",
                "This e-mail has an account already: a person belongs to one firm only. Use another address.",
            ));
        }
        let inviter = people::person(conn, scope, scope.user())?;
        let portfolios = checked_portfolios(conn, &inviter, body.portfolio_ids)?;
        refuse_names_of_others(&people::people(conn, scope)?, &aliases)?;
        let stamp = crate::journal::stamp(call);
        let mut entries = Vec::new();
        for former in invitations::open_for(conn, scope, &email, now)? {
            invitations::revoke(conn, &former, now)?;
            entries.push(invitation_revoked(&former));
        }
        let invitation = Invitation {
            id: ids::invitation(),
            cabinet: scope.cabinet(),
            email,
            role: body.role,
            access: body.role.access(body.access.unwrap_or(Access::Granted)),
            portfolios,
            aliases,
            invited_by: scope.user(),
            created_at: now,
            expires_at: now + life,
            accepted_at: None,
            revoked_at: None,
        };
        invitations::insert(conn, &invitation, &secrets::digest(&secret))?;
        let changes = json!({
            "email": [null, invitation.email],
            "role": [null, invitation.role],
            "access": [null, invitation.access],
            "portfolio_ids": [[], invitation.portfolios],
            "aliases": [[], invitation.aliases],
        });
        entries.push(entry("invitation.create", "invitation", invitation.id, &invitation.email, changes));
        journal::append(conn, invitation.cabinet, &stamp, &entries)?;
        Ok(invitation)
    })?;
    Ok(Answer::new(invitation_shape(invitation, call.now, Some(format!("{INVITATION_PAGE}{secret}")))))
}

/// Withdraws an open invitation.
pub fn delete_invitation(call: &Call, id: InvitationId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let invitation = invitations::find(conn, scope, id)?;
        let (fr, en) = match state(&invitation, call.now) {
            InvitationState::Open => {
                invitations::revoke(conn, &invitation, call.now)?;
                let row = invitation_revoked(&invitation);
                journal::append(conn, invitation.cabinet, &crate::journal::stamp(call), &[row])?;
                return Ok(Answer::none());
            }
            InvitationState::Accepted => (
                "Cette invitation a été acceptée : désactivez plutôt la personne.",
                "This invitation was accepted: deactivate the person instead.",
            ),
            InvitationState::Revoked => ("Cette invitation est déjà retirée.", "This invitation is withdrawn already."),
            InvitationState::Expired => {
                ("Cette invitation a expiré : son lien ne sert plus.", "This invitation has expired: its link is dead.")
            }
        };
        Err(Error::conflict(fr, en))
    })
}

fn invitation_revoked(invitation: &Invitation) -> Entry {
    let changes = json!({ "state": [InvitationState::Open, InvitationState::Revoked] });
    entry("invitation.delete", "invitation", invitation.id, &invitation.email, changes)
}

pub(crate) fn state(invitation: &Invitation, now: DateTime<Utc>) -> InvitationState {
    if invitation.accepted_at.is_some() {
        InvitationState::Accepted
    } else if invitation.revoked_at.is_some() {
        InvitationState::Revoked
    } else if invitation.expires_at <= now {
        InvitationState::Expired
    } else {
        InvitationState::Open
    }
}

fn invitation_shape(i: Invitation, now: DateTime<Utc>, link: Option<String>) -> InvitationShape {
    InvitationShape {
        id: i.id,
        state: state(&i, now),
        email: i.email,
        role: i.role,
        access: i.access,
        portfolio_ids: i.portfolios,
        aliases: i.aliases,
        link,
        created_at: i.created_at,
        expires_at: i.expires_at,
    }
}
