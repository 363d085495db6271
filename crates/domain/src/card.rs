//! What a list shows of a dossier's facts. Written with the facts and sent as it stands: a list of fifty dossiers reads
//! the facts of none.

use serde::Serialize;

use crate::{DossierFacts, InCharge, PortfolioId, Siren};

#[derive(Debug, Serialize)]
struct Card<'a> {
    siren: Siren,
    name: &'a str,
    code: Option<&'a str>,
    portfolio_id: Option<PortfolioId>,
    manager: &'a InCharge,
    assignee: &'a InCharge,
    reception_platform: Option<&'a str>,
    emission_platform: Option<&'a str>,
    tool: Option<&'a str>,
    contact: Option<&'a str>,
    city: Option<&'a str>,
    headcount: Option<u32>,
    turnover_cents: Option<i64>,
    invoices_per_month: Option<u32>,
    tags: &'a [String],
    confidential: bool,
}

impl DossierFacts {
    /// The card as a JSON object.
    pub fn card(&self) -> String {
        let contact = self.contacts.iter().find(|c| c.is_reachable()).or(self.contacts.first());
        let card = Card {
            siren: self.siren,
            name: &self.name,
            code: self.code.as_deref(),
            portfolio_id: self.portfolio_id,
            manager: &self.manager,
            assignee: &self.assignee,
            reception_platform: self.reception_platform.as_deref(),
            emission_platform: self.emission_platform.as_deref(),
            tool: self.tool.as_deref(),
            contact: contact.and_then(|c| c.email.as_deref().or(c.phone.as_deref()).or(c.name.as_deref())),
            city: self.city.as_deref(),
            headcount: self.headcount,
            turnover_cents: self.turnover_cents,
            invoices_per_month: self.invoices_per_month,
            tags: &self.tags,
            confidential: self.confidential,
        };
        // Plain fields of texts and numbers can always be written.
        serde_json::to_string(&card).unwrap_or_default()
    }
}
