//! A disk without room. A limit on the size of files, set for a process of its own, gives the same as a full disk: bytes
//! that cannot be written.
#![cfg(unix)]

use std::process::Command;

use gateway::mail::{self, MailError, Mailer};
use gateway::vault::{Folder, Vault, VaultError};

use crate::{counting, mail};

const WITHOUT_ROOM: &str = "GATEWAY_TEST_WITHOUT_ROOM";

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    if std::env::var_os(WITHOUT_ROOM).is_some() {
        return without_room();
    }
    let said = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg("disk::a_full_disk_is_told_and_leaves_nothing")
        .env(WITHOUT_ROOM, "1")
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && out.contains("1 passed"), "{out}\n{}", String::from_utf8_lossy(&said.stderr));
}

fn without_room() {
    let folder = tempfile::tempdir().unwrap();
    let documents = folder.path().join("documents");
    let refused = Folder::new(&documents).put("cab/doc", b"%PDF-1.7").unwrap_err();
    assert!(matches!(refused, VaultError::Full(_)), "{refused:?}");
    assert!(refused.to_string().contains("no room left"), "{refused}");
    assert!(!Folder::new(&documents).exists("cab/doc").unwrap());

    let outbox = folder.path().join("outbox");
    let mut count = 0;
    let refused = mail::Folder::new(&outbox).open().unwrap().send(&mail("d-1"), &mut counting(&mut count)).unwrap_err();
    assert!(matches!(&refused, MailError::Temporary { why, .. } if why.en.contains("no room left")), "{refused:?}");
    assert_eq!(count, 0);

    let mut folders = vec![folder.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            assert!(entry.path().is_dir(), "{} was left behind", entry.path().display());
            folders.push(entry.path());
        }
    }
}
