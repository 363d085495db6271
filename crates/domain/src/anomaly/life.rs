//! The life of an anomaly: what may happen to it in which state, and how its clock goes.

use super::{AnomalyEvent, AnomalyState};
use crate::text::Text;

/// Something that does not fit the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSuchStep {
    pub state: AnomalyState,
    pub event: AnomalyEvent,
}

impl NoSuchStep {
    /// Why it cannot be done, and what can be done instead.
    pub fn text(self) -> Text {
        let state = self.state.text();
        let (fr, en) = match self.event {
            AnomalyEvent::Open => ("Elle est déjà ouverte.", "It is open already."),
            AnomalyEvent::Reopen => ("Elle n’est pas close : rien à rouvrir.", "It is not closed: nothing to reopen."),
            _ if self.state.is_over() => ("Rouvrez-la d’abord.", "Reopen it first."),
            AnomalyEvent::Resume => {
                ("Elle n’attend rien et ne dort pas : continuez.", "It neither waits nor sleeps: go on with it.")
            }
            AnomalyEvent::Start => ("Quelqu’un y travaille déjà.", "Somebody works on it already."),
            AnomalyEvent::WaitClient => ("Elle attend déjà le client.", "It waits for the client already."),
            _ => ("Choisissez une autre action.", "Choose another act."),
        };
        Text::new(
            format!("L’anomalie est « {} ». {fr}", state.fr.to_lowercase()),
            format!("The anomaly is “{}”. {en}", state.en.to_lowercase()),
        )
    }
}

impl AnomalyState {
    /// The state in which something leaves an anomaly; `assigned` tells whether it then has somebody.
    pub const fn transition(self, event: AnomalyEvent, assigned: bool) -> Result<Self, NoSuchStep> {
        use AnomalyEvent as E;
        use AnomalyState as S;
        let refused = Err(NoSuchStep { state: self, event });
        let waiting_work = if assigned { S::Assigned } else { S::New };
        if self.is_over() {
            return match event {
                E::Reopen => Ok(waiting_work),
                // What is told of it changes nothing of how it ended.
                E::Comment | E::Tick | E::Split | E::Join => Ok(self),
                _ => refused,
            };
        }
        match event {
            E::Open | E::Reopen => refused,
            // New hands begin anew; what waits goes on waiting, whoever has it.
            E::Assign | E::Unassign | E::HandOver => match self {
                S::WaitingClient | S::Snoozed => Ok(self),
                _ => Ok(waiting_work),
            },
            E::Start => match self {
                S::InProgress => refused,
                _ => Ok(S::InProgress),
            },
            E::WaitClient => match self {
                S::WaitingClient => refused,
                _ => Ok(S::WaitingClient),
            },
            // Once more: until another day.
            E::Snooze => Ok(S::Snoozed),
            E::Resume => match self {
                S::WaitingClient | S::Snoozed => Ok(waiting_work),
                _ => refused,
            },
            E::Resolve | E::Close => Ok(S::Resolved),
            E::Ignore => Ok(S::Ignored),
            E::Comment | E::Tick | E::Split | E::Join => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair of state and event: the state it leads to with and without somebody, or `-` where it is refused.
    #[test]
    fn every_event_in_every_state() {
        use AnomalyEvent as E;
        #[rustfmt::skip]
        let table: &[(AnomalyEvent, [&str; 7])] = &[
            //              new            assigned       in_progress    waiting          snoozed    resolved       ignored
            (E::Open,       ["-",          "-",           "-",           "-",             "-",       "-",           "-"]),
            (E::Assign,     ["assigned",   "assigned",    "assigned",    "waiting_client", "snoozed", "-",          "-"]),
            (E::Unassign,   ["assigned",   "assigned",    "assigned",    "waiting_client", "snoozed", "-",          "-"]),
            (E::Start,      ["in_progress", "in_progress", "-",          "in_progress",   "in_progress", "-",       "-"]),
            (E::WaitClient, ["waiting_client", "waiting_client", "waiting_client", "-",   "waiting_client", "-",    "-"]),
            (E::Snooze,     ["snoozed",    "snoozed",     "snoozed",     "snoozed",       "snoozed", "-",           "-"]),
            (E::Resume,     ["-",          "-",           "-",           "assigned",      "assigned", "-",          "-"]),
            (E::Resolve,    ["resolved",   "resolved",    "resolved",    "resolved",      "resolved", "-",          "-"]),
            (E::Ignore,     ["ignored",    "ignored",     "ignored",     "ignored",       "ignored", "-",           "-"]),
            (E::Close,      ["resolved",   "resolved",    "resolved",    "resolved",      "resolved", "-",          "-"]),
            (E::Reopen,     ["-",          "-",           "-",           "-",             "-",       "assigned",    "assigned"]),
            (E::Comment,    ["new",        "assigned",    "in_progress", "waiting_client", "snoozed", "resolved",   "ignored"]),
            (E::Tick,       ["new",        "assigned",    "in_progress", "waiting_client", "snoozed", "resolved",   "ignored"]),
            (E::Split,      ["new",        "assigned",    "in_progress", "waiting_client", "snoozed", "resolved",   "ignored"]),
            (E::Join,       ["new",        "assigned",    "in_progress", "waiting_client", "snoozed", "resolved",   "ignored"]),
            (E::HandOver,   ["assigned",   "assigned",    "assigned",    "waiting_client", "snoozed", "-",          "-"]),
        ];
        assert!(table.iter().map(|(event, _)| *event).eq(AnomalyEvent::ALL.iter().copied()));
        for (event, row) in table {
            for (state, expected) in AnomalyState::ALL.iter().zip(row) {
                for assigned in [true, false] {
                    let got = state.transition(*event, assigned).map_or("-", AnomalyState::as_str);
                    let expected = match (*expected, assigned) {
                        // Without anybody it is as new, unless it merely stays as it was.
                        ("assigned", false) if !matches!(event, E::Comment | E::Tick | E::Split | E::Join) => "new",
                        (expected, _) => expected,
                    };
                    assert_eq!(got, expected, "{state} {event} assigned={assigned}");
                }
            }
        }
    }

    #[test]
    fn a_refusal_says_what_stands_against_it() {
        for state in AnomalyState::ALL {
            for event in AnomalyEvent::ALL {
                if let Err(refused) = state.transition(*event, true) {
                    let text = refused.text();
                    assert!(text.fr.contains(&state.text().fr.to_lowercase()) && text.fr.ends_with('.'), "{text:?}");
                    assert!(text.en.ends_with('.'));
                }
            }
        }
    }
}
