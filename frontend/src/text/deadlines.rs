//! Words of the deadlines.

use super::texts;

texts! {
    deadlines_title: "Échéancier" / "Deadlines";
    deadlines_lead(n: u64, dossiers: &str, from: String, to: String): "{n} échéance, {dossiers}, du {from} au {to}|{n} échéances, {dossiers}, du {from} au {to}" / "{n} deadline, {dossiers}, {from} to {to}|{n} deadlines, {dossiers}, {from} to {to}";
    deadlines_lead_dossiers(n: u64): "{n} dossier|{n} dossiers" / "{n} file|{n} files";
    deadlines_shown(n: u64, total: String): "{n} affichée sur {total}|{n} affichées sur {total}" / "{n} shown of {total}|{n} shown of {total}";
    deadlines_view: "Affichage" / "View";
    deadlines_list: "Liste" / "List";
    deadlines_month: "Mois" / "Month";
    deadlines_none_title: "Aucune échéance" / "No deadline";
    deadlines_none_detail: "Rien n’est à déclarer sur cette période pour les dossiers de votre périmètre." / "Nothing is to be declared over these days for the files within your scope.";
    deadlines_none_filtered: "Élargissez la période ou retirez un filtre." / "Widen the days or take a filter away.";
    deadlines_filter_due: "État de l’échéance" / "State of the deadline";
    deadlines_filter_kind: "Type" / "Kind";
    deadlines_filter_readiness: "Préparation" / "Readiness";
    deadlines_select_all(n: u64): "Sélectionner {n} échéance|Sélectionner les {n} échéances" / "Select {n} deadline|Select all {n} deadlines";
    deadlines_selected(n: u64): "{n} échéance choisie|{n} échéances choisies" / "{n} deadline chosen|{n} deadlines chosen";
    deadlines_export_detail(n: u64): "{n} ligne|{n} lignes" / "{n} row|{n} rows";
    deadlines_export_csv: "CSV (tableur, texte)" / "CSV (spreadsheet, text)";
    deadlines_export_xlsx: "Excel (XLSX)" / "Excel (XLSX)";

    due_reception: "Réception" / "Reception";
    due_emission: "Émission" / "Emission";
    due_sales: "Ventes" / "Sales";
    due_acquisitions: "Achats étrangers" / "Foreign purchases";
    due_payments: "Paiements" / "Payments";
    due_missed: "En retard" / "Late";
    due_soon: "Proche" / "Due soon";
    due_open: "À venir" / "To come";
    due_done: "Fait" / "Done";
    due_not_applicable: "Sans opération" / "No operation";
    due_period(from: String, to: String): "du {from} au {to}" / "{from} to {to}";
    due_start(day: String): "le {day}" / "on {day}";
    due_prudent(day: String): "prudente : {day}" / "prudent: {day}";
    due_voluntary: "volontaire" / "voluntary";
    due_by_preparation: "suit la préparation du dossier" / "follows from the preparation";
    due_evidence_of(day: String, who: &str): "{day}, déclaré par {who}" / "{day}, declared by {who}";
    due_source(source: &str): "Source : {source}" / "Source: {source}";
    due_many(n: u64, what: &str, state: &str): "{n} {what}, {state}|{n} {what}, {state}" / "{n} {what}, {state}|{n} {what}, {state}";

    column_period: "Période" / "Period";
    column_prudent: "Prudente" / "Prudent";
    column_limit: "Limite" / "Limit";
    column_due_state: "État" / "State";
    column_evidence: "Preuve" / "Evidence";

    keys_settle: "Déclarer fait" / "Declare done";
    settle_done: "Déclarer fait…" / "Declare done…";
    settle_no_operation: "Sans opération…" / "No operation…";
    settle_reopen: "Reprendre…" / "Reopen…";
    settle_done_title(n: u64): "Déclarer {n} échéance faite|Déclarer {n} échéances faites" / "Declare {n} deadline done|Declare {n} deadlines done";
    settle_no_operation_title(n: u64): "Déclarer {n} période sans opération|Déclarer {n} périodes sans opération" / "Declare {n} period without operation|Declare {n} periods without operation";
    settle_reopen_title(n: u64): "Reprendre {n} déclaration|Reprendre {n} déclarations" / "Reopen {n} declaration|Reopen {n} declarations";
    settle_what: "Preuve" / "Evidence";
    settle_what_hint: "Par exemple : accusé de réception n° 2026-1042." / "Such as: acknowledgement no. 2026-1042.";
    settle_source: "Source de la preuve" / "Source of the evidence";
    settle_source_hint: "Par exemple : portail de la plateforme, message du client." / "Such as: portal of the platform, message of the client.";
    settle_on: "Date de la preuve" / "Day of the evidence";
    settle_no_operation_detail: "Sans opération dans la période, aucun e-reporting vide n’est envoyé. Dites, si vous le pouvez, d’où vous le savez." / "Without an operation in the period no empty report is sent. Say, if you can, how you know.";
    settle_reopen_detail: "Les échéances redeviennent à faire ; la preuve reste lisible dans le journal." / "The deadlines are to do again; the evidence can still be read in the journal.";
    settle_would(n: u64): "{n} échéance serait déclarée.|{n} échéances seraient déclarées." / "{n} deadline would be declared.|{n} deadlines would be declared.";
    settle_would_reopen(n: u64): "{n} déclaration serait reprise.|{n} déclarations seraient reprises." / "{n} declaration would be reopened.|{n} declarations would be reopened.";
    settle_nothing: "Rien ne changerait." / "Nothing would change.";
    settle_already(n: u64): "{n} l’est déjà.|{n} le sont déjà." / "{n} already is.|{n} already are.";
    settle_apply(n: u64): "Déclarer {n} échéance|Déclarer {n} échéances" / "Declare {n} deadline|Declare {n} deadlines";
    settle_apply_reopen(n: u64): "Reprendre {n} déclaration|Reprendre {n} déclarations" / "Reopen {n} declaration|Reopen {n} declarations";
    settle_did(n: u64): "{n} échéance déclarée.|{n} échéances déclarées." / "{n} deadline declared.|{n} deadlines declared.";
    settle_reopened(n: u64): "{n} déclaration reprise.|{n} déclarations reprises." / "{n} declaration reopened.|{n} declarations reopened.";
    settle_undone(n: u64): "Annulé pour {n} dossier.|Annulé pour {n} dossiers." / "Taken back for {n} file.|Taken back for {n} files.";

    month_previous: "Mois précédent" / "Previous month";
    month_next: "Mois suivant" / "Next month";
    month_today: "Ce mois" / "This month";
    month_weekdays: "lun. mar. mer. jeu. ven. sam. dim." / "Mon Tue Wed Thu Fri Sat Sun";
    month_nothing: "Aucune échéance ce mois-ci." / "No deadline this month.";
    month_off: "Week-end ou jour férié : l’échéance n’est pas reportée." / "Week-end or public holiday: the deadline does not move.";

    feed_subscribe: "S’abonner" / "Subscribe";
    feed_title: "S’abonner au calendrier" / "Subscribe to the calendar";
    feed_detail: "Votre agenda (Outlook, Google, Apple, Thunderbird) lit une adresse secrète et montre ce qui reste à faire, un événement par jour et par type. Il montre à tout moment ce que vous avez le droit de voir." / "Your calendar program (Outlook, Google, Apple, Thunderbird) reads a secret address and shows what is left to do, one event per day and kind. It shows what you may see at any time.";
    feed_name: "Nom de l’abonnement" / "Name of the feed";
    feed_name_first: "Mes échéances" / "My deadlines";
    feed_filters: "Seulement ce que montrent les filtres actuels" / "Only what the present filters show";
    feed_create: "Créer l’adresse" / "Make the address";
    feed_ready: "Adresse créée" / "The address is made";
    feed_once: "Copiez-la maintenant : elle n’est montrée qu’une fois. Qui la possède lit ces échéances ; ne la partagez pas." / "Copy it now: it is shown this once. Who has it reads these deadlines; do not share it.";
    feed_address: "Adresse secrète" / "Secret address";
    feed_list: "Abonnements en cours" / "Feeds in use";
    feed_none: "Aucun abonnement pour l’instant." / "No feed yet.";
    feed_created(day: String): "créé le {day}" / "made on {day}";
    feed_used(when: String): "lu {when}" / "read {when}";
    feed_unused: "jamais lu" / "never read";
    feed_revoke: "Révoquer" / "Revoke";
    feed_revoke_sure: "Confirmer la révocation" / "Confirm revoking";
    feed_revoked: "Abonnement révoqué : l’adresse ne répond plus." / "Feed revoked: the address answers no more.";

    calendar_title: "Échéances du dossier" / "Deadlines of the file";
    calendar_none_title: "Aucune échéance" / "No deadline";
    calendar_none_detail: "Rien n’est dû sur les douze mois passés et à venir." / "Nothing is due over the last and the next twelve months.";
    calendar_untold: "Ce qui ne peut pas encore être dit" / "What cannot be told yet";
    calendar_untold_missing(what: &str): "il manque : {what}" / "missing: {what}";
    calendar_past(n: u64): "{n} échéance passée et réglée|{n} échéances passées et réglées" / "{n} past deadline that is settled|{n} past deadlines that are settled";
    calendar_span(from: String, to: String): "Échéances du {from} au {to}." / "Deadlines from {from} to {to}.";
}
