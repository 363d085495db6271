//! A trial of a connection, step by step, for the person who sets it up. Takes nothing over.

use std::time::Instant;

use chrono::{Duration, Utc};
use contract::{ConnectionTrial, Nothing, TrialStep};
use domain::{ConnectionId, Text};
use gateway::platform::{PlatformError, Search};
use store::connections;

use super::{note_calls, open};
use crate::{Answer, Call, Result};

/// A SIREN that every directory knows: that of the INSEE, which gives them.
const KNOWN_SIREN: &str = "120027016";

pub fn try_connection(call: &Call, id: ConnectionId, _: Nothing, _: Nothing) -> Result<Answer<ConnectionTrial>> {
    let app = &call.app;
    let row = connections::find(&mut *app.store.conn()?, call.scope()?, id)?;
    let opened = open(app, &row)?;
    let mut steps = Vec::new();
    let mut step = |fr: &str, en: &str, started: Instant, outcome: std::result::Result<Text, PlatformError>| {
        let (works, detail) = match outcome {
            Ok(detail) => (true, detail),
            Err(error) => (false, error.text()),
        };
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        steps.push(TrialStep { name: Text::new(fr, en), works, detail, milliseconds });
        works
    };
    let started = Instant::now();
    let (address, line) = match opened.line {
        Ok(line) => (Ok(Text::new("Les adresses peuvent être appelées.", "The addresses may be called.")), Some(line)),
        Err(error) => (Err(error), None),
    };
    let mut works = step("Adresses", "Addresses", started, address);
    if let Some(mut line) = line {
        let started = Instant::now();
        let token = line.sign_in().map(|token| {
            let minutes = (token.ends - Utc::now()).num_minutes().max(0);
            Text::new(
                format!("Jeton reçu, valable {minutes} minutes."),
                format!("Token received, good for {minutes} minutes."),
            )
        });
        works &= step("Jeton", "Token", started, token);
        if works {
            // Not every platform has it: told, and no reason to fail.
            let started = Instant::now();
            let health =
                line.health().map(|()| Text::new("Le service se dit en marche.", "The service says that it runs."));
            step("État du service", "Health check", started, health);
            let started = Instant::now();
            let search = Search { limit: 1, ..Search::since(Utc::now() - Duration::days(366)) };
            let found = line.search(&search).map(|found| match found.flows.first() {
                Some(_) => Text::new("Un flux a été trouvé.", "A flow was found."),
                None => Text::new(
                    "La recherche répond ; aucun flux depuis un an.",
                    "The search answers; no flow within a year.",
                ),
            });
            works &= step("Recherche de flux", "Search of flows", started, found);
            if opened.data.directory_url.is_some() {
                let started = Instant::now();
                let lines = line.directory(KNOWN_SIREN).map(|lines| {
                    let n = lines.len();
                    Text::new(
                        format!("L’annuaire répond : {n} adresses pour un SIREN connu."),
                        format!("The directory answers: {n} addresses for a known SIREN."),
                    )
                });
                works &= step("Annuaire", "Directory", started, lines);
            }
        }
        app.shared.connections.keep_token(row.id, row.version, line.token());
        note_calls(app, &row, line.calls());
    }
    Ok(Answer::new(ConnectionTrial { works, steps }))
}
