//! The adapters against real peers on 127.0.0.1, each a few lines of thread in [`smtp_peer`] and [`http_peer`].

mod disk;
mod folder;
mod http_peer;
mod message;
mod platform;
mod provider;
mod signature;
mod smtp;
mod smtp_peer;
mod vault;

use chrono::{DateTime, TimeZone, Utc};
use gateway::mail::{Address, Mail, MailError};

pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 26, 12, 0, 0).unwrap()
}

pub fn mail(id: &str) -> Mail {
    Mail {
        id: id.to_owned(),
        at: noon(),
        from: Address::new("Cabinet Léa & Fils", "cabinet@exemple.fr"),
        reply_to: Some(Address::new("", "claire.martin@exemple.fr")),
        to: Address::new("Zoé Hôte", "zoe@client.fr"),
        subject: "Facturation électronique : à vous de choisir".to_owned(),
        text: "Bonjour,\n\nVotre plateforme n’est pas choisie.\n".to_owned(),
        html: None,
        headers: Vec::new(),
        attachments: Vec::new(),
    }
}

/// A `handing_over` that counts.
pub fn counting(count: &mut usize) -> impl FnMut() -> Result<(), MailError> + '_ {
    || {
        *count += 1;
        Ok(())
    }
}
