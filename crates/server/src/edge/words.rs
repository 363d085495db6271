//! Sentences of the edge: what serde found, in both languages, and why an act is not permitted.

use contract::Code;
use domain::{Permission, Role, Text};
use service::Error;
use store::Scope;

/// The field that serde misses.
pub fn missing(error: &str) -> Option<&str> {
    error.strip_prefix("missing field `")?.split('`').next()
}

/// A code and the sentence for what serde says.
pub fn of(error: &str) -> (&'static str, Text) {
    let error = error.rsplit_once(" at line ").map_or(error, |(said, _)| said);
    if let Some(name) = missing(error) {
        return (
            "missing",
            Text::new(format!("Le champ « {name} » est obligatoire."), format!("The field « {name} » is required.")),
        );
    }
    if let Some(rest) = error.strip_prefix("unknown variant `")
        && let Some((value, expected)) = rest.split_once("`, expected ")
    {
        let list = expected.trim_start_matches("one of ").replace('`', "").replace(" or ", ", ");
        return (
            "unknown_value",
            Text::new(
                format!("« {} » n’est pas accepté ; valeurs acceptées : {list}.", cut(value)),
                format!("« {} » is not accepted; accepted values: {list}.", cut(value)),
            ),
        );
    }
    if let Some((value, list)) = error.split_once(" is not one of: ") {
        return (
            "unknown_value",
            Text::new(
                format!("{} n’est pas accepté ; valeurs acceptées : {list}.", cut(value)),
                format!("{} is not accepted; accepted values: {list}.", cut(value)),
            ),
        );
    }
    for (kind, code) in [("invalid type: ", "type"), ("invalid value: ", "value"), ("invalid length ", "length")] {
        if let Some((found, expected)) = error.strip_prefix(kind).and_then(|rest| rest.split_once(", expected ")) {
            let (found, expected) = (cut(found), cut(expected));
            return (
                code,
                Text::new(
                    format!("{} reçu, {} attendu.", french(&found), french(&expected)),
                    format!("{found} received, {expected} expected."),
                ),
            );
        }
    }
    if let Some(name) = error.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next()) {
        return (
            "repeated",
            Text::new(
                format!("Le champ « {name} » est donné deux fois."),
                format!("The field « {name} » is given twice."),
            ),
        );
    }
    let said = cut(error);
    ("form", Text::new(format!("Valeur illisible ({said})."), format!("Unreadable value ({said}).")))
}

/// What serde calls a kind of value, in French. The value itself stands after it, unchanged.
fn french(kind: &str) -> String {
    for (en, fr) in [
        ("string ", "le texte "),
        ("integer ", "le nombre "),
        ("floating point ", "le nombre "),
        ("boolean ", "le booléen "),
    ] {
        if let Some(value) = kind.strip_prefix(en) {
            return format!("{fr}{value}");
        }
    }
    match kind {
        "null" | "unit" | "unit value" => "null".to_owned(),
        "map" | "a map" => "un objet".to_owned(),
        "sequence" | "a sequence" => "une liste".to_owned(),
        "a string" | "string" => "un texte".to_owned(),
        "a boolean" => "true ou false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "un entier positif".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "un entier".to_owned(),
        "f32" | "f64" => "un nombre".to_owned(),
        other if other.starts_with("struct ") => "un objet".to_owned(),
        other => other.to_owned(),
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= 160 {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(160).collect();
    short.push('…');
    short
}

fn role(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Partner => ("associé", "partner"),
        Role::Manager => ("responsable", "manager"),
        Role::Staff => ("collaborateur", "staff"),
        Role::Viewer => ("lecteur", "viewer"),
    }
}

fn act(permission: Permission) -> (&'static str, &'static str) {
    match permission {
        Permission::SignedIn => ("d’agir dans ce cabinet", "acting in this firm"),
        Permission::DossierRead => ("de lire les dossiers", "reading dossiers"),
        Permission::DossierWrite => ("de modifier les dossiers", "changing dossiers"),
        Permission::DossierManage => {
            ("de créer, supprimer ou confier des dossiers", "creating, deleting and handing over dossiers")
        }
        Permission::ImportRun => ("d’importer des listes de clients", "importing client lists"),
        Permission::PortfolioManage => ("de gérer les portefeuilles", "managing portfolios"),
        Permission::PeopleManage => ("de gérer les personnes", "managing people"),
        Permission::CabinetManage => ("de modifier le cabinet", "changing the firm"),
        Permission::JournalRead => ("de lire le journal", "reading the journal"),
    }
}

/// Why an act is not permitted, and who can change that.
pub fn forbidden(scope: &Scope, permission: Permission) -> Error {
    let (act_fr, act_en) = act(permission);
    if scope.role().allows(permission) {
        return Error::say(
            Code::Forbidden,
            format!(
                "Votre accès est limité à des portefeuilles et ne permet pas {act_fr} : cela touche tout le cabinet. Un associé peut l’étendre."
            ),
            format!(
                "Your access is limited to portfolios and does not permit {act_en}, which bears on the whole firm. A partner can widen it."
            ),
        );
    }
    let (role_fr, role_en) = role(scope.role());
    let who: Vec<Role> = Role::ALL.iter().copied().filter(|r| r.allows(permission)).collect();
    let list = |pick: fn((&'static str, &'static str)) -> &'static str| {
        who.iter().map(|r| pick(role(*r))).collect::<Vec<_>>().join(", ")
    };
    Error::say(
        Code::Forbidden,
        format!("Votre rôle ({role_fr}) ne permet pas {act_fr}. Rôles qui le permettent : {}.", list(|w| w.0)),
        format!("Your role ({role_en}) does not permit {act_en}. Roles that do: {}.", list(|w| w.1)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_says_becomes_a_sentence() {
        for (said, code, fr, en) in [
            ("missing field `name` at line 1 column 2", "missing", "« name » est obligatoire", "« name » is required"),
            (
                "unknown variant `boss`, expected one of `partner`, `staff`",
                "unknown_value",
                "« boss » n’est pas accepté ; valeurs acceptées : partner, staff.",
                "« boss » is not accepted",
            ),
            (
                "invalid type: string \"x\", expected u32",
                "type",
                "le texte \"x\" reçu, un entier positif attendu.",
                "string \"x\" received, u32 expected.",
            ),
            ("« a » is not one of: b, c", "unknown_value", "« a » n’est pas accepté", "« a » is not accepted"),
            ("something else", "form", "something else", "something else"),
        ] {
            let (found, text) = of(said);
            assert_eq!(found, code, "{said}");
            assert!(text.fr.contains(fr) && text.en.contains(en), "{said}: {text:?}");
        }
    }
}
