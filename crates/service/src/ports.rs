//! What leads out of the installation: the mail that leaves, the files that are kept outside the database,
//! the platforms that are asked.

use std::path::Path;
use std::sync::Arc;

use gateway::mail::{self, Mailer};
use gateway::platform::{Afnor, Platforms};
use gateway::vault::{self, Vault};

use crate::App;

#[derive(Clone)]
pub struct Ports {
    pub mailer: Arc<dyn Mailer>,
    pub vault: Arc<dyn Vault>,
    pub platforms: Arc<dyn Platforms>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither description holds a secret.
        let (mailer, vault) = (self.mailer.describe().en, self.vault.describe().en);
        f.debug_struct("Ports").field("mailer", &mailer).field("vault", &vault).finish_non_exhaustive()
    }
}

impl Ports {
    /// Mail and files as folders below one, as an installation has them that was told nothing; platforms on the internet
    /// alone. A folder is made at its first use.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            mailer: Arc::new(mail::Folder::new(folder.join("mails"))),
            vault: Arc::new(vault::Folder::new(folder.join("documents"))),
            platforms: Arc::new(Afnor::new(false)),
        }
    }
}

impl App {
    pub fn mailer(&self) -> &dyn Mailer {
        self.ports.mailer.as_ref()
    }

    pub fn vault(&self) -> &dyn Vault {
        self.ports.vault.as_ref()
    }

    pub fn platforms(&self) -> &dyn Platforms {
        self.ports.platforms.as_ref()
    }
}
