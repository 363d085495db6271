//! Words inside the parts of the kit.

use super::texts;

texts! {
    required: "obligatoire" / "required";
    busy: "En cours…" / "Working…";
    clear: "Effacer" / "Clear";
    clear_all: "Tout effacer" / "Clear all";
    no_choice: "Aucun résultat" / "No result";
    choose: "Choisir…" / "Choose…";
    choices_selected(n: u64): "{n} choix|{n} choix" / "{n} selected|{n} selected";
    choice_remove(name: &str): "Retirer {name}" / "Remove {name}";
    choices_found(n: u64): "{n} résultat|{n} résultats" / "{n} result|{n} results";

    table_columns: "Colonnes" / "Columns";
    table_columns_shown: "Colonnes affichées" / "Columns shown";
    table_sort_by(column: &str): "Trier par {column}" / "Sort by {column}";
    table_select_all: "Tout sélectionner sur cette page" / "Select all on this page";
    table_select_row(name: &str): "Sélectionner {name}" / "Select {name}";
    table_row_actions(name: &str): "Actions sur {name}" / "Actions on {name}";
    table_selected(n: u64): "{n} sélectionné|{n} sélectionnés" / "{n} selected|{n} selected";
    table_unselect: "Tout désélectionner" / "Clear selection";
    table_rows_shown(n: u64, total: String): "{n} ligne sur {total}|{n} lignes sur {total}" / "{n} of {total} rows|{n} of {total} rows";
    table_rows(n: u64): "{n} ligne|{n} lignes" / "{n} row|{n} rows";
    table_load_more: "Afficher la suite" / "Show more";
    table_end: "Fin de la liste" / "End of the list";
    table_hint: "J et K pour se déplacer, X pour sélectionner, Entrée pour ouvrir." / "J and K move, X selects, Enter opens.";

    filter_add: "Filtre" / "Filter";
    filter_remove(name: &str): "Retirer le filtre {name}" / "Remove the filter {name}";
    filters_clear: "Effacer les filtres" / "Clear filters";
    filters_active: "Filtres actifs" / "Active filters";

    views: "Vues" / "Views";
    view_save: "Enregistrer la vue" / "Save this view";
    view_name: "Nom de la vue" / "Name of the view";
    view_name_hint: "Les filtres, le tri et les colonnes seront retrouvés sous ce nom." / "Filters, sort and columns will be kept under this name.";
    view_name_missing: "Donnez un nom à la vue, par exemple « Sans plateforme »." / "Give the view a name, such as “Without a platform”.";
    view_share: "Partager avec tout le cabinet" / "Share with the whole firm";
    view_delete(name: &str): "Supprimer la vue {name}" / "Delete the view {name}";
    view_changed: "Modifiée" / "Changed";

    gauge_label(score: String): "Score de préparation : {score} sur 100" / "Readiness score: {score} out of 100";
    gauge_unknown: "Score de préparation : pas encore calculé" / "Readiness score: not computed yet";
    gauge_of: "sur 100" / "out of 100";
    chart_table: "Voir le tableau" / "View as table";
    chart_period: "Période" / "Period";
    chart_reading(name: &str, value: &str): "{name} : {value}" / "{name}: {value}";
    chart_value: "Valeur" / "Value";

    file_drop_title: "Déposez votre fichier ici" / "Drop your file here";
    file_drop_or: "ou choisissez-le sur votre ordinateur ; vous pouvez aussi le coller (Ctrl V)." / "or choose it on your computer; you can paste it too (Ctrl V).";
    file_drop_choose: "Choisir un fichier" / "Choose a file";
    file_drop_now: "Lâchez pour déposer" / "Release to drop";
    file_drop_limits(formats: &str, size: String): "{formats} · {size} au plus" / "{formats} · {size} at most";
    file_drop_empty: "Ce dépôt ne contient pas de fichier. Déposez un fichier depuis votre ordinateur." / "That drop holds no file. Drop a file from your computer.";
    file_drop_many: "Un seul fichier à la fois : le premier a été pris." / "One file at a time: the first one was taken.";
    file_drop_too_big(name: &str, size: String, max: String): "{name} fait {size} ; la limite est de {max}. Découpez le fichier, ou exportez-le en CSV." / "{name} weighs {size}; the limit is {max}. Split the file, or export it as CSV.";
    file_drop_kind(name: &str, formats: &str): "{name} n’est pas d’un format pris en charge. Formats attendus : {formats}." / "{name} is not of a supported format. Expected formats: {formats}.";

    progress_count(done: String, total: String): "{done} sur {total}" / "{done} of {total}";
    progress_rate(rate: String): "{rate} par seconde" / "{rate} per second";
    progress_left(time: String): "encore {time}" / "{time} left";

    toast_region: "Messages" / "Messages";
    toast_close: "Fermer le message" / "Dismiss the message";
    error_what: "Ce qui s’est passé" / "What happened";

    menu_more: "Autres actions" / "More actions";
    panel_close: "Fermer le panneau" / "Close the panel";
    timeline_by(who: &str): "par {who}" / "by {who}";

    date_placeholder: "JJ/MM/AAAA" / "DD/MM/YYYY";

    palette_title: "Recherche et commandes" / "Search and commands";
    palette_placeholder: "Rechercher un dossier, une page, une action…" / "Search a file, a page, an action…";
    palette_none(query: &str): "Rien ne correspond à « {query} »." / "Nothing matches “{query}”.";
    palette_pages: "Pages" / "Pages";
    palette_actions: "Actions" / "Actions";
    palette_dossiers: "Dossiers" / "Files";
    palette_move: "naviguer" / "move";
    palette_open: "ouvrir" / "open";
    palette_failed: "La recherche de dossiers n’a pas abouti : les pages et actions restent disponibles." / "The search for files failed: pages and actions still work.";

    keys_title: "Raccourcis clavier" / "Keyboard shortcuts";
    keys_everywhere: "Partout" / "Everywhere";
    keys_lists: "Dans les listes" / "In lists";
    keys_here: "Sur cette page" / "On this page";
    keys_palette: "Recherche et commandes" / "Search and commands";
    keys_help: "Afficher les raccourcis" / "Show the shortcuts";
    keys_search: "Rechercher dans la page" / "Search in the page";
    keys_down: "Ligne suivante" / "Next row";
    keys_up: "Ligne précédente" / "Previous row";
    keys_select: "Sélectionner la ligne" / "Select the row";
    keys_extend: "Étendre la sélection" / "Extend the selection";
    keys_open: "Ouvrir la ligne" / "Open the row";
    keys_close: "Fermer le panneau, vider la sélection" / "Close the panel, clear the selection";
    keys_go(page: &str): "Aller à {page}" / "Go to {page}";
    keys_then: "puis" / "then";
}
