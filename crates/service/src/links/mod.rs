//! The client's link: one address for one contact, no account, of a term. Its secret is derived and never at rest; what it
//! opens are the dossiers it was made for and nothing else.

mod answers;
mod provider;
mod sign;
mod visit;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use contract::{Code, Link as LinkShape, LinkList, NewLink, Nothing};
use domain::{CabinetId, DossierId, LinkId, MandateState, Text};
use serde_json::json;
use store::dossiers::Stored;
use store::links::Link;
use store::{Conn, dialect};

pub use answers::{Choice, Field, FieldKind, Form, Refused, Typed};
pub use provider::Elsewhere;
pub(crate) use provider::{sheet_for_provider, stem};
pub use sign::{Consent, Signing, UploadedSheet};
pub use visit::{Again, Answered, AskedState, Awaiting, Closed, Done, Opening, Step, Visit, open};

use crate::collection_settings::{self, Collecting};
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, App, Call, Error, Result, ids, invalid, journal, secrets, suppressions, time};

/// Dossiers of one link made by hand.
const MOST_DOSSIERS: usize = 50;
/// A link that ends sooner is not handed out again: the client would find it closed.
const AT_LEAST_DAYS: i64 = 7;

/// The firm as its clients see it.
#[derive(Debug, Clone)]
pub struct Firm {
    pub name: String,
    /// Name under which messages leave.
    pub sender_name: String,
    /// Where answers go.
    pub reply_to: Option<String>,
    /// Who is in charge of the first of the dossiers: name and e-mail.
    pub person: Option<(String, String)>,
    /// Who answers for the data that clients give, what for, for how long, and whom to ask.
    pub privacy: Text,
}

/// The firm answers for what its clients give; the product works for it.
fn privacy(firm: &str, contact: &str) -> Text {
    Text::new(
        format!(
            "Vos données : {firm} en est responsable. Elles servent à préparer votre passage à la facturation électronique \
             et à prouver votre accord ; elles sont conservées le temps de sa mission, puis aussi longtemps que la loi \
             l’exige. Pour les consulter, les corriger ou les faire effacer : {contact}. Vous pouvez aussi saisir la CNIL."
        ),
        format!(
            "Your data: {firm} is responsible for it. It serves to prepare your move to e-invoicing and to prove your \
             agreement; it is kept for as long as the firm works for you, then as long as the law demands. To read it, \
             correct it or have it erased: {contact}. You may also turn to the CNIL."
        ),
    )
}

impl Firm {
    pub(crate) fn of(conn: &mut Conn, cabinet: CabinetId, settings: &Collecting, dossiers: &[Stored]) -> Result<Self> {
        let name = store::mails::cabinet_name(conn, cabinet)?;
        let in_charge: Vec<_> =
            dossiers.iter().flat_map(|d| [d.facts.assignee.user_id, d.facts.manager.user_id]).flatten().collect();
        let people = store::mails::people(conn, cabinet, &in_charge)?;
        let person = in_charge.iter().find_map(|id| people.get(id)).cloned();
        let sender_name = if settings.sender_name.is_empty() { name.clone() } else { settings.sender_name.clone() };
        let reply_to = settings.reply_to.clone().or_else(|| person.as_ref().map(|(_, email)| email.clone()));
        let told = [&settings.privacy_contact, &settings.reply_to].into_iter().flatten().next().cloned();
        let contact = told.or_else(|| settings.address()).or_else(|| reply_to.clone());
        let privacy = privacy(&name, contact.as_deref().unwrap_or(&name));
        Ok(Self { name, sender_name, reply_to, person, privacy })
    }
}

/// The secret of a link, which only this installation can tell.
pub(crate) fn token(app: &App, conn: &mut Conn, id: LinkId) -> Result<String> {
    let derived = secrets::derived(app, conn, &["link", &id.to_string()])?;
    Ok(format!("lnk_{}", &secrets::hex(&derived)[..40]))
}

/// The whole address of a link.
pub(crate) fn address(app: &App, conn: &mut Conn, id: LinkId) -> Result<String> {
    Ok(format!("{}/l/{}", app.settings.public_url, token(app, conn, id)?))
}

/// The one-time code of a link that was sent as its so-manieth: six digits.
pub(crate) fn code(app: &App, conn: &mut Conn, id: LinkId, number: i64) -> Result<String> {
    let derived = secrets::derived(app, conn, &["code", &id.to_string(), &number.to_string()])?;
    let mut number = [0; 8];
    number.copy_from_slice(&derived[..8]);
    Ok(format!("{:06}", u64::from_be_bytes(number) % 1_000_000))
}

/// What is kept of a code. Keyed: a million values are soon tried.
fn code_hash(app: &App, conn: &mut Conn, id: LinkId, code: &str) -> Result<String> {
    Ok(secrets::hex(&secrets::derived(app, conn, &["code-hash", &id.to_string(), code])?))
}

/// Last moment of a link that ends with a day.
fn end_of(day: NaiveDate) -> DateTime<Utc> {
    time::paris_midnight(day.succ_opt().unwrap_or(day)) - Duration::seconds(1)
}

/// A link before it is made.
struct Wanted<'a> {
    email: &'a str,
    name: &'a str,
    dossiers: Vec<DossierId>,
    expires_at: DateTime<Utc>,
    user: Option<domain::UserId>,
}

fn make(conn: &mut Conn, app: &App, cabinet: CabinetId, wanted: Wanted<'_>, now: DateTime<Utc>) -> Result<Link> {
    let id = ids::link();
    let link = Link {
        id,
        cabinet,
        email: wanted.email.to_owned(),
        contact_name: wanted.name.to_owned(),
        asks: "{}".to_owned(),
        code: store::links::Code::default(),
        user: wanted.user,
        dossiers: wanted.dossiers,
        created_at: whole_micros(now),
        expires_at: whole_micros(wanted.expires_at),
        opened_at: None,
        finished_at: None,
        revoked_at: None,
    };
    let token = token(app, conn, id)?;
    store::links::insert(conn, &link, &secrets::digest(&token))?;
    Ok(link)
}

/// The link of a contact for these dossiers: the living one again, so that two messages lead to one place, or a new one.
/// In a write transaction that holds the cabinet's lock.
pub(crate) fn for_contact(
    conn: &mut Conn,
    app: &App,
    cabinet: CabinetId,
    email: &str,
    name: &str,
    dossiers: &[Stored],
    now: DateTime<Utc>,
) -> Result<Link> {
    let ids: Vec<DossierId> = dossiers.iter().map(|d| d.id).collect();
    let living = store::links::living(conn, cabinet, email, &ids, now)?;
    if let Some(link) = living.into_iter().find(|l| l.expires_at - now >= Duration::days(AT_LEAST_DAYS)) {
        return Ok(link);
    }
    let days = i64::from(collection_settings::of(conn, cabinet)?.link_days);
    let end = end_of(time::paris_day(now + Duration::days(days)));
    let wanted = Wanted { email, name, dossiers: ids, expires_at: end, user: None };
    make(conn, app, cabinet, wanted, now)
}

/// The whole address of the client's link for a letter about one dossier. In a write transaction that holds the cabinet's
/// lock.
pub fn address_for(
    conn: &mut Conn,
    app: &App,
    cabinet: CabinetId,
    dossier: &Stored,
    now: DateTime<Utc>,
) -> Result<String> {
    let link = for_letter(conn, app, cabinet, dossier, now)?;
    address(app, conn, link.id)
}

/// The client's link for a letter about one dossier. In a write transaction that holds the cabinet's lock.
pub(crate) fn for_letter(
    conn: &mut Conn,
    app: &App,
    cabinet: CabinetId,
    dossier: &Stored,
    now: DateTime<Utc>,
) -> Result<Link> {
    let contact = dossier.facts.addressee().or(dossier.facts.contacts.first());
    let name = contact.and_then(|c| c.name.clone()).unwrap_or_default();
    let mut email = contact.and_then(|c| c.email.clone()).unwrap_or_default().to_lowercase();
    // A code sent to an address that was refused would never arrive: the client names another in the link.
    if !suppressions::held(conn, cabinet, std::slice::from_ref(&email), true)?.is_empty() {
        email.clear();
    }
    for_contact(conn, app, cabinet, &email, &name, std::slice::from_ref(dossier), now)
}

/// The link as a letter shows it: a code to scan, an address to type.
pub(crate) fn on_paper(url: String) -> paper::Link {
    let short = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned();
    paper::Link {
        url,
        short,
        explained: vec![
            "Ce lien est à votre seul usage : ne le transmettez pas.".to_owned(),
            "Rien n’est signé en l’ouvrant ; vous confirmez à la fin.".to_owned(),
        ],
    }
}

fn shape(conn: &mut Conn, cabinet: CabinetId, links: Vec<Link>, mut address: Option<String>) -> Result<Vec<LinkShape>> {
    let ids: Vec<LinkId> = links.iter().map(|l| l.id).collect();
    let brought = store::links::brought_by(conn, cabinet, &ids)?;
    let mut shapes = Vec::with_capacity(links.len());
    for link in links {
        let mandates = store::mandates::of_dossiers(conn, cabinet, &link.dossiers)?;
        let mut mandates: Vec<_> =
            mandates.into_values().flatten().filter(|m| is_asked(m.state)).map(|m| m.id).collect();
        mandates.sort();
        shapes.push(LinkShape {
            id: link.id,
            email: Some(link.email).filter(|e| !e.is_empty()),
            contact_name: Some(link.contact_name).filter(|n| !n.is_empty()),
            dossiers: link.dossiers,
            mandates,
            address: address.take(),
            created_at: link.created_at,
            expires_at: link.expires_at,
            opened_at: link.opened_at,
            finished_at: link.finished_at,
            revoked_at: link.revoked_at,
            mail_id: brought.get(&link.id).copied(),
        });
    }
    Ok(shapes)
}

/// The link asks for its signature: it has reached the client.
pub(crate) const fn is_asked(state: MandateState) -> bool {
    matches!(state, MandateState::Sent | MandateState::Opened)
}

pub fn list_links(call: &Call, id: DossierId, _: Nothing, _: Nothing) -> Result<Answer<LinkList>> {
    let scope = call.scope()?;
    let mut conn = call.app.store.conn()?;
    store::dossiers::find(&mut conn, scope, id)?;
    let mut links = store::links::of_dossier(&mut conn, scope.cabinet(), id)?;
    // Another client's dossier in the same link stays out of sight of who may not see it.
    for link in &mut links {
        let seen = store::dossiers::find_many(&mut conn, scope, &link.dossiers)?;
        link.dossiers.retain(|d| seen.iter().any(|s| s.id == *d));
    }
    let data = shape(&mut conn, scope.cabinet(), links, None)?;
    Ok(Answer::new(LinkList { data }))
}

pub fn create_link(call: &Call, _: Nothing, _: Nothing, body: NewLink) -> Result<Answer<LinkShape>> {
    let scope = call.scope()?;
    let mut wanted = body.dossiers.clone();
    wanted.sort();
    wanted.dedup();
    if !(1..=MOST_DOSSIERS).contains(&wanted.len()) {
        return Err(invalid(
            "/dossiers",
            "count",
            format!("{} dossiers : de 1 à {MOST_DOSSIERS} sont possibles.", wanted.len()),
            format!("{} dossiers: 1 to {MOST_DOSSIERS} are possible.", wanted.len()),
        ));
    }
    let today = call.today();
    let last = today + Duration::days(365);
    if let Some(day) = body.expires_on
        && !(today..=last).contains(&day)
    {
        return Err(invalid(
            "/expires_on",
            "range",
            format!("{day} : un jour du {today} au {last} est attendu."),
            format!("{day}: a day from {today} to {last} is expected."),
        ));
    }
    let (link, address) = call.app.store.conn()?.write(|conn| -> Result<(Link, String)> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let dossiers = store::dossiers::find_many(conn, scope, &wanted)?;
        if dossiers.len() < wanted.len() {
            return Err(Error::not_found());
        }
        let contacts: Vec<(String, String)> = dossiers
            .iter()
            .map(|d| {
                let contact = d.facts.addressee().or(d.facts.contacts.first());
                let of = |value: Option<&String>| value.cloned().unwrap_or_default();
                let email = of(contact.and_then(|c| c.email.as_ref())).to_lowercase();
                (email, of(contact.and_then(|c| c.name.as_ref())))
            })
            .collect();
        // The code of a signature goes to the link's one address.
        if contacts.iter().any(|(email, _)| *email != contacts[0].0) {
            return Err(invalid(
                "/dossiers",
                "several_contacts",
                "Ces dossiers n’ont pas le même contact : faites un lien pour chacun, le code de signature va à une seule adresse.",
                "These dossiers do not have the same contact: make a link for each, the code of a signature goes to one address.",
            ));
        }
        let end = match body.expires_on {
            Some(day) => end_of(day),
            None => {
                let days = i64::from(collection_settings::of(conn, scope.cabinet())?.link_days);
                end_of(time::paris_day(call.now + Duration::days(days)))
            }
        };
        let (email, name) = &contacts[0];
        let user = Some(scope.user());
        let wanted = Wanted { email, name, dossiers: wanted.clone(), expires_at: end, user };
        let link = make(conn, &call.app, scope.cabinet(), wanted, call.now)?;
        let rows: Vec<_> = dossiers
            .iter()
            .map(|d| {
                let changes = json!({ "link": [null, link.id], "expires_at": [null, link.expires_at] });
                entry("link.create", "dossier", d.id, &d.facts.name, changes)
            })
            .collect();
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &rows)?;
        let address = address(&call.app, conn, link.id)?;
        Ok((link, address))
    })?;
    let mut shapes = shape(&mut *call.app.store.conn()?, scope.cabinet(), vec![link], Some(address))?;
    shapes.pop().map(Answer::new).ok_or_else(|| Error::internal("a link without its shape"))
}

/// Ends a link, and takes back what waits to carry it.
pub fn delete_link(call: &Call, id: LinkId, _: Nothing, _: Nothing) -> Result<Answer<Nothing>> {
    let scope = call.scope()?;
    call.app.store.conn()?.write(|conn| -> Result<()> {
        dialect::lock_cabinet(conn, scope.cabinet())?;
        let mut link = store::links::find(conn, scope, id)?;
        if link.revoked_at.is_some() {
            return Err(Error::say(Code::NotFound, "Ce lien est déjà révoqué.", "This link is revoked already."));
        }
        link.revoked_at = Some(whole_micros(call.now));
        link.code = store::links::Code { hash: String::new(), ..link.code };
        store::links::update(conn, &link)?;
        let dossiers = store::dossiers::of_cabinet(conn, scope.cabinet(), &link.dossiers)?;
        let rows: Vec<_> = dossiers
            .iter()
            .map(|d| entry("link.revoke", "dossier", d.id, &d.facts.name, json!({ "link": [link.id, null] })))
            .collect();
        store::journal::append(conn, scope.cabinet(), &journal::stamp(call), &rows)?;
        Ok(())
    })?;
    Ok(Answer::none())
}
