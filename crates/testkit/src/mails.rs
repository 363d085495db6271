//! Messages that left, read back from the folder that they left into.

use std::time::{Duration, Instant};

use mail_parser::{MessageParser, MimeHeaders};

use crate::TestApp;

/// A message as its reader has it.
#[derive(Debug, Clone)]
pub struct Message {
    pub id: String,
    pub to: String,
    pub from: String,
    pub reply_to: Option<String>,
    pub subject: String,
    pub text: String,
    /// Name and bytes.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Message {
    /// Reads a message in its form on the wire.
    pub fn read(bytes: &[u8]) -> Self {
        let message = MessageParser::default().parse(bytes).expect("a message");
        let first = |address: Option<&mail_parser::Address<'_>>| {
            address.and_then(|a| a.first()).and_then(|a| a.address()).map(str::to_owned)
        };
        Self {
            id: message.message_id().unwrap_or_default().to_owned(),
            to: first(message.to()).unwrap_or_default(),
            from: first(message.from()).unwrap_or_default(),
            reply_to: first(message.reply_to()),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
            files: message
                .attachments()
                .map(|a| (a.attachment_name().unwrap_or_default().to_owned(), a.contents().to_vec()))
                .collect(),
        }
    }

    /// The path of the link that it brings.
    pub fn link(&self) -> String {
        let at = self.text.find("/l/lnk_").unwrap_or_else(|| panic!("no link in: {}", self.text));
        self.text[at..].split_whitespace().next().unwrap_or_default().to_owned()
    }

    /// The six digits that it tells.
    pub fn code(&self) -> String {
        let found = self.text.split_whitespace().find(|w| w.len() == 6 && w.bytes().all(|b| b.is_ascii_digit()));
        found.unwrap_or_else(|| panic!("no code in: {}", self.text)).to_owned()
    }
}

impl TestApp {
    /// What has left so far, the first one first.
    pub fn mails(&self) -> Vec<Message> {
        let Ok(folder) = std::fs::read_dir(self.outside.path().join("mails")) else { return Vec::new() };
        let mut paths: Vec<_> = folder.filter_map(|e| Some(e.ok()?.path())).collect();
        // Named by their id, whose order is that of their making.
        paths.sort();
        paths
            .iter()
            .filter(|p| p.extension().is_some_and(|e| e == "eml"))
            .map(|p| Message::read(&std::fs::read(p).expect("a message")))
            .collect()
    }

    /// Waits until so many messages have left.
    #[track_caller]
    pub fn wait_for_mails(&self, n: usize) -> Vec<Message> {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let mails = self.mails();
            if mails.len() >= n {
                return mails;
            }
            assert!(Instant::now() < end, "{} messages of {n} have left: {mails:?}", mails.len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
