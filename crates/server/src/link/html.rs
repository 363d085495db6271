//! Pieces of the client's pages. Whatever comes from data goes through `escape`.

use std::fmt::Write;

use domain::Lang;
use service::html::escape;
use service::links::{Choice, Field, FieldKind, Firm};

/// A text as a page shows it: harmless, and with the spaces that French sets before its marks.
pub fn text(text: &str) -> String {
    let mut said = escape(text);
    for mark in [";", ":", "?", "!", "»"] {
        said = said.replace(&format!(" {mark}"), &format!("\u{a0}{mark}"));
    }
    said.replace("« ", "«\u{a0}")
}

/// The whole page.
pub fn layout(title: &str, firm: Option<&Firm>, aside: &str, content: &str) -> String {
    let name = firm.map_or("CabReady", |f| f.name.as_str());
    let help = firm.map(|f| {
        let privacy = text(f.privacy.get(Lang::Fr));
        format!("<footer><p>{}</p><p class=\"privacy\">{privacy}</p></footer>", ask(f))
    });
    let help = help.unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"fr\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"robots\" content=\"noindex, nofollow\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{} – {}</title>\n\
         <link rel=\"stylesheet\" href=\"/l/link.css\">\n</head>\n<body>\n\
         <header><strong>{}</strong><span>{}</span></header>\n<main>\n{content}\n</main>\n{help}\n</body>\n</html>\n",
        escape(title),
        escape(name),
        escape(name),
        escape(aside),
    )
}

/// A press that opens a message to the firm, where an address is known.
pub fn write_to(firm: &Firm) -> String {
    let email = firm.person.as_ref().map(|(_, email)| email).or(firm.reply_to.as_ref());
    email
        .map(|e| {
            format!(
                "<div class=\"acts one\"><a class=\"button second\" href=\"mailto:{}\">Écrire au cabinet</a></div>",
                escape(e)
            )
        })
        .unwrap_or_default()
}

/// Who answers questions.
pub fn ask(firm: &Firm) -> String {
    let mail = |email: &str| format!("<a href=\"mailto:{0}\">{0}</a>", escape(email));
    match (&firm.person, &firm.reply_to) {
        (Some((name, email)), _) => {
            format!("Une question\u{a0}? {} vous répond\u{a0}: {}.", escape(name), mail(email))
        }
        (None, Some(email)) => {
            format!("Une question\u{a0}? {} vous répond\u{a0}: {}.", escape(&firm.name), mail(email))
        }
        (None, None) => format!("Une question\u{a0}? Votre interlocuteur chez {} vous répond.", escape(&firm.name)),
    }
}

/// Where a refused press leads: to the first field that is to be written anew, for a browser that takes one there.
const FOCUS: &str = " autofocus";

/// Fields one below the other. The first refused one is where the page opens.
pub fn fields(fields: &[Field]) -> String {
    let wrong = fields.iter().position(|f| f.error.is_some());
    fields.iter().enumerate().map(|(at, f)| field(f, wrong == Some(at))).collect()
}

/// What is to be written anew, above a form that is longer than a telephone: the id of each field, and its label.
pub fn to_review(wrong: &[(&str, &str)]) -> String {
    if wrong.is_empty() {
        return String::new();
    }
    let links: Vec<String> = wrong
        .iter()
        .map(|(id, label)| format!("<a href=\"#{id}\">{}</a>", text(label.trim_end_matches(" ?"))))
        .collect();
    format!("<p class=\"note wrong review\" role=\"alert\">À revoir\u{a0}: {}.</p>", links.join(", "))
}

/// Digits of a SIREN or SIRET as they are printed: by threes, the number of the establishment behind.
pub fn grouped(digits: &str) -> String {
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 3 | 6 | 9) {
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// A field with its label, its hint, and its error beside it.
pub fn field(field: &Field, focus: bool) -> String {
    let name = field.name;
    let label = text(field.label);
    let hint = field.hint.map(|h| format!("<span class=\"hint\" id=\"{name}-hint\">{}</span>", text(h)));
    let error = field.error.as_ref().map(|e| error_of(name, e)).unwrap_or_default();
    let described = [field.hint.map(|_| format!("{name}-hint")), field.error.as_ref().map(|_| format!("{name}-error"))]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    let described = if described.is_empty() { String::new() } else { format!(" aria-describedby=\"{described}\"") };
    let invalid = if field.error.is_some() { " aria-invalid=\"true\"" } else { "" };
    let focus = if focus { FOCUS } else { "" };
    let auto =
        field.autocomplete.map_or_else(|| " autocomplete=\"off\"".to_owned(), |a| format!(" autocomplete=\"{a}\""));
    let value = escape(&field.value);
    let hint = hint.unwrap_or_default();
    let input = |kind: &str, more: &str| {
        format!(
            "<div class=\"field\"><label for=\"{name}\">{label}</label>{hint}<input type=\"{kind}\" id=\"{name}\" \
             name=\"{name}\" value=\"{value}\"{auto}{more}{described}{invalid}{focus}>{error}</div>"
        )
    };
    match &field.kind {
        FieldKind::Text => input("text", ""),
        FieldKind::Email => input("email", " inputmode=\"email\""),
        FieldKind::Phone => input("tel", " inputmode=\"tel\""),
        FieldKind::Number => input("text", " inputmode=\"decimal\""),
        FieldKind::List(values) => {
            let mut out = input("text", &format!(" list=\"{name}-list\""));
            let _ = write!(out, "<datalist id=\"{name}-list\">");
            for value in values {
                let _ = write!(out, "<option value=\"{}\">", escape(value));
            }
            out.push_str("</datalist>");
            out
        }
        FieldKind::Choice(choices) => {
            let class = if choices.len() == 2 { " class=\"pair\"" } else { "" };
            let mut out = format!("<fieldset{described}><legend>{label}</legend>{hint}<div{class}>");
            for (at, choice) in choices.iter().enumerate() {
                // The first one answers to the name of the question.
                let more = if at == 0 { format!(" id=\"{name}\"{focus}") } else { String::new() };
                out.push_str(&radio(name, choice, &field.value, &more));
            }
            let _ = write!(out, "</div>{error}</fieldset>");
            out
        }
    }
}

fn radio(name: &str, choice: &Choice, chosen: &str, more: &str) -> String {
    let checked = if choice.value == chosen { " checked" } else { "" };
    format!(
        "<label class=\"choice\"><input type=\"radio\" name=\"{name}\" value=\"{}\"{checked}{more}>{}</label>",
        escape(choice.value),
        text(&choice.label)
    )
}

pub fn error_of(name: &str, error: &str) -> String {
    format!("<p class=\"error\" id=\"{name}-error\">{}</p>", text(error))
}
