//! Words of the exposure to fines.

use super::texts;

texts! {
    exposure_title: "Exposition" / "Exposure";
    exposure_total(amount: &str): "{amount} au plus" / "{amount} at most";
    exposure_none: "Aucune amende ne peut être comptée à ce jour." / "No fine can be counted as of today.";
    exposure_detail(day: &str): "Ce que la loi permettrait de demander au {day} si rien n’était réparé : un maximum théorique, pas une prévision." / "What the law would permit to ask as of {day} if nothing were repaired: a theoretical maximum, not a forecast.";
    exposure_minimum: "Tout n’a pas pu être compté : c’est un minimum." / "Not everything could be counted: this is a minimum.";
    exposure_lines: "Calcul" / "Computation";
    exposure_product(n: u64, unit: &str): "{n} manquement × {unit}|{n} manquements × {unit}" / "{n} breach × {unit}|{n} breaches × {unit}";
    exposure_year(year: &str): "Année civile {year}" / "Civil year {year}";
    exposure_gross(amount: &str): "= {amount}" / "= {amount}";
    exposure_capped(cap: &str, amount: &str): "plafond de {cap} par année civile : {amount} retenus" / "cap of {cap} per civil year: {amount} counted";
    exposure_days(from: &str, to: &str): "du {from} au {to}" / "from {from} to {to}";
    exposure_source(article: &str, source: &str): "{article} · {source}" / "{article} · {source}";
    exposure_clock_title: "Mise en demeure de choisir une plateforme" / "Formal notice to choose a platform";
    exposure_clock(notice: &str, limit: &str, amount: &str): "Reçue le {notice}. Sans plateforme de réception après le {limit}, une amende de {amount} s’ajoute." / "Received on {notice}. Without a reception platform after {limit}, a fine of {amount} is added.";
    exposure_gaps: "Ce qui manque pour compter" / "What is missing to count";
    exposure_gap_invoices: "Le nombre de factures par mois n’est pas connu." / "The number of invoices per month is not known.";
    exposure_gap_obligations: "Des obligations ne sont pas déterminables : voyez l’onglet Obligations." / "Some obligations cannot be told: see the Obligations tab.";
    exposure_gap_notice: "Aucune mise en demeure n’est connue : sans elle, l’absence de plateforme de réception ne coûte rien encore." / "No formal notice is known: without one, lacking a reception platform costs nothing yet.";
    exposure_reliefs: "Ce qui peut l’alléger, et n’est pas déduit" / "What may lighten it, and is not deducted";
}
