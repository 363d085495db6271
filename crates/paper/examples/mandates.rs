//! Writes one document of each kind into a folder, known and blank, all of them in one file, letters and a certified
//! document: `cargo run --release -p paper --example mandates -- <folder>`. Says how long one document takes.

use std::path::Path;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, Utc};
use domain::MandateKind;
use domain::mandate::Power;
use domain::relance::template::Marked;
use domain::{Siren, Siret};
use paper::{
    Biller, Certificate, Channel, Client, Designation, Event, Firm, Invoicing, Letter, Link, MandateDocument, Mission,
    Perimeter, Platform, PlatformRight, Recipient, ReportedFlow, Reporting, Signatory, SignedAs, Task, Terms,
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).ok_or("usage: mandates <folder>")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let mut all = Vec::new();
    for kind in MandateKind::ALL {
        let known = document(known_terms(*kind)?)?;
        let siren = known.client.siren.as_ref();
        let name = known.client.name.as_deref().unwrap_or_default();
        let name = paper::file_name(paper::file_stem(*kind), siren, name);
        std::fs::write(folder.join(name), paper::mandate(&known)?)?;
        let blank = paper::mandate(&blank(*kind)?)?;
        std::fs::write(folder.join(paper::file_name(paper::file_stem(*kind), None, "vierge")), blank)?;
        all.push(known);
    }
    std::fs::write(folder.join("ensemble.pdf"), paper::mandates(&all)?)?;

    let short = letter(&all[0..1])?;
    std::fs::write(folder.join("lettre.pdf"), paper::letter(&short)?)?;
    std::fs::write(folder.join("lettres.pdf"), paper::letters(&[short, letter(&all[2..4])?])?)?;
    let signed = paper::certify(&paper::mandate(&all[2])?, &certificate()?)?;
    println!("{:?}", paper::signed_part(&signed));
    std::fs::write(folder.join("certifie.pdf"), signed)?;

    let rounds = 25;
    let start = Instant::now();
    let mut bytes = 0;
    for _ in 0..rounds {
        for document in &all {
            bytes += paper::mandate(document)?.len();
        }
    }
    let count = rounds * all.len();
    let each = start.elapsed().as_secs_f64() * 1000.0 / count as f64;
    println!("{each:.2} ms and {} kB for one document (of {count})", bytes / count / 1000);
    Ok(())
}

fn day(text: &str) -> Outcome<Option<NaiveDate>> {
    Ok(Some(text.parse()?))
}

fn now() -> Outcome<DateTime<Utc>> {
    Ok("2026-11-26T09:30:00Z".parse()?)
}

fn firm() -> Outcome<Firm> {
    Ok(Firm {
        name: "Cabinet Œuvre & Associés".to_owned(),
        siren: Some(Siren::parse("552100554")?),
        address: Some("14 quai Perrache".to_owned()),
        postal_code: Some("69002".to_owned()),
        city: Some("Lyon".to_owned()),
        order_registration: Some("Inscrit au tableau de l’Ordre de la région Auvergne-Rhône-Alpes".to_owned()),
        signatory: Signatory {
            name: Some("Claire Œuvre".to_owned()),
            quality: Some("expert-comptable associée".to_owned()),
        },
    })
}

fn client() -> Outcome<Client> {
    Ok(Client {
        name: Some("Menuiserie Łukasz Şahin".to_owned()),
        legal_form: Some("Société à responsabilité limitée".to_owned()),
        siren: Some(Siren::parse("732829320")?),
        siret: Some(Siret::parse("73282932000074")?),
        address: Some("Zone artisanale des Frênes, bâtiment C, 3 rue de l’Ébénisterie".to_owned()),
        postal_code: Some("38200".to_owned()),
        city: Some("Vienne".to_owned()),
        vat_number: Some("FR44732829320".to_owned()),
    })
}

fn document(terms: Terms) -> Outcome<MandateDocument> {
    Ok(MandateDocument {
        terms,
        firm: firm()?,
        client: client()?,
        signatory: Signatory { name: Some("Łukasz Şahin".to_owned()), quality: Some("gérant".to_owned()) },
        number: Some("M-2026-0417".to_owned()),
        reference: Some("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned()),
        made_at: Some("Vienne".to_owned()),
        made_on: day("2026-11-26")?,
        starts_on: day("2026-12-01")?,
        ends_on: day("2027-12-31")?,
        printed_at: now()?,
    })
}

fn blank(kind: MandateKind) -> Outcome<MandateDocument> {
    Ok(MandateDocument {
        terms: Terms::blank(kind),
        firm: Firm { name: firm()?.name, ..Firm::default() },
        client: Client::default(),
        signatory: Signatory::default(),
        number: None,
        reference: None,
        made_at: None,
        made_on: None,
        starts_on: None,
        ends_on: None,
        printed_at: now()?,
    })
}

fn platform() -> Platform {
    Platform {
        name: Some("Plateforme Exemple".to_owned()),
        siren_or_matricule: Some("987 654 325 – matricule 0042".to_owned()),
    }
}

fn invoicing(name: &str, quality: &str) -> Outcome<Box<Invoicing>> {
    Ok(Box::new(Invoicing {
        biller: Biller {
            name: Some(name.to_owned()),
            siren: Some(Siren::parse("356000000")?),
            address: Some("8 place Bellecour".to_owned()),
            postal_code: Some("69002".to_owned()),
            city: Some("Lyon".to_owned()),
            signatory: Signatory { name: Some("Paul Néel".to_owned()), quality: Some(quality.to_owned()) },
        },
        operations: Some("Fourniture et pose de menuiseries, chantiers de la région lyonnaise".to_owned()),
        series: Some("AF-2027-00001 et suivants".to_owned()),
        electronic_address: Some("732829320_AUTOFACTURATION".to_owned()),
        platform: platform(),
        contest_days: Some(15),
    }))
}

fn known_terms(kind: MandateKind) -> Outcome<Terms> {
    let fees = Some("1 200 € hors taxes par an".to_owned());
    Ok(match kind {
        MandateKind::EngagementLetter => Terms::EngagementLetter {
            missions: Some(vec![Mission::Bookkeeping, Mission::Accounts, Mission::Vat, Mission::EInvoicing]),
            fees,
        },
        MandateKind::EngagementAddendum => {
            let tasks = vec![Task::Diagnosis, Task::Choice, Task::Registration, Task::Monitoring];
            Terms::Addendum { letter_on: day("2021-03-15")?, tasks: Some(tasks), fees }
        }
        MandateKind::Delegation => Terms::Delegation {
            powers: Some(vec![Power::ChoosePlatform, Power::Register, Power::ChangePlatform, Power::ActOnFlows]),
        },
        MandateKind::Designation => Terms::Designation(Box::new(Designation {
            platform: platform(),
            number: Some("732829320_987654325_20261201_01".to_owned()),
            effective_on: day("2026-12-01")?,
            perimeter: Some(Perimeter::Addresses(vec![
                "732829320_ATELIER".to_owned(),
                "732829320_73282932000074".to_owned(),
                "732829320_73282932000074_FACTURES_PUBLIQUES".to_owned(),
            ])),
            former_platform: Some("Ancienne Plateforme".to_owned()),
            channel: Some(Channel::Electronic),
            signed_as: Some(SignedAs::LegalRepresentative),
        })),
        MandateKind::Invoicing => Terms::Invoicing(invoicing("Services de facturation du Rhône", "présidente")?),
        MandateKind::SelfBilling => {
            Terms::SelfBilling(invoicing("Grande Distribution du Rhône SA", "directeur achats")?)
        }
        MandateKind::PlatformRole => Terms::PlatformRole {
            platform: platform(),
            rights: Some(vec![PlatformRight::See, PlatformRight::Follow, PlatformRight::Export]),
        },
        MandateKind::EReportingPower => Terms::Reporting(Box::new(Reporting {
            platform: platform(),
            flows: Some(vec![ReportedFlow::Consumers, ReportedFlow::ConsumerPayments]),
            frequency: Some("Réel normal trimestriel : données transmises chaque mois".to_owned()),
            remit_days: Some(4),
        })),
    })
}

fn letter(enclosed: &[MandateDocument]) -> Outcome<Letter> {
    Ok(Letter {
        firm: firm()?,
        reach: vec!["Tél. 04 78 00 00 00".to_owned()],
        recipient: Recipient {
            name: "Menuiserie Łukasz Şahin".to_owned(),
            attention: Some("À l’attention de M. Łukasz Şahin".to_owned()),
            address: vec!["Bâtiment C".to_owned(), "3 rue de l’Ébénisterie".to_owned(), "ZA des Frênes".to_owned()],
            postal_code: Some("38200".to_owned()),
            city: Some("Vienne".to_owned()),
        },
        place: None,
        on: day("2026-11-26")?.unwrap_or_default(),
        object: "Facturation électronique : votre mandat est à signer".to_owned(),
        body: Marked::paragraphs([
            "Monsieur,",
            "Depuis le 1er septembre 2026, votre entreprise doit pouvoir recevoir ses factures par une plateforme agréée. Pour \
             que nous puissions faire les démarches à votre place, il nous manque votre mandat signé.",
            "Deux minutes suffisent : scannez le code ci-dessous avec votre téléphone ou recopiez l’adresse qui figure en \
             dessous, puis signez. Vous pouvez aussi signer l’exemplaire joint et nous le renvoyer.",
        ]),
        link: Some(Link {
            url: "https://cabready.exemple.fr/c/7KQ2-M9XD-41TZ".to_owned(),
            short: "cabready.exemple.fr/c/7KQ2-M9XD-41TZ".to_owned(),
            explained: vec![
                "Ce lien est personnel et s’ouvre sans mot de passe ; ne le transmettez pas.".to_owned(),
                "Il reste valable jusqu’au 31 décembre 2026.".to_owned(),
            ],
        }),
        closing: "Nous vous prions d’agréer, Monsieur, l’expression de nos salutations distinguées.".to_owned(),
        signatory: firm()?.signatory,
        reference: Some("D-0417".to_owned()),
        enclosed: enclosed.to_vec(),
        printed_at: now()?,
    })
}

fn certificate() -> Outcome<Certificate> {
    let at = |time: &str| -> Outcome<DateTime<Utc>> { Ok(format!("2026-11-26T{time}Z").parse()?) };
    let event = |time: &str, what: &str| -> Outcome<Event> { Ok(Event { at: at(time)?, what: what.to_owned() }) };
    Ok(Certificate {
        firm: firm()?.name,
        document_title: "Mandat de délégation".to_owned(),
        document_number: Some("M-2026-0417".to_owned()),
        dossier: "Menuiserie Łukasz Şahin".to_owned(),
        dossier_siren: Some(Siren::parse("732829320")?),
        signatory: Signatory { name: Some("Łukasz Şahin".to_owned()), quality: Some("gérant".to_owned()) },
        signed_as: None,
        consent:
            "J’ai lu le mandat de délégation n° M-2026-0417 et je le signe en qualité de gérant de Menuiserie Łukasz \
                  Şahin. Je peux le révoquer à tout moment."
                .to_owned(),
        signed_at: at("10:42:07")?,
        email: "lukasz.sahin@menuiserie-sahin.fr".to_owned(),
        code_verified_at: Some(at("10:41:12")?),
        network_address: "2001:db8:85a3::8a2e:370:7334".to_owned(),
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/18.2 Mobile/15E148 Safari/604.1"
            .to_owned(),
        link_id: "0193a5c2-7f10-7c44-9d1e-2b7c5a90e1f4".to_owned(),
        events: vec![
            event("08:02:51", "Lien envoyé par courriel")?,
            event("10:38:20", "Lien ouvert")?,
            event("10:39:02", "Document affiché en entier")?,
            event("10:40:37", "Code de confirmation envoyé")?,
            event("10:41:12", "Code de confirmation donné")?,
            event("10:42:07", "Document signé")?,
        ],
    })
}
