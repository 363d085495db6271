//! Words of the cockpit.

use super::texts;

texts! {
    cockpit_title: "Cockpit" / "Cockpit";
    cockpit_lead(n: u64): "{n} dossier suivi|{n} dossiers suivis" / "{n} file followed|{n} files followed";
    cockpit_as_of(day: String): "au {day}" / "on {day}";
    cockpit_score: "Préparation du cabinet" / "Readiness of the firm";
    cockpit_score_portfolio: "Préparation du portefeuille" / "Readiness of the portfolio";
    cockpit_score_detail: "Moyenne des scores de tous les dossiers visibles, sur 100." / "Mean of the scores of all visible files, out of 100.";
    cockpit_mean(score: String): "Moyenne : {score} sur 100" / "Mean: {score} out of 100";
    cockpit_states: "État des dossiers" / "State of the files";
    cockpit_deadline: "Prochaine échéance" / "Next deadline";
    cockpit_deadline_unready(n: u64): "{n} dossier pas prêt|{n} dossiers pas prêts" / "{n} file not ready|{n} files not ready";
    cockpit_deadline_ready: "Tous les dossiers concernés sont prêts." / "All files concerned are ready.";
    cockpit_deadline_of(n: u64): "sur {n} concerné|sur {n} concernés" / "of {n} concerned|of {n} concerned";
    cockpit_deadline_none: "Aucune échéance à venir pour ces dossiers." / "No deadline ahead for these files.";
    cockpit_mine: "Mes dossiers" / "My files";
    cockpit_mine_not_ready(n: u64): "{n} pas encore prêt|{n} pas encore prêts" / "{n} not ready yet|{n} not ready yet";
    cockpit_mine_ready: "rien à traiter" / "nothing to handle";
    cockpit_partial: "Vos droits ne montrent qu’une partie des dossiers du cabinet : ces chiffres portent sur ceux-là." / "Your rights show a part of the firm’s files only: these figures are about those.";

    cockpit_blockers: "Ce qui bloque" / "What blocks";
    cockpit_blockers_detail: "Ce qui manque aux dossiers, du plus lourd au plus léger pour le score." / "What files lack, from the heaviest to the lightest for the score.";
    cockpit_blockers_none: "Rien ne bloque : chaque critère est rempli pour chaque dossier." / "Nothing blocks: every criterion is met for every file.";
    cockpit_blocker: "Manque" / "Lack";
    cockpit_blocker_dossiers: "Dossiers" / "Files";
    cockpit_blocker_gain: "Gain possible" / "Possible gain";
    cockpit_gain(points: String): "+{points} pt" / "+{points} pt";
    cockpit_fix: "Action" / "Act";
    cockpit_fix_proof: "Consigner une preuve" / "Record a proof";
    cockpit_fix_platform: "Choisir la plateforme" / "Choose the platform";
    cockpit_fix_assign: "Confier" / "Hand over";
    cockpit_fix_import: "Compléter par un import" / "Complete by an import";
    cockpit_fix_open: "Ouvrir les dossiers" / "Open the files";

    cockpit_waves: "Obligations par vague" / "Obligations by wave";
    cockpit_waves_detail: "Dossiers concernés par chaque date de la réforme, et ceux à qui il manque encore une plateforme." / "Files reached by each date of the reform, and those that still lack a platform.";
    cockpit_wave: "Vague" / "Wave";
    cockpit_wave_reached: "Concernés" / "Reached";
    cockpit_wave_unready: "Pas prêts" / "Not ready";
    cockpit_wave_started: "en vigueur" / "in force";

    cockpit_portfolios: "Portefeuilles" / "Portfolios";
    cockpit_portfolio: "Portefeuille" / "Portfolio";
    cockpit_portfolio_score: "Score" / "Score";
    cockpit_portfolio_people: "Équipe" / "Team";
    cockpit_portfolio_states: "Répartition" / "Spread";
    cockpit_portfolios_none: "Aucun portefeuille : créez-en dans les paramètres pour répartir le travail." / "No portfolio: create some in the settings to share the work.";
    cockpit_state_link(label: &str, count: String): "{label} : {count}" / "{label}: {count}";

    cockpit_new_title: "Où en est votre cabinet ?" / "Where does your firm stand?";
    cockpit_new_detail: "CabReady lit la liste de clients de votre logiciel et vous montre, dossier par dossier, qui n’est pas prêt pour la facturation électronique, pourquoi, et ce qu’il reste à faire." / "CabReady reads the client list of your software and shows, file by file, who is not ready for e-invoicing, why, and what is left to do.";
    cockpit_new_step_import: "Importez votre liste de clients" / "Import your client list";
    cockpit_new_step_import_detail: "CSV ou Excel, tel que votre logiciel l’exporte : les colonnes sont reconnues, rien n’est enregistré avant votre accord." / "CSV or Excel, as your software exports it: columns are recognised, nothing is kept before you agree.";
    cockpit_new_step_see: "Voyez ce qui bloque" / "See what blocks";
    cockpit_new_step_see_detail: "Un score expliqué par dossier, les obligations datées, les manques regroupés avec leur correction en lot." / "An explained score per file, dated obligations, gaps grouped with their fix in bulk.";
    cockpit_new_step_share: "Répartissez le travail" / "Share the work";
    cockpit_new_step_share_detail: "Portefeuilles, responsables, collaborateurs : chacun voit ses dossiers et sa prochaine action." / "Portfolios, managers, staff: everyone sees their files and their next act.";
    cockpit_new_by_hand: "Créer un dossier à la main" / "Create a file by hand";
    cockpit_scope_empty_title: "Ce portefeuille est vide" / "This portfolio is empty";
    cockpit_scope_empty_detail: "Choisissez un autre portefeuille en haut de l’écran, ou placez-y des dossiers depuis la liste." / "Choose another portfolio at the top, or move files to it from the list.";
    cockpit_scope_all: "Voir tout le cabinet" / "See the whole firm";
}
