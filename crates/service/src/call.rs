//! What every use case is given, and what it gives back.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::Lang;
use serde::de::DeserializeOwned;
use store::{Actor, Conn, Scope, Store};

use crate::judge::Judge;
use crate::{Error, Result, settings::Settings};

/// The installation: shared by every request and job.
#[derive(Debug, Clone)]
pub struct App {
    pub store: Store,
    pub settings: Arc<Settings>,
    pub shared: Arc<Shared>,
    pub ports: crate::Ports,
}

/// State that lives as long as the process and never matters to what is stored.
#[derive(Debug, Default)]
pub struct Shared {
    pub limits: crate::limits::Limits,
    pub secrets: crate::secrets::Secrets,
    pub progress: crate::jobs::Progress,
    pub register: crate::judge::Register,
    pub post: crate::post::Post,
    pub connections: crate::connections::Shared,
    pub live: crate::anomalies::live::Live,
    pub signatures: crate::signatures::Watch,
    pub delivery: crate::delivery::Counts,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Client {
    pub address: Option<std::net::IpAddr>,
    pub user_agent: Option<String>,
    /// The refresh token of the cookie.
    pub refresh_token: Option<String>,
    /// By which a message of another program proves itself: the headers of `EndpointMeta::signed_by` that came.
    pub proof: BTreeMap<&'static str, String>,
}

/// One request, as far as a use case may know it.
#[derive(Debug, Clone)]
pub struct Call {
    pub app: App,
    /// The signed-in person; the guard has checked that the endpoint's need is met.
    pub actor: Option<Actor>,
    pub now: DateTime<Utc>,
    pub request_id: String,
    pub lang: Lang,
    pub client: Client,
    /// Version in `If-Match`.
    pub if_match: Option<i64>,
    /// How the caller stands with the limits that were met.
    pub told: crate::limits::Told,
    /// The file that came as the body.
    pub upload: Option<Upload>,
}

/// A received file, within the limit of size; nothing else is known of it.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Removed with its last holder.
    pub path: Arc<tempfile::TempPath>,
    pub bytes: u64,
}

impl Call {
    /// The signed-in person. An endpoint that needs a right always has one.
    pub fn actor(&self) -> Result<&Actor> {
        self.actor.as_ref().ok_or_else(Error::unauthenticated)
    }

    pub fn scope(&self) -> Result<&Scope> {
        Ok(&self.actor()?.scope)
    }

    /// The day in France, where deadlines fall.
    pub fn today(&self) -> NaiveDate {
        crate::time::paris_day(self.now)
    }

    /// What the dossiers of the signed-in person's cabinet are judged by.
    pub fn judge(&self, conn: &mut Conn) -> Result<Judge> {
        self.app.judge(conn, self.scope()?.cabinet(), self.today())
    }

    /// Refuses a change of a version other than the present one.
    pub fn check_version(&self, present: i64) -> Result<()> {
        match self.if_match {
            None => Err(Error::version_required()),
            Some(seen) if seen == present => Ok(()),
            Some(_) => Err(Error::version_mismatch()),
        }
    }
}

/// What a use case answers: the reply of its endpoint and what travels in headers.
#[derive(Debug)]
pub struct Answer<T> {
    pub reply: T,
    pub etag: Option<i64>,
    pub cookie: Option<RefreshCookie>,
    pub file: Option<FileReply>,
    /// What goes on until one side ends it.
    pub events: Option<crate::anomalies::live::Events>,
}

/// A reply that is written already, of the shape `T`.
#[derive(Debug)]
pub struct Written<T> {
    pub json: Vec<u8>,
    shape: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Written<T> {
    pub fn new(json: Vec<u8>) -> Self {
        Self { json, shape: PhantomData }
    }

    pub fn read(&self) -> Result<T> {
        Ok(serde_json::from_slice(&self.json)?)
    }
}

#[derive(Debug)]
pub enum RefreshCookie {
    Set { token: String, max_age_seconds: i64 },
    Clear,
}

/// A file to download.
#[derive(Debug)]
pub struct FileReply {
    pub name: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

impl<T> Answer<T> {
    pub fn new(reply: T) -> Self {
        Self { reply, etag: None, cookie: None, file: None, events: None }
    }

    pub fn etag(mut self, version: i64) -> Self {
        self.etag = Some(version);
        self
    }

    pub fn cookie(mut self, cookie: RefreshCookie) -> Self {
        self.cookie = Some(cookie);
        self
    }
}

impl Answer<contract::Nothing> {
    pub fn none() -> Self {
        Self::new(contract::Nothing {})
    }

    pub fn file(file: FileReply) -> Self {
        Self { file: Some(file), ..Self::none() }
    }

    pub fn events(events: crate::anomalies::live::Events) -> Self {
        Self { events: Some(events), ..Self::none() }
    }
}
