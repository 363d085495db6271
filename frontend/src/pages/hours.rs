//! Days and hours of a week, public holidays and days of closing, while they are written.

use chrono::{NaiveDate, NaiveTime};
use contract::WorkingHours;
use domain::reference::HolidayPlace;
use leptos::prelude::*;

use crate::api::say;
use crate::dom::{Item, View, button, div, el, p, span};
use crate::text::{format, t};
use crate::ui::{Button, Checkbox, Choice, Icon, date_field, icon, select_field, text_field};

#[derive(Clone, Copy)]
pub struct HoursDraft {
    days: RwSignal<Vec<u8>>,
    from: RwSignal<String>,
    to: RwSignal<String>,
    territory: RwSignal<String>,
    closed: RwSignal<Vec<NaiveDate>>,
}

fn clock(time: NaiveTime) -> String {
    time.format("%H:%M").to_string()
}

/// Two writings of the same hours are equal.
pub fn in_order(hours: &WorkingHours) -> WorkingHours {
    let mut hours = hours.clone();
    hours.days.sort_unstable();
    hours.closed.sort_unstable();
    hours
}

impl HoursDraft {
    pub fn of(hours: &WorkingHours) -> HoursDraft {
        HoursDraft {
            days: RwSignal::new(hours.days.clone()),
            from: RwSignal::new(clock(hours.from)),
            to: RwSignal::new(clock(hours.to)),
            territory: RwSignal::new(hours.territory.clone()),
            closed: RwSignal::new(hours.closed.clone()),
        }
    }

    pub fn take(&self, hours: &WorkingHours) {
        self.days.set(hours.days.clone());
        self.from.set(clock(hours.from));
        self.to.set(clock(hours.to));
        self.territory.set(hours.territory.clone());
        self.closed.set(hours.closed.clone());
    }

    /// Followed; nothing while a time is none, no day is chosen, or the end does not come after the start.
    pub fn read(&self) -> Option<WorkingHours> {
        let time = |typed: RwSignal<String>| {
            typed.with(|text| {
                NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S")).ok()
            })
        };
        let (days, closed) = (self.days.get(), self.closed.get());
        let hours =
            WorkingHours { days, from: time(self.from)?, to: time(self.to)?, territory: self.territory.get(), closed };
        (!hours.days.is_empty() && hours.from < hours.to).then(|| in_order(&hours))
    }

    /// Moves with what is typed of the hours, for an error that stands at them.
    pub fn typed(&self) -> RwSignal<String> {
        self.from
    }

    /// What is typed into; `may` is whether the person may change it.
    pub fn fields(self, may: bool) -> View {
        let t = t();
        let day = |n: u8| {
            let change = move |on: bool| {
                self.days.update(|all| {
                    all.retain(|day| *day != n);
                    if on {
                        all.push(n);
                    }
                });
            };
            Checkbox::new(t.weekday(n), move || self.days.with(|all| all.contains(&n)), change).disabled(move || !may)
        };
        let time = |label: &str, value| text_field(label, value).kind("time").disabled(move || !may);
        let places = || HolidayPlace::ALL.iter().map(|p| Choice::new(p.as_str(), say(&p.text()))).collect();
        let days = el("fieldset")
            .class("radios")
            .child(el("legend").child(t.anomaly_settings_days()))
            .child(div("row-wide").children((1..=7).map(day)));
        let times = div("given-fields")
            .child(time(t.anomaly_settings_from(), self.from))
            .child(time(t.anomaly_settings_until(), self.to))
            .child(select_field(t.anomaly_settings_territory(), self.territory, places).disabled(move || !may));
        let closed = div("stack-tight")
            .child(p("strong").child(t.anomaly_settings_closed()))
            .child(self.closed_days(may))
            .child(may.then(|| self.add_closed()));
        div("stack").child(days).child(times).child(closed)
    }

    fn closed_days(self, may: bool) -> View {
        div("chips").each(move || {
            let mut days = self.closed.get();
            days.sort_unstable();
            let item = |day: NaiveDate| {
                Item::new(day.to_string(), move || {
                    let words = format::date_long(t(), day);
                    let remove = may.then(|| {
                        button("view-delete")
                            .label(&t().anomaly_settings_closed_remove(&words))
                            .child(icon(Icon::Close))
                            .on_click(move || self.closed.update(|all| all.retain(|known| *known != day)))
                    });
                    span("tag").child(words).child(remove)
                })
            };
            days.into_iter().map(item).collect()
        })
    }

    fn add_closed(self) -> View {
        let added = RwSignal::new(String::new());
        let act = move || {
            if let Ok(day) = added.get_untracked().parse::<NaiveDate>() {
                self.closed.update(|all| {
                    if !all.contains(&day) {
                        all.push(day);
                    }
                });
                added.set(String::new());
            }
        };
        div("row words-form")
            .child(date_field(t().anomaly_settings_closed_add(), added))
            .child(Button::new(t().add()).small().press(act))
    }
}
