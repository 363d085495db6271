//! Bodies: received within limits, a file into a file and never into memory, JSON with the place of what is wrong.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, rt, web};
use contract::endpoint::op;
use contract::{Code, Endpoint, EndpointMeta, Payload};
use domain::Text;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::Segment;
use service::call::Upload;
use service::settings::Settings;
use service::{Error, Result};
use sha2::{Digest, Sha256};

use super::{request, words};

/// Largest JSON body.
pub const MAX_JSON_BYTES: u64 = 1_048_576;

/// A body that trickles in holds a connection; no honest one needs longer.
const JSON_PATIENCE: Duration = Duration::from_secs(30);
const FILE_PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What a list, a message or a document may be called; its form is told by its content.
const FILE_TYPES: &[&str] = &[
    "application/octet-stream",
    "text/csv",
    "text/tab-separated-values",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
    // Messages and invoices.
    "application/xml",
    "text/xml",
    "application/pdf",
    "application/zip",
    "application/x-zip-compressed",
];

pub enum Received {
    Bytes(web::Bytes),
    Upload(Upload),
}

pub async fn receive(
    settings: &Settings,
    meta: &EndpointMeta,
    req: &HttpRequest,
    payload: web::Payload,
) -> Result<Received> {
    let (limit, patience) = match meta.body {
        Payload::None | Payload::Stream => return Ok(Received::Bytes(web::Bytes::new())),
        Payload::Json | Payload::Raw => (MAX_JSON_BYTES, JSON_PATIENCE),
        // Whether a list tells of clients or of flows shows when it is read: the lower limit is kept then.
        Payload::File if meta.id == <op::CreateImport as Endpoint>::META.id => {
            (settings.import_max_bytes.max(settings.flow_import_max_bytes), FILE_PATIENCE)
        }
        Payload::File => (settings.import_max_bytes, FILE_PATIENCE),
    };
    let told: Option<u64> = request::text(req.headers(), "content-length").and_then(|l| l.parse().ok());
    check_type(meta.body, req)?;
    if told.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let receiving = async {
        match meta.body {
            Payload::File => to_file(payload, limit).await.map(Received::Upload),
            Payload::Json | Payload::Raw | Payload::None | Payload::Stream => {
                match payload.to_bytes_limited(limit as usize).await {
                    Ok(Ok(bytes)) => Ok(Received::Bytes(bytes)),
                    Ok(Err(_)) => Err(broken()),
                    Err(_) => Err(too_large(limit)),
                }
            }
        }
    };
    rt::time::timeout(patience, receiving).await.unwrap_or_else(|_| {
        Err(Error::say(
            Code::BadRequest,
            format!("Le corps n’est pas arrivé en entier en {} secondes.", patience.as_secs()),
            format!("The body did not arrive whole within {} seconds.", patience.as_secs()),
        ))
    })
}

fn check_type(body: Payload, req: &HttpRequest) -> Result<()> {
    let given = request::text(req.headers(), "content-type").unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let fits = match body {
        Payload::Json | Payload::Raw => {
            essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
        }
        Payload::File => FILE_TYPES.contains(&essence.as_str()),
        Payload::None | Payload::Stream => true,
    };
    // Compressed bodies are not unpacked: a small one could hold gigabytes.
    let encoded = req.headers().get(header::CONTENT_ENCODING).is_some_and(|e| e.as_bytes() != b"identity");
    if fits && !encoded {
        return Ok(());
    }
    let given: String = if encoded { "Content-Encoding".to_owned() } else { essence.chars().take(80).collect() };
    let given = if given.is_empty() { "—".to_owned() } else { given };
    let expected = match body {
        Payload::File => "application/octet-stream",
        Payload::Json | Payload::Raw | Payload::None | Payload::Stream => "application/json",
    };
    let hint = if essence == "multipart/form-data" {
        (
            " Envoyez les octets du fichier comme corps, sans formulaire.",
            " Send the bytes of the file as the body, without a form.",
        )
    } else {
        ("", "")
    };
    Err(Error::say(
        Code::UnsupportedMediaType,
        format!("« {given} » reçu ; envoyez `Content-Type: {expected}`, sans compression.{}", hint.0),
        format!("« {given} » received; send `Content-Type: {expected}`, not compressed.{}", hint.1),
    ))
}

fn too_large(limit: u64) -> Error {
    let (fr, en) = if limit >= 1_048_576 {
        (format!("{} Mo", limit / 1_048_576), format!("{} MB", limit / 1_048_576))
    } else {
        (format!("{limit} octets"), format!("{limit} bytes"))
    };
    Error::say(
        Code::PayloadTooLarge,
        format!("Le corps dépasse {fr}, la limite de cette opération."),
        format!("The body exceeds {en}, the limit of this operation."),
    )
}

fn broken() -> Error {
    Error::say(
        Code::BadRequest,
        "Le corps s’est interrompu avant sa fin ; renvoyez la requête.",
        "The body broke off before its end; send the request again.",
    )
}

/// Writes the body to a file that goes away with the last who holds it. Writing blocks, so it is done elsewhere, in
/// pieces that are large enough to be worth the way.
async fn to_file(payload: web::Payload, limit: u64) -> Result<Upload> {
    const PIECE: usize = 512 * 1024;
    let lost = |e: std::io::Error| Error::internal(format!("an upload cannot be written: {e}"));
    let gone = |_| Error::internal("the thread pool for blocking work is gone");
    let mut file = web::block(tempfile::NamedTempFile::new).await.map_err(gone)?.map_err(lost)?;
    let mut stream = payload.into_inner();
    let mut piece = Vec::with_capacity(PIECE);
    let mut bytes = 0u64;
    loop {
        let end = match stream.next().await {
            Some(Ok(chunk)) => {
                bytes += chunk.len() as u64;
                if bytes > limit {
                    return Err(too_large(limit));
                }
                piece.extend_from_slice(&chunk);
                false
            }
            Some(Err(_)) => return Err(broken()),
            None => true,
        };
        if piece.len() >= PIECE || (end && !piece.is_empty()) {
            let work = move || {
                let written = file.as_file_mut().write_all(&piece);
                piece.clear();
                written.map(|()| (file, piece))
            };
            (file, piece) = web::block(work).await.map_err(gone)?.map_err(lost)?;
        }
        if end {
            return Ok(Upload { path: Arc::new(file.into_temp_path()), bytes });
        }
    }
}

/// What makes two requests the same one.
pub fn hash(req: &HttpRequest, body: &[u8]) -> String {
    let mut hasher = Sha256::new();
    for part in [req.method().as_str().as_bytes(), req.path().as_bytes(), req.query_string().as_bytes()] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.update(body);
    hasher.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

pub fn read<B: DeserializeOwned>(payload: Payload, bytes: &[u8]) -> Result<B> {
    let bytes = match payload {
        Payload::Json => bytes,
        // What is signed are the bytes: they are handed on as one text, and read where their signature is proved.
        Payload::Raw => {
            let text = std::str::from_utf8(bytes).map_err(|_| {
                let said = Text::new("Ce n’est pas du texte en UTF-8.", "This is not text in UTF-8.");
                refuse(String::new(), "encoding", said)
            })?;
            return Ok(serde_json::from_value(Value::String(text.to_owned()))?);
        }
        // The type of an operation without a JSON body reads from an empty object.
        Payload::None | Payload::File | Payload::Stream => b"{}",
    };
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let error = match serde_path_to_error::deserialize::<_, B>(&mut json) {
        Ok(body) => match json.end() {
            Ok(()) => return Ok(body),
            Err(error) => return Err(syntax(&error)),
        },
        Err(error) => error,
    };
    if !error.inner().is_data() {
        return Err(syntax(error.inner()));
    }
    let mut pointer = String::new();
    for segment in error.path().iter() {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&escaped(key)),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    let said = error.inner().to_string();
    if pointer.is_empty()
        && let Some(name) = culprit::<B>(bytes, &said)
    {
        pointer = escaped(&name);
    }
    if let Some(name) = words::missing(&said) {
        pointer.push_str(&escaped(name));
    }
    let (code, text) = words::of(&said);
    Err(refuse(pointer, code, text))
}

fn escaped(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn refuse(pointer: String, code: &'static str, text: Text) -> Error {
    Error::new(Code::MalformedBody).and(pointer, code, text.fr, text.en)
}

/// Flattened shapes lose the path of what failed: the field that gives the same error alone is the one.
fn culprit<B: DeserializeOwned>(bytes: &[u8], said: &str) -> Option<String> {
    let bare = |said: &str| said.rsplit_once(" at line ").map_or(said, |(said, _)| said).to_owned();
    let Ok(Value::Object(whole)) = serde_json::from_slice::<Value>(bytes) else {
        return None;
    };
    let said = bare(said);
    // A body of thousands of fields is no mistake worth this work.
    if words::missing(&said).is_some() || whole.len() > 64 || bytes.len() > 65_536 {
        return None;
    }
    whole
        .keys()
        .find(|name| {
            // Everything else as it is: another field may be required.
            let mut without = whole.clone();
            without.remove(*name);
            let left = serde_json::from_value::<B>(Value::Object(without)).err().map(|e| bare(&e.to_string()));
            left.as_ref() != Some(&said)
        })
        .cloned()
}

fn syntax(error: &serde_json::Error) -> Error {
    if error.is_eof() && error.line() <= 1 && error.column() == 0 {
        return refuse(
            String::new(),
            "empty",
            Text::new(
                "Le corps est vide ; un objet JSON est attendu.",
                "The body is empty; a JSON object is expected.",
            ),
        );
    }
    let (line, column) = (error.line(), error.column());
    refuse(
        String::new(),
        "syntax",
        Text::new(
            format!("Ce n’est pas du JSON : erreur à la ligne {line}, colonne {column}."),
            format!("This is not JSON: error at line {line}, column {column}."),
        ),
    )
}

#[cfg(test)]
mod tests {
    use contract::{BulkInput, NewCabinet, NewDossier, PersonChange, PortfolioInput};

    use super::*;

    fn refused<B: DeserializeOwned>(json: &str) -> (String, &'static str) {
        let error = read::<B>(Payload::Json, json.as_bytes()).err().unwrap();
        assert_eq!(error.code, Code::MalformedBody);
        let field = error.fields.into_iter().next().unwrap();
        (field.pointer, field.code)
    }

    #[test]
    fn the_place_of_what_is_wrong_is_told() {
        assert_eq!(refused::<PortfolioInput>("{\"people\": []}"), ("/name".to_owned(), "missing"));
        assert_eq!(refused::<PortfolioInput>("{\"name\": 3}"), ("/name".to_owned(), "type"));
        assert_eq!(refused::<PortfolioInput>("{\"name\":\"a\",\"people\":[\"x\"]}").0, "/people/0");
        assert_eq!(refused::<PersonChange>("{\"role\":\"boss\"}"), ("/role".to_owned(), "unknown_value"));
        assert_eq!(refused::<NewCabinet>("{\"name\"").1, "syntax");
        assert_eq!(refused::<NewCabinet>("").1, "empty");
        assert_eq!(refused::<PortfolioInput>("{\"name\":\"a\"} x").1, "syntax");
    }

    #[test]
    fn the_place_is_told_in_flattened_shapes_too() {
        let (pointer, _) = refused::<NewDossier>("{\"siren\":\"732829320\",\"name\":\"A\",\"headcount\":\"x\"}");
        assert_eq!(pointer, "/headcount");
        let (pointer, _) = refused::<BulkInput>("{\"act\":{\"kind\":\"explode\"}}");
        assert_eq!(pointer, "/act/kind");
    }
}
