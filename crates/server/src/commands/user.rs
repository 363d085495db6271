//! `cabready user`: people, for whoever operates the installation.

use domain::Role;
use serde_json::json;
use service::admin;

use super::{Outcome, Wanted, fail, open};
use crate::settings::User;

pub fn user(command: User) -> Outcome {
    match command {
        User::List { json: as_json, common } => {
            let users = admin::list_users(&open(&common, Wanted::MustExist)?)?;
            if as_json {
                let rows: Vec<_> = users
                    .iter()
                    .map(|u| {
                        json!({
                            "cabinet": u.cabinet, "email": u.email, "name": u.name, "role": u.role,
                            "access": u.access, "active": u.active, "last_seen_at": u.last_seen_at,
                        })
                    })
                    .collect();
                println!("{}", serde_json::to_string_pretty(&rows)?);
                return Ok(());
            }
            let rows: Vec<[String; 6]> = users
                .into_iter()
                .map(|u| {
                    let seen = u.last_seen_at.map_or("never".to_owned(), |at| at.format("%Y-%m-%d %H:%M").to_string());
                    let state = if u.active { "active" } else { "kept out" };
                    [u.cabinet, u.email, u.name, u.role.to_string(), state.to_owned(), seen]
                })
                .collect();
            table(["cabinet", "e-mail", "name", "role", "state", "last seen (UTC)"], &rows);
            Ok(())
        }
        User::Create { email, name, cabinet, new_cabinet, role, common } => {
            let app = open(&common, Wanted::MayBeNew)?;
            let (cabinet, role) = match (new_cabinet, cabinet) {
                (Some(new), _) => {
                    // Before the cabinet is made, which would otherwise stand without people.
                    if admin::list_users(&app)?.iter().any(|u| u.email.eq_ignore_ascii_case(email.trim())) {
                        return Err(fail(format!("{email} already signs in here; an e-mail belongs to one person")));
                    }
                    (admin::create_cabinet(&app, &new, false)?.to_string(), Role::Partner)
                }
                (None, Some(cabinet)) => (cabinet, role),
                (None, None) => return Err(fail("name the cabinet with --cabinet or --new-cabinet")),
            };
            let made = admin::create_user(&app, &cabinet, &email, &name, role)?;
            println!("{}", json!({ "email": made.email, "role": role, "password": made.password }));
            Ok(())
        }
        User::ResetPassword { email, common } => {
            let password = admin::reset_password(&open(&common, Wanted::MustExist)?, &email)?;
            println!("{}", json!({ "email": email, "password": password }));
            Ok(())
        }
        User::SetRole { email, role, common } => {
            admin::set_role(&open(&common, Wanted::MustExist)?, &email, role)?;
            println!("{email} is now {role}");
            Ok(())
        }
        User::Deactivate { email, common } => {
            admin::set_active(&open(&common, Wanted::MustExist)?, &email, false)?;
            println!("{email} is kept out; every session has ended");
            Ok(())
        }
        User::Activate { email, common } => {
            admin::set_active(&open(&common, Wanted::MustExist)?, &email, true)?;
            println!("{email} may sign in again");
            Ok(())
        }
    }
}

fn table<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let width = |column: usize| {
        rows.iter().map(|r| r[column].chars().count()).chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..N).map(width).collect();
    let line = |cells: [&str; N]| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, w)| format!("{cell:<w$}")).collect();
        println!("{}", padded.join("  ").trim_end());
    };
    line(head);
    for row in rows {
        line(std::array::from_fn(|i| row[i].as_str()));
    }
}
