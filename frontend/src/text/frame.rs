//! Words of the frame: navigation, top bar, overlays.

use super::texts;

texts! {
    product: "CabReady" / "CabReady";
    skip_to_content: "Aller au contenu" / "Skip to content";
    nav_main: "Navigation principale" / "Main navigation";
    nav_cockpit: "Cockpit" / "Cockpit";
    nav_dossiers: "Dossiers" / "Files";
    nav_deadlines: "Échéancier" / "Deadlines";
    nav_relances: "Relances" / "Relances";
    nav_imports: "Imports" / "Imports";
    nav_journal: "Journal" / "Journal";
    nav_settings: "Paramètres" / "Settings";
    nav_more: "Plus" / "More";
    nav_collapse: "Réduire la navigation" / "Collapse the navigation";
    nav_expand: "Déployer la navigation" / "Expand the navigation";
    nav_to_do(n: u64): "{n} à traiter|{n} à traiter" / "{n} to handle|{n} to handle";

    top_scope: "Cabinet et portefeuille" / "Firm and portfolio";
    top_scope_all: "Tous les portefeuilles" / "All portfolios";
    top_scope_none: "Sans portefeuille" / "Outside any portfolio";
    top_scope_one: "Un portefeuille" / "One portfolio";
    top_scope_manage: "Gérer les portefeuilles" / "Manage portfolios";
    top_search: "Rechercher…" / "Search…";
    top_jobs: "Travaux et notifications" / "Jobs and notifications";
    top_jobs_running(n: u64): "{n} travail en cours|{n} travaux en cours" / "{n} job running|{n} jobs running";
    top_unread(n: u64): "{n} non lue|{n} non lues" / "{n} unread|{n} unread";
    top_person: "Votre compte" / "Your account";

    top_account: "Mon compte" / "My account";


    demo_title: "Cabinet de démonstration." / "Demonstration firm.";
    demo_detail: "Les entreprises et les chiffres sont inventés : essayez tout, rien ne part vers personne." / "The companies and figures are invented: try everything, nothing is sent to anybody.";
    demo_act: "Créer mon cabinet" / "Create my firm";

    role_partner: "Associé" / "Partner";
    role_manager: "Responsable" / "Manager";
    role_staff: "Collaborateur" / "Staff";
    role_viewer: "Lecteur" / "Viewer";
    access_all: "Tout le cabinet" / "The whole firm";
    access_granted: "Portefeuilles confiés" / "Portfolios given";

    act_import: "Importer une liste de clients" / "Import a client list";

    theme: "Thème" / "Theme";
    theme_system: "Comme le système" / "Same as the system";
    theme_light: "Clair" / "Light";
    theme_dark: "Sombre" / "Dark";
    language: "Langue" / "Language";
    density: "Densité" / "Density";
    density_regular: "Aérée" / "Regular";
    density_compact: "Compacte" / "Compact";
    sign_out: "Se déconnecter" / "Sign out";

    crash_title: "L’écran s’est arrêté" / "The screen has stopped";
    crash_detail: "Une erreur de CabReady a interrompu l’affichage. Ce qui était enregistré l’est toujours ; rechargez la page pour continuer." / "A fault in CabReady stopped the screen. What was saved is safe; reload the page to go on.";
    session_over_title: "Votre session a expiré" / "Your session has expired";
    session_over_detail: "Reconnectez-vous pour continuer : vous retrouverez cette page telle que vous l’avez laissée." / "Sign in again to go on: you will find this page as you left it.";
    session_over_act: "Se reconnecter" / "Sign in again";

    not_found_title: "Cette page n’existe pas" / "This page does not exist";
    not_found_detail(path: &str): "L’adresse {path} ne mène à rien. Elle a peut-être changé, ou le lien a été coupé." / "The address {path} leads nowhere. It may have changed, or the link was cut.";
    not_found_act: "Revenir à l’accueil" / "Back to the start";
}

impl super::Lang {
    pub fn role(self, role: domain::Role) -> &'static str {
        match role {
            domain::Role::Partner => self.role_partner(),
            domain::Role::Manager => self.role_manager(),
            domain::Role::Staff => self.role_staff(),
            domain::Role::Viewer => self.role_viewer(),
        }
    }

    pub fn access(self, access: domain::Access) -> &'static str {
        match access {
            domain::Access::All => self.access_all(),
            domain::Access::Granted => self.access_granted(),
        }
    }
}
