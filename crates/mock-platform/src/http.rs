//! The few lines of HTTP/1.1 that a mock needs, and every way to break it.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    /// As it came, coded.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub way: Way,
}

/// How an answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Whole,
    /// After so long.
    Late(Duration),
    /// Cut off in the middle.
    Half,
    /// One byte after the other, so long between two.
    Drip(Duration),
    /// Not at all.
    Close,
}

impl Answer {
    pub fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), way: Way::Whole }
    }

    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::of(status, value.to_string()).with("content-type", "application/json")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// Serves until it is told to stop and somebody connects once more.
pub fn serve(listener: &TcpListener, ends: &AtomicBool, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) {
    let answer = Arc::new(answer);
    while let Ok((stream, _)) = listener.accept() {
        if ends.load(Ordering::SeqCst) {
            return;
        }
        let answer = Arc::clone(&answer);
        std::thread::spawn(move || {
            let _ = talk(stream, &*answer);
        });
    }
}

fn talk(mut stream: TcpStream, answer: &(impl Fn(&Asked) -> Answer + ?Sized)) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    // One exchange after the other, as clients that keep their connection want it.
    while let Some(asked) = read(&mut reader)? {
        let answer = answer(&asked);
        if answer.way == Way::Close {
            return Ok(());
        }
        if let Way::Late(pause) = answer.way {
            std::thread::sleep(pause);
        }
        let mut head = format!("HTTP/1.1 {} Said\r\n", answer.status);
        if answer.status != 204 {
            head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
        }
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        match answer.way {
            Way::Half => {
                stream.write_all(&answer.body[..answer.body.len() / 2])?;
                return stream.flush();
            }
            Way::Drip(pause) => {
                for byte in &answer.body {
                    stream.write_all(&[*byte])?;
                    stream.flush()?;
                    std::thread::sleep(pause);
                }
            }
            _ => stream.write_all(&answer.body)?,
        }
        stream.flush()?;
    }
    Ok(())
}

/// Nothing when the other side has gone.
fn read(reader: &mut impl BufRead) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let query = query.split('&').filter(|p| !p.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    });
    let mut asked = Asked { method, path: path.to_owned(), query: query.collect(), headers, body: Vec::new() };
    if let Some(length) = asked.header("content-length").and_then(|l| l.parse::<usize>().ok()) {
        let mut body = vec![0; length.min(1 << 20)];
        reader.read_exact(&mut body)?;
        asked.body = body;
    }
    Ok(Some(asked))
}

/// Percent-coding and `+` taken away.
pub fn decoded(text: &str) -> String {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let pair: Vec<u8> = bytes.by_ref().take(2).collect();
                let code = std::str::from_utf8(&pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok());
                out.extend(code);
            }
            b'+' => out.push(b' '),
            other => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Posts JSON to an http:// address; the status that came back.
pub fn post(url: &str, headers: &[(String, String)], body: &[u8]) -> io::Result<u16> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "expected http://host:port/path");
    let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut head = format!(
        "POST /{path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(body)?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    line.split_whitespace().nth(1).and_then(|s| s.parse().ok()).ok_or_else(wrong)
}
