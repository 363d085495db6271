//! The steps in their address: the same names as the parameters of the API.

use contract::RelanceQuery;
use domain::{DossierId, RelanceStepId, SequenceId};

use crate::frame::in_scope;
use crate::pages::dossiers::query::{essence_of, one, parameter, several};

/// Parameters that say which steps.
pub const FILTERS: [&str; 10] =
    ["q", "tasks", "stage", "outcome", "purpose", "channel", "sequence_id", "portfolio_id", "person_id", "dossier_id"];

/// Those that hold one value, not alternatives.
pub const SINGLE: [&str; 4] = ["tasks", "stage", "person_id", "dossier_id"];

/// The list of calls and letters that wait for a person.
pub const TASKS: &str = "tasks=true";

pub fn essence(search: &str) -> String {
    essence_of(search, &FILTERS, None)
}

/// The filters of an address as the API takes them; `scope` is the portfolio chosen in the top bar.
pub fn filter(search: &str, scope: Option<&str>) -> RelanceQuery {
    RelanceQuery {
        portfolio_id: match in_scope(scope) {
            none if none.is_empty() => several(search, "portfolio_id"),
            chosen => chosen,
        },
        sequence_id: several(search, "sequence_id"),
        purpose: several(search, "purpose"),
        outcome: several(search, "outcome"),
        channel: several(search, "channel"),
        stage: one(search, "stage"),
        dossier_id: one(search, "dossier_id"),
        person_id: one(search, "person_id"),
        tasks: parameter(search, "tasks").filter(|word| word == "true").map(|_| true),
        q: parameter(search, "q").filter(|q| !q.trim().is_empty()),
        ..RelanceQuery::default()
    }
}

/// A step of a dossier in a sequence, as rows and the address name it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Key {
    pub sequence: SequenceId,
    pub dossier: DossierId,
    pub step: RelanceStepId,
}

impl Key {
    pub fn write(self) -> String {
        format!("{}.{}.{}", self.sequence, self.dossier, self.step)
    }

    pub fn read(text: &str) -> Option<Key> {
        let mut parts = text.split('.');
        let key = Key {
            sequence: parts.next()?.parse().ok()?,
            dossier: parts.next()?.parse().ok()?,
            step: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use domain::relance::RelanceChannel;
    use domain::relance::outcome::{OutcomeCode, Stage};

    use super::*;

    #[test]
    fn an_address_is_the_query_of_the_api() {
        let query = filter("outcome=planned,nonsense&stage=open&channel=call,letter&q=caf%C3%A9&panel=x", None);
        assert_eq!((query.outcome.0, query.stage), (vec![OutcomeCode::Planned], Some(Stage::Open)));
        assert_eq!(query.channel.0, [RelanceChannel::Call, RelanceChannel::Letter]);
        assert_eq!(query.q.as_deref(), Some("café"));
        assert_eq!(
            (query.tasks, filter(TASKS, None).tasks, filter("tasks=perhaps", None).tasks),
            (None, Some(true), None)
        );
        assert_eq!(essence("?panel=x&stage=open&q=a"), "q=a&stage=open");
    }

    #[test]
    fn the_portfolio_of_the_top_bar_narrows_the_steps() {
        let id = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11";
        let sent = |search: &str, scope| crate::api::query_string(&filter(search, scope));
        assert_eq!(sent("portfolio_id=none", Some(id)), format!("portfolio_id={id}"));
        assert_eq!(sent("portfolio_id=none", None), "portfolio_id=none");
        assert_eq!(sent("stage=open", Some("none")), "portfolio_id=none&stage=open");
    }

    #[test]
    fn a_row_is_named_by_sequence_dossier_and_step() {
        let id = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11";
        let text = format!("{id}.{id}.{id}");
        assert_eq!(Key::read(&text).map(Key::write), Some(text.clone()));
        assert_eq!(Key::read(&format!("{text}.{id}")), None);
        assert_eq!(Key::read("x.y.z"), None);
    }
}
