//! Takes the built client into the binary: each file as it is, and compressed as far as it goes, once, here, so that
//! no request pays for it. Without `CABREADY_CLIENT_DIST` the table is empty and the server says so.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

const VARIABLE: &str = "CABREADY_CLIENT_DIST";

fn main() {
    println!("cargo:rerun-if-env-changed={VARIABLE}");
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let dist = std::env::var_os(VARIABLE).filter(|v| !v.is_empty()).map(PathBuf::from);
    let table = match &dist {
        None => "pub static FILES: &[File] = &[];\npub static SCRIPT_HASHES: &str = \"\";\n".to_owned(),
        Some(dist) => embed(dist, &out),
    };
    std::fs::write(out.join("client.rs"), table).expect("the table of client files can be written");
}

fn embed(dist: &Path, out: &Path) -> String {
    assert!(
        dist.is_absolute() && dist.join("index.html").is_file(),
        "{VARIABLE} is \"{}\": expected is the absolute path of a folder with index.html, as `cargo xtask client` makes it",
        dist.display()
    );
    let mut paths = Vec::new();
    collect(dist, &mut paths);
    paths.sort();
    let folder = out.join("client");
    std::fs::create_dir_all(&folder).expect("a folder for the client files");
    let mut table = String::from("pub static FILES: &[File] = &[\n");
    let mut hashes = String::new();
    for (index, path) in paths.iter().enumerate() {
        println!("cargo:rerun-if-changed={}", path.display());
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{} cannot be read: {e}", path.display()));
        let name = path.strip_prefix(dist).expect("it was found there").to_str().expect("names are UTF-8");
        if name == "index.html" {
            hashes = script_hashes(&String::from_utf8_lossy(&bytes));
        }
        let plain = save(&folder, &format!("{index}.plain"), &bytes);
        let br = smaller(&bytes, brotli(&bytes)).map(|b| save(&folder, &format!("{index}.br"), &b));
        let gz = smaller(&bytes, gzip(&bytes)).map(|b| save(&folder, &format!("{index}.gz"), &b));
        let digest: String = Sha256::digest(&bytes).iter().take(12).fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        let _ = writeln!(
            table,
            "    File {{ path: {:?}, media_type: {:?}, etag: {digest:?}, immutable: {}, plain: include_bytes!({plain:?}), br: {}, gz: {} }},",
            format!("/{name}"),
            media_type(name),
            has_hash(name),
            included(br.as_deref()),
            included(gz.as_deref()),
        );
    }
    let _ = writeln!(table, "];\npub static SCRIPT_HASHES: &str = {hashes:?};");
    table
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    println!("cargo:rerun-if-changed={}", folder.display());
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{} cannot be read: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if !path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')) {
            paths.push(path);
        }
    }
}

fn save(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap_or_else(|e| panic!("{} cannot be written: {e}", path.display()));
    path.to_str().expect("the path of the build folder is UTF-8").to_owned()
}

fn included(path: Option<&str>) -> String {
    path.map_or("None".to_owned(), |path| format!("Some(include_bytes!({path:?}))"))
}

/// A compressed form that saves next to nothing is not worth a second copy in the binary.
fn smaller(plain: &[u8], packed: Vec<u8>) -> Option<Vec<u8>> {
    (packed.len() + 64 < plain.len()).then_some(packed)
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let params =
        ::brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    ::brotli::BrotliCompress(&mut &bytes[..], &mut out, &params).expect("compressing into memory");
    out
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("compressing into memory");
    encoder.finish().expect("compressing into memory")
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The build writes the hash of the content into the names, of a file (`kit-64083d51a33a4972.css`) or of a folder
/// (`app-7c1e8f0e3f6f5f2a/frontend.js`). Such a name never gets another content.
fn has_hash(name: &str) -> bool {
    name.split(['/', '-', '_', '.']).any(|part| {
        (12..=20).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
            && part.bytes().any(|b| b.is_ascii_digit())
    })
}

/// Hashes of the inline scripts, by which the content security policy knows them.
fn script_hashes(html: &str) -> String {
    let mut hashes = String::new();
    let mut rest = html;
    while let Some(start) = rest.find("<script") {
        rest = &rest[start..];
        let (Some(open), Some(close)) = (rest.find('>'), rest.find("</script>")) else { break };
        if !rest[..open].contains(" src=") && open + 1 < close {
            let _ = write!(hashes, " 'sha256-{}'", base64(&Sha256::digest(&rest.as_bytes()[open + 1..close])));
        }
        rest = &rest[close + "</script>".len()..];
    }
    hashes
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            if place <= group.len() {
                out.push(LETTERS[(word >> (18 - 6 * place) & 63) as usize] as char);
            } else {
                out.push('=');
            }
        }
    }
    out
}
