//! The columns of the list, and a dossier as its row.

use std::sync::Arc;

use contract::{Dossier, DossierRow};
use domain::CriterionState;
use leptos::prelude::untrack;

use super::lock;
use crate::browser::now;
use crate::dom::{View, span};
use crate::pages::{dossier, words};
use crate::text::{format, t};
use crate::ui::{Column, Row, status_plain, tag};

/// Tags that fit a cell.
const TAGS: usize = 3;

pub fn columns() -> Vec<Column> {
    let t = t();
    vec![
        Column::new("name", t.fact_name()).fixed().sortable().grows().width(64),
        Column::new("code", t.fact_code()).sortable().priority(3).hidden().width(26),
        Column::new("state", t.fact_state()).priority(1).sortable().width(35),
        Column::new("score", t.fact_score()).number().sortable().width(20),
        Column::new("next_act", t.fact_next_act()).priority(3).width(50),
        Column::new("missing", t.column_missing()).number().priority(3).hidden().width(26),
        Column::new("exposure", t.exposure_title()).number().sortable().priority(3).hidden().width(32),
        Column::new("size", t.fact_size()).priority(4).width(20),
        Column::new("vat_regime", t.fact_vat_regimes()).priority(3).hidden().width(46),
        Column::new("portfolio", t.fact_portfolio()).priority(3).hidden().width(42),
        Column::new("manager", t.fact_manager()).priority(3).hidden().width(36),
        Column::new("assignee", t.fact_assignee()).priority(3).width(36),
        Column::new("platform", t.fact_platform()).priority(4).width(40),
        Column::new("emission", t.fact_emission_platform()).priority(3).hidden().width(44),
        Column::new("tool", t.fact_tool()).priority(3).hidden().width(40),
        Column::new("contact", t.fact_contact()).priority(3).hidden().width(50),
        Column::new("city", t.fact_city()).priority(3).hidden().width(32),
        Column::new("headcount", t.fact_headcount()).number().priority(3).hidden().width(22),
        Column::new("turnover", t.fact_turnover()).number().priority(3).hidden().width(36),
        Column::new("invoices", t.fact_invoices_per_month()).number().priority(3).hidden().width(36),
        Column::new("tags", t.fact_tags()).priority(3).hidden().width(46),
        Column::new("updated_at", t.fact_updated_at()).sortable().number().priority(3).hidden().width(30),
    ]
}

fn or_dash(text: Option<impl Into<String>>) -> View {
    match text.map(Into::into).filter(|text: &String| !text.is_empty()) {
        Some(text) => View::text(&text),
        None => span("faint").child("–"),
    }
}

fn figure(n: Option<i64>) -> View {
    or_dash(n.map(|n| format::number(t(), n)))
}

fn cell(row: &DossierRow, column: &str) -> View {
    match column {
        "name" => View::all([
            span("cell-main truncate").attr("title", &row.name).child(&row.name),
            if row.confidential { lock() } else { View::none() },
            span("cell-sub num").child(format::siren(row.siren.as_str())),
        ]),
        "code" => or_dash(row.code.as_deref()),
        "state" => status_plain(words::tone(row.state)),
        "score" => format::number(t(), row.score.into()).into(),
        "next_act" => or_dash(row.next_act.map(words::next_act)),
        "missing" => figure(Some(row.missing.into())),
        "exposure" => or_dash((row.exposure_cents > 0).then(|| format::money_round(t(), row.exposure_cents))),
        "size" => or_dash(row.size.map(words::size_short)),
        "vat_regime" => or_dash(row.vat_regime.map(words::regime)),
        "portfolio" => or_dash(row.portfolio_id.and_then(|id| dossier::open::portfolio_name(&id.to_string()))),
        "manager" => or_dash(words::person(&row.manager)),
        "assignee" => or_dash(words::person(&row.assignee)),
        "platform" => or_dash(row.reception_platform.as_deref()),
        "emission" => or_dash(row.emission_platform.as_deref()),
        "tool" => or_dash(row.tool.as_deref()),
        "contact" => or_dash(row.contact.as_deref().map(words::phone)),
        "city" => or_dash(row.city.as_deref()),
        "headcount" => figure(row.headcount.map(i64::from)),
        "turnover" => or_dash(row.turnover_cents.map(|cents| format::money_round(t(), cents))),
        "invoices" => figure(row.invoices_per_month.map(i64::from)),
        "tags" => {
            let more = row.tags.len().saturating_sub(TAGS);
            span("tags")
                .children(row.tags.iter().take(TAGS).map(|name| tag(name)))
                .child((more > 0).then(|| span("faint").child(format!("+{more}"))))
        }
        _ => span("").attr("title", &format::moment(t(), row.updated_at)).child(format::relative(
            t(),
            row.updated_at,
            now(),
        )),
    }
}

pub fn row(row: Arc<DossierRow>) -> Row {
    // The version moves with the facts; state and score also move with the calendar.
    let mark = (row.version as u64) << 16 | u64::from(row.score) << 8 | row.state as u64;
    Row::new(row.id.to_string(), mark, row.name.clone(), move |column| untrack(|| cell(&row, column)))
}

/// A dossier that was just read or written, as the list shows it.
pub fn row_of(dossier: &Dossier) -> DossierRow {
    let facts = &dossier.facts;
    let contact = facts.contacts.iter().find(|c| c.is_reachable()).or(facts.contacts.first());
    let today = format::paris(now()).date();
    DossierRow {
        id: dossier.id,
        version: dossier.version,
        siren: facts.siren,
        name: facts.name.clone(),
        code: facts.code.clone(),
        state: dossier.readiness.state,
        score: dossier.readiness.score,
        next_act: dossier.readiness.next_acts.first().copied(),
        missing: missing(dossier),
        exposure_cents: dossier.exposure.total_cents,
        size: dossier.size.class,
        vat_regime: facts.vat_regime_on(today),
        portfolio_id: facts.portfolio_id,
        manager: facts.manager.clone(),
        assignee: facts.assignee.clone(),
        reception_platform: facts.reception_platform.clone(),
        emission_platform: facts.emission_platform.clone(),
        tool: facts.tool.clone(),
        contact: contact.and_then(|c| c.email.clone().or_else(|| c.phone.clone()).or_else(|| c.name.clone())),
        city: facts.city.clone(),
        headcount: facts.headcount,
        turnover_cents: facts.turnover_cents,
        invoices_per_month: facts.invoices_per_month,
        tags: facts.tags.clone(),
        confidential: facts.confidential,
        updated_at: dossier.updated_at,
    }
}

fn missing(dossier: &Dossier) -> u32 {
    dossier.readiness.criteria.iter().filter(|c| c.state == CriterionState::Missing).count() as u32
}
