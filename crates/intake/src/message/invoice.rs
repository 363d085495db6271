//! Invoices in the two syntaxes of EN 16931: CII (also inside Factur-X) and UBL. Only what is followed is read: who, which
//! number, when, how much, to which account. Lines are counted and otherwise left.

use chrono::NaiveDate;
use domain::text::Text;

use super::tree::Node;
use super::{Party, day, hundredths, lacking};
use crate::refusal::Refusal;

domain::closed_enum! {
    /// How an invoice is written.
    pub enum Syntax { Cii = "cii", Ubl = "ubl" }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceMessage {
    pub syntax: Syntax,
    /// BT-24.
    pub profile: Option<String>,
    /// BT-23: the frame of the invoice (S1, B1, M1…).
    pub process: Option<String>,
    /// BT-1.
    pub number: String,
    /// BT-3: 380 invoice, 381 credit note… (UNTDID 1001)
    pub type_code: Option<String>,
    /// BT-2.
    pub issued_on: NaiveDate,
    /// BT-9.
    pub due_on: Option<NaiveDate>,
    /// BT-5.
    pub currency: String,
    pub seller: Party,
    pub buyer: Party,
    /// BT-109, BT-110, BT-112, BT-115, in hundredths of the currency.
    pub net: Option<i64>,
    pub vat: Option<i64>,
    pub gross: Option<i64>,
    pub payable: Option<i64>,
    pub vat_lines: Vec<VatLine>,
    /// BT-8: when VAT is due; 5 and 35 at invoicing, 29 at delivery, 432 and 72 at payment.
    pub vat_due: Option<String>,
    /// BT-25: invoices that it corrects or credits.
    pub preceding: Vec<String>,
    /// BT-84.
    pub accounts: Vec<String>,
    pub lines: usize,
}

impl InvoiceMessage {
    /// A credit note (UNTDID 1001: 261, 381, 396, 502, 503).
    pub fn is_credit_note(&self) -> bool {
        self.type_code.as_deref().is_some_and(|code| matches!(code, "261" | "381" | "396" | "502" | "503"))
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VatLine {
    /// S, Z, E, AE, K, G, O…
    pub category: String,
    /// Hundredths of a percent.
    pub rate: Option<i64>,
    pub base: Option<i64>,
    pub vat: Option<i64>,
}

/// Reads what stands down a path, and says where something unreadable stands.
struct Reading<'a> {
    root: &'a Node,
}

impl<'a> Reading<'a> {
    fn say(&self, path: &[&str]) -> Option<&'a str> {
        self.root.say(path)
    }

    fn own(&self, path: &[&str]) -> Option<String> {
        self.say(path).map(str::to_owned)
    }

    fn needed(&self, path: &[&str], fr: &str, en: &str) -> Result<&'a str, Refusal> {
        self.say(path).ok_or_else(|| lacking(&path.join("/"), None, Text::new(fr, en)))
    }

    fn date(&self, path: &[&str]) -> Result<Option<NaiveDate>, Refusal> {
        self.say(path).map(|text| read_day(text, &path.join("/"))).transpose()
    }

    fn amount(&self, path: &[&str]) -> Result<Option<i64>, Refusal> {
        amount(self.root, path)
    }
}

fn read_day(text: &str, path: &str) -> Result<NaiveDate, Refusal> {
    let form = Text::new("une date AAAAMMJJ ou AAAA-MM-JJ", "a date YYYYMMDD or YYYY-MM-DD");
    // UBL allows a zone behind the day.
    let plain = text.get(..10).filter(|t| t.as_bytes().get(4) == Some(&b'-')).unwrap_or(text);
    day(plain).ok_or_else(|| lacking(path, Some(text), form))
}

fn amount(node: &Node, path: &[&str]) -> Result<Option<i64>, Refusal> {
    let Some(text) = node.say(path) else { return Ok(None) };
    let form = Text::new("un nombre décimal avec un point, comme 1200.00", "a decimal number such as 1200.00");
    hundredths(text).map(Some).ok_or_else(|| lacking(&path.join("/"), Some(text), form))
}

fn number_of(node: &Node, scheme: &str) -> Option<(String, String)> {
    let number = node.text.trim();
    let scheme = node.attribute("schemeID").unwrap_or(scheme);
    (!number.is_empty()).then(|| (scheme.to_owned(), number.to_owned()))
}

const TRANSACTION: &str = "SupplyChainTradeTransaction";
const AGREEMENT: &str = "ApplicableHeaderTradeAgreement";
const SETTLEMENT: &str = "ApplicableHeaderTradeSettlement";
const SUMMATION: &str = "SpecifiedTradeSettlementHeaderMonetarySummation";

pub(super) fn cii(root: &Node) -> Result<InvoiceMessage, Refusal> {
    let of = Reading { root };
    let number = of.needed(&["ExchangedDocument", "ID"], "le numéro de la facture", "the invoice number")?;
    let issued = &["ExchangedDocument", "IssueDateTime", "DateTimeString"];
    let issued_on =
        read_day(of.needed(issued, "la date de la facture", "the date of the invoice")?, &issued.join("/"))?;
    let currency = of.needed(&[TRANSACTION, SETTLEMENT, "InvoiceCurrencyCode"], "la devise", "the currency")?;
    let settlement = root.at(&[TRANSACTION, SETTLEMENT]);
    let total = |name: &str| of.amount(&[TRANSACTION, SETTLEMENT, SUMMATION, name]);
    // The total of VAT may stand twice: in the currency of the invoice, and in that of the books.
    let vat = match root.at(&[TRANSACTION, SETTLEMENT, SUMMATION]) {
        Some(sums) => {
            let own = sums.all("TaxTotalAmount").find(|t| t.attribute("currencyID").is_none_or(|c| c == currency));
            own.map(|t| amount(t, &[])).transpose()?.flatten()
        }
        None => None,
    };
    let taxes = || settlement.into_iter().flat_map(|s| s.all("ApplicableTradeTax"));
    let vat_lines = taxes()
        .map(|t| {
            Ok(VatLine {
                category: t.say(&["CategoryCode"]).unwrap_or_default().to_owned(),
                rate: amount(t, &["RateApplicablePercent"])?,
                base: amount(t, &["BasisAmount"])?,
                vat: amount(t, &["CalculatedAmount"])?,
            })
        })
        .collect::<Result<_, Refusal>>()?;
    let references = settlement.into_iter().flat_map(|s| s.all("InvoiceReferencedDocument"));
    let means = settlement.into_iter().flat_map(|s| s.all("SpecifiedTradeSettlementPaymentMeans"));
    let accounts = means.filter_map(|m| {
        let account = m.at(&["PayeePartyCreditorFinancialAccount"])?;
        account.say(&["IBANID"]).or_else(|| account.say(&["ProprietaryID"])).map(str::to_owned)
    });
    Ok(InvoiceMessage {
        syntax: Syntax::Cii,
        profile: of.own(&["ExchangedDocumentContext", "GuidelineSpecifiedDocumentContextParameter", "ID"]),
        process: of.own(&["ExchangedDocumentContext", "BusinessProcessSpecifiedDocumentContextParameter", "ID"]),
        number: number.to_owned(),
        type_code: of.own(&["ExchangedDocument", "TypeCode"]),
        issued_on,
        due_on: of.date(&[
            TRANSACTION,
            SETTLEMENT,
            "SpecifiedTradePaymentTerms",
            "DueDateDateTime",
            "DateTimeString",
        ])?,
        currency: currency.to_owned(),
        seller: cii_party(root.at(&[TRANSACTION, AGREEMENT, "SellerTradeParty"])),
        buyer: cii_party(root.at(&[TRANSACTION, AGREEMENT, "BuyerTradeParty"])),
        net: total("TaxBasisTotalAmount")?,
        vat,
        gross: total("GrandTotalAmount")?,
        payable: total("DuePayableAmount")?,
        vat_lines,
        vat_due: taxes().find_map(|t| t.say(&["DueDateTypeCode"])).map(str::to_owned),
        preceding: references.filter_map(|r| r.say(&["IssuerAssignedID"]).map(str::to_owned)).collect(),
        accounts: accounts.collect(),
        lines: root.at(&[TRANSACTION]).map_or(0, |t| t.all("IncludedSupplyChainTradeLineItem").count()),
    })
}

fn cii_party(node: Option<&Node>) -> Party {
    let Some(node) = node else { return Party::default() };
    let legal = node.at(&["SpecifiedLegalOrganization", "ID"]).and_then(|id| number_of(id, "0002"));
    let global = node.all("GlobalID").filter_map(|id| number_of(id, ""));
    let vat = node.all("SpecifiedTaxRegistration").find_map(|r| {
        let id = r.at(&["ID"])?;
        (id.attribute("schemeID") == Some("VA")).then(|| id.text.trim().to_owned())
    });
    Party {
        name: node.say(&["Name"]).map(str::to_owned),
        numbers: legal.into_iter().chain(global).collect(),
        vat_number: vat,
        address: node.say(&["URIUniversalCommunication", "URIID"]).map(str::to_owned),
        country: node.say(&["PostalTradeAddress", "CountryID"]).map(str::to_owned),
        ..Party::default()
    }
    .identified()
}

pub(super) fn ubl(root: &Node) -> Result<InvoiceMessage, Refusal> {
    let of = Reading { root };
    let is_credit_note = root.name == "CreditNote";
    let number = of.needed(&["ID"], "le numéro de la facture", "the invoice number")?;
    let issued_on = of.needed(&["IssueDate"], "la date de la facture", "the date of the invoice")?;
    let currency = of.needed(&["DocumentCurrencyCode"], "la devise", "the currency")?;
    let total = |name: &str| of.amount(&["LegalMonetaryTotal", name]);
    let own_total = root
        .all("TaxTotal")
        .find(|t| t.at(&["TaxAmount"]).is_some_and(|a| a.attribute("currencyID").is_none_or(|c| c == currency)));
    let vat_lines = own_total
        .into_iter()
        .flat_map(|t| t.all("TaxSubtotal"))
        .map(|t| {
            Ok(VatLine {
                category: t.say(&["TaxCategory", "ID"]).unwrap_or_default().to_owned(),
                rate: amount(t, &["TaxCategory", "Percent"])?,
                base: amount(t, &["TaxableAmount"])?,
                vat: amount(t, &["TaxAmount"])?,
            })
        })
        .collect::<Result<_, Refusal>>()?;
    let (type_code, due, line) = if is_credit_note {
        (&["CreditNoteTypeCode"], of.date(&["PaymentMeans", "PaymentDueDate"])?, "CreditNoteLine")
    } else {
        (&["InvoiceTypeCode"], of.date(&["DueDate"])?, "InvoiceLine")
    };
    // The root alone says that it is a credit note, where the code is absent.
    let type_code = of.own(type_code).or_else(|| is_credit_note.then(|| "381".to_owned()));
    let preceding = root.all("BillingReference").filter_map(|r| r.say(&["InvoiceDocumentReference", "ID"]));
    let accounts = root.all("PaymentMeans").filter_map(|m| m.say(&["PayeeFinancialAccount", "ID"]));
    Ok(InvoiceMessage {
        syntax: Syntax::Ubl,
        profile: of.own(&["CustomizationID"]),
        process: of.own(&["ProfileID"]),
        number: number.to_owned(),
        type_code,
        issued_on: read_day(issued_on, "IssueDate")?,
        due_on: due,
        currency: currency.to_owned(),
        seller: ubl_party(root.at(&["AccountingSupplierParty", "Party"])),
        buyer: ubl_party(root.at(&["AccountingCustomerParty", "Party"])),
        net: total("TaxExclusiveAmount")?,
        vat: own_total.map(|t| amount(t, &["TaxAmount"])).transpose()?.flatten(),
        gross: total("TaxInclusiveAmount")?,
        payable: total("PayableAmount")?,
        vat_lines,
        vat_due: of.own(&["InvoicePeriod", "DescriptionCode"]),
        preceding: preceding.map(str::to_owned).collect(),
        accounts: accounts.map(str::to_owned).collect(),
        lines: root.all(line).count(),
    })
}

fn ubl_party(node: Option<&Node>) -> Party {
    let Some(node) = node else { return Party::default() };
    let legal = node.at(&["PartyLegalEntity", "CompanyID"]).and_then(|id| number_of(id, "0002"));
    let others = node.all("PartyIdentification").filter_map(|p| number_of(p.at(&["ID"])?, ""));
    let vat = node.all("PartyTaxScheme").find_map(|s| {
        let is_vat = s.say(&["TaxScheme", "ID"]).is_none_or(|id| id == "VAT");
        s.say(&["CompanyID"]).filter(|_| is_vat).map(str::to_owned)
    });
    // An address of the French directory has scheme 0225; another number stands among the numbers.
    let endpoint = node.at(&["EndpointID"]);
    let in_directory = endpoint.filter(|e| e.attribute("schemeID").is_none_or(|s| s == "0225"));
    let numbers = legal.into_iter().chain(others).chain(endpoint.and_then(|e| number_of(e, "0225")));
    Party {
        name: node
            .say(&["PartyLegalEntity", "RegistrationName"])
            .or_else(|| node.say(&["PartyName", "Name"]))
            .map(str::to_owned),
        numbers: numbers.collect(),
        vat_number: vat,
        address: in_directory.map(|e| e.text.trim().to_owned()).filter(|a| !a.is_empty()),
        country: node.say(&["PostalAddress", "Country", "IdentificationCode"]).map(str::to_owned),
        ..Party::default()
    }
    .identified()
}
