//! An HTTP peer of a few lines: it asks the test what to answer to each request, and keeps what it was asked.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// With its query.
    pub target: String,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub enum Answer {
    Full {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Takes the request and keeps silent.
    Nothing,
    /// Takes the request and closes.
    Close,
    /// Says 200 and a length, then closes in the middle.
    Half,
}

impl Answer {
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Full { status, headers: Vec::new(), body: body.into() }
    }

    pub fn with(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Full { status, mut headers, body } => {
                headers.push((name, value.to_owned()));
                Self::Full { status, headers, body }
            }
            other => other,
        }
    }
}

pub struct Peer {
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Peer {
    /// `script` is given the number of the request, from 1.
    pub fn start(script: impl Fn(usize, &Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, ends) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let thread = std::thread::spawn({
            let (asked, ends, script) = (Arc::clone(&asked), Arc::clone(&ends), Arc::new(script));
            move || {
                let mut talks = Vec::new();
                while let Ok((stream, _)) = listener.accept() {
                    if ends.load(Ordering::SeqCst) {
                        break;
                    }
                    let (asked, script) = (Arc::clone(&asked), Arc::clone(&script));
                    talks.push(std::thread::spawn(move || {
                        let _ = talk(stream, &*script, &asked);
                    }));
                }
                for talk in talks {
                    talk.join().unwrap();
                }
            }
        });
        Self { port, asked, ends, thread: Some(thread) }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], self.port)));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(std::thread::panicking() || ended.is_ok(), "the HTTP peer of the test failed");
        }
    }
}

fn talk(
    stream: TcpStream,
    script: &(impl Fn(usize, &Asked) -> Answer + ?Sized),
    all: &Mutex<Vec<Asked>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let asked = read(&mut reader)?;
    let number = {
        let mut all = all.lock().unwrap();
        all.push(asked.clone());
        all.len()
    };
    let mut stream = stream;
    match script(number, &asked) {
        Answer::Full { status, headers, body } => {
            let mut head = format!("HTTP/1.1 {status} Said\r\nconnection: close\r\n");
            // 204 has no length, the answer to HEAD no body.
            if status != 204 {
                head.push_str(&format!("content-length: {}\r\n", body.len()));
            }
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            stream.write_all(format!("{head}\r\n").as_bytes())?;
            if asked.method != "HEAD" {
                stream.write_all(&body)?;
            }
        }
        Answer::Nothing => {
            // Until the other side has had enough.
            let _ = reader.read(&mut [0]);
        }
        Answer::Close => {}
        Answer::Half => stream.write_all(b"HTTP/1.1 200 Said\r\ncontent-length: 1000\r\n\r\n{\"id\":")?,
    }
    stream.flush()
}

fn read(reader: &mut impl BufRead) -> io::Result<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut asked = Asked { method, target, headers, body: Vec::new() };
    if let Some(length) = asked.header("content-length") {
        asked.body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut asked.body)?;
    }
    Ok(asked)
}
