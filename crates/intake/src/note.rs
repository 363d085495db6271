//! Notes: what was understood with some help and that a person should see, beside a value or beside a file.

use domain::text::Text;
use serde::{Deserialize, Serialize};

domain::closed_enum! {
    pub enum NoteCode {
        // About the file.
        UnreadableCharacters = "unreadable_characters",
        QuoteRepaired = "quote_repaired",
        NoHeader = "no_header",
        OtherSheets = "other_sheets",
        NoSeparator = "no_separator",
        // About a value.
        SirenPadded = "siren_padded",
        SirenCheckDigit = "siren_check_digit",
        SiretPadded = "siret_padded",
        SiretCheckDigit = "siret_check_digit",
        SiretInSirenColumn = "siret_in_siren_column",
        SirenInSiretColumn = "siren_in_siret_column",
        VatNumberInSirenColumn = "vat_number_in_siren_column",
        SirenFromVatNumber = "siren_from_vat_number",
        VatKey = "vat_key",
        VatForeign = "vat_foreign",
        VatPrefixAdded = "vat_prefix_added",
        DecimalsDropped = "decimals_dropped",
        Rounded = "rounded",
        NegativeAmount = "negative_amount",
        ExcelSerial = "excel_serial",
        EndOfMonth = "end_of_month",
        RegimeFrequencyAssumed = "regime_frequency_assumed",
        SeveralEmails = "several_emails",
        SeveralPhones = "several_phones",
        PhonePadded = "phone_padded",
        PhoneKept = "phone_kept",
        PostalCodePadded = "postal_code_padded",
        DuplicateInFile = "duplicate_in_file",
        ClientUnidentified = "client_unidentified",
        StatusDateFromIssue = "status_date_from_issue",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub code: NoteCode,
    pub text: Text,
}

impl Note {
    pub fn new(code: NoteCode, fr: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, text: Text::new(fr, en) }
    }
}
