//! A text on real dossiers, side by side: those that one chose, and the odd ones where texts fall short.

use contract::endpoint::op;
use contract::{
    Nothing, SampleReason, SearchQuery, SearchResult, TemplateChecked, TemplatePreview, TemplatePreviews,
    TemplateSample, TemplateTest,
};
use domain::relance::template::Wordings;
use domain::{DossierId, Lang, Permission};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Node};

use super::editor::Draft;
use crate::api::{self, Load, load, request, say};
use crate::dom::{View, div, el, live, memo, p, span};
use crate::frame::{Step, address};
use crate::pages::calm::settled;
use crate::session;
use crate::text::{format, t};
use crate::ui::{Button, Choice, Combobox, Icon, Tone, error_state, notice, segments, skeleton, tag, toasts};

/// Dossiers that one looks at, in the address.
const ON: &str = "on";
/// Words alone, as mail without HTML shows them.
const PLAIN: &str = "plain";
/// More than anybody compares.
const MOST: usize = 4;

#[derive(Clone, PartialEq)]
struct Asked {
    texts: Wordings,
    lang: Lang,
    dossiers: Vec<DossierId>,
}

pub fn view(draft: Draft, lang: Memo<Lang>, checked: Load<TemplateChecked>, calm: RwSignal<Wordings>) -> View {
    let chosen = address().list(ON);
    let ids =
        memo(move || chosen.with(|ids| ids.iter().filter_map(|id| id.parse().ok()).take(MOST).collect::<Vec<_>>()));
    // A text with a fault has no look: the last good one stays.
    let good = memo(move || {
        let ready = !checked.pending.get() && checked.value.with(|c| c.as_ref().is_some_and(|c| c.good));
        ready.then(|| Asked { texts: calm.get(), lang: lang.get(), dossiers: ids.get() })
    });
    let asked = memo({
        let last = RwSignal::new(None::<Asked>);
        move || {
            if let Some(now) = good.get() {
                last.set(Some(now));
            }
            last.get_untracked()
        }
    });
    let previews: Load<Option<TemplatePreviews>> = load(
        move || asked.get(),
        |asked: Option<Asked>| {
            Box::pin(async move {
                let Some(Asked { texts, lang, dossiers }) = asked else { return Ok(None) };
                let body = TemplatePreview {
                    texts: Some(texts),
                    lang: Some(lang),
                    dossiers,
                    odd: true,
                    ..TemplatePreview::default()
                };
                api::act::<op::PreviewTemplate>(&Nothing {}, &Nothing {}, &body).await.map(Some)
            })
        },
    );
    let plain = address().text(PLAIN);
    let is_plain = memo(move || plain.with(|plain| !plain.is_empty()));
    let samples = live(move || {
        if let Some(failure) = previews.failure.get().filter(|_| !previews.pending.get()) {
            return error_state(&failure, Some(std::rc::Rc::new(move || previews.reload())));
        }
        let plain = is_plain.get();
        match previews.value.get().flatten() {
            Some(found) if found.data.is_empty() => notice(Tone::Unknown, p("").child(t().preview_none())),
            Some(found) => {
                div("samples").children(found.data.iter().map(|s| untrack(|| sample(s, draft, lang, plain))))
            }
            None => skeleton(8),
        }
    });
    let stale = live(move || {
        let broken = checked.value.with(|c| c.as_ref().is_some_and(|c| !c.good));
        broken.then(|| notice(Tone::AtRisk, p("").child(t().preview_stale())))
    });
    let t = t();
    let faces = vec![Choice::new("", t.preview_mail()), Choice::new("1", t.preview_plain())];
    let face = segments(
        t.preview_face(),
        faces,
        move || if is_plain.get() { "1".to_owned() } else { String::new() },
        |next| address().set(&[(PLAIN, Some(&next))], Step::Replace),
    );
    el("section")
        .class("card template-preview")
        .label(t.preview_title())
        .child(
            div("card-head")
                .child(
                    div("stack-tight")
                        .child(el("h2").child(t.preview_title()))
                        .child(p("soft small").child(t.preview_lead())),
                )
                .child(face),
        )
        .child(choice_of_dossiers())
        .child(stale)
        .child(
            div("").class_of("loaded-stale", move || previews.pending.get()).attr("aria-live", "polite").child(samples),
        )
}

fn choice_of_dossiers() -> View {
    let chosen = RwSignal::new(address().list(ON).get_untracked());
    let words = RwSignal::new(String::new());
    let calm = settled(move || words.get());
    let found: Load<Vec<Choice>> = load(
        move || calm.get(),
        |q: String| {
            Box::pin(async move {
                if q.trim().is_empty() {
                    return Ok(Vec::new());
                }
                let found: SearchResult = request::<op::SearchDossiers>(&Nothing {}, &SearchQuery { q }).json().await?;
                let one = |hit: contract::SearchHit| {
                    Choice::new(hit.id.to_string(), hit.name).hint(format::siren(hit.siren.as_str()))
                };
                Ok(found.data.into_iter().map(one).collect())
            })
        },
    );
    let mut first = true;
    crate::dom::after(move || {
        let ids = chosen.get();
        if !std::mem::take(&mut first) {
            address().set_list(ON, &ids, Step::Replace);
        }
    });
    Combobox::many(t().preview_on(), chosen, move || found.value.get().unwrap_or_default())
        .placeholder(t().preview_search())
        .on_search(move |q| words.set(q))
        .field()
        .hint(t().preview_on_hint())
        .into()
}

fn reason(reason: SampleReason) -> &'static str {
    let t = t();
    match reason {
        SampleReason::Chosen => t.sample_chosen(),
        SampleReason::NoContact => t.sample_no_contact(),
        SampleReason::NoContactName => t.sample_no_contact_name(),
        SampleReason::LongestName => t.sample_longest_name(),
        SampleReason::NoPlatform => t.sample_no_platform(),
        SampleReason::SeveralDossiers => t.sample_several(),
    }
}

fn sample(sample: &TemplateSample, draft: Draft, lang: Memo<Lang>, plain: bool) -> View {
    let t = t();
    let names: Vec<&str> = sample.dossiers.iter().map(|dossier| dossier.name.as_str()).collect();
    let names = names.join(", ");
    let to = match (&sample.to_name, &sample.to) {
        (Some(name), Some(to)) => format!("{name} <{to}>"),
        (None, Some(to)) => to.clone(),
        (_, None) => t.sample_nobody().to_owned(),
    };
    let missing = (!sample.missing.is_empty()).then(|| {
        let lines = sample.missing.iter().map(|hollow| el("li").child(say(&hollow.text)));
        notice(
            Tone::Late,
            div("stack-tight")
                .child(p("strong").child(t.sample_missing()))
                .child(el("ul").class("bullets small").children(lines)),
        )
    });
    let body = match (plain, &sample.html, &sample.text) {
        (false, Some(html), _) => Some(mail(html)),
        (_, _, Some(text)) => Some(el("pre").class("mail-text").child(text)),
        _ => None,
    };
    let first = sample.dossiers.first().map(|dossier| dossier.id);
    let test = first
        .filter(|_| session::can(Permission::DossierManage) && sample.missing.is_empty())
        .map(|id| Button::new(t.template_test()).icon(Icon::Mail).small().press(move || send_test(draft, lang, id)));
    el("article")
        .class("sample")
        .label(&names)
        .child(
            div("spread")
                .child(
                    div("stack-tight")
                        .child(p("strong truncate").attr("title", &names).child(&names))
                        .child(p("row small").child(tag(reason(sample.reason))).child(span("soft").child(to))),
                )
                .child(test),
        )
        .child(missing)
        .child(sample.subject.as_ref().map(|subject| p("strong sample-subject").child(subject)))
        .child(body.map(|body| body.attr("lang", if sample.lang == Lang::En { "en" } else { "fr" })))
}

fn send_test(draft: Draft, lang: Memo<Lang>, dossier_id: DossierId) {
    let body = TemplateTest {
        texts: Some(untrack(|| draft.texts())),
        template_id: None,
        lang: Some(lang.get_untracked()),
        dossier_id,
        deadline: None,
    };
    spawn_local(async move {
        match api::act::<op::TestTemplate>(&Nothing {}, &Nothing {}, &body).await {
            // It stands in no list of messages to clients; what goes wrong is told among the notifications.
            Ok(sent) => toasts().done(t().template_tested(&sent.to)),
            Err(failure) => toasts().failed(&failure),
        }
    });
}

/// What a mail may hold here. Its looks are the page's: the policy of the page takes no style that came with a text.
const KEPT: [&str; 10] = ["P", "UL", "OL", "LI", "STRONG", "EM", "BR", "HR", "BLOCKQUOTE", "CODE"];
/// They are headings of the mail and none of the page.
const HEADINGS: [&str; 6] = ["H1", "H2", "H3", "H4", "H5", "H6"];

/// They hold no words of the mail.
const DROPPED: [&str; 3] = ["TITLE", "STYLE", "SCRIPT"];

/// The message as its reader sees it, made anew from its elements: nothing of it runs, loads or leads anywhere.
fn mail(html: &str) -> View {
    // What stands in a template is read and never alive.
    let template = el("template");
    template.element().set_inner_html(&unstyled(html));
    let read = js_sys::Reflect::get(template.node(), &JsValue::from_str("content"));
    let sheet = div("mail-sheet");
    match read.ok().and_then(|content| content.dyn_into::<Node>().ok()) {
        Some(content) => copied(&content, sheet),
        None => sheet,
    }
}

fn copied(from: &Node, mut to: View) -> View {
    let mut next = from.first_child();
    while let Some(node) = next {
        match node.node_type() {
            Node::TEXT_NODE => to = to.child(View::text(&node.text_content().unwrap_or_default())),
            Node::ELEMENT_NODE => {
                let element: &Element = node.unchecked_ref();
                let name = element.tag_name();
                if KEPT.contains(&name.as_str()) {
                    to = to.child(copied(&node, el(&name.to_lowercase())));
                } else if HEADINGS.contains(&name.as_str()) {
                    to = to.child(copied(&node, p("strong")));
                } else if name == "A" {
                    let address = element.get_attribute("href").unwrap_or_default();
                    to = to.child(copied(&node, span("mail-link").attr("title", &address)));
                } else if !DROPPED.contains(&name.as_str()) {
                    to = copied(&node, to);
                }
            }
            _ => {}
        }
        next = node.next_sibling();
    }
    to
}

/// Without the looks that a mail carries in its elements; values between them are written with `&quot;`, so the next
/// quotation mark ends an attribute.
fn unstyled(html: &str) -> String {
    const STYLE: &str = " style=\"";
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(STYLE) {
        out.push_str(before);
        rest = after.split_once('"').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_taken_out_of_a_mail() {
        let html = "<p style=\"margin:0\">a <a href=\"x\" style=\"color:red\">b</a></p>";
        assert_eq!(unstyled(html), "<p>a <a href=\"x\">b</a></p>");
        assert_eq!(unstyled("<p>c</p>"), "<p>c</p>");
    }
}
