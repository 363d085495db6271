//! Words that every page uses.

use super::texts;

texts! {
    save: "Enregistrer" / "Save";
    cancel: "Annuler" / "Cancel";
    close: "Fermer" / "Close";
    back: "Retour" / "Back";
    next: "Continuer" / "Continue";
    confirm: "Confirmer" / "Confirm";
    delete: "Supprimer" / "Delete";
    edit: "Modifier" / "Edit";
    add: "Ajouter" / "Add";
    remove: "Retirer" / "Remove";
    open: "Ouvrir" / "Open";
    open_page: "Ouvrir en pleine page" / "Open full page";
    apply: "Appliquer" / "Apply";
    reset: "Réinitialiser" / "Reset";
    undo: "Annuler l’action" / "Undo";
    undo_short: "Annuler" / "Undo";
    undone: "Action annulée." / "Undone.";
    retry: "Réessayer" / "Try again";
    reload: "Recharger" / "Reload";
    refresh: "Actualiser" / "Refresh";
    export: "Exporter" / "Export";
    download: "Télécharger" / "Download";
    copy: "Copier" / "Copy";
    link_copied: "Lien copié." / "Link copied.";
    link_copy_failed: "Le navigateur refuse la copie : sélectionnez le lien et copiez-le à la main." / "The browser refuses to copy: select the link and copy it by hand.";
    copied: "Copié." / "Copied.";
    search: "Rechercher" / "Search";
    filter: "Filtrer" / "Filter";
    all: "Tous" / "All";
    none: "Aucun" / "None";
    yes: "Oui" / "Yes";
    no: "Non" / "No";
    optional: "facultatif" / "optional";
    unknown_value: "Non renseigné" / "Not filled in";
    loading: "Chargement…" / "Loading…";
    total: "Total" / "Total";

    state_ready: "Prêt" / "Ready";
    state_on_track: "En bonne voie" / "On track";
    state_at_risk: "À risque" / "At risk";
    state_late: "En retard" / "Late";
    state_unknown: "À qualifier" / "Unknown";

    dossiers(n: u64): "{n} dossier|{n} dossiers" / "{n} file|{n} files";

    failure_unreachable_title: "Le serveur ne répond pas" / "The server does not answer";
    failure_unreachable_detail: "Votre connexion est peut-être coupée, ou le serveur redémarre. Rien n’a été perdu." / "Your connection may be down, or the server is restarting. Nothing was lost.";
    failure_unreadable_title: "La réponse du serveur est illisible" / "The server’s answer cannot be read";
    failure_incomplete_title: "Cette page n’a pas pu être chargée" / "This page could not be loaded";
    failure_incomplete_detail: "Votre connexion est peut-être coupée, ou CabReady vient d’être mis à jour : réessayez, puis rechargez la page." / "Your connection may be down, or CabReady has just been updated: try again, then reload the page.";
    failure_unreadable_detail: "L’écran et le serveur n’ont peut-être pas la même version : rechargez la page." / "The screen and the server may differ in version: reload the page.";
    failure_session_title: "Votre session a expiré" / "Your session has expired";
    failure_aborted_title: "Demande interrompue" / "Request interrupted";
    failure_http_title(status: String): "Le serveur a refusé la demande ({status})" / "The server refused the request ({status})";
    failure_busy_title: "Trop de demandes à la fois" / "Too many requests at once";
    failure_retry_after(n: u64): "Réessayez dans {n} seconde.|Réessayez dans {n} secondes." / "Try again in {n} second.|Try again in {n} seconds.";
    request_id(id: &str): "Référence de la demande : {id}" / "Request reference: {id}";
}
