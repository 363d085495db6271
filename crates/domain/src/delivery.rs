//! What became of a message that has left, from what was told of it; and which addresses are not written to any more.

use chrono::{DateTime, Utc};

use crate::{MailEventId, Text};

closed_enum! {
    /// What was told of a message.
    pub enum MailEventKind {
        /// The server of its reader has taken it.
        Delivered = "delivered",
        /// Not yet; it is still tried.
        Delayed = "delayed",
        /// Handed on to a server that tells nothing: neither arrived nor lost.
        Relayed = "relayed",
        /// There is no such address, and there will be none.
        BouncedHard = "bounced_hard",
        /// Refused for what passes by itself, such as a full mailbox.
        BouncedSoft = "bounced_soft",
        /// Refused for what it is or where it comes from: the address is not to blame.
        Blocked = "blocked",
        /// Its reader has called it unwanted.
        Complained = "complained",
        /// A hint only: programs open mail, too.
        Opened = "opened",
        /// A hint only: programs follow links, too.
        Clicked = "clicked",
        /// A person has answered.
        Answered = "answered",
        /// A program has answered, such as that of somebody away. No answer.
        AutoReplied = "auto_replied",
        /// An answer was noted in error.
        AnswerUndone = "answer_undone",
        Unsubscribed = "unsubscribed",
        Resubscribed = "resubscribed",
    }
}

impl MailEventKind {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Delivered => ("Remis", "Delivered"),
            Self::Delayed => ("Retardé", "Delayed"),
            Self::Relayed => ("Transmis, sans nouvelles au-delà", "Handed on, unknown beyond"),
            Self::BouncedHard => ("Adresse refusée", "Address refused"),
            Self::BouncedSoft => ("Refusé pour l’instant", "Refused for now"),
            Self::Blocked => ("Bloqué", "Blocked"),
            Self::Complained => ("Signalé comme indésirable", "Reported as unwanted"),
            Self::Opened => ("Ouvert (indice)", "Opened (a hint)"),
            Self::Clicked => ("Lien suivi (indice)", "Link followed (a hint)"),
            Self::Answered => ("Répondu", "Answered"),
            Self::AutoReplied => ("Réponse automatique", "Automatic reply"),
            Self::AnswerUndone => ("Réponse annulée", "Answer taken back"),
            Self::Unsubscribed => ("Désinscription", "Unsubscribed"),
            Self::Resubscribed => ("Réinscription", "Subscribed again"),
        };
        Text::new(fr, en)
    }

    /// Whether the client was not reached: what the message was to begin has not begun.
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::BouncedHard | Self::BouncedSoft | Self::Blocked | Self::Complained)
    }
}

closed_enum! {
    /// Who told it.
    pub enum MailEventSource {
        /// The server of the outgoing mail, at the handing over.
        Relay = "relay",
        /// The provider, by its messages.
        Provider = "provider",
        /// A mail that came back.
        Mailbox = "mailbox",
        /// The client, on a page of the server.
        Page = "page",
        /// A person of the firm.
        Person = "person",
    }
}

closed_enum! {
    /// How a client has answered.
    pub enum AnswerWay {
        Mail = "mail",
        Telephone = "telephone",
        Meeting = "meeting",
    }
}

impl AnswerWay {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::Mail => ("Courriel", "Mail"),
            Self::Telephone => ("Téléphone", "Telephone"),
            Self::Meeting => ("Rendez-vous", "Meeting"),
        };
        Text::new(fr, en)
    }
}

/// Something that was told of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub id: MailEventId,
    pub kind: MailEventKind,
    pub at: DateTime<Utc>,
    /// The answer that it takes back.
    pub undoes: Option<MailEventId>,
}

closed_enum! {
    /// What a message that has left has become.
    pub enum Became {
        Delivered = "delivered",
        BouncedSoft = "bounced_soft",
        Bounced = "bounced",
        Blocked = "blocked",
        Complained = "complained",
        Answered = "answered",
    }
}

/// What a message became by all that was told of it, in whatever order it came. Nothing where it was only handed on,
/// delayed, opened or clicked: hints move nothing.
///
/// A complaint is never outweighed; an answer outweighs a refusal, because somebody has read it. Of a delivery and a
/// refusal for now the later one counts.
pub fn became(told: &[Told]) -> Option<Became> {
    let last = |kind: MailEventKind| told.iter().filter(|t| t.kind == kind).map(|t| t.at).max();
    let answered = told
        .iter()
        .filter(|t| t.kind == MailEventKind::Answered)
        .any(|answer| !told.iter().any(|t| t.undoes == Some(answer.id)));
    if last(MailEventKind::Complained).is_some() {
        Some(Became::Complained)
    } else if answered {
        Some(Became::Answered)
    } else if last(MailEventKind::BouncedHard).is_some() {
        Some(Became::Bounced)
    } else if last(MailEventKind::Blocked).is_some() {
        Some(Became::Blocked)
    } else {
        match (last(MailEventKind::Delivered), last(MailEventKind::BouncedSoft)) {
            (Some(delivered), Some(refused)) if refused > delivered => Some(Became::BouncedSoft),
            (Some(_), _) => Some(Became::Delivered),
            (None, Some(_)) => Some(Became::BouncedSoft),
            (None, None) => None,
        }
    }
}

/// What a status of RFC 3463 says of a message that was given up: `5.1.1`. Its first digit tells whether trying again could
/// help, the second one who is to blame.
///
/// ```
/// use domain::delivery::{MailEventKind, failure};
///
/// assert_eq!(failure("5.1.1"), MailEventKind::BouncedHard);
/// assert_eq!(failure("5.2.2"), MailEventKind::BouncedSoft, "a full mailbox empties");
/// assert_eq!(failure("5.7.1"), MailEventKind::Blocked, "a policy, not the address");
/// assert_eq!(failure("4.4.7"), MailEventKind::BouncedSoft);
/// ```
pub fn failure(status: &str) -> MailEventKind {
    let mut parts = status.trim().split('.').map(str::trim);
    match (parts.next(), parts.next(), parts.next()) {
        // Mailbox full; message expired on its way; system full or not accepting for now.
        (Some("5"), Some("2"), Some("2")) | (Some("5"), Some("4"), Some("7")) => MailEventKind::BouncedSoft,
        // Too large, no such encoding, a protocol, a policy: another message to the same address may well arrive.
        (Some("5"), Some("2" | "3"), Some("3" | "4")) | (Some("5"), Some("5" | "6" | "7"), _) => MailEventKind::Blocked,
        (Some("5"), Some("3"), _) => MailEventKind::BouncedSoft,
        (Some("5"), _, _) => MailEventKind::BouncedHard,
        _ => MailEventKind::BouncedSoft,
    }
}

closed_enum! {
    /// Why an address is not written to.
    pub enum SuppressionReason {
        BouncedHard = "bounced_hard",
        /// Refused for now so many times in a row that it is not for now any more.
        BouncedSoft = "bounced_soft",
        Complained = "complained",
        Unsubscribed = "unsubscribed",
        /// The firm has decided it.
        ByHand = "by_hand",
    }
}

impl SuppressionReason {
    pub fn text(self) -> Text {
        let (fr, en) = match self {
            Self::BouncedHard => ("Adresse refusée", "Address refused"),
            Self::BouncedSoft => ("Refusée plusieurs fois de suite", "Refused several times in a row"),
            Self::Complained => ("Signalement comme indésirable", "Reported as unwanted"),
            Self::Unsubscribed => ("Désinscription", "Unsubscribed"),
            Self::ByHand => ("Écartée par le cabinet", "Left out by the firm"),
        };
        Text::new(fr, en)
    }

    /// Nothing arrives there, so that nothing is sent.
    pub const fn is_bounce(self) -> bool {
        matches!(self, Self::BouncedHard | Self::BouncedSoft)
    }

    /// Whether it holds a message back. What the client itself has asked for in this moment, and what the firm owes it, is
    /// sent even to who wants nothing else; to an address that does not exist nothing is.
    pub const fn holds(self, mandatory: bool) -> bool {
        self.is_bounce() || !mandatory
    }
}

/// A number of the product's own choice, and why it is this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen {
    pub value: u32,
    pub why_fr: &'static str,
    pub why_en: &'static str,
}

impl Chosen {
    pub fn why(&self) -> Text {
        Text::new(self.why_fr, self.why_en)
    }
}

/// Messages in a row that were refused for now, until their address is not written to any more.
pub const SOFT_BOUNCES: Chosen = Chosen {
    value: 3,
    why_fr: "Un serveur qui remet un refus à plus tard a déjà essayé pendant des jours ; trois messages de suite perdus ainsi \
             montrent une boîte abandonnée, et insister nuit à la réputation de l’expéditeur.",
    why_en: "A server that refuses for now has tried for days already; three messages in a row lost like this show an \
             abandoned mailbox, and insisting harms the reputation of the sender.",
};

/// Days after which a message of which nothing was heard has arrived: servers give up before (RFC 5321, 4.5.4.1 asks them
/// to try for four to five days at least).
pub const SILENCE_DAYS: Chosen = Chosen {
    value: 6,
    why_fr: "Les serveurs essaient quatre à cinq jours avant de renvoyer un message (RFC 5321, 4.5.4.1).",
    why_en: "Servers try for four to five days before they give a message back (RFC 5321, 4.5.4.1).",
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(n: u128, kind: MailEventKind, second: i64) -> Told {
        let id = MailEventId::from_uuid(uuid::Uuid::from_u128(n));
        Told { id, kind, at: DateTime::from_timestamp(second, 0).unwrap(), undoes: None }
    }

    #[test]
    fn what_weighs_more() {
        use MailEventKind as K;
        let of = |kinds: &[MailEventKind]| {
            let told: Vec<_> = kinds.iter().enumerate().map(|(n, k)| told(n as u128, *k, n as i64)).collect();
            became(&told)
        };
        for (kinds, expected) in [
            (&[][..], None),
            (&[K::Opened, K::Clicked, K::Delayed, K::Relayed, K::AutoReplied, K::Unsubscribed], None),
            (&[K::Delivered], Some(Became::Delivered)),
            (&[K::Delivered, K::BouncedHard], Some(Became::Bounced)),
            (&[K::BouncedHard, K::Delivered], Some(Became::Bounced)),
            (&[K::Delivered, K::BouncedSoft], Some(Became::BouncedSoft)),
            (&[K::BouncedSoft, K::Delivered], Some(Became::Delivered)),
            (&[K::Blocked, K::Delivered], Some(Became::Blocked)),
            (&[K::BouncedHard, K::Answered], Some(Became::Answered)),
            (&[K::Answered, K::Complained, K::Delivered], Some(Became::Complained)),
        ] {
            assert_eq!(of(kinds), expected, "{kinds:?}");
        }
    }

    #[test]
    fn an_answer_that_was_taken_back_counts_no_more() {
        let delivered = told(1, MailEventKind::Delivered, 1);
        let (first, second) = (told(2, MailEventKind::Answered, 2), told(3, MailEventKind::Answered, 3));
        let undone = Told { undoes: Some(first.id), ..told(4, MailEventKind::AnswerUndone, 4) };
        assert_eq!(became(&[delivered, first]), Some(Became::Answered));
        assert_eq!(became(&[delivered, first, undone]), Some(Became::Delivered));
        assert_eq!(became(&[delivered, first, second, undone]), Some(Became::Answered));
        assert_eq!(became(&[first, undone]), None);
    }

    #[test]
    fn statuses_of_the_standard() {
        use MailEventKind as K;
        for (status, expected) in [
            ("5.0.0", K::BouncedHard),
            ("5.1.1", K::BouncedHard),
            ("5.1.10", K::BouncedHard),
            ("5.2.1", K::BouncedHard),
            ("5.2.2", K::BouncedSoft),
            ("5.2.3", K::Blocked),
            ("5.3.0", K::BouncedSoft),
            ("5.3.4", K::Blocked),
            ("5.4.4", K::BouncedHard),
            ("5.4.7", K::BouncedSoft),
            ("5.6.1", K::Blocked),
            ("5.7.1", K::Blocked),
            ("4.2.2", K::BouncedSoft),
            ("4.4.1", K::BouncedSoft),
            ("", K::BouncedSoft),
            ("nonsense", K::BouncedSoft),
        ] {
            assert_eq!(failure(status), expected, "{status}");
        }
    }

    #[test]
    fn what_is_owed_goes_to_who_wants_nothing_else() {
        use SuppressionReason as R;
        for reason in R::ALL {
            assert!(reason.holds(false), "{reason}");
            assert_eq!(reason.holds(true), matches!(reason, R::BouncedHard | R::BouncedSoft), "{reason}");
        }
    }

    proptest! {
        /// Messages about a message overtake each other.
        #[test]
        fn the_order_of_arrival_does_not_matter(
            kinds in prop::collection::vec((0..MailEventKind::ALL.len(), 0..20_i64), 0..8),
            seed in any::<prop::sample::Index>(),
        ) {
            let mut all: Vec<_> =
                kinds.iter().enumerate().map(|(n, (k, at))| told(n as u128, MailEventKind::ALL[*k], *at)).collect();
            let expected = became(&all);
            if !all.is_empty() {
                let by = seed.index(all.len());
                all.rotate_left(by);
            }
            prop_assert_eq!(became(&all), expected);
            all.reverse();
            prop_assert_eq!(became(&all), expected);
        }
    }
}
