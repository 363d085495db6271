//! The fields that say what a person may do: role, access, portfolios, and the names by which imports know them. The
//! same for an invitation and for a person.

use std::collections::BTreeSet;

use domain::{Access, PortfolioId, Role};
use leptos::prelude::*;

use super::{ids, portfolio_choices, texts};
use crate::dom::{View, div, live, memo, p};
use crate::pages::form::Form;
use crate::session;
use crate::text::{search, t};
use crate::ui::{Choice, Combobox, segments, select_field};

#[derive(Clone, Copy)]
pub struct Rights {
    role: RwSignal<String>,
    access: RwSignal<String>,
    portfolios: RwSignal<Vec<String>>,
    aliases: RwSignal<Vec<String>>,
}

impl Rights {
    pub fn new(role: Role, access: Access, portfolios: &[PortfolioId], aliases: &[String]) -> Rights {
        Rights {
            role: RwSignal::new(role.as_str().to_owned()),
            access: RwSignal::new(access.as_str().to_owned()),
            portfolios: RwSignal::new(texts(portfolios)),
            aliases: RwSignal::new(aliases.to_vec()),
        }
    }

    pub fn role(self) -> Role {
        self.role.with_untracked(|role| Role::try_from(role.as_str())).unwrap_or(Role::Staff)
    }

    /// What the role leaves of what was chosen.
    pub fn access(self) -> Access {
        let wanted = self.access.with_untracked(|access| Access::try_from(access.as_str())).unwrap_or(Access::Granted);
        self.role().access(wanted)
    }

    pub fn portfolios(self) -> Vec<PortfolioId> {
        self.portfolios.with_untracked(|chosen| ids(chosen))
    }

    pub fn aliases(self) -> Vec<String> {
        self.aliases.get_untracked()
    }

    /// `own`: one's own role is for somebody else to change.
    pub fn fields(self, form: &Form, own: bool) -> View {
        let t = t();
        let roles = || Role::ALL.iter().map(|role| Choice::new(role.as_str(), crate::text::t().role(*role))).collect();
        let now = memo(move || {
            self.role.track();
            self.role()
        });
        let role =
            select_field(t.person_role(), self.role, roles).disabled(move || own).error(form.error("/role", self.role));
        let about = live(move || {
            let t = crate::text::t();
            p("field-hint").child(if own {
                t.person_own_role()
            } else {
                match now.get() {
                    Role::Partner => t.role_partner_detail(),
                    Role::Manager => t.role_manager_detail(),
                    Role::Staff => t.role_staff_detail(),
                    Role::Viewer => t.role_viewer_detail(),
                }
            })
        });
        let access = live(move || access_field(now.get(), self.access));
        let portfolios_error = std::rc::Rc::new(form.error("/portfolio_ids", self.portfolios));
        let limited = memo(move || {
            self.access.track();
            now.get();
            untrack(|| self.access()) == Access::Granted
        });
        let portfolios = crate::dom::show(
            move || limited.get(),
            move || {
                let error = portfolios_error.clone();
                Combobox::many(crate::text::t().person_portfolios(), self.portfolios, portfolio_choices)
                    .field()
                    .optional()
                    .hint(crate::text::t().person_portfolios_hint())
                    .error(move || error())
                    .into()
            },
        );
        div("stack")
            .child(div("stack-tight").child(role).child(about))
            .child(access)
            .child(portfolios)
            .child(self.aliases_field(form))
    }

    /// Names are typed freely; those that imports brought and nobody answers to are proposed.
    fn aliases_field(self, form: &Form) -> View {
        let typed = RwSignal::new(String::new());
        let aliases = self.aliases;
        let choices = move || {
            let typed = typed.get().trim().to_owned();
            let folded = search::fold(&typed);
            let mut seen: BTreeSet<String> = BTreeSet::new();
            let mut choices: Vec<Choice> = Vec::new();
            session::people().value.with(|people| {
                for name in people.iter().flat_map(|people| &people.unknown) {
                    if search::matches(&folded, &name.label) && seen.insert(search::fold(&name.label)) {
                        choices.push(Choice::new(&name.label, &name.label).hint(t().dossiers(name.dossiers)));
                    }
                }
            });
            for own in aliases.get() {
                if search::matches(&folded, &own) && seen.insert(search::fold(&own)) {
                    choices.push(Choice::new(&own, &own));
                }
            }
            if !typed.is_empty() && !seen.contains(&folded) {
                choices.insert(0, Choice::new(&typed, &typed));
            }
            choices
        };
        Combobox::many(t().person_aliases(), aliases, choices)
            .placeholder(t().person_aliases_placeholder())
            .on_search(move |words| typed.set(words))
            .field()
            .optional()
            .hint(t().person_aliases_hint())
            .error(form.error("/aliases", aliases))
            .into()
    }
}

/// Partners see everything and staff never do: only for the others there is something to choose.
fn access_field(role: Role, access: RwSignal<String>) -> View {
    let t = t();
    if role.access(Access::All) == role.access(Access::Granted) {
        let fixed = t.access(role.access(Access::All));
        return div("field")
            .child(crate::dom::span("field-name").child(t.person_access()))
            .child(p("").child(fixed))
            .child(p("field-hint").child(t.person_access_by_role(t.role(role).to_owned())));
    }
    let choices = Access::ALL.iter().map(|access| Choice::new(access.as_str(), t.access(*access))).collect();
    div("field").child(crate::dom::span("field-name").decorative().child(t.person_access())).child(segments(
        t.person_access(),
        choices,
        move || access.get(),
        move |chosen| access.set(chosen),
    ))
}
