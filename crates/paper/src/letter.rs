//! A letter to a client without e-mail: for a window envelope, with the link as a code to scan and an address to type.
//!
//! The client's address stands where a French DL envelope (110 × 220 mm) has its window, at the right: 20 mm from the
//! right edge and 20 mm from the bottom, 100 mm wide, 35 or 45 mm high. Folded in three, a sheet slides by up to 11 mm
//! in it; within 105 to 188 mm from the left and 55 to 79 mm from the top an address is seen wherever the sheet lies.

use chrono::{DateTime, NaiveDate, Utc};
use domain::relance::template::Marked;
use qrcode::{Color, EcLevel, QrCode};
use serde::{Deserialize, Serialize};

use crate::PaperError;
use crate::font::Weight;
use crate::mandate::{Firm, MandateDocument, Signatory, hairline, title};
use crate::print::{About, print};
use crate::prose;
use crate::sheet::{Code, Composer, HEIGHT, Ink, Item, LEFT, Laid, MM, Mark, Node, RIGHT, Role, Style, TOP, dots};
use crate::typography::Run;
use crate::words::long_date;

#[derive(Debug, Clone, PartialEq)]
pub struct Letter {
    pub firm: Firm,
    /// Under the firm's name and address: telephone, e-mail.
    pub reach: Vec<String>,
    pub recipient: Recipient,
    /// Where it is written; the firm's city unless told.
    pub place: Option<String>,
    pub on: NaiveDate,
    pub object: String,
    /// Markdown, salutation included, of which a small part is taken, as in a message.
    pub body: Marked,
    /// Where the body has it alone in a paragraph, else between the body and the closing words.
    pub link: Option<Link>,
    pub closing: String,
    pub signatory: Signatory,
    /// What the firm files it under.
    pub reference: Option<String>,
    /// Follow the letter in the same file.
    pub enclosed: Vec<MandateDocument>,
    pub printed_at: DateTime<Utc>,
}

/// Kept with a letter that was printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub name: String,
    /// "À l'attention de …".
    pub attention: Option<String>,
    /// One line each.
    pub address: Vec<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What the code holds, and what stands in the body for the link.
    pub url: String,
    /// The short form to type.
    pub short: String,
    /// Said beside the code.
    pub explained: Vec<String>,
}

/// Lines of an address, La Poste's most.
const ADDRESS_LINES: usize = 6;
const ADDRESS_LEFT: f32 = 105.0 * MM;
const ADDRESS_WIDTH: f32 = 83.0 * MM;
/// The middle of what is seen wherever the sheet lies.
const ADDRESS_MIDDLE: f32 = 67.0 * MM;
const ADDRESS_LEADING: f32 = 3.85 * MM;

pub fn letter(letter: &Letter) -> Result<Vec<u8>, PaperError> {
    letters(std::slice::from_ref(letter))
}

/// All letters in one file for the printer, each followed by what is enclosed, each with its own page numbers.
pub fn letters(letters: &[Letter]) -> Result<Vec<u8>, PaperError> {
    letters_and_gaps(letters, &[])
}

/// A letter that cannot be printed, and what is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub name: String,
    pub why: String,
}

/// The same behind a sheet for the firm, which no envelope is meant for: the letters that are not among them, and why.
pub fn letters_and_gaps(letters: &[Letter], gaps: &[Gap]) -> Result<Vec<u8>, PaperError> {
    let first = letters.first().ok_or(PaperError::Nothing)?;
    let title = match letters {
        [one] => one.object.clone(),
        several => format!("{} lettres – {}", several.len(), first.firm.name),
    };
    let mut laid = Vec::new();
    laid.extend((!gaps.is_empty()).then(|| lay_out(gaps)));
    for letter in letters {
        laid.push(letter.lay_out()?);
        for enclosed in &letter.enclosed {
            laid.push(crate::mandate::lay_out(enclosed)?);
        }
    }
    print(&About { title: &title, author: &first.firm.name, created: first.printed_at }, laid)
}

/// The sheet for the firm.
fn lay_out(gaps: &[Gap]) -> Laid {
    let title = match gaps.len() {
        1 => "1 lettre n’est pas imprimée".to_owned(),
        n => format!("{n} lettres ne sont pas imprimées"),
    };
    let mut composer = Composer::new(&title);
    composer.title(&title, Some("Feuille pour le cabinet, à ne pas envoyer"));
    let lead =
        "Les autres suivent. Celles-ci restent à faire : complétez ce qui manque, puis imprimez-les à leur tour.";
    composer.paragraph(&[Run::regular(lead)], Style::TEXT, true);
    let rows: Vec<(String, String)> = gaps.iter().map(|gap| (gap.name.clone(), gap.why.clone())).collect();
    composer.small_facts(&title, &rows);
    composer.paginate(TOP).0
}

impl Link {
    fn code(&self) -> Result<Code, PaperError> {
        let code = QrCode::with_error_correction_level(self.url.as_bytes(), EcLevel::M)
            .map_err(|error| PaperError::Code(error.to_string()))?;
        let modules = code.width();
        let dark = code.to_colors().into_iter().enumerate().filter(|(_, color)| *color == Color::Dark);
        let dark = dark.map(|(at, _)| (at % modules, at / modules)).collect();
        Ok(Code { modules, dark, alt: format!("Code à scanner pour ouvrir {}", self.short) })
    }
}

impl Letter {
    fn lay_out(&self) -> Result<Laid, PaperError> {
        let mut composer = Composer::new(&self.object);
        composer.heading(None, &format!("Objet : {}", self.object));
        composer.space(4.0);
        let link = self.link.as_ref();
        let code = link.map(Link::code).transpose()?;
        let blocks = prose::blocks(&self.body, link.map(|link| (link.url.as_str(), link.short.as_str())));
        prose::compose(&mut composer, &blocks, link.map(|link| link.short.as_str()), |composer, label| {
            if let (Some(link), Some(code)) = (link, &code) {
                let label = label.map(|label| vec![Run::bold(label)]);
                let explained = link.explained.iter().map(|text| vec![Run::regular(text)]);
                let beside: Vec<Vec<Run>> = label.into_iter().chain(explained).collect();
                composer.code(code, &link.short, &beside);
            }
        });
        composer.paragraph(&[Run::regular(&self.closing)], Style { before: 12.0, ..Style::RAGGED }, true);
        composer.sign_off(&self.signatory);
        if !self.enclosed.is_empty() {
            composer.paragraph(&[Run::regular(self.enclosures()?)], Style::NOTE, false);
        }
        let (mut laid, measure) = composer.paginate(105.0 * MM);
        let mut margins = Composer::new("");
        margins.measure = measure;
        let count = laid.pages.len();
        for (index, page) in laid.pages.iter_mut().enumerate() {
            if index == 0 {
                let mut head = self.head(&mut margins, &mut laid.nodes);
                head.append(page);
                *page = head;
            }
            page.extend(self.footer(&mut margins, index + 1, count));
        }
        Ok(laid)
    }

    fn enclosures(&self) -> Result<String, PaperError> {
        let titles = self.enclosed.iter().map(|document| title(document.kind())).collect::<Result<Vec<_>, _>>()?;
        let mut counted: Vec<(&str, usize)> = Vec::new();
        for title in titles {
            match counted.iter_mut().find(|(known, _)| *known == title) {
                Some((_, count)) => *count += 1,
                None => counted.push((title, 1)),
            }
        }
        let said: Vec<String> = counted
            .into_iter()
            .map(|(title, count)| if count > 1 { format!("{title} ({count})") } else { title.to_owned() })
            .collect();
        Ok(format!("P. J. : {}", said.join(" ; ")))
    }

    /// The firm at the left, the client in the window, place and day under it.
    fn head(&self, margins: &mut Composer, nodes: &mut Vec<Node>) -> Vec<Item> {
        let mut node = || {
            nodes.push(Node { role: Role::Paragraph, parent: Some(0) });
            Some(nodes.len() - 1)
        };
        let under = |node: Option<usize>, items: Vec<Item>| items.into_iter().map(move |item| Item { node, ..item });
        let (column, top) = (78.0 * MM, 17.0 * MM);
        let (mut firm, mut y) = margins.wrapped(Run::bold(&self.firm.name), (LEFT, top), column, 12.0, Ink::Black);
        for line in self.firm.identity().into_iter().chain(self.reach.iter().cloned()) {
            let (line, below) = margins.wrapped(Run::regular(line), (LEFT, y - 2.0), column, 8.5, Ink::Grey);
            firm.extend(line);
            y = below + 2.0;
        }
        let mut items: Vec<Item> = under(node(), firm).collect();
        let mut address = Vec::new();
        let lines = self.recipient.lines();
        let first = ADDRESS_MIDDLE - ADDRESS_LEADING * lines.len() as f32 / 2.0;
        for (index, (weight, line)) in lines.into_iter().enumerate() {
            let place = (ADDRESS_LEFT, first + ADDRESS_LEADING * (index as f32 + 0.75));
            address.extend(margins.one_line(Run { weight, text: line }, place, ADDRESS_WIDTH, 10.0, Ink::Black));
        }
        items.extend(under(node(), address));
        let day = match self.place.as_ref().or(self.firm.city.as_ref()) {
            Some(place) => format!("{place}, le {}", long_date(self.on)),
            None => format!("Le {}", long_date(self.on)),
        };
        let place = (ADDRESS_LEFT, 94.0 * MM);
        items.extend(under(node(), margins.one_line(Run::regular(day), place, ADDRESS_WIDTH, 10.0, Ink::Black)));
        if let Some(reference) = &self.reference {
            let run = Run::regular(format!("Réf. : {reference}"));
            items.extend(under(node(), margins.one_line(run, (LEFT, 94.0 * MM), column, 8.5, Ink::Grey)));
        }
        // Where to fold.
        for y in [HEIGHT / 3.0, HEIGHT * 2.0 / 3.0] {
            let fold = Mark::Rule { from: (5.0 * MM, y), to: (9.0 * MM, y), width: 0.4, ink: Ink::Hairline };
            items.push(Item { mark: fold, node: None });
        }
        items
    }

    fn footer(&self, margins: &mut Composer, page: usize, count: usize) -> Vec<Item> {
        let y = HEIGHT - 13.0 * MM;
        let mut items = vec![hairline(HEIGHT - 17.5 * MM)];
        items.extend(margins.one_line(Run::regular(&self.firm.name), (LEFT, y), 130.0 * MM, 8.0, Ink::Grey));
        if count > 1 {
            let page_of = Run::regular(format!("page {page} / {count}"));
            items.extend(margins.one_line_to(page_of, (RIGHT, y), 30.0 * MM, 8.0));
        }
        items
    }
}

impl Recipient {
    /// At most six; the last one is postal code and city in capitals, which the sorting machine looks for.
    fn lines(&self) -> Vec<(Weight, String)> {
        let known = |text: &String| !text.trim().is_empty();
        let mut lines = vec![(Weight::Bold, self.name.clone())];
        lines.extend(self.attention.iter().filter(|t| known(t)).map(|name| (Weight::Regular, name.clone())));
        let street: Vec<String> = self.address.iter().filter(|line| known(line)).cloned().collect();
        let street = if street.is_empty() { vec![dots(70)] } else { street };
        lines.extend(street.into_iter().map(|line| (Weight::Regular, line)));
        // What is too much for the window goes on on the last line before the city.
        let more = lines.split_off(lines.len().min(ADDRESS_LINES - 1));
        if let Some((_, last)) = lines.last_mut() {
            more.iter().for_each(|(_, line)| *last = format!("{last}, {line}"));
        }
        let place = [self.postal_code.clone(), self.city.as_ref().map(|city| city.to_uppercase())];
        let place: Vec<String> = place.into_iter().flatten().filter(known).collect();
        lines.push((Weight::Regular, if place.is_empty() { dots(70) } else { place.join(" ") }));
        lines
    }
}
