//! From mandates that are to be sent to messages: all of a contact go in one, with one link. Documents are made and kept
//! before the transaction, which then only writes rows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use contract::{DocumentKind, MailPurpose};
use domain::{CabinetId, Lang, MandateEvent, MandateId, MandateState, Text};
use store::journal::Stamp;
use store::mails::By;
use store::mandates::Mandate;
use store::{Conn, dialect};

use super::compose;
use super::queue::{About, Group, Parcel, by_contact, insert};
use super::wake;
use crate::mandates::{Detail, Press, Printed, Put};
use crate::{App, Result, links, mandates, time};

/// Mandates looked at in one go.
const MOST: i64 = 20_000;
/// Contacts whose messages are written in one transaction.
const BATCH: usize = 20;

/// Makes the messages of what is to be sent; answers how many.
pub(super) fn run(app: &App, stop: &AtomicBool) -> Result<u64> {
    let mut conn = app.store.conn()?;
    if !store::mails::any_to_dispatch(&mut conn)? {
        return Ok(0);
    }
    let mut cabinets: Vec<(CabinetId, Vec<Mandate>)> = Vec::new();
    for mandate in store::mandates::to_send(&mut conn, MOST)? {
        match cabinets.iter_mut().find(|(cabinet, _)| *cabinet == mandate.cabinet) {
            Some((_, of)) => of.push(mandate),
            None => cabinets.push((mandate.cabinet, vec![mandate])),
        }
    }
    let mut made = 0;
    for (cabinet, of) in cabinets {
        let groups = by_contact(&mut conn, cabinet, of)?;
        withdraw(app, &mut conn, cabinet, groups.without)?;
        for batch in groups.groups.chunks(BATCH) {
            if stop.load(Ordering::Relaxed) {
                return Ok(made);
            }
            made += write(app, &mut conn, cabinet, batch)?;
            wake(app);
        }
    }
    Ok(made)
}

/// Those whose client cannot be written to are drafts again.
fn withdraw(app: &App, conn: &mut Conn, cabinet: CabinetId, mandates: Vec<Mandate>) -> Result<()> {
    if mandates.is_empty() {
        return Ok(());
    }
    let now = app.clock();
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, cabinet)?;
        let mut wanted = Vec::with_capacity(mandates.len());
        for mandate in fresh(conn, cabinet, &mandates)? {
            let text = "Aucune adresse e-mail : par courrier ou par téléphone.".to_owned();
            wanted.push((mandate, MandateEvent::Withdraw, Detail { text: Some(text), ..Detail::default() }));
        }
        let judge = app.judge(conn, cabinet, time::paris_day(now))?;
        let stamp = Stamp { at: now, actor: None, request_id: "post".to_owned() };
        mandates::steps(conn, &judge, cabinet, &stamp, wanted)?;
        Ok(())
    })
}

/// Those that still wait for their message.
fn fresh(conn: &mut Conn, cabinet: CabinetId, mandates: &[Mandate]) -> Result<Vec<Mandate>> {
    let mut found = Vec::with_capacity(mandates.len());
    for mandate in mandates {
        match store::mandates::of_cabinet(conn, cabinet, mandate.id) {
            Ok(now) if now.state == MandateState::ToSend && now.mail.is_none() => found.push(now),
            Ok(_) | Err(store::Error::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn write(app: &App, conn: &mut Conn, cabinet: CabinetId, batch: &[Group]) -> Result<u64> {
    let now = app.clock();
    let press = Press::of(conn, cabinet)?;
    let mut printed: HashMap<MandateId, (i64, Printed, Put)> = HashMap::new();
    for group in batch {
        for mandate in &group.mandates {
            let Some(dossier) = group.dossiers.iter().find(|d| d.id == mandate.dossier) else { continue };
            let sheet = press.print(mandate, &dossier.facts, now)?;
            let put = match mandates::put(app, conn, cabinet, &sheet.bytes) {
                Ok(put) => put,
                Err(error) => {
                    let why = error.detail.clone().unwrap_or_else(|| {
                        Text::new("Les documents ne peuvent pas être conservés.", "Documents cannot be kept.")
                    });
                    tracing::warn!(problem = why.get(Lang::En), "documents cannot be kept, so nothing is sent");
                    super::pause(app, &why);
                    return Err(error);
                }
            };
            printed.insert(mandate.id, (mandate.version, sheet, put));
        }
    }
    let mut made = 0;
    conn.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, cabinet)?;
        for group in batch {
            // Changed since it was printed: the next round prints it anew.
            let mandates: Vec<Mandate> = fresh(conn, cabinet, &group.mandates)?
                .into_iter()
                .filter(|m| printed.get(&m.id).is_some_and(|(version, _, _)| *version == m.version))
                .collect();
            let Some(first) = mandates.first() else { continue };
            let by = By { user: None, name: first.steps.last().and_then(|s| s.by_name.clone()).unwrap_or_default() };
            let dossiers: Vec<_> =
                group.dossiers.iter().filter(|d| mandates.iter().any(|m| m.dossier == d.id)).cloned().collect();
            let group = Group { email: group.email.clone(), name: group.name.clone(), mandates, dossiers };
            let link = links::for_contact(conn, app, cabinet, &group.email, &group.name, &group.dossiers, now)?;
            let written = compose::request(conn, cabinet, &group.letter(&link), now)?;
            let about = About { mandates: group.ids(), ..About::default() };
            let to = (group.email.as_str(), group.name.as_str());
            let (purpose, dossiers) = (MailPurpose::Mandate, group.dossier_ids());
            let parcel = Parcel { purpose, about: &about, link: &link, to, dossiers, by: &by };
            let mail = insert(conn, app, parcel, written, now)?;
            for mandate in &group.mandates {
                if let Some((_, sheet, put)) = printed.remove(&mandate.id) {
                    let kind = DocumentKind::Generated;
                    mandates::keep(conn, mandate, put, kind, (&sheet.name, "application/pdf"), &by.name, now)?;
                }
            }
            store::mandates::set_mail(conn, cabinet, &group.ids(), Some(mail))?;
            made += 1;
        }
        Ok(())
    })?;
    Ok(made)
}
