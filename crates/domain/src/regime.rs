//! VAT regimes; what each means for the reform is in `reference/vat_regimes.json`.

closed_enum! {
    /// VAT regime of a dossier.
    pub enum VatRegime {
        /// Réel normal, déclaration mensuelle.
        RealMonthly = "real_monthly",
        /// Réel normal, déclaration trimestrielle.
        RealQuarterly = "real_quarterly",
        /// Régime simplifié d'imposition (CA12), abolished for years opening from 1 January 2027.
        Simplified = "simplified",
        /// Régime simplifié agricole.
        SimplifiedAgricultural = "simplified_agricultural",
        /// Franchise en base.
        Franchise = "franchise",
        /// Taxable person whose operations are all exempt (CGI art. 261 to 261 E).
        Exempt = "exempt",
        /// Not a taxable person: out of the reform.
        NotTaxable = "not_taxable",
    }
}
