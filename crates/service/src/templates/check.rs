//! What is wrong in a text: its language, and the Markdown around it.

use contract::{Nothing, TemplateCheck, TemplateChecked, TemplateField, TemplateFieldFault};
use domain::Text;
use domain::relance::template::{Fault, FaultCode, Form, Template, Wording, Wordings, read};

use crate::fields::Check;
use crate::{Answer, Call, Result};

/// The parts of a text that are written, with their place in a request.
pub(super) fn parts(texts: &Wordings) -> Vec<(TemplateField, &'static str, Form, &str)> {
    let mut parts = vec![
        (TemplateField::FrSubject, "fr/subject", Form::Subject, texts.fr.subject.as_str()),
        (TemplateField::FrBody, "fr/body", Form::Body, texts.fr.body.as_str()),
    ];
    if let Some(Wording { subject, body }) = texts.english() {
        parts.push((TemplateField::EnSubject, "en/subject", Form::Subject, subject));
        parts.push((TemplateField::EnBody, "en/body", Form::Body, body));
    }
    parts
}

/// Everything that is wrong in a part, in the order of its places.
fn faults(source: &str, form: Form) -> Vec<Fault> {
    let reading = read(source, form);
    let mut faults = reading.faults.clone();
    if form == Form::Body {
        let probe = reading.probe();
        for (code, span) in paper::markdown_faults(&probe.markdown) {
            let (from, to) = (probe.source(span.start), probe.source(span.end));
            let Some(text) = not_taken(code) else { continue };
            faults.push(Fault::at(source, (from, to.max(from)), code, text));
        }
    }
    faults.sort_by_key(|f| (f.from, f.to));
    faults
}

fn not_taken(code: FaultCode) -> Option<Text> {
    let (fr, en) = match code {
        FaultCode::RawHtml => (
            "Le HTML ne passe pas dans un message : écrivez en Markdown, **gras**, *italique*, [mots](https://…).",
            "HTML does not go into a message: write Markdown, **bold**, *italic*, [words](https://…).",
        ),
        FaultCode::Image => (
            "Une image ne passe pas dans un message : retirez-la, ou mettez un lien vers elle.",
            "An image does not go into a message: remove it, or put a link to it.",
        ),
        FaultCode::LinkForm => (
            "Ce lien ne mène nulle part : une adresse commence par https://, http:// ou mailto:.",
            "This link leads nowhere: an address begins with https://, http:// or mailto:.",
        ),
        _ => return None,
    };
    Some(Text::new(fr, en))
}

fn all(texts: &Wordings) -> Vec<TemplateFieldFault> {
    let each = |(field, _, form, source)| {
        faults(source, form).into_iter().map(move |fault| TemplateFieldFault { field, fault })
    };
    parts(texts).into_iter().flat_map(each).collect()
}

/// Refuses a text with a fault, each fault at its part below `pointer`.
pub(super) fn refuse(check: &mut Check, pointer: &str, texts: &Wordings) {
    for (_, part, form, source) in parts(texts) {
        for fault in faults(source, form) {
            let Fault { line, column, text, .. } = &fault;
            check.refuse(
                format!("{pointer}/{part}"),
                fault.code.as_str(),
                format!("Ligne {line}, colonne {column} : {}", text.fr),
                format!("Line {line}, column {column}: {}", text.en),
            );
        }
    }
}

pub fn check_template(_: &Call, _: Nothing, _: Nothing, body: TemplateCheck) -> Result<Answer<TemplateChecked>> {
    let faults = all(&body.texts);
    let mut variables = Vec::new();
    for (_, _, form, source) in parts(&body.texts) {
        if let Ok(template) = Template::parse(source, form) {
            variables.extend(template.variables());
        }
    }
    variables.sort();
    variables.dedup();
    Ok(Answer::new(TemplateChecked { good: faults.is_empty(), faults, variables }))
}
