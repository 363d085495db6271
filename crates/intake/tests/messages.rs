//! Messages of invoicing: what is read of them, and that nothing hostile gets further than a refusal.

use intake::RefusalCode;
use intake::message::{self, InvoiceMessage, Message, StatusMessage, Syntax};
use proptest::prelude::*;

const REJECTED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossDomainAcknowledgementAndResponse xmlns:qdt="q" xmlns:udt="u" xmlns:ram="r" xmlns:rsm="m">
  <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
    <ram:ID>urn.cpro.gouv.fr:1p0:CDV:invoice</ram:ID>
  </ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument>
    <ram:ID>M-1</ram:ID>
    <ram:IssueDateTime><udt:DateTimeString format="204">20261102091500</udt:DateTimeString></ram:IssueDateTime>
    <ram:SenderTradeParty><ram:RoleCode>WK</ram:RoleCode></ram:SenderTradeParty>
    <ram:IssuerTradeParty><ram:GlobalID schemeID="0238">0042</ram:GlobalID><ram:RoleCode>WK</ram:RoleCode></ram:IssuerTradeParty>
    <ram:RecipientTradeParty>
      <ram:GlobalID schemeID="0002">732829320</ram:GlobalID><ram:Name>Vendeur &amp; fils</ram:Name>
      <ram:RoleCode>SE</ram:RoleCode>
      <ram:URIUniversalCommunication><ram:URIID schemeID="0225">732829320_STATUTS</ram:URIID></ram:URIUniversalCommunication>
    </ram:RecipientTradeParty>
  </rsm:ExchangedDocument>
  <rsm:AcknowledgementDocument>
    <ram:MultipleReferencesIndicator><udt:Indicator>true</udt:Indicator></ram:MultipleReferencesIndicator>
    <ram:TypeCode>305</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="204">20261102091000</udt:DateTimeString></ram:IssueDateTime>
    <ram:ReferenceReferencedDocument>
      <ram:IssuerAssignedID>F-1</ram:IssuerAssignedID><ram:TypeCode>380</ram:TypeCode>
      <ram:FormattedIssueDateTime><qdt:DateTimeString format="102">20261101</qdt:DateTimeString></ram:FormattedIssueDateTime>
      <ram:ProcessConditionCode>213</ram:ProcessConditionCode><ram:ProcessCondition>Rejetée</ram:ProcessCondition>
      <ram:IssuerTradeParty><ram:GlobalID schemeID="0002">732829320</ram:GlobalID><ram:RoleCode>SE</ram:RoleCode></ram:IssuerTradeParty>
      <ram:SpecifiedDocumentStatus><ram:ReasonCode>REJ_SEMAN</ram:ReasonCode><ram:Reason>BR-CO-15</ram:Reason>
        <ram:RequestedActionCode>NIN</ram:RequestedActionCode>
        <ram:IncludedNote><ram:Content>Totaux à revoir</ram:Content></ram:IncludedNote></ram:SpecifiedDocumentStatus>
    </ram:ReferenceReferencedDocument>
    <ram:ReferenceReferencedDocument>
      <ram:IssuerAssignedID>F-2</ram:IssuerAssignedID>
      <ram:ProcessConditionCode>X99</ram:ProcessConditionCode>
      <ram:SpecifiedDocumentStatus><ram:SpecifiedDocumentCharacteristic><ram:TypeCode>MEN</ram:TypeCode>
        <ram:ValueAmount currencyID="EUR">-120.50</ram:ValueAmount><ram:ValuePercent>5.5</ram:ValuePercent>
      </ram:SpecifiedDocumentCharacteristic></ram:SpecifiedDocumentStatus>
    </ram:ReferenceReferencedDocument>
  </rsm:AcknowledgementDocument>
</rsm:CrossDomainAcknowledgementAndResponse>"#;

const CII: &str = r#"<rsm:CrossIndustryInvoice xmlns:rsm="a" xmlns:ram="b" xmlns:udt="c">
  <rsm:ExchangedDocumentContext><ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>S1</ram:ID></ram:BusinessProcessSpecifiedDocumentContextParameter>
    <ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>urn:cen.eu:en16931:2017</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument><ram:ID>FA-7</ram:ID><ram:TypeCode>380</ram:TypeCode>
    <ram:IssueDateTime><udt:DateTimeString format="102">20261120</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument>
  <rsm:SupplyChainTradeTransaction>
    <ram:IncludedSupplyChainTradeLineItem/><ram:IncludedSupplyChainTradeLineItem/>
    <ram:ApplicableHeaderTradeAgreement>
      <ram:SellerTradeParty><ram:Name>Vendeur</ram:Name>
        <ram:SpecifiedLegalOrganization><ram:ID schemeID="0002">732 829 320 00074</ram:ID></ram:SpecifiedLegalOrganization>
        <ram:PostalTradeAddress><ram:CountryID>FR</ram:CountryID></ram:PostalTradeAddress>
        <ram:URIUniversalCommunication><ram:URIID schemeID="0225">732829320_STATUTS</ram:URIID></ram:URIUniversalCommunication>
        <ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">FR44732829320</ram:ID></ram:SpecifiedTaxRegistration></ram:SellerTradeParty>
      <ram:BuyerTradeParty><ram:Name>Acheteur</ram:Name><ram:GlobalID schemeID="0088">123</ram:GlobalID></ram:BuyerTradeParty>
    </ram:ApplicableHeaderTradeAgreement>
    <ram:ApplicableHeaderTradeSettlement>
      <ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
      <ram:SpecifiedTradeSettlementPaymentMeans><ram:PayeePartyCreditorFinancialAccount><ram:IBANID>FR7630004000031234567890143</ram:IBANID></ram:PayeePartyCreditorFinancialAccount></ram:SpecifiedTradeSettlementPaymentMeans>
      <ram:ApplicableTradeTax><ram:CalculatedAmount>20.00</ram:CalculatedAmount><ram:BasisAmount>100.00</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode><ram:DueDateTypeCode>432</ram:DueDateTypeCode><ram:RateApplicablePercent>20.00</ram:RateApplicablePercent></ram:ApplicableTradeTax>
      <ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime><udt:DateTimeString format="102">20261220</udt:DateTimeString></ram:DueDateDateTime></ram:SpecifiedTradePaymentTerms>
      <ram:SpecifiedTradeSettlementHeaderMonetarySummation><ram:TaxBasisTotalAmount>100.00</ram:TaxBasisTotalAmount>
        <ram:TaxTotalAmount currencyID="USD">23.10</ram:TaxTotalAmount><ram:TaxTotalAmount currencyID="EUR">20.00</ram:TaxTotalAmount>
        <ram:GrandTotalAmount>120.00</ram:GrandTotalAmount><ram:DuePayableAmount>120.00</ram:DuePayableAmount></ram:SpecifiedTradeSettlementHeaderMonetarySummation>
      <ram:InvoiceReferencedDocument><ram:IssuerAssignedID>FA-3</ram:IssuerAssignedID></ram:InvoiceReferencedDocument>
    </ram:ApplicableHeaderTradeSettlement>
  </rsm:SupplyChainTradeTransaction>
</rsm:CrossIndustryInvoice>"#;

const CREDIT: &str = r#"<CreditNote xmlns="n" xmlns:cac="a" xmlns:cbc="b">
  <cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>
  <cbc:ID>AV-1</cbc:ID><cbc:IssueDate>2026-11-21+01:00</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>FA-7</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>
  <cac:AccountingSupplierParty><cac:Party><cbc:EndpointID schemeID="0009">73282932000074</cbc:EndpointID>
    <cac:PartyName><cbc:Name>Enseigne</cbc:Name></cac:PartyName>
    <cac:PartyTaxScheme><cbc:CompanyID>FR44732829320</cbc:CompanyID><cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
    <cac:PartyLegalEntity><cbc:RegistrationName>Vendeur</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
  <cac:AccountingCustomerParty><cac:Party><cbc:EndpointID schemeID="0225">356000000_ACHATS</cbc:EndpointID></cac:Party></cac:AccountingCustomerParty>
  <cac:PaymentMeans><cac:PayeeFinancialAccount><cbc:ID>FR76</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
  <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">2.00</cbc:TaxAmount><cac:TaxSubtotal><cbc:TaxableAmount currencyID="EUR">10.00</cbc:TaxableAmount>
    <cbc:TaxAmount currencyID="EUR">2.00</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>20</cbc:Percent></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
  <cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount currencyID="EUR">10.00</cbc:TaxExclusiveAmount><cbc:TaxInclusiveAmount currencyID="EUR">12.00</cbc:TaxInclusiveAmount><cbc:PayableAmount currencyID="EUR">12.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
  <cac:CreditNoteLine/>
</CreditNote>"#;

fn status(text: &str) -> StatusMessage {
    match message::read(text.as_bytes()).unwrap() {
        Message::Status(message) => *message,
        Message::Invoice(_) => panic!("an invoice"),
    }
}

fn invoice(text: &str) -> InvoiceMessage {
    match message::read(text.as_bytes()).unwrap() {
        Message::Invoice(invoice) => *invoice,
        Message::Status(_) => panic!("a status"),
    }
}

#[test]
fn a_message_tells_statuses_of_several_invoices_known_or_not() {
    let m = status(REJECTED);
    assert_eq!((m.id.as_str(), m.phase), ("M-1", Some(305)));
    assert_eq!(m.made_at.unwrap().to_string(), "2026-11-02 09:15:00");
    assert_eq!(m.happened_at.unwrap().to_string(), "2026-11-02 09:10:00");
    assert_eq!(m.issuer.numbers, [("0238".to_owned(), "0042".to_owned())]);
    assert_eq!(m.recipients[0].name.as_deref(), Some("Vendeur & fils"));
    let [first, second] = m.invoices.as_slice() else { panic!("{:?}", m.invoices) };
    assert_eq!((first.number.as_str(), first.status_code()), ("F-1", Some(213)));
    assert_eq!(first.issued_on.unwrap().to_string(), "2026-11-01");
    assert_eq!(first.seller.siren.unwrap().to_string(), "732829320");
    assert_eq!(first.reasons[0].code.as_deref(), Some("REJ_SEMAN"));
    assert_eq!(first.reasons[0].action.as_deref(), Some("NIN"));
    assert_eq!(first.notes, ["Totaux à revoir"]);
    assert_eq!((second.status.as_str(), second.status_code()), ("X99", None), "kept as written");
    assert_eq!((second.amounts[0].cents, second.amounts[0].rate), (Some(-12_050), Some(550)));
    assert!(second.reasons.is_empty());
}

#[test]
fn a_cii_invoice_is_read() {
    let i = invoice(CII);
    assert_eq!((i.syntax, i.number.as_str(), i.currency.as_str(), i.lines), (Syntax::Cii, "FA-7", "EUR", 2));
    assert_eq!((i.net, i.vat, i.gross, i.payable), (Some(10_000), Some(2_000), Some(12_000), Some(12_000)));
    assert_eq!((i.seller.siren.unwrap().to_string().as_str(), i.buyer.siren), ("732829320", None));
    assert_eq!(i.seller.address.as_deref(), Some("732829320_STATUTS"));
    assert_eq!((i.process.as_deref(), i.vat_due.as_deref()), (Some("S1"), Some("432")));
    assert_eq!(i.due_on.unwrap().to_string(), "2026-12-20");
    assert_eq!((i.vat_lines[0].rate, i.vat_lines[0].base), (Some(2_000), Some(10_000)));
    assert_eq!((i.preceding, i.accounts.len()), (vec!["FA-3".to_owned()], 1));
}

#[test]
fn a_ubl_credit_note_is_one_by_its_root() {
    let i = invoice(CREDIT);
    assert!(i.is_credit_note());
    assert_eq!((i.number.as_str(), i.issued_on.to_string().as_str()), ("AV-1", "2026-11-21"));
    assert_eq!(i.seller.siren.unwrap().to_string(), "732829320");
    assert_eq!((i.seller.name.as_deref(), i.seller.address), (Some("Vendeur"), None));
    assert_eq!(i.buyer.siren.unwrap().to_string(), "356000000");
    assert_eq!((i.net, i.vat, i.gross), (Some(1_000), Some(200), Some(1_200)));
    assert_eq!((i.preceding, i.lines), (vec!["FA-7".to_owned()], 1));
}

#[test]
fn a_refusal_tells_where_what_and_the_form() {
    let number = REJECTED.replace("<ram:IssuerAssignedID>F-1</ram:IssuerAssignedID>", "");
    let refusal = message::read(number.as_bytes()).unwrap_err();
    assert_eq!(refusal.code, RefusalCode::Damaged);
    assert!(refusal.to_string().contains("ReferenceReferencedDocument/IssuerAssignedID"), "{refusal}");
    let date = CII.replace("20261120", "20261320");
    let refusal = message::read(date.as_bytes()).unwrap_err().to_string();
    assert!(refusal.contains("20261320") && refusal.contains("AAAAMMJJ"), "{refusal}");
    let amount = CREDIT.replace(">12.00<", ">12,00<");
    let refusal = message::read(amount.as_bytes()).unwrap_err().to_string();
    assert!(refusal.contains("12,00") && refusal.contains("LegalMonetaryTotal/"), "{refusal}");
    let other = message::read(b"<html><body/></html>").unwrap_err();
    assert!(other.to_string().contains("html"), "{other}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever is done to a message, it is read or refused.
    #[test]
    fn a_mutilated_message_is_read_or_refused(
        which in 0usize..3,
        cuts in proptest::collection::vec((0.0f64..1.0, 0usize..40, any::<u8>()), 1..8),
    ) {
        let mut bytes = [REJECTED, CII, CREDIT][which].as_bytes().to_vec();
        for (place, length, byte) in cuts {
            let at = ((bytes.len() as f64) * place) as usize;
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, [byte]);
        }
        let _ = message::read(&bytes);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = message::read(&bytes);
    }
}
