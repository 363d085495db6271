//! The signed-in person for the pages inside the frame: who, what they may do, and the lists that most pages need.

use std::cell::Cell;

use contract::endpoint::op;
use contract::{AnomalyQuery, BoardQuery, Cabinet, Me, Nothing, PersonList, PortfolioList, RelanceScopeQuery};
use domain::Permission;
use leptos::prelude::*;

use crate::api::{self, Answer, Failure, Load, Versioned, ask, ask_versioned, load, request};
use crate::frame::{in_scope, portfolio_scope};

#[derive(Clone, Copy)]
struct Session {
    me: Memo<Me>,
    cabinet: Load<Versioned<Cabinet>>,
    portfolios: Load<PortfolioList>,
    people: Load<PersonList>,
    waiting: Load<Waiting>,
    chasing: Load<Chasing>,
}

/// What waits for a person of the firm: the part of the board of mandates that the rail shows.
#[derive(Clone, Default, serde::Deserialize)]
pub struct Waiting {
    pub to_decide: u64,
    pub proposals: u64,
    pub mails_failed: u64,
    /// Mine, past the deadline.
    #[serde(default)]
    pub overdue: u64,
}

/// What relances ask of a person: the part of their board that the rail shows. It moves with the days and with acts on
/// relances, not with every change that others make.
#[derive(Clone, Default, serde::Deserialize)]
pub struct Chasing {
    pub approvals: u64,
    pub tasks: u64,
}

thread_local! {
    static SESSION: Cell<Option<Session>> = const { Cell::new(None) };
}

/// Call where the frame of signed-in pages is built. What it loads lives as long as the frame.
pub fn provide(first: Me) {
    let known = api::session::me();
    // Between the sign-out and the change of page there is nobody: the frame goes on showing who was there.
    let me =
        Memo::new(move |before: Option<&Me>| known.get().or_else(|| before.cloned()).unwrap_or_else(|| first.clone()));
    // Another role or other portfolios mean other lists.
    let rights = Memo::new(move |_| me.with(|me| (me.role, me.access, me.portfolios.clone())));
    let name = Memo::new(move |_| me.with(|me| me.cabinet_name.clone()));
    let scope = portfolio_scope();
    SESSION.set(Some(Session {
        me,
        cabinet: load(move || name.get(), |_| ask_versioned::<op::ReadCabinet>(Nothing {}, Nothing {})),
        portfolios: load(move || rights.get(), |_| ask::<op::ListPortfolios>(Nothing {}, Nothing {})),
        people: load(move || rights.get(), |_| ask::<op::ListPeople>(Nothing {}, Nothing {})),
        waiting: load(move || (rights.track(), scope.get()), |((), scope)| waits(scope)),
        chasing: load(
            move || (rights.track(), scope.get()),
            |((), scope)| {
                let query = RelanceScopeQuery { portfolio_id: in_scope(scope.as_deref()) };
                Box::pin(async move { request::<op::ReadRelanceBoard>(&Nothing {}, &query).json().await })
            },
        ),
    }));
}

fn session() -> Session {
    SESSION.get().expect("pages inside the frame are drawn for a signed-in person")
}

/// The signed-in person. Only on pages inside the frame.
pub fn me() -> Memo<Me> {
    session().me
}

/// May the person do this? Reactive; works everywhere, in late callbacks too; false for nobody.
pub fn can(permission: Permission) -> bool {
    api::session::me().with(|me| me.as_ref().is_some_and(|me| me.permissions.contains(&permission)))
}

pub fn cabinet() -> Load<Versioned<Cabinet>> {
    session().cabinet
}

/// The portfolios in sight, with the number of dossiers. Whoever changes one, or moves dossiers, calls `reload`.
pub fn portfolios() -> Load<PortfolioList> {
    session().portfolios
}

/// The people of the cabinet, and the imported names that nobody answers to.
pub fn people() -> Load<PersonList> {
    session().people
}

/// Numbers of the rail. Whoever may have moved one calls `waiting_moved`.
pub fn waiting() -> Load<Waiting> {
    session().waiting
}

pub fn waiting_moved() {
    if let Some(session) = SESSION.get() {
        session.waiting.reload();
    }
}

pub fn chasing() -> Load<Chasing> {
    session().chasing
}

/// Somebody did something about relances here.
pub fn chasing_moved() {
    if let Some(session) = SESSION.get() {
        session.chasing.reload();
    }
}

fn waits(scope: Option<String>) -> Answer<Waiting> {
    Box::pin(async move {
        let portfolio_id = in_scope(scope.as_deref());
        // A few numbers of large answers: reading all of them would put their types into the first download.
        #[derive(serde::Deserialize)]
        struct Queue {
            mine_overdue: u64,
        }
        let queue = AnomalyQuery { portfolio_id: portfolio_id.clone(), ..AnomalyQuery::default() };
        let queue: Queue = request::<op::ReadAnomalyBoard>(&Nothing {}, &queue).json().await?;
        let query = BoardQuery { portfolio_id, person_id: None };
        let waiting: Waiting = request::<op::ReadMandateBoard>(&Nothing {}, &query).json().await?;
        Ok(Waiting { overdue: queue.mine_overdue, ..waiting })
    })
}

/// Ends the session on the server, then here. A session that the server has ended already is ended, too.
pub async fn sign_out() -> Result<(), Failure> {
    match request::<op::EndSession>(&Nothing {}, &Nothing {}).detached().send().await {
        Ok(_) | Err(Failure::SignedOut) => {
            api::session::sign_out();
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}
