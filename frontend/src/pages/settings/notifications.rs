//! What one wants to be told of, on the screen and by mail.

use contract::endpoint::op;
use contract::{DigestRhythm, Nothing, NotificationChoice, NotificationKind, NotificationSettings};
use leptos::prelude::*;

use crate::api::{act, ask, load};
use crate::dom::{View, div, el, memo, p};
use crate::pages::form::Form;
use crate::text::t;
use crate::ui::{Button, Checkbox, Choice, loaded, radios, toasts};

#[derive(Clone, Copy)]
struct Line {
    kind: NotificationKind,
    on_screen: RwSignal<bool>,
    by_mail: RwSignal<bool>,
}

fn name(kind: NotificationKind) -> (&'static str, &'static str) {
    use NotificationKind as K;
    let t = t();
    match kind {
        K::Assigned => (t.notify_assigned(), t.notify_assigned_detail()),
        K::Mentioned => (t.notify_mentioned(), t.notify_mentioned_detail()),
        K::Commented => (t.notify_commented(), t.notify_commented_detail()),
        K::Near => (t.notify_near(), t.notify_near_detail()),
        K::Overdue => (t.notify_overdue(), t.notify_overdue_detail()),
        K::Reopened => (t.notify_reopened(), t.notify_reopened_detail()),
        K::Closed => (t.notify_closed(), t.notify_closed_detail()),
        K::HandedOver => (t.notify_handed_over(), t.notify_handed_over_detail()),
        K::Silent => (t.notify_silent(), t.notify_silent_detail()),
        K::SequenceLeft => (t.notify_sequence_left(), t.notify_sequence_left_detail()),
        K::TestMail => (t.notify_test_mail(), t.notify_test_mail_detail()),
    }
}

fn rhythm(rhythm: DigestRhythm) -> &'static str {
    let t = t();
    match rhythm {
        DigestRhythm::Never => t.digest_never(),
        DigestRhythm::Hourly => t.digest_hourly(),
        DigestRhythm::Daily => t.digest_daily(),
    }
}

pub fn notifications() -> View {
    let settings = load(|| (), |()| ask::<op::ReadNotificationSettings>(Nothing {}, Nothing {}));
    loaded(settings, 8, |settings| form(&settings))
}

fn form(settings: &NotificationSettings) -> View {
    let t = t();
    let form = Form::new();
    let lines: Vec<Line> = settings
        .choices
        .iter()
        .map(|c| Line { kind: c.kind, on_screen: RwSignal::new(c.on_screen), by_mail: RwSignal::new(c.by_mail) })
        .collect();
    let digest = RwSignal::new(settings.digest.to_string());
    let never = memo(move || digest.with(|d| d == DigestRhythm::Never.as_str()));
    let row = |line: &Line| {
        let (name, detail) = name(line.kind);
        let Line { on_screen, by_mail, .. } = *line;
        let tick = |label: &str, value: RwSignal<bool>| {
            Checkbox::new(&format!("{name} : {label}"), move || value.get(), move |on| value.set(on)).label_hidden()
        };
        el("tr")
            .child(el("th").attr("scope", "row").child(p("").child(name)).child(p("soft small").child(detail)))
            .child(el("td").child(tick(t.notify_on_screen(), on_screen)))
            .child(el("td").child(tick(t.notify_by_mail(), by_mail).disabled(move || never.get())))
    };
    let head = el("tr").children(
        [t.notify_what(), t.notify_on_screen(), t.notify_by_mail()].map(|h| el("th").attr("scope", "col").child(h)),
    );
    let table = el("table")
        .class("rules-table notify-table")
        .label(t.notifications_settings())
        .child(el("thead").child(head))
        .child(el("tbody").children(lines.iter().map(row)));
    let choices = DigestRhythm::ALL.iter().map(|r| Choice::new(r.as_str(), rhythm(*r))).collect();
    let rhythms = radios(t.digest_title(), choices, move || digest.get(), move |next| digest.set(next));
    let fields = [
        p("soft").child(t.notifications_settings_lead()),
        rhythms,
        table,
        div("row").child(Button::new(t.save()).primary().submit().busy(form.busy())),
    ];
    let content = form.build(fields, move |form| {
        let body = NotificationSettings {
            choices: lines
                .iter()
                .map(|line| NotificationChoice {
                    kind: line.kind,
                    on_screen: line.on_screen.get_untracked(),
                    by_mail: line.by_mail.get_untracked(),
                })
                .collect(),
            digest: DigestRhythm::try_from(digest.get_untracked().as_str()).unwrap_or(DigestRhythm::Daily),
        };
        let sent = async move { act::<op::UpdateNotificationSettings>(&Nothing {}, &Nothing {}, &body).await };
        form.send(sent, |_| toasts().done(crate::text::t().settings_saved()));
    });
    el("section").class("card").child(el("h2").child(t.notifications_settings())).child(content)
}
