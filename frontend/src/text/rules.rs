//! Words of the rules of the score, and of what is only supposed.

use super::texts;

texts! {
    settings_rules: "Règles du score" / "Rules of the score";
    rules_lead: "Ce que vaut chaque critère, ce qui plafonne un score, et comment les dossiers pèsent dans celui du cabinet. Chaque changement est une version, avec sa raison ; on revient à une version en un geste." / "What each criterion is worth, what caps a score, and how files weigh in that of the firm. Each change is a version, with its reason; any version comes back in one move.";
    rules_partner_only: "Seul un associé change ces règles." / "Only a partner changes these rules.";
    rules_of_product: "Règles du produit : le cabinet n’a rien changé." / "Rules of the product: the firm has changed nothing.";
    rules_version(n: String): "Version {n} en vigueur" / "Version {n} in force";
    rules_recomputing: "Les scores sont en cours de recalcul selon ces règles. Certains sont encore ceux d’avant." / "Scores are being computed by these rules. Some are still those of before.";

    rules_weights: "Poids des critères" / "Weights of the criteria";
    rules_weights_lead: "De 0 à 100. Seuls comptent les critères qui s’appliquent au dossier : ils se partagent 100 points selon leur poids ; 0 retire le critère." / "From 0 to 100. Only the criteria that apply to a file count: they share 100 points by their weight; 0 takes the criterion out.";
    rules_criterion: "Critère" / "Criterion";
    rules_weight: "Poids" / "Weight";
    rules_product: "Produit" / "Product";
    rules_weight_of(criterion: &str): "Poids : {criterion}" / "Weight: {criterion}";
    rules_caps: "Plafonds" / "Caps";
    rules_caps_lead: "Tant que le blocage dure, le score ne dépasse pas le plafond. 100 le retire." / "As long as the blocker lasts, the score stays at the cap or below. 100 takes it away.";
    rules_blocker: "Blocage" / "Blocker";
    rules_cap: "Plafond" / "Cap";
    rules_cap_of(cap: &str): "Plafond : {cap}" / "Cap: {cap}";
    rules_at_risk: "À risque" / "At risk";
    rules_at_risk_days: "Jours avant une obligation non préparée" / "Days before an obligation that is not prepared";
    rules_at_risk_below: "Score en dessous de" / "Score below";
    rules_product_value(n: String): "Produit : {n}" / "Product: {n}";
    rules_weighting: "Score d’un portefeuille et du cabinet" / "Score of a portfolio and of the firm";
    rules_weighting_equal: "Chaque dossier pèse autant" / "Each file weighs the same";
    rules_weighting_equal_detail: "La moyenne simple des scores." / "The plain mean of the scores.";
    rules_weighting_exposure: "Chaque dossier pèse ce qu’il risque" / "Each file weighs what it risks";
    rules_weighting_exposure_detail(base: String): "Son exposition aux amendes, plus {base} pour que nul ne pèse rien." / "Its exposure to fines, plus {base} so that none weighs nothing.";
    rules_not_a_number(most: String): "Un nombre de 0 à {most} est attendu." / "A number from 0 to {most} is expected.";
    rules_to_product: "Valeurs du produit" / "Values of the product";
    rules_reset: "Abandonner les changements" / "Drop the changes";

    rules_outlook: "Ce qui changerait" / "What would change";
    rules_outlook_none: "Changez un poids, un plafond ou une limite : l’effet sur vos dossiers paraît ici avant d’enregistrer." / "Change a weight, a cap or a limit: the effect on your files shows here before you save.";
    rules_outlook_wrong: "Corrigez d’abord les valeurs signalées." / "First mend the values that are marked.";
    rules_changed(n: u64, all: String): "{n} dossier change, sur {all}|{n} dossiers changent, sur {all}" / "{n} file changes, of {all}|{n} files change, of {all}";
    rules_changed_none(all: String): "Aucun des {all} dossiers ne change de score ni d’état." / "None of the {all} files changes in score or state.";
    rules_up(n: u64): "{n} monte|{n} montent" / "{n} rises|{n} rise";
    rules_down(n: u64): "{n} baisse|{n} baissent" / "{n} falls|{n} fall";
    rules_states_changed(n: u64): "{n} change d’état|{n} changent d’état" / "{n} changes in state|{n} change in state";
    rules_mean: "Score du cabinet" / "Score of the firm";
    rules_portfolio: "Portefeuille" / "Portfolio";
    rules_moving: "Dossiers" / "Files";
    rules_before: "Avant" / "Before";
    rules_after: "Après" / "After";
    rules_states: "États" / "States";
    rules_state: "État" / "State";
    rules_most: "Les plus déplacés" / "Those that move most";
    rules_outside: "Hors portefeuille" / "Outside any portfolio";
    rules_note: "Pourquoi ce changement" / "Why this change";
    rules_note_hint: "Lu par vos collègues dans l’historique et le journal." / "Read by your colleagues in the history and the journal.";
    rules_save(n: String): "Enregistrer la version {n}" / "Save version {n}";
    rules_saved(n: String): "Version {n} enregistrée : les scores se recalculent." / "Version {n} saved: scores are being computed.";

    rules_history: "Historique" / "History";
    rules_history_none: "Aucun changement : ce sont les règles du produit." / "No change: these are the rules of the product.";
    rules_back: "Revenir à cette version" / "Go back to this version";
    rules_back_of(n: String): "Revenir à la version {n}" / "Go back to version {n}";
    rules_back_note(n: String): "Retour à la version {n}" / "Back to version {n}";
    rules_back_product: "Retour aux valeurs du produit" / "Back to the values of the product";
    rules_back_ready: "Les valeurs sont reprises ci-dessus ; voyez l’effet, puis enregistrez." / "The values stand above; look at the effect, then save.";
    rules_in_force: "en vigueur" / "in force";
    rules_number(n: String): "Version {n}" / "Version {n}";
    rules_by(who: &str, when: String): "{who}, {when}" / "{who}, {when}";
    rules_more: "Versions antérieures" / "Earlier versions";
    rules_differences(n: u64): "{n} différence avec la version d’avant|{n} différences avec la version d’avant" / "{n} difference from the version before|{n} differences from the version before";

    cap_identity: "Identité incertaine" / "Identity uncertain";
    cap_size: "Taille non déterminable" / "Size not determinable";
    cap_vat_regime: "Régime de TVA inconnu" / "VAT regime unknown";
    cap_reception_late: "Réception due et sans plateforme inscrite au registre" / "Reception due and no platform of the register";
    cap_emission_late: "Émission ou e-reporting dus et sans plateforme inscrite au registre" / "Emission or e-reporting due and no platform of the register";
    cap_mandate: "Aucun mandat en vigueur" / "No mandate in force";
    cap_critical_anomaly: "Anomalie critique ouverte" / "Critical anomaly open";

    jobs_evaluation: "Recalcul des scores" / "Scores computed again";
    jobs_evaluation_name: "Tous les dossiers" / "All files";
    jobs_toast_evaluation: "Scores recalculés selon les nouvelles règles." / "Scores computed by the new rules.";
    jobs_toast_evaluation_failed: "Le recalcul des scores a échoué ; il reprendra au prochain démarrage." / "Computing the scores failed; it will be taken up at the next start.";
    action_readiness_rules_update: "Règles du score modifiées" / "Rules of the score changed";
    actions_readiness_rules: "Règles du score" / "Rules of the score";
    field_note: "Raison" / "Reason";
    field_version: "Version" / "Version";

    what_if: "Et si…" / "What if…";
    what_if_title(n: u64): "Et si… sur {n} dossier|Et si… sur {n} dossiers" / "What if… on {n} file|What if… on {n} files";
    what_if_lead: "Supposez des faits : rien n’est écrit." / "Suppose facts: nothing is written.";
    what_if_usage: "La plateforme servirait" / "The platform would serve";
    what_if_proofs: "Preuves obtenues" / "Proofs obtained";
    what_if_proofs_hint: "Supposées du jour." / "Supposed to be of today.";
    what_if_other: "Autres faits" / "Other facts";
    what_if_keep: "Inchangé" / "Unchanged";
    what_if_choose: "Choisissez une plateforme, une preuve ou un autre fait : l’effet paraît ici." / "Choose a platform, a proof or another fact: the effect shows here.";
    what_if_moves(n: u64): "{n} dossier bougerait|{n} dossiers bougeraient" / "{n} file would move|{n} files would move";
    what_if_moves_none: "Aucun dossier ne bougerait." / "No file would move.";
    what_if_stays(n: u64): "{n} resterait tel quel|{n} resteraient tels quels" / "{n} would stay as it is|{n} would stay as they are";
    what_if_left_out(n: u64): "{n} laissé de côté|{n} laissés de côté" / "{n} left out|{n} left out";
    what_if_score: "Score" / "Score";
    what_if_exposure: "Exposition" / "Exposure";
    what_if_ready: "Prêts" / "Ready";
    what_if_late: "En retard" / "Late";
    from_to(before: String, after: String): "{before} → {after}" / "{before} → {after}";
    said_from_to(what: &str, before: String, after: String): "{what} : de {before} à {after}" / "{what}: from {before} to {after}";
    what_if_date(what: &str, before: String, after: String): "{what} : {before} → {after}" / "{what}: {before} → {after}";
    what_if_no_date: "sans date" / "no date";
    what_if_more(n: u64): "et {n} autre|et {n} autres" / "and {n} more";
    what_if_apply: "Appliquer pour de bon" / "Apply for real";
    what_if_apply_to(n: u64): "Appliquer à {n} dossier|Appliquer à {n} dossiers" / "Apply to {n} file|Apply to {n} files";
    what_if_platform(name: &str): "plateforme {name}" / "platform {name}";
    what_if_proving_hint: "Vide : les preuves restent supposées." / "Empty: the proofs stay supposed.";
    what_if_writes(what: &str): "S’applique : {what}." / "Is applied: {what}.";
    what_if_leaves(what: &str): "Ne s’applique pas : {what}. Ces faits se saisissent dans chaque dossier, ou par un import." / "Is not applied: {what}. These facts are entered in each file, or by an import.";
    what_if_unproved: "Ne s’appliquent pas : les preuves, tant que vous n’écrivez pas ce qui les établit." / "Are not applied: the proofs, as long as you do not write what proves them.";
    what_if_applied(n: u64): "{n} dossier modifié.|{n} dossiers modifiés." / "{n} file changed.|{n} files changed.";
}
