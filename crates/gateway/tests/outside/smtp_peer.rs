//! A relay of a few lines: it asks the test what to say to each line and each content, and keeps what it heard.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub enum Heard<'a> {
    Connection,
    Line(&'a str),
    /// All of it, with its last dot.
    Content,
}

pub enum Say {
    Text(&'static str),
    /// 220, then TLS.
    Encrypt,
    Nothing,
    Close,
}

type Script = dyn Fn(usize, &Heard<'_>) -> Option<Say> + Send + Sync;

#[derive(Default)]
struct Log {
    connections: usize,
    lines: Vec<String>,
    contents: Vec<Vec<u8>>,
}

pub struct Peer {
    pub port: u16,
    log: Arc<Mutex<Log>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// `script` is given the number of the connection, from 1; where it says `None`, the relay takes everything.
    pub fn start(script: impl Fn(usize, &Heard<'_>) -> Option<Say> + Send + Sync + 'static) -> Self {
        Self::listening(script, false)
    }

    /// TLS from the first byte.
    pub fn encrypted(script: impl Fn(usize, &Heard<'_>) -> Option<Say> + Send + Sync + 'static) -> Self {
        Self::listening(script, true)
    }

    fn listening(script: impl Fn(usize, &Heard<'_>) -> Option<Say> + Send + Sync + 'static, tls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (log, ends) = (Arc::new(Mutex::new(Log::default())), Arc::new(AtomicBool::new(false)));
        let script: Arc<Script> = Arc::new(script);
        let thread = std::thread::spawn({
            let (log, ends) = (Arc::clone(&log), Arc::clone(&ends));
            move || {
                let mut talks = Vec::new();
                while let Ok((stream, _)) = listener.accept() {
                    if ends.load(Ordering::SeqCst) {
                        break;
                    }
                    let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                    talks.push(std::thread::spawn(move || {
                        // An end of the connection is an end of the talk, whoever chose it.
                        let _ = talk(stream, tls, &*script, &log);
                    }));
                }
                for talk in talks {
                    talk.join().unwrap();
                }
            }
        });
        Self { port, log, ends, thread: Some(thread) }
    }

    pub fn url(&self, rest: &str) -> String {
        format!("smtp://localhost:{}{rest}", self.port)
    }

    pub fn connections(&self) -> usize {
        self.log.lock().unwrap().connections
    }

    pub fn lines(&self) -> Vec<String> {
        self.log.lock().unwrap().lines.clone()
    }

    /// Contents that came to their last dot, as they were on the wire.
    pub fn contents(&self) -> Vec<Vec<u8>> {
        self.log.lock().unwrap().contents.clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port)));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the relay of the test failed");
        }
    }
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

fn encrypted(stream: TcpStream) -> Box<dyn Wire> {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/peer.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/peer.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Box::new(StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), stream))
}

fn talk(stream: TcpStream, tls: bool, script: &Script, log: &Mutex<Log>) -> io::Result<()> {
    let number = {
        let mut log = log.lock().unwrap();
        log.connections += 1;
        log.connections
    };
    let mut wire: Box<dyn Wire> = if tls { encrypted(stream.try_clone()?) } else { Box::new(stream.try_clone()?) };
    let mut say = script(number, &Heard::Connection).unwrap_or(Say::Text("220 peer ESMTP"));
    let mut content = None;
    loop {
        match say {
            Say::Text(text) => wire.write_all(format!("{text}\r\n").as_bytes())?,
            Say::Encrypt => {
                wire.write_all(b"220 go ahead\r\n")?;
                wire = encrypted(stream.try_clone()?);
            }
            Say::Nothing => {}
            Say::Close => return Ok(()),
        }
        wire.flush()?;
        if matches!(say, Say::Text(text) if text.starts_with("354")) {
            content = Some(Vec::new());
        }
        say = loop {
            let line = line(&mut *wire)?;
            match &mut content {
                Some(bytes) if line == b".\r\n" => {
                    let bytes = std::mem::take(bytes);
                    content = None;
                    log.lock().unwrap().contents.push(bytes);
                    break script(number, &Heard::Content).unwrap_or(Say::Text("250 2.0.0 queued as 4XyZ"));
                }
                Some(bytes) => bytes.extend_from_slice(&line),
                None => {
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    log.lock().unwrap().lines.push(line.clone());
                    break script(number, &Heard::Line(&line)).unwrap_or(taken(&line));
                }
            }
        };
    }
}

/// What a relay says that takes everything.
fn taken(line: &str) -> Say {
    match line.split_whitespace().next().unwrap_or_default() {
        "EHLO" => Say::Text("250-peer\r\n250-AUTH PLAIN LOGIN\r\n250-8BITMIME\r\n250 SMTPUTF8"),
        "DATA" => Say::Text("354 go ahead"),
        "AUTH" => Say::Text("235 2.7.0 welcome"),
        "QUIT" => Say::Text("221 bye"),
        _ => Say::Text("250 2.0.0 ok"),
    }
}

/// Byte by byte, so that nothing of what comes after STARTTLS is taken by mistake.
fn line(wire: &mut dyn Wire) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") {
        wire.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(line)
}
