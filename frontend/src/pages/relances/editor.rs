//! Writes a sequence: who is taken, which steps, when and how. What would come of it stands beside, and moves with what is
//! typed.

use std::rc::Rc;

use chrono::NaiveDate;
use contract::endpoint::op;
use contract::{
    DossierQuery, NewTemplate, Nothing, RelanceScopeQuery, Sequence, SequenceDeadline, SequenceInput, SequencePlan,
    SequenceStepInput, TemplateList, TemplateListQuery, TemplateSource,
};
use domain::relance::{
    Anchor, Approval, DeadlineSource, Delay, Escalation, RelanceChannel, RelancePurpose, SkipWhen, ToPerson,
    Tone as Voice,
};
use domain::{RelanceStepId, SequenceId};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{outlook, shell, words};
use crate::api::{self, Failure, Load, Versioned, ask, ask_versioned, change, load, say};
use crate::dom::{Item, View, div, el, live, memo, p, show, span};
use crate::frame::address;
use crate::pages::audience::Audience;
use crate::pages::calm::settled;
use crate::pages::dossier;
use crate::pages::form::{Form, refusal};
use crate::text::{format, t};
use crate::ui::{
    Button, Checkbox, Choice, Combobox, Icon, Tone, date_field, icon, notice, select_field, single_value, text_field,
    toasts,
};

type Typed = RwSignal<String>;

fn typed(value: impl ToString) -> Typed {
    RwSignal::new(value.to_string())
}

fn code<T>(typed: Typed) -> Option<T>
where
    T: for<'a> TryFrom<&'a str>,
{
    typed.with(|text| T::try_from(text.as_str()).ok())
}

const BEFORE: &str = "before";
const AFTER: &str = "after";
/// More than any step waits.
const MOST_DAYS: i32 = 730;

#[derive(Clone, Copy)]
struct StepDraft {
    key: u32,
    id: Option<RelanceStepId>,
    from: Typed,
    side: Typed,
    days: Typed,
    working: RwSignal<bool>,
    channel: Typed,
    voice: Typed,
    template: Typed,
    variant: Typed,
    manual: RwSignal<bool>,
    skip: RwSignal<Vec<String>>,
}

/// A step as it is proposed: days after the one before, how, and in which voice.
type Proposal = (i32, RelanceChannel, Voice);

impl StepDraft {
    fn new(key: u32, (days, channel, voice): Proposal, template: Option<String>) -> StepDraft {
        StepDraft {
            key,
            id: None,
            from: typed(if key == 0 { Anchor::Start } else { Anchor::Previous }),
            side: typed(AFTER),
            days: typed(days),
            working: RwSignal::new(true),
            channel: typed(channel),
            voice: typed(voice),
            template: typed(template.unwrap_or_default()),
            variant: typed(""),
            manual: RwSignal::new(false),
            skip: RwSignal::new(Vec::new()),
        }
    }

    fn of(key: u32, step: &domain::relance::RelanceStep) -> StepDraft {
        StepDraft {
            key,
            id: Some(step.id),
            from: typed(step.after.from),
            side: typed(if step.after.days < 0 { BEFORE } else { AFTER }),
            days: typed(step.after.days.unsigned_abs()),
            working: RwSignal::new(step.after.working),
            channel: typed(step.channel),
            voice: typed(step.tone),
            template: typed(step.template_id),
            variant: typed(step.variant_id.map(|id| id.to_string()).unwrap_or_default()),
            manual: RwSignal::new(step.approval == Approval::Manual),
            skip: RwSignal::new(step.skip_when.iter().map(ToString::to_string).collect()),
        }
    }

    /// Followed.
    fn delay(&self) -> Option<Delay> {
        let from: Anchor = code(self.from)?;
        let days = self.days.with(|days| days.trim().parse::<i32>().ok()).filter(|n| (0..=MOST_DAYS).contains(n))?;
        let before = from == Anchor::Deadline && self.side.with(|side| side == BEFORE);
        Some(Delay { from, days: if before { -days } else { days }, working: self.working.get() })
    }

    fn read(&self, at: usize) -> Result<SequenceStepInput, Failure> {
        let t = t();
        let after = self
            .delay()
            .ok_or_else(|| refusal(&format!("/steps/{at}/after"), t.step_days_form(self.days.get().trim())))?;
        let template_id = self
            .template
            .with(|id| id.parse().ok())
            .ok_or_else(|| refusal(&format!("/steps/{at}/template_id"), t.step_template_missing()))?;
        Ok(SequenceStepInput {
            id: self.id,
            after,
            channel: code(self.channel).unwrap_or(RelanceChannel::Mail),
            tone: code(self.voice).unwrap_or(Voice::Gentle),
            template_id,
            variant_id: self.variant.with(|id| id.parse().ok()),
            approval: if self.manual.get() { Approval::Manual } else { Approval::Automatic },
            skip_when: self.skip.with(|all| all.iter().filter_map(|c| SkipWhen::try_from(c.as_str()).ok()).collect()),
        })
    }
}

/// All that stands in the form.
#[derive(Clone, Copy)]
struct Draft {
    name: Typed,
    purpose: Typed,
    audience: Audience,
    starts_on: Typed,
    deadline: Typed,
    deadline_on: Typed,
    steps: RwSignal<Vec<StepDraft>>,
    next: RwSignal<u32>,
    escalate: RwSignal<bool>,
    after: Typed,
    to: Typed,
    person: Typed,
}

const ASSIGNEE: &str = "assignee";
const MANAGER: &str = "manager";
const PERSON: &str = "person";

impl Draft {
    fn new(purpose: RelancePurpose, filter: &DossierQuery) -> Draft {
        Draft {
            name: typed(say(&purpose.text())),
            purpose: typed(purpose),
            audience: Audience::of(filter),
            starts_on: typed(""),
            deadline: typed(""),
            deadline_on: typed(""),
            steps: RwSignal::new(Vec::new()),
            next: RwSignal::new(0),
            escalate: RwSignal::new(false),
            after: typed(3),
            to: typed(ASSIGNEE),
            person: typed(""),
        }
    }

    fn of(sequence: &Sequence) -> Draft {
        let draft = Draft::new(sequence.purpose, &sequence.filter);
        draft.name.set(sequence.name.clone());
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        draft.starts_on.set(day(sequence.starts_on));
        if let Some(deadline) = &sequence.deadline {
            draft.deadline.set(deadline.source.to_string());
            draft.deadline_on.set(day(deadline.on));
        }
        draft.steps.set((0..).zip(&sequence.steps).map(|(key, step)| StepDraft::of(key, &step.step)).collect());
        draft.next.set(sequence.steps.len() as u32);
        if let Some(Escalation { after, to }) = sequence.escalation {
            draft.escalate.set(true);
            draft.after.set(after.to_string());
            match to {
                ToPerson::Assignee => {}
                ToPerson::Manager => draft.to.set(MANAGER.to_owned()),
                ToPerson::Person { id } => {
                    draft.to.set(PERSON.to_owned());
                    draft.person.set(id.to_string());
                }
            }
        }
        draft
    }

    fn purpose(&self) -> RelancePurpose {
        code(self.purpose).unwrap_or(RelancePurpose::ChoosePlatform)
    }

    fn deadline_source(&self) -> Option<DeadlineSource> {
        code(self.deadline)
    }

    fn escalation(&self) -> Result<Option<Escalation>, Failure> {
        if !self.escalate.get() {
            return Ok(None);
        }
        let t = t();
        let after = self
            .after
            .with(|n| n.trim().parse().ok())
            .filter(|n| (1..=20).contains(n))
            .ok_or_else(|| refusal("/escalation/after", t.sequence_escalate_form(self.after.get().trim())))?;
        let to = match self.to.get().as_str() {
            MANAGER => ToPerson::Manager,
            PERSON => ToPerson::Person {
                id: self
                    .person
                    .with(|id| id.parse().ok())
                    .ok_or_else(|| refusal("/escalation/to", t.sequence_escalate_nobody()))?,
            },
            _ => ToPerson::Assignee,
        };
        Ok(Some(Escalation { after, to }))
    }

    /// Followed; or what is missing first, at its field.
    fn read(&self) -> Result<SequenceInput, Failure> {
        let t = t();
        let day = |typed: Typed, pointer: &str| match typed.get() {
            empty if empty.is_empty() => Ok(None),
            text => text.parse::<NaiveDate>().map(Some).map_err(|_| refusal(pointer, t.sequence_day_form())),
        };
        let name = self.name.with(|name| name.trim().to_owned());
        if name.is_empty() {
            return Err(refusal("/name", t.sequence_name_missing()));
        }
        let deadline = match self.deadline_source() {
            None => None,
            Some(DeadlineSource::Fixed) => {
                let on = day(self.deadline_on, "/deadline/on")?;
                if on.is_none() {
                    return Err(refusal("/deadline/on", t.sequence_day_form()));
                }
                Some(SequenceDeadline { source: DeadlineSource::Fixed, on })
            }
            Some(source) => Some(SequenceDeadline { source, on: None }),
        };
        let steps = self.steps.get();
        if steps.is_empty() {
            return Err(refusal("/steps", t.sequence_steps_missing()));
        }
        Ok(SequenceInput {
            name,
            purpose: self.purpose(),
            filter: self.audience.filter(None),
            starts_on: day(self.starts_on, "/starts_on")?,
            deadline,
            steps: steps.iter().enumerate().map(|(at, step)| step.read(at)).collect::<Result<_, _>>()?,
            escalation: self.escalation()?,
            preview: false,
        })
    }

    fn add(&self, proposal: Proposal, template: Option<String>) {
        let key = self.next.get_untracked();
        self.next.set(key + 1);
        self.steps.update(|all| all.push(StepDraft::new(key, proposal, template)));
    }
}

/// What is proposed for a purpose: three letters that grow firmer, then a call; one where nothing is chased.
fn proposals(purpose: RelancePurpose) -> Vec<Proposal> {
    match purpose {
        RelancePurpose::Training | RelancePurpose::ThankYou => vec![(0, RelanceChannel::Mail, Voice::Gentle)],
        RelancePurpose::ChoosePlatform
        | RelancePurpose::SignMandate
        | RelancePurpose::MissingIdentity
        | RelancePurpose::EReportingData
        | RelancePurpose::TestInvoice => vec![
            (0, RelanceChannel::Mail, Voice::Gentle),
            (10, RelanceChannel::Mail, Voice::Firm),
            (10, RelanceChannel::Mail, Voice::Urgent),
            (5, RelanceChannel::Call, Voice::Urgent),
        ],
    }
}

/// The sequence that is changed, as it was read; nothing for a new one.
pub type Base = Option<Versioned<Sequence>>;

#[derive(Clone, Copy)]
struct Editor {
    draft: Draft,
    templates: Load<TemplateList>,
    base: StoredValue<Base>,
    /// What somebody else has saved meanwhile.
    theirs: RwSignal<Option<Versioned<Sequence>>>,
}

impl Editor {
    /// Texts of the purpose, those of the voice first.
    fn texts(self, voice: Option<Voice>) -> Vec<Choice> {
        let purpose = self.draft.purpose();
        self.templates.value.with(|list| {
            let mut rows: Vec<_> =
                list.iter().flat_map(|list| &list.data).filter(|row| row.purpose == purpose).collect();
            rows.sort_by_key(|row| Some(row.tone) != voice);
            let label = |row: &&contract::TemplateRow| format!("{} ({})", row.name, say(&row.tone.text()));
            rows.iter().map(|row| Choice::new(row.id.to_string(), label(row))).collect()
        })
    }

    /// The same with what is chosen, even where it is of another purpose or was put away.
    fn texts_with(self, chosen: Typed, voice: Option<Voice>) -> Vec<Choice> {
        let mut all = self.texts(voice);
        let id = chosen.get();
        if !id.is_empty() && all.iter().all(|choice| choice.value != id) {
            let named = self.templates.value.with(|list| {
                list.iter().flat_map(|list| &list.data).find(|row| row.id.to_string() == id).map(|row| row.name.clone())
            });
            all.push(Choice::new(id, named.unwrap_or_else(|| t().step_template_gone().to_owned())));
        }
        all
    }

    fn text_of(self, voice: Voice) -> Option<String> {
        untrack(|| self.texts(Some(voice)).into_iter().next().map(|choice| choice.value))
    }

    fn propose(self) {
        for proposal in proposals(untrack(|| self.draft.purpose())) {
            self.draft.add(proposal, self.text_of(proposal.2));
        }
    }
}

/// The form of a new sequence.
pub fn new(purpose: RelancePurpose, filter: &DossierQuery) -> View {
    build(
        Draft::new(purpose, filter),
        None,
        Rc::new(|| address().go(shell::SEQUENCES)),
        Rc::new(|sequence| {
            address().go(&format!("{}/{}", shell::SEQUENCES, sequence.value.id));
        }),
    )
}

/// The form of one that stands. `saved` hears of the new version, `away` that nothing is wished any more.
pub fn edit(read: Versioned<Sequence>, away: Rc<dyn Fn()>, saved: Rc<dyn Fn(Versioned<Sequence>)>) -> View {
    build(Draft::of(&read.value), Some(read), away, saved)
}

fn plan_of(editor: Editor, input: SequenceInput) -> api::Answer<SequencePlan> {
    let input = SequenceInput { preview: true, ..input };
    let base = editor.base.with_value(|base| base.as_ref().map(|base| (base.value.id, base.etag.clone())));
    Box::pin(async move {
        match base {
            None => api::act::<op::CreateSequence>(&Nothing {}, &Nothing {}, &input).await,
            Some((id, etag)) => change::<op::UpdateSequence>(&id, &input, etag.as_deref()).await.map(|plan| plan.value),
        }
    })
}

fn build(draft: Draft, base: Base, away: Rc<dyn Fn()>, saved: Rc<dyn Fn(Versioned<Sequence>)>) -> View {
    let is_new = base.is_none();
    let templates = load(
        || (),
        |()| {
            let query = TemplateListQuery { archived: Some(false), ..TemplateListQuery::default() };
            ask::<op::ListTemplates>(Nothing {}, query)
        },
    );
    let editor = Editor { draft, templates, base: StoredValue::new(base), theirs: RwSignal::new(None) };
    let read = memo(move || draft.read().map_err(|failure| first_words(&failure)));
    let calm = settled(move || read.get().ok());
    let plan: Load<Option<SequencePlan>> = load(
        move || calm.get(),
        move |input: Option<SequenceInput>| {
            Box::pin(async move {
                match input {
                    Some(input) => plan_of(editor, input).await.map(Some),
                    None => Ok(None),
                }
            })
        },
    );
    // A new one begins with what is proposed, once its texts are known.
    let mut proposed = !is_new;
    crate::dom::after(move || {
        if !editor.templates.value.with(Option::is_some) || std::mem::replace(&mut proposed, true) {
            return;
        }
        let texts = untrack(|| !editor.texts(None).is_empty());
        if texts && draft.steps.with_untracked(Vec::is_empty) {
            editor.propose();
        }
    });
    let form = Form::new();
    form.places("/steps");
    let busy = form.busy();
    let missing = move || read.with(Result::is_err).then(|| t().sequence_outlook_missing());
    let aside = el("aside")
        .class("card sequence-outlook")
        .label(t().sequence_outlook())
        .child(el("h2").child(t().sequence_outlook()))
        .child(outlook::view(plan, missing));
    let leave = away.clone();
    let bar = div("save-bar")
        .child(span("soft small grow").attr("role", "status").text_of(move || {
            read.with(|read| match read {
                Ok(_) if is_new => t().sequence_save_draft().to_owned(),
                Ok(_) => t().sequence_save_edit().to_owned(),
                Err(words) => words.clone(),
            })
        }))
        .child(Button::new(t().cancel()).press(move || leave()))
        .child(Button::new(t().save()).primary().submit().busy(busy));
    let main = div("stack").children([
        conflict(editor, away),
        about(editor, &form),
        audience(draft, &form),
        steps(editor, &form),
        escalation(draft, &form),
        bar,
    ]);
    let sides = div("sequence-sides").child(main).child(aside);
    form.build([sides], move |form| {
        let input = match untrack(|| draft.read()) {
            Ok(input) => input,
            Err(failure) => return form.refuse(failure),
        };
        let saved = saved.clone();
        let base = editor.base.with_value(|base| base.as_ref().map(|base| (base.value.id, base.etag.clone())));
        form.send(send(editor, base, input), move |sequence| {
            toasts().done(t().sequence_saved(&sequence.value.name));
            saved(sequence);
        });
    })
}

async fn send(
    editor: Editor,
    base: Option<(SequenceId, Option<String>)>,
    input: SequenceInput,
) -> Result<Versioned<Sequence>, Failure> {
    let plan = match &base {
        None => api::act::<op::CreateSequence>(&Nothing {}, &Nothing {}, &input).await?,
        Some((id, etag)) => match change::<op::UpdateSequence>(id, &input, etag.as_deref()).await {
            Err(failure) if failure.status() == 412 => {
                // What was typed stays; who decides sees whose version stands.
                let now = ask_versioned::<op::ReadSequence>(*id, RelanceScopeQuery::default()).await?;
                editor.theirs.try_set(Some(now));
                return Err(Failure::Aborted);
            }
            answer => answer?.value,
        },
    };
    // What was written is read with its version, for the next change.
    let id = plan.sequence.map(|sequence| sequence.id).or(base.map(|(id, _)| id));
    match id {
        Some(id) => ask_versioned::<op::ReadSequence>(id, RelanceScopeQuery::default()).await,
        None => Err(Failure::Unreadable { why: "the reply names no sequence".to_owned(), request_id: None }),
    }
}

/// The words of a refusal that the form itself has found.
fn first_words(failure: &Failure) -> String {
    failure.unplaced(&[]).into_iter().next().unwrap_or_default()
}

/// Somebody else was faster.
fn conflict(editor: Editor, away: Rc<dyn Fn()>) -> View {
    live(move || {
        let theirs = editor.theirs.get()?;
        let t = t();
        let away = away.clone();
        let take = theirs.clone();
        let mine = move || {
            editor.base.set_value(Some(take.clone()));
            editor.theirs.set(None);
        };
        let day = format::moment(t, theirs.value.updated_at);
        let words = div("stack-tight")
            .child(p("strong").child(t.sequence_overtaken(&theirs.value.by_name, day)))
            .child(p("small").child(t.sequence_overtaken_detail()))
            .child(
                div("row")
                    .child(Button::new(t.sequence_overtaken_mine()).small().press(mine))
                    .child(Button::new(t.sequence_overtaken_theirs()).small().quiet().press(move || away())),
            );
        Some(notice(Tone::AtRisk, words).attr("role", "alert"))
    })
}

fn about(editor: Editor, form: &Form) -> View {
    let t = t();
    let draft = editor.draft;
    let purpose = select_field(t.relance_purpose(), draft.purpose, words::purposes)
        .hint(t.sequence_purpose_hint())
        .error(form.error("/purpose", draft.purpose));
    let sources = || {
        let t = crate::text::t();
        let all = DeadlineSource::ALL.iter().map(|s| Choice::new(s.as_str(), say(&s.text())));
        std::iter::once(Choice::new("", t.sequence_no_deadline())).chain(all).collect()
    };
    let fixed = memo(move || draft.deadline_source() == Some(DeadlineSource::Fixed));
    let on = View::from(
        date_field(t.sequence_deadline_on(), draft.deadline_on).error(form.error("/deadline/on", draft.deadline_on)),
    );
    section(
        t.sequence_about(),
        [
            text_field(t.sequence_name(), draft.name).error(form.error("/name", draft.name)).into(),
            purpose.into(),
            div("form-pair")
                .child(
                    date_field(t.sequence_starts_on(), draft.starts_on)
                        .hint(t.sequence_starts_on_hint())
                        .optional()
                        .error(form.error("/starts_on", draft.starts_on)),
                )
                .child(
                    select_field(t.sequence_deadline(), draft.deadline, sources)
                        .hint(t.sequence_deadline_hint())
                        .error(form.error("/deadline/source", draft.deadline)),
                ),
            show(move || fixed.get(), move || on.clone()),
        ],
    )
}

fn section(title: &str, parts: impl IntoIterator<Item = View>) -> View {
    el("section").class("card").label(title).child(el("h2").child(title)).children(parts)
}

fn audience(draft: Draft, form: &Form) -> View {
    let t = t();
    // The purpose itself says what its dossiers lack.
    let adds = live(move || {
        let criteria = draft.purpose().criteria();
        let t = crate::text::t();
        let words = match criteria {
            [] => t.sequence_audience_all().to_owned(),
            some => {
                let names: Vec<&str> = some.iter().map(|c| crate::pages::words::criterion(*c)).collect();
                t.sequence_audience_lacks(&names.join(", "))
            }
        };
        p("soft small").child(words)
    });
    let search = draft.purpose;
    let refused = form.error("/filter", search);
    let wrong = live(move || refused().map(|words| p("field-error").child(icon(Icon::Warning)).child(words)));
    section(t.sequence_who(), [adds, draft.audience.whole_bar(), wrong])
}

fn steps(editor: Editor, form: &Form) -> View {
    let t = t();
    let draft = editor.draft;
    let own = form.clone();
    let list = el("ol").class("given-rules steps-edit").each(move || {
        let count = draft.steps.with(Vec::len);
        let item = |(at, step): (usize, StepDraft)| {
            let form = own.clone();
            // Its place is said in the row.
            Item::new(format!("{} {at} {count}", step.key), move || one_step(editor, &form, step, at, count))
        };
        draft.steps.get().into_iter().enumerate().map(item).collect()
    });
    let none = show(move || draft.steps.with(Vec::is_empty), move || begin(editor));
    let refused =
        form.error_at("/steps".to_owned(), &["/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9"], draft.next);
    let wrong = live(move || refused().map(|words| p("field-error").child(icon(Icon::Warning)).child(words)));
    let add = move || {
        let voice = draft.steps.with_untracked(|all| all.last().and_then(|last| untrack(|| code(last.voice))));
        let voice = voice.unwrap_or(Voice::Gentle);
        draft.add(
            (if draft.steps.with_untracked(Vec::is_empty) { 0 } else { 10 }, RelanceChannel::Mail, voice),
            editor.text_of(voice),
        );
    };
    section(
        t.sequence_steps(),
        [
            p("soft small").child(t.sequence_steps_lead()),
            starters(editor),
            none,
            wrong,
            list,
            div("row").child(Button::new(t.step_add()).icon(Icon::Plus).small().press(add)),
        ],
    )
}

fn begin(editor: Editor) -> View {
    live(move || {
        let some = editor.templates.value.with(Option::is_some) && !editor.texts(None).is_empty();
        some.then(|| {
            div("row")
                .child(Button::new(t().sequence_propose()).icon(Icon::Bolt).small().press(move || editor.propose()))
        })
    })
}

/// A firm that has no text for this purpose yet gets those of the product, as its own.
fn starters(editor: Editor) -> View {
    let busy = RwSignal::new(false);
    let take = move || {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let purpose = untrack(|| editor.draft.purpose());
        spawn_local(async move {
            for tone in Voice::ALL {
                let body = NewTemplate { name: None, source: TemplateSource::Starter { purpose, tone: *tone } };
                if let Err(failure) = api::act::<op::CreateTemplate>(&Nothing {}, &Nothing {}, &body).await {
                    toasts().failed(&failure);
                    break;
                }
            }
            let query = TemplateListQuery { archived: Some(false), ..TemplateListQuery::default() };
            match ask::<op::ListTemplates>(Nothing {}, query).await {
                Ok(list) => {
                    editor.templates.put(list);
                    if editor.draft.steps.try_with_untracked(Vec::is_empty) == Some(true) {
                        editor.propose();
                    }
                }
                Err(failure) => toasts().failed(&failure),
            }
            busy.try_set(false);
        });
    };
    let lacks = memo(move || editor.templates.value.with(Option::is_some) && editor.texts(None).is_empty());
    show(
        move || lacks.get(),
        move || {
            let words = div("stack-tight").child(p("").child(t().sequence_no_texts())).child(div("row").child(
                Button::new(t().sequence_take_starters()).icon(Icon::Copy).small().busy(move || busy.get()).press(take),
            ));
            notice(Tone::OnTrack, words)
        },
    )
}

fn one_step(editor: Editor, form: &Form, step: StepDraft, at: usize, count: usize) -> View {
    let t = t();
    let draft = editor.draft;
    let said = live(move || {
        let label = step.delay().map(|delay| say(&delay.label(at + 1, draft.deadline_source())));
        label.map(|label| span("soft").child(label))
    });
    let move_to = move |to: usize| draft.steps.update(|all| all.swap(at, to));
    let acts = span("row")
        .child(
            Button::new(t.step_up())
                .icon_only(Icon::Up)
                .quiet()
                .small()
                .disabled(move || at == 0)
                .press(move || move_to(at - 1)),
        )
        .child(
            Button::new(t.step_down())
                .icon_only(Icon::Down)
                .quiet()
                .small()
                .disabled(move || at + 1 == count)
                .press(move || move_to(at + 1)),
        )
        .child(Button::new(t.step_remove()).icon_only(Icon::Trash).quiet().small().press(move || {
            draft.steps.update(|all| {
                all.remove(at);
            });
        }));
    let pointer = |field: &str| format!("/steps/{at}{field}");
    let refused = form.error_at(pointer(""), &["/template_id", "/variant_id", "/after"], step.channel);
    let wrong = live(move || refused().map(|words| p("field-error").child(icon(Icon::Warning)).child(words)));
    let anchors = move || {
        let all = Anchor::ALL.iter().filter(|a| at > 0 || **a != Anchor::Previous);
        all.map(|a| Choice::new(a.as_str(), say(&a.text()))).collect()
    };
    let by_deadline = memo(move || code::<Anchor>(step.from) == Some(Anchor::Deadline));
    let sides = || {
        let t = crate::text::t();
        vec![Choice::new(BEFORE, t.step_before()), Choice::new(AFTER, t.step_after())]
    };
    let side = View::from(select_field(t.step_side(), step.side, sides));
    let when = div("given-fields")
        .child(text_field(t.step_days(), step.days).inputmode("numeric").error(form.error_at(
            pointer("/after"),
            &[],
            step.days,
        )))
        .child(div("").child(show(move || by_deadline.get(), move || side.clone())))
        .child(select_field(t.step_from(), step.from, anchors))
        .child(Checkbox::new(t.step_working(), move || step.working.get(), move |on| step.working.set(on)));
    let voice = move || code::<Voice>(step.voice);
    let texts = move || {
        std::iter::once(Choice::new("", crate::text::t().choose()))
            .chain(editor.texts_with(step.template, voice()))
            .collect()
    };
    let template = select_field(t.step_template(), step.template, texts).error(form.error_at(
        pointer("/template_id"),
        &[],
        step.template,
    ));
    let see = live(move || {
        let id = step.template.get();
        (!id.is_empty()).then(|| {
            crate::dom::link("small", &format!("{}/{id}", shell::TEMPLATES))
                .attr("target", "_blank")
                .attr("rel", "noopener")
                .child(crate::text::t().step_template_open())
        })
    });
    let what = div("given-fields")
        .child(select_field(t.relance_channel(), step.channel, words::channels))
        .child(select_field(t.step_voice(), step.voice, words::voices))
        .child(div("stack-tight").child(template).child(see));
    let skips = || SkipWhen::ALL.iter().map(|s| Choice::new(s.as_str(), say(&s.text()))).collect();
    let second = move || {
        std::iter::once(Choice::new("", crate::text::t().step_variant_none()))
            .chain(editor.texts_with(step.variant, voice()))
            .collect()
    };
    let more = el("details")
        .class("chart-table")
        .flag(
            "open",
            untrack(|| step.manual.get() || step.skip.with(|s| !s.is_empty()) || step.variant.with(|v| !v.is_empty())),
        )
        .child(el("summary").child(t.step_more()))
        .child(
            div("stack")
                .child(
                    Checkbox::new(t.step_manual(), move || step.manual.get(), move |on| step.manual.set(on))
                        .hint(t.step_manual_hint()),
                )
                .child(Combobox::many(t.step_skip(), step.skip, skips).placeholder(t.step_skip_never()).field())
                .child(
                    select_field(t.step_variant(), step.variant, second)
                        .hint(t.step_variant_hint())
                        .error(form.error_at(pointer("/variant_id"), &[], step.variant)),
                ),
        );
    el("li")
        .class("given-rule")
        .child(
            div("card-head")
                .child(div("row").child(el("h3").child(t.step_nth((at + 1).to_string()))).child(said))
                .child(acts),
        )
        .child(wrong)
        .child(when)
        .child(what)
        .child(more)
}

fn escalation(draft: Draft, form: &Form) -> View {
    let t = t();
    let whom = || {
        let t = crate::text::t();
        vec![
            Choice::new(ASSIGNEE, t.fact_assignee()),
            Choice::new(MANAGER, t.fact_manager()),
            Choice::new(PERSON, t.anomaly_settings_person()),
        ]
    };
    let named = memo(move || draft.to.with(|to| to == PERSON));
    let person = View::from(
        Combobox::one(t.anomaly_act_who(), single_value(draft.person), dossier::people)
            .field()
            .error(form.error("/escalation/to", draft.person)),
    );
    let fields = div("given-fields")
        .child(
            text_field(t.sequence_escalate_after(), draft.after)
                .inputmode("numeric")
                .error(form.error("/escalation/after", draft.after)),
        )
        .child(select_field(t.sequence_escalate_to(), draft.to, whom))
        .child(div("").child(show(move || named.get(), move || person.clone())));
    section(
        t.sequence_escalation(),
        [
            Checkbox::new(t.sequence_escalate(), move || draft.escalate.get(), move |on| draft.escalate.set(on))
                .hint(t.sequence_escalate_hint())
                .into(),
            show(move || draft.escalate.get(), move || fields.clone()),
        ],
    )
}
