//! A bare HTTP client on one kept connection: what is measured is the server, not a client library.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

pub struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
}

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|e| format!("status {}: {e}", self.status))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

impl Connection {
    pub fn open(address: &str) -> Result<Self, String> {
        let stream = TcpStream::connect(address).map_err(|e| format!("{address}: {e}"))?;
        stream.set_nodelay(true).map_err(|e| e.to_string())?;
        Ok(Self { stream: BufReader::new(stream), host: address.to_owned() })
    }

    /// The bytes of a request, to be sent many times.
    pub fn request(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let length = if body.is_empty() && method == "GET" {
            String::new()
        } else {
            format!("Content-Length: {}\r\n", body.len())
        };
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}{length}\r\n", self.host).into_bytes();
        request.extend_from_slice(body);
        request
    }

    pub fn send(&mut self, request: &[u8]) -> Result<Reply, String> {
        let io = |e: std::io::Error| e.to_string();
        self.stream.get_mut().write_all(request).map_err(io)?;
        let mut line = String::new();
        self.stream.read_line(&mut line).map_err(io)?;
        let status =
            line.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| format!("no answer: {line:?}"))?;
        let mut headers = Vec::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).map_err(io)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
                None => break,
            }
        }
        let mut reply = Reply { status, headers, body: Vec::new() };
        if let Some(length) = reply.header("content-length").and_then(|l| l.parse::<usize>().ok()) {
            reply.body.resize(length, 0);
            self.stream.read_exact(&mut reply.body).map_err(io)?;
        } else if reply.header("transfer-encoding") == Some("chunked") {
            loop {
                line.clear();
                self.stream.read_line(&mut line).map_err(io)?;
                let size = usize::from_str_radix(line.trim(), 16).map_err(|e| e.to_string())?;
                let mut piece = vec![0; size + 2];
                self.stream.read_exact(&mut piece).map_err(io)?;
                if size == 0 {
                    break;
                }
                reply.body.extend_from_slice(&piece[..size]);
            }
        }
        Ok(reply)
    }

    pub fn get(&mut self, path: &str, token: &str) -> Result<Reply, String> {
        let request = self.request("GET", path, &format!("Authorization: Bearer {token}\r\n"), &[]);
        self.send(&request)
    }

    pub fn post(&mut self, path: &str, token: &str, body: &Value) -> Result<Value, String> {
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let request = self.request("POST", path, &headers, &bytes);
        let reply = self.send(&request)?;
        if reply.status >= 300 {
            return Err(format!("POST {path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
        }
        reply.json()
    }

    /// Changes what stands at a version.
    pub fn put(&mut self, path: &str, token: &str, version: i64, body: &Value) -> Result<Value, String> {
        self.at_version("PUT", path, token, version, body)
    }

    pub fn at_version(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        version: i64,
        body: &Value,
    ) -> Result<Value, String> {
        let headers =
            format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\nIf-Match: \"{version}\"\r\n");
        let request = self.request(method, path, &headers, body.to_string().as_bytes());
        let reply = self.send(&request)?;
        if reply.status >= 300 {
            return Err(format!("{method} {path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
        }
        reply.json()
    }

    pub fn upload(&mut self, path: &str, token: &str, bytes: &[u8]) -> Result<Value, String> {
        let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/octet-stream\r\n");
        let request = self.request("POST", path, &headers, bytes);
        let reply = self.send(&request)?;
        if reply.status != 201 {
            return Err(format!("POST {path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body)));
        }
        reply.json()
    }

    /// Signs in; answers the access token.
    pub fn sign_in(&mut self, email: &str, password: &str) -> Result<String, String> {
        let reply = self.post("/api/v1/session", "", &json!({ "email": email, "password": password }))?;
        token(&reply)
    }

    /// Signs a new firm up; answers its access token.
    pub fn sign_up(&mut self, email: &str) -> Result<String, String> {
        let body = json!({
            "cabinet_name": "Cabinet de mesure", "name": "Claire Martin", "email": email,
            "password": "quatre mots faciles a retenir",
        });
        token(&self.post("/api/v1/cabinets", "", &body)?)
    }
}

fn token(reply: &Value) -> Result<String, String> {
    reply["access_token"].as_str().map(str::to_owned).ok_or_else(|| "no access token".to_owned())
}
