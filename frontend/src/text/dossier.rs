//! Words of one dossier: its page and its side panel.

use super::texts;

texts! {
    dossier_not_found_title: "Ce dossier est introuvable" / "This file was not found";
    dossier_not_found_detail: "Il a été supprimé, ou il n’est pas dans votre périmètre." / "It was deleted, or it is not within your scope.";
    dossier_back: "Retour à la liste" / "Back to the list";
    dossier_tabs: "Parties du dossier" / "Parts of the file";
    dossier_tab_score: "Préparation" / "Readiness";
    dossier_tab_calendar: "Calendrier" / "Calendar";
    dossier_tab_obligations: "Obligations" / "Obligations";
    dossier_tab_facts: "Fiche" / "Facts";
    dossier_tab_journal: "Journal" / "Journal";
    dossier_delete: "Supprimer le dossier" / "Delete the file";
    dossier_delete_title: "Supprimer ce dossier ?" / "Delete this file?";
    dossier_delete_detail(name: &str): "« {name} » et tout ce qui y est enregistré disparaîtront de la liste et des chiffres du cabinet. Le journal garde la trace de ce qu’il contenait. Cette action ne s’annule pas." / "“{name}” and all that it holds will leave the list and the figures of the firm. The journal keeps what it was. This act cannot be undone.";
    dossier_deleted(name: &str): "Dossier « {name} » supprimé." / "File “{name}” deleted.";
    dossier_confidential_detail: "Visible des associés et des personnes en charge seulement." / "Seen by partners and the people in charge only.";
    dossier_make_confidential: "Rendre confidentiel" / "Make confidential";
    dossier_make_open: "Lever la confidentialité" / "Make it open again";
    dossier_read_only: "Lecture seule : votre rôle ne permet pas de modifier." / "Read only: your role does not permit changes.";
    dossier_managed_only: "Modifiable par un responsable ou un associé." / "A manager or a partner can change this.";
    dossier_updated(when: &str): "Modifié {when}" / "Changed {when}";
    dossier_saved(what: &str): "{what} : enregistré." / "{what}: saved.";
    dossier_saved_many: "Modifications enregistrées." / "Changes saved.";
    dossier_restored: "Valeur précédente rétablie." / "Former value restored.";
    dossier_edit(what: &str): "Modifier : {what}" / "Edit: {what}";

    conflict_title: "Modifié entre-temps" / "Changed meanwhile";
    conflict_by(who: &str, when: &str): "{who} a modifié ce dossier {when} :" / "{who} changed this file {when}:";
    conflict_by_unknown: "Ce dossier a été modifié pendant que vous l’aviez ouvert :" / "This file was changed while you had it open:";
    conflict_change(field: &str, before: &str, after: &str): "{field} : {before} → {after}" / "{field}: {before} → {after}";
    conflict_mine: "Votre modification, pas encore enregistrée :" / "Your change, not saved yet:";
    conflict_apply: "Appliquer ma modification" / "Apply my change";
    conflict_drop: "Garder la version actuelle" / "Keep the present version";

    score_title: "Préparation" / "Readiness";
    score_missing(n: u64): "{n} critère à remplir|{n} critères à remplir" / "{n} criterion to meet|{n} criteria to meet";
    score_complete: "Tous les critères qui s’appliquent sont remplis." / "Every criterion that applies is met.";
    score_next: "Prochaine action" / "Next act";
    score_points(points: String, weight: String): "{points} / {weight}" / "{points} / {weight}";
    score_points_label(points: String, weight: String): "{points} points sur {weight}" / "{points} points out of {weight}";
    score_not_applicable: "Ne s’applique pas" / "Does not apply";
    score_met: "Rempli" / "Met";
    score_capped(won: u64): "{won} point gagné, plafonné par :|{won} points gagnés, plafonnés par :" / "{won} point won, held down by:|{won} points won, held down by:";
    score_cap(label: &str, at_most: u64): "{label} : {at_most} au plus" / "{label}: {at_most} at most";
    proof_what: "Ce qui le prouve" / "What proves it";
    proof_what_hint: "Par exemple : mandat signé le 12/10, facture de test reçue." / "Such as: mandate signed, test invoice received.";
    proof_what_missing: "Dites ce qui le prouve." / "Say what proves it.";
    proof_on: "Date de la preuve" / "Day of the proof";
    proof_day_missing: "Une date est attendue." / "A date is expected.";
    proof_until: "Valable jusqu’au" / "Valid until";
    proof_until_hint: "Sans date, la durée du barème s’applique ; une preuve expirée compte pour moitié." / "Without a date the scale’s own duration applies; expired proof counts half.";
    proof_dated(day: String): "Preuve du {day}" / "Proof of {day}";
    proof_ends(day: String): "valable jusqu’au {day}" / "valid until {day}";
    proof_by(who: &str): "par {who}" / "by {who}";
    proof_remove: "Retirer la preuve" / "Take the proof away";
    directory_state: "Ce que dit l’annuaire" / "What the directory says";
    directory_as_of: "Consulté le" / "Read on";
    directory_source: "Source" / "Source";
    directory_by_hand: "Annuaire public, consulté à la main" / "Public directory, read by hand";
    directory_told(state: &str, day: String, source: &str): "{state}, au {day} ({source})" / "{state}, as of {day} ({source})";
    score_half: "Compte pour moitié" / "Counts half";
    score_missing_state: "Manque" / "Missing";
    score_late_for(what: &str): "En retard pour : {what}" / "Late for: {what}";
    score_due(day: String): "Prochaine échéance non préparée : {day}" / "Next deadline not prepared: {day}";
    score_table(version: &str): "Barème du {version}" / "Scale of {version}";
    score_identity_fix: "Comparez le SIREN à l’extrait Kbis : sa clé de contrôle ne correspond pas. S’il est faux, créez le bon dossier puis supprimez celui-ci." / "Compare the SIREN with the company register: its check digit does not hold. If it is wrong, create the right file and delete this one.";

    obligations_title: "Obligations de la réforme" / "Obligations of the reform";
    obligation_applies(day: String): "S’applique à compter du {day}" / "Applies from {day}";
    obligation_applies_since(day: String): "S’applique depuis le {day}" / "Applies since {day}";
    obligation_not_applicable: "Ne s’applique pas" / "Does not apply";
    obligation_undetermined: "Pas encore déterminable" / "Not determinable yet";
    obligation_missing(what: &str): "Il manque : {what}." / "Missing: {what}.";
    obligation_source(source: &str): "Source : {source}" / "Source: {source}";
    obligation_prepared: "Préparé" / "Prepared";
    obligation_unprepared: "Pas encore préparé" / "Not prepared yet";

    size_title: "Taille au sens de la loi" / "Size by law";
    size_figure: "Chiffre" / "Figure";
    size_value: "Dossier" / "File";
    size_computed(class: &str): "Calculée : {class}" / "Computed: {class}";
    size_overridden(class: &str): "Retenue par le cabinet : {class}" / "Stated by the firm: {class}";
    size_missing(what: &str): "Il manque {what} pour la déterminer." / "{what} is missing to determine it.";
    size_at_most_pme_note: "Au plus PME : cela suffit pour fixer les dates." / "At most SME: enough to fix the dates.";
    size_boundary: "5 000 personnes exactement : les deux textes officiels divergent ; traité comme grande entreprise, à vérifier." / "Exactly 5,000 persons: the two official wordings differ; treated as large, to be checked.";
    size_rule: "Effectif sous le seuil, et chiffre d’affaires ou bilan dans la limite. Exercice clos avant le 1er janvier 2025, par entité légale." / "Headcount below the threshold, and turnover or balance sheet within the limit. Year closed before 1 January 2025, per legal entity.";
    size_below(n: String): "moins de {n}" / "below {n}";
    size_at_most(amount: String): "{amount} au plus" / "{amount} at most";
    size_override_act: "Retenir une autre taille" / "State another size";
    size_override_class: "Taille retenue" / "Size stated";
    size_override_reason: "Raison" / "Reason";
    size_override_reason_hint: "Elle sera montrée avec le calcul, par exemple : comptes du groupe non consolidés." / "It will be shown beside the computation, such as: group accounts not consolidated.";
    size_override_reason_missing: "Dites pourquoi la taille calculée est écartée." / "Say why the computed size is set aside.";
    size_override_remove: "Revenir à la taille calculée" / "Return to the computed size";
    size_override_because(reason: &str): "Raison : {reason}" / "Reason: {reason}";

    group_identity: "Identité" / "Identity";
    group_vat: "TVA" / "VAT";
    group_size: "Taille" / "Size";
    group_activity: "Activité et facturation" / "Activity and invoicing";
    group_platforms: "Plateformes" / "Platforms";
    group_contacts: "Contacts" / "Contacts";
    group_follow_up: "Suivi" / "Follow-up";

    regime_now: "Régime en vigueur" / "Regime in force";
    regime_state: "Indiquer un régime" / "State a regime";
    regime_change: "Changer de régime" / "Change the regime";
    regime_new: "Nouveau régime" / "New regime";
    regime_from: "À compter du" / "From";
    regime_since_start: "depuis l’origine" / "from the start";
    regime_coming: "à venir" / "to come";
    regime_missing: "Choisissez un régime." / "Choose a regime.";
    regime_remove(name: &str): "Retirer la période {name}" / "Take the period {name} away";
    regime_ends(day: String, source: &str): "Ce régime prend fin le {day} : indiquez celui qui suivra ({source})." / "This regime ends on {day}: state the one after it ({source}).";

    contact_add: "Ajouter un contact" / "Add a contact";
    contact_edit(name: &str): "Modifier {name}" / "Edit {name}";
    contact_remove(name: &str): "Retirer {name}" / "Remove {name}";
    contact_name: "Nom" / "Name";
    contact_email: "E-mail" / "E-mail";
    contact_phone: "Téléphone" / "Telephone";
    contact_none: "Aucun contact." / "No contact.";
    contact_empty: "Indiquez au moins un nom, un e-mail ou un téléphone." / "Give at least a name, an e-mail or a telephone number.";
    contact_this: "ce contact" / "this contact";

    siret_add: "Ajouter un SIRET" / "Add a SIRET";
    siret_label: "SIRET" / "SIRET";
    siret_hint: "14 chiffres, ou les 5 derniers." / "14 digits, or the last 5.";
    siret_remove(number: &str): "Retirer le SIRET {number}" / "Remove the SIRET {number}";
    siret_known: "Ce SIRET est déjà enregistré." / "This SIRET is recorded already.";

    tag_add: "Ajouter une étiquette" / "Add a tag";
    tag_remove(name: &str): "Retirer l’étiquette {name}" / "Remove the tag {name}";

    platform_same: "La même que la réception" / "The same as reception";
    platform_hint: "Commencez à taper : le registre public propose les noms." / "Start typing: the public register offers the names.";

    history_create: "Dossier créé" / "File created";
    history_import_create: "Créé par un import" / "Created by an import";
    history_update(what: &str): "Modifié : {what}" / "Changed: {what}";
    history_delete: "Dossier supprimé" / "File deleted";
    history_undo(what: &str): "Action annulée : {what}" / "Act undone: {what}";
    history_hand_over(what: &str): "Repris par son titulaire : {what}" / "Taken over by its holder: {what}";
    history_import(what: &str): "Modifié par un import : {what}" / "Changed by an import: {what}";
    history_change(field: &str, before: &str, after: &str): "{field} : {before} → {after}" / "{field}: {before} → {after}";
    history_set(field: &str, after: &str): "{field} : {after}" / "{field}: {after}";
    history_more(n: u64): "et {n} autre champ|et {n} autres champs" / "and {n} more field|and {n} more fields";
    history_empty: "Aucune écriture." / "No entry.";
    history_system: "CabReady" / "CabReady";
}
