//! Words that platforms write in their cells.

use domain::flow::{FlowDirection, FlowKind};
use domain::reference;
use domain::text::fold;

/// Sale or purchase, seen from the client.
pub fn direction(text: &str) -> Option<FlowDirection> {
    Some(match fold(text).as_str() {
        "vente" | "ventes" | "v" | "vte" | "sale" | "sales" | "out" | "outbound" | "outgoing" | "sortant"
        | "sortante" | "emise" | "emis" | "emission" | "emitted" | "issued" | "sent" | "envoyee" | "client"
        | "clients" | "customer" | "customer invoice" | "customerinvoice" | "facture client" | "facture emise"
        | "ar" | "receivable" | "seller" | "vendeur" => FlowDirection::Sale,
        "achat"
        | "achats"
        | "a"
        | "ach"
        | "purchase"
        | "purchases"
        | "in"
        | "inbound"
        | "incoming"
        | "entrant"
        | "entrante"
        | "recue"
        | "recu"
        | "reception"
        | "received"
        | "fournisseur"
        | "fournisseurs"
        | "supplier"
        | "supplier invoice"
        | "supplierinvoice"
        | "facture fournisseur"
        | "facture recue"
        | "ap"
        | "payable"
        | "buyer"
        | "acheteur" => FlowDirection::Purchase,
        _ => return None,
    })
}

/// Invoice, credit note (UNTDID 1001 too) or e-reporting transmission.
pub fn kind(text: &str) -> Option<FlowKind> {
    Some(match fold(text).as_str() {
        "facture"
        | "factures"
        | "fac"
        | "fa"
        | "invoice"
        | "invoices"
        | "inv"
        | "f"
        | "facture standard"
        | "acompte"
        | "facture d acompte"
        | "facture rectificative"
        | "autofacture"
        | "autofacturation"
        | "380"
        | "383"
        | "384"
        | "386"
        | "389"
        | "393"
        | "394"
        | "500"
        | "501" => FlowKind::Invoice,
        "avoir" | "avoirs" | "av" | "note de credit" | "credit note" | "creditnote" | "credit" | "cn" | "261"
        | "381" | "396" | "502" | "503" => FlowKind::CreditNote,
        "transmission" | "e reporting" | "ereporting" | "e report" | "flux 10" | "f10" | "10 1" | "10 2" | "10 3"
        | "10 4" | "declaration" | "transaction report" | "payment report" => FlowKind::Transmission,
        _ => return None,
    })
}

/// The code with which a status begins, when it does: `205`, `205 - Approuvée`, `205_APPROUVEE`. Whether a table knows it
/// is not asked: a new code is kept as what it is.
pub fn status_code(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let alone = text[digits..].chars().next().is_none_or(|c| !c.is_alphanumeric() && !matches!(c, ',' | '.'));
    if digits != 3 || !alone {
        return None;
    }
    text[..3].parse().ok()
}

/// Whether a text reads as a status: a code that the table knows, or an official label.
pub(super) fn is_status(text: &str) -> bool {
    let rows = &reference::statuses().rows;
    if let Some(code) = status_code(text) {
        return rows.iter().any(|r| r.code == code);
    }
    let folded = fold(text);
    rows.iter().any(|r| fold(&r.label.fr) == folded || fold(&r.label.en) == folded)
}

/// Whether a text is a reason that the table knows.
pub(super) fn is_reason(text: &str) -> bool {
    reference::reasons().rows.iter().any(|r| r.code == text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_at_the_beginning_or_not_at_all() {
        for (text, code) in [
            ("205", Some(205)),
            (" 229 ", Some(229)),
            ("205 - Approuvée", Some(205)),
            ("213:REJETEE", Some(213)),
            ("2050", None),
            ("205,00", None),
            ("205A", None),
            ("Approuvée", None),
            ("", None),
        ] {
            assert_eq!(status_code(text), code, "{text}");
        }
    }

    #[test]
    fn words_of_platforms() {
        assert_eq!(direction("Vente"), Some(FlowDirection::Sale));
        assert_eq!(direction("IN"), Some(FlowDirection::Purchase));
        assert_eq!(direction("?"), None);
        assert_eq!(kind("Avoir"), Some(FlowKind::CreditNote));
        assert_eq!(kind("380"), Some(FlowKind::Invoice));
        assert_eq!(kind("Devis"), None);
        assert!(
            is_status("Mise à disposition") && is_status("205") && !is_status("Traitement PA") && !is_status("999")
        );
        assert!(is_reason("DOUBLON") && !is_reason("doublon"));
    }
}
