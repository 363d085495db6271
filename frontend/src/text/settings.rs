//! Words of the settings.

use super::texts;

texts! {
    settings_title: "Paramètres" / "Settings";
    settings_account: "Mon compte" / "My account";
    settings_people: "Personnes" / "People";
    settings_invitations: "Invitations" / "Invitations";
    settings_portfolios: "Portefeuilles" / "Portfolios";
    settings_cabinet: "Cabinet" / "Firm";
    settings_about: "À propos" / "About";
    settings_saved: "Modifications enregistrées." / "Changes saved.";
    settings_stale: "Quelqu’un a modifié ces données entre-temps. Elles viennent d’être relues : vérifiez, puis enregistrez de nouveau." / "Somebody changed these data in the meantime. They have been read again: check them, then save again.";

    account_identity: "Identité" / "Identity";
    account_name: "Prénom et nom" / "First and last name";
    account_name_hint: "Tel que vos collègues le voient." / "As your colleagues see it.";
    account_email_hint: "L’adresse de connexion ne se modifie pas ici." / "The sign-in address cannot be changed here.";
    account_role: "Rôle" / "Role";
    account_access: "Accès" / "Access";
    account_language_hint: "Celle de l’écran et des messages que vous recevez." / "That of the screen and of the messages you receive.";

    account_password: "Mot de passe" / "Password";
    account_password_lead: "Le changer ferme vos autres sessions." / "Changing it ends your other sessions.";
    account_password_current: "Mot de passe actuel" / "Present password";
    account_password_wrong: "Ce n’est pas votre mot de passe actuel." / "This is not your present password.";
    account_password_new: "Nouveau mot de passe" / "New password";
    account_password_act: "Changer le mot de passe" / "Change the password";
    account_password_done: "Mot de passe changé. Vos autres sessions sont fermées." / "Password changed. Your other sessions have ended.";

    sessions: "Sessions ouvertes" / "Open sessions";
    sessions_lead: "Les navigateurs où vous êtes connecté. Fermez celles que vous ne reconnaissez pas." / "The browsers in which you are signed in. End those that you do not recognise.";
    session_current: "Cette session" / "This session";
    session_unknown_device: "Appareil inconnu" / "Unknown device";
    session_on(browser: &str, system: &str): "{browser} sur {system}" / "{browser} on {system}";
    session_since(when: String): "ouverte le {when}" / "opened {when}";
    session_seen(when: String): "active {when}" / "active {when}";
    session_end: "Fermer" / "End";
    session_end_of(device: &str): "Fermer la session {device}" / "End the session {device}";
    session_ended: "Session fermée." / "Session ended.";

    people_lead(n: u64): "{n} personne active|{n} personnes actives" / "{n} active person|{n} active people";
    people_table: "Personnes du cabinet" / "People of the firm";
    people_invite: "Inviter une personne" / "Invite a person";
    person_name: "Nom" / "Name";
    person_role: "Rôle" / "Role";
    person_access: "Accès" / "Access";
    person_portfolios: "Portefeuilles" / "Portfolios";
    person_aliases: "Noms dans vos logiciels" / "Names in your software";
    person_dossiers: "Dossiers" / "Files";
    person_seen: "Dernière activité" / "Last seen";
    person_never: "Jamais connecté" / "Never signed in";
    person_inactive: "Désactivé" / "Deactivated";
    person_you: "vous" / "you";
    person_all_portfolios: "Tous" / "All";
    person_rights: "Droits" / "Rights";
    person_own_role: "On ne change pas son propre rôle : demandez à un autre associé." / "Nobody changes their own role: ask another partner.";
    person_access_by_role(role: String): "Décidé par le rôle « {role} »." / "Decided by the role “{role}”.";
    person_portfolios_hint: "La personne voit les dossiers de ces portefeuilles et ceux dont elle est chargée." / "The person sees the files of these portfolios and those they are in charge of.";
    person_aliases_hint: "Un import confie les dossiers à la personne quand il rencontre un de ces noms : code, initiales, nom court. Tapez un nom, puis Entrée." / "An import hands files over to the person when it meets one of these names: code, initials, short name. Type a name, then Enter.";
    person_aliases_placeholder: "Ajouter un nom…" / "Add a name…";
    person_see_dossiers(n: u64): "Voir {n} dossier|Voir {n} dossiers" / "See {n} file|See {n} files";
    person_deactivate: "Désactiver" / "Deactivate";
    person_deactivate_title(name: &str): "Désactiver {name} ?" / "Deactivate {name}?";
    person_deactivate_detail: "Ses sessions se ferment aussitôt et la connexion lui sera refusée. Rien n’est effacé : ses dossiers restent à son nom jusqu’à ce que vous les confiiez à quelqu’un d’autre, et vous pourrez réactiver la personne." / "Their sessions end at once and signing in will be refused. Nothing is erased: their files stay in their name until you hand them to somebody else, and you can reactivate the person.";
    person_deactivate_dossiers(n: u64): "{n} dossier est à confier à quelqu’un d’autre.|{n} dossiers sont à confier à quelqu’un d’autre." / "{n} file is to be handed to somebody else.|{n} files are to be handed to somebody else.";
    person_deactivated(name: &str): "{name} n’a plus accès au cabinet." / "{name} no longer has access to the firm.";
    person_reactivate: "Réactiver" / "Reactivate";
    person_reactivated(name: &str): "{name} peut de nouveau se connecter." / "{name} can sign in again.";

    role_partner_detail: "Voit tout le cabinet, gère les personnes et le cabinet." / "Sees the whole firm, manages people and the firm.";
    role_manager_detail: "Importe, distribue les dossiers, gère les portefeuilles." / "Imports, hands files out, manages portfolios.";
    role_staff_detail: "Travaille sur ses portefeuilles et ses dossiers." / "Works on their portfolios and files.";
    role_viewer_detail: "Lit, sans rien modifier." / "Reads, changes nothing.";

    unknown_names: "Noms sans personne" / "Names without a person";
    unknown_names_lead: "Vos imports nomment ces personnes en charge, mais aucun compte n’y répond : leurs dossiers attendent quelqu’un." / "Your imports name these people in charge, but no account answers to them: their files wait for somebody.";
    unknown_hand_over: "Confier à…" / "Hand over to…";
    unknown_hand_over_of(label: &str): "Confier « {label} » à…" / "Hand “{label}” over to…";
    unknown_title(label: &str): "Qui est « {label} » ?" / "Who is “{label}”?";
    unknown_detail(label: &str): "Le nom « {label} » sera retenu pour cette personne : ses dossiers lui sont confiés maintenant, et les prochains imports aussi." / "The name “{label}” will be kept for this person: its files are handed over now, and at the next imports too.";
    unknown_person: "Personne" / "Person";
    unknown_person_missing: "Choisissez une personne, ou invitez-la." / "Choose a person, or invite them.";
    unknown_invite: "Inviter quelqu’un d’autre" / "Invite somebody else";
    unknown_act: "Confier les dossiers" / "Hand the files over";
    unknown_done(n: u64, name: &str): "{n} dossier confié à {name}.|{n} dossiers confiés à {name}." / "{n} file handed over to {name}.|{n} files handed over to {name}.";

    invitations_table: "Invitations" / "Invitations";
    invitations_empty: "Aucune invitation" / "No invitation";
    invitations_empty_detail: "Invitez vos collègues : chacun choisit son mot de passe en ouvrant son lien." / "Invite your colleagues: each chooses a password when opening their link.";
    invitation_new: "Inviter une personne" / "Invite a person";
    invitation_email: "E-mail de la personne" / "E-mail of the person";
    invitation_portfolios_hint: "Vous pourrez les changer à tout moment." / "You can change them at any time.";
    invitation_send: "Créer l’invitation" / "Create the invitation";
    invitation_ready: "L’invitation est prête" / "The invitation is ready";
    invitation_ready_detail(email: &str): "Remettez ce lien à {email}, par le moyen de votre choix. Il n’est montré qu’une fois, sert une seule fois et expire au bout de sept jours." / "Give this link to {email}, by the means of your choice. It is shown once, works once and expires after seven days.";
    invitation_link: "Lien d’invitation" / "Invitation link";
    invitation_another: "Inviter quelqu’un d’autre" / "Invite somebody else";
    invitation_done: "Terminé" / "Done";
    invitation_state: "État" / "State";
    invitation_state_open: "En attente" / "Waiting";
    invitation_state_accepted: "Acceptée" / "Accepted";
    invitation_state_revoked: "Retirée" / "Withdrawn";
    invitation_state_expired: "Expirée" / "Expired";
    invitation_created: "Créée le" / "Created";
    invitation_expiry: "Expire le" / "Expires";
    invitation_revoke: "Retirer l’invitation" / "Withdraw the invitation";
    invitation_revoke_title(email: &str): "Retirer l’invitation de {email} ?" / "Withdraw the invitation of {email}?";
    invitation_revoke_detail: "Le lien remis cessera de fonctionner. Vous pourrez en créer un autre." / "The link that was given will stop working. You can create another one.";
    invitation_revoked: "Invitation retirée." / "Invitation withdrawn.";

    portfolios_table: "Portefeuilles" / "Portfolios";
    portfolios_empty: "Aucun portefeuille" / "No portfolio";
    portfolios_empty_detail: "Un portefeuille réunit des dossiers que vous confiez à une équipe : les collaborateurs ne voient que les leurs." / "A portfolio gathers files that you give to a team: staff see only theirs.";
    portfolios_partly: "Ne sont listés que les portefeuilles qui vous sont confiés." / "Only the portfolios that are given to you are listed.";
    portfolios_none_yours: "Aucun portefeuille ne vous est confié pour l’instant." / "No portfolio is given to you for now.";
    portfolio_new: "Nouveau portefeuille" / "New portfolio";
    portfolio_name: "Nom du portefeuille" / "Name of the portfolio";
    portfolio_name_example: "Commerces de Lille" / "Shops of Lille";
    portfolio_people: "Confié à" / "Given to";
    portfolio_people_hint: "Les associés, et ceux qui ont accès à tout le cabinet, le voient déjà." / "Partners, and those with access to the whole firm, see it already.";
    portfolio_people_none: "Personne" / "Nobody";
    portfolio_dossiers: "Dossiers" / "Files";
    portfolio_create: "Créer le portefeuille" / "Create the portfolio";
    portfolio_created(name: &str): "Portefeuille « {name} » créé." / "Portfolio “{name}” created.";
    portfolio_delete: "Supprimer le portefeuille" / "Delete the portfolio";
    portfolio_delete_title(name: &str): "Supprimer « {name} » ?" / "Delete “{name}”?";
    portfolio_delete_detail: "Il est vide : aucun dossier ne change de place." / "It is empty: no file moves.";
    portfolio_not_empty(n: u64): "Il contient {n} dossier : déplacez-le d’abord vers un autre portefeuille.|Il contient {n} dossiers : déplacez-les d’abord vers un autre portefeuille." / "It holds {n} file: move it to another portfolio first.|It holds {n} files: move them to another portfolio first.";
    portfolio_deleted(name: &str): "Portefeuille « {name} » supprimé." / "Portfolio “{name}” deleted.";
    portfolio_see_dossiers: "Voir les dossiers" / "See the files";

    cabinet_name: "Nom du cabinet" / "Name of the firm";
    cabinet_name_hint: "Il paraît en haut de l’écran et dans les invitations." / "It stands at the top of the screen and in invitations.";
    cabinet_since(when: String): "Inscrit le {when}." / "Signed up {when}.";
    cabinet_partner_only: "Seul un associé peut renommer le cabinet." / "Only a partner can rename the firm.";

    about_version: "Version" / "Version";
    about_docs: "Documentation de l’API" / "API documentation";
    about_docs_detail: "Tout ce que fait l’écran, vos outils peuvent le faire." / "Whatever the screen does, your own tools can do.";
    about_openapi: "Description OpenAPI" / "OpenAPI description";
    about_keys: "Raccourcis clavier" / "Keyboard shortcuts";
    about_keys_detail: "La liste s’ouvre de partout avec la touche « ? »." / "The list opens from anywhere with the key “?”.";
}
