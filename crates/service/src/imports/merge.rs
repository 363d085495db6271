//! What a row says, laid over what is known. An empty cell never erases; another spelling of the same is not a change.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::reference::PlatformRegister;
use domain::{Contact, DossierFacts, InCharge, PortfolioId, UserId, fold, platform};
use intake::ParsedClient;

/// What rows refer to by name.
#[derive(Debug, Default)]
pub struct Names {
    /// By folded name or alias.
    pub people: BTreeMap<String, (UserId, String)>,
    /// By folded name.
    pub portfolios: BTreeMap<String, PortfolioId>,
}

/// Another spelling of what stands: case, accents, punctuation.
fn text(known: &mut Option<String>, said: Option<&String>) {
    if let Some(said) = said
        && known.as_deref().is_none_or(|k| fold(k) != fold(said))
    {
        *known = Some(said.clone());
    }
}

fn value<T: Clone>(known: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        known.clone_from(said);
    }
}

/// The name stays a name until somebody of the cabinet answers to it. A name that nobody answers to does not take a
/// dossier away from the person in charge.
fn in_charge(known: &mut InCharge, said: Option<&String>, names: &Names) {
    let Some(said) = said else { return };
    match names.people.get(&fold(said)) {
        Some((id, _)) if known.user_id == Some(*id) => {}
        Some((id, name)) => *known = InCharge { user_id: Some(*id), label: Some(name.clone()) },
        None if known.user_id.is_some() => {}
        None => text(&mut known.label, Some(said)),
    }
}

fn contact(contacts: &mut Vec<Contact>, name: Option<String>, email: Option<&String>, phone: Option<&String>) {
    if name.is_none() && email.is_none() && phone.is_none() {
        return;
    }
    let at = email.and_then(|e| contacts.iter().position(|c| c.email.as_deref() == Some(e))).unwrap_or_default();
    if contacts.is_empty() {
        contacts.push(Contact::default());
    }
    let contact = &mut contacts[at];
    text(&mut contact.name, name.as_ref());
    value(&mut contact.email, &email.cloned());
    value(&mut contact.phone, &phone.cloned());
}

/// Lays a row over the facts. `portfolio` is told the name of a portfolio that does not exist yet and answers its id.
pub fn merge(
    facts: &mut DossierFacts,
    client: &ParsedClient,
    names: &Names,
    register: &PlatformRegister,
    today: NaiveDate,
    portfolio: &mut dyn FnMut(&str) -> PortfolioId,
) {
    let says = &client.says;
    if let Some(name) = &says.name
        && fold(name) != fold(&facts.name)
    {
        facts.name.clone_from(name);
    }
    text(&mut facts.code, says.code.as_ref());
    text(&mut facts.trade_name, says.trade_name.as_ref());
    text(&mut facts.legal_form, says.legal_form.as_ref());
    text(&mut facts.naf_code, says.naf_code.as_ref());
    text(&mut facts.address, says.address.as_ref());
    text(&mut facts.postal_code, says.postal_code.as_ref());
    text(&mut facts.city, says.city.as_ref());
    text(&mut facts.tool, says.tool.as_ref());
    text(&mut facts.notes, says.notes.as_ref());
    for (known, said) in [
        (&mut facts.reception_platform, &says.reception_platform),
        (&mut facts.emission_platform, &says.emission_platform),
    ] {
        text(known, said.as_deref().map(|name| platform::canonical_name(name, register)).as_ref());
    }
    if let Some(siret) = client.siret
        && !facts.sirets.contains(&siret)
    {
        facts.sirets.push(siret);
    }
    if let Some(regime) = says.vat_regime {
        facts.set_vat_regime(regime, today);
    }
    value(&mut facts.headcount, &says.headcount);
    value(&mut facts.turnover_cents, &says.turnover_cents);
    value(&mut facts.balance_sheet_cents, &says.balance_sheet_cents);
    value(&mut facts.fiscal_year_end, &says.fiscal_year_end);
    value(&mut facts.vat_group_member, &says.vat_unique_group);
    value(&mut facts.activity.b2b, &says.b2b);
    value(&mut facts.activity.b2c, &says.b2c);
    value(&mut facts.activity.b2g, &says.b2g);
    value(&mut facts.activity.international, &says.international);
    value(&mut facts.invoices_per_month, &says.invoices_per_month);
    let name = match (&says.contact_first_name, &says.contact_name) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.clone().or_else(|| last.clone()),
    };
    contact(&mut facts.contacts, name, says.contact_email.as_ref(), says.contact_phone.as_ref());
    in_charge(&mut facts.manager, says.manager.as_ref(), names);
    in_charge(&mut facts.assignee, says.assignee.as_ref(), names);
    if let Some(name) = &says.portfolio {
        let known = names.portfolios.get(&fold(name)).copied();
        facts.portfolio_id = Some(known.unwrap_or_else(|| portfolio(name)));
    }
    for tag in says.tags.iter().flatten() {
        if !facts.tags.iter().any(|t| fold(t) == fold(tag)) {
            facts.tags.push(tag.clone());
        }
    }
    if let Some(confidential) = says.confidential {
        facts.confidential = confidential;
    }
}
