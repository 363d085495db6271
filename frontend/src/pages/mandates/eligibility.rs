//! What holds dossiers back from being asked for a mandate: one tab for each reason, its dossiers, and its fix, for one
//! or for many.

use std::collections::BTreeSet;
use std::sync::Arc;

use contract::endpoint::op;
use contract::{
    DossierChange, DossierQuery, Eligibility, EligibilityListQuery, EligibilityQuery, EligibilityRow, Nothing, Several,
};
use domain::mandate::EligibilityBlocker;
use domain::{Contact, Criterion, DossierId, MandateKind, Permission, Siret};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::json;

use super::{query, request, words};
use crate::api::{Load, SeekList, ask, ask_versioned, change, load, say, seek_list};
use crate::dom::{View, button, div, el, link, live, p, show, span};
use crate::frame::{Step, address, portfolio_scope};
use crate::pages::dossier::entry;
use crate::pages::dossiers::bulk;
use crate::pages::selection::Selection;
use crate::session;
use crate::text::{format, t};
use crate::ui::{
    Button, Column, Icon, Row, Table, count, empty_state, load_more, loaded, seek_state, select_field, text_field,
    toasts,
};

const PAGE: u32 = 100;
/// Parameters of the address: the kind that is to be obtained, and the tab.
const KIND: &str = "collect";
const BLOCKER: &str = "blocker";
/// The tab of those that nothing holds back.
const READY: &str = "ready";

/// What the parts of the tab share.
#[derive(Clone, Copy)]
struct Funnel {
    counts: Load<Eligibility>,
    rows: SeekList<Arc<EligibilityRow>>,
    total: RwSignal<Option<u64>>,
    kind: Memo<MandateKind>,
    /// Nothing: those that can be asked.
    blocker: Memo<Option<EligibilityBlocker>>,
    dossiers: Memo<DossierQuery>,
    selection: Selection,
    acting: RwSignal<Option<(bulk::Kind, bulk::Target)>>,
    requesting: RwSignal<bool>,
    moved: RwSignal<u32>,
}

fn may_write() -> bool {
    session::can(Permission::DossierWrite)
}

impl Funnel {
    fn new(moved: RwSignal<u32>) -> Funnel {
        let (scope, search) = (portfolio_scope(), address().search);
        let dossiers = Memo::new(move |_| query::dossiers(&search.get(), scope.get().as_deref()));
        let asked = address().text(KIND);
        let kind = Memo::new(move |_| MandateKind::try_from(asked.get().as_str()).unwrap_or(MandateKind::Delegation));
        let counts = load(
            move || (dossiers.get(), kind.get()),
            |(dossiers, kind)| ask::<op::ReadEligibility>(Nothing {}, EligibilityQuery { dossiers, kind: Some(kind) }),
        );
        let chosen = address().text(BLOCKER);
        // Who has chosen nothing sees the reason with the most dossiers.
        let blocker = Memo::new(move |_| match chosen.get().as_str() {
            READY => None,
            "" => counts.value.with(|counts| {
                let blockers = counts.as_ref().map(|c| c.blockers.as_slice()).unwrap_or_default();
                blockers.iter().filter(|b| b.count > 0).max_by_key(|b| b.count).map(|b| b.blocker)
            }),
            code => EligibilityBlocker::try_from(code).ok(),
        });
        let total = RwSignal::new(None);
        let wanted = Memo::new(move |_| (dossiers.get(), kind.get(), blocker.get()));
        let rows = seek_list(
            move || wanted.get(),
            move |(dossiers, kind, blocker), after| {
                Box::pin(async move {
                    let query = EligibilityQuery { dossiers, kind: Some(kind) };
                    let eligible = blocker.is_none().then_some(true);
                    let query = EligibilityListQuery { query, blocker, eligible, limit: Some(PAGE), after };
                    let page = ask::<op::ListEligibility>(Nothing {}, query).await?;
                    total.try_set(Some(page.total));
                    Ok((page.data.into_iter().map(Arc::new).collect(), page.next))
                })
            },
        );
        Funnel {
            counts,
            rows,
            total,
            kind,
            blocker,
            dossiers,
            selection: Selection::of(rows, move || wanted.track(), |row| row.dossier_id.to_string()),
            acting: RwSignal::new(None),
            requesting: RwSignal::new(false),
            moved,
        }
    }

    fn reload(self) {
        self.selection.clear();
        self.rows.reload();
        self.counts.reload();
        self.moved.update(|n| *n += 1);
    }

    fn chosen(self) -> bulk::Target {
        bulk::Target::Ids(self.selection.rows.with_untracked(|s| s.iter().filter_map(|id| id.parse().ok()).collect()))
    }
}

pub fn view(moved: RwSignal<u32>) -> View {
    let funnel = Funnel::new(moved);
    let typed = RwSignal::new(funnel.kind.get_untracked().to_string());
    Effect::new(move |before: Option<()>| {
        let kind = typed.get();
        if before.is_some() {
            address().set(&[(KIND, Some(&kind)), (BLOCKER, None)], Step::Push);
        }
    });
    let kind = select_field(t().eligibility_kind(), typed, words::kind_choices);
    let lead = loaded(funnel.counts, 2, move |counts: Eligibility| {
        let eligible = format::number(t(), counts.eligible as i64);
        p("soft").child(t().eligibility_lead(counts.dossiers, eligible))
    });
    let target = move || {
        let chosen = funnel.chosen();
        if chosen.count() > 0 { chosen } else { all_ready(funnel) }
    };
    let kinds = move || vec![funnel.kind.get_untracked()];
    div("tab-list")
        .child(div("spread funnel-head").child(lead).child(div("funnel-kind").child(kind)))
        .child(reasons(funnel))
        .child(room(funnel))
        .child(selection_bar(funnel))
        .child(bulk::dialog(funnel.acting, move || funnel.reload()))
        .child(request::dialog_for(funnel.requesting, target, kinds, move || funnel.reload()))
}

/// Everybody who can be asked, loaded or not: the server leaves out the others, and the dialog tells why.
fn all_ready(funnel: Funnel) -> bulk::Target {
    let mut filter = funnel.dossiers.get_untracked();
    // The criterion is met by these two; of other kinds the mandates themselves say who has one.
    if matches!(funnel.kind.get_untracked(), MandateKind::Delegation | MandateKind::Designation) {
        filter.missing = Several(vec![Criterion::Mandate]);
    }
    bulk::Target::All { filter: Box::new(filter), total: untrack(|| eligible(funnel)) }
}

fn eligible(funnel: Funnel) -> u64 {
    funnel.counts.value.with(|counts| counts.as_ref().map_or(0, |counts| counts.eligible))
}

/// One press for each reason, with its number; a press for those that nothing holds back.
fn reasons(funnel: Funnel) -> View {
    let one = move |key: &'static str, label: &str, n: u64, blocker: Option<EligibilityBlocker>| {
        button("tab")
            .attr("aria-pressed", "false")
            .aria_of("aria-pressed", move || {
                funnel.blocker.get() == blocker && funnel.counts.value.with(Option::is_some)
            })
            .on_click(move || address().set(&[(BLOCKER, Some(key))], Step::Push))
            .child(label)
            .child(count(n))
    };
    div("tabs funnel-tabs").attr("role", "group").label(t().eligibility_tabs()).live(move || {
        let counts = funnel.counts.value.get()?;
        let mut all: Vec<View> = counts
            .blockers
            .iter()
            .filter(|b| b.count > 0)
            .map(|b| one(b.blocker.as_str(), &say(&b.label), b.count, Some(b.blocker)))
            .collect();
        all.push(one(READY, t().eligibility_ready(), counts.eligible, None));
        Some(View::all(all))
    })
}

fn room(funnel: Funnel) -> View {
    let head = live(move || {
        let blocker = funnel.blocker.get();
        untrack(|| head(funnel, blocker))
    });
    let none = || empty_state(Icon::Check, t().eligibility_all_clear_title(), t().eligibility_all_clear_detail(), []);
    let rows = live(move || {
        // Another reason has other columns.
        let blocker = funnel.blocker.get();
        untrack(|| seek_state(funnel.rows, none, move || table(funnel, blocker)))
    });
    let foot = load_more(funnel.rows, move || {
        let n = funnel.rows.rows.with(Vec::len);
        match funnel.total.get() {
            Some(total) if n > 0 => t().eligibility_shown(n as u64, format::number(t(), total as i64)),
            _ => String::new(),
        }
    });
    View::all([head, div("with-panel").child(rows), foot])
}

/// What the reason is about, and what mends all of it.
fn head(funnel: Funnel, blocker: Option<EligibilityBlocker>) -> View {
    let t = t();
    let Some(blocker) = blocker else {
        let ask = move || {
            let n = eligible(funnel);
            (n > 0 && may_write()).then(|| {
                Button::new(crate::text::t().eligibility_request_all(n))
                    .icon(Icon::Mandate)
                    .primary()
                    .small()
                    .press(move || funnel.requesting.set(true))
            })
        };
        return div("spread").child(p("soft").child(t.eligibility_ready_detail())).child(live(ask));
    };
    let soft = (!blocker.holds_mail()).then(|| p("faint small").child(t.eligibility_holds_not()));
    let listed = matches!(
        blocker,
        EligibilityBlocker::NoSiret
            | EligibilityBlocker::NoContact
            | EligibilityBlocker::NoEmail
            | EligibilityBlocker::Bounced
            | EligibilityBlocker::NoSize
    );
    let import = (listed && untrack(|| session::can(Permission::ImportRun)))
        .then(|| Button::link(t.eligibility_fix_import(), "/imports").icon(Icon::Import).small());
    let letters = matches!(blocker, EligibilityBlocker::NoEmail | EligibilityBlocker::Bounced)
        .then(|| Button::link(t.mandates_tab_unreachable(), "/mandats?tab=unreachable").icon(Icon::Phone).small());
    div("spread")
        .child(div("stack-tight").child(p("soft").child(words::blocker_fix(blocker))).child(soft))
        .child(div("row").child(import).child(letters))
}

/// The bulk act that mends a reason, where one does.
fn bulk_fix(blocker: EligibilityBlocker) -> Option<(bulk::Kind, &'static str)> {
    match blocker {
        EligibilityBlocker::NoPersonInCharge if untrack(|| session::can(Permission::DossierManage)) => {
            Some((bulk::Kind::Assign, t().eligibility_fix_assign()))
        }
        EligibilityBlocker::NoPlatform if untrack(may_write) => {
            Some((bulk::Kind::Platform, t().eligibility_fix_platform()))
        }
        _ => None,
    }
}

fn mended_inline(blocker: EligibilityBlocker) -> bool {
    matches!(
        blocker,
        EligibilityBlocker::NoSiret
            | EligibilityBlocker::NoContact
            | EligibilityBlocker::NoEmail
            | EligibilityBlocker::Bounced
    )
}

fn table(funnel: Funnel, blocker: Option<EligibilityBlocker>) -> View {
    let t = t();
    let mut columns = vec![
        Column::new("name", t.fact_name()).fixed().width(64),
        Column::new("why", t.eligibility_why()).priority(2).grows().width(72),
    ];
    if blocker.is_some() {
        columns.push(Column::new("fix", t.eligibility_fix()).priority(1).width(84));
    }
    let row = move |row: Arc<EligibilityRow>| {
        let mark = row.version as u64;
        let name = row.name.clone();
        Row::new(row.dossier_id.to_string(), mark, name, move |column| untrack(|| cell(funnel, &row, blocker, column)))
    };
    let rows = move || funnel.rows.rows.with(|rows| rows.iter().cloned().map(row).collect());
    let table =
        Table::new(t.mandates_tab_eligibility(), columns, rows).windowed(move || funnel.rows.load_more()).stale(
            move || funnel.rows.pending.get() && funnel.rows.arrived.get() && funnel.rows.next.with(Option::is_none),
        );
    let acts = untrack(may_write) && blocker.is_none_or(|b| bulk_fix(b).is_some());
    if acts { table.selectable(funnel.selection.rows).into() } else { table.into() }
}

fn cell(funnel: Funnel, row: &EligibilityRow, blocker: Option<EligibilityBlocker>, column: &str) -> View {
    let t = t();
    match column {
        "name" => View::all([
            link("cell-main truncate", &format!("/dossiers/{}", row.dossier_id))
                .attr("title", &row.name)
                .child(&row.name),
            span("cell-sub num").child(format::siren(row.siren.as_str())),
        ]),
        "why" => {
            let why = say(&row.why);
            let others: Vec<&str> =
                row.blockers.iter().filter(|b| Some(**b) != blocker).map(|b| words::blocker(*b)).collect();
            let also = (!others.is_empty()).then(|| span("cell-sub").child(t.eligibility_also(&others.join(", "))));
            View::all([span("cell-main truncate").attr("title", &why).child(&why), also.into()])
        }
        _ => blocker.map(|blocker| fix(funnel, row, blocker)).into(),
    }
}

/// Where the lack is one field, it is typed here; otherwise the way to where it is mended.
fn fix(funnel: Funnel, row: &EligibilityRow, blocker: EligibilityBlocker) -> View {
    if mended_inline(blocker) && may_write() {
        return inline(funnel, row, blocker);
    }
    let t = t();
    let id = row.dossier_id;
    let open = Button::link(t.eligibility_fix_open(), &format!("/dossiers/{id}")).small().quiet();
    let act = bulk_fix(blocker).map(|(kind, label)| {
        Button::new(label).small().press(move || funnel.acting.set(Some((kind, bulk::Target::Ids(vec![id])))))
    });
    span("row nowrap").child(act).child(open)
}

fn inline(funnel: Funnel, row: &EligibilityRow, blocker: EligibilityBlocker) -> View {
    let t = t();
    let (value, error, busy) = (RwSignal::new(String::new()), RwSignal::new(None::<String>), RwSignal::new(false));
    let (id, name) = (row.dossier_id, row.name.clone());
    let label = if blocker == EligibilityBlocker::NoSiret { t.eligibility_siret() } else { t.eligibility_email() };
    let field = text_field(label, value).label_hidden().placeholder(label).error(move || error.get());
    let field = if blocker == EligibilityBlocker::NoSiret { field.inputmode("numeric") } else { field.kind("email") };
    let save = move || {
        let wanted = match read(blocker, &value.get_untracked()) {
            Ok(wanted) => wanted,
            Err(words) => return error.set(Some(words)),
        };
        error.set(None);
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let name = name.clone();
        spawn_local(async move {
            let outcome = mend(id, wanted).await;
            busy.try_set(false);
            match outcome {
                Ok(()) => {
                    toasts().done(crate::text::t().eligibility_fixed(&name));
                    funnel.reload();
                }
                Err(failure) => match failure.unplaced(&[]).into_iter().next() {
                    Some(words) => {
                        error.try_set(Some(words));
                    }
                    None => toasts().failed(&failure),
                },
            }
        });
    };
    el("form")
        .class("inline-fix")
        .attr("novalidate", "")
        .child(field)
        .child(Button::new(t.save()).small().submit().busy(move || busy.get()))
        .on("submit", move |ev| {
            ev.prevent_default();
            save();
        })
}

enum Wanted {
    Email(String),
    Siret(Siret),
}

fn read(blocker: EligibilityBlocker, typed: &str) -> Result<Wanted, String> {
    let t = t();
    if blocker == EligibilityBlocker::NoSiret {
        let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        return Siret::parse(&digits).map(Wanted::Siret).map_err(|_| t.siret_form(typed.trim()));
    }
    match entry::email(typed)? {
        Some(email) => Ok(Wanted::Email(email)),
        None => Err(t.email_form("")),
    }
}

/// Writes the one field into the dossier as it is now: others may have changed it since the list was read.
async fn mend(id: DossierId, wanted: Wanted) -> Result<(), crate::api::Failure> {
    let now = ask_versioned::<op::ReadDossier>(id, Nothing {}).await?;
    let facts = &now.value.facts;
    let (field, value) = match wanted {
        Wanted::Siret(siret) => {
            let mut all = facts.sirets.clone();
            all.insert(0, siret);
            ("sirets", json!(all))
        }
        Wanted::Email(email) => ("contacts", json!(reachable(&facts.contacts, email))),
    };
    let body = DossierChange { fields: [(field.to_owned(), value)].into() };
    change::<op::UpdateDossier>(&id, &body, now.etag.as_deref()).await.map(|_| ())
}

/// Whom the firm writes to gets the address in place of the refused one; without anybody, the first contact.
fn reachable(contacts: &[Contact], email: String) -> Vec<Contact> {
    let mut all = contacts.to_vec();
    let at = all.iter().position(|c| c.email.as_deref().is_some_and(|e| !e.is_empty())).unwrap_or(0);
    match all.get_mut(at) {
        Some(contact) => contact.email = Some(email),
        None => all.push(Contact { email: Some(email), ..Contact::default() }),
    }
    all
}

fn selection_bar(funnel: Funnel) -> View {
    let words = move || t().table_selected(funnel.selection.rows.with(BTreeSet::len) as u64);
    show(
        move || funnel.selection.rows.with(|s| !s.is_empty()),
        move || {
            let act = live(move || match funnel.blocker.get() {
                None => Some(
                    Button::new(t().request_bulk())
                        .icon(Icon::Mandate)
                        .small()
                        .primary()
                        .press(move || funnel.requesting.set(true)),
                ),
                Some(blocker) => bulk_fix(blocker).map(|(kind, label)| {
                    Button::new(label).small().primary().press(move || funnel.acting.set(Some((kind, funnel.chosen()))))
                }),
            });
            div("float selection-bar")
                .attr("role", "region")
                .attr_of("aria-label", words)
                .child(span("strong num").attr("role", "status").text_of(words))
                .child(span("row").child(act))
                .child(
                    Button::new(t().table_unselect())
                        .icon_only(Icon::Close)
                        .quiet()
                        .small()
                        .press(move || funnel.selection.clear()),
                )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_goes_to_whom_the_firm_writes_and_the_others_stay() {
        let known = |name: &str| Contact { name: Some(name.to_owned()), email: None, phone: None };
        let all = reachable(&[known("Claire"), known("Paul")], "c@exemple.fr".to_owned());
        assert_eq!((all.len(), all[0].email.as_deref(), all[1].email.as_deref()), (2, Some("c@exemple.fr"), None));
        assert_eq!(reachable(&[], "c@exemple.fr".to_owned()).len(), 1);
        let written_to = Contact { email: Some("refused@exemple.fr".to_owned()), ..known("Paul") };
        let all = reachable(&[known("Claire"), written_to], "c@exemple.fr".to_owned());
        assert_eq!((all[0].email.as_deref(), all[1].email.as_deref()), (None, Some("c@exemple.fr")));
    }

    #[test]
    fn what_is_typed_is_checked_before_it_is_sent() {
        assert!(matches!(read(EligibilityBlocker::NoSiret, "732 829 320 00074"), Ok(Wanted::Siret(_))));
        assert!(read(EligibilityBlocker::NoSiret, "732829320").is_err());
        assert!(read(EligibilityBlocker::NoEmail, "").is_err());
    }
}
