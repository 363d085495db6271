//! What leads out of the installation: the mail that leaves, the files that are kept outside the database, signatures
//! that are asked of a provider, the platforms that are asked.

use std::path::Path;
use std::sync::Arc;

use gateway::mail::{self, Mailer};
use gateway::platform::{Afnor, Platforms};
use gateway::signature::Provider;
use gateway::vault::{self, Vault};

use crate::App;

#[derive(Clone)]
pub struct Ports {
    pub mailer: Arc<dyn Mailer>,
    /// By which the provider of mail signs what it tells; none is taken without.
    pub mail_events: Option<gateway::Secret>,
    pub vault: Arc<dyn Vault>,
    /// None unless the installation was told of one: clients sign by a code, then.
    pub signer: Option<Arc<dyn Provider>>,
    pub platforms: Arc<dyn Platforms>,
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No description holds a secret.
        let (mailer, vault) = (self.mailer.describe().en, self.vault.describe().en);
        let signer = self.signer.as_ref().map(|signer| signer.describe().en);
        let mut told = f.debug_struct("Ports");
        told.field("mailer", &mailer).field("vault", &vault).field("signer", &signer).finish_non_exhaustive()
    }
}

impl Ports {
    /// Folders below one and no provider of signatures, as an installation has them that was told nothing; platforms on the
    /// internet alone. A folder is made at its first use.
    pub fn in_folder(folder: &Path) -> Self {
        Self {
            mailer: Arc::new(mail::Folder::new(folder.join("mails"))),
            mail_events: None,
            vault: Arc::new(vault::Folder::new(folder.join("documents"))),
            signer: None,
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

    pub fn signer(&self) -> Option<&dyn Provider> {
        self.ports.signer.as_deref()
    }
}
