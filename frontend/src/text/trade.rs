//! Words of the trade: what the codes of the domain are called on the screen.

use super::texts;

texts! {
    size_micro: "Micro-entreprise" / "Micro company";
    size_pme: "PME" / "Small or medium company";
    size_eti: "ETI" / "Mid-size company";
    size_ge: "Grande entreprise" / "Large company";
    size_micro_short: "Micro" / "Micro";
    size_pme_short: "PME" / "SME";
    size_eti_short: "ETI" / "Mid-size";
    size_ge_short: "GE" / "Large";
    size_at_most_pme: "PME ou micro-entreprise" / "Small, medium or micro company";
    size_unknown: "Pas encore déterminable" / "Not determinable yet";

    regime_real_monthly: "Réel normal mensuel" / "Standard, monthly";
    regime_real_quarterly: "Réel normal trimestriel" / "Standard, quarterly";
    regime_simplified: "Réel simplifié (CA12)" / "Simplified (CA12)";
    regime_simplified_agricultural: "Simplifié agricole" / "Simplified, agricultural";
    regime_franchise: "Franchise en base" / "Franchise (below threshold)";
    regime_exempt: "Exonéré" / "Exempt";
    regime_not_taxable: "Non assujetti" / "Not a taxable person";

    criterion_identity: "Identité vérifiée" / "Identity checked";
    criterion_establishment: "Établissement (SIRET)" / "Establishment (SIRET)";
    criterion_size: "Taille de l’entreprise" / "Company size";
    criterion_vat_regime: "Régime de TVA" / "VAT regime";
    criterion_reception_platform: "Plateforme de réception" / "Reception platform";
    criterion_contact: "Contact joignable" / "Contact that can be reached";
    criterion_person_in_charge: "Personne en charge" / "Person in charge";
    criterion_activity: "Types de clients" / "Kinds of customers";
    criterion_invoice_volume: "Volume de factures" / "Volume of invoices";
    criterion_emission: "Émission préparée" / "Emission prepared";

    lacks_identity: "SIREN à vérifier" / "SIREN to be checked";
    lacks_establishment: "Sans SIRET" / "Without a SIRET";
    lacks_size: "Taille non déterminable" / "Size not determinable";
    lacks_vat_regime: "Régime de TVA inconnu" / "VAT regime not known";
    lacks_reception_platform: "Sans plateforme de réception" / "Without a reception platform";
    lacks_contact: "Sans contact joignable" / "Without a reachable contact";
    lacks_person_in_charge: "Sans personne en charge" / "Nobody in charge";
    lacks_activity: "Types de clients non précisés" / "Kinds of customers not told";
    lacks_invoice_volume: "Volume de factures inconnu" / "Volume of invoices not known";
    lacks_emission: "Émission non préparée" / "Emission not prepared";

    act_identity: "Vérifier le SIREN" / "Check the SIREN";
    act_establishment: "Ajouter un SIRET" / "Add a SIRET";
    act_size: "Compléter les chiffres" / "Complete the figures";
    act_vat_regime: "Indiquer le régime de TVA" / "State the VAT regime";
    act_reception_platform: "Choisir la plateforme" / "Choose the platform";
    act_contact: "Ajouter un contact" / "Add a contact";
    act_person_in_charge: "Confier le dossier" / "Hand the file over";
    act_activity: "Préciser les clients" / "Tell the customers";
    act_invoice_volume: "Estimer le volume" / "Estimate the volume";
    act_emission: "Préparer l’émission" / "Prepare emission";

    obligation_reception: "Réception des factures électroniques" / "Reception of e-invoices";
    obligation_emission: "Émission des factures électroniques" / "Emission of e-invoices";
    obligation_e_reporting: "E-reporting" / "E-reporting";

    wave_reception_2026: "Réception 2026 (tous)" / "Reception 2026 (all)";
    wave_emission_2026: "Émission 2026 (GE, ETI)" / "Emission 2026 (large, mid-size)";
    wave_emission_2027: "Émission 2027 (PME, micro)" / "Emission 2027 (small, micro)";
    wave_e_reporting_2026: "E-reporting 2026 (GE, ETI)" / "E-reporting 2026 (large, mid-size)";
    wave_e_reporting_2027: "E-reporting 2027 (PME, micro)" / "E-reporting 2027 (small, micro)";

    fact_siren: "SIREN" / "SIREN";
    fact_name: "Nom" / "Name";
    fact_code: "Code dossier" / "File code";
    fact_trade_name: "Nom commercial" / "Trade name";
    fact_sirets: "Établissements (SIRET)" / "Establishments (SIRET)";
    fact_legal_form: "Forme juridique" / "Legal form";
    fact_naf_code: "Code NAF" / "NAF code";
    fact_address: "Adresse" / "Address";
    fact_postal_code: "Code postal" / "Postal code";
    fact_city: "Ville" / "City";
    fact_vat_regimes: "Régime de TVA" / "VAT regime";
    fact_vat_number: "N° de TVA" / "VAT number";
    fact_headcount: "Effectif" / "Headcount";
    fact_turnover: "Chiffre d’affaires" / "Turnover";
    fact_balance_sheet: "Total du bilan" / "Balance sheet total";
    fact_fiscal_year_end: "Clôture de l’exercice" / "Financial year end";
    fact_size_override: "Taille retenue par le cabinet" / "Size stated by the firm";
    fact_vat_group_member: "Membre d’un assujetti unique" / "Member of a VAT group";
    fact_activity: "Types de clients" / "Kinds of customers";
    fact_b2b: "Professionnels en France" / "Businesses in France";
    fact_b2c: "Particuliers" / "Consumers";
    fact_b2g: "Secteur public (Chorus Pro)" / "Public bodies (Chorus Pro)";
    fact_international: "Étranger (ventes ou achats)" / "Abroad (sales or purchases)";
    fact_invoices_per_month: "Factures par mois" / "Invoices per month";
    fact_tool: "Outil de facturation" / "Invoicing software";
    fact_reception_platform: "Plateforme de réception" / "Reception platform";
    fact_emission_platform: "Plateforme d’émission" / "Emission platform";
    fact_contacts: "Contacts" / "Contacts";
    fact_contact: "Contact" / "Contact";
    fact_manager: "Responsable" / "Manager";
    fact_assignee: "Collaborateur" / "Staff member";
    fact_portfolio: "Portefeuille" / "Portfolio";
    fact_tags: "Étiquettes" / "Tags";
    fact_notes: "Notes" / "Notes";
    fact_confidential: "Confidentiel" / "Confidential";
    fact_state: "État" / "State";
    fact_score: "Score" / "Score";
    fact_size: "Taille" / "Size";
    fact_person: "Personne" / "Person";
    fact_wave: "Vague" / "Wave";
    fact_unready_for: "Pas prêt pour" / "Not ready for";
    fact_missing: "Il manque" / "Lacks";
    fact_next_act: "Prochaine action" / "Next act";
    fact_updated_at: "Modifié" / "Changed";
    fact_platform: "Plateforme" / "Platform";

    without_value: "Sans" / "Without";
    nobody: "Personne" / "Nobody";
    person_without_account: "nom importé, sans compte" / "imported name, no account";
    outside_portfolios: "Hors portefeuille" / "Outside portfolios";
    confidential: "Confidentiel" / "Confidential";
    invoices_monthly(n: u64): "{n} facture par mois|{n} factures par mois" / "{n} invoice a month|{n} invoices a month";
    days_to_go(n: u64): "dans {n} jour|dans {n} jours" / "in {n} day|in {n} days";
    days_since(n: u64): "depuis {n} jour|depuis {n} jours" / "{n} day ago|{n} days ago";
    today: "aujourd’hui" / "today";
    from_day(day: String): "à compter du {day}" / "from {day}";

    siren_too_short(n: usize): "{n} chiffre saisi sur 9.|{n} chiffres saisis sur 9." / "{n} of 9 digits typed.|{n} of 9 digits typed.";
    siren_form(given: &str): "« {given} » n’est pas un SIREN : 9 chiffres sont attendus, par exemple 732 829 320." / "“{given}” is not a SIREN: 9 digits are expected, such as 732 829 320.";
    siren_zero: "000 000 000 n’appartient à personne : vérifiez le numéro." / "000 000 000 belongs to nobody: check the number.";
    siren_unchecked: "La clé de contrôle ne correspond pas : vérifiez le numéro. Il sera accepté, mais l’identité restera à vérifier." / "The check digit does not hold: check the number. It will be accepted, but identity stays to be checked.";
    siren_from_siret: "SIREN tiré du SIRET ; l’établissement sera enregistré aussi." / "SIREN taken from the SIRET; the establishment will be recorded too.";
    siren_from_vat: "SIREN tiré du numéro de TVA." / "SIREN taken from the VAT number.";
    siret_form(given: &str): "« {given} » n’est pas un SIRET : 14 chiffres sont attendus, par exemple 732 829 320 00074." / "“{given}” is not a SIRET: 14 digits are expected, such as 732 829 320 00074.";
    siret_foreign(siren: &str): "Ce SIRET doit commencer par le SIREN du dossier, {siren}." / "This SIRET must start with the SIREN of the file, {siren}.";
    siret_unchecked: "La clé de contrôle de ce SIRET ne correspond pas : vérifiez-le." / "The check digit of this SIRET does not hold: check it.";
    number_form(given: &str): "« {given} » n’est pas un nombre entier, par exemple 12." / "“{given}” is not a whole number, such as 12.";
    money_form(given: &str): "« {given} » n’est pas un montant : écrivez par exemple 250 000 ou 1,2 M." / "“{given}” is not an amount: write 250,000 or 1.2 M.";
    month_day_form(given: &str): "« {given} » n’est pas un jour de l’année : écrivez JJ/MM, par exemple 31/12." / "“{given}” is not a day of the year: write DD/MM, such as 31/12.";
    email_form(given: &str): "« {given} » n’est pas une adresse : prenom.nom@exemple.fr est attendu." / "“{given}” is not an address: first.last@example.com is expected.";
    name_required: "Le nom du dossier est requis." / "The name of the file is required.";
    money_hint: "En euros ; « 250 k » et « 1,2 M » sont compris." / "In euros; “250k” and “1.2M” are understood.";
    month_day_hint: "JJ/MM, par exemple 31/12." / "DD/MM, such as 31/12.";

    platform_registered(day: String): "Inscrite au registre public (liste du {day})." / "In the public register (list of {day}).";
    platform_pending(day: String): "Immatriculation en cours (liste du {day})." / "Registration pending (list of {day}).";
    platform_unregistered(day: String): "Absente du registre public du {day} : vérifiez le nom, ou que la plateforme est bien agréée." / "Not in the public register of {day}: check the name, or that the platform is registered.";
}
