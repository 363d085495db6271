//! The reading pages at `/docs`, written from the OpenAPI document: plain HTML, one style sheet, no script, nothing from
//! elsewhere. Each page is made once, when somebody first opens it.

mod html;
mod operations;
mod problems;
mod schemas;
mod start;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use contract::Tag;
use domain::Lang;
use sha2::{Digest, Sha256};

use crate::edge::{self, Asked, Edge, Named};

const CSS: &str = include_str!("docs.css");

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// What can be opened below `/docs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    Index,
    Start,
    Chapter(Tag),
    Schemas,
    Problems,
}

impl Page {
    fn all() -> impl Iterator<Item = Page> {
        let chapters = Tag::ALL.iter().map(|tag| Page::Chapter(*tag));
        [Page::Index, Page::Start].into_iter().chain(chapters).chain([Page::Schemas, Page::Problems])
    }

    fn slug(self) -> String {
        match self {
            Page::Index => String::new(),
            Page::Start => "start".to_owned(),
            Page::Chapter(tag) => tag.as_str().to_ascii_lowercase(),
            Page::Schemas => "schemas".to_owned(),
            Page::Problems => "problems".to_owned(),
        }
    }

    fn of(slug: &str) -> Option<Page> {
        Page::all().find(|page| page.slug() == slug)
    }

    /// Address of the page, keeping the language that the reader chose.
    fn href(self, lang: Lang) -> String {
        match self {
            Page::Index => format!("/docs?lang={lang}"),
            _ => format!("/docs/{}?lang={lang}", self.slug()),
        }
    }

    fn title(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Page::Index, Lang::Fr) => "Vue d’ensemble",
            (Page::Index, Lang::En) => "Overview",
            (Page::Start, Lang::Fr) => "Premiers pas",
            (Page::Start, Lang::En) => "Getting started",
            (Page::Schemas, Lang::Fr) => "Objets",
            (Page::Schemas, Lang::En) => "Objects",
            (Page::Problems, Lang::Fr) => "Problèmes",
            (Page::Problems, Lang::En) => "Problems",
            (Page::Chapter(tag), Lang::En) => tag.as_str(),
            (Page::Chapter(tag), Lang::Fr) => match tag {
                Tag::Sessions => "Sessions",
                Tag::People => "Personnes",
                Tag::Portfolios => "Portefeuilles",
                Tag::Cockpit => "Cockpit",
                Tag::Dossiers => "Dossiers",
                Tag::Deadlines => "Échéances",
                Tag::Mandates => "Mandats",
                Tag::Collection => "Collecte",
                Tag::Relances => "Relances",
                Tag::Flows => "Flux",
                Tag::Connections => "Connexions",
                Tag::Anomalies => "Anomalies",
                Tag::Notifications => "Notifications",
                Tag::Imports => "Imports",
                Tag::Journal => "Journal",
                Tag::Reference => "Référence",
            },
        }
    }
}

/// What a chapter is about.
fn about(tag: Tag, lang: Lang) -> &'static str {
    match (lang, tag) {
        (Lang::En, tag) => tag.description(),
        (Lang::Fr, Tag::Sessions) => {
            "S’inscrire et se connecter ; les sessions sont des lignes que l’on liste et que l’on ferme."
        }
        (Lang::Fr, Tag::People) => "Le cabinet, ses personnes et leurs invitations.",
        (Lang::Fr, Tag::Portfolios) => "Des ensembles de dossiers qui portent un nom, confiés à des personnes.",
        (Lang::Fr, Tag::Cockpit) => "La préparation des dossiers visibles, lue dans des sommes enregistrées.",
        (Lang::Fr, Tag::Dossiers) => "Les entreprises clientes, leurs données, obligations et préparation.",
        (Lang::Fr, Tag::Deadlines) => {
            "Débuts d’obligations et périodes d’e-reporting : ce qui est à faire, déclaré ou manqué."
        }
        (Lang::Fr, Tag::Mandates) => {
            "Ce que les clients signent pour que le cabinet puisse agir : registre, documents, étapes."
        }
        (Lang::Fr, Tag::Collection) => {
            "Demander aux clients : messages, liens, réponses, campagnes, et ce qui empêche de demander."
        }
        (Lang::Fr, Tag::Relances) => {
            "Les messages aux clients en retard : leurs textes, avec variables, contrôle, aperçu et versions."
        }
        (Lang::Fr, Tag::Flows) => {
            "Factures et transmissions de toutes les plateformes : le statut officiel à côté du mot de la plateforme."
        }
        (Lang::Fr, Tag::Connections) => {
            "Les connexions aux plateformes par l’interface AFNOR XP Z12-013, et leur santé."
        }
        (Lang::Fr, Tag::Anomalies) => {
            "Une seule file pour ce qui ne va pas : trouvé par règle, groupé par cause, réglé par des personnes."
        }
        (Lang::Fr, Tag::Notifications) => "Ce dont une personne est avertie, à l’écran et par message groupé.",
        (Lang::Fr, Tag::Imports) => {
            "Les listes de clients de n’importe quel logiciel : détection, essai, validation, annulation ; et les tâches qui s’en chargent."
        }
        (Lang::Fr, Tag::Journal) => "L’historique de chaque écriture, en ajout seul, chaîné par cabinet.",
        (Lang::Fr, Tag::Reference) => "Les tables datées de la réforme, avec leurs sources.",
    }
}

/// A page as it is sent.
#[derive(Debug, Clone)]
struct Made {
    bytes: web::Bytes,
    etag: String,
}

impl Made {
    fn new(text: String) -> Self {
        let etag: String = Sha256::digest(&text).iter().take(12).map(|b| format!("{b:02x}")).collect();
        Self { bytes: web::Bytes::from(text), etag: format!("\"{etag}\"") }
    }
}

static PAGES: Mutex<Option<HashMap<(Page, Lang), Made>>> = Mutex::new(None);
static DOCUMENT: OnceLock<Made> = OnceLock::new();

fn made(page: Page, lang: Lang) -> Made {
    let read = |pages: &Option<HashMap<_, Made>>| pages.as_ref().and_then(|p| p.get(&(page, lang)).cloned());
    if let Some(made) = read(&PAGES.lock().unwrap_or_else(PoisonError::into_inner)) {
        return made;
    }
    let made = Made::new(render(page, lang));
    let mut pages = PAGES.lock().unwrap_or_else(PoisonError::into_inner);
    pages.get_or_insert_default().insert((page, lang), made.clone());
    made
}

fn render(page: Page, lang: Lang) -> String {
    let document = contract::openapi::document(env!("CARGO_PKG_VERSION"));
    let content = match page {
        Page::Index => start::index(lang, &document),
        Page::Start => start::first_steps(lang),
        Page::Chapter(tag) => operations::chapter(lang, &document, tag),
        Page::Schemas => schemas::all(lang, &document),
        Page::Problems => problems::all(lang),
    };
    html::layout(lang, page, &document, &content)
}

/// `?lang=` of a link, or what the browser likes.
fn lang_of(req: &HttpRequest) -> Lang {
    let chosen = req.query_string().split('&').find_map(|pair| pair.strip_prefix("lang="));
    chosen.and_then(|lang| lang.parse().ok()).unwrap_or_else(|| edge::lang(req.headers()))
}

pub async fn page(edge: Arc<Edge>, req: HttpRequest) -> HttpResponse {
    let slug = req.match_info().get("page").unwrap_or_default().to_owned();
    if slug == "docs.css" {
        static SHEET: OnceLock<Made> = OnceLock::new();
        let made = SHEET.get_or_init(|| Made::new(CSS.to_owned())).clone();
        return send(&edge, &req, made, "text/css; charset=utf-8");
    }
    let Some(page) = Page::of(&slug) else {
        return edge::not_found(&edge, &req);
    };
    let lang = lang_of(&req);
    match web::block(move || made(page, lang)).await {
        Ok(made) => send(&edge, &req, made, "text/html; charset=utf-8"),
        Err(_) => failed(&edge, &req),
    }
}

/// `/api/openapi.json`: the document itself, as it is committed.
pub async fn document(edge: Arc<Edge>, req: HttpRequest) -> HttpResponse {
    let made = web::block(|| {
        DOCUMENT
            .get_or_init(|| {
                let document = contract::openapi::document(env!("CARGO_PKG_VERSION"));
                Made::new(format!("{document:#}\n"))
            })
            .clone()
    })
    .await;
    match made {
        Ok(made) => send(&edge, &req, made, "application/json"),
        Err(_) => failed(&edge, &req),
    }
}

fn send(edge: &Edge, req: &HttpRequest, made: Made, media_type: &'static str) -> HttpResponse {
    let asked = Asked::new(req);
    let mut response = if edge::none_match(req.headers(), &made.etag) {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, media_type)).body(made.bytes)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    if let Ok(tag) = HeaderValue::from_str(&made.etag) {
        headers.insert(header::ETAG, tag);
    }
    edge::finish(edge, req, &asked, Named { label: "docs", pattern: "(docs)" }, None, response)
}

fn failed(edge: &Edge, req: &HttpRequest) -> HttpResponse {
    let asked = Asked::new(req);
    let response = edge::problem(req, &asked, &service::Error::internal("the thread pool for blocking work is gone"));
    edge::finish(edge, req, &asked, Named { label: "docs", pattern: "(docs)" }, None, response)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use contract::Code;
    use contract::endpoint::op;

    use super::*;

    fn attributes(html: &str, name: &str) -> Vec<String> {
        let start = format!(" {name}=\"");
        html.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    }

    #[test]
    fn every_link_leads_somewhere() {
        for lang in [Lang::Fr, Lang::En] {
            let pages: HashMap<String, String> = Page::all().map(|p| (p.slug(), render(p, lang))).collect();
            for (slug, html) in &pages {
                for href in attributes(html, "href") {
                    let Some(rest) = href.strip_prefix("/docs") else {
                        let ours = href.starts_with('#') || href == "data:," || href == "/api/openapi.json";
                        assert!(ours, "{slug}: {href}");
                        continue;
                    };
                    if rest == "/docs.css" {
                        continue;
                    }
                    let (path, anchor) = rest.split_once('#').map_or((rest, None), |(p, a)| (p, Some(a)));
                    let path = path.split('?').next().unwrap_or_default().trim_start_matches('/');
                    let target = pages.get(path).unwrap_or_else(|| panic!("{slug}: no page {href}"));
                    if let Some(anchor) = anchor {
                        assert!(target.contains(&format!(" id=\"{anchor}\"")), "{slug}: no place {href}");
                    }
                }
                let ids = attributes(html, "id");
                let distinct: BTreeSet<_> = ids.iter().collect();
                assert_eq!(ids.len(), distinct.len(), "{slug}: an id stands twice");
                assert!(!html.contains("<script") && !html.contains(" style="), "{slug}: the policy forbids it");
            }
        }
    }

    #[test]
    fn every_operation_and_problem_is_explained() {
        for tag in Tag::ALL {
            let html = render(Page::Chapter(*tag), Lang::En);
            for meta in op::ALL.iter().filter(|meta| meta.tag == *tag) {
                assert!(html.contains(&format!(" id=\"{}\"", meta.id)), "{}", meta.id);
            }
        }
        let html = render(Page::Problems, Lang::Fr);
        for code in Code::ALL {
            assert!(
                html.contains(&format!(" id=\"{code}\"")) && html.contains(&html::escape(&code.title().fr)),
                "{code}"
            );
        }
    }

    #[test]
    fn tags_of_html_are_balanced() {
        for page in Page::all() {
            let html = render(page, Lang::Fr);
            let mut open: Vec<&str> = Vec::new();
            for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
                let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
                if matches!(name, "!doctype" | "meta" | "link" | "br" | "hr") {
                    continue;
                }
                if tag.starts_with('/') {
                    assert_eq!(open.pop(), Some(name), "{page:?}");
                } else {
                    open.push(name);
                }
            }
            assert!(open.is_empty(), "{page:?}: {open:?}");
        }
    }
}
