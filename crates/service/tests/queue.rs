//! Settling anomalies: the queue and who sees what of it, acts and their way back, two people at once, comments, hand-over,
//! notifications, the digest, what time alone does, and what others hear.

mod common;

use std::task::{Context, Poll, Waker};
use std::time::{Duration as Span, Instant};

use chrono::{DateTime, Duration, Utc};
use common::{SignedIn, World, code, on_both};
use contract::*;
use domain::anomaly::{AnomalyDetail, AnomalyEvent, AnomalyRule, AnomalyState, Policy, Resolution, Severity};
use domain::{Access, AnomalyId, DossierFacts, DossierId, InCharge, PortfolioId, Role, Siren, UserId};
use service::anomalies::{self, clock, live, notify};
use service::bulk::undo_act;
use service::{Call, dossiers, people, portfolios, post};
use store::anomalies::{Anomaly as Stored, Told};
use uuid::Uuid;

const NONE: Nothing = Nothing {};

fn siren(n: u32) -> Siren {
    let body = format!("{:08}", 10_000_000 + n);
    (0..10).find_map(|check| Siren::parse(&format!("{body}{check}")).ok()).unwrap()
}

/// A firm of a partner, two of the staff with a portfolio each, a manager who sees all and a reader.
struct Firm<'a> {
    world: &'a World,
    claire: SignedIn,
    karim: SignedIn,
    lea: SignedIn,
    paul: SignedIn,
    rose: SignedIn,
    lille: PortfolioId,
    lyon: PortfolioId,
}

/// A request of somebody with the rights of this moment: tokens live for minutes, and days pass here.
fn by(world: &World, who: &SignedIn) -> Call {
    let me = &who.token.me;
    let mut conn = world.app.store.conn().unwrap();
    let mut found = store::notifications::recipients(&mut conn, me.cabinet_id, &[me.user_id]).unwrap();
    let person = found.remove(&me.user_id).unwrap();
    let actor = store::Actor {
        scope: person.scope,
        session: me.session_id,
        name: person.name,
        email: person.email,
        lang: person.lang,
    };
    Call { actor: Some(actor), ..world.nobody() }
}

fn by_on(world: &World, who: &SignedIn, version: i64) -> Call {
    Call { if_match: Some(version), ..by(world, who) }
}

fn id_of(who: &SignedIn) -> UserId {
    who.token.me.user_id
}

impl<'a> Firm<'a> {
    fn new(world: &'a World) -> Self {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let karim = world.joined(&claire, "karim@exemple.fr", "Karim Benali", Role::Staff);
        let lea = world.joined(&claire, "lea@exemple.fr", "Léa Petit", Role::Staff);
        let invitation = NewInvitation {
            email: "paul@exemple.fr".into(),
            role: Role::Manager,
            access: Some(Access::All),
            portfolio_ids: Vec::new(),
            aliases: Vec::new(),
        };
        let invitation = people::create_invitation(&world.by(&claire), NONE, NONE, invitation).unwrap().reply;
        let paul = world.accept(&invitation.link.unwrap(), "Paul Roux");
        let rose = world.joined(&claire, "rose@exemple.fr", "Rose Blanc", Role::Viewer);
        let portfolio = |name: &str, people: &[UserId]| {
            let body = PortfolioInput { name: name.to_owned(), people: people.to_vec() };
            portfolios::create_portfolio(&by(world, &claire), NONE, NONE, body).unwrap().reply.id
        };
        let lille = portfolio("Lille", &[id_of(&karim)]);
        let lyon = portfolio("Lyon", &[id_of(&lea), id_of(&rose)]);
        Self { world, claire, karim, lea, paul, rose, lille, lyon }
    }

    fn dossier(&self, n: u32, portfolio: PortfolioId, change: impl FnOnce(&mut DossierFacts)) -> DossierId {
        let mut facts = DossierFacts::new(siren(n), format!("Client {n}"));
        facts.portfolio_id = Some(portfolio);
        change(&mut facts);
        dossiers::create_dossier(&by(self.world, &self.claire), NONE, NONE, NewDossier { facts }).unwrap().reply.id
    }

    /// An anomaly that shows in dossiers, found now; the greater the priority the sooner.
    fn anomaly(&self, priority: i64, dossiers: &[DossierId]) -> AnomalyId {
        let now = self.world.now.get();
        let cabinet = self.claire.token.me.cabinet_id;
        let id = AnomalyId::from_uuid(Uuid::now_v7());
        let clock = Policy::default().clock(AnomalyRule::Rejected, now);
        let domain::working_time::Clock::Runs { due_at, warn_at } = clock else { panic!() };
        let detail = AnomalyDetail {
            platform: Some("PENNYLANE".into()),
            number: Some(format!("F{priority}")),
            exposure_cents: 100,
            ..Default::default()
        };
        let n = dossiers.len() as i64;
        let anomaly = Stored {
            id,
            cabinet,
            version: 1,
            rule: AnomalyRule::Rejected,
            cause: id.to_string(),
            main: true,
            severity: Severity::High,
            state: AnomalyState::New,
            platform: Some("PENNYLANE".into()),
            detail: detail.clone(),
            assignee: None,
            resolution: None,
            note: None,
            occurrences: n,
            dossiers: n,
            exposure_cents: 100 * n,
            priority,
            comments: 0,
            reopened: 0,
            steps: Vec::new(),
            due_at: Some(due_at),
            warn_at: Some(warn_at),
            left_minutes: None,
            snoozed_until: None,
            wakes_on_news: false,
            search: format!("rejetee f{priority}"),
            opened_at: now,
            updated_at: now,
            closed_at: None,
            told: Told::Nothing,
        };
        self.world.app.store.conn().unwrap().write(|conn| store::anomalies::insert(conn, &[anomaly])).unwrap();
        for (place, dossier) in dossiers.iter().enumerate() {
            let detail = serde_json::to_string(&detail).unwrap();
            let at = store::time::to_db(now);
            self.world.sql(&format!(
                "INSERT INTO occurrences (cabinet_id, fingerprint, anomaly_id, dossier_id, detail, exposure_cents, \
                 opened_at, closed_because) VALUES ('{cabinet}', 'rejected:{id}:{place}', '{id}', '{dossier}', \
                 '{detail}', 100, {at}, '')"
            ));
        }
        id
    }

    fn list(&self, who: &SignedIn, filter: AnomalyQuery) -> Vec<AnomalyRow> {
        let query = AnomalyListQuery { filter, ..Default::default() };
        anomalies::list_anomalies(&by(self.world, who), NONE, query, NONE).unwrap().reply.data
    }

    fn ids(&self, who: &SignedIn, filter: AnomalyQuery) -> Vec<AnomalyId> {
        self.list(who, filter).into_iter().map(|r| r.id).collect()
    }

    fn read(&self, who: &SignedIn, id: AnomalyId) -> Anomaly {
        anomalies::read_anomaly(&by(self.world, who), id, NONE, NONE).unwrap().reply
    }

    fn act(&self, who: &SignedIn, ids: &[AnomalyId], act: AnomalyAct) -> AnomalyActResult {
        self.try_act(who, input(ids, act)).unwrap()
    }

    fn try_act(&self, who: &SignedIn, body: AnomalyActInput) -> service::Result<AnomalyActResult> {
        anomalies::act_on_anomalies(&by(self.world, who), NONE, NONE, body).map(|a| a.reply)
    }

    /// The act does what it is meant to.
    fn done(&self, who: &SignedIn, id: AnomalyId, act: AnomalyAct) -> AnomalyActResult {
        let result = self.act(who, &[id], act);
        assert_eq!(result.changed, 1, "{:?}", result.items);
        result
    }

    fn board(&self, who: &SignedIn) -> AnomalyBoard {
        anomalies::read_anomaly_board(&by(self.world, who), NONE, Default::default(), NONE).unwrap().reply
    }

    fn told(&self, who: &SignedIn) -> Vec<(NotificationKind, String)> {
        let query = NotificationQuery { unread: Some(true), ..Default::default() };
        let page = anomalies::list_notifications(&by(self.world, who), NONE, query, NONE).unwrap().reply;
        assert_eq!(page.unread, page.data.len() as u64);
        page.data.into_iter().map(|n| (n.kind, n.text.fr)).collect()
    }

    fn kinds(&self, who: &SignedIn) -> Vec<NotificationKind> {
        self.told(who).into_iter().map(|(kind, _)| kind).collect()
    }

    fn all_read(&self, who: &SignedIn) {
        let body = NotificationsRead { ids: None };
        anomalies::read_notifications(&by(self.world, who), NONE, NONE, body).unwrap();
    }

    fn tick(&self) {
        clock::tick(&self.world.app, self.world.now.get()).unwrap();
    }

    fn journal(&self) -> Vec<(String, serde_json::Value)> {
        self.world.journal(&self.world.sign_in("claire@exemple.fr"))
    }

    fn actions(&self) -> Vec<String> {
        let actions = self.journal().into_iter().map(|(action, _)| action);
        actions.filter(|action| !action.starts_with("session.")).collect()
    }

    fn undo(&self, who: &SignedIn, result: &AnomalyActResult) -> BulkResult {
        undo_act(&by(self.world, who), result.act_id.unwrap(), NONE, NONE).unwrap().reply
    }
}

fn input(ids: &[AnomalyId], act: AnomalyAct) -> AnomalyActInput {
    AnomalyActInput { ids: Some(ids.to_vec()), filter: None, act, versions: None, preview: false }
}

fn to(who: &SignedIn) -> AnomalyAct {
    AnomalyAct::Assign { user_id: Some(id_of(who)) }
}

fn resolve() -> AnomalyAct {
    AnomalyAct::Resolve { resolution: Resolution::Reissued, note: Some("Refaite".into()) }
}

fn whole_file() -> AnomalyExportQuery {
    AnomalyExportQuery { filter: AnomalyQuery::default(), format: None }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn people_see_of_the_queue_what_lies_in_their_sight() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        let b = firm.dossier(2, firm.lyon, |f| f.name = "Zinguerie Dupont".into());
        let secret = firm.dossier(3, firm.lille, |f| f.confidential = true);
        let only_lille = firm.anomaly(30, &[a]);
        let both = firm.anomaly(20, &[a, b]);
        let hidden = firm.anomaly(10, &[secret]);
        let nowhere = firm.anomaly(5, &[]);
        world.sql(&format!(
            "INSERT INTO occurrences (cabinet_id, fingerprint, anomaly_id, detail, exposure_cents, opened_at, \
             closed_because) VALUES ('{}', 'connection_down:x', '{nowhere}', '{{\"exposure_cents\":7}}', 7, 1, '')",
            firm.claire.token.me.cabinet_id
        ));
        let all = AnomalyQuery::default;
        assert_eq!(firm.ids(&firm.claire, all()), [only_lille, both, hidden, nowhere]);
        assert_eq!(firm.ids(&firm.paul, all()), [only_lille, both, nowhere], "a manager sees no secret of others");
        assert_eq!(firm.ids(&firm.karim, all()), [only_lille, both]);
        assert_eq!(firm.ids(&firm.lea, all()), [both]);
        let other = world.sign_up("Cabinet B", "b@exemple.fr");
        assert_eq!(firm.ids(&other, all()), []);
        let read = |who: &SignedIn, id| anomalies::read_anomaly(&by(world, who), id, NONE, NONE).map(drop);
        assert_eq!(code(read(&other, both)), Code::NotFound);
        assert_eq!(code(read(&firm.lea, only_lille)), Code::NotFound);
        assert_eq!(code(read(&firm.karim, hidden)), Code::NotFound);

        let row = firm.list(&firm.karim, all()).remove(1);
        assert_eq!((row.occurrences, row.dossiers, row.hidden, row.exposure_cents), (1, 1, 1, 100));
        assert_eq!(row.dossier_names, ["Client 1"]);
        let whole = firm.list(&firm.claire, all()).remove(1);
        assert_eq!((whole.occurrences, whole.dossiers, whole.hidden, whole.exposure_cents), (2, 2, 0, 200));
        assert_eq!(whole.dossier_names, ["Client 1", "Zinguerie Dupont"]);
        assert!(firm.read(&firm.karim, only_lille).can_act && !firm.read(&firm.karim, both).can_act);
        assert!(!firm.read(&firm.rose, both).can_act, "who reads does not act");

        let (mine, theirs) = (firm.board(&firm.karim), firm.board(&firm.claire));
        assert_eq!((mine.open, mine.unassigned, mine.exposure_cents), (2, 2, 200));
        assert_eq!((theirs.open, theirs.exposure_cents, theirs.by_rule[0].count), (4, 400, 4));

        // Filters never lead out of sight.
        let of = |who: &SignedIn, filter: AnomalyQuery| firm.ids(who, filter);
        let q = |q: &str| AnomalyQuery { q: Some(q.into()), ..Default::default() };
        assert_eq!(of(&firm.claire, q("zinguerie")), [both]);
        assert_eq!(of(&firm.karim, q("zinguerie")), [], "a name out of sight is not found by it");
        assert_eq!(of(&firm.karim, q("client")), [only_lille, both]);
        assert_eq!(of(&firm.claire, q("F20")), [both]);
        assert_eq!(of(&firm.lea, q("f20 rejetée pennylane")), [both]);
        assert_eq!(of(&firm.lea, q("F30")), []);
        let in_dossier = |id| AnomalyQuery { dossier_id: Some(id), ..Default::default() };
        assert_eq!(of(&firm.karim, in_dossier(b)), []);
        assert_eq!(of(&firm.lea, in_dossier(b)), [both]);
        let portfolio = |id| AnomalyQuery { portfolio_id: Several(vec![OrNone::Is(id)]), ..Default::default() };
        assert_eq!(of(&firm.claire, portfolio(firm.lyon)), [both]);
        assert_eq!(of(&firm.karim, portfolio(firm.lyon)), []);
        let platform = AnomalyQuery { platform: Several(vec!["PENNYLANE".into()]), ..Default::default() };
        assert_eq!(of(&firm.claire, platform).len(), 4);
        let over = AnomalyQuery { overdue: Some(true), ..Default::default() };
        assert_eq!(of(&firm.claire, over.clone()), []);
        world.pass(Duration::days(30));
        assert_eq!(of(&firm.claire, over).len(), 4);
        assert_eq!(firm.board(&firm.karim).overdue, 2);
        let file = anomalies::export_anomalies(&by(world, &firm.karim), NONE, whole_file(), NONE).unwrap().file;
        let text = String::from_utf8(file.unwrap().bytes).unwrap();
        assert!(text.lines().count() == 3 && !text.contains("Zinguerie"), "{text}");
    });
}

#[test]
fn pages_follow_each_other_in_every_order() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        for n in [3, 3, 1, 7, 5, 3] {
            firm.anomaly(n, &[a]);
            world.pass(Duration::minutes(7));
        }
        let waiting = firm.ids(&firm.claire, AnomalyQuery::default())[2];
        firm.done(&firm.claire, waiting, AnomalyAct::WaitClient { note: None });
        for sort in AnomalySort::ALL {
            for who in [&firm.claire, &firm.karim] {
                let page = |limit, after| {
                    let query = AnomalyListQuery { sort: Some(*sort), limit: Some(limit), after, ..Default::default() };
                    anomalies::list_anomalies(&by(world, who), NONE, query, NONE).unwrap().reply
                };
                let whole: Vec<AnomalyId> = page(50, None).data.into_iter().map(|r| r.id).collect();
                let (mut pieces, mut after) = (Vec::new(), None);
                loop {
                    let page = page(2, after);
                    pieces.extend(page.data.into_iter().map(|r| r.id));
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!((pieces.len(), pieces), (6, whole), "{sort}");
            }
        }
        let last = firm.list(&firm.claire, AnomalyQuery::default());
        let priorities: Vec<i64> = last.iter().map(|r| r.priority).collect();
        assert!(priorities.is_sorted_by(|a, b| a >= b), "{priorities:?}");
        let query = AnomalyListQuery { sort: Some(AnomalySort::DueAt), ..Default::default() };
        let by_due = anomalies::list_anomalies(&by(world, &firm.claire), NONE, query, NONE).unwrap().reply.data;
        assert_eq!(by_due.last().map(|r| r.id), Some(waiting), "what stands still comes last");
        let query = AnomalyListQuery { after: Some("00".into()), ..Default::default() };
        assert_eq!(code(anomalies::list_anomalies(&by(world, &firm.claire), NONE, query, NONE)), Code::BadRequest);
    });
}

#[test]
fn an_anomaly_is_settled_and_its_history_tells_it() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        let id = firm.anomaly(1, &[a]);
        firm.done(&firm.claire, id, to(&firm.karim));
        assert_eq!(firm.kinds(&firm.karim), [NotificationKind::Assigned]);
        assert_eq!(firm.told(&firm.karim)[0].1, "Claire Martin vous confie : Rejetée par une plateforme : PENNYLANE");
        assert_eq!(firm.told(&firm.claire), [], "nobody is told what they did themselves");
        firm.done(&firm.karim, id, AnomalyAct::Start);
        let due = firm.read(&firm.karim, id).row.due_at.unwrap();
        world.pass(Duration::hours(1));
        firm.done(&firm.karim, id, AnomalyAct::WaitClient { note: Some("Demandé par téléphone".into()) });
        assert_eq!(firm.read(&firm.karim, id).row.due_at, None);
        world.pass(Duration::days(1));
        firm.done(&firm.karim, id, AnomalyAct::Resume);
        let later = firm.read(&firm.karim, id).row.due_at.unwrap();
        assert_eq!(later, due + Duration::days(1), "a day of waiting is a day more");
        firm.act(&firm.claire, &[id], AnomalyAct::Watch { on: true });
        firm.done(&firm.karim, id, resolve());
        assert_eq!(firm.kinds(&firm.claire), [NotificationKind::Closed]);
        assert_eq!(firm.ids(&firm.claire, AnomalyQuery::default()), []);
        let over = AnomalyQuery { state: Several(vec![AnomalyState::Resolved]), ..Default::default() };
        assert_eq!(firm.ids(&firm.karim, over), [id]);
        let read = firm.read(&firm.karim, id);
        assert_eq!((read.resolution, read.note.as_deref()), (Some(Resolution::Reissued), Some("Refaite")));
        let events: Vec<AnomalyEvent> = read.history.iter().map(|s| s.event).collect();
        use AnomalyEvent as E;
        assert_eq!(events, [E::Assign, E::Start, E::WaitClient, E::Resume, E::Resolve]);
        assert_eq!(read.history[2].note.as_deref(), Some("Demandé par téléphone"));
        assert_eq!(read.history[0].text.fr, "Confiée à Karim Benali");
        firm.done(&firm.claire, id, AnomalyAct::Reopen);
        assert_eq!(firm.kinds(&firm.karim).first(), Some(&NotificationKind::Reopened));
        let again = firm.read(&firm.claire, id);
        assert_eq!((again.row.state, again.row.reopened, again.row.occurrences), (AnomalyState::Assigned, 1, 1));
        let ignored = AnomalyAct::Ignore { reason: "  ".into() };
        assert_eq!(code(firm.try_act(&firm.claire, input(&[id], ignored))), Code::Invalid);
        let gone = AnomalyAct::Resolve { resolution: Resolution::CauseGone, note: None };
        assert_eq!(code(firm.try_act(&firm.claire, input(&[id], gone))), Code::Invalid);
        firm.done(&firm.claire, id, AnomalyAct::Ignore { reason: "Doublon d’essai".into() });
        let actions = firm.actions();
        assert_eq!(actions.iter().filter(|a| a.starts_with("anomaly.")).count(), 8, "{actions:?}");
        assert_eq!(actions.iter().filter(|a| *a == "act.anomalies").count(), 7);
    });
}

#[test]
fn acts_tell_item_by_item_and_can_be_taken_back() {
    on_both(|world| {
        let firm = Firm::new(world);
        let (a, b) = (firm.dossier(1, firm.lille, |_| ()), firm.dossier(2, firm.lyon, |_| ()));
        let ids: Vec<AnomalyId> = (1..=12).rev().map(|n| firm.anomaly(n, &[a])).collect();
        let mixed = firm.anomaly(0, &[a, b]);
        let unknown = AnomalyId::from_uuid(Uuid::now_v7());
        let named: Vec<AnomalyId> = ids.iter().copied().chain([mixed, unknown, ids[0]]).collect();

        let preview = AnomalyActInput { preview: true, ..input(&named, to(&firm.karim)) };
        let told = firm.try_act(&firm.claire, preview).unwrap();
        assert_eq!((told.changed, told.left_out, told.act_id), (12, 2, None));
        assert_eq!(firm.list(&firm.claire, AnomalyQuery::default()).iter().filter(|r| r.assignee.is_some()).count(), 0);

        let done = firm.act(&firm.claire, &named, to(&firm.karim));
        assert_eq!((done.changed, done.unchanged, done.left_out, done.items.len()), (12, 0, 2, 14));
        assert_eq!(done.items[12].outcome, ItemOutcome::Refused);
        assert!(done.items[12].reason.as_ref().unwrap().fr.contains("Karim Benali"), "{:?}", done.items[12]);
        assert_eq!(done.items[13].outcome, ItemOutcome::NotFound);
        // One sentence for many.
        assert_eq!(
            firm.told(&firm.karim),
            [(NotificationKind::Assigned, "Claire Martin vous confie : 12 anomalies".to_owned())]
        );
        assert_eq!(firm.act(&firm.claire, &ids, to(&firm.karim)).unchanged, 12);
        let mine = || firm.board(&firm.karim).mine;
        assert_eq!(mine(), 12);
        let refused = firm.act(&firm.karim, &[mixed], AnomalyAct::Start);
        assert_eq!(refused.items[0].outcome, ItemOutcome::Refused, "part of it is out of sight");
        // Watching is free to whoever sees a part.
        assert_eq!(firm.act(&firm.karim, &[mixed], AnomalyAct::Watch { on: true }).changed, 1);
        assert!(firm.read(&firm.karim, mixed).row.watched);
        assert_eq!(code(firm.try_act(&firm.claire, input(&ids, to(&firm.rose)))), Code::Invalid, "who reads only");

        // Two go on with theirs; the rest comes back.
        firm.done(&firm.karim, ids[0], AnomalyAct::Start);
        firm.done(&firm.karim, ids[1], resolve());
        assert_eq!(code(undo_act(&by(world, &firm.karim), done.act_id.unwrap(), NONE, NONE)), Code::NotFound);
        let back = firm.undo(&firm.claire, &done);
        assert_eq!((back.changed, back.left_out, back.items.len(), back.anomalies.len()), (10, 2, 0, 12));
        let kept: Vec<_> = back.anomalies.iter().filter(|i| i.outcome == ItemOutcome::Kept).collect();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|i| i.reason.as_ref().unwrap().fr.contains("Karim Benali")), "{kept:?}");
        assert_eq!(mine(), 1);
        assert_eq!(code(undo_act(&by(world, &firm.claire), done.act_id.unwrap(), NONE, NONE)), Code::Conflict);

        // By filter; and what is over comes back with all that it was.
        let filter = AnomalyQuery { whose: Some(Whose::Nobody), ..Default::default() };
        let body = AnomalyActInput { ids: None, filter: Some(filter), ..input(&[], resolve()) };
        let before = firm.read(&firm.claire, ids[5]).row;
        let done = firm.try_act(&firm.claire, body).unwrap();
        assert_eq!(done.changed, 11);
        let back = firm.undo(&firm.claire, &done);
        assert_eq!(back.changed, 11);
        let after = firm.read(&firm.claire, ids[5]);
        assert_eq!(
            (after.row.state, after.row.due_at, after.row.occurrences, after.row.closed_at, after.row.version),
            (before.state, before.due_at, before.occurrences, None, before.version + 2)
        );
        assert_eq!(after.history.last().unwrap().text.fr, "Annulé : Résolue");
        for wrong in [
            AnomalyActInput { filter: Some(Default::default()), ..input(&ids, resolve()) },
            AnomalyActInput { ids: None, ..input(&[], resolve()) },
            AnomalyActInput { versions: Some(vec![1]), ..input(&ids, resolve()) },
            input(&vec![unknown; 2_001], resolve()),
        ] {
            assert_eq!(code(firm.try_act(&firm.claire, wrong)), Code::Invalid);
        }
    });
}

#[test]
fn what_another_changed_meanwhile_is_kept_and_told() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        let (first, second) = (firm.anomaly(2, &[a]), firm.anomaly(1, &[a]));
        firm.done(&firm.karim, first, to(&firm.karim));
        let body = AnomalyActInput { versions: Some(vec![1, 1]), ..input(&[first, second], resolve()) };
        let result = firm.try_act(&firm.claire, body).unwrap();
        assert_eq!((result.changed, result.left_out), (1, 1));
        let reason = result.items[0].reason.as_ref().unwrap();
        assert_eq!(result.items[0].outcome, ItemOutcome::Kept);
        assert!(reason.fr.contains("Karim Benali") && reason.fr.contains("23/11/2026 à 10:00"), "{reason:?}");
        assert_eq!(firm.read(&firm.claire, first).row.state, AnomalyState::Assigned);

        // A step needs the version that was seen, and says who was faster; a remark is no change.
        let tick = |call: &Call, key: &str, done| {
            anomalies::set_anomaly_step(call, first, NONE, StepInput { key: key.into(), done })
        };
        let key = firm.read(&firm.claire, first).playbook[0].key.clone();
        let refused = tick(&by_on(world, &firm.claire, 1), &key, true).unwrap_err();
        assert_eq!(refused.code, Code::VersionMismatch);
        assert!(refused.detail.unwrap().en.contains("Karim Benali"));
        assert_eq!(code(tick(&by(world, &firm.claire), &key, true)), Code::VersionRequired);
        let body = CommentInput { body: "Vu".into() };
        anomalies::create_comment(&by(world, &firm.karim), first, NONE, body).unwrap();
        let ticked = tick(&by_on(world, &firm.claire, 2), &key, true).unwrap();
        assert_eq!((ticked.etag, ticked.reply.row.steps_done), (Some(3), 1));
        assert_eq!(ticked.reply.playbook[0].done_by.as_ref().unwrap().name, "Claire Martin");
        let again = tick(&by_on(world, &firm.claire, 3), &key, true).unwrap();
        assert_eq!(again.etag, Some(3), "already so");
        let back = tick(&by_on(world, &firm.claire, 3), &key, false).unwrap();
        assert_eq!((back.etag, back.reply.row.steps_done), (Some(4), 0));
        assert_eq!(code(tick(&by_on(world, &firm.claire, 4), "dance", true)), Code::Invalid);
    });
}

#[test]
fn two_who_press_at_once_get_two() {
    on_both(|world| {
        let firm = Firm::new(world);
        let (a, b) = (firm.dossier(1, firm.lille, |_| ()), firm.dossier(2, firm.lyon, |_| ()));
        let mixed = firm.anomaly(100, &[a, b]);
        let ids: Vec<AnomalyId> = (1..=20).rev().map(|n| firm.anomaly(n, &[a])).collect();
        firm.done(&firm.claire, ids[0], AnomalyAct::Snooze { until: None, on_news: true, note: None });
        firm.done(&firm.claire, ids[1], AnomalyAct::WaitClient { note: None });
        let next = |call: &Call| anomalies::take_next_anomaly(call, NONE, NONE, NONE).unwrap().reply;
        let first = next(&by(world, &firm.karim)).anomaly.unwrap();
        assert_eq!(first.id, ids[2], "the first that nobody has, that runs, and that is wholly his to settle");
        assert_eq!(first.assignee.unwrap().name, "Karim Benali");
        let (one, two) = (by(world, &firm.karim), by(world, &firm.claire));
        let take = |call: &Call| -> Vec<AnomalyId> { (0..8).map(|_| next(call).anomaly.unwrap().id).collect() };
        let (mine, theirs) = std::thread::scope(|scope| {
            let (mine, theirs) = (scope.spawn(|| take(&one)), scope.spawn(|| take(&two)));
            (mine.join().unwrap(), theirs.join().unwrap())
        });
        let mut all: Vec<AnomalyId> = mine.iter().chain(&theirs).copied().collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 16, "nobody got what another has");
        assert!(theirs.contains(&mixed) && !mine.contains(&mixed));
        let none = {
            while next(&by(world, &firm.karim)).anomaly.is_some() {}
            next(&by(world, &firm.karim))
        };
        assert!(none.because.fr.starts_with("Rien n’attend"), "{:?}", none.because);
    });
}

#[test]
fn time_wakes_warns_and_tells_once() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        let (slept, late) = (firm.anomaly(2, &[a]), firm.anomaly(1, &[a]));
        for id in [slept, late] {
            firm.done(&firm.claire, id, to(&firm.karim));
        }
        firm.all_read(&firm.karim);
        let until = firm.read(&firm.karim, late).row.due_at.unwrap() + Duration::hours(1);
        let snooze = |until, on_news| AnomalyAct::Snooze { until, on_news, note: None };
        firm.done(&firm.karim, slept, snooze(Some(until), false));
        for wrong in
            [snooze(None, false), snooze(Some(world.now.get()), false), snooze(Some(at("2028-01-01T00:00:00Z")), true)]
        {
            assert_eq!(code(firm.try_act(&firm.karim, input(&[slept], wrong))), Code::Invalid);
        }
        let row = firm.read(&firm.karim, late).row;
        firm.tick();
        assert_eq!(firm.told(&firm.karim), []);
        world.now.set(row.due_at.unwrap() - Duration::minutes(1));
        firm.tick();
        firm.tick();
        assert_eq!(firm.kinds(&firm.karim), [NotificationKind::Near], "once");
        assert!(firm.read(&firm.karim, late).row.near);
        assert_eq!(firm.read(&firm.karim, slept).row.state, AnomalyState::Snoozed);
        world.now.set(row.due_at.unwrap().max(until));
        firm.tick();
        firm.tick();
        assert_eq!(firm.kinds(&firm.karim), [NotificationKind::Overdue, NotificationKind::Near]);
        let woken = firm.read(&firm.karim, slept);
        assert_eq!(
            (woken.row.state, woken.history.last().unwrap().text.fr.as_str()),
            (AnomalyState::Assigned, "Fin de la veille")
        );
        assert!(woken.row.due_at.unwrap() > world.now.get(), "its clock stood still while it slept");
    });
}

#[test]
fn a_firm_that_cannot_be_read_holds_no_other_back() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        let id = firm.anomaly(1, &[a]);
        let until = world.now.get() + Duration::hours(1);
        firm.done(&firm.karim, id, AnomalyAct::Snooze { until: Some(until), on_news: false, note: None });
        // Another one, whose anomaly wakes first and whose settings nobody can read.
        let other = world.sign_up("Cabinet B", "bruno@exemple.fr");
        let theirs = firm.anomaly(1, &[]);
        world.sql(&format!(
            "UPDATE anomalies SET cabinet_id = '{cabinet}', state = 'snoozed', snoozed_until = {} WHERE id = '{theirs}'; \
             INSERT INTO anomaly_settings (cabinet_id, version, data, updated_at) VALUES ('{cabinet}', 1, '?', 0);",
            (until - Duration::minutes(1)).timestamp_micros(),
            cabinet = other.token.me.cabinet_id,
        ));
        world.now.set(until);
        assert!(service::anomalies::clock::tick(&world.app, world.now.get()).is_err(), "it is told");
        assert_eq!(firm.read(&firm.karim, id).row.state, AnomalyState::New);
    });
}

#[test]
fn comments_reach_those_who_see_and_keep_what_was_said() {
    on_both(|world| {
        let firm = Firm::new(world);
        let (a, b) = (firm.dossier(1, firm.lille, |_| ()), firm.dossier(2, firm.lyon, |_| ()));
        let (shared, lille) = (firm.anomaly(2, &[a, b]), firm.anomaly(1, &[a]));
        let say = |who: &SignedIn, id, body: &str| {
            anomalies::create_comment(&by(world, who), id, NONE, CommentInput { body: body.into() }).map(|a| a.reply)
        };
        let mention = |who: &SignedIn| format!("@[Quelqu’un]({})", id_of(who));
        firm.done(&firm.claire, shared, to(&firm.paul));
        let said = say(&firm.karim, shared, &format!("Vois {}, secret-772", mention(&firm.lea))).unwrap();
        assert_eq!(said.body, format!("Vois @[Léa Petit]({}), secret-772", id_of(&firm.lea)));
        assert_eq!(firm.kinds(&firm.lea), [NotificationKind::Mentioned]);
        assert_eq!(firm.kinds(&firm.paul), [NotificationKind::Commented, NotificationKind::Assigned]);
        say(&firm.lea, shared, "Vu").unwrap();
        assert_eq!(firm.kinds(&firm.karim), [NotificationKind::Commented], "who speaks hears the answer");
        let read = firm.read(&firm.lea, shared);
        assert_eq!((read.row.comments, read.comments_of.len(), read.row.version), (2, 2, 2));
        let watchers: Vec<&str> = read.watchers.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(watchers, ["Karim Benali", "Léa Petit"]);
        assert!(!read.comments_of[0].mine && read.comments_of[1].mine);

        let refused = say(&firm.karim, lille, &mention(&firm.lea)).unwrap_err();
        assert_eq!((refused.code, refused.fields[0].code), (Code::Invalid, "cannot_see"));
        let other = world.sign_up("Cabinet B", "b@exemple.fr");
        assert_eq!(say(&firm.karim, lille, &mention(&other)).unwrap_err().fields[0].code, "unknown_person");
        assert_eq!(code(say(&other, lille, "Bonjour")), Code::NotFound);
        assert_eq!(code(say(&firm.lea, lille, "Bonjour")), Code::NotFound);
        assert_eq!(code(say(&firm.karim, lille, " \n ")), Code::Invalid);

        let edit = |who: &SignedIn, body: &str| {
            anomalies::update_comment(&by(world, who), said.id, NONE, CommentInput { body: body.into() })
                .map(|a| a.reply)
        };
        assert_eq!(code(edit(&firm.lea, "Non")), Code::Forbidden);
        assert_eq!(code(edit(&other, "Non")), Code::NotFound);
        let edited = edit(&firm.karim, &format!("Vois {} et {}", mention(&firm.lea), mention(&firm.claire))).unwrap();
        assert_eq!((edited.edits.len(), edited.edits[0].body.as_str()), (1, said.body.as_str()));
        assert_eq!(firm.kinds(&firm.claire), [NotificationKind::Mentioned]);
        assert_eq!(firm.kinds(&firm.lea), [NotificationKind::Mentioned], "told once of one mention");
        let journal = serde_json::to_string(&firm.journal()).unwrap();
        assert!(journal.contains("anomaly.comment") && journal.contains("anomaly.edit_comment"));
        assert!(!journal.contains("secret-772"), "the journal repeats no word");
    });
}

#[test]
fn a_persons_whole_work_goes_over_in_one_act() {
    on_both(|world| {
        let firm = Firm::new(world);
        let karim = id_of(&firm.karim);
        let (a, b) = (firm.dossier(1, firm.lille, |_| ()), firm.dossier(2, firm.lyon, |_| ()));
        let mine = |f: &mut DossierFacts| f.assignee = InCharge { user_id: Some(karim), label: None };
        let own = firm.dossier(3, firm.lille, mine);
        let (one, two, mixed) = (firm.anomaly(3, &[a]), firm.anomaly(2, &[own]), firm.anomaly(1, &[a, b]));
        firm.act(&firm.claire, &[one, two], to(&firm.karim));
        world.sql(&format!("UPDATE anomalies SET assignee_id = '{karim}', state = 'assigned' WHERE id = '{mixed}'"));
        firm.done(&firm.karim, two, AnomalyAct::WaitClient { note: None });
        let over = |who: &SignedIn, to: Option<&SignedIn>, dossiers, preview| {
            let body = HandOverInput { from: karim, to: to.map(id_of), dossiers, note: Some("Congé".into()), preview };
            anomalies::hand_over(&by(world, who), NONE, NONE, body).map(|a| a.reply)
        };
        // Léa sees nothing of Lille: all stays, and it is said why.
        let left = over(&firm.claire, Some(&firm.lea), true, false).unwrap();
        assert_eq!((left.anomalies, left.dossiers, left.act_id), (0, 0, None));
        assert_eq!((left.left_out.len(), left.dossiers_left_out.len()), (3, 1));
        let rows = firm.actions().len();
        let told = over(&firm.claire, Some(&firm.paul), true, true).unwrap();
        assert_eq!((told.anomalies, told.dossiers, told.act_id), (3, 1, None));
        assert_eq!(firm.actions().len(), rows, "a preview leaves nothing");
        assert_eq!(firm.board(&firm.paul).mine, 0);

        let done = over(&firm.claire, Some(&firm.paul), true, false).unwrap();
        assert_eq!((done.anomalies, done.dossiers), (3, 1));
        assert_eq!((firm.board(&firm.paul).mine, firm.board(&firm.karim).mine), (3, 0));
        assert_eq!(firm.read(&firm.paul, two).row.state, AnomalyState::WaitingClient, "what waits goes on waiting");
        assert_eq!(firm.kinds(&firm.paul), [NotificationKind::HandedOver; 3]);
        let in_charge = || {
            let dossier = dossiers::read_dossier(&by(world, &firm.claire), own, NONE, NONE).unwrap().reply;
            dossier.facts.assignee.user_id
        };
        assert_eq!(in_charge(), Some(id_of(&firm.paul)));
        let acts = firm.journal().into_iter().filter(|(a, _)| a == "act.hand_over").count();
        assert_eq!(acts, 1, "one recorded act");
        assert_eq!(code(undo_act(&by(world, &firm.karim), done.act_id.unwrap(), NONE, NONE)), Code::NotFound);
        firm.done(&firm.paul, one, AnomalyAct::Start);
        let back = undo_act(&by(world, &firm.claire), done.act_id.unwrap(), NONE, NONE).unwrap().reply;
        assert_eq!((back.changed, back.items.len(), back.anomalies.len()), (3, 1, 3));
        assert_eq!((in_charge(), firm.board(&firm.karim).mine), (Some(karim), 2), "what went on stays");

        let freed = over(&firm.paul, None, true, false).unwrap();
        assert_eq!((freed.anomalies, freed.dossiers), (2, 1));
        assert_eq!((in_charge(), firm.board(&firm.claire).unassigned), (None, 2));
        assert_eq!(code(over(&firm.claire, Some(&firm.karim), false, false)), Code::Invalid);
        assert_eq!(code(over(&firm.claire, Some(&firm.rose), false, false)), Code::Invalid);
        let other = world.sign_up("Cabinet B", "b@exemple.fr");
        assert_eq!(code(over(&other, None, true, false)), Code::Invalid);
    });
}

#[test]
fn a_digest_goes_once_and_only_when_it_is_time() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        let id = firm.anomaly(1, &[a]);
        firm.done(&firm.claire, id, to(&firm.karim));
        let mails = || world.texts("SELECT subject AS text FROM mails ORDER BY id");
        let bodies = || world.texts("SELECT body AS text FROM mails ORDER BY id");
        firm.tick();
        assert_eq!(mails(), [""; 0], "what came after the day began goes the next morning");
        world.now.set(at("2026-11-24T07:59:00Z"));
        firm.tick();
        assert_eq!(mails().len(), 0);
        world.now.set(at("2026-11-24T08:00:30Z"));
        let again = world.restarted();
        std::thread::scope(|scope| {
            scope.spawn(|| clock::tick(&again, at("2026-11-24T08:00:30Z")).unwrap());
            firm.tick();
        });
        firm.tick();
        assert_eq!(mails(), ["1 anomalie à voir"], "once, whoever makes it");
        assert!(bodies()[0].contains("Claire Martin vous confie : Rejetée par une plateforme : PENNYLANE"));
        assert!(!bodies()[0].contains("Client 1"));
        assert_eq!(post::drain(&world.app).unwrap(), 1);
        assert_eq!(world.texts("SELECT state AS text FROM mails"), ["sent"]);
        // A message to a person is no message to a client.
        let list =
            service::mails::list_mails(&by(world, &firm.claire), NONE, MailQuery::default(), NONE).unwrap().reply;
        assert_eq!(list.data.len(), 0);

        let settings = |who: &SignedIn, change: &dyn Fn(&mut NotificationSettings)| {
            let call = by(world, who);
            let mut body = anomalies::read_notification_settings(&call, NONE, NONE, NONE).unwrap().reply;
            change(&mut body);
            anomalies::update_notification_settings(&call, NONE, NONE, body).map(|a| a.reply)
        };
        settings(&firm.karim, &|s| s.digest = DigestRhythm::Hourly).unwrap();
        let twice = settings(&firm.karim, &|s| s.choices.push(s.choices[0].clone()));
        assert_eq!(code(twice), Code::Invalid);
        service::session::update_me(
            &by(world, &firm.karim),
            NONE,
            NONE,
            MeChange { name: None, lang: Some(domain::Lang::En) },
        )
        .unwrap();
        let second = firm.anomaly(1, &[a]);
        firm.done(&firm.claire, second, to(&firm.karim));
        world.pass(Duration::minutes(59));
        firm.tick();
        assert_eq!(mails().len(), 1);
        world.pass(Duration::minutes(1));
        firm.tick();
        assert_eq!(mails().last().unwrap(), "1 anomaly to look at", "in the person’s language");
        // What was read on the screen is not said again, and nothing is said to who wants nothing.
        firm.done(&firm.claire, second, AnomalyAct::Assign { user_id: None });
        firm.done(&firm.claire, second, to(&firm.karim));
        firm.all_read(&firm.karim);
        world.pass(Duration::hours(2));
        firm.tick();
        assert_eq!(mails().len(), 2);
        settings(&firm.karim, &|s| {
            for choice in &mut s.choices {
                (choice.on_screen, choice.by_mail) = (false, false);
            }
        })
        .unwrap();
        firm.done(&firm.claire, second, AnomalyAct::Assign { user_id: None });
        firm.done(&firm.claire, second, to(&firm.karim));
        assert_eq!(firm.told(&firm.karim), []);
        world.pass(Duration::days(3));
        firm.tick();
        assert_eq!(mails().len(), 2);
        assert_eq!(firm.actions().iter().filter(|a| *a == "person.notifications").count(), 2);
    });
}

#[test]
fn nobody_is_told_of_what_they_do_not_see() {
    on_both(|world| {
        let firm = Firm::new(world);
        let a = firm.dossier(1, firm.lille, |_| ());
        let id = firm.anomaly(1, &[a]);
        firm.act(&firm.karim, &[id], AnomalyAct::Watch { on: true });
        let body = PortfolioInput { name: "Lille".into(), people: vec![] };
        portfolios::update_portfolio(&by_on(world, &firm.claire, 1), firm.lille, NONE, body).unwrap();
        let mut conn = world.app.store.conn().unwrap();
        let anomaly =
            store::anomalies::of_cabinet(&mut conn, firm.claire.token.me.cabinet_id, &[id]).unwrap().remove(0);
        let tell = |people: &[UserId], conn: &mut store::Conn| {
            let news = notify::News {
                kind: NotificationKind::Near,
                anomaly: &anomaly,
                by: None,
                to: notify::To::People(people),
            };
            conn.write(|conn| notify::notify_all(conn, anomaly.cabinet, &[news], world.now.get())).unwrap();
        };
        let other = world.sign_up("Cabinet B", "b@exemple.fr");
        tell(&[id_of(&firm.karim), id_of(&firm.lea), id_of(&other), id_of(&firm.paul)], &mut conn);
        assert_eq!(firm.kinds(&firm.paul), [NotificationKind::Near]);
        for who in [&firm.karim, &firm.lea, &other] {
            assert_eq!(firm.told(who), []);
        }
        drop(conn);
        firm.done(&firm.claire, id, resolve());
        assert_eq!(firm.told(&firm.karim), [], "a watcher who does not see it any more");
    });
}

/// What came on a line, up to an event of the name.
fn heard(events: &live::Events, name: &str) -> Vec<String> {
    let context = Context::from_waker(Waker::noop());
    let (mut heard, end) = (Vec::new(), Instant::now() + Span::from_secs(20));
    while Instant::now() < end {
        match events.poll(&context) {
            Poll::Ready(Some(text)) => {
                let done = text.contains(&format!("event: {name}\n"));
                heard.push(text);
                if done {
                    return heard;
                }
            }
            Poll::Ready(None) => break,
            Poll::Pending => std::thread::sleep(Span::from_millis(10)),
        }
    }
    panic!("no {name} in {heard:?}");
}

#[test]
fn whoever_follows_hears_what_lies_in_sight() {
    on_both(|world| {
        let firm = Firm::new(world);
        world.now.set(Utc::now());
        let (karim, claire) = (world.sign_in("karim@exemple.fr"), world.sign_in("claire@exemple.fr"));
        let a = firm.dossier(1, firm.lille, |_| ());
        let b = firm.dossier(2, firm.lyon, |_| ());
        let (seen, hidden) = (firm.anomaly(2, &[a]), firm.anomaly(1, &[b]));
        let follow = |who: &SignedIn, since| {
            live::follow_live(&by(world, who), NONE, LiveQuery { since }, NONE).map(|a| a.events.unwrap())
        };
        let (his, hers) = (follow(&karim, None).unwrap(), follow(&claire, None).unwrap());
        heard(&his, "hello");
        firm.done(&claire, hidden, to(&firm.lea));
        firm.done(&claire, seen, to(&karim));
        let told = heard(&his, "notification").concat();
        assert!(told.contains(&seen.to_string()) && !told.contains(&hidden.to_string()), "{told}");
        assert!(told.contains("\"version\":2") && told.contains("\"unread\":1"), "{told}");
        // Both changes, in one look or in two.
        let all = (heard(&hers, "counts").concat(), seen.to_string());
        let all = if all.0.contains(&all.1) { all.0 } else { all.0 + &heard(&hers, "counts").concat() };
        assert!(all.contains(&seen.to_string()) && all.contains(&hidden.to_string()), "{all}");
        assert!(!all.contains("event: notification"));

        // Whoever comes back hears what was missed; too far back is told as such.
        let beat: i64 = world.texts("SELECT CAST(beat AS TEXT) AS text FROM pulses")[0].parse().unwrap();
        let missed = heard(&follow(&claire, Some(beat - 2)).unwrap(), "counts").concat();
        assert!(missed.contains(&seen.to_string()), "{missed}");
        world.sql("UPDATE pulses SET recent = '[]'");
        heard(&follow(&claire, Some(beat - 2)).unwrap(), "behind");
        assert_eq!(code(follow(&claire, Some(-1))), Code::BadRequest);

        // A line ends with its session, within seconds.
        let session = karim.token.me.session_id;
        service::session::delete_session(&by(world, &claire), session, NONE, NONE).unwrap();
        let started = Instant::now();
        heard(&his, "end");
        assert!(started.elapsed() < Span::from_secs(8), "{:?}", started.elapsed());
        assert_eq!(his.poll(&Context::from_waker(Waker::noop())), Poll::Ready(None));

        // Bounded for a person, and over with the server.
        let lines: Vec<live::Events> = (0..7).map(|_| follow(&claire, None).unwrap()).collect();
        assert_eq!(code(follow(&claire, None)), Code::TooManyRequests);
        drop(lines);
        follow(&claire, None).unwrap();
        world.app.shared.live.close();
        while let Poll::Ready(Some(_)) = hers.poll(&Context::from_waker(Waker::noop())) {}
        assert_eq!(hers.poll(&Context::from_waker(Waker::noop())), Poll::Ready(None));
        assert_eq!(code(follow(&claire, None)), Code::Unavailable);
    });
}

#[test]
fn views_are_kept_apart_by_list() {
    on_both(|world| {
        let claire = world.sign_up("Cabinet A", "claire@exemple.fr");
        let create = |list: ViewOf, name: &str| {
            let body = NewView { list, name: name.into(), query: "state=new".into(), shared: false };
            service::views::create_view(&by(world, &claire), NONE, NONE, body).map(|a| a.reply)
        };
        let names = |lists: &[ViewOf]| -> Vec<String> {
            let query = ViewQuery { list: Several(lists.to_vec()) };
            let data = service::views::list_views(&by(world, &claire), NONE, query, NONE).unwrap().reply.data;
            data.into_iter().map(|v| format!("{} {}", v.list, v.name)).collect()
        };
        create(ViewOf::Dossiers, "A").unwrap();
        create(ViewOf::Anomalies, "A").unwrap();
        create(ViewOf::Flows, "B").unwrap();
        assert_eq!(code(create(ViewOf::Anomalies, "a")), Code::Conflict);
        assert_eq!(names(&[]), ["dossiers A"], "as before there were others");
        assert_eq!(names(&[ViewOf::Anomalies, ViewOf::Flows]), ["anomalies A", "flows B"]);
        // A request that knows nothing of lists is one of the dossiers.
        let old: NewView = serde_json::from_str(r#"{"name":"B","query":""}"#).unwrap();
        assert_eq!(old.list, ViewOf::Dossiers);
    });
}
