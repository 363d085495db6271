//! Documents in a folder and in an S3-compatible store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gateway::vault::{Folder, Keys, S3, S3Settings, Vault, VaultError, vault};
use gateway::{Secret, Timeouts};
use rusty_s3::actions::GetObject;
use rusty_s3::{Bucket, Credentials, Method, S3Action, UrlStyle};

use crate::http_peer::{Answer, Asked, Peer};

const KEY: &str = "019a9a52-7c1e-7b7e-8f0e-3f6f5f2a1c11/mandat.pdf";

fn keys() -> Keys {
    Keys { id: "GK31c2f218a2e44f485b94239e".to_owned(), secret: Secret::new("b892c0665f0ada8a4755dae98baa3b13") }
}

/// What every vault does.
fn keeps(vault: &dyn Vault) {
    assert!(!vault.exists(KEY).unwrap());
    assert_eq!(vault.get(KEY), Err(VaultError::Missing(KEY.to_owned())));
    vault.delete(KEY).unwrap();

    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let stored = vault.put(KEY, &every_byte).unwrap();
    assert_eq!((stored.key.as_str(), stored.bytes), (KEY, 100_000));
    assert_eq!(stored.sha256, sha256(&every_byte));
    assert!(vault.exists(KEY).unwrap());
    assert_eq!(vault.get(KEY).unwrap(), every_byte);

    let stored = vault.put(KEY, b"").unwrap();
    assert_eq!(stored.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(vault.get(KEY).unwrap(), b"");

    vault.delete(KEY).unwrap();
    assert!(!vault.exists(KEY).unwrap());
    for bad in ["../a/b", "a/../b", "/etc/passwd", "a", "a/b/c", "a/.b", "a/b c", ""] {
        assert!(matches!(vault.put(bad, b"x"), Err(VaultError::BadKey(_))), "{bad}");
        assert!(matches!(vault.get(bad), Err(VaultError::BadKey(_))), "{bad}");
        assert!(matches!(vault.exists(bad), Err(VaultError::BadKey(_))), "{bad}");
        assert!(matches!(vault.delete(bad), Err(VaultError::BadKey(_))), "{bad}");
    }
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_folder_keeps() {
    let root = tempfile::tempdir().unwrap();
    keeps(&Folder::new(root.path()));
}

#[test]
fn documents_are_spread_and_for_the_owner_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = Folder::new(root.path().join("documents"));
    folder.put("cab-1/doc", b"one").unwrap();
    folder.put("cab-2/doc", b"two").unwrap();
    let place = |cabinet: &str| {
        root.path().join("documents").join(cabinet).join(&sha256(b"doc")[..2]).join(&sha256(b"doc")[2..4]).join("doc")
    };
    assert_eq!(std::fs::read(place("cab-1")).unwrap(), b"one");
    assert_eq!(folder.get("cab-2/doc").unwrap(), b"two");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place("cab-1")), 0o600);
        assert_eq!(mode(place("cab-1").parent().unwrap()), 0o700);
    }
    let beside: Vec<_> = std::fs::read_dir(place("cab-1").parent().unwrap()).unwrap().collect();
    assert_eq!(beside.len(), 1, "no temporary file stays");
}

#[test]
fn a_file_in_the_place_of_the_folder_is_setup() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    std::fs::write(&path, b"").unwrap();
    let refused = Folder::new(&path).put("cab/doc", b"x").unwrap_err();
    assert!(matches!(&refused, VaultError::Setup { .. }), "{refused:?}");
    assert!(refused.to_string().contains("name a folder"), "{refused}");
    assert!(Folder::new(&path).get("cab/doc").is_err());
}

/// A store that knows the keys: it refuses what is not signed with them, over the very address that it was asked by.
fn store(style: &'static str) -> Peer {
    let kept: Arc<Mutex<BTreeMap<String, Vec<u8>>>> = Arc::default();
    Peer::start(move |_, asked| {
        if !is_signed(asked) {
            return Answer::of(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
        }
        let path = asked.path().to_owned();
        assert!(style == "host" || path.starts_with("/cabready/"), "{path}");
        let mut kept = kept.lock().unwrap();
        match asked.method.as_str() {
            "PUT" if asked.header("content-length").is_none() => Answer::of(411, ""),
            "PUT" => {
                kept.insert(path, asked.body.clone());
                Answer::of(200, "")
            }
            "GET" => match kept.get(&path) {
                Some(bytes) => Answer::of(200, bytes.clone()),
                None => Answer::of(404, "<Error><Code>NoSuchKey</Code></Error>"),
            },
            "HEAD" => Answer::of(if kept.contains_key(&path) { 200 } else { 404 }, ""),
            "DELETE" => {
                kept.remove(&path);
                Answer::of(204, "")
            }
            _ => Answer::of(405, ""),
        }
    })
}

fn is_signed(asked: &Asked) -> bool {
    let method = match asked.method.as_str() {
        "PUT" => Method::Put,
        "GET" => Method::Get,
        "HEAD" => Method::Head,
        "DELETE" => Method::Delete,
        _ => return false,
    };
    let url = url::Url::parse(&format!("http://{}{}", asked.header("host").unwrap(), asked.target)).unwrap();
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let (Some(date), Some(signature)) = (query.get("X-Amz-Date"), query.get("X-Amz-Signature")) else { return false };
    assert_eq!(query["X-Amz-Algorithm"], "AWS4-HMAC-SHA256");
    assert!(query["X-Amz-Credential"].starts_with("GK31c2f218a2e44f485b94239e/"), "{query:?}");
    assert!(query["X-Amz-Credential"].ends_with("/gra/s3/aws4_request"), "{query:?}");
    let then = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", date).unwrap().to_datetime().unwrap();
    let then = then.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    let mut bare = url.clone();
    bare.set_query(None);
    let secret = "b892c0665f0ada8a4755dae98baa3b13";
    let again = rusty_s3::signing::sign(
        &then,
        method,
        bare,
        "GK31c2f218a2e44f485b94239e",
        secret,
        None,
        "gra",
        query["X-Amz-Expires"].parse().unwrap(),
        std::iter::empty(),
        std::iter::empty(),
    );
    again.query_pairs().any(|(name, value)| name == "X-Amz-Signature" && value == signature.as_str())
}

fn settings(peer: &Peer, more: &str) -> S3Settings {
    let url = format!("s3://cabready?endpoint={}&region=gra{more}", peer.url());
    let mut settings = S3Settings::read(&url, Some(keys())).unwrap();
    settings.timeouts = Timeouts { read: Duration::from_millis(600), ..Timeouts::default() };
    settings
}

fn s3(peer: &Peer) -> S3 {
    S3::new(settings(peer, "")).unwrap()
}

#[test]
fn a_store_keeps() {
    let peer = store("path");
    keeps(&s3(&peer));
    let asked = peer.asked();
    let put = asked.iter().find(|asked| asked.method == "PUT").unwrap();
    assert_eq!(put.path(), format!("/cabready/{KEY}"));
    assert!(asked.iter().all(|asked| asked.target.contains("X-Amz-Signature=")));
}

#[test]
fn a_prefix_parts_two_installations() {
    let peer = store("path");
    let s3 = S3::new(settings(&peer, "&prefix=test")).unwrap();
    s3.put("cab/doc", b"x").unwrap();
    assert_eq!(peer.asked()[0].path(), "/cabready/test/cab/doc");
}

#[test]
fn the_bucket_may_stand_in_the_host() {
    let peer = store("host");
    // `cabready.localhost` is this machine for most resolvers; where it is not, there is nothing to ask.
    let url = format!("s3://cabready?endpoint=http://localhost:{}&region=gra&style=host", peer.port);
    let s3 = S3::new(S3Settings::read(&url, Some(keys())).unwrap()).unwrap();
    match s3.put("cab/doc", b"x") {
        Ok(_) => {
            let asked = peer.asked();
            assert_eq!(asked[0].path(), "/cab/doc");
            assert_eq!(asked[0].header("host"), Some(format!("cabready.localhost:{}", peer.port).as_str()));
        }
        Err(VaultError::Unreachable(_)) => assert!(peer.asked().is_empty()),
        other => panic!("{other:?}"),
    }
    // By address a bucket has no host of its own.
    let url = format!("s3://cabready?endpoint={}&region=gra&style=host", peer.url());
    let refused = S3::new(S3Settings::read(&url, Some(keys())).unwrap()).unwrap_err();
    assert!(refused.to_string().contains("style=path"), "{refused}");
}

#[test]
fn wrong_keys_are_setup() {
    let peer = store("path");
    let mut settings = settings(&peer, "");
    settings.keys.secret = Secret::new("another");
    let s3 = S3::new(settings).unwrap();
    let refused = s3.put(KEY, b"x").unwrap_err();
    assert!(
        matches!(&refused, VaultError::Setup { what, .. } if what.en.contains("403 SignatureDoesNotMatch")),
        "{refused:?}"
    );
    assert!(matches!(s3.exists(KEY), Err(VaultError::Setup { .. })));
    assert!(!format!("{refused:?} {s3:?}").contains("another"));
}

#[test]
fn what_a_store_says_is_told_apart() {
    let check = |status: u16, code: &'static str, fits: fn(&VaultError) -> bool| {
        let peer = Peer::start(move |_, _| Answer::of(status, format!("<?xml?><Error>\n<Code>{code}</Code></Error>")));
        for error in [s3(&peer).get(KEY).unwrap_err(), s3(&peer).put(KEY, b"x").unwrap_err()] {
            assert!(fits(&error), "{status} {code}: {error:?}");
        }
    };
    check(404, "NoSuchKey", |error| matches!(error, VaultError::Missing(_)));
    check(
        404,
        "NoSuchBucket",
        |error| matches!(error, VaultError::Setup { fix, .. } if fix.en.contains("make the bucket")),
    );
    check(403, "AccessDenied", |error| matches!(error, VaultError::Setup { fix, .. } if fix.en.contains("rights")));
    check(
        403,
        "RequestTimeTooSkewed",
        |error| matches!(error, VaultError::Setup { fix, .. } if fix.en.contains("clock")),
    );
    check(
        301,
        "PermanentRedirect",
        |error| matches!(error, VaultError::Setup { fix, .. } if fix.en.contains("region")),
    );
    check(507, "XMinioStorageFull", |error| matches!(error, VaultError::Full(_)));
    check(403, "QuotaExceeded", |error| matches!(error, VaultError::Full(_)));
    check(503, "SlowDown", |error| matches!(error, VaultError::Unreachable(_)));
    check(500, "InternalError", |error| matches!(error, VaultError::Unreachable(_)));
}

#[test]
fn a_store_in_trouble_is_given_up_in_time_and_without_its_address() {
    for answer in [|| Answer::Nothing, || Answer::Close, || Answer::Half] {
        let peer = Peer::start(move |_, _| answer());
        let began = Instant::now();
        let error = s3(&peer).get(KEY).unwrap_err();
        assert!(matches!(&error, VaultError::Unreachable(_)), "{error:?}");
        assert!(!format!("{error:?}").contains("X-Amz"), "a signed address lets in: {error:?}");
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn settings_that_cannot_work_are_named() {
    let refused = |url: &str, keys: Option<Keys>| vault(url, keys).err().expect(url).to_string();
    for (url, word) in [
        ("s3://cabready?region=gra&endpoint=ftp://x", "not an endpoint"),
        ("s3://cabready", "“region” is missing"),
        ("s3://CabReady?region=gra", "lower case"),
        ("s3://id:hush@cabready?region=gra", "the keys are given apart"),
        ("s3://cabready/below?region=gra", "not the address of a store"),
        ("s3://cabready?region=gra&style=round", "“round” is not a style"),
        ("s3://cabready?region=gra&prefix=../x", "impossible for “prefix”"),
        ("s3://cabready?region=gra&zone=x", "“zone” is unknown"),
    ] {
        let said = refused(url, Some(keys()));
        assert!(said.contains(word), "{url}: {said}");
        assert!(!said.contains("hush"), "{said}");
    }
    assert!(refused("s3://cabready?region=gra", None).contains("keys"));
    let aws = vault("s3://cabready?region=eu-west-3", Some(keys())).unwrap();
    assert_eq!(aws.describe().en, "bucket cabready at s3.eu-west-3.amazonaws.com");
}

/// Amazon's own example ("Authenticating Requests: Using Query Parameters", Signature Version 4).
#[test]
fn the_published_signature_comes_out() {
    let endpoint = "https://s3.amazonaws.com".parse().unwrap();
    let bucket = Bucket::new(endpoint, UrlStyle::VirtualHost, "examplebucket", "us-east-1").unwrap();
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
    let then = "2013-05-24T00:00:00Z".parse().unwrap();
    let url = GetObject::new(&bucket, Some(&credentials), "test.txt").sign_with_time(Duration::from_secs(86400), &then);
    let signature = url.query_pairs().find(|(name, _)| name == "X-Amz-Signature").unwrap().1.into_owned();
    assert_eq!(signature, "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}
