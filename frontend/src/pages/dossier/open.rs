//! A dossier that is open on the screen: what the server last told, and the one way in which the screen changes it.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::{DateTime, Utc};
use contract::endpoint::op;
use contract::{Dossier, DossierChange, Nothing, PageQuery};
use domain::{DossierFacts, DossierId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde_json::Value;

use crate::api::{Answer, Failure, Load, Versioned, ask, ask_versioned, change, load, request};
use crate::pages::words;
use crate::session;
use crate::text::t;
use crate::ui::toasts;

/// Facts to change, by their names in the contract.
pub type Fields = BTreeMap<String, Value>;

/// Somebody else changed the dossier after it was read here: what they did, and what this person still wants.
#[derive(Clone)]
pub struct Conflict {
    /// Field, before, now.
    pub theirs: Vec<(String, Value, Value)>,
    pub who: Option<(String, DateTime<Utc>)>,
    pub mine: Fields,
    pub said: String,
}

type Done = Box<dyn FnOnce(Result<(), Failure>)>;
type Changed = StoredValue<Rc<dyn Fn(&Dossier)>, LocalStorage>;

#[derive(Clone, Copy)]
pub struct Open {
    pub file: Load<Versioned<Dossier>>,
    pub conflict: RwSignal<Option<Conflict>>,
    pub saving: RwSignal<bool>,
    /// Moves when a conflict was settled: forms that wait for it close.
    pub settled: RwSignal<u32>,
    facts: Memo<Value>,
    changed: Changed,
}

fn read(id: DossierId) -> Answer<Versioned<Dossier>> {
    ask_versioned::<op::ReadDossier>(id, Nothing {})
}

impl Open {
    /// `changed` hears of every write, for a list that shows the dossier too.
    pub fn new(id: impl Fn() -> DossierId + Send + Sync + 'static, changed: impl Fn(&Dossier) + 'static) -> Open {
        let file = load(id, read);
        let facts = Memo::new(move |_| {
            file.value.with(|file| {
                file.as_ref().and_then(|file| serde_json::to_value(&file.value.facts).ok()).unwrap_or_default()
            })
        });
        Open {
            file,
            conflict: RwSignal::new(None),
            saving: RwSignal::new(false),
            settled: RwSignal::new(0),
            facts,
            changed: StoredValue::new_local(Rc::new(changed)),
        }
    }

    /// A part of the dossier, followed. `T::default()` until it has come.
    pub fn of<T: Default>(self, part: impl Fn(&Dossier) -> T) -> T {
        self.file.value.with(|file| file.as_ref().map(|file| part(&file.value)).unwrap_or_default())
    }

    /// A fact by its name, followed.
    pub fn fact(self, field: &str) -> Value {
        self.facts.with(|facts| facts.get(field).cloned().unwrap_or_default())
    }

    pub fn fact_untracked(self, field: &str) -> Value {
        untrack(|| self.fact(field))
    }

    /// A fact in words, followed.
    pub fn say(self, field: &str) -> String {
        say(field, &self.fact(field))
    }

    pub fn current(self) -> Option<Versioned<Dossier>> {
        self.file.value.try_get_untracked().flatten()
    }

    /// Takes what a write has answered, unless another dossier is open by now.
    fn take(self, new: Versioned<Dossier>) {
        if let Some(changed) = self.changed.try_get_value() {
            changed(&new.value);
        }
        if self.current().is_some_and(|now| now.value.id == new.value.id) {
            self.file.put(new);
        }
    }

    /// Reads it again after something has written it that answers no dossier.
    pub fn read_again(self) {
        let Some(now) = self.current() else { return };
        spawn_local(async move {
            if let Ok(new) = read(now.value.id).await {
                self.take(new);
            }
        });
    }

    /// Writes facts; `said` is what the message says. `done` hears how it ended: refusals of single fields are for the
    /// form that asked, a conflict is shown over the dossier.
    pub fn save(self, said: impl Into<String>, fields: Fields, done: impl FnOnce(Result<(), Failure>) + 'static) {
        self.write(said.into(), fields, Box::new(done));
    }

    fn write(self, said: String, fields: Fields, done: Done) {
        let Some(before) = self.current() else { return };
        if self.saving.get_untracked() {
            return;
        }
        self.saving.set(true);
        spawn_local(async move {
            let body = DossierChange { fields: fields.clone() };
            let answer = change::<op::UpdateDossier>(&before.value.id, &body, before.etag.as_deref()).await;
            self.saving.try_set(false);
            match answer {
                Ok(new) => {
                    let old = undo_fields(&before.value.facts, &new.value.facts);
                    if !old.is_empty() {
                        let (id, etag) = (new.value.id, new.etag.clone());
                        toasts().undoable(said, move || self.restore(id, etag.clone(), old.clone()));
                    }
                    self.conflict.try_set(None);
                    self.take(new);
                    done(Ok(()));
                }
                Err(failure) if failure.status() == 412 => {
                    self.meet(before, fields, said).await;
                    done(Err(failure));
                }
                Err(failure) => done(Err(failure)),
            }
        });
    }

    /// The way back of a message: it may be pressed when the page is gone.
    fn restore(self, id: DossierId, etag: Option<String>, old: Fields) {
        spawn_local(async move {
            match change::<op::UpdateDossier>(&id, &DossierChange { fields: old }, etag.as_deref()).await {
                Ok(new) => {
                    toasts().done(t().dossier_restored());
                    self.take(new);
                }
                Err(failure) => toasts().failed(&failure),
            }
        });
    }

    /// Reads what somebody else did meanwhile and holds it against what this person wants.
    async fn meet(self, before: Versioned<Dossier>, mine: Fields, said: String) {
        let id = before.value.id;
        let now = match read(id).await {
            Ok(now) => now,
            Err(failure) => return toasts().failed(&failure),
        };
        let query = PageQuery { limit: Some(1), after: None };
        // Who it was is good to know and no condition of going on.
        let latest = ask::<op::ListDossierJournal>(id, query).await.ok().and_then(|page| page.data.into_iter().next());
        let theirs = before.value.facts.changes(&now.value.facts);
        let theirs = theirs.into_iter().map(|(field, (old, new))| (field, old, new)).collect();
        let who = latest.and_then(|entry| Some((entry.actor?, entry.at)));
        self.conflict.try_set(Some(Conflict { theirs, who, mine, said }));
        self.take(now);
    }

    pub fn delete(self, done: impl FnOnce(Result<(), Failure>) + 'static) {
        let Some(now) = self.current() else { return };
        self.saving.set(true);
        spawn_local(async move {
            let mut call = request::<op::DeleteDossier>(&now.value.id, &Nothing {}).detached();
            if let Some(etag) = &now.etag {
                call = call.if_match(etag);
            }
            let answer = call.send().await;
            self.saving.try_set(false);
            match answer {
                Ok(_) => done(Ok(())),
                Err(failure) if failure.status() == 412 => {
                    self.meet(now, Fields::new(), String::new()).await;
                    done(Err(failure));
                }
                Err(failure) => done(Err(failure)),
            }
        });
    }
}

/// The former values of what a write has changed.
fn undo_fields(before: &DossierFacts, after: &DossierFacts) -> Fields {
    before.changes(after).into_iter().map(|(field, (old, _))| (field, old)).collect()
}

/// A fact in words; portfolios by their names.
pub fn say(field: &str, value: &Value) -> String {
    words::value(field, value, &portfolio_name)
}

/// The name of a portfolio by its id, as far as the person may know it. Reactive.
pub fn portfolio_name(id: &str) -> Option<String> {
    let known = crate::api::session::me();
    known.with(|me| {
        me.as_ref()?.portfolios.iter().find(|portfolio| portfolio.id.to_string() == id).map(|p| p.name.clone())
    })
}

/// The words of a failure that no single field of a form shows.
pub fn complain(failure: &Failure) {
    if failure.status() != 412 {
        toasts().failed(failure);
    }
}

pub fn may_write() -> bool {
    session::can(domain::Permission::DossierWrite)
}

pub fn may_manage() -> bool {
    session::can(domain::Permission::DossierManage)
}

#[cfg(test)]
mod tests {
    use domain::Siren;

    use super::*;

    #[test]
    fn the_way_back_names_what_was_written_and_nothing_else() {
        let before = DossierFacts::new(Siren::parse("732829320").expect("a SIREN"), "Essai");
        let mut after = before.clone();
        after.set_vat_regime(domain::VatRegime::Franchise, chrono::NaiveDate::default());
        let old = undo_fields(&before, &after);
        assert_eq!(old.into_iter().collect::<Vec<_>>(), [("vat_regimes".to_owned(), serde_json::Value::Null)]);
        assert!(undo_fields(&before, &before).is_empty());
    }
}
