//! Words of the pages before the frame: sign-in, sign-up, invitation.

use super::texts;

texts! {
    door_languages: "Langue" / "Language";

    sign_in_title: "Connexion" / "Sign in";
    sign_in_lead: "Retrouvez vos dossiers là où vous les avez laissés." / "Find your files where you left them.";
    sign_in_act: "Se connecter" / "Sign in";
    sign_in_refused: "Vérifiez l’adresse et le mot de passe, majuscules et minuscules comprises." / "Check the address and the password, capitals included.";
    sign_in_again: "Votre session a expiré. Reconnectez-vous : vous reviendrez à la page que vous regardiez." / "Your session has expired. Sign in again: you will come back to the page you were looking at.";
    sign_in_new: "Votre cabinet n’est pas encore inscrit ?" / "Your firm has not signed up yet?";
    sign_in_to_sign_up: "Créer un cabinet" / "Create a firm";
    sign_in_invited: "Invité par un collègue ? Ouvrez le lien qu’il vous a remis." / "Invited by a colleague? Open the link they gave you.";
    sign_in_forgotten: "Mot de passe oublié ?" / "Password forgotten?";
    sign_in_forgotten_detail: "La personne qui exploite CabReady peut vous en donner un nouveau, avec la commande « cabready user reset-password »." / "The person who operates CabReady can give you a new one, with the command “cabready user reset-password”.";

    email: "E-mail" / "E-mail";
    password: "Mot de passe" / "Password";
    password_show: "Afficher le mot de passe" / "Show the password";
    password_hide: "Masquer le mot de passe" / "Hide the password";
    password_rule_length(n: u64): "12 caractères au moins ({n} saisi)|12 caractères au moins ({n} saisis)" / "At least 12 characters ({n} typed)|At least 12 characters ({n} typed)";
    password_rule_length_met: "12 caractères au moins" / "At least 12 characters";
    password_rule_own: "Ni votre nom, ni votre e-mail, ni le nom du cabinet" / "Not your name, your e-mail or the name of the firm";
    password_rule_plain: "Ni suite ni répétition ; quatre mots sans rapport entre eux conviennent bien" / "No sequence or repetition; four unrelated words do well";
    password_rules: "Règles du mot de passe" / "Rules for the password";

    sign_up_title: "Créer un cabinet" / "Create a firm";
    sign_up_lead: "Vous en serez le premier associé ; vous inviterez ensuite vos équipes." / "You will be its first partner; then you invite your teams.";
    sign_up_cabinet: "Nom du cabinet" / "Name of the firm";
    sign_up_cabinet_example: "Cabinet Martin & Associés" / "Martin & Partners";
    sign_up_name: "Votre prénom et votre nom" / "Your first and last name";
    sign_up_act: "Créer le cabinet" / "Create the firm";
    sign_up_have: "Votre cabinet est déjà inscrit ?" / "Your firm has signed up already?";
    sign_up_done: "Votre cabinet est prêt. Commencez par importer la liste de vos clients." / "Your firm is ready. Start by importing your client list.";

    invitation_title: "Invitation" / "Invitation";
    invitation_join(cabinet: &str): "Rejoindre {cabinet}" / "Join {cabinet}";
    invitation_lead(who: &str, role: String): "{who} vous invite avec le rôle « {role} »." / "{who} invites you with the role “{role}”.";
    invitation_email_hint: "Vous vous connecterez avec cette adresse." / "You will sign in with this address.";
    invitation_expires(when: String): "Cette invitation vaut jusqu’au {when}." / "This invitation is good until {when}.";
    invitation_act: "Rejoindre le cabinet" / "Join the firm";
    invitation_other(name: &str): "Vous êtes connecté ici en tant que {name}. Accepter l’invitation fermera cette session sur ce navigateur." / "You are signed in here as {name}. Accepting the invitation will close that session in this browser.";
    invitation_unusable: "Cette invitation ne peut pas servir" / "This invitation cannot be used";
    invitation_incomplete: "Ce lien d’invitation est incomplet" / "This invitation link is incomplete";
    invitation_incomplete_detail: "Le code qui suit le signe # manque. Copiez le lien en entier, tel qu’il vous a été remis." / "The code after the sign # is missing. Copy the whole link as it was given to you.";
    invitation_welcome(cabinet: &str): "Bienvenue chez {cabinet}." / "Welcome to {cabinet}.";
}
