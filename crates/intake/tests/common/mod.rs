//! Files made for the tests.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use intake::{Detection, Field, Limits, Options, Refusal, Remembered, Source, detect, propose};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A folder that goes away with the test.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

pub fn open(path: &Path) -> Result<Source, Refusal> {
    Source::open(path, &path.file_name().unwrap().to_string_lossy(), Limits::default())
}

/// Opens, detects and reads to the end: a refusal at any step is the answer.
pub fn read_all(path: &Path) -> Result<Detection, Refusal> {
    let source = open(path)?;
    detect(&source, &Options::default())
}

pub fn windows_1252(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(text).0.into_owned()
}

pub fn fields(detection: &Detection) -> Vec<Option<Field>> {
    propose(detection, &Remembered::new(), &|_, _| false).into_iter().map(|p| p.field).collect()
}

pub fn mapping(detection: &Detection) -> Vec<(usize, Field)> {
    fields(detection).into_iter().enumerate().filter_map(|(i, f)| Some((i, f?))).collect()
}

/// An archive of stored or deflated parts.
pub fn archive(path: &Path, parts: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, content) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap();
}

/// An ODS with this inside `office:spreadsheet`.
pub fn ods(path: &Path, tables: &str) {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\" \
         xmlns:style=\"s\" xmlns:calcext=\"c\"><office:automatic-styles><style:style style:name=\"hid\" style:family=\"table\">\
         <style:table-properties table:display=\"false\"/></style:style></office:automatic-styles><office:body><office:spreadsheet>{tables}\
         </office:spreadsheet></office:body></office:document-content>"
    );
    archive(
        path,
        &[
            ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
            (
                "META-INF/manifest.xml",
                b"<manifest:manifest xmlns:manifest=\"m\"><manifest:file-entry/></manifest:manifest>",
            ),
            ("content.xml", content.as_bytes()),
        ],
    );
}

/// The smallest XLSX with this worksheet, and these shared texts if any.
pub fn xlsx(path: &Path, sheet: &[u8], shared: Option<&[u8]>) {
    let mut parts: Vec<(&str, &[u8])> = vec![
        (
            "[Content_Types].xml",
            br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#,
        ),
        (
            "_rels/.rels",
            br#"<?xml version="1.0"?><Relationships xmlns="r"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            br#"<?xml version="1.0"?><workbook xmlns="w" xmlns:r="r"><sheets><sheet name="Liste" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            br#"<?xml version="1.0"?><Relationships xmlns="r"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    if let Some(shared) = shared {
        parts.push(("xl/sharedStrings.xml", shared));
    }
    archive(path, &parts);
}

/// A list in the shape of the exports of a French accounting program.
pub const LIST_A: &str = "Export portefeuille - cabinet;;;;;;;;;;;;\r\n\
Édité le 20/11/2026;;;;;;;;;;;;\r\n\
Code dossier;Raison sociale;N° SIREN;Régime TVA;Effectif;CA HT;Total bilan;E-mail;Collaborateur;Responsable de mission;PDP;Date clôture;\r\n\
B00000;Boulangerie de l’Île SARL;732 829 320;Réel normal mensuel;25;3 882 012,00;1 515 528,00;Contact@exemple.fr;collab-06;resp-3;CEGID;31/12/2025;\r\n\
B00001;Électricité Mère & Fils;5450093;Franchise en base;8;1 859 529,50;1 315 696,00;;collab-03;resp-2;B2Brouter;31/03/2025;\r\n\
D00002;Garage de l’Œuvre;55210055400054;RS;;50 890,00;44 322,00;;collab-08;resp-3;;31/03/2025;\r\n\
D00003;Plomberie du Port;7,32829E+13;Réel simplifié;10 à 19;abc;0;pas une adresse;collab-08;resp-3;;31/02/2025;\r\n\
D00004;Holding Saint-Éloi;123456789;NA;0;0;0;;collab-08;resp-3;;;\r\n\
;;;;;;;;;;;;\r\n\
B00000;BOULANGERIE DE L’ÎLE;732829320;M;25;3 882 012,00;1 515 528,00;;collab-06;resp-3;CEGID;31/12/2025;\r\n\
TOTAL;;;;;11 783 289 441,00;;;;;;;\r\n";
