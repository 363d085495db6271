//! The columns that a client list may bring.

closed_enum! {
    /// What a column of a client list means.
    pub enum ListField {
        Code = "code",
        Name = "name",
        TradeName = "trade_name",
        Siren = "siren",
        Siret = "siret",
        VatNumber = "vat_number",
        VatRegime = "vat_regime",
        Headcount = "headcount",
        Turnover = "turnover",
        BalanceSheet = "balance_sheet",
        FiscalYearEnd = "fiscal_year_end",
        ContactName = "contact_name",
        ContactEmail = "contact_email",
        ContactPhone = "contact_phone",
        Manager = "manager",
        Assignee = "assignee",
        Portfolio = "portfolio",
        Tool = "tool",
        ReceptionPlatform = "reception_platform",
        EmissionPlatform = "emission_platform",
        InvoicesPerMonth = "invoices_per_month",
        B2b = "b2b",
        B2c = "b2c",
        B2g = "b2g",
        International = "international",
        PostalCode = "postal_code",
        City = "city",
        NafCode = "naf_code",
        LegalForm = "legal_form",
        Tags = "tags",
        Confidential = "confidential",
        VatGroupMember = "vat_group_member",
    }
}
