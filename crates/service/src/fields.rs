//! Checks on what people type about themselves: each refusal says what is refused, what is expected and how to fix it,
//! and all refusals of one form come together.

use contract::Code;
use domain::{Text, fold};

use crate::error::FieldError;
use crate::{Error, Result, email};

const SHORTEST_PASSWORD: usize = 12;
const LONGEST_PASSWORD: usize = 256;

/// Words that guessing programs try first, folded; digits and signs around them do not make them better.
const COMMON: &[&str] = &[
    "abcdefghijkl",
    "abcdefghijklm",
    "administrateur",
    "administrator",
    "azertyqwerty",
    "azertyuiop",
    "azertyuiopqs",
    "azertyuiopqsdfghjklm",
    "bienvenue",
    "bonjour",
    "cabinet",
    "cabinetcomptable",
    "cabready",
    "changeme",
    "changezmoi",
    "chocolat",
    "comptabilite",
    "comptable",
    "doudou",
    "expertcomptable",
    "footballclub",
    "iloveyou",
    "jetaime",
    "letmein",
    "loulou",
    "marseille",
    "mdp",
    "monmotdepasse",
    "motdepasse",
    "motdepassefort",
    "nepasoublier",
    "password",
    "passwordpassword",
    "princesse",
    "qwertyuiop",
    "qwertyuiopas",
    "qwertyuiopasdfghjklzxcvbnm",
    "secret",
    "soleil",
    "superman",
    "temporaire",
    "welcome",
];

/// Collects the refusals of one form.
#[derive(Debug, Default)]
pub struct Check(Vec<FieldError>);

impl Check {
    pub fn refuse(
        &mut self,
        pointer: impl Into<String>,
        code: &'static str,
        fr: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.0.push(FieldError { pointer: pointer.into(), code, message: Text::new(fr, en) });
    }

    /// A line of text that people read: trimmed, without control characters, not empty, not longer than `most`.
    pub fn line(&mut self, pointer: &str, value: &str, most: usize) -> String {
        let value = value.trim();
        let length = value.chars().count();
        if value.is_empty() {
            self.refuse(
                pointer,
                "required",
                format!("Vide : écrivez de 1 à {most} caractères."),
                format!("Empty: write 1 to {most} characters."),
            );
        } else if length > most {
            self.refuse(
                pointer,
                "too_long",
                format!("« {}… » compte {length} caractères : {most} au plus, raccourcissez.", start(value)),
                format!("“{}…” has {length} characters: {most} at most, shorten it.", start(value)),
            );
        } else if value.chars().any(char::is_control) {
            self.refuse(
                pointer,
                "control_character",
                "Contient un caractère invisible (retour à la ligne ou tabulation) : une seule ligne de texte est attendue.",
                "Contains an invisible character (line break or tab): one line of text is expected.",
            );
        } else if !value.chars().any(char::is_alphanumeric) {
            self.refuse(
                pointer,
                "no_letter",
                format!("« {value} » ne contient ni lettre ni chiffre : écrivez un nom qui se lit."),
                format!("“{value}” has neither letter nor digit: write a name that can be read."),
            );
        }
        value.to_owned()
    }

    /// An e-mail in the one spelling under which it is kept: trimmed, lower case.
    pub fn email(&mut self, pointer: &str, value: &str) -> String {
        let value = normal_email(value);
        if !email::is_plausible(&value) {
            self.refuse(
                pointer,
                "email_form",
                format!("« {} » n’est pas un e-mail : la forme attendue est nom@domaine.fr.", start(&value)),
                format!("“{}” is not an e-mail address: the expected form is name@domain.fr.", start(&value)),
            );
        }
        value
    }

    /// A new password. `known` are words that belong to the person: e-mail, name, cabinet.
    pub fn password(&mut self, pointer: &str, value: &str, known: &[&str]) {
        // The refused value is not repeated: it may stand on a shared screen or in a log of the caller.
        let length = value.chars().count();
        if length < SHORTEST_PASSWORD {
            self.refuse(
                pointer,
                "password_short",
                format!("{length} caractères : il en faut au moins {SHORTEST_PASSWORD}. Quelques mots sans rapport entre eux conviennent bien."),
                format!("{length} characters: at least {SHORTEST_PASSWORD} are needed. A few unrelated words do well."),
            );
        } else if length > LONGEST_PASSWORD {
            self.refuse(
                pointer,
                "password_long",
                format!("{length} caractères : {LONGEST_PASSWORD} au plus."),
                format!("{length} characters: {LONGEST_PASSWORD} at most."),
            );
        } else if is_known(value, known) {
            self.refuse(
                pointer,
                "password_known",
                "C’est votre e-mail, votre nom ou celui du cabinet : choisissez des mots que l’on ne peut pas deviner en vous connaissant.",
                "This is your e-mail, your name or that of the firm: choose words that cannot be guessed by knowing you.",
            );
        } else if is_trivial(value) {
            self.refuse(
                pointer,
                "password_trivial",
                "Une répétition ou une suite (aaaa…, 123456…, azerty…) : choisissez quelques mots sans rapport entre eux.",
                "A repetition or a sequence (aaaa…, 123456…, qwerty…): choose a few unrelated words.",
            );
        } else if is_common(value) {
            self.refuse(
                pointer,
                "password_common",
                "Ce mot de passe est parmi les premiers que l’on essaie : choisissez quelques mots sans rapport entre eux.",
                "This password is among the first that are tried: choose a few unrelated words.",
            );
        }
    }

    /// Names under which imported lists know a person: trimmed, each once, twenty at most.
    pub fn aliases(&mut self, pointer: &str, values: &[String]) -> Vec<String> {
        const MOST: usize = 20;
        if values.len() > MOST {
            self.refuse(
                pointer,
                "too_many",
                format!("{} noms : {MOST} au plus par personne.", values.len()),
                format!("{} names: {MOST} at most for a person.", values.len()),
            );
            return Vec::new();
        }
        let mut kept: Vec<String> = Vec::with_capacity(values.len());
        for (n, value) in values.iter().enumerate() {
            let value = self.line(&format!("{pointer}/{n}"), value, 120);
            if !kept.iter().any(|k| fold(k) == fold(&value)) {
                kept.push(value);
            }
        }
        kept
    }

    pub fn done(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Error { fields: self.0, ..Error::new(Code::Invalid) })
    }
}

/// The one spelling under which an e-mail is kept and looked up.
pub fn normal_email(value: &str) -> String {
    value.trim().to_lowercase()
}

/// The start of a value, short enough for a sentence.
fn start(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Letters and digits alone, folded.
fn plain(value: &str) -> String {
    fold(value).replace(' ', "")
}

fn is_known(value: &str, known: &[&str]) -> bool {
    let value = plain(value);
    let bare = value.trim_matches(|c: char| c.is_ascii_digit());
    known
        .iter()
        .flat_map(|word| [plain(word), plain(word.split('@').next().unwrap_or(word))])
        .any(|word| !word.is_empty() && (value == word || bare == word || value == format!("{word}{word}")))
}

fn is_trivial(value: &str) -> bool {
    let chars: Vec<char> = value.to_lowercase().chars().collect();
    // The same few characters over and over.
    if (1..=4).any(|period| chars.iter().zip(chars.iter().skip(period)).all(|(a, b)| a == b)) {
        return true;
    }
    let mut distinct = chars.clone();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 4 {
        return true;
    }
    // A run through the alphabet, the digits or the keys, up or down, perhaps round again.
    let step = |by: i64| {
        chars.windows(2).all(|w| {
            let (a, b) = (i64::from(u32::from(w[0])), i64::from(u32::from(w[1])));
            b - a == by || (w[0].is_ascii_digit() && w[1].is_ascii_digit() && (b - a).abs() == 9)
        })
    };
    if step(1) || step(-1) {
        return true;
    }
    const ROWS: [&str; 3] = ["azertyuiopqsdfghjklmwxcvbn", "qwertyuiopasdfghjklzxcvbnm", "1234567890"];
    let text: String = chars.iter().collect();
    ROWS.iter().any(|row| row.repeat(2).contains(&text) || row.chars().rev().collect::<String>().contains(&text))
}

fn is_common(value: &str) -> bool {
    let value = plain(value);
    let bare = value.trim_matches(|c: char| c.is_ascii_digit());
    COMMON.binary_search(&bare).is_ok() || COMMON.binary_search(&value.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(password: &str) -> Option<&'static str> {
        let mut check = Check::default();
        check.password(
            "/password",
            password,
            &["claire.martin@exemple.fr", "Claire Martin", "Cabinet Martin & Associés"],
        );
        check.done().err().map(|e| e.fields[0].code)
    }

    #[test]
    fn passwords() {
        assert!(COMMON.is_sorted());
        for good in
            ["quatre mots faciles à retenir", "cinq autres mots bien à moi", "xK9-vv2-Qq81z", "password manager choisi"]
        {
            assert_eq!(refusal(good), None, "{good}");
        }
        for (bad, code) in [
            ("", "password_short"),
            ("onze-carac.", "password_short"),
            ("éééééééééé1", "password_short"),
            (&"x y".repeat(100), "password_long"),
            ("Claire.Martin@exemple.fr", "password_known"),
            ("claire martin", "password_known"),
            ("clairemartin2026", "password_known"),
            ("Cabinet Martin Associes", "password_known"),
            ("aaaaaaaaaaaaaa", "password_trivial"),
            ("abababababab", "password_trivial"),
            ("aab bba aab bba", "password_trivial"),
            ("123456789012", "password_trivial"),
            ("098765432109", "password_trivial"),
            ("abcdefghijklmn", "password_trivial"),
            ("azertyuiopqsdf", "password_trivial"),
            ("Mot de passe 2026 !", "password_common"),
            ("Password2026!", "password_common"),
            ("Expert-Comptable", "password_common"),
        ] {
            assert_eq!(refusal(bad), Some(code), "{bad}");
        }
    }

    #[test]
    fn every_refusal_of_a_form_comes_at_once_and_shows_no_password() {
        let mut check = Check::default();
        check.line("/name", "  ", 120);
        check.email("/email", "claire.martin");
        check.password("/password", "court", &[]);
        let error = check.done().unwrap_err();
        assert_eq!(
            error.fields.iter().map(|f| f.pointer.as_str()).collect::<Vec<_>>(),
            ["/name", "/email", "/password"]
        );
        assert!(error.fields[1].message.fr.contains("claire.martin"));
        assert!(!format!("{error:?}").contains("court\""));
    }

    #[test]
    fn names_are_one_line_and_aliases_each_once() {
        let mut check = Check::default();
        assert_eq!(check.line("/name", " Karim Benali ", 120), "Karim Benali");
        check.line("/name", "a\nb", 120);
        check.line("/name", "///", 120);
        check.line("/name", &"é".repeat(121), 120);
        let codes: Vec<_> = check.done().unwrap_err().fields.iter().map(|f| f.code).collect();
        assert_eq!(codes, ["control_character", "no_letter", "too_long"]);
        let mut check = Check::default();
        let aliases = ["Karim B.".to_owned(), "KARIM  B".to_owned(), "collab-06".to_owned()];
        assert_eq!(check.aliases("/aliases", &aliases), ["Karim B.", "collab-06"]);
        check.done().unwrap();
    }
}
