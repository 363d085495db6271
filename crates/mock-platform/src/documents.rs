//! Documents as a platform hands them out: status messages (CDAR) and invoices (UBL), of invented companies.

use chrono::{DateTime, NaiveDate, Utc};

#[derive(Debug, Clone)]
pub struct Company {
    pub siren: String,
    pub name: String,
}

impl Company {
    pub fn new(siren: &str, name: &str) -> Self {
        Self { siren: siren.to_owned(), name: name.to_owned() }
    }
}

#[derive(Debug, Clone)]
pub struct Invoice {
    pub number: String,
    pub issued_on: NaiveDate,
    pub due_on: NaiveDate,
    pub seller: Company,
    pub buyer: Company,
    /// Without VAT, in cents; VAT is 20 %.
    pub net_cents: i64,
    pub credit_note: bool,
}

/// A status of an invoice.
#[derive(Debug, Clone)]
pub struct Status {
    pub code: String,
    pub label: String,
    /// Code and label.
    pub reason: Option<(String, String)>,
    pub note: Option<String>,
    pub collected_cents: Option<i64>,
    pub at: DateTime<Utc>,
}

impl Status {
    pub fn new(code: &str, label: &str, at: DateTime<Utc>) -> Self {
        Self { code: code.to_owned(), label: label.to_owned(), reason: None, note: None, collected_cents: None, at }
    }

    pub fn because(self, code: &str, label: &str) -> Self {
        Self { reason: Some((code.to_owned(), label.to_owned())), ..self }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn euros(cents: i64) -> String {
    format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100)
}

/// The clock of a French platform: what a CDAR bears has no zone.
fn local(at: DateTime<Utc>) -> String {
    // Summer time from the last Sunday of March to that of October.
    let change = |month: u32| {
        let last =
            NaiveDate::from_ymd_opt(at.format("%Y").to_string().parse().unwrap_or(2026), month, 31).unwrap_or_default();
        let back = chrono::Datelike::weekday(&last).num_days_from_sunday();
        (last - chrono::Duration::days(i64::from(back))).and_hms_opt(1, 0, 0).unwrap_or_default().and_utc()
    };
    let hours = if at >= change(3) && at < change(10) { 2 } else { 1 };
    (at + chrono::Duration::hours(hours)).format("%Y%m%d%H%M%S").to_string()
}

const CDAR: &str = r#"xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100"
 xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"
 xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100""#;

fn party(element: &str, company: &Company, role: &str) -> String {
    format!(
        r#"<ram:{element}><ram:GlobalID schemeID="0002">{}</ram:GlobalID><ram:Name>{}</ram:Name><ram:RoleCode>{role}</ram:RoleCode><ram:URIUniversalCommunication><ram:URIID schemeID="0225">{}</ram:URIID></ram:URIUniversalCommunication></ram:{element}>"#,
        company.siren,
        escaped(&company.name),
        company.siren,
    )
}

/// A status message (CDAR D22B) about one or several invoices.
pub fn cdar(id: &str, status: &Status, invoices: &[&Invoice]) -> Vec<u8> {
    let platform = matches!(status.code.as_str(), "200" | "201" | "202" | "203" | "213" | "221" | "501");
    let of_seller = matches!(status.code.as_str(), "209" | "212" | "220" | "225" | "226" | "227" | "228");
    let first = invoices.first();
    let issuer = match first {
        Some(invoice) if of_seller => party("IssuerTradeParty", &invoice.seller, "SE"),
        Some(invoice) if !platform => party("IssuerTradeParty", &invoice.buyer, "BY"),
        _ => "<ram:IssuerTradeParty><ram:RoleCode>WK</ram:RoleCode></ram:IssuerTradeParty>".to_owned(),
    };
    let recipients = first.map(|i| {
        format!("{}{}", party("RecipientTradeParty", &i.seller, "SE"), party("RecipientTradeParty", &i.buyer, "BY"))
    });
    let referred: String = invoices.iter().map(|invoice| referred(status, invoice)).collect();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossDomainAcknowledgementAndResponse {CDAR}>
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn.cpro.gouv.fr:1p0:CDV:invoice</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{}</ram:ID><ram:IssueDateTime><udt:DateTimeString format="204">{at}</udt:DateTimeString></ram:IssueDateTime><ram:SenderTradeParty><ram:RoleCode>WK</ram:RoleCode></ram:SenderTradeParty>{issuer}{}</rsm:ExchangedDocument>
<rsm:AcknowledgementDocument><ram:MultipleReferencesIndicator><udt:Indicator>{}</udt:Indicator></ram:MultipleReferencesIndicator><ram:TypeCode>{}</ram:TypeCode><ram:IssueDateTime><udt:DateTimeString format="204">{at}</udt:DateTimeString></ram:IssueDateTime>{referred}</rsm:AcknowledgementDocument>
</rsm:CrossDomainAcknowledgementAndResponse>
"#,
        escaped(id),
        recipients.unwrap_or_default(),
        invoices.len() > 1,
        if platform { "305" } else { "23" },
        at = local(status.at),
    )
    .into_bytes()
}

fn referred(status: &Status, invoice: &Invoice) -> String {
    let mut inside = String::new();
    if let Some((code, label)) = &status.reason {
        inside.push_str(&format!(
            "<ram:ReasonCode>{}</ram:ReasonCode><ram:Reason>{}</ram:Reason>",
            escaped(code),
            escaped(label)
        ));
    }
    if let Some(note) = &status.note {
        inside.push_str(&format!("<ram:IncludedNote><ram:Content>{}</ram:Content></ram:IncludedNote>", escaped(note)));
    }
    if let Some(cents) = status.collected_cents {
        inside.push_str(&format!(
            r#"<ram:SpecifiedDocumentCharacteristic><ram:TypeCode>MEN</ram:TypeCode><ram:ValueAmount currencyID="EUR">{}</ram:ValueAmount><ram:ValuePercent>20.00</ram:ValuePercent></ram:SpecifiedDocumentCharacteristic>"#,
            euros(cents)
        ));
    }
    if !inside.is_empty() {
        inside = format!("<ram:SpecifiedDocumentStatus>{inside}</ram:SpecifiedDocumentStatus>");
    }
    format!(
        r#"<ram:ReferenceReferencedDocument><ram:IssuerAssignedID>{}</ram:IssuerAssignedID><ram:TypeCode>{}</ram:TypeCode><ram:FormattedIssueDateTime><qdt:DateTimeString format="102">{}</qdt:DateTimeString></ram:FormattedIssueDateTime><ram:ProcessConditionCode>{}</ram:ProcessConditionCode><ram:ProcessCondition>{}</ram:ProcessCondition><ram:IssuerTradeParty><ram:GlobalID schemeID="0002">{}</ram:GlobalID><ram:RoleCode>SE</ram:RoleCode></ram:IssuerTradeParty>{inside}</ram:ReferenceReferencedDocument>"#,
        escaped(&invoice.number),
        if invoice.credit_note { "381" } else { "380" },
        invoice.issued_on.format("%Y%m%d"),
        escaped(&status.code),
        escaped(&status.label),
        invoice.seller.siren,
    )
}

/// An invoice in UBL, with what followers of flows read.
pub fn ubl(invoice: &Invoice) -> Vec<u8> {
    let root = if invoice.credit_note { "CreditNote" } else { "Invoice" };
    let side = |element: &str, company: &Company| {
        format!(
            r#"<cac:{element}><cac:Party><cbc:EndpointID schemeID="0225">{siren}</cbc:EndpointID><cac:PartyName><cbc:Name>{name}</cbc:Name></cac:PartyName><cac:PostalAddress><cac:Country><cbc:IdentificationCode>FR</cbc:IdentificationCode></cac:Country></cac:PostalAddress><cac:PartyLegalEntity><cbc:RegistrationName>{name}</cbc:RegistrationName><cbc:CompanyID schemeID="0002">{siren}</cbc:CompanyID></cac:PartyLegalEntity></cac:Party></cac:{element}>"#,
            siren = company.siren,
            name = escaped(&company.name),
        )
    };
    let vat = invoice.net_cents / 5;
    let (net, gross) = (euros(invoice.net_cents), euros(invoice.net_cents + vat));
    let due =
        if invoice.credit_note { String::new() } else { format!("<cbc:DueDate>{}</cbc:DueDate>", invoice.due_on) };
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID><cbc:ID>{number}</cbc:ID><cbc:IssueDate>{issued}</cbc:IssueDate>{due}<cbc:{root}TypeCode>{code}</cbc:{root}TypeCode><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
{seller}{buyer}
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">{vat}</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="EUR">{net}</cbc:TaxableAmount><cbc:TaxAmount currencyID="EUR">{vat}</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20.00</cbc:Percent></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">{net}</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="EUR">{gross}</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID="EUR">{gross}</cbc:PayableAmount></cac:LegalMonetaryTotal>
</{root}>
"#,
        number = escaped(&invoice.number),
        issued = invoice.issued_on,
        code = if invoice.credit_note { "381" } else { "380" },
        seller = side("AccountingSupplierParty", &invoice.seller),
        buyer = side("AccountingCustomerParty", &invoice.buyer),
        vat = euros(vat),
    )
    .into_bytes()
}
