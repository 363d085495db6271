//! How a firm collects: what leaves under which name, how long links work, what is taken over without a look.

use contract::{CollectionSettings, CollectionSettingsChange, Nothing};
use domain::{CabinetId, PlatformDecider, SignatureWay, Siren};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::collection_settings::{Kept, find, put};
use store::{Conn, dialect};

use crate::fields::Check;
use crate::people::entry;
use crate::session::whole_micros;
use crate::{Answer, Call, Result, journal};

/// Days for which a link works, at most.
const LONGEST_LINK: u32 = 365;

/// The settings of a firm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Collecting {
    pub sender_name: String,
    pub reply_to: Option<String>,
    pub privacy_contact: Option<String>,
    pub link_days: u32,
    pub accept_answers: bool,
    pub accept_signatures: bool,
    pub signature: SignatureWay,
    pub decider: PlatformDecider,
    pub firm_siren: Option<Siren>,
    pub firm_address: Option<String>,
    pub firm_postal_code: Option<String>,
    pub firm_city: Option<String>,
    pub firm_signatory: Option<String>,
    pub firm_quality: Option<String>,
    pub firm_registration: Option<String>,
    pub firm_phone: Option<String>,
}

impl Default for Collecting {
    /// As the product suggests: somebody looks at what clients say. What they sign in the link is sealed with a code that
    /// came by mail, and counts at once; a look at it would only keep the score behind.
    fn default() -> Self {
        Self {
            sender_name: String::new(),
            reply_to: None,
            privacy_contact: None,
            link_days: 60,
            accept_answers: false,
            accept_signatures: true,
            signature: SignatureWay::Code,
            decider: PlatformDecider::Firm,
            firm_siren: None,
            firm_address: None,
            firm_postal_code: None,
            firm_city: None,
            firm_signatory: None,
            firm_quality: None,
            firm_registration: None,
            firm_phone: None,
        }
    }
}

impl Collecting {
    /// Where the firm is, on one line.
    pub fn address(&self) -> Option<String> {
        let town =
            [&self.firm_postal_code, &self.firm_city].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
        let parts = [self.firm_address.clone().unwrap_or_default(), town].into_iter().filter(|p| !p.is_empty());
        Some(parts.collect::<Vec<_>>().join(", ")).filter(|a| !a.is_empty())
    }
}

/// The settings of a cabinet as they stand.
pub fn of(conn: &mut Conn, cabinet: CabinetId) -> Result<Collecting> {
    Ok(read(find(conn, cabinet)?.as_ref())?)
}

fn read(kept: Option<&Kept>) -> serde_json::Result<Collecting> {
    kept.map(|kept| serde_json::from_str(&kept.data)).transpose().map(Option::unwrap_or_default)
}

fn shown(call: &Call, settings: Collecting, kept: Option<&Kept>) -> CollectionSettings {
    CollectionSettings {
        version: kept.map_or(0, |k| k.version),
        sender_name: settings.sender_name,
        reply_to: settings.reply_to,
        privacy_contact: settings.privacy_contact,
        link_days: settings.link_days,
        accept_answers: settings.accept_answers,
        accept_signatures: settings.accept_signatures,
        signature: settings.signature,
        signature_provider: call.app.signer().map(|provider| provider.name()),
        decider: settings.decider,
        firm_siren: settings.firm_siren,
        firm_address: settings.firm_address,
        firm_postal_code: settings.firm_postal_code,
        firm_city: settings.firm_city,
        firm_signatory: settings.firm_signatory,
        firm_quality: settings.firm_quality,
        firm_registration: settings.firm_registration,
        firm_phone: settings.firm_phone,
        updated_at: kept.map(|k| k.updated_at),
    }
}

pub fn read_collection_settings(call: &Call, _: Nothing, _: Nothing, _: Nothing) -> Result<Answer<CollectionSettings>> {
    let kept = find(&mut *call.app.store.conn()?, call.scope()?.cabinet())?;
    let settings = shown(call, read(kept.as_ref())?, kept.as_ref());
    let version = settings.version;
    Ok(Answer::new(settings).etag(version))
}

pub fn update_collection_settings(
    call: &Call,
    _: Nothing,
    _: Nothing,
    body: CollectionSettingsChange,
) -> Result<Answer<CollectionSettings>> {
    let cabinet = call.scope()?.cabinet();
    let settings = checked(call, body)?;
    let kept = call.app.store.conn()?.write(|conn| -> Result<Kept> {
        dialect::lock_cabinet(conn, cabinet)?;
        let before = find(conn, cabinet)?;
        call.check_version(before.as_ref().map_or(0, |k| k.version))?;
        let changes = changes(&read(before.as_ref())?, &settings)?;
        let kept = Kept {
            version: before.as_ref().map_or(1, |k| k.version + 1),
            data: serde_json::to_string(&settings)?,
            updated_at: whole_micros(call.now),
        };
        if let (Some(before), true) = (before, changes.is_empty()) {
            return Ok(before);
        }
        put(conn, cabinet, &kept)?;
        let row = entry("collection_settings.update", "cabinet", cabinet, "", Value::Object(changes));
        store::journal::append(conn, cabinet, &journal::stamp(call), &[row])?;
        Ok(kept)
    })?;
    let shown = shown(call, settings, Some(&kept));
    let version = shown.version;
    Ok(Answer::new(shown).etag(version))
}

/// What differs, for the journal.
fn changes(before: &Collecting, after: &Collecting) -> Result<Map<String, Value>> {
    let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
    let (Value::Object(before), Value::Object(after)) = (before, after) else { return Ok(Map::new()) };
    let pairs = after.into_iter().filter_map(|(field, new)| {
        let old = before.get(&field).cloned().unwrap_or_default();
        (old != new).then(|| (field, json!([old, new])))
    });
    Ok(pairs.collect())
}

fn checked(call: &Call, body: CollectionSettingsChange) -> Result<Collecting> {
    let mut check = Check::default();
    let mut line = |pointer: &str, value: Option<String>, most: usize| {
        let value = value.filter(|v| !v.trim().is_empty())?;
        Some(check.line(pointer, &value, most))
    };
    let sender_name = line("/sender_name", Some(body.sender_name), 120).unwrap_or_default();
    let privacy_contact = line("/privacy_contact", body.privacy_contact, 200);
    let firm_address = line("/firm_address", body.firm_address, 200);
    let firm_postal_code = line("/firm_postal_code", body.firm_postal_code, 10);
    let firm_city = line("/firm_city", body.firm_city, 120);
    let firm_signatory = line("/firm_signatory", body.firm_signatory, 120);
    let firm_quality = line("/firm_quality", body.firm_quality, 120);
    let firm_registration = line("/firm_registration", body.firm_registration, 200);
    let firm_phone = line("/firm_phone", body.firm_phone, 40);
    let reply_to = body.reply_to.filter(|v| !v.trim().is_empty()).map(|v| check.email("/reply_to", &v));
    if !(1..=LONGEST_LINK).contains(&body.link_days) {
        check.refuse(
            "/link_days",
            "range",
            format!("{} : de 1 à {LONGEST_LINK} jours sont possibles.", body.link_days),
            format!("{}: 1 to {LONGEST_LINK} days are possible.", body.link_days),
        );
    }
    let firm_siren = body.firm_siren.filter(|v| !v.trim().is_empty()).and_then(|given| {
        let digits: String = given.chars().filter(|c| !c.is_whitespace()).collect();
        let siren = Siren::parse(&digits).ok().filter(Siren::is_checked);
        if siren.is_none() {
            let given: String = given.chars().filter(|c| !c.is_control()).take(40).collect();
            check.refuse(
                "/firm_siren",
                "siren",
                format!("« {given} » n’est pas un SIREN : neuf chiffres, dont le dernier est la clé, sont attendus."),
                format!("“{given}” is not a SIREN: nine digits, the last one a check digit, are expected."),
            );
        }
        siren
    });
    if body.signature == Some(SignatureWay::Provider) && call.app.signer().is_none() {
        check.refuse(
            "/signature",
            "no_provider",
            "Aucun prestataire de signature n’est configuré sur ce serveur : choisissez le code par e-mail, ou demandez à \
             l’administrateur de donner --signature-url et --signature-key.",
            "No signature provider is set up on this server: choose the code by e-mail, or ask its administrator to give \
             --signature-url and --signature-key.",
        );
    }
    check.done()?;
    Ok(Collecting {
        sender_name,
        reply_to,
        privacy_contact,
        link_days: body.link_days,
        accept_answers: body.accept_answers,
        accept_signatures: body.accept_signatures,
        signature: body.signature.unwrap_or(SignatureWay::Code),
        decider: body.decider,
        firm_siren,
        firm_address,
        firm_postal_code,
        firm_city,
        firm_signatory,
        firm_quality,
        firm_registration,
        firm_phone,
    })
}
