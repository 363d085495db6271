//! Words of the flows: invoices and transmissions over all platforms.

use super::texts;

texts! {
    nav_flows: "Flux" / "Flows";
    flows_title: "Flux" / "Flows";
    flows_lead: "Les factures et transmissions de vos clients, toutes plateformes confondues : le statut officiel, et le mot de la plateforme à côté." / "Your clients’ invoices and transmissions over all platforms: the official status, and the platform’s own word beside it.";
    flows_tabs: "Parties des flux" / "Parts of the flows";
    flows_tab_list: "Flux" / "Flows";
    flows_tab_words: "À rapprocher" / "To be read";
    flows_tab_platforms: "Plateformes" / "Platforms";
    flows_tab_connections: "Connexions" / "Connections";
    flows_import: "Importer" / "Import";
    flows_search: "Numéro, SIREN" / "Number, SIREN";
    flows_search_label: "Chercher un flux" / "Look for a flow";
    flows_none_title: "Aucun flux" / "No flow";
    flows_none_detail: "Importez l’export d’une plateforme, déposez des fichiers (CDAR, CII, UBL, Factur-X) ou connectez une plateforme." / "Import the export of a platform, drop files (CDAR, CII, UBL, Factur-X) or connect a platform.";
    flows_none_found: "Aucun flux ne répond à ces filtres" / "No flow matches these filters";
    flows_none_found_detail: "Retirez un filtre pour élargir la liste." / "Take a filter away to widen the list.";
    flows_shown(n: u64, total: String): "{n} affiché sur {total}|{n} affichés sur {total}" / "{n} shown of {total}|{n} shown of {total}";
    flows_selected(n: u64): "{n} flux choisi|{n} flux choisis" / "{n} flow chosen|{n} flows chosen";
    flows_select_all(n: u64): "Sélectionner {n} flux|Sélectionner les {n} flux" / "Select {n} flow|Select all {n} flows";
    flows_export_detail(n: u64): "{n} ligne|{n} lignes" / "{n} row|{n} rows";

    flow_client: "Client" / "Client";
    flow_unknown_client: "Client inconnu" / "Unknown client";
    flow_number: "Numéro" / "Number";
    flow_kind: "Nature" / "Kind";
    flow_direction: "Sens" / "Direction";
    flow_counterparty: "Tiers" / "Other party";
    flow_seller: "Vendeur" / "Seller";
    flow_issued: "Émise" / "Issued";
    flow_due: "Échéance" / "Due";
    flow_gross: "Montant TTC" / "Gross";
    flow_net: "Montant HT" / "Net";
    flow_vat: "TVA" / "VAT";
    flow_platform: "Plateforme" / "Platform";
    flow_status: "Statut" / "Status";
    flow_status_none: "Aucun statut reçu" / "No status received";
    flow_status_unread: "À rapprocher" / "To be read";
    flow_handling: "Suite donnée" / "Handling";
    flow_anomaly: "Avec anomalie" / "With an anomaly";
    flow_stuck: "Sans nouvelles" / "No news";
    flow_stuck_since(when: String): "sans nouvelles depuis {when}" / "no news since {when}";
    flow_issued_from: "Émise depuis le" / "Issued from";
    flow_issued_to: "Émise jusqu’au" / "Issued until";
    flow_not_found: "Flux introuvable" / "Flow not found";
    flow_not_found_detail: "Il n’existe pas, ou son dossier ne vous est pas confié." / "It does not exist, or its file is not given to you.";
    flow_facts: "Ce que l’on en sait" / "What is known of it";
    flow_history: "Statuts" / "Statuses";
    flow_current: "actuel" / "current";
    flow_contradicted: "contredit par une autre source" / "contradicted by another source";
    flow_to_state: "transmis à l’administration" / "told to the administration";
    flow_collected(amount: String): "encaissé : {amount}" / "collected: {amount}";
    flow_said_as(raw: &str): "« {raw} »" / "“{raw}”";
    flow_received(when: String): "reçu {when}" / "received {when}";
    flow_anomalies: "Anomalies" / "Anomalies";
    flow_handled: "Suites données" / "What was done";
    flow_account: "Compte à payer" / "Account to pay";
    flow_open_dossier: "Ouvrir le dossier" / "Open the file";

    flow_handle: "Dire la suite donnée…" / "Say what was done…";
    flow_handle_title(n: u64): "Suite donnée à {n} flux|Suite donnée à {n} flux" / "What was done about {n} flow|What was done about {n} flows";
    flow_handle_note: "Note" / "Note";
    flow_handle_note_hint: "Obligatoire pour ignorer." / "Mandatory to ignore.";
    flow_handle_hint: "Le statut officiel reste ce qu’il est." / "The official status stays what it is.";
    flow_handle_apply: "Enregistrer" / "Save";
    flow_handle_did(n: u64): "{n} flux modifié|{n} flux modifiés" / "{n} flow changed|{n} flows changed";

    words_lead: "Des mots de plateformes que personne n’a encore lus. Rien n’est deviné : dites quel statut officiel chacun désigne, ou écartez-le." / "Words of platforms that nobody has read yet. Nothing is guessed: say which official status each one means, or set it aside.";
    words_none_title: "Tout est rapproché" / "Everything is read";
    words_none_detail: "Chaque mot reçu d’une plateforme a son statut officiel." / "Every word received from a platform has its official status.";
    words_events(n: u64): "{n} statut|{n} statuts" / "{n} status|{n} statuses";
    words_since(when: String): "depuis {when}" / "since {when}";
    words_code: "Statut officiel" / "Official status";
    words_choose: "Choisir…" / "Choose…";
    words_aside: "Ce n’est pas un statut" / "It is no status";
    words_apply: "Rapprocher" / "Read it so";
    words_done(n: u64): "{n} flux change de statut|{n} flux changent de statut" / "{n} flow gets another status|{n} flows get another status";
    words_read: "Mots lus" / "Words that were read";
    words_read_as(code: String, by: &str): "lu comme {code} par {by}" / "read as {code} by {by}";
    words_set_aside(by: &str): "écarté par {by}" / "set aside by {by}";
    words_read_only: "Un associé ou un responsable qui voit tout le cabinet peut rapprocher ces mots." / "A partner, or a manager who sees the whole firm, can read these words.";

    platforms_none_title: "Aucune plateforme" / "No platform";
    platforms_none_detail: "Les plateformes apparaissent avec les premiers flux." / "Platforms appear with the first flows.";
    platforms_dossiers: "Dossiers" / "Files";
    platforms_flows: "Flux" / "Flows";
    platforms_month: "30 jours" / "30 days";
    platforms_rejects: "Rejets et refus, 90 jours" / "Rejects and refusals, 90 days";
    platforms_stuck: "Sans nouvelles" / "No news";
    platforms_anomalies: "Anomalies" / "Anomalies";
    platforms_steps: "Délais médians" / "Median times";
    platforms_step(from: String, to: String, time: String): "{from} → {to} : {time}" / "{from} → {to}: {time}";
    platforms_connection: "Connexion" / "Connection";
    platforms_last: "Dernier statut" / "Last status";

    flow_files_title: "Fichiers lus" / "Files read";
    flow_files_nothing: "Aucun flux dans ce fichier" / "No flow in this file";
    flow_files_refused(n: u64): "{n} fichier refusé|{n} fichiers refusés" / "{n} file refused|{n} files refused";
    flow_files_more(n: u64): "Et {n} autre fichier.|Et {n} autres fichiers." / "And {n} more file.|And {n} more files.";
    flow_files_open: "Voir le flux" / "See the flow";
    flow_files_open_nth(n: String): "Flux {n}" / "Flow {n}";
    outcome_created: "créé" / "created";
    outcome_added: "complété" / "added to";
    outcome_known: "déjà connu" / "known already";
    outcome_unread: "à rapprocher" / "to be read";
}
