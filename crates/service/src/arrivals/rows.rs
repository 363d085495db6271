//! A row of a platform's export as a report.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::flow::{FlowDetails, Report, StatusSaid};
use domain::platform;
use domain::reference::PlatformRegister;
use intake::FlowSays;
use intake::value::Moment;

use crate::time;

/// Names of platforms as the register spells them; each spelling is looked up once.
#[derive(Debug)]
pub(crate) struct Platforms<'r> {
    register: &'r PlatformRegister,
    known: HashMap<String, String>,
}

impl<'r> Platforms<'r> {
    pub(crate) fn new(register: &'r PlatformRegister) -> Self {
        Self { register, known: HashMap::new() }
    }

    pub(crate) fn name(&mut self, given: &str) -> String {
        if let Some(name) = self.known.get(given) {
            return name.clone();
        }
        let name = platform::canonical_name(given, self.register);
        // A column of a thousand names holds something else.
        if self.known.len() < 1_000 {
            self.known.insert(given.to_owned(), name.clone());
        }
        name
    }
}

/// A moment in UTC; what stands without a zone is the time of French clocks.
pub(super) fn utc(moment: Moment) -> DateTime<Utc> {
    match moment.zone {
        Some(zone) => (moment.at - zone).and_utc(),
        None => time::from_paris(moment.at),
    }
}

/// `platform` is that of the export; a row may name another.
pub(crate) fn report_of_row(says: FlowSays, platform: &str, platforms: &mut Platforms<'_>) -> Report {
    let status = says.status_at.filter(|_| !says.status.is_empty()).map(|at| StatusSaid {
        // What a word means is for the firm to say, and then for the law: see `flows::take`.
        code: says.status_code,
        raw: says.status,
        reasons: says.reasons,
        comment: says.comment,
        collected_cents: says.collected_cents,
        at: utc(at),
    });
    Report {
        owner: says.client,
        owner_siren: says.client_siren,
        kind: says.kind,
        direction: says.direction,
        number: says.number,
        seller: says.seller,
        counterparty: says.counterparty,
        counterparty_name: says.counterparty_name,
        issued_on: says.issued_on,
        due_on: says.due_on,
        net_cents: says.net_cents,
        vat_cents: says.vat_cents,
        gross_cents: says.gross_cents,
        currency: says.currency,
        platform: if says.platform.is_empty() { platform.to_owned() } else { platforms.name(&says.platform) },
        details: FlowDetails { account: Some(says.account).filter(|a| !a.is_empty()), ..FlowDetails::default() },
        status,
    }
}
