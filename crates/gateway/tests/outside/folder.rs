//! Mail as files.

use gateway::mail::{Folder, MailError, Mailer};
use mail_parser::MessageParser;

use crate::{counting, mail};

#[test]
fn a_mail_is_a_file_that_a_mail_program_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b");
    let mut count = 0;
    let receipt = Folder::new(&path).open().unwrap().send(&mail("f-1"), &mut counting(&mut count)).unwrap();
    assert_eq!((count, receipt.provider_id.as_str()), (1, "f-1.eml"));
    let bytes = std::fs::read(path.join("f-1.eml")).unwrap();
    let message = MessageParser::default().parse(&bytes).unwrap();
    assert_eq!(message.message_id(), Some("f-1@exemple.fr"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.join("f-1.eml").metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_mail_that_has_a_file_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Folder::new(folder.path()).open().unwrap();
    let mut count = 0;
    session.send(&mail("f-2"), &mut counting(&mut count)).unwrap();
    let before = std::fs::read(folder.path().join("f-2.eml")).unwrap();

    let mut other = mail("f-2");
    other.subject = "Autre".to_owned();
    session.send(&other, &mut counting(&mut count)).unwrap();
    assert_eq!(count, 1);
    assert_eq!(std::fs::read(folder.path().join("f-2.eml")).unwrap(), before);
}

#[test]
fn what_the_caller_cannot_note_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Folder::new(folder.path()).open().unwrap();
    let stop = MailError::Doubtful { why: domain::text::Text::new("non", "no") };
    assert_eq!(session.send(&mail("f-3"), &mut || Err(stop.clone())), Err(stop));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_in_the_place_of_the_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, b"").unwrap();
    for path in [path.clone(), path.join("below")] {
        let refused = Folder::new(&path).open().err().expect("refused");
        assert!(matches!(refused, MailError::Setup { .. }), "{refused:?}");
        assert!(refused.to_string().contains("file"), "{refused}");
    }
}

#[test]
fn a_folder_that_vanishes_is_a_reason_to_try_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut session = Folder::new(&path).open().unwrap();
    std::fs::remove_dir(&path).unwrap();
    let mut count = 0;
    let refused = session.send(&mail("f-4"), &mut counting(&mut count)).unwrap_err();
    assert!(matches!(refused, MailError::Temporary { .. }), "{refused:?}");
    assert_eq!(count, 0);
}
