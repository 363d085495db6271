//! Settings that use cases read. Where they come from (flags, variables, file) is the server's matter.

use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Settings {
    /// Life of an access token.
    pub access_token_life: Duration,
    /// Life of a session without use.
    pub session_life: Duration,
    pub invitation_life: Duration,
    /// Largest client list.
    pub import_max_bytes: u64,
    pub import_max_rows: u64,
    /// Largest export of a platform.
    pub flow_import_max_bytes: u64,
    pub flow_import_max_rows: u64,
    /// New cabinets may sign up.
    pub sign_up_open: bool,
    /// Memory of one password hash, KiB (argon2id); tests lower it.
    pub password_memory_kib: u32,
    /// Name of this process in job leases.
    pub worker: String,
    /// Scheme and authority under which clients reach the server: their links begin with it.
    pub public_url: String,
    /// Address from which mail leaves.
    pub mail_from: String,
    /// Messages that leave at the same time.
    pub mail_connections: usize,
    /// The mailbox of that address is read: what is written to it is heard.
    pub mail_is_read: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_life: Duration::from_secs(600),
            session_life: Duration::from_secs(30 * 24 * 3600),
            invitation_life: Duration::from_secs(7 * 24 * 3600),
            import_max_bytes: 50 * 1024 * 1024,
            import_max_rows: 250_000,
            flow_import_max_bytes: 256 * 1024 * 1024,
            flow_import_max_rows: 2_000_000,
            sign_up_open: true,
            password_memory_kib: 19_456,
            worker: "local".to_owned(),
            public_url: "http://127.0.0.1:8080".to_owned(),
            mail_from: "cabready@cabready.invalid".to_owned(),
            mail_connections: 4,
            mail_is_read: false,
        }
    }
}
