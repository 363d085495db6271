//! A relay on this machine that takes every message and remembers which: the peer of the sending.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Taken {
    /// How often each Message-ID was taken.
    ids: Mutex<HashMap<String, u32>>,
    /// How often something was taken for each address.
    addresses: Mutex<HashMap<String, u32>>,
    count: AtomicUsize,
    stop: AtomicBool,
}

pub struct Peer {
    pub address: SocketAddr,
    taken: Arc<Taken>,
}

impl Peer {
    pub fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let taken = Arc::new(Taken::default());
        let shared = taken.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stop.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(stream) = stream else { continue };
                let shared = shared.clone();
                // A client that hangs up is no fault of the relay.
                std::thread::spawn(move || drop(talk(stream, &shared)));
            }
        });
        Ok(Self { address, taken })
    }

    /// The setting that leads here.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    pub fn count(&self) -> usize {
        self.taken.count.load(Ordering::Relaxed)
    }

    /// How often each Message-ID was taken.
    pub fn ids(&self) -> HashMap<String, u32> {
        self.taken.ids.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often something was taken for each address.
    pub fn addresses(&self) -> HashMap<String, u32> {
        self.taken.addresses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.taken.stop.store(true, Ordering::Relaxed);
        // Wakes the one who listens.
        drop(TcpStream::connect(self.address));
    }
}

fn talk(stream: TcpStream, taken: &Taken) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    out.write_all(b"220 peer.test ESMTP\r\n")?;
    let (mut line, mut to) = (String::new(), String::new());
    loop {
        line.clear();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = line.trim_end().to_ascii_uppercase();
        if word.starts_with("EHLO") {
            out.write_all(b"250-peer.test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?;
        } else if word.starts_with("DATA") {
            out.write_all(b"354 go on\r\n")?;
            let mut id = String::new();
            loop {
                line.clear();
                if lines.read_line(&mut line)? == 0 {
                    // Cut off before the last dot: not taken.
                    return Ok(());
                }
                let text = line.trim_end();
                if text == "." {
                    break;
                }
                if let Some(value) = text.strip_prefix("Message-ID:") {
                    id = value.trim().to_owned();
                }
            }
            *taken.ids.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default() += 1;
            let address = std::mem::take(&mut to);
            *taken.addresses.lock().unwrap_or_else(PoisonError::into_inner).entry(address).or_default() += 1;
            let n = taken.count.fetch_add(1, Ordering::Relaxed) + 1;
            out.write_all(format!("250 2.0.0 taken as {n}\r\n").as_bytes())?;
        } else if word.starts_with("QUIT") {
            return out.write_all(b"221 goodbye\r\n");
        } else {
            if let Some(path) = word.strip_prefix("RCPT TO:") {
                to = path.to_lowercase();
            }
            out.write_all(b"250 2.0.0 fine\r\n")?;
        }
    }
}
