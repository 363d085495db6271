//! The terms of a mandate: written while it is a draft, told afterwards.

use contract::endpoint::op;
use contract::{Mandate, MandateChange};
use domain::mandate::{DirectoryLine, Power};
use domain::{MandateKind, MandateTerms};
use leptos::prelude::*;

use super::detail::Open;
use super::words;
use crate::api::{Versioned, change};
use crate::dom::{View, div, el};
use crate::pages::dossier::platform_field;
use crate::pages::form::Form;
use crate::text::{format, t};
use crate::ui::{Button, Checkbox, Field, date_field, text_area, text_field, toasts};

/// What stands in the document of a kind beside its parties.
fn names_platform(kind: MandateKind) -> bool {
    matches!(kind, MandateKind::Designation | MandateKind::PlatformRole)
}

fn invoices(kind: MandateKind) -> bool {
    matches!(kind, MandateKind::Invoicing | MandateKind::SelfBilling)
}

/// What is typed; a field that is not of the kind keeps what it had.
#[derive(Clone, Copy)]
struct Draft {
    signatory: RwSignal<String>,
    quality: RwSignal<String>,
    platform: RwSignal<String>,
    platform_number: RwSignal<String>,
    effective_on: RwSignal<String>,
    perimeter: RwSignal<String>,
    former_platform: RwSignal<String>,
    powers: RwSignal<Vec<Power>>,
    number_series: RwSignal<String>,
    agent: RwSignal<String>,
    dedicated_address: RwSignal<String>,
    starts_on: RwSignal<String>,
    ends_on: RwSignal<String>,
}

fn text(value: Option<&str>) -> RwSignal<String> {
    RwSignal::new(value.unwrap_or_default().to_owned())
}

fn lines(perimeter: &[DirectoryLine]) -> String {
    perimeter.iter().map(DirectoryLine::as_str).collect::<Vec<_>>().join("\n")
}

fn parse_lines(text: &str) -> Result<Vec<DirectoryLine>, String> {
    let given = text.lines().map(str::trim).filter(|line| !line.is_empty());
    given.map(|line| DirectoryLine::parse(line).map_err(|_| line.to_owned())).collect()
}

impl Draft {
    fn of(mandate: &Mandate) -> Draft {
        let terms = &mandate.terms;
        let day = |day: Option<chrono::NaiveDate>| RwSignal::new(day.map(|d| d.to_string()).unwrap_or_default());
        Draft {
            signatory: text(terms.signatory.as_deref()),
            quality: text(terms.quality.as_deref()),
            platform: text(terms.platform.as_deref()),
            platform_number: text(terms.platform_number.as_deref()),
            effective_on: day(terms.effective_on),
            perimeter: RwSignal::new(lines(&terms.perimeter)),
            former_platform: text(terms.former_platform.as_deref()),
            powers: RwSignal::new(terms.powers.clone()),
            number_series: text(terms.number_series.as_deref()),
            agent: text(terms.agent.as_deref()),
            dedicated_address: text(terms.dedicated_address.as_ref().map(DirectoryLine::as_str)),
            starts_on: day(mandate.row.starts_on),
            ends_on: day(mandate.row.ends_on),
        }
    }

    /// What is to be stored; the refused line where an address is none.
    fn read(&self) -> Result<MandateChange, (&'static str, String)> {
        let some =
            |typed: RwSignal<String>| Some(typed.get_untracked().trim().to_owned()).filter(|typed| !typed.is_empty());
        let day = |typed: RwSignal<String>| typed.get_untracked().parse().ok();
        let perimeter = parse_lines(&self.perimeter.get_untracked()).map_err(|line| ("/terms/perimeter", line))?;
        let mut dedicated =
            parse_lines(&self.dedicated_address.get_untracked()).map_err(|line| ("/terms/dedicated_address", line))?;
        let terms = MandateTerms {
            signatory: some(self.signatory),
            quality: some(self.quality),
            platform: some(self.platform),
            platform_number: some(self.platform_number),
            effective_on: day(self.effective_on),
            perimeter,
            former_platform: some(self.former_platform),
            powers: self.powers.get_untracked(),
            number_series: some(self.number_series),
            agent: some(self.agent),
            dedicated_address: dedicated.pop(),
        };
        Ok(MandateChange { terms, starts_on: day(self.starts_on), ends_on: day(self.ends_on) })
    }
}

/// The form of a draft.
pub fn form(open: Open, now: &Versioned<Mandate>) -> View {
    let t = t();
    let mandate = &now.value;
    let (id, kind, etag) = (mandate.row.id, mandate.row.kind, now.etag.clone());
    let draft = Draft::of(mandate);
    let form = Form::new();
    let wrong = RwSignal::new(None::<(&'static str, String)>);
    let field = |label: &str, value: RwSignal<String>, pointer: &'static str| {
        text_field(label, value).optional().error(form.error(pointer, value))
    };
    let mut all: Vec<View> = vec![
        field(t.term_signatory(), draft.signatory, "/terms/signatory").into(),
        field(t.term_quality(), draft.quality, "/terms/quality").hint(t.term_quality_hint()).into(),
    ];
    let date = |label: &str, value: RwSignal<String>, pointer: &'static str| {
        date_field(label, value).optional().error(form.error(pointer, value))
    };
    if names_platform(kind) {
        let (platform, note) = platform_field(t.term_platform(), draft.platform);
        let platform = platform.error(form.error("/terms/platform", draft.platform));
        all.push(div("stack-tight").child(platform).child(note));
        all.push(field(t.term_platform_number(), draft.platform_number, "/terms/platform_number").into());
        all.push(date(t.term_effective_on(), draft.effective_on, "/terms/effective_on").into());
    }
    if kind == MandateKind::Designation {
        all.push(field(t.term_former_platform(), draft.former_platform, "/terms/former_platform").into());
        let area = text_area(t.term_perimeter(), draft.perimeter).hint(t.term_perimeter_hint()).optional();
        all.push(told_wrong(area, "/terms/perimeter", wrong, form.error("/terms/perimeter", draft.perimeter)));
    }
    if kind == MandateKind::Delegation {
        all.push(powers(draft.powers));
    }
    if invoices(kind) {
        all.push(field(t.term_agent(), draft.agent, "/terms/agent").hint(t.term_agent_hint()).into());
        all.push(field(t.term_number_series(), draft.number_series, "/terms/number_series").into());
    }
    if kind == MandateKind::SelfBilling {
        let pointer = "/terms/dedicated_address";
        let input = text_field(t.term_dedicated_address(), draft.dedicated_address).optional();
        all.push(told_wrong(input, pointer, wrong, form.error(pointer, draft.dedicated_address)));
    }
    all.push(
        div("form-pair")
            .child(date(t.request_starts(), draft.starts_on, "/starts_on").hint(t.request_starts_hint()))
            .child(date(t.request_ends(), draft.ends_on, "/ends_on").hint(t.request_ends_hint())),
    );
    all.push(div("row").child(Button::new(t.save()).primary().small().submit().busy(form.busy())));
    form.build(all, move |form| {
        let body = match draft.read() {
            Ok(body) => body,
            Err(refused) => return wrong.set(Some(refused)),
        };
        wrong.set(None);
        let etag = etag.clone();
        let sent = async move {
            let answer = change::<op::UpdateMandate>(&id, &body, etag.as_deref()).await;
            answer.inspect_err(|failure| {
                if failure.status() == 412 {
                    toasts().info(crate::text::t().mandate_terms_stale());
                    open.file.reload();
                }
            })
        };
        form.send(sent, move |new| {
            toasts().done(crate::text::t().mandate_terms_saved());
            open.take(new);
        });
    })
}

/// A field whose form is checked here before the server sees it.
fn told_wrong(
    field: Field,
    pointer: &'static str,
    wrong: RwSignal<Option<(&'static str, String)>>,
    refused: impl Fn() -> Option<String> + 'static,
) -> View {
    let error = move || {
        let here = wrong.get().filter(|(at, _)| *at == pointer).map(|(_, line)| t().term_line_form(&line));
        here.or_else(&refused)
    };
    field.error(error).into()
}

fn powers(chosen: RwSignal<Vec<Power>>) -> View {
    let one = |power: Power| {
        Checkbox::new(
            words::power(power),
            move || chosen.with(|all| all.contains(&power)),
            move |on| {
                chosen.update(|all| {
                    all.retain(|p| *p != power);
                    if on {
                        all.push(power);
                    }
                });
            },
        )
    };
    el("fieldset")
        .class("radios")
        .child(el("legend").child(t().term_powers()))
        .child(el("p").class("field-hint").child(t().term_powers_all()))
        .child(div("stack-tight").children(Power::ALL.iter().map(|power| one(*power))))
}

/// The terms in words, beside the document of who decides.
pub fn told(mandate: &Mandate) -> View {
    let t = t();
    let (terms, row) = (&mandate.terms, &mandate.row);
    let day = |day: Option<chrono::NaiveDate>| day.map(|d| format::date(t, d));
    let listed = |all: Vec<String>| Some(all.join(", ")).filter(|text| !text.is_empty());
    let signed = row.signed_by.map(|by| {
        let at = row.signed_at.map(|at| format::moment(t, at)).unwrap_or_default();
        format!("{} {at}", words::signed_by(by))
    });
    let facts = [
        (t.mandate_signed(), signed),
        (t.term_signatory(), terms.signatory.clone()),
        (t.term_quality(), terms.quality.clone()),
        (t.fact_siren(), Some(format::siren(row.siren.as_str()))),
        (t.term_platform(), terms.platform.clone()),
        (t.term_platform_number(), terms.platform_number.clone()),
        (t.term_effective_on(), day(terms.effective_on)),
        (t.term_former_platform(), terms.former_platform.clone()),
        (t.term_perimeter(), listed(terms.perimeter.iter().map(|l| l.as_str().to_owned()).collect())),
        (t.term_powers(), listed(terms.powers.iter().map(|p| words::power(*p).to_owned()).collect())),
        (t.term_agent(), terms.agent.clone()),
        (t.term_number_series(), terms.number_series.clone()),
        (t.mandate_starts(), day(row.starts_on)),
        (t.mandate_ends(), day(row.ends_on)),
    ];
    let line = |(label, value): (&'static str, Option<String>)| {
        value.map(|value| div("fact").child(el("dt").child(label)).child(el("dd").child(value)))
    };
    el("dl").class("fact-list").children(facts.into_iter().filter_map(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_perimeter_is_one_address_a_line() {
        let read = parse_lines(" 732829320 \n\n732829320_73282932000074\n").expect("two addresses");
        assert_eq!(lines(&read), "732829320\n732829320_73282932000074");
        assert_eq!(parse_lines("732829320\nSIREN"), Err("SIREN".to_owned()));
    }
}
