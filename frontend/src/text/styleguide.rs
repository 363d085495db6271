//! Words of the page that shows every part of the kit.

use super::texts;

texts! {
    sg_title: "Composants" / "Parts";
    sg_lead: "Chaque pièce de l’écran, dans chacun de ses états." / "Every part of the screen, in each of its states.";
    sg_buttons: "Boutons" / "Buttons";
    sg_fields: "Champs" / "Fields";
    sg_choices: "Choix" / "Choices";
    sg_states: "États" / "States";
    sg_figures: "Chiffres et graphiques" / "Figures and charts";
    sg_table: "Tableau" / "Table";
    sg_feedback: "Retours" / "Feedback";
    sg_overlays: "Fenêtres, panneaux et messages" / "Windows, panels and messages";
    sg_navigation: "Onglets" / "Tabs";
    sg_files: "Fichiers et travaux" / "Files and jobs";
    sg_history: "Historique" / "History";
    sg_type: "Texte" / "Text";
    sg_icons: "Icônes" / "Icons";

    sg_primary: "Importer des dossiers" / "Import files";
    sg_plain: "Affecter" / "Assign";
    sg_quiet: "Exporter" / "Export";
    sg_danger: "Supprimer la vue" / "Delete the view";
    sg_busy: "Enregistrement" / "Saving";
    sg_disabled: "Indisponible" / "Not available";
    sg_small: "Petit" / "Small";

    sg_email: "Adresse électronique" / "E-mail address";
    sg_email_hint: "Celle du cabinet ; elle sert d’identifiant." / "The firm’s; it is your sign-in name.";
    sg_siren: "SIREN" / "SIREN";
    sg_siren_error: "« 73282932 » a 8 chiffres ; un SIREN en a 9, par exemple 732 829 320." / "“73282932” has 8 digits; a SIREN has 9, such as 732 829 320.";
    sg_note: "Note" / "Note";
    sg_regime: "Régime de TVA" / "VAT regime";
    sg_date: "Date d’effet" / "Effective date";
    sg_platform: "Plateforme de réception" / "Reception platform";
    sg_people: "Personnes en charge" / "People in charge";
    sg_tooltip: "Catégorie d’entreprise" / "Company size";
    sg_tooltip_text: "Calculée sur l’effectif, le chiffre d’affaires et le bilan des deux derniers exercices." / "Computed from headcount, turnover and balance sheet of the last two years.";
    sg_b2b: "Factures entre entreprises" / "Invoices between businesses";
    sg_b2c: "Ventes aux particuliers" / "Sales to consumers";
    sg_partly: "Tous les portefeuilles" / "All portfolios";
    sg_confidential: "Dossier confidentiel" / "Confidential file";
    sg_view_mode: "Affichage" / "Display";
    sg_list: "Liste" / "List";
    sg_board: "Colonnes" / "Board";

    sg_score: "Préparation du cabinet" / "Readiness of the firm";
    sg_trend: "Dossiers prêts" / "Files ready";
    sg_spread: "Répartition des dossiers" / "Spread of the files";

    sg_name: "Dossier" / "File";
    sg_state: "État" / "State";
    sg_score_column: "Score" / "Score";
    sg_portfolio: "Portefeuille" / "Portfolio";
    sg_turnover: "Chiffre d’affaires" / "Turnover";
    sg_deadline: "Échéance" / "Deadline";
    sg_segment: "Catégorie" / "Size";

    sg_empty_title: "Aucun dossier pour l’instant" / "No files yet";
    sg_empty_detail: "Déposez la liste de clients exportée de votre logiciel : les dossiers, leur état et les prochaines actions apparaîtront ici." / "Drop the client list that your software exported: files, their state and the next acts will appear here.";
    sg_notice: "12 dossiers ne sont pas visibles avec vos droits." / "12 files are hidden by your rights.";
    sg_notice_late: "Échéance dépassée" / "Deadline passed";
    sg_notice_late_detail: "8 grandes entreprises n’ont pas de plateforme de réception depuis le 1er septembre 2026." / "8 large companies have had no reception platform since 1 September 2026.";

    sg_open_dialog: "Ouvrir une fenêtre" / "Open a window";
    sg_dialog_title: "Affecter 3 dossiers" / "Assign 3 files";
    sg_dialog_detail: "Deux dossiers changeront de responsable ; un reste inchangé, car il est déjà suivi par Claire Le Goff." / "Two files will change hands; one stays, Claire Le Goff already follows it.";
    sg_open_panel: "Ouvrir le panneau" / "Open the panel";
    sg_toast_done: "Message" / "Message";
    sg_toast_done_text: "3 dossiers affectés à Claire Le Goff." / "3 files assigned to Claire Le Goff.";
    sg_toast_undo: "Message annulable" / "Message with undo";
    sg_toast_failed: "Échec" / "Failure";
    sg_palette: "Palette de commandes" / "Command palette";
    sg_keys: "Raccourcis" / "Shortcuts";

    sg_job: "Import de clients-a.csv" / "Import of clients-a.csv";
    sg_job_unknown: "Analyse du fichier" / "Reading the file";
    sg_file_taken(name: &str, size: String): "Fichier reçu : {name}, {size}." / "File received: {name}, {size}.";

    sg_obligations: "Obligations" / "Obligations";
    sg_addresses: "Adresses et plateforme" / "Addresses and platform";
    sg_tab_text(name: &str): "Contenu de l’onglet « {name} »." / "Content of the tab “{name}”.";
    sg_body: "Un dossier est prêt quand chaque critère a une preuve, une source et une date." / "A file is ready when each criterion has evidence, a source and a date.";
    sg_title_sample: "Titre de section" / "Section title";
    sg_event_platform: "Plateforme de réception choisie : Plateforme Océane" / "Reception platform chosen: Plateforme Océane";
    sg_event_import: "Régime de TVA modifié par l’import clients-b.xlsx" / "VAT regime changed by the import clients-b.xlsx";
    sg_event_import_detail: "Réel normal → réel simplifié" / "Standard → simplified";
    sg_event_late: "Mandat arrivé à échéance" / "Mandate expired";
}
