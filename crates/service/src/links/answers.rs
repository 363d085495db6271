//! Questions as a form has them, and what is typed there as facts. Read as a client list is read, so that a number or a
//! SIRET may be written in every usual way.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use contract::DossierChange;
use domain::reference::{self, PlatformRegister, PlatformState};
use domain::{Activity, Contact, DossierFacts, Lang, Question, VatRegime};
use intake::Cell;
use intake::value::{self, CellError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::dossiers::{changed, tidy};
use crate::{Error, Result};

/// What is asked on one screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Asked(Question),
    /// The client says that the identity on a document is wrong.
    Correction,
}

#[derive(Debug, Clone)]
pub enum FieldKind {
    Text,
    Email,
    Phone,
    /// A whole number or an amount.
    Number,
    /// A text with proposals.
    List(Vec<String>),
    Choice(Vec<Choice>),
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub value: &'static str,
    pub label: String,
}

/// A field of a form.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: &'static str,
    pub label: &'static str,
    pub hint: Option<&'static str>,
    /// Token of the browser's own filling in.
    pub autocomplete: Option<&'static str>,
    pub kind: FieldKind,
    /// What stands in it: typed a moment ago, answered before, known, in this order.
    pub value: String,
    /// Why what was typed is refused.
    pub error: Option<String>,
}

/// A refused field: its name, and the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub field: Cow<'static, str>,
    pub message: String,
}

/// What was typed, by the name of its field.
pub type Typed = BTreeMap<String, String>;

/// Fields of a change, nothing when the client says that nothing is known; or what is refused.
pub(super) type Read = std::result::Result<Option<Map<String, Value>>, Vec<Refused>>;

const UNKNOWN: &str = "unknown";

fn yes_no() -> FieldKind {
    FieldKind::Choice(vec![
        Choice { value: "yes", label: "Oui".to_owned() },
        Choice { value: "no", label: "Non".to_owned() },
    ])
}

impl Form {
    pub fn title(self) -> String {
        match self {
            Self::Asked(question) => question.text().fr,
            Self::Correction => "Corriger les informations".to_owned(),
        }
    }

    /// What it is asked for.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Correction => {
                "Le cabinet vérifie votre correction, puis met le document à jour. Ne changez que ce qui est faux."
            }
            Self::Asked(question) => match question {
                Question::Identity => {
                    "Vos factures électroniques doivent porter ces mentions exactes. Le nom commercial est facultatif."
                }
                Question::Contact => "Pour vous prévenir quand une démarche vous attend.",
                Question::Customers => {
                    "De vos clients dépend ce qui doit être facturé électroniquement et ce qui doit être déclaré."
                }
                Question::Volume => "Pour vous proposer une solution à votre mesure.",
                Question::Tool => {
                    "Certains outils sont déjà reliés à une plateforme. Écrivez « Word », « Excel » ou « papier » si c’est le cas."
                }
                Question::Platform => {
                    "Une plateforme agréée reçoit vos factures. Si rien n’est choisi, le cabinet vous conseille."
                }
                Question::VatRegime => "Votre régime décide du rythme de vos déclarations.",
                Question::Size => {
                    "La taille de l’entreprise décide de la date à laquelle vous devez émettre des factures électroniques. Un seul chiffre connu aide déjà."
                }
            },
        }
    }

    /// The fields, filled with what is known or answered already.
    pub fn fields(self, facts: &DossierFacts, today: NaiveDate, register: &PlatformRegister) -> Vec<Field> {
        let field = |name, label, kind, value: Option<String>| Field {
            name,
            label,
            hint: None,
            autocomplete: None,
            kind,
            value: value.unwrap_or_default(),
            error: None,
        };
        let text = |name, label, value: &Option<String>| field(name, label, FieldKind::Text, value.clone());
        let siret = || {
            let value = facts.sirets.first().map(ToString::to_string);
            Field {
                hint: Some("14 chiffres, celui de votre siège"),
                ..field("siret", "SIRET", FieldKind::Number, value)
            }
        };
        let question = match self {
            Self::Correction => {
                return vec![
                    field("name", "Raison sociale", FieldKind::Text, Some(facts.name.clone())),
                    text("legal_form", "Forme juridique", &facts.legal_form),
                    siret(),
                    Field { autocomplete: Some("street-address"), ..text("address", "Adresse", &facts.address) },
                    Field {
                        autocomplete: Some("postal-code"),
                        ..text("postal_code", "Code postal", &facts.postal_code)
                    },
                    Field { autocomplete: Some("address-level2"), ..text("city", "Ville", &facts.city) },
                ];
            }
            Self::Asked(question) => question,
        };
        let money = |cents: Option<i64>| cents.map(|c| (c / 100).to_string());
        let word = |answer: Option<bool>| answer.map(|yes| if yes { "yes" } else { "no" }.to_owned());
        let a = &facts.activity;
        match question {
            Question::Identity => vec![
                Field {
                    hint: Some("SARL, SAS, entreprise individuelle…"),
                    ..text("legal_form", "Forme juridique", &facts.legal_form)
                },
                siret(),
                Field { hint: Some("Facultatif"), ..text("trade_name", "Nom commercial", &facts.trade_name) },
            ],
            Question::Contact => {
                let contact = asked_contact(facts).map(|at| facts.contacts[at].clone()).unwrap_or_default();
                vec![
                    Field { autocomplete: Some("name"), ..text("contact_name", "Nom et prénom", &contact.name) },
                    Field { autocomplete: Some("email"), ..field("email", "E-mail", FieldKind::Email, contact.email) },
                    Field {
                        autocomplete: Some("tel"), ..field("phone", "Téléphone", FieldKind::Phone, contact.phone)
                    },
                ]
            }
            Question::Customers => vec![
                field("b2b", "Vendez-vous à des entreprises en France ?", yes_no(), word(a.b2b)),
                field("b2c", "Vendez-vous à des particuliers ?", yes_no(), word(a.b2c)),
                field("b2g", "Vendez-vous à des collectivités ou à l’État ?", yes_no(), word(a.b2g)),
                field("sells_abroad", "Vendez-vous à l’étranger ?", yes_no(), word(a.sells_abroad())),
                field("buys_abroad", "Achetez-vous à l’étranger ?", yes_no(), word(a.buys_abroad())),
            ],
            Question::Volume => vec![Field {
                hint: Some("Une estimation suffit"),
                ..field(
                    "invoices_per_month",
                    "Factures émises par mois",
                    FieldKind::Number,
                    facts.invoices_per_month.map(|n| n.to_string()),
                )
            }],
            Question::Tool => vec![text("tool", "Avec quel outil faites-vous vos factures ?", &facts.tool)],
            Question::Platform => {
                let registered = register.rows.iter().filter(|p| p.state == PlatformState::Registered);
                let names = registered.map(|p| p.name.clone()).collect();
                vec![
                    Field {
                        hint: Some("Laissez vide si rien n’est choisi"),
                        ..field(
                            "platform",
                            "Nom de la plateforme",
                            FieldKind::List(names),
                            facts.reception_platform.clone(),
                        )
                    },
                    field(
                        "undecided",
                        "Ou bien",
                        FieldKind::Choice(vec![Choice {
                            value: UNKNOWN,
                            label: "Rien n’est choisi, ou je ne sais pas".to_owned(),
                        }]),
                        None,
                    ),
                ]
            }
            Question::VatRegime => {
                let mut choices: Vec<Choice> = VatRegime::ALL
                    .iter()
                    .map(|regime| Choice { value: regime.as_str(), label: reference::regime(*regime).label.fr.clone() })
                    .collect();
                choices.push(Choice { value: UNKNOWN, label: "Je ne sais pas".to_owned() });
                let known = facts.vat_regime_on(today).map(|r| r.to_string());
                vec![field("vat_regime", "Quel est votre régime de TVA ?", FieldKind::Choice(choices), known)]
            }
            Question::Size => vec![
                Field {
                    hint: Some("Moyenne de l’année, dirigeants non salariés exclus"),
                    ..field("headcount", "Effectif", FieldKind::Number, facts.headcount.map(|n| n.to_string()))
                },
                Field {
                    hint: Some("En euros, hors taxes"),
                    ..field("turnover", "Chiffre d’affaires annuel", FieldKind::Number, money(facts.turnover_cents))
                },
                Field {
                    hint: Some("En euros ; il figure sur vos derniers comptes annuels"),
                    ..field("balance", "Total du bilan", FieldKind::Number, money(facts.balance_sheet_cents))
                },
            ],
        }
    }

    /// What was typed, as a change of the dossier; or each refused field with its words. Nothing when the client says
    /// that nothing is known.
    pub(super) fn read(
        self,
        typed: &Typed,
        facts: &DossierFacts,
        today: NaiveDate,
        register: &PlatformRegister,
    ) -> Result<Read> {
        let mut reading = Reading { typed, refused: Vec::new() };
        let fields = match self {
            Self::Correction => reading.correction(facts),
            Self::Asked(question) => reading.answer(question, facts),
        };
        if !reading.refused.is_empty() {
            return Ok(Err(reading.refused));
        }
        let Some(mut fields) = fields else { return Ok(Ok(None)) };
        // As it would be taken over: what the dossier refuses is told here, beside its field, and not to the firm later.
        let change = DossierChange { fields: fields.clone().into_iter().collect() };
        let taken = changed(facts, &change, today).and_then(|mut after| {
            tidy(&mut after, today, register)?;
            Ok(after)
        });
        match taken {
            Ok(after) => {
                // What stands there already is no answer, and the rest is kept as it would be written.
                let (before, said) = (facts.said(), after.said());
                fields.retain(|field, value| {
                    if field == "vat_regime" {
                        return facts.vat_regime_on(today).map(|r| json!(r)).as_ref() != Some(value);
                    }
                    let now = said.get(field).cloned().unwrap_or(Value::Null);
                    let differs = before.get(field).unwrap_or(&Value::Null) != &now;
                    *value = now;
                    differs
                });
                Ok(Ok(Some(fields)))
            }
            Err(error) if error.fields.is_empty() => Err(error),
            Err(error) => Ok(Err(beside(&error))),
        }
    }
}

/// The contact that is asked about: the first who is not known whole.
fn asked_contact(facts: &DossierFacts) -> Option<usize> {
    let reachable = facts.contacts.iter().position(|c| c.email.is_some());
    reachable.or(if facts.contacts.is_empty() { None } else { Some(0) })
}

/// Refusals of the dossier beside the fields of the form.
fn beside(error: &Error) -> Vec<Refused> {
    error
        .fields
        .iter()
        .map(|f| Refused {
            field: match f.pointer.trim_start_matches('/').split('/').next().unwrap_or_default() {
                "sirets" => "siret",
                "contacts" => "email",
                "reception_platform" => "platform",
                "turnover_cents" => "turnover",
                "balance_sheet_cents" => "balance",
                "legal_form" => "legal_form",
                "trade_name" => "trade_name",
                "tool" => "tool",
                "name" => "name",
                "address" => "address",
                "postal_code" => "postal_code",
                "city" => "city",
                _ => "",
            }
            .into(),
            message: f.message.get(Lang::Fr).to_owned(),
        })
        .collect()
}

struct Reading<'a> {
    typed: &'a Typed,
    refused: Vec<Refused>,
}

impl Reading<'_> {
    fn text(&self, field: &str) -> Option<String> {
        let text = self.typed.get(field)?;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(text)
    }

    fn refuse(&mut self, field: &'static str, message: impl Into<String>) {
        self.refused.push(Refused { field: field.into(), message: message.into() });
    }

    fn parsed<T>(&mut self, field: &'static str, read: impl FnOnce(&Cell) -> value::Read<T>) -> Option<T> {
        let text = self.text(field)?;
        match read(&Cell::Text(text)) {
            Ok(parsed) => parsed.map(|p| p.value),
            Err(error) => {
                self.refuse(field, words(&error));
                None
            }
        }
    }

    fn yes_no(&mut self, field: &'static str) -> Option<bool> {
        match self.typed.get(field).map(String::as_str) {
            Some("yes") => Some(true),
            Some("no") => Some(false),
            _ => None,
        }
    }

    fn siret(&mut self, facts: &DossierFacts) -> Option<Value> {
        let identity = self.parsed("siret", value::siret)?;
        let Some(siret) = identity.siret else {
            self.refuse("siret", "Le SIRET entier est attendu : 14 chiffres, dont les 9 premiers sont votre SIREN.");
            return None;
        };
        if siret.siren() != facts.siren {
            self.refuse(
                "siret",
                format!(
                    "« {siret} » n’est pas un établissement de votre SIREN {} : vérifiez les chiffres.",
                    facts.siren
                ),
            );
            return None;
        }
        let mut sirets = vec![siret];
        sirets.extend(facts.sirets.iter().skip(1).copied().filter(|s| *s != siret));
        Some(json!(sirets))
    }

    fn answer(&mut self, question: Question, facts: &DossierFacts) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        match question {
            Question::Identity => {
                let siret = self.siret(facts);
                fields.extend(siret.map(|s| ("sirets".to_owned(), s)));
                for field in ["legal_form", "trade_name"] {
                    fields.extend(self.text(field).map(|t| (field.to_owned(), json!(t))));
                }
            }
            Question::Contact => {
                let name = self.text("contact_name");
                let email = self.parsed("email", value::email);
                let phone = self.parsed("phone", value::phone);
                let contact = Contact { name, email, phone };
                if contact != Contact::default() {
                    let mut contacts = facts.contacts.clone();
                    match asked_contact(facts) {
                        Some(at) => contacts[at] = contact,
                        None => contacts.push(contact),
                    }
                    fields.insert("contacts".to_owned(), json!(contacts));
                }
            }
            Question::Customers => {
                let a = facts.activity;
                let told = Activity {
                    b2b: self.yes_no("b2b").or(a.b2b),
                    b2c: self.yes_no("b2c").or(a.b2c),
                    b2g: self.yes_no("b2g").or(a.b2g),
                    sells_abroad: self.yes_no("sells_abroad").or(a.sells_abroad),
                    buys_abroad: self.yes_no("buys_abroad").or(a.buys_abroad),
                    ..a
                };
                let abroad = [told.sells_abroad, told.buys_abroad];
                let international = match abroad {
                    [Some(sells), Some(buys)] => Some(sells || buys),
                    _ => told.international,
                };
                if told != a {
                    fields.insert("activity".to_owned(), json!(Activity { international, ..told }));
                }
            }
            Question::Volume => {
                let n = self.parsed("invoices_per_month", |cell| value::integer(cell, None));
                fields.extend(n.map(|n| ("invoices_per_month".to_owned(), json!(n))));
            }
            Question::Tool => {
                fields.extend(self.text("tool").map(|t| ("tool".to_owned(), json!(t))));
            }
            Question::Platform => {
                if let Some(name) = self.text("platform") {
                    fields.insert("reception_platform".to_owned(), json!(name));
                } else if self.typed.get("undecided").is_some_and(|v| v == UNKNOWN) {
                    return None;
                }
            }
            Question::VatRegime => match self.typed.get("vat_regime").map(String::as_str) {
                Some(UNKNOWN) => return None,
                Some(word) if !word.is_empty() => match VatRegime::try_from(word) {
                    Ok(regime) => {
                        fields.insert("vat_regime".to_owned(), json!(regime));
                    }
                    Err(_) => self.refuse("vat_regime", "Choisissez l’un des régimes de la liste."),
                },
                Some(_) | None => {}
            },
            Question::Size => {
                let headcount = self.parsed("headcount", |cell| value::integer(cell, None));
                let turnover = self.parsed("turnover", |cell| value::money(cell, None));
                let balance = self.parsed("balance", |cell| value::money(cell, None));
                fields.extend(headcount.map(|n| ("headcount".to_owned(), json!(n))));
                fields.extend(turnover.map(|n| ("turnover_cents".to_owned(), json!(n))));
                fields.extend(balance.map(|n| ("balance_sheet_cents".to_owned(), json!(n))));
            }
        }
        if fields.is_empty() && self.refused.is_empty() {
            self.refuse(first(question), "Rien n’est rempli : répondez, ou choisissez « Passer ».");
        }
        Some(fields)
    }

    fn correction(&mut self, facts: &DossierFacts) -> Option<Map<String, Value>> {
        let mut fields = Map::new();
        if self.text("siret").is_some() {
            let siret = self.siret(facts);
            fields.extend(siret.map(|s| ("sirets".to_owned(), s)));
        }
        for field in ["name", "legal_form", "address", "city"] {
            fields.extend(self.text(field).map(|t| (field.to_owned(), json!(t))));
        }
        let postal_code = self.parsed("postal_code", value::postal_code);
        fields.extend(postal_code.map(|p| ("postal_code".to_owned(), json!(p))));
        Some(fields)
    }
}

/// The first field of a question.
const fn first(question: Question) -> &'static str {
    match question {
        Question::Identity => "legal_form",
        Question::Contact => "contact_name",
        Question::Customers => "b2b",
        Question::Volume => "invoices_per_month",
        Question::Tool => "tool",
        Question::Platform => "platform",
        Question::VatRegime => "vat_regime",
        Question::Size => "headcount",
    }
}

/// A refused value in words for the client.
fn words(error: &CellError) -> String {
    format!("« {} » : {}. Attendu : {}.", error.value, within(&error.message.fr), error.expected.fr)
}

/// A sentence behind a colon: small at its first letter, unless that begins an abbreviation.
fn within(sentence: &str) -> String {
    let mut letters = sentence.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => sentence.to_owned(),
    }
}
