//! Who may do what. Permissions say which acts; access says on which dossiers.

closed_enum! {
    /// Role of a person in a cabinet: associé, responsable, collaborateur, lecteur.
    pub enum Role { Partner = "partner", Manager = "manager", Staff = "staff", Viewer = "viewer" }
}

closed_enum! {
    /// On which dossiers a person's permissions bear.
    pub enum Access {
        /// Every dossier of the cabinet.
        All = "all",
        /// The dossiers of the portfolios given to the person, and those the person is in charge of.
        Granted = "granted",
    }
}

closed_enum! {
    /// An act that a role may allow.
    pub enum Permission {
        /// Any signed-in person.
        SignedIn = "signed_in",
        DossierRead = "dossier_read",
        DossierWrite = "dossier_write",
        /// Create and delete dossiers, hand them to people and portfolios.
        DossierManage = "dossier_manage",
        /// Import client lists; asks for access to the whole cabinet, because a list may touch any dossier.
        ImportRun = "import_run",
        PortfolioManage = "portfolio_manage",
        PeopleManage = "people_manage",
        CabinetManage = "cabinet_manage",
        JournalRead = "journal_read",
    }
}

impl Role {
    pub const fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match permission {
            P::SignedIn | P::DossierRead => true,
            P::DossierWrite => !matches!(self, Role::Viewer),
            P::DossierManage | P::ImportRun | P::PortfolioManage | P::JournalRead => {
                matches!(self, Role::Partner | Role::Manager)
            }
            P::PeopleManage | P::CabinetManage => matches!(self, Role::Partner),
        }
    }

    /// A partner sees the whole firm, staff never do; for the others the partner decides.
    pub const fn access(self, wanted: Access) -> Access {
        match self {
            Role::Partner => Access::All,
            Role::Staff => Access::Granted,
            Role::Manager | Role::Viewer => wanted,
        }
    }
}

impl Permission {
    /// Acts on the cabinet as a whole, which a person limited to portfolios cannot do whatever the role.
    pub const fn needs_whole_cabinet(self) -> bool {
        matches!(self, Permission::ImportRun | Permission::PortfolioManage | Permission::JournalRead)
    }
}
