//! What each column means: the words of the trade, then what the column holds, then what was decided last time.

use crate::detect::{Column, ColumnKind, Detection};
use domain::text::fold;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a column can be taken as.
pub use domain::ListField as Field;

domain::closed_enum! {
    /// Why a column was proposed.
    pub enum Reason { Header = "header", Content = "content", Remembered = "remembered" }
}

/// One column and what it is proposed as; `None` leaves it aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal<F = Field> {
    pub column: usize,
    pub field: Option<F>,
    /// 0 to 100.
    pub confidence: u8,
    pub reason: Option<Reason>,
    /// Other meanings worth offering first.
    pub alternatives: Vec<F>,
}

/// Decisions of last time, by [`header_key`]: a field, or `None` for a column left aside on purpose.
pub type Remembered<F = Field> = BTreeMap<String, Option<F>>;

/// Headers written together or apart, with accents, cases and punctuation of any program, are one key.
pub fn header_key(header: &str) -> String {
    let folded = fold(header);
    let mut words: Vec<&str> = folded.split(' ').collect();
    while words.len() > 1
        && matches!(words[0], "n" | "no" | "num" | "numero" | "nr" | "le" | "la" | "l" | "les" | "du" | "de")
    {
        words.remove(0);
    }
    words.concat()
}

/// A name for "a file with these columns", whatever their order: the same export next month has the same one.
pub fn fingerprint<'h>(headers: impl IntoIterator<Item = &'h str>) -> String {
    let mut keys: Vec<String> = headers.into_iter().map(header_key).filter(|k| !k.is_empty()).collect();
    keys.sort();
    keys.dedup();
    // FNV-1a: stable across versions of the compiler, which the standard hasher does not promise.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for key in &keys {
        for byte in key.bytes().chain([0x1f]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

/// Headers written exactly so (see [`header_key`]).
#[rustfmt::skip]
const SYNONYMS: &[(Field, &[&str])] = &[
    (Field::Code, &[
        "code", "codedossier", "dossier", "reference", "ref", "refdossier", "referencedossier", "refclient",
        "codeclient", "numerodossier", "ndossier", "nodossier", "numdossier", "iddossier", "identifiantdossier",
        "clientcode", "clientref", "clientid", "folderreference", "folderref", "codetiers", "codesociete",
        "matricule", "codeentreprise", "idclient", "id", "codeinterne", "numclient", "numeroclient", "codecli",
        "codeadherent", "foldercode", "clientnumber", "externalid", "referenceinterne",
    ]),
    (Field::Name, &[
        "raisonsociale", "denomination", "denominationsociale", "nomdudossier", "nomdossier", "nom", "nomclient",
        "nomduclient", "client", "societe", "nomsociete", "nomdelasociete", "entreprise", "nomentreprise",
        "nomdelentreprise", "name", "companyname", "company", "clientname", "legalname", "businessname",
        "libelledossier", "libelle", "intitule", "intituledossier", "raisonsocialeclient",
        "denominationunitelegale", "rs", "customer", "customername", "nomcomplet", "nomraisonsociale",
        "raisonsocialenom", "designation", "socialname", "structure", "nomstructure",
    ]),
    (Field::TradeName, &[
        "nomcommercial", "enseigne", "tradename", "tradingname", "brandname", "enseignecommerciale",
        "denominationusuelle", "nomusuel", "sigle", "dba",
    ]),
    (Field::Siren, &[
        "siren", "sirenclient", "numsiren", "sirendelentreprise", "sirenentreprise", "codesiren", "sirennumber",
        "companysiren", "rcs", "identifiantsiren", "sirensociete", "immatriculation", "siretsiren", "sirensiret",
        "sirenousiret",
    ]),
    (Field::Siret, &[
        "siret", "siretclient", "numsiret", "siretdusiege", "siretsiege", "siretnumber", "companysiret",
        "identifiantsiret", "codesiret", "siretprincipal", "siretetablissement", "siretsociete",
    ]),
    (Field::VatNumber, &[
        "tvaintra", "tvaintracom", "tvaintracommunautaire", "numtva", "numerotva", "notva", "tva", "vat",
        "vatnumber", "vatid", "vatno", "numerodetva", "dtvaintracommunautaire", "identifianttva", "codetva",
        "tvaclient", "idtva", "numerotvaintracommunautaire", "detva", "detvaintracommunautaire",
    ]),
    (Field::LegalForm, &[
        "formejuridique", "forme", "formejur", "fj", "legalform", "categoriejuridique", "statutjuridique",
        "typesociete", "legalstatus", "formesociale", "typedesociete",
    ]),
    (Field::NafCode, &[
        "naf", "ape", "codenaf", "codeape", "nafape", "apenaf", "codenafape", "codeapenaf", "activitecode",
        "nafcode", "codeactivite", "activiteprincipale",
    ]),
    (Field::VatRegime, &[
        "regimetva", "regime", "regimedetva", "regimefiscaltva", "tvaregime", "vatregime", "vatscheme",
        "regimefiscal", "regimeimposition", "regimedimposition", "declarationtva", "typetva", "periodicitetva",
        "tvaperiodicite", "frequencetva", "regimetvaclient", "regimetvadossier", "periodicitedeclarationtva",
        "vatfrequency", "typederegime",
    ]),
    (Field::VatUniqueGroup, &[
        "assujettiunique", "membreassujettiunique", "groupetva", "vatgroup", "membregroupetva",
        "membredunassujettiunique", "vatuniquegroup", "vatgroupmember",
    ]),
    (Field::Headcount, &[
        "effectif", "effectifs", "salaries", "nbsalaries", "nombresalaries", "nombredesalaries", "nbdesalaries",
        "etp", "effectifmoyen", "headcount", "employees", "staff", "numberofemployees", "effectifsalarie",
        "nbrsalaries", "effectifetp", "trancheeffectif", "effectiftotal", "employeecount",
    ]),
    (Field::Turnover, &[
        "ca", "caht", "chiffreaffaires", "chiffredaffaires", "chiffredaffaire", "chiffreaffaire",
        "chiffredaffairesht", "turnover", "revenue", "sales", "caannuel", "cahtannuel", "cahtn", "can", "can1",
        "montantca", "chiffreaffairesht", "caexercice", "annualrevenue", "caeuros", "cahteuros",
        "chiffredaffairesannuel",
    ]),
    (Field::BalanceSheet, &[
        "bilan", "totalbilan", "totaldubilan", "totalactif", "balance", "balancesheet", "balancesheettotal",
        "totalassets", "totalbilanactif", "actif", "totaldelactif", "bilantotal", "assets",
    ]),
    (Field::FiscalYearEnd, &[
        "cloture", "datecloture", "datedecloture", "clotureexercice", "dateclotureexercice",
        "datedeclotureexercice", "finexercice", "findexercice", "datefinexercice", "datedefindexercice",
        "fiscalyearend", "yearend", "closingdate", "fiscalyearenddate", "moiscloture", "moisdecloture",
        "jourcloture", "exercicefin", "clotureexercicecomptable", "finexercicecomptable", "dateclot", "bilanau",
        "datedebilan", "datebilan", "closingmonth", "exerciceclosle", "datedeclotureduclient", "dateexercice",
    ]),
    (Field::B2b, &[
        "b2b", "btob", "clientsprofessionnels", "clientspro", "activiteb2b", "venteauxprofessionnels",
        "facturationb2b", "ventesb2b", "professionnels",
    ]),
    (Field::B2c, &[
        "b2c", "btoc", "clientsparticuliers", "particuliers", "activiteb2c", "venteauxparticuliers",
        "facturationb2c", "ventesb2c", "consumers",
    ]),
    (Field::B2g, &[
        "b2g", "btog", "secteurpublic", "chorus", "choruspro", "activiteb2g", "marchespublics", "facturationb2g",
        "ventesb2g", "clientspublics",
    ]),
    (Field::International, &[
        "international", "export", "exportateur", "importexport", "intracom", "intracommunautaire", "horsfrance",
        "etranger", "clientsetrangers", "operationsinternationales", "activiteinternationale", "exports", "foreign",
    ]),
    (Field::InvoicesPerMonth, &[
        "facturesparmois", "nbfacturesmois", "nbfactures", "nombredefactures", "invoicespermonth",
        "nbfacturesparmois", "volumefactures", "facturesmois", "volumefacturation", "nombredefacturesparmois",
        "nombrefactures", "nbfacturesmensuel", "volumemensuel", "invoicecount", "monthlyinvoices",
        "volumedefactures", "nbdefactures", "nbdefacturesparmois", "facturesmensuelles",
    ]),
    (Field::Tool, &[
        "outil", "outildefacturation", "outilfacturation", "logiciel", "logicieldefacturation",
        "logicielfacturation", "tool", "software", "invoicingsoftware", "solutiondefacturation", "logicielclient",
        "outilclient", "erp", "caisse", "logicieldegestion", "billingsoftware", "invoicingtool",
        "logicielcomptable", "outildegestion", "solutionfacturation",
    ]),
    (Field::ReceptionPlatform, &[
        "pa", "pdp", "plateforme", "plateformeagreee", "platform", "pareception", "pdpreception",
        "plateformereception", "plateformedereception", "plateformededematerialisation", "plateformepdp",
        "receptionplatform", "pachoisie", "pdpchoisie", "plateformechoisie", "choixpa", "choixpdp",
        "plateformeagreeedereception", "plateformeagreeereception", "operateur", "operateurdedematerialisation",
        "plateformepa", "pdpretenue", "paretenue", "plateformeretenue",
    ]),
    (Field::EmissionPlatform, &[
        "paemission", "pdpemission", "plateformeemission", "plateformedemission", "emissionplatform",
        "plateformeagreeedemission", "plateformeagreeeemission", "sendingplatform", "pae",
    ]),
    (Field::ContactName, &[
        "contact", "nomcontact", "nomducontact", "contactname", "dirigeant", "nomdirigeant", "nomdudirigeant",
        "interlocuteur", "contactprincipal", "representantlegal", "gerant", "contactclient", "legalrepresentative",
        "nominterlocuteur", "contactnom", "nomdugerant", "president", "contactlastname", "mandataire",
    ]),
    (Field::ContactFirstName, &[
        "prenom", "prenomcontact", "prenomducontact", "contactfirstname", "firstname", "prenomdirigeant",
        "contactprenom", "prenomdudirigeant",
    ]),
    (Field::ContactEmail, &[
        "email", "mail", "courriel", "emailclient", "mailclient", "adressemail", "adresseemail", "emailcontact",
        "mailcontact", "contactemail", "adressedemessagerie", "emailducontact", "emaildirigeant", "emailaddress",
        "adresseelectronique", "emailprincipal", "emaildudirigeant", "mel", "contactmail", "maildirigeant",
    ]),
    (Field::ContactPhone, &[
        "telephone", "tel", "phone", "mobile", "portable", "telephonecontact", "telcontact", "contactphone",
        "numerodetelephone", "telfixe", "telmobile", "telephoneportable", "telephonemobile", "gsm", "phonenumber",
        "telclient", "telephoneclient", "telephonefixe", "telportable", "detelephone",
    ]),
    (Field::Address, &[
        "adresse", "adresse1", "address", "rue", "adressepostale", "adressesiege", "adressedusiege", "voie",
        "street", "adresseclient", "siegesocial",
    ]),
    (Field::PostalCode, &[
        "codepostal", "cp", "postalcode", "zip", "zipcode", "codeposte", "postcode",
    ]),
    (Field::City, &[
        "ville", "commune", "city", "localite", "town", "villesiege",
    ]),
    (Field::Manager, &[
        "responsabledemission", "responsable", "responsablemission", "respmission", "rm", "manager",
        "chefdemission", "chefmission", "expertcomptable", "ec", "associe", "superviseur", "responsabledossier",
        "responsabledudossier", "responsableclient", "missionmanager", "supervisor", "partner",
        "associeresponsable", "expert", "responsabledeportefeuille", "accountant", "associesignataire",
        "signataire",
    ]),
    (Field::Assignee, &[
        "collaborateur", "chargededossier", "chargedudossier", "collab", "collaborateurprincipal", "gestionnaire",
        "assistant", "assignee", "comptable", "chargedemission", "chargemission", "assistantcomptable",
        "collaborateurcomptable", "suivipar", "collaboratrice", "gestionnairededossier", "gestionnairedossier",
        "chargeclientele", "charge", "collaborator", "assignedto", "affectea", "collaborateurencharge",
        "collaborateurdossier", "referent", "intervenant", "collaborateurs",
    ]),
    (Field::Portfolio, &[
        "portefeuille", "portfolio", "equipe", "groupe", "bureau", "agence", "pole", "service", "team", "site",
        "office", "cabinet", "etablissementcabinet",
    ]),
    (Field::Tags, &[
        "etiquettes", "etiquette", "tags", "tag", "labels", "label", "segment", "categorie", "categories",
        "motscles",
    ]),
    (Field::Confidential, &[
        "confidentiel", "confidential", "dossierconfidentiel", "secret", "restreint", "accesrestreint", "sensible",
    ]),
    (Field::Notes, &[
        "notes", "note", "commentaire", "commentaires", "remarque", "remarques", "observation", "observations",
        "comment", "comments", "memo", "infos",
    ]),
];

/// Headers of columns that say nothing about the client: the rejected rows of an import, row numbers, states.
const LEFT_ASIDE: &[&str] =
    &["ligne", "motif", "motifs", "line", "reason", "rang", "numeroligne", "erreur", "erreurs", "error"];

/// Looser wordings, by the words of the header: all of the first list, none of the second. First match wins.
#[rustfmt::skip]
const WORDINGS: &[(Field, &[&str], &[&str])] = &[
    (Field::Siret, &["siret"], &[]),
    (Field::Siren, &["siren"], &[]),
    (Field::VatUniqueGroup, &["assujetti", "unique"], &[]),
    (Field::VatRegime, &["regime"], &["social", "matrimonial"]),
    (Field::VatRegime, &["periodicite", "tva"], &[]),
    (Field::VatNumber, &["tva"], &["regime", "taux", "montant", "date", "declaration"]),
    (Field::InvoicesPerMonth, &["factures"], &["montant", "date", "outil", "logiciel"]),
    (Field::ContactEmail, &["email"], &[]),
    (Field::ContactEmail, &["mail"], &[]),
    (Field::ContactEmail, &["courriel"], &[]),
    (Field::ContactPhone, &["telephone"], &[]),
    (Field::ContactPhone, &["tel"], &[]),
    (Field::ContactPhone, &["mobile"], &[]),
    (Field::Headcount, &["effectif"], &["date"]),
    (Field::Headcount, &["salaries"], &[]),
    (Field::BalanceSheet, &["total", "bilan"], &[]),
    (Field::FiscalYearEnd, &["cloture"], &[]),
    (Field::FiscalYearEnd, &["fin", "exercice"], &[]),
    (Field::Turnover, &["chiffre", "affaires"], &[]),
    (Field::Turnover, &["ca"], &["date"]),
    (Field::EmissionPlatform, &["plateforme", "emission"], &[]),
    (Field::EmissionPlatform, &["pdp", "emission"], &[]),
    (Field::EmissionPlatform, &["pa", "emission"], &[]),
    (Field::ReceptionPlatform, &["plateforme"], &["date", "statut", "etat"]),
    (Field::ReceptionPlatform, &["pdp"], &["date", "statut", "etat"]),
    (Field::Tool, &["logiciel"], &["date"]),
    (Field::Tool, &["outil"], &["date"]),
    (Field::Assignee, &["collaborateur"], &["mail", "tel"]),
    (Field::Assignee, &["charge", "dossier"], &[]),
    (Field::Manager, &["responsable"], &["mail", "tel"]),
    (Field::Manager, &["expert", "comptable"], &[]),
    (Field::LegalForm, &["forme", "juridique"], &[]),
    (Field::NafCode, &["naf"], &["libelle"]),
    (Field::NafCode, &["ape"], &["libelle"]),
    (Field::PostalCode, &["code", "postal"], &[]),
    (Field::City, &["ville"], &[]),
    (Field::Portfolio, &["portefeuille"], &[]),
    (Field::Code, &["code", "dossier"], &[]),
    (Field::Code, &["reference"], &["date"]),
    (Field::TradeName, &["nom", "commercial"], &[]),
    (Field::ContactFirstName, &["prenom"], &[]),
    (Field::ContactName, &["dirigeant"], &[]),
    (Field::ContactName, &["contact"], &["date"]),
    (Field::Name, &["raison", "sociale"], &[]),
    (Field::Name, &["denomination"], &[]),
    (Field::Name, &["nom"], &["contact", "dirigeant", "collaborateur"]),
    (Field::Name, &["company", "name"], &[]),
    (Field::Confidential, &["confidentiel"], &[]),
];

/// What a header alone says, with a confidence.
pub(crate) fn by_header(header: &str) -> Option<(Field, u8)> {
    let key = header_key(header);
    if key.is_empty() {
        return None;
    }
    // The key with its leading words too: "N° TVA" loses its "N" but "No dossier" may be written "nodossier".
    let whole = fold(header).replace(' ', "");
    for (field, names) in SYNONYMS {
        if names.contains(&key.as_str()) || names.contains(&whole.as_str()) {
            return Some((*field, 95));
        }
    }
    let folded = fold(header);
    let words: Vec<&str> = folded.split(' ').collect();
    let has = |word: &&str| words.contains(word);
    WORDINGS
        .iter()
        .find(|(_, all, none)| all.iter().all(has) && !none.iter().any(has))
        .map(|(field, _, _)| (*field, 75))
}

pub(crate) fn is_left_aside(header: &str) -> bool {
    LEFT_ASIDE.contains(&header_key(header).as_str())
}

/// Whether a cell of a possible header row is a word of the trade.
pub(crate) fn is_known_header(header: &str) -> bool {
    header.len() <= 60
        && (by_header(header).is_some() || is_left_aside(header) || crate::flow::columns::is_exactly_known(header))
}

/// What the content alone says.
fn by_content(column: &Column) -> Option<(Field, u8)> {
    match column.kind {
        ColumnKind::Siren => Some((Field::Siren, 85)),
        ColumnKind::Siret => Some((Field::Siret, 85)),
        ColumnKind::VatNumber => Some((Field::VatNumber, 80)),
        ColumnKind::Email => Some((Field::ContactEmail, 80)),
        ColumnKind::Phone => Some((Field::ContactPhone, 60)),
        ColumnKind::VatRegime => Some((Field::VatRegime, 70)),
        ColumnKind::Empty
        | ColumnKind::Date
        | ColumnKind::Integer
        | ColumnKind::Amount
        | ColumnKind::YesNo
        | ColumnKind::Text => None,
    }
}

/// Headers whose meaning the content corrects: a "Dossier" may be a code or a name, a "SIREN / SIRET" either.
fn corrected(column: &Column, field: Field, confidence: u8) -> (Field, u8, Reason) {
    let samples = &column.samples;
    let all = |test: &dyn Fn(&str) -> bool| !samples.is_empty() && samples.iter().all(|s| test(s));
    let has_digit = |s: &str| s.chars().any(|c| c.is_ascii_digit());
    let compact = |s: &str| !s.contains(' ') && s.chars().count() <= 20;
    let spaced_name = |s: &str| s.chars().filter(|c| c.is_alphabetic()).count() >= 3 && !has_digit(s);
    match (field, column.kind) {
        (Field::Siren | Field::Code | Field::VatNumber, ColumnKind::Siret) => {
            (Field::Siret, confidence.max(85), Reason::Content)
        }
        (Field::Siret | Field::Code | Field::VatNumber, ColumnKind::Siren) => {
            (Field::Siren, confidence.max(85), Reason::Content)
        }
        (Field::Siren | Field::Siret | Field::Code | Field::VatRegime, ColumnKind::VatNumber) => {
            (Field::VatNumber, 85, Reason::Content)
        }
        (Field::VatNumber, ColumnKind::VatRegime) => (Field::VatRegime, 85, Reason::Content),
        (
            Field::ContactName | Field::Manager | Field::Assignee | Field::ContactPhone | Field::Address,
            ColumnKind::Email,
        ) => (Field::ContactEmail, 70, Reason::Content),
        (Field::ContactName, ColumnKind::Phone) => (Field::ContactPhone, 70, Reason::Content),
        (Field::BalanceSheet, ColumnKind::Date) => (Field::FiscalYearEnd, 80, Reason::Content),
        (Field::Code, _) if all(&spaced_name) && samples.iter().any(|s| s.contains(' ')) => {
            (Field::Name, 70, Reason::Content)
        }
        (Field::Name, _) if all(&|s| compact(s) && has_digit(s)) => (Field::Code, 70, Reason::Content),
        _ => (field, confidence, Reason::Header),
    }
}

/// Proposes a meaning for every column. `known` tells whether a value is already known in a field at the caller's
/// (people in charge, portfolios): "manager" means one thing in French programs and another in English ones, and
/// whose names stand in the column settles it.
pub fn propose(detection: &Detection, remembered: &Remembered, known: &dyn Fn(Field, &str) -> bool) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = detection
        .columns
        .iter()
        .map(|column| {
            let none =
                Proposal { column: column.index, field: None, confidence: 0, reason: None, alternatives: Vec::new() };
            if let Some(field) = remembered.get(&header_key(&column.header)).filter(|_| !column.header.is_empty()) {
                return Proposal { field: *field, confidence: 100, reason: Some(Reason::Remembered), ..none };
            }
            if column.kind == ColumnKind::Empty || is_left_aside(&column.header) {
                // An empty column that bears a known name is still offered, with little weight.
                let named = by_header(&column.header).filter(|_| !is_left_aside(&column.header));
                return match named {
                    Some((field, _)) => {
                        Proposal { field: Some(field), confidence: 50, reason: Some(Reason::Header), ..none }
                    }
                    None => none,
                };
            }
            let header = by_header(&column.header);
            let (field, confidence, reason) = match (header, by_content(column)) {
                (Some((field, confidence)), _) => corrected(column, field, confidence),
                (None, Some((field, confidence))) => (field, confidence, Reason::Content),
                (None, None) => return none,
            };
            let (field, confidence, reason) = by_people(column, field, confidence, reason, known);
            Proposal { field: Some(field), confidence, reason: Some(reason), alternatives: neighbours(field), ..none }
        })
        .collect();
    settle(&mut proposals, &detection.columns);
    proposals
}

/// Names already known as assignees (or managers, or portfolios) say more than the header.
fn by_people(
    column: &Column,
    field: Field,
    confidence: u8,
    reason: Reason,
    known: &dyn Fn(Field, &str) -> bool,
) -> (Field, u8, Reason) {
    const PEOPLE: [Field; 3] = [Field::Manager, Field::Assignee, Field::Portfolio];
    if !PEOPLE.contains(&field) {
        return (field, confidence, reason);
    }
    let count = |f: Field| column.samples.iter().filter(|s| known(f, s)).count();
    let own = count(field);
    let best = PEOPLE.into_iter().filter(|f| *f != field).max_by_key(|f| count(*f));
    match best.map(|f| (f, count(f))) {
        Some((other, n)) if n > own && n * 2 > column.samples.len() => (other, 90, Reason::Content),
        _ if own > 0 => (field, confidence, reason),
        // "manager" alone is a guess until someone is known.
        _ if header_key(&column.header) == "manager" => (field, 60, reason),
        _ => (field, confidence, reason),
    }
}

fn neighbours(field: Field) -> Vec<Field> {
    match field {
        Field::Manager => vec![Field::Assignee, Field::Portfolio],
        Field::Assignee => vec![Field::Manager, Field::Portfolio],
        Field::Siren => vec![Field::Siret],
        Field::Siret => vec![Field::Siren],
        Field::Code => vec![Field::Name],
        Field::Name => vec![Field::TradeName, Field::Code],
        Field::ReceptionPlatform => vec![Field::EmissionPlatform, Field::Tool],
        Field::EmissionPlatform => vec![Field::ReceptionPlatform],
        Field::Turnover => vec![Field::BalanceSheet],
        Field::BalanceSheet => vec![Field::Turnover],
        _ => Vec::new(),
    }
}

/// A field is taken once: the surest column keeps it, then the fullest, then the first.
fn settle(proposals: &mut [Proposal], columns: &[Column]) {
    for field in Field::ALL {
        let mut rivals: Vec<usize> = (0..proposals.len()).filter(|i| proposals[*i].field == Some(*field)).collect();
        rivals
            .sort_by_key(|i| (std::cmp::Reverse(proposals[*i].confidence), std::cmp::Reverse(columns[*i].filled), *i));
        for loser in rivals.into_iter().skip(1) {
            let instead = second_choice(*field).filter(|f| proposals.iter().all(|p| p.field != Some(*f)));
            let proposal = &mut proposals[loser];
            proposal.alternatives.insert(0, *field);
            proposal.field = instead;
            proposal.confidence = if instead.is_some() { 50 } else { 0 };
            if instead.is_none() {
                proposal.reason = None;
            }
        }
    }
}

/// Where the second column of the same meaning usually belongs.
fn second_choice(field: Field) -> Option<Field> {
    match field {
        Field::Name => Some(Field::TradeName),
        Field::ReceptionPlatform => Some(Field::EmissionPlatform),
        Field::Manager => Some(Field::Assignee),
        Field::Assignee => Some(Field::Manager),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_programs_are_recognised() {
        for (header, field) in [
            ("Code dossier", Field::Code),
            ("CODE_DOSSIER", Field::Code),
            ("CodeDossier", Field::Code),
            ("Réf.", Field::Code),
            ("folder_reference", Field::Code),
            ("Raison sociale", Field::Name),
            ("Dénomination", Field::Name),
            ("Nom du dossier", Field::Name),
            ("N° SIREN", Field::Siren),
            ("Numéro SIREN", Field::Siren),
            ("SIREN de l'entreprise", Field::Siren),
            ("SIRET (siège)", Field::Siret),
            ("N° TVA intracommunautaire", Field::VatNumber),
            ("Régime TVA", Field::VatRegime),
            ("Régime de T.V.A.", Field::VatRegime),
            ("vat_regime", Field::VatRegime),
            ("Régime", Field::VatRegime),
            ("Effectif", Field::Headcount),
            ("Nb salariés", Field::Headcount),
            ("CA HT", Field::Turnover),
            ("CA HT 2025", Field::Turnover),
            ("Chiffre d’affaires", Field::Turnover),
            ("Total bilan", Field::BalanceSheet),
            ("Bilan", Field::BalanceSheet),
            ("Date clôture", Field::FiscalYearEnd),
            ("Date de clôture de l'exercice", Field::FiscalYearEnd),
            ("E-mail", Field::ContactEmail),
            ("Email client", Field::ContactEmail),
            ("contact_email", Field::ContactEmail),
            ("Tél. portable", Field::ContactPhone),
            ("Collaborateur", Field::Assignee),
            ("Chargé de dossier", Field::Assignee),
            ("Responsable de mission", Field::Manager),
            ("PA", Field::ReceptionPlatform),
            ("PDP", Field::ReceptionPlatform),
            ("Plateforme", Field::ReceptionPlatform),
            ("Plateforme d'émission", Field::EmissionPlatform),
            ("Outil de facturation", Field::Tool),
            ("Nb factures / mois", Field::InvoicesPerMonth),
            ("invoices_per_month", Field::InvoicesPerMonth),
            ("Code postal", Field::PostalCode),
            ("Code NAF", Field::NafCode),
            ("Forme juridique", Field::LegalForm),
            ("Portefeuille", Field::Portfolio),
            ("Membre d'un assujetti unique", Field::VatUniqueGroup),
        ] {
            assert_eq!(by_header(header).map(|(f, _)| f), Some(field), "{header}");
        }
        for header in ["", "Motif", "Ligne", "Date de naissance", "Solde", "123456789"] {
            assert_eq!(by_header(header), None, "{header}");
        }
    }

    #[test]
    fn no_synonym_stands_for_two_fields_and_each_is_its_own_key() {
        let mut seen: BTreeMap<&str, Field> = BTreeMap::new();
        for (field, names) in SYNONYMS {
            for name in *names {
                assert_eq!(seen.insert(name, *field), None, "{name} stands twice");
                assert_eq!(fold(name).replace(' ', ""), *name, "{name} is not a key");
            }
        }
    }

    #[test]
    fn a_fingerprint_knows_the_columns_not_their_order() {
        let a = fingerprint(["N° SIREN", "Raison sociale", "", "Effectif"]);
        assert_eq!(a, fingerprint(["effectif", "SIREN", "RAISON_SOCIALE"]));
        assert_ne!(a, fingerprint(["effectif", "SIREN"]));
        // Stored by callers: it may not change from one version to the next.
        assert_eq!(fingerprint(["siren", "nom"]), "8d7d6bb210381a9c");
    }
}
