//! Words of the list of dossiers, its bulk acts and the creation of one dossier.

use super::texts;

texts! {
    dossiers_title: "Dossiers" / "Files";
    dossiers_count(n: u64): "{n} dossier|{n} dossiers" / "{n} file|{n} files";
    dossiers_count_filtered(n: u64): "{n} dossier correspond|{n} dossiers correspondent" / "{n} file matches|{n} files match";
    dossiers_search: "Nom, SIREN, contact…" / "Name, SIREN, contact…";
    dossiers_search_label: "Rechercher dans les dossiers" / "Search the files";
    dossiers_create: "Créer un dossier" / "Create a file";
    dossiers_export_csv: "Liste en CSV" / "List as CSV";
    dossiers_export_xlsx: "Liste en Excel (XLSX)" / "List as Excel (XLSX)";
    dossiers_export_detail(n: u64): "{n} dossier : les filtres en cours s’appliquent|{n} dossiers : les filtres en cours s’appliquent" / "{n} file: the present filters apply|{n} files: the present filters apply";
    dossiers_export_started: "L’export est prêt : il est dans vos téléchargements." / "The export is ready: it is in your downloads.";
    dossiers_shown(n: u64, total: String): "{n} sur {total}|{n} sur {total}" / "{n} of {total}|{n} of {total}";
    dossiers_none_title: "Aucun dossier ne correspond" / "No file matches";
    dossiers_none_detail: "Élargissez la recherche ou retirez un filtre." / "Widen the search or remove a filter.";
    dossiers_empty_title: "Aucun dossier pour l’instant" / "No file yet";
    dossiers_empty_detail: "Déposez la liste de clients exportée de votre logiciel : les dossiers, leur état et la prochaine action apparaîtront ici." / "Drop the client list that your software exported: files, their state and the next act will appear here.";
    dossiers_empty_granted: "Aucun dossier ne vous est confié pour l’instant. Un responsable ou un associé peut vous donner un portefeuille." / "No file is entrusted to you yet. A manager or a partner can give you a portfolio.";
    dossiers_import: "Importer votre liste de clients" / "Import your client list";
    column_missing: "À compléter" / "To complete";

    view_all: "Tous" / "All";
    view_late: "En retard" / "Late";
    view_unknown: "À qualifier" / "To qualify";
    view_no_platform: "Sans plateforme" / "Without a platform";
    view_mine: "Mes dossiers" / "My files";
    view_saved(name: &str): "Vue « {name} » enregistrée." / "View “{name}” saved.";
    view_deleted(name: &str): "Vue « {name} » supprimée." / "View “{name}” deleted.";

    select_all_matching(n: u64): "Sélectionner {n} dossier|Sélectionner les {n} dossiers" / "Select {n} file|Select all {n} files";
    all_matching_selected(n: u64): "{n} dossier sélectionné|Les {n} dossiers sont sélectionnés" / "{n} file selected|All {n} files selected";

    keys_assign: "Confier" / "Hand over";
    keys_filter: "Ajouter un filtre" / "Add a filter";
    keys_what_if: "Et si… : essayer sans enregistrer" / "What if: try without saving";
    keys_create: "Créer un dossier" / "Create a file";

    bulk_assign: "Confier" / "Hand over";
    bulk_portfolio: "Portefeuille" / "Portfolio";
    bulk_tag: "Étiquettes" / "Tags";
    bulk_platform: "Plateforme" / "Platform";
    bulk_decider: "Qui décide…" / "Who decides…";
    bulk_registration: "Inscription…" / "Registration…";
    bulk_decider_title(n: u64): "Dire qui décide de la plateforme pour {n} dossier|Dire qui décide de la plateforme pour {n} dossiers" / "Say who decides on the platform for {n} file|Say who decides on the platform for {n} files";
    bulk_decider_firm_rule: "Selon les réglages du cabinet" / "As the firm’s settings say";
    bulk_registration_title(n: u64): "Dire où en est l’inscription de {n} dossier|Dire où en est l’inscription de {n} dossiers" / "Say where the registration of {n} file stands|Say where the registration of {n} files stands";
    bulk_registration_clear: "Effacer l’étape connue" / "Forget the known step";
    bulk_assign_title(n: u64): "Confier {n} dossier|Confier {n} dossiers" / "Hand over {n} file|Hand over {n} files";
    bulk_portfolio_title(n: u64): "Changer {n} dossier de portefeuille|Changer {n} dossiers de portefeuille" / "Move {n} file to a portfolio|Move {n} files to a portfolio";
    bulk_tag_title(n: u64): "Étiqueter {n} dossier|Étiqueter {n} dossiers" / "Tag {n} file|Tag {n} files";
    bulk_platform_title(n: u64): "Choisir la plateforme de {n} dossier|Choisir la plateforme de {n} dossiers" / "Choose the platform of {n} file|Choose the platform of {n} files";
    bulk_duty: "En tant que" / "As";
    bulk_person: "Personne" / "Person";
    bulk_nobody: "Personne (retirer)" / "Nobody (take away)";
    bulk_no_portfolio: "Aucun (hors portefeuille)" / "None (outside portfolios)";
    bulk_tags_add: "Étiquettes à ajouter" / "Tags to add";
    bulk_tags_remove: "Étiquettes à retirer" / "Tags to take away";
    bulk_tags_hint: "Séparées par des virgules." / "Separated by commas.";
    bulk_usage: "Pour" / "For";
    bulk_usage_reception: "Réception" / "Reception";
    bulk_usage_emission: "Émission" / "Emission";
    bulk_usage_both: "Les deux" / "Both";
    bulk_proof: "Preuve" / "Proof";
    bulk_proof_title(n: u64): "Consigner une preuve pour {n} dossier|Consigner une preuve pour {n} dossiers" / "Record a proof for {n} file|Record a proof for {n} files";
    bulk_proof_criterion: "Pour" / "For";
    bulk_platform_clear: "Retirer la plateforme" / "Take the platform away";
    bulk_choose_first: "Faites votre choix : vous verrez ici qui est touché, avant toute modification." / "Make your choice: you will see here who is touched, before anything changes.";
    bulk_would_change(n: u64): "{n} dossier sera modifié.|{n} dossiers seront modifiés." / "{n} file will change.|{n} files will change.";
    bulk_none_would_change: "Aucun dossier ne serait modifié." / "No file would change.";
    bulk_would_stay(n: u64): "{n} est déjà ainsi.|{n} sont déjà ainsi." / "{n} is so already.|{n} are so already.";
    bulk_left_out(n: u64): "{n} est laissé de côté :|{n} sont laissés de côté :" / "{n} is left out:|{n} are left out:";
    bulk_nothing: "Rien ne changerait : tout est déjà ainsi." / "Nothing would change: all is so already.";
    bulk_touched: "Dossiers touchés" / "Files touched";
    bulk_more(n: u64): "et {n} autre|et {n} autres" / "and {n} more|and {n} more";
    bulk_apply(n: u64): "Modifier {n} dossier|Modifier {n} dossiers" / "Change {n} file|Change {n} files";
    bulk_done(n: u64): "{n} dossier modifié.|{n} dossiers modifiés." / "{n} file changed.|{n} files changed.";
    bulk_left(n: u64): "{n} laissé de côté.|{n} laissés de côté." / "{n} left out.|{n} left out.";
    bulk_undone(n: u64): "{n} dossier rétabli.|{n} dossiers rétablis." / "{n} file restored.|{n} files restored.";
    bulk_kept(n: u64): "{n} modifié depuis, conservé.|{n} modifiés depuis, conservés." / "{n} edited since, kept.|{n} edited since, kept.";
    bulk_results: "Résultat dossier par dossier" / "Result file by file";
    outcome_changed: "Modifié" / "Changed";
    outcome_unchanged: "Déjà ainsi" / "Already so";
    outcome_not_found: "Introuvable" / "Not found";
    outcome_kept: "Conservé" / "Kept";
    outcome_refused: "Refusé" / "Refused";

    create_title: "Créer un dossier" / "Create a file";
    create_siren_hint: "9 chiffres. Un SIRET ou un numéro de TVA collé convient aussi." / "9 digits. A pasted SIRET or VAT number will do too.";
    create_siren_good: "SIREN valide." / "Valid SIREN.";
    create_siren_missing: "Saisissez le SIREN : 9 chiffres, par exemple 732 829 320." / "Type the SIREN: 9 digits, such as 732 829 320.";
    create_act: "Créer le dossier" / "Create the file";
    create_done(name: &str): "Dossier « {name} » créé." / "File “{name}” created.";
    create_exists: "Voir le dossier existant" / "See the existing file";
    create_code_hint: "Celui de votre logiciel, s’il existe." / "The one of your software, if any.";
}
