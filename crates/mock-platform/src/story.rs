//! What happens on the platform while a person watches: invoices are deposited, checked, and live through their statuses.

use chrono::{DateTime, Duration, Utc};

use crate::documents::{Company, Invoice, Status};
use crate::{Deposit, Mock, documents};

/// Statuses of a life, with code, label and reason. Lives follow each other in turn.
type Life = &'static [(&'static str, &'static str, Option<(&'static str, &'static str)>)];

const LIVES: &[Life] = &[
    &[
        ("200", "Déposée", None),
        ("201", "Émise par la plateforme", None),
        ("202", "Reçue par la plateforme", None),
        ("203", "Mise à disposition", None),
        ("204", "Prise en charge", None),
        ("205", "Approuvée", None),
        ("211", "Paiement transmis", None),
        ("212", "Encaissée", None),
    ],
    &[("213", "Rejetée", Some(("DEST_INC", "Destinataire inconnu")))],
    &[
        ("200", "Déposée", None),
        ("202", "Reçue par la plateforme", None),
        ("203", "Mise à disposition", None),
        ("207", "En litige", Some(("QTE_ERR", "Quantité facturée incorrecte"))),
        ("205", "Approuvée", None),
    ],
    &[
        ("200", "Déposée", None),
        ("202", "Reçue par la plateforme", None),
        ("203", "Mise à disposition", None),
        ("210", "Refusée", Some(("TX_TVA_ERR", "Taux de TVA erroné"))),
    ],
    &[
        ("200", "Déposée", None),
        ("202", "Reçue par la plateforme", None),
        ("203", "Mise à disposition", None),
        ("208", "Suspendue", Some(("JUSTIF_ABS", "Justificatif absent ou insuffisant"))),
        ("209", "Complétée", None),
    ],
    &[("200", "Déposée", Some(("NON_TRANSMISE", "Aucune plateforme active")))],
    &[("200", "Déposée", None), ("221", "Erreur de routage", Some(("ROUTAGE_ERR", "Erreur de routage")))],
];

const OTHERS: &[(&str, &str)] = &[
    ("552100554", "Meubles du Canal SA"),
    ("542065479", "Ateliers Verdier SAS"),
    ("433455805", "Papeterie des Halles SARL"),
];

struct Alive {
    invoice: Invoice,
    sale: bool,
    life: Life,
    next: usize,
    /// Its technical check has not ended.
    pending: Option<String>,
}

/// The platform's days, of which [`Story::step`] is the next event.
pub struct Story {
    clients: Vec<Company>,
    alive: Vec<Alive>,
    made: usize,
    turn: usize,
}

impl std::fmt::Debug for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Story").field("made", &self.made).finish_non_exhaustive()
    }
}

impl Story {
    pub fn new(clients: Vec<Company>) -> Self {
        Self { clients, alive: Vec::new(), made: 0, turn: 0 }
    }

    /// The next event; what happened, in words.
    pub fn step(&mut self, mock: &Mock, now: DateTime<Utc>) -> String {
        self.turn += 1;
        if self.alive.len() < 3 || self.turn.is_multiple_of(4) {
            return self.deposit(mock, now);
        }
        let place = self.turn % self.alive.len();
        let one = &mut self.alive[place];
        let number = one.invoice.number.clone();
        if let Some(id) = one.pending.take() {
            // Each tenth deposit is no file that the platform can take.
            if self.made.is_multiple_of(10) {
                let why = "Invalid XML schema".to_owned();
                mock.acknowledge(&id, "Error", vec![("Error", "InvalidSchema".to_owned(), why)]);
                self.alive.remove(place);
                return format!("{number}: acknowledgement Error");
            }
            mock.acknowledge(&id, "Ok", Vec::new());
            return format!("{number}: acknowledgement Ok");
        }
        let (code, label, reason) = one.life[one.next];
        let mut status = Status::new(code, label, now);
        if let Some((code, label)) = reason {
            status = status.because(code, label);
        }
        if code == "212" {
            status.collected_cents = Some(one.invoice.net_cents * 6 / 5);
        }
        if matches!(code, "208" | "210") {
            status.note = Some("Merci de reprendre ce point.".to_owned());
        }
        let kind = if one.sale { "CustomerInvoiceLC" } else { "SupplierInvoiceLC" };
        mock.put_status(kind, &status, &[&one.invoice], now);
        one.next += 1;
        if one.next == one.life.len() {
            self.alive.remove(place);
        }
        format!("{number}: {code} {label}")
    }

    fn deposit(&mut self, mock: &Mock, now: DateTime<Utc>) -> String {
        self.made += 1;
        let client = self.clients[self.made % self.clients.len()].clone();
        let (siren, name) = OTHERS[self.made % OTHERS.len()];
        let other = Company::new(siren, name);
        let sale = !self.made.is_multiple_of(3);
        let (seller, buyer) = if sale { (client, other) } else { (other, client) };
        let today = now.date_naive();
        let invoice = Invoice {
            // Another one after each start, as the platform's past is not kept.
            number: format!("{}-{}-{:04}", if sale { "FV" } else { "FA" }, now.format("%y%m%d%H"), self.made),
            issued_on: today,
            due_on: today + Duration::days(30),
            seller,
            buyer,
            net_cents: 45_000 + 12_345 * (self.made as i64 % 17),
            credit_note: false,
        };
        let kind = if sale { "CustomerInvoice" } else { "SupplierInvoice" };
        let mut deposit =
            Deposit::new(&format!("{}.xml", invoice.number), "UBL", kind, documents::ubl(&invoice)).at(now);
        deposit.acknowledgement = "Pending".to_owned();
        deposit.direction = if sale { "Out" } else { "In" };
        let number = invoice.number.clone();
        let life = LIVES[self.made % LIVES.len()];
        self.alive.push(Alive { invoice, sale, life, next: 0, pending: Some(mock.put(deposit)) });
        format!("{number}: deposited")
    }
}
